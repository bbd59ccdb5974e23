//! The first page: how far the help is, what the plan achieves, what limits it, and what meets each need.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::{Html, IntoResponse, Response},
};
use jiff::{Timestamp, tz::TimeZone};
use muster_app::overview::{Money, NeedRow, Overview};
use muster_domain::picture::Picture;

use super::{
    figures::{Calendar, count, day, money, percent, rounded, share, whole, words},
    needs::{Filter, Needs, encoded},
    plan::PlanView,
};
use crate::{Site, assets, problem};

/// What is said when the database holds no mission.
#[derive(Template)]
#[template(path = "empty.html")]
struct EmptyPage {
    style: String,
}

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    style: String,
    mission: String,
    description: String,
    fictional: bool,
    period: String,
    now: String,
    counts: String,
    steps: Vec<Step>,
    purposes: Vec<PurposeRow>,
    all: PurposeRow,
    plan: Option<PlanView>,
    money: Vec<MoneyRow>,
    needs: Needs,
    entries: String,
    blocks: String,
}

/// One of the steps from word to effect, in tonnes.
struct Step {
    name: &'static str,
    meaning: &'static str,
    tonnes: String,
    share: String,
    /// Length of its bar, of 100.
    width: String,
}

/// A purpose with its figures: tonnes of each step, shares of value.
#[derive(Default)]
struct PurposeRow {
    /// Its code, as it stands in an address.
    query: String,
    name: String,
    needed: String,
    offered: String,
    planned: String,
    moved: String,
    received: String,
    bar: Bar,
}

/// A bar of what is received, moving, planned and open.
#[derive(Default)]
struct Bar {
    received: String,
    moving: String,
    planned: String,
    open: String,
    /// Where each part begins and how long it is, of 100.
    parts: [(String, String); 3],
}

struct MoneyRow {
    currency: String,
    promised: String,
    received: String,
}

pub(crate) async fn show(State(site): State<Site>, filter: Result<Query<Filter>, QueryRejection>) -> Response {
    let Ok(Query(filter)) = filter else { return problem::bad_query() };
    // Names of donors and the days of periods are records, which the overview does not carry.
    let viewer = muster_domain::viewer::Viewer::operator("page");
    let (picture, version) = match site.app.picture(&viewer).await.map(|p| (p, 0)) {
        Ok(read) => read,
        Err(error) => return problem::internal(&error),
    };
    if picture.mission().is_none() {
        return html(&EmptyPage { style: assets::style() });
    }
    match site.app.overview(&viewer).await {
        Ok(overview) => {
            site.metrics.journal(overview.journal.unwrap_or_default());
            html(&OverviewPage::new(overview, &picture, version, site.app.now(), filter))
        }
        Err(error) => problem::internal(&error),
    }
}

fn html(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => problem::internal(&error),
    }
}

impl OverviewPage {
    fn new(overview: Overview, picture: &Picture, version: i64, now: Timestamp, filter: Filter) -> Self {
        let calendar = picture.mission().map(Calendar);
        let values = Values::of(&overview.rows);
        let plan = overview.plan.as_ref();
        let rows = overview.purposes.iter().map(|row| {
            let tonnes = [row.needed, row.offered, row.planned, row.dispatched, row.received].map(|f| f.tonnes);
            let value = values.purposes.get(&row.code).copied().unwrap_or_default();
            (value[0], purpose_row(&row.code, tonnes, value))
        });
        let mut rows: Vec<(f64, PurposeRow)> = rows.collect();
        rows.sort_by(|a, b| b.0.total_cmp(&a.0));
        let totals = totals(&overview);
        let moment = TimeZone::UTC.to_datetime(now);
        Self {
            style: assets::style(),
            period: period(&overview, calendar.as_ref()),
            now: format!("{}, {:02}:{:02} UTC", day(moment.date()), moment.hour(), moment.minute()),
            counts: [
                count(overview.needs, "need", "needs"),
                count(overview.offers.0, "offer", "offers"),
                format!("{} committed", whole(i64::try_from(overview.offers.1).unwrap_or(i64::MAX))),
                count(overview.donors, "nation gives", "nations give"),
            ]
            .join(" · "),
            steps: steps(totals),
            purposes: rows.into_iter().map(|(_, row)| row).collect(),
            all: purpose_row("", totals, values.all),
            plan: plan.zip(calendar.as_ref()).map(|(plan, calendar)| PlanView::new(plan, picture, calendar, version)),
            money: overview.money.iter().map(money_row).collect(),
            needs: Needs::new(&overview.rows, plan, picture, filter),
            entries: whole(overview.journal.unwrap_or_default().0),
            blocks: whole(overview.journal.unwrap_or_default().1),
            mission: overview.mission,
            description: overview.description,
            fictional: overview.fictional,
        }
    }
}

/// Value needed, planned, dispatched and received, by purpose and in all. Taken from the needs, since only there packages have a value.
struct Values {
    purposes: BTreeMap<String, [f64; 4]>,
    all: [f64; 4],
}

impl Values {
    fn of(needs: &[NeedRow]) -> Self {
        let mut values = Self { purposes: BTreeMap::new(), all: [0.0; 4] };
        for need in needs {
            let report = &need.report;
            let row = [report.needed, report.planned, report.dispatched, report.received].map(|f| f.value);
            let purpose = values.purposes.entry(need.purpose.clone()).or_default();
            for (n, value) in row.into_iter().enumerate() {
                purpose[n] += value;
                values.all[n] += value;
            }
        }
        values
    }
}

/// Tonnes needed, offered, planned, dispatched and received in all.
fn totals(overview: &Overview) -> [f64; 5] {
    overview.purposes.iter().fold([0.0; 5], |sums, row| {
        let add = [row.needed, row.offered, row.planned, row.dispatched, row.received];
        std::array::from_fn(|n| sums[n] + add[n].tonnes)
    })
}

fn period(overview: &Overview, calendar: Option<&Calendar<'_>>) -> String {
    let Some(calendar) = calendar else { return String::new() };
    let (now, all) = overview.period;
    let noun = words(calendar.noun());
    if now < 1 {
        format!("Begins {}", day(calendar.0.start))
    } else if now > i64::from(all) {
        format!("Ended: {all} {}s from {}", calendar.noun(), day(calendar.0.start))
    } else {
        format!("{noun} {now} of {all}, {}", calendar.span(now - 1, now - 1))
    }
}

fn steps(tonnes: [f64; 5]) -> Vec<Step> {
    const STEPS: [(&str, &str); 5] = [
        ("Needed", "asked for by units"),
        ("Offered", "committed by donors"),
        ("Planned", "bound to needs"),
        ("Moved", "left where it was offered"),
        ("Received", "taken over by units"),
    ];
    let longest = tonnes.iter().fold(0.0, |a: f64, b| a.max(*b));
    let step = |((name, meaning), t): ((&'static str, &'static str), f64)| Step {
        name,
        meaning,
        tonnes: rounded(t),
        share: percent(share(t, tonnes[0])),
        width: format!("{:.1}", 100.0 * share(t, longest)),
    };
    STEPS.into_iter().zip(tonnes).map(step).collect()
}

fn purpose_row(code: &str, tonnes: [f64; 5], value: [f64; 4]) -> PurposeRow {
    let [needed, offered, planned, moved, received] = tonnes.map(rounded);
    PurposeRow { query: encoded(code), name: words(code), needed, offered, planned, moved, received, bar: bar(value) }
}

/// Shares of the value needed. What has moved without having been received is moving, and so on.
fn bar([needed, planned, moved, received]: [f64; 4]) -> Bar {
    let received = share(received, needed).clamp(0.0, 1.0);
    let moved = share(moved, needed).clamp(received, 1.0);
    let planned = share(planned, needed).clamp(moved, 1.0);
    let part = |from: f64, to: f64| (format!("{:.1}", 100.0 * from), format!("{:.1}", 100.0 * (to - from)));
    Bar {
        received: percent(received),
        moving: percent(moved - received),
        planned: percent(planned - moved),
        open: percent(if needed > 0.0 { 1.0 - planned } else { 0.0 }),
        parts: [part(0.0, received), part(received, moved), part(moved, planned)],
    }
}

fn money_row(row: &Money) -> MoneyRow {
    MoneyRow {
        currency: row.currency.clone(),
        promised: money(&row.currency, row.places, row.promised),
        received: money(&row.currency, row.places, row.received),
    }
}

//! The first page: how far the help is, what the plan achieves, what limits it, what is late, and what waits for the
//! viewer.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use muster_app::{
    movement::Expected,
    overview::{Money, NeedRow, Overview},
    storage::{
        ledger::step::StepFilter,
        transfer::{Consignment, tell::Filter},
    },
    transfer::{loss::Missing, variance::ShownVariance},
};
use muster_domain::picture::Picture;
use serde::Deserialize;
use serde_json::json;

use super::{
    consignment_list::list_panel,
    figures::{Calendar, day, money, percent, rounded, share, whole, words},
    picture::Island,
    plan_view::PlanView,
    record::panels::{Panel, need_cell, record_cell, text_cell},
};
use crate::{
    Site,
    address::escaped,
    auth::Asker,
    problem,
    shell::{AsOf, Shell, html},
    text::{self, filters, say, say_with},
};

/// What is said when the database holds no mission.
#[derive(Template)]
#[template(path = "empty.html")]
struct EmptyPage {
    shell: Shell,
}

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    shell: Shell,
    description: String,
    fictional: bool,
    period: String,
    now: String,
    counts: String,
    island: Option<Island>,
    steps: Vec<Step>,
    late: Panel,
    /// Consignments that were to have left or arrived by now.
    late_consignments: Panel,
    /// Variances that wait for the viewer.
    waiting: Panel,
    /// Units that a check did not find and that wait for the viewer.
    missing: Panel,
    purposes: Vec<PurposeRow>,
    all: PurposeRow,
    plan: Option<PlanView>,
    money: Vec<MoneyRow>,
    journal: Option<(String, String)>,
}

/// One of the steps from word to effect, in tonnes.
struct Step {
    name: String,
    meaning: String,
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
    set_aside: String,
    paid: String,
}

/// The date as of which the page is drawn. What is empty is now.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct When {
    #[serde(default)]
    pub(crate) as_of: String,
    #[serde(default)]
    pub(crate) known: String,
}

impl When {
    pub(crate) fn read(&self, address: &'static str) -> Option<AsOf> {
        let date = |text: &str| if text.is_empty() { Some(None) } else { text.parse::<Date>().ok().map(Some) };
        Some(AsOf { date: date(&self.as_of)?, known: date(&self.known)?, address })
    }
}

/// What is late, and what waits for the viewer.
struct ToDo {
    /// Steps that were to have happened, of what no consignment has.
    late: Vec<Expected>,
    /// Consignments that were to have left or arrived.
    late_consignments: Vec<Consignment>,
    waiting: Vec<ShownVariance>,
    missing: Vec<Missing>,
}

/// Steps, and consignments, that are late and shown at once.
const LATE: i64 = 8;

/// Variances that wait for the viewer and are shown at once.
const WAITING: i64 = 8;

pub(crate) async fn show(
    State(site): State<Site>,
    asker: Asker,
    when: Result<Query<When>, QueryRejection>,
) -> Response {
    let Some(as_of) = when.ok().and_then(|Query(when)| when.read("/")) else {
        return problem::page(problem::Kind::BadRequest, None);
    };
    match page(&site, &asker, as_of).await {
        Ok(response) => response,
        Err(error) => problem::of(&error),
    }
}

async fn page(site: &Site, asker: &Asker, as_of: AsOf) -> Result<Response, muster_app::Error> {
    let viewer = &asker.viewer;
    let picture = site.app.picture(viewer).await?;
    let mut shell = Shell::new(asker, &picture, "nav-overview", say("nav-overview"));
    if picture.mission().is_none() {
        return Ok(html(&EmptyPage { shell }));
    }
    let overview = match site.app.overview_at(viewer, as_of.date, as_of.known).await {
        // As it was known then there was no mission yet.
        Err(muster_app::Error::Invalid(_)) => return Ok(html(&EmptyPage { shell })),
        other => other?,
    };
    let ready = StepFilter { ready: true, ..StepFilter::default() };
    let late = site.app.open_steps(viewer, &ready, (Timestamp::MIN, 0), site.app.now(), LATE).await?;
    let behind = Filter { late_at: Some(site.app.now()), ..Filter::default() };
    let late_consignments = match viewer.is_known() {
        true => site.app.consignments(viewer, &behind, LATE).await?,
        false => Vec::new(),
    };
    let waiting = match viewer.is_known() {
        true => site.app.variances_waiting(viewer, WAITING).await?,
        false => Vec::new(),
    };
    let missing = match viewer.is_known() {
        true => site.app.not_found_waiting(viewer).await?,
        false => Vec::new(),
    };
    shell.as_of = Some(as_of);
    if let Some(journal) = overview.journal {
        site.metrics.journal(journal);
    }
    let todo = ToDo { late, late_consignments, waiting, missing };
    Ok(html(&OverviewPage::new(shell, &overview, &picture, site.app.now(), &todo)))
}

/// Steps that were to have happened.
fn late_panel(picture: &Picture, late: &[Expected]) -> Panel {
    let columns = [
        ("panel-due", false),
        ("panel-what", false),
        ("panel-quantity", true),
        ("panel-offer", false),
        ("panel-need", false),
    ];
    let mut panel = Panel::new("late", &columns);
    for Expected { step, .. } in late {
        panel.row(vec![
            text_cell(super::figures::moment(step.due)),
            text_cell(text::word(&format!("activity-{}", step.activity.as_str())).into_owned()),
            super::record::panels::number_cell(step.open),
            step.offer.as_ref().map_or_else(|| text_cell("–"), |o| record_cell(picture, "offers", o.as_str())),
            step.need.as_ref().map_or_else(|| text_cell("–"), |need| need_cell(picture, need.as_str())),
        ]);
    }
    panel
}

/// Units that were not found: the longest missing, and how many there are more.
fn missing_panel(picture: &Picture, missing: &[Missing]) -> Panel {
    let shown = &missing[..missing.len().min(WAITING as usize)];
    let mut panel = super::loss::missing(picture, shown);
    let more = missing.len() - shown.len();
    if more > 0 {
        panel.foot = say_with("panel-more", &[("n", more.into())]);
    }
    panel
}

/// From word to effect: what flows on from step to step, and what stays behind.
fn word_to_effect(pledged: f64, [_, committed, planned, moved, received]: [f64; 5]) -> Option<Island> {
    if pledged.max(committed) <= 0.0 {
        return None;
    }
    let stages = [
        ("pledged", pledged.max(committed)),
        ("committed", committed),
        ("planned", planned),
        ("moved", moved),
        ("received", received),
    ];
    let tonnes = |t: f64| format!("{} t", rounded(t));
    let nodes: Vec<_> = stages
        .iter()
        .map(|(name, t)| {
            let share = percent(share(*t, stages[0].1));
            json!({ "id": name, "name": say(&format!("step-{name}")), "text": tonnes(*t), "detail": share })
        })
        .collect();
    let mut links = Vec::new();
    for pair in stages.windows(2) {
        let ((from, much), (to, on)) = (pair[0], pair[1]);
        let on = on.min(much);
        links.push(json!({ "from": from, "to": to, "value": on, "text": tonnes(on) }));
        if much - on > 0.0 {
            let text = say_with(&format!("step-behind-{from}"), &[("x", tonnes(much - on).into())]);
            links.push(json!({ "from": from, "value": much - on, "text": text }));
        }
    }
    Some(Island::new("sankey", "effect-data", say("effect"), &json!({ "nodes": nodes, "links": links })))
}

impl OverviewPage {
    fn new(shell: Shell, overview: &Overview, picture: &Picture, now: Timestamp, todo: &ToDo) -> Self {
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
        let totals = totals(overview);
        let moment = TimeZone::UTC.to_datetime(now);
        Self {
            shell,
            island: word_to_effect(overview.pledged, totals),
            late: late_panel(picture, &todo.late),
            late_consignments: list_panel(picture, &todo.late_consignments, now),
            waiting: super::variance::panel(picture, &todo.waiting, now),
            missing: missing_panel(picture, &todo.missing),
            period: period(overview, calendar.as_ref()),
            now: format!("{}, {:02}:{:02} UTC", day(moment.date()), moment.hour(), moment.minute()),
            counts: [
                ("count-needs", overview.needs),
                ("count-offers", overview.offers.0),
                ("count-committed", overview.offers.1),
                ("count-donors", overview.donors),
            ]
            .map(|(name, n)| text::counted(name, n))
            .join(" · "),
            steps: steps(totals),
            purposes: rows.into_iter().map(|(_, row)| row).collect(),
            all: purpose_row("", totals, values.all),
            plan: plan
                .zip(calendar.as_ref())
                .map(|(plan, calendar)| PlanView::new(plan, picture, calendar, overview.version)),
            money: overview.money.iter().map(money_row).collect(),
            journal: overview.journal.map(|(entries, blocks)| (whole(entries), whole(blocks))),
            description: overview.description.clone(),
            fictional: overview.fictional,
        }
    }
}

/// Value needed, planned, dispatched and received, by purpose and in all. Taken from the needs, since only there packages have a value.
pub(crate) struct Values {
    pub(crate) purposes: BTreeMap<String, [f64; 4]>,
    all: [f64; 4],
}

impl Values {
    pub(crate) fn of(needs: &[NeedRow]) -> Self {
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
        say_with("period-begins", &[("x", day(calendar.0.start).into())])
    } else if now > i64::from(all) {
        say_with("period-ended", &[("x", day(calendar.0.start).into())])
    } else {
        say_with(
            "period-now",
            &[
                ("noun", noun.into()),
                ("now", now.to_string().into()),
                ("all", all.to_string().into()),
                ("days", calendar.span(now - 1, now - 1).into()),
            ],
        )
    }
}

fn steps(tonnes: [f64; 5]) -> Vec<Step> {
    const STEPS: [&str; 5] = ["needed", "committed", "planned", "moved", "received"];
    let longest = tonnes.iter().fold(0.0, |a: f64, b| a.max(*b));
    let step = |(name, t): (&str, f64)| Step {
        name: say(&format!("step-{name}")).into_owned(),
        meaning: say(&format!("step-{name}-meaning")).into_owned(),
        tonnes: rounded(t),
        share: percent(share(t, tonnes[0])),
        width: format!("{:.1}", 100.0 * share(t, longest)),
    };
    STEPS.into_iter().zip(tonnes).map(step).collect()
}

fn purpose_row(code: &str, tonnes: [f64; 5], value: [f64; 4]) -> PurposeRow {
    let [needed, offered, planned, moved, received] = tonnes.map(rounded);
    PurposeRow { query: escaped(code), name: words(code), needed, offered, planned, moved, received, bar: bar(value) }
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
        set_aside: money(&row.currency, row.places, row.set_aside),
        paid: money(&row.currency, row.places, row.paid),
    }
}

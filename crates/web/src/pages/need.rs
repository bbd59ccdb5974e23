//! Needs with what meets them, filtered: what is asked for, how urgent, how much is met.

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
};
use muster_app::{App, overview::NeedRow, plan::Shown, storage::plan::PlanState};
use muster_domain::picture::Picture;
use serde::Deserialize;
use serde_json::json;

use super::{
    figures::{day_text, percent, share, whole, words},
    overview::{Values, When},
    picture::Island,
    plan_why,
    record::{address, cells::Part, panels::sheet_of},
};
use crate::{
    Site,
    address::escaped,
    auth::Asker,
    problem,
    shell::{Shell, html},
    text::{filters, say},
};

#[derive(Template)]
#[template(path = "needs.html")]
struct NeedsPage {
    shell: Shell,
    needs: Needs,
    island: Option<Island>,
    has_plan: bool,
    may_create: bool,
}

pub(crate) async fn show(
    State(site): State<Site>,
    asker: Asker,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Response {
    let Ok(Query(filter)) = filter else { return problem::page(problem::Kind::BadRequest, None) };
    let when = When { as_of: filter.as_of.clone(), known: filter.known.clone() };
    let Some(as_of) = when.read("/needs") else { return problem::page(problem::Kind::BadRequest, None) };
    match page(&site, &asker, filter, as_of).await {
        Ok(page) => html(&page),
        Err(error) => problem::of(&error),
    }
}

async fn page(
    site: &Site,
    asker: &Asker,
    filter: Filter,
    as_of: crate::shell::AsOf,
) -> Result<NeedsPage, muster_app::Error> {
    let viewer = &asker.viewer;
    let picture = site.app.picture(viewer).await?;
    let mut shell = Shell::new(asker, &picture, "nav-needs", say("nav-needs"));
    let overview = match site.app.overview_at(viewer, as_of.date, as_of.known).await {
        Err(muster_app::Error::Invalid(_)) => None,
        other => Some(other?),
    };
    shell.as_of = Some(as_of);
    let rows = overview.as_ref().map_or(&[][..], |overview| &overview.rows);
    let plan = overview.as_ref().and_then(|overview| overview.plan.as_ref());
    Ok(NeedsPage {
        island: bars(rows),
        has_plan: plan.is_some(),
        may_create: App::may_create(viewer, "requirements"),
        needs: Needs::new(rows, plan, &picture, filter),
        shell,
    })
}

/// Received, moving, planned and open value by purpose.
fn bars(needs: &[NeedRow]) -> Option<Island> {
    let purposes = Values::of(needs).purposes;
    if purposes.is_empty() {
        return None;
    }
    let mut rows: Vec<(String, [f64; 4])> = purposes.into_iter().collect();
    rows.sort_by(|a, b| b.1[0].total_cmp(&a.1[0]));
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(purpose, [needed, planned, moved, received])| {
            let received = received.min(needed);
            let moving = moved.clamp(received, needed) - received;
            let planned = planned.clamp(received + moving, needed) - received - moving;
            let open = needed - received - moving - planned;
            let part = |series: &str, value: f64| {
                json!({ "series": series, "value": value, "text": percent(share(value, needed)) })
            };
            json!({
                "name": words(&purpose),
                "href": format!("/needs?purpose={}", escaped(&purpose)),
                "text": percent(1.0 - share(open, needed)),
                "parts": [part("received", received), part("moving", moving), part("planned", planned), part("open", open)],
            })
        })
        .collect();
    let series = [("received", "b1"), ("moving", "b2"), ("planned", "b3"), ("open", "rest")]
        .map(|(id, tone)| json!({ "id": id, "name": say(&format!("value-{id}")), "tone": tone }));
    let data = json!({ "series": series, "rows": rows, "scale": "each" });
    Some(Island::new("bars", "needs-data", say("needs-bars"), &data))
}

/// Needs on one page.
const PAGE: usize = 200;

/// Offers that are shown at once; the others can be unfolded.
const FIRST_OFFERS: usize = 3;

/// Longest text that is searched for, in characters.
const LONGEST_TEXT: usize = 100;

/// Which needs are asked for. What is empty does not filter.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Filter {
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    state: NeedState,
    #[serde(default)]
    q: String,
    /// Code of the need after which the page begins.
    #[serde(default)]
    after: String,
    #[serde(default)]
    as_of: String,
    #[serde(default)]
    known: String,
}

/// How far a need is met by what is bound to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum NeedState {
    /// Not asked for.
    #[default]
    #[serde(rename = "")]
    Any,
    Open,
    Part,
    Met,
}

/// The list and its filter.
pub(crate) struct Needs {
    pub(crate) purposes: Vec<Choice>,
    pub(crate) states: Vec<Choice>,
    pub(crate) q: String,
    pub(crate) filtered: bool,
    pub(crate) all: String,
    pub(crate) found: String,
    pub(crate) none: bool,
    pub(crate) rows: Vec<Row>,
    /// Address of the next page.
    pub(crate) next: Option<String>,
    pub(crate) continued: bool,
}

/// Something to choose in the filter.
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) chosen: bool,
}

/// A need.
pub(crate) struct Row {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) purpose: String,
    pub(crate) place: String,
    pub(crate) due: String,
    pub(crate) unit: String,
    pub(crate) needed: String,
    pub(crate) planned: String,
    pub(crate) moved: String,
    pub(crate) received: String,
    /// One of: received, met, part, open.
    pub(crate) state: &'static str,
    pub(crate) word: String,
    pub(crate) href: String,
    /// What a plan that is not accepted would give.
    pub(crate) proposed: Option<String>,
    pub(crate) offers: Vec<Offered>,
    pub(crate) more_offers: Vec<Offered>,
    pub(crate) last: Option<String>,
    pub(crate) late: bool,
    /// What it does not get, or gets late.
    pub(crate) why: Vec<Part>,
}

/// Units of an offer.
pub(crate) struct Offered {
    pub(crate) code: String,
    pub(crate) donor: String,
    pub(crate) units: String,
    pub(crate) href: String,
}

impl Needs {
    pub(crate) fn new(needs: &[NeedRow], plan: Option<&Shown>, picture: &Picture, filter: Filter) -> Self {
        let purposes: BTreeSet<&str> = needs.iter().map(|need| need.purpose.as_str()).collect();
        let q: String = filter.q.trim().chars().take(LONGEST_TEXT).collect();
        let sought = q.to_lowercase();
        let mut found: Vec<Row> = Vec::new();
        let (mut matching, mut begun, mut more) = (0, filter.after.is_empty(), false);
        for need in needs {
            let fits = (filter.purpose.is_empty() || need.purpose == filter.purpose)
                && (filter.state == NeedState::Any || state(need) == filter.state);
            if !fits {
                begun |= need.report.code == filter.after;
                continue;
            }
            if !sought.is_empty() && !text(need, picture).contains(&sought) {
                begun |= need.report.code == filter.after;
                continue;
            }
            matching += 1;
            if begun && found.len() < PAGE {
                found.push(row(need, plan, picture));
            } else {
                more |= begun;
            }
            begun |= need.report.code == filter.after;
        }
        let last = found.last().filter(|_| more);
        let choice = |value: &str, label: String, chosen: bool| Choice { value: value.to_owned(), label, chosen };
        Self {
            states: [("open", NeedState::Open), ("part", NeedState::Part), ("met", NeedState::Met)]
                .map(|(value, state)| choice(value, say(&format!("need-{value}")).into_owned(), state == filter.state))
                .into(),
            purposes: purposes.iter().map(|p| choice(p, words(p), *p == filter.purpose)).collect(),
            filtered: !filter.purpose.is_empty() || filter.state != NeedState::Any || !q.is_empty(),
            all: whole(i64::try_from(needs.len()).unwrap_or(i64::MAX)),
            found: whole(matching),
            none: needs.is_empty(),
            next: last.map(|row| next(&filter, &q, &row.code)),
            continued: !filter.after.is_empty(),
            rows: found,
            q,
        }
    }
}

/// Address of the page after `code`.
fn next(filter: &Filter, q: &str, code: &str) -> String {
    let state = match filter.state {
        NeedState::Any => "",
        NeedState::Open => "open",
        NeedState::Part => "part",
        NeedState::Met => "met",
    };
    format!("/needs?purpose={}&state={state}&q={}&after={}", escaped(&filter.purpose), escaped(q), escaped(code))
}

fn state(need: &NeedRow) -> NeedState {
    match need.report.planned.units {
        n if n >= need.report.needed.units => NeedState::Met,
        n if n > 0 => NeedState::Part,
        _ => NeedState::Open,
    }
}

/// Everything of a need that a search looks at, in small letters.
fn text(need: &NeedRow, picture: &Picture) -> String {
    let mut text = [&need.report.code, &need.report.name, &need.purpose, &need.place].map(String::as_str).join("\n");
    for because in need.lacking.iter().flat_map(|lacking| plan_why::causes(picture, lacking)) {
        text.push('\n');
        text.push_str(&because.text);
    }
    for (offer, donor, _) in &need.offers {
        text.push_str(&format!("\n{offer}\n{}", name(picture, donor)));
    }
    text.to_lowercase()
}

/// Name of a party.
fn name(picture: &Picture, party: &str) -> String {
    picture.parties.get(party).map_or_else(|| party.to_owned(), |p| p.name.to_string())
}

fn row(need: &NeedRow, plan: Option<&Shown>, picture: &Picture) -> Row {
    let report = &need.report;
    let state = match state(need) {
        NeedState::Met if report.received.units >= report.needed.units => "received",
        NeedState::Met => "met",
        NeedState::Part => "part",
        NeedState::Open | NeedState::Any => "open",
    };
    let proposed = plan
        .filter(|plan| plan.stored.state == PlanState::Proposed)
        .and_then(|plan| plan.summary.served.get(&report.code))
        .map(|served| whole(served.planned));
    let mut offers: Vec<Offered> = need
        .offers
        .iter()
        .map(|(offer, donor, units)| Offered {
            code: offer.clone(),
            donor: name(picture, donor),
            units: whole(*units),
            href: address("offers", offer),
        })
        .collect();
    // A single further offer takes no more room than the words that hide it.
    let first = if offers.len() <= FIRST_OFFERS + 1 { offers.len() } else { FIRST_OFFERS };
    let more_offers = offers.split_off(first);
    Row {
        code: report.code.clone(),
        name: report.name.clone(),
        purpose: words(&need.purpose),
        place: need.place.clone(),
        due: day_text(&need.due),
        unit: need.unit.clone(),
        needed: whole(report.needed.units),
        planned: whole(report.planned.units),
        moved: whole(report.dispatched.units),
        received: whole(report.received.units),
        word: say(&format!("need-{state}")).into_owned(),
        href: address(sheet_of(picture, &report.code), &report.code),
        state,
        proposed,
        offers,
        more_offers,
        // Both are days as YYYY-MM-DD: their texts follow one another as they do.
        late: need.last.as_ref().is_some_and(|last| *last > need.due),
        last: need.last.as_deref().map(day_text),
        why: need.lacking.iter().flat_map(|lacking| plan_why::causes(picture, lacking)).collect(),
    }
}

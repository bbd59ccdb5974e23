//! Conveyances on their way: a map, a timeline of legs, and each movement with what is on it.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::{Form, Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use muster_app::{
    Error,
    storage::transfer::{
        Movement, MovementLeg,
        corrected::Correction,
        tell::{Conveyed, LegFilter},
    },
    transfer::conveyed::Right,
};
use muster_domain::{picture::Picture, viewer::Viewer};
use serde_json::json;

use super::{
    consignment_list, figures,
    given::Given,
    listed,
    picture::{self, Carried, Island, Measure, OnMap},
    record::{
        cells::{Cell, facts, name_of},
        list::Parameters,
        panels::{Panel, number_cell, record_cell, text_cell},
        show::answer,
    },
};
use crate::{
    Site,
    address::escaped,
    auth::Asker,
    problem,
    shell::Shell,
    text::{self, filters, say, say_with},
};

/// Most legs in the pictures and their table.
const MOST: i64 = 60;

/// Most legs in the timeline.
const ROWS: usize = 18;

/// How long a leg stays in the pictures after it arrived, in days.
const KEPT_DAYS: i64 = 7;

/// Legs on the way, as pictures and as a table.
pub(crate) struct OnTheWay {
    pub(crate) map: Option<Island>,
    pub(crate) timeline: Option<Island>,
    pub(crate) legs: Panel,
}

/// Legs that have not arrived, or did so lately.
pub(crate) fn filter(now: Timestamp) -> LegFilter {
    let since = now.checked_sub(SignedDuration::from_hours(24 * KEPT_DAYS)).unwrap_or(Timestamp::MIN);
    LegFilter { since: Some(since), ..LegFilter::default() }
}

/// What is on its way and what arrived lately, as far as the viewer sees it.
pub(crate) async fn on_the_way(
    site: &Site,
    viewer: &Viewer,
    picture: &Picture,
    now: Timestamp,
) -> Result<OnTheWay, Error> {
    let mut found = site.app.legs(viewer, &filter(now), None, MOST + 1).await?;
    let more = found.len() > MOST as usize;
    found.truncate(MOST as usize);
    let mut legs = Panel::new("legs", COLUMNS);
    legs.files = listed::files("movement_legs", &Parameters::new());
    for one in &found {
        legs.row(leg_row(picture, one, now));
    }
    if more {
        legs.foot = say_with("movements-first", &[("n", MOST.into())]);
    }
    // What is overdue, what is under way, then what has arrived; the last departed first.
    let mut all: Vec<(&Movement, &MovementLeg)> = found.iter().map(|one| (&one.movement, &one.leg)).collect();
    all.sort_by_key(|(_, leg)| (leg.arrived_at.is_some(), leg.arrives_at >= now));
    all.truncate(ROWS);
    let under_way = found.iter().filter(|one| one.leg.arrived_at.is_none());
    let map = map(picture, under_way.map(|one| (&one.leg, one.consignments)));
    Ok(OnTheWay { map, timeline: timeline(picture, &all, now), legs })
}

const COLUMNS: &[(&str, bool)] = &[
    ("movement", false),
    ("movement-conveyance", false),
    ("movement-lane", false),
    ("movement-departed", false),
    ("movement-arrived", false),
    ("panel-consignments", true),
];

/// A cell that leads to a movement.
pub(crate) fn code_cell(movement: &Movement) -> Cell {
    Cell::link(movement.code.as_str(), format!("/movements/{}", escaped(movement.code.as_str())))
}

/// By what it goes: the mode, who carries, and on what.
pub(crate) fn conveyance(movement: &Movement) -> String {
    format!("{}, {}, {}", text::word(movement.mode.as_str()), movement.carrier, movement.conveyance)
}

/// When a leg arrived, or is to.
pub(crate) fn arrival(leg: &MovementLeg, now: Timestamp) -> String {
    match leg.arrived_at {
        Some(at) => figures::moment(at),
        None => {
            let expected = say_with("movement-expected", &[("x", figures::moment(leg.arrives_at).into())]);
            if leg.arrives_at < now { format!("{expected} ({})", say("late")) } else { expected }
        }
    }
}

fn leg_row(picture: &Picture, one: &Conveyed, now: Timestamp) -> Vec<Cell> {
    vec![
        code_cell(&one.movement),
        text_cell(conveyance(&one.movement)),
        record_cell(picture, "lanes", one.leg.lane.as_str()),
        text_cell(figures::moment(one.leg.departed_at)),
        text_cell(arrival(&one.leg, now)),
        number_cell(one.consignments),
    ]
}

/// The lanes on which something is.
fn map<'a>(picture: &Picture, legs: impl Iterator<Item = (&'a MovementLeg, i64)>) -> Option<Island> {
    let mut carried: BTreeMap<String, Carried> = BTreeMap::new();
    for (leg, consignments) in legs {
        let lane = carried.entry(leg.lane.to_string());
        lane.or_insert_with(|| Carried { total: 0.0, periods: Vec::new() }).total += consignments as f64;
    }
    let shown = OnMap { carried: Some((&carried, Measure::Consignments)), ..OnMap::default() };
    picture::map(picture, "way-map", say("movements-map").into_owned(), shown)
}

/// Legs over days: from departure to arrival, or to when they are to arrive.
fn timeline(picture: &Picture, legs: &[(&Movement, &MovementLeg)], now: Timestamp) -> Option<Island> {
    let day = |at: Timestamp| TimeZone::UTC.to_datetime(at).date();
    let after = |date: Date| date.tomorrow().unwrap_or(date);
    let today = day(now);
    let ends = |leg: &MovementLeg| day(leg.arrived_at.unwrap_or(leg.arrives_at.max(now)));
    let first = legs.iter().map(|(_, leg)| day(leg.departed_at)).min()?;
    let last = legs.iter().map(|(_, leg)| ends(leg)).max()?.max(today);
    let mut rows: BTreeMap<(Timestamp, &str), (String, Vec<serde_json::Value>)> = BTreeMap::new();
    for (movement, leg) in legs {
        let began = legs.iter().filter(|(m, _)| m.code == movement.code).map(|(_, leg)| leg.departed_at).min()?;
        let lane = name_of(picture, "lanes", leg.lane.as_str()).unwrap_or_else(|| leg.lane.to_string());
        let (tone, said) = match leg.arrived_at {
            Some(at) if day(at) > day(leg.arrives_at) => ("b3", "movements-came-late"),
            Some(_) => ("b3", "movements-came"),
            None if leg.arrives_at < now => ("warn", "movements-overdue"),
            None => ("b1", "movements-under-way"),
        };
        let title = format!(
            "{lane}: {} → {}, {}",
            figures::moment(leg.departed_at),
            figures::moment(leg.arrived_at.unwrap_or(leg.arrives_at)),
            say(said)
        );
        let row = rows.entry((began, movement.code.as_str())).or_insert_with(|| {
            let name = if movement.conveyance.is_empty() { movement.code.as_str() } else { &movement.conveyance };
            (name.to_owned(), Vec::new())
        });
        let bar = |from: Date, to: Date, text: &str, tone: &str| json!({ "from": from.to_string(), "to": to.to_string(), "text": text, "title": title, "tone": tone });
        let (left, due, end) = (day(leg.departed_at), day(leg.arrives_at), after(ends(leg)));
        if tone == "warn" && due > left {
            // As long as it was to take, and what it is over that.
            row.1.push(bar(left, due, &lane, "b1"));
            row.1.push(bar(due, end, "", tone));
        } else {
            row.1.push(bar(left, end, &lane, tone));
        }
    }
    let rows: Vec<_> = rows
        .into_iter()
        .map(|((_, code), (name, bars))| json!({ "name": name, "href": format!("/movements/{}", escaped(code)), "bars": bars }))
        .collect();
    let sign = |tone: &str, name: &str| json!({ "tone": tone, "text": say(name) });
    let data = json!({
        "from": first.to_string(), "to": after(last).to_string(), "rows": rows,
        "now": { "at": today.to_string(), "text": say("today") },
        "legend": [sign("b1", "movements-under-way"), sign("warn", "movements-overdue"), sign("b3", "movements-came")],
    });
    Some(Island::new("timeline", "way-time", say("movements-timeline"), &data))
}

#[derive(Template)]
#[template(path = "movement.html")]
struct MovementPage {
    shell: Shell,
    code: String,
    conveyance: String,
    facts: Vec<(String, Cell)>,
    map: Option<Island>,
    timeline: Option<Island>,
    legs: Vec<LegRow>,
    /// What stood there before it was put right, in words.
    corrections: Vec<String>,
    may_correct: bool,
    /// What it says now, to be put right.
    carrier: String,
    conveyed_by: String,
    wrong: Option<String>,
    given: Given,
}

struct LegRow {
    leg: i64,
    lane: Cell,
    departed: String,
    arrival: String,
    consignments: Panel,
    /// Whether its manifest may be printed: the viewer sees all that is on it.
    whole: bool,
}

/// A movement: where it is, and what is on it.
pub(crate) async fn show(
    State(site): State<Site>,
    asker: Asker,
    Path(code): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Response {
    answer(page(&site, &asker, &code, None, Given::default()).await, &parameters, |page| &mut page.shell)
}

/// Its carrier or conveyance was written down wrong.
pub(crate) async fn correct(
    State(site): State<Site>,
    asker: Asker,
    Path(code): Path<String>,
    Form(given): Form<Given>,
) -> Response {
    let correct = async {
        // What somebody left as it stood on their page is not theirs to put right: another may have done so meanwhile.
        let changed = |name: &str, was: &str| {
            if given.text(name) == given.text(was) { String::new() } else { given.text(name).to_owned() }
        };
        let right =
            Right { carrier: changed("carrier", "was_carrier"), conveyance: changed("conveyance", "was_conveyance") };
        site.app.movement_correct(&code, &right, &asker.form(given.text("reason").to_owned(), &given)?).await
    };
    match correct.await {
        Ok(()) => Redirect::to(&format!("/movements/{}?said=saved", escaped(&code))).into_response(),
        Err(error) => problem::again(&error, |wrong| page(&site, &asker, &code, Some(wrong), given)).await,
    }
}

/// What stood of a movement before it was put right, in words.
fn was(correction: &Correction) -> String {
    let before = [
        ("x", format!("{}, {}", correction.carrier, correction.conveyance).into()),
        ("at", figures::moment(correction.recorded_at).into()),
        ("by", correction.actor.as_str().into()),
        ("reason", correction.reason.as_str().into()),
    ];
    say_with("movement-was", &before)
}

async fn page(
    site: &Site,
    asker: &Asker,
    code: &str,
    wrong: Option<String>,
    given: Given,
) -> Result<MovementPage, Error> {
    let viewer = &asker.viewer;
    let (shown, now) = (site.app.movement_shown(viewer, code).await?, site.app.now());
    let picture = site.app.picture(viewer).await?;
    let may_correct = site.app.may_correct(viewer, &shown).await?;
    let legs = shown.legs.iter().map(|one| LegRow {
        leg: one.leg.leg,
        lane: record_cell(&picture, "lanes", one.leg.lane.as_str()),
        departed: figures::moment(one.leg.departed_at),
        arrival: arrival(&one.leg, now),
        consignments: consignment_list::list_panel(&picture, &one.consignments, now),
        whole: one.is_whole(),
    });
    let all: Vec<(&Movement, &MovementLeg)> = shown.legs.iter().map(|one| (&shown.movement, &one.leg)).collect();
    let title = shown.movement.code.to_string();
    let known = picture.parties.contains_key(&shown.movement.carrier);
    Ok(MovementPage {
        shell: Shell::new(asker, &picture, "nav-movements", title),
        code: shown.movement.code.to_string(),
        conveyance: conveyance(&shown.movement),
        facts: facts([
            ("movement-mode", text_cell(text::word(shown.movement.mode.as_str()).into_owned())),
            (
                "movement-carrier",
                if known {
                    record_cell(&picture, "parties", &shown.movement.carrier)
                } else {
                    text_cell(shown.movement.carrier.clone())
                },
            ),
            ("movement-conveyance", text_cell(shown.movement.conveyance.clone())),
        ]),
        map: map(&picture, shown.legs.iter().map(|one| (&one.leg, one.consignments.len() as i64))),
        timeline: timeline(&picture, &all, now),
        legs: legs.collect(),
        corrections: shown.corrections.iter().map(was).collect(),
        may_correct,
        carrier: shown.movement.carrier.clone(),
        conveyed_by: shown.movement.conveyance.clone(),
        wrong,
        given,
    })
}

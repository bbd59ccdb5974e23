//! Training: who is taught where, when, on what; what stands in the way; who is told too late; and whether goods and people come together.

use askama::Template;
use axum::{
    extract::{Multipart, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use jiff::civil::Date;
use muster_app::{
    Error,
    training::{
        figures::{Figures, OnBoard, Utilisation},
        serial::{NewSerial, told as clash_told},
        timetable::{Ask, Shifted, Timetable},
    },
};
use muster_domain::{
    code::Code,
    message,
    picture::Picture,
    policy::{self, Action, Deed},
    serial::SerialState,
    training::NominationState,
    viewer::Viewer,
};
use serde_json::json;

use super::{
    figures,
    given::Given,
    observed::{self, ObservedRow},
    picture::{Island, Measure},
    record::{
        cells::{Cell, name_of},
        list::Parameters,
        panels::{Panel, codes_cell, need_cell, number_cell, record_cell, state_cell, text_cell},
        show::answer,
    },
    repair::span,
    whereabouts::{self, There, Told},
};
use crate::{
    Site,
    address::escaped,
    auth::Asker,
    problem,
    shell::Shell,
    text::{self, filters, say, say_with},
};

/// Seconds for which a timetable is searched when a page asks for it.
const SECONDS: f64 = 5.0;

#[derive(Template)]
#[template(path = "training.html")]
struct BoardPage {
    shell: Shell,
    island: Option<Island>,
    observed: Vec<ObservedRow>,
    whereabouts: Told,
    panels: Vec<Panel>,
    /// How full facilities are, as a picture and as a table.
    heat: Option<Island>,
    utilisation: Panel,
    may_plan: bool,
    may_make: bool,
    courses: Vec<(String, String)>,
    places: Vec<(String, String)>,
    /// What a new serial would be, or why it cannot be.
    preview: Vec<String>,
    timetable: Option<Proposal>,
    wrong: Option<String>,
    given: Given,
}

/// A timetable that may be accepted.
struct Proposal {
    head: String,
    shifted: Vec<(String, String, String)>,
    reasons: Vec<String>,
}

/// Where a serial's page is.
pub(crate) fn serial_address(code: &str) -> String {
    format!("/training/serials/{}", escaped(code))
}

/// Where a nomination's page is.
pub(crate) fn nomination_address(code: &str) -> String {
    format!("/training/nominations/{}", escaped(code))
}

/// A cell that names a serial and leads to its page.
pub(crate) fn serial_cell(code: &Code) -> Cell {
    Cell::link(code.to_string(), serial_address(code.as_str()))
}

pub(crate) async fn show(State(site): State<Site>, asker: Asker, Query(parameters): Query<Parameters>) -> Response {
    if !asker.viewer.is_known() {
        return problem::page(problem::Kind::NotFound, None);
    }
    let page = page(&site, &asker, None, Given::default(), (Vec::new(), None)).await;
    answer(page, &parameters, |page| &mut page.shell)
}

/// Checks or makes a serial; makes a timetable, or accepts one.
pub(crate) async fn deed(State(site): State<Site>, asker: Asker, body: Multipart) -> Response {
    let (given, _) = match Given::with_file(body, "file").await {
        Ok(given) => given,
        Err(kind) => return problem::page(kind, None),
    };
    match carry_out(&site, &asker, &given).await {
        Ok(Done::Gone(to)) => Redirect::to(&format!("{to}?said=saved")).into_response(),
        Ok(Done::Told(preview, timetable)) => {
            let page = page(&site, &asker, None, given, (preview, timetable)).await;
            answer(page, &Parameters::default(), |page| &mut page.shell)
        }
        Err(error) => problem::again(&error, |wrong| page(&site, &asker, Some(wrong), given, (Vec::new(), None))).await,
    }
}

/// What became of a deed: another page, or more on this one.
enum Done {
    Gone(String),
    Told(Vec<String>, Option<Timetable>),
}

async fn carry_out(site: &Site, asker: &Asker, given: &Given) -> Result<Done, Error> {
    let (app, actor) = (&site.app, asker.actor(given.reason()));
    let text = |name| given.text(name).to_owned();
    let new = || -> Result<NewSerial, Error> {
        let missing = || Error::Invalid(message!("field-must-be", name = "start", right = message!("a-date")));
        Ok(NewSerial {
            code: None,
            course: text("course"),
            place: text("place"),
            start: given.date("start")?.ok_or_else(missing)?,
            seats: given.number("seats")?.and_then(|seats| u32::try_from(seats).ok()),
            despite: given.has("despite", "yes"),
        })
    };
    match given.text("deed") {
        "check" => {
            let would = app.serial_new_preview(&asker.viewer, &new()?).await?;
            Ok(Done::Told(super::serial::previewed(&would), None))
        }
        "new" => {
            let code = app.serial_new(&new()?, &actor).await?;
            Ok(Done::Gone(serial_address(code.as_str())))
        }
        "timetable" => {
            let ask = Ask {
                place: Some(text("place")).filter(|place| !place.is_empty()),
                until: given.date("until")?,
                confirmed: given.has("confirmed", "yes"),
                seconds: SECONDS,
                seed: 1,
            };
            Ok(Done::Told(Vec::new(), Some(app.timetable(&ask, &actor).await?)))
        }
        "accept" => {
            let shifted = given.all("shifted").map(shifted_of).collect::<Result<Vec<_>, _>>()?;
            app.timetable_accept(&shifted, &actor).await?;
            Ok(Done::Gone("/training".into()))
        }
        other => Err(Error::NotFound { what: "deed", code: other.to_owned() }),
    }
}

/// A serial with its first day before and after, as the form sends it.
fn shifted_of(text: &str) -> Result<Shifted, Error> {
    let parts: Vec<&str> = text.split(' ').collect();
    let wrong = || Error::Invalid(message!("must-be", right = message!("a-date")));
    let [serial, from, to] = parts[..] else { return Err(wrong()) };
    let day = |text: &str| text.parse::<Date>().map_err(|_| wrong());
    Ok(Shifted { serial: Code::new(serial).map_err(|_| wrong())?, from: day(from)?, to: day(to)? })
}

async fn page(
    site: &Site,
    asker: &Asker,
    wrong: Option<String>,
    given: Given,
    (preview, timetable): (Vec<String>, Option<Timetable>),
) -> Result<BoardPage, Error> {
    let (app, viewer) = (&site.app, &asker.viewer);
    let picture = app.picture(viewer).await?;
    let told = app.training_figures(viewer).await?;
    let may = |action, own| policy::may(viewer, &Deed { own, ..Deed::of(action) }).is_ok();
    let named = |sheet: &str, codes: &mut dyn Iterator<Item = &String>| -> Vec<(String, String)> {
        codes.map(|code| (code.clone(), name_of(&picture, sheet, code).unwrap_or_default())).collect()
    };
    let taught = |code: &&String| {
        let kind = picture.places.get(*code).map(|place| place.kind);
        kind == Some(muster_domain::place::PlaceKind::Training) && hosts(viewer, &picture, code)
    };
    Ok(BoardPage {
        shell: Shell::new(asker, &picture, "nav-training", say("nav-training")),
        island: calendar(viewer, &picture, &told.serials, app.today()),
        whereabouts: whereabouts(&picture, &told),
        panels: panels(&picture, &told),
        observed: observed::rows(viewer, &picture, &muster_app::observed::of_courses(&picture, &told)),
        heat: heat(&picture, &told),
        utilisation: utilisation(&picture, &told),
        may_plan: may(Action::Plan, false),
        may_make: may(Action::Train, true),
        courses: named("courses", &mut picture.courses.keys()),
        places: named("places", &mut picture.places.keys().filter(taught)),
        preview,
        timetable: timetable.map(|made| proposal(&made)),
        wrong,
        given,
    })
}

/// Whether somebody may make serials at a place.
fn hosts(viewer: &Viewer, picture: &Picture, place: &str) -> bool {
    let operator = picture.places.get(place).and_then(|place| place.operator.as_ref());
    let own = operator.is_some_and(|operator| viewer.owns(operator.code()));
    policy::may(viewer, &Deed { own, ..Deed::of(Action::Train) }).is_ok()
}

fn proposal(made: &Timetable) -> Proposal {
    let gap = made.solved.gap.map_or_else(|| "–".to_owned(), figures::percent);
    let state = text::word(made.solved.status).into_owned();
    let objective = made.solved.objective.map_or_else(|| "–".to_owned(), figures::whole);
    Proposal {
        head: say_with(
            "training-timetable-head",
            &[
                ("n", made.serials.into()),
                ("state", state.into()),
                ("objective", objective.into()),
                ("bound", figures::whole(made.solved.bound).into()),
                ("gap", gap.into()),
            ],
        ),
        shifted: made
            .shifted
            .iter()
            .map(|of| (of.serial.to_string(), of.from.to_string(), of.to.to_string()))
            .collect(),
        reasons: made.reasons.iter().map(|(serial, why)| format!("{serial}: {}", text::words(why))).collect(),
    }
}

/// Serials over days, a line for each, by their places. Who may move one may shift its bar, to look at what other days would mean.
fn calendar(viewer: &Viewer, picture: &Picture, serials: &[OnBoard], today: Date) -> Option<Island> {
    let after = |date: Date| date.tomorrow().unwrap_or(date);
    let first = serials.iter().map(|of| of.serial.start).min()?.min(today);
    let last = serials.iter().map(|of| of.serial.end).max()?.max(today);
    let mut by_place: Vec<&OnBoard> = serials.iter().collect();
    by_place.sort_by_key(|of| (of.serial.place.code().clone(), of.serial.start, of.serial.code.clone()));
    let row = |of: &&OnBoard| {
        let serial = &of.serial;
        let tone = match serial.state {
            _ if of.clashes > 0 => "warn",
            SerialState::Running => "b1",
            SerialState::Confirmed => "b2",
            _ => "b3",
        };
        let course = name_of(picture, "courses", serial.course.as_str()).unwrap_or_else(|| serial.course.to_string());
        let place = name_of(picture, "places", serial.place.as_str()).unwrap_or_else(|| serial.place.to_string());
        let told =
            say_with("training-seats-taken", &[("taken", of.taken.into()), ("seats", i64::from(serial.seats).into())]);
        let address = serial_address(serial.code.as_str());
        let mut bar = json!({
            "from": serial.start.to_string(),
            "to": after(serial.end).to_string(),
            "text": serial.code.as_str(),
            "title": format!("{} – {course}, {place}: {}; {told}", serial.code, text::word(serial.state.as_str())),
            "tone": tone,
            "href": address,
        });
        if super::serial::may_shift(viewer, serial) {
            bar["check"] = format!("{address}?start=").into();
        }
        json!({ "name": format!("{place}: {course}"), "href": address, "bars": [bar] })
    };
    let sign = |tone: &str, name: &str| json!({ "tone": tone, "text": name });
    let data = json!({
        "from": first.to_string(),
        "to": after(last).to_string(),
        "rows": by_place.iter().map(row).collect::<Vec<_>>(),
        "now": { "at": today.to_string(), "text": say("today") },
        "shift": { "hint": say("training-shift-hint"), "then": say("training-shift-then") },
        "legend": [
            sign("b3", &text::word("planned")), sign("b2", &text::word("confirmed")), sign("b1", &text::word("running")),
            sign("warn", &say("training-clashes")),
        ],
    });
    Some(Island::new("timeline", "serials-time", say("training-calendar"), &data))
}

fn whereabouts(picture: &Picture, told: &Figures) -> Told {
    let there = |(code, state): &(Code, NominationState)| There { code: code.clone(), state: state.as_str(), units: 1 };
    let all = told.whereabouts.iter().map(|(at, there_are)| (at.clone(), there_are.iter().map(there).collect()));
    whereabouts::told(picture, "training-where", Measure::Trainees, nomination_address, &all.collect())
}

fn panels(picture: &Picture, told: &Figures) -> Vec<Panel> {
    vec![
        late(picture, told),
        serials(picture, told),
        demand(picture, told),
        in_step(picture, told),
        pipeline(told),
        turnouts(picture, told),
        findings(told),
    ]
}

fn serials(picture: &Picture, told: &Figures) -> Panel {
    let mut panel = Panel::new(
        "training-serials",
        &[
            ("training-serial", false),
            ("training-course", false),
            ("training-place", false),
            ("training-from", false),
            ("training-to", false),
            ("consignment-state", false),
            ("training-taken", true),
            ("training-waiting", true),
            ("training-notice", false),
            ("training-clashes", true),
        ],
    );
    for of in &told.serials {
        let serial = &of.serial;
        let notice = say_with("training-notice-of", &[("n", of.notice.0.into()), ("wanted", of.notice.1.into())]);
        panel.row(vec![
            serial_cell(&serial.code),
            record_cell(picture, "courses", serial.course.as_str()),
            record_cell(picture, "places", serial.place.as_str()),
            text_cell(figures::day(serial.start)),
            text_cell(figures::day(serial.end)),
            state_cell(serial.state.as_str()),
            Cell { number: true, ..text_cell(format!("{} / {}", of.taken, serial.seats)) },
            number_cell(of.waiting),
            Cell { tag: if of.is_short_notice() { "part" } else { "" }, ..text_cell(notice) },
            number_cell(of.clashes as i64),
        ]);
    }
    panel
}

fn late(picture: &Picture, told: &Figures) -> Panel {
    let mut panel = Panel::new(
        "training-late",
        &[
            ("panel-need", false),
            ("training-serial", false),
            ("panel-quantity", true),
            ("training-ready", false),
            ("training-due", false),
            ("training-days-late", true),
        ],
    );
    for of in &told.late {
        panel.row(vec![
            need_cell(picture, of.need.as_str()),
            serial_cell(&of.serial),
            number_cell(of.units),
            text_cell(figures::day(of.ready)),
            text_cell(figures::day(of.due)),
            number_cell(of.days()),
        ]);
    }
    panel
}

fn demand(picture: &Picture, told: &Figures) -> Panel {
    let mut panel = Panel::new(
        "training-demand",
        &[
            ("variance-what", false),
            ("training-wanted", true),
            ("training-in-service", true),
            ("training-promised", true),
            ("training-seats-needed", true),
            ("training-seats", true),
            ("training-nominated", true),
            ("training-in-training", true),
            ("training-passed", true),
            ("training-lacking", true),
        ],
    );
    for of in told.demand.iter() {
        let (people, seats) = ([of.wanted, of.in_service, of.promised], [of.needed, of.seats]);
        let taught = [of.nominated, of.in_training, of.passed, of.lacking()];
        let numbers = people.into_iter().chain(seats).chain(taught);
        let cells = numbers.map(number_cell);
        panel.row(std::iter::once(record_cell(picture, "resources", of.resource.as_str())).chain(cells).collect());
    }
    panel
}

fn in_step(picture: &Picture, told: &Figures) -> Panel {
    let mut panel = Panel::new(
        "training-in-step",
        &[
            ("panel-need", false),
            ("training-goods", false),
            ("training-people", false),
            ("training-due", false),
            ("training-step", false),
        ],
    );
    for of in &told.in_step {
        let day = |day: Option<Date>| text_cell(day.map_or_else(|| "–".to_owned(), figures::day));
        let apart = of.goods.zip(of.people).map(|(goods, people)| muster_domain::serial::days_between(goods, people));
        let (tag, said) = match apart {
            _ if of.goods_there => ("part", say("training-step-goods-there").into_owned()),
            None => ("part", say("training-step-goods-lack").into_owned()),
            Some(days) if days > 0 => ("part", say_with("training-step-people", &[("n", days.into())])),
            Some(days) if days < 0 => ("open", say_with("training-step-goods", &[("n", (-days).into())])),
            Some(_) => ("met", say("training-step-same").into_owned()),
        };
        panel.row(vec![
            need_cell(picture, of.package.as_str()),
            day(of.goods),
            day(of.people),
            text_cell(figures::day(of.due)),
            Cell { tag, ..text_cell(said) },
        ]);
    }
    panel
}

fn pipeline(told: &Figures) -> Panel {
    let mut panel = Panel::new("training-pipeline", &[("consignment-state", false), ("training-nominations", true)]);
    for (state, count) in &told.pipeline {
        panel.row(vec![state_cell(state.as_str()), number_cell(*count)]);
    }
    panel
}

/// How full each pool is, week by week; those that nobody uses are left out.
fn heat(picture: &Picture, told: &Figures) -> Option<Island> {
    let used: Vec<&Utilisation> = told.utilisation.iter().filter(|of| of.weeks.iter().any(|week| week.1 > 0)).collect();
    let weeks = &used.first()?.weeks;
    let mut cells = Vec::new();
    for (row, of) in used.iter().enumerate() {
        for (column, (from, used, there)) in of.weeks.iter().enumerate() {
            // Where there is nothing, whatever is used is too much.
            let share = *used as f64 / (*there).max(1) as f64;
            let share = if *there == 0 { share.max(f64::from(u8::from(*used > 0)) * 2.0) } else { share };
            if share > 0.0 {
                let title = say_with(
                    "training-heat",
                    &[
                        ("pool", of.pool.to_string().into()),
                        ("week", figures::day(*from).into()),
                        ("used", (*used).into()),
                        ("there", (*there).into()),
                    ],
                );
                let text = if *there == 0 { "!".to_owned() } else { figures::percent(share) };
                cells.push(json!({ "row": row, "column": column, "share": share, "text": text, "title": title }));
            }
        }
    }
    let row = |of: &&Utilisation| {
        let name = name_of(picture, "pools", of.pool.as_str()).unwrap_or_else(|| of.pool.to_string());
        json!({ "name": name, "href": super::record::address("pools", of.pool.as_str()) })
    };
    let data = json!({
        "rows": used.iter().map(row).collect::<Vec<_>>(),
        "columns": weeks.iter().map(|(from, ..)| json!({ "label": figures::short(*from) })).collect::<Vec<_>>(),
        "cells": cells,
    });
    Some(Island::new("heatmap", "training-heat", say("panel-training-utilisation"), &data))
}

fn utilisation(picture: &Picture, told: &Figures) -> Panel {
    let mut panel = Panel::new(
        "training-utilisation",
        &[("training-pool", false), ("training-kind", false), ("training-place", false), ("training-weeks", false)],
    );
    for of in &told.utilisation {
        let week = |(_, used, there): &(Date, i64, i64)| match (used, there) {
            (0, 0) => "–".to_owned(),
            (_, 0) => "∞".to_owned(),
            (used, there) => figures::percent(*used as f64 / *there as f64),
        };
        panel.row(vec![
            record_cell(picture, "pools", of.pool.as_str()),
            text_cell(of.kind.map_or_else(String::new, |kind| text::word(kind.as_str()).into_owned())),
            record_cell(picture, "places", of.place.as_str()),
            text_cell(of.weeks.iter().map(week).collect::<Vec<_>>().join(" · ")),
        ]);
    }
    panel
}

fn turnouts(picture: &Picture, told: &Figures) -> Panel {
    let mut panel = Panel::new(
        "training-results",
        &[
            ("training-course", false),
            ("training-place", false),
            ("training-passed", true),
            ("training-failed", true),
            ("training-rate", true),
            ("training-half", false),
            ("training-planned-days", true),
            ("training-serials", false),
        ],
    );
    for of in &told.results {
        let course = picture.courses.get(of.course.as_str());
        let process = course.and_then(|course| picture.teaches(course, of.place.as_str()));
        let all = of.passed + of.failed;
        panel.row(vec![
            record_cell(picture, "courses", of.course.as_str()),
            record_cell(picture, "places", of.place.as_str()),
            number_cell(of.passed),
            number_cell(of.failed),
            Cell { number: true, ..text_cell(figures::percent(of.passed as f64 / all.max(1) as f64)) },
            text_cell(of.half.map_or_else(|| "–".to_owned(), span)),
            process.map_or_else(Cell::default, |process| Cell {
                number: true,
                ..Cell::link(
                    process.duration_days.to_string(),
                    super::record::address("processes", process.code.as_str()),
                )
            }),
            codes_cell(of.serials.iter(), serial_address),
        ]);
    }
    panel
}

fn findings(told: &Figures) -> Panel {
    let mut panel = Panel::new(
        "training-findings",
        &[("training-serial", false), ("panel-when", false), ("repair-who", false), ("training-finding", false)],
    );
    for (serial, said) in &told.findings {
        panel.row(vec![
            serial_cell(serial),
            text_cell(figures::moment(said.said_at)),
            text_cell(said.actor.clone()),
            text_cell(said.text.clone()),
        ]);
    }
    panel
}

/// Clashes in words.
pub(crate) fn in_the_way(clashes: &[muster_domain::training::Clash]) -> Vec<String> {
    clashes.iter().map(|clash| text::words(&clash_told(clash))).collect()
}

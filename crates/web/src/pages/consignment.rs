//! Consignments: those that there are, what can be made up next, and one with all that belongs to it and all that can be done with it.

use askama::Template;
use axum::{
    extract::{Form, Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use jiff::Timestamp;
use muster_app::{
    Error,
    storage::transfer::{Consignment, tell::Filter},
    transfer::shown::Shown,
};
use muster_domain::{
    code::Code,
    consignment::{Condition, ConsignmentState},
    document::DocumentKind,
    field::Field,
    gate::Shut,
    item::Tracking,
    picture::Picture,
    policy::{self, Action, Deed},
    viewer::Viewer,
};

use super::{
    consignment_deed::{Given, carry_out},
    figures,
    record::{
        cells::{Cell, Part},
        list::Parameters,
        panels::{Panel, need_cell, number_cell, record_cell, state_cell, text_cell},
    },
};
use crate::{
    Site,
    address::escaped,
    auth::Asker,
    cursor, problem,
    shell::{Shell, html},
    text::{self, filters, say, say_with},
};

/// Consignments on a page.
const MOST: i64 = 100;

#[derive(Template)]
#[template(path = "consignments.html")]
struct ListPage {
    shell: Shell,
    panel: Panel,
    place: String,
    contains: String,
    states: Vec<(&'static str, bool)>,
    late: bool,
    may_make: bool,
    places: Vec<(String, String)>,
}

pub(crate) async fn list(State(site): State<Site>, asker: Asker, Query(parameters): Query<Parameters>) -> Response {
    if !asker.viewer.is_known() {
        return problem::page(problem::Kind::NotFound, None);
    }
    match list_page(&site, &asker, &parameters).await {
        Ok(page) => html(&page),
        Err(error) => problem::of(&error),
    }
}

async fn list_page(site: &Site, asker: &Asker, parameters: &Parameters) -> Result<ListPage, Error> {
    let viewer = &asker.viewer;
    let picture = site.app.picture(viewer).await?;
    let text = |name: &str| parameters.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let state = text("state").and_then(|state| ConsignmentState::parse(&state).ok());
    let late = text("late").is_some();
    let filter = Filter {
        state,
        place: text("place"),
        offer: text("offer"),
        need: text("need"),
        movement: text("movement"),
        open: text("open").is_some(),
        late_at: late.then(|| site.app.now()),
    };
    let contains = text("contains");
    let mut found;
    let mut next = None;
    if let Some(name) = &contains {
        found = site.app.consignments_with(viewer, name).await?;
    } else {
        let below: Option<String> = text("cursor").and_then(|text| cursor::read(&text));
        found = site.app.consignments(viewer, &filter, below.as_deref(), MOST + 1).await?;
        if cursor::cut(&mut found, MOST as usize) {
            next = found.last().map(|last| cursor::write(&last.code.to_string()));
        }
    }
    let mut panel = list_panel(&picture, &found, site.app.now());
    panel.link = next.map(|cursor| {
        let kept = ["state", "place", "offer", "need", "movement", "open", "late"];
        let kept: String = kept.iter().filter_map(|name| Some(format!("{name}={}&", escaped(&text(name)?)))).collect();
        (format!("/consignments?{kept}cursor={cursor}"), say("list-more").into_owned())
    });
    let mut shell = Shell::new(asker, &picture, "nav-consignments", say("nav-consignments"));
    shell.said = super::record::show::just_done(parameters);
    Ok(ListPage {
        shell,
        panel,
        place: text("place").unwrap_or_default(),
        contains: contains.unwrap_or_default(),
        states: ConsignmentState::ALL.iter().map(|s| (s.as_str(), Some(*s) == state)).collect(),
        late,
        may_make: may_move(viewer),
        places: places(&picture),
    })
}

/// Whether somebody may move anything at all.
fn may_move(viewer: &Viewer) -> bool {
    policy::may(viewer, &Deed { own: true, ..Deed::of(Action::Move) }).is_ok()
}

fn places(picture: &Picture) -> Vec<(String, String)> {
    picture.places.values().map(|place| (place.code.to_string(), place.name.to_string())).collect()
}

/// A table of consignments.
pub(crate) fn list_panel(picture: &Picture, found: &[Consignment], now: Timestamp) -> Panel {
    let columns = [
        ("consignment", false),
        ("consignment-state", false),
        ("consignment-place", false),
        ("consignment-way", false),
        ("consignment-for", false),
        ("consignment-next", false),
    ];
    let mut panel = Panel::new("consignments", &columns);
    for one in found {
        let name = |sheet: &str, code: &Code| {
            super::record::cells::name_of(picture, sheet, code.as_str()).unwrap_or_else(|| code.to_string())
        };
        let due = match one.state {
            ConsignmentState::UnderWay => one.arrives_at,
            state if state.is_open() => one.departs_at,
            _ => None,
        };
        let next = due.map_or_else(String::new, figures::moment);
        let late = due.is_some_and(|due| due < now);
        let way = format!("{} → {}", name("places", &one.origin), name("places", &one.destination));
        panel.row(vec![
            code_cell(&one.code),
            state_cell(one.state.as_str()),
            record_cell(picture, "places", one.place.as_str()),
            text_cell(way),
            record_cell(picture, "parties", one.consignee.as_str()),
            text_cell(if late { format!("{next} ({})", say("late")) } else { next }),
        ]);
    }
    panel
}

/// A cell that leads to a consignment.
pub(crate) fn code_cell(code: &Code) -> Cell {
    let part = Part { text: code.to_string(), href: format!("/consignments/{code}") };
    Cell { parts: vec![part], ..Cell::default() }
}

#[derive(Template)]
#[template(path = "consignment.html")]
struct ShowPage {
    shell: Shell,
    code: String,
    state: &'static str,
    tag: &'static str,
    facts: Vec<(String, Cell)>,
    gates: Vec<GateRow>,
    lines: Vec<LineRow>,
    milestones: Panel,
    handling_units: Panel,
    movements: Panel,
    handovers: Panel,
    variances: Panel,
    documents: Vec<(&'static str, String)>,
    may: May,
    kinds: Vec<&'static str>,
    conditions: Vec<&'static str>,
    places: Vec<(String, String)>,
    wrong: Option<String>,
    given: Given,
}

impl ShowPage {
    /// What was typed for a line's condition, or what is known of it.
    fn condition(&self, line: &LineRow) -> String {
        match self.given.text(&format!("condition {}", line.line)) {
            "" => line.condition.to_owned(),
            typed => typed.to_owned(),
        }
    }

    /// What was typed for a line's serial numbers or lots, or what is known of them.
    fn units(&self, line: &LineRow) -> String {
        match self.given.text(&format!("units {}", line.line)) {
            "" => line.typed.clone(),
            typed => typed.to_owned(),
        }
    }

    fn value<'a>(&'a self, name: &'a str) -> &'a str {
        self.given.text(name)
    }
}

struct GateRow {
    gate: &'static str,
    line: i64,
    why: String,
    blocks: bool,
    may_be_overridden: bool,
}

struct LineRow {
    line: i64,
    what: Cell,
    offer: Cell,
    need: Cell,
    quantity: i64,
    present: i64,
    condition: &'static str,
    worth: String,
    tracking: Tracking,
    /// Lots or serial numbers that are with it.
    names: Vec<String>,
    /// The same as somebody would type them.
    typed: String,
}

/// What the viewer may do with it now.
#[derive(Default)]
struct May {
    pack: bool,
    ready: bool,
    depart: bool,
    arrive: bool,
    inspect: bool,
    title: bool,
    receive: bool,
    redirect: bool,
    cancel: bool,
    split: bool,
    overrides: bool,
}

impl May {
    fn of(viewer: &Viewer, head: &Consignment) -> Self {
        let own = viewer.owns(&head.consignor) || viewer.owns(&head.consignee);
        let moves = policy::may(viewer, &Deed { own, ..Deed::of(Action::Move) }).is_ok();
        let state = head.state;
        let here = state == ConsignmentState::AtNode;
        let before = state.may_be_cancelled();
        Self {
            pack: moves && (before || here),
            ready: moves && state == ConsignmentState::Packing,
            depart: moves && (state == ConsignmentState::Readied || here) && !head.is_at_end(),
            arrive: moves && state == ConsignmentState::UnderWay,
            inspect: moves && (before || here),
            title: moves && here,
            receive: moves && here && head.is_at_end(),
            redirect: moves && here,
            cancel: moves && before,
            split: moves && (before || here),
            overrides: policy::may(viewer, &Deed::of(Action::Override)).is_ok(),
        }
    }

    fn any(&self) -> bool {
        self.pack || self.arrive
    }
}

pub(crate) async fn show(
    State(site): State<Site>,
    asker: Asker,
    Path(code): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Response {
    let said = super::record::show::just_done(&parameters);
    match show_page(&site, &asker, &code, None, Given::default()).await {
        Ok(mut page) => {
            page.shell.said = said;
            html(&page)
        }
        Err(error) => problem::of(&error),
    }
}

/// Does something with a consignment.
pub(crate) async fn deed(
    State(site): State<Site>,
    asker: Asker,
    Path(code): Path<String>,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    let given = Given(given);
    match carry_out(&site, &asker, &code, &given).await {
        Ok(place) => Redirect::to(&place).into_response(),
        Err(error @ (Error::Invalid(_) | Error::Refused(_) | Error::Changed | Error::Storage(_))) => {
            let wrong = Some(text::words(&error.message()));
            match show_page(&site, &asker, &code, wrong, given).await {
                Ok(page) => problem::unprocessable(html(&page)),
                Err(_) => problem::of(&error),
            }
        }
        Err(error) => problem::of(&error),
    }
}

async fn show_page(
    site: &Site,
    asker: &Asker,
    code: &str,
    wrong: Option<String>,
    given: Given,
) -> Result<ShowPage, Error> {
    let viewer = &asker.viewer;
    let picture = site.app.picture(viewer).await?;
    let shown = site.app.consignment_shown(viewer, code).await?;
    let may = May::of(viewer, &shown.head);
    let gates = if may.ready || may.depart { site.app.gates(code, &asker.actor("")).await? } else { Vec::new() };
    let gate = |shut: Shut| GateRow {
        gate: shut.gate.as_str(),
        line: shut.line,
        why: text::words(&shut.why),
        blocks: shut.gate.blocks(),
        may_be_overridden: shut.gate.may_be_overridden() && may.overrides,
    };
    let state = shown.head.state.as_str();
    let documents = site.app.documents(viewer, code).await?;
    let signed = !shown.handovers.is_empty();
    let printable = |one: &&muster_domain::document::Needed| one.kind != DocumentKind::HandoverReceipt || signed;
    let documents = documents.iter().filter(printable);
    Ok(ShowPage {
        documents: documents.map(|one| (one.kind.as_str(), text::words(&one.why))).collect(),
        shell: Shell::new(asker, &picture, "nav-consignments", shown.head.code.as_str()),
        code: shown.head.code.to_string(),
        state,
        tag: super::record::cells::tag(state),
        facts: facts(&picture, &shown),
        gates: gates.into_iter().map(gate).collect(),
        lines: shown.lines.iter().map(|line| line_row(&picture, &shown, line)).collect(),
        milestones: milestones(&picture, &shown),
        handling_units: handling_units(&shown),
        movements: movements(&picture, &shown),
        handovers: handovers(&picture, &shown),
        variances: super::variance::panel(&picture, &shown.variances, site.app.now()),
        may,
        kinds: muster_domain::consignment::HandlingUnitKind::ALL.iter().map(|kind| kind.as_str()).collect(),
        conditions: Condition::ALL.iter().map(|condition| condition.as_str()).collect(),
        places: places(&picture),
        wrong,
        given,
    })
}

fn facts(picture: &Picture, shown: &Shown) -> Vec<(String, Cell)> {
    let head = &shown.head;
    let moment = |at: Option<Timestamp>| text_cell(at.map_or_else(String::new, figures::moment));
    let mut route = Cell::default();
    for lane in &head.route {
        route.parts.extend(record_cell(picture, "lanes", lane.as_str()).parts);
    }
    let facts = [
        ("consignment-place", record_cell(picture, "places", head.place.as_str())),
        ("consignment-consignor", record_cell(picture, "parties", head.consignor.as_str())),
        ("consignment-for", record_cell(picture, "parties", head.consignee.as_str())),
        ("consignment-origin", record_cell(picture, "places", head.origin.as_str())),
        ("consignment-destination", record_cell(picture, "places", head.destination.as_str())),
        ("consignment-route", route),
        ("consignment-departs", moment(head.departs_at)),
        ("consignment-arrives", moment(head.arrives_at)),
        ("consignment-made-from", head.made_from.as_ref().map(code_cell).unwrap_or_default()),
        ("consignment-remark", text_cell(head.remark.clone())),
    ];
    let told = facts.into_iter().filter(|(_, cell)| cell.parts.iter().any(|part| !part.text.is_empty()));
    told.map(|(name, cell)| (say(name).into_owned(), cell)).collect()
}

fn line_row(picture: &Picture, shown: &Shown, line: &muster_app::storage::transfer::Line) -> LineRow {
    let of_line = || shown.units.iter().filter(|unit| unit.line == line.line);
    let tracking = picture.item_of(line.resource.as_str()).map_or(Tracking::Quantity, |item| item.tracking);
    let name = |unit: &muster_app::storage::transfer::Unit| match tracking {
        Tracking::Lot => format!("{} × {}", unit.quantity, unit.lot),
        _ => unit.serial.clone(),
    };
    let typed = |unit: &muster_app::storage::transfer::Unit| match tracking {
        Tracking::Lot => format!("{} {}", unit.lot, unit.quantity),
        _ => unit.serial.clone(),
    };
    let tracked = tracking != Tracking::Quantity;
    LineRow {
        line: line.line,
        what: record_cell(picture, "resources", line.resource.as_str()),
        offer: line.offer.as_ref().map(|o| record_cell(picture, "offers", o.as_str())).unwrap_or_default(),
        need: line.need.as_ref().map(|need| need_cell(picture, need.as_str())).unwrap_or_default(),
        quantity: line.quantity,
        present: line.present,
        condition: line.condition.map_or("", |condition| condition.as_str()),
        worth: line.worth.as_ref().map_or_else(String::new, |worth| {
            format!(
                "{} ({}, {})",
                figures::money(worth.currency.code(), worth.currency.places(), worth.minor),
                worth.method,
                worth.date
            )
        }),
        tracking,
        names: if tracked { of_line().map(name).collect() } else { Vec::new() },
        typed: if tracked { of_line().map(typed).collect::<Vec<_>>().join("\n") } else { String::new() },
    }
}

fn milestones(picture: &Picture, shown: &Shown) -> Panel {
    let columns = [
        ("panel-what", false),
        ("consignment-place", false),
        ("panel-when", false),
        ("journal-recorded", false),
        ("panel-who", false),
        ("consignment-remark", false),
    ];
    let mut panel = Panel::new("milestones", &columns);
    for reached in &shown.milestones {
        panel.row(vec![
            text_cell(text::word(reached.kind.as_str()).into_owned()),
            record_cell(picture, "places", reached.place.as_str()),
            text_cell(figures::moment(reached.occurred_at)),
            text_cell(figures::moment(reached.recorded_at)),
            text_cell(reached.actor.clone()),
            text_cell(reached.remark.clone()),
        ]);
    }
    for one in &shown.overrides {
        let gate = text::word(one.gate.as_str()).into_owned();
        panel.row(vec![
            text_cell(say_with("consignment-opened", &[("x", gate.into())])),
            Cell::default(),
            text_cell(figures::moment(one.recorded_at)),
            text_cell(figures::moment(one.recorded_at)),
            text_cell(one.actor.clone()),
            text_cell(one.reason.clone()),
        ]);
    }
    panel
}

fn handling_units(shown: &Shown) -> Panel {
    let columns = [("unit-sscc", false), ("unit-kind", false), ("unit-gross", true), ("unit-seal", false)];
    let mut panel = Panel::new("handling-units", &columns);
    for unit in &shown.handling_units {
        panel.row(vec![
            text_cell(unit.sscc.clone()),
            text_cell(text::word(unit.kind.as_str()).into_owned()),
            unit.gross_kg.map(number_cell).unwrap_or_default(),
            text_cell(unit.seal.clone()),
        ]);
    }
    panel
}

fn movements(picture: &Picture, shown: &Shown) -> Panel {
    let columns = [
        ("movement", false),
        ("movement-conveyance", false),
        ("movement-lane", false),
        ("movement-departed", false),
        ("movement-arrived", false),
    ];
    let mut panel = Panel::new("movements", &columns);
    for (movement, legs, leg) in &shown.movements {
        let Some(leg) = legs.iter().find(|l| l.leg == *leg) else { continue };
        let link = Part {
            text: movement.code.to_string(),
            href: format!("/consignments?movement={}", escaped(movement.code.as_str())),
        };
        let mode = text::word(movement.mode.as_str()).into_owned();
        panel.row(vec![
            Cell { parts: vec![link], ..Cell::default() },
            text_cell(format!("{mode}, {}, {}", movement.carrier, movement.conveyance)),
            record_cell(picture, "lanes", leg.lane.as_str()),
            text_cell(figures::moment(leg.departed_at)),
            text_cell(match leg.arrived_at {
                Some(at) => figures::moment(at),
                None => say_with("movement-expected", &[("x", figures::moment(leg.arrives_at).into())]),
            }),
        ]);
    }
    panel
}

fn handovers(picture: &Picture, shown: &Shown) -> Panel {
    let columns = [("handover", false), ("consignment-place", false), ("panel-when", false), ("handover-hash", false)];
    let mut panel = Panel::new("handovers", &columns);
    for handover in &shown.handovers {
        let href = format!("/api/v1/handovers/{}/receipt", escaped(handover.code.as_str()));
        let link = Part { text: handover.code.to_string(), href };
        panel.row(vec![
            Cell { parts: vec![link], ..Cell::default() },
            record_cell(picture, "places", handover.place.as_str()),
            text_cell(figures::moment(handover.occurred_at)),
            text_cell(handover.hash[..16.min(handover.hash.len())].to_owned()),
        ]);
    }
    panel
}

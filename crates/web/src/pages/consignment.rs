//! A consignment with all that belongs to it and all that can be done with it.

use askama::Template;
use axum::{
    extract::{Path, Query, Request, State},
    response::{IntoResponse, Redirect, Response},
};
use jiff::Timestamp;
use muster_app::{
    Error,
    storage::transfer::Consignment,
    transfer::{
        papers::{Due, UNSIGNED},
        shown::Shown,
    },
};
use muster_domain::{
    code::Code,
    consignment::{
        Condition,
        ConsignmentState::{AtNode, UnderWay},
        Milestone, Seen,
    },
    document::DocumentKind,
    gate::Shut,
    item::Tracking,
    lane::Lane,
    picture::Picture,
    policy::{self, Action, Deed},
    viewer::Viewer,
};

use super::{
    consignment_deed::{KEPT, SHEET, SIGNING, carry_out, keep, sheet_kept},
    conveyed, figures,
    given::Given,
    handling_units::{self, UnitRow},
    handovers::{self, HandoverRow},
    milestones,
    notes::Notes,
    passkeys::Passkeys,
    record::{
        cells::{self, Cell},
        list::{Parameters, said},
        panels::{Panel, need_cell, record_cell, text_cell},
    },
};
use crate::{
    Site,
    address::escaped,
    auth::Asker,
    problem,
    shell::Shell,
    text::{self, filters, say_with},
};

/// Whether somebody may move anything at all.
pub(crate) fn may_move(viewer: &Viewer) -> bool {
    policy::may(viewer, &Deed { own: true, ..Deed::of(Action::Move) }).is_ok()
}

/// Places to choose from: code and name.
pub(crate) fn places(picture: &Picture) -> Vec<(String, String)> {
    picture.places.values().map(|place| (place.code.to_string(), place.name.to_string())).collect()
}

/// Parties to choose from: code and name.
pub(crate) fn parties(picture: &Picture) -> Vec<(String, String)> {
    picture.parties.values().map(|party| (party.code.to_string(), party.name.to_string())).collect()
}

/// Lanes to choose from: code, and from where to where.
pub(crate) fn lanes(picture: &Picture) -> Vec<(String, String)> {
    let way = |lane: &Lane| (lane.code.to_string(), format!("{} → {}", lane.from.code(), lane.to.code()));
    picture.lanes.values().map(way).collect()
}

/// A cell that leads to a consignment.
pub(crate) fn code_cell(code: &Code) -> Cell {
    Cell::link(code.as_str(), format!("/consignments/{code}"))
}

/// Where a consignment is; of one that is under way, to which place it is on its way.
pub(crate) fn place_cell(picture: &Picture, head: &Consignment) -> Cell {
    let mut cell = record_cell(picture, "places", head.place.as_str());
    if head.state == UnderWay {
        for part in &mut cell.parts {
            part.text = say_with("consignment-on-the-way", &[("x", part.text.clone().into())]);
        }
    }
    cell
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
    /// Those that the viewer may have signed for later, by number.
    unsigned_milestones: Vec<(i64, String)>,
    /// The last of them that can be taken back, in words.
    last: String,
    handling_units: Vec<UnitRow>,
    movements: Panel,
    handovers: Vec<HandoverRow>,
    /// Whether custody passed and nobody signed.
    unsigned: bool,
    notes: Notes,
    variances: Panel,
    documents: Vec<Document>,
    may: May,
    kinds: Vec<&'static str>,
    conditions: Vec<&'static str>,
    /// What may be seen of a line.
    findings: Vec<&'static str>,
    /// Whether it is over since nothing of it is there any more.
    empty: bool,
    /// Whether it turned up where it was not sent.
    misrouted: bool,
    places: Vec<(String, String)>,
    lanes: Vec<(String, String)>,
    resources: Vec<(String, String)>,
    /// By which whoever looks at it may sign.
    passkeys: Passkeys,
    /// Whether it is shown without what is stated, to who counts it blind.
    blind: bool,
    /// As it is now: who does something to it names what they saw.
    version: String,
    wrong: Option<String>,
    given: Given,
}

/// A document that can be printed.
struct Document {
    kind: &'static str,
    /// Who gives what is in it, where there is one for each donor.
    donor: Option<String>,
    href: String,
    why: String,
}

impl ShowPage {
    /// Whether the form of a deed was sent and refused: then it holds what was typed, and no other form does. What is made ready may also
    /// be kept as it is, by the same form.
    fn sent(&self, deed: &str) -> bool {
        let sent = self.given.text("deed");
        sent == deed || (deed == "ready" && sent == "pack")
    }

    /// Whether somebody began to sign in the form of a deed.
    fn signs(&self, deed: &str) -> bool {
        SIGNING.iter().any(|name| !self.value(deed, name).is_empty())
    }

    /// Whether the form of a deed was sent with a sheet, and refused: a browser does not keep the file.
    fn by_sheet(&self, deed: &str) -> bool {
        self.sent(deed) && self.given.has("by_sheet", "yes")
    }

    /// Photographs and papers that were sent with a form that was refused: the field of each, and its hash. They need not be sent again.
    fn kept(&self, deed: &str) -> Vec<(&'static str, &str)> {
        let of = |name: &'static str| self.given.all(name).map(move |hash| (name, hash));
        if self.sent(deed) { KEPT.into_iter().flat_map(of).collect() } else { Vec::new() }
    }

    /// The version that was on the page when the form of a deed was filled in.
    fn seen(&self, deed: &str) -> &str {
        self.typed(deed, "version").unwrap_or(&self.version)
    }

    fn typed(&self, deed: &str, name: &str) -> Option<&str> {
        self.given.typed(name).filter(|_| self.sent(deed))
    }

    fn value(&self, deed: &str, name: &str) -> &str {
        self.typed(deed, name).unwrap_or("")
    }

    fn value_of(&self, deed: &str, word: &str, line: &LineRow) -> &str {
        self.value(deed, &format!("{word} {}", line.line))
    }

    fn chosen(&self, deed: &str, name: &str, value: &str) -> bool {
        self.sent(deed) && self.given.has(name, value)
    }

    /// What was typed of one lot of a line, by its place among them.
    fn of_lot(&self, word: &str, line: &LineRow, place: &usize) -> &str {
        let mut of = self.given.by_line(word).filter(|(number, _)| *number == line.line);
        let typed = of.nth(*place).filter(|_| self.sent(self.count()));
        typed.map_or("", |(_, text)| text)
    }

    /// How a unit was counted.
    fn counted(&self, line: &LineRow, how: &str, serial: &str) -> bool {
        self.chosen(self.count(), &format!("unit {}", line.line), &format!("{how} {serial}"))
    }

    /// What was typed for a line's condition, or what is known of it.
    fn condition<'a>(&'a self, deed: &str, line: &'a LineRow) -> &'a str {
        self.typed(deed, &format!("condition {}", line.line)).unwrap_or(line.condition)
    }

    /// What was typed for a line's serial numbers or lots, or what is known of them.
    fn units<'a>(&'a self, deed: &str, line: &'a LineRow) -> &'a str {
        self.typed(deed, &format!("units {}", line.line)).unwrap_or(&line.typed)
    }

    /// The deed of the count's form.
    fn count(&self) -> &'static str {
        if self.may.arrive { "arrive" } else { "receive" }
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
    /// Its lots, each once.
    lots: Vec<String>,
}

impl LineRow {
    /// Whether each of its lots is counted by itself.
    fn by_lot(&self) -> bool {
        self.lots.len() > 1
    }
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
    stock: bool,
    redirect: bool,
    cancel: bool,
    take_back: bool,
    sign: bool,
    split: bool,
    value: bool,
    overrides: bool,
}

impl May {
    /// The same as the use cases ask: who sends decides where it goes, who keeps the place counts and sends on, whose it will be takes it.
    fn of(
        viewer: &Viewer,
        Shown { head, into_stock, holder, keeper, gives, takes_over, sends_on, last, unsigned, .. }: &Shown,
    ) -> Self {
        let moves = |parties: &[&Code]| {
            let own = parties.iter().any(|party| viewer.owns(party));
            policy::may(viewer, &Deed { own, ..Deed::of(Action::Move) }).is_ok()
        };
        let (state, from, to) = (head.state, &head.consignor, &head.consignee);
        let (here, stands) = (keeper.as_ref().unwrap_or(from), state.is_open() && state != UnderWay);
        let overrides = policy::may(viewer, &Deed::of(Action::Override)).is_ok();
        Self {
            pack: stands && moves(&[from, to]),
            ready: state.allows(Milestone::Readied) && moves(&[from]),
            depart: state.allows(Milestone::Departed) && !head.is_at_end() && moves(&[holder]),
            arrive: state.allows(Milestone::ArrivedAtNode) && *takes_over,
            inspect: state.allows(Milestone::Inspected) && moves(&[from, to, here]),
            title: state.allows(Milestone::TitleTransferred) && *gives,
            receive: state.allows(Milestone::ReceivedByUnit) && head.has_come() && !into_stock && *takes_over,
            stock: *into_stock && moves(&[to]),
            redirect: state == AtNode && *sends_on,
            cancel: state.may_be_cancelled() && moves(&[from]),
            take_back: match last {
                // What was signed for only who may open gates takes back.
                Some((_, signed)) => !signed || overrides,
                None => false,
            },
            sign: !unsigned.is_empty() && moves(&[from, to, here]),
            split: stands && moves(&[from]),
            value: state.is_open() && moves(&[from]),
            overrides,
        }
    }

    /// Whether there is anything to be done beside what comes next.
    fn more(&self) -> bool {
        self.pack || self.inspect || self.title || self.redirect || self.value || self.take_back || self.sign
    }
}

pub(crate) async fn show(
    State(site): State<Site>,
    asker: Asker,
    Path(code): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Response {
    let mut given = Given::default();
    if said(&parameters, "blind").is_some() {
        given.and("blind", "yes".to_owned());
    }
    super::record::show::answer(show_page(&site, &asker, &code, None, given).await, &parameters, |page| &mut page.shell)
}

/// Does something with a consignment.
pub(crate) async fn deed(
    State(site): State<Site>,
    asker: Asker,
    Path(code): Path<String>,
    request: Request,
) -> Response {
    let (mut given, files) = match Given::sent(request).await {
        Ok(sent) => sent,
        Err(kind) => return problem::page(kind, None),
    };
    let done = async {
        // Who does not see it is told so before anything of the form is looked at.
        site.app.consignment_shown(&asker.viewer, &code).await?;
        let (sheets, files): (Vec<_>, Vec<_>) = files.into_iter().partition(|part| part.name == SHEET);
        keep(&site, &asker, &code, &mut given, files).await?;
        sheet_kept(&mut given, !sheets.is_empty())?;
        carry_out(&site, &asker, &code, &given, sheets.first()).await
    };
    match done.await {
        Ok(place) => Redirect::to(&place).into_response(),
        Err(error) => {
            // What changed meanwhile stands on the page that is shown now; for any other mistake nothing was looked at again.
            if matches!(error, Error::Changed | Error::Storage(_)) {
                given.without("version");
            }
            problem::again(&error, |wrong| show_page(&site, &asker, &code, Some(wrong), given)).await
        }
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
    let may = May::of(viewer, &shown);
    let gates = if may.ready || may.depart { site.app.gates(code, &asker.actor("")).await? } else { Vec::new() };
    let gate = |shut: Shut| GateRow {
        gate: shut.gate.as_str(),
        line: shut.line,
        why: text::words(&shut.why),
        blocks: shut.gate.blocks(),
        may_be_overridden: shut.gate.may_be_overridden() && may.overrides,
    };
    let state = shown.head.state.as_str();
    let documents = site.app.documents_of(&shown).await?;
    let said = site.app.notes_of(&shown).await?;
    let kinds_kept = site.app.kinds_kept(&shown.handovers, &said).await?;
    let notes = Notes::of(viewer, &shown, said, &kinds_kept);
    let signs = may.depart || may.arrive || may.receive;
    let keys = if signs { site.app.signing_keys(&viewer.name, &asker.actor("")).await? } else { Vec::new() };
    let lanes = if may.redirect { lanes(&picture) } else { Vec::new() };
    // What came on no manifest may be named where something is counted.
    let resources = if may.arrive || may.receive { super::variance::resources(&picture) } else { Vec::new() };
    let blind = given.has("blind", "yes") && (may.arrive || may.receive);
    Ok(ShowPage {
        blind,
        version: shown.head.version.to_string(),
        documents: documents.iter().flat_map(|one| printed(&picture, code, one)).collect(),
        shell: Shell::new(asker, &picture, "nav-consignments", shown.head.code.as_str()),
        code: shown.head.code.to_string(),
        state,
        tag: cells::tag(state),
        facts: facts(&picture, &shown),
        gates: gates.into_iter().map(gate).collect(),
        lines: shown.lines.iter().map(|line| line_row(&picture, &shown, line)).collect(),
        milestones: milestones::panel(&picture, &shown),
        unsigned_milestones: if may.sign { milestones::unsigned(&picture, &shown) } else { Vec::new() },
        last: shown.last.map_or_else(String::new, |(kind, _)| text::word(kind.as_str()).into_owned()),
        handling_units: handling_units::rows(&shown),
        movements: movements(&picture, &shown, site.app.now()),
        handovers: handovers::rows(&picture, &shown, &kinds_kept),
        unsigned: !shown.unsigned.is_empty(),
        notes,
        variances: super::variance::panel(&picture, &shown.variances, site.app.now()),
        may,
        kinds: muster_domain::consignment::HandlingUnitKind::ALL.iter().map(|kind| kind.as_str()).collect(),
        conditions: Condition::ALL.iter().map(|condition| condition.as_str()).collect(),
        findings: Seen::ALL.iter().map(|seen| seen.as_str()).collect(),
        empty: shown.is_empty(),
        misrouted: shown.head.sent_to.is_some(),
        places: places(&picture),
        lanes,
        resources,
        passkeys: Passkeys::of(&keys),
        wrong,
        given,
    })
}

/// What can be printed of a document that is due: one, or one for each donor.
fn printed(picture: &Picture, code: &str, due: &Due) -> Vec<Document> {
    let kind = due.needed.kind.as_str();
    // Receipts of what was signed stand with the handovers; here is the form for the next one.
    let form =
        if due.needed.kind == DocumentKind::HandoverReceipt { format!("?handover={UNSIGNED}") } else { String::new() };
    let href = format!("/api/v1/consignments/{}/documents/{kind}{form}", escaped(code));
    let of = |donor: Option<&Code>| Document {
        kind,
        donor: donor
            .map(|donor| cells::name_of(picture, "parties", donor.as_str()).unwrap_or_else(|| donor.to_string())),
        href: donor.map_or_else(|| href.clone(), |donor| format!("{href}?donor={}", escaped(donor.as_str()))),
        why: text::words(&due.needed.why),
    };
    match due.donors.as_slice() {
        [] | [_] => vec![of(None)],
        donors => donors.iter().map(|donor| of(Some(donor))).collect(),
    }
}

fn facts(picture: &Picture, shown: &Shown) -> Vec<(String, Cell)> {
    let head = &shown.head;
    let moment = |at: Option<Timestamp>| text_cell(at.map_or_else(String::new, figures::moment));
    let sent_to = head.sent_to.as_ref().map(|place| record_cell(picture, "places", place.as_str()));
    let mut route = Cell::default();
    for lane in &head.route {
        route.parts.extend(record_cell(picture, "lanes", lane.as_str()).parts);
    }
    cells::facts([
        ("consignment-place", place_cell(picture, head)),
        ("consignment-sent-to", sent_to.unwrap_or_default()),
        ("consignment-consignor", record_cell(picture, "parties", head.consignor.as_str())),
        ("consignment-for", record_cell(picture, "parties", head.consignee.as_str())),
        ("consignment-origin", record_cell(picture, "places", head.origin.as_str())),
        ("consignment-destination", record_cell(picture, "places", head.destination.as_str())),
        ("consignment-route", route),
        ("consignment-departs", moment(head.departs_at)),
        ("consignment-arrives", moment(head.arrives_at)),
        ("consignment-made-from", head.made_from.as_ref().map(code_cell).unwrap_or_default()),
        ("consignment-remark", text_cell(head.remark.clone())),
    ])
}

fn line_row(picture: &Picture, shown: &Shown, line: &muster_app::storage::transfer::Line) -> LineRow {
    let of_line = || shown.units.iter().filter(|unit| unit.line == line.line);
    // Whoever counts a line must know what it is, even if they do not see the catalogue.
    let (item, tracking) = match shown.items.get(&line.resource) {
        Some((item, tracking)) => (item.as_str(), *tracking),
        None => ("", Tracking::Quantity),
    };
    let name = |unit: &muster_app::storage::transfer::Unit| match tracking {
        Tracking::Lot => format!("{} × {}", unit.quantity, unit.lot),
        _ => unit.serial.clone(),
    };
    let typed = |unit: &muster_app::storage::transfer::Unit| match tracking {
        Tracking::Lot => format!("{} {}", unit.lot, unit.quantity),
        _ => unit.serial.clone(),
    };
    let tracked = tracking != Tracking::Quantity;
    let mut lots: Vec<String> = of_line().map(|unit| unit.lot.clone()).filter(|lot| !lot.is_empty()).collect();
    lots.sort_unstable();
    lots.dedup();
    LineRow {
        lots: if tracking == Tracking::Lot { lots } else { Vec::new() },
        line: line.line,
        what: if picture.has("resources", line.resource.as_str()) {
            record_cell(picture, "resources", line.resource.as_str())
        } else {
            text_cell(format!("{} {item}", line.resource).trim_end())
        },
        offer: line.offer.as_ref().map(|o| record_cell(picture, "offers", o.as_str())).unwrap_or_default(),
        need: line.need.as_ref().map(|need| need_cell(picture, need.as_str())).unwrap_or_default(),
        quantity: line.quantity,
        present: line.present,
        condition: line.condition.map_or("", |condition| condition.as_str()),
        worth: line.worth.as_ref().map_or_else(String::new, |worth| {
            format!(
                "{} ({}, {})",
                figures::money(worth.currency.code(), worth.currency.places(), worth.of(line.present)),
                worth.method,
                worth.date
            )
        }),
        tracking,
        names: if tracked { of_line().map(name).collect() } else { Vec::new() },
        typed: if tracked { of_line().map(typed).collect::<Vec<_>>().join("\n") } else { String::new() },
    }
}

fn movements(picture: &Picture, shown: &Shown, now: Timestamp) -> Panel {
    let columns = [
        ("movement", false),
        ("movement-conveyance", false),
        ("movement-lane", false),
        ("movement-departed", false),
        ("movement-arrived", false),
    ];
    let mut panel = Panel::new("movements", &columns);
    for (movement, leg) in shown.movements.iter().map(|ride| (&ride.movement, &ride.leg)) {
        panel.row(vec![
            conveyed::code_cell(movement),
            text_cell(conveyed::conveyance(movement)),
            record_cell(picture, "lanes", leg.lane.as_str()),
            text_cell(figures::moment(leg.departed_at)),
            text_cell(conveyed::arrival(leg, now)),
        ]);
    }
    panel
}

//! A work order: how far it is, what it waits for, what people say, and what the viewer may do next.

use askama::Template;
use axum::{
    extract::{Multipart, Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use jiff::Timestamp;
use muster_app::{
    Error,
    repair::{Shown, ending::Recovered, may_repair, parts::StandIn, request::Triage, shop::Release},
    storage::repair::WorkOrder,
};
use muster_domain::{
    code::Code,
    field::Field as _,
    message,
    party::{Party, PartyKind},
    picture::Picture,
    policy::{self, Action, Deed},
    repair::{BlockingReason, Echelon, WorkOrderState, clocks},
    viewer::Viewer,
};

use super::{
    consignment::code_cell,
    deed::{DeedForm, Input, input, must, words},
    evidence, figures,
    given::Given,
    quote,
    record::{
        cells::{self, Cell},
        list::Parameters,
        panels::{Panel, need_cell, number_cell, record_cell, state_cell, text_cell},
        show::answer,
    },
    repair::{address, span},
};
use crate::{
    Site,
    address::escaped,
    auth::Asker,
    problem,
    shell::Shell,
    text::{self, filters, say},
};

#[derive(Template)]
#[template(path = "work_order.html")]
struct ShowPage {
    shell: Shell,
    code: String,
    address: String,
    name: String,
    state: &'static str,
    tag: &'static str,
    blocked: Vec<String>,
    facts: Vec<(String, Cell)>,
    /// What may be done next; the first is what usually follows.
    forms: Vec<DeedForm>,
    parts: Panel,
    quotes: Panel,
    steps: Panel,
    blocks: Panel,
    notes: Vec<Note>,
    may_say: bool,
    wrong: Option<String>,
    given: Given,
}

/// Something that was said.
struct Note {
    number: i64,
    answers: Option<i64>,
    head: String,
    text: String,
    attachment: String,
}

pub(crate) async fn show(
    State(site): State<Site>,
    asker: Asker,
    Path(code): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Response {
    answer(page(&site, &asker, &code, None, Given::default()).await, &parameters, |page| &mut page.shell)
}

/// Does one thing with it.
pub(crate) async fn deed(
    State(site): State<Site>,
    asker: Asker,
    Path(code): Path<String>,
    body: Multipart,
) -> Response {
    let (mut given, file) = match Given::with_file(body, "file").await {
        Ok(given) => given,
        Err(kind) => return problem::page(kind, None),
    };
    let done = async {
        evidence::keep(&site, &asker, &mut given, file).await?;
        carry_out(&site, &asker, &code, &given).await
    };
    match done.await {
        Ok(()) => Redirect::to(&format!("{}?said=saved", address(&code))).into_response(),
        Err(error) => problem::again(&error, |wrong| page(&site, &asker, &code, Some(wrong), given)).await,
    }
}

async fn carry_out(site: &Site, asker: &Asker, code: &str, given: &Given) -> Result<(), Error> {
    let (app, actor) = (&site.app, asker.form(given.reason(), given)?);
    let wrong = |right| Error::Invalid(message!("must-be", right));
    let kept = evidence::kept(given);
    let text = |name| given.text(name);
    let because = || BlockingReason::parse(text("because")).map_err(wrong);
    match text("deed") {
        "triage" => {
            let echelon = Echelon::parse(text("echelon")).map_err(wrong)?;
            let some = |name| Some(text(name)).filter(|text| !text.is_empty());
            let (facility, contractor, remark) = (some("facility"), some("contractor"), text("remark"));
            app.work_order_triage(code, &Triage { echelon, facility, contractor, remark }, &actor).await
        }
        "evacuate" => {
            let route: Vec<String> = text("route").split_whitespace().map(str::to_owned).collect();
            app.work_order_evacuate(code, &route, &actor).await.map(drop)
        }
        "induct" => app.work_order_induct(code, given.moment("at")?, &actor).await,
        "diagnose" => {
            let parts = units(text("parts"))?;
            let parts = match given.has("no_parts", "yes") {
                true => Some(Vec::new()),
                false => (!parts.is_empty()).then_some(parts),
            };
            app.work_order_diagnose(code, (text("fault"), parts.as_deref()), &actor).await
        }
        "fetch" => app.work_order_fetch(code, &actor).await,
        "start" => app.work_order_start(code, given.moment("at")?, &actor).await,
        "pass" | "fail" => {
            let found = (text("deed") == "pass", text("remark"), kept.as_str());
            app.work_order_test(code, found, &actor).await
        }
        "release" => {
            let days = given.number("warranty_days")?.unwrap_or(0);
            let warranty_days = u32::try_from(days).unwrap_or(u32::MAX);
            let (tester, pin, remark) = (text("tester"), text("pin"), text("remark"));
            app.work_order_release(code, &Release { tester, pin, remark, warranty_days }, &actor).await
        }
        "return" => app.work_order_return(code, given.moment("at")?, &actor).await,
        "write-off" => app.work_order_write_off(code, (text("remark"), &kept), &actor).await,
        "cannibalise" => {
            let recovered = units(text("parts"))?.into_iter();
            let recovered =
                recovered.map(|(resource, quantity)| Recovered { resource, quantity, serial: String::new() });
            let recovered: Vec<Recovered> = recovered.collect();
            app.work_order_cannibalise(code, (text("remark"), &kept), &recovered, &actor).await
        }
        "cancel" => app.work_order_cancel(code, text("remark"), &actor).await,
        "block" => app.work_order_block(code, (because()?, text("turn_of"), text("remark")), &actor).await,
        "unblock" => app.work_order_unblock(code, because()?, &actor).await,
        "say" => {
            let answers = given.number("answers")?;
            app.work_order_say(code, (text("text"), answers, &kept), &actor).await
        }
        "substitute" => {
            let of = text("stand_in").split_once(' ').unwrap_or((text("stand_in"), ""));
            let units = given.number("quantity")?.unwrap_or_default();
            app.work_order_substitute(code, (of.0, of.1, units), &actor).await
        }
        _ => quote::carry_out(site, code, given, &kept, &actor).await,
    }
}

/// Units and resources, each on a line of its own.
fn units(text: &str) -> Result<Vec<(String, i64)>, Error> {
    let line = |line: &str| {
        let (units, resource) = line.split_once(char::is_whitespace)?;
        Some((resource.trim().to_owned(), units.parse().ok()?))
    };
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let all: Option<Vec<(String, i64)>> = lines.map(line).collect();
    all.ok_or_else(|| Error::Invalid(message!("units-by-line")))
}

async fn page(site: &Site, asker: &Asker, code: &str, wrong: Option<String>, given: Given) -> Result<ShowPage, Error> {
    let viewer = &asker.viewer;
    let picture = site.app.picture(viewer).await?;
    let shown = site.app.work_order(viewer, code).await?;
    let route = site.app.work_order_way(viewer, &shown.order).await?;
    let stand_ins = site.app.work_order_stand_ins(viewer, &shown).await?;
    let order = &shown.order;
    let name = cells::name_of(&picture, "resources", order.resource.as_str());
    let name = name.unwrap_or_else(|| order.resource.to_string());
    let blocked = shown.blocked().map(|block| {
        let reason = text::word(block.reason.as_str());
        text::say_with(
            "repair-blocked-by",
            &[("reason", reason.into_owned().into()), ("turn", block.turn_of.as_str().into())],
        )
    });
    Ok(ShowPage {
        shell: Shell::new(asker, &picture, "nav-repair", code),
        code: code.to_owned(),
        address: address(code),
        name: format!("{name} {}", order.serial).trim().to_owned(),
        state: order.state.as_str(),
        tag: cells::tag(order.state.as_str()),
        blocked: blocked.collect(),
        facts: facts(&picture, order),
        forms: forms(viewer, &picture, &shown, &route, &stand_ins),
        parts: parts(&picture, &shown),
        quotes: quote::of_order(&picture, code, &shown.quotes),
        steps: steps(code, &shown, site.app.now()),
        blocks: blocks(&shown),
        notes: notes(code, &shown),
        may_say: Rights::of(viewer, order).may_say,
        wrong,
        given,
    })
}

fn facts(picture: &Picture, order: &WorkOrder) -> Vec<(String, Cell)> {
    let maybe = |sheet: &str, code: &Option<Code>| {
        code.as_ref().map(|code| record_cell(picture, sheet, code.as_str())).unwrap_or_default()
    };
    let serial = match order.serial.is_empty() {
        true => number_cell(order.quantity),
        false => Cell::link(order.serial.clone(), format!("/search?q={}", escaped(&order.serial))),
    };
    let echelon = order.echelon.map_or_else(String::new, |echelon| text::word(echelon.as_str()).into_owned());
    cells::facts([
        ("variance-what", record_cell(picture, "resources", order.resource.as_str())),
        (if order.serial.is_empty() { "panel-quantity" } else { "end-use-serial" }, serial),
        ("repair-symptom", text_cell(order.symptom.clone())),
        ("repair-urgency", text_cell(text::word(order.urgency.as_str()).into_owned())),
        ("repair-unit", record_cell(picture, "parties", order.holder.as_str())),
        ("repair-broke-at", record_cell(picture, "places", order.place.as_str())),
        ("repair-echelon", text_cell(echelon)),
        ("repair-facility", maybe("places", &order.facility)),
        ("repair-operator", maybe("parties", &order.operator)),
        ("repair-contractor", maybe("parties", &order.contractor)),
        ("consignment", order.consignment.as_ref().map(code_cell).unwrap_or_default()),
        ("repair-fault", text_cell(order.fault.clone())),
        ("repair-warranty-of", order.under_warranty_of.as_ref().map(order_cell).unwrap_or_default()),
        ("repair-warranty", text_cell(order.warranty_until.map_or_else(String::new, figures::day))),
    ])
}

/// What the viewer may do with an order.
struct Rights {
    may_repair: bool,
    may_triage: bool,
    may_move: bool,
    may_report: bool,
    may_say: bool,
}

impl Rights {
    fn of(viewer: &Viewer, order: &WorkOrder) -> Self {
        let may = |action, party: Option<&Code>| {
            let own = party.is_some_and(|party| viewer.owns(party));
            policy::may(viewer, &Deed { own, ..Deed::of(action) }).is_ok()
        };
        let (may_repair, may_triage) = (may_repair(viewer, order), may(Action::Triage, None));
        let (may_move, may_report) = (may(Action::Move, Some(&order.holder)), may(Action::Report, Some(&order.holder)));
        Self { may_repair, may_triage, may_move, may_report, may_say: may_repair || may_triage || may_report }
    }
}

fn forms(viewer: &Viewer, picture: &Picture, shown: &Shown, route: &[Code], stand_ins: &[StandIn]) -> Vec<DeedForm> {
    use WorkOrderState as S;
    let order = &shown.order;
    let rights = Rights::of(viewer, order);
    let mut forms: Vec<DeedForm> = Vec::new();
    let mut add = |may: bool, deed, asks, fields| {
        if may {
            let title = say(&format!("repair-do-{deed}")).into_owned();
            forms.push(DeedForm { deed, title, fields, asks });
        }
    };
    let at = || input("at", "end-use-at", "datetime-local");
    let remark = || input("remark", "consignment-remark", "text");
    let why = || must("remark", "reason", "text");
    let paper = || input("file", "repair-paper", "file");
    let state = order.state;
    let (repair, triage) = (rights.may_repair, rights.may_triage);
    let echelon = Input {
        choices: words(Echelon::ALL.iter().map(|word| word.as_str())),
        ..must("echelon", "repair-echelon", "choice")
    };
    let can = picture.processes.values().filter(|process| process.input.code() == &order.resource);
    let mut places: Vec<&Code> = can.map(|process| process.place.code()).collect();
    places.sort();
    places.dedup();
    let place = |code: &&Code| {
        let name = cells::name_of(picture, "places", code.as_str()).unwrap_or_default();
        (code.to_string(), format!("{code} {name}"))
    };
    let facility = Input {
        choices: [vec![(String::new(), String::new())], places.iter().map(place).collect()].concat(),
        ..input("facility", "repair-facility", "choice")
    };
    let teams =
        picture.parties.values().filter(|party| matches!(party.kind, PartyKind::Operator | PartyKind::Supplier));
    let team = |party: &Party| (party.code.to_string(), format!("{} {}", party.code, party.name));
    let contractor = Input {
        choices: [vec![(String::new(), String::new())], teams.map(team).collect()].concat(),
        ..input("contractor", "repair-contractor-on-site", "choice")
    };
    let under_way = order.consignment.is_some();
    let to_be_decided = matches!(state, S::Requested | S::Triaged) && !under_way;
    let to_be_brought = state == S::Triaged && order.facility.is_some() && !under_way;
    let value = route.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let lanes = Input { value, ..must("route", "repair-route", "text") };
    add(rights.may_move && to_be_brought, "evacuate", false, vec![lanes]);
    add(repair && state == S::Triaged, "induct", false, vec![at()]);
    add(triage && to_be_decided, "triage", false, vec![echelon, facility, contractor, remark()]);
    add(repair && state == S::WaitingForParts, "fetch", false, vec![]);
    let stand_in = |of: &StandIn| {
        let words = [
            ("part", of.part.as_str().into()),
            ("substitute", of.substitute.as_str().into()),
            ("n", of.units.into()),
            ("share", figures::percent(of.utility.as_f64()).into()),
        ];
        (format!("{} {}", of.part, of.substitute), text::say_with("repair-stand-in-of", &words))
    };
    let choices: Vec<(String, String)> = stand_ins.iter().map(stand_in).collect();
    let value = choices.first().map_or_else(String::new, |(word, _)| word.clone());
    let stand_in = Input { value, choices, ..must("stand_in", "repair-stand-in", "choice") };
    let most = stand_ins.first().map_or_else(String::new, |of| of.units.to_string());
    let units = Input { value: most, ..must("quantity", "panel-quantity", "number") };
    add(!stand_ins.is_empty(), "substitute", false, vec![stand_in, units]);
    let diagnosed = matches!(state, S::Inducted | S::Diagnosed | S::WaitingForParts | S::InRepair);
    add(repair && state == S::Diagnosed, "start", false, vec![at()]);
    add(repair && state == S::InRepair, "pass", false, vec![remark(), paper()]);
    add(repair && matches!(state, S::InRepair | S::Tested), "fail", false, vec![why(), paper()]);
    let tester = Input { value: viewer.name.clone(), ..must("tester", "repair-tester", "text") };
    let pin = must("pin", "repair-pin", "password");
    let mut signed = vec![tester, pin, remark()];
    if !order.serial.is_empty() {
        signed.push(input("warranty_days", "repair-warranty-days", "number"));
    }
    add(repair && state == S::Tested, "release", true, signed);
    let fault = Input { value: order.fault.clone(), ..must("fault", "repair-fault", "text") };
    let known = shown.parts.iter().map(|(part, _)| format!("{} {}", part.wanted, part.resource));
    let known =
        Input { value: known.collect::<Vec<_>>().join("\n"), ..input("parts", "repair-parts-by-line", "lines") };
    let none = input("no_parts", "repair-no-parts", "check");
    add(repair && diagnosed, "diagnose", false, vec![fault, known, none]);
    add(rights.may_move && state == S::Released, "return", false, vec![at()]);
    let reasons = |open: bool| -> Vec<(String, String)> {
        let is_open = |reason: &&BlockingReason| shown.blocked().any(|block| block.reason == **reason) == open;
        words(BlockingReason::ALL.iter().filter(is_open).map(|reason| reason.as_str()))
    };
    let may_block = (repair || triage) && state.is_open();
    let because = Input { choices: reasons(true), ..must("because", "repair-because", "choice") };
    add(may_block && !because.choices.is_empty(), "unblock", false, vec![because]);
    let because = Input { choices: reasons(false), ..must("because", "repair-because", "choice") };
    add(may_block, "block", false, vec![because, must("turn_of", "repair-turn-of", "text"), remark()]);
    let ends = triage && state.allows(S::BeyondEconomicRepair);
    let recovered = must("parts", "repair-recovered-by-line", "lines");
    add(ends, "write-off", true, vec![why(), paper()]);
    add(ends, "cannibalise", true, vec![why(), recovered, paper()]);
    add((rights.may_report || triage) && to_be_decided, "cancel", true, vec![why()]);
    // A price that waits to be decided stands first, since the order waits for it.
    let (decisions, others) = quote::forms(viewer, picture, shown, repair || triage);
    [decisions, forms, others].concat()
}

/// A cell that names an order and leads to it.
pub(super) fn order_cell(code: &Code) -> Cell {
    Cell::link(code.to_string(), address(code.as_str()))
}

fn parts(picture: &Picture, shown: &Shown) -> Panel {
    let columns =
        [("repair-part", false), ("repair-wanted", true), ("repair-issued", true), ("repair-requirements", false)];
    let mut panel = Panel::new("repair-parts", &columns);
    for (part, issued) in &shown.parts {
        let raised = part.requirement.as_ref().map(|code| need_cell(picture, code.as_str()));
        let instead = part
            .instead_of
            .as_ref()
            .map(|of| text_cell(text::say_with("repair-instead-of", &[("part", of.as_str().into())])));
        let raised = raised.or(instead).unwrap_or_default();
        let over = shown.order.state >= WorkOrderState::Released;
        panel.row(vec![
            record_cell(picture, "resources", part.resource.as_str()),
            number_cell(part.wanted),
            if over { text_cell(say("repair-used-up")) } else { number_cell(*issued) },
            raised,
        ]);
    }
    panel
}

pub(super) fn attachment(code: &str, hash: &str) -> String {
    format!("/api/v1/work-orders/{}/attachments/{}", escaped(code), escaped(hash))
}

fn steps(code: &str, shown: &Shown, now: Timestamp) -> Panel {
    let columns = [
        ("panel-when", false),
        ("consignment-state", false),
        ("repair-clock", false),
        ("repair-who", false),
        ("repair-signed-by", false),
        ("consignment-remark", false),
        ("repair-paper", false),
    ];
    let mut panel = Panel::new("repair-steps", &columns);
    let states: Vec<(WorkOrderState, Timestamp)> =
        shown.steps.iter().map(|step| (step.state, step.occurred_at)).collect();
    let mut clocks = clocks(&states, now).into_iter();
    for step in &shown.steps {
        let clock = if step.state.is_over() { None } else { clocks.next() };
        panel.row(vec![
            text_cell(figures::moment(step.occurred_at)),
            state_cell(step.state.as_str()),
            text_cell(clock.map_or_else(String::new, |(_, time)| span(time))),
            text_cell(step.actor.clone()),
            text_cell(step.signed_by.clone()),
            text_cell(step.remark.clone()),
            match step.evidence.is_empty() {
                true => Cell::default(),
                false => Cell::link(say("end-use-evidence-of"), attachment(code, &step.evidence)),
            },
        ]);
    }
    panel
}

fn blocks(shown: &Shown) -> Panel {
    let columns = [
        ("repair-because", false),
        ("repair-turn-of", false),
        ("repair-since", false),
        ("repair-until", false),
        ("consignment-remark", false),
    ];
    let mut panel = Panel::new("repair-blocks", &columns);
    for block in &shown.blocks {
        panel.row(vec![
            text_cell(text::word(block.reason.as_str()).into_owned()),
            text_cell(block.turn_of.clone()),
            text_cell(figures::moment(block.since)),
            text_cell(block.until.map_or_else(|| say("repair-still").into_owned(), figures::moment)),
            text_cell(block.remark.clone()),
        ]);
    }
    panel
}

fn notes(code: &str, shown: &Shown) -> Vec<Note> {
    let note = |said: &muster_app::storage::repair::Said| Note {
        number: said.number,
        answers: said.answers,
        head: format!("{} · {}", said.actor, figures::moment(said.said_at)),
        text: said.text.clone(),
        attachment: match said.attachment.is_empty() {
            true => String::new(),
            false => attachment(code, &said.attachment),
        },
    };
    shown.said.iter().map(note).collect()
}

//! End-use monitoring: which units in service are to be checked, what was found of each, who else may have it, and how it ended.

use askama::Template;
use axum::{
    extract::{Multipart, Path, Query, Request, State},
    response::{IntoResponse, Redirect, Response},
};
use jiff::civil::Date;
use muster_app::{
    App, Error, end_of,
    storage::{
        ledger::read::AsOf as Dates,
        transfer::{
            Inspection, ThirdPartyTransfer, disposal::DisposalFilter, inspection::Among, loss::LossFilter,
            third_party::Filter,
        },
    },
    transfer::{
        disposal::NewDisposal,
        end_use::{DueFilter, DueList, Found, RuleName},
        sheet::faulty,
        third_party::NewThirdPartyTransfer,
    },
};
use muster_domain::{
    code::Code,
    end_use::Grade,
    field::Field,
    ledger::account::AccountPurpose,
    message,
    picture::Picture,
    policy::{self, Action, Deed},
};

use super::{
    consignment::{parties, places},
    consignment_deed::SHEET,
    disposal, evidence, figures,
    given::Given,
    listed, loss,
    record::{
        cells::{Cell, facts},
        list::{Parameters, kept, said},
        panels::{Panel, record_cell, text_cell},
        show::{answer, just_done},
    },
    returning, third_party, unit,
};
use crate::{
    Site,
    address::escaped,
    auth::Asker,
    cursor, problem,
    shell::{AsOf, Shell, html},
    text::{self, filters, say, say_with},
};

/// Units and third-party transfers on a page.
const MOST: usize = 200;

#[derive(Template)]
#[template(path = "end_use.html")]
struct ListPage {
    shell: Shell,
    panel: Panel,
    told: String,
    overdue: bool,
    holder: String,
    place: String,
    nation: String,
    until: String,
    places: Vec<(String, String)>,
    parties: Vec<(String, String)>,
    may_return: bool,
    missing: Panel,
    transfers: Panel,
    /// Where the same list is as a sheet of checks, to be filled in.
    sheets: Vec<(&'static str, String)>,
    /// Whether the viewer checks anything.
    may_check: bool,
    wrong: Option<String>,
}

/// Where a unit's page is.
pub(crate) fn unit_address(resource: &str, serial: &str) -> String {
    format!("/end-use/{}/{}", escaped(resource), escaped(serial))
}

/// Units whose check is overdue, as many as on a page.
pub(crate) fn overdue() -> DueFilter {
    DueFilter { overdue: true, limit: MOST, ..DueFilter::default() }
}

/// A table of units that are to be checked; what is told of all; and where the list goes on.
pub(crate) async fn due(
    site: &Site,
    asker: &Asker,
    picture: &Picture,
    as_of: Dates,
    filter: &DueFilter,
) -> Result<(Panel, String, Option<String>), Error> {
    let overdue = filter.overdue;
    let found = site.app.end_use(&asker.viewer, as_of, filter).await?;
    let columns = [
        ("variance-what", false),
        ("end-use-serial", false),
        ("variance-holder", false),
        ("end-use-received", false),
        ("end-use-checked", false),
        ("variance-due", false),
        ("end-use-rule", false),
    ];
    let mut panel = Panel::new(if overdue { "end-use" } else { "end-use-all" }, &columns);
    for due in &found.due {
        let unit = &due.unit;
        let at = figures::moment(due.due_at);
        panel.row(vec![
            record_cell(picture, "resources", unit.account.resource.as_str()),
            Cell::link(unit.serial.clone(), unit_address(unit.account.resource.as_str(), &unit.serial)),
            record_cell(picture, "parties", unit.account.holder.as_str()),
            text_cell(figures::moment(unit.received_at)),
            text_cell(unit.checked_at.map_or_else(|| say("end-use-never").into_owned(), figures::moment)),
            text_cell(if due.overdue && !overdue { format!("{at} ({})", say("late")) } else { at }),
            rules(picture, &due.rules),
        ]);
    }
    Ok((panel, told(&found), found.next.as_ref().map(cursor::write)))
}

fn told(found: &DueList) -> String {
    let counts = [
        ("watched", figures::whole(found.watched as i64).into()),
        ("overdue", figures::whole(found.overdue as i64).into()),
    ];
    say_with("end-use-told", &counts)
}

pub(crate) async fn list(State(site): State<Site>, asker: Asker, Query(parameters): Query<Parameters>) -> Response {
    if !asker.viewer.is_known() {
        return problem::page(problem::Kind::NotFound, None);
    }
    match list_page(&site, &asker, &parameters, None).await {
        Ok(page) => html(&page),
        Err(error) => problem::of(&error),
    }
}

/// Records the checks of a sheet, all or none.
pub(crate) async fn record(State(site): State<Site>, asker: Asker, request: Request) -> Response {
    if !asker.viewer.is_known() {
        return problem::page(problem::Kind::NotFound, None);
    }
    let (given, files) = match Given::sent(request).await {
        Ok(sent) => sent,
        Err(kind) => return problem::page(kind, None),
    };
    let done = async {
        let sheet = files.iter().find(|part| part.name == SHEET);
        let sheet = sheet.ok_or_else(|| Error::Invalid(message!("checks-none")))?;
        let actor = asker.form(given.reason(), &given)?;
        let done = site.app.inspect_all(sheet.file_name(), &sheet.bytes, &actor).await?;
        if done.issues.is_empty() { Ok(()) } else { Err(faulty(&done.issues)) }
    };
    match done.await {
        Ok(()) => Redirect::to("/end-use?said=saved").into_response(),
        Err(error) => {
            let none = Parameters::new();
            problem::again(&error, |wrong| list_page(&site, &asker, &none, Some(wrong))).await
        }
    }
}

/// As of when, and which units are asked for.
pub(crate) fn filter(parameters: &Parameters) -> (Dates, DueFilter) {
    let day = |name: &str| parameters.get(name).and_then(|day| day.parse::<Date>().ok());
    let text = |name: &str| said(parameters, name);
    let among = Among { holder: text("holder"), place: text("place"), nation: text("nation") };
    let (overdue, before) = (text("overdue").is_some(), day("until").map(end_of));
    let filter = DueFilter { overdue, before, among, ..DueFilter::default() };
    (App::as_of(day("as_of"), day("known")), filter)
}

async fn list_page(
    site: &Site,
    asker: &Asker,
    parameters: &Parameters,
    wrong: Option<String>,
) -> Result<ListPage, Error> {
    let picture = site.app.picture(&asker.viewer).await?;
    let day = |name: &str| parameters.get(name).and_then(|day| day.parse::<Date>().ok());
    let (date, known) = (day("as_of"), day("known"));
    let text = |name: &str| said(parameters, name);
    let kept = kept(parameters, &["as_of", "known", "overdue", "holder", "place", "nation", "until"]);
    let on = |name: &str, cursor: String| (format!("/end-use?{kept}{name}={cursor}"), say("list-more").into_owned());
    let after = text("cursor").and_then(|cursor| cursor::read(&cursor));
    let (as_of, filter) = filter(parameters);
    let asked = DueFilter { after, limit: MOST, ..filter };
    let (mut panel, told, next) = due(site, asker, &picture, as_of, &asked).await?;
    panel.link = next.map(|next| on("cursor", next));
    panel.files = listed::files("end_use", parameters);
    let missing = loss::missing(&picture, &site.app.not_found(&asker.viewer, as_of).await?);
    let after = text("transfers").and_then(|cursor| cursor::read(&cursor));
    let filter = Filter { after, ..Filter::default() };
    let mut all = site.app.third_party_transfers(&asker.viewer, &filter, MOST as i64 + 1).await?;
    let next = cursor::next(&mut all, MOST, ThirdPartyTransfer::place);
    let mut transfers = third_party::panel(&picture, &all);
    transfers.link = next.map(|next| on("transfers", next));
    transfers.files = listed::files("third_party_transfers", &Parameters::new());
    let mut shell = Shell::new(asker, &picture, "nav-end-use", say("nav-end-use"));
    shell.as_of = Some(AsOf { date, known, address: "/end-use" });
    shell.said = just_done(parameters);
    let may = |action| policy::may(&asker.viewer, &Deed { own: true, ..Deed::of(action) }).is_ok();
    let chosen = |name: &str| text(name).unwrap_or_default();
    Ok(ListPage {
        may_return: returning::may_return(asker),
        shell,
        panel,
        told,
        overdue: asked.overdue,
        holder: chosen("holder"),
        place: chosen("place"),
        nation: chosen("nation"),
        until: chosen("until"),
        places: places(&picture),
        parties: parties(&picture),
        missing,
        transfers,
        sheets: listed::files("end_use_checks", parameters),
        may_check: may(Action::Move) || may(Action::Consent),
        wrong,
    })
}

#[derive(Template)]
#[template(path = "unit.html")]
struct UnitPage {
    shell: Shell,
    address: String,
    name: String,
    serial: String,
    facts: Vec<(String, Cell)>,
    /// All that happened to it.
    history: Panel,
    checks: Panel,
    transfers: Panel,
    losses: Panel,
    disposals: Panel,
    /// The disposal that stands, if the viewer may take it back.
    take_back: Option<String>,
    /// The checks that stand, each in words, if the viewer may take them back.
    standing: Vec<(String, String)>,
    may_check: bool,
    /// Where it is sent back.
    back: String,
    /// Whether it is with its unit, not in repair or on its way, and the viewer may send it back or ask whether others may have it.
    may_send: bool,
    may_report: bool,
    may_dispose: bool,
    /// Whether the form of a loss is of one unit.
    of_unit: bool,
    kinds: Vec<&'static str>,
    grades: Vec<&'static str>,
    parties: Vec<(String, String)>,
    wrong: Option<String>,
    given: Given,
}

pub(crate) async fn show(
    State(site): State<Site>,
    asker: Asker,
    Path(unit): Path<(String, String)>,
    Query(parameters): Query<Parameters>,
) -> Response {
    answer(unit_page(&site, &asker, &unit, None, Given::default()).await, &parameters, |page| &mut page.shell)
}

async fn unit_page(
    site: &Site,
    asker: &Asker,
    (resource, serial): &(String, String),
    wrong: Option<String>,
    given: Given,
) -> Result<UnitPage, Error> {
    let (app, viewer) = (&site.app, &asker.viewer);
    let picture = app.picture(viewer).await?;
    let in_service = app.unit_in_service(viewer, resource, serial).await?;
    let checked = app.inspections(viewer, resource, serial).await?;
    let unit = Some((resource.clone(), serial.clone()));
    let filter = Filter { unit: unit.clone(), ..Filter::default() };
    let asked = app.third_party_transfers(viewer, &filter, MOST as i64).await?;
    let filter = LossFilter { unit: unit.clone(), ..LossFilter::default() };
    let lost = app.loss_reports(viewer, &filter, MOST as i64).await?;
    let filter = DisposalFilter { unit, ..DisposalFilter::default() };
    let mut disposed = Vec::new();
    for one in app.disposals(viewer, &filter, MOST as i64).await? {
        let ended = app.disposal_work_orders(viewer, &one).await?;
        disposed.push((one, ended));
    }
    let stands = disposed.iter().map(|(one, _)| one).find(|one| one.taken_back.is_none());
    let held = app.unit(viewer, resource, serial).await?;
    let happened = app.unit_history(viewer, resource, serial).await?;
    if in_service.is_none() && held.is_none() && lost.is_empty() && happened.is_empty() {
        return Err(Error::NotFound { what: "unit", code: format!("{resource} {serial}") });
    }
    let orders = match in_service {
        Some(_) => app.unit_work_orders(viewer, resource, serial).await?,
        None => Vec::new(),
    };
    let purpose = held.as_ref().map(|unit| unit.account.purpose);
    let gone = |there: AccountPurpose| in_service.is_none() && purpose.is_none_or(|purpose| purpose == there);
    let state = match lost.iter().find(|report| report.found.is_none()) {
        Some(report) if gone(AccountPurpose::Lost) => Some(Cell::link(
            say_with("end-use-lost", &[("x", report.code.to_string().into())]),
            loss::address(&report.code),
        )),
        _ if gone(AccountPurpose::Consumed) && stands.is_some() => Some(text_cell(say("end-use-disposed"))),
        _ => None,
    };
    let mut known = unit::facts(&picture, resource, held.as_ref(), state);
    if let Some((unit, next)) = &in_service {
        let due = next.as_ref().map_or_else(|| say("end-use-none").into_owned(), |next| figures::moment(next.due_at));
        known.extend([
            ("end-use-orders", loss::order_cell(&orders)),
            ("end-use-received", text_cell(figures::moment(unit.received_at))),
            ("end-use-due", text_cell(due)),
            ("end-use-rule", rules(&picture, next.as_ref().map_or(&[], |next| &next.rules))),
        ]);
    }
    let may_of =
        |holder: &Code, action| policy::may(viewer, &Deed { own: viewer.owns(holder), ..Deed::of(action) }).is_ok();
    let may = |action| in_service.as_ref().is_some_and(|(unit, _)| may_of(&unit.account.holder, action));
    let take_back = stands.filter(|one| may_of(&one.account.holder, Action::Move)).map(|one| one.code.to_string());
    let account = in_service.as_ref().map(|(unit, _)| &unit.account);
    let checks_it = match account.or(held.as_ref().map(|unit| &unit.account)) {
        Some(account) => app.may_check(viewer, account, serial).await?,
        None => false,
    };
    let stand = checked.iter().filter(|one| checks_it && one.taken_back.is_none());
    let named = |one: &Inspection| {
        let (at, grade) = (figures::moment(one.occurred_at), text::word(one.grade.as_str()));
        (one.code.to_string(), format!("{at}: {grade} ({})", one.code))
    };
    let with_unit = in_service.as_ref().is_some_and(|(unit, _)| unit.account.purpose == AccountPurpose::InService);
    // What a team has in hand where it stands can be lost, too.
    let on_site = orders.iter().any(|order| order.is_on_site() && order.account.purpose == AccountPurpose::InProcess);
    let name = super::record::cells::name_of(&picture, "resources", resource);
    Ok(UnitPage {
        shell: Shell::new(asker, &picture, "nav-end-use", format!("{resource} {serial}")),
        address: unit_address(resource, serial),
        back: returning::address(resource, serial),
        name: name.unwrap_or_else(|| resource.clone()),
        serial: serial.clone(),
        facts: facts(known),
        history: unit::history(&picture, serial, &happened),
        checks: checks(&checked),
        transfers: third_party::panel(&picture, &asked),
        losses: loss::reports(&picture, &lost),
        disposals: disposal::panel(&disposed),
        take_back,
        standing: stand.map(named).collect(),
        may_check: checks_it && in_service.is_some(),
        may_send: with_unit && may(Action::Move),
        may_report: (with_unit || on_site) && may(Action::Report),
        may_dispose: (with_unit || on_site) && may(Action::Move),
        of_unit: true,
        kinds: loss::kinds(),
        grades: Grade::ALL.iter().map(|grade| grade.as_str()).collect(),
        parties: parties(&picture),
        wrong,
        given,
    })
}

pub(crate) fn caveats<'a>(picture: &Picture, all: impl Iterator<Item = &'a str>) -> Cell {
    let parts = all.flat_map(|caveat| record_cell(picture, "caveats", caveat).parts).collect();
    Cell { parts, ..Cell::default() }
}

/// The records that say when a check is due.
fn rules(picture: &Picture, all: &[RuleName]) -> Cell {
    let parts = all.iter().flat_map(|(sheet, code)| record_cell(picture, sheet, code).parts).collect();
    Cell { parts, ..Cell::default() }
}

fn checks(all: &[Inspection]) -> Panel {
    let columns = [
        ("panel-when", false),
        ("end-use-found", false),
        ("panel-who", false),
        ("consignment-remark", false),
        ("end-use-evidence", false),
        ("taken-back", false),
    ];
    let mut panel = Panel::new("checks", &columns);
    for one in all {
        let evidence = match one.evidence.is_empty() {
            true => Cell::default(),
            false => Cell::link(
                say("end-use-evidence-of"),
                format!("/api/v1/inspections/{}/evidence", escaped(one.code.as_str())),
            ),
        };
        panel.row(vec![
            text_cell(figures::moment(one.occurred_at)),
            text_cell(text::word(one.grade.as_str()).into_owned()),
            text_cell(one.actor.clone()),
            text_cell(one.remark.clone()),
            evidence,
            text_cell(disposal::back(one.taken_back.as_ref())),
        ]);
    }
    panel
}

/// Records a check, a loss or a disposal, takes a check or a disposal back, or asks for a third-party transfer.
pub(crate) async fn deed(
    State(site): State<Site>,
    asker: Asker,
    Path(unit): Path<(String, String)>,
    body: Multipart,
) -> Response {
    let (mut given, file) = match Given::with_file(body, "file").await {
        Ok(given) => given,
        Err(kind) => return problem::page(kind, None),
    };
    let done = async {
        evidence::keep(&site, &asker, &mut given, file).await?;
        carry_out(&site, &asker, &unit, &given).await
    };
    match done.await {
        Ok(to) => Redirect::to(&format!("{to}?said=saved")).into_response(),
        Err(error) => problem::again(&error, |wrong| unit_page(&site, &asker, &unit, Some(wrong), given)).await,
    }
}

async fn carry_out(
    site: &Site,
    asker: &Asker,
    (resource, serial): &(String, String),
    given: &Given,
) -> Result<String, Error> {
    let (app, actor) = (&site.app, asker.form(given.reason(), given)?);
    if given.text("deed") == "take_back" {
        // Nobody takes something back “as planned”.
        let actor = asker.form(given.text("reason"), given)?;
        app.disposal_taken_back(given.text("disposal"), &actor).await?;
        return Ok(unit_address(resource, serial));
    }
    if given.text("deed") == "uncheck" {
        let actor = asker.form(given.text("reason"), given)?;
        app.check_taken_back(given.text("check"), &actor).await?;
        return Ok(unit_address(resource, serial));
    }
    if given.text("deed") == "lost" {
        let code = loss::lose(site, asker, (resource.clone(), serial.clone()), given).await?;
        return Ok(loss::address(&code));
    }
    if given.text("deed") == "ask" {
        let new = NewThirdPartyTransfer {
            resource: resource.clone(),
            serial: serial.clone(),
            receiver: given.text("receiver").to_owned(),
            purpose: given.text("purpose").to_owned(),
        };
        return Ok(third_party::address(&app.third_party_ask(&new, &actor).await?));
    }
    let kept = evidence::kept(given);
    if given.text("deed") == "dispose" {
        if kept.is_empty() {
            return Err(Error::Invalid(message!("disposal-without-certificate")));
        }
        let (resource, serial, at) = (resource.clone(), serial.clone(), given.moment("at")?);
        app.dispose(&NewDisposal { resource, serial, certificate: kept, at }, &actor).await?;
    } else {
        let wrong = |right| Error::Invalid(message!("must-be", right));
        let found = Found {
            resource: resource.clone(),
            serial: serial.clone(),
            grade: Grade::parse(given.text("grade")).map_err(wrong)?,
            at: given.moment("at")?,
            evidence: kept,
            remark: given.text("remark").to_owned(),
        };
        app.inspect(&found, &actor).await?;
    }
    Ok(unit_address(resource, serial))
}

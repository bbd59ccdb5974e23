//! Losses of what is in service, in stock or in consignments: what was not found and must be reported, what was reported, and what was found again.

use askama::Template;
use axum::{
    extract::{Form, Multipart, Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use jiff::civil::Date;
use muster_app::{
    App, Error,
    storage::{
        repair::WorkOrder,
        transfer::loss::{LossFilter, LossReport},
    },
    transfer::loss::{Missing, NewLoss},
};
use muster_domain::{
    code::Code,
    field::Field as _,
    ledger::account::AccountPurpose,
    loss::LossKind,
    message,
    picture::Picture,
    policy::{self, Action, Deed},
    viewer::Viewer,
};

use super::{
    consignment::code_cell,
    end_use::unit_address,
    evidence, figures,
    given::Given,
    listed,
    record::{
        cells::{self, Cell, Part},
        list::{Parameters, said},
        panels::{Panel, number_cell, record_cell, text_cell},
        show::{answer, just_done},
    },
    variance::level,
};
use crate::{
    Site,
    address::escaped,
    auth::Asker,
    problem,
    shell::{AsOf, Shell, html},
    text::{self, filters, say, say_with},
};

/// Reports on a page.
pub(crate) const MOST: i64 = 500;

#[derive(Template)]
#[template(path = "losses.html")]
struct ListPage {
    shell: Shell,
    missing: Panel,
    reports: Panel,
    late: bool,
    may_report: bool,
    /// Where the form goes to.
    address: &'static str,
    /// Whether the form is of one unit.
    of_unit: bool,
    kinds: Vec<&'static str>,
    wrong: Option<String>,
    given: Given,
}

/// Where the page of a report is.
pub(crate) fn address(code: &Code) -> String {
    format!("/losses/{}", escaped(code.as_str()))
}

/// How something may have been lost.
pub(crate) fn kinds() -> Vec<&'static str> {
    LossKind::ALL.iter().map(|kind| kind.as_str()).collect()
}

/// A table of units that were not found and of which nobody reported anything.
pub(crate) fn missing(picture: &Picture, all: &[Missing]) -> Panel {
    let columns = [
        ("variance-what", false),
        ("end-use-serial", false),
        ("variance-holder", false),
        ("not-found-since", false),
        ("not-found-due", false),
        ("variance-waits-for", false),
    ];
    let mut panel = Panel::new("not-found", &columns);
    for one in all {
        let unit = &one.unit;
        let resource = unit.account.resource.as_str();
        panel.row(vec![
            record_cell(picture, "resources", resource),
            Cell::link(unit.serial.clone(), unit_address(resource, &unit.serial)),
            record_cell(picture, "parties", unit.account.holder.as_str()),
            text_cell(figures::moment(one.of.since)),
            text_cell(figures::moment(one.due_at)),
            text_cell(level(one.waits_for)),
        ]);
    }
    panel
}

/// Whether the viewer may do one of these to what is theirs, or to what is not.
fn may(viewer: &Viewer, own: bool, actions: &[Action]) -> bool {
    actions.iter().any(|action| policy::may(viewer, &Deed { own, ..Deed::of(*action) }).is_ok())
}

/// A table of reports.
pub(crate) fn reports(picture: &Picture, all: &[LossReport]) -> Panel {
    let columns = [
        ("loss", false),
        ("loss-how", false),
        ("panel-quantity", true),
        ("variance-what", false),
        ("end-use-serial", false),
        ("variance-holder", false),
        ("loss-known", false),
        ("loss-reported", false),
        ("consignment-state", false),
        ("consignment", false),
    ];
    let mut panel = Panel::new("losses", &columns);
    for one in all {
        panel.row(vec![
            Cell::link(one.code.as_str(), address(&one.code)),
            text_cell(text::word(one.how.as_str()).into_owned()),
            number_cell(one.quantity),
            record_cell(picture, "resources", one.account.resource.as_str()),
            unit_cell(one),
            record_cell(picture, "parties", one.account.holder.as_str()),
            text_cell(figures::moment(one.known_at)),
            text_cell(reported(one)),
            text_cell(say(if one.found.is_some() { "loss-is-found" } else { "loss-is-open" }).into_owned()),
            one.consignment.as_ref().map(code_cell).unwrap_or_default(),
        ]);
    }
    panel
}

/// Work orders, each with its state.
pub(crate) fn order_cell(orders: &[WorkOrder]) -> Cell {
    let part = |order: &WorkOrder| Part {
        text: format!("{} ({})", order.code, text::word(order.state.as_str()).to_lowercase()),
        href: super::repair::address(order.code.as_str()),
    };
    Cell { parts: orders.iter().map(part).collect(), ..Cell::default() }
}

/// The unit by its serial number, or the lot.
fn unit_cell(one: &LossReport) -> Cell {
    match one.serial.as_str() {
        "" => text_cell(one.lot.clone()),
        serial => Cell::link(serial, unit_address(one.account.resource.as_str(), serial)),
    }
}

/// When something was reported, and how late that was.
fn reported(one: &LossReport) -> String {
    let at = figures::moment(one.recorded_at);
    match one.days_late() {
        0 => at,
        days => format!(
            "{at} ({})",
            say_with("loss-days-late", &[("n", days.into()), ("text", figures::whole(days).into())])
        ),
    }
}

pub(crate) async fn list(State(site): State<Site>, asker: Asker, Query(parameters): Query<Parameters>) -> Response {
    if !asker.viewer.is_known() {
        return problem::page(problem::Kind::NotFound, None);
    }
    match list_page(&site, &asker, &parameters, None, Given::default()).await {
        Ok(page) => html(&page),
        Err(error) => problem::of(&error),
    }
}

/// Which reports are asked for.
pub(crate) fn filter(parameters: &Parameters) -> LossFilter {
    let day = |name: &str| parameters.get(name).and_then(|day| day.parse::<Date>().ok());
    let late = said(parameters, "late").is_some();
    LossFilter { late, as_of: Some(App::as_of(day("as_of"), day("known"))), ..LossFilter::default() }
}

async fn list_page(
    site: &Site,
    asker: &Asker,
    parameters: &Parameters,
    wrong: Option<String>,
    given: Given,
) -> Result<ListPage, Error> {
    let (app, viewer) = (&site.app, &asker.viewer);
    let picture = app.picture(viewer).await?;
    let day = |name: &str| parameters.get(name).and_then(|day| day.parse::<Date>().ok());
    let (date, known) = (day("as_of"), day("known"));
    let as_of = App::as_of(date, known);
    let filter = filter(parameters);
    let late = filter.late;
    let mut found = app.loss_reports(viewer, &filter, MOST + 1).await?;
    let more = found.len() as i64 > MOST;
    found.truncate(MOST as usize);
    let mut reports = reports(&picture, &found);
    if more {
        reports.foot = say_with("losses-more", &[("n", figures::whole(MOST).into())]);
    }
    reports.files = listed::files("losses", parameters);
    let mut shell = Shell::new(asker, &picture, "nav-end-use", say("losses"));
    shell.as_of = Some(AsOf { date, known, address: "/losses" });
    shell.said = just_done(parameters);
    Ok(ListPage {
        missing: missing(&picture, &app.not_found(viewer, as_of).await?),
        reports,
        late,
        may_report: may(viewer, true, &[Action::Report, Action::Move]),
        address: "/losses",
        of_unit: false,
        kinds: kinds(),
        shell,
        wrong,
        given,
    })
}

/// Reports a loss.
pub(crate) async fn report(State(site): State<Site>, asker: Asker, body: Multipart) -> Response {
    let (mut given, file) = match Given::with_file(body, "file").await {
        Ok(given) => given,
        Err(kind) => return problem::page(kind, None),
    };
    let unit = (given.text("resource").to_owned(), given.text("serial").to_owned());
    let done = async {
        evidence::keep(&site, &asker, &mut given, file).await?;
        lose(&site, &asker, unit, &given).await
    };
    match done.await {
        Ok(code) => Redirect::to(&format!("{}?said=saved", address(&code))).into_response(),
        Err(error) => {
            let none = Parameters::new();
            problem::again(&error, |wrong| list_page(&site, &asker, &none, Some(wrong), given)).await
        }
    }
}

/// Reports what stands in the form as lost; gives the code of the report.
pub(crate) async fn lose(
    site: &Site,
    asker: &Asker,
    (resource, serial): (String, String),
    given: &Given,
) -> Result<Code, Error> {
    let actor = asker.form(given.reason(), given)?;
    let wrong = |right| Error::Invalid(message!("field-must-be", name = "how", right = right));
    let how = LossKind::parse(given.text("how")).map_err(wrong)?;
    let maybe = |name: &str| Some(given.text(name).to_owned()).filter(|text| !text.is_empty());
    let new = NewLoss {
        resource,
        serial,
        account: maybe("account"),
        lot: given.text("lot").to_owned(),
        quantity: given.number("quantity")?.unwrap_or(1),
        offer: maybe("offer"),
        how,
        at: given.moment("at")?,
        known_at: given.moment("known_at")?,
        place: maybe("place"),
        circumstances: given.text("circumstances").to_owned(),
        evidence: evidence::kept(given),
    };
    site.app.lose(&new, &actor).await
}

#[derive(Template)]
#[template(path = "loss.html")]
struct ShowPage {
    shell: Shell,
    code: String,
    state: &'static str,
    tag: &'static str,
    facts: Vec<(String, Cell)>,
    may_find: bool,
    /// What comes of it if it is found.
    found_hint: &'static str,
    wrong: Option<String>,
    given: Given,
}

pub(crate) async fn show(
    State(site): State<Site>,
    asker: Asker,
    Path(code): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Response {
    answer(page(&site, &asker, &code, None, Given::default()).await, &parameters, |page| &mut page.shell)
}

/// It was found again.
pub(crate) async fn found(
    State(site): State<Site>,
    asker: Asker,
    Path(code): Path<String>,
    Form(given): Form<Given>,
) -> Response {
    let found = async {
        let at = given.moment("at")?;
        site.app.loss_found(&code, at, &asker.form(given.reason(), &given)?).await
    };
    match found.await {
        Ok(()) => Redirect::to(&format!("/losses/{}?said=saved", escaped(&code))).into_response(),
        Err(error) => problem::again(&error, |wrong| page(&site, &asker, &code, Some(wrong), given)).await,
    }
}

async fn page(site: &Site, asker: &Asker, code: &str, wrong: Option<String>, given: Given) -> Result<ShowPage, Error> {
    let viewer = &asker.viewer;
    let picture = site.app.picture(viewer).await?;
    let one = site.app.loss_report(viewer, code).await?;
    let account = &one.account;
    let again = one
        .found
        .as_ref()
        .map_or_else(String::new, |found| format!("{}, {}: {}", figures::moment(found.at), found.actor, found.reason));
    let place = one.place.as_ref().map(|place| record_cell(&picture, "places", place.as_str())).unwrap_or_default();
    let evidence = match one.evidence.is_empty() {
        true => Cell::default(),
        false => Cell::link(say("end-use-evidence-of"), format!("/api/v1/loss-reports/{}/evidence", escaped(code))),
    };
    let offer = one.offer.as_ref().map(|offer| record_cell(&picture, "offers", offer.as_str())).unwrap_or_default();
    let orders = site.app.loss_work_orders(viewer, &one).await?;
    let missed = match &one.consignment {
        Some(_) => Some(site.app.variance(viewer, code).await?),
        None => None,
    };
    let variance = missed.as_ref().map(|_| Cell::link(code, format!("/variances/{}", escaped(code))));
    let facts = cells::facts([
        ("loss-how", text_cell(text::word(one.how.as_str()).into_owned())),
        ("variance-what", record_cell(&picture, "resources", account.resource.as_str())),
        ("end-use-serial", unit_cell(&one)),
        ("panel-quantity", number_cell(one.quantity)),
        ("variance-holder", record_cell(&picture, "parties", account.holder.as_str())),
        ("consignment", one.consignment.as_ref().map(code_cell).unwrap_or_default()),
        ("variance", variance.unwrap_or_default()),
        ("loss-place", place),
        ("loss-offer", offer),
        ("loss-occurred", text_cell(figures::moment(one.occurred_at))),
        ("loss-known", text_cell(figures::moment(one.known_at))),
        ("not-found-due", text_cell(figures::moment(one.due_at))),
        ("loss-reported", text_cell(reported(&one))),
        ("panel-who", text_cell(one.actor.clone())),
        ("loss-circumstances", text_cell(one.circumstances.clone())),
        ("end-use-evidence", evidence),
        ("loss-work-orders", order_cell(&orders)),
        ("loss-is-found", text_cell(again)),
    ]);
    // Whoever moves stock reports what of it is lost; who decides how a variance ends takes that back.
    let (holder, actions): (&Code, &[Action]) = match (&missed, account.purpose) {
        (Some(missed), _) => (&missed.variance.holder, &[Action::Resolve]),
        (None, AccountPurpose::OnHand) => (&account.holder, &[Action::Report, Action::Move]),
        (None, _) => (&account.holder, &[Action::Report]),
    };
    let may = may(viewer, viewer.owns(holder), actions);
    let state = if one.found.is_some() { "found" } else { one.how.as_str() };
    Ok(ShowPage {
        shell: Shell::new(asker, &picture, "nav-end-use", code),
        code: code.to_owned(),
        state,
        tag: cells::tag(state),
        facts,
        may_find: may && one.found.is_none(),
        found_hint: if missed.is_some() { "loss-turned-up-hint" } else { "loss-found-hint" },
        wrong,
        given,
    })
}

//! Repair: the board of what is broken and what it waits for, and fault reports.

use askama::Template;
use axum::{
    extract::{Multipart, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use jiff::Timestamp;
use muster_app::{
    Error,
    repair::{figures::Figures, request::NewFault},
    storage::repair::{OrderFilter, Quote, QuoteFilter, WorkOrder},
};
use muster_domain::{
    code::Code,
    field::Field as _,
    picture::Picture,
    policy::{self, Action, Deed},
    repair::{QuoteState, Urgency, WorkOrderState},
    viewer::Viewer,
};

use super::{
    evidence, figures,
    given::Given,
    observed::{self, ObservedRow},
    picture::Measure,
    quote,
    record::{
        cells::{self, Cell},
        list::Parameters,
        panels::{Panel, codes_cell, need_cell, number_cell, record_cell, text_cell},
        show::answer,
    },
    shop,
    whereabouts::{self, There, Told},
};
use crate::{
    Site,
    address::escaped,
    auth::Asker,
    problem,
    shell::Shell,
    text::{self, filters, say},
};

/// Work orders on the board.
const MOST: i64 = 500;

#[derive(Template)]
#[template(path = "repair.html")]
struct BoardPage {
    shell: Shell,
    columns: Vec<Column>,
    whereabouts: Told,
    panels: Vec<Panel>,
    observed: Vec<ObservedRow>,
    more: bool,
    may_report: bool,
    urgencies: Vec<&'static str>,
    wrong: Option<String>,
    given: Given,
}

/// Orders in one state.
struct Column {
    state: &'static str,
    cards: Vec<Card>,
}

/// An order on the board.
struct Card {
    code: String,
    href: String,
    what: String,
    holder: String,
    facility: String,
    urgency: &'static str,
    /// How long it has been in its state.
    since: String,
    blocked: Vec<&'static str>,
}

/// Where an order's page is.
pub(crate) fn address(code: &str) -> String {
    format!("/repair/{}", escaped(code))
}

/// A time in days, or in hours where it is short.
pub(crate) fn span(time: jiff::SignedDuration) -> String {
    match time.as_hours() {
        hours @ ..48 => text::say_with("repair-hours", &[("n", hours.max(0).into())]),
        hours => text::say_with("repair-days", &[("n", (hours / 24).into())]),
    }
}

pub(crate) async fn show(State(site): State<Site>, asker: Asker, Query(parameters): Query<Parameters>) -> Response {
    if !asker.viewer.is_known() {
        return problem::page(problem::Kind::NotFound, None);
    }
    answer(page(&site, &asker, None, Given::default()).await, &parameters, |page| &mut page.shell)
}

/// Reports a fault.
pub(crate) async fn report(State(site): State<Site>, asker: Asker, body: Multipart) -> Response {
    let (mut given, file) = match Given::with_file(body, "file").await {
        Ok(given) => given,
        Err(kind) => return problem::page(kind, None),
    };
    let done = async {
        evidence::keep(&site, &asker, &mut given, file).await?;
        carry_out(&site, &asker, &given).await
    };
    match done.await {
        Ok(code) => Redirect::to(&format!("{}?said=saved", address(code.as_str()))).into_response(),
        Err(error) => problem::again(&error, |wrong| page(&site, &asker, Some(wrong), given)).await,
    }
}

async fn carry_out(site: &Site, asker: &Asker, given: &Given) -> Result<Code, Error> {
    let actor = asker.form(given.reason(), given)?;
    let text = |name: &str| given.text(name).to_owned();
    let new = NewFault {
        resource: text("resource"),
        serial: text("serial"),
        account: Some(text("account")).filter(|account| !account.is_empty()),
        quantity: given.number("quantity")?.unwrap_or(1),
        symptom: text("symptom"),
        urgency: Urgency::parse(given.text("urgency")).ok(),
        photo: evidence::kept(given),
        at: given.moment("at")?,
    };
    site.app.fault_report(&new, &actor).await
}

async fn page(site: &Site, asker: &Asker, wrong: Option<String>, given: Given) -> Result<BoardPage, Error> {
    let (app, viewer) = (&site.app, &asker.viewer);
    let picture = app.picture(viewer).await?;
    let current = OrderFilter { current: true, ..OrderFilter::default() };
    let mut orders = app.work_orders(viewer, &current, MOST + 1).await?;
    let more = orders.len() as i64 > MOST;
    orders.truncate(MOST as usize);
    let told = app.repair_figures(viewer).await?;
    let mut prices = Vec::new();
    for state in [QuoteState::Quoted, QuoteState::Approved] {
        prices.extend(app.quotes(viewer, &QuoteFilter { state: Some(state), ..QuoteFilter::default() }, MOST).await?);
    }
    let may_report = policy::may(viewer, &Deed { own: true, ..Deed::of(Action::Report) }).is_ok();
    Ok(BoardPage {
        shell: Shell::new(asker, &picture, "nav-repair", say("nav-repair")),
        columns: columns(&picture, &orders, &told, app.now()),
        whereabouts: whereabouts(&picture, &told),
        panels: panels(viewer, &picture, &told, &prices),
        observed: observed::rows(viewer, &picture, &muster_app::observed::of_repairs(&picture, &told)),
        more,
        may_report,
        urgencies: Urgency::ALL.iter().map(|urgency| urgency.as_str()).collect(),
        wrong,
        given,
    })
}

fn columns(picture: &Picture, orders: &[WorkOrder], told: &Figures, now: Timestamp) -> Vec<Column> {
    let card = |order: &WorkOrder| {
        let name = cells::name_of(picture, "resources", order.resource.as_str());
        let blocked = told.blocking.iter().filter(|of| of.orders.contains(&order.code));
        Card {
            code: order.code.to_string(),
            href: address(order.code.as_str()),
            what: format!("{} {}", name.unwrap_or_else(|| order.resource.to_string()), order.serial),
            holder: order.holder.to_string(),
            facility: order.facility.as_ref().map_or_else(String::new, ToString::to_string),
            urgency: order.urgency.as_str(),
            since: told.since.get(&order.code).map_or_else(String::new, |since| span(now.duration_since(*since))),
            blocked: blocked.map(|of| of.reason.as_str()).collect(),
        }
    };
    let column = |state: &WorkOrderState| Column {
        state: state.as_str(),
        cards: orders.iter().filter(|order| order.state == *state).map(card).collect(),
    };
    let open = WorkOrderState::ALL.iter().filter(|state| !state.is_over());
    open.map(column).filter(|column| !column.cards.is_empty()).collect()
}

fn whereabouts(picture: &Picture, told: &Figures) -> Told {
    let there = |of: &muster_app::repair::figures::There| There {
        code: of.order.clone(),
        state: of.state.as_str(),
        units: of.units,
    };
    let all = told.whereabouts.iter().map(|(at, there_are)| (at.clone(), there_are.iter().map(there).collect()));
    whereabouts::told(picture, "repair-where", Measure::Repairs, address, &all.collect())
}

fn panels(viewer: &Viewer, picture: &Picture, told: &Figures, prices: &[(Code, Quote)]) -> Vec<Panel> {
    let mut facilities = Panel::new(
        "repair-facilities",
        &[
            ("repair-facility", false),
            ("repair-coming", true),
            ("repair-waiting", true),
            ("repair-in-repair", true),
            ("repair-capacity", true),
            ("repair-through", false),
            ("shop-order", false),
        ],
    );
    for of in &told.facilities {
        facilities.row(vec![
            record_cell(picture, "places", of.place.as_str()),
            number_cell(of.coming),
            number_cell(of.waiting),
            number_cell(of.in_repair),
            number_cell(of.capacity),
            text_cell(of.through.map_or_else(|| say("repair-no-capacity").into_owned(), figures::day)),
            match shop::may_look(viewer, picture, &of.place) {
                true => Cell::link(say("shop-look"), shop::shop_address(of.place.as_str())),
                false => text_cell("–"),
            },
        ]);
    }
    let mut blocking = Panel::new(
        "repair-blocking",
        &[("repair-because", false), ("repair-orders", true), ("repair-longest", false), ("repair-which", false)],
    );
    for of in &told.blocking {
        blocking.row(vec![
            text_cell(text::word(of.reason.as_str()).into_owned()),
            number_cell(of.orders.len() as i64),
            text_cell(figures::moment(of.since)),
            codes_cell(of.orders.iter(), address),
        ]);
    }
    let mut lacking = Panel::new(
        "repair-lacking",
        &[("repair-part", false), ("panel-quantity", true), ("repair-requirements", false), ("repair-which", false)],
    );
    for of in &told.lacking {
        let raised = of.requirements.iter().flat_map(|code| need_cell(picture, code.as_str()).parts).collect();
        lacking.row(vec![
            record_cell(picture, "resources", of.resource.as_str()),
            number_cell(of.units),
            Cell { parts: raised, ..Cell::default() },
            codes_cell(of.orders.iter(), address),
        ]);
    }
    let mut availability = Panel::new(
        "repair-availability",
        &[
            ("repair-unit", false),
            ("variance-what", false),
            ("repair-fit", true),
            ("repair-held", true),
            ("repair-rate", true),
            ("repair-weeks", false),
            ("repair-which", false),
        ],
    );
    for of in &told.availability {
        let (_, fit, all) = of.weeks.last().copied().unwrap_or_default();
        let rate = |fit: i64, all: i64| match all {
            0 => "–".to_owned(),
            all => figures::percent(fit as f64 / all as f64),
        };
        let weeks: Vec<String> = of.weeks.iter().map(|(_, fit, all)| rate(*fit, *all)).collect();
        availability.row(vec![
            record_cell(picture, "parties", of.holder.as_str()),
            record_cell(picture, "resources", of.resource.as_str()),
            number_cell(fit),
            number_cell(all),
            Cell { number: true, ..text_cell(rate(fit, all)) },
            text_cell(weeks.join(" · ")),
            codes_cell(of.orders.iter(), address),
        ]);
    }
    let mut turnaround = Panel::new(
        "repair-turnaround",
        &[
            ("variance-what", false),
            ("repair-facility", false),
            ("repair-orders", true),
            ("repair-half", false),
            ("repair-most", false),
            ("repair-which", false),
        ],
    );
    for of in &told.turnaround {
        turnaround.row(vec![
            record_cell(picture, "resources", of.resource.as_str()),
            match &of.facility {
                Some(facility) => record_cell(picture, "places", facility.as_str()),
                None => text_cell(text::word("on_site").into_owned()),
            },
            number_cell(of.orders.len() as i64),
            text_cell(span(of.half)),
            text_cell(span(of.most)),
            codes_cell(of.orders.iter(), address),
        ]);
    }
    let prices = quote::of_orders(("repair-prices", true), picture, prices.iter());
    vec![blocking, prices, lacking, facilities, availability, turnaround]
}

//! A consignment is made up: what accepted plans are to move from a place next, to be ticked, or what is left of an offer.

use askama::Template;
use axum::{
    extract::{Form, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use jiff::{SignedDuration, Timestamp};
use muster_app::{
    Error,
    transfer::{
        making::{New, NewLine},
        proposal::{Ahead, MOST_PROPOSED, ProposedLine},
    },
};
use muster_domain::{code::Code, item::Tracking, ledger::account::AccountKey, message, offer::Offer};

use super::{
    consignment::lanes,
    consignment_deed::named,
    figures,
    given::Given,
    record::{
        cells::name_of,
        list::{Parameters, said},
    },
};
use crate::{
    Site,
    address::escaped,
    auth::Asker,
    cursor, problem,
    shell::{Shell, html},
    text::{filters, say, say_with},
};

#[derive(Template)]
#[template(path = "consignment_new.html")]
struct NewPage {
    shell: Shell,
    from: String,
    name: String,
    days: i64,
    proposals: Vec<Proposed>,
    offers: Vec<Offered>,
    stock: Vec<Stock>,
    /// Which form the texts below were typed into, if one was refused: `from_offer` or `from_stock`.
    sent: &'static str,
    /// What was typed of the form that takes from an offer, or from stock.
    need: String,
    to: String,
    route: String,
    quantity: String,
    remark: String,
    reason: String,
    /// Where the lists of proposals and of stock begin, if not at their beginning: fields of the forms.
    begins: Vec<(&'static str, String)>,
    /// Where what accepted plans are to move goes on, and where stock does.
    more_planned: Option<String>,
    more_stock: Option<String>,
    /// The lanes by which it may go.
    lanes: Vec<(String, String)>,
    wrong: Option<String>,
}

impl NewPage {
    /// Whether one of the offers was asked for: if not, none is put into anybody's mouth.
    fn is_chosen(&self) -> bool {
        self.offers.iter().any(|offer| offer.chosen)
    }
}

/// Units that lie at the place, and may be sent from there.
struct Stock {
    /// The account's name.
    account: String,
    what: String,
    owner: String,
    left: i64,
    /// Whether it is to be taken along, how many of it, and which, as it was typed.
    taken: bool,
    typed: String,
    serials: String,
    by_serial: bool,
}

struct Offered {
    code: String,
    /// What it is, and how many units are left.
    what: String,
    chosen: bool,
}

struct Proposed {
    title: String,
    departs: String,
    lines: Vec<ProposedRow>,
    /// What was typed, if it was this one's form that was refused.
    remark: String,
    reason: String,
}

struct ProposedRow {
    /// Plan and line, as the form sends them.
    value: String,
    what: String,
    offer: String,
    need: String,
    departs: String,
    quantity: i64,
    /// Whether it is to be taken along, and how many of it, as it was typed.
    taken: bool,
    typed: String,
}

/// What says where the lists of proposals and of stock begin.
const LISTS: [&str; 2] = ["cursor", "stock"];

/// How far ahead proposals look, unless asked otherwise, in days.
const AHEAD_DAYS: i64 = 28;

pub(crate) async fn show(State(site): State<Site>, asker: Asker, Query(parameters): Query<Parameters>) -> Response {
    match new_page(&site, &asker, &parameters, None, &Given::default()).await {
        Ok(page) => html(&page),
        Err(error) => problem::of(&error),
    }
}

async fn new_page(
    site: &Site,
    asker: &Asker,
    parameters: &Parameters,
    wrong: Option<String>,
    given: &Given,
) -> Result<NewPage, Error> {
    let viewer = &asker.viewer;
    let picture = site.app.picture(viewer).await?;
    let from = parameters.get("from").cloned().unwrap_or_default();
    let place = picture.places.get(&from);
    let place = place.ok_or_else(|| Error::NotFound { what: "place", code: from.clone() })?;
    let days = parameters.get("days").and_then(|days| days.parse().ok()).unwrap_or(AHEAD_DAYS).clamp(0, 3_660);
    let before = site.app.now().checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MAX);
    let name = |sheet: &str, code: &Code| name_of(&picture, sheet, code.as_str()).unwrap_or_else(|| code.to_string());
    let begins = |name: &str| said(parameters, name);
    let mut ahead = Ahead { before, ..Ahead::default() };
    if let Some((at, skip)) = begins("cursor").and_then(|text| cursor::read::<(i64, usize)>(&text)) {
        ahead.from = (Timestamp::from_microsecond(at).unwrap_or(Timestamp::MIN), skip);
    }
    let planned = site.app.proposals(viewer, &from, &ahead).await?;
    let after: Option<String> = begins("stock").and_then(|text| cursor::read(&text));
    let stocks = site.app.stock(viewer, &from, after.as_deref(), MOST_PROPOSED).await?;
    let on =
        |name: &str, cursor: String| format!("/consignments/new?from={}&days={days}&{name}={cursor}", escaped(&from));
    let more_planned = planned.next.map(|(at, skip)| on("cursor", cursor::write(&(at.as_microsecond(), skip))));
    let more_stock = stocks.next.as_ref().map(|last| on("stock", cursor::write(last)));
    let proposals = planned.found.into_iter().map(|proposal| {
        let title = [("to", name("places", &proposal.to).into()), ("x", name("parties", &proposal.consignee).into())];
        let typed = |value: &str| given.typed(&quantity_of(value));
        let values: Vec<String> = proposal.lines.iter().map(|line| format!("{}:{}", line.plan, line.line)).collect();
        let sent = values.iter().any(|value| typed(value).is_some());
        let text = |name: &str| if sent { given.text(name).to_owned() } else { String::new() };
        let row = |(line, value): (&ProposedLine, String)| ProposedRow {
            what: name("resources", &line.resource),
            offer: line.offer.as_ref().map(ToString::to_string).unwrap_or_default(),
            need: line.need.as_ref().map(ToString::to_string).unwrap_or_default(),
            departs: figures::moment(line.departs_at),
            quantity: line.quantity,
            taken: !sent || given.has("line", &value),
            typed: typed(&value).map_or_else(|| line.quantity.to_string(), str::to_owned),
            value,
        };
        Proposed {
            title: say_with("consignment-to", &title),
            departs: figures::moment(proposal.departs_at),
            lines: proposal.lines.iter().zip(values.clone()).map(row).collect(),
            remark: text("remark"),
            reason: text("reason"),
        }
    });
    // A link names an offer and a need; a form that was refused what was typed.
    let sent = ["from_offer", "from_stock"].into_iter().find(|form| given.has(form, "yes"));
    let asked = |name: &str| match sent {
        Some(_) => given.text(name).to_owned(),
        None => parameters.get(name).cloned().unwrap_or_default(),
    };
    let offered = |(offer, left): (Offer, i64)| Offered {
        what: say_with(
            "consignment-left",
            &[("what", name("resources", offer.resource.code()).into()), ("text", figures::whole(left).into())],
        ),
        chosen: asked("offer") == offer.code.as_str(),
        code: offer.code.to_string(),
    };
    let stock = |(key, left): (AccountKey, i64)| {
        let account = key.to_string();
        let owner = name("parties", &key.owner);
        Stock {
            what: name("resources", &key.resource),
            owner: match key.caveats.is_empty() {
                true => owner,
                false => format!("{owner} ({})", key.caveats.iter().map(Code::as_str).collect::<Vec<_>>().join(", ")),
            },
            left,
            taken: given.has("account", &account),
            typed: given.text(&quantity_of(&account)).to_owned(),
            serials: given.text(&serials_of(&account)).to_owned(),
            by_serial: picture.item_of(key.resource.as_str()).is_some_and(|item| item.tracking == Tracking::Serial),
            account,
        }
    };
    Ok(NewPage {
        stock: stocks.found.into_iter().map(stock).collect(),
        begins: LISTS.iter().filter_map(|name| Some((*name, begins(name)?))).collect(),
        more_planned,
        more_stock,
        sent: sent.unwrap_or_default(),
        offers: site.app.unpromised(viewer, &from).await?.into_iter().map(offered).collect(),
        need: asked("need"),
        to: asked("to"),
        route: if sent.is_some() { asked("route") } else { String::new() },
        lanes: lanes(&picture),
        quantity: asked("quantity"),
        remark: if sent.is_some() { asked("remark") } else { String::new() },
        reason: if sent.is_some() { asked("reason") } else { String::new() },
        proposals: proposals.collect(),
        name: place.name.to_string(),
        shell: Shell::new(asker, &picture, "nav-consignments", say("consignment-make")),
        from,
        days,
        wrong,
    })
}

/// The field that tells how many of a line are taken along.
fn quantity_of(line: &str) -> String {
    format!("quantity {line}")
}

/// The field that names which units of an account are taken along.
fn serials_of(account: &str) -> String {
    format!("serials {account}")
}

/// Makes up a consignment.
pub(crate) async fn create(State(site): State<Site>, asker: Asker, Form(given): Form<Given>) -> Response {
    let made = async { site.app.consignment_make(&new(&given)?, &asker.form(given.reason(), &given)?).await };
    match made.await {
        Ok(code) => Redirect::to(&format!("/consignments/{code}?said=saved")).into_response(),
        Err(error) => {
            let kept = ["from", "days"].iter().chain(&LISTS);
            let parameters: Parameters = kept.map(|name| ((*name).to_owned(), given.text(name).to_owned())).collect();
            problem::again(&error, |wrong| new_page(&site, &asker, &parameters, Some(wrong), &given)).await
        }
    }
}

/// What was ticked, and how many of it; or what is taken from an offer, or from stock.
fn new(given: &Given) -> Result<New, Error> {
    let filled = |name: &str| Some(given.text(name).trim().to_owned()).filter(|text| !text.is_empty());
    let route: Vec<String> = named(given.text("route")).map(str::to_owned).collect();
    if given.has("from_stock", "yes") {
        let line = |account: &str| {
            let serials: Vec<String> = named(given.text(&serials_of(account))).map(str::to_owned).collect();
            let quantity = given.number(&quantity_of(account))?;
            Ok(NewLine::Stock {
                account: account.to_owned(),
                quantity: quantity.unwrap_or(i64::try_from(serials.len()).unwrap_or(i64::MAX)),
                need: filled("need"),
                serials,
            })
        };
        return Ok(New {
            from: given.text("from").to_owned(),
            to: filled("to"),
            lines: given.all("account").map(line).collect::<Result<_, Error>>()?,
            remark: given.text("remark").to_owned(),
            route,
        });
    }
    if given.has("from_offer", "yes") {
        let offer = given.text("offer").to_owned();
        return Ok(New {
            from: given.text("from").to_owned(),
            to: filled("to"),
            lines: vec![NewLine::Offer {
                offer,
                quantity: given.number("quantity")?.unwrap_or_default(),
                need: filled("need"),
            }],
            remark: given.text("remark").to_owned(),
            route,
        });
    }
    let line = |value: &str| {
        let right = || Error::Invalid(message!("field-must-be", name = "line", right = message!("plan-and-line")));
        let (plan, line) = value.split_once(':').ok_or_else(right)?;
        let line = line.parse().map_err(|_| right())?;
        Ok(NewLine::Plan { plan: plan.to_owned(), line, quantity: given.number(&quantity_of(value))? })
    };
    Ok(New {
        from: given.text("from").to_owned(),
        to: None,
        route: Vec::new(),
        lines: given.all("line").map(line).collect::<Result<_, Error>>()?,
        remark: given.text("remark").to_owned(),
    })
}

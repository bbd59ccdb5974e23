//! Units with serial numbers: lists of where they are, and on the page of one where it is and all that happened to it.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};
use muster_app::{
    Error,
    storage::transfer::held::{HeldFilter, HeldUnit},
    unit::{Happened, Happening},
};
use muster_domain::{
    code::Code,
    field::Field,
    ledger::account::{AccountKey, AccountPurpose, Whereabouts},
    picture::Picture,
};

use super::{
    consignment::{code_cell, parties, places},
    end_use::{caveats, unit_address},
    figures, loss,
    record::{
        cells::Cell,
        list::{Parameters, kept, said},
        panels::{Panel, record_cell, side_text, text_cell},
    },
    repair, third_party,
};
use crate::{
    Site,
    address::escaped,
    auth::Asker,
    cursor, problem,
    shell::{Shell, html},
    text::{self, filters, say, say_with},
};

/// Units on a page.
const MOST: usize = 200;

/// Units of an offer beside it.
const MOST_OF_OFFER: usize = 12;

/// What a list of units is asked for by.
const KEPT: [&str; 5] = ["offer", "holder", "place", "serial", "purpose"];

#[derive(Template)]
#[template(path = "unit_list.html")]
struct ListPage {
    shell: Shell,
    panel: Panel,
    offer: String,
    holder: String,
    place: String,
    serial: String,
    /// What they may be in an account for, with its name and whether it is chosen.
    purposes: Vec<(&'static str, String, bool)>,
    places: Vec<(String, String)>,
    parties: Vec<(String, String)>,
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
    let picture = site.app.picture(&asker.viewer).await?;
    let text = |name: &str| said(parameters, name);
    let purpose = text("purpose").and_then(|word| AccountPurpose::parse(&word).ok());
    let filter = HeldFilter {
        offer: text("offer"),
        holder: text("holder"),
        place: text("place"),
        serial: text("serial"),
        purpose,
        after: text("cursor").and_then(|cursor| cursor::read(&cursor)),
        ..HeldFilter::default()
    };
    let mut found = site.app.units(&asker.viewer, &filter, MOST as i64 + 1).await?;
    let next = cursor::next(&mut found, MOST, HeldUnit::place);
    let mut panel = panel(&picture, &found);
    panel.link = next
        .map(|cursor| (format!("/units?{}cursor={cursor}", kept(parameters, &KEPT)), say("list-more").into_owned()));
    let of_units = AccountPurpose::ALL.iter().filter(|one| **one != AccountPurpose::Fund);
    Ok(ListPage {
        shell: Shell::new(asker, &picture, "nav-end-use", say("units")),
        panel,
        offer: text("offer").unwrap_or_default(),
        holder: text("holder").unwrap_or_default(),
        place: text("place").unwrap_or_default(),
        serial: text("serial").unwrap_or_default(),
        purposes: of_units.map(|one| (one.as_str(), purpose_name(*one), purpose == Some(*one))).collect(),
        places: places(&picture),
        parties: parties(&picture),
    })
}

/// What an account is for, in words.
pub(crate) fn purpose_name(purpose: AccountPurpose) -> String {
    text::word(&format!("account-{}", purpose.as_str())).into_owned()
}

/// Where something is: at a place, or on a lane.
fn where_cell(picture: &Picture, account: &AccountKey) -> Cell {
    match account.whereabouts() {
        Some(Whereabouts::Place(place)) => record_cell(picture, "places", place.as_str()),
        Some(Whereabouts::Lane(lane)) => record_cell(picture, "lanes", lane.as_str()),
        None => Cell::default(),
    }
}

fn offer_cell(picture: &Picture, offer: Option<&Code>) -> Cell {
    offer.map(|offer| record_cell(picture, "offers", offer.as_str())).unwrap_or_default()
}

/// A table of units, each with where it is.
fn panel(picture: &Picture, found: &[HeldUnit]) -> Panel {
    let columns = [
        ("end-use-serial", false),
        ("variance-what", false),
        ("consignment-state", false),
        ("consignment-place", false),
        ("variance-holder", false),
        ("unit-owner", false),
        ("end-use-offer", false),
        ("consignment", false),
        ("unit-since", false),
        ("end-use-checked", false),
    ];
    let mut panel = Panel::new("units", &columns);
    for one in found {
        let account = &one.account;
        panel.row(vec![
            Cell::link(one.serial.clone(), unit_address(account.resource.as_str(), &one.serial)),
            record_cell(picture, "resources", account.resource.as_str()),
            text_cell(purpose_name(account.purpose)),
            where_cell(picture, account),
            record_cell(picture, "parties", account.holder.as_str()),
            record_cell(picture, "parties", account.owner.as_str()),
            offer_cell(picture, one.offer.as_ref()),
            one.consignment.as_ref().map(code_cell).unwrap_or_default(),
            text_cell(figures::moment(one.since)),
            text_cell(one.checked_at.map_or_else(String::new, figures::moment)),
        ]);
    }
    panel
}

/// The units of an offer with where each is, and the list of all; none, if it has none with serial numbers that the viewer sees.
pub(crate) async fn of_offer(
    site: &Site,
    asker: &Asker,
    picture: &Picture,
    offer: &str,
) -> Result<Option<Panel>, Error> {
    if !asker.viewer.is_known() {
        return Ok(None);
    }
    let filter = HeldFilter { offer: Some(offer.to_owned()), ..HeldFilter::default() };
    let mut found = site.app.units(&asker.viewer, &filter, MOST_OF_OFFER as i64 + 1).await?;
    if found.is_empty() {
        return Ok(None);
    }
    cursor::cut(&mut found, MOST_OF_OFFER);
    let mut panel = panel(picture, &found);
    panel.link = Some((format!("/units?offer={}", escaped(offer)), say("units-all").into_owned()));
    Ok(Some(panel))
}

/// What is known of where a unit is: the name of each fact, and the fact. `state` says what became of it, where more is known than what its
/// account is for.
pub(crate) fn facts(
    picture: &Picture,
    resource: &str,
    unit: Option<&HeldUnit>,
    state: Option<Cell>,
) -> Vec<(&'static str, Cell)> {
    let Some(unit) = unit else {
        let gone = state.unwrap_or_else(|| text_cell(say("end-use-gone")));
        return vec![("variance-what", record_cell(picture, "resources", resource)), ("consignment-state", gone)];
    };
    let account = &unit.account;
    let donor = unit.offer.as_ref().and_then(|offer| picture.offers.get(offer.as_str()));
    vec![
        ("variance-what", record_cell(picture, "resources", account.resource.as_str())),
        ("consignment-state", state.unwrap_or_else(|| text_cell(purpose_name(account.purpose)))),
        ("consignment-place", where_cell(picture, account)),
        ("variance-holder", record_cell(picture, "parties", account.holder.as_str())),
        ("unit-owner", record_cell(picture, "parties", account.owner.as_str())),
        ("unit-since", text_cell(figures::moment(unit.since))),
        ("consignment", unit.consignment.as_ref().map(code_cell).unwrap_or_default()),
        ("end-use-offer", offer_cell(picture, unit.offer.as_ref())),
        ("panel-donor", donor.map(|offer| record_cell(picture, "parties", offer.donor.as_str())).unwrap_or_default()),
        ("end-use-caveats", caveats(picture, account.caveats.iter().map(Code::as_str))),
    ]
}

/// All that happened to a unit.
pub(crate) fn history(picture: &Picture, serial: &str, all: &[Happening]) -> Panel {
    let columns = [
        ("panel-when", false),
        ("panel-what", false),
        ("consignment-place", false),
        ("panel-from-to", false),
        ("consignment", false),
        ("panel-who", false),
    ];
    let mut panel = Panel::new("unit-history", &columns);
    for one in all {
        let place = one.place.as_ref().map(|place| record_cell(picture, "places", place.as_str()));
        let way = one.way.as_ref().map_or_else(String::new, |(from, to)| {
            format!("{} → {}", side_text(picture, from), side_text(picture, to))
        });
        let who = if one.remark.is_empty() { one.actor.clone() } else { format!("{}: {}", one.actor, one.remark) };
        panel.row(vec![
            text_cell(figures::moment(one.occurred_at)),
            Cell::link(what(one), leads_to(one)),
            place.unwrap_or_default(),
            text_cell(way),
            one.consignment.as_ref().map(code_cell).unwrap_or_default(),
            text_cell(who),
        ]);
    }
    panel.link = Some((format!("/journal?serial={}", escaped(serial)), say("unit-journal").into_owned()));
    panel
}

/// What happened, in words.
fn what(one: &Happening) -> String {
    let word = match one.what {
        Happened::Moved => text::word(&format!("activity-{}", one.word)),
        _ => text::word(one.word),
    };
    let code = one.code.as_ref().map_or_else(String::new, ToString::to_string);
    say_with(&format!("unit-{}", one.what.as_str()), &[("x", word.into_owned().into()), ("code", code.into())])
}

/// The page of what happened, if it has one.
fn leads_to(one: &Happening) -> String {
    let Some(code) = &one.code else { return String::new() };
    match one.what {
        Happened::Signed => one.consignment.as_ref().map_or_else(String::new, |consignment| {
            let (consignment, code) = (escaped(consignment.as_str()), escaped(code.as_str()));
            format!("/api/v1/consignments/{consignment}/documents/handover_receipt?handover={code}")
        }),
        Happened::Variance | Happened::Resolved => format!("/variances/{}", escaped(code.as_str())),
        Happened::Lost | Happened::Found => loss::address(code),
        Happened::Asked | Happened::Answered | Happened::Ended => third_party::address(code),
        Happened::Repair => repair::address(code.as_str()),
        Happened::Moved
        | Happened::Reached
        | Happened::Checked
        | Happened::CheckTakenBack
        | Happened::Disposed
        | Happened::DisposalTakenBack => String::new(),
    }
}

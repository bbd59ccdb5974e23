//! Pages that answer one question with one table: what each party calls delivered, what passed through a place, what others told.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use muster_app::{
    App, Error, end_of, start_of,
    storage::{
        epcis::captured::Kept,
        transfer::{
            Movement,
            carried::{Carried, CarriedLine, InAll},
            delivered::Delivered,
            tell::Passed,
        },
    },
};
use muster_domain::{
    code::Code,
    consignment::Milestone,
    field::{Currency, Field as _},
    gs1::Sscc,
    message,
    picture::Picture,
};

use super::{
    consignment::code_cell,
    figures,
    record::{
        cells::{Cell, Part, name_of},
        list::{Parameters, said},
        panels::{Panel, number_cell, record_cell, text_cell},
    },
};
use crate::{
    Site,
    address::escaped,
    auth::Asker,
    cursor, problem,
    shell::{AsOf, Shell, html},
    text::{self, filters, say, say_with},
};

/// Rows on a page.
const MOST: i64 = 100;

/// Lines of a consignment that a row names.
const MOST_LINES: usize = 6;

/// How far back it is looked for what passed, unless asked otherwise, in days.
const BACK_DAYS: i64 = 91;

#[derive(Template)]
#[template(path = "asked.html")]
struct AskedPage {
    shell: Shell,
    address: &'static str,
    hint: String,
    fields: Vec<Asked>,
    panel: Panel,
    next: Option<String>,
    /// A second table, of the first in all or in parts.
    beside: Option<Panel>,
    wrong: Option<String>,
}

/// A field by which a page is asked.
struct Asked {
    name: &'static str,
    label: &'static str,
    /// The browser's kind of field.
    kind: &'static str,
    value: String,
}

impl Asked {
    fn text(name: &'static str, label: &'static str, parameters: &Parameters) -> Self {
        Self { name, label, kind: "text", value: said(parameters, name).unwrap_or_default() }
    }
}

/// The address of the next page: the same questions, and where this one ended.
fn next(address: &str, fields: &[Asked], cursor: String) -> String {
    let asked = fields.iter().filter(|field| !field.value.is_empty());
    let mut pairs: Vec<String> = asked.map(|field| format!("{}={}", field.name, escaped(&field.value))).collect();
    pairs.push(format!("cursor={cursor}"));
    format!("{address}?{}", pairs.join("&"))
}

fn answer(asker: &Asker, page: Result<AskedPage, Error>) -> Response {
    match page {
        _ if !asker.viewer.is_known() => problem::page(problem::Kind::NotFound, None),
        Ok(page) => html(&page),
        Err(error) => problem::of(&error),
    }
}

fn day_of(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}

fn day(parameters: &Parameters, name: &str) -> Option<Date> {
    parameters.get(name).and_then(|day| day.parse().ok())
}

/// What each party calls delivered, side by side, as of a date.
pub(crate) async fn delivered(
    State(site): State<Site>,
    asker: Asker,
    Query(parameters): Query<Parameters>,
) -> Response {
    answer(&asker, delivered_page(&site, &asker, &parameters).await)
}

async fn delivered_page(site: &Site, asker: &Asker, parameters: &Parameters) -> Result<AskedPage, Error> {
    let picture = site.app.picture(&asker.viewer).await?;
    let (date, known) = (day(parameters, "as_of"), day(parameters, "known"));
    // Who means the same milestone is told the same.
    let mut by_milestone: BTreeMap<Milestone, Vec<Delivered>> = BTreeMap::new();
    for term in picture.delivery_terms.values() {
        if let Entry::Vacant(untold) = by_milestone.entry(term.milestone) {
            let told = site.app.delivered(&asker.viewer, term.code.as_str(), App::as_of(date, known)).await?;
            untold.insert(told.1);
        }
    }
    let mut panel = Panel::new("delivered", &[("variance-what", false)]);
    for term in picture.delivery_terms.values() {
        let whose = name_of(&picture, "parties", term.party.as_str()).unwrap_or_else(|| term.party.to_string());
        let milestone = text::word(term.milestone.as_str()).to_lowercase();
        panel.headings.push((format!("{whose}: {} ({milestone})", term.name), true));
    }
    let dates: String =
        ["as_of", "known"].iter().filter_map(|name| Some(format!("&{name}={}", day(parameters, name)?))).collect();
    let resources: BTreeSet<&Code> = by_milestone.values().flatten().map(|row| &row.resource).collect();
    for resource in resources {
        let units = |term: &muster_domain::delivery::DeliveryTerm| {
            let rows = by_milestone.get(&term.milestone).into_iter().flatten();
            rows.filter(|row| row.resource == *resource).map(|row| row.units).sum()
        };
        let counts = picture.delivery_terms.values().map(|term| {
            let units = units(term);
            let mut cell = number_cell(units);
            for part in cell.parts.iter_mut().filter(|_| units != 0) {
                let (term, resource) = (escaped(term.code.as_str()), escaped(resource.as_str()));
                part.href = format!("/delivered?term={term}&resource={resource}{dates}#beside");
            }
            cell
        });
        panel.row(std::iter::once(record_cell(&picture, "resources", resource.as_str())).chain(counts).collect());
    }
    let chosen = said(parameters, "term").and_then(|term| picture.delivery_terms.get(&term));
    let beside = chosen.zip(said(parameters, "resource")).map(|(term, resource)| {
        let rows = by_milestone.get(&term.milestone).into_iter().flatten();
        let rows: Vec<&Delivered> = rows.filter(|row| row.resource.as_str() == resource).collect();
        by_offer(&picture, (term.name.as_str(), &resource), &rows)
    });
    let mut shell = Shell::new(asker, &picture, "nav-consignments", say("asked-delivered"));
    shell.as_of = Some(AsOf { date, known, address: "/delivered" });
    let hint = say("asked-delivered-hint").into_owned();
    Ok(AskedPage { shell, address: "/delivered", hint, fields: vec![], panel, next: None, beside, wrong: None })
}

/// Of which offers that is which a term calls delivered of a resource.
fn by_offer(picture: &Picture, (term, resource): (&str, &str), rows: &[&Delivered]) -> Panel {
    let columns = [
        ("panel-offer", false),
        ("panel-donor", false),
        ("panel-quantity", true),
        ("asked-value", true),
        ("nav-consignments", true),
    ];
    let mut panel = Panel::new("delivered-of", &columns);
    let name = name_of(picture, "resources", resource).unwrap_or_else(|| resource.to_owned());
    panel.title = say_with("asked-delivered-of", &[("x", name.into()), ("term", term.into())]);
    for row in rows {
        let offer = row.offer.as_ref().map(Code::as_str);
        let mut consignments = number_cell(row.consignments);
        for (part, offer) in consignments.parts.iter_mut().zip(offer) {
            part.href = format!("/consignments?offer={}", escaped(offer));
        }
        let worth = row.worth.as_ref().map_or_else(String::new, |(currency, minor)| match Currency::parse(currency) {
            Ok(known) => figures::money(known.code(), known.places(), *minor),
            Err(_) => minor.to_string(),
        });
        panel.row(vec![
            offer.map_or_else(Cell::default, |offer| record_cell(picture, "offers", offer)),
            donors(picture, offer.into_iter()),
            number_cell(row.units),
            Cell { number: true, ..text_cell(worth) },
            consignments,
        ]);
    }
    panel
}

/// Who gave offers, as far as the viewer sees these.
fn donors<'a>(picture: &Picture, offers: impl Iterator<Item = &'a str>) -> Cell {
    let donors: BTreeSet<&str> = offers.filter_map(|offer| Some(picture.offers.get(offer)?.donor.as_str())).collect();
    let parts = donors.into_iter().flat_map(|donor| record_cell(picture, "parties", donor).parts).collect();
    Cell { parts, ..Cell::default() }
}

/// What passed through a place, from one day to another.
pub(crate) async fn passed(State(site): State<Site>, asker: Asker, Query(parameters): Query<Parameters>) -> Response {
    answer(&asker, passed_page(&site, &asker, &parameters).await)
}

async fn passed_page(site: &Site, asker: &Asker, parameters: &Parameters) -> Result<AskedPage, Error> {
    let picture = site.app.picture(&asker.viewer).await?;
    let back = site.app.now().checked_sub(SignedDuration::from_hours(24 * BACK_DAYS)).unwrap_or(Timestamp::MIN);
    let from = day(parameters, "from").unwrap_or_else(|| day_of(back));
    let to = day(parameters, "to");
    let fields = vec![
        Asked::text("place", "movements-place", parameters),
        Asked { name: "from", label: "asked-from", kind: "date", value: from.to_string() },
        Asked {
            name: "to",
            label: "asked-to",
            kind: "date",
            value: to.map_or_else(String::new, |day| day.to_string()),
        },
    ];
    let columns = [
        ("panel-when", false),
        ("asked-milestone", false),
        ("consignment", false),
        ("asked-goods", false),
        ("panel-donor", false),
        ("asked-conveyance", false),
    ];
    let mut panel = Panel::new("passed", &columns);
    let (mut more, mut beside, mut wrong) = (None, None, None);
    let place = fields[0].value.clone();
    if !place.is_empty() {
        if !picture.places.contains_key(&place) {
            wrong = Some(text::words(&message!("no-such-place", place = &place)));
        }
        let ended = said(parameters, "cursor").and_then(|text| cursor::read::<(i64, String, i64)>(&text));
        let after = ended.and_then(|(at, consignment, number)| {
            let occurred_at = Timestamp::from_microsecond(at).ok()?;
            Some(Passed { consignment: Code::new(&consignment).ok()?, kind: Milestone::Departed, occurred_at, number })
        });
        let time = (start_of(from), to.map_or(Timestamp::MAX, end_of));
        let found = site.app.passed(&asker.viewer, &place, time, after.as_ref(), MOST).await?;
        let carried = site.app.carried(&asker.viewer, &found).await?;
        for (one, with) in found.iter().zip(&carried) {
            panel.row(vec![
                text_cell(figures::moment(one.occurred_at)),
                text_cell(text::word(one.kind.as_str())),
                code_cell(&one.consignment),
                goods(&picture, with),
                donors(&picture, with.lines.iter().filter_map(|line| line.offer.as_ref()).map(Code::as_str)),
                with.on.as_ref().map_or_else(Cell::default, conveyance),
            ]);
        }
        // In all is told once, where the list begins.
        if after.is_none() && !found.is_empty() {
            beside = Some(in_all(&picture, &site.app.passed_in_all(&asker.viewer, &place, time).await?));
        }
        let last = found.last().filter(|_| found.len() as i64 == MOST);
        let at = |last: &Passed| (last.occurred_at.as_microsecond(), last.consignment.to_string(), last.number);
        more = last.map(|last| next("/passed", &fields, cursor::write(&at(last))));
    }
    let shell = Shell::new(asker, &picture, "nav-movements", say("asked-passed"));
    let hint = say("asked-passed-hint").into_owned();
    Ok(AskedPage { shell, address: "/passed", hint, fields, panel, next: more, beside, wrong })
}

/// Goods with how many there are of each: the first lines, and how many there are more.
fn goods(picture: &Picture, with: &Carried) -> Cell {
    let line = |line: &CarriedLine| {
        let href = record_cell(picture, "resources", line.resource.as_str()).parts.pop().unwrap_or_default().href;
        let name = name_of(picture, "resources", line.resource.as_str());
        let name = name.unwrap_or_else(|| line.resource.to_string());
        Part { text: format!("{} {name}", figures::whole(line.quantity)), href }
    };
    let mut parts: Vec<Part> = with.lines.iter().take(MOST_LINES).map(line).collect();
    let more = with.lines.len().saturating_sub(MOST_LINES);
    if more > 0 {
        parts.push(Part { text: format!("+{more}"), href: String::new() });
    }
    Cell { parts, ..Cell::default() }
}

fn conveyance(on: &Movement) -> Cell {
    Cell::link(format!("{}, {}", on.carrier, on.conveyance), format!("/movements/{}", escaped(on.code.as_str())))
}

/// What passed in all, by what it is and which milestone it reached.
fn in_all(picture: &Picture, all: &[InAll]) -> Panel {
    let columns = [
        ("variance-what", false),
        ("asked-milestone", false),
        ("panel-quantity", true),
        ("asked-tonnes", true),
        ("nav-consignments", true),
    ];
    let mut panel = Panel::new("passed-in-all", &columns);
    for one in all {
        let mass_kg = picture.item_of(one.resource.as_str()).and_then(|item| item.mass_kg);
        let tonnes = mass_kg.map(|mass| figures::rounded(one.units as f64 * mass.as_f64() / 1_000.0));
        panel.row(vec![
            record_cell(picture, "resources", one.resource.as_str()),
            text_cell(text::word(one.kind.as_str())),
            number_cell(one.units),
            Cell { number: true, ..text_cell(tonnes.unwrap_or_default()) },
            number_cell(one.consignments),
        ]);
    }
    panel
}

/// What others told by events of EPCIS, of a consignment, a serial number or a handling unit, or of all.
pub(crate) async fn captured(State(site): State<Site>, asker: Asker, Query(parameters): Query<Parameters>) -> Response {
    answer(&asker, captured_page(&site, &asker, &parameters).await)
}

async fn captured_page(site: &Site, asker: &Asker, parameters: &Parameters) -> Result<AskedPage, Error> {
    let picture = site.app.picture(&asker.viewer).await?;
    let fields = vec![
        Asked::text("consignment", "consignment", parameters),
        Asked::text("serial", "journal-serial", parameters),
        Asked::text("sscc", "asked-sscc", parameters),
    ];
    let columns = [
        ("panel-when", false),
        ("panel-what", false),
        ("asked-disposition", false),
        ("asked-by", false),
        ("asked-taken-in", false),
        ("asked-id", false),
    ];
    let mut panel = Panel::new("captured", &columns);
    let (mut more, mut wrong) = (None, None);
    let sscc = Some(&fields[2].value).filter(|text| !text.is_empty()).map(|text| Sscc::parse(text)).transpose();
    match sscc {
        Err(right) => wrong = Some(text::words(&message!("field-must-be", name = "SSCC", right))),
        Ok(sscc) => {
            let named =
                [said(parameters, "consignment"), said(parameters, "serial"), sscc.map(|sscc| sscc.to_string())];
            let after = said(parameters, "cursor").and_then(|text| cursor::read(&text));
            let found = site.app.epcis_evidence(&asker.viewer, named, after.as_ref(), MOST).await?;
            for one in &found {
                panel.row(event_row(&picture, one));
            }
            let last = found.last().filter(|_| found.len() as i64 == MOST);
            let at = |k: &Kept| (k.captured_at.as_microsecond(), k.hash.clone(), k.declared_at, k.party.clone());
            more = last.map(|last| next("/captured", &fields, cursor::write(&at(last))));
        }
    }
    let shell = Shell::new(asker, &picture, "nav-consignments", say("asked-captured"));
    let hint = say("asked-captured-hint").into_owned();
    Ok(AskedPage { shell, address: "/captured", hint, fields, panel, next: more, beside: None, wrong })
}

/// A word of the standard's vocabularies, for people; what is not theirs stays as it is.
fn cbv(uri: &str) -> String {
    let word = ["https://ref.gs1.org/cbv/BizStep-", "https://ref.gs1.org/cbv/Disp-"]
        .iter()
        .find_map(|vocabulary| uri.strip_prefix(vocabulary));
    word.map_or_else(|| uri.to_owned(), |word| text::word(word).into_owned())
}

fn event_row(picture: &Picture, event: &Kept) -> Vec<Cell> {
    let words = |name: &Option<String>| name.as_ref().map_or_else(String::new, |name| cbv(name));
    let party = match event.party.as_str() {
        "" => text_cell(event.actor.clone()),
        party => record_cell(picture, "parties", party),
    };
    let id = match event.declared_at {
        0 => event.id.clone(),
        _ => format!("{} ({})", event.id, say("asked-said-wrong")),
    };
    vec![
        text_cell(figures::moment(event.occurred_at)),
        text_cell(match &event.step {
            Some(step) => cbv(step),
            None => event.kind.clone(),
        }),
        text_cell(words(&event.disposition)),
        party,
        text_cell(figures::moment(event.captured_at)),
        text_cell(id),
    ]
}

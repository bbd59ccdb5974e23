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
        transfer::tell::{Delivered, Passed},
    },
};
use muster_domain::{code::Code, consignment::Milestone, field::Field as _, gs1::Sscc, message, picture::Picture};

use super::{
    consignment::code_cell,
    figures,
    record::{
        cells::{Cell, name_of},
        list::{Parameters, said},
        panels::{Panel, number_cell, record_cell, text_cell},
    },
};
use crate::{
    Site,
    auth::Asker,
    cursor, problem,
    shell::{AsOf, Shell, html},
    text::{self, filters, say},
};

/// Rows on a page.
const MOST: i64 = 100;
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
    let mut pairs: Vec<String> =
        asked.map(|field| format!("{}={}", field.name, crate::address::escaped(&field.value))).collect();
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
    let resources: BTreeSet<&Code> = by_milestone.values().flatten().map(|row| &row.resource).collect();
    for resource in resources {
        let units = |term: &muster_domain::delivery::DeliveryTerm| {
            let rows = by_milestone.get(&term.milestone).into_iter().flatten();
            rows.filter(|row| row.resource == *resource).map(|row| row.units).sum()
        };
        let counts = picture.delivery_terms.values().map(|term| number_cell(units(term)));
        panel.row(std::iter::once(record_cell(&picture, "resources", resource.as_str())).chain(counts).collect());
    }
    let mut shell = Shell::new(asker, &picture, "nav-consignments", say("asked-delivered"));
    shell.as_of = Some(AsOf { date, known, address: "/delivered" });
    let hint = say("asked-delivered-hint").into_owned();
    Ok(AskedPage { shell, address: "/delivered", hint, fields: vec![], panel, next: None, wrong: None })
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
    let columns = [("panel-when", false), ("asked-milestone", false), ("consignment", false)];
    let mut panel = Panel::new("passed", &columns);
    let (mut more, mut wrong) = (None, None);
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
        for one in &found {
            panel.row(vec![
                text_cell(figures::moment(one.occurred_at)),
                text_cell(text::word(one.kind.as_str())),
                code_cell(&one.consignment),
            ]);
        }
        let last = found.last().filter(|_| found.len() as i64 == MOST);
        let at = |last: &Passed| (last.occurred_at.as_microsecond(), last.consignment.to_string(), last.number);
        more = last.map(|last| next("/passed", &fields, cursor::write(&at(last))));
    }
    let shell = Shell::new(asker, &picture, "nav-movements", say("asked-passed"));
    let hint = say("asked-passed-hint").into_owned();
    Ok(AskedPage { shell, address: "/passed", hint, fields, panel, next: more, wrong })
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
    Ok(AskedPage { shell, address: "/captured", hint, fields, panel, next: more, wrong })
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

//! The journal: what happened, what is to happen, and what was done to records, newest first.

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};
use jiff::Timestamp;
use muster_app::{end_of, ledger::Told, storage::ledger::read::EntryFilter};
use muster_domain::{
    code::Code, field::Field, ledger::entry::Activity, picture::Picture, record::Shape, viewer::Sight,
};

use super::{
    consignment::code_cell,
    end_use::unit_address,
    figures,
    record::{
        address,
        cells::{Cell, Part},
        list::{Parameters, said},
        panels::{Panel, entry_cells, sheet_of, text_cell},
    },
};
use crate::{
    Site,
    address::escaped,
    auth::Asker,
    cursor, problem,
    shell::{Shell, html},
    text::{self, filters, say},
};

/// Entries on one page.
pub(crate) const PAGE: usize = 100;

/// Units of an entry that are named.
const MOST_NAMED: usize = 6;

#[derive(Template)]
#[template(path = "journal.html")]
struct JournalPage {
    shell: Shell,
    action: &'static str,
    title: String,
    hint: String,
    panel: Panel,
    activities: Vec<(&'static str, String, bool)>,
    offer: String,
    need: String,
    actor: String,
    serial: String,
    until: String,
    next: Option<String>,
}

pub(crate) async fn show(State(site): State<Site>, asker: Asker, Query(parameters): Query<Parameters>) -> Response {
    if !asker.viewer.is_known() {
        return problem::page(problem::Kind::NotFound, None);
    }
    let page = async {
        let picture = site.app.picture(&asker.viewer).await?;
        let shell = Shell::new(&asker, &picture, "nav-journal", say("nav-journal"));
        let (panel, next) = entries(&site, &asker, &parameters, "/journal").await?;
        let text = |name: &str| parameters.get(name).cloned().unwrap_or_default();
        let chosen = text("activity");
        Ok(JournalPage {
            title: say("nav-journal").into_owned(),
            hint: say("journal-hint").into_owned(),
            activities: Activity::ALL
                .iter()
                .map(|activity| {
                    let name = text::word(&format!("activity-{}", activity.as_str())).into_owned();
                    (activity.as_str(), name, chosen == activity.as_str())
                })
                .collect(),
            offer: text("offer"),
            need: text("need"),
            actor: text("actor"),
            serial: text("serial"),
            until: text("until"),
            action: "/journal",
            panel,
            next,
            shell,
        })
    };
    match page.await {
        Ok(page) => html(&page),
        Err(error) => problem::of(&error),
    }
}

/// What an entry is for, each with its page: offer, need, plan, consignment, units by their serial numbers, and records that it changed.
fn subject(picture: &Picture, told: &Told) -> Cell {
    let subject = &told.entry.subject;
    let mut parts: Vec<Part> = Vec::new();
    parts.extend(subject.offer.iter().map(|code| record_part(picture, "offers", code.as_str())));
    let need = |code: &Code| record_part(picture, sheet_of(picture, code.as_str()), code.as_str());
    parts.extend(subject.need.iter().map(need));
    let plan = |code: &Code| Part { text: code.to_string(), href: format!("/plan/{}", escaped(code.as_str())) };
    parts.extend(subject.plan.iter().map(plan));
    parts.extend(told.consignment.iter().flat_map(|code| code_cell(code).parts));
    let units: BTreeSet<(&str, &str)> = told
        .lines
        .iter()
        .filter(|line| !line.line.serial.is_empty())
        .map(|line| (line.to.1.resource.as_str(), line.line.serial.as_str()))
        .collect();
    let unit =
        |(resource, serial): &(&str, &str)| Part { text: (*serial).to_owned(), href: unit_address(resource, serial) };
    parts.extend(units.iter().take(MOST_NAMED).map(unit));
    if units.len() > MOST_NAMED {
        parts.push(Part { text: format!("+{}", units.len() - MOST_NAMED), href: String::new() });
    }
    let named = |key: &str| [&subject.offer, &subject.need].into_iter().flatten().any(|code| code.as_str() == key);
    for (sheet, key) in told.records.iter().filter(|(_, key)| !named(key)) {
        // A part is shown with what it is part of.
        let (whole, code) = match Shape::of(sheet).and_then(|shape| shape.part_of) {
            Some(whole) => (whole, key.split(' ').next().unwrap_or_default()),
            None => (sheet.as_str(), key.as_str()),
        };
        let text = format!("{} {key}", text::sheet(sheet));
        parts.push(Part { text, ..record_part(picture, whole, code) });
    }
    Cell { parts, ..Cell::default() }
}

/// The code of a record, which leads to it if the viewer sees it.
fn record_part(picture: &Picture, sheet: &str, code: &str) -> Part {
    let href = if picture.has(sheet, code) { address(sheet, code) } else { String::new() };
    Part { text: code.to_owned(), href }
}

/// A page of entries by the filter in the address, and the address of the next.
pub(crate) async fn entries(
    site: &Site,
    asker: &Asker,
    parameters: &Parameters,
    base: &str,
) -> Result<(Panel, Option<String>), muster_app::Error> {
    let viewer = &asker.viewer;
    let picture = site.app.picture(viewer).await?;
    let text = |name: &str| said(parameters, name);
    let everything = viewer.sight == Sight::Everything;
    let filter = EntryFilter {
        offer: text("offer"),
        need: text("need"),
        plan: text("plan").filter(|_| everything),
        activity: text("activity").and_then(|word| Activity::parse(&word).ok()),
        actor: text("actor"),
        serial: text("serial"),
    };
    let until = text("until").and_then(|day| day.parse().ok()).map_or(Timestamp::MAX, end_of);
    let place = text("cursor").and_then(|text| cursor::read(&text)).unwrap_or((until.as_microsecond(), 0));
    let mut told = match text("entry").and_then(|number| number.parse().ok()).filter(|_| everything) {
        Some(number) => site.app.entry(viewer, number).await?.into_iter().collect(),
        None => {
            let known = Timestamp::from_microsecond(place.0).unwrap_or(until);
            site.app.newest(viewer, &filter, (known, place.1), PAGE + 1).await?
        }
    };
    let next = cursor::turn(&mut told, PAGE, place, |one| one.entry.recorded_at);
    let columns = [
        ("journal-number", true),
        ("panel-when", false),
        ("panel-what", false),
        ("panel-quantity", true),
        ("panel-from-to", false),
        ("panel-who", false),
        ("journal-recorded", false),
        ("journal-for", false),
    ];
    let mut panel = Panel::new("journal", &columns);
    for one in &told {
        let number = if one.entry.number > 0 { one.entry.number.to_string() } else { String::new() };
        let mut cells = vec![Cell { number: true, ..text_cell(number) }];
        cells.extend(entry_cells(&picture, one));
        cells.push(text_cell(figures::moment(one.entry.recorded_at)));
        cells.push(subject(&picture, one));
        panel.row(cells);
    }
    let next = next.map(|cursor| {
        let kept = ["offer", "need", "plan", "activity", "actor", "serial", "until"];
        let mut pairs: Vec<String> =
            kept.iter().filter_map(|name| Some(format!("{name}={}", escaped(&text(name)?)))).collect();
        pairs.push(format!("cursor={cursor}"));
        format!("{base}?{}", pairs.join("&"))
    });
    Ok((panel, next))
}

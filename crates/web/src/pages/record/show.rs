//! One record: its columns, its parts, what can be done with it, what becomes of it, its label, and its history.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use muster_app::{Error, record::RecordView, storage::picture::Past};
use muster_domain::{label::Audience, picture::Picture};

use super::{
    Kind,
    cells::{Cell, cell, name_of, tag},
    kind,
    list::Parameters,
    need,
    panels::{self, Panel},
    section,
};
use crate::{
    Site,
    address::escaped,
    auth::Asker,
    pages::figures,
    problem,
    shell::{Shell, html},
    text::{self, filters, say, say_with},
};

#[derive(Template)]
#[template(path = "record.html")]
struct RecordPage {
    shell: Shell,
    sheet: String,
    sheet_name: String,
    key: String,
    address: String,
    name: String,
    state: Option<(String, &'static str)>,
    fictional: bool,
    facts: Vec<Cell>,
    parts: Vec<PartTable>,
    owner: String,
    seen_by: String,
    can_edit: bool,
    /// Whether it is a need that can be merged with others and split.
    is_need: bool,
    transitions: Vec<(String, String)>,
    panels: Vec<Panel>,
    history: Vec<Event>,
}

/// The parts of a record, of one sheet.
pub(crate) struct PartTable {
    pub(crate) name: String,
    pub(crate) headings: Vec<(String, bool)>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// A change in a record's history.
struct Event {
    at: String,
    actor: String,
    reason: String,
    what: String,
    /// Column, before, after.
    columns: Vec<(String, String, String)>,
}

/// A page on which something may just have been done, which it then says.
pub(crate) fn answer<P: Template>(
    page: Result<P, Error>,
    parameters: &Parameters,
    shell: impl FnOnce(&mut P) -> &mut Shell,
) -> Response {
    match page {
        Ok(mut page) => {
            shell(&mut page).said = just_done(parameters);
            html(&page)
        }
        Err(error) => problem::of(&error),
    }
}

/// What a page says that has just been done, by the address that led to it.
pub(crate) fn just_done(parameters: &Parameters) -> Option<String> {
    match parameters.get("said").map(String::as_str)? {
        "saved" => Some(say("said-saved").into_owned()),
        "made" => Some(say("said-made").into_owned()),
        "state" => Some(say("said-state").into_owned()),
        "unchanged" => Some(say("said-unchanged").into_owned()),
        "imported" => Some(say("said-imported").into_owned()),
        _ => None,
    }
}

pub(crate) async fn show(
    State(site): State<Site>,
    asker: Asker,
    Path((sheet, key)): Path<(String, String)>,
    Query(parameters): Query<Parameters>,
) -> Response {
    match page(&site, &asker, &sheet, &key, &parameters).await {
        Ok(page) => html(&page),
        Err(error) => problem::of(&error),
    }
}

async fn page(
    site: &Site,
    asker: &Asker,
    sheet: &str,
    key: &str,
    parameters: &Parameters,
) -> Result<RecordPage, muster_app::Error> {
    let viewer = &asker.viewer;
    let picture = site.app.picture(viewer).await?;
    let record = site.app.record(viewer, sheet, key).await?;
    let mut past = site.app.history(viewer, sheet, key).await?;
    for (part, rows) in &record.parts {
        for row in rows {
            let keys: Vec<&str> = part.key.iter().map(|k| part.cell(row, k)).collect();
            past.extend(site.app.history(viewer, part.sheet, &keys.join(" ")).await?);
        }
    }
    past.sort_by_key(|p| std::cmp::Reverse((p.recorded_at, p.number)));
    let name = name_of(&picture, sheet, key).unwrap_or_else(|| key.to_owned());
    let mut shell = Shell::new(asker, &picture, section(sheet).0, format!("{name} · {}", text::sheet(sheet)));
    shell.said = just_done(parameters);
    let hidden = ["state", "fictional", "releasable_to"];
    let facts = record
        .shape
        .columns
        .iter()
        .zip(&record.cells)
        .filter(|(c, text)| !hidden.contains(&c.name) && !text.is_empty() && !record.shape.key.contains(&c.name));
    let steps_state = picture.steps(key).last().map(|step| step.state.as_str());
    let state = match record.cell("state") {
        "" if sheet == "participations" => steps_state,
        "" => None,
        state => Some(state),
    };
    Ok(RecordPage {
        state: state.map(|state| (text::word(state).into_owned(), tag(state))),
        fictional: record.cell("fictional") == "yes",
        facts: facts.map(|(column, text)| cell(&picture, record.shape, column, text)).collect(),
        parts: record.parts.iter().map(|(shape, rows)| part_table(&picture, shape, rows)).collect(),
        owner: owner(&picture, &record),
        seen_by: seen_by(&picture, &record),
        can_edit: record.can.edit || record.can.release,
        is_need: need::changes(&picture, &record),
        transitions: record
            .can
            .transitions
            .iter()
            .map(|state| ((*state).to_owned(), text::word(state).into_owned()))
            .collect(),
        panels: panels::of(site, asker, &picture, &record).await?,
        history: past.into_iter().map(|past| event(sheet, past)).collect(),
        address: format!("/records/{sheet}/{}", escaped(key)),
        sheet_name: text::sheet(sheet).into_owned(),
        sheet: sheet.to_owned(),
        key: key.to_owned(),
        shell,
        name,
    })
}

fn part_table(picture: &Picture, shape: &'static muster_domain::record::Shape, rows: &[Vec<String>]) -> PartTable {
    let hidden = ["source", "fictional", shape.key[0]];
    let columns: Vec<(usize, _)> =
        shape.columns.iter().enumerate().filter(|(_, c)| !hidden.contains(&c.name)).collect();
    PartTable {
        name: text::sheet(shape.sheet).into_owned(),
        headings: columns
            .iter()
            .map(|(_, c)| (text::column(shape.sheet, c.name).into_owned(), kind(c) == Kind::Number))
            .collect(),
        rows: rows
            .iter()
            .map(|row| columns.iter().map(|(n, column)| cell(picture, shape, column, &row[*n])).collect())
            .collect(),
    }
}

fn owner(picture: &Picture, record: &RecordView) -> String {
    match &record.reach.owner {
        Some(party) => name_of(picture, "parties", party.as_str()).unwrap_or_else(|| party.to_string()),
        None => say("owner-mission").into_owned(),
    }
}

/// Who may see a record, in a sentence's end.
fn seen_by(picture: &Picture, record: &RecordView) -> String {
    let released = &record.reach.released;
    if released.contains(&Audience::Public) {
        return say("seen-by-public").into_owned();
    }
    if released.contains(&Audience::Participants) {
        return say("seen-by-participants").into_owned();
    }
    let names: Vec<String> = released
        .iter()
        .filter_map(|audience| match audience {
            Audience::Party(party) => {
                Some(name_of(picture, "parties", party.as_str()).unwrap_or_else(|| party.to_string()))
            }
            _ => None,
        })
        .collect();
    if names.is_empty() {
        say("seen-by-owner").into_owned()
    } else {
        say_with("seen-by-parties", &[("x", names.join(", ").into())])
    }
}

fn event(sheet: &str, past: Past) -> Event {
    let empty = Default::default();
    let (before, after) = (past.before.as_ref().unwrap_or(&empty), past.after.as_ref().unwrap_or(&empty));
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let text = |cells: &std::collections::BTreeMap<String, String>, name: &str| {
        cells.get(name).map_or_else(|| "–".to_owned(), Clone::clone)
    };
    let new = past.before.is_none();
    let columns = names.into_iter().filter(|name| !new && before.get(*name) != after.get(*name));
    let columns: Vec<_> =
        columns.map(|name| (text::column(sheet, name).into_owned(), text(before, name), text(after, name))).collect();
    let what = match (&past.before, &past.after) {
        (None, _) => "history-made",
        (_, None) => "history-removed",
        _ => "history-changed",
    };
    Event {
        at: figures::moment(past.recorded_at),
        actor: past.actor,
        reason: past.reason,
        what: say(what).into_owned(),
        columns,
    }
}

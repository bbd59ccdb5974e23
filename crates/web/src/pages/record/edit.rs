//! Forms: a record is made, changed, or taken into another state. What is wrong stands beside its field, and what was typed stays.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::{Form, Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use muster_app::{
    App, Error,
    interchange::Issue,
    list::MOST_COUNTED,
    record::{Draft, named, part_shapes, shape},
    storage::list::Query as Asked,
};
use muster_domain::{
    label::{LABEL, Usual},
    message,
    picture::Picture,
    record::{Column, Shape},
};

use super::{Kind, address, cells::name_of, choices, kind, list::Parameters, section};
use crate::{
    Site,
    auth::Asker,
    problem::{self, Kind as Problem},
    shell::{Shell, html},
    text::{self, filters, say, say_with},
};

/// Most codes that a field proposes.
const MOST_PROPOSED: i64 = 400;

/// Rows for further parts in a form.
const MORE_ROWS: usize = 3;

/// Most parts in a form.
const MOST_ROWS: usize = 200;

/// Columns that a form leaves as they are: a record is taken into a state with a reason, not edited into it.
const KEPT: &[&str] = &["state", "state_reason"];

#[derive(Template)]
#[template(path = "form.html")]
struct FormPage {
    shell: Shell,
    sheet: String,
    sheet_name: String,
    heading: String,
    action: String,
    back: String,
    etag: String,
    fields: Vec<Field>,
    parts: Vec<Parts>,
    /// What is wrong with no field in particular.
    problems: Vec<String>,
    wrong: usize,
    reason: String,
    /// Codes that fields propose, by sheet.
    proposed: Vec<(String, Vec<(String, String)>)>,
}

/// A field of a form.
struct Field {
    name: String,
    label: String,
    value: String,
    required: bool,
    /// How it is shown: text, prose, day, number, word, list, reference, label.
    look: &'static str,
    /// Words to choose from: value, text, whether chosen.
    choices: Vec<(String, String, bool)>,
    /// The sheet whose codes it proposes.
    proposes: String,
    hint: String,
    problems: Vec<String>,
    fixed: bool,
    /// The label as it was.
    was: String,
}

/// A table of parts in a form.
struct Parts {
    name: String,
    headings: Vec<String>,
    rows: Vec<Vec<Field>>,
}

/// What is filled into a form.
struct Filled {
    cells: BTreeMap<String, String>,
    parts: BTreeMap<String, Vec<BTreeMap<String, String>>>,
    reason: String,
    etag: Option<String>,
}

pub(crate) async fn new(
    State(site): State<Site>,
    asker: Asker,
    Path(sheet): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Response {
    let Ok(shape) = shape(&sheet) else { return problem::not_found().await };
    if !App::may_create(&asker.viewer, &sheet) || shape.part_of.is_some() {
        return problem::page(Problem::Forbidden, None);
    }
    let mut cells: BTreeMap<String, String> =
        parameters.into_iter().filter(|(name, _)| shape.columns.iter().any(|c| c.name == name)).collect();
    usual(shape, &asker, &mut cells);
    let filled = Filled { cells, parts: BTreeMap::new(), reason: String::new(), etag: None };
    form(&site, &asker, shape, None, filled, &[]).await
}

/// What a new record usually begins with.
fn usual(shape: &Shape, asker: &Asker, cells: &mut BTreeMap<String, String>) {
    let mut set = |name: &str, value: &str| {
        if shape.columns.iter().any(|c| c.name == name) {
            cells.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
    };
    if let Some(party) = &asker.viewer.party {
        if let Some(owner) = shape.owner.filter(|owner| *owner != "code") {
            set(owner, party.as_str());
        }
        set("code", &format!("{party}-"));
    }
    set("fictional", "no");
    set("source", &say_with("form-usual-source", &[("x", (&asker.viewer.name).into())]));
    set("kind", if shape.sheet == "offers" { "goods" } else { "" });
    set("state", if shape.sheet == "offers" { "offered" } else { "draft" });
}

pub(crate) async fn edit(
    State(site): State<Site>,
    asker: Asker,
    Path((sheet, key)): Path<(String, String)>,
) -> Response {
    match site.app.record(&asker.viewer, &sheet, &key).await {
        Err(error) => problem::of(&error),
        Ok(record) if !(record.can.edit || record.can.release) => problem::page(Problem::Forbidden, None),
        Ok(record) => {
            let rows = |(part, rows): &(&'static Shape, Vec<Vec<String>>)| {
                (part.sheet.to_owned(), rows.iter().map(|row| named(part, row)).collect())
            };
            let filled = Filled {
                cells: named(record.shape, &record.cells),
                parts: record.parts.iter().map(rows).collect(),
                reason: String::new(),
                etag: Some(record.etag.clone()),
            };
            form(&site, &asker, record.shape, Some(&key), filled, &[]).await
        }
    }
}

pub(crate) async fn create(
    State(site): State<Site>,
    asker: Asker,
    Path(sheet): Path<String>,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    store(&site, &asker, &sheet, None, &given).await
}

pub(crate) async fn save(
    State(site): State<Site>,
    asker: Asker,
    Path((sheet, key)): Path<(String, String)>,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    store(&site, &asker, &sheet, Some(&key), &given).await
}

async fn store(site: &Site, asker: &Asker, sheet: &str, key: Option<&str>, given: &[(String, String)]) -> Response {
    let Ok(shape) = shape(sheet) else { return problem::not_found().await };
    let mut filled = read(shape, given);
    if let Some(key) = key {
        filled.cells.insert(shape.key[0].to_owned(), key.to_owned());
        match site.app.record(&asker.viewer, sheet, key).await {
            Ok(record) => filled.cells.extend(
                KEPT.iter()
                    .map(|name| ((*name).to_owned(), record.cell(name).to_owned()))
                    .filter(|(_, text)| !text.is_empty()),
            ),
            Err(error) => return problem::of(&error),
        }
    }
    let draft = Draft { sheet: sheet.to_owned(), cells: filled.cells.clone(), parts: filled.parts.clone() };
    let reason = match filled.reason.trim() {
        "" if key.is_some() => say("reason-edited").into_owned(),
        "" => say("reason-made").into_owned(),
        reason => reason.to_owned(),
    };
    let actor = asker.actor(reason);
    match site.app.save(&draft, filled.etag.as_deref(), &actor, false).await {
        Ok(imported) if imported.issues.is_empty() => {
            let key = draft.cells.get(shape.key[0]).map_or("", |key| key.trim());
            let said = match (imported.changes.is_empty(), filled.etag.is_some()) {
                (true, _) => "unchanged",
                (false, true) => "saved",
                (false, false) => "made",
            };
            Redirect::to(&format!("{}?said={said}", address(sheet, key))).into_response()
        }
        Ok(imported) => {
            let status =
                if imported.denied.is_empty() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::FORBIDDEN };
            (status, form(site, asker, shape, key, filled, &imported.issues).await).into_response()
        }
        Err(Error::Changed) if key.is_none() => {
            let column = Issue::of_file("", message!("form-code-taken")).in_column(shape.key[0], "");
            (StatusCode::CONFLICT, form(site, asker, shape, key, filled, &[column]).await).into_response()
        }
        Err(Error::Changed) => {
            let issue = Issue::of_file("", message!("form-changed"));
            (StatusCode::CONFLICT, form(site, asker, shape, key, filled, &[issue]).await).into_response()
        }
        Err(error) => problem::of(&error),
    }
}

/// A form's fields as a record. Lists come as several fields of one name; parts as `sheet.row.column`.
fn read(shape: &Shape, given: &[(String, String)]) -> Filled {
    let mut filled = Filled { cells: BTreeMap::new(), parts: BTreeMap::new(), reason: String::new(), etag: None };
    let mut rows: BTreeMap<(String, usize), BTreeMap<String, String>> = BTreeMap::new();
    for part in part_shapes(shape.sheet).filter(|part| editable(part)) {
        filled.parts.insert(part.sheet.to_owned(), Vec::new());
    }
    let add = |cells: &mut BTreeMap<String, String>, name: &str, value: &str| {
        let cell = cells.entry(name.to_owned()).or_default();
        if !value.trim().is_empty() {
            if !cell.is_empty() {
                cell.push('|');
            }
            cell.push_str(value.trim());
        }
    };
    for (name, value) in given {
        let value = value.replace("\r\n", "\n");
        match name.as_str() {
            "etag" => filled.etag = Some(value).filter(|etag| !etag.is_empty()),
            "reason" => filled.reason = value,
            // Who leaves the label as it was changes nothing, also where it is the usual one.
            "label_was" if value.is_empty() => {
                if filled.cells.get(LABEL).is_some_and(|label| label == usual_label(shape)) {
                    filled.cells.remove(LABEL);
                }
            }
            "releasable_parties" => {
                if filled.cells.get(LABEL).is_some_and(|label| label == "parties") {
                    let codes: Vec<&str> = value.split([',', ';', '|', ' ']).filter(|p| !p.is_empty()).collect();
                    filled.cells.insert(LABEL.into(), codes.join("|"));
                }
            }
            name if shape.columns.iter().any(|c| c.name == name) => add(&mut filled.cells, name, &value),
            name => {
                let mut parts = name.splitn(3, '.');
                let (Some(sheet), Some(row), Some(column)) = (parts.next(), parts.next(), parts.next()) else {
                    continue;
                };
                let Some(row) = row.parse().ok().filter(|row| *row < MOST_ROWS) else { continue };
                if filled.parts.contains_key(sheet) {
                    add(rows.entry((sheet.to_owned(), row)).or_default(), column, &value);
                }
            }
        }
    }
    for ((sheet, _), mut cells) in rows {
        let provenance = ["source", "fictional"];
        let filled_in = cells.iter().any(|(name, text)| !text.is_empty() && !provenance.contains(&name.as_str()));
        if filled_in && let Some(all) = filled.parts.get_mut(&sheet) {
            for name in provenance {
                let of_whole = filled.cells.get(name).cloned().unwrap_or_default();
                cells.entry(name.to_owned()).or_insert(of_whole);
            }
            all.push(cells);
        }
    }
    filled
}

/// The word for the label that records of a sheet usually have.
fn usual_label(shape: &Shape) -> &'static str {
    match shape.usual {
        Some(Usual::Public) => "public",
        Some(Usual::Participants) => "participants",
        Some(Usual::Owner) | None => "owner",
    }
}

/// Whether a record's parts of a sheet are edited in its form. Steps are made by taking it into a state.
fn editable(part: &Shape) -> bool {
    part.sheet != "participation_steps"
}

async fn form(
    site: &Site,
    asker: &Asker,
    shape: &'static Shape,
    key: Option<&str>,
    filled: Filled,
    issues: &[Issue],
) -> Response {
    let picture = match site.app.picture(&asker.viewer).await {
        Ok(picture) => picture,
        Err(error) => return problem::of(&error),
    };
    let mut proposed: BTreeMap<&'static str, Vec<(String, String)>> = BTreeMap::new();
    let wanted = shape.columns.iter().chain(part_shapes(shape.sheet).flat_map(|part| part.columns));
    for sheet in wanted.filter_map(|column| (column.refers_to)()) {
        if proposed.contains_key(sheet) {
            continue;
        }
        match codes(site, asker, &picture, sheet).await {
            Ok(codes) => drop(proposed.insert(sheet, codes)),
            Err(error) => return problem::of(&error),
        }
    }
    let of = |sheet: &str, row: Option<usize>, column: &str| -> Vec<String> {
        let file = match row {
            Some(row) => format!("record.json#{sheet}[{row}]"),
            None => format!("record.json#{sheet}[0]"),
        };
        let told =
            issues.iter().filter(|i| i.column.as_deref() == Some(column) && (i.file == file || i.file.is_empty()));
        told.map(|issue| text::words(&issue.message)).collect()
    };
    let hidden = |column: &Column| key.is_some() && KEPT.contains(&column.name);
    let fields: Vec<Field> = shape
        .columns
        .iter()
        .filter(|column| !hidden(column))
        .map(|column| {
            let value = filled.cells.get(column.name).map_or("", String::as_str);
            let mut field = field(shape, column, column.name.to_owned(), value, &proposed);
            field.problems = of(shape.sheet, None, column.name);
            field.fixed = key.is_some() && shape.key.contains(&column.name);
            field
        })
        .collect();
    let parts: Vec<Parts> = part_shapes(shape.sheet)
        .filter(|part| editable(part))
        .map(|part| {
            let columns: Vec<&Column> = part
                .columns
                .iter()
                .filter(|c| c.name != part.key[0] && !["source", "fictional"].contains(&c.name))
                .collect();
            let rows = filled.parts.get(part.sheet).cloned().unwrap_or_default();
            let more = std::iter::repeat_n(BTreeMap::new(), MORE_ROWS);
            Parts {
                name: text::sheet(part.sheet).into_owned(),
                headings: columns.iter().map(|c| text::column(part.sheet, c.name).into_owned()).collect(),
                rows: rows
                    .into_iter()
                    .chain(more)
                    .enumerate()
                    .map(|(n, row)| {
                        columns
                            .iter()
                            .map(|column| {
                                let name = format!("{}.{n}.{}", part.sheet, column.name);
                                let value = row.get(column.name).map_or("", String::as_str);
                                let mut field = field(part, column, name, value, &proposed);
                                field.problems = of(part.sheet, Some(n), column.name);
                                field.required = false;
                                field
                            })
                            .collect()
                    })
                    .collect(),
            }
        })
        .collect();
    let shown: Vec<&String> =
        fields.iter().chain(parts.iter().flat_map(|p| p.rows.iter().flatten())).flat_map(|f| &f.problems).collect();
    let problems = issues.iter().map(|issue| (issue, text::words(&issue.message)));
    let problems: Vec<String> = problems
        .filter(|(_, said)| !shown.contains(&said))
        .map(|(issue, said)| match &issue.column {
            Some(column) => format!("{}: {said}", text::column(shape.sheet, column)),
            None => said,
        })
        .collect();
    let one = text::one_of(shape.sheet);
    let heading = match key {
        Some(key) => say_with(
            "form-edit",
            &[("x", name_of(&picture, shape.sheet, key).unwrap_or_else(|| key.to_owned()).into())],
        ),
        None => say_with("form-new", &[("x", one.as_ref().into())]),
    };
    let action = key.map_or_else(|| format!("/records/{}", shape.sheet), |key| address(shape.sheet, key));
    html(&FormPage {
        shell: Shell::new(asker, &picture, section(shape.sheet).0, heading.clone()),
        sheet: shape.sheet.to_owned(),
        sheet_name: text::sheet(shape.sheet).into_owned(),
        back: action.clone(),
        etag: filled.etag.unwrap_or_default(),
        wrong: issues.len(),
        reason: filled.reason,
        proposed: proposed.into_iter().map(|(sheet, codes)| (sheet.to_owned(), codes)).collect(),
        heading,
        action,
        fields,
        parts,
        problems,
    })
}

/// Codes that a field may propose, with their names; none if there are too many.
pub(super) async fn codes(
    site: &Site,
    asker: &Asker,
    picture: &Picture,
    sheet: &str,
) -> Result<Vec<(String, String)>, Error> {
    let asked = Asked { sheet: sheet.to_owned(), limit: MOST_PROPOSED, ..Asked::default() };
    if site.app.count(&asker.viewer, &asked).await?.min(MOST_COUNTED) > MOST_PROPOSED {
        return Ok(Vec::new());
    }
    let rows = site.app.page(&asker.viewer, &asked).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let name = name_of(picture, sheet, &row.key).unwrap_or_default();
            (row.key, name)
        })
        .collect())
}

fn field(
    shape: &Shape,
    column: &Column,
    name: String,
    value: &str,
    proposed: &BTreeMap<&'static str, Vec<(String, String)>>,
) -> Field {
    let kind = kind(column);
    let chosen: Vec<&str> = value.split('|').map(str::trim).collect();
    let words = choices(column);
    let listed = kind == Kind::List;
    let mut choices: Vec<(String, String, bool)> = words
        .into_iter()
        .map(|word| {
            let is = if listed { chosen.contains(&word.as_str()) } else { word == value };
            (word.clone(), text::word(&word).into_owned(), is)
        })
        .collect();
    let refers_to = (column.refers_to)().unwrap_or_default();
    if listed
        && choices.is_empty()
        && let Some(codes) = proposed.get(refers_to)
    {
        let choice =
            |(code, name): &(String, String)| (code.clone(), format!("{code} {name}"), chosen.contains(&code.as_str()));
        choices = codes.iter().map(choice).collect();
    }
    let look = match kind {
        Kind::Label => {
            let now = if value.is_empty() { usual_label(shape) } else { value };
            let word = |word: &str| {
                let is = word == now || (word == "parties" && !["owner", "participants", "public"].contains(&now));
                (word.to_owned(), say(&format!("label-{word}")).into_owned(), is)
            };
            choices = ["owner", "parties", "participants", "public"].map(word).into();
            "label"
        }
        Kind::Word | Kind::Flag => "word",
        Kind::List if !choices.is_empty() => "list",
        Kind::Reference => "reference",
        Kind::Day => "day",
        Kind::Prose => "prose",
        _ => "text",
    };
    let hint = text::said(&format!("hint-{}-{}", shape.sheet, column.name).replace('_', "-"))
        .or_else(|| text::said(&format!("hint-{}", column.name).replace('_', "-")));
    let was = if kind == Kind::Label { value.to_owned() } else { String::new() };
    let value =
        if kind == Kind::Label && choices.iter().any(|(word, _, is)| *is && word != "parties") { "" } else { value };
    Field {
        label: text::column(shape.sheet, column.name).into_owned(),
        value: value.to_owned(),
        required: column.required,
        proposes: if proposed.contains_key(refers_to) { refers_to.to_owned() } else { String::new() },
        hint: hint.unwrap_or_default().to_owned(),
        problems: Vec::new(),
        fixed: false,
        was,
        choices,
        name,
        look,
    }
}

pub(crate) async fn state(
    State(site): State<Site>,
    asker: Asker,
    Path((sheet, key)): Path<(String, String)>,
    Form(given): Form<BTreeMap<String, String>>,
) -> Response {
    let text = |name: &str| given.get(name).map_or("", |text| text.trim());
    if text("reason").is_empty() {
        return problem::page(Problem::Invalid, Some(&say("reason-needed")));
    }
    let actor = asker.actor(text("reason"));
    match site.app.transition(&sheet, &key, text("state"), &actor).await {
        Ok(_) => Redirect::to(&format!("{}?said=state", address(&sheet, &key))).into_response(),
        Err(error) => problem::of(&error),
    }
}

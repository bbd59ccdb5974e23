//! A list of records of one sheet: filtered, searched, sorted and paged by the database, and downloaded as shown.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::header,
    response::{IntoResponse, Response},
};
use muster_app::{
    App,
    list::{ALL_REGISTERS, Format, MOST_COUNTED},
    record::shape,
    storage::{list::Query as Asked, register::Register},
};
use muster_domain::record::{Column, Shape};

use super::{
    Kind, address,
    cells::{Cell, cell},
    kind, section,
};
use crate::{
    Site,
    address::escaped,
    auth::Asker,
    pages::{
        figures,
        picture::{self, Island},
    },
    problem,
    shell::{Shell, html},
    text::{self, filters, say_with},
};

/// Records on one page.
const PAGE: i64 = 50;

/// Most words to choose from in a filter.
const MOST_CHOICES: usize = 60;

/// Longest text that is searched for, in characters.
const LONGEST_TEXT: usize = 100;

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage {
    shell: Shell,
    sheet: String,
    name: String,
    tabs: Vec<Tab>,
    filters: Vec<Filter>,
    q: String,
    sort: String,
    filtered: bool,
    found: String,
    headings: Vec<Heading>,
    rows: Vec<Row>,
    next: Option<String>,
    continued: bool,
    /// Addresses of the list as files.
    files: Vec<(&'static str, String)>,
    may_create: bool,
    empty: String,
    island: Option<Island>,
}

struct Tab {
    sheet: &'static str,
    name: String,
    here: bool,
}

struct Filter {
    column: String,
    label: String,
    choices: Vec<Choice>,
}

struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

struct Heading {
    label: String,
    number: bool,
    /// Address of the list sorted by this column.
    href: String,
    /// `ascending`, `descending`, or nothing.
    sorted: &'static str,
}

struct Row {
    key: String,
    href: String,
    cells: Vec<Cell>,
}

/// The columns of a list, for the sheets that have too many; the key comes first in any case.
const SHOWN: &[(&str, &[&str])] = &[
    ("offers", &["donor", "resource", "quantity", "place", "available_from", "caveats", "state", "releasable_to"]),
    ("requirements", &["unit", "place", "purpose", "quantity", "priority", "due", "state"]),
    ("packages", &["name", "unit", "place", "purpose", "count", "priority", "due", "state"]),
    ("parties", &["name", "kind", "country", "parent"]),
    ("statements", &["party", "date", "place", "title"]),
    ("caveats", &["party", "name", "purposes", "recipients", "non_lethal", "conditions"]),
    ("participations", &["party", "scope", "caveats"]),
    ("items", &["name", "kind", "supply_class", "purpose", "unit_of_issue", "mass_kg", "hazard_class", "tracking"]),
    ("resources", &["item", "state"]),
    ("end_use_rules", &["item", "first_check_days", "recheck_days"]),
    ("places", &["name", "kind", "country", "unlocode", "handling_t", "storage_t", "operator"]),
    ("lanes", &["from", "to", "mode", "transit_days", "capacity_t", "cost_per_t", "forbids"]),
    ("processes", &["kind", "place", "input", "output", "duration_days", "capacity", "cost"]),
    ("courses", &["name", "discipline", "level", "input", "output", "language", "duration_days", "most"]),
    ("serials", &["course", "place", "host", "start", "end", "seats", "state"]),
    ("instructors", &["party", "pool", "courses", "languages", "from", "to"]),
    ("pools", &["name", "place", "quantity", "accepts"]),
    ("funds", &["name", "holder", "currency", "budget"]),
    ("fair_shares", &["name", "unit", "purpose", "value", "penalty"]),
    ("fleets", &["name", "unit", "resources", "penalty"]),
    ("reserves", &["name", "resource", "place", "quantity", "penalty"]),
    ("announcements", &["party", "kind", "item", "quantity", "date", "value", "value_currency"]),
    ("mission", &["name", "recipient", "start", "periods", "currency"]),
];

/// The columns by which a list can be filtered.
const FILTERS: &[(&str, &[&str])] = &[
    ("offers", &["donor", "kind", "state"]),
    ("requirements", &["purpose", "unit", "state"]),
    ("packages", &["purpose", "unit", "state"]),
    ("parties", &["kind", "country"]),
    ("statements", &["party"]),
    ("caveats", &["party"]),
    ("items", &["kind", "purpose", "supply_class", "tracking"]),
    ("resources", &["state"]),
    ("places", &["kind", "country"]),
    ("lanes", &["mode"]),
    ("processes", &["kind"]),
    ("courses", &["discipline", "level"]),
    ("serials", &["course", "place", "state"]),
    ("instructors", &["party"]),
    ("announcements", &["party", "kind"]),
];

fn columns_of<'a>(table: &[(&str, &'a [&'a str])], sheet: &str) -> &'a [&'a str] {
    table.iter().find(|(name, _)| *name == sheet).map_or(&[], |(_, columns)| columns)
}

/// The columns that a list shows besides the key.
fn shown(shape: &'static Shape) -> Vec<&'static Column> {
    let wanted = columns_of(SHOWN, shape.sheet);
    wanted.iter().filter_map(|name| shape.columns.iter().find(|c| c.name == *name)).collect()
}

pub(crate) type Parameters = BTreeMap<String, String>;

/// What a parameter says, if it says anything.
pub(crate) fn said(parameters: &Parameters, name: &str) -> Option<String> {
    parameters.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Those of some parameters that say something, as an address goes on with them.
pub(crate) fn kept(parameters: &Parameters, names: &[&str]) -> String {
    names.iter().filter_map(|name| Some(format!("{name}={}&", escaped(&said(parameters, name)?)))).collect()
}

pub(crate) async fn offers(site: State<Site>, asker: Asker, parameters: Query<Parameters>) -> Response {
    list(&site, &asker, "offers", &parameters).await
}

pub(crate) async fn partners(site: State<Site>, asker: Asker, parameters: Query<Parameters>) -> Response {
    list(&site, &asker, "participations", &parameters).await
}

pub(crate) async fn places(site: State<Site>, asker: Asker, parameters: Query<Parameters>) -> Response {
    list(&site, &asker, "places", &parameters).await
}

pub(crate) async fn catalogue(site: State<Site>, asker: Asker, parameters: Query<Parameters>) -> Response {
    list(&site, &asker, "items", &parameters).await
}

pub(crate) async fn show(
    State(site): State<Site>,
    asker: Asker,
    Path(sheet): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Response {
    list(&site, &asker, &sheet, &parameters).await
}

/// What the address asks for.
fn asked(shape: &Shape, parameters: &Parameters) -> Asked {
    let text = |name: &str| parameters.get(name).map_or("", |text| text.trim());
    let filters = columns_of(FILTERS, shape.sheet).iter().filter(|column| !text(column).is_empty());
    let sort = text("sort");
    let (column, down) = sort.strip_prefix('-').map_or((sort, false), |column| (column, true));
    let known = shape.columns.iter().any(|c| c.name == column);
    Asked {
        sheet: shape.sheet.to_owned(),
        filters: filters.map(|column| ((*column).to_owned(), text(column).to_owned())).collect(),
        text: text("q").chars().take(LONGEST_TEXT).collect(),
        sort: known.then(|| (column.to_owned(), down)),
        after: parameters.get("after").map(|key| (text("from").to_owned(), key.clone())),
        limit: PAGE + 1,
    }
}

/// The address of the list with some of its parameters changed.
pub(crate) fn with(base: &str, parameters: &Parameters, changes: &[(&str, Option<&str>)]) -> String {
    let mut all: BTreeMap<&str, &str> =
        parameters.iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| (k.as_str(), v.as_str())).collect();
    for (name, value) in changes {
        match value {
            Some(value) => all.insert(name, value),
            None => all.remove(name),
        };
    }
    let pairs: Vec<String> = all.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    if pairs.is_empty() { base.to_owned() } else { format!("{base}?{}", pairs.join("&")) }
}

async fn list(site: &Site, asker: &Asker, sheet: &str, parameters: &Parameters) -> Response {
    match page(site, asker, sheet, parameters).await {
        Ok(page) => html(&page),
        Err(error) => problem::of(&error),
    }
}

async fn page(site: &Site, asker: &Asker, sheet: &str, parameters: &Parameters) -> Result<ListPage, muster_app::Error> {
    let shape = shape(sheet)?;
    if shape.part_of.is_some() {
        return Err(muster_app::Error::NotFound { what: "list", code: sheet.to_owned() });
    }
    let viewer = &asker.viewer;
    let picture = site.app.picture(viewer).await?;
    let asked = asked(shape, parameters);
    let mut rows = site.app.page(viewer, &asked).await?;
    let more = rows.len() as i64 > PAGE;
    rows.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let count = match more || asked.after.is_some() {
        true => site.app.count(viewer, &asked).await?,
        false => rows.len() as i64,
    };
    let base = format!("/records/{sheet}");
    let next = rows.last().filter(|_| more).map(|row| {
        let from = asked.sort.as_ref().map(|_| row.sorted.as_str());
        with(&base, parameters, &[("after", Some(&row.key)), ("from", from)])
    });
    let mut filters = Vec::new();
    for column in columns_of(FILTERS, sheet) {
        let words = site.app.column_words(viewer, sheet, column).await?;
        let chosen = parameters.get(*column).map_or("", String::as_str);
        let of = shape.columns.iter().find(|c| c.name == *column);
        let choice = |(value, count): (String, i64)| {
            let name = of.map_or_else(String::new, |c| {
                cell(&picture, shape, c, &value).parts.into_iter().map(|p| p.text).collect::<Vec<_>>().join(", ")
            });
            Choice { chosen: value == chosen, label: format!("{name} ({})", figures::whole(count)), value }
        };
        let mut choices: Vec<Choice> = words.into_iter().take(MOST_CHOICES).map(choice).collect();
        choices.sort_by(|a, b| a.label.cmp(&b.label));
        filters.push(Filter { column: (*column).to_owned(), label: text::column(sheet, column).into_owned(), choices });
    }
    let shown = shown(shape);
    let heading = |column: &Column| {
        let sorted = match &asked.sort {
            Some((name, down)) if name == column.name => {
                if *down {
                    "descending"
                } else {
                    "ascending"
                }
            }
            _ => "",
        };
        let to = if sorted == "ascending" { format!("-{}", column.name) } else { column.name.to_owned() };
        Heading {
            label: text::column(sheet, column.name).into_owned(),
            number: kind(column) == Kind::Number,
            href: with(&base, parameters, &[("sort", Some(&to)), ("after", None), ("from", None)]),
            sorted,
        }
    };
    let row = |listed: &muster_app::storage::list::Listed| Row {
        href: address(sheet, &listed.key),
        cells: shown
            .iter()
            .map(|column| cell(&picture, shape, column, shape.cell(&listed.cells, column.name)))
            .collect(),
        key: listed.key.clone(),
    };
    let (here, sheets) = section(sheet);
    let name = text::sheet(sheet).into_owned();
    let counted = if count >= MOST_COUNTED {
        say_with("list-more-than", &[("text", figures::whole(MOST_COUNTED).into())])
    } else {
        say_with("list-found", &[("n", count.into()), ("text", figures::whole(count).into())])
    };
    let mut shell = Shell::new(asker, &picture, here, name.clone());
    shell.said = super::show::just_done(parameters);
    let file = |ending: &str| {
        with(&format!("/export/{sheet}.{ending}"), parameters, &[("after", None), ("from", None), ("said", None)])
    };
    Ok(ListPage {
        tabs: sheets.iter().map(|s| Tab { sheet: s, name: text::sheet(s).into_owned(), here: *s == sheet }).collect(),
        filtered: !asked.filters.is_empty() || !asked.text.is_empty(),
        headings: shown.iter().map(|column| heading(column)).collect(),
        rows: rows.iter().map(row).collect(),
        q: asked.text.clone(),
        sort: parameters.get("sort").cloned().unwrap_or_default(),
        files: vec![("CSV", file("csv")), ("XLSX", file("xlsx")), ("JSON", file("json"))],
        may_create: App::may_create(viewer, sheet),
        empty: text::said(&format!("empty-{sheet}").replace('_', "-")).unwrap_or_default().to_owned(),
        continued: asked.after.is_some(),
        island: picture::of_list(sheet, &picture, site.app.today()).filter(|_| asked.after.is_none()),
        sheet: sheet.to_owned(),
        found: counted,
        shell,
        name,
        filters,
        next,
    })
}

/// A sheet's header as a file, to be filled.
pub(crate) async fn template(Path(file): Path<String>) -> Response {
    let Some(shape) = file.strip_suffix(".csv").and_then(|sheet| shape(sheet).ok()) else {
        return problem::not_found().await;
    };
    let headers = [
        (header::CONTENT_TYPE, Format::Csv.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}.csv\"", shape.sheet)),
    ];
    (headers, muster_app::list::template(shape)).into_response()
}

/// The list as a file: all that the viewer sees of it, filtered and searched as the page was.
pub(crate) async fn export(
    State(site): State<Site>,
    asker: Asker,
    Path(file): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Response {
    let parts = file.rsplit_once('.').and_then(|(sheet, ending)| Some((sheet, Format::of(ending)?)));
    let Some((sheet, format)) = parts else { return problem::not_found().await };
    let actor = asker.actor("download");
    let bytes = if sheet == "all" {
        site.app.export_mission(format, &actor).await
    } else if sheet == ALL_REGISTERS && format != Format::Csv {
        site.app.export_registers(format, &actor).await.map(|files| files.into_iter().next().unwrap_or_default().1)
    } else if Register::of(sheet).is_some() {
        site.app.export_register(sheet, format, &actor).await
    } else {
        match shape(sheet).map(|shape| Asked { after: None, ..asked(shape, &parameters) }) {
            Ok(asked) => site.app.export(&asked, format, &actor).await,
            Err(error) => Err(error),
        }
    };
    taken_out(sheet, format, bytes)
}

/// What was taken out, as a file of that name.
pub(crate) fn taken_out(name: &str, format: Format, bytes: Result<Vec<u8>, muster_app::Error>) -> Response {
    match bytes {
        Ok(bytes) => {
            let disposition = format!("attachment; filename=\"{name}.{}\"", format.ending());
            let headers =
                [(header::CONTENT_TYPE, format.media_type().to_owned()), (header::CONTENT_DISPOSITION, disposition)];
            (headers, bytes).into_response()
        }
        Err(error) => problem::of(&error),
    }
}

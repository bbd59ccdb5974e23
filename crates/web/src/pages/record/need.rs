//! Needs that ask for the same are merged, and a part of a need is split off: two forms beside a need's page.

use askama::Template;
use axum::{
    extract::{Form, Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use muster_app::{Error, mission::Imported, need::Merge, record::RecordView};
use muster_domain::{
    code::Code,
    field::Field,
    need::{Need, Part},
    picture::Picture,
};

use super::{address, cells::name_of, edit::codes, section};
use crate::{
    Site,
    auth::Asker,
    pages::{
        figures::{day_text, whole},
        given::Given,
    },
    problem::{self, Kind as Problem},
    shell::{Shell, html},
    text::{self, filters, say, say_with},
};

#[derive(Template)]
#[template(path = "merge.html")]
struct MergePage {
    shell: Shell,
    sheet: String,
    sheet_name: String,
    key: String,
    heading: String,
    back: String,
    etag: String,
    problems: Vec<String>,
    others: Vec<Other>,
    /// How many the need is for now.
    now: String,
    quantity: String,
    reason: String,
}

/// A need that asks for the same.
struct Other {
    code: String,
    href: String,
    what: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "split.html")]
struct SplitPage {
    shell: Shell,
    sheet: String,
    sheet_name: String,
    key: String,
    heading: String,
    back: String,
    etag: String,
    problems: Vec<String>,
    /// How many the need is for now.
    now: String,
    code: String,
    quantity: String,
    place: String,
    due: String,
    reason: String,
    places: Vec<(String, String)>,
}

/// A need that somebody may change, and all around it.
struct Looked {
    picture: std::sync::Arc<Picture>,
    record: RecordView,
    need: Need,
}

/// The need of an address, for who may change it as long as it can be changed.
async fn look(site: &Site, asker: &Asker, sheet: &str, key: &str) -> Result<Looked, Response> {
    let found =
        async { Ok((site.app.picture(&asker.viewer).await?, site.app.record(&asker.viewer, sheet, key).await?)) };
    let (picture, record) = found.await.map_err(|error: Error| problem::of(&error))?;
    match Need::of(&picture, key).filter(|need| need.sheet() == sheet) {
        Some(need) if record.can.edit && need.is_open() => Ok(Looked { picture, record, need }),
        Some(_) => Err(problem::page(Problem::Forbidden, None)),
        None => Err(problem::not_found().await),
    }
}

pub(crate) async fn merging(
    State(site): State<Site>,
    asker: Asker,
    Path((sheet, key)): Path<(String, String)>,
) -> Response {
    match look(&site, &asker, &sheet, &key).await {
        Ok(looked) => html(&merge_page(&asker, &looked, &Given::default(), Vec::new())),
        Err(response) => response,
    }
}

pub(crate) async fn merge(
    State(site): State<Site>,
    asker: Asker,
    Path((sheet, key)): Path<(String, String)>,
    Form(given): Form<Given>,
) -> Response {
    let looked = match look(&site, &asker, &sheet, &key).await {
        Ok(looked) => looked,
        Err(response) => return response,
    };
    let mut problems = Vec::new();
    let quantity = match given.text("quantity") {
        "" => None,
        typed => number(typed, "need-merge-quantity", &mut problems),
    };
    let others = given.all("other").map(str::to_owned).collect();
    let merge = Merge { into: key.clone(), others, quantity };
    let actor = asker.actor(reason(&given, &mut problems));
    let answer = match problems.is_empty() {
        true => Some(site.app.merge(&merge, Some(given.text("etag")), &actor).await),
        false => None,
    };
    match done(answer, problems) {
        Ok(()) => Redirect::to(&format!("{}?said=saved", address(&sheet, &key))).into_response(),
        Err((status, problems)) => (status, html(&merge_page(&asker, &looked, &given, problems))).into_response(),
    }
}

pub(crate) async fn splitting(
    State(site): State<Site>,
    asker: Asker,
    Path((sheet, key)): Path<(String, String)>,
) -> Response {
    match look(&site, &asker, &sheet, &key).await {
        Ok(looked) => split_page(&site, &asker, &looked, &Given::default(), Vec::new()).await,
        Err(response) => response,
    }
}

pub(crate) async fn split(
    State(site): State<Site>,
    asker: Asker,
    Path((sheet, key)): Path<(String, String)>,
    Form(given): Form<Given>,
) -> Response {
    let looked = match look(&site, &asker, &sheet, &key).await {
        Ok(looked) => looked,
        Err(response) => return response,
    };
    let mut problems = Vec::new();
    let code = parsed::<Code>(given.text("code"), "need-split-code", &mut problems);
    let quantity = number(given.text("quantity"), "need-split-quantity", &mut problems);
    let place = match given.text("place") {
        "" => None,
        typed => parsed::<Code>(typed, "need-split-place", &mut problems),
    };
    let due = match given.text("due") {
        "" => None,
        typed => parsed(typed, "need-split-due", &mut problems),
    };
    let actor = asker.actor(reason(&given, &mut problems));
    let answer = match (code, quantity) {
        (Some(code), Some(quantity)) if problems.is_empty() => {
            let part = Part { code: code.clone(), quantity, place, due };
            Some(site.app.split(&key, &part, Some(given.text("etag")), &actor).await)
        }
        _ => None,
    };
    match done(answer, problems) {
        Ok(()) => Redirect::to(&format!("{}?said=made", address(&sheet, given.text("code")))).into_response(),
        Err((status, problems)) => (status, split_page(&site, &asker, &looked, &given, problems).await).into_response(),
    }
}

fn merge_page(asker: &Asker, looked: &Looked, given: &Given, problems: Vec<String>) -> MergePage {
    let Looked { picture, record, need } = looked;
    let (sheet, key) = (need.sheet(), need.code().as_str());
    let heading = say_with("need-merge-heading", &[("x", title(picture, sheet, key).into())]);
    let others = need.duplicates(picture).into_iter().map(|other| Other {
        href: address(other.sheet(), other.code().as_str()),
        what: say_with(
            "need-merge-other",
            &[
                ("quantity", whole(other.quantity().into()).into()),
                ("due", day_text(&other.due().to_string()).into()),
                ("state", text::word(other.state().as_str()).as_ref().into()),
            ],
        ),
        chosen: given.has("other", other.code().as_str()),
        code: other.code().to_string(),
    });
    MergePage {
        shell: Shell::new(asker, picture, section(sheet).0, heading.clone()),
        sheet: sheet.to_owned(),
        sheet_name: text::sheet(sheet).into_owned(),
        back: address(sheet, key),
        etag: record.etag.clone(),
        others: others.collect(),
        now: whole(need.quantity().into()),
        quantity: given.text("quantity").to_owned(),
        reason: given.text("reason").to_owned(),
        key: key.to_owned(),
        heading,
        problems,
    }
}

async fn split_page(site: &Site, asker: &Asker, looked: &Looked, given: &Given, problems: Vec<String>) -> Response {
    let Looked { picture, record, need } = looked;
    let (sheet, key) = (need.sheet(), need.code().as_str());
    let heading = say_with("need-split-heading", &[("x", title(picture, sheet, key).into())]);
    let places = match codes(site, asker, picture, "places").await {
        Ok(places) => places,
        Err(error) => return problem::of(&error),
    };
    let typed = |name: &str, usual: &str| given.typed(name).unwrap_or(usual).to_owned();
    html(&SplitPage {
        shell: Shell::new(asker, picture, section(sheet).0, heading.clone()),
        sheet: sheet.to_owned(),
        sheet_name: text::sheet(sheet).into_owned(),
        back: address(sheet, key),
        etag: record.etag.clone(),
        now: whole(need.quantity().into()),
        code: typed("code", &format!("{key}-2")),
        quantity: typed("quantity", ""),
        place: typed("place", record.cell("place")),
        due: typed("due", record.cell("due")),
        reason: typed("reason", ""),
        key: key.to_owned(),
        heading,
        problems,
        places,
    })
}

fn title(picture: &Picture, sheet: &str, key: &str) -> String {
    name_of(picture, sheet, key).unwrap_or_else(|| key.to_owned())
}

fn reason(given: &Given, problems: &mut Vec<String>) -> String {
    let reason = given.text("reason");
    if reason.is_empty() {
        problems.push(say("reason-needed").into_owned());
    }
    reason.to_owned()
}

fn parsed<F: Field>(typed: &str, label: &str, problems: &mut Vec<String>) -> Option<F> {
    match F::parse(typed) {
        Ok(value) => Some(value),
        Err(right) => {
            let values = [("field", say(label).as_ref().to_owned().into()), ("right", text::words(&right).into())];
            problems.push(say_with("need-field-wrong", &values));
            None
        }
    }
}

fn number(typed: &str, label: &str, problems: &mut Vec<String>) -> Option<u32> {
    parsed::<u32>(typed, label, problems)
}

/// Whether it was done; else with which status that is told, and all that is wrong. There is no answer if the form was wrong
/// already.
fn done(answer: Option<Result<Imported, Error>>, mut problems: Vec<String>) -> Result<(), (StatusCode, Vec<String>)> {
    let status = match answer {
        None => StatusCode::UNPROCESSABLE_ENTITY,
        Some(Ok(imported)) if imported.issues.is_empty() => return Ok(()),
        Some(Ok(imported)) => {
            problems.extend(imported.issues.iter().map(|issue| text::words(&issue.message)));
            if imported.denied.is_empty() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::FORBIDDEN }
        }
        Some(Err(Error::Changed)) => {
            problems.push(say("form-changed").into_owned());
            StatusCode::CONFLICT
        }
        Some(Err(error)) => {
            let kind = Problem::of(&error);
            problems.push(if kind == Problem::Internal {
                tracing::error!(%error, "a need could not be changed");
                say("problem-internal-advice").into_owned()
            } else {
                text::words(&error.message())
            });
            kind.status()
        }
    };
    Err((status, problems))
}

/// Whether a record's page leads to these forms.
pub(crate) fn changes(picture: &Picture, record: &RecordView) -> bool {
    let need = Need::of(picture, &record.key).filter(|need| need.sheet() == record.shape.sheet);
    record.can.edit && need.is_some_and(|need| need.is_open())
}

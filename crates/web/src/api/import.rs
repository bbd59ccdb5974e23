//! Records in from files: a job that goes on by itself and can be come back to, with every problem and every change.

use axum::{
    body::Body,
    extract::{FromRequest, Multipart, Request},
    http::{StatusCode, header},
};
use muster_app::{
    import::{ImportJob, Progress},
    interchange::mission::{MOST_FILES, Source, named_as},
    mission::Imported,
};
use muster_domain::{change::Change, message, picture::SHAPES};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure},
    call::Call,
    given::{Field, Kind, may, words},
    schema,
};
use crate::{problem::Kind as Problem, text};

const MULTIPART: &str = "multipart/form-data";
pub(crate) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// What may be sent.
pub(crate) const MEDIA_TYPES: &[&str] = &[MULTIPART, "text/csv", XLSX, "application/json"];

/// Most changes that are listed.
const MOST_CHANGES: usize = 1_000;

pub(crate) fn fields() -> Vec<Field> {
    let sheets = words(SHAPES.iter().map(|shape| shape.sheet));
    vec![may("sheet", sheets), may("dry_run", Kind::Boolean), may("reason", Kind::Text(500))]
}

pub(crate) async fn begin(call: Call) -> Result<Answer, Failure> {
    let sheet = call.query.text("sheet");
    let sources = match call.media_type().as_str() {
        MULTIPART => files(&call, sheet).await?,
        "text/csv" if sheet.is_empty() => {
            return Err(Failure::new(Problem::Invalid).says(message!("sheet-not-named")));
        }
        "text/csv" => vec![Source { name: format!("{sheet}.csv"), bytes: call.bytes.to_vec() }],
        XLSX => vec![Source { name: "import.xlsx".into(), bytes: call.bytes.to_vec() }],
        _ => vec![Source { name: "import.json".into(), bytes: call.bytes.to_vec() }],
    };
    let reason = call.query.maybe("reason").unwrap_or_else(|| text::say("api-reason-import").into_owned());
    let job = call.site.app.import_begin(sources, &call.actor_for(&reason), call.query.yes("dry_run"))?;
    let address = format!("/api/v1/imports/{}", job.code);
    Ok(Answer::json(told(&job)).status(StatusCode::ACCEPTED).header(header::LOCATION, address))
}

/// The files of a form.
async fn files(call: &Call, sheet: &str) -> Result<Vec<Source>, Failure> {
    let unreadable = || Failure::new(Problem::BadRequest).says(message!("form-unreadable"));
    let mut request = Request::new(Body::from(call.bytes.clone()));
    *request.headers_mut() = call.headers.clone();
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| unreadable())?;
    let mut sources = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|_| unreadable())? {
        let Some(name) = field.file_name().map(str::to_owned).filter(|name| !name.is_empty()) else { continue };
        if sources.len() == MOST_FILES {
            return Err(Failure::new(Problem::Invalid).says(message!("files-too-many", most = MOST_FILES)));
        }
        let bytes = field.bytes().await.map_err(|_| unreadable())?.to_vec();
        sources.push(Source { name, bytes });
    }
    named_as(&mut sources, sheet);
    if sources.is_empty() { Err(unreadable()) } else { Ok(sources) }
}

pub(crate) fn schema() -> Value {
    let count = || schema::integer();
    let problem = schema::object([
        ("file", schema::text()),
        ("line", schema::maybe(schema::integer())),
        ("column", schema::maybe(schema::text())),
        ("value", schema::text()),
        ("message", schema::text()),
    ]);
    let counts = schema::object([("read", count()), ("new", count()), ("changed", count()), ("removed", count())]);
    let column = schema::object([("column", schema::text()), ("before", schema::text()), ("after", schema::text())]);
    let change = schema::object([
        ("sheet", schema::text()),
        ("key", schema::text()),
        ("kind", json!({ "type": "string", "enum": ["new", "changed", "removed"] })),
        ("columns", schema::list(column)),
    ]);
    schema::object([
        ("job", schema::text()),
        ("began_at", schema::moment()),
        ("dry_run", schema::boolean()),
        ("status", json!({ "type": "string", "enum": ["running", "done", "refused", "failed"] })),
        ("step", json!({ "type": "string", "enum": ["reading", "checking", "over"] })),
        ("records", schema::maybe(schema::integer())),
        ("repeated", schema::boolean()),
        ("problem", schema::maybe(schema::text())),
        ("problems", schema::list(problem)),
        ("sheets", schema::map(counts)),
        ("changes", schema::list(change)),
        ("more_changes", schema::integer()),
    ])
}

fn told(job: &ImportJob) -> Value {
    let mut told = json!({
        "job": job.code,
        "began_at": job.began_at.to_string(),
        "dry_run": job.dry_run,
        "status": "running",
        "step": "over",
        "records": null,
        "repeated": false,
        "problem": null,
        "problems": [],
        "sheets": {},
        "changes": [],
        "more_changes": 0,
    });
    match job.progress() {
        Progress::Reading => told["step"] = "reading".into(),
        Progress::Checking(records) => {
            told["step"] = "checking".into();
            told["records"] = records.into();
        }
        Progress::Failed(why) => {
            told["status"] = "failed".into();
            told["problem"] = text::words(&why).into();
        }
        Progress::Ended(imported) => ended(&mut told, &imported),
    }
    told
}

fn ended(told: &mut Value, imported: &Imported) {
    let counts = imported.read.iter().filter(|(_, read)| **read > 0).map(|(sheet, read)| {
        let (new, changed, removed) = imported.counts(sheet);
        ((*sheet).to_owned(), json!({ "read": read, "new": new, "changed": changed, "removed": removed }))
    });
    told["status"] = if imported.issues.is_empty() { "done" } else { "refused" }.into();
    told["records"] = imported.read.values().sum::<usize>().into();
    told["repeated"] = imported.repeated.into();
    told["problems"] = imported.issues.iter().map(|issue| issue.json(text::words)).collect();
    told["sheets"] = counts.collect::<serde_json::Map<_, _>>().into();
    told["changes"] = imported.changes.iter().take(MOST_CHANGES).map(change).collect();
    told["more_changes"] = imported.changes.len().saturating_sub(MOST_CHANGES).into();
}

fn change(change: &Change) -> Value {
    let kind = match (&change.before, &change.after) {
        (None, _) => "new",
        (_, None) => "removed",
        _ => "changed",
    };
    let column =
        |(column, before, after): (&str, &str, &str)| json!({ "column": column, "before": before, "after": after });
    let columns: Vec<Value> = change.columns().into_iter().map(column).collect();
    json!({ "sheet": change.sheet, "key": change.key, "kind": kind, "columns": columns })
}

pub(crate) async fn show(call: Call) -> Result<Answer, Failure> {
    Ok(Answer::json(told(&call.site.app.import_job(call.part("job"), &call.actor_for(""))?)))
}

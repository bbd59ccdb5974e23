//! End-use checks: what is due and overdue as of any date, what inspectors found.

use muster_app::{
    App,
    storage::{
        ledger::read::AsOf,
        transfer::{Inspection, inspection::Among},
    },
    transfer::end_use::{Due, DueFilter, Found},
};
use muster_domain::{end_use::Grade, field::Field as _};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure},
    call::Call,
    disposal,
    given::{Field, Kind, may, must, reason, words},
    schema, sheet,
};
use crate::cursor;

/// Longest code or serial number.
const LONGEST: usize = 200;

pub(crate) fn list_fields() -> Vec<Field> {
    vec![
        may("as_of", Kind::Date),
        may("known", Kind::Date),
        may("before", Kind::Moment),
        may("overdue", Kind::Boolean),
        may("holder", Kind::Text(LONGEST)),
        may("place", Kind::Text(LONGEST)),
        may("nation", Kind::Text(LONGEST)),
        may("limit", Kind::Integer(1, 10_000)),
        may("cursor", Kind::Text(cursor::LONGEST)),
    ]
}

pub(crate) fn list_schema() -> Value {
    let due = schema::object([
        ("resource", schema::text()),
        ("serial", schema::text()),
        ("holder", schema::text()),
        ("place", schema::maybe(schema::text())),
        ("caveats", schema::list(schema::text())),
        ("offer", schema::maybe(schema::text())),
        ("received_at", schema::moment()),
        ("checked_at", schema::maybe(schema::moment())),
        ("due_at", schema::moment()),
        ("overdue", schema::boolean()),
        ("rules", schema::list(schema::object([("sheet", schema::text()), ("code", schema::text())]))),
    ]);
    schema::object([
        ("watched", schema::integer()),
        ("overdue", schema::integer()),
        ("more", schema::boolean()),
        ("due", schema::list(due)),
        ("next", schema::maybe(schema::text())),
    ])
}

/// A unit that is due, as JSON.
fn due(due: &Due) -> Value {
    let unit = &due.unit;
    json!({
        "resource": unit.account.resource.as_str(),
        "serial": unit.serial,
        "holder": unit.account.holder.as_str(),
        "place": unit.account.place.as_ref().map(|place| place.as_str()),
        "caveats": unit.account.caveats.iter().map(|caveat| caveat.as_str()).collect::<Vec<_>>(),
        "offer": unit.offer.as_ref().map(|offer| offer.as_str()),
        "received_at": unit.received_at.to_string(),
        "checked_at": unit.checked_at.map(|at| at.to_string()),
        "due_at": due.due_at.to_string(),
        "overdue": due.overdue,
        "rules": due.rules.iter().map(|(sheet, code)| json!({ "sheet": sheet, "code": code })).collect::<Vec<_>>(),
    })
}

/// As of when, and which units are asked for.
pub(crate) fn filter(call: &Call) -> (AsOf, DueFilter) {
    let query = &call.query;
    let as_of = App::as_of(query.date("as_of"), query.date("known"));
    let among = Among { holder: query.maybe("holder"), place: query.maybe("place"), nation: query.maybe("nation") };
    let (before, overdue) = (query.moment("before"), query.yes("overdue"));
    (as_of, DueFilter { before, overdue, among, ..DueFilter::default() })
}

pub(crate) async fn list(call: Call) -> Result<Answer, Failure> {
    let limit = call.query.integer("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(1_000);
    let (as_of, filter) = filter(&call);
    let filter = DueFilter { after: call.query.cursor()?, limit, ..filter };
    let found = call.site.app.end_use(call.viewer(), as_of, &filter).await?;
    let page: Vec<Value> = found.due.iter().map(due).collect();
    let next = found.next.as_ref().map(cursor::write);
    let (watched, overdue) = (found.watched, found.overdue);
    Ok(Answer::json(
        json!({ "watched": watched, "overdue": overdue, "more": next.is_some(), "due": page, "next": next }),
    ))
}

pub(crate) fn inspect_fields() -> Vec<Field> {
    vec![
        must("resource", Kind::Text(LONGEST)),
        must("serial", Kind::Text(LONGEST)),
        must("grade", words(Grade::ALL)),
        may("at", Kind::Moment),
        may("evidence", Kind::Text(64)),
        may("remark", Kind::Text(1_000)),
        reason(),
    ]
}

pub(crate) fn inspected_schema() -> Value {
    schema::object([("inspection", schema::text())])
}

pub(crate) async fn inspect(call: Call) -> Result<Answer, Failure> {
    let text = |name: &str| call.given.text(name).to_owned();
    let found = Found {
        resource: text("resource"),
        serial: text("serial"),
        grade: Grade::parse(call.given.text("grade")).unwrap_or(Grade::NotFound),
        at: call.given.moment("at"),
        evidence: text("evidence"),
        remark: text("remark"),
    };
    let code = call.site.app.inspect(&found, &call.actor()).await?;
    Ok(Answer::json(json!({ "inspection": code.as_str() })))
}

pub(crate) fn recorded_schema() -> Value {
    schema::object([("inspections", schema::list(schema::text()))])
}

/// The checks of a sheet, all or none.
pub(crate) async fn by_sheet(call: Call) -> Result<Answer, Failure> {
    let done = call.site.app.inspect_all(sheet::name(&call), &call.bytes, &sheet::sender(&call)).await?;
    if !done.issues.is_empty() {
        return Err(Failure::of_sheet(&done.issues));
    }
    let codes: Vec<&str> = done.checks.iter().map(|code| code.as_str()).collect();
    Ok(Answer::json(json!({ "inspections": codes })))
}

pub(crate) fn unit_fields() -> Vec<Field> {
    vec![must("resource", Kind::Text(LONGEST)), must("serial", Kind::Text(LONGEST))]
}

pub(crate) fn inspection_schema() -> Value {
    schema::object([
        ("inspection", schema::text()),
        ("resource", schema::text()),
        ("serial", schema::text()),
        ("grade", schema::text()),
        ("occurred_at", schema::moment()),
        ("recorded_at", schema::moment()),
        ("actor", schema::text()),
        ("evidence", schema::text()),
        ("remark", schema::text()),
        ("taken_back", disposal::back_schema()),
    ])
}

pub(crate) fn inspections_schema() -> Value {
    schema::object([("inspections", schema::list(inspection_schema()))])
}

/// A check, as JSON.
fn checked(one: &Inspection) -> Value {
    json!({
        "inspection": one.code.as_str(),
        "resource": one.resource.as_str(),
        "serial": one.serial,
        "grade": one.grade.as_str(),
        "occurred_at": one.occurred_at.to_string(),
        "recorded_at": one.recorded_at.to_string(),
        "actor": one.actor,
        "evidence": one.evidence,
        "remark": one.remark,
        "taken_back": disposal::back(one.taken_back.as_ref()),
    })
}

pub(crate) async fn inspection(call: Call) -> Result<Answer, Failure> {
    let found = call.site.app.inspection(call.viewer(), call.part("inspection")).await?;
    Ok(Answer::json(checked(&found)))
}

pub(crate) async fn take_back(call: Call) -> Result<Answer, Failure> {
    call.site.app.check_taken_back(call.part("inspection"), &call.actor()).await?;
    inspection(call).await
}

pub(crate) async fn inspections(call: Call) -> Result<Answer, Failure> {
    let (resource, serial) = (call.query.text("resource"), call.query.text("serial"));
    let found = call.site.app.inspections(call.viewer(), resource, serial).await?;
    Ok(Answer::json(json!({ "inspections": found.iter().map(checked).collect::<Vec<_>>() })))
}

pub(crate) async fn evidence(call: Call) -> Result<Answer, Failure> {
    let (media_type, bytes) = call.site.app.evidence(call.viewer(), call.part("inspection")).await?;
    super::handover::kept(&media_type, call.part("inspection"), bytes)
}

//! Records of every sheet: lists, single records with their parts, changes of them, states, history, and what fits what.

use std::collections::BTreeMap;

use axum::http::{StatusCode, header};
use muster_app::{
    fit::{Fit, Fits, Met, Misfit},
    mission::Imported,
    record::{Draft, RecordView, json as json_of, named, part_shapes},
    storage::list::Query,
};
use muster_domain::{message, policy, record::Shape};
use serde_json::{Map, Value, json};

use super::{
    answer::{Answer, Failure, Fault},
    call::Call,
    given::{Field, Kind, may, must, reason, words},
    schema,
};
use crate::{address::escaped, cursor, problem::Kind as Problem};

/// Rows on a page that asks for no number.
pub(crate) const USUAL: i64 = 100;

/// Most rows on a page.
pub(crate) const MOST: i64 = 1_000;

/// Longest text to be looked for.
const LONGEST: usize = 4_000;

/// The fields by which pages are asked for.
pub(crate) fn paging() -> [Field; 2] {
    [may("limit", Kind::Integer(1, MOST)), may("cursor", Kind::Text(cursor::LONGEST))]
}

/// The fields by which records of a sheet are chosen: what a column must hold, a text, and an order.
pub(crate) fn choosing(shape: &Shape) -> Vec<Field> {
    let orders = shape.columns.iter().flat_map(|c| [c.name.to_owned(), format!("-{}", c.name)]);
    let mut fields = vec![may("q", Kind::Text(LONGEST)), may("sort", words(orders))];
    fields.extend(shape.columns.iter().map(|column| may(column.name, Kind::Text(LONGEST))));
    fields
}

/// The fields of a list.
pub(crate) fn listing(shape: &Shape) -> Vec<Field> {
    paging().into_iter().chain([may("total", Kind::Boolean)]).chain(choosing(shape)).collect()
}

fn shape(call: &Call) -> Result<&'static Shape, Failure> {
    call.operation.shape.ok_or_else(|| Failure::new(Problem::NotFound))
}

/// The records that a query chooses.
pub(crate) fn chosen(call: &Call, shape: &Shape) -> Query {
    let given = shape.columns.iter().filter(|column| call.query.has(column.name));
    let sort = call.query.maybe("sort").map(|sort| match sort.strip_prefix('-') {
        Some(column) => (column.to_owned(), true),
        None => (sort, false),
    });
    Query {
        sheet: shape.sheet.to_owned(),
        filters: given.map(|c| (c.name.to_owned(), call.query.text(c.name).to_owned())).collect(),
        text: call.query.text("q").to_owned(),
        sort,
        ..Query::default()
    }
}

pub(crate) fn list_schema(shape: &Shape) -> Value {
    schema::object([
        ("records", schema::list(schema::record(shape))),
        ("next", schema::maybe(schema::text())),
        ("total", schema::maybe(schema::integer())),
    ])
}

pub(crate) async fn list(call: Call) -> Result<Answer, Failure> {
    let shape = shape(&call)?;
    let limit = call.query.integer("limit").unwrap_or(USUAL);
    // One row more tells whether there is another page, but for the longest, where the page itself is asked for once more.
    let query = Query { after: call.query.cursor()?, limit: limit + 1, ..chosen(&call, shape) };
    let mut rows = call.site.app.page(call.viewer(), &query).await?;
    let more = if limit < MOST { cursor::cut(&mut rows, limit as usize) } else { rows.len() as i64 == limit };
    let total = match call.query.yes("total") {
        true => Some(call.site.app.count(call.viewer(), &query).await?),
        false => None,
    };
    let picture = call.site.app.picture(call.viewer()).await?;
    let next = rows.last().filter(|_| more).map(|last| cursor::write(&(&last.sorted, &last.key)));
    let records: Vec<Value> = rows.iter().map(|row| json_of(&picture, shape, &row.key, &row.cells)).collect();
    Ok(Answer::json(json!({ "records": records, "next": next, "total": total })))
}

/// The record of the address.
pub(crate) async fn view(call: &Call) -> Result<RecordView, Failure> {
    Ok(call.site.app.record(call.viewer(), shape(call)?.sheet, call.part("key")).await?)
}

pub(crate) async fn show(call: Call) -> Result<Answer, Failure> {
    let view = view(&call).await?;
    if call.has(&view.etag) {
        return Ok(Answer::none().status(StatusCode::NOT_MODIFIED).etag(&view.etag));
    }
    Ok(Answer::json(view.json()).etag(&view.etag))
}

pub(crate) fn access_schema() -> Value {
    schema::object([
        ("owner", schema::maybe(schema::text())),
        ("released_to", schema::list(schema::text())),
        ("edit", schema::boolean()),
        ("release", schema::boolean()),
        ("transitions", schema::list(schema::text())),
    ])
}

pub(crate) async fn access(call: Call) -> Result<Answer, Failure> {
    let view = view(&call).await?;
    let released: Vec<String> =
        view.reach.released.iter().map(|audience| audience.to_string().trim_start_matches('*').to_owned()).collect();
    Ok(Answer::json(json!({
        "owner": view.reach.owner.as_ref().map(ToString::to_string),
        "released_to": released,
        "edit": view.can.edit,
        "release": view.can.release,
        "transitions": view.can.transitions,
    })))
}

pub(crate) fn history_schema() -> Value {
    let columns = schema::maybe(schema::map(schema::text()));
    let past = schema::object([
        ("recorded_at", schema::moment()),
        ("actor", schema::text()),
        ("reason", schema::text()),
        ("before", columns.clone()),
        ("after", columns),
    ]);
    schema::object([("history", schema::list(past))])
}

pub(crate) async fn history(call: Call) -> Result<Answer, Failure> {
    let view = view(&call).await?;
    let past = call.site.app.history(call.viewer(), view.shape.sheet, &view.key).await?;
    let past = past.into_iter().map(|past| {
        json!({
            "recorded_at": past.recorded_at.to_string(),
            "actor": past.actor,
            "reason": past.reason,
            "before": past.before,
            "after": past.after,
        })
    });
    Ok(Answer::json(json!({ "history": past.collect::<Vec<_>>() })))
}

/// Cells and parts as somebody wrote them; a part is not asked what it is a part of.
fn draft(shape: &Shape, object: &Map<String, Value>) -> Result<Draft, Failure> {
    let mut draft = Draft { sheet: shape.sheet.to_owned(), ..Draft::default() };
    let mut faults = Vec::new();
    for (name, value) in object {
        if shape.columns.iter().any(|c| c.name == name) {
            match value {
                Value::String(text) => drop(draft.cells.insert(name.clone(), text.clone())),
                Value::Null => {}
                _ => faults.push(Fault::at(&[name]).says(message!("quoted"))),
            }
        } else if let Some(part) = part_shapes(shape.sheet).find(|part| part.sheet == name) {
            draft.parts.insert(name.clone(), rows(part, value, &mut faults));
        } else {
            faults.push(Fault::at(&[name]).says(message!("no-column-here")));
        }
    }
    if faults.is_empty() { Ok(draft) } else { Err(Failure::new(Problem::Invalid).with(faults)) }
}

fn rows(part: &Shape, value: &Value, faults: &mut Vec<Fault>) -> Vec<BTreeMap<String, String>> {
    let Some(array) = value.as_array() else {
        faults.push(Fault::at(&[part.sheet]).says(message!("objects-in-array")));
        return Vec::new();
    };
    let mut rows = Vec::with_capacity(array.len());
    for (n, value) in array.iter().enumerate() {
        let n = n.to_string();
        let mut row = BTreeMap::new();
        let Some(object) = value.as_object() else {
            faults.push(Fault::at(&[part.sheet, &n]).says(message!("one-object")));
            continue;
        };
        for (name, value) in object {
            match value {
                _ if !part.columns.iter().any(|c| c.name == name) => {
                    faults.push(Fault::at(&[part.sheet, &n, name]).says(message!("no-column-here")));
                }
                Value::String(text) => drop(row.insert(name.clone(), text.clone())),
                Value::Null => {}
                _ => faults.push(Fault::at(&[part.sheet, &n, name]).says(message!("quoted"))),
            }
        }
        rows.push(row);
    }
    rows
}

/// Saves a record that somebody wrote and shows it.
async fn save(call: &Call, draft: &Draft, etag: Option<&str>) -> Result<RecordView, Failure> {
    let shape = shape(call)?;
    let actor = call.actor_for(call.query.text("reason"));
    let imported = call.site.app.save(draft, etag, &actor, false).await?;
    done(shape, &imported)?;
    if imported.repeated && !imported.changes.is_empty() {
        return Err(Failure::new(Problem::KeyReused));
    }
    let key = draft.cells.get(shape.key[0]).map_or("", |key| key.trim());
    Ok(call.site.app.record(call.viewer(), shape.sheet, key).await?)
}

/// Tells what is wrong with what came in, or forbidden.
pub(crate) fn done(shape: &Shape, imported: &Imported) -> Result<(), Failure> {
    if imported.issues.is_empty() {
        return Ok(());
    }
    Err(Failure::of_issues(shape, &imported.issues, !imported.denied.is_empty()))
}

pub(crate) async fn create(call: Call) -> Result<Answer, Failure> {
    let shape = shape(&call)?;
    let saved = save(&call, &draft(shape, &call.object)?, None).await.map_err(|failure| failure.or(Problem::Exists))?;
    let address = format!("/api/v1/records/{}/{}", shape.sheet, escaped(&saved.key));
    let answer = Answer::json(saved.json()).status(StatusCode::CREATED).etag(&saved.etag);
    Ok(answer.header(header::LOCATION, address))
}

pub(crate) async fn replace(call: Call) -> Result<Answer, Failure> {
    let before = view(&call).await?;
    let mut draft = draft(before.shape, &call.object)?;
    keep_key(&before, &mut draft)?;
    for part in part_shapes(before.shape.sheet) {
        draft.parts.entry(part.sheet.to_owned()).or_default();
    }
    let saved = save(&call, &draft, Some(&call.expected(&before.etag))).await?;
    Ok(Answer::json(saved.json()).etag(&saved.etag))
}

pub(crate) async fn patch(call: Call) -> Result<Answer, Failure> {
    let before = view(&call).await?;
    let mut object: Map<String, Value> =
        named(before.shape, &before.cells).into_iter().map(|(name, text)| (name, text.into())).collect();
    object.extend(call.object.clone());
    let mut draft = draft(before.shape, &object)?;
    keep_key(&before, &mut draft)?;
    let saved = save(&call, &draft, Some(&call.expected(&before.etag))).await?;
    Ok(Answer::json(saved.json()).etag(&saved.etag))
}

/// A record keeps the key that stands in the address.
fn keep_key(before: &RecordView, draft: &mut Draft) -> Result<(), Failure> {
    let column = before.shape.key[0];
    let given = draft.cells.entry(column.to_owned()).or_insert_with(|| before.key.clone());
    if given.trim() == before.key {
        return Ok(());
    }
    let fault = Fault::at(&[column]).says(message!("key-as-in-address", key = &before.key));
    Err(Failure::new(Problem::Invalid).with(vec![fault]))
}

/// What takes a record into another state.
pub(crate) fn state_fields(shape: &Shape) -> Vec<Field> {
    vec![must("state", words(policy::states(shape.sheet))), reason()]
}

pub(crate) async fn state(call: Call) -> Result<Answer, Failure> {
    let before = view(&call).await?;
    let (sheet, key) = (before.shape.sheet, before.key.as_str());
    let etag = call.expected(&before.etag);
    let app = &call.site.app;
    let imported = app.transition_if(sheet, key, call.given.text("state"), Some(&etag), &call.actor()).await?;
    done(before.shape, &imported)?;
    let saved = app.record(call.viewer(), sheet, key).await?;
    Ok(Answer::json(saved.json()).etag(&saved.etag))
}

pub(crate) fn fits_schema() -> Value {
    let misfit = json!({
        "type": "object",
        "properties": { "kind": schema::text(), "caveat": schema::text(), "days": schema::integer() },
        "required": ["kind"],
        "additionalProperties": false,
    });
    let fit = schema::object([
        ("offer", schema::text()),
        ("need", schema::text()),
        ("package", schema::boolean()),
        ("resource", schema::text()),
        ("process", schema::maybe(schema::text())),
        ("utility", schema::number()),
        ("days", schema::maybe(schema::integer())),
        ("misfits", schema::list(misfit)),
    ]);
    schema::object([("fits", schema::list(fit)), ("others", schema::integer())])
}

fn misfit(misfit: &Misfit) -> Value {
    match misfit {
        Misfit::NotCommitted => json!({ "kind": "not_committed" }),
        Misfit::QuantityUnknown => json!({ "kind": "quantity_unknown" }),
        Misfit::NeedNotOpen => json!({ "kind": "need_not_open" }),
        Misfit::Purpose(caveat) => json!({ "kind": "purpose", "caveat": caveat.as_str() }),
        Misfit::Recipient(caveat) => json!({ "kind": "recipient", "caveat": caveat.as_str() }),
        Misfit::TooLate => json!({ "kind": "too_late" }),
        Misfit::NoWay => json!({ "kind": "no_way" }),
        Misfit::WayTooLong(days) => json!({ "kind": "way_too_long", "days": days }),
    }
}

pub(crate) async fn fits(call: Call) -> Result<Answer, Failure> {
    let view = view(&call).await?;
    let (app, viewer) = (&call.site.app, call.viewer());
    let Fits { fits, others } = match view.shape.sheet {
        "offers" => app.fits_of_offer(viewer, &view.key).await?,
        _ => app.fits_of_need(viewer, &view.key).await?,
    };
    let json = |fit: &Fit| {
        json!({
            "offer": fit.offer.as_str(),
            "need": fit.need.as_str(),
            "package": fit.package,
            "resource": fit.resource.as_str(),
            "process": fit.process.as_ref().map(|process| process.as_str()),
            "utility": fit.utility,
            "days": fit.days,
            "misfits": fit.misfits.iter().map(misfit).collect::<Vec<_>>(),
        })
    };
    Ok(Answer::json(json!({ "fits": fits.iter().map(json).collect::<Vec<_>>(), "others": others })))
}

pub(crate) fn met_schema() -> Value {
    let met = schema::object([
        ("other", schema::text()),
        ("resource", schema::text()),
        ("planned", schema::integer()),
        ("dispatched", schema::integer()),
        ("received", schema::integer()),
    ]);
    schema::object([("met", schema::list(met))])
}

pub(crate) async fn met(call: Call) -> Result<Answer, Failure> {
    let view = view(&call).await?;
    let (app, viewer) = (&call.site.app, call.viewer());
    let met = match view.shape.sheet {
        "offers" => app.goes(viewer, &view.key).await?,
        _ => app.met(viewer, &view.key).await?,
    };
    let json = |met: &Met| {
        json!({
            "other": met.other.as_str(),
            "resource": met.resource.as_str(),
            "planned": met.planned,
            "dispatched": met.dispatched,
            "received": met.received,
        })
    };
    Ok(Answer::json(json!({ "met": met.iter().map(json).collect::<Vec<_>>() })))
}

pub(crate) fn progress_schema() -> Value {
    let reached = schema::object([("milestone", schema::text()), ("units", schema::integer())]);
    schema::object([("offered", schema::maybe(schema::integer())), ("reached", schema::list(reached))])
}

/// How far an offer has come by its consignments.
pub(crate) async fn progress(call: Call) -> Result<Answer, Failure> {
    let progress = call.site.app.offer_progress(call.viewer(), call.part("key")).await?;
    let reached = progress.reached.iter().map(|(kind, units)| json!({ "milestone": kind.as_str(), "units": units }));
    Ok(Answer::json(json!({ "offered": progress.offered, "reached": reached.collect::<Vec<_>>() })))
}

//! Disposals of what was in service, each with its certificate.

use axum::http::{Method, StatusCode, header::LOCATION};
use muster_app::{
    App,
    storage::transfer::{
        corrected::TakenBack,
        disposal::{Disposal, DisposalFilter},
    },
    transfer::{disposal::NewDisposal, handover::MEDIA_TYPES},
};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure},
    ask::{Content, Operation},
    call::Call,
    given::{Field, Kind, may, must, reason},
    record::{USUAL, paging},
    schema,
};
use crate::cursor;

/// Longest code or serial number.
const LONGEST: usize = 200;

pub(crate) fn operations() -> Vec<Operation> {
    let dispose = Operation::write(
        Method::POST,
        "/disposals",
        "dispose-unit",
        Content::Fields(new_fields()),
        shown_schema(),
        dispose,
    );
    vec![
        Operation::get("/disposals", "list-disposals", schema::page("disposals", told_schema()), list)
            .query(list_fields()),
        dispose.makes(201).contended(),
        Operation::get("/disposals/{disposal}", "show-disposal", shown_schema(), show),
        Operation::write(
            Method::POST,
            "/disposals/{disposal}/take-back",
            "take-back-disposal",
            Content::Fields(vec![reason()]),
            shown_schema(),
            take_back,
        )
        .contended(),
        Operation::get("/disposals/{disposal}/certificate", "show-disposal-certificate", schema::text(), certificate)
            .file(MEDIA_TYPES.to_vec()),
    ]
}

pub(crate) fn list_fields() -> Vec<Field> {
    let own = [
        may("as_of", Kind::Date),
        may("known", Kind::Date),
        may("holder", Kind::Text(LONGEST)),
        may("resource", Kind::Text(LONGEST)),
        may("serial", Kind::Text(LONGEST)),
    ];
    paging().into_iter().chain(own).collect()
}

/// That something was taken back.
pub(crate) fn back_schema() -> Value {
    schema::maybe(schema::object([
        ("recorded_at", schema::moment()),
        ("actor", schema::text()),
        ("reason", schema::text()),
    ]))
}

/// That something was taken back, if it was.
pub(crate) fn back(back: Option<&TakenBack>) -> Value {
    let told = |back: &TakenBack| json!({ "recorded_at": back.recorded_at.to_string(), "actor": back.actor, "reason": back.reason });
    back.map_or(Value::Null, told)
}

/// A disposal with the work orders that ended with it.
fn shown_schema() -> Value {
    let mut shown = told_schema();
    shown["properties"]["work_orders"] = schema::list(schema::text());
    shown
}

fn told_schema() -> Value {
    let code = || schema::maybe(schema::text());
    schema::object([
        ("code", schema::text()),
        ("resource", schema::text()),
        ("serial", schema::text()),
        ("holder", schema::text()),
        ("owner", schema::text()),
        ("place", code()),
        ("offer", code()),
        ("occurred_at", schema::moment()),
        ("recorded_at", schema::moment()),
        ("actor", schema::text()),
        ("certificate", schema::text()),
        ("reason", schema::text()),
        ("taken_back", back_schema()),
    ])
}

fn told(one: &Disposal) -> Value {
    let account = &one.account;
    json!({
        "code": one.code.as_str(),
        "resource": account.resource.as_str(),
        "serial": one.serial,
        "holder": account.holder.as_str(),
        "owner": account.owner.as_str(),
        "place": account.place.as_ref().map(|place| place.as_str()),
        "offer": one.offer.as_ref().map(|offer| offer.as_str()),
        "occurred_at": one.occurred_at.to_string(),
        "recorded_at": one.recorded_at.to_string(),
        "actor": one.actor,
        "certificate": one.certificate,
        "reason": one.reason,
        "taken_back": back(one.taken_back.as_ref()),
    })
}

/// A disposal with the work orders that ended with it.
async fn shown(call: &Call, one: &Disposal) -> Result<Value, Failure> {
    let mut told = told(one);
    let orders = call.site.app.disposal_work_orders(call.viewer(), one).await?;
    told["work_orders"] = orders.iter().map(|order| order.code.as_str()).collect();
    Ok(told)
}

/// Which disposals are asked for.
pub(crate) fn filter(call: &Call) -> Result<DisposalFilter, Failure> {
    Ok(DisposalFilter {
        unit: call.unit()?,
        holder: call.query.maybe("holder"),
        as_of: Some(App::as_of(call.query.date("as_of"), call.query.date("known"))),
        ..DisposalFilter::default()
    })
}

async fn list(call: Call) -> Result<Answer, Failure> {
    let filter = DisposalFilter { after: call.query.cursor()?, ..filter(&call)? };
    let limit = call.query.integer("limit").unwrap_or(USUAL);
    let mut found = call.site.app.disposals(call.viewer(), &filter, limit + 1).await?;
    let next = cursor::next(&mut found, limit as usize, Disposal::place);
    Ok(Answer::json(json!({ "disposals": found.iter().map(told).collect::<Vec<_>>(), "next": next })))
}

async fn show(call: Call) -> Result<Answer, Failure> {
    let found = call.site.app.disposal(call.viewer(), call.part("disposal")).await?;
    Ok(Answer::json(shown(&call, &found).await?))
}

async fn take_back(call: Call) -> Result<Answer, Failure> {
    call.site.app.disposal_taken_back(call.part("disposal"), &call.actor()).await?;
    show(call).await
}

async fn certificate(call: Call) -> Result<Answer, Failure> {
    let (media_type, bytes) = call.site.app.disposal_certificate(call.viewer(), call.part("disposal")).await?;
    super::handover::kept(&media_type, call.part("disposal"), bytes)
}

fn new_fields() -> Vec<Field> {
    vec![
        must("resource", Kind::Text(LONGEST)),
        must("serial", Kind::Text(LONGEST)),
        must("certificate", Kind::Text(64)),
        may("at", Kind::Moment),
        reason(),
    ]
}

async fn dispose(call: Call) -> Result<Answer, Failure> {
    let text = |name: &str| call.given.text(name).to_owned();
    let new = NewDisposal {
        resource: text("resource"),
        serial: text("serial"),
        certificate: text("certificate"),
        at: call.given.moment("at"),
    };
    let code = call.site.app.dispose(&new, &call.actor()).await?;
    let made = call.site.app.disposal(call.viewer(), code.as_str()).await?;
    let (told, place) = (shown(&call, &made).await?, format!("/api/v1/disposals/{code}"));
    Ok(Answer::json(told).status(StatusCode::CREATED).header(LOCATION, place))
}

//! Units with serial numbers: where each is, and all that happened to one.

use muster_app::{
    Error,
    storage::transfer::held::{HeldFilter, HeldUnit},
    unit::{Happened, Happening},
};
use muster_domain::{
    field::Field as _,
    ledger::account::{AccountKey, AccountPurpose},
};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure},
    ask::Operation,
    call::Call,
    given::{Field, Kind, may, words},
    record::{USUAL, paging},
    schema,
};
use crate::cursor;

/// Longest code or serial number.
const LONGEST: usize = 200;

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::get("/units", "list-units", schema::page("units", unit_schema()), list).query(list_fields()),
        Operation::get("/units/{resource}/{serial}", "show-unit", shown_schema(), show),
    ]
}

fn list_fields() -> Vec<Field> {
    let code = |name| may(name, Kind::Text(LONGEST));
    let purposes = words(AccountPurpose::ALL.iter().map(|purpose| purpose.as_str()));
    let own =
        [code("offer"), code("holder"), code("place"), code("resource"), code("serial"), may("purpose", purposes)];
    paging().into_iter().chain(own).collect()
}

fn unit_schema() -> Value {
    let code = || schema::maybe(schema::text());
    let moment = || schema::maybe(schema::moment());
    schema::object([
        ("serial", schema::text()),
        ("resource", schema::text()),
        ("purpose", schema::text()),
        ("holder", schema::text()),
        ("owner", schema::text()),
        ("place", code()),
        ("via", code()),
        ("caveats", schema::list(schema::text())),
        ("since", schema::moment()),
        ("offer", code()),
        ("consignment", code()),
        ("received_at", moment()),
        ("checked_at", moment()),
    ])
}

fn unit(one: &HeldUnit) -> Value {
    let account = &one.account;
    json!({
        "serial": one.serial,
        "resource": account.resource.as_str(),
        "purpose": account.purpose.as_str(),
        "holder": account.holder.as_str(),
        "owner": account.owner.as_str(),
        "place": account.place.as_ref().map(ToString::to_string),
        "via": account.via.as_ref().map(ToString::to_string),
        "caveats": account.caveats.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "since": one.since.to_string(),
        "offer": one.offer.as_ref().map(ToString::to_string),
        "consignment": one.consignment.as_ref().map(ToString::to_string),
        "received_at": one.received_at.map(|at| at.to_string()),
        "checked_at": one.checked_at.map(|at| at.to_string()),
    })
}

async fn list(call: Call) -> Result<Answer, Failure> {
    let query = &call.query;
    let filter = HeldFilter {
        unit: None,
        serial: query.maybe("serial"),
        resource: query.maybe("resource"),
        offer: query.maybe("offer"),
        holder: query.maybe("holder"),
        place: query.maybe("place"),
        purpose: AccountPurpose::parse(query.text("purpose")).ok(),
        after: query.cursor()?,
    };
    let limit = query.integer("limit").unwrap_or(USUAL);
    let mut found = call.site.app.units(call.viewer(), &filter, limit + 1).await?;
    let next = cursor::next(&mut found, limit as usize, HeldUnit::place);
    Ok(Answer::json(json!({ "units": found.iter().map(unit).collect::<Vec<_>>(), "next": next })))
}

/// Where it is, if that is seen, and what happened to it.
fn shown_schema() -> Value {
    let code = || schema::maybe(schema::text());
    let happening = schema::object([
        (
            "what",
            json!({ "type": "string", "enum": Happened::ALL.iter().map(|what| what.as_str()).collect::<Vec<_>>() }),
        ),
        ("word", schema::text()),
        ("occurred_at", schema::moment()),
        ("recorded_at", schema::moment()),
        ("code", code()),
        ("consignment", code()),
        ("place", code()),
        ("from", code()),
        ("to", code()),
        ("offer", code()),
        ("actor", schema::text()),
        ("remark", schema::text()),
    ]);
    schema::object([
        ("resource", schema::text()),
        ("serial", schema::text()),
        ("unit", schema::maybe(unit_schema())),
        ("history", schema::list(happening)),
    ])
}

fn told(one: &Happening) -> Value {
    let (from, to): (Option<&AccountKey>, Option<&AccountKey>) = one.way.as_ref().map(|(from, to)| (from, to)).unzip();
    json!({
        "what": one.what.as_str(),
        "word": one.word,
        "occurred_at": one.occurred_at.to_string(),
        "recorded_at": one.recorded_at.to_string(),
        "code": one.code.as_ref().map(ToString::to_string),
        "consignment": one.consignment.as_ref().map(ToString::to_string),
        "place": one.place.as_ref().map(ToString::to_string),
        "from": from.map(ToString::to_string),
        "to": to.map(ToString::to_string),
        "offer": one.offer.as_ref().map(ToString::to_string),
        "actor": one.actor,
        "remark": one.remark,
    })
}

async fn show(call: Call) -> Result<Answer, Failure> {
    let (app, resource, serial) = (&call.site.app, call.part("resource"), call.part("serial"));
    let held = app.unit(call.viewer(), resource, serial).await?;
    let history = app.unit_history(call.viewer(), resource, serial).await?;
    if held.is_none() && history.is_empty() {
        return Err(Error::NotFound { what: "unit", code: format!("{resource} {serial}") }.into());
    }
    Ok(Answer::json(json!({
        "resource": resource,
        "serial": serial,
        "unit": held.as_ref().map(unit),
        "history": history.iter().map(told).collect::<Vec<_>>(),
    })))
}

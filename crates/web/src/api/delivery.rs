//! What passed through a place, and what a party calls delivered by its own term.

use jiff::Timestamp;
use muster_app::storage::transfer::{carried::CarriedLine, tell::Passed};
use muster_domain::{code::Code, consignment::Milestone};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure},
    call::Call,
    given::{Field, Kind, may, must},
    record::{USUAL, paging},
    schema,
};
use crate::cursor;

/// Longest code.
const LONGEST: usize = 200;

pub(crate) fn passed_fields() -> Vec<Field> {
    let own = [may("from", Kind::Moment), may("to", Kind::Moment)];
    paging().into_iter().chain(own).collect()
}

pub(crate) fn passed_schema() -> Value {
    let line = schema::object([
        ("offer", schema::maybe(schema::text())),
        ("resource", schema::text()),
        ("quantity", schema::integer()),
    ]);
    let event = schema::object([
        ("consignment", schema::text()),
        ("milestone", schema::text()),
        ("occurred_at", schema::moment()),
        ("number", schema::integer()),
        ("lines", schema::list(line)),
        ("movement", schema::maybe(schema::text())),
        ("carrier", schema::maybe(schema::text())),
        ("conveyance", schema::maybe(schema::text())),
    ]);
    schema::page("events", event)
}

fn line(line: &CarriedLine) -> Value {
    json!({
        "offer": line.offer.as_ref().map(|offer| offer.as_str()),
        "resource": line.resource.as_str(),
        "quantity": line.quantity,
    })
}

pub(crate) async fn passed(call: Call) -> Result<Answer, Failure> {
    let limit = call.query.integer("limit").unwrap_or(USUAL);
    let time = (call.query.moment("from").unwrap_or(Timestamp::MIN), call.query.moment("to").unwrap_or(Timestamp::MAX));
    let after: Option<(i64, String, i64)> = call.query.cursor()?;
    let after = after.and_then(|(at, consignment, number)| {
        let occurred_at = Timestamp::from_microsecond(at).ok()?;
        Some(Passed { consignment: Code::new(&consignment).ok()?, kind: Milestone::Departed, occurred_at, number })
    });
    let found = call.site.app.passed(call.viewer(), call.part("place"), time, after.as_ref(), limit).await?;
    let more = found.len() as i64 == limit;
    let next = found
        .last()
        .filter(|_| more)
        .map(|last| cursor::write(&(last.occurred_at.as_microsecond(), last.consignment.to_string(), last.number)));
    let carried = call.site.app.carried(call.viewer(), &found).await?;
    let events = found.iter().zip(&carried).map(|(passed, with)| {
        let on = with.on.as_ref();
        json!({
            "consignment": passed.consignment.as_str(),
            "milestone": passed.kind.as_str(),
            "occurred_at": passed.occurred_at.to_string(),
            "number": passed.number,
            "lines": with.lines.iter().map(line).collect::<Vec<_>>(),
            "movement": on.map(|on| on.code.as_str()),
            "carrier": on.map(|on| on.carrier.as_str()),
            "conveyance": on.map(|on| on.conveyance.as_str()),
        })
    });
    Ok(Answer::json(json!({ "events": events.collect::<Vec<_>>(), "next": next })))
}

pub(crate) fn delivered_fields() -> Vec<Field> {
    vec![must("term", Kind::Text(LONGEST)), may("as_of", Kind::Date), may("known", Kind::Date)]
}

pub(crate) fn delivered_schema() -> Value {
    let row = schema::object([
        ("offer", schema::maybe(schema::text())),
        ("resource", schema::text()),
        ("units", schema::integer()),
        ("currency", schema::maybe(schema::text())),
        ("value_minor", schema::maybe(schema::integer())),
        ("consignments", schema::integer()),
    ]);
    schema::object([
        ("term", schema::text()),
        ("party", schema::text()),
        ("name", schema::text()),
        ("milestone", schema::text()),
        ("rows", schema::list(row)),
    ])
}

pub(crate) async fn delivered(call: Call) -> Result<Answer, Failure> {
    let as_of = muster_app::App::as_of(call.query.date("as_of"), call.query.date("known"));
    let (term, found) = call.site.app.delivered(call.viewer(), call.query.text("term"), as_of).await?;
    let rows = found.iter().map(|row| {
        json!({
            "offer": row.offer.as_ref().map(|offer| offer.as_str()),
            "resource": row.resource.as_str(),
            "units": row.units,
            "currency": row.worth.as_ref().map(|(currency, _)| currency),
            "value_minor": row.worth.as_ref().map(|(_, minor)| *minor),
            "consignments": row.consignments,
        })
    });
    Ok(Answer::json(json!({
        "term": term.code.as_str(),
        "party": term.party.as_str(),
        "name": term.name.as_str(),
        "milestone": term.milestone.as_str(),
        "rows": rows.collect::<Vec<_>>(),
    })))
}

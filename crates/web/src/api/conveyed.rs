//! Movements: the legs on which conveyances carry consignments, one movement, and the manifest of all that is on it.

use jiff::Timestamp;
use muster_app::{
    storage::transfer::tell::LegFilter,
    transfer::conveyed::{Right, conveyed},
};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure},
    call::Call,
    consignment_shape::head_schema,
    document,
    given::{Field, Kind, may, reason},
    record::{USUAL, paging},
    schema,
};
use crate::cursor;

/// Longest code.
const LONGEST: usize = 200;

pub(crate) fn movement_schema() -> Vec<(&'static str, Value)> {
    vec![
        ("movement", schema::text()),
        ("mode", schema::text()),
        ("carrier", schema::text()),
        ("conveyance", schema::text()),
    ]
}

pub(crate) fn leg_schema() -> Vec<(&'static str, Value)> {
    vec![
        ("leg", schema::integer()),
        ("lane", schema::text()),
        ("departed_at", schema::moment()),
        ("arrives_at", schema::moment()),
        ("arrived_at", schema::maybe(schema::moment())),
    ]
}

pub(crate) fn list_fields() -> Vec<Field> {
    let own = [
        may("lane", Kind::Text(LONGEST)),
        may("movement", Kind::Text(LONGEST)),
        may("under_way", Kind::Boolean),
        may("late", Kind::Boolean),
    ];
    paging().into_iter().chain(own).collect()
}

pub(crate) fn list_schema() -> Value {
    let count = [("consignments", schema::integer())];
    schema::page("legs", schema::object(movement_schema().into_iter().chain(leg_schema()).chain(count)))
}

/// Which legs are asked for.
pub(crate) fn filter(call: &Call) -> LegFilter {
    LegFilter {
        movement: call.query.maybe("movement"),
        lane: call.query.maybe("lane"),
        under_way: call.query.yes("under_way"),
        since: None,
        late_at: call.query.yes("late").then(|| call.site.app.now()),
    }
}

pub(crate) async fn list(call: Call) -> Result<Answer, Failure> {
    let limit = call.query.integer("limit").unwrap_or(USUAL);
    let filter = filter(&call);
    let after: Option<(i64, String, i64)> = call.query.cursor()?;
    let after = after.and_then(|(at, code, leg)| Some((Timestamp::from_microsecond(at).ok()?, code, leg)));
    let mut found = call.site.app.legs(call.viewer(), &filter, after.as_ref(), limit + 1).await?;
    let next = cursor::next(&mut found, limit as usize, |last| {
        let (at, code, leg) = last.place();
        (at.as_microsecond(), code, leg)
    });
    Ok(Answer::json(json!({ "legs": found.iter().map(conveyed).collect::<Vec<_>>(), "next": next })))
}

pub(crate) fn shown_schema() -> Value {
    let consignments = [("consignments", schema::list(schema::object(head_schema())))];
    let legs = schema::list(schema::object(leg_schema().into_iter().chain(consignments)));
    let before = schema::object([
        ("carrier", schema::text()),
        ("conveyance", schema::text()),
        ("corrected_at", schema::moment()),
        ("actor", schema::text()),
        ("reason", schema::text()),
    ]);
    schema::object(movement_schema().into_iter().chain([("legs", legs), ("corrections", schema::list(before))]))
}

pub(crate) async fn show(call: Call) -> Result<Answer, Failure> {
    let shown = call.site.app.movement_shown(call.viewer(), call.part("movement")).await?;
    Ok(Answer::json(shown.json()))
}

pub(crate) fn correct_fields() -> Vec<Field> {
    vec![may("carrier", Kind::Text(LONGEST)), may("conveyance", Kind::Text(LONGEST)), reason()]
}

pub(crate) async fn correct(call: Call) -> Result<Answer, Failure> {
    let text = |name: &str| call.given.text(name).to_owned();
    let right = Right { carrier: text("carrier"), conveyance: text("conveyance") };
    call.site.app.movement_correct(call.part("movement"), &right, &call.actor()).await?;
    show(call).await
}

pub(crate) fn manifest_fields() -> Vec<Field> {
    std::iter::once(may("leg", Kind::Integer(1, 1_000_000))).chain(document::language_fields()).collect()
}

pub(crate) async fn manifest(call: Call) -> Result<Answer, Failure> {
    let (code, leg) = (call.part("movement"), call.query.integer("leg"));
    let bytes = call.site.app.manifest(code, leg, document::languages(&call), &call.actor_for("")).await?;
    Ok(Answer::file("application/pdf", format!("{code}-manifest.pdf"), bytes))
}

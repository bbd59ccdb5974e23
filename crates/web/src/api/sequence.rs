//! The order of work of a repair facility.

use axum::http::Method;
use muster_app::{repair::sequence::Ask, scheduled::Solved};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure},
    ask::{Content, Operation},
    call::Call,
    given::{Field, Kind, may, must},
    schema,
};
use crate::text::words;

/// Longest code.
const LONGEST: usize = 200;

pub(crate) fn operations() -> Vec<Operation> {
    vec![Operation::write(
        Method::POST,
        "/repair/sequence",
        "sequence-repairs",
        Content::Fields(sequence_fields()),
        sequence_schema(),
        sequence,
    )]
}

fn sequence_fields() -> Vec<Field> {
    vec![
        must("facility", Kind::Text(LONGEST)),
        may("seconds", Kind::Number(0.1, 60.0)),
        may("seed", Kind::Integer(0, i64::MAX)),
    ]
}

fn sequence_schema() -> Value {
    let placed = schema::object([
        ("order", schema::text()),
        ("start", schema::text()),
        ("end", schema::text()),
        ("due", schema::text()),
        ("late_days", schema::maybe(schema::integer())),
        ("in_hand", schema::boolean()),
        ("there", schema::maybe(schema::text())),
    ]);
    let why = schema::object([("order", schema::text()), ("why", schema::text())]);
    let own = [("placed", schema::list(placed)), ("unplaced", schema::list(why))];
    schema::object(solved_columns().into_iter().chain(own))
}

async fn sequence(call: Call) -> Result<Answer, Failure> {
    let ask = Ask {
        facility: call.given.text("facility").to_owned(),
        seconds: call.given.number("seconds").unwrap_or(5.0),
        seed: call.given.integer("seed").and_then(|seed| u64::try_from(seed).ok()).unwrap_or(1),
    };
    let made = call.site.app.repair_sequence(&ask, &call.actor_for("")).await?;
    let placed = made.placed.iter().map(|of| {
        json!({
            "order": of.order.as_str(),
            "start": of.start.to_string(),
            "end": of.end.to_string(),
            "due": of.due.to_string(),
            "late_days": of.late(),
            "in_hand": of.in_hand,
            "there": of.there.map(|day| day.to_string()),
        })
    });
    let unplaced = made.unplaced.iter().map(|(order, why)| json!({ "order": order.as_str(), "why": words(why) }));
    let mut told = solved_told(&made.solved);
    told["placed"] = placed.collect();
    told["unplaced"] = unplaced.collect();
    Ok(Answer::json(told))
}

/// How a search ended, as answers tell it.
pub(crate) fn solved_columns() -> [(&'static str, Value); 5] {
    [
        ("status", schema::text()),
        ("objective", schema::maybe(schema::integer())),
        ("bound", schema::integer()),
        ("gap", schema::maybe(schema::number())),
        ("seconds", schema::number()),
    ]
}

pub(crate) fn solved_told(solved: &Solved) -> Value {
    json!({
        "status": solved.status,
        "objective": solved.objective,
        "bound": solved.bound,
        "gap": solved.gap,
        "seconds": solved.seconds,
    })
}

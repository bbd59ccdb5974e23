//! What a plan makes of promised lines, page by page.

use muster_app::{
    plan::fate::{Difference, Fate},
    planner::plan::{Flow, Leg},
};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure},
    call::Call,
    record::USUAL,
    schema,
};
use crate::cursor;

pub(crate) fn differences_schema() -> Value {
    let step = schema::object([("kind", schema::text()), ("code", schema::text()), ("period", schema::integer())]);
    let line = || {
        [
            ("line", schema::integer()),
            ("quantity", schema::integer()),
            ("arrives", schema::integer()),
            ("way", schema::list(step.clone())),
        ]
    };
    let was = schema::object(line().into_iter().chain([("plan", schema::text())]));
    let fates = [Fate::Changed, Fate::Dropped, Fate::New].map(Fate::as_str);
    let difference = schema::object([
        ("fate", json!({ "type": "string", "enum": fates })),
        ("need", schema::text()),
        ("offer", schema::text()),
        ("was", schema::list(was)),
        ("becomes", schema::list(schema::object(line()))),
    ]);
    schema::page("differences", difference)
}

fn line(number: i64, flow: &Flow) -> Value {
    let step = |leg: &Leg| {
        let (kind, code) = match leg {
            Leg::Lane { lane, .. } => ("lane", lane.as_str()),
            Leg::Process { process, .. } => ("process", process.as_str()),
            Leg::Order { .. } => ("order", flow.offer.as_str()),
        };
        json!({ "kind": kind, "code": code, "period": leg.start() })
    };
    json!({
        "line": number,
        "quantity": flow.quantity,
        "arrives": flow.arrive,
        "way": flow.path.iter().map(step).collect::<Vec<_>>(),
    })
}

fn difference(difference: &Difference) -> Value {
    let was = difference.was.iter().map(|(promise, flow)| {
        let mut was = line(promise.line, flow);
        was["plan"] = promise.plan.as_str().into();
        was
    });
    let becomes = difference.becomes.iter().map(|(number, flow)| line(*number, flow));
    json!({
        "fate": difference.fate.as_str(),
        "need": difference.need,
        "offer": difference.offer,
        "was": was.collect::<Vec<_>>(),
        "becomes": becomes.collect::<Vec<_>>(),
    })
}

pub(crate) async fn differences(call: Call) -> Result<Answer, Failure> {
    let fates = call.site.app.plan_fates(call.viewer(), call.part("plan")).await?.unwrap_or_default();
    let after: usize = call.query.cursor()?.unwrap_or(0);
    let limit = call.query.integer("limit").unwrap_or(USUAL) as usize;
    let mut rows: Vec<Value> =
        fates.differences.iter().skip(after).take(limit.saturating_add(1)).map(difference).collect();
    let more = cursor::cut(&mut rows, limit);
    let next = more.then(|| cursor::write(&(after + limit)));
    Ok(Answer::json(json!({ "differences": rows, "next": next })))
}

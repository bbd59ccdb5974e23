//! Plan against actual of repairs and courses.

use axum::http::Method;
use muster_app::observed::Observed;
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure},
    ask::{Content, Operation},
    call::Call,
    given::{Kind, may, must, reason},
    movement::decimal,
    schema,
};

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::get("/observed", "list-observed", observed_schema(), observed),
        Operation::deed(
            Method::POST,
            "/observed/{process}/accept",
            "accept-observed",
            Content::Fields(vec![must("days", Kind::Integer(1, 3_650)), may("share", Kind::Decimal), reason()]),
            accept_observed,
        ),
    ]
}

fn observed_schema() -> Value {
    let one = schema::object([
        ("process", schema::text()),
        ("kind", schema::text()),
        ("place", schema::text()),
        ("input", schema::text()),
        ("times", schema::integer()),
        ("half_days", schema::number()),
        ("days", schema::integer()),
        ("planned_days", schema::integer()),
        ("share", schema::maybe(schema::text())),
        ("planned_share", schema::maybe(schema::text())),
    ]);
    schema::object([("observed", schema::list(one))])
}

async fn observed(call: Call) -> Result<Answer, Failure> {
    let observed = call.site.app.observed(call.viewer()).await?;
    let one = |of: &Observed| {
        json!({
            "process": of.process.as_str(),
            "kind": of.kind.as_str(),
            "place": of.place.as_str(),
            "input": of.input.as_str(),
            "times": of.times,
            "half_days": of.half.as_secs_f64() / 86_400.0,
            "days": of.days(),
            "planned_days": of.planned,
            "share": of.share.map(|share| share.to_string()),
            "planned_share": of.planned_share.map(|share| share.to_string()),
        })
    };
    Ok(Answer::json(json!({ "observed": observed.iter().map(one).collect::<Vec<_>>() })))
}

async fn accept_observed(call: Call) -> Result<Answer, Failure> {
    let days = call.given.integer("days").and_then(|days| u32::try_from(days).ok()).unwrap_or_default();
    let share = decimal(&call, "share")?;
    call.site.app.observed_accept(call.part("process"), (days, share), &call.actor()).await?;
    Ok(Answer::none())
}

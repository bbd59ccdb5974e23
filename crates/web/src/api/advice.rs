//! What a plan advises: why needs stay unmet, what to ask donors and hosts for, and what would be if something were otherwise.

use std::time::Duration;

use axum::http::{StatusCode, header};
use muster_app::{
    Error,
    plan::{
        advice::MOST_SAMPLES,
        summary::Summary,
        what_if::{KEEP, MOST_CHANGES, Question, Scenario},
    },
    planner::{
        ask::Ask,
        change::Change,
        robust::{Chance, Rates},
    },
};
use serde_json::{Value, json};

use muster_domain::message;

use super::{
    answer::{Answer, Failure, Fault},
    call::Call,
    given::{Field, Kind, may},
    plan::told,
    schema,
};
use crate::{
    pages::{
        plan_ask::{brings, request},
        plan_why::why,
    },
    problem::Kind as Problem,
    text::say,
};

/// Longest time for a scenario, in seconds.
const LONGEST: f64 = 600.0;

/// An object of one of several kinds, which a field of it names.
fn tagged(hint: &str) -> Value {
    json!({ "type": "object", "description": say(hint) })
}

pub(crate) fn needs_schema() -> Value {
    let lacking = schema::object([
        ("late", schema::boolean()),
        ("units", schema::integer()),
        ("causes", schema::list(tagged("api-causes-hint"))),
        ("words", schema::list(schema::text())),
    ]);
    let need = schema::object([
        ("need", schema::text()),
        ("open", schema::integer()),
        ("planned", schema::integer()),
        ("lacking", schema::list(lacking)),
    ]);
    schema::object([("needs", schema::list(need))])
}

pub(crate) async fn needs(call: Call) -> Result<Answer, Failure> {
    let shown = call.site.app.plan(call.viewer(), Some(call.part("plan"))).await?;
    let picture = call.site.app.picture(call.viewer()).await?;
    let needs = shown.summary.served.iter().map(|(need, served)| {
        let lacking = served.lacking.iter().map(|lacking| {
            json!({
                "late": lacking.late,
                "units": lacking.units,
                "causes": serde_json::to_value(&lacking.causes).unwrap_or_default(),
                "words": why(&picture, lacking),
            })
        });
        let lacking: Vec<Value> = lacking.collect();
        json!({ "need": need, "open": served.open, "planned": served.planned, "lacking": lacking })
    });
    Ok(Answer::json(json!({ "needs": needs.collect::<Vec<_>>() })))
}

fn serves() -> Value {
    schema::list(schema::object([("need", schema::text()), ("more", schema::integer())]))
}

pub(crate) fn asks_schema() -> Value {
    let verified = json!({
        "type": ["object", "null"],
        "properties": { "gain": schema::number(), "at_most": schema::number(), "serves": serves() },
        "required": ["gain", "at_most", "serves"],
        "additionalProperties": false,
    });
    let ask = schema::object([
        ("request", schema::text()),
        ("brings", schema::text()),
        ("changes", schema::list(tagged("api-asked-hint"))),
        ("serves", serves()),
        ("predicted", schema::number()),
        ("verified", verified),
    ]);
    schema::object([("asks", schema::list(ask))])
}

pub(crate) async fn asks(call: Call) -> Result<Answer, Failure> {
    let shown = call.site.app.plan(call.viewer(), Some(call.part("plan"))).await?;
    let picture = call.site.app.picture(call.viewer()).await?;
    let served = |list: &[(String, i64)]| -> Vec<Value> {
        list.iter().map(|(need, more)| json!({ "need": need, "more": more })).collect()
    };
    let ask = |ask: &Ask| {
        let verified = ask.verified.as_ref();
        json!({
            "request": request(&picture, ask),
            "brings": brings(&picture, ask),
            "changes": changes(&ask.changes),
            "serves": served(&ask.serves),
            "predicted": ask.predicted,
            "verified": verified.map(|v| json!({ "gain": v.gain, "at_most": v.at_most, "serves": served(&v.serves) })),
        })
    };
    Ok(Answer::json(json!({ "asks": shown.summary.asks.iter().map(ask).collect::<Vec<_>>() })))
}

fn changes(changes: &[Change]) -> Value {
    serde_json::to_value(changes).unwrap_or_default()
}

pub(crate) fn question_schema() -> Value {
    let period = json!({ "type": "integer", "minimum": 0 });
    let code = schema::text();
    let change = |name: &str, fields: &[(&'static str, Value)]| {
        let named = [("change", json!({ "type": "string", "const": name }))];
        schema::object(named.into_iter().chain(fields.iter().cloned()))
    };
    let span = |first: (&'static str, Value), more: &[(&'static str, Value)]| {
        [&[first, ("from", period.clone()), ("to", period.clone())], more].concat()
    };
    let tonnes = || json!({ "type": "number", "minimum": 0 });
    let units = || json!({ "type": "integer", "minimum": 1 });
    let kinds = [
        change("close_place", &span(("place", code.clone()), &[])),
        change("limit_lane", &span(("lane", code.clone()), &[("capacity_t", tonnes())])),
        change("widen_lane", &span(("lane", code.clone()), &[("tonnes", tonnes())])),
        change("delay_lane", &[("lane", code.clone()), ("periods", period.clone())]),
        change("drop_donor", &[("donor", code.clone())]),
        change("drop_offer", &[("offer", code.clone())]),
        change("delay_offer", &[("offer", code.clone()), ("periods", period.clone())]),
        change(
            "add_offer",
            &[
                ("offer", code.clone()),
                ("donor", code.clone()),
                ("resource", code.clone()),
                ("quantity", units()),
                ("place", code.clone()),
                ("from", period.clone()),
            ],
        ),
        change("more_of", &[("offer", code.clone()), ("units", units())]),
        change("lift_caveat", &[("offer", code.clone())]),
        change("widen_handling", &[("place", code.clone()), ("tonnes", tonnes())]),
        change("widen_storage", &[("place", code.clone()), ("tonnes", tonnes())]),
        change("widen_process", &[("process", code.clone()), ("units", units())]),
        change("more_time", &[("want", code), ("periods", period)]),
    ];
    json!({
        "type": "object",
        "properties": {
            "changes": {
                "type": "array", "minItems": 1, "maxItems": MOST_CHANGES, "items": { "oneOf": kinds },
                "description": say("api-changes-hint"),
            },
            "seconds": { "type": "number", "minimum": 1, "maximum": LONGEST },
            "keep": {
                "type": "number", "minimum": 0, "maximum": 1,
                "description": say("api-keep-hint"),
            },
        },
        "required": ["changes"],
        "additionalProperties": false,
    })
}

pub(crate) async fn what_if(call: Call) -> Result<Answer, Failure> {
    let fault = |name: &str, says| Failure::new(Problem::Invalid).with(vec![Fault::at(&[name]).says(says)]);
    if let Some(name) = call.object.keys().find(|name| !["changes", "seconds", "keep"].contains(&name.as_str())) {
        return Err(fault(name, message!("not-known-here")));
    }
    let changes = call.object.get("changes").cloned().unwrap_or_default();
    let changes: Vec<Change> = serde_json::from_value(changes)
        .map_err(|error| fault("changes", message!("changes-unreadable", error = error.to_string())))?;
    let wrong = |least: f64, most: f64| {
        message!("must-be", right = message!("a-number-within", least = least.to_string(), most = most.to_string()))
    };
    let number = |name: &str, least: f64, most: f64| match call.object.get(name) {
        None => Ok(None),
        Some(given) => {
            let right = given.as_f64().filter(|n| (least..=most).contains(n));
            right.map(Some).ok_or_else(|| fault(name, wrong(least, most)))
        }
    };
    let seconds = number("seconds", 1.0, LONGEST)?;
    let keep = number("keep", 0.0, 1.0)?.unwrap_or(KEEP);
    let plan = call.part("plan").to_owned();
    let question = Question { plan, changes, time_limit: seconds.map(Duration::from_secs_f64), keep };
    let actor = call.actor_for(&say("what-if-reason"));
    let begun = call.site.app.what_if_begin(question, &actor).await;
    let job = begun.map_err(|error| match error {
        Error::Invalid(message) => fault("changes", message),
        other => other.into(),
    })?;
    let address = format!("/api/v1/plan-jobs/{}", job.code);
    Ok(Answer::json(told(&job)).status(StatusCode::ACCEPTED).header(header::LOCATION, address))
}

pub(crate) fn scenario_schema() -> Value {
    let figures = schema::object([
        ("objective", schema::number()),
        ("bound", schema::number()),
        ("value", schema::number()),
        ("wanted", schema::number()),
        ("cost", schema::number()),
        ("seconds", schema::number()),
        ("met_in_full", schema::integer()),
        ("sets", schema::integer()),
        ("lines", schema::integer()),
    ]);
    let mut scenario = schema::object([
        ("plan", schema::text()),
        ("changes", schema::list(tagged("api-scenario-hint"))),
        ("before", figures.clone()),
        ("after", figures),
        ("needs", serves()),
        ("lines_kept", schema::integer()),
    ]);
    scenario["type"] = json!(["object", "null"]);
    scenario
}

pub(crate) fn scenario(scenario: &Scenario) -> Value {
    let figures = |s: &Summary| {
        json!({
            "objective": s.objective, "bound": s.bound, "value": s.value, "wanted": s.wanted, "cost": s.cost,
            "seconds": s.seconds, "met_in_full": s.needs.full, "sets": s.sets.1, "lines": s.lines,
        })
    };
    let needs = scenario.needs.iter().map(|(need, more)| json!({ "need": need, "more": more }));
    json!({
        "plan": scenario.plan.as_str(),
        "changes": changes(&scenario.changes),
        "before": figures(&scenario.before),
        "after": figures(&scenario.after),
        "needs": needs.collect::<Vec<_>>(),
        "lines_kept": scenario.kept.0,
    })
}

pub(crate) fn rates() -> Vec<Field> {
    let rate = || Kind::Number(0.0, 1.0);
    vec![
        may("delay", rate()),
        may("longer", rate()),
        may("loss", rate()),
        may("samples", Kind::Integer(1, i64::from(MOST_SAMPLES))),
        may("seed", Kind::Integer(0, i64::from(u32::MAX))),
    ]
}

pub(crate) fn robustness_schema() -> Value {
    let chance = schema::object([
        ("need", schema::text()),
        ("planned", schema::integer()),
        ("mean", schema::number()),
        ("all", schema::number()),
        ("in_time", schema::number()),
    ]);
    let rates = schema::object([
        ("delay", schema::number()),
        ("longer", schema::number()),
        ("loss", schema::number()),
        ("samples", schema::integer()),
        ("seed", schema::integer()),
    ]);
    schema::object([
        ("rates", rates),
        ("planned", schema::number()),
        ("mean", schema::number()),
        ("low", schema::number()),
        ("needs", schema::list(chance)),
    ])
}

pub(crate) async fn robustness(call: Call) -> Result<Answer, Failure> {
    let (usual, query) = (Rates::default(), &call.query);
    let rates = Rates {
        delay: query.number("delay").unwrap_or(usual.delay),
        longer: query.number("longer").unwrap_or(usual.longer),
        loss: query.number("loss").unwrap_or(usual.loss),
        samples: query.integer("samples").and_then(|n| u32::try_from(n).ok()).unwrap_or(usual.samples),
        seed: query.integer("seed").and_then(|n| u64::try_from(n).ok()).unwrap_or(usual.seed),
    };
    let found = call.site.app.plan_robustness(call.viewer(), Some(call.part("plan")), rates).await?;
    let chance = |(need, c): (&String, &Chance)| json!({ "need": need, "planned": c.planned, "mean": c.mean, "all": c.all, "in_time": c.in_time });
    Ok(Answer::json(json!({
        "rates": serde_json::to_value(found.rates).unwrap_or_default(),
        "planned": found.planned,
        "mean": found.mean,
        "low": found.low,
        "needs": found.wants.iter().map(chance).collect::<Vec<_>>(),
    })))
}

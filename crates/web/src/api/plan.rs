//! Plans: made as jobs, shown with what they deliver and what limits them, accepted or discarded.

use std::{collections::BTreeMap, time::Duration};

use axum::http::{StatusCode, header};
use muster_app::plan::{
    Ask, MOST_KEEP, Shown,
    job::{Ended, PlanJob},
    loads::{Capacitated, Delivery, Load, Step},
    promise::KEEP,
};
use serde_json::{Value, json};

use super::{
    advice,
    answer::{Answer, Failure},
    call::Call,
    given::{Field, Kind, may, reason},
    record::USUAL,
    schema,
};
use crate::{cursor, text};

/// Longest time a plan may take, in seconds.
const LONGEST: f64 = 1_800.0;

pub(crate) fn run_fields() -> Vec<Field> {
    vec![
        may("from", Kind::Date),
        may("gap", Kind::Number(0.0, 1.0)),
        may("seconds", Kind::Number(1.0, LONGEST)),
        may("replan", Kind::Boolean),
        may("keep", Kind::Number(0.0, MOST_KEEP)),
        reason(),
    ]
}

pub(crate) async fn run(call: Call) -> Result<Answer, Failure> {
    let ask = Ask {
        from: call.given.date("from"),
        gap: call.given.number("gap").unwrap_or(0.001),
        time_limit: Duration::from_secs_f64(call.given.number("seconds").unwrap_or(60.0)),
        seed: 1,
        keep: call.given.yes("replan").then(|| call.given.number("keep").unwrap_or(KEEP)),
    };
    let job = call.site.app.plan_begin(ask, &call.actor())?;
    let address = format!("/api/v1/plan-jobs/{}", job.code);
    Ok(Answer::json(told(&job)).status(StatusCode::ACCEPTED).header(header::LOCATION, address))
}

pub(crate) fn job_schema() -> Value {
    schema::object([
        ("job", schema::text()),
        ("actor", schema::text()),
        ("began_at", schema::moment()),
        ("limit_seconds", schema::number()),
        ("seconds", schema::number()),
        ("objective", schema::maybe(schema::number())),
        ("bound", schema::maybe(schema::number())),
        ("status", json!({ "type": "string", "enum": ["running", "done", "failed"] })),
        ("plan", schema::maybe(schema::text())),
        ("scenario", advice::scenario_schema()),
        ("problem", schema::maybe(schema::text())),
    ])
}

pub(super) fn told(job: &PlanJob) -> Value {
    let standing = job.standing();
    let (status, plan, scenario, problem) = match standing.ended {
        None => ("running", None, None, None),
        Some(Ended::Plan(code)) => ("done", Some(code), None, None),
        Some(Ended::Scenario(found)) => ("done", None, Some(advice::scenario(&found)), None),
        Some(Ended::Failed(why)) => ("failed", None, None, Some(text::words(&why))),
    };
    json!({
        "job": job.code,
        "actor": job.actor,
        "began_at": job.began_at.to_string(),
        "limit_seconds": job.limit,
        "seconds": standing.seconds,
        "objective": standing.objective,
        "bound": standing.bound,
        "status": status,
        "plan": plan,
        "scenario": scenario,
        "problem": problem,
    })
}

pub(crate) async fn jobs(call: Call) -> Result<Answer, Failure> {
    let jobs: Vec<Value> = call.site.app.plan_jobs(&call.actor_for("")).iter().map(told).collect();
    Ok(Answer::json(json!({ "jobs": jobs })))
}

pub(crate) async fn job(call: Call) -> Result<Answer, Failure> {
    Ok(Answer::json(told(&call.site.app.plan_job(call.part("job"), &call.actor_for(""))?)))
}

pub(crate) async fn cancel(call: Call) -> Result<Answer, Failure> {
    call.site.app.plan_cancel(call.part("job"), &call.actor_for(""))?;
    Ok(Answer::none())
}

fn line_schema() -> [(&'static str, Value); 6] {
    [
        ("plan", schema::text()),
        ("state", schema::text()),
        ("created_at", schema::moment()),
        ("actor", schema::text()),
        ("objective", schema::number()),
        ("gap", schema::maybe(schema::number())),
    ]
}

fn line(shown: &Shown) -> Value {
    json!({
        "plan": shown.stored.plan.code.as_str(),
        "state": shown.stored.state.as_str(),
        "created_at": shown.stored.plan.created_at.to_string(),
        "actor": shown.stored.plan.actor,
        "objective": shown.summary.objective,
        "gap": shown.summary.gap,
    })
}

pub(crate) fn list_schema() -> Value {
    schema::object([("plans", schema::list(schema::object(line_schema())))])
}

pub(crate) async fn list(call: Call) -> Result<Answer, Failure> {
    let plans: Vec<Value> = call.site.app.plans(call.viewer()).await?.iter().map(line).collect();
    Ok(Answer::json(json!({ "plans": plans })))
}

pub(crate) fn plan_schema() -> Value {
    let [plan, state, created_at, actor, objective, gap] = line_schema();
    let series = schema::list(schema::number());
    let load = schema::object([
        ("kind", schema::text()),
        ("code", schema::text()),
        ("name", schema::text()),
        ("load", series.clone()),
        ("capacity", schema::list(schema::maybe(schema::number()))),
    ]);
    let growth = schema::object([("plan", series.clone()), ("first_come", series)]);
    schema::object([
        plan,
        state,
        created_at,
        actor,
        objective,
        gap,
        ("periods", schema::integer()),
        ("summary", json!({ "type": "object", "description": text::say("api-summary-hint") })),
        ("growth", growth),
        ("loads", schema::list(load)),
    ])
}

fn load(load: &Load) -> Value {
    let kind = match load.what {
        Capacitated::Lane => "lane",
        Capacitated::Handling => "handling",
        Capacitated::Process => "process",
    };
    let (loads, capacities): (Vec<f64>, Vec<Option<f64>>) = load.periods.iter().copied().unzip();
    json!({ "kind": kind, "code": load.code, "name": load.name, "load": loads, "capacity": capacities })
}

pub(crate) async fn show(call: Call) -> Result<Answer, Failure> {
    let detail = call.site.app.plan_detail(call.viewer(), Some(call.part("plan"))).await?;
    let mut plan = line(&detail.shown);
    let mut summary = serde_json::to_value(&detail.shown.summary).unwrap_or_default();
    if let Some(summary) = summary.as_object_mut() {
        // The database's own count of changes is nobody's business.
        summary.remove("version");
    }
    let (ours, theirs): (Vec<f64>, Vec<f64>) = detail.growth.iter().copied().unzip();
    plan["periods"] = detail.periods.into();
    plan["summary"] = summary;
    plan["growth"] = json!({ "plan": ours, "first_come": theirs });
    plan["loads"] = detail.loads.iter().map(load).collect();
    Ok(Answer::json(plan))
}

pub(crate) fn deliveries_schema() -> Value {
    let step = schema::object([("kind", schema::text()), ("code", schema::text())]);
    let delivery = schema::object([
        ("line", schema::integer()),
        ("offer", schema::text()),
        ("need", schema::text()),
        ("resource", schema::text()),
        ("quantity", schema::integer()),
        ("departs", schema::maybe(schema::integer())),
        ("arrives", schema::integer()),
        ("way", schema::list(step)),
        ("stays", schema::list(schema::text())),
    ]);
    schema::page("deliveries", delivery)
}

fn delivery(delivery: &Delivery, kept: &BTreeMap<i64, Vec<String>>) -> Value {
    let step = |step: &Step| match step {
        Step::Lane(code) => json!({ "kind": "lane", "code": code }),
        Step::Process(code) => json!({ "kind": "process", "code": code }),
    };
    json!({
        "line": delivery.line,
        "offer": delivery.offer,
        "need": delivery.need,
        "resource": delivery.resource,
        "quantity": delivery.quantity,
        "departs": delivery.departs,
        "arrives": delivery.arrives,
        "way": delivery.way.iter().map(step).collect::<Vec<_>>(),
        // The promised lines that it is, if it is not new.
        "stays": i64::try_from(delivery.line).ok().and_then(|line| kept.get(&line)).map_or(&[][..], Vec::as_slice),
    })
}

pub(crate) async fn deliveries(call: Call) -> Result<Answer, Failure> {
    let detail = call.site.app.plan_detail(call.viewer(), Some(call.part("plan"))).await?;
    let kept = call.site.app.plan_fates(call.viewer(), call.part("plan")).await?.unwrap_or_default().kept_as();
    let after: usize = call.query.cursor()?.unwrap_or(0);
    let limit = call.query.integer("limit").unwrap_or(USUAL) as usize;
    let mut rows: Vec<&Delivery> = detail.deliveries.iter().filter(|d| d.line > after).take(limit + 1).collect();
    let next = cursor::next(&mut rows, limit, |last| last.line);
    Ok(Answer::json(
        json!({ "deliveries": rows.into_iter().map(|d| delivery(d, &kept)).collect::<Vec<_>>(), "next": next }),
    ))
}

pub(crate) fn accepted_schema() -> Value {
    schema::object(
        ["allocations", "entries", "kept", "taken_back"]
            .map(|name| (name, schema::integer()))
            .into_iter()
            .chain([("plan", schema::text())]),
    )
}

pub(crate) async fn accept(call: Call) -> Result<Answer, Failure> {
    let plan = call.part("plan");
    let accepted = call.site.app.plan_accept(plan, &call.actor()).await?;
    Ok(Answer::json(json!({
        "plan": plan,
        "allocations": accepted.allocations,
        "entries": accepted.entries,
        "kept": accepted.kept,
        "taken_back": accepted.taken_back,
    })))
}

pub(crate) async fn discard(call: Call) -> Result<Answer, Failure> {
    call.site.app.plan_discard(call.part("plan"), &call.actor()).await?;
    Ok(Answer::none())
}

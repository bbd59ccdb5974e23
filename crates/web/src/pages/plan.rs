//! Plans: made with live progress, shown, compared, accepted or discarded.

use std::{collections::BTreeMap, convert::Infallible, time::Duration};

use askama::Template;
use axum::{
    extract::{Form, Path, Query, State},
    response::{
        IntoResponse, Redirect, Response,
        sse::{Event, Sse},
    },
};
use muster_app::{
    plan::{
        Ask, Shown,
        job::{Ended, PlanJob, Standing},
        loads::{Detail, Step},
        summary::Served,
    },
    storage::plan::PlanState,
};
use muster_domain::{
    picture::Picture,
    policy::{self, Action, Deed},
    viewer::Sight,
};
use serde_json::json;

use super::{
    figures::{self, Calendar, percent, rounded, share},
    picture::{self, Carried, Island, Measure, OnMap},
    plan_ask::AskRow,
    plan_replan::{self, Replanned},
    plan_robust::Robust,
    plan_view::PlanView,
    plan_why,
    record::{
        address,
        cells::{Cell, Part, name_of},
        list::Parameters,
        panels::{Panel, need_cell, number_cell, record_cell, state_cell, text_cell},
    },
};
use crate::{
    Site,
    auth::Asker,
    problem,
    shell::{Shell, html},
    text::{self, filters, say, say_with},
};

/// Longest time a plan may take, in seconds.
const LONGEST: f64 = 1_800.0;

/// Deliveries on one page.
const DELIVERIES: usize = 50;

/// Requests that are shown at once; the others can be unfolded.
const FIRST_ASKS: usize = 8;

/// Rows of the heat map.
const LOADS: usize = 24;

/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_millis(500);

#[derive(Template)]
#[template(path = "plans.html")]
struct PlansPage {
    shell: Shell,
    plans: Panel,
    running: Vec<Running>,
    may_plan: bool,
    /// Plans to compare: code and whether it is the first or second chosen.
    codes: Vec<String>,
}

struct Running {
    code: String,
    text: String,
}

#[derive(Template)]
#[template(path = "plan_job.html")]
struct JobPage {
    shell: Shell,
    code: String,
    seconds: String,
    limit: String,
    objective: String,
    bound: String,
    gap: String,
    failed: Option<String>,
}

#[derive(Template)]
#[template(path = "plan.html")]
struct PlanPage {
    shell: Shell,
    plan: PlanView,
    may_decide: bool,
    may_plan: bool,
    growth: Island,
    growth_rows: Vec<(String, String, String)>,
    heat: Island,
    heat_rows: Panel,
    map: Option<Island>,
    deliveries: Panel,
    deliveries_next: Option<String>,
    unmet: Vec<Unmet>,
    replanned: Option<Replanned>,
    robust: Option<Robust>,
    asks: Vec<AskRow>,
    more_asks: Vec<AskRow>,
    compared: Option<Compared>,
    others: Vec<(String, bool)>,
}

/// A need that stays unmet or is met late, and why.
struct Unmet {
    need: Part,
    open: String,
    planned: String,
    late: String,
    why: Vec<Part>,
}

/// Another plan beside this one.
struct Compared {
    code: String,
    facts: Vec<(String, String, String)>,
    needs: Panel,
}

pub(crate) async fn list(State(site): State<Site>, asker: Asker) -> Response {
    match plans_page(&site, &asker).await {
        Ok(page) => html(&page),
        Err(error) => problem::of(&error),
    }
}

async fn plans_page(site: &Site, asker: &Asker) -> Result<PlansPage, muster_app::Error> {
    let viewer = &asker.viewer;
    if viewer.sight != Sight::Everything {
        return Err(muster_app::Error::NotFound { what: "page", code: "plan".into() });
    }
    let picture = site.app.picture(viewer).await?;
    let all = site.app.plans(viewer).await?;
    let columns = [
        ("plan-code", false),
        ("plan-state", false),
        ("plan-when", false),
        ("plan-who", false),
        ("plan-value", true),
        ("plan-gap-short", true),
        ("plan-first-come", true),
    ];
    let mut plans = Panel::new("plans", &columns);
    for plan in &all {
        let (stored, summary) = (&plan.stored.plan, &plan.summary);
        let code = stored.code.as_str();
        let number = |text: String| Cell { number: true, ..text_cell(text) };
        let first = summary.first_come.objective;
        plans.row(vec![
            Cell::link(code, format!("/plan/{code}")),
            state_cell(plan.stored.state.as_str()),
            text_cell(figures::moment(stored.created_at)),
            text_cell(stored.actor.clone()),
            number(percent(share(summary.value, summary.wanted))),
            number(percent(summary.gap)),
            number(if first > 0.0 { percent(summary.objective / first - 1.0) } else { "–".into() }),
        ]);
    }
    let actor = asker.actor("");
    let running = site.app.plan_jobs(&actor).into_iter().map(|job| Running {
        text: say_with("plan-running", &[("x", figures::moment(job.began_at).into()), ("who", (&job.actor).into())]),
        code: job.code,
    });
    Ok(PlansPage {
        running: running.collect(),
        may_plan: policy::may(viewer, &Deed::of(Action::Plan)).is_ok() && picture.mission().is_some(),
        codes: all.iter().map(|plan| plan.stored.plan.code.to_string()).collect(),
        shell: Shell::new(asker, &picture, "nav-plan", say("nav-plan")),
        plans,
    })
}

pub(crate) async fn run(
    State(site): State<Site>,
    asker: Asker,
    Form(given): Form<BTreeMap<String, String>>,
) -> Response {
    let number =
        |name: &str, usual: f64| given.get(name).and_then(|text| text.trim().parse::<f64>().ok()).unwrap_or(usual);
    let seconds = number("seconds", 60.0);
    let gap = number("gap", 0.1);
    if !(1.0..=LONGEST).contains(&seconds) || !(0.0..=100.0).contains(&gap) {
        return problem::page(problem::Kind::Invalid, Some(&say("plan-run-limits")));
    }
    let from = match given.get("from").map(|text| text.trim()).filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => match text.parse() {
            Ok(date) => Some(date),
            Err(_) => return problem::page(problem::Kind::Invalid, Some(&say("plan-run-date"))),
        },
    };
    let keep = match plan_replan::keep(&given) {
        Ok(keep) => keep,
        Err(wrong) => return problem::page(problem::Kind::Invalid, Some(&wrong)),
    };
    let ask = Ask { from, gap: gap / 100.0, time_limit: Duration::from_secs_f64(seconds), seed: 1, keep };
    let reason = given.get("reason").map_or("", |text| text.trim());
    let reason = if reason.is_empty() { say("plan-run-reason").into_owned() } else { reason.to_owned() };
    match site.app.plan_begin(ask, &asker.actor(reason)) {
        Ok(job) => Redirect::to(&format!("/plan/job/{}", job.code)).into_response(),
        Err(error) => problem::of(&error),
    }
}

/// What is told of a plan in the making, by field.
fn told(job: &PlanJob, standing: &Standing) -> [(&'static str, String); 5] {
    let figure = |n: Option<f64>| n.map_or_else(|| "–".to_owned(), rounded);
    let gap = match (standing.objective, standing.bound) {
        (Some(objective), Some(bound)) if objective > 0.0 => percent((bound / objective - 1.0).max(0.0)),
        _ => "–".to_owned(),
    };
    [
        ("seconds", format!("{:.0}", standing.seconds)),
        ("bar", format!("{:.1}", 100.0 * (standing.seconds / job.limit).min(1.0))),
        ("objective", figure(standing.objective)),
        ("bound", figure(standing.bound)),
        ("gap", gap),
    ]
}

pub(crate) async fn job(State(site): State<Site>, asker: Asker, Path(code): Path<String>) -> Response {
    let found = site.app.plan_job(&code, &asker.actor(""));
    let picture = site.app.picture(&asker.viewer).await;
    let (job, picture) = match (found, picture) {
        (Ok(job), Ok(picture)) => (job, picture),
        (Err(error), _) | (_, Err(error)) => return problem::of(&error),
    };
    let standing = job.standing();
    let failed = match &standing.ended {
        Some(Ended::Plan(plan)) => return Redirect::to(&format!("/plan/{plan}")).into_response(),
        Some(Ended::Scenario(found)) => {
            return Redirect::to(&format!("/plan/{}/what-if/{code}", found.plan)).into_response();
        }
        Some(Ended::Failed(reason)) => Some(text::words(reason)),
        None => None,
    };
    let [seconds, _, objective, bound, gap] = told(&job, &standing).map(|(_, text)| text);
    html(&JobPage {
        shell: Shell::new(&asker, &picture, "nav-plan", say("plan-making")),
        limit: format!("{:.0}", job.limit),
        code,
        seconds,
        objective,
        bound,
        gap,
        failed,
    })
}

/// Progress as server-sent events; `done` names the page to go on to.
pub(crate) async fn events(State(site): State<Site>, asker: Asker, Path(code): Path<String>) -> Response {
    let job = match site.app.plan_job(&code, &asker.actor("")) {
        Ok(job) => job,
        Err(error) => return problem::of(&error),
    };
    let stream = futures_util::stream::unfold((job, false), |(job, ended)| async move {
        if ended {
            return None;
        }
        let standing = job.standing();
        let event = match &standing.ended {
            Some(Ended::Plan(plan)) => Event::default().event("done").data(format!("/plan/{plan}")),
            Some(Ended::Scenario(found)) => {
                Event::default().event("done").data(format!("/plan/{}/what-if/{}", found.plan, job.code))
            }
            Some(Ended::Failed(_)) => Event::default().event("done").data(format!("/plan/job/{}", job.code)),
            None => {
                tokio::time::sleep(TELL_EVERY).await;
                let fields: BTreeMap<&str, String> = told(&job, &job.standing()).into();
                Event::default().event("progress").data(json!(fields).to_string())
            }
        };
        let ended = standing.ended.is_some();
        Some((Ok::<_, Infallible>(event), (job, ended)))
    });
    Sse::new(stream).into_response()
}

pub(crate) async fn cancel(State(site): State<Site>, asker: Asker, Path(code): Path<String>) -> Response {
    match site.app.plan_cancel(&code, &asker.actor("")) {
        Ok(()) => Redirect::to(&format!("/plan/job/{code}")).into_response(),
        Err(error) => problem::of(&error),
    }
}

pub(crate) async fn decide(
    State(site): State<Site>,
    asker: Asker,
    Path(code): Path<String>,
    Form(given): Form<BTreeMap<String, String>>,
) -> Response {
    let reason = given.get("reason").map_or("", |text| text.trim());
    if reason.is_empty() {
        return problem::page(problem::Kind::Invalid, Some(&say("reason-needed")));
    }
    let actor = asker.actor(reason);
    let done = match given.get("decision").map(String::as_str) {
        Some("accept") => site.app.plan_accept(&code, &actor).await.map(|_| ()),
        Some("discard") => site.app.plan_discard(&code, &actor).await,
        _ => return problem::page(problem::Kind::BadRequest, None),
    };
    match done {
        Ok(()) => Redirect::to(&format!("/plan/{code}?said=state")).into_response(),
        Err(error) => problem::of(&error),
    }
}

pub(crate) async fn show(
    State(site): State<Site>,
    asker: Asker,
    Path(code): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Response {
    match page(&site, &asker, &code, &parameters).await {
        Ok(page) => html(&page),
        Err(error) => problem::of(&error),
    }
}

async fn page(site: &Site, asker: &Asker, code: &str, parameters: &Parameters) -> Result<PlanPage, muster_app::Error> {
    let viewer = &asker.viewer;
    let detail = site.app.plan_detail(viewer, Some(code)).await?;
    let picture = site.app.picture(viewer).await?;
    let overview = site.app.overview(viewer).await?;
    let Some(mission) = picture.mission() else {
        return Err(muster_app::Error::NotFound { what: "mission", code: String::new() });
    };
    let calendar = Calendar(mission);
    let mut shell = Shell::new(asker, &picture, "nav-plan", say_with("plan-named", &[("x", code.into())]));
    shell.said = super::record::show::just_done(parameters);
    let label = |n: usize| calendar.span(i64::try_from(n).unwrap_or(0), i64::try_from(n).unwrap_or(0));
    let after: usize = parameters.get("after").and_then(|text| text.parse().ok()).unwrap_or(0);
    let other = parameters.get("with").filter(|other| other.as_str() != code && !other.is_empty());
    let compared = match other {
        Some(other) => Some(compare(&picture, &detail.shown, &site.app.plan(viewer, Some(other)).await?)),
        None => None,
    };
    let others = site.app.plans(viewer).await?.into_iter().map(|plan| plan.stored.plan.code.to_string());
    let others = others.filter(|c| c != code).map(|c| (c.clone(), Some(&c) == other)).collect();
    let found = match Robust::rates(parameters)? {
        Some(rates) => Some(site.app.plan_robustness(viewer, Some(code), rates).await?),
        None => detail.shown.summary.robust.clone(),
    };
    let robust = found.map(|found| Robust::new(&picture, &calendar, &found));
    let mut asks: Vec<AskRow> = detail.shown.summary.asks.iter().map(|ask| AskRow::new(&picture, ask)).collect();
    let more_asks = asks.split_off(asks.len().min(FIRST_ASKS));
    let fates = site.app.plan_fates(viewer, code).await?.zip(detail.shown.summary.replan);
    let replanned = fates.map(|(fates, counted)| Replanned::new(&picture, &calendar, &fates, &counted));
    let plan = PlanView::new(&detail.shown, &picture, &calendar, overview.version);
    Ok(PlanPage {
        may_decide: detail.shown.stored.state == PlanState::Proposed
            && policy::may(viewer, &Deed::of(Action::Accept)).is_ok(),
        may_plan: policy::may(viewer, &Deed::of(Action::Plan)).is_ok(),
        growth: growth(&detail, &calendar),
        growth_rows: (0..detail.growth.len())
            .map(|n| (label(n), rounded(detail.growth[n].0), rounded(detail.growth[n].1)))
            .collect(),
        heat: heat(&detail, &calendar),
        heat_rows: heat_rows(&detail),
        map: map(&picture, &detail, &calendar),
        deliveries: deliveries(&picture, &detail, &calendar, after, replanned.as_ref()),
        deliveries_next: (detail.deliveries.len() > after + DELIVERIES)
            .then(|| format!("/plan/{code}?after={}#deliveries", after + DELIVERIES)),
        unmet: unmet(&picture, &detail.shown),
        replanned,
        robust,
        asks,
        more_asks,
        compared,
        others,
        plan,
        shell,
    })
}

/// Value delivered over time, against first come, first served.
fn growth(detail: &Detail, calendar: &Calendar<'_>) -> Island {
    let most = detail.growth.iter().fold(0.0_f64, |most, (a, b)| most.max(*a).max(*b));
    let columns: Vec<_> = detail
        .growth
        .iter()
        .enumerate()
        .map(|(n, (ours, theirs))| {
            let n = i64::try_from(n).unwrap_or(0);
            json!({
                "label": format!("{}", n + 1),
                "values": [
                    { "series": "plan", "value": ours, "text": format!("{}: {}", calendar.span(n, n), rounded(*ours)) },
                    { "series": "first", "value": theirs, "text": format!("{}: {}", calendar.span(n, n), rounded(*theirs)) },
                ],
            })
        })
        .collect();
    let ticks: Vec<_> = [0.25, 0.5, 0.75, 1.0]
        .iter()
        .map(|share| json!({ "value": most * share, "text": rounded(most * share) }))
        .collect();
    let data = json!({
        "series": [
            { "id": "plan", "name": say("growth-plan"), "tone": "b1", "shape": "column" },
            { "id": "first", "name": say("plan-first-come"), "tone": "warn", "shape": "line" },
        ],
        "columns": columns,
        "ticks": ticks,
    });
    Island::new("columns", "growth-data", say("growth"), &data)
}

/// The fullest lanes, places, workshops and schools, period by period.
fn heat(detail: &Detail, calendar: &Calendar<'_>) -> Island {
    let (mut rows, mut cells) = (Vec::new(), Vec::new());
    for (row, load) in detail.loads.iter().take(LOADS).enumerate() {
        rows.push(json!({ "name": load.name, "href": href(load) }));
        for (column, (used, capacity)) in load.periods.iter().enumerate() {
            let Some(capacity) = capacity.filter(|_| *used > 0.0) else { continue };
            let share = if capacity > 0.0 { used / capacity } else { 1.0 };
            let n = i64::try_from(column).unwrap_or(0);
            let title = format!("{}, {}: {} / {}", load.name, calendar.span(n, n), rounded(*used), rounded(capacity));
            cells.push(json!({
                "row": row, "column": column, "share": (share * 1e6).round() / 1e6,
                "text": format!("{:.0}", 100.0 * share), "title": title,
            }));
        }
    }
    let columns: Vec<_> = (1..=detail.periods).map(|n| json!({ "label": n.to_string() })).collect();
    let legend = [(0.25, "heat-quarter"), (0.75, "heat-most"), (1.0, "heat-full")]
        .map(|(share, name)| json!({ "share": share, "text": say(name) }));
    let data = json!({ "rows": rows, "columns": columns, "cells": cells, "legend": legend });
    Island::new("heatmap", "heat-data", say("heat"), &data)
}

fn href(load: &muster_app::plan::loads::Load) -> String {
    use muster_app::plan::loads::Capacitated;
    let sheet = match load.what {
        Capacitated::Lane => "lanes",
        Capacitated::Handling => "places",
        Capacitated::Process => "processes",
    };
    address(sheet, &load.code)
}

fn heat_rows(detail: &Detail) -> Panel {
    let columns = [("heat-what", false), ("heat-load", true), ("heat-highest", true), ("heat-full-periods", true)];
    let mut panel = Panel::new("heat", &columns);
    for load in detail.loads.iter().take(LOADS) {
        let total: f64 = load.periods.iter().map(|(used, _)| used).sum();
        let full =
            load.periods.iter().filter(|(used, capacity)| capacity.is_some_and(|c| *used >= 0.999 * c && *used > 0.0));
        panel.row(vec![
            Cell::link(load.name.as_str(), href(load)),
            Cell { number: true, ..text_cell(rounded(total)) },
            Cell { number: true, ..text_cell(percent(load.highest())) },
            number_cell(i64::try_from(full.count()).unwrap_or(0)),
        ]);
    }
    panel
}

/// What it moves, on the map; nothing if it moves nothing.
fn map(picture: &Picture, detail: &Detail, calendar: &Calendar<'_>) -> Option<Island> {
    let capacities: BTreeMap<&str, &muster_app::plan::loads::Load> = detail
        .loads
        .iter()
        .filter(|load| load.what == muster_app::plan::loads::Capacitated::Lane)
        .map(|load| (load.code.as_str(), load))
        .collect();
    let carried: BTreeMap<String, Carried> = detail
        .lanes
        .iter()
        .map(|(lane, periods)| {
            let share = |n: usize, used: f64| {
                let capacity = capacities.get(lane.as_str())?.periods.get(n)?.1?;
                Some(if capacity > 0.0 { used / capacity } else { 1.0 })
            };
            let periods = periods.iter().map(|(n, used)| (*n, *used, share(*n, *used))).collect::<Vec<_>>();
            (lane.clone(), Carried { total: periods.iter().map(|(_, t, _)| t).sum(), periods })
        })
        .collect();
    let label = |n: usize| {
        let n = i64::try_from(n).unwrap_or(0);
        format!("{} {}, {}", figures::words(calendar.noun()), n + 1, calendar.span(n, n))
    };
    let labels = (0..detail.periods).map(label).collect();
    let shown = OnMap { carried: Some((&carried, Measure::Tonnes)), labels, ..OnMap::default() };
    picture::map(picture, "map-data", say("plan-map").into_owned(), shown)
}

fn deliveries(
    picture: &Picture,
    detail: &Detail,
    calendar: &Calendar<'_>,
    after: usize,
    replanned: Option<&Replanned>,
) -> Panel {
    let columns = [
        ("plan-line", true),
        ("plan-arrives", false),
        ("panel-need", false),
        ("panel-quantity", true),
        ("panel-resource", false),
        ("panel-offer", false),
        ("plan-way", false),
    ];
    let mut panel = Panel::new("deliveries", &columns);
    let mut all: Vec<_> = detail.deliveries.iter().collect();
    all.sort_by_key(|delivery| (delivery.arrives, delivery.line));
    for delivery in all.into_iter().skip(after).take(DELIVERIES) {
        let way = delivery.way.iter().map(|step| match step {
            Step::Lane(code) => name_of(picture, "lanes", code).unwrap_or_else(|| code.clone()),
            Step::Process(code) => name_of(picture, "processes", code).unwrap_or_else(|| code.clone()),
        });
        panel.row(vec![
            plan_replan::line_cell(replanned, delivery.line),
            text_cell(calendar.span(delivery.arrives, delivery.arrives)),
            need_cell(picture, &delivery.need),
            number_cell(delivery.quantity),
            record_cell(picture, "resources", &delivery.resource),
            record_cell(picture, "offers", &delivery.offer),
            text_cell(way.collect::<Vec<_>>().join("; ")),
        ]);
    }
    panel
}

fn unmet(picture: &Picture, plan: &Shown) -> Vec<Unmet> {
    let lacking = plan.summary.served.iter().filter(|(_, served)| !served.lacking.is_empty());
    let row = |(need, served): (&String, &Served)| {
        let late: i64 = served.lacking.iter().filter(|l| l.late).map(|l| l.units).sum();
        let code = if picture.packages.contains_key(need) { "lack-late-sets" } else { "lack-late" };
        Unmet {
            need: need_cell(picture, need).parts.remove(0),
            open: figures::whole(served.open),
            planned: figures::whole(served.planned),
            late: if late > 0 {
                say_with(code, &[("n", late.into()), ("text", figures::whole(late).into())])
            } else {
                String::new()
            },
            why: served.lacking.iter().flat_map(|lacking| plan_why::causes(picture, lacking)).collect(),
        }
    };
    lacking.map(row).collect()
}

/// What differs between two plans.
fn compare(picture: &Picture, ours: &Shown, theirs: &Shown) -> Compared {
    let fact = |name: &str, figure: &dyn Fn(&Shown) -> String| (say(name).into_owned(), figure(ours), figure(theirs));
    let facts = vec![
        fact("plan-value", &|p| percent(share(p.summary.value, p.summary.wanted))),
        fact("plan-objective", &|p| rounded(p.summary.objective)),
        fact("plan-gap-short", &|p| percent(p.summary.gap)),
        fact("plan-met", &|p| p.summary.needs.full.to_string()),
        fact("plan-sets", &|p| p.summary.sets.1.to_string()),
        fact("plan-cost", &|p| rounded(p.summary.cost)),
        fact("plan-lines", &|p| p.summary.lines.to_string()),
    ];
    let columns = [("panel-need", false), ("compare-this", true), ("compare-that", true)];
    let mut needs = Panel::new("compare", &columns);
    let keys: std::collections::BTreeSet<&String> =
        ours.summary.served.keys().chain(theirs.summary.served.keys()).collect();
    for need in keys {
        let planned = |plan: &Shown| plan.summary.served.get(need).map_or(0, |served| served.planned);
        let (a, b) = (planned(ours), planned(theirs));
        if a != b {
            needs.row(vec![need_cell(picture, need), number_cell(a), number_cell(b)]);
        }
    }
    Compared { code: theirs.stored.plan.code.to_string(), facts, needs }
}

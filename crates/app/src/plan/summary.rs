//! What a plan achieves and what limits it, in figures that stand by themselves: they are stored with the plan.

use std::collections::BTreeMap;

use muster_domain::picture::Picture;
use muster_planner::{
    ask::Ask,
    instance as planner,
    plan::{Plan, Target},
    robust::{Rates, Robustness, try_out},
    solve::{Limit, LimitKind, Outcome, Status},
};
use serde::{Deserialize, Serialize};

use super::{
    advice::Advice,
    fate::Replan,
    instance::Instance,
    lacking::{Lacking, lacking},
    promise::{code_of, is_begun},
};

/// A plan in figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The first period in which anything moves.
    pub first_period: usize,
    /// The last change of any record that the plan knows.
    pub version: i64,
    /// How the solve ended: optimal, feasible or stopped.
    pub status: String,
    /// Value delivered less weighted cost.
    pub objective: f64,
    /// Proven: no plan is worth more.
    pub bound: f64,
    /// Proven distance from the best plan, as a share of the objective.
    pub gap: f64,
    /// Time it took.
    pub seconds: f64,
    /// Value of everything that is open, if all of it came in time.
    pub wanted: f64,
    /// Value delivered, timeliness counted.
    pub value: f64,
    /// Cost of getting it there, in the mission's currency.
    pub cost: f64,
    /// The same figures for first come, first served.
    pub first_come: FirstCome,
    /// Tonnes delivered.
    pub tonnes: f64,
    /// Number of lines of the plan.
    pub lines: usize,
    /// Needs by how they are met.
    pub needs: Met,
    /// Sets of packages wanted and completed.
    pub sets: (i64, i64),
    /// What limits it, most valuable first.
    pub limits: Vec<Limiting>,
    /// Open needs and what the plan gives them.
    pub served: BTreeMap<String, Served>,
    /// What to ask donors and hosts for, most valuable first.
    #[serde(default)]
    pub asks: Vec<Ask>,
    /// How it fares when things go wrong, at the usual rates.
    #[serde(default)]
    pub robust: Option<Robustness>,
    /// What it makes of promised lines, if it takes their place.
    #[serde(default)]
    pub replan: Option<Replan>,
}

/// What first come, first served achieves on the same input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FirstCome {
    /// Value delivered less weighted cost.
    pub objective: f64,
    /// Needs by how they are met.
    pub needs: Met,
    /// Sets of packages completed.
    pub sets: i64,
}

/// Numbers of needs by how they are met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Met {
    /// In full.
    pub full: usize,
    /// In part.
    pub part: usize,
    /// Not at all.
    pub none: usize,
}

/// What a plan gives a need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Served {
    /// Open units, or sets of a package.
    pub open: i64,
    /// Units, or complete sets, that the plan delivers.
    pub planned: i64,
    /// The period of the last delivery.
    pub last: Option<i64>,
    /// The offers it comes from, with units.
    pub offers: BTreeMap<String, i64>,
    /// What it does not get, or gets late, and why.
    #[serde(default)]
    pub lacking: Vec<Lacking>,
}

/// Something that limits the plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limiting {
    /// lane, handling, storage, process or offer.
    pub kind: String,
    /// Code of the lane, place, process or offer.
    pub code: String,
    /// What it is, for people.
    pub name: String,
    /// The periods in which it binds.
    pub periods: Vec<usize>,
    /// Unit of load and capacity.
    pub unit: String,
    /// What the plan uses in those periods.
    pub load: f64,
    /// What there is in those periods.
    pub capacity: f64,
    /// Objective gained per further unit in each of those periods, summed; for a small change only.
    pub worth: f64,
}

/// Most limits that are kept.
const MOST_LIMITS: usize = 60;

impl Summary {
    /// The figures of an outcome, beside those of `first_come` on the same instance.
    pub(super) fn of(
        picture: &Picture,
        inputs: &Instance,
        outcome: &Outcome,
        first_come: &Plan,
        advice: Advice,
    ) -> Self {
        let problem = &inputs.problem;
        let verdict = muster_planner::check(problem, &outcome.plan);
        let ours = served(problem, &outcome.plan);
        let theirs = served(problem, first_come);
        let wanted = problem.requirements.iter().map(|r| r.quantity as f64 * r.priority).sum::<f64>()
            + problem.packages.iter().map(|k| k.count as f64 * k.priority).sum::<f64>();
        let sets =
            |served: &BTreeMap<String, Served>| problem.packages.iter().map(|k| served[&k.id].planned).sum::<i64>();
        let goods = outcome.limits.iter().filter(|l| l.kind != LimitKind::Offer).take(MOST_LIMITS);
        let mut summary = Self {
            first_period: inputs.first_period,
            version: inputs.version,
            status: status(outcome.status).to_owned(),
            objective: outcome.objective,
            bound: outcome.bound,
            gap: outcome.gap,
            seconds: outcome.seconds,
            wanted,
            value: verdict.value,
            cost: verdict.cost,
            first_come: FirstCome { objective: first_come.objective, needs: met(&theirs), sets: sets(&theirs) },
            tonnes: tonnes(problem, &outcome.plan),
            lines: outcome.plan.flows.iter().filter(|flow| !is_begun(&flow.offer)).count(),
            needs: met(&ours),
            sets: (problem.packages.iter().map(|k| k.count).sum(), sets(&ours)),
            limits: goods.map(|limit| limiting(picture, limit)).collect(),
            served: ours,
            asks: advice.asks,
            robust: Some(try_out(problem, &outcome.plan, Rates::default())),
            replan: None,
        };
        for (need, lacking) in lacking(picture, &advice.shortfalls) {
            if let Some(served) = summary.served.get_mut(&need) {
                served.lacking = lacking;
            }
        }
        summary
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Optimal => "optimal",
        Status::Feasible => "feasible",
        Status::Stopped => "stopped",
    }
}

fn tonnes(problem: &planner::Instance, plan: &Plan) -> f64 {
    let mass: BTreeMap<&str, f64> = problem.resources.iter().map(|r| (r.id.as_str(), r.unit_mass_t)).collect();
    let of_offer: BTreeMap<&str, f64> =
        problem.offers.iter().map(|o| (o.id.as_str(), mass.get(o.resource.as_str()).copied().unwrap_or(0.0))).collect();
    let flows = plan.flows.iter().filter(|flow| !is_begun(&flow.offer));
    flows.map(|f| f.quantity as f64 * of_offer.get(f.offer.as_str()).copied().unwrap_or(0.0)).sum()
}

/// What a plan gives each open need.
fn served(problem: &planner::Instance, plan: &Plan) -> BTreeMap<String, Served> {
    let none = |open| Served { open, planned: 0, last: None, offers: BTreeMap::new(), lacking: Vec::new() };
    let requirements = problem.requirements.iter().map(|r| (r.id.clone(), none(r.quantity)));
    let packages = problem.packages.iter().map(|k| (k.id.clone(), none(k.count)));
    let mut served: BTreeMap<String, Served> = requirements.chain(packages).collect();
    for flow in &plan.flows {
        let counts = matches!(flow.target, Target::Requirement(_));
        let Some(entry) = served.get_mut(flow.target.id()).filter(|_| !flow.target.is_supply()) else { continue };
        entry.planned += if counts { flow.quantity } else { 0 };
        entry.last = entry.last.max(Some(flow.arrive));
        *entry.offers.entry(code_of(&flow.offer).to_owned()).or_default() += flow.quantity;
    }
    for line in &plan.packages {
        if let Some(entry) = served.get_mut(&line.package) {
            entry.planned += line.count;
        }
    }
    served
}

fn met(served: &BTreeMap<String, Served>) -> Met {
    let mut met = Met::default();
    for need in served.values() {
        match need.planned {
            0 => met.none += 1,
            n if n >= need.open => met.full += 1,
            _ => met.part += 1,
        }
    }
    met
}

fn limiting(picture: &Picture, limit: &Limit) -> Limiting {
    let place = |code: &str| picture.places.get(code).map_or_else(|| code.to_owned(), |p| p.name.to_string());
    let lane = || {
        let lane = picture.lanes.get(&limit.id);
        let name = lane.map(|l| format!("{} to {} by {}", place(l.from.as_str()), place(l.to.as_str()), l.mode));
        name.unwrap_or_else(|| limit.id.clone())
    };
    let currency = picture.mission().map_or("", |mission| mission.currency.code());
    let (kind, name, unit) = match limit.kind {
        LimitKind::Lane => ("lane", lane(), "t"),
        LimitKind::LaneVolume => ("lane-volume", lane(), "m³"),
        LimitKind::StorageVolume => ("storage-volume", format!("{}, storage", place(&limit.id)), "m³"),
        LimitKind::HandlingIn => ("handling-in", format!("{}, handling", place(&limit.id)), "t"),
        LimitKind::Need => ("need", limit.id.clone(), "units"),
        LimitKind::Pool => {
            let pool = picture.pools.get(&limit.id);
            ("pool", pool.map_or_else(|| limit.id.clone(), |pool| pool.name.to_string()), "units")
        }
        LimitKind::Fund => {
            let fund = picture.funds.get(&limit.id);
            ("fund", fund.map_or_else(|| limit.id.clone(), |fund| fund.name.to_string()), currency)
        }
        LimitKind::Handling => ("handling", format!("{}, handling", place(&limit.id)), "t"),
        LimitKind::Storage => ("storage", format!("{}, storage", place(&limit.id)), "t"),
        LimitKind::Process => {
            let process = picture.processes.get(&limit.id);
            let name = process.map(|p| {
                let item =
                    picture.item_of(p.output.as_str()).map_or_else(|| p.output.to_string(), |i| i.name.to_string());
                format!("{}, {} of {item}", place(p.place.as_str()), p.kind)
            });
            ("process", name.unwrap_or_else(|| limit.id.clone()), "units")
        }
        LimitKind::Offer | LimitKind::Order => ("offer", limit.id.clone(), "units"),
    };
    Limiting {
        kind: kind.to_owned(),
        code: limit.id.clone(),
        name,
        periods: limit.binding.iter().map(|b| b.period).collect(),
        unit: unit.to_owned(),
        load: limit.binding.iter().map(|b| b.load).sum(),
        capacity: limit.binding.iter().map(|b| b.capacity).sum(),
        worth: limit.worth,
    }
}

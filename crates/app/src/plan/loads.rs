//! How full a plan makes lanes, places, workshops and schools, period by period; what it delivers when; and how that grows.

use std::collections::BTreeMap;

use muster_domain::picture::Picture;
use muster_planner::{
    instance::Instance,
    plan::{Leg, Plan, Target},
};

use super::{Shown, promise::is_begun};
use crate::{App, Error};
use muster_domain::viewer::Viewer;

/// What has a capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capacitated {
    /// A lane, in tonnes.
    Lane,
    /// A place's handling, in tonnes that leave it.
    Handling,
    /// A repair or a course, in units that begin it.
    Process,
}

/// The load of something, period by period.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// What it is.
    pub what: Capacitated,
    /// Code of the lane, place or process.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// Load and capacity in each period; a capacity of `None` is no limit.
    pub periods: Vec<(f64, Option<f64>)>,
}

impl Load {
    /// The highest share of a capacity that is used.
    pub fn highest(&self) -> f64 {
        let share = |(load, capacity): &(f64, Option<f64>)| match capacity {
            Some(capacity) if *capacity > 0.0 => load / capacity,
            _ => 0.0,
        };
        self.periods.iter().map(share).fold(0.0, f64::max)
    }
}

/// A quantity that the plan delivers.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Line of the plan, counted from 1.
    pub line: usize,
    /// The offer.
    pub offer: String,
    /// The need.
    pub need: String,
    /// What is delivered: a resource.
    pub resource: String,
    /// How much.
    pub quantity: i64,
    /// Period of the first departure, if it moves at all.
    pub departs: Option<i64>,
    /// Period of delivery.
    pub arrives: i64,
    /// Places and processes on its way, in order.
    pub way: Vec<Step>,
}

/// A step of a way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// By a lane.
    Lane(String),
    /// Through a repair or a course.
    Process(String),
}

/// A plan in full.
#[derive(Clone, Debug)]
pub struct Detail {
    /// The plan.
    pub shown: Shown,
    /// Number of periods.
    pub periods: usize,
    /// Everything that has a capacity and is used, fullest first.
    pub loads: Vec<Load>,
    /// All deliveries, by line.
    pub deliveries: Vec<Delivery>,
    /// Tonnes on each lane that is used, by period.
    pub lanes: BTreeMap<String, BTreeMap<usize, f64>>,
    /// Value delivered by the end of each period: by this plan, and by first come, first served.
    pub growth: Vec<(f64, f64)>,
}

impl App {
    /// A plan in full, or without a code the newest accepted one, or else the newest.
    ///
    /// # Errors
    /// If there is none that the viewer sees, or the database fails.
    pub async fn plan_detail(&self, viewer: &Viewer, code: Option<&str>) -> Result<Detail, Error> {
        let (shown, instance, plan) = self.plan_inputs(viewer, code).await?;
        let picture = self.picture(viewer).await?;
        Ok(detail(&picture, shown, &instance, &plan))
    }
}

fn detail(picture: &Picture, shown: Shown, instance: &Instance, plan: &Plan) -> Detail {
    let mass: BTreeMap<&str, f64> = instance.resources.iter().map(|r| (r.id.as_str(), r.unit_mass_t)).collect();
    let resources: BTreeMap<&str, &str> =
        instance.offers.iter().map(|o| (o.id.as_str(), o.resource.as_str())).collect();
    let mut lanes: BTreeMap<String, BTreeMap<usize, f64>> = BTreeMap::new();
    let mut places: BTreeMap<&str, BTreeMap<usize, f64>> = BTreeMap::new();
    let mut processes: BTreeMap<&str, BTreeMap<usize, f64>> = BTreeMap::new();
    let period = |n: i64| usize::try_from(n).unwrap_or(0);
    let mut deliveries = Vec::with_capacity(plan.flows.len());
    for (line, flow) in (1..).zip(&plan.flows).filter(|(_, flow)| !is_begun(&flow.offer)) {
        let mut resource = resources.get(flow.offer.as_str()).copied().unwrap_or_default();
        let (mut way, mut departs) = (Vec::new(), None);
        for leg in &flow.path {
            match leg {
                Leg::Lane { lane, depart } => {
                    let tonnes = flow.quantity as f64 * mass.get(resource).copied().unwrap_or(0.0);
                    *lanes.entry(lane.clone()).or_default().entry(period(*depart)).or_default() += tonnes;
                    if let Some(from) = instance.lanes.iter().find(|l| l.id == *lane).map(|l| l.from.as_str()) {
                        *places.entry(from).or_default().entry(period(*depart)).or_default() += tonnes;
                    }
                    departs = departs.or(Some(*depart));
                    way.push(Step::Lane(lane.clone()));
                }
                Leg::Process { process, start } => {
                    let units = flow.quantity as f64;
                    *processes.entry(process.as_str()).or_default().entry(period(*start)).or_default() += units;
                    if let Some(made) = instance.processes.iter().find(|p| p.id == *process) {
                        resource = made.output.as_str();
                    }
                    way.push(Step::Process(process.clone()));
                }
                Leg::Order { .. } => {}
            }
        }
        deliveries.push(Delivery {
            line,
            offer: flow.offer.clone(),
            need: flow.target.id().to_owned(),
            resource: resource.to_owned(),
            quantity: flow.quantity,
            departs,
            arrives: flow.arrive,
            way,
        });
    }
    let name = |what: Capacitated, code: &str| {
        let place = |code: &str| picture.places.get(code).map_or_else(|| code.to_owned(), |p| p.name.to_string());
        match what {
            Capacitated::Lane => picture
                .lanes
                .get(code)
                .map_or_else(|| code.to_owned(), |l| format!("{} – {}", place(l.from.as_str()), place(l.to.as_str()))),
            Capacitated::Handling => place(code),
            Capacitated::Process => picture.processes.get(code).map_or_else(
                || code.to_owned(),
                |p| {
                    let item = picture.item_of(p.output.as_str()).map_or_else(String::new, |i| i.name.to_string());
                    format!("{}, {item}", place(p.place.as_str()))
                },
            ),
        }
    };
    let load =
        |what: Capacitated, code: &str, used: &BTreeMap<usize, f64>, capacity: &dyn Fn(usize) -> Option<f64>| Load {
            what,
            code: code.to_owned(),
            name: name(what, code),
            periods: (0..instance.periods).map(|n| (used.get(&n).copied().unwrap_or(0.0), capacity(n))).collect(),
        };
    let mut loads = Vec::new();
    for lane in &instance.lanes {
        let Some(used) = lanes.get(&lane.id) else { continue };
        loads.push(load(Capacitated::Lane, &lane.id, used, &|n| Some(lane.capacity_t.at(n))));
    }
    for place in &instance.places {
        let Some((used, limit)) = places.get(place.id.as_str()).zip(place.handling_t.as_ref()) else { continue };
        loads.push(load(Capacitated::Handling, &place.id, used, &|n| Some(limit.at(n))));
    }
    for process in &instance.processes {
        let Some(used) = processes.get(process.id.as_str()) else { continue };
        loads.push(load(Capacitated::Process, &process.id, used, &|n| Some(process.capacity.at(n))));
    }
    loads.sort_by(|a, b| b.highest().total_cmp(&a.highest()).then_with(|| a.code.cmp(&b.code)));
    let ours = growth(instance, plan);
    let theirs = growth(instance, &muster_planner::first_come::plan(instance));
    Detail {
        shown,
        periods: instance.periods,
        growth: ours.into_iter().zip(theirs).collect(),
        loads,
        deliveries,
        lanes,
    }
}

/// Value delivered by the end of each period, at its full worth: lateness is not counted, and a set of a package counts when it is
/// complete.
fn growth(instance: &Instance, plan: &Plan) -> Vec<f64> {
    let mut gains = vec![0.0; instance.periods];
    let mut add = |at: i64, value: f64| {
        let at = usize::try_from(at).unwrap_or(0).min(instance.periods.saturating_sub(1));
        if let Some(gain) = gains.get_mut(at) {
            *gain += value;
        }
    };
    for flow in &plan.flows {
        if let Target::Requirement(id) = &flow.target
            && let Some(need) = instance.requirements.iter().find(|r| r.id == *id)
        {
            add(flow.arrive, flow.quantity as f64 * need.priority);
        }
    }
    for line in &plan.packages {
        if let Some(package) = instance.packages.iter().find(|k| k.id == line.package) {
            add(line.period, line.count as f64 * package.priority);
        }
    }
    gains
        .into_iter()
        .scan(0.0, |sum, gain| {
            *sum += gain;
            Some(*sum)
        })
        .collect()
}

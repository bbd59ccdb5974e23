//! The judge: whether a plan keeps every rule, and what it is truly worth.
//!
//! Written from the format's description alone. It must not use anything of the solver: what they shared, they could
//! be wrong about together.

use std::collections::{BTreeMap, HashMap};

use crate::instance::{Instance, Lane, Offer, Package, Place, Process, Requirement, Resource};
use crate::plan::{Flow, Leg, Plan, Target};

/// How far a sum may exceed a limit or differ from what is stated, relative to max(1, limit).
pub const TOLERANCE: f64 = 1e-6;

/// What a plan is worth, and which rules it breaks.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Value less weighted cost.
    pub objective: f64,
    /// Value of what arrives in time.
    pub value: f64,
    /// Cost before weighting.
    pub cost: f64,
    /// Broken rules in words; none: the plan holds.
    pub faults: Vec<String>,
}

/// Judges a plan of an instance that was read by [`Instance::parse`].
pub fn check(instance: &Instance, plan: &Plan) -> Verdict {
    let mut judge = Judge::new(instance);
    for (n, flow) in plan.flows.iter().enumerate() {
        if let Err(fault) = judge.flow(flow) {
            judge.faults.push(format!("flow {n} ({}): {fault}", flow.offer));
        }
    }
    judge.packages(plan);
    judge.limits();
    judge.stated(plan)
}

fn by_id<'i, T>(list: &'i [T], id: impl Fn(&'i T) -> &'i str) -> HashMap<&'i str, &'i T> {
    list.iter().map(|x| (id(x), x)).collect()
}

fn timeliness(period: i64, due: usize, expires: usize) -> f64 {
    let (due, expires) = (due as i64, expires as i64);
    if period <= due {
        1.0
    } else if period >= expires {
        0.0
    } else {
        1.0 - (period - due) as f64 / (expires - due) as f64
    }
}

type PerPeriod<'i> = BTreeMap<(&'i str, i64), f64>;

struct Judge<'i> {
    instance: &'i Instance,
    periods: i64,
    resources: HashMap<&'i str, &'i Resource>,
    places: HashMap<&'i str, &'i Place>,
    lanes: HashMap<&'i str, &'i Lane>,
    processes: HashMap<&'i str, &'i Process>,
    offers: HashMap<&'i str, &'i Offer>,
    requirements: HashMap<&'i str, &'i Requirement>,
    packages: HashMap<&'i str, &'i Package>,
    lane_load: PerPeriod<'i>,
    handling: PerPeriod<'i>,
    storage: PerPeriod<'i>,
    starts: PerPeriod<'i>,
    offered: BTreeMap<&'i str, i128>,
    required: BTreeMap<&'i str, i128>,
    /// Units delivered of a package's component, by period.
    component: HashMap<(&'i str, usize), Vec<i128>>,
    value: f64,
    cost: f64,
    faults: Vec<String>,
}

/// Where a flow is on its way.
struct Standing<'i> {
    place: &'i str,
    period: i64,
    resource: &'i Resource,
    quantity: i64,
}

impl<'i> Judge<'i> {
    fn new(d: &'i Instance) -> Judge<'i> {
        Judge {
            instance: d,
            periods: d.periods as i64,
            resources: by_id(&d.resources, |x| &x.id),
            places: by_id(&d.places, |x| &x.id),
            lanes: by_id(&d.lanes, |x| &x.id),
            processes: by_id(&d.processes, |x| &x.id),
            offers: by_id(&d.offers, |x| &x.id),
            requirements: by_id(&d.requirements, |x| &x.id),
            packages: by_id(&d.packages, |x| &x.id),
            lane_load: BTreeMap::new(),
            handling: BTreeMap::new(),
            storage: BTreeMap::new(),
            starts: BTreeMap::new(),
            offered: BTreeMap::new(),
            required: BTreeMap::new(),
            component: HashMap::new(),
            value: 0.0,
            cost: 0.0,
            faults: Vec::new(),
        }
    }

    fn flow(&mut self, flow: &Flow) -> Result<(), String> {
        let Some(&offer) = self.offers.get(flow.offer.as_str()) else { return Err("no such offer".into()) };
        if flow.quantity <= 0 {
            return Err(format!("quantity {} is not a positive whole number", flow.quantity));
        }
        *self.offered.entry(&offer.id).or_default() += i128::from(flow.quantity);
        let mut standing = Standing {
            place: &offer.place,
            period: offer.from as i64,
            resource: self.resources[offer.resource.as_str()],
            quantity: flow.quantity,
        };
        for leg in &flow.path {
            match leg {
                Leg::Lane { lane, depart } => self.take_lane(&mut standing, lane, *depart)?,
                Leg::Process { process, start } => self.start_process(&mut standing, process, *start)?,
            }
            if standing.period >= self.periods {
                return Err("ends after the last period".into());
            }
        }
        if flow.arrive < standing.period || flow.arrive >= self.periods {
            let end = standing.period;
            return Err(format!("arrive {} is before the path's end {end}, or past the horizon", flow.arrive));
        }
        self.wait(&standing, flow.arrive);
        match &flow.target {
            Target::Requirement(id) => self.meet_requirement(offer, &standing, flow.arrive, id),
            Target::Package { id, component } => self.fill_package(offer, &standing, flow.arrive, id, *component),
        }
    }

    fn wait(&mut self, standing: &Standing<'i>, until: i64) {
        for t in standing.period..until {
            *self.storage.entry((standing.place, t)).or_default() +=
                standing.quantity as f64 * standing.resource.unit_mass_t;
        }
    }

    fn take_lane(&mut self, s: &mut Standing<'i>, id: &str, depart: i64) -> Result<(), String> {
        let no = || format!("cannot take lane {id} in {depart} from {} at {}", s.place, s.period);
        let Some(&lane) = self.lanes.get(id) else { return Err(no()) };
        let forbidden = s.resource.hazard.as_ref().is_some_and(|h| lane.forbids.contains(h));
        if lane.from != s.place || depart < s.period || forbidden {
            return Err(no());
        }
        let tonnes = s.quantity as f64 * s.resource.unit_mass_t;
        if depart >= self.periods {
            // Told before waiting for it is counted, which could take for ever.
            self.cost += lane.cost_per_t * tonnes;
            return Err("ends after the last period".into());
        }
        self.wait(s, depart);
        *self.lane_load.entry((&lane.id, depart)).or_default() += tonnes;
        *self.handling.entry((s.place, depart)).or_default() += tonnes;
        self.cost += lane.cost_per_t * tonnes;
        (s.place, s.period) = (&lane.to, depart + lane.transit as i64);
        Ok(())
    }

    fn start_process(&mut self, s: &mut Standing<'i>, id: &str, start: i64) -> Result<(), String> {
        let no = || format!("cannot start {id} at {} in {start} with {}", s.place, s.resource.id);
        let Some(&process) = self.processes.get(id) else { return Err(no()) };
        if process.place != s.place || start < s.period || process.input != s.resource.id {
            return Err(no());
        }
        if start >= self.periods {
            self.cost += process.cost * s.quantity as f64;
            return Err("ends after the last period".into());
        }
        self.wait(s, start);
        *self.starts.entry((&process.id, start)).or_default() += s.quantity as f64;
        self.cost += process.cost * s.quantity as f64;
        (s.resource, s.period) = (self.resources[process.output.as_str()], start + process.duration as i64);
        Ok(())
    }

    /// The target's place and the donor's caveat.
    fn suits(&self, offer: &Offer, s: &Standing<'i>, id: &str, place: &str, purpose: &str) -> Result<(), String> {
        if place != s.place {
            return Err(format!("ends at {}, {id} is at {place}", s.place));
        }
        match &offer.only_for {
            Some(only) if !only.iter().any(|p| p == purpose) => {
                Err(format!("caveat: only for {only:?}, {id} is for {purpose}"))
            }
            _ => Ok(()),
        }
    }

    fn meet_requirement(&mut self, offer: &Offer, s: &Standing<'i>, arrive: i64, id: &str) -> Result<(), String> {
        let Some(&r) = self.requirements.get(id) else { return Err(format!("there is no requirement {id}")) };
        let suits = self.suits(offer, s, id, &r.place, &r.purpose);
        let Some(accepted) = r.accepts.iter().find(|a| a.resource == s.resource.id) else {
            return Err(format!("{id} does not accept {}", s.resource.id));
        };
        *self.required.entry(&r.id).or_default() += i128::from(s.quantity);
        self.value += s.quantity as f64 * r.priority * accepted.utility * timeliness(arrive, r.due, r.expires);
        suits
    }

    fn fill_package(
        &mut self,
        offer: &Offer,
        s: &Standing<'i>,
        arrive: i64,
        id: &str,
        component: usize,
    ) -> Result<(), String> {
        let Some(&k) = self.packages.get(id) else { return Err(format!("there is no package {id}")) };
        let suits = self.suits(offer, s, id, &k.place, &k.purpose);
        let Some(part) = k.components.get(component) else {
            return Err(format!("{id} has no component {component}"));
        };
        if part.resource != s.resource.id {
            return Err(format!("component {component} of {id} is {}, not {}", part.resource, s.resource.id));
        }
        let periods = self.instance.periods;
        let delivered = self.component.entry((&k.id, component)).or_insert_with(|| vec![0; periods]);
        delivered[usize::try_from(arrive).expect("not before the offer's period")] += i128::from(s.quantity);
        suits
    }

    fn packages(&mut self, plan: &Plan) {
        let mut done: BTreeMap<&str, Vec<i128>> = BTreeMap::new();
        for line in &plan.packages {
            let Some(&k) = self.packages.get(line.package.as_str()) else {
                self.faults.push(format!("package {}: no such package", line.package));
                continue;
            };
            if line.count <= 0 {
                self.faults.push(format!("package {}: count {} is not positive", k.id, line.count));
                continue;
            }
            // check.py, the authority, counts periods before the first from the end, and values them as early ones.
            let periods = self.instance.periods as i64;
            let counted = if line.period < 0 { line.period.saturating_add(periods) } else { line.period };
            let Some(period) = usize::try_from(counted).ok().filter(|&t| t < self.instance.periods) else {
                self.faults.push(format!("package {}: period {} is outside the horizon", k.id, line.period));
                continue;
            };
            done.entry(&k.id).or_insert_with(|| vec![0; self.instance.periods])[period] += i128::from(line.count);
            self.value += line.count as f64 * k.priority * timeliness(line.period, k.due, k.expires);
        }
        for (id, counts) in done {
            self.complete(self.packages[id], &counts);
        }
    }

    /// Whether there were parts enough, in every period, for the sets completed.
    fn complete(&mut self, k: &'i Package, counts: &[i128]) {
        let sets: i128 = counts.iter().sum();
        if sets > i128::from(k.count) {
            self.faults.push(format!("package {}: {sets} completed, {} wanted", k.id, k.count));
        }
        for (i, part) in k.components.iter().enumerate() {
            let delivered = self.component.get(&(k.id.as_str(), i));
            let (mut have, mut need) = (0, 0);
            for (t, count) in counts.iter().enumerate() {
                have += delivered.map_or(0, |d| d[t]);
                need += count * i128::from(part.quantity);
                if need > have {
                    let id = &k.id;
                    self.faults.push(format!("package {id}: by period {t} component {i} needs {need}, has {have}"));
                    break;
                }
            }
        }
    }

    fn limits(&mut self) {
        let faults = &mut self.faults;
        let mut limit = |what: String, used: f64, allowed: Option<f64>| {
            if let Some(allowed) = allowed
                && used > allowed + TOLERANCE * allowed.max(1.0)
            {
                faults.push(format!("{what}: {used:.6} over {allowed}"));
            }
        };
        for (&(id, t), &tonnes) in &self.lane_load {
            let period = usize::try_from(t).expect("not before the offer's period");
            limit(format!("lane {id} in {t}"), tonnes, Some(self.lanes[id].capacity_t.in_period(period)));
        }
        for (&(id, t), &tonnes) in &self.handling {
            limit(format!("handling at {id} in {t}"), tonnes, self.places[id].handling_t);
        }
        for (&(id, t), &tonnes) in &self.storage {
            limit(format!("storage at {id} after {t}"), tonnes, self.places[id].storage_t);
        }
        for (&(id, t), &units) in &self.starts {
            limit(format!("process {id} in {t}"), units, Some(self.processes[id].capacity));
        }
        for (&id, &units) in &self.offered {
            limit(format!("offer {id}"), units as f64, Some(self.offers[id].quantity as f64));
        }
        for (&id, &units) in &self.required {
            limit(format!("requirement {id}"), units as f64, Some(self.requirements[id].quantity as f64));
        }
    }

    /// Compares the true objective with what the plan states.
    fn stated(mut self, plan: &Plan) -> Verdict {
        let objective = self.value - self.instance.cost_weight * self.cost;
        let tolerance = TOLERANCE * objective.abs().max(1.0);
        let apart = (objective - plan.objective).abs();
        if apart.is_nan() || apart > tolerance {
            self.faults.push(format!("stated objective {}, true {objective}", plan.objective));
        }
        if let Some(bound) = plan.bound
            && (bound.is_nan() || objective > bound + tolerance)
        {
            self.faults.push(format!("objective {objective} over the stated bound {bound}"));
        }
        Verdict { objective, value: self.value, cost: self.cost, faults: self.faults }
    }
}

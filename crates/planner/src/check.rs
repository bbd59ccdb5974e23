//! The judge: whether a plan keeps every rule, and what it is truly worth.
//!
//! Written from the format's description alone. It must not use anything of the solver: what they shared, they could
//! be wrong about together.

mod whole;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::instance::{FORMAT, Instance, Lane, Offer, Package, Place, Pool, Process, Requirement, Resource, Series};
use crate::plan::{Flow, Leg, Plan, Target};

/// How far a sum may exceed a limit or differ from what is stated, relative to max(1, limit).
pub const TOLERANCE: f64 = 1e-6;

/// What a plan is worth, and which rules it breaks.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Value and donors' wishes less weighted cost and what is lost by leaving the mission's policy.
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
    judge.trips();
    judge.needs();
    judge.holds();
    judge.funds();
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

/// A limit, with what it may be exceeded by.
fn allowed(limit: f64) -> f64 {
    limit + TOLERANCE * limit.max(1.0)
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
    pools: HashMap<&'i str, &'i Pool>,
    lane_load: PerPeriod<'i>,
    lane_volume: PerPeriod<'i>,
    handling: PerPeriod<'i>,
    handling_in: PerPeriod<'i>,
    storage: PerPeriod<'i>,
    storage_volume: PerPeriod<'i>,
    starts: PerPeriod<'i>,
    orders: PerPeriod<'i>,
    /// What funds pay, by period.
    paid: PerPeriod<'i>,
    /// Units delivered for a process's need, by period.
    supplied: HashMap<(&'i str, usize), Vec<f64>>,
    /// Units that are there to be held, by pool and period: what is delivered.
    lent: PerPeriod<'i>,
    /// Value of each floor's wants.
    floor_value: Vec<f64>,
    /// Types delivered to each fleet.
    types: BTreeSet<(usize, &'i str)>,
    offered: BTreeMap<&'i str, i128>,
    required: BTreeMap<&'i str, i128>,
    /// Units delivered of a package's component, by period.
    component: HashMap<(&'i str, usize), Vec<i128>>,
    value: f64,
    bonus: f64,
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

impl Standing<'_> {
    fn tonnes(&self) -> f64 {
        self.quantity as f64 * self.resource.unit_mass_t
    }

    fn m3(&self) -> f64 {
        self.quantity as f64 * self.resource.unit_volume_m3
    }
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
            pools: by_id(&d.pools, |x| &x.id),
            lane_load: BTreeMap::new(),
            lane_volume: BTreeMap::new(),
            handling: BTreeMap::new(),
            handling_in: BTreeMap::new(),
            storage: BTreeMap::new(),
            storage_volume: BTreeMap::new(),
            starts: BTreeMap::new(),
            orders: BTreeMap::new(),
            paid: BTreeMap::new(),
            supplied: HashMap::new(),
            lent: BTreeMap::new(),
            floor_value: vec![0.0; d.floors.len()],
            types: BTreeSet::new(),
            offered: BTreeMap::new(),
            required: BTreeMap::new(),
            component: HashMap::new(),
            value: 0.0,
            bonus: 0.0,
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
        if flow.quantity % offer.lot != 0 {
            let fault = format!("quantity {} is not a multiple of the lot {}", flow.quantity, offer.lot);
            self.faults.push(format!("flow of {}: {fault}", offer.id));
        }
        let mut standing = Standing {
            place: &offer.place,
            period: offer.from as i64,
            resource: self.resources[offer.resource.as_str()],
            quantity: flow.quantity,
        };
        if offer.purchase.is_some() && !matches!(flow.path.first(), Some(Leg::Order { .. })) {
            return Err("is bought, but not ordered first".into());
        }
        for (n, leg) in flow.path.iter().enumerate() {
            match leg {
                Leg::Order { order } => self.order(&mut standing, offer, n, *order)?,
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
            Target::Process { id, input } => self.supply(offer, &standing, flow.arrive, id, *input),
            Target::Pool(id) => self.lend(offer, &standing, flow.arrive, id),
        }
    }

    fn wait(&mut self, standing: &Standing<'i>, until: i64) {
        for t in standing.period..until {
            *self.storage.entry((standing.place, t)).or_default() += standing.tonnes();
            *self.storage_volume.entry((standing.place, t)).or_default() += standing.m3();
        }
    }

    fn pay(&mut self, fund: Option<&'i String>, period: i64, cost: f64) {
        self.cost += cost;
        if let Some(fund) = fund {
            *self.paid.entry((fund, period)).or_default() += cost;
        }
    }

    fn order(&mut self, s: &mut Standing<'i>, offer: &'i Offer, leg: usize, order: i64) -> Result<(), String> {
        let Some(purchase) = offer.purchase.as_ref().filter(|_| leg == 0) else {
            return Err("an order is the first leg of what is bought, and only that".into());
        };
        if order < s.period {
            return Err(format!("cannot be ordered in {order}, before {}", s.period));
        }
        let cost = purchase.cost * s.quantity as f64;
        if order >= self.periods {
            self.cost += cost;
            return Err("ends after the last period".into());
        }
        *self.orders.entry((&offer.id, order)).or_default() += s.quantity as f64;
        self.pay(purchase.fund.as_ref(), order, cost);
        s.period = order + purchase.lead as i64;
        Ok(())
    }

    fn take_lane(&mut self, s: &mut Standing<'i>, id: &str, depart: i64) -> Result<(), String> {
        let no = || format!("cannot take lane {id} in {depart} from {} at {}", s.place, s.period);
        let Some(&lane) = self.lanes.get(id) else { return Err(no()) };
        let forbidden = s.resource.hazard.as_ref().is_some_and(|h| lane.forbids.contains(h));
        let over = |unit: f64, trip: Option<f64>| trip.is_some_and(|trip| unit > allowed(trip));
        if over(s.resource.unit_mass_t, lane.trip_t) || over(s.resource.unit_volume_m3, lane.trip_m3) {
            return Err(format!("a unit of {} is more than a trip of lane {id} takes", s.resource.id));
        }
        let runs = |t: i64| lane.departs.as_ref().is_none_or(|list| list.iter().any(|&d| d as i64 == t));
        if lane.from == s.place && depart >= s.period && depart < self.periods && !runs(depart) {
            return Err(format!("lane {id} does not depart in {depart}"));
        }
        if lane.from != s.place || depart < s.period || forbidden {
            return Err(no());
        }
        let tonnes = s.tonnes();
        if depart >= self.periods {
            // Told before waiting for it is counted, which could take for ever.
            self.cost += lane.cost_per_t * tonnes;
            return Err("ends after the last period".into());
        }
        self.wait(s, depart);
        *self.lane_load.entry((&lane.id, depart)).or_default() += tonnes;
        *self.lane_volume.entry((&lane.id, depart)).or_default() += s.m3();
        *self.handling.entry((s.place, depart)).or_default() += tonnes;
        *self.handling_in.entry((&lane.to, depart + lane.transit as i64)).or_default() += tonnes;
        self.pay(lane.fund.as_ref(), depart, lane.cost_per_t * tonnes);
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
        self.pay(process.fund.as_ref(), start, process.cost * s.quantity as f64);
        (s.resource, s.period) = (self.resources[process.output.as_str()], start + process.duration as i64);
        Ok(())
    }

    /// The target's place and the donor's caveat.
    fn suits(
        &self,
        offer: &Offer,
        s: &Standing<'i>,
        (id, place): (&str, &str),
        purpose: Option<&String>,
    ) -> Result<(), String> {
        if place != s.place {
            return Err(format!("ends at {}, {id} is at {place}", s.place));
        }
        match &offer.only_for {
            Some(only) if !purpose.is_some_and(|purpose| only.contains(purpose)) => {
                Err(format!("caveat: only for {only:?}, {id} is for {purpose:?}"))
            }
            _ => Ok(()),
        }
    }

    /// What is given, not lent, and so may be used up.
    fn given(offer: &Offer, id: &str) -> Result<(), String> {
        if offer.until.is_some() { Err(format!("is lent, {id} is no pool")) } else { Ok(()) }
    }

    /// Whether a list names what is asked for; without a list, anything.
    fn names(list: Option<&Vec<String>>, what: &String) -> bool {
        list.is_none_or(|list| list.contains(what))
    }

    /// Counts a value for the floors of a want, besides the plan's.
    fn earn(&mut self, place: &String, purpose: &String, value: f64) {
        self.value += value;
        for (n, floor) in self.instance.floors.iter().enumerate() {
            if Self::names(floor.places.as_ref(), place) && Self::names(floor.purposes.as_ref(), purpose) {
                self.floor_value[n] += value;
            }
        }
    }

    /// Counts what a delivery to a requirement or a package means for fleets.
    fn deliver(&mut self, s: &Standing<'i>, place: &String) {
        for (n, fleet) in self.instance.fleets.iter().enumerate() {
            if fleet.places.contains(place) && fleet.resources.contains(&s.resource.id) {
                self.types.insert((n, &s.resource.id));
            }
        }
    }

    fn supply(&mut self, offer: &Offer, s: &Standing<'i>, arrive: i64, id: &str, input: usize) -> Result<(), String> {
        let Some(&process) = self.processes.get(id) else { return Err(format!("there is no process {id}")) };
        let Some(need) = process.needs.get(input) else { return Err(format!("{id} has no input {input}")) };
        if need.resource != s.resource.id {
            return Err(format!("input {input} of {id} is {}, not {}", need.resource, s.resource.id));
        }
        let periods = self.instance.periods;
        let supplied = self.supplied.entry((&process.id, input)).or_insert_with(|| vec![0.0; periods]);
        supplied[usize::try_from(arrive).expect("not before the offer's period")] += s.quantity as f64;
        Self::given(offer, id)?;
        self.suits(offer, s, (id, &process.place), process.purpose.as_ref())
    }

    fn lend(&mut self, offer: &Offer, s: &Standing<'i>, arrive: i64, id: &str) -> Result<(), String> {
        let Some(&pool) = self.pools.get(id) else { return Err(format!("there is no pool {id}")) };
        if pool.accepts.as_ref() != Some(&s.resource.id) {
            return Err(format!("pool {id} does not accept {}", s.resource.id));
        }
        let until = offer.until.map_or(self.periods, |until| (until as i64).min(self.periods));
        if offer.until.is_some() && arrive >= until {
            return Err(format!("arrives in {arrive}, is lent until {until}"));
        }
        for t in arrive..until {
            *self.lent.entry((&pool.id, t)).or_default() += s.quantity as f64;
        }
        self.suits(offer, s, (id, &pool.place), pool.purpose.as_ref())
    }

    fn meet_requirement(&mut self, offer: &Offer, s: &Standing<'i>, arrive: i64, id: &str) -> Result<(), String> {
        let Some(&r) = self.requirements.get(id) else { return Err(format!("there is no requirement {id}")) };
        let suits = self.suits(offer, s, (id, &r.place), Some(&r.purpose)).and(Self::given(offer, id));
        let Some(accepted) = r.accepts.iter().find(|a| a.resource == s.resource.id) else {
            return Err(format!("{id} does not accept {}", s.resource.id));
        };
        *self.required.entry(&r.id).or_default() += i128::from(s.quantity);
        let worth = r.priority * accepted.utility * timeliness(arrive, r.due, r.expires);
        self.earn(&r.place, &r.purpose, s.quantity as f64 * worth);
        if timeliness(arrive, r.due, r.expires) > 0.0 {
            let wished = offer.prefers.iter().filter(|p| p.purpose == r.purpose).map(|p| p.bonus).sum::<f64>();
            self.bonus += wished * s.quantity as f64;
        }
        self.deliver(s, &r.place);
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
        let suits = self.suits(offer, s, (id, &k.place), Some(&k.purpose)).and(Self::given(offer, id));
        let Some(part) = k.components.get(component) else {
            return Err(format!("{id} has no component {component}"));
        };
        if part.resource != s.resource.id {
            return Err(format!("component {component} of {id} is {}, not {}", part.resource, s.resource.id));
        }
        let periods = self.instance.periods;
        let delivered = self.component.entry((&k.id, component)).or_insert_with(|| vec![0; periods]);
        delivered[usize::try_from(arrive).expect("not before the offer's period")] += i128::from(s.quantity);
        self.deliver(s, &k.place);
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
            // In the first format, periods before the first have always counted from the end, and as early ones.
            let periods = self.instance.periods as i64;
            let counted = if line.period < 0 && self.instance.format == FORMAT {
                line.period.saturating_add(periods)
            } else {
                line.period
            };
            let Some(period) = usize::try_from(counted).ok().filter(|&t| t < self.instance.periods) else {
                self.faults.push(format!("package {}: period {} is outside the horizon", k.id, line.period));
                continue;
            };
            done.entry(&k.id).or_insert_with(|| vec![0; self.instance.periods])[period] += i128::from(line.count);
            let worth = k.priority * timeliness(line.period, k.due, k.expires);
            self.earn(&k.place, &k.purpose, line.count as f64 * worth);
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
                && used > self::allowed(allowed)
            {
                faults.push(format!("{what}: {used:.6} over {allowed}"));
            }
        };
        for (&(id, t), &tonnes) in &self.lane_load {
            let period = usize::try_from(t).expect("not before the offer's period");
            limit(format!("lane {id} in {t}"), tonnes, Some(self.lanes[id].capacity_t.at(period)));
        }
        let at = |series: &Option<Series>, t: i64| Some(series.as_ref()?.at(usize::try_from(t).ok()?));
        for (&(id, t), &m3) in &self.lane_volume {
            limit(format!("volume of lane {id} in {t}"), m3, at(&self.lanes[id].capacity_m3, t));
        }
        for (&(id, t), &tonnes) in &self.handling {
            limit(format!("handling at {id} in {t}"), tonnes, at(&self.places[id].handling_t, t));
        }
        for (&(id, t), &tonnes) in self.handling_in.iter().filter(|((_, t), _)| *t < self.periods) {
            limit(format!("handling into {id} in {t}"), tonnes, at(&self.places[id].handling_in_t, t));
        }
        for (&(id, t), &tonnes) in &self.storage {
            limit(format!("storage at {id} after {t}"), tonnes, at(&self.places[id].storage_t, t));
        }
        for (&(id, t), &m3) in &self.storage_volume {
            limit(format!("volume at {id} after {t}"), m3, at(&self.places[id].storage_m3, t));
        }
        for (&(id, t), &units) in &self.starts {
            let period = usize::try_from(t).expect("not before the offer's period");
            limit(format!("process {id} in {t}"), units, Some(self.processes[id].capacity.at(period)));
        }
        for (&(id, t), &units) in &self.orders {
            let purchase = self.offers[id].purchase.as_ref();
            limit(format!("orders of {id} in {t}"), units, purchase.and_then(|p| at(&p.per_period, t)));
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
        let cost = self.instance.cost_weight * self.cost;
        let objective = self.value + self.bonus - cost - self.penalties();
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

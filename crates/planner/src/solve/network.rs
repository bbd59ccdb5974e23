//! An instance with numbers for names: what the solver works on.
//!
//! Places, lanes, resources and so on are positions in their lists. Costs are already weighted. Nothing here decides
//! anything; it only makes an [`Instance`] quick to walk.

use std::collections::HashMap;

use crate::instance::Instance;

/// How much a capacity may be exceeded by rounding, as the checker allows, relative to max(1, capacity).
pub(crate) const TOLERANCE: f64 = 1e-6;

#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) transit: usize,
    /// Weighted cost per tonne.
    pub(crate) cost: f64,
    /// Tonnes per period.
    pub(crate) capacity: Vec<f64>,
    /// Which resources are forbidden: position in [`Network::forbidding`]; 0 forbids none.
    pub(crate) forbids: usize,
}

#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) place: usize,
    pub(crate) input: usize,
    pub(crate) output: usize,
    pub(crate) duration: usize,
    pub(crate) capacity: f64,
    /// Weighted cost per unit.
    pub(crate) cost: f64,
}

#[derive(Debug)]
pub(crate) struct Offer {
    pub(crate) resource: usize,
    pub(crate) place: usize,
    pub(crate) from: usize,
    pub(crate) quantity: i64,
    /// Allowed purposes by number; none: any.
    pub(crate) only_for: Option<Vec<usize>>,
}

/// What a delivered unit counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Requirement(usize),
    Component(usize, usize),
}

/// One way to be useful: a resource delivered to a target.
#[derive(Debug)]
pub(crate) struct Want {
    pub(crate) target: Target,
    pub(crate) resource: usize,
    pub(crate) place: usize,
    pub(crate) purpose: usize,
    /// Value per unit at full timeliness; 0 for components.
    pub(crate) value: f64,
    pub(crate) due: usize,
    pub(crate) expires: usize,
    /// Last period in which a delivery is worth something; none: never.
    pub(crate) last: usize,
    /// Most units of this resource that count.
    pub(crate) quantity: i64,
}

#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) priority: f64,
    pub(crate) count: i64,
    pub(crate) due: usize,
    pub(crate) expires: usize,
    /// Periods in which completing is told apart: from due (earlier earns the same) to the last of value. Empty: never.
    pub(crate) periods: std::ops::Range<usize>,
    /// Units per set.
    pub(crate) parts: Vec<i64>,
    /// Wants of the parts; none if it can't be delivered at all.
    pub(crate) wants: Vec<Option<usize>>,
}

#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) periods: usize,
    pub(crate) places: usize,
    pub(crate) mass: Vec<f64>,
    pub(crate) lanes: Vec<Lane>,
    /// Lanes that leave a place.
    pub(crate) lanes_from: Vec<Vec<usize>>,
    /// For each set of forbidden classes, whether a resource is forbidden.
    pub(crate) forbidding: Vec<Vec<bool>>,
    pub(crate) handling: Vec<Option<f64>>,
    pub(crate) storage: Vec<Option<f64>>,
    pub(crate) processes: Vec<Process>,
    /// Processes that make a resource.
    pub(crate) makers: Vec<Vec<usize>>,
    pub(crate) offers: Vec<Offer>,
    /// Offers of a resource.
    pub(crate) offers_of: Vec<Vec<usize>>,
    pub(crate) requirements: Vec<i64>,
    pub(crate) packages: Vec<Package>,
    pub(crate) wants: Vec<Want>,
}

/// Share of the value that a delivery in `period` still earns.
pub(crate) fn timeliness(period: usize, due: usize, expires: usize) -> f64 {
    if period <= due {
        1.0
    } else if period >= expires {
        0.0
    } else {
        1.0 - (period - due) as f64 / (expires - due) as f64
    }
}

fn positions<'i>(ids: impl Iterator<Item = &'i str>) -> HashMap<&'i str, usize> {
    ids.enumerate().map(|(n, id)| (id, n)).collect()
}

impl Network {
    /// Of an instance whose references hold, as [`Instance::parse`] makes sure.
    pub(crate) fn new(d: &Instance) -> Network {
        let resource = positions(d.resources.iter().map(|x| x.id.as_str()));
        let place = positions(d.places.iter().map(|x| x.id.as_str()));
        let mut purposes: HashMap<&str, usize> = HashMap::new();
        let mut network = Network {
            periods: d.periods,
            places: d.places.len(),
            mass: d.resources.iter().map(|r| r.unit_mass_t).collect(),
            lanes: Vec::new(),
            lanes_from: vec![Vec::new(); d.places.len()],
            forbidding: vec![vec![false; d.resources.len()]],
            handling: d.places.iter().map(|p| p.handling_t).collect(),
            storage: d.places.iter().map(|p| p.storage_t).collect(),
            processes: Vec::new(),
            makers: vec![Vec::new(); d.resources.len()],
            offers: Vec::new(),
            offers_of: vec![Vec::new(); d.resources.len()],
            requirements: d.requirements.iter().map(|r| r.quantity).collect(),
            packages: Vec::new(),
            wants: Vec::new(),
        };
        network.add_lanes(d, &place);
        network.add_processes(d, &place, &resource);
        for (n, o) in d.offers.iter().enumerate() {
            network.offers_of[resource[o.resource.as_str()]].push(n);
            network.offers.push(Offer {
                resource: resource[o.resource.as_str()],
                place: place[o.place.as_str()],
                from: o.from,
                quantity: o.quantity,
                only_for: o.only_for.as_ref().map(|list| list.iter().map(|p| number(&mut purposes, p)).collect()),
            });
        }
        network.add_requirements(d, &place, &resource, &mut purposes);
        network.add_packages(d, &place, &resource, &mut purposes);
        network
    }

    fn add_lanes(&mut self, d: &Instance, place: &HashMap<&str, usize>) {
        let mut sets: HashMap<Vec<&str>, usize> = HashMap::from([(Vec::new(), 0)]);
        for (n, l) in d.lanes.iter().enumerate() {
            let mut classes: Vec<&str> = l.forbids.iter().map(String::as_str).collect();
            classes.sort_unstable();
            classes.dedup();
            let forbidding = &mut self.forbidding;
            let forbids = *sets.entry(classes.clone()).or_insert_with(|| {
                let shut = |hazard: &Option<String>| hazard.as_deref().is_some_and(|h| classes.contains(&h));
                forbidding.push(d.resources.iter().map(|r| shut(&r.hazard)).collect());
                forbidding.len() - 1
            });
            self.lanes_from[place[l.from.as_str()]].push(n);
            self.lanes.push(Lane {
                from: place[l.from.as_str()],
                to: place[l.to.as_str()],
                transit: l.transit,
                cost: d.cost_weight * l.cost_per_t,
                capacity: (0..d.periods).map(|t| l.capacity_t.in_period(t)).collect(),
                forbids,
            });
        }
    }

    fn add_processes(&mut self, d: &Instance, place: &HashMap<&str, usize>, resource: &HashMap<&str, usize>) {
        for (n, p) in d.processes.iter().enumerate() {
            self.makers[resource[p.output.as_str()]].push(n);
            self.processes.push(Process {
                place: place[p.place.as_str()],
                input: resource[p.input.as_str()],
                output: resource[p.output.as_str()],
                duration: p.duration,
                capacity: p.capacity,
                cost: d.cost_weight * p.cost,
            });
        }
    }

    fn add_requirements<'i>(
        &mut self,
        d: &'i Instance,
        place: &HashMap<&str, usize>,
        resource: &HashMap<&str, usize>,
        purposes: &mut HashMap<&'i str, usize>,
    ) {
        for (n, r) in d.requirements.iter().enumerate() {
            let purpose = number(purposes, &r.purpose);
            for a in &r.accepts {
                let want = Want {
                    target: Target::Requirement(n),
                    resource: resource[a.resource.as_str()],
                    place: place[r.place.as_str()],
                    purpose,
                    value: r.priority * a.utility,
                    due: r.due,
                    expires: r.expires,
                    last: last(r.due, r.expires, d.periods),
                    quantity: r.quantity,
                };
                if want.quantity > 0 && want.value > 0.0 {
                    self.wants.push(want);
                }
            }
        }
    }

    fn add_packages<'i>(
        &mut self,
        d: &'i Instance,
        place: &HashMap<&str, usize>,
        resource: &HashMap<&str, usize>,
        purposes: &mut HashMap<&'i str, usize>,
    ) {
        for (n, k) in d.packages.iter().enumerate() {
            let purpose = number(purposes, &k.purpose);
            let last = last(k.due, k.expires, d.periods);
            let useful = k.count > 0 && k.priority > 0.0;
            let mut wants = Vec::new();
            for (i, part) in k.components.iter().enumerate() {
                wants.push(useful.then_some(self.wants.len()));
                if useful {
                    self.wants.push(Want {
                        target: Target::Component(n, i),
                        resource: resource[part.resource.as_str()],
                        place: place[k.place.as_str()],
                        purpose,
                        value: 0.0,
                        due: k.due,
                        expires: k.expires,
                        last,
                        quantity: part.quantity.saturating_mul(k.count),
                    });
                }
            }
            self.packages.push(Package {
                priority: k.priority,
                count: k.count,
                due: k.due,
                expires: k.expires,
                periods: if useful { k.due.min(last)..last + 1 } else { 0..0 },
                parts: k.components.iter().map(|c| c.quantity).collect(),
                wants,
            });
        }
    }

    /// Whether a donor allows an offer to serve a want.
    pub(crate) fn allowed(&self, offer: usize, want: usize) -> bool {
        self.offers[offer].only_for.as_ref().is_none_or(|list| list.contains(&self.wants[want].purpose))
    }
}

/// Last period in which a delivery earns something.
fn last(due: usize, expires: usize, periods: usize) -> usize {
    due.max(expires.saturating_sub(1)).min(periods - 1)
}

fn number<'i>(names: &mut HashMap<&'i str, usize>, name: &'i str) -> usize {
    let next = names.len();
    *names.entry(name).or_insert(next)
}

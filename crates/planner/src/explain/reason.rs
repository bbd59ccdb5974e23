//! From obstacles on ways to reasons with figures.

use std::collections::{BTreeMap, BTreeSet};

use super::way::{Obstacle, Route, Router};
use super::{Cause, Reason};
use crate::instance::Instance;
use crate::solve::{Capacities, Column, LimitKind, Network, Room, Target};

/// Most wants that are named as served instead.
const MOST_SERVED: usize = 5;

/// What the ways found so far met.
pub(super) struct Found<'a> {
    instance: &'a Instance,
    network: &'a Network,
    capacities: &'a Capacities,
    /// What the plan leaves.
    room: &'a Room,
    flows: &'a [(Column, i64)],
    /// Units by resource and offer.
    excluded: BTreeMap<usize, BTreeMap<usize, i64>>,
    taken: BTreeMap<usize, BTreeMap<usize, i64>>,
    /// Units and capacities by resource and what is full.
    full: BTreeMap<(usize, LimitKind, usize), (i64, BTreeSet<usize>)>,
    others: Vec<Cause>,
}

impl<'a> Found<'a> {
    pub(super) fn new(
        instance: &'a Instance,
        network: &'a Network,
        capacities: &'a Capacities,
        room: &'a Room,
        flows: &'a [(Column, i64)],
    ) -> Found<'a> {
        let (excluded, taken, full) = Default::default();
        Found { instance, network, capacities, room, flows, excluded, taken, full, others: Vec::new() }
    }

    /// Notes what stands in a way for some units.
    pub(super) fn route(&mut self, route: &Route, units: i64) {
        let resource = self.network.wants[route.column.want].resource;
        if route.obstacles.is_empty() {
            self.other(resource, units, Reason::NotSought);
        }
        // A way may meet the same lane in several periods: its units count once.
        let mut met: BTreeMap<(LimitKind, usize), BTreeSet<usize>> = BTreeMap::new();
        for obstacle in &route.obstacles {
            match *obstacle {
                Obstacle::Excluded(offer) => {
                    *self.excluded.entry(resource).or_default().entry(offer).or_default() += units;
                }
                Obstacle::Taken(offer) => {
                    *self.taken.entry(resource).or_default().entry(offer).or_default() += units;
                }
                Obstacle::Full(id) => {
                    // What may be passed at a price stands in nobody's way.
                    if let Some(kind) = self.capacities.name(id).0.kind(self.network) {
                        met.entry(kind).or_default().insert(id);
                    }
                }
            }
        }
        for ((what, n), ids) in met {
            let entry = self.full.entry((resource, what, n)).or_default();
            entry.0 += units;
            entry.1.extend(ids);
        }
    }

    /// Notes that no way is there in time.
    pub(super) fn no_route(&mut self, router: &Router<'_>, wants: &[usize], units: i64, late: bool) {
        let soonest = wants.iter().filter_map(|&w| router.earliest(w).map(|found| (found, w)));
        let soonest = soonest.min_by_key(|((_, arrives), _)| *arrives);
        let want = &self.network.wants[soonest.map_or(wants[0], |(_, w)| w)];
        let slots = wants.iter().flat_map(|&w| router.slots(&self.network.wants[w]));
        let offers: BTreeSet<usize> = slots.flat_map(|r| self.network.offers_of[r].iter().copied()).collect();
        let offers: Vec<usize> = offers.into_iter().filter(|&o| self.network.offers[o].quantity > 0).collect();
        let reason = match soonest {
            _ if offers.is_empty() => Reason::NotOffered,
            None => Reason::NoWay { offers: offers.iter().map(|&o| self.instance.offers[o].id.clone()).collect() },
            Some(((offer, arrives), _)) => {
                let offer = self.instance.offers[offer].id.clone();
                let last = if late { want.due.min(want.last) } else { want.last };
                if !late && want.expires >= self.network.periods && last + 1 == self.network.periods {
                    Reason::Horizon { offer, arrives }
                } else {
                    Reason::TooLate { offer, arrives, last }
                }
            }
        };
        self.other(want.resource, units, reason);
    }

    /// Notes that a way does not pay.
    pub(super) fn dear(&mut self, route: Option<&Route>, units: i64, cost: f64, worth: f64) {
        let resource = route.map_or(0, |route| self.network.wants[route.column.want].resource);
        self.other(resource, units, Reason::Dear { cost, worth });
    }

    /// Forgets parts of sets whose way is free: they wait for the other parts only.
    pub(super) fn sets(&mut self) {
        let waits = |cause: &Cause| cause.reason == Reason::NotSought;
        let all = self.excluded.is_empty() && self.taken.is_empty() && self.full.is_empty();
        if !all || self.others.iter().any(|cause| !waits(cause)) {
            self.others.retain(|cause| !waits(cause));
        }
    }

    /// Notes that a whole set does not pay: whatever else stands in its way does not matter.
    pub(super) fn dear_set(&mut self, resource: &str, sets: i64, cost: f64, worth: f64) {
        (self.excluded, self.taken, self.full) = Default::default();
        self.others = vec![Cause { resource: resource.to_owned(), units: sets, reason: Reason::Dear { cost, worth } }];
    }

    fn other(&mut self, resource: usize, units: i64, reason: Reason) {
        let resource = self.instance.resources.get(resource).map_or_else(String::new, |r| r.id.clone());
        match self.others.iter_mut().find(|c| c.resource == resource && c.reason == reason) {
            Some(cause) => cause.units += units,
            None => self.others.push(Cause { resource, units, reason }),
        }
    }

    /// All that was noted, the most units first; `room` is what the plan and the ways would leave.
    pub(super) fn causes(self, want: &str, room: &Room) -> Vec<Cause> {
        let name = |resource: usize| self.instance.resources[resource].id.clone();
        let named = |offers: &BTreeMap<usize, i64>| -> Vec<(String, i64)> {
            let mut named: Vec<_> = offers.iter().map(|(&o, &n)| (self.instance.offers[o].id.clone(), n)).collect();
            named.sort_by_key(|(_, units)| std::cmp::Reverse(*units));
            named
        };
        let mut causes = self.others.clone();
        for (&resource, offers) in &self.excluded {
            let reason = Reason::Caveat { offers: named(offers) };
            causes.push(Cause { resource: name(resource), units: offers.values().sum(), reason });
        }
        for (&resource, offers) in &self.taken {
            let reason = Reason::Elsewhere { offers: named(offers), serve: self.served(offers, want) };
            causes.push(Cause { resource: name(resource), units: offers.values().sum(), reason });
        }
        for (&(resource, what, n), (units, ids)) in &self.full {
            let limit = |id: &usize| self.capacities.limit[*id];
            let reason = Reason::Full {
                what,
                id: what.id(self.instance, self.network, n),
                periods: ids.iter().map(|&id| self.capacities.name(id).1).collect(),
                load: ids.iter().map(|id| limit(id) - self.room.capacity[*id]).sum(),
                capacity: ids.iter().map(limit).sum(),
                lacking: ids.iter().map(|&id| -room.capacity[id]).fold(0.0, f64::max),
            };
            causes.push(Cause { resource: name(resource), units: *units, reason });
        }
        causes.sort_by_key(|cause| std::cmp::Reverse(cause.units));
        causes
    }

    /// What else offers are used for.
    fn served(&self, offers: &BTreeMap<usize, i64>, but: &str) -> Vec<(String, i64)> {
        let mut served: BTreeMap<&str, i64> = BTreeMap::new();
        for (column, units) in self.flows.iter().filter(|(c, _)| offers.contains_key(&c.offer)) {
            let want = match self.network.wants[column.want].target {
                Target::Requirement(r) => self.instance.requirements[r].id.as_str(),
                Target::Component(k, _) => self.instance.packages[k].id.as_str(),
                Target::Need(n) => self.instance.processes[self.network.needs[n].process].id.as_str(),
                Target::Pool(n, _) => self.instance.pools[n].id.as_str(),
            };
            if want != but {
                *served.entry(want).or_default() += units;
            }
        }
        let mut served: Vec<(String, i64)> = served.into_iter().map(|(id, units)| (id.to_owned(), units)).collect();
        served.sort_by_key(|(_, units)| std::cmp::Reverse(*units));
        served.truncate(MOST_SERVED);
        served
    }
}

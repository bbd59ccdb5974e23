//! Adds to flows what still fits beside them and pays.

use super::way::{Goal, Route, Router};
use crate::solve::{Capacities, Column, Network, Room, Target, timeliness};

/// Most states that all searches together may look at: this is to take a moment only.
const MOST_STATES: usize = 40_000_000;

/// Flows and what still fits beside them: units of offers that nothing uses, on ways with nothing in the way, to packages
/// whose sets they complete and to requirements that lack them. What is worth most comes first.
pub(crate) fn complete(network: &Network, capacities: &Capacities, flows: Vec<(Column, i64)>) -> Vec<(Column, i64)> {
    let mut room = Room::new(network, capacities);
    flows.iter().for_each(|(column, units)| room.take(network, column, *units as f64));
    let mut filling = Filling { network, router: Router::new(network, capacities, room), flows, states: 0 };
    let mut packages: Vec<usize> =
        (0..network.packages.len()).filter(|&k| !network.packages[k].periods.is_empty()).collect();
    packages.sort_by(|&a, &b| network.packages[b].priority.total_cmp(&network.packages[a].priority));
    packages.into_iter().for_each(|k| while filling.set(k) {});
    let mut wants: Vec<usize> = (0..network.wants.len()).collect();
    wants.sort_by(|&a, &b| network.wants[b].value.total_cmp(&network.wants[a].value));
    wants.into_iter().for_each(|want| while filling.units(want) {});
    filling.flows
}

struct Filling<'a> {
    network: &'a Network,
    router: Router<'a>,
    flows: Vec<(Column, i64)>,
    states: usize,
}

impl Filling<'_> {
    /// Adds units to a requirement; false once none can be.
    fn units(&mut self, want: usize) -> bool {
        let w = &self.network.wants[want];
        let Target::Requirement(r) = w.target else { return false };
        let left = (self.router.room.requirement[r] + 1e-9).floor() as i64;
        if left <= 0 || !self.has(want) {
            return false;
        }
        let Some(route) = self.route(want, w.value).filter(|route| route.column.gain > 1e-9) else { return false };
        let units = self.in_lots(&route, left);
        self.router.room.take(self.network, &route.column, units as f64);
        self.flows.push((route.column, units));
        units > 0
    }

    /// Most units of a way's that are whole lots.
    fn in_lots(&self, route: &Route, most: i64) -> i64 {
        self.network.whole_lots(route.column.offer, route.units.min(most))
    }

    /// Adds the parts that complete one more set of a package, if all can be and it pays; false if not.
    fn set(&mut self, k: usize) -> bool {
        let package = &self.network.packages[k];
        let wants: Vec<usize> = package.wants.iter().flatten().copied().collect();
        let delivered = |want: usize| self.flows.iter().filter(|(c, _)| c.want == want).map(|(_, n)| n).sum::<i64>();
        let delivered: Vec<i64> = wants.iter().map(|&want| delivered(want)).collect();
        let done = delivered.iter().zip(&package.parts).map(|(n, each)| n / each).min().unwrap_or(0);
        let short = |n: usize| package.parts[n] * (done + 1) - delivered[n];
        if done >= package.count || !(0..wants.len()).all(|n| short(n) <= 0 || self.has(wants[n])) {
            return false;
        }
        let (room, flows) = (self.router.room.clone(), self.flows.len());
        let each = package.priority / package.parts.iter().sum::<i64>() as f64;
        let (mut cost, mut complete) = (0.0, 0);
        for (n, &want) in wants.iter().enumerate() {
            let mut left = short(n);
            while left > 0 {
                let Some(route) = self.route(want, each) else { break };
                let units = self.in_lots(&route, left);
                if units == 0 {
                    break;
                }
                cost += route.cost * units as f64;
                complete = complete.max(route.column.arrive);
                self.router.room.take(self.network, &route.column, units as f64);
                self.flows.push((route.column, units));
                left -= units;
            }
            if left > 0 {
                cost = f64::INFINITY;
                break;
            }
        }
        let pays = package.priority * timeliness(complete, package.due, package.expires) > cost + 1e-9;
        if !pays {
            self.router.room = room;
            self.flows.truncate(flows);
        }
        pays
    }

    /// Whether any offer has units for a want.
    fn has(&self, want: usize) -> bool {
        let has = |&o: &usize| self.router.room.offer[o] >= 1.0 && self.network.allowed(o, want);
        let slots = self.router.slots(&self.network.wants[want]);
        self.states <= MOST_STATES && slots.iter().any(|&s| self.network.offers_of[s].iter().any(has))
    }

    /// A way with nothing in the way.
    fn route(&mut self, want: usize, worth: f64) -> Option<Route> {
        let w = &self.network.wants[want];
        self.states += (w.last + 1) * self.network.places;
        let goal = Goal { want, by: w.last, worth, heed: true };
        self.router.route(goal).filter(|route| route.obstacles.is_empty())
    }
}

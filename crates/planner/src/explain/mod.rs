//! Why a plan leaves a want unmet, or meets it late: what would have to give way, with the figures behind it.
//!
//! For what is missing, the ways with the fewest obstacles are sought beside the plan ([`way`]). What stands in
//! these ways is the reason: without it, the plan and these ways together would keep every rule and be worth more. So a
//! reason can be tested: [`remedy`] gives the changes that take it away, and solving again must give a better plan.

mod complete;
mod reason;
mod remedy;
pub(crate) mod way;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(crate) use self::complete::complete;
use self::reason::Found;
pub use self::remedy::remedy;
use self::way::{Goal, Route, Router};
use crate::instance::Instance;
use crate::plan::Plan;
use crate::solve::{Capacities, Column, LimitKind, Network, Room, Target, columns, timeliness};

/// Most ways that are sought for one shortfall.
const MOST_ROUTES: usize = 12;
/// Ways that are sought in all before each shortfall gets one only.
const MANY_ROUTES: usize = 3_000;

/// What a want does not get as it should, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shortfall {
    /// The requirement or package.
    pub want: String,
    /// Whether it comes late, or not at all.
    pub late: bool,
    /// Units, or sets of a package.
    pub units: i64,
    /// What stands in the way, the most units first. All of it would have to give way.
    pub causes: Vec<Cause>,
}

/// Something that stands in the way of some units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    /// What is lacking: an accepted resource, or a component.
    pub resource: String,
    /// Units of it.
    pub units: i64,
    /// What it is.
    pub reason: Reason,
}

/// Why something does not come. Periods are counted from 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// Nobody offers it, nor anything that could be repaired or trained to it.
    NotOffered,
    /// Offers are there that their donors do not give for this.
    Caveat {
        /// Offers and the units that would be needed of each.
        offers: Vec<(String, i64)>,
    },
    /// What is offered serves other wants, where it is worth more.
    Elsewhere {
        /// Offers and the units that would be needed of each.
        offers: Vec<(String, i64)>,
        /// The wants that these offers serve, with units, the most first.
        serve: Vec<(String, i64)>,
    },
    /// A lane, a place, a workshop or a school is full, or closed.
    Full {
        /// Which kind of capacity.
        what: LimitKind,
        /// Its id.
        id: String,
        /// When.
        periods: Vec<usize>,
        /// Tonnes or units used in these periods.
        load: f64,
        /// Tonnes or units there are in these periods.
        capacity: f64,
        /// Tonnes or units that would be needed besides, at most, in one of these periods.
        lacking: f64,
    },
    /// No way leads from where it is offered to where it is wanted, or only ways that forbid it.
    NoWay {
        /// The offers.
        offers: Vec<String>,
    },
    /// Even on free ways it comes after it is worth anything, or, for what is late, after it is due.
    TooLate {
        /// The offer that could be there first.
        offer: String,
        /// When that would be.
        arrives: usize,
        /// The last period that would do.
        last: usize,
    },
    /// It could come after the plan's last period only.
    Horizon {
        /// The offer that could be there first.
        offer: String,
        /// When that would be.
        arrives: usize,
    },
    /// Getting it there costs more, weighted, than it is worth there.
    Dear {
        /// Weighted cost of a unit, or set.
        cost: f64,
        /// Worth of a unit, or set.
        worth: f64,
    },
    /// Nothing: the search ended before it got to this.
    NotSought,
}

/// Explains all shortfalls of a plan that keeps the rules: requirements first, each in the instance's order.
pub fn explain(instance: &Instance, plan: &Plan) -> Vec<Shortfall> {
    let network = Network::new(instance);
    let capacities = Capacities::new(&network);
    let flows = columns(instance, &network, &capacities, plan);
    let mut room = Room::new(&network, &capacities);
    flows.iter().for_each(|(column, units)| room.take(&network, column, *units as f64));
    let mut desk =
        Desk { instance, network: &network, capacities: &capacities, flows: &flows, room, routes: MANY_ROUTES };
    let mut shortfalls = Vec::new();
    for r in 0..instance.requirements.len() {
        shortfalls.extend(desk.requirement(r, false));
        shortfalls.extend(desk.requirement(r, true));
    }
    let mut done: BTreeMap<&str, Vec<(i64, i64)>> = BTreeMap::new();
    for line in &plan.packages {
        done.entry(&line.package).or_default().push((line.period, line.count));
    }
    for k in 0..instance.packages.len() {
        let done = done.get(instance.packages[k].id.as_str()).map_or(&[][..], Vec::as_slice);
        shortfalls.extend(desk.package(k, done, false));
        shortfalls.extend(desk.package(k, done, true));
    }
    shortfalls
}

/// Looks at one want after the other.
pub(crate) struct Desk<'a> {
    instance: &'a Instance,
    network: &'a Network,
    capacities: &'a Capacities,
    flows: &'a [(Column, i64)],
    /// What the plan leaves.
    room: Room,
    /// Ways that may still be sought freely.
    routes: usize,
}

impl<'a> Desk<'a> {
    /// Wants of a requirement: one for each resource that it accepts.
    fn wants(&self, is: impl Fn(Target) -> bool) -> Vec<usize> {
        (0..self.network.wants.len()).filter(|&w| is(self.network.wants[w].target)).collect()
    }

    /// A router beside the plan without some of its flows.
    fn without(&self, given_up: impl Fn(&Column) -> bool) -> Router<'a> {
        let mut room = self.room.clone();
        for (column, units) in self.flows.iter().filter(|(column, _)| given_up(column)) {
            room.take(self.network, column, -*units as f64);
        }
        Router::new(self.network, self.capacities, room)
    }

    fn requirement(&mut self, r: usize, late: bool) -> Option<Shortfall> {
        let (requirement, wants) = (&self.instance.requirements[r], self.wants(|t| t == Target::Requirement(r)));
        let is_late = |c: &Column| late && wants.contains(&c.want) && c.arrive > requirement.due;
        let units = |those: &dyn Fn(&Column) -> bool| -> i64 {
            self.flows.iter().filter(|(c, _)| those(c)).map(|(_, units)| units).sum()
        };
        let planned = units(&|c| wants.contains(&c.want));
        let lacking = if late { units(&is_late) } else { requirement.quantity - planned };
        if lacking <= 0 {
            return None;
        }
        let mut found = Found::new(self.instance, self.network, self.capacities, &self.room, self.flows);
        let mut router = self.without(is_late);
        let (earned, spent) = if late { self.per_unit(&is_late, lacking) } else { (0.0, 0.0) };
        let (mut left, mut sought) = (lacking, 0);
        while left > 0 {
            if wants.is_empty() {
                found.dear(None, left, 0.0, 0.0);
                break;
            }
            let Some(route) = self.best(&router, &wants, late) else {
                found.no_route(&router, &wants, left, late);
                break;
            };
            if route.column.gain <= earned - spent + 1e-9 {
                let worth = route.column.gain + route.cost;
                found.dear(Some(&route), left, route.cost - spent, worth - earned);
                break;
            }
            sought += 1;
            let last = sought == MOST_ROUTES || self.routes == 0;
            self.routes = self.routes.saturating_sub(1);
            let units = if last { left } else { route.units.min(left) };
            router.room.take(self.network, &route.column, units as f64);
            found.route(&route, units);
            left -= units;
        }
        let causes = found.causes(&requirement.id, &router.room);
        Some(Shortfall { want: requirement.id.clone(), late, units: lacking, causes })
    }

    /// What a unit of some flows to requirements earns, and what it costs.
    fn per_unit(&self, those: &dyn Fn(&Column) -> bool, units: i64) -> (f64, f64) {
        let (mut earned, mut gain) = (0.0, 0.0);
        for (column, units) in self.flows.iter().filter(|(column, _)| those(column)) {
            let want = &self.network.wants[column.want];
            earned += *units as f64 * want.value * timeliness(column.arrive, want.due, want.expires);
            gain += *units as f64 * column.gain;
        }
        (earned / units as f64, (earned - gain) / units as f64)
    }

    /// The best way to any of the wants: the one with the fewest obstacles, unless it does not pay; then the one that
    /// would pay most.
    fn best(&self, router: &Router<'_>, wants: &[usize], late: bool) -> Option<Route> {
        let goal = |&want: &usize, heed: bool| {
            let w = &self.network.wants[want];
            let by = if late { w.due.min(w.last) } else { w.last };
            Goal { want, by, worth: w.value, heed }
        };
        let heeding = wants.iter().filter_map(|w| router.route(goal(w, true)));
        let fewest =
            heeding.min_by(|a, b| (a.weight().cmp(&b.weight())).then(b.column.gain.total_cmp(&a.column.gain)))?;
        if fewest.column.gain > 1e-9 {
            return Some(fewest);
        }
        let free = wants.iter().filter_map(|w| router.route(goal(w, false)));
        free.max_by(|a, b| a.column.gain.total_cmp(&b.column.gain))
    }

    fn package(&mut self, k: usize, done: &[(i64, i64)], late: bool) -> Option<Shortfall> {
        let package = &self.instance.packages[k];
        let is_late = |period: i64| period > package.due as i64;
        let complete: i64 = done.iter().map(|(_, count)| count).sum();
        let on_time: i64 = done.iter().filter(|(period, _)| !is_late(*period)).map(|(_, count)| count).sum();
        let (lacking, stays) = if late { (complete - on_time, on_time) } else { (package.count - complete, complete) };
        if lacking <= 0 {
            return None;
        }
        let mut found = Found::new(self.instance, self.network, self.capacities, &self.room, self.flows);
        let own = |c: &Column| matches!(self.network.wants[c.want].target, Target::Component(n, _) if n == k);
        let mut router = self.without(|c| late && own(c) && is_late(c.arrive as i64));
        let units_of_a_set: i64 = package.components.iter().map(|c| c.quantity).sum();
        let each = package.priority / units_of_a_set.max(1) as f64;
        let mut cost_of_a_set = 0.0;
        for (i, component) in package.components.iter().enumerate() {
            let wants = self.wants(|t| t == Target::Component(k, i));
            let there = |(c, _): &&(Column, i64)| wants.contains(&c.want) && !(late && is_late(c.arrive as i64));
            let there: i64 = self.flows.iter().filter(there).map(|(_, units)| units).sum();
            let mut left = component.quantity * (stays + lacking) - there;
            let mut sought = 0;
            while left > 0 {
                let goal = |&want: &usize| {
                    let w = &self.network.wants[want];
                    let by = if late { w.due.min(w.last) } else { w.last };
                    Goal { want, by, worth: each, heed: true }
                };
                let Some(want) = wants.first() else {
                    found.dear(None, left, 0.0, 0.0);
                    break;
                };
                let Some(route) = router.route(goal(want)) else {
                    found.no_route(&router, &wants, left, late);
                    break;
                };
                if sought == 0 {
                    cost_of_a_set += route.cost * component.quantity as f64;
                }
                sought += 1;
                let last = sought == MOST_ROUTES || self.routes == 0;
                self.routes = self.routes.saturating_sub(1);
                let units = if last { left } else { route.units.min(left) };
                router.room.take(self.network, &route.column, units as f64);
                found.route(&route, units);
                left -= units;
            }
        }
        if cost_of_a_set >= package.priority && package.priority > 0.0 {
            found.dear_set(&package.components[0].resource, lacking, cost_of_a_set, package.priority);
        }
        found.sets();
        let causes = found.causes(&package.id, &router.room);
        Some(Shortfall { want: package.id.clone(), late, units: lacking, causes })
    }
}

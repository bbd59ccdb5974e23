//! Mending: what rounding leaves that whole lots, least loads, trips and supplies don't allow, or that does not pay.
//!
//! Rounding and filling up look at one flow at a time. A lane that goes with a least load, a process that takes spares
//! or a trip that must be paid as a whole look at many. So units are taken out again until all rules hold, those that
//! are worth least first; then supplies that nobody uses, and trips that carry less than they cost.

use std::collections::{BTreeMap, BTreeSet};

use super::column::{Capacities, Column, Key};
use super::network::{Network, TOLERANCE, Target};
use super::room::Room;

/// Times that trips are looked at.
const ROUNDS: usize = 3;

/// Flows with their units.
pub(crate) type Flows = Vec<(Column, i64)>;

/// Of flows that keep each limit of their own what keeps all rules together; `thrifty`: without trips that don't pay, as
/// far as flows are worth what they are by themselves.
pub(crate) fn mended(
    network: &Network,
    capacities: &Capacities,
    flows: impl IntoIterator<Item = (Column, i64)>,
    thrifty: bool,
) -> Flows {
    let mut mend = Mend::new(network, capacities, flows);
    for _ in 0..ROUNDS {
        mend.keep_rules();
        mend.drop_idle();
        if !thrifty || !mend.drop_trips() {
            break;
        }
    }
    mend.keep_rules();
    mend.drop_idle();
    mend.flows.into_iter().filter(|(_, units)| *units > 0).collect()
}

struct Mend<'a> {
    network: &'a Network,
    capacities: &'a Capacities,
    flows: Flows,
    room: Room,
}

impl<'a> Mend<'a> {
    /// Flows on the same way are one.
    fn new(
        network: &'a Network,
        capacities: &'a Capacities,
        flows: impl IntoIterator<Item = (Column, i64)>,
    ) -> Mend<'a> {
        let mut sums: BTreeMap<Key, (Column, i64)> = BTreeMap::new();
        for (column, units) in flows {
            sums.entry(column.key()).or_insert((column, 0)).1 += units;
        }
        let mut mend = Mend { network, capacities, flows: Vec::new(), room: Room::new(network, capacities) };
        for (column, units) in sums.into_values() {
            let units = network.whole_lots(column.offer, units);
            mend.room.take(network, &column, units as f64);
            mend.flows.push((column, units));
        }
        mend
    }

    /// Takes at least so many units out of a flow, in lots.
    fn take(&mut self, n: usize, units: f64) {
        let (column, there) = &mut self.flows[n];
        let lot = self.network.offers[column.offer].lot as f64;
        let units = (((units - TOLERANCE) / lot).ceil() * lot).clamp(0.0, *there as f64);
        *there -= units as i64;
        self.room.take(self.network, column, -units);
    }

    fn keep_rules(&mut self) {
        while self.keep_quantities() | self.keep_limits() | self.keep_least() | self.keep_funds() {}
    }

    /// Takes out what more than is offered or wanted; true if anything was.
    fn keep_quantities(&mut self) -> bool {
        let over = |left: &[f64]| left.iter().position(|left| *left < -TOLERANCE);
        let requirement = |mend: &Mend<'_>, n: usize| match mend.network.wants[mend.flows[n].0.want].target {
            Target::Requirement(r) => Some(r),
            _ => None,
        };
        let (lacks, mut flows): (f64, Vec<usize>) = if let Some(offer) = over(&self.room.offer) {
            let flows = (0..self.flows.len()).filter(|&n| self.flows[n].0.offer == offer);
            (-self.room.offer[offer], flows.collect())
        } else if let Some(r) = over(&self.room.requirement) {
            let flows = (0..self.flows.len()).filter(|&n| requirement(self, n) == Some(r));
            (-self.room.requirement[r], flows.collect())
        } else {
            return false;
        };
        flows.sort_by(|&a, &b| self.flows[a].0.gain.total_cmp(&self.flows[b].0.gain).then(a.cmp(&b)));
        let mut left = lacks;
        for n in flows {
            let before = self.flows[n].1;
            if left > TOLERANCE {
                self.take(n, left);
            }
            left -= (before - self.flows[n].1) as f64;
        }
        left < lacks
    }

    /// Takes out what more than fits; true if anything was.
    fn keep_limits(&mut self) -> bool {
        let exceeded = |id: &usize| {
            let limit = self.capacities.limit[*id];
            let hard = self.capacities.penalty(self.network, *id).is_none();
            hard && limit.is_finite() && self.room.capacity[*id] < -TOLERANCE * limit.max(1.0)
        };
        let Some(id) = (0..self.capacities.first_cut).find(exceeded) else { return false };
        let uses = |column: &Column| column.uses.iter().find(|u| u.0 == id).map_or(0.0, |u| u.1);
        let flows = self.flows.iter().enumerate().filter(|(_, (column, units))| *units > 0 && uses(column) > 0.0);
        let mut users: Vec<(usize, f64, f64)> = flows.map(|(n, (c, _))| (n, uses(c), c.gain / uses(c))).collect();
        users.sort_by(|a, b| a.2.total_cmp(&b.2).then(a.0.cmp(&b.0)));
        for (n, each, _) in users {
            if self.room.capacity[id] >= 0.0 {
                break;
            }
            self.take(n, -self.room.capacity[id] / each);
        }
        true
    }

    /// Takes out what goes on a lane in a period with less than its least load; true if anything was.
    fn keep_least(&mut self) -> bool {
        let mut little: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for (n, (column, _)) in self.flows.iter().enumerate().filter(|(_, (_, units))| *units > 0) {
            for (l, t) in column.lanes() {
                let least = self.network.lanes[l].least;
                if least > 0.0 && self.load(self.capacities.lane(l, t)) < least - TOLERANCE * least.max(1.0) {
                    little.entry((l, t)).or_default().push(n);
                }
            }
        }
        let Some((_, flows)) = little.pop_first() else { return false };
        flows.into_iter().for_each(|n| self.take(n, f64::INFINITY));
        true
    }

    /// Takes out what funds can't pay once trips that are not full are paid as full ones; true if anything was.
    fn keep_funds(&mut self) -> bool {
        if self.network.funds.is_empty() {
            return false;
        }
        // By fund's row: what trips cost more than the shares that flows pay of them, and which trips.
        let mut more: BTreeMap<usize, (f64, Vec<(usize, usize)>)> = BTreeMap::new();
        let lanes: BTreeSet<(usize, usize)> =
            self.flows.iter().filter(|(_, units)| *units > 0).flat_map(|(column, _)| column.lanes()).collect();
        for (l, t) in lanes {
            let Some((trip, fund)) = self.network.lanes[l].trip.zip(self.network.lanes[l].fund) else { continue };
            let tonnes = self.load(self.capacities.lane(l, t));
            let m3 = self.capacities.lane_m3(l, t).map_or(0.0, |id| self.load(id));
            let paid = trip.paid * (trip.number(tonnes, m3) - trip.share(tonnes, m3));
            let add = &mut |id, each| {
                let row = more.entry(id).or_default();
                row.0 += each;
                row.1.push((l, t));
            };
            self.capacities.paying(self.network, Some(fund), t, paid, add);
        }
        let tolerance = |id: usize| TOLERANCE * self.capacities.limit[id].max(1.0);
        let lacks = more.iter().find_map(|(&id, (more, lanes))| {
            let left = self.room.capacity[id] - more;
            (left < -tolerance(id)).then_some((id, left, lanes))
        });
        let Some((id, left, lanes)) = lacks else { return false };
        let paid = self.flows.iter().enumerate().filter(|(_, (_, units))| *units > 0);
        let paid = paid.map(|(n, (column, _))| (n, column.gain, self.pays(column, id, lanes)));
        let dearest = paid.filter(|(.., each)| *each > 0.0).min_by(|a, b| (a.1 / a.2).total_cmp(&(b.1 / b.2)));
        let Some((n, _, each)) = dearest else { return false };
        self.take(n, (-left / each).max(1.0));
        true
    }

    /// What a fund pays at most for a unit of a flow by its row: its share, or by mass or volume what it takes of trips.
    fn pays(&self, column: &Column, row: usize, lanes: &[(usize, usize)]) -> f64 {
        let uses = |id: usize| column.uses.iter().find(|u| u.0 == id).map_or(0.0, |u| u.1);
        let trips = column.lanes().filter(|lane| lanes.contains(lane)).filter_map(|(l, t)| {
            let (tonnes, m3) = (uses(self.capacities.lane(l, t)), self.capacities.lane_m3(l, t).map_or(0.0, uses));
            self.network.lanes[l].trip.map(|trip| trip.paid * (trip.most(tonnes, m3) - trip.share(tonnes, m3)))
        });
        uses(row) + trips.sum::<f64>()
    }

    fn load(&self, id: usize) -> f64 {
        self.capacities.limit[id] - self.room.capacity[id]
    }

    /// Takes out supplies that nobody uses, the dearest first.
    fn drop_idle(&mut self) {
        let supply = |c: &Column| self.network.wants[c.want].target.is_supply();
        let mut supplies: Vec<usize> = (0..self.flows.len()).filter(|&n| supply(&self.flows[n].0)).collect();
        supplies.sort_by(|&a, &b| self.flows[a].0.gain.total_cmp(&self.flows[b].0.gain).then(b.cmp(&a)));
        for n in supplies {
            let (column, units) = &self.flows[n];
            let lot = self.network.offers[column.offer].lot;
            let rest = column.uses.iter().filter(|u| u.1 < 0.0).map(|&(id, each)| self.room.capacity[id] / -each);
            let idle = (rest.fold(*units as f64, f64::min) + TOLERANCE).floor().max(0.0) as i64;
            // A load that others need to be enough stays.
            let stays = column.lanes().any(|(l, _)| self.network.lanes[l].least > 0.0);
            if idle >= lot && !stays {
                self.take(n, (idle - idle % lot) as f64);
            }
        }
    }

    /// Takes out what the last trip of a lane carries where that is worth less than the trip; true if anything was.
    fn drop_trips(&mut self) -> bool {
        let mut lanes: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for (n, (column, _)) in self.flows.iter().enumerate().filter(|(_, (_, units))| *units > 0) {
            for (l, t) in column.lanes().filter(|&(l, _)| self.network.lanes[l].trip.is_some()) {
                lanes.entry((l, t)).or_default().push(n);
            }
        }
        let mut dropped = false;
        for ((l, t), flows) in lanes {
            dropped |= self.drop_trip(l, t, flows);
        }
        dropped
    }

    fn drop_trip(&mut self, l: usize, t: usize, mut flows: Vec<usize>) -> bool {
        let (network, capacities) = (self.network, self.capacities);
        let Some(trip) = network.lanes[l].trip else { return false };
        let ids = (capacities.lane(l, t), capacities.lane_m3(l, t));
        let m3 = |mend: &Mend<'_>| ids.1.map_or(0.0, |id| mend.load(id));
        let trips = trip.number(self.load(ids.0), m3(self));
        let value = |c: &Column| c.gain + c.trips;
        flows.retain(|&n| matches!(network.wants[self.flows[n].0.want].target, Target::Requirement(_)));
        flows.sort_by(|&a, &b| value(&self.flows[a].0).total_cmp(&value(&self.flows[b].0)).then(a.cmp(&b)));
        let before = (self.flows.clone(), self.room.clone());
        let mut lost = 0.0;
        for n in flows {
            let units = self.flows[n].1;
            // One lot after another, until a trip is saved.
            while self.flows[n].1 > 0 && lost < trip.cost {
                self.take(n, 1.0);
                lost += value(&self.flows[n].0) * network.offers[self.flows[n].0.offer].lot as f64;
                if trip.number(self.load(ids.0), m3(self)) < trips && lost < trip.cost {
                    return true;
                }
            }
            if units == self.flows[n].1 {
                break;
            }
        }
        (self.flows, self.room) = before;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::Instance;
    use crate::solve::column::Leg;

    /// A lane that goes with five tonnes or more, in trips of four that cost more than one tent is worth.
    const DOCUMENT: &str = r#"{"format": "assistance-plan/2", "name": "tents", "periods": 3, "cost_weight": 1,
        "resources": [{"id": "tent", "unit_mass_t": 1, "hazard": null}],
        "places": [{"id": "a", "kind": "hub", "x_km": 0, "y_km": 0, "handling_t": null, "storage_t": null},
                   {"id": "b", "kind": "delivery", "x_km": 0, "y_km": 0, "handling_t": null, "storage_t": null}],
        "lanes": [{"id": "l", "from": "a", "to": "b", "mode": "road", "transit": 1, "capacity_t": 20, "cost_per_t": 0, "forbids": [],
                   "trip_t": 4, "trip_cost": 15, "least_t": 5}],
        "processes": [],
        "offers": [{"id": "tents", "donor": "N", "resource": "tent", "quantity": 12, "place": "a", "from": 0, "only_for": null, "lot": 2}],
        "requirements": [{"id": "r", "place": "b", "purpose": "any", "accepts": [{"resource": "tent", "utility": 1}], "quantity": 11,
                          "priority": 7, "due": 1, "expires": 2}],
        "packages": []}"#;

    fn units(wanted: i64, thrifty: bool) -> i64 {
        units_of(DOCUMENT, wanted, thrifty)
    }

    fn units_of(document: &str, wanted: i64, thrifty: bool) -> i64 {
        let network = Network::new(&Instance::parse(document.as_bytes()).unwrap());
        let capacities = Capacities::new(&network);
        let column = Column::new(&network, &capacities, (0, 0), vec![Leg::Lane(0, 0)], 1);
        mended(&network, &capacities, [(column, wanted)], thrifty).iter().map(|(_, units)| units).sum()
    }

    #[test]
    fn lots_are_whole_and_no_more_is_brought_than_is_wanted() {
        assert_eq!(units(7, false), 6);
        assert_eq!(units(14, false), 10, "eleven are wanted, and they come in twos");
    }

    #[test]
    fn too_little_for_a_least_load_stays() {
        assert_eq!((units(4, false), units(6, false)), (0, 6));
    }

    #[test]
    fn a_fund_pays_for_trips_that_volume_fills_though_nothing_has_mass() {
        // Four tents of no mass and two cubic metres are two trips of four; the fund can pay for one.
        let document = DOCUMENT.replace("\"unit_mass_t\": 1,", "\"unit_mass_t\": 0, \"unit_volume_m3\": 2,");
        let document = document.replace("\"least_t\": 5", "\"trip_m3\": 4, \"fund\": \"trust\"");
        let document =
            document.replace("\"packages\": []", "\"packages\": [], \"funds\": [{\"id\": \"trust\", \"budget\": 20}]");
        assert_eq!((units_of(&document, 4, false), units_of(&document, 2, false)), (2, 2));
    }

    #[test]
    fn small_loads_are_told_apart_where_volume_has_no_limit() {
        // Ten tents of 0.03 cubic metres fill one trip; each is worth more than a tenth of it.
        let document = DOCUMENT.replace("\"unit_mass_t\": 1,", "\"unit_mass_t\": 1, \"unit_volume_m3\": 0.03,");
        let document = document.replace("\"trip_t\": 4, \"trip_cost\": 15", "\"trip_m3\": 0.3, \"trip_cost\": 20");
        let network = Network::new(&Instance::parse(document.as_bytes()).unwrap());
        let capacities = Capacities::new(&network);
        let column = Column::new(&network, &capacities, (0, 0), vec![Leg::Lane(0, 0)], 1);
        let mend = Mend::new(&network, &capacities, [(column, 10)]);
        let load = mend.load(capacities.lane_m3(0, 0).expect("trips are measured by volume"));
        assert_eq!(network.lanes[0].trip.map(|trip| trip.number(0.0, load)), Some(1.0), "{load}");
    }

    #[test]
    fn a_trip_that_carries_less_than_it_costs_is_not_made() {
        // Ten tents are three trips; the third carries two, worth 14 of its 15.
        assert_eq!((units(10, false), units(10, true)), (10, 8));
    }
}

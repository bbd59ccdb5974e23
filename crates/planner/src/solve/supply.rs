//! Supply: how many sets of a package can be complete by a period, by the offers that can be there by then.
//!
//! Five cranes for sets of three are one set; to the relaxation they are one and two thirds. Ways count with the time
//! they take and for whom they are open at all, not with what else they carry.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::column::fits;
use super::network::{Network, Package};

/// Most sets of a package that can be complete by each of its periods.
pub(crate) fn most_sets(network: &Network, ways: &Ways, package: &Package) -> Vec<i64> {
    let mut most = vec![package.count; package.periods.len()];
    if most.is_empty() {
        return most;
    }
    for (want, each) in package.wants.iter().zip(&package.parts) {
        let want = want.expect("packages with periods have wants");
        let arrivals = ways.arrivals(network, want);
        for (most, t) in most.iter_mut().zip(package.periods.clone()) {
            let there = arrivals.iter().filter(|(arrive, _)| *arrive <= t).map(|(_, units)| *units);
            *most = (*most).min(there.fold(0, i64::saturating_add) / each);
        }
    }
    most
}

/// Lanes by where they lead, with the most tonnes that ever depart on them.
pub(crate) struct Ways {
    lanes_to: Vec<Vec<(usize, f64)>>,
}

impl Ways {
    pub(crate) fn new(network: &Network) -> Ways {
        let mut lanes_to = vec![Vec::new(); network.places];
        for (n, lane) in network.lanes.iter().enumerate() {
            lanes_to[lane.to].push((n, lane.capacity.iter().copied().fold(0.0, f64::max)));
        }
        Ways { lanes_to }
    }

    /// First period in which each offer can be at a want, with its units.
    fn arrivals(&self, network: &Network, want: usize) -> Vec<(usize, i64)> {
        let mut arrivals = Vec::new();
        for ((resource, place), takes) in self.durations(network, want) {
            let here = network.offers_of[resource].iter().map(|&o| (o, &network.offers[o]));
            let here = here.filter(|(o, offer)| offer.place == place && network.allowed(*o, want));
            arrivals.extend(here.map(|(_, offer)| (offer.from + takes, offer.quantity)));
        }
        arrivals
    }

    /// Least time from each (resource, place) to a want (Dijkstra, from its end).
    fn durations(&self, network: &Network, want: usize) -> HashMap<(usize, usize), usize> {
        let want = &network.wants[want];
        let mut least = HashMap::new();
        let mut open = BinaryHeap::from([Reverse((0, want.resource, want.place))]);
        while let Some(Reverse((takes, resource, place))) = open.pop() {
            if takes > want.last || least.contains_key(&(resource, place)) {
                continue;
            }
            least.insert((resource, place), takes);
            for &(n, most) in &self.lanes_to[place] {
                let lane = &network.lanes[n];
                if !network.forbidding[lane.forbids][resource] && fits(most, network.mass[resource]) {
                    open.push(Reverse((takes + lane.transit, resource, lane.from)));
                }
            }
            for process in network.makers[resource].iter().map(|&p| &network.processes[p]) {
                if process.place == place {
                    open.push(Reverse((takes + process.duration, process.input, place)));
                }
            }
        }
        least
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::Instance;

    /// Sets of three cranes: five are near, two of them only once repaired, and four come late.
    const DOCUMENT: &str = r#"{"format": "assistance-plan/1", "name": "cranes", "periods": 9, "cost_weight": 0,
        "resources": [{"id": "crane", "unit_mass_t": 9, "hazard": null}, {"id": "broken crane", "unit_mass_t": 9, "hazard": null}],
        "places": [{"id": "a", "kind": "hub", "x_km": 0, "y_km": 0, "handling_t": null, "storage_t": null},
                   {"id": "b", "kind": "delivery", "x_km": 0, "y_km": 0, "handling_t": null, "storage_t": null}],
        "lanes": [{"id": "road", "from": "a", "to": "b", "mode": "road", "transit": 2, "capacity_t": 90, "cost_per_t": 0, "forbids": []},
                  {"id": "track", "from": "a", "to": "b", "mode": "road", "transit": 0, "capacity_t": 8, "cost_per_t": 0, "forbids": []}],
        "processes": [{"id": "repair", "kind": "repair", "place": "b", "input": "broken crane", "output": "crane", "duration": 3, "capacity": 1, "cost": 0}],
        "offers": [
            {"id": "whole", "donor": "N", "resource": "crane", "quantity": 3, "place": "a", "from": 0, "only_for": null},
            {"id": "broken", "donor": "N", "resource": "broken crane", "quantity": 2, "place": "a", "from": 0, "only_for": ["any"]},
            {"id": "others", "donor": "N", "resource": "crane", "quantity": 9, "place": "a", "from": 0, "only_for": ["other"]},
            {"id": "late", "donor": "N", "resource": "crane", "quantity": 4, "place": "a", "from": 5, "only_for": null}],
        "requirements": [],
        "packages": [{"id": "site", "place": "b", "purpose": "any", "count": 2, "priority": 5, "due": 1, "expires": 9,
                      "components": [{"resource": "crane", "quantity": 3}]}]}"#;

    #[test]
    fn sets_wait_for_whole_supplies() {
        let network = Network::new(&Instance::parse(DOCUMENT.as_bytes()).unwrap());
        // From period 1 on: three cranes in 2, two more in 5, four more in 7, and no more than two sets are wanted.
        assert_eq!(network.packages[0].most, [0, 1, 1, 1, 1, 1, 2, 2]);
    }
}

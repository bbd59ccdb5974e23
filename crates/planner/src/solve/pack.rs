//! Packing: whole quantities from a relaxation's amounts by rounding alone, quick at any size.
//!
//! Packages come first, a set at a time and only if all its parts find room, since they are the largest lumps; then
//! what requirements get, rounded down; then whatever else fits. The plan is some per cent worse than what integer
//! programs find from it.

use std::collections::BTreeMap;

use super::column::Column;
use super::network::Target;
use super::relax::Model;
use super::room::{Room, fill};

/// Whole amounts of columns near those of a relaxation, beside what is whole already. `sets` says how many sets of each
/// package to try for.
pub(crate) fn pack<'c>(
    model: &Model<'c>,
    mut whole: Vec<(&'c Column, i64)>,
    amounts: &[(&'c Column, f64)],
    sets: &[i64],
) -> Vec<(&'c Column, i64)> {
    let Model { network, capacities, columns } = *model;
    let mut room = Room::new(network, capacities);
    whole.iter().for_each(|(column, amount)| room.take(network, column, *amount as f64));
    // What others need to be there comes first: what is rounded up too much is taken out again.
    let supplies = amounts.iter().filter(|(c, _)| network.wants[c.want].target.is_supply());
    let supplies =
        supplies.map(|(column, amount)| (*column, network.lots_for(column.offer, (amount - 1e-6).ceil() as i64)));
    whole.extend(fill(network, capacities, &mut room, supplies));
    let mut supply = Supply::new(model, amounts);
    let mut order: Vec<usize> = (0..sets.len()).filter(|&k| sets[k] > 0).collect();
    order.sort_by(|&a, &b| network.packages[b].priority.total_cmp(&network.packages[a].priority));
    let mut done = vec![0; sets.len()];
    for &k in &order {
        while done[k] < sets[k] && supply.set(model, &mut room, k, &mut whole) {
            done[k] += 1;
        }
    }
    let requirement = |c: &Column| matches!(network.wants[c.want].target, Target::Requirement(_));
    let wanted = amounts.iter().filter(|(c, _)| requirement(c));
    let floors = wanted.clone().map(|(column, amount)| (*column, (amount + 1e-6).floor() as i64));
    whole.extend(fill(network, capacities, &mut room, floors));
    let pays = |c: &Column| c.gain > 0.0 && requirement(c);
    let mut parts: Vec<_> = wanted.filter(|(c, _)| pays(c)).map(|(c, a)| (*c, a.fract())).collect();
    parts.sort_by(|a, b| b.1.total_cmp(&a.1));
    whole.extend(fill(
        network,
        capacities,
        &mut room,
        parts.into_iter().map(|(c, _)| (c, network.lots_for(c.offer, 1))),
    ));
    let mut others: Vec<_> = columns.iter().filter(|c| pays(c)).collect();
    others.sort_by(|a, b| b.gain.total_cmp(&a.gain));
    whole.extend(fill(network, capacities, &mut room, others.into_iter().map(|c| (c, i64::MAX))));
    whole
}

/// Columns that bring the parts of packages, by want: those used most first.
struct Supply<'c> {
    of_want: BTreeMap<usize, Vec<&'c Column>>,
}

impl<'c> Supply<'c> {
    fn new(model: &Model<'c>, amounts: &[(&'c Column, f64)]) -> Supply<'c> {
        let mut used: Vec<&(&Column, f64)> = amounts.iter().filter(|(_, amount)| *amount > 1e-6).collect();
        used.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut of_want: BTreeMap<usize, Vec<&Column>> = BTreeMap::new();
        for (column, _) in used {
            if matches!(model.network.wants[column.want].target, Target::Component(..)) {
                of_want.entry(column.want).or_default().push(column);
            }
        }
        Supply { of_want }
    }

    /// Adds the parts of one set of a package, if all of them find room.
    fn set(&mut self, model: &Model<'c>, room: &mut Room, k: usize, whole: &mut Vec<(&'c Column, i64)>) -> bool {
        let Model { network, capacities, .. } = *model;
        let package = &network.packages[k];
        let before = whole.len();
        for (want, &each) in package.wants.iter().zip(&package.parts) {
            let mut lacks = each;
            for column in want.iter().filter_map(|want| self.of_want.get(want)).flatten() {
                let units = room.units(network, capacities, column).min(network.lots_for(column.offer, lacks));
                if units > 0 {
                    room.take(network, column, units as f64);
                    whole.push((column, units));
                    lacks -= units;
                }
                if lacks <= 0 {
                    break;
                }
            }
            if lacks > 0 {
                for (column, units) in whole.drain(before..) {
                    room.take(network, column, -(units as f64));
                }
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::Instance;
    use crate::solve::column::{Capacities, Leg};
    use crate::solve::network::Network;

    /// Sets of two tents and a stove, all of them there, but the lane takes only so much.
    const DOCUMENT: &str = r#"{"format": "assistance-plan/1", "name": "camp", "periods": 3, "cost_weight": 0,
        "resources": [{"id": "tent", "unit_mass_t": 2, "hazard": null}, {"id": "stove", "unit_mass_t": 1, "hazard": null}],
        "places": [{"id": "a", "kind": "hub", "x_km": 0, "y_km": 0, "handling_t": null, "storage_t": null},
                   {"id": "b", "kind": "delivery", "x_km": 0, "y_km": 0, "handling_t": null, "storage_t": null}],
        "lanes": [{"id": "l", "from": "a", "to": "b", "mode": "road", "transit": 1, "capacity_t": 9, "cost_per_t": 0, "forbids": []}],
        "processes": [],
        "offers": [{"id": "tents", "donor": "N", "resource": "tent", "quantity": 9, "place": "a", "from": 0, "only_for": null},
                   {"id": "stoves", "donor": "N", "resource": "stove", "quantity": 9, "place": "a", "from": 0, "only_for": null}],
        "requirements": [],
        "packages": [{"id": "camp", "place": "b", "purpose": "any", "count": 4, "priority": 5, "due": 1, "expires": 2,
                      "components": [{"resource": "tent", "quantity": 2}, {"resource": "stove", "quantity": 1}]}]}"#;

    #[test]
    fn sets_are_complete_or_not_begun() {
        let network = Network::new(&Instance::parse(DOCUMENT.as_bytes()).unwrap());
        let capacities = Capacities::new(&network);
        let column = |offer, want| Column::new(&network, &capacities, (offer, want), vec![Leg::Lane(0, 0)], 1);
        let columns = [column(0, 0), column(1, 1)];
        let model = Model { network: &network, capacities: &capacities, columns: &columns };
        let amounts: Vec<_> = columns.iter().zip([3.6, 1.8]).collect();
        let mut units = [0, 0];
        for (column, amount) in pack(&model, Vec::new(), &amounts, &[4]) {
            units[column.offer] += amount;
        }
        // Nine tonnes are one set of five, and four more that would be no set.
        assert_eq!(units, [2, 1]);
    }
}

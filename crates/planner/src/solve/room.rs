//! What a plan leaves of offers, requirements and capacities, and filling it up.

use std::collections::BTreeMap;

use super::column::{Capacities, Column};
use super::master::line_value;
use super::network::{Network, Target};

/// What is left.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    pub(crate) offer: Vec<f64>,
    pub(crate) requirement: Vec<f64>,
    /// By number in [`Capacities`]; below 0 while something is still to be delivered.
    pub(crate) capacity: Vec<f64>,
    /// Units of each fleet's types that are delivered.
    pub(crate) types: BTreeMap<(usize, usize), f64>,
}

impl Room {
    /// All there is.
    pub(crate) fn new(network: &Network, capacities: &Capacities) -> Room {
        Room {
            offer: network.offers.iter().map(|o| o.quantity as f64).collect(),
            requirement: network.requirements.iter().map(|&r| r as f64).collect(),
            capacity: capacities.limit.clone(),
            types: BTreeMap::new(),
        }
    }

    /// Takes what an amount of a column uses.
    pub(crate) fn take(&mut self, network: &Network, column: &Column, amount: f64) {
        self.offer[column.offer] -= amount;
        if let Target::Requirement(r) = network.wants[column.want].target {
            self.requirement[r] -= amount;
        }
        column.uses.iter().for_each(|&(id, each)| self.capacity[id] -= each * amount);
        let types = network.wants[column.want].types.iter();
        types.for_each(|&type_| *self.types.entry(type_).or_default() += amount);
    }

    /// Takes what sets of a package are worth from the floors that they count for.
    pub(crate) fn take_sets(&mut self, network: &Network, capacities: &Capacities, (k, t): (usize, usize), sets: f64) {
        let value = line_value(network, (k, t));
        let floors = network.packages[k].floors.iter();
        floors.for_each(|&floor| self.capacity[capacities.floor(floor)] += value * sets);
    }

    /// Most whole units of a column that fit, in lots that stay together, but for what its package wants and for what
    /// may be passed at a price. Cuts need no look: whole units keep them.
    pub(crate) fn units(&self, network: &Network, capacities: &Capacities, column: &Column) -> i64 {
        let mut most = self.offer[column.offer];
        if let Target::Requirement(r) = network.wants[column.want].target {
            most = most.min(self.requirement[r]);
        }
        let hard = |id: usize| id < capacities.first_cut && capacities.penalty(network, id).is_none();
        let real = column.uses.iter().filter(|&&(id, each)| each > 0.0 && hard(id));
        most = real.map(|&(id, each)| self.capacity[id] / each).fold(most, f64::min);
        // Whole numbers that rounding brought just below.
        let units = (most + 1e-9).floor().max(0.0) as i64;
        network.whole_lots(column.offer, units)
    }
}

/// Adds to the amounts, in the order given, what fits of columns to requirements; at most `most` of each.
pub(crate) fn fill<'c>(
    network: &Network,
    capacities: &Capacities,
    room: &mut Room,
    columns: impl Iterator<Item = (&'c Column, i64)>,
) -> Vec<(&'c Column, i64)> {
    let mut added = Vec::new();
    for (column, most) in columns {
        let units = room.units(network, capacities, column).min(most);
        let units = network.whole_lots(column.offer, units);
        if units > 0 {
            room.take(network, column, units as f64);
            added.push((column, units));
        }
    }
    added
}

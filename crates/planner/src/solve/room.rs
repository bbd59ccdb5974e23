//! What a plan leaves of offers, requirements and capacities, and filling it up.

use super::column::{Capacities, Column};
use super::network::{Network, Target};

/// What is left.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    pub(crate) offer: Vec<f64>,
    pub(crate) requirement: Vec<f64>,
    /// By number in [`Capacities`].
    pub(crate) capacity: Vec<f64>,
}

impl Room {
    /// All there is.
    pub(crate) fn new(network: &Network, capacities: &Capacities) -> Room {
        Room {
            offer: network.offers.iter().map(|o| o.quantity as f64).collect(),
            requirement: network.requirements.iter().map(|&r| r as f64).collect(),
            capacity: capacities.limit.clone(),
        }
    }

    /// Takes what an amount of a column uses.
    pub(crate) fn take(&mut self, network: &Network, column: &Column, amount: f64) {
        self.offer[column.offer] -= amount;
        if let Target::Requirement(r) = network.wants[column.want].target {
            self.requirement[r] -= amount;
        }
        column.uses.iter().for_each(|&(id, each)| self.capacity[id] -= each * amount);
    }

    /// Most whole units of a column that fit, but for what its package wants. Cuts need no look: whole units keep them.
    pub(crate) fn units(&self, network: &Network, capacities: &Capacities, column: &Column) -> i64 {
        let mut most = self.offer[column.offer];
        if let Target::Requirement(r) = network.wants[column.want].target {
            most = most.min(self.requirement[r]);
        }
        let real = column.uses.iter().filter(|u| u.0 < capacities.first_cut);
        most = real.map(|&(id, each)| self.capacity[id] / each).fold(most, f64::min);
        // Whole numbers that rounding brought just below.
        (most + 1e-9).floor().max(0.0) as i64
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
        if units > 0 {
            room.take(network, column, units as f64);
            added.push((column, units));
        }
    }
    added
}

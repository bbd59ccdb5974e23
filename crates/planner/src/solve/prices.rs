//! Prices: what one unit of each limited thing is worth, and what cuts add for each resource.

use super::column::{Capacities, Column};
use super::network::{Network, Target, timeliness};

/// Prices: what one unit of each limited thing is worth.
#[derive(Debug, Clone, Default)]
pub(crate) struct Prices {
    pub(crate) offer: Vec<f64>,
    pub(crate) requirement: Vec<f64>,
    /// For each want that is a component: by period of its package's range.
    pub(crate) component: Vec<Vec<f64>>,
    /// By number in [`Capacities`].
    pub(crate) capacity: Vec<f64>,
}

impl Prices {
    pub(crate) fn zero(network: &Network, capacities: &Capacities) -> Prices {
        let component = network.wants.iter().map(|w| match w.target {
            Target::Requirement(_) => Vec::new(),
            Target::Component(k, _) => vec![0.0; network.packages[k].periods.len()],
        });
        Prices {
            offer: vec![0.0; network.offers.len()],
            requirement: vec![0.0; network.requirements.len()],
            component: component.collect(),
            capacity: vec![0.0; capacities.limit.len()],
        }
    }
}

impl Prices {
    /// Price of a capacity; nothing for a cut that came later.
    pub(crate) fn of_capacity(&self, id: usize) -> f64 {
        self.capacity.get(id).copied().unwrap_or(0.0)
    }

    /// What a unit of a column earns beyond what it uses is worth.
    pub(crate) fn reduced(&self, network: &Network, column: &Column) -> f64 {
        let earned = match network.wants[column.want].target {
            Target::Requirement(r) => -self.requirement[r],
            Target::Component(k, _) => {
                let counted = &network.packages[k].periods;
                self.component[column.want][column.arrive.max(counted.start) - counted.start..].iter().sum()
            }
        };
        let used: f64 = column.uses.iter().map(|&(id, each)| each * self.of_capacity(id)).sum();
        column.gain + earned - self.offer[column.offer] - used
    }

    /// What a set of a package earns at most beyond what its parts are worth.
    pub(crate) fn package(&self, network: &Network, k: usize) -> f64 {
        let package = &network.packages[k];
        let worth = |t: usize| {
            let price = |want: usize| self.component[want][t - package.periods.start..].iter().sum::<f64>();
            let parts = package.wants.iter().flatten().zip(&package.parts);
            package.priority * timeliness(t, package.due, package.expires)
                - parts.map(|(&want, &each)| each as f64 * price(want)).sum::<f64>()
        };
        package.periods.clone().map(worth).fold(0.0, f64::max)
    }
}

/// What the cuts of capacities cost, by resource.
pub(crate) struct Surcharges {
    /// For each capacity the position of its surcharges; 0: none.
    pub(crate) at: Vec<u32>,
    of_resource: Vec<Vec<f64>>,
}

impl Surcharges {
    pub(crate) fn new(network: &Network, capacities: &Capacities, prices: &Prices) -> Surcharges {
        let mut all = Surcharges { at: vec![0; capacities.first_cut], of_resource: vec![Vec::new()] };
        for (cut, number) in capacities.cuts().filter(|(_, number)| prices.capacity[*number] > 0.0) {
            if all.at[cut.of] == 0 {
                all.at[cut.of] = all.of_resource.len() as u32;
                all.of_resource.push(vec![0.0; network.mass.len()]);
            }
            let list = &mut all.of_resource[all.at[cut.of] as usize];
            for (sum, &mass) in list.iter_mut().zip(&network.mass) {
                *sum += prices.capacity[*number] * cut.each(mass);
            }
        }
        all
    }

    pub(crate) fn of(&self, position: u32, resource: usize) -> f64 {
        if position == 0 { 0.0 } else { self.of_resource[position as usize][resource] }
    }
}

//! Prices: what one unit of each limited thing is worth, and what cuts add for each resource.

use super::column::Capacities;
use super::network::{Network, Target};

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

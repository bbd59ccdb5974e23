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
            Target::Component(k, _) => vec![0.0; network.packages[k].periods.len()],
            _ => Vec::new(),
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
            Target::Need(_) | Target::Pool(..) => 0.0,
        };
        let used: f64 = column.uses.iter().map(|&(id, each)| each * self.of_capacity(id)).sum();
        column.gain + earned - self.offer[column.offer] - used
    }

    /// What money of each fund is worth beyond itself in each period: the sooner it is paid, the longer it lacks.
    pub(crate) fn money(&self, network: &Network, capacities: &Capacities) -> Vec<Vec<f64>> {
        let worth = |fund, t| {
            let mut sum = 0.0;
            capacities.paying(network, Some(fund), t, 1.0, &mut |id, each| sum += each * self.of_capacity(id));
            sum
        };
        (0..network.funds.len()).map(|fund| (0..network.periods).map(|t| worth(fund, t)).collect()).collect()
    }

    /// How much more than itself a value counts for floors.
    pub(crate) fn lift(&self, capacities: &Capacities, floors: &[usize]) -> f64 {
        1.0 + floors.iter().map(|&floor| self.of_capacity(capacities.floor(floor))).sum::<f64>()
    }

    /// What a set of a package earns at most beyond what its parts are worth.
    pub(crate) fn package(&self, network: &Network, capacities: &Capacities, k: usize) -> f64 {
        let package = &network.packages[k];
        let lift = self.lift(capacities, &package.floors);
        let worth = |t: usize| {
            let price = |want: usize| self.component[want][t - package.periods.start..].iter().sum::<f64>();
            let parts = package.wants.iter().flatten().zip(&package.parts);
            lift * package.priority * timeliness(t, package.due, package.expires)
                - parts.map(|(&want, &each)| each as f64 * price(want)).sum::<f64>()
        };
        package.periods.clone().map(worth).fold(0.0, f64::max)
    }
}

/// What ways cost besides by tonnes, by resource: cuts of their capacities, and all that goes by volume.
pub(crate) struct Surcharges {
    /// For each capacity the position of its surcharges; 0: none.
    pub(crate) at: Vec<u32>,
    of_resource: Vec<Vec<f64>>,
}

impl Surcharges {
    /// `money` is what money of each fund is worth.
    pub(crate) fn new(network: &Network, capacities: &Capacities, prices: &Prices, money: &[Vec<f64>]) -> Surcharges {
        let mut all = Surcharges { at: vec![0; capacities.first_cut], of_resource: vec![Vec::new()] };
        for (cut, number) in capacities.cuts().filter(|(_, number)| prices.capacity[*number] > 0.0) {
            all.add(cut.of, network.mass.iter().map(|&mass| prices.capacity[*number] * cut.each(mass)));
        }
        let mut by_volume = |id: usize, per_m3: f64| {
            if per_m3 > 0.0 {
                all.add(id, network.volume.iter().map(|volume| per_m3 * volume));
            }
        };
        for (n, lane) in network.lanes.iter().enumerate().filter(|(_, l)| !l.capacity_m3.is_empty()) {
            for t in 0..network.periods {
                let limit = capacities.lane_m3(n, t).map_or(0.0, |id| prices.capacity[id]);
                let money = lane.fund.map_or(0.0, |fund| money[fund][t]);
                by_volume(capacities.lane(n, t), lane.cost_m3 + limit + money * lane.paid_m3);
            }
        }
        for n in (0..network.places).filter(|&n| !network.storage_m3[n].is_empty()) {
            for t in 0..network.periods {
                by_volume(capacities.storage(n, t), capacities.storage_m3(n, t).map_or(0.0, |id| prices.capacity[id]));
            }
        }
        all
    }

    fn add(&mut self, id: usize, each: impl Iterator<Item = f64>) {
        if self.at[id] == 0 {
            self.at[id] = self.of_resource.len() as u32;
            self.of_resource.push(Vec::new());
        }
        let list = &mut self.of_resource[self.at[id] as usize];
        let each: Vec<f64> = each.collect();
        list.resize(each.len(), 0.0);
        list.iter_mut().zip(each).for_each(|(sum, each)| *sum += each);
    }

    pub(crate) fn of(&self, position: u32, resource: usize) -> f64 {
        if position == 0 { 0.0 } else { self.of_resource[position as usize][resource] }
    }
}

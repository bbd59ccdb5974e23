//! The master: the linear program over the columns found so far.
//!
//! Rows for offers, requirements, packages and their components are there from the start; a capacity gets its row
//! once a solution exceeds it. Component rows exist only from the due period on, since completing a set earlier earns
//! the same. The prices of a solution go to pricing, which brings more columns.

use std::collections::HashSet;

use super::column::{Capacities, Column, Leg};
use super::highs::{Batch, Ended, Highs, Values};
use super::network::{Network, Target, timeliness};
use super::pricing::Prices;

/// A capacity without a row.
const NONE: usize = usize::MAX;
/// What a set from nowhere costs, in its values.
const LOSS: f64 = 100.0;
/// Loads above a limit by less than this share count as kept.
const SLACK: f64 = 1e-9;

/// Bounds on the number of sets of each package, as branching sets them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sets {
    pub(crate) least: Vec<f64>,
    pub(crate) most: Vec<f64>,
}

impl Sets {
    pub(crate) fn free(network: &Network) -> Sets {
        let most = network.packages.iter().map(|p| p.count as f64).collect();
        Sets { least: vec![0.0; network.packages.len()], most }
    }

    /// True if nothing was branched on.
    pub(crate) fn is_free(&self, network: &Network) -> bool {
        *self == Sets::free(network)
    }
}

/// A solved master.
#[derive(Debug, Clone)]
pub(crate) struct Solved {
    /// Value of the restricted program (maximising).
    pub(crate) objective: f64,
    /// Amount of each column.
    pub(crate) amounts: Vec<f64>,
    /// Sets of each package line.
    pub(crate) lines: Vec<f64>,
    pub(crate) prices: Prices,
}

pub(crate) struct Master<'n> {
    network: &'n Network,
    capacities: &'n Capacities,
    highs: Highs,
    pub(crate) columns: Vec<Column>,
    /// Package lines (package, period): the program's first columns.
    pub(crate) lines: Vec<(usize, usize)>,
    /// First row of the components of a want.
    component_row: Vec<usize>,
    capacity_row: Vec<usize>,
    /// Capacities that have a row, in the order of their rows.
    pub(crate) limited: Vec<usize>,
    first_capacity: usize,
    known: HashSet<(usize, usize, usize, Vec<Leg>)>,
}

/// All package lines: completing in each period that is told apart.
pub(crate) fn lines(network: &Network) -> Vec<(usize, usize)> {
    let packages = network.packages.iter().enumerate();
    packages.flat_map(|(k, p)| p.periods.clone().map(move |t| (k, t))).collect()
}

/// Value of completing a set of a package line.
pub(crate) fn line_value(network: &Network, (k, t): (usize, usize)) -> f64 {
    let p = &network.packages[k];
    p.priority * timeliness(t, p.due, p.expires)
}

impl<'n> Master<'n> {
    pub(crate) fn new(network: &'n Network, capacities: &'n Capacities, seed: u64) -> Master<'n> {
        let mut master = Master {
            network,
            capacities,
            highs: Highs::new(seed),
            columns: Vec::new(),
            lines: lines(network),
            component_row: vec![NONE; network.wants.len()],
            capacity_row: vec![NONE; capacities.limit.len()],
            limited: Vec::new(),
            first_capacity: 0,
            known: HashSet::new(),
        };
        master.add_first_rows();
        master.add_lines();
        master
    }

    fn offer_row(&self, offer: usize) -> usize {
        offer
    }

    fn requirement_row(&self, requirement: usize) -> usize {
        self.network.offers.len() + requirement
    }

    fn package_row(&self, package: usize) -> usize {
        self.network.offers.len() + self.network.requirements.len() + package
    }

    fn add_first_rows(&mut self) {
        let mut batch = Batch::default();
        let offers = self.network.offers.iter().map(|o| o.quantity);
        let packages = self.network.packages.iter().map(|p| p.count);
        for most in offers.chain(self.network.requirements.iter().copied()).chain(packages) {
            batch.push(0.0, f64::NEG_INFINITY, most as f64, std::iter::empty());
        }
        for (w, want) in self.network.wants.iter().enumerate() {
            if let Target::Component(k, _) = want.target {
                self.component_row[w] = batch.lower.len();
                for _ in self.network.packages[k].periods.clone() {
                    batch.push(0.0, f64::NEG_INFINITY, 0.0, std::iter::empty());
                }
            }
        }
        self.first_capacity = batch.lower.len();
        self.highs.add_rows(&batch);
    }

    fn add_lines(&mut self) {
        let mut batch = Batch::default();
        for &line in &self.lines {
            let entries = self.line_entries(line);
            batch.push(-line_value(self.network, line), 0.0, f64::INFINITY, entries.into_iter());
        }
        // Sets from nowhere, at a loss: a branch that asks for too many must not be infeasible for want of paths.
        for (k, package) in self.network.packages.iter().enumerate() {
            let entries = std::iter::once((self.package_row(k), 1.0));
            batch.push(LOSS * package.priority.max(1.0), 0.0, f64::INFINITY, entries);
        }
        self.highs.add_columns(&batch);
    }

    /// The program's column of the first path.
    fn first_column(&self) -> usize {
        self.lines.len() + self.network.packages.len()
    }

    /// Rows of a package line: the package's, and its components' from its period on.
    fn line_entries(&self, (k, t): (usize, usize)) -> Vec<(usize, f64)> {
        let package = &self.network.packages[k];
        let mut entries = vec![(self.package_row(k), 1.0)];
        for (want, &each) in package.wants.iter().zip(&package.parts) {
            let first = self.component_row[want.expect("packages with lines have wants")];
            entries.extend((t..package.periods.end).map(|u| (first + u - package.periods.start, each as f64)));
        }
        entries
    }

    /// Rows of a column but for capacities.
    fn entries(&self, column: &Column) -> Vec<(usize, f64)> {
        let mut entries = vec![(self.offer_row(column.offer), 1.0)];
        match self.network.wants[column.want].target {
            Target::Requirement(r) => entries.push((self.requirement_row(r), 1.0)),
            Target::Component(k, _) => {
                let counted = &self.network.packages[k].periods;
                let first = self.component_row[column.want];
                entries
                    .extend((column.arrive.max(counted.start)..counted.end).map(|u| (first + u - counted.start, -1.0)));
            }
        }
        entries
    }

    /// Adds those that are new; returns how many.
    pub(crate) fn add(&mut self, columns: impl IntoIterator<Item = Column>) -> usize {
        let mut batch = Batch::default();
        for column in columns {
            if !self.known.insert((column.offer, column.want, column.arrive, column.legs.clone())) {
                continue;
            }
            let mut entries = self.entries(&column);
            let rows = column.uses.iter().map(|&(id, each)| (self.capacity_row[id], each));
            entries.extend(rows.filter(|&(row, _)| row != NONE));
            batch.push(-column.gain, 0.0, f64::INFINITY, entries.into_iter());
            self.columns.push(column);
        }
        let added = batch.lower.len();
        self.highs.add_columns(&batch);
        added
    }

    pub(crate) fn rows(&self) -> usize {
        self.highs.rows()
    }

    /// Sets bounds on the packages' numbers of sets.
    pub(crate) fn bound_sets(&mut self, sets: &Sets) {
        for k in 0..self.network.packages.len() {
            let least = if sets.least[k] > 0.0 { sets.least[k] } else { f64::NEG_INFINITY };
            let row = self.package_row(k);
            self.highs.bound_row(row, least, sets.most[k]);
        }
    }

    /// Solves, adding capacities until none is exceeded. None: infeasible, or out of time.
    pub(crate) fn solve(&mut self, seconds: f64) -> Option<Solved> {
        let start = std::time::Instant::now();
        loop {
            let left = seconds - start.elapsed().as_secs_f64();
            if left <= 0.0 || self.highs.run(left) != Ended::Optimal {
                return None;
            }
            let values = self.highs.values();
            let amounts = &values.columns[self.first_column()..];
            if !self.limit_exceeded(amounts) {
                return Some(Solved {
                    objective: -self.highs.objective(),
                    amounts: amounts.to_vec(),
                    lines: values.columns[..self.lines.len()].to_vec(),
                    prices: self.prices(&values),
                });
            }
        }
    }

    /// Adds rows for the capacities that are exceeded; false if there are none.
    fn limit_exceeded(&mut self, amounts: &[f64]) -> bool {
        let load = loads(self.capacities, &self.columns, amounts);
        let over = |id: &usize| {
            let limit = self.capacities.limit[*id];
            self.capacity_row[*id] == NONE && load[*id] > limit * (1.0 + SLACK) + 1e-7
        };
        let exceeded: Vec<usize> = (0..load.len()).filter(over).collect();
        if exceeded.is_empty() {
            return false;
        }
        for (n, &id) in exceeded.iter().enumerate() {
            self.capacity_row[id] = self.first_capacity + self.limited.len() + n;
        }
        let mut entries = vec![Vec::new(); exceeded.len()];
        let first = self.first_capacity + self.limited.len();
        for (n, column) in self.columns.iter().enumerate() {
            for &(id, each) in &column.uses {
                if self.capacity_row[id] != NONE && self.capacity_row[id] >= first {
                    entries[self.capacity_row[id] - first].push((self.first_column() + n, each));
                }
            }
        }
        let mut batch = Batch::default();
        for (&id, entries) in exceeded.iter().zip(entries) {
            batch.push(0.0, f64::NEG_INFINITY, self.capacities.limit[id], entries.into_iter());
        }
        self.limited.extend(exceeded);
        self.highs.add_rows(&batch);
        true
    }

    /// HiGHS minimises: prices are its duals with the other sign. Only a package's may be negative (a least number).
    fn prices(&self, values: &Values) -> Prices {
        let dual = |row: usize| (-values.row_duals[row]).max(0.0);
        let mut prices = Prices::zero(self.network, self.capacities);
        for (o, price) in prices.offer.iter_mut().enumerate() {
            *price = dual(self.offer_row(o));
        }
        for (r, price) in prices.requirement.iter_mut().enumerate() {
            *price = dual(self.requirement_row(r));
        }
        for (k, price) in prices.package.iter_mut().enumerate() {
            *price = -values.row_duals[self.package_row(k)];
        }
        for (w, list) in prices.component.iter_mut().enumerate() {
            for (n, price) in list.iter_mut().enumerate() {
                *price = dual(self.component_row[w] + n);
            }
        }
        for (n, &id) in self.limited.iter().enumerate() {
            prices.capacity[id] = dual(self.first_capacity + n);
        }
        prices
    }
}

/// Load of every capacity.
pub(crate) fn loads(capacities: &Capacities, columns: &[Column], amounts: &[f64]) -> Vec<f64> {
    let mut load = vec![0.0; capacities.limit.len()];
    for (column, &amount) in columns.iter().zip(amounts).filter(|(_, a)| **a > 0.0) {
        for &(id, each) in &column.uses {
            load[id] += each * amount;
        }
    }
    load
}

/// A proven bound from any prices: what all limits are worth, plus what the offers' prices lack to pay for the best
/// path (`lack`), plus what the packages' lack to pay for the best line. Holds however inexact the prices are, since
/// it is weak duality with the prices of offers and packages raised until no column gains.
pub(crate) fn bound(network: &Network, capacities: &Capacities, sets: &Sets, prices: &Prices, lack: &[f64]) -> f64 {
    let mut sum = 0.0;
    for ((offer, price), lack) in network.offers.iter().zip(&prices.offer).zip(lack) {
        sum += offer.quantity as f64 * (price + lack);
    }
    for (&quantity, price) in network.requirements.iter().zip(&prices.requirement) {
        sum += quantity as f64 * price;
    }
    for (&limit, price) in capacities.limit.iter().zip(&prices.capacity).filter(|(_, p)| **p > 0.0) {
        sum += limit * price;
    }
    for (k, package) in network.packages.iter().enumerate() {
        // With the other prices given, this price of the package is the best.
        let mut price = f64::NEG_INFINITY;
        for t in package.periods.clone() {
            let mut parts = 0.0;
            for (want, &each) in package.wants.iter().zip(&package.parts) {
                let want = want.expect("packages with lines have wants");
                parts += each as f64 * prices.component[want][t - package.periods.start..].iter().sum::<f64>();
            }
            price = price.max(line_value(network, (k, t)) - parts);
        }
        if price.is_finite() {
            sum += price * if price >= 0.0 { sets.most[k] } else { sets.least[k] };
        }
    }
    // Rounding in the sums: far more than it can be, far less than anyone asks for.
    sum + 1e-9 * sum.abs() + 1e-9
}

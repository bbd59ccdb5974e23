//! The master: the linear program over the columns found so far.
//!
//! Rows for offers, requirements, packages and their components are there from the start; a capacity gets its row
//! once a solution exceeds it. Component rows exist only from the due period on, since completing a set earlier earns
//! the same. The prices of a solution go to pricing, which brings more columns. The program is never solved to the
//! end: each turn goes some steps on from where the last one stopped.

use std::collections::HashSet;

use super::column::{Capacities, Column, Key};
use super::network::{Network, Target, timeliness};
use super::prices::Prices;
use super::saddle::{Point, Program, Sparse, walk};

/// A capacity without a row.
const NONE: usize = usize::MAX;
/// Loads above a limit by less than this share count as kept.
const SLACK: f64 = 1e-6;
/// Sets by which their bounds may be passed and count as kept.
const NEARLY: f64 = 0.02;
/// Columns up to which none is dropped.
const FEW: usize = 3_000;
/// Turns after which a column that is never used is dropped; pricing finds it again if need be.
const IDLE: u8 = 20;

/// Bounds on the numbers of sets that are complete by the period of each package line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sets {
    pub(crate) least: Vec<f64>,
    pub(crate) most: Vec<f64>,
}

impl Sets {
    pub(crate) fn free(network: &Network) -> Sets {
        let most: Vec<f64> = network.packages.iter().flat_map(|p| &p.most).map(|&most| most as f64).collect();
        Sets { least: vec![0.0; most.len()], most }
    }

    /// At most so many by a line, and so by those before it of the same package.
    pub(crate) fn at_most(&mut self, lines: &[(usize, usize)], n: usize, sets: f64) {
        let before = (0..=n).rev().take_while(|&m| lines[m].0 == lines[n].0);
        before.for_each(|m| self.most[m] = self.most[m].min(sets));
    }

    /// At least so many by a line, and so by those after it of the same package.
    pub(crate) fn at_least(&mut self, lines: &[(usize, usize)], n: usize, sets: f64) {
        let after = (n..lines.len()).take_while(|&m| lines[m].0 == lines[n].0);
        after.for_each(|m| self.least[m] = self.least[m].max(sets));
    }

    /// Whether the bounds by a line say more than those by its neighbours.
    fn tell(&self, lines: &[(usize, usize)], n: usize) -> bool {
        let more = is_last(lines, n) || self.most[n] < self.most[n + 1];
        more || (self.least[n] > 0.0 && (n == 0 || lines[n - 1].0 != lines[n].0 || self.least[n - 1] < self.least[n]))
    }

    /// True if nothing was branched on.
    pub(crate) fn is_free(&self, network: &Network) -> bool {
        *self == Sets::free(network)
    }
}

/// A solution of the master, nearly.
#[derive(Debug, Clone)]
pub(crate) struct Solved {
    /// Its value (maximising), less what its excesses are worth.
    pub(crate) objective: f64,
    /// Amount of each column.
    pub(crate) amounts: Vec<f64>,
    /// Sets of each package line.
    pub(crate) lines: Vec<f64>,
    pub(crate) prices: Prices,
}

pub(crate) struct Master<'n> {
    network: &'n Network,
    pub(crate) columns: Vec<Column>,
    /// Package lines (package, period): the program's first columns.
    pub(crate) lines: Vec<(usize, usize)>,
    /// First row of the components of a want.
    component_row: Vec<usize>,
    capacity_row: Vec<usize>,
    /// Capacities that have a row, in the order of their rows.
    limited: Vec<usize>,
    first_capacity: usize,
    sets: Sets,
    point: Point,
    /// Columns that are held where they are; none: all are free.
    fixed: Vec<Option<i64>>,
    /// Turns since each column was last used.
    idle: Vec<u8>,
    known: HashSet<Key>,
}

/// All package lines: completing in each period that is told apart.
pub(crate) fn lines(network: &Network) -> Vec<(usize, usize)> {
    let packages = network.packages.iter().enumerate();
    packages.flat_map(|(k, p)| p.periods.clone().map(move |t| (k, t))).collect()
}

/// Whether a line is the last of its package.
pub(crate) fn is_last(lines: &[(usize, usize)], n: usize) -> bool {
    lines.get(n + 1).is_none_or(|next| next.0 != lines[n].0)
}

/// Value of completing a set of a package line.
pub(crate) fn line_value(network: &Network, (k, t): (usize, usize)) -> f64 {
    let p = &network.packages[k];
    p.priority * timeliness(t, p.due, p.expires)
}

impl<'n> Master<'n> {
    pub(crate) fn new(network: &'n Network) -> Master<'n> {
        let mut master = Master {
            network,
            columns: Vec::new(),
            lines: lines(network),
            component_row: vec![NONE; network.wants.len()],
            capacity_row: Vec::new(),
            limited: Vec::new(),
            first_capacity: 0,
            sets: Sets::free(network),
            point: Point::default(),
            fixed: Vec::new(),
            idle: Vec::new(),
            known: HashSet::new(),
        };
        master.first_capacity = master.line_row(master.lines.len());
        for (w, want) in network.wants.iter().enumerate() {
            if let Target::Component(k, _) = want.target {
                master.component_row[w] = master.first_capacity;
                master.first_capacity += network.packages[k].periods.len();
            }
        }
        master.point.x.resize(master.lines.len(), 0.0);
        master
    }

    fn offer_row(&self, offer: usize) -> usize {
        offer
    }

    /// Row of a capacity, if it has one.
    fn capacity_row(&self, id: usize) -> Option<usize> {
        self.capacity_row.get(id).copied().filter(|row| *row != NONE)
    }

    fn requirement_row(&self, requirement: usize) -> usize {
        self.network.offers.len() + requirement
    }

    /// Row of what is complete by a package line.
    fn line_row(&self, line: usize) -> usize {
        self.network.offers.len() + self.network.requirements.len() + line
    }

    /// Rows of a package line: those of what is complete, and of its components, from its period on.
    fn line_entries(&self, capacities: &Capacities, line: usize) -> Vec<(usize, f64)> {
        let (k, t) = self.lines[line];
        let package = &self.network.packages[k];
        let later = (line..self.lines.len()).take_while(|&n| self.lines[n].0 == k);
        let told = later.filter(|&n| self.sets.tell(&self.lines, n));
        let mut entries: Vec<_> = told.map(|n| (self.line_row(n), 1.0)).collect();
        for (want, &each) in package.wants.iter().zip(&package.parts) {
            let first = self.component_row[want.expect("packages with lines have wants")];
            entries.extend((t..package.periods.end).map(|u| (first + u - package.periods.start, each as f64)));
        }
        for &floor in &package.floors {
            let row = self.capacity_row(capacities.floor(floor));
            entries.extend(row.map(|row| (row, -line_value(self.network, (k, t)))));
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
            Target::Need(_) | Target::Pool(..) => {}
        }
        entries
    }

    /// Adds those that are new; returns how many.
    pub(crate) fn add(&mut self, columns: impl IntoIterator<Item = Column>) -> usize {
        let before = self.columns.len();
        for column in columns {
            if self.known.insert(column.key()) {
                self.columns.push(column);
            }
        }
        self.idle.resize(self.columns.len(), 0);
        self.point.x.resize(self.lines.len() + self.columns.len(), 0.0);
        self.columns.len() - before
    }

    /// Drops what was not used for long.
    pub(crate) fn drop_idle(&mut self) {
        if self.columns.len() <= FEW {
            return;
        }
        let first = self.lines.len();
        for (idle, x) in self.idle.iter_mut().zip(&self.point.x[first..]) {
            *idle = if *x > 0.0 { 0 } else { *idle + 1 };
        }
        let stays: Vec<bool> = self.idle.iter().map(|&idle| idle < IDLE).collect();
        for (column, _) in self.columns.iter().zip(&stays).filter(|(_, stays)| !**stays) {
            self.known.remove(&column.key());
        }
        keep(&mut self.columns, 0, &stays);
        keep(&mut self.point.x, first, &stays);
        keep(&mut self.idle, 0, &stays);
    }

    pub(crate) fn rows(&self) -> usize {
        self.first_capacity + self.limited.len()
    }

    /// Sets bounds on the packages' numbers of sets.
    pub(crate) fn bound_sets(&mut self, sets: &Sets) {
        self.sets = sets.clone();
    }

    /// Holds columns at amounts.
    pub(crate) fn fix(&mut self, fixed: &[Option<i64>]) {
        self.fixed = fixed.to_vec();
    }

    /// Where the program stands.
    pub(crate) fn point(&self) -> Point {
        self.point.clone()
    }

    /// Goes on from another point, with what came since at nothing.
    pub(crate) fn go_to(&mut self, point: &Point) {
        self.point = point.clone();
        self.point.x.resize(self.lines.len() + self.columns.len(), 0.0);
    }

    /// Numbers of sets of the packages, from those of the lines.
    pub(crate) fn counts(&self, lines: &[f64]) -> Vec<f64> {
        let mut counts = vec![0.0; self.network.packages.len()];
        self.lines.iter().zip(lines).for_each(|(&(k, _), amount)| counts[k] += amount);
        counts
    }

    /// Numbers of sets that are complete by each line.
    pub(crate) fn complete(&self, lines: &[f64]) -> Vec<f64> {
        let (mut package, mut sum) = (usize::MAX, 0.0);
        let by = |(&(k, _), amount): (&(usize, usize), &f64)| {
            sum = if k == package { sum + amount } else { *amount };
            package = k;
            sum
        };
        self.lines.iter().zip(lines).map(by).collect()
    }

    /// Whether sets of the lines keep their bounds nearly.
    pub(crate) fn keeps_sets(&self, lines: &[f64]) -> bool {
        let bounds = self.sets.least.iter().zip(&self.sets.most);
        let mut complete = self.complete(lines).into_iter().zip(bounds);
        complete.all(|(sets, (least, most))| (least - NEARLY..=most + NEARLY).contains(&sets))
    }

    /// Goes so many steps on.
    pub(crate) fn turn(&mut self, capacities: &Capacities, steps: usize) -> Solved {
        self.point.y.resize(self.rows(), 0.0);
        let program = self.program(capacities);
        walk(&program, &mut self.point, steps);
        let (lines, amounts) = self.point.x.split_at(self.lines.len());
        let solved = Solved {
            objective: self.value(&program),
            amounts: amounts.to_vec(),
            lines: lines.to_vec(),
            prices: self.prices(capacities),
        };
        self.limit_exceeded(capacities, &solved.amounts);
        solved
    }

    fn program(&self, capacities: &Capacities) -> Program {
        let mut columns = Sparse::new();
        (0..self.lines.len()).for_each(|line| columns.push(self.line_entries(capacities, line)));
        for column in &self.columns {
            let limited = column.uses.iter().filter_map(|&(id, each)| self.capacity_row(id).map(|row| (row, each)));
            columns.push(self.entries(column).into_iter().chain(limited));
        }
        let values = self.lines.iter().map(|&line| line_value(self.network, line));
        let offers = self.network.offers.iter().map(|o| o.quantity as f64);
        let requirements = self.network.requirements.iter().map(|&r| r as f64);
        let mut upper: Vec<f64> = offers.chain(requirements).chain(self.sets.most.iter().copied()).collect();
        let mut size = upper.clone();
        for want in &self.network.wants {
            if let Target::Component(k, _) = want.target {
                let rows = self.network.packages[k].periods.len();
                upper.extend(std::iter::repeat_n(0.0, rows));
                size.extend(std::iter::repeat_n(want.quantity as f64, rows));
            }
        }
        upper.extend(self.limited.iter().map(|&id| capacities.limit[id]));
        size.extend(self.limited.iter().map(|&id| capacities.limit[id].abs()));
        let mut most_price = vec![f64::INFINITY; self.first_capacity];
        let penalty = |&id: &usize| capacities.penalty(self.network, id).unwrap_or(f64::INFINITY);
        most_price.extend(self.limited.iter().map(penalty));
        size.iter_mut().filter(|s| **s <= 0.0).for_each(|s| *s = 1.0);
        let mut lower = vec![f64::NEG_INFINITY; upper.len()];
        for (n, &least) in self.sets.least.iter().enumerate().filter(|(_, least)| **least > 0.0) {
            if self.sets.tell(&self.lines, n) {
                lower[self.line_row(n)] = least;
            }
        }
        let mut ranges: Vec<_> = self.sets.most.iter().map(|&most| (0.0, most)).collect();
        let free = (0.0, f64::INFINITY);
        ranges.extend(self.fixed.iter().map(|fixed| fixed.map_or(free, |amount| (amount as f64, amount as f64))));
        Program {
            columns,
            ranges,
            cost: values.chain(self.columns.iter().map(|c| c.gain)).collect(),
            lower,
            upper,
            size,
            most_price,
        }
    }

    /// Value of the present point, less what its excesses cost at its prices.
    fn value(&self, program: &Program) -> f64 {
        let mut load = vec![0.0; program.upper.len()];
        let mut value = 0.0;
        for (n, &x) in self.point.x.iter().enumerate().filter(|(_, x)| **x > 0.0) {
            value += program.cost[n] * x;
            program.columns.of(n).for_each(|(row, each)| load[row] += each * x);
        }
        for (row, load) in load.into_iter().enumerate() {
            let excess = load - load.clamp(program.lower[row], program.upper[row]);
            value -= (excess * self.point.y[row]).max(0.0);
        }
        value
    }

    /// Adds rows for the capacities that are exceeded.
    pub(crate) fn limit_exceeded(&mut self, capacities: &Capacities, amounts: &[f64]) {
        self.capacity_row.resize(capacities.limit.len(), NONE);
        let load = loads(capacities, &self.columns, amounts);
        for (id, load) in load.into_iter().enumerate() {
            let limit = capacities.limit[id];
            if self.capacity_row[id] == NONE && load > limit + SLACK * limit.abs() + 1e-7 {
                self.capacity_row[id] = self.rows();
                self.limited.push(id);
            }
        }
    }

    fn prices(&self, capacities: &Capacities) -> Prices {
        let price = |row: usize| self.point.y[row].max(0.0);
        let mut prices = Prices::zero(self.network, capacities);
        for (o, p) in prices.offer.iter_mut().enumerate() {
            *p = price(self.offer_row(o));
        }
        for (r, p) in prices.requirement.iter_mut().enumerate() {
            *p = price(self.requirement_row(r));
        }
        for (w, list) in prices.component.iter_mut().enumerate() {
            for (n, p) in list.iter_mut().enumerate() {
                *p = price(self.component_row[w] + n);
            }
        }
        for (n, &id) in self.limited.iter().enumerate() {
            let most = capacities.penalty(self.network, id).unwrap_or(f64::INFINITY);
            prices.capacity[id] = price(self.first_capacity + n).min(most);
        }
        prices
    }
}

/// Keeps those of the members from a position on that stay.
fn keep<T>(list: &mut Vec<T>, first: usize, stays: &[bool]) {
    let mut n = 0;
    list.retain(|_| {
        n += 1;
        n <= first || stays[n - 1 - first]
    });
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
    let mut line = 0;
    for (k, package) in network.packages.iter().enumerate() {
        let lift = prices.lift(capacities, &package.floors);
        let worth = |t: usize| {
            let price = |want: &Option<usize>| {
                let want = want.expect("packages with lines have wants");
                prices.component[want][t - package.periods.start..].iter().sum::<f64>()
            };
            let parts: f64 = package.wants.iter().zip(&package.parts).map(|(w, &each)| each as f64 * price(w)).sum();
            lift * line_value(network, (k, t)) - parts
        };
        let worths: Vec<f64> = package.periods.clone().map(worth).collect();
        let lines = line..line + worths.len();
        sum += most_of_sets(&worths, &sets.least[lines.clone()], &sets.most[lines]);
        line += worths.len();
    }
    // Rounding in the sums: far more than it can be, far less than anyone asks for.
    sum + 1e-9 * sum.abs() + 1e-9
}

/// Most that a package's lines can add by their worths, with bounds on what is complete by each of them.
fn most_of_sets(worths: &[f64], least: &[f64], most: &[f64]) -> f64 {
    // Best is to complete as few or as many as some bound allows.
    let mut counts: Vec<f64> = [&[0.0], least, most].concat();
    counts.sort_by(f64::total_cmp);
    counts.dedup();
    let mut values: Vec<f64> = counts.iter().map(|&count| if count > 0.0 { f64::NEG_INFINITY } else { 0.0 }).collect();
    for (worth, bounds) in worths.iter().zip(least.iter().zip(most).map(|(least, most)| *least..=*most)) {
        let mut best = f64::NEG_INFINITY;
        for (count, value) in counts.iter().zip(&mut values) {
            best = best.max(*value - worth * count);
            *value = if bounds.contains(count) { best + worth * count } else { f64::NEG_INFINITY };
        }
    }
    values.into_iter().fold(f64::NEG_INFINITY, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_completed_where_they_are_worth_most() {
        let (least, most) = ([0.0, 1.0, 1.0], [2.0, 3.0, 5.0]);
        for worths in [[4.0, 3.0, 2.0], [-1.0, 5.0, 1.0], [-3.0, -2.0, -1.0], [-1.0, -2.0, 3.0], [2.0, -1.0, 1.0]] {
            let mut best = f64::NEG_INFINITY;
            for sets in (0..216).map(|n| [n % 6, n / 6 % 6, n / 36].map(f64::from)) {
                let complete = [sets[0], sets[0] + sets[1], sets[0] + sets[1] + sets[2]];
                if (0..3).all(|n| (least[n]..=most[n]).contains(&complete[n])) {
                    best = best.max(worths.iter().zip(sets).map(|(worth, sets)| worth * sets).sum());
                }
            }
            assert_eq!(most_of_sets(&worths, &least, &most), best);
        }
    }
}

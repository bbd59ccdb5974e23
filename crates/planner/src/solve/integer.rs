//! Whole quantities: the integer program over given columns.

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;

use super::clock::Clock;
use super::column::{Capacities, Column};
use super::highs::{Batch, Highs, Report};
use super::master::{line_value, lines};
use super::network::{Network, Target};

/// When an integer solve may end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// Most seconds.
    pub(crate) seconds: f64,
    /// Ends when this near (relative) to the best that these columns allow.
    pub(crate) gap: f64,
    /// Ends when a plan is worth this much.
    pub(crate) enough: f64,
    pub(crate) seed: u64,
}

/// A column that may be used, and how much of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice<'a> {
    pub(crate) column: &'a Column,
    pub(crate) least: i64,
    pub(crate) most: i64,
}

impl<'a> Choice<'a> {
    /// As much as offer and want allow.
    pub(crate) fn free(network: &Network, column: &'a Column) -> Choice<'a> {
        let most = network.offers[column.offer].quantity.min(network.wants[column.want].quantity);
        Choice { column, least: 0, most }
    }

    /// An amount rounded either way, or so many units further; parts of packages one unit more, so that sets come
    /// out whole.
    pub(crate) fn near(network: &Network, column: &'a Column, amount: f64, further: i64) -> Choice<'a> {
        let free = Choice::free(network, column);
        let further = further.max(i64::from(matches!(network.wants[column.want].target, Target::Component(..))));
        let (floor, ceil) = ((amount + 1e-6).floor() as i64, (amount - 1e-6).ceil() as i64);
        Choice { column, least: (floor - further).clamp(0, free.most), most: (ceil + further).clamp(0, free.most) }
    }
}

/// What an integer solve gives.
pub(crate) struct Whole {
    /// Whole amount of each column.
    pub(crate) amounts: Vec<i64>,
}

/// Row numbers by what they stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Row {
    Offer(usize),
    Requirement(usize),
    Package(usize),
    Component(usize, usize),
    Capacity(usize),
}

struct Program<'a> {
    network: &'a Network,
    columns: &'a [Choice<'a>],
    /// Package lines whose parts all have columns.
    lines: Vec<(usize, usize)>,
    rows: BTreeMap<Row, (usize, f64)>,
}

/// Solves for whole amounts of the columns, from a start if one is given.
pub(crate) fn solve(
    network: &Network,
    capacities: &Capacities,
    columns: &[Choice<'_>],
    start: Option<&[i64]>,
    settings: Settings,
    clock: &mut Clock<'_>,
) -> Option<Whole> {
    let mut program = Program { network, columns, lines: Vec::new(), rows: BTreeMap::new() };
    program.choose_lines();
    program.choose_rows(capacities);
    let mut highs = program.build(settings.seed);
    highs.set_float("mip_rel_gap", settings.gap);
    // Well within what the judge allows, so that rounding to whole numbers keeps every limit.
    highs.set_float("mip_feasibility_tolerance", 1e-7);
    if let Some(start) = start {
        highs.start_from(&program.start(start));
    }
    // HiGHS minimises, and has no solution yet as long as its value is infinite.
    let mut watch = |report: Report| -> ControlFlow<()> {
        let objective = -report.primal;
        if objective.is_finite() && objective >= settings.enough {
            return ControlFlow::Break(());
        }
        clock.tell(None)
    };
    highs.run_watched(settings.seconds, &mut watch);
    if !highs.has_solution() {
        return None;
    }
    let values = highs.values().columns;
    let amounts = values[program.lines.len()..].iter().map(|x| x.round() as i64).collect();
    Some(Whole { amounts })
}

impl Program<'_> {
    fn choose_lines(&mut self) {
        let served: HashSet<usize> = self.columns.iter().map(|c| c.column.want).collect();
        let whole = |k: usize| self.network.packages[k].wants.iter().all(|w| w.is_some_and(|w| served.contains(&w)));
        self.lines = lines(self.network).into_iter().filter(|&(k, _)| whole(k)).collect();
    }

    /// Rows that can bind: a capacity that all columns together can't exceed needs none.
    fn choose_rows(&mut self, capacities: &Capacities) {
        let mut keys: BTreeMap<Row, f64> = BTreeMap::new();
        let mut most: BTreeMap<usize, f64> = BTreeMap::new();
        for &Choice { column, most: units, .. } in self.columns {
            keys.insert(Row::Offer(column.offer), self.network.offers[column.offer].quantity as f64);
            for &(id, each) in &column.uses {
                *most.entry(id).or_default() += each * units as f64;
            }
            match self.network.wants[column.want].target {
                Target::Requirement(r) => {
                    keys.insert(Row::Requirement(r), self.network.requirements[r] as f64);
                }
                Target::Component(k, _) => {
                    for t in self.network.packages[k].periods.clone() {
                        keys.insert(Row::Component(column.want, t), 0.0);
                    }
                }
            }
        }
        for &(k, _) in &self.lines {
            keys.insert(Row::Package(k), self.network.packages[k].count as f64);
        }
        for (id, most) in most {
            if most > capacities.limit[id] {
                keys.insert(Row::Capacity(id), capacities.limit[id]);
            }
        }
        self.rows = keys.into_iter().enumerate().map(|(n, (key, upper))| (key, (n, upper))).collect();
    }

    fn row(&self, key: Row, each: f64) -> Option<(usize, f64)> {
        self.rows.get(&key).map(|&(n, _)| (n, each))
    }

    fn build(&self, seed: u64) -> Highs {
        let mut highs = Highs::new(seed);
        let mut rows = Batch::default();
        for &(_, upper) in self.rows.values() {
            rows.push(0.0, f64::NEG_INFINITY, upper, std::iter::empty());
        }
        highs.add_rows(&rows);
        let mut batch = Batch::default();
        for &(k, t) in &self.lines {
            let package = &self.network.packages[k];
            let mut entries: Vec<(usize, f64)> = self.row(Row::Package(k), 1.0).into_iter().collect();
            for (want, &each) in package.wants.iter().zip(&package.parts) {
                let want = want.expect("lines were chosen to have wants");
                entries.extend((t..package.periods.end).filter_map(|u| self.row(Row::Component(want, u), each as f64)));
            }
            batch.push(-line_value(self.network, (k, t)), 0.0, package.count as f64, entries.into_iter());
        }
        for &Choice { column, least, most } in self.columns {
            batch.push(-column.gain, least as f64, most as f64, self.entries(column).into_iter());
        }
        highs.add_columns(&batch);
        (0..highs.columns()).for_each(|n| highs.set_integer(n));
        highs
    }

    fn entries(&self, column: &Column) -> Vec<(usize, f64)> {
        let mut entries: Vec<(usize, f64)> = self.row(Row::Offer(column.offer), 1.0).into_iter().collect();
        match self.network.wants[column.want].target {
            Target::Requirement(r) => entries.extend(self.row(Row::Requirement(r), 1.0)),
            Target::Component(k, _) => {
                let counted = &self.network.packages[k].periods;
                let periods = column.arrive.max(counted.start)..counted.end;
                entries.extend(periods.filter_map(|t| self.row(Row::Component(column.want, t), -1.0)));
            }
        }
        entries.extend(column.uses.iter().filter_map(|&(id, each)| self.row(Row::Capacity(id), each)));
        entries
    }

    /// A start with the sets that its parts complete.
    fn start(&self, amounts: &[i64]) -> Vec<f64> {
        let mut delivered: BTreeMap<(usize, usize), i64> = BTreeMap::new();
        for (Choice { column, .. }, &amount) in self.columns.iter().zip(amounts).filter(|(_, a)| **a > 0) {
            *delivered.entry((column.want, column.arrive)).or_default() += amount;
        }
        let mut done: BTreeMap<usize, i64> = BTreeMap::new();
        let mut values = Vec::with_capacity(self.lines.len() + amounts.len());
        for &(k, t) in &self.lines {
            let package = &self.network.packages[k];
            let by = |want: &Option<usize>| -> i64 {
                let want = want.expect("lines were chosen to have wants");
                delivered.range((want, 0)..=(want, t)).map(|(_, n)| n).sum()
            };
            let sets = package.wants.iter().zip(&package.parts).map(|(w, each)| by(w) / each).min().unwrap_or(0);
            let done = done.entry(k).or_default();
            let more = (sets.min(package.count) - *done).max(0);
            *done += more;
            values.push(more as f64);
        }
        values.extend(amounts.iter().map(|&a| a as f64));
        values
    }
}

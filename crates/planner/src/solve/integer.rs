//! Whole quantities: the integer program over given columns.

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;

use super::clock::Clock;
use super::column::Column;
use super::highs::{Batch, Highs, Report};
use super::master::{line_value, lines};
use super::network::{Network, Target};
use super::room::Room;

/// When an integer solve may end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// Most seconds.
    pub(crate) seconds: f64,
    /// Ends when this near (relative) to the best that these columns allow.
    pub(crate) gap: f64,
    /// Most nodes of its search.
    pub(crate) nodes: i32,
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
    /// Whether it must be whole.
    pub(crate) whole: bool,
}

impl<'a> Choice<'a> {
    /// As much as offer and want allow.
    pub(crate) fn free(network: &Network, column: &'a Column) -> Choice<'a> {
        let most = network.offers[column.offer].quantity.min(network.wants[column.want].quantity);
        Choice { column, least: 0, most, whole: true }
    }
}

/// What flows outside the program would give up, or take, at a price.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Give {
    pub(crate) row: Row,
    /// Most tonnes or units, either way.
    pub(crate) most: f64,
    /// Per tonne or unit.
    pub(crate) price: f64,
}

/// Row numbers by what they stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Row {
    Offer(usize),
    Requirement(usize),
    Package(usize),
    Component(usize, usize),
    Capacity(usize),
}

struct Program<'a> {
    network: &'a Network,
    columns: &'a [Choice<'a>],
    gives: &'a [Give],
    /// Package lines whose parts all have columns.
    lines: Vec<(usize, usize)>,
    rows: BTreeMap<Row, (usize, f64)>,
}

/// Solves for amounts of the columns within what is left, from a start if one is given.
pub(crate) fn solve(
    network: &Network,
    room: &Room,
    columns: &[Choice<'_>],
    gives: &[Give],
    start: Option<&[i64]>,
    settings: Settings,
    clock: &mut Clock<'_>,
) -> Option<Vec<f64>> {
    let mut program = Program { network, columns, gives, lines: Vec::new(), rows: BTreeMap::new() };
    program.choose_lines();
    program.choose_rows(room);
    let mut highs = program.build(settings.seed);
    highs.set_float("mip_rel_gap", settings.gap);
    highs.set_int("mip_max_nodes", settings.nodes);
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
    let round = |(value, choice): (&f64, &Choice<'_>)| if choice.whole { value.round() } else { *value };
    Some(highs.values()[program.lines.len()..].iter().zip(columns).map(round).collect())
}

/// What whole amounts of columns are worth: of themselves, and by the sets they complete.
pub(crate) fn worth(network: &Network, columns: &[Choice<'_>], amounts: &[i64]) -> f64 {
    let mut program = Program { network, columns, gives: &[], lines: Vec::new(), rows: BTreeMap::new() };
    program.choose_lines();
    let values = program.start(amounts);
    let sets: f64 = program.lines.iter().zip(&values).map(|(&line, sets)| line_value(network, line) * sets).sum();
    sets + columns.iter().zip(amounts).map(|(c, &amount)| c.column.gain * amount as f64).sum::<f64>()
}

impl Program<'_> {
    fn choose_lines(&mut self) {
        let served: HashSet<usize> = self.columns.iter().map(|c| c.column.want).collect();
        let whole = |k: usize| self.network.packages[k].wants.iter().all(|w| w.is_some_and(|w| served.contains(&w)));
        self.lines = lines(self.network).into_iter().filter(|&(k, _)| whole(k)).collect();
    }

    /// Rows that can bind: a capacity that all columns together can't exceed needs none.
    fn choose_rows(&mut self, room: &Room) {
        let mut keys: BTreeMap<Row, f64> = BTreeMap::new();
        let mut most: BTreeMap<usize, f64> = BTreeMap::new();
        for &Choice { column, most: units, .. } in self.columns {
            keys.insert(Row::Offer(column.offer), room.offer[column.offer]);
            for &(id, each) in &column.uses {
                *most.entry(id).or_default() += each * units as f64;
            }
            match self.network.wants[column.want].target {
                Target::Requirement(r) => {
                    keys.insert(Row::Requirement(r), room.requirement[r]);
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
            if most > room.capacity[id] {
                keys.insert(Row::Capacity(id), room.capacity[id]);
            }
        }
        self.rows = keys.into_iter().enumerate().map(|(n, (key, upper))| (key, (n, upper.max(0.0)))).collect();
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
        for &Choice { column, least, most, .. } in self.columns {
            batch.push(-column.gain, least as f64, most as f64, self.entries(column).into_iter());
        }
        for give in self.gives {
            // The row is missing where all columns together can't exceed it.
            let row = self.row(give.row, -1.0);
            let most = if row.is_some() { give.most } else { 0.0 };
            batch.push(give.price, -most, most, row.into_iter());
        }
        highs.add_columns(&batch);
        let whole = self.columns.iter().map(|c| c.whole);
        let whole = std::iter::repeat_n(true, self.lines.len()).chain(whole);
        whole.enumerate().filter(|(_, whole)| *whole).for_each(|(n, _)| highs.set_integer(n));
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
        values.resize(values.len() + self.gives.len(), 0.0);
        values
    }
}

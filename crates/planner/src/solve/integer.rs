//! Whole quantities: the integer program over given columns.

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;

use super::clock::Clock;
use super::column::{Capacities, Column};
use super::highs::{Batch, Highs, Report};
use super::lumps::Lumps;
use super::master::{line_value, lines};
use super::network::{Network, Target};
use super::relax::Model;
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

    /// Units that stay together.
    fn lot(&self, network: &Network) -> f64 {
        network.offers[self.column.offer].lot as f64
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
    capacities: &'a Capacities,
    columns: &'a [Choice<'a>],
    gives: &'a [Give],
    /// Package lines whose parts all have columns.
    lines: Vec<(usize, usize)>,
    rows: BTreeMap<Row, (usize, f64)>,
    lumps: Lumps,
}

/// Solves for amounts of the columns within what is left, from a start if one is given.
pub(crate) fn solve(
    (network, capacities, room): (&Network, &Capacities, &Room),
    columns: &[Choice<'_>],
    gives: &[Give],
    start: Option<&[i64]>,
    settings: Settings,
    clock: &mut Clock<'_>,
) -> Option<Vec<f64>> {
    let mut program = Program::new(network, capacities, columns, gives);
    program.choose_rows(room);
    let mut highs = program.build(settings.seed);
    highs.set_float("mip_rel_gap", settings.gap);
    highs.set_int("mip_max_nodes", settings.nodes);
    // Well within what the judge allows, so that rounding to whole numbers keeps every limit.
    highs.set_float("mip_feasibility_tolerance", 1e-7);
    if let Some(start) = start {
        // It looks for any plan at all.
        highs.set_bool("mip_heuristic_run_feasibility_jump", false);
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
    let round = |(value, choice): (&f64, &Choice<'_>)| match choice.lot(network) {
        1.0 if !choice.whole => *value,
        lot => value.round() * lot,
    };
    Some(highs.values()[program.lines.len()..].iter().zip(columns).map(round).collect())
}

/// What whole amounts of columns are worth: of themselves, and by the sets they complete.
pub(crate) fn worth(model: &Model<'_>, columns: &[Choice<'_>], amounts: &[i64]) -> f64 {
    let network = model.network;
    let program = Program::new(network, model.capacities, columns, &[]);
    let values = program.sets(amounts);
    let sets: f64 = program.lines.iter().zip(&values).map(|(&line, sets)| line_value(network, line) * sets).sum();
    sets + columns.iter().zip(amounts).map(|(c, &amount)| c.column.gain * amount as f64).sum::<f64>()
}

impl<'a> Program<'a> {
    fn new(
        network: &'a Network,
        capacities: &'a Capacities,
        columns: &'a [Choice<'a>],
        gives: &'a [Give],
    ) -> Program<'a> {
        let served: HashSet<usize> = columns.iter().map(|c| c.column.want).collect();
        let whole = |k: usize| network.packages[k].wants.iter().all(|w| w.is_some_and(|w| served.contains(&w)));
        let lines = lines(network).into_iter().filter(|&(k, _)| whole(k)).collect();
        let (rows, lumps) = (BTreeMap::new(), Lumps::default());
        Program { network, capacities, columns, gives, lines, rows, lumps }
    }

    /// Rows that can bind: a capacity that all columns together can't exceed needs none.
    fn choose_rows(&mut self, room: &Room) {
        let mut keys: BTreeMap<Row, f64> = BTreeMap::new();
        let mut most: BTreeMap<usize, f64> = BTreeMap::new();
        for &Choice { column, most: units, .. } in self.columns {
            keys.insert(Row::Offer(column.offer), room.offer[column.offer]);
            for &(id, each) in &column.uses {
                *most.entry(id).or_default() += each.max(0.0) * units as f64;
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
                Target::Need(_) | Target::Pool(..) => {}
            }
        }
        for &(k, _) in &self.lines {
            keys.insert(Row::Package(k), self.network.packages[k].count as f64);
        }
        // What a floor lacks costs even where nothing adds to it.
        let floors = (0..self.network.floors.len()).map(|floor| self.capacities.floor(floor));
        floors.for_each(|id| _ = most.entry(id).or_default());
        for (id, most) in most {
            if most > room.capacity[id] {
                keys.insert(Row::Capacity(id), room.capacity[id]);
            }
        }
        // What rounding brought below 0 is nothing; what is still to be delivered is meant.
        let owed = |key: &Row| match *key {
            Row::Capacity(id) => self.capacities.is_supplied(id) || self.capacities.penalty(self.network, id).is_some(),
            _ => false,
        };
        let upper = |key: &Row, upper: f64| if owed(key) { upper } else { upper.max(0.0) };
        self.rows = keys.into_iter().enumerate().map(|(n, (key, most))| (key, (n, upper(&key, most)))).collect();
        self.lumps = Lumps::new((self.network, self.capacities, room), self.columns, &self.rows);
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
        for &(least, most) in &self.lumps.rows {
            rows.push(0.0, least, most, std::iter::empty());
        }
        highs.add_rows(&rows);
        let mut batch = Batch::default();
        for &(k, t) in &self.lines {
            let (value, count) = (line_value(self.network, (k, t)), self.network.packages[k].count);
            batch.push(-value, 0.0, count as f64, self.line_entries((k, t)).into_iter());
        }
        for (n, choice) in self.columns.iter().enumerate() {
            // Trips cost by themselves here.
            let (lot, gain) = (choice.lot(self.network), choice.column.gain + choice.column.trips);
            let (least, most) = ((choice.least as f64 / lot).ceil(), (choice.most as f64 / lot).floor());
            batch.push(-gain * lot, least, most, self.entries(n).into_iter().map(|(row, each)| (row, each * lot)));
        }
        for give in self.gives {
            // The row is missing where all columns together can't exceed it.
            let row = self.row(give.row, -1.0);
            let most = if row.is_some() { give.most } else { 0.0 };
            batch.push(give.price, -most, most, row.into_iter());
        }
        for lump in &self.lumps.lumps {
            batch.push(lump.cost, lump.least, lump.most, lump.entries.iter().copied());
        }
        highs.add_columns(&batch);
        let whole = self.columns.iter().map(|c| c.whole || c.lot(self.network) > 1.0);
        let whole = std::iter::repeat_n(true, self.lines.len()).chain(whole);
        let whole = whole.chain(std::iter::repeat_n(false, self.gives.len()));
        let whole = whole.chain(self.lumps.lumps.iter().map(|lump| lump.whole));
        whole.enumerate().filter(|(_, whole)| *whole).for_each(|(n, _)| highs.set_integer(n));
        highs
    }

    fn line_entries(&self, (k, t): (usize, usize)) -> Vec<(usize, f64)> {
        let package = &self.network.packages[k];
        let mut entries: Vec<(usize, f64)> = self.row(Row::Package(k), 1.0).into_iter().collect();
        for (want, &each) in package.wants.iter().zip(&package.parts) {
            let want = want.expect("lines were chosen to have wants");
            entries.extend((t..package.periods.end).filter_map(|u| self.row(Row::Component(want, u), each as f64)));
        }
        let floors = package.floors.iter().map(|&floor| Row::Capacity(self.capacities.floor(floor)));
        entries.extend(floors.filter_map(|row| self.row(row, -line_value(self.network, (k, t)))));
        entries
    }

    /// Entries of a column, per unit.
    fn entries(&self, n: usize) -> Vec<(usize, f64)> {
        let column = self.columns[n].column;
        let mut entries: Vec<(usize, f64)> = self.row(Row::Offer(column.offer), 1.0).into_iter().collect();
        match self.network.wants[column.want].target {
            Target::Requirement(r) => entries.extend(self.row(Row::Requirement(r), 1.0)),
            Target::Component(k, _) => {
                let counted = &self.network.packages[k].periods;
                let periods = column.arrive.max(counted.start)..counted.end;
                entries.extend(periods.filter_map(|t| self.row(Row::Component(column.want, t), -1.0)));
            }
            Target::Need(_) | Target::Pool(..) => {}
        }
        entries.extend(column.uses.iter().filter_map(|&(id, each)| self.row(Row::Capacity(id), each)));
        for &(row, each) in &self.lumps.of_column[n] {
            match entries.iter_mut().find(|entry| entry.0 == row) {
                Some(entry) => entry.1 += each,
                None => entries.push((row, each)),
            }
        }
        entries
    }

    /// A start with the sets that its parts complete, and the lumps that it takes.
    fn start(&self, amounts: &[i64]) -> Vec<f64> {
        let mut values = self.sets(amounts);
        let mut activity = vec![0.0; self.rows.len() + self.lumps.rows.len()];
        let mut take = |entries: Vec<(usize, f64)>, amount: f64| {
            entries.into_iter().for_each(|(row, each)| activity[row] += each * amount);
        };
        if !self.lumps.lumps.is_empty() {
            self.lines.iter().zip(&values).for_each(|(&line, &sets)| take(self.line_entries(line), sets));
            amounts.iter().enumerate().for_each(|(n, &amount)| take(self.entries(n), amount as f64));
        }
        let upper: Vec<f64> =
            self.rows.values().map(|row| row.1).chain(self.lumps.rows.iter().map(|row| row.1)).collect();
        values.extend(self.columns.iter().zip(amounts).map(|(c, &amount)| amount as f64 / c.lot(self.network)));
        values.resize(values.len() + self.gives.len(), 0.0);
        values.extend(self.lumps.start(&activity, &upper));
        values
    }

    /// Sets that whole amounts of the columns complete, by line.
    fn sets(&self, amounts: &[i64]) -> Vec<f64> {
        let mut delivered: BTreeMap<(usize, usize), i64> = BTreeMap::new();
        for (Choice { column, .. }, &amount) in self.columns.iter().zip(amounts).filter(|(_, a)| **a > 0) {
            *delivered.entry((column.want, column.arrive)).or_default() += amount;
        }
        let mut done: BTreeMap<usize, i64> = BTreeMap::new();
        let mut values = Vec::with_capacity(self.lines.len());
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
        values
    }
}

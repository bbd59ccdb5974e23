//! Whole quantities: from a relaxation's amounts to a plan.
//!
//! Packages and units that are worth much are made whole by an integer program. Units that are worth next to nothing
//! stay divisible in it; then they are rounded down and what is left is filled up.

use std::collections::HashMap;

use super::Phase;
use super::column::{Capacities, Column};
use super::integer::{self, Choice, Give, Row};
use super::master::Solved;
use super::network::{Network, Target};
use super::pack::pack;
use super::relax::{Model, Relaxation};
use super::room::Room;
use super::search::{Search, worth_cases};
use super::write;

/// Fewest columns with which what is worth much comes first.
const FEW_COLUMNS: usize = 3_000;
/// Most columns that are given to one integer program.
const MOST_COLUMNS: usize = 20_000;
/// Most columns of what is worth much that are given to one integer program: more are planned part by part.
const MOST_LARGE: usize = 15_000;
/// Share of the bound that a unit may be worth to be small.
const SMALL: f64 = 1e-5;
/// Amounts from which the relaxation uses a column.
const USED: f64 = 1e-3;
/// Share of the gap asked for at which an integer program ends: the rest is for rounding and for the relaxation.
const SHARE: f64 = 0.3;

/// Columns with amounts.
type Amounts<'c, N> = Vec<(&'c Column, N)>;

impl Search<'_, '_> {
    /// Whole quantities; `used` says how much of each column the relaxation uses, or one with whole sets near it.
    pub(super) fn round(&mut self, relaxation: &mut Relaxation<'_>, solved: &Solved, used: &[f64]) {
        self.clock.phase = Phase::Whole;
        // HiGHS looks at the clock now and then only.
        let share = if relaxation.master.columns.len() > FEW_COLUMNS { 0.6 } else { 0.3 };
        self.clock.allow(share * self.clock.left_in_all());
        if relaxation.master.columns.len() > FEW_COLUMNS {
            // A plan at once, before the integer programs give better ones.
            self.pack_solution(relaxation, solved);
            self.large_first(relaxation, solved, used);
        }
        if relaxation.master.columns.len() > FEW_COLUMNS {
            let share = if worth_cases(relaxation) { 0.6 } else { 0.95 };
            self.clock.allow(share * self.clock.left_in_all());
            self.improve(relaxation, &solved.prices);
        } else {
            self.together(&relaxation.model());
        }
    }

    pub(super) fn is_small(&self, network: &Network, column: &Column) -> bool {
        let want = &network.wants[column.want];
        matches!(want.target, Target::Requirement(_)) && want.value <= SMALL * self.bound
    }

    /// All columns in one program, from the best plan on.
    pub(super) fn together(&mut self, model: &Model<'_>) {
        let choice =
            |column| Choice { whole: !self.is_small(model.network, column), ..Choice::free(model.network, column) };
        let choices: Vec<_> = model.columns.iter().map(choice).collect();
        let best = write::columns(self.instance, model.network, model.capacities, &self.best);
        let start = start(&choices, &best);
        let room = Room::new(model.network, model.capacities);
        let enough = self.bound - SHARE * self.options.gap * self.bound.abs();
        let within = (model.network, model.capacities, &room);
        if let Some(amounts) = self.solve(within, &choices, &[], start.as_deref(), enough) {
            self.fill(model, Vec::new(), amounts);
        }
    }

    /// What is worth much first, while the rest gives and takes at the relaxation's prices; then the rest beside it.
    fn large_first(&mut self, relaxation: &mut Relaxation<'_>, solved: &Solved, used: &[f64]) {
        let network = relaxation.network;
        let small: Vec<bool> = relaxation.master.columns.iter().map(|c| self.is_small(network, c)).collect();
        let Model { capacities, columns, .. } = relaxation.model();
        let (all, mut room, mut kept) = (Room::new(network, capacities), Room::new(network, capacities), 0.0);
        for ((column, &amount), _) in columns.iter().zip(&solved.amounts).zip(&small).filter(|(_, small)| **small) {
            room.take(network, column, amount);
            kept += column.gain * amount;
        }
        let gives = gives(&all, &room, solved);
        let numbers: Vec<usize> = (0..used.len()).filter(|&n| used[n] > USED && !small[n]).collect();
        if numbers.is_empty() || numbers.len() > MOST_LARGE {
            return;
        }
        let choices: Vec<_> = numbers.iter().map(|&n| Choice::free(network, &columns[n])).collect();
        let enough = self.bound - SHARE * self.options.gap * self.bound.abs() - kept;
        let within = (network, capacities, &room);
        let Some(amounts) = self.solve(within, &choices, &gives, None, enough) else { return };
        let mut fixed: Vec<Option<i64>> = small.iter().map(|small| (!small).then_some(0)).collect();
        for (n, (_, amount)) in numbers.into_iter().zip(amounts) {
            fixed[n] = Some(amount as i64);
        }
        let rest = relaxation.beside(fixed.clone(), |c| !self.is_small(network, c));
        let model = relaxation.model();
        let (mut whole, mut small) = (Vec::new(), Vec::new());
        for (n, (column, &amount)) in model.columns.iter().zip(&rest.amounts).enumerate() {
            match fixed.get(n).copied().flatten() {
                Some(amount) => whole.push((column, amount)),
                None if amount > 0.0 && self.is_small(network, column) => small.push((column, amount)),
                None => {}
            }
        }
        if small.len() <= MOST_COLUMNS {
            let mut room = Room::new(network, model.capacities);
            whole.iter().for_each(|(column, amount)| room.take(network, column, *amount as f64));
            let choices: Vec<_> =
                small.iter().map(|(c, _)| Choice { whole: false, ..Choice::free(network, c) }).collect();
            let within = (network, model.capacities, &room);
            small = self.solve(within, &choices, &[], None, f64::INFINITY).unwrap_or(small);
        }
        self.fill(&model, whole, small);
    }

    /// Makes a relaxation's solution a plan, by rounding alone.
    pub(super) fn pack_solution(&mut self, relaxation: &Relaxation<'_>, solved: &Solved) {
        let model = relaxation.model();
        let amounts: Vec<_> = model.columns.iter().zip(solved.amounts.iter().copied()).collect();
        let sets =
            relaxation.master.counts(&solved.lines).into_iter().map(|count| count.round() as i64).collect::<Vec<_>>();
        let whole = pack(&model, Vec::new(), &amounts, &sets);
        self.offer_flows(&model, &whole);
    }

    /// Rounds what requirements get beside what is whole, and adds what fits.
    fn fill<'c>(&mut self, model: &Model<'c>, mut whole: Amounts<'c, i64>, amounts: Amounts<'c, f64>) {
        let exact = |c: &Column| !matches!(model.network.wants[c.want].target, Target::Requirement(_));
        whole.extend(amounts.iter().filter(|(c, _)| exact(c)).map(|(c, amount)| (*c, amount.round() as i64)));
        let amounts: Vec<_> = amounts.into_iter().filter(|(c, _)| !exact(c)).collect();
        if !model.network.is_plain() {
            // What fits besides may cost more than it is worth, by what it does to others.
            let floors = amounts.iter().map(|(c, amount)| (*c, (amount + 1e-6).floor() as i64));
            let whole: Vec<_> = whole.iter().copied().chain(floors).collect();
            self.offer_flows(model, &whole);
        }
        let whole = pack(model, whole, &amounts, &[]);
        self.offer_flows(model, &whole);
    }

    pub(super) fn settings(&self, enough: f64) -> integer::Settings {
        integer::Settings {
            seconds: self.clock.left(),
            gap: self.options.gap / 10.0,
            nodes: i32::MAX,
            enough,
            seed: self.options.seed,
        }
    }

    /// Solves an integer program within what the clock allows, until it is worth `enough`.
    fn solve<'c>(
        &mut self,
        within: (&Network, &Capacities, &Room),
        choices: &[Choice<'c>],
        gives: &[Give],
        start: Option<&[i64]>,
        enough: f64,
    ) -> Option<Amounts<'c, f64>> {
        if self.clock.left() <= 0.0 {
            self.cut = true;
            return None;
        }
        let settings = self.settings(enough);
        let amounts = integer::solve(within, choices, gives, start, settings, &mut self.clock);
        self.cut |= self.clock.left() <= 0.0;
        Some(choices.iter().map(|c| c.column).zip(amounts?).collect())
    }
}

/// What the flows that took all but `left` of everything would give up, or take, at the relaxation's prices.
fn gives(all: &Room, left: &Room, solved: &Solved) -> Vec<Give> {
    let of = |row: fn(usize) -> Row, prices: &[f64], all: &[f64], left: &[f64]| -> Vec<Give> {
        // The relaxation may exceed a limit a little, or one that it has not met yet; what is given may not.
        let taken = all.iter().zip(left).map(|(all, left)| if all.is_finite() { all - left.max(0.0) } else { 0.0 });
        let some = taken.zip(prices).enumerate().filter(|(_, (most, _))| *most > 0.0);
        some.map(|(n, (most, &price))| Give { row: row(n), most, price }).collect()
    };
    [
        of(Row::Offer, &solved.prices.offer, &all.offer, &left.offer),
        of(Row::Requirement, &solved.prices.requirement, &all.requirement, &left.requirement),
        of(Row::Capacity, &solved.prices.capacity, &all.capacity, &left.capacity),
    ]
    .concat()
}

/// The best plan as amounts of the choices; none if it is not one of them.
fn start(choices: &[Choice<'_>], best: &[(Column, i64)]) -> Option<Vec<i64>> {
    let known: HashMap<_, _> = choices.iter().enumerate().map(|(n, c)| (c.column.key(), n)).collect();
    let mut amounts = vec![0; choices.len()];
    for (column, amount) in best {
        amounts[*known.get(&column.key())?] += amount;
    }
    let within = choices.iter().zip(&amounts).all(|(c, amount)| *amount <= c.most);
    within.then_some(amounts)
}

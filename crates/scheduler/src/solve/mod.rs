//! Schedules: search and proof in turns, until they meet or the limits are reached.
//!
//! - [`bound`]: what no schedule can beat, by counting.
//! - [`decode`]: from an order of tasks to a schedule.
//! - [`evolve`]: search over orders, for every problem.
//! - [`shop`]: tabu search, for shops whose resources do one thing at a time.
//! - [`exact`]: proof by the constraint solver.
//! - [`clock`], [`chance`]: limits, progress and random numbers.
//!
//! A seed always leads through the same steps; a limit of time says only where they end, a limit of work does so at the same step
//! on every machine.

mod bound;
pub(crate) mod chance;
pub(crate) mod clock;
mod decode;
mod evolve;
mod exact;
mod shop;

use std::{ops::ControlFlow, time::Duration};

use self::{
    chance::Chance,
    clock::Clock,
    evolve::Evolution,
    exact::{Answer, Exact},
    shop::Shop,
};
use crate::{
    check::check,
    problem::Problem,
    schedule::{FORMAT, Placed, Schedule, Status},
};

/// When a solve ends, and the seed of everything random.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most time it takes.
    pub time: Duration,
    /// Most work, in steps of about a tenth of a microsecond; with it, and time enough, a result can be had again exactly.
    pub work: Option<u64>,
    /// The seed.
    pub seed: u64,
}

/// How far a solve is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Since its start.
    pub seconds: f64,
    /// What the best schedule costs.
    pub objective: Option<i64>,
    /// No schedule costs less.
    pub bound: i64,
}

/// Work of a search in its first turn, and what each turn grows by, in parts of eight.
const FIRST_TURN: u64 = 500_000;
const GROWTH: u64 = 10;
/// Most work of one turn.
const LONGEST_TURN: u64 = 60_000_000;

/// Schedules a problem: gives the best schedule found when nothing better can be, a limit is reached or `progress` breaks.
///
/// The schedule has passed the checker.
pub fn solve(problem: &Problem, limits: &Limits, progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>) -> Schedule {
    let mut clock = Clock::new(*limits, progress);
    let Some(bound) = bound::bound(problem) else {
        return answer(problem, limits, &clock, Status::Infeasible, None);
    };
    clock.bound = bound;
    let mut run = Run {
        chance: Chance::new(limits.seed),
        evolution: Evolution::new(problem),
        shop: Shop::new(problem),
        exact: None,
        impossible: false,
        problem,
        clock,
        seed: limits.seed,
    };
    run.all();
    let best = run.evolution.best().filter(|(score, ..)| score.missed == 0);
    let status = match best {
        _ if run.impossible => Status::Infeasible,
        None => Status::Stopped,
        Some((score, ..)) if score.cost <= run.clock.bound => Status::Optimal,
        Some(_) => Status::Feasible,
    };
    let found = best.map(|(_, starts, modes)| (starts.as_slice(), modes.as_slice()));
    answer(problem, limits, &run.clock, status, found)
}

/// A solve on its way.
struct Run<'p, 'c> {
    problem: &'p Problem,
    clock: Clock<'c>,
    chance: Chance,
    evolution: Evolution<'p>,
    shop: Option<Shop>,
    exact: Option<Exact>,
    impossible: bool,
    seed: u64,
}

impl Run<'_, '_> {
    fn all(&mut self) {
        if self.problem.is_empty() {
            self.clock.objective = Some(0);
        }
        let mut turn = FIRST_TURN;
        // At least one schedule, whatever the limits are.
        self.evolve();
        while !self.clock.done() && !self.impossible {
            let until = self.clock.work() + turn;
            while self.clock.work() < until && !self.clock.done() {
                self.search();
            }
            if !self.clock.done() {
                self.prove(turn);
            }
            turn = (turn / 8 * GROWTH).min(LONGEST_TURN);
        }
    }

    fn search(&mut self) {
        let Some(shop) = &mut self.shop else { return self.evolve() };
        let given = self.evolution.best().filter(|_| shop.is_new()).map(|(_, starts, _)| {
            let mut order = self.problem.order.clone();
            order.sort_by_key(|&n| starts[n]);
            order
        });
        if let Some(starts) = shop.step(given.as_deref(), &mut self.chance, &mut self.clock) {
            self.learn(&starts);
        }
    }

    fn evolve(&mut self) {
        if self.evolution.step(&mut self.chance, &mut self.clock) {
            self.told();
        }
    }

    fn learn(&mut self, starts: &[i64]) {
        let modes: Vec<usize> = self.problem.tasks.iter().map(|task| task.fixed.map_or(0, |(_, mode)| mode)).collect();
        self.evolution.learn(starts, &modes, &mut self.clock);
        self.told();
    }

    /// Lets the clock know of the best schedule.
    fn told(&mut self) {
        if let Some((score, ..)) = self.evolution.best().filter(|(score, ..)| score.missed == 0) {
            self.clock.objective = Some(score.cost);
        }
    }

    fn prove(&mut self, turn: u64) {
        let known = self.clock.objective;
        if self.exact.is_none() {
            let tasks = &self.problem.tasks;
            let prices: i64 = tasks.iter().filter_map(|task| task.preferred).map(|(_, price)| price).sum();
            let worst = prices
                + match self.problem.objective {
                    crate::document::Objective::Makespan => self.problem.reach,
                    crate::document::Objective::WeightedTardiness => tasks
                        .iter()
                        .filter(|task| task.due.is_some())
                        .map(|task| task.weight.saturating_mul(self.problem.reach))
                        .fold(0, i64::saturating_add),
                };
            let most = known.map_or(worst, |known| known - 1);
            self.exact = Exact::new(self.problem, self.clock.bound, most, self.seed);
        }
        let until = self.clock.work() + turn;
        while let Some(exact) = self.exact.as_mut().filter(|_| self.clock.work() < until && !self.clock.done()) {
            let looks = (until - self.clock.work()) / exact.cost() + 1;
            match exact.step(looks, &mut self.clock) {
                Answer::Open => break,
                Answer::Bound(bound) => {
                    self.clock.bound = self.clock.bound.max(bound);
                    if self.clock.objective.is_none() && bound > exact.most() {
                        self.impossible = true;
                        return;
                    }
                }
                Answer::Schedule(starts) => self.learn(&starts),
            }
        }
    }
}

/// What is told: the schedule, if the checker finds nothing wrong in it.
fn answer(
    problem: &Problem,
    limits: &Limits,
    clock: &Clock<'_>,
    status: Status,
    found: Option<(&[i64], &[usize])>,
) -> Schedule {
    let mut schedule = Schedule {
        format: FORMAT.into(),
        name: problem.name.clone(),
        status,
        objective: None,
        bound: clock.bound,
        gap: None,
        seconds: (clock.seconds() * 1_000.0).round() / 1_000.0,
        seed: limits.seed,
        tasks: Vec::new(),
    };
    let Some((starts, modes)) = found.filter(|_| status != Status::Infeasible) else { return schedule };
    let objective = problem.cost(starts, modes);
    schedule.objective = Some(objective);
    schedule.gap = Some((objective - clock.bound).max(0) as f64 / objective.max(1) as f64);
    schedule.tasks = (problem.tasks.iter().zip(starts).zip(modes))
        .map(|((task, &start), &mode)| Placed { id: task.id.clone(), start, mode })
        .collect();
    let faults = check(problem, &schedule).faults;
    assert!(faults.is_empty(), "the solver made a schedule that breaks rules: {faults:?}");
    schedule
}

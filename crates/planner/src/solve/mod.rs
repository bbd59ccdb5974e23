//! The solver: from an instance to a plan of whole quantities with a proven bound.
//!
//! First come, first served gives a first plan. Column generation ([`relax`]) solves the linear relaxation over paths
//! and proves a bound. Integer programs over the paths found give plans of whole quantities. Every plan is judged by
//! [`crate::check`] before it counts. Nothing here reads a file, a database or the environment; the clock is only
//! read to keep the time limit.

mod blocks;
mod branch;
mod clock;
mod column;
mod cuts;
mod highs;
mod improve;
mod integer;
mod keep;
mod lane;
mod limits;
mod lumps;
mod master;
mod mend;
mod network;
mod pack;
mod prices;
mod pricing;
mod relax;
mod room;
mod saddle;
mod search;
mod start;
mod supply;
mod whole;
mod write;

use std::ops::ControlFlow;
use std::time::Duration;

use serde::Serialize;

pub(crate) use self::column::{Add, Capacities, Column, Leg};
pub use self::limits::{Binding, Limit, LimitKind};
pub(crate) use self::network::{Network, Target, Want, timeliness};
pub(crate) use self::room::Room;
pub(crate) use self::start::allowed;
pub(crate) use self::write::columns;
use crate::instance::Instance;
use crate::plan::Plan;

/// What to solve for.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Stop once (bound − objective) / |objective| is proven to be at most this; 0.001 is a tenth of a per cent.
    pub gap: f64,
    /// Stop after this long with the best plan so far; held within 10 %.
    pub time_limit: Duration,
    /// Seed of everything random: the same seed gives the same plan, unless time ran out.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Options {
        Options { gap: 0.001, time_limit: Duration::from_secs(60), seed: 1 }
    }
}

/// What the solver is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// A first plan, first come, first served.
    FirstCome,
    /// The linear relaxation, by column generation.
    Relaxing,
    /// Whole quantities over the paths found.
    Whole,
    /// Parts of the plan anew.
    Improving,
    /// Looking for better plans and better bounds by cases.
    Branching,
}

/// How far the solver is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Progress {
    /// What it is doing.
    pub phase: Phase,
    /// Since it began.
    pub seconds: f64,
    /// Of the best plan so far.
    pub objective: Option<f64>,
    /// Best proven upper bound so far.
    pub bound: Option<f64>,
    /// Value of the restricted linear program while relaxing: rises to the relaxation's.
    pub relaxation: Option<f64>,
    /// Paths in the linear program.
    pub columns: usize,
    /// Rows of the linear program.
    pub rows: usize,
}

/// How a solve ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The plan is proven to be as good as any, but for rounding (gap at most 1e-6).
    Optimal,
    /// The solver came to its end within the time limit. The plan keeps all rules; `gap` says how far at most it is
    /// from the best there is: within the gap asked for, or larger where the solver knew no way on.
    Feasible,
    /// Time ran out or it was cancelled before its end: the best plan so far, with what was proven so far.
    Stopped,
}

/// What a solve gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The best plan found; it has passed [`crate::check`].
    pub plan: Plan,
    /// Its objective.
    pub objective: f64,
    /// Proven: no plan is worth more.
    pub bound: f64,
    /// (bound − objective) / |objective|, or the bound where the objective is 0.
    pub gap: f64,
    /// How it ended.
    pub status: Status,
    /// Time taken.
    pub seconds: f64,
    /// Objective of first come, first served on the same instance, if there was time for it.
    pub first_come: Option<f64>,
    /// What binds the plan, most valuable first.
    pub limits: Vec<Limit>,
    /// Rounds of column generation.
    pub rounds: usize,
    /// Paths in the linear program.
    pub columns: usize,
}

/// Solves an instance. `progress` is called again and again, from the calling thread; when it breaks, the solve ends
/// with the best so far.
pub fn solve(
    instance: &Instance,
    options: &Options,
    progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Outcome {
    search::Search::new(instance, options, progress).run()
}

/// Solves an instance from a plan that was made for a similar one: what of it still holds is a first plan, and its ways
/// are the first that are looked at. If that is near enough to the bound, the solve ends with it. A line of the former
/// plan changes only if that gains `keep` times what a line of it is worth on average; with 0, for any gain.
pub fn solve_from(
    instance: &Instance,
    options: &Options,
    plan: &Plan,
    keep: f64,
    progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Outcome {
    search::Search::new(instance, options, progress).from(keep::Start { plan, keep }).run()
}

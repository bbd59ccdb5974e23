//! What has dates to be found – a timetable of serials, a shop's order of work – goes to the scheduler.

use std::{ops::ControlFlow, time::Duration};

use muster_domain::message;
use muster_scheduler::{
    Problem,
    document::{Demand, Document, Fault, Stretch},
    schedule::Schedule,
    solve::{Limits, Progress, solve},
};

use crate::Error;

/// How a search ended.
#[derive(Clone, Debug)]
pub struct Solved {
    /// `optimal`, `feasible`, `infeasible` or `stopped`.
    pub status: &'static str,
    /// What the schedule costs; none if there is none.
    pub objective: Option<i64>,
    /// No schedule costs less.
    pub bound: i64,
    /// By how much of its cost it may be above the best there is.
    pub gap: Option<f64>,
    /// How long it took, in seconds.
    pub seconds: f64,
}

impl Solved {
    pub(crate) fn of(schedule: &Schedule) -> Self {
        Self {
            status: schedule.status.as_str(),
            objective: schedule.objective,
            bound: schedule.bound,
            gap: schedule.gap,
            seconds: schedule.seconds,
        }
    }
}

/// Searches for so many seconds at most, with a seed for everything random. It keeps its thread busy.
pub(crate) fn solved(document: &Document, seconds: f64, seed: u64) -> Result<Schedule, Error> {
    let failed = |faults: Vec<Fault>| {
        let why = faults.first().map(ToString::to_string).unwrap_or_default();
        Error::Invalid(message!("timetable-model", why))
    };
    let problem = Problem::new(document).map_err(failed)?;
    let limits = Limits { time: Duration::from_secs_f64(seconds), work: None, seed };
    Ok(solve(&problem, &limits, &mut |_: &Progress| ControlFlow::Continue(())))
}

/// Days in a row on which there is as much of something, from what there is on each day, the first being 0.
fn runs(by_day: impl Iterator<Item = i64>) -> Vec<Stretch> {
    let mut runs: Vec<Stretch> = Vec::new();
    for (day, capacity) in (0..).zip(by_day) {
        match runs.last_mut().filter(|run| run.capacity == capacity) {
            Some(run) => run.to += 1,
            None => runs.push(Stretch { from: day, to: day + 1, capacity }),
        }
    }
    runs
}

/// The stretches of days on which there is less of something than most of the time, from what there is on each day, the first being 0.
pub(crate) fn stretches(most: i64, by_day: impl Iterator<Item = i64>) -> Vec<Stretch> {
    runs(by_day).into_iter().filter(|run| run.capacity < most).collect()
}

/// What a task of days holds of a resource, from what it holds on each of them.
pub(crate) fn held(resource: &str, by_day: impl Iterator<Item = i64>) -> Vec<Demand> {
    let held = runs(by_day).into_iter().filter(|run| run.capacity > 0);
    held.map(|run| Demand::part(resource, run.capacity, run.from, run.to)).collect()
}

//! What has dates to be found – a timetable of serials, a shop's order of work – goes to the scheduler.

use std::{ops::ControlFlow, time::Duration};

use muster_domain::message;
use muster_scheduler::{
    Problem,
    document::{Document, Fault, Stretch},
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

/// The stretches of days on which there is less of something than most of the time, from what there is on each day, the first being 0.
pub(crate) fn stretches(most: i64, by_day: impl Iterator<Item = i64>) -> Vec<Stretch> {
    let mut calendar: Vec<Stretch> = Vec::new();
    for (n, capacity) in (0..).zip(by_day) {
        match calendar.last_mut().filter(|stretch| stretch.to == n && stretch.capacity == capacity) {
            Some(stretch) => stretch.to += 1,
            None if capacity < most => calendar.push(Stretch { from: n, to: n + 1, capacity }),
            None => {}
        }
    }
    calendar
}

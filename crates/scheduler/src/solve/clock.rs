//! Time, work, cancelling and progress: the one place that knows how long a solve may still go on.

use std::{ops::ControlFlow, time::Instant};

use super::{Limits, Progress};

/// Keeps the limits and tells progress.
pub(crate) struct Clock<'p> {
    start: Instant,
    limits: Limits,
    progress: &'p mut dyn FnMut(&Progress) -> ControlFlow<()>,
    stopped: bool,
    work: u64,
    /// Work at which time is looked at next.
    look: u64,
    /// Best cost of a schedule that keeps every rule.
    pub(crate) objective: Option<i64>,
    /// Best proven.
    pub(crate) bound: i64,
}

/// Work between two looks at the clock: a fraction of a millisecond, so that cancelling is prompt.
const LOOK: u64 = 20_000;

impl<'p> Clock<'p> {
    pub(crate) fn new(limits: Limits, progress: &'p mut dyn FnMut(&Progress) -> ControlFlow<()>) -> Self {
        let start = Instant::now();
        Self { start, limits, progress, stopped: false, work: 0, look: 0, objective: None, bound: 0 }
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// How much was done.
    pub(crate) fn work(&self) -> u64 {
        self.work
    }

    /// Counts work, in what a task costs that is put into its place; says whether the solve must end.
    pub(crate) fn spend(&mut self, work: u64) -> bool {
        self.work += work;
        if self.work >= self.look && !self.stopped {
            self.look = self.work + LOOK;
            let seconds = self.seconds();
            let progress = Progress { seconds, objective: self.objective, bound: self.bound };
            self.stopped = seconds >= self.limits.time.as_secs_f64()
                || self.limits.work.is_some_and(|most| self.work >= most)
                || (self.progress)(&progress).is_break();
        }
        self.stopped
    }

    /// Whether the solve must end: stopped, or nothing better can be found.
    pub(crate) fn done(&self) -> bool {
        self.stopped || self.objective.is_some_and(|objective| objective <= self.bound)
    }
}

//! Time, cancelling and progress: the one place that knows how long a solve may still go on.

use std::ops::ControlFlow;
use std::time::Instant;

use super::{Options, Phase, Progress};

/// Keeps the time limit and tells progress.
pub(crate) struct Clock<'p> {
    start: Instant,
    limit: f64,
    /// Seconds before the limit that are kept for the end.
    reserved: f64,
    /// Ends the present phase early; at most the limit.
    until: f64,
    cancelled: bool,
    progress: &'p mut dyn FnMut(&Progress) -> ControlFlow<()>,
    pub(crate) phase: Phase,
    /// Of the best plan.
    pub(crate) objective: Option<f64>,
    /// Best proven.
    pub(crate) bound: Option<f64>,
    pub(crate) columns: usize,
    pub(crate) rows: usize,
}

impl<'p> Clock<'p> {
    pub(crate) fn new(options: &Options, progress: &'p mut dyn FnMut(&Progress) -> ControlFlow<()>) -> Clock<'p> {
        let limit = options.time_limit.as_secs_f64();
        Clock {
            start: Instant::now(),
            limit,
            reserved: 0.0,
            until: limit,
            cancelled: false,
            progress,
            phase: Phase::FirstCome,
            objective: None,
            bound: None,
            columns: 0,
            rows: 0,
        }
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// Seconds left for the present phase.
    pub(crate) fn left(&self) -> f64 {
        if self.cancelled { 0.0 } else { (self.until - self.seconds()).max(0.0) }
    }

    /// Seconds left in all.
    pub(crate) fn left_in_all(&self) -> f64 {
        if self.cancelled { 0.0 } else { (self.limit - self.reserved - self.seconds()).max(0.0) }
    }

    /// Lets the present phase last for so many seconds from now, within the limit.
    pub(crate) fn allow(&mut self, seconds: f64) {
        self.until = (self.seconds() + seconds).min(self.limit - self.reserved);
    }

    /// Keeps a share of the time for the end.
    pub(crate) fn reserve(&mut self, share: f64) {
        self.reserved = share * self.limit;
        self.until = self.limit - self.reserved;
    }

    /// Lets the end take all the time that is left.
    pub(crate) fn release(&mut self) {
        (self.reserved, self.until) = (0.0, self.limit);
    }

    /// True once the whole solve must end.
    pub(crate) fn stopped(&self) -> bool {
        self.left_in_all() <= 0.0
    }

    /// Tells progress. Break: the phase must end.
    pub(crate) fn tell(&mut self, relaxation: Option<f64>) -> ControlFlow<()> {
        let progress = Progress {
            phase: self.phase,
            seconds: self.seconds(),
            objective: self.objective,
            bound: self.bound,
            relaxation,
            columns: self.columns,
            rows: self.rows,
        };
        if !self.cancelled && (self.progress)(&progress).is_break() {
            self.cancelled = true;
        }
        if self.left() <= 0.0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

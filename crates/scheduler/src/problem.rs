//! A scheduling problem that is known to be right: every name resolved, every number within its limits, nothing that goes in a circle.
//!
//! Here it is decided what a document may say. The solver and the checker take what exists here as it is.

mod read;

use crate::document::{Document, Fault, Objective};

/// Most tasks.
pub const MAX_TASKS: usize = 10_000;
/// Most resources.
pub const MAX_RESOURCES: usize = 1_000;
/// Most precedences.
pub const MAX_PRECEDENCES: usize = 100_000;
/// Most ways to do one task.
pub const MAX_MODES: usize = 20;
/// Most demands of one way of a task.
pub const MAX_DEMANDS: usize = 10_000;
/// Most stretches in one resource's calendar.
pub const MAX_STRETCHES: usize = 10_000;
/// Longest id or name, in bytes.
pub const MAX_TEXT: usize = 200;
/// Latest time, longest duration and lag, and the latest time that a schedule may reach.
pub const MAX_TIME: i64 = 1_000_000_000;
/// Largest capacity.
pub const MAX_CAPACITY: i64 = 1_000_000;
/// Largest weight.
pub const MAX_WEIGHT: i64 = 10_000;
/// Largest price of a change.
pub const MAX_PRICE: i64 = 1_000_000_000_000;
/// Most faults that are told.
pub const MAX_FAULTS: usize = 1_000;

/// A problem that can be scheduled.
#[derive(Clone, Debug)]
pub struct Problem {
    pub(crate) name: String,
    pub(crate) objective: Objective,
    pub(crate) resources: Vec<Store>,
    pub(crate) tasks: Vec<Work>,
    /// For each task what must end before it starts, with the time between.
    pub(crate) before: Vec<Vec<(usize, i64)>>,
    /// For each task what starts after it ended, with the time between.
    pub(crate) after: Vec<Vec<(usize, i64)>>,
    /// All tasks, each after all that come before it.
    pub(crate) order: Vec<usize>,
    /// By then everything can have ended that has no deadline to keep.
    pub(crate) reach: i64,
}

/// A resource with what there is of it over time.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(crate) id: String,
    pub(crate) capacity: i64,
    /// From which time on there is how much, by time; before the first of them, all of the capacity.
    pub(crate) steps: Vec<(i64, i64)>,
}

/// A task.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(crate) id: String,
    pub(crate) modes: Vec<Way>,
    pub(crate) release: i64,
    pub(crate) due: Option<i64>,
    pub(crate) weight: i64,
    /// When it must have ended.
    pub(crate) deadline: Option<i64>,
    /// Start and mode that are settled.
    pub(crate) fixed: Option<(i64, usize)>,
    /// Start that is counted on, and the price of any other.
    pub(crate) preferred: Option<(i64, i64)>,
}

/// A way to do a task.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    pub(crate) duration: i64,
    /// What is demanded, as it was said; parts of one resource may overlap, and add up where they do. Each amount is above 0.
    pub(crate) demands: Vec<Held>,
    /// The same with parts of one resource that do not overlap, together and by time.
    pub(crate) held: Vec<Held>,
}

/// An amount of a resource that a task holds from a time after its start on, up to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) resource: usize,
    pub(crate) amount: i64,
    pub(crate) from: i64,
    pub(crate) to: i64,
}

impl Held {
    /// For how long.
    pub(crate) fn length(&self) -> i64 {
        self.to - self.from
    }
}

impl Problem {
    /// Takes a document as a problem.
    ///
    /// # Errors
    /// All that is wrong in it.
    pub fn new(document: &Document) -> Result<Self, Vec<Fault>> {
        read::read(document)
    }

    /// Reads a document in JSON.
    ///
    /// # Errors
    /// What is not of the format, else all that is wrong in it.
    pub fn parse(bytes: &[u8]) -> Result<Self, Vec<Fault>> {
        Self::new(&Document::parse(bytes)?)
    }

    /// Its name for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many tasks it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// The objective of the starts and modes of all tasks.
    pub(crate) fn cost(&self, starts: &[i64], modes: &[usize]) -> i64 {
        let (mut end, mut tardiness, mut changes) = (0, 0, 0);
        for ((task, &start), &mode) in self.tasks.iter().zip(starts).zip(modes) {
            let ends = start + task.modes[mode].duration;
            end = end.max(ends);
            tardiness += task.weight * task.due.map_or(0, |due| (ends - due).max(0));
            changes += task.preferred.filter(|(preferred, _)| *preferred != start).map_or(0, |(_, price)| price);
        }
        changes
            + match self.objective {
                Objective::Makespan => end,
                Objective::WeightedTardiness => tardiness,
            }
    }
}

impl Way {
    pub(crate) fn new(duration: i64, demands: Vec<Held>) -> Self {
        let mut changes: Vec<(usize, i64, i64)> = (demands.iter())
            .flat_map(|of| [(of.resource, of.from, of.amount), (of.resource, of.to, -of.amount)])
            .collect();
        changes.sort_unstable();
        let mut held = Vec::new();
        let (mut amount, mut since) = (0, 0);
        for same in changes.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)) {
            let (resource, time, _) = same[0];
            let change: i64 = same.iter().map(|(.., change)| change).sum();
            if change == 0 {
                continue;
            }
            if amount > 0 {
                held.push(Held { resource, amount, from: since, to: time });
            }
            (amount, since) = (amount + change, time);
        }
        Self { duration, demands, held }
    }
}

impl Work {
    /// The least time it takes.
    pub(crate) fn shortest(&self) -> i64 {
        self.modes.iter().map(|way| way.duration).min().unwrap_or(0)
    }
}

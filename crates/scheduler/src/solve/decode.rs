//! From an order of tasks to a schedule: each in turn as early as it can start (serial schedule generation, Kelley 1963), and
//! from late to early for justification (Li and Willis 1992, Valls, Ballestín and Quintanilla 2005).
//!
//! Where tasks hold things in parts of them only, not every best schedule has each task as early as it can be; so some are put off.

use crate::{
    problem::{Problem, Way},
    profile::Profile,
};

/// What the search changes: in which order tasks take their places, how they are done, which wait for their preferred start, and which
/// for others.
#[derive(Clone, Debug)]
pub(crate) struct Genes {
    /// All tasks, each after those before it.
    pub(crate) order: Vec<usize>,
    pub(crate) modes: Vec<usize>,
    pub(crate) waits: Vec<bool>,
    /// By how much each task is put off from the earliest time at which it could start; 0 where all tasks hold what they hold all the time.
    pub(crate) delays: Vec<i64>,
}

/// What a schedule is worth: first how far it misses deadlines and settled starts, then what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Score {
    pub(crate) missed: i64,
    pub(crate) cost: i64,
}

/// Puts tasks into their places.
pub(crate) struct Decoder<'p> {
    problem: &'p Problem,
    /// What is free beside what is settled.
    free: Vec<Profile>,
    profiles: Vec<Profile>,
    pub(crate) starts: Vec<i64>,
    keys: Vec<(i64, usize)>,
    /// Place of each task in the problem's order.
    rank: Vec<usize>,
    /// Whether any task's start is settled.
    settled: bool,
}

impl<'p> Decoder<'p> {
    pub(crate) fn new(problem: &'p Problem) -> Self {
        let free = beside_settled(problem);
        let mut rank = vec![0; problem.len()];
        for (place, &task) in problem.order.iter().enumerate() {
            rank[task] = place;
        }
        let settled = problem.tasks.iter().any(|task| task.fixed.is_some());
        let starts = vec![0; problem.len()];
        Self { problem, profiles: free.clone(), free, starts, keys: Vec::new(), rank, settled }
    }

    fn clear(&mut self) {
        for (profile, free) in self.profiles.iter_mut().zip(&self.free) {
            profile.copy_from(free);
        }
    }

    /// Each task in turn as early as it can start; `starts` has when.
    pub(crate) fn forward(&mut self, genes: &Genes) -> Score {
        self.clear();
        let (mut missed, problem) = (0, self.problem);
        for &n in &genes.order {
            let (task, way) = (&problem.tasks[n], &problem.tasks[n].modes[genes.modes[n]]);
            let ready = problem.before[n].iter().map(|&(earlier, lag)| self.end(earlier, &genes.modes) + lag);
            let ready = ready.max().unwrap_or(0);
            if let Some((start, _)) = task.fixed {
                missed += (ready - start).max(0);
                self.starts[n] = start;
                continue;
            }
            let ready = ready.max(task.release);
            let mut start = earliest(&self.profiles, ready, way);
            if genes.delays[n] > 0 {
                start = earliest(&self.profiles, start + genes.delays[n], way);
            }
            if genes.waits[n] {
                // A start that is too early for those who count on it is put off, if there is room then.
                if let Some((preferred, _)) = task.preferred
                    && preferred > start
                    && earliest(&self.profiles, preferred, way) == preferred
                {
                    start = preferred;
                }
            }
            let end = start + way.duration;
            missed += task.deadline.map_or(0, |deadline| (end - deadline).max(0));
            // Nothing need end so late; only what is put off could.
            missed += (end - problem.reach).max(0);
            take(&mut self.profiles, start, way);
            self.starts[n] = start;
        }
        Score { missed, cost: problem.cost(&self.starts, &genes.modes) }
    }

    fn end(&self, n: usize, modes: &[usize]) -> i64 {
        self.starts[n] + self.problem.tasks[n].modes[modes[n]].duration
    }

    /// Sorts the order by the starts of the last schedule.
    pub(crate) fn sort_by_starts(&mut self, genes: &mut Genes) {
        self.keys.clear();
        self.keys.extend(self.starts.iter().copied().enumerate().map(|(n, start)| (start, n)));
        if self.settled {
            // What is settled may stand before what should come before it; in the order it comes after.
            for &n in &self.problem.order {
                let before = self.problem.before[n].iter().map(|(first, _)| self.keys[*first].0).max();
                self.keys[n].0 = self.keys[n].0.max(before.unwrap_or(i64::MIN));
            }
        }
        let rank = &self.rank;
        self.keys.sort_unstable_by_key(|&(key, n)| (key, rank[n]));
        genes.order.clear();
        genes.order.extend(self.keys.iter().map(|(_, n)| *n));
    }

    /// Pushes the tasks of the last schedule, from the one that ends last, as late as they can be without making anything end
    /// later than it does or is due; sorts the order by the starts that this gives.
    ///
    /// The starts may lie before releases and beside settled ones: they are good for an order only.
    pub(crate) fn justify(&mut self, genes: &mut Genes) {
        self.clear();
        let problem = self.problem;
        let end = (0..problem.len()).map(|n| self.end(n, &genes.modes)).max().unwrap_or(0);
        let mut keys = std::mem::take(&mut self.keys);
        keys.clear();
        keys.extend((0..problem.len()).map(|n| (self.end(n, &genes.modes), n)));
        let rank = &self.rank;
        keys.sort_unstable_by_key(|&(ends, n)| std::cmp::Reverse((ends, rank[n])));
        for &(ends, n) in &keys {
            let (task, way) = (&problem.tasks[n], &problem.tasks[n].modes[genes.modes[n]]);
            if task.fixed.is_some() {
                continue;
            }
            let mut until = match problem.objective {
                crate::document::Objective::Makespan => end,
                crate::document::Objective::WeightedTardiness => task.due.map_or(end, |due| due.max(ends)),
            };
            if let Some(deadline) = task.deadline {
                until = until.min(deadline.max(ends));
            }
            for &(later, lag) in &problem.after[n] {
                until = until.min(self.starts[later] - lag);
            }
            let mut start = until - way.duration;
            let (mut agreed, mut next) = (0, 0);
            while agreed < way.held.len() {
                let held = &way.held[next];
                let profile = &self.profiles[held.resource];
                let earlier = profile.latest(start + held.to, held.length(), held.amount) - held.from;
                agreed = if earlier == start { agreed + 1 } else { 1 };
                start = earlier;
                next = if next + 1 == way.held.len() { 0 } else { next + 1 };
            }
            take(&mut self.profiles, start, way);
            self.starts[n] = start;
        }
        self.keys = keys;
        self.sort_by_starts(genes);
    }
}

/// What is free beside what is settled.
pub(crate) fn beside_settled(problem: &Problem) -> Vec<Profile> {
    let mut free: Vec<Profile> = problem.resources.iter().map(Profile::new).collect();
    for task in &problem.tasks {
        if let Some((start, mode)) = task.fixed {
            take(&mut free, start, &task.modes[mode]);
        }
    }
    free
}

fn take(profiles: &mut [Profile], start: i64, way: &Way) {
    for held in &way.held {
        profiles[held.resource].take(start + held.from, start + held.to, held.amount);
    }
}

/// The earliest start from a time on at which all that is demanded is free.
pub(crate) fn earliest(profiles: &[Profile], from: i64, way: &Way) -> i64 {
    let mut start = from;
    // With several resources, or parts of the task, each may put the start off, until all agree.
    let (mut agreed, mut next) = (0, 0);
    while agreed < way.held.len() {
        let held = &way.held[next];
        let later = profiles[held.resource].earliest(start + held.from, held.length(), held.amount) - held.from;
        agreed = if later == start { agreed + 1 } else { 1 };
        start = later;
        next = if next + 1 == way.held.len() { 0 } else { next + 1 };
    }
    start
}

//! What no schedule can beat, by counting alone.
//!
//! Each task's earliest start and the least time from its end to the end of all follow from the chain of tasks it is in, and from
//! calendars and what is settled, which it must fit beside. Each resource then must do its work between them: for one that does
//! one thing at a time, by Jackson's preemptive schedule (Carlier 1982), for others by the work that lies behind each start and
//! before each end.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::decode::{self, beside_settled};
use crate::{
    document::Objective,
    problem::{Held, Problem, Store, Way},
};

/// Earliest starts and ends, and least times after, whatever way each task is done.
pub(crate) struct Heads {
    /// Earliest start.
    pub(crate) earliest: Vec<i64>,
    /// Earliest end.
    ends: Vec<i64>,
    /// Least time from the task's end to the end of all.
    pub(crate) after: Vec<i64>,
}

/// Most that calendars are looked at for heads, in steps of theirs times ways of tasks that wait for them.
const CALENDAR_LOOKS: usize = 100_000_000;

impl Heads {
    pub(crate) fn new(problem: &Problem) -> Self {
        let n = problem.len();
        let (mut earliest, mut ends, mut after) = (vec![0; n], vec![0; n], vec![0; n]);
        let ways = problem.tasks.iter().flat_map(|task| &task.modes).flat_map(|way| &way.held);
        let settled = problem.tasks.iter().filter(|task| task.fixed.is_some()).count();
        let looks: usize = ways.map(|held| problem.resources[held.resource].steps.len() + settled).sum();
        let free = (looks <= CALENDAR_LOOKS).then(|| beside_settled(problem));
        for &task in &problem.order {
            let work = &problem.tasks[task];
            let ready = problem.before[task].iter().map(|&(first, lag)| ends[first] + lag);
            let ready = ready.max().unwrap_or(0).max(work.release);
            let fits = |way: &Way| free.as_ref().map_or(ready, |free| decode::earliest(free, ready, way));
            (earliest[task], ends[task]) = match work.fixed {
                Some((start, mode)) => (start.max(ready), start.max(ready) + work.modes[mode].duration),
                None => (
                    work.modes.iter().map(fits).min().unwrap_or(ready),
                    work.modes.iter().map(|way| fits(way) + way.duration).min().unwrap_or(ready),
                ),
            };
        }
        for &task in problem.order.iter().rev() {
            let rest =
                problem.after[task].iter().map(|&(later, lag)| after[later] + problem.tasks[later].shortest() + lag);
            after[task] = rest.max().unwrap_or(0);
        }
        Self { earliest, ends, after }
    }
}

/// A lower bound of the objective. `None`: no schedule keeps the deadlines.
pub(crate) fn bound(problem: &Problem) -> Option<i64> {
    let heads = Heads::new(problem);
    for (n, task) in problem.tasks.iter().enumerate() {
        if task.deadline.is_some_and(|deadline| heads.ends[n] > deadline)
            || task.fixed.is_some_and(|(fixed, _)| fixed < heads.earliest[n])
        {
            return None;
        }
    }
    Some(match problem.objective {
        Objective::Makespan => {
            let ends = heads.ends.iter().zip(&heads.after).map(|(end, after)| end + after);
            let needs = needs(problem, &heads);
            let looks = LOOKS / needs.iter().filter(|needs| !needs.is_empty()).count().max(1);
            let stores = problem.resources.iter().zip(needs).map(|(store, needs)| of_resource(store, needs, looks));
            ends.chain(stores).max().unwrap_or(0)
        }
        Objective::WeightedTardiness => {
            let work = problem.tasks.iter().zip(&heads.ends);
            work.map(|(task, end)| task.weight * task.due.map_or(0, |due| (end - due).max(0))).sum()
        }
    })
}

/// What a task needs of a resource at least.
#[derive(Clone, Copy)]
struct Need {
    earliest: i64,
    after: i64,
    /// Amount × time.
    work: i64,
}

/// What each resource must do for each task that needs it in whatever way it is done: of the only way each part, of several the
/// least work, no earlier than in any and with no more after it.
fn needs(problem: &Problem, heads: &Heads) -> Vec<Vec<Need>> {
    let mut needs = vec![Vec::new(); problem.resources.len()];
    let work = |held: &[Held]| held.iter().map(|held| held.amount * held.length()).sum::<i64>();
    for (n, task) in problem.tasks.iter().enumerate() {
        let need = |way: &Way, held: &[Held]| Need {
            earliest: heads.earliest[n] + held.first().map_or(0, |held| held.from),
            after: heads.after[n] + held.last().map_or(0, |held| way.duration - held.to),
            work: work(held),
        };
        let Some((first, others)) = task.modes.split_first() else { continue };
        if others.is_empty() {
            first.held.iter().for_each(|held| needs[held.resource].push(need(first, &[*held])));
            continue;
        }
        for held in of_resources(first) {
            let of = |way| of_resources(way).find(|other| other[0].resource == held[0].resource);
            let mut least = need(first, held);
            for way in others {
                let other = need(way, of(way).unwrap_or_default());
                least.earliest = least.earliest.min(other.earliest);
                least.after = least.after.min(other.after);
                least.work = least.work.min(other.work);
            }
            if least.work > 0 {
                needs[held[0].resource].push(least);
            }
        }
    }
    needs
}

/// What a way holds of each resource.
fn of_resources(way: &Way) -> impl Iterator<Item = &[Held]> {
    way.held.chunk_by(|one, other| one.resource == other.resource)
}

fn of_resource(store: &Store, needs: Vec<Need>, looks: usize) -> i64 {
    if needs.is_empty() {
        0
    } else if store.capacity == 1 && store.steps.is_empty() {
        jackson(needs)
    } else {
        work(needs, store, looks)
    }
}

/// The end of Jackson's preemptive schedule: at each time, what has most time after it.
fn jackson(mut needs: Vec<Need>) -> i64 {
    needs.sort_by_key(|need| need.earliest);
    let (mut time, mut next, mut end) = (0, 0, 0);
    let mut waiting: BinaryHeap<(i64, i64)> = BinaryHeap::new();
    while next < needs.len() || !waiting.is_empty() {
        if waiting.is_empty() {
            time = time.max(needs[next].earliest);
        }
        while next < needs.len() && needs[next].earliest <= time {
            waiting.push((needs[next].after, needs[next].work));
            next += 1;
        }
        let Some((after, left)) = waiting.pop() else { continue };
        let until = needs.get(next).map_or(i64::MAX, |need| need.earliest);
        let done = left.min(until - time);
        time += done;
        if done < left {
            waiting.push((after, left - done));
        } else {
            end = end.max(time + after);
        }
    }
    end
}

/// Most steps of counting for all resources together: a fraction of a second.
const LOOKS: usize = 100_000_000;

/// For each start, and each time after: the work that begins no earlier and has at least as much after it.
fn work(mut needs: Vec<Need>, store: &Store, looks: usize) -> i64 {
    needs.sort_by_key(|need| Reverse(need.after));
    let mut starts: Vec<i64> = needs.iter().map(|need| need.earliest).collect();
    starts.sort_unstable();
    starts.dedup();
    // Fewer starts leave a bound that is lower, and true.
    starts.truncate((looks / (needs.len() + store.steps.len())).max(1));
    let mut end = 0;
    for from in starts {
        let mut done = Done::new(store, from);
        for need in needs.iter().filter(|need| need.earliest >= from) {
            end = end.max(done.by(need.work) + need.after);
        }
    }
    end
}

/// Work that is begun at a time and goes on at all the capacity there is.
struct Done<'s> {
    store: &'s Store,
    time: i64,
    step: usize,
    /// What was done of the work since `time`.
    since: i64,
}

impl<'s> Done<'s> {
    fn new(store: &'s Store, from: i64) -> Self {
        Self { store, time: from, step: store.steps.partition_point(|(start, _)| *start <= from), since: 0 }
    }

    /// The first time at which so much more can be done.
    fn by(&mut self, work: i64) -> i64 {
        self.since += work;
        loop {
            let free = if self.step == 0 { self.store.capacity } else { self.store.steps[self.step - 1].1 };
            let Some(&(until, _)) = self.store.steps.get(self.step) else {
                return self.time + (self.since + free - 1) / free.max(1);
            };
            if free > 0 && self.since <= free * (until - self.time) {
                return self.time + (self.since + free - 1) / free;
            }
            self.since -= free * (until - self.time);
            (self.time, self.step) = (until, self.step + 1);
        }
    }
}

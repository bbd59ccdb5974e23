//! What no schedule can beat, by counting alone.
//!
//! Each task's earliest start and the least time from its end to the end of all follow from the chain of tasks it is in. Each
//! resource then must do its work between them: for one that does one thing at a time, by Jackson's preemptive schedule
//! (Carlier 1982), for others by the work that lies behind each start and before each end.

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::{
    document::Objective,
    problem::{Problem, Store},
};

/// Earliest starts and least times after, from the shortest mode of each task.
pub(crate) struct Heads {
    /// Earliest start.
    pub(crate) earliest: Vec<i64>,
    /// Least time from the task's end to the end of all.
    pub(crate) after: Vec<i64>,
}

impl Heads {
    pub(crate) fn new(problem: &Problem) -> Self {
        let n = problem.len();
        let (mut earliest, mut after) = (vec![0; n], vec![0; n]);
        for &task in &problem.order {
            let work = &problem.tasks[task];
            let ready = problem.before[task].iter().map(|&(first, lag)| earliest[first] + problem.tasks[first].shortest() + lag);
            earliest[task] = ready.max().unwrap_or(0).max(work.release);
            if let Some((start, _)) = work.fixed {
                earliest[task] = start.max(earliest[task]);
            }
        }
        for &task in problem.order.iter().rev() {
            let rest = problem.after[task].iter().map(|&(later, lag)| after[later] + problem.tasks[later].shortest() + lag);
            after[task] = rest.max().unwrap_or(0);
        }
        Self { earliest, after }
    }
}

/// A lower bound of the objective. `None`: no schedule keeps the deadlines.
pub(crate) fn bound(problem: &Problem) -> Option<i64> {
    let heads = Heads::new(problem);
    for (task, start) in problem.tasks.iter().zip(&heads.earliest) {
        if task.deadline.is_some_and(|deadline| start + task.shortest() > deadline)
            || task.fixed.is_some_and(|(fixed, _)| fixed < *start)
        {
            return None;
        }
    }
    let work = problem.tasks.iter().zip(&heads.earliest);
    Some(match problem.objective {
        Objective::Makespan => {
            let ends = work.zip(&heads.after).map(|((task, start), after)| start + task.shortest() + after);
            let stores = (0..problem.resources.len()).map(|n| of_resource(problem, &heads, n));
            ends.chain(stores).max().unwrap_or(0)
        }
        Objective::WeightedTardiness => {
            let late = |start: i64, task: &crate::problem::Work| {
                task.due.map_or(0, |due| (start + task.shortest() - due).max(0) * task.weight)
            };
            work.map(|(task, start)| late(*start, task)).sum()
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

fn of_resource(problem: &Problem, heads: &Heads, resource: usize) -> i64 {
    let store = &problem.resources[resource];
    let needs: Vec<Need> = (0..problem.len())
        .filter_map(|n| {
            let of = |way: &crate::problem::Way| {
                let held = way.demands.iter().find(|(held, _)| *held == resource);
                held.map_or(0, |(_, amount)| amount * way.duration)
            };
            let work = problem.tasks[n].modes.iter().map(of).min().unwrap_or(0);
            (work > 0).then(|| Need { earliest: heads.earliest[n], after: heads.after[n], work })
        })
        .collect();
    if needs.is_empty() {
        0
    } else if store.capacity == 1 && store.steps.is_empty() {
        jackson(needs)
    } else {
        work(needs, store)
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

/// The most tasks whose work is looked at from every start.
const MOST: usize = 1_500;

/// For each start, and each time after: the work that begins no earlier and has at least as much after it.
fn work(mut needs: Vec<Need>, store: &Store) -> i64 {
    needs.sort_by_key(|need| Reverse(need.after));
    let mut starts: Vec<i64> = needs.iter().map(|need| need.earliest).collect();
    starts.sort_unstable();
    starts.dedup();
    if needs.len() > MOST {
        starts.truncate(1);
    }
    let mut end = 0;
    for from in starts {
        let mut sum = 0;
        for need in needs.iter().filter(|need| need.earliest >= from) {
            sum += need.work;
            end = end.max(finished(store, from, sum) + need.after);
        }
    }
    end
}

/// The first time at which so much work can be done if it is begun at a time and goes on at all the capacity there is.
fn finished(store: &Store, from: i64, mut work: i64) -> i64 {
    let mut time = from;
    let mut step = store.steps.partition_point(|(start, _)| *start <= from);
    loop {
        let free = if step == 0 { store.capacity } else { store.steps[step - 1].1 };
        let until = store.steps.get(step).map_or(i64::MAX, |(start, _)| *start);
        if free > 0 && (until == i64::MAX || work <= free * (until - time)) {
            return time + (work + free - 1) / free;
        }
        work -= free * (until - time);
        (time, step) = (until, step + 1);
    }
}

//! Judges a schedule by the problem alone: the rules of `docs/schedule.md`, one after the other, counted anew.
//!
//! It shares nothing with the solver but the problem, and must stay so: every schedule passes here before it counts.

use std::collections::HashMap;

use crate::{
    document::Objective,
    problem::{MAX_FAULTS, MAX_TIME, Problem},
    schedule::{Schedule, Status},
};

/// What a schedule is worth, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Time at which everything has ended.
    pub makespan: i64,
    /// Sum of weight × time after due.
    pub weighted_tardiness: i64,
    /// Sum of the prices of all starts that are not as preferred.
    pub changes: i64,
    /// What the schedule costs: what the objective names, and the changes.
    pub objective: i64,
    /// Every rule that is broken, in words.
    pub faults: Vec<String>,
}

/// Judges a schedule.
#[must_use]
pub fn check(problem: &Problem, schedule: &Schedule) -> Verdict {
    let mut verdict = Verdict::default();
    if schedule.tasks.is_empty() && schedule.objective.is_none() {
        // Word that there is no schedule cannot be checked by looking at it.
        if matches!(schedule.status, Status::Optimal | Status::Feasible) {
            verdict.faults.push("it says that there is a schedule and has none".into());
        }
        return verdict;
    }
    if let Some(placed) = placed(problem, schedule, &mut verdict.faults) {
        tasks(problem, &placed, &mut verdict);
        capacities(problem, &placed, &mut verdict.faults);
        statement(schedule, &mut verdict);
    }
    verdict.faults.truncate(MAX_FAULTS);
    verdict
}

/// Start and end of a task, and its mode.
#[derive(Clone, Copy)]
struct Span {
    start: i64,
    end: i64,
    mode: usize,
}

/// Where each task of the problem stands. `None`: something is missing or no such thing, so the rest cannot be judged.
fn placed(problem: &Problem, schedule: &Schedule, faults: &mut Vec<String>) -> Option<Vec<Span>> {
    let ids: HashMap<&str, usize> = problem.tasks.iter().enumerate().map(|(n, task)| (task.id.as_str(), n)).collect();
    let mut spans: Vec<Option<Span>> = vec![None; problem.tasks.len()];
    for placed in &schedule.tasks {
        let Some(&n) = ids.get(placed.id.as_str()) else {
            faults.push(format!("there is no task {:?}", placed.id));
            continue;
        };
        let Some(way) = problem.tasks[n].modes.get(placed.mode) else {
            faults.push(format!("task {:?} has no mode {}", placed.id, placed.mode));
            continue;
        };
        if !(0..=MAX_TIME).contains(&placed.start) {
            faults.push(format!("task {:?} starts at {}, which is no time", placed.id, placed.start));
            continue;
        }
        let span = Span { start: placed.start, end: placed.start + way.duration, mode: placed.mode };
        if spans[n].replace(span).is_some() {
            faults.push(format!("task {:?} is placed twice", placed.id));
        }
    }
    for (task, span) in problem.tasks.iter().zip(&spans) {
        if span.is_none() {
            faults.push(format!("task {:?} has no start", task.id));
        }
    }
    spans.into_iter().collect()
}

/// Rules of each task and of those before it, and what it adds to the objective.
fn tasks(problem: &Problem, spans: &[Span], verdict: &mut Verdict) {
    for (n, (task, span)) in problem.tasks.iter().zip(spans).enumerate() {
        let mut fault = |text: String| verdict.faults.push(format!("task {:?} {text}", task.id));
        if span.start < task.release {
            fault(format!("starts at {}, before its release, {}", span.start, task.release));
        }
        if let Some(deadline) = task.deadline.filter(|deadline| span.end > *deadline) {
            fault(format!("ends at {}, after {deadline}, when it must have ended", span.end));
        }
        if let Some((start, mode)) = task.fixed.filter(|fixed| *fixed != (span.start, span.mode)) {
            fault(format!("starts at {} in mode {}, and is fixed at {start} in mode {mode}", span.start, span.mode));
        }
        for &(earlier, lag) in &problem.before[n] {
            if span.start < spans[earlier].end + lag {
                let (id, end) = (&problem.tasks[earlier].id, spans[earlier].end);
                fault(format!("starts at {}, and {id:?} ends at {end} with a lag of {lag}", span.start));
            }
        }
        verdict.makespan = verdict.makespan.max(span.end);
        verdict.weighted_tardiness += task.weight * task.due.map_or(0, |due| (span.end - due).max(0));
        verdict.changes += task.preferred.map_or(0, |(start, price)| if start == span.start { 0 } else { price });
    }
    verdict.objective = verdict.changes
        + match problem.objective {
            Objective::Makespan => verdict.makespan,
            Objective::WeightedTardiness => verdict.weighted_tardiness,
        };
}

/// For every resource, what is held at each time at which that may rise, or what there is may fall.
fn capacities(problem: &Problem, spans: &[Span], faults: &mut Vec<String>) {
    let mut events: Vec<Vec<(i64, i64)>> = vec![Vec::new(); problem.resources.len()];
    for (task, span) in problem.tasks.iter().zip(spans) {
        for demand in &task.modes[span.mode].demands {
            let (from, to) = (span.start + demand.from, span.start + demand.to);
            events[demand.resource].extend([(from, demand.amount), (to, -demand.amount)]);
        }
    }
    for (store, mut events) in problem.resources.iter().zip(events) {
        // A change of what there is counts as a change of what is held by as much, the other way.
        let mut there = store.capacity;
        for &(time, amount) in &store.steps {
            events.push((time, there - amount));
            there = amount;
        }
        events.sort_by_key(|(time, _)| *time);
        let (mut held, mut next) = (0, 0);
        while next < events.len() {
            let time = events[next].0;
            while next < events.len() && events[next].0 == time {
                held += events[next].1;
                next += 1;
            }
            if held > store.capacity && events.get(next).is_some_and(|(until, _)| *until > time) {
                faults.push(format!("of {:?} at {time}, {} too much is held", store.id, held - store.capacity));
            }
        }
    }
}

/// What the schedule says of itself.
fn statement(schedule: &Schedule, verdict: &mut Verdict) {
    let Some(stated) = schedule.objective else {
        verdict.faults.push("it has tasks and states no objective".into());
        return;
    };
    if stated != verdict.objective {
        verdict.faults.push(format!("it states an objective of {stated}; it is {}", verdict.objective));
    }
    if schedule.bound > stated {
        verdict.faults.push(format!("its bound {} is above its objective {stated}", schedule.bound));
    }
    if (schedule.status == Status::Optimal) != (schedule.bound == stated) {
        verdict.faults.push("it is called optimal exactly if its bound is its objective".into());
    }
    if !matches!(schedule.status, Status::Optimal | Status::Feasible) {
        verdict.faults.push(format!("it has a schedule and says {:?}", schedule.status.as_str()));
    }
}

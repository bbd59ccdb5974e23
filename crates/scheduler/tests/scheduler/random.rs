//! What must hold of any problem: the judge takes what the solver gives, and refuses what holds too much; no bound is above a value, and
//! on problems so small that all schedules can be tried, what is called optimal is.

use muster_scheduler::{
    Document, check,
    document::{Demand, FORMAT, Fixed, Mode, Objective, Preferred, Stretch, Task},
    schedule::{Placed, Schedule, Status},
};
use proptest::prelude::*;

use crate::shop::{after, problem, resource, solved, task};

/// What chance says of one task.
#[derive(Clone, Debug)]
struct Drawn {
    duration: i64,
    demand: (usize, i64),
    parts: Vec<Part>,
    other: Option<(i64, i64)>,
    release: i64,
    due: Option<i64>,
    weight: i64,
    deadline: Option<i64>,
    preferred: Option<(i64, i64)>,
    before: Option<usize>,
    lag: i64,
}

/// What chance says of a demand for a part of a task: resource, amount, and where it lies.
type Part = (usize, i64, i64, i64);

/// The demands of a task that takes so long: of one resource all the time, of others in parts.
fn demands(whole: (usize, i64), parts: &[Part], duration: i64, capacities: [i64; 3]) -> Vec<Demand> {
    let mut left = capacities;
    let mut take = |resource: usize, amount: i64| {
        let amount = amount.min(left[resource]);
        left[resource] -= amount;
        amount
    };
    let mut demands = vec![Demand::whole(NAMES[whole.0], take(whole.0, whole.1))];
    for &(resource, amount, from, length) in parts.iter().filter(|_| duration > 0) {
        let from = from % duration;
        let to = (from + length).min(duration);
        demands.push(Demand::part(NAMES[resource], take(resource, amount), from, to));
    }
    demands
}

const NAMES: [&str; 3] = ["bay", "mechanic", "stand"];

fn drawn() -> impl Strategy<Value = Drawn> {
    let rarely = |range: std::ops::Range<i64>| prop::option::weighted(0.2, range);
    let parts = prop::collection::vec((0..3_usize, 0..3_i64, 0..4_i64, 1..4_i64), 0..3);
    (
        (0..4_i64, (0..3_usize, 0..3_i64), prop::option::weighted(0.3, (0..4_i64, 0..3_i64)), 0..4_i64, parts),
        (prop::option::of(0..10_i64), 0..4_i64, rarely(6..14), prop::option::weighted(0.2, (0..8_i64, 0..6_i64))),
        (prop::option::weighted(0.4, 0..100_usize), 0..2_i64),
    )
        .prop_map(
            |((duration, demand, other, release, parts), (due, weight, deadline, preferred), (before, lag))| Drawn {
                duration,
                demand,
                parts,
                other,
                release,
                due,
                weight,
                deadline,
                preferred,
                before,
                lag,
            },
        )
}

fn document(tasks: usize) -> impl Strategy<Value = Document> {
    let capacities = prop::array::uniform3(1..3_i64);
    let pause = prop::option::weighted(0.5, (0..6_i64, 1..4_i64, 0..2_i64));
    let fixed = prop::option::weighted(0.2, (0..100_usize, 0..6_i64));
    (prop::collection::vec(drawn(), 1..=tasks), capacities, pause, fixed, any::<bool>()).prop_map(
        |(drawn, capacities, pause, fixed, tardiness)| {
            let mut document = Document {
                format: FORMAT.into(),
                objective: if tardiness { Objective::WeightedTardiness } else { Objective::Makespan },
                resources: NAMES.iter().zip(capacities).map(|(name, capacity)| resource(name, capacity)).collect(),
                ..Document::default()
            };
            if let Some((from, length, capacity)) = pause {
                let capacity = capacity.min(capacities[0]);
                document.resources[0].calendar.push(Stretch { from, to: from + length, capacity });
            }
            for (n, d) in drawn.iter().enumerate() {
                let mut task = task(&n.to_string(), d.duration, &[]);
                let demands = |duration, amount| demands((d.demand.0, amount), &d.parts, duration, capacities);
                if let Some((duration, other)) = d.other {
                    task.duration = None;
                    task.modes = vec![
                        Mode { duration: d.duration, demands: demands(d.duration, d.demand.1) },
                        Mode { duration, demands: demands(duration, other) },
                    ];
                } else {
                    task.demands = demands(d.duration, d.demand.1);
                }
                (task.release, task.due, task.weight, task.deadline) = (d.release, d.due, Some(d.weight), d.deadline);
                task.preferred = d.preferred.map(|(start, price)| Preferred { start, price });
                document.tasks.push(task);
                if let Some(before) = d.before.filter(|_| n > 0) {
                    document.precedence.push(after(&(before % n).to_string(), &n.to_string(), d.lag));
                }
            }
            if let Some((n, start)) = fixed {
                let n = n % drawn.len();
                document.tasks[n].fixed = Some(Fixed { start, mode: 0 });
            }
            document
        },
    )
}

/// Tasks that hold two resources now and then, so that their parts fit between each other's.
fn in_parts(tasks: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Document> {
    let cuts = || prop::sample::subsequence((0..7_i64).collect::<Vec<_>>(), 4);
    let drawn = (
        0..2_i64,
        cuts(),
        cuts(),
        1..3_i64,
        0..4_i64,
        prop::option::of(5..20_i64),
        prop::option::weighted(0.3, 0..100_usize),
    );
    (prop::collection::vec(drawn, tasks), prop::array::uniform2(1..3_i64), any::<bool>()).prop_map(
        |(drawn, capacities, tardiness)| {
            let mut document = Document {
                format: FORMAT.into(),
                objective: if tardiness { Objective::WeightedTardiness } else { Objective::Makespan },
                resources: NAMES.iter().zip(capacities).map(|(name, capacity)| resource(name, capacity)).collect(),
                ..Document::default()
            };
            for (n, (more, one, other, amount, release, due, before)) in drawn.into_iter().enumerate() {
                let mut task = task(&n.to_string(), one[3].max(other[3]) + more, &[]);
                for (resource, cuts) in [one, other].iter().enumerate() {
                    let part = |pair: &[i64]| {
                        Demand::part(NAMES[resource], amount.min(capacities[resource]), pair[0], pair[1])
                    };
                    task.demands.extend(cuts.chunks(2).map(part));
                }
                (task.release, task.due) = (release, due);
                document.tasks.push(task);
                if let Some(before) = before.filter(|_| n > 0) {
                    document.precedence.push(after(&(before % n).to_string(), &n.to_string(), 0));
                }
            }
            document
        },
    )
}

/// The best of all schedules, by trying each start of each task up to a time by which something best has ended.
fn best(document: &Document) -> Option<i64> {
    let problem = problem(document);
    let lasts: i64 = document.tasks.iter().filter_map(|task| task.duration).sum();
    let until = lasts.max(14) + document.tasks.iter().map(|task| task.release).max().unwrap_or(0);
    let mut placed: Vec<Placed> = Vec::new();
    let mut best = None;
    try_all(document, &problem, until, &mut placed, &mut best);
    best
}

fn schedule(tasks: Vec<Placed>) -> Schedule {
    Schedule {
        format: String::new(),
        name: String::new(),
        status: Status::Feasible,
        objective: Some(0),
        bound: -1,
        gap: None,
        seconds: 0.0,
        seed: 0,
        tasks,
    }
}

fn try_all(
    document: &Document,
    problem: &muster_scheduler::Problem,
    until: i64,
    placed: &mut Vec<Placed>,
    best: &mut Option<i64>,
) {
    let Some(task) = document.tasks.get(placed.len()) else {
        let mut schedule = schedule(placed.clone());
        schedule.objective = Some(check(problem, &schedule).objective);
        let verdict = check(problem, &schedule);
        if verdict.faults.is_empty() && best.is_none_or(|best| verdict.objective < best) {
            *best = Some(verdict.objective);
        }
        return;
    };
    for mode in 0..task.modes.len().max(1) {
        for start in task.fixed.map_or(task.release..=until, |fixed| fixed.start..=fixed.start) {
            placed.push(Placed { id: task.id.clone(), start, mode });
            try_all(document, problem, until, placed, best);
            placed.pop();
        }
    }
}

/// Of which resources too much is held at any time, by what the document says, time by time.
fn overheld<'d>(document: &'d Document, placed: &[Placed]) -> Vec<(&'d str, i64)> {
    let mut found = Vec::new();
    for resource in &document.resources {
        let there = |time: i64| {
            let closed = resource.calendar.iter().find(|stretch| (stretch.from..stretch.to).contains(&time));
            closed.map_or(resource.capacity, |stretch| stretch.capacity)
        };
        let held = |time: i64| -> i64 {
            let of = |(task, placed): (&Task, &Placed)| -> i64 {
                let mode = task.modes.get(placed.mode);
                let duration = mode.map_or(task.duration.unwrap_or(0), |mode| mode.duration);
                let demands = mode.map_or(&task.demands, |mode| &mode.demands).iter();
                let on = |demand: &&Demand| {
                    let (from, to) = demand.part.unwrap_or((0, duration));
                    demand.resource == resource.id && (placed.start + from..placed.start + to).contains(&time)
                };
                demands.filter(on).map(|demand| demand.amount).sum()
            };
            document.tasks.iter().zip(placed).map(of).sum()
        };
        found.extend((0..40).filter(|time| held(*time) > there(*time)).map(|time| (resource.id.as_str(), time)));
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_judge_knows_when_too_much_is_held(document in document(6), starts in prop::collection::vec((0..12_i64, 0..2_usize), 6)) {
        if muster_scheduler::Problem::new(&document).is_ok() {
            let place = |(task, (start, mode)): (&Task, &(i64, usize))| {
                Placed { id: task.id.clone(), start: *start, mode: if task.modes.is_empty() { 0 } else { *mode } }
            };
            let tasks: Vec<Placed> = document.tasks.iter().zip(&starts).map(place).collect();
            let told = check(&problem(&document), &schedule(tasks.clone())).faults;
            let overheld = overheld(&document, &tasks);
            for resource in NAMES {
                // The judge tells where it begins, and where it changes.
                let first = overheld.iter().find(|(id, _)| *id == resource).map(|(_, time)| *time);
                let of = format!("of {resource:?} at ");
                let told = told.iter().find_map(|fault| fault.strip_prefix(&of)?.split(',').next()?.parse().ok());
                prop_assert_eq!(told, first);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_judge_takes_what_the_solver_gives(document in document(12)) {
        // What chance makes may be no problem; that is told, and never a panic.
        if muster_scheduler::Problem::new(&document).is_ok() {
            let schedule = solved(&document, 1_500_000);
            prop_assert_eq!(check(&problem(&document), &schedule).faults, [""; 0]);
            if let Some(objective) = schedule.objective {
                prop_assert!(schedule.bound <= objective);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_called_optimal_is_the_best_there_is(document in document(3)) {
        if muster_scheduler::Problem::new(&document).is_ok() {
            let (schedule, best) = (solved(&document, 3_000_000), best(&document));
            if schedule.status == Status::Optimal {
                prop_assert_eq!(schedule.objective, best);
            }
            if schedule.status == Status::Infeasible {
                prop_assert_eq!(best, None);
            }
            if let Some(best) = best {
                prop_assert!(schedule.bound <= best, "bound {} of {}", schedule.bound, best);
                // So small that the search must find the best, proven or not.
                prop_assert_eq!(schedule.objective, Some(best));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_judge_takes_what_the_solver_gives_of_tasks_in_parts(document in in_parts(6..=10)) {
        let schedule = solved(&document, 3_000_000);
        prop_assert_eq!(check(&problem(&document), &schedule).faults, [""; 0]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_best_of_tasks_in_parts_is_found_and_proven(document in in_parts(1..=3)) {
        let (schedule, best) = (solved(&document, 30_000_000), best(&document));
        prop_assert_eq!((schedule.status, schedule.objective, Some(schedule.bound)), (Status::Optimal, best, best));
    }
}

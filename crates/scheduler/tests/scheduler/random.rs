//! What must hold of any problem: the judge takes what the solver gives, no bound is above a value, and on problems so small that
//! all schedules can be tried, what is called optimal is.

use muster_scheduler::{
    Document, check,
    document::{FORMAT, Fixed, Mode, Objective, Preferred, Stretch},
    schedule::{Placed, Schedule, Status},
};
use proptest::prelude::*;

use crate::shop::{after, problem, resource, solved, task};

/// What chance says of one task.
#[derive(Clone, Debug)]
struct Drawn {
    duration: i64,
    demand: (usize, i64),
    other: Option<(i64, i64)>,
    release: i64,
    due: Option<i64>,
    weight: i64,
    deadline: Option<i64>,
    preferred: Option<(i64, i64)>,
    before: Option<usize>,
    lag: i64,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let rarely = |range: std::ops::Range<i64>| prop::option::weighted(0.2, range);
    (
        (0..4_i64, (0..3_usize, 0..3_i64), prop::option::weighted(0.3, (0..4_i64, 0..3_i64)), 0..4_i64),
        (prop::option::of(0..10_i64), 0..4_i64, rarely(6..14), prop::option::weighted(0.2, (0..8_i64, 0..6_i64))),
        (prop::option::weighted(0.4, 0..100_usize), 0..2_i64),
    )
        .prop_map(|((duration, demand, other, release), (due, weight, deadline, preferred), (before, lag))| {
            Drawn { duration, demand, other, release, due, weight, deadline, preferred, before, lag }
        })
}

fn document(tasks: usize) -> impl Strategy<Value = Document> {
    let capacities = prop::array::uniform3(1..3_i64);
    let pause = prop::option::weighted(0.5, (0..6_i64, 1..4_i64, 0..2_i64));
    let fixed = prop::option::weighted(0.2, (0..100_usize, 0..6_i64));
    (prop::collection::vec(drawn(), 1..=tasks), capacities, pause, fixed, any::<bool>()).prop_map(
        |(drawn, capacities, pause, fixed, tardiness)| {
            let names = ["bay", "mechanic", "stand"];
            let mut document = Document {
                format: FORMAT.into(),
                objective: if tardiness { Objective::WeightedTardiness } else { Objective::Makespan },
                resources: names.iter().zip(capacities).map(|(name, capacity)| resource(name, capacity)).collect(),
                ..Document::default()
            };
            if let Some((from, length, capacity)) = pause {
                let capacity = capacity.min(capacities[0]);
                document.resources[0].calendar.push(Stretch { from, to: from + length, capacity });
            }
            for (n, d) in drawn.iter().enumerate() {
                let amount = |amount: i64| amount.min(capacities[d.demand.0]);
                let mut task = task(&n.to_string(), d.duration, &[(names[d.demand.0], amount(d.demand.1))]);
                if let Some((duration, other)) = d.other {
                    let demands = |wanted| vec![(names[d.demand.0].to_owned(), amount(wanted))];
                    task.modes = vec![
                        Mode { duration: d.duration, demands: demands(d.demand.1) },
                        Mode { duration, demands: demands(other) },
                    ];
                    (task.duration, task.demands) = (None, Vec::new());
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

/// The best of all schedules, by trying each start of each task up to a time by which something best has ended.
fn best(document: &Document) -> Option<i64> {
    let problem = problem(document);
    let until = 14 + document.tasks.iter().map(|task| task.release).max().unwrap_or(0);
    let mut placed: Vec<Placed> = Vec::new();
    let mut best = None;
    try_all(document, &problem, until, &mut placed, &mut best);
    best
}

fn try_all(
    document: &Document,
    problem: &muster_scheduler::Problem,
    until: i64,
    placed: &mut Vec<Placed>,
    best: &mut Option<i64>,
) {
    let Some(task) = document.tasks.get(placed.len()) else {
        let mut schedule = Schedule {
            format: String::new(),
            name: String::new(),
            status: Status::Feasible,
            objective: Some(0),
            bound: -1,
            gap: None,
            seconds: 0.0,
            seed: 0,
            tasks: placed.clone(),
        };
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

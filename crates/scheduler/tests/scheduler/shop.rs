//! A repair shop: two bays, two mechanics, one test stand; trucks that come in, wait for parts, and are due.

use std::{ops::ControlFlow, time::Duration};

use muster_scheduler::{
    Problem, Schedule,
    document::{Demand, Document, FORMAT, Mode, Objective, Precedence, Resource, Stretch, Task},
    solve::{Limits, solve},
};

pub(crate) fn resource(id: &str, capacity: i64) -> Resource {
    Resource { id: id.into(), capacity, calendar: Vec::new() }
}

pub(crate) fn task(id: &str, duration: i64, demands: &[(&str, i64)]) -> Task {
    let demands = demands.iter().map(|(id, amount)| Demand::whole(*id, *amount)).collect();
    Task { id: id.into(), duration: Some(duration), demands, ..Task::default() }
}

pub(crate) fn after(before: &str, after: &str, lag: i64) -> Precedence {
    Precedence { before: before.into(), after: after.into(), lag }
}

/// Three trucks, each repaired in a bay and then tested; the stand is shut from 8 to 12, and truck 2 can be done by two people.
pub(crate) fn document() -> Document {
    let mut stand = resource("stand", 1);
    stand.calendar.push(Stretch { from: 8, to: 12, capacity: 0 });
    let mut tasks = vec![
        task("repair 1", 5, &[("bay", 1), ("mechanic", 1)]),
        task("test 1", 2, &[("stand", 1)]),
        task("repair 2", 6, &[("bay", 1), ("mechanic", 1)]),
        task("test 2", 2, &[("stand", 1)]),
        task("repair 3", 4, &[("bay", 1), ("mechanic", 1)]),
        task("test 3", 1, &[("stand", 1)]),
    ];
    let demands = |mechanics| vec![Demand::whole("bay", 1), Demand::whole("mechanic", mechanics)];
    (tasks[2].duration, tasks[2].demands) = (None, Vec::new());
    tasks[2].modes = vec![Mode { duration: 6, demands: demands(1) }, Mode { duration: 3, demands: demands(2) }];
    tasks[4].release = 2;
    for (n, due, weight) in [(1, 8, 3), (3, 8, 1), (5, 14, 2)] {
        (tasks[n].due, tasks[n].weight) = (Some(due), Some(weight));
    }
    Document {
        format: FORMAT.into(),
        name: "three trucks".into(),
        objective: Objective::WeightedTardiness,
        resources: vec![resource("bay", 2), resource("mechanic", 2), stand],
        tasks,
        precedence: vec![
            after("repair 1", "test 1", 0),
            after("repair 2", "test 2", 0),
            after("repair 3", "test 3", 1),
        ],
        ..Document::default()
    }
}

pub(crate) fn problem(document: &Document) -> Problem {
    Problem::new(document).expect("a problem")
}

/// Solves with so much work, so that the result is the same on every machine.
pub(crate) fn solved(document: &Document, work: u64) -> Schedule {
    let limits = Limits { time: Duration::from_secs(600), work: Some(work), seed: 1 };
    solve(&problem(document), &limits, &mut |_| ControlFlow::Continue(()))
}

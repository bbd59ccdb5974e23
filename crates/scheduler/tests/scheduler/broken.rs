//! The judge finds each rule that a schedule breaks.

use muster_scheduler::{
    Schedule, check,
    document::{Document, Fixed, Preferred},
    schedule::{Placed, Status},
};

use crate::shop::{document, problem, solved};

fn shop() -> Document {
    let mut shop = document();
    shop.tasks[0].fixed = Some(Fixed { start: 0, mode: 0 });
    shop.tasks[5].preferred = Some(Preferred { start: 13, price: 5 });
    shop.tasks[5].deadline = Some(30);
    // One way for each task, so that the best is proven.
    (shop.tasks[2].duration, shop.tasks[2].demands) = (Some(6), shop.tasks[0].demands.clone());
    shop.tasks[2].modes.clear();
    shop
}

/// What is done to a good schedule, by the tasks' places, and what the judge must say.
type Case = (fn(&mut Schedule), &'static [&'static str]);

const CASES: &[Case] = &[
    (|s| s.tasks[0].start = 1, &["task \"repair 1\" starts at 1 in mode 0, and is fixed at 0"]),
    (|s| s.tasks[0].id = "x".into(), &["there is no task \"x\"", "task \"repair 1\" has no start"]),
    (|s| s.tasks[1] = s.tasks[0].clone(), &["task \"repair 1\" is placed twice", "task \"test 1\" has no start"]),
    (|s| _ = s.tasks.pop(), &["task \"test 3\" has no start"]),
    (|s| s.tasks[3].mode = 1, &["task \"test 2\" has no mode 1"]),
    (|s| s.tasks[3].start = i64::MAX, &["task \"test 2\" starts at 9223372036854775807, which is no time"]),
    (|s| s.tasks[3].start = -1, &["task \"test 2\" starts at -1, which is no time"]),
    (|s| s.tasks[1].start = 4, &["task \"test 1\" starts at 4, and \"repair 1\" ends at 5"]),
    (|s| s.tasks[5].start = 30, &["task \"test 3\" ends at 31, after 30, when it must have ended"]),
    (|s| s.tasks[5].start = 8, &["of \"stand\" at 8, 1 too much is held"]),
    (|s| s.tasks[4].start = 1, &["task \"repair 3\" starts at 1, before its release, 2"]),
    (|s| s.objective = s.objective.map(|objective| objective + 1), &["it states an objective of"]),
    (|s| s.objective = None, &["it has tasks and states no objective"]),
    (|s| s.bound = 1_000, &["its bound 1000 is above its objective"]),
    (|s| s.bound = -1, &["it is called optimal exactly if"]),
    (|s| s.status = Status::Stopped, &["it has a schedule and says \"stopped\""]),
    (|s| (s.tasks, s.objective) = (Vec::new(), None), &["it says that there is a schedule and has none"]),
];

#[test]
fn each_broken_rule_is_found() {
    let (shop, schedule) = (problem(&shop()), solved(&shop(), 1_000_000));
    assert_eq!((schedule.status, check(&shop, &schedule).faults.len()), (Status::Optimal, 0));
    for (n, (change, expected)) in CASES.iter().enumerate() {
        let mut broken = schedule.clone();
        change(&mut broken);
        let told = check(&shop, &broken).faults;
        for fault in *expected {
            assert!(told.iter().any(|f| f.starts_with(fault)), "case {n}: {told:#?} lacks {fault}");
        }
    }
}

#[test]
fn too_many_at_once_are_found_where_it_begins() {
    let mut shop = document();
    shop.resources[0].capacity = 1;
    let place = |id: &str, start, mode| Placed { id: id.into(), start, mode };
    let tasks = vec![
        place("repair 1", 0, 0),
        place("test 1", 5, 0),
        place("repair 2", 4, 0),
        place("test 2", 12, 0),
        place("repair 3", 10, 0),
        place("test 3", 15, 0),
    ];
    let told = |tasks: &[Placed]| {
        let mut schedule = solved(&shop, 1_000_000);
        schedule.tasks = tasks.to_vec();
        check(&problem(&shop), &schedule).faults
    };
    let faults = told(&tasks);
    assert!(faults.contains(&"of \"bay\" at 4, 1 too much is held".to_owned()), "{faults:?}");
    let mut apart = tasks;
    apart[2].start = 5;
    apart[4].start = 11;
    apart[5].start = 16;
    assert!(!told(&apart).iter().any(|fault| fault.contains("too much is held")));
}

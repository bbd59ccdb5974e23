//! Schedules of small shops that can be understood by looking at them.

use std::{ops::ControlFlow, time::Duration};

use muster_scheduler::{
    check,
    document::{Document, FORMAT, Fixed, Mode, Objective, Preferred, Stretch, Task},
    schedule::Status,
    solve::{Limits, solve},
};

use crate::shop::{after, document, problem, resource, solved, task};

const ENOUGH: u64 = 30_000_000;

fn start(schedule: &muster_scheduler::Schedule, id: &str) -> i64 {
    schedule.tasks.iter().find(|placed| placed.id == id).expect("a task of the schedule").start
}

/// Fisher and Thompson 1963.
fn ft06() -> Document {
    let jobs = [
        [(2, 1), (0, 3), (1, 6), (3, 7), (5, 3), (4, 6)],
        [(1, 8), (2, 5), (4, 10), (5, 10), (0, 10), (3, 4)],
        [(2, 5), (3, 4), (5, 8), (0, 9), (1, 1), (4, 7)],
        [(1, 5), (0, 5), (2, 5), (3, 3), (4, 8), (5, 9)],
        [(2, 9), (1, 3), (4, 5), (5, 4), (0, 3), (3, 1)],
        [(1, 3), (3, 3), (5, 9), (0, 10), (4, 4), (2, 1)],
    ];
    Document { format: FORMAT.into(), jobs: Some(jobs.map(|job| job.to_vec()).to_vec()), ..Document::default() }
}

#[test]
fn a_job_shop_is_solved_and_proven() {
    let schedule = solved(&ft06(), ENOUGH);
    assert_eq!((schedule.status, schedule.objective, schedule.bound), (Status::Optimal, Some(55), 55));
    assert_eq!(schedule.gap, Some(0.0));
}

#[test]
fn a_shop_keeps_due_times_around_a_closed_test_stand() {
    let schedule = solved(&document(), ENOUGH);
    let verdict = check(&problem(&document()), &schedule);
    assert_eq!(verdict.faults, [""; 0]);
    // One early truck must wait until the stand opens again; the one that weighs least does, and the third is tested before.
    assert_eq!((verdict.objective, start(&schedule, "test 2"), start(&schedule, "test 3")), (6, 12, 7));
}

#[test]
fn what_is_fixed_stays_and_what_is_expected_is_kept_at_its_price() {
    let mut shop = document();
    shop.tasks[4].fixed = Some(Fixed { start: 4, mode: 0 });
    shop.tasks[5].preferred = Some(Preferred { start: 13, price: 100 });
    let schedule = solved(&shop, ENOUGH);
    assert_eq!((start(&schedule, "repair 3"), start(&schedule, "test 3")), (4, 13));
    // Cheap promises give way: one tick after it was due costs 2.
    shop.tasks[5].preferred = Some(Preferred { start: 20, price: 1 });
    assert!(start(&solved(&shop, ENOUGH), "test 3") < 20);
}

#[test]
fn what_cannot_be_done_in_time_is_called_so() {
    let mut shop = document();
    shop.tasks[1].deadline = Some(6);
    let schedule = solved(&shop, ENOUGH);
    assert_eq!((schedule.status, schedule.objective, schedule.tasks.len()), (Status::Infeasible, None, 0));
    // Each could be done in time, both cannot: the constraint solver finds that out.
    let mut two = Document { format: FORMAT.into(), resources: vec![resource("bay", 1)], ..Document::default() };
    two.tasks = vec![task("a", 3, &[("bay", 1)]), task("b", 3, &[("bay", 1)])];
    two.horizon = Some(5);
    assert_eq!(solved(&two, ENOUGH).status, Status::Infeasible);
    two.horizon = Some(6);
    assert_eq!(solved(&two, ENOUGH).status, Status::Optimal);
}

#[test]
fn a_task_before_a_fixed_one_is_put_in_time() {
    let mut two = Document { format: FORMAT.into(), resources: vec![resource("bay", 1)], ..Document::default() };
    two.tasks = vec![task("long", 5, &[("bay", 1)]), task("first", 2, &[("bay", 1)]), task("exam", 1, &[])];
    two.tasks[2].fixed = Some(Fixed { start: 3, mode: 0 });
    two.precedence = vec![after("first", "exam", 0)];
    let schedule = solved(&two, ENOUGH);
    assert_eq!((start(&schedule, "first"), schedule.objective), (0, Some(7)));
}

#[test]
fn what_comes_before_a_fixed_task_is_in_time_even_where_people_expect_it_later() {
    let mut shop = Document { format: FORMAT.into(), resources: vec![resource("bay", 1)], ..Document::default() };
    shop.tasks = vec![task("first", 0, &[]), task("exam", 0, &[])];
    shop.tasks[0].preferred = Some(Preferred { start: 3, price: 1 });
    shop.tasks[1].fixed = Some(Fixed { start: 0, mode: 0 });
    shop.precedence = vec![after("first", "exam", 0)];
    // Two ways, so that the search is left alone with it.
    shop.tasks.push(Task { id: "either".into(), modes: vec![Mode::default(), Mode::default()], ..Task::default() });
    for n in 0..12 {
        shop.tasks.push(task(&n.to_string(), 1, &[("bay", 1)]));
        let schedule = solved(&shop, 500_000);
        assert_eq!((start(&schedule, "first"), schedule.objective), (0, Some(n + 2)));
    }
}

#[test]
fn counting_knows_when_a_stand_is_closed() {
    let mut stand = resource("stand", 1);
    stand.calendar = vec![Stretch { from: 3, to: 10, capacity: 0 }];
    let mut two = Document { format: FORMAT.into(), resources: vec![stand], ..Document::default() };
    two.tasks = vec![task("repair", 2, &[]), task("test", 2, &[("stand", 1)])];
    two.precedence = vec![after("repair", "test", 0)];
    // Without any search: at 2 there is no room for two before the stand closes.
    let schedule = solved(&two, 0);
    assert_eq!((schedule.status, schedule.bound), (Status::Optimal, 12));
    two.horizon = Some(11);
    assert_eq!(solved(&two, 0).status, Status::Infeasible);
}

#[test]
fn nothing_to_do_takes_no_time() {
    let nothing = Document { format: FORMAT.into(), ..Document::default() };
    let schedule = solved(&nothing, ENOUGH);
    assert_eq!((schedule.status, schedule.objective), (Status::Optimal, Some(0)));
}

#[test]
fn the_same_seed_and_work_give_the_same_schedule() {
    let tell = |work| {
        let schedule = solved(&ft06(), work);
        (schedule.tasks, schedule.bound)
    };
    assert_eq!(tell(700_000), tell(700_000));
}

#[test]
fn any_amount_of_work_is_enough_for_an_answer() {
    for work in (0..2_000_000).step_by(37_000) {
        let schedule = solved(&ft06(), work);
        assert!(schedule.bound <= 55 && schedule.objective >= Some(55), "{work}: {schedule:?}");
    }
}

#[test]
fn who_cancels_gets_the_best_so_far() {
    let limits = Limits { time: Duration::from_secs(600), work: None, seed: 7 };
    let mut late = document();
    // So late that nothing can be proven by counting.
    late.objective = Objective::WeightedTardiness;
    for task in &mut late.tasks {
        task.due = Some(0);
    }
    let schedule = solve(&problem(&late), &limits, &mut |progress| match progress.objective {
        Some(_) => ControlFlow::Break(()),
        None => ControlFlow::Continue(()),
    });
    assert_eq!(schedule.tasks.len(), 6);
    assert_eq!(check(&problem(&late), &schedule).faults, [""; 0]);
    assert_ne!(schedule.status, Status::Stopped);
}

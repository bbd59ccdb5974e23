//! What is held in a part of a task leaves the resource to others for the rest.

use muster_scheduler::{
    Schedule,
    document::{Demand, Document, FORMAT, Fixed, Mode, Objective, Stretch},
    schedule::Status,
};

use crate::shop::{after, document, resource, solved, task};

const ENOUGH: u64 = 3_000_000;

/// Courses that share a range of which there is so much, each with its days and those on which it is on the range.
fn courses(ranges: i64, courses: &[(i64, &[Demand])]) -> Document {
    let tasks = (0..).zip(courses).map(|(n, (days, demands)): (i32, _)| {
        let mut course = task(&n.to_string(), *days, &[]);
        course.demands = demands.to_vec();
        course
    });
    let tasks = tasks.collect();
    Document { format: FORMAT.into(), resources: vec![resource("range", ranges)], tasks, ..Document::default() }
}

fn range(from: i64, to: i64) -> Demand {
    Demand::part("range", 1, from, to)
}

fn starts(schedule: &Schedule) -> Vec<i64> {
    schedule.tasks.iter().map(|placed| placed.start).collect()
}

#[test]
fn two_courses_overlap_where_they_use_the_range_on_other_days() {
    let at_its_end = range(8, 10);
    let schedule = solved(&courses(1, &[(10, &[range(2, 5)]), (10, &[at_its_end])]), ENOUGH);
    assert_eq!((schedule.status, schedule.objective, starts(&schedule)), (Status::Optimal, Some(10), vec![0, 0]));
    // On the same days one waits for as long as the other is on the range, not until it has ended.
    let schedule = solved(&courses(1, &[(10, &[range(2, 5)]), (10, &[range(2, 5)])]), ENOUGH);
    assert_eq!((schedule.status, schedule.objective), (Status::Optimal, Some(13)));
    let schedule = solved(&courses(1, &[(10, &[Demand::whole("range", 1)]), (10, &[range(2, 5)])]), ENOUGH);
    assert_eq!((schedule.status, schedule.objective), (Status::Optimal, Some(15)), "the other is on it before");
}

#[test]
fn what_overlaps_adds_up() {
    let twice = [Demand::whole("range", 1), range(3, 4)];
    let schedule = solved(&courses(2, &[(4, &twice), (4, &[Demand::whole("range", 1)])]), ENOUGH);
    assert_eq!(
        (schedule.status, schedule.objective),
        (Status::Optimal, Some(5)),
        "the other has ended when both are needed"
    );
    let schedule = solved(&courses(2, &[(4, &twice), (4, &twice)]), ENOUGH);
    assert_eq!((schedule.status, schedule.objective), (Status::Optimal, Some(8)));
    let parts = [range(0, 1), range(1, 2), range(2, 4)];
    let schedule = solved(&courses(1, &[(4, &parts), (4, &[Demand::whole("range", 1)])]), ENOUGH);
    assert_eq!((schedule.status, schedule.objective), (Status::Optimal, Some(8)), "parts that join are one");
}

#[test]
fn a_pause_stops_only_who_would_use_what_is_closed() {
    let mut course = courses(1, &[(10, &[range(0, 2), range(7, 9)])]);
    course.resources[0].calendar.push(Stretch { from: 2, to: 7, capacity: 0 });
    assert_eq!(starts(&solved(&course, 0)), [0]);
    course.resources[0].calendar[0].to = 8;
    let schedule = solved(&course, 0);
    // One day later its first part would be in the pause.
    assert_eq!((schedule.status, starts(&schedule)), (Status::Optimal, vec![8]), "counting alone knows it");
}

#[test]
fn counting_knows_how_long_the_range_is_used() {
    // Six times two days on the range, the first not before the 3rd day, two days after the last.
    let course = [range(3, 5)];
    let six: Vec<(i64, &[Demand])> = vec![(7, &course); 6];
    let schedule = solved(&courses(1, &six), 0);
    assert_eq!((schedule.status, schedule.objective, schedule.bound), (Status::Optimal, Some(17), 17));
    let schedule = solved(&courses(2, &six), 0);
    assert_eq!((schedule.status, schedule.objective, schedule.bound), (Status::Optimal, Some(11), 11));
}

#[test]
fn what_has_begun_holds_its_parts() {
    let mut three = courses(1, &[(10, &[range(4, 6)]), (3, &[Demand::whole("range", 1)]), (5, &[range(0, 1)])]);
    three.tasks[0].fixed = Some(Fixed { start: 0, mode: 0 });
    three.objective = Objective::WeightedTardiness;
    three.tasks[1].due = Some(3);
    three.tasks[2].due = Some(8);
    let schedule = solved(&three, ENOUGH);
    assert_eq!((schedule.status, schedule.objective, starts(&schedule)), (Status::Optimal, Some(0), vec![0, 0, 3]));
}

#[test]
fn a_task_waits_though_it_could_start_where_that_lets_parts_of_others_in() {
    // Of each task: how long it takes, and its parts on each of two ranges.
    let tasks = [
        (8, [[(0, 1), (5, 7)], [(2, 4), (6, 8)]]),
        (7, [[(0, 4), (6, 7)], [(0, 4), (6, 7)]]),
        (5, [[(0, 1), (2, 4)], [(0, 1), (3, 5)]]),
        (5, [[(0, 1), (2, 5)], [(1, 2), (3, 4)]]),
    ];
    let mut shop = courses(1, &[]);
    shop.resources.push(resource("other", 1));
    for (n, (duration, parts)) in (0..).zip(tasks) {
        let mut work = task(&i32::to_string(&n), duration, &[]);
        for (id, parts) in ["range", "other"].iter().zip(parts) {
            work.demands.extend(parts.map(|(from, to)| Demand::part(*id, 1, from, to)));
        }
        shop.tasks.push(work);
    }
    shop.precedence = vec![after("0", "3", 0), after("1", "2", 0), after("2", "3", 0)];
    let schedule = solved(&shop, ENOUGH);
    assert_eq!((schedule.status, schedule.objective), (Status::Optimal, Some(20)));
    // With two ways, be they the same, the search is left alone with it.
    let first = &mut shop.tasks[0];
    let way = Mode { duration: first.duration.take().unwrap_or(0), demands: std::mem::take(&mut first.demands) };
    first.modes = vec![way.clone(), way];
    assert_eq!(solved(&shop, ENOUGH).objective, Some(20), "orders alone lead to 23");
}

#[test]
fn a_shop_of_single_machines_whose_steps_hold_them_in_part_is_solved_and_proven() {
    // Each piece is on the machine for a third of its time; as a job shop of whole steps it would take 36.
    let lathe = [range(1, 3)];
    let six: Vec<(i64, &[Demand])> = vec![(6, &lathe); 6];
    let schedule = solved(&courses(1, &six), ENOUGH);
    assert_eq!((schedule.status, schedule.objective), (Status::Optimal, Some(16)));
}

#[test]
fn what_is_held_all_the_time_may_be_said_in_either_way() {
    let mut parts = document();
    for task in &mut parts.tasks {
        let duration = task.duration.unwrap_or(0);
        for demand in &mut task.demands {
            *demand = Demand::part(demand.resource.clone(), demand.amount, 0, duration);
        }
    }
    let (whole, parts) = (solved(&document(), ENOUGH), solved(&parts, ENOUGH));
    assert_eq!((starts(&whole), whole.bound), (starts(&parts), parts.bound));
}

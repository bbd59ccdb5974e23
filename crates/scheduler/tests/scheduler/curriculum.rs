//! Timetables of courses: what is read, what the judge says of timetables made by hand, and that what the solver makes keeps every rule.

use std::{ops::ControlFlow, time::Duration};

use muster_scheduler::{
    curriculum::{Curriculum, Outcome, Timetable, Verdict, judge, solve_curriculum},
    schedule::Status,
    solve,
    solve::Limits,
};
use proptest::prelude::*;

/// Two days of three periods; drivers and mechanics share a course.
const TOY: &str = "Name: toy
Courses: 3
Rooms: 2
Days: 2
Periods_per_day: 3
Curricula: 2
Constraints: 2

COURSES:
trucks ann 3 2 30
safety bob 1 1 12
engines ann 2 2 10

ROOMS:
hall 20
shed 10

CURRICULA:
drivers 2 trucks safety
mechanics 2 engines safety

UNAVAILABILITY_CONSTRAINTS:
safety 0 0
safety 0 1

END.
";

fn toy() -> Curriculum {
    Curriculum::read(TOY).expect("of the format")
}

fn solved(curriculum: &Curriculum, work: u64) -> Outcome {
    let limits = Limits { time: Duration::from_secs(3_600), work: Some(work), seed: 1 };
    solve_curriculum(curriculum, &limits, &mut |_| ControlFlow::Continue(())).expect("fits")
}

fn judged(text: &str) -> Verdict {
    judge(&toy(), &Timetable::read(text).expect("of the format"))
}

/// A timetable without fault.
const RIGHT: &str =
    "trucks hall 0 0\ntrucks hall 0 1\ntrucks hall 1 0\nsafety shed 1 1\nengines shed 0 2\nengines shed 1 2\n";

#[test]
fn the_judge_counts_each_soft_cost() {
    let verdict = judged(RIGHT);
    assert_eq!(verdict.faults, [""; 0]);
    // Three lectures for 30 in a hall of 20, one for 12 in a shed of 10; engines stands alone on the first day.
    assert_eq!((verdict.room_capacity, verdict.minimum_working_days), (32, 0));
    assert_eq!((verdict.curriculum_compactness, verdict.room_stability, verdict.cost()), (2, 0, 34));
    // Both of engines on one day, in two rooms; safety is beside both now, and trucks alone.
    let verdict = judged(
        "trucks hall 0 0\ntrucks hall 0 1\ntrucks hall 0 2\nsafety shed 1 1\nengines shed 1 0\nengines hall 1 2\n",
    );
    assert_eq!(verdict.faults, [""; 0]);
    assert_eq!((verdict.room_capacity, verdict.minimum_working_days), (32, 10));
    assert_eq!((verdict.curriculum_compactness, verdict.room_stability), (2, 1));
}

#[test]
fn the_judge_finds_each_broken_rule() {
    let fault = |from: &str, to: &str, expected: &[&str]| {
        let text = RIGHT.replace(from, to);
        assert_ne!(text, RIGHT);
        assert_eq!(judged(&text).faults, expected, "{to}");
    };
    fault("engines shed 0 2\n", "", &["course \"engines\" has 1 lectures, must have 2"]);
    fault(
        "safety shed 1 1",
        "safety shed 0 1",
        &[
            "courses \"trucks\" and \"safety\" are of curriculum \"drivers\" on day 0 at period 1",
            "course \"safety\" cannot be on day 0 at period 1",
        ],
    );
    fault(
        "engines shed 0 2",
        "engines shed 0 1",
        &["courses \"trucks\" and \"engines\" have teacher \"ann\" on day 0 at period 1"],
    );
    fault("engines shed 0 2", "engines hall 1 2", &["course \"engines\" has two lectures on day 1 at period 2"]);
    fault(
        "safety shed 1 1",
        "safety hall 1 0",
        &[
            "courses \"trucks\" and \"safety\" are in room \"hall\" on day 1 at period 0",
            "courses \"trucks\" and \"safety\" are of curriculum \"drivers\" on day 1 at period 0",
        ],
    );
    let lost = "course \"safety\" has 0 lectures, must have 1";
    fault("safety shed 1 1", "safety attic 1 1", &["there is no room \"attic\"", lost]);
    fault("safety shed 1 1", "safety shed 2 1", &["there is no period 1 on a day 2", lost]);
    fault("safety shed 1 1", "history shed 1 1", &["there is no course \"history\"", lost]);
}

#[test]
fn a_small_week_gets_the_best_timetable() {
    let outcome = solved(&toy(), 4_000_000);
    let (timetable, verdict) = outcome.found.unwrap();
    // Three lectures for 30 in a hall of 20 cost 30 whatever is done, and one lecture must stand alone.
    assert_eq!((outcome.status, verdict.room_capacity, verdict.cost()), (Status::Feasible, 30, 32));
    assert_eq!(Timetable::read(&timetable.to_text()), Ok(timetable));
}

#[test]
fn the_hard_rules_are_a_problem_of_which_the_first_schedule_will_do() {
    let (curriculum, limits) = (toy(), Limits { time: Duration::from_secs(3_600), work: Some(100_000), seed: 1 });
    assert_eq!((curriculum.name(), curriculum.lectures(), curriculum.slots()), ("toy", 6, 6));
    let schedule = solve(&curriculum.problem().unwrap(), &limits, &mut |_| ControlFlow::Continue(()));
    assert_eq!((schedule.status, schedule.objective), (Status::Optimal, Some(0)));
    let verdict = judge(&curriculum, &curriculum.timetable(&schedule).unwrap());
    assert_eq!(verdict.faults, [""; 0]);
    let mut other = schedule.clone();
    other.tasks[0].start = 6;
    other.tasks[1].id = "history 1".into();
    let faults: Vec<_> = curriculum.timetable(&other).unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(faults.len(), 2, "{faults:?}");
}

#[test]
fn a_week_that_cannot_be_is_told() {
    let crowded = TOY.replace("engines ann 2 2 10", "engines ann 4 2 10");
    let outcome = solved(&Curriculum::read(&crowded).unwrap(), 10_000_000);
    assert_eq!((outcome.status, outcome.found), (Status::Infeasible, None));
    let none = TOY.replace("Rooms: 2", "Rooms: 0").replace("hall 20\nshed 10\n", "");
    assert!(
        solve_curriculum(
            &Curriculum::read(&none).unwrap(),
            &Limits { time: Duration::ZERO, work: None, seed: 1 },
            &mut |_| { ControlFlow::Continue(()) }
        )
        .is_err()
    );
}

#[test]
fn the_same_seed_makes_the_same_timetable() {
    let once = solved(&toy(), 3_000_000).found;
    assert_eq!(once, solved(&toy(), 3_000_000).found);
    assert!(once.is_some());
}

#[test]
fn every_fault_of_a_file_is_told_with_its_line() {
    let faults = |text: &str| match Curriculum::read(text) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(ToString::to_string).collect(),
    };
    let fault = |from: &str, to: &str, expected: &[&str]| {
        let text = TOY.replacen(from, to, 1);
        assert_ne!(text, TOY);
        assert_eq!(faults(&text), expected, "{to}");
    };
    fault("Rooms: 2", "Rooms: two", &["line 3: Rooms must be a whole number from 0 to 1000, is \"two\""]);
    fault("Rooms: 2", "Room: 2", &["line 3: must be Rooms: and a value, is \"Room: 2\""]);
    fault("Courses: 3", "Courses: 4", &["line 9: COURSES has 3 lines, and the head says 4"]);
    fault(
        "safety bob 1 1 12",
        "safety bob 1 12",
        &["line 11: must have: course, teacher, lectures, least days, students"],
    );
    fault("trucks ann 3", "trucks ann 7", &["line 10: lectures must be a whole number from 1 to 6, is \"7\""]);
    fault("shed 10", "hall 10", &["line 16: \"hall\" stands there twice"]);
    fault("drivers 2", "drivers 3", &["line 19: says that it has 3 courses and has 2"]);
    fault("trucks safety", "trucks history", &["line 19: there is no course \"history\""]);
    fault(
        "safety 0 1\n",
        "safety 0 3\nx 2 0\n",
        &[
            "line 24: period must be a whole number from 0 to 2, is \"3\"",
            "line 25: there is no course \"x\"",
            "line 25: day must be a whole number from 0 to 1, is \"2\"",
        ],
    );
    fault("END.", "", &["file: must end with END."]);
    fault("END.", "ROOM_CONSTRAINTS:", &["line 26: must be END., is \"ROOM_CONSTRAINTS:\""]);
    assert_eq!(faults(""), ["file: ends before Name:"]);
    assert_eq!(faults(&"x".repeat(5 << 20)).len(), 1);
    // Some public files miscount; programs end lines as they like.
    let other = TOY.replace("Constraints: 2", "Constraints: 4").replace('\n', " \r\n");
    assert_eq!(Curriculum::read(&format!("\u{FEFF}{other}")), Ok(toy()));
    assert_eq!(
        Timetable::read("a b 0 0\n\na b 0\n").unwrap_err()[0].to_string(),
        "line 3: must have: course, room, day, period"
    );
}

/// A curriculum in the competition's format.
fn curriculum() -> impl Strategy<Value = String> {
    let course = (0..4_usize, 1..4_usize, 1..4_usize, 1..60_i64);
    let shape = (1..4_usize, 1..5_usize, prop::collection::vec(5..60_i64, 1..4));
    let groups = prop::collection::vec(prop::collection::btree_set(0..8_usize, 1..4), 0..4);
    let closed = prop::collection::vec((0..8_usize, 0..4_usize, 0..5_usize), 0..8);
    (shape, prop::collection::vec(course, 1..6), groups, closed).prop_map(
        |((days, periods, rooms), courses, groups, closed)| {
            let (many, slots) = (courses.len(), days * periods);
            let courses: String = (courses.iter().enumerate())
                .map(|(n, (teacher, lectures, least, students))| {
                    format!("c{n} t{teacher} {} {} {students}\n", lectures.min(&slots), least.min(&days))
                })
                .collect();
            let seats: String = rooms.iter().enumerate().map(|(n, seats)| format!("r{n} {seats}\n")).collect();
            let lists: String = (groups.iter().enumerate())
                .map(|(n, group)| {
                    let members: std::collections::BTreeSet<usize> = group.iter().map(|course| course % many).collect();
                    let names: String = members.iter().map(|course| format!(" c{course}")).collect();
                    format!("q{n} {}{names}\n", members.len())
                })
                .collect();
            let shut: String = (closed.iter())
                .map(|(course, day, period)| format!("c{} {} {}\n", course % many, day % days, period % periods))
                .collect();
            format!(
                "Name: drawn\nCourses: {many}\nRooms: {}\nDays: {days}\nPeriods_per_day: {periods}\nCurricula: {}\nConstraints: {}\n\
                 COURSES:\n{courses}ROOMS:\n{seats}CURRICULA:\n{lists}UNAVAILABILITY_CONSTRAINTS:\n{shut}END.\n",
                rooms.len(),
                groups.len(),
                closed.len()
            )
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn what_is_solved_keeps_every_rule(text in curriculum()) {
        let curriculum = Curriculum::read(&text).unwrap();
        let outcome = solved(&curriculum, 400_000);
        if let Some((timetable, verdict)) = &outcome.found {
            let again = judge(&curriculum, &Timetable::read(&timetable.to_text()).unwrap());
            prop_assert_eq!(&again, verdict);
            prop_assert_eq!(&again.faults, &[""; 0]);
            prop_assert_eq!(outcome.status == Status::Optimal, again.cost() == 0);
            // The search never ends above where it began.
            let limits = Limits { time: Duration::from_secs(3_600), work: Some(200_000), seed: 1 };
            let schedule = solve(&curriculum.problem().unwrap(), &limits, &mut |_| ControlFlow::Continue(()));
            let first = judge(&curriculum, &curriculum.timetable(&schedule).unwrap());
            prop_assert!(again.cost() <= first.cost());
        } else {
            prop_assert!(matches!(outcome.status, Status::Infeasible | Status::Stopped));
        }
    }

    #[test]
    fn no_text_is_too_odd_to_be_read(text in any::<String>(), cut in any::<prop::sample::Index>(), put in "[ -~\n]{0,9}") {
        let _ = (Curriculum::read(&text), Timetable::read(&text));
        let at = cut.index(TOY.len());
        let changed = format!("{}{put}{}", &TOY[..at], &TOY[at..]);
        if let Ok(curriculum) = Curriculum::read(&changed) {
            let _ = judge(&curriculum, &Timetable::read(RIGHT).unwrap());
        }
        let _ = (Curriculum::read(&TOY[..at]), Curriculum::read(&TOY[at..]));
    }
}

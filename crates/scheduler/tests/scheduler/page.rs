//! The page that documents the format, held to it.

use std::{ops::ControlFlow, time::Duration};

use muster_scheduler::{curriculum, problem, schedule::Status, solve::Limits};

use crate::shop::{document, solved};

const PAGE: &str = include_str!("../../../../docs/schedule.md");

#[test]
fn the_example_of_the_page_is_a_problem_with_a_schedule() {
    let example = PAGE.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let document = muster_scheduler::Document::parse(example.as_bytes()).expect("of the format");
    let schedule = solved(&document, 200_000);
    assert_eq!((document.name.as_str(), schedule.objective), ("two trucks", Some(0)));
    assert!(PAGE.contains(&format!("`{}`", schedule.format)) && PAGE.contains(&format!("`{}`", document.format)));
}

#[test]
fn the_week_of_the_page_gets_a_timetable() {
    let example = PAGE.split("```text\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let curriculum = curriculum::Curriculum::read(example).expect("of the format");
    let limits = Limits { time: Duration::from_secs(3_600), work: Some(200_000), seed: 1 };
    let outcome = curriculum::solve_curriculum(&curriculum, &limits, &mut |_| ControlFlow::Continue(())).expect("fits");
    let (timetable, verdict) = outcome.found.expect("a timetable");
    assert_eq!((timetable.lectures.len(), verdict.faults), (6, vec![]));
}

#[test]
fn the_page_names_every_field_limit_and_status() {
    let problem: serde_json::Value = serde_json::from_str(&document().to_json()).expect("JSON");
    let schedule: serde_json::Value = serde_json::from_str(&solved(&document(), 1).to_json()).expect("JSON");
    let mut fields: Vec<String> = Vec::new();
    for value in [&problem, &schedule, &problem["tasks"][2], &problem["resources"][2], &problem["precedence"][0]] {
        fields.extend(value.as_object().expect("an object").keys().cloned());
    }
    fields.extend(["horizon", "jobs", "deadline", "fixed", "preferred", "due", "weight"].map(str::to_owned));
    fields.extend(
        [Status::Optimal, Status::Feasible, Status::Infeasible, Status::Stopped].map(|s| s.as_str().to_owned()),
    );
    for field in fields {
        let named = ["`", "[]`"].iter().any(|end| PAGE.contains(&format!("`{field}{end}")));
        assert!(named, "{field}");
    }
    for limit in [
        problem::MAX_TASKS as i64,
        problem::MAX_RESOURCES as i64,
        problem::MAX_PRECEDENCES as i64,
        problem::MAX_STRETCHES as i64,
        problem::MAX_DEMANDS as i64,
        problem::MAX_TIME,
        problem::MAX_CAPACITY,
        problem::MAX_WEIGHT,
    ] {
        let digits = limit.to_string();
        let grouped: Vec<&str> =
            digits.as_bytes().rchunks(3).rev().map(|part| std::str::from_utf8(part).expect("digits")).collect();
        assert!(PAGE.contains(&grouped.join(",")), "{limit}");
    }
}

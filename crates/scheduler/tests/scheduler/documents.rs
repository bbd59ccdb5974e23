//! What documents may say: each fault is told with its place, and what is written is read again as it was.

use muster_scheduler::{
    Document, Problem, Schedule,
    document::{Demand, Fixed, Mode},
    problem::{MAX_TASKS, MAX_TIME},
};
use serde_json::{Value, json};

use crate::shop::{after, document, solved};

type Change = fn(&mut Value);

/// What is done to the shop's document, and the faults that must be told.
const CASES: &[(Change, &[&str])] = &[
    (|d| d["format"] = json!("muster-schedule/2"), &["$.format: must be"]),
    (|d| d["objective"] = json!("joy"), &["$.objective: unknown variant"]),
    (|d| d["horizn"] = json!(1), &["$.horizn: unknown field"]),
    (|d| d["horizon"] = json!(-1), &["$.horizon: must not be below 0"]),
    (|d| d["resources"][0]["capacity"] = json!(1.5), &["$.resources[0].capacity: invalid type"]),
    (|d| d["resources"][2]["capacity"] = json!(1_000_001), &["$.resources[2].capacity: must not be above"]),
    (
        |d| d["resources"][1]["id"] = json!("bay"),
        &[
            "$.resources[1].id: \"bay\" is already",
            "$.tasks[0].demands[1][0]: there is no",
            "$.tasks[2].modes[0].demands[1][0]",
            "$.tasks[2].modes[1].demands[1][0]",
            "$.tasks[4].demands[1][0]",
        ],
    ),
    (|d| d["resources"][2]["calendar"][0]["to"] = json!(8), &["$.resources[2].calendar[0].to: 8 is not after"]),
    (
        |d| d["resources"][2]["calendar"][0]["capacity"] = json!(2),
        &["$.resources[2].calendar[0].capacity: must not be above 1"],
    ),
    (
        |d| {
            d["resources"][2]["calendar"] =
                json!([{"from": 3, "to": 5, "capacity": 0}, {"from": 4, "to": 6, "capacity": 0}])
        },
        &["$.resources[2].calendar[1].from: 4 is before 5"],
    ),
    (|d| d["tasks"][0]["duration"] = json!(-1), &["$.tasks[0].duration: must not be below 0"]),
    (|d| d["tasks"][0]["duration"] = json!(null), &["$.tasks[0].duration: is missing"]),
    (
        |d| d["tasks"][0]["demands"][0][1] = json!(3),
        &["$.tasks[0].demands[0][1]: 3 of \"bay\" is more than there is, 2"],
    ),
    (|d| d["tasks"][0]["demands"][0][1] = json!(-3), &["$.tasks[0].demands[0][1]: must not be below 0"]),
    (|d| d["tasks"][0]["demands"][1][0] = json!("bay"), &["$.tasks[0].demands[1][0]: \"bay\" is demanded twice"]),
    (|d| d["tasks"][0]["demands"][0] = json!(["bay"]), &["$.tasks[0].demands[0]: invalid length 1"]),
    (|d| d["tasks"][0]["demands"][0] = json!(["bay", 1, 2]), &["$.tasks[0].demands[0]: invalid length 3"]),
    (|d| d["tasks"][0]["demands"][0] = json!(["bay", 1, 2, 3, 4]), &["$.tasks[0].demands[0]: invalid length 5"]),
    (|d| d["tasks"][0]["demands"][0] = json!(["bay", 1, 2, "3"]), &["$.tasks[0].demands[0][3]: invalid type"]),
    (|d| d["tasks"][0]["demands"][0] = json!("bay"), &["$.tasks[0].demands[0]: invalid type"]),
    (|d| d["tasks"][0]["demands"][0] = json!(["bay", 1, -1, 2]), &["$.tasks[0].demands[0][2]: must not be below 0"]),
    (|d| d["tasks"][0]["demands"][0] = json!(["bay", 1, 2, 2]), &["$.tasks[0].demands[0][3]: 2 is not after from, 2"]),
    (
        |d| d["tasks"][2]["modes"][1]["demands"][0] = json!(["bay", 1, 2, 4]),
        &["$.tasks[2].modes[1].demands[0][3]: 4 is after its end: it takes 3"],
    ),
    (
        |d| d["tasks"][0]["demands"] = json!([["bay", 2, 1, 3], ["bay", 1, 0, 1], ["bay", 1, 2, 4], ["bay", 2, 2, 3]]),
        &["$.tasks[0].demands[2][1]: with what else is held then, 3 of \"bay\" is more than there is, 2"],
    ),
    (
        |d| d["tasks"][0]["demands"] = json!([["bay", 2], ["bay", 3, 0, 1], ["mechanic", 1, 0, 9]]),
        &[
            "$.tasks[0].demands[1][1]: 3 of \"bay\" is more than there is, 2",
            "$.tasks[0].demands[2][3]: 9 is after its end: it takes 5",
        ],
    ),
    (|d| d["tasks"][2]["duration"] = json!(1), &["$.tasks[2].modes: stand in the place"]),
    (
        |d| d["tasks"][1]["id"] = json!("repair 1"),
        &[
            "$.tasks[1].id: \"repair 1\" is already the id of tasks[0]",
            "$.precedence[0].after: there is no task \"test 1\"",
        ],
    ),
    (|d| d["tasks"][1]["id"] = json!(""), &["$.tasks[1].id: is empty", "$.precedence[0].after"]),
    (|d| d["tasks"][1]["due"] = json!(MAX_TIME + 1), &["$.tasks[1].due: must not be above"]),
    (|d| d["tasks"][1]["weight"] = json!(-1), &["$.tasks[1].weight: must not be below 0"]),
    (|d| d["tasks"][1]["fixed"] = json!({"start": 3, "mode": 1}), &["$.tasks[1].fixed.mode: there is no mode 1"]),
    (
        |d| d["tasks"][1]["fixed"] = json!({"start": 9}),
        &["$.tasks[1].fixed.start: what is fixed demands more of \"stand\""],
    ),
    (
        |d| {
            d["tasks"][1]["demands"] = json!([["stand", 1, 0, 1], ["stand", 1, 1, 2]]);
            d["tasks"][1]["fixed"] = json!({"start": 9});
        },
        &["$.tasks[1].fixed.start: what is fixed demands more of \"stand\""],
    ),
    (|d| d["tasks"][4]["fixed"] = json!({"start": 1}), &["$.tasks[4].fixed.start: 1 is before its release, 2"]),
    (
        |d| {
            d["tasks"][0]["fixed"] = json!({"start": 0});
            d["tasks"][1]["fixed"] = json!({"start": 4});
        },
        &["$.tasks[1].fixed.start: 4 is before 5"],
    ),
    (|d| d["tasks"][1]["preferred"] = json!({"start": 3}), &["$.tasks[1].preferred: missing field `price`"]),
    (|d| d["precedence"][0]["lag"] = json!(-1), &["$.precedence[0].lag: must not be below 0"]),
    (|d| d["precedence"][1]["before"] = json!("x"), &["$.precedence[1].before: there is no task \"x\""]),
    (|d| d["precedence"][1] = json!({"before": "test 1", "after": "repair 1"}), &["$.precedence: goes in a circle: "]),
    (
        |d| d["precedence"][1] = json!({"before": "test 1", "after": "test 1"}),
        &["$.precedence: goes in a circle: test 1"],
    ),
    (|d| d["tasks"][0]["release"] = json!(MAX_TIME), &["$.tasks: releases, calendars, durations and lags add up"]),
    (|d| d["jobs"] = json!([[[0, 1]]]), &["$.jobs: stands in the place", "$.objective: must be \"makespan\""]),
];

#[test]
fn every_fault_of_a_problem_is_told_with_its_place() {
    let good: Value = serde_json::from_str(&document().to_json()).unwrap();
    for (n, (change, expected)) in CASES.iter().enumerate() {
        let mut document = good.clone();
        change(&mut document);
        let faults = Problem::parse(document.to_string().as_bytes()).unwrap_err();
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        for fault in *expected {
            assert!(told.iter().any(|f| f.starts_with(fault)), "case {n}: {told:#?} lacks {fault}");
        }
        assert_eq!(told.len(), expected.len(), "case {n}: {told:#?}");
    }
}

#[test]
fn faults_of_jobs_are_told_with_their_place() {
    let parse = |jobs: Value| {
        let document = json!({"format": "muster-schedule/1", "objective": "makespan", "jobs": jobs});
        Problem::parse(document.to_string().as_bytes()).map_err(|faults| faults[0].to_string())
    };
    assert!(parse(json!([[[0, -1]]])).unwrap_err().starts_with("$.jobs[0][0][1]: must not be below 0"));
    assert!(parse(json!([[[0, 1], [1000, 1]]])).unwrap_err().starts_with("$.jobs[0][1][0]: must not be above 999"));
    assert!(parse(json!([[[0]]])).unwrap_err().starts_with("$.jobs[0][0]: invalid length"));
    assert!(parse(json!(vec![vec![[0, 1]; 101]; 100])).unwrap_err().starts_with("$.jobs: has 10100 steps"));
    assert_eq!(parse(json!([[[0, 1], [1, 2]], []])).unwrap().len(), 2);
    // A circle whose end is far from where one looks first.
    let mut long = document();
    long.precedence.extend([
        after("test 1", "repair 2", 0),
        after("test 2", "repair 3", 0),
        after("test 3", "repair 2", 0),
    ]);
    let faults = Problem::new(&long).unwrap_err();
    assert_eq!(faults[0].message, "goes in a circle: repair 2, test 2, repair 3, test 3");
}

#[test]
fn what_is_no_json_is_one_fault() {
    let deep = format!("{{\"name\": {}", "[".repeat(100_000));
    for text in ["", "{", "nonsense", "[]", "{} {}", "{\"horizon\": 1e999}", deep.as_str()] {
        let faults = Problem::parse(text.as_bytes()).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
    }
    assert_eq!(Problem::parse(&[0xff, 0xfe]).unwrap_err().len(), 1);
}

#[test]
fn too_many_tasks_are_one_fault() {
    let mut large = document();
    large.tasks = vec![large.tasks[0].clone(); MAX_TASKS + 1];
    let faults = Problem::new(&large).unwrap_err();
    assert_eq!((faults.len(), faults[0].path.as_str()), (1, "$.tasks"));
    // All of the same name: each is told, up to a number.
    large.tasks.truncate(MAX_TASKS);
    let faults = Problem::new(&large).unwrap_err();
    assert_eq!(faults.len(), 1_001);
    assert!(faults[1_000].message.starts_with("and "), "{}", faults[1_000]);
    let mut many = document();
    many.tasks[0] = document().tasks[2].clone();
    many.tasks[0].id = "repair 1".into();
    many.tasks[0].modes = vec![Mode::default(); 21];
    assert!(Problem::new(&many).unwrap_err()[0].to_string().starts_with("$.tasks[0].modes: has 21 members"));
}

#[test]
fn documents_and_schedules_come_back_as_they_were() {
    let mut shop = document();
    shop.tasks[4].fixed = Some(Fixed { start: 4, mode: 0 });
    shop.tasks[0].demands.push(Demand::part("stand", 1, 2, 4));
    assert!(shop.to_json().split_whitespace().collect::<String>().contains(r#"["mechanic",1],["stand",1,2,4]]"#));
    assert_eq!(Document::parse(shop.to_json().as_bytes()).unwrap(), shop);
    let schedule = solved(&shop, 1_000_000);
    assert_eq!(Schedule::parse(schedule.to_json().as_bytes()).unwrap(), schedule);
    let other = schedule.to_json().replace("muster-schedule-result/1", "muster-schedule-result/2");
    assert_eq!(Schedule::parse(other.as_bytes()).unwrap_err()[0].path, "$.format");
}

//! Reading instances and plans: what is well comes back as it was, and every fault is told with its path.

use muster_planner::{Instance, Plan};
use serde_json::{Value, json};

use crate::{random, yard};

type Change = fn(&mut Value);

/// What is done to the yard's document, and the faults that must be told.
const CASES: &[(Change, &[&str])] = &[
    (|d| d["format"] = json!("assistance-plan/3"), &["$.format: must be"]),
    (|d| d["periods"] = json!(0), &["$.periods: must not be below 1"]),
    (|d| d["periods"] = json!(7.5), &["$.periods: must be a whole number"]),
    (|d| d["periods"] = json!("8"), &["$.periods: must be a whole number, is a text"]),
    (|d| d["periods"] = json!(9), &["$.lanes[1].capacity_t: has 8 members"]),
    (|d| d["cost_weight"] = json!(-0.1), &["$.cost_weight: must not be below 0"]),
    (|d| d["lanes"] = json!({}), &["$.lanes: must be a list, is an object"]),
    (|d| d["lanes"][2] = json!(3), &["$.lanes[2]: must be an object, is a number"]),
    (|d| d["lanes"][2]["id"] = json!("d-h"), &["$.lanes[2].id: \"d-h\" is already the id of lanes[0]"]),
    (|d| d["lanes"][3]["from"] = json!("nowhere"), &["$.lanes[3].from: there is no place \"nowhere\""]),
    (|d| d["lanes"][3]["to"] = json!(null), &["$.lanes[3].to: must be a text, is null"]),
    (|d| d["lanes"][0]["transit"] = json!(-1), &["$.lanes[0].transit: must not be below 0"]),
    (|d| d["lanes"][1]["capacity_t"][3] = json!(-1), &["$.lanes[1].capacity_t[3]: must not be below 0"]),
    (|d| d["lanes"][0]["capacity_t"] = json!(null), &["$.lanes[0].capacity_t: must be a number"]),
    (|d| d["lanes"][0]["capacity_t"] = json!("25"), &["$.lanes[0].capacity_t: must be a number, is a text"]),
    (|d| d["lanes"][0]["forbids"] = json!([1]), &["$.lanes[0].forbids[0]: must be a text"]),
    (|d| d["resources"][0]["unit_mass_t"] = json!(1e300), &["$.resources[0].unit_mass_t: must not be above"]),
    (
        |d| d["resources"][1]["id"] = json!(""),
        &["$.resources[1].id: is empty", "$.processes[0].input: there is no", "$.offers[1].resource: there is no"],
    ),
    (|d| d["places"][1]["storage_t"] = json!(-5), &["$.places[1].storage_t: must not be below 0"]),
    (|d| _ = d["places"][1].as_object_mut().unwrap().remove("handling_t"), &["$.places[1].handling_t: is missing"]),
    (|d| d["processes"][0]["output"] = json!("tank"), &["$.processes[0].output: there is no resource"]),
    (|d| d["offers"][0]["quantity"] = json!(1.5), &["$.offers[0].quantity: must be a whole number, is 1.5"]),
    (|d| d["offers"][0]["from"] = json!(8), &["$.offers[0].from: must not be above 7"]),
    (|d| d["offers"][0]["only_for"] = json!("mobility"), &["$.offers[0].only_for: must be a list"]),
    (|d| d["requirements"][0]["expires"] = json!(1), &["$.requirements[0].expires: 1 is before due 2"]),
    (|d| d["requirements"][0]["accepts"][0]["utility"] = json!(1.1), &["$.requirements[0].accepts[0].utility"]),
    (
        |d| {
            let accepted = d["requirements"][0]["accepts"][0].clone();
            d["requirements"][0]["accepts"].as_array_mut().unwrap().push(accepted);
        },
        &["$.requirements[0].accepts[1].resource: \"truck\" is accepted twice"],
    ),
    (|d| d["packages"][0]["components"] = json!([]), &["$.packages[0].components: is empty"]),
    (|d| d["packages"][0]["components"][1]["quantity"] = json!(0), &["$.packages[0].components[1].quantity"]),
    (|d| d["packages"][0]["components"][1]["resource"] = json!("?"), &["$.packages[0].components[1].resource"]),
    (
        |d| {
            d["cost_weight"] = json!(-1);
            d["offers"][1]["place"] = json!("moon");
            d["packages"][0]["count"] = json!(-1);
            _ = d.as_object_mut().unwrap().remove("name");
        },
        &["$.cost_weight", "$.offers[1].place", "$.packages[0].count", "$.name: is missing"],
    ),
];

#[test]
fn every_fault_of_an_instance_is_told_with_its_path() {
    let good: Value = serde_json::from_str(&yard::instance().to_json()).unwrap();
    for (n, (change, expected)) in CASES.iter().enumerate() {
        let mut document = good.clone();
        change(&mut document);
        let faults = Instance::parse(document.to_string().as_bytes()).unwrap_err();
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        for fault in *expected {
            assert!(told.iter().any(|f| f.starts_with(fault)), "case {n}: {told:#?} lacks {fault}");
        }
        assert_eq!(told.len(), expected.len(), "case {n}: {told:#?}");
    }
}

#[test]
fn what_is_no_json_is_one_fault() {
    let deep = "[".repeat(100_000);
    for text in ["", "{", "nonsense", "{\"periods\": NaN}", "{\"periods\": 1e999}", "{} {}", deep.as_str()] {
        let faults = Instance::parse(text.as_bytes()).unwrap_err();
        assert_eq!((faults.len(), faults[0].path.as_str()), (1, "$"), "{faults:?}");
    }
    assert_eq!(Instance::parse(&[0xff, 0xfe]).unwrap_err().len(), 1);
    assert_eq!(Instance::parse(b"[]").unwrap_err()[0].message, "must be an object, is a list");
}

#[test]
fn faults_are_counted_once_there_are_too_many() {
    let mut document: Value = serde_json::from_str(&yard::instance().to_json()).unwrap();
    document["resources"] = Value::Array(vec![json!({}); 1_000]);
    let faults = Instance::parse(document.to_string().as_bytes()).unwrap_err();
    assert_eq!(faults.len(), 1_001);
    assert!(faults[1_000].message.starts_with("and "), "{}", faults[1_000].message);
}

#[test]
fn instances_and_plans_come_back_as_they_were() {
    for seed in 0..20 {
        let instance = random::instance(seed);
        assert_eq!(Instance::parse(instance.to_json().as_bytes()).unwrap(), instance);
    }
    let plan = yard::plan();
    assert_eq!(Plan::parse(plan.to_json().as_bytes()).unwrap(), plan);
    assert_eq!(serde_json::from_str::<Plan>(&serde_json::to_string(&plan).unwrap()).unwrap(), plan);
}

#[test]
fn every_fault_of_a_plan_is_told_with_its_path() {
    let mut document: Value = serde_json::from_str(&yard::plan().to_json()).unwrap();
    document["flows"][0]["quantity"] = json!(1.5);
    document["flows"][1]["path"][0] = json!({"lane": "x", "process": "y", "depart": 1});
    document["flows"][2]["requirement"] = json!("both");
    document["flows"][3].as_object_mut().unwrap().remove("requirement");
    document["packages"][0]["count"] = json!("2");
    document["bound"] = json!("high");
    let faults = Plan::parse(document.to_string().as_bytes()).unwrap_err();
    let paths: Vec<&str> = faults.iter().map(|f| f.path.as_str()).collect();
    let expected =
        ["$.bound", "$.flows[0].quantity", "$.flows[1].path[0]", "$.flows[2]", "$.flows[3]", "$.packages[0].count"];
    assert_eq!(paths, expected, "{faults:?}");
}

//! The judge on plans that are broken in every way the rules can be broken.

use muster_planner::plan::{Line, Plan, Target};
use muster_planner::{Instance, check};

use crate::yard::{self, component, flow, lane, process, requirement};

/// What is done to the good plan (or to its instance), and what the judge must say of it.
pub(crate) type Case = (&'static str, fn(&mut Instance, &mut Plan), &'static str);

fn set(plan: &mut Plan, flow: usize, change: impl FnOnce(&mut muster_planner::plan::Flow)) {
    change(&mut plan.flows[flow]);
}

pub(crate) const CASES: &[Case] = &[
    ("unknown offer", |_, p| set(p, 0, |f| f.offer = "none".into()), "no such offer"),
    ("quantity 0", |_, p| set(p, 0, |f| f.quantity = 0), "not a positive whole number"),
    ("quantity below 0", |_, p| set(p, 0, |f| f.quantity = -1), "not a positive whole number"),
    ("unknown lane", |_, p| set(p, 0, |f| f.path[0] = lane("none", 0)), "cannot take"),
    ("starts elsewhere", |_, p| set(p, 0, |f| f.path = vec![lane("h-p", 1)]), "cannot take"),
    ("before the offer", |_, p| set(p, 2, |f| f.path = vec![lane("air", 0)]), "cannot take"),
    ("before arrival", |_, p| set(p, 3, |f| f.path[1] = lane("h-p", 1)), "cannot take"),
    ("departs before time", |_, p| set(p, 0, |f| f.path[0] = lane("d-h", -1)), "cannot take"),
    ("forbidden class", |_, p| set(p, 3, |f| f.path = vec![lane("air", 1)]), "cannot take"),
    ("unknown process", |_, p| set(p, 1, |f| f.path[2] = process("none", 2)), "cannot start"),
    ("process elsewhere", |_, p| set(p, 1, |f| f.path[1] = process("repair", 1)), "cannot start"),
    ("process too early", |_, p| set(p, 1, |f| f.path[2] = process("repair", 1)), "cannot start"),
    ("wrong input", |_, p| set(p, 1, |f| f.offer = "trucks".into()), "cannot start"),
    ("lane past the horizon", |_, p| set(p, 0, |f| f.path[0] = lane("d-h", 7)), "after the last period"),
    ("lane far past the horizon", |_, p| set(p, 0, |f| f.path[0] = lane("d-h", i64::MAX)), "after the last period"),
    ("process past the horizon", |_, p| set(p, 1, |f| f.path[2] = process("repair", 7)), "after the last period"),
    ("process far past", |_, p| set(p, 1, |f| f.path[2] = process("repair", i64::MAX)), "after the last period"),
    ("arrives before its end", |_, p| set(p, 0, |f| f.arrive = 1), "before the path's end"),
    ("arrives before time", |_, p| set(p, 0, |f| f.arrive = -1), "before the path's end"),
    ("arrives past the horizon", |_, p| set(p, 0, |f| f.arrive = 8), "past the horizon"),
    ("unknown requirement", |_, p| set(p, 0, |f| f.target = requirement("none")), "no requirement"),
    (
        "unknown package",
        |_, p| set(p, 2, |f| f.target = Target::Package { id: "none".into(), component: 0 }),
        "no package",
    ),
    ("unknown component", |_, p| set(p, 2, |f| f.target = component(2)), "no component 2"),
    ("other component", |_, p| set(p, 2, |f| f.target = component(0)), "not crew"),
    ("not accepted", |_, p| set(p, 0, |f| f.target = requirement("petrol")), "does not accept"),
    ("ends elsewhere", |_, p| set(p, 0, |f| _ = f.path.pop()), "ends at hub"),
    ("part ends elsewhere", |_, p| set(p, 1, |f| _ = f.path.pop()), "ends at shop"),
    ("caveat of a requirement", |_, p| set(p, 1, |f| (f.target, f.quantity) = (requirement("lorries"), 1)), "caveat"),
    ("caveat of a package", |i, _| i.offers[2].only_for = Some(vec!["engineering".into()]), "caveat"),
    ("caveat of nothing", |i, _| i.offers[2].only_for = Some(vec![]), "caveat"),
    (
        "lane full",
        |_, p| {
            set(p, 3, |f| f.path[0] = lane("d-h", 0));
            set(p, 4, |f| f.path[0] = lane("d-h", 0));
        },
        "lane d-h in 0",
    ),
    ("lane closed", |_, p| set(p, 4, |f| (f.path[1], f.arrive) = (lane("h-p", 6), 7)), "lane h-p in 6"),
    ("handling", |i, _| i.places[1].handling_t = Some(19.0.into()), "handling at hub in 1"),
    ("storage on the way", |i, _| i.places[1].storage_t = Some(2.0.into()), "storage at hub after 2"),
    ("storage at the offer", |i, _| i.places[0].storage_t = Some(7.0.into()), "storage at depot after 0"),
    (
        "storage at the destination",
        |i, p| {
            i.places[3].storage_t = Some(0.0.into());
            set(p, 0, |f| f.arrive = 3);
        },
        "storage at point after 2",
    ),
    (
        "storage before a process",
        |i, p| {
            i.places[2].storage_t = Some(0.0.into());
            set(p, 1, |f| (f.path[2], f.path[3], f.arrive) = (process("repair", 3), lane("s-p", 4), 5));
            p.packages[0].period = 5;
        },
        "storage at shop after 2",
    ),
    ("process over capacity", |i, _| i.processes[0].capacity = 1.0.into(), "process repair in 2"),
    ("offer exceeded", |i, _| i.offers[3].quantity = 14, "offer fuel"),
    ("offer exceeded in two lots", |_, p| set(p, 4, |f| f.quantity = 11), "offer fuel"),
    ("requirement exceeded", |i, _| i.requirements[1].quantity = 14, "requirement petrol"),
    ("package: unknown", |_, p| p.packages[0].package = "none".into(), "no such package"),
    ("package: count 0", |_, p| p.packages[0].count = 0, "not positive"),
    ("package: count below 0", |_, p| p.packages[0].count = -2, "not positive"),
    ("package: before time", |_, p| p.packages[0].period = -9, "outside the horizon"),
    ("package: past the horizon", |_, p| p.packages[0].period = 8, "outside the horizon"),
    ("package: too early", |_, p| p.packages[0].period = 3, "by period 3 component 0"),
    ("package: parts lack", |_, p| set(p, 2, |f| f.quantity = 3), "by period 4 component 1 needs 4, has 3"),
    ("package: no part at all", |_, p| _ = p.flows.remove(2), "component 1 needs 4, has 0"),
    ("package: more than wanted", |i, _| i.packages[0].count = 1, "2 completed, 1 wanted"),
    (
        "package: more than wanted in two lines",
        |_, p| p.packages.push(Line { package: "platoon".into(), period: 5, count: 1 }),
        "3 completed, 2 wanted",
    ),
    (
        "package: parts used twice",
        |_, p| {
            p.packages[0].count = 1;
            p.packages.push(Line { package: "platoon".into(), period: 2, count: 1 });
        },
        "by period 2 component 0",
    ),
    ("objective misstated", |_, p| p.objective += 0.01, "stated objective"),
    ("objective no number", |_, p| p.objective = f64::NAN, "stated objective"),
    ("bound below the objective", |_, p| p.bound = Some(p.objective - 0.01), "over the stated bound"),
];

/// The plan after a case's change, its objective put right unless that is what the case is about.
pub(crate) fn broken((name, change, _): &Case) -> (Instance, Plan) {
    let (mut instance, mut plan) = (yard::instance(), yard::plan());
    change(&mut instance, &mut plan);
    if !name.starts_with("objective") && !name.starts_with("bound") {
        plan.objective = check(&instance, &plan).objective;
        plan.bound = None;
    }
    (instance, plan)
}

#[test]
fn a_plan_that_keeps_the_rules_has_no_faults() {
    let (instance, plan) = (yard::instance(), yard::plan());
    let verdict = check(&instance, &plan);
    assert_eq!(verdict.faults, Vec::<String>::new());
    // 2 × 40 + 10 × 5 × 0.8 + 5 × 5 × 0.8 × 3/4 + 2 × 300
    assert!((verdict.value - 735.0).abs() < 1e-9, "{}", verdict.value);
    // trucks 10 t × 20, wrecks 10 t × 12 + 2 × 20, crews 0.4 t × 100, fuel 7.5 t × 20
    assert!((verdict.cost - 550.0).abs() < 1e-9, "{}", verdict.cost);
    assert!((verdict.objective - 729.5).abs() < 1e-9);
}

#[test]
fn every_broken_rule_is_found_and_named() {
    for case in CASES {
        let (instance, plan) = broken(case);
        let faults = check(&instance, &plan).faults;
        let (name, _, expected) = case;
        assert!(faults.iter().any(|f| f.contains(expected)), "{name}: {faults:?}");
    }
}

#[test]
fn limits_hold_to_a_millionth() {
    let (mut instance, plan) = (yard::instance(), yard::plan());
    instance.places[1].handling_t = Some((20.0 - 1e-5).into());
    assert!(check(&instance, &plan).faults.is_empty());
    instance.places[1].handling_t = Some((20.0 - 1e-4).into());
    assert_eq!(check(&instance, &plan).faults.len(), 1);
}

#[test]
fn deliveries_from_expires_on_are_worth_nothing() {
    let (instance, mut plan) = (yard::instance(), Plan::empty("yard"));
    for (arrive, share) in [(2, 1.0), (3, 0.75), (5, 0.25), (6, 0.0), (7, 0.0)] {
        let path = vec![lane("d-h", 0), lane("h-p", 1)];
        plan.flows = vec![flow("trucks", 1, path, arrive, requirement("lorries"))];
        assert!((check(&instance, &plan).value - 40.0 * share).abs() < 1e-12);
    }
}

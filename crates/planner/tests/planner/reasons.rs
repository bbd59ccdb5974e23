//! Reasons are tested by taking their causes away and solving again.

use std::ops::ControlFlow;
use std::time::Duration;

use muster_planner::change::{Change, apply};
use muster_planner::explain::{Reason, Shortfall, explain, remedy};
use muster_planner::instance::Series;
use muster_planner::solve::{LimitKind, Options, Outcome, Status, solve};
use muster_planner::{Instance, Plan};

use crate::random;
use crate::yard;

fn best(instance: &Instance) -> Outcome {
    let options = Options { gap: 0.0, time_limit: Duration::from_secs(20), ..Options::default() };
    solve(instance, &options, &mut |_| ControlFlow::Continue(()))
}

fn shortfall(instance: &Instance, want: &str) -> Shortfall {
    let found = explain(instance, &best(instance).plan).into_iter().find(|s| s.want == want);
    found.unwrap_or_else(|| panic!("{want} lacks nothing"))
}

/// Units or sets of a want that a plan delivers.
fn delivered(instance: &Instance, plan: &Plan, want: &str) -> i64 {
    let lines = plan.packages.iter().filter(|l| l.package == want).map(|l| l.count).sum::<i64>();
    let to = |f: &&muster_planner::plan::Flow| f.target == yard::requirement(want);
    let units = plan.flows.iter().filter(to).map(|f| f.quantity).sum::<i64>();
    if instance.packages.iter().any(|k| k.id == want) { lines } else { units }
}

/// Takes the causes away, solves again, and tells how many the want gets then.
fn without_cause(instance: &Instance, shortfall: &Shortfall) -> i64 {
    let changed = apply(instance, &remedy(instance, shortfall)).unwrap();
    delivered(&changed, &best(&changed).plan, &shortfall.want)
}

/// Only one want and what serves it, so that the reason must be this one.
fn only(want: &str, change: impl Fn(&mut Instance)) -> Instance {
    let mut instance = yard::instance();
    instance.requirements.retain(|r| r.id == want);
    instance.packages.retain(|k| k.id == want);
    change(&mut instance);
    instance
}

/// Leaves one lane from the hub, with these tonnes per period.
fn by_road_only(instance: &mut Instance, tonnes: Vec<f64>) {
    instance.lanes.retain(|l| l.id != "h-s" && l.id != "s-p");
    instance.lanes[1].capacity_t = Series::PerPeriod(tonnes);
}

#[test]
fn what_nobody_offers_is_told_so() {
    let instance = only("petrol", |i| i.offers.retain(|o| o.id != "fuel"));
    let found = shortfall(&instance, "petrol");
    assert_eq!((found.units, found.late), (15, false));
    assert_eq!(found.causes[0].reason, Reason::NotOffered);
    assert_eq!((found.causes[0].resource.as_str(), found.causes[0].units), ("fuel", 15));
    assert_eq!(without_cause(&instance, &found), 15);
}

#[test]
fn a_caveat_names_the_offers_that_it_excludes() {
    let instance = only("petrol", |i| i.offers[3].only_for = Some(vec!["medical".into()]));
    let found = shortfall(&instance, "petrol");
    assert_eq!(found.causes[0].reason, Reason::Caveat { offers: vec![("fuel".into(), 15)] });
    assert_eq!(without_cause(&instance, &found), 15);
}

#[test]
fn a_full_lane_is_told_with_its_periods_load_and_capacity() {
    // Fuel may not fly; half a tonne a period for three periods are 3 units.
    let instance = only("petrol", |i| by_road_only(i, vec![0., 0.5, 0.5, 0.5, 0., 0., 0., 0.]));
    let found = shortfall(&instance, "petrol");
    assert_eq!(found.units, 12, "{found:?}");
    let Reason::Full { what, id, load, capacity, lacking, .. } = &found.causes[0].reason else {
        panic!("{found:?}");
    };
    assert_eq!((*what, id.as_str()), (LimitKind::Lane, "h-p"));
    assert!(load <= capacity && *lacking > 0.0, "{found:?}");
    assert_eq!(without_cause(&instance, &found), 15);
}

#[test]
fn a_shop_without_a_free_slot_is_told_for_what_waits_for_repair() {
    let instance = only("platoon", |i| {
        i.offers.retain(|o| o.id != "trucks");
        i.processes[0].capacity = 0.0.into();
    });
    let found = shortfall(&instance, "platoon");
    let full = found.causes.iter().find(|c| matches!(c.reason, Reason::Full { what: LimitKind::Process, .. }));
    assert_eq!(full.map(|c| (c.resource.as_str(), c.units)), Some(("truck", 2)), "{found:?}");
    assert!(found.causes.iter().all(|c| c.resource != "crew"), "crews are not what is lacking: {found:?}");
    assert_eq!(without_cause(&instance, &found), 2);
}

#[test]
fn what_serves_others_is_told_with_whom_it_serves() {
    let mut instance = yard::instance();
    instance.processes[0].capacity = 0.0.into();
    instance.offers[0].quantity = 3;
    let found = shortfall(&instance, "lorries");
    let Reason::Elsewhere { offers, serve } = &found.causes[0].reason else { panic!("{found:?}") };
    assert_eq!((offers[0].0.as_str(), serve[0].0.as_str()), ("trucks", "platoon"));
    assert_eq!(without_cause(&instance, &found), 3);
}

#[test]
fn what_comes_too_late_or_after_the_end_is_told_with_the_period() {
    let instance = only("petrol", |i| i.offers[3].from = 6);
    let found = shortfall(&instance, "petrol");
    let expected = Reason::TooLate { offer: "fuel".into(), arrives: 8, last: 6 };
    assert_eq!(found.causes[0].reason, expected);
    let beyond = only("petrol", |i| {
        i.offers[3].from = 6;
        i.requirements[0].expires = 30;
    });
    let found = shortfall(&beyond, "petrol");
    assert_eq!(found.causes[0].reason, Reason::Horizon { offer: "fuel".into(), arrives: 8 });
    let mut later = apply(&beyond, &remedy(&beyond, &found)).unwrap();
    assert_eq!(later.periods, 31);
    // The lane is closed in its last periods, and stays so beyond them.
    later.lanes[1].capacity_t = Series::Constant(25.0);
    assert_eq!(delivered(&later, &best(&later).plan, "petrol"), 15);
}

#[test]
fn a_place_no_way_leads_to_and_a_way_that_does_not_pay_are_told() {
    let cut = only("petrol", |i| i.lanes.retain(|l| l.id != "h-p" && l.id != "s-p"));
    let found = shortfall(&cut, "petrol");
    assert_eq!(found.causes[0].reason, Reason::NoWay { offers: vec!["fuel".into()] }, "fuel may not fly");
    assert_eq!(without_cause(&cut, &found), 15);
    let dear = only("petrol", |i| i.cost_weight = 10.0);
    let found = shortfall(&dear, "petrol");
    assert!(matches!(found.causes[0].reason, Reason::Dear { cost, worth } if cost >= worth), "{found:?}");
    assert_eq!(remedy(&dear, &found), Vec::<Change>::new());
}

#[test]
fn what_is_late_is_told_with_what_would_bring_it_in_time() {
    let instance = only("petrol", |i| by_road_only(i, vec![0., 0., 2.5, 0., 2.5, 0., 0., 0.]));
    let found = explain(&instance, &best(&instance).plan);
    let late = found.iter().find(|s| s.late).unwrap();
    assert_eq!((late.units, found.iter().find(|s| !s.late).map(|s| s.units)), (5, Some(5)));
    let Reason::Full { id, periods, .. } = &late.causes[0].reason else { panic!("{late:?}") };
    assert_eq!(id, "h-p");
    assert!(periods.iter().all(|t| *t <= 2), "on time is by period 3: {periods:?}");
    let changed = apply(&instance, &remedy(&instance, late)).unwrap();
    let again = best(&changed).plan;
    let late = again.flows.iter().filter(|f| f.arrive > 3).map(|f| f.quantity).sum::<i64>();
    assert_eq!(late, 5, "what was missing comes late now, what was late comes in time");
}

#[test]
fn a_plan_leaves_nothing_that_is_free_and_pays() {
    for seed in 200..260 {
        let instance = random::instance(seed);
        // In no time there is little more than first come, first served.
        let options = Options { time_limit: Duration::from_millis(200), ..Options::default() };
        let plan = solve(&instance, &options, &mut |_| ControlFlow::Continue(())).plan;
        for found in explain(&instance, &plan).into_iter().filter(|s| !s.late) {
            let idle = found.causes.iter().any(|c| c.reason == Reason::NotSought);
            let package = instance.packages.iter().any(|k| k.id == found.want);
            assert!(!idle || package, "seed {seed}: {found:?}");
        }
    }
}

#[test]
fn without_its_causes_every_shortfall_gives_way_to_a_better_plan() {
    let (mut tested, mut kinds) = (0, std::collections::HashSet::new());
    for seed in 0..120 {
        let instance = random::instance(seed);
        let outcome = best(&instance);
        if outcome.status != Status::Optimal {
            continue;
        }
        for found in explain(&instance, &outcome.plan) {
            assert!(!found.causes.is_empty(), "seed {seed}: {found:?}");
            let idle = |r: &Reason| matches!(r, Reason::NotSought);
            assert!(!found.causes.iter().any(|c| idle(&c.reason)), "seed {seed}: the plan could be better: {found:?}");
            // More time alone frees no capacity, so these are tested by hand.
            let untested =
                |r: &Reason| matches!(r, Reason::TooLate { .. } | Reason::Horizon { .. } | Reason::Dear { .. });
            if found.causes.iter().any(|c| untested(&c.reason)) {
                continue;
            }
            for cause in &found.causes {
                kinds.insert(std::mem::discriminant(&cause.reason));
            }
            let changed = apply(&instance, &remedy(&instance, &found)).unwrap();
            let again = best(&changed);
            assert!(again.objective > outcome.objective + 1e-6, "seed {seed}: {found:?}");
            tested += 1;
        }
    }
    assert!(tested > 100 && kinds.len() >= 4, "{tested} reasons of {} kinds", kinds.len());
}

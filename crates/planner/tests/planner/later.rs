//! Plans of the later format on random instances: all rules are kept, and the bound holds.

use std::collections::BTreeMap;

use muster_planner::Instance;
use muster_planner::ask::asks;
use muster_planner::change::apply;
use muster_planner::explain::{explain, remedy};
use muster_planner::plan::{Leg, Target};
use proptest::prelude::*;

use crate::plans::{best_is_within_the_bound, holds, run};
use crate::random;

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn plans_keep_the_rules_and_stay_under_their_bound(seed in any::<u64>()) {
        let instance = random::later(seed, random::SMALL);
        holds(&instance, &run(&instance));
    }

    #[test]
    fn no_plan_is_worth_more_than_the_bound(seed in any::<u64>()) {
        best_is_within_the_bound(&random::later(seed, random::TINY));
    }
}

#[test]
fn instances_come_back_as_they_were() {
    for seed in 0..50 {
        let instance = random::later(seed, random::SMALL);
        assert_eq!(Instance::parse(instance.to_json().as_bytes()).unwrap(), instance);
    }
}

#[test]
fn all_of_the_later_format_is_met_in_plans_and_nearly_all_are_the_best() {
    let mut met = BTreeMap::<&str, usize>::new();
    let (mut tried, mut best) = (0, 0);
    for seed in 0..200 {
        let instance = random::shop(seed);
        let (outcome, most) = best_is_within_the_bound(&instance);
        let mut note = |what, is: bool| *met.entry(what).or_default() += usize::from(is);
        for flow in &outcome.plan.flows {
            let offer = instance.offers.iter().find(|o| o.id == flow.offer).unwrap();
            note("order", flow.path.iter().any(|leg| matches!(leg, Leg::Order { .. })));
            note("need", matches!(flow.target, Target::Process { .. }));
            note("pool", matches!(flow.target, Target::Pool(_)));
            note("lot", offer.lot > 1);
            note("lent", offer.until.is_some());
            for leg in &flow.path {
                let Leg::Lane { lane, .. } = leg else { continue };
                let lane = instance.lanes.iter().find(|l| l.id == *lane).unwrap();
                note("trip", lane.trip_cost > 0.0);
                note("least load", lane.least_t > 0.0);
            }
        }
        if let Some(most) = most {
            let slack = 1e-6 * most.abs().max(1.0);
            (tried, best) = (tried + 1, best + usize::from(outcome.objective >= most - slack));
        }
    }
    assert!(met.len() == 7 && met.values().all(|n| *n >= 5), "{met:?}");
    assert!(tried > 100 && best * 100 >= tried * 95, "{best} of {tried} are the best there is");
}

#[test]
fn what_is_advised_can_be_done() {
    let (mut reasons, mut requests) = (0, 0);
    for seed in 0..150 {
        let instance = if seed % 2 == 0 { random::shop(seed) } else { random::later(seed, random::SMALL) };
        let outcome = run(&instance);
        let shortfalls = explain(&instance, &outcome.plan);
        for found in &shortfalls {
            apply(&instance, &remedy(&instance, found)).unwrap_or_else(|fault| panic!("{seed}: {fault}: {found:?}"));
        }
        let asked = asks(&instance, &outcome.plan, &shortfalls, &outcome.limits, 0);
        for ask in &asked {
            apply(&instance, &ask.changes).unwrap_or_else(|fault| panic!("{seed}: {fault}: {ask:?}"));
        }
        (reasons, requests) = (reasons + shortfalls.len(), requests + asked.len());
    }
    assert!(reasons > 100 && requests > 100, "{reasons} reasons, {requests} requests");
}

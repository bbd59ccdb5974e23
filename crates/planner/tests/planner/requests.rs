//! What to ask for is tested by solving again with it.

use std::ops::ControlFlow;
use std::time::Duration;

use muster_planner::ask::{Ask, asks, verify};
use muster_planner::change::{Change, apply};
use muster_planner::explain::explain;
use muster_planner::solve::{Options, Outcome, solve, solve_from};
use muster_planner::{Instance, Plan};

use crate::random;
use crate::yard;

fn options() -> Options {
    Options { gap: 0.0, time_limit: Duration::from_secs(10), ..Options::default() }
}

fn best(instance: &Instance) -> Outcome {
    solve(instance, &options(), &mut |_| ControlFlow::Continue(()))
}

fn requests(instance: &Instance, outcome: &Outcome) -> Vec<Ask> {
    let shortfalls = explain(instance, &outcome.plan);
    let mut asks = asks(instance, &outcome.plan, &shortfalls, &outcome.limits, 0);
    verify(instance, &outcome.plan, &mut asks, &options(), &mut |_| ControlFlow::Continue(()));
    asks
}

fn gain(ask: &Ask) -> f64 {
    ask.verified.as_ref().map_or(0.0, |v| v.gain)
}

#[test]
fn parts_that_complete_sets_are_asked_for_together() {
    let mut instance = yard::instance();
    instance.offers.retain(|o| o.id == "fuel");
    let found = requests(&instance, &best(&instance));
    let sets = found.iter().find(|ask| ask.serves == [("platoon".to_owned(), 2)]).unwrap();
    let asked = sets.changes.iter().map(|change| match change {
        Change::AddOffer { resource, quantity, from, .. } => (resource.as_str(), *quantity, *from),
        other => panic!("{other:?}"),
    });
    let asked: Vec<_> = asked.collect();
    assert_eq!(asked.iter().map(|a| (a.0, a.1)).collect::<Vec<_>>(), [("truck", 2), ("crew", 4)]);
    // Two trucks fly, or go by road by way of the hub, until the due period at the latest.
    assert!(asked.iter().all(|a| (2..=4).contains(&a.2)), "{asked:?}");
    let verified = sets.verified.as_ref().unwrap();
    assert_eq!(verified.serves, [("platoon".to_owned(), 2)]);
    assert!((sets.predicted - verified.gain).abs() < 0.05 * verified.gain, "{sets:?}");
    let lorries = found.iter().find(|ask| ask.serves[0].0 == "lorries").unwrap();
    assert_eq!(lorries.serves, [("lorries".to_owned(), 3)]);
    assert!(gain(lorries) > 100.0, "{lorries:?}");
}

#[test]
fn a_caveat_and_a_slot_are_asked_for_where_they_are_what_is_lacking() {
    let mut instance = yard::instance();
    instance.offers[3].only_for = Some(vec!["medical".into()]);
    let found = requests(&instance, &best(&instance));
    let lifted = found.iter().find(|a| a.changes == [Change::LiftCaveat { offer: "fuel".into() }]).unwrap();
    assert!(gain(lifted) > 0.9 * lifted.predicted && gain(lifted) > 0.0, "{lifted:?}");

    let mut instance = yard::instance();
    instance.offers[0].quantity = 0;
    instance.requirements.clear();
    instance.processes[0].capacity = 1.0.into();
    // One slot for one period: the second wreck is not repaired in time.
    instance.packages[0].due = 4;
    instance.packages[0].expires = 5;
    let found = requests(&instance, &best(&instance));
    let slot = found.iter().find(|a| matches!(&a.changes[..], [Change::WidenProcess { .. }])).unwrap();
    assert_eq!(slot.verified.as_ref().map(|v| v.serves.clone()), Some(vec![("platoon".to_owned(), 1)]), "{slot:?}");
}

#[test]
fn no_request_loses_and_the_bound_on_its_gain_holds() {
    let (mut made, mut gained) = (0, 0);
    for seed in 0..60 {
        let instance = random::instance(seed);
        let outcome = best(&instance);
        for ask in requests(&instance, &outcome).iter().take(6) {
            let verified = ask.verified.as_ref().unwrap();
            let slack = 1e-6 * outcome.objective.abs().max(1.0);
            assert!(verified.gain >= -slack && verified.gain <= verified.at_most + slack, "seed {seed}: {ask:?}");
            let changed = best(&apply(&instance, &ask.changes).unwrap());
            assert!(verified.gain <= changed.bound - outcome.objective + slack, "seed {seed}: {ask:?}");
            made += 1;
            gained += usize::from(verified.gain > slack);
        }
    }
    assert!(made > 40 && 10 * gained > 7 * made, "{gained} of {made} requests gain");
}

#[test]
fn a_plan_is_a_start_for_the_same_and_for_a_changed_instance() {
    for seed in 0..40 {
        let instance = random::instance(seed);
        let first = best(&instance);
        let again = solve_from(&instance, &options(), &first.plan, 0.0, &mut |_| ControlFlow::Continue(()));
        assert!(again.objective >= first.objective - 1e-6, "seed {seed}");
        let Some(donor) = instance.offers.first().map(|o| o.id.clone()) else { continue };
        let changed = apply(&instance, &[Change::DropOffer { offer: donor }]).unwrap();
        let from = solve_from(&changed, &options(), &first.plan, 0.0, &mut |_| ControlFlow::Continue(()));
        let cold = best(&changed);
        assert!(from.objective <= cold.bound + 1e-6 && cold.objective <= from.bound + 1e-6, "seed {seed}");
        assert_eq!(muster_planner::check(&changed, &from.plan).faults, Vec::<String>::new());
    }
}

#[test]
fn lines_stay_unless_changing_them_is_worth_the_price() {
    const KEEP: f64 = 0.01;
    let stays = |before: &Plan, after: &Plan| before.flows.iter().filter(|f| after.flows.contains(f)).count();
    let (mut lines, mut kept) = (0, 0);
    for seed in 0..40 {
        let instance = random::instance(seed);
        let first = best(&instance);
        if first.plan.flows.is_empty() {
            continue;
        }
        let again = solve_from(&instance, &options(), &first.plan, KEEP, &mut |_| ControlFlow::Continue(()));
        assert_eq!(stays(&first.plan, &again.plan), first.plan.flows.len(), "seed {seed}: nothing has changed");
        let unused = first.plan.flows[0].offer.clone();
        let changed = apply(&instance, &[Change::DelayOffer { offer: unused.clone(), periods: 1 }]).unwrap();
        let from = solve_from(&changed, &options(), &first.plan, KEEP, &mut |_| ControlFlow::Continue(()));
        assert_eq!(muster_planner::check(&changed, &from.plan).faults, Vec::<String>::new());
        // No other plan is better once each line that stays earns the price.
        let cold = best(&changed);
        let price = KEEP * from.objective / first.plan.flows.len() as f64;
        let score = |plan: &Plan| plan.objective + price * stays(&first.plan, plan) as f64;
        assert!(score(&from.plan) >= score(&cold.plan) - 1e-6 * cold.objective.max(1.0), "seed {seed}");
        lines += first.plan.flows.iter().filter(|f| f.offer != unused).count();
        kept += first.plan.flows.iter().filter(|f| f.offer != unused && from.plan.flows.contains(f)).count();
    }
    assert!(kept * 100 >= lines * 80, "{kept} of {lines} lines of other offers stay");
}

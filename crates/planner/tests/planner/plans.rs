//! Plans on small random instances: they keep the rules, beat first come, first served, and stay under their bound.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use muster_planner::instance::Instance;
use muster_planner::plan::{Flow, Leg, Line, Plan, Target};
use muster_planner::solve::{LimitKind, Options, Outcome, Status, solve};
use muster_planner::{check, first_come};
use proptest::prelude::*;

use crate::random;
use crate::yard;

pub(crate) fn run(instance: &Instance) -> Outcome {
    let options = Options { gap: 1e-6, time_limit: Duration::from_secs(10), seed: 1 };
    solve(instance, &options, &mut |_| ControlFlow::Continue(()))
}

pub(crate) fn holds(instance: &Instance, outcome: &Outcome) {
    assert_eq!(check(instance, &outcome.plan).faults, Vec::<String>::new());
    let slack = 1e-6 * outcome.bound.abs().max(1.0);
    assert!(outcome.objective <= outcome.bound + slack, "{} over {}", outcome.objective, outcome.bound);
    assert!(outcome.objective >= nothing(instance));
    assert!(outcome.objective >= first_come::plan(instance).objective - slack);
    assert_eq!(outcome.plan.bound, Some(outcome.bound));
    assert_eq!(outcome.plan.objective, outcome.objective);
}

/// What the plan that does nothing is worth: less than 0 where a least value is asked for.
fn nothing(instance: &Instance) -> f64 {
    check(instance, &Plan::empty(&instance.name)).objective
}

/// Every way of one unit: paths, deliveries and targets.
fn ways(instance: &Instance, offer: &muster_planner::instance::Offer) -> Vec<Flow> {
    let mut found = Vec::new();
    let mut open = vec![(offer.place.clone(), offer.from, offer.resource.clone(), Vec::<Leg>::new())];
    if let Some(purchase) = &offer.purchase {
        let orders = (offer.from..instance.periods).filter(|t| t + purchase.lead < instance.periods);
        let order = |t: usize| vec![Leg::Order { order: t as i64 }];
        open = orders.map(|t| (offer.place.clone(), t + purchase.lead, offer.resource.clone(), order(t))).collect();
    }
    while let Some((place, period, resource, path)) = open.pop() {
        if path.len() > 4 {
            continue;
        }
        for target in targets(instance, &place, &resource) {
            let (offer, quantity) = (offer.id.clone(), offer.lot);
            found.push(Flow { offer, quantity, path: path.clone(), arrive: period as i64, target });
        }
        for start in period..instance.periods {
            for l in instance.lanes.iter().filter(|l| l.from == place && start + l.transit < instance.periods) {
                let leg = Leg::Lane { lane: l.id.clone(), depart: start as i64 };
                open.push((l.to.clone(), start + l.transit, resource.clone(), [path.clone(), vec![leg]].concat()));
            }
            for p in instance.processes.iter().filter(|p| p.place == place && p.input == resource) {
                if start + p.duration < instance.periods {
                    let leg = Leg::Process { process: p.id.clone(), start: start as i64 };
                    let path = [path.clone(), vec![leg]].concat();
                    open.push((place.clone(), start + p.duration, p.output.clone(), path));
                }
            }
        }
    }
    found
}

fn targets(instance: &Instance, place: &str, resource: &str) -> Vec<Target> {
    let requirements = instance.requirements.iter().filter(|r| r.place == place);
    let accepting = requirements.filter(|r| r.accepts.iter().any(|a| a.resource == resource));
    let mut targets: Vec<Target> = accepting.map(|r| Target::Requirement(r.id.clone())).collect();
    // What is brought for no set at all only fills up a load that is too small.
    for k in instance.packages.iter().filter(|k| k.place == place && k.count > 0) {
        for (component, part) in k.components.iter().enumerate() {
            if part.resource == resource {
                targets.push(Target::Package { id: k.id.clone(), component });
            }
        }
    }
    for p in instance.processes.iter().filter(|p| p.place == place) {
        let inputs = p.needs.iter().enumerate().filter(|(_, need)| need.resource == resource);
        targets.extend(inputs.map(|(input, _)| Target::Process { id: p.id.clone(), input }));
    }
    let pools = instance.pools.iter().filter(|p| p.place == place && p.accepts.as_deref() == Some(resource));
    targets.extend(pools.map(|pool| Target::Pool(pool.id.clone())));
    targets
}

/// Flows on the same way are one.
fn summed(flows: impl Iterator<Item = Flow>) -> Vec<Flow> {
    let mut sums: HashMap<Flow, i64> = HashMap::new();
    for flow in flows {
        let quantity = flow.quantity;
        *sums.entry(Flow { quantity: 0, ..flow }).or_default() += quantity;
    }
    sums.into_iter().map(|(flow, quantity)| Flow { quantity, ..flow }).collect()
}

/// Rules that a way may break alone and keep with others.
const TOGETHER: [&str; 3] = ["departs, at least", "needs", "pool"];

/// Sets completed as early as what arrives allows.
fn complete(instance: &Instance, flows: Vec<Flow>) -> Plan {
    let mut plan = Plan { flows, ..Plan::empty(&instance.name) };
    for k in &instance.packages {
        let mut done = 0;
        for t in 0..instance.periods as i64 {
            let arrived = |component: usize| -> i64 {
                let target = Target::Package { id: k.id.clone(), component };
                plan.flows.iter().filter(|f| f.arrive <= t && f.target == target).map(|f| f.quantity).sum()
            };
            let sets = k.components.iter().enumerate().map(|(i, part)| arrived(i) / part.quantity).min().unwrap();
            if sets.min(k.count) > done {
                plan.packages.push(Line { package: k.id.clone(), period: t, count: sets.min(k.count) - done });
                done = sets.min(k.count);
            }
        }
    }
    plan.objective = check(instance, &plan).objective;
    plan
}

/// The best of all plans, by trying them; none if there are too many.
fn best_of_all(instance: &Instance) -> Option<Plan> {
    let mut units: Vec<Vec<Option<Flow>>> = Vec::new();
    for offer in &instance.offers {
        let mut ways: Vec<Option<Flow>> = ways(instance, offer).into_iter().map(Some).collect();
        // A way that breaks a rule alone breaks it with others too.
        let together = |fault: &String| TOGETHER.iter().any(|words| fault.contains(words));
        ways.retain(|w| check(instance, &complete(instance, w.iter().cloned().collect())).faults.iter().all(together));
        ways.push(None);
        (0..offer.quantity / offer.lot).for_each(|_| units.push(ways.clone()));
    }
    if units.iter().map(|u| u.len() as f64).product::<f64>() > 20_000.0 {
        return None;
    }
    let mut choice = vec![0; units.len()];
    let mut best = complete(instance, Vec::new());
    loop {
        let flows = summed(units.iter().zip(&choice).filter_map(|(ways, &n)| ways[n].clone()));
        let plan = complete(instance, flows);
        if check(instance, &plan).faults.is_empty() {
            best = if plan.objective > best.objective { plan } else { best };
        }
        let Some(n) = (0..units.len()).find(|&n| choice[n] + 1 < units[n].len()) else { return Some(best) };
        choice[n] += 1;
        choice[..n].fill(0);
    }
}

/// Solves, and tries all plans if they are few: none is worth more than the bound. Gives what the plan found and the best of
/// all are worth.
pub(crate) fn best_is_within_the_bound(instance: &Instance) -> (Outcome, Option<f64>) {
    let outcome = run(instance);
    holds(instance, &outcome);
    let best = best_of_all(instance).map(|plan| plan.objective);
    if let Some(best) = best {
        let slack = 1e-6 * best.abs().max(1.0);
        assert!(best <= outcome.bound + slack, "{}: {best} over the bound {}", instance.name, outcome.bound);
        assert!(outcome.objective <= best + slack, "{}: {} over {best}", instance.name, outcome.objective);
    }
    (outcome, best)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn plans_keep_the_rules_and_stay_under_their_bound(seed in any::<u64>()) {
        let instance = random::instance(seed);
        holds(&instance, &run(&instance));
    }

    #[test]
    fn no_plan_is_worth_more_than_the_bound(seed in any::<u64>()) {
        best_is_within_the_bound(&random::sized(seed, random::TINY));
    }
}

#[test]
fn the_yard_is_planned_as_well_as_can_be() {
    let instance = yard::instance();
    let outcome = run(&instance);
    holds(&instance, &outcome);
    assert_eq!(outcome.status, Status::Optimal, "{} under {}", outcome.objective, outcome.bound);
    assert!(outcome.objective >= yard::plan().objective);
}

#[test]
fn the_same_seed_gives_the_same_plan() {
    for seed in 0..10 {
        let instance = random::instance(seed);
        assert_eq!(run(&instance).plan, run(&instance).plan);
    }
}

#[test]
fn a_chain_of_processes_at_places_on_the_way_is_planned() {
    let mut instance = yard::instance();
    // A crew becomes a trained one at the hub, then an engineer crew at the shop.
    let process = |id: &str, place: &str, input: &str, output: &str| muster_planner::instance::Process {
        id: id.into(),
        kind: "training".into(),
        place: place.into(),
        input: input.into(),
        output: output.into(),
        duration: 1,
        capacity: 5.0.into(),
        cost: 1.0,
        ..Default::default()
    };
    for id in ["trained", "engineer"] {
        instance.resources.push(muster_planner::instance::Resource {
            id: id.into(),
            unit_mass_t: 0.1,
            ..Default::default()
        });
    }
    instance.processes.push(process("train", "hub", "crew", "trained"));
    instance.processes.push(process("specialise", "shop", "trained", "engineer"));
    instance.requirements[0].accepts[0].resource = "engineer".into();
    instance.requirements[0].purpose = "mobility".into();
    (instance.requirements[0].due, instance.requirements[0].expires) = (7, 8);
    let outcome = run(&instance);
    holds(&instance, &outcome);
    let to_engineers = outcome.plan.flows.iter().filter(|f| f.target == Target::Requirement("lorries".into()));
    assert_eq!(to_engineers.map(|f| f.quantity).sum::<i64>(), 3);
}

#[test]
fn a_circle_without_transit_or_cost_ends() {
    let mut instance = yard::instance();
    for (n, lane) in instance.lanes.iter_mut().enumerate() {
        (lane.transit, lane.cost_per_t) = (0, 0.0);
        lane.capacity_t = muster_planner::instance::Series::Constant(100.0);
        if n == 3 {
            (lane.from, lane.to) = ("point".into(), "hub".into());
        }
    }
    holds(&instance, &run(&instance));
}

#[test]
fn what_is_left_of_a_lane_is_proven_to_be_of_no_use() {
    // Three where nearly four would fit, and light ones, of which more than a hundred do.
    for (tonnes, mass, units) in [(26.0, 6.51, 3.0), (10.0, 0.73, 13.0), (100.0, 0.731, 136.0)] {
        let text = format!(
            r#"{{"format": "assistance-plan/1", "name": "lane", "periods": 3, "cost_weight": 0,
            "resources": [{{"id": "x", "unit_mass_t": {mass}, "hazard": null}}],
            "places": [{{"id": "a", "kind": "hub", "x_km": 0, "y_km": 0, "handling_t": null, "storage_t": null}},
                       {{"id": "b", "kind": "delivery", "x_km": 0, "y_km": 0, "handling_t": null, "storage_t": null}}],
            "lanes": [{{"id": "l", "from": "a", "to": "b", "mode": "road", "transit": 1, "capacity_t": [{tonnes}, 0, 0], "cost_per_t": 0, "forbids": []}}],
            "processes": [],
            "offers": [{{"id": "o", "donor": "N", "resource": "x", "quantity": 9000, "place": "a", "from": 0, "only_for": null}}],
            "requirements": [{{"id": "r", "place": "b", "purpose": "any", "accepts": [{{"resource": "x", "utility": 1}}],
                               "quantity": 9000, "priority": 10, "due": 1, "expires": 3}}],
            "packages": []}}"#
        );
        let outcome = run(&Instance::parse(text.as_bytes()).unwrap());
        assert_eq!((outcome.objective, outcome.status), (10.0 * units, Status::Optimal));
    }
}

#[test]
fn what_binds_is_told_with_its_periods() {
    let mut instance = yard::instance();
    instance.places[1].handling_t = Some(5.0.into());
    let outcome = run(&instance);
    holds(&instance, &outcome);
    let hub = outcome.limits.iter().find(|l| l.kind == LimitKind::Handling && l.id == "hub");
    let hub = hub.unwrap_or_else(|| panic!("the hub binds: {:?}", outcome.limits));
    assert!(hub.worth > 0.0 && hub.binding.iter().all(|b| b.capacity == 5.0 && b.load <= 5.0 + 1e-6));
    assert!(outcome.limits.is_sorted_by(|a, b| a.worth >= b.worth));
}

#[test]
fn cancelling_at_once_still_gives_a_plan() {
    let instance = yard::instance();
    let outcome = solve(&instance, &Options::default(), &mut |_| ControlFlow::Break(()));
    assert_eq!(check(&instance, &outcome.plan).faults, Vec::<String>::new());
    assert_eq!(outcome.status, Status::Stopped);
    assert!(outcome.bound.is_finite() && outcome.bound >= yard::plan().objective);
}

#[test]
fn the_time_limit_holds() {
    for milliseconds in [1, 50, 300] {
        let instance = random::sized(
            5,
            random::Size { periods: 30, places: 25, lanes: 120, offers: 60, wants: 120, quantity: 300 },
        );
        let limit = Duration::from_millis(milliseconds);
        let started = Instant::now();
        let options = Options { gap: 0.0, time_limit: limit, seed: 1 };
        let outcome = solve(&instance, &options, &mut |_| ControlFlow::Continue(()));
        // Building the network and writing the plan come on top, and other work on the machine.
        assert!(started.elapsed() < limit + Duration::from_secs(1), "{:?}", started.elapsed());
        assert_eq!(check(&instance, &outcome.plan).faults, Vec::<String>::new());
    }
}

#[test]
fn progress_only_gets_better() {
    let instance =
        random::sized(11, random::Size { periods: 20, places: 9, lanes: 40, offers: 20, wants: 40, quantity: 60 });
    let mut last: HashMap<&str, f64> = HashMap::new();
    solve(&instance, &Options::default(), &mut |p| {
        let objective = p.objective.unwrap_or(f64::NEG_INFINITY);
        let bound = -p.bound.unwrap_or(f64::INFINITY);
        for (what, now) in [("objective", objective), ("bound", bound), ("seconds", p.seconds)] {
            let before = last.insert(what, now).unwrap_or(f64::NEG_INFINITY);
            assert!(now >= before, "{what} from {before} to {now}");
        }
        ControlFlow::Continue(())
    });
}

#[test]
fn an_empty_instance_has_an_empty_plan() {
    let mut instance = yard::instance();
    instance.offers.clear();
    let outcome = run(&instance);
    assert_eq!((outcome.plan.flows.len(), outcome.objective, outcome.status), (0, 0.0, Status::Optimal));
    let bare = Instance {
        resources: vec![],
        places: vec![],
        lanes: vec![],
        processes: vec![],
        requirements: vec![],
        packages: vec![],
        ..instance
    };
    assert_eq!(run(&bare).status, Status::Optimal);
}

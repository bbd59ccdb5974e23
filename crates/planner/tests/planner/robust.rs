//! Chances are held against what can be worked out by hand.

use muster_planner::plan::{Line, Plan};
use muster_planner::robust::{Rates, Robustness, try_out};
use muster_planner::{Instance, check};

use crate::yard::{self, component, flow, lane, requirement};

fn fares(plan: &Plan, rates: Rates) -> Robustness {
    try_out(&yard::instance(), plan, rates)
}

fn chance(rates: &Rates, p: f64, found: f64) {
    // Four times the standard deviation of a mean of so many samples.
    let slack = 4.0 * (p * (1.0 - p) / f64::from(rates.samples)).sqrt() + 1e-9;
    assert!((p - found).abs() <= slack, "{found} instead of {p}");
}

const CALM: Rates = Rates { delay: 0.0, longer: 0.0, loss: 0.0, samples: 10, seed: 7 };

#[test]
fn if_nothing_goes_wrong_all_comes_as_planned() {
    let found = fares(&yard::plan(), CALM);
    let verdict = check(&yard::instance(), &yard::plan());
    assert!((found.planned - verdict.value).abs() < 1e-9 && found.mean == found.planned && found.low == found.planned);
    for (want, planned) in [("lorries", 2), ("petrol", 15), ("platoon", 2)] {
        let of = &found.wants[want];
        assert_eq!((of.planned, of.mean, of.all, of.in_time), (planned, planned as f64, 1.0, 1.0), "{want}");
    }
}

#[test]
fn a_line_is_lost_on_each_of_its_legs_by_the_stated_rate() {
    let rates = Rates { loss: 0.1, samples: 4_000, ..CALM };
    let found = fares(&yard::plan(), rates);
    // Two legs; petrol comes in two lines of two.
    chance(&rates, 0.9_f64.powi(2), found.wants["lorries"].all);
    chance(&rates, 0.9_f64.powi(4), found.wants["petrol"].all);
    // Four legs of the wrecks and one of the crews: without its crews a truck is no set.
    chance(&rates, 0.9_f64.powi(5), found.wants["platoon"].all);
    assert!(found.low < found.mean && found.mean < found.planned);
}

#[test]
fn what_shares_a_convoy_is_late_together_and_slack_absorbs_it() {
    let rates = Rates { delay: 0.2, samples: 4_000, ..CALM };
    let found = fares(&yard::plan(), rates);
    // Due in 2, planned for 2: late if either leg is.
    chance(&rates, 0.8_f64.powi(2), found.wants["lorries"].in_time);
    assert_eq!(found.wants["lorries"].all, 1.0, "late, but still worth something");
    // The first lot of fuel is due when planned; the second is late in any case. What departs together is late together: both
    // lots leave on the same lane in the same period.
    chance(&rates, 0.8_f64.powi(2), found.wants["petrol"].in_time);
    // The crews have three periods of slack.
    let mut plan = yard::plan();
    plan.flows.retain(|f| f.target == component(1));
    plan.flows.push(flow("trucks", 2, vec![lane("air", 0)], 0, component(0)));
    plan.packages = vec![Line { package: "platoon".into(), period: 1, count: 2 }];
    let found = fares(&plan, Rates { longer: 0.0, ..rates });
    assert_eq!(found.wants["platoon"].in_time, 1.0);
    assert!(!found.wants.contains_key("lorries"), "{:?}", requirement("lorries"));
}

#[test]
fn each_unit_that_a_process_makes_passes_by_its_share() {
    let rates = Rates { samples: 4_000, ..Rates::default() };
    let with = |share: Option<f64>, rates| {
        let mut instance = yard::instance();
        instance.processes.iter_mut().for_each(|process| process.pass_share = share);
        assert_eq!(check(&instance, &yard::plan()), check(&yard::instance(), &yard::plan()), "plans count with all");
        try_out(&instance, &yard::plan(), rates)
    };
    let of = |found: &Robustness| found.wants["platoon"].clone();
    let (plain, all) = (fares(&yard::plan(), rates), with(Some(1.0), rates));
    assert_eq!(plain, all, "if all pass nothing changes");
    let half = with(Some(0.5), rates);
    assert_eq!(half.planned, plain.planned);
    for want in ["lorries", "petrol"] {
        assert_eq!(half.wants[want], plain.wants[want], "what no process makes fares as before");
    }
    // Two wrecks become trucks of two sets: each by itself.
    let half = of(&with(Some(0.5), Rates { samples: 4_000, ..CALM }));
    chance(&Rates { samples: 4_000, ..CALM }, 0.25, half.all);
    let slack = 4.0 * (0.5 / 4_000.0_f64).sqrt();
    assert!((half.mean - 1.0).abs() <= slack, "{}", half.mean);
}

#[test]
fn of_many_units_as_many_pass_as_draws_for_each_would_give() {
    let (mut instance, mut plan) = (yard::instance(), yard::plan());
    let many = 1_000_000;
    plan.flows.retain(|flow| flow.target == component(0));
    plan.flows[0].quantity = many;
    let of = instance.packages.iter_mut().find(|of| of.id == "platoon").unwrap();
    of.components.truncate(1);
    of.count = many;
    instance.processes.iter_mut().for_each(|process| process.pass_share = Some(0.9));
    let found = try_out(&instance, &plan, Rates { samples: 1_000, ..CALM });
    let mean = found.wants["platoon"].mean;
    // The standard deviation of one sample is 300.
    assert!((mean - 900_000.0).abs() <= 4.0 * 300.0 / 1_000.0_f64.sqrt(), "{mean}");
    assert_eq!(found.wants["platoon"].all, 0.0);
}

#[test]
fn the_same_seed_gives_the_same_chances() {
    let rates = Rates { samples: 200, ..Rates::default() };
    assert_eq!(fares(&yard::plan(), rates), fares(&yard::plan(), rates));
    assert_ne!(fares(&yard::plan(), rates).mean, fares(&yard::plan(), Rates { seed: 2, ..rates }).mean);
    let empty = Instance { offers: Vec::new(), ..yard::instance() };
    assert!(try_out(&empty, &Plan::empty("yard"), rates).wants.is_empty());
}

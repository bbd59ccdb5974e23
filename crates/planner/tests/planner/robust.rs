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
fn the_same_seed_gives_the_same_chances() {
    let rates = Rates { samples: 200, ..Rates::default() };
    assert_eq!(fares(&yard::plan(), rates), fares(&yard::plan(), rates));
    assert_ne!(fares(&yard::plan(), rates).mean, fares(&yard::plan(), Rates { seed: 2, ..rates }).mean);
    let empty = Instance { offers: Vec::new(), ..yard::instance() };
    assert!(try_out(&empty, &Plan::empty("yard"), rates).wants.is_empty());
}

//! Changes make another instance that keeps the format, and leave the old one as it was.

use muster_planner::Instance;
use muster_planner::change::{Change, apply};
use muster_planner::instance::Series;

use crate::yard;

fn changed(change: Change) -> Instance {
    let before = yard::instance();
    let after = apply(&before, &[change]).unwrap();
    assert_eq!(before, yard::instance());
    // What comes of it can be read as any other instance.
    assert_eq!(Instance::parse(after.to_json().as_bytes()).unwrap(), after);
    after
}

fn capacity(instance: &Instance, lane: &str) -> Vec<f64> {
    let lane = instance.lanes.iter().find(|l| l.id == lane).unwrap();
    (0..instance.periods).map(|t| lane.capacity_t.at(t)).collect()
}

#[test]
fn a_closed_place_lets_nothing_in_or_out_in_its_periods() {
    let closed = changed(Change::ClosePlace { place: "hub".into(), from: 1, to: 2 });
    assert_eq!(capacity(&closed, "d-h"), [25., 0., 0., 25., 25., 25., 25., 25.]);
    assert_eq!(capacity(&closed, "h-s"), [50., 0., 0., 50., 50., 50., 50., 50.]);
    assert_eq!(capacity(&closed, "air"), [10.; 8]);
    let for_good = changed(Change::ClosePlace { place: "shop".into(), from: 0, to: 7 });
    assert_eq!(for_good.processes[0].capacity.over(8), [0.; 8]);
    let for_now = changed(Change::ClosePlace { place: "shop".into(), from: 0, to: 6 });
    assert_eq!(for_now.processes[0].capacity.over(8), [0., 0., 0., 0., 0., 0., 0., 2.]);
}

#[test]
fn lanes_are_limited_widened_and_slowed() {
    let limited = changed(Change::LimitLane { lane: "h-p".into(), from: 0, to: 3, capacity_t: 5.0 });
    assert_eq!(capacity(&limited, "h-p"), [0., 5., 5., 5., 25., 25., 0., 0.], "what took less still does");
    let widened = changed(Change::WidenLane { lane: "d-h".into(), from: 7, to: 7, tonnes: 5.0 });
    assert_eq!(widened.lanes[0].capacity_t, Series::PerPeriod(vec![25., 25., 25., 25., 25., 25., 25., 30.]));
    assert_eq!(changed(Change::DelayLane { lane: "air".into(), periods: 2 }).lanes[2].transit, 2);
}

#[test]
fn offers_fall_away_come_later_or_are_added() {
    let ids = |i: &Instance| i.offers.iter().map(|o| o.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&changed(Change::DropDonor { donor: "B".into() })), ["trucks", "crews", "fuel"]);
    assert_eq!(ids(&changed(Change::DropOffer { offer: "fuel".into() })), ["trucks", "wrecks", "crews"]);
    assert_eq!(changed(Change::DelayOffer { offer: "crews".into(), periods: 3 }).offers[2].from, 4);
    assert_eq!(ids(&changed(Change::DelayOffer { offer: "crews".into(), periods: 7 })), ["trucks", "wrecks", "fuel"]);
    let add = Change::AddOffer {
        offer: "more".into(),
        donor: "E".into(),
        resource: "crew".into(),
        quantity: 2,
        place: "hub".into(),
        from: 3,
    };
    assert_eq!(changed(add.clone()).offers[4].quantity, 2);
    assert_eq!(changed(Change::LiftCaveat { offer: "wrecks".into() }).offers[1].only_for, None);
    let twice = apply(&yard::instance(), &[add.clone(), add]).unwrap_err();
    assert!(twice.contains("already"), "{twice}");
}

#[test]
fn what_is_not_there_is_named() {
    let wrong = |change| apply(&yard::instance(), &[change]).unwrap_err();
    assert!(wrong(Change::DropOffer { offer: "tents".into() }).contains("tents"));
    assert!(wrong(Change::DropDonor { donor: "Z".into() }).contains("\"Z\""));
    assert!(wrong(Change::ClosePlace { place: "hub".into(), from: 8, to: 9 }).contains("after the last"));
    assert!(wrong(Change::LimitLane { lane: "d-h".into(), from: 3, to: 1, capacity_t: 0.0 }).contains("before"));
    assert!(wrong(Change::LimitLane { lane: "d-h".into(), from: 0, to: 1, capacity_t: f64::NAN }).contains("tonnes"));
}

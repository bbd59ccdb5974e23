//! One small instance, by hand, that has something of everything, and a plan for it that keeps the rules.

use muster_planner::plan::{Flow, Leg, Line, Plan, Target};
use muster_planner::{Instance, check};

/// A depot, a hub with limits, a workshop and a point; trucks to be repaired, crews, fuel that may not fly.
pub(crate) fn instance() -> Instance {
    let text = r#"{"format": "assistance-plan/1", "name": "yard", "periods": 8, "cost_weight": 0.01,
    "resources": [
      {"id": "truck", "unit_mass_t": 5.0, "hazard": null}, {"id": "truck/unserviceable", "unit_mass_t": 5.0, "hazard": null},
      {"id": "crew", "unit_mass_t": 0.1, "hazard": null}, {"id": "fuel", "unit_mass_t": 0.5, "hazard": "flammable"}],
    "places": [
      {"id": "depot", "kind": "depot", "x_km": 0, "y_km": 0, "handling_t": null, "storage_t": null},
      {"id": "hub", "kind": "hub", "x_km": 1, "y_km": 0, "handling_t": 30.0, "storage_t": 20.0},
      {"id": "shop", "kind": "repair", "x_km": 2, "y_km": 0, "handling_t": null, "storage_t": null},
      {"id": "point", "kind": "delivery", "x_km": 3, "y_km": 0, "handling_t": null, "storage_t": null}],
    "lanes": [
      {"id": "d-h", "from": "depot", "to": "hub", "mode": "road", "transit": 1, "capacity_t": 25.0, "cost_per_t": 10, "forbids": []},
      {"id": "h-p", "from": "hub", "to": "point", "mode": "road", "transit": 1, "capacity_t": [0,25,25,25,25,25,0,0], "cost_per_t": 10, "forbids": []},
      {"id": "air", "from": "depot", "to": "point", "mode": "air", "transit": 0, "capacity_t": 10.0, "cost_per_t": 100, "forbids": ["flammable"]},
      {"id": "h-s", "from": "hub", "to": "shop", "mode": "rail", "transit": 1, "capacity_t": 50.0, "cost_per_t": 1, "forbids": []},
      {"id": "s-p", "from": "shop", "to": "point", "mode": "rail", "transit": 1, "capacity_t": 50.0, "cost_per_t": 1, "forbids": []}],
    "processes": [{"id": "repair", "kind": "repair", "place": "shop", "input": "truck/unserviceable", "output": "truck", "duration": 1, "capacity": 2, "cost": 20}],
    "offers": [
      {"id": "trucks", "donor": "A", "resource": "truck", "quantity": 4, "place": "depot", "from": 0, "only_for": null},
      {"id": "wrecks", "donor": "B", "resource": "truck/unserviceable", "quantity": 3, "place": "depot", "from": 0, "only_for": ["mobility"]},
      {"id": "crews", "donor": "C", "resource": "crew", "quantity": 9, "place": "depot", "from": 1, "only_for": ["mobility", "medical"]},
      {"id": "fuel", "donor": "D", "resource": "fuel", "quantity": 20, "place": "depot", "from": 0, "only_for": null}],
    "requirements": [
      {"id": "lorries", "place": "point", "purpose": "engineering", "accepts": [{"resource": "truck", "utility": 1.0}], "quantity": 3, "priority": 40, "due": 2, "expires": 6},
      {"id": "petrol", "place": "point", "purpose": "mobility", "accepts": [{"resource": "fuel", "utility": 0.8}], "quantity": 15, "priority": 5, "due": 3, "expires": 7}],
    "packages": [
      {"id": "platoon", "place": "point", "purpose": "mobility", "components": [{"resource": "truck", "quantity": 1}, {"resource": "crew", "quantity": 2}],
       "count": 2, "priority": 300, "due": 4, "expires": 7}]}"#;
    Instance::parse(text.as_bytes()).expect("the yard is in order")
}

pub(crate) fn lane(lane: &str, depart: i64) -> Leg {
    Leg::Lane { lane: lane.into(), depart }
}

pub(crate) fn process(process: &str, start: i64) -> Leg {
    Leg::Process { process: process.into(), start }
}

pub(crate) fn requirement(id: &str) -> Target {
    Target::Requirement(id.into())
}

pub(crate) fn component(component: usize) -> Target {
    Target::Package { id: "platoon".into(), component }
}

pub(crate) fn flow(offer: &str, quantity: i64, path: Vec<Leg>, arrive: i64, target: Target) -> Flow {
    Flow { offer: offer.into(), quantity, path, arrive, target }
}

/// A plan that keeps every rule: trucks by road, wrecks through the shop, crews by air, fuel in two lots.
pub(crate) fn plan() -> Plan {
    let mut plan = Plan {
        flows: vec![
            flow("trucks", 2, vec![lane("d-h", 0), lane("h-p", 1)], 2, requirement("lorries")),
            flow(
                "wrecks",
                2,
                vec![lane("d-h", 0), lane("h-s", 1), process("repair", 2), lane("s-p", 3)],
                4,
                component(0),
            ),
            flow("crews", 4, vec![lane("air", 1)], 1, component(1)),
            flow("fuel", 10, vec![lane("d-h", 1), lane("h-p", 2)], 3, requirement("petrol")),
            flow("fuel", 5, vec![lane("d-h", 1), lane("h-p", 3)], 4, requirement("petrol")),
        ],
        packages: vec![Line { package: "platoon".into(), period: 4, count: 2 }],
        ..Plan::empty("yard")
    };
    plan.objective = check(&instance(), &plan).objective;
    plan.bound = Some(plan.objective + 100.0);
    plan
}

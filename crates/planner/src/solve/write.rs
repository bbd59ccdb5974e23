//! From whole amounts of columns to a plan in the words of its instance, and back.

use std::collections::BTreeMap;

use super::column::{Capacities, Column, Leg};
use super::network::{Network, Target};
use super::start::Names;
use crate::instance::Instance;
use crate::plan::{self, Flow, Line, Plan};

/// Writes a plan. Sets are completed as early as the parts delivered allow, which is worth most; the objective is
/// still to be filled in.
pub(crate) fn plan(instance: &Instance, network: &Network, amounts: &[(&Column, i64)]) -> Plan {
    let mut plan = Plan::empty(&instance.name);
    let mut delivered: BTreeMap<usize, Vec<Vec<i64>>> = BTreeMap::new();
    for &(column, amount) in amounts.iter().filter(|(_, amount)| *amount > 0) {
        plan.flows.push(flow(instance, network, column, amount));
        if let Target::Component(k, i) = network.wants[column.want].target {
            let parts = network.packages[k].parts.len();
            let delivered = delivered.entry(k).or_insert_with(|| vec![vec![0; network.periods]; parts]);
            delivered[i][column.arrive] += amount;
        }
    }
    for (k, delivered) in delivered {
        for (period, count) in sets(network, k, &delivered) {
            let package = instance.packages[k].id.clone();
            plan.packages.push(Line { package, period: period as i64, count });
        }
    }
    plan
}

/// Sets of a package that parts delivered by period complete: (period, count).
fn sets(network: &Network, k: usize, delivered: &[Vec<i64>]) -> Vec<(usize, i64)> {
    let package = &network.packages[k];
    let (mut have, mut done, mut lines) = (vec![0; package.parts.len()], 0, Vec::new());
    for t in 0..package.periods.end {
        for (have, delivered) in have.iter_mut().zip(delivered) {
            *have += delivered[t];
        }
        let possible = have.iter().zip(&package.parts).map(|(h, each)| h / each).min().unwrap_or(0);
        let count = possible.min(package.count) - done;
        if count > 0 {
            lines.push((t, count));
            done += count;
        }
    }
    lines
}

/// What a target is called in a plan.
pub(crate) fn target(instance: &Instance, network: &Network, target: Target) -> plan::Target {
    match target {
        Target::Requirement(r) => plan::Target::Requirement(instance.requirements[r].id.clone()),
        Target::Component(k, component) => plan::Target::Package { id: instance.packages[k].id.clone(), component },
        Target::Need(need) => {
            let need = network.needs[need];
            plan::Target::Process { id: instance.processes[need.process].id.clone(), input: need.input }
        }
        Target::Pool(pool, _) => plan::Target::Pool(instance.pools[pool].id.clone()),
    }
}

fn flow(instance: &Instance, network: &Network, column: &Column, quantity: i64) -> Flow {
    let leg = |leg: &Leg| match *leg {
        Leg::Lane(l, t) => plan::Leg::Lane { lane: instance.lanes[l as usize].id.clone(), depart: i64::from(t) },
        Leg::Process(p, t) => match instance.processes.get(p as usize) {
            Some(process) => plan::Leg::Process { process: process.id.clone(), start: i64::from(t) },
            None => plan::Leg::Order { order: i64::from(t) },
        },
    };
    let target = target(instance, network, network.wants[column.want].target);
    Flow {
        offer: instance.offers[column.offer].id.clone(),
        quantity,
        path: column.legs.iter().map(leg).collect(),
        arrive: column.arrive as i64,
        target,
    }
}

/// The columns of a plan that keeps the rules; flows that earn nothing are left out.
pub(crate) fn columns(
    instance: &Instance,
    network: &Network,
    capacities: &Capacities,
    plan: &Plan,
) -> Vec<(Column, i64)> {
    let names = Names::new(instance, network);
    plan.flows.iter().filter_map(|flow| Some((names.column(network, capacities, flow)?, flow.quantity))).collect()
}

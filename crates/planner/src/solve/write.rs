//! From whole amounts of columns to a plan in the words of its instance, and back.

use std::collections::{BTreeMap, HashMap};

use super::column::{Capacities, Column, Leg};
use super::network::{Network, Target};
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

fn flow(instance: &Instance, network: &Network, column: &Column, quantity: i64) -> Flow {
    let leg = |leg: &Leg| match *leg {
        Leg::Lane(l, t) => plan::Leg::Lane { lane: instance.lanes[l as usize].id.clone(), depart: i64::from(t) },
        Leg::Process(p, t) => {
            plan::Leg::Process { process: instance.processes[p as usize].id.clone(), start: i64::from(t) }
        }
    };
    let target = match network.wants[column.want].target {
        Target::Requirement(r) => plan::Target::Requirement(instance.requirements[r].id.clone()),
        Target::Component(k, component) => plan::Target::Package { id: instance.packages[k].id.clone(), component },
    };
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
    let number = |ids: Vec<&str>| -> HashMap<String, usize> {
        ids.into_iter().enumerate().map(|(n, id)| (id.to_owned(), n)).collect()
    };
    let offers = number(instance.offers.iter().map(|x| x.id.as_str()).collect());
    let lanes = number(instance.lanes.iter().map(|x| x.id.as_str()).collect());
    let processes = number(instance.processes.iter().map(|x| x.id.as_str()).collect());
    let wants = want_names(instance, network);
    let mut columns = Vec::new();
    for flow in &plan.flows {
        let leg = |leg: &plan::Leg| match leg {
            plan::Leg::Lane { lane, depart } => Leg::Lane(lanes[lane] as u32, *depart as u32),
            plan::Leg::Process { process, start } => Leg::Process(processes[process] as u32, *start as u32),
        };
        let legs: Vec<Leg> = flow.path.iter().map(leg).collect();
        let offer = offers[&flow.offer];
        let mut resource = network.offers[offer].resource;
        for leg in &legs {
            if let Leg::Process(p, _) = leg {
                resource = network.processes[*p as usize].output;
            }
        }
        let arrive = usize::try_from(flow.arrive).expect("the plan keeps the rules");
        if let Some(&want) = wants.get(&(flow.target.clone(), resource))
            && arrive <= network.wants[want].last
        {
            columns.push((Column::new(network, capacities, (offer, want), legs, arrive), flow.quantity));
        }
    }
    columns
}

fn want_names(instance: &Instance, network: &Network) -> HashMap<(plan::Target, usize), usize> {
    let name = |(n, want): (usize, &super::network::Want)| {
        let target = match want.target {
            Target::Requirement(r) => plan::Target::Requirement(instance.requirements[r].id.clone()),
            Target::Component(k, component) => plan::Target::Package { id: instance.packages[k].id.clone(), component },
        };
        ((target, want.resource), n)
    };
    network.wants.iter().enumerate().map(name).collect()
}

//! A plan to start from, made for another instance: what of it still holds.

use std::collections::HashMap;

use super::column::{Capacities, Column, Leg};
use super::mend::mended;
use super::network::{Network, Target, Want};
use super::room::Room;
use super::write::{self, target};
use crate::instance::Instance;
use crate::plan::{self, Plan};

/// The flows of a plan that can still be, in its order, each with the units that still fit; what others need to be
/// there comes before them.
pub(crate) fn holding(
    instance: &Instance,
    network: &Network,
    capacities: &Capacities,
    plan: &Plan,
) -> Vec<(Column, i64)> {
    let names = Names::new(instance, network);
    let (mut room, mut holding) = (Room::new(network, capacities), Vec::new());
    let (supplies, others): (Vec<_>, Vec<_>) = plan.flows.iter().partition(|flow| flow.target.is_supply());
    for flow in supplies.into_iter().chain(others) {
        let Some(column) = names.column(network, capacities, flow) else { continue };
        let units = room.units(network, capacities, &column).min(flow.quantity);
        if units > 0 {
            room.take(network, &column, units as f64);
            holding.push((column, units));
        }
    }
    holding
}

/// What of a plan keeps all rules.
pub(crate) fn allowed(instance: &Instance, plan: &Plan) -> Plan {
    let network = Network::new(instance);
    let capacities = Capacities::new(&network);
    let mut flows = holding(instance, &network, &capacities, plan);
    if network.lumps {
        flows = mended(&network, &capacities, flows, true);
    }
    let flows: Vec<_> = flows.iter().map(|(column, units)| (column, *units)).collect();
    write::plan(instance, &network, &flows)
}

/// Numbers by id.
pub(super) struct Names<'i> {
    offers: HashMap<&'i str, usize>,
    lanes: HashMap<&'i str, usize>,
    processes: HashMap<&'i str, usize>,
    /// Processes that order an offer.
    orders: HashMap<usize, usize>,
    /// By target, resource and, for pools, until when it is lent.
    wants: HashMap<(plan::Target, usize, Option<usize>), usize>,
}

impl<'i> Names<'i> {
    pub(super) fn new(instance: &'i Instance, network: &Network) -> Names<'i> {
        let key = |w: &Want| {
            let until = match w.target {
                Target::Pool(_, until) => until,
                _ => None,
            };
            (target(instance, network, w.target), w.resource, until)
        };
        let wants = network.wants.iter().enumerate().map(|(n, w)| (key(w), n));
        let orders = network.orders.iter().enumerate().map(|(n, &offer)| (offer, instance.processes.len() + n));
        Names {
            offers: instance.offers.iter().enumerate().map(|(n, x)| (x.id.as_str(), n)).collect(),
            lanes: instance.lanes.iter().enumerate().map(|(n, x)| (x.id.as_str(), n)).collect(),
            processes: instance.processes.iter().enumerate().map(|(n, x)| (x.id.as_str(), n)).collect(),
            orders: orders.collect(),
            wants: wants.collect(),
        }
    }

    /// A flow's way, if all it needs is there, each leg begins no sooner than the one before ends, and it still comes
    /// while it is worth something.
    pub(super) fn column(&self, network: &Network, capacities: &Capacities, flow: &plan::Flow) -> Option<Column> {
        let &offer = self.offers.get(flow.offer.as_str())?;
        let o = &network.offers[offer];
        let (mut place, mut period, mut resource, mut legs) = (o.place, o.from, o.resource, Vec::new());
        for leg in &flow.path {
            match leg {
                plan::Leg::Lane { lane, depart } => {
                    let (&l, depart) = (self.lanes.get(lane.as_str())?, usize::try_from(*depart).ok()?);
                    let lane = &network.lanes[l];
                    let shut = network.forbidding[lane.forbids][resource] || !lane.departs(depart);
                    if lane.from != place || depart < period || shut {
                        return None;
                    }
                    legs.push(Leg::Lane(l as u32, depart as u32));
                    (place, period) = (lane.to, depart + lane.transit);
                }
                plan::Leg::Process { .. } | plan::Leg::Order { .. } => {
                    let (&p, start) = match leg {
                        plan::Leg::Process { process, start } => (self.processes.get(process.as_str())?, start),
                        plan::Leg::Order { order } => (self.orders.get(&offer)?, order),
                        plan::Leg::Lane { .. } => unreachable!("lanes are above"),
                    };
                    let start = usize::try_from(*start).ok()?;
                    let process = &network.processes[p];
                    if process.place != place || start < period || process.input != resource {
                        return None;
                    }
                    legs.push(Leg::Process(p as u32, start as u32));
                    (resource, period) = (process.output, start + process.duration);
                }
            }
            if period >= network.periods {
                return None;
            }
        }
        let until = o.until.filter(|_| matches!(flow.target, plan::Target::Pool(_)));
        let &want = self.wants.get(&(flow.target.clone(), resource, until))?;
        let arrive = usize::try_from(flow.arrive).ok()?.max(period);
        let fits = place == network.wants[want].place && arrive <= network.wants[want].last;
        (fits && network.allowed(offer, want)).then(|| Column::new(network, capacities, (offer, want), legs, arrive))
    }
}

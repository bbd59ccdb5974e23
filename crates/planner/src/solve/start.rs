//! A plan to start from, made for another instance: what of it still holds.

use std::collections::HashMap;

use super::column::{Capacities, Column, Leg};
use super::network::{Network, Target};
use super::room::Room;
use crate::instance::Instance;
use crate::plan::{self, Plan};

/// The flows of a plan that can still be, in its order, each with the units that still fit.
pub(crate) fn holding(
    instance: &Instance,
    network: &Network,
    capacities: &Capacities,
    plan: &Plan,
) -> Vec<(Column, i64)> {
    let names = Names::new(instance, network);
    let (mut room, mut holding) = (Room::new(network, capacities), Vec::new());
    for flow in &plan.flows {
        let Some(column) = names.column(network, capacities, flow) else { continue };
        let units = room.units(network, capacities, &column).min(flow.quantity);
        if units > 0 {
            room.take(network, &column, units as f64);
            holding.push((column, units));
        }
    }
    holding
}

/// Numbers by id.
struct Names<'i> {
    offers: HashMap<&'i str, usize>,
    lanes: HashMap<&'i str, usize>,
    processes: HashMap<&'i str, usize>,
    wants: HashMap<(plan::Target, usize), usize>,
}

impl<'i> Names<'i> {
    fn new(instance: &'i Instance, network: &Network) -> Names<'i> {
        let target = |target| match target {
            Target::Requirement(r) => plan::Target::Requirement(instance.requirements[r].id.clone()),
            Target::Component(k, component) => plan::Target::Package { id: instance.packages[k].id.clone(), component },
        };
        let wants = network.wants.iter().enumerate().map(|(n, w)| ((target(w.target), w.resource), n));
        Names {
            offers: instance.offers.iter().enumerate().map(|(n, x)| (x.id.as_str(), n)).collect(),
            lanes: instance.lanes.iter().enumerate().map(|(n, x)| (x.id.as_str(), n)).collect(),
            processes: instance.processes.iter().enumerate().map(|(n, x)| (x.id.as_str(), n)).collect(),
            wants: wants.collect(),
        }
    }

    /// A flow's way, if all it needs is there, each leg begins no sooner than the one before ends, and it still comes
    /// while it is worth something.
    fn column(&self, network: &Network, capacities: &Capacities, flow: &plan::Flow) -> Option<Column> {
        let &offer = self.offers.get(flow.offer.as_str())?;
        let o = &network.offers[offer];
        let (mut place, mut period, mut resource, mut legs) = (o.place, o.from, o.resource, Vec::new());
        for leg in &flow.path {
            match leg {
                plan::Leg::Lane { lane, depart } => {
                    let (&l, depart) = (self.lanes.get(lane.as_str())?, usize::try_from(*depart).ok()?);
                    let lane = &network.lanes[l];
                    if lane.from != place || depart < period || network.forbidding[lane.forbids][resource] {
                        return None;
                    }
                    legs.push(Leg::Lane(l as u32, depart as u32));
                    (place, period) = (lane.to, depart + lane.transit);
                }
                plan::Leg::Process { process, start } => {
                    let (&p, start) = (self.processes.get(process.as_str())?, usize::try_from(*start).ok()?);
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
        let &want = self.wants.get(&(flow.target.clone(), resource))?;
        let arrive = usize::try_from(flow.arrive).ok()?.max(period);
        let fits = place == network.wants[want].place && arrive <= network.wants[want].last;
        (fits && network.allowed(offer, want)).then(|| Column::new(network, capacities, (offer, want), legs, arrive))
    }
}

//! What binds a plan: the capacities and offers of which more would be worth something.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::column::{Capacities, Limited};
use super::network::Network;
use super::prices::Prices;
use crate::instance::Instance;

/// What kind of thing limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    /// Tonnes departing on a lane.
    Lane,
    /// Tonnes departing a place.
    Handling,
    /// Tonnes waiting at a place.
    Storage,
    /// Units starting a process.
    Process,
    /// Units ordered of an offer.
    Order,
    /// Cubic metres departing on a lane.
    LaneVolume,
    /// Cubic metres waiting at a place.
    StorageVolume,
    /// Tonnes arriving at a place.
    HandlingIn,
    /// Units that a process needs besides its input.
    Need,
    /// Units of a pool in use.
    Pool,
    /// Money of a fund.
    Fund,
    /// Units of an offer.
    Offer,
}

impl LimitKind {
    /// Id of what limits, from its number.
    pub(crate) fn id(self, instance: &Instance, network: &Network, n: usize) -> String {
        let id = match self {
            LimitKind::Lane | LimitKind::LaneVolume => &instance.lanes[n].id,
            LimitKind::Handling | LimitKind::HandlingIn | LimitKind::Storage | LimitKind::StorageVolume => {
                &instance.places[n].id
            }
            LimitKind::Process => &instance.processes[n].id,
            LimitKind::Order => &instance.offers[network.orders[n]].id,
            LimitKind::Need => &instance.processes[network.needs[n].process].id,
            LimitKind::Pool => &instance.pools[n].id,
            LimitKind::Fund => &instance.funds[n].id,
            LimitKind::Offer => &instance.offers[n].id,
        };
        id.clone()
    }
}

impl Limited {
    /// What kind of limit it is, and its number; none: a wish that may be passed.
    pub(crate) fn kind(self, network: &Network) -> Option<(LimitKind, usize)> {
        let processes = network.processes.len() - network.orders.len();
        Some(match self {
            Limited::Lane(n) => (LimitKind::Lane, n),
            Limited::Handling(n) => (LimitKind::Handling, n),
            Limited::Storage(n) => (LimitKind::Storage, n),
            Limited::Process(n) if n < processes => (LimitKind::Process, n),
            Limited::Process(n) => (LimitKind::Order, n - processes),
            Limited::LaneVolume(n) => (LimitKind::LaneVolume, n),
            Limited::StorageVolume(n) => (LimitKind::StorageVolume, n),
            Limited::HandlingIn(n) => (LimitKind::HandlingIn, n),
            Limited::Need(n) => (LimitKind::Need, n),
            Limited::Pool(n) => (LimitKind::Pool, n),
            Limited::Fund(n) => (LimitKind::Fund, n),
            Limited::Reserve(_) | Limited::Floor(_) => return None,
        })
    }
}

/// Something that limits the plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Limit {
    /// Its kind.
    pub kind: LimitKind,
    /// Id of the lane, place, process or offer.
    pub id: String,
    /// Where in time it binds, in order.
    pub binding: Vec<Binding>,
    /// Objective gained per further unit (tonne, or unit of a resource) in every one of these periods, summed; from
    /// the linear relaxation, so true for a small change only.
    pub worth: f64,
}

/// One period in which something limits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Binding {
    /// The period; for an offer the one from which it is available.
    pub period: usize,
    /// Tonnes or units the plan uses.
    pub load: f64,
    /// Tonnes or units there are.
    pub capacity: f64,
    /// Objective gained per further tonne or unit.
    pub value: f64,
}

/// A price below this is none.
const LEAST: f64 = 1e-6;

/// Gathers the limits by the relaxation's prices, with the loads of the plan, most valuable first.
pub(crate) fn limits(
    instance: &Instance,
    network: &Network,
    capacities: &Capacities,
    prices: &Prices,
    load: &[f64],
    given: &[i64],
) -> Vec<Limit> {
    let mut found: BTreeMap<(LimitKind, usize), Vec<Binding>> = BTreeMap::new();
    for (id, value) in capacities.per_tonne(prices).into_iter().enumerate().filter(|(_, p)| *p > LEAST) {
        let (what, period) = capacities.name(id);
        // What a process needs is no limit of its own: the offers of it and the ways there are.
        let Some(key) = what.kind(network).filter(|(kind, _)| *kind != LimitKind::Need) else { continue };
        found.entry(key).or_default().push(Binding { period, load: load[id], capacity: capacities.limit[id], value });
    }
    for (n, &value) in prices.offer.iter().enumerate().filter(|(_, p)| **p > LEAST) {
        let (period, load, capacity) = (network.offers[n].from, given[n] as f64, network.offers[n].quantity as f64);
        found.entry((LimitKind::Offer, n)).or_default().push(Binding { period, load, capacity, value });
    }
    let mut list: Vec<Limit> = found
        .into_iter()
        .map(|((kind, n), binding)| {
            let id = kind.id(instance, network, n);
            let worth = binding.iter().map(|b| b.value).sum();
            Limit { kind, id, binding, worth }
        })
        .collect();
    list.sort_by(|a, b| b.worth.total_cmp(&a.worth).then(a.kind.cmp(&b.kind)));
    list
}

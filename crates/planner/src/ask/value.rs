//! What one more unit would be worth at any place from any period on, at the prices of a relaxation: the best path's
//! value, found backward from a want, as in pricing, but without any offer.

use std::collections::HashMap;

use crate::instance::Instance;
use crate::solve::{Capacities, Limit, LimitKind, Network, timeliness};

/// Prices of capacities, by number in [`Capacities`].
pub(super) fn prices(instance: &Instance, capacities: &Capacities, limits: &[Limit]) -> Vec<f64> {
    let number = |ids: Vec<&'_ str>| -> HashMap<String, usize> {
        ids.into_iter().enumerate().map(|(n, id)| (id.to_owned(), n)).collect()
    };
    let lanes = number(instance.lanes.iter().map(|x| x.id.as_str()).collect());
    let places = number(instance.places.iter().map(|x| x.id.as_str()).collect());
    let processes = number(instance.processes.iter().map(|x| x.id.as_str()).collect());
    let mut prices = vec![0.0; capacities.limit.len()];
    for limit in limits {
        for binding in &limit.binding {
            let t = binding.period;
            let id = match limit.kind {
                LimitKind::Lane => lanes.get(&limit.id).map(|&n| capacities.lane(n, t)),
                LimitKind::Handling => places.get(&limit.id).map(|&n| capacities.handling(n, t)),
                LimitKind::Storage => places.get(&limit.id).map(|&n| capacities.storage(n, t)),
                LimitKind::Process => processes.get(&limit.id).map(|&n| capacities.process(n, t)),
                _ => None,
            };
            if let Some(id) = id {
                prices[id] = binding.value;
            }
        }
    }
    prices
}

/// Worth of one unit of a resource being somewhere, on its way to a want.
pub(super) struct Values {
    /// By period and place; minus infinity where no way leads on.
    value: Vec<f64>,
    places: usize,
    last: usize,
}

impl Values {
    pub(super) fn at(&self, period: usize, place: usize) -> f64 {
        if period > self.last { f64::NEG_INFINITY } else { self.value[period * self.places + place] }
    }

    /// The last period from which a unit at a place is still worth nearly as much as at best.
    pub(super) fn latest(&self, place: usize, first: usize, apart: f64) -> Option<(usize, f64)> {
        let best = (first..=self.last).map(|t| self.at(t, place)).fold(f64::NEG_INFINITY, f64::max);
        let near = (first..=self.last).rev().find(|&t| self.at(t, place) >= best - apart)?;
        best.is_finite().then(|| (near, self.at(near, place)))
    }
}

/// Backward from a want, for the wanted resource itself. `worth` is what a unit is worth at full timeliness.
pub(super) fn values(network: &Network, capacities: &Capacities, prices: &[f64], want: usize, worth: f64) -> Values {
    let w = &network.wants[want];
    let (places, mass) = (network.places, network.mass[w.resource]);
    let mut values = Values { value: vec![f64::NEG_INFINITY; (w.last + 1) * places], places, last: w.last };
    let at_once = network.lanes.iter().any(|lane| lane.transit == 0);
    let fits = |id: usize| capacities.limit[id] + 1e-9 >= mass;
    for t in (0..=w.last).rev() {
        let mut now = vec![f64::NEG_INFINITY; places];
        now[w.place] = worth * timeliness(t, w.due, w.expires);
        for (n, now) in now.iter_mut().enumerate() {
            let id = capacities.storage(n, t);
            if t < w.last && fits(id) {
                *now = now.max(values.at(t + 1, n) - prices[id] * mass);
            }
        }
        // Lanes without transit lead on within the period: again until nothing gets better.
        let mut better = true;
        while std::mem::take(&mut better) {
            for (l, lane) in network.lanes.iter().enumerate() {
                let ids = [capacities.lane(l, t), capacities.handling(lane.from, t)];
                let fits = lane.departs(t) && ids.iter().all(|&id| fits(id));
                let shut = network.forbidding[lane.forbids][w.resource] || !fits;
                if shut || t + lane.transit > w.last {
                    continue;
                }
                let then = if lane.transit == 0 { now[lane.to] } else { values.at(t + lane.transit, lane.to) };
                let tonnes = (lane.cost + prices[ids[0]] + prices[ids[1]]) * mass;
                let value = then - tonnes - lane.cost_m3 * network.volume[w.resource];
                if value > now[lane.from] + 1e-12 {
                    now[lane.from] = value;
                    better = at_once;
                }
            }
        }
        values.value[t * places..(t + 1) * places].copy_from_slice(&now);
    }
    values
}

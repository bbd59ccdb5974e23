//! Rules and penalties that look at the plan as a whole: trips, needs, pools, funds and the mission's policy.

use std::collections::BTreeMap;

use super::{Judge, PerPeriod, TOLERANCE, allowed};
use crate::instance::Offer;

/// The least whole number of trips that take a load.
fn trips(load: f64, each: Option<f64>) -> f64 {
    let Some(each) = each else { return 0.0 };
    let full = (load / each).floor();
    if load > allowed(full * each) { full + 1.0 } else { full }
}

impl<'i> Judge<'i> {
    /// Trips of lanes that go so: what they cost, and how many there may be; and least loads.
    pub(super) fn trips(&mut self) {
        let loads = std::mem::take(&mut self.lane_load);
        for (&(id, t), &tonnes) in &loads {
            let lane = self.lanes[id];
            if tonnes < lane.least_t - TOLERANCE * lane.least_t.max(1.0) {
                self.faults.push(format!("lane {id} in {t}: {tonnes:.6} departs, at least {} must", lane.least_t));
            }
            let m3 = self.lane_volume.get(&(id, t)).copied().unwrap_or(0.0);
            let trips = trips(tonnes, lane.trip_t).max(trips(m3, lane.trip_m3));
            if let Some(most) = &lane.trips
                && trips > allowed(most.at(usize::try_from(t).expect("not before the offer's period")))
            {
                self.faults.push(format!("trips of lane {id} in {t}: {trips} are more than there may be"));
            }
            if trips > 0.0 {
                self.pay(lane.fund.as_ref(), t, trips * lane.trip_cost);
            }
        }
        self.lane_load = loads;
    }

    /// Whether by every period as much was delivered as processes need.
    pub(super) fn needs(&mut self) {
        for p in &self.instance.processes {
            for (input, need) in p.needs.iter().enumerate() {
                let supplied = self.supplied.get(&(p.id.as_str(), input));
                let (mut have, mut used) = (0.0, 0.0);
                for t in 0..self.instance.periods {
                    have += supplied.map_or(0.0, |supplied| supplied[t]);
                    used += self.starts.get(&(p.id.as_str(), t as i64)).copied().unwrap_or(0.0) * need.quantity;
                    if used > allowed(have) {
                        let id = &p.id;
                        self.faults.push(format!("process {id}: by period {t} input {input} needs {used}, has {have}"));
                        break;
                    }
                }
            }
        }
    }

    /// Whether no more is held of a pool than there is.
    pub(super) fn holds(&mut self) {
        let mut held: PerPeriod<'i> = BTreeMap::new();
        for (&(id, start), &units) in &self.starts {
            let process = self.processes[id];
            for hold in &process.holds {
                let periods = hold.periods.unwrap_or(process.duration.max(1)) as i64;
                for t in start..(start + periods).min(self.periods) {
                    *held.entry((hold.pool.as_str(), t)).or_default() += units * hold.quantity;
                }
            }
        }
        for ((id, t), units) in held {
            let there = self.pools[id].quantity.at(usize::try_from(t).expect("not before the offer's period"));
            let there = there + self.lent.get(&(id, t)).copied().unwrap_or(0.0);
            if units > allowed(there) {
                self.faults.push(format!("pool {id} in {t}: {units:.6} over {there}"));
            }
        }
    }

    /// Whether no fund paid more by any period than it had.
    pub(super) fn funds(&mut self) {
        for fund in &self.instance.funds {
            let mut paid = 0.0;
            for (t, available) in fund.available(self.instance.periods).into_iter().enumerate() {
                paid += self.paid.get(&(fund.id.as_str(), t as i64)).copied().unwrap_or(0.0);
                if paid > allowed(available) {
                    self.faults.push(format!("fund {}: paid {paid:.6} by {t}, has {available}", fund.id));
                    break;
                }
            }
        }
    }

    /// What is lost by leaving the mission's policy.
    pub(super) fn penalties(&self) -> f64 {
        let d = self.instance;
        let floors = d.floors.iter().zip(&self.floor_value);
        let floors: f64 = floors.map(|(floor, value)| floor.penalty * (floor.value - value).max(0.0)).sum();
        let further = |n: usize| self.types.range((n, "")..(n + 1, "")).count().saturating_sub(1);
        let fleets: f64 = d.fleets.iter().enumerate().map(|(n, fleet)| fleet.penalty * further(n) as f64).sum();
        let mut reserves = 0.0;
        for reserve in &d.reserves {
            let counts =
                |o: &&Offer| reserve.resources.contains(&o.resource) && Self::names(reserve.places.as_ref(), &o.place);
            let (mut all, mut used) = (0.0, 0.0);
            for offer in d.offers.iter().filter(counts) {
                all += offer.quantity as f64;
                used += self.offered.get(offer.id.as_str()).copied().unwrap_or(0) as f64;
            }
            reserves += reserve.penalty * (reserve.quantity.min(all) - (all - used)).max(0.0);
        }
        floors + fleets + reserves
    }
}

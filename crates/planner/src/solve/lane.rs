//! Lanes by numbers, and the trips that they go in.

use super::network::TOLERANCE;
use crate::instance::{self, Instance};

#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) transit: usize,
    /// Weighted cost per tonne, and per cubic metre; of trips what they cost when full.
    pub(crate) cost: f64,
    pub(crate) cost_m3: f64,
    /// What a fund pays per tonne, and per cubic metre.
    pub(crate) paid: f64,
    pub(crate) paid_m3: f64,
    pub(crate) fund: Option<usize>,
    /// Tonnes per period.
    pub(crate) capacity: Vec<f64>,
    /// Cubic metres per period; empty: no limit.
    pub(crate) capacity_m3: Vec<f64>,
    /// Whether it departs, by period; empty: always.
    pub(crate) departs: Vec<bool>,
    /// Which resources are forbidden: position in [`Network::forbidding`]; 0 forbids none.
    pub(crate) forbids: usize,
    pub(crate) trip: Option<Trip>,
    /// Least tonnes that depart in a period in which anything departs.
    pub(crate) least: f64,
}

impl Lane {
    pub(crate) fn departs(&self, period: usize) -> bool {
        self.departs.get(period).copied().unwrap_or(true)
    }
}

/// How a lane goes in trips.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trip {
    /// Tonnes and cubic metres that one takes.
    pub(crate) tonnes: Option<f64>,
    pub(crate) m3: Option<f64>,
    /// Weighted cost of one.
    pub(crate) cost: f64,
    /// What a fund pays for one.
    pub(crate) paid: f64,
}

impl Trip {
    /// Share of a trip that a unit of such a load takes, as what it costs is counted.
    pub(crate) fn share(&self, tonnes: f64, m3: f64) -> f64 {
        match (self.tonnes, self.m3) {
            (Some(each), _) => tonnes / each,
            (None, Some(each)) => m3 / each,
            (None, None) => 0.0,
        }
    }

    /// Share of a trip that a unit of such a load takes at most: by mass or by volume, whichever is more.
    pub(crate) fn most(&self, tonnes: f64, m3: f64) -> f64 {
        let of = |load: f64, each: Option<f64>| each.map_or(0.0, |each| load / each);
        of(tonnes, self.tonnes).max(of(m3, self.m3))
    }

    /// Trips that such a load takes, within the judge's tolerance.
    pub(crate) fn number(&self, tonnes: f64, m3: f64) -> f64 {
        let of = |load: f64, each: Option<f64>| {
            let full = |each: f64| (load / each).floor();
            let whole = |each: f64| load - full(each) * each <= TOLERANCE * (full(each) * each).max(1.0);
            each.map_or(0.0, |each| full(each) + f64::from(u8::from(!whole(each))))
        };
        of(tonnes, self.tonnes).max(of(m3, self.m3))
    }
}

/// A lane by numbers; `ends` are its places, `fund` pays for it.
pub(super) fn lane(
    d: &Instance,
    l: &instance::Lane,
    (from, to): (usize, usize),
    fund: Option<usize>,
    forbids: usize,
) -> Lane {
    let trip = (l.trip_t.is_some() || l.trip_m3.is_some()).then_some(Trip {
        tonnes: l.trip_t,
        m3: l.trip_m3,
        cost: d.cost_weight * l.trip_cost,
        paid: l.trip_cost,
    });
    // The cheapest it can be: trips that are full. By mass, where both are measured.
    let share = |tonnes: f64, m3: f64| trip.map_or(0.0, |trip| trip.share(tonnes, m3) * l.trip_cost);
    let (by_mass, by_volume) = (share(1.0, 0.0), share(0.0, 1.0));
    let trips = |each: Option<f64>, t: usize| match (&l.trips, each) {
        (Some(most), Some(each)) => most.at(t).floor() * each,
        _ => f64::INFINITY,
    };
    let departs: Vec<bool> = l.departs.as_ref().map_or_else(Vec::new, |list| {
        let mut departs = vec![false; d.periods];
        list.iter().for_each(|&t| departs[t] = true);
        departs
    });
    let limited = l.capacity_m3.is_some() || l.trip_m3.is_some();
    let m3 = |t: usize| l.capacity_m3.as_ref().map_or(MOST_M3, |m3| m3.at(t)).min(trips(l.trip_m3, t));
    Lane {
        from,
        to,
        transit: l.transit,
        cost: d.cost_weight * (l.cost_per_t + by_mass),
        cost_m3: d.cost_weight * by_volume,
        paid: l.cost_per_t + by_mass,
        paid_m3: by_volume,
        fund,
        capacity: (0..d.periods).map(|t| l.capacity_t.at(t).min(trips(l.trip_t, t))).collect(),
        capacity_m3: if limited { (0..d.periods).map(m3).collect() } else { Vec::new() },
        departs,
        forbids,
        trip,
        least: l.least_t,
    }
}

/// Cubic metres on a lane without a limit: more than any plan has, and little enough that what is left of it tells small
/// loads to the judge's tolerance.
const MOST_M3: f64 = 1e9;

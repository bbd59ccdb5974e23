//! Lanes: links between places, with what they carry, how long they take and when they are closed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::{
    code::{Code, Ref},
    fault::Faults,
    field::{Field, Text},
    fixed::Fixed,
    fund::Fund,
    message,
    place::Place,
    record,
    record::Rules,
    words,
};

words! {
    /// How a lane moves things.
    pub enum Mode {
        /// By road.
        Road = "road",
        /// By rail.
        Rail = "rail",
        /// By sea.
        Sea = "sea",
        /// By air.
        Air = "air",
    }
}

record! {
    /// A link from one place to another.
    pub struct Lane in "lanes" by (code) owned by () usually Participants {
        /// Its code.
        code: Code,
        /// Where it starts.
        from: Ref<Place>,
        /// Where it ends.
        to: Ref<Place>,
        /// How it moves things.
        mode: Mode,
        /// Days from departure to arrival.
        transit_days: u32,
        /// Most tonnes that may depart in one period.
        capacity_t: Fixed<3>,
        /// Cost of one tonne, in the mission's currency.
        cost_per_t: Fixed<2>,
        /// Hazard classes it may not carry.
        forbids: Vec<Text>,
        /// Most cubic metres that may depart in one period; none: no limit.
        capacity_m3: Option<Fixed<3>>,
        /// Timetable: a day on which it departs; none: every day.
        departs_on: Option<Date>,
        /// Days from one departure to the next.
        departs_every_days: Option<u32>,
        /// Tonnes that one trip takes: a vehicle, convoy, train, flight or sailing.
        trip_t: Option<Fixed<3>>,
        /// Cubic metres that one trip takes.
        trip_m3: Option<Fixed<3>>,
        /// Cost of one trip, in the mission's currency.
        trip_cost: Option<Fixed<2>>,
        /// Most trips in one period; none: as many as the capacity takes.
        trips: Option<u32>,
        /// Least tonnes that depart in a period in which anything does.
        least_t: Option<Fixed<3>>,
        /// The fund that pays for it.
        fund: Option<Ref<Fund>>,
    }
}

impl Rules for Lane {
    fn rules(&self, faults: &mut Faults<'_>) {
        faults.require(self.from != self.to, "to", self.to.as_str(), message!("another-place"));
        faults.require(self.capacity_t.0 >= 0, "capacity_t", self.capacity_t.text(), message!("not-negative"));
        faults.require(self.cost_per_t.0 >= 0, "cost_per_t", self.cost_per_t.text(), message!("not-negative"));
        let days = self.transit_days;
        faults.require(days <= 3_650, "transit_days", days.to_string(), message!("at-most", most = 3_650));
        let above_zero = [
            ("capacity_m3", self.capacity_m3),
            ("trip_t", self.trip_t),
            ("trip_m3", self.trip_m3),
            ("least_t", self.least_t),
        ];
        for (column, limit) in above_zero {
            faults.require(limit.is_none_or(|t| t.0 > 0), column, limit.text(), message!("above-zero"));
        }
        let cost = self.trip_cost;
        faults.require(cost.is_none_or(|c| c.0 >= 0), "trip_cost", cost.text(), message!("not-negative"));
        let in_trips = self.trip_t.is_some() || self.trip_m3.is_some();
        for (column, text) in [("trip_cost", cost.text()), ("trips", self.trips.text())] {
            faults.require(in_trips || text.is_empty(), column, text, message!("trip-size-missing"));
        }
        let every = self.departs_every_days;
        faults.require(
            every.is_none_or(|days| (1..=3_650).contains(&days)),
            "departs_every_days",
            every.text(),
            message!("from-to", least = 1, most = 3_650),
        );
        let both = self.departs_on.is_some() == every.is_some();
        faults.require(both, "departs_every_days", every.text(), message!("timetable-in-part"));
    }
}

record! {
    /// Days on which nothing departs on a lane.
    pub struct LaneClosure in "lane_closures" by (lane, from) part of "lanes" {
        /// The lane.
        lane: Ref<Lane>,
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
        /// Why.
        reason: Text,
    }
}

impl Rules for LaneClosure {
    fn rules(&self, faults: &mut Faults<'_>) {
        faults.require(self.to >= self.from, "to", self.to.to_string(), message!("not-before-first-day"));
    }
}

/// The lanes that lead quickest from one place to another, of those that may be taken; none if none lead there. From a place to itself lead
/// no lanes.
pub fn quickest(
    lanes: &BTreeMap<String, Lane>,
    from: &str,
    to: &str,
    may_be_taken: impl Fn(&Lane) -> bool,
) -> Option<Vec<Code>> {
    let mut best: BTreeMap<&str, (u32, Option<&Lane>)> = BTreeMap::from([(from, (0, None))]);
    let mut next = BTreeSet::from([(0_u32, from)]);
    while let Some((days, place)) = next.pop_first() {
        if place == to {
            break;
        }
        for lane in lanes.values().filter(|lane| lane.from.as_str() == place && may_be_taken(lane)) {
            let (there, end) = (days.saturating_add(lane.transit_days), lane.to.as_str());
            if best.get(end).is_none_or(|(known, _)| there < *known) {
                best.insert(end, (there, Some(lane)));
                next.insert((there, end));
            }
        }
    }
    let mut way = Vec::new();
    let mut place = to;
    while let Some(lane) = best.get(place)?.1 {
        way.push(lane.code.clone());
        place = lane.from.as_str();
    }
    way.reverse();
    Some(way)
}

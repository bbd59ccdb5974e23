//! Lanes: links between places, with what they carry, how long they take and when they are closed.

use jiff::civil::Date;

use crate::{
    code::{Code, Ref},
    fault::Faults,
    field::{Field, Text},
    fixed::Fixed,
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
    }
}

impl Rules for Lane {
    fn rules(&self, faults: &mut Faults<'_>) {
        faults.require(self.from != self.to, "to", self.to.as_str(), message!("another-place"));
        faults.require(self.capacity_t.0 >= 0, "capacity_t", self.capacity_t.text(), message!("not-negative"));
        faults.require(self.cost_per_t.0 >= 0, "cost_per_t", self.cost_per_t.text(), message!("not-negative"));
        let days = self.transit_days;
        faults.require(days <= 3_650, "transit_days", days.to_string(), message!("at-most", most = 3_650));
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

//! Places: the nodes at which things are held, moved, repaired, taught and handed over.

use jiff::civil::Date;

use crate::{
    code::{Code, Ref},
    fault::Faults,
    field::{Country, Field, Text},
    fixed::Fixed,
    gs1::Gln,
    message,
    message::Message,
    party::Party,
    pool::Pool,
    record,
    record::Rules,
    words,
};

words! {
    /// What a place is for.
    pub enum PlaceKind {
        /// A donor's depot.
        Depot = "depot",
        /// A hub of the mission.
        Hub = "hub",
        /// A sea port.
        Port = "port",
        /// An airfield.
        Airfield = "airfield",
        /// A border crossing or change of gauge.
        Crossing = "crossing",
        /// A repair facility.
        Repair = "repair",
        /// A training facility.
        Training = "training",
        /// Where a unit takes delivery.
        Delivery = "delivery",
    }
}

/// A location code of the United Nations: two letters of country, three of place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnLocode(String);

impl Field for UnLocode {
    fn expected() -> Message {
        message!("a-locode")
    }

    fn parse(text: &str) -> Result<Self, Message> {
        let country = text.bytes().take(2).all(|b| b.is_ascii_uppercase());
        let place = text.bytes().skip(2).all(|b| b.is_ascii_uppercase() || (b'2'..=b'9').contains(&b));
        if text.len() == 5 && country && place { Ok(Self(text.to_owned())) } else { Err(Self::expected()) }
    }

    fn text(&self) -> String {
        self.0.clone()
    }
}

record! {
    /// A node.
    pub struct Place in "places" by (code) owned by (operator) usually Participants {
        /// Its code.
        code: Code,
        /// Its name.
        name: Text,
        /// What it is for.
        kind: PlaceKind,
        /// Its country.
        country: Country,
        /// Its UN/LOCODE.
        unlocode: Option<UnLocode>,
        /// Its number in trade.
        gln: Option<Gln>,
        /// Where drivers find it, in lines.
        address: Vec<Text>,
        /// Degrees north.
        latitude: Fixed<6>,
        /// Degrees east.
        longitude: Fixed<6>,
        /// Most tonnes that may depart by lanes in one period; none: no limit.
        handling_t: Option<Fixed<3>>,
        /// Most tonnes that may wait from one period to the next; none: no limit.
        storage_t: Option<Fixed<3>>,
        /// Most tonnes that may arrive by lanes in one period; none: no limit.
        handling_in_t: Option<Fixed<3>>,
        /// Most cubic metres that may wait from one period to the next; none: no limit.
        storage_m3: Option<Fixed<3>>,
        /// Who runs it.
        operator: Option<Ref<Party>>,
    }
}

impl Rules for Place {
    fn rules(&self, faults: &mut Faults<'_>) {
        for (column, degrees, most) in [("latitude", self.latitude, 90), ("longitude", self.longitude, 180)] {
            let right = degrees.0.abs() <= most * Fixed::<6>::ONE;
            faults.require(right, column, degrees.to_string(), message!("degrees", least = -most, most));
        }
        let limits = [
            ("handling_t", self.handling_t),
            ("storage_t", self.storage_t),
            ("handling_in_t", self.handling_in_t),
            ("storage_m3", self.storage_m3),
        ];
        for (column, limit) in limits {
            faults.require(limit.is_none_or(|t| t.0 >= 0), column, limit.text(), message!("not-negative"));
        }
    }
}

record! {
    /// Days on which a host keeps a facility, or something there, for itself: holidays, exercises of its own, work on the building.
    pub struct PlaceBlock in "place_blocks" by (place, block) part of "places" {
        /// The place.
        place: Ref<Place>,
        /// Its code within the place.
        block: Code,
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
        /// What is kept; none: all of the place.
        pool: Option<Ref<Pool>>,
        /// How many units of the pool; none: all.
        quantity: Option<u32>,
        /// Why.
        reason: Text,
    }
}

impl Rules for PlaceBlock {
    fn rules(&self, faults: &mut Faults<'_>) {
        faults.require(self.to >= self.from, "to", self.to.text(), message!("not-before-first-day"));
        let of_what = self.pool.is_some() || self.quantity.is_none();
        faults.require(of_what, "quantity", self.quantity.text(), message!("quantity-of-pool"));
    }
}

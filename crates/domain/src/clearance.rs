//! Clearances: proof that a condition which a donor's caveat sets is met, before goods are let go.

use jiff::civil::Date;

use crate::{
    caveat::Condition, code::Ref, fault::Faults, field::Text, message, offer::Offer, picture::Picture, record,
    record::Rules,
};

record! {
    /// That one condition of an offer's caveats is met.
    pub struct Clearance in "clearances" by (offer, condition) part of "offers" {
        /// The offer.
        offer: Ref<Offer>,
        /// The condition.
        condition: Condition,
        /// Who says so: the ministry, agency or officer.
        authority: Text,
        /// Number of their paper.
        reference: Text,
        /// Its day.
        date: Date,
        /// Until when it holds; none: for good.
        expires: Option<Date>,
    }
}

impl Rules for Clearance {
    fn rules(&self, faults: &mut Faults<'_>) {
        let right = self.expires.is_none_or(|expires| expires >= self.date);
        faults.require(
            right,
            "expires",
            self.expires.map_or_else(String::new, |d| d.to_string()),
            message!("not-before-first-day"),
        );
    }
}

/// Conditions of an offer's caveats that are not met on a day.
pub fn lacking(picture: &Picture, offer: &str, on: Date) -> Vec<Condition> {
    let Some(offer) = picture.offers.get(offer) else { return Vec::new() };
    let caveats = offer.caveats.iter().filter_map(|code| picture.caveats.get(code.as_str()));
    let mut wanted: Vec<Condition> = caveats.flat_map(|caveat| caveat.conditions.iter().copied()).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let met = |condition: &Condition| {
        let clearance = picture.clearances.get(&format!("{} {condition}", offer.code));
        clearance.is_some_and(|c| c.date <= on && c.expires.is_none_or(|expires| on <= expires))
    };
    wanted.retain(|condition| !met(condition));
    wanted
}

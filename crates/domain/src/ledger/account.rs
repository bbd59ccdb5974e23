//! Accounts: where a quantity is held.

use std::fmt;

use crate::{code::Code, field::Field, message, message::Message, words};

/// Number of an account, given when it is first used.
pub type AccountId = i64;

words! {
    /// What an account is for. The accounts of the outside world may go negative, all others never do.
    pub enum AccountPurpose {
        /// A donor's own stock or treasury: the outside world from which gifts come.
        NationalStock = "national_stock",
        /// Held at a place, ready to be moved, repaired, taught or handed over.
        OnHand = "on_hand",
        /// Under way on a lane; its place is the node it is going to.
        InTransit = "in_transit",
        /// A repair's or a course's own account: it takes the input and gives the output.
        InProcess = "in_process",
        /// Handed over: the unit has it and owns it.
        InService = "in_service",
        /// Money in a fund.
        Fund = "fund",
        /// Set aside until it has been counted and identified.
        Quarantine = "quarantine",
        /// Used up.
        Consumed = "consumed",
        /// Lost or written off.
        Lost = "lost",
    }
}

impl AccountPurpose {
    /// Whether it stands for the outside world and may go negative.
    pub fn is_external(self) -> bool {
        matches!(self, Self::NationalStock | Self::InProcess | Self::Consumed | Self::Lost)
    }
}

/// What makes an account: two quantities are in the same account when all of this is the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountKey {
    /// What it is for.
    pub purpose: AccountPurpose,
    /// The party that has it in its hands.
    pub holder: Code,
    /// The party whose it is.
    pub owner: Code,
    /// The node where it is, or to which it is going.
    pub place: Option<Code>,
    /// The lane, process or fund that has it.
    pub via: Option<Code>,
    /// What is counted.
    pub resource: Code,
    /// The caveats under which it was given, in order and without repetition.
    pub caveats: Vec<Code>,
}

/// Where something is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whereabouts {
    /// At a place.
    Place(Code),
    /// On its way by a lane.
    Lane(Code),
}

impl AccountKey {
    /// Where that is which is in the account: on a lane while it is in transit, else at a place; none: what has no place.
    pub fn whereabouts(&self) -> Option<Whereabouts> {
        match (self.purpose, &self.via, &self.place) {
            (AccountPurpose::InTransit, Some(lane), _) => Some(Whereabouts::Lane(lane.clone())),
            (_, _, place) => place.clone().map(Whereabouts::Place),
        }
    }

    /// Puts the caveats in order, so that the same set is the same account.
    #[must_use]
    pub fn with_caveats(mut self, caveats: impl IntoIterator<Item = Code>) -> Self {
        self.caveats = caveats.into_iter().collect();
        self.caveats.sort();
        self.caveats.dedup();
        self
    }

    /// Reads what [`Display`](fmt::Display) writes: purpose, holder, owner, place, via, resource, caveats, with spaces between and `-`
    /// for what is absent.
    ///
    /// # Errors
    /// What would be right, to stand after "must be".
    pub fn parse(text: &str) -> Result<Self, Message> {
        let parts: Vec<&str> = text.split(' ').collect();
        let [purpose, holder, owner, place, via, resource, caveats] = parts[..] else {
            return Err(message!("an-account"));
        };
        let maybe = |text: &str| if text == "-" { Ok(None) } else { Code::new(text).map(Some) };
        let caveats =
            if caveats == "-" { Vec::new() } else { caveats.split('|').map(Code::new).collect::<Result<_, _>>()? };
        let key = Self {
            purpose: AccountPurpose::parse(purpose)?,
            holder: Code::new(holder)?,
            owner: Code::new(owner)?,
            place: maybe(place)?,
            via: maybe(via)?,
            resource: Code::new(resource)?,
            caveats: Vec::new(),
        };
        Ok(key.with_caveats(caveats))
    }

    /// The same account for another resource.
    #[must_use]
    pub fn of(&self, resource: &Code) -> Self {
        Self { resource: resource.clone(), ..self.clone() }
    }

    /// The caveats as text, with `|` between them.
    pub fn caveats_text(&self) -> String {
        self.caveats.iter().map(Code::as_str).collect::<Vec<_>>().join("|")
    }
}

/// One line that names the account wholly; codes hold no spaces, so it is unambiguous.
impl fmt::Display for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |code: &Option<Code>| code.as_ref().map_or("-", Code::as_str).to_owned();
        let (place, via) = (part(&self.place), part(&self.via));
        write!(f, "{} {} {} {place} {via} {} ", self.purpose, self.holder, self.owner, self.resource)?;
        f.write_str(if self.caveats.is_empty() { "-" } else { "" })?;
        f.write_str(&self.caveats_text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for text in
            ["on_hand OP JPN HUB - vest/ok A|B", "fund UKR JPN - F EUR -", "in_transit OP JPN HUB L-1 vest/ok -"]
        {
            assert_eq!(AccountKey::parse(text).unwrap().to_string(), text);
        }
        for wrong in ["", "on_hand OP JPN HUB - vest/ok", "shelf OP JPN HUB - vest/ok -", "on_hand O! JPN HUB - vest -"]
        {
            assert!(AccountKey::parse(wrong).is_err(), "{wrong}");
        }
    }
}

//! Needs of both kinds as one thing: requirements, counted in units, and packages, counted in sets. Several that ask for the same are
//! merged, and a part of one is split off.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::{
    code::{Code, Ref},
    message,
    message::{Message, Value},
    package::{Package, PackageComponent},
    picture::Picture,
    place::Place,
    record::Record,
    requirement::{Requirement, RequirementState},
};

/// A requirement or a package.
#[derive(Clone, Debug, PartialEq)]
pub enum Need {
    /// For units of one of several resources.
    Requirement(Requirement),
    /// For complete sets.
    Package(Package),
}

macro_rules! both {
    ($need:expr, $one:ident => $what:expr) => {
        match $need {
            Need::Requirement($one) => $what,
            Need::Package($one) => $what,
        }
    };
}

/// What is split off a need.
#[derive(Clone, Debug)]
pub struct Part {
    /// The code of the new need.
    pub code: Code,
    /// How many units or sets go over.
    pub quantity: u32,
    /// Where they are needed; none: at the same place.
    pub place: Option<Code>,
    /// By when; none: by the same day.
    pub due: Option<Date>,
}

impl Need {
    /// The need of a code.
    pub fn of(picture: &Picture, code: &str) -> Option<Self> {
        let requirement = picture.requirements.get(code).cloned().map(Self::Requirement);
        requirement.or_else(|| picture.packages.get(code).cloned().map(Self::Package))
    }

    /// The sheet in which it stands.
    pub fn sheet(&self) -> &'static str {
        match self {
            Self::Requirement(_) => Requirement::SHEET,
            Self::Package(_) => Package::SHEET,
        }
    }

    /// Its code.
    pub fn code(&self) -> &Code {
        both!(self, need => &need.code)
    }

    /// How many units or sets it is for.
    pub fn quantity(&self) -> u32 {
        match self {
            Self::Requirement(requirement) => requirement.quantity,
            Self::Package(package) => package.count,
        }
    }

    /// How far it has come.
    pub fn state(&self) -> RequirementState {
        both!(self, need => need.state)
    }

    /// Until when it is worth all of its value.
    pub fn due(&self) -> Date {
        both!(self, need => need.due)
    }

    /// Whose it is.
    pub fn unit(&self) -> &Code {
        both!(self, need => need.unit.code())
    }

    /// Where it is wanted.
    pub fn place(&self) -> &Code {
        both!(self, need => need.place.code())
    }

    /// What it is for.
    pub fn purpose(&self) -> &str {
        both!(self, need => need.purpose.as_str())
    }

    /// Whether it can still be changed.
    pub fn is_open(&self) -> bool {
        !self.state().next().is_empty()
    }

    /// Whether another asks for the same: the same unit, for the same purpose, with the same goods.
    pub fn is_like(&self, other: &Self, picture: &Picture) -> bool {
        let (unit, purpose) = both!(self, need => (&need.unit, &need.purpose));
        let (others, for_what) = both!(other, need => (&need.unit, &need.purpose));
        let same_kind = std::mem::discriminant(self) == std::mem::discriminant(other);
        same_kind
            && self.code() != other.code()
            && (unit, purpose) == (others, for_what)
            && self.resources(picture) == other.resources(picture)
    }

    /// The resources it is met with; of a package with how many of each.
    fn resources(&self, picture: &Picture) -> BTreeSet<(Code, u32)> {
        let code = self.code().as_str();
        match self {
            Self::Requirement(_) => picture.accepts(code).map(|a| (a.resource.code().clone(), 1)).collect(),
            Self::Package(_) => picture.components(code).map(|c| (c.resource.code().clone(), c.quantity)).collect(),
        }
    }

    /// Needs that ask for the same and can still be changed, by code: most likely one need that was handed in twice.
    pub fn duplicates(&self, picture: &Picture) -> Vec<Self> {
        let requirements = picture.requirements.values().cloned().map(Self::Requirement);
        let packages = picture.packages.values().cloned().map(Self::Package);
        requirements.chain(packages).filter(|other| other.is_open() && self.is_like(other, picture)).collect()
    }

    fn set_quantity(&mut self, quantity: u32) {
        match self {
            Self::Requirement(requirement) => requirement.quantity = quantity,
            Self::Package(package) => package.count = quantity,
        }
    }

    fn set_state(&mut self, state: RequirementState, reason: &str) {
        both!(self, need => (need.state, need.state_reason) = (state, reason.to_owned()));
    }

    /// Puts it into a picture with the parts that it has in another under `parts_of`.
    fn put(self, parts_of: &str, known: &Picture, picture: &mut Picture) {
        match self {
            Self::Requirement(requirement) => {
                for accept in known.accepts(parts_of) {
                    let mut accept = accept.clone();
                    accept.requirement = Ref::new(requirement.code.clone());
                    picture.put(accept);
                }
                picture.put(requirement);
            }
            Self::Package(package) => {
                for component in known.components(parts_of) {
                    let mut component = component.clone();
                    component.package = Ref::new(package.code.clone());
                    picture.put(component);
                }
                picture.put(package);
            }
        }
    }

    /// What changes when `others` become part of this need, which is then for `quantity`: they are superseded by it.
    ///
    /// # Errors
    /// Why they cannot be merged.
    pub fn merged(&self, others: &[Self], quantity: u32, reason: &str, known: &Picture) -> Result<Picture, Message> {
        if others.is_empty() {
            return Err(message!("merge-none-named"));
        }
        let mut changed = Picture::default();
        for other in others {
            if !self.is_like(other, known) {
                return Err(message!("need-unlike", other = other.code(), need = self.code()));
            }
            if !other.state().next().contains(&RequirementState::Superseded) {
                return Err(message!(
                    "need-not-superseded",
                    need = other.code(),
                    state = Value::word(other.state().as_str())
                ));
            }
            let (mut other, code) = (other.clone(), other.code().clone());
            other.set_state(RequirementState::Superseded, &format!("merged into {}: {reason}", self.code()));
            other.put(code.as_str(), known, &mut changed);
        }
        self.changed(quantity)?.put(self.code().as_str(), known, &mut changed);
        Ok(changed)
    }

    /// The state of a part that is split off: nothing is bound to it yet.
    pub fn state_of_part(&self) -> RequirementState {
        match self.state() {
            RequirementState::PartMatched | RequirementState::Matched => RequirementState::Prioritised,
            state => state,
        }
    }

    /// What changes when a part is split off: this need is for less, and a new one, like it and in `state`, for that part.
    ///
    /// # Errors
    /// Why it cannot be split so.
    pub fn split(&self, part: &Part, state: RequirementState, known: &Picture) -> Result<Picture, Message> {
        if part.quantity == 0 || part.quantity >= self.quantity() {
            return Err(message!("split-quantity", most = self.quantity().saturating_sub(1)));
        }
        if Self::of(known, part.code.as_str()).is_some() {
            return Err(message!("need-exists", need = &part.code));
        }
        let mut changed = Picture::default();
        let mut new = self.clone();
        both!(&mut new, need => {
            need.code = part.code.clone();
            need.place = part.place.clone().map_or_else(|| need.place.clone(), Ref::<Place>::new);
            need.due = part.due.unwrap_or(need.due);
            need.expires = need.expires.max(need.due);
        });
        new.set_quantity(part.quantity);
        new.set_state(state, &format!("split from {}", self.code()));
        new.put(self.code().as_str(), known, &mut changed);
        self.changed(self.quantity() - part.quantity)?.put(self.code().as_str(), known, &mut changed);
        Ok(changed)
    }

    /// The same need for another quantity.
    fn changed(&self, quantity: u32) -> Result<Self, Message> {
        if quantity == 0 {
            return Err(message!("need-quantity"));
        }
        if !self.is_open() {
            return Err(message!("need-over", need = self.code(), state = Value::word(self.state().as_str())));
        }
        let mut changed = self.clone();
        changed.set_quantity(quantity);
        Ok(changed)
    }

    /// How many of its units or sets are spoken for, of what is bound to it by resource: of a package as many sets as its fullest part has
    /// begun.
    pub fn bound(&self, picture: &Picture, planned: &BTreeMap<Code, i64>) -> i64 {
        match self {
            Self::Requirement(_) => planned.values().sum(),
            Self::Package(package) => {
                let begun = |component: &PackageComponent| {
                    let units = planned.get(component.resource.code()).copied().unwrap_or(0);
                    (units + i64::from(component.quantity) - 1).div_euclid(i64::from(component.quantity.max(1)))
                };
                picture.components(package.code.as_str()).map(begun).max().unwrap_or(0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::of_cells as read;

    fn requirement(code: &str, unit: &str, quantity: &str, state: &str) -> Requirement {
        read(&[
            ("code", code),
            ("unit", unit),
            ("place", "P"),
            ("purpose", "medical"),
            ("quantity", quantity),
            ("priority", "2"),
            ("due", "2026-10-01"),
            ("expires", "2026-11-01"),
            ("state", state),
            ("source", "test"),
            ("fictional", "yes"),
        ])
    }

    fn picture() -> Picture {
        let mut picture = Picture::default();
        for (code, unit, quantity, state) in [
            ("A", "U-1", "10", "prioritised"),
            ("B", "U-1", "4", "submitted"),
            ("C", "U-2", "4", "submitted"),
            ("D", "U-1", "4", "fulfilled"),
            ("E", "U-1", "4", "submitted"),
        ] {
            picture.put(requirement(code, unit, quantity, state));
            let resource = if code == "E" { "HELMET" } else { "VEST" };
            picture.put(read::<crate::requirement::RequirementAccept>(&[
                ("requirement", code),
                ("resource", resource),
                ("utility", "1"),
                ("source", "test"),
                ("fictional", "yes"),
            ]));
        }
        picture
    }

    fn need(picture: &Picture, code: &str) -> Need {
        Need::of(picture, code).unwrap()
    }

    #[test]
    fn duplicates_ask_for_the_same_and_can_still_be_changed() {
        let picture = picture();
        let found = need(&picture, "A").duplicates(&picture);
        assert_eq!(found.iter().map(|n| n.code().as_str()).collect::<Vec<_>>(), ["B"]);
    }

    #[test]
    fn what_is_merged_is_superseded_and_its_units_are_kept() {
        let picture = picture();
        let (a, b) = (need(&picture, "A"), need(&picture, "B"));
        let changed = a.merged(&[b], 14, "handed in twice", &picture).unwrap();
        assert_eq!(
            (changed.requirements["A"].quantity, changed.requirements["A"].state),
            (14, RequirementState::Prioritised)
        );
        let gone = &changed.requirements["B"];
        assert_eq!((gone.state, gone.quantity), (RequirementState::Superseded, 4));
        assert_eq!(gone.state_reason, "merged into A: handed in twice");
        assert_eq!(changed.requirement_accepts.len(), 2, "parts come with what they are parts of");
        for other in ["A", "C", "D", "E"] {
            assert!(a.merged(&[need(&picture, other)], 14, "x", &picture).is_err(), "{other}");
        }
        assert!(a.merged(&[], 14, "x", &picture).is_err());
        assert!(a.merged(&[need(&picture, "B")], 0, "x", &picture).is_err());
    }

    #[test]
    fn what_is_split_adds_up() {
        let picture = picture();
        let part = |code: &str, quantity| Part { code: Code::new(code).unwrap(), quantity, place: None, due: None };
        let a = need(&picture, "A");
        let elsewhere =
            Part { place: Some(Code::new("Q").unwrap()), due: Some("2026-12-01".parse().unwrap()), ..part("A2", 3) };
        let changed = a.split(&elsewhere, a.state_of_part(), &picture).unwrap();
        let (old, new) = (&changed.requirements["A"], &changed.requirements["A2"]);
        assert_eq!((old.quantity, new.quantity, new.place.as_str()), (7, 3, "Q"));
        assert!(new.due == new.expires && new.state_reason == "split from A" && old.due == need(&picture, "A").due());
        assert_eq!(changed.accepts("A2").map(|a| a.resource.as_str()).collect::<Vec<_>>(), ["VEST"]);
        for wrong in [part("A2", 0), part("A2", 10), part("B", 3)] {
            assert!(a.split(&wrong, a.state_of_part(), &picture).is_err(), "{wrong:?}");
        }
        assert!(need(&picture, "D").split(&part("D2", 1), RequirementState::Draft, &picture).is_err(), "it is over");
    }
}

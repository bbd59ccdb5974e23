//! Requirements: validated needs, and the resources that meet them.

use jiff::civil::Date;

use crate::{
    code::{Code, Ref},
    fault::Faults,
    field::{Field, Text},
    fixed::Fixed,
    item::utility_rule,
    message,
    party::Party,
    place::Place,
    record,
    record::Rules,
    resource::Resource,
    words,
};

words! {
    /// How far a need has come. Packages have the same states.
    pub enum RequirementState {
        /// Being written.
        Draft = "draft",
        /// Handed in by the unit.
        Submitted = "submitted",
        /// Checked and found justified.
        Validated = "validated",
        /// Ranked among the others.
        Prioritised = "prioritised",
        /// Partly bound to offers.
        PartMatched = "part_matched",
        /// Wholly bound to offers.
        Matched = "matched",
        /// Received in full.
        Fulfilled = "fulfilled",
        /// Taken back, for a reason.
        Withdrawn = "withdrawn",
        /// Replaced by another, for a reason.
        Superseded = "superseded",
    }
}

impl RequirementState {
    /// Whether it is over without having been met, which needs a reason.
    pub fn is_stop(self) -> bool {
        matches!(self, Self::Withdrawn | Self::Superseded)
    }

    /// Whether the planner may serve it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Validated | Self::Prioritised | Self::PartMatched)
    }

    /// Whether it counts among what is needed.
    pub fn counts(self) -> bool {
        (Self::Validated..=Self::Fulfilled).contains(&self)
    }

    /// The states that may follow this one.
    pub fn next(self) -> &'static [Self] {
        use RequirementState::{
            Draft, Fulfilled, Matched, PartMatched, Prioritised, Submitted, Superseded, Validated, Withdrawn,
        };
        match self {
            Draft => &[Submitted, Withdrawn, Superseded],
            Submitted => &[Draft, Validated, Withdrawn, Superseded],
            Validated => &[Prioritised, PartMatched, Matched, Withdrawn, Superseded],
            Prioritised => &[Validated, PartMatched, Matched, Withdrawn, Superseded],
            PartMatched => &[Prioritised, Matched, Fulfilled, Withdrawn, Superseded],
            Matched => &[Prioritised, PartMatched, Fulfilled, Withdrawn, Superseded],
            Fulfilled | Withdrawn | Superseded => &[],
        }
    }
}

record! {
    /// A need for a number of units of one of several resources.
    pub struct Requirement in "requirements" by (code) owned by (unit) usually Participants {
        /// Its code, not that of a package.
        code: Code,
        /// Who needs it.
        unit: Ref<Party>,
        /// Where.
        place: Ref<Place>,
        /// What for.
        purpose: Text,
        /// How many units.
        quantity: u32,
        /// Value of one unit.
        priority: Fixed<3>,
        /// Until when it is worth all of that.
        due: Date,
        /// From when it is worth nothing.
        expires: Date,
        /// How far it has come.
        state: RequirementState,
        /// Why it is in that state.
        state_reason: String,
        /// Why it is needed.
        justification: String,
    }
}

impl Rules for Requirement {
    fn rules(&self, faults: &mut Faults<'_>) {
        faults.require(self.quantity > 0, "quantity", self.quantity.text(), message!("one-or-more"));
        need_rules(self.priority, self.due, self.expires, self.state, &self.state_reason, faults);
    }
}

/// What holds for requirements and packages alike.
pub(crate) fn need_rules(
    priority: Fixed<3>,
    due: Date,
    expires: Date,
    state: RequirementState,
    reason: &str,
    faults: &mut Faults<'_>,
) {
    faults.require(priority.0 > 0, "priority", priority.text(), message!("above-zero"));
    faults.require(expires > due, "expires", expires.to_string(), message!("after-due"));
    let explained = !state.is_stop() || !reason.trim().is_empty();
    faults.require(explained, "state_reason", "", message!("need-reason-missing"));
}

record! {
    /// A resource that meets a requirement.
    pub struct RequirementAccept in "requirement_accepts" by (requirement, resource) part of "requirements" {
        /// The requirement.
        requirement: Ref<Requirement>,
        /// What meets it.
        resource: Ref<Resource>,
        /// Share of the value it brings.
        utility: Fixed<3>,
    }
}

impl Rules for RequirementAccept {
    fn rules(&self, faults: &mut Faults<'_>) {
        utility_rule(self.utility, faults);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_need_that_is_over_stays_over() {
        for state in RequirementState::ALL {
            let over = state.is_stop() || *state == RequirementState::Fulfilled;
            assert_eq!(state.next().is_empty(), over, "{state}");
            assert!(over || state.next().contains(&RequirementState::Withdrawn), "{state}");
        }
    }
}

//! Participations: a party's part in the mission, step by step from declaration to its end.

use crate::{
    caveat::Caveat,
    code::{Code, Ref},
    date::PartialDate,
    fault::Faults,
    field::{Field, Text},
    message,
    party::Party,
    record,
    record::Rules,
    statement::Statement,
    words,
};

words! {
    /// What a party takes part in.
    pub enum Scope {
        /// Training of forces.
        Training = "training",
        /// Long-term development of the forces.
        Development = "development",
        /// Donations, transfer and repair.
        Support = "support",
    }
}

words! {
    /// How far a participation has come.
    pub enum ParticipationState {
        /// The party declared itself willing.
        Declared = "declared",
        /// It was invited.
        Invited = "invited",
        /// It accepted the invitation.
        Accepted = "accepted",
        /// It takes part.
        Active = "active",
        /// It pauses.
        Suspended = "suspended",
        /// It takes part no more.
        Ended = "ended",
    }
}

impl ParticipationState {
    /// The states that may follow this one.
    pub fn next(self) -> &'static [Self] {
        use ParticipationState::{Accepted, Active, Declared, Ended, Invited, Suspended};
        match self {
            Declared => &[Invited, Ended],
            Invited => &[Accepted, Ended],
            Accepted => &[Active, Ended],
            Active => &[Suspended, Ended],
            Suspended => &[Active, Ended],
            Ended => &[],
        }
    }
}

record! {
    /// A party's part in the mission.
    pub struct Participation in "participations" by (code) owned by (party) usually Participants {
        /// Its code.
        code: Code,
        /// Who takes part.
        party: Ref<Party>,
        /// In what.
        scope: Vec<Scope>,
        /// Within which limits.
        caveats: Vec<Ref<Caveat>>,
        /// A remark.
        note: String,
    }
}

impl Rules for Participation {
    fn rules(&self, faults: &mut Faults<'_>) {
        faults.require(
            !self.scope.is_empty(),
            "scope",
            "",
            message!("scope-missing", words = Scope::words().join(", ")),
        );
    }
}

record! {
    /// A step of a participation: who decided what, when, why, backed by which statement.
    pub struct ParticipationStep in "participation_steps" by (participation, step) part of "participations" {
        /// Whose step.
        participation: Ref<Participation>,
        /// 1, 2, 3 … in order.
        step: u32,
        /// The state it leads to.
        state: ParticipationState,
        /// When.
        on: PartialDate,
        /// The statement behind it.
        statement: Option<Ref<Statement>>,
        /// Who decided.
        by: Text,
        /// Why.
        reason: Text,
    }
}

impl Rules for ParticipationStep {
    fn rules(&self, faults: &mut Faults<'_>) {
        faults.require(self.step >= 1, "step", self.step.to_string(), message!("one-or-more"));
        let first = (self.step == 1) == (self.state == ParticipationState::Declared);
        faults.require(first, "state", self.state.as_str(), message!("declared-first"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_participation_ends_once_and_is_never_declared_again() {
        for state in ParticipationState::ALL {
            assert!(!state.next().contains(&ParticipationState::Declared));
            assert_eq!(state.next().contains(&ParticipationState::Ended), *state != ParticipationState::Ended);
        }
    }
}

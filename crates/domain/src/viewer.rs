//! The viewer: for whom something is read or done, and what they may see.

use std::collections::BTreeSet;

use crate::{
    code::Code,
    label::{Audience, Reach},
    participation::ParticipationState,
    picture::Picture,
    role::Role,
};

/// How much a viewer sees.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    /// Every record: the mission's staff, and whoever has the database in hand.
    Everything,
    /// What is their own party's or released to them.
    Released {
        /// Their own party, and all that belong to it.
        own: BTreeSet<Code>,
        /// Whether their party takes part in the mission.
        participant: bool,
    },
}

/// For whom something is read or done. Every query that returns rows to a person takes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// By this name the journal knows them.
    pub name: String,
    /// Their party.
    pub party: Option<Code>,
    /// What they do.
    pub roles: BTreeSet<Role>,
    /// What they see.
    pub sight: Sight,
    /// Whether they may change anything at all; a token may be for reading only.
    pub writes: bool,
}

impl Viewer {
    /// Whoever has the database in hand: the command line. Nothing is hidden from them, and nothing is forbidden.
    pub fn operator(name: impl Into<String>) -> Self {
        let roles = Role::ALL.iter().copied().collect();
        Self { name: name.into(), party: None, roles, sight: Sight::Everything, writes: true }
    }

    /// Somebody without an account.
    pub fn public() -> Self {
        let sight = Sight::Released { own: BTreeSet::new(), participant: false };
        Self { name: String::new(), party: None, roles: BTreeSet::new(), sight, writes: false }
    }

    /// Somebody with an account, by all records of the mission: which parties belong to theirs, and whether it takes part.
    pub fn member(name: String, party: Code, roles: BTreeSet<Role>, picture: &Picture) -> Self {
        let sight = if roles.iter().any(|role| role.is_staff()) {
            Sight::Everything
        } else {
            Sight::Released { own: belonging(picture, &party), participant: takes_part(picture, &party) }
        };
        Self { name, party: Some(party), roles, sight, writes: true }
    }

    /// Whether they have an account or the database in hand.
    pub fn is_known(&self) -> bool {
        !self.name.is_empty()
    }

    /// Those among whom they are when a record is shown; `None` for who sees everything.
    pub fn audiences(&self) -> Option<Vec<String>> {
        let Sight::Released { own, participant } = &self.sight else { return None };
        let mut among = vec![Audience::Public.to_string()];
        among.extend(participant.then(|| Audience::Participants.to_string()));
        among.extend(own.iter().map(ToString::to_string));
        Some(among)
    }

    /// Whether a party is their own or belongs to it.
    pub fn owns(&self, party: &Code) -> bool {
        match &self.sight {
            Sight::Released { own, .. } => own.contains(party),
            Sight::Everything => self.party.as_ref() == Some(party),
        }
    }

    /// Whether all that a party has or does is theirs to see: they see everything, or it is their own or belongs to it.
    pub fn sees_all_of(&self, party: &Code) -> bool {
        self.sight == Sight::Everything || self.owns(party)
    }

    /// Whether they see a record of this reach.
    pub fn sees(&self, reach: &Reach) -> bool {
        let Sight::Released { own, participant } = &self.sight else { return true };
        reach.audiences().iter().any(|(audience, _)| match audience {
            Audience::Public => true,
            Audience::Participants => *participant,
            Audience::Party(party) => own.contains(party),
        })
    }
}

/// A party and all that belong to it, directly or not.
fn belonging(picture: &Picture, party: &Code) -> BTreeSet<Code> {
    let mut all = BTreeSet::from([party.clone()]);
    loop {
        let parent = |p: &crate::party::Party| p.parent.as_ref().is_some_and(|parent| all.contains(parent.code()));
        let more: Vec<Code> =
            picture.parties.values().filter(|p| parent(p) && !all.contains(&p.code)).map(|p| p.code.clone()).collect();
        if more.is_empty() {
            return all;
        }
        all.extend(more);
    }
}

/// Whether a party, or one that it belongs to, takes part in the mission or is the one that is helped.
fn takes_part(picture: &Picture, party: &Code) -> bool {
    let active = |code: &Code| {
        let own = picture.participations.values().filter(|p| p.party.code() == code);
        let mut last = own.filter_map(|p| picture.steps(p.code.as_str()).last().map(|step| step.state));
        last.any(|state| state == ParticipationState::Active) || picture.recipient() == Some(code)
    };
    let mut seen = BTreeSet::new();
    let mut next = Some(party.clone());
    while let Some(code) = next.filter(|code| seen.insert(code.clone())) {
        if active(&code) {
            return true;
        }
        next = picture.parties.get(code.as_str()).and_then(|p| p.parent.as_ref()).map(|p| p.code().clone());
    }
    false
}

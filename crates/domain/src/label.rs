//! Labels: to whom a record is released besides its owner and the mission's staff.

use std::fmt;

use crate::{
    code::{Code, Ref},
    field::{Field, LONGEST_LIST, Reference},
    message,
    message::Message,
    party::Party,
    record::Shape,
};

/// To whom the records of a sheet are released when their label does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usual {
    /// To nobody besides the owner and the mission's staff.
    Owner,
    /// To every party whose participation is active.
    Participants,
    /// To everybody.
    Public,
}

/// To whom a record is released.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Release {
    /// As records of its sheet usually are.
    #[default]
    Usual,
    /// To nobody besides its owner and the mission's staff.
    Owner,
    /// To these parties, and those they belong to.
    Parties(Vec<Ref<Party>>),
    /// To every party whose participation is active.
    Participants,
    /// To everybody, with or without an account.
    Public,
}

impl Field for Release {
    const REQUIRED: bool = false;

    fn expected() -> Message {
        message!("a-label")
    }

    fn parse(text: &str) -> Result<Self, Message> {
        match text {
            "owner" => Ok(Self::Owner),
            "participants" => Ok(Self::Participants),
            "public" => Ok(Self::Public),
            _ => match Vec::<Ref<Party>>::parse(text) {
                Ok(parties) if !parties.is_empty() && parties.len() <= LONGEST_LIST => Ok(Self::Parties(parties)),
                _ => Err(Self::expected()),
            },
        }
    }

    fn empty() -> Option<Self> {
        Some(Self::Usual)
    }

    fn text(&self) -> String {
        match self {
            Self::Usual => String::new(),
            Self::Owner => "owner".into(),
            Self::Parties(parties) => parties.text(),
            Self::Participants => "participants".into(),
            Self::Public => "public".into(),
        }
    }

    fn references(&self) -> Vec<Reference<'_>> {
        match self {
            Self::Parties(parties) => parties.references(),
            _ => Vec::new(),
        }
    }
}

/// One of those to whom a record is shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audience {
    /// Everybody.
    Public,
    /// Parties whose participation is active.
    Participants,
    /// One party, and those it belongs to.
    Party(Code),
}

/// As the database keeps it. No code begins with a star.
impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("*public"),
            Self::Participants => f.write_str("*participants"),
            Self::Party(code) => code.fmt(f),
        }
    }
}

/// How far a record reaches: whose it is, and who else sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// The party that owns it; `None`: the mission itself.
    pub owner: Option<Code>,
    /// Those to whom it is released.
    pub released: Vec<Audience>,
}

impl Reach {
    /// All who see it, each once, and whether as its owner.
    pub fn audiences(&self) -> Vec<(Audience, bool)> {
        let mut all: Vec<(Audience, bool)> = self.owner.iter().map(|o| (Audience::Party(o.clone()), true)).collect();
        for audience in &self.released {
            if all.iter().all(|(known, _)| known != audience) {
                all.push((audience.clone(), false));
            }
        }
        all
    }
}

impl Shape {
    /// How far a record reaches, from its cells in the order of the columns. `None` for a sheet of parts: they reach as far as the
    /// record that they are parts of.
    pub fn reach(&self, cells: &[String]) -> Option<Reach> {
        self.reach_by(|column| self.cell(cells, column))
    }

    /// The same from whatever gives the text of a column.
    pub fn reach_by<'a>(&self, cell: impl Fn(&str) -> &'a str) -> Option<Reach> {
        let usual = self.usual?;
        let owner = self.owner.and_then(|column| Code::new(cell(column)).ok());
        let stated = Release::parse(cell(LABEL)).unwrap_or_default();
        let released = match (stated, usual) {
            (Release::Owner, _) | (Release::Usual, Usual::Owner) => Vec::new(),
            (Release::Parties(parties), _) => parties.iter().map(|p| Audience::Party(p.code().clone())).collect(),
            (Release::Participants, _) | (Release::Usual, Usual::Participants) => vec![Audience::Participants],
            (Release::Public, _) | (Release::Usual, Usual::Public) => vec![Audience::Public],
        };
        Some(Reach { owner, released })
    }
}

/// Name of the column that holds a record's label.
pub const LABEL: &str = "releasable_to";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{offer::Offer, record::Record, requirement::RequirementAccept};

    #[test]
    fn a_label_reads_as_it_is_written() {
        for text in ["", "owner", "participants", "public", "JPN", "JPN|DEU"] {
            let release = if text.is_empty() { Release::empty().unwrap() } else { Release::parse(text).unwrap() };
            assert_eq!(release.text(), text);
        }
        assert!(Release::parse("every body").is_err());
    }

    #[test]
    fn an_offer_is_its_donors_until_it_is_released() {
        let shape = Offer::SHAPE;
        let row = |label: &str| -> Vec<String> {
            let cell = |name: &str| match name {
                "donor" => "JPN".to_owned(),
                LABEL => label.to_owned(),
                _ => String::new(),
            };
            shape.columns.iter().map(|c| cell(c.name)).collect()
        };
        let names = |label| {
            let reach = shape.reach(&row(label)).unwrap();
            reach.audiences().iter().map(|(a, own)| format!("{a}{}", if *own { "!" } else { "" })).collect::<Vec<_>>()
        };
        assert_eq!(names(""), ["JPN!"]);
        assert_eq!(names("public"), ["JPN!", "*public"]);
        assert_eq!(names("DEU|JPN"), ["JPN!", "DEU"]);
        assert_eq!(RequirementAccept::SHAPE.reach(&[]), None, "a part reaches as far as what it is part of");
    }
}

//! What an event says beyond the standard: fields under names of somebody's own, kept whole.
//!
//! Source: EPCIS 2.0, section 7.2 (extension mechanisms). In XML such a field is an element or attribute of another namespace, in JSON a
//! key whose prefix the context explains. Both come to the same: a name in a namespace, and a value.

use super::decimal::Decimal;

/// A name in a namespace; without one for the standard's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// The namespace, empty for the standard's.
    pub space: String,
    /// The name within it. One that begins with `@` is an attribute in XML.
    pub local: String,
}

/// The text beside an element's attributes.
pub(super) const TEXT: &str = "#text";

impl Name {
    /// A name of the standard's.
    pub(super) fn standard(local: &str) -> Self {
        Self { space: String::new(), local: local.to_owned() }
    }
}

/// Fields by name, in their order.
pub type Fields = Vec<(Name, Extra)>;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extra {
    /// Text.
    Text(String),
    /// A number.
    Number(Decimal),
    /// Yes or no.
    Flag(bool),
    /// Several values, never one or none, and none of them several: as JSON-LD sees it, that makes no difference.
    Many(Vec<Extra>),
    /// Fields within.
    Fields(Fields),
}

impl Extra {
    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Several values as one, or nothing for none.
    pub(super) fn several(values: Vec<Self>) -> Option<Self> {
        let mut flat = Vec::with_capacity(values.len());
        for value in values {
            match value {
                Self::Many(more) => flat.extend(more),
                one => flat.push(one),
            }
        }
        if flat.len() > 1 { Some(Self::Many(flat)) } else { flat.pop() }
    }

    /// Its values, one by one.
    pub(super) fn each(&self) -> std::slice::Iter<'_, Self> {
        match self {
            Self::Many(values) => values.iter(),
            one => std::slice::from_ref(one).iter(),
        }
    }
}

/// The field of a name.
pub(super) fn field<'a>(fields: &'a Fields, local: &str) -> Option<&'a Extra> {
    fields.iter().find(|(name, _)| name.space.is_empty() && name.local == local).map(|(_, value)| value)
}

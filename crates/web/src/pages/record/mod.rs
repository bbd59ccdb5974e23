//! Lists, single records and forms of every sheet alike; what a noun shows beyond that is in its own file.

pub(crate) mod cells;
pub(crate) mod edit;
pub(crate) mod list;
pub(crate) mod need;
pub(crate) mod panels;
pub(crate) mod show;

use jiff::civil::Date;
use muster_domain::{field::Field, record::Column};

use crate::address::escaped;

/// Pages of the navigation and the sheets that stand on them, the first one first.
pub(crate) const SECTIONS: &[(&str, &[&str])] = &[
    ("nav-needs", &["requirements", "packages", "fair_shares", "fleets", "reserves"]),
    ("nav-offers", &["offers", "caveats", "funds", "announcements"]),
    ("nav-partners", &["participations", "parties", "statements"]),
    ("nav-places", &["places", "lanes", "processes", "pools"]),
    ("nav-training", &["courses", "serials", "instructors"]),
    ("nav-catalogue", &["items", "resources", "end_use_rules"]),
    ("nav-overview", &["mission"]),
];

/// The page of the navigation on which a sheet stands.
pub(crate) fn section(sheet: &str) -> (&'static str, &'static [&'static str]) {
    SECTIONS.iter().find(|(_, sheets)| sheets.contains(&sheet)).copied().unwrap_or(("nav-overview", &[]))
}

/// The address of a record.
pub(crate) fn address(sheet: &str, key: &str) -> String {
    format!("/records/{sheet}/{}", escaped(key))
}

/// What a column holds, as far as pages care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A number.
    Number,
    /// A day.
    Day,
    /// One of some words.
    Word,
    /// Yes or no.
    Flag,
    /// The code of another record.
    Reference,
    /// Codes or words.
    List,
    /// To whom it is released.
    Label,
    /// A long text.
    Prose,
    /// A text.
    Text,
}

const PROSE: &[&str] =
    &["note", "text", "justification", "description", "terms", "state_reason", "reason", "source", "earmark"];

/// What a column holds, by what it says of itself.
pub(crate) fn kind(column: &Column) -> Kind {
    let expected = (column.expected)();
    match () {
        () if column.name == muster_domain::label::LABEL => Kind::Label,
        () if column.list => Kind::List,
        () if (column.refers_to)().is_some() => Kind::Reference,
        () if expected == bool::expected() => Kind::Flag,
        () if !(column.words)().is_empty() => Kind::Word,
        () if expected == Date::expected() => Kind::Day,
        () if column.integer || column.decimal => Kind::Number,
        () if PROSE.contains(&column.name) => Kind::Prose,
        () => Kind::Text,
    }
}

/// The words that a column takes, if it takes only some.
pub(crate) fn choices(column: &Column) -> Vec<String> {
    (column.words)().iter().map(|word| (*word).to_owned()).collect()
}

//! Lists, single records and forms of every sheet alike; what a noun shows beyond that is in its own file.

pub(crate) mod cells;
pub(crate) mod edit;
pub(crate) mod list;
pub(crate) mod need;
pub(crate) mod panels;
pub(crate) mod show;

use muster_domain::record::Column;

use crate::address::escaped;

/// Pages of the navigation and the sheets that stand on them, the first one first.
pub(crate) const SECTIONS: &[(&str, &[&str])] = &[
    ("nav-needs", &["requirements", "packages"]),
    ("nav-offers", &["offers", "caveats", "funds", "announcements"]),
    ("nav-partners", &["participations", "parties", "statements"]),
    ("nav-places", &["places", "lanes", "processes"]),
    ("nav-catalogue", &["items", "resources"]),
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
    match expected.as_str() {
        _ if column.name == muster_domain::label::LABEL => Kind::Label,
        e if e.starts_with("a list") => Kind::List,
        _ if (column.refers_to)().is_some() => Kind::Reference,
        e if e.starts_with("one of ") => Kind::Word,
        "yes or no" => Kind::Flag,
        "a date like 2026-09-07" => Kind::Day,
        _ if column.integer || column.decimal => Kind::Number,
        _ if PROSE.contains(&column.name) => Kind::Prose,
        _ => Kind::Text,
    }
}

/// The words that a column takes, if it takes only some.
pub(crate) fn choices(column: &Column) -> Vec<String> {
    let expected = (column.expected)();
    let words = expected.rsplit_once("one of ").map_or("", |(_, words)| words);
    match kind(column) {
        Kind::Flag => vec!["yes".into(), "no".into()],
        Kind::Word | Kind::List if !words.is_empty() => words.split(", ").map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

//! Tables that others publish: read as announcements, with a map that says what the columns mean.
//!
//! It must not guess and must not lose: what the map does not say how to read is kept in its words and counts as unknown, and every
//! row ends either as an announcement or with the reason why not.

mod date;
mod decimal;
mod figures;
mod keys;
mod layout;
mod map;
mod money;
mod party;
mod patterns;
mod rates;
mod read;
mod totals;

use muster_domain::{announcement::Announcement, code::Code, message::Message, party::Party};

pub use map::Map;
pub use read::read;
pub use totals::{Sum, Total, Totals};

use crate::issue::Issue;

/// What a table gave.
#[derive(Clone, Debug, Default)]
pub struct TableReading {
    /// The file's name.
    pub table: String,
    /// One for each imported row.
    pub announcements: Vec<Announcement>,
    /// Parties that the announcements name and that are not known yet: as the map defines them, or nations by ISO 3166.
    pub parties: Vec<Party>,
    /// What became of every row after the header, in order.
    pub rows: Vec<RowOutcome>,
    /// Counts and exact sums, to hold against published ones.
    pub totals: Totals,
    /// What could not be read as the map says. A row that has an issue may still be imported, with the figure unknown.
    pub issues: Vec<Issue>,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowOutcome {
    /// Where the row begins: line of the file or row of the workbook's sheet, counted from 1.
    pub line: u64,
    /// What became of it.
    pub outcome: Outcome,
}

/// Whether a row was imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As the announcement of this code.
    Imported(Code),
    /// Not, for this reason.
    LeftOut(Message),
}

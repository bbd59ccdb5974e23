//! What is told to partners of consignments and variances, page by page, and the events that others recorded, as they are kept.
//!
//! [`told`] reads what happened, [`captured`] keeps and reads what others say, [`query`] what somebody asks again and again, and
//! [`sent`] documents that wait to be taken in, and [`thing`] what is named by events. It must not know EPCIS: an event of others is a text with
//! the few things by which it is found.

pub mod captured;
pub mod query;
pub mod sent;
pub mod thing;
pub mod told;

pub use captured::{New, about};
pub(crate) use captured::{about_entry, write};

/// Every fixed statement of these modules.
pub(crate) const ALL_STATEMENTS: &[&[(&str, &str)]] =
    &[captured::STATEMENTS, query::STATEMENTS, sent::STATEMENTS, told::STATEMENTS];

use crate::wanted::Where;

/// In which order rows are walked through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// By when it happened; else by when it was recorded.
    pub by_occurred: bool,
    /// The latest first.
    pub descending: bool,
    /// With the row at which it begins.
    pub inclusive: bool,
}

impl Walk {
    /// Which of two columns is the time that the order is by.
    pub(crate) fn time(self, recorded: &'static str, occurred: &'static str) -> &'static str {
        if self.by_occurred { occurred } else { recorded }
    }

    /// That rows come after one, whose values are those from `$2` on; gives the order of these columns, the first of which is the time.
    pub(crate) fn after(self, all: &mut Where, columns: &[&str]) -> String {
        let (more, way) = if self.descending { ("<", " DESC") } else { (">", "") };
        let equal = if self.inclusive { "=" } else { "" };
        let values: Vec<String> = (2..2 + columns.len()).map(|n| format!("${n}")).collect();
        // The first one alone, too, by which an index is found.
        all.plain(&format!("{} {more}= $2", columns[0]));
        all.plain(&format!("({}) {more}{equal} ({})", columns.join(", "), values.join(", ")));
        columns.iter().map(|column| format!("{column}{way}")).collect::<Vec<_>>().join(", ")
    }
}

/// Most rows of a page.
pub const LONGEST_PAGE: i64 = 1_000;

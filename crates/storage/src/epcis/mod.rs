//! What is told to partners of consignments and variances, page by page, and the events that others recorded, as they are kept.
//!
//! [`told`] reads what happened, [`captured`] keeps and reads what others say, [`query`] what somebody asks again and again, and
//! [`sent`] documents that wait to be taken in. It must not know EPCIS: an event of others is a text with
//! the few things by which it is found.

pub mod captured;
pub mod query;
pub mod sent;
pub mod told;

pub use captured::{New, about};
pub(crate) use captured::{about_entry, write};

/// Every fixed statement of these modules.
pub(crate) const ALL_STATEMENTS: &[&[(&str, &str)]] =
    &[captured::STATEMENTS, query::STATEMENTS, sent::STATEMENTS, told::STATEMENTS];

/// Most rows of a page.
pub const LONGEST_PAGE: i64 = 1_000;

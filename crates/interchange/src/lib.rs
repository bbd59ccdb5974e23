//! Bytes to domain values and back, returning values plus issues. It must not fail half-way, and it must not do IO.
//!
//! - [`mission`]: the mission folder, as CSV files, one workbook or one JSON document.
//! - [`table`]: tables that others publish, read with a map that says what their columns mean.
//! - [`epcis`]: events of goods, as partners' systems tell them.
//! - [`packing`]: packing lists and counts of consignments; [`checking`]: end-use checks.
//! - [`calendar`]: calendars as programs exchange them.
//! - [`issue`]: what is wrong, where, and what would be right.
//!
//! Every input is taken to be hostile: sizes are limited, workbooks are looked through before they are read, and formulas are
//! neither trusted when read nor left alive when written.

pub mod calendar;
pub mod checking;
mod delimited;
mod encoding;
pub mod epcis;
mod grid;
mod guard;
pub mod issue;
pub mod mission;
mod number;
pub mod packing;
mod rows;
pub mod table;
mod workbook;

pub use issue::Issue;

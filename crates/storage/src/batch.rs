//! Rows for one statement: many rows go in one exchange with the engine, and those of several requests may go together.

use crate::value::Value;

/// Where the rows are in a batch's statement.
pub(crate) const ROWS: &str = "{rows}";

/// Rows for one statement: all of the same length, each column of one kind of value.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The statement. `{rows}` stands in it once, for a table of the rows with the columns `column1`, `column2`, ….
    pub(crate) sql: String,
    /// The rows.
    pub(crate) rows: Vec<Vec<Value>>,
}

impl Batch {
    /// Rows for any statement in which `{rows}` stands for them.
    pub fn of(sql: impl Into<String>, rows: Vec<Vec<Value>>) -> Self {
        Self { sql: sql.into(), rows }
    }

    /// Rows that must be new: `into` is the statement up to them, `INSERT INTO table (columns)`.
    pub fn insert(into: &str, rows: Vec<Vec<Value>>) -> Self {
        Self::of(format!("{into} {ROWS}"), rows)
    }

    /// Rows that change those with the same key: `then` says how, `ON CONFLICT …`.
    pub fn insert_or(into: &str, then: &str, rows: Vec<Vec<Value>>) -> Self {
        Self::of(format!("{into} {ROWS} {then}"), rows)
    }

    pub(crate) fn width(&self) -> usize {
        self.rows.first().map_or(0, Vec::len)
    }
}

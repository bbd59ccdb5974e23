//! What is wrong with a record, said so that the person who can mend it knows where and how.

use std::fmt;

use crate::message::Message;

/// One thing wrong with one record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Sheet the record stands in.
    pub sheet: &'static str,
    /// Key of the record, as far as it is known.
    pub key: String,
    /// Column at fault, if it is one.
    pub column: Option<&'static str>,
    /// What stands there.
    pub value: String,
    /// What is wrong and what would be right.
    pub message: Message,
}

/// For logs.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.sheet, self.key)?;
        if let Some(column) = self.column {
            write!(f, ", {column}")?;
        }
        if !self.value.is_empty() {
            write!(f, " `{}`", self.value)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Collects the faults of one record.
#[derive(Debug)]
pub struct Faults<'a> {
    sheet: &'static str,
    key: String,
    found: &'a mut Vec<Fault>,
}

impl<'a> Faults<'a> {
    /// Faults of the record `key` of `sheet` are added to `found`.
    pub fn of(sheet: &'static str, key: impl Into<String>, found: &'a mut Vec<Fault>) -> Self {
        Self { sheet, key: key.into(), found }
    }

    /// Adds a fault of one column.
    pub fn column(&mut self, column: &'static str, value: impl Into<String>, message: Message) {
        self.add(Some(column), value.into(), message);
    }

    /// Adds a fault of the record as a whole.
    pub fn record(&mut self, message: Message) {
        self.add(None, String::new(), message);
    }

    /// Adds a fault of `column` unless `holds`.
    pub fn require(&mut self, holds: bool, column: &'static str, value: impl Into<String>, message: Message) {
        if !holds {
            self.column(column, value, message);
        }
    }

    fn add(&mut self, column: Option<&'static str>, value: String, message: Message) {
        self.found.push(Fault { sheet: self.sheet, key: self.key.clone(), column, value, message });
    }
}

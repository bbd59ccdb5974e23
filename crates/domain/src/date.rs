//! Dates of which only the year, or the year and the month, may be known.

use std::fmt;

use jiff::civil::Date;

use crate::{field::Field, message, message::Message};

/// A date known to the year, the month or the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartialDate {
    year: i16,
    month: Option<i8>,
    day: Option<i8>,
}

impl PartialDate {
    /// The first day it may be.
    pub fn earliest(self) -> Date {
        Date::constant(self.year, self.month.unwrap_or(1), self.day.unwrap_or(1))
    }

    /// The last day it may be.
    pub fn latest(self) -> Date {
        let month = Date::constant(self.year, self.month.unwrap_or(12), 1);
        self.day.map_or_else(|| month.last_of_month(), |_| self.earliest())
    }

    /// A date known to the day.
    pub fn day(date: Date) -> Self {
        Self { year: date.year(), month: Some(date.month()), day: Some(date.day()) }
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if let Some(month) = self.month {
            write!(f, "-{month:02}")?;
        }
        if let Some(day) = self.day {
            write!(f, "-{day:02}")?;
        }
        Ok(())
    }
}

impl Field for PartialDate {
    fn expected() -> Message {
        message!("a-partial-date")
    }

    fn parse(text: &str) -> Result<Self, Message> {
        let full = match text.len() {
            4 => format!("{text}-01-01"),
            7 => format!("{text}-01"),
            _ => text.to_owned(),
        };
        let date = <Date as Field>::parse(&full).map_err(|_| Self::expected())?;
        if date.year() < 1900 {
            return Err(Self::expected());
        }
        let month = (text.len() >= 7).then_some(date.month());
        Ok(Self { year: date.year(), month, day: (text.len() == 10).then_some(date.day()) })
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_dates_keep_what_is_known() {
        for text in ["2026", "2026-02", "2026-02-28"] {
            assert_eq!(PartialDate::parse(text).unwrap().text(), text);
        }
        assert_eq!(PartialDate::parse("2028-02").unwrap().latest().to_string(), "2028-02-29");
        for wrong in ["2026-13", "2026-02-30", "26", "2026-2", "soon"] {
            assert!(PartialDate::parse(wrong).is_err(), "{wrong}");
        }
    }
}

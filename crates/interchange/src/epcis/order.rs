//! In which order a query wants events, and how many of them.
//!
//! Source: EPCIS 2.0, section 8.2.7.1: `orderBy`, `orderDirection`, `eventCountLimit`, `maxEventCount`.

use muster_domain::{message, message::Message};

use super::query::Wrong;

/// The parameters of it.
pub(super) const PARAMETERS: [&str; 4] = ["orderBy", "orderDirection", "eventCountLimit", "maxEventCount"];

/// Most events that may be named as a limit.
const MOST: u64 = 1_000_000_000;

/// By which of its times an event has its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// When it happened.
    EventTime,
    /// When it was recorded.
    RecordTime,
}

/// Order and number of events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    by: Option<By>,
    ascending: Option<bool>,
    first: Option<u64>,
    most: Option<u64>,
}

impl Order {
    /// Takes a parameter, which is one of these.
    pub(super) fn add(&mut self, name: &str, value: &str) -> Result<(), Wrong> {
        match name {
            "orderBy" => {
                self.by = Some(match value {
                    "eventTime" => By::EventTime,
                    "recordTime" => By::RecordTime,
                    // A field of somebody's own, by its full name.
                    own if own.contains(':') || own.contains('#') => return Err(Wrong::NotDone),
                    _ => return Err(one_of("eventTime, recordTime")),
                });
            }
            "orderDirection" => {
                self.ascending = Some(match value {
                    "ASC" => true,
                    "DESC" => false,
                    _ => return Err(one_of("ASC, DESC")),
                });
            }
            "eventCountLimit" => self.first = Some(count(value)?),
            "maxEventCount" => self.most = Some(count(value)?),
            _ => {}
        }
        Ok(())
    }

    /// Whether all of it goes together.
    ///
    /// # Errors
    /// The parameter that does not, and why.
    pub(super) fn check(&self) -> Result<(), (&'static str, Message)> {
        match (self.first, self.most, self.by) {
            (Some(_), Some(_), _) => Err(("maxEventCount", message!("epcis-one-limit"))),
            (Some(_), None, None) => Err(("eventCountLimit", message!("epcis-limit-without-order"))),
            _ => Ok(()),
        }
    }

    /// By which time, and whether the latest come first, as they do unless it is said otherwise; `None`: in any order.
    pub fn by(&self) -> Option<(By, bool)> {
        self.by.map(|by| (by, !self.ascending.unwrap_or(false)))
    }

    /// Only so many are wanted, the first ones.
    pub fn first(&self) -> Option<u64> {
        self.first
    }

    /// If there are more, none are wanted.
    pub fn most(&self) -> Option<u64> {
        self.most
    }
}

fn one_of(words: &str) -> Wrong {
    Wrong::Value(message!("must-be", right = message!("one-of", words)))
}

fn count(value: &str) -> Result<u64, Wrong> {
    let plain = value.bytes().all(|b| b.is_ascii_digit());
    let count = value.parse().ok().filter(|count| plain && (1..=MOST).contains(count));
    count.ok_or_else(|| {
        let right = message!("a-whole-number", least = 1, most = MOST);
        Wrong::Value(message!("must-be", right))
    })
}

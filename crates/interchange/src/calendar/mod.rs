//! Calendars as programs exchange them (iCalendar, RFC 5545, with the names of RFC 7986): what is planned as a feed that people
//! subscribe to, and the days on which something stands in a host's own calendar.
//!
//! Only days count: the hour, the zone and who is invited are passed over. What cannot be read is an issue, and then rather a day too many
//! is taken as busy than one too few. Nothing is fetched from anywhere.

mod line;
mod moment;
mod read;
mod rule;
mod write;

use jiff::{Timestamp, civil::Date};

pub use self::{read::read, write::write};

/// Most bytes of a calendar that is read.
pub const MOST_BYTES: usize = 16 << 20;
/// Most events of a calendar that is read.
pub const MOST_EVENTS: usize = 20_000;
/// Most times of one event that are taken.
pub const MOST_TIMES: usize = 2_000;
/// Most times of all events that are taken.
pub const MOST_TIMES_IN_ALL: usize = 100_000;

/// Events to be written as one calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feed {
    /// What the calendar is called.
    pub name: String,
    /// Its events.
    pub events: Vec<Event>,
}

/// Whole days on which something is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// By this name a program knows the event again: the same for ever, and no other event's.
    pub uid: String,
    /// When the event, as it is told here, was last changed.
    pub stamp: Timestamp,
    /// Its first day.
    pub first: Date,
    /// Its last day, which belongs to it.
    pub last: Date,
    /// What it is, in a few words.
    pub summary: String,
    /// Where it is, or empty.
    pub location: String,
    /// More about it, or empty.
    pub description: String,
    /// How sure it is.
    pub status: Status,
    /// How often it was changed: of two tellings the one with the higher number holds.
    pub sequence: u32,
    /// Words to sort it by.
    pub categories: Vec<String>,
    /// Where more is to be found.
    pub url: Option<String>,
}

/// How sure an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is planned and may still change.
    Tentative,
    /// It is settled.
    Confirmed,
    /// It will not be.
    Cancelled,
}

/// Days on which something stands in a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Busy {
    /// The first day.
    pub first: Date,
    /// The last day, which belongs to it.
    pub last: Date,
    /// What it is; long texts are cut.
    pub summary: String,
    /// The event's name for programs, or empty; long ones are cut.
    pub uid: String,
}

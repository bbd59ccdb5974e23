//! The crate as the application uses it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod calendar;
mod epcis;
mod hostile;
mod mission;
mod round_trip;
mod table;

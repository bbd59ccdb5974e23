//! Losses of what is in service: how something was lost, and by how much a report of it is late. Whoever learns of a loss has thirty days
//! to report it (see [`crate::variance`]); a check that did not find something is when it is learned of at the latest.

use jiff::Timestamp;

use crate::words;

words! {
    /// How something in service was lost.
    pub enum LossKind {
        /// Nobody knows where it is.
        Lost = "lost",
        /// It is beyond recovery or repair, by the enemy or by accident.
        Destroyed = "destroyed",
        /// Somebody took it.
        Stolen = "stolen",
        /// The enemy has it.
        Captured = "captured",
    }
}

/// Microseconds of a day.
const DAY: i64 = 24 * 3_600 * 1_000_000;

/// By how many days, each begun day counted, something that was due came late; 0 if it came in time.
pub fn days_late(due: Timestamp, came: Timestamp) -> i64 {
    let over = came.as_microsecond().saturating_sub(due.as_microsecond()).max(0);
    over / DAY + i64::from(over % DAY > 0)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::variance::due;

    #[test]
    fn a_report_after_301_days_is_271_days_late() {
        let known: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let late = |hours: i64| days_late(due(known), known + SignedDuration::from_hours(hours));
        assert_eq!([late(0), late(24 * 30), late(24 * 30 + 1), late(24 * 31), late(24 * 301)], [0, 0, 1, 1, 271]);
    }
}

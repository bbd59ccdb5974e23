//! End-use checks: whether what was given with a check attached is still where and with whom it should be. A caveat says when the first
//! check is due after a unit received something, and when each later one; what is overdue is delinquent, as of any date.

use jiff::{SignedDuration, Timestamp};

use crate::{caveat::Caveat, words};

words! {
    /// What an inspector found.
    pub enum Grade {
        /// Seen, with its serial number, with the unit that should have it.
        Sighted = "sighted",
        /// Seen, and not fit for use.
        Unserviceable = "unserviceable",
        /// Not seen, but its unit proved where it is.
        Accounted = "accounted",
        /// Neither seen nor proved.
        NotFound = "not_found",
    }
}

impl Grade {
    /// Whether it answers the check; else the check stays due.
    pub fn answers(self) -> bool {
        self != Self::NotFound
    }
}

/// How often something is to be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checks {
    /// Days from receipt to the first check.
    pub first_days: u32,
    /// Days from one check to the next; none: there is no other.
    pub again_days: Option<u32>,
}

impl Checks {
    /// The strictest of several caveats; none if none asks for checks.
    pub fn of<'a>(caveats: impl IntoIterator<Item = &'a Caveat>) -> Option<Self> {
        let ask = caveats.into_iter().filter(|caveat| caveat.first_check_days.is_some());
        ask.fold(None, |all: Option<Self>, caveat| {
            let first = caveat.first_check_days.unwrap_or(u32::MAX);
            let again = [all.and_then(|all| all.again_days), caveat.recheck_days].into_iter().flatten().min();
            Some(Self { first_days: all.map_or(first, |all| all.first_days.min(first)), again_days: again })
        })
    }

    /// When the next check is due of what was received and perhaps checked since; none if none is.
    pub fn due(self, received: Timestamp, checked: Option<Timestamp>) -> Option<Timestamp> {
        let (since, days) = match checked {
            None => (received, self.first_days),
            Some(checked) => (checked, self.again_days?),
        };
        since.checked_add(SignedDuration::from_hours(24 * i64::from(days))).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_first_check_is_due_after_ninety_days_and_then_each_year() {
        let checks = Checks { first_days: 90, again_days: Some(365) };
        let received = at("2026-01-01T00:00:00Z");
        assert_eq!(checks.due(received, None), Some(at("2026-04-01T00:00:00Z")));
        assert_eq!(checks.due(received, Some(at("2026-03-01T00:00:00Z"))), Some(at("2027-03-01T00:00:00Z")));
        let once = Checks { again_days: None, ..checks };
        assert_eq!(once.due(received, Some(received)), None);
    }
}

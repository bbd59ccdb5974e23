//! Variances: what was received is not what was shipped. Each is kept apart, counted and resolved; a loss has thirty days, and the longer it
//! is open, the higher it goes.

use jiff::{SignedDuration, Timestamp};

use crate::words;

words! {
    /// What is wrong.
    pub enum VarianceKind {
        /// Less came than was shipped.
        Short = "short",
        /// More came than was shipped.
        Over = "over",
        /// It came in another condition.
        Damaged = "damaged",
        /// It came and stands on no manifest.
        Unmanifested = "unmanifested",
    }
}

words! {
    /// How it ended.
    pub enum Resolution {
        /// What was missing came after all.
        Found = "found",
        /// What was missing is lost: written off.
        Lost = "lost",
        /// What is kept apart is taken into stock as it is.
        Accepted = "accepted",
        /// What is kept apart needs repair: taken into stock as unserviceable.
        ToRepair = "to_repair",
        /// What is kept apart is written off.
        WrittenOff = "written_off",
        /// What is kept apart went back to who sent it.
        Returned = "returned",
        /// The count was wrong: nothing was missing, nothing too much, nothing hurt.
        Miscounted = "miscounted",
        /// The milestone at which it was found was taken back; nobody chooses this.
        TakenBack = "taken_back",
        /// What is kept apart stands on the manifest, by another serial number. Nobody says so of it alone, but of what is missing.
        Manifested = "manifested",
    }
}

impl Resolution {
    /// Whether somebody says so of a variance, and it does not follow from what they say of something else.
    pub fn is_chosen(self) -> bool {
        !matches!(self, Self::Manifested | Self::TakenBack)
    }
}

impl VarianceKind {
    /// How it may end.
    pub fn resolutions(self) -> &'static [Resolution] {
        use Resolution::{Accepted, Found, Lost, Miscounted, Returned, ToRepair, WrittenOff};
        match self {
            Self::Short => &[Found, Lost, Miscounted],
            Self::Over | Self::Unmanifested => &[Accepted, ToRepair, WrittenOff, Returned, Miscounted],
            Self::Damaged => &[Accepted, ToRepair, WrittenOff, Returned, Miscounted],
        }
    }

    /// Whether the goods are there, kept apart.
    pub fn is_quarantined(self) -> bool {
        self != Self::Short
    }

    /// Whether it leaves quarantine only after two people counted it, neither knowing the other's count, and agreed.
    pub fn needs_blind_count(self) -> bool {
        matches!(self, Self::Over | Self::Unmanifested)
    }
}

/// Days within which a loss is to be reported and decided.
pub const LOSS_REPORT_DAYS: i64 = 30;

words! {
    /// Whom a variance that is open waits for, each added to those before.
    pub enum Escalation {
        /// Who holds the goods: to look for them, to count them.
        Holder = "holder",
        /// The mission: to decide how it ends.
        Mission = "mission",
        /// The nations that gave the goods: its time is over, and nobody has decided.
        Nations = "nations",
    }
}

impl Escalation {
    /// To whom something is taken once it has stayed open: each that does not have it in hand from the beginning.
    pub const TAKEN_TO: [Self; 2] = [Self::Mission, Self::Nations];

    /// How many days after it was found it waits for them, too.
    pub fn days(self) -> i64 {
        match self {
            Self::Holder => 0,
            Self::Mission => LOSS_REPORT_DAYS / 2,
            Self::Nations => LOSS_REPORT_DAYS,
        }
    }

    /// When what has to end by `due` waits for them, too.
    pub fn at(self, due: Timestamp) -> Timestamp {
        let before = SignedDuration::from_hours(24 * (LOSS_REPORT_DAYS - self.days()));
        due.checked_sub(before).unwrap_or(Timestamp::MIN)
    }

    /// By when what waits for them at `now` has to end at the latest.
    pub fn due_by(self, now: Timestamp) -> Timestamp {
        now.checked_add(SignedDuration::from_hours(24 * (LOSS_REPORT_DAYS - self.days()))).unwrap_or(Timestamp::MAX)
    }

    /// Whom what has to end by `due` waits for at `now`: the last of them.
    pub fn of(due: Timestamp, now: Timestamp) -> Self {
        *Self::ALL.iter().rev().find(|level| level.at(due) <= now).unwrap_or(&Self::Holder)
    }
}

/// Until when what is missing must be found or reported lost.
pub fn due(found: Timestamp) -> Timestamp {
    found.checked_add(SignedDuration::from_hours(24 * LOSS_REPORT_DAYS)).unwrap_or(Timestamp::MAX)
}

/// What blind counts say: `None` while fewer than two people counted or while no two of them agree.
pub fn agreed<'a>(counts: impl IntoIterator<Item = (&'a str, i64)>) -> Option<i64> {
    let mut seen: Vec<(&str, i64)> = Vec::new();
    for (who, quantity) in counts {
        if seen.iter().any(|(other, same)| *other != who && *same == quantity) {
            return Some(quantity);
        }
        seen.push((who, quantity));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_people_must_find_the_same() {
        assert_eq!(agreed([("A", 3)]), None);
        assert_eq!(agreed([("A", 3), ("A", 3)]), None, "nobody agrees with themselves");
        assert_eq!(agreed([("A", 3), ("B", 4)]), None);
        assert_eq!(agreed([("A", 3), ("B", 4), ("C", 4)]), Some(4));
    }

    #[test]
    fn a_loss_has_thirty_days() {
        let found: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        assert_eq!(due(found).to_string(), "2026-03-31T12:00:00Z");
    }

    #[test]
    fn the_longer_it_is_open_the_higher_it_goes() {
        let found: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let after = |days: i64, seconds: i64| found + SignedDuration::from_secs(days * 86_400 + seconds);
        let of = |now| Escalation::of(due(found), now);
        assert_eq!([of(found), of(after(15, -1))], [Escalation::Holder; 2]);
        assert_eq!([of(after(15, 0)), of(after(30, -1))], [Escalation::Mission; 2]);
        assert_eq!([of(after(30, 0)), of(after(301, 0))], [Escalation::Nations; 2]);
        for level in Escalation::ALL {
            assert_eq!(level.due_by(level.at(due(found))), due(found), "{level}");
        }
        assert_eq!(Escalation::of(Timestamp::MAX, found), Escalation::Holder);
        assert_eq!(Escalation::of(Timestamp::MIN, found), Escalation::Nations);
    }
}

//! The clock of the story, by which the server lives while it is told, and what a phone makes of a clock that is wrong: the rules of
//! `islands/src/hub/clock.ts`.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use muster_domain::clock::Clock;

/// A clock that stands still until the story goes on. It is never ahead of the machine's: what is told has happened.
#[derive(Debug)]
pub(crate) struct StoryClock {
    shown: AtomicI64,
    latest: Timestamp,
}

impl StoryClock {
    /// A clock that shows `from`, and never more than `latest`.
    pub(crate) fn new(from: Timestamp, latest: Timestamp) -> Self {
        Self { shown: AtomicI64::new(from.min(latest).as_microsecond()), latest }
    }

    /// The story goes on at a moment, if that is not over yet.
    pub(crate) fn set(&self, at: Timestamp) {
        self.shown.fetch_max(at.min(self.latest).as_microsecond(), Ordering::SeqCst);
    }

    /// A little later.
    pub(crate) fn advance(&self, by: SignedDuration) {
        self.set(self.now().saturating_add(by).unwrap_or(Timestamp::MAX));
    }
}

impl Clock for StoryClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.shown.load(Ordering::SeqCst)).unwrap_or(Timestamp::MAX)
    }
}

/// A moment at which both clocks were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Contact {
    pub(super) phone: Timestamp,
    pub(super) server: Timestamp,
}

impl Contact {
    /// What is to be added to the phone's time; small differences are none.
    fn off(&self) -> SignedDuration {
        let difference = self.server.duration_since(self.phone);
        if difference.abs() > TOLERANCE { difference } else { SignedDuration::ZERO }
    }
}

/// Differences up to this are no difference.
pub(super) const TOLERANCE: SignedDuration = SignedDuration::from_secs(60);

/// When a deed happened that the phone dates `made`: by what its clock is off now, unless that cannot be; then by what it was off at the
/// last contact before; else at the nearest moment that can be. `after` is when the deed before it happened.
pub(super) fn told(made: Timestamp, before: Option<Contact>, now: Contact, after: Timestamp) -> Timestamp {
    let sum = |at: Timestamp, by: SignedDuration| at.saturating_add(by).unwrap_or(Timestamp::MAX);
    let earliest = before.map_or(Timestamp::MIN, |contact| contact.server).max(after);
    let fits = |at: Timestamp| sum(at, TOLERANCE) >= earliest && at <= now.server;
    let tries = [Some(now), before].into_iter().flatten().map(|contact| sum(made, contact.off()));
    let found = tries.clone().find(|at| fits(*at)).or_else(|| tries.clone().next()).unwrap_or(made);
    let at = found.max(after.min(now.server)).min(now.server);
    if fits(found) { at } else { at.max(earliest).min(now.server) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-10-{text}Z").parse().unwrap()
    }

    fn contact(phone: &str, server: &str) -> Contact {
        Contact { phone: at(phone), server: at(server) }
    }

    #[test]
    fn a_clock_that_is_wrong_is_put_right_by_what_it_is_off() {
        let now = contact("08T12:00:00", "08T09:20:00");
        let before = Some(contact("05T08:40:00", "05T06:00:00"));
        assert_eq!(told(at("06T14:40:00"), before, now, Timestamp::MIN), at("06T12:00:00"));
        let right = contact("08T09:20:20", "08T09:20:00");
        assert_eq!(told(at("06T14:40:00"), None, right, Timestamp::MIN), at("06T14:40:00"), "seconds do not matter");
    }

    #[test]
    fn a_clock_that_was_set_between_is_put_right_by_what_it_was_off_before() {
        let (before, now) = (Some(contact("01T00:00:00", "05T06:00:00")), contact("08T09:20:00", "08T09:20:00"));
        assert_eq!(told(at("02T06:00:00"), before, now, Timestamp::MIN), at("06T12:00:00"));
    }

    #[test]
    fn what_cannot_be_is_put_at_the_nearest_moment_that_can() {
        let (before, now) = (Some(contact("05T06:00:00", "05T06:00:00")), contact("08T09:20:00", "08T09:20:00"));
        assert_eq!(
            told(at("01T00:00:00"), before, now, Timestamp::MIN),
            at("05T06:00:00"),
            "never before the last contact"
        );
        assert_eq!(told(at("09T00:00:00"), before, now, Timestamp::MIN), at("08T09:20:00"), "never in the future");
        assert_eq!(
            told(at("06T00:00:00"), before, now, at("07T00:00:00")),
            at("07T00:00:00"),
            "never before the deed before"
        );
    }

    #[test]
    fn the_story_goes_on_and_never_past_the_present() {
        let clock = StoryClock::new(at("05T06:00:00"), at("05T08:00:00"));
        clock.set(at("05T07:00:00"));
        clock.set(at("05T06:30:00"));
        assert_eq!(clock.now(), at("05T07:00:00"));
        clock.advance(SignedDuration::from_hours(9));
        assert_eq!(clock.now(), at("05T08:00:00"));
    }
}

//! Serials: runs of a course, with dates, a host, what they use, and seats for units. A serial is never a serial number.

use jiff::{ToSpan, civil::Date};

use crate::{
    code::{Code, Ref},
    course::{Course, Language, MOST_SEATS, days_rule},
    fault::Faults,
    field::Field,
    message,
    party::Party,
    place::Place,
    pool::Pool,
    record,
    record::Rules,
    words,
};

words! {
    /// How far a serial has come.
    pub enum SerialState {
        /// It has dates; units do not count on it yet.
        Planned = "planned",
        /// Units were told: they nominate.
        Confirmed = "confirmed",
        /// It has begun.
        Running = "running",
        /// It has ended.
        Completed = "completed",
        /// It does not take place.
        Cancelled = "cancelled",
    }
}

impl SerialState {
    /// The states that may follow this one.
    pub fn next(self) -> &'static [Self] {
        use SerialState::{Cancelled, Completed, Confirmed, Planned, Running};
        match self {
            Planned => &[Confirmed, Cancelled],
            Confirmed => &[Planned, Running, Cancelled],
            Running => &[Completed, Cancelled],
            Completed | Cancelled => &[],
        }
    }

    /// Whether nothing follows.
    pub fn is_over(self) -> bool {
        self.next().is_empty()
    }

    /// Whether it takes up what it uses.
    pub fn takes_place(self) -> bool {
        self != Self::Cancelled
    }

    /// Whether its dates may still change.
    pub fn may_move(self) -> bool {
        matches!(self, Self::Planned | Self::Confirmed)
    }
}

record! {
    /// One run of a course.
    pub struct Serial in "serials" by (code) owned by (host) usually Participants {
        /// Its code.
        code: Code,
        /// The course.
        course: Ref<Course>,
        /// Where.
        place: Ref<Place>,
        /// Who hosts it.
        host: Ref<Party>,
        /// First day.
        start: Date,
        /// Last day.
        end: Date,
        /// Seats, in units of who is taught.
        seats: u32,
        /// The language in which it is taught, if other than the course's.
        language: Option<Language>,
        /// The day on which units were told of it; none: they were not.
        announced: Option<Date>,
        /// How far it has come.
        state: SerialState,
        /// Why it is in that state.
        state_reason: String,
        /// A remark.
        remark: String,
    }
}

impl Serial {
    /// Days from the first to the last, both counted.
    pub fn days(&self) -> i64 {
        days_between(self.start, self.end) + 1
    }

    /// Days between the day on which units were told, or else `today`, and its start.
    pub fn notice(&self, today: Date) -> i64 {
        days_between(self.announced.unwrap_or(today), self.start)
    }

    /// The days of it from one of its days on, the first being 1, for so many, if any of them are its: first and last. None named: from the
    /// first, to the last.
    pub fn span(&self, first_day: Option<u32>, days: Option<u32>) -> Option<(Date, Date)> {
        let first = self.start.checked_add(i64::from(first_day.unwrap_or(1) - 1).days()).ok()?;
        let last = match days {
            Some(days) => first.checked_add(i64::from(days - 1).days()).ok()?.min(self.end),
            None => self.end,
        };
        (first <= last).then_some((first, last))
    }

    /// The same serial from another day on: as long as before.
    #[must_use]
    pub fn starting(&self, start: Date) -> Self {
        let end = start.checked_add((self.days() - 1).days()).unwrap_or(start);
        Self { start, end, ..self.clone() }
    }
}

/// Days from one day to another; below 0 if that is earlier.
pub fn days_between(from: Date, to: Date) -> i64 {
    i64::from(from.until(to).map_or(0, |span| span.get_days()))
}

impl Rules for Serial {
    fn rules(&self, faults: &mut Faults<'_>) {
        faults.require(self.end >= self.start, "end", self.end.text(), message!("not-before-first-day"));
        let right = (1..=MOST_SEATS).contains(&self.seats);
        faults.require(right, "seats", self.seats.text(), message!("from-to", least = 1, most = MOST_SEATS));
        let why = self.state != SerialState::Cancelled || !self.state_reason.trim().is_empty();
        faults.require(why, "state_reason", "", message!("reason-missing"));
        let told = self.announced.is_some() || !matches!(self.state, SerialState::Confirmed | SerialState::Running);
        faults.require(told, "announced", "", message!("announced-missing"));
    }
}

record! {
    /// What a serial takes of a pool, day by day: instructors of a nation, interpreters, a range, kit, beds.
    pub struct SerialUse in "serial_uses" by (serial, pool) part of "serials" {
        /// The serial.
        serial: Ref<Serial>,
        /// The pool.
        pool: Ref<Pool>,
        /// Units of the pool.
        quantity: u32,
        /// From which day of the serial on, the first being 1; none: from the first.
        first_day: Option<u32>,
        /// For how many days; none: to the last.
        days: Option<u32>,
    }
}

impl SerialUse {
    /// The days on which a serial uses it, if any: first and last.
    pub fn span(&self, serial: &Serial) -> Option<(Date, Date)> {
        serial.span(self.first_day, self.days)
    }
}

impl Rules for SerialUse {
    fn rules(&self, faults: &mut Faults<'_>) {
        faults.require(self.quantity > 0, "quantity", self.quantity.text(), message!("one-or-more"));
        days_rule(self.first_day, self.days, faults);
    }
}

record! {
    /// Seats of a serial that a unit may fill before others.
    pub struct SerialQuota in "serial_quotas" by (serial, unit) part of "serials" {
        /// The serial.
        serial: Ref<Serial>,
        /// The unit.
        unit: Ref<Party>,
        /// Its seats.
        seats: u32,
    }
}

impl Rules for SerialQuota {
    fn rules(&self, faults: &mut Faults<'_>) {
        faults.require(self.seats > 0, "seats", self.seats.text(), message!("one-or-more"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_serial_can_end_and_none_begins_anew() {
        use SerialState::{Cancelled, Completed, Planned, Running};
        for state in SerialState::ALL {
            let over = matches!(state, Completed | Cancelled);
            assert_eq!(state.is_over(), over);
            assert!(over || state.next().contains(&Cancelled), "{state} cannot be cancelled");
            assert!(!state.next().contains(state));
        }
        assert!(!Running.next().contains(&Planned), "what has begun is not planned again");
    }
}

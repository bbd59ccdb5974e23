//! Days and times of a calendar: `20260907`, `20260907T083000`, `20260907T083000Z`. The zone is not looked at: the date that is written
//! counts.
//!
//! Source: RFC 5545, sections 3.3.4 to 3.3.6.

use jiff::{
    Span,
    civil::{Date, DateTime, Time},
};

/// A day, or a time on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) day: Date,
    pub(super) time: Option<Time>,
}

impl Moment {
    /// Reads a day or a time.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (day, time) = match text.trim().split_once('T') {
            Some((day, time)) => (day, Some(time.strip_suffix('Z').unwrap_or(time))),
            None => (text.trim(), None),
        };
        let [year, month, of_month] = digits(day, [4, 2, 2])?;
        let day = Date::new(year, i8::try_from(month).ok()?, i8::try_from(of_month).ok()?).ok()?;
        let time = match time {
            Some(time) => Some(time_of_day(digits(time, [2, 2, 2])?)?),
            None => None,
        };
        Some(Self { day, time })
    }

    /// The last day of what begins here and has ended by `end`, which does not belong to it; `None`: it would end before it begins.
    pub(super) fn last_day(self, end: Moment) -> Option<Date> {
        let midnight = end.time.is_none_or(|time| time == Time::midnight());
        match (self.day.cmp(&end.day), midnight) {
            (std::cmp::Ordering::Less, true) => end.day.yesterday().ok(),
            (std::cmp::Ordering::Less | std::cmp::Ordering::Equal, _) => Some(end.day),
            (std::cmp::Ordering::Greater, _) => None,
        }
    }

    /// The moment after a stretch of time such as `P1D` or `PT8H30M`; `None`: that is none, or it leads back or out of all time.
    pub(super) fn after(self, stretch: &str) -> Option<Moment> {
        let stretch = stretch.trim();
        let span: Span = stretch.trim_start_matches('+').starts_with('P').then(|| stretch.parse().ok()).flatten()?;
        let from = DateTime::from_parts(self.day, self.time.unwrap_or(Time::midnight()));
        let to = from.checked_add(span).ok().filter(|to| *to >= from)?;
        Some(Self { day: to.date(), time: Some(to.time()) })
    }
}

/// A leap second is taken as the second before it.
fn time_of_day([hour, minute, second]: [i16; 3]) -> Option<Time> {
    let second = if second == 60 { 59 } else { second };
    Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, i8::try_from(second).ok()?, 0).ok()
}

/// The numbers of which a text consists, each of so many digits.
fn digits(text: &str, lengths: [usize; 3]) -> Option<[i16; 3]> {
    if text.len() != lengths.iter().sum::<usize>() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let [first, second, _] = lengths;
    let part = |from: usize, to: usize| text[from..to].parse().ok();
    Some([part(0, first)?, part(first, first + second)?, part(first + second, text.len())?])
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn moment(text: &str) -> Moment {
        Moment::parse(text).unwrap()
    }

    #[test]
    fn days_and_times_are_read() {
        assert_eq!(moment("20260907"), Moment { day: date(2026, 9, 7), time: None });
        assert_eq!(moment("20161231T235960Z").time, Some(Time::constant(23, 59, 59, 0)));
        for none in ["", "2026-09-07", "20260230", "20260907T", "20260907T2460", "20260907T250000", "2026０90", "T"] {
            assert_eq!(Moment::parse(none), None, "{none}");
        }
    }

    #[test]
    fn the_end_does_not_belong_to_it() {
        let last = |from: &str, to: &str| moment(from).last_day(moment(to)).map(|day| day.to_string());
        assert_eq!(last("20260907", "20260908").as_deref(), Some("2026-09-07"));
        assert_eq!(last("20260907", "20260907").as_deref(), Some("2026-09-07"));
        assert_eq!(last("20260907T220000", "20260908T000000").as_deref(), Some("2026-09-07"));
        assert_eq!(last("20260907T220000", "20260908T000001").as_deref(), Some("2026-09-08"));
        assert_eq!(last("20260907", "20260906"), None);
    }

    #[test]
    fn a_stretch_of_time_leads_to_the_end() {
        let after = |from: &str, stretch: &str| moment(from).after(stretch).and_then(|end| moment(from).last_day(end));
        assert_eq!(after("20260907", "P1D"), Some(date(2026, 9, 7)));
        assert_eq!(after("20260907", "P1W"), Some(date(2026, 9, 13)));
        assert_eq!(after("20260907T200000Z", "+PT8H30M"), Some(date(2026, 9, 8)));
        for none in ["-P1D", "1 day", "", "P", "P99999999D"] {
            assert_eq!(after("20260907", none), None, "{none}");
        }
    }
}

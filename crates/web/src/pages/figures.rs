//! How pages write numbers, shares, money and days.

use jiff::civil::Date;
use muster_domain::mission::Mission;

/// A whole number with its thousands apart: 41,200.
pub(crate) fn whole(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("−{text}") } else { text }
}

/// A number rounded so that three or more digits tell.
pub(crate) fn rounded(number: f64) -> String {
    match number.abs() {
        0.0 => "0".to_owned(),
        n if n < 1.0 => format!("{number:.2}"),
        n if n < 100.0 => {
            let text = format!("{number:.1}");
            text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
        }
        _ => whole(number.round() as i64),
    }
}

/// A share as per cent. It says 0 and 100 only where that is exact.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let text = match percent {
        p if p.abs() < 1e-9 => "0".to_owned(),
        p if p < 0.1 => "< 0.1".to_owned(),
        p if p < 10.0 && p.fract().abs() > 0.04 => format!("{p:.1}"),
        p if p > 99.9 && p < 100.0 - 1e-9 => "> 99.9".to_owned(),
        p if (99.5..100.0 - 1e-9).contains(&p) => format!("{p:.1}"),
        p => format!("{p:.0}"),
    };
    format!("{text}\u{a0}%")
}

/// What part `some` is of `all`; nothing of nothing is nothing.
pub(crate) fn share(some: f64, all: f64) -> f64 {
    if all > 0.0 { some / all } else { 0.0 }
}

/// Money in minor units, with its currency.
pub(crate) fn money(currency: &str, places: u32, minor: i64) -> String {
    let unit = 10_i64.pow(places.min(9));
    let (major, rest) = (minor / unit, (minor % unit).abs());
    match rest {
        0 => format!("{currency}\u{a0}{}", whole(major)),
        _ => format!("{currency}\u{a0}{}.{rest:0width$}", whole(major), width = places as usize),
    }
}

/// A day: 9 Oct 2026.
pub(crate) fn day(date: Date) -> String {
    format!("{}\u{a0}{}", short(date), date.year())
}

/// A moment: 9 Oct 2026 14:05 UTC; a day where it is the day's beginning.
pub(crate) fn moment(at: jiff::Timestamp) -> String {
    let time = jiff::tz::TimeZone::UTC.to_datetime(at);
    match (time.hour(), time.minute(), time.second()) {
        (0, 0, 0) => day(time.date()),
        (hour, minute, _) => format!("{} {hour:02}:{minute:02}\u{a0}UTC", day(time.date())),
    }
}

/// A day without its year: 9 Oct.
pub(crate) fn short(date: Date) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = MONTHS.get(usize::try_from(date.month() - 1).unwrap_or(0)).unwrap_or(&"");
    format!("{}\u{a0}{month}", date.day())
}

/// A day as it was written: shown as a day if it is one, as it stands if not.
pub(crate) fn day_text(text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), day)
}

/// From one day to another: 2–8 Nov 2026.
pub(crate) fn days(from: Date, to: Date) -> String {
    if from == to {
        day(from)
    } else if from.year() != to.year() {
        format!("{} – {}", day(from), day(to))
    } else if from.month() != to.month() {
        format!("{} – {}", short(from), day(to))
    } else {
        format!("{}–{}", from.day(), day(to))
    }
}

/// A word for people: `mine_action` becomes Mine action.
pub(crate) fn words(text: &str) -> String {
    let text = text.replace('_', " ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Periods of a mission, for people.
pub(crate) struct Calendar<'a>(pub(crate) &'a Mission);

impl Calendar<'_> {
    /// What a period is called: week, day, or period.
    pub(crate) fn noun(&self) -> &'static str {
        match self.0.period_days {
            1 => "day",
            7 => "week",
            _ => "period",
        }
    }

    /// First to last day of periods counted from 0.
    pub(crate) fn span(&self, first: i64, last: i64) -> String {
        let end = self.0.day_of(last + 1);
        days(self.0.day_of(first), end.yesterday().unwrap_or(end))
    }

    /// Periods in runs, counted from 1: `weeks 3–5, 8`, with the days of the first to the last.
    pub(crate) fn runs(&self, periods: &[usize]) -> (String, String) {
        let mut sorted = periods.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for period in sorted {
            match runs.last_mut() {
                Some((_, last)) if *last + 1 == period => *last = period,
                _ => runs.push((period, period)),
            }
        }
        let text = |&(first, last): &(usize, usize)| match last - first {
            0 => (first + 1).to_string(),
            1 => format!("{}, {}", first + 1, last + 1),
            _ => format!("{}–{}", first + 1, last + 1),
        };
        let (Some(first), Some(last)) = (runs.first(), runs.last()) else { return Default::default() };
        let noun = if periods.len() == 1 { self.noun().to_owned() } else { format!("{}s", self.noun()) };
        let numbers: Vec<String> = runs.iter().map(text).collect();
        let span = self.span(i64::try_from(first.0).unwrap_or(0), i64::try_from(last.1).unwrap_or(0));
        (format!("{} {}", words(&noun), numbers.join(", ")), span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!((whole(0), whole(999), whole(-41_200)), ("0".into(), "999".into(), "−41,200".into()));
        assert_eq!((rounded(0.254), rounded(3.0), rounded(12.34)), ("0.25".into(), "3".into(), "12.3".into()));
        assert_eq!(rounded(1_234_567.8), "1,234,568");
        assert_eq!(money("EUR", 2, 123_456_700), "EUR\u{a0}1,234,567");
        assert_eq!(money("EUR", 2, -105), "EUR\u{a0}−1.05");
        assert_eq!(money("JPY", 0, 5_000), "JPY\u{a0}5,000");
    }

    #[test]
    fn all_is_said_only_of_all() {
        let text = |share| percent(share).replace('\u{a0}', " ");
        assert_eq!(
            (text(0.0), text(0.0004), text(0.034), text(0.05)),
            ("0 %".into(), "< 0.1 %".into(), "3.4 %".into(), "5 %".into())
        );
        assert_eq!(
            (text(0.62), text(0.996), text(0.9999), text(1.0)),
            ("62 %".into(), "99.6 %".into(), "> 99.9 %".into(), "100 %".into())
        );
    }

    #[test]
    fn spans_repeat_no_month_or_year() {
        let date = |text: &str| text.parse::<Date>().unwrap();
        let text = |a, b| days(date(a), date(b)).replace('\u{a0}', " ");
        assert_eq!(text("2026-11-02", "2026-11-08"), "2–8 Nov 2026");
        assert_eq!(text("2026-11-30", "2026-12-06"), "30 Nov – 6 Dec 2026");
        assert_eq!(text("2026-12-28", "2027-01-03"), "28 Dec 2026 – 3 Jan 2027");
        assert_eq!(text("2026-12-28", "2026-12-28"), "28 Dec 2026");
    }
}

//! By which rule an event recurs, and on which days. Rules that look at hours, numbers of weeks or other calendars are not understood.
//!
//! Source: RFC 5545, section 3.3.10. The days of each day, week, month or year that the frequency and interval name are those on which
//! all parts of the rule agree; of these, positions choose.

use jiff::civil::{Date, Weekday, date};

use super::moment::Moment;

/// Most parts of a list in a rule.
const MOST_PARTS: usize = 400;

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    frequency: Frequency,
    interval: i64,
    count: Option<usize>,
    until: Option<Date>,
    months: Vec<i8>,
    /// Days of a month, counted from 1, or from −1 backwards.
    month_days: Vec<i8>,
    /// Days of the week: every one if the number is 0, else the so-manieth of the month or year, backwards from −1.
    week_days: Vec<(i16, Weekday)>,
    positions: Vec<i16>,
    week_start: Weekday,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// What is wanted of a rule.
pub(super) struct Wanted {
    /// No day before.
    pub(super) from: Date,
    /// No day after.
    pub(super) to: Date,
    /// No more days.
    pub(super) most: usize,
}

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    /// The part that is not understood.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut rule = Self {
            frequency: Frequency::Daily,
            interval: 1,
            count: None,
            until: None,
            months: Vec::new(),
            month_days: Vec::new(),
            week_days: Vec::new(),
            positions: Vec::new(),
            week_start: Weekday::Monday,
        };
        let mut frequency = None;
        for part in text.split(';').filter(|part| !part.trim().is_empty()) {
            let (name, value) = part.split_once('=').ok_or_else(|| part.to_owned())?;
            let (name, value) = (name.trim().to_ascii_uppercase(), value.trim().to_ascii_uppercase());
            let number = |least: i64, most: i64| value.parse().ok().filter(|n: &i64| (least..=most).contains(n));
            let understood = match name.as_str() {
                "FREQ" => {
                    frequency = Frequency::parse(&value);
                    frequency.map(drop)
                }
                "INTERVAL" => number(1, 100_000).map(|n| rule.interval = n),
                "COUNT" => number(1, i64::from(u32::MAX)).map(|n| rule.count = usize::try_from(n).ok()),
                "UNTIL" => Moment::parse(&value).map(|moment| rule.until = Some(moment.day)),
                "BYMONTH" => list(&value, |n| within(n, 1, 12)).map(|months| rule.months = months),
                "BYMONTHDAY" => list(&value, |n| within(n, -31, 31)).map(|days| rule.month_days = days),
                "BYDAY" => list(&value, numbered).map(|days| rule.week_days = days),
                "BYSETPOS" => list(&value, |n| within(n, -366, 366)).map(|positions| rule.positions = positions),
                "WKST" => weekday(&value).map(|day| rule.week_start = day),
                "RSCALE" => (value == "GREGORIAN").then_some(()),
                _ => None,
            };
            understood.ok_or_else(|| part.to_owned())?;
        }
        rule.frequency = frequency.ok_or_else(|| text.to_owned())?;
        let by_days = matches!(rule.frequency, Frequency::Daily | Frequency::Weekly);
        if by_days && rule.week_days.iter().any(|(nth, _)| *nth != 0)
            || rule.frequency == Frequency::Weekly && !rule.month_days.is_empty()
        {
            return Err(text.to_owned());
        }
        Ok(rule)
    }

    /// The days on which an event recurs that first is on a day, that day with them, and whether they are all that are wanted. Each day
    /// that is looked at takes one from `work`; with none left it ends.
    pub(super) fn days(&self, first: Date, wanted: &Wanted, work: &mut u64) -> (Vec<Date>, bool) {
        let rule = self.of(first);
        let (begin, last) = (rule.index(first), rule.until.map_or(wanted.to, |until| until.min(wanted.to)));
        let mut days: Vec<Date> = [first].into_iter().filter(|day| (wanted.from..=wanted.to).contains(day)).collect();
        let mut counted = 1;
        // Where they are not counted, nothing before what is wanted matters.
        let skipped = if rule.count.is_some() { 0 } else { (rule.index(wanted.from) - begin) / rule.interval };
        for nth in skipped.max(0).. {
            if rule.count.is_some_and(|count| counted >= count) {
                break;
            }
            let Some((from, to)) = rule.stretch(begin + nth * rule.interval) else { break };
            if from > last {
                break;
            }
            for day in rule.chosen(rule.agreed(from, to, work)).into_iter().filter(|day| *day > first) {
                if day > last || rule.count.is_some_and(|count| counted >= count) {
                    return (days, true);
                }
                counted += 1;
                if day >= wanted.from {
                    if days.len() == wanted.most {
                        return (days, false);
                    }
                    days.push(day);
                }
            }
            if *work == 0 {
                return (days, false);
            }
        }
        (days, true)
    }

    /// The rule with what it leaves to the first day.
    fn of(&self, first: Date) -> Self {
        let mut rule = self.clone();
        if rule.week_days.is_empty() && rule.month_days.is_empty() {
            match rule.frequency {
                Frequency::Daily => {}
                Frequency::Weekly => rule.week_days.push((0, first.weekday())),
                Frequency::Monthly => rule.month_days.push(first.day()),
                Frequency::Yearly => {
                    rule.month_days.push(first.day());
                    if rule.months.is_empty() {
                        rule.months.push(first.month());
                    }
                }
            }
        }
        rule
    }

    /// Which day, week, month or year a day lies in.
    fn index(&self, day: Date) -> i64 {
        match self.frequency {
            Frequency::Daily => number(day),
            Frequency::Weekly => (number(day) - self.week_offset()).div_euclid(7),
            Frequency::Monthly => i64::from(day.year()) * 12 + i64::from(day.month()) - 1,
            Frequency::Yearly => i64::from(day.year()),
        }
    }

    /// The first and the last day of a day, week, month or year; `None`: it is beyond all time.
    fn stretch(&self, index: i64) -> Option<(Date, Date)> {
        match self.frequency {
            Frequency::Daily => Some((numbered_day(index)?, numbered_day(index)?)),
            Frequency::Weekly => {
                let from = index * 7 + self.week_offset();
                Some((numbered_day(from)?, numbered_day(from + 6)?))
            }
            Frequency::Monthly => {
                let (year, month) = (index.div_euclid(12), index.rem_euclid(12) + 1);
                let from = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, 1).ok()?;
                Some((from, from.last_of_month()))
            }
            Frequency::Yearly => {
                let from = Date::new(i16::try_from(index).ok()?, 1, 1).ok()?;
                Some((from, from.last_of_year()))
            }
        }
    }

    /// The number of a day on which a week begins.
    fn week_offset(&self) -> i64 {
        // 1 January 1970, the day with number 0, was a Thursday.
        i64::from(self.week_start.to_monday_zero_offset()) - i64::from(Weekday::Thursday.to_monday_zero_offset())
    }

    /// The days from one to another on which all parts agree.
    fn agreed(&self, from: Date, to: Date, work: &mut u64) -> Vec<Date> {
        let (mut days, mut day) = (Vec::new(), from);
        while *work > 0 {
            *work -= 1;
            if !self.months.is_empty() && !self.months.contains(&day.month()) {
                day = day.last_of_month();
            } else if self.agrees(day) {
                days.push(day);
            }
            match day.tomorrow() {
                Ok(next) if next <= to => day = next,
                _ => break,
            }
        }
        days
    }

    fn agrees(&self, day: Date) -> bool {
        let backwards = day.day() - day.days_in_month() - 1;
        let of_month =
            self.month_days.is_empty() || self.month_days.contains(&day.day()) || self.month_days.contains(&backwards);
        let (nth, days) = if self.frequency == Frequency::Yearly && self.months.is_empty() {
            (day.day_of_year(), day.days_in_year())
        } else {
            (i16::from(day.day()), i16::from(day.days_in_month()))
        };
        let (forward, backward) = ((nth - 1) / 7 + 1, -((days - nth) / 7 + 1));
        let is_it =
            |(n, weekday): &(i16, Weekday)| *weekday == day.weekday() && (*n == 0 || *n == forward || *n == backward);
        of_month && (self.week_days.is_empty() || self.week_days.iter().any(is_it))
    }

    /// The days at the positions that the rule names.
    fn chosen(&self, days: Vec<Date>) -> Vec<Date> {
        if self.positions.is_empty() {
            return days;
        }
        let count = i64::try_from(days.len()).unwrap_or(i64::MAX);
        let is_at = |at: i64| self.positions.iter().any(|n| i64::from(*n) == at + 1 || i64::from(*n) == at - count);
        (0..).zip(days).filter(|(at, _)| is_at(*at)).map(|(_, day)| day).collect()
    }
}

impl Frequency {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "DAILY" => Some(Self::Daily),
            "WEEKLY" => Some(Self::Weekly),
            "MONTHLY" => Some(Self::Monthly),
            "YEARLY" => Some(Self::Yearly),
            _ => None,
        }
    }
}

/// The number of a day, counted from 1 January 1970.
fn number(day: Date) -> i64 {
    day.duration_since(date(1970, 1, 1)).as_hours() / 24
}

/// The day with a number.
fn numbered_day(number: i64) -> Option<Date> {
    let hours = number.checked_mul(24).and_then(jiff::SignedDuration::try_from_hours)?;
    date(1970, 1, 1).checked_add(hours).ok()
}

/// The parts of a list, if there are some and all are understood.
fn list<T>(text: &str, part: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    let parts: Vec<T> = text.split(',').map(|text| part(text.trim())).collect::<Option<_>>()?;
    (parts.len() <= MOST_PARTS).then_some(parts)
}

/// A number other than 0.
fn within<T: TryFrom<i16>>(text: &str, least: i16, most: i16) -> Option<T> {
    let number: i16 = text.parse().ok()?;
    ((least..=most).contains(&number) && number != 0).then(|| T::try_from(number).ok()).flatten()
}

/// A day of the week, perhaps with a number before it.
fn numbered(text: &str) -> Option<(i16, Weekday)> {
    let (number, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let number = if number.is_empty() { 0 } else { within(number, -53, 53)? };
    Some((number, weekday(name)?))
}

fn weekday(text: &str) -> Option<Weekday> {
    match text {
        "MO" => Some(Weekday::Monday),
        "TU" => Some(Weekday::Tuesday),
        "WE" => Some(Weekday::Wednesday),
        "TH" => Some(Weekday::Thursday),
        "FR" => Some(Weekday::Friday),
        "SA" => Some(Weekday::Saturday),
        "SU" => Some(Weekday::Sunday),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The days from 1997 to 2000 on which an event recurs that first is on `first`.
    fn days(rule: &str, first: Date) -> Vec<String> {
        let wanted = Wanted { from: date(1997, 1, 1), to: date(2000, 12, 31), most: 2_000 };
        let (days, all) = Rule::parse(rule).unwrap().days(first, &wanted, &mut 1_000_000);
        assert!(all, "{rule}");
        days.iter().map(Date::to_string).collect()
    }

    #[test]
    fn events_recur_as_in_the_examples_of_the_standard() {
        let tuesday = date(1997, 9, 2);
        let examples: &[(&str, Date, &[&str])] = &[
            ("FREQ=DAILY;COUNT=3", tuesday, &["1997-09-02", "1997-09-03", "1997-09-04"]),
            ("FREQ=DAILY;INTERVAL=10;COUNT=3", tuesday, &["1997-09-02", "1997-09-12", "1997-09-22"]),
            ("FREQ=DAILY;UNTIL=19970904T000000Z", tuesday, &["1997-09-02", "1997-09-03", "1997-09-04"]),
            (
                "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971001T000000Z;WKST=SU;BYDAY=MO,WE,FR",
                date(1997, 9, 1),
                &[
                    "1997-09-01",
                    "1997-09-03",
                    "1997-09-05",
                    "1997-09-15",
                    "1997-09-17",
                    "1997-09-19",
                    "1997-09-29",
                    "1997-10-01",
                ],
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
                date(1997, 8, 5),
                &["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"],
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
                date(1997, 8, 5),
                &["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"],
            ),
            ("FREQ=MONTHLY;COUNT=3;BYDAY=1FR", date(1997, 9, 5), &["1997-09-05", "1997-10-03", "1997-11-07"]),
            (
                "FREQ=MONTHLY;INTERVAL=2;COUNT=6;BYDAY=1SU,-1SU",
                date(1997, 9, 7),
                &["1997-09-07", "1997-09-28", "1997-11-02", "1997-11-30", "1998-01-04", "1998-01-25"],
            ),
            ("FREQ=MONTHLY;COUNT=3;BYDAY=-2MO", date(1997, 9, 22), &["1997-09-22", "1997-10-20", "1997-11-17"]),
            ("FREQ=MONTHLY;COUNT=3;BYMONTHDAY=-3", date(1997, 9, 28), &["1997-09-28", "1997-10-29", "1997-11-28"]),
            (
                "FREQ=MONTHLY;COUNT=4;BYMONTHDAY=1,-1",
                date(1997, 9, 30),
                &["1997-09-30", "1997-10-01", "1997-10-31", "1997-11-01"],
            ),
            ("FREQ=YEARLY;COUNT=3;BYMONTH=6,7", date(1997, 6, 10), &["1997-06-10", "1997-07-10", "1998-06-10"]),
            ("FREQ=YEARLY;COUNT=3;BYDAY=20MO", date(1997, 5, 19), &["1997-05-19", "1998-05-18", "1999-05-17"]),
            (
                "FREQ=YEARLY;BYMONTH=3;BYDAY=TH;COUNT=4",
                date(1997, 3, 13),
                &["1997-03-13", "1997-03-20", "1997-03-27", "1998-03-05"],
            ),
            (
                "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=3",
                date(1998, 2, 13),
                &["1998-02-13", "1998-03-13", "1998-11-13"],
            ),
            ("FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", date(1996, 11, 5), &["2000-11-07"]),
            (
                "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
                date(1997, 9, 4),
                &["1997-09-04", "1997-10-07", "1997-11-06"],
            ),
            (
                "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2;COUNT=3",
                date(1997, 9, 29),
                &["1997-09-29", "1997-10-30", "1997-11-27"],
            ),
            ("FREQ=MONTHLY;COUNT=3", date(2000, 1, 31), &["2000-01-31", "2000-03-31", "2000-05-31"]),
            ("FREQ=YEARLY", date(1604, 2, 29), &["2000-02-29"]),
            ("FREQ=YEARLY;UNTIL=19990101", date(1950, 1, 1), &["1997-01-01", "1998-01-01", "1999-01-01"]),
        ];
        for (rule, first, expected) in examples {
            assert_eq!(days(rule, *first), *expected, "{rule}");
        }
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (rule, part) in [
            ("FREQ=HOURLY", "FREQ=HOURLY"),
            ("FREQ=YEARLY;BYWEEKNO=20", "BYWEEKNO=20"),
            ("FREQ=DAILY;BYDAY=1MO", "FREQ=DAILY;BYDAY=1MO"),
            ("COUNT=3", "COUNT=3"),
            ("FREQ=DAILY;COUNT=0", "COUNT=0"),
            ("FREQ=DAILY;BYMONTH=0", "BYMONTH=0"),
            ("FREQ=YEARLY;RSCALE=CHINESE", "RSCALE=CHINESE"),
            ("FREQ=WEEKLY;BYDAY=É", "BYDAY=É"),
            ("%n", "%n"),
        ] {
            assert_eq!(Rule::parse(rule).unwrap_err(), part);
        }
    }

    #[test]
    fn a_rule_without_end_ends() {
        let wanted = Wanted { from: date(1, 1, 1), to: Date::MAX, most: 2_000 };
        let run = |rule: &str, work: &mut u64| Rule::parse(rule).unwrap().days(date(2026, 9, 7), &wanted, work);
        let (days, all) = run("FREQ=DAILY", &mut 100_000);
        assert_eq!((days.len(), all), (2_000, false));
        let mut work = 100_000;
        assert_eq!(run("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", &mut work).0.len(), 1, "a day that never is");
        assert_eq!(work, 0);
        assert_eq!(run("FREQ=YEARLY;INTERVAL=100000", &mut 100_000), (vec![date(2026, 9, 7)], true));
        assert_eq!(run("FREQ=WEEKLY;UNTIL=20200101", &mut 100_000), (vec![date(2026, 9, 7)], true));
    }
}

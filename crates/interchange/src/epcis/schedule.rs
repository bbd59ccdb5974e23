//! When a query is asked again. Source: EPCIS 2.0, 8.2.5.3 (QuerySchedule) and the schema of its REST bindings.
//!
//! Each part is a list of numbers and ranges, like `1,[10-20]`, in UTC. A part that is absent is any, but seconds are 0: nobody is told
//! sixty times a minute.

use std::collections::BTreeSet;

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use muster_domain::{message, message::Message};
use serde_json::{Map, Value};

/// The parts, each with the least and the most that it may be. Monday is day 1 of the week.
const PARTS: [(&str, i8, i8); 6] = [
    ("second", 0, 59),
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("dayOfMonth", 1, 31),
    ("month", 1, 12),
    ("dayOfWeek", 1, 7),
];

/// How many days are looked through for the next moment: a 29 February on one day of the week comes within forty years.
const LONGEST: usize = 41 * 366;

/// A schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule([BTreeSet<i8>; 6]);

impl Schedule {
    /// Reads a schedule.
    ///
    /// # Errors
    /// The part that is wrong, and what it must be.
    pub fn read(parts: &Map<String, Value>) -> Result<Self, (String, Message)> {
        if let Some(unknown) = parts.keys().find(|name| PARTS.iter().all(|(part, ..)| part != name)) {
            let names = PARTS.map(|(part, ..)| part).join(", ");
            return Err((unknown.clone(), message!("one-of", words = names)));
        }
        if parts.is_empty() {
            return Err(("schedule".into(), message!("epcis-a-schedule")));
        }
        let mut all: [BTreeSet<i8>; 6] = Default::default();
        for ((name, least, most), set) in PARTS.into_iter().zip(&mut all) {
            let right =
                || (name.to_owned(), message!("epcis-of-schedule", least = i64::from(least), most = i64::from(most)));
            *set = match parts.get(name) {
                None if name == "second" => BTreeSet::from([0]),
                None => (least..=most).collect(),
                Some(Value::String(text)) => numbers(text, least, most).ok_or_else(right)?,
                Some(_) => return Err(right()),
            };
        }
        Ok(Self(all))
    }

    /// The first moment after another at which it is time; none: there is none.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let [seconds, minutes, hours, days, months, weekdays] = &self.0;
        let from = TimeZone::UTC.to_datetime(after);
        let fits = |day: &Date| {
            days.contains(&day.day())
                && months.contains(&day.month())
                && weekdays.contains(&day.weekday().to_monday_one_offset())
        };
        for day in from.date().series(1.day()).take(LONGEST).filter(fits) {
            for (&hour, &minute, &second) in hours
                .iter()
                .flat_map(|hour| minutes.iter().map(move |minute| (hour, minute)))
                .flat_map(|(hour, minute)| seconds.iter().map(move |second| (hour, minute, second)))
            {
                let at = TimeZone::UTC.to_timestamp(day.at(hour, minute, second, 0)).ok()?;
                if at > after {
                    return Some(at);
                }
            }
        }
        None
    }
}

/// A list of numbers and ranges.
fn numbers(text: &str, least: i8, most: i8) -> Option<BTreeSet<i8>> {
    let number = |text: &str| text.trim().parse().ok().filter(|number| (least..=most).contains(number));
    let mut all = BTreeSet::new();
    for part in text.split(',') {
        match part.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(range) => {
                let (first, last) = range.split_once('-')?;
                let (first, last) = (number(first)?, number(last)?);
                all.extend(Some(first..=last).filter(|range| !range.is_empty())?);
            }
            None => {
                all.insert(number(part)?);
            }
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn next(schedule: Value, after: &str) -> String {
        let schedule = Schedule::read(schedule.as_object().unwrap()).unwrap();
        schedule.next(after.parse().unwrap()).map(|at| at.to_string()).unwrap_or_default()
    }

    #[test]
    fn the_next_moment_is_the_first_that_fits() {
        let every_morning = json!({ "hour": "1", "minute": "5" });
        assert_eq!(next(every_morning.clone(), "2026-11-30T00:00:00Z"), "2026-11-30T01:05:00Z");
        assert_eq!(next(every_morning, "2026-11-30T01:05:00Z"), "2026-12-01T01:05:00Z");
        assert_eq!(next(json!({ "minute": "0,[10-11]" }), "2026-11-30T08:10:30Z"), "2026-11-30T08:11:00Z");
        assert_eq!(next(json!({ "second": "[30-31]", "hour": "8" }), "2026-11-30T08:10:30Z"), "2026-11-30T08:10:31Z");
        // A Monday that is the first of a month; the last of February, when there is one.
        assert_eq!(
            next(json!({ "dayOfMonth": "1", "dayOfWeek": "1", "hour": "6", "minute": "0" }), "2026-11-30T00:00:00Z"),
            "2027-02-01T06:00:00Z"
        );
        assert_eq!(
            next(json!({ "dayOfMonth": "29", "month": "2", "hour": "0", "minute": "0" }), "2026-11-30T00:00:00Z"),
            "2028-02-29T00:00:00Z"
        );
        assert_eq!(next(json!({ "dayOfMonth": "30", "month": "2" }), "2026-11-30T00:00:00Z"), "");
    }

    #[test]
    fn what_is_wrong_with_a_schedule_is_told_by_its_part() {
        for (wrong, part) in [
            (json!({}), "schedule"),
            (json!({ "hours": "1" }), "hours"),
            (json!({ "hour": "24" }), "hour"),
            (json!({ "hour": 1 }), "hour"),
            (json!({ "minute": "[20-10]" }), "minute"),
            (json!({ "minute": "1,,2" }), "minute"),
            (json!({ "dayOfWeek": "0" }), "dayOfWeek"),
        ] {
            assert_eq!(Schedule::read(wrong.as_object().unwrap()).unwrap_err().0, part, "{wrong}");
        }
    }
}

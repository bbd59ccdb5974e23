//! How numbers and times are written: the same in every language, by the ISO 80000 and 8601 standards.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use muster_domain::{field::Currency, fixed::Fixed};

use crate::papers::Line;

/// Between groups of three digits: narrow, and lines do not break there.
const GAP: char = '\u{202f}';

/// A whole number.
pub(crate) fn whole(number: i128) -> String {
    scaled(number, 0, 0)
}

/// The number `scaled` · 10^-`places` with exactly `shown` decimal places, none of which it must have more of.
fn scaled(scaled: i128, places: u32, shown: u32) -> String {
    let one = 10_u128.pow(places);
    let (units, rest) = (scaled.unsigned_abs() / one, scaled.unsigned_abs() % one);
    let digits = units.to_string();
    let mut text = String::from(if scaled < 0 { "−" } else { "" });
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(GAP);
        }
        text.push(digit);
    }
    if shown > 0 {
        let rest = format!("{rest:0width$}", width = places as usize);
        text.push('.');
        text.push_str(&rest[..shown as usize]);
    }
    text
}

/// A column of numbers with the same decimal places, as many as the one that needs most, and their sum.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// The numbers, where they are known.
    pub cells: Vec<Option<String>>,
    /// The sum of those that are known; `None` if none is.
    pub sum: Option<String>,
    /// How many are not known.
    pub unknown: usize,
}

/// Writes a column.
pub(crate) fn column<const PLACES: u32>(numbers: impl Iterator<Item = Option<Fixed<PLACES>>> + Clone) -> Column {
    let needs = |number: Fixed<PLACES>| (0..=PLACES).find(|shown| number.0 % 10_i64.pow(PLACES - shown) == 0);
    let shown = numbers.clone().flatten().filter_map(needs).max().unwrap_or(0);
    let sum = numbers.clone().flatten().map(|number| i128::from(number.0)).reduce(|a, b| a + b);
    let write = |number: i128| scaled(number, PLACES, shown);
    Column {
        cells: numbers.clone().map(|number| number.map(|number| write(number.0.into()))).collect(),
        sum: sum.map(write),
        unknown: numbers.filter(Option::is_none).count(),
    }
}

/// Money.
pub(crate) fn money(amount_minor: i128, currency: Currency) -> String {
    scaled(amount_minor, currency.places(), currency.places())
}

/// What lines are worth, for each currency apart: code, sum, and how many lines.
pub(crate) fn values(lines: &[Line]) -> Vec<(&'static str, String, usize)> {
    let mut sums: BTreeMap<&str, (Currency, i128, usize)> = BTreeMap::new();
    for value in lines.iter().filter_map(|line| line.value.as_ref()) {
        let sum = sums.entry(value.currency.code()).or_insert((value.currency, 0, 0));
        (sum.1, sum.2) = (sum.1 + i128::from(value.amount_minor), sum.2 + 1);
    }
    sums.into_iter().map(|(code, (currency, sum, count))| (code, money(sum, currency), count)).collect()
}

/// Quantities by their unit of issue, for each unit apart, in the order in which they come: unit and sum.
pub(crate) fn quantities<'a>(quantities: impl Iterator<Item = (&'a str, i64)>) -> Vec<(&'a str, String)> {
    let mut sums: Vec<(&str, i128)> = Vec::new();
    for (unit, quantity) in quantities {
        match sums.iter_mut().find(|(of, _)| *of == unit) {
            Some((_, sum)) => *sum += i128::from(quantity),
            None => sums.push((unit, quantity.into())),
        }
    }
    sums.into_iter().map(|(unit, sum)| (unit, whole(sum))).collect()
}

/// A time in a zone, to the minute, with the zone's offset.
pub(crate) fn time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M %:z").to_string()
}

#[cfg(test)]
mod tests {
    use muster_domain::field::Field;

    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three() {
        let write = |number| whole(number).replace(GAP, "_");
        assert_eq!(write(0), "0");
        assert_eq!(write(999), "999");
        assert_eq!(write(-1_234_567), "−1_234_567");
    }

    #[test]
    fn a_column_has_the_places_that_its_finest_number_needs_and_says_how_many_are_missing() {
        let numbers = [Some(Fixed::<3>(12_500)), None, Some(Fixed(1_000)), Some(Fixed(1_250))];
        let column = column(numbers.into_iter());
        assert_eq!(column.cells.iter().flatten().collect::<Vec<_>>(), ["12.50", "1.00", "1.25"]);
        assert_eq!((column.sum.as_deref(), column.unknown), (Some("14.75"), 1));
        assert_eq!(super::column::<3>([None].into_iter()).sum, None);
    }

    #[test]
    fn different_units_of_issue_have_no_sum() {
        let sums = quantities([("each", 3), ("set", 1), ("each", 2)].into_iter());
        assert_eq!(sums, [("each", "5".to_owned()), ("set", "1".to_owned())]);
    }

    #[test]
    fn money_has_the_places_of_its_currency() {
        let write = |code, minor| money(minor, Currency::parse(code).unwrap()).replace(GAP, "_");
        assert_eq!(write("EUR", 123_456_789), "1_234_567.89");
        assert_eq!(write("EUR", -5), "−0.05");
        assert_eq!(write("JPY", 1_500), "1_500");
        assert_eq!(write("KWD", 1_500), "1.500");
    }

    #[test]
    fn a_time_tells_its_offset() {
        let at = "2026-11-28T23:30:00Z".parse().unwrap();
        assert_eq!(time(at, &TimeZone::fixed(jiff::tz::offset(1))), "2026-11-29 00:30 +01:00");
    }
}

//! Decimal numbers of any use in an event, kept as digits: a quantity read is the quantity written.

use std::{cmp::Ordering, fmt};

use muster_domain::{message, message::Message};

/// Most digits of a number, before and after the point.
const MOST_DIGITS: usize = 60;

/// A decimal number in its shortest form: no exponent, no zeros that say nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(String);

impl Decimal {
    /// Reads a number like `-12.50` or `1.5e3`.
    ///
    /// # Errors
    /// What would be right.
    pub fn parse(text: &str) -> Result<Self, Message> {
        read(text.trim()).map(Self).ok_or_else(|| message!("epcis-a-decimal", most = MOST_DIGITS))
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        self.0.starts_with('-')
    }

    /// Which of two is more.
    pub fn compare(&self, other: &Self) -> Ordering {
        match (self.is_negative(), other.is_negative()) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (minus, _) => {
                let (own, others) = (parts(&self.0), parts(&other.0));
                // More digits before the point are more; after it they count from the left.
                let by_size = own.0.len().cmp(&others.0.len()).then_with(|| own.cmp(&others));
                if minus { by_size.reverse() } else { by_size }
            }
        }
    }

    /// The number as digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Digits before and after the point.
fn parts(number: &str) -> (&str, &str) {
    let digits = number.trim_start_matches('-');
    digits.split_once('.').unwrap_or((digits, ""))
}

fn read(text: &str) -> Option<String> {
    let (minus, rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) if exponent.len() <= 4 => (mantissa, exponent.parse::<i32>().ok()?),
        Some(_) => return None,
        None => (rest, 0),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{part}");
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    // Where the point stands in the digits.
    let point = i32::try_from(whole.len()).ok()?.checked_add(exponent)?;
    let most = i32::try_from(MOST_DIGITS).unwrap_or(i32::MAX);
    if !plain || digits.len() > MOST_DIGITS || !(-most..=most).contains(&point) {
        return None;
    }
    let (before, after) = match usize::try_from(point) {
        Ok(point) if point >= digits.len() => (format!("{digits:0<point$}"), String::new()),
        Ok(point) => (digits[..point].to_owned(), digits[point..].to_owned()),
        Err(_) => (String::new(), format!("{}{digits}", "0".repeat(point.unsigned_abs() as usize))),
    };
    let before = before.trim_start_matches('0');
    let after = after.trim_end_matches('0');
    let before = if before.is_empty() { "0" } else { before };
    let number = if after.is_empty() { before.to_owned() } else { format!("{before}.{after}") };
    Some(if minus && number != "0" { format!("-{number}") } else { number })
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<u64> for Decimal {
    fn from(number: u64) -> Self {
        Self(number.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_held_against_each_other() {
        let sorted = ["-12", "-9.5", "-9", "-0.1", "0", "0.05", "0.5", "1", "1.05", "1.5", "9", "10", "100.25"];
        for (n, one) in sorted.iter().enumerate() {
            for (m, other) in sorted.iter().enumerate() {
                let [one, other] = [one, other].map(|text| Decimal::parse(text).unwrap());
                assert_eq!(one.compare(&other), n.cmp(&m), "{one} {other}");
            }
        }
    }

    #[test]
    fn a_number_has_one_form() {
        for (text, form) in [
            ("200.0", "200"),
            ("0.340", "0.34"),
            ("-0.0", "0"),
            ("+007", "7"),
            ("1.5e3", "1500"),
            ("15E-4", "0.0015"),
            (".5", "0.5"),
            ("-12.50", "-12.5"),
            ("100", "100"),
        ] {
            assert_eq!(Decimal::parse(text).map(|number| number.0), Ok(form.to_owned()), "{text}");
        }
        for wrong in
            ["", "-", ".", "1,5", "0x1", "1e99999", "1e99", "NaN", "Infinity", "1_000", "1.2.3", &"9".repeat(61)]
        {
            assert!(Decimal::parse(wrong).is_err(), "{wrong}");
        }
    }
}

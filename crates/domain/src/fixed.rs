//! Decimal numbers as whole multiples of a power of ten, so that sums are exact.

use std::fmt;

use crate::{
    field::{Field, Scalar},
    message,
    message::Message,
};

/// A number with `PLACES` decimal places, held as the whole number of its last place: `Fixed::<3>(1500)` is 1.5.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fixed<const PLACES: u32>(pub i64);

impl<const PLACES: u32> Fixed<PLACES> {
    /// How many of the last place make one.
    pub const ONE: i64 = 10_i64.pow(PLACES);

    /// The nearest floating-point number, for the planner and for pictures; never for sums that must be exact.
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / Self::ONE as f64
    }

    /// The whole number it is, or `None` if it has a fraction.
    pub fn whole(self) -> Option<i64> {
        (self.0 % Self::ONE == 0).then_some(self.0 / Self::ONE)
    }

    /// The number in units of 10^-`places`, or `None` if it has more decimal places or does not fit.
    pub fn minor(self, places: u32) -> Option<i64> {
        if places >= PLACES {
            return self.0.checked_mul(10_i64.checked_pow(places - PLACES)?);
        }
        let divisor = 10_i64.pow(PLACES - places);
        (self.0 % divisor == 0).then_some(self.0 / divisor)
    }

    /// The number that is so many units of 10^-`places`; places that it has not are cut off.
    pub fn of_minor(minor: i64, places: u32) -> Self {
        match places.checked_sub(PLACES) {
            Some(finer) => Self(minor / 10_i64.saturating_pow(finer)),
            None => Self(minor.saturating_mul(10_i64.pow(PLACES - places))),
        }
    }
}

impl<const PLACES: u32> fmt::Display for Fixed<PLACES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0.unsigned_abs() / Self::ONE as u64, self.0.unsigned_abs() % Self::ONE as u64);
        let sign = if self.0 < 0 { "-" } else { "" };
        if rest == 0 {
            return write!(f, "{sign}{whole}");
        }
        let digits = format!("{rest:0width$}", width = PLACES as usize);
        write!(f, "{sign}{whole}.{}", digits.trim_end_matches('0'))
    }
}

impl<const PLACES: u32> Field for Fixed<PLACES> {
    const INTEGER: bool = true;
    const DECIMAL: bool = PLACES > 0;

    fn expected() -> Message {
        match PLACES {
            0 => message!("any-whole-number"),
            _ => message!("a-decimal", places = PLACES),
        }
    }

    fn parse(text: &str) -> Result<Self, Message> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let dangling = digits.ends_with('.');
        if whole.is_empty() || dangling || !plain(whole) || !plain(fraction) {
            return Err(Self::expected());
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > PLACES as usize {
            return Err(Self::expected());
        }
        let padded = format!("{whole}{fraction:0<width$}", width = PLACES as usize);
        let number: i64 = padded.parse().map_err(|_| message!("a-number-below", most = i64::MAX / Self::ONE))?;
        Ok(Self(sign * number))
    }

    fn text(&self) -> String {
        self.to_string()
    }

    fn scalar(&self) -> Scalar {
        Scalar::Integer(self.0)
    }

    fn from_scalar(scalar: &Scalar) -> Result<Self, Message> {
        match scalar {
            Scalar::Integer(n) => Ok(Self(*n)),
            _ => Err(Self::expected()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_read_exactly_or_not_at_all() {
        assert_eq!(Fixed::<3>::parse("12.5"), Ok(Fixed(12_500)));
        assert_eq!(Fixed::<3>::parse("-0.001"), Ok(Fixed(-1)));
        assert_eq!(Fixed::<2>::parse("7.100"), Ok(Fixed(710)));
        for wrong in ["", "1.2345", "1e3", "+1", ".5", "5.", "1,5", "NaN", "99999999999999999999"] {
            assert!(Fixed::<3>::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn minor_units_follow_the_currency() {
        assert_eq!(Fixed::<3>(12_340).minor(2), Some(1_234));
        assert_eq!(Fixed::<3>(12_345).minor(2), None);
        assert_eq!(Fixed::<3>(12_000).minor(0), Some(12));
        for (minor, places) in [(1_234, 2), (12, 0), (-5, 3)] {
            assert_eq!(Fixed::<3>::of_minor(minor, places).minor(places), Some(minor));
        }
        assert_eq!(Fixed::<3>::of_minor(12_345, 4), Fixed(1_234));
    }

    proptest! {
        #[test]
        fn text_and_back(n in any::<i64>().prop_filter("has a negative", |n| *n != i64::MIN)) {
            prop_assert_eq!(Fixed::<3>::parse(&Fixed::<3>(n).text()), Ok(Fixed(n)));
        }
    }
}

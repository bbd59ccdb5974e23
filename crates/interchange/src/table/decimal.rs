//! Decimal numbers of any number of places, exactly. No floating point.

use muster_domain::fixed::Fixed;

/// How a table writes numbers.
#[derive(Clone, Debug)]
pub(super) struct Writing {
    /// Between whole part and fraction.
    pub(super) decimal: char,
    /// Between groups of three digits.
    pub(super) thousands: Vec<char>,
    /// Texts that may stand before or after a number and say nothing (`€`).
    pub(super) ignore: Vec<String>,
}

impl Writing {
    /// How a workbook's numbers are written.
    pub(super) const PLAIN: Self = Self { decimal: '.', thousands: Vec::new(), ignore: Vec::new() };
}

/// A number of units of 10^-`places`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    units: i128,
    places: u32,
}

impl Decimal {
    /// Reads a number; `None` if the text is not exactly one number written that way.
    pub(super) fn read(text: &str, writing: &Writing) -> Option<Self> {
        let mut text = text.trim();
        for word in &writing.ignore {
            text = text.strip_prefix(word.as_str()).unwrap_or(text).trim_start();
            text = text.strip_suffix(word.as_str()).unwrap_or(text).trim_end();
        }
        let (negative, digits) = match text.strip_prefix(['-', '−']) {
            Some(digits) => (true, digits.trim_start()),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once(writing.decimal).map_or((digits, None), |(w, f)| (w, Some(f)));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let groups: Vec<_> = whole.split(writing.thousands.as_slice()).collect();
        let grouped = groups.len() == 1 || (groups[0].len() <= 3 && groups[1..].iter().all(|g| g.len() == 3));
        if !grouped || !groups.iter().all(|g| plain(g)) || !fraction.is_none_or(plain) {
            return None;
        }
        let fraction = fraction.unwrap_or_default().trim_end_matches('0');
        let units: i128 = (groups.concat() + fraction).parse().ok()?;
        Some(Self { units: if negative { -units } else { units }, places: fraction.len().try_into().ok()? })
    }

    /// The number with `P` places, rounded to even where it has more; `None` if it does not fit.
    pub(super) fn fixed<const P: u32>(self) -> Option<Fixed<P>> {
        let units = if self.places > P {
            divide(self.units, 10_i128.checked_pow(self.places - P)?)
        } else {
            self.units.checked_mul(10_i128.checked_pow(P - self.places)?)?
        };
        units.try_into().ok().map(Fixed)
    }
}

/// The quotient rounded to the nearest whole number, and to the even one of two; `divisor` is above 0.
pub(super) fn divide(dividend: i128, divisor: i128) -> i128 {
    let (quotient, rest) = (dividend.div_euclid(divisor), dividend.rem_euclid(divisor));
    match (rest * 2).cmp(&divisor) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal => quotient + (quotient & 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, decimal: char, thousands: &str) -> Option<i64> {
        let writing =
            Writing { decimal, thousands: thousands.chars().collect(), ignore: vec!["€".into(), "EUR".into()] };
        Decimal::read(text, &writing)?.fixed::<2>().map(|f| f.0)
    }

    #[test]
    fn numbers_are_read_as_declared() {
        assert_eq!(read("1,234,567.89", '.', ","), Some(123_456_789));
        assert_eq!(read("1.234.567,89", ',', "."), Some(123_456_789));
        assert_eq!(read("€ -1 234,5 EUR", ',', " "), Some(-123_450));
        assert_eq!(read("0", '.', ""), Some(0));
        for text in ["1.234,5", "12,34", "1,2345", ",1", "1.", "1e5", "12 trucks", "", "1,234,56", "--1"] {
            assert_eq!(read(text, '.', ","), None, "{text}");
        }
    }

    #[test]
    fn more_places_are_rounded_to_even() {
        assert_eq!(read("0.125", '.', ""), Some(12));
        assert_eq!(read("0.135", '.', ""), Some(14));
        assert_eq!(read("-0.125", '.', ""), Some(-12));
        assert_eq!(read("0.1250000001", '.', ""), Some(13));
        assert_eq!(read(&"9".repeat(30), '.', ""), None);
    }
}

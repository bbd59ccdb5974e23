//! NCAGE: the code by which NATO's codification system names a manufacturer, supplier or office.

use crate::{field::Field, message, message::Message};

/// A NATO commercial and government entity code: 5 digits and capital letters.
///
/// Source: NATO Manual on Codification (ACodP-1), on the structure of NCAGE codes. The United States' codes begin and end with a digit;
/// every other nation's have its letter at one end and a digit at the other. `O` is not used, and `I` only as the letter of
/// international organisations at the beginning, so that neither is taken for a digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ncage(String);

impl Ncage {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Field for Ncage {
    fn expected() -> Message {
        message!("an-ncage")
    }

    fn parse(text: &str) -> Result<Self, Message> {
        let [first, second, third, fourth, last] = text.as_bytes() else { return Err(Self::expected()) };
        let letter = |c: &u8| c.is_ascii_uppercase() && !matches!(c, b'I' | b'O');
        let inner = [second, third, fourth].into_iter().all(|c| c.is_ascii_digit() || letter(c));
        let ends = match (first.is_ascii_digit(), last.is_ascii_digit()) {
            (true, true) => true,
            (false, true) => letter(first) || *first == b'I',
            (true, false) => letter(last),
            (false, false) => false,
        };
        if inner && ends { Ok(Self(text.to_owned())) } else { Err(Self::expected()) }
    }

    fn text(&self) -> String {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_a_digit_at_one_end_at_least() {
        for right in ["81205", "1AB23", "D1234", "K0680", "J0001", "0123U", "I9000", "S4567", "0AA1G"] {
            assert_eq!(Ncage::parse(right).map(|code| code.text()), Ok(right.to_owned()));
        }
        for wrong in ["", "8120", "812055", "D123F", "81O05", "8I205", "k0680", "8120 ", "8120É", "0123I"] {
            assert!(Ncage::parse(wrong).is_err(), "{wrong}");
        }
    }
}

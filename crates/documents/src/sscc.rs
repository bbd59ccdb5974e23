//! Serial shipping container codes, by which handling units are known (GS1 General Specifications, 3.2).

use std::fmt;

/// Eighteen digits, the last of which checks the others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sscc(String);

impl Sscc {
    /// Reads a code of 18 digits; `None` if it is not one, or its check digit is wrong.
    pub fn new(text: &str) -> Option<Self> {
        let digits = text.bytes().all(|b| b.is_ascii_digit()) && text.len() == 18;
        (digits && check_digit(&text[..17]) == text[17..].parse().ok()).then(|| Self(text.to_owned()))
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its address as a GS1 Digital Link.
    pub fn link(&self) -> String {
        format!("https://id.gs1.org/00/{}", self.0)
    }
}

impl fmt::Display for Sscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The digit that makes the weighted sum a multiple of ten: weights 3 and 1 in turn, 3 for the last (GS1 General Specifications, 7.9.1).
fn check_digit(digits: &str) -> Option<u32> {
    let weighted = digits.chars().rev().zip([3, 1].into_iter().cycle());
    let sum: u32 = weighted.map(|(digit, weight)| Some(digit.to_digit(10)? * weight)).sum::<Option<u32>>()?;
    Some((10 - sum % 10) % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_digit_checks_the_others() {
        // The example of the GS1 General Specifications.
        assert_eq!(check_digit("37610425002123456"), Some(9));
        assert!(Sscc::new("376104250021234569").is_some());
        for wrong in ["376104250021234568", "37610425002123456", "3761042500212345690", "37610425002123456x", ""] {
            assert_eq!(Sscc::new(wrong), None, "{wrong:?}");
        }
    }
}

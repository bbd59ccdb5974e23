//! Keys of GS1 by which trade partners name goods, packages, assets and places: their lengths, check digits, and the forms in which they
//! are written.
//!
//! Source: GS1 General Specifications, sections 3 (application identifiers) and 7.9 (check digits). A key is read from its digits, from
//! an element string with its application identifier (`(00)…`, or `00…` as a scanner gives it, with or without what says of which kind the
//! code is), from a [Digital Link](link) or from an [EPC](epc) URN; it is kept as digits. An individual asset's identifier may begin with the
//! digits of its own application identifier, and is taken as it stands unless the scanner says what it read.

pub mod epc;
pub mod idpat;
pub mod link;

use std::fmt;

use crate::{field::Field, gs1::link::Link, message, message::Message};

/// The check digit of `digits`, which stand without it: weights 3 and 1 in turn from the right, up to the next ten (General
/// Specifications, 7.9). `None` if there is anything but digits.
pub fn check_digit(digits: &str) -> Option<char> {
    let weighted = |(n, digit): (usize, u8)| {
        digit.is_ascii_digit().then(|| u32::from(digit - b'0') * if n.is_multiple_of(2) { 3 } else { 1 })
    };
    let sum = digits.bytes().rev().enumerate().map(weighted).sum::<Option<u32>>()?;
    char::from_digit((10 - sum % 10) % 10, 10)
}

/// Whether the last of the digits is their check digit.
pub fn checks(digits: &str) -> bool {
    let Some(last) = digits.chars().last() else { return false };
    check_digit(&digits[..digits.len() - last.len_utf8()]) == Some(last)
}

/// Letters, digits and marks of serial numbers: the 82 characters of the General Specifications, figure 7.11-1.
pub fn is_serial_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!\"%&'()*+,-./:;<=>?_".contains(c)
}

/// What scanners put before the text of a GS1 code: GS1-128, GS1 DataBar, GS1 DataMatrix and GS1 QR Code. Source: General Specifications,
/// 5.1.2 (symbology identifiers).
const SCANNED: [&str; 4] = ["]C1", "]e0", "]d2", "]Q3"];

/// The value that `text` gives to the application identifier `ai`: bare, as an element string, as a Digital Link or as an EPC URN.
fn value(text: &str, ai: &str) -> Option<String> {
    let text = text.trim();
    if text.contains(':') {
        let link = Link::of(text)?;
        return (link.key() == ai).then(|| link.value().to_owned());
    }
    if let Some(scanned) = SCANNED.iter().find_map(|symbology| text.strip_prefix(symbology)) {
        return scanned.strip_prefix(ai).map(str::to_owned);
    }
    Some(text.strip_prefix('(').and_then(|rest| rest.strip_prefix(ai)?.strip_prefix(')')).unwrap_or(text).to_owned())
}

/// The same, where the value has one of these numbers of digits.
fn digits(text: &str, ai: &str, lengths: &[usize]) -> Option<String> {
    let value = value(text, ai)?;
    let bare = value.strip_prefix(ai).filter(|rest| !lengths.contains(&value.len()) && lengths.contains(&rest.len()));
    let digits = bare.unwrap_or(&value);
    (lengths.contains(&digits.len()) && checks(digits)).then(|| digits.to_owned())
}

macro_rules! keys {
    ($($(#[$meta:meta])* $name:ident, $ai:literal, $expected:expr, $read:expr;)+) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Its application identifier.
            pub const AI: &'static str = $ai;

            /// As plain characters, without application identifier.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// As a GS1 Digital Link URI.
            pub fn link(&self) -> Link {
                Link::from_key($ai, &self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Field for $name {
            fn expected() -> Message {
                $expected
            }

            fn parse(text: &str) -> Result<Self, Message> {
                let read: fn(&str) -> Option<String> = $read;
                read(text).map(Self).ok_or_else(Self::expected)
            }

            fn text(&self) -> String {
                self.0.clone()
            }
        }
    )+ };
}

keys! {
    /// Serial shipping container code: names a handling unit, 18 digits.
    Sscc, "00", message!("an-sscc"), |text| digits(text, "00", &[18]);
    /// Global trade item number: names a kind of goods. Of 8, 12, 13 or 14 digits, kept as 14.
    Gtin, "01", message!("a-gtin"), |text| digits(text, "01", &[8, 12, 13, 14]).map(|digits| format!("{digits:0>14}"));
    /// Global location number of a place, 13 digits.
    Gln, "414", message!("a-gln"), |text| digits(text, "414", &[13]).or_else(|| digits(text, "417", &[13]));
    /// Global returnable asset identifier: `0`, 13 digits, and up to 16 characters that name one asset.
    Grai, "8003", message!("a-grai"), |text| {
        let value = asset(text, "8003")?;
        // It begins with 0: what begins otherwise begins with its application identifier.
        let value = value.strip_prefix("8003").map_or_else(|| value.clone(), str::to_owned);
        let (number, serial) = value.split_at_checked(14)?;
        (number.starts_with('0') && checks(number) && serial.len() <= 16).then_some(value)
    };
    /// Global individual asset identifier: a company's prefix and its own reference, up to 30 characters.
    Giai, "8004", message!("a-giai"), |text| {
        let value = asset(text, "8004")?;
        let prefixed = value.bytes().take(6).filter(u8::is_ascii_digit).count() == 6;
        (prefixed && value.len() <= 30).then_some(value)
    };
}

/// The value of an asset's key, whose characters are not only digits.
fn asset(text: &str, ai: &str) -> Option<String> {
    value(text, ai).filter(|value| value.chars().all(is_serial_character))
}

impl Sscc {
    /// The code that a company gives to its handling unit number `serial`. `extension` is a digit of its choice.
    ///
    /// # Errors
    /// What would be right, if the prefix has not 4 to 12 digits or the number does not fit beside it.
    pub fn next(extension: u8, company_prefix: &str, serial: u64) -> Result<Self, Message> {
        let plain = (4..=12).contains(&company_prefix.len()) && company_prefix.bytes().all(|b| b.is_ascii_digit());
        if !plain || extension > 9 {
            return Err(message!("a-company-prefix"));
        }
        let room = 16 - company_prefix.len();
        let body = format!("{extension}{company_prefix}{serial:0>room$}");
        match check_digit(&body) {
            Some(check) if body.len() == 17 => Ok(Self(format!("{body}{check}"))),
            _ => Err(message!("at-most-digits", most = room)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_form_of_a_key_is_the_same_key() {
        let forms = [
            "340123453111111115",
            "(00)340123453111111115",
            "00340123453111111115",
            "https://id.gs1.org/00/340123453111111115",
            "https://example.org/warehouse/00/340123453111111115?lang=en",
            "urn:epc:id:sscc:4012345.3311111111",
        ];
        for form in forms {
            let digits = if form.starts_with("urn") { "340123453111111115" } else { forms[0] };
            assert_eq!(Sscc::parse(form).map(|key| key.0.len()), Ok(digits.len()), "{form}");
        }
        for form in &forms[..5] {
            assert_eq!(Sscc::parse(form).unwrap().as_str(), forms[0]);
        }
        assert_eq!(Sscc::parse(forms[0]).unwrap().link().to_string(), forms[3]);
        for wrong in
            ["", "34012345311111111", "340123453111111116", "(01)340123453111111115", "https://id.gs1.org/01/1"]
        {
            assert!(Sscc::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn trade_items_of_every_length_are_padded() {
        for text in ["96385074", "012345678905", "4006381333931", "04006381333931", "(01)04006381333931"] {
            let gtin = Gtin::parse(text).unwrap();
            assert_eq!(gtin.as_str().len(), 14, "{text}");
            assert_eq!(Gtin::parse(&gtin.link().to_string()), Ok(gtin));
        }
        assert_eq!(Gtin::parse("https://id.gs1.org/01/04012345123456/10/L1").unwrap().as_str(), "04012345123456");
    }

    #[test]
    fn places_and_assets() {
        assert_eq!(Gln::parse("urn:epc:id:sgln:4012345.00005.0").unwrap().as_str(), "4012345000054");
        assert_eq!(Gln::parse("urn:epc:id:pgln:4012345.00225").unwrap().as_str(), "4012345002256");
        assert_eq!(Grai::parse("urn:epc:id:grai:4012345.00007.718765").unwrap().as_str(), "04012345000078718765");
        assert_eq!(Giai::parse("urn:epc:id:giai:4000001.111").unwrap().as_str(), "4000001111");
        for scanned in ["800304012345000078718765", "(8003)04012345000078718765", "]C1800304012345000078718765"] {
            assert_eq!(Grai::parse(scanned).unwrap().as_str(), "04012345000078718765", "{scanned}");
        }
        assert_eq!(Giai::parse("]C180044000001111").unwrap().as_str(), "4000001111");
        assert_eq!(Giai::parse("8004000001111").unwrap().as_str(), "8004000001111", "an Italian company's own prefix");
        assert!(Giai::parse("]C1800304012345000078718765").is_err());
        assert_eq!(Sscc::parse("]C100340123453111111115").unwrap().as_str(), "340123453111111115");
        assert!(Giai::parse("ABC").is_err());
        assert!(Grai::parse("04012345000079718765").is_err());
    }

    #[test]
    fn a_company_numbers_its_handling_units() {
        let first = Sscc::next(3, "4012345", 1).unwrap();
        assert_eq!(first.as_str(), "340123450000000017");
        assert!(Sscc::next(3, "4012345", 999_999_999).is_ok());
        assert!(Sscc::next(3, "4012345", 1_000_000_000).is_err());
        assert!(Sscc::next(10, "4012345", 1).is_err());
        assert!(Sscc::next(3, "4O12345", 1).is_err());
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_always_found(body in "[0-9]{17}", at in 0_usize..18, by in 1_u8..10) {
            let right = format!("{body}{}", check_digit(&body).unwrap());
            let mut wrong = right.clone().into_bytes();
            wrong[at] = b'0' + (wrong[at] - b'0' + by) % 10;
            prop_assert!(Sscc::parse(&right).is_ok());
            prop_assert!(!checks(std::str::from_utf8(&wrong).unwrap()));
        }

        #[test]
        fn two_digits_changed_round_are_found_unless_they_differ_by_5(body in "[0-9]{17}", at in 0_usize..17) {
            let right = format!("{body}{}", check_digit(&body).unwrap()).into_bytes();
            let mut wrong = right.clone();
            wrong.swap(at, at + 1);
            let apart = right[at].abs_diff(right[at + 1]);
            prop_assert_eq!(checks(std::str::from_utf8(&wrong).unwrap()), apart == 0 || apart == 5);
        }

        #[test]
        fn anything_is_read_or_refused(text in ".{0,60}") {
            for read in [Sscc::parse(&text).is_ok(), Gtin::parse(&text).is_ok(), Gln::parse(&text).is_ok()] {
                prop_assert!(!read || text.bytes().filter(u8::is_ascii_digit).count() >= 8);
            }
        }
    }
}

//! How one value of a record is written as text and kept in a database column.

use iso_currency::Currency as IsoCurrency;
use jiff::civil::Date;

use crate::{message, message::Message};

/// A value as both database engines hold it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scalar {
    /// Nothing: not known, or not applicable.
    Null,
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(String),
}

/// A code that a value names, and the sheet in which it must stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference<'a> {
    /// Sheet of the record referred to.
    pub sheet: &'static str,
    /// Its code.
    pub code: &'a str,
}

/// A type that can stand in a record's column. `parse(text())` gives the same value back.
pub trait Field: Sized {
    /// Whether an empty cell is a fault.
    const REQUIRED: bool = true;
    /// Whether the database keeps it as a whole number rather than as text.
    const INTEGER: bool = false;
    /// Whether it may be a number with decimal places, which some files write with a comma.
    const DECIMAL: bool = false;

    /// Whether it is a list, written with `|` between its entries.
    const LIST: bool = false;

    /// What a right value looks like, to stand after "must be".
    fn expected() -> Message;

    /// The words of which it is one, or each of its entries, if only some will do.
    fn words() -> &'static [&'static str] {
        &[]
    }

    /// Reads a cell that is not empty.
    ///
    /// # Errors
    /// What would be right, to stand after "must be".
    fn parse(text: &str) -> Result<Self, Message>;

    /// The value of an empty cell, where that is allowed.
    fn empty() -> Option<Self> {
        None
    }

    /// The value as it is written in a cell.
    fn text(&self) -> String;

    /// The value as the database keeps it.
    fn scalar(&self) -> Scalar {
        Scalar::Text(self.text())
    }

    /// Reads what the database kept.
    ///
    /// # Errors
    /// What would be right, if the column holds something else.
    fn from_scalar(scalar: &Scalar) -> Result<Self, Message> {
        match scalar {
            Scalar::Null => Self::empty().ok_or_else(Self::expected),
            Scalar::Text(text) if text.is_empty() => Self::empty().ok_or_else(Self::expected),
            Scalar::Text(text) => Self::parse(text),
            Scalar::Integer(_) => Err(Self::expected()),
        }
    }

    /// The records it names.
    fn references(&self) -> Vec<Reference<'_>> {
        Vec::new()
    }

    /// The sheet whose codes it holds, if it holds codes.
    fn refers_to() -> Option<&'static str> {
        None
    }
}

/// Longest text in a cell, in characters.
pub const LONGEST_TEXT: usize = 4_000;
/// Most entries in a list.
pub const LONGEST_LIST: usize = 200;

fn short_enough(text: &str) -> Result<String, Message> {
    if text.chars().count() > LONGEST_TEXT {
        return Err(message!("at-most-characters", most = LONGEST_TEXT));
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(message!("text-without-control"));
    }
    Ok(text.to_owned())
}

/// Text that may be empty.
impl Field for String {
    const REQUIRED: bool = false;

    fn expected() -> Message {
        message!("a-text", most = LONGEST_TEXT)
    }

    fn parse(text: &str) -> Result<Self, Message> {
        short_enough(text)
    }

    fn empty() -> Option<Self> {
        Some(String::new())
    }

    fn text(&self) -> String {
        self.clone()
    }
}

/// Text that may not be empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(String);

impl Text {
    /// Reads a text that is not empty.
    ///
    /// # Errors
    /// What would be right.
    pub fn new(text: &str) -> Result<Self, Message> {
        if text.trim().is_empty() {
            return Err(Self::expected());
        }
        short_enough(text).map(Self)
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Field for Text {
    fn expected() -> Message {
        message!("some-text", most = LONGEST_TEXT)
    }

    fn parse(text: &str) -> Result<Self, Message> {
        Self::new(text)
    }

    fn text(&self) -> String {
        self.0.clone()
    }
}

impl Field for bool {
    fn expected() -> Message {
        message!("yes-or-no")
    }

    fn words() -> &'static [&'static str] {
        &["yes", "no"]
    }

    fn parse(text: &str) -> Result<Self, Message> {
        match text.to_ascii_lowercase().as_str() {
            "yes" => Ok(true),
            "no" => Ok(false),
            _ => Err(Self::expected()),
        }
    }

    fn text(&self) -> String {
        if *self { "yes" } else { "no" }.into()
    }
}

/// A whole number, zero or more.
impl Field for u32 {
    const INTEGER: bool = true;

    fn expected() -> Message {
        message!("a-whole-number", least = 0, most = Self::MAX)
    }

    fn parse(text: &str) -> Result<Self, Message> {
        text.parse().map_err(|_| Self::expected())
    }

    fn text(&self) -> String {
        self.to_string()
    }

    fn scalar(&self) -> Scalar {
        Scalar::Integer(i64::from(*self))
    }

    fn from_scalar(scalar: &Scalar) -> Result<Self, Message> {
        match scalar {
            Scalar::Integer(n) => u32::try_from(*n).map_err(|_| Self::expected()),
            _ => Err(Self::expected()),
        }
    }
}

impl Field for Date {
    fn expected() -> Message {
        message!("a-date")
    }

    fn parse(text: &str) -> Result<Self, Message> {
        let plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        if plain { text.parse().map_err(|_| Self::expected()) } else { Err(Self::expected()) }
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

/// A country by its ISO 3166 alpha-3 code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Country(String);

impl Country {
    /// The alpha-3 code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The country's English short name.
    pub fn name(&self) -> &'static str {
        rust_iso3166::from_alpha3(&self.0).map_or("", |c| c.name)
    }
}

impl Field for Country {
    fn expected() -> Message {
        message!("a-country")
    }

    fn parse(text: &str) -> Result<Self, Message> {
        match rust_iso3166::from_alpha3(text) {
            Some(_) => Ok(Self(text.to_owned())),
            None => Err(Self::expected()),
        }
    }

    fn text(&self) -> String {
        self.0.clone()
    }
}

/// A currency by its ISO 4217 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Currency(IsoCurrency);

impl Currency {
    /// The alphabetic code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Number of decimal places of its minor unit: 2 for EUR, 0 for JPY.
    pub fn places(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }
}

impl Field for Currency {
    fn expected() -> Message {
        message!("a-currency")
    }

    fn parse(text: &str) -> Result<Self, Message> {
        IsoCurrency::from_code(text).map(Self).ok_or_else(Self::expected)
    }

    fn text(&self) -> String {
        self.code().into()
    }
}

/// An empty cell is `None`.
impl<F: Field> Field for Option<F> {
    const REQUIRED: bool = false;
    const INTEGER: bool = F::INTEGER;
    const DECIMAL: bool = F::DECIMAL;
    const LIST: bool = F::LIST;

    fn expected() -> Message {
        F::expected()
    }

    fn words() -> &'static [&'static str] {
        F::words()
    }

    fn parse(text: &str) -> Result<Self, Message> {
        F::parse(text).map(Some)
    }

    fn empty() -> Option<Self> {
        Some(None)
    }

    fn text(&self) -> String {
        self.as_ref().map_or_else(String::new, F::text)
    }

    fn scalar(&self) -> Scalar {
        self.as_ref().map_or(Scalar::Null, F::scalar)
    }

    fn from_scalar(scalar: &Scalar) -> Result<Self, Message> {
        if *scalar == Scalar::Null { Ok(None) } else { F::from_scalar(scalar).map(Some) }
    }

    fn references(&self) -> Vec<Reference<'_>> {
        self.as_ref().map_or_else(Vec::new, F::references)
    }

    fn refers_to() -> Option<&'static str> {
        F::refers_to()
    }
}

/// A list, written with `|` between its entries; empty is a list of none.
impl<F: Field> Field for Vec<F> {
    const REQUIRED: bool = false;
    const LIST: bool = true;

    fn expected() -> Message {
        message!("a-list", each = F::expected())
    }

    fn words() -> &'static [&'static str] {
        F::words()
    }

    fn parse(text: &str) -> Result<Self, Message> {
        let list = text.split('|').map(|part| F::parse(part.trim())).collect::<Result<Self, _>>();
        match list {
            Ok(list) if list.len() > LONGEST_LIST => Err(message!("a-list-of-at-most", most = LONGEST_LIST)),
            Ok(list) => Ok(list),
            Err(_) => Err(Self::expected()),
        }
    }

    fn empty() -> Option<Self> {
        Some(Vec::new())
    }

    fn text(&self) -> String {
        self.iter().map(F::text).collect::<Vec<_>>().join("|")
    }

    fn references(&self) -> Vec<Reference<'_>> {
        self.iter().flat_map(F::references).collect()
    }

    fn refers_to() -> Option<&'static str> {
        F::refers_to()
    }
}

/// Defines a closed set of words: an enum whose values are written as one fixed text each.
#[macro_export]
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vmeta])* $variant,)+ }

        impl $name {
            /// Every value, in its usual order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word as it is written.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::field::Field for $name {
            fn expected() -> $crate::message::Message {
                $crate::message!("one-of", words = <Self as $crate::field::Field>::words().join(", "))
            }

            fn words() -> &'static [&'static str] {
                &[$($text),+]
            }

            fn parse(text: &str) -> Result<Self, $crate::message::Message> {
                match text { $($text => Ok(Self::$variant),)+ _ => Err(Self::expected()) }
            }

            fn text(&self) -> String {
                self.as_str().to_owned()
            }
        }
    };
}

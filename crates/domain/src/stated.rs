//! Values that a donor may have stated as words only: what is unknown keeps its text and is never zero.

use crate::{field::Field, message, message::Message};

/// A value, or the words that stand where it should be ("undisclosed", "several dozen").
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stated<F> {
    /// A known value.
    Known(F),
    /// Not known; what was said instead.
    Unknown(String),
}

impl<F> Stated<F> {
    /// The value, if it is known.
    pub fn known(&self) -> Option<&F> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }
}

impl<F: Field> Field for Stated<F> {
    const DECIMAL: bool = F::DECIMAL;

    fn expected() -> Message {
        message!("stated", right = F::expected())
    }

    /// A cell that begins with a letter is words; anything else must be a right value, so that a slip of the pen in a number is
    /// a fault and does not become an unknown.
    fn parse(text: &str) -> Result<Self, Message> {
        match F::parse(text) {
            Ok(value) => Ok(Self::Known(value)),
            Err(_) if text.starts_with(char::is_alphabetic) => String::parse(text).map(Self::Unknown),
            Err(_) => Err(Self::expected()),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Known(value) => value.text(),
            Self::Unknown(text) => text.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixed::Fixed;

    #[test]
    fn unknown_is_words_and_not_a_slip() {
        assert_eq!(Stated::parse("12"), Ok(Stated::Known(Fixed::<0>(12))));
        assert_eq!(Stated::<Fixed<0>>::parse("several dozen"), Ok(Stated::Unknown("several dozen".into())));
        assert!(Stated::<Fixed<0>>::parse("1o0").is_err());
    }
}

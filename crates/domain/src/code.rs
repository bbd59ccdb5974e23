//! Codes: the short names by which people and files call a record.

use std::{fmt, marker::PhantomData};

use crate::{
    field::{Field, Reference, Scalar},
    message,
    message::Message,
    record::Record,
};

/// A record's code: 1 to 64 letters, digits and `. _ / -`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(String);

impl Code {
    /// Longest code, in characters.
    pub const LONGEST: usize = 64;

    /// Reads a code.
    ///
    /// # Errors
    /// What a code must look like, if `text` is not one.
    pub fn new(text: &str) -> Result<Self, Message> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '-');
        if text.is_empty() || text.len() > Self::LONGEST || !text.chars().all(allowed) {
            return Err(Self::expected());
        }
        Ok(Self(text.to_owned()))
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Field for Code {
    fn expected() -> Message {
        message!("a-code", most = Self::LONGEST)
    }

    fn parse(text: &str) -> Result<Self, Message> {
        Self::new(text)
    }

    fn text(&self) -> String {
        self.0.clone()
    }
}

/// The code of a record of one kind: `Ref<Party>` names a party.
pub struct Ref<R> {
    code: Code,
    kind: PhantomData<fn() -> R>,
}

impl<R> Ref<R> {
    /// A reference to the record called `code`.
    pub fn new(code: Code) -> Self {
        Self { code, kind: PhantomData }
    }

    /// The code referred to.
    pub fn code(&self) -> &Code {
        &self.code
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        self.code.as_str()
    }
}

impl<R> Clone for Ref<R> {
    fn clone(&self) -> Self {
        Self::new(self.code.clone())
    }
}

impl<R> fmt::Debug for Ref<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ref({})", self.code)
    }
}

impl<R> fmt::Display for Ref<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code.fmt(f)
    }
}

impl<R> PartialEq for Ref<R> {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

impl<R> Eq for Ref<R> {}

impl<R: Record> Field for Ref<R> {
    fn expected() -> Message {
        message!("a-code-from", sheet = R::SHEET)
    }

    fn parse(text: &str) -> Result<Self, Message> {
        Code::new(text).map(Self::new)
    }

    fn text(&self) -> String {
        self.code.0.clone()
    }

    fn scalar(&self) -> Scalar {
        Scalar::Text(self.text())
    }

    fn references(&self) -> Vec<Reference<'_>> {
        vec![Reference { sheet: R::SHEET, code: self.as_str() }]
    }

    fn refers_to() -> Option<&'static str> {
        Some(R::SHEET)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_short_and_plain() {
        assert!(Code::new("K-014/b.2_x").is_ok());
        for wrong in ["", " A", "A B", "Ä", "a|b", &"x".repeat(65)] {
            assert!(Code::new(wrong).is_err(), "{wrong:?}");
        }
    }
}

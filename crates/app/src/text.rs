//! Texts that people write: faults, remarks, findings.

use muster_domain::message;

use crate::Error;

/// Longest text, in characters.
pub const LONGEST: usize = 2_000;

/// A text that somebody wrote: without control characters but line ends, without blanks around it.
pub(crate) fn some_text(name: &'static str, text: &str) -> Result<String, Error> {
    text_of(name, text, LONGEST)
}

/// The same of at most so many characters.
pub(crate) fn text_of(name: &'static str, text: &str, most: usize) -> Result<String, Error> {
    let text = text.replace("\r\n", "\n").replace(|c: char| c.is_control() && c != '\n', " ");
    let text = text.trim();
    match text.is_empty() || text.chars().count() > most {
        true => Err(Error::Invalid(message!("field-must-be", name, right = message!("some-text", most)))),
        false => Ok(text.to_owned()),
    }
}

/// The same, where nothing need be written.
pub(crate) fn any_text(name: &'static str, text: &str) -> Result<String, Error> {
    if text.trim().is_empty() { Ok(String::new()) } else { some_text(name, text) }
}

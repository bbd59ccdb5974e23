//! What was typed into a form: names and texts, as they came. Pages read it, and show it again where something was wrong with it.

use muster_app::Error;
use muster_domain::message;
use serde::Deserialize;

use crate::text::say;

/// The fields of a form, in the order in which they stood.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Given(Vec<(String, String)>);

impl Given {
    /// All values of a field.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.trim())
    }

    /// The first value of a field; none if the form had no such field.
    pub(crate) fn typed(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.trim())
    }

    /// The first value of a field, or nothing.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.typed(name).unwrap_or("")
    }

    /// Whether a box of that name and value was ticked, or the value chosen.
    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.all(name).any(|given| given == value)
    }

    /// Why, or that nothing else was said.
    pub(crate) fn reason(&self) -> String {
        let reason = self.text("reason");
        if reason.is_empty() { say("as-planned").into_owned() } else { reason.to_owned() }
    }

    /// A whole number from nothing on; none if the field was left empty.
    pub(crate) fn number(&self, name: &str) -> Result<Option<i64>, Error> {
        let text = self.text(name);
        if text.is_empty() {
            return Ok(None);
        }
        let right = || message!("a-whole-number", least = 0, most = i64::MAX);
        let wrong = || Error::Invalid(message!("field-must-be", name, right = right()));
        text.parse().ok().filter(|n| *n >= 0).map(Some).ok_or_else(wrong)
    }

    /// Fields called by a word and a line: the line and the value.
    pub(crate) fn by_line<'a>(&'a self, word: &'a str) -> impl Iterator<Item = (i64, &'a str)> {
        self.0.iter().filter_map(move |(name, value)| {
            let line = name.strip_prefix(word)?.strip_prefix(' ')?.parse().ok()?;
            Some((line, value.trim()))
        })
    }
}

//! What is wrong at a place of a tree: a JSON pointer, the value, and the message.

use muster_domain::message::Message;

/// One thing wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where, as a JSON pointer from the document or event.
    pub pointer: String,
    /// What stands there.
    pub value: String,
    /// What is wrong and what would be right.
    pub message: Message,
}

/// Most things wrong that one reading tells.
const MOST: usize = crate::issue::MOST_ISSUES;

/// Collects what is wrong.
#[derive(Debug, Default)]
pub(super) struct Finds(pub(super) Vec<Found>);

impl Finds {
    pub(super) fn add(&mut self, pointer: impl Into<String>, value: impl Into<String>, message: Message) {
        if self.0.len() < MOST {
            self.0.push(Found { pointer: pointer.into(), value: value.into(), message });
        }
    }
}

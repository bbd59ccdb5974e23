//! What is wrong at a place of a tree: a JSON pointer, the value, and the message.

use muster_domain::{message, message::Message};

use crate::issue::MOST_ISSUES;

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

/// Collects what is wrong: up to [`MOST_ISSUES`] as it is, and of the rest how much it is.
#[derive(Debug, Default)]
pub(super) struct Finds {
    found: Vec<Found>,
    more: usize,
}

impl Finds {
    pub(super) fn add(&mut self, pointer: impl Into<String>, value: impl Into<String>, message: Message) {
        if self.found.len() < MOST_ISSUES {
            self.found.push(Found { pointer: pointer.into(), value: value.into(), message });
        } else {
            self.more += 1;
        }
    }

    /// Adds what is wrong with something that stands at `at`.
    pub(super) fn within(&mut self, at: &str, finds: Self) {
        finds
            .found
            .into_iter()
            .for_each(|found| self.add(format!("{at}{}", found.pointer), found.value, found.message));
        self.more += finds.more;
    }

    /// How much is wrong, kept or not.
    pub(super) fn count(&self) -> usize {
        self.found.len() + self.more
    }

    /// What is kept, and how much more there was.
    pub(super) fn kept(self) -> (Vec<Found>, usize) {
        (self.found, self.more)
    }

    /// All of it, ending with how much is not kept.
    pub(super) fn into_vec(mut self) -> Vec<Found> {
        if self.more > 0 {
            let message = message!("more-problems", count = self.more);
            self.found.push(Found { pointer: String::new(), value: String::new(), message });
        }
        self.found
    }
}

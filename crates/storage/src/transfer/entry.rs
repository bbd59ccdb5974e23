//! Which entry a record names.

use muster_domain::ledger::{books::Outcome, entry::EntryNumber, refusal::Refusal};

use crate::Error;

/// An entry: one that is there, or the one that a command of the same request will make, by its place in the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryRef {
    /// An entry that is there.
    Known(EntryNumber),
    /// The outcome of a command, counted from 0.
    Command(usize),
}

impl EntryRef {
    /// Its number, once the commands of its request have these outcomes.
    pub(crate) fn number(self, outcomes: &[Result<Outcome, Refusal>]) -> Result<EntryNumber, Error> {
        match self {
            Self::Known(number) => Ok(number),
            Self::Command(index) => match outcomes.get(index) {
                Some(Ok(outcome)) => Ok(outcome.number()),
                _ => Err(Error::Corrupt("something names an entry that was not written".into())),
            },
        }
    }
}

//! Why the journal refuses a command, and what can be said of a command without knowing the books.

use std::fmt;

use jiff::Timestamp;

use super::entry::{Act, Command, EntryNumber};
use crate::{message, message::Message};

/// Most postings in one entry.
pub const MOST_POSTINGS: usize = 1_000;
/// Largest quantity of one posting.
pub const MOST_QUANTITY: i64 = 1_000_000_000_000_000;
/// Longest idempotency key, lot, serial number, in characters.
pub const LONGEST_NAME: usize = 200;
/// Longest actor or reason, in characters.
pub const LONGEST_REASON: usize = 2_000;

/// Why a command was refused. Nothing of it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The idempotency key belongs to an entry that says something else.
    KeyReused {
        /// The key.
        key: String,
        /// The entry it belongs to.
        number: EntryNumber,
    },
    /// A real account would hold less than nothing.
    NotEnough {
        /// The account.
        account: String,
        /// What it holds.
        held: i64,
        /// What is missing.
        asked: i64,
    },
    /// More would be promised from an account than it holds and is promised.
    Overcommitted {
        /// The account.
        account: String,
        /// What it holds and is promised, less what is promised from it.
        held: i64,
        /// What is missing.
        asked: i64,
    },
    /// Units with a lot or serial number are there, but not those that were named, or unnamed ones are wanted and all are named.
    NotThere {
        /// The account.
        account: String,
        /// The lot.
        lot: String,
        /// The serial number.
        serial: String,
        /// How many were asked for.
        quantity: i64,
    },
    /// A serial number would be in two places.
    SerialElsewhere {
        /// The resource.
        resource: String,
        /// The serial number.
        serial: String,
        /// Where it is.
        account: String,
    },
    /// No entry has that number.
    NoSuchEntry(EntryNumber),
    /// The entry is not pending.
    NotPending(EntryNumber),
    /// Less is open than was asked for.
    NotOpen {
        /// The pending entry.
        number: EntryNumber,
        /// The line.
        line: u32,
        /// What is open.
        open: i64,
        /// What was asked for.
        asked: i64,
    },
    /// Only what happened can be corrected, and only once: what is pending is voided, and after a correction what is right is recorded
    /// anew.
    NotCorrectable(EntryNumber),
    /// It was corrected before.
    AlreadyCorrected(EntryNumber),
    /// What happened cannot lie in the future.
    InFuture(Timestamp),
    /// The command itself is malformed.
    Malformed(Message),
}

impl Refusal {
    /// Why, for the person who asked.
    pub fn message(&self) -> Message {
        match self {
            Self::KeyReused { key, number } => message!("ledger-key-reused", key, entry = *number),
            Self::NotEnough { account, held, asked } => {
                message!("ledger-not-enough", account, held = *held, asked = *asked)
            }
            Self::Overcommitted { account, held, asked } => {
                message!("ledger-overcommitted", account, held = *held, asked = *asked)
            }
            Self::NotThere { account, lot, serial, quantity } => {
                message!("ledger-not-there", account, lot, serial, quantity = *quantity)
            }
            Self::SerialElsewhere { resource, serial, account } => {
                message!("ledger-serial-elsewhere", resource, serial, account)
            }
            Self::NoSuchEntry(entry) => message!("ledger-no-such-entry", entry = *entry),
            Self::NotPending(entry) => message!("ledger-not-pending", entry = *entry),
            Self::NotOpen { number, line, open, asked } => {
                message!("ledger-not-open", entry = *number, line = *line, open = *open, asked = *asked)
            }
            Self::NotCorrectable(entry) => message!("ledger-not-correctable", entry = *entry),
            Self::AlreadyCorrected(entry) => message!("ledger-already-corrected", entry = *entry),
            Self::InFuture(at) => message!("ledger-in-future", at = at.to_string()),
            Self::Malformed(message) => message.clone(),
        }
    }
}

/// For logs.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message().fmt(f)
    }
}

impl std::error::Error for Refusal {}

/// What can be said of a command without knowing the books.
pub(super) fn well_formed(command: &Command) -> Result<(), Refusal> {
    let wrong = |message| Err(Refusal::Malformed(message));
    let note = &command.note;
    if note.key.is_empty() || note.key.chars().count() > LONGEST_NAME {
        return wrong(message!("ledger-key-length", most = LONGEST_NAME));
    }
    let said = |text: &str| !text.trim().is_empty() && text.chars().count() <= LONGEST_REASON;
    if !said(&note.actor) {
        return wrong(message!("ledger-actor-length", most = LONGEST_REASON));
    }
    if !said(&note.reason) {
        return wrong(message!("ledger-reason-length", most = LONGEST_REASON));
    }
    if [&note.key, &note.actor, &note.reason].iter().any(|text| text.contains('\0')) {
        return wrong(message!("ledger-zero-byte"));
    }
    let (postings, needed) = match &command.act {
        Act::Post { postings, .. } | Act::Pend { postings, .. } => (postings.as_slice(), true),
        Act::Correct { replacement, .. } => (replacement.as_slice(), false),
        Act::Settle { takes, .. } | Act::Void { takes, .. } => {
            takes.iter().try_for_each(|t| moved(t.quantity, &t.lot, &t.serial))?;
            return if takes.len() > MOST_POSTINGS {
                wrong(message!("ledger-at-most-postings", most = MOST_POSTINGS))
            } else {
                Ok(())
            };
        }
        Act::Note { about, .. } => {
            let fits = about.chars().count() <= LONGEST_REASON && !about.contains('\0');
            return if fits { Ok(()) } else { wrong(message!("ledger-note-length", most = LONGEST_REASON)) };
        }
    };
    if (needed && postings.is_empty()) || postings.len() > MOST_POSTINGS {
        return wrong(message!("ledger-some-postings", most = MOST_POSTINGS));
    }
    for posting in postings {
        moved(posting.quantity, &posting.lot, &posting.serial)?;
        if posting.from.resource != posting.to.resource {
            let (from, to) = (&posting.from.resource, &posting.to.resource);
            return wrong(message!("ledger-one-resource", from, to));
        }
        if posting.from == posting.to {
            return wrong(message!("ledger-two-accounts"));
        }
    }
    Ok(())
}

fn moved(quantity: i64, lot: &str, serial: &str) -> Result<(), Refusal> {
    if !(1..=MOST_QUANTITY).contains(&quantity) {
        return Err(Refusal::Malformed(message!("ledger-quantity", most = MOST_QUANTITY, quantity)));
    }
    if !serial.is_empty() && quantity != 1 {
        return Err(Refusal::Malformed(message!("ledger-serial-one", serial, quantity)));
    }
    let name = |text: &str| text.chars().count() <= LONGEST_NAME && !text.contains('\0');
    if name(lot) && name(serial) {
        Ok(())
    } else {
        Err(Refusal::Malformed(message!("ledger-name-length", most = LONGEST_NAME)))
    }
}

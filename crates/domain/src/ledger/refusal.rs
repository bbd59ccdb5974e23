//! Why the journal refuses a command, and what can be said of a command without knowing the books.

use jiff::Timestamp;
use thiserror::Error;

use super::entry::{Act, Command, EntryNumber};

/// Most postings in one entry.
pub const MOST_POSTINGS: usize = 1_000;
/// Largest quantity of one posting.
pub const MOST_QUANTITY: i64 = 1_000_000_000_000_000;
/// Longest idempotency key, lot, serial number, in characters.
pub const LONGEST_NAME: usize = 200;
/// Longest actor or reason, in characters.
pub const LONGEST_REASON: usize = 2_000;

/// Why a command was refused. Nothing of it was written.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The idempotency key belongs to an entry that says something else.
    #[error("the key `{key}` was used for entry {number}, which says something else")]
    KeyReused {
        /// The key.
        key: String,
        /// The entry it belongs to.
        number: EntryNumber,
    },
    /// A real account would hold less than nothing.
    #[error("`{account}` holds {held}, {asked} more would be needed")]
    NotEnough {
        /// The account.
        account: String,
        /// What it holds.
        held: i64,
        /// What is missing.
        asked: i64,
    },
    /// More would be promised from an account than it holds and is promised.
    #[error("`{account}` will hold {held} by all that is recorded, {asked} more would be needed")]
    Overcommitted {
        /// The account.
        account: String,
        /// What it holds and is promised, less what is promised from it.
        held: i64,
        /// What is missing.
        asked: i64,
    },
    /// Units with a lot or serial number are there, but not those that were named, or unnamed ones are wanted and all are named.
    #[error("`{account}` does not hold {quantity} of lot `{lot}`, serial number `{serial}`")]
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
    #[error("serial number `{serial}` of {resource} is already in `{account}`")]
    SerialElsewhere {
        /// The resource.
        resource: String,
        /// The serial number.
        serial: String,
        /// Where it is.
        account: String,
    },
    /// No entry has that number.
    #[error("there is no entry {0}")]
    NoSuchEntry(EntryNumber),
    /// The entry is not pending.
    #[error("entry {0} is not pending")]
    NotPending(EntryNumber),
    /// Less is open than was asked for.
    #[error("line {line} of entry {number} has {open} open, not {asked}")]
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
    #[error(
        "entry {0} cannot be corrected: what is pending is voided, and what a correction got wrong is recorded anew"
    )]
    NotCorrectable(EntryNumber),
    /// It was corrected before.
    #[error("entry {0} is already corrected")]
    AlreadyCorrected(EntryNumber),
    /// What happened cannot lie in the future.
    #[error("it cannot have happened at {0}, which is in the future")]
    InFuture(Timestamp),
    /// The command itself is malformed.
    #[error("{0}")]
    Malformed(String),
}

/// What can be said of a command without knowing the books.
pub(super) fn well_formed(command: &Command) -> Result<(), Refusal> {
    let wrong = |message: String| Err(Refusal::Malformed(message));
    let note = &command.note;
    if note.key.is_empty() || note.key.chars().count() > LONGEST_NAME {
        return wrong(format!("the idempotency key must have 1 to {LONGEST_NAME} characters"));
    }
    for (name, text) in [("actor", &note.actor), ("reason", &note.reason)] {
        if text.trim().is_empty() || text.chars().count() > LONGEST_REASON {
            return wrong(format!("the {name} must have 1 to {LONGEST_REASON} characters"));
        }
    }
    if [&note.key, &note.actor, &note.reason].iter().any(|text| text.contains('\0')) {
        return wrong("text must not hold a zero byte".into());
    }
    let (postings, needed) = match &command.act {
        Act::Post { postings, .. } | Act::Pend { postings, .. } => (postings.as_slice(), true),
        Act::Correct { replacement, .. } => (replacement.as_slice(), false),
        Act::Settle { takes, .. } => {
            takes.iter().try_for_each(|t| moved(t.quantity, &t.lot, &t.serial))?;
            return if takes.len() > MOST_POSTINGS {
                wrong(format!("an entry has at most {MOST_POSTINGS} postings"))
            } else {
                Ok(())
            };
        }
        Act::Void { .. } => return Ok(()),
        Act::Note { about, .. } => {
            let fits = about.chars().count() <= LONGEST_REASON && !about.contains('\0');
            return if fits { Ok(()) } else { wrong(format!("a note says at most {LONGEST_REASON} characters")) };
        }
    };
    if (needed && postings.is_empty()) || postings.len() > MOST_POSTINGS {
        return wrong(format!("an entry has 1 to {MOST_POSTINGS} postings"));
    }
    for posting in postings {
        moved(posting.quantity, &posting.lot, &posting.serial)?;
        if posting.from.resource != posting.to.resource {
            let (from, to) = (&posting.from.resource, &posting.to.resource);
            return wrong(format!(
                "a posting moves one resource, not {from} into {to}: a process has an account for each"
            ));
        }
        if posting.from == posting.to {
            return wrong("a posting moves from one account to another".into());
        }
    }
    Ok(())
}

fn moved(quantity: i64, lot: &str, serial: &str) -> Result<(), Refusal> {
    if !(1..=MOST_QUANTITY).contains(&quantity) {
        return Err(Refusal::Malformed(format!("a quantity must be from 1 to {MOST_QUANTITY}, not {quantity}")));
    }
    if !serial.is_empty() && quantity != 1 {
        return Err(Refusal::Malformed(format!("serial number `{serial}` names one unit, not {quantity}")));
    }
    let name = |text: &str| text.chars().count() <= LONGEST_NAME && !text.contains('\0');
    if name(lot) && name(serial) {
        Ok(())
    } else {
        Err(Refusal::Malformed(format!("a lot or serial number has at most {LONGEST_NAME} characters")))
    }
}

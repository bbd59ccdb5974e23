//! Accounts and commands, briefly.

use jiff::Timestamp;
use muster_domain::ledger::{
    account::{AccountKey, AccountPurpose},
    entry::{Act, Activity, Command, Note, Posting, Subject},
};

use crate::code;

/// An account of `resource` at `place`, held and owned by `party`, without caveats.
pub fn account(purpose: AccountPurpose, party: &str, place: &str, resource: &str) -> AccountKey {
    AccountKey {
        purpose,
        holder: code(party),
        owner: code(party),
        place: Some(code(place)),
        via: None,
        resource: code(resource),
        caveats: Vec::new(),
    }
}

/// A note under an idempotency key.
pub fn note(key: &str, at: Timestamp) -> Note {
    Note { key: key.into(), occurred_at: at, actor: "tester".into(), reason: "a test".into() }
}

/// Something that happened: one posting.
pub fn post(key: &str, at: Timestamp, from: AccountKey, to: AccountKey, quantity: i64) -> Command {
    let postings = vec![Posting::new(from, to, quantity)];
    Command {
        note: note(key, at),
        act: Act::Post { activity: Activity::Depart, subject: Subject::default(), postings },
    }
}

/// Something that is to happen: one posting.
pub fn pend(key: &str, at: Timestamp, from: AccountKey, to: AccountKey, quantity: i64) -> Command {
    let postings = vec![Posting::new(from, to, quantity)];
    Command {
        note: note(key, at),
        act: Act::Pend { activity: Activity::Depart, subject: Subject::default(), postings },
    }
}

//! The ledger: one append-only journal of double entry for everything that can be counted, past and future.
//!
//! - [`account`]: where a quantity is held – by whom, whose, at which place, of which resource, under which caveats.
//! - [`entry`]: what is asked of the journal ([`entry::Command`]) and what it writes ([`entry::Entry`]).
//! - [`books`]: the rules by which a command becomes an entry or is refused.
//! - [`refusal`]: why a command is refused.
//! - [`seal`]: blocks of entries in a signed chain, so that nobody can alter the past unseen.

pub mod account;
pub mod books;
pub mod entry;
pub mod refusal;
pub mod seal;

//! Entries: what is asked of the journal, and what it writes.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::account::{AccountId, AccountKey};
use crate::{code::Code, words};

/// Number of an entry in the journal: 1, 2, 3 … without a gap.
pub type EntryNumber = i64;

/// A SHA-256 hash.
pub type Hash = [u8; 32];

words! {
    /// What happened, in the field's words.
    pub enum Activity {
        /// A donor bound itself: its goods or money come within the mission's reach.
        Commit = "commit",
        /// Goods were made ready at their place: counted, packed, and found fit to go.
        Ready = "ready",
        /// Goods left a place.
        Depart = "depart",
        /// Goods reached a place.
        Arrive = "arrive",
        /// Goods that had come were counted and looked at.
        Inspect = "inspect",
        /// Goods changed their owner where they are.
        TransferTitle = "transfer_title",
        /// Custody passed, with signatures.
        HandOver = "hand_over",
        /// A repair or a course began.
        Start = "start",
        /// A repair or a course ended.
        Finish = "finish",
        /// A unit took delivery and title.
        Receive = "receive",
        /// Money was paid into a fund.
        Pay = "pay",
        /// Something in service was checked for its end use.
        Check = "check",
        /// Something was used up.
        Consume = "consume",
        /// Something was lost or written off.
        Lose = "lose",
        /// Something was counted and the books put right.
        Adjust = "adjust",
        /// Records were made, changed or released.
        Change = "change",
        /// A plan was made, accepted or discarded.
        Plan = "plan",
        /// Events that somebody else recorded were taken in, as evidence.
        Capture = "capture",
        /// Somebody took data out.
        Export = "export",
        /// Accounts, rights or tokens were given or taken.
        Administer = "administer",
    }
}

words! {
    /// How an entry stands to time: what happened, what is to happen, and what will not happen after all.
    pub enum EntryKind {
        /// It happened.
        Posted = "posted",
        /// It is to happen.
        Pending = "pending",
        /// What was to happen, or the rest of it, will not.
        Void = "void",
        /// Something was done that moves nothing: it is noted, and sealed with everything else.
        Noted = "noted",
    }
}

/// A quantity that moves from one account to another of the same resource. Since every posting names both, each entry sums to zero
/// for every resource by its very form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// Where it leaves.
    pub from: AccountKey,
    /// Where it goes.
    pub to: AccountKey,
    /// How much, in units of issue or minor units; above 0.
    pub quantity: i64,
    /// Its lot, if it is tracked by lot; else empty.
    pub lot: String,
    /// Its serial number, if it is tracked so; else empty. The quantity is then 1.
    pub serial: String,
}

impl Posting {
    /// A posting of a resource that is tracked by quantity only.
    pub fn new(from: AccountKey, to: AccountKey, quantity: i64) -> Self {
        Self { from, to, quantity, lot: String::new(), serial: String::new() }
    }
}

/// The records for whose sake an entry is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The offer it comes from.
    pub offer: Option<Code>,
    /// The requirement or package it serves.
    pub need: Option<Code>,
    /// The plan that proposed it.
    pub plan: Option<Code>,
    /// The consignment in which it moves.
    pub consignment: Option<Code>,
}

/// Who asks for an entry, why, and when it was true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The caller's own name for the request; the same key twice is the same entry once.
    pub key: String,
    /// When it was true, or for what is to happen, when it will be; in a command also [`Note::WHEN_RECORDED`].
    pub occurred_at: Timestamp,
    /// Who says so.
    pub actor: String,
    /// Why.
    pub reason: String,
}

impl Note {
    /// In a command: it was true when it is recorded. The entry then says the moment; the same command sent again is still the same.
    pub const WHEN_RECORDED: Timestamp = Timestamp::MAX;
}

/// How much of one line of a pending entry has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Take {
    /// The line, counted from 0.
    pub line: u32,
    /// How much; above 0 and at most what is open.
    pub quantity: i64,
    /// Its lot, now that it is known.
    pub lot: String,
    /// Its serial number, now that it is known.
    pub serial: String,
}

/// What is asked of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Record what happened.
    Post {
        /// What happened.
        activity: Activity,
        /// For whose sake.
        subject: Subject,
        /// What moved.
        postings: Vec<Posting>,
    },
    /// Record what is to happen.
    Pend {
        /// What is to happen.
        activity: Activity,
        /// For whose sake.
        subject: Subject,
        /// What will move.
        postings: Vec<Posting>,
    },
    /// Record that what was to happen has happened, or a part of it.
    Settle {
        /// The pending entry.
        pending: EntryNumber,
        /// Which parts; none named: all that is open.
        takes: Vec<Take>,
    },
    /// Record that what is still open of a pending entry will not happen, or a part of it.
    Void {
        /// The pending entry.
        pending: EntryNumber,
        /// Which parts; none named: all that is open.
        takes: Vec<Take>,
    },
    /// Record that an entry was wrong: it is taken back by its reverse, and what was right is put in its place. What it settled or voided is
    /// open again.
    Correct {
        /// The entry that was wrong: one that says what happened, or what will not.
        entry: EntryNumber,
        /// What was right; none: nothing had happened. Nothing comes in the place of what was voided by mistake.
        replacement: Vec<Posting>,
    },
    /// Note what was done that moves nothing: records that changed, data that was taken out, rights that were given.
    Note {
        /// What was done.
        activity: Activity,
        /// To which offer, need or plan, if to one.
        subject: Subject,
        /// More about it, for whoever audits; for changed records their number and hash.
        about: String,
    },
}

/// One request to the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Who, why, when.
    pub note: Note,
    /// What.
    pub act: Act,
}

impl Command {
    /// A hash of all it says, by which a repeated key is told from a key used twice for different things.
    pub fn fingerprint(&self) -> Hash {
        let mut out = Canon::default();
        out.note(&self.note);
        match &self.act {
            Act::Post { activity, subject, postings } | Act::Pend { activity, subject, postings } => {
                out.text(if matches!(self.act, Act::Post { .. }) { "post" } else { "pend" });
                out.text(activity.as_str());
                out.subject(subject);
                out.postings(postings);
            }
            Act::Settle { pending, takes } => {
                out.text("settle");
                out.number(*pending);
                out.takes(takes);
            }
            Act::Void { pending, takes } => {
                out.text("void");
                out.number(*pending);
                // As it always was where all is voided.
                if !takes.is_empty() {
                    out.takes(takes);
                }
            }
            Act::Correct { entry, replacement } => {
                out.text("correct");
                out.number(*entry);
                out.postings(replacement);
            }
            Act::Note { activity, subject, about } => {
                out.text("note");
                out.text(activity.as_str());
                out.subject(subject);
                out.text(about);
            }
        }
        out.hash()
    }
}

/// One posting of an entry, its accounts by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it leaves.
    pub from: AccountId,
    /// Where it goes.
    pub to: AccountId,
    /// How much; above 0.
    pub quantity: i64,
    /// Lot, or empty.
    pub lot: String,
    /// Serial number, or empty.
    pub serial: String,
    /// The line of the pending entry that it settles or voids, counted from 0; for a correction, the line that is open again.
    pub settles: Option<u32>,
}

/// An entry of the journal. It is never edited or deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub number: EntryNumber,
    /// How it stands to time.
    pub kind: EntryKind,
    /// What happened.
    pub activity: Activity,
    /// Who, why, when it was true.
    pub note: Note,
    /// When it was written; never before the entry with the number below.
    pub recorded_at: Timestamp,
    /// For whose sake.
    pub subject: Subject,
    /// The pending entry that it settles or voids.
    pub resolves: Option<EntryNumber>,
    /// The entry that it corrects.
    pub corrects: Option<EntryNumber>,
    /// Hash of the command that made it.
    pub fingerprint: Hash,
    /// What a note says of what was done; else empty.
    pub about: String,
    /// What moved.
    pub lines: Vec<Line>,
}

impl Entry {
    /// A hash of all it says; `account` gives the key of an account by its number.
    pub fn digest<'a>(&self, account: impl Fn(AccountId) -> Option<&'a AccountKey>) -> Hash {
        let mut out = Canon::default();
        out.number(self.number);
        out.text(self.kind.as_str());
        out.text(self.activity.as_str());
        out.note(&self.note);
        out.number(self.recorded_at.as_microsecond());
        out.subject(&self.subject);
        out.number(self.resolves.unwrap_or(0));
        out.number(self.corrects.unwrap_or(0));
        out.bytes(&self.fingerprint);
        out.text(&self.about);
        out.number(self.lines.len() as i64);
        for line in &self.lines {
            for id in [line.from, line.to] {
                out.number(id);
                out.text(&account(id).map_or_else(String::new, ToString::to_string));
            }
            out.moved(line.quantity, &line.lot, &line.serial);
            out.number(line.settles.map_or(-1, i64::from));
        }
        out.hash()
    }
}

/// Writes values in one way only, each with its length before it, so that different contents never give the same bytes.
#[derive(Default)]
struct Canon(Sha256);

impl Canon {
    fn number(&mut self, n: i64) {
        self.0.update(n.to_be_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as i64);
        self.0.update(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn note(&mut self, note: &Note) {
        self.text(&note.key);
        self.number(note.occurred_at.as_microsecond());
        self.text(&note.actor);
        self.text(&note.reason);
    }

    fn subject(&mut self, subject: &Subject) {
        for code in [&subject.offer, &subject.need, &subject.plan] {
            self.text(code.as_ref().map_or("", Code::as_str));
        }
        // Entries of before knew no consignments: without one, nothing is added. No length and no count is below zero.
        if let Some(consignment) = &subject.consignment {
            self.number(-1);
            self.text(consignment.as_str());
        }
    }

    fn takes(&mut self, takes: &[Take]) {
        self.number(takes.len() as i64);
        for take in takes {
            self.number(i64::from(take.line));
            self.moved(take.quantity, &take.lot, &take.serial);
        }
    }

    fn postings(&mut self, postings: &[Posting]) {
        self.number(postings.len() as i64);
        for posting in postings {
            self.text(&posting.from.to_string());
            self.text(&posting.to.to_string());
            self.moved(posting.quantity, &posting.lot, &posting.serial);
        }
    }

    fn moved(&mut self, quantity: i64, lot: &str, serial: &str) {
        self.number(quantity);
        self.text(lot);
        self.text(serial);
    }

    fn hash(self) -> Hash {
        self.0.finalize().into()
    }
}

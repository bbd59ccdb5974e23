//! The books: what is held where, and the rules by which a command becomes an entry or is refused.
//!
//! Storage loads into the books what a batch of commands touches, asks them to decide each command in turn, and writes what came of
//! it. They must not know where they are kept, nor what time it is: both are passed in.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use thiserror::Error;

use super::{
    account::{AccountId, AccountKey},
    entry::{Act, Activity, Command, Entry, EntryKind, EntryNumber, Hash, Line, Posting, Subject, Take},
};

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

/// What an account holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// What came less what went.
    pub posted: i64,
    /// What is to come less what is to go.
    pub pending: i64,
    /// How much of `posted` is known by lot or serial number (real accounts only).
    pub tracked: i64,
}

/// Units of one account known by lot or serial number.
pub type HoldingKey = (AccountId, String, String);

/// An entry that a command names, with what is still open of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The entry.
    pub entry: Entry,
    /// What is open, line by line, if it is pending.
    pub open: Vec<i64>,
    /// Whether it was corrected.
    pub corrected: bool,
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A new entry.
    Written(Box<Entry>),
    /// Its key was used before for the same command: the entry that was written then.
    Repeated(EntryNumber),
}

impl Outcome {
    /// The entry's number.
    pub fn number(&self) -> EntryNumber {
        match self {
            Self::Written(entry) => entry.number,
            Self::Repeated(number) => *number,
        }
    }
}

/// What changed since the last [`Books::take_dirty`], to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dirty {
    /// New accounts.
    pub accounts: BTreeSet<AccountId>,
    /// Accounts whose balance changed.
    pub balances: BTreeSet<AccountId>,
    /// Holdings that changed.
    pub holdings: BTreeSet<HoldingKey>,
    /// Lines of pending entries whose open quantity changed.
    pub open: BTreeSet<(EntryNumber, u32)>,
}

/// What must be loaded before a command can be decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// Accounts by key.
    pub accounts: BTreeSet<AccountKey>,
    /// Entries by number.
    pub entries: BTreeSet<EntryNumber>,
    /// Lots: resource and lot.
    pub lots: BTreeSet<(String, String)>,
    /// Serial numbers: resource and serial number.
    pub serials: BTreeSet<(String, String)>,
}

enum Undo {
    Account(AccountKey),
    Balance(AccountId, Option<Balance>),
    Holding(HoldingKey, Option<i64>),
    Open(EntryNumber, u32, i64),
    Corrected(EntryNumber),
    Key(String),
    Entry(EntryNumber, Timestamp),
}

/// What is held where, as far as it is loaded.
#[derive(Default)]
pub struct Books {
    ids: HashMap<AccountKey, AccountId>,
    accounts: HashMap<AccountId, AccountKey>,
    balances: HashMap<AccountId, Balance>,
    holdings: HashMap<HoldingKey, i64>,
    /// Which accounts ever held a serial number.
    serials: HashMap<String, BTreeSet<HoldingKey>>,
    tracked: BTreeSet<(String, String, String)>,
    entries: HashMap<EntryNumber, Known>,
    keys: HashMap<String, (EntryNumber, Hash)>,
    last_account: AccountId,
    last_entry: EntryNumber,
    last_recorded: Timestamp,
    undo: Vec<Undo>,
}

impl Books {
    /// Books in which nothing is loaded yet, of a journal that ends with entry `last_entry`, written at `last_recorded`, and whose
    /// newest account is `last_account`.
    pub fn new(last_entry: EntryNumber, last_recorded: Timestamp, last_account: AccountId) -> Self {
        Self { last_entry, last_recorded, last_account, ..Self::default() }
    }

    /// Number of the journal's last entry.
    pub fn last_entry(&self) -> EntryNumber {
        self.last_entry
    }

    /// How many values are loaded, so that a keeper knows when to begin anew.
    pub fn size(&self) -> usize {
        self.accounts.len() + self.holdings.len() + self.entries.len() + self.keys.len()
    }

    /// An account by its number.
    pub fn account(&self, id: AccountId) -> Option<&AccountKey> {
        self.accounts.get(&id)
    }

    /// The number of an account.
    pub fn id(&self, key: &AccountKey) -> Option<AccountId> {
        self.ids.get(key).copied()
    }

    /// What an account holds.
    pub fn balance(&self, id: AccountId) -> Balance {
        self.balances.get(&id).copied().unwrap_or_default()
    }

    /// How many units of a lot or serial number an account holds.
    pub fn holding(&self, key: &HoldingKey) -> i64 {
        self.holdings.get(key).copied().unwrap_or(0)
    }

    /// What is open of a line of a pending entry.
    pub fn open(&self, number: EntryNumber, line: u32) -> i64 {
        self.entries.get(&number).and_then(|k| k.open.get(line as usize)).copied().unwrap_or(0)
    }

    /// Loads an account.
    pub fn load_account(&mut self, id: AccountId, key: AccountKey, balance: Balance) {
        self.ids.insert(key.clone(), id);
        self.accounts.insert(id, key);
        self.balances.insert(id, balance);
    }

    /// Loads a holding.
    pub fn load_holding(&mut self, key: HoldingKey, quantity: i64) {
        self.set_holding(key, quantity);
    }

    fn set_holding(&mut self, key: HoldingKey, quantity: i64) {
        if !key.2.is_empty() {
            self.serials.entry(key.2.clone()).or_default().insert(key.clone());
        }
        self.holdings.insert(key, quantity);
    }

    /// Remembers that all holdings of a resource's lot (serial number empty) or serial number (lot empty) are loaded.
    pub fn loaded_holdings(&mut self, resource: &str, lot: &str, serial: &str) {
        self.tracked.insert((resource.to_owned(), lot.to_owned(), serial.to_owned()));
    }

    /// Loads an entry that commands name.
    pub fn load_entry(&mut self, known: Known) {
        self.entries.insert(known.entry.number, known);
    }

    /// Loads an idempotency key.
    pub fn load_key(&mut self, key: String, number: EntryNumber, fingerprint: Hash) {
        self.keys.insert(key, (number, fingerprint));
    }

    /// Whether a key is known to belong to an entry.
    pub fn knows_key(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    /// What must be loaded before `command` can be decided. Ask again after loading: an entry names further accounts.
    pub fn missing(&self, command: &Command, missing: &mut Missing) {
        let mut posting = |p: &Posting| {
            for key in [&p.from, &p.to].into_iter().filter(|k| !self.ids.contains_key(k)) {
                missing.accounts.insert(key.clone());
            }
            self.missing_tracked(p.from.resource.as_str(), &p.lot, &p.serial, missing);
        };
        match &command.act {
            Act::Post { postings, .. } | Act::Pend { postings, .. } => postings.iter().for_each(posting),
            Act::Correct { entry, replacement } => {
                replacement.iter().for_each(&mut posting);
                self.missing_entry(*entry, missing);
            }
            Act::Void { pending } => self.missing_entry(*pending, missing),
            Act::Settle { pending, takes } => {
                self.missing_entry(*pending, missing);
                let Some(known) = self.entries.get(pending) else { return };
                for take in takes {
                    let line = known.entry.lines.get(take.line as usize);
                    if let Some(account) = line.and_then(|l| self.account(l.from)) {
                        self.missing_tracked(account.resource.as_str(), &take.lot, &take.serial, missing);
                    }
                }
            }
        }
    }

    fn missing_entry(&self, number: EntryNumber, missing: &mut Missing) {
        let Some(known) = self.entries.get(&number) else {
            if (1..=self.last_entry).contains(&number) {
                missing.entries.insert(number);
            }
            return;
        };
        if let Some(resolved) = known.entry.resolves {
            self.missing_entry(resolved, missing);
        }
        for line in &known.entry.lines {
            if let Some(account) = self.account(line.from) {
                self.missing_tracked(account.resource.as_str(), &line.lot, &line.serial, missing);
            }
        }
    }

    fn missing_tracked(&self, resource: &str, lot: &str, serial: &str, missing: &mut Missing) {
        let unknown = |lot: &str, serial: &str| {
            let name = (resource.to_owned(), lot.to_owned(), serial.to_owned());
            (!lot.is_empty() || !serial.is_empty()) && !self.tracked.contains(&name)
        };
        if !serial.is_empty() && unknown("", serial) {
            missing.serials.insert((resource.to_owned(), serial.to_owned()));
        } else if serial.is_empty() && unknown(lot, "") {
            missing.lots.insert((resource.to_owned(), lot.to_owned()));
        }
    }

    /// Decides one command, recorded at `now` or, if the clock went back, with the entry before it.
    ///
    /// # Errors
    /// Why it was refused; the books are then as they were.
    pub fn apply(&mut self, command: &Command, now: Timestamp) -> Result<Outcome, Refusal> {
        let fingerprint = command.fingerprint();
        if let Some((number, known)) = self.keys.get(&command.note.key) {
            return if *known == fingerprint {
                Ok(Outcome::Repeated(*number))
            } else {
                Err(Refusal::KeyReused { key: command.note.key.clone(), number: *number })
            };
        }
        let mark = self.mark();
        self.decide(command, fingerprint, now.max(self.last_recorded)).inspect_err(|_| self.roll_back(mark))
    }

    /// A point to which the books can be rolled back.
    pub fn mark(&self) -> usize {
        self.undo.len()
    }

    /// Takes back all that was applied since `mark`.
    pub fn roll_back(&mut self, mark: usize) {
        while self.undo.len() > mark {
            match self.undo.pop().expect("the log is longer than the mark") {
                Undo::Account(key) => {
                    if let Some(id) = self.ids.remove(&key) {
                        self.accounts.remove(&id);
                        self.last_account -= 1;
                    }
                }
                Undo::Balance(id, Some(balance)) => drop(self.balances.insert(id, balance)),
                Undo::Balance(id, None) => drop(self.balances.remove(&id)),
                Undo::Holding(key, Some(quantity)) => drop(self.holdings.insert(key, quantity)),
                Undo::Holding(key, None) => drop(self.holdings.remove(&key)),
                Undo::Open(number, line, open) => {
                    self.entries.get_mut(&number).expect("an entry stays loaded").open[line as usize] = open;
                }
                Undo::Corrected(number) => {
                    self.entries.get_mut(&number).expect("an entry stays loaded").corrected = false
                }
                Undo::Key(key) => drop(self.keys.remove(&key)),
                Undo::Entry(number, recorded) => {
                    self.entries.remove(&number);
                    self.last_entry = number - 1;
                    self.last_recorded = recorded;
                }
            }
        }
    }

    /// What changed since the last call, to be written; it can no longer be rolled back.
    pub fn take_dirty(&mut self) -> Dirty {
        let mut dirty = Dirty::default();
        for undo in self.undo.drain(..) {
            match undo {
                Undo::Account(key) => drop(dirty.accounts.insert(self.ids[&key])),
                Undo::Balance(id, _) => drop(dirty.balances.insert(id)),
                Undo::Holding(key, _) => drop(dirty.holdings.insert(key)),
                Undo::Open(number, line, _) => drop(dirty.open.insert((number, line))),
                Undo::Corrected(_) | Undo::Key(_) | Undo::Entry(..) => {}
            }
        }
        dirty
    }

    fn decide(&mut self, command: &Command, fingerprint: Hash, recorded_at: Timestamp) -> Result<Outcome, Refusal> {
        well_formed(command)?;
        let draft = match &command.act {
            Act::Post { activity, subject, postings } => self.drafted(EntryKind::Posted, *activity, subject, postings),
            Act::Pend { activity, subject, postings } => self.drafted(EntryKind::Pending, *activity, subject, postings),
            Act::Settle { pending, takes } => self.settled(*pending, takes)?,
            Act::Void { pending } => self.voided(*pending)?,
            Act::Correct { entry, replacement } => self.corrected(*entry, replacement)?,
        };
        if draft.kind == EntryKind::Posted && command.note.occurred_at > recorded_at {
            return Err(Refusal::InFuture(command.note.occurred_at));
        }
        let number = self.last_entry + 1;
        self.move_lines(&draft)?;
        self.open_lines(number, &draft)?;
        let entry = Entry {
            number,
            kind: draft.kind,
            activity: draft.activity,
            note: command.note.clone(),
            recorded_at,
            subject: draft.subject,
            resolves: draft.resolves,
            corrects: draft.corrects,
            fingerprint,
            lines: draft.lines,
        };
        self.undo.push(Undo::Entry(number, self.last_recorded));
        (self.last_entry, self.last_recorded) = (number, recorded_at);
        self.undo.push(Undo::Key(entry.note.key.clone()));
        self.keys.insert(entry.note.key.clone(), (number, fingerprint));
        let open = if entry.kind == EntryKind::Pending {
            entry.lines.iter().map(|l| l.quantity).collect()
        } else {
            Vec::new()
        };
        self.entries.insert(number, Known { entry: entry.clone(), open, corrected: false });
        Ok(Outcome::Written(Box::new(entry)))
    }

    fn drafted(&mut self, kind: EntryKind, activity: Activity, subject: &Subject, postings: &[Posting]) -> Draft {
        let lines = postings.iter().map(|p| self.line(p)).collect();
        Draft { kind, activity, subject: subject.clone(), resolves: None, corrects: None, reopens: None, lines }
    }

    fn line(&mut self, posting: &Posting) -> Line {
        Line {
            from: self.id_of(&posting.from),
            to: self.id_of(&posting.to),
            quantity: posting.quantity,
            lot: posting.lot.clone(),
            serial: posting.serial.clone(),
            settles: None,
        }
    }

    fn id_of(&mut self, key: &AccountKey) -> AccountId {
        if let Some(id) = self.ids.get(key) {
            return *id;
        }
        self.last_account += 1;
        self.undo.push(Undo::Account(key.clone()));
        self.ids.insert(key.clone(), self.last_account);
        self.accounts.insert(self.last_account, key.clone());
        self.last_account
    }

    fn pending(&self, number: EntryNumber) -> Result<&Known, Refusal> {
        let known = self.entries.get(&number).ok_or(Refusal::NoSuchEntry(number))?;
        if known.entry.kind == EntryKind::Pending { Ok(known) } else { Err(Refusal::NotPending(number)) }
    }

    fn settled(&self, number: EntryNumber, takes: &[Take]) -> Result<Draft, Refusal> {
        let known = self.pending(number)?;
        let all: Vec<Take> =
            (0..).zip(&known.entry.lines).zip(&known.open).filter(|(_, open)| **open > 0).map(take_all).collect();
        let takes = if takes.is_empty() { &all } else { takes };
        if takes.is_empty() {
            return Err(Refusal::NotOpen { number, line: 0, open: 0, asked: 1 });
        }
        let mut left = known.open.clone();
        let mut lines = Vec::with_capacity(takes.len());
        for take in takes {
            let (Some(line), Some(open)) =
                (known.entry.lines.get(take.line as usize), left.get_mut(take.line as usize))
            else {
                return Err(Refusal::Malformed(format!("entry {number} has no line {}", take.line)));
            };
            if take.quantity > *open {
                return Err(Refusal::NotOpen { number, line: take.line, open: *open, asked: take.quantity });
            }
            *open -= take.quantity;
            let named = |said: &str, before: &str| if said.is_empty() { before.to_owned() } else { said.to_owned() };
            let (lot, serial) = (named(&take.lot, &line.lot), named(&take.serial, &line.serial));
            lines.push(Line { quantity: take.quantity, lot, serial, settles: Some(take.line), ..line.clone() });
        }
        Ok(Draft::resolving(EntryKind::Posted, known, lines))
    }

    fn voided(&self, number: EntryNumber) -> Result<Draft, Refusal> {
        let known = self.pending(number)?;
        let open = (0..).zip(&known.entry.lines).zip(&known.open).filter(|(_, open)| **open > 0);
        let lines: Vec<Line> =
            open.map(|((n, line), open)| Line { quantity: *open, settles: Some(n), ..line.clone() }).collect();
        if lines.is_empty() {
            return Err(Refusal::NotOpen { number, line: 0, open: 0, asked: 1 });
        }
        Ok(Draft::resolving(EntryKind::Void, known, lines))
    }

    fn corrected(&mut self, number: EntryNumber, replacement: &[Posting]) -> Result<Draft, Refusal> {
        let known = self.entries.get(&number).ok_or(Refusal::NoSuchEntry(number))?;
        if known.entry.kind != EntryKind::Posted || known.entry.corrects.is_some() {
            return Err(Refusal::NotCorrectable(number));
        }
        if known.corrected {
            return Err(Refusal::AlreadyCorrected(number));
        }
        let wrong = known.entry.clone();
        let reverse = |line: &Line| Line { from: line.to, to: line.from, ..line.clone() };
        let mut lines: Vec<Line> = wrong.lines.iter().map(reverse).collect();
        lines.extend(replacement.iter().map(|p| self.line(p)));
        self.entries.get_mut(&number).expect("it was just read").corrected = true;
        self.undo.push(Undo::Corrected(number));
        let (activity, subject) = (wrong.activity, wrong.subject);
        let reopens = wrong.resolves;
        Ok(Draft { kind: EntryKind::Posted, activity, subject, resolves: None, corrects: Some(number), reopens, lines })
    }

    /// Moves what the lines say between balances and holdings, and checks that no real account ends below nothing.
    fn move_lines(&mut self, draft: &Draft) -> Result<(), Refusal> {
        let mut touched = BTreeSet::new();
        let mut serials = BTreeSet::new();
        for line in &draft.lines {
            for (id, quantity) in [(line.from, -line.quantity), (line.to, line.quantity)] {
                touched.insert(id);
                // A settled line is no longer to come; one whose settling is taken back, from the other side, is again.
                let settled = if line.settles.is_some() { -quantity } else { 0 };
                let (posted, pending) = match draft.kind {
                    EntryKind::Posted => (quantity, settled),
                    EntryKind::Pending => (0, quantity),
                    EntryKind::Void => (0, -quantity),
                };
                self.add(id, posted, pending)?;
                if draft.kind == EntryKind::Posted {
                    self.add_holding(id, line, quantity)?;
                }
            }
            if draft.kind == EntryKind::Posted && !line.serial.is_empty() {
                serials.insert((line.to, line.serial.as_str()));
            }
        }
        for id in touched {
            self.check_account(id, draft.kind)?;
        }
        serials.into_iter().try_for_each(|(id, serial)| self.check_serial(id, serial))
    }

    fn add(&mut self, id: AccountId, posted: i64, pending: i64) -> Result<(), Refusal> {
        let old = self.balances.get(&id).copied();
        let mut balance = old.unwrap_or_default();
        let overflow = || Refusal::Malformed("the account would hold more than can be counted".into());
        balance.posted = balance.posted.checked_add(posted).ok_or_else(overflow)?;
        balance.pending = balance.pending.checked_add(pending).ok_or_else(overflow)?;
        self.undo.push(Undo::Balance(id, old));
        self.balances.insert(id, balance);
        Ok(())
    }

    fn is_external(&self, id: AccountId) -> bool {
        self.accounts.get(&id).is_none_or(|a| a.purpose.is_external())
    }

    fn name(&self, id: AccountId) -> String {
        self.accounts.get(&id).map_or_else(String::new, ToString::to_string)
    }

    fn add_holding(&mut self, id: AccountId, line: &Line, quantity: i64) -> Result<(), Refusal> {
        if (line.lot.is_empty() && line.serial.is_empty()) || self.is_external(id) {
            return Ok(());
        }
        let key = (id, line.lot.clone(), line.serial.clone());
        let old = self.holdings.get(&key).copied();
        let held = old.unwrap_or(0) + quantity;
        if held < 0 {
            let (lot, serial) = (line.lot.clone(), line.serial.clone());
            return Err(Refusal::NotThere { account: self.name(id), lot, serial, quantity: line.quantity });
        }
        self.undo.push(Undo::Holding(key.clone(), old));
        self.set_holding(key, held);
        self.balances.get_mut(&id).expect("its balance was just changed").tracked += quantity;
        Ok(())
    }

    fn check_account(&self, id: AccountId, kind: EntryKind) -> Result<(), Refusal> {
        if self.is_external(id) {
            return Ok(());
        }
        let balance = self.balance(id);
        let projected = balance.posted.saturating_add(balance.pending);
        match kind {
            EntryKind::Posted if balance.posted < 0 => {
                let held = self.before(id).posted;
                Err(Refusal::NotEnough { account: self.name(id), held, asked: -balance.posted })
            }
            EntryKind::Posted if balance.tracked > balance.posted => {
                let quantity = balance.tracked - balance.posted;
                Err(Refusal::NotThere { account: self.name(id), lot: String::new(), serial: String::new(), quantity })
            }
            EntryKind::Pending if projected < 0 => {
                let before = self.before(id);
                let held = before.posted.saturating_add(before.pending);
                // What was already short may be promised more, but nothing may be promised from it.
                if projected >= held {
                    Ok(())
                } else {
                    Err(Refusal::Overcommitted { account: self.name(id), held, asked: -projected })
                }
            }
            _ => Ok(()),
        }
    }

    /// The balance before the entry that is being decided: the oldest value in the log since that entry began.
    fn before(&self, id: AccountId) -> Balance {
        let start = self.undo.iter().rposition(|u| matches!(u, Undo::Key(_))).map_or(0, |n| n + 1);
        self.undo[start..]
            .iter()
            .find_map(|u| match u {
                Undo::Balance(changed, old) if *changed == id => Some(old.unwrap_or_default()),
                _ => None,
            })
            .unwrap_or_default()
    }

    fn check_serial(&self, id: AccountId, serial: &str) -> Result<(), Refusal> {
        let Some(account) = self.accounts.get(&id).filter(|a| !a.purpose.is_external()) else { return Ok(()) };
        let same = |other: AccountId| self.accounts.get(&other).is_some_and(|a| a.resource == account.resource);
        let ever = self.serials.get(serial).into_iter().flatten();
        let mut there = ever.map(|key| (key.0, self.holding(key))).filter(|(other, held)| *held > 0 && same(*other));
        match (there.next(), there.next()) {
            (None, _) => Ok(()),
            (Some((first, 1)), None) if first == id => Ok(()),
            (Some((first, _)), _) => Err(Refusal::SerialElsewhere {
                resource: account.resource.to_string(),
                serial: serial.to_owned(),
                account: self.name(first),
            }),
        }
    }

    fn open_lines(&mut self, number: EntryNumber, draft: &Draft) -> Result<(), Refusal> {
        let (pending, sign) = match (draft.resolves, draft.reopens) {
            (Some(pending), _) => (pending, -1),
            (None, Some(pending)) => (pending, 1),
            (None, None) => return Ok(()),
        };
        for line in &draft.lines {
            let Some(n) = line.settles else { continue };
            let known = self.entries.get_mut(&pending).ok_or(Refusal::NoSuchEntry(pending))?;
            let open = known.open.get_mut(n as usize).ok_or(Refusal::NoSuchEntry(number))?;
            self.undo.push(Undo::Open(pending, n, *open));
            *open += sign * line.quantity;
        }
        Ok(())
    }
}

struct Draft {
    kind: EntryKind,
    activity: Activity,
    subject: Subject,
    resolves: Option<EntryNumber>,
    corrects: Option<EntryNumber>,
    /// The pending entry that is open again because what settled it is taken back.
    reopens: Option<EntryNumber>,
    lines: Vec<Line>,
}

impl Draft {
    fn resolving(kind: EntryKind, known: &Known, lines: Vec<Line>) -> Self {
        let (activity, subject) = (known.entry.activity, known.entry.subject.clone());
        Self { kind, activity, subject, resolves: Some(known.entry.number), corrects: None, reopens: None, lines }
    }
}

fn take_all(((line, posting), open): ((u32, &Line), &i64)) -> Take {
    Take { line, quantity: *open, lot: posting.lot.clone(), serial: posting.serial.clone() }
}

/// What can be said of a command without knowing the books.
fn well_formed(command: &Command) -> Result<(), Refusal> {
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

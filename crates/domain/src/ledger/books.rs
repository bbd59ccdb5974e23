//! The books: what is held where, and the rules by which a command becomes an entry or is refused.
//!
//! Storage loads into the books what a batch of commands touches, asks them to decide each command in turn, and writes what came of
//! it. They must not know where they are kept, nor what time it is: both are passed in.

mod decide;

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use super::{
    account::{AccountId, AccountKey},
    entry::{Act, Command, Entry, EntryNumber, Hash, Posting},
    refusal::Refusal,
};
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
            Act::Void { pending, .. } => self.missing_entry(*pending, missing),
            Act::Note { .. } => {}
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
}

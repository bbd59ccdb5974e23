//! Decides one command: what it writes, what it moves, and whether that may be.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Balance, Books, Known, Outcome, Undo};
use crate::ledger::{
    account::{AccountId, AccountKey},
    entry::{Act, Activity, Command, Entry, EntryKind, EntryNumber, Hash, Line, Note, Posting, Subject, Take},
    refusal::{Refusal, well_formed},
};
use crate::message;

impl Books {
    pub(super) fn decide(
        &mut self,
        command: &Command,
        fingerprint: Hash,
        recorded_at: Timestamp,
    ) -> Result<Outcome, Refusal> {
        well_formed(command)?;
        let draft = match &command.act {
            Act::Post { activity, subject, postings } => self.drafted(EntryKind::Posted, *activity, subject, postings),
            Act::Pend { activity, subject, postings } => self.drafted(EntryKind::Pending, *activity, subject, postings),
            Act::Settle { pending, takes } => self.settled(*pending, takes)?,
            Act::Void { pending, takes } => self.voided(*pending, takes)?,
            Act::Correct { entry, replacement } => self.corrected(*entry, replacement)?,
            Act::Note { activity, subject, .. } => self.drafted(EntryKind::Noted, *activity, subject, &[]),
        };
        let mut note = command.note.clone();
        if note.occurred_at == Note::WHEN_RECORDED {
            note.occurred_at = recorded_at;
        }
        if draft.kind == EntryKind::Posted && note.occurred_at > recorded_at {
            return Err(Refusal::InFuture(note.occurred_at));
        }
        let number = self.last_entry + 1;
        self.move_lines(&draft)?;
        self.open_lines(number, &draft)?;
        let entry = Entry {
            number,
            kind: draft.kind,
            activity: draft.activity,
            note,
            recorded_at,
            subject: draft.subject,
            resolves: draft.resolves,
            corrects: draft.corrects,
            fingerprint,
            about: match &command.act {
                Act::Note { about, .. } => about.clone(),
                _ => String::new(),
            },
            lines: draft.lines,
        };
        self.undo.push(Undo::Entry(number, self.last_recorded));
        (self.last_entry, self.last_recorded) = (number, recorded_at);
        self.undo.push(Undo::Key(entry.note.key.clone()));
        self.keys.insert(entry.note.key.clone(), (number, fingerprint));
        // What is to happen again is open where it was.
        let open = if entry.kind == EntryKind::Pending && entry.corrects.is_none() {
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
        let (known, lines) = self.taken(number, takes)?;
        Ok(Draft::resolving(EntryKind::Posted, known, lines))
    }

    /// The lines of what is taken of a pending entry, and that entry.
    fn taken(&self, number: EntryNumber, takes: &[Take]) -> Result<(&Known, Vec<Line>), Refusal> {
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
                return Err(Refusal::Malformed(message!("ledger-no-such-line", entry = number, line = take.line)));
            };
            if take.quantity > *open {
                return Err(Refusal::NotOpen { number, line: take.line, open: *open, asked: take.quantity });
            }
            *open -= take.quantity;
            let named = |said: &str, before: &str| if said.is_empty() { before.to_owned() } else { said.to_owned() };
            let (lot, serial) = (named(&take.lot, &line.lot), named(&take.serial, &line.serial));
            lines.push(Line { quantity: take.quantity, lot, serial, settles: Some(take.line), ..line.clone() });
        }
        Ok((known, lines))
    }

    fn voided(&self, number: EntryNumber, takes: &[Take]) -> Result<Draft, Refusal> {
        let (known, lines) = self.taken(number, takes)?;
        Ok(Draft::resolving(EntryKind::Void, known, lines))
    }

    fn corrected(&mut self, number: EntryNumber, replacement: &[Posting]) -> Result<Draft, Refusal> {
        let known = self.entries.get(&number).ok_or(Refusal::NoSuchEntry(number))?;
        let may_be = match known.entry.kind {
            EntryKind::Posted => known.entry.corrects.is_none(),
            // What was given up by mistake is to happen again: there is nothing else to put in its place.
            EntryKind::Void => replacement.is_empty(),
            EntryKind::Pending | EntryKind::Noted => false,
        };
        if !may_be {
            return Err(Refusal::NotCorrectable(number));
        }
        if known.corrected {
            return Err(Refusal::AlreadyCorrected(number));
        }
        let wrong = known.entry.clone();
        let kind = if wrong.kind == EntryKind::Void { EntryKind::Pending } else { EntryKind::Posted };
        let reverse = |line: &Line| match kind {
            EntryKind::Pending => line.clone(),
            _ => Line { from: line.to, to: line.from, ..line.clone() },
        };
        let mut lines: Vec<Line> = wrong.lines.iter().map(reverse).collect();
        lines.extend(replacement.iter().map(|p| self.line(p)));
        self.entries.get_mut(&number).expect("it was just read").corrected = true;
        self.undo.push(Undo::Corrected(number));
        let (activity, subject) = (wrong.activity, wrong.subject);
        let reopens = wrong.resolves;
        Ok(Draft { kind, activity, subject, resolves: None, corrects: Some(number), reopens, lines })
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
                    EntryKind::Noted => (0, 0),
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
        let overflow = || Refusal::Malformed(message!("ledger-too-much"));
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

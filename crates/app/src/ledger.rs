//! Balances, statements and verification of the journal.

use std::collections::BTreeSet;

use jiff::Timestamp;
use muster_domain::code::Code;
use muster_domain::ledger::{
    account::{AccountId, AccountKey},
    books::{Balance, Outcome},
    entry::{Activity, Command, Entry, EntryNumber, Hash, Line},
    refusal::Refusal,
    seal::{BlockNumber, Misfit},
};
use muster_domain::{
    message,
    policy::{self, Action, Deed},
    viewer::{Sight, Viewer},
};
use muster_storage::ledger::{
    public_key,
    read::{self, AccountFilter, AsOf, EntryFilter, StatementKey, StatementLine},
    verify::{self, Verified},
};

use muster_storage::{db::Conn, picture, transfer::history};
use serde_json::{Value, json};

use crate::{Actor, App, Error};

/// Most rows that are read at once.
const LONGEST: usize = read::LONGEST_PAGE as usize;

/// An entry with the names of its accounts.
#[derive(Clone, Debug)]
pub struct Told {
    /// The entry.
    pub entry: Entry,
    /// Its lines.
    pub lines: Vec<ToldLine>,
    /// The consignment by which it happened, if the viewer sees it.
    pub consignment: Option<Code>,
    /// Records that were made or changed by it, each by its sheet and key: the first of them.
    pub records: Vec<(String, String)>,
}

/// A line with the names of its accounts.
#[derive(Clone, Debug)]
pub struct ToldLine {
    /// The account it left.
    pub from: (AccountId, AccountKey),
    /// The account it went to.
    pub to: (AccountId, AccountKey),
    /// How much of what.
    pub line: Line,
}

impl Told {
    /// As JSON. Numbers that were hidden are null.
    pub fn json(&self) -> Value {
        let entry = &self.entry;
        let number = |n: EntryNumber| (n > 0).then_some(n);
        let lines = self.lines.iter().map(|line| {
            json!({
                "from": line.from.1.to_string(),
                "to": line.to.1.to_string(),
                "quantity": line.line.quantity,
                "lot": line.line.lot,
                "serial": line.line.serial,
            })
        });
        let records = self.records.iter().map(|(sheet, record)| json!({ "sheet": sheet, "record": record }));
        json!({
            "number": number(entry.number),
            "kind": entry.kind.as_str(),
            "activity": entry.activity.as_str(),
            "occurred_at": entry.note.occurred_at.to_string(),
            "recorded_at": entry.recorded_at.to_string(),
            "actor": entry.note.actor,
            "reason": entry.note.reason,
            "offer": entry.subject.offer.as_ref().map(Code::as_str),
            "need": entry.subject.need.as_ref().map(Code::as_str),
            "plan": entry.subject.plan.as_ref().map(Code::as_str),
            "consignment": self.consignment.as_ref().map(Code::as_str),
            "records": records.collect::<Vec<_>>(),
            "resolves": entry.resolves.and_then(number),
            "corrects": entry.corrects.and_then(number),
            "about": if entry.number > 0 { entry.about.as_str() } else { "" },
            "lines": lines.collect::<Vec<_>>(),
        })
    }

    fn hide_numbers(&mut self) {
        let entry = &mut self.entry;
        (entry.number, entry.resolves, entry.corrects) = (0, entry.resolves.map(|_| 0), entry.corrects.map(|_| 0));
        (entry.fingerprint, entry.subject.plan, entry.subject.consignment) = ([0; 32], None, None);
        entry.note.key.clear();
        entry.lines.clear();
        // Of records they learn what the entry is about anyway.
        let subject = [&entry.subject.offer, &entry.subject.need];
        self.records.retain(|(_, key)| subject.into_iter().flatten().any(|code| code.as_str() == key));
        for line in &mut self.lines {
            (line.from.0, line.to.0, line.line.from, line.line.to) = (0, 0, 0, 0);
        }
    }
}

impl App {
    /// Applies commands in order; one that is refused fails alone.
    ///
    /// # Errors
    /// If the database failed; whether they were written is then unknown, and they may be sent again under the same keys.
    pub async fn post(&self, commands: Vec<Command>, actor: &Actor) -> Result<Vec<Result<Outcome, Refusal>>, Error> {
        actor.may(Action::Administer)?;
        Ok(self.ledger()?.post_all(commands).await?)
    }

    /// A page of accounts by number, with what each holds as of a date.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn accounts(
        &self,
        viewer: &Viewer,
        filter: &AccountFilter,
        at: AsOf,
        after: AccountId,
        limit: i64,
    ) -> Result<Vec<(AccountId, AccountKey, Balance)>, Error> {
        let mut conn = self.read().await?;
        let mut accounts = read::accounts(&mut conn, viewer, filter, after, limit).await?;
        if at != AsOf::NOW {
            for (id, _, balance) in &mut accounts {
                *balance = read::balance(&mut conn, *id, at).await?;
            }
        }
        Ok(accounts)
    }

    /// An account's name and a page of its statement, in order of time.
    ///
    /// # Errors
    /// If there is no such account, or the database fails.
    pub async fn statement(
        &self,
        viewer: &Viewer,
        account: AccountId,
        at: AsOf,
        after: Option<StatementKey>,
        limit: i64,
    ) -> Result<(AccountKey, Vec<StatementLine>), Error> {
        let mut conn = self.read().await?;
        let not_found = || Error::NotFound { what: "account", code: account.to_string() };
        let key = read::account(&mut conn, viewer, account).await?.ok_or_else(not_found)?;
        Ok((key, read::statement(&mut conn, viewer, account, at, after, limit).await?))
    }

    /// The number of an account by its name.
    ///
    /// # Errors
    /// If the viewer sees none of that name, or the database fails.
    pub async fn account_number(&self, viewer: &Viewer, name: &str) -> Result<AccountId, Error> {
        let not_found = || Error::NotFound { what: "account", code: name.to_owned() };
        let key = AccountKey::parse(name).map_err(|_| not_found())?;
        let filter = AccountFilter {
            purpose: Some(key.purpose),
            holder: Some(key.holder.to_string()),
            owner: Some(key.owner.to_string()),
            place: key.place.as_ref().map(ToString::to_string),
            resource: Some(key.resource.to_string()),
        };
        let (mut conn, mut after) = (self.read().await?, 0);
        loop {
            let page = read::accounts(&mut conn, viewer, &filter, after, read::LONGEST_PAGE).await?;
            if let Some((id, ..)) = page.iter().find(|(_, known, _)| *known == key) {
                return Ok(*id);
            }
            after = page.last().filter(|_| page.len() == LONGEST).ok_or_else(not_found)?.0;
        }
    }

    /// A page of an account's statement from a moment on, without the first `skip` lines of that moment, each with the name of the
    /// account on the other side. Numbers of entries are told only to who sees everything.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn statement_from(
        &self,
        viewer: &Viewer,
        account: AccountId,
        at: AsOf,
        (from, skip): (i64, usize),
        limit: usize,
    ) -> Result<Vec<(StatementLine, String)>, Error> {
        let mut conn = self.read().await?;
        let (mut lines, mut left, mut after) = (Vec::new(), skip, (from, -1, -1));
        while lines.len() < limit {
            let ask = (left + limit - lines.len()).min(LONGEST);
            let page = read::statement(&mut conn, viewer, account, at, Some(after), ask as i64).await?;
            let Some(last) = page.last() else { break };
            let full = page.len() == ask;
            after = (last.occurred_at.as_microsecond(), last.entry, last.line);
            let skipped = left.min(page.len());
            left -= skipped;
            lines.extend(page.into_iter().skip(skipped));
            if !full {
                break;
            }
        }
        let others: BTreeSet<AccountId> = lines.iter().map(|line| line.other).collect();
        let names = read::account_keys(&mut conn, others).await?;
        let everything = viewer.sight == Sight::Everything;
        let named = |mut line: StatementLine| {
            let name = names.get(&line.other).map_or_else(String::new, ToString::to_string);
            line.entry = if everything { line.entry } else { 0 };
            (line, name)
        };
        Ok(lines.into_iter().map(named).collect())
    }

    /// A page of entries by number.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn entries(
        &self,
        viewer: &Viewer,
        filter: &EntryFilter,
        after: EntryNumber,
        limit: i64,
    ) -> Result<Vec<Entry>, Error> {
        Ok(read::entries(&mut self.read().await?, viewer, filter, after, limit).await?)
    }

    /// An entry by its number, with the names of its accounts; `None` for who does not see everything, since to them numbers are not told.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn entry(&self, viewer: &Viewer, number: EntryNumber) -> Result<Option<Told>, Error> {
        if viewer.sight != Sight::Everything {
            return Ok(None);
        }
        let mut conn = self.read().await?;
        let mut found = read::entries(&mut conn, viewer, &EntryFilter::default(), number.saturating_sub(1), 1).await?;
        found.retain(|entry| entry.number == number);
        Ok(Self::told(&mut conn, viewer, found).await?.pop())
    }

    /// A page of the newest entries recorded by a moment, newest first, without the first `skip` of them, with the names of their accounts.
    /// Numbers and keys are told only to who sees everything: from gaps between numbers one could tell how much happened that one does
    /// not see. So a page is found again by what stands on it.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn newest(
        &self,
        viewer: &Viewer,
        filter: &EntryFilter,
        (known, skip): (Timestamp, usize),
        limit: usize,
    ) -> Result<Vec<Told>, Error> {
        let mut conn = self.read().await?;
        let (mut entries, mut left) = (Vec::new(), skip);
        let mut before = read::number_at(&mut conn, known).await?.saturating_add(1);
        while entries.len() < limit {
            let ask = (left + limit - entries.len()).min(LONGEST);
            let page = read::newest_entries(&mut conn, viewer, filter, before, known, ask as i64).await?;
            let (Some(last), full) = (page.last().map(|entry| entry.number), page.len() == ask) else { break };
            let skipped = left.min(page.len());
            (before, left) = (last, left - skipped);
            entries.extend(page.into_iter().skip(skipped));
            if !full {
                break;
            }
        }
        Self::told(&mut conn, viewer, entries).await
    }

    /// Entries with the names of their accounts, for a viewer who sees them.
    pub(crate) async fn told(conn: &mut Conn, viewer: &Viewer, entries: Vec<Entry>) -> Result<Vec<Told>, Error> {
        let ids: BTreeSet<AccountId> = entries.iter().flat_map(|e| &e.lines).flat_map(|l| [l.from, l.to]).collect();
        let accounts = read::account_keys(conn, ids).await?;
        let told = |entry: Entry| {
            let line = |line: &Line| {
                let key = |id| accounts.get(&id).cloned();
                Some(ToldLine { from: (line.from, key(line.from)?), to: (line.to, key(line.to)?), line: line.clone() })
            };
            let lines = entry.lines.iter().filter_map(line).collect();
            Told { lines, consignment: entry.subject.consignment.clone(), entry, records: Vec::new() }
        };
        let mut told: Vec<Told> = entries.into_iter().map(told).collect();
        let changes = told.iter().filter(|one| one.entry.activity == Activity::Change).map(|one| one.entry.number);
        let mut changed = picture::changed(conn, changes.collect::<Vec<_>>()).await?;
        // Of others the entry itself says it, or nothing does.
        let unsaid = told.iter().filter(|one| one.consignment.is_none() && one.entry.resolves.is_some());
        let numbers: Vec<EntryNumber> = unsaid.map(|one| one.entry.number).collect();
        let mut moved_by = history::moved_by(conn, numbers).await?;
        for one in &mut told {
            one.records = changed.remove(&one.entry.number).unwrap_or_default();
            one.consignment = one.consignment.take().or_else(|| moved_by.remove(&one.entry.number));
        }
        if viewer.sight != Sight::Everything {
            let by = told.iter().filter_map(|one| one.consignment.as_ref()).map(ToString::to_string);
            let seen = history::seen(conn, viewer, &by.collect()).await?;
            for one in &mut told {
                one.consignment = one.consignment.take().filter(|code| seen.contains(code.as_str()));
                one.hide_numbers();
            }
        }
        Ok(told)
    }

    /// Entries and sealed blocks of the journal; `None` for who does not see everything.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn journal_length(&self, viewer: &Viewer) -> Result<Option<(i64, i64)>, Error> {
        if viewer.sight != Sight::Everything {
            return Ok(None);
        }
        let (entries, _, blocks) = read::counts(&mut self.read().await?).await?;
        Ok(Some((entries, blocks)))
    }

    /// Recomputes the whole journal with `key`, or with the key the database names; and holds it against a block that was noted. Tells again
    /// and again how many entries fit so far.
    ///
    /// # Errors
    /// Outside: if the database fails or nothing was sealed yet. Inside: the first thing that does not fit.
    pub async fn verify(
        &self,
        viewer: &Viewer,
        key: Option<[u8; 32]>,
        noted: Option<(BlockNumber, Hash)>,
        tell: impl Fn(EntryNumber) + Send,
    ) -> Result<Result<Verified, Misfit>, Error> {
        policy::may(viewer, &Deed::of(Action::Audit))?;
        let mut conn = self.read().await?;
        let own = public_key(&mut conn).await?;
        let own = own.ok_or_else(|| Error::Invalid(message!("nothing-sealed")))?;
        let bytes = match key {
            Some(key) => key,
            None => own.try_into().map_err(|_| Error::Invalid(message!("public-key-malformed")))?,
        };
        Ok(verify::verify_with(&mut conn, bytes, noted, tell).await?)
    }

    /// What was true by the end of `occurred`, as known by the end of `known`.
    pub fn as_of(occurred: Option<jiff::civil::Date>, known: Option<jiff::civil::Date>) -> AsOf {
        let end = |day: Option<jiff::civil::Date>| day.map_or(Timestamp::MAX, crate::end_of);
        AsOf { occurred: end(occurred), known: end(known) }
    }
}

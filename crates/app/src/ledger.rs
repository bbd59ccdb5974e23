//! Balances, statements and verification of the journal.

use std::collections::BTreeSet;

use jiff::Timestamp;
use muster_domain::ledger::{
    account::{AccountId, AccountKey},
    books::{Balance, Outcome},
    entry::{Command, Entry, EntryNumber, Hash, Line},
    refusal::Refusal,
    seal::{BlockNumber, Misfit},
};
use muster_domain::{
    policy::{self, Action, Deed},
    viewer::{Sight, Viewer},
};
use muster_storage::ledger::{
    public_key,
    read::{self, AccountFilter, AsOf, EntryFilter, StatementKey, StatementLine},
    verify::{self, Verified},
};

use crate::{Actor, App, Error};

/// An entry with the names of its accounts.
#[derive(Clone, Debug)]
pub struct Told {
    /// The entry.
    pub entry: Entry,
    /// Its lines.
    pub lines: Vec<ToldLine>,
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
    fn hide_numbers(&mut self) {
        let entry = &mut self.entry;
        (entry.number, entry.resolves, entry.corrects) = (0, entry.resolves.map(|_| 0), entry.corrects.map(|_| 0));
        (entry.fingerprint, entry.subject.plan) = ([0; 32], None);
        entry.note.key.clear();
        entry.lines.clear();
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

    /// A page of the newest entries recorded by a moment, newest first, with the names of their accounts. Numbers and keys are told
    /// only to who sees everything: from gaps between numbers one could tell how much happened that one does not see.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn newest(
        &self,
        viewer: &Viewer,
        filter: &EntryFilter,
        before: EntryNumber,
        known: Timestamp,
        limit: i64,
    ) -> Result<Vec<Told>, Error> {
        let mut conn = self.read().await?;
        let entries = read::newest_entries(&mut conn, viewer, filter, before, known, limit).await?;
        let ids: BTreeSet<AccountId> = entries.iter().flat_map(|e| &e.lines).flat_map(|l| [l.from, l.to]).collect();
        let accounts = read::account_keys(&mut conn, ids).await?;
        let told = |entry: Entry| {
            let line = |line: &Line| {
                let key = |id| accounts.get(&id).cloned();
                Some(ToldLine { from: (line.from, key(line.from)?), to: (line.to, key(line.to)?), line: line.clone() })
            };
            Told { lines: entry.lines.iter().filter_map(line).collect(), entry }
        };
        let mut told: Vec<Told> = entries.into_iter().map(told).collect();
        if viewer.sight != Sight::Everything {
            told.iter_mut().for_each(Told::hide_numbers);
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

    /// Recomputes the whole journal with `key`, or with the key the database names; and holds it against a block that was noted.
    ///
    /// # Errors
    /// Outside: if the database fails or nothing was sealed yet. Inside: the first thing that does not fit.
    pub async fn verify(
        &self,
        viewer: &Viewer,
        key: Option<[u8; 32]>,
        noted: Option<(BlockNumber, Hash)>,
    ) -> Result<Result<Verified, Misfit>, Error> {
        policy::may(viewer, &Deed::of(Action::Audit))?;
        let mut conn = self.read().await?;
        let own = public_key(&mut conn).await?;
        let own = own.ok_or_else(|| Error::Invalid("nothing is sealed here yet".into()))?;
        let bytes = match key {
            Some(key) => key,
            None => own.try_into().map_err(|_| Error::Invalid("the database's public key is malformed".into()))?,
        };
        Ok(verify::verify_with(&mut conn, bytes, noted).await?)
    }

    /// What was true by the end of `occurred`, as known by the end of `known`.
    pub fn as_of(occurred: Option<jiff::civil::Date>, known: Option<jiff::civil::Date>) -> AsOf {
        let end = |day: Option<jiff::civil::Date>| day.map_or(Timestamp::MAX, crate::end_of);
        AsOf { occurred: end(occurred), known: end(known) }
    }
}

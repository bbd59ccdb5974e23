//! Balances, statements and verification of the journal.

use jiff::Timestamp;
use muster_domain::ledger::{
    account::{AccountId, AccountKey},
    books::{Balance, Outcome},
    entry::{Command, Entry, EntryNumber, Hash},
    refusal::Refusal,
    seal::{BlockNumber, Misfit},
};
use muster_storage::ledger::{
    public_key,
    read::{self, AccountFilter, AsOf, EntryFilter, StatementKey, StatementLine},
    verify::{self, Verified},
};

use crate::{App, Error};

impl App {
    /// Applies commands in order; one that is refused fails alone.
    ///
    /// # Errors
    /// If the database failed; whether they were written is then unknown, and they may be sent again under the same keys.
    pub async fn post(&self, commands: Vec<Command>) -> Result<Vec<Result<Outcome, Refusal>>, Error> {
        Ok(self.ledger()?.post_all(commands).await?)
    }

    /// A page of accounts by number, with what each holds as of a date.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn accounts(
        &self,
        filter: &AccountFilter,
        at: AsOf,
        after: AccountId,
        limit: i64,
    ) -> Result<Vec<(AccountId, AccountKey, Balance)>, Error> {
        let mut conn = self.read().await?;
        let mut accounts = read::accounts(&mut conn, filter, after, limit).await?;
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
        account: AccountId,
        at: AsOf,
        after: Option<StatementKey>,
        limit: i64,
    ) -> Result<(AccountKey, Vec<StatementLine>), Error> {
        let mut conn = self.read().await?;
        let not_found = || Error::NotFound { what: "account", code: account.to_string() };
        let key = read::account(&mut conn, account).await?.ok_or_else(not_found)?;
        Ok((key, read::statement(&mut conn, account, at, after, limit).await?))
    }

    /// A page of entries by number.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn entries(&self, filter: &EntryFilter, after: EntryNumber, limit: i64) -> Result<Vec<Entry>, Error> {
        Ok(read::entries(&mut self.read().await?, filter, after, limit).await?)
    }

    /// Recomputes the whole journal with `key`, or with the key the database names; and holds it against a block that was noted.
    ///
    /// # Errors
    /// Outside: if the database fails or nothing was sealed yet. Inside: the first thing that does not fit.
    pub async fn verify(
        &self,
        key: Option<[u8; 32]>,
        noted: Option<(BlockNumber, Hash)>,
    ) -> Result<Result<Verified, Misfit>, Error> {
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

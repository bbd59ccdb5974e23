//! Questions to the journal: balances and statements as of any date, as known on any date; entries; what is still open; and what flowed
//! for whose sake.

use std::collections::BTreeMap;

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    ledger::{
        account::{AccountId, AccountKey, AccountPurpose},
        books::Balance,
        entry::{Activity, Entry, EntryKind, EntryNumber},
    },
    viewer::Viewer,
};

use super::load;
use crate::{
    Error,
    db::{Conn, Row, Value},
    sight::{self, SIGHT},
    statements,
};

/// A picture in time: what was true at one moment, as known at another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    /// What had happened by then …
    pub occurred: Timestamp,
    /// … as far as it had been recorded by then.
    pub known: Timestamp,
}

impl AsOf {
    /// All that is recorded to have happened.
    pub const NOW: Self = Self { occurred: Timestamp::MAX, known: Timestamp::MAX };
}

/// Most rows of a page.
pub const LONGEST_PAGE: i64 = 1_000;

statements! {
    NUMBER_AT = "SELECT number FROM entry WHERE recorded_at <= $1 ORDER BY recorded_at DESC, number DESC LIMIT 1";
    BALANCE_AT = "SELECT CAST(COALESCE(SUM(posted), 0) AS BIGINT), CAST(COALESCE(SUM(pending), 0) AS BIGINT) FROM (
        SELECT CASE WHEN kind = 'posted' AND occurred_at <= $2 THEN quantity ELSE 0 END AS posted,
               CASE WHEN kind = 'pending' THEN quantity WHEN kind = 'void' OR settles IS NOT NULL THEN -quantity ELSE 0 END AS pending
        FROM posting WHERE to_account = $1 AND entry <= $3
        UNION ALL
        SELECT CASE WHEN kind = 'posted' AND occurred_at <= $2 THEN -quantity ELSE 0 END,
               CASE WHEN kind = 'pending' THEN -quantity WHEN kind = 'void' OR settles IS NOT NULL THEN quantity ELSE 0 END
        FROM posting WHERE from_account = $1 AND entry <= $3) AS sides";
    // What is in funds is money; what of the same was used up is what they paid.
    MONEY = "SELECT purpose, resource, CAST(SUM(posted) AS BIGINT), CAST(SUM(pending) AS BIGINT) FROM (
        SELECT a.purpose, a.resource, CASE WHEN p.kind = 'posted' AND p.occurred_at <= $1 THEN p.quantity ELSE 0 END AS posted,
               CASE WHEN p.kind = 'pending' THEN p.quantity WHEN p.kind = 'void' OR p.settles IS NOT NULL THEN -p.quantity ELSE 0 END AS pending
        FROM account a JOIN posting p ON p.to_account = a.id AND p.entry <= $2
        WHERE {sight} AND (a.purpose = 'fund' OR a.purpose = 'consumed' AND a.resource IN (SELECT resource FROM account WHERE purpose = 'fund'))
        UNION ALL
        SELECT a.purpose, a.resource, CASE WHEN p.kind = 'posted' AND p.occurred_at <= $1 THEN -p.quantity ELSE 0 END,
               CASE WHEN p.kind = 'pending' THEN -p.quantity WHEN p.kind = 'void' OR p.settles IS NOT NULL THEN p.quantity ELSE 0 END
        FROM account a JOIN posting p ON p.from_account = a.id AND p.entry <= $2
        WHERE {sight} AND (a.purpose = 'fund' OR a.purpose = 'consumed' AND a.resource IN (SELECT resource FROM account WHERE purpose = 'fund'))
        ) sides GROUP BY purpose, resource ORDER BY purpose, resource";
    STATEMENT = "SELECT s.entry, s.line, s.occurred_at, s.other, s.quantity, s.lot, s.serial, e.kind, e.activity, e.recorded_at, e.actor, e.reason, e.offer, e.need
        FROM (
            SELECT * FROM (SELECT entry, line, occurred_at, from_account AS other, quantity, lot, serial FROM posting
                WHERE to_account = $1 AND (occurred_at, entry, line) > ($2, $3, $4) AND occurred_at <= $5 AND entry <= $6
                ORDER BY occurred_at, entry, line LIMIT $7) AS came
            UNION ALL
            SELECT * FROM (SELECT entry, line, occurred_at, to_account, -quantity, lot, serial FROM posting
                WHERE from_account = $1 AND (occurred_at, entry, line) > ($2, $3, $4) AND occurred_at <= $5 AND entry <= $6
                ORDER BY occurred_at, entry, line LIMIT $7) AS went
        ) AS s JOIN entry e ON e.number = s.entry
        WHERE {sight} ORDER BY s.occurred_at, s.entry, s.line LIMIT $7";
    ACCOUNTS = "SELECT id, purpose, holder, owner, place, via, resource, caveats, posted, pending, tracked
        FROM account a JOIN balance ON balance.account = a.id
        WHERE {sight} AND id > $1 AND (CAST($2 AS TEXT) IS NULL OR purpose = $2) AND (CAST($3 AS TEXT) IS NULL OR holder = $3)
          AND (CAST($4 AS TEXT) IS NULL OR owner = $4) AND (CAST($5 AS TEXT) IS NULL OR place = $5)
          AND (CAST($6 AS TEXT) IS NULL OR resource = $6)
        ORDER BY id LIMIT $7";
    ACCOUNT_BY_ID = "SELECT id, purpose, holder, owner, place, via, resource, caveats FROM account a WHERE {sight} AND id = $1";
    ENTRIES = "SELECT number, kind, activity, occurred_at, recorded_at, actor, reason, idempotency_key, fingerprint, offer, need, plan, resolves, corrects, digest, about, consignment
        FROM entry e WHERE {sight} AND number > $1 AND (CAST($2 AS TEXT) IS NULL OR offer = $2) AND (CAST($3 AS TEXT) IS NULL OR need = $3)
          AND (CAST($4 AS TEXT) IS NULL OR plan = $4) ORDER BY number LIMIT $5";
    ENTRY_BY_KEY = "SELECT number, kind, activity, occurred_at, recorded_at, actor, reason, idempotency_key, fingerprint, offer, need, plan, resolves, corrects, digest, about, consignment
        FROM entry WHERE idempotency_key = $1";
    NEWEST_ENTRIES = "SELECT number, kind, activity, occurred_at, recorded_at, actor, reason, idempotency_key, fingerprint, offer, need, plan, resolves, corrects, digest, about, consignment
        FROM entry e WHERE {sight} AND number < $1 AND (CAST($2 AS TEXT) IS NULL OR offer = $2) AND (CAST($3 AS TEXT) IS NULL OR need = $3)
          AND (CAST($4 AS TEXT) IS NULL OR plan = $4) AND (CAST($5 AS TEXT) IS NULL OR activity = $5)
          AND (CAST($6 AS TEXT) IS NULL OR actor = $6) AND recorded_at <= $7 ORDER BY number DESC LIMIT $8";
    OPEN = "SELECT e.number, o.line, o.quantity FROM entry e JOIN open_line o ON o.entry = e.number AND o.quantity > 0
        WHERE e.number > $1 AND e.kind = 'pending' AND (CAST($2 AS TEXT) IS NULL OR e.offer = $2) AND (CAST($3 AS TEXT) IS NULL OR e.need = $3)
          AND (CAST($4 AS TEXT) IS NULL OR e.plan = $4) AND (CAST($5 AS TEXT) IS NULL OR e.activity = $5)
        ORDER BY e.number, o.line LIMIT $6";
    FLOWS = "SELECT e.offer, e.need, p.kind, CAST(CASE WHEN p.settles IS NULL THEN 0 ELSE 1 END AS BIGINT), p.resource,
            f.purpose, f.place, t.purpose, t.place, CAST(SUM(p.quantity) AS BIGINT)
        FROM posting p JOIN entry e ON e.number = p.entry JOIN account f ON f.id = p.from_account JOIN account t ON t.id = p.to_account
        WHERE {sight} AND p.entry <= $1 AND (p.kind <> 'posted' OR p.occurred_at <= $2)
          AND (CAST($3 AS TEXT) IS NULL OR e.offer = $3) AND (CAST($4 AS TEXT) IS NULL OR e.need = $4)
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9";
    LANE_LOADS = "SELECT t.via, p.occurred_at, p.resource, CAST(SUM(CASE WHEN p.kind = 'void' THEN -p.quantity ELSE p.quantity END) AS BIGINT)
        FROM posting p JOIN account t ON t.id = p.to_account JOIN account f ON f.id = p.from_account
        WHERE t.purpose = 'in_transit' AND f.purpose = 'on_hand' AND (p.kind <> 'posted' OR p.settles IS NULL)
        GROUP BY 1, 2, 3";
    PROCESS_LOADS = "SELECT t.via, p.occurred_at, CAST(SUM(CASE WHEN p.kind = 'void' THEN -p.quantity ELSE p.quantity END) AS BIGINT)
        FROM posting p JOIN account t ON t.id = p.to_account JOIN account f ON f.id = p.from_account
        WHERE t.purpose = 'in_process' AND f.purpose = 'on_hand' AND (p.kind <> 'posted' OR p.settles IS NULL)
        GROUP BY 1, 2";
    SETTLED = "SELECT CAST(COALESCE(SUM(CASE WHEN e.corrects IS NULL THEN p.quantity ELSE -p.quantity END), 0) AS BIGINT)
        FROM entry e JOIN posting p ON p.entry = e.number
        WHERE e.offer = $1 AND e.activity = $2 AND e.kind = 'posted' AND p.settles IS NOT NULL";
    HOLDINGS_OF = "SELECT h.lot, h.serial, h.quantity FROM account a JOIN holding h ON h.account = a.id
        WHERE a.name = $1 AND h.quantity > 0 ORDER BY h.lot, h.serial LIMIT 100000";
    HOLDINGS = "SELECT lot, serial, quantity FROM holding WHERE account = $1 AND quantity > 0 ORDER BY lot, serial LIMIT 100000";
    ACCOUNTS_BETWEEN = "SELECT p.entry, f.name, t.name FROM posting p JOIN account f ON f.id = p.from_account JOIN account t ON t.id = p.to_account
        WHERE p.entry BETWEEN $1 AND $2 AND p.line = 0";
    COUNTS = "SELECT (SELECT COUNT(*) FROM entry), (SELECT COUNT(*) FROM posting), (SELECT COUNT(*) FROM block)";
}

/// The number of the last entry recorded at or before a moment; 0 if there is none.
///
/// # Errors
/// If the engine fails.
pub async fn number_at(conn: &mut Conn, known: Timestamp) -> Result<EntryNumber, Error> {
    conn.row(NUMBER_AT, vec![known.as_microsecond().into()]).await?.map_or(Ok(0), |row| row.integer(0))
}

/// What an account held, and what was still to come and go, as of a date. `tracked` is not told.
///
/// # Errors
/// If the engine fails.
pub async fn balance(conn: &mut Conn, account: AccountId, at: AsOf) -> Result<Balance, Error> {
    let last = number_at(conn, at.known).await?;
    let values = vec![account.into(), at.occurred.as_microsecond().into(), last.into()];
    let row = conn.row(BALANCE_AT, values).await?.ok_or_else(|| Error::Corrupt("no answer".into()))?;
    Ok(Balance { posted: row.integer(0)?, pending: row.integer(1)?, tracked: 0 })
}

/// What is in funds that the viewer sees, and what they paid, as of a date: purpose of the account, money, and in all.
///
/// # Errors
/// If the engine fails.
pub async fn money(conn: &mut Conn, viewer: &Viewer, at: AsOf) -> Result<Vec<(AccountPurpose, Code, Balance)>, Error> {
    let last = number_at(conn, at.known).await?;
    let sight = sight::accounts(viewer, 3);
    let mut values: Vec<Value> = vec![at.occurred.as_microsecond().into(), last.into()];
    values.extend(sight.values);
    let sum = |row: &Row| {
        let balance = Balance { posted: row.integer(2)?, pending: row.integer(3)?, tracked: 0 };
        Ok((row.word(0)?, row.word(1)?, balance))
    };
    conn.rows(&MONEY.replace(SIGHT, &sight.sql), values).await?.iter().map(sum).collect()
}

/// One side of a posting, as an account's statement shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// The entry.
    pub entry: EntryNumber,
    /// The posting's place in it, counted from 0.
    pub line: i64,
    /// How the entry stands to time.
    pub kind: EntryKind,
    /// What happened.
    pub activity: Activity,
    /// When it was true.
    pub occurred_at: Timestamp,
    /// When it was written.
    pub recorded_at: Timestamp,
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// For which offer.
    pub offer: Option<Code>,
    /// For which need.
    pub need: Option<Code>,
    /// The account on the other side.
    pub other: AccountId,
    /// What came (above 0) or went (below).
    pub quantity: i64,
    /// Lot, or empty.
    pub lot: String,
    /// Serial number, or empty.
    pub serial: String,
}

/// Where a page of a statement ended: occurred (microseconds), entry, line. The next one begins after it.
pub type StatementKey = (i64, EntryNumber, i64);

/// A page of an account's statement, in order of time. It holds what is pending and void too, each by its kind.
///
/// # Errors
/// If the engine fails.
pub async fn statement(
    conn: &mut Conn,
    viewer: &Viewer,
    account: AccountId,
    at: AsOf,
    after: Option<StatementKey>,
    limit: i64,
) -> Result<Vec<StatementLine>, Error> {
    let last = number_at(conn, at.known).await?;
    let (occurred, entry, line) = after.unwrap_or((i64::MIN, 0, 0));
    let sight = sight::entries(viewer, 8);
    let mut values = vec![
        account.into(),
        occurred.into(),
        entry.into(),
        line.into(),
        at.occurred.as_microsecond().into(),
        last.into(),
        limit.clamp(1, LONGEST_PAGE).into(),
    ];
    values.extend(sight.values);
    conn.rows(&STATEMENT.replace(SIGHT, &sight.sql), values)
        .await?
        .iter()
        .map(|row| {
            Ok(StatementLine {
                entry: row.integer(0)?,
                line: row.integer(1)?,
                occurred_at: row.timestamp(2)?,
                other: row.integer(3)?,
                quantity: row.integer(4)?,
                lot: row.text(5)?,
                serial: row.text(6)?,
                kind: row.word(7)?,
                activity: row.word(8)?,
                recorded_at: row.timestamp(9)?,
                actor: row.text(10)?,
                reason: row.text(11)?,
                offer: row.maybe_code(12)?,
                need: row.maybe_code(13)?,
            })
        })
        .collect()
}

/// Which accounts are asked for; what is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountFilter {
    /// What for.
    pub purpose: Option<AccountPurpose>,
    /// In whose hands.
    pub holder: Option<String>,
    /// Whose.
    pub owner: Option<String>,
    /// Where.
    pub place: Option<String>,
    /// Of what.
    pub resource: Option<String>,
}

/// A page of accounts by number, each with what it holds now.
///
/// # Errors
/// If the engine fails.
pub async fn accounts(
    conn: &mut Conn,
    viewer: &Viewer,
    filter: &AccountFilter,
    after: AccountId,
    limit: i64,
) -> Result<Vec<(AccountId, AccountKey, Balance)>, Error> {
    let sight = sight::accounts(viewer, 8);
    let mut values = vec![
        after.into(),
        filter.purpose.map(|p| p.as_str().to_owned()).into(),
        filter.holder.clone().into(),
        filter.owner.clone().into(),
        filter.place.clone().into(),
        filter.resource.clone().into(),
        limit.clamp(1, LONGEST_PAGE).into(),
    ];
    values.extend(sight.values);
    conn.rows(&ACCOUNTS.replace(SIGHT, &sight.sql), values)
        .await?
        .iter()
        .map(|row| {
            let (id, key) = load::account(row)?;
            Ok((id, key, Balance { posted: row.integer(8)?, pending: row.integer(9)?, tracked: row.integer(10)? }))
        })
        .collect()
}

/// An account by its number.
///
/// # Errors
/// If the engine fails.
pub async fn account(conn: &mut Conn, viewer: &Viewer, id: AccountId) -> Result<Option<AccountKey>, Error> {
    let sight = sight::accounts(viewer, 2);
    let values = std::iter::once(id.into()).chain(sight.values).collect();
    let row = conn.row(&ACCOUNT_BY_ID.replace(SIGHT, &sight.sql), values).await?;
    row.map(|row| load::account(&row).map(|(_, key)| key)).transpose()
}

/// The keys of accounts by their numbers, for lines of entries that somebody sees anyway.
///
/// # Errors
/// If the engine fails.
pub async fn account_keys(
    conn: &mut Conn,
    ids: impl IntoIterator<Item = AccountId>,
) -> Result<BTreeMap<AccountId, AccountKey>, Error> {
    let ids: Vec<Value> = ids.into_iter().map(Value::from).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let sql = format!("SELECT {} FROM account WHERE id IN {{}}", load::ACCOUNT);
    conn.rows_in(&sql, ids).await?.iter().map(load::account).collect()
}

/// Which entries are asked for; what is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryFilter {
    /// For which offer.
    pub offer: Option<String>,
    /// For which need.
    pub need: Option<String>,
    /// From which plan.
    pub plan: Option<String>,
    /// Of which activity; only the newest entries are asked for so.
    pub activity: Option<Activity>,
    /// By whom; only the newest entries are asked for so.
    pub actor: Option<String>,
    /// With a unit of this serial number, of whatever item.
    pub serial: Option<String>,
}

impl EntryFilter {
    /// What keeps out entries that the viewer does not see or that have nothing of the serial number; its values begin at `$first`.
    fn condition(&self, viewer: &Viewer, first: usize) -> sight::Condition {
        let mut seen = sight::entries(viewer, first);
        if let Some(serial) = &self.serial {
            // Only where it is asked for, since no engine looks up the index behind an OR.
            let n = first + seen.values.len();
            seen.sql.push_str(&format!(
                " AND e.number IN (SELECT u.entry FROM posting u WHERE u.serial = ${n} AND u.serial <> '')"
            ));
            seen.values.push(serial.as_str().into());
        }
        seen
    }
}

/// A page of entries by number, with their lines.
///
/// # Errors
/// If the engine fails.
pub async fn entries(
    conn: &mut Conn,
    viewer: &Viewer,
    filter: &EntryFilter,
    after: EntryNumber,
    limit: i64,
) -> Result<Vec<Entry>, Error> {
    let sight = filter.condition(viewer, 6);
    let mut values: Vec<Value> = vec![
        after.into(),
        filter.offer.clone().into(),
        filter.need.clone().into(),
        filter.plan.clone().into(),
        limit.clamp(1, LONGEST_PAGE).into(),
    ];
    values.extend(sight.values);
    let rows = conn.rows(&ENTRIES.replace(SIGHT, &sight.sql), values).await?;
    with_lines(conn, rows).await
}

/// The entry that was written under an idempotency key, if there is one.
///
/// # Errors
/// If the engine fails.
pub async fn entry_by_key(conn: &mut Conn, key: &str) -> Result<Option<Entry>, Error> {
    let rows = conn.rows(ENTRY_BY_KEY, vec![key.into()]).await?;
    Ok(with_lines(conn, rows).await?.pop())
}

/// The newest entries before a number that were recorded by a moment, newest first, with their lines.
///
/// # Errors
/// If the engine fails.
pub async fn newest_entries(
    conn: &mut Conn,
    viewer: &Viewer,
    filter: &EntryFilter,
    before: EntryNumber,
    known: Timestamp,
    limit: i64,
) -> Result<Vec<Entry>, Error> {
    let sight = filter.condition(viewer, 9);
    let mut values: Vec<Value> = vec![
        before.into(),
        filter.offer.clone().into(),
        filter.need.clone().into(),
        filter.plan.clone().into(),
        filter.activity.map(|a| a.as_str().to_owned()).into(),
        filter.actor.clone().into(),
        known.as_microsecond().into(),
        limit.clamp(1, LONGEST_PAGE).into(),
    ];
    values.extend(sight.values);
    let rows = conn.rows(&NEWEST_ENTRIES.replace(SIGHT, &sight.sql), values).await?;
    with_lines(conn, rows).await
}

async fn with_lines(conn: &mut Conn, rows: Vec<crate::db::Row>) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::with_capacity(rows.len());
    for row in &rows {
        entries.push(load::entry(row)?.0);
    }
    let numbers: Vec<Value> = entries.iter().map(|e| e.number.into()).collect();
    let mut lines: BTreeMap<EntryNumber, BTreeMap<i64, _>> = BTreeMap::new();
    let sql = format!("SELECT {} FROM posting WHERE entry IN {{}}", load::LINE);
    for row in conn.rows_in(&sql, numbers).await? {
        lines.entry(row.integer(0)?).or_default().insert(row.integer(1)?, load::line(&row)?);
    }
    for entry in &mut entries {
        entry.lines = lines.remove(&entry.number).unwrap_or_default().into_values().collect();
    }
    Ok(entries)
}

/// A line of a pending entry that has not happened yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenLine {
    /// The pending entry.
    pub entry: EntryNumber,
    /// The line, counted from 0.
    pub line: u32,
    /// What is open of it.
    pub quantity: i64,
}

/// What has not happened yet, by entry number.
///
/// # Errors
/// If the engine fails.
pub async fn open(
    conn: &mut Conn,
    filter: &EntryFilter,
    activity: Option<Activity>,
    after: EntryNumber,
    limit: i64,
) -> Result<Vec<OpenLine>, Error> {
    let values = vec![
        after.into(),
        filter.offer.clone().into(),
        filter.need.clone().into(),
        filter.plan.clone().into(),
        activity.map(|a| a.as_str().to_owned()).into(),
        limit.into(),
    ];
    conn.rows(OPEN, values)
        .await?
        .iter()
        .map(|row| {
            let line =
                u32::try_from(row.integer(1)?).map_err(|_| Error::Corrupt("a line must have a number".into()))?;
            Ok(OpenLine { entry: row.integer(0)?, line, quantity: row.integer(2)? })
        })
        .collect()
}

/// What an account holds by lot and serial number, with quantities.
///
/// # Errors
/// If the engine fails.
pub async fn holdings(conn: &mut Conn, account: AccountId) -> Result<Vec<(String, String, i64)>, Error> {
    let rows = conn.rows(HOLDINGS, vec![account.into()]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?, row.integer(2)?))).collect()
}

/// How much of an offer's pending entries of an activity has happened.
///
/// # Errors
/// If the engine fails.
pub async fn settled(conn: &mut Conn, offer: &str, activity: Activity) -> Result<i64, Error> {
    conn.row(SETTLED, vec![offer.into(), activity.as_str().into()]).await?.map_or(Ok(0), |row| row.integer(0))
}

/// How much of a resource flowed, or was to flow, between two kinds of account, for whose sake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// For which offer.
    pub offer: Option<Code>,
    /// For which need.
    pub need: Option<Code>,
    /// How it stands to time.
    pub kind: EntryKind,
    /// Whether it settles, voids or opens again what was pending.
    pub settles: bool,
    /// Of what.
    pub resource: Code,
    /// Purpose of the account it left, and its place.
    pub from: (AccountPurpose, Option<Code>),
    /// Purpose of the account it went to, and its place.
    pub to: (AccountPurpose, Option<Code>),
    /// How much.
    pub quantity: i64,
}

/// Which flows are asked for; what is absent does not matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct FlowFilter<'a> {
    /// For which offer.
    pub offer: Option<&'a str>,
    /// For which need.
    pub need: Option<&'a str>,
}

/// Flows as of a date, summed.
///
/// # Errors
/// If the engine fails.
pub async fn flows(conn: &mut Conn, viewer: &Viewer, filter: FlowFilter<'_>, at: AsOf) -> Result<Vec<Flow>, Error> {
    let last = number_at(conn, at.known).await?;
    let sight = sight::entries(viewer, 5);
    let code = |code: Option<&str>| Value::from(code.map(str::to_owned));
    let values = [last.into(), at.occurred.as_microsecond().into(), code(filter.offer), code(filter.need)];
    let values = values.into_iter().chain(sight.values).collect();
    conn.rows(&FLOWS.replace(SIGHT, &sight.sql), values)
        .await?
        .iter()
        .map(|row| {
            Ok(Flow {
                offer: row.maybe_code(0)?,
                need: row.maybe_code(1)?,
                kind: row.word(2)?,
                settles: row.integer(3)? == 1,
                resource: row.word(4)?,
                from: (row.word(5)?, row.maybe_code(6)?),
                to: (row.word(7)?, row.maybe_code(8)?),
                quantity: row.integer(9)?,
            })
        })
        .collect()
}

/// What departs, or is to depart, on each lane at each moment: lane, when, resource, quantity.
///
/// # Errors
/// If the engine fails.
pub async fn lane_loads(conn: &mut Conn) -> Result<Vec<(String, Timestamp, String, i64)>, Error> {
    let rows = conn.rows(LANE_LOADS, vec![]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.timestamp(1)?, row.text(2)?, row.integer(3)?))).collect()
}

/// What starts, or is to start, in each process at each moment: process, when, quantity.
///
/// # Errors
/// If the engine fails.
pub async fn process_loads(conn: &mut Conn) -> Result<Vec<(String, Timestamp, i64)>, Error> {
    let rows = conn.rows(PROCESS_LOADS, vec![]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.timestamp(1)?, row.integer(2)?))).collect()
}

/// Number of entries, postings and blocks.
///
/// # Errors
/// If the engine fails.
pub async fn counts(conn: &mut Conn) -> Result<(i64, i64, i64), Error> {
    let row = conn.row(COUNTS, vec![]).await?.ok_or_else(|| Error::Corrupt("no answer".into()))?;
    Ok((row.integer(0)?, row.integer(1)?, row.integer(2)?))
}

/// The accounts between which the first lines of entries move something, by entry.
///
/// # Errors
/// If the engine fails.
pub async fn accounts_between(
    conn: &mut Conn,
    first: EntryNumber,
    last: EntryNumber,
) -> Result<BTreeMap<EntryNumber, (AccountKey, AccountKey)>, Error> {
    let account =
        |name: String| AccountKey::parse(&name).map_err(|_| Error::Corrupt(format!("{name} is no name of an account")));
    let rows = conn.rows(ACCOUNTS_BETWEEN, vec![first.into(), last.into()]).await?;
    rows.iter().map(|row| Ok((row.integer(0)?, (account(row.text(1)?)?, account(row.text(2)?)?)))).collect()
}

/// Units by lot or serial number that an account holds, by its name; none if it was never used.
///
/// # Errors
/// If the engine fails.
pub async fn holdings_of(conn: &mut Conn, account: &AccountKey) -> Result<Vec<(String, String, i64)>, Error> {
    let rows = conn.rows(HOLDINGS_OF, vec![account.to_string().into()]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?, row.integer(2)?))).collect()
}

//! Recomputes the whole journal: every entry's digest, every block's root, link and signature, and every balance from its postings.

use std::collections::{BTreeMap, HashMap};

use ed25519_dalek::VerifyingKey;
use muster_domain::{
    ledger::{
        account::{AccountId, AccountKey},
        entry::{EntryNumber, Hash, Line},
        seal::{Block, BlockNumber, Chain, Misfit, Sealed},
    },
    message,
};

use super::load;
use crate::{Error, db::Conn, epcis, picture::ChangesHash, statements, transfer::unit};

statements! {
    ACCOUNTS = "SELECT id, purpose, holder, owner, place, via, resource, caveats, name, external FROM account WHERE id > $1 ORDER BY id LIMIT 10000";
    BLOCKS = "SELECT number, first, last, root, previous, signature FROM block WHERE number > $1 ORDER BY number LIMIT 500";
    ENTRIES = "SELECT number, kind, activity, occurred_at, recorded_at, actor, reason, idempotency_key, fingerprint, offer, need, plan, resolves, corrects, digest, about, consignment
        FROM entry WHERE number BETWEEN $1 AND $2 ORDER BY number";
    POSTINGS = "SELECT entry, line, from_account, to_account, quantity, lot, serial, settles, kind, occurred_at FROM posting
        WHERE entry BETWEEN $1 AND $2 ORDER BY entry, line";
    // What is stated of a consignment, like what its lines are worth, changes no record.
    CHANGE_NOTES = "SELECT number, about FROM entry WHERE number > $1 AND kind = 'noted' AND activity = 'change' AND consignment IS NULL ORDER BY number LIMIT 1000";
    CHANGES_OF = "SELECT number, sheet, record, before, after FROM change WHERE entry = $1 AND number > $2 ORDER BY number LIMIT 10000";
    STRAY_CHANGE = "SELECT c.entry FROM change c JOIN entry e ON e.number = c.entry WHERE e.kind <> 'noted' OR e.activity <> 'change' OR e.consignment IS NOT NULL LIMIT 1";
    CAPTURE_NOTES = "SELECT number, about FROM entry WHERE number > $1 AND kind = 'noted' AND activity = 'capture' ORDER BY number LIMIT 1000";
    STRAY_EVENT = "SELECT v.entry FROM epcis_event v JOIN entry e ON e.number = v.entry WHERE e.kind <> 'noted' OR e.activity <> 'capture' LIMIT 1";
    OUTSIDE = "SELECT number FROM entry WHERE number < 1 OR number > $1 ORDER BY number LIMIT 1";
    WRONG_BALANCE = "SELECT a.id, a.name FROM account a LEFT JOIN balance b ON b.account = a.id LEFT JOIN (
            SELECT account, CAST(SUM(posted) AS BIGINT) AS posted, CAST(SUM(pending) AS BIGINT) AS pending FROM (
                SELECT to_account AS account, CASE WHEN kind = 'posted' THEN quantity ELSE 0 END AS posted,
                    CASE WHEN kind = 'pending' THEN quantity WHEN kind = 'void' OR settles IS NOT NULL THEN -quantity ELSE 0 END AS pending FROM posting
                UNION ALL
                SELECT from_account, CASE WHEN kind = 'posted' THEN -quantity ELSE 0 END,
                    CASE WHEN kind = 'pending' THEN -quantity WHEN kind = 'void' OR settles IS NOT NULL THEN quantity ELSE 0 END FROM posting
            ) AS sides GROUP BY account) AS s ON s.account = a.id
        WHERE COALESCE(b.posted, 0) <> COALESCE(s.posted, 0) OR COALESCE(b.pending, 0) <> COALESCE(s.pending, 0)
        ORDER BY a.id LIMIT 1";
    // What is kept less what the postings say, added up group by group: joins of the two would take time in proportion to their product.
    WRONG_HOLDING = "SELECT account, lot, serial FROM (
            SELECT account, lot, serial, quantity FROM holding
            UNION ALL
            SELECT p.to_account, p.lot, p.serial, -p.quantity FROM posting p JOIN account a ON a.id = p.to_account AND a.external = 0
                WHERE p.kind = 'posted' AND (p.lot <> '' OR p.serial <> '')
            UNION ALL
            SELECT p.from_account, p.lot, p.serial, p.quantity FROM posting p JOIN account a ON a.id = p.from_account AND a.external = 0
                WHERE p.kind = 'posted' AND (p.lot <> '' OR p.serial <> '')
        ) AS sides GROUP BY account, lot, serial HAVING SUM(quantity) <> 0 LIMIT 1";
    WRONG_OPEN = "SELECT entry, line FROM (
            SELECT entry, line, quantity, 0 AS kept FROM posting WHERE kind = 'pending' AND settles IS NULL
            UNION ALL
            SELECT COALESCE(e.resolves, c.resolves), r.settles, CASE WHEN e.corrects IS NULL THEN -r.quantity ELSE r.quantity END, 0
                FROM posting r JOIN entry e ON e.number = r.entry LEFT JOIN entry c ON c.number = e.corrects WHERE r.settles IS NOT NULL
            UNION ALL
            SELECT entry, line, -quantity, 1 FROM open_line
        ) AS sides GROUP BY entry, line HAVING SUM(quantity) <> 0 OR SUM(kept) <> 1 ORDER BY entry, line LIMIT 1";
}

/// A journal in which everything fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Number of blocks.
    pub blocks: BlockNumber,
    /// Number of entries.
    pub entries: EntryNumber,
    /// Hash of the last block. Whoever notes it can later tell whether the journal was cut short or written anew.
    pub head: Hash,
}

/// Recomputes everything with the public key given as bytes; see [`verify`].
///
/// # Errors
/// As [`verify`]; and if the bytes are not a public key.
pub async fn verify_with(
    conn: &mut Conn,
    key: [u8; 32],
    noted: Option<(BlockNumber, Hash)>,
    tell: impl Fn(EntryNumber),
) -> Result<Result<Verified, Misfit>, Error> {
    let key = VerifyingKey::from_bytes(&key).map_err(|_| Error::Unfit(message!("not-a-public-key")))?;
    verify(conn, &key, noted, tell).await
}

/// Recomputes everything. `noted` is a block's number and hash that somebody noted earlier; `tell` hears again and again how many entries fit
/// so far.
///
/// # Errors
/// Outside: if the engine fails. Inside: the first thing that does not fit.
pub async fn verify(
    conn: &mut Conn,
    key: &VerifyingKey,
    noted: Option<(BlockNumber, Hash)>,
    tell: impl Fn(EntryNumber),
) -> Result<Result<Verified, Misfit>, Error> {
    let accounts = match accounts(conn).await? {
        Ok(accounts) => accounts,
        Err(misfit) => return Ok(Err(misfit)),
    };
    let mut chain = Chain::new(*key);
    let mut seen = noted.is_none();
    loop {
        let (done, _) = chain.length();
        let rows = conn.rows(BLOCKS, vec![done.into()]).await?;
        if rows.is_empty() {
            break;
        }
        let blocks = rows.iter().map(load::block).collect::<Result<Vec<_>, _>>()?;
        if let Err(misfit) = check(conn, &mut chain, &accounts, &blocks, noted, &mut seen).await? {
            return Ok(Err(misfit));
        }
        tell(chain.length().1);
    }
    let (blocks, entries) = chain.length();
    let misfit = |entry, what| Ok(Err(Misfit { entry, block: None, what }));
    if !seen {
        return misfit(entries + 1, message!("misfit-cut-short"));
    }
    if let Some(row) = conn.row(OUTSIDE, vec![entries.into()]).await? {
        return misfit(row.integer(0)?, message!("misfit-not-sealed"));
    }
    if let Some(row) = conn.row(WRONG_BALANCE, vec![]).await? {
        return misfit(0, message!("misfit-balance", account = row.text(1)?));
    }
    if let Some(row) = conn.row(WRONG_HOLDING, vec![]).await? {
        let (lot, serial) = (row.text(1)?, row.text(2)?);
        return misfit(0, message!("misfit-holding", lot, serial, account = row.integer(0)?));
    }
    if let Some(row) = conn.row(WRONG_OPEN, vec![]).await? {
        return misfit(row.integer(0)?, message!("misfit-open", line = row.integer(1)?));
    }
    if let Some(unit) = unit::misfit(conn).await? {
        return misfit(0, message!("misfit-unit", unit));
    }
    if let Some(misfit) = changes(conn).await? {
        return Ok(Err(misfit));
    }
    if let Some(misfit) = captures(conn).await? {
        return Ok(Err(misfit));
    }
    Ok(Ok(Verified { blocks, entries, head: chain.head() }))
}

/// Whether every change of a record is as its note in the journal says.
async fn changes(conn: &mut Conn) -> Result<Option<Misfit>, Error> {
    let misfit = |entry| Some(Misfit { entry, block: None, what: message!("misfit-changes") });
    let mut after = 0;
    loop {
        let notes = conn.rows(CHANGE_NOTES, vec![after.into()]).await?;
        if notes.is_empty() {
            let stray = conn.row(STRAY_CHANGE, vec![]).await?;
            return Ok(stray.map(|row| row.integer(0)).transpose()?.and_then(misfit));
        }
        for note in &notes {
            after = note.integer(0)?;
            let mut hash = ChangesHash::default();
            let mut last = 0;
            loop {
                let rows = conn.rows(CHANGES_OF, vec![after.into(), last.into()]).await?;
                for row in &rows {
                    last = row.integer(0)?;
                    let (before, now) = (row.maybe_text(3)?, row.maybe_text(4)?);
                    hash.add(&row.text(1)?, &row.text(2)?, before.as_deref(), now.as_deref());
                }
                if rows.is_empty() {
                    break;
                }
            }
            if hash.about() != note.text(1)? {
                return Ok(misfit(after));
            }
        }
    }
}

/// Whether the events of others are those that the notes of their capture seal.
async fn captures(conn: &mut Conn) -> Result<Option<Misfit>, Error> {
    let misfit = |entry| Some(Misfit { entry, block: None, what: message!("misfit-events") });
    let mut after = 0;
    loop {
        let notes = conn.rows(CAPTURE_NOTES, vec![after.into()]).await?;
        if notes.is_empty() {
            let stray = conn.row(STRAY_EVENT, vec![]).await?;
            return Ok(stray.map(|row| row.integer(0)).transpose()?.and_then(misfit));
        }
        for note in &notes {
            after = note.integer(0)?;
            if epcis::about_entry(conn, after).await? != note.text(1)? {
                return Ok(misfit(after));
            }
        }
    }
}

type Accounts = HashMap<AccountId, AccountKey>;

async fn accounts(conn: &mut Conn) -> Result<Result<Accounts, Misfit>, Error> {
    let mut accounts = HashMap::new();
    let mut last = i64::MIN;
    loop {
        let rows = conn.rows(ACCOUNTS, vec![last.into()]).await?;
        if rows.is_empty() {
            return Ok(Ok(accounts));
        }
        for row in &rows {
            let (id, key) = load::account(row)?;
            if row.text(8)? != key.to_string() || (row.integer(9)? == 1) != key.purpose.is_external() {
                let what = message!("misfit-account", account = id);
                return Ok(Err(Misfit { entry: 0, block: None, what }));
            }
            last = id;
            accounts.insert(id, key);
        }
    }
}

/// Checks a page of blocks, reading entries and postings of about ten thousand entries at a time.
async fn check(
    conn: &mut Conn,
    chain: &mut Chain,
    accounts: &Accounts,
    blocks: &[Block],
    noted: Option<(BlockNumber, Hash)>,
    seen: &mut bool,
) -> Result<Result<(), Misfit>, Error> {
    let mut start = 0;
    while start < blocks.len() {
        let first = blocks[start].first;
        let mut end = start + 1;
        while end < blocks.len() && blocks[end].last.saturating_sub(first) < 10_000 {
            end += 1;
        }
        // A block may claim any range; what it claims beyond the last of this page is found by its own check.
        let last = blocks[start..end].iter().map(|b| b.last).max().unwrap_or(first);
        let mut sealed = self::sealed(conn, accounts, first, last).await?;
        for block in &blocks[start..end] {
            let rest = sealed.split_off(&(block.last + 1));
            let entries: Vec<Sealed> = std::mem::replace(&mut sealed, rest).into_values().collect();
            if let Err(misfit) = chain.check(block, &entries) {
                return Ok(Err(misfit));
            }
            if let Some((number, hash)) = noted.filter(|(number, _)| *number == block.number) {
                *seen = true;
                if hash != block.hash() {
                    let what = message!("misfit-noted-block", block = number);
                    return Ok(Err(Misfit { entry: block.first, block: Some(number), what }));
                }
            }
        }
        start = end;
    }
    Ok(Ok(()))
}

async fn sealed(
    conn: &mut Conn,
    accounts: &Accounts,
    first: EntryNumber,
    last: EntryNumber,
) -> Result<BTreeMap<EntryNumber, Sealed>, Error> {
    let range = vec![first.into(), last.into()];
    let mut lines: BTreeMap<EntryNumber, Vec<(Line, String, i64, i64)>> = BTreeMap::new();
    for row in conn.rows(POSTINGS, range.clone()).await? {
        let posting = (load::line(&row)?, row.text(8)?, row.integer(9)?, row.integer(1)?);
        lines.entry(row.integer(0)?).or_default().push(posting);
    }
    let mut sealed = BTreeMap::new();
    for row in conn.rows(ENTRIES, range).await? {
        let (mut entry, kept) = load::entry(&row)?;
        let number = entry.number;
        let found = lines.remove(&number).unwrap_or_default();
        // A posting repeats its entry's kind and time and counts from 0; where it does not, no digest can be right.
        let (kind, occurred) = (entry.kind.as_str(), entry.note.occurred_at.as_microsecond());
        let consistent = (0..).zip(&found).all(|(n, (_, k, at, line))| k == kind && *at == occurred && *line == n);
        entry.lines = found.into_iter().map(|(line, ..)| line).collect();
        let computed = if consistent { entry.digest(|id| accounts.get(&id)) } else { [0; 32] };
        sealed.insert(number, Sealed { number, kept, computed });
    }
    Ok(sealed)
}

//! From tables into the books: what a batch of commands touches, in as few queries as there are kinds of thing.

use std::collections::BTreeMap;

use muster_domain::{
    code::Code,
    field::Field,
    ledger::{
        account::{AccountId, AccountKey, AccountPurpose},
        books::{Balance, Books, Known, Missing},
        entry::{Command, Entry, EntryNumber, Hash, Line, Note, Subject},
        seal::{Block, BlockNumber},
    },
};

use crate::{
    Error,
    db::{Conn, Row, Value},
    statements,
};

statements! {
    LAST_ENTRY = "SELECT number, recorded_at FROM entry ORDER BY number DESC LIMIT 1";
    LAST_ACCOUNT = "SELECT COALESCE(MAX(id), 0) FROM account";
    LAST_BLOCK = "SELECT number, first, last, root, previous, signature FROM block ORDER BY number DESC LIMIT 1";
}

/// Columns of an entry, in the order in which [`entry`] reads them.
pub(super) const ENTRY: &str = "number, kind, activity, occurred_at, recorded_at, actor, reason, idempotency_key, fingerprint, offer, need, plan, resolves, corrects, digest, about, consignment";
/// Columns of a posting, in the order in which [`line`] reads them.
pub(super) const LINE: &str = "entry, line, from_account, to_account, quantity, lot, serial, settles";
/// Columns of an account, in the order in which [`account`] reads them.
pub(super) const ACCOUNT: &str = "id, purpose, holder, owner, place, via, resource, caveats";

/// Empty books at the journal's end, and its last block.
pub(super) async fn head(conn: &mut Conn) -> Result<(Books, Option<(BlockNumber, Hash)>), Error> {
    let (number, recorded) = last_entry(conn).await?;
    let account = conn.row(LAST_ACCOUNT, vec![]).await?.map_or(Ok(0), |row| row.integer(0))?;
    let block = conn.row(LAST_BLOCK, vec![]).await?.map(|row| block(&row)).transpose()?;
    Ok((Books::new(number, recorded, account), block.map(|b| (b.number, b.hash()))))
}

/// The journal's last entry and when it was recorded; 0 if there is none.
pub(super) async fn last_entry(conn: &mut Conn) -> Result<(EntryNumber, jiff::Timestamp), Error> {
    match conn.row(LAST_ENTRY, vec![]).await? {
        Some(row) => Ok((row.integer(0)?, row.timestamp(1)?)),
        None => Ok((0, jiff::Timestamp::MIN)),
    }
}

/// Loads all that `commands` touch and that the books do not hold yet.
pub(super) async fn missing(
    conn: &mut Conn,
    books: &mut Books,
    commands: &[Command],
    careful: bool,
) -> Result<(), Error> {
    if careful {
        keys(conn, books, commands).await?;
    }
    // An entry names accounts and further entries, so it takes a few rounds: entry, what it resolves, their lots.
    for _ in 0..8 {
        let mut wanted = Missing::default();
        commands.iter().for_each(|command| books.missing(command, &mut wanted));
        let known = books.size();
        let asked = !(wanted.lots.is_empty() && wanted.serials.is_empty());
        accounts_by_name(conn, books, &wanted).await?;
        entries(conn, books, &wanted).await?;
        holdings(conn, books, &wanted).await?;
        if books.size() == known && !asked {
            break;
        }
    }
    Ok(())
}

async fn keys(conn: &mut Conn, books: &mut Books, commands: &[Command]) -> Result<(), Error> {
    let unknown = commands.iter().map(|c| &c.note.key).filter(|key| !books.knows_key(key));
    let wanted: Vec<Value> = unknown.map(|key| key.as_str().into()).collect();
    let sql = "SELECT idempotency_key, number, fingerprint FROM entry WHERE idempotency_key IN {}";
    for row in conn.rows_in(sql, wanted).await? {
        books.load_key(row.text(0)?, row.integer(1)?, hash(&row, 2)?);
    }
    Ok(())
}

async fn accounts_by_name(conn: &mut Conn, books: &mut Books, wanted: &Missing) -> Result<(), Error> {
    let names = wanted.accounts.iter().map(|key| key.to_string().into());
    load_accounts(conn, books, "name", names.collect()).await
}

async fn load_accounts(conn: &mut Conn, books: &mut Books, by: &str, values: Vec<Value>) -> Result<(), Error> {
    let sql = format!(
        "SELECT {ACCOUNT}, posted, pending, tracked FROM account JOIN balance ON balance.account = account.id WHERE {by} IN {{}}"
    );
    for row in conn.rows_in(&sql, values).await? {
        let (id, key) = account(&row)?;
        let balance = Balance { posted: row.integer(8)?, pending: row.integer(9)?, tracked: row.integer(10)? };
        if books.account(id).is_none() {
            books.load_account(id, key, balance);
        }
    }
    Ok(())
}

async fn entries(conn: &mut Conn, books: &mut Books, wanted: &Missing) -> Result<(), Error> {
    let numbers: Vec<Value> = wanted.entries.iter().map(|n| (*n).into()).collect();
    if numbers.is_empty() {
        return Ok(());
    }
    let mut lines: BTreeMap<EntryNumber, Vec<Line>> = BTreeMap::new();
    let sql = format!("SELECT {LINE} FROM posting WHERE entry IN {{}} ORDER BY entry, line");
    for row in conn.rows_in(&sql, numbers.clone()).await? {
        lines.entry(row.integer(0)?).or_default().push(line(&row)?);
    }
    let mut open: BTreeMap<EntryNumber, Vec<i64>> = BTreeMap::new();
    let sql = "SELECT entry, quantity FROM open_line WHERE entry IN {} ORDER BY entry, line";
    for row in conn.rows_in(sql, numbers.clone()).await? {
        open.entry(row.integer(0)?).or_default().push(row.integer(1)?);
    }
    let mut corrected = Vec::new();
    for row in conn.rows_in("SELECT corrects FROM entry WHERE corrects IN {}", numbers.clone()).await? {
        corrected.push(row.integer(0)?);
    }
    let ids = lines.values().flatten().flat_map(|l| [l.from, l.to]).filter(|id| books.account(*id).is_none());
    let ids: std::collections::BTreeSet<AccountId> = ids.collect();
    load_accounts(conn, books, "id", ids.into_iter().map(Value::from).collect()).await?;
    for row in conn.rows_in(&format!("SELECT {ENTRY} FROM entry WHERE number IN {{}}"), numbers).await? {
        let (mut entry, _) = entry(&row)?;
        let number = entry.number;
        // Lists may be filled up with a repeated value, so a row may come twice.
        let Some(found) = lines.remove(&number) else { continue };
        entry.lines = found;
        books.load_entry(Known {
            entry,
            open: open.remove(&number).unwrap_or_default(),
            corrected: corrected.contains(&number),
        });
    }
    Ok(())
}

async fn holdings(conn: &mut Conn, books: &mut Books, wanted: &Missing) -> Result<(), Error> {
    let mut ids = Vec::new();
    for (resource, column, name) in wanted
        .lots
        .iter()
        .map(|(resource, lot)| (resource, "lot", lot))
        .chain(wanted.serials.iter().map(|(resource, serial)| (resource, "serial", serial)))
    {
        // What the indexes leave out is said, too: without it an engine reads all holdings for each name.
        let held = if column == "serial" { " AND quantity > 0" } else { "" };
        let sql = format!(
            "SELECT account, lot, serial, quantity FROM holding WHERE resource = $1 AND {column} = $2 AND {column} <> ''{held}"
        );
        for row in conn.rows(&sql, vec![resource.as_str().into(), name.as_str().into()]).await? {
            ids.push(row.integer(0)?);
            books.load_holding((row.integer(0)?, row.text(1)?, row.text(2)?), row.integer(3)?);
        }
        let (lot, serial) = if column == "lot" { (name.as_str(), "") } else { ("", name.as_str()) };
        books.loaded_holdings(resource, lot, serial);
    }
    ids.retain(|id| books.account(*id).is_none());
    load_accounts(conn, books, "id", ids.into_iter().map(Value::from).collect()).await
}

fn hash(row: &Row, column: usize) -> Result<Hash, Error> {
    row.bytes(column)?.try_into().map_err(|_| Error::Corrupt("a hash does not have 32 bytes".into()))
}

fn code(text: &str) -> Result<Code, Error> {
    Code::new(text).map_err(|right| Error::Corrupt(format!("`{text}` must be {right}")))
}

/// Reads an account and its number.
pub(super) fn account(row: &Row) -> Result<(AccountId, AccountKey), Error> {
    let caveats = row.text(7)?;
    let key = AccountKey {
        purpose: row.word::<AccountPurpose>(1)?,
        holder: code(&row.text(2)?)?,
        owner: code(&row.text(3)?)?,
        place: row.maybe_code(4)?,
        via: row.maybe_code(5)?,
        resource: code(&row.text(6)?)?,
        caveats: if caveats.is_empty() {
            Vec::new()
        } else {
            Vec::<Code>::parse(&caveats).map_err(|right| Error::Corrupt(format!("`{caveats}` must be {right}")))?
        },
    };
    Ok((row.integer(0)?, key))
}

/// Reads an entry without its lines, and the digest kept with it.
pub(super) fn entry(row: &Row) -> Result<(Entry, Hash), Error> {
    let entry = Entry {
        number: row.integer(0)?,
        kind: row.word(1)?,
        activity: row.word(2)?,
        note: Note { occurred_at: row.timestamp(3)?, actor: row.text(5)?, reason: row.text(6)?, key: row.text(7)? },
        recorded_at: row.timestamp(4)?,
        fingerprint: hash(row, 8)?,
        subject: Subject {
            offer: row.maybe_code(9)?,
            need: row.maybe_code(10)?,
            plan: row.maybe_code(11)?,
            consignment: row.maybe_code(16)?,
        },
        resolves: row.maybe_integer(12)?,
        corrects: row.maybe_integer(13)?,
        about: row.text(15)?,
        lines: Vec::new(),
    };
    Ok((entry, hash(row, 14)?))
}

/// Reads a posting.
pub(super) fn line(row: &Row) -> Result<Line, Error> {
    let settles = row.maybe_integer(7)?.map(u32::try_from).transpose();
    Ok(Line {
        from: row.integer(2)?,
        to: row.integer(3)?,
        quantity: row.integer(4)?,
        lot: row.text(5)?,
        serial: row.text(6)?,
        settles: settles.map_err(|_| Error::Corrupt("a settled line must have a number".into()))?,
    })
}

/// Reads a block.
pub(super) fn block(row: &Row) -> Result<Block, Error> {
    let signature =
        row.bytes(5)?.try_into().map_err(|_| Error::Corrupt("a signature does not have 64 bytes".into()))?;
    let (root, previous) = (hash(row, 3)?, hash(row, 4)?);
    Ok(Block { number: row.integer(0)?, first: row.integer(1)?, last: row.integer(2)?, root, previous, signature })
}

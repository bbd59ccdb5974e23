//! From the books into tables: a batch's entries and what they changed, in as few statements as there are tables.

use ed25519_dalek::SigningKey;
use muster_domain::{
    code::Code,
    ledger::{
        books::Books,
        entry::{Entry, EntryKind, EntryNumber, Hash},
        seal::{Block, BlockNumber},
    },
};

use super::load::ENTRY;
use crate::db::{Batch, Value};

/// What entries and all they changed in the books are in the tables, sealed as one block, and that block. Accounts and balances come in
/// the order of their numbers, after the entries: the entries' numbers are the lock for which writers wait.
pub(super) fn entries(
    books: &mut Books,
    entries: &[&Entry],
    last: Option<(BlockNumber, Hash)>,
    key: &SigningKey,
) -> (Vec<Batch>, Option<(BlockNumber, Hash)>) {
    let Some(first) = entries.first() else { return (Vec::new(), None) };
    let digests: Vec<Hash> = entries.iter().map(|e| e.digest(|id| books.account(id))).collect();
    let rows = entries.iter().zip(&digests).map(|(entry, digest)| entry_row(entry, digest)).collect();
    let mut inserts = vec![Batch::insert(&format!("INSERT INTO entry ({ENTRY})"), rows)];

    let dirty = books.take_dirty();
    inserts.push(accounts(books, dirty.accounts));
    let rows = entries.iter().flat_map(|e| (0..).zip(&e.lines).map(|(n, l)| posting_row(books, e, n, l))).collect();
    let posting = "INSERT INTO posting (entry, line, kind, occurred_at, from_account, to_account, resource, quantity, lot, serial, settles)";
    inserts.push(Batch::insert(posting, rows));
    let rows = dirty.balances.into_iter().map(|id| balance_row(books, id)).collect();
    let balance = "INSERT INTO balance (account, external, posted, pending, tracked)";
    let update = "ON CONFLICT (account) DO UPDATE SET posted = excluded.posted, pending = excluded.pending, tracked = excluded.tracked";
    inserts.push(Batch::insert_or(balance, update, rows));
    // What leaves is written before what comes, so that a serial number is never in two places.
    let mut held: Vec<_> = dirty.holdings.into_iter().map(|key| (books.holding(&key), key)).collect();
    held.sort();
    let rows = held.into_iter().map(|(quantity, (id, lot, serial))| {
        let resource = books.account(id).map_or("", |a| a.resource.as_str());
        vec![id.into(), lot.into(), serial.into(), resource.into(), quantity.into()]
    });
    let holding = "INSERT INTO holding (account, lot, serial, resource, quantity)";
    let update = "ON CONFLICT (account, lot, serial) DO UPDATE SET quantity = excluded.quantity";
    inserts.push(Batch::insert_or(holding, update, rows.collect()));
    inserts.push(open_lines(books, entries, dirty.open));

    let block = Block::seal(last, first.number, &digests, key);
    let row = vec![
        block.number.into(),
        block.first.into(),
        block.last.into(),
        block.root.as_slice().into(),
        block.previous.as_slice().into(),
        block.signature.as_slice().into(),
    ];
    inserts.push(Batch::insert("INSERT INTO block (number, first, last, root, previous, signature)", vec![row]));
    (inserts, Some((block.number, block.hash())))
}

fn entry_row(entry: &Entry, digest: &Hash) -> Vec<Value> {
    let code = |code: &Option<Code>| Value::Text(code.as_ref().map(ToString::to_string));
    vec![
        entry.number.into(),
        entry.kind.as_str().into(),
        entry.activity.as_str().into(),
        entry.note.occurred_at.as_microsecond().into(),
        entry.recorded_at.as_microsecond().into(),
        entry.note.actor.as_str().into(),
        entry.note.reason.as_str().into(),
        entry.note.key.as_str().into(),
        entry.fingerprint.as_slice().into(),
        code(&entry.subject.offer),
        code(&entry.subject.need),
        code(&entry.subject.plan),
        entry.resolves.into(),
        entry.corrects.into(),
        digest.as_slice().into(),
        entry.about.as_str().into(),
        code(&entry.subject.consignment),
    ]
}

fn posting_row(books: &Books, entry: &Entry, n: i64, line: &muster_domain::ledger::entry::Line) -> Vec<Value> {
    vec![
        entry.number.into(),
        n.into(),
        entry.kind.as_str().into(),
        entry.note.occurred_at.as_microsecond().into(),
        line.from.into(),
        line.to.into(),
        books.account(line.from).map_or("", |a| a.resource.as_str()).into(),
        line.quantity.into(),
        line.lot.as_str().into(),
        line.serial.as_str().into(),
        line.settles.map(i64::from).into(),
    ]
}

fn accounts(books: &Books, ids: impl IntoIterator<Item = i64>) -> Batch {
    let code = |code: &Option<Code>| Value::Text(code.as_ref().map(ToString::to_string));
    let rows = ids.into_iter().filter_map(|id| books.account(id).map(|account| (id, account))).map(|(id, account)| {
        vec![
            id.into(),
            account.to_string().into(),
            account.purpose.as_str().into(),
            account.holder.as_str().into(),
            account.owner.as_str().into(),
            code(&account.place),
            code(&account.via),
            account.resource.as_str().into(),
            account.caveats_text().into(),
            i64::from(account.purpose.is_external()).into(),
        ]
    });
    let insert = "INSERT INTO account (id, name, purpose, holder, owner, place, via, resource, caveats, external)";
    Batch::insert(insert, rows.collect())
}

fn balance_row(books: &Books, id: i64) -> Vec<Value> {
    let (balance, external) = (books.balance(id), books.account(id).is_some_and(|a| a.purpose.is_external()));
    vec![id.into(), i64::from(external).into(), balance.posted.into(), balance.pending.into(), balance.tracked.into()]
}

/// What is open of pending entries: all lines of new ones, and the lines of older ones that changed.
fn open_lines(books: &Books, entries: &[&Entry], changed: impl IntoIterator<Item = (EntryNumber, u32)>) -> Batch {
    let new = entries
        .iter()
        .filter(|e| e.kind == EntryKind::Pending && e.corrects.is_none())
        .flat_map(|e| (0..).zip(&e.lines).map(|(n, _)| (e.number, n)));
    let lines: std::collections::BTreeSet<(EntryNumber, u32)> = new.chain(changed).collect();
    let rows =
        lines.into_iter().map(|(number, n)| vec![number.into(), i64::from(n).into(), books.open(number, n).into()]);
    let insert = "INSERT INTO open_line (entry, line, quantity)";
    Batch::insert_or(insert, "ON CONFLICT (entry, line) DO UPDATE SET quantity = excluded.quantity", rows.collect())
}

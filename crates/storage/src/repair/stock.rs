//! Where what is to be repaired is, and what may be taken for it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use muster_domain::{code::Code, ledger::account::AccountKey, viewer::Viewer};

use crate::{
    Error,
    db::{Conn, Row, Value},
    sight::{self, SIGHT},
    statements,
    transfer::read::account,
};

/// A week, in microseconds.
const WEEK: i64 = 7 * 24 * 3_600 * 1_000_000;

statements! {
    ISSUED = "SELECT own, origin, lot, serial, CAST(SUM(quantity) AS BIGINT)
        FROM (SELECT a.name AS own, o.name AS origin, p.lot, p.serial, p.quantity FROM account a JOIN posting p ON p.to_account = a.id
              JOIN account o ON o.id = p.from_account WHERE a.via = $1 AND a.purpose = 'in_process' AND p.kind = 'posted'
            UNION ALL SELECT a.name, o.name, p.lot, p.serial, -p.quantity FROM account a JOIN posting p ON p.from_account = a.id
              JOIN account o ON o.id = p.to_account WHERE a.via = $1 AND a.purpose = 'in_process' AND p.kind = 'posted') moved
        GROUP BY own, origin, lot, serial HAVING SUM(quantity) <> 0 ORDER BY own, origin, lot, serial";
    HELD_BY = "SELECT b.posted FROM account a JOIN balance b ON b.account = a.id WHERE a.name = $1";
    HELD = "SELECT a.name FROM holding h JOIN account a ON a.id = h.account
        WHERE h.resource = $1 AND h.serial = $2 AND h.serial <> '' AND h.quantity > 0 AND a.external = 0";
    STOCK = "SELECT a.name, b.posted + CASE WHEN b.pending < 0 THEN b.pending ELSE 0 END FROM account a JOIN balance b ON b.account = a.id
        WHERE a.purpose = 'on_hand' AND a.resource = $1 AND a.place = $2 AND b.posted > 0 ORDER BY a.id";
    PARTS = "SELECT a.name, b.posted + CASE WHEN b.pending < 0 THEN b.pending ELSE 0 END FROM account a JOIN balance b ON b.account = a.id
        WHERE (a.purpose = 'on_hand' OR a.purpose = 'in_service' AND a.holder = $3) AND a.resource = $1 AND a.place = $2 AND b.posted > 0
        ORDER BY a.purpose DESC, a.id";
    // Weeks are counted from the end of the first, which has all that was before.
    AVAILABLE = "SELECT t.holder, t.resource, t.week, CAST(SUM(t.quantity) AS BIGINT)
        FROM (SELECT a.holder, a.resource, p.quantity, CASE WHEN p.occurred_at <= $1 THEN 0 ELSE (p.occurred_at - $1 + $2 - 1) / $2 END AS week
              FROM account a JOIN posting p ON p.to_account = a.id
              WHERE {sight} AND a.purpose = 'in_service' AND p.kind = 'posted' AND p.occurred_at <= $3
            UNION ALL SELECT a.holder, a.resource, -p.quantity, CASE WHEN p.occurred_at <= $1 THEN 0 ELSE (p.occurred_at - $1 + $2 - 1) / $2 END
              FROM account a JOIN posting p ON p.from_account = a.id
              WHERE {sight} AND a.purpose = 'in_service' AND p.kind = 'posted' AND p.occurred_at <= $3) t
        GROUP BY t.holder, t.resource, t.week ORDER BY t.holder, t.resource, t.week";
    REPORTED = "SELECT CAST(COALESCE(SUM(quantity), 0) AS BIGINT) FROM work_order WHERE account = $1 AND serial = ''
        AND state NOT IN ('released', 'returned', 'beyond_economic_repair', 'cannibalised', 'cancelled')";
}

/// Units in an order's own account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The account.
    pub account: AccountKey,
    /// Where they came from, less what went back there.
    pub origin: AccountKey,
    /// The lot, or empty.
    pub lot: String,
    /// The serial number, or empty.
    pub serial: String,
    /// How many units; below 0 where more came out than went in, as of goods that became others.
    pub quantity: i64,
}

/// What lies in an order's own accounts, by where it came from: what was taken out of stock for it and not put back; what was used up
/// or became something else counts below 0.
///
/// # Errors
/// If the engine fails.
pub async fn issued(conn: &mut Conn, order: &str) -> Result<Vec<Issued>, Error> {
    let issued = |row: &Row| {
        Ok(Issued {
            account: account(&row.text(0)?)?,
            origin: account(&row.text(1)?)?,
            lot: row.text(2)?,
            serial: row.text(3)?,
            quantity: row.integer(4)?,
        })
    };
    conn.rows(ISSUED, vec![order.into()]).await?.iter().map(issued).collect()
}

/// The account in which something with a serial number is.
///
/// # Errors
/// If the engine fails.
pub async fn held(conn: &mut Conn, resource: &str, serial: &str) -> Result<Option<AccountKey>, Error> {
    let row = conn.row(HELD, vec![resource.into(), serial.into()]).await?;
    row.map(|row| account(&row.text(0)?)).transpose()
}

/// How much an account has; nothing if it was never used.
///
/// # Errors
/// If the engine fails.
pub async fn held_by(conn: &mut Conn, account: &AccountKey) -> Result<i64, Error> {
    conn.row(HELD_BY, vec![account.to_string().into()]).await?.map_or(Ok(0), |row| row.integer(0))
}

/// How many units without serial numbers open orders have in an account.
///
/// # Errors
/// If the engine fails.
pub async fn reported(conn: &mut Conn, account: &AccountKey) -> Result<i64, Error> {
    conn.row(REPORTED, vec![account.to_string().into()]).await?.map_or(Ok(0), |row| row.integer(0))
}

/// Accounts with stock of a resource at a place, and how much of it nobody was promised.
///
/// # Errors
/// If the engine fails.
pub async fn stock(conn: &mut Conn, resource: &str, place: &str) -> Result<Vec<(AccountKey, i64)>, Error> {
    let rows = conn.rows(STOCK, vec![resource.into(), place.into()]).await?;
    rows.iter().map(|row| Ok((account(&row.text(0)?)?, row.integer(1)?))).collect()
}

/// The same for parts: also those that whoever repairs was given for its need.
///
/// # Errors
/// If the engine fails.
pub async fn parts_at(
    conn: &mut Conn,
    (resource, place): (&str, &str),
    repairs: &Code,
) -> Result<Vec<(AccountKey, i64)>, Error> {
    let rows = conn.rows(PARTS, vec![resource.into(), place.into(), repairs.into()]).await?;
    rows.iter().map(|row| Ok((account(&row.text(0)?)?, row.integer(1)?))).collect()
}

/// How many units of each resource each party had in service, of what the viewer sees, at the end of each of some weeks: the first ends at
/// `first`, there are `weeks` of them.
///
/// # Errors
/// If the engine fails.
pub async fn available(
    conn: &mut Conn,
    viewer: &Viewer,
    first: Timestamp,
    weeks: usize,
) -> Result<BTreeMap<(Code, Code), Vec<i64>>, Error> {
    let (first, last) = (first.as_microsecond(), weeks.saturating_sub(1) as i64);
    let sight = sight::accounts(viewer, 4);
    let mut values: Vec<Value> = vec![first.into(), WEEK.into(), (first + last * WEEK).into()];
    values.extend(sight.values);
    let mut available: BTreeMap<(Code, Code), Vec<i64>> = BTreeMap::new();
    for row in conn.rows(&AVAILABLE.replace(SIGHT, &sight.sql), values).await? {
        let units = available.entry((row.word(0)?, row.word(1)?)).or_insert_with(|| vec![0; weeks]);
        let (week, change) = (row.integer(2)?, row.integer(3)?);
        // What changed in a week holds at its end and from then on.
        units.iter_mut().skip(usize::try_from(week).unwrap_or_default()).for_each(|units| *units += change);
    }
    Ok(available)
}

#[cfg(test)]
mod tests {
    use muster_domain::repair::WorkOrderState;

    use super::*;

    #[test]
    fn the_orders_that_hold_what_was_reported_are_those_that_are_open() {
        for state in WorkOrderState::ALL {
            assert_eq!(REPORTED.contains(&format!("'{state}'")), !state.is_open(), "{state}");
        }
    }
}

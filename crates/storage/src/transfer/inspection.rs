//! End-use checks: units in service with what was received and checked of them, as of any date.

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    ledger::{account::AccountKey, entry::EntryNumber},
    viewer::Viewer,
};

use super::{EntryRef, Inspection};
use crate::{
    Error,
    db::{Conn, Row, Value},
    ledger::read::{AsOf, number_at},
    sight::{self, SIGHT},
    statements,
};

statements! {
    // A unit is an item with a serial number, in whatever state: its clock starts when it first came into service, and it is where it went
    // last. What is repaired goes in and comes out by one entry, of which what came out counts. The few accounts of units lead to their
    // postings: SQLite takes tables in the order of a CROSS JOIN.
    IN_SERVICE = "SELECT u.item, u.serial, u.received_at, a.name,
            COALESCE((SELECT f.offer FROM entry f WHERE f.number = p.entry), (SELECT q.offer FROM (SELECT f.number, f.offer FROM posting o JOIN entry f ON f.number = o.entry JOIN resources s ON s.code = o.resource
                WHERE o.serial = u.serial AND o.serial <> '' AND s.item = u.item AND o.kind = 'posted' AND o.occurred_at <= $1 AND o.entry <= $2
                  AND f.offer IS NOT NULL) q ORDER BY q.number DESC LIMIT 1)),
            (SELECT MAX(i.occurred_at) FROM inspection i JOIN resources s ON s.code = i.resource WHERE i.serial = u.serial AND s.item = u.item
              AND i.occurred_at <= $1 AND i.entry <= $2 AND i.grade <> 'not_found')
        FROM (SELECT s.item, p.serial, MIN(p.occurred_at) AS received_at,
              (SELECT MAX(o.entry) FROM posting o JOIN resources r ON r.code = o.resource WHERE o.serial = p.serial AND o.serial <> ''
                AND r.item = s.item AND o.kind = 'posted' AND o.occurred_at <= $1 AND o.entry <= $2) AS last_entry
            FROM account a CROSS JOIN posting p JOIN resources s ON s.code = p.resource
            WHERE p.to_account = a.id AND a.purpose = 'in_service' AND p.kind = 'posted' AND p.serial <> ''
              AND p.occurred_at <= $1 AND p.entry <= $2
              AND NOT EXISTS (SELECT 1 FROM entry c WHERE c.corrects = p.entry AND c.number <= $2)
            GROUP BY s.item, p.serial) u
          JOIN posting p ON p.entry = u.last_entry AND p.serial = u.serial JOIN account a ON a.id = p.to_account
        WHERE {sight} AND a.caveats <> '' AND a.purpose NOT IN ('national_stock', 'consumed', 'lost')
          AND EXISTS (SELECT 1 FROM resources s WHERE s.code = p.resource AND s.item = u.item)
          AND NOT EXISTS (SELECT 1 FROM posting n JOIN account b ON b.id = n.to_account JOIN resources s ON s.code = n.resource
            WHERE n.entry = p.entry AND n.serial = p.serial AND s.item = u.item
              AND (n.from_account = p.to_account OR a.purpose = 'in_process' AND b.purpose <> 'in_process'))
        LIMIT $3";
    KNOWN = "SELECT 1 FROM posting p JOIN entry e ON e.number = p.entry JOIN account a ON a.id = p.to_account
        WHERE {sight} AND p.serial = $2 AND p.serial <> '' AND p.resource IN (SELECT s.code FROM resources s WHERE s.item = (
          SELECT item FROM resources WHERE code = $1)) LIMIT 1";
    ONE = "SELECT code, resource, serial, grade, occurred_at, recorded_at, actor, evidence, remark, entry FROM inspection WHERE code = $1";
    OF_UNIT = "SELECT code, resource, serial, grade, occurred_at, recorded_at, actor, evidence, remark, entry FROM inspection
        WHERE serial = $2 AND resource IN (SELECT s.code FROM resources s WHERE s.item = (SELECT item FROM resources WHERE code = $1))
        ORDER BY occurred_at, code LIMIT 500";
}

/// How all units are found: by the accounts of units, of which those with caveats are watched.
const ALL: [&str; 3] =
    ["account a CROSS JOIN posting p", "AND p.occurred_at <= $1 AND p.entry <= $2\n", "a.caveats <> '' AND "];
/// Instead of that: one of them, by its serial number, whatever its caveats.
const THIS: [&str; 3] = [
    "posting p CROSS JOIN account a",
    "AND p.occurred_at <= $1 AND p.entry <= $2 AND p.serial = $5 AND s.item = (SELECT item FROM resources WHERE code = $4)\n",
    "",
];

/// A unit that came into service and has not left the books: it is in service, in repair or on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InService {
    /// The item.
    pub item: Code,
    /// The serial number.
    pub serial: String,
    /// When it first came into service.
    pub received_at: Timestamp,
    /// The account in which it is: its state, who has it, where, and the caveats under which it was given.
    pub account: AccountKey,
    /// Of which offer.
    pub offer: Option<Code>,
    /// When it was last checked and found, in whatever state.
    pub checked_at: Option<Timestamp>,
}

/// Units under caveats that came into service and that the viewer sees, as of a date, in no order. They are told at once and not by pages:
/// each page would have to look at all of them again.
///
/// # Errors
/// If the engine fails.
pub async fn in_service(conn: &mut Conn, viewer: &Viewer, at: AsOf, limit: i64) -> Result<Vec<InService>, Error> {
    let last = number_at(conn, at.known).await?;
    let sight = sight::watched(viewer, 4);
    let mut values: Vec<Value> = vec![at.occurred.as_microsecond().into(), last.into(), limit.into()];
    values.extend(sight.values);
    let rows = conn.rows(&IN_SERVICE.replace(SIGHT, &sight.sql), values).await?;
    rows.iter().map(unit).collect()
}

/// A unit that came into service and that the viewer sees, as it is now, under whatever caveats, by any resource of its item.
///
/// # Errors
/// If the engine fails.
pub async fn in_service_one(
    conn: &mut Conn,
    viewer: &Viewer,
    resource: &str,
    serial: &str,
) -> Result<Option<InService>, Error> {
    one_in_service(conn, viewer, (Timestamp::MAX, i64::MAX), resource, serial).await
}

/// The same as of a date, as known at an entry.
pub(super) async fn one_in_service(
    conn: &mut Conn,
    viewer: &Viewer,
    (occurred, last): (Timestamp, EntryNumber),
    resource: &str,
    serial: &str,
) -> Result<Option<InService>, Error> {
    let sight = sight::watched(viewer, 6);
    let occurred = occurred.as_microsecond();
    let mut values: Vec<Value> = vec![occurred.into(), last.into(), 1.into(), resource.into(), serial.into()];
    values.extend(sight.values);
    let this = ALL.iter().zip(THIS).fold(IN_SERVICE.to_owned(), |sql, (all, this)| sql.replace(all, this));
    let row = conn.row(&this.replace(SIGHT, &sight.sql), values).await?;
    row.as_ref().map(unit).transpose()
}

fn unit(row: &Row) -> Result<InService, Error> {
    Ok(InService {
        item: row.word(0)?,
        serial: row.text(1)?,
        received_at: row.timestamp(2)?,
        account: super::read::account(&row.text(3)?)?,
        offer: row.maybe_code(4)?,
        checked_at: row.maybe_integer(5)?.map(super::read::time).transpose()?,
    })
}

/// Whether the viewer sees that a unit moved, or had it in service, in whatever state.
///
/// # Errors
/// If the engine fails.
pub async fn is_known(conn: &mut Conn, viewer: &Viewer, resource: &str, serial: &str) -> Result<bool, Error> {
    let sight = sight::units(viewer, 3);
    let mut values: Vec<Value> = vec![resource.into(), serial.into()];
    values.extend(sight.values);
    Ok(conn.row(&KNOWN.replace(SIGHT, &sight.sql), values).await?.is_some())
}

/// The checks of a unit, in order.
///
/// # Errors
/// If the engine fails.
pub async fn of_unit(conn: &mut Conn, resource: &str, serial: &str) -> Result<Vec<Inspection>, Error> {
    let rows = conn.rows(OF_UNIT, vec![resource.into(), serial.into()]).await?;
    rows.iter().map(inspection).collect()
}

/// One check.
///
/// # Errors
/// If the engine fails.
pub async fn one(conn: &mut Conn, code: &str) -> Result<Option<Inspection>, Error> {
    conn.row(ONE, vec![code.into()]).await?.as_ref().map(inspection).transpose()
}

fn inspection(row: &Row) -> Result<Inspection, Error> {
    Ok(Inspection {
        code: row.word(0)?,
        resource: row.word(1)?,
        serial: row.text(2)?,
        grade: row.word(3)?,
        occurred_at: row.timestamp(4)?,
        recorded_at: row.timestamp(5)?,
        actor: row.text(6)?,
        evidence: row.text(7)?,
        remark: row.text(8)?,
        entry: EntryRef::Known(row.integer(9)?),
    })
}

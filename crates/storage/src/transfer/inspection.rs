//! End-use checks: units in service with what was received and checked of them, as of any date.

use jiff::Timestamp;
use muster_domain::{code::Code, field::Field, ledger::account::AccountKey, viewer::Viewer};

use super::{EntryRef, Inspection};
use crate::{
    Error,
    db::{Conn, Row, Value},
    ledger::read::{AsOf, LONGEST_PAGE, number_at},
    sight::{self, SIGHT},
    statements,
};

statements! {
    // The few accounts of units lead to their postings: SQLite takes tables in the order of a CROSS JOIN.
    IN_SERVICE = "SELECT p.resource, p.serial, MAX(p.occurred_at), a.holder, a.place, a.caveats, MAX(e.offer),
            (SELECT MAX(i.occurred_at) FROM inspection i WHERE i.resource = p.resource AND i.serial = p.serial
              AND i.occurred_at <= $1 AND i.entry <= $2 AND i.grade <> 'not_found')
        FROM account a CROSS JOIN posting p JOIN entry e ON e.number = p.entry
        WHERE {sight} AND a.id = p.to_account AND a.purpose = 'in_service' AND p.kind = 'posted' AND p.serial <> ''
          AND p.occurred_at <= $1 AND p.entry <= $2
          AND a.caveats <> '' AND (p.resource, p.serial) > ($3, $4)
          AND NOT EXISTS (SELECT 1 FROM posting q WHERE q.from_account = p.to_account AND q.resource = p.resource AND q.serial = p.serial
            AND q.kind = 'posted' AND q.occurred_at <= $1 AND q.entry <= $2 AND q.entry > p.entry)
        GROUP BY p.resource, p.serial, a.holder, a.place, a.caveats ORDER BY p.resource, p.serial LIMIT $5";
    HELD = "SELECT a.name FROM holding h JOIN account a ON a.id = h.account
        WHERE h.resource = $1 AND h.serial = $2 AND h.serial <> '' AND h.quantity > 0 AND a.purpose = 'in_service'";
    KNOWN = "SELECT 1 FROM posting p JOIN entry e ON e.number = p.entry JOIN account a ON a.id = p.to_account
        WHERE {sight} AND p.resource = $1 AND p.serial = $2 AND p.serial <> '' LIMIT 1";
    ONE = "SELECT code, resource, serial, grade, occurred_at, recorded_at, actor, evidence, remark, entry FROM inspection WHERE code = $1";
    OF_UNIT = "SELECT code, resource, serial, grade, occurred_at, recorded_at, actor, evidence, remark, entry FROM inspection
        WHERE resource = $1 AND serial = $2 ORDER BY occurred_at, code LIMIT 500";
}

/// Which units are asked for: those under caveats after one of them.
const AFTER: &str = "a.caveats <> '' AND (p.resource, p.serial) > ($3, $4)";
/// Instead of that: one of all.
const THIS: &str = "p.resource = $3 AND p.serial = $4";

/// A unit in service that was given under caveats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InService {
    /// The resource.
    pub resource: Code,
    /// The serial number.
    pub serial: String,
    /// When the unit received it.
    pub received_at: Timestamp,
    /// The unit that has it.
    pub holder: Code,
    /// Where.
    pub place: Option<Code>,
    /// The caveats under which it was given.
    pub caveats: Vec<Code>,
    /// Of which offer.
    pub offer: Option<Code>,
    /// When it was last checked and found.
    pub checked_at: Option<Timestamp>,
}

/// Units in service under caveats that the viewer sees, as of a date, in order of resource and serial number, after one of them.
///
/// # Errors
/// If the engine fails.
pub async fn in_service(
    conn: &mut Conn,
    viewer: &Viewer,
    at: AsOf,
    after: Option<(&str, &str)>,
    limit: i64,
) -> Result<Vec<InService>, Error> {
    let last = number_at(conn, at.known).await?;
    let sight = sight::units(viewer, 6);
    let (resource, serial) = after.unwrap_or(("", ""));
    let mut values: Vec<Value> = vec![
        at.occurred.as_microsecond().into(),
        last.into(),
        resource.into(),
        serial.into(),
        limit.clamp(1, LONGEST_PAGE).into(),
    ];
    values.extend(sight.values);
    let rows = conn.rows(&IN_SERVICE.replace(SIGHT, &sight.sql), values).await?;
    rows.iter().map(unit).collect()
}

/// A unit in service that the viewer sees, as it is now, under whatever caveats.
///
/// # Errors
/// If the engine fails.
pub async fn in_service_one(
    conn: &mut Conn,
    viewer: &Viewer,
    resource: &str,
    serial: &str,
) -> Result<Option<InService>, Error> {
    let sight = sight::units(viewer, 6);
    let mut values: Vec<Value> = vec![i64::MAX.into(), i64::MAX.into(), resource.into(), serial.into(), 1.into()];
    values.extend(sight.values);
    let row = conn.row(&IN_SERVICE.replace(SIGHT, &sight.sql).replace(AFTER, THIS), values).await?;
    row.as_ref().map(unit).transpose()
}

fn unit(row: &Row) -> Result<InService, Error> {
    let caveats = row.text(5)?;
    let wrong = |right| Error::Corrupt(format!("`{caveats}` must be {right}"));
    Ok(InService {
        resource: row.word(0)?,
        serial: row.text(1)?,
        received_at: row.timestamp(2)?,
        holder: row.word(3)?,
        place: row.maybe_code(4)?,
        caveats: Vec::<Code>::parse(&caveats).map_err(wrong)?,
        offer: row.maybe_code(6)?,
        checked_at: row.maybe_integer(7)?.map(super::read::time).transpose()?,
    })
}

/// The account in which a unit has something with a serial number in service.
///
/// # Errors
/// If the engine fails.
pub async fn held(conn: &mut Conn, resource: &str, serial: &str) -> Result<Option<AccountKey>, Error> {
    let row = conn.row(HELD, vec![resource.into(), serial.into()]).await?;
    row.map(|row| super::read::account(&row.text(0)?)).transpose()
}

/// Whether the viewer sees that a unit moved, or had it in service.
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

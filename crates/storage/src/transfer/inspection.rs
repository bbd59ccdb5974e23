//! End-use checks: units in service with what was received and checked of them, as of any date.

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    end_use::Checks,
    ledger::{account::AccountKey, entry::EntryNumber},
    viewer::Viewer,
};

use super::{EntryRef, Inspection, corrected::taken_back};
use crate::{
    Error,
    db::{Conn, Row, Value},
    ledger::read::{AsOf, number_at},
    sight::{self, SIGHT},
    statements,
    wanted::Where,
};

/// Checks, each with that it was taken back.
macro_rules! checks {
    () => {
        "SELECT i.code, i.resource, i.serial, i.grade, i.occurred_at, i.recorded_at, i.actor, i.evidence, i.remark, i.entry,
          b.recorded_at, b.actor, b.reason, b.entry
        FROM inspection i LEFT JOIN inspection_taken_back b ON b.inspection = i.code"
    };
}

statements! {
    // A unit is an item with a serial number, in whatever state: its clock starts when it first came into service, and it is where it went
    // last.
    UNIT = "SELECT u.item, u.serial, u.received_at, (SELECT a.name FROM account a WHERE a.id = u.account), u.offer, u.checked_at
        FROM unit_state u WHERE u.serial = $4 AND u.item = (SELECT item FROM resources WHERE code = $3)
          AND u.from_at <= $1 AND u.until_at > $1 AND u.from_entry <= $2 AND u.until_entry > $2 AND {sight} LIMIT 1";
    KNOWN = "SELECT 1 FROM posting p JOIN entry e ON e.number = p.entry JOIN account a ON a.id = p.to_account
        WHERE {sight} AND p.serial = $2 AND p.serial <> '' AND p.resource IN (SELECT s.code FROM resources s WHERE s.item = (
          SELECT item FROM resources WHERE code = $1)) LIMIT 1";
    // What was taken back, and what took it back, moved nothing.
    LAST_MOVED = "SELECT MAX(p.occurred_at) FROM posting p JOIN resources s ON s.code = p.resource JOIN entry e ON e.number = p.entry
        LEFT JOIN entry c ON c.corrects = p.entry
        WHERE p.serial <> '' AND p.serial = $2 AND p.kind = 'posted' AND s.item = (SELECT item FROM resources WHERE code = $1)
          AND e.corrects IS NULL AND c.number IS NULL";
    ONE = concat!(checks!(), " WHERE i.code = $1");
    OF_UNIT = concat!(
        checks!(),
        " WHERE i.serial = $2 AND i.resource IN (SELECT s.code FROM resources s WHERE s.item = (SELECT item FROM resources WHERE code = $1))
        ORDER BY i.occurred_at, i.code LIMIT 500"
    );
}

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

/// After how many days units of an item under some caveats are to be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedKind {
    /// The item.
    pub item: Code,
    /// The caveats, as accounts name them.
    pub caveats: String,
    /// When they are to be checked.
    pub checks: Checks,
}

/// Among which units those are asked for; what is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Among {
    /// Those in the hands of this party.
    pub holder: Option<String>,
    /// Those at this place, or on their way to it.
    pub place: Option<String>,
    /// Those that ever moved of an offer of this nation.
    pub nation: Option<String>,
}

/// Which units that are to be checked are asked for.
#[derive(Clone, Debug)]
pub struct Watch<'a> {
    /// As of which date.
    pub at: AsOf,
    /// What is to be checked, and when.
    pub kinds: &'a [WatchedKind],
    /// What was due before this is overdue.
    pub moment: Timestamp,
    /// Only those that are due before this.
    pub before: Option<Timestamp>,
    /// Only those of these.
    pub among: &'a Among,
}

/// How many units are watched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// All of the kinds that are asked for.
    pub watched: usize,
    /// Those that are overdue.
    pub overdue: usize,
}

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// Of the condition of a date, what an index of what holds now is made for.
const NOW: &str = "u.until_at = 9223372036854775807 AND u.until_entry = 9223372036854775807";
/// The same for any date; its values are the first two.
const THEN: &str = "u.from_at <= $1 AND u.until_at > $1 AND u.from_entry <= $2 AND u.until_entry > $2";

/// The condition of a date, and its values, if any.
async fn holds(conn: &mut Conn, at: AsOf) -> Result<(&'static str, Vec<Value>), Error> {
    if at == AsOf::NOW {
        return Ok((NOW, Vec::new()));
    }
    let last = number_at(conn, at.known).await?;
    Ok((THEN, vec![at.occurred.as_microsecond().into(), last.into()]))
}

/// The items and caveats of all units as of a date.
///
/// # Errors
/// If the engine fails.
pub async fn kinds(conn: &mut Conn, at: AsOf) -> Result<Vec<(Code, String)>, Error> {
    let (holds, values) = holds(conn, at).await?;
    let sql = format!("SELECT DISTINCT u.item, u.caveats FROM unit_state u WHERE {holds} ORDER BY u.item, u.caveats");
    conn.rows(&sql, values).await?.iter().map(|row| Ok((row.word(0)?, row.text(1)?))).collect()
}

/// When each of the units that are watched and that the viewer sees is due, as a query with the columns of [`UNIT`] and `due`, and its
/// values.
async fn watched(conn: &mut Conn, viewer: &Viewer, watch: &Watch<'_>) -> Result<(String, Vec<Value>), Error> {
    let (holds, mut values) = holds(conn, watch.at).await?;
    let mut kinds = Vec::with_capacity(watch.kinds.len());
    for kind in watch.kinds {
        let n = values.len();
        kinds.push(format!("(${}, ${}, ${}, ${})", n + 1, n + 2, n + 3, n + 4));
        // What is not due before the end of time never is.
        let days = |days: u32| i64::from(days).saturating_mul(DAY).min(i64::MAX / 4);
        let again = kind.checks.again_days.map(days);
        values.extend([
            (&kind.item).into(),
            kind.caveats.as_str().into(),
            days(kind.checks.first_days).into(),
            again.into(),
        ]);
    }
    let mut all = Where::after(values);
    all.and(|n| {
        let sight = sight::watched(viewer, n);
        (sight.sql, sight.values)
    });
    all.is("u.holder", watch.among.holder.clone());
    if let Some(place) = &watch.among.place {
        let there = |n| format!("EXISTS (SELECT 1 FROM account a WHERE a.id = u.account AND a.place = ${n})");
        all.and(|n| (there(n), vec![place.as_str().into()]));
    }
    if let Some(nation) = &watch.among.nation {
        let given =
            |n| format!("SELECT g.given FROM unit_given g JOIN offers o ON o.code = g.offer WHERE o.donor = ${n}");
        all.and(|n| (format!("u.given IN ({})", given(n)), vec![nation.as_str().into()]));
    }
    // SQLite takes tables in the order of a CROSS JOIN: of what holds now, an index has each kind together; of another date all is read
    // once.
    let tables = if watch.at == AsOf::NOW { ["kind k", "unit_state u"] } else { ["unit_state u", "kind k"] };
    let sql = format!(
        "WITH kind (item, caveats, first, again) AS (VALUES {}), watched AS (
            SELECT u.item, u.serial, u.received_at, u.account, u.offer, u.checked_at,
              CASE WHEN u.checked_at IS NULL THEN u.received_at + k.first ELSE u.checked_at + k.again END AS due
            FROM {} WHERE u.item = k.item AND u.caveats = k.caveats AND {holds} AND {})",
        kinds.join(", "),
        tables.join(" CROSS JOIN "),
        all.text()
    );
    Ok((sql, all.values))
}

/// How many units are watched and how many of them are overdue, of those that the viewer sees.
///
/// # Errors
/// If the engine fails.
pub async fn totals(conn: &mut Conn, viewer: &Viewer, watch: &Watch<'_>) -> Result<Totals, Error> {
    if watch.kinds.is_empty() {
        return Ok(Totals::default());
    }
    let (watched, mut values) = watched(conn, viewer, watch).await?;
    let n = values.len();
    values.push(watch.moment.as_microsecond().into());
    let sql = format!("{watched} SELECT COUNT(*), COUNT(CASE WHEN due < ${} THEN 1 END) FROM watched", n + 1);
    let row = conn.row(&sql, values).await?.ok_or_else(|| Error::Corrupt("no answer".into()))?;
    let count = |column| row.integer(column).map(|n| usize::try_from(n).unwrap_or(0));
    Ok(Totals { watched: count(0)?, overdue: count(1)? })
}

/// A place in the list of units that are due: when, in microseconds, the serial number and the item.
pub type DuePlace = (i64, String, String);

/// Units that are watched, of those that the viewer sees, with when each is due; the longest overdue first. After one of them, if one is
/// named.
///
/// # Errors
/// If the engine fails.
pub async fn due(
    conn: &mut Conn,
    viewer: &Viewer,
    watch: &Watch<'_>,
    (after, limit): (Option<&DuePlace>, i64),
) -> Result<Vec<(InService, Timestamp)>, Error> {
    if watch.kinds.is_empty() {
        return Ok(Vec::new());
    }
    let (watched, mut values) = watched(conn, viewer, watch).await?;
    let (n, order) = (values.len(), conn.engine().by_bytes());
    values.extend([before(watch), limit.into()]);
    let order = format!("due, serial{order}, item{order}");
    let mut later = String::new();
    if let Some((due, serial, item)) = after {
        later = format!(" AND ({order}) > (${}, ${}, ${})", n + 3, n + 4, n + 5);
        values.extend([(*due).into(), serial.as_str().into(), item.as_str().into()]);
    }
    let sql = format!(
        "{watched} SELECT d.item, d.serial, d.received_at, (SELECT a.name FROM account a WHERE a.id = d.account), d.offer, d.checked_at, d.due
         FROM (SELECT * FROM watched WHERE due < ${}{later} ORDER BY {order} LIMIT ${}) d ORDER BY {order}",
        n + 1,
        n + 2
    );
    conn.rows(&sql, values).await?.iter().map(|row| Ok((unit(row)?, row.timestamp(6)?))).collect()
}

/// Before when what is wanted is due: before the end of time, at the latest.
fn before(watch: &Watch<'_>) -> Value {
    watch.before.map_or(Timestamp::MAX.as_microsecond() + 1, Timestamp::as_microsecond).into()
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

/// When a unit was last moved or handed over, by any resource of its item; never: it is in no book.
///
/// # Errors
/// If the engine fails.
pub async fn last_moved(conn: &mut Conn, resource: &str, serial: &str) -> Result<Option<Timestamp>, Error> {
    let row = conn.row(LAST_MOVED, vec![resource.into(), serial.into()]).await?;
    row.map_or(Ok(None), |row| row.maybe_timestamp(0))
}

/// The same as of a date, as known at an entry.
pub(super) async fn one_in_service(
    conn: &mut Conn,
    viewer: &Viewer,
    (occurred, last): (Timestamp, EntryNumber),
    resource: &str,
    serial: &str,
) -> Result<Option<InService>, Error> {
    let sight = sight::watched(viewer, 5);
    // No row holds from the last of all numbers on.
    let last = last.min(super::unit::NEVER - 1);
    let mut values: Vec<Value> = vec![occurred.as_microsecond().into(), last.into(), resource.into(), serial.into()];
    values.extend(sight.values);
    let row = conn.row(&UNIT.replace(SIGHT, &sight.sql), values).await?;
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
        taken_back: taken_back(row, 10, EntryNumber::MAX)?,
    })
}

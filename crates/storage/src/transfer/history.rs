//! What happened to one unit, by its serial number: its moves, what consignments told of it, and what was wrong with it. Its checks, losses,
//! disposals, third-party transfers and repairs have lists of their own. And by which consignments entries of the journal moved something.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    consignment::Milestone,
    ledger::{
        account::AccountKey,
        entry::{Activity, EntryNumber},
    },
    viewer::Viewer,
};

use super::{
    Variance,
    held::came_by,
    read::{VARIANCE, account, variance},
    same_item,
    taken_back::stands,
};
use crate::{
    Error,
    db::{Conn, Row, Value},
    sight,
    wanted::Where,
};

/// Most of each kind that is read of one unit.
const MOST: i64 = 1_000;

/// A move of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// When.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// By what.
    pub activity: Activity,
    /// The account it left, if the viewer sees the entry and not only that their party has it since.
    pub from: Option<AccountKey>,
    /// The account it went to.
    pub to: AccountKey,
    /// By which consignment, if the viewer sees it.
    pub consignment: Option<Code>,
    /// Of which offer, if the viewer sees the entry.
    pub offer: Option<Code>,
    /// Who recorded it, or empty.
    pub actor: String,
    /// Why, or empty.
    pub reason: String,
}

/// A milestone of a consignment with the unit in it: one at which nothing moves, or that was signed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The consignment.
    pub consignment: Code,
    /// Which milestone.
    pub kind: Milestone,
    /// Where.
    pub place: Code,
    /// When.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// By whom.
    pub actor: String,
    /// A remark.
    pub remark: String,
    /// The handover by which it was signed for.
    pub handover: Option<Code>,
}

/// The resource and serial number of a unit as values.
fn named(resource: &str, serial: &str) -> Vec<Value> {
    vec![resource.into(), serial.into(), MOST.into()]
}

/// The moves of a unit, by any resource of its item, that the viewer sees; the last recorded first.
///
/// # Errors
/// If the engine fails.
pub async fn moves(conn: &mut Conn, viewer: &Viewer, resource: &str, serial: &str) -> Result<Vec<Moved>, Error> {
    let (seen, by) = (sight::units(viewer, 4), sight::consignments(viewer, 4));
    let values = named(resource, serial).into_iter().chain(seen.values).collect();
    // All look at the same audiences.
    let told = sight::entries(viewer, 4).sql;
    let sql = format!(
        "SELECT p.occurred_at, e.recorded_at, e.activity, CASE WHEN {told} THEN f.name END, a.name, {}, CASE WHEN {told} THEN e.offer END,
          CASE WHEN {told} THEN e.actor ELSE '' END, CASE WHEN {told} THEN e.reason ELSE '' END
        FROM posting p JOIN resources s ON s.code = p.resource JOIN entry e ON e.number = p.entry
          JOIN account f ON f.id = p.from_account JOIN account a ON a.id = p.to_account
        WHERE {} AND p.serial = $2 AND p.serial <> '' AND p.kind = 'posted' AND {} ORDER BY p.entry DESC, p.line DESC LIMIT $3",
        came_by("p.serial", "s.item", &by.sql),
        seen.sql,
        same_item("p.resource", 1)
    );
    let moved = |row: &Row| {
        Ok(Moved {
            occurred_at: row.timestamp(0)?,
            recorded_at: row.timestamp(1)?,
            activity: row.word(2)?,
            from: row.maybe_text(3)?.map(|name| account(&name)).transpose()?,
            to: account(&row.text(4)?)?,
            consignment: row.maybe_code(5)?,
            offer: row.maybe_code(6)?,
            actor: row.text(7)?,
            reason: row.text(8)?,
        })
    };
    conn.rows(&sql, values).await?.iter().map(moved).collect()
}

/// Milestones at which nothing moves, and those that were signed for, of consignments in which the unit was on a line that the viewer sees;
/// the last recorded first.
///
/// # Errors
/// If the engine fails.
pub async fn milestones(conn: &mut Conn, viewer: &Viewer, resource: &str, serial: &str) -> Result<Vec<Told>, Error> {
    let seen = sight::consignment_lines(viewer, 4);
    let values = named(resource, serial).into_iter().chain(seen.values).collect();
    let sql = format!(
        "SELECT m.consignment, m.kind, m.place, m.occurred_at, m.recorded_at, m.actor, m.remark, h.code
        FROM milestone_unit u JOIN milestone_line l ON l.consignment = u.consignment AND l.number = u.number AND l.line = u.line
          JOIN milestone m ON m.consignment = u.consignment AND m.number = u.number
          LEFT JOIN handover h ON h.consignment = m.consignment AND h.milestone = m.number
        WHERE {} AND u.serial = $2 AND u.serial <> '' AND {} AND {} AND (h.code IS NOT NULL OR m.kind IN ('readied', 'inspected'))
        ORDER BY m.recorded_at DESC, m.consignment, m.number DESC LIMIT $3",
        seen.sql,
        same_item("l.resource", 1),
        stands!("m")
    );
    let told = |row: &Row| {
        Ok(Told {
            consignment: row.word(0)?,
            kind: row.word(1)?,
            place: row.word(2)?,
            occurred_at: row.timestamp(3)?,
            recorded_at: row.timestamp(4)?,
            actor: row.text(5)?,
            remark: row.text(6)?,
            handover: row.maybe_code(7)?,
        })
    };
    conn.rows(&sql, values).await?.iter().map(told).collect()
}

/// Variances that name the unit and that the viewer sees, but for those that they are still to count; the last found first.
///
/// # Errors
/// If the engine fails.
pub async fn variances(conn: &mut Conn, viewer: &Viewer, resource: &str, serial: &str) -> Result<Vec<Variance>, Error> {
    let seen = sight::counted_variances(viewer, 4);
    let values = named(resource, serial).into_iter().chain(seen.values).collect();
    let sql = format!(
        "SELECT {VARIANCE} FROM variance_unit u JOIN variance v ON v.code = u.variance
        WHERE {} AND u.serial = $2 AND u.serial <> '' AND {} ORDER BY v.occurred_at DESC, v.code LIMIT $3",
        seen.sql,
        same_item("v.resource", 1)
    );
    conn.rows(&sql, values).await?.iter().map(variance).collect()
}

/// The consignments by which entries moved what was promised, as the milestone before each says; entries that name their own are not told.
///
/// # Errors
/// If the engine fails.
pub async fn moved_by(
    conn: &mut Conn,
    entries: impl IntoIterator<Item = EntryNumber>,
) -> Result<BTreeMap<EntryNumber, Code>, Error> {
    let sql = "SELECT e.number, m.consignment FROM entry e JOIN consignment_step s ON s.entry = e.resolves
            JOIN milestone m ON m.consignment = s.consignment AND m.occurred_at = e.occurred_at AND m.entry < e.number
        WHERE e.kind = 'posted' AND e.consignment IS NULL AND e.number IN {} ORDER BY e.number, m.entry";
    // Of several milestones of one moment, the last before it.
    let rows = conn.rows_in(sql, entries.into_iter().map(Value::from)).await?;
    rows.iter().map(|row| Ok((row.integer(0)?, row.word(1)?))).collect()
}

/// Those of some consignments that the viewer sees.
///
/// # Errors
/// If the engine fails.
pub async fn seen(conn: &mut Conn, viewer: &Viewer, codes: &BTreeSet<String>) -> Result<BTreeSet<String>, Error> {
    if codes.is_empty() {
        return Ok(BTreeSet::new());
    }
    let mut all = Where::after(Vec::new());
    all.and(|n| {
        let sight = sight::consignments(viewer, n);
        (sight.sql, sight.values)
    });
    all.among("c.code", &codes.iter().cloned().collect::<Vec<_>>());
    let sql = format!("SELECT c.code FROM consignment c WHERE {}", all.text());
    conn.rows(&sql, all.values).await?.iter().map(|row| row.text(0)).collect()
}

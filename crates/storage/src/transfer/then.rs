//! What a consignment was and held when it reached a milestone, whatever became of it since.

use std::collections::BTreeSet;

use jiff::Timestamp;
use muster_domain::{code::Code, consignment::Milestone};

use super::{
    HandlingUnit, Line, Unit,
    read::{handling_unit, unit},
    taken_back::stands,
};
use crate::{
    Error,
    db::{Conn, Row},
    statements,
};

statements! {
    HEAD = "SELECT consignor, consignee, destination FROM milestone_head WHERE consignment = $1 AND number = $2";
    LINES = "SELECT line, offer, need, resource, quantity, condition FROM milestone_line WHERE consignment = $1 AND number = $2 ORDER BY line";
    UNITS = "SELECT line, lot, serial, quantity, sscc FROM milestone_unit WHERE consignment = $1 AND number = $2 ORDER BY line, unit";
    // Also what a part changed hands with, before it was parted off or joined, is its own.
    LAST_HANDS = concat!("SELECT m.kind, m.occurred_at FROM milestone m
        WHERE m.kind IN ('departed', 'arrived_at_node', 'title_transferred', 'received_by_unit') AND m.completes IS NULL AND ", stands!("m"), "
          AND (m.consignment = $1
          OR EXISTS (SELECT 1 FROM line_origin o WHERE o.consignment = $1 AND o.of_consignment = m.consignment AND m.number <= o.of_number))
        ORDER BY m.occurred_at DESC, m.kind LIMIT 1");
    LEFT_ON = concat!("SELECT m.number FROM milestone m WHERE m.consignment = $1 AND m.movement = $2 AND m.kind = 'departed' AND ", stands!("m"), " ORDER BY m.number");
    // Title that passed before a line was split off or joined passed to it, too.
    TITLED = concat!("SELECT a.line FROM milestone b JOIN milestone_line a ON a.consignment = b.consignment AND a.number = b.number
        WHERE b.consignment = $1 AND b.kind = 'title_transferred' AND ", stands!("b"), "
        UNION SELECT o.line FROM line_origin o
            JOIN milestone_line a ON a.consignment = o.of_consignment AND a.line = o.of_line AND a.number <= o.of_number
            JOIN milestone b ON b.consignment = a.consignment AND b.number = a.number
        WHERE o.consignment = $1 AND b.kind = 'title_transferred' AND ", stands!("b"));
}

/// A consignment as it was at one of its milestones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Then {
    /// Who sent it.
    pub consignor: Code,
    /// Who was to have it.
    pub consignee: Code,
    /// The place it was for.
    pub destination: Code,
    /// What it held. What that was worth then was not kept.
    pub lines: Vec<Line>,
    /// Units of those lines known by lot or serial number, or on handling units.
    pub units: Vec<Unit>,
    /// The handling units on which they lay.
    pub handling_units: Vec<HandlingUnit>,
}

/// A consignment at a milestone, counted from 1; none if it did not reach that.
///
/// # Errors
/// If the engine fails.
pub async fn at(conn: &mut Conn, consignment: &str, number: i64) -> Result<Option<Then>, Error> {
    let key = || vec![consignment.into(), number.into()];
    let Some(head) = conn.row(HEAD, key()).await? else { return Ok(None) };
    let lines = conn.rows(LINES, key()).await?.iter().map(line).collect::<Result<_, _>>()?;
    let units: Vec<Unit> = conn.rows(UNITS, key()).await?.iter().map(unit).collect::<Result<_, _>>()?;
    let named: BTreeSet<&str> = units.iter().filter_map(|unit| unit.sscc.as_deref()).collect();
    let sql = "SELECT sscc, kind, gross_kg, seal FROM handling_unit WHERE sscc IN {} ORDER BY sscc";
    let found = conn.rows_in(sql, named.into_iter().map(Into::into)).await?;
    let handling_units = found.iter().map(handling_unit).collect::<Result<_, _>>()?;
    let (consignor, consignee, destination) = (head.word(0)?, head.word(1)?, head.word(2)?);
    Ok(Some(Then { consignor, consignee, destination, lines, units, handling_units }))
}

fn line(row: &Row) -> Result<Line, Error> {
    let quantity = row.integer(4)?;
    Ok(Line {
        line: row.integer(0)?,
        plan: None,
        offer: row.maybe_code(1)?,
        need: row.maybe_code(2)?,
        resource: row.word(3)?,
        quantity,
        present: quantity,
        condition: row.maybe_text(5)?.map(|_| row.word(5)).transpose()?,
        worth: None,
        ready_from: None,
        remark: String::new(),
    })
}

/// Which of its milestones the departures of a consignment on a movement are, in order.
///
/// # Errors
/// If the engine fails.
pub async fn left_on(conn: &mut Conn, consignment: &str, movement: &str) -> Result<Vec<i64>, Error> {
    let rows = conn.rows(LEFT_ON, vec![consignment.into(), movement.into()]).await?;
    rows.iter().map(|row| row.integer(0)).collect()
}

/// The lines of a consignment to which title passed, there or in what they came out of.
///
/// # Errors
/// If the engine fails.
pub async fn titled(conn: &mut Conn, consignment: &str) -> Result<BTreeSet<i64>, Error> {
    conn.rows(TITLED, vec![consignment.into()]).await?.iter().map(|row| row.integer(0)).collect()
}

/// When what is in a consignment last changed hands or its owner, and how: by itself, or with what it was a part of.
///
/// # Errors
/// If the engine fails.
pub async fn last_hands(conn: &mut Conn, code: &str) -> Result<Option<(Milestone, Timestamp)>, Error> {
    let row = conn.row(LAST_HANDS, vec![code.into()]).await?;
    row.map(|row| Ok((row.word(0)?, row.timestamp(1)?))).transpose()
}

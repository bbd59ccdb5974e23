//! What goods were there when consignments reached milestones, and by which conveyance they came or went: for lists of what passed a place.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use muster_domain::{code::Code, consignment::Milestone, viewer::Viewer};

use super::{Movement, read::movement_row, taken_back::stands, tell::Passed};
use crate::{
    Error,
    db::{Conn, Value},
    sight::{self, SIGHT},
    statements,
    wanted::places,
};

statements! {
    IN_ALL = concat!("SELECT m.kind, l.resource, CAST(SUM(l.quantity) AS BIGINT), COUNT(DISTINCT l.consignment)
        FROM milestone m JOIN milestone_line l ON l.consignment = m.consignment AND l.number = m.number
        WHERE {sight} AND m.place = $1 AND m.occurred_at >= $2 AND m.occurred_at < $3 AND ", stands!("m"), "
        GROUP BY m.kind, l.resource ORDER BY l.resource, m.kind LIMIT 1000");
}

/// How many consignments are looked up at once; fewer are filled up, so that one statement serves all.
const AT_ONCE: usize = 128;

/// Goods of one line as they were when a milestone was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarriedLine {
    /// Of which offer.
    pub offer: Option<Code>,
    /// What.
    pub resource: Code,
    /// How many units.
    pub quantity: i64,
}

/// What reached a milestone, as far as a viewer sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// The goods, line by line.
    pub lines: Vec<CarriedLine>,
    /// The conveyance on which it came or went, for departures and arrivals.
    pub on: Option<Movement>,
}

/// So many units of a resource reached a kind of milestone at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InAll {
    /// Which milestone.
    pub kind: Milestone,
    /// What.
    pub resource: Code,
    /// How many units.
    pub units: i64,
    /// In how many consignments.
    pub consignments: i64,
}

/// What was carried at milestones that the viewer sees, in their order.
///
/// # Errors
/// If the engine fails.
pub async fn carried(conn: &mut Conn, viewer: &Viewer, passed: &[Passed]) -> Result<Vec<Carried>, Error> {
    let mut by: BTreeMap<(String, i64), Carried> =
        passed.iter().map(|one| ((one.consignment.to_string(), one.number), Carried::default())).collect();
    // Each once, however many of its events there are.
    let codes: BTreeSet<&str> = passed.iter().map(|one| one.consignment.as_str()).collect();
    let codes: Vec<Value> = codes.into_iter().map(Value::from).collect();
    let sight = sight::consignment_lines(viewer, 1);
    let sql = format!(
        "SELECT l.consignment, l.number, l.offer, l.resource, l.quantity FROM milestone_line l
        WHERE {} AND l.consignment IN ({}) ORDER BY l.consignment, l.number, l.line",
        sight.sql,
        places(sight.values.len() + 1, AT_ONCE)
    );
    for some in codes.chunks(AT_ONCE) {
        let filled = some.iter().chain(std::iter::repeat(&some[0])).take(AT_ONCE);
        let values = sight.values.iter().chain(filled).cloned().collect();
        for row in conn.rows(&sql, values).await? {
            if let Some(carried) = by.get_mut(&(row.text(0)?, row.integer(1)?)) {
                let line = CarriedLine { offer: row.maybe_code(2)?, resource: row.word(3)?, quantity: row.integer(4)? };
                carried.lines.push(line);
            }
        }
    }
    let sql = "SELECT m.consignment, m.number, v.code, v.mode, v.carrier, v.conveyance, v.created_at
        FROM milestone m JOIN movement v ON v.code = m.movement WHERE m.consignment IN {}";
    for row in conn.rows_in(sql, codes).await? {
        if let Some(carried) = by.get_mut(&(row.text(0)?, row.integer(1)?)) {
            carried.on = Some(movement_row(&row, 2)?);
        }
    }
    let of = |one: &Passed| by.get(&(one.consignment.to_string(), one.number)).cloned().unwrap_or_default();
    Ok(passed.iter().map(of).collect())
}

/// What of the lines that the viewer sees reached milestones at a place in a time, by milestone and resource.
///
/// # Errors
/// If the engine fails.
pub async fn in_all(
    conn: &mut Conn,
    viewer: &Viewer,
    place: &str,
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<InAll>, Error> {
    let sight = sight::consignment_lines(viewer, 4);
    let mut values: Vec<Value> = vec![place.into(), from.as_microsecond().into(), to.as_microsecond().into()];
    values.extend(sight.values);
    let rows = conn.rows(&IN_ALL.replace(SIGHT, &sight.sql), values).await?;
    rows.iter()
        .map(|row| {
            Ok(InAll {
                kind: row.word(0)?,
                resource: row.word(1)?,
                units: row.integer(2)?,
                consignments: row.integer(3)?,
            })
        })
        .collect()
}

//! What keeps work orders from going on.

use std::collections::BTreeMap;

use jiff::Timestamp;
use muster_domain::{code::Code, repair::BlockingReason, viewer::Viewer};

use crate::{
    Error,
    db::{Conn, Row, Value},
    sight::{self, SIGHT},
    statements,
};

statements! {
    BLOCKS = "SELECT reason, turn_of, remark, since, actor, until, number FROM work_order_block WHERE work_order = $1 ORDER BY number";
    BLOCKED = "SELECT w.code, b.reason, b.turn_of, b.remark, b.since, b.actor, b.until, b.number FROM work_order_block b
        JOIN work_order w ON w.code = b.work_order WHERE {sight} AND b.until IS NULL ORDER BY b.since, w.code LIMIT 1000";
    BLOCKED_SPANS = "SELECT w.code, b.since, b.until FROM work_order_block b JOIN work_order w ON w.code = b.work_order
        WHERE {sight} AND b.until IS NOT NULL AND w.code IN (SELECT work_order FROM work_order_step WHERE occurred_at >= $1)
        ORDER BY w.code, b.number";
}

/// What keeps a work order from going on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Why.
    pub reason: BlockingReason,
    /// Whose turn it is.
    pub turn_of: String,
    /// A remark.
    pub remark: String,
    /// Since when.
    pub since: Timestamp,
    /// Who said so.
    pub actor: String,
    /// Until when; none: it still does.
    pub until: Option<Timestamp>,
}

/// What kept or keeps an order from going on, in order.
///
/// # Errors
/// If the engine fails.
pub async fn blocks(conn: &mut Conn, order: &str) -> Result<Vec<Block>, Error> {
    conn.rows(BLOCKS, vec![order.into()]).await?.iter().map(|row| block(row, 0)).collect()
}

/// What keeps orders that the viewer sees from going on, the longest first; at most a thousand.
///
/// # Errors
/// If the engine fails.
pub async fn blocked(conn: &mut Conn, viewer: &Viewer) -> Result<Vec<(Code, Block)>, Error> {
    let sight = sight::work_orders(viewer, 1);
    let rows = conn.rows(&BLOCKED.replace(SIGHT, &sight.sql), sight.values).await?;
    rows.iter().map(|row| Ok((row.word(0)?, block(row, 1)?))).collect()
}

/// From when to when orders that the viewer sees could not go on, of those of which something happened since a moment; spans that have ended.
///
/// # Errors
/// If the engine fails.
pub async fn blocked_spans(
    conn: &mut Conn,
    viewer: &Viewer,
    since: Timestamp,
) -> Result<BTreeMap<Code, Vec<(Timestamp, Timestamp)>>, Error> {
    let sight = sight::work_orders(viewer, 2);
    let mut values: Vec<Value> = vec![since.as_microsecond().into()];
    values.extend(sight.values);
    let mut spans: BTreeMap<Code, Vec<(Timestamp, Timestamp)>> = BTreeMap::new();
    for row in conn.rows(&BLOCKED_SPANS.replace(SIGHT, &sight.sql), values).await? {
        spans.entry(row.word(0)?).or_default().push((row.timestamp(1)?, row.timestamp(2)?));
    }
    Ok(spans)
}

fn block(row: &Row, first: usize) -> Result<Block, Error> {
    Ok(Block {
        reason: row.word(first)?,
        turn_of: row.text(first + 1)?,
        remark: row.text(first + 2)?,
        since: row.timestamp(first + 3)?,
        actor: row.text(first + 4)?,
        until: row.maybe_timestamp(first + 5)?,
    })
}

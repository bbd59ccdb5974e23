//! What was written down wrong of movements and put right. What stood there before stays, with who put it right, when and why.

use jiff::Timestamp;
use muster_domain::code::Code;

use super::{EntryRef, Movement};
use crate::{
    Error,
    db::{Batch, Conn, Row, Value},
    statements,
};

statements! {
    CORRECTIONS = "SELECT movement, carrier, conveyance, recorded_at, actor, reason, entry FROM movement_correction
        WHERE movement = $1 ORDER BY entry";
}

// Whoever was faster changed what the row names as known.
pub(super) const RIGHT: &str = "UPDATE movement SET carrier = v.column4, conveyance = v.column5 FROM ({rows}) v
    WHERE movement.code = v.column1 AND movement.carrier = v.column2 AND movement.conveyance = v.column3";

/// What stood of a movement before somebody put it right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// The movement.
    pub movement: Code,
    /// Who carried, as it was written down.
    pub carrier: String,
    /// The conveyance, as it was written down.
    pub conveyance: String,
    /// When it was put right.
    pub recorded_at: Timestamp,
    /// By whom.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// The entry that notes it.
    pub entry: EntryRef,
}

/// How a movement was put right, the first time first.
///
/// # Errors
/// If the engine fails.
pub async fn corrections(conn: &mut Conn, movement: &Code) -> Result<Vec<Correction>, Error> {
    conn.rows(CORRECTIONS, vec![movement.into()]).await?.iter().map(correction).collect()
}

fn correction(row: &Row) -> Result<Correction, Error> {
    Ok(Correction {
        movement: row.word(0)?,
        carrier: row.text(1)?,
        conveyance: row.text(2)?,
        recorded_at: row.timestamp(3)?,
        actor: row.text(4)?,
        reason: row.text(5)?,
        entry: EntryRef::Known(row.integer(6)?),
    })
}

/// A movement as it is right, beside what was known of it.
pub(super) fn right_row(right: &Movement, before: &Correction) -> Vec<Value> {
    vec![
        Value::from(&before.movement),
        before.carrier.as_str().into(),
        before.conveyance.as_str().into(),
        right.carrier.as_str().into(),
        right.conveyance.as_str().into(),
    ]
}

/// What stood there before.
pub(super) fn before_row(before: &Correction, entry: i64) -> Batch {
    let row = vec![
        Value::from(&before.movement),
        before.carrier.as_str().into(),
        before.conveyance.as_str().into(),
        before.recorded_at.as_microsecond().into(),
        before.actor.as_str().into(),
        before.reason.as_str().into(),
        entry.into(),
    ];
    let into = "INSERT INTO movement_correction (movement, carrier, conveyance, recorded_at, actor, reason, entry)";
    Batch::insert(into, vec![row])
}

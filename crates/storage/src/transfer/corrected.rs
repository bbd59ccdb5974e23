//! What was written down wrong and put right or taken back: what it was before stays, with who says so, when and why.

use jiff::Timestamp;
use muster_domain::{code::Code, ledger::entry::EntryNumber};

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

// What was taken back before is not again: whoever was faster is told of by no row that is new.
pub(super) const DISPOSAL_BACK: &str =
    "INSERT INTO disposal_taken_back (disposal, recorded_at, actor, reason, entry) {rows} ON CONFLICT DO NOTHING";

pub(super) const INSPECTION_BACK: &str =
    "INSERT INTO inspection_taken_back (inspection, recorded_at, actor, reason, entry) {rows} ON CONFLICT DO NOTHING";

/// Columns of what was taken back, called `b`, in the order in which [`taken_back`] reads them.
pub(super) const TAKEN_BACK: &str = "b.recorded_at, b.actor, b.reason, b.entry";

/// That something was recorded by mistake, and counts for nothing any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenBack {
    /// When it was taken back.
    pub recorded_at: Timestamp,
    /// By whom.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// The entry that does so or notes it.
    pub entry: EntryRef,
}

/// That something was taken back, from a row's four columns from `at` on; none, if it was not, or by a later entry than the last that is known.
pub(super) fn taken_back(row: &Row, at: usize, last: EntryNumber) -> Result<Option<TakenBack>, Error> {
    let (Some(recorded_at), Some(entry)) = (row.maybe_timestamp(at)?, row.maybe_integer(at + 3)?) else {
        return Ok(None);
    };
    if entry > last {
        return Ok(None);
    }
    let (actor, reason) = (row.text(at + 1)?, row.text(at + 2)?);
    Ok(Some(TakenBack { recorded_at, actor, reason, entry: EntryRef::Known(entry) }))
}

/// That what a code names was taken back.
pub(super) fn back_row(code: &Code, back: &TakenBack, entry: i64) -> Vec<Value> {
    vec![
        code.into(),
        back.recorded_at.as_microsecond().into(),
        back.actor.as_str().into(),
        back.reason.as_str().into(),
        entry.into(),
    ]
}

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

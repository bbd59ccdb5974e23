//! The milestones of a consignment, with those that were taken back.

use super::{EntryRef, Reached, TakenBack};
use crate::{
    Error,
    db::{Conn, Row},
    statements,
};

/// Columns of a milestone `m` with what took it back, in the order in which [`reached`] reads them.
macro_rules! reached_columns {
    () => {
        "m.kind, m.place, m.movement, m.occurred_at, m.recorded_at, m.actor, m.remark, m.entry, m.completes, y.recorded_at, y.actor, y.reason, y.last, y.entry"
    };
}
pub(super) use reached_columns;

/// What took a milestone `m` back, if something did, as `y`.
macro_rules! with_taken_back {
    () => {
        " LEFT JOIN milestone_taken_back y ON y.consignment = m.consignment AND y.number = m.number"
    };
}
pub(super) use with_taken_back;

statements! {
    MILESTONES = concat!("SELECT ", reached_columns!(), " FROM milestone m", with_taken_back!(), " WHERE m.consignment = $1 ORDER BY m.number");
}

/// The milestones of a consignment, in order.
///
/// # Errors
/// If the engine fails.
pub async fn milestones(conn: &mut Conn, code: &str) -> Result<Vec<Reached>, Error> {
    let rows = conn.rows(MILESTONES, vec![code.into()]).await?;
    rows.iter().map(reached).collect()
}

/// A milestone from a row's first columns, which are [`reached_columns`].
pub(super) fn reached(row: &Row) -> Result<Reached, Error> {
    let taken_back = match row.maybe_timestamp(9)? {
        Some(recorded_at) => Some(TakenBack {
            recorded_at,
            actor: row.text(10)?,
            reason: row.text(11)?,
            last: row.integer(12)?,
            entry: EntryRef::Known(row.integer(13)?),
        }),
        None => None,
    };
    Ok(Reached {
        taken_back,
        kind: row.word(0)?,
        place: row.word(1)?,
        movement: row.maybe_code(2)?,
        occurred_at: row.timestamp(3)?,
        recorded_at: row.timestamp(4)?,
        actor: row.text(5)?,
        remark: row.text(6)?,
        entry: EntryRef::Known(row.integer(7)?),
        completes: row.maybe_integer(8)?,
    })
}

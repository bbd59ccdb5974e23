//! Journeys of trainees: by which lanes and on what they go to the facility and home. All of them stay; on what, only until who they are is
//! erased.

use jiff::Timestamp;
use muster_domain::{code::Code, viewer::Viewer};

use super::{NOMINATION, Nomination, next, nomination_of};
use crate::{
    Error,
    db::{Batch, Conn, Row, Value},
    sight, statements,
    wanted::Where,
};

statements! {
    NEXT_JOURNEY = "SELECT COUNT(*) + 1 FROM nomination_journey WHERE nomination = $1";
}

/// A journey, as [`journey`] reads it. On what they travel may be erased.
const JOURNEY: &str = "j.from_place, j.to_place, j.lanes, COALESCE((SELECT c.conveyance FROM nomination_conveyance c
    WHERE c.nomination = j.nomination AND c.journey = j.number), ''), j.departed_at, j.arrives_at";

/// Columns of a nomination before those of its journey.
const COLUMNS: usize = 18;

/// A journey of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journey {
    /// Where it began.
    pub from: Code,
    /// Where it ends.
    pub to: Code,
    /// The lanes, in order.
    pub lanes: Vec<Code>,
    /// On what, or who carries them; empty if that was not said, or was erased.
    pub conveyance: String,
    /// When they departed.
    pub departed_at: Timestamp,
    /// When they are to arrive.
    pub arrives_at: Timestamp,
}

pub(super) async fn begin(conn: &mut Conn, nomination: &Code, new: &Journey, until: Timestamp) -> Result<(), Error> {
    let lanes: Vec<&str> = new.lanes.iter().map(Code::as_str).collect();
    let number = next(conn, NEXT_JOURNEY, vec![nomination.into()]).await?;
    let row = vec![
        nomination.into(),
        number.into(),
        Value::from(&new.from),
        Value::from(&new.to),
        lanes.join(" ").into(),
        new.departed_at.as_microsecond().into(),
        new.arrives_at.as_microsecond().into(),
    ];
    let into =
        "INSERT INTO nomination_journey (nomination, number, from_place, to_place, lanes, departed_at, arrives_at)";
    conn.insert(Batch::insert(into, vec![row])).await?;
    if new.conveyance.is_empty() {
        return Ok(());
    }
    let row = vec![nomination.into(), number.into(), new.conveyance.as_str().into(), until.as_microsecond().into()];
    let into = "INSERT INTO nomination_conveyance (nomination, journey, conveyance, erase_at)";
    conn.insert(Batch::insert(into, vec![row])).await
}

/// The journeys of somebody, the last one last.
///
/// # Errors
/// If the engine fails.
pub async fn journeys(conn: &mut Conn, nomination: &str) -> Result<Vec<Journey>, Error> {
    let sql = format!("SELECT {JOURNEY} FROM nomination_journey j WHERE j.nomination = $1 ORDER BY j.number");
    conn.rows(&sql, vec![nomination.into()]).await?.iter().map(|row| journey(row, 0)).collect()
}

fn journey(row: &Row, first: usize) -> Result<Journey, Error> {
    let lanes = row.text(first + 2)?;
    let lane = |code| Code::new(code).map_err(|_| Error::Corrupt("a journey's lane is no code".into()));
    Ok(Journey {
        from: row.word(first)?,
        to: row.word(first + 1)?,
        lanes: lanes.split(' ').filter(|code| !code.is_empty()).map(lane).collect::<Result<_, _>>()?,
        conveyance: row.text(first + 3)?,
        departed_at: row.timestamp(first + 4)?,
        arrives_at: row.timestamp(first + 5)?,
    })
}

/// Who is on the way of those that the viewer sees, each with their journey, the first to arrive first.
///
/// # Errors
/// If the engine fails.
pub async fn on_the_way(conn: &mut Conn, viewer: &Viewer, limit: i64) -> Result<Vec<(Nomination, Journey)>, Error> {
    let mut all = Where::after(vec![limit.into()]);
    all.and(|n| {
        let sight = sight::nominations(viewer, n);
        (sight.sql, sight.values)
    });
    let sql = format!(
        "SELECT {NOMINATION}, {JOURNEY}
        FROM nomination n JOIN nomination_journey j ON j.nomination = n.code
        WHERE n.state IN ('travelling', 'returning') AND j.number = (SELECT MAX(l.number) FROM nomination_journey l WHERE l.nomination = n.code)
          AND {} ORDER BY j.arrives_at, n.code LIMIT $1",
        all.text()
    );
    let rows = conn.rows(&sql, all.values).await?;
    rows.iter().map(|row| Ok((nomination_of(row)?, journey(row, COLUMNS)?))).collect()
}

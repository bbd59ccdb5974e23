//! Milestones that were recorded by mistake: they stay as they were said, and count for nothing from then on.

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    consignment::Milestone,
    ledger::entry::{Activity, EntryKind, EntryNumber},
};

use super::EntryRef;
use crate::{
    Error,
    db::{Batch, Conn, Value},
    statements,
};

/// That a row of `milestone` stands: nobody took it back, or not before `$known`.
macro_rules! stands {
    ($milestone:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM milestone_taken_back y WHERE y.consignment = ",
            $milestone,
            ".consignment AND y.number = ",
            $milestone,
            ".number)"
        )
    };
    ($milestone:literal, $known:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM milestone_taken_back y WHERE y.consignment = ",
            $milestone,
            ".consignment AND y.number = ",
            $milestone,
            ".number AND y.recorded_at <= ",
            $known,
            ")"
        )
    };
}
pub(crate) use stands;

statements! {
    // What one request wrote follows each other; the keys of its entries begin alike.
    WRITTEN = "SELECT number, kind, occurred_at, idempotency_key, activity, resolves, offer FROM entry WHERE number > $1 ORDER BY number LIMIT $2";
    // What no unit was to have went into stock by an entry of its own, without a milestone.
    STOCKED = "SELECT MAX(e.number) FROM entry e WHERE e.consignment = $1 AND e.number > $2 AND e.kind = 'noted' AND e.activity = 'receive'
          AND NOT EXISTS (SELECT 1 FROM milestone m WHERE m.consignment = $1 AND m.entry = e.number)";
    SAID = "SELECT about FROM entry WHERE number = $1";
    // What was said of it, what its lines are worth, who signed for what was recorded, what somebody counted blind and to whom the clock took what was wrong are no deeds; nor is what recorded a milestone
    // that was taken back, or took it back.
    SINCE = "SELECT e.activity, e.about FROM entry e WHERE e.consignment = $1 AND e.number > $2 AND e.kind = 'noted' AND e.activity NOT IN ('change', 'hand_over')
          AND NOT (e.activity = 'adjust' AND e.about LIKE 'taken back: %')
          AND NOT (e.activity = 'receive' AND NOT EXISTS (SELECT 1 FROM milestone m WHERE m.consignment = $1 AND m.entry = e.number))
          AND NOT EXISTS (SELECT 1 FROM consignment_note n WHERE n.consignment = $1 AND n.entry = e.number)
          AND NOT (e.activity = 'inspect' AND EXISTS (SELECT 1 FROM variance v WHERE v.consignment = $1 AND e.about = v.code || ' counted'))
          AND NOT EXISTS (SELECT 1 FROM variance v JOIN variance_escalation x ON x.variance = v.code WHERE v.consignment = $1 AND x.entry = e.number)
          AND NOT EXISTS (SELECT 1 FROM milestone_taken_back y JOIN milestone m ON m.consignment = y.consignment AND m.number = y.number
            WHERE y.consignment = $1 AND (e.number BETWEEN m.entry AND y.last OR e.number = y.entry))
        ORDER BY e.number LIMIT 1";
    PARTED = "SELECT o.consignment FROM line_origin o WHERE o.of_consignment = $1 AND o.of_number >= $2 ORDER BY o.consignment LIMIT 1";
    // What a part was before it was parted off or joined it was with what it came from.
    BEFORE = concat!("SELECT kind FROM (
            SELECT m.kind, m.recorded_at, m.number FROM milestone m
            WHERE m.consignment = $1 AND m.number < $2 AND m.kind IN ('readied', 'arrived_at_node') AND ", stands!("m"), "
            UNION ALL
            SELECT m.kind, m.recorded_at, m.number FROM line_origin o JOIN milestone m ON m.consignment = o.of_consignment AND m.number <= o.of_number
            WHERE o.consignment = $1 AND m.kind IN ('readied', 'arrived_at_node') AND ", stands!("m"), "
        ) b ORDER BY recorded_at DESC, number DESC LIMIT 1");
}

/// How many entries are read at once.
const AT_ONCE: i64 = 1_000;

// It leaves no empty leg behind, where it was the last one.
pub(super) const UNLOAD: &str = "DELETE FROM movement_load WHERE EXISTS (SELECT 1 FROM ({rows}) v
    WHERE movement_load.consignment = v.column1 AND movement_load.passed = v.column2)";
pub(super) const EMPTY_LEG: &str = "DELETE FROM movement_leg WHERE EXISTS (SELECT 1 FROM ({rows}) v
    WHERE movement_leg.movement = v.column3 AND movement_leg.leg = v.column4)
  AND NOT EXISTS (SELECT 1 FROM movement_load o WHERE o.movement = movement_leg.movement AND o.leg >= movement_leg.leg)";
// Unless others arrived on it, or it went on.
pub(super) const LEG_GOES_ON: &str = "UPDATE movement_leg SET arrived_at = NULL FROM ({rows}) v
    WHERE movement_leg.movement = v.column1 AND movement_leg.leg = v.column2
      AND NOT EXISTS (SELECT 1 FROM movement_leg n WHERE n.movement = movement_leg.movement AND n.leg > movement_leg.leg)
      AND NOT EXISTS (SELECT 1 FROM movement_load o JOIN consignment c ON c.code = o.consignment
        WHERE o.movement = movement_leg.movement AND o.leg = movement_leg.leg AND o.consignment <> v.column3 AND c.passed >= o.passed + 2)";

/// That a milestone was recorded by mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenBack {
    /// When that was recorded.
    pub recorded_at: Timestamp,
    /// By whom.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// The last entry by which the milestone was recorded.
    pub last: EntryNumber,
    /// The entry that notes that it was taken back.
    pub entry: EntryRef,
}

pub(super) fn row(code: &Code, number: i64, one: &TakenBack, entry: EntryNumber) -> Batch {
    let row = vec![
        Value::from(code),
        number.into(),
        one.recorded_at.as_microsecond().into(),
        one.actor.as_str().into(),
        one.reason.as_str().into(),
        one.last.into(),
        entry.into(),
    ];
    let into = "INSERT INTO milestone_taken_back (consignment, number, recorded_at, actor, reason, last, entry)";
    Batch::insert(into, vec![row])
}

/// An entry of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its number.
    pub number: EntryNumber,
    /// What it is.
    pub kind: EntryKind,
    /// When it was true.
    pub at: Timestamp,
    /// What happened.
    pub activity: Activity,
    /// The pending entry that it settled or voided.
    pub resolves: Option<EntryNumber>,
    /// Of which offer.
    pub offer: Option<Code>,
}

/// All entries of the request of which the first is given, in order.
///
/// # Errors
/// If the engine fails.
pub async fn written(conn: &mut Conn, first: EntryNumber) -> Result<Vec<Written>, Error> {
    let (mut all, mut after, mut base) = (Vec::new(), first - 1, None);
    loop {
        let rows = conn.rows(WRITTEN, vec![after.into(), AT_ONCE.into()]).await?;
        for row in &rows {
            let key = row.text(3)?;
            let own = key.rsplit_once(' ').map(|(base, _)| base.to_owned());
            if own.is_none() || *base.get_or_insert_with(|| own.clone()) != own {
                return Ok(all);
            }
            after = row.integer(0)?;
            all.push(Written {
                number: after,
                kind: row.word(1)?,
                at: row.timestamp(2)?,
                activity: row.word(4)?,
                resolves: row.maybe_integer(5)?,
                offer: row.maybe_code(6)?,
            });
        }
        if (rows.len() as i64) < AT_ONCE {
            return Ok(all);
        }
    }
}

/// What was done with a consignment after an entry and stands: the first of it in the journal's words.
///
/// # Errors
/// If the engine fails.
pub async fn done_since(conn: &mut Conn, code: &str, last: EntryNumber) -> Result<Option<String>, Error> {
    let row = conn.row(SINCE, vec![code.into(), last.into()]).await?;
    row.map(|row| Ok(format!("{} {}", row.text(0)?, row.text(1)?))).transpose()
}

/// A consignment into which something went that had reached a milestone here, or a later one.
///
/// # Errors
/// If the engine fails.
pub async fn parted_since(conn: &mut Conn, code: &str, number: i64) -> Result<Option<Code>, Error> {
    conn.row(PARTED, vec![code.into(), number.into()]).await?.map(|row| row.word(0)).transpose()
}

/// Whether a consignment lay somewhere on its way, and was not only made ready, before a milestone.
///
/// # Errors
/// If the engine fails.
pub async fn had_arrived(conn: &mut Conn, code: &str, number: i64) -> Result<bool, Error> {
    let row = conn.row(BEFORE, vec![code.into(), number.into()]).await?;
    let kind: Option<Milestone> = row.map(|row| row.word(0)).transpose()?;
    // What was made up where it lies, of what came to its end there, was never made ready.
    Ok(kind != Some(Milestone::Readied))
}

/// The entry by which a consignment that is over went into stock, if it did after its last milestone, which is that of another entry.
///
/// # Errors
/// If the engine fails.
pub async fn stocked_since(conn: &mut Conn, code: &str, last: EntryNumber) -> Result<Option<EntryNumber>, Error> {
    conn.row(STOCKED, vec![code.into(), last.into()]).await?.map_or(Ok(None), |row| row.maybe_integer(0))
}

/// What the journal says of an entry.
///
/// # Errors
/// If the engine fails.
pub async fn said(conn: &mut Conn, entry: EntryNumber) -> Result<String, Error> {
    conn.row(SAID, vec![entry.into()]).await?.map_or(Ok(String::new()), |row| row.text(0))
}

//! Third-party transfers as they are kept: who asks to hand on what it was given, and what the nations that gave it say.

use muster_domain::{code::Code, field::Field, third_party::ThirdPartyState, viewer::Viewer};

use super::{EntryRef, NationAnswer, Said, ThirdPartyTransfer, read::time};
use crate::{
    Error,
    db::{Conn, Insert, Row, Value},
    ledger::read::LONGEST_PAGE,
    sight::{self, SIGHT},
    statements,
};

statements! {
    LIST = "SELECT t.code, t.resource, t.serial, t.holder, t.receiver, t.purpose, t.asked_at, t.asked_by, t.entry, t.ended, t.ended_at, t.ended_by
        FROM third_party_transfer t
        WHERE ($1 = '' OR t.code = $1) AND ($2 = '' OR (t.resource = $2 AND t.serial = $3)) AND ($4 = 0 OR t.ended IS NULL)
          AND {sight}
        ORDER BY t.asked_at DESC, t.code DESC LIMIT $5";
    ANSWERS = "SELECT nation, answer, reference, answered_at, answered_by, entry FROM third_party_answer WHERE transfer = $1 ORDER BY nation";
    BETWEEN = "SELECT code FROM third_party_transfer WHERE entry > $1 AND entry <= $2
        UNION SELECT code FROM third_party_transfer WHERE ended_entry > $1 AND ended_entry <= $2
        UNION SELECT transfer FROM third_party_answer WHERE entry > $1 AND entry <= $2 ORDER BY 1";
    OFFER = "SELECT e.offer FROM posting p JOIN entry e ON e.number = p.entry
        WHERE p.resource = $1 AND p.serial = $2 AND p.serial <> '' AND p.kind = 'posted' AND e.offer IS NOT NULL
        ORDER BY p.entry DESC LIMIT 1";
    ANSWER = "UPDATE third_party_answer SET answer = $3, reference = $4, answered_at = $5, answered_by = $6, entry = $7
        WHERE transfer = $1 AND nation = $2 AND answer IS NULL";
    END = "UPDATE third_party_transfer SET ended = $2, ended_at = $3, ended_by = $4, ended_entry = $5 WHERE code = $1 AND ended IS NULL";
}

/// Which third-party transfers are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter<'a> {
    /// One of them.
    pub code: Option<&'a str>,
    /// Those of a unit: resource and serial number.
    pub unit: Option<(&'a str, &'a str)>,
    /// Only those that nobody ended.
    pub open: bool,
}

/// Third-party transfers that the viewer sees, newest first.
///
/// # Errors
/// If the engine fails.
pub async fn list(
    conn: &mut Conn,
    viewer: &Viewer,
    filter: Filter<'_>,
    limit: i64,
) -> Result<Vec<ThirdPartyTransfer>, Error> {
    let (resource, serial) = filter.unit.unwrap_or(("", ""));
    let mut values: Vec<Value> = vec![
        filter.code.unwrap_or_default().into(),
        resource.into(),
        serial.into(),
        i64::from(filter.open).into(),
        limit.clamp(1, LONGEST_PAGE + 1).into(),
    ];
    let sight = sight::third_party_transfers(viewer, 6);
    values.extend(sight.values);
    let rows = conn.rows(&LIST.replace(SIGHT, &sight.sql), values).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut one = transfer(row)?;
        let answers = conn.rows(ANSWERS, vec![one.code.as_str().into()]).await?;
        one.nations = answers.iter().map(nation).collect::<Result<_, _>>()?;
        found.push(one);
    }
    Ok(found)
}

/// Codes of third-party transfers that were asked for, answered or ended by an entry after one and up to another.
///
/// # Errors
/// If the engine fails.
pub async fn between(conn: &mut Conn, (after, last): (i64, i64)) -> Result<Vec<String>, Error> {
    conn.rows(BETWEEN, vec![after.into(), last.into()]).await?.iter().map(|row| row.text(0)).collect()
}

/// The offer as part of which a unit was given.
///
/// # Errors
/// If the engine fails.
pub async fn offer_of(conn: &mut Conn, resource: &str, serial: &str) -> Result<Option<Code>, Error> {
    let row = conn.row(OFFER, vec![resource.into(), serial.into()]).await?;
    row.map_or(Ok(None), |row| row.maybe_code(0))
}

fn transfer(row: &Row) -> Result<ThirdPartyTransfer, Error> {
    let ended = match row.maybe_text(9)? {
        None => None,
        Some(state) => {
            let state =
                ThirdPartyState::parse(&state).map_err(|right| Error::Corrupt(format!("`{state}` must be {right}")))?;
            Some((state, row.timestamp(10)?, row.text(11)?))
        }
    };
    Ok(ThirdPartyTransfer {
        code: row.word(0)?,
        resource: row.word(1)?,
        serial: row.text(2)?,
        holder: row.word(3)?,
        receiver: row.word(4)?,
        purpose: row.text(5)?,
        asked_at: row.timestamp(6)?,
        asked_by: row.text(7)?,
        entry: EntryRef::Known(row.integer(8)?),
        nations: Vec::new(),
        ended,
    })
}

fn nation(row: &Row) -> Result<NationAnswer, Error> {
    let said = match (row.maybe_text(1)?, row.maybe_integer(3)?, row.maybe_integer(5)?) {
        (Some(_), Some(at), Some(entry)) => Some(Said {
            answer: row.word(1)?,
            reference: row.text(2)?,
            at: time(at)?,
            actor: row.text(4)?,
            entry: EntryRef::Known(entry),
        }),
        _ => None,
    };
    Ok(NationAnswer { nation: row.word(0)?, said })
}

/// Keeps one that is asked for, with the nations that must agree.
pub(super) async fn ask(conn: &mut Conn, new: &ThirdPartyTransfer, entry: i64) -> Result<(), Error> {
    let row = vec![
        new.code.as_str().into(),
        new.resource.as_str().into(),
        new.serial.as_str().into(),
        new.holder.as_str().into(),
        new.receiver.as_str().into(),
        new.purpose.as_str().into(),
        new.asked_at.as_microsecond().into(),
        new.asked_by.as_str().into(),
        entry.into(),
    ];
    let into = "INSERT INTO third_party_transfer (code, resource, serial, holder, receiver, purpose, asked_at, asked_by, entry)";
    conn.insert(Insert::new(into, vec![row])).await?;
    let nation = |one: &NationAnswer| vec![new.code.as_str().into(), one.nation.as_str().into(), "".into()];
    let into = "INSERT INTO third_party_answer (transfer, nation, reference)";
    conn.insert(Insert::new(into, new.nations.iter().map(nation).collect())).await
}

/// Keeps what a nation said; gives how many rows that changed.
pub(super) async fn answer(
    conn: &mut Conn,
    code: &Code,
    answer: &NationAnswer,
    entry: Option<i64>,
) -> Result<u64, Error> {
    let Some(said) = &answer.said else { return Ok(0) };
    let values = vec![
        code.as_str().into(),
        answer.nation.as_str().into(),
        said.answer.as_str().into(),
        said.reference.as_str().into(),
        said.at.as_microsecond().into(),
        said.actor.as_str().into(),
        entry.into(),
    ];
    conn.execute(ANSWER, values).await
}

/// Keeps how one ended; gives how many rows that changed.
pub(super) async fn end(
    conn: &mut Conn,
    code: &Code,
    (state, at, actor): &(ThirdPartyState, jiff::Timestamp, String),
    entry: i64,
) -> Result<u64, Error> {
    let values = vec![
        code.as_str().into(),
        state.as_str().into(),
        at.as_microsecond().into(),
        actor.as_str().into(),
        entry.into(),
    ];
    conn.execute(END, values).await
}

//! Who was there on which day. What was said of somebody last holds; all that was said stays.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use muster_domain::{code::Code, message, training::Attendance};

use super::next;
use crate::{
    Error,
    db::{Batch, Conn},
    statements,
};

statements! {
    NEXT_DAY = "SELECT COUNT(*) + 1 FROM attendance WHERE nomination = $1 AND day = $2";
    ATTENDANCE = "SELECT a.nomination, a.day, a.attendance, a.number, a.recorded_at, a.actor FROM attendance a JOIN nomination n ON n.code = a.nomination
        WHERE n.serial = $1 ORDER BY a.nomination, a.day, a.number";
}

/// Whether somebody was there on a day, as it was said last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Whether they were.
    pub attendance: Attendance,
    /// How often it was said of that day, from 1: its version.
    pub number: i64,
    /// When.
    pub recorded_at: Timestamp,
    /// By whom.
    pub actor: String,
}

/// What is said of somebody on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMark {
    /// Who.
    pub nomination: Code,
    /// The day.
    pub day: Date,
    /// Whether they were there.
    pub attendance: Attendance,
    /// When it is said.
    pub recorded_at: Timestamp,
    /// By whom.
    pub actor: String,
    /// How often it was said of that day before: refused if it is another number by now. None: whatever was said.
    pub known: Option<i64>,
}

pub(super) async fn say(conn: &mut Conn, new: &NewMark) -> Result<(), Error> {
    let (nomination, day) = (new.nomination.as_str(), new.day.to_string());
    let number = next(conn, NEXT_DAY, vec![nomination.into(), day.as_str().into()]).await?;
    if new.known.is_some_and(|known| known + 1 != number) {
        return Err(Error::Conflict(message!("transfer-changed", code = nomination)));
    }
    let row = vec![
        nomination.into(),
        day.into(),
        number.into(),
        new.attendance.as_str().into(),
        new.recorded_at.as_microsecond().into(),
        new.actor.as_str().into(),
    ];
    let into = "INSERT INTO attendance (nomination, day, number, attendance, recorded_at, actor)";
    conn.insert(Batch::insert(into, vec![row])).await
}

/// Who was there on which day of a serial, as it was said last: by nomination and day.
///
/// # Errors
/// If the engine fails.
pub async fn attendance(conn: &mut Conn, serial: &str) -> Result<BTreeMap<(Code, Date), Mark>, Error> {
    let mut all = BTreeMap::new();
    for row in conn.rows(ATTENDANCE, vec![serial.into()]).await? {
        let mark = Mark {
            attendance: row.word(2)?,
            number: row.integer(3)?,
            recorded_at: row.timestamp(4)?,
            actor: row.text(5)?,
        };
        all.insert((row.word(0)?, row.word(1)?), mark);
    }
    Ok(all)
}

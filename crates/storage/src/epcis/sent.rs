//! Documents that somebody sent and that are still to be taken in, with what came of those that were. What is waiting is lost by nobody's
//! stopping: whoever begins one says until when they are to be heard of again, and after that it is anybody's.

use jiff::Timestamp;

use crate::{
    Error,
    db::{Batch, Conn, Db, Row, Value},
    statements,
};

statements! {
    KEEP = "INSERT INTO epcis_capture (code, user_name, file, on_fault, reason, began_at, tries, next_at, ended_at, failed, faults)
        VALUES ($1, $2, $3, $4, $5, $6, 0, $6, NULL, 0, '[]')";
    WAITING = "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN user_name = $1 THEN 1 ELSE 0 END), 0) AS BIGINT)
        FROM epcis_capture WHERE ended_at IS NULL";
    NEXT = "SELECT code, user_name, file, on_fault, reason, began_at, tries, ended_at, failed, faults, next_at
        FROM epcis_capture WHERE ended_at IS NULL AND next_at <= $1 ORDER BY began_at, code LIMIT 1";
    BEGIN = "UPDATE epcis_capture SET tries = tries + 1, next_at = $3 WHERE code = $1 AND next_at = $2 AND ended_at IS NULL";
    HOLD = "UPDATE epcis_capture SET next_at = $2 WHERE code = $1 AND ended_at IS NULL";
    PART = "SELECT bytes FROM epcis_capture_part WHERE capture = $1 AND number > $2 ORDER BY number LIMIT 16";
    END = "UPDATE epcis_capture SET ended_at = $2, failed = $3, faults = $4 WHERE code = $1 AND ended_at IS NULL";
    EMPTY = "DELETE FROM epcis_capture_part WHERE capture = $1";
    FORGET = "DELETE FROM epcis_capture WHERE ended_at < $1";
    OF_USER = "SELECT code, CAST(LENGTH(faults) AS BIGINT) FROM epcis_capture WHERE user_name = $1 AND ended_at IS NOT NULL
        ORDER BY began_at DESC, code DESC";
    DROP = "DELETE FROM epcis_capture WHERE code = $1 AND ended_at IS NOT NULL";
    SHOW = "SELECT code, user_name, file, on_fault, reason, began_at, tries, ended_at, failed, faults, next_at
        FROM epcis_capture WHERE code = $1 AND user_name = $2";
    PAGE = "SELECT code, user_name, file, on_fault, reason, began_at, tries, ended_at, failed, faults, next_at
        FROM epcis_capture WHERE user_name = $1 AND (began_at, code) < ($2, $3) ORDER BY began_at DESC, code DESC LIMIT $4";
}

/// Bytes of one part of a document.
const PART_BYTES: usize = 1 << 20;

/// A document that somebody sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its code, which nobody can guess.
    pub code: String,
    /// Who sent it.
    pub user: String,
    /// By which name it is known in what is said of it.
    pub file: String,
    /// What becomes of it if something is wrong: `rollback` or `proceed`.
    pub on_fault: String,
    /// Why it was sent.
    pub reason: String,
    /// When.
    pub began_at: Timestamp,
    /// How often it was begun.
    pub tries: i64,
    /// How it ended, if it did.
    pub ended: Option<Ended>,
    /// When it may be begun, in microseconds.
    next_at: i64,
}

/// How a document ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// Whether it was not the document that was wrong.
    pub failed: bool,
    /// What is wrong: a list of texts as JSON.
    pub faults: String,
}

/// How many documents may wait at once, and how much is kept of what ended.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Documents that wait, of all.
    pub waiting: i64,
    /// Documents of one account that wait.
    pub waiting_of_one: i64,
    /// Documents of one account that ended.
    pub ended: usize,
    /// Characters of what is wrong in all of them.
    pub characters: i64,
    /// What ended before is kept no longer.
    pub since: Timestamp,
}

impl Sent {
    /// One that is sent now.
    pub fn new(code: String, user: &str, file: &str, on_fault: &str, reason: &str, now: Timestamp) -> Self {
        let (user, file, on_fault, reason) = (user.into(), file.into(), on_fault.into(), reason.into());
        let next_at = now.as_microsecond();
        Self { code, user, file, on_fault, reason, began_at: now, tries: 0, ended: None, next_at }
    }
}

/// Keeps a document until it is taken in; `false` if as many wait as may.
///
/// # Errors
/// If the engine fails.
pub async fn keep(db: &Db, sent: &Sent, document: &[u8], limits: Limits) -> Result<bool, Error> {
    let mut conn = db.connect().await?;
    conn.run(conn.engine().begin_write()).await?;
    let waiting = conn.row(WAITING, vec![sent.user.as_str().into()]).await?;
    let waiting = waiting.map(|row| Ok::<_, Error>((row.integer(0)?, row.integer(1)?))).transpose()?;
    if waiting.is_some_and(|(all, own)| all >= limits.waiting || own >= limits.waiting_of_one) {
        conn.run("ROLLBACK").await?;
        return Ok(false);
    }
    let mut values: Vec<Value> =
        [&sent.code, &sent.user, &sent.file, &sent.on_fault, &sent.reason].map(|text| text.as_str().into()).into();
    values.push(sent.began_at.as_microsecond().into());
    conn.execute(KEEP, values).await?;
    for (number, part) in (0_i64..).zip(document.chunks(PART_BYTES)) {
        let row = vec![sent.code.as_str().into(), number.into(), part.into()];
        conn.insert(Batch::insert("INSERT INTO epcis_capture_part (capture, number, bytes)", vec![row])).await?;
    }
    conn.run("COMMIT").await?;
    Ok(true)
}

/// Takes the document that waits longest, to be heard of again by `until`.
///
/// # Errors
/// If the engine fails.
pub async fn begin(db: &Db, now: Timestamp, until: Timestamp) -> Result<Option<Sent>, Error> {
    loop {
        let row = db.read().await?.row(NEXT, vec![now.as_microsecond().into()]).await?;
        let Some(mut sent) = row.as_ref().map(read).transpose()? else { return Ok(None) };
        let values = vec![sent.code.as_str().into(), sent.next_at.into(), until.as_microsecond().into()];
        // Else somebody was faster, and the next is looked for.
        if db.changed(BEGIN, values).await? == 1 {
            sent.tries += 1;
            return Ok(Some(sent));
        }
    }
}

/// Says that a document is nobody else's until then.
///
/// # Errors
/// If the engine fails.
pub async fn hold(db: &Db, code: &str, until: Timestamp) -> Result<(), Error> {
    db.execute(HOLD, vec![code.into(), until.as_microsecond().into()]).await
}

/// The bytes of a document.
///
/// # Errors
/// If the engine fails.
pub async fn document(conn: &mut Conn, code: &str) -> Result<Vec<u8>, Error> {
    let (mut bytes, mut last) = (Vec::new(), -1);
    loop {
        let rows = conn.rows(PART, vec![code.into(), last.into()]).await?;
        for row in &rows {
            bytes.extend(row.bytes(0)?);
            last += 1;
        }
        if rows.is_empty() {
            return Ok(bytes);
        }
    }
}

/// Keeps how a document ended, without the document, and forgets what ended long ago or is more than is kept of its account.
///
/// # Errors
/// If the engine fails.
pub async fn end(db: &Db, sent: &Sent, ended: &Ended, limits: Limits) -> Result<(), Error> {
    let mut conn = db.connect().await?;
    conn.run(conn.engine().begin_write()).await?;
    let values = vec![
        sent.code.as_str().into(),
        ended.at.as_microsecond().into(),
        i64::from(ended.failed).into(),
        ended.faults.as_str().into(),
    ];
    conn.execute(END, values).await?;
    conn.execute(EMPTY, vec![sent.code.as_str().into()]).await?;
    conn.execute(FORGET, vec![limits.since.as_microsecond().into()]).await?;
    let mut characters = 0;
    for (n, row) in conn.rows(OF_USER, vec![sent.user.as_str().into()]).await?.iter().enumerate() {
        characters += row.integer(1)?;
        // The last one stays, however much is wrong with it.
        if n > 0 && (n >= limits.ended || characters > limits.characters) {
            conn.execute(DROP, vec![row.text(0)?.into()]).await?;
        }
    }
    conn.run("COMMIT").await
}

/// A document that somebody sent.
///
/// # Errors
/// If the engine fails.
pub async fn show(conn: &mut Conn, user: &str, code: &str) -> Result<Option<Sent>, Error> {
    conn.row(SHOW, vec![code.into(), user.into()]).await?.as_ref().map(read).transpose()
}

/// What somebody sent, newest first, before one of them: when it was sent, and its code.
///
/// # Errors
/// If the engine fails.
pub async fn page(conn: &mut Conn, user: &str, before: &(i64, String), limit: i64) -> Result<Vec<Sent>, Error> {
    let values = vec![user.into(), before.0.into(), before.1.as_str().into(), limit.into()];
    conn.rows(PAGE, values).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Sent, Error> {
    let at = row.maybe_timestamp(7)?;
    let (failed, faults) = (row.integer(8)? == 1, row.text(9)?);
    Ok(Sent {
        code: row.text(0)?,
        user: row.text(1)?,
        file: row.text(2)?,
        on_fault: row.text(3)?,
        reason: row.text(4)?,
        began_at: row.timestamp(5)?,
        tries: row.integer(6)?,
        ended: at.map(|at| Ended { at, failed, faults }),
        next_at: row.integer(10)?,
    })
}

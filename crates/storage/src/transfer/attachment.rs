//! Photographs and papers: kept when they are sent, for ever if something names them, and thrown away if nothing did for long.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::Attachment;
use crate::{
    Error,
    db::{Conn, Db},
    statements,
};

statements! {
    KEEP = "INSERT INTO attachment (hash, media_type, bytes, recorded_at, actor) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (hash) DO NOTHING";
    SENT = "INSERT INTO upload (actor, hash, size, recorded_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (actor, hash) DO UPDATE SET recorded_at = excluded.recorded_at";
    SENT_SINCE = "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM upload WHERE actor = $1 AND recorded_at > $2 AND hash <> $3";
    // Before there were uploads, when it was kept is when it was sent.
    THERE = "SELECT 1 FROM attachment a WHERE a.hash = $1 AND (a.recorded_at > $2
          OR EXISTS (SELECT 1 FROM attachment_named n WHERE n.hash = a.hash)
          OR EXISTS (SELECT 1 FROM upload u WHERE u.hash = a.hash AND u.recorded_at > $2))";
    NAME = "INSERT INTO attachment_named (hash) VALUES ($1) ON CONFLICT (hash) DO NOTHING";
    FORGET = "DELETE FROM upload WHERE recorded_at <= $1";
    SWEEP = "DELETE FROM attachment WHERE hash IN (SELECT a.hash FROM attachment a WHERE a.recorded_at <= $1
          AND NOT EXISTS (SELECT 1 FROM attachment_named n WHERE n.hash = a.hash)
          AND NOT EXISTS (SELECT 1 FROM upload u WHERE u.hash = a.hash) ORDER BY a.recorded_at, a.hash LIMIT 500)";
    STATEMENTS_SIGNED = "SELECT code, statement FROM handover WHERE code > $1 ORDER BY code LIMIT 500";
    ALL = "SELECT hash FROM attachment WHERE hash > $1 ORDER BY hash LIMIT 10000";
}

/// Keeps a photograph or paper, and that somebody sent it; the same bytes twice are kept once.
///
/// # Errors
/// If the engine fails.
pub async fn keep(db: &Db, new: &Attachment, actor: &str, now: Timestamp) -> Result<(), Error> {
    let mut conn = db.connect().await?;
    conn.run(conn.engine().begin_write()).await?;
    let (hash, at) = (new.hash.as_str(), now.as_microsecond());
    let values =
        vec![hash.into(), new.media_type.as_str().into(), new.bytes.as_slice().into(), at.into(), actor.into()];
    conn.execute(KEEP, values).await?;
    let size = i64::try_from(new.bytes.len()).unwrap_or(i64::MAX);
    conn.execute(SENT, vec![actor.into(), hash.into(), size.into(), at.into()]).await?;
    conn.run("COMMIT").await
}

/// How many bytes somebody sent after a moment, besides what has this hash.
///
/// # Errors
/// If the engine fails.
pub async fn sent_since(conn: &mut Conn, actor: &str, after: Timestamp, hash: &str) -> Result<i64, Error> {
    let row = conn.row(SENT_SINCE, vec![actor.into(), after.as_microsecond().into(), hash.into()]).await?;
    row.map_or(Ok(0), |row| row.integer(0))
}

/// Whether something may name it: it was sent after a moment, or something names it already.
///
/// # Errors
/// If the engine fails.
pub async fn may_be_named(conn: &mut Conn, hash: &str, after: Timestamp) -> Result<bool, Error> {
    Ok(conn.row(THERE, vec![hash.into(), after.as_microsecond().into()]).await?.is_some())
}

/// Something names it: from now on it stays.
pub(super) async fn name(conn: &mut Conn, hash: &str) -> Result<(), Error> {
    conn.execute(NAME, vec![hash.into()]).await.map(drop)
}

/// Throws away what was last sent at or before a moment and nothing ever named; gives how many there were.
///
/// # Errors
/// If the engine fails.
pub async fn sweep(db: &Db, until: Timestamp) -> Result<usize, Error> {
    let mut conn = db.connect().await?;
    conn.run(conn.engine().begin_write()).await?;
    let until = until.as_microsecond();
    conn.execute(FORGET, vec![until.into()]).await?;
    let mut swept = 0;
    loop {
        let gone = conn.execute(SWEEP, vec![until.into()]).await?;
        swept += usize::try_from(gone).unwrap_or(0);
        if gone == 0 {
            break;
        }
    }
    conn.run("COMMIT").await?;
    Ok(swept)
}

/// Notes what handovers name, of a database in which nobody did so when they were signed.
pub(crate) async fn name_signed(conn: &mut Conn) -> Result<(), Error> {
    let (mut kept, mut last) = (BTreeSet::new(), String::new());
    loop {
        let rows = conn.rows(ALL, vec![last.as_str().into()]).await?;
        let Some(row) = rows.last() else { break };
        last = row.text(0)?;
        for row in &rows {
            kept.insert(row.text(0)?);
        }
    }
    let mut last = String::new();
    while !kept.is_empty() {
        let rows = conn.rows(STATEMENTS_SIGNED, vec![last.as_str().into()]).await?;
        let Some(row) = rows.last() else { break };
        last = row.text(0)?;
        for row in &rows {
            // A hash is 64 digits, so it stands there only where it is named.
            let statement = row.text(1)?;
            for hash in statement.split(|c: char| !c.is_ascii_hexdigit()).filter(|part| part.len() == 64) {
                if kept.remove(hash) {
                    name(conn, hash).await?;
                }
            }
        }
    }
    Ok(())
}

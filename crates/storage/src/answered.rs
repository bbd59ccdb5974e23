//! What was answered to requests that carry a key of their own, so that the same request sent again gets the same answer. Kept for a
//! day; what must never be kept, such as secrets, is not in the answers that come here.

use jiff::Timestamp;

use crate::{
    Error,
    db::{Conn, Db},
    statements,
};

statements! {
    BEGIN = "INSERT INTO answered (user_name, request_key, request, begun_at, status, answer) VALUES ($1, $2, $3, $4, 0, '')
        ON CONFLICT (user_name, request_key) DO NOTHING";
    TAKE_OVER = "UPDATE answered SET begun_at = $4 WHERE user_name = $1 AND request_key = $2 AND begun_at = $3 AND status = 0";
    FIND = "SELECT request, begun_at, status, answer FROM answered WHERE user_name = $1 AND request_key = $2";
    END = "UPDATE answered SET status = $3, answer = $4 WHERE user_name = $1 AND request_key = $2";
    FORGET = "DELETE FROM answered WHERE user_name = $1 AND request_key = $2";
    FORGET_OLD = "DELETE FROM answered WHERE begun_at < $1";
}

/// A request that was made before under the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Hash of what was asked.
    pub request: Vec<u8>,
    /// When.
    pub begun_at: Timestamp,
    /// The status of the answer; 0 while there is none.
    pub status: i64,
    /// The answer, as the caller wrote it.
    pub answer: String,
}

/// Takes a key for a request; `false` if it is taken already.
///
/// # Errors
/// If the engine fails.
pub async fn begin(db: &Db, user: &str, key: &str, request: &[u8], now: Timestamp) -> Result<bool, Error> {
    Ok(db.changed(BEGIN, vec![user.into(), key.into(), request.into(), now.as_microsecond().into()]).await? == 1)
}

/// Takes a key over from a request that began at `begun_at` and never ended; `false` if another was faster.
///
/// # Errors
/// If the engine fails.
pub async fn take_over(db: &Db, user: &str, key: &str, begun_at: Timestamp, now: Timestamp) -> Result<bool, Error> {
    let values = vec![user.into(), key.into(), begun_at.as_microsecond().into(), now.as_microsecond().into()];
    Ok(db.changed(TAKE_OVER, values).await? == 1)
}

/// The request that took a key.
///
/// # Errors
/// If the engine fails.
pub async fn find(conn: &mut Conn, user: &str, key: &str) -> Result<Option<Answered>, Error> {
    let row = conn.row(FIND, vec![user.into(), key.into()]).await?;
    row.map(|row| {
        Ok(Answered {
            request: row.bytes(0)?,
            begun_at: row.timestamp(1)?,
            status: row.integer(2)?,
            answer: row.text(3)?,
        })
    })
    .transpose()
}

/// Keeps the answer to a request.
///
/// # Errors
/// If the engine fails.
pub async fn end(db: &Db, user: &str, key: &str, status: i64, answer: &str) -> Result<(), Error> {
    db.execute(END, vec![user.into(), key.into(), status.into(), answer.into()]).await
}

/// Gives a key free again.
///
/// # Errors
/// If the engine fails.
pub async fn forget(db: &Db, user: &str, key: &str) -> Result<(), Error> {
    db.execute(FORGET, vec![user.into(), key.into()]).await
}

/// Forgets what began before a moment.
///
/// # Errors
/// If the engine fails.
pub async fn forget_old(db: &Db, before: Timestamp) -> Result<(), Error> {
    db.execute(FORGET_OLD, vec![before.as_microsecond().into()]).await
}

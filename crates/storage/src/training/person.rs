//! Who trainees are: a text that stands apart from all that counts, and is erased. On what they travelled is erased with it: whoever
//! wrote that down may have written who drove them.

use jiff::Timestamp;
use muster_domain::code::Code;

use crate::{Error, db::Conn, statements};

statements! {
    PERSON = "SELECT person FROM nomination_person WHERE nomination = $1 AND erase_at > $2";
    KEEP = "INSERT INTO nomination_person (nomination, person, erase_at) VALUES ($1, $2, $3)
        ON CONFLICT (nomination) DO UPDATE SET person = excluded.person, erase_at = excluded.erase_at";
    ERASE = "DELETE FROM nomination_person WHERE nomination = $1";
    ERASE_DUE = "DELETE FROM nomination_person WHERE erase_at <= $1";
    FORGET_CONVEYANCE = "DELETE FROM nomination_conveyance WHERE nomination = $1";
    FORGET_CONVEYANCE_DUE = "DELETE FROM nomination_conveyance
        WHERE erase_at <= $1";
    DUE = "SELECT COUNT(*) FROM (SELECT nomination FROM nomination_person WHERE erase_at <= $1
        UNION SELECT nomination FROM nomination_conveyance WHERE erase_at <= $1) due";
}

pub(super) async fn keep(conn: &mut Conn, nomination: &Code, who: &str, until: Timestamp) -> Result<(), Error> {
    let values = vec![nomination.as_str().into(), who.into(), until.as_microsecond().into()];
    conn.execute(KEEP, values).await.map(|_| ())
}

pub(super) async fn erase(conn: &mut Conn, nomination: &Code) -> Result<(), Error> {
    conn.execute(FORGET_CONVEYANCE, vec![nomination.as_str().into()]).await?;
    conn.execute(ERASE, vec![nomination.as_str().into()]).await.map(|_| ())
}

pub(super) async fn erase_due(conn: &mut Conn, now: Timestamp) -> Result<(), Error> {
    conn.execute(FORGET_CONVEYANCE_DUE, vec![now.as_microsecond().into()]).await?;
    conn.execute(ERASE_DUE, vec![now.as_microsecond().into()]).await.map(|_| ())
}

/// Who a trainee is, if that is kept and its time is not over. Whoever asks has noted that somebody looked.
///
/// # Errors
/// If the engine fails.
pub async fn person(conn: &mut Conn, nomination: &str, now: Timestamp) -> Result<Option<String>, Error> {
    let row = conn.row(PERSON, vec![nomination.into(), now.as_microsecond().into()]).await?;
    row.map(|row| row.text(0)).transpose()
}

/// Of how many it is still kept who they are, or on what they travelled, though their time is over.
///
/// # Errors
/// If the engine fails.
pub async fn to_erase(conn: &mut Conn, now: Timestamp) -> Result<i64, Error> {
    conn.row(DUE, vec![now.as_microsecond().into()]).await?.map_or(Ok(0), |row| row.integer(0))
}

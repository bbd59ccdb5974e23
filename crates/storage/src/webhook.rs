//! Webhooks: who is told what happens, and what was sent to them. The journal and the changes of records are read from where each
//! webhook has come to; what is found becomes a delivery in the same transaction in which the webhook moves on.

use std::collections::BTreeMap;

use jiff::Timestamp;
use muster_domain::code::Code;

use crate::{
    Error,
    db::{Batch, Conn, Db, Row},
    statements,
};

statements! {
    PUT = "INSERT INTO webhook (code, user_name, label, url, events, secret, created_at, entry_seen, change_seen)
        VALUES ($1, $2, $3, $4, $5, $6, $7, (SELECT COALESCE(MAX(number), 0) FROM entry), (SELECT COALESCE(MAX(number), 0) FROM change))";
    OF_USER = "SELECT code, user_name, label, url, events, created_at, stopped_at, entry_seen, change_seen FROM webhook
        WHERE user_name = $1 ORDER BY created_at, code LIMIT 200";
    BEHIND = "SELECT code, user_name, label, url, events, created_at, stopped_at, entry_seen, change_seen FROM webhook
        WHERE stopped_at IS NULL AND (entry_seen < (SELECT COALESCE(MAX(number), 0) FROM entry)
            OR change_seen < (SELECT COALESCE(MAX(number), 0) FROM change))
        ORDER BY code LIMIT 200";
    ENDS = "SELECT (SELECT COALESCE(MAX(number), 0) FROM entry), (SELECT COALESCE(MAX(number), 0) FROM change)";
    CHANGES = "SELECT number, recorded_at, reason, sheet, record, before, after FROM change
        WHERE number > $1 AND sheet IN ('offers', 'requirements', 'packages', 'participation_steps') ORDER BY number LIMIT $2";
    MOVE_ON = "UPDATE webhook SET entry_seen = $4, change_seen = $5 WHERE code = $1 AND entry_seen = $2 AND change_seen = $3";
    STOP = "UPDATE webhook SET stopped_at = $2 WHERE code = $1";
    REMOVE = "DELETE FROM webhook WHERE code = $1";
    UNSUBSCRIBE = "DELETE FROM epcis_subscription WHERE webhook = $1";
    REMOVE_DELIVERIES = "DELETE FROM delivery WHERE webhook = $1";
    DUE = "SELECT d.id, d.webhook, d.body, d.attempts, d.next_at, w.url, w.secret FROM delivery d JOIN webhook w ON w.code = d.webhook
        WHERE d.state = 'waiting' AND d.next_at <= $1 AND w.stopped_at IS NULL ORDER BY d.next_at, d.id LIMIT $2";
    CLAIM = "UPDATE delivery SET attempts = attempts + 1, next_at = $3 WHERE id = $1 AND next_at = $2 AND state = 'waiting'";
    ANSWERED = "UPDATE delivery SET state = $2, next_at = $3, answered_at = $4, answer = $5 WHERE id = $1";
    DELIVERIES = "SELECT id, event, created_at, state, attempts, next_at, answered_at, answer, body FROM delivery
        WHERE webhook = $1 AND (created_at < $2 OR (created_at = $2 AND id < $3)) ORDER BY created_at DESC, id DESC LIMIT $4";
    OLD = "DELETE FROM delivery WHERE state <> 'waiting' AND created_at < $1";
}

/// Who is told what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its code.
    pub code: Code,
    /// Whose it is: only what they see is told.
    pub user: String,
    /// What it is for.
    pub label: String,
    /// Where it is told.
    pub url: String,
    /// Kinds of events that are told.
    pub events: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the address said that it is gone.
    pub stopped_at: Option<Timestamp>,
    /// The last entry of the journal that it was told of, or that was not for it.
    pub entry_seen: i64,
    /// The last change of a record likewise.
    pub change_seen: i64,
}

/// A change of a record, as the webhooks look at it.
#[derive(Clone, Debug)]
pub struct Changed {
    /// Its number.
    pub number: i64,
    /// When it was written.
    pub recorded_at: Timestamp,
    /// Why.
    pub reason: String,
    /// The sheet.
    pub sheet: String,
    /// The record's key.
    pub key: String,
    /// The columns before, by name; none: it was new.
    pub before: Option<BTreeMap<String, String>>,
    /// The columns after, by name; none: it was removed.
    pub after: Option<BTreeMap<String, String>>,
}

/// Something to be told, before it is sent.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    /// Its name, which nobody can guess and which says nothing.
    pub id: String,
    /// The kind of event.
    pub event: &'static str,
    /// What is sent.
    pub body: String,
}

/// Something that is to be sent now.
#[derive(Clone, Debug)]
pub struct Due {
    /// Its name.
    pub id: String,
    /// The webhook.
    pub webhook: String,
    /// What is sent.
    pub body: String,
    /// How often it was tried before.
    pub attempts: i64,
    /// Since when it is due.
    pub next_at: i64,
    /// Where it goes.
    pub url: String,
    /// With what it is signed.
    pub secret: String,
}

/// Something that was sent, or will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its name.
    pub id: String,
    /// The kind of event.
    pub event: String,
    /// When it was found.
    pub created_at: Timestamp,
    /// waiting, delivered or failed.
    pub state: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next, while it waits.
    pub next_at: Timestamp,
    /// When the last try ended.
    pub answered_at: Option<Timestamp>,
    /// What came of the last try.
    pub answer: String,
    /// What is sent.
    pub body: String,
}

/// What came of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Delivered,
    /// It is tried again at this moment.
    Again(Timestamp),
    /// It is not tried again.
    Failed,
}

/// Makes a webhook, which is told of what happens from now on.
///
/// # Errors
/// If the engine fails.
pub async fn put(db: &Db, webhook: &Webhook, secret: &str) -> Result<(), Error> {
    put_in(&mut db.connect().await?, webhook, secret).await
}

/// The same, in the transaction that is open, if one is.
pub(crate) async fn put_in(conn: &mut Conn, webhook: &Webhook, secret: &str) -> Result<(), Error> {
    let values = vec![
        webhook.code.as_str().into(),
        webhook.user.as_str().into(),
        webhook.label.as_str().into(),
        webhook.url.as_str().into(),
        webhook.events.join("|").into(),
        secret.into(),
        webhook.created_at.as_microsecond().into(),
    ];
    conn.execute(PUT, values).await.map(|_| ())
}

/// The webhooks of somebody, oldest first.
///
/// # Errors
/// If the engine fails.
pub async fn of_user(conn: &mut Conn, user: &str) -> Result<Vec<Webhook>, Error> {
    conn.rows(OF_USER, vec![user.into()]).await?.iter().map(webhook).collect()
}

/// Webhooks after whose last look something happened.
///
/// # Errors
/// If the engine fails.
pub async fn behind(conn: &mut Conn) -> Result<Vec<Webhook>, Error> {
    conn.rows(BEHIND, vec![]).await?.iter().map(webhook).collect()
}

/// The last entry and the last change.
///
/// # Errors
/// If the engine fails.
pub async fn ends(conn: &mut Conn) -> Result<(i64, i64), Error> {
    let row = conn.row(ENDS, vec![]).await?.ok_or_else(|| Error::Corrupt("no answer".into()))?;
    Ok((row.integer(0)?, row.integer(1)?))
}

/// Changes of records that have states, after one, in order.
///
/// # Errors
/// If the engine fails.
pub async fn changes(conn: &mut Conn, after: i64, limit: i64) -> Result<Vec<Changed>, Error> {
    let cells = |json: Option<String>| json.and_then(|json| serde_json::from_str(&json).ok());
    conn.rows(CHANGES, vec![after.into(), limit.into()])
        .await?
        .iter()
        .map(|row| {
            Ok(Changed {
                number: row.integer(0)?,
                recorded_at: row.timestamp(1)?,
                reason: row.text(2)?,
                sheet: row.text(3)?,
                key: row.text(4)?,
                before: cells(row.maybe_text(5)?),
                after: cells(row.maybe_text(6)?),
            })
        })
        .collect()
}

/// Moves a webhook on to an entry and a change, and keeps what it is to be told; `false` if another process was faster.
///
/// # Errors
/// If the engine fails.
pub async fn move_on(
    db: &Db,
    webhook: &Webhook,
    (entry, change): (i64, i64),
    deliveries: Vec<NewDelivery>,
    now: Timestamp,
) -> Result<bool, Error> {
    let mut conn = db.connect().await?;
    conn.run(conn.engine().begin_write()).await?;
    let seen = vec![
        webhook.code.as_str().into(),
        webhook.entry_seen.into(),
        webhook.change_seen.into(),
        entry.into(),
        change.into(),
    ];
    if conn.execute(MOVE_ON, seen).await? != 1 {
        conn.run("ROLLBACK").await?;
        return Ok(false);
    }
    deliver(&mut conn, webhook.code.as_str(), deliveries, now).await?;
    conn.run("COMMIT").await?;
    Ok(true)
}

/// Keeps what a webhook is to be told, in the transaction that is open.
pub(crate) async fn deliver(
    conn: &mut Conn,
    webhook: &str,
    deliveries: Vec<NewDelivery>,
    now: Timestamp,
) -> Result<(), Error> {
    let at = now.as_microsecond();
    let row = |new: NewDelivery| {
        vec![
            new.id.into(),
            webhook.into(),
            new.event.into(),
            new.body.into(),
            at.into(),
            "waiting".into(),
            0_i64.into(),
            at.into(),
            "".into(),
        ]
    };
    let into = "INSERT INTO delivery (id, webhook, event, body, created_at, state, attempts, next_at, answer)";
    conn.insert(Batch::insert(into, deliveries.into_iter().map(row).collect())).await
}

/// Tells a webhook nothing more.
///
/// # Errors
/// If the engine fails.
pub async fn stop(db: &Db, code: &str, now: Timestamp) -> Result<(), Error> {
    db.execute(STOP, vec![code.into(), now.as_microsecond().into()]).await
}

/// Removes a webhook with all that was sent to it.
///
/// # Errors
/// If the engine fails.
pub async fn remove(db: &Db, code: &str) -> Result<(), Error> {
    let mut conn = db.connect().await?;
    conn.run(conn.engine().begin_write()).await?;
    conn.execute(UNSUBSCRIBE, vec![code.into()]).await?;
    conn.execute(REMOVE_DELIVERIES, vec![code.into()]).await?;
    conn.execute(REMOVE, vec![code.into()]).await?;
    conn.run("COMMIT").await
}

/// What is to be sent by a moment, longest due first.
///
/// # Errors
/// If the engine fails.
pub async fn due(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<Due>, Error> {
    conn.rows(DUE, vec![now.as_microsecond().into(), limit.into()])
        .await?
        .iter()
        .map(|row| {
            Ok(Due {
                id: row.text(0)?,
                webhook: row.text(1)?,
                body: row.text(2)?,
                attempts: row.integer(3)?,
                next_at: row.integer(4)?,
                url: row.text(5)?,
                secret: row.text(6)?,
            })
        })
        .collect()
}

/// Takes a delivery in hand until a moment; `false` if another process has it.
///
/// # Errors
/// If the engine fails.
pub async fn claim(db: &Db, due: &Due, until: Timestamp) -> Result<bool, Error> {
    let values = vec![due.id.as_str().into(), due.next_at.into(), until.as_microsecond().into()];
    Ok(db.changed(CLAIM, values).await? == 1)
}

/// Notes what came of a try.
///
/// # Errors
/// If the engine fails.
pub async fn answered(db: &Db, id: &str, outcome: &Outcome, answer: &str, now: Timestamp) -> Result<(), Error> {
    let (state, next) = match outcome {
        Outcome::Delivered => ("delivered", now),
        Outcome::Again(at) => ("waiting", *at),
        Outcome::Failed => ("failed", now),
    };
    let values =
        vec![id.into(), state.into(), next.as_microsecond().into(), now.as_microsecond().into(), answer.into()];
    db.execute(ANSWERED, values).await
}

/// What was sent to a webhook or will be, newest first, before one by its moment and name.
///
/// # Errors
/// If the engine fails.
pub async fn deliveries(
    conn: &mut Conn,
    webhook: &str,
    (before, id): (i64, &str),
    limit: i64,
) -> Result<Vec<Delivery>, Error> {
    let values = vec![webhook.into(), before.into(), id.into(), limit.into()];
    conn.rows(DELIVERIES, values)
        .await?
        .iter()
        .map(|row| {
            Ok(Delivery {
                id: row.text(0)?,
                event: row.text(1)?,
                created_at: row.timestamp(2)?,
                state: row.text(3)?,
                attempts: row.integer(4)?,
                next_at: row.timestamp(5)?,
                answered_at: row.maybe_timestamp(6)?,
                answer: row.text(7)?,
                body: row.text(8)?,
            })
        })
        .collect()
}

/// Forgets what was sent before a moment.
///
/// # Errors
/// If the engine fails.
pub async fn forget_old(db: &Db, before: Timestamp) -> Result<(), Error> {
    db.execute(OLD, vec![before.as_microsecond().into()]).await
}

fn webhook(row: &Row) -> Result<Webhook, Error> {
    Ok(Webhook {
        code: row.word(0)?,
        user: row.text(1)?,
        label: row.text(2)?,
        url: row.text(3)?,
        events: row.text(4)?.split('|').map(str::to_owned).collect(),
        created_at: row.timestamp(5)?,
        stopped_at: row.maybe_timestamp(6)?,
        entry_seen: row.integer(7)?,
        change_seen: row.integer(8)?,
    })
}

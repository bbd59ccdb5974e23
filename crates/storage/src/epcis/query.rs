//! Queries that somebody gave a name, as text, and who is told what newly answers to them. Each is its maker's own.

use jiff::Timestamp;

use crate::{
    Error,
    db::{Conn, Db, Row},
    statements,
    webhook::{self, NewDelivery, Webhook},
};

statements! {
    QUERIES = "SELECT name, definition, created_at FROM epcis_query WHERE user_name = $1 AND name > $2 ORDER BY name LIMIT $3";
    QUERY = "SELECT name, definition, created_at FROM epcis_query WHERE user_name = $1 AND name = $2";
    PUT = "INSERT INTO epcis_query (user_name, name, definition, created_at) VALUES ($1, $2, $3, $4)";
    REMOVE = "DELETE FROM epcis_query WHERE user_name = $1 AND name = $2";
    SUBSCRIBE = "INSERT INTO epcis_subscription (webhook, user_name, query, schedule, report_if_empty, told_until, next_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    SUBSCRIPTIONS = "SELECT s.webhook, s.user_name, s.query, s.schedule, s.report_if_empty, s.told_until, s.next_at, w.url, w.created_at,
            (SELECT MAX(d.answered_at) FROM delivery d WHERE d.webhook = s.webhook AND d.state = 'delivered')
        FROM epcis_subscription s JOIN webhook w ON w.code = s.webhook
        WHERE s.user_name = $1 AND s.query = $2 ORDER BY w.created_at, s.webhook LIMIT 200";
    DUE = "SELECT s.webhook, s.user_name, s.query, s.schedule, s.report_if_empty, s.told_until, s.next_at, w.url, w.created_at, NULL
        FROM epcis_subscription s JOIN webhook w ON w.code = s.webhook
        WHERE s.next_at <= $1 AND w.stopped_at IS NULL ORDER BY s.next_at, s.webhook LIMIT $2";
    MOVE_ON = "UPDATE epcis_subscription SET told_until = $3, next_at = $4 WHERE webhook = $1 AND told_until = $2 AND next_at = $5";
}

/// A query with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedQuery {
    /// Its name, among its maker's.
    pub name: String,
    /// What it asks for, as JSON.
    pub definition: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Somebody who is told what newly answers to a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The webhook that carries it.
    pub webhook: String,
    /// Whose it is: only what they see is told.
    pub user: String,
    /// The query.
    pub query: String,
    /// When it is looked, as JSON; none: whenever something is recorded.
    pub schedule: Option<String>,
    /// Whether it is told, too, that there is nothing new.
    pub report_if_empty: bool,
    /// All that was recorded before this was told.
    pub told_until: Timestamp,
    /// When it is looked next.
    pub next_at: Timestamp,
    /// Where it is told.
    pub url: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When something was last taken at the address.
    pub notified_at: Option<Timestamp>,
}

/// Queries of somebody, by name, after one.
///
/// # Errors
/// If the engine fails.
pub async fn queries(conn: &mut Conn, user: &str, after: &str, limit: i64) -> Result<Vec<NamedQuery>, Error> {
    conn.rows(QUERIES, vec![user.into(), after.into(), limit.into()]).await?.iter().map(named).collect()
}

/// A query of somebody.
///
/// # Errors
/// If the engine fails.
pub async fn query(conn: &mut Conn, user: &str, name: &str) -> Result<Option<NamedQuery>, Error> {
    conn.row(QUERY, vec![user.into(), name.into()]).await?.as_ref().map(named).transpose()
}

fn named(row: &Row) -> Result<NamedQuery, Error> {
    Ok(NamedQuery { name: row.text(0)?, definition: row.text(1)?, created_at: row.timestamp(2)? })
}

/// Keeps a query.
///
/// # Errors
/// If its maker has one of that name, or the engine fails.
pub async fn put(db: &Db, user: &str, query: &NamedQuery) -> Result<(), Error> {
    let values = vec![
        user.into(),
        query.name.as_str().into(),
        query.definition.as_str().into(),
        query.created_at.as_microsecond().into(),
    ];
    db.execute(PUT, values).await
}

/// Forgets a query that nobody is told of.
///
/// # Errors
/// If somebody is, or the engine fails.
pub async fn remove(db: &Db, user: &str, name: &str) -> Result<(), Error> {
    db.execute(REMOVE, vec![user.into(), name.into()]).await
}

/// Keeps a webhook and that it is told of a query. What it is sent is signed with a secret.
///
/// # Errors
/// If the engine fails.
pub async fn subscribe(db: &Db, webhook: &Webhook, secret: &str, new: &Subscription) -> Result<(), Error> {
    let mut conn = db.connect().await?;
    conn.run(conn.engine().begin_write()).await?;
    webhook::put_in(&mut conn, webhook, secret).await?;
    let values = vec![
        new.webhook.as_str().into(),
        new.user.as_str().into(),
        new.query.as_str().into(),
        new.schedule.clone().into(),
        i64::from(new.report_if_empty).into(),
        new.told_until.as_microsecond().into(),
        new.next_at.as_microsecond().into(),
    ];
    conn.execute(SUBSCRIBE, values).await?;
    conn.run("COMMIT").await
}

/// Who is told of a query, oldest first.
///
/// # Errors
/// If the engine fails.
pub async fn subscriptions(conn: &mut Conn, user: &str, query: &str) -> Result<Vec<Subscription>, Error> {
    conn.rows(SUBSCRIPTIONS, vec![user.into(), query.into()]).await?.iter().map(subscription).collect()
}

/// Whose turn it is by a moment, longest due first.
///
/// # Errors
/// If the engine fails.
pub async fn due(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<Subscription>, Error> {
    conn.rows(DUE, vec![now.as_microsecond().into(), limit.into()]).await?.iter().map(subscription).collect()
}

fn subscription(row: &Row) -> Result<Subscription, Error> {
    let notified = row.maybe_integer(9)?.map(Timestamp::from_microsecond).transpose();
    Ok(Subscription {
        webhook: row.text(0)?,
        user: row.text(1)?,
        query: row.text(2)?,
        schedule: row.maybe_text(3)?,
        report_if_empty: row.integer(4)? == 1,
        told_until: row.timestamp(5)?,
        next_at: row.timestamp(6)?,
        url: row.text(7)?,
        created_at: row.timestamp(8)?,
        notified_at: notified.map_err(|error| Error::Corrupt(error.to_string()))?,
    })
}

/// Keeps what is to be told, and until when all is told; `false` if another process was faster.
///
/// # Errors
/// If the engine fails.
pub async fn move_on(
    db: &Db,
    of: &Subscription,
    (until, next_at): (Timestamp, Timestamp),
    deliveries: Vec<NewDelivery>,
    now: Timestamp,
) -> Result<bool, Error> {
    let mut conn = db.connect().await?;
    conn.run(conn.engine().begin_write()).await?;
    let values = vec![
        of.webhook.as_str().into(),
        of.told_until.as_microsecond().into(),
        until.as_microsecond().into(),
        next_at.as_microsecond().into(),
        of.next_at.as_microsecond().into(),
    ];
    if conn.execute(MOVE_ON, values).await? != 1 {
        conn.run("ROLLBACK").await?;
        return Ok(false);
    }
    webhook::deliver(&mut conn, &of.webhook, deliveries, now).await?;
    conn.run("COMMIT").await?;
    Ok(true)
}

//! Queries with names, and who is told what newly answers to them. Each is its maker's own, and tells what they see; webhooks carry it.

use jiff::{SignedDuration, Timestamp};
use muster_domain::{code::Code, message, message::Message};
use muster_interchange::epcis::{
    event::{self, Document},
    query::{Query, Wrong},
    schedule::Schedule,
    stream::Form,
    time::{Moment, Offset},
};
use muster_storage::{
    epcis::query::{self as store, NamedQuery, Subscription},
    webhook::{NewDelivery, Webhook},
};
use serde_json::{Map, Value};

use super::{MOST_EVENTS, index::LATE};
use crate::{Actor, App, Error, webhook};

/// Most queries of one account.
const MOST_QUERIES: usize = 100;
/// Longest definition of a query, in characters.
const LONGEST_DEFINITION: usize = 20_000;
/// What a webhook of a subscription is told.
pub(crate) const EVENT: &str = "epcis.events";
/// How far back what was recorded may be told, and how much of it in one turn.
const FURTHEST: SignedDuration = SignedDuration::from_hours(24 * 366);
const ONE_TURN: SignedDuration = SignedDuration::from_hours(24);
/// How long a subscription waits that could not be looked at.
const BROKEN: SignedDuration = SignedDuration::from_hours(1);
/// Subscriptions that are looked at in one go.
const AT_ONCE: i64 = 50;
/// How often a stream is looked at, and the least time between two turns of a schedule.
const STREAMED: SignedDuration = SignedDuration::from_secs(10);
const SCHEDULED: SignedDuration = SignedDuration::from_secs(59);

/// Who is to be told of a query, and when.
#[derive(Clone, Debug)]
pub struct NewSubscription {
    /// Where it is told.
    pub url: String,
    /// With what it is signed; none: a secret of ours.
    pub secret: Option<String>,
    /// When it is asked again; none: whenever something is recorded.
    pub schedule: Option<(Schedule, String)>,
    /// Whether it is told, too, that there is nothing new.
    pub report_if_empty: bool,
    /// From which moment on what was recorded is told; none: from now.
    pub since: Option<Timestamp>,
}

/// A query that somebody gave a name.
///
/// # Errors
/// If its definition is none; that was looked at when it was kept.
fn query_of(named: &NamedQuery) -> Result<Query, Error> {
    let definition: Map<String, Value> = serde_json::from_str(&named.definition)
        .map_err(|error| muster_storage::Error::Corrupt(format!("query {}: {error}", named.name)))?;
    Query::read(&definition).map_err(|(name, _)| {
        Error::Invalid(message!("field-must-be", name = name, right = message!("epcis-no-parameter")))
    })
}

/// A moment to the second: events tell when they were recorded to the millisecond, and none may fall between two turns.
fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// When a subscription's turn is next.
fn next_of(of: &Subscription, now: Timestamp) -> Timestamp {
    let parts: Option<Map<String, Value>> = of.schedule.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let next = match parts.and_then(|parts| Schedule::read(&parts).ok()) {
        Some(schedule) => now.checked_add(SCHEDULED).ok().and_then(|from| schedule.next(from)),
        None => now.checked_add(STREAMED).ok(),
    };
    next.unwrap_or(Timestamp::MAX)
}

impl App {
    /// Queries of somebody, by name, after one.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn epcis_queries(&self, actor: &Actor, after: &str, limit: i64) -> Result<Vec<NamedQuery>, Error> {
        Ok(store::queries(&mut self.read().await?, actor.name(), after, limit).await?)
    }

    /// A query of somebody, with what it asks for.
    ///
    /// # Errors
    /// If there is none, or the database fails.
    pub async fn epcis_query(&self, name: &str, actor: &Actor) -> Result<(NamedQuery, Query), Error> {
        let found = store::query(&mut self.read().await?, actor.name(), name).await?;
        let named = found.ok_or_else(|| Error::NotFound { what: "query", code: name.to_owned() })?;
        let query = query_of(&named)?;
        Ok((named, query))
    }

    /// Keeps a query under a name.
    ///
    /// # Errors
    /// If its maker has one of that name or too many, a parameter will not do (its name, and why), or the database fails.
    pub async fn epcis_query_put(
        &self,
        name: &str,
        definition: &Map<String, Value>,
        actor: &Actor,
    ) -> Result<Result<NamedQuery, (String, Wrong)>, Error> {
        if let Err(wrong) = Query::read(definition) {
            return Ok(Err(wrong));
        }
        let text = Value::Object(definition.clone()).to_string();
        if text.chars().count() > LONGEST_DEFINITION {
            let why: Message = message!("at-most-characters", most = LONGEST_DEFINITION);
            return Ok(Err(("query".to_owned(), Wrong::Value(why))));
        }
        let own = self.epcis_queries(actor, "", MOST_QUERIES as i64).await?;
        if own.len() >= MOST_QUERIES {
            return Err(Error::Invalid(message!("epcis-queries-too-many", most = MOST_QUERIES)));
        }
        if own.iter().any(|query| query.name == name) {
            return Err(Error::Invalid(message!("epcis-query-there", name)));
        }
        let query = NamedQuery { name: name.to_owned(), definition: text, created_at: self.now() };
        store::put(&self.db, actor.name(), &query).await?;
        Ok(Ok(query))
    }

    /// Forgets a query; who is told of it is told no more.
    ///
    /// # Errors
    /// If there is none, or the database fails.
    pub async fn epcis_query_remove(&self, name: &str, actor: &Actor) -> Result<(), Error> {
        self.epcis_query(name, actor).await?;
        for subscription in self.epcis_subscriptions(name, actor).await? {
            self.webhook_remove(&subscription.webhook, actor).await?;
        }
        Ok(store::remove(&self.db, actor.name(), name).await?)
    }

    /// Who is told of a query, oldest first.
    ///
    /// # Errors
    /// If there is no such query, or the database fails.
    pub async fn epcis_subscriptions(&self, query: &str, actor: &Actor) -> Result<Vec<Subscription>, Error> {
        self.epcis_query(query, actor).await?;
        Ok(store::subscriptions(&mut self.read().await?, actor.name(), query).await?)
    }

    /// Somebody who is told of a query.
    ///
    /// # Errors
    /// If there is no such query or nobody of that name, or the database fails.
    pub async fn epcis_subscription(&self, query: &str, code: &str, actor: &Actor) -> Result<Subscription, Error> {
        let all = self.epcis_subscriptions(query, actor).await?;
        let found = all.into_iter().find(|one| one.webhook == code);
        found.ok_or_else(|| Error::NotFound { what: "subscription", code: code.to_owned() })
    }

    /// An address is told what newly answers to a query. Gives the secret, too, where none was given.
    ///
    /// # Errors
    /// If there is no such query, there are too many webhooks, or the database fails.
    pub async fn epcis_subscribe(
        &self,
        query: &str,
        new: &NewSubscription,
        actor: &Actor,
    ) -> Result<(Subscription, Option<String>), Error> {
        let (_, asked) = self.epcis_query(query, actor).await?;
        if asked.order().first().is_some() || asked.order().most().is_some() {
            return Err(Error::Invalid(message!("epcis-no-limit-to-tell")));
        }
        if self.webhooks(&actor.viewer).await?.len() >= webhook::MOST {
            return Err(Error::Invalid(message!("webhooks-too-many", most = webhook::MOST)));
        }
        let now = whole(self.now());
        let since = new.since.map_or(now, whole);
        if now.duration_since(since) > FURTHEST {
            return Err(Error::Invalid(message!("epcis-too-far-back", days = FURTHEST.as_hours() / 24)));
        }
        let next_at = match &new.schedule {
            None => now,
            Some((schedule, _)) => {
                let never = || Error::Invalid(message!("epcis-never"));
                schedule.next(now).ok_or_else(never)?
            }
        };
        let webhook = Webhook {
            code: Code::new(&format!("W-{}", self.secret(12))).map_err(Error::must_be)?,
            user: actor.name().to_owned(),
            label: query.to_owned(),
            url: new.url.clone(),
            events: vec![EVENT.to_owned()],
            created_at: now,
            stopped_at: None,
            entry_seen: 0,
            change_seen: 0,
        };
        let subscription = Subscription {
            webhook: webhook.code.to_string(),
            user: webhook.user.clone(),
            query: query.to_owned(),
            schedule: new.schedule.as_ref().map(|(_, text)| text.clone()),
            report_if_empty: new.report_if_empty,
            told_until: since,
            next_at,
            url: new.url.clone(),
            created_at: now,
            notified_at: None,
        };
        let own = new.secret.is_none().then(|| self.secret(32));
        let secret = new.secret.as_ref().or(own.as_ref()).cloned().unwrap_or_default();
        store::subscribe(&self.db, &webhook, &secret, &subscription).await?;
        Ok((subscription, own))
    }

    /// Finds what newly answers to queries whose turn it is by a moment, and keeps it to be sent; whether there may be more. One call looks at
    /// a few. One that cannot be looked at waits, and holds up no other.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn epcis_look(&self, now: Timestamp) -> Result<bool, Error> {
        let due = store::due(&mut self.read().await?, now, AT_ONCE).await?;
        for subscription in &due {
            if let Err(error) = self.tell_subscriber(subscription, now).await {
                tracing::error!(%error, webhook = subscription.webhook, "a subscription could not be looked at");
                let next = now.checked_add(BROKEN).unwrap_or(Timestamp::MAX);
                store::move_on(&self.db, subscription, (subscription.told_until, next), Vec::new(), now).await?;
            }
        }
        Ok(due.len() as i64 == AT_ONCE)
    }

    async fn tell_subscriber(&self, of: &Subscription, now: Timestamp) -> Result<(), Error> {
        // What is recorded may be seen a little later; it is told once it surely is.
        let settled = whole(now.checked_sub(LATE).unwrap_or(now)).max(of.told_until);
        let until = settled.min(of.told_until.checked_add(ONE_TURN).unwrap_or(settled));
        // A long time is told a day in each turn, one after the other.
        let next = if until < settled { now } else { next_of(of, now) };
        let Some(viewer) = self.user_viewer(&of.user).await? else {
            // Whoever may no longer sign in is told nothing, now or later.
            store::move_on(&self.db, of, (until, next), Vec::new(), now).await?;
            return Ok(());
        };
        let named = store::query(&mut self.read().await?, &of.user, &of.query).await?;
        let mut query = match named.as_ref().map(query_of) {
            Some(Ok(query)) => query,
            Some(Err(error)) => return Err(error),
            None => return Err(Error::NotFound { what: "query", code: of.query.clone() }),
        };
        for (name, at) in [("GE_recordTime", of.told_until), ("LT_recordTime", until)] {
            let wrong = |_| Error::Invalid(message!("field-must-be", name = name, right = message!("epcis-a-value")));
            query.add(name, &at.to_string()).map_err(wrong)?;
        }
        let (mut after, mut found) = (None, Vec::new());
        loop {
            let page = self.epcis_events(&viewer, &query, false, after, MOST_EVENTS).await?;
            let nothing = page.next.is_none() && found.is_empty() && until == settled;
            if !page.events.is_empty() || (of.report_if_empty && nothing) {
                found.push(self.message(of, page.events, now));
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        store::move_on(&self.db, of, (until, next), found, now).await?;
        Ok(())
    }

    fn message(&self, of: &Subscription, events: Vec<event::Event>, now: Timestamp) -> NewDelivery {
        let query = event::Query { name: of.query.clone(), subscription: Some(of.webhook.clone()) };
        let created = Some(Moment::new(now, Offset(0)));
        let document = Document { query: Some(query), created, events, ..Document::default() };
        let body = Form::Json.write(&document);
        NewDelivery { id: format!("msg_{}", self.secret(24)), event: EVENT, body }
    }
}

//! The way to Muster's API: whole requests to the router that `muster serve` answers with, so that rights, limits, keys and descriptions
//! are in the way. It waits when it is told to, and can fail in the middle as a network does.

use std::{cell::Cell, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, header},
};
use jiff::{SignedDuration, Timestamp};
use muster_app::App;
use muster_domain::{clock::Clock, message};
use muster_web::Surroundings;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tower::ServiceExt;

use super::clock::StoryClock;
use crate::Failure;

/// Longest answer, in bytes.
const LONGEST: usize = 64 << 20;
/// How long it is waited before it is looked again for what is under way, and how often.
const PAUSE: Duration = Duration::from_millis(10);
const LOOKS: usize = 50;
/// What may stand in a part of an address as it is (RFC 3986, unreserved).
const AS_IT_IS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Story time that a request takes.
const TAKES: SignedDuration = SignedDuration::from_secs(1);

/// By whom a request is made.
#[derive(Clone, Copy)]
pub(super) enum As<'a> {
    Nobody,
    /// With a session's cookie, from Muster's own pages.
    Session(&'a str),
    Token(&'a str),
}

/// What a request carries.
#[derive(Clone, Copy)]
pub(super) enum Content<'a> {
    None,
    Form(&'a str),
    Json(&'a str),
    Jpeg(&'a [u8]),
    /// A change to a record, and its entity tag as whoever changes it knew it.
    Change(&'a str, &'a str),
    /// Something that is done with a record, and its entity tag.
    Deed(&'a str, &'a str),
}

/// How a network fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Break {
    /// Nothing got through.
    Before,
    /// It was done, and the answer was lost.
    After,
    /// The connection broke while it was being done.
    Within,
}

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Value,
    /// What the server's clock showed, in whole seconds, as answers tell it.
    pub(super) date: Timestamp,
    pub(super) headers: HeaderMap,
}

impl Reply {
    pub(super) fn is_done(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether the same request is being done.
    pub(super) fn is_under_way(&self) -> bool {
        self.status == 409 && self.body["type"] == "/api#problem-under-way"
    }

    /// Whether the same request was done before.
    pub(super) fn is_again(&self) -> bool {
        self.headers.contains_key("idempotency-replayed") || self.body["repeated"] == true
    }

    /// Whether a gate is shut, which somebody with authority may open.
    pub(super) fn is_shut(&self) -> bool {
        self.body["type"] == "/api#problem-gates-shut"
    }

    /// Why it was refused, in Muster's words.
    pub(super) fn why(&self) -> String {
        let errors = self.body["errors"].as_array().into_iter().flatten().filter_map(|error| error["detail"].as_str());
        let said = self.body["detail"].as_str().or(self.body["title"].as_str());
        said.into_iter().chain(errors).collect::<Vec<_>>().join(" · ")
    }

    /// The answer, which must be one.
    pub(super) fn good(self, who: &str, what: &str) -> Result<Self, Failure> {
        if self.is_done() {
            return Ok(self);
        }
        Err(Failure::Told(message!("play-refused", who, what, status = i64::from(self.status), said = self.why())))
    }
}

pub(super) struct Wire {
    router: Router,
    clock: Arc<StoryClock>,
    asked: Cell<usize>,
    waited: Cell<usize>,
}

impl Wire {
    pub(super) fn new(app: App, around: Surroundings, clock: Arc<StoryClock>) -> Self {
        Self { router: muster_web::router_in(app, around), clock, asked: Cell::new(0), waited: Cell::new(0) }
    }

    /// Requests so far, and how many of them were told to come later.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.asked.get(), self.waited.get())
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Time passes in which nobody asks.
    pub(super) fn passes(&self, time: SignedDuration) {
        self.clock.advance(time);
    }

    /// Asks, and waits when there were too many requests.
    pub(super) async fn ask(
        &self,
        by: As<'_>,
        (method, path): (&str, &str),
        content: Content<'_>,
        key: Option<&str>,
    ) -> Result<Reply, Failure> {
        loop {
            let request = request(by, (method, path), content, key)?;
            self.clock.advance(TAKES);
            let reply = self.send(request).await?;
            let wait = reply.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
            match wait.filter(|_| reply.status == 429) {
                Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                None => return Ok(reply),
            }
            self.waited.set(self.waited.get() + 1);
        }
    }

    /// Asks while the network breaks: whoever asked knows nothing of what came of it.
    pub(super) async fn broken(
        &self,
        by: As<'_>,
        (method, path): (&str, &str),
        content: Content<'_>,
        key: Option<&str>,
        how: Break,
    ) -> Result<(), Failure> {
        match how {
            Break::Before => Ok(()),
            Break::After => self.ask(by, (method, path), content, key).await.map(drop),
            Break::Within => {
                let above = path.rsplit_once('/').map_or(path, |(above, _)| above);
                let before = self.ask(by, ("GET", above), Content::None, None).await?;
                tokio::select! {
                    biased;
                    reply = self.send(request(by, (method, path), content, key)?) => drop(reply?),
                    () = tokio::task::yield_now() => {}
                }
                // Muster goes on with what it has begun, or does not. The story is faster than machines are: it looks for a while.
                for _ in 0..LOOKS {
                    let now = self.ask(by, ("GET", above), Content::None, None).await?;
                    if now.body["version"] != before.body["version"] {
                        break;
                    }
                    tokio::time::sleep(PAUSE).await;
                }
                Ok(())
            }
        }
    }

    async fn send(&self, request: Request<Body>) -> Result<Reply, Failure> {
        self.asked.set(self.asked.get() + 1);
        let answer = self.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
        let (head, body) = answer.into_parts();
        let unreadable = |error: axum::Error| Failure::Told(message!("play-unreadable", error = error.to_string()));
        let bytes = to_bytes(body, LONGEST).await.map_err(unreadable)?;
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        let now = self.clock.now();
        let date = Timestamp::from_second(now.as_second()).unwrap_or(now);
        Ok(Reply { status: head.status.as_u16(), body, date, headers: head.headers })
    }
}

fn request(
    by: As<'_>,
    (method, path): (&str, &str),
    content: Content<'_>,
    key: Option<&str>,
) -> Result<Request<Body>, Failure> {
    let mut request = Request::builder().method(method).uri(path);
    request = match by {
        As::Nobody => request,
        As::Session(cookie) => request.header(header::COOKIE, cookie).header("sec-fetch-site", "same-origin"),
        As::Token(token) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
    };
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    let typed = |request: axum::http::request::Builder, kind| request.header(header::CONTENT_TYPE, kind);
    let built = match content {
        Content::None => request.body(Body::empty()),
        Content::Form(text) => typed(request, "application/x-www-form-urlencoded").body(Body::from(text.to_owned())),
        Content::Json(text) => typed(request, "application/json").body(Body::from(text.to_owned())),
        Content::Deed(text, tag) => {
            let request = request.header(header::IF_MATCH, tag);
            typed(request, "application/json").body(Body::from(text.to_owned()))
        }
        Content::Change(text, tag) => {
            let request = request.header(header::IF_MATCH, tag);
            typed(request, "application/merge-patch+json").body(Body::from(text.to_owned()))
        }
        Content::Jpeg(bytes) => typed(request, "image/jpeg").body(Body::from(bytes.to_vec())),
    };
    built.map_err(|error| Failure::Told(message!("play-unreadable", error = error.to_string())))
}

/// A part of an address.
pub(super) fn escaped(text: &str) -> String {
    utf8_percent_encode(text, AS_IT_IS).to_string()
}

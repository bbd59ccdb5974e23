//! The API, as programs of several people see it.

mod description;
mod epcis;
mod epcis_query;
mod import;
mod limit;
mod record;
mod rest;
mod text;
mod webhook;

use std::collections::BTreeSet;

use axum::{
    body::Body,
    http::{Request, StatusCode, request},
};
use muster_app::{Actor, user::Account};
use muster_domain::{role::Role, viewer::Viewer};
use muster_testkit::database::ENGINES;
use serde_json::{Value, json};

use crate::site::{Answer, Site, as_is};

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// That it is a problem of this status and name.
    #[track_caller]
    fn is_problem(&self, status: u16, name: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let told = self.json()["type"].as_str().unwrap_or_default().to_owned();
        match told.strip_prefix("epcisException:") {
            // GS1's OpenAPI document names the types for each status.
            Some(told) => {
                let known: &[&str] = match status {
                    400 => &["ValidationException", "QueryParameterException"],
                    401 | 403 => &["SecurityException"],
                    404 => &["NoSuchNameException"],
                    406 => &["NotAcceptableException"],
                    409 => &["ResourceAlreadyExistsException"],
                    413 => &["CaptureLimitExceededException", "QueryTooLargeException"],
                    415 => &["UnsupportedMediaTypeException"],
                    _ => &["ImplementationException"],
                };
                assert!(known.contains(&told), "{}", self.text);
            }
            None => assert_eq!(told, format!("/api#problem-{name}"), "{}", self.text),
        }
    }

    #[track_caller]
    fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }
}

/// Somebody with a token, or nobody.
#[derive(Clone)]
struct Caller<'a> {
    site: &'a Site,
    token: Option<String>,
}

/// A request that somebody is about to send.
struct Asked<'a> {
    site: &'a Site,
    request: request::Builder,
}

impl Asked<'_> {
    fn with(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    async fn json(self, body: Value) -> Answer {
        self.with("content-type", "application/json").send(body.to_string()).await
    }

    async fn send(self, body: impl Into<Body>) -> Answer {
        self.site.answer(self.request.body(body.into()).unwrap()).await
    }
}

impl<'a> Caller<'a> {
    fn ask(&self, method: &str, path: &str) -> Asked<'a> {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        Asked { site: self.site, request }
    }

    /// A request with a key.
    fn keyed(&self, key: &str, path: &str) -> Asked<'a> {
        self.ask("POST", path).with("idempotency-key", key)
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path).send("").await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask("POST", path).json(body).await
    }

    /// A change of a record as it is now.
    async fn change(&self, method: &str, path: &str, body: Value) -> Answer {
        let deed = ["/state", "/merge", "/split"].iter().find_map(|deed| path.strip_suffix(deed));
        let record = deed.unwrap_or(path);
        let etag = self.get(record).await.header("etag").to_owned();
        self.ask(method, path).with("if-match", &etag).json(body).await
    }
}

impl Site {
    fn nobody(&self) -> Caller<'_> {
        Caller { site: self, token: None }
    }

    /// A new account with a token.
    async fn caller(&self, name: &str, party: &str, role: Role) -> Caller<'_> {
        let operator = Actor::new(Viewer::operator("tester"), "a test");
        let account =
            Account { name: name.into(), party: party.into(), roles: BTreeSet::from([role]), disabled: false };
        let password = self.app.put_user(&account, None, &operator).await.unwrap().unwrap();
        let session = self.app.sign_in(name, &password).await.unwrap().unwrap();
        let viewer = self.app.session(&session).await.unwrap().unwrap();
        let granted = self.app.grant_token("test", true, 1, &Actor::new(viewer, "a test")).await.unwrap();
        Caller { site: self, token: Some(granted.1) }
    }
}

/// An offer of Germany's.
fn offer(code: &str) -> Value {
    json!({
        "code": code, "donor": "DEU", "kind": "goods", "resource": "VEST/ok", "quantity": "10", "place": "DEPOT-DEU",
        "available_from": "2026-10-01", "state": "pledged", "source": "", "fictional": "yes",
    })
}

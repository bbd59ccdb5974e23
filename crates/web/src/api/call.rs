//! One request to the API, from its coming in to its answer: what it gives is read by the operation's table, who may ask is looked at, and
//! a request that carries a key is done once.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    RequestExt,
    body::{Body, Bytes, to_bytes},
    extract::{Path, Query, Request},
    http::{HeaderMap, HeaderName, header},
    response::{IntoResponse, Response},
};
use muster_app::{Actor, answered::Turn};
use muster_domain::{message, viewer::Viewer};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{
    answer::{Answer, Failure, Fault},
    ask::{Access, Content, OWN, Operation},
    epcis,
    given::Given,
};
use crate::{LONGEST_FORM, LONGEST_IMPORT, Site, auth::Asker, problem::Kind as Problem, text::say};

/// Header by which a caller names a request.
pub(crate) const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Longest key, in characters.
pub(crate) const LONGEST_KEY: usize = 128;

/// A request whose query, path and body fit the operation.
pub(crate) struct Call {
    pub(crate) site: Site,
    pub(crate) asker: Asker,
    pub(crate) operation: Arc<Operation>,
    path: BTreeMap<String, String>,
    /// The fields of the query.
    pub(crate) query: Given,
    /// The fields of the body.
    pub(crate) given: Given,
    /// The body as an object, if it is one.
    pub(crate) object: Map<String, Value>,
    /// The body as it came.
    pub(crate) bytes: Bytes,
    pub(crate) headers: HeaderMap,
    /// The caller's own name for the request.
    pub(crate) key: Option<String>,
}

impl Call {
    pub(crate) fn viewer(&self) -> &Viewer {
        &self.asker.viewer
    }

    /// Whoever asks, for the reason they give.
    pub(crate) fn actor(&self) -> Actor {
        self.actor_for(self.given.text("reason"))
    }

    /// Whoever asks, for a reason, or for the usual one, with the version that they knew of what they change.
    pub(crate) fn actor_for(&self, reason: &str) -> Actor {
        let reason = if reason.is_empty() { say("api-reason") } else { reason.into() };
        Actor { key: self.key.clone(), seen: self.given.integer("version"), ..self.asker.actor(reason) }
    }

    /// The key under which the journal knows what moves, which holds no name of its own accord.
    pub(crate) fn journal_key(&self) -> Option<String> {
        self.key.as_ref().map(|key| format!("{} {key}", self.viewer().name))
    }

    /// A part of the address.
    pub(crate) fn part(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Of what kind the body is, without its parameters.
    pub(crate) fn media_type(&self) -> String {
        media_type(&self.headers)
    }

    /// The unit that is asked for, by resource and serial number.
    ///
    /// # Errors
    /// If only one of them is given: a serial number is one of its item.
    pub(crate) fn unit(&self) -> Result<Option<(String, String)>, Failure> {
        let lacks =
            |name| Failure::new(Problem::Invalid).with(vec![Fault::parameter(name).says(message!("must-be-given"))]);
        match (self.query.maybe("resource"), self.query.maybe("serial")) {
            (Some(resource), Some(serial)) => Ok(Some((resource, serial))),
            (None, None) => Ok(None),
            (Some(_), None) => Err(lacks("serial")),
            (None, Some(_)) => Err(lacks("resource")),
        }
    }

    /// What the caller knew of the record: of several tags the one that is right, if one is.
    pub(crate) fn expected(&self, current: &str) -> String {
        let all = self.header(&header::IF_MATCH).unwrap_or_default();
        let mut tags = all.split(',').map(|tag| tag.trim().trim_matches('"'));
        match tags.clone().find(|tag| *tag == "*" || *tag == current) {
            Some(_) => current.to_owned(),
            None => tags.next().unwrap_or_default().to_owned(),
        }
    }

    /// Whether the caller has the record already, as it is.
    pub(crate) fn has(&self, current: &str) -> bool {
        let all = self.header(&header::IF_NONE_MATCH).unwrap_or_default();
        all.split(',').any(
            |tag| matches!(tag.trim().trim_start_matches("W/").trim_matches('"'), tag if tag == current || tag == "*"),
        )
    }
}

fn media_type(headers: &HeaderMap) -> String {
    let stated = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    stated.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Answers a request.
pub(crate) async fn run(operation: Arc<Operation>, site: Site, asker: Asker, request: Request) -> Response {
    let own = operation.root == OWN;
    match answer(operation, site, asker, request).await {
        Ok(answer) => answer.into_response(),
        Err(failure) if own => failure.into_response(),
        Err(failure) => failure.of_standard().into_response(),
    }
}

async fn answer(operation: Arc<Operation>, site: Site, asker: Asker, mut request: Request) -> Result<Answer, Failure> {
    if operation.access == Access::Known && !asker.viewer.is_known() {
        return Err(Failure::new(Problem::Unauthorised));
    }
    if operation.writes && !asker.viewer.writes {
        return Err(Failure::new(Problem::Forbidden).says(message!("token-only-reads")));
    }
    let path = request.extract_parts::<Path<BTreeMap<String, String>>>().await;
    let Path(path) = path.map_err(|_| Failure::new(Problem::NotFound))?;
    if path.values().any(|part| part.chars().any(char::is_control)) {
        return Err(Failure::new(Problem::NotFound));
    }
    let query = request.extract_parts::<Query<Vec<(String, String)>>>().await;
    let Query(query) = query.map_err(|_| Failure::new(Problem::BadRequest).says(message!("query-unreadable")))?;
    if operation.root != OWN {
        epcis::not_done(&operation, &query)?;
    }
    let query = Given::of_query(&operation.query, &query)?;
    let (head, body) = request.into_parts();
    let headers = head.headers;
    if operation.conditional && !headers.contains_key(header::IF_MATCH) {
        return Err(Failure::new(Problem::PreconditionRequired));
    }
    let key = if operation.writes { key(&headers)? } else { None };
    let bytes = read(&operation, &headers, body).await?;
    let hash = key.as_ref().map(|_| fingerprint(&head.method, &head.uri, &headers, &bytes));
    let object = match &operation.body {
        Content::Fields(_) | Content::Object(..) => object(&bytes)?,
        Content::None | Content::Files | Content::Bytes(..) | Content::Document(..) => Map::new(),
    };
    let given = match &operation.body {
        Content::Fields(fields) => Given::of_body(fields, &object)?,
        _ => Given::default(),
    };
    let call = Call { site, asker, operation: operation.clone(), path, query, given, object, bytes, headers, key };
    match (call.key.clone(), hash) {
        (Some(key), Some(hash)) => once(call, key, hash).await,
        _ => (operation.handler)(call).await,
    }
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Failure> {
    let Some(key) = headers.get(&KEY) else { return Ok(None) };
    let text = key.to_str().unwrap_or_default();
    if (1..=LONGEST_KEY).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(Some(text.to_owned()));
    }
    let right = message!("request-key-wrong", most = LONGEST_KEY);
    Err(Failure::new(Problem::BadRequest).says(right))
}

async fn read(operation: &Operation, headers: &HeaderMap, body: Body) -> Result<Bytes, Failure> {
    let (longest, right) = match &operation.body {
        Content::None => (LONGEST_FORM, &[] as &[&str]),
        Content::Fields(_) => (LONGEST_FORM, &["application/json"] as &[&str]),
        Content::Object(media_types, _) => (LONGEST_FORM, *media_types),
        Content::Files => (LONGEST_IMPORT, super::import::MEDIA_TYPES),
        Content::Bytes(media_types, longest) | Content::Document(media_types, longest) => (*longest, *media_types),
    };
    let media_type = media_type(headers);
    if !right.is_empty() && !right.contains(&media_type.as_str()) {
        let message = message!("media-type-wrong", types = right.join(", "));
        return Err(Failure::new(Problem::UnsupportedMedia).says(message));
    }
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let too_large = || Failure::new(Problem::TooLarge).says(message!("body-too-large", most = longest));
    if announced.is_some_and(|length| length > longest) {
        return Err(too_large());
    }
    to_bytes(body, longest).await.map_err(|_| too_large())
}

/// The body as an object. The reader refuses what is nested deeply.
fn object(bytes: &[u8]) -> Result<Map<String, Value>, Failure> {
    let unreadable = |why| Failure::new(Problem::BadRequest).says(why);
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(unreadable(message!("body-no-object"))),
        Err(error) => Err(unreadable(message!("body-no-json", error = error.to_string()))),
    }
}

/// A hash of all that a request asks for.
fn fingerprint(method: &axum::http::Method, uri: &axum::http::Uri, headers: &HeaderMap, bytes: &[u8]) -> Vec<u8> {
    let mut hash = Sha256::new();
    let target = uri.path_and_query().map_or("", |target| target.as_str());
    let header = |name| headers.get(name).map_or(&[] as &[u8], |value| value.as_bytes());
    for part in
        [method.as_str().as_bytes(), target.as_bytes(), header(header::CONTENT_TYPE), header(header::IF_MATCH), bytes]
    {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().to_vec()
}

/// Does a request that carries a key once. It goes on even if the caller goes away, so that its answer is there when they come back.
async fn once(call: Call, key: String, hash: Vec<u8>) -> Result<Answer, Failure> {
    let (app, user) = (call.site.app.clone(), call.viewer().name.clone());
    match app.answer_begin(&user, &key, &hash).await? {
        Turn::Done(status, kept) => return Ok(Answer::again(status, &kept)),
        Turn::UnderWay => return Err(Failure::new(Problem::UnderWay)),
        Turn::Other => return Err(Failure::new(Problem::KeyReused)),
        Turn::New => {}
    }
    let doing = tokio::spawn(async move {
        let operation = call.operation.clone();
        let answer = (operation.handler)(call).await;
        let kept = answer.as_ref().ok().map(|answer| (answer.status.as_u16(), answer.kept()));
        app.answer_end(&user, &key, kept.as_ref().map(|(status, text)| (*status, text.as_str()))).await?;
        answer
    });
    doing.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a request to the API broke off");
        Err(Failure::new(Problem::Internal))
    })
}

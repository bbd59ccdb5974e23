//! EPCIS: the capture and query interface of GS1's standard, and the events of others beside what they are about.
//!
//! Source: EPCIS 2.0, section 12 (REST bindings), and its OpenAPI document. What the standard has and is not done is answered with 501, what
//! is wrong with 400. Our own events are shown as far as the caller sees what they are about, those of others to the mission's staff and to
//! the party that sent them.

use std::sync::LazyLock;

use axum::http::{HeaderName, Method, StatusCode, header};
use muster_app::{
    blocking,
    epcis::{Cursor, MOST_EVENTS, capture::OnFault, sent::CaptureJob},
    interchange::epcis::{
        self,
        event::{Document, Event},
        hash::id_of,
        query::{Query, Wrong, is_standard, parameters},
        stream::Form,
        time::{Moment, Offset},
    },
    storage::epcis::captured::Kept,
};
use muster_domain::{field::Field as _, gs1::Sscc, message};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure, Fault},
    ask::{Content, Operation},
    call::Call,
    epcis_binding, epcis_query,
    given::{Field, Kind, may},
    record::{USUAL, paging},
    schema,
};
use crate::{LONGEST_FORM, LONGEST_IMPORT, address::escaped, cursor, problem::Kind as Problem, text};

/// Where the bindings stand.
pub(crate) const ROOT: &str = "/epcis/v2";

/// Documents that are read, and of them those that are written.
const READ: &[&str] = &["application/json", "application/ld+json", "application/xml", "text/xml"];
pub(super) const WRITTEN: &[&str] = &["application/ld+json", "application/xml"];

/// Events of a page, if the caller says nothing.
pub(super) const USUAL_EVENTS: i64 = 30;
/// Longest value of a parameter.
const LONGEST: usize = 8_000;
/// The parameter that says where a list goes on.
pub(super) const TOKEN: &str = "nextPageToken";
/// Longest code or number.
const LONGEST_CODE: usize = 200;

/// What stands directly below the root.
pub(super) const TOP: [&str; 9] =
    ["events", "eventTypes", "epcs", "bizSteps", "bizLocations", "readPoints", "dispositions", "capture", "queries"];
pub(super) const ON_FAULT: HeaderName = HeaderName::from_static("gs1-capture-error-behaviour");

pub(crate) fn operations() -> Vec<Operation> {
    let jobs = schema::list(job_schema());
    let below = |operation: Operation| operation.below(ROOT);
    let document = Content::Document(READ, LONGEST_IMPORT);
    let one = Content::Document(READ, LONGEST_FORM);
    let shown = |path, name, handler: fn(Call) -> futures_util::future::BoxFuture<'static, _>| {
        Operation::get(path, name, Value::Null, handler).document(WRITTEN)
    };
    let mut all: Vec<Operation> = vec![
        Operation::write(Method::POST, "/capture", "capture-events", document, job_schema(), capture).makes(202),
        Operation::get("/capture", "list-captures", jobs, captures).query(list_fields()),
        Operation::get("/capture/{capture}", "show-capture", job_schema(), show_capture),
        Operation::write(Method::POST, "/events", "capture-event", one, Value::Null, capture_one)
            .document(WRITTEN)
            .makes(201),
        shown("/events", "query-events", |call| Box::pin(events(call))).query(query_fields()),
        shown("/events/{event}", "show-event", |call| Box::pin(event(call))),
    ]
    .into_iter()
    .chain(epcis_query::operations())
    .map(below)
    .collect();
    all.push(
        Operation::get("/captured-events", "list-captured-events", evidence_schema(), evidence)
            .query(evidence_fields()),
    );
    all
}

/// Names of parameters, made once.
static PARAMETERS: LazyLock<Vec<String>> = LazyLock::new(parameters);

/// How many of a page, and where it goes on: a token of at most so many characters.
fn paging_of(longest: usize) -> Vec<Field> {
    vec![may("perPage", Kind::Integer(1, MOST_EVENTS as i64)), may(TOKEN, Kind::Text(longest))]
}

/// How many events of a page, and where it goes on.
pub(super) fn page_fields() -> Vec<Field> {
    paging_of(cursor::LONGEST)
}

/// How many of a list, and where it goes on.
pub(super) fn list_fields() -> Vec<Field> {
    paging_of(LONGEST_CODE)
}

fn token_wrong() -> Fault {
    Fault::parameter(TOKEN).says(message!("cursor-wrong"))
}

/// Where a list goes on, if it does.
pub(super) struct NextPage(Option<String>);

impl NextPage {
    /// At an address below the root, with a token; none: it does not go on.
    pub(super) fn at(address: &str, most: i64, token: Option<String>) -> Self {
        Self(token.map(|token| format!("<{ROOT}/{address}?perPage={most}&{TOKEN}={token}>; rel=\"next\"")))
    }

    pub(super) fn on(self, answer: Answer) -> Answer {
        match self.0 {
            Some(link) => answer.header(header::LINK, link),
            None => answer,
        }
    }
}

/// A page of a list that is short as a whole: as many as the caller asks for, all if it does not say.
pub(super) fn paged<T>(call: &Call, all: Vec<T>, at: &str) -> Result<(Vec<T>, NextPage), Failure> {
    let wrong = || Failure::new(Problem::BadRequest).with(vec![token_wrong()]);
    let from = call.query.maybe(TOKEN).map(|token| token.parse::<usize>().map_err(|_| wrong())).transpose()?;
    let from = from.unwrap_or(0);
    if from > all.len() {
        return Err(wrong());
    }
    let most = call.query.integer("perPage").and_then(|most| usize::try_from(most).ok()).unwrap_or(all.len());
    let more = from.saturating_add(most) < all.len();
    let next = more.then(|| format!("<{ROOT}/{at}?perPage={most}&nextPageToken={}>; rel=\"next\"", from + most));
    Ok((all.into_iter().skip(from).take(most).collect(), NextPage(next)))
}

pub(super) fn query_fields() -> Vec<Field> {
    page_fields().into_iter().chain(PARAMETERS.iter().map(|name| may(name.as_str(), Kind::Text(LONGEST)))).collect()
}

/// Refuses what the standard has and is not done; what is not known at all is refused elsewhere.
pub(crate) fn not_done(operation: &Operation, query: &[(String, String)]) -> Result<(), Failure> {
    let unknown = |name: &str| operation.query.iter().all(|field| field.name != name);
    let found = query.iter().find(|(name, _)| unknown(name) && !operation.query.is_empty() && is_standard(name));
    match found {
        None => Ok(()),
        Some((name, _)) => {
            Err(Failure::new(Problem::NotImplemented)
                .with(vec![Fault::parameter(name).says(message!("epcis-not-done"))]))
        }
    }
}

fn job_schema() -> Value {
    let problem = schema::object([
        ("type", schema::text()),
        ("title", schema::text()),
        ("status", schema::integer()),
        ("detail", schema::text()),
    ]);
    schema::object([
        ("captureID", schema::text()),
        ("createdAt", schema::moment()),
        ("finishedAt", schema::maybe(schema::moment())),
        ("running", schema::boolean()),
        ("success", schema::boolean()),
        ("captureErrorBehaviour", json!({ "type": "string", "enum": ["rollback", "proceed"] })),
        ("errors", schema::list(problem)),
    ])
}

fn told(job: &CaptureJob) -> Value {
    let error = |kind: &str, detail: &str| {
        json!({
            "type": format!("epcisException:{kind}"),
            "title": text::say("epcis-not-captured"),
            "status": 400,
            "detail": detail,
        })
    };
    let kind = |failed: bool| if failed { "ImplementationException" } else { "ValidationException" };
    let faults = job.ended.iter().flat_map(|ended| ended.faults.iter().map(|fault| error(kind(ended.failed), fault)));
    let errors: Vec<Value> = faults.collect();
    json!({
        "captureID": job.code,
        "createdAt": job.began_at.to_string(),
        "finishedAt": job.ended.as_ref().map(|ended| ended.at.to_string()),
        "running": job.ended.is_none(),
        "success": errors.is_empty(),
        "captureErrorBehaviour": job.on_fault.as_str(),
        "errors": errors,
    })
}

/// By which name a document is known in what is said of it.
fn file(call: &Call) -> &'static str {
    if call.media_type().contains("xml") { "events.xml" } else { "events.json" }
}

async fn capture(call: Call) -> Result<Answer, Failure> {
    let Some(on_fault) = OnFault::of(call.header(&ON_FAULT).unwrap_or("rollback")) else {
        let right = message!("one-of", words = "rollback, proceed");
        return Err(Failure::new(Problem::BadRequest).says(message!("must-be", right)));
    };
    let name = file(&call);
    // What is no JSON at all is told at once.
    if name == "events.json" {
        let bytes = call.bytes.clone();
        if let Err(error) = blocking(move || Ok(serde_json::from_slice::<serde::de::IgnoredAny>(&bytes))).await? {
            let why = message!("body-no-json", error = error.to_string());
            return Err(Failure::new(Problem::BadRequest).says(why));
        }
    }
    let actor = call.actor_for(&text::say("api-reason-capture"));
    let job = call.site.app.epcis_send(name, call.bytes.to_vec(), on_fault, &actor).await?;
    let app = call.site.app.clone();
    tokio::spawn(async move {
        if let Err(error) = crate::take_in(&app).await {
            tracing::error!(%error, "documents could not be taken in, and go on waiting");
        }
    });
    let address = format!("{ROOT}/capture/{}", job.code);
    Ok(Answer::json(told(&job)).status(StatusCode::ACCEPTED).header(header::LOCATION, address))
}

/// Where a list goes on, as the token of its page before tells it.
pub(super) fn token<T: serde::de::DeserializeOwned>(call: &Call) -> Result<Option<T>, Failure> {
    match call.query.maybe(TOKEN).map(|token| cursor::read(&token)) {
        Some(None) => Err(Failure::new(Problem::BadRequest).with(vec![token_wrong()])),
        token => Ok(token.flatten()),
    }
}

/// What the caller sent, newest first; of the last of a page when it was sent and its code are the token.
async fn captures(call: Call) -> Result<Answer, Failure> {
    let before: Option<(i64, String)> = token(&call)?;
    let most = call.query.integer("perPage").unwrap_or(USUAL_EVENTS);
    let mut jobs = call.site.app.epcis_jobs(&call.actor_for(""), before, most + 1).await?;
    let next = cursor::next(&mut jobs, most as usize, |job| (job.began_at.as_microsecond(), job.code.clone()));
    Ok(NextPage::at("capture", most, next).on(Answer::json(jobs.iter().map(told).collect())))
}

async fn show_capture(call: Call) -> Result<Answer, Failure> {
    Ok(Answer::json(told(&call.site.app.epcis_job(call.part("capture"), &call.actor_for("")).await?)))
}

async fn capture_one(call: Call) -> Result<Answer, Failure> {
    let form = form(&call)?;
    let wrong = |faults| Failure::new(Problem::BadRequest).with(faults);
    let (name, bytes) = (file(&call), call.bytes.clone());
    let reading = blocking(move || Ok(epcis::read(name, &bytes))).await?;
    if !reading.issues.is_empty() {
        return Err(wrong(reading.issues.iter().map(Fault::of_document).collect()));
    }
    if reading.document.events.len() != 1 {
        return Err(wrong(vec![Fault::at(&[]).says(message!("epcis-one-event"))]));
    }
    let document = reading.document.clone();
    let actor = call.actor_for(&text::say("api-reason-capture"));
    let captured = call.site.app.epcis_keep(reading, OnFault::Rollback, &actor).await?;
    if captured.new == 0 {
        return Err(Failure::new(Problem::Exists));
    }
    let id = captured.ids.into_iter().next().unwrap_or_default();
    let answer = Answer::document(form.media_type(), form.write(&document)).status(StatusCode::CREATED);
    Ok(answer.header(header::LOCATION, format!("{ROOT}/events/{}", escaped(&id))))
}

/// As the caller wants it.
fn form(call: &Call) -> Result<Form, Failure> {
    let wanted = call.header(&header::ACCEPT).unwrap_or_default();
    epcis_binding::form(wanted).ok_or_else(|| Failure::new(Problem::NotAcceptable))
}

fn results(call: &Call, events: Vec<Event>) -> Result<Answer, Failure> {
    let query = epcis::event::Query { name: "SimpleEventQuery".into(), subscription: None };
    let created = Some(Moment::new(call.site.app.now(), Offset(0)));
    let document = Document { query: Some(query), created, events, ..Document::default() };
    let form = form(call)?;
    Ok(Answer::document(form.media_type(), form.write(&document)))
}

async fn events(call: Call) -> Result<Answer, Failure> {
    events_of(&call, Query::default(), "events").await
}

/// A page of the events that a query asks for and the call's own parameters besides, at an address below the root.
pub(super) async fn events_of(call: &Call, mut query: Query, at: &str) -> Result<Answer, Failure> {
    let mut faults = Vec::new();
    let mut address = format!("{ROOT}/{at}?");
    for name in PARAMETERS.iter().filter(|name| call.query.has(name)) {
        let value = call.query.text(name);
        address.push_str(&format!("{name}={}&", escaped(value)));
        match query.add(name, value) {
            Ok(()) => {}
            Err(Wrong::Value(why)) => faults.push(Fault::parameter(name).says(why)),
            Err(Wrong::NotDone) => {
                let fault = Fault::parameter(name).says(message!("epcis-not-done"));
                return Err(Failure::new(Problem::NotImplemented).with(vec![fault]));
            }
        }
    }
    if let (true, Err((name, why))) = (faults.is_empty(), query.check()) {
        faults.push(Fault::parameter(name).says(why));
    }
    let token = call.query.maybe(TOKEN);
    let after = match token.as_deref().map(cursor::read::<Token>) {
        Some(None) => {
            faults.push(token_wrong());
            None
        }
        token => token.flatten().map(from_token),
    };
    if !faults.is_empty() {
        return Err(Failure::new(Problem::BadRequest).with(faults));
    }
    let most = call.query.integer("perPage").unwrap_or(USUAL_EVENTS);
    let page = call.site.app.epcis_events(call.viewer(), &query, false, after, most as usize).await?;
    let next = page.next.map(|next| cursor::write(&to_token(next)));
    let next = next.map(|next| format!("<{address}perPage={most}&{TOKEN}={next}>; rel=\"next\""));
    Ok(NextPage(next).on(results(call, page.events)?))
}

/// A cursor as callers give it back.
type Token = (u8, i64, String, i64, String, usize, u64);

fn to_token(cursor: Cursor) -> Token {
    (cursor.part, cursor.at, cursor.name, cursor.number, cursor.rest, cursor.told, cursor.given)
}

fn from_token((part, at, name, number, rest, told, given): Token) -> Cursor {
    Cursor { part, at, name, number, rest, told, given }
}

async fn event(call: Call) -> Result<Answer, Failure> {
    let mut query = Query::default();
    query.add("EQ_eventID", call.part("event")).map_err(|_| Failure::new(Problem::NotFound))?;
    // An event has few who tell it, so that a page holds them all.
    let page = call.site.app.epcis_events(call.viewer(), &query, false, None, MOST_EVENTS).await?;
    if page.events.is_empty() {
        return Err(Failure::new(Problem::NotFound));
    }
    results(&call, page.events)
}

fn evidence_fields() -> Vec<Field> {
    let named = ["consignment", "serial", "sscc"].map(|name| may(name, Kind::Text(LONGEST_CODE)));
    paging().into_iter().chain(named).collect()
}

fn evidence_schema() -> Value {
    let event = schema::object([
        ("id", schema::text()),
        ("hash_id", schema::text()),
        ("type", schema::text()),
        ("step", schema::maybe(schema::text())),
        ("disposition", schema::maybe(schema::text())),
        ("occurred_at", schema::moment()),
        ("captured_at", schema::moment()),
        ("party", schema::maybe(schema::text())),
        ("actor", schema::text()),
        ("said_wrong", schema::boolean()),
        ("document", schema::map(true.into())),
    ]);
    schema::page("events", event)
}

fn kept(kept: &Kept) -> Value {
    json!({
        "id": kept.id,
        "hash_id": id_of(&kept.hash),
        "type": kept.kind,
        "step": kept.step,
        "disposition": kept.disposition,
        "occurred_at": kept.occurred_at.to_string(),
        "captured_at": kept.captured_at.to_string(),
        "party": Some(&kept.party).filter(|party| !party.is_empty()),
        "actor": kept.actor,
        "said_wrong": kept.declared_at != 0,
        "document": serde_json::from_str::<Value>(&kept.event).unwrap_or_default(),
    })
}

/// Events of others that name a consignment, a serial number or a handling unit.
async fn evidence(call: Call) -> Result<Answer, Failure> {
    let sscc = match call.query.maybe("sscc") {
        None => None,
        Some(text) => Some(Sscc::parse(&text).map_err(|right| {
            let fault = Fault::parameter("sscc").says(message!("must-be", right));
            Failure::new(Problem::Invalid).with(vec![fault])
        })?),
    };
    let after = call.query.cursor::<(i64, String, i64, String)>()?;
    let limit = call.query.integer("limit").unwrap_or(USUAL);
    let named = [call.query.maybe("consignment"), call.query.maybe("serial"), sscc.map(|sscc| sscc.to_string())];
    let found = call.site.app.epcis_evidence(call.viewer(), named, after.as_ref(), limit).await?;
    let place = |k: &Kept| (k.captured_at.as_microsecond(), k.hash.clone(), k.declared_at, k.party.clone());
    let full = found.len() as i64 == limit;
    let next = found.last().filter(|_| full).map(|last| cursor::write(&place(last)));
    Ok(Answer::json(json!({ "events": found.iter().map(kept).collect::<Vec<_>>(), "next": next })))
}

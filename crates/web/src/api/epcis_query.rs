//! Events of one kind, step, place or thing; queries with names; and who is told what newly answers to them.
//!
//! Source: EPCIS 2.0, section 12 (REST bindings), and its OpenAPI document.

use axum::http::{Method, StatusCode, header};
use muster_app::{
    epcis::subscription::NewSubscription,
    interchange::epcis::{
        event::Kind as EventKind,
        query::{Query, Wrong},
        schedule::Schedule,
        term::{DISPOSITIONS, STEPS},
        time::Moment,
    },
    storage::epcis::query::{NamedQuery, Subscription},
};
use muster_domain::{message, message::Message};
use serde_json::{Map, Value, json};

use super::{
    answer::{Answer, Failure, Fault},
    ask::{Content, Operation},
    call::Call,
    courier,
    epcis::{
        NextPage, ROOT, TOP, USUAL_EVENTS, WRITTEN, events_of, list_fields, page_fields, paged, query_fields, token,
    },
    given::{Field, Kind, may},
    schema,
};
use crate::{LONGEST_FORM, address::escaped, cursor, problem::Kind as Problem};

/// The context by which the words of collections are known.
const CONTEXT: &str = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld";
/// Queries of a page.
const PAGE: i64 = 100;
/// Longest name of a query, and longest secret.
const LONGEST_NAME: usize = 100;

/// Longest address, and longest part of a schedule.
const LONGEST_ADDRESS: usize = 500;

/// What events may be asked of by an address of its own.
struct Resource {
    /// Its collection, below the root.
    name: &'static str,
    /// Names of the operations: all, one, the events of one.
    operations: [&'static str; 3],
    /// The parameter of a query that asks the same.
    parameter: &'static str,
}

const RESOURCES: [Resource; 6] = [
    Resource {
        name: "eventTypes",
        operations: ["list-event-types", "show-event-type", "query-events-of-type"],
        parameter: "eventType",
    },
    Resource {
        name: "bizSteps",
        operations: ["list-steps", "show-step", "query-events-of-step"],
        parameter: "EQ_bizStep",
    },
    Resource {
        name: "dispositions",
        operations: ["list-dispositions", "show-disposition", "query-events-of-disposition"],
        parameter: "EQ_disposition",
    },
    Resource {
        name: "readPoints",
        operations: ["list-read-points", "show-read-point", "query-events-of-read-point"],
        parameter: "EQ_readPoint",
    },
    Resource {
        name: "bizLocations",
        operations: ["list-locations", "show-location", "query-events-of-location"],
        parameter: "EQ_bizLocation",
    },
    Resource { name: "epcs", operations: ["", "show-thing", "query-events-of-thing"], parameter: "MATCH_anyEPC" },
];

pub(crate) fn operations() -> Vec<Operation> {
    let mut all = vec![Operation::get("/", "list-epcis-resources", collection_schema(), top)];
    for resource in &RESOURCES {
        let [list, show, events] = resource.operations;
        if !list.is_empty() {
            let path = format!("/{}", resource.name);
            let list = Operation::get(path, list, collection_schema(), move |call| members(call, resource));
            all.push(list.query(list_fields()));
        }
        let one = format!("/{}/{{value}}", resource.name);
        all.push(Operation::get(&one, show, collection_schema(), move |call| member(call, resource)));
        let asked =
            Operation::get(format!("{one}/events"), events, Value::Null, move |call| events_with(call, resource));
        all.push(asked.document(WRITTEN).query(query_fields()));
    }
    let body = || Content::Document(&["application/json"], LONGEST_FORM);
    let (query, subscription) = ("/queries/{query}", "/queries/{query}/subscriptions/{subscription}");
    let subscriptions = "/queries/{query}/subscriptions";
    all.extend([
        Operation::get("/epcs", "list-things", collection_schema(), things).query(page_fields()),
        Operation::deed(Method::DELETE, "/nextPageToken/{token}", "release-page-token", Content::None, release),
        Operation::get("/queries", "list-event-queries", schema::list(query_schema()), queries).query(name_fields()),
        Operation::write(Method::POST, "/queries", "create-event-query", body(), query_schema(), create).makes(201),
        Operation::get(query, "show-event-query", query_schema(), show),
        Operation::deed(Method::DELETE, query, "remove-event-query", Content::None, remove),
        Operation::get(format!("{query}/events"), "query-events-by-name", Value::Null, events)
            .document(WRITTEN)
            .query(page_fields()),
        Operation::get(subscriptions, "list-subscriptions", schema::list(subscription_schema()), all_subscriptions)
            .query(list_fields()),
        Operation::write(Method::POST, subscriptions, "create-subscription", body(), subscription_schema(), subscribe)
            .makes(201),
        Operation::get(subscription, "show-subscription", subscription_schema(), show_subscription),
        Operation::deed(Method::DELETE, subscription, "remove-subscription", Content::None, unsubscribe),
    ]);
    all
}

fn collection_schema() -> Value {
    schema::object([
        ("@context", schema::text()),
        ("type", json!({ "type": "string", "enum": ["Collection"] })),
        ("member", schema::list(schema::text())),
    ])
}

fn collection(members: Vec<String>) -> Answer {
    Answer::json(json!({ "@context": CONTEXT, "type": "Collection", "member": members }))
}

async fn top(_: Call) -> Result<Answer, Failure> {
    Ok(collection(TOP.map(str::to_owned).to_vec()))
}

/// What there is of a kind: of a vocabulary its words, of places those of the mission that the caller sees.
async fn known(call: &Call, resource: &Resource) -> Result<Option<Vec<String>>, Failure> {
    let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
    Ok(match resource.name {
        "eventTypes" => Some(EventKind::ALL.iter().map(|kind| kind.as_str().to_owned()).collect()),
        "bizSteps" => words(STEPS.words()),
        "dispositions" => words(DISPOSITIONS.words()),
        "readPoints" | "bizLocations" => {
            let naming = call.site.app.epcis_naming().await?;
            let picture = call.site.app.picture(call.viewer()).await?;
            Some(picture.places.values().map(|place| naming.place_id(&place.code)).collect())
        }
        _ => None,
    })
}

async fn members(call: Call, resource: &'static Resource) -> Result<Answer, Failure> {
    let (page, next) = paged(&call, known(&call, resource).await?.unwrap_or_default(), resource.name)?;
    Ok(next.on(collection(page)))
}

/// All things that events name which the caller sees.
async fn things(call: Call) -> Result<Answer, Failure> {
    let after = token(&call)?;
    let most = call.query.integer("perPage").unwrap_or(USUAL_EVENTS);
    let page = call.site.app.epcis_things(call.viewer(), after, most as usize).await?;
    let next = page.next.map(|next| cursor::write(&next));
    Ok(NextPage::at("epcs", most, next).on(collection(page.names)))
}

/// Lets go of what is held for a token, which is nothing: it says itself where a list goes on.
async fn release(_: Call) -> Result<Answer, Failure> {
    Ok(Answer::none())
}

/// What is known of one: its events, if it is a word or place of ours or any event that the caller sees is of it.
async fn member(call: Call, resource: &'static Resource) -> Result<Answer, Failure> {
    let value = call.part("value").to_owned();
    let is_known = known(&call, resource).await?.is_some_and(|all| all.contains(&value));
    if !is_known {
        let query = query_of(resource, &value)?;
        let page = call.site.app.epcis_events(call.viewer(), &query, false, None, 1).await?;
        if page.events.is_empty() && page.next.is_none() {
            return Err(Failure::new(Problem::NotFound));
        }
    }
    Ok(collection(vec!["events".to_owned()]))
}

fn query_of(resource: &Resource, value: &str) -> Result<Query, Failure> {
    let mut query = Query::default();
    match query.add(resource.parameter, value) {
        Ok(()) => Ok(query),
        Err(wrong) => Err(refused("value", wrong)),
    }
}

async fn events_with(call: Call, resource: &'static Resource) -> Result<Answer, Failure> {
    let value = call.part("value").to_owned();
    let query = query_of(resource, &value)?;
    events_of(&call, query, &format!("{}/{}/events", resource.name, escaped(&value))).await
}

fn refused(name: &str, wrong: Wrong) -> Failure {
    match wrong {
        Wrong::NotDone => {
            let fault = Fault::at(&[name]).says(message!("epcis-not-done"));
            Failure::new(Problem::NotImplemented).with(vec![fault])
        }
        Wrong::Value(why) => bad(&[name], why),
    }
}

fn bad(at: &[&str], why: Message) -> Failure {
    Failure::new(Problem::BadRequest).with(vec![Fault::at(at).says(why)])
}

fn name_fields() -> Vec<Field> {
    vec![may("perPage", Kind::Integer(1, PAGE)), may("nextPageToken", Kind::Text(LONGEST_NAME))]
}

fn query_schema() -> Value {
    schema::object([("name", schema::text()), ("query", json!({ "type": "object" }))])
}

fn told(query: &NamedQuery) -> Value {
    let definition: Value = serde_json::from_str(&query.definition).unwrap_or_default();
    json!({ "name": query.name, "query": definition })
}

/// Queries of whoever asks. They are a list, and the name of the last is the cursor.
async fn queries(call: Call) -> Result<Answer, Failure> {
    let limit = call.query.integer("perPage").unwrap_or(PAGE);
    let after = call.query.maybe("nextPageToken").unwrap_or_default();
    let found = call.site.app.epcis_queries(&call.actor_for(""), &after, limit).await?;
    let answer = Answer::json(found.iter().map(told).collect());
    Ok(match found.last().filter(|_| found.len() as i64 == limit) {
        None => answer,
        Some(last) => {
            let next = format!("<{ROOT}/queries?perPage={limit}&nextPageToken={}>; rel=\"next\"", escaped(&last.name));
            answer.header(header::LINK, next)
        }
    })
}

/// Whether a text says something, is not too long, and holds no control character.
fn is_plain(text: &str, most: usize) -> bool {
    !text.is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control)
}

/// The object that a request brings.
fn object(call: &Call) -> Result<Map<String, Value>, Failure> {
    match serde_json::from_slice(&call.bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Failure::new(Problem::BadRequest).says(message!("body-no-object"))),
        Err(error) => Err(Failure::new(Problem::BadRequest).says(message!("body-no-json", error = error.to_string()))),
    }
}

async fn create(call: Call) -> Result<Answer, Failure> {
    let body = object(&call)?;
    let name = body.get("name").and_then(Value::as_str).unwrap_or_default();
    if !is_plain(name, LONGEST_NAME) {
        return Err(bad(&["name"], message!("must-be", right = message!("some-text", most = LONGEST_NAME))));
    }
    let Some(Value::Object(definition)) = body.get("query") else {
        return Err(bad(&["query"], message!("body-no-object")));
    };
    let actor = call.actor_for("");
    if call.site.app.epcis_query(name, &actor).await.is_ok() {
        return Err(Failure::new(Problem::Exists).says(message!("epcis-query-there", name)));
    }
    match call.site.app.epcis_query_put(name, definition, &actor).await? {
        Err((parameter, wrong)) => Err(refused(&parameter, wrong)),
        Ok(query) => {
            let address = format!("{ROOT}/queries/{}", escaped(name));
            Ok(Answer::json(told(&query)).status(StatusCode::CREATED).header(header::LOCATION, address))
        }
    }
}

async fn show(call: Call) -> Result<Answer, Failure> {
    Ok(Answer::json(told(&call.site.app.epcis_query(call.part("query"), &call.actor_for("")).await?.0)))
}

async fn remove(call: Call) -> Result<Answer, Failure> {
    call.site.app.epcis_query_remove(call.part("query"), &call.actor_for("")).await?;
    Ok(Answer::none())
}

async fn events(call: Call) -> Result<Answer, Failure> {
    let name = call.part("query").to_owned();
    let (_, query) = call.site.app.epcis_query(&name, &call.actor_for("")).await?;
    events_of(&call, query, &format!("queries/{}/events", escaped(&name))).await
}

fn subscription_schema() -> Value {
    schema::object([
        ("subscriptionID", schema::text()),
        ("dest", schema::text()),
        ("createdAt", schema::moment()),
        ("lastNotifiedAt", schema::maybe(schema::moment())),
        ("minRecordTime", schema::moment()),
        ("stream", schema::boolean()),
        ("schedule", schema::maybe(json!({ "type": "object" }))),
        ("reportIfEmpty", schema::boolean()),
        ("signatureToken", schema::maybe(schema::text())),
    ])
}

fn subscription(one: &Subscription) -> Value {
    let schedule: Option<Value> = one.schedule.as_deref().and_then(|text| serde_json::from_str(text).ok());
    json!({
        "subscriptionID": one.webhook,
        "dest": one.url,
        "createdAt": one.created_at.to_string(),
        "lastNotifiedAt": one.notified_at.map(|at| at.to_string()),
        "minRecordTime": one.told_until.to_string(),
        "stream": schedule.is_none(),
        "schedule": schedule,
        "reportIfEmpty": one.report_if_empty,
    })
}

async fn all_subscriptions(call: Call) -> Result<Answer, Failure> {
    let found = call.site.app.epcis_subscriptions(call.part("query"), &call.actor_for("")).await?;
    let at = format!("queries/{}/subscriptions", escaped(call.part("query")));
    let (page, next) = paged(&call, found, &at)?;
    Ok(next.on(Answer::json(page.iter().map(subscription).collect())))
}

async fn show_subscription(call: Call) -> Result<Answer, Failure> {
    let (query, code) = (call.part("query"), call.part("subscription"));
    Ok(Answer::json(subscription(&call.site.app.epcis_subscription(query, code, &call.actor_for("")).await?)))
}

async fn unsubscribe(call: Call) -> Result<Answer, Failure> {
    let actor = call.actor_for("");
    let found = call.site.app.epcis_subscription(call.part("query"), call.part("subscription"), &actor).await?;
    call.site.app.webhook_remove(&found.webhook, &actor).await?;
    Ok(Answer::none())
}

/// Tells an address what newly answers to a query: whenever something is recorded, or by a schedule.
async fn subscribe(call: Call) -> Result<Answer, Failure> {
    let body = object(&call)?;
    let text = |name: &'static str, most: usize| match body.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if is_plain(text, most) => Ok(Some(text.as_str())),
        Some(_) => Err(bad(&[name], message!("must-be", right = message!("some-text", most)))),
    };
    let flag = |name: &'static str| match body.get(name) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(bad(&[name], message!("must-be", right = message!("a-boolean")))),
    };
    let url = text("dest", LONGEST_ADDRESS)?.unwrap_or_default();
    let url = courier::address(url).map_err(|right| bad(&["dest"], right))?;
    let secret = text("signatureToken", LONGEST_NAME)?;
    let (stream, report_if_empty) = (flag("stream")?, flag("reportIfEmpty")?);
    let schedule = match (body.get("schedule"), stream) {
        (None, true) => None,
        (Some(Value::Object(parts)), false) if parts.values().all(|part| part.to_string().len() <= LONGEST_ADDRESS) => {
            let schedule = Schedule::read(parts).map_err(|(part, why)| bad(&["schedule", &part], why))?;
            Some((schedule, Value::Object(parts.clone()).to_string()))
        }
        _ => return Err(bad(&[], message!("epcis-stream-or-schedule"))),
    };
    if stream && report_if_empty {
        return Err(bad(&["reportIfEmpty"], message!("epcis-empty-by-schedule")));
    }
    let since = text("initialRecordTime", LONGEST_NAME)?.map(Moment::parse).transpose();
    let new = NewSubscription {
        url: url.to_string(),
        secret: secret.map(str::to_owned),
        schedule,
        report_if_empty,
        since: since.map_err(|right| bad(&["initialRecordTime"], right))?.map(|moment| moment.at()),
    };
    let query = call.part("query").to_owned();
    let (made, own) = call.site.app.epcis_subscribe(&query, &new, &call.actor_for("")).await?;
    let address = format!("{ROOT}/queries/{}/subscriptions/{}", escaped(&query), made.webhook);
    let mut body = subscription(&made);
    if let Some(secret) = own {
        body["signatureToken"] = secret.into();
    }
    let answer = Answer::json(body).secret("signatureToken").status(StatusCode::CREATED);
    Ok(answer.header(header::LOCATION, address))
}

//! Webhooks of whoever asks: made, shown, removed, and what was sent to them.

use axum::http::{StatusCode, header};
use muster_app::{
    storage::webhook::{Delivery, Webhook},
    webhook::EVENTS,
};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure, Fault},
    call::Call,
    courier,
    given::{Field, Kind, may, must},
    record::{MOST, USUAL, paging},
    schema,
};
use crate::{cursor, problem::Kind as Problem};

pub(crate) fn create_fields() -> Vec<Field> {
    vec![must("url", Kind::Text(500)), must("events", Kind::Texts(EVENTS.len(), 64)), may("label", Kind::Text(200))]
}

fn fields() -> [(&'static str, Value); 6] {
    [
        ("webhook", schema::text()),
        ("label", schema::text()),
        ("url", schema::text()),
        ("events", schema::list(schema::text())),
        ("created_at", schema::moment()),
        ("stopped_at", schema::maybe(schema::moment())),
    ]
}

fn told(webhook: &Webhook) -> Value {
    json!({
        "webhook": webhook.code.as_str(),
        "label": webhook.label,
        "url": webhook.url,
        "events": webhook.events,
        "created_at": webhook.created_at.to_string(),
        "stopped_at": webhook.stopped_at.map(|at| at.to_string()),
    })
}

pub(crate) fn schema() -> Value {
    schema::object(fields())
}

pub(crate) fn list_schema() -> Value {
    schema::object([("webhooks", schema::list(schema()))])
}

pub(crate) async fn list(call: Call) -> Result<Answer, Failure> {
    let webhooks = call.site.app.webhooks(call.viewer()).await?;
    Ok(Answer::json(json!({ "webhooks": webhooks.iter().map(told).collect::<Vec<_>>() })))
}

pub(crate) fn created_schema() -> Value {
    let [webhook, label, url, events, created_at, stopped_at] = fields();
    schema::object([webhook, label, url, events, created_at, stopped_at, ("secret", schema::maybe(schema::text()))])
}

pub(crate) async fn create(call: Call) -> Result<Answer, Failure> {
    let url = courier::address(call.given.text("url"));
    let url = url.map_err(|right| Failure::new(Problem::Invalid).with(vec![Fault::at(&["url"]).says(right)]))?;
    let (label, events) = (call.given.text("label"), call.given.texts("events"));
    let (webhook, secret) = call.site.app.webhook_put(label, url.as_str(), &events, &call.actor_for("")).await?;
    let mut body = told(&webhook);
    body["secret"] = courier::shown(&secret).into();
    let answer = Answer::json(body).status(StatusCode::CREATED).secret("secret");
    Ok(answer.header(header::LOCATION, format!("/api/v1/webhooks/{}", webhook.code)))
}

pub(crate) async fn show(call: Call) -> Result<Answer, Failure> {
    Ok(Answer::json(told(&call.site.app.webhook(call.viewer(), call.part("webhook")).await?)))
}

pub(crate) async fn remove(call: Call) -> Result<Answer, Failure> {
    call.site.app.webhook_remove(call.part("webhook"), &call.actor_for("")).await?;
    Ok(Answer::none())
}

pub(crate) fn deliveries_schema() -> Value {
    let delivery = schema::object([
        ("id", schema::text()),
        ("event", schema::text()),
        ("created_at", schema::moment()),
        ("state", json!({ "type": "string", "enum": ["waiting", "delivered", "failed"] })),
        ("attempts", schema::integer()),
        ("next_at", schema::maybe(schema::moment())),
        ("answered_at", schema::maybe(schema::moment())),
        ("answer", schema::text()),
        ("body", json!({ "type": "object" })),
    ]);
    schema::page("deliveries", delivery)
}

fn delivery(delivery: &Delivery) -> Value {
    let body: Value = serde_json::from_str(&delivery.body).unwrap_or_default();
    json!({
        "id": delivery.id,
        "event": delivery.event,
        "created_at": delivery.created_at.to_string(),
        "state": delivery.state,
        "attempts": delivery.attempts,
        "next_at": Some(delivery.next_at.to_string()).filter(|_| delivery.state == "waiting"),
        "answered_at": delivery.answered_at.map(|at| at.to_string()),
        "answer": courier::told(&delivery.answer),
        "body": body,
    })
}

pub(crate) fn deliveries_fields() -> Vec<Field> {
    paging().into()
}

pub(crate) async fn deliveries(call: Call) -> Result<Answer, Failure> {
    let before = call.query.cursor()?;
    let limit = call.query.integer("limit").unwrap_or(USUAL);
    let code = call.part("webhook");
    let mut rows = call.site.app.webhook_deliveries(call.viewer(), code, before, (limit + 1).min(MOST + 1)).await?;
    let next = cursor::next(&mut rows, limit as usize, |last| (last.created_at.as_microsecond(), last.id.clone()));
    Ok(Answer::json(json!({ "deliveries": rows.iter().map(delivery).collect::<Vec<_>>(), "next": next })))
}

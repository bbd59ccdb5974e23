//! Notes: what somebody said of a consignment, with photographs.

use axum::http::StatusCode;
use muster_app::{
    storage::transfer::note::Note,
    transfer::{handover::MOST_PHOTOS, note::LONGEST},
};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure},
    call::Call,
    given::{Field, Kind, may, must, reason},
    handover::kept,
    schema,
};

pub(crate) fn fields() -> Vec<Field> {
    vec![must("text", Kind::Lines(LONGEST)), may("photos", Kind::Texts(MOST_PHOTOS, 64)), reason()]
}

pub(crate) fn list_schema() -> Value {
    let note = schema::object([
        ("said_at", schema::moment()),
        ("actor", schema::text()),
        ("text", schema::text()),
        ("photos", schema::list(schema::text())),
    ]);
    schema::object([("notes", schema::list(note))])
}

/// What was said, in its order.
async fn told(call: &Call) -> Result<Vec<Value>, Failure> {
    let notes = call.site.app.consignment_notes(call.viewer(), call.part("consignment")).await?;
    let told = |note: &Note| json!({ "said_at": note.said_at.to_string(), "actor": note.actor, "text": note.text, "photos": note.photos });
    Ok(notes.iter().map(told).collect())
}

pub(crate) async fn list(call: Call) -> Result<Answer, Failure> {
    Ok(Answer::json(json!({ "notes": told(&call).await? })))
}

pub(crate) async fn add(call: Call) -> Result<Answer, Failure> {
    let (text, photos) = (call.given.text("text"), call.given.texts("photos"));
    call.site.app.consignment_note(call.part("consignment"), text, &photos, &call.actor()).await?;
    let last = told(&call).await?.pop();
    Ok(Answer::json(json!({ "notes": last.into_iter().collect::<Vec<_>>() })).status(StatusCode::CREATED))
}

pub(crate) async fn attachment(call: Call) -> Result<Answer, Failure> {
    let (consignment, hash) = (call.part("consignment"), call.part("hash"));
    let (media_type, bytes) = call.site.app.consignment_attachment(call.viewer(), consignment, hash).await?;
    kept(&media_type, hash, bytes)
}

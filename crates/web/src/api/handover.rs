//! Handovers: receipts of what both parties signed, photographs, and by what people sign.

use muster_app::{
    storage::transfer::{ED25519, PASSKEY, Passkey},
    transfer::signing::Revoked,
};
use muster_domain::message;
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure},
    call::Call,
    given::{Field, Kind, may, must, reason, words},
    schema,
    user::whose,
};
use crate::problem::Kind as Problem;

pub(crate) fn receipt_schema() -> Value {
    schema::object([
        ("format", schema::text()),
        ("statement", schema::map(true.into())),
        ("sha256", schema::text()),
        ("seal", schema::text()),
        ("public_key", schema::text()),
    ])
}

pub(crate) async fn receipt(call: Call) -> Result<Answer, Failure> {
    Ok(Answer::json(call.site.app.receipt(call.viewer(), call.part("handover")).await?))
}

pub(crate) async fn attachment(call: Call) -> Result<Answer, Failure> {
    let (handover, hash) = (call.part("handover"), call.part("hash"));
    let (media_type, bytes) = call.site.app.attachment(call.viewer(), handover, hash).await?;
    kept(&media_type, hash, bytes)
}

/// A photograph or paper that was kept, as a file of that name.
pub(crate) fn kept(media_type: &str, name: &str, bytes: Vec<u8>) -> Result<Answer, Failure> {
    let known = muster_app::transfer::handover::MEDIA_TYPES.iter().find(|known| **known == media_type);
    let known = known.ok_or_else(|| Failure::new(Problem::Internal))?;
    let ending = known.rsplit('/').next().unwrap_or_default();
    let file = format!("{name}.{ending}");
    let answer = Answer::file(known, file.clone(), bytes);
    // A picture is looked at where it is linked; a paper may hold more than its pages show, so it is kept first.
    let shows = known.starts_with("image/");
    let shown = format!("inline; filename=\"{file}\"");
    Ok(if shows { answer.header(axum::http::header::CONTENT_DISPOSITION, shown) } else { answer })
}

pub(crate) fn attached_schema() -> Value {
    schema::object([("sha256", schema::text())])
}

pub(crate) async fn attach(call: Call) -> Result<Answer, Failure> {
    if call.bytes.is_empty() {
        return Err(Failure::new(Problem::Invalid).says(message!("must-be-given")));
    }
    let hash = call.site.app.attach(&call.media_type(), &call.bytes, &call.actor_for("")).await?;
    Ok(Answer::json(json!({ "sha256": hash })))
}

pub(crate) fn pin_fields() -> Vec<Field> {
    vec![must("pin", Kind::Text(20))]
}

pub(crate) async fn pin(call: Call) -> Result<Answer, Failure> {
    call.site.app.set_pin(call.given.text("pin"), &call.actor_for("")).await?;
    Ok(Answer::none())
}

/// Kinds of keys by which people sign.
fn kinds() -> Kind {
    words([ED25519, PASSKEY])
}

pub(crate) fn keys_schema() -> Value {
    let key = schema::object([
        ("key", schema::text()),
        ("kind", kinds().schema()),
        ("public_key", schema::text()),
        ("credential", schema::maybe(schema::text())),
        ("relying_party", schema::maybe(schema::text())),
        ("label", schema::text()),
        ("created_at", schema::moment()),
        ("revoked_at", schema::maybe(schema::moment())),
        ("token", schema::maybe(schema::text())),
    ]);
    schema::object([("keys", schema::list(key))])
}

pub(crate) async fn keys(call: Call) -> Result<Answer, Failure> {
    let found = call.site.app.signing_keys(&whose(&call), &call.actor_for("")).await?;
    let keys = found.iter().map(|key| {
        json!({
            "key": key.id,
            "kind": key.kind(),
            "public_key": key.public_key,
            "credential": key.passkey.as_ref().map(|passkey| &passkey.credential),
            "relying_party": key.passkey.as_ref().map(|passkey| &passkey.relying_party),
            "label": key.label,
            "created_at": key.created_at.to_string(),
            "revoked_at": key.revoked_at.map(|at| at.to_string()),
            "token": key.token.as_ref().map(ToString::to_string),
        })
    });
    Ok(Answer::json(json!({ "keys": keys.collect::<Vec<_>>() })))
}

pub(crate) fn key_fields() -> Vec<Field> {
    vec![
        may("kind", kinds()),
        must("public_key", Kind::Text(200)),
        may("credential", Kind::Text(1_400)),
        may("relying_party", Kind::Text(253)),
        must("label", Kind::Text(200)),
        may("token", Kind::Text(64)),
        reason(),
    ]
}

pub(crate) fn key_schema() -> Value {
    schema::object([("key", schema::text())])
}

pub(crate) async fn add_key(call: Call) -> Result<Answer, Failure> {
    let (key, label) = (call.given.text("public_key"), call.given.text("label"));
    let (credential, relying_party) = (call.given.maybe("credential"), call.given.maybe("relying_party"));
    let (app, token) = (&call.site.app, call.given.maybe("token"));
    let id = if call.given.text("kind") == PASSKEY {
        if token.is_some() {
            return Err(Failure::new(Problem::Invalid).says(message!("key-token-passkey")));
        }
        let [credential, relying_party] = [credential, relying_party].map(Option::unwrap_or_default);
        app.add_passkey(key, Passkey { credential, relying_party }, label, &call.actor()).await?
    } else if credential.is_some() || relying_party.is_some() {
        return Err(Failure::new(Problem::Invalid).says(message!("of-passkeys-only")));
    } else {
        app.add_signing_key(key, label, token.as_deref(), &call.actor()).await?
    };
    Ok(Answer::json(json!({ "key": id })))
}

pub(crate) async fn revoke_key(call: Call) -> Result<Answer, Failure> {
    Ok(revoked(&call.site.app.revoke_signing_key(call.part("key"), &call.actor_for("")).await?))
}

pub(crate) fn revoked_schema() -> Value {
    schema::object([("token", schema::maybe(schema::text())), ("signing_keys", schema::list(schema::text()))])
}

/// What no longer counts: of a phone both its token and its keys.
pub(crate) fn revoked(revoked: &Revoked) -> Answer {
    Answer::json(json!({ "token": revoked.token.as_ref().map(ToString::to_string), "signing_keys": revoked.keys }))
}

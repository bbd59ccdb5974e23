//! Oneself and others: accounts, passwords, tokens, and the end of all sessions.

use std::collections::BTreeSet;

use axum::http::{StatusCode, header};
use muster_app::{
    storage::user::Token,
    user::{Account, MOST_USERS, etag},
};
use muster_domain::{
    field::Field as _,
    message,
    message::Message,
    policy::{self, Action},
    role::Role,
    user::{TOKEN_LONGEST_DAYS, User},
    viewer::Sight,
};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure},
    call::Call,
    given::{Field, Kind, may, must},
    handover::revoked,
    schema,
};
use crate::{address::escaped, cursor, problem::Kind as Problem, text::say};

/// Longest name.
const LONGEST: usize = 64;

pub(crate) fn me_schema() -> Value {
    schema::object([
        ("name", schema::text()),
        ("party", schema::maybe(schema::text())),
        ("roles", schema::list(schema::text())),
        ("sees_everything", schema::boolean()),
        ("writes", schema::boolean()),
        ("may", schema::list(schema::text())),
    ])
}

pub(crate) async fn me(call: Call) -> Result<Answer, Failure> {
    let viewer = call.viewer();
    Ok(Answer::json(json!({
        "name": viewer.name,
        "party": viewer.party.as_ref().map(ToString::to_string),
        "roles": roles(&viewer.roles),
        "sees_everything": viewer.sight == Sight::Everything,
        "writes": viewer.writes,
        "may": policy::allowed(viewer).map(Action::as_str).collect::<Vec<_>>(),
    })))
}

fn roles(roles: &BTreeSet<Role>) -> Vec<&'static str> {
    roles.iter().map(|role| role.as_str()).collect()
}

pub(crate) fn password_fields() -> Vec<Field> {
    vec![must("old", Kind::Text(200)), must("new", Kind::Text(200))]
}

pub(crate) async fn password(call: Call) -> Result<Answer, Failure> {
    let (old, new) = (call.given.text("old"), call.given.text("new"));
    call.site.app.change_password(old, new, &call.actor_for(&say("api-reason-password"))).await?;
    Ok(Answer::none())
}

/// Whose account an address is about: the one it names, or one's own.
pub(crate) fn whose(call: &Call) -> String {
    Some(call.part("user")).filter(|name| !name.is_empty()).unwrap_or(&call.viewer().name).to_owned()
}

pub(crate) async fn sign_out(call: Call) -> Result<Answer, Failure> {
    call.site.app.sign_out_everywhere(&whose(&call), &call.actor_for(&say("api-reason-sign-out"))).await?;
    Ok(Answer::none())
}

fn token_fields() -> [(&'static str, Value); 6] {
    [
        ("token", schema::text()),
        ("label", schema::text()),
        ("writes", schema::boolean()),
        ("created_at", schema::moment()),
        ("expires_at", schema::moment()),
        ("used_at", schema::maybe(schema::moment())),
    ]
}

fn token(token: &Token) -> Value {
    json!({
        "token": token.code.as_str(),
        "label": token.label,
        "writes": token.writes,
        "created_at": token.created_at.to_string(),
        "expires_at": token.expires_at.to_string(),
        "used_at": token.used_at.map(|used| used.to_string()),
    })
}

pub(crate) fn tokens_schema() -> Value {
    schema::object([("tokens", schema::list(schema::object(token_fields())))])
}

pub(crate) async fn tokens(call: Call) -> Result<Answer, Failure> {
    let tokens = call.site.app.tokens(&whose(&call), &call.actor_for("")).await?;
    Ok(Answer::json(json!({ "tokens": tokens.iter().map(token).collect::<Vec<_>>() })))
}

pub(crate) fn grant_fields() -> Vec<Field> {
    let days = Kind::Integer(1, i64::from(TOKEN_LONGEST_DAYS));
    vec![must("label", Kind::Text(200)), may("writes", Kind::Boolean), must("days", days)]
}

pub(crate) fn granted_schema() -> Value {
    let [token, label, writes, created_at, expires_at, used_at] = token_fields();
    let secret = ("secret", schema::maybe(schema::text()));
    schema::object([token, label, writes, created_at, expires_at, used_at, secret])
}

pub(crate) async fn grant(call: Call) -> Result<Answer, Failure> {
    let days = u32::try_from(call.given.integer("days").unwrap_or_default()).unwrap_or_default();
    let actor = call.actor_for(&say("api-reason-token"));
    let (granted, secret) =
        call.site.app.grant_token(call.given.text("label"), call.given.yes("writes"), days, &actor).await?;
    let mut body = token(&granted);
    body["secret"] = secret.into();
    let answer = Answer::json(body).status(StatusCode::CREATED).secret("secret");
    Ok(answer.header(header::LOCATION, format!("/api/v1/me/tokens/{}", granted.code)))
}

pub(crate) async fn revoke(call: Call) -> Result<Answer, Failure> {
    let actor = call.actor_for(&say("api-reason-revoked"));
    Ok(revoked(&call.site.app.revoke_token(&whose(&call), call.part("token"), &actor).await?))
}

fn account_fields() -> [(&'static str, Value); 4] {
    [
        ("name", schema::text()),
        ("party", schema::text()),
        ("roles", schema::list(schema::text())),
        ("disabled", schema::boolean()),
    ]
}

fn account(user: &User) -> Value {
    json!({
        "name": user.name.as_str(),
        "party": user.party.as_str(),
        "roles": roles(&user.roles),
        "disabled": user.disabled,
    })
}

pub(crate) fn list_fields() -> Vec<Field> {
    vec![may("cursor", Kind::Text(cursor::LONGEST))]
}

pub(crate) fn list_schema() -> Value {
    schema::page("users", schema::object(account_fields()))
}

pub(crate) async fn list(call: Call) -> Result<Answer, Failure> {
    let after: String = call.query.cursor()?.unwrap_or_default();
    let users = call.site.app.users(call.viewer(), &after).await?;
    let next = users.last().filter(|_| users.len() as i64 == MOST_USERS).map(|last| cursor::write(&last.name.as_str()));
    Ok(Answer::json(json!({ "users": users.iter().map(account).collect::<Vec<_>>(), "next": next })))
}

pub(crate) fn account_schema() -> Value {
    schema::object(account_fields())
}

pub(crate) async fn show(call: Call) -> Result<Answer, Failure> {
    let user = call.site.app.account(call.part("user"), &call.actor_for("")).await?;
    let etag = etag(&user);
    if call.has(&etag) {
        return Ok(Answer::none().status(StatusCode::NOT_MODIFIED).etag(&etag));
    }
    Ok(Answer::json(account(&user)).etag(&etag))
}

pub(crate) fn change_fields() -> Vec<Field> {
    vec![
        must("party", Kind::Text(LONGEST)),
        must("roles", Kind::Texts(Role::ALL.len(), LONGEST)),
        may("disabled", Kind::Boolean),
    ]
}

pub(crate) fn create_fields() -> Vec<Field> {
    std::iter::once(must("name", Kind::Text(LONGEST))).chain(change_fields()).collect()
}

pub(crate) fn secret_schema() -> Value {
    schema::object([("name", schema::text()), ("secret", schema::maybe(schema::text()))])
}

fn given(call: &Call, name: &str) -> Result<Account, Failure> {
    let roles = call.given.texts("roles");
    let read: Result<BTreeSet<Role>, Message> = roles.iter().map(|role| Role::parse(role)).collect();
    let wrong = |right| {
        let fault = super::answer::Fault::at(&["roles"]).says(message!("must-be", right));
        Failure::new(Problem::Invalid).with(vec![fault])
    };
    Ok(Account {
        name: name.to_owned(),
        party: call.given.text("party").to_owned(),
        roles: read.map_err(wrong)?,
        disabled: call.given.yes("disabled"),
    })
}

pub(crate) async fn create(call: Call) -> Result<Answer, Failure> {
    let name = call.given.text("name");
    let actor = call.actor_for(&say("api-reason-account-made"));
    match call.site.app.account(name, &actor).await {
        Ok(_) => return Err(Failure::new(Problem::Exists)),
        Err(muster_app::Error::NotFound { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let secret = call.site.app.put_user(&given(&call, name)?, Some(""), &actor).await?;
    let answer = Answer::json(json!({ "name": name, "secret": secret })).status(StatusCode::CREATED).secret("secret");
    Ok(answer.header(header::LOCATION, format!("/api/v1/users/{}", escaped(name))))
}

pub(crate) async fn change(call: Call) -> Result<Answer, Failure> {
    let (name, actor) = (call.part("user"), call.actor_for(&say("api-reason-account-changed")));
    let before = call.site.app.account(name, &actor).await?;
    let known = call.expected(&etag(&before));
    call.site.app.put_user(&given(&call, name)?, Some(&known), &actor).await?;
    let changed = call.site.app.account(name, &actor).await?;
    Ok(Answer::json(account(&changed)).etag(&etag(&changed)))
}

pub(crate) async fn reset(call: Call) -> Result<Answer, Failure> {
    let name = call.part("user");
    let secret = call.site.app.reset_password(name, &call.actor_for(&say("api-reason-password-reset"))).await?;
    Ok(Answer::json(json!({ "name": name, "secret": secret })).secret("secret"))
}

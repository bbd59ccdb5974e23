//! The tokens of somebody's programs and phones, and the keys by which they sign. A phone is one device: its key stands with its token and is
//! revoked with it.

use muster_app::{
    Actor, App, Error,
    storage::{transfer::SigningKey, user::Token},
    transfer::signing::Revoked,
};

use super::figures;
use crate::text::{self, say_with};

/// Somebody's devices, with the forms by which they are revoked.
pub(crate) struct Devices {
    pub(crate) tokens: Vec<TokenRow>,
    /// Keys that stand for themselves, or sign no longer.
    pub(crate) keys: Vec<KeyRow>,
    /// Where the forms are sent.
    pub(crate) to: &'static str,
    /// Whose they are, if they are somebody else's.
    pub(crate) of: Option<String>,
}

/// A token.
pub(crate) struct TokenRow {
    pub(crate) code: String,
    pub(crate) label: String,
    pub(crate) writes: bool,
    pub(crate) expires: String,
    pub(crate) used: String,
    /// Names of the keys of the phone that has it.
    pub(crate) keys: Vec<String>,
}

/// A key by which somebody signs.
pub(crate) struct KeyRow {
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) kind: String,
    /// Of which host, if it is a passkey.
    pub(crate) host: String,
    pub(crate) since: String,
    pub(crate) revoked: Option<String>,
}

impl Devices {
    pub(crate) fn of(tokens: Vec<Token>, keys: Vec<SigningKey>, to: &'static str, of: Option<String>) -> Self {
        let row = |token: &Token| TokenRow {
            code: token.code.to_string(),
            label: token.label.clone(),
            writes: token.writes,
            expires: figures::moment(token.expires_at),
            used: token.used_at.map_or_else(|| "–".to_owned(), figures::moment),
            keys: keys.iter().filter(|key| key.is_of(&token.code)).map(|key| key.id.clone()).collect(),
        };
        let rows = tokens.iter().map(row).collect();
        let alone = keys.into_iter().filter(|key| tokens.iter().all(|token| !key.is_of(&token.code)));
        let key = |key: SigningKey| KeyRow {
            kind: text::word(key.kind()).into_owned(),
            host: key.passkey.map_or_else(String::new, |passkey| passkey.relying_party),
            id: key.id,
            label: key.label,
            since: figures::moment(key.created_at),
            revoked: key.revoked_at.map(figures::moment),
        };
        Self { tokens: rows, keys: alone.map(key).collect(), to, of }
    }
}

/// Revokes what a form names, a token or a key; gives what is said of it.
pub(crate) async fn revoke(app: &App, (user, token, key): (&str, &str, &str), actor: &Actor) -> Result<String, Error> {
    let revoked = match key {
        "" => app.revoke_token(user, token, actor).await?,
        key => app.revoke_signing_key(key, actor).await?,
    };
    Ok(said(&revoked))
}

/// What is said of what no longer counts.
fn said(revoked: &Revoked) -> String {
    let keys = revoked.keys.join(", ");
    match &revoked.token {
        Some(token) if keys.is_empty() => say_with("account-revoked-token", &[("x", token.as_str().into())]),
        Some(token) => say_with("account-revoked-phone", &[("token", token.as_str().into()), ("keys", keys.into())]),
        None => say_with("account-revoked-key", &[("x", keys.into())]),
    }
}

//! What pages tell their script that adds passkeys and signs by them (`islands/src/passkeys.ts`).

use std::collections::BTreeMap;

use muster_app::storage::transfer::SigningKey;
use serde_json::json;

use crate::{assets, text::say};

/// What the script says, by what has come of it.
const WORDS: [(&str, &str); 9] = [
    ("none", "account-passkey-none"),
    ("declined", "account-passkey-declined"),
    ("known", "account-passkey-known"),
    ("failed", "account-passkey-failed"),
    ("added", "account-passkey-added"),
    ("unanswered", "account-passkey-unanswered"),
    ("not_signed", "deed-passkey-not-signed"),
    ("not_used", "deed-passkey-not-used"),
    ("reason", "account-reason"),
];

/// Somebody's passkeys, as a page tells its script of them.
pub(crate) struct Passkeys {
    /// Those that sign, as JSON.
    pub(crate) known: String,
    /// What the script says, as JSON.
    pub(crate) words: String,
    /// The script's address.
    pub(crate) script: String,
    any: bool,
}

impl Passkeys {
    pub(crate) fn of(keys: &[SigningKey]) -> Self {
        let signing = keys.iter().filter(|key| key.revoked_at.is_none());
        let known: Vec<_> = signing
            .filter_map(|key| {
                let passkey = key.passkey.as_ref()?;
                let (credential, host) = (&passkey.credential, &passkey.relying_party);
                Some(json!({ "key": key.id, "credential": credential, "relying_party": host }))
            })
            .collect();
        let words: BTreeMap<_, _> = WORDS.iter().map(|(of, text)| (*of, say(text))).collect();
        Self {
            any: !known.is_empty(),
            known: json!(known).to_string(),
            words: json!(words).to_string(),
            script: format!("/assets/{}", assets::address("passkeys", "js")),
        }
    }

    /// Whether there is any that signs.
    pub(crate) fn any(&self) -> bool {
        self.any
    }
}

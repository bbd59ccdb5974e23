//! By what people sign: the PIN of their account, keys on their devices, passkeys. A key that a phone made goes with the phone's token: who
//! revokes one revokes the other, so that a phone that was lost neither sends nor signs. What was signed before stays valid.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::VerifyingKey;
use muster_domain::{
    code::Code,
    ledger::entry::{Activity, Subject},
    message,
    policy::Action,
};
use muster_storage::{
    ledger::{Also, Request},
    transfer::{Passkey, SigningKey, Write, read as store},
    user::UserChange,
};
use sha2::{Digest, Sha256};

use crate::{Actor, App, Error, blocking, passkey, sealed::hex, user::hashed};

/// Longest label of a key, in characters.
const LONGEST_LABEL: usize = 200;

/// What no longer counts: a phone with its token and its keys, a token alone, or a key alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revoked {
    /// The token, if there was one.
    pub token: Option<Code>,
    /// The keys' names.
    pub keys: Vec<String>,
}

impl Revoked {
    /// What the journal says of it.
    pub(crate) fn about(&self, user: &str) -> String {
        let token = self.token.iter().map(|token| format!("token {token}"));
        let all: Vec<String> = token.chain(self.keys.iter().map(|key| format!("signing key {key}"))).collect();
        format!("{} of {user} revoked", all.join(" and "))
    }
}

/// A key that is to be registered.
struct NewKey<'a> {
    public_key: &'a str,
    passkey: Option<Passkey>,
    label: &'a str,
    token: Option<Code>,
}

impl App {
    /// Sets the PIN by which the actor signs.
    ///
    /// # Errors
    /// If it is not 6 to 12 digits, or the database refuses.
    pub async fn set_pin(&self, pin: &str, actor: &Actor) -> Result<(), Error> {
        if !(6..=12).contains(&pin.len()) || !pin.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Error::Invalid(message!("must-be", right = message!("a-pin"))));
        }
        let (pin, salt) = (pin.to_owned(), self.secret(22));
        let hash = blocking(move || hashed(&pin, &salt)).await?;
        let also = vec![Also::Transfer(vec![Write::Pin(actor.name().to_owned(), hash)])];
        self.signing(also, format!("signing PIN set: {}", actor.name()), actor).await
    }

    /// Registers a key by which the actor signs on a device of theirs, that of a phone with the phone's token; gives its name.
    ///
    /// # Errors
    /// If it is no Ed25519 key, its label is too long, the actor has no such token, or the database refuses.
    pub async fn add_signing_key(
        &self,
        public_key: &str,
        label: &str,
        token: Option<&str>,
        actor: &Actor,
    ) -> Result<String, Error> {
        let right = BASE64.decode(public_key).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        if right.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok()).is_none() {
            return Err(Error::Invalid(message!("must-be", right = message!("a-public-key"))));
        }
        let token = match token {
            Some(token) => {
                let found = self.tokens(actor.name(), actor).await?.into_iter().find(|own| own.code.as_str() == token);
                Some(found.ok_or_else(|| Error::Invalid(message!("key-token-none", token)))?.code)
            }
            None => None,
        };
        self.register(NewKey { public_key, passkey: None, label, token }, actor).await
    }

    /// Registers a passkey by which the actor signs, with its SubjectPublicKeyInfo in base 64; gives its name.
    ///
    /// # Errors
    /// If it is no key of ES256, browsers cannot know it so, its label is too long, or the database refuses.
    pub async fn add_passkey(
        &self,
        public_key: &str,
        known_as: Passkey,
        label: &str,
        actor: &Actor,
    ) -> Result<String, Error> {
        passkey::check(public_key, &known_as.credential, &known_as.relying_party).map_err(Error::Invalid)?;
        self.register(NewKey { public_key, passkey: Some(known_as), label, token: None }, actor).await
    }

    async fn register(&self, new: NewKey<'_>, actor: &Actor) -> Result<String, Error> {
        let label = new.label.trim();
        if label.is_empty() || label.chars().count() > LONGEST_LABEL {
            return Err(Error::Invalid(message!("label-length", most = LONGEST_LABEL)));
        }
        let (id, user) = (hex(&Sha256::digest(new.public_key))[..16].to_owned(), actor.name().to_owned());
        if let Some(known) = store::key(&mut self.read().await?, &id).await? {
            let same = known.user == user && known.passkey == new.passkey && known.token == new.token;
            let own = same && known.revoked_at.is_none();
            return if own { Ok(id) } else { Err(Error::Invalid(message!("key-registered"))) };
        }
        // Somebody may revoke the phone in this moment.
        let has = new.token.clone().map(|token| Also::User(UserChange::Has { token, user: user.clone() }));
        let key = SigningKey {
            id: id.clone(),
            user,
            public_key: new.public_key.to_owned(),
            passkey: new.passkey,
            label: label.to_owned(),
            created_at: self.now(),
            revoked_at: None,
            token: new.token,
        };
        let also = has.into_iter().chain([Also::Transfer(vec![Write::SigningKey(key)])]).collect();
        self.signing(also, format!("signing key {id} registered: {}", actor.name()), actor).await?;
        Ok(id)
    }

    /// The keys by which somebody signs: one's own, or for who keeps the system anybody's.
    ///
    /// # Errors
    /// If the actor may not see them, there is no such account, or the database fails.
    pub async fn signing_keys(&self, user: &str, actor: &Actor) -> Result<Vec<SigningKey>, Error> {
        if user != actor.name() {
            self.account(user, actor).await?;
        }
        Ok(store::keys_of(&mut self.read().await?, user).await?)
    }

    /// A key no longer signs: its device was lost or given away. If a phone has it, the phone's token ends, too, with all the phone's keys.
    ///
    /// # Errors
    /// If there is none, it is somebody else's and the actor does not keep the system, or the database refuses.
    pub async fn revoke_signing_key(&self, id: &str, actor: &Actor) -> Result<Revoked, Error> {
        let found = store::key(&mut self.read().await?, id).await?;
        let key = found.ok_or_else(|| Error::NotFound { what: "signing_key", code: id.to_owned() })?;
        if key.user != actor.name() {
            actor.may(Action::Administer)?;
        }
        if let Some(token) = key.token.filter(|_| key.revoked_at.is_none()) {
            return self.revoke_device(&key.user, token, actor).await;
        }
        let also = vec![Also::Transfer(vec![Write::KeyRevoked(id.to_owned(), self.now())])];
        let revoked = Revoked { token: None, keys: vec![id.to_owned()] };
        self.signing(also, revoked.about(&key.user), actor).await?;
        Ok(revoked)
    }

    /// A token ends, and the keys of the phone that has it sign no longer.
    pub(crate) async fn revoke_device(&self, user: &str, token: Code, actor: &Actor) -> Result<Revoked, Error> {
        let keys = store::keys_of(&mut self.read().await?, user).await?;
        let keys = keys.into_iter().filter(|key| key.is_of(&token)).map(|key| key.id).collect();
        let revoked = Revoked { token: Some(token.clone()), keys };
        let change = Also::User(UserChange::Revoke { token, at: self.now() });
        self.signing(vec![change], revoked.about(user), actor).await?;
        Ok(revoked)
    }

    async fn signing(&self, also: Vec<Also>, about: String, actor: &Actor) -> Result<(), Error> {
        let note = self.note(actor, Activity::Administer, Subject::default(), about);
        self.ledger()?.submit(Request { commands: vec![note], also }).await?;
        Ok(())
    }
}

//! Who takes part: everybody has an account, a party and rights of their own, a token, and on each device a key by which they sign.

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::{Signer, SigningKey};
use muster_domain::{chance::Chance, message, role::Role};
use serde_json::{Value, json};

use super::{
    known::Known,
    story::INVENTED,
    wire::{As, Content, Reply, Wire, escaped},
};
use crate::Failure;

/// Days for which a token is good.
const TOKEN_DAYS: i64 = 90;

/// Somebody with an account.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) party: String,
    pub(super) token: String,
    /// The name of the token.
    granted: String,
}

/// A key that somebody made on a device: the secret never leaves it.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) owner: String,
    id: String,
    secret: SigningKey,
}

impl Key {
    /// A signature over a text, as the API takes it.
    pub(super) fn sign(&self, text: &str) -> Value {
        let signature = BASE64.encode(self.secret.sign(text.as_bytes()).to_bytes());
        json!({ "name": self.owner, "key": self.id, "signature": signature })
    }
}

/// Names and passwords with which some sign in first.
pub(super) type Passwords = BTreeMap<String, String>;

/// Everybody who has signed in so far.
pub(super) struct Cast {
    chance: Arc<dyn Chance>,
    passwords: Passwords,
    people: BTreeMap<String, Person>,
    /// Who moves things for a party.
    movers: BTreeMap<String, String>,
    /// Keys by their owner and device.
    keys: BTreeMap<(String, String), Key>,
}

impl Cast {
    pub(super) fn new(chance: Arc<dyn Chance>, passwords: Passwords) -> Self {
        Self { chance, passwords, people: BTreeMap::new(), movers: BTreeMap::new(), keys: BTreeMap::new() }
    }

    /// How many took part.
    pub(super) fn len(&self) -> usize {
        self.people.len()
    }

    /// Somebody by name; they sign in the first time, as a person does, and take a token.
    pub(super) async fn person(&mut self, wire: &Wire, name: &str) -> Result<Person, Failure> {
        if let Some(person) = self.people.get(name) {
            return Ok(person.clone());
        }
        let password = self.passwords.get(name).cloned().unwrap_or_default();
        let person = signed_in(wire, name, &password).await?;
        self.people.insert(name.to_owned(), person.clone());
        Ok(person)
    }

    /// Whoever moves things for a party. An account for them is made by the administrator when they are first needed.
    pub(super) async fn mover(&mut self, wire: &Wire, known: &Known, party: &str) -> Result<Person, Failure> {
        if let Some(name) = self.movers.get(party).cloned() {
            return self.person(wire, &name).await;
        }
        let name = party.to_lowercase();
        self.enrol(wire, &name, party, &known.roles(party)).await?;
        self.is_mover(&name, party);
        self.person(wire, &name).await
    }

    /// Somebody who is there already moves things for a party.
    pub(super) fn is_mover(&mut self, name: &str, party: &str) {
        self.movers.insert(party.to_owned(), name.to_owned());
    }

    /// Everybody gives back their token: what was played is over.
    pub(super) async fn leave(&mut self, wire: &Wire) -> Result<(), Failure> {
        for person in std::mem::take(&mut self.people).into_values() {
            let path = format!("/api/v1/me/tokens/{}", escaped(&person.granted));
            let reply = wire.ask(As::Token(&person.token), ("DELETE", &path), Content::None, None).await?;
            reply.good(&person.name, &path)?;
        }
        Ok(())
    }

    /// A new account.
    pub(super) async fn enrol(&mut self, wire: &Wire, name: &str, party: &str, roles: &[Role]) -> Result<(), Failure> {
        let admin = self.person(wire, "admin").await?;
        let roles: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
        let body = json!({ "name": name, "party": party, "roles": roles }).to_string();
        let asked = ("POST", "/api/v1/users");
        let key = format!("account-{name}");
        let reply = wire.ask(As::Token(&admin.token), asked, Content::Json(&body), Some(&key)).await?;
        let reply = reply.good(&admin.name, asked.1)?;
        self.passwords.insert(name.to_owned(), text(&reply.body, "secret"));
        Ok(())
    }

    /// Somebody's key on a device; they make it there the first time, and tell Muster its public half.
    pub(super) async fn key(&mut self, wire: &Wire, person: &Person, device: &str) -> Result<Key, Failure> {
        let at = (person.name.clone(), device.to_owned());
        if let Some(key) = self.keys.get(&at) {
            return Ok(key.clone());
        }
        let mut bytes = [0; 32];
        self.chance.fill(&mut bytes);
        let secret = SigningKey::from_bytes(&bytes);
        let public = BASE64.encode(secret.verifying_key().as_bytes());
        let body =
            json!({ "public_key": public, "label": device, "reason": format!("set up to sign{INVENTED}") }).to_string();
        let asked = ("POST", "/api/v1/me/signing-keys");
        let name = format!("key-{}", escaped(device));
        let reply = wire.ask(As::Token(&person.token), asked, Content::Json(&body), Some(&name)).await?;
        let id = text(&reply.good(&person.name, asked.1)?.body, "key");
        let key = Key { owner: person.name.clone(), id, secret };
        self.keys.insert(at, key.clone());
        Ok(key)
    }
}

/// Signs in with a password, takes a token as programs use it, and signs out.
async fn signed_in(wire: &Wire, name: &str, password: &str) -> Result<Person, Failure> {
    let form = format!("name={}&password={}&next=%2Fhealthz", escaped(name), escaped(password));
    let reply = wire.ask(As::Nobody, ("POST", "/sign-in"), Content::Form(&form), None).await?;
    let cookie = cookie(&reply).ok_or_else(|| Failure::Told(message!("play-no-sign-in", name)))?;
    let by = As::Session(&cookie);
    let body = json!({ "label": "play", "writes": true, "days": TOKEN_DAYS }).to_string();
    let asked = ("POST", "/api/v1/me/tokens");
    let granted = wire.ask(by, asked, Content::Json(&body), None).await?.good(name, asked.1)?;
    let (token, code) = (text(&granted.body, "secret"), text(&granted.body, "token"));
    let me = wire.ask(As::Token(&token), ("GET", "/api/v1/me"), Content::None, None).await?.good(name, "/api/v1/me")?;
    // It answers with a page to go to, whatever was asked.
    wire.ask(by, ("POST", "/sign-out"), Content::None, None).await?;
    Ok(Person { name: name.to_owned(), party: text(&me.body, "party"), token, granted: code })
}

fn cookie(reply: &Reply) -> Option<String> {
    let set = reply.headers.get("set-cookie")?.to_str().ok()?;
    Some(set.split(';').next()?.to_owned())
}

/// A field that is a text; empty if it is not.
pub(super) fn text(body: &Value, name: &str) -> String {
    body[name].as_str().unwrap_or_default().to_owned()
}

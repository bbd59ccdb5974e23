//! Accounts of people and programs: signing in and out, API tokens, and giving and taking rights.

use std::collections::BTreeSet;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use jiff::SignedDuration;
use muster_domain::{
    code::{Code, Ref},
    field::Field,
    ledger::entry::{Activity, Subject},
    message,
    party::Party,
    policy::Action,
    role::Role,
    user::{SESSION_IDLE, SESSION_LONGEST, TOKEN_LONGEST_DAYS, User, check_password, wait_after},
    viewer::Viewer,
};
use muster_storage::{
    db::Conn,
    ledger::{Also, Request},
    user::{self as store, SecretDigest, Token, UserChange},
};
use sha2::{Digest, Sha256};

use crate::{Actor, App, Error, blocking, everything, transfer::signing::Revoked};

/// How often the use of a session or token is written down.
const USED_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// Longest label of a token, in characters.
const LONGEST_LABEL: usize = 200;

/// Most accounts on a page.
pub const MOST_USERS: i64 = 500;

/// Why somebody could not sign in. It does not say whether there is such an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInError {
    /// No such account, or another password.
    Wrong,
    /// Too many failures: wait so long.
    Wait(SignedDuration),
}

/// Why a PIN does not sign.
pub(crate) enum PinError {
    /// Another PIN, or none.
    Wrong,
    /// Too many failures: wait so many seconds.
    Wait(i64),
}

/// An account as an administrator writes it.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its party.
    pub party: String,
    /// What it does.
    pub roles: BTreeSet<Role>,
    /// Whether it may no longer sign in.
    pub disabled: bool,
}

impl App {
    /// Whether there is any account yet.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn has_users(&self) -> Result<bool, Error> {
        Ok(store::any(&mut self.read().await?).await?)
    }

    /// Signs somebody in and gives the secret of a new session, to be kept by their browser alone.
    ///
    /// # Errors
    /// Outside: if the database fails. Inside: why they could not sign in.
    pub async fn sign_in(&self, name: &str, password: &str) -> Result<Result<String, SignInError>, Error> {
        let now = self.now();
        let found = store::get(&mut self.read().await?, name).await?;
        if let Some(stored) = &found {
            let until = stored.failed_at + wait_after(stored.failures);
            if stored.failures > 0 && until > now {
                return Ok(Err(SignInError::Wait(until.duration_since(now))));
            }
        }
        // A name that nobody has costs as much time as one that somebody has.
        let hash = found.as_ref().map_or_else(String::new, |stored| stored.password.clone());
        let (password, chance) = (password.to_owned(), self.secret(22));
        let right = blocking(move || match hash.is_empty() {
            true => hashed(&password, &chance).map(|_| false),
            false => Ok(matches(&password, &hash)),
        })
        .await?;
        match found.filter(|stored| right && !stored.user.disabled) {
            None => {
                store::tried(&self.db, name, false, now).await?;
                Ok(Err(SignInError::Wrong))
            }
            Some(stored) => {
                store::tried(&self.db, name, true, now).await?;
                store::end_old(&self.db, now - SESSION_IDLE, now - SESSION_LONGEST).await?;
                let secret = self.secret(40);
                store::begin(&self.db, &digest(&secret), stored.user.name.as_str(), now).await?;
                Ok(Ok(secret))
            }
        }
    }

    /// Who a session's secret belongs to, if it has not ended.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn session(&self, secret: &str) -> Result<Option<Viewer>, Error> {
        let (now, digest) = (self.now(), digest(secret));
        let mut conn = self.read().await?;
        let Some(session) = store::session(&mut conn, &digest).await? else { return Ok(None) };
        if now.duration_since(session.used_at) > SESSION_IDLE || now.duration_since(session.began_at) > SESSION_LONGEST
        {
            return Ok(None);
        }
        let viewer = self.viewer(&mut conn, &session.user).await?;
        drop(conn);
        if now.duration_since(session.used_at) > USED_EVERY {
            store::used(&self.db, &digest, now).await?;
        }
        Ok(viewer)
    }

    /// Who an API token's secret belongs to, if it is valid, with what the token allows.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn token(&self, secret: &str) -> Result<Option<Viewer>, Error> {
        let (now, digest) = (self.now(), digest(secret));
        let mut conn = self.read().await?;
        let Some(token) = store::token(&mut conn, &digest).await? else { return Ok(None) };
        if now >= token.expires_at {
            return Ok(None);
        }
        let viewer = self.viewer(&mut conn, &token.user).await?;
        drop(conn);
        if token.used_at.is_none_or(|used| now.duration_since(used) > USED_EVERY) {
            store::used_token(&self.db, &digest, now).await?;
        }
        Ok(viewer.map(|viewer| Viewer { writes: token.writes, ..viewer }))
    }

    async fn viewer(&self, conn: &mut Conn, name: &str) -> Result<Option<Viewer>, Error> {
        let Some(stored) = store::get(conn, name).await?.filter(|stored| !stored.user.disabled) else {
            return Ok(None);
        };
        let (picture, _) = self.memory.picture(conn, &everything()).await?;
        let User { name, party, roles, .. } = stored.user;
        Ok(Some(Viewer::member(name.to_string(), party, roles, &picture)))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn sign_out(&self, secret: &str) -> Result<(), Error> {
        Ok(store::end(&self.db, &digest(secret)).await?)
    }

    /// Ends all sessions of an account: one's own, or for an administrator anybody's.
    ///
    /// # Errors
    /// If it is not one's own and one may not, or the database fails.
    pub async fn sign_out_everywhere(&self, name: &str, actor: &Actor) -> Result<(), Error> {
        self.own_or_administer(name, actor)?;
        let user = self.user(name).await?.name;
        let about = format!("signed out everywhere: {user}");
        self.administer(vec![UserChange::SignOut { user }], about, actor).await
    }

    /// All accounts, by name.
    ///
    /// # Errors
    /// If the actor may not, or the database fails.
    pub async fn users(&self, viewer: &Viewer, after: &str) -> Result<Vec<User>, Error> {
        muster_domain::policy::may(viewer, &muster_domain::policy::Deed::of(Action::Administer))?;
        Ok(store::list(&mut self.read().await?, after, MOST_USERS).await?)
    }

    /// An account by its name.
    ///
    /// # Errors
    /// If the actor may not, there is none of that name, or the database fails.
    pub async fn account(&self, name: &str, actor: &Actor) -> Result<User, Error> {
        actor.may(Action::Administer)?;
        self.user(name).await
    }

    /// The viewer that an account is now; `None` if it may no longer sign in.
    pub(crate) async fn user_viewer(&self, name: &str) -> Result<Option<Viewer>, Error> {
        let mut conn = self.read().await?;
        self.viewer(&mut conn, name).await
    }

    /// Makes an account and gives its first password, which is shown once; or changes an account's party, roles and standing. With `known`,
    /// the account's [`etag`] or nothing, only if the account is still so, or not there.
    ///
    /// # Errors
    /// What is wrong with it, if it is no longer as it was known, the actor may not, or the database fails.
    pub async fn put_user(
        &self,
        account: &Account,
        known: Option<&str>,
        actor: &Actor,
    ) -> Result<Option<String>, Error> {
        actor.may(Action::Administer)?;
        let name = Code::new(&account.name).map_err(|right| Error::Invalid(message!("account-name", right)))?;
        let invalid_party = |right| Error::Invalid(message!("account-party", right));
        let party = Code::new(&account.party).map_err(invalid_party)?;
        let picture = self.picture(&everything()).await?;
        if !picture.parties.is_empty() && !picture.parties.contains_key(party.as_str()) {
            return Err(invalid_party(Ref::<Party>::expected()));
        }
        if account.roles.is_empty() {
            return Err(Error::Invalid(message!("account-without-role")));
        }
        let before = store::get(&mut self.read().await?, name.as_str()).await?.map(|stored| stored.user);
        if known.is_some_and(|known| known != before.as_ref().map_or_else(String::new, etag)) {
            return Err(Error::Changed);
        }
        let secret = before.is_none().then(|| self.secret(16));
        let password = match secret.clone() {
            Some(secret) => self.hash(secret).await?,
            None => String::new(),
        };
        let roles: Vec<&str> = account.roles.iter().map(|role| role.as_str()).collect();
        let standing = if account.disabled { ", disabled" } else { "" };
        let verb = if before.is_some() { "changed" } else { "made" };
        let about = format!("account {verb}: {name} of {party}, {}{standing}", roles.join(", "));
        let user = User { name, party, roles: account.roles.clone(), disabled: account.disabled };
        let put = UserChange::Put { user, password, at: self.now(), over: before };
        self.administer(vec![put], about, actor).await?;
        Ok(secret)
    }

    /// Gives an account a new password, which is shown once; all its sessions end.
    ///
    /// # Errors
    /// If there is no such account, the actor may not, or the database fails.
    pub async fn reset_password(&self, name: &str, actor: &Actor) -> Result<String, Error> {
        actor.may(Action::Administer)?;
        let user = self.user(name).await?;
        let secret = self.secret(16);
        let password = self.hash(secret.clone()).await?;
        let about = format!("password reset: {name}");
        let put = UserChange::Put { over: Some(user.clone()), user, password, at: self.now() };
        self.administer(vec![put], about, actor).await?;
        Ok(secret)
    }

    /// Changes one's own password; all one's sessions end.
    ///
    /// # Errors
    /// If the old one is wrong or the new one will not do, or the database fails.
    pub async fn change_password(&self, old: &str, new: &str, actor: &Actor) -> Result<(), Error> {
        let name = actor.name();
        let stored = store::get(&mut self.read().await?, name).await?;
        let stored = stored.ok_or_else(|| Error::NotFound { what: "account", code: name.to_owned() })?;
        let (given, hash) = (old.to_owned(), stored.password);
        if !blocking(move || Ok(matches(&given, &hash))).await? {
            return Err(Error::Invalid(message!("old-password-wrong")));
        }
        check_password(new, name).map_err(|right| Error::Invalid(message!("new-password", right)))?;
        let password = self.hash(new.to_owned()).await?;
        let about = format!("password changed: {name}");
        let put = UserChange::Put { over: Some(stored.user.clone()), user: stored.user, password, at: self.now() };
        self.administer(vec![put], about, actor).await
    }

    /// Makes an API token for oneself and gives its secret, which is shown once.
    ///
    /// # Errors
    /// What is wrong with it, or if the database fails.
    pub async fn grant_token(
        &self,
        label: &str,
        writes: bool,
        days: u32,
        actor: &Actor,
    ) -> Result<(Token, String), Error> {
        if label.trim().is_empty() || label.chars().count() > LONGEST_LABEL {
            return Err(Error::Invalid(message!("token-label", most = LONGEST_LABEL)));
        }
        if !(1..=TOKEN_LONGEST_DAYS).contains(&days) {
            return Err(Error::Invalid(message!("token-days", most = TOKEN_LONGEST_DAYS)));
        }
        if writes && !actor.viewer.writes {
            return Err(Error::Invalid(message!("token-for-reading")));
        }
        let user = self.user(actor.name()).await?;
        let (now, secret) = (self.now(), format!("muster_{}", self.secret(40)));
        let token = Token {
            code: Code::new(&format!("T-{}", self.secret(8))).map_err(Error::must_be)?,
            user: user.name.to_string(),
            label: label.trim().to_owned(),
            writes,
            created_at: now,
            expires_at: now + SignedDuration::from_hours(24 * i64::from(days)),
            used_at: None,
        };
        let about = format!("token {} made for {}, until {}", token.code, user.name, crate::day(token.expires_at));
        let grant = UserChange::Grant { token: token.clone(), digest: digest(&secret) };
        self.administer(vec![grant], about, actor).await?;
        Ok((token, secret))
    }

    /// The tokens of an account: one's own, or for an administrator anybody's.
    ///
    /// # Errors
    /// If it is not one's own and one may not, or the database fails.
    pub async fn tokens(&self, name: &str, actor: &Actor) -> Result<Vec<Token>, Error> {
        self.own_or_administer(name, actor)?;
        Ok(store::tokens(&mut self.read().await?, name).await?)
    }

    /// Ends a token of an account; if a phone has it, the phone's signing keys are revoked with it.
    ///
    /// # Errors
    /// If there is no such token of that account, the actor may not, or the database fails.
    pub async fn revoke_token(&self, name: &str, code: &str, actor: &Actor) -> Result<Revoked, Error> {
        let token = self.tokens(name, actor).await?.into_iter().find(|token| token.code.as_str() == code);
        let token = token.ok_or_else(|| Error::NotFound { what: "token", code: code.to_owned() })?.code;
        self.revoke_device(name, token, actor).await
    }

    async fn user(&self, name: &str) -> Result<User, Error> {
        let stored = store::get(&mut self.read().await?, name).await?;
        stored.map(|s| s.user).ok_or_else(|| Error::NotFound { what: "account", code: name.to_owned() })
    }

    fn own_or_administer(&self, name: &str, actor: &Actor) -> Result<(), Error> {
        if actor.viewer.is_known() && actor.name() == name { Ok(()) } else { actor.may(Action::Administer) }
    }

    async fn administer(&self, changes: Vec<UserChange>, about: String, actor: &Actor) -> Result<(), Error> {
        let note = self.note(actor, Activity::Administer, Subject::default(), about);
        let also = changes.into_iter().map(Also::User).collect();
        match self.ledger()?.submit(Request { commands: vec![note], also }).await {
            Err(muster_storage::Error::Conflict(_)) => Err(Error::Changed),
            done => Ok(done.map(drop)?),
        }
    }

    /// Whether a PIN is the one by which somebody signs; gives their party. Wrong ones are counted as wrong passwords are.
    ///
    /// # Errors
    /// Outside: if the database fails. Inside: why not.
    pub(crate) async fn check_pin(
        &self,
        conn: &mut Conn,
        name: &str,
        pin: &str,
    ) -> Result<Result<Code, PinError>, Error> {
        let now = self.now();
        let found = store::get(conn, name).await?;
        let hash = muster_storage::transfer::read::pin_of(conn, name).await?;
        if let Some(stored) = &found {
            let until = stored.failed_at + wait_after(stored.failures);
            if stored.failures > 0 && until > now {
                return Ok(Err(PinError::Wait(until.duration_since(now).as_secs() + 1)));
            }
        }
        let (pin, known) = (pin.to_owned(), hash.unwrap_or_default());
        let right = blocking(move || Ok(matches(&pin, &known))).await?;
        let failed_before = found.as_ref().is_some_and(|stored| stored.failures > 0);
        let stored = found.filter(|stored| right && !stored.user.disabled);
        // Who signs all day writes nothing by it.
        if stored.is_none() || failed_before {
            store::tried(&self.db, name, stored.is_some(), now).await?;
        }
        Ok(stored.map(|stored| stored.user.party.clone()).ok_or(PinError::Wrong))
    }

    async fn hash(&self, password: String) -> Result<String, Error> {
        let salt = self.secret(22);
        blocking(move || hashed(&password, &salt)).await
    }
}

/// A text that changes whenever an account's party, roles or standing does.
pub fn etag(user: &User) -> String {
    let roles: Vec<&str> = user.roles.iter().map(|role| role.as_str()).collect();
    let all = format!("{} {} {} {}", user.name, user.party, roles.join(","), user.disabled);
    digest(&all).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn digest(secret: &str) -> SecretDigest {
    Sha256::digest(secret).into()
}

pub(crate) fn hashed(password: &str, salt: &str) -> Result<String, Error> {
    let failed =
        |error: &dyn std::fmt::Display| Error::Invalid(message!("password-not-hashed", error = error.to_string()));
    let hash: PasswordHash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), salt.as_bytes())
        .map_err(|error| failed(&error))?;
    Ok(hash.to_string())
}

fn matches(password: &str, hash: &str) -> bool {
    let parsed = PasswordHash::new(hash);
    parsed.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

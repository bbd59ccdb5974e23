//! Accounts of people and programs, their sessions and API tokens. Of passwords, sessions and tokens only hashes are kept.

use jiff::Timestamp;
use muster_domain::{code::Code, field::Field, message, role::Role, user::User};

use crate::{
    Error,
    db::{Conn, Db, Row},
    statements,
};

statements! {
    USER = "SELECT name, party, roles, disabled, password, failures, failed_at FROM users WHERE name = $1";
    USERS = "SELECT name, party, roles, disabled, password, failures, failed_at FROM users WHERE name > $1 ORDER BY name LIMIT $2";
    ANY_USER = "SELECT COUNT(*) FROM users";
    PUT_USER = "INSERT INTO users (name, party, roles, disabled, password, failures, failed_at, created_at) VALUES ($1, $2, $3, $4, $5, 0, 0, $6)
        ON CONFLICT (name) DO UPDATE SET party = excluded.party, roles = excluded.roles, disabled = excluded.disabled,
            password = CASE WHEN excluded.password = '' THEN users.password ELSE excluded.password END";
    FAILED = "UPDATE users SET failures = failures + 1, failed_at = $2 WHERE name = $1";
    SUCCEEDED = "UPDATE users SET failures = 0 WHERE name = $1 AND failures > 0";
    PUT_SESSION = "INSERT INTO sessions (digest, user_name, began_at, used_at) VALUES ($1, $2, $3, $3)";
    SESSION = "SELECT user_name, began_at, used_at FROM sessions WHERE digest = $1";
    USED_SESSION = "UPDATE sessions SET used_at = $2 WHERE digest = $1";
    END_SESSION = "DELETE FROM sessions WHERE digest = $1";
    END_SESSIONS = "DELETE FROM sessions WHERE user_name = $1";
    OLD_SESSIONS = "DELETE FROM sessions WHERE used_at < $1 OR began_at < $2";
    PUT_TOKEN = "INSERT INTO tokens (code, digest, user_name, label, writes, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    TOKEN = "SELECT code, user_name, label, writes, created_at, expires_at, used_at FROM tokens WHERE digest = $1";
    TOKENS = "SELECT code, user_name, label, writes, created_at, expires_at, used_at FROM tokens WHERE user_name = $1 ORDER BY created_at DESC, code LIMIT 200";
    USED_TOKEN = "UPDATE tokens SET used_at = $2 WHERE digest = $1";
    END_TOKEN = "DELETE FROM tokens WHERE code = $1";
    END_TOKENS = "DELETE FROM tokens WHERE user_name = $1";
    OWN_TOKEN = "SELECT COUNT(*) FROM tokens WHERE code = $1 AND user_name = $2";
    END_KEYS_OF_TOKEN = "UPDATE signing_key SET revoked_at = $2 WHERE token = $1 AND revoked_at IS NULL";
    END_KEYS_OF_TOKENS = "UPDATE signing_key SET revoked_at = $2 WHERE user_name = $1 AND token IS NOT NULL AND revoked_at IS NULL";
}

/// An account with what only the sign-in needs.
#[derive(Clone, Debug)]
pub struct StoredUser {
    /// The account.
    pub user: User,
    /// Hash of the password, in the PHC string format.
    pub password: String,
    /// Failures since the last success.
    pub failures: i64,
    /// When the last failure was.
    pub failed_at: Timestamp,
}

/// A session or token is found by the SHA-256 of its secret.
pub type SecretDigest = [u8; 32];

/// A session.
#[derive(Clone, Debug)]
pub struct Session {
    /// Whose.
    pub user: String,
    /// When it began.
    pub began_at: Timestamp,
    /// When it was last used, to within some minutes.
    pub used_at: Timestamp,
}

/// An API token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its code.
    pub code: Code,
    /// Whose.
    pub user: String,
    /// What it is for.
    pub label: String,
    /// Whether it may change anything.
    pub writes: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is void.
    pub expires_at: Timestamp,
    /// When it was last used, to within some minutes.
    pub used_at: Option<Timestamp>,
}

/// A change of accounts, written together with the note that says who made it.
#[derive(Clone, Debug)]
pub enum UserChange {
    /// A new account, or other party, roles and standing of an old one. An empty password leaves the one there is.
    Put {
        /// The account.
        user: User,
        /// Hash of its password, in the PHC string format.
        password: String,
        /// When.
        at: Timestamp,
        /// The account as it was known; none: there was none of that name.
        over: Option<User>,
    },
    /// All its sessions end.
    SignOut {
        /// Whose.
        user: Code,
    },
    /// A new token.
    Grant {
        /// The token.
        token: Token,
        /// Hash of its secret.
        digest: SecretDigest,
    },
    /// A token ends, and with it the keys of the phone that has it.
    Revoke {
        /// Its code.
        token: Code,
        /// When.
        at: Timestamp,
    },
    /// Refused unless somebody has a token.
    Has {
        /// Its code.
        token: Code,
        /// Who.
        user: String,
    },
}

pub(crate) async fn write(conn: &mut Conn, change: &UserChange) -> Result<(), Error> {
    match change {
        UserChange::Put { user, password, at, over } => {
            let there = get(conn, user.name.as_str()).await?.map(|stored| stored.user);
            if there != *over {
                return Err(Error::Conflict(message!("account-changed", account = &user.name)));
            }
            let values = vec![
                user.name.as_str().into(),
                user.party.as_str().into(),
                user.roles.iter().copied().collect::<Vec<Role>>().text().into(),
                i64::from(user.disabled).into(),
                password.as_str().into(),
                at.as_microsecond().into(),
            ];
            conn.execute(PUT_USER, values).await?;
            if user.disabled {
                conn.execute(END_TOKENS, vec![user.name.as_str().into()]).await?;
                conn.execute(END_KEYS_OF_TOKENS, vec![user.name.as_str().into(), at.as_microsecond().into()]).await?;
            }
            if user.disabled || !password.is_empty() {
                conn.execute(END_SESSIONS, vec![user.name.as_str().into()]).await?;
            }
        }
        UserChange::SignOut { user } => drop(conn.execute(END_SESSIONS, vec![user.as_str().into()]).await?),
        UserChange::Grant { token, digest } => {
            let values = vec![
                token.code.as_str().into(),
                digest.as_slice().into(),
                token.user.as_str().into(),
                token.label.as_str().into(),
                i64::from(token.writes).into(),
                token.created_at.as_microsecond().into(),
                token.expires_at.as_microsecond().into(),
            ];
            conn.execute(PUT_TOKEN, values).await?;
        }
        UserChange::Revoke { token, at } => {
            conn.execute(END_TOKEN, vec![token.as_str().into()]).await?;
            conn.execute(END_KEYS_OF_TOKEN, vec![token.as_str().into(), at.as_microsecond().into()]).await?;
        }
        UserChange::Has { token, user } => {
            let row = conn.row(OWN_TOKEN, vec![token.as_str().into(), user.as_str().into()]).await?;
            if row.map_or(Ok(0), |row| row.integer(0))? == 0 {
                return Err(Error::Conflict(message!("key-token-none", token)));
            }
        }
    }
    Ok(())
}

fn stored(row: &Row) -> Result<StoredUser, Error> {
    let roles = row.text(2)?;
    let roles = if roles.is_empty() {
        Vec::new()
    } else {
        Vec::<Role>::parse(&roles).map_err(|right| Error::Corrupt(format!("`{roles}` must be {right}")))?
    };
    let user = User {
        name: row.word(0)?,
        party: row.word(1)?,
        roles: roles.into_iter().collect(),
        disabled: row.integer(3)? == 1,
    };
    Ok(StoredUser { user, password: row.text(4)?, failures: row.integer(5)?, failed_at: row.timestamp(6)? })
}

/// An account by its name.
///
/// # Errors
/// If the engine fails.
pub async fn get(conn: &mut Conn, name: &str) -> Result<Option<StoredUser>, Error> {
    conn.row(USER, vec![name.into()]).await?.map(|row| stored(&row)).transpose()
}

/// A page of accounts by name.
///
/// # Errors
/// If the engine fails.
pub async fn list(conn: &mut Conn, after: &str, limit: i64) -> Result<Vec<User>, Error> {
    let rows = conn.rows(USERS, vec![after.into(), limit.into()]).await?;
    rows.iter().map(|row| stored(row).map(|stored| stored.user)).collect()
}

/// Whether there is any account.
///
/// # Errors
/// If the engine fails.
pub async fn any(conn: &mut Conn) -> Result<bool, Error> {
    Ok(conn.row(ANY_USER, vec![]).await?.map_or(Ok(0), |row| row.integer(0))? > 0)
}

/// Counts a failure to sign in, or ends the count.
///
/// # Errors
/// If the engine fails.
pub async fn tried(db: &Db, name: &str, succeeded: bool, now: Timestamp) -> Result<(), Error> {
    match succeeded {
        true => db.execute(SUCCEEDED, vec![name.into()]).await,
        false => db.execute(FAILED, vec![name.into(), now.as_microsecond().into()]).await,
    }
}

/// Begins a session.
///
/// # Errors
/// If the engine fails.
pub async fn begin(db: &Db, digest: &SecretDigest, user: &str, now: Timestamp) -> Result<(), Error> {
    db.execute(PUT_SESSION, vec![digest.as_slice().into(), user.into(), now.as_microsecond().into()]).await
}

/// A session by the hash of its secret.
///
/// # Errors
/// If the engine fails.
pub async fn session(conn: &mut Conn, digest: &SecretDigest) -> Result<Option<Session>, Error> {
    let row = conn.row(SESSION, vec![digest.as_slice().into()]).await?;
    row.map(|row| Ok(Session { user: row.text(0)?, began_at: row.timestamp(1)?, used_at: row.timestamp(2)? }))
        .transpose()
}

/// Notes that a session was used.
///
/// # Errors
/// If the engine fails.
pub async fn used(db: &Db, digest: &SecretDigest, now: Timestamp) -> Result<(), Error> {
    db.execute(USED_SESSION, vec![digest.as_slice().into(), now.as_microsecond().into()]).await
}

/// Ends a session.
///
/// # Errors
/// If the engine fails.
pub async fn end(db: &Db, digest: &SecretDigest) -> Result<(), Error> {
    db.execute(END_SESSION, vec![digest.as_slice().into()]).await
}

/// Removes sessions that were not used since one moment or began before another.
///
/// # Errors
/// If the engine fails.
pub async fn end_old(db: &Db, unused_since: Timestamp, begun_before: Timestamp) -> Result<(), Error> {
    let values = vec![unused_since.as_microsecond().into(), begun_before.as_microsecond().into()];
    db.execute(OLD_SESSIONS, values).await
}

fn token_of(row: &Row) -> Result<Token, Error> {
    let used = row.maybe_integer(6)?.map(Timestamp::from_microsecond).transpose();
    Ok(Token {
        code: row.word(0)?,
        user: row.text(1)?,
        label: row.text(2)?,
        writes: row.integer(3)? == 1,
        created_at: row.timestamp(4)?,
        expires_at: row.timestamp(5)?,
        used_at: used.map_err(|error| Error::Corrupt(error.to_string()))?,
    })
}

/// A token by the hash of its secret.
///
/// # Errors
/// If the engine fails.
pub async fn token(conn: &mut Conn, digest: &SecretDigest) -> Result<Option<Token>, Error> {
    conn.row(TOKEN, vec![digest.as_slice().into()]).await?.map(|row| token_of(&row)).transpose()
}

/// The newest 200 tokens of an account.
///
/// # Errors
/// If the engine fails.
pub async fn tokens(conn: &mut Conn, user: &str) -> Result<Vec<Token>, Error> {
    conn.rows(TOKENS, vec![user.into()]).await?.iter().map(token_of).collect()
}

/// Notes that a token was used.
///
/// # Errors
/// If the engine fails.
pub async fn used_token(db: &Db, digest: &SecretDigest, now: Timestamp) -> Result<(), Error> {
    db.execute(USED_TOKEN, vec![digest.as_slice().into(), now.as_microsecond().into()]).await
}

//! The journal as it is kept: [`writer`] applies requests set-wise in one transaction each time, [`load`] and [`write`] carry the books
//! between memory and tables, [`also`] writes what goes with entries, [`log`] keeps
//! SQLite's log short, [`read`] answers questions as of any date, [`left`] tells what is left of offers, [`step`] what is expected,
//! [`verify`] recomputes everything.

mod also;
pub mod left;
mod load;
mod log;
pub mod read;
pub mod step;
pub mod verify;
mod write;
mod writer;

use std::sync::Arc;

use ed25519_dalek::{Signer, SigningKey};
use muster_domain::{
    change::Change,
    clock::Clock,
    code::Code,
    ledger::{books::Outcome, entry::Command, refusal::Refusal},
    message,
};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    Error,
    db::Db,
    picture::By,
    plan::{Acceptance, NewPlan},
    statements,
    user::UserChange,
};
pub(crate) use also::{How, Step};
use writer::{Job, Writer};

statements! {
    PUBLIC_KEY = "SELECT public_key FROM seal_key WHERE number = 1";
    SET_PUBLIC_KEY = "INSERT INTO seal_key (number, public_key) VALUES (1, $1) ON CONFLICT (number) DO NOTHING";
}

/// Every fixed statement of the ledger's modules.
pub(crate) const ALL_STATEMENTS: &[&[(&str, &str)]] =
    &[STATEMENTS, left::STATEMENTS, load::STATEMENTS, read::STATEMENTS, step::STATEMENTS, verify::STATEMENTS];

/// What is written together with entries, in the same transaction.
#[derive(Clone, Debug)]
pub enum Also {
    /// Records, on condition that none changed since `version`.
    Records {
        /// What changes.
        changes: Vec<Change>,
        /// The last change that the caller knew.
        version: i64,
        /// Who and why.
        by: By,
        /// Which of the commands is the note that seals them, counted from 0 (see [`crate::picture::about`]).
        note: usize,
    },
    /// A new plan.
    Plan(NewPlan),
    /// That a plan is put aside, on condition that it was only proposed.
    Discard(Code),
    /// Accounts, sessions or tokens.
    User(UserChange),
    /// What is written about consignments, in order.
    Transfer(Vec<crate::transfer::Write>),
    /// What is written about work orders, in order.
    Repair(Vec<crate::repair::Write>),
    /// What is written about nominations and serials, in order.
    Training(Vec<crate::training::Write>),
    /// Events that others recorded, and which of the commands is the note that seals them, counted from 0 (see [`crate::epcis::about`]).
    Capture(Arc<Vec<crate::epcis::New>>, usize),
    /// That a plan is accepted, on condition that it was only proposed and that no record changed since.
    Acceptance(Acceptance),
}

/// Entries and records that are written together or not at all.
#[derive(Clone, Debug)]
pub struct Request {
    /// The entries.
    pub commands: Vec<Command>,
    /// What else, in order.
    pub also: Vec<Also>,
}

/// Most commands of a request that is written in one transaction with those of others.
const MOST_WITH_OTHERS: usize = 64;

impl Request {
    /// Whether it may be written in one transaction with those of others: what is done many times a day, is small, and seldom fails.
    fn goes_with_others(&self) -> bool {
        let daily = |also: &Also| matches!(also, Also::Transfer(_) | Also::Repair(_) | Also::Training(_));
        self.commands.len() <= MOST_WITH_OTHERS && self.also.iter().all(daily)
    }
}

/// The journal, open for writing. Clones share one writer.
#[derive(Clone, Debug)]
pub struct Ledger {
    jobs: mpsc::Sender<Job>,
    key: Arc<SigningKey>,
}

/// Requests that may wait for the writer.
const QUEUE: usize = 4_096;

impl Ledger {
    /// Opens the journal for writing, sealing with `key`; the first time, its public half becomes the database's.
    ///
    /// # Errors
    /// If the engine fails, or the database is sealed with another key.
    pub async fn open(db: &Db, key: SigningKey, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let mut conn = db.connect().await?;
        let public = key.verifying_key();
        conn.execute(SET_PUBLIC_KEY, vec![public.as_bytes().as_slice().into()]).await?;
        if public_key(&mut conn).await?.as_deref() != Some(public.as_bytes()) {
            return Err(Error::Unfit(message!("other-seal-key")));
        }
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (committed, commits) = watch::channel(());
        tokio::spawn(Writer::new(db.clone(), conn, key.clone(), clock, committed).run(queue));
        tokio::spawn(log::keep_short(db.clone(), commits));
        Ok(Self { jobs, key: Arc::new(key) })
    }

    /// Seals what leaves the house: a signature that anybody with the journal's public key can check.
    pub fn seal(&self, bytes: &[u8]) -> [u8; 64] {
        self.key.sign(bytes).to_bytes()
    }

    /// The public half of the key that seals.
    pub fn public_key(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    /// Applies one command.
    ///
    /// # Errors
    /// Outside: the database failed, and whether it was written is unknown; the same key may be sent again. Inside: why it was refused.
    pub async fn post(&self, command: Command) -> Result<Result<Outcome, Refusal>, Error> {
        let mut outcomes = self.post_all(vec![command]).await?;
        outcomes.pop().ok_or(Error::Stopped)
    }

    /// Applies commands in order, in one transaction; one that is refused fails alone.
    ///
    /// # Errors
    /// Outside: the database failed, and whether they were written is unknown. Inside: why each was refused.
    pub async fn post_all(&self, commands: Vec<Command>) -> Result<Vec<Result<Outcome, Refusal>>, Error> {
        self.send(|reply| Job::Each { commands, reply }).await
    }

    /// Applies commands and what goes with them, all or nothing.
    ///
    /// # Errors
    /// If the database failed, a command was refused, or a condition does not hold; then nothing was written.
    pub async fn submit(&self, request: Request) -> Result<Vec<Outcome>, Error> {
        self.send(|reply| Job::Together { request: Box::new(request), reply }).await
    }

    async fn send<T>(&self, job: impl FnOnce(oneshot::Sender<Result<T, Error>>) -> Job) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(job(reply)).await.map_err(|_| Error::Stopped)?;
        answer.await.map_err(|_| Error::Stopped)?
    }
}

/// The public key with which the journal is sealed, once it is.
///
/// # Errors
/// If the engine fails.
pub async fn public_key(conn: &mut crate::db::Conn) -> Result<Option<Vec<u8>>, Error> {
    conn.row(PUBLIC_KEY, vec![]).await?.map(|row| row.bytes(0)).transpose()
}

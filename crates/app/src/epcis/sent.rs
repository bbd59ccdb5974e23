//! Documents that partners sent: each is kept before its sender is told so, taken in as soon as there is a turn, and begun anew if the
//! program stopped meanwhile. Nothing of it is there twice, since what an event is called follows from what it says.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use muster_domain::{message, message::Message};
use muster_storage::epcis::sent::{self as store, Ended, Limits, Sent};
use tokio::sync::Semaphore;

use super::capture::{Captured, OnFault, may_capture};
use crate::{Actor, App, Error, job::reason};

/// Most documents that are taken in at once, for each is in memory as a whole.
const AT_ONCE: usize = 4;
/// Most that wait, of all accounts and of one.
const WAITING: i64 = 16;
const WAITING_OF_ONE: i64 = 4;
/// How many of one account are told of that ended, how much of what was wrong with them, and how long.
const ENDED: usize = 100;
const CHARACTERS: i64 = 16 << 20;
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 7);
/// After so long a document of which nobody was heard is begun anew, and how often whoever has it is heard of.
const HELD: SignedDuration = SignedDuration::from_mins(2);
const HEARD: Duration = Duration::from_secs(30);
/// When a document is tried again that the database failed to take, and how often.
const AGAIN: SignedDuration = SignedDuration::from_mins(1);
const TRIES: i64 = 5;

/// Words for a message: what is wrong is kept as it is told.
pub type Say = fn(&Message) -> String;

/// How many documents may still be begun.
#[derive(Debug)]
pub(crate) struct Turns(Semaphore);

impl Default for Turns {
    fn default() -> Self {
        Self(Semaphore::new(AT_ONCE))
    }
}

/// A document that somebody sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureJob {
    /// Its code, which nobody can guess.
    pub code: String,
    /// When it was sent.
    pub began_at: Timestamp,
    /// What becomes of it if something is wrong.
    pub on_fault: OnFault,
    /// How it ended, if it did.
    pub ended: Option<Outcome>,
}

/// How a document ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// When.
    pub at: Timestamp,
    /// Whether it was not the document that was wrong.
    pub failed: bool,
    /// Everything wrong, with its place.
    pub faults: Vec<String>,
}

impl App {
    /// Keeps a document, which is taken in when there is a turn. `file` is its name in what is said of it.
    ///
    /// # Errors
    /// If the actor may not or has no account, as many wait already as may, or the database fails.
    pub async fn epcis_send(
        &self,
        file: &str,
        bytes: Vec<u8>,
        on_fault: OnFault,
        actor: &Actor,
    ) -> Result<CaptureJob, Error> {
        may_capture(&actor.viewer)?;
        let now = self.now();
        let sent = Sent::new(self.secret(20), actor.name(), file, on_fault.as_str(), &actor.reason, now);
        if !store::keep(&self.db, &sent, &bytes, limits(now)).await? {
            return Err(Error::Invalid(message!("captures-under-way", most = WAITING_OF_ONE)));
        }
        job(sent)
    }

    /// Takes in the documents that wait, one after the other, beside others who do the same; gives how many.
    ///
    /// # Errors
    /// If the database fails; what waits goes on waiting.
    pub async fn epcis_take_in(&self, say: Say) -> Result<usize, Error> {
        let Ok(_turn) = self.captures.0.acquire().await else { return Ok(0) };
        let mut taken = 0;
        while let Some(sent) = store::begin(&self.db, self.now(), self.later(HELD)).await? {
            self.take_in(&sent, say).await?;
            taken += 1;
        }
        Ok(taken)
    }

    async fn take_in(&self, sent: &Sent, say: Say) -> Result<(), Error> {
        let tell = |faults: Vec<String>, failed| Ended { at: self.now(), failed, faults: list(&faults) };
        let ended = match self.keeping(sent, self.taken(sent)).await {
            Ok(captured) => tell(captured.issues.iter().map(|issue| issue.told(say)).collect(), false),
            Err(error) if sent.tries < TRIES && passes(&error) => {
                tracing::warn!(%error, code = sent.code, "a document could not be taken in and is tried again");
                return Ok(store::hold(&self.db, &sent.code, self.later(AGAIN)).await?);
            }
            Err(error) => {
                tracing::warn!(%error, code = sent.code, "a document could not be taken in");
                tell(vec![say(&reason(&error))], true)
            }
        };
        Ok(store::end(&self.db, sent, &ended, limits(self.now())).await?)
    }

    /// Does what it takes to take a document in, as long as that lasts heard of from time to time.
    async fn keeping<T>(&self, sent: &Sent, doing: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let mut doing = std::pin::pin!(doing);
        loop {
            tokio::select! {
                done = &mut doing => return done,
                () = tokio::time::sleep(HEARD) => store::hold(&self.db, &sent.code, self.later(HELD)).await?,
            }
        }
    }

    async fn taken(&self, sent: &Sent) -> Result<Captured, Error> {
        if sent.tries > TRIES {
            // Whoever began it so often never came to its end.
            return Err(Error::Invalid(message!("capture-given-up", tries = TRIES)));
        }
        let viewer = self.user_viewer(&sent.user).await?;
        let viewer = viewer.ok_or_else(|| Error::Invalid(message!("capture-without-account")))?;
        let bytes = store::document(&mut self.read().await?, &sent.code).await?;
        let actor = Actor::new(viewer, sent.reason.clone());
        self.epcis_capture(&sent.file, bytes, on_fault(sent)?, &actor).await
    }

    fn later(&self, by: SignedDuration) -> Timestamp {
        self.now().checked_add(by).unwrap_or(Timestamp::MAX)
    }

    /// A document that somebody sent.
    ///
    /// # Errors
    /// If they sent none of that code, it is long over, or the database fails.
    pub async fn epcis_job(&self, code: &str, actor: &Actor) -> Result<CaptureJob, Error> {
        let found = store::show(&mut self.read().await?, actor.name(), code).await?;
        job(found.ok_or_else(|| Error::NotFound { what: "capture", code: code.to_owned() })?)
    }

    /// What somebody sent lately, newest first, before one of them: when it was sent, in microseconds, and its code.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn epcis_jobs(
        &self,
        actor: &Actor,
        before: Option<(i64, String)>,
        limit: i64,
    ) -> Result<Vec<CaptureJob>, Error> {
        let before = before.unwrap_or((i64::MAX, String::new()));
        let found = store::page(&mut self.read().await?, actor.name(), &before, limit).await?;
        found.into_iter().map(job).collect()
    }
}

fn limits(now: Timestamp) -> Limits {
    Limits {
        waiting: WAITING,
        waiting_of_one: WAITING_OF_ONE,
        ended: ENDED,
        characters: CHARACTERS,
        since: now.checked_sub(KEPT).unwrap_or(Timestamp::MIN),
    }
}

/// Whether it may go better in a moment.
fn passes(error: &Error) -> bool {
    match error {
        Error::Storage(_) => true,
        Error::Invalid(message) => message.key == "work-interrupted",
        _ => false,
    }
}

fn list(faults: &[String]) -> String {
    serde_json::to_string(faults).unwrap_or_else(|_| "[]".to_owned())
}

fn on_fault(sent: &Sent) -> Result<OnFault, Error> {
    let corrupt = || muster_storage::Error::Corrupt(format!("document {}: {}", sent.code, sent.on_fault));
    Ok(OnFault::of(&sent.on_fault).ok_or_else(corrupt)?)
}

fn job(sent: Sent) -> Result<CaptureJob, Error> {
    let on_fault = on_fault(&sent)?;
    let corrupt = |error| muster_storage::Error::Corrupt(format!("document {}: {error}", sent.code));
    let outcome = |ended: &Ended| {
        let faults = serde_json::from_str(&ended.faults).map_err(corrupt)?;
        Ok::<_, muster_storage::Error>(Outcome { at: ended.at, failed: ended.failed, faults })
    };
    let ended = sent.ended.as_ref().map(outcome).transpose()?;
    Ok(CaptureJob { code: sent.code, began_at: sent.began_at, on_fault, ended })
}

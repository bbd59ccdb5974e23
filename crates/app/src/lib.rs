//! Use cases: load, decide, store, record. What the web and the command line both call.
//!
//! It must not know SQL or HTTP, nor read files, the environment or a clock: they are passed in.
//!
//! - [`mission`]: records come in and go out; [`announcement`]: published tables come in.
//! - [`plan`]: from records and ledger to an instance, a stored plan, and its acceptance.
//! - [`movement`]: what was planned happens: dispatch, receive, void.
//! - [`transfer`]: consignments, from packing to the signature of who receives them; variances; [`unit`]: where one unit is, and all that
//!   happened to it.
//! - [`repair`]: work orders; [`training`]: serials of courses, who is nominated for them, and what came of it.
//! - [`epcis`]: what happened to consignments as events for partners, and their events as evidence.
//! - [`fit`]: which offer fits which need, and why not.
//! - [`observed`]: how long repairs and courses took; [`report`]: plan against actual, as of any date; [`overview`]: the first picture.
//! - [`demonstration`]: those of the demonstration's first weeks that nobody plays.
//! - [`ledger`]: balances, statements and verification.
//! - [`import`]: imports under way; [`verification`]: the journal being recomputed; [`webhook`]: who is told what happens; [`answered`]: requests that may be sent again.
//! - [`record`]: one record with its parts; [`list`]: pages of records, and records out again; [`user`]: accounts, sessions, tokens; `memory`: what need not be read twice.
//! - [`scheduled`]: how a search for dates ended; [`sealed`]: statements that can be checked without Muster; [`text`]: what people write.
//!
//! Every reading takes the [`Viewer`] for whom it is done and gives back only what they see; every deed takes an [`Actor`], and the
//! policy of the domain is asked before it is done.

pub mod announcement;
pub mod answered;
mod commitment;
pub mod demonstration;
pub mod epcis;
pub mod fit;
mod fulfilment;
pub mod import;
mod job;
pub mod ledger;
pub mod list;
pub mod listed;
mod memory;
pub mod mission;
pub mod movement;
pub mod need;
pub mod observed;
pub mod overview;
mod passkey;
pub mod plan;
pub mod record;
pub mod repair;
pub mod report;
pub mod scheduled;
pub mod sealed;
pub mod text;
pub mod training;
pub mod transfer;
pub mod unit;
pub mod user;
pub mod verification;
pub mod webhook;

use std::sync::Arc;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use muster_domain::{
    chance::Chance,
    change::Change,
    clock::Clock,
    code::Code,
    ledger::{
        entry::{Act, Activity, Command, Note, Subject},
        refusal::Refusal,
    },
    message,
    message::{Message, Value},
    offer::Offer,
    package::Package,
    picture::Picture,
    policy::{self, Action, Deed, Denied},
    record::Record,
    requirement::Requirement,
    viewer::Viewer,
};
use muster_storage::{
    db::{Conn, Db},
    ledger::{Also, Ledger, Request},
    picture::{self, By},
};

use memory::Memory;

/// Why a use case could not be carried out, for the person who asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was asked for does not fit; the message says what would.
    #[error("{}", self.message())]
    Invalid(Message),
    /// There is no such thing.
    #[error("{}", self.message())]
    NotFound {
        /// Kind of thing, as a word of the domain.
        what: &'static str,
        /// Its name.
        code: String,
    },
    /// What was to be changed is no longer as the caller knew it, or not there.
    #[error("{}", self.message())]
    Changed,
    /// Somebody may not do what they asked for.
    #[error("{}", self.message())]
    Denied(#[from] Denied),
    /// The journal refused.
    #[error("{}", self.message())]
    Refused(#[from] Refusal),
    /// The database failed, or something changed in the meantime.
    #[error(transparent)]
    Storage(#[from] muster_storage::Error),
}

impl Error {
    /// Why, for the person who asked.
    pub fn message(&self) -> Message {
        match self {
            Self::Invalid(message) => message.clone(),
            Self::NotFound { what, code } => message!("not-found", what = Value::word(*what), code),
            Self::Changed => message!("changed-meanwhile"),
            Self::Denied(denied) => denied.message(),
            Self::Refused(refusal) => message!("ledger-refused", why = refusal.message()),
            Self::Storage(error) => error.message(),
        }
    }

    /// A value is not what it must be.
    pub(crate) fn must_be(right: Message) -> Self {
        Self::Invalid(message!("must-be", right))
    }
}

/// Who does something, and why.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Who, with what they see and may do.
    pub viewer: Viewer,
    /// Why.
    pub reason: String,
    /// The caller's own name for the request: the same key twice is the same deed once. None: the request cannot be repeated by it.
    pub key: Option<String>,
    /// The version of what is changed as they knew it; none: any. Where it is another by now, somebody was faster. Deeds to a consignment
    /// look at it.
    pub seen: Option<i64>,
}

impl Actor {
    /// Somebody who gives a reason.
    pub fn new(viewer: Viewer, reason: impl Into<String>) -> Self {
        Self { viewer, reason: reason.into(), key: None, seen: None }
    }

    pub(crate) fn name(&self) -> &str {
        &self.viewer.name
    }

    /// Whether they may do something that is not about a record.
    pub(crate) fn may(&self, action: Action) -> Result<(), Error> {
        Ok(policy::may(&self.viewer, &Deed::of(action))?)
    }
}

/// A mission's database, open for use cases.
#[derive(Clone)]
pub struct App {
    db: Db,
    ledger: Option<Ledger>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    memory: Arc<Memory>,
    jobs: Arc<job::Jobs<plan::job::PlanJob>>,
    imports: Arc<job::Jobs<import::ImportJob>>,
    captures: Arc<epcis::Turns>,
    told: Arc<epcis::Index>,
    verifications: Arc<job::Jobs<verification::Verification>>,
}

impl App {
    /// Use cases on `db`; without `ledger` only those that read.
    pub fn new(db: Db, ledger: Option<Ledger>, clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Self {
        Self {
            db,
            ledger,
            clock,
            chance,
            memory: Arc::default(),
            jobs: Arc::default(),
            imports: Arc::default(),
            captures: Arc::default(),
            told: Arc::default(),
            verifications: Arc::default(),
        }
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The present day, in UTC.
    pub fn today(&self) -> Date {
        day(self.now())
    }

    pub(crate) async fn read(&self) -> Result<Conn, Error> {
        Ok(self.db.read().await?)
    }

    pub(crate) fn ledger(&self) -> Result<&Ledger, Error> {
        self.ledger.as_ref().ok_or_else(|| Error::Invalid(message!("reading-only")))
    }

    /// All records that the viewer sees, as they are now.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn picture(&self, viewer: &Viewer) -> Result<Arc<Picture>, Error> {
        let mut conn = self.read().await?;
        Ok(self.memory.picture(&mut conn, viewer).await?.0)
    }

    /// A note of what was done that moves nothing.
    pub(crate) fn note(&self, actor: &Actor, activity: Activity, subject: Subject, about: String) -> Command {
        let key = match &actor.key {
            Some(key) => format!("{} {key}", actor.name()),
            None => format!("note {}", self.secret(16)),
        };
        let note = Note {
            key,
            occurred_at: Note::WHEN_RECORDED,
            actor: actor.name().to_owned(),
            reason: actor.reason.clone(),
        };
        Command { note, act: Act::Note { activity, subject, about } }
    }

    /// Changes of records together with the note that seals them, to be added to a request.
    pub(crate) fn records(&self, request: &mut Request, changes: Vec<Change>, version: i64, actor: &Actor) {
        if changes.is_empty() {
            return;
        }
        let mut subject = Subject::default();
        if let [one] = changes.as_slice() {
            let code = Code::new(&one.key).ok();
            match one.sheet {
                Offer::SHEET => subject.offer = code,
                Requirement::SHEET | Package::SHEET => subject.need = code,
                _ => {}
            }
        }
        let note = request.commands.len();
        request.commands.push(self.note(actor, Activity::Change, subject, picture::about(&changes)));
        let by = By { actor: actor.name().to_owned(), reason: actor.reason.clone(), at: self.now() };
        request.also.push(Also::Records { changes, version, by, note });
    }

    /// A name for something that is kept for a while and that nobody else may find.
    pub fn secret_name(&self) -> String {
        self.secret(24)
    }

    /// Letters and digits that nobody can guess, from so many bytes of chance.
    pub(crate) fn secret(&self, bytes: usize) -> String {
        const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let mut random = vec![0; bytes];
        self.chance.fill(&mut random);
        random.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()
    }

    /// Whether the database can be read.
    ///
    /// # Errors
    /// If it cannot.
    pub async fn ping(&self) -> Result<(), Error> {
        self.read().await?;
        Ok(())
    }
}

/// Does what takes long, as hashing a password does on purpose, away from the threads that answer requests.
///
/// # Errors
/// Those of the work, or that it was interrupted.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::Invalid(message!("work-interrupted", error = error.to_string())))?
}

/// For decisions of Muster's own, which are made by all there is.
pub(crate) fn everything() -> Viewer {
    Viewer::operator("muster")
}

/// The day of a moment, in UTC.
pub fn day(moment: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(moment).date()
}

/// The first moment of a day, in UTC.
pub fn start_of(day: Date) -> Timestamp {
    TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(Timestamp::MAX)
}

/// The last moment of a day, in UTC.
pub fn end_of(day: Date) -> Timestamp {
    day.tomorrow().map_or(Timestamp::MAX, |next| start_of(next) - jiff::SignedDuration::from_micros(1))
}

/// What the edges need of the crates below, so that they depend on this one.
pub use muster_documents as documents;
pub use muster_interchange as interchange;
pub use muster_planner as planner;
pub use muster_storage as storage;

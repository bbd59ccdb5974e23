//! Use cases: load, decide, store, record. What the web and the command line both call.
//!
//! It must not know SQL or HTTP, nor read files, the environment or a clock: they are passed in.
//!
//! - [`mission`]: records come in and go out; [`announcement`]: published tables come in.
//! - [`plan`]: from records and ledger to an instance, a stored plan, and its acceptance.
//! - [`movement`]: what was planned happens: dispatch, receive, void.
//! - [`report`]: plan against actual, as of any date; [`overview`]: the first picture.
//! - [`demonstration`]: the first weeks of the demonstration, played.
//! - [`ledger`]: balances, statements and verification.

pub mod announcement;
mod commitment;
pub mod demonstration;
pub mod ledger;
pub mod mission;
pub mod movement;
pub mod overview;
pub mod plan;
pub mod report;

use std::sync::Arc;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use muster_domain::{clock::Clock, ledger::refusal::Refusal, picture::Picture};
use muster_storage::{
    db::{Conn, Db},
    ledger::Ledger,
    picture,
};

/// Why a use case could not be carried out, for the person who asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was asked for does not fit; the text says what would.
    #[error("{0}")]
    Invalid(String),
    /// There is no such thing.
    #[error("there is no {what} {code}")]
    NotFound {
        /// Kind of thing.
        what: &'static str,
        /// Its name.
        code: String,
    },
    /// The journal refused.
    #[error("the ledger refused: {0}")]
    Refused(#[from] Refusal),
    /// The database failed, or something changed in the meantime.
    #[error(transparent)]
    Storage(#[from] muster_storage::Error),
}

/// Who does something, and why.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Who.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// A mission's database, open for use cases.
#[derive(Clone)]
pub struct App {
    db: Db,
    ledger: Option<Ledger>,
    clock: Arc<dyn Clock>,
}

impl App {
    /// Use cases on `db`; without `ledger` only those that read.
    pub fn new(db: Db, ledger: Option<Ledger>, clock: Arc<dyn Clock>) -> Self {
        Self { db, ledger, clock }
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
        self.ledger.as_ref().ok_or_else(|| Error::Invalid("the database was opened for reading only".into()))
    }

    /// All records as they are now, and the number of their last change.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn picture(&self) -> Result<(Picture, i64), Error> {
        let mut conn = self.read().await?;
        Ok((picture::load(&mut conn).await?, picture::version(&mut conn).await?))
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
pub use muster_interchange as interchange;
pub use muster_planner as planner;
pub use muster_storage as storage;

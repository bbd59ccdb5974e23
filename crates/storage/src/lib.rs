//! The database: SQLite in one file, or PostgreSQL. The only crate that knows SQL.
//!
//! - [`db`]: connections, rows and values of both engines; [`dialect`]: everything in which the engines differ.
//! - [`schema`]: the tables, and how a database comes by them.
//! - [`picture`]: the records and their history.
//! - [`ledger`]: the journal – one writer that applies requests set-wise, readers, and the check of its seal.
//! - [`list`]: pages of records, filtered and sorted; [`user`]: accounts, sessions, tokens; `sight`: what a viewer sees.
//! - [`transfer`]: consignments, movements, variances, handovers.
//! - [`repair`]: work orders; [`training`]: nominations.
//! - [`epcis`]: what is told to partners, and the events that others recorded.
//! - [`plan`]: stored plans; [`webhook`]: who is told what happens; [`answered`]: answers to requests that may be sent again.

pub mod answered;
mod batch;
pub mod db;
pub mod dialect;
pub mod epcis;
pub mod ledger;
pub mod list;
pub mod picture;
pub mod plan;
pub mod register;
pub mod repair;
pub mod schema;
mod sight;
pub mod training;
pub mod transfer;
pub mod user;
mod value;
mod wanted;
pub mod webhook;

use muster_domain::{ledger::refusal::Refusal, message, message::Message};

/// Why the database could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine said no, or could not be reached.
    #[error("{}", self.message())]
    Database(#[from] sqlx::Error),
    /// What the database holds cannot be what Muster wrote; the text is for whoever keeps the database.
    #[error("{}", self.message())]
    Corrupt(String),
    /// There is no such thing.
    #[error("{}", self.message())]
    NoSuch(Message),
    /// It changed in the meantime.
    #[error("{}", self.message())]
    Conflict(Message),
    /// The journal refused one of several commands that belong together; none was written.
    #[error("{}", self.message())]
    Refused {
        /// Which of the commands, counted from 0.
        index: usize,
        /// Why.
        refusal: Refusal,
    },
    /// The database was made for another seal, or by a newer Muster.
    #[error("{}", self.message())]
    Unfit(Message),
    /// Other processes wrote faster, again and again.
    #[error("{}", self.message())]
    Overtaken,
    /// The writer has stopped.
    #[error("{}", self.message())]
    Stopped,
}

impl Error {
    /// Why, for the person who asked.
    pub fn message(&self) -> Message {
        match self {
            Self::Database(error) => message!("database-failed", error = error.to_string()),
            Self::Corrupt(what) => message!("database-corrupt", what),
            Self::NoSuch(message) | Self::Conflict(message) | Self::Unfit(message) => message.clone(),
            Self::Refused { index, refusal } => message!("entry-refused", index = *index, why = refusal.message()),
            Self::Overtaken => message!("ledger-overtaken"),
            Self::Stopped => message!("ledger-stopped"),
        }
    }
}

/// Defines SQL statements by name, and lists them so that a test can prepare each on both engines.
macro_rules! statements {
    ($($(#[$meta:meta])* $name:ident = $sql:expr;)+) => {
        $($(#[$meta])* const $name: &str = $sql;)+
        /// Every fixed statement of this module.
        pub(crate) const STATEMENTS: &[(&str, &str)] = &[$((concat!(module_path!(), "::", stringify!($name)), $name)),+];
    };
}
pub(crate) use statements;

/// Every fixed statement, by name, for a test that prepares each on both engines.
pub fn all_statements() -> impl Iterator<Item = (&'static str, &'static str)> {
    let modules = ledger::ALL_STATEMENTS.iter().chain(transfer::ALL_STATEMENTS).chain(epcis::ALL_STATEMENTS).chain(&[
        answered::STATEMENTS,
        picture::STATEMENTS,
        plan::STATEMENTS,
        repair::STATEMENTS,
        repair::block::STATEMENTS,
        repair::part::STATEMENTS,
        repair::quote::STATEMENTS,
        repair::stock::STATEMENTS,
        schema::STATEMENTS,
        training::STATEMENTS,
        training::attendance::STATEMENTS,
        training::expected::STATEMENTS,
        training::journey::STATEMENTS,
        training::person::STATEMENTS,
        user::STATEMENTS,
        webhook::STATEMENTS,
    ]);
    modules.flat_map(|statements| statements.iter().copied())
}

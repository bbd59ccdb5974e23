//! The database: SQLite in one file, or PostgreSQL. The only crate that knows SQL.
//!
//! - [`db`]: connections, rows and values of both engines; [`dialect`]: everything in which the engines differ.
//! - [`schema`]: the tables, and how a database comes by them.
//! - [`picture`]: the records and their history.
//! - [`ledger`]: the journal – one writer that applies requests set-wise, readers, and the check of its seal.
//! - [`list`]: pages of records, filtered and sorted; [`user`]: accounts, sessions, tokens; `sight`: what a viewer sees.
//! - [`plan`]: stored plans; [`webhook`]: who is told what happens; [`answered`]: answers to requests that may be sent again.

pub mod answered;
pub mod db;
pub mod dialect;
pub mod ledger;
pub mod list;
pub mod picture;
pub mod plan;
pub mod schema;
mod sight;
pub mod user;
pub mod webhook;

/// Why the database could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine said no, or could not be reached.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// What the database holds cannot be what Muster wrote.
    #[error("the database holds what Muster cannot have written: {0}")]
    Corrupt(String),
    /// There is no such thing.
    #[error("{0}")]
    NoSuch(String),
    /// It changed in the meantime.
    #[error("{0}")]
    Conflict(String),
    /// The journal refused one of several commands that belong together; none was written.
    #[error("entry {index} of the request: {refusal}")]
    Refused {
        /// Which of the commands, counted from 0.
        index: usize,
        /// Why.
        refusal: muster_domain::ledger::refusal::Refusal,
    },
    /// The database was made for another seal, or by a newer Muster.
    #[error("{0}")]
    Unfit(String),
    /// Other processes wrote faster, again and again.
    #[error("other processes kept writing to the ledger: try again")]
    Overtaken,
    /// The writer has stopped.
    #[error("the ledger's writer has stopped")]
    Stopped,
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
    let modules = ledger::ALL_STATEMENTS.iter().chain(&[
        answered::STATEMENTS,
        picture::STATEMENTS,
        plan::STATEMENTS,
        schema::STATEMENTS,
        user::STATEMENTS,
        webhook::STATEMENTS,
    ]);
    modules.flat_map(|statements| statements.iter().copied())
}

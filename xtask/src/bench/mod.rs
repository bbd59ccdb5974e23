//! `cargo xtask bench ledger`: how fast the ledger is, as a ratio to what the engine itself can do on the same machine in the same run.
//!
//! - [`work`]: the accounts and entries that are posted, and the same as plain rows.
//! - [`posting`]: batches against raw inserts, single posts against a bare commit.
//! - [`size`]: what questions cost when the journal is large.
//! - [`web`]: pages at real magnitudes (`cargo xtask bench web`).
//! - [`transfer`]: the work at a hub with large books (`cargo xtask bench transfer`).
//! - [`in_service`]: lists of end-use checks, with the same command.
//! - [`planner`]: `cargo xtask bench planner`, which shares only the report with the rest.
//! - [`schedule`]: the scheduler on public job shops beside a peer (`cargo xtask bench schedule`).
//! - [`growth`]: how the planner's cost grows, as a picture.
//! - [`report`]: medians, tables and the facts about the machine.

mod growth;
mod in_service;
pub(crate) mod planner;
mod posting;
mod report;
pub(crate) mod schedule;
mod size;
pub(crate) mod transfer;
pub(crate) mod web;
mod work;

use std::time::Duration;

use clap::{Args, Parser};
use muster_storage::dialect::Engine;
use muster_testkit::database::{TestDb, database, postgres_server};

use crate::rerun;

/// Measures the ledger with durable settings.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench ledger", no_binary_name = true)]
struct Options {
    #[command(flatten)]
    engines: Engines,
    /// How many entries the journal has when questions are timed.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(10_000..))]
    entries: u32,
    /// How long each rate is measured in one round, in seconds.
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// How many rounds; medians are told.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

/// Measures and prints.
///
/// # Errors
/// If an option is wrong, the settings are not durable, or the database fails.
pub(crate) fn run(options: &[&str]) -> Result<(), String> {
    let parsed = Options::try_parse_from(options).map_err(|error| error.to_string())?;
    on_engines("ledger", options, &parsed.engines, measure(&parsed))
}

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Which engines are measured.
#[derive(Debug, Args)]
struct Engines {
    /// Which engine: sqlite, postgres or both.
    #[arg(long, default_value = "both", value_parser = ["sqlite", "postgres", "both"])]
    engine: String,
    /// Measure this build as it is, instead of building for speed first.
    #[arg(long)]
    as_built: bool,
}

impl Engines {
    fn each(&self) -> &'static [Engine] {
        match self.engine.as_str() {
            "sqlite" => &[Engine::Sqlite],
            "postgres" => &[Engine::Postgres],
            _ => &[Engine::Sqlite, Engine::Postgres],
        }
    }
}

/// Runs a measurement as a release, with a PostgreSQL of its own where that is one of its engines.
fn on_engines(
    bench: &str,
    options: &[&str],
    engines: &Engines,
    measure: impl Future<Output = Outcome<()>>,
) -> Result<(), String> {
    let words: Vec<&str> = ["bench", bench].iter().chain(options).copied().collect();
    let mut again = if engines.as_built { None } else { rerun::in_release(&words) };
    if again.is_none() && engines.each().contains(&Engine::Postgres) {
        again = rerun::with_postgres(&words);
    }
    if let Some(outcome) = again {
        return outcome;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|e| e.to_string())?;
    runtime.block_on(measure).map_err(|error| error.to_string())
}

async fn measure(options: &Options) -> Outcome<()> {
    println!("{}", report::machine());
    for engine in options.engines.each() {
        println!("\n## {}\n", engine.name());
        println!("{}\n", report::settings(*engine).await?);
        let pace = Pace { rounds: options.rounds.max(1), each: Duration::from_secs_f64(options.seconds.max(0.01)) };
        posting::measure(*engine, pace).await?;
        size::measure(*engine, options.entries as usize).await?;
    }
    Ok(())
}

/// How long is measured.
#[derive(Clone, Copy)]
struct Pace {
    rounds: usize,
    each: Duration,
}

/// A database for measuring that is gone when it is dropped; for PostgreSQL, only with [`Scratch::drop`].
struct Scratch(TestDb);

impl Scratch {
    async fn new(engine: Engine) -> Self {
        Self(database(engine).await)
    }

    /// Removes it, so that the next measurement finds the disk and the memory as this one did.
    async fn remove(self) -> Outcome<()> {
        self.0.db.close().await;
        if self.0.db.engine() == Engine::Postgres {
            let name = self.0.address.rsplit_once('/').map_or("", |(_, name)| name);
            let admin = muster_storage::db::Db::postgres(&postgres_server()).await?;
            admin.connect().await?.run(&format!("DROP DATABASE {name} WITH (FORCE)")).await?;
            admin.close().await;
        }
        Ok(())
    }
}

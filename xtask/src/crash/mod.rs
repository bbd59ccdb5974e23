//! `cargo xtask crash`: kills the program (`kill -9`) in the middle of posts and imports, over and over on one database, and checks each
//! time that nothing acknowledged is lost and that the ledger verifies.
//!
//! - [`order`]: what is posted. [`program`]: starts the program, feeds it, kills it and keeps what it acknowledged.
//! - [`check`]: what the database must hold after that. [`mission`]: the same for imports.
//! - [`own`]: a stand-in for the program, so that the ledger can be tried without building all of it.

mod check;
mod mission;
mod order;
mod own;
mod program;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use clap::Parser;
use muster_storage::{db::Db, dialect::Engine};
use muster_testkit::database::{TestDb, empty};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::{rerun, workspace};
use check::Expected;
use mission::Mission;
use order::{Order, Orders};
use program::{Kill, Program};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Kills the program while it works, and looks for what is lost.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask crash", no_binary_name = true)]
struct Options {
    /// How often it is killed.
    #[arg(long, default_value_t = 100)]
    rounds: u32,
    /// Which engine: sqlite or postgres.
    #[arg(long, default_value = "sqlite", value_parser = ["sqlite", "postgres"])]
    engine: String,
    /// The program; without it, the release build.
    #[arg(long)]
    muster: Option<PathBuf>,
    /// Kill a stand-in of this tool that only posts, instead of the program.
    #[arg(long = "self", conflicts_with = "muster")]
    own: bool,
    /// Chance begins here.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Kills and checks.
///
/// # Errors
/// If an option is wrong, the program cannot be run, or something is lost.
pub(crate) fn run(options: &[&str]) -> Result<(), String> {
    let parsed = Options::try_parse_from(options).map_err(|error| error.to_string())?;
    let words: Vec<&str> = ["crash"].iter().chain(options).copied().collect();
    if let Some(outcome) = (parsed.engine == "postgres").then(|| rerun::with_postgres(&words)).flatten() {
        return outcome;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|e| e.to_string())?;
    runtime.block_on(rounds(&parsed)).map_err(|error| error.to_string())
}

/// The stand-in; see [`own`].
///
/// # Errors
/// If its arguments are wrong or the database fails.
pub(crate) fn stand_in(words: &[&str]) -> Result<(), String> {
    own::run(words)
}

/// Entries that wait to be posted when the program starts; more than it can do before it is killed.
const ORDERS: usize = 4_000;
/// How many acknowledged orders are sent again each time.
const AGAIN: usize = 20;
/// A round in so many imports.
const IMPORT_EVERY: u32 = 4;

async fn rounds(options: &Options) -> Outcome<()> {
    let start = Instant::now();
    let mut rng = StdRng::seed_from_u64(options.seed);
    let folder = tempfile::tempdir()?;
    let engine = if options.engine == "postgres" { Engine::Postgres } else { Engine::Sqlite };
    let scratch = (engine == Engine::Postgres).then_some(empty(Engine::Postgres));
    let scratch: Option<TestDb> = match scratch {
        Some(database) => Some(database.await),
        None => None,
    };
    let place = match &scratch {
        Some(database) => vec!["--database".to_owned(), database.address.clone()],
        None => vec!["--data".to_owned(), folder.path().join("data").display().to_string()],
    };
    let program = Program::new(program_file(options)?, place, &folder.path().join("seal.key"), options.own);
    let mut tally = Tally::default();
    let mut expected = Expected::default();
    let mut mission = None;
    if !options.own {
        let mut first = Mission::new(folder.path());
        let begin = Instant::now();
        let acknowledged = program.import(&first.copy(0)?, Kill::Never).await?.acknowledged;
        require(acknowledged, "the first import was not taken")?;
        first.took = begin.elapsed();
        mission = Some(first);
    }
    let mut orders = Orders::default();
    let mut open: Vec<Order> = Vec::new();
    for round in 1..=options.rounds {
        match mission.as_mut().filter(|_| round.is_multiple_of(IMPORT_EVERY)) {
            Some(mission) => {
                let moment = mission.took.mul_f64(rng.random_range(0.0..1.3));
                let ran = program.import(&mission.copy(round)?, Kill::AfterStart(moment)).await?;
                tally.add(&ran);
                mission.sent(round, ran.acknowledged);
            }
            None => {
                let mut sending = std::mem::take(&mut open);
                sending.extend(expected.some_acknowledged(&mut rng, AGAIN));
                sending.extend((0..ORDERS).map(|_| orders.next(round, &mut rng)));
                let ran = program.post(&sending, kill(&mut rng)).await?;
                tally.add(&ran);
                open = expected.sent(&sending[..ran.sent], &ran.answers)?;
            }
        }
        let db = open_database(&scratch, folder.path()).await?;
        if let Some(db) = db {
            let mut conn = db.read().await?;
            expected.check(&mut conn).await.map_err(|fault| format!("round {round}: {fault}"))?;
            if let Some(mission) = &mut mission {
                mission.check(&mut conn).await.map_err(|fault| format!("round {round}: {fault}"))?;
            }
            drop(conn);
            db.close().await;
        }
        if round.is_multiple_of(10) {
            println!("round {round}: {}", tally.told(&expected));
        }
    }
    // Everything that was never answered can be sent again, and is answered now.
    let ran = program.post(&open, Kill::Never).await?;
    require(ran.acknowledged && ran.answers.len() == open.len(), "not all that was sent again was answered")?;
    expected.sent(&open, &ran.answers)?;
    let db = open_database(&scratch, folder.path()).await?.ok_or("there is no database")?;
    let mut conn = db.read().await?;
    expected.check_from_the_start(&mut conn).await?;
    println!("Nothing lost on {}: {}, {:.0} s.", engine.name(), tally.told(&expected), start.elapsed().as_secs_f64());
    Ok(())
}

fn require(holds: bool, message: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(message.to_owned()) }
}

fn program_file(options: &Options) -> Outcome<PathBuf> {
    if options.own {
        return Ok(std::env::current_exe()?);
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from);
    let file = options.muster.clone().unwrap_or_else(|| target.join("release/muster"));
    let missing = || format!("{} is missing: cargo build --release, or --muster PATH, or --self", file.display());
    require(file.is_file(), &missing())?;
    Ok(file)
}

/// When a stream of posts ends: sometimes before the program is ready, mostly while it answers.
fn kill(rng: &mut StdRng) -> Kill {
    if rng.random_range(0..5) == 0 {
        Kill::AfterStart(Duration::from_millis(rng.random_range(0..200)))
    } else {
        Kill::AfterAnswer(Duration::from_micros(rng.random_range(0..150_000)))
    }
}

/// The database as the killed program left it; `None` if it did not come so far as to make one.
async fn open_database(scratch: &Option<TestDb>, folder: &Path) -> Outcome<Option<Db>> {
    if let Some(database) = scratch {
        let db = Db::postgres(&database.address).await?;
        let columns = muster_storage::schema::columns(&mut db.read().await?).await?;
        return Ok((!columns.is_empty()).then_some(db));
    }
    let file = folder.join("data/muster.db");
    if !file.exists() {
        return Ok(None);
    }
    let db = Db::sqlite(&file).await?;
    let columns = muster_storage::schema::columns(&mut db.read().await?).await?;
    Ok((!columns.is_empty()).then_some(db))
}

/// What has happened so far.
#[derive(Default)]
struct Tally {
    killed_at_work: u32,
    killed: u32,
    imports: u32,
    imports_acknowledged: u32,
    refused: BTreeMap<String, u32>,
}

impl Tally {
    fn add(&mut self, ran: &program::Ran) {
        self.killed += u32::from(ran.killed);
        self.killed_at_work += u32::from(ran.killed && ran.at_work);
        if ran.import {
            self.imports += 1;
            self.imports_acknowledged += u32::from(ran.acknowledged);
        }
        for answer in ran.answers.iter().filter(|a| a.entry.is_none()) {
            let first: String = answer.text.split('`').next().unwrap_or_default().chars().take(40).collect();
            *self.refused.entry(first).or_default() += 1;
        }
    }

    fn told(&self, expected: &Expected) -> String {
        format!(
            "{} kills, {} of them mid-work; {} entries acknowledged, {} in the ledger; {} refused; {} of {} imports acknowledged",
            self.killed,
            self.killed_at_work,
            expected.acknowledged(),
            expected.entries(),
            self.refused.values().sum::<u32>(),
            self.imports_acknowledged,
            self.imports
        )
    }
}

//! A stand-in for the program: `ledger post -` over storage alone, with the same words and answers. It tries the ledger without the
//! planner and all else that makes a build of the program long.

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Parser;
use ed25519_dalek::SigningKey;
use jiff::Timestamp;
use muster_domain::clock::Clock;
use muster_storage::{db::Db, ledger::Ledger, schema};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    sync::Semaphore,
};

use super::{Outcome, order::Order};

/// What the program is called with.
#[derive(Debug, Parser)]
#[command(no_binary_name = true)]
struct Words {
    /// `ledger post -`.
    words: Vec<String>,
    #[arg(long)]
    data: Option<PathBuf>,
    #[arg(long)]
    database: Option<String>,
    #[arg(long)]
    seal_key: Option<PathBuf>,
    #[arg(long, default_value_t = 64)]
    jobs: usize,
}

struct MachineClock;

impl Clock for MachineClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that is passed in")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

pub(super) fn run(words: &[&str]) -> Result<(), String> {
    let words = Words::try_parse_from(words).map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|e| e.to_string())?;
    runtime.block_on(post(words)).map_err(|error| error.to_string())
}

async fn post(words: Words) -> Outcome<()> {
    if words.words != ["ledger", "post", "-"] {
        return Err("the stand-in only knows `ledger post -`".into());
    }
    let db = match (&words.data, &words.database) {
        (Some(folder), _) => {
            std::fs::create_dir_all(folder)?;
            Db::sqlite(&folder.join("muster.db")).await?
        }
        (None, Some(url)) => Db::postgres(url).await?,
        (None, None) => return Err("--data or --database is missing".into()),
    };
    schema::migrate(&db, MachineClock.now()).await?;
    let ledger = Ledger::open(&db, key(words.seal_key.as_deref()), Arc::new(MachineClock)).await?;
    let slots = Arc::new(Semaphore::new(words.jobs.max(1)));
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let order = Order::read(&line).ok_or_else(|| format!("not an order: {line}"))?;
        let (ledger, slot) = (ledger.clone(), slots.clone().acquire_owned().await?);
        tokio::spawn(async move {
            let answer = match ledger.post(order.command()).await {
                Ok(Ok(outcome)) => json!({ "key": order.key, "entry": outcome.number() }),
                Ok(Err(refusal)) => json!({ "key": order.key, "refused": refusal.to_string() }),
                Err(error) => json!({ "key": order.key, "error": error.to_string() }),
            };
            let mut out = std::io::stdout().lock();
            // Who reads may be gone.
            drop(writeln!(out, "{answer}").and_then(|()| out.flush()));
            drop(slot);
        });
    }
    let _all = slots.acquire_many(u32::try_from(words.jobs.max(1))?).await?;
    Ok(())
}

/// The stand-in's key is always the same; the file is the program's business.
fn key(_file: Option<&Path>) -> SigningKey {
    muster_testkit::database::seal_key()
}

//! What questions and posts cost when the journal is large.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use muster_domain::{ledger::account::AccountId, viewer::Viewer};
use muster_storage::{
    db::Db,
    dialect::Engine,
    ledger::{
        Ledger,
        read::{self, AccountFilter, AsOf},
        verify,
    },
};
use muster_testkit::{FakeClock, database::seal_key};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::{
    Outcome, Scratch,
    report::{Times, table},
    work::Work,
};

/// Entries in a batch while the journal is filled.
const BATCH: usize = 1_000;
const PAGE: i64 = 50;
/// How often each question is asked, at most …
const TIMES: usize = 500;
/// … and for how long.
const LONGEST: Duration = Duration::from_secs(15);

pub(super) async fn measure(engine: Engine, entries: usize) -> Outcome<()> {
    let scratch = Scratch::new(engine).await;
    let db = &scratch.0.db;
    let clock = Arc::new(FakeClock::at("2026-11-23T12:00:00Z"));
    let ledger = Ledger::open(db, seal_key(), clock.clone()).await?;
    let mut work = Work::new();
    let begin = muster_domain::clock::Clock::now(&*clock);
    let start = Instant::now();
    for _ in 0..entries.div_ceil(BATCH) {
        for outcome in ledger.post_all(work.batch(BATCH)).await? {
            outcome?;
        }
        clock.advance(SignedDuration::from_secs(1));
    }
    let filled = start.elapsed();
    if engine == Engine::Postgres {
        // What the server does by itself every minute or so; now, so that it is not left to chance.
        db.connect().await?.run("ANALYZE").await?;
    }
    let ask = Ask::new(db, &work, begin, entries).await?;
    let mut rows = ask.all().await?;
    let mut times = Times::default();
    for _ in 0..TIMES {
        let command = work.next();
        let start = Instant::now();
        ledger.post(command).await??;
        times.add(start.elapsed());
    }
    rows.push(times.row("one post, one caller"));
    println!("\n{}", table(&["at that size", "median, ms", "99 of 100, ms", "asked"], rows));
    let mut conn = db.read().await?;
    let start = Instant::now();
    let verified = verify::verify(&mut conn, &seal_key().verifying_key(), None, |_| ())
        .await?
        .map_err(|misfit| format!("{misfit:?}"))?;
    let took = start.elapsed();
    let rate = |n: f64, took: Duration| format!("{:.0} s, {:.0} entries/s", took.as_secs_f64(), n / took.as_secs_f64());
    let count = (entries.div_ceil(BATCH) * BATCH) as f64;
    println!("\nFilled with {count} entries, one posting each, in {}.", rate(count, filled));
    println!(
        "Verified {} entries in {} blocks in {}.",
        verified.entries,
        verified.blocks,
        rate(verified.entries as f64, took)
    );
    drop(conn);
    drop(ledger);
    scratch.remove().await
}

/// The questions, and the accounts that they are about.
struct Ask<'a> {
    db: &'a Db,
    ordinary: Vec<AccountId>,
    hot: AccountId,
    /// The middle of what happened, and of when it was recorded.
    middle: AsOf,
}

impl<'a> Ask<'a> {
    async fn new(db: &'a Db, work: &Work, begin: Timestamp, entries: usize) -> Outcome<Self> {
        let mut conn = db.read().await?;
        let accounts =
            read::accounts(&mut conn, &Viewer::operator("xtask"), &AccountFilter::default(), 0, read::LONGEST_PAGE)
                .await?;
        let more = read::accounts(
            &mut conn,
            &Viewer::operator("xtask"),
            &AccountFilter::default(),
            accounts.last().map_or(0, |a| a.0),
            1000,
        )
        .await?;
        let real = accounts.into_iter().chain(more).filter(|(_, key, _)| !key.purpose.is_external());
        let (hot, ordinary): (Vec<_>, Vec<_>) = real.partition(|(_, key, _)| key == work.hot());
        let entries = i64::try_from(entries)?;
        let middle = AsOf {
            occurred: Work::start() + SignedDuration::from_secs(entries / 2 * 15),
            known: begin + SignedDuration::from_secs(entries / 1_000 / 2),
        };
        let ordinary = ordinary.into_iter().map(|(id, ..)| id).collect();
        Ok(Self { db, ordinary, hot: hot.first().ok_or("there is no hot account")?.0, middle })
    }

    async fn all(&self) -> Outcome<Vec<Vec<String>>> {
        let deep = Some((self.middle.occurred.as_microsecond(), 0, 0));
        let mut rows = Vec::new();
        for (who, hot) in [("an ordinary account", false), ("the busiest account", true)] {
            let mut pages = Times::default();
            let mut deeps = Times::default();
            let mut now = Times::default();
            let mut then = Times::default();
            let mut rng = StdRng::seed_from_u64(2);
            let begin = Instant::now();
            while pages.len() < TIMES && begin.elapsed() < LONGEST {
                let id = if hot { self.hot } else { self.ordinary[rng.random_range(0..self.ordinary.len())] };
                for (times, after) in [(&mut pages, None), (&mut deeps, deep)] {
                    let start = Instant::now();
                    let mut conn = self.db.read().await?;
                    read::statement(&mut conn, &Viewer::operator("xtask"), id, AsOf::NOW, after, PAGE).await?;
                    times.add(start.elapsed());
                }
                for (times, at) in [(&mut now, AsOf::NOW), (&mut then, self.middle)] {
                    let start = Instant::now();
                    let mut conn = self.db.read().await?;
                    read::balance(&mut conn, id, at).await?;
                    times.add(start.elapsed());
                }
            }
            rows.push(pages.row(&format!("first page of {PAGE} of {who}'s statement")));
            rows.push(deeps.row(&format!("page of {PAGE} from the middle of it")));
            rows.push(now.row(&format!("balance of {who}, all that is known")));
            rows.push(then.row("balance as of the middle, as known at the middle"));
        }
        let mut times = Times::default();
        let mut rng = StdRng::seed_from_u64(3);
        for _ in 0..TIMES {
            let start = Instant::now();
            let mut conn = self.db.read().await?;
            let filter = AccountFilter::default();
            read::accounts(&mut conn, &Viewer::operator("xtask"), &filter, rng.random_range(0..900), PAGE).await?;
            times.add(start.elapsed());
        }
        rows.push(times.row(&format!("page of {PAGE} accounts with what they hold")));
        Ok(rows)
    }
}

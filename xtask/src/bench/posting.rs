//! Batches against raw inserts of the same rows, and single posts against a bare commit, in turns.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use muster_storage::{db::Conn, dialect::Engine, ledger::Ledger};
use muster_testkit::{FakeClock, database::seal_key};

use super::{
    Outcome, Pace, Scratch,
    report::{median, table},
    work::{BARE_TABLE, Work, bare_commit},
};

const BATCH: usize = 1_000;
/// Callers at once.
const CALLERS: [usize; 3] = [1, 8, 64];
/// Batches before the clock starts.
const WARMING: usize = 8;
/// What is compared takes turns this long, so that whatever else the machine does slows all alike.
const SLICE: Duration = Duration::from_millis(100);
/// Ratios that are aimed at: batches, one caller, sixty-four.
const AIMS: [(&str, f64); 4] = [("batches", 0.5), ("1", 0.8), ("8", 0.0), ("64", 10.0)];

pub(super) async fn measure(engine: Engine, pace: Pace) -> Outcome<()> {
    let (ours, raw) = (Scratch::new(engine).await, Scratch::new(engine).await);
    let clock = Arc::new(FakeClock::at("2026-11-23T12:00:00Z"));
    let ledger = Ledger::open(&ours.0.db, seal_key(), clock).await?;
    let mut conn = raw.0.db.connect().await?;
    conn.run(BARE_TABLE).await?;
    let (mut work, mut same) = (Work::new(), Work::new());
    same.write_accounts(&mut conn).await?;

    // Some without a clock, so that accounts exist, statements are prepared and files have grown.
    for _ in 0..WARMING {
        for outcome in ledger.post_all(work.batch(BATCH)).await? {
            outcome?;
        }
        same.rows(BATCH).write(&mut conn).await?;
    }
    let work = Arc::new(Mutex::new(work));
    let mut bare = 0;
    singles(&ledger, &work, 64, Duration::from_millis(200)).await?;
    commits(&mut conn, &mut bare, Duration::from_millis(200)).await?;

    let mut rates: Vec<Vec<f64>> = vec![Vec::new(); 6];
    let mut together = [(0.0, 0.0); CALLERS.len()];
    for _ in 0..pace.rounds {
        let (batches, inserts) = batches(&ledger, &work, &mut conn, &mut same, pace.each).await?;
        rates[0].push(batches);
        rates[1].push(inserts);
        let mut totals = [Total::default(); 4];
        while totals[0].took < pace.each {
            totals[0].add(commits(&mut conn, &mut bare, SLICE).await?);
            for (n, callers) in CALLERS.into_iter().enumerate() {
                let before = blocks(&ours).await?;
                let (count, took) = singles(&ledger, &work, callers, SLICE).await?;
                totals[1 + n].add((count, took));
                together[n].0 += f64::from(count);
                together[n].1 += (blocks(&ours).await? - before) as f64;
            }
        }
        for (n, total) in totals.iter().enumerate() {
            rates[2 + n].push(total.rate());
        }
    }
    print(&rates);
    for (callers, (entries, commits)) in CALLERS.into_iter().zip(together) {
        println!("{callers} at once: {:.1} entries to a commit", entries / commits);
    }
    drop(ledger);
    drop(conn);
    ours.remove().await?;
    raw.remove().await
}

/// How many in how long.
#[derive(Clone, Copy, Default)]
struct Total {
    count: f64,
    took: Duration,
}

impl Total {
    fn add(&mut self, (count, took): (u32, Duration)) {
        self.count += f64::from(count);
        self.took += took;
    }

    fn rate(self) -> f64 {
        self.count / self.took.as_secs_f64()
    }
}

fn print(rates: &[Vec<f64>]) {
    let against = |ours: usize, peer: usize| {
        let ratios = rates[ours].iter().zip(&rates[peer]).map(|(a, b)| a / b).collect();
        (median(rates[ours].clone()), median(rates[peer].clone()), median(ratios))
    };
    let rows = [(0, 1), (3, 2), (4, 2), (5, 2)].into_iter().zip(AIMS).map(|((ours, peer), (name, aim))| {
        let (a, b, ratio) = against(ours, peer);
        let name = match name {
            "batches" => format!("batches of {BATCH} entries, against a raw insert of the same rows"),
            callers => format!("single posts, {callers} at once, against a bare commit"),
        };
        let told =
            if aim == 0.0 { "–".into() } else { format!("≥ {aim}{}", if ratio >= aim { "" } else { ", missed" }) };
        vec![name, format!("{a:.0}"), format!("{b:.0}"), format!("{ratio:.2}"), told]
    });
    println!("{}", table(&["what", "Muster, entries/s", "engine, rows or commits/s", "ratio", "aim"], rows));
}

/// Entries per second of the ledger and of raw inserts, batch by batch in turn.
async fn batches(
    ledger: &Ledger,
    work: &Mutex<Work>,
    conn: &mut Conn,
    same: &mut Work,
    each: Duration,
) -> Outcome<(f64, f64)> {
    let (mut count, mut ours, mut raw) = (0, Duration::ZERO, Duration::ZERO);
    while ours < each {
        let batch = work.lock().expect("nobody panics with it").batch(BATCH);
        let start = Instant::now();
        let outcomes = ledger.post_all(batch).await?;
        ours += start.elapsed();
        for outcome in outcomes {
            outcome?;
        }
        let rows = same.rows(BATCH);
        let start = Instant::now();
        rows.write(conn).await?;
        raw += start.elapsed();
        count += BATCH;
    }
    Ok((count as f64 / ours.as_secs_f64(), count as f64 / raw.as_secs_f64()))
}

/// How many transactions the ledger has written.
async fn blocks(scratch: &Scratch) -> Outcome<i64> {
    let mut conn = scratch.0.db.read().await?;
    Ok(conn.row("SELECT COALESCE(MAX(number), 0) FROM block", vec![]).await?.ok_or("no answer")?.integer(0)?)
}

async fn commits(conn: &mut Conn, number: &mut i64, each: Duration) -> Outcome<(u32, Duration)> {
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < each {
        *number += 1;
        bare_commit(conn, *number).await?;
        count += 1;
    }
    Ok((count, start.elapsed()))
}

/// Entries posted by callers that each wait for their own result before they send the next.
async fn singles(ledger: &Ledger, work: &Arc<Mutex<Work>>, callers: usize, each: Duration) -> Outcome<(u32, Duration)> {
    let start = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let (ledger, work) = (ledger.clone(), work.clone());
            tokio::spawn(async move {
                let mut count = 0;
                while start.elapsed() < each {
                    let command = work.lock().expect("nobody panics with it").next();
                    ledger.post(command).await.map_err(|e| e.to_string())?.map_err(|e| e.to_string())?;
                    count += 1;
                }
                Ok::<_, String>(count)
            })
        })
        .collect();
    let mut count = 0;
    for task in tasks {
        count += task.await??;
    }
    Ok((count, start.elapsed()))
}

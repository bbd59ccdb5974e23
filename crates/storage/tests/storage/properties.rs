//! For random sequences of commands: conservation, balances, as-of, retries.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use muster_domain::ledger::{
    account::{AccountKey, AccountPurpose},
    books::Outcome,
    entry::{Act, Command, Entry, EntryKind, Posting, Take},
};
use muster_domain::viewer::Viewer;
use muster_storage::{
    dialect::Engine,
    ledger::read::{self, AsOf},
};
use muster_testkit::account::{account, note, pend, post};
use proptest::{prelude::*, test_runner::Config};

use crate::journal::{Bench, bench, time};

/// A step of a random history. Entry and line numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Post { from: usize, to: usize, quantity: i64, days: i64 },
    Pend { from: usize, to: usize, quantity: i64 },
    Settle { entry: i64, quantity: Option<i64>, days: i64 },
    Void { entry: i64 },
    Correct { entry: i64, replace: Option<(usize, usize, i64)> },
    Serial { from: usize, to: usize, serial: u8 },
    Repeat { step: usize },
}

fn accounts() -> Vec<AccountKey> {
    let at = |purpose, place| account(purpose, "JPN", place, "vest");
    vec![
        at(AccountPurpose::NationalStock, "A"),
        at(AccountPurpose::OnHand, "A"),
        at(AccountPurpose::OnHand, "B"),
        at(AccountPurpose::InTransit, "B"),
        at(AccountPurpose::InService, "C"),
        at(AccountPurpose::Lost, "C"),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let (account, entry, quantity) = (0..6_usize, 0..40_i64, 1..30_i64);
    prop_oneof![
        5 => (account.clone(), account.clone(), quantity.clone(), 0..20_i64).prop_map(|(from, to, quantity, days)| Step::Post { from, to, quantity, days }),
        3 => (account.clone(), account.clone(), quantity.clone()).prop_map(|(from, to, quantity)| Step::Pend { from, to, quantity }),
        3 => (entry.clone(), proptest::option::of(quantity.clone()), 0..20_i64).prop_map(|(entry, quantity, days)| Step::Settle { entry, quantity, days }),
        1 => entry.clone().prop_map(|entry| Step::Void { entry }),
        2 => (entry, proptest::option::of((account.clone(), account.clone(), quantity))).prop_map(|(entry, replace)| Step::Correct { entry, replace }),
        2 => (account.clone(), account, 0..3_u8).prop_map(|(from, to, serial)| Step::Serial { from, to, serial }),
        1 => (0..40_usize).prop_map(|step| Step::Repeat { step }),
    ]
}

fn command(n: usize, step: &Step, made: &[Command]) -> Command {
    let all = accounts();
    let (key, now) = (format!("step-{n}"), time("2026-11-23T12:00:00Z"));
    let ago = |days: i64| now - SignedDuration::from_hours(24 * days);
    let act = |at, act| Command { note: note(&key, at), act };
    match step {
        Step::Post { from, to, quantity, days } => {
            post(&key, ago(*days), all[*from].clone(), all[*to].clone(), *quantity)
        }
        Step::Pend { from, to, quantity } => {
            pend(&key, now + SignedDuration::from_hours(240), all[*from].clone(), all[*to].clone(), *quantity)
        }
        Step::Settle { entry, quantity, days } => {
            let take = |quantity| Take { line: 0, quantity, lot: String::new(), serial: String::new() };
            act(ago(*days), Act::Settle { pending: *entry, takes: quantity.map(take).into_iter().collect() })
        }
        Step::Void { entry } => act(now, Act::Void { pending: *entry, takes: Vec::new() }),
        Step::Correct { entry, replace } => {
            let posting = |(from, to, quantity): &(usize, usize, i64)| {
                Posting::new(all[*from].clone(), all[*to].clone(), *quantity)
            };
            act(now, Act::Correct { entry: *entry, replacement: replace.iter().map(posting).collect() })
        }
        Step::Serial { from, to, serial } => {
            let mut command = post(&key, now, all[*from].clone(), all[*to].clone(), 1);
            if let Act::Post { postings, .. } = &mut command.act {
                postings[0].serial = format!("S{serial}");
            }
            command
        }
        Step::Repeat { step } => {
            made.get(*step).cloned().unwrap_or_else(|| act(now, Act::Void { pending: 0, takes: Vec::new() }))
        }
    }
}

/// The balances that the entries say, kept as simply as can be: what is posted by then, and what is pending.
fn replay(entries: &[Entry], last: i64, occurred: Timestamp) -> BTreeMap<i64, (i64, i64)> {
    let mut balances: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    for entry in entries.iter().filter(|e| e.number <= last) {
        for line in &entry.lines {
            for (account, quantity) in [(line.from, -line.quantity), (line.to, line.quantity)] {
                let balance = balances.entry(account).or_default();
                match entry.kind {
                    EntryKind::Posted if entry.note.occurred_at <= occurred => balance.0 += quantity,
                    EntryKind::Pending => balance.1 += quantity,
                    _ => {}
                }
                if entry.kind == EntryKind::Void || (entry.kind == EntryKind::Posted && line.settles.is_some()) {
                    balance.1 -= quantity;
                }
            }
        }
    }
    balances
}

async fn check(bench: &Bench, written: &[Entry]) {
    bench.verifies().await;
    let mut conn = bench.database.db.read().await.unwrap();
    let kept =
        read::entries(&mut conn, &Viewer::operator("tester"), &read::EntryFilter::default(), 0, 1000).await.unwrap();
    assert_eq!(kept, written, "the journal is not what callers were told");
    let now =
        read::accounts(&mut conn, &Viewer::operator("tester"), &read::AccountFilter::default(), 0, 1000).await.unwrap();
    let all = replay(written, i64::MAX, Timestamp::MAX);
    assert_eq!(now.iter().map(|(.., b)| b.posted).sum::<i64>(), 0, "something was made from nothing");
    for (id, key, balance) in &now {
        assert_eq!((balance.posted, balance.pending), all.get(id).copied().unwrap_or_default(), "{key}");
        assert!(balance.posted >= 0 || key.purpose.is_external(), "{key} is below nothing");
    }
    for entry in written.iter().step_by(4) {
        let at = AsOf { occurred: entry.note.occurred_at, known: entry.recorded_at };
        let last = written.iter().filter(|e| e.recorded_at <= at.known).map(|e| e.number).max().unwrap_or(0);
        let then = replay(written, last, at.occurred);
        for (id, key, _) in &now {
            let balance = read::balance(&mut conn, *id, at).await.unwrap();
            assert_eq!(
                (balance.posted, balance.pending),
                then.get(id).copied().unwrap_or_default(),
                "{key} as of {at:?}"
            );
        }
    }
}

async fn run(engine: Engine, steps: Vec<Step>, together: usize) {
    let bench = bench(engine).await;
    let (mut made, mut written): (Vec<Command>, Vec<Entry>) = (Vec::new(), Vec::new());
    for (n, chunk) in steps.chunks(together).enumerate() {
        let mut batch = Vec::new();
        for (k, step) in chunk.iter().enumerate() {
            let command = command(n * together + k, step, &made);
            batch.push(command.clone());
            made.push(command);
        }
        bench.clock.advance(SignedDuration::from_secs(1));
        let outcomes = bench.ledger.post_all(batch.clone()).await.unwrap();
        let before = written.len();
        for outcome in outcomes.into_iter().flatten() {
            match outcome {
                Outcome::Written(entry) => written.push(*entry),
                Outcome::Repeated(number) => assert!(number <= written.len() as i64),
            }
        }
        // Whatever was written, sent again, is the same entry; what was refused may be refused again or not, but nothing is written twice.
        let again: Vec<Command> =
            batch.into_iter().filter(|c| written[..].iter().any(|e| e.note.key == c.note.key)).collect();
        let repeated = bench.ledger.post_all(again).await.unwrap();
        assert!(repeated.iter().all(|outcome| matches!(outcome, Ok(Outcome::Repeated(_)))), "{repeated:?}");
        assert!(written.len() - before <= chunk.len());
    }
    check(&bench, &written).await;
}

fn on_runtime(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(future);
}

proptest! {
    #![proptest_config(Config { cases: 48, failure_persistence: None, ..Config::default() })]

    #[test]
    fn random_histories_add_up_on_sqlite(steps in proptest::collection::vec(step(), 1..60), together in 1..20_usize) {
        on_runtime(run(Engine::Sqlite, steps, together));
    }

    #[test]
    fn random_histories_add_up_on_postgresql(steps in proptest::collection::vec(step(), 1..60), together in 1..20_usize) {
        on_runtime(run(Engine::Postgres, steps, together));
    }

    #[test]
    fn random_concurrent_callers_add_up(steps in proptest::collection::vec(step(), 1..60), postgres in any::<bool>()) {
        let engine = if postgres { Engine::Postgres } else { Engine::Sqlite };
        on_runtime(async move {
            let bench = bench(engine).await;
            let commands: Vec<Command> = steps.iter().enumerate().map(|(n, step)| command(n, step, &[])).collect();
            let tasks: Vec<_> = commands.into_iter().map(|command| {
                let ledger = bench.ledger.clone();
                tokio::spawn(async move { ledger.post(command).await.unwrap() })
            }).collect();
            let mut written = Vec::new();
            for task in tasks {
                if let Ok(Outcome::Written(entry)) = task.await.unwrap() {
                    written.push(*entry);
                }
            }
            written.sort_by_key(|entry| entry.number);
            check(&bench, &written).await;
        });
    }
}

//! The journal's promises, one by one.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use muster_domain::{
    code::Code,
    ledger::{
        account::{AccountKey, AccountPurpose},
        books::Outcome,
        entry::{Act, Command, Posting, Take},
        refusal::Refusal,
    },
    viewer::Viewer,
};
use muster_storage::{
    Error,
    dialect::Engine,
    ledger::{
        Also, Ledger, Request,
        read::{self, AsOf},
        verify,
    },
    transfer::Write,
};
use muster_testkit::{
    FakeClock,
    account::{account, note, pend, post},
    database::{ENGINES, TestDb, database, seal_key},
};

pub struct Bench {
    pub database: TestDb,
    pub ledger: Ledger,
    pub clock: Arc<FakeClock>,
}

pub async fn bench(engine: Engine) -> Bench {
    let database = database(engine).await;
    let clock = Arc::new(FakeClock::at("2026-11-23T12:00:00Z"));
    let ledger = Ledger::open(&database.db, seal_key(), clock.clone()).await.unwrap();
    Bench { database, ledger, clock }
}

pub fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn stock() -> AccountKey {
    account(AccountPurpose::NationalStock, "JPN", "YOK", "vest")
}

pub fn depot() -> AccountKey {
    account(AccountPurpose::OnHand, "JPN", "YOK", "vest")
}

pub fn hub() -> AccountKey {
    account(AccountPurpose::OnHand, "JPN", "HUB", "vest")
}

impl Bench {
    pub async fn ok(&self, command: Command) -> i64 {
        self.ledger.post(command).await.unwrap().unwrap().number()
    }

    pub async fn refused(&self, command: Command) -> Refusal {
        self.ledger.post(command).await.unwrap().unwrap_err()
    }

    pub async fn held(&self, key: &AccountKey, at: AsOf) -> (i64, i64) {
        let mut conn = self.database.db.read().await.unwrap();
        let all = read::accounts(&mut conn, &Viewer::operator("tester"), &read::AccountFilter::default(), 0, 1000)
            .await
            .unwrap();
        let Some((id, _, now)) = all.into_iter().find(|(_, k, _)| k == key) else { return (0, 0) };
        let then = read::balance(&mut conn, id, at).await.unwrap();
        if at == AsOf::NOW {
            assert_eq!(
                (then.posted, then.pending),
                (now.posted, now.pending),
                "the balance is not the sum of its postings"
            );
        }
        (then.posted, then.pending)
    }

    pub async fn verifies(&self) {
        let mut conn = self.database.db.read().await.unwrap();
        verify::verify(&mut conn, &seal_key().verifying_key(), None, |_| ()).await.unwrap().unwrap();
    }
}

const T: &str = "2026-11-20T08:00:00Z";

#[tokio::test]
async fn goods_come_from_outside_and_never_fall_below_nothing() {
    for engine in ENGINES {
        let bench = bench(engine).await;
        bench.ok(post("a", time(T), stock(), depot(), 100)).await;
        let refusal = bench.refused(post("b", time(T), depot(), hub(), 101)).await;
        assert_eq!(refusal, Refusal::NotEnough { account: depot().to_string(), held: 100, asked: 1 });
        bench.ok(post("c", time(T), depot(), hub(), 100)).await;
        assert_eq!(bench.held(&stock(), AsOf::NOW).await, (-100, 0));
        assert_eq!(bench.held(&hub(), AsOf::NOW).await, (100, 0));
        bench.verifies().await;
    }
}

#[tokio::test]
async fn the_same_key_twice_is_the_same_entry_once() {
    for engine in ENGINES {
        let bench = bench(engine).await;
        let command = post("a", time(T), stock(), depot(), 5);
        let first = bench.ok(command.clone()).await;
        assert_eq!(bench.ledger.post(command.clone()).await.unwrap(), Ok(Outcome::Repeated(first)));
        let other = post("a", time(T), stock(), depot(), 6);
        assert_eq!(bench.refused(other.clone()).await, Refusal::KeyReused { key: "a".into(), number: first });
        // A writer that has nothing in memory yet says the same.
        let again = Ledger::open(&bench.database.db, seal_key(), bench.clock.clone()).await.unwrap();
        assert_eq!(again.post(command).await.unwrap(), Ok(Outcome::Repeated(first)));
        assert_eq!(again.post(other).await.unwrap(), Err(Refusal::KeyReused { key: "a".into(), number: first }));
        assert_eq!(bench.held(&depot(), AsOf::NOW).await, (5, 0));
    }
}

#[tokio::test]
async fn one_bad_entry_in_a_batch_fails_alone() {
    for engine in ENGINES {
        let bench = bench(engine).await;
        let batch = vec![
            post("a", time(T), stock(), depot(), 5),
            post("b", time(T), hub(), depot(), 1),
            post("c", time(T), depot(), hub(), 5),
        ];
        let outcomes = bench.ledger.post_all(batch).await.unwrap();
        assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
        assert_eq!(outcomes[1], Err(Refusal::NotEnough { account: hub().to_string(), held: 0, asked: 1 }));
        assert_eq!(bench.held(&hub(), AsOf::NOW).await, (5, 0));
        bench.verifies().await;
    }
}

/// Requests that come in at one moment: for each how many units go from the depot to the hub, and whether what goes with them is refused
/// by the tables. Gives what came of each, and how many blocks sealed them.
async fn at_one_moment(bench: &Bench, asked: &[(i64, bool)]) -> (Vec<Result<Vec<Outcome>, Error>>, i64) {
    let sealed = async || read::counts(&mut bench.database.db.read().await.unwrap()).await.unwrap().2;
    let (before, code) = (sealed().await, |text: &str| Code::new(text).unwrap());
    let callers: Vec<_> = (0..)
        .zip(asked)
        .map(|(n, (units, unknown))| {
            // A variance that is not there cannot be identified.
            let identified = Write::Identified(code("V-1"), (code("vest"), hub(), 1), Vec::new());
            let also = vec![Also::Transfer(if *unknown { vec![identified] } else { Vec::new() })];
            let commands = vec![post(&format!("{before} {n}"), time(T), depot(), hub(), *units)];
            let ledger = bench.ledger.clone();
            tokio::spawn(async move { ledger.submit(Request { commands, also }).await })
        })
        .collect();
    let mut outcomes = Vec::new();
    for caller in callers {
        outcomes.push(caller.await.unwrap());
    }
    (outcomes, sealed().await - before)
}

#[tokio::test]
async fn requests_of_one_moment_are_written_together() {
    for engine in ENGINES {
        let bench = bench(engine).await;
        bench.ok(post("a", time(T), stock(), depot(), 100)).await;
        let (outcomes, blocks) = at_one_moment(&bench, &[(1, false), (2, false), (3, false), (4, false)]).await;
        let numbers: Vec<i64> = outcomes.into_iter().flat_map(Result::unwrap).map(|outcome| outcome.number()).collect();
        assert_eq!((numbers, blocks), (vec![2, 3, 4, 5], 1), "{}", engine.name());
        assert_eq!(bench.held(&hub(), AsOf::NOW).await, (10, 0));
        bench.verifies().await;
    }
}

#[tokio::test]
async fn a_request_that_fails_among_others_of_one_moment_fails_alone() {
    for engine in ENGINES {
        let bench = bench(engine).await;
        bench.ok(post("a", time(T), stock(), depot(), 100)).await;
        // One is refused by the journal, another time one by the tables; the others come through, each after those before it.
        let (outcomes, _) = at_one_moment(&bench, &[(60, false), (41, false), (40, false)]).await;
        assert!(outcomes[0].is_ok() && outcomes[2].is_ok(), "{outcomes:?}");
        let refusal = Refusal::NotEnough { account: depot().to_string(), held: 40, asked: 1 };
        assert!(
            matches!(&outcomes[1], Err(Error::Refused { index: 0, refusal: why }) if *why == refusal),
            "{outcomes:?}"
        );
        bench.ok(post("b", time(T), stock(), depot(), 100)).await;
        let (outcomes, _) = at_one_moment(&bench, &[(10, false), (20, true), (30, false)]).await;
        assert!(outcomes[0].is_ok() && outcomes[2].is_ok(), "{outcomes:?}");
        assert!(matches!(&outcomes[1], Err(Error::Conflict(_))), "{outcomes:?}");
        assert_eq!(bench.held(&hub(), AsOf::NOW).await, (140, 0));
        bench.verifies().await;
    }
}

#[tokio::test]
async fn what_is_pending_is_settled_in_parts_and_the_rest_voided() {
    for engine in ENGINES {
        let bench = bench(engine).await;
        bench.ok(pend("supply", time("2026-12-01T00:00:00Z"), stock(), depot(), 100)).await;
        let move_on = bench.ok(pend("move", time("2026-12-05T00:00:00Z"), depot(), hub(), 80)).await;
        assert_eq!(
            bench.refused(pend("too much", time("2026-12-05T00:00:00Z"), depot(), hub(), 21)).await,
            Refusal::Overcommitted { account: depot().to_string(), held: 20, asked: 1 }
        );
        bench.ok(post("ready", time(T), stock(), depot(), 60)).await;
        let part = Act::Settle {
            pending: move_on,
            takes: vec![Take { line: 0, quantity: 60, lot: String::new(), serial: String::new() }],
        };
        bench.ok(Command { note: note("part", time(T)), act: part }).await;
        assert_eq!(bench.held(&hub(), AsOf::NOW).await, (60, 20));
        let all = Command { note: note("rest", time(T)), act: Act::Settle { pending: move_on, takes: vec![] } };
        assert!(matches!(bench.refused(all).await, Refusal::NotEnough { .. }));
        let void = Command { note: note("void", time(T)), act: Act::Void { pending: move_on, takes: Vec::new() } };
        bench.ok(void.clone()).await;
        assert_eq!(bench.held(&hub(), AsOf::NOW).await, (60, 0));
        let again = Command { note: note("void again", time(T)), ..void };
        assert_eq!(bench.refused(again).await, Refusal::NotOpen { number: move_on, line: 0, open: 0, asked: 1 });
        bench.verifies().await;
    }
}

#[tokio::test]
async fn a_correction_takes_back_and_opens_again() {
    for engine in ENGINES {
        let bench = bench(engine).await;
        bench.ok(post("a", time(T), stock(), depot(), 50)).await;
        let pending = bench.ok(pend("b", time("2026-12-05T00:00:00Z"), depot(), hub(), 50)).await;
        let settled = bench.ok(Command { note: note("c", time(T)), act: Act::Settle { pending, takes: vec![] } }).await;
        // A new writer knows the entry only from the tables.
        let again = Ledger::open(&bench.database.db, seal_key(), bench.clock.clone()).await.unwrap();
        let correct = |key: &str| Command {
            note: note(key, time(T)),
            act: Act::Correct { entry: settled, replacement: vec![Posting::new(stock(), hub(), 7)] },
        };
        again.post(correct("d")).await.unwrap().unwrap();
        assert_eq!(bench.held(&hub(), AsOf::NOW).await, (7, 50));
        assert_eq!(bench.held(&depot(), AsOf::NOW).await, (50, -50));
        assert_eq!(again.post(correct("e")).await.unwrap(), Err(Refusal::AlreadyCorrected(settled)));
        bench.ok(Command { note: note("f", time(T)), act: Act::Settle { pending, takes: vec![] } }).await;
        assert_eq!(bench.held(&hub(), AsOf::NOW).await, (57, 0));
        bench.verifies().await;
    }
}

#[tokio::test]
async fn a_serial_number_is_in_one_place_only() {
    for engine in ENGINES {
        let bench = bench(engine).await;
        let serial = |key: &str, from: AccountKey, to: AccountKey, serial: &str| {
            let mut command = post(key, time(T), from, to, 1);
            if let Act::Post { postings, .. } = &mut command.act {
                postings[0].serial = serial.into();
            }
            command
        };
        bench.ok(serial("a", stock(), depot(), "S1")).await;
        assert!(matches!(bench.refused(serial("b", stock(), hub(), "S1")).await, Refusal::SerialElsewhere { .. }));
        assert!(matches!(bench.refused(serial("c", stock(), depot(), "S1")).await, Refusal::SerialElsewhere { .. }));
        assert!(matches!(
            bench.refused(serial("d", depot(), hub(), "S2")).await,
            Refusal::NotThere { .. } | Refusal::NotEnough { .. }
        ));
        // A tracked unit cannot leave unnamed.
        assert!(matches!(bench.refused(post("e", time(T), depot(), hub(), 1)).await, Refusal::NotThere { .. }));
        let again = Ledger::open(&bench.database.db, seal_key(), bench.clock.clone()).await.unwrap();
        again.post(serial("f", depot(), hub(), "S1")).await.unwrap().unwrap();
        assert!(matches!(
            again.post(serial("g", stock(), depot(), "S1")).await.unwrap(),
            Err(Refusal::SerialElsewhere { .. })
        ));
        bench.verifies().await;
    }
}

#[tokio::test]
async fn the_picture_is_drawn_as_of_any_date_as_known_on_any_date() {
    for engine in ENGINES {
        let bench = bench(engine).await;
        bench.ok(post("a", time("2026-11-01T00:00:00Z"), stock(), depot(), 10)).await;
        bench.clock.advance(SignedDuration::from_hours(24));
        // Reported late: it happened before the first was recorded.
        bench.ok(post("b", time("2026-11-10T00:00:00Z"), stock(), depot(), 5)).await;
        let at = |occurred: &str, known: &str| AsOf { occurred: time(occurred), known: time(known) };
        assert_eq!(bench.held(&depot(), at("2026-11-05T00:00:00Z", "2026-11-30T00:00:00Z")).await.0, 10);
        assert_eq!(bench.held(&depot(), at("2026-11-15T00:00:00Z", "2026-11-23T13:00:00Z")).await.0, 10);
        assert_eq!(bench.held(&depot(), at("2026-11-15T00:00:00Z", "2026-11-24T13:00:00Z")).await.0, 15);
        assert_eq!(bench.held(&depot(), at("2026-10-01T00:00:00Z", "2026-11-30T00:00:00Z")).await.0, 0);
        let refusal = bench.refused(post("c", time("2026-12-24T00:00:00Z"), stock(), depot(), 1)).await;
        assert_eq!(refusal, Refusal::InFuture(time("2026-12-24T00:00:00Z")));
    }
}

#[tokio::test]
async fn a_statement_is_read_page_by_page() {
    for engine in ENGINES {
        let bench = bench(engine).await;
        let batch = (0..25).map(|n| post(&format!("k{n}"), time(T), stock(), depot(), 1 + n % 3)).collect();
        bench.ledger.post_all(batch).await.unwrap();
        bench.ok(post("out", time("2026-11-19T08:00:00Z"), depot(), hub(), 4)).await;
        let mut conn = bench.database.db.read().await.unwrap();
        let accounts = read::accounts(&mut conn, &Viewer::operator("tester"), &read::AccountFilter::default(), 0, 10)
            .await
            .unwrap();
        let id = accounts.iter().find(|(_, key, _)| *key == depot()).unwrap().0;
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let page = read::statement(&mut conn, &Viewer::operator("tester"), id, AsOf::NOW, after, 10).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some((last.occurred_at.as_microsecond(), last.entry, last.line));
            seen.extend(page.iter().map(|line| (line.entry, line.quantity)));
        }
        assert_eq!(seen.len(), 26);
        assert_eq!(seen[0], (26, -4));
        assert_eq!(seen.iter().map(|(_, q)| q).sum::<i64>(), bench.held(&depot(), AsOf::NOW).await.0);
    }
}

#[tokio::test]
async fn concurrent_callers_are_each_told_their_own_result() {
    for engine in ENGINES {
        let bench = bench(engine).await;
        bench.ok(post("start", time(T), stock(), depot(), 40)).await;
        // A second writer stands for another process on the same database.
        let other = Ledger::open(&bench.database.db, seal_key(), bench.clock.clone()).await.unwrap();
        let tasks = (0..80).map(|n| {
            let ledger = if n % 2 == 0 { bench.ledger.clone() } else { other.clone() };
            tokio::spawn(async move { ledger.post(post(&format!("k{n}"), time(T), depot(), hub(), 1)).await.unwrap() })
        });
        let mut written = 0;
        for task in tasks.collect::<Vec<_>>() {
            match task.await.unwrap() {
                Ok(Outcome::Written(_)) => written += 1,
                Err(Refusal::NotEnough { .. }) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(written, 40);
        assert_eq!(bench.held(&hub(), AsOf::NOW).await, (40, 0));
        bench.verifies().await;
    }
}

#[tokio::test]
async fn the_database_itself_refuses_what_must_not_be() {
    for engine in ENGINES {
        let bench = bench(engine).await;
        bench.ok(post("a", time(T), stock(), depot(), 5)).await;
        bench
            .ok(post(
                "b",
                time(T),
                account(AccountPurpose::NationalStock, "JPN", "YOK", "boot"),
                account(AccountPurpose::OnHand, "JPN", "YOK", "boot"),
                5,
            ))
            .await;
        let mut conn = bench.database.db.connect().await.unwrap();
        for (what, sql) in [
            ("a real account below nothing", "UPDATE balance SET posted = -1 WHERE external = 0"),
            ("a real account called external", "UPDATE balance SET external = 1, posted = -1 WHERE external = 0"),
            (
                "a posting into another resource",
                "INSERT INTO posting SELECT 1, 9, kind, occurred_at, 2, 4, resource, quantity, lot, serial, settles FROM posting WHERE entry = 1",
            ),
            (
                "a posting of nothing",
                "INSERT INTO posting SELECT 1, 9, kind, occurred_at, from_account, to_account, resource, 0, lot, serial, settles FROM posting WHERE entry = 1",
            ),
            ("an edited entry", "UPDATE entry SET reason = 'other' WHERE number = 1"),
            ("an edited posting", "UPDATE posting SET quantity = 6 WHERE entry = 1"),
            ("a deleted posting", "DELETE FROM posting"),
            ("a deleted block", "DELETE FROM block"),
        ] {
            assert!(conn.run(sql).await.is_err(), "{} allows {what}", engine.name());
        }
    }
}

#[tokio::test]
async fn the_log_goes_into_the_tables_beside_the_writer() {
    let bench = bench(Engine::Sqlite).await;
    // Far from the size at which a commit itself would see to it.
    for n in 1..=20 {
        bench.ok(post(&format!("a {n}"), time(T), stock(), depot(), 1)).await;
    }
    let mut conn = bench.database.db.connect().await.unwrap();
    for _ in 0..500 {
        let told = conn.row("PRAGMA wal_checkpoint(NOOP)", vec![]).await.unwrap().unwrap();
        let (log, taken) = (told.integer(1).unwrap(), told.integer(2).unwrap());
        if log == taken && log > 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the log was not taken into the tables");
}

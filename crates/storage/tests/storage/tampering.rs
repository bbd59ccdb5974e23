//! Whoever alters the tables behind Muster's back is found out.

use jiff::Timestamp;
use muster_domain::{
    ledger::entry::{Act, Activity, Command, Subject},
    message::Message,
};
use muster_storage::{db::Conn, dialect::Engine, ledger::verify};
use muster_testkit::{
    account::{note, pend, post},
    code,
    database::{ENGINES, seal_key},
};

use crate::journal::{Bench, bench, depot, hub, stock, time};

const T: &str = "2026-11-20T08:00:00Z";

async fn filled(engine: Engine) -> Bench {
    let bench = bench(engine).await;
    bench.ok(post("one", time(T), stock(), depot(), 100)).await;
    let batch = (0..5).map(|n| post(&format!("two-{n}"), time(T), depot(), hub(), 10)).collect();
    bench.ledger.post_all(batch).await.unwrap();
    let pending = bench.ok(pend("three", time(T), depot(), hub(), 20)).await;
    let act = Act::Void { pending, takes: Vec::new() };
    bench.ok(Command { note: note("four", time(T)), act }).await;
    bench
}

/// Takes away what keeps the tables from being altered, as an intruder with the database's password would.
pub async fn break_in(conn: &mut Conn, engine: Engine) {
    match engine {
        Engine::Sqlite => {
            conn.run("PRAGMA foreign_keys = OFF").await.unwrap();
            for row in conn.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'", vec![]).await.unwrap() {
                conn.run(&format!("DROP TRIGGER {}", row.text(0).unwrap())).await.unwrap();
            }
        }
        Engine::Postgres => conn.run("SET session_replication_role = replica").await.unwrap(),
    }
}

pub async fn first_misfit(bench: &Bench, noted: Option<(i64, [u8; 32])>) -> Option<(i64, Message)> {
    let mut conn = bench.database.db.read().await.unwrap();
    let found = verify::verify(&mut conn, &seal_key().verifying_key(), noted, |_| ()).await.unwrap();
    found.err().map(|misfit| (misfit.entry, misfit.what))
}

#[tokio::test]
async fn every_tampering_is_found_at_its_entry() {
    for (what, sql, entry) in [
        ("an altered quantity", "UPDATE posting SET quantity = 11 WHERE entry = 3", 3),
        ("an altered reason", "UPDATE entry SET reason = 'other' WHERE number = 4", 4),
        ("an altered note", "UPDATE entry SET about = 'other' WHERE number = 4", 4),
        ("an altered time", "UPDATE entry SET occurred_at = occurred_at - 1 WHERE number = 5", 5),
        ("an altered time of a posting", "UPDATE posting SET occurred_at = occurred_at - 1 WHERE entry = 5", 5),
        ("an altered account", "UPDATE account SET holder = 'POL', owner = 'POL' WHERE id = 2", 0),
        ("a removed entry", "DELETE FROM posting WHERE entry = 4; DELETE FROM entry WHERE number = 4", 4),
        ("a removed posting", "DELETE FROM posting WHERE entry = 6", 6),
        (
            "reordered entries",
            "UPDATE entry SET number = -1 WHERE number = 3; UPDATE entry SET number = 3 WHERE number = 4; UPDATE entry SET number = 4 WHERE number = -1",
            3,
        ),
        (
            "an inserted entry",
            "INSERT INTO entry SELECT 9, kind, activity, occurred_at, recorded_at, actor, reason, 'new', fingerprint, offer, need, plan, resolves, corrects, digest, about, consignment FROM entry WHERE number = 1",
            9,
        ),
        (
            "an inserted posting",
            "INSERT INTO posting SELECT entry, 1, kind, occurred_at, from_account, to_account, resource, quantity, lot, serial, settles FROM posting WHERE entry = 2",
            2,
        ),
        ("an altered digest too", "UPDATE entry SET digest = fingerprint WHERE number = 2", 2),
        ("an altered root", "UPDATE block SET root = previous WHERE number = 2", 2),
        (
            "an altered signature",
            "UPDATE block SET signature = (SELECT b.signature FROM block b WHERE b.number = 1) WHERE number = 2",
            2,
        ),
        ("a removed block", "DELETE FROM block WHERE number = 2", 2),
        ("an altered balance", "UPDATE balance SET posted = posted + 1 WHERE account = 2", 0),
        ("an altered open line", "UPDATE open_line SET quantity = 5", 7),
    ] {
        for engine in ENGINES {
            let bench = filled(engine).await;
            assert_eq!(first_misfit(&bench, None).await, None);
            let mut conn = bench.database.db.connect().await.unwrap();
            break_in(&mut conn, engine).await;
            conn.run(sql).await.unwrap_or_else(|error| panic!("{what} on {}: {error}", engine.name()));
            let found = first_misfit(&bench, None).await;
            assert_eq!(found.as_ref().map(|(entry, _)| *entry), Some(entry), "{what} on {}: {found:?}", engine.name());
        }
    }
}

#[tokio::test]
async fn a_change_of_records_hides_under_no_note_of_a_consignment() {
    for engine in ENGINES {
        let bench = filled(engine).await;
        let subject = Subject { consignment: Some(code("C-1")), ..Subject::default() };
        let act = Act::Note { activity: Activity::Change, subject, about: "line 1: EUR 7".into() };
        let entry = bench.ok(Command { note: note("stated", time(T)), act }).await;
        assert_eq!(first_misfit(&bench, None).await, None, "what a line is worth changes no record");
        let mut conn = bench.database.db.connect().await.unwrap();
        let forged = format!(
            "INSERT INTO change (number, recorded_at, actor, reason, sheet, record, entry) VALUES (1, 0, 'x', 'x', 'offers', 'O-1', {entry})"
        );
        conn.run(&forged).await.unwrap();
        assert_eq!(first_misfit(&bench, None).await.map(|(at, _)| at), Some(entry));
    }
}

#[tokio::test]
async fn a_journal_that_was_cut_short_is_found_by_who_noted_its_head() {
    for engine in ENGINES {
        let bench = filled(engine).await;
        let mut conn = bench.database.db.connect().await.unwrap();
        let head = verify::verify(&mut conn, &seal_key().verifying_key(), None, |_| ()).await.unwrap().unwrap();
        let noted = Some((head.blocks, head.head));
        assert_eq!(first_misfit(&bench, noted).await, None);
        break_in(&mut conn, engine).await;
        let cut = "DELETE FROM block WHERE first = 8; DELETE FROM posting WHERE entry = 8; DELETE FROM entry WHERE number = 8;
            UPDATE open_line SET quantity = 20; UPDATE balance SET pending = pending - 20 WHERE account = 2; UPDATE balance SET pending = pending + 20 WHERE account = 3";
        conn.run(cut).await.unwrap();
        assert_eq!(first_misfit(&bench, None).await, None, "without the note, a shorter journal is whole");
        assert_eq!(first_misfit(&bench, noted).await.unwrap().0, 8);
    }
}

#[tokio::test]
async fn another_key_does_not_fit() {
    let bench = filled(Engine::Sqlite).await;
    let mut conn = bench.database.db.read().await.unwrap();
    let other = ed25519_dalek::SigningKey::from_bytes(&[1; 32]).verifying_key();
    assert!(verify::verify(&mut conn, &other, None, |_| ()).await.unwrap().is_err());
    let clock = std::sync::Arc::new(muster_testkit::FakeClock::at("2026-11-23T12:00:00Z"));
    let opened = muster_storage::ledger::Ledger::open(
        &bench.database.db,
        ed25519_dalek::SigningKey::from_bytes(&[1; 32]),
        clock,
    )
    .await;
    assert!(opened.is_err());
    let _ = Timestamp::UNIX_EPOCH;
}

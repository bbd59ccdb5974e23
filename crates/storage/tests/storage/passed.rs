//! What passed a place, page by page: the same rows on both engines as a plain reading gives, and no page costs more than another.

use std::{collections::BTreeSet, sync::Mutex};

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    viewer::{Sight, Viewer},
};
use muster_storage::{
    db::{self, Batch, Value},
    dialect::Engine,
    transfer::tell::{self, Passed},
};
use muster_testkit::{account::post, database::ENGINES};
use proptest::{prelude::*, test_runner::Config};

use crate::journal::{Bench, bench, depot, stock, time};

const BEGAN: &str = "2026-01-01T00:00:00Z";

/// A milestone of a test: which consignment, its place, when in minutes from the beginning.
#[derive(Clone, Debug)]
struct Seen {
    consignment: usize,
    place: &'static str,
    minute: i64,
}

fn at(minute: i64) -> Timestamp {
    Timestamp::from_microsecond(time(BEGAN).as_microsecond() + minute * 60_000_000).unwrap()
}

fn code(consignment: usize) -> String {
    format!("C-{consignment:06}")
}

fn party(code: &str) -> Viewer {
    let sight = Sight::Released { own: BTreeSet::from([Code::new(code).unwrap()]), participant: false };
    Viewer { sight, ..Viewer::operator("tester") }
}

/// Milestones as they are kept, straight into the tables; consignment n is released to `OPER`, and to `RARE` if that divides n.
async fn keep(bench: &Bench, seen: &[Seen], rare: usize) {
    let entry = bench.ok(post("one", time(BEGAN), stock(), depot(), 100)).await;
    let mut conn = bench.database.db.connect().await.unwrap();
    let text = |text: &str| Value::from(text);
    let mut numbers = std::collections::BTreeMap::<usize, i64>::new();
    let mut milestones = Vec::new();
    for Seen { consignment, place, minute } in seen {
        let number = numbers.entry(*consignment).or_default();
        *number += 1;
        let when: Value = at(*minute).as_microsecond().into();
        milestones.push(vec![
            text(&code(*consignment)),
            (*number).into(),
            text("inspected"),
            text(place),
            when.clone(),
            when,
            text("t"),
            text(""),
            entry.into(),
        ]);
    }
    let head = |n: &usize| {
        let mut row = vec![text(&code(*n)), text("closed")];
        row.extend(["OPER", "OPER", "D", "H", "H", "D-H"].map(text));
        row.extend([2.into(), 0.into(), text(""), 1.into()]);
        row
    };
    let released = |n: &usize| {
        let to = |audience| vec![text("consignments"), text(&code(*n)), text(audience), 1.into()];
        if n.is_multiple_of(rare) { vec![to("OPER"), to("RARE")] } else { vec![to("OPER")] }
    };
    let heads = "INSERT INTO consignment (code, state, consignor, consignee, origin, destination, place, route, passed, created_at, remark, version)";
    let into =
        "INSERT INTO milestone (consignment, number, kind, place, occurred_at, recorded_at, actor, remark, entry)";
    conn.commit(vec![
        Batch::insert(heads, numbers.keys().map(head).collect()),
        Batch::insert(
            "INSERT INTO released (sheet, record, audience, owner)",
            numbers.keys().flat_map(released).collect(),
        ),
    ])
    .await
    .unwrap();
    conn.commit(vec![Batch::insert(into, milestones)]).await.unwrap();
}

async fn page(bench: &Bench, viewer: &Viewer, time: (i64, i64), after: Option<&Passed>, limit: i64) -> Vec<Passed> {
    let mut conn = bench.database.db.read().await.unwrap();
    tell::passed(&mut conn, viewer, "H", (at(time.0), at(time.1)), after, limit).await.unwrap()
}

/// All pages where so many consignments are few, and so many are looked up at once.
async fn all_pages(
    bench: &Bench,
    viewer: &Viewer,
    time: (i64, i64),
    limit: i64,
    few: (i64, usize),
) -> Vec<(Timestamp, String, i64)> {
    let mut conn = bench.database.db.read().await.unwrap();
    let time = (at(time.0), at(time.1));
    let mut found: Vec<Passed> = Vec::new();
    loop {
        let next = tell::passed_by(&mut conn, viewer, "H", time, found.last(), limit, few).await.unwrap();
        assert!(next.len() <= limit as usize);
        if next.is_empty() {
            return found.into_iter().map(|p| (p.occurred_at, p.consignment.to_string(), p.number)).collect();
        }
        found.extend(next);
    }
}

fn seen() -> impl Strategy<Value = Vec<Seen>> {
    // Few moments, so that many fall together and a page may end among them.
    let one = (0..9_usize, prop_oneof![Just("H"), Just("G"), Just("I")], 0..12_i64);
    proptest::collection::vec(one.prop_map(|(consignment, place, minute)| Seen { consignment, place, minute }), 0..60)
}

#[test]
fn pages_on_both_engines_are_what_a_plain_reading_gives() {
    let config = Config { cases: 12, failure_persistence: None, ..Config::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    proptest!(config, |(kept in seen(), from in -1..12_i64, long in 0..14_i64, limit in 1..9_i64)| {
        runtime.block_on(async {
            for engine in ENGINES {
                let bench = bench(engine).await;
                keep(&bench, &kept, 3).await;
                for (viewer, every) in [(Viewer::operator("t"), 1), (party("OPER"), 1), (party("RARE"), 3), (party("NONE"), 100)] {
                    let mut numbers = std::collections::BTreeMap::<usize, i64>::new();
                    let mut plain = Vec::new();
                    for one in &kept {
                        let number = numbers.entry(one.consignment).or_default();
                        *number += 1;
                        let in_time = from <= one.minute && one.minute < from + long;
                        if one.place == "H" && in_time && one.consignment.is_multiple_of(every) && every < 100 {
                            plain.push((at(one.minute), code(one.consignment), *number));
                        }
                    }
                    plain.sort();
                    // Walked along; few or not, as it comes; in one lookup, and in several that are joined.
                    for few in [(0, 256), (2, 256), (1_000, 256), (1_000, 2)] {
                        let found = all_pages(&bench, &viewer, (from, from + long), limit, few).await;
                        assert_eq!(found, plain, "{}, {few:?}: {:?}", engine.name(), viewer.sight);
                    }
                }
            }
        });
    });
}

static ASKED: Mutex<Vec<(String, Vec<Value>)>> = Mutex::new(Vec::new());

/// The statement of a page as it was asked.
async fn asked(bench: &Bench, viewer: &Viewer, time: (i64, i64), after: Option<&Passed>) -> (String, Vec<Value>) {
    ASKED.lock().unwrap().clear();
    page(bench, viewer, time, after, 100).await;
    ASKED.lock().unwrap().iter().find(|(sql, _)| sql.contains("milestone")).cloned().unwrap()
}

/// Parts of PostgreSQL's memory of the disk that it looked at for a statement.
async fn looked_at(bench: &Bench, sql: &str, values: Vec<Value>) -> i64 {
    let mut conn = bench.database.db.read().await.unwrap();
    let rows = conn.rows(&format!("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) {sql}"), values).await.unwrap();
    let line = rows.iter().map(|row| row.text(0).unwrap()).find(|line| line.contains("Buffers:")).unwrap();
    line.split([' ', '=']).filter_map(|word| word.parse::<i64>().ok()).sum()
}

#[tokio::test]
async fn every_page_is_a_walk_along_one_index_whoever_asks_and_whatever_the_engine_guesses() {
    db::watch(|sql, values, _| ASKED.lock().unwrap().push((sql.to_owned(), values.to_vec())));
    // Each statement is asked of tables of which PostgreSQL knows nothing yet, as after an import.
    let events = 48_000;
    let kept: Vec<Seen> = (0..events).map(|n| Seen { consignment: n as usize / 4, place: "H", minute: n }).collect();
    for engine in ENGINES {
        let bench = bench(engine).await;
        keep(&bench, &kept, 1_000).await;
        let late = (events - 2_000, events);
        for viewer in [Viewer::operator("t"), party("OPER"), party("RARE")] {
            let first = page(&bench, &viewer, (0, events), None, 10).await;
            // Who sees few consignments is told of those, however many passed besides.
            let few = viewer == party("RARE");
            for (time, after) in [((0, events), None), ((0, events), first.last()), (late, None)] {
                let (sql, values) = asked(&bench, &viewer, time, after).await;
                let mut conn = bench.database.db.read().await.unwrap();
                let plan = conn.explain(&sql, values).await.unwrap().join("\n");
                let what = format!("{}, {:?}, {time:?}:\n{plan}", engine.name(), viewer.sight);
                assert_eq!(plan.contains("milestone_place"), !few, "by another way: {what}");
                let others: &[&str] = if few {
                    &["Seq Scan", "SCAN"]
                } else {
                    &["Sort", "TEMP B-TREE", "Join", "Nested Loop", "Seq Scan", "SCAN"]
                };
                for other in others {
                    assert!(!plan.contains(other), "{other}: {what}");
                }
            }
        }
        if engine == Engine::Postgres {
            // The first page of a late time reads nothing of what was before it.
            let viewer = Viewer::operator("t");
            let (sql, values) = asked(&bench, &viewer, (0, events), None).await;
            let early = looked_at(&bench, &sql, values).await;
            let (sql, values) = asked(&bench, &viewer, late, None).await;
            let late = looked_at(&bench, &sql, values).await;
            assert!(late <= early + 10, "{late} for a late page, {early} for an early one");
        }
    }
}

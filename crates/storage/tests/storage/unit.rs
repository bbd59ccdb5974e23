//! What is kept of units says for every date, as known at every entry, what the journal says when it is read for that date.

use std::{collections::BTreeSet, sync::Mutex};

use jiff::{SignedDuration, Timestamp};
use muster_domain::{
    end_use::{Checks, Grade},
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::{Act, Activity, Command, Posting, Subject},
    },
    viewer::{Sight, Viewer},
};
use muster_storage::{
    db::{self, Conn, Value},
    dialect::Engine,
    ledger::{
        Also, Request,
        read::{AsOf, number_at},
    },
    schema,
    transfer::{
        EntryRef, Inspection, Write,
        corrected::TakenBack,
        inspection::{self, Among, Watch, WatchedKind},
    },
};
use muster_testkit::{
    account::{account, note},
    code,
    database::ENGINES,
};
use proptest::{prelude::*, test_runner::Config};

use crate::{
    journal::{Bench, bench, time},
    tampering::{break_in, first_misfit},
};

/// The journal read for one date: the value `$1`, as known at the entry `$2`. Slow, and plain.
const PLAIN: &str = "SELECT u.item, u.serial, u.received_at, a.name,
        (SELECT q.offer FROM (SELECT f.number, f.offer FROM posting o JOIN entry f ON f.number = o.entry JOIN resources s ON s.code = o.resource
          WHERE o.serial = u.serial AND s.item = u.item AND o.kind = 'posted' AND o.occurred_at <= $1 AND o.entry <= $2
            AND f.offer IS NOT NULL) q ORDER BY q.number DESC LIMIT 1),
        (SELECT MAX(i.occurred_at) FROM inspection i JOIN resources s ON s.code = i.resource WHERE i.serial = u.serial AND s.item = u.item
          AND i.occurred_at <= $1 AND i.entry <= $2 AND i.grade <> 'not_found'
          AND NOT EXISTS (SELECT 1 FROM inspection_taken_back b WHERE b.inspection = i.code AND b.entry <= $2))
    FROM (SELECT s.item, p.serial, MIN(p.occurred_at) AS received_at,
          (SELECT MAX(o.entry) FROM posting o JOIN resources r ON r.code = o.resource WHERE o.serial = p.serial
            AND r.item = s.item AND o.kind = 'posted' AND o.occurred_at <= $1 AND o.entry <= $2) AS last_entry
        FROM account a JOIN posting p ON p.to_account = a.id JOIN resources s ON s.code = p.resource
        WHERE a.purpose = 'in_service' AND p.kind = 'posted' AND p.serial <> '' AND p.occurred_at <= $1 AND p.entry <= $2
          AND NOT EXISTS (SELECT 1 FROM entry c WHERE c.corrects = p.entry AND c.number <= $2)
        GROUP BY s.item, p.serial) u
      JOIN posting p ON p.entry = u.last_entry AND p.serial = u.serial JOIN account a ON a.id = p.to_account
    WHERE a.purpose NOT IN ('national_stock', 'consumed', 'lost')
      AND EXISTS (SELECT 1 FROM resources s WHERE s.code = p.resource AND s.item = u.item)
      AND NOT EXISTS (SELECT 1 FROM posting n JOIN account b ON b.id = n.to_account JOIN resources s ON s.code = n.resource
        WHERE n.entry = p.entry AND n.serial = p.serial AND s.item = u.item
          AND (n.from_account = p.to_account OR a.purpose = 'in_process' AND b.purpose <> 'in_process'))
      AND ({sight})";

/// What one sees who sees what their party has and what was given of the offers that they see.
const SEEN: &str = "a.owner = 'JPN' OR a.holder = 'JPN' OR EXISTS (SELECT 1 FROM posting m JOIN entry e ON e.number = m.entry
    JOIN resources s ON s.code = m.resource JOIN released r ON r.sheet = 'offers' AND r.record = e.offer AND r.audience = 'JPN'
    WHERE m.serial = u.serial AND s.item = u.item)";

/// Something that happens to one of three serial numbers.
#[derive(Clone, Debug)]
enum Step {
    /// It goes from where it is to another place, so many days ago, of an offer or of none.
    Move {
        serial: usize,
        to: usize,
        days: i64,
        offer: usize,
    },
    /// It is mended: it goes in, and comes out by the same entry.
    Mend {
        serial: usize,
        to: usize,
        days: i64,
    },
    /// It is to move.
    Pend {
        serial: usize,
        to: usize,
        offer: usize,
    },
    /// An entry is corrected, and something else may be in its place.
    Correct {
        entry: i64,
        days: i64,
        replace: Option<usize>,
    },
    Check {
        serial: usize,
        days: i64,
        found: bool,
    },
    /// A check by one of the steps before, if it was one, is taken back.
    Uncheck {
        step: usize,
    },
}

const SERIALS: [&str; 3] = ["S-1", "S-2", "S-3"];

fn accounts() -> Vec<AccountKey> {
    let at = |purpose, party, place, resource| account(purpose, party, place, resource);
    vec![
        at(AccountPurpose::NationalStock, "POL", "A", "truck"),
        at(AccountPurpose::OnHand, "POL", "A", "truck"),
        at(AccountPurpose::InService, "JPN", "C", "truck"),
        at(AccountPurpose::InService, "UKR", "C", "truck/broken"),
        at(AccountPurpose::InService, "UKR", "C", "truck"),
        at(AccountPurpose::InProcess, "UKR", "C", "truck/broken"),
        at(AccountPurpose::Lost, "UKR", "C", "truck"),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let (serial, to, days, offer) = (0..3_usize, 1..7_usize, 0..30_i64, 0..3_usize);
    prop_oneof![
        8 => (serial.clone(), to.clone(), days.clone(), offer.clone()).prop_map(|(serial, to, days, offer)| Step::Move { serial, to, days, offer }),
        1 => (serial.clone(), to.clone(), days.clone()).prop_map(|(serial, to, days)| Step::Mend { serial, to, days }),
        1 => (serial.clone(), to.clone(), offer).prop_map(|(serial, to, offer)| Step::Pend { serial, to, offer }),
        2 => (0..30_i64, days.clone(), proptest::option::of(to)).prop_map(|(entry, days, replace)| Step::Correct { entry, days, replace }),
        4 => (serial, days, any::<bool>()).prop_map(|(serial, days, found)| Step::Check { serial, days, found }),
        2 => (0..30_usize).prop_map(|step| Step::Uncheck { step }),
    ]
}

/// Where each serial number is, as far as the steps know.
type Whereabouts = [AccountKey; 3];

fn one(from: AccountKey, to: AccountKey, serial: usize) -> Posting {
    Posting { serial: SERIALS[serial].into(), ..Posting::new(from, to, 1) }
}

fn offer(n: usize) -> Subject {
    Subject { offer: (n > 0).then(|| code(&format!("O-{n}"))), ..Subject::default() }
}

/// Carries out a step, if the ledger lets it.
async fn carry_out(bench: &Bench, n: usize, step: &Step, whereabouts: &mut Whereabouts) {
    let (all, now) = (accounts(), time("2026-11-23T12:00:00Z"));
    let at = |days: i64| note(&format!("step-{n}"), now - SignedDuration::from_hours(24 * days));
    let activity = Activity::Depart;
    match step {
        Step::Move { serial, to, days, offer: of } => {
            let postings = through(&whereabouts[*serial], &all[*to], *serial);
            let act = Act::Post { activity, subject: offer(*of), postings };
            if bench.ledger.post(Command { note: at(*days), act }).await.unwrap().is_ok() {
                whereabouts[*serial] = all[*to].clone();
            }
        }
        Step::Mend { serial, to, days } => {
            let mut postings = through(&whereabouts[*serial], &all[5], *serial);
            postings.extend(through(&all[5], &all[*to], *serial));
            let act = Act::Post { activity, subject: offer(0), postings };
            if bench.ledger.post(Command { note: at(*days), act }).await.unwrap().is_ok() {
                whereabouts[*serial] = all[*to].clone();
            }
        }
        Step::Pend { serial, to, offer: of } => {
            let postings = vec![one(whereabouts[*serial].clone(), all[*to].clone(), *serial)];
            let act = Act::Pend { activity, subject: offer(*of), postings };
            drop(bench.ledger.post(Command { note: at(-9), act }).await.unwrap());
        }
        Step::Correct { entry, days, replace } => {
            let replacement = replace.map(|to| one(all[1].clone(), all[to].clone(), 0)).into_iter().collect();
            let act = Act::Correct { entry: *entry, replacement };
            drop(bench.ledger.post(Command { note: at(*days), act }).await.unwrap());
        }
        Step::Check { serial, days, found } => check(bench, n, (*serial, at(*days), *found)).await,
        Step::Uncheck { step } => uncheck(bench, at(0), *step).await,
    }
}

/// From one account to another of any resource of the item: what changes its state leaves the books and comes back.
fn through(from: &AccountKey, to: &AccountKey, serial: usize) -> Vec<Posting> {
    if from.resource == to.resource {
        return vec![one(from.clone(), to.clone(), serial)];
    }
    let outside = |like: &AccountKey| AccountKey {
        resource: like.resource.clone(),
        ..account(AccountPurpose::InProcess, "UKR", "C", "truck")
    };
    vec![one(from.clone(), outside(from), serial), one(outside(to), to.clone(), serial)]
}

async fn check(bench: &Bench, n: usize, (serial, at, found): (usize, muster_domain::ledger::entry::Note, bool)) {
    let inspection = Inspection {
        code: code(&format!("I-{n}")),
        resource: code(if n.is_multiple_of(2) { "truck" } else { "truck/broken" }),
        serial: SERIALS[serial].into(),
        grade: if found { Grade::Sighted } else { Grade::NotFound },
        occurred_at: at.occurred_at,
        recorded_at: at.occurred_at,
        actor: "tester".into(),
        evidence: String::new(),
        remark: String::new(),
        entry: EntryRef::Command(0),
        taken_back: None,
    };
    let act = Act::Note { activity: Activity::Check, subject: Subject::default(), about: "checked".into() };
    let also = vec![Also::Transfer(vec![Write::Inspection(inspection)])];
    bench.ledger.submit(Request { commands: vec![Command { note: at, act }], also }).await.unwrap();
}

/// Takes the check of a step back, if it was one and still counts.
async fn uncheck(bench: &Bench, note: muster_domain::ledger::entry::Note, step: usize) {
    let mut conn = bench.database.db.read().await.unwrap();
    let found = inspection::one(&mut conn, &format!("I-{step}")).await.unwrap();
    drop(conn);
    let Some(found) = found.filter(|one| one.taken_back.is_none()) else { return };
    let (recorded_at, actor, reason) = (note.occurred_at, "tester".into(), "of another".into());
    let back = TakenBack { recorded_at, actor, reason, entry: EntryRef::Command(0) };
    let act = Act::Note { activity: Activity::Check, subject: Subject::default(), about: "taken back".into() };
    let also = vec![Also::Transfer(vec![Write::InspectionTakenBack((found.code, found.serial), back)])];
    bench.ledger.submit(Request { commands: vec![Command { note, act }], also }).await.unwrap();
}

type Told = BTreeSet<(String, String, i64, String, Option<String>, Option<i64>)>;

async fn plainly(conn: &mut Conn, at: AsOf, sight: &str) -> Told {
    let last = number_at(conn, at.known).await.unwrap();
    let values: Vec<Value> = vec![at.occurred.as_microsecond().into(), last.into()];
    let rows = conn.rows(&PLAIN.replace("{sight}", sight), values).await.unwrap();
    let told = |row: &muster_storage::db::Row| {
        let text = |column| row.text(column).unwrap();
        let offer = row.maybe_text(4).unwrap();
        (text(0), text(1), row.integer(2).unwrap(), text(3), offer, row.maybe_integer(5).unwrap())
    };
    rows.iter().map(told).collect()
}

async fn kept(conn: &mut Conn, at: AsOf, viewer: &Viewer) -> Told {
    let checks = Checks { first_days: 90, again_days: Some(365) };
    let kinds = inspection::kinds(conn, at).await.unwrap().into_iter();
    let kinds: Vec<WatchedKind> = kinds.map(|(item, caveats)| WatchedKind { item, caveats, checks }).collect();
    let watch = Watch { at, kinds: &kinds, moment: Timestamp::UNIX_EPOCH, before: None, among: &Among::default() };
    let units = inspection::due(conn, viewer, &watch, (None, 1_000)).await.unwrap();
    assert_eq!(inspection::totals(conn, viewer, &watch).await.unwrap().watched, units.len());
    let micro = |at: Timestamp| at.as_microsecond();
    let told = |(unit, due): (inspection::InService, Timestamp)| {
        assert_eq!(Some(due), checks.due(unit.received_at, unit.checked_at));
        let (item, name, offer) = (unit.item.to_string(), unit.account.to_string(), unit.offer.map(|o| o.to_string()));
        (item, unit.serial, micro(unit.received_at), name, offer, unit.checked_at.map(micro))
    };
    units.into_iter().map(told).collect()
}

const RECORDS: [&str; 4] = [
    "INSERT INTO items (code, name, kind, unit_of_issue, tracking, fictional) VALUES ('truck', 'Truck', 'materiel', 'each', 'serial', 'yes')",
    "INSERT INTO resources (code, item, state, fictional) VALUES ('truck', 'truck', 'serviceable', 'yes')",
    "INSERT INTO resources (code, item, state, fictional) VALUES ('truck/broken', 'truck', 'unserviceable', 'yes')",
    "INSERT INTO released (sheet, record, audience, owner) VALUES ('offers', 'O-1', 'JPN', 0)",
];

async fn run(engine: Engine, steps: Vec<Step>) {
    let bench = bench(engine).await;
    let mut conn = bench.database.db.connect().await.unwrap();
    for sql in RECORDS {
        conn.run(sql).await.unwrap();
    }
    let mut whereabouts = std::array::from_fn(|_| accounts()[0].clone());
    for (n, step) in steps.iter().enumerate() {
        bench.clock.advance(SignedDuration::from_secs(60));
        carry_out(&bench, n, step, &mut whereabouts).await;
    }
    let (start, now) = (time("2026-11-23T12:00:00Z"), AsOf::NOW);
    let day = |days: i64| start - SignedDuration::from_hours(24 * days) + SignedDuration::from_hours(1);
    let known = |minutes: i64| start + SignedDuration::from_mins(minutes);
    let mut dates = vec![now, AsOf { occurred: now.occurred, ..AsOf { known: known(9), ..now } }];
    for n in 0..steps.len().min(12) as i64 {
        dates.extend(
            [0, 7, 19].map(|d| AsOf { occurred: day(n + d), known: known((n * 5) % (steps.len() as i64 + 1)) }),
        );
        dates.push(AsOf { occurred: day(n * 2), known: now.known });
    }
    let viewer = Viewer::operator("tester");
    let nation = Viewer {
        sight: Sight::Released { own: [code("JPN")].into(), participant: true },
        ..Viewer::operator("nation")
    };
    for again in [false, true] {
        bench.verifies().await;
        for at in &dates {
            let (plain, told) = (plainly(&mut conn, *at, "1 = 1").await, kept(&mut conn, *at, &viewer).await);
            assert_eq!(told, plain, "as of {at:?}, {}", if again { "worked out anew" } else { "kept" });
            let (plain, told) = (plainly(&mut conn, *at, SEEN).await, kept(&mut conn, *at, &nation).await);
            assert_eq!(told, plain, "what a nation sees as of {at:?}");
        }
        // A database of before learns the same from its journal.
        for sql in [
            "DROP TABLE end_use_rules",
            "DROP TABLE unit_given",
            "DROP TABLE unit_state",
            "DROP TABLE unit",
            "DELETE FROM schema_step WHERE number = 22",
        ] {
            conn.run(sql).await.unwrap();
        }
        schema::migrate(&bench.database.db, Timestamp::UNIX_EPOCH).await.unwrap();
    }
}

fn on_runtime(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(future);
}

proptest! {
    #![proptest_config(Config { cases: 48, failure_persistence: None, ..Config::default() })]

    #[test]
    fn units_are_kept_as_the_journal_says_on_sqlite(steps in proptest::collection::vec(step(), 1..30)) {
        on_runtime(run(Engine::Sqlite, steps));
    }

    #[test]
    fn units_are_kept_as_the_journal_says_on_postgresql(steps in proptest::collection::vec(step(), 1..30)) {
        on_runtime(run(Engine::Postgres, steps));
    }
}

#[tokio::test]
async fn what_is_kept_of_a_unit_is_compared_with_the_journal() {
    let state = "'S-1', 'truck', 2, 0, 1, 2, 9, 1, 'UKR', 'UKR', '-', NULL, '', 0, NULL";
    for (what, sql) in [
        ("another account", "UPDATE unit_state SET account = 1".to_owned()),
        ("another date", "UPDATE unit_state SET received_at = received_at - 1".to_owned()),
        ("a check that nobody made", "UPDATE unit_state SET checked_at = 5".to_owned()),
        ("one more state", format!("INSERT INTO unit_state VALUES ({state})")),
        ("no state", "DELETE FROM unit_state".to_owned()),
        ("an offer that did not give it", "UPDATE unit_state SET offer = 'O-2', given = 'O-2'".to_owned()),
        ("an offer of which it is not said", "DELETE FROM unit_given".to_owned()),
        (
            "an offer that gave what others gave",
            "INSERT INTO unit_given (offer, given) VALUES ('O-2', 'O-1')".to_owned(),
        ),
        ("a unit that never came", "INSERT INTO unit (serial, item) VALUES ('S-9', 'truck')".to_owned()),
    ] {
        for engine in ENGINES {
            let bench = bench(engine).await;
            let mut conn = bench.database.db.connect().await.unwrap();
            for record in RECORDS {
                conn.run(record).await.unwrap();
            }
            let all = accounts();
            let act = Act::Post {
                activity: Activity::Receive,
                subject: offer(1),
                postings: vec![one(all[0].clone(), all[4].clone(), 0)],
            };
            bench.ok(Command { note: note("unit", time("2026-11-20T12:00:00Z")), act }).await;
            bench.verifies().await;
            break_in(&mut conn, engine).await;
            conn.run(&sql).await.unwrap_or_else(|error| panic!("{what} on {}: {error}", engine.name()));
            let found = first_misfit(&bench, None).await.map(|(_, what)| what.key);
            assert_eq!(found, Some("misfit-unit"), "{what} on {}", engine.name());
        }
    }
}

static ASKED: Mutex<Vec<(String, Vec<Value>)>> = Mutex::new(Vec::new());

#[tokio::test]
async fn a_lot_or_serial_number_is_looked_up_by_its_index_however_many_there_are() {
    db::watch(|sql, values, _| ASKED.lock().unwrap().push((sql.to_owned(), values.to_vec())));
    for engine in ENGINES {
        let bench = bench(engine).await;
        let [from, to] = [&accounts()[0], &accounts()[1]];
        let note = note("numbered", time("2026-11-20T12:00:00Z"));
        let lot = Posting { lot: "L-1".into(), ..Posting::new(from.clone(), to.clone(), 5) };
        let postings = vec![one(from.clone(), to.clone(), 0), lot];
        let act = Act::Post { activity: Activity::Ready, subject: Subject::default(), postings };
        bench.ledger.post(Command { note, act }).await.unwrap().unwrap();
        let mut conn = bench.database.db.connect().await.unwrap();
        if engine == Engine::Postgres {
            // Of few rows it would read all.
            conn.run("SET enable_seqscan = off").await.unwrap();
        }
        let asked = std::mem::take(&mut *ASKED.lock().unwrap());
        let looks = |sql: &str| sql.starts_with("SELECT") && sql.contains("FROM holding WHERE resource");
        let looked_up: Vec<_> = asked.into_iter().filter(|(sql, _)| looks(sql)).collect();
        for index in ["holding_serial", "holding_lot"] {
            let mut plans = Vec::new();
            for (sql, values) in &looked_up {
                plans.push(conn.explain(sql, values.clone()).await.unwrap().join("\n"));
            }
            assert!(plans.iter().any(|plan| plan.contains(index)), "{index} on {}: {plans:#?}", engine.name());
        }
    }
}

//! What lists of end-use checks cost when many units are in service: now, as of a date, for who sees all and for the nation that gave
//! them; and the same read from the journal itself, as lists were before units were kept beside it.

use std::{sync::Arc, time::Instant};

use jiff::{SignedDuration, Timestamp};
use muster_app::{
    App,
    interchange::mission::Source,
    transfer::end_use::{DueFilter, DueList},
};
use muster_domain::{
    code::Code,
    end_use::Grade,
    ledger::{
        account::AccountKey,
        entry::{Act, Activity, Command, Note, Posting, Subject},
    },
    viewer::Viewer,
};
use muster_storage::{
    db::Batch,
    dialect::Engine,
    ledger::{Also, Ledger, Request, read::AsOf},
    transfer::{EntryRef, Inspection, Write},
};
use muster_testkit::{FakeChance, FakeClock, database::seal_key};

use super::{Outcome, Scratch, report, transfer};

/// Offers of which the units were given.
const OFFERS: usize = 200;

/// Units with their receivers, whose first check is due in 90 days and later ones each year; every second was checked once, every tenth
/// went to repair since. They came one by one from a year ago on.
pub(super) async fn measure(engine: Engine, units: usize, rounds: usize) -> Outcome<Vec<Vec<String>>> {
    let scratch = Scratch::new(engine).await;
    let now: Timestamp = "2026-09-16T12:00:00Z".parse()?;
    let clock = Arc::new(FakeClock::at("2026-09-16T12:00:00Z"));
    let ledger = Ledger::open(&scratch.0.db, seal_key(), clock.clone()).await?;
    let app = App::new(scratch.0.db.clone(), Some(ledger.clone()), clock, Arc::new(FakeChance::default()));
    let mut mission = transfer::mission();
    mission.push(Source {
        name: "caveats.csv".into(),
        bytes: "code,party,name,purposes,recipients,non_lethal,uses,conditions,first_check_days,recheck_days,text,source,fictional\nC,DON,Checked,,,yes,,,90,365,checked each year,bench,yes".into(),
    });
    let imported = app.import_mission(mission, &transfer::operator(), false).await?;
    imported.issues.first().map_or(Ok(()), |issue| Err(issue.to_string()))?;
    let filled = Instant::now();
    receive(&app, units, now).await?;
    check(&ledger, units, now).await?;
    repair(&app, units, now).await?;
    let offers = |n| vec!["offers".into(), format!("O-{n}").into(), "DON".into(), 1.into()];
    let released =
        Batch::insert("INSERT INTO released (sheet, record, audience, owner)", (0..OFFERS).map(offers).collect());
    let mut conn = scratch.0.db.connect().await?;
    conn.commit(vec![released]).await?;
    println!("{units} units in service, in {:.0} s.\n", filled.elapsed().as_secs_f64());
    let then = AsOf { occurred: now - SignedDuration::from_hours(24 * 90), known: Timestamp::MAX };
    let (all, donor) = (Viewer::operator("bench"), transfer::donor(&app).await?);
    let mut rows = Vec::new();
    for (what, viewer, at, overdue) in [
        ("first page of end-use checks due, units in service", &all, AsOf::NOW, false),
        ("the same for the nation that gave them", &donor, AsOf::NOW, false),
        ("first page of what is overdue", &all, AsOf::NOW, true),
        ("first page of what was overdue three months ago", &all, then, true),
        ("the same for the nation that gave them", &donor, then, true),
    ] {
        let (mut times, mut told) = (report::Times::default(), DueList::default());
        for _ in 0..rounds {
            let begun = Instant::now();
            told = app.end_use(viewer, at, &DueFilter { overdue, limit: 200, ..DueFilter::default() }).await?;
            times.add(begun.elapsed());
        }
        println!("{what}: {} watched, {} overdue.", told.watched, told.overdue);
        rows.push(times.row(what));
    }
    let mut plainly = report::Times::default();
    let begun = Instant::now();
    let found = conn.rows(PLAIN, vec![now.as_microsecond().into(), i64::MAX.into()]).await?;
    plainly.add(begun.elapsed());
    if found.len() != units {
        return Err(format!("the journal has {} units", found.len()).into());
    }
    rows.push(plainly.row("all units, read from the journal"));
    scratch.remove().await?;
    Ok(rows)
}

/// Units as of a date, the value `$1`, as known at the entry `$2`.
const PLAIN: &str = "SELECT u.item, u.serial, u.received_at, a.name,
        (SELECT q.offer FROM (SELECT f.number, f.offer FROM posting o JOIN entry f ON f.number = o.entry JOIN resources s ON s.code = o.resource
          WHERE o.serial = u.serial AND o.serial <> '' AND s.item = u.item AND o.kind = 'posted' AND o.occurred_at <= $1 AND o.entry <= $2
            AND f.offer IS NOT NULL) q ORDER BY q.number DESC LIMIT 1),
        (SELECT MAX(i.occurred_at) FROM inspection i JOIN resources s ON s.code = i.resource WHERE i.serial = u.serial AND s.item = u.item
          AND i.occurred_at <= $1 AND i.entry <= $2 AND i.grade <> 'not_found')
    FROM (SELECT s.item, p.serial, MIN(p.occurred_at) AS received_at,
          (SELECT MAX(o.entry) FROM posting o JOIN resources r ON r.code = o.resource WHERE o.serial = p.serial AND o.serial <> ''
            AND r.item = s.item AND o.kind = 'posted' AND o.occurred_at <= $1 AND o.entry <= $2) AS last_entry
        FROM account a CROSS JOIN posting p JOIN resources s ON s.code = p.resource
        WHERE p.to_account = a.id AND a.purpose = 'in_service' AND p.kind = 'posted' AND p.serial <> '' AND p.occurred_at <= $1 AND p.entry <= $2
          AND NOT EXISTS (SELECT 1 FROM entry c WHERE c.corrects = p.entry AND c.number <= $2)
        GROUP BY s.item, p.serial) u
      JOIN posting p ON p.entry = u.last_entry AND p.serial = u.serial JOIN account a ON a.id = p.to_account
    WHERE a.caveats <> '' AND a.purpose NOT IN ('national_stock', 'consumed', 'lost')";

/// Postings of one request.
const AT_ONCE: usize = 2_000;

fn day(now: Timestamp, n: usize, units: usize, first: i64, last: i64) -> Timestamp {
    let seconds = (first - last) * 86_400 * i64::try_from(n).unwrap_or(0) / i64::try_from(units).unwrap_or(1).max(1);
    now - SignedDuration::from_secs(first * 86_400 - seconds)
}

fn serial(n: usize) -> String {
    format!("U-{n:07}")
}

async fn post(app: &App, commands: Vec<Command>) -> Outcome<()> {
    let done = app.post(commands, &transfer::operator()).await?;
    done.iter().find_map(|outcome| outcome.as_ref().err()).map_or(Ok(()), |refusal| Err(refusal.to_string().into()))
}

fn moved(key: String, at: Timestamp, subject: Subject, [from, to]: [&AccountKey; 2], n: usize) -> Command {
    let note = Note { key, occurred_at: at, actor: "bench".into(), reason: "bench".into() };
    let posting = Posting { serial: serial(n), ..Posting::new(from.clone(), to.clone(), 1) };
    Command { note, act: Act::Post { activity: Activity::Adjust, subject, postings: vec![posting] } }
}

async fn receive(app: &App, units: usize, now: Timestamp) -> Outcome<()> {
    let from = transfer::account("national_stock DON DON D - truck/ok C")?;
    let to = transfer::account("in_service UKR UKR H - truck/ok C")?;
    for first in (0..units).step_by(AT_ONCE) {
        let mut commands = Vec::new();
        for n in first..(first + AT_ONCE).min(units) {
            let offer = Code::new(&format!("O-{}", n % OFFERS)).map_err(|error| error.to_string())?;
            let subject = Subject { offer: Some(offer), ..Subject::default() };
            commands.push(moved(format!("in {n}"), day(now, n, units, 365, 1), subject, [&from, &to], n));
        }
        post(app, commands).await?;
    }
    Ok(())
}

async fn repair(app: &App, units: usize, now: Timestamp) -> Outcome<()> {
    let here = transfer::account("in_service UKR UKR H - truck/ok C")?;
    let there = transfer::account("on_hand OPER UKR D - truck/ok C")?;
    let some: Vec<usize> = (0..units).step_by(10).collect();
    for chunk in some.chunks(AT_ONCE) {
        let gone = |n: &usize| moved(format!("out {n}"), now, Subject::default(), [&here, &there], *n);
        post(app, chunk.iter().map(gone).collect()).await?;
    }
    Ok(())
}

async fn check(ledger: &Ledger, units: usize, now: Timestamp) -> Outcome<()> {
    let some: Vec<usize> = (0..units).step_by(2).collect();
    for (request, chunk) in some.chunks(AT_ONCE).enumerate() {
        let resource = Code::new("truck/ok").map_err(|error| error.to_string())?;
        let mut writes = Vec::new();
        for n in chunk {
            writes.push(Write::Inspection(Inspection {
                code: Code::new(&format!("I-{n:07}")).map_err(|error| error.to_string())?,
                resource: resource.clone(),
                serial: serial(*n),
                grade: Grade::Sighted,
                occurred_at: day(now, *n, units, 280, 0),
                recorded_at: now,
                actor: "bench".into(),
                evidence: String::new(),
                remark: String::new(),
                entry: EntryRef::Command(0),
                taken_back: None,
            }));
        }
        let note =
            Note { key: format!("check {request}"), occurred_at: now, actor: "bench".into(), reason: "bench".into() };
        let act = Act::Note { activity: Activity::Check, subject: Subject::default(), about: "checked".into() };
        ledger.submit(Request { commands: vec![Command { note, act }], also: vec![Also::Transfer(writes)] }).await?;
    }
    Ok(())
}

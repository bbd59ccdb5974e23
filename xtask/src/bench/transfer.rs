//! `cargo xtask bench transfer`: what the work at a hub costs when the books are large – a consignment of a thousand lines counted in one
//! request, a unit's history, what passed through a node, a signed handover – beside the engine's own speed in the same run.

use std::{
    fmt::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use clap::Parser;
use ed25519_dalek::{Signer, SigningKey};
use jiff::Timestamp;
use muster_app::{
    Actor, App,
    interchange::mission::Source,
    transfer::{
        count::Count,
        custody::{Circumstances, Conveyance},
        handover::{Means, Signed, Signer as By},
        making::{New, NewLine},
        packing::Packed,
    },
    user::Account,
};
use muster_domain::{
    code::Code,
    consignment::Condition,
    ledger::{
        account::AccountKey,
        entry::{Act, Activity, Command, Note, Posting, Subject},
    },
    role::Role,
    viewer::Viewer,
};
use muster_storage::{
    db::{Batch, Value},
    dialect::Engine,
    ledger::{Ledger, read::EntryFilter},
};
use muster_testkit::{FakeChance, FakeClock, database::seal_key};

use super::{Engines, Outcome, Scratch, in_service, on_engines, report};

/// Measures the work with consignments.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench transfer", no_binary_name = true)]
struct Options {
    #[command(flatten)]
    engines: Engines,
    /// Custody events that are there before, written straight into the tables: the real effort has 1.6 million a year.
    #[arg(long, default_value_t = 1_600_000)]
    events: usize,
    /// Lines of the large consignment.
    #[arg(long, default_value_t = 1_000)]
    lines: usize,
    /// Units in service whose checks are listed.
    #[arg(long, default_value_t = 100_000)]
    units: usize,
    /// Only lists of units in service.
    #[arg(long)]
    only_units: bool,
    /// How often each is measured.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Signed handovers, by eight callers at once.
    #[arg(long, default_value_t = 400)]
    handovers: usize,
}

/// Measures and prints.
///
/// # Errors
/// If an option is wrong, or the database fails.
pub(crate) fn run(options: &[&str]) -> Result<(), String> {
    let parsed = Options::try_parse_from(options).map_err(|error| error.to_string())?;
    on_engines("transfer", options, &parsed.engines, measure(&parsed))
}

async fn measure(options: &Options) -> Outcome<()> {
    println!("{}", report::machine());
    for engine in options.engines.each() {
        println!("\n## {}, {} custody events\n", engine.name(), options.events);
        if !options.only_units {
            on(*engine, options).await?;
        }
        let rows = in_service::measure(*engine, options.units, options.rounds.max(1)).await?;
        println!("\n{}", report::table(&HEAD, rows));
    }
    Ok(())
}

const HEAD: [&str; 4] = ["what", "median, ms", "99 of 100, ms", "times"];
const STOCK: &str = "on_hand OPER DON D - vest/ok -";

pub(super) fn operator() -> Actor {
    Actor::new(Viewer::operator("bench"), "a benchmark")
}

async fn on(engine: Engine, options: &Options) -> Outcome<()> {
    let scratch = Scratch::new(engine).await;
    let clock = Arc::new(FakeClock::at("2026-09-16T12:00:00Z"));
    let ledger = Ledger::open(&scratch.0.db, seal_key(), clock.clone()).await?;
    let app = App::new(scratch.0.db.clone(), Some(ledger), clock, Arc::new(FakeChance::default()));
    let imported = app.import_mission(mission(), &operator(), false).await?;
    imported.issues.first().map_or(Ok(()), |issue| Err(issue.to_string()))?;
    let need = (options.rounds * options.lines * 10 + BEFORE + options.handovers) as i64;
    stock(&app, need).await?;
    events(&scratch, options.events).await?;
    let mut rows = Vec::new();
    rows.extend(thousand_lines(&app, &scratch, options).await?);
    rows.extend(history(&app, options).await?);
    rows.extend(through(&app, &scratch).await?);
    rows.extend(handovers(&app, options.handovers).await?);
    println!("{}", report::table(&HEAD, rows));
    scratch.remove().await
}

pub(super) fn mission() -> Vec<Source> {
    let files = [
        (
            "mission.csv",
            "code,name,recipient,start,period_days,periods,currency,cost_weight,description,source,fictional\nM,Bench,UKR,2026-09-07,7,12,EUR,0.01,,bench,yes",
        ),
        (
            "parties.csv",
            "code,name,kind,country,parent,source,fictional\nDON,Donor,organisation,POL,,bench,yes\nOPER,Operator,operator,POL,,bench,yes\nUKR,Ukraine,nation,UKR,,ISO,no",
        ),
        (
            "items.csv",
            "code,name,kind,nsn,supply_class,purpose,unit_of_issue,mass_kg,volume_m3,un_number,hazard_class,tracking,source,fictional\nvest,Vest,materiel,,II,protection,each,10,,,,quantity,bench,yes\ntruck,Truck,materiel,,II,mobility,each,3000,,,,serial,bench,yes",
        ),
        (
            "resources.csv",
            "code,item,state,source,fictional\nvest/ok,vest,serviceable,bench,yes\ntruck/ok,truck,serviceable,bench,yes",
        ),
        (
            "places.csv",
            "code,name,kind,country,unlocode,latitude,longitude,handling_t,storage_t,operator,source,fictional\nD,Depot,depot,POL,,52,17,,,OPER,bench,yes\nH,Hub,hub,POL,,51,22,,,OPER,bench,yes",
        ),
        (
            "lanes.csv",
            "code,from,to,mode,transit_days,capacity_t,cost_per_t,forbids,source,fictional\nD-H,D,H,road,1,20000,2.5,,bench,yes",
        ),
    ];
    files.map(|(name, text)| Source { name: name.into(), bytes: text.into() }).into()
}

fn command(key: String, postings: Vec<Posting>) -> Command {
    let note = Note { key, occurred_at: Note::WHEN_RECORDED, actor: "bench".into(), reason: "bench".into() };
    Command { note, act: Act::Post { activity: Activity::Adjust, subject: Subject::default(), postings } }
}

pub(super) fn account(text: &str) -> Outcome<AccountKey> {
    AccountKey::parse(text).map_err(|right| right.to_string().into())
}

async fn stock(app: &App, units: i64) -> Outcome<()> {
    let (from, to) = (account("national_stock DON DON D - vest/ok -")?, account(STOCK)?);
    let mut commands = vec![command("stock".into(), vec![Posting::new(from, to, units)])];
    // A truck that went to and fro twenty times.
    let (from, here, there) = (
        account("national_stock DON DON D - truck/ok -")?,
        account("on_hand OPER DON D - truck/ok -")?,
        account("on_hand OPER DON H - truck/ok -")?,
    );
    let one = |from: &AccountKey, to: &AccountKey| Posting {
        serial: "T-1".into(),
        ..Posting::new(from.clone(), to.clone(), 1)
    };
    commands.push(command("truck".into(), vec![one(&from, &here)]));
    for n in 0..20 {
        let posting = if n % 2 == 0 { one(&here, &there) } else { one(&there, &here) };
        commands.push(command(format!("truck {n}"), vec![posting]));
    }
    let done = app.post(commands, &operator()).await?;
    done.iter().find_map(|outcome| outcome.as_ref().err()).map_or(Ok(()), |refusal| Err(refusal.to_string().into()))
}

/// Custody events straight into the tables: consignments of ten lines, each with seven milestones at two places.
/// The donor sees one consignment of so many.
const RARE: usize = 1_000;

async fn events(scratch: &Scratch, events: usize) -> Outcome<()> {
    let mut conn = scratch.0.db.connect().await?;
    let kinds =
        ["readied", "departed", "arrived_at_node", "inspected", "departed", "arrived_at_node", "received_by_unit"];
    let began: Timestamp = "2025-09-16T00:00:00Z".parse()?;
    let text = |text: &str| Value::from(text);
    let all = events / kinds.len();
    for first in (0..all).step_by(1_000) {
        let (mut heads, mut milestones, mut seen) = (Vec::new(), Vec::new(), Vec::new());
        for n in first..(first + 1_000).min(all) {
            let code = format!("B-{n:08}");
            let at = began.as_microsecond() + (n as i64) * 120_000_000;
            heads.push(vec![
                text(&code),
                text("closed"),
                text("OPER"),
                text("OPER"),
                text("D"),
                text("H"),
                text("H"),
                text("D-H"),
                2.into(),
                at.into(),
                Value::Integer(None),
                Value::Integer(None),
                text(""),
                Value::Text(None),
                7.into(),
            ]);
            let to = |audience| vec![text("consignments"), text(&code), text(audience), 1.into()];
            seen.push(to("OPER"));
            if n % RARE == 0 {
                seen.push(to("DON"));
            }
            for (number, kind) in (1_i64..).zip(kinds) {
                let place = if number < 3 { "D" } else { "H" };
                let when = at + number * 60_000_000;
                milestones.push(vec![
                    text(&code),
                    number.into(),
                    text(kind),
                    text(place),
                    Value::Text(None),
                    when.into(),
                    when.into(),
                    text("bench"),
                    text(""),
                    1.into(),
                ]);
            }
        }
        let head = "INSERT INTO consignment (code, state, consignor, consignee, origin, destination, place, route, passed, created_at, departs_at, arrives_at, remark, made_from, version)";
        let milestone = "INSERT INTO milestone (consignment, number, kind, place, movement, occurred_at, recorded_at, actor, remark, entry)";
        let released = "INSERT INTO released (sheet, record, audience, owner)";
        conn.commit(vec![Batch::insert(head, heads), Batch::insert(released, seen)]).await?;
        conn.commit(vec![Batch::insert(milestone, milestones)]).await?;
    }
    Ok(())
}

async fn sent(app: &App, lines: usize, units: i64) -> Outcome<String> {
    let line = || NewLine::Stock { account: STOCK.into(), quantity: units, need: None, serials: Vec::new() };
    let lines = (0..lines).map(|_| line()).collect();
    let new = New { from: "D".into(), route: vec!["D-H".into()], lines, ..New::default() };
    let code = app.consignment_make(&new, &operator()).await?.to_string();
    let shown = app.consignment_shown(&Viewer::operator("bench"), &code).await?;
    let condition = Some(Condition::Serviceable);
    let packed: Vec<Packed> =
        shown.lines.iter().map(|line| Packed { line: line.line, condition, ..Packed::default() }).collect();
    app.consignment_ready(&code, &packed, &Circumstances::default(), &operator()).await?;
    let on = Conveyance { carrier: "C".into(), conveyance: "V".into(), ..Conveyance::default() };
    app.consignment_depart(&code, &on, &Circumstances::default(), &operator()).await?;
    Ok(code)
}

async fn thousand_lines(app: &App, scratch: &Scratch, options: &Options) -> Outcome<Vec<Vec<String>>> {
    let (mut counted, mut raw) = (report::Times::default(), report::Times::default());
    let mut conn = scratch.0.db.connect().await?;
    conn.run("CREATE TABLE bench_raw (a BIGINT NOT NULL, b TEXT NOT NULL, c BIGINT NOT NULL)").await?;
    for round in 0..options.rounds {
        let code = sent(app, options.lines, 10).await?;
        let count = Count { rest_as_stated: true, ..Count::default() };
        let begun = Instant::now();
        app.consignment_arrive(&code, &count, &Circumstances::default(), &operator()).await?;
        counted.add(begun.elapsed());
        // The same number of entries, postings, balances and lines as bare rows.
        let rows =
            |n: usize| (0..n).map(|k| vec![(k as i64).into(), "x".repeat(200).into(), (round as i64).into()]).collect();
        let inserts = (0..4).map(|_| Batch::insert("INSERT INTO bench_raw (a, b, c)", rows(options.lines))).collect();
        let begun = Instant::now();
        conn.commit(inserts).await?;
        raw.add(begun.elapsed());
    }
    let mut what = String::new();
    write!(what, "arrival of {} lines counted in one request", options.lines)?;
    Ok(vec![counted.row(&what), raw.row("as many bare rows, committed")])
}

async fn history(app: &App, options: &Options) -> Outcome<Vec<Vec<String>>> {
    let mut times = report::Times::default();
    let filter = EntryFilter { serial: Some("T-1".into()), ..EntryFilter::default() };
    for _ in 0..options.rounds.max(20) {
        let begun = Instant::now();
        let told = app.newest(&Viewer::operator("bench"), &filter, (Timestamp::MAX, 0), 1_000).await?;
        times.add(begun.elapsed());
        if told.len() != 21 {
            return Err(format!("the history has {} entries", told.len()).into());
        }
    }
    Ok(vec![times.row("a unit's history by serial number")])
}

async fn through(app: &App, scratch: &Scratch) -> Outcome<Vec<Vec<String>>> {
    let viewers = [Viewer::operator("bench"), donor(app).await?];
    let time: (Timestamp, Timestamp) = ("2025-10-01T00:00:00Z".parse()?, "2026-01-01T00:00:00Z".parse()?);
    let mut all_of = Vec::new();
    for viewer in &viewers {
        let (begun, mut after, mut events) = (Instant::now(), None, 0_usize);
        let mut pages = report::Times::default();
        loop {
            let page = Instant::now();
            let found = app.passed(viewer, "H", time, after.as_ref(), 1_000).await?;
            pages.add(page.elapsed());
            events += found.len();
            match found.into_iter().next_back() {
                Some(last) => after = Some(last),
                None => break,
            }
        }
        all_of.push((begun.elapsed(), events, pages));
    }
    let [(took, events, pages), (rare_took, rare, few)] =
        <[_; 2]>::try_from(all_of).map_err(|_| "two viewers were asked")?;
    let mut conn = scratch.0.db.read().await?;
    let sql = "SELECT consignment, kind, place, occurred_at, number FROM milestone WHERE place = 'H' AND occurred_at >= $1 AND occurred_at < $2 ORDER BY occurred_at";
    let begun = Instant::now();
    let all = conn.rows(sql, vec![time.0.as_microsecond().into(), time.1.as_microsecond().into()]).await?;
    let raw = begun.elapsed();
    println!(
        "{events} events passed through a node in a quarter: {:.2} s in pages of 1,000; the engine alone, all at once: {} in {:.2} s; {rare} of them \
         for who sees one consignment in {RARE}: {:.2} s.\n",
        took.as_secs_f64(),
        all.len(),
        raw.as_secs_f64(),
        rare_took.as_secs_f64(),
    );
    Ok(vec![pages.row("a page of 1,000 of them"), few.row("the same for who sees few")])
}

/// Who sees what was given by the donor.
pub(super) async fn donor(app: &App) -> Outcome<Viewer> {
    let picture = app.picture(&Viewer::operator("bench")).await?;
    Ok(Viewer::member(
        "donor".into(),
        Code::new("DON").map_err(|error| error.to_string())?,
        [Role::DonorLiaison].into(),
        &picture,
    ))
}

/// Handovers before those that count: each connection prepares its statements once.
const BEFORE: usize = 160;

/// Arrivals of one line, each signed by two keys, by eight callers at once.
async fn handovers(app: &App, all: usize) -> Outcome<Vec<Vec<String>>> {
    let mut keys = Vec::new();
    for (n, name) in ["one", "two"].iter().enumerate() {
        let account =
            Account { name: (*name).into(), party: "OPER".into(), roles: [Role::HubOperator].into(), disabled: false };
        app.put_user(&account, None, &operator()).await?;
        let key = SigningKey::from_bytes(&[n as u8 + 1; 32]);
        let own = Actor::new(Viewer::operator(*name), "bench");
        let id = app.add_signing_key(&BASE64.encode(key.verifying_key().as_bytes()), "bench", None, &own).await?;
        keys.push(((*name).to_owned(), id, key));
    }
    let mut codes = Vec::with_capacity(BEFORE + all);
    for _ in 0..BEFORE + all {
        codes.push(sent(app, 1, 1).await?);
    }
    let (keys, codes) = (Arc::new(keys), Arc::new(codes));
    let mut callers = Vec::new();
    for caller in 0..8 {
        let (app, keys, codes) = (app.clone(), keys.clone(), codes.clone());
        callers.push(tokio::spawn(async move {
            let mut took = Vec::new();
            for (n, code) in codes.iter().enumerate().skip(caller).step_by(8) {
                let text = format!(
                    "{{\"consignment\":\"{code}\",\"milestone\":\"arrived_at_node\",\"lines\":[{{\"line\":1,\"counted\":1}}]}}"
                );
                let by = |side: usize| {
                    let (name, key, secret) = &keys[side];
                    let signature = BASE64.encode(secret.sign(text.as_bytes()).to_bytes());
                    By { name: name.clone(), party: String::new(), means: Means::Key { key: key.clone(), signature } }
                };
                let signed = Some(Signed { from: by(0), to: by(1), text: text.clone(), photos: vec![] });
                let how = Circumstances { signed, ..Circumstances::default() };
                let count = Count { rest_as_stated: true, ..Count::default() };
                let begun = Instant::now();
                app.consignment_arrive(code, &count, &how, &operator()).await.map_err(|error| error.to_string())?;
                if n >= BEFORE {
                    took.push(begun.elapsed());
                }
            }
            Ok::<Vec<Duration>, String>(took)
        }));
    }
    let mut times = report::Times::default();
    for caller in callers {
        caller.await??.into_iter().for_each(|took| times.add(took));
    }
    Ok(vec![times.row("a signed handover, 8 callers")])
}

//! `cargo xtask bench web`: how long the server takes for each page, at the magnitudes of the real effort and at ten times those, for
//! somebody who sees everything and for somebody who does not.

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use clap::Parser;
use muster_app::{Actor, App, interchange::mission::Source, user::Account};
use muster_domain::{role::Role, viewer::Viewer};
use muster_storage::{
    db::{self, Value},
    dialect::Engine,
    ledger::Ledger,
    list,
};
use muster_testkit::{FakeChance, FakeClock, database::seal_key};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::{Engines, Outcome, Scratch, on_engines, report};

/// Measures the pages.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench web", no_binary_name = true)]
struct Options {
    #[command(flatten)]
    engines: Engines,
    /// Multiples of the real magnitudes (10,000 items, 2,000 offers, 1,500 needs), with commas.
    #[arg(long, default_value = "1,10", value_delimiter = ',')]
    scale: Vec<u32>,
    /// How often each page is asked for.
    #[arg(long, default_value_t = 60)]
    times: usize,
    /// How many offers the long list has, of which the restricted viewer sees one in a thousand; 0 leaves it out.
    #[arg(long, default_value_t = 100_000)]
    list: u32,
}

/// Measures and prints.
///
/// # Errors
/// If an option is wrong, or the database or a page fails.
pub(crate) fn run(options: &[&str]) -> Result<(), String> {
    let parsed = Options::try_parse_from(options).map_err(|error| error.to_string())?;
    on_engines("web", options, &parsed.engines, measure(&parsed))
}

async fn measure(options: &Options) -> Outcome<()> {
    println!("{}", report::machine());
    db::watch(|sql, values, took| {
        let mut slowest = SLOWEST.lock().unwrap_or_else(PoisonError::into_inner);
        if took > slowest.took {
            *slowest = Slowest { took, sql: sql.to_owned(), values: values.to_vec() };
        }
    });
    for engine in options.engines.each().iter().copied() {
        for scale in &options.scale {
            pages(engine, *scale, options.times).await?;
        }
        if options.list > 0 {
            long_list(engine, options.list, options.times).await?;
        }
    }
    Ok(())
}

/// A query that took long.
struct Slowest {
    took: Duration,
    sql: String,
    values: Vec<Value>,
}

impl Slowest {
    const NONE: Self = Self { took: Duration::ZERO, sql: String::new(), values: Vec::new() };

    fn take() -> Self {
        std::mem::replace(&mut *SLOWEST.lock().unwrap_or_else(PoisonError::into_inner), Self::NONE)
    }
}

static SLOWEST: Mutex<Slowest> = Mutex::new(Slowest::NONE);

async fn open(scratch: &Scratch) -> Outcome<App> {
    let clock = Arc::new(FakeClock::at("2026-09-16T12:00:00Z"));
    let ledger = Ledger::open(&scratch.0.db, seal_key(), clock.clone()).await?;
    Ok(App::new(scratch.0.db.clone(), Some(ledger), clock, Arc::new(FakeChance::default())))
}

fn operator() -> Actor {
    Actor::new(Viewer::operator("bench"), "a benchmark")
}

async fn import(app: &App, files: Vec<(&'static str, String)>) -> Outcome<()> {
    let sources = files.into_iter().map(|(name, text)| Source { name: name.into(), bytes: text.into_bytes() });
    let imported = app.import_mission(sources.collect(), &operator(), false).await?;
    imported.issues.first().map_or(Ok(()), |issue| Err(issue.to_string().into()))
}

/// A mission of about the real magnitudes, times `scale`.
fn mission(scale: u32) -> Vec<(&'static str, String)> {
    let (items, offers, needs) = (10_000 * scale, 2_000 * scale, 1_500 * scale);
    let nations = ["JPN", "DEU", "POL", "NOR", "LTU", "CAN", "ITA", "NLD", "BEL", "SWE"];
    let mut parties = String::from("code,name,kind,country,parent,source,fictional\nUKR,Ukraine,nation,UKR,,ISO,no\n");
    let mut taking = String::from("code,party,scope,caveats,note,source,fictional\n");
    let mut steps = String::from("participation,step,state,on,statement,by,reason,source,fictional\n");
    for nation in nations {
        let _ = writeln!(parties, "{nation},Nation {nation},nation,{nation},,ISO,no");
        let _ = writeln!(taking, "P-{nation},{nation},support,,,bench,yes");
        for (n, state) in ["declared", "invited", "accepted", "active"].iter().enumerate() {
            let _ = writeln!(steps, "P-{nation},{},{state},2025,,Mission,bench,bench,yes", n + 1);
        }
    }
    for n in 0..40 {
        let _ = writeln!(parties, "U-{n},Unit {n},unit,UKR,UKR,bench,yes");
    }
    let mut catalogue = String::from(
        "code,name,kind,nsn,supply_class,purpose,unit_of_issue,mass_kg,volume_m3,un_number,hazard_class,tracking,source,fictional\n",
    );
    let mut resources = String::from("code,item,state,source,fictional\n");
    for n in 0..items {
        let purpose = ["mobility", "medical", "protection", "engineering", "demining"][n as usize % 5];
        let _ = writeln!(catalogue, "I{n},Item {n},materiel,,II,{purpose},each,{},,,,quantity,bench,yes", 1 + n % 900);
        let _ = writeln!(resources, "I{n},I{n},serviceable,bench,yes");
    }
    let mut places = String::from(
        "code,name,kind,country,unlocode,latitude,longitude,handling_t,storage_t,operator,source,fictional\n",
    );
    let mut lanes = String::from("code,from,to,mode,transit_days,capacity_t,cost_per_t,forbids,source,fictional\n");
    for n in 0..200 {
        let kind = ["depot", "hub", "port", "delivery"][n % 4];
        let _ = writeln!(places, "L{n},Place {n},{kind},POL,,{},{},400,,,bench,yes", 45 + n % 12, 5 + n % 25);
        for step in [1, 7, 31] {
            let _ = writeln!(lanes, "L{n}.{step},L{n},L{},road,{},200,2,,bench,yes", (n + step) % 200, 1 + step % 5);
        }
    }
    let mut given = String::from(
        "code,donor,kind,resource,quantity,place,available_from,caveats,fund,earmark,terms,state,state_reason,value,value_currency,value_method,value_date,statement,note,releasable_to,source,fictional\n",
    );
    for n in 0..offers {
        let (donor, label) = (nations[n as usize % 10], ["owner", "participants", "UKR"][n as usize % 3]);
        let _ = writeln!(
            given,
            "O{n},{donor},goods,I{},{},L{},2026-09-20,,,,,committed,,,,,,,,{label},bench,yes",
            n % items,
            10 + n % 500,
            n % 200
        );
    }
    let mut wanted = String::from(
        "code,unit,place,purpose,quantity,priority,due,expires,state,state_reason,justification,source,fictional\n",
    );
    let mut accepts = String::from("requirement,resource,utility,source,fictional\n");
    for n in 0..needs {
        let purpose = ["mobility", "medical", "protection", "engineering", "demining"][n as usize % 5];
        let _ = writeln!(
            wanted,
            "R{n},U-{},L{},{purpose},{},{},2026-11-30,2027-01-31,validated,,,bench,yes",
            n % 40,
            3 + 4 * (n % 49),
            5 + n % 200,
            1 + n % 90
        );
        let _ = writeln!(accepts, "R{n},I{},1,bench,yes", n % items);
    }
    let head = "code,name,recipient,start,period_days,periods,currency,cost_weight,description,source,fictional\n";
    vec![
        ("mission.csv", format!("{head}BENCH,A mission,UKR,2026-09-07,7,26,EUR,0.01,,bench,yes\n")),
        ("parties.csv", parties),
        ("participations.csv", taking),
        ("participation_steps.csv", steps),
        ("items.csv", catalogue),
        ("resources.csv", resources),
        ("places.csv", places),
        ("lanes.csv", lanes),
        ("offers.csv", given),
        ("requirements.csv", wanted),
        ("requirement_accepts.csv", accepts),
    ]
}

const PAGES: &[&str] = &[
    "/",
    "/needs",
    "/needs?purpose=medical",
    "/offers",
    "/records/offers?donor=JPN&sort=-quantity",
    "/records/offers?q=item%209",
    "/records/offers/O1",
    "/records/requirements?sort=-priority",
    "/records/requirements/R4",
    "/records/items?q=777",
    "/catalogue",
    "/partners",
    "/places",
    "/records/lanes",
    "/movements",
    "/journal",
    "/search?q=Item%2012",
];

async fn pages(engine: Engine, scale: u32, times: usize) -> Outcome<()> {
    let scratch = Scratch::new(engine).await;
    let app = open(&scratch).await?;
    let began = Instant::now();
    import(&app, mission(scale)).await?;
    println!(
        "\n## {}, {scale} × the real magnitudes, imported in {:.1} s\n",
        engine.name(),
        began.elapsed().as_secs_f64()
    );
    analyse(&scratch).await?;
    let mut cookies = Vec::new();
    for (name, party, role) in [("all", "UKR", Role::Coordinator), ("donor", "JPN", Role::DonorLiaison)] {
        let account = Account { name: name.into(), party: party.into(), roles: [role].into(), disabled: false };
        let password = app.put_user(&account, None, &operator()).await?.unwrap_or_default();
        cookies.push(format!(
            "muster_session={}",
            app.sign_in(name, &password).await?.map_err(|refused| format!("{refused:?}"))?
        ));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(muster_web::serve(app, listener, muster_web::Surroundings::default(), async move {
        drop(stopped.await)
    }));
    println!("| page | first, ms | coordinator: median, ms | 99 of 100, ms | donor: median, ms | 99 of 100, ms | kB |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    let mut client = BufReader::new(TcpStream::connect(address).await?);
    let mut slowest = (Slowest::NONE, "");
    for page in PAGES {
        let mut cells = Vec::new();
        let (mut first, mut size) = (0.0, 0);
        for (n, cookie) in cookies.iter().enumerate() {
            let mut taken = Vec::with_capacity(times);
            for time in 0..=times {
                let began = Instant::now();
                size = get(&mut client, page, cookie).await?;
                let took = began.elapsed();
                match time {
                    0 => {
                        first = if n == 0 { took.as_secs_f64() * 1e3 } else { first };
                        // What is read once for as long as nothing changes is not what a page usually costs.
                        Slowest::take();
                    }
                    _ => taken.push(took),
                }
            }
            cells.push(spread(taken));
            let took = Slowest::take();
            if took.took > slowest.0.took {
                slowest = (took, page);
            }
        }
        println!(
            "| {page} | {first:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {} |",
            cells[0].0,
            cells[0].1,
            cells[1].0,
            cells[1].1,
            size / 1_000
        );
    }
    drop(client);
    drop(stop);
    serving.await??;
    let (Slowest { took, sql, values }, page) = slowest;
    println!("\nThe slowest query once all is warm took {:.1} ms, for {page}:\n\n```\n{sql}", took.as_secs_f64() * 1e3);
    for line in scratch.0.db.read().await?.explain(&sql, values).await? {
        println!("    {line}");
    }
    println!("```");
    scratch.remove().await
}

/// What PostgreSQL's server does by itself every minute or so, and an import has just made necessary; now, so that it is not left to chance.
async fn analyse(scratch: &Scratch) -> Outcome<()> {
    if scratch.0.db.engine() == Engine::Postgres {
        scratch.0.db.connect().await?.run("VACUUM ANALYZE").await?;
    }
    Ok(())
}

/// Median and 99 of 100, in milliseconds.
fn spread(mut taken: Vec<Duration>) -> (f64, f64) {
    taken.sort();
    let at = |share: f64| {
        let n = ((taken.len() as f64 * share) as usize).min(taken.len().saturating_sub(1));
        taken.get(n).map_or(0.0, Duration::as_secs_f64) * 1e3
    };
    (at(0.5), at(0.99))
}

/// Asks for a page on a connection that stays open, and tells its size.
async fn get(client: &mut BufReader<TcpStream>, page: &str, cookie: &str) -> Outcome<usize> {
    let request = format!("GET {page} HTTP/1.1\r\nhost: localhost\r\ncookie: {cookie}\r\n\r\n");
    client.get_mut().write_all(request.as_bytes()).await?;
    let (mut length, mut line) = (0, String::new());
    client.read_line(&mut line).await?;
    if !line.contains(" 200 ") {
        return Err(format!("{page} answers {line}").into());
    }
    loop {
        line.clear();
        client.read_line(&mut line).await?;
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    client.read_exact(&mut body).await?;
    Ok(length)
}

/// A list of many offers, for somebody who sees all and for somebody who sees one in a thousand.
async fn long_list(engine: Engine, count: u32, times: usize) -> Outcome<()> {
    let scratch = Scratch::new(engine).await;
    let app = open(&scratch).await?;
    import(&app, mission(1)).await?;
    let mut begun = 0;
    while begun < count {
        let mut rows = String::from(
            "code,donor,kind,resource,quantity,place,available_from,caveats,fund,earmark,terms,state,state_reason,value,value_currency,value_method,value_date,statement,note,releasable_to,source,fictional\n",
        );
        let until = (begun + 100_000).min(count);
        for n in begun..until {
            let donor = if n % 1_000 == 0 { "JPN" } else { "DEU" };
            let _ = writeln!(
                rows,
                "X{n:08},{donor},goods,I{},10,L1,2026-09-20,,,,,pledged,,,,,,,,owner,bench,yes",
                n % 10_000
            );
        }
        import(&app, vec![("offers.csv", rows)]).await?;
        begun = until;
    }
    analyse(&scratch).await?;
    let picture = app.picture(&Viewer::operator("bench")).await?;
    let donor = muster_domain::code::Code::new("JPN").map_err(|right| right.to_string())?;
    let restricted = Viewer::member("donor".into(), donor, [Role::DonorLiaison].into(), &picture);
    println!("\n## {}, a list of 25 among {count} offers, with their number up to 10,000\n", engine.name());
    println!("| viewer | page | median, ms | 99 of 100, ms |\n| --- | --- | ---: | ---: |");
    for (who, viewer) in [("sees everything", Viewer::operator("bench")), ("sees 1 in 1,000", restricted)] {
        for (what, after) in [("first", None), ("from the middle", Some((String::new(), format!("X{:08}", count / 2))))]
        {
            let query = list::Query { sheet: "offers".into(), limit: 25, after, ..list::Query::default() };
            let mut taken = Vec::new();
            for _ in 0..times {
                let began = Instant::now();
                // As the list's page asks: its rows, and how many there are, up to a limit.
                let rows = app.page(&viewer, &query).await?;
                app.count(&viewer, &query).await?;
                taken.push(began.elapsed());
                if rows.len() != 25 {
                    return Err(format!("a page of {} rows", rows.len()).into());
                }
            }
            let (median, most) = spread(taken);
            println!("| {who} | {what} | {median:.2} | {most:.2} |");
        }
    }
    scratch.remove().await
}

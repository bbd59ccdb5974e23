//! `muster demo`: the demonstration mission, told in a minute's read, and its page.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::{ToSpan, civil::Date};
use muster_app::{
    App,
    demonstration::{Posted, Stage},
    interchange::mission::{self, Source},
    overview::Overview,
    plan::Ask,
    report::{By, Report as Drawn},
    start_of,
    user::Account,
};
use muster_domain::{clock::Clock, message, role::Role};
use muster_web::Surroundings;

use crate::{
    Failure,
    args::{Demo, Place},
    open, output, plan,
    play::{Play, clock::StoryClock},
    report, serve,
};

/// A file of the demonstration mission.
macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../../demo/mission/", $name)).as_slice())),+]
    };
}

/// The demonstration mission, as `demo/mission` holds it.
const FILES: &[(&str, &[u8])] = files![
    "mission.csv",
    "parties.csv",
    "statements.csv",
    "caveats.csv",
    "participations.csv",
    "participation_steps.csv",
    "items.csv",
    "substitutes.csv",
    "resources.csv",
    "places.csv",
    "lanes.csv",
    "lane_closures.csv",
    "funds.csv",
    "pools.csv",
    "place_blocks.csv",
    "processes.csv",
    "process_needs.csv",
    "process_holds.csv",
    "courses.csv",
    "course_objectives.csv",
    "course_needs.csv",
    "instructors.csv",
    "serials.csv",
    "serial_uses.csv",
    "serial_instructors.csv",
    "serial_quotas.csv",
    "offers.csv",
    "requirements.csv",
    "requirement_accepts.csv",
    "packages.csv",
    "package_components.csv",
    "delivery_terms.csv",
    "announcements.csv",
];

/// Starts the demonstration mission, tells about it, and serves its page.
pub(crate) async fn run(place: &Place, demo: &Demo) -> Result<(), Failure> {
    let listener = if demo.no_serve { None } else { Some(serve::bind(demo.listen).await?) };
    let app = open::making(place).await?;
    let is_new = app.picture(&open::viewer(place)).await?.mission().is_none();
    if !is_new && app.demonstration().await? == Stage::Begun {
        return Err(Failure::Told(message!("demonstration-interrupted")));
    }
    let is_whole = !is_new || start(place, demo).await?;
    // What it knows was read before the mission was there.
    let app = open::making(place).await?;
    let signs = sign_ins(&app, place).await?;
    tell(&*app.overview(&open::viewer(place)).await?, &app, place).await?;
    let Some(listener) = listener else { return if is_whole { Ok(()) } else { Err(Failure::Printed) } };
    output::line(&format!(
        "\nThe same as a page: http://{}/ – stop with Ctrl-C.",
        serve::address(&listener, demo.listen)
    ));
    if !signs.is_empty() {
        output::line("\nSign in there as somebody (the passwords are new with each demonstration):");
        for (name, password, what) in signs {
            output::line(&format!("  {name:<12} {password}   {what}"));
        }
    }
    serve::pages(app, listener, false, demo.api).await?;
    if is_whole { Ok(()) } else { Err(Failure::Printed) }
}

/// Who takes part in the demonstration: name, party, roles, and what they do there.
const PEOPLE: &[(&str, &str, &[Role], &str)] = &[
    ("coordinator", "NSATU", &[Role::Coordinator], "the mission's coordinator: plans, accepts, sees everything"),
    ("japan", "JPN", &[Role::DonorLiaison], "Japan's liaison officer: offers and caveats of Japan"),
    ("poland", "POL", &[Role::DonorLiaison], "Poland's liaison officer"),
    ("ukraine", "UKR", &[Role::RequirementsOfficer], "the recipient's requirements officer"),
    ("repair", "NSATU", &[Role::RepairManager], "the mission's repair manager: decides where it is repaired"),
    ("works", "WKS-1", &[Role::RepairFacility], "a repair facility"),
    (
        "training",
        "NSATU",
        &[Role::TrainingCoordinator],
        "the mission's training coordinator: serials, vetting, timetables",
    ),
    ("school", "TRN-1", &[Role::TrainingFacility], "a training facility"),
    ("movement", "NSATU", &[Role::MovementPlanner], "the mission's movement planner"),
    ("hub", "OP-WEST", &[Role::HubOperator], "operator of a hub"),
    ("fund", "NSATU", &[Role::FundManager], "keeps the funds: payments"),
    ("auditor", "NATO", &[Role::Auditor], "an auditor: sees everything, changes nothing"),
    ("admin", "NSATU", &[Role::Administrator], "the administrator: accounts and rights"),
];

/// Makes the demonstration's accounts the first time, and gives all of them new passwords: name, password, what they do.
async fn sign_ins(app: &App, place: &Place) -> Result<Vec<(&'static str, String, &'static str)>, Failure> {
    let actor = open::actor(place, "accounts of the demonstration");
    let mut signs = Vec::new();
    for (name, party, roles, what) in PEOPLE {
        let account = Account {
            name: (*name).to_owned(),
            party: (*party).to_owned(),
            roles: roles.iter().copied().collect(),
            disabled: false,
        };
        let secret = match app.put_user(&account, None, &actor).await? {
            Some(secret) => secret,
            None => app.reset_password(name, &actor).await?,
        };
        signs.push((*name, secret, *what));
    }
    Ok(signs)
}

/// Imports the mission, plans it from its first day, accepts the plan, and plays what would have happened since, all by a clock that goes
/// along: who looks at the demonstration as it was known in a week sees what was known then. Gives whether all of it went well; if only the
/// play did not, that is told, and the rest is there to look at.
async fn start(place: &Place, demo: &Demo) -> Result<bool, Failure> {
    let limit = Duration::try_from_secs_f64(demo.time_limit)
        .map_err(|_| Failure::Unreadable(message!("time-limit", given = demo.time_limit.to_string())))?;
    let sources =
        || FILES.iter().map(|(name, bytes)| Source { name: (*name).to_owned(), bytes: bytes.to_vec() }).collect();
    let begins = mission::read(sources()).picture.mission().map(|mission| mission.start).unwrap_or_default();
    let clock = Arc::new(StoryClock::new(start_of(begins), open::MachineClock.now()));
    let app = open::making_at(place, clock.clone()).await?;
    let actor = open::actor(place, "start of the demonstration");
    app.demonstration_begins(&actor).await?;
    let imported = app.import_mission(sources(), &actor, false).await?;
    if let Some(issue) = imported.issues.first() {
        return Err(Failure::Told(message!("demonstration-faulty", said = issue.told_message())));
    }
    output::remark(&format!("Imported {} records. Planning …", imported.changes.len()));
    let ask = Ask { from: Some(begins), gap: 0.001, time_limit: limit, seed: 1, keep: None };
    let shown = app.plan_run(ask, &open::actor(place, "the demonstration's plan"), plan::progress()).await?;
    let code = shown.stored.plan.code.to_string();
    app.plan_accept(&code, &open::actor(place, "the demonstration's plan")).await?;
    match play(&app, &clock, place, &code, demo).await {
        Ok(()) => {
            app.demonstration_ends(&open::actor(place, "all of the demonstration was played")).await?;
            Ok(true)
        }
        Err(failure) => {
            let said = match &failure {
                Failure::Told(said) | Failure::Unreadable(said) => muster_web::words(said),
                Failure::Printed => String::new(),
            };
            output::error(&muster_web::words(&message!("demonstration-half-told", said)));
            Ok(false)
        }
    }
}

/// The first weeks as they might have gone. What leaves before the weeks that are played is posted as it was planned, week by week: to play
/// all of it would take minutes.
async fn play(app: &App, clock: &Arc<StoryClock>, place: &Place, plan: &str, demo: &Demo) -> Result<(), Failure> {
    let picture = app.picture(&open::viewer(place)).await?;
    let Some(mission) = picture.mission() else { return Ok(()) };
    let from = mission.day_of(if demo.play { 0 } else { PLAYED_FROM });
    let until = mission.day_of(PLAYED_PERIODS);
    let actor = open::actor(place, "the demonstration's first weeks, invented");
    let passwords: BTreeMap<String, String> =
        sign_ins(app, place).await?.into_iter().map(|(name, password, _)| (name.to_owned(), password)).collect();
    let around = Surroundings { api_rate: demo.api.api_rate, ..Surroundings::default() };
    let mut posted =
        if demo.play { Posted::default() } else { app.post_as_planned(plan, start_of(from), &actor).await? };
    let named = posted.named.clone();
    let chance = Arc::new(open::MachineChance);
    let mut play = Play::begin(app.clone(), around, clock.clone(), chance, passwords, named).await?;
    let told = async {
        let days = mission
            .start
            .series(1.day())
            .take_while(|day: &Date| *day <= until && start_of(*day) <= open::MachineClock.now());
        for (number, day) in days.enumerate() {
            clock.set(start_of(day));
            let begins_period = mission.day_of(mission.period_of(day)) == day;
            if !demo.play && begins_period {
                posted.steps += app.post_as_planned(plan, start_of(from), &actor).await?.steps;
            }
            if day >= from {
                muster_web::keep_time(app).await?;
                play.day(day, number).await?;
            }
            if begins_period {
                output::remark(&format!("Played until {day} …"));
            }
        }
        play.end().await?;
        let mut checked = play.check().await?;
        // What is taught and repaired goes on a little.
        for day in until.series(1.day()).skip(1).take(AFTERWARDS) {
            if start_of(day) <= open::MachineClock.now() {
                play.afterwards(day).await?;
            }
        }
        checked.refused = play.refused().to_vec();
        Ok::<_, Failure>(checked)
    }
    .await;
    let left = play.leave().await;
    let checked = told?;
    left?;
    let posted = posted.steps;
    if posted > 0 {
        let week = PLAYED_FROM + 1;
        output::line(&format!("What left before week {week} was posted as it was planned: {posted} steps."));
    }
    checked.tell();
    Ok(())
}

/// Days after them on which only what is taught and repaired goes on.
const AFTERWARDS: usize = 9;
/// How many periods of the plan the demonstration plays.
const PLAYED_PERIODS: i64 = 8;

/// What leaves from this period on is played by people, unless all of it is.
const PLAYED_FROM: i64 = 6;

async fn tell(overview: &Overview, app: &App, place: &Place) -> Result<(), Failure> {
    let (period, periods) = overview.period;
    output::line(&format!("\n{}", overview.mission));
    if overview.fictional {
        output::line(
            "Quantities, units, hubs and delivery points are made up; nations, ports and statements are real (demo/mission/README.md).",
        );
    }
    output::line(&format!(
        "Week {period} of {periods} · {} donor nations · {} offers, {} of them committed · {} needs\n",
        overview.donors, overview.offers.0, overview.offers.1, overview.needs
    ));
    output::line("Needed, offered, planned, moved and received, in tonnes:");
    report::tell(&Drawn { as_of: None, known: None, rows: overview.purposes.clone() }, By::Purpose);
    for money in &overview.money {
        let amount = |minor| output::money(minor, money.places);
        output::line(&format!(
            "Money: {} {} promised, {} received, {} of that set aside and {} paid.",
            amount(money.promised),
            money.currency,
            amount(money.received),
            amount(money.set_aside),
            amount(money.paid)
        ));
    }
    let picture = app.picture(&open::viewer(place)).await?;
    if let (Some(shown), Some(mission)) = (&overview.plan, picture.mission()) {
        output::line(&format!("\nPlan {}, {}:", shown.stored.plan.code, shown.stored.state));
        plan::figures(mission, &shown.summary);
    }
    let unmet: Vec<_> =
        overview.rows.iter().filter(|row| !row.lacking.is_empty() && row.report.planned.units == 0).collect();
    if !unmet.is_empty() {
        output::line(&format!("\nNot met at all ({}):", unmet.len()));
        for row in unmet.iter().take(6) {
            let (units, unit) = (output::whole(row.report.needed.units), &row.unit);
            output::line(&format!(
                "  {} {}, {units} {unit} at {}: {}",
                row.report.code,
                output::short(&row.report.name, 40),
                row.place,
                row.lacking
                    .iter()
                    .flat_map(|lacking| muster_web::why(&picture, lacking))
                    .collect::<Vec<_>>()
                    .join("; ")
            ));
        }
    }
    let (entries, blocks) = overview.journal.unwrap_or_default();
    output::line(&format!(
        "\nThe ledger holds {} entries in {} sealed blocks.",
        output::whole(entries),
        output::whole(blocks)
    ));
    Ok(())
}

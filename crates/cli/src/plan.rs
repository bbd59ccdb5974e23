//! `muster plan …`.

use std::{
    collections::BTreeMap,
    fmt::Display,
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Subcommand;
use jiff::civil::Date;
use muster_app::{
    App,
    observed::Observed,
    plan::{Ask, Shown, fate::Fates, summary::Summary},
    planner::{
        self,
        instance::Instance,
        plan::{Flow, Leg, Plan},
        robust::Rates,
        solve::{Options, Progress, Status, solve},
    },
};
use muster_domain::{message, mission::Mission, picture::Picture};
use serde_json::json;

use crate::{
    Failure, advice,
    args::{Format, Place, Solving, WhatIf},
    open::{self, unreadable},
    output, replan, what_if,
};

/// What can be done with plans.
#[derive(Debug, Subcommand)]
pub(crate) enum PlanCommand {
    /// Solve an instance in a file; no database is used
    Solve {
        /// Instance in the format assistance-plan/1
        instance: PathBuf,
        /// File for the plan
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        solving: Solving,
    },
    /// How long repairs and courses took, beside how long plans say that they take
    Observed {
        /// From now on plans count with what was observed of this process
        #[arg(long, value_name = "PROCESS")]
        accept: Option<String>,
        /// Why, for the record
        #[arg(long, default_value = "as observed")]
        reason: String,
    },
    /// Check a plan in a file against its instance; no database is used
    Check {
        /// Instance in the format assistance-plan/1
        instance: PathBuf,
        /// Plan in the format assistance-plan-result/1
        plan: PathBuf,
    },
    /// Make a plan from the mission and store it
    Run {
        /// First day on which anything may move [default: today, or the mission's start]
        #[arg(long, value_parser = crate::args::day)]
        from: Option<Date>,
        /// In the place of what accepted plans promised and has not begun, from the period on in which the first day lies
        #[arg(long)]
        replan: bool,
        /// A promised line changes only if that gains so much, as a share of what a promised line is worth on average
        #[arg(long, default_value_t = muster_app::plan::promise::KEEP, requires = "replan", value_name = "PRICE")]
        keep: f64,
        #[command(flatten)]
        solving: Solving,
        /// How results are printed
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// List the plans
    List,
    /// Show a plan [default: the newest accepted, or the newest]
    Show {
        /// Its code
        code: Option<String>,
        /// Show each line, too
        #[arg(long)]
        lines: bool,
        /// How results are printed
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Tell why needs stay unmet by a plan or are met late: what stands in the way, with figures
    Why {
        /// Its code [default: the newest accepted, or the newest]
        code: Option<String>,
        /// Only this need
        #[arg(long)]
        need: Option<String>,
        /// How results are printed
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Tell what to ask donors and hosts for: what more of something would gain
    Ask {
        /// Its code [default: the newest accepted, or the newest]
        code: Option<String>,
        /// Solve again with each of the first so many requests, and only tell of these
        #[arg(long)]
        verify: Option<usize>,
        /// Most seconds for each of them
        #[arg(long, default_value_t = 10.0)]
        time_limit: f64,
        /// How results are printed
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Tell the chance that each need gets what is planned, when journeys take longer and goods are lost
    Robust {
        /// Its code [default: the newest accepted, or the newest]
        code: Option<String>,
        /// Chance that a departure, repair or course takes a period longer than planned
        #[arg(long, default_value_t = 0.1)]
        delay: f64,
        /// Chance of each further period, once it is late
        #[arg(long, default_value_t = 0.3)]
        longer: f64,
        /// Chance that a line is lost on one of its legs
        #[arg(long, default_value_t = 0.005)]
        loss: f64,
        /// Number of samples
        #[arg(long, default_value_t = 1000)]
        samples: u32,
        /// Seed of all chance
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How results are printed
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Solve a plan's inputs again with something otherwise, and set both beside each other; nothing is stored
    WhatIf(WhatIf),
    /// Write a plan's instance and result into files
    Export {
        /// Its code
        code: String,
        /// File for the instance
        #[arg(long)]
        instance: PathBuf,
        /// File for the result
        #[arg(long)]
        result: PathBuf,
    },
    /// Accept a plan: its lines become allocations and pending entries
    Accept {
        /// Its code
        code: String,
        /// Why, for the record
        #[arg(long, default_value = "the plan was accepted")]
        reason: String,
    },
}

/// Carries a command out.
pub(crate) async fn run(place: &Place, command: &PlanCommand) -> Result<(), Failure> {
    match command {
        PlanCommand::Solve { instance, out, solving } => solve_file(instance, out, solving),
        PlanCommand::Check { instance, plan } => check_file(instance, plan),
        PlanCommand::Observed { accept, reason } => observed(place, accept.as_deref(), reason).await,
        PlanCommand::Run { from, replan, keep, solving, format } => {
            let app = open::writing(place).await?;
            let (limit, keep) = (seconds(solving.time_limit)?, replan.then_some(*keep));
            let ask = Ask { from: *from, gap: solving.gap, time_limit: limit, seed: solving.seed, keep };
            let shown = app.plan_run(ask, &open::actor(place, "a plan was asked for"), progress()).await?;
            told(&app, place, &shown, false, *format).await
        }
        PlanCommand::List => list(place).await,
        PlanCommand::Show { code, lines, format } => {
            let app = open::reading(place).await?;
            let shown = app.plan(&open::viewer(place), code.as_deref()).await?;
            told(&app, place, &shown, *lines, *format).await
        }
        PlanCommand::Why { code, need, format } => advice::why(place, code.as_deref(), need.as_deref(), *format).await,
        PlanCommand::Ask { code, verify, time_limit, format } => {
            advice::ask(place, code.as_deref(), *verify, *time_limit, *format).await
        }
        PlanCommand::Robust { code, delay, longer, loss, samples, seed, format } => {
            let rates = Rates { delay: *delay, longer: *longer, loss: *loss, samples: *samples, seed: *seed };
            advice::robust(place, code.as_deref(), rates, *format).await
        }
        PlanCommand::WhatIf(question) => what_if::run(place, question).await,
        PlanCommand::Export { code, instance, result } => {
            let shown = open::reading(place).await?.plan(&open::viewer(place), Some(code)).await?;
            let plan = &shown.stored.plan;
            for (file, text) in [(instance, &plan.instance), (result, &plan.result)] {
                fs::write(file, text).map_err(|error| unreadable(file, &error))?;
            }
            output::line(&format!("Wrote plan {code} to {} and {}.", instance.display(), result.display()));
            Ok(())
        }
        PlanCommand::Accept { code, reason } => {
            let app = open::writing(place).await?;
            let accepted = app.plan_accept(code, &open::actor(place, reason)).await?;
            output::line(&format!(
                "Plan {code} is accepted: {} allocations, {} pending entries.",
                accepted.allocations, accepted.entries
            ));
            if accepted.kept + accepted.taken_back > 0 {
                let (kept, taken_back) = (accepted.kept, accepted.taken_back);
                output::line(&format!("Of the promised lines {kept} stay as they are, {taken_back} are taken back."));
            }
            Ok(())
        }
    }
}

pub(crate) fn seconds(limit: f64) -> Result<Duration, Failure> {
    Duration::try_from_secs_f64(limit)
        .map_err(|_| Failure::Unreadable(message!("time-limit", given = limit.to_string())))
}

pub(crate) fn read(path: &Path, most: usize) -> Result<Vec<u8>, Failure> {
    let size = fs::metadata(path).map_err(|error| unreadable(path, &error))?.len();
    if size > most as u64 {
        return Err(Failure::Unreadable(message!("file-of-more", path = open::shown(path), most)));
    }
    fs::read(path).map_err(|error| unreadable(path, &error))
}

/// Prints what is wrong in a file.
pub(crate) fn faults(path: &Path, faults: &[impl Display]) -> Failure {
    for fault in faults.iter().take(1_000) {
        output::remark(&format!("{}: {fault}", path.display()));
    }
    Failure::Unreadable(message!("file-with-faults", path = open::shown(path), count = faults.len()))
}

fn solve_file(path: &Path, out: &Path, solving: &Solving) -> Result<(), Failure> {
    let instance = Instance::parse(&read(path, planner::instance::MAX_BYTES)?).map_err(|found| faults(path, &found))?;
    let options = Options { gap: solving.gap, time_limit: seconds(solving.time_limit)?, seed: solving.seed };
    let outcome = solve(&instance, &options, &mut progress());
    fs::write(out, outcome.plan.to_json()).map_err(|error| unreadable(out, &error))?;
    let status = match outcome.status {
        Status::Optimal => "optimal",
        Status::Feasible => "feasible",
        Status::Stopped => "stopped",
    };
    let line = json!({
        "objective": outcome.objective,
        "bound": outcome.bound,
        "gap": outcome.gap,
        "status": status,
        "seconds": (outcome.seconds * 1_000.0).round() / 1_000.0,
        "first_come": outcome.first_come,
    });
    output::line(&line.to_string());
    Ok(())
}

fn check_file(instance_path: &Path, plan_path: &Path) -> Result<(), Failure> {
    let most = planner::instance::MAX_BYTES;
    let instance = Instance::parse(&read(instance_path, most)?).map_err(|found| faults(instance_path, &found))?;
    let plan = Plan::parse(&read(plan_path, most)?).map_err(|found| faults(plan_path, &found))?;
    let verdict = planner::check(&instance, &plan);
    for fault in &verdict.faults {
        output::remark(fault);
    }
    let line = json!({ "objective": verdict.objective, "value": verdict.value, "cost": verdict.cost, "faults": verdict.faults.len() });
    output::line(&line.to_string());
    if verdict.faults.is_empty() { Ok(()) } else { Err(Failure::Printed) }
}

/// Tells on standard error how far the solver is, at most every two seconds.
pub(crate) fn progress() -> impl FnMut(&Progress) -> ControlFlow<()> + Send + 'static {
    let mut told = 0.0;
    move |progress: &Progress| {
        if progress.seconds - told >= 2.0 {
            told = progress.seconds;
            let figure = |n: Option<f64>| n.map_or_else(|| "–".to_owned(), output::rounded);
            let (best, bound) = (figure(progress.objective), figure(progress.bound));
            output::remark(&format!(
                "{:5.0} s  best {best}  bound {bound}  {} paths",
                progress.seconds, progress.columns
            ));
        }
        ControlFlow::Continue(())
    }
}

async fn list(place: &Place) -> Result<(), Failure> {
    let plans = open::reading(place).await?.plans(&open::viewer(place)).await?;
    if plans.is_empty() {
        output::line("There is no plan yet. Make one: muster plan run");
    }
    let row = |p: &Shown| {
        let plan = &p.stored.plan;
        let gap = format!("{:.2} %", 100.0 * p.summary.gap);
        let cells =
            [plan.code.to_string(), p.stored.state.to_string(), plan.created_at.to_string(), plan.actor.clone()];
        cells.into_iter().chain([output::rounded(p.summary.objective), gap, p.summary.status.clone()]).collect()
    };
    let headings = [
        ("plan", false),
        ("state", false),
        ("made", false),
        ("by", false),
        ("objective", true),
        ("gap", true),
        ("status", false),
    ];
    output::table(&headings, &plans.iter().map(row).collect::<Vec<Vec<String>>>());
    Ok(())
}

async fn told(app: &App, place: &Place, shown: &Shown, lines: bool, format: Format) -> Result<(), Failure> {
    let viewer = open::viewer(place);
    let (picture, stored) = (app.picture(&viewer).await?, &shown.stored);
    let fates = app.plan_fates(&viewer, stored.plan.code.as_str()).await?;
    if format == Format::Json {
        let summary = serde_json::to_value(&shown.summary).expect("a summary can be written as JSON");
        let mut plan = json!({ "plan": stored.plan.code.as_str(), "state": stored.state.as_str(), "inputs": stored.plan.inputs, "summary": summary });
        if let Some(fates) = &fates {
            plan["differences"] = replan::json(fates);
        }
        output::line(&plan.to_string());
        return Ok(());
    }
    tell(&picture, shown, lines, fates.as_ref())?;
    if let Some((fates, counted)) = fates.zip(shown.summary.replan) {
        replan::tell(&picture, &fates, &counted);
    }
    Ok(())
}

fn tell(picture: &Picture, shown: &Shown, lines: bool, fates: Option<&Fates>) -> Result<(), Failure> {
    let stored = &shown.stored;
    output::line(&format!(
        "Plan {}, {}, made {} by {}.",
        stored.plan.code, stored.state, stored.plan.created_at, stored.plan.actor
    ));
    let Some(mission) = picture.mission() else { return Ok(()) };
    figures(mission, &shown.summary);
    if lines {
        let plan = shown.result()?;
        output::line("");
        let kept = fates.map_or_else(BTreeMap::new, Fates::kept_as);
        let own = (1..).zip(&plan.flows).filter(|(_, flow)| picture.offers.contains_key(&flow.offer));
        let rows: Vec<_> = own.map(|(n, flow)| line_of(mission, picture, n, flow, &kept)).collect();
        output::table(
            &[
                ("line", true),
                ("units", true),
                ("offer", false),
                ("donor", false),
                ("need", false),
                ("way", false),
                ("arrives", false),
                (if fates.is_some() { "stays as" } else { "" }, false),
            ],
            &rows,
        );
    }
    Ok(())
}

fn line_of(
    mission: &Mission,
    picture: &Picture,
    n: i64,
    flow: &Flow,
    kept: &BTreeMap<i64, Vec<String>>,
) -> Vec<String> {
    let need = flow.target.id().to_owned();
    let donor = picture.offers.get(&flow.offer).map_or_else(String::new, |offer| offer.donor.to_string());
    let arrives = mission.day_of(flow.arrive).to_string();
    let way = way(mission, flow);
    vec![
        n.to_string(),
        output::whole(flow.quantity),
        flow.offer.clone(),
        donor,
        need,
        way,
        arrives,
        kept.get(&n).map_or_else(String::new, |kept| kept.join(", ")),
    ]
}

/// The legs of a flow's way with their days.
pub(crate) fn way(mission: &Mission, flow: &Flow) -> String {
    let leg = |leg: &Leg| match leg {
        Leg::Lane { lane, depart } => format!("{lane} {}", mission.day_of(*depart)),
        Leg::Process { process, start } => format!("{process} {}", mission.day_of(*start)),
        Leg::Order { order } => format!("order {}", mission.day_of(*order)),
    };
    flow.path.iter().map(leg).collect::<Vec<_>>().join(", ")
}

/// Prints what a plan achieves and what limits it.
pub(crate) fn figures(mission: &Mission, s: &Summary) {
    let better = if s.first_come.objective > 0.0 { 100.0 * (s.objective / s.first_come.objective - 1.0) } else { 0.0 };
    let proof = match s.status.as_str() {
        "optimal" => "proven to be the best there is".to_owned(),
        status => format!("{status}; proven to be within {:.2} % of the best there is", 100.0 * s.gap),
    };
    output::line(&format!(
        "  {} of {} in value reaches its need in time ({}), at a transport, repair and training cost of {} {}",
        output::rounded(s.value),
        output::rounded(s.wanted),
        output::percent(s.value, s.wanted),
        output::rounded(s.cost),
        mission.currency.code()
    ));
    output::line(&format!(
        "  {proof} (objective {}, bound {}, {:.1} s)",
        output::rounded(s.objective),
        output::rounded(s.bound),
        s.seconds
    ));
    output::line(&format!(
        "  first come, first served would reach {} ({:+.0} % with the plan)",
        output::rounded(s.first_come.objective),
        better
    ));
    output::line(&format!(
        "  needs met in full {}, in part {}, not at all {} (first come, first served: {}, {}, {}); packages {} of {} sets (first come, first served: {})",
        s.needs.full,
        s.needs.part,
        s.needs.none,
        s.first_come.needs.full,
        s.first_come.needs.part,
        s.first_come.needs.none,
        s.sets.1,
        s.sets.0,
        s.first_come.sets
    ));
    output::line(&format!(
        "  {} t in {} lines, from {} on",
        output::rounded(s.tonnes),
        s.lines,
        mission.day_of(s.first_period as i64)
    ));
    if s.limits.is_empty() {
        return;
    }
    output::line("\nWhat limits it:");
    let row = |l: &muster_app::plan::summary::Limiting| {
        let used = format!("{} of {} {}", output::rounded(l.load), output::rounded(l.capacity), l.unit);
        vec![format!("  {}", l.name), weeks(&l.periods), used, format!("{:.1}", l.worth)]
    };
    let rows: Vec<_> = s.limits.iter().take(10).map(row).collect();
    output::table(&[("  where", false), ("weeks", false), ("used", true), ("worth of one more a week", true)], &rows);
    if s.limits.len() > 10 {
        output::line(&format!("  … and {} more", s.limits.len() - 10));
    }
}

/// Periods as people count them, from 1, runs with a dash.
fn weeks(periods: &[usize]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for period in periods {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *period => *last = *period,
            _ => runs.push((*period, *period)),
        }
    }
    let run = |(first, last): &(usize, usize)| {
        if first == last { format!("{}", first + 1) } else { format!("{}–{}", first + 1, last + 1) }
    };
    runs.iter().map(run).collect::<Vec<_>>().join(", ")
}

/// Tells how long repairs and courses took, or takes it over for one process.
async fn observed(place: &Place, accept: Option<&str>, reason: &str) -> Result<(), Failure> {
    let app = if accept.is_some() { open::writing(place).await? } else { open::reading(place).await? };
    let found = app.observed(&open::viewer(place)).await?;
    if let Some(process) = accept {
        let of = found.iter().find(|of| of.process.as_str() == process);
        let (days, share) = of.map(|of| (of.days(), of.share)).unwrap_or_default();
        app.observed_accept(process, (days, share), &open::actor(place, reason)).await?;
        let passes = share.map_or_else(String::new, |share| format!(", and that a share of {share} passes"));
        output::line(&format!("Plans count with {days} days of {process}{passes}."));
        return Ok(());
    }
    let row = |of: &Observed| {
        let half = format!("{:.1}", of.half.as_secs_f64() / 86_400.0);
        vec![of.process.to_string(), of.times.to_string(), half, of.planned.to_string()]
    };
    let headings = [("process", false), ("seen", true), ("half within, days", true), ("plans count with", true)];
    output::table(&headings, &found.iter().map(row).collect::<Vec<_>>());
    Ok(())
}

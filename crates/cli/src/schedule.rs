//! `muster schedule …`: files only, no database.

use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use clap::Subcommand;
use muster_domain::message;
use muster_scheduler::{
    Problem, Schedule, check,
    curriculum::{Curriculum, solve_curriculum},
    document::MAX_BYTES,
    schedule::Status,
    solve::{Limits, Progress, solve},
};
use serde_json::json;

use crate::{
    Failure,
    open::{self, unreadable},
    output,
    plan::{faults, read, seconds},
};

#[derive(Debug, Subcommand)]
pub(crate) enum ScheduleCommand {
    /// Schedule tasks that share resources, with a proven bound
    Solve {
        /// Problem in the format muster-schedule/1
        problem: PathBuf,
        /// File for the schedule [default: standard output]
        #[arg(long)]
        out: Option<PathBuf>,
        /// Stop after this many seconds
        #[arg(long, default_value_t = 60.0)]
        time_limit: f64,
        /// Seed of everything random
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Make a timetable of a curriculum in the format of ITC-2007, track 3 (.ctt)
    Timetable {
        /// The curriculum
        curriculum: PathBuf,
        /// File for the timetable [default: standard output]
        #[arg(long)]
        out: Option<PathBuf>,
        /// Stop after this many seconds
        #[arg(long, default_value_t = 60.0)]
        time_limit: f64,
        /// Seed of everything random
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Check a schedule against its problem
    Check {
        /// Problem in the format muster-schedule/1
        problem: PathBuf,
        /// Schedule in the format muster-schedule-result/1
        schedule: PathBuf,
    },
}

/// Carries a command out.
pub(crate) fn run(command: &ScheduleCommand) -> Result<(), Failure> {
    match command {
        ScheduleCommand::Solve { problem, out, time_limit, seed } => {
            let limits = Limits { time: seconds(*time_limit)?, work: None, seed: *seed };
            solve_file(problem, out.as_deref(), &limits)
        }
        ScheduleCommand::Timetable { curriculum, out, time_limit, seed } => {
            let limits = Limits { time: seconds(*time_limit)?, work: None, seed: *seed };
            timetable(curriculum, out.as_deref(), &limits)
        }
        ScheduleCommand::Check { problem, schedule } => check_file(problem, schedule),
    }
}

fn problem(path: &Path) -> Result<Problem, Failure> {
    Problem::parse(&read(path, MAX_BYTES)?).map_err(|found| faults(path, &found))
}

fn solve_file(path: &Path, out: Option<&Path>, limits: &Limits) -> Result<(), Failure> {
    let schedule = solve(&problem(path)?, limits, &mut progress());
    match out {
        None => output::line(&schedule.to_json()),
        Some(out) => {
            fs::write(out, schedule.to_json()).map_err(|error| unreadable(out, &error))?;
            let line = json!({
                "objective": schedule.objective,
                "bound": schedule.bound,
                "gap": schedule.gap,
                "status": schedule.status.as_str(),
                "seconds": schedule.seconds,
            });
            output::line(&line.to_string());
        }
    }
    match schedule.status {
        Status::Optimal | Status::Feasible => Ok(()),
        Status::Infeasible => Err(Failure::Told(message!("no-schedule", path = open::shown(path)))),
        Status::Stopped => Err(Failure::Told(message!("no-schedule-yet", path = open::shown(path)))),
    }
}

fn timetable(path: &Path, out: Option<&Path>, limits: &Limits) -> Result<(), Failure> {
    let bytes = read(path, MAX_BYTES)?;
    let curriculum = Curriculum::read(&String::from_utf8_lossy(&bytes)).map_err(|found| faults(path, &found))?;
    let outcome = solve_curriculum(&curriculum, limits, &mut progress()).map_err(|found| faults(path, &found))?;
    let Some((timetable, verdict)) = outcome.found else {
        return Err(Failure::Told(match outcome.status {
            Status::Infeasible => message!("no-schedule", path = open::shown(path)),
            _ => message!("no-schedule-yet", path = open::shown(path)),
        }));
    };
    match out {
        None => output::line(timetable.to_text().trim_end()),
        Some(out) => {
            fs::write(out, timetable.to_text()).map_err(|error| unreadable(out, &error))?;
            let line = json!({
                "cost": verdict.cost(),
                "room_capacity": verdict.room_capacity,
                "minimum_working_days": verdict.minimum_working_days,
                "curriculum_compactness": verdict.curriculum_compactness,
                "room_stability": verdict.room_stability,
                "seconds": outcome.seconds,
                "first_seconds": outcome.first_seconds,
            });
            output::line(&line.to_string());
        }
    }
    Ok(())
}

fn check_file(problem_path: &Path, schedule_path: &Path) -> Result<(), Failure> {
    let problem = problem(problem_path)?;
    let schedule = Schedule::parse(&read(schedule_path, MAX_BYTES)?).map_err(|found| faults(schedule_path, &found))?;
    let verdict = check(&problem, &schedule);
    for fault in &verdict.faults {
        output::remark(fault);
    }
    let line = json!({
        "objective": verdict.objective,
        "makespan": verdict.makespan,
        "weighted_tardiness": verdict.weighted_tardiness,
        "changes": verdict.changes,
        "faults": verdict.faults.len(),
    });
    output::line(&line.to_string());
    if verdict.faults.is_empty() { Ok(()) } else { Err(Failure::Printed) }
}

/// Tells on standard error how far the solver is, at most every two seconds.
fn progress() -> impl FnMut(&Progress) -> ControlFlow<()> {
    let mut told = 0.0;
    move |progress: &Progress| {
        if progress.seconds - told >= 2.0 {
            told = progress.seconds;
            let best = progress.objective.map_or_else(|| "–".to_owned(), output::whole);
            let bound = output::whole(progress.bound);
            output::remark(&format!("{:5.0} s  best {best}  bound {bound}", progress.seconds));
        }
        ControlFlow::Continue(())
    }
}

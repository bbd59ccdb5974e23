//! Schedules a file: `solve PROBLEM.json SECONDS [WORK]`; for measuring.
#![expect(clippy::print_stdout, reason = "printing is all it is for")]

use std::{env, error::Error, fs, ops::ControlFlow, time::Duration};

use muster_scheduler::{
    Problem,
    solve::{Limits, solve},
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = env::args().skip(1);
    let (file, seconds) = (words.next().ok_or("a file")?, words.next().ok_or("seconds")?);
    let problem = Problem::parse(&fs::read(file)?).map_err(|faults| format!("{faults:?}"))?;
    let work = words.next().map(|work| work.parse()).transpose()?;
    let limits = Limits { time: Duration::from_secs_f64(seconds.parse()?), work, seed: 1 };
    let (mut known, mut found) = (None, 0.0);
    // The schedule has passed the checker.
    let schedule = solve(&problem, &limits, &mut |progress| {
        if progress.objective != known {
            (known, found) = (progress.objective, progress.seconds);
        }
        ControlFlow::Continue(())
    });
    let (status, bound, seconds) = (schedule.status.as_str(), schedule.bound, schedule.seconds);
    let objective = schedule.objective.map_or_else(|| "null".to_owned(), |objective| objective.to_string());
    println!(
        r#"{{"status": "{status}", "objective": {objective}, "bound": {bound}, "seconds": {seconds}, "found": {found:.2}}}"#
    );
    Ok(())
}

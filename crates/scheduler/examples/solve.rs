//! Schedules a file and prints one line: for `cargo xtask bench schedule`, which needs a process for each instance.
use std::{error::Error, fs, ops::ControlFlow, time::Duration};

use muster_scheduler::{Problem, solve::{Limits, solve}};

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let (file, seconds) = (words.next().ok_or("a file")?, words.next().ok_or("seconds")?);
    let problem = Problem::parse(&fs::read(file)?).map_err(|faults| format!("{faults:?}"))?;
    let limits = Limits { time: Duration::from_secs_f64(seconds.parse()?), work: words.next().and_then(|w| w.parse().ok()), seed: 1 };
    let mut last = None;
    let schedule = solve(&problem, &limits, &mut |p| {
        if std::env::var_os("TRACE").is_some() && last != Some((p.objective, p.bound)) {
            last = Some((p.objective, p.bound));
            eprintln!("{:.2} {:?} {}", p.seconds, p.objective, p.bound);
        }
        ControlFlow::Continue(())
    });
    println!("{} {} {} {:.3}", schedule.status.as_str(), schedule.objective.unwrap_or(-1), schedule.bound, schedule.seconds);
    Ok(())
}

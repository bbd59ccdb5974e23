//! Solves an instance file: `solve INSTANCE.json PLAN.json [SECONDS [GAP [SEED]]]`; for measuring.
#![expect(clippy::print_stdout, reason = "printing is all it is for")]

use std::ops::ControlFlow;
use std::time::Duration;

use muster_planner::Instance;
use muster_planner::solve::{Options, solve};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let number = |n: usize, or: f64| args.get(n).map_or(or, |a| a.parse().expect("a number"));
    let instance = Instance::parse(&std::fs::read(&args[1]).expect("an instance")).expect("no faults");
    let options = Options {
        time_limit: Duration::from_secs_f64(number(3, 60.0)),
        gap: number(4, 0.001),
        seed: number(5, 1.0) as u64,
    };
    let mut last = -1.0;
    let outcome = solve(&instance, &options, &mut |p| {
        if p.seconds > last + 0.5 {
            last = p.seconds;
            eprintln!("{p:?}");
        }
        ControlFlow::Continue(())
    });
    std::fs::write(&args[2], outcome.plan.to_json()).expect("a writable plan");
    println!(
        "{{\"name\":{:?},\"objective\":{:.3},\"bound\":{:.3},\"gap\":{:.6},\"status\":\"{:?}\",\"seconds\":{:.2},\"cpu_seconds\":{:.2},\"first_come\":{:.3},\"rounds\":{},\"columns\":{},\"limits\":{},\"memory_mib\":{}}}",
        instance.name,
        outcome.objective,
        outcome.bound,
        outcome.gap,
        outcome.status,
        outcome.seconds,
        cpu_seconds().unwrap_or(0.0),
        outcome.first_come.unwrap_or(0.0),
        outcome.rounds,
        outcome.columns,
        outcome.limits.len(),
        memory_mib().unwrap_or(0)
    );
}

/// Seconds of the processor that this process took, all threads together, where the system tells; it counts hundredths.
fn cpu_seconds() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the name, which may hold blanks.
    let fields: Vec<&str> = status.rsplit_once(')')?.1.split_whitespace().collect();
    let hundredths = |n: usize| fields.get(n)?.parse::<f64>().ok();
    Some((hundredths(11)? + hundredths(12)?) / 100.0)
}

/// Most memory that this process ever had, where the system tells.
fn memory_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib / 1024)
}

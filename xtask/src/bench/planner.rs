//! `cargo xtask bench planner`: the planner beside its peers, on generated instances that it was never tuned on.
//!
//! The peers and the instances come from a folder with `generate.py`, `check.py`, `greedy.py` and `monolith.py`, which
//! is not part of the repository. Each plan must pass `check.py`; each solve is a process of its own, so that its
//! memory is its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use clap::Parser;
use serde_json::Value;

use super::report::{machine, table};
use crate::{rerun, workspace};

/// Measures the planner: time, memory, objective, proven bound, beside first come, first served and the whole model.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench planner", no_binary_name = true)]
struct Options {
    /// Folder with generate.py, check.py, greedy.py and monolith.py; they need python3, the last also highspy.
    #[arg(long)]
    planbench: PathBuf,
    /// Sizes of instances.
    #[arg(long, value_delimiter = ',', default_value = "xs,s,m", value_parser = ["xs", "s", "m", "l", "xl"])]
    sizes: Vec<String>,
    /// Seeds of instances.
    #[arg(long, value_delimiter = ',', default_value = "3,4,5")]
    seeds: Vec<u32>,
    /// What every capacity is multiplied by.
    #[arg(long, default_value_t = 1.0)]
    tight: f64,
    /// Relative gap to prove.
    #[arg(long, default_value_t = 0.001)]
    gap: f64,
    /// Seconds a plan may take; of itself by size: 10, 30, 60, 180 and 1800.
    #[arg(long)]
    seconds: Option<f64>,
    /// Seconds the whole model may take, on sizes xs and s; 0 leaves it out.
    #[arg(long, default_value_t = 60.0)]
    peer_seconds: f64,
}

/// Measures and prints a table.
///
/// # Errors
/// If an option is wrong, a peer fails, or a plan breaks a rule.
pub(crate) fn run(options: &[&str]) -> Result<(), String> {
    let parsed = Options::try_parse_from(options).map_err(|error| error.to_string())?;
    let words: Vec<&str> = ["bench", "planner"].iter().chain(options).copied().collect();
    if let Some(outcome) = rerun::in_release(&words) {
        return outcome;
    }
    let solver = build()?;
    println!("{}\n", machine());
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut rows = Vec::new();
    for size in &parsed.sizes {
        for seed in &parsed.seeds {
            let row = parsed.measure(size, *seed, &solver, scratch.path())?;
            println!("{}", row.join("  "));
            rows.push(row);
        }
    }
    let head =
        ["instance", "seconds", "MiB", "plan", "bound", "gap %", "greedy", "whole model", "its bound", "its seconds"];
    println!("\n{}", table(&head, rows));
    Ok(())
}

/// Builds the planner's example for measuring, and says where it is.
fn build() -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["build", "--quiet", "--release", "--workspace", "--example", "solve"];
    let status = Command::new(cargo).args(arguments).current_dir(workspace()).status();
    if !status.is_ok_and(|status| status.success()) {
        return Err("the planner could not be built".to_owned());
    }
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    Ok(own.with_file_name("examples").join("solve"))
}

impl Options {
    fn measure(&self, size: &str, seed: u32, solver: &Path, scratch: &Path) -> Result<Vec<String>, String> {
        let (instance, plan) = (scratch.join("instance.json"), scratch.join("plan.json"));
        let (seed, tight) = (seed.to_string(), self.tight.to_string());
        let document =
            self.python("generate.py", &[size.as_ref(), seed.as_ref(), "--tight".as_ref(), tight.as_ref()])?;
        std::fs::write(&instance, document).map_err(|error| error.to_string())?;
        let limit = self.seconds.unwrap_or(match size {
            "xs" => 10.0,
            "s" => 30.0,
            "m" => 60.0,
            "l" => 180.0,
            _ => 1800.0,
        });
        let (limit, gap) = (limit.to_string(), self.gap.to_string());
        let ours = output(Command::new(solver).arg(&instance).arg(&plan).args([&limit, &gap]))?;
        let ours: Value = serde_json::from_str(&ours).map_err(|error| error.to_string())?;
        self.python("check.py", &[instance.as_ref(), plan.as_ref()])?;
        let greedy: Value = serde_json::from_str(&self.python("greedy.py", &[instance.as_ref()])?).unwrap_or_default();
        let number = |from: &Value, name: &str, decimals: usize| {
            from[name].as_f64().map_or("–".to_owned(), |x| format!("{x:.decimals$}"))
        };
        let gap = ours["gap"].as_f64().map_or("–".to_owned(), |gap| format!("{:.3}", 100.0 * gap));
        let mut row = vec![format!("{size}-{seed}"), number(&ours, "seconds", 1), number(&ours, "memory_mib", 0)];
        row.extend([number(&ours, "objective", 1), number(&ours, "bound", 1), gap, number(&greedy, "objective", 1)]);
        let mut peer = Value::Null;
        if self.peer_seconds > 0.0 && matches!(size, "xs" | "s") {
            let (limit, start) = (self.peer_seconds.to_string(), Instant::now());
            let arguments = [instance.as_os_str(), "--whole".as_ref(), "--limit".as_ref(), limit.as_ref()];
            let told = self.python("monolith.py", &arguments)?;
            peer = told.lines().last().and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default();
            peer["seconds"] = start.elapsed().as_secs_f64().into();
        }
        row.extend([number(&peer, "objective", 1), number(&peer, "bound", 1), number(&peer, "seconds", 1)]);
        Ok(row)
    }

    /// What a script of the peers prints.
    fn python(&self, script: &str, arguments: &[&std::ffi::OsStr]) -> Result<String, String> {
        output(Command::new("python3").arg(self.planbench.join(script)).args(arguments))
    }
}

fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(told);
    }
    Err(format!("{command:?} ended with {}: {told}{}", output.status, String::from_utf8_lossy(&output.stderr)))
}

//! `cargo xtask bench planner`: the planner beside its peers, on generated instances that it was never tuned on.
//!
//! The peers and the instances come from a folder with `generate.py`, `check.py`, `greedy.py` and `monolith.py`, which
//! is not part of the repository. Each plan must pass `check.py`; each solve is a process of its own, so that its
//! time and memory are its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use clap::Parser;
use serde_json::Value;

use super::growth::{Solve, picture};
use super::report::{machine, table};
use crate::{rerun, workspace};

/// Measures the planner: time, memory, objective, proven bound, beside first come, first served and the whole model.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench planner", no_binary_name = true)]
struct Options {
    /// Folder with generate.py, check.py, greedy.py and monolith.py; they need python3, the last also highspy.
    #[arg(long)]
    planbench: PathBuf,
    /// Python to run them with; OR-Tools is a peer too if it can be imported.
    #[arg(long, default_value = "python3")]
    python: PathBuf,
    /// Sizes of instances.
    #[arg(long, value_delimiter = ',', default_value = "xs,s,m", value_parser = ["xs", "s", "m", "l", "xl"])]
    sizes: Vec<String>,
    /// Seeds of instances.
    #[arg(long, value_delimiter = ',', default_value = "3,4,5")]
    seeds: Vec<u32>,
    /// What every capacity is multiplied by.
    #[arg(long, value_delimiter = ',', default_value = "1")]
    tight: Vec<f64>,
    /// Relative gap to prove; of itself 0.001, and 0.005 for xl and for m and l where capacities are below 1.
    #[arg(long)]
    gap: Option<f64>,
    /// Seconds a plan may take; of itself by size: 5, 30, 10, 120 and 1800, and for m and l twice that where capacities
    /// are below 1.
    #[arg(long)]
    seconds: Option<f64>,
    /// Seconds each solver among the peers may take; 0 leaves them out. The whole model is solved with every flow whole on xs and s, as a
    /// linear program by OR-Tools on xs, s and m.
    #[arg(long, default_value_t = 60.0)]
    peer_seconds: f64,
    /// File for a picture of how time and memory grow.
    #[arg(long)]
    picture: Option<PathBuf>,
}

/// Solves an MPS file as a linear program with OR-Tools; tells nothing if it can't be imported.
const OR_TOOLS: &str = r"
import json, sys, time
try:
    from ortools.linear_solver.python import model_builder
except ImportError:
    sys.exit()
file, limit, told = sys.argv[1], float(sys.argv[2]), {}
for name in ('PDLP', 'GLOP'):
    model = model_builder.Model()
    model.import_from_mps_file(file)
    solver = model_builder.Solver(name)
    solver.set_time_limit_in_seconds(limit)
    start = time.perf_counter()
    status = solver.solve(model)
    told[name] = {'seconds': time.perf_counter() - start, 'status': str(status).split('.')[-1]}
    if status == model_builder.SolveStatus.OPTIMAL:
        told[name]['value'] = -solver.objective_value
print(json.dumps(told))
";

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
    let (mut rows, mut solves) = (Vec::new(), Vec::new());
    for size in &parsed.sizes {
        for (seed, tight) in parsed.seeds.iter().flat_map(|seed| parsed.tight.iter().map(move |tight| (seed, tight))) {
            let bench = Bench { options: &parsed, size, seed: *seed, tight: *tight, scratch: scratch.path() };
            let (row, solve) = bench.measure(&solver)?;
            println!("{}", row.join("  "));
            rows.push(row);
            solves.push(solve);
        }
    }
    println!("\n{}", table(&HEAD, rows));
    if let Some(file) = &parsed.picture {
        std::fs::write(file, picture(&solves)).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(())
}

const HEAD: [&str; 15] = [
    "instance",
    "tight",
    "seconds",
    "of the processor",
    "MiB",
    "plan",
    "bound",
    "gap %",
    "first come",
    "whole model",
    "its bound",
    "its seconds",
    "its linear program",
    "PDLP s",
    "GLOP s",
];

/// Builds the planner's example for measuring, and says where it is.
fn build() -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["build", "--quiet", "--release", "--package", "muster-planner", "--example", "solve"];
    let status = Command::new(cargo).args(arguments).current_dir(workspace()).status();
    if !status.is_ok_and(|status| status.success()) {
        return Err("the planner could not be built".to_owned());
    }
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    Ok(own.with_file_name("examples").join("solve"))
}

/// One instance to measure.
struct Bench<'o> {
    options: &'o Options,
    size: &'o str,
    seed: u32,
    tight: f64,
    scratch: &'o Path,
}

impl Bench<'_> {
    fn measure(&self, solver: &Path) -> Result<(Vec<String>, Solve), String> {
        let (instance, plan) = (self.scratch.join("instance.json"), self.scratch.join("plan.json"));
        let (seed, tight) = (self.seed.to_string(), self.tight.to_string());
        let document =
            self.python("generate.py", &[self.size.as_ref(), seed.as_ref(), "--tight".as_ref(), tight.as_ref()])?;
        std::fs::write(&instance, &document).map_err(|error| error.to_string())?;
        let (limit, gap) = (self.seconds().to_string(), self.gap().to_string());
        let ours = output(Command::new(solver).arg(&instance).arg(&plan).args([&limit, &gap]))?;
        let ours: Value = serde_json::from_str(&ours).map_err(|error| error.to_string())?;
        self.python("check.py", &[instance.as_ref(), plan.as_ref()])?;
        let mut greedy = Value::Null;
        if self.size != "xl" {
            greedy = serde_json::from_str(&self.python("greedy.py", &[instance.as_ref()])?).unwrap_or_default();
        }
        let gap = ours["gap"].as_f64().map_or("–".to_owned(), |gap| format!("{:.3}", 100.0 * gap));
        let mut row = vec![format!("{}-{seed}", self.size), tight, number(&ours, "seconds", 1)];
        row.extend([number(&ours, "cpu_seconds", 1), number(&ours, "memory_mib", 0)]);
        row.extend([number(&ours, "objective", 1), number(&ours, "bound", 1), gap, number(&greedy, "objective", 1)]);
        let (whole, linear) = (self.whole_model(&instance)?, self.linear(&instance)?);
        row.extend([number(&whole, "objective", 1), number(&whole, "bound", 1), number(&whole, "seconds", 1)]);
        let value = if linear["GLOP"]["value"].is_number() { &linear["GLOP"] } else { &linear["PDLP"] };
        row.push(number(value, "value", 1));
        row.extend(["PDLP", "GLOP"].map(|name| match linear[name]["status"].as_str() {
            Some("OPTIMAL") => number(&linear[name], "seconds", 1),
            Some(_) => format!("> {}", number(&linear[name], "seconds", 0)),
            None => "–".to_owned(),
        }));
        let document: Value = serde_json::from_str(&document).map_err(|error| error.to_string())?;
        let members = |name: &str| document[name].as_array().map_or(0, Vec::len) as f64;
        let solve = Solve {
            size: self.size.to_owned(),
            members: members("offers") + members("requirements") + members("packages"),
            seconds: ours["cpu_seconds"].as_f64().unwrap_or(0.0),
            memory_mib: ours["memory_mib"].as_f64().unwrap_or(0.0),
        };
        Ok((row, solve))
    }

    fn is_contested(&self) -> bool {
        self.tight < 1.0 && matches!(self.size, "m" | "l")
    }

    fn seconds(&self) -> f64 {
        let by_size = match self.size {
            "xs" => 5.0,
            "s" => 30.0,
            "m" => 10.0,
            "l" => 120.0,
            _ => 1800.0,
        };
        self.options.seconds.unwrap_or(if self.is_contested() { 2.0 * by_size } else { by_size })
    }

    fn gap(&self) -> f64 {
        let least = if self.size == "xl" || self.is_contested() { 0.005 } else { 0.001 };
        self.options.gap.unwrap_or(least)
    }

    /// The whole model with every flow whole, by HiGHS.
    fn whole_model(&self, instance: &Path) -> Result<Value, String> {
        if self.options.peer_seconds <= 0.0 || !matches!(self.size, "xs" | "s") {
            return Ok(Value::Null);
        }
        let (limit, start) = (self.options.peer_seconds.to_string(), Instant::now());
        let arguments = [instance.as_os_str(), "--whole".as_ref(), "--limit".as_ref(), limit.as_ref()];
        let told = self.python("monolith.py", &arguments)?;
        let mut peer: Value = told.lines().last().and_then(|l| serde_json::from_str(l).ok()).unwrap_or_default();
        peer["seconds"] = start.elapsed().as_secs_f64().into();
        Ok(peer)
    }

    /// The whole model's linear program, by OR-Tools.
    fn linear(&self, instance: &Path) -> Result<Value, String> {
        if self.options.peer_seconds <= 0.0 || !matches!(self.size, "xs" | "s" | "m") {
            return Ok(Value::Null);
        }
        let model = self.scratch.join("model.mps");
        self.python("monolith.py", &[instance.as_os_str(), "--mps".as_ref(), model.as_ref()])?;
        let limit = self.options.peer_seconds.to_string();
        let told = output(Command::new(&self.options.python).args(["-c", OR_TOOLS]).arg(&model).arg(limit))?;
        Ok(told.lines().last().and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default())
    }

    /// What a script of the peers prints.
    fn python(&self, script: &str, arguments: &[&std::ffi::OsStr]) -> Result<String, String> {
        output(Command::new(&self.options.python).arg(self.options.planbench.join(script)).args(arguments))
    }
}

fn number(from: &Value, name: &str, decimals: usize) -> String {
    from[name].as_f64().filter(|x| x.is_finite()).map_or("–".to_owned(), |x| format!("{x:.decimals$}"))
}

fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(told);
    }
    Err(format!("{command:?} ended with {}: {told}{}", output.status, String::from_utf8_lossy(&output.stderr)))
}

//! Checks, benchmarks and chores of the workspace: `cargo xtask COMMAND`.
#![expect(clippy::print_stdout, reason = "what a command prints is its result")]

mod bench;
mod crash;
mod rerun;
mod tidy;

use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
};

const USAGE: &str = "usage: cargo xtask COMMAND

  bench ledger  measures the ledger against the engine's own speed; `--help` lists the options
  bench web     measures the pages at real magnitudes; `--help` lists the options
  bench transfer measures the work with consignments in large books; `--help` lists the options
  bench planner measures the planner beside its peers; `--help` lists the options
  bench schedule measures the scheduler on public job shops beside a peer; `--help` lists the options
  crash     kills the program while it works and looks for what is lost; `--help` lists the options
  tidy      holds the workspace to its rules: which crate may use what, and how files are written and named
  rules     lists those rules";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["bench", "ledger", options @ ..] => bench::run(options),
        ["bench", "web", options @ ..] => bench::web::run(options),
        ["bench", "transfer", options @ ..] => bench::transfer::run(options),
        ["bench", "planner", options @ ..] => bench::planner::run(options),
        ["bench", "schedule", options @ ..] => bench::schedule::run(options),
        ["crash", options @ ..] => crash::run(options),
        ["crash-stand-in", words @ ..] => crash::stand_in(words),
        ["tidy"] => tidy::run(&workspace()),
        ["rules"] => {
            println!("{}", tidy::table());
            Ok(())
        }
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// The folder of the workspace: as cargo says when it starts this program, since clones that share a target folder share the program, too.
fn workspace() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package).parent().expect("xtask is a folder of the workspace").into()
}

//! Commands that start themselves again: built for speed, or with a PostgreSQL server of their own.

use std::{
    env,
    process::{Command, ExitStatus},
};

use crate::workspace;

/// Runs this command again in a release build, if this is not one. `None`: it is one, so go on.
pub(crate) fn in_release(words: &[&str]) -> Option<Result<(), String>> {
    if !cfg!(debug_assertions) {
        return None;
    }
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["run", "--quiet", "--release", "--package", "xtask", "--"];
    let status = Command::new(cargo).args(arguments).args(words).current_dir(workspace()).status();
    Some(outcome(status))
}

/// Runs this command again under `scripts/with-postgres --durable`, unless it is told a server already. `None`: go on.
pub(crate) fn with_postgres(words: &[&str]) -> Option<Result<(), String>> {
    if env::var_os("MUSTER_TEST_POSTGRES").is_some() {
        return None;
    }
    let own = match env::current_exe() {
        Ok(own) => own,
        Err(error) => return Some(Err(format!("this program's own file is not known: {error}"))),
    };
    let status = Command::new(workspace().join("scripts/with-postgres")).arg("--durable").arg(own).args(words).status();
    Some(outcome(status))
}

fn outcome(status: std::io::Result<ExitStatus>) -> Result<(), String> {
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("the command ended with {status}")),
        Err(error) => Err(format!("the command could not be started: {error}")),
    }
}

//! Medians, tables, and the facts about machine and engine without which a figure says nothing.

use std::{
    fs,
    io::Write,
    process::Command,
    time::{Duration, Instant},
};

use muster_storage::dialect::Engine;
use muster_testkit::database;

use super::Outcome;

/// The middle value.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A table in Markdown.
pub(super) fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let rule = head.iter().enumerate().map(|(n, _)| if n == 0 { "---" } else { "---:" }.to_owned()).collect();
    let head = head.iter().map(|&cell| cell.to_owned()).collect();
    [head, rule].into_iter().chain(rows).map(line).collect::<Vec<_>>().join("\n")
}

/// How long something took, each time.
#[derive(Default)]
pub(super) struct Times(Vec<Duration>);

impl Times {
    pub(super) fn add(&mut self, took: Duration) {
        self.0.push(took);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// What was timed, median, 99th percentile, and how often.
    pub(super) fn row(mut self, what: &str) -> Vec<String> {
        self.0.sort();
        let at = |part: usize| {
            let took = self.0.get((self.0.len() * part / 100).min(self.0.len().saturating_sub(1)));
            format!("{:.2}", took.copied().unwrap_or_default().as_secs_f64() * 1_000.0)
        };
        vec![what.to_owned(), at(50), at(99), self.0.len().to_string()]
    }
}

/// What the machine is and how busy.
pub(super) fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_once(':').map_or("unknown", |(_, value)| value.trim()).to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = read("/proc/loadavg");
    let folder = std::env::temp_dir();
    let disk = Command::new("df").arg("--output=fstype").arg(&folder).output();
    let disk = disk.map_or_else(|_| String::new(), |out| String::from_utf8_lossy(&out.stdout).into_owned());
    let flush =
        flush().map_or_else(|error| error.to_string(), |took| format!("{:.2} ms", took.as_secs_f64() * 1_000.0));
    #[expect(clippy::disallowed_methods, reason = "a report says when it was made")]
    let today = jiff::Timestamp::now();
    format!(
        "Measured {}: {cores} cores ({}), memory {}, load before {}, temporary folder on {}, where writing and flushing 4 KiB takes {flush} (median of 200).",
        today.strftime("%Y-%m-%d"),
        field(&read("/proc/cpuinfo"), "model name"),
        field(&read("/proc/meminfo"), "MemTotal"),
        load.split(' ').next().unwrap_or("unknown"),
        disk.lines().nth(1).unwrap_or("unknown").trim(),
    )
}

/// Appends a page to a file and waits until it is on disk: what every commit must wait for at least.
fn flush() -> std::io::Result<Duration> {
    let mut file = tempfile::tempfile()?;
    let mut times = Vec::new();
    for _ in 0..200 {
        let start = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        times.push(start.elapsed());
    }
    times.sort();
    Ok(times[times.len() / 2])
}

/// The engine's version and the settings on which durability depends.
///
/// # Errors
/// If they are not durable.
pub(super) async fn settings(engine: Engine) -> Outcome<String> {
    let scratch = database::empty(engine).await;
    let mut conn = scratch.db.connect().await?;
    let asked: &[&str] = match engine {
        Engine::Sqlite => &["SELECT sqlite_version()", "PRAGMA journal_mode"],
        Engine::Postgres => &["SHOW server_version", "SHOW wal_sync_method", "SHOW shared_buffers"],
    };
    let mut told = Vec::new();
    for sql in asked {
        let row = conn.row(sql, vec![]).await?.ok_or("no answer")?;
        let name = sql.trim_start_matches("SELECT ").trim_start_matches("SHOW ").trim_start_matches("PRAGMA ");
        told.push(format!("{} {}", name.trim_end_matches("()"), row.text(0)?));
    }
    match engine {
        Engine::Sqlite => {
            let level = conn.row("PRAGMA synchronous", vec![]).await?.ok_or("no answer")?.integer(0)?;
            if level < 2 {
                return Err(format!("SQLite's synchronous is {level}: less than FULL is not durable").into());
            }
            told.push(format!("synchronous {level} (FULL)"));
        }
        Engine::Postgres => {
            for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
                let value = conn.row(&format!("SHOW {setting}"), vec![]).await?.ok_or("no answer")?.text(0)?;
                if value != "on" {
                    return Err(
                        format!("PostgreSQL's {setting} is {value}: use scripts/with-postgres --durable").into()
                    );
                }
                told.push(format!("{setting} {value}"));
            }
        }
    }
    Ok(told.join(", "))
}

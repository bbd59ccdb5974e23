//! End-use checks of many units at once, by a sheet: all of them are recorded, or none.

use std::collections::BTreeSet;

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    end_use::Grade,
    ledger::entry::{Activity, Entry},
    message,
    policy::{self, Action, Deed},
};
use muster_interchange::{
    Issue,
    checking::{CheckRow, When, checks},
};
use muster_storage::ledger::read;

use super::{end_use::Found, sheet::not_too_long};
use crate::{Actor, App, Error, end_of, start_of};

/// Most checks of one sheet.
pub const MOST: usize = 5_000;

/// What came of a sheet of checks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The codes of its checks, in the order of its rows; none, if there are problems.
    pub checks: Vec<Code>,
    /// Everything that is wrong with it, each with its row and column; then nothing was recorded.
    pub issues: Vec<Issue>,
}

impl App {
    /// Records the checks of a sheet, all or none. A day counts to its end, but to no later moment than now; what was not found on it, from its
    /// beginning.
    ///
    /// # Errors
    /// If the actor checks nothing, or the ledger or the database refuses. What is wrong with the sheet itself is told as issues.
    pub async fn inspect_all(&self, file: &str, bytes: &[u8], actor: &Actor) -> Result<Recorded, Error> {
        let may = |action| policy::may(&actor.viewer, &Deed { own: true, ..Deed::of(action) });
        may(Action::Move).or_else(|_| may(Action::Consent))?;
        if let Err(issues) = not_too_long(file, bytes) {
            return Ok(Recorded { issues, ..Recorded::default() });
        }
        let (rows, mut issues) = checks(file, bytes);
        if rows.len() > MOST {
            issues = vec![Issue::of_file(file, message!("at-most", most = MOST))];
        } else if rows.is_empty() && issues.is_empty() {
            issues.push(Issue::of_file(file, message!("checks-none")));
        }
        if !issues.is_empty() {
            return Ok(Recorded { issues, ..Recorded::default() });
        }
        let Some(mut work) = self.work(actor, self.dated_code("I").as_str(), None).await? else {
            return self.checks_before(&rows, actor).await;
        };
        let (mut codes, mut named) = (Vec::with_capacity(rows.len()), BTreeSet::new());
        for row in &rows {
            work.at = match moment(row, work.now) {
                Ok(at) => at,
                Err(at) => {
                    issues.push(row.issue("date", message!("ledger-in-future", at)));
                    continue;
                }
            };
            if !named.insert((row.resource.as_str(), row.serial.as_str())) {
                issues.push(row.issue("serial", message!("serial-twice", serial = &row.serial)));
                continue;
            }
            let code = self.dated_code("I");
            match work.checked(&found(row), &code).await {
                Ok(()) => codes.push(code),
                Err(error) => issues.push(issue(row, error)?),
            }
        }
        if !issues.is_empty() {
            return Ok(Recorded { issues, ..Recorded::default() });
        }
        work.done().await?;
        Ok(Recorded { checks: codes, issues })
    }

    /// The checks that the same sheet made before under the same key.
    async fn checks_before(&self, rows: &[CheckRow], actor: &Actor) -> Result<Recorded, Error> {
        let mut conn = self.read().await?;
        let used = || Error::Invalid(message!("key-used"));
        let key = |n: usize| format!("{} {} {n}", actor.name(), actor.key.as_deref().unwrap_or_default());
        let mut codes = Vec::with_capacity(rows.len());
        for (n, row) in rows.iter().enumerate() {
            let entry = read::entry_by_key(&mut conn, &key(n)).await?;
            codes.push(entry.and_then(|entry| same(&entry, row)).ok_or_else(used)?);
        }
        // Somebody sent more then.
        match read::entry_by_key(&mut conn, &key(rows.len())).await? {
            None => Ok(Recorded { checks: codes, issues: Vec::new() }),
            Some(_) => Err(used()),
        }
    }
}

/// The check that an entry notes, if it is what the row says.
fn same(entry: &Entry, row: &CheckRow) -> Option<Code> {
    let mut said = entry.about.splitn(4, ' ');
    let (code, grade, _, serial) = (said.next()?, said.next()?, said.next()?, said.next()?);
    let is = entry.activity == Activity::Check && grade == row.grade.as_str() && serial == row.serial;
    Code::new(code).ok().filter(|_| is)
}

/// When a row says that something was checked; what it says, if that is still to come.
fn moment(row: &CheckRow, now: Timestamp) -> Result<Timestamp, String> {
    match row.when {
        None => Ok(now),
        // Somebody may have seen it later that day.
        Some(When::Day(day)) if start_of(day) <= now && row.grade == Grade::NotFound => Ok(start_of(day)),
        Some(When::Day(day)) if start_of(day) <= now => Ok(end_of(day).min(now)),
        Some(When::Day(day)) => Err(day.to_string()),
        Some(When::Moment(at)) if at <= now => Ok(at),
        Some(When::Moment(at)) => Err(at.to_string()),
    }
}

fn found(row: &CheckRow) -> Found {
    Found {
        resource: row.resource.clone(),
        serial: row.serial.clone(),
        grade: row.grade,
        at: None,
        evidence: String::new(),
        remark: row.remark.clone(),
    }
}

/// What is wrong with a row; what is wrong with no row is an error of its own.
fn issue(row: &CheckRow, error: Error) -> Result<Issue, Error> {
    let message = match error {
        Error::Invalid(_) | Error::Denied(_) => error.message(),
        other => return Err(other),
    };
    let column = match message.key {
        "check-before-receipt" => "date",
        "not-found-remark" => "remark",
        _ => "serial",
    };
    Ok(row.issue(column, message))
}

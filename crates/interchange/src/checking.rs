//! End-use checks as people keep them in sheets: CSV files or workbooks with one row for each unit that was looked for.

use jiff::{Timestamp, civil::Date};
use muster_domain::{end_use::Grade, field::Field, message, message::Message};

use crate::{
    issue::Issue,
    rows::{Cells, Wrong, rows},
};

/// Columns of a sheet of checks; `resource`, `serial` and `grade` are needed.
pub const CHECKS: &[&str] = &["resource", "serial", "grade", "date", "remark"];

/// When something was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// On a day.
    Day(Date),
    /// At a moment.
    Moment(Timestamp),
}

/// A row of a sheet of checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckRow {
    /// The resource.
    pub resource: String,
    /// The serial number.
    pub serial: String,
    /// What was found.
    pub grade: Grade,
    /// When; none: now.
    pub when: Option<When>,
    /// A remark.
    pub remark: String,
    /// The file, with its sheet if it has several.
    pub file: String,
    /// The line on which it stands.
    pub line: u64,
}

impl CheckRow {
    /// Something that is wrong with what the row says in a column.
    pub fn issue(&self, column: &'static str, message: Message) -> Issue {
        let value = match column {
            "resource" => self.resource.clone(),
            "serial" => self.serial.clone(),
            "grade" => self.grade.to_string(),
            "remark" => self.remark.clone(),
            _ => String::new(),
        };
        Issue::of_file(&self.file, message).on_line(self.line).in_column(column, &value)
    }
}

/// Reads a sheet of checks. Rows of which nobody has said yet what was found are passed over. Never fails: what cannot be read is an issue.
pub fn checks(file: &str, bytes: &[u8]) -> (Vec<CheckRow>, Vec<Issue>) {
    let (read, issues) = rows(file, bytes, CHECKS, &["resource", "serial", "grade"], |cells| {
        let grade = cells.text("grade");
        if grade.is_empty() {
            return Ok(None);
        }
        let grade = Grade::parse(&grade).map_err(|right| ("grade", grade.clone(), right))?;
        let (file, line) = cells.place();
        Ok(Some(CheckRow {
            resource: named(cells, "resource")?,
            serial: named(cells, "serial")?,
            grade,
            when: when(&cells.text("date"))?,
            remark: cells.text("remark"),
            file,
            line,
        }))
    });
    (read.into_iter().flatten().collect(), issues)
}

fn named(cells: &Cells<'_>, column: &'static str) -> Result<String, Wrong> {
    let text = cells.text(column);
    if text.is_empty() { Err((column, text, message!("some-text", most = 200))) } else { Ok(text) }
}

/// A day, or a moment; without its zone it is one of UTC.
fn when(text: &str) -> Result<Option<When>, Wrong> {
    if text.is_empty() {
        return Ok(None);
    }
    let moment = || text.parse::<Timestamp>().or_else(|_| format!("{text}Z").parse()).ok().map(When::Moment);
    let read = if text.len() == 10 { text.parse().ok().map(When::Day) } else { moment() };
    read.map(Some).ok_or_else(|| ("date", text.to_owned(), message!("a-date")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_read_and_every_fault_is_told_with_its_row_and_column() {
        let text = "Serial,resource,grade,date,remark\n7,PICKUP/ok,sighted,2026-09-01,in the yard\n8,PICKUP/ok,,,\n,PICKUP/ok,sighted,,\n9,PICKUP/ok,seen,,\n9,PICKUP/ok,sighted,May,\n9,PICKUP/ok,not_found,2026-09-01T08:00:00Z,gone\n";
        let (rows, issues) = checks("checks.csv", text.as_bytes());
        let told: Vec<_> = rows.iter().map(|row| (row.serial.as_str(), row.grade, row.line)).collect();
        assert_eq!(told, [("7", Grade::Sighted, 2), ("9", Grade::NotFound, 7)], "what nobody filled in is passed over");
        assert_eq!(rows[0].when, Some(When::Day("2026-09-01".parse().expect("it is a day"))));
        assert!(matches!(rows[1].when, Some(When::Moment(_))));
        let places: Vec<_> = issues.iter().map(|issue| (issue.line, issue.column.as_deref())).collect();
        assert_eq!(places, [(Some(4), Some("serial")), (Some(5), Some("grade")), (Some(6), Some("date"))]);
        let issue = rows[0].issue("serial", message!("is-empty"));
        assert_eq!(issue.to_string(), "checks.csv:2, serial `7`: is-empty");
    }
}

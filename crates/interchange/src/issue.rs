//! Issues: what is wrong in a file, said so that the person who can mend it finds the place.

use std::fmt;

use serde::Serialize;

/// Most issues that one reading lists; a file with more is wrong as a whole.
pub const MOST_ISSUES: usize = 10_000;
/// Most characters of a wrong value that are shown.
const SHOWN: usize = 200;

/// One thing wrong at one place of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// The file; with `#` and the sheet for a workbook (`mission.xlsx#offers`), with `#` and the index path, counted from 0, for
    /// JSON (`mission.json#offers[3]`). Empty for what stands in no file.
    pub file: String,
    /// The line on which the record begins, or the row of a workbook, counted from 1.
    pub line: Option<u64>,
    /// The column at fault, if it is one.
    pub column: Option<String>,
    /// What stands there.
    pub value: String,
    /// What is wrong and what would be right, without a full stop.
    pub message: String,
}

impl Issue {
    /// An issue of a file as a whole.
    pub fn of_file(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self { file: file.into(), line: None, column: None, value: String::new(), message: message.into() }
    }

    /// The same issue on a line.
    #[must_use]
    pub fn on_line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    /// The same issue in a column that holds `value`; long values are cut.
    #[must_use]
    pub fn in_column(mut self, column: impl Into<String>, value: &str) -> Self {
        self.column = Some(column.into());
        self.value = shown(value);
        self
    }

    /// As JSON: an object with the fields' names.
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "value": self.value,
            "message": self.message,
        })
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(column) = &self.column {
            write!(f, "{}{column}", if self.file.is_empty() { "" } else { ", " })?;
        }
        if !self.value.is_empty() {
            write!(f, " `{}`", one_line(&self.value))?;
        }
        let somewhere = !self.file.is_empty() || self.column.is_some();
        write!(f, "{}{}", if somewhere { ": " } else { "" }, one_line(&self.message))
    }
}

/// The beginning of a text, marked where it was cut.
pub(crate) fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Line breaks and other control characters would let a cell forge lines of the report.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Collects issues up to [`MOST_ISSUES`].
#[derive(Debug, Default)]
pub(crate) struct Issues {
    found: Vec<Issue>,
    more: usize,
}

impl Issues {
    pub(crate) fn add(&mut self, issue: Issue) {
        if self.found.len() < MOST_ISSUES { self.found.push(issue) } else { self.more += 1 }
    }

    /// All of them, ending with how many are not listed.
    pub(crate) fn into_vec(mut self) -> Vec<Issue> {
        if self.more > 0 {
            self.found.push(Issue::of_file("", format!("{} more problems are not listed", self.more)));
        }
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_is_one_line() {
        let issue = Issue::of_file("offers.csv", "must be a number").on_line(7).in_column("quantity", "a\nb");
        assert_eq!(issue.to_string(), "offers.csv:7, quantity `a b`: must be a number");
        assert_eq!(issue.json()["line"], 7);
        assert_eq!(issue.json()["value"], "a\nb");
    }

    #[test]
    fn a_flood_of_issues_is_counted_but_not_kept() {
        let mut issues = Issues::default();
        for _ in 0..MOST_ISSUES + 5 {
            issues.add(Issue::of_file("x.csv", "wrong"));
        }
        let listed = issues.into_vec();
        assert_eq!(listed.len(), MOST_ISSUES + 1);
        assert_eq!(listed[MOST_ISSUES].message, "5 more problems are not listed");
    }
}

//! Issues: what is wrong in a file, said so that the person who can mend it finds the place.

use std::fmt;

use muster_domain::{message, message::Message};

/// Most issues that one reading lists; a file with more is wrong as a whole.
pub const MOST_ISSUES: usize = 10_000;
/// Most characters of a wrong value that are shown.
const SHOWN: usize = 200;

/// One thing wrong at one place of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// What is wrong and what would be right.
    pub message: Message,
}

impl Issue {
    /// An issue of a file as a whole.
    pub fn of_file(file: impl Into<String>, message: Message) -> Self {
        Self { file: file.into(), line: None, column: None, value: String::new(), message }
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

    /// As JSON: an object with the fields' names. `say` has words for a message.
    pub fn json(&self, say: impl Fn(&Message) -> String) -> serde_json::Value {
        serde_json::json!({
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "value": self.value,
            "message": say(&self.message),
        })
    }

    /// As one line: where it is, and what. `say` has words for a message.
    pub fn told(&self, say: impl Fn(&Message) -> String) -> String {
        let (place, said) = (self.place(), one_line(&say(&self.message)));
        if place.is_empty() { said } else { format!("{place}: {said}") }
    }

    /// The same as a message of its own.
    pub fn told_message(&self) -> Message {
        let (place, said) = (self.place(), self.message.clone());
        if place.is_empty() { said } else { message!("at-place", place, said) }
    }

    /// The file, line, column and value, as far as they are known.
    fn place(&self) -> String {
        let mut text = self.file.clone();
        if let Some(line) = self.line {
            text.push_str(&format!(":{line}"));
        }
        if let Some(column) = &self.column {
            text.push_str(if self.file.is_empty() { "" } else { ", " });
            text.push_str(column);
        }
        if !self.value.is_empty() {
            text.push_str(&format!(" `{}`", one_line(&self.value)));
        }
        text
    }
}

/// For logs.
impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(Message::to_string))
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

    /// So many more, of which nothing is known but that they are there.
    pub(crate) fn add_more(&mut self, count: usize) {
        self.more += count;
    }

    /// All of them, ending with how many are not listed.
    pub(crate) fn into_vec(mut self) -> Vec<Issue> {
        if self.more > 0 {
            self.found.push(Issue::of_file("", message!("more-problems", count = self.more)));
        }
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_is_one_line() {
        let issue =
            Issue::of_file("offers.csv", message!("must-be", right = "more")).on_line(7).in_column("quantity", "a\nb");
        let say = |message: &Message| format!("{}\nforged", message.key);
        assert_eq!(issue.told(say), "offers.csv:7, quantity `a b`: must-be forged");
        assert_eq!(issue.json(say)["line"], 7);
        assert_eq!(issue.json(say)["value"], "a\nb");
    }

    #[test]
    fn a_flood_of_issues_is_counted_but_not_kept() {
        let mut issues = Issues::default();
        for _ in 0..MOST_ISSUES + 5 {
            issues.add(Issue::of_file("x.csv", message!("is-empty")));
        }
        let listed = issues.into_vec();
        assert_eq!(listed.len(), MOST_ISSUES + 1);
        assert_eq!(listed[MOST_ISSUES].message, message!("more-problems", count = 5));
    }
}

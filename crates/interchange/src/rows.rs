//! Sheets that people fill in: CSV files or workbooks whose rows are read by the names of their columns, in whatever order these stand.

use std::{cell::Cell, collections::BTreeMap};

use muster_domain::{message, message::Message};

use crate::{
    delimited,
    grid::{Grid, Row, heading},
    issue::{Issue, Issues},
    workbook,
};

/// What is wrong with a cell: its column, its text, and what would be right.
pub(crate) type Wrong = (&'static str, String, Message);

/// The cells of a row by the names of their columns.
pub(crate) struct Cells<'a> {
    columns: &'a BTreeMap<&'static str, usize>,
    grid: &'a Grid,
    row: &'a Row,
}

impl Cells<'_> {
    /// What stands in a column, or nothing.
    pub(crate) fn text(&self, column: &'static str) -> String {
        let cell = self.columns.get(column).map_or("", |n| self.row.cell(*n));
        self.grid.clean(cell).into_owned()
    }

    /// The file, with its sheet if it has several, and the line on which the row begins.
    pub(crate) fn place(&self) -> (String, u64) {
        (self.grid.place.file.clone(), self.row.line)
    }

    /// A whole number from nothing on; none, if the cell is empty.
    pub(crate) fn number(&self, column: &'static str) -> Result<Option<i64>, Wrong> {
        let text = self.text(column);
        if text.is_empty() {
            return Ok(None);
        }
        let right = || message!("a-whole-number", least = 0, most = i64::MAX);
        text.parse().ok().filter(|n| *n >= 0).map(Some).ok_or_else(|| (column, text.clone(), right()))
    }

    /// A whole number that must be there.
    pub(crate) fn needed(&self, column: &'static str) -> Result<i64, Wrong> {
        let right = || message!("a-whole-number", least = 0, most = i64::MAX);
        self.number(column)?.ok_or_else(|| (column, String::new(), right()))
    }
}

/// Reads the rows of a sheet that has some of the known columns, and all that are needed. Never fails: what cannot be read is an issue.
pub(crate) fn rows<T>(
    file: &str,
    bytes: &[u8],
    known: &[&'static str],
    needed: &[&'static str],
    read: impl Fn(&Cells<'_>) -> Result<T, Wrong>,
) -> (Vec<T>, Vec<Issue>) {
    let mut issues = Issues::default();
    let mut found = Vec::new();
    let grid = if workbook::is_other(file, bytes) {
        issues.add(Issue::of_file(file, message!("other-workbook")));
        None
    } else if workbook::is_archive(bytes) {
        // The others may hold what their writer likes.
        let first = Cell::new(true);
        workbook::read(file, bytes, &|_| first.replace(false), &mut issues).into_iter().next().map(|(_, grid)| grid)
    } else {
        delimited::read(file, bytes, None, &mut issues)
    };
    if let Some(grid) = grid {
        table(&grid, known, needed, &mut issues, |cells| read(cells).map(|row| found.push(row)));
    }
    (found, issues.into_vec())
}

fn table(
    grid: &Grid,
    known: &[&'static str],
    needed: &[&'static str],
    issues: &mut Issues,
    mut take: impl FnMut(&Cells<'_>) -> Result<(), Wrong>,
) {
    let rows: Vec<&Row> = grid.rows.iter().filter(|row| !row.is_blank()).collect();
    let Some((header, rows)) = rows.split_first() else {
        issues.add(grid.place.header(1, message!("columns-needed", columns = needed.join(", "))));
        return;
    };
    let mut columns = BTreeMap::new();
    for (n, name) in header.cells.iter().enumerate() {
        let name = heading(name);
        match known.iter().find(|known| **known == name) {
            Some(known) if columns.insert(*known, n).is_none() => {}
            Some(_) => issues.add(grid.place.header(header.line, message!("header-twice")).in_column(name, "")),
            None if name.is_empty() && rows.iter().all(|row| row.cell(n).trim().is_empty()) => {}
            None => {
                let right = message!("must-be", right = message!("one-of", words = known.join(", ")));
                issues.add(grid.place.header(header.line, right).in_column(name.clone(), &name));
            }
        }
    }
    let missing: Vec<&str> = needed.iter().filter(|name| !columns.contains_key(**name)).copied().collect();
    if !missing.is_empty() {
        issues.add(grid.place.header(header.line, message!("columns-needed", columns = missing.join(", "))));
        return;
    }
    let width = header.cells.len();
    for row in rows {
        // Programs for sheets leave out what is empty at the end of rows.
        let extra = row.cells.iter().skip(width).any(|cell| !cell.trim().is_empty());
        let lacks = !grid.open && needed.iter().any(|name| columns[name] >= row.cells.len());
        if extra || lacks {
            // Its cells may stand in the wrong columns, so that what is wrong with them would mislead.
            let message = message!("cells-unlike-header", cells = row.cells.len(), width);
            issues.add(grid.place.issue(row.line, message));
        } else if let Err((column, text, right)) = take(&Cells { columns: &columns, grid, row }) {
            issues.add(grid.place.issue(row.line, message!("must-be", right)).in_column(column, &text));
        }
    }
}

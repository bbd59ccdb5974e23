//! A sheet as it stands in a file: a header and rows of text. What the texts mean is not known here.

use std::borrow::Cow;

use csv::StringRecord;
use muster_domain::{message, message::Message};

use crate::{guard, issue::Issue};

/// Most rows of a sheet.
pub(crate) const MOST_ROWS: usize = 1_000_000;
/// Most columns of a sheet.
pub(crate) const MOST_COLUMNS: usize = 100;
/// Longest cell, in bytes. A list of texts is the longest that a mission folder allows.
pub(crate) const LONGEST_CELL: usize = 1 << 20;

/// A row and where it begins.
#[derive(Debug)]
pub(crate) struct Row {
    /// Line of the file, row of the workbook's sheet, both counted from 1, or index in the JSON array, counted from 0.
    pub(crate) line: u64,
    pub(crate) cells: StringRecord,
    /// One bit for each column whose cell stood as a number or a date, so that a point in it is surely a decimal point.
    pub(crate) typed: u128,
}

impl Row {
    /// The text of a cell, and the empty text where the row has none.
    pub(crate) fn cell(&self, column: usize) -> &str {
        self.cells.get(column).unwrap_or_default()
    }

    /// Whether the cell stood as a number or a date, not as text.
    pub(crate) fn is_typed(&self, column: usize) -> bool {
        column < MOST_COLUMNS && self.typed & (1 << column) != 0
    }

    /// Whether nothing stands in it.
    pub(crate) fn is_blank(&self) -> bool {
        self.cells.iter().all(|c| c.trim().is_empty())
    }
}

/// Where a grid's rows are, so that an issue can name the place.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The file, with `#` and the sheet where it has several.
    pub(crate) file: String,
    /// Whether rows are told by index, not by line.
    pub(crate) indexed: bool,
}

impl Place {
    /// An issue of the row that begins at `line`.
    pub(crate) fn issue(&self, line: u64, message: Message) -> Issue {
        if self.indexed {
            return Issue::of_file(format!("{}[{line}]", self.file), message);
        }
        Issue::of_file(&self.file, message).on_line(line)
    }

    /// An issue of the header at `line`; JSON has none, so that it is an issue of the array.
    pub(crate) fn header(&self, line: u64, message: Message) -> Issue {
        let issue = Issue::of_file(&self.file, message);
        if self.indexed { issue } else { issue.on_line(line) }
    }

    /// How another row of the same file is named.
    pub(crate) fn row(&self, line: u64) -> Message {
        if self.indexed { message!("row-at-index", index = line) } else { message!("row-at-line", line) }
    }
}

/// What spreadsheet or delimited text held.
#[derive(Debug)]
pub(crate) struct Grid {
    pub(crate) place: Place,
    /// All rows in order, the header among them; rows without any cell may be missing.
    pub(crate) rows: Vec<Row>,
    /// Rows that could not be taken, by line and with the reason, which is an issue already.
    pub(crate) refused: Vec<(u64, Message)>,
    /// Whether rows may be shorter than the header, as in a workbook or JSON, which leave out empty cells.
    pub(crate) open: bool,
}

impl Grid {
    /// Whether a row has as many cells as the header, which has `width`; blank ones beyond it do not count.
    pub(crate) fn fits(&self, row: &Row, width: usize) -> bool {
        let extra = row.cells.iter().skip(width).any(|c| !c.trim().is_empty());
        !extra && (self.open || row.cells.len() >= width)
    }

    /// A cell as it is meant: without space around it, with plain line breaks, and without the apostrophe that guards a formula,
    /// which JSON has no need of.
    pub(crate) fn clean<'c>(&self, cell: &'c str) -> Cow<'c, str> {
        if self.place.indexed { plain(cell.trim()) } else { clean(cell) }
    }
}

/// A cell of a spreadsheet as it is meant.
pub(crate) fn clean(cell: &str) -> Cow<'_, str> {
    plain(guard::strip(cell.trim()))
}

/// The text with plain line breaks.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { Cow::Borrowed(text) }
}

/// A column's name, for comparing.
pub(crate) fn heading(cell: &str) -> String {
    clean(cell).trim().to_lowercase()
}

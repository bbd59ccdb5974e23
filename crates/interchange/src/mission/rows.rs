//! Rows of a grid to records, for any noun.

use std::{borrow::Cow, collections::HashMap};

use muster_domain::{
    fault::{Fault, Faults},
    message,
    picture::{Holds, Picture, Visitor},
    record::{Cells, Column, Record, Shape},
};

use super::read::{Reading, Spot};
use crate::{
    grid::{Grid, Row, heading},
    issue::Issues,
    number,
    workbook::UNREADABLE,
};

/// Reads `grid` as the sheet of its name into `reading`.
pub(super) struct ReadSheet<'a> {
    pub(super) sheet: &'static str,
    pub(super) grid: &'a Grid,
    /// Number of the grid's place in the reading.
    pub(super) place: usize,
    pub(super) reading: &'a mut Reading,
    pub(super) issues: &'a mut Issues,
}

impl Visitor for ReadSheet<'_> {
    fn visit<R: Record>(&mut self)
    where
        Picture: Holds<R>,
    {
        if R::SHEET != self.sheet {
            return;
        }
        let Some((header, rows)) = self.grid.rows.split_first() else {
            let message = message!("sheet-empty", columns = columns(&R::SHAPE));
            self.issues.add(self.grid.place.header(1, message));
            return;
        };
        if !self.grid.refused.is_empty() {
            self.reading.broken_sheets.insert(R::SHEET);
        }
        let layout = self.layout(&R::SHAPE, header, rows);
        let rows: Vec<_> = rows.iter().filter(|row| !row.is_blank()).collect();
        let comma = layout.has_decimal_comma(self.grid, &rows);
        for row in rows {
            self.row::<R>(&layout, row, comma);
        }
    }
}

fn columns(shape: &Shape) -> String {
    shape.columns.iter().map(|c| c.name).collect::<Vec<_>>().join(", ")
}

/// Where each column of a sheet stands in a file.
struct Layout {
    /// For each column of the shape: the column of the file.
    columns: Vec<(&'static Column, Option<usize>)>,
    /// How many cells a row has.
    width: usize,
}

impl Layout {
    fn has_decimal_comma(&self, grid: &Grid, rows: &[&Row]) -> bool {
        let decimals: Vec<_> = self.columns.iter().filter(|(c, _)| c.decimal).filter_map(|(_, at)| *at).collect();
        rows.iter().any(|row| decimals.iter().any(|at| number::only_decimal_comma(&grid.clean(row.cell(*at)))))
    }

    /// The text of a column among those of a row.
    fn text<'t>(&self, texts: &'t [Cow<'_, str>], name: &str) -> &'t str {
        self.columns.iter().position(|(c, _)| c.name == name).map_or("", |n| texts[n].as_ref())
    }

    fn is_missing(&self, column: Option<&str>) -> bool {
        self.columns.iter().any(|(c, at)| at.is_none() && Some(c.name) == column)
    }
}

impl ReadSheet<'_> {
    /// Finds the columns, and reports those that are unknown, there twice or missing.
    fn layout(&mut self, shape: &Shape, header: &Row, rows: &[Row]) -> Layout {
        let mut at: HashMap<&'static str, usize> = HashMap::new();
        for (n, cell) in header.cells.iter().enumerate() {
            let name = heading(cell);
            let column = shape.columns.iter().find(|c| c.name == name);
            let unnamed = name.is_empty() && rows.iter().all(|row| row.cell(n).trim().is_empty());
            let message = match column {
                None if unnamed => continue,
                None => message!("not-a-column", sheet = shape.sheet, columns = columns(shape)),
                Some(column) if at.contains_key(column.name) => message!("header-twice"),
                Some(column) => {
                    at.insert(column.name, n);
                    continue;
                }
            };
            self.issues.add(self.grid.place.header(header.line, message).in_column(&name, ""));
        }
        let columns: Vec<_> = shape.columns.iter().map(|c| (c, at.get(c.name).copied())).collect();
        // An empty JSON array has no columns and needs none.
        let absent = self.grid.place.indexed && rows.is_empty();
        for (column, _) in columns.iter().filter(|(c, at)| c.required && at.is_none()) {
            if !absent {
                let message = message!("column-missing", right = (column.expected)());
                self.issues.add(self.grid.place.header(header.line, message).in_column(column.name, ""));
            }
        }
        if !absent && shape.key.iter().any(|key| !at.contains_key(key)) {
            self.reading.broken_sheets.insert(shape.sheet);
        }
        Layout { columns, width: header.cells.len() }
    }

    fn row<R: Record>(&mut self, layout: &Layout, row: &Row, comma: bool)
    where
        Picture: Holds<R>,
    {
        let mut found = Vec::new();
        let cells = texts(self.grid, layout, row, comma, R::SHEET, &mut found);
        let key = || R::SHAPE.key.iter().map(|k| layout.text(&cells, k)).collect::<Vec<_>>().join(" ");
        if !self.grid.fits(row, layout.width) {
            // Its cells may stand in the wrong columns, so that what is wrong with them would mislead.
            let message = message!("cells-unlike-header", cells = row.cells.len(), width = layout.width);
            self.issues.add(self.grid.place.issue(row.line, message));
            return self.reading.break_key(&R::SHAPE, &key());
        }
        let record = {
            let text = |name: &str| layout.text(&cells, name);
            R::read(&mut Cells::new(&text, &mut Faults::of(R::SHEET, "", &mut found)))
        };
        found.retain(|fault| !layout.is_missing(fault.column) && fault.value != UNREADABLE);
        let wrong = !found.is_empty();
        for fault in found {
            let column = fault.column.unwrap_or_default();
            self.issues.add(self.grid.place.issue(row.line, fault.message).in_column(column, &fault.value));
        }
        match record {
            Some(record) if !wrong => self.put(record, row.line),
            _ => self.reading.break_key(&R::SHAPE, &key()),
        }
    }

    /// Keeps the record, unless its key is taken.
    fn put<R: Record>(&mut self, record: R, line: u64)
    where
        Picture: Holds<R>,
    {
        let key = record.key();
        let spot = Spot { place: self.place, line };
        if let Some(first) = self.reading.spots.get(&(R::SHEET, key.clone())) {
            let place = &self.reading.places[first.place];
            let at = place.row(first.line);
            let message = match first.place == self.place {
                true => message!("named-before", at),
                false => message!("named-before-in-file", at, file = &place.file),
            };
            self.issues.add(self.grid.place.issue(line, message).in_column(R::SHAPE.key.join(" "), &key));
            return;
        }
        self.reading.spots.insert((R::SHEET, key.clone()), spot);
        Holds::<R>::sheet_mut(&mut self.reading.picture).insert(key, record);
    }
}

/// The row's texts in the order of the shape's columns. A number that may be two is a fault, and stands as unreadable.
fn texts<'r>(
    grid: &Grid,
    layout: &Layout,
    row: &'r Row,
    comma: bool,
    sheet: &'static str,
    found: &mut Vec<Fault>,
) -> Vec<Cow<'r, str>> {
    let mut texts = Vec::with_capacity(layout.columns.len());
    for (column, at) in &layout.columns {
        let text = at.map_or(Cow::Borrowed(""), |at| grid.clean(row.cell(at)));
        if !column.decimal || at.is_some_and(|at| row.is_typed(at)) {
            texts.push(text);
            continue;
        }
        match number::with_point(&text, comma) {
            Ok(Cow::Owned(number)) => texts.push(Cow::Owned(number)),
            Ok(Cow::Borrowed(_)) => texts.push(text),
            Err(message) => {
                Faults::of(sheet, "", found).column(column.name, text.as_ref(), message);
                texts.push(Cow::Borrowed(UNREADABLE));
            }
        }
    }
    texts
}

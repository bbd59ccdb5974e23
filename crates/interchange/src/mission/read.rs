//! Sources to a picture, with every problem named.

use std::collections::{HashMap, HashSet};

use muster_domain::{
    message,
    picture::{Picture, SHAPES, visit},
    record::Shape,
};

use super::{MOST_BYTES, Source, json, rows::ReadSheet};
use crate::{
    delimited, encoding,
    grid::{Grid, Place},
    issue::{Issue, Issues},
    workbook,
};

/// What was read, and what was wrong with it.
#[derive(Debug, Default)]
pub struct Reading {
    /// The records that were read. Where there are issues it lacks the records that have them.
    pub picture: Picture,
    /// Everything wrong with the files and with single cells. What must hold within a record and between records is told by
    /// [`Reading::check`], since it may depend on what is stored already.
    pub issues: Vec<Issue>,
    pub(super) places: Vec<Place>,
    pub(super) spots: HashMap<(&'static str, String), Spot>,
    /// Records that stand in the files but could not be read, and records with such parts.
    pub(super) broken: HashSet<(&'static str, String)>,
    /// Sheets of which not even the keys could be read.
    pub(super) broken_sheets: HashSet<&'static str>,
}

/// Where a record stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    /// Number of its place in [`Reading::places`].
    pub(super) place: usize,
    pub(super) line: u64,
}

/// Reads what the sources hold. They need not be all of a mission: a single `offers.csv` is read as well.
///
/// Never fails: what cannot be read is an issue. Check the records against each other with [`Reading::check`].
pub fn read(sources: Vec<Source>) -> Reading {
    let mut reading = Reading::default();
    let mut issues = Issues::default();
    let total: usize = sources.iter().map(|s| s.bytes.len()).sum();
    if total > MOST_BYTES {
        let message = message!("files-too-large", bytes = total, most = MOST_BYTES);
        issues.add(Issue::of_file("", message));
    } else {
        let mut reader = Reader { reading: &mut reading, issues: &mut issues, files: HashMap::new() };
        for source in sources {
            reader.source(&source);
        }
    }
    reading.issues = issues.into_vec();
    reading
}

/// Reads a whole mission: as [`read`], and the issues have also what does not hold within and between the records.
pub fn read_whole(sources: Vec<Source>) -> Reading {
    let mut reading = read(sources);
    let found = reading.check(&Picture::default());
    reading.issues.extend(found);
    reading
}

impl Reading {
    /// A reading of records that stand in no file.
    pub fn of(picture: Picture) -> Self {
        Self { picture, ..Self::default() }
    }

    /// Marks a record as one that could not be read, and what it is a part of as incomplete.
    pub(super) fn break_key(&mut self, shape: &Shape, key: &str) {
        self.broken.insert((shape.sheet, key.to_owned()));
        if let Some(parent) = shape.part_of {
            let owner = key.split(' ').next().unwrap_or_default();
            self.broken.insert((parent, owner.to_owned()));
        }
    }
}

struct Reader<'a> {
    reading: &'a mut Reading,
    issues: &'a mut Issues,
    /// The file in which each sheet was found.
    files: HashMap<&'static str, String>,
}

impl Reader<'_> {
    fn source(&mut self, source: &Source) {
        let file = source.name.rsplit(['/', '\\']).next().unwrap_or_default();
        let (stem, extension) = file.rsplit_once('.').unwrap_or((file, ""));
        let extension = extension.to_lowercase();
        let bytes = source.bytes.as_slice();
        if extension == "md" {
            // A folder may explain itself.
            return;
        }
        let text = matches!(extension.as_str(), "csv" | "tsv" | "txt");
        if workbook::is_other(file, bytes) {
            self.issues.add(Issue::of_file(file, message!("other-workbook")));
        } else if workbook::is_archive(bytes) || extension == "xlsx" {
            self.workbook(file, bytes);
        } else if extension == "json" || (!text && encoding::begins_with_brace(bytes)) {
            self.document(file, bytes);
        } else if !text {
            self.issues.add(Issue::of_file(file, message!("not-a-mission-file", sheets = names())));
        } else if let Some(sheet) = self.sheet(stem, file) {
            let separator = (extension == "tsv").then_some(b'\t');
            if let Some(grid) = delimited::read(file, bytes, separator, self.issues) {
                self.grid(sheet, &grid);
            } else {
                self.reading.broken_sheets.insert(sheet);
            }
        }
    }

    fn workbook(&mut self, file: &str, bytes: &[u8]) {
        for (name, grid) in workbook::read(file, bytes, &|_| true, self.issues) {
            if let Some(sheet) = self.sheet(&name, &grid.place.file) {
                self.grid(sheet, &grid);
            }
        }
    }

    fn document(&mut self, file: &str, bytes: &[u8]) {
        for (name, grid) in json::read(file, bytes, self.issues) {
            if let Some(sheet) = self.sheet(&name, &grid.place.file) {
                self.grid(sheet, &grid);
            }
        }
    }

    /// The sheet of that name, if it is one and has not been read from another file.
    fn sheet(&mut self, name: &str, file: &str) -> Option<&'static str> {
        let wanted = name.trim().to_lowercase();
        let Some(shape) = Shape::of(&wanted) else {
            self.issues.add(Issue::of_file(file, message!("not-a-mission-sheet", sheets = names())));
            return None;
        };
        if let Some(first) = self.files.get(shape.sheet) {
            let message = message!("sheet-twice", sheet = shape.sheet, file = first);
            self.issues.add(Issue::of_file(file, message));
            return None;
        }
        self.files.insert(shape.sheet, file.to_owned());
        Some(shape.sheet)
    }

    fn grid(&mut self, sheet: &'static str, grid: &Grid) {
        let place = self.reading.places.len();
        self.reading.places.push(grid.place.clone());
        visit(&mut ReadSheet { sheet, grid, place, reading: self.reading, issues: self.issues });
    }
}

fn names() -> String {
    SHAPES.iter().map(|s| s.sheet).collect::<Vec<_>>().join(", ")
}

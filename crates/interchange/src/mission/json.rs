//! A JSON document to grids: an object of sheets, each an array of objects, each of texts. Nothing is nested deeper, so that nothing
//! else is kept; what stands where it should not is an issue.

use std::{collections::HashMap, fmt};

use csv::StringRecord;
use muster_domain::{message, message::Message};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::{
    encoding::decode,
    grid::{Grid, LONGEST_CELL, MOST_COLUMNS, MOST_ROWS, Place, Row},
    issue::{Issue, Issues, MOST_ISSUES},
    workbook::UNREADABLE,
};

/// The document's sheets by name.
pub(super) fn read(file: &str, bytes: &[u8], issues: &mut Issues) -> Vec<(String, Grid)> {
    let text = match decode(bytes) {
        Ok(text) => text,
        Err(error) => {
            issues.add(Issue::of_file(file, error.message).on_line(error.line));
            return Vec::new();
        }
    };
    match serde_json::from_str::<Entries<Sheet>>(&text) {
        Ok(Entries(sheets)) => {
            sheets.into_iter().map(|(name, sheet)| (name.clone(), sheet.grid(file, &name, issues))).collect()
        }
        Err(error) => {
            issues.add(Issue::of_file(file, refusal(&error)).on_line(error.line() as u64));
            Vec::new()
        }
    }
}

/// Most entries of an object; more would only cost memory, since no sheet has as many columns.
const MOST_ENTRIES: usize = 1_000;

/// What the reader is told so that it stops, and by which [`refusal`] knows why it did.
const MANY_KEYS: &str = "many keys";
const MANY_ROWS: &str = "many rows";

fn refusal(error: &serde_json::Error) -> Message {
    let said = error.to_string();
    match () {
        () if said.starts_with(MANY_KEYS) => message!("json-many-keys", most = MOST_ENTRIES),
        () if said.starts_with(MANY_ROWS) => message!("json-many-rows", most = MOST_ROWS),
        () => message!("not-mission-json", error = said),
    }
}

/// An object's entries in order; a name may be there twice.
struct Entries<T>(Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
            type Value = Entries<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    if entries.len() == MOST_ENTRIES {
                        return Err(serde::de::Error::custom(MANY_KEYS));
                    }
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Object(std::marker::PhantomData))
    }
}

/// A sheet as a table, its columns in the order in which they first appear.
#[derive(Default)]
struct Sheet {
    columns: Vec<String>,
    at: HashMap<String, usize>,
    /// Each row's cells by number of the column.
    rows: Vec<Vec<(usize, Cell)>>,
    /// What is wrong with a row, by its index.
    wrong: Vec<(usize, String, Message)>,
}

impl<'de> Deserialize<'de> for Sheet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Array;
        impl<'de> Visitor<'de> for Array {
            type Value = Sheet;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of objects")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Sheet, A::Error> {
                let mut sheet = Sheet::default();
                while seq.next_element_seed(RowOf(&mut sheet))?.is_some() {
                    if sheet.rows.len() > MOST_ROWS {
                        return Err(serde::de::Error::custom(MANY_ROWS));
                    }
                }
                Ok(sheet)
            }
        }
        deserializer.deserialize_seq(Array)
    }
}

struct RowOf<'a>(&'a mut Sheet);

impl<'de> DeserializeSeed<'de> for RowOf<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Entries(cells) = Entries::<Cell>::deserialize(deserializer)?;
        self.0.push(cells);
        Ok(())
    }
}

impl Sheet {
    fn refuse(&mut self, row: usize, name: String, message: Message) {
        if self.wrong.len() < MOST_ISSUES {
            self.wrong.push((row, name, message));
        }
    }

    fn push(&mut self, cells: Vec<(String, Cell)>) {
        let index = self.rows.len();
        let mut row: Vec<(usize, Cell)> = Vec::with_capacity(cells.len());
        for (name, cell) in cells {
            let new = self.columns.len();
            if new >= MOST_COLUMNS && !self.at.contains_key(&name) {
                self.refuse(index, name, message!("column-too-many", most = MOST_COLUMNS));
                continue;
            }
            let column = *self.at.entry(name.clone()).or_insert(new);
            if column == new {
                self.columns.push(name.clone());
            }
            if row.iter().any(|(at, _)| *at == column) {
                self.refuse(index, name, message!("object-key-twice"));
            } else {
                row.push((column, cell));
            }
        }
        self.rows.push(row);
    }

    fn grid(self, file: &str, name: &str, issues: &mut Issues) -> Grid {
        let place = Place { file: format!("{file}#{name}"), indexed: true };
        for (index, column, message) in self.wrong {
            issues.add(place.issue(index as u64, message).in_column(column, ""));
        }
        let mut rows = vec![Row { line: 0, cells: self.columns.iter().collect(), typed: 0 }];
        for (index, row) in (0_u64..).zip(self.rows) {
            let width = row.iter().map(|(column, _)| column + 1).max().unwrap_or_default();
            let mut texts = vec![String::new(); width];
            for (column, cell) in row {
                texts[column] = cell.text().unwrap_or_else(|message| {
                    issues.add(place.issue(index, message).in_column(&self.columns[column], ""));
                    UNREADABLE.into()
                });
            }
            rows.push(Row { line: index, cells: StringRecord::from(texts), typed: 0 });
        }
        Grid { place, rows, refused: Vec::new(), open: true }
    }
}

/// What stands where a text should.
enum Cell {
    Text(String),
    Other(Message),
}

impl Cell {
    fn text(self) -> Result<String, Message> {
        match self {
            Self::Text(text) if text.len() > LONGEST_CELL => Err(message!("cell-bytes", most = LONGEST_CELL)),
            Self::Text(text) => Ok(text),
            Self::Other(what) => Err(message!("json-not-text", what)),
        }
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Cell;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_str<E>(self, text: &str) -> Result<Cell, E> {
                Ok(Cell::Text(text.to_owned()))
            }
            fn visit_string<E>(self, text: String) -> Result<Cell, E> {
                Ok(Cell::Text(text))
            }
            fn visit_unit<E>(self) -> Result<Cell, E> {
                Ok(Cell::Text(String::new()))
            }
            fn visit_bool<E>(self, _: bool) -> Result<Cell, E> {
                Ok(Cell::Other(message!("json-boolean")))
            }
            fn visit_i64<E>(self, _: i64) -> Result<Cell, E> {
                Ok(Cell::Other(message!("json-number")))
            }
            fn visit_u64<E>(self, _: u64) -> Result<Cell, E> {
                Ok(Cell::Other(message!("json-number")))
            }
            fn visit_f64<E>(self, _: f64) -> Result<Cell, E> {
                Ok(Cell::Other(message!("json-number")))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Cell, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Cell::Other(message!("json-array")))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cell, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Cell::Other(message!("json-object")))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

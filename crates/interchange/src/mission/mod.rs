//! The mission folder: one CSV file per sheet, one workbook with a sheet each, or one JSON document. Read and written for all nouns
//! alike, by what each record says of its own columns; no noun is known here.

mod check;
mod json;
mod read;
mod rows;
mod write;

use muster_domain::record::Shape;

pub use read::{Reading, read, read_whole};
pub use write::{Sheet, csv_of, json_of, sheets, write_csv, write_json, write_xlsx, xlsx_of};

/// Most bytes of all sources together.
pub const MOST_BYTES: usize = 256 << 20;

/// A file and what is in it.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name, with or without the folders before it.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Most files that are read at once, where people or programs send them.
pub const MOST_FILES: usize = 40;

/// A single table with a name of its own is read as the sheet that its sender named; other files say themselves what they are.
pub fn named_as(sources: &mut [Source], sheet: &str) {
    let ([one], Some(shape)) = (sources, Shape::of(sheet)) else { return };
    let ending = one.name.rsplit_once('.').map_or("csv", |(_, ending)| ending).to_lowercase();
    if matches!(ending.as_str(), "csv" | "tsv" | "txt") {
        one.name = format!("{}.{ending}", shape.sheet);
    }
}

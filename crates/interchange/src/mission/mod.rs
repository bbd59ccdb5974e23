//! The mission folder: one CSV file per sheet, one workbook with a sheet each, or one JSON document. Read and written for all nouns
//! alike, by what each record says of its own columns; no noun is known here.

mod check;
mod json;
mod read;
mod rows;
mod write;

pub use read::{Reading, read, read_whole};
pub use write::{write_csv, write_json, write_xlsx};

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

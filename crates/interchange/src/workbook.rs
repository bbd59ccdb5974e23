//! XLSX workbooks to grids. It must not trust them: the archive is looked through before any of it is parsed, cells are streamed
//! (a cell far out would otherwise ask for a sheet full of empty ones), and formulas are refused, since the value kept beside one may
//! be anything.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read},
    panic::{AssertUnwindSafe, catch_unwind},
};

use calamine::{DataRef, ExcelDateTime, Reader, SheetType, Xlsx, XlsxCellFormulaMetadataRecord};
use csv::StringRecord;
use muster_domain::{message, message::Message};
use zip::ZipArchive;

use crate::{
    grid::{Grid, LONGEST_CELL, MOST_COLUMNS, MOST_ROWS, Place, Row},
    issue::{Issue, Issues},
};

/// Most files in the archive that a workbook is.
const MOST_ENTRIES: usize = 1_000;
/// Most bytes that its files may have together once inflated.
const MOST_INFLATED: u64 = 256 << 20;
/// Most inflated bytes for one of the archive's. Sheets of text come to 10 to 30.
const MOST_RATIO: u64 = 200;
/// Below this size any ratio is harmless.
const SMALL: u64 = 4 << 20;
/// Whole numbers up to here are exact in a cell.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Whether the bytes begin like a ZIP archive, which a workbook is.
pub(crate) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// Whether the bytes begin like a compound file: an old or an encrypted workbook.
pub(crate) fn is_compound(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0])
}

/// Whether a file is a workbook of another kind than is read, by its bytes or by its name.
pub(crate) fn is_other(file: &str, bytes: &[u8]) -> bool {
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension).to_lowercase();
    is_compound(bytes) || matches!(extension.as_str(), "xls" | "xlsm" | "xlsb" | "ods")
}

/// The workbook's sheets by name, as far as they are wanted.
pub(crate) fn read(
    file: &str,
    bytes: &[u8],
    wanted: &dyn Fn(&str) -> bool,
    issues: &mut Issues,
) -> Vec<(String, Grid)> {
    if let Err(message) = look_through(bytes) {
        issues.add(Issue::of_file(file, message));
        return Vec::new();
    }
    // The parser panics on some absurd positions. Its state is gone then, and the issues found so far stay right.
    let read = AssertUnwindSafe(|| parse(file, bytes, wanted, issues));
    if let Ok(grids) = catch_unwind(read) {
        return grids;
    }
    issues.add(Issue::of_file(file, message!("workbook-damaged")));
    Vec::new()
}

fn parse(file: &str, bytes: &[u8], wanted: &dyn Fn(&str) -> bool, issues: &mut Issues) -> Vec<(String, Grid)> {
    let mut book = match Xlsx::new(Cursor::new(bytes)) {
        Ok(book) => book,
        Err(error) => {
            issues.add(Issue::of_file(file, unreadable(error)));
            return Vec::new();
        }
    };
    let sheets = book.sheets_metadata().iter();
    let names: Vec<_> = sheets.filter(|s| s.typ == SheetType::WorkSheet).map(|s| s.name.clone()).collect();
    let mut grids = Vec::new();
    for name in names.into_iter().filter(|name| wanted(name)) {
        let place = Place { file: format!("{file}#{name}"), indexed: false };
        let rows = rows(&mut book, &name, &place, issues);
        grids.push((name, Grid { place, rows, refused: Vec::new(), open: true }));
    }
    grids
}

/// Refuses what is harmful before anything is parsed.
fn look_through(bytes: &[u8]) -> Result<(), Message> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    if archive.len() > MOST_ENTRIES {
        return Err(message!("workbook-files", files = archive.len(), most = MOST_ENTRIES));
    }
    let mut total = 0;
    for n in 0..archive.len() {
        let mut entry = archive.by_index(n).map_err(unreadable)?;
        let name = entry.name().map_err(unreadable)?.to_lowercase();
        if name.ends_with("vbaproject.bin") || name.contains("macrosheets/") {
            return Err(message!("workbook-macros"));
        }
        let packed = entry.compressed_size().max(1);
        // What an entry says of its own size may be a lie, so it is inflated, and no further than the limit.
        let limit = (MOST_INFLATED - total).min((packed * MOST_RATIO).max(SMALL));
        let size = scan(&mut (&mut entry).take(limit + 1), name.ends_with(".xml") || name.ends_with(".rels"))?;
        if size > limit {
            return Err(message!("workbook-inflates", mib = MOST_INFLATED >> 20, ratio = MOST_RATIO));
        }
        total += size;
    }
    Ok(())
}

fn unreadable(error: impl std::fmt::Display) -> Message {
    message!("workbook-unreadable", error = error.to_string())
}

/// Reads to the end and says how long it is. In XML a document type, which could define entities, is refused.
fn scan(entry: &mut impl Read, xml: bool) -> Result<u64, Message> {
    const KEPT: usize = 32;
    let mut buffer = vec![0; 64 << 10];
    let (mut size, mut kept) = (0, 0);
    loop {
        let read = entry.read(&mut buffer[kept..]).map_err(unreadable)?;
        if read == 0 {
            return Ok(size);
        }
        size += read as u64;
        let filled = kept + read;
        if xml && has_doctype(&buffer[..filled]) {
            return Err(message!("workbook-document-type"));
        }
        // A mark may lie across two pieces.
        kept = filled.min(KEPT);
        buffer.copy_within(filled - kept..filled, 0);
    }
}

/// Looks for `<!DOCTYPE` and `<!ENTITY`, also in UTF-16.
fn has_doctype(xml: &[u8]) -> bool {
    let begins = |window: &[u8], step: usize, word: &[u8]| {
        word.iter().enumerate().all(|(n, b)| window.get(n * step).is_some_and(|w| w.eq_ignore_ascii_case(b)))
    };
    xml.iter().enumerate().filter(|(_, b)| **b == b'<').any(|(at, _)| {
        let window = &xml[at..];
        [b"<!DOCTYPE".as_slice(), b"<!ENTITY"].iter().any(|word| begins(window, 1, word) || begins(window, 2, word))
    })
}

fn rows(book: &mut Xlsx<Cursor<&[u8]>>, name: &str, place: &Place, issues: &mut Issues) -> Vec<Row> {
    let mut cells = match book.worksheet_cells_reader(name) {
        Ok(cells) => cells,
        Err(error) => {
            issues.add(Issue::of_file(&place.file, message!("sheet-unreadable", error = error.to_string())));
            return Vec::new();
        }
    };
    let mut found: BTreeMap<u32, Found> = BTreeMap::new();
    loop {
        match cells.next_cell_with_formula_metadata() {
            Ok(None) => break,
            Ok(Some(cell)) => keep(cell, &mut found, place, issues),
            Err(error) => {
                issues.add(Issue::of_file(&place.file, message!("sheet-broken-off", error = error.to_string())));
                break;
            }
        }
        if found.len() > MOST_ROWS + 1 {
            issues.add(Issue::of_file(&place.file, message!("sheet-rows", most = MOST_ROWS)));
            break;
        }
    }
    let row =
        |(row, found): (u32, Found)| Row { line: u64::from(row) + 1, typed: found.typed, cells: record(found.cells) };
    found.into_iter().map(row).collect()
}

/// The cells of a row by column, counted from 0.
#[derive(Default)]
struct Found {
    cells: BTreeMap<u32, String>,
    typed: u128,
}

fn keep(cell: XlsxCellFormulaMetadataRecord<'_>, found: &mut BTreeMap<u32, Found>, place: &Place, issues: &mut Issues) {
    let (row, column) = cell.pos;
    let line = u64::from(row) + 1;
    let typed = matches!(cell.value, DataRef::Int(_) | DataRef::Float(_) | DataRef::DateTime(_));
    let text = text_of(cell).unwrap_or_else(|message| {
        issues.add(place.issue(line, message).in_column(letters(column), ""));
        // Something stands there, so that the row is not taken as one without it.
        UNREADABLE.into()
    });
    if text.is_empty() {
        return;
    }
    if column as usize >= MOST_COLUMNS {
        let message = message!("cell-far-out", column = u64::from(column) + 1, most = MOST_COLUMNS);
        issues.add(place.issue(line, message));
        return;
    }
    let row = found.entry(row).or_default();
    row.typed |= u128::from(typed) << column;
    row.cells.insert(column, text);
}

/// Stands for a cell that was refused; no right value looks like it.
pub(crate) const UNREADABLE: &str = "\u{1}";

fn record(cells: BTreeMap<u32, String>) -> StringRecord {
    let width = cells.last_key_value().map_or(0, |(column, _)| column + 1);
    (0..width).map(|column| cells.get(&column).map_or("", String::as_str)).collect()
}

fn text_of(cell: XlsxCellFormulaMetadataRecord<'_>) -> Result<String, Message> {
    if cell.formula.is_some() {
        return Err(message!("cell-formula"));
    }
    let text = match cell.value {
        DataRef::Empty => String::new(),
        DataRef::String(text) => text,
        DataRef::SharedString(text) => text.to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number_text(number)?,
        DataRef::Bool(yes) => if yes { "yes" } else { "no" }.to_owned(),
        DataRef::DateTime(time) => date_text(&time)?,
        DataRef::DateTimeIso(text) => text.trim_end_matches("T00:00:00").to_owned(),
        DataRef::DurationIso(text) => text,
        DataRef::Error(error) => return Err(message!("cell-error", error = error.to_string())),
    };
    if text.len() > LONGEST_CELL {
        return Err(message!("cell-bytes", most = LONGEST_CELL));
    }
    Ok(text)
}

/// The shortest decimal that is this number; it is what was typed, since a cell keeps 15 digits.
fn number_text(number: f64) -> Result<String, Message> {
    if !number.is_finite() || number.abs() > EXACT {
        return Err(message!("cell-inexact"));
    }
    Ok(number.to_string())
}

fn date_text(time: &ExcelDateTime) -> Result<String, Message> {
    let days = time.as_f64();
    // Before March 1900 the count of days has a day that never was.
    if time.is_duration() || !(61.0..2_958_466.0).contains(&days) {
        return Err(message!("cell-time"));
    }
    let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second) == (0, 0, 0) { Ok(date) } else { Ok(format!("{date}T{hour:02}:{minute:02}:{second:02}")) }
}

/// The letters by which spreadsheets call a column, counted from 0.
fn letters(column: u32) -> String {
    let last = char::from(b'A' + u8::try_from(column % 26).unwrap_or_default());
    if column < 26 { last.to_string() } else { letters(column / 26 - 1) + &last.to_string() }
}

#[cfg(test)]
mod tests {
    use calamine::ExcelDateTimeType;

    use super::*;

    #[test]
    fn numbers_and_dates_are_written_as_they_were_meant() {
        assert_eq!(number_text(12.0).as_deref(), Ok("12"));
        assert_eq!(number_text(12.5).as_deref(), Ok("12.5"));
        assert_eq!(number_text(0.1).as_deref(), Ok("0.1"));
        assert!(number_text(1e17).is_err() && number_text(f64::NAN).is_err());
        let date = |value, is_1904| date_text(&ExcelDateTime::new(value, ExcelDateTimeType::DateTime, is_1904));
        assert_eq!(date(46_272.0, false).as_deref(), Ok("2026-09-07"));
        assert_eq!(date(44_810.0, true).as_deref(), Ok("2026-09-07"));
        assert_eq!(date(46_272.5, false).as_deref(), Ok("2026-09-07T12:00:00"));
        assert!(date(0.5, false).is_err());
    }

    #[test]
    fn columns_have_the_letters_of_spreadsheets() {
        assert_eq!([0, 25, 26, 51, 52, 701, 702].map(letters), ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }

    #[test]
    fn a_document_type_is_found_in_either_encoding() {
        assert!(has_doctype(b"<?xml?><!DOCTYPE x [") && has_doctype(b"<!entity"));
        let wide: Vec<u8> = "<!DOCTYPE".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert!(has_doctype(&wide) && !has_doctype(b"<row><!-- doctype -->"));
    }

    #[test]
    fn a_mark_across_two_pieces_is_found() {
        let mut xml = vec![b' '; (64 << 10) - 4];
        xml.extend(b"<!DOCTYPE");
        assert!(scan(&mut xml.as_slice(), true).is_err());
        assert_eq!(scan(&mut xml.as_slice(), false), Ok(xml.len() as u64));
    }
}

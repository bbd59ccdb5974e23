//! A picture to files. The same picture gives the same bytes, and reading them gives the same picture.

use muster_domain::{
    message,
    message::Message,
    picture::{Holds, Picture, Visitor, visit},
    record::Record,
};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};
use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::guard::guard;

/// A sheet as texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Its name.
    pub name: &'static str,
    /// Names of its columns.
    pub columns: Vec<&'static str>,
    /// Its rows, as long as it has columns.
    pub rows: Vec<Vec<String>>,
}

/// The sheets of a picture, in order.
pub fn sheets(picture: &Picture) -> Vec<Sheet> {
    struct Collect<'a>(&'a Picture, Vec<Sheet>);
    impl Visitor for Collect<'_> {
        fn visit<R: Record>(&mut self)
        where
            Picture: Holds<R>,
        {
            self.1.push(Sheet {
                name: R::SHEET,
                columns: R::SHAPE.columns.iter().map(|c| c.name).collect(),
                rows: self.0.of::<R>().values().map(Record::cells).collect(),
            });
        }
    }
    let mut collect = Collect(picture, Vec::new());
    visit(&mut collect);
    collect.1
}

/// One CSV file for each sheet, with its name: UTF-8, comma, header, rows by key. An empty picture gives the template.
///
/// A cell that a spreadsheet would take for a formula begins with an apostrophe, which [`read`](super::read) takes away.
pub fn write_csv(picture: &Picture) -> Vec<(String, Vec<u8>)> {
    sheets(picture).into_iter().map(|sheet| (format!("{}.csv", sheet.name), csv_of(&sheet))).collect()
}

/// A sheet as a CSV file, as [`write_csv`] writes it.
pub fn csv_of(sheet: &Sheet) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = sheet.columns.iter().map(|c| (*c).to_owned()).collect();
    for row in std::iter::once(&header).chain(&sheet.rows) {
        let cells = row.iter().map(|cell| guard(cell).into_owned());
        writer.write_record(cells).expect("rows of equal length can be written to memory");
    }
    writer.into_inner().expect("memory can be flushed")
}

/// One workbook with all sheets. Every cell is text, also for whoever edits it later, so that a spreadsheet makes no dates of codes;
/// the header stays in view.
///
/// # Errors
/// The sheet that a workbook cannot hold: it has more than 1,048,575 records, or a cell of more than 32,767 characters.
pub fn write_xlsx(picture: &Picture) -> Result<Vec<u8>, Message> {
    xlsx_of(sheets(picture))
}

/// Sheets as one workbook, as [`write_xlsx`] writes it.
///
/// # Errors
/// As [`write_xlsx`].
pub fn xlsx_of(sheets: Vec<Sheet>) -> Result<Vec<u8>, Message> {
    let mut book = Workbook::new();
    let created = ExcelDateTime::from_ymd(2000, 1, 1).map_err(|error| failed(&error))?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&created));
    for sheet in sheets {
        let name = sheet.name;
        xlsx_sheet(&mut book, sheet)
            .map_err(|error| message!("sheet-not-written", sheet = name, error = error.to_string()))?;
    }
    book.save_to_buffer().map_err(|error| failed(&error))
}

fn failed(error: &XlsxError) -> Message {
    message!("not-written", error = error.to_string())
}

fn xlsx_sheet(book: &mut Workbook, sheet: Sheet) -> Result<(), XlsxError> {
    let (text, bold) = (Format::new().set_num_format("@"), Format::new().set_num_format("@").set_bold());
    let page = book.add_worksheet();
    page.set_name(sheet.name)?.set_freeze_panes(1, 0)?;
    for (column, name) in (0_u16..).zip(&sheet.columns) {
        page.set_column_format(column, &text)?.set_column_width(column, 18)?;
        page.write_string_with_format(0, column, *name, &bold)?;
    }
    for (row, cells) in (1_u32..).zip(&sheet.rows) {
        for (column, cell) in (0_u16..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            page.write_string_with_format(row, column, guard(cell), &text)?;
        }
    }
    Ok(())
}

/// One JSON document: each sheet an array of objects, whose values are texts; empty cells are left out.
pub fn write_json(picture: &Picture) -> Vec<u8> {
    json_of(sheets(picture))
}

/// Sheets as one JSON document, as [`write_json`] writes it.
pub fn json_of(sheets: Vec<Sheet>) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(&Document(sheets)).expect("texts can be written to memory as JSON");
    bytes.push(b'\n');
    bytes
}

struct Document(Vec<Sheet>);

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|sheet| {
            let rows: Vec<_> = sheet.rows.iter().map(|cells| Object(&sheet.columns, cells)).collect();
            (sheet.name, rows)
        }))
    }
}

struct Object<'a>(&'a [&'static str], &'a [String]);

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, cell) in self.0.iter().zip(self.1).filter(|(_, cell)| !cell.is_empty()) {
            map.serialize_entry(name, cell)?;
        }
        map.end()
    }
}

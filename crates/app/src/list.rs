//! Pages of records, search over all of them, and records out again as files.

use std::collections::BTreeSet;

use muster_domain::{
    code::Code,
    ledger::entry::{Activity, Subject},
    message,
    picture::{Holds, Picture, Visitor, visit},
    record::{Record, Shape},
    viewer::Viewer,
};
use muster_interchange::mission::{Sheet, csv_of, json_of, sheets, xlsx_of};
use muster_storage::{
    db::Conn,
    list::{self, Listed, Query},
    register::{REGISTERS, Register},
    transfer::{self, Consignment},
};
use sha2::{Digest, Sha256};

use crate::{Actor, App, Error, everything, record::shape};

/// Most records that one export holds.
pub const MOST_EXPORTED: usize = 200_000;

/// How far records are counted; beyond that it is "more than".
pub const MOST_COUNTED: i64 = 10_000;

/// How records are written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values, UTF-8.
    Csv,
    /// A workbook.
    Xlsx,
    /// JSON.
    Json,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Csv, Self::Xlsx, Self::Json];

    /// The ending of a file's name.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Json => "json",
        }
    }

    /// The format of a file's ending.
    pub fn of(ending: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.ending() == ending)
    }

    /// Sheets as one file; of CSV, which has one sheet in a file, the first.
    pub(crate) fn file(self, sheets: Vec<Sheet>) -> Result<Vec<u8>, Error> {
        match self {
            Self::Csv => Ok(sheets.first().map(csv_of).unwrap_or_default()),
            Self::Xlsx => xlsx_of(sheets).map_err(Error::Invalid),
            Self::Json => Ok(json_of(sheets)),
        }
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Json => "application/json",
        }
    }
}

/// Something found by its name, code or number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The sheet, or [`UNITS`], or [`CONSIGNMENTS`].
    pub sheet: &'static str,
    /// The record's key.
    pub key: String,
    /// Its name, or whatever tells most about it.
    pub name: String,
}

/// Sheets that the search looks through, in the order in which it tells what it found, with the column that tells most of a record.
const SEARCHED: &[(&str, &str)] = &[
    ("offers", "resource"),
    ("requirements", "justification"),
    ("packages", "name"),
    ("items", "name"),
    ("parties", "name"),
    ("places", "name"),
    ("lanes", "mode"),
    ("participations", "party"),
    ("statements", "title"),
    ("caveats", "name"),
    ("funds", "name"),
    ("processes", "kind"),
    ("pools", "name"),
    ("fair_shares", "name"),
    ("fleets", "name"),
    ("reserves", "name"),
    ("resources", "item"),
    ("end_use_rules", "item"),
    ("announcements", "item"),
];

/// Stands for units by their serial numbers among what is found: the key is the serial number, the name the resource.
pub const UNITS: &str = "units";

/// What a file with all registers is called.
pub const ALL_REGISTERS: &str = "registers";

/// Stands for consignments among what is found.
pub const CONSIGNMENTS: &str = "consignments";

impl App {
    /// A page of records that the viewer sees.
    ///
    /// # Errors
    /// If there is no such sheet or column, or the database fails.
    pub async fn page(&self, viewer: &Viewer, query: &Query) -> Result<Vec<Listed>, Error> {
        shape(&query.sheet)?;
        list::page(&mut self.read().await?, viewer, query).await.map_err(no_such)
    }

    /// How many records the viewer sees of a query, up to [`MOST_COUNTED`].
    ///
    /// # Errors
    /// If there is no such sheet or column, or the database fails.
    pub async fn count(&self, viewer: &Viewer, query: &Query) -> Result<i64, Error> {
        list::count(&mut self.read().await?, viewer, query, MOST_COUNTED).await.map_err(no_such)
    }

    /// The words in a column, among what the viewer sees, with how often each stands there.
    ///
    /// # Errors
    /// If there is no such sheet or column, or the database fails.
    pub async fn column_words(&self, viewer: &Viewer, sheet: &str, column: &str) -> Result<Vec<(String, i64)>, Error> {
        self.memory.words(&mut self.read().await?, viewer, sheet, column).await.map_err(no_such)
    }

    /// What the viewer sees that has a text in one of its columns: a few of each sheet; and the unit that has it for its serial number,
    /// if the journal tells of one.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn search(&self, viewer: &Viewer, text: &str, of_each: i64) -> Result<Vec<Found>, Error> {
        let mut found = Vec::new();
        if text.trim().is_empty() {
            return Ok(found);
        }
        let mut conn = self.read().await?;
        for (sheet, telling) in SEARCHED {
            let shape = shape(sheet)?;
            let query = Query { sheet: (*sheet).to_owned(), text: text.to_owned(), limit: of_each, ..Query::default() };
            for row in list::page(&mut conn, viewer, &query).await? {
                let name = shape.cell(&row.cells, telling).to_owned();
                found.push(Found { sheet: shape.sheet, key: row.key, name });
            }
        }
        if viewer.is_known() {
            found.extend(self.search_units(&mut conn, viewer, text.trim()).await?);
            found.extend(self.search_consignments(&mut conn, viewer, text.trim()).await?);
        }
        Ok(found)
    }

    /// The units of that serial number, one of each item, by the resource that they were last.
    async fn search_units(&self, conn: &mut Conn, viewer: &Viewer, serial: &str) -> Result<Vec<Found>, Error> {
        let (picture, _) = self.memory.picture(conn, &everything()).await?;
        let (mut items, mut found) = (BTreeSet::new(), Vec::new());
        for resource in transfer::held::named(conn, viewer, serial).await? {
            if items.insert(picture.resources.get(resource.as_str()).map(|resource| resource.item.to_string())) {
                found.push(Found { sheet: UNITS, key: serial.to_owned(), name: resource.to_string() });
            }
        }
        Ok(found)
    }

    /// The consignment of that code, or those that hold or held a unit of that serial number or a handling unit of that number.
    async fn search_consignments(&self, conn: &mut Conn, viewer: &Viewer, text: &str) -> Result<Vec<Found>, Error> {
        let mut heads = transfer::containing::consignments(conn, viewer, text).await?;
        if let Ok(code) = Code::new(&text.to_uppercase()) {
            heads.extend(transfer::read::consignment_of(conn, viewer, code.as_str()).await?);
        }
        let found = |head: Consignment| Found {
            sheet: CONSIGNMENTS,
            key: head.code.to_string(),
            name: format!("{} → {}", head.origin, head.destination),
        };
        Ok(heads.into_iter().map(found).collect())
    }

    /// The records of a query with their parts as a file, as the viewer sees them. That they were taken out is noted in the journal,
    /// unless it was the public.
    ///
    /// # Errors
    /// If there is no such sheet or column, there are too many records, or the database fails.
    pub async fn export(&self, query: &Query, format: Format, actor: &Actor) -> Result<Vec<u8>, Error> {
        let shape = shape(&query.sheet)?;
        let picture = self.picture_of(&actor.viewer, shape, query).await?;
        let own = |sheet: &Sheet| format != Format::Csv || sheet.name == shape.sheet;
        let bytes = format.file(sheets(&picture).into_iter().filter(own).collect())?;
        self.note_export(&format!("{} as {}", shape.sheet, format.ending()), &bytes, actor).await?;
        Ok(bytes)
    }

    /// All records that the viewer sees, as a mission folder's files in one.
    ///
    /// # Errors
    /// If a workbook cannot hold them, or the database fails.
    pub async fn export_mission(&self, format: Format, actor: &Actor) -> Result<Vec<u8>, Error> {
        let picture = self.picture(&actor.viewer).await?;
        // A folder of CSV files is no one file.
        let one = if format == Format::Csv { Format::Xlsx } else { format };
        let bytes = one.file(sheets(&picture))?;
        self.note_export(&format!("the mission as {}", format.ending()), &bytes, actor).await?;
        Ok(bytes)
    }

    /// A register as a file, as the viewer sees it. That it was taken out is noted in the journal.
    ///
    /// # Errors
    /// If there is no such register or the viewer is nobody who is known, there is too much in it, or the database fails.
    pub async fn export_register(&self, name: &str, format: Format, actor: &Actor) -> Result<Vec<u8>, Error> {
        let register = Register::of(name).filter(|_| actor.viewer.is_known());
        let register = register.ok_or_else(|| Error::NotFound { what: "sheet", code: name.to_owned() })?;
        let sheet = filled(&mut self.read().await?, register, &actor.viewer).await?;
        let bytes = format.file(vec![sheet])?;
        self.note_export(&format!("{name} as {}", format.ending()), &bytes, actor).await?;
        Ok(bytes)
    }

    /// All registers as files: one for each if they are to be CSV, else one with all of them. Each file with its name.
    ///
    /// # Errors
    /// As for one of them.
    pub async fn export_registers(&self, format: Format, actor: &Actor) -> Result<Vec<(String, Vec<u8>)>, Error> {
        if !actor.viewer.is_known() {
            return Err(Error::NotFound { what: "sheet", code: ALL_REGISTERS.into() });
        }
        let mut conn = self.read().await?;
        let mut sheets = Vec::new();
        for register in REGISTERS {
            sheets.push(filled(&mut conn, register, &actor.viewer).await?);
        }
        drop(conn);
        let files = match format {
            Format::Csv => sheets.iter().map(|sheet| (format!("{}.csv", sheet.name), csv_of(sheet))).collect(),
            _ => vec![(format!("{ALL_REGISTERS}.{}", format.ending()), format.file(sheets)?)],
        };
        for (name, bytes) in &files {
            self.note_export(name, bytes, actor).await?;
        }
        Ok(files)
    }

    /// Notes in the journal that somebody took data out.
    pub(crate) async fn note_export(&self, what: &str, bytes: &[u8], actor: &Actor) -> Result<(), Error> {
        if !actor.viewer.is_known() || self.ledger.is_none() {
            return Ok(());
        }
        let digits: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let about = format!("{what}, {} bytes, SHA-256 {digits}", bytes.len());
        let note = self.note(actor, Activity::Export, Subject::default(), about);
        self.ledger()?.post(note).await??;
        Ok(())
    }

    async fn picture_of(&self, viewer: &Viewer, shape: &Shape, query: &Query) -> Result<Picture, Error> {
        let seen = self.picture(viewer).await?;
        let mut query = Query { limit: list::LONGEST_PAGE, after: None, ..query.clone() };
        let mut keys = BTreeSet::new();
        loop {
            let page = self.page(viewer, &query).await?;
            query.after = page.last().map(|row| (row.sorted.clone(), row.key.clone()));
            let full = page.len() as i64 == list::LONGEST_PAGE;
            keys.extend(page.into_iter().map(|row| row.key));
            if keys.len() > MOST_EXPORTED {
                return Err(Error::Invalid(message!("export-too-large", most = MOST_EXPORTED)));
            }
            if !full {
                break;
            }
        }
        let mut only = Only { seen: &seen, sheet: shape.sheet, keys, picture: Picture::default() };
        visit(&mut only);
        Ok(only.picture)
    }
}

/// Where a list in the order of moments goes on after a page of it that began at a moment, without so many of that moment: from which moment
/// on, and without how many.
pub fn place_after<M: Copy + PartialEq>(page: &[M], (began, skipped): (M, usize)) -> Option<(M, usize)> {
    let last = *page.last()?;
    let same = page.iter().rev().take_while(|moment| **moment == last).count();
    let before = if same == page.len() && last == began { skipped } else { 0 };
    Some((last, same + before))
}

/// A register with all that the viewer sees of it.
async fn filled(conn: &mut Conn, register: &Register, viewer: &Viewer) -> Result<Sheet, Error> {
    let rows = register.rows(conn, viewer, MOST_EXPORTED as i64 + 1).await?;
    if rows.len() > MOST_EXPORTED {
        return Err(Error::Invalid(message!("export-too-large", most = MOST_EXPORTED)));
    }
    Ok(Sheet { name: register.name, columns: register.columns(), rows })
}

/// What is wrong with a query is told to whoever asked.
fn no_such(error: muster_storage::Error) -> Error {
    match error {
        muster_storage::Error::NoSuch(text) => Error::Invalid(text),
        other => Error::Storage(other),
    }
}

/// Takes records of one sheet, and their parts, out of a picture.
struct Only<'a> {
    seen: &'a Picture,
    sheet: &'static str,
    keys: BTreeSet<String>,
    picture: Picture,
}

impl Visitor for Only<'_> {
    fn visit<R: Record>(&mut self)
    where
        Picture: Holds<R>,
    {
        let own = R::SHEET == self.sheet;
        if !own && R::SHAPE.part_of != Some(self.sheet) {
            return;
        }
        for (key, record) in self.seen.of::<R>() {
            let code = if own { key.as_str() } else { key.split(' ').next().unwrap_or_default() };
            if self.keys.contains(code) {
                self.picture.put(record.clone());
            }
        }
    }
}

/// The template of a sheet: its header alone.
pub fn template(shape: &Shape) -> Vec<u8> {
    let own = sheets(&Picture::default()).into_iter().find(|sheet| sheet.name == shape.sheet);
    own.as_ref().map(csv_of).unwrap_or_default()
}

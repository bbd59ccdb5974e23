//! The records and their history.

use std::collections::BTreeMap;

use jiff::Timestamp;
use muster_domain::{
    change::{Change, Values},
    fault::{Fault, Faults},
    field::Scalar,
    ledger::entry::EntryNumber,
    picture::{Holds, Picture, SHAPES, Visitor, visit},
    record::{Cells, Record, Shape},
    viewer::{Sight, Viewer},
};
use sha2::{Digest, Sha256};

use crate::{
    Error,
    db::{Batch, Conn, Row, Value},
    sight, statements,
};

statements! {
    LAST_CHANGE = "SELECT COALESCE(MAX(number), 0) FROM change";
    CHANGES_UNTIL = "SELECT sheet, record, after FROM change WHERE recorded_at <= $1 ORDER BY number";
    UNRELEASE = "DELETE FROM released WHERE sheet = $1 AND record = $2";
    UNSEEK = "DELETE FROM sought WHERE sheet = $1 AND record = $2";
    HISTORY = "SELECT number, recorded_at, actor, reason, before, after FROM change WHERE sheet = $1 AND record = $2 ORDER BY number DESC LIMIT 500";
}

fn quoted(names: impl Iterator<Item = &'static str>) -> String {
    names.map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

pub(crate) fn columns(shape: &Shape) -> String {
    quoted(shape.columns.iter().map(|c| c.name))
}

/// Reads all records that the viewer sees, as they are now.
///
/// # Errors
/// If the engine fails, or a row is not one that Muster wrote.
pub async fn load(conn: &mut Conn, viewer: &Viewer) -> Result<Picture, Error> {
    let mut tables = BTreeMap::new();
    for shape in SHAPES {
        let seen = sight::records(shape, viewer, 1);
        let sql = format!("SELECT {} FROM \"{}\" t WHERE {}", columns(shape), shape.sheet, seen.sql);
        let rows = conn.rows(&sql, seen.values).await?;
        tables.insert(shape.sheet, rows.iter().map(|row| scalars(shape, row)).collect::<Result<Vec<_>, _>>()?);
    }
    let mut fill = Fill { tables, picture: Picture::default(), fault: None };
    visit(&mut fill);
    fill.fault.map_or(Ok(fill.picture), |fault| Err(Error::Corrupt(fault)))
}

pub(crate) fn scalars(shape: &Shape, row: &Row) -> Result<Vec<Scalar>, Error> {
    let scalar = |(n, column): (usize, &muster_domain::record::Column)| {
        Ok(if column.integer {
            row.maybe_integer(n)?.map_or(Scalar::Null, Scalar::Integer)
        } else {
            row.maybe_text(n)?.map_or(Scalar::Null, Scalar::Text)
        })
    };
    shape.columns.iter().enumerate().map(scalar).collect()
}

struct Fill {
    tables: BTreeMap<&'static str, Vec<Vec<Scalar>>>,
    picture: Picture,
    fault: Option<String>,
}

impl Visitor for Fill {
    fn visit<R: Record>(&mut self)
    where
        Picture: Holds<R>,
    {
        for row in self.tables.remove(R::SHEET).unwrap_or_default() {
            match R::from_scalars(&row) {
                Ok(record) => self.picture.put(record),
                Err(fault) => self.fault = Some(fault),
            }
        }
    }
}

/// Number of the last change of any record; two equal numbers mean that no record changed between.
///
/// # Errors
/// If the engine fails.
pub async fn version(conn: &mut Conn) -> Result<i64, Error> {
    conn.row(LAST_CHANGE, vec![]).await?.ok_or_else(|| Error::Corrupt("no answer".into()))?.integer(0)
}

/// Reads all records as they were known at a point in time: those that the viewer sees now and saw then.
///
/// # Errors
/// If the engine fails, or the history is not one that Muster wrote.
pub async fn load_known_at(conn: &mut Conn, viewer: &Viewer, known: Timestamp) -> Result<Picture, Error> {
    let mut tables: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for row in conn.rows(CHANGES_UNTIL, vec![known.as_microsecond().into()]).await? {
        let (sheet, record) = (row.text(0)?, row.text(1)?);
        let records = tables.entry(sheet).or_default();
        match row.maybe_text(2)? {
            Some(after) => drop(records.insert(record, after)),
            None => drop(records.remove(&record)),
        }
    }
    let mut replay = Replay { tables, picture: Picture::default(), faults: Vec::new() };
    visit(&mut replay);
    if let Some(fault) = replay.faults.first() {
        return Err(Error::Corrupt(fault.to_string()));
    }
    if viewer.sight == Sight::Everything {
        return Ok(replay.picture);
    }
    let mut hide = Hide { viewer, now: &load(conn, viewer).await?, then: replay.picture };
    visit(&mut hide);
    Ok(hide.then)
}

/// Takes out what the viewer does not see now, or did not see then. Parts come after what they are parts of.
struct Hide<'a> {
    viewer: &'a Viewer,
    now: &'a Picture,
    then: Picture,
}

impl Visitor for Hide<'_> {
    fn visit<R: Record>(&mut self)
    where
        Picture: Holds<R>,
    {
        let mut sheet = std::mem::take(Holds::<R>::sheet_mut(&mut self.then));
        sheet.retain(|key, record| match R::SHAPE.part_of {
            Some(parent) => self.then.has(parent, key.split(' ').next().unwrap_or_default()),
            None => {
                self.now.of::<R>().contains_key(key)
                    && R::SHAPE.reach(&record.cells()).is_some_and(|reach| self.viewer.sees(&reach))
            }
        });
        *Holds::<R>::sheet_mut(&mut self.then) = sheet;
    }
}

struct Replay {
    tables: BTreeMap<String, BTreeMap<String, String>>,
    picture: Picture,
    faults: Vec<Fault>,
}

impl Visitor for Replay {
    fn visit<R: Record>(&mut self)
    where
        Picture: Holds<R>,
    {
        for (key, json) in self.tables.remove(R::SHEET).unwrap_or_default() {
            let cells: BTreeMap<String, String> = serde_json::from_str(&json).unwrap_or_default();
            let mut faults = Faults::of(R::SHEET, key, &mut self.faults);
            let cell = |column: &str| cells.get(column).map_or("", String::as_str);
            if let Some(record) = R::read(&mut Cells::new(&cell, &mut faults)) {
                self.picture.put(record);
            }
        }
    }
}

/// A change of a record, as history shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// Its number; 0 for who sees not everything.
    pub number: i64,
    /// When it was written.
    pub recorded_at: Timestamp,
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// The columns before, by name; `None`: it was new.
    pub before: Option<BTreeMap<String, String>>,
    /// The columns after, by name; `None`: it was removed.
    pub after: Option<BTreeMap<String, String>>,
}

/// The newest 500 changes of a record, newest first. Who sees not everything is told of those after which they saw the record, and of
/// what it was before only if they saw it then.
///
/// # Errors
/// If the engine fails.
pub async fn history(conn: &mut Conn, viewer: &Viewer, sheet: &str, key: &str) -> Result<Vec<Past>, Error> {
    let Some(shape) = Shape::of(sheet) else { return Ok(Vec::new()) };
    let parent = shape.part_of.and_then(Shape::of).unwrap_or(shape);
    let code = if shape.part_of.is_some() { key.split(' ').next().unwrap_or_default() } else { key };
    let seen = sight::records(parent, viewer, 2);
    let sql = format!("SELECT COUNT(*) FROM \"{}\" t WHERE t.\"code\" = $1 AND {}", parent.sheet, seen.sql);
    let values = std::iter::once(code.into()).chain(seen.values).collect();
    let there = parent.usual.is_none() || conn.row(&sql, values).await?.map_or(Ok(0), |row| row.integer(0))? > 0;
    if viewer.sight != Sight::Everything && !there {
        return Ok(Vec::new());
    }
    let mut past = whole_history(conn, sheet, key).await?;
    if viewer.sight != Sight::Everything {
        let saw = |cells: &BTreeMap<String, String>| {
            let reach = shape.reach_by(|column| cells.get(column).map_or("", String::as_str));
            reach.is_none_or(|reach| viewer.sees(&reach))
        };
        past.retain(|p| p.after.as_ref().is_some_and(saw));
        for p in &mut past {
            p.number = 0;
            p.before = p.before.take().filter(saw);
        }
    }
    Ok(past)
}

/// How many records of one entry are named.
const NAMED: i64 = 20;

/// The records that were made or changed by some entries, each by its sheet and key: the first of each entry.
///
/// # Errors
/// If the engine fails.
pub async fn changed(
    conn: &mut Conn,
    entries: impl IntoIterator<Item = EntryNumber>,
) -> Result<BTreeMap<EntryNumber, Vec<(String, String)>>, Error> {
    let sql = format!(
        "SELECT w.entry, w.sheet, w.record FROM (SELECT entry, sheet, record, ROW_NUMBER() OVER (PARTITION BY entry ORDER BY number) AS place
            FROM change WHERE entry IN {{}}) w WHERE w.place <= {NAMED} ORDER BY w.entry, w.place"
    );
    let mut found: BTreeMap<EntryNumber, Vec<(String, String)>> = BTreeMap::new();
    for row in conn.rows_in(&sql, entries.into_iter().map(Value::from)).await? {
        found.entry(row.integer(0)?).or_default().push((row.text(1)?, row.text(2)?));
    }
    Ok(found)
}

async fn whole_history(conn: &mut Conn, sheet: &str, key: &str) -> Result<Vec<Past>, Error> {
    let cells = |json: Option<String>| json.and_then(|json| serde_json::from_str(&json).ok());
    conn.rows(HISTORY, vec![sheet.into(), key.into()])
        .await?
        .iter()
        .map(|row| {
            Ok(Past {
                number: row.integer(0)?,
                recorded_at: row.timestamp(1)?,
                actor: row.text(2)?,
                reason: row.text(3)?,
                before: cells(row.maybe_text(4)?),
                after: cells(row.maybe_text(5)?),
            })
        })
        .collect()
}

/// Who changes records, why, and when it is written.
#[derive(Clone, Debug)]
pub struct By {
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// Writes changes of records and their history; `version` is the last change's number before them, `entry` the note in the journal
/// that seals them.
pub(crate) async fn write(
    conn: &mut Conn,
    changes: &[Change],
    version: i64,
    by: &By,
    entry: EntryNumber,
) -> Result<(), Error> {
    for shape in SHAPES {
        let of_sheet = || changes.iter().filter(|c| c.sheet == shape.sheet);
        let rows = of_sheet().filter_map(|c| c.after.as_ref()).map(|v| values(shape, &v.scalars)).collect();
        let insert = format!("INSERT INTO \"{}\" ({})", shape.sheet, columns(shape));
        conn.insert(Batch::insert_or(&insert, &upsert(shape), rows)).await?;
        for gone in of_sheet().filter(|c| c.after.is_none()).filter_map(|c| c.before.as_ref()) {
            let equal = |(n, column)| format!("\"{column}\" = ${}", n + 1);
            let condition: Vec<_> = shape.key.iter().enumerate().map(equal).collect();
            let position = |key: &&str| shape.at(key).expect("a key is a column");
            let key = shape.key.iter().map(|k| values(shape, &gone.scalars).swap_remove(position(k))).collect();
            conn.execute(&format!("DELETE FROM \"{}\" WHERE {}", shape.sheet, condition.join(" AND ")), key).await?;
        }
    }
    release(conn, changes).await?;
    seek(conn, changes).await?;
    let rows = (version + 1..).zip(changes).map(|(number, change)| history_row(number, change, by, entry)).collect();
    let insert = "INSERT INTO change (number, recorded_at, actor, reason, sheet, record, before, after, entry)";
    conn.insert(Batch::insert(insert, rows)).await
}

/// Writes to whom changed records are released.
async fn release(conn: &mut Conn, changes: &[Change]) -> Result<(), Error> {
    let mut rows = Vec::new();
    for change in changes {
        let shape = Shape::of(change.sheet).expect("a change is of a known sheet");
        let reach = |values: &Option<Values>| values.as_ref().and_then(|v| shape.reach(&v.cells));
        let (before, after) = (reach(&change.before), reach(&change.after));
        if before == after {
            continue;
        }
        if before.is_some() {
            conn.execute(UNRELEASE, vec![change.sheet.into(), change.key.as_str().into()]).await?;
        }
        for (audience, owner) in after.iter().flat_map(|reach| reach.audiences()) {
            let row = vec![
                change.sheet.into(),
                change.key.as_str().into(),
                audience.to_string().into(),
                i64::from(owner).into(),
            ];
            rows.push(row);
        }
    }
    conn.insert(Batch::insert("INSERT INTO released (sheet, record, audience, owner)", rows)).await
}

/// Writes what a search looks at of changed records.
async fn seek(conn: &mut Conn, changes: &[Change]) -> Result<(), Error> {
    let mut rows = Vec::new();
    for change in changes {
        let shape = Shape::of(change.sheet).expect("a change is of a known sheet");
        match &change.after {
            _ if shape.part_of.is_some() => {}
            Some(after) => rows.push(sought(shape, &change.key, &after.cells)),
            None => drop(conn.execute(UNSEEK, vec![change.sheet.into(), change.key.as_str().into()]).await?),
        }
    }
    conn.insert(Batch::insert_or(SEEK, "ON CONFLICT (sheet, record) DO UPDATE SET text = excluded.text", rows)).await
}

const SEEK: &str = "INSERT INTO sought (sheet, record, text)";

/// What a search looks at of a record: its texts in small letters, one after the other.
fn sought(shape: &Shape, key: &str, cells: &[String]) -> Vec<Value> {
    let texts = shape.columns.iter().zip(cells).filter(|(column, text)| !column.integer && !text.is_empty());
    let all = texts.map(|(_, text)| text.to_lowercase()).collect::<Vec<_>>().join("\n");
    vec![shape.sheet.into(), key.into(), all.into()]
}

/// Writes what a search looks at for all records that there are.
pub(crate) async fn make_sought(conn: &mut Conn) -> Result<(), Error> {
    struct All<'a> {
        picture: &'a Picture,
        rows: Vec<Vec<Value>>,
    }
    impl Visitor for All<'_> {
        fn visit<R: Record>(&mut self)
        where
            Picture: Holds<R>,
        {
            if R::SHAPE.part_of.is_none() {
                let records = self.picture.of::<R>().iter();
                self.rows.extend(records.map(|(key, record)| sought(&R::SHAPE, key, &record.cells())));
            }
        }
    }
    let picture = load(conn, &Viewer::operator("")).await?;
    let mut all = All { picture: &picture, rows: Vec::new() };
    visit(&mut all);
    conn.insert(Batch::insert(SEEK, all.rows)).await
}

/// What the journal's note says of changes: how many, and the hash of all they say, by which `verify` finds whether one was altered.
pub fn about(changes: &[Change]) -> String {
    let mut hash = ChangesHash::default();
    for change in changes {
        let shape = Shape::of(change.sheet).expect("a change is of a known sheet");
        hash.add(
            change.sheet,
            &change.key,
            json(shape, &change.before).as_deref(),
            json(shape, &change.after).as_deref(),
        );
    }
    hash.about()
}

/// Hashes changes one by one.
#[derive(Default)]
pub(crate) struct ChangesHash {
    count: usize,
    hash: Sha256,
}

impl ChangesHash {
    pub(crate) fn add(&mut self, sheet: &str, record: &str, before: Option<&str>, after: Option<&str>) {
        self.count += 1;
        for part in [Some(sheet), Some(record), before, after] {
            self.hash.update([u8::from(part.is_some())]);
            self.hash.update((part.unwrap_or_default().len() as u64).to_be_bytes());
            self.hash.update(part.unwrap_or_default());
        }
    }

    pub(crate) fn about(self) -> String {
        let digits: String = self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{} changes, SHA-256 {digits}", self.count)
    }
}

fn upsert(shape: &Shape) -> String {
    let rest: Vec<_> = shape.columns.iter().map(|c| c.name).filter(|name| !shape.key.contains(name)).collect();
    let set: Vec<_> = rest.iter().map(|name| format!("\"{name}\" = excluded.\"{name}\"")).collect();
    format!("ON CONFLICT ({}) DO UPDATE SET {}", quoted(shape.key.iter().copied()), set.join(", "))
}

fn values(shape: &Shape, scalars: &[Scalar]) -> Vec<Value> {
    let value = |(column, scalar): (&muster_domain::record::Column, &Scalar)| match scalar {
        Scalar::Null if column.integer => Value::Integer(None),
        Scalar::Null => Value::Text(None),
        Scalar::Integer(n) => Value::Integer(Some(*n)),
        Scalar::Text(text) => Value::Text(Some(text.clone())),
    };
    shape.columns.iter().zip(scalars).map(value).collect()
}

/// A record's cells that are not empty, by column, as history keeps them.
fn json(shape: &Shape, values: &Option<Values>) -> Option<String> {
    let cells = values.as_ref()?;
    let named = shape.columns.iter().zip(&cells.cells).filter(|(_, text)| !text.is_empty());
    let object: serde_json::Map<_, _> = named.map(|(c, text)| (c.name.to_owned(), text.clone().into())).collect();
    Some(serde_json::Value::Object(object).to_string())
}

fn history_row(number: i64, change: &Change, by: &By, entry: EntryNumber) -> Vec<Value> {
    let shape = Shape::of(change.sheet).expect("a change is of a known sheet");
    vec![
        number.into(),
        by.at.as_microsecond().into(),
        by.actor.as_str().into(),
        by.reason.as_str().into(),
        change.sheet.into(),
        change.key.as_str().into(),
        json(shape, &change.before).into(),
        json(shape, &change.after).into(),
        entry.into(),
    ]
}

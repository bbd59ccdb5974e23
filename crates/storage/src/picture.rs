//! The records and their history.

use std::collections::BTreeMap;

use jiff::Timestamp;
use muster_domain::{
    fault::{Fault, Faults},
    field::Scalar,
    picture::{Change, Holds, Picture, SHAPES, Visitor, visit},
    record::{Cells, Record, Shape},
};

use crate::{
    Error,
    db::{Conn, Insert, Row, Value},
    statements,
};

statements! {
    LAST_CHANGE = "SELECT COALESCE(MAX(number), 0) FROM change";
    CHANGES_UNTIL = "SELECT sheet, record, after FROM change WHERE recorded_at <= $1 ORDER BY number";
    HISTORY = "SELECT number, recorded_at, actor, reason, before, after FROM change WHERE sheet = $1 AND record = $2 ORDER BY number DESC LIMIT 500";
}

fn quoted(names: impl Iterator<Item = &'static str>) -> String {
    names.map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

fn columns(shape: &Shape) -> String {
    quoted(shape.columns.iter().map(|c| c.name))
}

/// Reads all records as they are now.
///
/// # Errors
/// If the engine fails, or a row is not one that Muster wrote.
pub async fn load(conn: &mut Conn) -> Result<Picture, Error> {
    let mut tables = BTreeMap::new();
    for shape in SHAPES {
        let sql = format!("SELECT {} FROM \"{}\"", columns(shape), shape.sheet);
        let rows = conn.rows(&sql, vec![]).await?;
        tables.insert(shape.sheet, rows.iter().map(|row| scalars(shape, row)).collect::<Result<Vec<_>, _>>()?);
    }
    let mut fill = Fill { tables, picture: Picture::default(), fault: None };
    visit(&mut fill);
    fill.fault.map_or(Ok(fill.picture), |fault| Err(Error::Corrupt(fault)))
}

fn scalars(shape: &Shape, row: &Row) -> Result<Vec<Scalar>, Error> {
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

/// Reads all records as they were known at a point in time.
///
/// # Errors
/// If the engine fails, or the history is not one that Muster wrote.
pub async fn load_known_at(conn: &mut Conn, known: Timestamp) -> Result<Picture, Error> {
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
    match replay.faults.first() {
        None => Ok(replay.picture),
        Some(fault) => Err(Error::Corrupt(fault.to_string())),
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
    /// Its number.
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

/// The newest 500 changes of a record, newest first.
///
/// # Errors
/// If the engine fails.
pub async fn history(conn: &mut Conn, sheet: &str, key: &str) -> Result<Vec<Past>, Error> {
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

/// Writes changes of records and their history; `version` is the last change's number before them.
pub(crate) async fn write(conn: &mut Conn, changes: &[Change], version: i64, by: &By) -> Result<(), Error> {
    for shape in SHAPES {
        let of_sheet = || changes.iter().filter(|c| c.sheet == shape.sheet);
        let rows = of_sheet().filter_map(|c| c.after.as_ref()).map(|v| values(shape, &v.scalars)).collect();
        let insert = format!("INSERT INTO \"{}\" ({})", shape.sheet, columns(shape));
        conn.insert(Insert::or(insert, upsert(shape), rows)).await?;
        for gone in of_sheet().filter(|c| c.after.is_none()).filter_map(|c| c.before.as_ref()) {
            let equal = |(n, column)| format!("\"{column}\" = ${}", n + 1);
            let condition: Vec<_> = shape.key.iter().enumerate().map(equal).collect();
            let position = |key: &&str| shape.columns.iter().position(|c| c.name == *key).expect("a key is a column");
            let key = shape.key.iter().map(|k| values(shape, &gone.scalars).swap_remove(position(k))).collect();
            conn.execute(&format!("DELETE FROM \"{}\" WHERE {}", shape.sheet, condition.join(" AND ")), key).await?;
        }
    }
    let rows = (version + 1..).zip(changes).map(|(number, change)| history_row(number, change, by)).collect();
    let insert = "INSERT INTO change (number, recorded_at, actor, reason, sheet, record, before, after)";
    conn.insert(Insert::new(insert, rows)).await
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

fn history_row(number: i64, change: &Change, by: &By) -> Vec<Value> {
    let shape = SHAPES.iter().find(|s| s.sheet == change.sheet).expect("a change is of a known sheet");
    let json = |values: &Option<muster_domain::picture::Values>| {
        let cells = values.as_ref()?;
        let named = shape.columns.iter().zip(&cells.cells).filter(|(_, text)| !text.is_empty());
        let object: serde_json::Map<_, _> = named.map(|(c, text)| (c.name.to_owned(), text.clone().into())).collect();
        Some(serde_json::Value::Object(object).to_string())
    };
    vec![
        number.into(),
        by.at.as_microsecond().into(),
        by.actor.as_str().into(),
        by.reason.as_str().into(),
        change.sheet.into(),
        change.key.as_str().into(),
        json(&change.before).into(),
        json(&change.after).into(),
    ]
}

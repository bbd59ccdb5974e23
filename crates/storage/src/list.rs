//! Pages of records of one sheet: what the viewer sees of it, filtered, searched and sorted by the database.

use muster_domain::{
    message,
    picture::{Holds, Picture, Visitor, visit},
    record::{Record, Shape},
    viewer::Viewer,
};

use crate::{
    Error,
    db::{Conn, Row, Value},
    dialect::Engine,
    picture::{columns, scalars},
    sight,
};

/// Most rows of a page.
pub const LONGEST_PAGE: i64 = 1_000;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Of which sheet.
    pub sheet: String,
    /// Columns and what they must hold, word for word; of a list, one of its entries.
    pub filters: Vec<(String, String)>,
    /// Text that the record's texts must hold, in any case of letters.
    pub text: String,
    /// The column by which rows are sorted, and whether downwards; none: by their key.
    pub sort: Option<(String, bool)>,
    /// Where the page before ended: the last row's value in the sorted column, as text, and its key.
    pub after: Option<(String, String)>,
    /// Most rows.
    pub limit: i64,
}

/// A row of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The record's key.
    pub key: String,
    /// Its cells, in the order of the sheet's columns.
    pub cells: Vec<String>,
    /// Its value in the sorted column, for the next page.
    pub sorted: String,
}

/// A page of records that the viewer sees.
///
/// # Errors
/// If there is no such sheet or column, or the engine fails.
pub async fn page(conn: &mut Conn, viewer: &Viewer, query: &Query) -> Result<Vec<Listed>, Error> {
    let shape = shape(&query.sheet)?;
    if query.sort.is_none()
        && let (Some(among), [key]) = (plainly(viewer, query), shape.key)
    {
        return by_key(conn, shape, key, &among, query).await;
    }
    let mut values = Vec::new();
    let mut conditions = conditions(conn.engine(), shape, viewer, query, &mut values)?;
    let key = key_of(shape);
    let (sorted, down) = match &query.sort {
        Some((column, down)) => (sorted_by(shape, column)?, *down),
        None => (key.clone(), false),
    };
    let (order, more) = if down { ("DESC", "<") } else { ("ASC", ">") };
    if let Some((value, last)) = &query.after {
        let mut place = |text: &str| {
            values.push(text.into());
            format!("${}", values.len())
        };
        let (value, last) = (place(value), place(last));
        conditions.push(format!("({sorted} {more} {value} OR ({sorted} = {value} AND {key} > {last}))"));
    }
    values.push(query.limit.clamp(1, LONGEST_PAGE).into());
    let sql = format!(
        "SELECT {}, {sorted} FROM \"{}\" t WHERE {} ORDER BY {sorted} {order}, {key} ASC LIMIT ${}",
        columns(shape),
        shape.sheet,
        conditions.join(" AND "),
        values.len()
    );
    rows(shape, conn.rows(&sql, values).await?)
}

/// The audiences of who does not see everything and asks for everything they see.
fn plainly(viewer: &Viewer, query: &Query) -> Option<Vec<String>> {
    viewer.audiences().filter(|_| query.filters.is_empty() && query.text.trim().is_empty())
}

/// A page in the order of the key for who does not see everything: for each audience its first rows, and of those the first. So it costs
/// the same however little they see.
async fn by_key(
    conn: &mut Conn,
    shape: &Shape,
    key: &str,
    among: &[String],
    query: &Query,
) -> Result<Vec<Listed>, Error> {
    let after = query.after.as_ref().map_or("", |(_, key)| key.as_str());
    let limit = query.limit.clamp(1, LONGEST_PAGE);
    let mut values: Vec<Value> = vec![after.into(), limit.into()];
    let part = |(n, _): (usize, &String)| {
        format!(
            "SELECT record FROM (SELECT record FROM released WHERE sheet = '{}' AND audience = ${} AND record > $1 ORDER BY record LIMIT $2) a{n}",
            shape.sheet,
            n + 3
        )
    };
    let parts: Vec<String> = among.iter().enumerate().map(part).collect();
    values.extend(among.iter().map(|audience| Value::from(audience.as_str())));
    let sql = format!(
        "SELECT {}, t.\"{key}\" FROM (SELECT record FROM ({}) u ORDER BY record LIMIT $2) s JOIN \"{}\" t ON t.\"{key}\" = s.record ORDER BY t.\"{key}\"",
        columns_of("t", shape),
        parts.join(" UNION "),
        shape.sheet
    );
    rows(shape, conn.rows(&sql, values).await?)
}

fn columns_of(table: &str, shape: &Shape) -> String {
    shape.columns.iter().map(|c| format!("{table}.\"{}\"", c.name)).collect::<Vec<_>>().join(", ")
}

/// How many records the viewer sees of a query, counted up to `most`.
///
/// # Errors
/// If there is no such sheet or column, or the engine fails.
pub async fn count(conn: &mut Conn, viewer: &Viewer, query: &Query, most: i64) -> Result<i64, Error> {
    let shape = shape(&query.sheet)?;
    let mut values = Vec::new();
    // As a page is: from what is released to each of the viewer's audiences, so that it costs what they see, not what there is.
    let found = match plainly(viewer, query).filter(|_| shape.part_of.is_none()) {
        Some(among) => {
            values.push(most.into());
            values.extend(among.iter().map(|audience| Value::from(audience.as_str())));
            let part = |n: usize| {
                format!(
                    "SELECT record FROM (SELECT record FROM released WHERE sheet = '{}' AND audience = ${} LIMIT $1) a{n}",
                    shape.sheet,
                    n + 2
                )
            };
            let parts: Vec<String> = (0..among.len()).map(part).collect();
            format!("SELECT record FROM ({}) u LIMIT $1", parts.join(" UNION "))
        }
        None => {
            let conditions = conditions(conn.engine(), shape, viewer, query, &mut values)?;
            values.push(most.into());
            format!("SELECT 1 FROM \"{}\" t WHERE {} LIMIT ${}", shape.sheet, conditions.join(" AND "), values.len())
        }
    };
    let sql = format!("SELECT COUNT(*) FROM ({found}) AS found");
    conn.row(&sql, values).await?.map_or(Ok(0), |row| row.integer(0))
}

/// The words that stand in a column, among what the viewer sees, with how often; the most frequent 200.
///
/// # Errors
/// If there is no such sheet or column, or the engine fails.
pub async fn words(conn: &mut Conn, viewer: &Viewer, sheet: &str, column: &str) -> Result<Vec<(String, i64)>, Error> {
    let shape = shape(sheet)?;
    let column = column_of(shape, column)?.name;
    let seen = sight::records(shape, viewer, 1);
    let sql = format!(
        "SELECT CAST(t.\"{column}\" AS TEXT), COUNT(*) FROM \"{sheet}\" t WHERE t.\"{column}\" IS NOT NULL AND {} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 200",
        seen.sql
    );
    conn.rows(&sql, seen.values).await?.iter().map(|row| Ok((row.text(0)?, row.integer(1)?))).collect()
}

fn shape(sheet: &str) -> Result<&'static Shape, Error> {
    Shape::of(sheet).ok_or_else(|| Error::NoSuch(message!("no-such-sheet", sheet)))
}

fn column_of(shape: &Shape, name: &str) -> Result<&'static muster_domain::record::Column, Error> {
    let found = shape.columns.iter().find(|c| c.name == name);
    found.ok_or_else(|| Error::NoSuch(message!("no-such-column", sheet = shape.sheet, column = name)))
}

/// The record's key as one text, as [`Record::key`] writes it.
fn key_of(shape: &Shape) -> String {
    let parts: Vec<String> = shape.key.iter().map(|k| format!("CAST(t.\"{k}\" AS TEXT)")).collect();
    match parts.as_slice() {
        [_] => format!("t.\"{}\"", shape.key[0]),
        _ => format!("({})", parts.join(" || ' ' || ")),
    }
}

/// The sorted column as text that sorts as its values do.
fn sorted_by(shape: &Shape, column: &str) -> Result<String, Error> {
    let column = column_of(shape, column)?;
    Ok(if column.integer {
        // Numbers of different lengths sort as text once they are filled up; what is absent comes first.
        format!(
            "(CASE WHEN t.\"{0}\" IS NULL THEN '' ELSE SUBSTR('00000000000000000000' || CAST(t.\"{0}\" + 4611686018427387904 AS TEXT), -20) END)",
            column.name
        )
    } else {
        format!("COALESCE(t.\"{}\", '')", column.name)
    })
}

fn conditions(
    engine: Engine,
    shape: &Shape,
    viewer: &Viewer,
    query: &Query,
    values: &mut Vec<Value>,
) -> Result<Vec<String>, Error> {
    let seen = sight::records(shape, viewer, values.len() + 1);
    values.extend(seen.values);
    let mut conditions = Vec::new();
    for (name, wanted) in &query.filters {
        let column = column_of(shape, name)?;
        values.push(if column.list { format!("|{wanted}|") } else { wanted.clone() }.into());
        let n = values.len();
        conditions.push(match column.list {
            true => engine.contains(&format!("('|' || COALESCE(t.\"{name}\", '') || '|')"), &format!("${n}")),
            false => format!("CAST(COALESCE(CAST(t.\"{name}\" AS TEXT), '') AS TEXT) = ${n}"),
        });
    }
    let text = query.text.trim().to_lowercase();
    if !text.is_empty() {
        values.push(text.into());
        let contains = engine.contains("s.text", &format!("${}", values.len()));
        let key = key_of(shape);
        conditions
            .push(format!("{key} IN (SELECT s.record FROM sought s WHERE s.sheet = '{}' AND {contains})", shape.sheet));
    }
    // Last, so that it is looked up only for rows that fit otherwise.
    conditions.push(seen.sql);
    Ok(conditions)
}

fn rows(shape: &Shape, rows: Vec<Row>) -> Result<Vec<Listed>, Error> {
    let mut read = Read { sheet: shape.sheet, rows: Vec::with_capacity(rows.len()), found: Vec::new(), fault: None };
    for row in &rows {
        read.rows.push((scalars(shape, row)?, row.text(shape.columns.len())?));
    }
    visit(&mut read);
    read.fault.map_or(Ok(read.found), |fault| Err(Error::Corrupt(fault)))
}

struct Read {
    sheet: &'static str,
    rows: Vec<(Vec<muster_domain::field::Scalar>, String)>,
    found: Vec<Listed>,
    fault: Option<String>,
}

impl Visitor for Read {
    fn visit<R: Record>(&mut self)
    where
        Picture: Holds<R>,
    {
        if R::SHEET != self.sheet {
            return;
        }
        for (scalars, sorted) in self.rows.drain(..) {
            match R::from_scalars(&scalars) {
                Ok(record) => self.found.push(Listed { key: record.key(), cells: record.cells(), sorted }),
                Err(fault) => self.fault = Some(fault),
            }
        }
    }
}

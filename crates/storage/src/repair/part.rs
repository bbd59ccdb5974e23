//! The parts that work orders need.

use muster_domain::{code::Code, viewer::Viewer};

use crate::{
    Error,
    db::{Batch, Conn, Row, Value},
    sight::{self, SIGHT},
    statements,
};

statements! {
    PARTS = "SELECT resource, wanted, requirement, instead_of FROM work_order_part WHERE work_order = $1 ORDER BY resource";
    LACKING = "SELECT w.code, p.resource, p.wanted, p.requirement, p.instead_of, p.wanted
            - (SELECT CAST(COALESCE(SUM(i.quantity), 0) AS BIGINT) FROM account a JOIN posting i ON i.to_account = a.id
               WHERE a.via = w.code AND a.purpose = 'in_process' AND a.resource = p.resource AND i.kind = 'posted')
            + (SELECT CAST(COALESCE(SUM(o.quantity), 0) AS BIGINT) FROM account a JOIN posting o ON o.from_account = a.id
               WHERE a.via = w.code AND a.purpose = 'in_process' AND a.resource = p.resource AND o.kind = 'posted')
        FROM work_order_part p JOIN work_order w ON w.code = p.work_order
        WHERE {sight} AND w.state = 'waiting_for_parts' ORDER BY p.resource, w.code LIMIT 1000";
    DROP_PARTS = "DELETE FROM work_order_part WHERE work_order = $1";
}

/// A part that a work order needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What.
    pub resource: Code,
    /// How many units.
    pub wanted: i64,
    /// The requirement that was raised for what is missing.
    pub requirement: Option<Code>,
    /// The part for which it stands in, if it does.
    pub instead_of: Option<Code>,
}

/// The parts that an order needs.
///
/// # Errors
/// If the engine fails.
pub async fn parts(conn: &mut Conn, order: &str) -> Result<Vec<Part>, Error> {
    conn.rows(PARTS, vec![order.into()]).await?.iter().map(|row| part(row, 0)).collect()
}

/// Parts of orders that the viewer sees and that wait for parts, each with how many units of it they lack; at most a thousand.
///
/// # Errors
/// If the engine fails.
pub async fn lacking(conn: &mut Conn, viewer: &Viewer) -> Result<Vec<(Code, Part, i64)>, Error> {
    let sight = sight::work_orders(viewer, 1);
    let rows = conn.rows(&LACKING.replace(SIGHT, &sight.sql), sight.values).await?;
    rows.iter().map(|row| Ok((row.word(0)?, part(row, 1)?, row.integer(5)?))).collect()
}

fn part(row: &Row, first: usize) -> Result<Part, Error> {
    Ok(Part {
        resource: row.word(first)?,
        wanted: row.integer(first + 1)?,
        requirement: row.maybe_code(first + 2)?,
        instead_of: row.maybe_code(first + 3)?,
    })
}

/// Writes an order's parts instead of those before.
pub(super) async fn write(conn: &mut Conn, order: &Code, parts: &[Part]) -> Result<(), Error> {
    conn.execute(DROP_PARTS, vec![order.into()]).await?;
    let row = |part: &Part| {
        vec![
            order.into(),
            Value::from(&part.resource),
            part.wanted.into(),
            Value::from(&part.requirement),
            Value::from(&part.instead_of),
        ]
    };
    let into = "INSERT INTO work_order_part (work_order, resource, wanted, requirement, instead_of)";
    conn.insert(Batch::insert(into, parts.iter().map(row).collect())).await
}

//! The things that events name, each once, by their names: ours as far as the viewer sees what they are told of, and those that others told
//! of as far as the viewer sees the events.

use muster_domain::{code::Code, viewer::Viewer};

use super::{LONGEST_PAGE, told::CAME};
use crate::{
    Error,
    db::{Conn, Value},
    sight,
    wanted::Where,
};

/// Which names are asked for.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// So many that come after one.
    After(&'a str, i64),
    /// Those of these that there are.
    Among(&'a [String]),
}

impl Which<'_> {
    fn begin(self) -> (Where, String) {
        match self {
            Self::After(last, limit) => {
                let values: Vec<Value> = vec![last.into(), limit.clamp(1, LONGEST_PAGE).into()];
                (Where::after(values), "LIMIT $2".to_owned())
            }
            Self::Among(_) => (Where::after(Vec::new()), String::new()),
        }
    }

    fn narrow(self, all: &mut Where, column: &str) {
        match self {
            Self::After(..) => all.plain(&format!("{column} > $1")),
            Self::Among(names) => all.among(column, names),
        }
    }
}

/// A table in which something of a line stands, whose names, and how to see them.
struct Source {
    from: &'static str,
    column: &'static str,
    also: &'static str,
    sight: fn(&Viewer, usize) -> sight::Condition,
}

const HELD: &str = "milestone_unit u JOIN milestone_line l ON l.consignment = u.consignment AND l.number = u.number AND l.line = u.line";
const MOVED: &str = "repacking l";
const WRONG: &str = "variance_unit u JOIN variance v ON v.code = u.variance";

const UNITS: [Source; 2] = [
    Source { from: HELD, column: "u.sscc", also: "u.sscc IS NOT NULL", sight: sight::consignment_lines },
    Source { from: MOVED, column: "l.sscc", also: "1 = 1", sight: sight::consignment_lines },
];
const SERIALS: [Source; 2] = [
    Source { from: HELD, column: "u.serial", also: "u.serial <> ''", sight: sight::consignment_lines },
    Source {
        from: WRONG,
        column: "u.serial",
        also: "u.serial <> '' AND v.account IS NOT NULL",
        sight: sight::counted_variances,
    },
];

/// Names of several tables, in order.
async fn names(conn: &mut Conn, viewer: &Viewer, sources: &[Source], which: Which<'_>) -> Result<Vec<String>, Error> {
    let (mut all, limit) = which.begin();
    let mut parts = Vec::new();
    for source in sources {
        let mut own = Where::after(std::mem::take(&mut all.values));
        which.narrow(&mut own, source.column);
        own.plain(source.also);
        own.and(|n| {
            let sight = (source.sight)(viewer, n);
            (sight.sql, sight.values)
        });
        let (from, column, text) = (source.from, source.column, own.text());
        // Each with its own end, so that as much is read of each as is asked for of all.
        parts.push(format!(
            "SELECT name FROM (SELECT DISTINCT {column} AS name FROM {from} WHERE {text} ORDER BY name {limit}) part_{}",
            parts.len()
        ));
        all.values = own.values;
    }
    let sql = format!("{} ORDER BY name {limit}", parts.join(" UNION "));
    conn.rows(&sql, all.values).await?.iter().map(|row| row.text(0)).collect()
}

/// Handling units, by their numbers.
///
/// # Errors
/// If the engine fails.
pub async fn units(conn: &mut Conn, viewer: &Viewer, which: Which<'_>) -> Result<Vec<String>, Error> {
    names(conn, viewer, &UNITS, which).await
}

/// Serial numbers.
///
/// # Errors
/// If the engine fails.
pub async fn serials(conn: &mut Conn, viewer: &Viewer, which: Which<'_>) -> Result<Vec<String>, Error> {
    names(conn, viewer, &SERIALS, which).await
}

/// Of which resources there are things with these serial numbers: number and resource.
///
/// # Errors
/// If the engine fails.
pub async fn of_serials(conn: &mut Conn, viewer: &Viewer, serials: &[String]) -> Result<Vec<(String, Code)>, Error> {
    let mut values = Vec::new();
    let mut parts = Vec::new();
    for (source, resource) in SERIALS.iter().zip(["l.resource", "v.resource"]) {
        let mut own = Where::after(std::mem::take(&mut values));
        own.among(source.column, serials);
        own.plain(source.also);
        own.and(|n| {
            let sight = (source.sight)(viewer, n);
            (sight.sql, sight.values)
        });
        let (from, column) = (source.from, source.column);
        parts.push(format!("SELECT {column} AS serial, {resource} AS resource FROM {from} WHERE {}", own.text()));
        values = own.values;
    }
    let sql = format!("{} ORDER BY serial, resource", parts.join(" UNION "));
    conn.rows(&sql, values).await?.iter().map(|row| Ok((row.text(0)?, row.word(1)?))).collect()
}

/// Lines of consignments of which nothing came, after one: consignment and line.
///
/// # Errors
/// If the engine fails.
pub async fn lines(
    conn: &mut Conn,
    viewer: &Viewer,
    after: &(String, i64),
    limit: i64,
) -> Result<Vec<(Code, i64)>, Error> {
    let values: Vec<Value> = vec![after.0.as_str().into(), after.1.into(), limit.clamp(1, LONGEST_PAGE).into()];
    let mut all = Where::after(values);
    all.plain("v.kind = 'short' AND v.consignment IS NOT NULL AND v.line > 0 AND v.resource IS NOT NULL");
    all.plain("(v.consignment, v.line) > ($1, $2)");
    all.plain(&format!("NOT {CAME}"));
    all.and(|n| {
        let sight = sight::variances(viewer, n);
        (sight.sql, sight.values)
    });
    let sql = format!(
        "SELECT DISTINCT v.consignment, v.line FROM variance v WHERE {} ORDER BY v.consignment, v.line LIMIT $3",
        all.text()
    );
    conn.rows(&sql, all.values).await?.iter().map(|row| Ok((row.word(0)?, row.integer(1)?))).collect()
}

/// Things that others told of, by their names, after one.
///
/// # Errors
/// If the engine fails.
pub async fn others(conn: &mut Conn, viewer: &Viewer, after: &str, limit: i64) -> Result<Vec<String>, Error> {
    let mut values: Vec<Value> = vec![after.into(), limit.clamp(1, LONGEST_PAGE).into()];
    let mut parts = Vec::new();
    for kind in ["epc", "parent", "input", "output"] {
        let mut own = Where::after(std::mem::take(&mut values));
        own.plain(&format!("n.kind = '{kind}' AND n.name > $1"));
        own.and(|n| {
            let sight = sight::captured(viewer, n);
            (sight.sql, sight.values)
        });
        parts.push(format!(
            "SELECT name FROM (SELECT DISTINCT n.name AS name FROM epcis_name n JOIN epcis_event e
                ON e.hash = n.hash AND e.declared_at = n.declared_at AND e.party = n.party
                WHERE {} ORDER BY name LIMIT $2) of_{kind}",
            own.text()
        ));
        values = own.values;
    }
    let sql = format!("{} ORDER BY name LIMIT $2", parts.join(" UNION "));
    conn.rows(&sql, values).await?.iter().map(|row| row.text(0)).collect()
}

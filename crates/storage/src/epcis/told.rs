//! What happened to lines of consignments and to what was wrong with them, in the order in which it was recorded.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    consignment::{Condition, Milestone},
    variance::Resolution,
    viewer::Viewer,
};

use super::{LONGEST_PAGE, Walk};
use crate::{
    Error,
    db::{Conn, Row, Value},
    sight, statements,
    transfer::{
        PartOf, Unit, Variance, in_parts,
        read::{VARIANCE, variance, variance_units},
    },
    wanted::{Where, places},
};

statements! {
    WITH_SERIAL = "SELECT consignment FROM milestone_unit WHERE serial = $1 AND serial <> ''
        UNION SELECT consignment FROM repacking_unit WHERE serial = $1 AND serial <> '' LIMIT 1000";
    WITH_SSCC = "SELECT consignment FROM milestone_unit WHERE sscc = $1 AND sscc IS NOT NULL
        UNION SELECT consignment FROM repacking WHERE sscc = $1 LIMIT 1000";
    AT_MILESTONE = "SELECT number FROM milestone WHERE consignment = $1 AND recorded_at = $2 ORDER BY number";
}

/// Which of it is asked for; what is absent does not matter. Moments: from, to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// When it happened.
    pub occurred: (Option<Timestamp>, Option<Timestamp>),
    /// When it was recorded.
    pub recorded: (Option<Timestamp>, Option<Timestamp>),
    /// At a place.
    pub place: Option<String>,
    /// Of these consignments.
    pub consignments: Option<Vec<String>>,
    /// Of variances these.
    pub variances: Option<Vec<String>>,
    /// Of lines only those at milestones that were taken back: they are recorded when that was.
    pub taken_back: bool,
}

/// A line of a consignment at one of its milestones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The consignment.
    pub consignment: Code,
    /// Which of its milestones it is.
    pub number: i64,
    /// The line.
    pub line: i64,
    /// The milestone.
    pub kind: Milestone,
    /// Where.
    pub place: Code,
    /// On which movement, for departures and arrivals.
    pub movement: Option<Code>,
    /// When.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// When it was said to have been recorded by mistake, where that is asked for.
    pub taken_back_at: Option<Timestamp>,
    /// The resource.
    pub resource: Code,
    /// How many units.
    pub quantity: i64,
    /// In which condition they were found.
    pub condition: Option<Condition>,
    /// Who sent it.
    pub consignor: Code,
    /// Who was then to have it.
    pub consignee: Code,
    /// Whether it left who sent it.
    pub leaves: bool,
    /// Whether it was found that units were missing, or too many.
    pub differs: bool,
    /// Units known by lot or serial number, or on handling units.
    pub units: Vec<Unit>,
}

/// Where a page of lines ended: when recorded, consignment, milestone, line.
pub type After = (i64, String, i64, i64);

/// Lines at milestones, as far as the viewer sees them, after one of them: its time, consignment, milestone, line.
///
/// # Errors
/// If the engine fails.
pub async fn lines(
    conn: &mut Conn,
    viewer: &Viewer,
    wanted: &Wanted,
    after: &After,
    walk: Walk,
    limit: i64,
) -> Result<Vec<Told>, Error> {
    let (at, consignment, number, line) = after;
    let limit = limit.clamp(1, LONGEST_PAGE);
    let values: Vec<Value> =
        vec![limit.into(), (*at).into(), consignment.as_str().into(), (*number).into(), (*line).into()];
    let mut all = Where::after(values);
    // What had been missing is told by how its variance ended.
    all.plain("m.completes IS NULL");
    let (recorded, taken_back, by) = match wanted.taken_back {
        true => (
            "y.recorded_at",
            "y.recorded_at",
            "JOIN milestone_taken_back y ON y.consignment = m.consignment AND y.number = m.number",
        ),
        false => ("m.recorded_at", "NULL", ""),
    };
    let time = walk.time(recorded, "m.occurred_at");
    let order = walk.after(&mut all, &[time, "m.consignment", "m.number", "l.line"]);
    all.and(|n| {
        let sight = sight::consignment_lines(viewer, n);
        (sight.sql, sight.values)
    });
    narrow(&mut all, wanted, "m", recorded);
    let sql = format!(
        "SELECT m.consignment, m.number, l.line, m.kind, m.place, m.movement, m.occurred_at, m.recorded_at, l.resource, l.quantity,
            l.condition, h.consignor, h.consignee, h.leaves,
            CAST(CASE WHEN EXISTS (SELECT 1 FROM variance v WHERE v.consignment = m.consignment AND v.line = l.line
                AND v.recorded_at = m.recorded_at AND v.kind IN ('short', 'over')) THEN 1 ELSE 0 END AS BIGINT),
            CAST({taken_back} AS BIGINT)
        FROM milestone m {by} JOIN milestone_head h ON h.consignment = m.consignment AND h.number = m.number
            JOIN milestone_line l ON l.consignment = m.consignment AND l.number = m.number
        WHERE {} ORDER BY {order} LIMIT $1",
        all.text()
    );
    let rows = conn.rows(&sql, all.values).await?;
    let mut found = rows.iter().map(told).collect::<Result<Vec<_>, _>>()?;
    add_units(conn, &mut found).await?;
    Ok(found)
}

/// Conditions on when and where something of the table called `table` was.
fn narrow(all: &mut Where, wanted: &Wanted, table: &str, recorded: &str) {
    let moment = |at: Option<Timestamp>| at.map(Timestamp::as_microsecond);
    all.is(&format!("{table}.occurred_at >="), moment(wanted.occurred.0));
    all.is(&format!("{table}.occurred_at <"), moment(wanted.occurred.1));
    all.is(&format!("{recorded} >="), moment(wanted.recorded.0));
    all.is(&format!("{recorded} <"), moment(wanted.recorded.1));
    all.is(&format!("{table}.place"), wanted.place.clone());
    if let Some(consignments) = &wanted.consignments {
        all.among(&format!("{table}.consignment"), consignments);
    }
}

fn told(row: &Row) -> Result<Told, Error> {
    Ok(Told {
        consignment: row.word(0)?,
        number: row.integer(1)?,
        line: row.integer(2)?,
        kind: row.word(3)?,
        place: row.word(4)?,
        movement: row.maybe_code(5)?,
        occurred_at: row.timestamp(6)?,
        recorded_at: row.timestamp(7)?,
        resource: row.word(8)?,
        quantity: row.integer(9)?,
        condition: row.maybe_text(10)?.map(|_| row.word(10)).transpose()?,
        consignor: row.word(11)?,
        consignee: row.word(12)?,
        leaves: row.integer(13)? == 1,
        differs: row.integer(14)? == 1,
        taken_back_at: row.maybe_timestamp(15)?,
        units: Vec::new(),
    })
}

/// Reads the units of all lines of a page at once.
async fn add_units(conn: &mut Conn, found: &mut [Told]) -> Result<(), Error> {
    let mut consignments: Vec<String> = found.iter().map(|told| told.consignment.to_string()).collect();
    consignments.sort();
    consignments.dedup();
    if consignments.is_empty() {
        return Ok(());
    }
    let at: HashMap<(String, i64, i64), usize> = (0..)
        .zip(found.iter())
        .map(|(at, told)| ((told.consignment.to_string(), told.number, told.line), at))
        .collect();
    let numbers = found.iter().map(|told| told.number);
    let (first, last) = (numbers.clone().min().unwrap_or(0), numbers.max().unwrap_or(0));
    let mut values: Vec<Value> = vec![first.into(), last.into()];
    values.extend(consignments.iter().map(|code| Value::from(code.as_str())));
    let sql = format!(
        "SELECT u.consignment, u.number, u.line, u.lot, u.serial, u.quantity, u.sscc FROM milestone_unit u
        WHERE u.number BETWEEN $1 AND $2 AND u.consignment IN ({}) ORDER BY u.consignment, u.number, u.line, u.unit",
        places(3, consignments.len())
    );
    for row in conn.rows(&sql, values).await? {
        let line = row.integer(2)?;
        let Some(at) = at.get(&(row.text(0)?, row.integer(1)?, line)) else { continue };
        let (lot, serial, quantity) = (row.text(3)?, row.text(4)?, row.integer(5)?);
        found[*at].units.push(Unit { line, lot, serial, quantity, sscc: row.maybe_text(6)? });
    }
    Ok(())
}

/// Consignments that held a serial number or, `units`, a handling unit at one of their milestones; `None` if they are too many. What of
/// them a viewer sees is decided by what is read of them.
///
/// # Errors
/// If the engine fails.
pub async fn holding(conn: &mut Conn, number: &str, units: bool) -> Result<Option<Vec<String>>, Error> {
    let rows = conn.rows(if units { WITH_SSCC } else { WITH_SERIAL }, vec![number.into()]).await?;
    if rows.len() == 1_000 {
        return Ok(None);
    }
    rows.iter().map(|row| row.text(0)).collect::<Result<_, _>>().map(Some)
}

/// The line of a consignment at the arrival or receipt by which a variance was found.
///
/// # Errors
/// If the engine fails.
pub async fn line_of(conn: &mut Conn, viewer: &Viewer, variance: &Variance) -> Result<Option<Told>, Error> {
    let Some(consignment) = &variance.consignment else { return Ok(None) };
    let at = variance.recorded_at.as_microsecond();
    for row in conn.rows(AT_MILESTONE, vec![consignment.as_str().into(), at.into()]).await? {
        let after = (at, consignment.to_string(), row.integer(0)?, variance.line - 1);
        let wanted = Wanted { consignments: Some(vec![consignment.to_string()]), ..Wanted::default() };
        let found = lines(conn, viewer, &wanted, &after, Walk::default(), 1).await?.pop();
        let counted = |kind| matches!(kind, Milestone::ArrivedAtNode | Milestone::ReceivedByUnit);
        let fits = |told: &Told| {
            told.line == variance.line && told.recorded_at == variance.recorded_at && told.differs && counted(told.kind)
        };
        if let Some(told) = found.filter(fits) {
            return Ok(Some(told));
        }
    }
    Ok(None)
}

/// A variance as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// It.
    pub variance: Variance,
    /// Its units.
    pub units: Vec<Unit>,
    /// How many units were found so with it, itself and what of it was resolved by itself, and those known by lot or serial number.
    pub whole: (i64, Vec<Unit>),
    /// How many of those had been said to be a wrong count by the time it ended, itself with them, and those known by lot or serial number.
    pub right: (i64, Vec<Unit>),
    /// How many of those had not been, and those known by lot or serial number.
    pub left: (i64, Vec<Unit>),
    /// Whether anything came of the line at which it was found.
    pub came: bool,
    /// When it was known what was found: what came on no manifest is told once somebody knows what it is.
    pub known_at: Timestamp,
    /// The time by which it has its place in the order that was asked for, in microseconds.
    pub at: i64,
}

/// That something of the line of a variance came when it was found, or had come before somebody looked.
pub(super) const CAME: &str = "(EXISTS (SELECT 1 FROM milestone m JOIN milestone_line l ON l.consignment = m.consignment AND l.number = m.number
    WHERE m.consignment = v.consignment AND m.recorded_at = v.recorded_at AND m.kind IN ('arrived_at_node', 'received_by_unit')
      AND m.completes IS NULL AND l.line = v.line)
  OR EXISTS (SELECT 1 FROM milestone m WHERE m.consignment = v.consignment AND m.recorded_at = v.recorded_at AND m.kind = 'inspected'))";
/// When a variance was known for what it is.
const KNOWN: &str = "COALESCE(v.identified_at, v.recorded_at)";
/// When what its end tells happened: a wrong count is put right where it was counted.
const END: &str = "CASE WHEN v.resolution IN ('miscounted', 'taken_back') THEN v.occurred_at ELSE v.resolved_at END";

/// Variances that the viewer sees, with their units, in the order in which it was known what was found or, `ended`, in which they were
/// resolved, after one of them: its time and code.
///
/// # Errors
/// If the engine fails.
pub async fn variances(
    conn: &mut Conn,
    viewer: &Viewer,
    wanted: &Wanted,
    ended: bool,
    after: &(i64, String),
    walk: Walk,
    limit: i64,
) -> Result<Vec<Found>, Error> {
    let recorded = if ended { "v.resolved_at" } else { KNOWN };
    let time = walk.time(recorded, if ended { END } else { "v.occurred_at" });
    let limit = limit.clamp(1, LONGEST_PAGE);
    let mut all = Where::after(vec![limit.into(), after.0.into(), after.1.as_str().into()]);
    // What was parted off later was found with the rest.
    all.plain(if ended { "v.resolved_at IS NOT NULL" } else { "v.part_of IS NULL" });
    let order = walk.after(&mut all, &[time, "v.code"]);
    all.and(|n| {
        // Who is still to count it blind is told nothing of how many there are.
        let sight = if ended { sight::variances(viewer, n) } else { sight::counted_variances(viewer, n) };
        (sight.sql, sight.values)
    });
    let mut wanted = wanted.clone();
    if ended {
        // What is told of it happened when it was resolved, or at the arrival that was counted wrong: the caller looks at that.
        wanted.occurred = (None, None);
    }
    narrow(&mut all, &wanted, "v", recorded);
    if let Some(codes) = &wanted.variances {
        all.among("v.code", codes);
    }
    let sql = format!(
        "SELECT {VARIANCE}, {KNOWN}, {time}, CAST(CASE WHEN {CAME} THEN 1 ELSE 0 END AS BIGINT) FROM variance v WHERE {} ORDER BY {order} LIMIT $1",
        all.text()
    );
    let rows = conn.rows(&sql, all.values).await?;
    let mut found = Vec::with_capacity(rows.len());
    let beside = VARIANCE.split(',').count();
    for row in &rows {
        let (known_at, at) = (row.timestamp(beside)?, row.integer(beside + 1)?);
        let came = row.integer(beside + 2)? == 1;
        let none = || (0, Vec::new());
        let (whole, right, left) = (none(), none(), none());
        found.push(Found { variance: variance(row)?, units: Vec::new(), whole, right, left, came, known_at, at });
    }
    let codes: Vec<&Code> = found.iter().map(|one| &one.variance.code).collect();
    let mut units = variance_units(conn, &codes).await?;
    for one in &mut found {
        let own = units.remove(one.variance.code.as_str()).unwrap_or_default();
        one.units = own.into_iter().map(|unit| Unit { line: one.variance.line, ..unit }).collect();
    }
    let wholes: BTreeSet<&Code> = found.iter().map(|one| one.variance.whole()).collect();
    let parts = in_parts(conn, &wholes.into_iter().collect::<Vec<_>>()).await?;
    for one in &mut found {
        let parts = parts.get(one.variance.whole().as_str()).map_or(&[][..], Vec::as_slice);
        if parts.is_empty() {
            one.whole = (one.variance.quantity, one.units.clone());
            one.right = one.whole.clone();
            continue;
        }
        let ended = one.variance.resolved.as_ref().map(|(_, at, ..)| (*at, one.variance.code.as_str()));
        let was_right = |part: &&PartOf| match &part.resolved {
            Some((Resolution::Miscounted, at)) => ended.is_some_and(|ended| (*at, part.code.as_str()) <= ended),
            _ => false,
        };
        let line = one.variance.line;
        let (right, left): (Vec<&PartOf>, Vec<&PartOf>) = parts.iter().partition(was_right);
        one.whole = together(parts.iter(), line);
        (one.right, one.left) = (together(right.into_iter(), line), together(left.into_iter(), line));
    }
    Ok(found)
}

/// How many units parts of a variance are together, and which.
fn together<'a>(parts: impl Iterator<Item = &'a PartOf>, line: i64) -> (i64, Vec<Unit>) {
    let (mut quantity, mut units) = (0_i64, Vec::new());
    for part in parts {
        quantity += part.quantity;
        units.extend(part.units.iter().map(|unit| Unit { line, ..unit.clone() }));
    }
    (quantity, units)
}

/// What was put on handling units and taken off them of lines that the viewer sees, after one of them: its time, consignment, version,
/// number.
///
/// # Errors
/// If the engine fails.
pub async fn repackings(
    conn: &mut Conn,
    viewer: &Viewer,
    wanted: &Wanted,
    after: &After,
    walk: Walk,
    limit: i64,
) -> Result<Vec<Repacked>, Error> {
    let (at, consignment, version, number) = after;
    let limit = limit.clamp(1, LONGEST_PAGE);
    let values: Vec<Value> =
        vec![limit.into(), (*at).into(), consignment.as_str().into(), (*version).into(), (*number).into()];
    let mut all = Where::after(values);
    let time = walk.time("l.recorded_at", "l.occurred_at");
    let order = walk.after(&mut all, &[time, "l.consignment", "l.version", "l.number"]);
    all.and(|n| {
        let sight = sight::consignment_lines(viewer, n);
        (sight.sql, sight.values)
    });
    narrow(&mut all, wanted, "l", "l.recorded_at");
    let same_order = order.replace("l.", "p.");
    // A page in an inner query, so that its limit counts what was repacked and not its units.
    let sql = format!(
        "SELECT p.consignment, p.version, p.number, p.line, p.resource, p.sscc, p.joins, p.place, p.occurred_at, p.recorded_at,
            u.lot, u.serial, u.quantity
        FROM (SELECT * FROM repacking l WHERE {} ORDER BY {order} LIMIT $1) p
            JOIN repacking_unit u ON u.consignment = p.consignment AND u.version = p.version AND u.number = p.number
        ORDER BY {same_order}, u.unit",
        all.text()
    );
    let mut found: Vec<Repacked> = Vec::new();
    for row in conn.rows(&sql, all.values).await? {
        let (code, version, number): (Code, i64, i64) = (row.word(0)?, row.integer(1)?, row.integer(2)?);
        let same = |last: &Repacked| (&last.consignment, last.version, last.number) == (&code, version, number);
        if !found.last().is_some_and(same) {
            found.push(Repacked {
                consignment: code,
                version,
                number,
                line: row.integer(3)?,
                resource: row.word(4)?,
                sscc: row.text(5)?,
                joins: row.integer(6)? == 1,
                place: row.word(7)?,
                occurred_at: row.timestamp(8)?,
                recorded_at: row.timestamp(9)?,
                units: Vec::new(),
            });
        }
        if let Some(last) = found.last_mut() {
            let (lot, serial, quantity) = (row.text(10)?, row.text(11)?, row.integer(12)?);
            last.units.push(Unit { line: last.line, lot, serial, quantity, sscc: None });
        }
    }
    Ok(found)
}

/// Units of a line that were put on a handling unit or taken off it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repacked {
    /// The consignment.
    pub consignment: Code,
    /// Its version before.
    pub version: i64,
    /// Which of what happened at once it is.
    pub number: i64,
    /// The line.
    pub line: i64,
    /// The resource.
    pub resource: Code,
    /// The handling unit.
    pub sscc: String,
    /// Whether they were put on.
    pub joins: bool,
    /// Where.
    pub place: Code,
    /// When.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The units.
    pub units: Vec<Unit>,
}

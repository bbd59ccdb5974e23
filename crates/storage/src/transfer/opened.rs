//! Gates that were opened with authority, of all consignments: what an auditor reads.

use jiff::Timestamp;
use muster_domain::{code::Code, gate::Gate, viewer::Viewer};

use super::{EntryRef, Override};
use crate::{
    Error,
    db::{Conn, Row},
    ledger::read::LONGEST_PAGE,
    sight,
    wanted::Where,
};

/// Columns of an opened gate, in the order in which [`opened`] reads them.
const OPENED: &str = "g.consignment, g.number, l.resource, g.gate, g.line, g.reason, g.actor, g.recorded_at, g.entry,
    CAST(CASE WHEN EXISTS (SELECT 1 FROM milestone m JOIN milestone_taken_back y ON y.consignment = m.consignment AND y.number = m.number
        WHERE m.consignment = g.consignment AND g.entry BETWEEN m.entry AND y.last) THEN 1 ELSE 0 END AS BIGINT)";

/// A gate that was opened with authority, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The consignment.
    pub consignment: Code,
    /// Which of the consignment's it is, counted from 1.
    pub number: i64,
    /// What is on the line for which it was opened; none if it was opened for all lines.
    pub resource: Option<Code>,
    /// Which gate, by whom, when and why.
    pub gate: Override,
    /// Whether the milestone for which it was opened was taken back.
    pub taken_back: bool,
}

/// Where a list of opened gates ended: when the last was opened, in microseconds, its consignment and number.
pub type OpenedPlace = (i64, String, i64);

impl Opened {
    /// Where it stands in the list.
    pub fn place(&self) -> OpenedPlace {
        (self.gate.recorded_at.as_microsecond(), self.consignment.to_string(), self.number)
    }
}

/// Which opened gates are asked for; what is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenedFilter {
    /// Which gate.
    pub gate: Option<Gate>,
    /// Opened by whom.
    pub actor: Option<String>,
    /// For which consignment.
    pub consignment: Option<String>,
    /// Not before this moment.
    pub from: Option<Timestamp>,
    /// Not after this moment.
    pub to: Option<Timestamp>,
    /// Only those after one.
    pub after: Option<OpenedPlace>,
}

/// Gates that were opened for what the viewer sees of consignments, the last first.
///
/// # Errors
/// If the engine fails.
pub async fn list(conn: &mut Conn, viewer: &Viewer, filter: &OpenedFilter, limit: i64) -> Result<Vec<Opened>, Error> {
    let mut all = Where::after(vec![limit.clamp(1, LONGEST_PAGE + 1).into()]);
    all.and(|n| {
        let sight = sight::overrides(viewer, n);
        (sight.sql, sight.values)
    });
    all.is("g.gate", filter.gate.map(|gate| gate.as_str()));
    all.is("g.actor", filter.actor.clone());
    all.is("g.consignment", filter.consignment.clone());
    all.is("g.recorded_at >=", filter.from.map(|at| at.as_microsecond()));
    all.is("g.recorded_at <=", filter.to.map(|at| at.as_microsecond()));
    if let Some((at, consignment, number)) = &filter.after {
        let values = vec![(*at).into(), consignment.as_str().into(), (*number).into()];
        all.and(|n| (format!("(g.recorded_at, g.consignment, g.number) < (${n}, ${}, ${})", n + 1, n + 2), values));
    }
    let sql = format!(
        "SELECT {OPENED} FROM gate_override g JOIN consignment c ON c.code = g.consignment
          LEFT JOIN consignment_line l ON l.consignment = g.consignment AND l.line = g.line
        WHERE {} ORDER BY g.recorded_at DESC, g.consignment DESC, g.number DESC LIMIT $1",
        all.text()
    );
    conn.rows(&sql, all.values).await?.iter().map(opened).collect()
}

fn opened(row: &Row) -> Result<Opened, Error> {
    Ok(Opened {
        consignment: row.word(0)?,
        number: row.integer(1)?,
        taken_back: row.integer(9)? == 1,
        resource: row.maybe_code(2)?,
        gate: Override {
            gate: row.word(3)?,
            line: row.integer(4)?,
            reason: row.text(5)?,
            actor: row.text(6)?,
            recorded_at: row.timestamp(7)?,
            entry: EntryRef::Known(row.integer(8)?),
        },
    })
}

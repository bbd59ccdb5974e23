//! What reached a milestone, so that each party's term of "delivered" can be told in units and worth.

use muster_domain::{code::Code, consignment::Milestone, viewer::Viewer};

use super::{taken_back::stands, worth::value_of};
use crate::{
    Error,
    db::{Conn, Value},
    ledger::read::AsOf,
    sight::{self, SIGHT},
    statements,
};

/// That a line `h` reached the milestone `m` for the first time, and nothing that it came from had before: of the milestones `b` of which `$of`
/// holds.
macro_rules! first_reached {
    ($of:expr) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM milestone_line a JOIN milestone b ON b.consignment = a.consignment AND b.number = a.number
            WHERE a.consignment = h.consignment AND a.line = h.line AND a.number < COALESCE(m.completes, h.number) AND ",
            $of,
            ")
          AND NOT EXISTS (SELECT 1 FROM line_origin o
            JOIN milestone_line a ON a.consignment = o.of_consignment AND a.line = o.of_line AND a.number <= o.of_number
            JOIN milestone b ON b.consignment = a.consignment AND b.number = a.number
            WHERE o.consignment = h.consignment AND o.line = h.line AND ",
            $of,
            ")"
        )
    };
}
pub(super) use first_reached;

statements! {
    // Each line as it was when it first reached the milestone, with what of it was found later and had been missing then. What goes on from a
    // hub, is split off there or comes back has left its donor before: until it changes hands for good, only its first way counts.
    REACHED = concat!("SELECT l.offer, l.resource, l.value_currency, CAST(SUM(h.quantity) AS BIGINT), CAST(COALESCE(SUM(", value_of!("h.quantity"), "), 0) AS BIGINT),
            COUNT(DISTINCT l.consignment)
        FROM consignment_line l JOIN consignment c ON c.code = l.consignment
            JOIN milestone_line h ON h.consignment = l.consignment AND h.line = l.line
            JOIN milestone m ON m.consignment = h.consignment AND m.number = h.number
        WHERE {sight} AND m.kind = $1 AND m.occurred_at <= $2 AND m.recorded_at <= $3 AND ", stands!("m", "$3"), "
          AND ", first_reached!(concat!("b.kind = $1 AND b.occurred_at <= $2 AND b.recorded_at <= $3 AND ", stands!("b", "$3"))), "
          AND ($1 IN ('title_transferred', 'received_by_unit')
            OR (l.offer IS NULL AND NOT EXISTS (SELECT 1 FROM parties k WHERE k.code = c.consignor AND k.kind IN ('operator', 'unit')))
            OR c.origin = (SELECT COALESCE(o.place, c.origin) FROM offers o WHERE o.code = l.offer))
        GROUP BY l.offer, l.resource, l.value_currency ORDER BY l.offer, l.resource");
}

/// What reached a milestone, by offer and resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// The offer, if it comes from one.
    pub offer: Option<Code>,
    /// The resource.
    pub resource: Code,
    /// How many units.
    pub units: i64,
    /// What they are worth, in minor units of a currency, where that is known.
    pub worth: Option<(String, i64)>,
    /// In how many consignments.
    pub consignments: i64,
}

/// What of the lines that the viewer sees had reached a milestone at a moment, as known at another.
///
/// # Errors
/// If the engine fails.
pub async fn delivered(
    conn: &mut Conn,
    viewer: &Viewer,
    milestone: Milestone,
    at: AsOf,
) -> Result<Vec<Delivered>, Error> {
    let sight = sight::consignment_lines(viewer, 4);
    let mut values: Vec<Value> =
        vec![milestone.as_str().into(), at.occurred.as_microsecond().into(), at.known.as_microsecond().into()];
    values.extend(sight.values);
    let rows = conn.rows(&REACHED.replace(SIGHT, &sight.sql), values).await?;
    rows.iter()
        .map(|row| {
            let minor = row.integer(4)?;
            Ok(Delivered {
                offer: row.maybe_code(0)?,
                resource: row.word(1)?,
                units: row.integer(3)?,
                worth: row.maybe_text(2)?.map(|currency| (currency, minor)),
                consignments: row.integer(5)?,
            })
        })
        .collect()
}

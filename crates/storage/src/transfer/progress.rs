//! How far an offer has come by its consignments: how many of its units have reached each milestone.

use std::collections::{BTreeMap, BTreeSet};

use muster_domain::{code::Code, consignment::Milestone};

use super::{delivered::first_reached, taken_back::stands};
use crate::{Error, db::Conn, statements};

// As what a milestone delivered is told (`delivered`): each line once, as it was when it first reached it, with what of it was found later; what goes on
// from elsewhere than where it was offered had left before, until it changes hands for good. What was made ready and given up counts for nothing.
statements! {
    REACHED = concat!("SELECT m.kind, CAST(SUM(h.quantity) AS BIGINT)
        FROM consignment_line l JOIN consignment c ON c.code = l.consignment
            JOIN milestone_line h ON h.consignment = l.consignment AND h.line = l.line
            JOIN milestone m ON m.consignment = h.consignment AND m.number = h.number
        WHERE l.offer = $1 AND c.state <> 'cancelled' AND ", stands!("m"), "
          AND ", first_reached!(concat!("b.kind = m.kind AND ", stands!("b"))), "
          AND (m.kind IN ('title_transferred', 'received_by_unit') OR c.origin = (SELECT COALESCE(o.place, c.origin) FROM offers o WHERE o.code = l.offer))
        GROUP BY m.kind ORDER BY m.kind");
    LATEST = "SELECT consignment FROM milestone ORDER BY recorded_at DESC, consignment DESC, number DESC LIMIT $1";
    LATEST_BACK = "SELECT consignment FROM milestone_taken_back ORDER BY recorded_at DESC, consignment DESC, number DESC LIMIT $1";
    CARRIED = "SELECT 1 FROM consignment_line l JOIN consignment c ON c.code = l.consignment WHERE l.offer = $1 AND c.state NOT IN ('closed', 'cancelled') LIMIT 1";
}

/// Units of an offer that have reached each milestone.
///
/// # Errors
/// If the engine fails.
pub async fn reached(conn: &mut Conn, offer: &Code) -> Result<BTreeMap<Milestone, i64>, Error> {
    let rows = conn.rows(REACHED, vec![offer.into()]).await?;
    rows.iter().map(|row| Ok((row.word(0)?, row.integer(1)?))).collect()
}

/// The consignments of so many milestones that were recorded last, and of so many that were taken back last.
///
/// # Errors
/// If the engine fails.
pub async fn latest(conn: &mut Conn, milestones: i64) -> Result<(BTreeSet<Code>, BTreeSet<Code>), Error> {
    let mut of = [BTreeSet::new(), BTreeSet::new()];
    for (codes, sql) in of.iter_mut().zip([LATEST, LATEST_BACK]) {
        for row in conn.rows(sql, vec![milestones.into()]).await? {
            codes.insert(row.word(0)?);
        }
    }
    let [reached, back] = of;
    Ok((reached, back))
}

/// Whether something of an offer is in a consignment that is not over.
///
/// # Errors
/// If the engine fails.
pub async fn is_carried(conn: &mut Conn, offer: &str) -> Result<bool, Error> {
    Ok(conn.row(CARRIED, vec![offer.into()]).await?.is_some())
}

//! How far an offer has come by its consignments: how many of its units have reached each milestone.

use std::collections::BTreeMap;

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

/// Whether something of an offer is in a consignment that is not over.
///
/// # Errors
/// If the engine fails.
pub async fn is_carried(conn: &mut Conn, offer: &str) -> Result<bool, Error> {
    Ok(conn.row(CARRIED, vec![offer.into()]).await?.is_some())
}

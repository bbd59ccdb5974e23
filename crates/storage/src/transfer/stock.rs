//! What of a place's stock, and of the steps of plans, no consignment has.

use std::collections::BTreeMap;

use muster_domain::{code::Code, ledger::account::AccountKey};

use super::read::ready_units;
use crate::{Error, db::Conn, statements};

statements! {
    FREE_OF = concat!("SELECT ", ready_units!(), " FROM open_line o
        LEFT JOIN allocation al ON o.entry BETWEEN al.first_entry AND al.last_entry
        LEFT JOIN open_line po ON po.entry = o.entry - 1 AND po.line = o.line AND o.entry > al.first_entry
        WHERE o.entry = $1 AND o.line = 0");
    FREE_IN = "SELECT b.posted + CASE WHEN b.pending < 0 THEN b.pending ELSE 0 END FROM account a JOIN balance b ON b.account = a.id WHERE a.name = $1";
    OF_ITEM = "SELECT CAST(COALESCE(SUM(b.posted), 0) AS BIGINT) FROM resources r JOIN account a ON a.resource = r.code JOIN balance b ON b.account = a.id
        WHERE r.item = $1 AND a.external = 0";
    // What no plan is to go on with, in consignments that nobody has taken into stock yet.
    AT_END = "SELECT t.name, CAST(SUM(l.present) AS BIGINT) FROM consignment c
          JOIN consignment_line l ON l.consignment = c.code AND l.present > 0
          JOIN consignment_step s ON s.consignment = c.code AND s.line = l.line AND s.step = c.passed - 1
          JOIN posting p ON p.entry = s.entry AND p.line = 0 JOIN account t ON t.id = p.to_account
        WHERE c.state = 'at_node' AND c.place = $1
          AND NOT EXISTS (SELECT 1 FROM consignment_step n WHERE n.consignment = c.code AND n.line = l.line AND n.step >= c.passed)
          AND NOT EXISTS (SELECT 1 FROM allocation al WHERE al.plan = l.plan AND al.line = l.plan_line
            AND s.entry >= al.first_entry AND s.entry < al.last_entry)
        GROUP BY t.name ORDER BY t.name";
}

/// How much of a step of a plan, by its entry, can still be taken: less than nothing, if more was taken than can be.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn free_of(conn: &mut Conn, entry: i64) -> Result<i64, Error> {
    conn.row(FREE_OF, vec![entry.into()]).await?.map_or(Ok(0), |row| row.integer(0))
}

/// Units of an account that were promised to nobody.
///
/// # Errors
/// If the engine fails.
pub async fn free_in(conn: &mut Conn, account: &AccountKey) -> Result<i64, Error> {
    conn.row(FREE_IN, vec![account.to_string().into()]).await?.map_or(Ok(0), |row| row.integer(0))
}

/// Units of an item, in whatever state and wherever they are, besides the outside world.
///
/// # Errors
/// If the engine fails.
pub async fn units_of_item(conn: &mut Conn, item: &str) -> Result<i64, Error> {
    conn.row(OF_ITEM, vec![item.into()]).await?.map_or(Ok(0), |row| row.integer(0))
}

/// Units by account, as the ledger names it, that lie at a place in consignments that came to their end there: they are nobody's to send
/// until those are taken into stock.
///
/// # Errors
/// If the engine fails.
pub async fn at_end(conn: &mut Conn, place: &Code) -> Result<BTreeMap<String, i64>, Error> {
    let rows = conn.rows(AT_END, vec![place.into()]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.integer(1)?))).collect()
}

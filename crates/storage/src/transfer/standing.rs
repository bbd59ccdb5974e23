//! What lies in an account of stock, and what of it consignments have that stand there.

use jiff::Timestamp;
use muster_domain::{code::Code, ledger::account::AccountKey, viewer::Viewer};

use crate::{
    Error,
    db::{Conn, Row},
    ledger::read::{AsOf, balance},
    sight::{self, SIGHT},
    statements,
};

use super::read::account;

statements! {
    ID = "SELECT id FROM account WHERE name = $1";
    // A line lies where its next step leaves; where none follows, where its last one led.
    STANDING = "SELECT l.consignment, l.line, l.offer, c.passed, l.present FROM consignment_line l JOIN consignment c ON c.code = l.consignment
        WHERE l.resource = $2 AND l.present > 0 AND c.state IN ('packing', 'readied', 'at_node')
          AND (EXISTS (SELECT 1 FROM consignment_step s JOIN posting p ON p.entry = s.entry AND p.line = 0 JOIN account a ON a.id = p.from_account
              WHERE s.consignment = l.consignment AND s.line = l.line AND s.step = c.passed AND a.name = $1)
            OR NOT EXISTS (SELECT 1 FROM consignment_step s WHERE s.consignment = l.consignment AND s.line = l.line AND s.step = c.passed)
              AND EXISTS (SELECT 1 FROM consignment_step s JOIN posting p ON p.entry = s.entry AND p.line = 0 JOIN account a ON a.id = p.to_account
                WHERE s.consignment = l.consignment AND s.line = l.line AND s.step = c.passed - 1 AND a.name = $1))
        ORDER BY l.consignment, l.line";
    MISSED = "SELECT v.consignment, u.lot, u.serial, COALESCE(u.quantity, v.quantity) FROM variance v
            LEFT JOIN variance_unit u ON u.variance = v.code
        WHERE v.kind = 'short' AND v.resolution IS NULL AND v.account = $1 AND v.consignment IS NOT NULL ORDER BY v.code, u.number";
    BY_NUMBER = "SELECT a.name FROM holding h JOIN account a ON a.id = h.account JOIN resources r ON r.code = h.resource
        WHERE r.item = (SELECT item FROM resources WHERE code = $1) AND h.serial = $2 AND h.serial <> '' AND h.quantity > 0 ORDER BY h.resource, a.name LIMIT 10";
    WITH_NUMBER = "SELECT l.consignment AS found FROM consignment_unit u
            JOIN consignment_line l ON l.consignment = u.consignment AND l.line = u.line JOIN consignment c ON c.code = l.consignment
            JOIN resources r ON r.code = l.resource
        WHERE u.serial = $2 AND r.item = (SELECT item FROM resources WHERE code = $1) AND c.state NOT IN ('closed', 'cancelled') AND {sight}
        UNION SELECT l.consignment AS found FROM variance v JOIN variance_unit u ON u.variance = v.code
            JOIN consignment_line l ON l.consignment = v.consignment AND l.line = v.line JOIN resources r ON r.code = l.resource
        WHERE u.serial = $2 AND r.item = (SELECT item FROM resources WHERE code = $1) AND v.kind = 'short' AND v.resolution IS NULL AND {sight}
        ORDER BY found LIMIT 1";
}

/// A line of a consignment that lies in an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The consignment.
    pub consignment: Code,
    /// The line.
    pub line: i64,
    /// Of which offer.
    pub offer: Option<Code>,
    /// How many ends of its route the consignment has passed.
    pub passed: i64,
    /// How many units.
    pub present: i64,
}

/// Units that a consignment misses in an account: of which consignment, which lot and serial number, and how many.
pub type Missed = (Code, String, String, i64);

/// Lines of open consignments that lie in an account.
///
/// # Errors
/// If the engine fails.
pub async fn standing(conn: &mut Conn, account: &AccountKey) -> Result<Vec<Standing>, Error> {
    let values = vec![account.to_string().into(), account.resource.as_str().into()];
    let one = |row: &Row| {
        Ok(Standing {
            consignment: row.word(0)?,
            line: row.integer(1)?,
            offer: row.maybe_code(2)?,
            passed: row.integer(3)?,
            present: row.integer(4)?,
        })
    };
    conn.rows(STANDING, values).await?.iter().map(one).collect()
}

/// Units that consignments miss in an account and nobody has resolved.
///
/// # Errors
/// If the engine fails.
pub async fn missed(conn: &mut Conn, account: &AccountKey) -> Result<Vec<Missed>, Error> {
    let text = |row: &Row, n| Ok::<_, Error>(row.maybe_text(n)?.unwrap_or_default());
    let one = |row: &Row| Ok((row.word(0)?, text(row, 1)?, text(row, 2)?, row.integer(3)?));
    conn.rows(MISSED, vec![account.to_string().into()]).await?.iter().map(one).collect()
}

/// The account in which the books hold a unit of a resource's item, in whatever state, by its serial number.
///
/// # Errors
/// If the engine fails.
pub async fn held_by_number(conn: &mut Conn, resource: &Code, serial: &str) -> Result<Option<AccountKey>, Error> {
    Ok(held_at(conn, resource, serial).await?.into_iter().next())
}

/// All accounts in which the books hold units of that number: one, unless two units in different states have the same.
///
/// # Errors
/// If the engine fails.
pub async fn held_at(conn: &mut Conn, resource: &Code, serial: &str) -> Result<Vec<AccountKey>, Error> {
    let rows = conn.rows(BY_NUMBER, vec![resource.into(), serial.into()]).await?;
    rows.iter().map(|row| account(&row.text(0)?)).collect()
}

/// The open consignment in which such a unit is, or the one that misses it, if the viewer sees that line.
///
/// # Errors
/// If the engine fails.
pub async fn with_number(
    conn: &mut Conn,
    viewer: &Viewer,
    resource: &Code,
    serial: &str,
) -> Result<Option<Code>, Error> {
    let sight = sight::consignment_lines(viewer, 3);
    let values = [resource.into(), serial.into()].into_iter().chain(sight.values).collect();
    conn.row(&WITH_NUMBER.replace(SIGHT, &sight.sql), values).await?.map(|row| row.word(0)).transpose()
}

/// What lay in an account at a moment, as it is known now; nothing, if there is no such account.
///
/// # Errors
/// If the engine fails.
pub async fn lay_there(conn: &mut Conn, account: &AccountKey, at: Timestamp) -> Result<i64, Error> {
    let Some(row) = conn.row(ID, vec![account.to_string().into()]).await? else { return Ok(0) };
    Ok(balance(conn, row.integer(0)?, AsOf { occurred: at, known: Timestamp::MAX }).await?.posted)
}

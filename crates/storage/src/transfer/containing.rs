//! In which consignments something is or was: a serial number, or a handling unit.

use std::collections::BTreeSet;

use muster_domain::{code::Code, field::Field, gs1::Sscc, viewer::Viewer};

use super::{Consignment, read::consignment_of};
use crate::{
    Error,
    db::{Conn, Value},
    sight::{self, SIGHT},
    statements,
};

statements! {
    WITH_SERIAL = "SELECT l.consignment FROM consignment_unit u JOIN consignment_line l ON l.consignment = u.consignment AND l.line = u.line
        WHERE {sight} AND u.serial = $1 AND u.serial <> ''
        UNION SELECT l.consignment FROM milestone_unit u
          JOIN milestone_line l ON l.consignment = u.consignment AND l.number = u.number AND l.line = u.line
        WHERE {sight} AND u.serial = $1 AND u.serial <> '' ORDER BY 1 LIMIT 100";
    // A handling unit is seen with what lies on it, and by whoever sees every line.
    WITH_SSCC = "SELECT h.consignment FROM handling_unit h WHERE h.sscc = $1 AND (
          EXISTS (SELECT 1 FROM consignment_unit u JOIN consignment_line l ON l.consignment = u.consignment AND l.line = u.line
            WHERE u.consignment = h.consignment AND u.sscc = h.sscc AND {sight})
          OR NOT EXISTS (SELECT 1 FROM consignment_line l WHERE l.consignment = h.consignment AND NOT ({sight})))
        UNION SELECT l.consignment FROM milestone_unit u
          JOIN milestone_line l ON l.consignment = u.consignment AND l.number = u.number AND l.line = u.line
        WHERE {sight} AND u.sscc = $1 AND u.sscc IS NOT NULL ORDER BY 1 LIMIT 100";
    LIES_IN = "SELECT h.consignment FROM handling_unit h JOIN consignment c ON c.code = h.consignment
        WHERE h.sscc = $1 AND c.state NOT IN ('closed', 'cancelled')";
}

/// Codes of the consignments in which a serial number or a handling unit is or was, as far as the viewer sees that unit.
///
/// # Errors
/// If the engine fails.
pub async fn codes(conn: &mut Conn, viewer: &Viewer, serial_or_sscc: &str) -> Result<BTreeSet<String>, Error> {
    let sight = sight::consignment_lines(viewer, 2);
    // However it is written: with spaces, or after its application identifier.
    let sscc = Sscc::parse(serial_or_sscc).map_or_else(|_| serial_or_sscc.to_owned(), |sscc| sscc.to_string());
    let mut codes = BTreeSet::new();
    for (sql, wanted) in [(WITH_SERIAL, serial_or_sscc), (WITH_SSCC, sscc.as_str())] {
        let mut values: Vec<Value> = vec![wanted.into()];
        values.extend(sight.values.clone());
        for row in conn.rows(&sql.replace(SIGHT, &sight.sql), values).await? {
            codes.insert(row.text(0)?);
        }
    }
    Ok(codes)
}

/// The same consignments, in order of their codes.
///
/// # Errors
/// If the engine fails.
pub async fn consignments(conn: &mut Conn, viewer: &Viewer, serial_or_sscc: &str) -> Result<Vec<Consignment>, Error> {
    let mut found = Vec::new();
    for code in codes(conn, viewer, serial_or_sscc).await? {
        found.extend(consignment_of(conn, viewer, &code).await?);
    }
    Ok(found)
}

/// The open consignment in which a handling unit is now.
///
/// # Errors
/// If the engine fails.
pub async fn lies_in(conn: &mut Conn, sscc: &Sscc) -> Result<Option<Code>, Error> {
    conn.row(LIES_IN, vec![sscc.to_string().into()]).await?.map(|row| row.word(0)).transpose()
}

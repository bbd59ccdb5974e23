//! What is looked at again in the transaction that writes: whether somebody else was faster with the same need or step of a plan.

use muster_domain::{code::Code, ledger::entry::EntryNumber};

use super::read::bound_units;
use crate::{
    Error,
    db::{Conn, Value},
    statements,
};

statements! {
    LAST_RECEIPT = "SELECT COALESCE(MAX(e.number), 0) FROM entry e JOIN posting p ON p.entry = e.number
        JOIN account f ON f.id = p.from_account JOIN account t ON t.id = p.to_account
        WHERE e.need = $1 AND e.number < $2 AND e.kind = 'posted' AND (f.purpose = 'in_service' OR t.purpose = 'in_service')";
}

/// The last entry before one by which a unit got something for a need, or gave it back; 0 if there is none.
///
/// # Errors
/// If the engine fails.
pub async fn last_receipt(conn: &mut Conn, need: &Code, before: EntryNumber) -> Result<EntryNumber, Error> {
    conn.row(LAST_RECEIPT, vec![need.into(), before.into()]).await?.map_or(Ok(0), |row| row.integer(0))
}

/// Whether consignments have more units of one of these pending entries than are open of it.
pub(crate) async fn is_overbound(
    conn: &mut Conn,
    entries: impl IntoIterator<Item = EntryNumber>,
) -> Result<bool, Error> {
    let sql = concat!(
        "SELECT o.entry FROM open_line o WHERE o.line = 0 AND ",
        bound_units!(),
        " > o.quantity AND o.entry IN {}"
    );
    Ok(!conn.rows_in(sql, entries.into_iter().map(Value::from)).await?.is_empty())
}

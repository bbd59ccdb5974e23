//! Disposals of what was in service, as they are kept.

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    ledger::{account::AccountKey, entry::EntryNumber},
    viewer::Viewer,
};

use super::{
    EntryRef,
    corrected::{TAKEN_BACK, TakenBack, taken_back},
    of_unit,
    read::account,
};
use crate::{
    Error,
    db::{Batch, Conn, Row, Value},
    ledger::read::{AsOf, LONGEST_PAGE, number_at},
    sight,
    wanted::Where,
};

/// Columns of a disposal, in the order in which [`disposal`] reads them.
const DISPOSAL: &str =
    "d.code, d.serial, d.account, d.offer, d.occurred_at, d.recorded_at, d.actor, d.certificate, d.reason, d.entry";

/// That something in service was disposed of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disposal {
    /// Its code.
    pub code: Code,
    /// The serial number.
    pub serial: String,
    /// The account in which it was in service: what it is, who had it, where, and whose it was.
    pub account: AccountKey,
    /// Of which offer, if that is known.
    pub offer: Option<Code>,
    /// When.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// By whom.
    pub actor: String,
    /// Hash of the certificate.
    pub certificate: String,
    /// Why.
    pub reason: String,
    /// The entry by which it left the books.
    pub entry: EntryRef,
    /// That it was recorded by mistake, and the unit is in service again.
    pub taken_back: Option<TakenBack>,
}

impl Disposal {
    /// Its place in the list of all: when it was recorded, in microseconds, and its code.
    pub fn place(&self) -> (i64, String) {
        (self.recorded_at.as_microsecond(), self.code.to_string())
    }
}

/// Which disposals are asked for; what is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DisposalFilter {
    /// One of them.
    pub code: Option<String>,
    /// Those of a unit, in whatever state: resource and serial number.
    pub unit: Option<(String, String)>,
    /// Of what this party had.
    pub holder: Option<String>,
    /// As of a date, as known on a date.
    pub as_of: Option<AsOf>,
    /// Only those after one: when it was recorded, in microseconds, and its code.
    pub after: Option<(i64, String)>,
}

/// Disposals that the viewer sees, the last recorded first.
///
/// # Errors
/// If the engine fails.
pub async fn list(
    conn: &mut Conn,
    viewer: &Viewer,
    filter: &DisposalFilter,
    limit: i64,
) -> Result<Vec<Disposal>, Error> {
    let mut all = Where::after(vec![limit.clamp(1, LONGEST_PAGE + 1).into()]);
    all.and(|n| {
        let sight = sight::disposals(viewer, n);
        (sight.sql, sight.values)
    });
    all.is("d.code", filter.code.clone());
    all.is("d.holder", filter.holder.clone());
    of_unit(&mut all, "d", filter.unit.as_ref());
    let mut last = EntryNumber::MAX;
    if let Some(at) = filter.as_of {
        last = number_at(conn, at.known).await?;
        all.is("d.occurred_at <=", Some(at.occurred.as_microsecond()));
        all.is("d.entry <=", Some(last));
    }
    all.before("d.recorded_at", "d.code", filter.after.as_ref());
    let sql = format!(
        "SELECT {DISPOSAL}, {TAKEN_BACK} FROM disposal d LEFT JOIN disposal_taken_back b ON b.disposal = d.code
        WHERE {} ORDER BY d.recorded_at DESC, d.code DESC LIMIT $1",
        all.text()
    );
    conn.rows(&sql, all.values).await?.iter().map(|row| disposal(row, last)).collect()
}

/// A disposal, as it is known at an entry.
fn disposal(row: &Row, last: EntryNumber) -> Result<Disposal, Error> {
    Ok(Disposal {
        code: row.word(0)?,
        serial: row.text(1)?,
        account: account(&row.text(2)?)?,
        offer: row.maybe_code(3)?,
        occurred_at: row.timestamp(4)?,
        recorded_at: row.timestamp(5)?,
        actor: row.text(6)?,
        certificate: row.text(7)?,
        reason: row.text(8)?,
        entry: EntryRef::Known(row.integer(9)?),
        taken_back: taken_back(row, 10, last)?,
    })
}

/// A new disposal.
pub(super) fn row(new: &Disposal, entry: i64) -> Batch {
    let row = vec![
        Value::from(&new.code),
        Value::from(&new.account.resource),
        new.serial.as_str().into(),
        new.account.to_string().into(),
        Value::from(&new.account.holder),
        Value::from(&new.account.owner),
        Value::from(&new.offer),
        new.occurred_at.as_microsecond().into(),
        new.recorded_at.as_microsecond().into(),
        new.actor.as_str().into(),
        new.certificate.as_str().into(),
        new.reason.as_str().into(),
        entry.into(),
    ];
    let into = "INSERT INTO disposal (code, resource, serial, account, holder, owner, offer, occurred_at, recorded_at, actor, certificate, reason, entry)";
    Batch::insert(into, vec![row])
}

//! Where each unit with a serial number is: in stock, under way, in service, under repair or out of the books. The last of its moves says so,
//! whatever became of it.

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    ledger::account::{AccountKey, AccountPurpose},
    viewer::Viewer,
};

use super::{read::account, same_item, taken_back::stands};
use crate::{
    Error,
    db::{Conn, Row, Value},
    ledger::read::LONGEST_PAGE,
    sight,
    wanted::Where,
};

/// Units, called `h`, each by the last of its moves, with the account `a` to which that led. What is mended goes in and comes out by one
/// entry, of which the last line counts.
pub(crate) const HELD: &str = "(SELECT p.serial, s.item, p.resource, p.to_account, p.entry, p.occurred_at FROM posting p JOIN resources s ON s.code = p.resource
        WHERE p.serial <> '' AND p.kind = 'posted' AND NOT EXISTS (SELECT 1 FROM posting q JOIN resources y ON y.code = q.resource
            WHERE q.serial = p.serial AND q.serial <> '' AND q.kind = 'posted' AND y.item = s.item
              AND (q.entry > p.entry OR (q.entry = p.entry AND q.line > p.line)))) h
    JOIN account a ON a.id = h.to_account";

/// The offer of the last of its moves that names one.
pub(crate) const OFFER: &str =
    "(SELECT f.offer FROM posting g JOIN resources x ON x.code = g.resource JOIN entry f ON f.number = g.entry
    WHERE g.serial = h.serial AND g.serial <> '' AND g.kind = 'posted' AND x.item = h.item AND f.offer IS NOT NULL
    ORDER BY g.entry DESC LIMIT 1)";

/// When it first came into service, if it did.
pub(crate) const RECEIVED: &str = "(SELECT MIN(u.received_at) FROM unit_state u
    WHERE u.serial = h.serial AND u.item = h.item AND u.until_entry = 9223372036854775807)";

/// When it was last checked and found.
pub(crate) const CHECKED: &str = "(SELECT MAX(u.checked_at) FROM unit_state u
    WHERE u.serial = h.serial AND u.item = h.item AND u.until_entry = 9223372036854775807)";

/// The consignment by which a unit moved by an entry `e`, as an expression, of those that a condition on `c` lets through: what moves as it
/// was promised does not name it, but follows the milestone that says so, of a consignment that ever had the unit.
pub(super) fn came_by(serial: &str, item: &str, seen: &str) -> String {
    let stands = stands!("m");
    format!(
        "(SELECT c.code FROM consignment c WHERE {seen} AND c.code = COALESCE(e.consignment, (SELECT m.consignment
            FROM milestone_unit w JOIN milestone_line k ON k.consignment = w.consignment AND k.number = w.number AND k.line = w.line
              JOIN resources z ON z.code = k.resource JOIN milestone m ON m.consignment = w.consignment
            WHERE w.serial = {serial} AND w.serial <> '' AND z.item = {item} AND m.occurred_at = e.occurred_at AND m.entry < e.number
              AND e.resolves IS NOT NULL AND {stands} ORDER BY m.entry DESC LIMIT 1)))"
    )
}

/// A unit with a serial number, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldUnit {
    /// The serial number.
    pub serial: String,
    /// The account in which it is: what it is, in which state, who has it, whose it is and where.
    pub account: AccountKey,
    /// Since when.
    pub since: Timestamp,
    /// Of which offer.
    pub offer: Option<Code>,
    /// The consignment by which it came there, if the viewer sees it.
    pub consignment: Option<Code>,
    /// When it first came into service.
    pub received_at: Option<Timestamp>,
    /// When it was last checked and found.
    pub checked_at: Option<Timestamp>,
}

impl HeldUnit {
    /// Its place in the list: serial number and resource.
    pub fn place(&self) -> (String, String) {
        (self.serial.clone(), self.account.resource.to_string())
    }
}

/// Which units are asked for; what is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldFilter {
    /// One unit, in whatever state: resource and serial number.
    pub unit: Option<(String, String)>,
    /// With this serial number, of whatever item.
    pub serial: Option<String>,
    /// Of a resource, in whatever state.
    pub resource: Option<String>,
    /// That ever moved of this offer.
    pub offer: Option<String>,
    /// In the hands of this party.
    pub holder: Option<String>,
    /// At this place, or on their way to it.
    pub place: Option<String>,
    /// In an account for this purpose.
    pub purpose: Option<AccountPurpose>,
    /// Only those after one, as [`HeldUnit::place`] says.
    pub after: Option<(String, String)>,
}

/// Units with serial numbers that the viewer sees, in the order of these.
///
/// # Errors
/// If the engine fails.
pub async fn list(conn: &mut Conn, viewer: &Viewer, filter: &HeldFilter, limit: i64) -> Result<Vec<HeldUnit>, Error> {
    let of_them = sight::consignments(viewer, 2);
    let values: Vec<Value> = std::iter::once(limit.clamp(1, LONGEST_PAGE + 1).into()).chain(of_them.values).collect();
    let mut all = Where::after(values);
    all.and(|n| {
        let sight = sight::held(viewer, n);
        (sight.sql, sight.values)
    });
    let (resource, serial) = filter.unit.clone().unzip();
    all.is("h.serial", serial);
    all.is("h.serial", filter.serial.clone());
    for resource in resource.iter().chain(&filter.resource) {
        all.and(|n| (same_item("h.resource", n), vec![resource.as_str().into()]));
    }
    if let Some(offer) = &filter.offer {
        let given = "SELECT g.serial, x.item FROM entry f JOIN posting g ON g.entry = f.number JOIN resources x ON x.code = g.resource";
        let given = |n| format!("(h.serial, h.item) IN ({given} WHERE f.offer = ${n} AND g.serial <> '')");
        all.and(|n| (given(n), vec![offer.as_str().into()]));
    }
    all.is("a.holder", filter.holder.clone());
    all.is("a.place", filter.place.clone());
    all.is("a.purpose", filter.purpose.map(|purpose| purpose.as_str()));
    if let Some((serial, resource)) = &filter.after {
        let values = vec![serial.as_str().into(), resource.as_str().into()];
        all.and(|n| (format!("(h.serial, h.resource) > (${n}, ${})", n + 1), values));
    }
    let sql = format!(
        "SELECT h.serial, a.name, h.occurred_at, {OFFER}, {}, {RECEIVED}, {CHECKED}
        FROM {HELD} JOIN entry e ON e.number = h.entry WHERE {} ORDER BY h.serial, h.resource LIMIT $1",
        came_by("h.serial", "h.item", &of_them.sql),
        all.text()
    );
    conn.rows(&sql, all.values).await?.iter().map(unit).collect()
}

/// The resources as which the viewer sees that something of a serial number moved, the last first.
///
/// # Errors
/// If the engine fails.
pub async fn named(conn: &mut Conn, viewer: &Viewer, serial: &str) -> Result<Vec<Code>, Error> {
    let seen = sight::units(viewer, 2);
    let sql = format!(
        "SELECT p.resource, MAX(p.entry) FROM posting p JOIN entry e ON e.number = p.entry JOIN account a ON a.id = p.to_account
        WHERE {} AND p.serial = $1 AND p.serial <> '' AND p.kind = 'posted' GROUP BY p.resource ORDER BY 2 DESC LIMIT 24",
        seen.sql
    );
    let values = std::iter::once(serial.into()).chain(seen.values).collect();
    conn.rows(&sql, values).await?.iter().map(|row| row.word(0)).collect()
}

fn unit(row: &Row) -> Result<HeldUnit, Error> {
    Ok(HeldUnit {
        serial: row.text(0)?,
        account: account(&row.text(1)?)?,
        since: row.timestamp(2)?,
        offer: row.maybe_code(3)?,
        consignment: row.maybe_code(4)?,
        received_at: row.maybe_timestamp(5)?,
        checked_at: row.maybe_timestamp(6)?,
    })
}

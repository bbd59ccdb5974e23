//! Units that came on no manifest while the books hold their numbers somewhere else: what was seen is kept in words until they agree, for
//! one thing is in one place, and nobody can tell here which of both is wrong.

use muster_domain::{
    code::Code,
    ledger::account::{AccountKey, AccountPurpose},
    message,
    viewer::{Sight, Viewer},
};
use muster_storage::{
    db::Conn,
    transfer::{
        Unit, Variance, Write,
        standing::{held_by_number, with_number},
    },
};

use super::Work;
use crate::Error;

/// Where the books hold a unit that is seen at another place, as far as a viewer sees that: the account, and the consignment that has or
/// misses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// Its serial number.
    pub serial: String,
    /// The account.
    pub account: Option<AccountKey>,
    /// The consignment.
    pub consignment: Option<Code>,
}

impl Elsewhere {
    /// Where that is, in one name: the consignment, or else the account.
    pub fn place(&self) -> String {
        let of = |account: &AccountKey| account.to_string();
        self.consignment.as_ref().map_or_else(|| self.account.as_ref().map_or_else(String::new, of), Code::to_string)
    }
}

/// Whether a thing on no manifest is known for what it is said to be, and in no account: the books hold its number elsewhere, or did.
pub fn is_in_words(variance: &Variance) -> bool {
    variance.resource.is_some() && variance.account.is_none() && variance.resolved.is_none()
}

/// Where the books hold units of an item, in whatever state, that are seen somewhere else, as far as the viewer sees that; and the numbers of
/// those of which they do not see where.
pub(super) async fn elsewhere(
    conn: &mut Conn,
    viewer: &Viewer,
    resource: &Code,
    units: &[Unit],
) -> Result<(Vec<Elsewhere>, Vec<String>), Error> {
    let (mut seen, mut hidden) = (Vec::new(), Vec::new());
    for unit in units.iter().filter(|unit| !unit.serial.is_empty()) {
        let serial = unit.serial.clone();
        let Some(account) = held_by_number(conn, resource, &serial).await? else { continue };
        let sees = viewer.sight == Sight::Everything || viewer.owns(&account.holder) || viewer.owns(&account.owner);
        let consignment = with_number(conn, viewer, resource, &serial).await?;
        match sees || consignment.is_some() {
            true => seen.push(Elsewhere { serial, account: Some(account).filter(|_| sees), consignment }),
            false => hidden.push(serial),
        }
    }
    Ok((seen, hidden))
}

impl Work<'_> {
    /// Whether the books hold one of these units somewhere, or will by what is to be written.
    pub(super) async fn is_elsewhere(&mut self, resource: &Code, units: &[Unit]) -> Result<bool, Error> {
        for unit in units.iter().filter(|unit| !unit.serial.is_empty()) {
            if self.comes_in_already(resource, unit)
                || held_by_number(&mut self.conn, resource, &unit.serial).await?.is_some()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the same request says already that a unit came in.
    fn comes_in_already(&self, resource: &Code, unit: &Unit) -> bool {
        let item = |of: &Code| self.picture.resources.get(of.as_str()).map(|resource| resource.item.code().clone());
        let same = |variance: &Variance| {
            let apart = variance.account.as_ref().filter(|account| account.purpose == AccountPurpose::Quarantine);
            apart.is_some_and(|account| item(&account.resource) == item(resource))
        };
        self.writes.iter().any(|write| match write {
            Write::Variance(variance, units) => same(variance) && units.iter().any(|one| one.serial == unit.serial),
            _ => false,
        })
    }

    /// That the books hold none of these units somewhere else.
    pub(super) async fn is_nowhere_else(&mut self, resource: &Code, units: &[Unit]) -> Result<(), Error> {
        let (seen, hidden) = elsewhere(&mut self.conn, &self.actor.viewer, resource, units).await?;
        if let Some(one) = seen.first() {
            let (serial, place) = (&one.serial, one.place());
            return Err(Error::Invalid(message!("unit-held-at", resource, serial, place)));
        }
        match hidden.first() {
            Some(serial) => Err(Error::Invalid(message!("unit-held-elsewhere", resource, serial))),
            None => Ok(()),
        }
    }
}

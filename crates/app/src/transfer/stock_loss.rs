//! What is lost of the stock of a place. What a consignment has there is missed by looking at that consignment (`inspecting`): then its
//! papers, its count and what was promised of it say so, too.

use muster_domain::{
    code::Code,
    item::Tracking,
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::Take,
    },
    message,
    policy::Action,
};
use muster_storage::{
    ledger::read::holdings_of,
    repair::held_by,
    transfer::{
        read::units,
        standing::{Standing, lay_there, missed, standing},
        third_party::offer_of,
    },
};

use super::{Work, loss::NewLoss};
use crate::{Error, commitment::account_of};

/// Stock that was lost.
pub(super) struct LostStock {
    /// Where it lay.
    pub(super) account: AccountKey,
    /// What goes out of it.
    pub(super) take: Take,
    /// Of which offer it was, if that is known.
    pub(super) offer: Option<Code>,
}

impl Work<'_> {
    /// The stock that a report is about; none, if it names no account of stock and is about something in service.
    pub(super) async fn lost_stock(&mut self, new: &NewLoss) -> Result<Option<LostStock>, Error> {
        let Some(name) = new.account.as_deref().filter(|name| !name.is_empty()) else { return Ok(None) };
        let wrong = |right| Error::Invalid(message!("field-must-be", name = "account", right));
        let account = AccountKey::parse(name).map_err(wrong)?;
        if account.purpose != AccountPurpose::OnHand {
            return Ok(None);
        }
        let unit = if new.serial.is_empty() { &new.lot } else { &new.serial };
        let none = || Error::Invalid(message!("not-in-stock", resource = &new.resource, serial = unit));
        if self.may_report_stock(&account.holder).is_err() || account.resource.as_str() != new.resource {
            return Err(none());
        }
        let tracking = self.tracking(&account.resource);
        let named = match tracking {
            Tracking::Serial => !new.serial.is_empty(),
            Tracking::Lot => new.serial.is_empty() && !new.lot.is_empty(),
            Tracking::Quantity => new.serial.is_empty() && new.lot.is_empty(),
        };
        if !named {
            return Err(Error::Invalid(message!("loss-stock-units", resource = &account.resource)));
        }
        let is_it = |lot: &str, serial: &str| match tracking {
            Tracking::Serial => serial == new.serial,
            Tracking::Lot => lot == new.lot,
            Tracking::Quantity => true,
        };
        let (there, lot) = match tracking {
            Tracking::Quantity => (held_by(&mut self.conn, &account).await?, String::new()),
            _ => {
                let mut held = holdings_of(&mut self.conn, &account).await?;
                held.retain(|(lot, serial, _)| is_it(lot, serial));
                let there = held.iter().map(|(.., units)| units).sum();
                (there, held.into_iter().next().map(|(lot, ..)| lot).unwrap_or_default())
            }
        };
        let quantity = if tracking == Tracking::Serial { 1 } else { new.quantity };
        if there == 0 {
            return Err(none());
        }
        if !(1..=there).contains(&quantity) {
            return Err(Error::Invalid(message!("loss-quantity", there)));
        }
        if lay_there(&mut self.conn, &account, self.at).await? < quantity {
            return Err(Error::Invalid(message!("loss-before-stock", at = self.at.to_string())));
        }
        self.is_in_no_consignment(&account, (there, quantity), is_it).await?;
        let offer = match tracking {
            Tracking::Serial => offer_of(&mut self.conn, new.resource.as_str(), &new.serial).await?,
            _ => self.offer_into(&account, &lot, new.offer.as_deref()).await?,
        };
        let take = Take { line: 0, quantity, lot, serial: new.serial.clone() };
        Ok(Some(LostStock { account, take, offer }))
    }

    /// Whoever moves stock reports what of it is lost.
    pub(super) fn may_report_stock(&self, holder: &Code) -> Result<(), Error> {
        self.may(Action::Report, &[holder]).or_else(|_| self.may(Action::Move, &[holder]))
    }

    /// That so many of the units that are there are in no consignment, and missed by none.
    async fn is_in_no_consignment(
        &mut self,
        account: &AccountKey,
        (there, quantity): (i64, i64),
        is_it: impl Fn(&str, &str) -> bool,
    ) -> Result<(), Error> {
        let tracking = self.tracking(&account.resource);
        let (mut held, mut first) = (0_i64, None);
        for one in standing(&mut self.conn, account).await? {
            if self.is_still_committed(&one, account) {
                continue;
            }
            let known = match tracking {
                Tracking::Quantity => one.present,
                _ => {
                    let units = units(&mut self.conn, one.consignment.as_str()).await?;
                    let of_line = units.iter().filter(|unit| unit.line == one.line && is_it(&unit.lot, &unit.serial));
                    of_line.map(|unit| unit.quantity).sum()
                }
            };
            if known > 0 {
                held = held.saturating_add(known);
                first.get_or_insert(one.consignment);
            }
        }
        for (consignment, lot, serial, units) in missed(&mut self.conn, account).await? {
            if is_it(&lot, &serial) {
                held = held.saturating_add(units);
                first.get_or_insert(consignment);
            }
        }
        let free = (there - held).max(0);
        match first.filter(|_| quantity > free) {
            Some(consignment) => Err(Error::Invalid(message!("loss-in-consignment", consignment = &consignment, free))),
            None => Ok(()),
        }
    }

    /// Whether a line's units come out of its donor's commitment only when they leave: until then they are not in stock.
    fn is_still_committed(&self, one: &Standing, account: &AccountKey) -> bool {
        let offer = one.offer.as_ref().and_then(|offer| self.picture.offers.get(offer.as_str()));
        one.passed == 0 && offer.and_then(|offer| account_of(&self.picture, offer)).as_ref() == Some(account)
    }
}

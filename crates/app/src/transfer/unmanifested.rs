//! Goods that nobody shipped, or that stand on no manifest: they are kept apart and counted blind, and go into the books once it is known
//! what they are, and that the books hold them nowhere else (`elsewhere`).

use std::collections::BTreeSet;

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    item::Tracking,
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::{Activity, Take},
    },
    message,
    policy::Action,
    variance::{VarianceKind, due},
};
use muster_storage::transfer::{EntryRef, Unit, Variance, Write};

use super::{Work, named};
use crate::{Actor, App, Error, commitment::source_of};

/// Longest lot or serial number, in characters.
pub(super) const LONGEST_NAME: usize = 200;

/// Something that came and stands on no manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unmanifested {
    /// What was seen.
    pub description: String,
    /// How many.
    pub quantity: i64,
    /// What it is, if that is known.
    pub resource: String,
    /// By what its units are told apart.
    pub named: Named,
    /// A remark.
    pub remark: String,
}

/// By what units that nobody shipped are told apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Their lot; empty: none.
    pub lot: String,
    /// Their serial numbers; none, or one for each.
    pub serials: Vec<String>,
}

impl Named {
    /// So many units by their names.
    pub(crate) fn units(&self, quantity: i64) -> Result<Vec<Unit>, Error> {
        let names = || self.serials.iter().chain([&self.lot]);
        if names().any(|name| name.chars().count() > LONGEST_NAME) || self.serials.iter().any(|s| s.trim().is_empty()) {
            return Err(Error::Invalid(message!("unit-name-length", most = LONGEST_NAME)));
        }
        let unit = |serial: &str, quantity| Unit {
            line: 0,
            lot: self.lot.trim().to_owned(),
            serial: serial.trim().to_owned(),
            quantity,
            sscc: None,
        };
        if self.serials.is_empty() {
            return Ok(if self.lot.trim().is_empty() { Vec::new() } else { vec![unit("", quantity)] });
        }
        let all: BTreeSet<&str> = self.serials.iter().map(|serial| serial.trim()).collect();
        if all.len() != self.serials.len() || all.len() as i64 != quantity {
            return Err(Error::Invalid(message!("serial-for-each", quantity, given = all.len())));
        }
        Ok(all.into_iter().map(|serial| unit(serial, 1)).collect())
    }
}

impl App {
    /// Reports something that came and belongs to no consignment, when it was found; none: now.
    ///
    /// # Errors
    /// If the place is not there, it is not yet, nothing is said of it, or the ledger or the database refuses.
    pub async fn report_unmanifested(
        &self,
        place: &str,
        thing: &Unmanifested,
        at: Option<Timestamp>,
        actor: &Actor,
    ) -> Result<Code, Error> {
        let code = self.dated_code("V");
        let Some(mut work) = self.work(actor, code.as_str(), at).await? else {
            return self.named_before(actor, "V").await;
        };
        let place = work.place(place).await?.code.clone();
        let nobody = || Error::Invalid(message!("place-without-operator", place = &place));
        let holder = work.keeper(&place).or_else(|| work.actor.viewer.party.clone()).ok_or_else(nobody)?;
        work.may(Action::Move, &[&holder])?;
        let entry = work.noted_about(Activity::Inspect, format!("{code} came to {place} on no manifest"));
        work.unmanifested(code.clone(), (None, place, holder), thing, entry).await?;
        work.done().await?;
        Ok(code)
    }
}

impl Work<'_> {
    /// Something that stands on no manifest: what is known of it goes into quarantine; of what is not known, or is somewhere else by the
    /// books, only words are kept.
    pub(crate) async fn unmanifested(
        &mut self,
        code: Code,
        (consignment, place, holder): (Option<Code>, Code, Code),
        thing: &Unmanifested,
        entry: EntryRef,
    ) -> Result<(), Error> {
        if thing.description.trim().is_empty() || thing.description.chars().count() > 500 {
            return Err(Error::Invalid(message!("unmanifested-described", most = 500)));
        }
        if thing.quantity < 1 {
            return Err(Error::Invalid(message!("ledger-quantity", most = i64::MAX, quantity = thing.quantity)));
        }
        let resource = if thing.resource.is_empty() { None } else { Some(self.resource(&thing.resource)?) };
        let units = thing.named.units(thing.quantity)?;
        let account = match &resource {
            Some(resource) => {
                self.are_named(resource, &units, thing.quantity)?;
                let elsewhere = self.is_elsewhere(resource, &units).await?;
                (!elsewhere).then(|| self.apart(&holder, &place, resource))
            }
            None => None,
        };
        let variance = Variance {
            code,
            kind: VarianceKind::Unmanifested,
            consignment,
            line: 0,
            place,
            holder,
            resource,
            description: thing.description.trim().to_owned(),
            quantity: thing.quantity,
            account,
            offer: None,
            need: None,
            occurred_at: self.at,
            recorded_at: self.now,
            actor: self.actor.name().to_owned(),
            remark: thing.remark.clone(),
            due_at: due(self.at),
            entry,
            resolved: None,
            part_of: None,
        };
        if let Some(apart) = &variance.account {
            self.comes_in(&variance, apart, &units, variance.quantity);
        }
        self.writes.push(Write::Variance(Box::new(variance), units));
        Ok(())
    }

    /// That units of what is tracked are named: without, they could never leave again.
    pub(crate) fn are_named(&self, resource: &Code, units: &[Unit], quantity: i64) -> Result<(), Error> {
        let named = |of: fn(&Unit) -> &String| units.iter().all(|unit| !of(unit).is_empty());
        let whole = units.iter().map(|unit| unit.quantity).sum::<i64>() == quantity;
        match self.tracking(resource) {
            Tracking::Serial if !(whole && named(|unit| &unit.serial)) => {
                Err(Error::Invalid(message!("thing-by-serial", resource, quantity)))
            }
            Tracking::Lot if !(whole && named(|unit| &unit.lot)) => {
                Err(Error::Invalid(message!("thing-by-lot", resource)))
            }
            _ => Ok(()),
        }
    }

    /// Where things of nobody known are kept apart: in the hands, and until it is known better in the name, of who keeps the place.
    pub(crate) fn apart(&self, holder: &Code, place: &Code, resource: &Code) -> AccountKey {
        AccountKey {
            purpose: AccountPurpose::Quarantine,
            holder: holder.clone(),
            owner: holder.clone(),
            place: Some(place.clone()),
            via: None,
            resource: resource.clone(),
            caveats: Vec::new(),
        }
    }

    /// Something came from outside that no book knew of.
    pub(crate) fn comes_in(&mut self, variance: &Variance, apart: &AccountKey, units: &[Unit], quantity: i64) {
        let takes = self.takes_apart(apart, units, quantity);
        self.post(Activity::Adjust, self.subject_of(variance), &source_of(apart), apart, &takes);
    }

    /// Units that are kept apart, by their names where they are known.
    pub(crate) fn takes_apart(&self, apart: &AccountKey, units: &[Unit], quantity: i64) -> Vec<Take> {
        if units.is_empty() || self.tracking(&apart.resource) == Tracking::Quantity {
            return vec![Take { line: 0, quantity, lot: String::new(), serial: String::new() }];
        }
        named(units)
    }
}

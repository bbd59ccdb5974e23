//! Part of a variance is resolved by itself: it becomes a variance of its own, found with the rest, which stays open.

use std::collections::BTreeSet;

use muster_domain::{code::Code, item::Tracking, message};
use muster_storage::transfer::{Unit, Variance, Write};

use super::{Work, count::split_off, variance::ShownVariance};
use crate::Error;

/// Longest text that the journal has of which units are meant, in characters.
const LONGEST_TOLD: usize = 200;

/// Which units of a variance are meant; nothing named: all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SomeOf {
    /// How many; none: as many as are named.
    pub quantity: Option<i64>,
    /// Of which lot, where it has several; else empty.
    pub lot: String,
    /// Which serial numbers, where units are known so.
    pub serials: Vec<String>,
}

/// How many units are meant, which, and those that are left.
type Parted = (i64, Vec<Unit>, Vec<Unit>);

impl SomeOf {
    /// Whether all of it is meant.
    pub fn is_all(&self) -> bool {
        self.quantity.is_none() && self.lot.is_empty() && self.serials.is_empty()
    }

    /// In words, for the journal.
    pub(super) fn told(&self) -> String {
        let all = match self.quantity.filter(|_| self.serials.is_empty()) {
            Some(quantity) if self.lot.is_empty() => format!("{quantity} units"),
            Some(quantity) => format!("{quantity} units of {}", self.lot),
            None if self.serials.is_empty() => self.lot.clone(),
            None => self.serials.join(", "),
        };
        all.chars().take(LONGEST_TOLD).collect()
    }

    fn of(&self, tracking: Tracking, variance: &Variance, units: &[Unit]) -> Result<Parted, Error> {
        let parted = match tracking == Tracking::Serial || !self.serials.is_empty() {
            true => self.by_serial(variance, units)?,
            false => self.by_quantity(variance, units)?,
        };
        let (code, there) = (&variance.code, variance.quantity);
        match parted.0 {
            quantity if quantity == there => Err(Error::Invalid(message!("variance-part-all", variance = code))),
            quantity if quantity > there => Err(Error::Invalid(message!("variance-part-more", variance = code, there))),
            _ => Ok(parted),
        }
    }

    fn by_serial(&self, variance: &Variance, units: &[Unit]) -> Result<Parted, Error> {
        let code = &variance.code;
        if self.serials.is_empty() {
            return Err(Error::Invalid(message!("variance-part-serials", variance = code)));
        }
        let mut named = BTreeSet::new();
        for serial in &self.serials {
            if !named.insert(serial.as_str()) {
                return Err(Error::Invalid(message!("serial-twice", serial)));
            }
            if !units.iter().any(|unit| unit.serial == *serial && !serial.is_empty()) {
                return Err(Error::Invalid(message!("variance-part-not-in", variance = code, unit = serial)));
            }
        }
        let (some, rest): (Vec<Unit>, Vec<Unit>) =
            units.iter().cloned().partition(|unit| named.contains(unit.serial.as_str()));
        let given = some.len() as i64;
        if let Some(quantity) = self.quantity.filter(|quantity| *quantity != given) {
            return Err(Error::Invalid(message!("serial-for-each", quantity, given)));
        }
        Ok((given, some, rest))
    }

    fn by_quantity(&self, variance: &Variance, units: &[Unit]) -> Result<Parted, Error> {
        let code = &variance.code;
        let quantity = self.quantity.filter(|quantity| *quantity > 0);
        let quantity = quantity.ok_or_else(|| Error::Invalid(message!("variance-part-how-many", variance = code)))?;
        let of_lot = |unit: &Unit| self.lot.is_empty() || unit.lot == self.lot;
        let lots: BTreeSet<&str> = units.iter().map(|unit| unit.lot.as_str()).collect();
        if self.lot.is_empty() && lots.len() > 1 {
            return Err(Error::Invalid(message!("variance-part-lot", variance = code)));
        }
        let (mut some, others): (Vec<Unit>, Vec<Unit>) = units.iter().cloned().partition(of_lot);
        let there: i64 = some.iter().map(|unit| unit.quantity).sum();
        if !self.lot.is_empty() && there == 0 {
            return Err(Error::Invalid(message!("variance-part-not-in", variance = code, unit = &self.lot)));
        }
        if !self.lot.is_empty() && quantity > there {
            return Err(Error::Invalid(message!("variance-part-more", variance = code, there)));
        }
        let parted = split_off(&mut some, quantity);
        Ok((quantity, parted, some.into_iter().chain(others).collect()))
    }
}

impl Work<'_> {
    /// Parts units off a variance, under a code of their own; gives that as it is to be resolved. What is to be counted blind is what two
    /// people agreed on.
    pub(super) fn split_variance(
        &mut self,
        shown: &ShownVariance,
        some: &SomeOf,
        code: Code,
    ) -> Result<ShownVariance, Error> {
        let mut whole = shown.variance.clone();
        let of = &shown.variance.code;
        let unknown = || Error::Invalid(message!("variance-unknown", variance = of));
        let account = whole.account.clone().ok_or_else(unknown)?;
        let mut units = shown.units.clone();
        if whole.kind.needs_blind_count() {
            let missing = || Error::Invalid(message!("blind-count-missing", variance = of));
            let counted = shown.counted().ok_or_else(missing)?;
            if counted < 1 {
                return Err(Error::Invalid(message!("nothing-to-take-in", variance = of)));
            }
            units = self.recounted(shown, &account, counted)?;
            whole.quantity = counted;
        }
        let (quantity, units, rest) = some.of(self.tracking(&account.resource), &whole, &units)?;
        let part = Variance { code, quantity, part_of: Some(whole.code.clone()), ..whole.clone() };
        self.writes.push(Write::Parted(Box::new((whole, part.clone(), units.clone(), rest))));
        Ok(ShownVariance { variance: part, units, agreed: Some(quantity), parts: Vec::new(), ..shown.clone() })
    }
}

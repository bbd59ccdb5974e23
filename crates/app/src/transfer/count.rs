//! Counts: what was found of each line, and what follows: what is right, hurt, missing and too much.

use std::collections::{BTreeMap, BTreeSet};

use muster_domain::{item::Tracking, message};
use muster_storage::transfer::{Line, Unit};

use super::{Loaded, unmanifested::Unmanifested};
use crate::Error;

/// What was counted of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// The line.
    pub line: i64,
    /// Units that are there and as they should be.
    pub received: i64,
    /// Units that are there and hurt.
    pub damaged: i64,
    /// Serial numbers that are there and as they should be, where units are known so.
    pub serials: Vec<String>,
    /// Serial numbers that are there and hurt.
    pub damaged_serials: Vec<String>,
    /// What was counted of each lot, where units are known so; one that is not named is missing. Without, lots are taken in their order.
    pub lots: Vec<CountedLot>,
    /// A remark.
    pub remark: String,
}

/// What was counted of a lot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountedLot {
    /// The lot.
    pub lot: String,
    /// Units that are there and as they should be.
    pub received: i64,
    /// Units that are there and hurt.
    pub damaged: i64,
}

impl Counted {
    /// Adds a lot to what was counted of its line; none, if that is more than can be.
    pub fn add(&mut self, lot: CountedLot) -> Option<()> {
        self.received = self.received.checked_add(lot.received)?;
        self.damaged = self.damaged.checked_add(lot.damaged)?;
        self.lots.push(lot);
        Some(())
    }
}

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Line by line.
    pub lines: Vec<Counted>,
    /// Lines that are not named were found as they should be; else each must be counted.
    pub rest_as_stated: bool,
    /// Things that stand on no manifest.
    pub unmanifested: Vec<Unmanifested>,
}

/// What was counted, by line; every line must be, unless the rest is as stated.
pub(super) fn counted<'a>(loaded: &Loaded, count: &'a Count) -> Result<BTreeMap<i64, &'a Counted>, Error> {
    let mut by_line = BTreeMap::new();
    for counted in &count.lines {
        let (line, code) = (counted.line, &loaded.head.code);
        if loaded.lines.iter().all(|l| l.line != line) {
            return Err(Error::Invalid(message!("consignment-no-line", line, code)));
        }
        if by_line.insert(line, counted).is_some() {
            return Err(Error::Invalid(message!("consignment-line-twice", line)));
        }
    }
    let uncounted = |line: &&Line| line.present > 0 && !by_line.contains_key(&line.line);
    if let Some(line) = loaded.lines.iter().find(uncounted).filter(|_| !count.rest_as_stated) {
        return Err(Error::Invalid(message!("consignment-line-uncounted", line = line.line)));
    }
    Ok(by_line)
}

/// What a line's units turned out to be.
pub(super) struct Parts {
    /// Units that are there and right.
    pub(super) received: i64,
    /// Units that are there and hurt.
    pub(super) damaged: i64,
    /// Units that are missing.
    pub(super) short: i64,
    /// Units too much.
    pub(super) over: i64,
    /// Those of them that are known one by one.
    pub(super) good: Vec<Unit>,
    /// The same of those that are hurt.
    pub(super) hurt: Vec<Unit>,
    /// The same of those that are missing.
    pub(super) missing: Vec<Unit>,
    /// The same of those that are too much.
    pub(super) extra: Vec<Unit>,
    /// A remark.
    pub(super) remark: String,
}

/// Divides a line into what was found of it.
pub(super) fn parts(tracking: Tracking, line: &Line, units: &[Unit], counted: &Counted) -> Result<Parts, Error> {
    if counted.received < 0 || counted.damaged < 0 {
        return Err(Error::Invalid(message!("not-negative")));
    }
    let remark = counted.remark.clone();
    let found = counted.received.checked_add(counted.damaged);
    let found = found.ok_or_else(|| Error::Invalid(message!("ledger-too-much")))?;
    let whole = found == line.present && counted.damaged == 0;
    let named = !counted.serials.is_empty() || !counted.damaged_serials.is_empty();
    // The right number of the wrong units is not what was shipped.
    if tracking == Tracking::Serial && (named || !whole) {
        return by_serial(line, units, counted, remark);
    }
    if !counted.lots.is_empty() {
        return by_lot(tracking, line, units, counted);
    }
    let over = (found - line.present).max(0);
    let lots: BTreeSet<&str> = units.iter().map(|unit| unit.lot.as_str()).collect();
    if over > 0 && tracking == Tracking::Lot && lots.len() > 1 {
        return Err(Error::Invalid(message!("count-each-lot", line = line.line)));
    }
    // What is too much is no part of the line: it is kept apart.
    let received = counted.received - over.min(counted.received);
    let damaged = (line.present - received).min(counted.damaged);
    let mut rest = units.to_vec();
    let good = split_off(&mut rest, received);
    let hurt = split_off(&mut rest, damaged);
    let short = line.present - received - damaged;
    // What is too much is known by the lot of its line, if that has but one.
    let one_lot = units.first().filter(|_| tracking == Tracking::Lot);
    let extra = one_lot.filter(|_| over > 0).map(|unit| Unit { quantity: over, sscc: None, ..unit.clone() });
    let extra = extra.into_iter().collect();
    Ok(Parts { received, damaged, short, over, good, hurt, missing: rest, extra, remark })
}

/// The first units that make up a quantity.
pub(super) fn split_off(units: &mut Vec<Unit>, mut quantity: i64) -> Vec<Unit> {
    let mut taken = Vec::new();
    while quantity > 0 && !units.is_empty() {
        let first = &mut units[0];
        let part = first.quantity.min(quantity);
        quantity -= part;
        taken.push(Unit { quantity: part, ..first.clone() });
        first.quantity -= part;
        if first.quantity == 0 {
            units.remove(0);
        }
    }
    taken
}

fn by_serial(line: &Line, units: &[Unit], counted: &Counted, remark: String) -> Result<Parts, Error> {
    let unit = |serial: &String| {
        let found = units.iter().find(|unit| unit.serial == *serial).cloned();
        found.ok_or_else(|| Error::Invalid(message!("serial-not-here", serial, line = line.line)))
    };
    let good = counted.serials.iter().map(unit).collect::<Result<Vec<_>, _>>()?;
    let hurt = counted.damaged_serials.iter().map(unit).collect::<Result<Vec<_>, _>>()?;
    let named: BTreeSet<&str> = good.iter().chain(&hurt).map(|unit| unit.serial.as_str()).collect();
    let (received, damaged) = (good.len() as i64, hurt.len() as i64);
    if (received, damaged) != (counted.received, counted.damaged) || named.len() != good.len() + hurt.len() {
        return Err(Error::Invalid(message!("count-by-serial", line = line.line)));
    }
    let missing: Vec<Unit> = units.iter().filter(|unit| !named.contains(unit.serial.as_str())).cloned().collect();
    let short = missing.len() as i64;
    Ok(Parts { received, damaged, short, over: 0, good, hurt, missing, extra: Vec::new(), remark })
}

/// Lot by lot: what one misses is missing of that lot, and what is too much of one makes up for no other.
fn by_lot(tracking: Tracking, line: &Line, units: &[Unit], counted: &Counted) -> Result<Parts, Error> {
    let number = line.line;
    if tracking != Tracking::Lot {
        return Err(Error::Invalid(message!("count-has-no-lots", line = number)));
    }
    let mut parts = Parts {
        received: 0,
        damaged: 0,
        short: 0,
        over: 0,
        good: Vec::new(),
        hurt: Vec::new(),
        missing: Vec::new(),
        extra: Vec::new(),
        remark: counted.remark.clone(),
    };
    let mut seen = BTreeSet::new();
    let (mut received, mut damaged) = (0_i64, 0_i64);
    for of in &counted.lots {
        let lot = of.lot.as_str();
        if of.received < 0 || of.damaged < 0 {
            return Err(Error::Invalid(message!("not-negative")));
        }
        if !seen.insert(lot) {
            return Err(Error::Invalid(message!("count-lot-twice", line = number, lot)));
        }
        let mut own: Vec<Unit> = units.iter().filter(|unit| unit.lot == lot).cloned().collect();
        let first = own.first().cloned().ok_or_else(|| Error::Invalid(message!("lot-not-here", lot, line = number)))?;
        (received, damaged) = (received.saturating_add(of.received), damaged.saturating_add(of.damaged));
        let stated: i64 = own.iter().map(|unit| unit.quantity).sum();
        let over = (of.received.saturating_add(of.damaged) - stated).max(0);
        let right = of.received - over.min(of.received);
        let hurt = (stated - right).min(of.damaged);
        parts.good.extend(split_off(&mut own, right));
        parts.hurt.extend(split_off(&mut own, hurt));
        parts.missing.extend(own);
        parts.extra.extend((over > 0).then_some(Unit { quantity: over, sscc: None, ..first }));
        let sum = |one: i64, two: i64| one.checked_add(two).ok_or_else(|| Error::Invalid(message!("ledger-too-much")));
        (parts.received, parts.damaged) = (sum(parts.received, right)?, sum(parts.damaged, hurt)?);
        parts.over = sum(parts.over, over)?;
    }
    if (received, damaged) != (counted.received, counted.damaged) {
        return Err(Error::Invalid(message!("count-by-lot", line = number)));
    }
    parts.missing.extend(units.iter().filter(|unit| !seen.contains(unit.lot.as_str())).cloned());
    parts.short = line.present - parts.received - parts.damaged;
    Ok(parts)
}

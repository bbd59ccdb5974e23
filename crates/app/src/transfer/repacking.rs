//! Handling units: lines, or some of them, are put on a pallet or a box and taken off it; and what lay where is told to partners once it was
//! told before.
//!
//! What lies on a handling unit goes where it goes: a consignment is not parted through one (`redirection`).

use std::collections::{BTreeMap, BTreeSet};

use muster_domain::{code::Code, consignment::ConsignmentState, item::Tracking, ledger::entry::Activity, message};
use muster_storage::transfer::{EntryRef, HandlingUnit, Line, Unit, Write, read as store, repacking::Repacking};

use super::{
    Loaded, Work,
    count::split_off,
    packing::{NewHandlingUnit, number},
};
use crate::{Actor, App, Error};

/// Which units of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// The line.
    pub line: i64,
    /// How many; none: all that lie there.
    pub quantity: Option<i64>,
    /// Of which lot, where units are known so; empty: of the one that there is.
    pub lot: String,
    /// Which serial numbers, where units are known so.
    pub serials: Vec<String>,
}

/// Where units are put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Onto {
    /// On a handling unit of the consignment.
    Unit(String),
    /// On a new one.
    New(NewHandlingUnit),
    /// On none: they are taken off.
    Nothing,
}

impl App {
    /// Puts units of lines on a handling unit, or takes them off; `from` is the one on which they lie, none if they lie on none. Without
    /// lines it is all that lies on `from`. Gives the number of the handling unit on which they are; none if they are on none, or the same
    /// request was done before.
    ///
    /// # Errors
    /// If there is no such consignment, line or handling unit, it is on its way or over, not so much lies there, units are not named that
    /// are told apart, or the database refuses.
    pub async fn consignment_repack(
        &self,
        code: &str,
        (from, onto): (Option<&str>, &Onto),
        loads: &[Load],
        actor: &Actor,
    ) -> Result<Option<String>, Error> {
        let begun = self.begin_with(code, (Activity::Ready, "repacked lines: "), None, actor).await?;
        let Some((loaded, mut work)) = begun else { return Ok(None) };
        work.may_pack(&loaded)?;
        let known = store::handling_units(&mut work.conn, code).await?;
        let from = from.map(|text| known_unit(&known, text)).transpose()?;
        let mut new = None;
        let onto = match onto {
            Onto::Unit(text) => Some(known_unit(&known, text)?),
            // A number that is there already is what it names: what is known of it stays.
            Onto::New(unit) if known_unit(&known, &unit.sscc).is_ok() => Some(known_unit(&known, &unit.sscc)?),
            Onto::New(unit) => {
                let made = work.handling_unit(code, unit).await?;
                Some(new.insert(made).sscc.clone())
            }
            Onto::Nothing => None,
        };
        if from == onto {
            return Err(Error::Invalid(message!("repack-same-place")));
        }
        let loads = if loads.is_empty() { all_on(&loaded, from.as_deref())? } else { loads.to_vec() };
        let (mut touched, mut units) = (BTreeSet::new(), loaded.units.clone());
        for load in &loads {
            let no_line = || Error::Invalid(message!("consignment-no-line", line = load.line, code));
            let line = loaded.lines.iter().find(|line| line.line == load.line).ok_or_else(no_line)?;
            let tracking = work.tracking(&line.resource);
            touched.insert(line.line);
            units = moved(units, (line, tracking), (from.as_deref(), onto.as_deref()), load)?;
        }
        units.retain(|unit| touched.contains(&unit.line));
        let at = |sscc: &Option<String>| sscc.as_deref().unwrap_or("no handling unit").to_owned();
        let about = format!("repacked lines: {}, from {} onto {}", touched.len(), at(&from), at(&onto));
        work.writes.extend(new.map(|unit| Write::HandlingUnits(loaded.head.code.clone(), vec![unit])));
        work.repack(&loaded, about, (&touched, units));
        work.done().await?;
        Ok(onto)
    }

    /// A handling unit is none of a consignment's any more; what lies on it is taken off.
    ///
    /// # Errors
    /// If there is no such consignment or handling unit, it is on its way or over, or the database refuses.
    pub async fn handling_unit_remove(&self, code: &str, sscc: &str, actor: &Actor) -> Result<(), Error> {
        let begun = self.begin_with(code, (Activity::Ready, "handling unit "), None, actor).await?;
        let Some((loaded, mut work)) = begun else { return Ok(()) };
        work.may_pack(&loaded)?;
        let known = store::handling_units(&mut work.conn, code).await?;
        let sscc = known_unit(&known, sscc)?;
        let on = |unit: &&Unit| unit.sscc.as_ref() == Some(&sscc);
        let touched: BTreeSet<i64> = loaded.units.iter().filter(on).map(|unit| unit.line).collect();
        let mut units: Vec<Unit> = loaded.units.iter().filter(|unit| touched.contains(&unit.line)).cloned().collect();
        for unit in units.iter_mut().filter(|unit| unit.sscc.as_ref() == Some(&sscc)) {
            unit.sscc = None;
        }
        work.repack(&loaded, format!("handling unit {sscc} removed"), (&touched, together(units)));
        work.writes.push(Write::HandlingUnitGone(loaded.head.code, sscc));
        work.done().await
    }
}

/// The number of a handling unit that is in a consignment.
fn known_unit(known: &[HandlingUnit], text: &str) -> Result<String, Error> {
    let sscc = number(text)?.to_string();
    match known.iter().any(|unit| unit.sscc == sscc) {
        true => Ok(sscc),
        false => Err(Error::Invalid(message!("sscc-not-here", sscc))),
    }
}

/// All that lies on a handling unit.
fn all_on(loaded: &Loaded, from: Option<&str>) -> Result<Vec<Load>, Error> {
    let some = || Error::Invalid(message!("repack-some"));
    let from = from.ok_or_else(some)?;
    let mut all: Vec<Load> = Vec::new();
    for unit in loaded.units.iter().filter(|unit| unit.sscc.as_deref() == Some(from)) {
        let load = Load { line: unit.line, lot: unit.lot.clone(), ..Load::default() };
        let same = |known: &&mut Load| (known.line, &known.lot) == (load.line, &load.lot);
        let serial = Some(unit.serial.clone()).filter(|serial| !serial.is_empty());
        match all.iter_mut().find(same) {
            Some(known) => known.serials.extend(serial),
            None => all.push(Load { serials: serial.into_iter().collect(), ..load }),
        }
    }
    if all.is_empty() { Err(some()) } else { Ok(all) }
}

/// The units of a consignment once some of a line lie elsewhere.
fn moved(
    units: Vec<Unit>,
    (line, tracking): (&Line, Tracking),
    (from, onto): (Option<&str>, Option<&str>),
    load: &Load,
) -> Result<Vec<Unit>, Error> {
    let (own, mut rest): (Vec<Unit>, Vec<Unit>) = units.into_iter().partition(|unit| unit.line == line.line);
    let known: i64 = own.iter().map(|unit| unit.quantity).sum();
    let (mut there, others): (Vec<Unit>, Vec<Unit>) = own.into_iter().partition(|unit| unit.sscc.as_deref() == from);
    rest.extend(others);
    // Units that nothing tells apart are only kept where they lie on something.
    if tracking == Tracking::Quantity && from.is_none() && line.present > known {
        let loose = line.present - known;
        there.push(Unit { line: line.line, lot: String::new(), serial: String::new(), quantity: loose, sscc: None });
    }
    let of = |there: &[Unit]| there.iter().map(|unit| unit.quantity).sum::<i64>();
    let wrong = |there: i64, asked: i64| Error::Invalid(message!("repack-too-much", line = line.line, there, asked));
    let resource = &line.resource;
    let mut gone = match tracking {
        Tracking::Serial => {
            let names: BTreeSet<&str> = load.serials.iter().map(String::as_str).collect();
            let all = load.serials.is_empty() && load.quantity.is_none_or(|asked| asked == of(&there));
            if !load.lot.is_empty() || (load.serials.is_empty() && !all) {
                return Err(Error::Invalid(message!("unit-by-serial", resource)));
            }
            if let Some(asked) = load.quantity.filter(|asked| !all && *asked != names.len() as i64) {
                return Err(Error::Invalid(message!("serial-for-each", quantity = asked, given = names.len())));
            }
            let (gone, stays): (Vec<Unit>, Vec<Unit>) =
                there.into_iter().partition(|unit| all || names.contains(unit.serial.as_str()));
            let absent = names.iter().find(|name| gone.iter().all(|unit| unit.serial != **name));
            if let Some(serial) = absent {
                return Err(Error::Invalid(message!("repack-serial-elsewhere", serial = *serial, line = line.line)));
            }
            rest.extend(stays);
            gone
        }
        Tracking::Lot | Tracking::Quantity => {
            if !load.serials.is_empty() || (tracking == Tracking::Quantity && !load.lot.is_empty()) {
                return Err(Error::Invalid(match tracking {
                    Tracking::Lot => message!("unit-by-lot", resource),
                    _ => message!("unit-by-quantity", resource),
                }));
            }
            let lots: BTreeSet<&str> = there.iter().map(|unit| unit.lot.as_str()).collect();
            if load.lot.is_empty() && lots.len() > 1 && load.quantity.is_some_and(|asked| asked != of(&there)) {
                return Err(Error::Invalid(message!("unit-by-lot", resource)));
            }
            let (mut of_lot, stays): (Vec<Unit>, Vec<Unit>) =
                there.into_iter().partition(|unit| load.lot.is_empty() || unit.lot == load.lot);
            rest.extend(stays);
            let asked = load.quantity.unwrap_or(of(&of_lot));
            if asked > of(&of_lot) {
                return Err(wrong(of(&of_lot), asked));
            }
            let gone = split_off(&mut of_lot, asked);
            rest.extend(of_lot);
            gone
        }
    };
    if gone.is_empty() {
        return Err(wrong(0, load.quantity.unwrap_or(1).max(1)));
    }
    for unit in &mut gone {
        unit.sscc = onto.map(str::to_owned);
    }
    Ok(together(rest.into_iter().chain(gone).collect()))
}

/// Units that lie together and are not told apart are one; what lies on nothing and has no name is not kept.
fn together(units: Vec<Unit>) -> Vec<Unit> {
    let mut all: Vec<Unit> = Vec::with_capacity(units.len());
    let mut at: BTreeMap<(i64, String, Option<String>), usize> = BTreeMap::new();
    for unit in units {
        if unit.sscc.is_none() && unit.lot.is_empty() && unit.serial.is_empty() {
            continue;
        }
        if !unit.serial.is_empty() {
            all.push(unit);
            continue;
        }
        let key = (unit.line, unit.lot.clone(), unit.sscc.clone());
        match at.get(&key).and_then(|at| all.get_mut(*at)) {
            Some(known) => known.quantity += unit.quantity,
            None => {
                at.insert(key, all.len());
                all.push(unit);
            }
        }
    }
    all
}

/// Units of some that are not among others, by lot and serial number.
fn without(some: &[Unit], others: &[Unit]) -> Vec<Unit> {
    let mut left: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for (units, sign) in [(some, 1), (others, -1)] {
        for unit in units {
            *left.entry((&unit.lot, &unit.serial)).or_default() += sign * unit.quantity;
        }
    }
    let line = some.first().map_or(0, |unit| unit.line);
    let unit = |((lot, serial), quantity): ((&str, &str), i64)| Unit {
        line,
        lot: lot.to_owned(),
        serial: serial.to_owned(),
        quantity,
        sscc: None,
    };
    left.into_iter().filter(|(_, quantity)| *quantity > 0).map(unit).collect()
}

impl Work<'_> {
    /// Writes that the units of some lines lie so from now on.
    fn repack(&mut self, loaded: &Loaded, about: String, (touched, units): (&BTreeSet<i64>, Vec<Unit>)) {
        self.noted(Activity::Ready, &loaded.head.code, about);
        let touched: Vec<i64> = touched.iter().copied().collect();
        self.repacked(loaded, &touched, &units);
        let lines = loaded.lines.iter().filter(|line| touched.contains(&line.line)).cloned().collect();
        self.writes.push(Write::Set(loaded.head.clone()));
        self.write_lines(&loaded.head.code, (lines, touched, units));
    }

    /// Adds what was put on handling units and taken off them, if units of some lines are so now. Until a consignment is made ready nobody
    /// was told what lies where: that milestone tells it. It belongs to the note that was made last.
    pub(crate) fn repacked(&mut self, loaded: &Loaded, touched: &[i64], now: &[Unit]) {
        if loaded.head.state == ConsignmentState::Packing {
            return;
        }
        let (mut gone, mut come) = (Vec::new(), Vec::new());
        for line in loaded.lines.iter().filter(|line| touched.contains(&line.line)) {
            let of = |units: &'_ [Unit]| {
                let mut by_unit: BTreeMap<String, Vec<Unit>> = BTreeMap::new();
                for unit in units.iter().filter(|unit| unit.line == line.line) {
                    if let Some(sscc) = &unit.sscc {
                        by_unit.entry(sscc.clone()).or_default().push(unit.clone());
                    }
                }
                by_unit
            };
            let (before, after) = (of(&loaded.units), of(now));
            let none = Vec::new();
            let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for sscc in names {
                let (was, is) = (before.get(sscc).unwrap_or(&none), after.get(sscc).unwrap_or(&none));
                gone.push((line, sscc.clone(), without(was, is)));
                come.push((line, sscc.clone(), without(is, was)));
            }
        }
        let entry = EntryRef::Command(self.commands.len().saturating_sub(1));
        let both = gone.into_iter().map(|one| (false, one)).chain(come.into_iter().map(|one| (true, one)));
        let some = both.filter(|(_, (_, _, units))| !units.is_empty());
        let all = (1..).zip(some).map(|(number, (joins, (line, sscc, units)))| Repacking {
            consignment: loaded.head.code.clone(),
            version: loaded.head.version,
            number,
            line: line.clone(),
            sscc,
            joins,
            place: loaded.head.place.clone(),
            occurred_at: self.at,
            recorded_at: self.now,
            entry,
            units,
        });
        let all = all.collect();
        self.writes.push(Write::Repacked(all));
    }

    /// The handling units of a consignment that go into a part of it: `gone` are the units of the part, `kept` those that stay, `named`
    /// those that are to go with all that is on them.
    pub(crate) async fn units_that_go(
        &mut self,
        code: &Code,
        (gone, kept): (&[Unit], &[Unit]),
        named: &BTreeSet<String>,
    ) -> Result<Vec<HandlingUnit>, Error> {
        let on = |units: &[Unit]| units.iter().filter_map(|unit| unit.sscc.clone()).collect::<BTreeSet<_>>();
        let (goes, stays) = (on(gone), on(kept));
        if let Some(sscc) = goes.intersection(&stays).next() {
            return Err(Error::Invalid(message!("sscc-torn", sscc)));
        }
        let known = store::handling_units(&mut self.conn, code.as_str()).await?;
        Ok(known.into_iter().filter(|unit| goes.contains(&unit.sscc) || named.contains(&unit.sscc)).collect())
    }
}

/// Numbers of handling units of a consignment, as somebody named them.
pub(crate) async fn named_units(work: &mut Work<'_>, code: &str, given: &[String]) -> Result<BTreeSet<String>, Error> {
    let known = store::handling_units(&mut work.conn, code).await?;
    given.iter().map(|text| known_unit(&known, text)).collect()
}

//! What is in a consignment: which units by lot and serial number, on which pallets and boxes, and in which condition they were found.

use std::collections::{BTreeMap, BTreeSet};

use muster_domain::{
    code::Code,
    consignment::{Condition, ConsignmentState, HandlingUnitKind},
    field::Field,
    gs1::Sscc,
    item::Tracking,
    ledger::entry::Activity,
    message,
    policy::Action,
};
use muster_storage::transfer::{HandlingUnit, Line, Unit, Write, containing, read as store};

use super::{Loaded, Work};
use crate::{Actor, App, Error};

/// Most units of a line that are known one by one.
pub const MOST_UNITS: usize = 10_000;

/// What a line holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packed {
    /// The line.
    pub line: i64,
    /// Its units, instead of those before; none: they stay.
    pub units: Option<Vec<PackedUnit>>,
    /// In which condition they were found; none: as before.
    pub condition: Option<Condition>,
    /// A remark; none: as before.
    pub remark: Option<String>,
}

/// Units of a line that are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedUnit {
    /// The lot, or empty.
    pub lot: String,
    /// The serial number, or empty.
    pub serial: String,
    /// How many.
    pub quantity: i64,
    /// The handling unit that they are on, or empty.
    pub sscc: String,
}

/// A handling unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewHandlingUnit {
    /// Its number, if it has one; empty: the mission gives it one.
    pub sscc: String,
    /// What it is.
    pub kind: HandlingUnitKind,
    /// Its mass with all that is on it, in kilograms.
    pub gross_kg: Option<i64>,
    /// Its seal, or empty.
    pub seal: String,
}

impl App {
    /// Puts handling units into a consignment; gives their numbers.
    ///
    /// # Errors
    /// If there is no such consignment or it is over, a number is wrong or in use, the mission has no prefix to give numbers with, or the
    /// database refuses.
    pub async fn handling_units(
        &self,
        code: &str,
        units: &[NewHandlingUnit],
        actor: &Actor,
    ) -> Result<Vec<String>, Error> {
        let Some((loaded, mut work)) =
            self.begin_with(code, (Activity::Ready, "handling units: "), None, actor).await?
        else {
            return Ok(Vec::new());
        };
        work.may_pack(&loaded)?;
        if units.is_empty() || units.len() > MOST_UNITS {
            return Err(Error::Invalid(message!("some-units", most = MOST_UNITS)));
        }
        let mut made: Vec<HandlingUnit> = Vec::with_capacity(units.len());
        let mut numbers = BTreeSet::new();
        for unit in units {
            let unit = work.handling_unit(code, unit).await?;
            if !numbers.insert(unit.sscc.clone()) {
                return Err(Error::Invalid(message!("sscc-twice", sscc = &unit.sscc)));
            }
            made.push(unit);
        }
        let numbers = made.iter().map(|unit| unit.sscc.clone()).collect();
        work.noted(Activity::Ready, &loaded.head.code, format!("handling units: {}", made.len()));
        work.writes.push(Write::Set(loaded.head.clone()));
        work.writes.push(Write::HandlingUnits(loaded.head.code, made));
        work.done().await?;
        Ok(numbers)
    }

    /// Says what lines of a consignment hold.
    ///
    /// # Errors
    /// If there is no such consignment or line, it has left, a serial number stands twice, more is packed than the line has, or the
    /// database refuses.
    pub async fn consignment_pack(&self, code: &str, packed: &[Packed], actor: &Actor) -> Result<(), Error> {
        let begun = self.begin_with(code, (Activity::Ready, "packed lines: "), None, actor).await?;
        let Some((loaded, mut work)) = begun else { return Ok(()) };
        work.may_pack(&loaded)?;
        let lines = work.packed_lines(&loaded, packed).await?;
        work.noted(Activity::Ready, &loaded.head.code, format!("packed lines: {}", lines.0.len()));
        work.repacked(&loaded, &lines.1, &lines.2);
        work.writes.push(Write::Set(loaded.head.clone()));
        work.write_lines(&loaded.head.code, lines);
        work.done().await
    }
}

/// Lines as they now are, the lines whose units are replaced, and those units.
pub(crate) type Repacked = (Vec<Line>, Vec<i64>, Vec<Unit>);

impl Work<'_> {
    /// A handling unit for a consignment, with its number or a new one.
    pub(crate) async fn handling_unit(&mut self, code: &str, unit: &NewHandlingUnit) -> Result<HandlingUnit, Error> {
        let sscc = if unit.sscc.is_empty() { self.next_sscc()? } else { number(&unit.sscc)? };
        let other = self.holder_of(&sscc).await?.filter(|other| other.as_str() != code);
        if let Some(other) = other {
            // Whose it is, is told to who sees that.
            let seen = store::consignment_of(&mut self.conn, &self.actor.viewer, other.as_str()).await?.is_some();
            let sscc = sscc.as_str();
            return Err(Error::Invalid(match seen {
                true => message!("sscc-elsewhere", sscc, consignment = &other),
                false => message!("sscc-in-use", sscc),
            }));
        }
        if unit.gross_kg.is_some_and(|mass| mass < 0) {
            return Err(Error::Invalid(message!("not-negative")));
        }
        Ok(HandlingUnit { sscc: sscc.to_string(), kind: unit.kind, gross_kg: unit.gross_kg, seal: unit.seal.clone() })
    }

    pub(super) fn may_pack(&self, loaded: &Loaded) -> Result<(), Error> {
        self.may(Action::Move, &[&loaded.head.consignor, &loaded.head.consignee])?;
        let fits = matches!(
            loaded.head.state,
            ConsignmentState::Packing | ConsignmentState::Readied | ConsignmentState::AtNode
        );
        let state = || loaded.head.state.as_str();
        if fits { Ok(()) } else { Err(Error::Invalid(message!("consignment-not-to-pack", state = state()))) }
    }

    /// What lines hold, checked against what they are for.
    pub(crate) async fn packed_lines(&mut self, loaded: &Loaded, packed: &[Packed]) -> Result<Repacked, Error> {
        let known = store::handling_units(&mut self.conn, loaded.head.code.as_str()).await?;
        let mut lines: BTreeMap<i64, Line> = BTreeMap::new();
        let (mut replaced, mut units) = (BTreeSet::new(), Vec::new());
        for given in packed {
            let (code, line) = (&loaded.head.code, given.line);
            let found = loaded.lines.iter().find(|l| l.line == line);
            let mut changed =
                found.cloned().ok_or_else(|| Error::Invalid(message!("consignment-no-line", line, code)))?;
            changed.condition = given.condition.or(changed.condition);
            if let Some(remark) = &given.remark {
                changed.remark.clone_from(remark);
            }
            if let Some(given) = &given.units {
                if !replaced.insert(line) {
                    return Err(Error::Invalid(message!("consignment-line-twice", line)));
                }
                let named = units_of(self, &changed, &known, given)?;
                // What has left is known: it is packed otherwise, and is no other units and no fewer.
                if loaded.head.passed > 0 && self.tracking(&changed.resource) != Tracking::Quantity {
                    same_units(line, &loaded.units_of(line), &named)?;
                }
                units.extend(named);
            }
            lines.insert(line, changed);
        }
        let mut serials = BTreeSet::new();
        for unit in units.iter().filter(|unit| !unit.serial.is_empty()) {
            let resource = lines.get(&unit.line).map(|line| line.resource.clone());
            let others =
                loaded.units.iter().filter(|other| !replaced.contains(&other.line) && other.serial == unit.serial);
            let elsewhere = others.into_iter().any(|other| {
                loaded.lines.iter().any(|line| line.line == other.line && Some(&line.resource) == resource.as_ref())
            });
            if elsewhere || !serials.insert((resource, unit.serial.clone())) {
                return Err(Error::Invalid(message!("serial-twice", serial = unit.serial.as_str())));
            }
        }
        Ok((lines.into_values().collect(), replaced.into_iter().collect(), units))
    }

    pub(crate) fn write_lines(&mut self, code: &Code, (lines, replaced, units): Repacked) {
        self.writes.push(Write::Lines(code.clone(), lines));
        self.writes.push(Write::Units(code.clone(), replaced, units));
    }

    /// A number for a handling unit of the mission that tells nothing of how many others there are.
    fn next_sscc(&self) -> Result<Sscc, Error> {
        let none = || Error::Invalid(message!("no-gs1-prefix"));
        let prefix =
            self.picture.mission().map(|m| m.gs1_prefix.as_str()).filter(|p| !p.is_empty()).ok_or_else(none)?;
        let most = 10_u64.pow(16_u32.saturating_sub(u32::try_from(prefix.len()).unwrap_or(16)));
        let mut bytes = [0; 8];
        self.app.chance.fill(&mut bytes);
        Sscc::next(0, prefix, u64::from_be_bytes(bytes) % most.max(1)).map_err(Error::must_be)
    }

    /// The consignment that a handling unit is in.
    async fn holder_of(&mut self, sscc: &Sscc) -> Result<Option<Code>, Error> {
        Ok(containing::lies_in(&mut self.conn, sscc).await?)
    }
}

/// That a line's units, however they are packed, are the same.
fn same_units(line: i64, before: &[Unit], after: &[Unit]) -> Result<(), Error> {
    let counted = |units: &[Unit]| {
        let mut counted: BTreeMap<(String, String), i64> = BTreeMap::new();
        for unit in units {
            *counted.entry((unit.lot.clone(), unit.serial.clone())).or_default() += unit.quantity;
        }
        counted
    };
    if counted(before) == counted(after) { Ok(()) } else { Err(Error::Invalid(message!("packed-otherwise", line))) }
}

pub(super) fn number(text: &str) -> Result<Sscc, Error> {
    Sscc::parse(text).map_err(Error::must_be)
}

fn units_of(work: &Work<'_>, line: &Line, known: &[HandlingUnit], given: &[PackedUnit]) -> Result<Vec<Unit>, Error> {
    if given.len() > MOST_UNITS {
        return Err(Error::Invalid(message!("some-units", most = MOST_UNITS)));
    }
    let tracking = work.tracking(&line.resource);
    let mut units = Vec::with_capacity(given.len());
    for unit in given {
        let sscc = if unit.sscc.is_empty() { None } else { Some(number(&unit.sscc)?.to_string()) };
        if let Some(sscc) = sscc.as_ref().filter(|sscc| known.iter().all(|k| k.sscc != **sscc)) {
            return Err(Error::Invalid(message!("sscc-not-here", sscc)));
        }
        let told = match tracking {
            Tracking::Serial => !unit.serial.is_empty() && unit.quantity == 1,
            Tracking::Lot => !unit.lot.is_empty() && unit.serial.is_empty() && unit.quantity > 0,
            Tracking::Quantity => unit.lot.is_empty() && unit.serial.is_empty() && unit.quantity > 0,
        };
        if !told {
            return Err(Error::Invalid(match tracking {
                Tracking::Serial => message!("unit-by-serial", resource = &line.resource),
                Tracking::Lot => message!("unit-by-lot", resource = &line.resource),
                Tracking::Quantity => message!("unit-by-quantity", resource = &line.resource),
            }));
        }
        let (lot, serial) = (unit.lot.clone(), unit.serial.clone());
        units.push(Unit { line: line.line, lot, serial, quantity: unit.quantity, sscc });
    }
    let (packed, quantity) = (units.iter().map(|unit| unit.quantity).sum::<i64>(), line.present);
    if packed > quantity {
        return Err(Error::Invalid(message!("packed-too-much", line = line.line, quantity, packed)));
    }
    Ok(units)
}

//! What was put on handling units and taken off them after it was told what lay where.

use jiff::Timestamp;
use muster_domain::code::Code;

use super::{EntryRef, Line, Unit};
use crate::{
    Error,
    db::{Batch, Value},
};

/// Units of a line that were put on a handling unit or taken off it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repacking {
    /// The consignment.
    pub consignment: Code,
    /// Its version before.
    pub version: i64,
    /// Which of what happened at once it is.
    pub number: i64,
    /// The line, of which number, offer, need and resource are kept.
    pub line: Line,
    /// The handling unit.
    pub sscc: String,
    /// Whether they were put on.
    pub joins: bool,
    /// Where.
    pub place: Code,
    /// When.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The entry that notes it.
    pub entry: EntryRef,
    /// The units: by lot or serial number where they are known so.
    pub units: Vec<Unit>,
}

impl Repacking {
    fn key(&self) -> [Value; 3] {
        [Value::from(&self.consignment), self.version.into(), self.number.into()]
    }
}

/// Rows of what was repacked; `entry` gives the number of the entry that notes it.
pub(super) fn rows(all: &[Repacking], entry: impl Fn(EntryRef) -> Result<i64, Error>) -> Result<(Batch, Batch), Error> {
    let (mut heads, mut units) = (Vec::new(), Vec::new());
    for one in all {
        let rest = [
            one.line.line.into(),
            Value::from(&one.line.offer),
            Value::from(&one.line.need),
            Value::from(&one.line.resource),
            one.sscc.as_str().into(),
            i64::from(one.joins).into(),
            Value::from(&one.place),
            one.occurred_at.as_microsecond().into(),
            one.recorded_at.as_microsecond().into(),
            entry(one.entry)?.into(),
        ];
        heads.push(one.key().into_iter().chain(rest).collect());
        for (number, unit) in (0_i64..).zip(&one.units) {
            let rest = [number.into(), unit.lot.as_str().into(), unit.serial.as_str().into(), unit.quantity.into()];
            units.push(one.key().into_iter().chain(rest).collect());
        }
    }
    let into = "INSERT INTO repacking (consignment, version, number, line, offer, need, resource, sscc, joins, place, occurred_at, recorded_at, entry)";
    let with = "INSERT INTO repacking_unit (consignment, version, number, unit, lot, serial, quantity)";
    Ok((Batch::insert(into, heads), Batch::insert(with, units)))
}

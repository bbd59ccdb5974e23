//! Which units of a consignment's lines go into a part of it.

use std::collections::BTreeSet;

use muster_domain::{item::Tracking, message};
use muster_storage::transfer::{Line, Unit};

use super::count::split_off;
use crate::Error;

/// What goes of a line, besides what lies on handling units that are named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinePart {
    /// The line.
    pub line: i64,
    /// How many units; none: as many as are named.
    pub quantity: Option<i64>,
    /// Which serial numbers, where units are known so; none: whichever come first.
    pub serials: Vec<String>,
}

impl LinePart {
    /// So many units of a line.
    pub fn of(line: i64, quantity: i64) -> Self {
        Self { line, quantity: Some(quantity), serials: Vec::new() }
    }
}

/// How many units of a line go besides those on `whole` handling units, and which of them are named.
///
/// # Errors
/// If neither number nor names are given, they do not agree, or a name is given twice, is none of the line's, or goes anyway.
pub(super) fn asked<'a>(
    parts: &'a [LinePart],
    (line, tracking): (&Line, Tracking),
    units: &[Unit],
    whole: &BTreeSet<String>,
) -> Result<(i64, BTreeSet<&'a str>), Error> {
    let (mut besides, mut named) = (0_i64, BTreeSet::new());
    let number = line.line;
    for part in parts.iter().filter(|part| part.line == number) {
        let given = part.serials.len() as i64;
        if given > 0 && tracking != Tracking::Serial {
            return Err(Error::Invalid(message!("split-no-serials", line = number, resource = &line.resource)));
        }
        for serial in &part.serials {
            let found = units.iter().find(|unit| unit.serial == *serial);
            let found =
                found.ok_or_else(|| Error::Invalid(message!("split-serial-not-here", serial, line = number)))?;
            if let Some(sscc) = found.sscc.as_ref().filter(|sscc| whole.contains(*sscc)) {
                return Err(Error::Invalid(message!("split-serial-goes", serial, sscc)));
            }
            if !named.insert(serial.as_str()) {
                return Err(Error::Invalid(message!("serial-twice", serial)));
            }
        }
        let quantity = match part.quantity {
            None if given == 0 => return Err(Error::Invalid(message!("split-how-many", line = number))),
            None => given,
            Some(quantity) if given > 0 && quantity != given => {
                return Err(Error::Invalid(message!("serial-for-each", quantity, given)));
            }
            Some(quantity) => quantity,
        };
        besides = besides.saturating_add(quantity);
    }
    Ok((besides, named))
}

/// The units of a line that go: all that lie on `whole`, those that are named, and so many besides that `asked` go – those that lie on nothing
/// first, then whole handling units in their order. `units` are those that stay.
pub(super) fn parted(
    line: &Line,
    units: &mut Vec<Unit>,
    (asked, named): (i64, &BTreeSet<&str>),
    whole: &BTreeSet<String>,
) -> Vec<Unit> {
    let unnamed = line.present - units.iter().map(|unit| unit.quantity).sum::<i64>();
    let goes = |unit: &Unit| {
        named.contains(unit.serial.as_str()) || unit.sscc.as_ref().is_some_and(|sscc| whole.contains(sscc))
    };
    let asked = asked - named.len() as i64;
    let (mut gone, rest): (Vec<Unit>, Vec<Unit>) = units.drain(..).partition(goes);
    let (mut loose, mut packed): (Vec<Unit>, Vec<Unit>) = rest.into_iter().partition(|unit| unit.sscc.is_none());
    packed.sort_by(|one, two| one.sscc.cmp(&two.sscc));
    let took = split_off(&mut loose, asked);
    let left = asked - took.iter().map(|unit| unit.quantity).sum::<i64>();
    gone.extend(took);
    gone.extend(split_off(&mut packed, (left - unnamed.max(0)).max(0)));
    units.extend(loose.into_iter().chain(packed));
    gone
}

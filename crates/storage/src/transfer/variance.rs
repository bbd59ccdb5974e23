//! What was wrong with what came, and how it is kept.

use std::collections::BTreeMap;

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    ledger::account::AccountKey,
    variance::{Resolution, VarianceKind},
};

use super::{
    EntryRef, Unit,
    read::{by_code, variance_units},
};
use crate::{
    Error,
    db::{Batch, Conn, Row, Value},
};

// It became known when the journal took the entry that says so.
pub(super) const IDENTIFIED: &str =
    "UPDATE variance SET resource = v.column2, account = v.column3, quantity = v.column4,
        identified_at = (SELECT e.recorded_at FROM entry e WHERE e.number = v.column5)
    FROM ({rows}) v WHERE variance.code = v.column1 AND variance.account IS NULL AND variance.resolution IS NULL";
pub(super) const BOOKED_APART: &str = "UPDATE variance SET account = v.column3 FROM ({rows}) v
    WHERE variance.code = v.column1 AND variance.account = v.column2 AND variance.quantity = v.column4 AND variance.resolution IS NULL";
pub(super) const RECOUNTED: &str = "UPDATE variance SET quantity = v.column3 FROM ({rows}) v
    WHERE variance.code = v.column1 AND variance.quantity = v.column2 AND variance.resolution IS NULL";
pub(super) const RESOLVED: &str =
    "UPDATE variance SET resolution = v.column2, resolved_at = v.column3, resolved_by = v.column4, reason = v.column5,
    resolved_entry = v.column6 FROM ({rows}) v
    WHERE variance.code = v.column1 AND variance.resolution IS NULL AND COALESCE(variance.account, '') = v.column7
      AND variance.quantity = v.column8";
pub(super) const PARTED: &str = "UPDATE variance SET quantity = variance.quantity - v.column2 FROM ({rows}) v
    WHERE variance.code = v.column1 AND variance.resolution IS NULL AND variance.quantity = v.column3
      AND COALESCE(variance.account, '') = v.column4";
pub(super) const UNNAMED: &str =
    "DELETE FROM variance_unit WHERE EXISTS (SELECT 1 FROM ({rows}) v WHERE variance_unit.variance = v.column1)";

/// Something wrong with what came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variance {
    /// Its code.
    pub code: Code,
    /// What is wrong.
    pub kind: VarianceKind,
    /// In which consignment; none for goods that belong to none.
    pub consignment: Option<Code>,
    /// On which of its lines; 0 for none.
    pub line: i64,
    /// Where it was found.
    pub place: Code,
    /// The party that holds what is kept apart, or should have received what is missing.
    pub holder: Code,
    /// What, once it is known.
    pub resource: Option<Code>,
    /// What was seen, in words.
    pub description: String,
    /// How many units.
    pub quantity: i64,
    /// The account where they are: in quarantine or in transit.
    pub account: Option<AccountKey>,
    /// Of which offer.
    pub offer: Option<Code>,
    /// For which need.
    pub need: Option<Code>,
    /// When it was found.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// By whom.
    pub actor: String,
    /// A remark.
    pub remark: String,
    /// Until when it must be resolved.
    pub due_at: Timestamp,
    /// The entry by which it came about.
    pub entry: EntryRef,
    /// How it ended, when, by whom and why.
    pub resolved: Option<(Resolution, Timestamp, String, String)>,
    /// The variance of which it was a part, until it was resolved by itself.
    pub part_of: Option<Code>,
}

impl Variance {
    /// The variance as which it was found: itself, or the one of which it was a part.
    pub fn whole(&self) -> &Code {
        self.part_of.as_ref().unwrap_or(&self.code)
    }
}

/// A variance that was found as one, or a part of it that was resolved by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartOf {
    /// Its code.
    pub code: Code,
    /// How many units.
    pub quantity: i64,
    /// Those known by lot or serial number.
    pub units: Vec<Unit>,
    /// How it ended, and when.
    pub resolved: Option<(Resolution, Timestamp)>,
}

/// Parts of variances that were resolved by themselves, of each in the order in which they were.
///
/// # Errors
/// If the engine fails.
pub async fn parts(conn: &mut Conn, variances: &[&Code]) -> Result<BTreeMap<String, Vec<PartOf>>, Error> {
    let sql = "SELECT part_of, code, quantity, resolution, resolved_at FROM variance WHERE part_of IN {}
        ORDER BY part_of, resolved_at, code";
    let mut found = by_code(conn, sql, variances, part).await?;
    let codes: Vec<Code> = found.values().flatten().map(|part| part.code.clone()).collect();
    let mut units = variance_units(conn, &codes.iter().collect::<Vec<_>>()).await?;
    for part in found.values_mut().flatten() {
        part.units = units.remove(part.code.as_str()).unwrap_or_default();
    }
    Ok(found)
}

/// Variances as they were found, in all their parts, of which at least one was resolved by itself: each by its code, the rest first.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn in_parts(conn: &mut Conn, variances: &[&Code]) -> Result<BTreeMap<String, Vec<PartOf>>, Error> {
    let mut found = parts(conn, variances).await?;
    let codes: Vec<&Code> = variances.iter().copied().filter(|code| found.contains_key(code.as_str())).collect();
    let sql = "SELECT code, code, quantity, resolution, resolved_at FROM variance WHERE code IN {}";
    let rests = by_code(conn, sql, &codes, part).await?;
    let mut units = variance_units(conn, &codes).await?;
    for (code, rest) in rests {
        let units = units.remove(&code).unwrap_or_default();
        let rest = rest.into_iter().map(|rest| PartOf { units: units.clone(), ..rest });
        let all = rest.chain(found.remove(&code).unwrap_or_default()).collect();
        found.insert(code, all);
    }
    Ok(found)
}

/// A part from a row's columns after the first.
fn part(row: &Row) -> Result<PartOf, Error> {
    let resolved = match row.maybe_text(3)? {
        Some(_) => Some((row.word(3)?, row.timestamp(4)?)),
        None => None,
    };
    Ok(PartOf { code: row.word(1)?, quantity: row.integer(2)?, units: Vec::new(), resolved })
}

/// That units of a variance as it was known are one of their own from now on.
pub(super) fn parted_row(known: &Variance, units: i64) -> Vec<Value> {
    vec![
        Value::from(&known.code),
        units.into(),
        known.quantity.into(),
        known.account.as_ref().map_or_else(String::new, ToString::to_string).into(),
    ]
}

/// A blind count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// Who counted.
    pub actor: String,
    /// Which of their counts it is, from 1: the last is what they say.
    pub number: i64,
    /// What they found.
    pub quantity: i64,
    /// When.
    pub counted_at: Timestamp,
    /// A remark.
    pub remark: String,
}

pub(super) fn row(new: &Variance, entry: i64) -> Batch {
    let row = vec![
        Value::from(&new.code),
        new.kind.as_str().into(),
        Value::from(&new.consignment),
        new.line.into(),
        Value::from(&new.place),
        Value::from(&new.holder),
        Value::from(&new.resource),
        new.description.as_str().into(),
        new.quantity.into(),
        new.account.as_ref().map(ToString::to_string).into(),
        Value::from(&new.offer),
        Value::from(&new.need),
        new.occurred_at.as_microsecond().into(),
        new.recorded_at.as_microsecond().into(),
        new.actor.as_str().into(),
        new.remark.as_str().into(),
        new.due_at.as_microsecond().into(),
        entry.into(),
        Value::from(&new.part_of),
    ];
    let into = "INSERT INTO variance (code, kind, consignment, line, place, holder, resource, description, quantity, account, offer, need, occurred_at, recorded_at, actor, remark, due_at, entry, part_of)";
    Batch::insert(into, vec![row])
}

pub(super) fn unit_rows(variance: &Code, units: &[Unit]) -> Batch {
    let unit = |(number, unit): (i64, &Unit)| {
        vec![
            Value::from(variance),
            number.into(),
            unit.lot.as_str().into(),
            unit.serial.as_str().into(),
            unit.quantity.into(),
        ]
    };
    let into = "INSERT INTO variance_unit (variance, number, lot, serial, quantity)";
    Batch::insert(into, (0..).zip(units).map(unit).collect())
}

pub(super) fn count_row(variance: &Code, count: &Count) -> Batch {
    let row = vec![
        variance.into(),
        count.actor.as_str().into(),
        count.number.into(),
        count.quantity.into(),
        count.counted_at.as_microsecond().into(),
        count.remark.as_str().into(),
    ];
    let into = "INSERT INTO blind_count (variance, actor, number, quantity, counted_at, remark)";
    Batch::insert(into, vec![row])
}

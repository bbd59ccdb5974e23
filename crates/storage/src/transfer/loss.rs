//! Loss reports of what is in service or in stock as they are kept, with what consignments missed and was decided to be lost; and units that a check did not find and of which nobody reported anything since.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    ledger::{
        account::AccountKey,
        entry::{Activity, EntryKind, EntryNumber},
    },
    loss::LossKind,
    variance::Escalation,
    viewer::Viewer,
};

use super::{
    EntryRef, Inspection, Variance,
    inspection::{self, InService},
    of_unit,
    read::{VARIANCE, account, by_code, time, variance, variance_units},
    same_item,
};
use crate::{
    Error,
    db::{Batch, Conn, Row, Value},
    ledger::read::{AsOf, LONGEST_PAGE, number_at},
    sight, statements,
    wanted::Where,
};

/// Columns of a report, in the order in which [`report`] reads them.
const REPORT: &str = "l.code, l.how, l.lot, l.serial, l.quantity, l.account, l.place, l.offer, l.occurred_at, l.known_at, l.due_at, l.recorded_at,
    l.actor, l.circumstances, l.evidence, l.entry, l.found_at, l.found_recorded_at, l.found_by, l.found_reason, l.found_entry";

statements! {
    // What was written with a note, and after it: as long as the keys are those of one request.
    WITH_NOTE = "SELECT n.idempotency_key, e.number, e.idempotency_key, e.kind, e.activity FROM entry n JOIN entry e ON e.number > n.number
        WHERE n.number = $1 ORDER BY e.number LIMIT 1000";
    // Of one account, all offers of which something came into it.
    GIVEN_INTO = "SELECT DISTINCT e.offer FROM account a JOIN posting p ON p.to_account = a.id JOIN entry e ON e.number = p.entry
        WHERE a.name = $1 AND p.kind = 'posted' AND (CAST($2 AS TEXT) IS NULL OR p.lot = $2 AND p.serial = '') AND e.offer IS NOT NULL
        ORDER BY e.offer LIMIT 100";
    ESCALATED = "SELECT inspection, level, recorded_at FROM not_found_escalation WHERE entry > $1 AND entry <= $2 ORDER BY entry";
    // A later check that found it, or a report of its loss, whether or not it was found again, ends it. What was taken back is no check.
    NOT_FOUND = "SELECT i.code, i.resource, i.serial, i.occurred_at, t.item FROM inspection i JOIN resources t ON t.code = i.resource
        WHERE i.grade = 'not_found' AND i.occurred_at <= $1 AND i.entry <= $2
          AND NOT EXISTS (SELECT 1 FROM inspection_taken_back b WHERE b.inspection = i.code AND b.entry <= $2)
          AND NOT EXISTS (SELECT 1 FROM inspection j JOIN resources s ON s.code = j.resource WHERE j.serial = i.serial AND s.item = t.item
            AND j.grade <> 'not_found' AND j.occurred_at <= $1 AND j.entry <= $2
            AND NOT EXISTS (SELECT 1 FROM inspection_taken_back b WHERE b.inspection = j.code AND b.entry <= $2)
            AND (j.occurred_at > i.occurred_at OR j.occurred_at = i.occurred_at AND j.entry > i.entry))
          AND NOT EXISTS (SELECT 1 FROM loss_report l JOIN resources s ON s.code = l.resource WHERE l.serial = i.serial AND l.serial <> ''
            AND s.item = t.item AND l.occurred_at <= $1 AND l.entry <= $2 AND l.entry > i.entry)
        ORDER BY i.occurred_at, i.code";
}

pub(super) const FOUND: &str = "UPDATE loss_report SET found_at = v.column2, found_recorded_at = v.column3, found_by = v.column4,
    found_reason = v.column5, found_entry = v.column6 FROM ({rows}) v WHERE loss_report.code = v.column1 AND loss_report.found_at IS NULL";

pub(super) const TURNED_UP: &str =
    "UPDATE variance SET found_at = v.column2, found_recorded_at = v.column3, found_by = v.column4,
    found_reason = v.column5, found_entry = v.column6 FROM ({rows}) v
    WHERE variance.code = v.column1 AND variance.resolution = 'lost' AND variance.found_at IS NULL";

/// A report that something in service or in stock was lost, or that what a consignment missed is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LossReport {
    /// Its code.
    pub code: Code,
    /// How it was lost.
    pub how: LossKind,
    /// The lot, or empty.
    pub lot: String,
    /// The serial number, or empty.
    pub serial: String,
    /// How many units.
    pub quantity: i64,
    /// The account in which it was in service or in stock, or was missed: what it is, who had it and whose it was.
    pub account: AccountKey,
    /// The consignment that missed it; then the code is that of its variance.
    pub consignment: Option<Code>,
    /// Where it was lost.
    pub place: Option<Code>,
    /// Of which offer, if that is known.
    pub offer: Option<Code>,
    /// When it was lost.
    pub occurred_at: Timestamp,
    /// When that became known to who had it.
    pub known_at: Timestamp,
    /// Until when it was to be reported: counted from when it became known, or from a check before that did not find it.
    pub due_at: Timestamp,
    /// When it was reported.
    pub recorded_at: Timestamp,
    /// By whom.
    pub actor: String,
    /// What happened, in words.
    pub circumstances: String,
    /// Hash of a photograph or paper; empty if there is none.
    pub evidence: String,
    /// The entry by which it left service, or that notes it.
    pub entry: EntryRef,
    /// That it was found again.
    pub found: Option<FoundAgain>,
}

impl LossReport {
    /// Its place in the list of all: when it was recorded, in microseconds, and its code.
    pub fn place(&self) -> (i64, String) {
        (self.recorded_at.as_microsecond(), self.code.to_string())
    }

    /// By how many days the report came late; 0 if it came in time.
    pub fn days_late(&self) -> i64 {
        muster_domain::loss::days_late(self.due_at, self.recorded_at)
    }
}

/// That what was reported lost was found again, or never lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundAgain {
    /// When.
    pub at: Timestamp,
    /// When that was recorded.
    pub recorded_at: Timestamp,
    /// By whom.
    pub actor: String,
    /// How, or why the report was wrong.
    pub reason: String,
    /// The entry by which it is in service or in stock again.
    pub entry: EntryRef,
}

/// Which loss reports are asked for; what is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LossFilter {
    /// One of them.
    pub code: Option<String>,
    /// Those of a unit, in whatever state: resource and serial number.
    pub unit: Option<(String, String)>,
    /// Of what this party had.
    pub holder: Option<String>,
    /// How it was lost.
    pub how: Option<LossKind>,
    /// Only those that came late.
    pub late: bool,
    /// Only those of what was not found again.
    pub open: bool,
    /// As of a date, as known on a date.
    pub as_of: Option<AsOf>,
    /// Only those by an entry after one and up to another.
    pub reported: Option<(EntryNumber, EntryNumber)>,
    /// Only those after one: when it was reported, in microseconds, and its code.
    pub after: Option<(i64, String)>,
}

/// Loss reports that the viewer sees, and what consignments missed and was decided to be lost, the last reported first.
///
/// # Errors
/// If the engine fails.
pub async fn list(conn: &mut Conn, viewer: &Viewer, filter: &LossFilter, limit: i64) -> Result<Vec<LossReport>, Error> {
    let mut found = reported(conn, viewer, filter, limit).await?;
    found.extend(missed(conn, viewer, filter, limit).await?);
    found.sort_by(|a, b| (b.recorded_at, &b.code).cmp(&(a.recorded_at, &a.code)));
    found.truncate(usize::try_from(limit.clamp(1, LONGEST_PAGE + 1)).unwrap_or(0));
    Ok(found)
}

/// What consignments missed and was decided to be lost, as reports of it.
async fn missed(conn: &mut Conn, viewer: &Viewer, filter: &LossFilter, limit: i64) -> Result<Vec<LossReport>, Error> {
    if filter.how.is_some_and(|how| how != LossKind::Lost) {
        return Ok(Vec::new());
    }
    let mut all = Where::after(vec![limit.clamp(1, LONGEST_PAGE + 1).into()]);
    all.plain("v.resolution = 'lost'");
    all.and(|n| {
        let sight = sight::variances(viewer, n);
        (sight.sql, sight.values)
    });
    all.is("v.code", filter.code.clone());
    all.is("v.holder", filter.holder.clone());
    if let Some((resource, serial)) = &filter.unit {
        all.and(|n| (same_item("v.resource", n), vec![resource.as_str().into()]));
        let named = |n| format!("SELECT 1 FROM variance_unit u WHERE u.variance = v.code AND u.serial = ${n}");
        all.and(|n| (format!("EXISTS ({})", named(n)), vec![serial.as_str().into()]));
    }
    if filter.late {
        all.plain("v.resolved_at > v.due_at");
    }
    let as_of = moments(conn, filter).await?;
    if let Some((occurred, last)) = as_of {
        all.is("v.occurred_at <=", Some(occurred));
        all.is("v.resolved_entry <=", Some(last));
    }
    if filter.open {
        still_lost(&mut all, "v", as_of);
    }
    if let Some((after, last)) = filter.reported {
        all.is("v.resolved_entry >", Some(after));
        all.is("v.resolved_entry <=", Some(last));
    }
    all.before("v.resolved_at", "v.code", filter.after.as_ref());
    let sql = format!(
        "SELECT {VARIANCE}, v.resolved_entry, v.found_at, v.found_recorded_at, v.found_by, v.found_reason, v.found_entry
        FROM variance v WHERE {} ORDER BY v.resolved_at DESC, v.code DESC LIMIT $1",
        all.text()
    );
    let rows = conn.rows(&sql, all.values).await?;
    let beside = VARIANCE.split(',').count();
    let one = |row: &Row| Ok((variance(row)?, row.integer(beside)?, known_then(found_again(row, beside + 1)?, as_of)));
    let found = rows.iter().map(one).collect::<Result<Vec<_>, Error>>()?;
    let mut units = variance_units(conn, &found.iter().map(|(one, ..)| &one.code).collect::<Vec<_>>()).await?;
    let lost = |(one, entry, found): (Variance, i64, Option<FoundAgain>)| {
        let units = units.remove(one.code.as_str()).unwrap_or_default();
        let unit = units.into_iter().next().filter(|unit| unit.quantity == one.quantity);
        let (lot, serial) = unit.map(|unit| (unit.lot, unit.serial)).unwrap_or_default();
        let (_, recorded_at, actor, circumstances) = one.resolved?;
        Some(LossReport {
            code: one.code,
            how: LossKind::Lost,
            lot,
            serial,
            quantity: one.quantity,
            account: one.account?,
            consignment: one.consignment,
            place: Some(one.place),
            offer: one.offer,
            occurred_at: one.occurred_at,
            known_at: one.occurred_at,
            due_at: one.due_at,
            recorded_at,
            actor,
            circumstances,
            evidence: String::new(),
            entry: EntryRef::Known(entry),
            found,
        })
    };
    Ok(found.into_iter().filter_map(lost).collect())
}

/// As of which moment it is asked, in microseconds, and up to which entry it was known then.
async fn moments(conn: &mut Conn, filter: &LossFilter) -> Result<Option<(i64, EntryNumber)>, Error> {
    match filter.as_of {
        Some(at) => Ok(Some((at.occurred.as_microsecond(), number_at(conn, at.known).await?))),
        None => Ok(None),
    }
}

/// Only those of a table's rows of what had not been found again by then.
fn still_lost(all: &mut Where, table: &str, as_of: Option<(i64, EntryNumber)>) {
    let (occurred, last) = as_of.unwrap_or((i64::MAX, i64::MAX));
    all.and(|n| {
        let later = format!("{table}.found_at > ${n} OR {table}.found_entry > ${}", n + 1);
        (format!("({table}.found_at IS NULL OR {later})"), vec![occurred.into(), last.into()])
    });
}

/// That it was found again, if that was so by then and known.
fn known_then(found: Option<FoundAgain>, as_of: Option<(i64, EntryNumber)>) -> Option<FoundAgain> {
    let (occurred, last) = as_of.unwrap_or((i64::MAX, i64::MAX));
    let later = |again: &FoundAgain| {
        again.at.as_microsecond() > occurred || matches!(again.entry, EntryRef::Known(entry) if entry > last)
    };
    found.filter(|again| !later(again))
}

/// The entries by which what a consignment missed was lost, by the one that notes how its variance ended.
///
/// # Errors
/// If the engine fails.
pub async fn lost_by(conn: &mut Conn, noted: EntryNumber) -> Result<Vec<EntryNumber>, Error> {
    let mut lost = Vec::new();
    for (n, row) in (1..).zip(conn.rows(WITH_NOTE, vec![noted.into()]).await?) {
        // Each of a request's entries has its name, and its place in it.
        let first = row.text(0)?;
        if row.text(2)? != format!("{}{n}", first.strip_suffix('0').unwrap_or(&first)) {
            break;
        }
        if row.text(3)? == EntryKind::Posted.as_str() && row.text(4)? == Activity::Lose.as_str() {
            lost.push(row.integer(1)?);
        }
    }
    Ok(lost)
}

/// What was reported.
async fn reported(conn: &mut Conn, viewer: &Viewer, filter: &LossFilter, limit: i64) -> Result<Vec<LossReport>, Error> {
    let mut all = Where::after(vec![limit.clamp(1, LONGEST_PAGE + 1).into()]);
    all.and(|n| {
        let sight = sight::loss_reports(viewer, n);
        (sight.sql, sight.values)
    });
    all.is("l.code", filter.code.clone());
    all.is("l.holder", filter.holder.clone());
    all.is("l.how", filter.how.map(|how| how.as_str()));
    of_unit(&mut all, "l", filter.unit.as_ref());
    if filter.late {
        all.plain("l.recorded_at > l.due_at");
    }
    let as_of = moments(conn, filter).await?;
    if let Some((occurred, last)) = as_of {
        all.is("l.occurred_at <=", Some(occurred));
        all.is("l.entry <=", Some(last));
    }
    if filter.open {
        still_lost(&mut all, "l", as_of);
    }
    if let Some((after, last)) = filter.reported {
        all.and(|n| (format!("l.entry > ${n} AND l.entry <= ${}", n + 1), vec![after.into(), last.into()]));
    }
    all.before("l.recorded_at", "l.code", filter.after.as_ref());
    let sql = format!(
        "SELECT {REPORT} FROM loss_report l WHERE {} ORDER BY l.recorded_at DESC, l.code DESC LIMIT $1",
        all.text()
    );
    let mut found: Vec<LossReport> = conn.rows(&sql, all.values).await?.iter().map(report).collect::<Result<_, _>>()?;
    for one in &mut found {
        one.found = known_then(one.found.take(), as_of);
    }
    Ok(found)
}

/// The offers of which something came into an account; with a lot, what came without a serial number, of that lot or of none if it is empty.
///
/// # Errors
/// If the engine fails.
pub async fn given_into(conn: &mut Conn, account: &AccountKey, lot: Option<&str>) -> Result<Vec<Code>, Error> {
    let values = vec![account.to_string().into(), lot.map(str::to_owned).into()];
    conn.rows(GIVEN_INTO, values).await?.iter().map(|row| row.word(0)).collect()
}

/// That a check did not find a unit, which is neither reported lost nor was found since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotFound {
    /// The first check that did not find it, of those since it was last seen.
    pub inspection: Code,
    /// When that was.
    pub since: Timestamp,
    /// The item.
    pub item: Code,
    /// The resource as which it was looked for.
    pub resource: Code,
    /// The serial number.
    pub serial: String,
}

impl NotFound {
    /// The unit, as far as the viewer sees it; none, if it was disposed of or written off since, and nobody looks for it any more.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn unit(&self, conn: &mut Conn, viewer: &Viewer, at: AsOf) -> Result<Option<InService>, Error> {
        let last = number_at(conn, at.known).await?;
        inspection::one_in_service(conn, viewer, (at.occurred, last), self.resource.as_str(), &self.serial).await
    }
}

/// What checks did not find, as of a date; the longest missing first.
///
/// # Errors
/// If the engine fails.
pub async fn not_found(conn: &mut Conn, at: AsOf) -> Result<Vec<NotFound>, Error> {
    let last = number_at(conn, at.known).await?;
    let rows = conn.rows(NOT_FOUND, vec![at.occurred.as_microsecond().into(), last.into()]).await?;
    let (mut seen, mut all) = (BTreeSet::new(), Vec::new());
    for row in rows {
        let (item, serial): (Code, String) = (row.word(4)?, row.text(2)?);
        if seen.insert((item.clone(), serial.clone())) {
            let (inspection, since, resource) = (row.word(0)?, row.timestamp(3)?, row.word(1)?);
            all.push(NotFound { inspection, since, item, resource, serial });
        }
    }
    Ok(all)
}

/// Whom it was taken to that units were not found, by the check, and when, of each in order.
///
/// # Errors
/// If the engine fails.
pub async fn escalations(
    conn: &mut Conn,
    inspections: &[&Code],
) -> Result<BTreeMap<String, Vec<(Escalation, Timestamp)>>, Error> {
    let sql = "SELECT inspection, level, recorded_at FROM not_found_escalation WHERE inspection IN {} ORDER BY inspection, entry";
    by_code(conn, sql, inspections, |row| Ok((row.word(1)?, row.timestamp(2)?))).await
}

/// A unit that was taken to somebody because a check had not found it and nobody reported anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenOn {
    /// The check that did not find it.
    pub inspection: Inspection,
    /// To whom.
    pub level: Escalation,
    /// When.
    pub at: Timestamp,
}

/// Units that the viewer sees and that were taken to somebody by entries after one and up to another, in their order.
///
/// # Errors
/// If the engine fails.
pub async fn escalated_between(
    conn: &mut Conn,
    viewer: &Viewer,
    (after, last): (EntryNumber, EntryNumber),
) -> Result<Vec<TakenOn>, Error> {
    let mut all = Vec::new();
    for row in conn.rows(ESCALATED, vec![after.into(), last.into()]).await? {
        let Some(inspection) = inspection::one(conn, &row.text(0)?).await? else { continue };
        if inspection::is_known(conn, viewer, inspection.resource.as_str(), &inspection.serial).await? {
            all.push(TakenOn { inspection, level: row.word(1)?, at: row.timestamp(2)? });
        }
    }
    Ok(all)
}

/// That something was found again, from a row's five columns from `at` on.
fn found_again(row: &Row, at: usize) -> Result<Option<FoundAgain>, Error> {
    Ok(match (row.maybe_integer(at)?, row.maybe_integer(at + 1)?, row.maybe_integer(at + 4)?) {
        (Some(found), Some(recorded), Some(entry)) => Some(FoundAgain {
            at: time(found)?,
            recorded_at: time(recorded)?,
            actor: row.text(at + 2)?,
            reason: row.text(at + 3)?,
            entry: EntryRef::Known(entry),
        }),
        _ => None,
    })
}

fn report(row: &Row) -> Result<LossReport, Error> {
    Ok(LossReport {
        code: row.word(0)?,
        how: row.word(1)?,
        lot: row.text(2)?,
        serial: row.text(3)?,
        quantity: row.integer(4)?,
        account: account(&row.text(5)?)?,
        consignment: None,
        place: row.maybe_code(6)?,
        offer: row.maybe_code(7)?,
        occurred_at: row.timestamp(8)?,
        known_at: row.timestamp(9)?,
        due_at: row.timestamp(10)?,
        recorded_at: row.timestamp(11)?,
        actor: row.text(12)?,
        circumstances: row.text(13)?,
        evidence: row.text(14)?,
        entry: EntryRef::Known(row.integer(15)?),
        found: found_again(row, 16)?,
    })
}

/// A new report.
pub(super) fn report_row(new: &LossReport, entry: i64) -> Batch {
    let row = vec![
        Value::from(&new.code),
        new.how.as_str().into(),
        Value::from(&new.account.resource),
        new.lot.as_str().into(),
        new.serial.as_str().into(),
        new.quantity.into(),
        new.account.to_string().into(),
        Value::from(&new.account.holder),
        Value::from(&new.account.owner),
        Value::from(&new.place),
        Value::from(&new.offer),
        new.occurred_at.as_microsecond().into(),
        new.known_at.as_microsecond().into(),
        new.due_at.as_microsecond().into(),
        new.recorded_at.as_microsecond().into(),
        new.actor.as_str().into(),
        new.circumstances.as_str().into(),
        new.evidence.as_str().into(),
        entry.into(),
    ];
    let into = "INSERT INTO loss_report (code, how, resource, lot, serial, quantity, account, holder, owner, place, offer, occurred_at, known_at, due_at, recorded_at, actor, circumstances, evidence, entry)";
    Batch::insert(into, vec![row])
}

/// That what a report is about was found again.
pub(super) fn found_row(code: &Code, found: &FoundAgain, entry: i64) -> Vec<Value> {
    vec![
        code.into(),
        found.at.as_microsecond().into(),
        found.recorded_at.as_microsecond().into(),
        found.actor.as_str().into(),
        found.reason.as_str().into(),
        entry.into(),
    ]
}

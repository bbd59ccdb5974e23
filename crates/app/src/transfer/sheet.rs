//! Packing lists and counts as files: what people filled in is read, and what is known of a consignment is written to be filled in and sent back.

use std::collections::BTreeSet;

use muster_domain::{item::Tracking, message, message::Message};
use muster_interchange::{
    Issue,
    mission::Sheet,
    packing::{self, COUNT, CountRow, PACKING, PackingRow},
};
use muster_storage::transfer::{Line, Unit};

use super::{
    count::{Counted, CountedLot},
    packing::{MOST_UNITS, Packed, PackedUnit},
    shown::Shown,
};
use crate::{Actor, App, Error, list::Format};

/// Longest file, in bytes.
pub const LONGEST: usize = 8 << 20;

/// Most bytes of a list of serial numbers in one cell.
const LONGEST_CELL: usize = 32_000;

/// Problems of a file that are told at once where there is room for a sentence alone.
const MOST_TOLD: usize = 20;

/// That a sheet is not longer than any needs to be.
pub(super) fn not_too_long(file: &str, bytes: &[u8]) -> Result<(), Vec<Issue>> {
    if bytes.len() > LONGEST {
        Err(vec![Issue::of_file(file, message!("body-too-large", most = LONGEST))])
    } else {
        Ok(())
    }
}

/// What a packing list says that lines hold.
///
/// # Errors
/// Everything that is wrong with it, each with its row and column.
pub fn packed(file: &str, bytes: &[u8]) -> Result<Vec<Packed>, Vec<Issue>> {
    not_too_long(file, bytes)?;
    let mut packed: Vec<Packed> = Vec::new();
    for row in faultless(packing::packing_list(file, bytes))? {
        let PackingRow { line, lot, serial, quantity, sscc, condition, remark } = row;
        let n = packed.iter().position(|p| p.line == line).unwrap_or_else(|| {
            packed.push(Packed { line, ..Packed::default() });
            packed.len() - 1
        });
        let one = &mut packed[n];
        one.condition = condition.or(one.condition);
        if !remark.is_empty() {
            one.remark = Some(remark);
        }
        if let Some(quantity) = quantity {
            one.units.get_or_insert_default().push(PackedUnit { lot, serial, quantity, sscc });
        }
    }
    Ok(packed)
}

/// What a count says that was found, line by line: rows of one line's lots belong together.
///
/// # Errors
/// Everything that is wrong with it, each with its row and column.
pub fn counted(file: &str, bytes: &[u8]) -> Result<Vec<Counted>, Vec<Issue>> {
    not_too_long(file, bytes)?;
    let rows = faultless(packing::count(file, bytes))?;
    lines(rows).ok_or_else(|| vec![Issue::of_file(file, message!("ledger-too-much"))])
}

fn lines(rows: Vec<CountRow>) -> Option<Vec<Counted>> {
    let mut lines: Vec<Counted> = Vec::new();
    for row in rows {
        let (line, remark, serials, damaged_serials) = (row.line, row.remark, row.serials, row.damaged_serials);
        if row.lot.is_empty() {
            let (received, damaged) = (row.received, row.damaged);
            lines.push(Counted { line, received, damaged, serials, damaged_serials, lots: Vec::new(), remark });
            continue;
        }
        let lot = CountedLot { lot: row.lot, received: row.received, damaged: row.damaged };
        let same = lines.iter().rposition(|of| of.line == line && !of.lots.is_empty());
        let mut of = same.map_or_else(|| Counted { line, ..Counted::default() }, |place| lines.remove(place));
        of.add(lot)?;
        of.serials.extend(serials);
        of.damaged_serials.extend(damaged_serials);
        let remarks = [of.remark, remark].into_iter().filter(|text| !text.is_empty());
        of.remark = remarks.collect::<Vec<_>>().join("; ");
        lines.push(of);
    }
    Some(lines)
}

fn faultless<T>((rows, issues): (Vec<T>, Vec<Issue>)) -> Result<Vec<T>, Vec<Issue>> {
    if issues.is_empty() { Ok(rows) } else { Err(issues) }
}

/// What is wrong with a file, told as one thing.
pub fn faulty(issues: &[Issue]) -> Error {
    let mut problems: Vec<Message> = issues.iter().take(MOST_TOLD).map(Issue::told_message).collect();
    if issues.len() > MOST_TOLD {
        problems.push(message!("more-problems", count = issues.len() - MOST_TOLD));
    }
    Error::Invalid(message!("file-faulty", problems))
}

impl App {
    /// The packing list of a consignment as far as it is known and the viewer sees it, to be filled in and sent back. That it was taken out is
    /// noted in the journal.
    ///
    /// # Errors
    /// If there is no such consignment, or the ledger or the database fails.
    pub async fn packing_sheet(&self, code: &str, format: Format, actor: &Actor) -> Result<Vec<u8>, Error> {
        let shown = self.consignment_shown(&actor.viewer, code).await?;
        let rows = there(&shown).flat_map(|line| packing_rows(&shown, line)).collect();
        self.sheet(Sheet { name: "packing_list", columns: PACKING.to_vec(), rows }, (code, format), actor).await
    }

    /// A count of a consignment to be filled in: a row for each line that the viewer sees, or for each of its lots, and the serial numbers that it
    /// is to have; for who counts blind, the lines alone. How many there are stands in it for nobody.
    ///
    /// # Errors
    /// If there is no such consignment, or the ledger or the database fails.
    pub async fn count_sheet(&self, code: &str, blind: bool, format: Format, actor: &Actor) -> Result<Vec<u8>, Error> {
        let shown = self.consignment_shown(&actor.viewer, code).await?;
        let rows = there(&shown).flat_map(|line| count_rows(&shown, line, blind)).collect();
        self.sheet(Sheet { name: "count", columns: COUNT.to_vec(), rows }, (code, format), actor).await
    }

    async fn sheet(&self, sheet: Sheet, (code, format): (&str, Format), actor: &Actor) -> Result<Vec<u8>, Error> {
        let what = format!("the {} of {code} as {}", sheet.name, format.ending());
        let mut bytes = format.file(vec![sheet])?;
        if format == Format::Csv {
            // Programs for sheets would else take it for a text of their own country's letters, and save it so.
            bytes.splice(0..0, *b"\xEF\xBB\xBF");
        }
        self.note_export(&what, &bytes, actor).await?;
        Ok(bytes)
    }
}

/// The lines of which something is there.
fn there(shown: &Shown) -> impl Iterator<Item = &Line> {
    shown.lines.iter().filter(|line| line.present > 0)
}

fn tracking(shown: &Shown, line: &Line) -> Tracking {
    shown.items.get(&line.resource).map_or(Tracking::Quantity, |(_, tracking)| *tracking)
}

fn units<'a>(shown: &'a Shown, line: &Line) -> Vec<&'a Unit> {
    let number = line.line;
    shown.units.iter().filter(|unit| unit.line == number).collect()
}

/// Rows of a line: its units as far as they are known, and a row for each that is still to be named.
fn packing_rows(shown: &Shown, line: &Line) -> Vec<Vec<String>> {
    let units = units(shown, line);
    let row = |[lot, serial, quantity, sscc]: [String; 4]| {
        vec![line.line.to_string(), lot, serial, quantity, sscc, String::new(), String::new()]
    };
    let known = |unit: &&Unit| {
        row([unit.lot.clone(), unit.serial.clone(), unit.quantity.to_string(), unit.sscc.clone().unwrap_or_default()])
    };
    let mut rows: Vec<Vec<String>> = units.iter().map(known).collect();
    let named: i64 = units.iter().map(|unit| unit.quantity).sum();
    let unnamed = match tracking(shown, line) {
        Tracking::Serial => usize::try_from(line.present - named).unwrap_or(0).min(MOST_UNITS),
        _ => usize::from(units.is_empty()),
    };
    rows.extend((0..unnamed).map(|_| row(Default::default())));
    // What is said of all of a line stands in its first row.
    if let Some(first) = rows.first_mut() {
        first[5] = line.condition.map_or_else(String::new, |condition| condition.to_string());
        first[6].clone_from(&line.remark);
    }
    rows
}

/// Rows of a line to be counted.
fn count_rows(shown: &Shown, line: &Line, blind: bool) -> Vec<Vec<String>> {
    let mut units = if blind { Vec::new() } else { units(shown, line) };
    // Where only some are known by name, or all are of one lot, they are counted as on the page: by how many there are.
    let lots: BTreeSet<&str> = units.iter().map(|unit| unit.lot.as_str()).collect();
    if units.iter().map(|unit| unit.quantity).sum::<i64>() != line.present
        || (tracking(shown, line) == Tracking::Lot && lots.len() < 2)
    {
        units.clear();
    }
    let row = |lot: &str, serials: String| {
        let empty = String::new;
        vec![line.line.to_string(), lot.to_owned(), empty(), empty(), serials, empty(), empty()]
    };
    match tracking(shown, line) {
        Tracking::Lot if !units.is_empty() => {
            let lots: BTreeSet<&str> = units.iter().map(|unit| unit.lot.as_str()).collect();
            lots.into_iter().map(|lot| row(lot, String::new())).collect()
        }
        _ => {
            let serials: BTreeSet<&str> =
                units.iter().map(|unit| unit.serial.as_str()).filter(|serial| !serial.is_empty()).collect();
            let serials = serials.into_iter().collect::<Vec<_>>().join("|");
            // No cell of a workbook holds more; all of them are as stated where the number is.
            vec![row("", if serials.len() > LONGEST_CELL { String::new() } else { serials })]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: i64, lot: &str, received: i64, remark: &str) -> CountRow {
        CountRow { line, lot: lot.into(), received, remark: remark.into(), ..CountRow::default() }
    }

    #[test]
    fn rows_of_a_lines_lots_are_one_line() {
        let rows = vec![row(1, "L-1", 2, ""), row(2, "", 7, "wet"), row(1, "L-2", 3, "torn"), row(1, "L-3", 0, "none")];
        let lines = lines(rows).unwrap_or_default();
        let told: Vec<_> =
            lines.iter().map(|line| (line.line, line.received, line.lots.len(), line.remark.as_str())).collect();
        assert_eq!(told, [(2, 7, 0, "wet"), (1, 5, 3, "torn; none")]);
        // A line that is counted in whole and by lots is told as twice.
        assert_eq!(super::lines(vec![row(1, "L-1", 2, ""), row(1, "", 7, "")]).unwrap_or_default().len(), 2);
        assert!(super::lines(vec![row(1, "L-1", i64::MAX, ""), row(1, "L-2", 1, "")]).is_none());
    }

    #[test]
    fn what_is_wrong_with_a_file_names_its_rows_and_columns() {
        let issues = counted("count.csv", b"line,received\n1,two\n").expect_err("two is no number");
        let told = faulty(&issues).to_string();
        assert!(told.contains("count.csv:2, received `two`"), "{told}");
        let many: Vec<Issue> = (0..30).map(|_| issues[0].clone()).collect();
        assert!(faulty(&many).to_string().contains("more-problems(count=10)"));
    }
}

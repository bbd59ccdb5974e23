//! Counts and sums of what was read, to hold against totals that were published, and the report.

use std::collections::BTreeMap;

use muster_domain::{
    announcement::{Announcement, AnnouncementKind},
    field::{Currency, Field},
    fixed::Fixed,
    message::Message,
    stated::Stated,
};
use serde_json::{Value, json};

use super::{Outcome, TableReading};

/// Counts and sums over the rows of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Rows after the header.
    pub rows: usize,
    /// Rows that became announcements.
    pub imported: usize,
    /// Rows that did not, each with its reason.
    pub left_out: usize,
    /// Values as published: per currency, then per kind, per party, and per kind and party.
    pub values: Vec<Total>,
    /// The same of converted values; none where the map converts nothing.
    pub converted: Vec<Total>,
}

/// A total of some announcements in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Total {
    /// Of this kind; `None`: of all.
    pub kind: Option<AnnouncementKind>,
    /// Of this party; `None`: of all.
    pub party: Option<String>,
    /// The currency; empty where lines have neither value nor currency.
    pub currency: String,
    /// The total itself.
    pub sum: Sum,
}

/// Lines with a known figure, and what they come to; lines without one are counted, not taken for zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Lines whose figure is known.
    pub known: usize,
    /// Lines whose figure is stated in words only.
    pub unknown: usize,
    /// Lines without a figure.
    pub absent: usize,
    /// The sum of the known figures, in millionths of the currency's whole unit.
    pub millionths: i128,
}

impl Sum {
    /// The sum as a decimal number, with at least two places.
    pub fn amount(&self) -> String {
        let (units, rest) = (self.millionths.unsigned_abs() / 1_000_000, self.millionths.unsigned_abs() % 1_000_000);
        let fraction = format!("{rest:06}");
        let places = fraction.trim_end_matches('0').len().max(2);
        format!("{}{units}.{}", if self.millionths < 0 { "-" } else { "" }, &fraction[..places])
    }

    fn add(&mut self, figure: Figure) {
        match figure {
            Figure::Known(number) => {
                self.known += 1;
                self.millionths += i128::from(number.0);
            }
            Figure::Unknown => self.unknown += 1,
            Figure::Absent => self.absent += 1,
        }
    }
}

#[derive(Clone, Copy)]
enum Figure {
    Known(Fixed<6>),
    Unknown,
    Absent,
}

impl Totals {
    /// The totals of announcements and of the rows they come from. `common` is the currency into which the table was converted.
    pub(super) fn of(announcements: &[Announcement], rows: usize, common: Option<Currency>) -> Self {
        let figure = |stated: &Option<Stated<Fixed<6>>>| match stated {
            Some(Stated::Known(number)) => Figure::Known(*number),
            Some(Stated::Unknown(_)) => Figure::Unknown,
            None => Figure::Absent,
        };
        // A value that is there but not converted is unknown in the common currency, not absent.
        let converted = |a: &Announcement| match (figure(&a.converted), &a.value) {
            (Figure::Absent, Some(_)) => Figure::Unknown,
            (figure, _) => figure,
        };
        Self {
            rows,
            imported: announcements.len(),
            left_out: rows - announcements.len(),
            values: totals(announcements.iter().map(|a| (a, a.value_currency, figure(&a.value)))),
            converted: totals(announcements.iter().filter(|_| common.is_some()).map(|a| (a, common, converted(a)))),
        }
    }
}

fn totals<'a>(lines: impl Iterator<Item = (&'a Announcement, Option<Currency>, Figure)>) -> Vec<Total> {
    let mut sums: BTreeMap<(u8, Option<AnnouncementKind>, Option<String>, String), Sum> = BTreeMap::new();
    for (announcement, currency, figure) in lines {
        let currency = currency.map_or_else(String::new, |c| c.text());
        let (kind, party) = (Some(announcement.kind), Some(announcement.party.as_str().to_owned()));
        let groups = [(0, None, None), (1, kind, None), (2, None, party.clone()), (3, kind, party)];
        for (level, kind, party) in groups {
            sums.entry((level, kind, party, currency.clone())).or_default().add(figure);
        }
    }
    sums.into_iter().map(|((_, kind, party, currency), sum)| Total { kind, party, currency, sum }).collect()
}

fn total_json(total: &Total) -> Value {
    json!({
        "kind": total.kind.map(AnnouncementKind::as_str),
        "party": total.party,
        "currency": total.currency,
        "known": total.sum.known,
        "unknown": total.sum.unknown,
        "absent": total.sum.absent,
        "sum": total.sum.amount(),
    })
}

impl TableReading {
    /// The report: totals, what became of each row, and the issues. Sums are texts, so that no reader rounds them. `say` has
    /// words for a message.
    pub fn report_json(&self, say: impl Fn(&Message) -> String) -> Value {
        let row = |row: &super::RowOutcome| match &row.outcome {
            Outcome::Imported(code) => json!({"line": row.line, "code": code.as_str()}),
            Outcome::LeftOut(reason) => json!({"line": row.line, "left_out": say(reason)}),
        };
        json!({
            "table": self.table,
            "rows": self.totals.rows,
            "imported": self.totals.imported,
            "left_out": self.totals.left_out,
            "values": self.totals.values.iter().map(total_json).collect::<Vec<_>>(),
            "converted": self.totals.converted.iter().map(total_json).collect::<Vec<_>>(),
            "parties": self.parties.iter().map(|p| p.code.as_str()).collect::<Vec<_>>(),
            "outcomes": self.rows.iter().map(row).collect::<Vec<_>>(),
            "issues": self.issues.iter().map(|issue| issue.json(&say)).collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_at_least_two_places() {
        let amount = |millionths| Sum { millionths, ..Sum::default() }.amount();
        assert_eq!(amount(0), "0.00");
        assert_eq!(amount(-1_500_000), "-1.50");
        assert_eq!(amount(1_234_567_123_456), "1234567.123456");
    }
}

//! Packing lists and counts as people keep them in sheets: CSV files or workbooks with one row for each unit or line.

use muster_domain::{consignment::Condition, field::Field};

use crate::{issue::Issue, rows::rows};

/// Columns of a packing list; only `line` is needed.
pub const PACKING: &[&str] = &["line", "lot", "serial", "quantity", "sscc", "condition", "remark"];
/// Columns of a count; `line` and `received` are needed.
pub const COUNT: &[&str] = &["line", "lot", "received", "damaged", "serials", "damaged_serials", "remark"];

/// A row of a packing list: units that lie together, or what was found of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackingRow {
    /// The consignment's line.
    pub line: i64,
    /// The lot, or empty.
    pub lot: String,
    /// The serial number, or empty.
    pub serial: String,
    /// How many units; none: no unit is named.
    pub quantity: Option<i64>,
    /// The handling unit, or empty.
    pub sscc: String,
    /// In which condition the line was found.
    pub condition: Option<Condition>,
    /// A remark.
    pub remark: String,
}

/// A row of a count: a line, or a lot of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountRow {
    /// The consignment's line.
    pub line: i64,
    /// The lot, or empty.
    pub lot: String,
    /// Units that are there and right.
    pub received: i64,
    /// Units that are there and hurt.
    pub damaged: i64,
    /// Their serial numbers, with `|` between.
    pub serials: Vec<String>,
    /// Serial numbers of what is hurt.
    pub damaged_serials: Vec<String>,
    /// A remark.
    pub remark: String,
}

/// Reads a packing list. Never fails: what cannot be read is an issue.
pub fn packing_list(file: &str, bytes: &[u8]) -> (Vec<PackingRow>, Vec<Issue>) {
    rows(file, bytes, PACKING, &["line"], |cells| {
        let serial = cells.text("serial");
        let named = !serial.is_empty() || !cells.text("lot").is_empty() || !cells.text("sscc").is_empty();
        let quantity = cells.number("quantity")?.or(named.then_some(1));
        let condition = cells.text("condition");
        let condition = if condition.is_empty() {
            None
        } else {
            Some(Condition::parse(&condition).map_err(|right| ("condition", condition.clone(), right))?)
        };
        Ok(PackingRow {
            line: cells.needed("line")?,
            lot: cells.text("lot"),
            serial,
            quantity,
            sscc: cells.text("sscc"),
            condition,
            remark: cells.text("remark"),
        })
    })
}

/// Reads a count. Never fails: what cannot be read is an issue.
pub fn count(file: &str, bytes: &[u8]) -> (Vec<CountRow>, Vec<Issue>) {
    let list = |text: String| -> Vec<String> {
        text.split('|').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    rows(file, bytes, COUNT, &["line", "received"], |cells| {
        Ok(CountRow {
            line: cells.needed("line")?,
            lot: cells.text("lot"),
            received: cells.needed("received")?,
            damaged: cells.number("damaged")?.unwrap_or(0),
            serials: list(cells.text("serials")),
            damaged_serials: list(cells.text("damaged_serials")),
            remark: cells.text("remark"),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packing_list_is_read_and_every_fault_is_told_with_its_place() {
        let text = "line;serial;sscc;condition\n1;T-1;;serviceable\n1;T-2;;\nx;T-3;;\n2;;;broken\n";
        let (rows, issues) = packing_list("list.csv", text.as_bytes());
        assert_eq!(rows.len(), 2);
        assert_eq!(
            (rows[0].serial.as_str(), rows[0].quantity, rows[0].condition),
            ("T-1", Some(1), Some(Condition::Serviceable))
        );
        let places: Vec<(Option<u64>, Option<&str>)> =
            issues.iter().map(|issue| (issue.line, issue.column.as_deref())).collect();
        assert_eq!(places, [(Some(4), Some("line")), (Some(5), Some("condition"))]);
    }

    #[test]
    fn cells_without_a_column_are_told_and_those_guarded_are_read() {
        let told = |file: &str, bytes: &[u8]| {
            let (rows, issues) = packing_list(file, bytes);
            (rows.len(), issues.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        let text = "line,serial\n1,T-1,T-2\n1,T-3,\n1\n";
        let unlike = |line: u64, cells: usize| format!("list.csv:{line}: cells-unlike-header(cells={cells}, width=2)");
        assert_eq!(told("list.csv", text.as_bytes()), (2, vec![unlike(2, 3)]));
        let (rows, issues) = packing_list("list.csv", "\u{feff} Line ,Serial \n1,'=T-1\n".as_bytes());
        assert_eq!((rows[0].serial.as_str(), issues), ("=T-1", vec![]));
        let twice = "list.csv:1, serial: header-twice".to_owned();
        assert_eq!(told("list.csv", b"line,serial,Serial\n1,T-1,T-2\n").1, [twice]);
        assert_eq!(told("list.csv", b"line,,\n1,,\n").1, [""; 0]);
        assert_eq!(told("list.csv", b"line,\n1,T-1\n").1.len(), 1, "what has no name is not passed over");
        for (file, bytes) in [("list.xls", b"line\n1\n".as_slice()), ("list", &[0xD0, 0xCF, 0x11, 0xE0])] {
            assert_eq!(told(file, bytes), (0, vec![format!("{file}: other-workbook")]));
        }
    }

    #[test]
    fn a_count_needs_its_columns() {
        let (rows, issues) = count("count.csv", b"line,found\n1,2\n");
        assert!(rows.is_empty());
        assert_eq!(issues.len(), 2, "{issues:?}");
        let (rows, issues) = count("count.csv", b"line,received,serials\n1,2,A|B\n");
        assert_eq!((rows[0].received, rows[0].serials.len(), issues.len()), (2, 2, 0));
        let (rows, _) = count("count.csv", b"line,lot,received\n1,L-1,2\n1,L-2,3\n");
        assert_eq!(
            rows.iter().map(|row| (row.lot.as_str(), row.received)).collect::<Vec<_>>(),
            [("L-1", 2), ("L-2", 3)]
        );
    }
}

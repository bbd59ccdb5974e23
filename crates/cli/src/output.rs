//! Prints for people: tables with aligned columns, numbers with groups of digits, errors.

#![expect(clippy::print_stderr, reason = "printing is what this module is for")]

use std::io::Write;

/// Prints a line. A reader that has closed its end is no reason to fail.
pub(crate) fn line(text: &str) {
    drop(writeln!(std::io::stdout().lock(), "{text}"));
}

/// Prints a file as it is.
pub(crate) fn file(bytes: &[u8]) {
    drop(std::io::stdout().lock().write_all(bytes));
}

/// Prints an error.
pub(crate) fn error(text: &str) {
    eprintln!("muster: {text}");
}

/// Prints a remark that is no result.
pub(crate) fn remark(text: &str) {
    eprintln!("{text}");
}

/// A column's heading and whether it holds numbers, which are aligned to the right.
pub(crate) type Heading = (&'static str, bool);

/// Prints a table.
pub(crate) fn table(headings: &[Heading], rows: &[Vec<String>]) {
    let width = |n: usize| {
        let cells = rows.iter().map(|row| row[n].chars().count());
        cells.chain([headings[n].0.chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let print = |cells: Vec<&str>| {
        let padded = cells.iter().enumerate().map(|(n, cell)| {
            let gap = " ".repeat(widths[n].saturating_sub(cell.chars().count()));
            if headings[n].1 { format!("{gap}{cell}") } else { format!("{cell}{gap}") }
        });
        line(padded.collect::<Vec<_>>().join("  ").trim_end());
    };
    print(headings.iter().map(|(heading, _)| *heading).collect());
    for row in rows {
        print(row.iter().map(String::as_str).collect());
    }
}

/// A whole number with groups of three digits.
pub(crate) fn whole(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut text = String::new();
    for (k, digit) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    if n < 0 { format!("−{text}") } else { text }
}

/// An amount of money from its minor units, of which `places` decimal places make one whole unit.
pub(crate) fn money(minor: i64, places: u32) -> String {
    let scale = 10_i64.pow(places);
    let rest = minor.unsigned_abs() % scale.unsigned_abs();
    if rest == 0 {
        whole(minor / scale)
    } else {
        format!("{}.{rest:0width$}", whole(minor / scale), width = places as usize)
    }
}

/// A number rounded to a whole one, with groups of three digits.
pub(crate) fn rounded(n: f64) -> String {
    whole(n.round() as i64)
}

/// A share as per cent; a dash where there is nothing to share.
pub(crate) fn percent(part: f64, of: f64) -> String {
    if of <= 0.0 { "–".into() } else { format!("{:.0} %", 100.0 * part / of) }
}

/// Shortens a text to a width.
pub(crate) fn short(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        text.to_owned()
    } else {
        format!("{}…", text.chars().take(width - 1).collect::<String>())
    }
}

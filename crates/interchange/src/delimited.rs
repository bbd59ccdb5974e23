//! CSV and its kin: text with a separator, quotes, and line breaks inside quotes.

use csv::{ReaderBuilder, StringRecord};
use muster_domain::{message, message::Message};

use crate::{
    encoding::decode,
    grid::{Grid, LONGEST_CELL, MOST_COLUMNS, MOST_ROWS, Place, Row},
    issue::{Issue, Issues},
};

/// Separators that are recognised, the likeliest first.
pub(crate) const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// Reads a delimited file. `None`, and an issue, when it is not text.
pub(crate) fn read(file: &str, bytes: &[u8], separator: Option<u8>, issues: &mut Issues) -> Option<Grid> {
    let text = match decode(bytes) {
        Ok(text) => text,
        Err(error) => {
            issues.add(Issue::of_file(file, error.message).on_line(error.line));
            return None;
        }
    };
    let separator = separator.unwrap_or_else(|| sniff(&text));
    let place = Place { file: file.to_owned(), indexed: false };
    let mut grid = Grid { place, rows: Vec::new(), refused: Vec::new(), open: false };
    rows(&text, separator, &mut grid);
    for (line, message) in &grid.refused {
        issues.add(grid.place.issue(*line, message.clone()));
    }
    Some(grid)
}

/// The separator that occurs most in the first record, outside of quotes.
fn sniff(text: &str) -> u8 {
    let mut counts = [0_usize; SEPARATORS.len()];
    let mut quoted = false;
    for byte in text.trim_start().bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if !quoted => counts.iter_mut().zip(SEPARATORS).filter(|(_, s)| *s == byte).for_each(|(n, _)| *n += 1),
            _ => {}
        }
    }
    let most = counts.iter().max().copied().unwrap_or_default();
    counts.iter().position(|n| *n == most).map_or(b',', |n| SEPARATORS[n])
}

fn rows(text: &str, separator: u8, grid: &mut Grid) {
    let mut reader =
        ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut lines = Lines { text: text.as_bytes(), at: 0, line: 1 };
    let mut record = StringRecord::new();
    let mut last = 0;
    // Text is decoded already, so that reading it from memory cannot fail.
    while let Ok(true) = reader.read_record(&mut record) {
        last = record.position().map_or(0, |p| p.byte() as usize);
        let line = lines.of(last);
        if grid.rows.len() > MOST_ROWS {
            grid.refused.push((line, message!("rows-before", most = MOST_ROWS)));
            break;
        }
        match too_large(&record) {
            Some(message) => grid.refused.push((line, message)),
            None => grid.rows.push(Row { line, cells: record.clone(), typed: 0 }),
        }
    }
    if ends_in_quotes(&text.as_bytes()[last..], separator) {
        let line = lines.of(last);
        grid.rows.pop_if(|row| row.line == line);
        grid.refused.retain(|(other, _)| *other != line);
        grid.refused.push((line, message!("quotation-open")));
    }
}

fn too_large(record: &StringRecord) -> Option<Message> {
    if record.len() > MOST_COLUMNS {
        return Some(message!("cells-too-many", cells = record.len(), most = MOST_COLUMNS));
    }
    let long = record.iter().any(|cell| cell.len() > LONGEST_CELL);
    long.then(|| message!("cell-too-long", most = LONGEST_CELL))
}

/// Counts lines up to a place in the text. The reader's own count lags behind where lines end with a carriage return and a line feed
/// and where blank lines are passed over.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the record that the reader says begins at `byte`, which must not be before the last one asked for.
    fn of(&mut self, byte: usize) -> u64 {
        let rest = self.text.get(byte..).unwrap_or_default();
        let begin = byte + rest.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        while self.at < begin {
            let lone = |b: u8| b == b'\r' && self.text.get(self.at + 1) != Some(&b'\n');
            let byte = self.text[self.at];
            self.line += u64::from(byte == b'\n' || lone(byte));
            self.at += 1;
        }
        self.line
    }
}

/// Whether the record leaves a quotation mark open, which makes all that follows one cell. The states are those of the reader.
fn ends_in_quotes(record: &[u8], separator: u8) -> bool {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        Begin,
        Plain,
        Quoted,
        AfterQuote,
    }
    let ends = |byte: u8| byte == separator || matches!(byte, b'\n' | b'\r');
    let last = record.iter().fold(State::Begin, |state, byte| match (state, *byte) {
        (State::Begin | State::AfterQuote, b'"') => State::Quoted,
        (State::Quoted, b'"') => State::AfterQuote,
        (State::Quoted, _) => State::Quoted,
        (_, byte) if ends(byte) => State::Begin,
        _ => State::Plain,
    });
    last == State::Quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> (Vec<(u64, Vec<String>)>, Vec<Issue>) {
        let mut issues = Issues::default();
        let grid = read("x.csv", text.as_bytes(), None, &mut issues).unwrap();
        let rows = grid.rows.iter().map(|r| (r.line, r.cells.iter().map(str::to_owned).collect())).collect();
        (rows, issues.into_vec())
    }

    #[test]
    fn a_row_is_found_on_the_line_where_it_begins() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "\"1", "2\",3", "", "4,5"].join(end);
            let (rows, issues) = read_text(&text);
            assert_eq!(rows.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 2, 5], "{end:?}");
            assert_eq!(issues, []);
        }
    }

    #[test]
    fn the_separator_is_told_from_the_header_outside_of_quotes() {
        assert_eq!(sniff("a;b;\"c,d,e,f\"\n1,2,3,4,5,6"), b';');
        assert_eq!(sniff("a\tb\n"), b'\t');
        assert_eq!(sniff("a,b"), b',');
        assert_eq!(sniff("alone\n1;2"), b',');
    }

    #[test]
    fn an_open_quotation_mark_is_an_issue_and_an_inch_is_not() {
        let (rows, issues) = read_text("a,b\n1,\"2\n3,4\n");
        assert_eq!(rows.len(), 1);
        assert_eq!((issues[0].line, issues.len()), (Some(2), 1));
        assert_eq!(read_text("a,b\n1,5\" pipe\n\"say \"\"x\"\"\",2").1, []);
    }

    #[test]
    fn too_many_columns_are_refused() {
        let (rows, issues) = read_text(&format!("a,b\n{}\n1,2\n", ",".repeat(MOST_COLUMNS)));
        assert_eq!((rows.len(), issues.len()), (2, 1));
        assert_eq!(issues[0].message, message!("cells-too-many", cells = 101, most = MOST_COLUMNS));
    }
}

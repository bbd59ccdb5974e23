//! A published table as a grid, and where the map's columns stand in it.

use std::collections::HashMap;

use muster_domain::message;

use super::{
    map::{Column, CurrencyMap, Map},
    patterns::folded,
};
use crate::{
    delimited,
    grid::{Grid, Row},
    issue::{Issue, Issues},
    mission::MOST_BYTES,
    workbook,
};

/// The table's sheet; `None`, and an issue, when there is none.
pub(super) fn grid(file: &str, bytes: &[u8], map: &Map, issues: &mut Issues) -> Option<Grid> {
    if bytes.len() > MOST_BYTES {
        issues.add(Issue::of_file(file, message!("file-too-large", bytes = bytes.len(), most = MOST_BYTES)));
        return None;
    }
    if workbook::is_compound(bytes) || file.to_lowercase().ends_with(".xlsm") {
        issues.add(Issue::of_file(file, message!("other-workbook")));
        return None;
    }
    if !workbook::is_archive(bytes) {
        return delimited_grid(file, bytes, map, issues);
    }
    let wanted = map.sheet.as_deref().map(folded);
    let is_wanted = |name: &str| wanted.as_ref().is_none_or(|wanted| *wanted == folded(name));
    let mut grids = workbook::read(file, bytes, &is_wanted, issues);
    match grids.len() {
        1 => grids.pop().map(|(_, grid)| grid),
        0 => {
            let sheet = map.sheet.as_deref().unwrap_or_default();
            issues.add(Issue::of_file(file, message!("workbook-without-sheet", sheet)));
            None
        }
        _ => {
            let names: Vec<_> = grids.iter().map(|(name, _)| name.as_str()).collect();
            issues.add(Issue::of_file(file, message!("workbook-of-sheets", sheets = names.join(", "))));
            None
        }
    }
}

/// Titles above the header may have any separator in them, so that there the header tells which it is.
fn delimited_grid(file: &str, bytes: &[u8], map: &Map, issues: &mut Issues) -> Option<Grid> {
    let header = map.header_row as usize - 1;
    if map.separator.is_some() || header == 0 {
        return delimited::read(file, bytes, map.separator, issues);
    }
    let width = |separator: u8| {
        let grid = delimited::read(file, bytes, Some(separator), &mut Issues::default());
        grid.and_then(|grid| grid.rows.get(header).map(|row| row.cells.len())).unwrap_or_default()
    };
    let likeliest = delimited::SEPARATORS.into_iter().rev().max_by_key(|separator| width(*separator));
    delimited::read(file, bytes, likeliest, issues)
}

/// Where the columns of the map stand.
pub(super) struct Layout {
    /// By the name that the map gives.
    at: HashMap<String, usize>,
    /// The names in the header.
    pub(super) names: Vec<String>,
}

impl Layout {
    /// The number of a column that the map names.
    pub(super) fn of(&self, column: &Column) -> usize {
        self.at.get(&column.0).copied().unwrap_or(usize::MAX)
    }
}

/// Finds every column that the map names; `None`, with an issue for each, when some are missing or there twice.
pub(super) fn layout(grid: &Grid, header: &Row, map: &Map, issues: &mut Issues) -> Option<Layout> {
    let names: Vec<String> =
        header.cells.iter().map(|cell| cell.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let mut at = HashMap::new();
    let mut whole = true;
    for column in columns(map) {
        let number = column.0.strip_prefix('#').and_then(|n| n.parse::<usize>().ok());
        let found: Vec<usize> = match number {
            Some(number) => (1..=names.len()).filter(|n| *n == number).map(|n| n - 1).collect(),
            None => (0..names.len()).filter(|n| folded(&names[*n]) == folded(&column.0)).collect(),
        };
        let message = match found.as_slice() {
            [one] => {
                at.insert(column.0.clone(), *one);
                continue;
            }
            [] => message!("not-in-header", columns = names.join(", ")),
            many => {
                let numbers: Vec<_> = many.iter().map(|n| format!("#{}", n + 1)).collect();
                message!("header-several", columns = numbers.join(", "))
            }
        };
        issues.add(grid.place.issue(header.line, message).in_column(&column.0, ""));
        whole = false;
    }
    whole.then_some(Layout { at, names })
}

/// All columns that the map names.
fn columns(map: &Map) -> Vec<&Column> {
    let mut all: Vec<&Column> = Vec::new();
    all.extend(map.code.column.iter().chain(&map.quantity).chain(&map.group.column).chain(&map.group.fill));
    all.extend(map.party.columns.iter().chain(&map.kind.columns).chain(&map.item.columns).chain(&map.links.columns));
    all.extend(map.date.columns.iter().chain(map.skip.iter().map(|s| &s.column)));
    if let Some(money) = &map.value {
        all.push(&money.column);
        if let CurrencyMap::Column(column, _) = &money.currency {
            all.push(column);
        }
    }
    all.extend(map.converted.iter().filter_map(|c| c.column.as_ref()));
    all
}

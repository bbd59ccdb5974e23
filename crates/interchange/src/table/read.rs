//! A table to announcements, row by row.

use std::collections::{BTreeMap, HashMap};

use muster_domain::{
    announcement::{Announcement, AnnouncementKind},
    code::{Code, Ref},
    date::PartialDate,
    fault::Faults,
    field::Text,
    fixed::Fixed,
    label::Release,
    message,
    message::Message,
    picture::Picture,
    record::{Record, Rules},
    stated::Stated,
};

use super::{
    Outcome, RowOutcome, TableReading, figures,
    layout::{Layout, grid, layout},
    map::{Column, Map, Texts},
    party::Parties,
    totals::Totals,
};
use crate::{
    grid::{Grid, Row, plain},
    issue::{Issue, Issues},
};

/// Reads a published table as the map says. `known` holds the parties that are known already.
///
/// Never fails: what cannot be read is an issue, and a row that cannot be imported is listed with its reason.
pub fn read(file_name: &str, bytes: &[u8], map: &Map, known: &Picture) -> TableReading {
    let file = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut issues = Issues::default();
    let mut reading = TableReading { table: file.to_owned(), ..TableReading::default() };
    if let Some(grid) = grid(file, bytes, map, &mut issues) {
        let refused = grid.refused.iter().cloned();
        reading.rows = refused.map(|(line, reason)| RowOutcome { line, outcome: Outcome::LeftOut(reason) }).collect();
        let header = (map.header_row as usize).min(grid.rows.len());
        let (before, rows) = grid.rows.split_at(header);
        match before.last().filter(|_| header == map.header_row as usize) {
            None => {
                issues.add(Issue::of_file(&grid.place.file, message!("no-header-row", row = map.header_row)));
            }
            Some(header) => match layout(&grid, header, map, &mut issues) {
                None => reading.rows.extend(left_out(rows, &message!("column-not-there"))),
                Some(layout) => Reader::new(&grid, layout, map, known, &mut issues).rows(rows, &mut reading),
            },
        }
    }
    reading.rows.sort_by_key(|row| row.line);
    reading.totals = Totals::of(&reading.announcements, reading.rows.len(), map.converted.as_ref().map(|c| c.currency));
    reading.issues = issues.into_vec();
    reading
}

fn left_out(rows: &[Row], reason: &Message) -> Vec<RowOutcome> {
    rows.iter().map(|row| RowOutcome { line: row.line, outcome: Outcome::LeftOut(reason.clone()) }).collect()
}

fn code_of(text: &str) -> Result<Code, Message> {
    Code::new(text).map_err(|right| message!("code-wrong", code = text, right))
}

/// Reads rows, and keeps what one row says of those after it.
pub(super) struct Reader<'a> {
    grid: &'a Grid,
    pub(super) layout: Layout,
    pub(super) map: &'a Map,
    parties: Parties<'a>,
    issues: &'a mut Issues,
    /// How many rows each id has had.
    numbers: BTreeMap<String, u32>,
    /// The group of the row before.
    group: String,
    /// What stood in the columns that are filled, by group.
    filled: HashMap<(String, usize), String>,
    /// The texts of the values that a group repeats.
    pub(super) values: HashMap<String, Vec<String>>,
}

/// The texts of a row that is being read, and what it says of them.
pub(super) struct Texted<'r> {
    pub(super) row: &'r Row,
    pub(super) cells: Vec<String>,
    original: Vec<String>,
}

impl<'a> Reader<'a> {
    fn new(grid: &'a Grid, layout: Layout, map: &'a Map, known: &'a Picture, issues: &'a mut Issues) -> Self {
        Self {
            grid,
            layout,
            map,
            parties: Parties::new(map, known),
            issues,
            numbers: BTreeMap::new(),
            group: String::new(),
            filled: HashMap::new(),
            values: HashMap::new(),
        }
    }

    fn rows(mut self, rows: &[Row], reading: &mut TableReading) {
        for row in rows {
            let outcome = match self.row(row, &reading.table) {
                Ok(announcement) => {
                    let code = announcement.code.clone();
                    reading.announcements.push(announcement);
                    Outcome::Imported(code)
                }
                Err(reason) => Outcome::LeftOut(reason),
            };
            reading.rows.push(RowOutcome { line: row.line, outcome });
        }
        reading.parties = self.parties.into_new();
    }

    /// The row as an announcement, or the reason why it is none.
    fn row(&mut self, row: &Row, table: &str) -> Result<Announcement, Message> {
        if row.is_blank() {
            return Err(message!("blank-row"));
        }
        if let Some(skip) = self.map.skip.iter().find(|s| s.text.is_like(row.cell(self.layout.of(&s.column)))) {
            return Err(message!("skipped", reason = &skip.reason));
        }
        let code = self.code(row);
        let width = self.layout.names.len();
        if row.cells.iter().skip(width).any(|cell| !cell.trim().is_empty()) {
            let message = message!("cells-unlike-header", cells = row.cells.len(), width);
            self.issues.add(self.grid.place.issue(row.line, message.clone()));
            return Err(message);
        }
        let cells = (0..width).map(|column| self.cell(row, column)).collect();
        let mut texted = Texted { row, cells, original: Vec::new() };
        let group = self.fill(&mut texted);
        let announcement = self.announcement(&mut texted, code?, group, table)?;
        let mut found = Vec::new();
        announcement.rules(&mut Faults::of(Announcement::SHEET, "", &mut found));
        match found.first() {
            Some(fault) => {
                let said = fault.message.clone();
                let column = fault.column.unwrap_or_default();
                Err(self.refuse(&texted, None, message!("in-column", column, said)))
            }
            None => Ok(announcement),
        }
    }

    /// A cell's text; the empty text where a word of the map says that nothing stands there.
    fn cell(&self, row: &Row, column: usize) -> String {
        let text = plain(row.cell(column).trim());
        let empty = !text.is_empty() && self.map.empty.iter().any(|word| word.is_like(&text));
        if empty { String::new() } else { text.into_owned() }
    }

    /// The prefix, then the id and the running number within it, or the line. Rows that are left out count too, so that a better
    /// map gives the others the same code.
    fn code(&mut self, row: &Row) -> Result<Code, Message> {
        let Some(column) = &self.map.code.column else {
            return code_of(&format!("{}-{}", self.map.code.prefix, row.line));
        };
        let allowed = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '-') { c } else { '-' };
        let id: String = row.cell(self.layout.of(column)).trim().chars().map(allowed).collect();
        let id = if id.is_empty() { "none".to_owned() } else { id };
        let number = self.numbers.entry(id.clone()).or_default();
        *number += 1;
        code_of(&format!("{}-{id}-{number}", self.map.code.prefix))
    }

    /// Fills blank cells from the group's lines above, and gives the group.
    fn fill(&mut self, texted: &mut Texted<'_>) -> String {
        let group_at = self.map.group.column.as_ref().map(|column| self.layout.of(column));
        let fill: Vec<usize> = self.map.group.fill.iter().map(|column| self.layout.of(column)).collect();
        if let Some(at) = group_at {
            if texted.cells[at].is_empty() && fill.contains(&at) {
                texted.cells[at].clone_from(&self.group);
            }
            self.group.clone_from(&texted.cells[at]);
        }
        let group = group_at.map_or_else(String::new, |at| texted.cells[at].clone());
        for at in fill.into_iter().filter(|at| Some(*at) != group_at && !group.is_empty()) {
            let cell = &mut texted.cells[at];
            if cell.is_empty() {
                cell.clone_from(self.filled.entry((group.clone(), at)).or_default());
            } else {
                self.filled.insert((group.clone(), at), cell.clone());
            }
        }
        group
    }

    fn announcement(
        &mut self,
        texted: &mut Texted<'_>,
        code: Code,
        group: String,
        table: &str,
    ) -> Result<Announcement, Message> {
        let (map, line) = (self.map, texted.row.line);
        let party = self.party(texted)?;
        let (kind, kind_text) = self.kind(texted)?;
        let date = self.date(texted);
        let quantity = match &map.quantity {
            Some(column) => self.number::<3>(texted, column),
            None => None,
        };
        let money = self.money(texted, &group, date.as_ref())?;
        let sources = self.join(texted, &map.links);
        Ok(Announcement {
            code,
            party: Ref::new(party),
            kind,
            kind_text,
            item: self.join(texted, &map.item),
            quantity,
            date,
            value: money.value,
            value_currency: money.currency,
            converted_currency: money.converted.as_ref().and(map.converted.as_ref()).map(|c| c.currency),
            converted: money.converted,
            rate: money.rate.as_ref().map(|(rate, _, _)| *rate),
            rate_date: money.rate.as_ref().map(|(_, date, _)| *date),
            rate_source: money.rate.map(|(_, _, source)| source).unwrap_or_default(),
            group: figures::short(&group),
            table: Text::new(&figures::short(table)).map_err(|right| message!("table-name", right))?,
            line: u32::try_from(line).map_err(|_| message!("line-too-large"))?,
            original: figures::short(&texted.original.join("; ")),
            releasable_to: Release::Usual,
            source: if sources.is_empty() { figures::short(&map.source) } else { sources },
            fictional: map.fictional,
        })
    }

    /// Tells why a row is left out.
    pub(super) fn refuse(&mut self, texted: &Texted<'_>, at: Option<usize>, message: Message) -> Message {
        self.tell(texted, at, message.clone());
        match at {
            Some(at) => {
                let value = crate::issue::shown(&texted.cells[at]);
                message!("in-cell", column = &self.layout.names[at], value, said = message)
            }
            None => message,
        }
    }

    pub(super) fn tell(&mut self, texted: &Texted<'_>, at: Option<usize>, message: Message) {
        let issue = self.grid.place.issue(texted.row.line, message);
        self.issues.add(match at {
            Some(at) => issue.in_column(&self.layout.names[at], &texted.cells[at]),
            None => issue,
        });
    }

    /// Keeps the cell as it was published.
    pub(super) fn keep(&self, texted: &mut Texted<'_>, at: usize) {
        // A cell that was filled from above was published as a blank one.
        let published = plain(texted.row.cell(at).trim()).into_owned();
        if !published.is_empty() {
            let kept = format!("{}={published}", self.layout.names[at]);
            texted.original.push(kept);
        }
    }

    /// The first of the columns that has a text.
    fn first(&self, texted: &Texted<'_>, columns: &[Column]) -> Option<usize> {
        let all = columns.iter().map(|column| self.layout.of(column));
        all.clone().find(|at| !texted.cells[*at].is_empty()).or_else(|| all.clone().next())
    }

    fn join(&self, texted: &Texted<'_>, texts: &Texts) -> String {
        let mut parts: Vec<&str> = Vec::new();
        for column in &texts.columns {
            let text = texted.cells[self.layout.of(column)].as_str();
            if !text.is_empty() && !parts.contains(&text) {
                parts.push(text);
            }
        }
        figures::short(&parts.join(&texts.between))
    }

    fn party(&mut self, texted: &mut Texted<'_>) -> Result<Code, Message> {
        let at = self.first(texted, &self.map.party.columns).ok_or_else(|| message!("no-party-column"))?;
        self.keep(texted, at);
        match self.parties.find(&texted.cells[at]) {
            Ok(code) => Ok(code),
            Err(message) => Err(self.refuse(texted, Some(at), message)),
        }
    }

    fn kind(&mut self, texted: &Texted<'_>) -> Result<(AnnouncementKind, String), Message> {
        let map = &self.map.kind;
        let text = self.join(texted, &Texts { columns: map.columns.clone(), between: " / ".into() });
        let by_word = map.columns.iter().find_map(|column| {
            let cell = &texted.cells[self.layout.of(column)];
            map.words.iter().find(|(word, _)| !cell.is_empty() && word.is_like(cell)).map(|(_, kind)| *kind)
        });
        match by_word.or(map.default) {
            Some(kind) => Ok((kind, text)),
            None => {
                let at = self.first(texted, &map.columns);
                Err(self.refuse(texted, at, message!("kind-unknown")))
            }
        }
    }

    fn date(&mut self, texted: &mut Texted<'_>) -> Option<Stated<PartialDate>> {
        let at = self.first(texted, &self.map.date.columns)?;
        self.keep(texted, at);
        let said = figures::date(&texted.cells[at], self.map);
        if let Some(message) = said.issue {
            self.tell(texted, Some(at), message);
        }
        said.value
    }

    pub(super) fn number<const P: u32>(
        &mut self,
        texted: &mut Texted<'_>,
        column: &Column,
    ) -> Option<Stated<Fixed<P>>> {
        let at = self.layout.of(column);
        self.keep(texted, at);
        let said = figures::number(&texted.cells[at], texted.row.is_typed(at), self.map);
        if let Some(message) = said.issue {
            self.tell(texted, Some(at), message);
        }
        said.value
    }
}

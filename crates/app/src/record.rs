//! One record with its parts: as the viewer sees it, what they may do with it, and how it is saved.

use std::collections::BTreeMap;

use muster_domain::{
    label::Reach,
    picture::{Holds, Picture, SHAPES, Visitor, visit},
    policy::{self, Action, Deed},
    record::{Record, Shape},
    viewer::Viewer,
};
use muster_interchange::mission::{Source, read};
use sha2::{Digest, Sha256};

use crate::{
    Actor, App, Error,
    mission::{Expected, Imported},
};

/// A record with its parts.
#[derive(Clone, Debug)]
pub struct RecordView {
    /// Its sheet.
    pub shape: &'static Shape,
    /// Its key.
    pub key: String,
    /// Its cells, in the order of the columns.
    pub cells: Vec<String>,
    /// Its parts: each sheet of parts with its rows.
    pub parts: Vec<(&'static Shape, Vec<Vec<String>>)>,
    /// Changes whenever the record or a part of it does.
    pub etag: String,
    /// Whose it is, and to whom it is released.
    pub reach: Reach,
    /// What the viewer may do with it.
    pub can: Can,
}

/// What somebody may do with a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Can {
    /// Change it or its parts.
    pub edit: bool,
    /// Change its label.
    pub release: bool,
    /// The states into which they may take it.
    pub transitions: Vec<&'static str>,
}

impl RecordView {
    /// The text of a column; empty if there is none.
    pub fn cell(&self, column: &str) -> &str {
        let at = self.shape.columns.iter().position(|c| c.name == column);
        at.and_then(|n| self.cells.get(n)).map_or("", String::as_str)
    }
}

/// A record as somebody wrote it.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// Its sheet.
    pub sheet: String,
    /// Its columns that are not empty.
    pub cells: BTreeMap<String, String>,
    /// All its parts, by sheet. Parts of a sheet that is not named stay as they are.
    pub parts: BTreeMap<String, Vec<BTreeMap<String, String>>>,
}

/// The shape of a sheet.
///
/// # Errors
/// If there is no such sheet.
pub fn shape(sheet: &str) -> Result<&'static Shape, Error> {
    let found = SHAPES.iter().find(|s| s.sheet == sheet);
    found.ok_or_else(|| Error::NotFound { what: "sheet", code: sheet.to_owned() })
}

/// The sheets of parts of a sheet.
pub fn part_shapes(sheet: &str) -> impl Iterator<Item = &'static Shape> {
    SHAPES.iter().filter(move |s| s.part_of == Some(sheet))
}

/// The cells of a record, if it is there.
pub fn cells_of(picture: &Picture, sheet: &str, key: &str) -> Option<Vec<String>> {
    rows(picture, sheet, |k| k == key).pop()
}

/// The cells of a record's parts of one sheet, by key.
pub fn parts_of(picture: &Picture, part: &str, code: &str) -> Vec<Vec<String>> {
    rows(picture, part, |key| key.split(' ').next() == Some(code))
}

fn rows(picture: &Picture, sheet: &str, wanted: impl Fn(&str) -> bool) -> Vec<Vec<String>> {
    struct Collect<'a, F> {
        picture: &'a Picture,
        sheet: &'a str,
        wanted: F,
        rows: Vec<Vec<String>>,
    }
    impl<F: Fn(&str) -> bool> Visitor for Collect<'_, F> {
        fn visit<R: Record>(&mut self)
        where
            Picture: Holds<R>,
        {
            if R::SHEET == self.sheet {
                let rows = self.picture.of::<R>().iter().filter(|(key, _)| (self.wanted)(key));
                self.rows = rows.map(|(_, record)| record.cells()).collect();
            }
        }
    }
    let mut collect = Collect { picture, sheet, wanted, rows: Vec::new() };
    visit(&mut collect);
    collect.rows
}

/// A text that changes whenever a record or a part of it does; empty if it is not there.
pub fn etag(picture: &Picture, sheet: &str, key: &str) -> String {
    let Some(cells) = cells_of(picture, sheet, key) else { return String::new() };
    let mut hash = Sha256::new();
    let mut add = |cells: &[String]| {
        for cell in cells {
            hash.update((cell.len() as u64).to_be_bytes());
            hash.update(cell);
        }
    };
    add(&cells);
    for part in part_shapes(sheet) {
        parts_of(picture, part.sheet, key).iter().for_each(|row| add(row));
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

impl App {
    /// A record that the viewer sees.
    ///
    /// # Errors
    /// If they see none of that key, or the database fails.
    pub async fn record(&self, viewer: &Viewer, sheet: &str, key: &str) -> Result<RecordView, Error> {
        record_in(&*self.picture(viewer).await?, viewer, sheet, key)
    }

    /// Saves a record, whole, with its parts. With an `etag` it is changed, and only if it is still so; without, it is new.
    ///
    /// # Errors
    /// If it was changed meanwhile, or there is one of that key already, or the database fails. What is wrong with it, or forbidden, is
    /// in the result.
    pub async fn save(
        &self,
        draft: &Draft,
        etag: Option<&str>,
        actor: &Actor,
        dry_run: bool,
    ) -> Result<Imported, Error> {
        let shape = shape(&draft.sheet)?;
        let key = draft.cells.get(shape.key[0]).map(|key| key.trim().to_owned()).unwrap_or_default();
        let mut document = serde_json::Map::new();
        let row = |cells: &BTreeMap<String, String>| {
            let cells = cells.iter().filter(|(_, text)| !text.trim().is_empty());
            serde_json::Value::Object(cells.map(|(name, text)| (name.clone(), text.clone().into())).collect())
        };
        document.insert(shape.sheet.into(), vec![row(&draft.cells)].into());
        let seen = self.picture(&actor.viewer).await?;
        for part in part_shapes(shape.sheet) {
            let mut rows: Vec<BTreeMap<String, String>> = match draft.parts.get(part.sheet) {
                Some(rows) => rows.clone(),
                None => parts_of(&seen, part.sheet, &key).iter().map(|cells| named(part, cells)).collect(),
            };
            for row in &mut rows {
                row.insert(part.key[0].into(), key.clone());
            }
            if !rows.is_empty() {
                document.insert(part.sheet.into(), rows.iter().map(row).collect::<Vec<_>>().into());
            }
        }
        let bytes = serde_json::Value::Object(document).to_string().into_bytes();
        let reading = read(vec![Source { name: "record.json".into(), bytes }]);
        let expected = Expected { sheet: shape.sheet, key, etag: etag.unwrap_or_default().to_owned() };
        self.import(reading, Some(&expected), actor, dry_run).await
    }

    /// Whether the viewer may make a record of a sheet, at least one of their own party.
    pub fn may_create(viewer: &Viewer, sheet: &str) -> bool {
        policy::may(viewer, &Deed { action: Action::Create, sheet, own: true, state: None }).is_ok()
    }
}

/// The row as columns by name.
pub fn named(shape: &Shape, cells: &[String]) -> BTreeMap<String, String> {
    let pairs = shape.columns.iter().zip(cells).filter(|(_, text)| !text.is_empty());
    pairs.map(|(column, text)| (column.name.to_owned(), text.clone())).collect()
}

pub(crate) fn record_in(picture: &Picture, viewer: &Viewer, sheet: &str, key: &str) -> Result<RecordView, Error> {
    let shape = shape(sheet)?;
    let not_found = || Error::NotFound { what: "such record", code: key.chars().take(200).collect() };
    if shape.part_of.is_some() {
        return Err(not_found());
    }
    let cells = cells_of(picture, sheet, key).ok_or_else(not_found)?;
    let reach = shape.reach(&cells).unwrap_or_default();
    let view = RecordView {
        parts: part_shapes(sheet).map(|part| (part, parts_of(picture, part.sheet, key))).collect(),
        etag: etag(picture, sheet, key),
        key: key.to_owned(),
        can: Can::default(),
        reach,
        shape,
        cells,
    };
    Ok(RecordView { can: can(picture, viewer, &view), ..view })
}

fn can(picture: &Picture, viewer: &Viewer, view: &RecordView) -> Can {
    let own = view.reach.owner.as_ref().is_some_and(|owner| viewer.owns(owner));
    let sheet = view.shape.sheet;
    let may = |action, state| policy::may(viewer, &Deed { action, sheet, own, state }).is_ok();
    let transitions = policy::following(picture, sheet, &view.key).into_iter();
    Can {
        edit: may(Action::Edit, None),
        release: may(Action::Release, None),
        transitions: transitions.filter(|state| may(Action::Transition, Some(state))).collect(),
    }
}

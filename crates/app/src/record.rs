//! One record with its parts: as the viewer sees it, what they may do with it, and how it is saved.

use std::collections::BTreeMap;

use muster_domain::{
    label::Reach,
    picture::{Picture, SHAPES},
    policy::{self, Action, Deed},
    record::Shape,
    viewer::Viewer,
};
use muster_interchange::mission::{Source, read};
use serde_json::{Map, Value};
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
        self.shape.cell(&self.cells, column)
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
    Shape::of(sheet).ok_or_else(|| Error::NotFound { what: "sheet", code: sheet.to_owned() })
}

/// The sheets of parts of a sheet.
pub fn part_shapes(sheet: &str) -> impl Iterator<Item = &'static Shape> {
    SHAPES.iter().filter(move |s| s.part_of == Some(sheet))
}

/// A text that changes whenever a record or a part of it does; empty if it is not there.
pub fn etag(picture: &Picture, sheet: &str, key: &str) -> String {
    let Some(cells) = picture.cells(sheet, key) else { return String::new() };
    let mut hash = Sha256::new();
    let mut add = |cells: &[String]| {
        for cell in cells {
            hash.update((cell.len() as u64).to_be_bytes());
            hash.update(cell);
        }
    };
    add(&cells);
    for part in part_shapes(sheet) {
        picture.parts(part.sheet, key).iter().for_each(|row| add(row));
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
        let mut document = Map::new();
        let row = |cells: &BTreeMap<String, String>| {
            let cells = cells.iter().filter(|(_, text)| !text.trim().is_empty());
            Value::Object(cells.map(|(name, text)| (name.clone(), text.clone().into())).collect())
        };
        document.insert(shape.sheet.into(), vec![row(&draft.cells)].into());
        let seen = self.picture(&actor.viewer).await?;
        for part in part_shapes(shape.sheet) {
            let mut rows: Vec<BTreeMap<String, String>> = match draft.parts.get(part.sheet) {
                Some(rows) => rows.clone(),
                None => seen.parts(part.sheet, &key).iter().map(|cells| named(part, cells)).collect(),
            };
            for row in &mut rows {
                row.insert(part.key[0].into(), key.clone());
            }
            if !rows.is_empty() {
                document.insert(part.sheet.into(), rows.iter().map(row).collect::<Vec<_>>().into());
            }
        }
        let bytes = Value::Object(document).to_string().into_bytes();
        let reading = read(vec![Source { name: "record.json".into(), bytes }]);
        let expected = Expected { sheet: shape.sheet, key, etag: etag.unwrap_or_default().to_owned() };
        self.import(reading, &[expected], actor, dry_run).await
    }

    /// Whether the viewer may make a record of a sheet, at least one of their own party.
    pub fn may_create(viewer: &Viewer, sheet: &str) -> bool {
        policy::may(viewer, &Deed { action: Action::Create, sheet, own: true, state: None }).is_ok()
    }
}

impl RecordView {
    /// It with its parts as JSON: its columns that are not empty, and each sheet of parts as a list.
    pub fn json(&self) -> Value {
        whole(self.shape, &self.cells, self.parts.iter().map(|(part, rows)| (*part, rows.as_slice())))
    }
}

/// A record of a picture with its parts as JSON, as [`RecordView::json`].
pub fn json(picture: &Picture, shape: &Shape, key: &str, cells: &[String]) -> Value {
    let parts: Vec<(&Shape, Vec<Vec<String>>)> =
        part_shapes(shape.sheet).map(|part| (part, picture.parts(part.sheet, key))).collect();
    whole(shape, cells, parts.iter().map(|(part, rows)| (*part, rows.as_slice())))
}

fn whole<'a>(shape: &Shape, cells: &[String], parts: impl Iterator<Item = (&'a Shape, &'a [Vec<String>])>) -> Value {
    let object = |shape: &Shape, cells: &[String]| -> Map<String, Value> {
        named(shape, cells).into_iter().map(|(name, text)| (name, text.into())).collect()
    };
    let mut record = object(shape, cells);
    for (part, rows) in parts {
        let rows: Vec<Value> = rows.iter().map(|row| object(part, row).into()).collect();
        record.insert(part.sheet.to_owned(), rows.into());
    }
    record.into()
}

/// The row as columns by name.
pub fn named(shape: &Shape, cells: &[String]) -> BTreeMap<String, String> {
    let pairs = shape.columns.iter().zip(cells).filter(|(_, text)| !text.is_empty());
    pairs.map(|(column, text)| (column.name.to_owned(), text.clone())).collect()
}

pub(crate) fn record_in(picture: &Picture, viewer: &Viewer, sheet: &str, key: &str) -> Result<RecordView, Error> {
    let shape = shape(sheet)?;
    let not_found = || Error::NotFound { what: "record", code: key.chars().take(200).collect() };
    if shape.part_of.is_some() {
        return Err(not_found());
    }
    let cells = picture.cells(sheet, key).ok_or_else(not_found)?;
    let reach = shape.reach(&cells).unwrap_or_default();
    let view = RecordView {
        parts: part_shapes(sheet).map(|part| (part, picture.parts(part.sheet, key))).collect(),
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

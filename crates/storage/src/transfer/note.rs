//! What people say of consignments, and what they photographed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use muster_domain::code::Code;

use super::EntryRef;
use crate::{
    Error,
    db::{Batch, Conn, Value},
    statements,
};

statements! {
    NOTES = "SELECT entry, said_at, actor, text FROM consignment_note WHERE consignment = $1 ORDER BY entry";
    PHOTOS = "SELECT p.entry, p.hash FROM consignment_note n JOIN consignment_note_photo p ON p.entry = n.entry
        WHERE n.consignment = $1 ORDER BY p.entry, p.photo";
}

/// Something that was said of a consignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Of which.
    pub consignment: Code,
    /// When.
    pub said_at: Timestamp,
    /// By whom.
    pub actor: String,
    /// What.
    pub text: String,
    /// Hashes of photographs and papers.
    pub photos: Vec<String>,
    /// The entry that notes it.
    pub entry: EntryRef,
}

/// Rows of a note and of its photographs; `entry` is the number of the entry that notes it.
pub(super) fn rows(note: &Note, entry: i64) -> (Batch, Batch) {
    let head = vec![
        entry.into(),
        Value::from(&note.consignment),
        note.said_at.as_microsecond().into(),
        note.actor.as_str().into(),
        note.text.as_str().into(),
    ];
    let photo = |(number, hash): (i64, &String)| vec![entry.into(), number.into(), hash.as_str().into()];
    let photos = (0_i64..).zip(&note.photos).map(photo).collect();
    let into = "INSERT INTO consignment_note (entry, consignment, said_at, actor, text)";
    let with = "INSERT INTO consignment_note_photo (entry, photo, hash)";
    (Batch::insert(into, vec![head]), Batch::insert(with, photos))
}

/// What was said of a consignment, in its order.
///
/// # Errors
/// If the engine fails.
pub async fn notes(conn: &mut Conn, consignment: &Code) -> Result<Vec<Note>, Error> {
    let mut photos: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for row in conn.rows(PHOTOS, vec![consignment.into()]).await? {
        photos.entry(row.integer(0)?).or_default().push(row.text(1)?);
    }
    let mut notes = Vec::new();
    for row in conn.rows(NOTES, vec![consignment.into()]).await? {
        let entry = row.integer(0)?;
        notes.push(Note {
            consignment: consignment.clone(),
            said_at: row.timestamp(1)?,
            actor: row.text(2)?,
            text: row.text(3)?,
            photos: photos.remove(&entry).unwrap_or_default(),
            entry: EntryRef::Known(entry),
        });
    }
    Ok(notes)
}

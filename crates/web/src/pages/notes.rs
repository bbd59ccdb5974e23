//! What was said of a consignment, on its page.

use std::collections::BTreeMap;

use muster_app::{storage::transfer::note::Note, transfer::shown::Shown};
use muster_domain::{
    policy::{self, Action, Deed},
    viewer::Viewer,
};

use super::{figures, handovers::Kept};
use crate::address::escaped;

/// Notes, and whether the viewer may add one.
pub(crate) struct Notes {
    pub(crate) rows: Vec<NoteRow>,
    pub(crate) may: bool,
}

/// One note.
pub(crate) struct NoteRow {
    pub(crate) when: String,
    pub(crate) actor: String,
    pub(crate) text: String,
    pub(crate) kept: Vec<Kept>,
}

impl Notes {
    /// Those of a consignment as a viewer sees it. `kinds` says of what kind is what is kept with them, by hash.
    pub(crate) fn of(viewer: &Viewer, shown: &Shown, notes: Vec<Note>, kinds: &BTreeMap<String, String>) -> Self {
        let consignment = escaped(shown.head.code.as_str());
        let row = |note: Note| {
            let kept = (1..).zip(&note.photos).map(|(number, hash)| {
                let href = format!("/api/v1/consignments/{consignment}/attachments/{}", escaped(hash));
                Kept::of(kinds, hash, href, ("handover-photo", number))
            });
            NoteRow { when: figures::moment(note.said_at), kept: kept.collect(), actor: note.actor, text: note.text }
        };
        let own = viewer.party.is_some();
        let may = shown.whole && policy::may(viewer, &Deed { own, ..Deed::of(Action::Move) }).is_ok();
        Self { rows: notes.into_iter().map(row).collect(), may }
    }
}

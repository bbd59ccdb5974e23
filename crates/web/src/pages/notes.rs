//! What was said of a consignment, on its page.

use muster_app::{App, Error, storage::transfer::note::Note, transfer::shown::Shown};
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
    /// Those of a consignment as a viewer sees it.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn of(app: &App, viewer: &Viewer, shown: &Shown) -> Result<Self, Error> {
        let notes = app.consignment_notes(shown).await?;
        let kinds = app.note_photo_kinds(&notes).await?;
        let consignment = escaped(shown.head.code.as_str());
        let row = |note: Note| {
            let kept = (1..).zip(&note.photos).map(|(number, hash)| Kept {
                href: format!("/api/v1/consignments/{consignment}/attachments/{}", escaped(hash)),
                shows: kinds.get(hash).is_some_and(|kind| kind.starts_with("image/")),
                what: "handover-photo",
                number,
            });
            NoteRow { when: figures::moment(note.said_at), kept: kept.collect(), actor: note.actor, text: note.text }
        };
        let own = viewer.party.is_some();
        let may = shown.whole && policy::may(viewer, &Deed { own, ..Deed::of(Action::Move) }).is_ok();
        Ok(Self { rows: notes.into_iter().map(row).collect(), may })
    }
}

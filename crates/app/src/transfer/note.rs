//! Notes: what somebody says of a consignment, in whatever state it is, with what they photographed. Nothing in the books changes by it.

use muster_domain::{
    ledger::entry::{Activity, Entry},
    message,
    policy::Action,
    viewer::Viewer,
};
use muster_storage::transfer::{
    Write,
    note::{self as store, Note},
    read,
};

use super::{
    handover::MOST_PHOTOS,
    shown::{Shown, sees_all},
};
use crate::{Actor, App, Error, text::text_of};

/// Longest note, in characters: as long as a count of hundreds of lines with their serial numbers.
pub const LONGEST: usize = 50_000;

/// How the journal says it.
const SAID: &str = "something said";

impl App {
    /// What was said of a consignment of which the viewer sees all lines, in its order; of others nothing is told, since notes may name what
    /// they do not see.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn notes_of(&self, shown: &Shown) -> Result<Vec<Note>, Error> {
        match shown.whole {
            true => Ok(store::notes(&mut self.read().await?, &shown.head.code).await?),
            false => Ok(Vec::new()),
        }
    }

    /// The same for who asks for nothing else of it.
    ///
    /// # Errors
    /// If there is none, or the database fails.
    pub async fn consignment_notes(&self, viewer: &Viewer, code: &str) -> Result<Vec<Note>, Error> {
        let mut conn = self.read().await?;
        let none = || Error::NotFound { what: "consignment", code: code.to_owned() };
        let head = read::consignment_of(&mut conn, viewer, code).await?.ok_or_else(none)?;
        match sees_all(&mut conn, viewer, code).await? {
            true => Ok(store::notes(&mut conn, &head.code).await?),
            false => Ok(Vec::new()),
        }
    }

    /// A photograph or paper of a note of a consignment of which the viewer sees all lines, by its hash: media type and bytes.
    ///
    /// # Errors
    /// If there is none, or the database fails.
    pub async fn consignment_attachment(
        &self,
        viewer: &Viewer,
        code: &str,
        hash: &str,
    ) -> Result<(String, Vec<u8>), Error> {
        let none = || Error::NotFound { what: "attachment", code: hash.to_owned() };
        let notes = self.consignment_notes(viewer, code).await?;
        if !notes.iter().flat_map(|note| &note.photos).any(|photo| photo == hash) {
            return Err(none());
        }
        read::attachment(&mut self.read().await?, hash).await?.ok_or_else(none)
    }

    /// Says something of a consignment.
    ///
    /// # Errors
    /// If there is no such consignment, nothing or too much is said, a photograph was not kept before, the actor moves nothing of theirs or
    /// does not see all of it, or the database refuses.
    pub async fn consignment_note(
        &self,
        code: &str,
        text: &str,
        photos: &[String],
        actor: &Actor,
    ) -> Result<(), Error> {
        let mut conn = self.read().await?;
        let loaded = self.consignment(&mut conn, code, actor).await?;
        // Others may say something at the same time, and do something with it: neither is in the way of the other.
        let base = format!("{code} note {}", self.secret(16));
        let same =
            |before: &Entry| before.subject.consignment.as_ref() == Some(&loaded.head.code) && before.about == SAID;
        let Some(mut work) = self.work_on(conn, actor, &base, None, same).await? else { return Ok(()) };
        let own: Vec<_> = actor.viewer.party.iter().collect();
        work.may(Action::Move, &own)?;
        if read::lines(&mut work.conn, &actor.viewer, code).await?.len() != loaded.lines.len() {
            return Err(Error::Invalid(message!("consignment-note-part", consignment = code)));
        }
        let text = text_of("text", text, LONGEST)?;
        if photos.len() > MOST_PHOTOS {
            return Err(Error::Invalid(message!("at-most", most = MOST_PHOTOS)));
        }
        for photo in photos {
            work.kept(photo).await?;
        }
        let entry = work.noted(Activity::Inspect, &loaded.head.code, SAID.to_owned());
        work.writes.push(Write::Noted(Note {
            consignment: loaded.head.code.clone(),
            said_at: work.now,
            actor: work.actor.name().to_owned(),
            text,
            photos: photos.to_vec(),
            entry,
        }));
        work.done().await
    }
}

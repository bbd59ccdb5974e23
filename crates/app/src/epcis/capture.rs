//! Events of others come in: read, checked, and kept as they are, sealed by a note in the journal. They are evidence and move nothing.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use muster_domain::{
    ledger::entry::{Activity, Subject},
    policy::{self, Action, Deed},
    viewer::Viewer,
};
use muster_interchange::{
    epcis::{
        self, Apart, Reading,
        custody::Naming,
        event::Document,
        hash::{digest_of, event_hash_id},
        query::names,
    },
    issue::Issue,
};
use muster_storage::{
    epcis::{
        New, Walk, about,
        captured::{self, After, Kept, Wanted},
    },
    ledger::{Also, Request},
    transfer::read as transfer,
};

use crate::{Actor, App, Error, blocking, movement::refusal};

/// How often events are written when others tell the same at the same moment.
const TRIES: u32 = 8;

/// What becomes of a document in which something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFault {
    /// Nothing of it is kept.
    Rollback,
    /// Events without fault are kept.
    Proceed,
}

/// What came of a document.
#[derive(Clone, Debug, Default)]
pub struct Captured {
    /// Events without fault.
    pub read: usize,
    /// Of them those that are kept from now on.
    pub new: usize,
    /// Everything wrong, with its place.
    pub issues: Vec<Issue>,
    /// The ids of all events that are kept.
    pub ids: Vec<String>,
}

impl OnFault {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rollback => "rollback",
            Self::Proceed => "proceed",
        }
    }

    /// What is meant by a word, if it is one of the two.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Rollback, Self::Proceed].into_iter().find(|one| one.as_str() == word)
    }
}

impl App {
    /// Takes in a document's events. `file` is its name in issues.
    ///
    /// # Errors
    /// If the actor may not, or the ledger or the database refuses. Faults of the document are in what is given back.
    pub async fn epcis_capture(
        &self,
        file: &str,
        bytes: Vec<u8>,
        on_fault: OnFault,
        actor: &Actor,
    ) -> Result<Captured, Error> {
        may_capture(&actor.viewer)?;
        let name = file.to_owned();
        let reading = blocking(move || Ok(epcis::read(&name, &bytes))).await?;
        self.epcis_keep(reading, on_fault, actor).await
    }

    /// Keeps what was read of a document.
    ///
    /// # Errors
    /// As [`Self::epcis_capture`].
    pub async fn epcis_keep(&self, reading: Reading, on_fault: OnFault, actor: &Actor) -> Result<Captured, Error> {
        may_capture(&actor.viewer)?;
        let Reading { document, issues } = reading;
        let mut captured = Captured { read: document.events.len(), issues, ..Captured::default() };
        if document.events.is_empty() || (!captured.issues.is_empty() && on_fault == OnFault::Rollback) {
            return Ok(captured);
        }
        let naming = self.epcis_naming().await?;
        let actor_name = actor.name().to_owned();
        let party = actor.viewer.party.as_ref().map_or(String::new(), ToString::to_string);
        let (now, by) = (self.now(), party.clone());
        let all = blocking(move || Ok(all_new(document, &naming, &by, &actor_name, now))).await?;
        captured.ids = all.values().map(|new| new.kept.id.clone()).collect();
        let mut events: Vec<New> = all.into_values().collect();
        for attempt in 1.. {
            let known = captured::known(&mut self.read().await?, &party, &events).await?;
            events.retain(|new| !known.contains(&(new.kept.hash.clone(), new.kept.declared_at)));
            captured.new = events.len();
            if events.is_empty() {
                break;
            }
            let shared = Arc::new(events);
            let note = self.note(actor, Activity::Capture, Subject::default(), about(&shared));
            let request = Request { commands: vec![note], also: vec![Also::Capture(shared.clone(), 0)] };
            match self.ledger()?.submit(request).await {
                // Somebody else has just told some of it: the rest is still new.
                Err(muster_storage::Error::Conflict(_)) if attempt < TRIES => events = Arc::unwrap_or_clone(shared),
                done => {
                    done.map_err(refusal)?;
                    break;
                }
            }
        }
        Ok(captured)
    }

    /// Events of others that name a consignment or one of its handling units, a serial number, or a handling unit, as far as the viewer sees
    /// them, in the order in which they were taken in. Of these three what is absent does not matter.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn epcis_evidence(
        &self,
        viewer: &Viewer,
        [consignment, serial, sscc]: [Option<String>; 3],
        after: Option<&After>,
        limit: i64,
    ) -> Result<Vec<Kept>, Error> {
        let mut conn = self.read().await?;
        let mut wanted = Wanted::default();
        if let Some(code) = consignment {
            let mut names = vec![code.clone()];
            if transfer::consignment_of(&mut conn, viewer, &code).await?.is_some() {
                let units = transfer::handling_units(&mut conn, &code).await?;
                names.extend(units.into_iter().map(|unit| unit.sscc));
            }
            wanted.names.push((vec!["consignment", "sscc"], names));
        }
        wanted.names.extend(serial.map(|serial| (vec!["serial"], vec![serial])));
        wanted.names.extend(sscc.map(|sscc| (vec!["sscc"], vec![sscc])));
        let begin = (i64::MIN, String::new(), i64::MIN, String::new());
        Ok(captured::page(&mut conn, viewer, &wanted, after.unwrap_or(&begin), Walk::default(), limit).await?)
    }
}

/// Whoever may record that goods of their own party move may also say what others recorded of such.
pub(super) fn may_capture(viewer: &Viewer) -> Result<(), Error> {
    Ok(policy::may(viewer, &Deed { own: true, ..Deed::of(Action::Move) })?)
}

/// The events of a document by what tells them from each other. What stands there twice is there once.
fn all_new(
    document: Document,
    naming: &Naming,
    party: &str,
    actor: &str,
    now: Timestamp,
) -> BTreeMap<(String, i64), New> {
    let mut all = BTreeMap::new();
    let mut apart = Apart::new(&document.prefixes);
    for event in document.events {
        let hash_id = event_hash_id(&event);
        let hash = digest_of(&hash_id).unwrap_or_default().to_owned();
        let declared_at = event.error.as_ref().map_or(0, |error| error.time.at().as_microsecond());
        if all.contains_key(&(hash.clone(), declared_at)) {
            continue;
        }
        let place = |place: &Option<epcis::event::Location>| place.as_ref().map(|place| place.id.clone());
        let (read_point, location) = (place(&event.read_point), place(&event.location));
        let names = names(&event, naming);
        let kept = Kept {
            hash: hash.clone(),
            declared_at,
            party: party.to_owned(),
            id: event.id.clone().unwrap_or(hash_id),
            kind: event.kind.as_str().to_owned(),
            step: event.step.as_ref().map(|step| step.uri().to_owned()),
            disposition: event.disposition.as_ref().map(|disposition| disposition.uri().to_owned()),
            occurred_at: event.time.at(),
            captured_at: now,
            actor: actor.to_owned(),
            event: apart.write(event),
        };
        let new = New { kept, read_point, location, names };
        all.insert((hash, declared_at), new);
    }
    all
}

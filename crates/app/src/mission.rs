//! Records come in and go out: import of a mission with every problem named, export, templates, transitions, history.

use std::collections::BTreeMap;

use muster_domain::{
    change::{Change, changes, keep_labels, merged},
    code::Ref,
    date::PartialDate,
    fault::{Fault, Faults},
    field::{Field, Text},
    item::Item,
    ledger::entry::Activity,
    message,
    message::Value,
    offer::{Offer, OfferState},
    package::Package,
    participation::{Participation, ParticipationState, ParticipationStep},
    picture::{Holds, Picture, SHAPES},
    policy::{self, Denied},
    record::{Record, Shape},
    requirement::{Requirement, RequirementState},
    serial::{Serial, SerialState},
    viewer::{Sight, Viewer},
};
use muster_interchange::{
    Issue,
    mission::{Reading, Source, read},
};
use muster_storage::{
    Error as StorageError,
    ledger::{
        Request,
        read::{self as journal, EntryFilter},
    },
    picture::{self, Past},
    transfer::stock::units_of_item,
};

use crate::{
    Actor, App, Error,
    commitment::{self, Standing},
    everything,
    record::{etag, shape},
};

/// What came of an import, or would come of it.
#[derive(Debug)]
pub struct Imported {
    /// All problems; if there is one, nothing was written.
    pub issues: Vec<Issue>,
    /// What is new, other than before or gone.
    pub changes: Vec<Change>,
    /// How many records were read, by sheet.
    pub read: BTreeMap<&'static str, usize>,
    /// How many entries the ledger got.
    pub entries: usize,
    /// Whether it was only tried.
    pub dry_run: bool,
    /// What the actor may not do; each is among the problems too.
    pub denied: Vec<Denied>,
    /// Whether it was done before, under the same key.
    pub repeated: bool,
}

/// What a record must still be when it is changed.
#[derive(Clone, Debug)]
pub struct Expected {
    /// Its sheet.
    pub sheet: &'static str,
    /// Its key.
    pub key: String,
    /// What [`etag`] said of it.
    pub etag: String,
}

/// How often an import is tried when other records change meanwhile.
const TRIES: u32 = 8;

impl Imported {
    /// Itself if it has no problem, or the first.
    ///
    /// # Errors
    /// What the actor may not do, or else the first problem.
    pub fn done(mut self) -> Result<Self, Error> {
        if !self.denied.is_empty() {
            return Err(Error::Denied(self.denied.swap_remove(0)));
        }
        match self.issues.first() {
            Some(issue) => Err(Error::Invalid(issue.told_message())),
            None => Ok(self),
        }
    }

    /// How many records of a sheet are new, changed, removed.
    pub fn counts(&self, sheet: &str) -> (usize, usize, usize) {
        let count = |of: fn(&Change) -> bool| self.changes.iter().filter(|c| c.sheet == sheet && of(c)).count();
        (
            count(|c| c.before.is_none()),
            count(|c| c.before.is_some() && c.after.is_some()),
            count(|c| c.after.is_none()),
        )
    }
}

impl App {
    /// Imports a mission from its files: all of it, or with any problem nothing.
    ///
    /// # Errors
    /// If the database fails, or records changed while the import was being checked. Problems of the files are in the result.
    pub async fn import_mission(&self, sources: Vec<Source>, actor: &Actor, dry_run: bool) -> Result<Imported, Error> {
        self.import(read(sources), &[], actor, dry_run).await
    }

    /// The one way by which records change, whatever they come from. What the actor does not see is neither read nor told; each change
    /// is held against the policy. `expected` is what records must still be.
    pub(crate) async fn import(
        &self,
        mut reading: Reading,
        expected: &[Expected],
        actor: &Actor,
        dry_run: bool,
    ) -> Result<Imported, Error> {
        let incoming = reading.picture.clone();
        let mut tries = 0;
        loop {
            tries += 1;
            reading.picture.clone_from(&incoming);
            match self.import_once(&mut reading, expected, actor, dry_run).await {
                Err(Error::Storage(StorageError::Conflict(_))) if tries < TRIES => {}
                outcome => return outcome,
            }
        }
    }

    async fn import_once(
        &self,
        reading: &mut Reading,
        expected: &[Expected],
        actor: &Actor,
        dry_run: bool,
    ) -> Result<Imported, Error> {
        let mut conn = self.read().await?;
        let (seen, version) = self.memory.picture(&mut conn, &actor.viewer).await?;
        let (whole, _) = self.memory.picture(&mut conn, &everything()).await?;
        let repeated = match &actor.key {
            Some(key) => journal::entry_by_key(&mut conn, &format!("{} {key}", actor.name())).await?,
            None => None,
        };
        drop(conn);
        let is_other = |expected: &Expected| etag(&seen, expected.sheet, &expected.key) != expected.etag;
        if repeated.is_none() && expected.iter().any(is_other) {
            return Err(Error::Changed);
        }
        keep_labels(&seen, &mut reading.picture);
        let mut issues = reading.issues.clone();
        let sees_all = actor.viewer.sight == Sight::Everything;
        issues.extend(if sees_all { reading.check(&seen) } else { reading.check_seen(&seen) });
        let (changes, refused) = changes(&seen, &reading.picture);
        issues.extend(refused.iter().map(|fault| reading.locate(fault)));
        let (denied, faults) = allowed(actor, &changes, &seen, &whole, &reading.picture);
        issues.extend(faults.iter().map(|fault| reading.locate(fault)));
        if changes.iter().any(|change| change.sheet == Serial::SHEET) {
            let ends = self.serial_faults(&mut self.read().await?, &changes).await?;
            issues.extend(ends.iter().map(|fault| reading.locate(fault)));
        }
        let read = counts(&reading.picture);
        let mut imported = Imported { issues, changes, read, entries: 0, dry_run, denied, repeated: false };
        if let Some(before) = repeated {
            if before.activity != Activity::Change {
                return Err(Error::Invalid(message!("key-used")));
            }
            imported.repeated = true;
            return Ok(imported);
        }
        if !imported.issues.is_empty() || imported.changes.is_empty() {
            return Ok(imported);
        }
        let tracked = self.tracking_faults(&imported.changes).await?;
        imported.issues.extend(tracked.iter().map(|fault| reading.locate(fault)));
        let after = merged(&whole, &reading.picture);
        let standing = self.standing(&imported.changes).await?;
        let now = (version, self.now());
        let (commands, faults) = commitment::commands(&whole, &after, &imported.changes, &standing, actor, now);
        imported.issues.extend(faults.iter().map(|fault| reading.locate(fault)));
        imported.entries = commands.len();
        if !imported.issues.is_empty() || dry_run {
            return Ok(imported);
        }
        let mut request = Request { commands, also: Vec::new() };
        self.records(&mut request, imported.changes.clone(), version, actor);
        self.ledger()?.submit(request).await?;
        Ok(imported)
    }

    /// Items whose units are told apart in another way from now on, while there are some in the books: those could not move any more.
    async fn tracking_faults(&self, changes: &[Change]) -> Result<Vec<Fault>, Error> {
        let mut found = Vec::new();
        for change in changes.iter().filter(|change| change.sheet == Item::SHEET && change.before.is_some()) {
            let columns = change.columns();
            let Some((column, before, after)) = columns.into_iter().find(|(column, ..)| *column == "tracking") else {
                continue;
            };
            let held = units_of_item(&mut self.read().await?, &change.key).await?;
            if held > 0 {
                let why = message!("tracking-in-use", held, before = Value::word(before));
                Faults::of(Item::SHEET, &change.key, &mut found).column(column, after, why);
            }
        }
        Ok(found)
    }

    /// What is pending and what has come, for the offers among `changes` that were there before.
    async fn standing(&self, changes: &[Change]) -> Result<BTreeMap<String, Standing>, Error> {
        let offers: Vec<&str> =
            changes.iter().filter(|c| c.sheet == Offer::SHEET && c.before.is_some()).map(|c| c.key.as_str()).collect();
        let mut conn = self.read().await?;
        let mut standing = BTreeMap::new();
        for offer in offers {
            let filter = EntryFilter { offer: Some(offer.to_owned()), ..EntryFilter::default() };
            let open = journal::open(&mut conn, &filter, Some(Activity::Commit), 0, 1_000).await?;
            let come = journal::settled(&mut conn, offer, Activity::Commit).await?;
            standing.insert(
                offer.to_owned(),
                Standing { open: open.iter().map(|o| (o.entry, o.quantity)).collect(), come },
            );
        }
        Ok(standing)
    }

    /// Takes an offer, requirement, package or serial into another state.
    ///
    /// # Errors
    /// If there is no such record, the state may not follow, or the database fails.
    pub async fn transition(&self, sheet: &str, code: &str, state: &str, actor: &Actor) -> Result<Imported, Error> {
        let sheet = shape(sheet)?.sheet;
        self.transition_if(sheet, code, state, None, actor).await?.done()
    }

    /// Takes an offer, requirement, package, participation or serial into another state, with an `etag` only if the record is still so.
    ///
    /// # Errors
    /// If there is no such record, it was changed meanwhile, or the database fails. What is wrong, or forbidden, is in the result.
    pub async fn transition_if(
        &self,
        sheet: &'static str,
        code: &str,
        state: &str,
        etag: Option<&str>,
        actor: &Actor,
    ) -> Result<Imported, Error> {
        let expected = etag.map(|etag| Expected { sheet, key: code.to_owned(), etag: etag.to_owned() });
        let current = self.picture(&actor.viewer).await?;
        let mut incoming = Picture::default();
        let invalid = |right| Error::Invalid(message!("state-must-be", right));
        match sheet {
            Offer::SHEET => {
                let mut offer = found(&current.offers, "offer", code)?;
                let state = OfferState::parse(state).map_err(invalid)?;
                self.is_said_by_hand(&offer, state).await?;
                offer.state = state;
                offer.state_reason.clone_from(&actor.reason);
                incoming.put(offer);
                keep_parts(&current.clearances, code, &mut incoming);
            }
            Requirement::SHEET => {
                let mut requirement = found(&current.requirements, "requirement", code)?;
                requirement.state = RequirementState::parse(state).map_err(invalid)?;
                requirement.state_reason.clone_from(&actor.reason);
                incoming.put(requirement);
                keep_parts(&current.requirement_accepts, code, &mut incoming);
            }
            Package::SHEET => {
                let mut package = found(&current.packages, "package", code)?;
                package.state = RequirementState::parse(state).map_err(invalid)?;
                package.state_reason.clone_from(&actor.reason);
                incoming.put(package);
                keep_parts(&current.package_components, code, &mut incoming);
            }
            Participation::SHEET => {
                let participation = found(&current.participations, "participation", code)?;
                let step = ParticipationStep {
                    participation: Ref::new(participation.code.clone()),
                    step: u32::try_from(current.steps(code).len()).unwrap_or(u32::MAX).saturating_add(1),
                    state: ParticipationState::parse(state).map_err(invalid)?,
                    on: PartialDate::parse(&self.today().to_string()).map_err(Error::must_be)?,
                    statement: None,
                    by: Text::new(actor.name()).map_err(Error::must_be)?,
                    reason: Text::new(&actor.reason)
                        .map_err(|right| Error::Invalid(message!("reason-must-be", right)))?,
                    source: format!("recorded in Muster by {}", actor.name()),
                    fictional: participation.fictional,
                };
                incoming.put(participation);
                keep_parts(&current.participation_steps, code, &mut incoming);
                incoming.put(step);
            }
            Serial::SHEET => {
                let mut serial = found(&current.serials, "serial", code)?;
                serial.state = SerialState::parse(state).map_err(invalid)?;
                serial.state_reason.clone_from(&actor.reason);
                if serial.state == SerialState::Confirmed && serial.announced.is_none() {
                    serial.announced = Some(self.today());
                }
                incoming.put(serial);
                keep_serial_parts(&current, code, &mut incoming);
            }
            _ => return Err(Error::Invalid(message!("no-states"))),
        }
        self.import(Reading::of(incoming), expected.as_slice(), actor, false).await
    }

    /// The newest changes of a record, newest first.
    ///
    /// # Errors
    /// If there is no such sheet, or the database fails.
    pub async fn history(&self, viewer: &Viewer, sheet: &str, key: &str) -> Result<Vec<Past>, Error> {
        if !SHAPES.iter().any(|shape| shape.sheet == sheet) {
            return Err(Error::NotFound { what: "sheet", code: sheet.to_owned() });
        }
        Ok(picture::history(&mut self.read().await?, viewer, sheet, key).await?)
    }
}

/// Which changes the policy forbids, and what else keeps somebody from making them.
fn allowed(
    actor: &Actor,
    changes: &[Change],
    seen: &Picture,
    whole: &Picture,
    incoming: &Picture,
) -> (Vec<Denied>, Vec<Fault>) {
    let viewer = &actor.viewer;
    let after = merged(seen, incoming);
    let (mut denied, mut faults) = (Vec::new(), Vec::new());
    for change in changes {
        let Some(shape) = Shape::of(change.sheet) else { continue };
        for deed in policy::deeds(viewer, change, seen, &after) {
            if let Err(refusal) = policy::may(viewer, &deed) {
                Faults::of(shape.sheet, &change.key, &mut faults).record(refusal.message());
                denied.push(refusal);
            }
        }
        // Whoever sees not everything cannot know which codes are free: those that begin with their party's are theirs alone.
        if let (Some(prefix), None, true) = (own_prefix(viewer), &change.before, shape.usual.is_some()) {
            let mut faults = Faults::of(shape.sheet, &change.key, &mut faults);
            let own = change.key.starts_with(&prefix);
            faults.require(own, shape.key[0], change.key.as_str(), message!("code-begins", prefix));
            // Of other codes nothing is told, not even that they are taken.
            let free = !own || !whole.has(shape.sheet, &change.key);
            faults.require(free, shape.key[0], change.key.as_str(), message!("code-taken"));
        }
    }
    (denied, faults)
}

/// How the codes begin that somebody may give who sees not everything: by their party.
pub(crate) fn own_prefix(viewer: &Viewer) -> Option<String> {
    let own = viewer.party.as_ref().filter(|_| viewer.sight != Sight::Everything);
    own.map(|party| format!("{party}-"))
}

fn found<R: Clone>(sheet: &BTreeMap<String, R>, what: &'static str, code: &str) -> Result<R, Error> {
    sheet.get(code).cloned().ok_or_else(|| Error::NotFound { what, code: code.to_owned() })
}

/// A record that comes in without its parts would lose them.
pub(crate) fn keep_parts<R: Record>(sheet: &BTreeMap<String, R>, code: &str, incoming: &mut Picture)
where
    Picture: Holds<R>,
{
    for (_, part) in sheet.iter().filter(|(key, _)| key.split(' ').next() == Some(code)) {
        incoming.put(part.clone());
    }
}

/// As [`keep_parts`], for all parts of a serial.
pub(crate) fn keep_serial_parts(picture: &Picture, code: &str, incoming: &mut Picture) {
    keep_parts(&picture.serial_uses, code, incoming);
    keep_parts(&picture.serial_instructors, code, incoming);
    keep_parts(&picture.serial_quotas, code, incoming);
}

pub(crate) fn counts(picture: &Picture) -> BTreeMap<&'static str, usize> {
    struct Count<'a>(&'a Picture, BTreeMap<&'static str, usize>);
    impl muster_domain::picture::Visitor for Count<'_> {
        fn visit<R: Record>(&mut self)
        where
            Picture: Holds<R>,
        {
            self.1.insert(R::SHEET, self.0.of::<R>().len());
        }
    }
    let mut count = Count(picture, BTreeMap::new());
    muster_domain::picture::visit(&mut count);
    count.1
}

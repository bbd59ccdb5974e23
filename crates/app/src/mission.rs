//! Records come in and go out: import of a mission with every problem named, export, templates, transitions, history.

use std::collections::BTreeMap;

use muster_domain::{
    field::Field,
    ledger::{books::Outcome, entry::Activity},
    offer::{Offer, OfferState},
    package::Package,
    picture::{Change, Holds, Picture, SHAPES, changes, merged},
    record::Record,
    requirement::{Requirement, RequirementState},
};
use muster_interchange::{
    Issue,
    mission::{Reading, Source, read},
};
use muster_storage::{
    ledger::{
        Also, Request,
        read::{self as journal, EntryFilter},
    },
    picture::{self, By, Past},
};

use crate::{
    Actor, App, Error,
    commitment::{self, Standing},
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
}

impl Imported {
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
        let reading = read(sources);
        self.import(reading, actor, dry_run).await
    }

    pub(crate) async fn import(&self, reading: Reading, actor: &Actor, dry_run: bool) -> Result<Imported, Error> {
        let (current, version) = self.picture().await?;
        let mut issues = reading.issues.clone();
        issues.extend(reading.check(&current));
        let (changes, refused) = changes(&current, &reading.picture);
        issues.extend(refused.iter().map(|fault| reading.locate(fault)));
        let mut imported = Imported { issues, changes, read: counts(&reading.picture), entries: 0, dry_run };
        if !imported.issues.is_empty() || imported.changes.is_empty() {
            return Ok(imported);
        }
        let after = merged(&current, &reading.picture);
        let standing = self.standing(&imported.changes).await?;
        let now = (version, self.now());
        let (commands, faults) = commitment::commands(&current, &after, &imported.changes, &standing, actor, now);
        imported.issues.extend(faults.iter().map(|fault| reading.locate(fault)));
        imported.entries = commands.len();
        if !imported.issues.is_empty() || dry_run {
            return Ok(imported);
        }
        let by = By { actor: actor.name.clone(), reason: actor.reason.clone(), at: self.now() };
        let records = Also::Records { changes: imported.changes.clone(), version, by };
        self.ledger()?.submit(Request { commands, also: vec![records] }).await?;
        Ok(imported)
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

    /// Takes an offer, requirement or package into another state.
    ///
    /// # Errors
    /// If there is no such record, the state may not follow, or the database fails.
    pub async fn transition(&self, sheet: &str, code: &str, state: &str, actor: &Actor) -> Result<Imported, Error> {
        let (current, _) = self.picture().await?;
        let mut incoming = Picture::default();
        let invalid = |right: String| Error::Invalid(format!("the state must be {right}"));
        match sheet {
            Offer::SHEET => {
                let mut offer = found(&current.offers, "offer", code)?;
                offer.state = OfferState::parse(state).map_err(invalid)?;
                offer.state_reason.clone_from(&actor.reason);
                incoming.put(offer);
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
            _ => return Err(Error::Invalid("only offers, requirements and packages have states to change".into())),
        }
        let imported = self.import(Reading::of(incoming), actor, false).await?;
        match imported.issues.first() {
            Some(issue) => Err(Error::Invalid(issue.message.clone())),
            None => Ok(imported),
        }
    }

    /// The newest changes of a record, newest first.
    ///
    /// # Errors
    /// If there is no such sheet, or the database fails.
    pub async fn history(&self, sheet: &str, key: &str) -> Result<Vec<Past>, Error> {
        if !SHAPES.iter().any(|shape| shape.sheet == sheet) {
            return Err(Error::NotFound { what: "sheet", code: sheet.to_owned() });
        }
        Ok(picture::history(&mut self.read().await?, sheet, key).await?)
    }
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

fn counts(picture: &Picture) -> BTreeMap<&'static str, usize> {
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

/// How many entries were written, not repeated.
pub(crate) fn written(outcomes: &[Outcome]) -> usize {
    outcomes.iter().filter(|o| matches!(o, Outcome::Written(_))).count()
}

//! End-use monitoring: which units in service must be checked by when, which are overdue – as of any date – and what inspectors found. A
//! check that was of another unit, or found something else, is taken back.

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    end_use::{CheckRule, Checks, Grade},
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::Activity,
    },
    message,
    picture::Picture,
    policy::{self, Action, Deed},
    viewer::Viewer,
};
use muster_storage::{
    ledger::read::AsOf,
    transfer::{
        Inspection, Write,
        corrected::TakenBack,
        held::{self, HeldFilter},
        inspection::{self as store, Among, DuePlace, InService, Watch, WatchedKind},
    },
};

use super::{Work, third_party::givers};
use crate::{Actor, App, Error, everything};

/// Most units of a list.
pub const MOST: usize = 10_000;

/// A unit that is to be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The unit, where it is, and when it was received and last checked.
    pub unit: InService,
    /// When the next check is due.
    pub due_at: Timestamp,
    /// Whether that had passed, as of the date of the list.
    pub overdue: bool,
    /// The records that say so: of several rules the strictest.
    pub rules: Vec<RuleName>,
}

/// A caveat or a rule of the mission: its sheet and code.
pub type RuleName = (&'static str, String);

/// Which units that are to be checked are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueFilter {
    /// Only those that are due before this.
    pub before: Option<Timestamp>,
    /// Only those that are overdue.
    pub overdue: bool,
    /// Only those of these.
    pub among: Among,
    /// Only those after this place of the list.
    pub after: Option<DuePlace>,
    /// At most so many, and never more than [`MOST`].
    pub limit: usize,
}

impl Default for DueFilter {
    fn default() -> Self {
        Self { before: None, overdue: false, among: Among::default(), after: None, limit: MOST }
    }
}

/// Units that are to be checked, and how many of all that are watched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DueList {
    /// The longest overdue first.
    pub due: Vec<Due>,
    /// Where the list goes on; none: there are no more.
    pub next: Option<DuePlace>,
    /// Units in service of which somebody asks for checks.
    pub watched: usize,
    /// How many of them are overdue.
    pub overdue: usize,
}

/// What an inspector found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The resource.
    pub resource: String,
    /// The serial number.
    pub serial: String,
    /// What was found.
    pub grade: Grade,
    /// When; none: now.
    pub at: Option<Timestamp>,
    /// Hash of a photograph or paper that was kept before; empty for none.
    pub evidence: String,
    /// A remark.
    pub remark: String,
}

impl App {
    /// Units in service that must be checked, as of a date as known on a date.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn end_use(&self, viewer: &Viewer, as_of: AsOf, filter: &DueFilter) -> Result<DueList, Error> {
        let mut conn = self.read().await?;
        // Caveats that one does not see ask for checks, too.
        let (picture, _) = self.memory.picture(&mut conn, &everything()).await?;
        let moment = if as_of.occurred == Timestamp::MAX { self.now() } else { as_of.occurred };
        let kinds: Vec<WatchedKind> = store::kinds(&mut conn, as_of)
            .await?
            .into_iter()
            .filter_map(|(item, caveats)| {
                let rules = CheckRule::all(&picture, item.as_str(), caveats.split('|'));
                let checks = Checks::strictest(rules.iter().map(|rule| rule.checks))?;
                Some(WatchedKind { item, caveats, checks })
            })
            .collect();
        let overdue = filter.overdue.then_some(moment);
        let before = [filter.before, overdue].into_iter().flatten().min();
        let watch = Watch { at: as_of, kinds: &kinds, moment, before, among: &filter.among };
        let totals = store::totals(&mut conn, viewer, &watch).await?;
        let most = filter.limit.min(MOST);
        let limit = i64::try_from(most + 1).unwrap_or(0);
        let mut due = store::due(&mut conn, viewer, &watch, (filter.after.as_ref(), limit)).await?;
        let more = due.len() > most;
        due.truncate(most);
        let place =
            |(unit, due): &(InService, Timestamp)| (due.as_microsecond(), unit.serial.clone(), unit.item.to_string());
        let next = due.last().filter(|_| more).map(place);
        let shown = |(unit, due_at): (InService, Timestamp)| {
            let rules = decisive(&rules_of(&picture, &unit), &unit);
            Due { unit, due_at, overdue: due_at < moment, rules }
        };
        let due = due.into_iter().map(shown).collect();
        Ok(DueList { due, next, watched: totals.watched, overdue: totals.overdue })
    }

    /// Records what an inspector found of a unit in service.
    ///
    /// # Errors
    /// If no unit has it, it was not received then, the actor acts neither for who has it nor for a nation that gave it, the evidence was not
    /// kept, or the ledger or the database refuses.
    pub async fn inspect(&self, found: &Found, actor: &Actor) -> Result<Code, Error> {
        let code = self.dated_code("I");
        let Some(mut work) = self.work(actor, code.as_str(), found.at).await? else {
            return self.named_before(actor, "I").await;
        };
        work.checked(found, &code).await?;
        work.done().await?;
        Ok(code)
    }

    /// A check was of another unit or found something else, for the actor's reason: it counts for nothing from now on, neither when the next
    /// is due nor as that it was not found. It stays with the unit, as taken back; what was known before knows it still.
    ///
    /// # Errors
    /// If there is no such check or it was taken back before, the actor acts neither for who has the unit nor for a nation that gave it, or the
    /// ledger or the database refuses.
    pub async fn check_taken_back(&self, code: &str, actor: &Actor) -> Result<(), Error> {
        let found = self.inspection(&actor.viewer, code).await?;
        let twice = || Error::Invalid(message!("check-taken-back-before", check = code));
        if found.taken_back.is_some() && actor.key.is_none() {
            return Err(twice());
        }
        let did = format!("{code} taken back");
        let Some(mut work) = self.work_once(actor, (&did, &did), None).await? else { return Ok(()) };
        // Whatever became of it since.
        let unit = Some((found.resource.to_string(), found.serial.clone()));
        let filter = HeldFilter { unit, ..HeldFilter::default() };
        let none = || Error::NotFound { what: "inspection", code: code.to_owned() };
        let held = held::list(&mut work.conn, &everything(), &filter, 1).await?.pop().ok_or_else(none)?;
        work.checks(&held.account, &found.serial, none).await?;
        if found.taken_back.is_some() {
            return Err(twice());
        }
        // What somebody else found of what a nation gave is that nation's to take back, or the mission's.
        if found.actor != work.actor.name() && work.may(Action::Resolve, &[]).is_err() {
            let givers = work.givers(&held.account, &found.serial).await?;
            if !givers.is_empty() {
                work.may(Action::Consent, &givers.iter().collect::<Vec<_>>())?;
            }
        }
        let about = format!("{did}: {} {} {}", found.grade, found.resource, found.serial);
        let entry = work.noted_about(Activity::Check, about);
        let (actor, reason) = (work.actor.name().to_owned(), work.actor.reason.clone());
        let back = TakenBack { recorded_at: work.now, actor, reason, entry };
        work.writes.push(Write::InspectionTakenBack((found.code, found.serial), back));
        work.done().await
    }

    /// Whether the viewer may check a unit, in the account in which it is: as who has it, or for a nation that gave it.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn may_check(&self, viewer: &Viewer, held: &AccountKey, serial: &str) -> Result<bool, Error> {
        let mut conn = self.read().await?;
        let (picture, _) = self.memory.picture(&mut conn, &everything()).await?;
        let givers = givers(&mut conn, &picture, held, serial).await?;
        let may =
            |action, party: &Code| policy::may(viewer, &Deed { own: viewer.owns(party), ..Deed::of(action) }).is_ok();
        Ok(may(Action::Move, &held.holder) || givers.iter().any(|nation| may(Action::Consent, nation)))
    }

    /// The checks of a unit that the viewer sees in service, in order.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn inspections(&self, viewer: &Viewer, resource: &str, serial: &str) -> Result<Vec<Inspection>, Error> {
        let mut conn = self.read().await?;
        match store::is_known(&mut conn, viewer, resource, serial).await? {
            true => Ok(store::of_unit(&mut conn, resource, serial).await?),
            false => Ok(Vec::new()),
        }
    }

    /// A check of a unit that the viewer sees.
    ///
    /// # Errors
    /// If there is none, or the database fails.
    pub async fn inspection(&self, viewer: &Viewer, code: &str) -> Result<Inspection, Error> {
        let not_found = || Error::NotFound { what: "inspection", code: code.to_owned() };
        let mut conn = self.read().await?;
        let found = store::one(&mut conn, code).await?.ok_or_else(not_found)?;
        match store::is_known(&mut conn, viewer, found.resource.as_str(), &found.serial).await? {
            true => Ok(found),
            false => Err(not_found()),
        }
    }

    /// The photograph or paper that goes with a check of a unit that the viewer sees: media type and bytes.
    ///
    /// # Errors
    /// If there is none, or the database fails.
    pub async fn evidence(&self, viewer: &Viewer, inspection: &str) -> Result<(String, Vec<u8>), Error> {
        let found = self.inspection(viewer, inspection).await?;
        let kept = muster_storage::transfer::read::attachment(&mut self.read().await?, &found.evidence).await?;
        kept.ok_or_else(|| Error::NotFound { what: "inspection", code: inspection.to_owned() })
    }

    /// A unit that the viewer sees in service, with its next check if one is due; none if it is not in service.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn unit_in_service(
        &self,
        viewer: &Viewer,
        resource: &str,
        serial: &str,
    ) -> Result<Option<(InService, Option<NextCheck>)>, Error> {
        let mut conn = self.read().await?;
        let (picture, _) = self.memory.picture(&mut conn, &everything()).await?;
        let found = store::in_service_one(&mut conn, viewer, resource, serial).await?;
        Ok(found.map(|unit| {
            let rules = rules_of(&picture, &unit);
            let checks = Checks::strictest(rules.iter().map(|rule| rule.checks));
            let due_at = checks.and_then(|checks| checks.due(unit.received_at, unit.checked_at));
            let next = due_at.map(|due_at| NextCheck { due_at, rules: decisive(&rules, &unit) });
            (unit, next)
        }))
    }
}

/// When a unit is to be checked next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextCheck {
    /// When it is due.
    pub due_at: Timestamp,
    /// The records that say so.
    pub rules: Vec<RuleName>,
}

/// The records that ask for checks of a unit.
fn rules_of<'p>(picture: &'p Picture, unit: &InService) -> Vec<CheckRule<'p>> {
    CheckRule::all(picture, unit.item.as_str(), unit.account.caveats.iter().map(Code::as_str))
}

/// Those that say when its next check is due.
fn decisive(rules: &[CheckRule<'_>], unit: &InService) -> Vec<RuleName> {
    let decisive = CheckRule::decisive(rules, unit.checked_at.is_some());
    decisive.into_iter().map(|rule| (rule.sheet, rule.code.to_owned())).collect()
}

impl Work<'_> {
    /// The account of something that a unit has in service, in whatever state it is named, and with which the actor may do something. Whoever
    /// knows nothing of it learns nothing.
    pub(crate) async fn in_service(&mut self, resource: &str, serial: &str) -> Result<AccountKey, Error> {
        let held = self.unit_with(Action::Move, resource, serial).await?.account;
        match held.purpose {
            AccountPurpose::InService => Ok(held),
            _ => Err(Error::Invalid(message!("not-in-service", resource, serial))),
        }
    }

    /// What an inspector found of a unit, at the moment of the work, under a code.
    pub(super) async fn checked(&mut self, found: &Found, code: &Code) -> Result<(), Error> {
        let unit = self.unit_to_check(&found.resource, &found.serial).await?;
        if self.at < unit.received_at {
            let at = unit.received_at.to_string();
            return Err(Error::Invalid(message!("check-before-receipt", serial = &found.serial, at)));
        }
        let held = unit.account;
        if found.grade == Grade::NotFound && found.remark.trim().is_empty() {
            return Err(Error::Invalid(message!("not-found-remark")));
        }
        if !found.evidence.is_empty() {
            self.kept(&found.evidence).await?;
        }
        let about = format!("{code} {} {} {}", found.grade, held.resource, found.serial);
        let entry = self.noted_about(Activity::Check, about);
        self.writes.push(Write::Inspection(Inspection {
            code: code.clone(),
            resource: held.resource,
            serial: found.serial.clone(),
            grade: found.grade,
            occurred_at: self.at,
            recorded_at: self.now,
            actor: self.actor.name().to_owned(),
            evidence: found.evidence.clone(),
            remark: found.remark.trim().to_owned(),
            entry,
            taken_back: None,
        }));
        Ok(())
    }

    /// A unit that the actor may check: as who has it, or for a nation that gave it.
    async fn unit_to_check(&mut self, resource: &str, serial: &str) -> Result<InService, Error> {
        let none = || Error::Invalid(message!("not-in-service", resource, serial));
        let found = store::in_service_one(&mut self.conn, &everything(), resource, serial).await?.ok_or_else(none)?;
        self.checks(&found.account, serial, none).await?;
        Ok(found)
    }

    /// That the actor may check a unit, in the account in which it is: as who has it, or for a nation that gave it.
    async fn checks(&mut self, held: &AccountKey, serial: &str, none: impl Fn() -> Error) -> Result<(), Error> {
        let givers = self.givers(held, serial).await?;
        match self.may(Action::Consent, &givers.iter().collect::<Vec<_>>()) {
            Ok(()) => Ok(()),
            Err(_) => self.may_with(Action::Move, held, serial, none).await,
        }
    }

    /// A unit that came into service, in repair or on its way, too, with which the actor may do something.
    pub(super) async fn unit_with(&mut self, action: Action, resource: &str, serial: &str) -> Result<InService, Error> {
        let none = || Error::Invalid(message!("not-in-service", resource, serial));
        let found = store::in_service_one(&mut self.conn, &everything(), resource, serial).await?.ok_or_else(none)?;
        self.may_with(action, &found.account, serial, none).await?;
        Ok(found)
    }

    /// When something else is known to have happened to a unit after what happens to it now, if anything is: it was moved or handed over.
    pub(super) async fn moved_since(&mut self, found: &InService) -> Result<Option<String>, Error> {
        let (resource, serial) = (found.account.resource.as_str(), found.serial.as_str());
        let moved = store::last_moved(&mut self.conn, resource, serial).await?;
        Ok(moved.filter(|moved| self.at < *moved).map(|moved| moved.to_string()))
    }

    /// Whether the actor may do something with a unit; who knows nothing of it is told `none`, as if it were not there.
    pub(crate) async fn may_with(
        &mut self,
        action: Action,
        held: &AccountKey,
        serial: &str,
        none: impl Fn() -> Error,
    ) -> Result<(), Error> {
        let may = self.may(action, &[&held.holder]);
        let resource = held.resource.as_str();
        if may.is_err() && !store::is_known(&mut self.conn, &self.actor.viewer, resource, serial).await? {
            return Err(none());
        }
        may
    }
}

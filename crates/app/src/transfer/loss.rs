//! Losses of what is in service, or stock of a place: each is reported within thirty days of when it became known, leaves service or stock,
//! and is back if it is found. What consignments missed and somebody decided to be lost is told with them, and is back as stock if it turns up
//! (`turned_up`). What a check did not find is either found or reported: whoever waits with it is told on by the clock, as with variances.

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    item::Tracking,
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::{Act, Activity, Subject, Take},
    },
    loss::LossKind,
    message,
    policy::Action,
    variance::{Escalation, due},
    viewer::{Sight, Viewer},
};
use muster_storage::{
    db::Conn,
    ledger::read::AsOf,
    repair::{OrderFilter, WorkOrder, held_by, orders},
    transfer::{
        EntryRef, Write,
        inspection::InService,
        loss::{self as store, FoundAgain, LossFilter, LossReport, NotFound},
        third_party::offer_of,
    },
};

use super::Work;
use crate::{Actor, App, Error, everything, text::some_text};

/// Units that are taken to somebody at once.
const ESCALATED_AT_ONCE: usize = 100;

/// What somebody reports as lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLoss {
    /// What it is, in whatever state.
    pub resource: String,
    /// Its serial number; empty for what has none.
    pub serial: String,
    /// Where it was, as the ledger names it: in stock, or in service for what has no serial number.
    pub account: Option<String>,
    /// The lot, for what is known by lots.
    pub lot: String,
    /// How many units, for what has no serial number.
    pub quantity: i64,
    /// Of which offer it was, for what has no serial number, if that is known.
    pub offer: Option<String>,
    /// How it was lost.
    pub how: LossKind,
    /// When it was lost; none: when it became known.
    pub at: Option<Timestamp>,
    /// When that became known to who had it; none: now.
    pub known_at: Option<Timestamp>,
    /// Where; none: where it was in service.
    pub place: Option<String>,
    /// What happened, in words.
    pub circumstances: String,
    /// Hash of a photograph or paper that was kept before; empty for none.
    pub evidence: String,
}

/// Most units that were not found of which is told at once.
const MOST_MISSING: usize = 1_000;

/// A unit that a check did not find, with whom that waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The first check that did not find it.
    pub of: NotFound,
    /// The unit.
    pub unit: InService,
    /// Until when it must be found or reported lost.
    pub due_at: Timestamp,
    /// Whom it waits for, as of the date of the list, besides those before.
    pub waits_for: Escalation,
    /// Whom it was taken to, and when, the first first.
    pub escalations: Vec<(Escalation, Timestamp)>,
}

impl App {
    /// Loss reports that the viewer sees, and what consignments missed and was decided to be lost, the last reported first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn loss_reports(
        &self,
        viewer: &Viewer,
        filter: &LossFilter,
        limit: i64,
    ) -> Result<Vec<LossReport>, Error> {
        Ok(store::list(&mut self.read().await?, viewer, filter, limit).await?)
    }

    /// A loss report that the viewer sees.
    ///
    /// # Errors
    /// If there is none, or the database fails.
    pub async fn loss_report(&self, viewer: &Viewer, code: &str) -> Result<LossReport, Error> {
        let filter = LossFilter { code: Some(code.to_owned()), ..LossFilter::default() };
        let found = self.loss_reports(viewer, &filter, 1).await?.pop();
        found.ok_or_else(|| Error::NotFound { what: "loss_report", code: code.to_owned() })
    }

    /// The photograph or paper that goes with a loss report that the viewer sees: media type and bytes.
    ///
    /// # Errors
    /// If there is none, or the database fails.
    pub async fn loss_evidence(&self, viewer: &Viewer, code: &str) -> Result<(String, Vec<u8>), Error> {
        let report = self.loss_report(viewer, code).await?;
        let found = muster_storage::transfer::read::attachment(&mut self.read().await?, &report.evidence).await?;
        found.ok_or_else(|| Error::NotFound { what: "loss_report", code: code.to_owned() })
    }

    /// The work orders that the viewer sees and that ended with a loss, because nobody repairs what is lost.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn loss_work_orders(&self, viewer: &Viewer, report: &LossReport) -> Result<Vec<WorkOrder>, Error> {
        let EntryRef::Known(entry) = report.entry else { return Ok(Vec::new()) };
        if report.serial.is_empty() {
            return Ok(Vec::new());
        }
        let filter = OrderFilter { serial: Some(report.serial.clone()), by: Some(entry), ..OrderFilter::default() };
        Ok(orders(&mut self.read().await?, viewer, &filter, 100).await?)
    }

    /// The work orders of a unit with which something is still to be done, as far as the viewer sees them: a loss ends them.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn unit_work_orders(
        &self,
        viewer: &Viewer,
        resource: &str,
        serial: &str,
    ) -> Result<Vec<WorkOrder>, Error> {
        self.orders_of(&mut self.read().await?, viewer, (resource, serial), (true, 100)).await
    }

    /// Work orders of a unit, by any resource of its item, as far as the viewer sees them: only those with which something is still to be done,
    /// or all; at most so many with its serial number are looked at.
    pub(crate) async fn orders_of(
        &self,
        conn: &mut Conn,
        viewer: &Viewer,
        (resource, serial): (&str, &str),
        (open, most): (bool, i64),
    ) -> Result<Vec<WorkOrder>, Error> {
        let (picture, _) = self.memory.picture(conn, &everything()).await?;
        let filter = OrderFilter { serial: Some(serial.to_owned()), open, ..OrderFilter::default() };
        let mut found = orders(conn, viewer, &filter, most).await?;
        let item = |resource: &str| picture.resources.get(resource).map(|resource| &resource.item);
        found.retain(|order| item(order.resource.as_str()) == item(resource));
        Ok(found)
    }

    /// Reports that something in service or in stock was lost: it leaves that, and its open work orders end with it. Gives the code of the
    /// report.
    ///
    /// # Errors
    /// If no unit has it in service, it is not in that stock or a consignment has it there, the actor may not report it, it happened after it became known or before it was received, nothing is
    /// said of what happened, the evidence was not kept, or the ledger or the database refuses.
    pub async fn lose(&self, new: &NewLoss, actor: &Actor) -> Result<Code, Error> {
        let code = self.dated_code("L");
        let known_at = new.known_at.unwrap_or_else(|| self.now());
        let Some(mut work) = self.work(actor, code.as_str(), Some(new.at.unwrap_or(known_at))).await? else {
            return self.named_before(actor, "L").await;
        };
        if known_at > work.now {
            return Err(Error::Invalid(message!("ledger-in-future", at = known_at.to_string())));
        }
        if work.at > known_at {
            return Err(Error::Invalid(message!("loss-known-before")));
        }
        let circumstances = some_text("circumstances", &new.circumstances)?;
        let stock = work.lost_stock(new).await?;
        let in_stock = stock.is_some();
        let (account, take, offer, learned) = match stock {
            Some(stock) => (stock.account, stock.take, stock.offer, known_at),
            None if new.serial.is_empty() => {
                let (account, offer) = work.lost_of_many(new).await?;
                (account, taken(new, new.quantity), offer, known_at)
            }
            None => {
                let (account, learned) = work.lost_unit(new).await?;
                let offer = offer_of(&mut work.conn, account.resource.as_str(), &new.serial).await?;
                (account, taken(new, 1), offer, learned.map_or(known_at, |learned| learned.min(known_at)))
            }
        };
        if !new.evidence.is_empty() {
            work.kept(&new.evidence).await?;
        }
        let place = match new.place.as_deref().filter(|place| !place.is_empty()) {
            Some(place) => Some(work.place(place).await?.code),
            None => account.place.clone(),
        };
        let about = format!("{code} {} of {} {}{}: {circumstances}", new.how, account.resource, new.lot, new.serial);
        work.noted_about(Activity::Lose, about);
        // What a team had begun on the spot is given up.
        let given_up = work.given_up_on_site(&account, &new.serial).await?;
        let account = given_up.unwrap_or(account);
        if account.purpose != AccountPurpose::InService && !in_stock {
            return Err(Error::Invalid(message!("not-in-service", resource = &new.resource, serial = &new.serial)));
        }
        let gone = AccountKey { purpose: AccountPurpose::Lost, ..account.clone() };
        let quantity = take.quantity;
        let subject = Subject { offer: offer.clone(), ..Subject::default() };
        let entry = work.post(Activity::Lose, subject, &account, &gone, std::slice::from_ref(&take));
        if !new.serial.is_empty() && !in_stock {
            let why = format!("{}: {code}", new.how);
            work.lost_in_repair((&gone, &new.serial), &why, entry).await?;
        }
        work.writes.push(Write::Lost(Box::new(LossReport {
            code: code.clone(),
            how: new.how,
            lot: take.lot,
            serial: take.serial,
            quantity,
            account,
            consignment: None,
            place,
            offer,
            occurred_at: work.at,
            known_at,
            due_at: due(learned),
            recorded_at: work.now,
            actor: work.actor.name().to_owned(),
            circumstances,
            evidence: new.evidence.clone(),
            entry,
            found: None,
        })));
        work.done().await?;
        Ok(code)
    }

    /// What was reported lost was found again, or never lost, for the actor's reason: it is in service or in stock again, as it was; what a
    /// consignment missed is stock of the place where it was missed.
    ///
    /// # Errors
    /// If there is no such report or it was found before, it was found before it was lost, the actor may not report what its holder has, or
    /// decide how a variance of theirs ends, the books hold its number elsewhere, or the ledger or the database refuses.
    pub async fn loss_found(&self, code: &str, at: Option<Timestamp>, actor: &Actor) -> Result<(), Error> {
        let report = self.loss_report(&actor.viewer, code).await?;
        if report.found.is_some() && actor.key.is_none() {
            return Err(Error::Invalid(message!("loss-found-before", report = code)));
        }
        let missed = match &report.consignment {
            Some(_) => Some(self.variance(&actor.viewer, code).await?),
            None => None,
        };
        let did = format!("{code} found");
        let Some(mut work) = self.work_once(actor, (&did, &did), at).await? else { return Ok(()) };
        match (&missed, report.account.purpose) {
            (Some(missed), _) => work.may(Action::Resolve, &[&missed.variance.holder])?,
            (None, AccountPurpose::OnHand) => work.may_report_stock(&report.account.holder)?,
            (None, _) => work.may(Action::Report, &[&report.account.holder])?,
        }
        let EntryRef::Known(lost) = report.entry else { return Err(Error::Changed) };
        if report.found.is_some() {
            return Err(Error::Invalid(message!("loss-found-before", report = code)));
        }
        // What was missed lay there by the books until somebody decided.
        let lost_at = if missed.is_some() { report.recorded_at } else { report.occurred_at };
        if work.at < lost_at {
            return Err(Error::Invalid(message!("loss-found-early", report = code)));
        }
        work.noted_about(Activity::Lose, format!("{code} found again"));
        let entry = match &missed {
            Some(missed) => work.is_back(&missed.variance, &missed.units, lost).await?,
            None => work.command(Act::Correct { entry: lost, replacement: Vec::new() }),
        };
        let (at, recorded_at) = (work.at, work.now);
        let (actor, reason) = (work.actor.name().to_owned(), work.actor.reason.clone());
        let found = FoundAgain { at, recorded_at, actor, reason, entry };
        work.writes.push(match missed {
            Some(_) => Write::TurnedUp(report.code, found),
            None => Write::LossFound(report.code, found),
        });
        work.done().await
    }

    /// Units that the viewer sees and that a check did not find, as of a date as known on a date, and that are neither reported lost nor were
    /// found since; the longest missing first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn not_found(&self, viewer: &Viewer, as_of: AsOf) -> Result<Vec<Missing>, Error> {
        let mut conn = self.read().await?;
        let moment = if as_of.occurred == Timestamp::MAX { self.now() } else { as_of.occurred };
        let mut found = Vec::new();
        for of in store::not_found(&mut conn, as_of).await? {
            if let Some(unit) = of.unit(&mut conn, viewer, as_of).await? {
                found.push((of, unit));
            }
            if found.len() == MOST_MISSING {
                break;
            }
        }
        let checks: Vec<&Code> = found.iter().map(|(one, _)| &one.inspection).collect();
        let mut escalations = store::escalations(&mut conn, &checks).await?;
        let missing = |(of, unit): (NotFound, InService)| {
            let mut escalations = escalations.remove(of.inspection.as_str()).unwrap_or_default();
            escalations.retain(|(_, at)| *at <= as_of.occurred && *at <= as_of.known);
            let due_at = due(of.since);
            Missing { waits_for: Escalation::of(due_at, moment), of, unit, due_at, escalations }
        };
        Ok(found.into_iter().map(missing).collect())
    }

    /// Those of them that wait for the viewer: what their own party has, and what was missing so long that it waits for them, too.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn not_found_waiting(&self, viewer: &Viewer) -> Result<Vec<Missing>, Error> {
        let level = if viewer.sight == Sight::Everything { Escalation::Mission } else { Escalation::Nations };
        let mut found = self.not_found(viewer, AsOf::NOW).await?;
        found.retain(|one| one.waits_for >= level || viewer.owns(&one.unit.account.holder));
        Ok(found)
    }

    /// Takes units that a check did not find and of which nobody reported anything to whom that waits for by now, each once, and notes so in
    /// the journal; gives how many times.
    ///
    /// # Errors
    /// If the actor may not decide how losses end, somebody else does the same in this moment, or the ledger or the database refuses.
    pub async fn not_found_escalate(&self, actor: &Actor) -> Result<usize, Error> {
        actor.may(Action::Resolve)?;
        let mut conn = self.read().await?;
        let found = store::not_found(&mut conn, AsOf::NOW).await?;
        let checks: Vec<&Code> = found.iter().map(|one| &one.inspection).collect();
        let told = store::escalations(&mut conn, &checks).await?;
        let mut new: Vec<(&NotFound, InService, Escalation)> = Vec::new();
        for one in &found {
            let told = told.get(one.inspection.as_str()).map(Vec::as_slice).unwrap_or_default();
            let is_new = |level: &Escalation| {
                level.at(due(one.since)) <= self.now() && told.iter().all(|(before, _)| before != level)
            };
            let levels: Vec<Escalation> = Escalation::TAKEN_TO.into_iter().filter(is_new).collect();
            // Most were told of before: only what is new is looked up.
            if levels.is_empty() {
                continue;
            }
            if let Some(unit) = one.unit(&mut conn, &everything(), AsOf::NOW).await? {
                new.extend(levels.into_iter().map(|level| (one, unit.clone(), level)));
            }
        }
        drop(conn);
        for some in new.chunks(ESCALATED_AT_ONCE) {
            let mut work = self.work_anew(actor).await?;
            for (one, unit, level) in some {
                let (check, resource, days) = (&one.inspection, &unit.account.resource, level.days());
                let about =
                    format!("{check} {resource} {} not found for {days} days: taken to the {level}", unit.serial);
                let subject = Subject { offer: unit.offer.clone(), ..Subject::default() };
                let noted = work.command(Act::Note { activity: Activity::Check, subject, about });
                let at = work.now;
                work.writes.push(Write::NotFoundEscalated(check.clone(), (*level, at), noted));
            }
            work.done().await?;
        }
        Ok(new.len())
    }
}

/// What goes out of an account with what was reported.
fn taken(new: &NewLoss, quantity: i64) -> Take {
    Take { line: 0, quantity, lot: new.lot.clone(), serial: new.serial.clone() }
}

impl Work<'_> {
    /// The account of a unit in service that was lost, and since when a check did not find it, if one did not.
    async fn lost_unit(&mut self, new: &NewLoss) -> Result<(AccountKey, Option<Timestamp>), Error> {
        if new.quantity != 1 {
            let (serial, quantity) = (&new.serial, new.quantity);
            return Err(Error::Invalid(message!("ledger-serial-one", serial, quantity)));
        }
        let found = self.unit_with(Action::Report, &new.resource, &new.serial).await?;
        if self.at < found.received_at {
            return Err(Error::Invalid(message!("loss-before-receipt", at = found.received_at.to_string())));
        }
        if let Some(at) = self.moved_since(&found).await? {
            return Err(Error::Invalid(message!("loss-before-move", serial = &new.serial, at)));
        }
        let missing = store::not_found(&mut self.conn, AsOf::NOW).await?;
        let same = |one: &&NotFound| one.item == found.item && one.serial == found.serial;
        let account = found.account.clone();
        Ok((account, missing.iter().find(same).map(|one| one.since)))
    }

    /// The account of goods in service that are known by number or lot alone, and of which offer they were, if that is known.
    async fn lost_of_many(&mut self, new: &NewLoss) -> Result<(AccountKey, Option<Code>), Error> {
        let none = || Error::Invalid(message!("not-in-service", resource = &new.resource, serial = &new.lot));
        let account = new.account.as_deref().filter(|account| !account.is_empty());
        let account = account.ok_or_else(|| Error::Invalid(message!("loss-serial-or-account")))?;
        let account = AccountKey::parse(account).map_err(Error::must_be)?;
        if self.may(Action::Report, &[&account.holder]).is_err() || account.resource.as_str() != new.resource {
            return Err(none());
        }
        if account.purpose != AccountPurpose::InService {
            return Err(none());
        }
        let by_lot = self.tracking(&account.resource) == Tracking::Lot;
        if self.tracking(&account.resource) == Tracking::Serial || by_lot == new.lot.is_empty() {
            return Err(Error::Invalid(message!("loss-serial-or-account")));
        }
        let there = held_by(&mut self.conn, &account).await?;
        if new.quantity < 1 || new.quantity > there {
            return Err(Error::Invalid(message!("loss-quantity", there)));
        }
        let offer = self.offer_into(&account, &new.lot, new.offer.as_deref()).await?;
        Ok((account, offer))
    }

    /// The offer out of which something without a serial number came into an account, of a lot or of none: the one that is named, or the only
    /// one. Where several nations gave, nobody guesses whose gift it was.
    pub(super) async fn offer_into(
        &mut self,
        account: &AccountKey,
        lot: &str,
        named: Option<&str>,
    ) -> Result<Option<Code>, Error> {
        let mut given = store::given_into(&mut self.conn, account, Some(lot)).await?;
        if let Some(offer) = named.filter(|offer| !offer.is_empty()) {
            given.retain(|given| given.as_str() == offer);
            if given.is_empty() {
                return Err(Error::Invalid(message!("loss-other-offer", offer)));
            }
        }
        Ok(Some(given).filter(|given| given.len() == 1).and_then(|mut given| given.pop()))
    }
}

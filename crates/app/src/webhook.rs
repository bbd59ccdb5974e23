//! Webhooks: what happened is told to those who asked for it, as far as they may see it. This finds what is to be told and keeps what
//! came of telling it; sending is for the edge that speaks HTTP.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use muster_domain::{
    code::Code,
    ledger::entry::{Activity, EntryKind, EntryNumber},
    message,
    offer::Offer,
    package::Package,
    participation::Participation,
    picture::Picture,
    record::{Record, Shape},
    requirement::Requirement,
    variance::Escalation,
    viewer::Viewer,
};
use muster_storage::{
    ledger::read::{self as journal, EntryFilter},
    repair, training,
    transfer::{
        EntryRef, Reached, ThirdPartyTransfer, Variance,
        loss::{self, LossFilter, LossReport, TakenOn},
        tell::{self, VarianceFilter},
        third_party,
    },
    webhook::{self as store, Changed, Delivery, Due, NewDelivery, Outcome, Webhook},
};
use serde_json::{Value, json};

use crate::{Actor, App, Error, ledger::Told};

/// Kinds of events.
pub const EVENTS: [&str; 15] = [
    OFFER,
    REQUIREMENT,
    PACKAGE,
    PARTICIPATION,
    PLAN,
    MOVEMENT,
    CONSIGNMENT,
    VARIANCE,
    VARIANCE_ESCALATED,
    VARIANCE_RESOLVED,
    THIRD_PARTY,
    LOSS,
    NOT_FOUND,
    WORK_ORDER,
    NOMINATION,
];
const OFFER: &str = "offer.state_changed";
const REQUIREMENT: &str = "requirement.state_changed";
const PACKAGE: &str = "package.state_changed";
const PARTICIPATION: &str = "participation.state_changed";
const PLAN: &str = "plan.state_changed";
const MOVEMENT: &str = "movement.recorded";
const CONSIGNMENT: &str = "consignment.milestone_reached";
const VARIANCE: &str = "variance.found";
const VARIANCE_ESCALATED: &str = "variance.escalated";
const VARIANCE_RESOLVED: &str = "variance.resolved";
const THIRD_PARTY: &str = "third_party_transfer.state_changed";
const LOSS: &str = "loss.reported";
const NOT_FOUND: &str = "not_found.escalated";
const WORK_ORDER: &str = "work_order.state_reached";
const NOMINATION: &str = "nomination.state_reached";

/// Most webhooks of one account.
pub(crate) const MOST: usize = 20;

/// Entries and changes that are looked through at once.
const AT_ONCE: i64 = 500;

/// Entries, also of others, by which milestones, variances and states are looked for at once.
const STRETCH: i64 = 1_000;

/// Waits before further tries.
const WAITS: [SignedDuration; 8] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(5),
    SignedDuration::from_hours(10),
    SignedDuration::from_hours(14),
    SignedDuration::from_hours(24),
];

/// How long what was sent is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long somebody who took a delivery in hand has for it.
const IN_HAND: SignedDuration = SignedDuration::from_mins(2);

/// What an address answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Whether it took the delivery.
    pub taken: bool,
    /// Whether it said that it wants no more.
    pub gone: bool,
    /// For the log.
    pub said: String,
}

impl App {
    /// Somebody's own webhooks.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn webhooks(&self, viewer: &Viewer) -> Result<Vec<Webhook>, Error> {
        Ok(store::of_user(&mut self.read().await?, &viewer.name).await?)
    }

    /// One of somebody's own webhooks.
    ///
    /// # Errors
    /// If they have none of that code, or the database fails.
    pub async fn webhook(&self, viewer: &Viewer, code: &str) -> Result<Webhook, Error> {
        let found = self.webhooks(viewer).await?.into_iter().find(|webhook| webhook.code.as_str() == code);
        found.ok_or_else(|| Error::NotFound { what: "webhook", code: code.to_owned() })
    }

    /// Makes a webhook and gives the bytes of its secret, which is shown once. The edge has looked at the address.
    ///
    /// # Errors
    /// What is wrong with it, or if the database fails.
    pub async fn webhook_put(
        &self,
        label: &str,
        url: &str,
        events: &[String],
        actor: &Actor,
    ) -> Result<(Webhook, String), Error> {
        if let Some(unknown) = events.iter().find(|event| !EVENTS.contains(&event.as_str())) {
            return Err(Error::Invalid(message!("no-such-event", event = unknown, events = EVENTS.join(", "))));
        }
        if events.is_empty() {
            return Err(Error::Invalid(message!("webhook-without-event")));
        }
        if self.webhooks(&actor.viewer).await?.len() >= MOST {
            return Err(Error::Invalid(message!("webhooks-too-many", most = MOST)));
        }
        let webhook = Webhook {
            code: Code::new(&format!("W-{}", self.secret(12))).map_err(Error::must_be)?,
            user: actor.name().to_owned(),
            label: label.to_owned(),
            url: url.to_owned(),
            events: EVENTS
                .iter()
                .filter(|e| events.iter().any(|wanted| wanted == *e))
                .map(|e| (*e).to_owned())
                .collect(),
            created_at: self.now(),
            stopped_at: None,
            entry_seen: 0,
            change_seen: 0,
        };
        let secret = self.secret(32);
        store::put(&self.db, &webhook, &secret).await?;
        Ok((webhook, secret))
    }

    /// Removes one of somebody's own webhooks.
    ///
    /// # Errors
    /// If they have none of that code, or the database fails.
    pub async fn webhook_remove(&self, code: &str, actor: &Actor) -> Result<(), Error> {
        let webhook = self.webhook(&actor.viewer, code).await?;
        Ok(store::remove(&self.db, webhook.code.as_str()).await?)
    }

    /// What was sent to one of somebody's own webhooks or will be, newest first, before one by its moment and name.
    ///
    /// # Errors
    /// If they have none of that code, or the database fails.
    pub async fn webhook_deliveries(
        &self,
        viewer: &Viewer,
        code: &str,
        before: Option<(i64, String)>,
        limit: i64,
    ) -> Result<Vec<Delivery>, Error> {
        let webhook = self.webhook(viewer, code).await?;
        let (at, id) = before.unwrap_or((i64::MAX, String::new()));
        Ok(store::deliveries(&mut self.read().await?, webhook.code.as_str(), (at, &id), limit).await?)
    }

    /// Finds what happened since the webhooks last looked, and keeps it to be sent. Gives whether there may be more.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn webhooks_look(&self) -> Result<bool, Error> {
        let behind = store::behind(&mut self.read().await?).await?;
        let mut more = false;
        for webhook in behind {
            more |= self.webhook_look(&webhook).await?;
        }
        Ok(more)
    }

    async fn webhook_look(&self, webhook: &Webhook) -> Result<bool, Error> {
        let ends = store::ends(&mut self.read().await?).await?;
        let Some(viewer) = self.user_viewer(&webhook.user).await? else {
            // Whoever may no longer sign in is told nothing, now or later.
            store::move_on(&self.db, webhook, ends, Vec::new(), self.now()).await?;
            return Ok(false);
        };
        let picture = self.picture(&viewer).await?;
        let mut conn = self.read().await?;
        let changes = store::changes(&mut conn, webhook.change_seen, AT_ONCE).await?;
        let filter = EntryFilter::default();
        let entries = journal::entries(&mut conn, &viewer, &filter, webhook.entry_seen, AT_ONCE).await?;
        let stretch = ends.0.min(webhook.entry_seen.saturating_add(STRETCH));
        let full = (entries.len() as i64 == AT_ONCE || stretch < ends.0, changes.len() as i64 == AT_ONCE);
        let to = (
            entries.last().filter(|_| entries.len() as i64 == AT_ONCE).map_or(stretch, |last| last.number.min(stretch)),
            changes.last().filter(|_| full.1).map_or(ends.1, |last| last.number),
        );
        let entries: Vec<_> = entries.into_iter().filter(|entry| entry.number <= to.0).collect();
        let told = Self::told(&mut conn, &viewer, entries).await?;
        let span = (webhook.entry_seen, to.0);
        let wants = |event: &str| webhook.events.iter().any(|wanted| wanted == event);
        let reached = match wants(CONSIGNMENT) {
            true => tell::reached_between(&mut conn, &viewer, span).await?,
            false => Vec::new(),
        };
        let found_in = VarianceFilter { found: Some(span), ..VarianceFilter::default() };
        let ended_in = VarianceFilter { ended: Some(span), ..VarianceFilter::default() };
        let mut variances = Vec::new();
        for (event, filter) in [(VARIANCE, found_in), (VARIANCE_RESOLVED, ended_in)] {
            if wants(event) {
                let all = tell::variances(&mut conn, &viewer, &filter, STRETCH).await?;
                variances.extend(all.into_iter().map(|one| (event, one)));
            }
        }
        let escalated = match wants(VARIANCE_ESCALATED) {
            true => tell::escalated_between(&mut conn, &viewer, span).await?,
            false => Vec::new(),
        };
        let changed_in = third_party::Filter { changed: Some(span), ..third_party::Filter::default() };
        let transfers = match wants(THIRD_PARTY) {
            true => third_party::list(&mut conn, &viewer, &changed_in, STRETCH).await?,
            false => Vec::new(),
        };
        let lost_in = LossFilter { reported: Some(span), ..LossFilter::default() };
        let losses = match wants(LOSS) {
            true => loss::list(&mut conn, &viewer, &lost_in, STRETCH).await?,
            false => Vec::new(),
        };
        let missing = match wants(NOT_FOUND) {
            true => loss::escalated_between(&mut conn, &viewer, span).await?,
            false => Vec::new(),
        };
        let orders = match wants(WORK_ORDER) {
            true => repair::reached_between(&mut conn, &viewer, span).await?,
            false => Vec::new(),
        };
        let nominations = match wants(NOMINATION) {
            true => training::reached_between(&mut conn, &viewer, span).await?,
            false => Vec::new(),
        };
        drop(conn);
        let mut found: Vec<(&'static str, Value)> = Vec::new();
        found.extend(changes.iter().filter(|c| c.number <= to.1).filter_map(|c| changed(c, &picture, &viewer)));
        found.extend(told.iter().filter_map(happened));
        found.extend(reached.iter().flat_map(|(consignment, reached)| milestones(consignment, reached, span)));
        found.extend(variances.iter().map(|(event, one)| variance(event, one)));
        found.extend(escalated.iter().map(|(one, level, at)| escalation(one, *level, *at)));
        found.extend(transfers.iter().map(transfer));
        found.extend(losses.iter().map(lost));
        found.extend(missing.iter().map(not_found));
        found.extend(orders.iter().map(work_order));
        found.extend(nominations.iter().map(nomination));
        let wanted = found.into_iter().filter(|(event, _)| wants(event));
        let new = wanted.map(|(event, body)| NewDelivery {
            id: format!("msg_{}", self.secret(24)),
            event,
            body: body.to_string(),
        });
        store::move_on(&self.db, webhook, to, new.collect(), self.now()).await?;
        Ok(full.0 || full.1)
    }

    /// Takes what is to be sent now in hand.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn webhooks_due(&self, most: i64) -> Result<Vec<Due>, Error> {
        let now = self.now();
        let due = store::due(&mut self.read().await?, now, most).await?;
        let mut mine = Vec::with_capacity(due.len());
        for one in due {
            if store::claim(&self.db, &one, now + IN_HAND).await? {
                mine.push(one);
            }
        }
        Ok(mine)
    }

    /// Notes what an address answered, and when to try again if it must be.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn webhook_answered(&self, due: &Due, reply: &Reply) -> Result<(), Error> {
        let now = self.now();
        let outcome = match usize::try_from(due.attempts).ok().and_then(|before| WAITS.get(before)) {
            _ if reply.taken => Outcome::Delivered,
            Some(wait) if !reply.gone => Outcome::Again(now + *wait),
            _ => Outcome::Failed,
        };
        store::answered(&self.db, &due.id, &outcome, &reply.said, now).await?;
        if reply.gone {
            store::stop(&self.db, &due.webhook, now).await?;
        }
        Ok(())
    }

    /// Forgets what was sent long ago.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn webhooks_forget(&self) -> Result<(), Error> {
        Ok(store::forget_old(&self.db, self.now() - KEPT).await?)
    }
}

/// The event of a record's change of state, if the viewer sees it.
fn changed(change: &Changed, picture: &Picture, viewer: &Viewer) -> Option<(&'static str, Value)> {
    let after = change.after.as_ref()?;
    let to = after.get("state")?;
    let told = |kind: &'static str, sheet: &str, key: &str, from: Option<&str>| {
        let data = json!({ "sheet": sheet, "key": key, "from": from, "to": to, "reason": change.reason });
        Some((kind, event(kind, change.recorded_at, data)))
    };
    let (kind, sheet) = match change.sheet.as_str() {
        Offer::SHEET => (OFFER, Offer::SHEET),
        Requirement::SHEET => (REQUIREMENT, Requirement::SHEET),
        Package::SHEET => (PACKAGE, Package::SHEET),
        _ => {
            let (key, step) = change.key.split_once(' ').filter(|_| change.before.is_none())?;
            picture.participations.get(key)?;
            let number: u32 = step.parse().ok()?;
            let before = picture.steps(key).into_iter().rev().find(|before| before.step < number);
            return told(PARTICIPATION, Participation::SHEET, key, before.map(|step| step.state.as_str()));
        }
    };
    if !picture.has(sheet, &change.key) {
        return None;
    }
    let shape = Shape::of(sheet)?;
    let saw = |cells: &&BTreeMap<String, String>| {
        let reach = shape.reach_by(|column| cells.get(column).map_or("", String::as_str));
        reach.is_some_and(|reach| viewer.sees(&reach))
    };
    Some(after).filter(saw)?;
    let from = change.before.as_ref().filter(saw).and_then(|before| before.get("state")).map(String::as_str);
    if from == Some(to.as_str()) { None } else { told(kind, sheet, &change.key, from) }
}

/// The event of an entry: of a plan, or of something that moved. Numbers were hidden already from who may not know them.
fn happened(told: &Told) -> Option<(&'static str, Value)> {
    let entry = &told.entry;
    if entry.activity == Activity::Plan {
        let to = match entry.about.split(',').next().unwrap_or_default() {
            "made" => "proposed",
            other => other,
        };
        let data = json!({ "plan": entry.subject.plan.as_ref()?.as_str(), "to": to, "reason": entry.note.reason });
        return Some((PLAN, event(PLAN, entry.recorded_at, data)));
    }
    // What was given up by mistake is to happen again.
    if !matches!(entry.kind, EntryKind::Posted | EntryKind::Void) && entry.corrects.is_none() {
        return None;
    }
    Some((MOVEMENT, event(MOVEMENT, entry.recorded_at, told.json())))
}

/// The events of a consignment's milestone that are of entries after one up to another: that it was reached, and that it was taken back.
fn milestones(
    consignment: &Code,
    reached: &Reached,
    (after, last): (EntryNumber, EntryNumber),
) -> Vec<(&'static str, Value)> {
    let of_it = |entry: EntryRef| matches!(entry, EntryRef::Known(entry) if entry > after && entry <= last);
    let back = reached.taken_back.as_ref().filter(|one| of_it(one.entry));
    let reached_now = of_it(reached.entry).then(|| milestone(consignment, reached, None));
    reached_now.into_iter().chain(back.map(|one| milestone(consignment, reached, Some(one.recorded_at)))).collect()
}

/// The event of a consignment's milestone, or that it was taken back then.
fn milestone(consignment: &Code, reached: &Reached, taken_back_at: Option<Timestamp>) -> (&'static str, Value) {
    let data = json!({
        "consignment": consignment.as_str(),
        "milestone": reached.kind.as_str(),
        "place": reached.place.as_str(),
        "movement": reached.movement.as_ref().map(Code::as_str),
        "completes": reached.completes,
        "occurred_at": reached.occurred_at.to_string(),
        "taken_back_at": taken_back_at.map(|at| at.to_string()),
    });
    (CONSIGNMENT, event(CONSIGNMENT, taken_back_at.unwrap_or(reached.recorded_at), data))
}

/// The event of a variance that was found, or that ended. What the viewer sees of it beyond that is told where it is looked up.
fn variance(kind: &'static str, found: &Variance) -> (&'static str, Value) {
    let ended = found.resolved.as_ref().filter(|_| kind == VARIANCE_RESOLVED);
    let mut data = what_is_wrong(found);
    data["resolution"] = ended.map(|(resolution, ..)| resolution.as_str()).into();
    (kind, event(kind, ended.map_or(found.recorded_at, |(_, at, ..)| *at), data))
}

/// The event of a variance that stayed open and was taken to somebody.
fn escalation(found: &Variance, level: Escalation, at: Timestamp) -> (&'static str, Value) {
    let mut data = what_is_wrong(found);
    data["level"] = level.as_str().into();
    (VARIANCE_ESCALATED, event(VARIANCE_ESCALATED, at, data))
}

fn what_is_wrong(found: &Variance) -> Value {
    json!({
        "variance": found.code.as_str(),
        "part_of": found.part_of.as_ref().map(Code::as_str),
        "kind": found.kind.as_str(),
        "consignment": found.consignment.as_ref().map(Code::as_str),
        "line": found.line,
        "place": found.place.as_str(),
        "resource": found.resource.as_ref().map(Code::as_str),
        "quantity": found.quantity,
        "due_at": found.due_at.to_string(),
    })
}

/// The event of a third-party transfer that was asked for, answered or ended: the notice to the nations that gave the unit.
fn transfer(one: &ThirdPartyTransfer) -> (&'static str, Value) {
    let answers = one.nations.iter().filter_map(|nation| nation.said.as_ref()).map(|said| said.at);
    let last = answers.chain(one.ended.iter().map(|(_, at, _)| *at)).max();
    let data = json!({
        "transfer": one.code.as_str(),
        "state": one.state().as_str(),
        "resource": one.resource.as_str(),
        "serial": one.serial,
        "holder": one.holder.as_str(),
        "receiver": one.receiver.as_str(),
        "nations": one.nations.iter().map(|nation| nation.nation.as_str()).collect::<Vec<_>>(),
    });
    (THIRD_PARTY, event(THIRD_PARTY, last.unwrap_or(one.asked_at), data))
}

/// The event of a loss report. What happened, in words, is told where it is looked up.
fn lost(report: &LossReport) -> (&'static str, Value) {
    let data = json!({
        "report": report.code.as_str(),
        "how": report.how.as_str(),
        "resource": report.account.resource.as_str(),
        "serial": report.serial,
        "quantity": report.quantity,
        "holder": report.account.holder.as_str(),
        "consignment": report.consignment.as_ref().map(Code::as_str),
        "offer": report.offer.as_ref().map(Code::as_str),
        "occurred_at": report.occurred_at.to_string(),
        "known_at": report.known_at.to_string(),
        "due_at": report.due_at.to_string(),
        "days_late": report.days_late(),
    });
    (LOSS, event(LOSS, report.recorded_at, data))
}

/// The event of a unit that was not found and is not reported lost, and that was taken to somebody.
fn not_found(taken: &TakenOn) -> (&'static str, Value) {
    let data = json!({
        "inspection": taken.inspection.code.as_str(),
        "resource": taken.inspection.resource.as_str(),
        "serial": taken.inspection.serial,
        "due_at": muster_domain::variance::due(taken.inspection.occurred_at).to_string(),
        "level": taken.level.as_str(),
    });
    (NOT_FOUND, event(NOT_FOUND, taken.at, data))
}

/// The event of a state of a work order. What people wrote about it is told where it is looked up.
fn work_order(reached: &repair::Reached) -> (&'static str, Value) {
    let data = json!({
        "code": reached.code.as_str(),
        "step": reached.step,
        "state": reached.state.as_str(),
        "resource": reached.resource.as_str(),
        "facility": reached.facility.as_ref().map(Code::as_str),
        "occurred_at": reached.occurred_at.to_string(),
    });
    (WORK_ORDER, event(WORK_ORDER, reached.recorded_at, data))
}

/// The event of a state of a nomination: nothing of who somebody is, and nothing that people wrote.
fn nomination(reached: &training::Reached) -> (&'static str, Value) {
    let data = json!({
        "code": reached.code.as_str(),
        "step": reached.step,
        "state": reached.state.as_str(),
        "serial": reached.serial.as_str(),
        "unit": reached.unit.as_str(),
        "occurred_at": reached.occurred_at.to_string(),
    });
    (NOMINATION, event(NOMINATION, reached.recorded_at, data))
}

fn event(kind: &str, at: Timestamp, data: Value) -> Value {
    json!({ "type": kind, "timestamp": at.to_string(), "data": data })
}

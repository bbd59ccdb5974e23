//! A unit reports a fault; it is decided where it is mended; it is made ready to be brought there. On the way people say to each other what
//! they know, and what keeps it from going on.

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    item::Tracking,
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::Activity,
    },
    message,
    party::PartyKind,
    policy::Action,
    repair::{BlockingReason, Echelon, Urgency, WorkOrderState},
    resource::ResourceState,
    viewer::Viewer,
};
use muster_storage::repair::{self as store, OrderFilter, Said, WorkOrder, Write};

use super::{is_at_hand, repairs, take};
use crate::{
    Actor, App, Error, day, everything,
    text::{any_text, some_text},
    transfer::{
        Work,
        making::{New, NewLine},
    },
};

/// What a unit reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewFault {
    /// What it is, as it is in the books.
    pub resource: String,
    /// Its serial number; empty for what has none.
    pub serial: String,
    /// Where it is, as the ledger names it, for what has no serial number.
    pub account: Option<String>,
    /// How many units, for what has no serial number.
    pub quantity: i64,
    /// What is wrong with it, as the unit sees it.
    pub symptom: String,
    /// How urgent it is.
    pub urgency: Option<Urgency>,
    /// Hash of a photograph that was kept before; empty for none.
    pub photo: String,
    /// When it broke; none: now.
    pub at: Option<Timestamp>,
}

/// Where something is to be repaired, and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Triage<'a> {
    /// On site, in the country or abroad.
    pub echelon: Echelon,
    /// The facility; none on site.
    pub facility: Option<&'a str>,
    /// Whose team comes, on site; none: the unit repairs it itself.
    pub contractor: Option<&'a str>,
    /// A remark.
    pub remark: &'a str,
}

impl App {
    /// Reports a fault: what is broken is unserviceable in the books from then on, and has a work order. Gives its code.
    ///
    /// # Errors
    /// If nobody has it, it is not in service nor unserviceable stock, the actor may not report it, it has a work order already, its item
    /// is in the catalogue in no unserviceable state, or the ledger or the database refuses.
    pub async fn fault_report(&self, new: &NewFault, actor: &Actor) -> Result<Code, Error> {
        let code = self.dated_code("W");
        let Some(mut work) = self.work(actor, code.as_str(), new.at).await? else {
            return self.named_before(actor, "W").await;
        };
        let symptom = some_text("symptom", &new.symptom)?;
        let held = work.broken_down(new).await?;
        if !new.photo.is_empty() {
            work.kept(&new.photo).await?;
        }
        let state = work.picture.resources.get(held.resource.as_str()).map(|resource| resource.state);
        let serviceable = state == Some(ResourceState::Serviceable);
        let broken = if serviceable { work.broken(&held.resource)? } else { held.resource.clone() };
        let quantity = if new.serial.is_empty() { new.quantity } else { 1 };
        let place = held.place.clone().ok_or_else(|| Error::Invalid(message!("repair-no-place")))?;
        if !new.serial.is_empty() {
            let open = OrderFilter { serial: Some(new.serial.clone()), open: true, ..OrderFilter::default() };
            let open = store::orders(&mut work.conn, &everything(), &open, 100).await?;
            if let Some(open) = open.iter().find(|open| open.resource == broken) {
                return Err(Error::Invalid(message!("work-order-open", order = &open.code)));
            }
        }
        let under_warranty_of = work.warranty(&broken, &new.serial).await?;
        let about = format!("{code} {} {} reported broken: {symptom}", held.resource, new.serial);
        let mut entry = work.noted_about(Activity::Inspect, about);
        let account = held.of(&broken);
        let order = WorkOrder {
            code: code.clone(),
            state: WorkOrderState::Requested,
            resource: broken,
            serial: new.serial.clone(),
            quantity,
            in_service: held.purpose == AccountPurpose::InService,
            holder: held.holder.clone(),
            owner: held.owner.clone(),
            place,
            account: account.clone(),
            symptom,
            urgency: new.urgency.unwrap_or(Urgency::Routine),
            echelon: None,
            facility: None,
            operator: None,
            contractor: None,
            fault: String::new(),
            consignment: None,
            reported_at: work.at,
            warranty_until: None,
            under_warranty_of,
            version: 0,
        };
        if serviceable {
            let subject = work.of_order(&held.resource, &order.serial).await?;
            entry = work.becomes(Activity::Inspect, &order, (&held, &account), subject);
        }
        work.repairs.push(Write::New(order.clone()));
        work.step(order, ("", &new.photo, ""), entry);
        work.done().await?;
        Ok(code)
    }

    /// Decides where something is repaired: where it stands, by the unit or a team that comes, or at a facility that can.
    ///
    /// # Errors
    /// If there is no such order or it is further, the actor may not decide, the facility is unknown, not where it is said to be or cannot
    /// repair it, there is no such party or it would come to a facility, or the ledger or the database refuses.
    pub async fn work_order_triage(&self, code: &str, triage: &Triage<'_>, actor: &Actor) -> Result<(), Error> {
        let Triage { echelon, facility, contractor, remark } = *triage;
        let Some((mut order, mut work)) = self.begin_repair(code, None, actor).await? else { return Ok(()) };
        work.may(Action::Triage, &[])?;
        Work::comes(&order, WorkOrderState::Triaged)?;
        if order.consignment.is_some() {
            return Err(Error::Invalid(message!("work-order-under-way", order = code)));
        }
        let remark = any_text("remark", remark)?;
        (order.facility, order.operator) = match (echelon, facility) {
            (Echelon::OnSite, None) => (None, Some(order.holder.clone())),
            (Echelon::OnSite, Some(_)) | (_, None) => return Err(Error::Invalid(message!("triage-facility"))),
            (_, Some(facility)) => {
                let facility = work.facility(&order, echelon, facility).await?;
                let operator = work.keeper(&facility);
                (Some(facility), operator)
            }
        };
        order.contractor = match contractor {
            None => None,
            Some(_) if echelon != Echelon::OnSite => return Err(Error::Invalid(message!("triage-contractor"))),
            Some(contractor) => {
                let contractor = work.party(contractor).await?;
                let kind = work.picture.parties.get(contractor.as_str()).map(|party| party.kind);
                if !matches!(kind, Some(PartyKind::Operator | PartyKind::Supplier)) {
                    return Err(Error::Invalid(message!("triage-contractor-kind", party = &contractor)));
                }
                Some(contractor)
            }
        };
        work.withdraw_quotes(&order.code, |_| true).await?;
        order.echelon = Some(echelon);
        order.state = WorkOrderState::Triaged;
        let entry = work.noted_about(Activity::Plan, format!("{code} triaged: {echelon}"));
        work.step(order, (&remark, "", ""), entry);
        work.done().await
    }

    /// The lanes by which something would be at its facility earliest, of those that the viewer sees; none if it is not to be brought, or no
    /// lanes lead there.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn work_order_way(&self, viewer: &Viewer, order: &WorkOrder) -> Result<Vec<Code>, Error> {
        let (from, to) = match (&order.account.place, &order.facility) {
            (Some(from), Some(to)) if order.state == WorkOrderState::Triaged && order.consignment.is_none() => {
                (from, to)
            }
            _ => return Ok(Vec::new()),
        };
        let picture = self.picture(viewer).await?;
        Ok(picture.quickest(from.as_str(), to.as_str(), self.today()).unwrap_or_default())
    }

    /// Makes up the consignment by which something is brought to its facility; gives its code. Without lanes the quickest are taken.
    ///
    /// # Errors
    /// If there is no such order or it is not to be brought anywhere, it is on its way already, the actor may not move it, the lanes do not
    /// lead there, or the ledger or the database refuses.
    pub async fn work_order_evacuate(&self, code: &str, route: &[String], actor: &Actor) -> Result<Code, Error> {
        let Some((order, mut work)) = self.begin_repair(code, None, actor).await? else {
            let before = self.work_order(&actor.viewer, code).await?.order.consignment;
            return before.ok_or_else(|| Error::Invalid(message!("key-used")));
        };
        work.may(Action::Move, &[&order.holder])?;
        let facility = order.facility.clone().filter(|_| order.state == WorkOrderState::Triaged);
        let facility = facility.ok_or_else(|| Error::Invalid(message!("evacuate-not-now", order = code)))?;
        if order.consignment.is_some() {
            return Err(Error::Invalid(message!("work-order-under-way", order = code)));
        }
        let held = work.standing(&order, &order.resource).await?;
        if !is_at_hand(&held) {
            return Err(Work::elsewhere(&order, &held));
        }
        let route = if route.is_empty() {
            let (seen, _) = self.memory.picture(&mut work.conn, &actor.viewer).await?;
            let from = held.place.as_ref().unwrap_or(&order.place);
            let way = seen.quickest(from.as_str(), facility.as_str(), day(work.at));
            let way = way.ok_or_else(|| Error::Invalid(message!("no-way", from, to = &facility)))?;
            way.iter().map(ToString::to_string).collect()
        } else {
            route.to_vec()
        };
        let ready = AccountKey { purpose: AccountPurpose::OnHand, ..held.clone() };
        let about = format!("{code} made ready for {facility}");
        let entry = work.noted_about(Activity::Ready, about);
        if held != ready {
            let subject = work.of_order(&order.resource, &order.serial).await?;
            work.post(Activity::Ready, subject, &held, &ready, &[take(&order)]);
        }
        let new = New {
            from: ready.place.as_ref().map_or_else(String::new, ToString::to_string),
            to: Some(facility.to_string()),
            route,
            lines: vec![NewLine::Stock {
                account: ready.to_string(),
                quantity: order.quantity,
                need: None,
                serials: Some(order.serial.clone()).filter(|serial| !serial.is_empty()).into_iter().collect(),
            }],
            remark: code.to_owned(),
        };
        let consignment = self.dated_code("C");
        let destination = work.make(&consignment, &new).await?;
        if destination != facility {
            return Err(Error::Invalid(message!("evacuate-elsewhere", facility = &facility, place = &destination)));
        }
        let order = WorkOrder { account: ready, consignment: Some(consignment.clone()), ..order };
        work.step(order, (consignment.as_str(), "", ""), entry);
        work.done().await?;
        Ok(consignment)
    }

    /// There is nothing to repair after all: it is as it was before the fault report.
    ///
    /// # Errors
    /// If there is no such order or the facility has it or it is on its way, nothing is said of why, the actor may not, or the ledger or the
    /// database refuses.
    pub async fn work_order_cancel(&self, code: &str, remark: &str, actor: &Actor) -> Result<(), Error> {
        let Some((mut order, mut work)) = self.begin_repair(code, None, actor).await? else { return Ok(()) };
        work.may_one(&[(Action::Report, Some(&order.holder)), (Action::Triage, None)])?;
        Work::comes(&order, WorkOrderState::Cancelled)?;
        let remark = some_text("remark", remark)?;
        if order.consignment.is_some() {
            return Err(Error::Invalid(message!("work-order-under-way", order = code)));
        }
        let entry = work.noted_about(Activity::Inspect, format!("{code} cancelled: {remark}"));
        if let Some(before) = work.before_fault(&order).await? {
            let subject = work.of_order(&order.resource, &order.serial).await?;
            let held = work.standing(&order, &order.resource).await?;
            work.becomes(Activity::Inspect, &order, (&held, &before), subject);
            order.account = before;
        }
        work.withdraw_quotes(&order.code, |_| true).await?;
        order.state = WorkOrderState::Cancelled;
        work.repairs.push(Write::Unblock(order.code.clone(), None, work.at));
        work.step(order, (&remark, "", ""), entry);
        work.done().await
    }

    /// Says what keeps an order from going on, and whose turn it is.
    ///
    /// # Errors
    /// If there is no such order or nothing is to be done any more, that reason is said already, nobody is named, the actor may not, or the
    /// ledger or the database refuses.
    pub async fn work_order_block(
        &self,
        code: &str,
        (reason, turn_of, remark): (BlockingReason, &str, &str),
        actor: &Actor,
    ) -> Result<(), Error> {
        let Some((order, mut work)) = self.begin_repair(code, None, actor).await? else { return Ok(()) };
        work.may_work(&order)?;
        let (turn_of, remark) = (some_text("turn_of", turn_of)?, any_text("remark", remark)?);
        let blocks = store::blocks(&mut work.conn, code).await?;
        let same = blocks.iter().any(|block| block.until.is_none() && block.reason == reason);
        if !order.state.is_open() || same {
            return Err(Error::Invalid(message!("work-order-block", order = code)));
        }
        work.noted_about(Activity::Plan, format!("{code} blocked: {reason}, turn of {turn_of}"));
        work.block(&order.code, (reason, &turn_of, &remark));
        work.repairs.push(Write::Set(order));
        work.done().await
    }

    /// Says that something no longer keeps an order from going on.
    ///
    /// # Errors
    /// If there is no such order, nothing of that kind keeps it, the actor may not, or the ledger or the database refuses.
    pub async fn work_order_unblock(&self, code: &str, reason: BlockingReason, actor: &Actor) -> Result<(), Error> {
        let Some((order, mut work)) = self.begin_repair(code, None, actor).await? else { return Ok(()) };
        work.may_work(&order)?;
        let blocks = store::blocks(&mut work.conn, code).await?;
        if !blocks.iter().any(|block| block.until.is_none() && block.reason == reason) {
            return Err(Error::Invalid(message!("work-order-unblock", order = code)));
        }
        if reason == BlockingReason::Price {
            work.is_priced(&order).await?;
        }
        work.noted_about(Activity::Plan, format!("{code} no longer blocked: {reason}"));
        work.repairs.push(Write::Unblock(order.code.clone(), Some(reason), work.at));
        work.repairs.push(Write::Set(order));
        work.done().await
    }

    /// Says something about an order, perhaps in answer to what was said before.
    ///
    /// # Errors
    /// If there is no such order or nothing of that number was said, the attachment was not kept, the actor may not, or the ledger or the
    /// database refuses.
    pub async fn work_order_say(
        &self,
        code: &str,
        (text, answers, attachment): (&str, Option<i64>, &str),
        actor: &Actor,
    ) -> Result<(), Error> {
        let Some((order, mut work)) = self.begin_repair(code, None, actor).await? else { return Ok(()) };
        work.may_one(&[
            (Action::Report, Some(&order.holder)),
            (Action::Repair, order.operator.as_ref()),
            (Action::Repair, order.contractor.as_ref()),
            (Action::Triage, None),
        ])?;
        let text = some_text("text", text)?;
        let said = store::notes(&mut work.conn, code).await?;
        if answers.is_some_and(|number| !said.iter().any(|said| said.number == number)) {
            return Err(Error::Invalid(message!("work-order-answer", order = code)));
        }
        if !attachment.is_empty() {
            work.kept(attachment).await?;
        }
        work.noted_about(Activity::Plan, format!("{code} something said"));
        let said = Said {
            number: 0,
            answers,
            said_at: work.now,
            actor: work.actor.name().to_owned(),
            text,
            attachment: attachment.to_owned(),
        };
        work.repairs.push(Write::Said(order.code.clone(), said));
        work.repairs.push(Write::Set(order));
        work.done().await
    }
}

impl Work<'_> {
    /// Where what is reported is: in service, or stock that is unserviceable already. Whoever knows nothing of it learns nothing.
    async fn broken_down(&mut self, new: &NewFault) -> Result<AccountKey, Error> {
        let none = || Error::Invalid(message!("repair-not-held", resource = &new.resource, serial = &new.serial));
        let held = match (&new.account, new.serial.is_empty()) {
            (None, false) => store::held(&mut self.conn, &new.resource, &new.serial).await?.ok_or_else(none)?,
            (Some(account), true) => AccountKey::parse(account).map_err(Error::must_be)?,
            _ => return Err(Error::Invalid(message!("repair-serial-or-account"))),
        };
        if held.resource.as_str() != new.resource {
            return Err(none());
        }
        self.may_with(Action::Report, &held, &new.serial, none).await?;
        if new.serial.is_empty() {
            // Where units are known one by one, so is the one that broke.
            if self.tracking(&held.resource) != Tracking::Quantity {
                return Err(Error::Invalid(message!("repair-serial-or-account")));
            }
            let there = store::held_by(&mut self.conn, &held).await? - store::reported(&mut self.conn, &held).await?;
            if new.quantity < 1 || new.quantity > there {
                return Err(Error::Invalid(message!("repair-quantity", there)));
            }
        }
        let state = self.picture.resources.get(held.resource.as_str()).map(|resource| resource.state);
        match (held.purpose, state) {
            (AccountPurpose::InService, Some(ResourceState::Serviceable | ResourceState::Unserviceable))
            | (AccountPurpose::OnHand, Some(ResourceState::Unserviceable)) => Ok(held),
            _ => Err(Error::Invalid(message!("repair-not-so"))),
        }
    }

    /// A facility at which something can be repaired, and which is where it is said to be.
    async fn facility(&mut self, order: &WorkOrder, echelon: Echelon, facility: &str) -> Result<Code, Error> {
        let place = self.place(facility).await?;
        let recipient = self.picture.mission().map(|mission| mission.recipient.as_str().to_owned());
        let country = recipient.and_then(|code| self.picture.parties.get(&code)?.country.clone());
        let at_home = country.is_some_and(|country| place.country == country);
        if at_home != (echelon == Echelon::InCountry) {
            return Err(Error::Invalid(message!("triage-echelon", facility)));
        }
        if repairs(&self.picture, &order.resource, Some(&place.code)).next().is_none() {
            let can = repairs(&self.picture, &order.resource, None).map(|process| process.place.code().to_string());
            let can = can.collect::<Vec<_>>().join(", ");
            return Err(Error::Invalid(message!("triage-cannot", facility, resource = &order.resource, can)));
        }
        Ok(place.code)
    }

    /// Whether the actor may work on an order, or decide about it.
    pub(super) fn may_work(&self, order: &WorkOrder) -> Result<(), Error> {
        self.may_repair(order).or_else(|_| self.may(Action::Triage, &[]))
    }

    /// The order whose repair of the same thing is under warranty still.
    async fn warranty(&mut self, broken: &Code, serial: &str) -> Result<Option<Code>, Error> {
        if serial.is_empty() {
            return Ok(None);
        }
        let (of, today) = (OrderFilter { serial: Some(serial.to_owned()), ..OrderFilter::default() }, day(self.at));
        let orders = store::orders(&mut self.conn, &everything(), &of, 1_000).await?;
        let holds = |order: &&WorkOrder| {
            order.warranty_until.is_some_and(|last| last >= today) && self.is_same_item(&order.resource, broken)
        };
        Ok(orders.iter().filter(holds).max_by_key(|order| order.warranty_until).map(|order| order.code.clone()))
    }
}

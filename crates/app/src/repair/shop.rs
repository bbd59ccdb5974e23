//! What a facility does with what it was brought, or a team with what stands where it broke down: it takes it in, finds what is wrong,
//! fetches parts, repairs, tests and releases it; and the unit has it back.

use jiff::{Timestamp, ToSpan as _};
use muster_domain::{
    code::Code,
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::Activity,
    },
    message,
    policy::Action,
    repair::{BlockingReason, Echelon, WorkOrderState},
};
use muster_storage::{
    repair::{self as store, Part, WorkOrder, Write},
    transfer::read::consignment_of,
};

use super::{is_at_hand, parts::stand_in_for, take};
use crate::{
    Actor, App, Error, day, everything,
    text::{any_text, some_text},
    transfer::Work,
};

/// Most days of a warranty: ten years.
const MOST_WARRANTY: u32 = 3_650;

/// That something is fit for use again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Release<'a> {
    /// The account of who tested it and signs.
    pub tester: &'a str,
    /// Their PIN.
    pub pin: &'a str,
    /// A remark.
    pub remark: &'a str,
    /// For how many days whoever repaired it answers for the repair; 0: not.
    pub warranty_days: u32,
}

impl App {
    /// The facility has what is to be repaired: by its consignment, from its own stock, or because the unit brought it.
    ///
    /// # Errors
    /// If there is no such order or it is not at its facility, the actor may not work there, or the ledger or the database refuses.
    pub async fn work_order_induct(&self, code: &str, at: Option<Timestamp>, actor: &Actor) -> Result<(), Error> {
        let Some((mut order, mut work)) = self.begin_repair(code, at, actor).await? else { return Ok(()) };
        work.may_repair(&order)?;
        Work::comes(&order, WorkOrderState::Inducted)?;
        let mut held = work.standing(&order, &order.resource).await?;
        if order.facility.is_none() && !is_at_hand(&held) {
            return Err(Work::elsewhere(&order, &held));
        }
        let mut entry = work.noted_about(Activity::Start, format!("{code} inducted"));
        if let Some(facility) = order.facility.clone() {
            if order.serial.is_empty() && order.consignment.is_some() {
                held = work.arrived(&order, &facility).await?;
            }
            let here = held.place.as_ref() == Some(&facility) && held.purpose == AccountPurpose::OnHand;
            let brought = held.purpose == AccountPurpose::InService && held.holder == order.holder;
            if !here && !brought {
                return Err(Work::elsewhere(&order, &held));
            }
            if brought {
                let keeper = order.operator.clone().unwrap_or_else(|| held.holder.clone());
                let there = AccountKey {
                    purpose: AccountPurpose::OnHand,
                    holder: keeper,
                    place: Some(facility),
                    ..held.clone()
                };
                let subject = work.of_order(&order.resource, &order.serial).await?;
                entry = work.post(Activity::HandOver, subject, &held, &there, &[take(&order)]);
                held = there;
            }
        }
        (order.account, order.state) = (held, WorkOrderState::Inducted);
        work.repairs.push(Write::Unblock(order.code.clone(), Some(BlockingReason::Transport), work.at));
        work.step(order, ("", "", ""), entry);
        work.done().await
    }

    /// Says what is wrong and which parts are needed – none named: those of the facility's bill – and takes from stock what is there. What is
    /// lacking becomes a requirement, and the order waits for it.
    ///
    /// # Errors
    /// If there is no such order or it is not at its facility, nothing is said of what is wrong, a part is unknown, the actor may not work
    /// there, or the ledger or the database refuses.
    pub async fn work_order_diagnose(
        &self,
        code: &str,
        (fault, parts): (&str, Option<&[(String, i64)]>),
        actor: &Actor,
    ) -> Result<(), Error> {
        let Some((mut order, mut work)) = self.begin_repair(code, None, actor).await? else { return Ok(()) };
        work.may_repair(&order)?;
        Work::comes(&order, WorkOrderState::Diagnosed)?;
        order.fault = some_text("fault", fault)?;
        let wanted = match parts {
            Some(parts) => work.known_parts(&order, parts).await?,
            None => work.bill(&order),
        };
        let about = format!("{code} diagnosed: {}", order.fault);
        let entry = work.noted_about(Activity::Inspect, about);
        let before = store::parts(&mut work.conn, code).await?;
        let raised = |resource: &Code| before.iter().find(|b| b.resource == *resource)?.requirement.clone();
        let mut parts: Vec<Part> = Vec::new();
        for (resource, units_wanted) in &wanted {
            let known = before.iter().find(|b| b.resource == *resource);
            let instead_of = known.and_then(|b| b.instead_of.clone()).filter(|of| wanted_too(&wanted, of));
            let requirement = raised(resource);
            parts.push(Part { resource: resource.clone(), wanted: *units_wanted, requirement, instead_of });
            // What stands in for it already does so still.
            for stand_in in before.iter().filter(|b| b.instead_of.as_ref() == Some(resource)) {
                let n = parts.iter().position(|part| part.resource == *resource).unwrap_or_default();
                let units = stand_in.wanted.min(parts[n].wanted);
                if units > 0 && !wanted_too(&wanted, &stand_in.resource) {
                    stand_in_for(&mut parts, n, &stand_in.resource, units);
                }
            }
        }
        // What is no longer needed goes back.
        let needed = |resource: &Code| parts.iter().find(|p| p.resource == *resource).map_or(0, |p| p.wanted);
        work.put_back(&order, needed).await?;
        let dropped = before.iter().filter(|part| needed(&part.resource) == 0);
        let dropped: Vec<Code> = dropped.filter_map(|part| part.requirement.clone()).collect();
        work.needs_no_more(&order.code, &dropped);
        let fault = order.fault.clone();
        work.fetch(order, parts, &fault, entry).await?;
        work.done().await
    }

    /// Takes from stock what an order still lacks; once all is there, it waits no longer.
    ///
    /// # Errors
    /// If there is no such order or it does not wait for parts, nothing of what it lacks is there, the actor may not work there, or the ledger
    /// or the database refuses.
    pub async fn work_order_fetch(&self, code: &str, actor: &Actor) -> Result<(), Error> {
        let Some((order, mut work)) = self.begin_repair(code, None, actor).await? else { return Ok(()) };
        work.may_repair(&order)?;
        if order.state != WorkOrderState::WaitingForParts {
            return Err(Error::Invalid(message!("work-order-waits-not", order = code)));
        }
        let parts = store::parts(&mut work.conn, code).await?;
        let entry = work.noted_about(Activity::Start, format!("{code} parts fetched"));
        let fetched = work.fetch(order, parts, "", entry).await?;
        if !fetched {
            return Err(Error::Invalid(message!("work-order-no-stock", order = code)));
        }
        work.done().await
    }

    /// Work begins, once all parts are there and its price, if one was asked, is agreed.
    ///
    /// # Errors
    /// If there is no such order or it is not diagnosed, a price of it is not agreed, the actor may not work there, or the ledger or the database refuses.
    pub async fn work_order_start(&self, code: &str, at: Option<Timestamp>, actor: &Actor) -> Result<(), Error> {
        let Some((mut order, mut work)) = self.begin_repair(code, at, actor).await? else { return Ok(()) };
        work.may_repair(&order)?;
        if order.state != WorkOrderState::Diagnosed {
            Work::comes(&order, WorkOrderState::Diagnosed)?;
            return Err(Error::Invalid(message!("work-order-undiagnosed", order = code)));
        }
        work.is_priced(&order).await?;
        let mut entry = work.noted_about(Activity::Start, format!("{code} in repair"));
        if order.account.purpose != AccountPurpose::InProcess {
            let held = work.standing(&order, &order.resource).await?;
            let into = Work::in_process(&order.code, &held);
            let subject = work.of_order(&order.resource, &order.serial).await?;
            entry = work.post(Activity::Start, subject, &held, &into, &[take(&order)]);
            order.account = into;
        }
        order.state = WorkOrderState::InRepair;
        work.step(order, ("", "", ""), entry);
        work.done().await
    }

    /// Records a test: what passed is tested, what did not stays in repair.
    ///
    /// # Errors
    /// If there is no such order or it is not in repair, nothing is said of a test that failed, the actor may not work there, or the ledger or
    /// the database refuses.
    pub async fn work_order_test(
        &self,
        code: &str,
        (passed, remark, evidence): (bool, &str, &str),
        actor: &Actor,
    ) -> Result<(), Error> {
        let Some((mut order, mut work)) = self.begin_repair(code, None, actor).await? else { return Ok(()) };
        work.may_repair(&order)?;
        let state = if passed { WorkOrderState::Tested } else { WorkOrderState::InRepair };
        if !order.state.is_in_hand() || !order.state.allows(state) {
            return Err(Error::Invalid(message!("work-order-untested", order = code)));
        }
        let remark = if passed { any_text("remark", remark)? } else { some_text("remark", remark)? };
        if !evidence.is_empty() {
            work.kept(evidence).await?;
        }
        let told = if passed { "passed" } else { "failed" };
        let entry = work.noted_about(Activity::Inspect, format!("{code} test {told}: {remark}"));
        order.state = state;
        work.step(order, (&remark, evidence, ""), entry);
        work.done().await
    }

    /// It is fit for use again, and its tester signs for it by name and PIN: it comes out serviceable, and its parts are used up. What was
    /// repaired where it stands is in service again at once. Whoever repaired it may answer for it for some days.
    ///
    /// # Errors
    /// If there is no such order or it was not tested, a price of it is not agreed, the PIN is wrong, the tester does not belong to who repaired it, there is a warranty for
    /// what has no serial number or for too long, the actor may not work there, or the ledger or the database refuses.
    pub async fn work_order_release(&self, code: &str, release: &Release<'_>, actor: &Actor) -> Result<(), Error> {
        let Release { tester, pin, remark, warranty_days } = *release;
        let Some((mut order, mut work)) = self.begin_repair(code, None, actor).await? else { return Ok(()) };
        work.may_repair(&order)?;
        Work::comes(&order, WorkOrderState::Released)?;
        work.is_priced(&order).await?;
        let remark = any_text("remark", remark)?;
        let party = work.signs(tester, pin).await?;
        if warranty_days > MOST_WARRANTY || warranty_days > 0 && order.serial.is_empty() {
            return Err(Error::Invalid(message!("warranty-wrong", most = MOST_WARRANTY)));
        }
        let who = order.contractor.as_ref().or(order.operator.as_ref()).or(work.actor.viewer.party.as_ref());
        if who.is_some_and(|who| *who != party) {
            return Err(Error::Invalid(message!("tester-elsewhere", name = tester, party = &party)));
        }
        let mended = work.mended(&order).await?;
        let about = format!("{code} released as serviceable, tested and signed for by {tester} of {party}");
        work.noted_about(Activity::Finish, about);
        let out = AccountKey { resource: mended, ..order.account.clone() };
        // What was mended on site is with its unit, what was stock is stock again: nothing is to be given back.
        let back = order.echelon == Some(Echelon::OnSite) || !order.in_service;
        let in_service = back && order.in_service;
        let purpose = if in_service { AccountPurpose::InService } else { AccountPurpose::OnHand };
        let fit = AccountKey { purpose, via: None, ..out.clone() };
        let subject = work.of_order(&order.resource, &order.serial).await?;
        let entry = work.post(Activity::Finish, subject, &out, &fit, &[take(&order)]);
        work.use_up(&order).await?;
        (order.account, order.state) = (fit, WorkOrderState::Released);
        let last = day(work.at).checked_add(i64::from(warranty_days).days()).ok();
        order.warranty_until = last.filter(|_| warranty_days > 0);
        work.needs_nothing(&order.code).await?;
        work.repairs.push(Write::Unblock(order.code.clone(), None, work.at));
        let signed = format!("{tester}, {party}");
        work.step(order.clone(), (&remark, "", &signed), entry);
        if back {
            order.state = WorkOrderState::Returned;
            order.version += 1;
            work.step(order, ("", "", ""), entry);
        }
        work.done().await
    }

    /// The unit has it back, in service.
    ///
    /// # Errors
    /// If there is no such order or it was not released, it is not where the unit is, the actor may not receive for the unit, or the ledger or
    /// the database refuses.
    pub async fn work_order_return(&self, code: &str, at: Option<Timestamp>, actor: &Actor) -> Result<(), Error> {
        let Some((mut order, mut work)) = self.begin_repair(code, at, actor).await? else { return Ok(()) };
        work.may(Action::Move, &[&order.holder])?;
        Work::comes(&order, WorkOrderState::Returned)?;
        let resource = order.account.resource.clone();
        let mut held = work.standing(&order, &resource).await?;
        if order.serial.is_empty() && order.account.place.as_ref() != Some(&order.place) {
            let stock = store::stock(&mut work.conn, resource.as_str(), order.place.as_str()).await?;
            let keeper = work.keeper(&order.place);
            let there = stock.into_iter().find(|(account, units)| {
                let keeps = account.holder == order.holder || Some(&account.holder) == keeper.as_ref();
                let same = account.owner == order.account.owner && account.caveats == order.account.caveats;
                keeps && same && *units >= order.quantity
            });
            held = there.map_or(held, |(account, _)| account);
        }
        let about = format!("{code} returned to {}", order.holder);
        let mut entry = work.noted_about(Activity::Receive, about);
        let service = AccountKey {
            purpose: AccountPurpose::InService,
            holder: order.holder.clone(),
            place: Some(order.place.clone()),
            via: None,
            ..held.clone()
        };
        match (held.purpose, held.place.as_ref() == Some(&order.place)) {
            (AccountPurpose::InService, _) if held.holder == order.holder => {}
            // The unit fetched it at the facility, or it was brought.
            (AccountPurpose::OnHand, brought) if brought || held.place == order.facility => {
                let subject = work.of_order(&order.resource, &order.serial).await?;
                entry = work.post(Activity::Receive, subject, &held, &service, &[take(&order)]);
            }
            _ => return Err(Error::Invalid(message!("work-order-not-back", order = code))),
        }
        (order.account, order.state) = (service, WorkOrderState::Returned);
        work.step(order, ("", "", ""), entry);
        work.done().await
    }
}

/// Whether a part is among those that are wanted.
fn wanted_too(wanted: &[(Code, i64)], resource: &Code) -> bool {
    wanted.iter().any(|(code, _)| code == resource)
}

impl Work<'_> {
    /// Stock at a facility that may be what an order waits for: of the same owner, under the same caveats.
    async fn arrived(&mut self, order: &WorkOrder, facility: &Code) -> Result<AccountKey, Error> {
        let brings = match &order.consignment {
            Some(brings) => consignment_of(&mut self.conn, &everything(), brings.as_str()).await?,
            None => None,
        };
        if brings.is_none_or(|brings| brings.place != *facility) {
            return Ok(order.account.clone());
        }
        let stock = store::stock(&mut self.conn, order.resource.as_str(), facility.as_str()).await?;
        let same = |(account, units): &&(AccountKey, i64)| {
            account.owner == order.owner && account.caveats == order.account.caveats && *units >= order.quantity
        };
        Ok(stock.iter().find(same).map_or_else(|| order.account.clone(), |(account, _)| account.clone()))
    }
}

//! What a facility does with what it was brought, or a team with what stands where it broke down: it takes it in, finds what is wrong,
//! fetches parts, repairs, tests and releases it; and the unit has it back.

use jiff::{Timestamp, ToSpan as _};
use muster_domain::{
    change,
    code::{Code, Ref},
    field::Text,
    fixed::Fixed,
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::Activity,
    },
    message,
    picture::Picture,
    policy::Action,
    repair::{BlockingReason, Echelon, WorkOrderState},
    requirement::{Requirement, RequirementAccept, RequirementState},
};
use muster_storage::{
    repair::{self as store, Block, Part, WorkOrder, Write},
    transfer::{EntryRef, read::consignment_of},
};

use super::{is_at_hand, repairs, stock, take};
use crate::{
    Actor, App, Error, everything,
    text::{any_text, some_text},
    transfer::Work,
};

/// Most kinds of parts that an order needs.
const MOST_PARTS: usize = 200;
/// Most units of a part.
const MOST_UNITS: i64 = 1_000_000;

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
        let parts: Vec<Part> = wanted
            .into_iter()
            .map(|(resource, wanted)| Part { requirement: raised(&resource), resource, wanted })
            .collect();
        // What is no longer needed goes back.
        let needed = |resource: &Code| parts.iter().find(|p| p.resource == *resource).map_or(0, |p| p.wanted);
        work.put_parts(&order, Activity::Adjust, needed, stock).await?;
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

    /// Work begins, once all parts are there.
    ///
    /// # Errors
    /// If there is no such order or it is not diagnosed, the actor may not work there, or the ledger or the database refuses.
    pub async fn work_order_start(&self, code: &str, at: Option<Timestamp>, actor: &Actor) -> Result<(), Error> {
        let Some((mut order, mut work)) = self.begin_repair(code, at, actor).await? else { return Ok(()) };
        work.may_repair(&order)?;
        if order.state != WorkOrderState::Diagnosed {
            Work::comes(&order, WorkOrderState::Diagnosed)?;
            return Err(Error::Invalid(message!("work-order-undiagnosed", order = code)));
        }
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
    /// repaired where it stands is in service again at once.
    ///
    /// # Errors
    /// If there is no such order or it was not tested, the PIN is wrong, the tester does not belong to who repaired it, the actor may not work
    /// there, or the ledger or the database refuses.
    pub async fn work_order_release(
        &self,
        code: &str,
        (tester, pin, remark): (&str, &str, &str),
        actor: &Actor,
    ) -> Result<(), Error> {
        let Some((mut order, mut work)) = self.begin_repair(code, None, actor).await? else { return Ok(()) };
        work.may_repair(&order)?;
        Work::comes(&order, WorkOrderState::Released)?;
        let remark = any_text("remark", remark)?;
        let party = work.signs(tester, pin).await?;
        let who = order.operator.as_ref().or(work.actor.viewer.party.as_ref());
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
        let used_up = |account: &AccountKey| AccountKey { purpose: AccountPurpose::Consumed, ..account.clone() };
        work.put_parts(&order, Activity::Consume, |_| 0, used_up).await?;
        (order.account, order.state) = (fit, WorkOrderState::Released);
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

    /// Parts that are named: each once, of resources that the actor sees or that any repair uses up. A facility need not see the catalogue.
    async fn known_parts(&mut self, order: &WorkOrder, parts: &[(String, i64)]) -> Result<Vec<(Code, i64)>, Error> {
        let (seen, _) = self.app.memory.picture(&mut self.conn, &self.actor.viewer).await?;
        let mut known: Vec<(Code, i64)> = Vec::new();
        for (resource, wanted) in parts {
            let used = self.picture.process_needs.values().any(|need| need.resource.as_str() == resource);
            let all = if used { &self.picture.resources } else { &seen.resources };
            let found = all.get(resource.as_str());
            let found = found.ok_or_else(|| Error::NotFound { what: "resource", code: resource.clone() })?;
            let twice = known.iter().any(|(code, _)| *code == found.code);
            let whole = self.is_same_item(&found.code, &order.resource);
            if whole || twice || !(1..=MOST_UNITS).contains(wanted) || known.len() == MOST_PARTS {
                return Err(Error::Invalid(message!("work-order-parts", resource, most = MOST_UNITS)));
            }
            known.push((found.code.clone(), *wanted));
        }
        Ok(known)
    }

    /// What the facility's repair of it uses up, in whole units.
    fn bill(&self, order: &WorkOrder) -> Vec<(Code, i64)> {
        let process = repairs(&self.picture, &order.resource, order.facility.as_ref()).next();
        let needs = process.map(|process| self.picture.needs(process.code.as_str()).collect::<Vec<_>>());
        let units = |each: Fixed<3>| (each.0.saturating_mul(order.quantity) + 999) / 1_000;
        needs.unwrap_or_default().iter().map(|need| (need.resource.code().clone(), units(need.quantity))).collect()
    }

    /// Takes parts from the facility's stock; the order is then diagnosed, or waits for what is lacking. Tells whether anything was taken.
    async fn fetch(
        &mut self,
        mut order: WorkOrder,
        mut parts: Vec<Part>,
        remark: &str,
        entry: EntryRef,
    ) -> Result<bool, Error> {
        let issued = store::issued(&mut self.conn, order.code.as_str()).await?;
        let (mut lacking, mut fetched) = (Vec::new(), false);
        for (n, part) in parts.iter().enumerate() {
            let same = issued.iter().filter(|issued| issued.account.resource == part.resource && issued.quantity > 0);
            let mut lacks = part.wanted - same.map(|issued| issued.quantity).sum::<i64>();
            let wanted = (part.resource.as_str(), order.repaired_at().as_str());
            for (account, there) in store::parts_at(&mut self.conn, wanted, order.repaired_by()).await? {
                let units = there.min(lacks).max(0);
                let own = order.operator.as_ref().is_none_or(|operator| *operator == account.holder);
                if units > 0 && own {
                    let takes = self.takes_of(&account, units).await?;
                    let into = Self::in_process(&order.code, &account);
                    self.post(Activity::Start, Default::default(), &account, &into, &takes);
                    (lacks, fetched) = (lacks - units, true);
                }
            }
            if lacks > 0 {
                lacking.push((n, lacks));
            }
        }
        for &(n, units) in lacking.iter().filter(|(n, _)| parts[*n].requirement.is_none()).collect::<Vec<_>>() {
            let resource = parts[n].resource.clone();
            parts[n].requirement = Some(self.raise(&order, n, &resource, units)?);
        }
        let waits = !lacking.is_empty();
        let waited = order.state == WorkOrderState::WaitingForParts;
        order.state = if waits { WorkOrderState::WaitingForParts } else { WorkOrderState::Diagnosed };
        self.repairs.push(Write::Parts(order.code.clone(), parts));
        if !waits || !waited {
            self.repairs.push(Write::Unblock(order.code.clone(), Some(BlockingReason::Parts), self.at));
        }
        if waits && !waited {
            let turn_of = order.repaired_by().to_string();
            let block = Block {
                reason: BlockingReason::Parts,
                turn_of,
                remark: String::new(),
                since: self.at,
                actor: self.actor.name().to_owned(),
                until: None,
            };
            self.repairs.push(Write::Block(order.code.clone(), block));
        }
        self.step(order, (remark, "", ""), entry);
        Ok(fetched)
    }

    /// A requirement for parts that are lacking, with the order as its reason; the mission validates it as any other.
    fn raise(&mut self, order: &WorkOrder, n: usize, resource: &Code, units: i64) -> Result<Code, Error> {
        let picture = self.picture.clone();
        let number = (n + 1..).map(|n| format!("{}.{n}", order.code));
        let taken = |code: &String| {
            let raised = self.changes.iter().any(|change| change.key == *code);
            raised || muster_domain::need::Need::of(&picture, code).is_some()
        };
        let code = number.into_iter().find(|code| !taken(code)).unwrap_or_default();
        let code = Code::new(&code).map_err(Error::must_be)?;
        let item = picture.item_of(resource.as_str());
        let purpose = item.map(|item| item.purpose.as_str()).filter(|purpose| !purpose.is_empty()).unwrap_or("repair");
        let (days, priority) = (order.urgency.days(), order.urgency.weight());
        let today = self.app.today();
        let after = |days: i64| today.checked_add(days.days()).unwrap_or(today);
        let mut raised = Picture::default();
        raised.put(Requirement {
            code: code.clone(),
            unit: Ref::new(order.repaired_by().clone()),
            place: Ref::new(order.repaired_at().clone()),
            purpose: Text::new(purpose).map_err(Error::must_be)?,
            quantity: u32::try_from(units).unwrap_or(u32::MAX),
            priority: Fixed(priority * Fixed::<3>::ONE),
            due: after(days),
            expires: after(days + 180),
            state: RequirementState::Submitted,
            state_reason: String::new(),
            // Others see the requirement than see the order: which unit it is stands there alone.
            justification: format!("{}: {} waits for it", order.code, order.resource),
            releasable_to: Default::default(),
            source: order.code.to_string(),
            fictional: false,
        });
        raised.put(RequirementAccept {
            requirement: Ref::new(code.clone()),
            resource: Ref::new(resource.clone()),
            utility: Fixed(Fixed::<3>::ONE),
            source: order.code.to_string(),
            fictional: false,
        });
        self.changes.extend(change::changes(&picture, &raised).0);
        Ok(code)
    }
}

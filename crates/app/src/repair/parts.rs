//! The parts that a work order needs: taken out of stock, or what may stand in for them; what is lacking becomes a requirement, which is
//! withdrawn once nothing is lacking any more.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use muster_domain::{
    change,
    code::{Code, Ref},
    field::Text,
    fixed::Fixed,
    item::Substitute,
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::{Activity, Take},
    },
    message,
    picture::Picture,
    repair::{BlockingReason, WorkOrderState},
    requirement::{Requirement, RequirementAccept, RequirementState},
    viewer::Viewer,
};
use muster_storage::{
    ledger::read,
    repair::{self as store, Issued, Part, WorkOrder, Write},
    transfer::EntryRef,
};

use super::{Shown, may_repair, repairs};
use crate::{Actor, App, Error, everything, fulfilment::need_comes_to, mission::keep_parts, transfer::Work};

/// Most kinds of parts that an order needs.
const MOST_PARTS: usize = 200;
/// Most units of a part.
const MOST_UNITS: i64 = 1_000_000;

/// Stock that may stand in for a part that an order lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandIn {
    /// The part that is lacking.
    pub part: Code,
    /// What may stand in for it.
    pub substitute: Code,
    /// The share of the value that it brings.
    pub utility: Fixed<3>,
    /// How many units may be taken: what is there, and no more than is lacking.
    pub units: i64,
}

impl App {
    /// What is in stock where an order waits for parts and may stand in for them, the most useful first; nothing for who may not work on it.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn work_order_stand_ins(&self, viewer: &Viewer, shown: &Shown) -> Result<Vec<StandIn>, Error> {
        let mut found = Vec::new();
        if shown.order.state != WorkOrderState::WaitingForParts || !may_repair(viewer, &shown.order) {
            return Ok(found);
        }
        let mut conn = self.read().await?;
        let (picture, _) = self.memory.picture(&mut conn, &everything()).await?;
        for (part, issued) in shown.parts.iter().filter(|(part, issued)| *issued < part.wanted) {
            for (substitute, utility) in stand_ins(&picture, &part.resource) {
                if is_part_of_its_own(shown.parts.iter().map(|(part, _)| part), &part.resource, &substitute) {
                    continue;
                }
                let there = usable(&mut conn, &shown.order, &substitute).await?;
                let there: i64 = there.iter().map(|(_, units)| *units).sum();
                let units = there.min(part.wanted - issued);
                if units > 0 {
                    found.push(StandIn { part: part.resource.clone(), substitute, utility, units });
                }
            }
        }
        Ok(found)
    }

    /// Takes something from stock that stands in for a part that an order lacks.
    ///
    /// # Errors
    /// If there is no such order or it does not wait for that part, the catalogue does not say that the other may stand in for it, or not so
    /// much is there or lacking, the actor may not work there, or the ledger or the database refuses.
    pub async fn work_order_substitute(
        &self,
        code: &str,
        (part, substitute, units): (&str, &str, i64),
        actor: &Actor,
    ) -> Result<(), Error> {
        let Some((order, mut work)) = self.begin_repair(code, None, actor).await? else { return Ok(()) };
        work.may_repair(&order)?;
        if order.state != WorkOrderState::WaitingForParts {
            return Err(Error::Invalid(message!("work-order-waits-not", order = code)));
        }
        let mut parts = store::parts(&mut work.conn, code).await?;
        let issued = store::issued(&mut work.conn, code).await?;
        let none = || Error::Invalid(message!("work-order-substitute", part, substitute));
        let n = parts.iter().position(|known| known.resource.as_str() == part).ok_or_else(none)?;
        let mut all = stand_ins(&work.picture, &parts[n].resource).into_iter();
        let (stand_in, _) = all.find(|(code, _)| code.as_str() == substitute).ok_or_else(none)?;
        if is_part_of_its_own(parts.iter(), &parts[n].resource, &stand_in) {
            return Err(none());
        }
        let lacks = parts[n].wanted - units_of(&issued, &parts[n].resource);
        let there = usable(&mut work.conn, &order, &stand_in).await?;
        let most = there.iter().map(|(_, units)| *units).sum::<i64>().min(lacks);
        if !(1..=most).contains(&units) {
            return Err(Error::Invalid(message!("work-order-substitute-units", substitute, most)));
        }
        let about = format!("{code} {units} {stand_in} stand in for {part}");
        let entry = work.noted_about(Activity::Plan, about);
        stand_in_for(&mut parts, n, &stand_in, units);
        work.fetch(order, parts, "", entry).await?;
        work.done().await
    }
}

/// What may stand in for a resource, in the same state, the most useful first.
fn stand_ins(picture: &Picture, resource: &Code) -> Vec<(Code, Fixed<3>)> {
    let Some(wanted) = picture.resources.get(resource.as_str()) else { return Vec::new() };
    let of = |substitute: &Substitute| {
        let same = |r: &&muster_domain::resource::Resource| r.item == substitute.substitute && r.state == wanted.state;
        picture.resources.values().find(same).map(|found| (found.code.clone(), substitute.utility))
    };
    let mut all: Vec<_> = picture.substitutes.values().filter(|s| s.item == wanted.item).filter_map(of).collect();
    all.sort_by(|(one, utility), (other, least)| (least, one).cmp(&(utility, other)));
    all
}

/// Whether something that may stand in for a part is needed for itself, or stands in for another already.
fn is_part_of_its_own<'a>(mut parts: impl Iterator<Item = &'a Part>, part: &Code, stand_in: &Code) -> bool {
    parts.any(|known| known.resource == *stand_in && known.instead_of.as_ref() != Some(part))
}

/// Units of one part become units of another, which stands in for it.
pub(super) fn stand_in_for(parts: &mut Vec<Part>, n: usize, resource: &Code, units: i64) {
    let instead_of = parts[n].resource.clone();
    parts[n].wanted -= units;
    match parts.iter_mut().find(|part| part.resource == *resource) {
        Some(known) => known.wanted += units,
        None => {
            let resource = resource.clone();
            parts.push(Part { resource, wanted: units, requirement: None, instead_of: Some(instead_of) });
        }
    }
}

/// What lies in an order's own accounts of a resource.
fn units_of(issued: &[Issued], resource: &Code) -> i64 {
    issued.iter().filter(|issued| issued.account.resource == *resource).map(|issued| issued.quantity).sum()
}

/// Accounts out of which whoever repairs an order may take a part, with what is there.
async fn usable(
    conn: &mut muster_storage::db::Conn,
    order: &WorkOrder,
    resource: &Code,
) -> Result<Vec<(AccountKey, i64)>, Error> {
    let wanted = (resource.as_str(), order.repaired_at().as_str());
    let mut there = store::parts_at(conn, wanted, order.repaired_by()).await?;
    let own = |account: &AccountKey| order.operator.as_ref().is_none_or(|operator| *operator == account.holder);
    there.retain(|(account, units)| *units > 0 && own(account));
    Ok(there)
}

impl Work<'_> {
    /// Parts that are named: each once, of resources that the actor sees or that any repair uses up. A facility need not see the catalogue.
    pub(super) async fn known_parts(
        &mut self,
        order: &WorkOrder,
        parts: &[(String, i64)],
    ) -> Result<Vec<(Code, i64)>, Error> {
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
    pub(super) fn bill(&self, order: &WorkOrder) -> Vec<(Code, i64)> {
        let process = repairs(&self.picture, &order.resource, order.facility.as_ref()).next();
        let needs = process.map(|process| self.picture.needs(process.code.as_str()).collect::<Vec<_>>());
        let units = |each: Fixed<3>| (each.0.saturating_mul(order.quantity) + 999) / 1_000;
        needs.unwrap_or_default().iter().map(|need| (need.resource.code().clone(), units(need.quantity))).collect()
    }

    /// Takes parts from the facility's stock, and what is as good where they are lacking; the order is then diagnosed, or waits for what is
    /// lacking still. Tells whether anything was taken.
    pub(super) async fn fetch(
        &mut self,
        mut order: WorkOrder,
        mut parts: Vec<Part>,
        remark: &str,
        entry: EntryRef,
    ) -> Result<bool, Error> {
        let issued = store::issued(&mut self.conn, order.code.as_str()).await?;
        let (mut lacking, mut fetched) = (Vec::new(), false);
        let mut now: BTreeMap<Code, i64> = BTreeMap::new();
        for n in 0..parts.len() {
            let resource = parts[n].resource.clone();
            let there = units_of(&issued, &resource) + now.get(&resource).copied().unwrap_or(0);
            let mut lacks = parts[n].wanted - there;
            let taken = self.take_part(&order, &resource, lacks).await?;
            (lacks, fetched) = (lacks - taken, fetched || taken > 0);
            for (stand_in, utility) in stand_ins(&self.picture.clone(), &resource) {
                let other = is_part_of_its_own(parts.iter(), &resource, &stand_in);
                // Of what is lacking itself nothing is over for another.
                let wants = parts.iter().find(|part| part.resource == stand_in).map_or(0, |part| part.wanted);
                let lacking_itself = wants > units_of(&issued, &stand_in);
                if lacks <= 0 || other || lacking_itself || utility.0 < Fixed::<3>::ONE {
                    continue;
                }
                let taken = self.take_part(&order, &stand_in, lacks).await?;
                if taken > 0 {
                    stand_in_for(&mut parts, n, &stand_in, taken);
                    *now.entry(stand_in).or_default() += taken;
                    (lacks, fetched) = (lacks - taken, true);
                }
            }
            if lacks > 0 {
                lacking.push((n, lacks));
            }
        }
        for &(n, units) in &lacking {
            let known = parts[n].requirement.as_ref().and_then(|code| self.picture.requirements.get(code.as_str()));
            match known.cloned() {
                Some(known) if !known.state.is_stop() => self.asks_for(known, units),
                // What others gave up is asked for anew.
                _ => {
                    let resource = parts[n].resource.clone();
                    parts[n].requirement = Some(self.raise(&order, n, &resource, units)?);
                }
            }
        }
        let met = (0..parts.len()).filter(|n| !lacking.iter().any(|(lacks, _)| lacks == n));
        let met: Vec<Code> = met.filter_map(|n| parts[n].requirement.clone()).collect();
        let withdrawn = self.needs_no_more(&order.code, &met);
        parts.retain(|part| part.wanted > 0);
        for part in &mut parts {
            part.requirement = part.requirement.take().filter(|code| !withdrawn.contains(code));
        }
        let waits = !lacking.is_empty();
        let waited = order.state == WorkOrderState::WaitingForParts;
        order.state = if waits { WorkOrderState::WaitingForParts } else { WorkOrderState::Diagnosed };
        self.repairs.push(Write::Parts(order.code.clone(), parts));
        if !waits || !waited {
            self.repairs.push(Write::Unblock(order.code.clone(), Some(BlockingReason::Parts), self.at));
        }
        if waits && !waited {
            self.block(&order.code, (BlockingReason::Parts, order.repaired_by().as_str(), ""));
        }
        self.step(order, (remark, "", ""), entry);
        Ok(fetched)
    }

    /// Takes up to so many units of a part out of stock into the order's own accounts; gives how many.
    async fn take_part(&mut self, order: &WorkOrder, resource: &Code, most: i64) -> Result<i64, Error> {
        let mut taken = 0;
        for (account, there) in usable(&mut self.conn, order, resource).await? {
            let units = there.min(most - taken);
            if units > 0 {
                let takes = self.takes_of(&account, units).await?;
                let into = Self::in_process(&order.code, &account);
                self.post(Activity::Start, Default::default(), &account, &into, &takes);
                taken += units;
            }
        }
        Ok(taken)
    }

    /// What stock an account has by lot or serial number, where its item is known so; else the bare number.
    async fn takes_of(&mut self, account: &AccountKey, mut quantity: i64) -> Result<Vec<Take>, Error> {
        let known = read::holdings_of(&mut self.conn, account).await?;
        let mut takes = Vec::new();
        for (lot, serial, there) in known {
            let units = there.min(quantity);
            if units > 0 {
                takes.push(Take { line: 0, quantity: units, lot, serial });
                quantity -= units;
            }
        }
        if quantity > 0 {
            takes.push(Take { line: 0, quantity, lot: String::new(), serial: String::new() });
        }
        Ok(takes)
    }

    /// The parts in an order's own accounts go back where they came from, but for what is kept of each resource.
    pub(super) async fn put_back(&mut self, order: &WorkOrder, keep: impl Fn(&Code) -> i64) -> Result<(), Error> {
        self.put_parts(order, Activity::Adjust, keep, |issued| match issued.origin.purpose {
            AccountPurpose::InService | AccountPurpose::OnHand => issued.origin.clone(),
            _ => super::stock(&issued.account),
        })
        .await
    }

    /// The parts in an order's own accounts are used up.
    pub(super) async fn use_up(&mut self, order: &WorkOrder) -> Result<(), Error> {
        let used_up = |issued: &Issued| AccountKey { purpose: AccountPurpose::Consumed, ..issued.account.clone() };
        self.put_parts(order, Activity::Consume, |_| 0, used_up).await
    }

    /// The parts in an order's own accounts go where `to` says, but for what is kept of each resource.
    async fn put_parts(
        &mut self,
        order: &WorkOrder,
        activity: Activity,
        keep: impl Fn(&Code) -> i64,
        to: impl Fn(&Issued) -> AccountKey,
    ) -> Result<(), Error> {
        let issued = store::issued(&mut self.conn, order.code.as_str()).await?;
        // What became something else is no longer there, wherever it came from.
        let mut there: BTreeMap<(&AccountKey, &str, &str), i64> = BTreeMap::new();
        for issued in &issued {
            *there.entry((&issued.account, &issued.lot, &issued.serial)).or_default() += issued.quantity;
        }
        let mut kept: BTreeMap<&Code, i64> = BTreeMap::new();
        let mut ways: BTreeMap<(AccountKey, AccountKey), Vec<Take>> = BTreeMap::new();
        for issued in &issued {
            let resource = &issued.account.resource;
            let rest = there.entry((&issued.account, &issued.lot, &issued.serial)).or_default();
            let units = issued.quantity.min(*rest);
            if self.is_same_item(resource, &order.resource) || units <= 0 {
                continue;
            }
            *rest -= units;
            let so_far = kept.entry(resource).or_default();
            let stays = units.min((keep(resource) - *so_far).max(0));
            *so_far += stays;
            if stays < units {
                let (lot, serial) = (issued.lot.clone(), issued.serial.clone());
                let take = Take { line: 0, quantity: units - stays, lot, serial };
                ways.entry((issued.account.clone(), to(issued))).or_default().push(take);
            }
        }
        for ((from, to), takes) in ways {
            self.post(activity, Default::default(), &from, &to, &takes);
        }
        Ok(())
    }

    /// Requirements that were raised for an order and are not needed any more are withdrawn, unless somebody gives for them already. Gives
    /// those that are.
    pub(super) fn needs_no_more(&mut self, order: &Code, requirements: &[Code]) -> Vec<Code> {
        let mut withdrawn = Vec::new();
        for code in requirements {
            let known = self.picture.requirements.get(code.as_str());
            if known.is_some_and(|known| known.state < RequirementState::PartMatched) {
                let why = format!("{order} needs it no more");
                self.changes.extend(need_comes_to(&self.picture, code.as_str(), RequirementState::Withdrawn, &why));
                withdrawn.push(code.clone());
            }
        }
        withdrawn
    }

    /// The same for all that were raised for it, at its end.
    pub(super) async fn needs_nothing(&mut self, order: &Code) -> Result<(), Error> {
        let parts = store::parts(&mut self.conn, order.as_str()).await?;
        let raised: Vec<Code> = parts.into_iter().filter_map(|part| part.requirement).collect();
        self.needs_no_more(order, &raised);
        Ok(())
    }

    /// A requirement that was raised for an order asks for so many units as it lacks now: for more only until somebody found it justified,
    /// and neither more nor less once somebody gives for it, since what they gave is counted against what they were asked for.
    fn asks_for(&mut self, requirement: Requirement, units: i64) {
        let quantity = u32::try_from(units).unwrap_or(u32::MAX);
        let judged = requirement.state > RequirementState::Submitted && quantity > requirement.quantity;
        if judged || requirement.state >= RequirementState::PartMatched || requirement.quantity == quantity {
            return;
        }
        let mut asked = Picture::default();
        keep_parts(&self.picture.requirement_accepts, requirement.code.as_str(), &mut asked);
        asked.put(Requirement { quantity, ..requirement });
        self.changes.extend(change::changes(&self.picture, &asked).0);
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

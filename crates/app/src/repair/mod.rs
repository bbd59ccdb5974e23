//! Repair: what is broken is reported, it is decided where it is mended, it is brought there, repaired, tested and given back. Every step is
//! in the journal, and so is everything that moves by it.
//!
//! - [`request`]: the fault report, triage, evacuation, and what people say to each other about it.
//! - [`shop`]: what the facility does: induct, diagnose, fetch parts, repair, test, release; and the return.
//! - [`parts`]: what is taken out of stock for it, what stands in for what is lacking, and requirements for the rest.
//! - [`cost`]: what a repair costs, and the fund that pays for it.
//! - [`ending`]: what is not worth it is written off or cannibalised.
//! - [`figures`]: the board: queues, turnaround, what blocks, what is lacking, availability.
//! - [`sequence`]: in which order a facility would best work.
//!
//! An order has accounts of its own: those of purpose `in_process` that go by its code. What is unserviceable goes in and comes out
//! serviceable, as in a plan's repairs; parts lie there from when they are taken out of stock until they are used up.

pub mod cost;
pub mod ending;
pub mod figures;
pub mod parts;
pub mod request;
pub mod sequence;
pub mod shop;

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    consignment::ConsignmentState,
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::{Act, Activity, Posting, Subject, Take},
    },
    message,
    picture::Picture,
    policy::{self, Action, Deed},
    process::{Process, ProcessKind},
    repair::{BlockingReason, WorkOrderState},
    resource::ResourceState,
    viewer::Viewer,
};
use muster_storage::{
    ledger::read,
    repair::{self as store, Block, OrderFilter, Part, Quote, Said, Step, WorkOrder, Write},
    transfer::{EntryRef, read as transfer},
};

use self::cost::of_order;
use crate::{Actor, App, Error, everything, transfer::Work};

/// A work order with all that is known of it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The order.
    pub order: WorkOrder,
    /// The states that it came to.
    pub steps: Vec<Step>,
    /// What kept or keeps it from going on.
    pub blocks: Vec<Block>,
    /// What it needs, and how much of that was taken out of stock for it.
    pub parts: Vec<(Part, i64)>,
    /// What people said about it.
    pub said: Vec<Said>,
    /// What it costs.
    pub quotes: Vec<Quote>,
}

impl Shown {
    /// What keeps it from going on now.
    pub fn blocked(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(|block| block.until.is_none())
    }
}

impl App {
    /// Work orders that the viewer sees: the most urgent first, then the oldest.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn work_orders(
        &self,
        viewer: &Viewer,
        filter: &OrderFilter,
        limit: i64,
    ) -> Result<Vec<WorkOrder>, Error> {
        Ok(store::orders(&mut self.read().await?, viewer, filter, limit).await?)
    }

    /// One that the viewer sees, with all that is known of it.
    ///
    /// # Errors
    /// If there is none of that code, or the database fails.
    pub async fn work_order(&self, viewer: &Viewer, code: &str) -> Result<Shown, Error> {
        let mut conn = self.read().await?;
        let order = order(&mut conn, viewer, code).await?;
        let issued = store::issued(&mut conn, code).await?;
        let of = |part: &Part| {
            let same = issued.iter().filter(|issued| issued.account.resource == part.resource);
            same.map(|issued| issued.quantity).sum()
        };
        let parts = store::parts(&mut conn, code).await?;
        Ok(Shown {
            steps: store::steps(&mut conn, code).await?,
            blocks: store::blocks(&mut conn, code).await?,
            parts: parts.into_iter().map(|part| (of(&part), part)).map(|(issued, part)| (part, issued)).collect(),
            said: store::notes(&mut conn, code).await?,
            quotes: of_order(&mut conn, viewer, code).await?,
            order,
        })
    }

    /// A photograph or paper that goes with a work order that the viewer sees, by its hash: media type and bytes.
    ///
    /// # Errors
    /// If the order has none like it, or the database fails.
    pub async fn work_order_attachment(
        &self,
        viewer: &Viewer,
        code: &str,
        hash: &str,
    ) -> Result<(String, Vec<u8>), Error> {
        let shown = self.work_order(viewer, code).await?;
        let of = shown.steps.iter().map(|step| &step.evidence).chain(shown.said.iter().map(|said| &said.attachment));
        let papers = shown.quotes.iter().flat_map(|quote| [&quote.paper, &quote.invoice]);
        let mut of = of.chain(papers);
        let not_found = || Error::NotFound { what: "attachment", code: hash.to_owned() };
        if hash.is_empty() || !of.any(|known| known == hash) {
            return Err(not_found());
        }
        let mut conn = self.read().await?;
        transfer::attachment(&mut conn, hash).await?.ok_or_else(not_found)
    }

    /// Begins to do something with a work order as it now is; nothing, if it was done before under the same key.
    async fn begin_repair<'a>(
        &'a self,
        code: &str,
        at: Option<Timestamp>,
        actor: &'a Actor,
    ) -> Result<Option<(WorkOrder, Work<'a>)>, Error> {
        let order = order(&mut self.read().await?, &actor.viewer, code).await?;
        // Everything that is done with an order counts its version on.
        let base = format!("{code} version {}", order.version);
        let Some(mut work) = self.work(actor, &base, at).await? else { return Ok(None) };
        let last = store::steps(&mut work.conn, code).await?.last().map(|step| step.occurred_at);
        match last.filter(|last| work.at < *last) {
            Some(last) => Err(Error::Invalid(message!("work-order-early", last = last.to_string()))),
            None => Ok(Some((order, work))),
        }
    }
}

async fn order(conn: &mut muster_storage::db::Conn, viewer: &Viewer, code: &str) -> Result<WorkOrder, Error> {
    let filter = OrderFilter { code: Some(code.to_owned()), ..OrderFilter::default() };
    let found = store::orders(conn, viewer, &filter, 1).await?.pop();
    let mut order = found.ok_or_else(|| Error::NotFound { what: "work_order", code: code.to_owned() })?;
    // What was to bring it may have been cancelled: then it is where it was.
    if let Some(brings) = &order.consignment {
        let brings = transfer::consignment_of(conn, &everything(), brings.as_str()).await?;
        order.consignment =
            brings.filter(|brings| brings.state != ConsignmentState::Cancelled).map(|brings| brings.code);
    }
    Ok(order)
}

/// Repairs of a resource, at a place if one is named.
pub(crate) fn repairs<'a>(
    picture: &'a Picture,
    resource: &Code,
    place: Option<&Code>,
) -> impl Iterator<Item = &'a Process> {
    let (resource, place) = (resource.clone(), place.cloned());
    picture.processes.values().filter(move |process| {
        process.kind == ProcessKind::Repair
            && *process.input.code() == resource
            && place.as_ref().is_none_or(|place| process.place.code() == place)
    })
}

/// One unit by its serial number, or as many without.
fn take(order: &WorkOrder) -> Take {
    Take { line: 0, quantity: order.quantity, lot: String::new(), serial: order.serial.clone() }
}

impl Work<'_> {
    /// The account of an order's own that takes what an account holds, and gives it back.
    fn in_process(order: &Code, account: &AccountKey) -> AccountKey {
        AccountKey { purpose: AccountPurpose::InProcess, via: Some(order.clone()), ..account.clone() }
    }

    /// The same item in another state.
    pub(crate) fn in_state(&self, resource: &Code, state: ResourceState) -> Option<Code> {
        let item = &self.picture.resources.get(resource.as_str())?.item;
        let same = |r: &&muster_domain::resource::Resource| r.item == *item && r.state == state;
        self.picture.resources.values().find(same).map(|r| r.code.clone())
    }

    /// What an order's goods are once they are fit for use: what the facility's repair makes of them, or else what they were before the fault
    /// report, or their item in that state.
    async fn mended(&mut self, order: &WorkOrder) -> Result<Code, Error> {
        let before = self.before_fault(order).await?.map(|account| account.resource);
        let made =
            order.facility.as_ref().and_then(|place| repairs(&self.picture, &order.resource, Some(place)).next());
        let made = made.map(|process| process.output.code().clone()).or(before);
        let made = made.or_else(|| self.in_state(&order.resource, ResourceState::Serviceable));
        made.ok_or_else(|| Error::Invalid(message!("no-serviceable", resource = &order.resource)))
    }

    /// Whether two resources are one item in different states.
    fn is_same_item(&self, one: &Code, other: &Code) -> bool {
        let item = |code: &Code| self.picture.resources.get(code.as_str()).map(|resource| &resource.item);
        one == other || item(one).is_some() && item(one) == item(other)
    }

    /// The account in which an order's goods were before the fault report, if they were fit for use then.
    async fn before_fault(&mut self, order: &WorkOrder) -> Result<Option<AccountKey>, Error> {
        let steps = store::steps(&mut self.conn, order.code.as_str()).await?;
        let Some(EntryRef::Known(number)) = steps.first().map(|step| step.entry) else { return Ok(None) };
        Ok(read::accounts_between(&mut self.conn, number, number).await?.remove(&number).map(|(from, _)| from))
    }

    /// Goods go into an order's own account in one state and come out in another.
    fn becomes(
        &mut self,
        activity: Activity,
        order: &WorkOrder,
        (from, to): (&AccountKey, &AccountKey),
        subject: Subject,
    ) -> EntryRef {
        let one = |from: &AccountKey, to: &AccountKey| Posting {
            from: from.clone(),
            to: to.clone(),
            quantity: order.quantity,
            lot: String::new(),
            serial: order.serial.clone(),
        };
        let (into, out) = (Self::in_process(&order.code, from), Self::in_process(&order.code, to));
        self.command(Act::Post { activity, subject, postings: vec![one(from, &into), one(&out, to)] })
    }

    /// For whose sake an order's goods move: the offer that they came of stays known.
    async fn of_order(&mut self, resource: &Code, serial: &str) -> Result<Subject, Error> {
        let offer = muster_storage::transfer::third_party::offer_of(&mut self.conn, resource.as_str(), serial).await?;
        Ok(Subject { offer, ..Subject::default() })
    }

    /// Whether the actor may do one of these: each with the party whose it is.
    pub(crate) fn may_one(&self, ways: &[(Action, Option<&Code>)]) -> Result<(), Error> {
        let mut refused = Ok(());
        for (action, party) in ways {
            let parties: Vec<&Code> = party.iter().copied().collect();
            match self.may(*action, &parties) {
                Ok(()) => return Ok(()),
                Err(denied) => refused = refused.and(Err(denied)),
            }
        }
        refused
    }

    /// That an order may come to a state.
    fn comes(order: &WorkOrder, state: WorkOrderState) -> Result<(), Error> {
        match order.state.allows(state) {
            true => Ok(()),
            false => Err(Error::Invalid(message!(
                "work-order-not-now",
                order = &order.code,
                state = muster_domain::message::Value::word(order.state.as_str())
            ))),
        }
    }

    /// Writes that an order came to a state, and what else changed of it.
    fn step(&mut self, order: WorkOrder, (remark, evidence, signed_by): (&str, &str, &str), entry: EntryRef) {
        let step = Step {
            state: order.state,
            occurred_at: self.at,
            recorded_at: self.now,
            actor: self.actor.name().to_owned(),
            remark: remark.to_owned(),
            evidence: evidence.to_owned(),
            signed_by: signed_by.to_owned(),
            entry,
        };
        self.repairs.push(Write::Step(order.code.clone(), step));
        self.repairs.push(Write::Set(order));
    }

    /// Where an order's goods stand: by their serial number, or as the order last saw them.
    async fn standing(&mut self, order: &WorkOrder, resource: &Code) -> Result<AccountKey, Error> {
        if order.serial.is_empty() {
            return Ok(order.account.of(resource));
        }
        let held = store::held(&mut self.conn, resource.as_str(), &order.serial).await?;
        held.ok_or_else(|| Error::Invalid(message!("work-order-gone", order = &order.code)))
    }

    /// Whether the actor may work on an order.
    fn may_repair(&self, order: &WorkOrder) -> Result<(), Error> {
        self.may_one(&[(Action::Repair, order.operator.as_ref()), (Action::Repair, order.contractor.as_ref())])
    }

    /// Writes what keeps an order from going on, and whose turn it is.
    fn block(&mut self, order: &Code, (reason, turn_of, remark): (BlockingReason, &str, &str)) {
        let block = Block {
            reason,
            turn_of: turn_of.to_owned(),
            remark: remark.to_owned(),
            since: self.at,
            actor: self.actor.name().to_owned(),
            until: None,
        };
        self.repairs.push(Write::Block(order.clone(), block));
    }

    /// That an order's goods are not where they ought to be.
    fn elsewhere(order: &WorkOrder, held: &AccountKey) -> Error {
        let (place, facility) = (held.place.as_ref().unwrap_or(&order.place), order.repaired_at());
        Error::Invalid(message!("work-order-elsewhere", order = &order.code, place, facility))
    }
}

/// Whether somebody may work on an order: who keeps what is repaired meanwhile, the team that comes, or whoever repairs for all.
pub fn may_repair(viewer: &Viewer, order: &WorkOrder) -> bool {
    let mut parties = [&order.operator, &order.contractor].into_iter().flatten();
    let own = parties.any(|party| viewer.owns(party));
    policy::may(viewer, &Deed { own, ..Deed::of(Action::Repair) }).is_ok()
}

/// The stock that goods in an order's own account came from, or go to.
fn stock(account: &AccountKey) -> AccountKey {
    AccountKey { purpose: AccountPurpose::OnHand, via: None, ..account.clone() }
}

/// Whether goods are with somebody who may do something with them: not under way, and not set apart.
fn is_at_hand(held: &AccountKey) -> bool {
    matches!(held.purpose, AccountPurpose::InService | AccountPurpose::OnHand)
}

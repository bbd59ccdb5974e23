//! What is not worth it ends otherwise: written off as beyond economic repair, or cannibalised for its parts. Either is a decision, with its
//! reason and the paper that it stands in.

use muster_domain::{
    code::Code,
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::{Activity, Subject, Take},
    },
    message,
    policy::Action,
    repair::{Echelon, QuoteState, WorkOrderState},
};
use muster_storage::{
    repair::{OrderFilter, WorkOrder, Write, orders, steps},
    transfer::EntryRef,
};

use super::{is_at_hand, stock, take};
use crate::{Actor, App, Error, everything, text::some_text, transfer::Work};

/// Most kinds of parts that are recovered from one thing, and most units of each.
const MOST: (usize, i64) = (200, 10_000);

/// A part that was recovered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// What, in the state it is in.
    pub resource: String,
    /// How many units.
    pub quantity: i64,
    /// Its serial number; empty if it has none.
    pub serial: String,
}

impl App {
    /// Decides that something is beyond economic repair: it leaves the books, with the reason and the paper of the decision. Parts that were
    /// taken out of stock for it go back.
    ///
    /// # Errors
    /// If there is no such order or it is not at its facility, nothing is said of why, the paper was not kept, the actor may not decide, or
    /// the ledger or the database refuses.
    pub async fn work_order_write_off(
        &self,
        code: &str,
        (remark, paper): (&str, &str),
        actor: &Actor,
    ) -> Result<(), Error> {
        let Some((order, mut work)) = self.begin_repair(code, None, actor).await? else { return Ok(()) };
        work.end(order, WorkOrderState::BeyondEconomicRepair, (remark, paper), &[]).await?;
        work.done().await
    }

    /// Takes something apart: what was recovered goes into stock, with the owner and the caveats of what it was; the rest leaves the books.
    ///
    /// # Errors
    /// If there is no such order or it is not at its facility, nothing was recovered, a part is unknown, nothing is said of why, the paper was
    /// not kept, the actor may not decide, or the ledger or the database refuses.
    pub async fn work_order_cannibalise(
        &self,
        code: &str,
        (remark, paper): (&str, &str),
        recovered: &[Recovered],
        actor: &Actor,
    ) -> Result<(), Error> {
        let Some((order, mut work)) = self.begin_repair(code, None, actor).await? else { return Ok(()) };
        if recovered.is_empty() || recovered.len() > MOST.0 {
            return Err(Error::Invalid(message!("cannibalise-parts", most = MOST.0)));
        }
        work.end(order, WorkOrderState::Cannibalised, (remark, paper), recovered).await?;
        work.done().await
    }
}

impl Work<'_> {
    /// A unit that a team has in hand where it stands is its unit's: with the team's work given up it is in service, and this is the account.
    /// None, if it is in nobody's hand there.
    ///
    /// # Errors
    /// If that is to be before what was last done with it, or the database fails.
    pub(crate) async fn given_up_on_site(
        &mut self,
        held: &AccountKey,
        serial: &str,
    ) -> Result<Option<AccountKey>, Error> {
        let Some(code) = held.via.as_ref().filter(|_| held.purpose == AccountPurpose::InProcess) else {
            return Ok(None);
        };
        let filter = OrderFilter { code: Some(code.to_string()), open: true, ..OrderFilter::default() };
        let order = orders(&mut self.conn, &everything(), &filter, 1).await?.pop();
        let on_site = |order: &WorkOrder| order.in_service && order.echelon == Some(Echelon::OnSite);
        let Some(order) = order.filter(on_site) else { return Ok(None) };
        let last = steps(&mut self.conn, code.as_str()).await?.last().map(|step| step.occurred_at);
        if let Some(last) = last.filter(|last| self.at < *last) {
            return Err(Error::Invalid(message!("work-order-early", last = last.to_string())));
        }
        let service = AccountKey { purpose: AccountPurpose::InService, via: None, ..held.clone() };
        let subject = self.of_order(&order.resource, serial).await?;
        self.noted_about(Activity::Finish, format!("{code} given up"));
        self.post(Activity::Finish, subject, held, &service, &[take(&order)]);
        Ok(Some(service))
    }

    /// Ends the work orders of a unit that was lost in service, for that reason: before its facility had it there is nothing to repair any
    /// more; what a team had begun on the spot is given up, and parts that were taken out of stock for it go back. What had left for its
    /// facility is not in service, and is written off there.
    pub(crate) async fn lost_in_repair(
        &mut self,
        (gone, serial): (&AccountKey, &str),
        why: &str,
        entry: EntryRef,
    ) -> Result<(), Error> {
        let filter = OrderFilter { serial: Some(serial.to_owned()), open: true, ..OrderFilter::default() };
        for mut order in orders(&mut self.conn, &everything(), &filter, 100).await? {
            if !self.is_same_item(&order.resource, &gone.resource) {
                continue;
            }
            // A loss that is reported late ends the order no earlier than what was last done with it.
            let lost_at = self.at;
            let last = steps(&mut self.conn, order.code.as_str()).await?.last().map(|step| step.occurred_at);
            self.at = lost_at.max(last.unwrap_or(lost_at));
            let state = match order.state.allows(WorkOrderState::Cancelled) {
                true => WorkOrderState::Cancelled,
                false => WorkOrderState::BeyondEconomicRepair,
            };
            Self::comes(&order, state)?;
            self.put_back(&order, |_| 0).await?;
            self.needs_nothing(&order.code).await?;
            self.withdraw_quotes(&order.code, QuoteState::is_unsettled).await?;
            (order.state, order.account) = (state, gone.clone());
            self.repairs.push(Write::Unblock(order.code.clone(), None, self.at));
            self.step(order, (why, "", ""), entry);
            self.at = lost_at;
        }
        Ok(())
    }

    async fn end(
        &mut self,
        mut order: WorkOrder,
        state: WorkOrderState,
        (remark, paper): (&str, &str),
        recovered: &[Recovered],
    ) -> Result<(), Error> {
        self.may(Action::Triage, &[])?;
        Self::comes(&order, state)?;
        let remark = some_text("remark", remark)?;
        if !paper.is_empty() {
            self.kept(paper).await?;
        }
        // What was lost on its way has left the books already.
        let held = match order.account.purpose {
            AccountPurpose::InProcess => Some(order.account.clone()),
            _ => self.standing(&order, &order.resource).await.ok(),
        };
        let at_hand = |held: &AccountKey| held.purpose == AccountPurpose::InProcess || is_at_hand(held);
        if let Some(held) = held.as_ref().filter(|held| !at_hand(held)) {
            return Err(Self::elsewhere(&order, held));
        }
        let about = format!("{} {state}: {remark}", order.code);
        let mut entry = self.noted_about(Activity::Lose, about);
        self.put_back(&order, |_| 0).await?;
        self.needs_nothing(&order.code).await?;
        self.withdraw_quotes(&order.code, QuoteState::is_unsettled).await?;
        for part in recovered {
            let resource = self.part(&order, part)?;
            let out = AccountKey { resource, place: Some(order.repaired_at().clone()), ..order.account.clone() };
            let out = Self::in_process(&order.code, &out);
            let take =
                Take { line: 0, quantity: part.quantity, lot: String::new(), serial: part.serial.trim().to_owned() };
            self.post(Activity::Finish, Subject::default(), &out, &stock(&out), &[take]);
        }
        let (activity, purpose) = match state {
            WorkOrderState::Cannibalised => (Activity::Consume, AccountPurpose::Consumed),
            _ => (Activity::Lose, AccountPurpose::Lost),
        };
        if let Some(held) = held {
            let gone = AccountKey { purpose, via: None, ..held.clone() };
            let subject = self.of_order(&order.resource, &order.serial).await?;
            entry = self.post(activity, subject, &held, &gone, &[take(&order)]);
            order.account = gone;
        }
        order.state = state;
        self.repairs.push(Write::Unblock(order.code.clone(), None, self.at));
        self.step(order, (&remark, paper, ""), entry);
        Ok(())
    }

    fn part(&self, order: &WorkOrder, part: &Recovered) -> Result<Code, Error> {
        let resource = self.picture.resources.get(part.resource.as_str());
        let resource = resource.ok_or_else(|| Error::NotFound { what: "resource", code: part.resource.clone() })?;
        let one = part.serial.trim().is_empty() || part.quantity == 1;
        let whole = self.is_same_item(&resource.code, &order.resource);
        match (1..=MOST.1).contains(&part.quantity) && one && !whole {
            true => Ok(resource.code.clone()),
            false => Err(Error::Invalid(message!("work-order-parts", resource = &part.resource, most = MOST.1))),
        }
    }
}

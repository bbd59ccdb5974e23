//! What a repair costs: whoever repairs quotes a price, the fund's keeper decides – never the same person – and what is approved is set
//! aside in the fund by a pending entry. What is due when it is over is paid out of that; the rest is free again.

use std::collections::BTreeMap;

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    field::Currency,
    fixed::Fixed,
    fund::Fund,
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::{Act, Activity, Posting, Subject, Take},
    },
    message,
    picture::Picture,
    policy::Action,
    repair::{BlockingReason, QuoteState, WorkOrderState},
    resource::ResourceState,
    viewer::Viewer,
};
use muster_storage::{
    db::Conn,
    ledger::read::{self, AccountFilter},
    repair::{self as store, Quote, QuoteFilter, WorkOrder, Write},
    transfer::EntryRef,
};

use super::repairs;
use crate::{
    Actor, App, Error, everything,
    movement::minor_units,
    text::{any_text, some_text},
    transfer::Work,
};

/// What whoever repairs asks for it.
#[derive(Clone, Copy, Debug)]
pub struct NewQuote<'a> {
    /// How much, in whole units of the fund's currency; above 0.
    pub amount: Fixed<3>,
    /// The fund that is to pay; none: the one that pays for such repairs at that facility.
    pub fund: Option<&'a str>,
    /// What for.
    pub remark: &'a str,
    /// Hash of the paper of the quotation, which was kept before; empty for none.
    pub paper: &'a str,
}

/// What was due.
#[derive(Clone, Copy, Debug)]
pub struct Settlement<'a> {
    /// How much, in whole units of the fund's currency; 0: nothing was due; none: all that was set aside.
    pub amount: Option<Fixed<3>>,
    /// Hash of the invoice, which was kept before; empty for none.
    pub invoice: &'a str,
    /// When it was paid; none: now.
    pub at: Option<Timestamp>,
}

/// What is in a fund of one giver's, in minor units of a currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purse {
    /// Who gave it.
    pub owner: Code,
    /// Its currency.
    pub currency: Currency,
    /// What was paid in and not out.
    pub there: i64,
    /// What of that is not set aside.
    pub free: i64,
}

impl App {
    /// What is in a fund by who gave it, of what the viewer sees: its keeper all, a giver its own.
    ///
    /// # Errors
    /// If the viewer sees no such fund, or the database fails.
    pub async fn purses(&self, viewer: &Viewer, fund: &str) -> Result<Vec<Purse>, Error> {
        let mut conn = self.read().await?;
        let (seen, _) = self.memory.picture(&mut conn, viewer).await?;
        let known = seen.funds.get(fund).ok_or_else(|| Error::NotFound { what: "fund", code: fund.to_owned() })?;
        let (picture, _) = self.memory.picture(&mut conn, &everything()).await?;
        let (purpose, holder) = (Some(AccountPurpose::Fund), Some(known.holder.as_str().to_owned()));
        let of = AccountFilter { purpose, holder, ..AccountFilter::default() };
        let accounts = read::accounts(&mut conn, viewer, &of, 0, read::LONGEST_PAGE).await?;
        let mut purses: BTreeMap<(Code, &'static str), Purse> = BTreeMap::new();
        let mut free: BTreeMap<Code, Vec<(AccountKey, i64)>> = BTreeMap::new();
        for (_, key, balance) in accounts.iter().filter(|(_, key, _)| key.via.as_ref() == Some(&known.code)) {
            let Some(currency) = currency_of(&picture, &key.resource) else { continue };
            if !free.contains_key(&key.resource) {
                let there = store::free(&mut conn, &known.code, &key.resource).await?;
                free.insert(key.resource.clone(), there);
            }
            let mut of = free[&key.resource].iter().filter(|(account, _)| account == key);
            let none = Purse { owner: key.owner.clone(), currency, there: 0, free: 0 };
            let purse = purses.entry((key.owner.clone(), currency.code())).or_insert(none);
            purse.there += balance.posted;
            purse.free += of.next().map_or(0, |(_, free)| *free);
        }
        Ok(purses.into_values().collect())
    }

    /// Quotations that the viewer sees, with the order of each: the newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn quotes(&self, viewer: &Viewer, filter: &QuoteFilter, limit: i64) -> Result<Vec<(Code, Quote)>, Error> {
        Ok(store::quotes(&mut self.read().await?, viewer, filter, limit).await?)
    }

    /// Quotes a price, besides what was approved before; one that was not decided or was refused is withdrawn for it. Until it is decided the
    /// order waits for it.
    ///
    /// # Errors
    /// If there is no such order or nothing of it may be priced now, there is no such fund, nobody would be paid, the amount is not one of its
    /// currency, the paper was not kept, the actor does not work for who is paid, or the ledger or the database refuses.
    pub async fn work_order_quote(&self, code: &str, new: &NewQuote<'_>, actor: &Actor) -> Result<(), Error> {
        let Some((order, mut work)) = self.begin_repair(code, None, actor).await? else { return Ok(()) };
        work.may_quote(&order)?;
        if order.state < WorkOrderState::Triaged || !order.state.is_open() {
            return Err(Error::Invalid(message!("quote-not-now", order = code)));
        }
        // A unit that repairs its own is paid by nobody.
        let party = order.contractor.as_ref().or(order.operator.as_ref().filter(|_| order.facility.is_some()));
        let party = party.cloned().ok_or_else(|| Error::Invalid(message!("quote-payee", order = code)))?;
        let fund = work.fund(&order, new.fund).await?;
        let resource = money_of(&work.picture, &fund)?;
        let amount = minor_units(new.amount, fund.currency)?;
        if amount < 1 {
            let right = message!("above-zero");
            return Err(Error::Invalid(message!("field-must-be", name = "amount", right)));
        }
        let remark = any_text("remark", new.remark)?;
        if !new.paper.is_empty() {
            work.kept(new.paper).await?;
        }
        work.withdraw_quotes(&order.code, QuoteState::is_unsettled).await?;
        let currency = fund.currency;
        work.noted_about(Activity::Plan, format!("{code} quoted: {} {} of {}", new.amount, currency.code(), fund.code));
        work.price_waits_for(&order, fund.holder.as_str());
        let quote = Quote {
            number: 0,
            state: QuoteState::Quoted,
            party,
            fund: fund.code,
            resource,
            currency,
            amount,
            remark,
            paper: new.paper.to_owned(),
            quoted_at: work.at,
            quoted_by: work.actor.name().to_owned(),
            decided_at: None,
            decided_by: String::new(),
            decision: String::new(),
            obligation: None,
            paid: 0,
            paid_at: None,
            paid_by: String::new(),
            invoice: String::new(),
        };
        work.repairs.push(Write::Quote(order.code.clone(), quote));
        work.repairs.push(Write::Set(order));
        work.done().await
    }

    /// Takes a price back that was not decided, or was refused: the repair then costs no more than was approved.
    ///
    /// # Errors
    /// If there is no such quotation or it was approved, the actor does not work for who would be paid, or the ledger or the database refuses.
    pub async fn work_order_withdraw_quote(&self, code: &str, number: i64, actor: &Actor) -> Result<(), Error> {
        let Some((order, quote, mut work)) = self.begin_quote(code, number, None, actor).await? else {
            return Ok(());
        };
        work.may_quote(&order)?;
        if !quote.state.is_unsettled() {
            return Err(Error::Invalid(message!("quote-decided", order = code, number)));
        }
        work.noted_about(Activity::Plan, format!("{code} quotation {number} withdrawn"));
        work.withdraw_quotes(&order.code, QuoteState::is_unsettled).await?;
        work.repairs.push(Write::Set(order));
        work.done().await
    }

    /// Approves a price: so much is set aside of what was paid into the fund, of givers whose caveats allow it.
    ///
    /// # Errors
    /// If there is no such quotation or it was decided, the actor made it or may not pay, the repair is under warranty and nothing is said of
    /// why it costs something, the fund has not so much, or the ledger or the database refuses.
    pub async fn work_order_approve(
        &self,
        code: &str,
        (number, remark): (i64, &str),
        actor: &Actor,
    ) -> Result<(), Error> {
        let Some((order, mut quote, mut work)) = self.begin_quote(code, number, None, actor).await? else {
            return Ok(());
        };
        work.decides(&order, &quote)?;
        let remark = any_text("remark", remark)?;
        if let Some(repair) = order.under_warranty_of.as_ref().filter(|_| remark.is_empty()) {
            return Err(Error::Invalid(message!("quote-under-warranty", order = code, repair)));
        }
        let mut rest = quote.amount;
        let mut postings = Vec::new();
        for (from, free) in store::free(&mut work.conn, &quote.fund, &quote.resource).await? {
            let units = free.min(rest);
            if units > 0 && work.may_pay_for(&from, &order) {
                let to = AccountKey {
                    purpose: AccountPurpose::Consumed,
                    place: None,
                    via: Some(order.code.clone()),
                    ..from.clone()
                };
                postings.push(Posting::new(from, to, units));
                rest -= units;
            }
        }
        if rest > 0 {
            let there = quote.money(quote.amount - rest);
            return Err(Error::Invalid(message!("fund-short", fund = &quote.fund, there)));
        }
        let act = Act::Pend { activity: Activity::Pay, subject: Subject::default(), postings };
        quote.obligation = Some(work.command(act));
        work.repairs.push(Write::Unblock(order.code.clone(), Some(BlockingReason::Price), work.at));
        work.decided(order, quote, QuoteState::Approved, remark).await
    }

    /// Refuses a price: it is the turn of whoever repairs.
    ///
    /// # Errors
    /// If there is no such quotation or it was decided, nothing is said of why, the actor made it or may not pay, or the database fails.
    pub async fn work_order_refuse(
        &self,
        code: &str,
        (number, remark): (i64, &str),
        actor: &Actor,
    ) -> Result<(), Error> {
        let Some((order, quote, mut work)) = self.begin_quote(code, number, None, actor).await? else {
            return Ok(());
        };
        work.decides(&order, &quote)?;
        let remark = some_text("remark", remark)?;
        work.noted_about(Activity::Plan, format!("{code} quotation {number} refused: {remark}"));
        if order.state.is_open() {
            work.price_waits_for(&order, quote.party.as_str());
        }
        work.decided(order, quote, QuoteState::Refused, remark).await
    }

    /// Records that what was due for a repair was paid out of what was set aside for it; the rest of that is free again.
    ///
    /// # Errors
    /// If there is no such quotation or it was not approved, the repair is not over, it was paid before it was approved, no amount is named for
    /// what was not repaired, more was due than was set aside, the invoice was not kept, the actor may not pay, or the ledger or the database
    /// refuses.
    pub async fn work_order_settle(
        &self,
        code: &str,
        (number, settlement): (i64, &Settlement<'_>),
        actor: &Actor,
    ) -> Result<(), Error> {
        let begun = self.begin_quote(code, number, settlement.at, actor).await?;
        let Some((order, mut quote, mut work)) = begun else { return Ok(()) };
        work.may(Action::Pay, &[])?;
        let (QuoteState::Approved, Some(obligation)) = (quote.state, quote.obligation) else {
            return Err(Error::Invalid(message!("quote-decided", order = code, number)));
        };
        if order.state.is_open() {
            return Err(Error::Invalid(message!("quote-too-early", order = code)));
        }
        if quote.decided_at.is_some_and(|decided| work.at < decided) {
            let last = quote.decided_at.map_or_else(String::new, |at| at.to_string());
            return Err(Error::Invalid(message!("work-order-early", last)));
        }
        // What is due for a repair that did not come about is said.
        let repaired = matches!(order.state, WorkOrderState::Released | WorkOrderState::Returned);
        if settlement.amount.is_none() && !repaired {
            return Err(Error::Invalid(message!("quote-amount", order = code)));
        }
        let asked = settlement.amount.map(|amount| minor_units(amount, quote.currency));
        let amount = asked.transpose()?.unwrap_or(quote.amount);
        if !(0..=quote.amount).contains(&amount) {
            let most = quote.money(quote.amount);
            return Err(Error::Invalid(message!("quote-more", order = code, most)));
        }
        if !settlement.invoice.is_empty() {
            work.kept(settlement.invoice).await?;
        }
        let EntryRef::Known(pending) = obligation else { return Err(Error::Changed) };
        let (mut rest, mut takes) = (amount, Vec::new());
        for (line, there) in store::set_aside(&mut work.conn, obligation).await? {
            let quantity = there.min(rest);
            if quantity > 0 {
                takes.push(Take { line, quantity, lot: String::new(), serial: String::new() });
                rest -= quantity;
            }
        }
        work.settle(pending, takes);
        if amount < quote.amount {
            work.command(Act::Void { pending, takes: Vec::new() });
        }
        quote.state = QuoteState::Paid;
        (quote.paid, quote.paid_at, quote.invoice) = (amount, Some(work.at), settlement.invoice.to_owned());
        quote.paid_by = work.actor.name().to_owned();
        work.repairs.push(Write::QuoteSet(order.code.clone(), quote));
        work.repairs.push(Write::Set(order));
        work.done().await
    }

    async fn begin_quote<'a>(
        &'a self,
        code: &str,
        number: i64,
        at: Option<Timestamp>,
        actor: &'a Actor,
    ) -> Result<Option<(WorkOrder, Quote, Work<'a>)>, Error> {
        let Some((order, mut work)) = self.begin_repair(code, at, actor).await? else { return Ok(None) };
        let mut quotes = of_order(&mut work.conn, &everything(), code).await?.into_iter();
        let quote = quotes.find(|quote| quote.number == number);
        let quote = quote.ok_or_else(|| Error::NotFound { what: "quotation", code: number.to_string() })?;
        Ok(Some((order, quote, work)))
    }
}

/// The quotations for an order that the viewer sees, in order.
pub(super) async fn of_order(conn: &mut Conn, viewer: &Viewer, code: &str) -> Result<Vec<Quote>, Error> {
    let of = QuoteFilter { order: Some(code.to_owned()), ..QuoteFilter::default() };
    Ok(store::all_quotes(conn, viewer, &of).await?.into_iter().rev().map(|(_, quote)| quote).collect())
}

/// The currency that a resource is, if it is money.
pub fn currency_of(picture: &Picture, resource: &Code) -> Option<Currency> {
    picture.item_of(resource.as_str())?.currency()
}

/// The resource in which a fund's money is counted.
fn money_of(picture: &Picture, fund: &Fund) -> Result<Code, Error> {
    let mut money = picture.resources.values().filter(|resource| resource.state == ResourceState::Funds);
    let same = money.find(|resource| currency_of(picture, &resource.code) == Some(fund.currency));
    let found = same.map(|resource| resource.code.clone());
    let currency = fund.currency.code();
    found.ok_or_else(|| Error::Invalid(message!("fund-no-money", fund = &fund.code, currency)))
}

impl Work<'_> {
    /// The fund that is to pay: one that the actor sees, or that of the facility's repair.
    async fn fund(&mut self, order: &WorkOrder, named: Option<&str>) -> Result<Fund, Error> {
        let usual = repairs(&self.picture, &order.resource, order.facility.as_ref()).find_map(|p| p.fund.clone());
        let usual = usual.map(|fund| fund.as_str().to_owned());
        let Some(code) = named.or(usual.as_deref()) else { return Err(Error::Invalid(message!("quote-fund"))) };
        let (seen, _) = self.app.memory.picture(&mut self.conn, &self.actor.viewer).await?;
        let all = if usual.as_deref() == Some(code) { &self.picture } else { &seen };
        all.funds.get(code).cloned().ok_or_else(|| Error::NotFound { what: "fund", code: code.to_owned() })
    }

    /// Whether money may be spent on an order: what was given with a caveat only where that allows it.
    fn may_pay_for(&self, money: &AccountKey, order: &WorkOrder) -> bool {
        let item = self.picture.item_of(order.resource.as_str());
        let purpose = item.map_or("", |item| item.purpose.as_str());
        money.caveats.iter().all(|caveat| {
            let caveat = self.picture.caveats.get(caveat.as_str());
            caveat.is_some_and(|caveat| caveat.excludes(&self.picture, purpose, order.holder.as_str()).is_none())
        })
    }

    /// Whether the actor may quote a price, or take it back: for the team that comes, or else for who repairs it; or for any.
    fn may_quote(&self, order: &WorkOrder) -> Result<(), Error> {
        let payee = order.contractor.as_ref().or(order.operator.as_ref());
        self.may_one(&[(Action::Repair, payee), (Action::Triage, None)])
    }

    /// That every price of an order is agreed, or taken back.
    pub(super) async fn is_priced(&mut self, order: &WorkOrder) -> Result<(), Error> {
        let quotes = of_order(&mut self.conn, &everything(), order.code.as_str()).await?;
        match quotes.iter().any(|quote| quote.state.is_unsettled()) {
            true => Err(Error::Invalid(message!("work-order-price", order = &order.code))),
            false => Ok(()),
        }
    }

    /// Quotations in states of which `of` says so are withdrawn: nobody waits for them, and what was set aside for them is free again.
    pub(super) async fn withdraw_quotes(&mut self, order: &Code, of: fn(QuoteState) -> bool) -> Result<(), Error> {
        for quote in of_order(&mut self.conn, &everything(), order.as_str()).await? {
            if !of(quote.state) || !quote.state.next().contains(&QuoteState::Withdrawn) {
                continue;
            }
            if let Some(EntryRef::Known(pending)) = quote.obligation {
                self.command(Act::Void { pending, takes: Vec::new() });
            }
            let quote = Quote { state: QuoteState::Withdrawn, ..quote };
            self.repairs.push(Write::QuoteSet(order.clone(), quote));
            self.repairs.push(Write::Unblock(order.clone(), Some(BlockingReason::Price), self.at));
        }
        Ok(())
    }

    /// That the actor may decide on a quotation, and did not make it.
    fn decides(&self, order: &WorkOrder, quote: &Quote) -> Result<(), Error> {
        self.may(Action::Pay, &[])?;
        if quote.quoted_by == self.actor.name() {
            return Err(Error::Invalid(message!("quote-second-person", name = self.actor.name())));
        }
        match quote.state.next().contains(&QuoteState::Approved) {
            true => Ok(()),
            false => Err(Error::Invalid(message!("quote-decided", order = &order.code, number = quote.number))),
        }
    }

    async fn decided(
        mut self,
        order: WorkOrder,
        quote: Quote,
        state: QuoteState,
        decision: String,
    ) -> Result<(), Error> {
        let by = self.actor.name().to_owned();
        let quote = Quote { state, decision, decided_by: by, decided_at: Some(self.at), ..quote };
        self.repairs.push(Write::QuoteSet(order.code.clone(), quote));
        self.repairs.push(Write::Set(order));
        self.done().await
    }

    /// An order waits for its price, and it is the turn of a party.
    fn price_waits_for(&mut self, order: &WorkOrder, turn_of: &str) {
        self.repairs.push(Write::Unblock(order.code.clone(), Some(BlockingReason::Price), self.at));
        self.block(&order.code, (BlockingReason::Price, turn_of, ""));
    }
}

//! What was planned happens, step by step along a line of an accepted plan: goods are dispatched and received, or what is left is voided.

use std::collections::BTreeMap;

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    field::Currency,
    fixed::Fixed,
    gate,
    item::Tracking,
    ledger::{
        account::AccountKey,
        entry::{Act, Activity, Command, Entry, EntryNumber, Note, Take},
    },
    message,
    picture::Picture,
    policy::{self, Action, Deed},
    requirement::RequirementState,
    viewer::{Sight, Viewer},
};
use muster_storage::{
    db::Conn,
    ledger::{
        Also, Request, left,
        read::{self, EntryFilter},
        step::{self, Held, OpenStep, StepFilter},
    },
    plan::{self, Allocation},
    training::{Write, is_nominated},
    transfer::{self, guard::last_receipt, read as consignments},
};

use crate::{
    Actor, App, Error,
    commitment::account_of,
    day, everything,
    fulfilment::{fulfilled, need_comes_to},
    transfer::race::unless_overtaken,
};

/// Which step of a line happened, and how much of it.
#[derive(Clone, Debug, Default)]
pub struct Move {
    /// The plan.
    pub plan: String,
    /// The line, as `muster plan show` numbers it.
    pub line: i64,
    /// Which step of the line, counted from 0; none: the furthest along that can happen.
    pub step: Option<i64>,
    /// How many units; none: as many as serial numbers are given, or all that are there for the step.
    pub quantity: Option<i64>,
    /// Serial numbers, for items that are tracked so.
    pub serials: Vec<String>,
    /// The lot, for items that are tracked so.
    pub lot: String,
    /// When it happened; none: now.
    pub at: Option<Timestamp>,
    /// The caller's own name for the request; none: one made from the step and what was open of it.
    pub key: Option<String>,
}

impl Move {
    /// How many units are asked for, if it is said.
    fn asked(&self) -> Option<i64> {
        self.quantity.or_else(|| i64::try_from(self.serials.len()).ok().filter(|count| *count > 0))
    }
}

/// What a step recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// What happened.
    pub activity: Activity,
    /// How many units.
    pub quantity: i64,
    /// The entry.
    pub entry: EntryNumber,
    /// The account it left and the one it went to.
    pub way: (String, String),
    /// What is still open of the step.
    pub open: i64,
}

/// Most units that are named of a step.
const MOST_HELD: i64 = 200;

/// A step that is to happen, with the units that it can take.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The step.
    pub step: OpenStep,
    /// How its item is tracked.
    pub tracking: Tracking,
    /// The units that are where it leaves, by lot or serial number; only the first hundreds of very many.
    pub held: Vec<Held>,
}

/// Which way a step is recorded.
#[derive(Clone, Copy)]
enum Verb {
    Dispatch,
    Receive,
}

impl Verb {
    /// As it stands in the names of requests.
    fn as_str(self) -> &'static str {
        match self {
            Self::Dispatch => "dispatch",
            Self::Receive => "receive",
        }
    }
}

/// A step of a line with what is open of it.
pub(crate) struct Step {
    pub(crate) entry: Entry,
    pub(crate) open: i64,
    /// What of it belongs to consignments: that moves with them alone.
    pub(crate) bound: i64,
}

impl Step {
    /// How much of it has happened.
    pub(crate) fn done(&self) -> i64 {
        self.entry.lines.first().map_or(0, |line| line.quantity) - self.open
    }
}

/// How much of a line's step can happen now: what the step before has done and no consignment has.
pub(crate) fn ready(steps: &[Step], n: usize) -> i64 {
    let here = match n.checked_sub(1) {
        None => steps[n].open,
        Some(before) => steps[n].open.min(steps[before].done() - steps[n].done()),
    };
    here - steps[n].bound
}

impl App {
    /// Records that the departure (or start of a repair or course) furthest along a line has happened. Goods that leave their donor's own
    /// place come out of its commitment at the same time.
    ///
    /// # Errors
    /// If there is no such line or nothing to dispatch, serial numbers are missing, or the ledger or the database refuses.
    pub async fn dispatch(&self, step: &Move, actor: &Actor) -> Result<Moved, Error> {
        self.settle(step, &[Activity::Depart, Activity::Start], Verb::Dispatch, actor).await
    }

    /// Records that the arrival, finish, receipt or use furthest along a line has happened. What is short stays in transit.
    ///
    /// # Errors
    /// If there is no such line or nothing to receive, or the ledger or the database refuses.
    pub async fn receive(&self, step: &Move, actor: &Actor) -> Result<Moved, Error> {
        let all = [Activity::Arrive, Activity::Finish, Activity::Receive, Activity::Consume];
        unless_overtaken!(self.settle(step, &all, Verb::Receive, actor).await)
    }

    async fn settle(&self, step: &Move, activities: &[Activity], verb: Verb, actor: &Actor) -> Result<Moved, Error> {
        let mut conn = self.read().await?;
        let (picture, version) = self.memory.picture(&mut conn, &everything()).await?;
        let (allocation, steps) = steps(&mut conn, &step.plan, step.line).await?;
        self.sees_line(&mut conn, &actor.viewer, &step.plan, step.line, &allocation).await?;
        if let Some(before) = repeated(&mut conn, step).await? {
            return Ok(before);
        }
        let (line, plan) = (step.line, &step.plan);
        let nothing = || {
            Error::Invalid(match verb {
                Verb::Dispatch => message!("nothing-to-dispatch", line, plan),
                Verb::Receive => message!("nothing-to-receive", line, plan),
            })
        };
        let asked = step.asked();
        let (next, here) = furthest(&steps, activities, step.step, asked).ok_or_else(|| match asked {
            Some(quantity) => Error::Invalid(match verb {
                Verb::Dispatch => message!("too-few-to-dispatch", quantity, line, plan),
                Verb::Receive => message!("too-few-to-receive", quantity, line, plan),
            }),
            None => nothing(),
        })?;
        let quantity = asked.unwrap_or(here);
        let taught = matches!(next.entry.activity, Activity::Start | Activity::Finish);
        if taught && is_nominated(&mut conn, plan, step.line).await? {
            return Err(Error::Invalid(message!("line-nominated", line, plan)));
        }
        let line = next.entry.lines.first().ok_or_else(nothing)?;
        let account = read::account(&mut conn, &everything(), line.from).await?.ok_or_else(nothing)?;
        let to = read::account(&mut conn, &everything(), line.to).await?.ok_or_else(nothing)?;
        let own = actor.viewer.owns(&account.holder) || actor.viewer.owns(&to.holder);
        policy::may(&actor.viewer, &Deed { own, ..Deed::of(Action::Move) })?;
        let takes = takes(&mut conn, &picture, step, quantity, (line.from, &account)).await?;
        if next.entry.activity == Activity::Depart {
            let lane = to.via.as_ref().and_then(|lane| picture.lanes.get(lane.as_str()));
            let on = day(step.at.unwrap_or_else(|| self.now()));
            let shut = gate::without_papers(&picture, (allocation.offer.as_str(), to.resource.as_str()), lane, on);
            if !shut.is_empty() {
                return Err(Error::Invalid(message!("line-gates-shut", why = shut)));
            }
        }
        let at = step.at.unwrap_or(Note::WHEN_RECORDED);
        let given = step
            .key
            .clone()
            .unwrap_or_else(|| format!("{} {} open {} take {quantity}", verb.as_str(), next.entry.number, next.open));
        let note =
            |key: String| Note { key, occurred_at: at, actor: actor.name().to_owned(), reason: actor.reason.clone() };
        let mut commands = supply(&mut conn, &picture, allocation.offer.as_str(), &account, &takes, quantity).await?;
        for (n, command) in commands.iter_mut().enumerate() {
            command.note = note(format!("{given} supply {n}"));
        }
        let act = Act::Settle { pending: next.entry.number, takes };
        commands.push(Command { note: note(given), act });
        let quantity_received = if next.entry.activity == Activity::Receive { quantity } else { 0 };
        let done = BTreeMap::from([(to.resource.clone(), quantity_received)]);
        let known = match quantity_received {
            1.. => Some(last_receipt(&mut conn, &allocation.need, EntryNumber::MAX).await?),
            _ => None,
        };
        let changes = fulfilled(&mut conn, &picture, allocation.need.as_str(), &done).await?;
        drop(conn);
        // A consignment may be made of the same units at the same moment, or others receive what the need still lacks.
        let plan_code = Code::new(plan).map_err(Error::must_be)?;
        let mut guards = vec![transfer::Write::Taken(plan_code, next.entry.number, quantity)];
        if let Some(known) = known.filter(|_| changes.is_empty()) {
            guards.push(transfer::Write::Received(allocation.need.clone(), known));
        }
        let last = commands.len() - 1;
        let mut request = Request { commands, also: Vec::new() };
        self.records(&mut request, changes, version, &Actor { key: None, ..actor.clone() });
        request.also.push(Also::Transfer(guards));
        if taught {
            request.also.push(nobody_by(plan, step.line)?);
        }
        let outcomes = self.ledger()?.submit(request).await.map_err(refusal)?;
        Ok(Moved {
            activity: next.entry.activity,
            quantity,
            entry: outcomes.get(last).map_or(0, |o| o.number()),
            way: (account.to_string(), to.to_string()),
            open: next.open - quantity,
        })
    }

    /// Voids all that is still open of a line, last step first, so that its offer and its need are free again.
    ///
    /// # Errors
    /// If there is no such line or nothing is open, or the ledger or the database refuses.
    pub async fn void(&self, plan: &str, line: i64, actor: &Actor) -> Result<usize, Error> {
        let mut conn = self.read().await?;
        let (picture, version) = self.memory.picture(&mut conn, &everything()).await?;
        let (allocation, steps) = steps(&mut conn, plan, line).await?;
        self.sees_line(&mut conn, &actor.viewer, plan, line, &allocation).await?;
        drop(conn);
        actor.may(Action::Move)?;
        if steps.iter().any(|step| step.bound > 0) {
            return Err(Error::Invalid(message!("line-in-consignment", line, plan)));
        }
        if is_nominated(&mut self.read().await?, plan, line).await? {
            return Err(Error::Invalid(message!("line-nominated", line, plan)));
        }
        let command = |step: &Step| Command {
            note: Note {
                key: format!("void {} open {}", step.entry.number, step.open),
                occurred_at: Note::WHEN_RECORDED,
                actor: actor.name().to_owned(),
                reason: actor.reason.clone(),
            },
            act: Act::Void { pending: step.entry.number, takes: Vec::new() },
        };
        let commands: Vec<Command> = steps.iter().rev().filter(|s| s.open > 0).map(command).collect();
        if commands.is_empty() {
            return Err(Error::Invalid(message!("nothing-open", line, plan)));
        }
        let changes = need_comes_to(
            &picture,
            allocation.need.as_str(),
            RequirementState::PartMatched,
            "a line of its plan was voided",
        );
        let count = commands.len();
        let mut request = Request { commands, also: Vec::new() };
        self.records(&mut request, changes, version, &Actor { key: None, ..actor.clone() });
        // Who nominates somebody by it, or makes a consignment of it, in the same moment may be faster.
        request.also.push(nobody_by(plan, line)?);
        let of = (Code::new(plan).map_err(Error::must_be)?, line);
        request.also.push(Also::Transfer(vec![transfer::Write::Unbound(of, (allocation.first, allocation.last))]));
        self.ledger()?.submit(request).await.map_err(refusal)?;
        Ok(count)
    }

    /// A line is not there for who sees neither its offer nor a need of their own in it.
    pub(crate) async fn sees_line(
        &self,
        conn: &mut Conn,
        viewer: &Viewer,
        plan: &str,
        line: i64,
        allocation: &Allocation,
    ) -> Result<(), Error> {
        let filter = EntryFilter { plan: Some(plan.to_owned()), ..EntryFilter::default() };
        let first = read::entries(conn, viewer, &filter, allocation.first - 1, 1).await?;
        match first.iter().any(|entry| entry.number == allocation.first) {
            true => Ok(()),
            false => Err(Error::NotFound { what: "line_of_that_plan", code: line.to_string() }),
        }
    }
}

impl App {
    /// Steps that are to happen before a moment and have not yet, soonest first: from another moment on, without the first `skip` of them.
    /// Numbers are told only to who sees everything.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn open_steps(
        &self,
        viewer: &Viewer,
        filter: &StepFilter,
        (from, skip): (Timestamp, i64),
        before: Timestamp,
        limit: i64,
    ) -> Result<Vec<Expected>, Error> {
        let mut conn = self.read().await?;
        let (picture, _) = self.memory.picture(&mut conn, &everything()).await?;
        let steps = step::open_steps(&mut conn, viewer, filter, (from, skip), before, limit).await?;
        let mut expected = Vec::with_capacity(steps.len());
        for mut step in steps {
            let tracking = picture.item_of(step.resource.as_str()).map_or(Tracking::Quantity, |item| item.tracking);
            let held = match tracking {
                Tracking::Quantity => Vec::new(),
                _ => step::held(&mut conn, viewer, step.entry, MOST_HELD).await?,
            };
            step.entry = if viewer.sight == Sight::Everything { step.entry } else { 0 };
            expected.push(Expected { step, tracking, held });
        }
        Ok(expected)
    }
}

/// A payment of promised money.
#[derive(Clone, Debug)]
pub struct Payment {
    /// The offer: a grant, loan or contribution.
    pub offer: String,
    /// How much, in whole units of its currency; none: all that is open.
    pub amount: Option<Fixed<3>>,
    /// When it was paid; none: now.
    pub at: Option<Timestamp>,
    /// The caller's own name for the request; none: one made from what was open.
    pub key: Option<String>,
}

impl App {
    /// Records that promised money was received. Gives the amount in minor units, its currency, and what is still open.
    ///
    /// # Errors
    /// If the offer is not there, is not money or nothing of it is open, or the ledger or the database refuses.
    pub async fn pay(&self, payment: &Payment, actor: &Actor) -> Result<(i64, Currency, i64), Error> {
        actor.may(Action::Pay)?;
        let picture = self.picture(&actor.viewer).await?;
        let code = payment.offer.as_str();
        let not_found = || Error::NotFound { what: "offer", code: code.to_owned() };
        let offer = picture.offers.get(code).ok_or_else(not_found)?;
        let currency = picture.item_of(offer.resource.as_str()).and_then(|item| item.currency());
        let currency = currency.ok_or_else(|| Error::Invalid(message!("offer-of-goods", offer = code)))?;
        let filter = EntryFilter { offer: Some(code.to_owned()), ..EntryFilter::default() };
        let open = read::open(&mut self.read().await?, &filter, Some(Activity::Commit), 0, 1).await?.pop();
        let open = open.ok_or_else(|| Error::Invalid(message!("offer-paid", offer = code)))?;
        let exact = |amount| minor_units(amount, currency);
        let minor = payment.amount.map(exact).transpose()?.unwrap_or(open.quantity);
        let key =
            payment.key.clone().unwrap_or_else(|| format!("pay {} open {} take {minor}", open.entry, open.quantity));
        let note = Note {
            key,
            occurred_at: payment.at.unwrap_or(Note::WHEN_RECORDED),
            actor: actor.name().to_owned(),
            reason: actor.reason.clone(),
        };
        let take = Take { line: open.line, quantity: minor, lot: String::new(), serial: String::new() };
        let command = Command { note, act: Act::Settle { pending: open.entry, takes: vec![take] } };
        self.ledger()?.submit(Request { commands: vec![command], also: vec![] }).await.map_err(refusal)?;
        Ok((minor, currency, open.quantity - minor))
    }
}

/// An amount in minor units of its currency.
///
/// # Errors
/// If it has more decimal places than the currency.
pub(crate) fn minor_units(amount: Fixed<3>, currency: Currency) -> Result<i64, Error> {
    let (places, text) = (currency.places(), amount.to_string());
    let too_fine = || message!("amount-places", currency = currency.code(), places, amount = text);
    amount.minor(places).ok_or_else(|| Error::Invalid(too_fine()))
}

/// What the ledger refuses is told without the place of the entry in the request.
pub(crate) fn refusal(error: muster_storage::Error) -> Error {
    match error {
        muster_storage::Error::Refused { refusal, .. } => Error::Refused(refusal),
        other => Error::Storage(other),
    }
}

/// That nobody is nominated by a line, asked again where all is written.
fn nobody_by(plan: &str, line: i64) -> Result<Also, Error> {
    let plan = Code::new(plan).map_err(Error::must_be)?;
    Ok(Also::Training(vec![Write::NobodyBy(plan, line)]))
}

/// What a request recorded when it was made before under the same key.
async fn repeated(conn: &mut Conn, step: &Move) -> Result<Option<Moved>, Error> {
    let Some(key) = &step.key else { return Ok(None) };
    let Some(entry) = read::entry_by_key(conn, key).await? else { return Ok(None) };
    let quantity = entry.lines.iter().map(|line| line.quantity).sum();
    let same_plan = entry.subject.plan.as_ref().is_some_and(|plan| plan.as_str() == step.plan);
    let (Some(line), true) = (entry.lines.first(), same_plan && step.asked().is_none_or(|asked| asked == quantity))
    else {
        return Err(Error::Invalid(message!("key-used")));
    };
    let all = everything();
    let (from, to) = (read::account(conn, &all, line.from).await?, read::account(conn, &all, line.to).await?);
    let name = |account: Option<AccountKey>| account.map_or_else(String::new, |key| key.to_string());
    Ok(Some(Moved { activity: entry.activity, quantity, entry: entry.number, way: (name(from), name(to)), open: 0 }))
}

/// The step furthest along that can happen now, with the units that are there for it: those whose step before has happened.
fn furthest<'a>(
    steps: &'a [Step],
    activities: &[Activity],
    wanted: Option<i64>,
    quantity: Option<i64>,
) -> Option<(&'a Step, i64)> {
    let here = |n: usize| ready(steps, n);
    let fits = |(n, step): &(usize, &Step)| {
        wanted.is_none_or(|wanted| wanted == *n as i64)
            && activities.contains(&step.entry.activity)
            && here(*n) >= quantity.unwrap_or(1).max(1)
    };
    steps.iter().enumerate().rev().find(fits).map(|(n, step)| (step, here(n)))
}

/// A line's allocation, and its pending entries in order, each with what is open of it.
pub(crate) async fn steps(conn: &mut Conn, plan: &str, line: i64) -> Result<(Allocation, Vec<Step>), Error> {
    let Some(allocation) = plan::allocation(conn, plan, line).await? else {
        return Err(match plan::allocations(conn, plan).await?.is_empty() {
            true => Error::Invalid(message!("plan-without-allocations", plan)),
            false => Error::NotFound { what: "line_of_that_plan", code: line.to_string() },
        });
    };
    let filter = EntryFilter { plan: Some(plan.to_owned()), ..EntryFilter::default() };
    let count = allocation.last - allocation.first + 1;
    let entries = read::entries(conn, &everything(), &filter, allocation.first - 1, count).await?;
    let open = read::open(conn, &filter, None, allocation.first - 1, count).await?;
    let open = |number| open.iter().filter(|o| o.entry == number).map(|o| o.quantity).sum();
    let bound = consignments::bound(conn, allocation.first, allocation.last).await?;
    let bound = |number| bound.get(&number).copied().unwrap_or(0);
    let last = allocation.last;
    let of_line = entries.into_iter().filter(|e| e.number <= last);
    let steps = of_line.map(|entry| Step { open: open(entry.number), bound: bound(entry.number), entry }).collect();
    Ok((allocation, steps))
}

/// Which units a step takes: by serial number or lot where the item is tracked so. Units that are known by number in the account they
/// leave need not be named again when all of them move.
async fn takes(
    conn: &mut Conn,
    picture: &Picture,
    step: &Move,
    quantity: i64,
    (id, account): (i64, &AccountKey),
) -> Result<Vec<Take>, Error> {
    let item = picture.item_of(account.resource.as_str());
    let tracking = item.map_or(Tracking::Quantity, |i| i.tracking);
    let one =
        |lot: &str, serial: &str, quantity| Take { line: 0, quantity, lot: lot.to_owned(), serial: serial.to_owned() };
    let held = read::holdings(conn, id).await?;
    let known: i64 = held.iter().map(|(.., q)| q).sum();
    match tracking {
        Tracking::Quantity => Ok(vec![one("", "", quantity)]),
        Tracking::Serial if step.serials.len() as i64 == quantity => {
            Ok(step.serials.iter().map(|serial| one(&step.lot, serial, 1)).collect())
        }
        Tracking::Lot if !step.lot.is_empty() => Ok(vec![one(&step.lot, "", quantity)]),
        _ if step.serials.is_empty() && step.lot.is_empty() && known == quantity => {
            Ok(held.iter().map(|(lot, serial, quantity)| one(lot, serial, *quantity)).collect())
        }
        Tracking::Serial => Err(Error::Invalid(message!(
            "tracked-by-serial",
            resource = &account.resource,
            quantity,
            given = step.serials.len()
        ))),
        Tracking::Lot => Err(Error::Invalid(message!("tracked-by-lot", resource = &account.resource))),
    }
}

/// What must come out of the offer's commitment so that the goods are at the place they leave. The notes are the caller's to write.
pub(crate) async fn supply(
    conn: &mut Conn,
    picture: &Picture,
    offer: &str,
    account: &AccountKey,
    takes: &[Take],
    quantity: i64,
) -> Result<Vec<Command>, Error> {
    let own = picture.offers.get(offer).and_then(|o| account_of(picture, o));
    if own.as_ref() != Some(account) {
        return Ok(Vec::new());
    }
    let mut needed = quantity - left::come_of(conn, offer, account).await?;
    let filter = EntryFilter { offer: Some(offer.to_owned()), ..EntryFilter::default() };
    let mut commands = Vec::new();
    for open in read::open(conn, &filter, Some(Activity::Commit), 0, 1_000).await? {
        if needed <= 0 {
            break;
        }
        let part = open.quantity.min(needed);
        needed -= part;
        let tracked = takes.iter().any(|t| !t.serial.is_empty() || !t.lot.is_empty());
        let named = if tracked && part == quantity {
            takes.to_vec()
        } else {
            vec![Take { line: 0, quantity: part, lot: String::new(), serial: String::new() }]
        };
        let note = Note {
            key: String::new(),
            occurred_at: Timestamp::UNIX_EPOCH,
            actor: String::new(),
            reason: String::new(),
        };
        commands.push(Command { note, act: Act::Settle { pending: open.entry, takes: named } });
    }
    Ok(commands)
}

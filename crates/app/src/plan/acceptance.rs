//! A plan is accepted: each of its lines becomes an allocation and the pending entries of its way, all in one transaction, and only
//! if what it was made from is still so. Where it takes the place of what was promised, a line that stays keeps the allocation and the
//! entries that it has, and the others are taken back in the same transaction.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use muster_domain::{
    change::{Change, changes},
    code::Code,
    lane::Lane,
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::{Act, Activity, Command, EntryNumber, Note, Posting, Subject},
    },
    message,
    message::Value,
    mission::Mission,
    offer::OfferState,
    picture::Picture,
    policy::Action,
    requirement::RequirementState,
};
use muster_planner::plan::{Flow, Leg, Plan, Target};
use muster_storage::{
    ledger::{Also, Request},
    plan::{Acceptance, Allocation, PlanState},
};

use super::{
    fate::{self, Fates},
    hash,
    promise::{Bound, Promise, Replaces, is_begun},
    subject,
};
use crate::{
    Actor, App, Error, commitment::account_of, everything, fulfilment::need_in, mission::keep_parts, start_of,
};

/// What an accepted plan became.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Number of allocations.
    pub allocations: usize,
    /// Number of pending entries.
    pub entries: usize,
    /// Number of promised lines that stay as they are.
    pub kept: usize,
    /// Number of promised lines that were taken back.
    pub taken_back: usize,
}

impl App {
    /// Accepts a plan.
    ///
    /// # Errors
    /// If there is none, it is not only proposed, its inputs have changed since it was made, or the database fails.
    pub async fn plan_accept(&self, code: &str, actor: &Actor) -> Result<Accepted, Error> {
        actor.may(Action::Accept)?;
        let plan = self.plan(&actor.viewer, Some(code)).await?;
        if plan.stored.state != PlanState::Proposed {
            return Err(Error::Invalid(message!(
                "plan-is-already",
                plan = code,
                state = Value::word(plan.stored.state.as_str())
            )));
        }
        let (picture, version) = self.memory.picture(&mut self.read().await?, &everything()).await?;
        let mission = picture.mission().ok_or_else(|| Error::Invalid(message!("no-mission-any-more")))?;
        let from = mission.day_of(plan.summary.first_period as i64);
        let replaces = fate::replaces(&plan)?;
        let (inputs, _) = self.instance(Some(from), replaces.as_ref().map(|r| r.keep)).await?;
        if hash(&inputs) != plan.stored.plan.inputs {
            return Err(Error::Invalid(message!("plan-outdated", plan = code)));
        }
        let result = plan.result()?;
        let plan_code = plan.stored.plan.code.clone();
        let ways = Ways { picture: &picture, mission };
        let accept = Accept { ways, plan: &plan_code, actor };
        let replacing = replaces.as_ref().map(|replaces| Replacing::of(replaces, &result));
        let mut commands = Vec::new();
        let takes_back = replacing.as_ref().map_or_else(Vec::new, |r| accept.take_back(r, &mut commands));
        let entries = commands.len();
        let allocations = accept.commands(&result, replacing.as_ref(), &mut commands)?;
        let changes = accept.changes(&allocations, replacing.as_ref(), &plan.summary, &inputs.bound);
        let accepted = Accepted {
            allocations: allocations.len(),
            entries: commands.len() - entries,
            kept: replacing.as_ref().map_or(0, |r| r.fates.kept.len()),
            taken_back: replacing.as_ref().map_or(0, |r| r.gone.len()),
        };
        let also = vec![Also::Acceptance(Acceptance { plan: plan_code.clone(), version, allocations, takes_back })];
        let mut request = Request { commands, also };
        request.commands.push(self.note(actor, Activity::Plan, subject(&plan_code), "accepted".into()));
        let sealing = Actor { key: None, ..actor.clone() };
        self.records(&mut request, changes, version, &sealing);
        self.ledger()?.submit(request).await?;
        Ok(accepted)
    }
}

/// A plan in the place of what was promised.
struct Replacing<'a> {
    fates: Fates,
    /// Lines that are taken back, with what they promised.
    gone: Vec<(Promise, Flow)>,
    /// Units of the new plan's lines, counted from 1, that were not promised so.
    rest: BTreeMap<i64, i64>,
    /// All that was promised.
    replaces: &'a Replaces,
}

impl<'a> Replacing<'a> {
    fn of(replaces: &'a Replaces, result: &Plan) -> Self {
        let fates = Fates::of(replaces, result);
        let gone = fates.differences.iter().flat_map(|d| d.was.iter().cloned()).collect();
        let rest = fates.differences.iter().flat_map(|d| &d.becomes).map(|(line, flow)| (*line, flow.quantity));
        Self { gone, rest: rest.collect(), fates, replaces }
    }

    /// Offers of promised lines that stay.
    fn stay(&self) -> impl Iterator<Item = &str> {
        let kept: BTreeSet<EntryNumber> = self.fates.kept.iter().map(|kept| kept.promise.first).collect();
        let stays = self.replaces.all().filter(move |(promise, _)| kept.contains(&promise.first));
        stays.map(|(_, flow)| flow.offer.as_str())
    }
}

struct Accept<'a> {
    ways: Ways<'a>,
    plan: &'a Code,
    actor: &'a Actor,
}

impl Accept<'_> {
    /// Takes back what is pending of lines that do not stay, of each the last step first. Gives what each command must find open.
    fn take_back(&self, replacing: &Replacing<'_>, commands: &mut Vec<Command>) -> Vec<(i64, i64)> {
        let mut expected = Vec::new();
        for (promise, flow) in &replacing.gone {
            for pending in (promise.first..=promise.last).rev() {
                expected.push((commands.len() as i64, flow.quantity));
                commands.push(self.take_back_one(pending));
            }
        }
        expected
    }

    fn take_back_one(&self, pending: EntryNumber) -> Command {
        let note = Note {
            key: format!("plan {} takes back {pending}", self.plan),
            occurred_at: Note::WHEN_RECORDED,
            actor: self.actor.name().to_owned(),
            reason: format!("plan {} took its place: {}", self.plan, self.actor.reason),
        };
        Command { note, act: Act::Void { pending, takes: Vec::new() } }
    }

    fn commands(
        &self,
        plan: &Plan,
        replacing: Option<&Replacing<'_>>,
        commands: &mut Vec<Command>,
    ) -> Result<Vec<Allocation>, Error> {
        let mut allocations = Vec::new();
        for (line, flow) in (1..).zip(&plan.flows) {
            let quantity = replacing.map_or(flow.quantity, |r| r.rest.get(&line).copied().unwrap_or(0));
            if quantity == 0 || is_begun(&flow.offer) {
                continue;
            }
            let first = commands.len() as i64;
            let flow = Flow { quantity, ..flow.clone() };
            let (offer, need) = self.line(line, &flow, commands)?;
            allocations.push(Allocation {
                line,
                resource: self.ways.picture.offers[offer.as_str()].resource.code().clone(),
                offer,
                need,
                quantity,
                first,
                last: commands.len() as i64 - 1,
            });
        }
        Ok(allocations)
    }

    /// The pending entries of one line's way, in order.
    fn line(&self, line: i64, flow: &Flow, commands: &mut Vec<Command>) -> Result<(Code, Code), Error> {
        let offer = Code::new(&flow.offer).map_err(Error::must_be)?;
        let need = Code::new(flow.target.id()).map_err(Error::must_be)?;
        // What a repair uses up or a pool has for a time is for no need.
        let served = (!flow.target.is_supply()).then(|| need.clone());
        let subject =
            Subject { offer: Some(offer.clone()), need: served, plan: Some(self.plan.clone()), ..Subject::default() };
        for step in self.ways.steps(flow)? {
            let note = Note {
                key: format!("plan {} line {line} step {}", self.plan, commands.len()),
                occurred_at: step.at,
                actor: self.actor.name().to_owned(),
                reason: self.actor.reason.clone(),
            };
            let postings = vec![Posting::new(step.from, step.to, flow.quantity)];
            let act = Act::Pend { activity: step.activity, subject: subject.clone(), postings };
            commands.push(Command { note, act });
        }
        Ok((offer, need))
    }

    /// The states that offers and needs come to: allocated; matched, or matched in part; and of those that lost all that was bound,
    /// the states before.
    fn changes(
        &self,
        allocations: &[Allocation],
        replacing: Option<&Replacing<'_>>,
        summary: &super::Summary,
        bound_by: &Bound,
    ) -> Vec<Change> {
        let picture = self.ways.picture;
        let mut incoming = Picture::default();
        let reason = format!("plan {} was accepted", self.plan);
        let offers: BTreeMap<&str, ()> = allocations.iter().map(|a| (a.offer.as_str(), ())).collect();
        for offer in offers.keys().filter_map(|code| picture.offers.get(*code)) {
            if offer.state.may_become(OfferState::Allocated) {
                let mut offer = offer.clone();
                (offer.state, offer.state_reason) = (OfferState::Allocated, reason.clone());
                keep_parts(&picture.clearances, offer.code.as_str(), &mut incoming);
                incoming.put(offer);
            }
        }
        let mut states: BTreeMap<&str, RequirementState> = BTreeMap::new();
        if let Some(replacing) = replacing {
            let released = format!("plan {} took it back", self.plan);
            let stays: BTreeSet<&str> = replacing.stay().collect();
            for (_, flow) in &replacing.gone {
                let bound = |sums: &BTreeMap<String, i64>, code: &str| sums.get(code).is_some_and(|units| *units > 0);
                let code = flow.offer.as_str();
                let free = !offers.contains_key(code) && !stays.contains(code) && !bound(&bound_by.offers, code);
                if let Some(offer) = picture.offers.get(code).filter(|o| free && o.state == OfferState::Allocated) {
                    let mut offer = offer.clone();
                    (offer.state, offer.state_reason) = (OfferState::Committed, released.clone());
                    keep_parts(&picture.clearances, code, &mut incoming);
                    incoming.put(offer);
                }
                let part = bound(&bound_by.needs, flow.target.id());
                let state = if part { RequirementState::PartMatched } else { RequirementState::Prioritised };
                states.insert(flow.target.id(), state);
            }
        }
        for (code, served) in summary.served.iter().filter(|(_, served)| !served.offers.is_empty()) {
            let state =
                if served.planned >= served.open { RequirementState::Matched } else { RequirementState::PartMatched };
            states.insert(code, state);
        }
        for (code, state) in states {
            need_in(picture, code, state, &reason, &mut incoming);
        }
        changes(picture, &incoming).0
    }
}

/// From flows to the steps of their ways.
#[derive(Clone, Copy)]
pub(super) struct Ways<'a> {
    pub(super) picture: &'a Picture,
    pub(super) mission: &'a Mission,
}

/// A step of a way: what happens, when, between which accounts.
pub(super) struct WayStep {
    pub(super) activity: Activity,
    pub(super) at: Timestamp,
    pub(super) from: AccountKey,
    pub(super) to: AccountKey,
}

impl Ways<'_> {
    /// The steps of a flow's way, in order: each leg's departure and arrival, each process's start and finish, and the unit's receipt,
    /// by which title passes to the recipient.
    pub(super) fn steps(&self, flow: &Flow) -> Result<Vec<WayStep>, Error> {
        let missing = |what: &'static str, code: &str| Error::NotFound { what, code: code.to_owned() };
        let offer = self.picture.offers.get(&flow.offer).ok_or_else(|| missing("offer", &flow.offer))?;
        let need = flow.target.id();
        let mut held = account_of(self.picture, offer).ok_or_else(|| missing("offer", &flow.offer))?;
        let mut steps = Vec::new();
        let mut step = |activity: Activity, period: i64, from: AccountKey, to: AccountKey| {
            steps.push(WayStep { activity, at: self.time(period), from, to });
        };
        for leg in &flow.path {
            match leg {
                Leg::Lane { lane, depart } => {
                    let lane = self.picture.lanes.get(lane).ok_or_else(|| missing("lane", lane))?;
                    let arrive = depart + i64::from(lane.transit_days.div_ceil(self.mission.period_days));
                    let (on_lane, there) = crossing(self.picture, lane, &held);
                    step(Activity::Depart, *depart, held, on_lane.clone());
                    step(Activity::Arrive, arrive, on_lane, there.clone());
                    held = there;
                }
                Leg::Process { process, start } => {
                    let process = self.picture.processes.get(process).ok_or_else(|| missing("process", process))?;
                    let finish = start + i64::from(process.duration_days.div_ceil(self.mission.period_days));
                    let inside = AccountKey {
                        purpose: AccountPurpose::InProcess,
                        via: Some(process.code.clone()),
                        ..held.clone()
                    };
                    step(Activity::Start, *start, held.clone(), inside.clone());
                    held = held.of(process.output.code());
                    step(Activity::Finish, finish, inside.of(process.output.code()), held.clone());
                }
                // What is ordered is no unit yet.
                Leg::Order { .. } => {}
            }
        }
        // What a repair uses up, or a pool has for a time, is no delivery.
        let via = Some(Code::new(need).map_err(Error::must_be)?);
        match &flow.target {
            Target::Process { .. } => {
                let used = AccountKey { purpose: AccountPurpose::Consumed, via, ..held.clone() };
                step(Activity::Consume, flow.arrive, held, used);
                return Ok(steps);
            }
            Target::Pool(_) => {
                let inside = AccountKey { purpose: AccountPurpose::InProcess, via, ..held.clone() };
                step(Activity::Start, flow.arrive, held.clone(), inside.clone());
                if let Some(until) = offer.lent_until {
                    step(Activity::Finish, self.mission.period_of(until), inside, held);
                }
                return Ok(steps);
            }
            Target::Requirement(_) | Target::Package { .. } => {}
        }
        let unit = unit_of(self.picture, need).ok_or_else(|| missing("need", need))?;
        let service = in_service(self.mission, unit, &held, offer.is_lent());
        step(Activity::Receive, flow.arrive, held, service);
        Ok(steps)
    }

    fn time(&self, period: i64) -> Timestamp {
        start_of(self.mission.day_of(period))
    }
}

/// The accounts of goods on a lane and at its end: who has them there is its operator, or else whoever had them before.
pub(crate) fn crossing(picture: &Picture, lane: &Lane, held: &AccountKey) -> (AccountKey, AccountKey) {
    let to = Some(lane.to.code().clone());
    let operator = picture.places.get(lane.to.as_str()).and_then(|place| place.operator.as_ref());
    let keeper = operator.map_or_else(|| held.holder.clone(), |operator| operator.code().clone());
    let via = Some(lane.code.clone());
    let on_lane = AccountKey { purpose: AccountPurpose::InTransit, place: to.clone(), via, ..held.clone() };
    (on_lane, AccountKey { holder: keeper, place: to, ..held.clone() })
}

/// The account of goods that a unit has taken over, and with them the recipient their title, unless they are lent.
pub(crate) fn in_service(mission: &Mission, unit: Code, held: &AccountKey, lent: bool) -> AccountKey {
    let owner = if lent { held.owner.clone() } else { mission.recipient.code().clone() };
    AccountKey { purpose: AccountPurpose::InService, holder: unit, owner, ..held.clone() }
}

/// The unit whose need it is.
pub(crate) fn unit_of(picture: &Picture, need: &str) -> Option<Code> {
    let requirement = picture.requirements.get(need).map(|r| r.unit.code().clone());
    requirement.or_else(|| picture.packages.get(need).map(|k| k.unit.code().clone()))
}

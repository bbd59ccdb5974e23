//! A plan is accepted: each of its lines becomes an allocation and the pending entries of its way, all in one transaction, and only
//! if what it was made from is still so.

use std::collections::BTreeMap;

use jiff::Timestamp;
use muster_domain::{
    change::{Change, changes},
    code::Code,
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::{Act, Activity, Command, Note, Posting, Subject},
    },
    message,
    message::Value,
    mission::Mission,
    offer::OfferState,
    picture::Picture,
    policy::Action,
    requirement::{Requirement, RequirementState},
};
use muster_planner::plan::{Flow, Leg, Plan, Target};
use muster_storage::{
    Error as StorageError,
    ledger::{Also, Request},
    plan::{Acceptance, Allocation, PlanState},
};

use super::{hash, subject};
use crate::{Actor, App, Error, commitment::account_of, everything, mission::keep_parts, start_of};

/// What an accepted plan became.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Number of allocations.
    pub allocations: usize,
    /// Number of pending entries.
    pub entries: usize,
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
        let (inputs, _) = self.instance(Some(from)).await?;
        if hash(&inputs) != plan.stored.plan.inputs {
            return Err(Error::Invalid(message!("plan-outdated", plan = code)));
        }
        let result = Plan::parse(plan.stored.plan.result.as_bytes())
            .map_err(|faults| StorageError::Corrupt(format!("plan {code}: {faults:?}")))?;
        let plan_code = plan.stored.plan.code.clone();
        let accept = Accept { picture: &picture, mission, plan: &plan_code, actor };
        let (commands, allocations) = accept.commands(&result)?;
        let changes = accept.changes(&allocations, &plan.summary);
        let accepted = Accepted { allocations: allocations.len(), entries: commands.len() };
        let also = vec![Also::Acceptance(Acceptance { plan: plan_code.clone(), version, allocations })];
        let mut request = Request { commands, also };
        request.commands.push(self.note(actor, Activity::Plan, subject(&plan_code), "accepted".into()));
        let sealing = Actor { key: None, ..actor.clone() };
        self.records(&mut request, changes, version, &sealing);
        self.ledger()?.submit(request).await?;
        Ok(accepted)
    }
}

struct Accept<'a> {
    picture: &'a Picture,
    mission: &'a Mission,
    plan: &'a Code,
    actor: &'a Actor,
}

impl Accept<'_> {
    fn commands(&self, plan: &Plan) -> Result<(Vec<Command>, Vec<Allocation>), Error> {
        let (mut commands, mut allocations) = (Vec::new(), Vec::new());
        for (line, flow) in (1..).zip(&plan.flows) {
            let first = commands.len() as i64;
            let (offer, need) = self.line(line, flow, &mut commands)?;
            allocations.push(Allocation {
                line,
                resource: self.picture.offers[offer.as_str()].resource.code().clone(),
                offer,
                need,
                quantity: flow.quantity,
                first,
                last: commands.len() as i64 - 1,
            });
        }
        Ok((commands, allocations))
    }

    /// The pending entries of one line's way, in order: each leg's departure and arrival, each process's start and finish, and the
    /// unit's receipt, by which title passes to the recipient.
    fn line(&self, line: i64, flow: &Flow, commands: &mut Vec<Command>) -> Result<(Code, Code), Error> {
        let missing = |what: &'static str, code: &str| Error::NotFound { what, code: code.to_owned() };
        let offer = self.picture.offers.get(&flow.offer).ok_or_else(|| missing("offer", &flow.offer))?;
        let need = Code::new(flow.target.id()).map_err(Error::must_be)?;
        let mut held = account_of(self.picture, offer).ok_or_else(|| missing("offer", &flow.offer))?;
        let served = (!flow.target.is_supply()).then(|| need.clone());
        let subject = Subject { offer: Some(offer.code.clone()), need: served, plan: Some(self.plan.clone()) };
        let mut pend = |activity: Activity, period: i64, from: AccountKey, to: AccountKey| {
            let note = Note {
                key: format!("plan {} line {line} step {}", self.plan, commands.len()),
                occurred_at: self.time(period),
                actor: self.actor.name().to_owned(),
                reason: self.actor.reason.clone(),
            };
            let postings = vec![Posting::new(from, to, flow.quantity)];
            commands.push(Command { note, act: Act::Pend { activity, subject: subject.clone(), postings } });
        };
        for leg in &flow.path {
            match leg {
                Leg::Lane { lane, depart } => {
                    let lane = self.picture.lanes.get(lane).ok_or_else(|| missing("lane", lane))?;
                    let arrive = depart + i64::from(lane.transit_days.div_ceil(self.mission.period_days));
                    let to = Some(lane.to.code().clone());
                    let way = AccountKey {
                        purpose: AccountPurpose::InTransit,
                        place: to.clone(),
                        via: Some(lane.code.clone()),
                        ..held.clone()
                    };
                    pend(Activity::Depart, *depart, held.clone(), way.clone());
                    held = AccountKey { holder: self.keeper(lane.to.code(), &held), place: to, ..held };
                    pend(Activity::Arrive, arrive, way, held.clone());
                }
                Leg::Process { process, start } => {
                    let process = self.picture.processes.get(process).ok_or_else(|| missing("process", process))?;
                    let finish = start + i64::from(process.duration_days.div_ceil(self.mission.period_days));
                    let inside = AccountKey {
                        purpose: AccountPurpose::InProcess,
                        via: Some(process.code.clone()),
                        ..held.clone()
                    };
                    pend(Activity::Start, *start, held.clone(), inside.clone());
                    held = held.of(process.output.code());
                    pend(Activity::Finish, finish, inside.of(process.output.code()), held.clone());
                }
                // What is ordered is no unit yet.
                Leg::Order { .. } => {}
            }
        }
        // What a repair uses up, or a pool has for a time, is no delivery.
        match &flow.target {
            Target::Process { .. } => {
                let used = AccountKey { purpose: AccountPurpose::Consumed, via: Some(need.clone()), ..held.clone() };
                pend(Activity::Consume, flow.arrive, held, used);
                return Ok((offer.code.clone(), need));
            }
            Target::Pool(_) => {
                let via = Some(need.clone());
                let use_ = AccountKey { purpose: AccountPurpose::InProcess, via, ..held.clone() };
                pend(Activity::Start, flow.arrive, held.clone(), use_.clone());
                if let Some(until) = offer.lent_until {
                    pend(Activity::Finish, self.mission.period_of(until), use_, held);
                }
                return Ok((offer.code.clone(), need));
            }
            Target::Requirement(_) | Target::Package { .. } => {}
        }
        let unit = self.unit(need.as_str()).ok_or_else(|| missing("need", need.as_str()))?;
        let owner = self.mission.recipient.code().clone();
        let service = AccountKey { purpose: AccountPurpose::InService, holder: unit, owner, ..held.clone() };
        pend(Activity::Receive, flow.arrive, held, service);
        Ok((offer.code.clone(), need))
    }

    fn time(&self, period: i64) -> Timestamp {
        start_of(self.mission.day_of(period))
    }

    /// Who has goods in their hands at a place: its operator, or else whoever had them before.
    fn keeper(&self, place: &Code, before: &AccountKey) -> Code {
        let operator = self.picture.places.get(place.as_str()).and_then(|p| p.operator.as_ref());
        operator.map_or_else(|| before.holder.clone(), |o| o.code().clone())
    }

    fn unit(&self, need: &str) -> Option<Code> {
        let requirement = self.picture.requirements.get(need).map(|r| r.unit.code().clone());
        requirement.or_else(|| self.picture.packages.get(need).map(|k| k.unit.code().clone()))
    }

    /// The states that offers and needs come to: allocated; matched, or matched in part.
    fn changes(&self, allocations: &[Allocation], summary: &super::Summary) -> Vec<Change> {
        let mut incoming = Picture::default();
        let reason = format!("plan {} was accepted", self.plan);
        let offers: BTreeMap<&str, ()> = allocations.iter().map(|a| (a.offer.as_str(), ())).collect();
        for offer in offers.keys().filter_map(|code| self.picture.offers.get(*code)) {
            if offer.state.may_become(OfferState::Allocated) {
                let mut offer = offer.clone();
                (offer.state, offer.state_reason) = (OfferState::Allocated, reason.clone());
                incoming.put(offer);
            }
        }
        for (code, served) in summary.served.iter().filter(|(_, served)| !served.offers.is_empty()) {
            let state =
                if served.planned >= served.open { RequirementState::Matched } else { RequirementState::PartMatched };
            if let Some(requirement) = self.picture.requirements.get(code).filter(|r| r.state.next().contains(&state)) {
                let mut requirement: Requirement = requirement.clone();
                (requirement.state, requirement.state_reason) = (state, reason.clone());
                incoming.put(requirement);
                keep_parts(&self.picture.requirement_accepts, code, &mut incoming);
            }
            if let Some(package) = self.picture.packages.get(code).filter(|k| k.state.next().contains(&state)) {
                let mut package = package.clone();
                (package.state, package.state_reason) = (state, reason.clone());
                incoming.put(package);
                keep_parts(&self.picture.package_components, code, &mut incoming);
            }
        }
        changes(self.picture, &incoming).0
    }
}

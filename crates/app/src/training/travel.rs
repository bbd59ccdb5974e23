//! Trainees on their way: they set out for the facility and for home, by lanes, in accounts of their own while they are under way. An
//! arrival without a departure stays allowed: whatever of the way was not recorded happened by then.

use jiff::{SignedDuration, Timestamp, civil::Date};
use muster_domain::{
    code::Code,
    lane::Lane,
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::{Act, Activity, Subject},
    },
    message,
    need::Need,
    picture::Picture,
    policy::Action,
    requirement::RequirementState,
    serial::Serial,
    training::NominationState,
    viewer::Viewer,
};
use muster_storage::{
    training::{self as store, Journey, Nomination, Write},
    transfer::EntryRef,
};

use super::{nomination::usually_kept, school::one};
use crate::{
    Actor, App, Error, day,
    fulfilment::need_comes_to,
    movement::{Step, ready},
    text::any_text,
    transfer::{Work, way::following},
};

/// Longest name of a conveyance or carrier.
const LONGEST_CONVEYANCE: usize = 200;

/// How somebody sets out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetOut {
    /// The lanes, in order; none: the quickest, or those of the plan's line.
    pub lanes: Vec<String>,
    /// On what, or who carries them.
    pub conveyance: String,
    /// When; none: now.
    pub at: Option<Timestamp>,
    /// A remark.
    pub remark: String,
}

impl App {
    /// Somebody sets out: who was cleared for the facility, who passed or failed for home.
    ///
    /// # Errors
    /// If there is no such nomination, they could not be taken in (see [`App::nomination_arrive`]), they are where they are to go, the lanes
    /// do not lead there, the plan's line has its own, the actor may neither nominate for the unit nor teach there, or the ledger or the
    /// database refuses.
    pub async fn nomination_depart(&self, code: &str, new: &SetOut, actor: &Actor) -> Result<(), Error> {
        let Some((mut nomination, mut work)) = self.begin_training(code, new.at, actor).await? else { return Ok(()) };
        let serial = work.serial_of(&nomination)?;
        work.may_one(&[(Action::Nominate, Some(&nomination.unit)), (Action::Train, Some(serial.host.code()))])?;
        let home = nomination.state.is_there();
        let state = if home { NominationState::Returning } else { NominationState::Travelling };
        Work::comes_to(&nomination, state)?;
        let remark = any_text("remark", &new.remark)?;
        let conveyance = any_text("conveyance", &new.conveyance)?;
        if conveyance.chars().count() > LONGEST_CONVEYANCE || conveyance.contains('\n') {
            let right = message!("some-text", most = LONGEST_CONVEYANCE);
            return Err(Error::Invalid(message!("field-must-be", name = "conveyance", right)));
        }
        let (entry, lanes) = if !home {
            work.may_come(&nomination, &serial).await?;
            work.leaves_home(&mut nomination, &serial, &new.lanes).await?
        } else if nomination.state == NominationState::Failed {
            work.leaves_untrained(&mut nomination, &serial, &new.lanes).await?
        } else {
            work.leaves_trained(&mut nomination, &serial, &new.lanes).await?
        };
        let (Some(first), Some(last)) = (lanes.first(), lanes.last()) else { return Err(Error::Changed) };
        let days: i64 = lanes.iter().map(|lane| i64::from(lane.transit_days)).sum();
        let journey = Journey {
            from: first.from.code().clone(),
            to: last.to.code().clone(),
            lanes: lanes.iter().map(|lane| lane.code.clone()).collect(),
            conveyance,
            departed_at: work.at,
            arrives_at: work.at.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MAX),
        };
        work.trainings.push(Write::Journey(nomination.code.clone(), journey, usually_kept(&serial)));
        nomination.state = state;
        work.trained(nomination, &remark, "", entry);
        work.done().await
    }

    /// Who is on the way, to a facility or home, of those that the viewer sees, each with their journey: the first to arrive first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn trainees_on_the_way(&self, viewer: &Viewer, limit: i64) -> Result<Vec<(Nomination, Journey)>, Error> {
        Ok(store::on_the_way(&mut self.read().await?, viewer, limit).await?)
    }
}

/// The lanes from a place to another: those that are named, or the quickest.
fn route(
    picture: &Picture,
    (from, to): (Option<&Code>, &Code),
    named: &[String],
    on: Date,
) -> Result<Vec<Lane>, Error> {
    let no_way = |from: &str| Error::Invalid(message!("no-way", from, to));
    let from = from.ok_or_else(|| no_way("–"))?;
    if from == to {
        return Err(Error::Invalid(message!("no-journey", place = to)));
    }
    let codes = match named {
        [] => picture.quickest(from.as_str(), to.as_str(), on).ok_or_else(|| no_way(from.as_str()))?,
        named => named.iter().map(|lane| Code::new(lane)).collect::<Result<_, _>>().map_err(Error::must_be)?,
    };
    let lanes: Vec<Lane> = following(picture, Some(from), &codes)?.into_iter().cloned().collect();
    let ends = lanes.last().is_some_and(|lane| lane.to.code() == to);
    if ends { Ok(lanes) } else { Err(Error::Invalid(message!("route-ends-elsewhere", to))) }
}

/// The accounts of somebody on a lane and at its end: whoever holds and owns them does so on the way, too.
fn crossing(lane: &Lane, held: &AccountKey) -> (AccountKey, AccountKey) {
    let place = Some(lane.to.code().clone());
    let via = Some(lane.code.clone());
    let on_lane = AccountKey { purpose: AccountPurpose::InTransit, place, via, ..held.clone() };
    let there = AccountKey { purpose: AccountPurpose::OnHand, via: None, ..on_lane.clone() };
    (on_lane, there)
}

impl Work<'_> {
    /// The lanes of a plan's line from one of its steps on, up to where it does something else than travel.
    async fn lanes_of(&mut self, steps: &[Step]) -> Result<Vec<Lane>, Error> {
        let mut lanes = Vec::new();
        for step in steps {
            match step.entry.activity {
                Activity::Depart => {
                    let via = self.account_to(step).await?.via;
                    lanes.extend(via.and_then(|lane| self.picture.lanes.get(lane.as_str()).cloned()));
                }
                Activity::Arrive => {}
                _ => break,
            }
        }
        Ok(lanes)
    }

    /// One more departs by the first of some steps of a line, or did so with others, of whom so many are accounted for; they are then in the
    /// account to which the last of these steps that was done for them leads. Gives the entry.
    async fn departs_by(
        &mut self,
        nomination: &mut Nomination,
        steps: &[Step],
        (first, end, accounted): (usize, usize, i64),
    ) -> Result<EntryRef, Error> {
        let reached = (first..end).rfind(|n| steps[*n].done() > accounted);
        if let Some(reached) = reached {
            nomination.account = self.account_to(&steps[reached]).await?;
            return Ok(self.noted_about(Activity::Depart, format!("{} went with others", nomination.code)));
        }
        let step = &steps[first];
        if ready(steps, first) < 1 {
            return Err(Error::Invalid(message!("trainee-in-consignment", nomination = &nomination.code)));
        }
        nomination.account = self.account_to(step).await?;
        Ok(self.happens(step.entry.number))
    }

    /// How many of a line are in a state, trained or not.
    pub(super) async fn of_line(
        &mut self,
        nomination: &Nomination,
        state: NominationState,
        trained: bool,
    ) -> Result<i64, Error> {
        let Some((plan, line)) = &nomination.line else { return Ok(0) };
        let all = store::of_line(&mut self.conn, plan.as_str(), *line, i64::MAX).await?;
        let count = all.states.get(&(state, trained)).copied().unwrap_or(0);
        // Who was recorded of the same line in the same moment may be the one who was counted here.
        self.trainings.push(Write::LineIs(plan.clone(), *line, all));
        Ok(count)
    }

    fn own_lanes(nomination: &Nomination, named: &[String]) -> Result<(), Error> {
        let own = || Error::Invalid(message!("line-has-lanes", nomination = &nomination.code));
        if named.is_empty() { Ok(()) } else { Err(own()) }
    }

    /// Somebody sets out for a facility.
    async fn leaves_home(
        &mut self,
        nomination: &mut Nomination,
        serial: &Serial,
        named: &[String],
    ) -> Result<(EntryRef, Vec<Lane>), Error> {
        if let Some((all, start)) = self.way(nomination, serial).await? {
            Self::own_lanes(nomination, named)?;
            let lanes = self.lanes_of(&all[..start]).await?;
            if lanes.is_empty() {
                return Err(Error::Invalid(message!("no-journey", place = serial.place.code())));
            }
            let accounted = all[start].done() + self.of_line(nomination, NominationState::Travelling, false).await?;
            if all[0].done() <= accounted {
                self.supply_line(nomination, &all).await?;
            }
            let entry = self.departs_by(nomination, &all, (0, start, accounted)).await?;
            return Ok((entry, lanes));
        }
        let origin = nomination.origin.clone();
        let lanes = route(&self.picture, (origin.place.as_ref(), serial.place.code()), named, day(self.at))?;
        if let Some(offer) = nomination.offer.clone() {
            self.supply(vec![(offer, origin.clone(), vec![one()])]).await?;
        }
        let entry = self.departs(nomination, Self::untrained(nomination), &lanes)?;
        Ok((entry, lanes))
    }

    /// Somebody who passed sets out for home.
    async fn leaves_trained(
        &mut self,
        nomination: &mut Nomination,
        serial: &Serial,
        named: &[String],
    ) -> Result<(EntryRef, Vec<Lane>), Error> {
        if let Some((all, start)) = self.way(nomination, serial).await? {
            Self::own_lanes(nomination, named)?;
            let home = start + 2;
            let lanes = self.lanes_of(all.get(home..).unwrap_or_default()).await?;
            let last = all.len() - 1;
            if lanes.is_empty() {
                return Err(Error::Invalid(message!("no-journey", place = serial.place.code())));
            }
            // Who goes home untrained was to come no further: that is done of the last step, too.
            let accounted = all[last].done() + self.of_line(nomination, NominationState::Returning, true).await?;
            let entry = self.departs_by(nomination, &all, (home, last, accounted)).await?;
            return Ok((entry, lanes));
        }
        let home = self.home_of(nomination);
        let lanes = route(
            &self.picture,
            (nomination.account.place.as_ref(), &home.ok_or(Error::Changed)?),
            named,
            day(self.at),
        )?;
        let entry = self.departs(nomination, Self::for_sake_of(nomination), &lanes)?;
        Ok((entry, lanes))
    }

    /// Somebody who failed sets out for where they came from.
    async fn leaves_untrained(
        &mut self,
        nomination: &mut Nomination,
        serial: &Serial,
        named: &[String],
    ) -> Result<(EntryRef, Vec<Lane>), Error> {
        let origin = nomination.origin.clone();
        let home = origin.place.clone().ok_or(Error::Changed)?;
        let at = nomination.account.place.clone();
        let lanes = route(&self.picture, (at.as_ref(), &home), named, day(self.at))?;
        if let Some((all, start)) = self.way(nomination, serial).await? {
            self.gives_up_line(nomination, &all, start)?;
        }
        let there = AccountKey { purpose: AccountPurpose::OnHand, place: at, via: None, ..origin };
        self.goes(Activity::Finish, Self::untrained(nomination), &nomination.account.clone(), &there);
        nomination.account = there;
        let entry = self.departs(nomination, Self::untrained(nomination), &lanes)?;
        Ok((entry, lanes))
    }

    /// Where somebody who passed serves: where their need is, else where they came from.
    pub(super) fn home_of(&self, nomination: &Nomination) -> Option<Code> {
        let need = nomination.need.as_ref().map(Code::as_str);
        let place = need.and_then(|need| Need::of(&self.picture, need)).map(|need| need.place().clone());
        place.or_else(|| nomination.origin.place.clone())
    }

    /// Somebody leaves where they are by the first of some lanes.
    fn departs(&mut self, nomination: &mut Nomination, subject: Subject, lanes: &[Lane]) -> Result<EntryRef, Error> {
        let (on_lane, _) = crossing(lanes.first().ok_or(Error::Changed)?, &nomination.account);
        let entry = self.goes(Activity::Depart, subject, &nomination.account.clone(), &on_lane);
        nomination.account = on_lane;
        Ok(entry)
    }

    /// Somebody who is on the way, by no line, arrives: lane by lane, and at last in `end`, or if that is not said, at hand at its end.
    pub(super) async fn comes_through(
        &mut self,
        nomination: &mut Nomination,
        subject: &Subject,
        end: Option<&AccountKey>,
    ) -> Result<EntryRef, Error> {
        let journeys = store::journeys(&mut self.conn, nomination.code.as_str()).await?;
        let journey = journeys.last().ok_or(Error::Changed)?;
        let mut entry = None;
        for (n, lane) in journey.lanes.iter().enumerate() {
            let missing = || Error::NotFound { what: "lane", code: lane.to_string() };
            let lane = self.picture.lanes.get(lane.as_str()).cloned().ok_or_else(missing)?;
            let (on_lane, there) = crossing(&lane, &nomination.account);
            if n > 0 {
                self.goes(Activity::Depart, subject.clone(), &nomination.account.clone(), &on_lane);
                nomination.account = on_lane;
            }
            let there = end.filter(|_| n + 1 == journey.lanes.len()).cloned().unwrap_or(there);
            entry = Some(self.goes(Activity::Arrive, subject.clone(), &nomination.account.clone(), &there));
            nomination.account = there;
        }
        entry.ok_or(Error::Changed)
    }

    /// Somebody who set out for the facility turns back, and is where they came from.
    pub(super) async fn turns_back(&mut self, nomination: &mut Nomination) -> Result<EntryRef, Error> {
        let serial = self.serial_of(nomination)?;
        if let Some((all, start)) = self.way(nomination, &serial).await? {
            // Others may have recorded more of the way with all who went together.
            let begun = all[start].done();
            let reached = (0..start).rfind(|n| all[*n].done() > begun).ok_or(Error::Changed)?;
            nomination.account = self.account_to(&all[reached]).await?;
            self.gives_up_line(nomination, &all, reached)?;
        }
        let origin = nomination.origin.clone();
        let entry = self.goes(Activity::Arrive, Self::untrained(nomination), &nomination.account.clone(), &origin);
        nomination.account = origin;
        Ok(entry)
    }

    /// What was to come of somebody by a line after one of its steps is not to come.
    ///
    /// # Errors
    /// If the end of the course was recorded of them: they are trained already.
    pub(super) fn gives_up_line(&mut self, nomination: &Nomination, all: &[Step], reached: usize) -> Result<(), Error> {
        let after = &all[reached + 1..];
        if all[reached].entry.activity == Activity::Start
            && after.first().is_some_and(|finish| finish.done() >= all[reached].done())
        {
            return Err(Error::Invalid(message!("line-without-finish", nomination = &nomination.code)));
        }
        for step in after.iter().rev().filter(|step| step.open > 0) {
            self.command(Act::Void { pending: step.entry.number, takes: vec![one()] });
        }
        let need = nomination.need.as_ref().map_or("", Code::as_str).to_owned();
        let picture = self.picture.clone();
        let why = "somebody who was to be taught for it went home";
        self.changes.extend(need_comes_to(&picture, &need, RequirementState::PartMatched, why));
        Ok(())
    }
}

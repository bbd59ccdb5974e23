//! What a training facility records: who came, who was there on which day, who met which objective, who passed; and that they are back
//! with their unit.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use muster_domain::{
    code::Code,
    course::Course,
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::{Act, Activity, EntryNumber, Posting, Subject, Take},
    },
    message,
    policy::Action,
    serial::{Serial, SerialState},
    training::{Attendance, NominationState, unmet},
};
use muster_storage::{
    ledger::step::voided,
    training::{self as store, Assessment, NewMark, Nomination, Write},
    transfer::EntryRef,
};

use super::{in_serial, of_serial, seats};
use crate::{
    Actor, App, Error, day, everything,
    movement::{Step, ready, steps},
    text::{any_text, some_text},
    transfer::{Work, giving::ByNeed},
};

/// Most trainees whose attendance is recorded at once.
const MOST_AT_ONCE: usize = 1_000;

/// What is said of somebody on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Was {
    /// The nomination.
    pub nomination: String,
    /// Whether they were there.
    pub attendance: Attendance,
    /// How often it was said of that day before, as whoever says it knew; none: whatever was said.
    pub version: Option<i64>,
}

impl App {
    /// Somebody came to the facility: from then on they are in the serial.
    ///
    /// # Errors
    /// If there is no such nomination, they have no seat, were not vetted or it holds no longer, have not passed what the course requires, it
    /// is not confirmed, they are on their way in a consignment, the remark is too long, the actor may not teach there, or the ledger or the
    /// database refuses.
    pub async fn nomination_arrive(
        &self,
        code: &str,
        (at, remark): (Option<Timestamp>, &str),
        actor: &Actor,
    ) -> Result<(), Error> {
        let Some((mut nomination, mut work)) = self.begin_training(code, at, actor).await? else { return Ok(()) };
        let serial = work.serial_of(&nomination)?;
        work.may(Action::Train, &[serial.host.code()])?;
        Work::comes_to(&nomination, NominationState::InTraining)?;
        let remark = any_text("remark", remark)?;
        work.may_come(&nomination, &serial).await?;
        let resit = nomination.state == NominationState::Failed;
        let mut entry = work.noted_about(Activity::Start, format!("{code} in training in {}", serial.code));
        if !resit {
            entry = work.joins(&mut nomination, &serial).await?;
        }
        nomination.state = NominationState::InTraining;
        work.trained(nomination, &remark, "", entry);
        work.done().await
    }

    /// Records who was there on a day: what was said of it last holds.
    ///
    /// # Errors
    /// If there is no such serial, somebody is not in it, the day is not one of it or has not come, something else was said of somebody than
    /// who records it knew, the actor may not teach there, or the ledger or the database refuses.
    pub async fn serial_attendance(&self, serial: &str, on: Date, who: &[Was], actor: &Actor) -> Result<(), Error> {
        let shown = self.serial(&actor.viewer, serial).await?;
        let Some(mut work) = self.work(actor, &format!("attendance {}", self.secret(12)), None).await? else {
            return Ok(());
        };
        work.may(Action::Train, &[shown.serial.host.code()])?;
        if on < shown.serial.start || on > shown.serial.end || on > self.today() {
            let (from, to) = (shown.serial.start.to_string(), shown.serial.end.to_string());
            return Err(Error::Invalid(message!("attendance-day", from, to)));
        }
        if who.is_empty() || who.len() > MOST_AT_ONCE {
            return Err(Error::Invalid(message!("from-to", least = 1, most = MOST_AT_ONCE)));
        }
        let mut named = BTreeSet::new();
        for Was { nomination: code, attendance, version } in who {
            let found = shown.nominations.iter().find(|(of, _)| of.code.as_str() == code);
            let there = found.filter(|(of, _)| of.state.has_come());
            if there.is_none() || !named.insert(code) {
                return Err(Error::Invalid(message!("not-in-serial", nomination = code, serial)));
            }
            let nomination = Code::new(code).map_err(Error::must_be)?;
            let said = shown.attendance.get(&(nomination.clone(), on)).map_or(0, |mark| mark.number);
            if version.is_some_and(|version| version != said) {
                return Err(Error::Changed);
            }
            work.trainings.push(Write::Attendance(NewMark {
                nomination,
                day: on,
                attendance: *attendance,
                recorded_at: work.now,
                actor: work.actor.name().to_owned(),
                known: *version,
            }));
        }
        work.noted_about(Activity::Inspect, format!("{serial} attendance of {} on {on}", who.len()));
        // Whoever was faster in the last moment was faster, too.
        work.done().await.map_err(|error| match error {
            Error::Storage(muster_storage::Error::Conflict(_)) => Error::Changed,
            other => other,
        })
    }

    /// Records which objectives somebody met; what was said of one last holds.
    ///
    /// # Errors
    /// If there is no such nomination or they are not taught now, an objective is not the course's, nothing is said of one that was not met, the
    /// actor may not teach there, or the ledger or the database refuses.
    pub async fn nomination_assess(
        &self,
        code: &str,
        objectives: &[(String, bool, String)],
        actor: &Actor,
    ) -> Result<(), Error> {
        let Some((nomination, mut work)) = self.begin_training(code, None, actor).await? else { return Ok(()) };
        let serial = work.serial_of(&nomination)?;
        work.may(Action::Train, &[serial.host.code()])?;
        if nomination.state != NominationState::InTraining || objectives.is_empty() {
            return Err(Error::Invalid(message!("nothing-to-assess", nomination = code)));
        }
        let picture = work.picture.clone();
        for (objective, met, remark) in objectives {
            let known = picture.objectives(serial.course.as_str()).find(|of| of.objective.as_str() == objective);
            let known = known.ok_or_else(|| Error::NotFound { what: "objective", code: objective.clone() })?;
            let assessment = Assessment {
                objective: known.objective.clone(),
                met: *met,
                remark: if *met { any_text("remark", remark)? } else { some_text("remark", remark)? },
                assessed_at: work.now,
                actor: work.actor.name().to_owned(),
            };
            work.trainings.push(Write::Assessment(nomination.code.clone(), assessment));
        }
        let met = objectives.iter().filter(|(_, met, _)| *met).count();
        work.noted_about(Activity::Inspect, format!("{code} assessed: {met} of {} objectives met", objectives.len()));
        work.trainings.push(Write::Set(nomination));
        work.done().await
    }

    /// Somebody passed: they met every objective, an instructor signs for it by name and PIN, and they are trained in the books. Gives the
    /// code of their certificate.
    ///
    /// # Errors
    /// If there is no such nomination or they are not taught now, an objective was not met or not assessed, the PIN is wrong or the
    /// instructor does not belong to the host, the actor may not teach there, or the ledger or the database refuses.
    pub async fn nomination_pass(
        &self,
        code: &str,
        (instructor, pin, remark): (&str, &str, &str),
        actor: &Actor,
    ) -> Result<Code, Error> {
        let Some((mut nomination, mut work)) = self.begin_training(code, None, actor).await? else {
            let before = self.nomination(&actor.viewer, code).await?.certificate;
            return before.map(|of| of.code).ok_or_else(|| Error::Invalid(message!("key-used")));
        };
        let serial = work.serial_of(&nomination)?;
        work.may(Action::Train, &[serial.host.code()])?;
        Work::comes_to(&nomination, NominationState::Passed)?;
        let remark = any_text("remark", remark)?;
        let objectives = work.objectives(&nomination, &serial).await?;
        if let Some((objective, _)) = objectives.iter().find(|(_, met)| !met) {
            return Err(Error::Invalid(message!("objective-not-met", objective, nomination = code)));
        }
        let party = work.signs(instructor, pin).await?;
        let own = party == *serial.host.code() || work.picture.belongs(party.as_str(), serial.host.as_str());
        if !own {
            return Err(Error::Invalid(message!("instructor-elsewhere", name = instructor, party = &party)));
        }
        let certificate = work.certify(&nomination, &serial, &objectives, (instructor, &party))?;
        let entry = work.leaves(&mut nomination, &serial).await?;
        nomination.state = NominationState::Passed;
        work.trained(nomination, &remark, &format!("{instructor}, {party}"), entry);
        work.done().await?;
        Ok(certificate)
    }

    /// Somebody did not pass. They may try again while the serial runs, or go home.
    ///
    /// # Errors
    /// If there is no such nomination or they are not taught now, nothing is said of why, the actor may not teach there, or the ledger or the
    /// database refuses.
    pub async fn nomination_fail(&self, code: &str, remark: &str, actor: &Actor) -> Result<(), Error> {
        let Some((mut nomination, mut work)) = self.begin_training(code, None, actor).await? else { return Ok(()) };
        let host = work.serial_of(&nomination)?.host.code().clone();
        work.may(Action::Train, &[&host])?;
        Work::comes_to(&nomination, NominationState::Failed)?;
        let remark = some_text("remark", remark)?;
        let entry = work.noted_about(Activity::Inspect, format!("{code} failed"));
        nomination.state = NominationState::Failed;
        work.trained(nomination, &remark, "", entry);
        work.done().await
    }

    /// Somebody is back with their unit, whether they were recorded on the way or not: who passed is in its service from then on, who failed
    /// is where they came from.
    ///
    /// # Errors
    /// If there is no such nomination or they neither passed nor failed, they are on their way in a consignment, the actor may not receive for
    /// the unit, or the ledger or the database refuses.
    pub async fn nomination_return(&self, code: &str, at: Option<Timestamp>, actor: &Actor) -> Result<(), Error> {
        let Some((mut nomination, mut work)) = self.begin_training(code, at, actor).await? else { return Ok(()) };
        work.may(Action::Nominate, &[&nomination.unit])?;
        Work::comes_to(&nomination, NominationState::Returned)?;
        let unit = nomination.unit.clone();
        let mut entry = work.noted_about(Activity::Receive, format!("{code} back with {unit}"));
        match (nomination.is_trained(), nomination.state) {
            (true, _) => entry = work.goes_home(&mut nomination).await?,
            (false, NominationState::Returning) => {
                let (untrained, origin) = (Work::untrained(&nomination), nomination.origin.clone());
                entry = work.comes_through(&mut nomination, &untrained, Some(&origin)).await?;
            }
            (false, _) => drop(work.goes_home_untrained(&mut nomination).await?),
        }
        nomination.state = NominationState::Returned;
        work.trained(nomination, "", "", entry);
        work.done().await
    }
}

/// One unit.
pub(super) fn one() -> Take {
    Take { line: 0, quantity: 1, lot: String::new(), serial: String::new() }
}

impl Work<'_> {
    /// That somebody may be taken into a serial.
    ///
    /// # Errors
    /// If it is not confirmed, they have no seat in it, their clearance was taken back or does not hold to its end, or they have not passed what it requires.
    pub(super) async fn may_come(&mut self, nomination: &Nomination, serial: &Serial) -> Result<(), Error> {
        let code = &nomination.code;
        if !matches!(serial.state, SerialState::Confirmed | SerialState::Running) {
            return Err(Error::Invalid(message!("serial-not-confirmed", serial = &serial.code)));
        }
        let all = of_serial(&mut self.conn, &everything(), serial.code.as_str()).await?;
        if !seats(&self.picture, serial, &all).contains(code) {
            return Err(Error::Invalid(message!("nomination-without-seat", nomination = code, serial = &serial.code)));
        }
        if nomination.vetted_on.is_none() {
            return Err(Error::Invalid(message!("clearance-taken-back", nomination = code)));
        }
        if nomination.expires_on.is_some_and(|expires| expires < serial.end) {
            return Err(Error::Invalid(message!("vetting-expires", nomination = code, end = serial.end.to_string())));
        }
        let passed = self.passed_by(nomination).await?;
        match unmet(&self.picture, serial.course.as_str(), &passed).first() {
            Some(course) => Err(Error::Invalid(message!("course-before", course))),
            None => Ok(()),
        }
    }

    /// The courses that somebody passed before.
    async fn passed_by(&mut self, nomination: &Nomination) -> Result<BTreeSet<Code>, Error> {
        let passed = store::passed_by(&mut self.conn, &nomination.trainee).await?;
        let serials = passed.iter().filter_map(|serial| self.picture.serials.get(serial.as_str()));
        Ok(serials.map(|serial| serial.course.code().clone()).collect())
    }

    /// Each objective of a nomination's course, and whether it was met.
    async fn objectives(&mut self, nomination: &Nomination, serial: &Serial) -> Result<Vec<(Code, bool)>, Error> {
        let said = store::assessments(&mut self.conn, nomination.code.as_str()).await?;
        let last: BTreeMap<&Code, bool> = said.iter().map(|of| (&of.objective, of.met)).collect();
        let all = self.picture.objectives(serial.course.as_str());
        Ok(all.map(|of| (of.objective.clone(), last.get(&of.objective).copied().unwrap_or(false))).collect())
    }

    pub(super) fn course_of(&self, serial: &Serial) -> Result<Course, Error> {
        let course = self.picture.courses.get(serial.course.as_str()).cloned();
        course.ok_or_else(|| Error::NotFound { what: "course", code: serial.course.to_string() })
    }

    /// Who is not trained yet serves no need.
    pub(super) fn untrained(nomination: &Nomination) -> Subject {
        Subject { need: None, ..Self::for_sake_of(nomination) }
    }

    pub(super) fn for_sake_of(nomination: &Nomination) -> Subject {
        Subject {
            offer: nomination.offer.clone(),
            need: nomination.need.clone(),
            plan: nomination.line.as_ref().map(|(plan, _)| plan.clone()),
            consignment: None,
        }
    }

    pub(super) fn goes(
        &mut self,
        activity: Activity,
        subject: Subject,
        from: &AccountKey,
        to: &AccountKey,
    ) -> EntryRef {
        self.command(Act::Post { activity, subject, postings: vec![Posting::new(from.clone(), to.clone(), 1)] })
    }

    /// One unit of a pending entry happened.
    pub(super) fn happens(&mut self, pending: EntryNumber) -> EntryRef {
        self.command(Act::Settle { pending, takes: vec![one()] })
    }

    /// The steps of the line by which somebody comes, and which of them is the start of the course.
    pub(super) async fn way(
        &mut self,
        nomination: &Nomination,
        serial: &Serial,
    ) -> Result<Option<(Vec<Step>, usize)>, Error> {
        let Some((plan, line)) = &nomination.line else { return Ok(None) };
        let (_, all) = steps(&mut self.conn, plan.as_str(), *line).await?;
        let course = self.course_of(serial)?;
        let start = self.course_step(&all, (serial.place.code(), &course)).await?;
        let elsewhere = || message!("line-of-other-school", plan, line = *line, place = serial.place.code());
        Ok(Some((all, start.ok_or_else(|| Error::Invalid(elsewhere()))?)))
    }

    /// One comes out of the offer or account from which a line leads.
    pub(super) async fn supply_line(&mut self, nomination: &Nomination, all: &[Step]) -> Result<(), Error> {
        let account = self.account_from(&all[0]).await?;
        let offer = nomination.offer.clone().unwrap_or_else(|| nomination.unit.clone());
        self.supply(vec![(offer, account, vec![one()])]).await
    }

    /// Somebody goes from where they come from, or are on the way, into a serial.
    async fn joins(&mut self, nomination: &mut Nomination, serial: &Serial) -> Result<EntryRef, Error> {
        let entry;
        if let Some((all, start)) = self.way(nomination, serial).await? {
            // One more must have come as far as the start: whatever of their way was not recorded happened by now. Who is known to be on
            // the way comes by that, and nobody else.
            let others = match nomination.state {
                NominationState::Travelling => 0,
                _ => self.of_line(nomination, NominationState::Travelling, false).await?,
            };
            let begun = all[start].done() + others;
            let first = (0..start).rfind(|n| all[*n].done() > begun).map_or(0, |n| n + 1);
            if first == 0 {
                self.supply_line(nomination, &all).await?;
            }
            if ready(&all, first) < 1 {
                return Err(Error::Invalid(message!("trainee-in-consignment", nomination = &nomination.code)));
            }
            let mut last = None;
            for step in &all[first..=start] {
                last = Some(self.happens(step.entry.number));
            }
            entry = last.ok_or(Error::Changed)?;
            nomination.account = self.account_to(&all[start]).await?;
        } else {
            let into = in_serial(serial, &nomination.origin, &nomination.resource);
            let subject = Self::untrained(nomination);
            if nomination.state == NominationState::Travelling {
                self.comes_through(nomination, &subject, None).await?;
            } else if let Some(offer) = nomination.offer.clone() {
                self.supply(vec![(offer, nomination.origin.clone(), vec![one()])]).await?;
            }
            entry = self.goes(Activity::Start, subject, &nomination.account.clone(), &into);
            nomination.account = into;
        }
        // The first who comes begins the serial.
        if serial.state == SerialState::Confirmed && day(self.at) >= serial.start {
            self.serial_comes(serial, SerialState::Running, "");
        }
        Ok(entry)
    }

    /// Somebody who passed comes out of a serial, trained, where it is.
    async fn leaves(&mut self, nomination: &mut Nomination, serial: &Serial) -> Result<EntryRef, Error> {
        if let Some((all, start)) = self.way(nomination, serial).await? {
            let finish = start + 1;
            let is_next = |step: &&Step| step.entry.activity == Activity::Finish && ready(&all, finish) > 0;
            let next = all.get(finish).filter(is_next);
            let next =
                next.ok_or_else(|| Error::Invalid(message!("line-without-finish", nomination = &nomination.code)))?;
            let entry = self.happens(next.entry.number);
            nomination.account = self.account_to(&all[finish]).await?;
            return Ok(entry);
        }
        let course = self.course_of(serial)?;
        let out = nomination.account.of(course.output.code());
        let there = AccountKey { purpose: AccountPurpose::OnHand, via: None, ..out.clone() };
        let entry = self.goes(Activity::Finish, Self::for_sake_of(nomination), &out, &there);
        nomination.account = there;
        Ok(entry)
    }

    /// Somebody who passed comes to their unit, into its service.
    async fn goes_home(&mut self, nomination: &mut Nomination) -> Result<EntryRef, Error> {
        let serial = self.serial_of(nomination)?;
        if let Some((all, start)) = self.way(nomination, &serial).await? {
            let mut last = None;
            let home = start + 2;
            // Somebody else may have recorded it with all who went together; what was given up of those who came to nothing did not happen.
            let back = self.of_line(nomination, NominationState::Returned, true).await?;
            let given_up = match all.last() {
                Some(end) => voided(&mut self.conn, end.entry.number).await?,
                None => 0,
            };
            if let Some(end) = all.last().filter(|end| end.done() - given_up > back) {
                nomination.account = self.account_to(end).await?;
                let about = format!("{} came back with others", nomination.code);
                return Ok(self.noted_about(Activity::Receive, about));
            }
            let others = match nomination.state {
                NominationState::Returning => 0,
                _ => self.of_line(nomination, NominationState::Returning, true).await?,
            };
            let arrived = all.last().map_or(0, Step::done) + others;
            // Whatever of the way home was not recorded happened by now.
            let first = (home..all.len()).rfind(|n| all[*n].done() > arrived).map_or(home, |n| n + 1);
            for step in all.iter().skip(first) {
                if step.open - step.bound < 1 {
                    return Err(Error::Invalid(message!("trainee-in-consignment", nomination = &nomination.code)));
                }
                last = Some(self.happens(step.entry.number));
            }
            if let Some(step) = all.last() {
                nomination.account = self.account_to(step).await?;
            }
            self.received(received(nomination)).await?;
            return last.ok_or_else(|| Error::Invalid(message!("trainee-is-back", nomination = &nomination.code)));
        }
        let subject = Self::for_sake_of(nomination);
        if nomination.state == NominationState::Returning {
            self.comes_through(nomination, &subject, None).await?;
        }
        let service = AccountKey {
            purpose: AccountPurpose::InService,
            holder: nomination.unit.clone(),
            place: self.home_of(nomination),
            ..nomination.account.clone()
        };
        let entry = self.goes(Activity::Receive, subject, &nomination.account.clone(), &service);
        nomination.account = service;
        self.received(received(nomination)).await?;
        Ok(entry)
    }

    /// Somebody who is in a serial goes back to where they came from, as they were.
    pub(super) async fn goes_home_untrained(&mut self, nomination: &mut Nomination) -> Result<EntryRef, Error> {
        let serial = self.serial_of(nomination)?;
        let origin = nomination.origin.clone();
        if let Some((all, start)) = self.way(nomination, &serial).await? {
            self.gives_up_line(nomination, &all, start)?;
        }
        let subject = Self::untrained(nomination);
        let entry = self.goes(Activity::Finish, subject, &nomination.account.clone(), &origin);
        nomination.account = origin;
        Ok(entry)
    }

    /// A serial comes to a state, with what follows of it.
    pub(super) fn serial_comes(&mut self, serial: &Serial, state: SerialState, reason: &str) {
        let mut incoming = muster_domain::picture::Picture::default();
        let mut changed = serial.clone();
        (changed.state, changed.state_reason) = (state, reason.to_owned());
        incoming.put(changed);
        crate::mission::keep_serial_parts(&self.picture, serial.code.as_str(), &mut incoming);
        self.changes.extend(muster_domain::change::changes(&self.picture, &incoming).0);
    }
}

/// What comes to the need for which somebody is nominated.
fn received(nomination: &Nomination) -> ByNeed {
    let one = || BTreeMap::from([(nomination.account.resource.clone(), 1)]);
    nomination.need.clone().map(|need| (need, one())).into_iter().collect()
}

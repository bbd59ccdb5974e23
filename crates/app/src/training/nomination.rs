//! Units nominate who is to be taught; the mission vets them. Who they are stands apart from all the rest: it is shown only to who may
//! know, every look is in the journal, and it is erased in time without touching what counts.

use jiff::{Timestamp, ToSpan, civil::Date};
use muster_domain::{
    code::Code,
    course::Course,
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::Activity,
    },
    message,
    need::Need,
    offer::Offer,
    policy::Action,
    serial::Serial,
    training::NominationState,
};
use muster_storage::{
    repair,
    training::{self as store, Nomination, NominationFilter, Source, Write},
};

use crate::{
    Actor, App, Error,
    commitment::account_of,
    end_of, everything,
    movement::{self, Step},
    text::{any_text, some_text},
    transfer::Work,
};

/// Days after the end of its serial for which it is kept who somebody is, unless it was said otherwise.
const KEPT_DAYS: i64 = 365;
/// Most days after the end of its serial for which it may be kept.
const LONGEST_KEPT_DAYS: i64 = 3_650;
/// Longest name of an authority.
const LONGEST_AUTHORITY: usize = 200;

/// From where a trainee comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// Out of people that a unit has: the account, as the ledger names it.
    Account(String),
    /// Out of an offer of people.
    Offer(String),
    /// By a line of an accepted plan, in which their way to the facility and back stands.
    Line(String, i64),
}

/// Somebody who is to be taught.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNomination {
    /// The serial.
    pub serial: String,
    /// The unit that they come from.
    pub unit: String,
    /// From where.
    pub from: From,
    /// An earlier nomination of the same trainee; none: it is their first.
    pub again: Option<String>,
    /// The requirement or package that they are taught for; a line of a plan says it itself.
    pub need: Option<String>,
    /// Who they are; empty: only their unit knows.
    pub person: String,
    /// Until when it is kept who they are; none: for a year after the end of the serial.
    pub kept_until: Option<Date>,
}

/// How somebody was vetted. What was found is never kept here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vetting {
    /// Whether they may take part.
    pub cleared: bool,
    /// Who vetted them.
    pub authority: String,
    /// When; none: today.
    pub on: Option<Date>,
    /// Until when that holds.
    pub expires: Option<Date>,
    /// A remark; why they may not must be said.
    pub remark: String,
}

impl App {
    /// Nominates somebody for a serial; gives the code by which they are known from then on. They have a seat, or wait for one.
    ///
    /// # Errors
    /// If there is no such serial or it is not open to nominations, what they are is not what the course takes, nobody is left where they
    /// come from, the actor may not nominate for that unit, or the ledger or the database refuses.
    pub async fn nominate(&self, new: &NewNomination, actor: &Actor) -> Result<Code, Error> {
        let code = self.dated_code("N");
        let Some(mut work) = self.work(actor, code.as_str(), None).await? else {
            return self.named_before(actor, "N").await;
        };
        let (seen, _) = self.memory.picture(&mut work.conn, &actor.viewer).await?;
        let serial = seen.serials.get(&new.serial).cloned();
        let serial = serial.ok_or_else(|| Error::NotFound { what: "serial", code: new.serial.clone() })?;
        let unit = seen.parties.get(&new.unit).map(|party| party.code.clone());
        let unit = unit.ok_or_else(|| Error::NotFound { what: "party", code: new.unit.clone() })?;
        work.may(Action::Nominate, &[&unit])?;
        if serial.state.is_over() {
            return Err(Error::Invalid(message!("serial-not-open", serial = &serial.code)));
        }
        let course = work.course_of(&serial)?;
        let (mut nomination, source) = work.comes_from(new, &unit, (&serial, &course)).await?;
        if nomination.resource != *course.input.code() {
            let (resource, wanted) = (&nomination.resource, course.input.code());
            return Err(Error::Invalid(message!("nominee-of-other-kind", resource, wanted)));
        }
        nomination.trainee = match &new.again {
            Some(earlier) => {
                let earlier = super::nomination(&mut work.conn, &actor.viewer, earlier).await?;
                let other = message!("nominated-already", nomination = &earlier.code);
                let filter =
                    NominationFilter { unit: Some(unit.to_string()), current: true, ..NominationFilter::default() };
                let open = store::nominations(&mut work.conn, &everything(), &filter, super::MOST).await?;
                let twice = open.iter().any(|open| open.trainee == earlier.trainee);
                if earlier.unit != unit || twice {
                    return Err(Error::Invalid(other));
                }
                earlier.trainee
            }
            None => code.clone(),
        };
        nomination.code = code.clone();
        nomination.serial = serial.code.clone();
        let entry = work.noted_about(Activity::Plan, format!("{code} nominated by {unit} for {}", serial.code));
        let person = any_text("person", &new.person)?;
        work.trainings.push(Write::New(nomination.clone(), Box::new(source)));
        if !person.is_empty() {
            let until = new.kept_until.map_or_else(|| usually_kept(&serial), end_of);
            let latest = serial.end.checked_add(LONGEST_KEPT_DAYS.days()).map_or(until, end_of);
            if until <= work.now || until > latest {
                return Err(Error::Invalid(message!("kept-until-passed")));
            }
            work.trainings.push(Write::Person(code.clone(), person, until));
        }
        work.trained(nomination, "", "", entry);
        work.done().await?;
        Ok(code)
    }

    /// Records how somebody was vetted: who says so, and until when it holds. Who has set out stays on the way; without a clearance they are
    /// not taken in, and turn back.
    ///
    /// # Errors
    /// If there is no such nomination or it is further, no authority is named, it would hold no longer today, the actor may not vet, or the
    /// ledger or the database refuses.
    pub async fn nomination_vet(&self, code: &str, vetting: &Vetting, actor: &Actor) -> Result<(), Error> {
        let Some((mut nomination, mut work)) = self.begin_training(code, None, actor).await? else { return Ok(()) };
        work.may(Action::Vet, &[])?;
        let said = if vetting.cleared { NominationState::Cleared } else { NominationState::Refused };
        let on_the_way = nomination.state == NominationState::Travelling;
        if !on_the_way {
            Work::comes_to(&nomination, said)?;
        }
        let authority = some_text("authority", &vetting.authority)?;
        if authority.chars().count() > LONGEST_AUTHORITY || authority.contains('\n') {
            return Err(Error::Invalid(message!(
                "field-must-be",
                name = "authority",
                right = message!("some-text", most = LONGEST_AUTHORITY)
            )));
        }
        let today = self.today();
        let on = vetting.on.unwrap_or(today);
        if on > today || vetting.expires.is_some_and(|expires| expires < on || vetting.cleared && expires < today) {
            return Err(Error::Invalid(message!("vetting-dates")));
        }
        let remark =
            if vetting.cleared { any_text("remark", &vetting.remark)? } else { some_text("remark", &vetting.remark)? };
        let entry = work.noted_about(Activity::Inspect, format!("{code} {said} by {authority}"));
        nomination.state = if on_the_way { nomination.state } else { said };
        nomination.authority = authority;
        let taken_back = on_the_way && !vetting.cleared;
        (nomination.vetted_on, nomination.expires_on) =
            if taken_back { (None, None) } else { (Some(on), vetting.expires) };
        work.trained(nomination, &remark, "", entry);
        work.done().await
    }

    /// Somebody does not take part after all; who is at the facility, or on the way there, goes back as they were.
    ///
    /// # Errors
    /// If there is no such nomination or it is over, nothing is said of why, the actor may not, or the ledger or the database refuses.
    pub async fn nomination_withdraw(&self, code: &str, remark: &str, actor: &Actor) -> Result<(), Error> {
        let Some((mut nomination, mut work)) = self.begin_training(code, None, actor).await? else { return Ok(()) };
        let host = work.serial_of(&nomination)?.host.code().clone();
        work.may_one(&[(Action::Nominate, Some(&nomination.unit)), (Action::Train, Some(&host))])?;
        Work::comes_to(&nomination, NominationState::Withdrawn)?;
        let remark = some_text("remark", remark)?;
        let mut entry = work.noted_about(Activity::Plan, format!("{code} withdrawn"));
        if nomination.state.is_there() {
            entry = work.goes_home_untrained(&mut nomination).await?;
        } else if nomination.state == NominationState::Travelling {
            entry = work.turns_back(&mut nomination).await?;
        }
        nomination.state = NominationState::Withdrawn;
        work.trained(nomination, &remark, "", entry);
        work.done().await
    }

    /// Takes somebody over into another serial of the same course: seats are given there in the order in which they were nominated.
    ///
    /// # Errors
    /// If there is no such nomination or they have come or set out already, there is no such serial or it is of another course or not open, the actor
    /// may not, or the ledger or the database refuses.
    pub async fn nomination_move(&self, code: &str, serial: &str, actor: &Actor) -> Result<(), Error> {
        let Some((mut nomination, mut work)) = self.begin_training(code, None, actor).await? else { return Ok(()) };
        work.may(Action::Nominate, &[&nomination.unit])?;
        let before = work.serial_of(&nomination)?;
        let (seen, _) = self.memory.picture(&mut work.conn, &actor.viewer).await?;
        let to = seen.serials.get(serial);
        let to = to.ok_or_else(|| Error::NotFound { what: "serial", code: serial.to_owned() })?;
        let elsewhere = nomination.line.is_some() && to.place != before.place;
        if to.state.is_over()
            || to.course != before.course
            || to.code == before.code
            || elsewhere
            || !nomination.state.is_at_home()
        {
            return Err(Error::Invalid(message!("nomination-not-there", nomination = code, serial)));
        }
        let entry = work.noted_about(Activity::Plan, format!("{code} moved from {} to {serial}", before.code));
        nomination.serial = to.code.clone();
        work.trained(nomination, serial, "", entry);
        work.done().await
    }

    /// Who somebody is. That the actor looked, and why, is in the journal.
    ///
    /// # Errors
    /// If there is no such nomination, nobody kept who it is or it was erased, no reason is given, the actor may not know, or the ledger or
    /// the database refuses.
    pub async fn nomination_person(&self, code: &str, actor: &Actor) -> Result<String, Error> {
        let mut work = self.look_at(code, actor).await?;
        some_text("reason", &actor.reason)?;
        let person = store::person(&mut work.conn, code, work.now).await?;
        let person = person.ok_or_else(|| Error::NotFound { what: "person", code: code.to_owned() })?;
        work.noted_about(Activity::Export, format!("{code} looked at: who it is"));
        work.done().await?;
        Ok(person)
    }

    /// Nobody is to know any more who somebody is; all that counts stays.
    ///
    /// # Errors
    /// If there is no such nomination, the actor may not, or the ledger or the database refuses.
    pub async fn nomination_erase(&self, code: &str, actor: &Actor) -> Result<(), Error> {
        let mut work = self.look_at(code, actor).await?;
        work.noted_about(Activity::Administer, format!("{code} erased: who it is"));
        let code = Code::new(code).map_err(Error::must_be)?;
        work.trainings.push(Write::Erase(code));
        work.done().await?;
        self.forget().await
    }

    /// What was erased is not to be found in the database's files either.
    async fn forget(&self) -> Result<(), Error> {
        if !self.db.forget().await? {
            tracing::warn!(
                "who trainees were was erased, and stays in the database's log until it is written over: somebody was reading"
            );
        }
        Ok(())
    }

    async fn look_at<'a>(&'a self, code: &str, actor: &'a Actor) -> Result<Work<'a>, Error> {
        let found = super::nomination(&mut self.read().await?, &actor.viewer, code).await?;
        let work = self.work_anew(actor).await?;
        let host = work.serial_of(&found)?.host.code().clone();
        work.may_one(&[(Action::Nominate, Some(&found.unit)), (Action::Train, Some(&host))])?;
        Ok(work)
    }

    /// Erases who trainees were whose time is over; gives how many.
    ///
    /// # Errors
    /// If the ledger or the database refuses.
    pub async fn erase_due(&self, actor: &Actor) -> Result<i64, Error> {
        let now = self.now();
        let due = store::to_erase(&mut self.read().await?, now).await?;
        if due > 0 {
            let mut work = self.work_anew(actor).await?;
            work.noted_about(Activity::Administer, format!("erased: who {due} trainees were, whose time was over"));
            work.trainings.push(Write::EraseDue(now));
            work.done().await?;
        }
        // What was erased before may stand in the log still, because somebody was reading then.
        self.forget().await?;
        Ok(due)
    }
}

/// Until when who somebody is, and what may tell it, is kept unless somebody says otherwise.
pub(super) fn usually_kept(serial: &Serial) -> Timestamp {
    end_of(serial.end.checked_add(KEPT_DAYS.days()).unwrap_or(Date::MAX))
}

impl Work<'_> {
    /// Where somebody comes from, so that somebody is left there. Code and serial are the caller's to fill in.
    async fn comes_from(
        &mut self,
        new: &NewNomination,
        unit: &Code,
        (serial, course): (&Serial, &Course),
    ) -> Result<(Nomination, Source), Error> {
        let nobody = |from: &str| Error::Invalid(message!("nobody-left", from));
        let need = match &new.need {
            Some(need) => {
                let (seen, _) = self.app.memory.picture(&mut self.conn, &self.actor.viewer).await?;
                let missing = || Error::NotFound { what: "need", code: need.clone() };
                Some(self.need_of(&Need::of(&seen, need).ok_or_else(missing)?, course)?)
            }
            None => None,
        };
        let (source, account, offer, need) = match &new.from {
            From::Account(name) => {
                let account = AccountKey::parse(name).map_err(Error::must_be)?;
                let at_hand = matches!(account.purpose, AccountPurpose::OnHand | AccountPurpose::InService);
                // Whose people are not seen have none to give.
                if !at_hand {
                    return Err(nobody(name));
                }
                self.may(Action::Nominate, &[&account.holder])?;
                let source = self.out_of(&account).await?.ok_or_else(|| nobody(name))?;
                let offer = if let Source::Offer(offer, _) = &source { Some(offer.clone()) } else { None };
                (source, account, offer, need)
            }
            From::Offer(code) => {
                let (seen, _) = self.app.memory.picture(&mut self.conn, &self.actor.viewer).await?;
                let missing = || Error::NotFound { what: "offer", code: code.clone() };
                let offer = seen.offers.get(code).ok_or_else(missing)?;
                let account = account_of(&seen, offer).ok_or_else(|| nobody(code))?;
                self.may(Action::Nominate, &[offer.donor.code()])?;
                let source = Source::Offer(offer.code.clone(), account.clone());
                if store::left(&mut self.conn, &source).await? < 1 {
                    return Err(nobody(code));
                }
                (source, account, Some(offer.code.clone()), need)
            }
            From::Line(plan, line) => {
                let (allocation, steps) = movement::steps(&mut self.conn, plan, *line).await?;
                self.app.sees_line(&mut self.conn, &self.actor.viewer, plan, *line, &allocation).await?;
                let plan = Code::new(plan).map_err(Error::must_be)?;
                let from = format!("{plan}/{line}");
                if let Some(need) = Need::of(&self.picture, allocation.need.as_str()) {
                    self.need_of(&need, course)?;
                }
                let n = self.course_step(&steps, (serial.place.code(), course)).await?.ok_or_else(|| nobody(&from))?;
                let source = Source::Line(plan.clone(), *line, steps[n].entry.number);
                if store::left(&mut self.conn, &source).await? < 1 {
                    return Err(nobody(&from));
                }
                (source, self.account_from(&steps[0]).await?, Some(allocation.offer), Some(allocation.need))
            }
        };
        let line = if let Source::Line(plan, line, _) = &source { Some((plan.clone(), *line)) } else { None };
        let nomination = Nomination {
            code: unit.clone(),
            trainee: unit.clone(),
            serial: unit.clone(),
            state: NominationState::Nominated,
            unit: unit.clone(),
            owner: account.owner.clone(),
            resource: account.resource.clone(),
            origin: account.clone(),
            account,
            offer,
            need,
            line,
            authority: String::new(),
            vetted_on: None,
            expires_on: None,
            nominated_at: self.now,
            version: 0,
        };
        Ok((nomination, source))
    }

    /// What somebody out of an account comes from: people there who are of no offer, else an offer whose people are there and of which
    /// somebody is left; none: nobody is.
    async fn out_of(&mut self, account: &AccountKey) -> Result<Option<Source>, Error> {
        if repair::held_by(&mut self.conn, account).await? < 1 {
            return Ok(None);
        }
        let picture = self.picture.clone();
        let same = |offer: &&Offer| offer.donor.code() == &account.owner && offer.resource.code() == &account.resource;
        let committed = picture.offers.values().filter(|offer| offer.state.is_committed()).filter(same);
        let offers = committed.filter(|offer| account_of(&picture, offer).as_ref() == Some(account));
        let offers: Vec<Code> = offers.map(|offer| offer.code.clone()).collect();
        let of_offers: Vec<Source> = offers.iter().map(|of| Source::Offer(of.clone(), account.clone())).collect();
        for source in std::iter::once(Source::Account(account.clone(), offers)).chain(of_offers) {
            if store::left(&mut self.conn, &source).await? > 0 {
                return Ok(Some(source));
            }
        }
        Ok(None)
    }

    /// A need that the actor may have people taught for, and that asks for what a course makes of them.
    fn need_of(&self, need: &Need, course: &Course) -> Result<Code, Error> {
        self.may(Action::Nominate, &[need.unit()])?;
        let (code, output) = (need.code(), course.output.as_str());
        let asks = match need {
            Need::Requirement(_) => self.picture.accepted(code.as_str()).contains_key(output),
            Need::Package(_) => self.picture.components(code.as_str()).any(|of| of.resource.as_str() == output),
        };
        let other = || message!("need-of-others", need = code, resource = course.output.code());
        if asks { Ok(code.clone()) } else { Err(Error::Invalid(other())) }
    }

    /// Which step of a line is the start of a course at a place.
    pub(super) async fn course_step(
        &mut self,
        steps: &[Step],
        (place, course): (&Code, &Course),
    ) -> Result<Option<usize>, Error> {
        for (n, step) in steps.iter().enumerate().filter(|(_, step)| step.entry.activity == Activity::Start) {
            let to = self.account_to(step).await?;
            let process = to.via.as_ref().and_then(|via| self.picture.processes.get(via.as_str()));
            let teaches =
                process.is_some_and(|process| (&process.input, &process.output) == (&course.input, &course.output));
            if teaches && to.place.as_ref() == Some(place) {
                return Ok(Some(n));
            }
        }
        Ok(None)
    }

    /// The account that a step of a line leaves.
    pub(super) async fn account_from(&mut self, step: &Step) -> Result<AccountKey, Error> {
        self.account_numbered(step.entry.lines.first().map(|line| line.from)).await
    }

    /// The account to which a step of a line leads.
    pub(super) async fn account_to(&mut self, step: &Step) -> Result<AccountKey, Error> {
        self.account_numbered(step.entry.lines.first().map(|line| line.to)).await
    }

    async fn account_numbered(&mut self, id: Option<i64>) -> Result<AccountKey, Error> {
        let broken = || muster_storage::Error::Corrupt("a step of a plan's line has no account".into());
        let found = match id {
            Some(id) => muster_storage::ledger::read::account(&mut self.conn, &everything(), id).await?,
            None => None,
        };
        Ok(found.ok_or_else(broken)?)
    }
}

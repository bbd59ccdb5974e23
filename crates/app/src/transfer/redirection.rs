//! A consignment takes another course at the place where it is: it is looked at, changes its owner, goes another way or back, is parted, or
//! is put together with another.

use std::collections::BTreeMap;

use muster_domain::{
    code::Code,
    consignment::{Condition, ConsignmentState, Milestone},
    lane,
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::{Activity, Subject},
    },
    message,
    policy::Action,
};
use muster_storage::transfer::{Consignment, Line, Unit, Write, read::NextStep};

use super::{
    Loaded, Work,
    custody::{Circumstances, Done, as_known, step},
    packing::version,
    subject, takes,
};
use crate::{Actor, App, Error, plan::acceptance::unit_of};

/// In which condition lines were found; what is hurt is parted from them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The line.
    pub line: i64,
    /// The condition.
    pub condition: Condition,
    /// A remark.
    pub remark: String,
}

impl App {
    /// Somebody looked at what has come: the condition of each line.
    ///
    /// # Errors
    /// If there is no such consignment or line, it is on its way, or the ledger or the database refuses.
    pub async fn consignment_inspect(
        &self,
        code: &str,
        findings: &[Finding],
        circumstances: &Circumstances,
        actor: &Actor,
    ) -> Result<Done, Error> {
        let loaded = self.consignment(&mut self.read().await?, code, actor).await?;
        let Some(mut work) = self.work(actor, &version(&loaded), circumstances.at).await? else {
            return Ok(Done { repeated: true, ..Done::default() });
        };
        // Whoever keeps the place looks at what has come to it.
        let keeper = work.picture.places.get(loaded.head.place.as_str()).and_then(|place| place.operator.as_ref());
        let parties =
            [&loaded.head.consignor, &loaded.head.consignee].into_iter().chain(keeper.map(|keeper| keeper.code()));
        work.may(Action::Move, &parties.collect::<Vec<_>>())?;
        as_known(&loaded.head, circumstances)?;
        at_place(&loaded, Milestone::Inspected)?;
        let mut lines = Vec::new();
        for finding in findings {
            let line = loaded.lines.iter().find(|line| line.line == finding.line);
            let no_line = || Error::Invalid(message!("consignment-no-line", line = finding.line, code));
            let line = line.cloned().ok_or_else(no_line)?;
            lines.push(Line { condition: Some(finding.condition), remark: finding.remark.clone(), ..line });
        }
        let entry = work.noted(Activity::Inspect, &loaded.head.code, format!("lines: {}", lines.len()));
        work.writes.push(Write::Set(loaded.head.clone()));
        work.writes.push(Write::Lines(loaded.head.code.clone(), lines));
        work.reached(&loaded.head, Milestone::Inspected, None, &circumstances.remark, entry);
        work.done().await?;
        Ok(Done::default())
    }

    /// The recipient becomes the owner of what is in a consignment, where it is.
    ///
    /// # Errors
    /// If there is none, it is on its way, the recipient owns it already, something of it is lent, or the ledger or the database refuses.
    pub async fn consignment_transfer_title(
        &self,
        code: &str,
        circumstances: &Circumstances,
        actor: &Actor,
    ) -> Result<Done, Error> {
        let loaded = self.consignment(&mut self.read().await?, code, actor).await?;
        let Some(mut work) = self.work(actor, &version(&loaded), circumstances.at).await? else {
            return Ok(Done { repeated: true, ..Done::default() });
        };
        work.may(Action::Move, &[&loaded.head.consignor, &loaded.head.consignee])?;
        as_known(&loaded.head, circumstances)?;
        at_place(&loaded, Milestone::TitleTransferred)?;
        let recipient = work.picture.mission().map(|mission| mission.recipient.code().clone());
        let recipient = recipient.ok_or_else(|| Error::Invalid(message!("no-mission-any-more")))?;
        let entry = work.noted(Activity::TransferTitle, &loaded.head.code, format!("to {recipient}"));
        let lent = |line: &Line| {
            let offer = line.offer.as_ref().and_then(|offer| work.picture.offers.get(offer.as_str()));
            offer.is_some_and(|offer| offer.lent_until.is_some())
        };
        if let Some(line) = loaded.lines.iter().find(|line| line.present > 0 && lent(line)) {
            return Err(Error::Invalid(message!("title-of-loan", line = line.line)));
        }
        let places = work.holdings(&loaded).await?;
        if places.values().all(|held| held.owner == recipient) {
            return Err(Error::Invalid(message!("title-there", consignment = code, party = &recipient)));
        }
        let route = rest_of(&loaded.head);
        let mut steps = Vec::new();
        for line in loaded.lines.iter().filter(|line| line.present > 0) {
            let Some(held) = places.get(&line.line).filter(|held| held.owner != recipient) else { continue };
            let owned = AccountKey { owner: recipient.clone(), ..held.clone() };
            steps.push(work.rebind(&loaded, line, held, &owned, &route, line.need.as_ref()).await?);
        }
        work.writes.push(Write::Set(loaded.head.clone()));
        work.writes.push(Write::Steps(loaded.head.code.clone(), steps));
        work.reached(&loaded.head, Milestone::TitleTransferred, None, &circumstances.remark, entry);
        work.done().await?;
        Ok(Done::default())
    }

    /// A consignment goes another way from where it is: to another place, for another need, or back. Without lanes the quickest are taken.
    ///
    /// # Errors
    /// If there is none, it is on its way, no lanes lead there, or the ledger or the database refuses.
    pub async fn consignment_redirect(
        &self,
        code: &str,
        (to, lanes, need): (&str, &[String], Option<&str>),
        actor: &Actor,
    ) -> Result<(), Error> {
        let loaded = self.consignment(&mut self.read().await?, code, actor).await?;
        let Some(mut work) = self.work(actor, &version(&loaded), None).await? else { return Ok(()) };
        work.may(Action::Move, &[&loaded.head.consignor])?;
        if loaded.head.state != ConsignmentState::AtNode {
            return Err(Error::Invalid(message!("consignment-not-at-place", consignment = code)));
        }
        let picture = work.picture.clone();
        if !picture.places.contains_key(to) {
            return Err(Error::NotFound { what: "place", code: to.to_owned() });
        }
        let need = need.map(Code::new).transpose().map_err(Error::must_be)?;
        let route: Vec<Code> = if lanes.is_empty() {
            let quickest = lane::quickest(&picture.lanes, loaded.head.place.as_str(), to);
            quickest.ok_or_else(|| Error::Invalid(message!("no-way", from = &loaded.head.place, to)))?
        } else {
            lanes.iter().map(|lane| Code::new(lane)).collect::<Result<_, _>>().map_err(Error::must_be)?
        };
        let ends = route.last().and_then(|lane| picture.lanes.get(lane.as_str())).map(|lane| lane.to.as_str());
        if ends.is_some_and(|end| end != to) {
            return Err(Error::Invalid(message!("route-ends-elsewhere", to)));
        }
        work.noted(Activity::Plan, &loaded.head.code, format!("goes to {to}"));
        let places = work.holdings(&loaded).await?;
        let (mut steps, mut last, mut lines) = (Vec::new(), None, Vec::new());
        for line in loaded.lines.iter().filter(|line| line.present > 0) {
            let Some(held) = places.get(&line.line) else { continue };
            let bound = Line { need: need.clone(), plan: None, ..line.clone() };
            steps.push(work.rebind(&loaded, &bound, held, held, &route, need.as_ref()).await?);
            last = Some(held.holder.clone());
            lines.push(bound);
        }
        let place = picture.places.get(to);
        let keeper = place.and_then(|place| place.operator.as_ref()).map(|operator| operator.code().clone());
        let unit = need.as_ref().and_then(|need| unit_of(&picture, need.as_str()));
        let head = Consignment {
            consignee: unit.or(keeper).or(last).unwrap_or_else(|| loaded.head.consignee.clone()),
            destination: Code::new(to).map_err(Error::must_be)?,
            route: loaded.head.route.iter().take(done(&loaded.head)).cloned().chain(route).collect(),
            departs_at: Some(work.now),
            ..loaded.head.clone()
        };
        work.writes.push(Write::Sees(head.code.clone(), vec![(head.consignee.clone(), true)]));
        work.writes.push(Write::Bound(head.code.clone(), lines));
        work.writes.push(Write::Steps(head.code.clone(), steps));
        work.writes.push(Write::Set(head));
        work.done().await
    }

    /// Lines, or parts of them, become a consignment of their own; gives its code.
    ///
    /// # Errors
    /// If there is none, it is on its way, a line has not so many units, nothing would be left, or the database refuses.
    pub async fn consignment_split(&self, code: &str, parts: &[(i64, i64)], actor: &Actor) -> Result<Code, Error> {
        let loaded = self.consignment(&mut self.read().await?, code, actor).await?;
        let new = self.dated_code("C");
        let Some(mut work) = self.work(actor, &version(&loaded), None).await? else {
            return Err(Error::Invalid(message!("key-used")));
        };
        work.may(Action::Move, &[&loaded.head.consignor])?;
        standing(&loaded)?;
        work.noted(Activity::Plan, &loaded.head.code, format!("parted into {new}"));
        let mut parting = Parting { lines: Vec::new(), units: Vec::new(), steps: Vec::new() };
        let (mut kept, mut kept_units, mut touched) = (Vec::new(), Vec::new(), Vec::new());
        for line in &loaded.lines {
            let asked: i64 = parts.iter().filter(|(number, _)| *number == line.line).map(|(_, units)| *units).sum();
            if asked < 0 || asked > line.present {
                return Err(Error::Invalid(message!(
                    "split-too-much",
                    line = line.line,
                    present = line.present,
                    asked
                )));
            }
            if asked == 0 {
                continue;
            }
            let mut units = loaded.units_of(line.line);
            parting.take(&loaded, line, asked, &mut units);
            let left = line.present - asked;
            let minor = |worth: &muster_storage::transfer::Worth| share(worth.minor, left, line.present);
            let worth =
                line.worth.clone().map(|worth| muster_storage::transfer::Worth { minor: minor(&worth), ..worth });
            kept.push(Line { present: left, quantity: line.quantity - asked, worth, ..line.clone() });
            touched.push(line.line);
            kept_units.extend(units);
        }
        let unknown = parts.iter().find(|(number, _)| loaded.lines.iter().all(|line| line.line != *number));
        if let Some((line, _)) = unknown {
            return Err(Error::Invalid(message!("consignment-no-line", line = *line, code)));
        }
        let left = |line: &Line| kept.iter().find(|k| k.line == line.line).map_or(line.present, |k| k.present);
        if parting.lines.is_empty() || loaded.lines.iter().all(|line| left(line) == 0) {
            return Err(Error::Invalid(message!("split-some", consignment = code)));
        }
        let head = Consignment {
            code: new.clone(),
            created_at: work.now,
            made_from: Some(loaded.head.code.clone()),
            version: 0,
            ..loaded.head.clone()
        };
        work.writes.push(Write::Set(loaded.head.clone()));
        work.write_lines(&loaded.head.code, (kept, touched.clone(), kept_units));
        work.writes.push(Write::New(head, Vec::new()));
        work.writes.push(Write::SeesAs(new.clone(), loaded.head.code.clone()));
        work.writes.push(Write::Lines(new.clone(), parting.lines));
        work.writes.push(Write::Units(new.clone(), Vec::new(), parting.units));
        work.writes.push(Write::Steps(new.clone(), parting.steps));
        work.done().await?;
        Ok(new)
    }

    /// Consignments at the same place that go the same way become one.
    ///
    /// # Errors
    /// If one is not there or on its way, they part later on, or the database refuses.
    pub async fn consignment_join(&self, code: &str, others: &[String], actor: &Actor) -> Result<(), Error> {
        let mut conn = self.read().await?;
        let loaded = self.consignment(&mut conn, code, actor).await?;
        standing(&loaded)?;
        let mut joined = Vec::new();
        for other in others {
            let other = self.consignment(&mut conn, other, actor).await?;
            let (one, two) = (&loaded.head, &other.head);
            let together = one.code != two.code
                && (one.state, &one.place, &one.consignor, rest_of(one))
                    == (two.state, &two.place, &two.consignor, rest_of(two));
            if !together {
                return Err(Error::Invalid(message!("join-apart", one = &one.code, two = &two.code)));
            }
            joined.push(other);
        }
        drop(conn);
        let Some(mut work) = self.work(actor, &version(&loaded), None).await? else { return Ok(()) };
        work.may(Action::Move, &[&loaded.head.consignor])?;
        work.noted(Activity::Plan, &loaded.head.code, format!("joined by {}", others.join(", ")));
        let mut next = loaded.lines.iter().map(|line| line.line).max().unwrap_or(0);
        let mut parting = Parting { lines: Vec::new(), units: Vec::new(), steps: Vec::new() };
        for other in &joined {
            let mut emptied = Vec::new();
            for line in other.lines.iter().filter(|line| line.present > 0) {
                next += 1;
                let mut units = other.units_of(line.line);
                let shift = loaded.head.passed - other.head.passed;
                parting.join(other, line, next, shift, &mut units);
                emptied.push(Line { present: 0, ..line.clone() });
            }
            let touched = emptied.iter().map(|line| line.line).collect();
            work.write_lines(&other.head.code, (emptied, touched, Vec::new()));
            work.writes.push(Write::Set(Consignment { state: ConsignmentState::Closed, ..other.head.clone() }));
            work.writes.push(Write::SeesAs(loaded.head.code.clone(), other.head.code.clone()));
            work.writes.push(Write::UnitsGo(other.head.code.clone(), loaded.head.code.clone()));
        }
        work.writes.push(Write::Set(loaded.head.clone()));
        work.writes.push(Write::Lines(loaded.head.code.clone(), parting.lines));
        work.writes.push(Write::Units(loaded.head.code.clone(), Vec::new(), parting.units));
        work.writes.push(Write::Steps(loaded.head.code.clone(), parting.steps));
        work.done().await
    }
}

/// What goes over into another consignment.
struct Parting {
    lines: Vec<Line>,
    units: Vec<Unit>,
    steps: Vec<(i64, i64, Vec<muster_storage::transfer::EntryRef>)>,
}

impl Parting {
    /// A part of a line; its units are taken out of those that stay.
    fn take(&mut self, loaded: &Loaded, line: &Line, asked: i64, units: &mut Vec<Unit>) {
        let number = self.lines.len() as i64 + 1;
        let gone = super::count::split_off(units, asked);
        self.units.extend(gone.into_iter().map(|unit| Unit { line: number, ..unit }));
        let worth = line.worth.clone().map(|worth| {
            let minor = worth.minor - share(worth.minor, line.present - asked, line.present);
            muster_storage::transfer::Worth { minor, ..worth }
        });
        self.lines.push(Line { line: number, quantity: asked, present: asked, worth, ..line.clone() });
        self.steps_of(loaded, line.line, number, 0);
    }

    /// All of a line, under another number.
    fn join(&mut self, other: &Loaded, line: &Line, number: i64, shift: i64, units: &mut Vec<Unit>) {
        self.units.extend(units.drain(..).map(|unit| Unit { line: number, ..unit }));
        self.lines.push(Line { line: number, quantity: line.present, ..line.clone() });
        self.steps_of(other, line.line, number, shift);
    }

    fn steps_of(&mut self, loaded: &Loaded, line: i64, number: i64, shift: i64) {
        let from = loaded.head.passed;
        let steps = loaded.steps.range((line, from)..=(line, i64::MAX));
        let entries = steps.map(|(_, entry)| muster_storage::transfer::EntryRef::Known(*entry)).collect();
        self.steps.push((number, from + shift, entries));
    }
}

/// The part of a sum that falls to some of all units.
fn share(sum: i64, units: i64, all: i64) -> i64 {
    i64::try_from(i128::from(sum) * i128::from(units) / i128::from(all.max(1))).unwrap_or(sum)
}

/// How many lanes it has behind it.
fn done(head: &Consignment) -> usize {
    usize::try_from(head.passed / 2).unwrap_or(0)
}

/// The lanes that it has before it.
fn rest_of(head: &Consignment) -> Vec<Code> {
    head.route.iter().skip(done(head)).cloned().collect()
}

fn at_place(loaded: &Loaded, milestone: Milestone) -> Result<(), Error> {
    if loaded.head.state.allows(milestone) {
        return Ok(());
    }
    let (milestone, state) = (milestone.as_str(), loaded.head.state.as_str());
    Err(Error::Invalid(message!("milestone-not-now", milestone, consignment = &loaded.head.code, state)))
}

/// That a consignment stands somewhere and is open.
fn standing(loaded: &Loaded) -> Result<(), Error> {
    let stands = loaded.head.state.is_open() && loaded.head.state != ConsignmentState::UnderWay;
    let consignment = &loaded.head.code;
    if stands { Ok(()) } else { Err(Error::Invalid(message!("consignment-not-at-place", consignment))) }
}

impl Work<'_> {
    /// The account in which each line is, at the place where its consignment stands.
    async fn holdings(&mut self, loaded: &Loaded) -> Result<BTreeMap<i64, AccountKey>, Error> {
        let mut next = self.next_steps(loaded).await?;
        let mut held = BTreeMap::new();
        for line in loaded.lines.iter().filter(|line| line.present > 0) {
            let account = match next.contains_key(&line.line) {
                true => step(&mut next, loaded, line)?.from,
                // It has arrived and nothing is to follow: it is where its last step brought it.
                false => self.brought(loaded, line).await?.to,
            };
            held.insert(line.line, account);
        }
        Ok(held)
    }

    async fn brought(&mut self, loaded: &Loaded, line: &Line) -> Result<NextStep, Error> {
        let code = loaded.head.code.as_str();
        let mut last = muster_storage::transfer::read::next_steps(&mut self.conn, code, loaded.head.passed - 1).await?;
        step(&mut last, loaded, line)
    }

    /// Takes a line's units out of what was to come, moves them to another account where they differ, and promises their new way.
    async fn rebind(
        &mut self,
        loaded: &Loaded,
        line: &Line,
        held: &AccountKey,
        becomes: &AccountKey,
        route: &[Code],
        need: Option<&Code>,
    ) -> Result<(i64, i64, Vec<muster_storage::transfer::EntryRef>), Error> {
        self.release(loaded, line.line, loaded.head.passed, line.present);
        let subject = Subject { need: need.cloned(), ..subject(&loaded.head.code, line) };
        if held != becomes {
            let takes = takes(self.tracking(&line.resource), &loaded.units_of(line.line), line.present);
            self.post(Activity::TransferTitle, subject.clone(), held, becomes, &takes);
        }
        debug_assert_eq!(becomes.purpose, AccountPurpose::OnHand, "only what lies at a place is bound anew");
        let (entries, _) = self.promise(&subject, becomes, route, need, line.present)?;
        Ok((line.line, loaded.head.passed, entries))
    }
}

//! A consignment takes another course at the place where it is: it goes another way or back, is parted, or is put together with another.

use std::collections::{BTreeMap, BTreeSet};

use muster_domain::{
    code::Code,
    consignment::ConsignmentState,
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::Activity,
    },
    message,
    picture::Picture,
    policy::Action,
};
use muster_storage::transfer::{Consignment, EntryRef, Line, Origin, Unit, Write, read as store};

use super::{
    Loaded, Work,
    custody::step,
    giving::{ByNeed, add},
    part::{self, LinePart, parted},
    repacking::named_units,
    subject, takes,
};
use crate::{
    Actor, App, Error, day,
    movement::{ready, steps as planned},
    plan::acceptance::unit_of,
};

impl App {
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
        let did = format!("goes to {to}");
        let begun = self.begin_with(code, (Activity::Plan, &did), None, actor).await?;
        let Some((loaded, mut work)) = begun else { return Ok(()) };
        let at_place = loaded.head.state == ConsignmentState::AtNode;
        let places = if at_place { work.holdings(&loaded).await? } else { BTreeMap::new() };
        let owners = places.values().map(|held| &held.owner);
        work.may(Action::Move, &senders(&work.picture, &loaded.head, owners))?;
        if !at_place {
            return Err(Error::Invalid(message!("consignment-not-at-place", consignment = code)));
        }
        let picture = work.picture.clone();
        let to = work.place(to).await?.code.clone();
        let need = need.map(Code::new).transpose().map_err(Error::must_be)?;
        let route: Vec<Code> = if lanes.is_empty() {
            let quickest = picture.quickest(loaded.head.place.as_str(), to.as_str(), day(work.at));
            quickest.ok_or_else(|| Error::Invalid(message!("no-way", from = &loaded.head.place, to = &to)))?
        } else {
            lanes.iter().map(|lane| Code::new(lane)).collect::<Result<_, _>>().map_err(Error::must_be)?
        };
        if work.end_of(&route).is_some_and(|end| *end != to) {
            return Err(Error::Invalid(message!("route-ends-elsewhere", to = &to)));
        }
        if let Some(need) = &need {
            work.is_at(need, &to)?;
        }
        work.noted(Activity::Plan, &loaded.head.code, did);
        let missing = work.missing(&loaded).await?;
        let mut bound: ByNeed = BTreeMap::new();
        for line in loaded.lines.iter().filter(|line| line.present > 0) {
            let gives_up = line.present + missing.get(&line.line).copied().unwrap_or(0);
            for (of, units) in [(&line.need, -gives_up), (&need, line.present)] {
                if let Some(of) = of {
                    add(&mut bound, of, &line.resource, units);
                }
            }
        }
        work.binds(&loaded.head.code, bound).await?;
        let (mut steps, mut last, mut lines) = (Vec::new(), None, Vec::new());
        for line in loaded.lines.iter().filter(|line| line.present > 0) {
            let Some(held) = places.get(&line.line) else { continue };
            work.lies_here(&loaded, line, line.present).await?;
            if let Some(need) = need.as_ref().filter(|need| line.need.as_ref() != Some(need)) {
                work.allowed_for(held, need)?;
            }
            let bound = Line { need: need.clone(), plan: None, ..line.clone() };
            let of = (&bound, need.as_ref(), missing.get(&line.line));
            steps.push(work.rebind(&loaded, of, (held, held), &route).await?);
            last = Some(held.holder.clone());
            lines.push(bound);
        }
        work.book_apart_missing(&loaded).await?;
        let keeper = work.keeper(&to);
        let unit = need.as_ref().and_then(|need| unit_of(&picture, need.as_str()));
        let head = Consignment {
            consignee: unit.or(keeper).or(last).unwrap_or_else(|| loaded.head.consignee.clone()),
            destination: to,
            route: loaded.head.route.iter().take(done(&loaded.head)).cloned().chain(route).collect(),
            departs_at: Some(work.now),
            sent_to: None,
            ..loaded.head.clone()
        };
        let mut audiences = work.keepers_along(head.place.as_str(), &rest_of(&head));
        audiences.push((head.consignee.clone(), true));
        work.writes.push(Write::Sees(head.code.clone(), audiences));
        work.writes.push(Write::Bound(head.code.clone(), lines));
        work.writes.push(Write::Steps(head.code.clone(), steps));
        work.writes.push(Write::Set(head));
        work.done().await
    }

    /// Lines, or parts of them, become a consignment of their own, and handling units with all that lies on them; gives its code. Of a line
    /// those go that are named by serial number, then those first that lie on no handling unit.
    ///
    /// # Errors
    /// If there is none, it is on its way, a line has not so many units or not those, a handling unit would be torn apart, nothing would be
    /// left, or the database refuses.
    pub async fn consignment_split(
        &self,
        code: &str,
        parts: &[LinePart],
        with: &[String],
        actor: &Actor,
    ) -> Result<Code, Error> {
        let new = self.dated_code("C");
        let begun = self.begin_with(code, (Activity::Plan, " parted off"), None, actor).await?;
        let Some((loaded, mut work)) = begun else { return self.named_before(actor, "C").await };
        work.may(Action::Move, &[&loaded.head.consignor])?;
        standing(&loaded)?;
        work.noted(Activity::Plan, &loaded.head.code, format!("{new} parted off"));
        let whole = named_units(&mut work, code, with).await?;
        work.part_off(&loaded, &new, &Parts { lines: parts, whole }).await?;
        work.done().await?;
        Ok(new)
    }

    /// Consignments at the same place, in the same hands, that go the same way become one, whoever sent them. Who acts must be free to move
    /// each of them.
    ///
    /// # Errors
    /// If one is not there or on its way, others hold it, they part later on, or the database refuses.
    pub async fn consignment_join(&self, code: &str, others: &[String], actor: &Actor) -> Result<(), Error> {
        let begun = self.begin_with(code, (Activity::Plan, "joined by "), None, actor).await?;
        let Some((loaded, mut work)) = begun else { return Ok(()) };
        work.may(Action::Move, &[&loaded.head.consignor])?;
        standing(&loaded)?;
        let hands = work.hands(&loaded).await?;
        let mut joined = Vec::new();
        for other in others {
            let other = self.consignment(&mut work.conn, other, actor).await?;
            let (one, two) = (&loaded.head, &other.head);
            work.may(Action::Move, &[&two.consignor])?;
            let same = (one.state, &one.place, rest_of(one)) == (two.state, &two.place, rest_of(two));
            if one.code == two.code || !same || work.hands(&other).await? != hands {
                return Err(Error::Invalid(message!("join-apart", one = &one.code, two = &two.code)));
            }
            joined.push(other);
        }
        work.noted(Activity::Plan, &loaded.head.code, format!("joined by {}", others.join(", ")));
        let mut next = loaded.lines.iter().map(|line| line.line).max().unwrap_or(0);
        let mut parting = Parting::default();
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
            // Who gave something in it sees that, and nothing of others; who is to have it, handles all of it.
            let (one, two) = (&loaded.head.code, &other.head);
            work.writes.push(Write::SeesOf(one.clone(), two.code.clone()));
            work.writes.push(Write::Sees(one.clone(), vec![(two.consignee.clone(), true)]));
            work.writes.push(Write::UnitsGo(other.head.code.clone(), loaded.head.code.clone()));
        }
        work.writes.push(Write::Set(loaded.head.clone()));
        work.writes.push(Write::Lines(loaded.head.code.clone(), parting.lines));
        work.writes.push(Write::CameFrom(loaded.head.code.clone(), parting.origins));
        work.writes.push(Write::Units(loaded.head.code.clone(), Vec::new(), parting.units));
        work.writes.push(Write::Steps(loaded.head.code.clone(), parting.steps));
        work.done().await
    }
}

/// What is parted off: some of lines, and handling units with all that lies on them.
pub(super) struct Parts<'a> {
    pub(super) lines: &'a [LinePart],
    pub(super) whole: BTreeSet<String>,
}

/// What goes over into another consignment.
#[derive(Default)]
struct Parting {
    lines: Vec<Line>,
    origins: Vec<Origin>,
    units: Vec<Unit>,
    steps: Vec<(i64, i64, Vec<EntryRef>)>,
}

impl Parting {
    /// A part of a line, with those units.
    fn take(&mut self, loaded: &Loaded, line: &Line, asked: i64, gone: Vec<Unit>) {
        let number = self.lines.len() as i64 + 1;
        self.units.extend(gone.into_iter().map(|unit| Unit { line: number, ..unit }));
        self.lines.push(Line { line: number, quantity: asked, present: asked, ..line.clone() });
        self.steps_of(loaded, line.line, number, 0);
    }

    /// The consignment that it becomes, with what is promised of it.
    fn loaded(self, before: &Loaded, head: Consignment) -> Loaded {
        let known = |entry: &EntryRef| match entry {
            EntryRef::Known(number) => Some(*number),
            EntryRef::Command(_) => None,
        };
        let steps = self.steps.iter().flat_map(|(line, first, entries)| {
            let entries = (*first..).zip(entries);
            entries.filter_map(move |(step, entry)| Some(((*line, step), known(entry)?)))
        });
        let beyond = |origin: &Origin| Some((origin.line, before.beyond.get(&origin.of_line)?.clone()));
        Loaded {
            steps: steps.collect(),
            beyond: self.origins.iter().filter_map(beyond).collect(),
            lines: self.lines,
            units: self.units,
            head,
        }
    }

    /// All of a line, under another number.
    fn join(&mut self, other: &Loaded, line: &Line, number: i64, shift: i64, units: &mut Vec<Unit>) {
        self.units.extend(units.drain(..).map(|unit| Unit { line: number, ..unit }));
        self.lines.push(Line { line: number, quantity: line.present, ..line.clone() });
        self.steps_of(other, line.line, number, shift);
    }

    /// The way of a line, and where it came from.
    fn steps_of(&mut self, loaded: &Loaded, line: i64, number: i64, shift: i64) {
        let Consignment { code, milestones, .. } = &loaded.head;
        self.origins.push(Origin { line: number, of: code.clone(), of_line: line, of_number: *milestones });
        // Where nothing follows, the step that brought it says where it is, and what its plan is to do with it from there.
        let passed = loaded.head.passed;
        let from = if loaded.steps.contains_key(&(line, passed)) { passed } else { (passed - 1).max(0) };
        let steps = loaded.steps.range((line, from)..=(line, i64::MAX));
        let entries = steps.map(|(_, entry)| EntryRef::Known(*entry)).collect();
        self.steps.push((number, from + shift, entries));
    }
}

/// How many lanes it has behind it.
pub(super) fn done(head: &Consignment) -> usize {
    usize::try_from(head.passed / 2).unwrap_or(0)
}

/// The lanes that it has before it.
pub(super) fn rest_of(head: &Consignment) -> Vec<Code> {
    head.route.iter().skip(done(head)).cloned().collect()
}

/// Whose people may send a consignment elsewhere: the consignor's; once all of it is the recipient's, only theirs and those of its own.
pub(super) fn senders<'a>(
    picture: &'a Picture,
    head: &'a Consignment,
    owners: impl IntoIterator<Item = &'a Code>,
) -> Vec<&'a Code> {
    let Some(recipient) = picture.recipient() else {
        return vec![&head.consignor];
    };
    let mut owners = owners.into_iter().peekable();
    if owners.peek().is_none() || owners.any(|owner| owner != recipient) {
        return vec![&head.consignor];
    }
    let own = picture.belongs(head.consignor.as_str(), recipient.as_str());
    [recipient].into_iter().chain(Some(&head.consignor).filter(|_| own)).collect()
}

/// That a consignment stands somewhere and is open.
fn standing(loaded: &Loaded) -> Result<(), Error> {
    let stands = loaded.head.state.is_open() && loaded.head.state != ConsignmentState::UnderWay;
    let consignment = &loaded.head.code;
    if stands { Ok(()) } else { Err(Error::Invalid(message!("consignment-not-at-place", consignment))) }
}

impl Work<'_> {
    /// Makes parts of a consignment one of their own, which is where it is and goes where it goes; gives it.
    pub(super) async fn part_off(
        &mut self,
        loaded: &Loaded,
        new: &Code,
        Parts { lines: parts, whole }: &Parts<'_>,
    ) -> Result<Loaded, Error> {
        let on_whole = |line: i64| {
            let on = |unit: &&Unit| unit.line == line && unit.sscc.as_ref().is_some_and(|sscc| whole.contains(sscc));
            loaded.units.iter().filter(on).map(|unit| unit.quantity).sum::<i64>()
        };
        let mut parting = Parting::default();
        let (mut kept, mut kept_units, mut touched) = (Vec::new(), Vec::new(), Vec::new());
        for line in &loaded.lines {
            let mut units = loaded.units_of(line.line);
            let (besides, named) = part::asked(parts, (line, self.tracking(&line.resource)), &units, whole)?;
            let asked = besides.saturating_add(on_whole(line.line));
            if besides < 0 || asked > line.present {
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
            let gone = parted(line, &mut units, (besides, &named), whole);
            parting.take(loaded, line, asked, gone);
            let left = line.present - asked;
            kept.push(Line { present: left, quantity: line.quantity - asked, ..line.clone() });
            touched.push(line.line);
            kept_units.extend(units);
        }
        let unknown = parts.iter().find(|part| loaded.lines.iter().all(|line| line.line != part.line));
        if let Some(part) = unknown {
            return Err(Error::Invalid(message!("consignment-no-line", line = part.line, code = &loaded.head.code)));
        }
        let left = |line: &Line| kept.iter().find(|k| k.line == line.line).map_or(line.present, |k| k.present);
        if parting.lines.is_empty() || loaded.lines.iter().all(|line| left(line) == 0) {
            return Err(Error::Invalid(message!("split-some", consignment = &loaded.head.code)));
        }
        let untouched = loaded.units.iter().filter(|unit| !touched.contains(&unit.line)).cloned();
        let stays: Vec<Unit> = kept_units.iter().cloned().chain(untouched).collect();
        let go = self.units_that_go(&loaded.head.code, (&parting.units, &stays), whole).await?;
        let head = Consignment {
            code: new.clone(),
            created_at: self.now,
            made_from: Some(loaded.head.code.clone()),
            version: 0,
            milestones: 0,
            ..loaded.head.clone()
        };
        self.writes.push(Write::Set(loaded.head.clone()));
        self.write_lines(&loaded.head.code, (kept, touched, kept_units));
        self.writes.push(Write::New(head.clone(), Vec::new()));
        self.writes.push(Write::SeesAs(new.clone(), loaded.head.code.clone()));
        if !go.is_empty() {
            self.writes.push(Write::HandlingUnits(new.clone(), go));
        }
        self.writes.push(Write::Lines(new.clone(), parting.lines.clone()));
        self.writes.push(Write::CameFrom(new.clone(), parting.origins.clone()));
        self.writes.push(Write::Units(new.clone(), Vec::new(), parting.units.clone()));
        self.writes.push(Write::Steps(new.clone(), parting.steps.clone()));
        Ok(parting.loaded(loaded, head))
    }

    /// In whose hands its goods are.
    async fn hands(&mut self, loaded: &Loaded) -> Result<BTreeSet<Code>, Error> {
        Ok(self.holdings(loaded).await?.into_values().map(|held| held.holder).collect())
    }

    /// The account in which each line is, at the place where its consignment stands.
    pub(super) async fn holdings(&mut self, loaded: &Loaded) -> Result<BTreeMap<i64, AccountKey>, Error> {
        let mut next = self.next_steps(loaded).await?;
        // What has arrived and of which nothing is to follow is where its last step brought it.
        let mut last = match loaded.lines.iter().any(|line| line.present > 0 && !next.contains_key(&line.line)) {
            true => store::next_steps(&mut self.conn, loaded.head.code.as_str(), loaded.head.passed - 1).await?,
            false => BTreeMap::new(),
        };
        let mut held = BTreeMap::new();
        for line in loaded.lines.iter().filter(|line| line.present > 0) {
            let account = match next.remove(&line.line) {
                Some(step) => step.from,
                None => step(&mut last, loaded, line)?.to,
            };
            held.insert(line.line, account);
        }
        Ok(held)
    }

    /// Takes a line's units, and those that it misses, out of what was to come; moves them to another account where they differ, and
    /// promises their new way. What it misses is promised nothing any more beyond the step by which it should have come.
    pub(super) async fn rebind(
        &mut self,
        loaded: &Loaded,
        (line, need, missing): (&Line, Option<&Code>, Option<&i64>),
        (held, becomes): (&AccountKey, &AccountKey),
        route: &[Code],
    ) -> Result<(i64, i64, Vec<EntryRef>), Error> {
        self.release(loaded, line.line, loaded.head.passed, line.present + missing.copied().unwrap_or(0));
        let subject = subject(&loaded.head.code, line);
        if held != becomes {
            let takes = takes(self.tracking(&line.resource), &loaded.units_of(line.line), line.present)?;
            self.post(Activity::TransferTitle, subject.clone(), held, becomes, &takes);
        }
        debug_assert_eq!(becomes.purpose, AccountPurpose::OnHand, "only what lies at a place is bound anew");
        let need = match need {
            Some(need) => Some((need, self.is_line_lent(loaded, line).await?)),
            None => None,
        };
        let (entries, _) = self.promise(&subject, becomes, route, need, line.present)?;
        Ok((line.line, loaded.head.passed, entries))
    }

    /// That what a plan is to do with a line after the consignment's way is still to be done with what is in it: it may have gone on in
    /// another.
    pub(super) async fn lies_here(&mut self, loaded: &Loaded, line: &Line, quantity: i64) -> Result<(), Error> {
        let next = loaded.beyond(line.line).next().filter(|_| loaded.head.is_at_end());
        let Some((next, (plan, number))) = next.zip(line.plan.as_ref()) else { return Ok(()) };
        let (_, steps) = planned(&mut self.conn, plan.as_str(), *number).await?;
        let free = steps.iter().position(|step| step.entry.number == next).map_or(0, |n| ready(&steps, n));
        let code = &loaded.head.code;
        if free >= quantity {
            Ok(())
        } else {
            Err(Error::Invalid(message!("consignment-went-on", line = line.line, consignment = code)))
        }
    }
}

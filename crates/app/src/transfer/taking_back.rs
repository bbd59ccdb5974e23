//! A milestone that was recorded by mistake is taken back – the wrong consignment was sent or received, on a wrong day, by the wrong lorry:
//! it stays as it was said and counts for nothing, what moved by it moves back as if it had never moved, what was found wrong at it was not,
//! and the consignment is where it was, for the right thing to be recorded. Only the last that was done with a consignment can be taken back,
//! so that one after another can.

use std::collections::{BTreeMap, BTreeSet};

use muster_domain::{
    code::Code,
    consignment::{ConsignmentState, Milestone},
    ledger::{
        account::AccountKey,
        entry::{Act, Activity, EntryKind, EntryNumber},
    },
    message,
    message::Value,
    policy::Action,
    variance::{Resolution, VarianceKind},
};
use muster_storage::transfer::{
    Consignment, EntryRef, Line, Reached, TakenBack, Unit, Variance, Write, milestone,
    read::{self as store, NextStep},
    stock::{at_end, free_in},
    taken_back::{self, Written},
    tell::{self, VarianceFilter},
    then,
};

use super::{
    Loaded, Work,
    custody::{hands, holder},
    giving::{ByNeed, add},
    misrouted,
    race::unless_overtaken,
};
use crate::{Actor, App, Error, everything};

/// How the journal begins to say it.
const SAID: &str = "taken back: ";

/// What is taken back: milestones of one request, the last of a consignment that stand, by their numbers.
struct Mistake {
    reached: Vec<(i64, Reached)>,
    entries: Vec<Written>,
    variances: Vec<(Variance, Vec<Unit>)>,
}

impl Mistake {
    /// The milestone by which custody passed, or none did.
    fn main(&self) -> &(i64, Reached) {
        &self.reached[self.reached.len() - 1]
    }

    fn last(&self) -> EntryNumber {
        self.entries.last().map_or(0, |entry| entry.number)
    }
}

impl App {
    /// Takes back the last milestone of a consignment, which was recorded by mistake: that it was readied, departed, arrived or was received.
    ///
    /// # Errors
    /// If there is no such consignment or milestone, something was done with it since, its goods have moved on, the actor may not do what was
    /// done or, of what was signed for, open gates, no reason is given, or the ledger or the database refuses.
    pub async fn consignment_take_back(&self, code: &str, actor: &Actor) -> Result<(), Error> {
        unless_overtaken!(self.takes_back(code, actor).await)
    }

    async fn takes_back(&self, code: &str, actor: &Actor) -> Result<(), Error> {
        let begun = self.begin_with(code, (Activity::Adjust, SAID), None, actor).await?;
        let Some((loaded, mut work)) = begun else { return Ok(()) };
        if work.actor.reason.trim().is_empty() {
            return Err(Error::Invalid(message!("taken-back-without-reason")));
        }
        if work.is_stocked(&loaded.head).await? {
            return work.unstock(loaded).await;
        }
        let mistake = work.mistake(&loaded).await?;
        work.may_take_back(&loaded, &mistake).await?;
        let (number, reached) = mistake.main();
        let about = format!("{SAID}{} ({number}) at {}", reached.kind, reached.place);
        let noted = work.noted(Activity::Adjust, &loaded.head.code, about);
        work.reverse(&mistake.entries);
        work.is_there_still(&loaded, reached.kind).await?;
        for (variance, _) in &mistake.variances {
            work.resolves(variance, (Resolution::TakenBack, &actor.reason), noted);
        }
        let lines = work.as_before(&loaded, &mistake).await?;
        let head = work.back(&loaded, reached, *number).await?;
        if reached.kind == Milestone::ReceivedByUnit {
            work.not_received(&loaded, &mistake).await?;
        }
        let hurt = mistake.variances.iter().filter(|(variance, _)| variance.kind == VarianceKind::Damaged);
        let mut bound = ByNeed::new();
        for (variance, _) in hurt {
            if let Some((need, resource)) = variance.need.as_ref().zip(variance.resource.as_ref()) {
                add(&mut bound, need, resource, variance.quantity);
            }
        }
        work.binds(&head.code, bound).await?;
        work.write_lines(&head.code, lines);
        for (number, _) in &mistake.reached {
            let one = TakenBack {
                recorded_at: work.now,
                actor: work.actor.name().to_owned(),
                reason: work.actor.reason.clone(),
                last: mistake.last(),
                entry: noted,
            };
            work.writes.push(Write::TakenBack((head.code.clone(), *number), one));
        }
        work.writes.push(Write::Set(head));
        work.done().await
    }
}

/// Whether a milestone is of those that can be taken back. Title that passed is given back by who has it, what was looked at is looked at again,
/// and what turned up elsewhere goes on from there.
pub(super) fn can_be(head: &Consignment, reached: &Reached) -> bool {
    let arrived = reached.kind == Milestone::ArrivedAtNode;
    let moves = matches!(reached.kind, Milestone::Readied | Milestone::Departed | Milestone::ReceivedByUnit);
    (moves || (arrived && head.sent_to.is_none())) && reached.completes.is_none()
}

/// What a consignment had passed before its last milestone.
pub(super) fn passed_before(head: &Consignment, last: Milestone) -> i64 {
    head.passed - i64::from(matches!(last, Milestone::Departed | Milestone::ArrivedAtNode))
}

/// For whom somebody must move goods to take back the last milestone of a consignment, for one of each: who recorded it could do so. `steps` are
/// those that it took.
pub(super) fn concerned<'a>(
    head: &'a Consignment,
    last: Milestone,
    lines: &[Line],
    steps: &'a BTreeMap<i64, NextStep>,
    keeper: Option<&'a Code>,
) -> Vec<Vec<&'a Code>> {
    // Where nothing was there any more somebody said so.
    let empty = i64::from(lines.iter().all(|line| line.present == 0));
    let lines: Vec<Line> = lines.iter().map(|line| Line { present: line.present + empty, ..line.clone() }).collect();
    match last {
        Milestone::Readied => vec![vec![&head.consignor]],
        Milestone::Departed => vec![vec![holder(&lines, steps, |step| &step.from).unwrap_or(&head.consignor)]],
        _ => {
            let before = Consignment { passed: passed_before(head, last), ..head.clone() };
            let for_all = before.is_at_end();
            hands(head, for_all, &lines, steps, keeper)
        }
    }
}

impl Work<'_> {
    /// The last milestone of a consignment, with what belongs to it, if that can be taken back.
    async fn mistake(&mut self, loaded: &Loaded) -> Result<Mistake, Error> {
        let code = &loaded.head.code;
        let all = milestone::milestones(&mut self.conn, code.as_str()).await?;
        let standing = (1..).zip(all).filter(|(_, one)| one.taken_back.is_none());
        let mut reached: Vec<(i64, Reached)> = standing.collect();
        let last = reached.last().map(|(_, one)| one.clone());
        let last = last.ok_or_else(|| Error::Invalid(message!("taken-back-nothing", consignment = code)))?;
        reached.retain(|(_, one)| one.entry == last.entry);
        let milestone = Value::word(last.kind.as_str());
        let stays =
            || Error::Invalid(message!("taken-back-not-that", consignment = code, milestone = milestone.clone()));
        let EntryRef::Known(first) = last.entry else { return Err(stays()) };
        if last.completes.is_some() {
            return Err(Error::Invalid(message!("taken-back-late", consignment = code, milestone)));
        }
        if !can_be(&loaded.head, &last) {
            return Err(stays());
        }
        let number = reached[0].0;
        let entries = taken_back::written(&mut self.conn, first).await?;
        // None of them promises anything anew: the steps of its lines are those that were.
        if entries.iter().any(|entry| entry.kind == EntryKind::Pending) {
            return Err(stays());
        }
        let since = entries.last().map_or(first, |entry| entry.number);
        if let Some(done) = taken_back::done_since(&mut self.conn, code.as_str(), since).await? {
            return Err(Error::Invalid(message!("taken-back-since", consignment = code, milestone, done)));
        }
        if let Some(other) = taken_back::parted_since(&mut self.conn, code.as_str(), number).await? {
            return Err(Error::Invalid(message!("taken-back-parted", consignment = code, milestone, other = &other)));
        }
        let mut variances = self.found_by(code, &entries).await?;
        variances.retain(|(variance, _)| variance.resolved.is_none());
        Ok(Mistake { reached, entries, variances })
    }

    /// What was found wrong with a consignment by these entries, with its units.
    pub(super) async fn found_by(
        &mut self,
        code: &Code,
        entries: &[Written],
    ) -> Result<Vec<(Variance, Vec<Unit>)>, Error> {
        let filter = VarianceFilter { consignment: Some(code.to_string()), ..VarianceFilter::default() };
        let mut found = tell::variances(&mut self.conn, &everything(), &filter, i64::MAX).await?;
        let by = |known: EntryNumber| entries.iter().any(|entry| entry.number == known);
        found.retain(|variance| matches!(variance.entry, EntryRef::Known(entry) if by(entry)));
        let codes: Vec<&Code> = found.iter().map(|variance| &variance.code).collect();
        let mut units = store::variance_units(&mut self.conn, &codes).await?;
        let with = |variance: Variance| {
            let own = units.remove(variance.code.as_str()).unwrap_or_default();
            (variance, own)
        };
        Ok(found.into_iter().map(with).collect())
    }

    /// That the actor may do what was done by mistake; what was signed for only who may open gates takes back, for somebody else relies on it.
    async fn may_take_back(&mut self, loaded: &Loaded, mistake: &Mistake) -> Result<(), Error> {
        let (head, (_, reached)) = (&loaded.head, mistake.main());
        let steps = store::next_steps(&mut self.conn, head.code.as_str(), passed_before(head, reached.kind)).await?;
        let keeper = self.keeper(&head.place);
        let parties = concerned(head, reached.kind, &loaded.lines, &steps, keeper.as_ref());
        for some in parties {
            self.may(Action::Move, &some)?;
        }
        let numbers: BTreeSet<i64> = mistake.reached.iter().map(|(number, _)| *number).collect();
        let handovers = store::handovers(&mut self.conn, head.code.as_str()).await?;
        match handovers.iter().find(|handover| numbers.contains(&handover.milestone)) {
            Some(handover) => self.may(Action::Override, &[]).map_err(|_| {
                let (consignment, handover) = (&head.code, &handover.code);
                Error::Invalid(message!("taken-back-signed", consignment, handover))
            }),
            None => Ok(()),
        }
    }

    /// What moved moves back, the last first, when it was said to have moved: so it never did; what was given up is to happen again.
    fn reverse(&mut self, entries: &[Written]) {
        for entry in entries.iter().rev().filter(|entry| entry.kind != EntryKind::Noted) {
            self.command_at(entry.at, Act::Correct { entry: entry.number, replacement: Vec::new() });
        }
        // What its donor committed and does not give any more does not wait to be handed over again.
        let picture = self.picture.clone();
        let given_up =
            |offer: &Code| picture.offers.get(offer.as_str()).is_none_or(|offer| !offer.state.is_committed());
        let commits = entries.iter().filter(|entry| entry.activity == Activity::Commit);
        let pending: BTreeSet<EntryNumber> = commits
            .filter(|entry| entry.offer.as_ref().is_some_and(given_up))
            .filter_map(|entry| entry.resolves)
            .collect();
        for pending in pending {
            self.command(Act::Void { pending, takes: Vec::new() });
        }
    }

    /// That what came to its end is still there to have never come: its plan has not gone on with it, and nobody sent of the stock that it became.
    async fn is_there_still(&mut self, loaded: &Loaded, kind: Milestone) -> Result<(), Error> {
        let head = &loaded.head;
        let there = || loaded.lines.iter().filter(|line| line.present > 0);
        match kind {
            // How much of the next step of its plan can be taken is looked at again where this is written.
            Milestone::ArrivedAtNode if head.is_at_end() => {
                let next = there().filter_map(|line| loaded.beyond(line.line).next());
                let taken = next.map(|entry| Write::Taken(head.code.clone(), entry, 0)).collect::<Vec<_>>();
                self.writes.extend(taken);
                Ok(())
            }
            Milestone::ReceivedByUnit => self.stock_is_free(loaded).await,
            _ => Ok(()),
        }
    }

    /// That what of a consignment went into stock at its end lies there, promised to nobody.
    async fn stock_is_free(&mut self, loaded: &Loaded) -> Result<(), Error> {
        let (head, code) = (&loaded.head, loaded.head.code.as_str());
        let steps = store::next_steps(&mut self.conn, code, head.passed).await?;
        let brought = store::next_steps(&mut self.conn, code, head.passed - 1).await?;
        let mut wanted: BTreeMap<&AccountKey, i64> = BTreeMap::new();
        for line in loaded.lines.iter().filter(|line| line.present > 0 && !steps.contains_key(&line.line)) {
            if let Some(step) = brought.get(&line.line) {
                *wanted.entry(&step.to).or_default() += line.present;
            }
        }
        let waiting = at_end(&mut self.conn, &head.place).await?;
        for (account, units) in wanted {
            let free = free_in(&mut self.conn, account).await?
                - waiting.get(&account.to_string()).copied().unwrap_or_default();
            if free < units {
                return Err(Error::Invalid(message!("taken-back-gone", consignment = code, free = free.max(0), units)));
            }
        }
        Ok(())
    }

    /// Whether the last that was done with a consignment was that no unit was to have it, and it went into stock.
    async fn is_stocked(&mut self, head: &Consignment) -> Result<bool, Error> {
        if head.state != ConsignmentState::Closed {
            return Ok(false);
        }
        let all = milestone::milestones(&mut self.conn, head.code.as_str()).await?;
        let last = all.iter().rfind(|one| one.taken_back.is_none() && one.completes.is_none()).map(|one| one.entry);
        let Some(EntryRef::Known(last)) = last else { return Ok(false) };
        Ok(taken_back::stocked_since(&mut self.conn, head.code.as_str(), last).await?.is_some())
    }

    /// It is in stock by mistake: it waits at its end again.
    async fn unstock(mut self, loaded: Loaded) -> Result<(), Error> {
        let head = loaded.head.clone();
        let keeper = self.keeper(&head.place);
        let parties: Vec<&Code> = [&head.consignee].into_iter().chain(&keeper).collect();
        self.may(Action::Move, &parties)?;
        self.stock_is_free(&loaded).await?;
        self.noted(Activity::Adjust, &head.code, format!("{SAID}stock at {}", head.place));
        self.writes.push(Write::Set(Consignment { state: ConsignmentState::AtNode, ..head }));
        self.done().await
    }

    /// Lines and units as they were before they were counted: what was missing or hurt is with them again.
    async fn as_before(
        &mut self,
        loaded: &Loaded,
        mistake: &Mistake,
    ) -> Result<(Vec<Line>, Vec<i64>, Vec<Unit>), Error> {
        let code = loaded.head.code.as_str();
        let mut gone: BTreeMap<i64, (i64, Vec<&Unit>)> = BTreeMap::new();
        for (variance, units) in &mistake.variances {
            if matches!(variance.kind, VarianceKind::Short | VarianceKind::Damaged) {
                let of = gone.entry(variance.line).or_default();
                of.0 += variance.quantity;
                of.1.extend(units);
            }
        }
        let mut packed: BTreeMap<(i64, String, String), Option<String>> = BTreeMap::new();
        let before = if gone.is_empty() { 0 } else { mistake.reached[0].0 - 1 };
        for number in (1..=before).rev() {
            let Some(then) = then::at(&mut self.conn, code, number).await? else { continue };
            for unit in then.units {
                packed.entry((unit.line, unit.lot, unit.serial)).or_insert(unit.sscc);
            }
        }
        let own: BTreeSet<String> =
            store::handling_units(&mut self.conn, code).await?.into_iter().map(|unit| unit.sscc).collect();
        let (mut lines, mut units) = (Vec::new(), Vec::new());
        for (number, (quantity, again)) in &gone {
            let Some(line) = loaded.lines.iter().find(|line| line.line == *number) else { continue };
            lines.push(Line { present: line.present + quantity, ..line.clone() });
            let mut all = loaded.units_of(*number);
            for unit in again {
                let sscc = packed.get(&(*number, unit.lot.clone(), unit.serial.clone())).cloned().flatten();
                let unit = Unit { line: *number, sscc: sscc.filter(|sscc| own.contains(sscc)), ..(*unit).clone() };
                let same = |of: &&mut Unit| of.serial.is_empty() && of.lot == unit.lot && of.sscc == unit.sscc;
                match all.iter_mut().find(same).filter(|_| unit.serial.is_empty()) {
                    Some(rest) => rest.quantity += unit.quantity,
                    None => all.push(unit),
                }
            }
            units.extend(all);
        }
        Ok((lines, gone.into_keys().collect(), units))
    }

    /// The consignment where it was before a milestone of it, and what carried it as that was then.
    async fn back(&mut self, loaded: &Loaded, reached: &Reached, number: i64) -> Result<Consignment, Error> {
        let head = loaded.head.clone();
        let load = store::loads(&mut self.conn, head.code.as_str()).await?.into_iter().next_back();
        Ok(match reached.kind {
            Milestone::Departed => {
                if let Some((passed, movement, leg)) = load {
                    self.writes.push(Write::Unloaded((head.code.clone(), passed), (movement, leg)));
                }
                let arrived = taken_back::had_arrived(&mut self.conn, head.code.as_str(), number).await?;
                let state = if arrived { ConsignmentState::AtNode } else { ConsignmentState::Readied };
                let passed = head.passed - 1;
                let steps = store::next_steps(&mut self.conn, head.code.as_str(), passed).await?;
                let departs_at = head.departs_at.or(steps.into_values().map(|step| step.due).min());
                let sent_to = self.sent_to(&head, number).await?;
                let place = reached.place.clone();
                Consignment { state, place, passed, arrives_at: None, departs_at, sent_to, ..head }
            }
            Milestone::ArrivedAtNode => {
                let mut arrives_at = None;
                if let Some((_, movement, leg)) = load {
                    let found = store::movement(&mut self.conn, movement.as_str()).await?;
                    let legs = found.map(|(_, legs)| legs).unwrap_or_default();
                    arrives_at = legs.iter().find(|one| one.leg == leg).map(|one| one.arrives_at);
                    self.writes.push(Write::LegGoesOn(movement, leg, head.code.clone()));
                }
                let state = ConsignmentState::UnderWay;
                Consignment { state, passed: head.passed - 1, arrives_at, departs_at: None, ..head }
            }
            Milestone::ReceivedByUnit => Consignment { state: ConsignmentState::AtNode, ..head },
            _ => Consignment { state: ConsignmentState::Packing, ..head },
        })
    }

    /// Where a consignment was going when it turned up at the place from which it did not depart after all.
    async fn sent_to(&mut self, head: &Consignment, departed: i64) -> Result<Option<Code>, Error> {
        let all = milestone::milestones(&mut self.conn, head.code.as_str()).await?;
        let before = (1..).zip(&all).take_while(|(number, _)| *number < departed);
        let last = before.filter(|(_, one)| one.taken_back.is_none()).map(|(_, one)| one).last();
        let arrived = last.filter(|one| one.kind == Milestone::ArrivedAtNode).map(|one| one.entry);
        let Some(EntryRef::Known(entry)) = arrived else { return Ok(None) };
        let said = taken_back::said(&mut self.conn, entry).await?;
        let to = said.split_once(misrouted::SENT_TO).map(|(_, to)| to);
        Ok(to.and_then(|to| Code::new(to).ok()))
    }

    /// Needs that were fulfilled by what was not received after all are not.
    async fn not_received(&mut self, loaded: &Loaded, mistake: &Mistake) -> Result<(), Error> {
        let mut lost = ByNeed::new();
        let (number, _) = mistake.main();
        let then = then::at(&mut self.conn, loaded.head.code.as_str(), *number).await?;
        for line in then.map(|then| then.lines).unwrap_or_default() {
            if let Some(need) = &line.need {
                add(&mut lost, need, &line.resource, line.present);
            }
        }
        self.unreceived(&loaded.head.code, lost).await
    }
}

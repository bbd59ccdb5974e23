//! A milestone that was recorded by mistake is taken back – the wrong consignment was sent or received, on a wrong day, by the wrong lorry:
//! it stays as it was said and counts for nothing, what moved by it moves back as if it had never moved, what was found wrong at it was not,
//! and the consignment is where it was, for the right thing to be recorded. Only the last that was done with a consignment can be taken back,
//! so that one after another can.

use std::collections::{BTreeMap, BTreeSet};

use muster_domain::{
    code::Code,
    consignment::{ConsignmentState, Milestone},
    ledger::entry::{Act, Activity, EntryKind, EntryNumber},
    message,
    message::Value,
    policy::Action,
    variance::{Resolution, VarianceKind},
};
use muster_storage::transfer::{
    Consignment, EntryRef, Line, Reached, TakenBack, Unit, Variance, Write, milestone, read as store,
    taken_back::{self, Written},
    tell::{self, VarianceFilter},
    then,
};

use super::{
    Loaded, Work,
    custody::{hands, holder},
    giving::{ByNeed, add},
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
        self.entries.last().map_or(0, |(number, ..)| *number)
    }
}

impl App {
    /// Takes back the last milestone of a consignment, which was recorded by mistake: that it was readied, departed, arrived or was received.
    ///
    /// # Errors
    /// If there is no such consignment or milestone, something was done with it since, its goods have moved on, the actor may not do what was
    /// done or, of what was signed for, open gates, no reason is given, or the ledger or the database refuses.
    pub async fn consignment_take_back(&self, code: &str, actor: &Actor) -> Result<(), Error> {
        let begun = self.begin_with(code, (Activity::Adjust, SAID), None, actor).await?;
        let Some((loaded, mut work)) = begun else { return Ok(()) };
        let mistake = work.mistake(&loaded).await?;
        work.may_take_back(&loaded, &mistake).await?;
        if work.actor.reason.trim().is_empty() {
            return Err(Error::Invalid(message!("taken-back-without-reason")));
        }
        let (number, reached) = mistake.main();
        let about = format!("{SAID}{} ({number}) at {}", reached.kind, reached.place);
        let noted = work.noted(Activity::Adjust, &loaded.head.code, about);
        work.reverse(&mistake.entries);
        for (variance, _) in &mistake.variances {
            let resolved = (Resolution::TakenBack, work.now, work.actor.name().to_owned(), work.actor.reason.clone());
            let account = variance.account.clone();
            work.writes.push(Write::Resolved(variance.code.clone(), account, resolved, noted));
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
        if !can_be(&loaded.head, &last) {
            return Err(stays());
        }
        let number = reached[0].0;
        let entries = taken_back::written(&mut self.conn, first).await?;
        // None of them promises anything anew: the steps of its lines are those that were.
        if entries.iter().any(|(_, kind, _)| *kind == EntryKind::Pending) {
            return Err(stays());
        }
        let since = entries.last().map_or(first, |(number, ..)| *number);
        if let Some(done) = taken_back::done_since(&mut self.conn, code.as_str(), since).await? {
            return Err(Error::Invalid(message!("taken-back-since", consignment = code, milestone, done)));
        }
        if let Some(other) = taken_back::parted_since(&mut self.conn, code.as_str(), number).await? {
            return Err(Error::Invalid(message!("taken-back-parted", consignment = code, milestone, other = &other)));
        }
        let filter = VarianceFilter { consignment: Some(code.to_string()), ..VarianceFilter::default() };
        let mut found = tell::variances(&mut self.conn, &everything(), &filter, i64::MAX).await?;
        let found_then = |entry: EntryRef| matches!(entry, EntryRef::Known(entry) if (first..=since).contains(&entry));
        found.retain(|variance| found_then(variance.entry) && variance.resolved.is_none());
        let codes: Vec<&Code> = found.iter().map(|variance| &variance.code).collect();
        let mut units = store::variance_units(&mut self.conn, &codes).await?;
        let with = |variance: Variance| {
            let own = units.remove(variance.code.as_str()).unwrap_or_default();
            (variance, own)
        };
        let variances = found.into_iter().map(with).collect();
        Ok(Mistake { reached, entries, variances })
    }

    /// That the actor may do what was done by mistake; what was signed for only who may open gates takes back, for somebody else relies on it.
    async fn may_take_back(&mut self, loaded: &Loaded, mistake: &Mistake) -> Result<(), Error> {
        let (head, (_, reached)) = (&loaded.head, mistake.main());
        let passed = match reached.kind {
            Milestone::Departed | Milestone::ArrivedAtNode => head.passed - 1,
            _ => head.passed,
        };
        let steps = store::next_steps(&mut self.conn, head.code.as_str(), passed).await?;
        // Of a line of which nothing was there any more nobody took anything over.
        let lines: Vec<Line> =
            loaded.lines.iter().map(|line| Line { present: line.present.max(1), ..line.clone() }).collect();
        let keeper = self.keeper(&head.place);
        let before = Consignment { passed, ..head.clone() };
        let parties: Vec<Vec<&Code>> = match reached.kind {
            Milestone::Readied => vec![vec![&head.consignor]],
            Milestone::Departed => vec![vec![holder(&lines, &steps, |step| &step.from).unwrap_or(&head.consignor)]],
            _ => hands(&before, &lines, &steps, keeper.as_ref()),
        };
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
        for (entry, _, at) in entries.iter().rev().filter(|(_, kind, _)| *kind != EntryKind::Noted) {
            self.command_at(*at, Act::Correct { entry: *entry, replacement: Vec::new() });
        }
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
                Consignment { state, place: reached.place.clone(), passed: head.passed - 1, arrives_at: None, ..head }
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

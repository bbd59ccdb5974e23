//! What is missing: it did not come with the rest, or was gone where it stood. It stays in the account in which it was last, with all that was
//! promised of it, until it is found or somebody with authority says that it is lost.

use std::collections::BTreeMap;

use muster_domain::{
    code::Code,
    consignment::{Condition, ConsignmentState, Milestone},
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::{Activity, EntryNumber, Take},
    },
    message,
    variance::{Resolution, VarianceKind},
};
use muster_storage::transfer::{
    Consignment, EntryRef, Found, Line, Reached, Unit, Variance, Write, milestone,
    read::{self as store, NextStep},
    tell::{self, VarianceFilter},
};

use super::{Loaded, Work, takes};
use crate::{Actor, Error, everything};

/// What was missed of a line, and the step that it did not take.
struct Missed<'a> {
    variance: &'a Variance,
    units: &'a [Unit],
    /// The account in which it is missed.
    from: &'a AccountKey,
    takes: Vec<Take>,
    loaded: Loaded,
    /// The step that was to lead out of that account when it was missed: what the consignment had passed before, and its entry. None: nothing
    /// more was promised of it, or that was taken back.
    step: Option<(i64, EntryNumber, NextStep)>,
    since: EntryNumber,
}

impl Missed<'_> {
    fn line(&self) -> Option<&Line> {
        self.loaded.lines.iter().find(|of| of.line == self.variance.line)
    }

    /// Whether the consignment stands where it would be after it passed so much.
    fn stands(&self, passed: i64) -> bool {
        let head = &self.loaded.head;
        let stands = head.state.is_open() && head.state != ConsignmentState::UnderWay;
        stands && head.passed == passed && head.place == self.variance.place
    }
}

impl Work<'_> {
    /// What a consignment misses and nobody has resolved.
    pub(super) async fn open_shorts(&mut self, consignment: &Code) -> Result<Vec<Variance>, Error> {
        let consignment = Some(consignment.to_string());
        let filter = VarianceFilter { open: true, consignment, ..VarianceFilter::default() };
        let mut open = tell::variances(&mut self.conn, &everything(), &filter, i64::MAX).await?;
        open.retain(|one| one.kind == VarianceKind::Short);
        Ok(open)
    }

    /// What a consignment misses of each line that is still to go on as it was promised: units of its shorts that nobody resolved.
    pub(super) async fn missing(&mut self, loaded: &Loaded) -> Result<BTreeMap<i64, i64>, Error> {
        let mut missing = BTreeMap::new();
        let open = self.open_shorts(&loaded.head.code).await?;
        for short in open.iter().filter(|short| is_promised(loaded, short)) {
            *missing.entry(short.line).or_default() += short.quantity;
        }
        Ok(missing)
    }

    /// What a consignment misses where it stands, while the rest goes another way than was promised: nothing binds it to its step any more, and
    /// it is nobody's to promise or to send until somebody decides. So it is booked apart, as what is missed at the end of a way is.
    pub(super) async fn book_apart_missing(&mut self, loaded: &Loaded) -> Result<(), Error> {
        let head = &loaded.head;
        for short in self.open_shorts(&head.code).await? {
            let lies_here = |at: &&AccountKey| {
                let stands = at.purpose == AccountPurpose::OnHand && at.place.as_ref() == Some(&head.place);
                // What its donor still has committed comes into the books when it leaves.
                stands && (head.passed > 0 || short.offer.is_none())
            };
            let Some(at) = short.account.as_ref().filter(lies_here).filter(|_| is_promised(loaded, &short)) else {
                continue;
            };
            let units = store::variance_units(&mut self.conn, &[&short.code]).await?;
            let units = units.get(short.code.as_str()).map_or(&[][..], Vec::as_slice);
            let takes = takes(self.tracking(&at.resource), units, short.quantity)?;
            let apart = AccountKey { purpose: AccountPurpose::Quarantine, ..at.clone() };
            self.post(Activity::Inspect, self.subject_of(&short), at, &apart, &takes);
            self.writes.push(Write::BookedApart(short.code.clone(), Box::new((at.clone(), apart, short.quantity))));
        }
        Ok(())
    }

    /// What was missing is there after all, or is written off.
    pub(super) async fn end_short(
        &mut self,
        variance: &Variance,
        units: &[Unit],
        resolution: Resolution,
        actor: &Actor,
    ) -> Result<(), Error> {
        let mut missed = self.missed(variance, units, actor).await?;
        let line = variance.line;
        // Steps that were promised after it was missed are for the rest of its line alone.
        for ((_, passed), entry) in
            missed.loaded.steps.range((line, 0)..=(line, i64::MAX)).filter(|(_, entry)| **entry < missed.since)
        {
            let code = missed.loaded.head.code.as_str();
            let mut next = store::next_steps(&mut self.conn, code, *passed).await?;
            if let Some(found) = next.remove(&line).filter(|step| step.from == *missed.from) {
                missed.step = Some((*passed, *entry, found));
                break;
            }
        }
        if missed.step.is_none() && missed.from.purpose == AccountPurpose::InTransit {
            return Err(Error::Invalid(message!("variance-over", variance = &variance.code)));
        }
        let there = match resolution {
            Resolution::Found | Resolution::Miscounted => self.is_found(&missed).await?,
            _ => self.is_lost(&missed).await?,
        };
        let head = &missed.loaded.head;
        let empty = missed.loaded.lines.iter().all(|line| line.present == 0) && !there;
        if empty && head.state == ConsignmentState::AtNode {
            let now = self.over(&head.code, head.clone(), Some(&variance.code)).await?;
            if now != *head {
                self.writes.push(Write::Set(now));
            }
        }
        Ok(())
    }

    /// What was kept apart as hurt is not: what of its line has come counts it, too. It is with the rest of that where it still lies there
    /// and nothing more of it is to come; else it is stock of the place, for what was promised of it was taken back when it was found.
    pub(super) async fn end_unhurt(&mut self, variance: &Variance, units: &[Unit], actor: &Actor) -> Result<(), Error> {
        let missed = self.missed(variance, units, actor).await?;
        let head = &missed.loaded.head;
        if let Some(then) = self.reached_then(&missed, Milestone::ArrivedAtNode).await? {
            self.comes_late(&missed, Milestone::ArrivedAtNode, then);
        }
        let stock = self.is_stock(&missed);
        let mut last = store::next_steps(&mut self.conn, head.code.as_str(), head.passed - 1).await?;
        // The rest may have changed its owner since.
        if last.remove(&variance.line).is_some_and(|step| step.to == stock) {
            self.rejoins(&missed);
        }
        Ok(())
    }

    /// What is known of something that a consignment misses, or that is kept apart of it; of no step of it yet.
    async fn missed<'v>(
        &mut self,
        variance: &'v Variance,
        units: &'v [Unit],
        actor: &Actor,
    ) -> Result<Missed<'v>, Error> {
        let gone = || Error::Invalid(message!("variance-over", variance = &variance.code));
        let (consignment, from) = variance.consignment.as_ref().zip(variance.account.as_ref()).ok_or_else(gone)?;
        let resource = variance.resource.as_ref().ok_or_else(gone)?;
        let EntryRef::Known(since) = variance.entry else { return Err(gone()) };
        let takes = takes(self.tracking(resource), units, variance.quantity)?;
        let seen = Actor { viewer: everything(), ..actor.clone() };
        let loaded = self.app.consignment(&mut self.conn, consignment.as_str(), &seen).await?;
        Ok(Missed { variance, units, from, takes, loaded, step: None, since })
    }

    /// It is written off; gives whether anything of it is with the consignment again: nothing.
    async fn is_lost(&mut self, missed: &Missed<'_>) -> Result<bool, Error> {
        let Missed { variance, from, .. } = *missed;
        if let Some((passed, ..)) = missed.step {
            self.give_up(missed, passed).await?;
        }
        // What its donor had not yet handed over comes out of what was committed.
        if let Some(offer) = &variance.offer {
            self.supply(vec![(offer.clone(), from.clone(), missed.takes.clone())]).await?;
        }
        let lost = AccountKey { purpose: AccountPurpose::Lost, ..from.clone() };
        self.post(Activity::Lose, self.subject_of(variance), from, &lost, &missed.takes);
        Ok(false)
    }

    /// It is there; gives whether it is with the consignment again.
    async fn is_found(&mut self, missed: &Missed<'_>) -> Result<bool, Error> {
        let Missed { variance, loaded, .. } = missed;
        let head = &loaded.head;
        let Some((passed, entry, step)) = &missed.step else {
            return Ok(self.is_found_apart(missed));
        };
        let received = step.to.purpose == AccountPurpose::InService && !head.state.is_open();
        let received = if received { self.reached_then(missed, Milestone::ReceivedByUnit).await? } else { None };
        if let Some(then) = received {
            // The unit has it after all.
            self.settle(*entry, missed.takes.clone());
            self.with_the_rest(missed);
            self.comes_late(missed, Milestone::ReceivedByUnit, then);
            if step.from.owner != step.to.owner {
                let then = self.reached_then(missed, Milestone::TitleTransferred).await?.unwrap_or(then);
                self.comes_late(missed, Milestone::TitleTransferred, then);
            }
            let of = BTreeMap::from([(step.to.resource.clone(), variance.quantity)]);
            let need = missed.line().and_then(|line| line.need.clone());
            self.received(need.map(|need| (need, of)).into_iter().collect()).await?;
            return Ok(false);
        }
        let mut now = *passed;
        if missed.from.purpose == AccountPurpose::InTransit {
            // It is at the place where it was missed.
            self.settle(*entry, missed.takes.clone());
            now += 1;
            if let Some(then) = self.reached_then(missed, Milestone::ArrivedAtNode).await? {
                self.comes_late(missed, Milestone::ArrivedAtNode, then);
            }
        }
        let next = loaded.coming(variance.line, now).next();
        if missed.stands(now) && next.is_none_or(|entry| entry < missed.since) {
            self.with_the_rest(missed);
            return Ok(true);
        }
        // The rest went on without it. By a plan it goes on from there, unless the rest of its line goes elsewhere; what was made up from stock
        // is stock again.
        if missed.line().is_none_or(|line| line.plan.is_none()) || !is_promised(loaded, variance) {
            self.give_up(missed, now).await?;
        }
        Ok(false)
    }

    /// It is there, and nothing is promised of it: with the rest of its line, where that still lies there, or stock of the place.
    fn is_found_apart(&mut self, missed: &Missed<'_>) -> bool {
        if missed.from.purpose != AccountPurpose::Quarantine {
            return false;
        }
        self.is_stock(missed);
        self.rejoins(missed)
    }

    /// It is taken out of quarantine; gives the account of stock where it then is.
    fn is_stock(&mut self, missed: &Missed<'_>) -> AccountKey {
        let stock = AccountKey { purpose: AccountPurpose::OnHand, ..missed.from.clone() };
        self.post(Activity::Inspect, self.subject_of(missed.variance), missed.from, &stock, &missed.takes);
        stock
    }

    /// It is with the rest of its line, if that still lies there and nothing more of it is to come; gives whether that is so.
    fn rejoins(&mut self, missed: &Missed<'_>) -> bool {
        let passed = missed.loaded.head.passed;
        let follows = missed.loaded.coming(missed.variance.line, passed).next().is_some();
        let joins = missed.stands(passed) && !follows;
        if joins {
            self.with_the_rest(missed);
        }
        joins
    }

    /// Takes what was promised of it out of a line's steps, and out of what is bound to its need.
    async fn give_up(&mut self, missed: &Missed<'_>, passed: i64) -> Result<(), Error> {
        let (loaded, line) = (&missed.loaded, missed.variance.line);
        let of_it = |entry: EntryNumber| entry < missed.since;
        self.release_of(loaded, (line, passed), missed.variance.quantity, of_it);
        // Where the rest of its line goes elsewhere, its need was given up with that.
        match is_promised(loaded, missed.variance) {
            true => self.bind_lines(loaded, &[(line, -missed.variance.quantity)]).await,
            false => Ok(()),
        }
    }

    /// It is in its line of the consignment again.
    fn with_the_rest(&mut self, missed: &Missed<'_>) {
        let Some(line) = missed.line() else { return };
        let code = missed.loaded.head.code.clone();
        let again = missed.units.iter().map(|unit| Unit { line: line.line, sscc: None, ..unit.clone() });
        let units = missed.loaded.units_of(line.line).into_iter().chain(again).collect();
        let present = line.present + missed.variance.quantity;
        // If all of it was said to be hurt, that was wrong.
        let hurt = |condition: &Condition| self.is_hurt(&line.resource, *condition);
        let condition = match line.condition {
            Some(condition) if missed.variance.kind == VarianceKind::Damaged && hurt(&condition) => {
                Some(Condition::Serviceable)
            }
            condition => condition,
        };
        self.writes.push(Write::Set(missed.loaded.head.clone()));
        self.write_lines(&code, (vec![Line { present, condition, ..line.clone() }], vec![line.line], units));
    }

    /// Which of a consignment's milestones the one is that was counted without it; none, if it reached none.
    async fn reached_then(&mut self, missed: &Missed<'_>, kind: Milestone) -> Result<Option<i64>, Error> {
        let reached = milestone::milestones(&mut self.conn, missed.loaded.head.code.as_str()).await?;
        let known = missed.variance;
        let of_kind = || {
            (1..)
                .zip(&reached)
                .filter(|(_, one)| one.kind == kind && one.completes.is_none() && one.taken_back.is_none())
        };
        let then = of_kind().find(|(_, one)| one.recorded_at == known.recorded_at && one.place == known.place);
        // What was missed before the rest was received belongs to that receipt.
        let last = || of_kind().filter(|_| kind != Milestone::ArrivedAtNode).last();
        Ok(then.or_else(last).map(|(number, _)| number))
    }

    /// It reached a milestone later than the rest of its line.
    fn comes_late(&mut self, missed: &Missed<'_>, kind: Milestone, completes: i64) {
        let (variance, head) = (missed.variance, &missed.loaded.head);
        let place = Consignment { place: variance.place.clone(), ..head.clone() };
        let remark = format!("{}: {}", variance.code, self.actor.reason);
        let entry = EntryRef::Command(0);
        let reached = Reached { completes: Some(completes), ..self.reaching(&place, kind, None, &remark, entry) };
        let units = missed.units.iter().map(|unit| Unit { sscc: None, ..unit.clone() }).collect();
        let found = Found { line: variance.line, quantity: variance.quantity, units };
        let number = self.next_milestone(head);
        self.writes.push(Write::ReachedLate((head.code.clone(), number), Box::new((reached, found))));
    }
}

/// Whether what a consignment misses is still to go on as it was promised: what was promised after it was missed is for the rest of its
/// line alone, and of what is booked apart nothing is promised.
fn is_promised(loaded: &Loaded, short: &Variance) -> bool {
    let EntryRef::Known(since) = short.entry else { return false };
    if short.account.as_ref().is_some_and(|at| at.purpose == AccountPurpose::Quarantine) {
        return false;
    }
    loaded.coming(short.line, loaded.head.passed).next().is_some_and(|entry| entry < since)
}

//! A consignment is looked at where it stands: in which condition its lines are, what of them is hurt, and what is not there any more.

use std::collections::{BTreeMap, BTreeSet};

use muster_domain::{
    code::Code,
    consignment::{Condition, ConsignmentState, Milestone, Seen},
    item::Tracking,
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::Activity,
    },
    message,
    policy::Action,
};
use muster_storage::transfer::{Consignment, Line, Unit, Write};

use super::{
    Loaded, Work,
    count::{Count, split_off},
    custody::{Circumstances, Done, allowed},
    subject,
    taken::Taken,
    takes,
};
use crate::{Actor, App, Error};

/// How lines were found; what is hurt is kept apart from then on, what is not there is missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The line.
    pub line: i64,
    /// In which condition, or that it is missing.
    pub seen: Seen,
    /// How many of its units are so, the others being as they should; none: all of them.
    pub quantity: Option<i64>,
    /// Which of them, where they are known by serial number and not all are so.
    pub serials: Vec<String>,
    /// How many of each lot, where they are known by lots and not all are so. Of several lots, each must be named.
    pub lots: Vec<(String, i64)>,
    /// A remark.
    pub remark: String,
}

/// How many units of a line are so, which, and which are not.
type Parted = (i64, Vec<Unit>, Vec<Unit>);

impl Finding {
    fn parted(&self, tracking: Tracking, line: &Line, units: Vec<Unit>) -> Result<Parted, Error> {
        let named: BTreeSet<&str> = self.serials.iter().map(String::as_str).collect();
        if !named.is_empty() {
            let (so, rest): (Vec<Unit>, Vec<Unit>) =
                units.into_iter().partition(|unit| named.contains(unit.serial.as_str()));
            let quantity = so.len() as i64;
            if so.len() != named.len() || self.quantity.is_some_and(|stated| stated != quantity) {
                return Err(Error::Invalid(message!("count-by-serial", line = line.line)));
            }
            return Ok((quantity, so, rest));
        }
        if !self.lots.is_empty() {
            return self.parted_by_lot(tracking, line, units);
        }
        let quantity = self.quantity.unwrap_or(line.present);
        self.are_there(line, quantity)?;
        if quantity < line.present && units.iter().any(|unit| !unit.serial.is_empty()) {
            return Err(Error::Invalid(message!("count-by-serial", line = line.line)));
        }
        let lots: BTreeSet<&str> = units.iter().map(|unit| unit.lot.as_str()).collect();
        if quantity < line.present && lots.len() > 1 {
            return Err(Error::Invalid(message!("inspect-each-lot", line = line.line)));
        }
        let mut rest = units;
        let so = split_off(&mut rest, quantity);
        Ok((quantity, so, rest))
    }

    fn parted_by_lot(&self, tracking: Tracking, line: &Line, mut rest: Vec<Unit>) -> Result<Parted, Error> {
        let number = line.line;
        if tracking != Tracking::Lot {
            return Err(Error::Invalid(message!("count-has-no-lots", line = number)));
        }
        let (mut so, mut seen) = (Vec::new(), BTreeSet::new());
        for (lot, quantity) in &self.lots {
            if !seen.insert(lot) {
                return Err(Error::Invalid(message!("count-lot-twice", line = number, lot)));
            }
            let (mut own, others): (Vec<Unit>, Vec<Unit>) = rest.into_iter().partition(|unit| unit.lot == *lot);
            let present: i64 = own.iter().map(|unit| unit.quantity).sum();
            if present == 0 {
                return Err(Error::Invalid(message!("lot-not-here", lot, line = number)));
            }
            if *quantity < 1 || *quantity > present {
                return Err(Error::Invalid(message!("split-too-much", line = number, present, asked = *quantity)));
            }
            so.extend(split_off(&mut own, *quantity));
            rest = others;
            rest.extend(own);
        }
        let quantity = so.iter().map(|unit| unit.quantity).sum();
        if self.quantity.is_some_and(|stated| stated != quantity) {
            return Err(Error::Invalid(message!("count-by-lot", line = number)));
        }
        Ok((quantity, so, rest))
    }

    fn are_there(&self, line: &Line, quantity: i64) -> Result<(), Error> {
        if (1..=line.present).contains(&quantity) {
            return Ok(());
        }
        let (present, asked) = (line.present, quantity);
        Err(Error::Invalid(message!("split-too-much", line = line.line, present, asked)))
    }
}

impl App {
    /// Somebody looked at a consignment: the condition of each line, and what of it is not there any more. What has come and is not fit for
    /// use, though it was to be, is a variance and kept apart; before it leaves, the gate looks at its condition. What is missing is a
    /// variance wherever the consignment stands, also before it leaves.
    ///
    /// # Errors
    /// If there is no such consignment or line, it is on its way, a line has not so many units, or the ledger or the database refuses.
    pub async fn consignment_inspect(
        &self,
        code: &str,
        findings: &[Finding],
        circumstances: &Circumstances,
        actor: &Actor,
    ) -> Result<Done, Error> {
        let begun = self.begin_with(code, (Activity::Inspect, "lines: "), circumstances.at, actor).await?;
        let Some((loaded, mut work)) = begun else { return Ok(Done::repeated()) };
        // Whoever keeps the place looks at what has come to it.
        let keeper = work.keeper(&loaded.head.place);
        let parties = [&loaded.head.consignor, &loaded.head.consignee].into_iter().chain(&keeper);
        work.may(Action::Move, &parties.collect::<Vec<_>>())?;
        allowed(&loaded.head, Milestone::Inspected)?;
        let entry = work.noted(Activity::Inspect, &loaded.head.code, format!("lines: {}", findings.len()));
        let came = loaded.head.state == ConsignmentState::AtNode;
        let misses = findings.iter().any(|finding| finding.seen == Seen::Missing);
        let places = if came || misses { work.holdings(&loaded).await? } else { BTreeMap::new() };
        let holder = places.values().next_back().map_or(&loaded.head.consignee, |held| &held.holder);
        let mut looked = Looked { taken: Taken::nothing(holder.clone()), touched: Vec::new(), left: Vec::new() };
        for finding in findings {
            let line = loaded.lines.iter().find(|line| line.line == finding.line);
            let no_line = || Error::Invalid(message!("consignment-no-line", line = finding.line, code));
            let line = line.ok_or_else(no_line)?;
            if looked.taken.lines.iter().any(|before: &Line| before.line == line.line) {
                return Err(Error::Invalid(message!("consignment-line-twice", line = line.line)));
            }
            let held = places.get(&line.line);
            let hurt = |condition: &Condition| came && work.is_hurt(&line.resource, *condition);
            match (finding.seen.condition(), held) {
                (None, Some(held)) => work.missed_here(&loaded, (line, finding), held, &mut looked).await?,
                (None, None) => finding.are_there(line, 0)?,
                (Some(condition), Some(held)) if hurt(&condition) => {
                    work.hurt_here(&loaded, (line, finding, condition), held, &mut looked).await?;
                }
                (Some(condition), _) => {
                    let remark = finding.remark.clone();
                    looked.taken.lines.push(Line { condition: Some(condition), remark, ..line.clone() });
                }
            }
        }
        let Looked { mut taken, touched, left } = looked;
        let variances = work.variances(&loaded, &taken, &Count::default()).await?;
        work.binds(&loaded.head.code, std::mem::take(&mut taken.released)).await?;
        let head = work.unless_over(&loaded, loaded.head.clone(), &taken).await?;
        work.writes.push(Write::Set(head));
        work.write_lines(&loaded.head.code, (taken.lines, touched, left));
        work.reached(&loaded.head, Milestone::Inspected, None, &circumstances.remark, entry);
        work.done().await?;
        Ok(Done { variances, ..Done::default() })
    }
}

/// What comes of looking at lines.
struct Looked {
    taken: Taken,
    /// Lines of which units are gone or kept apart.
    touched: Vec<i64>,
    /// The units that those still have.
    left: Vec<Unit>,
}

impl Work<'_> {
    /// Units of a line are hurt where they stand: they are kept apart, and nothing more of them is to come.
    async fn hurt_here(
        &mut self,
        loaded: &Loaded,
        (line, finding, condition): (&Line, &Finding, Condition),
        held: &AccountKey,
        looked: &mut Looked,
    ) -> Result<(), Error> {
        let tracking = self.tracking(&line.resource);
        let (quantity, hurt, rest) = finding.parted(tracking, line, loaded.units_of(line.line))?;
        self.lies_here(loaded, line, quantity).await?;
        let apart = AccountKey { purpose: AccountPurpose::Quarantine, ..held.clone() };
        self.release(loaded, line.line, loaded.head.passed, quantity);
        let takes = takes(tracking, &hurt, quantity)?;
        self.post(Activity::Inspect, subject(&loaded.head.code, line), held, &apart, &takes);
        looked.taken.hurt(line, (quantity, hurt), apart, &finding.remark);
        let whole = quantity == line.present;
        let condition = Some(if whole { condition } else { Condition::Serviceable });
        let (present, remark) = (line.present - quantity, finding.remark.clone());
        looked.taken.lines.push(Line { present, condition, remark, ..line.clone() });
        looked.touched.push(line.line);
        looked.left.extend(rest);
        Ok(())
    }

    /// Units of a line are not there any more. As long as nobody knows where they are, they stay in the account of the place, and what was
    /// promised of them stays promised, as with what did not come. Of what has no step any more nothing would keep them from being promised
    /// to others: those are booked apart.
    async fn missed_here(
        &mut self,
        loaded: &Loaded,
        (line, finding): (&Line, &Finding),
        held: &AccountKey,
        looked: &mut Looked,
    ) -> Result<(), Error> {
        let tracking = self.tracking(&line.resource);
        let (quantity, gone, rest) = finding.parted(tracking, line, loaded.units_of(line.line))?;
        let named: i64 = gone.iter().map(|unit| unit.quantity).sum();
        if tracking != Tracking::Quantity && named != quantity {
            return Err(Error::Invalid(message!("missing-unnamed", line = line.line)));
        }
        self.lies_here(loaded, line, quantity).await?;
        let mut account = held.clone();
        if !loaded.steps.contains_key(&(line.line, loaded.head.passed)) {
            account = AccountKey { purpose: AccountPurpose::Quarantine, ..account };
            self.release(loaded, line.line, loaded.head.passed, quantity);
            looked.taken.gives_up(line, quantity);
            let takes = takes(tracking, &gone, quantity)?;
            self.post(Activity::Inspect, subject(&loaded.head.code, line), held, &account, &takes);
        }
        looked.taken.misses(line, (quantity, gone), account, &finding.remark);
        looked.taken.lines.push(Line { present: line.present - quantity, ..line.clone() });
        looked.touched.push(line.line);
        looked.left.extend(rest);
        Ok(())
    }

    /// A consignment as it is to be written: over, once nothing of it is there any more and nothing of it is looked for.
    pub(super) async fn unless_over(
        &mut self,
        loaded: &Loaded,
        head: Consignment,
        taken: &Taken,
    ) -> Result<Consignment, Error> {
        let now =
            |line: &Line| taken.lines.iter().find(|of| of.line == line.line).map_or(line.present, |of| of.present);
        let there = loaded.lines.iter().any(|line| now(line) > 0);
        if there || taken.is_short() || head.state != ConsignmentState::AtNode {
            return Ok(head);
        }
        self.over(&loaded.head.code, head, None).await
    }

    /// The same, of which nothing is there: unless something of it is still looked for, besides one variance that ends now.
    pub(super) async fn over(
        &mut self,
        code: &Code,
        head: Consignment,
        ended: Option<&Code>,
    ) -> Result<Consignment, Error> {
        if self.open_shorts(code).await?.iter().any(|short| Some(&short.code) != ended) {
            return Ok(head);
        }
        self.noted(Activity::Inspect, code, "over: nothing of it is there any more".into());
        Ok(Consignment { state: ConsignmentState::Closed, departs_at: None, ..head })
    }
}

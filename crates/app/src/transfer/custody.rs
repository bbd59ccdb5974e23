//! Custody: a consignment is readied, departs, arrives and is received. Each time goods are counted line by line, gates are looked at, and
//! who hands over and who takes over sign.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    consignment::{Condition, ConsignmentState, Milestone},
    gate::{Departure, Gate, GateLine, Shut, promised},
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::Activity,
    },
    message,
    message::Message,
    policy::Action,
    variance::VarianceKind,
};
use muster_storage::transfer::{
    Consignment, Line, Override, Unit, Write,
    read::{self as store, NextStep},
};

pub use super::boarding::Conveyance;
use super::{
    Loaded, Work,
    boarding::arrival,
    count::{Count, Counted, counted, parts},
    giving::{ByNeed, add},
    handover::{Signed, SignedFor},
    packing::Packed,
    race::unless_overtaken,
    returning::goes_back,
    subject,
    taken::{Taken, Wrong},
    takes,
};
use crate::{Actor, App, Error, day};

/// When, with which authority, and who signed.
#[derive(Clone, Debug, Default)]
pub struct Circumstances {
    /// When it happened; none: now.
    pub at: Option<Timestamp>,
    /// Gates that are opened with authority.
    pub overrides: Vec<Gate>,
    /// Who handed over and who took over.
    pub signed: Option<Signed>,
    /// A remark.
    pub remark: String,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Done {
    /// What does not hold and only warns, or was opened with authority.
    pub warnings: Vec<Message>,
    /// Variances that were found.
    pub variances: Vec<Code>,
    /// The handover, if it was signed.
    pub handover: Option<Code>,
    /// The movement, of departures.
    pub movement: Option<Code>,
    /// The same request was done before.
    pub repeated: bool,
}

impl Done {
    pub(super) fn repeated() -> Self {
        Self { repeated: true, ..Self::default() }
    }
}

impl App {
    /// What does not hold before a consignment goes, on the lane that it goes next, as far as the actor sees its lines.
    ///
    /// # Errors
    /// If there is no such consignment, or the database fails.
    pub async fn gates(&self, code: &str, actor: &Actor) -> Result<Vec<Shut>, Error> {
        let unkeyed = Actor { key: None, ..actor.clone() };
        // Looking does nothing, so that nobody can have been faster.
        let loaded = self.consignment(&mut self.read().await?, code, actor).await?;
        let Some(mut work) = self.work(&unkeyed, &format!("look at {code}"), None).await? else {
            return Ok(Vec::new());
        };
        let mut shut = work.shut(&loaded.head, &loaded.lines, &loaded.units, &[]).await?;
        let seen = store::lines(&mut work.conn, &actor.viewer, code).await?;
        // What is wrong with all lines together is told to who sees them all.
        let sees = |line| match line {
            0 => seen.len() == loaded.lines.len(),
            line => seen.iter().any(|l| l.line == line),
        };
        shut.retain(|shut| sees(shut.line));
        Ok(shut)
    }

    /// A consignment is counted, packed and in order.
    ///
    /// # Errors
    /// If there is none, it is not being packed, a gate is shut, or the ledger or the database refuses.
    pub async fn consignment_ready(
        &self,
        code: &str,
        packed: &[Packed],
        circumstances: &Circumstances,
        actor: &Actor,
    ) -> Result<Done, Error> {
        let begun = self.begin_with(code, (Activity::Ready, "lines: "), circumstances.at, actor).await?;
        let Some((loaded, mut work)) = begun else { return Ok(Done::repeated()) };
        work.may(Action::Move, &[&loaded.head.consignor])?;
        allowed(&loaded.head, Milestone::Readied)?;
        let (changed, replaced, units) = work.packed_lines(&loaded, packed).await?;
        let lines: Vec<Line> = loaded
            .lines
            .iter()
            .map(|line| changed.iter().find(|c| c.line == line.line).unwrap_or(line).clone())
            .collect();
        let kept = loaded.units.iter().filter(|unit| !replaced.contains(&unit.line)).cloned();
        let all: Vec<Unit> = kept.chain(units.iter().cloned()).collect();
        let entry = work.noted(Activity::Ready, &loaded.head.code, format!("lines: {}", lines.len()));
        let shut = work.shut(&loaded.head, &lines, &all, &[]).await?;
        let warnings = work.open(&loaded.head.code, shut, circumstances, &Gate::OF_THE_WAY)?;
        let head = Consignment { state: ConsignmentState::Readied, ..loaded.head.clone() };
        work.write_lines(&head.code, (changed, replaced, units));
        work.writes.push(Write::Set(head.clone()));
        work.reached(&head, Milestone::Readied, None, &circumstances.remark, entry);
        work.done().await?;
        Ok(Done { warnings, ..Done::default() })
    }

    /// A consignment leaves the place where it is.
    ///
    /// # Errors
    /// If there is none, it is not ready, nothing leads on, a gate is shut, or the ledger or the database refuses.
    pub async fn consignment_depart(
        &self,
        code: &str,
        conveyance: &Conveyance,
        circumstances: &Circumstances,
        actor: &Actor,
    ) -> Result<Done, Error> {
        unless_overtaken!(self.departs(code, conveyance, circumstances, actor).await)
    }

    async fn departs(
        &self,
        code: &str,
        conveyance: &Conveyance,
        circumstances: &Circumstances,
        actor: &Actor,
    ) -> Result<Done, Error> {
        let begun = self.begin_with(code, (Activity::Depart, "lane "), circumstances.at, actor).await?;
        let Some((loaded, mut work)) = begun else { return Ok(Done::repeated()) };
        allowed(&loaded.head, Milestone::Departed)?;
        let picture = work.picture.clone();
        let lane = loaded.head.lane().and_then(|lane| picture.lanes.get(lane.as_str()));
        let lane = lane.ok_or_else(|| Error::Invalid(message!("consignment-at-end", consignment = code)))?;
        if loaded.lines.iter().all(|line| line.present == 0) {
            return Err(Error::Invalid(message!("consignment-empty", consignment = code)));
        }
        // Whoever may not send it is not told why it could not go.
        let steps = work.next_steps(&loaded).await?;
        let holder = holder(&loaded.lines, &steps, |step| &step.from).unwrap_or(&loaded.head.consignor);
        work.may(Action::Move, &[holder])?;
        let entry = work.noted(Activity::Depart, &loaded.head.code, format!("lane {}", lane.code));
        let (movement, leg) = work.board(&loaded.head.code, conveyance, lane).await?;
        let beside = store::beside(&mut work.conn, movement.as_str(), leg).await?;
        let shut = work.shut(&loaded.head, &loaded.lines, &loaded.units, &beside).await?;
        let mut warnings = work.open(&loaded.head.code, shut, circumstances, &[])?;
        work.leave(&loaded, steps).await?;
        let signed_for = SignedFor::stated(&loaded);
        let (handover, odd) = work.sign(&loaded.head, Milestone::Departed, circumstances, signed_for).await?;
        warnings.extend(odd);
        let head = Consignment {
            state: ConsignmentState::UnderWay,
            place: lane.to.code().clone(),
            passed: loaded.head.passed + 1,
            arrives_at: Some(arrival(lane, work.at)),
            sent_to: None,
            ..loaded.head.clone()
        };
        work.writes.push(Write::Load(head.code.clone(), (movement.clone(), leg), loaded.head.passed));
        // The milestone is of the place that it leaves.
        work.reached(&loaded.head, Milestone::Departed, Some(movement.clone()), &circumstances.remark, entry);
        work.writes.push(Write::Set(head));
        work.done().await?;
        Ok(Done { warnings, handover, movement: Some(movement), ..Done::default() })
    }

    /// A consignment reaches the place to which it is going and is counted there.
    ///
    /// # Errors
    /// If there is none, it is not under way, the count does not fit its lines, or the ledger or the database refuses.
    pub async fn consignment_arrive(
        &self,
        code: &str,
        count: &Count,
        circumstances: &Circumstances,
        actor: &Actor,
    ) -> Result<Done, Error> {
        let begun = self.begin_with(code, (Activity::Arrive, "place "), circumstances.at, actor).await?;
        let Some((loaded, mut work)) = begun else { return Ok(Done::repeated()) };
        allowed(&loaded.head, Milestone::ArrivedAtNode)?;
        let entry = work.noted(Activity::Arrive, &loaded.head.code, format!("place {}", loaded.head.place));
        let (done, mut taken) = work.taken_over(&loaded, Milestone::ArrivedAtNode, count, circumstances).await?;
        work.binds(&loaded.head.code, std::mem::take(&mut taken.released)).await?;
        let head = Consignment {
            state: ConsignmentState::AtNode,
            passed: loaded.head.passed + 1,
            arrives_at: None,
            departs_at: work.next_departure(&loaded).await?,
            ..loaded.head.clone()
        };
        let reached = head.clone();
        let head = work.unless_over(&loaded, head, &taken).await?;
        let load = store::loads(&mut work.conn, code).await?.into_iter().next_back();
        if let Some((_, movement, leg)) = &load {
            work.writes.push(Write::LegArrived(movement.clone(), *leg, work.at));
        }
        work.writes.push(Write::Set(head));
        let movement = load.map(|(_, movement, _)| movement);
        work.reached(&reached, Milestone::ArrivedAtNode, movement, &circumstances.remark, entry);
        work.done().await?;
        Ok(done)
    }

    /// The unit takes over what has come to its place, and with it the recipient its title, unless it is lent. What no unit is to have is from then on stock
    /// of the place, as it was counted at its arrival.
    ///
    /// # Errors
    /// If there is none, it is not at its end, the count does not fit its lines, what goes into stock is counted otherwise or signed for, or
    /// the ledger or the database refuses.
    pub async fn consignment_receive(
        &self,
        code: &str,
        count: &Count,
        circumstances: &Circumstances,
        actor: &Actor,
    ) -> Result<Done, Error> {
        unless_overtaken!(self.receives(code, count, circumstances, actor).await)
    }

    async fn receives(
        &self,
        code: &str,
        count: &Count,
        circumstances: &Circumstances,
        actor: &Actor,
    ) -> Result<Done, Error> {
        let begun = self.begin_with(code, (Activity::Receive, "place "), circumstances.at, actor).await?;
        let Some((loaded, mut work)) = begun else { return Ok(Done::repeated()) };
        allowed(&loaded.head, Milestone::ReceivedByUnit)?;
        if !loaded.head.has_come() {
            return Err(Error::Invalid(message!("consignment-not-at-end", consignment = code)));
        }
        let entry = work.noted(Activity::Receive, &loaded.head.code, format!("place {}", loaded.head.place));
        let (done, taken) = work.taken_over(&loaded, Milestone::ReceivedByUnit, count, circumstances).await?;
        let by_unit: Vec<i64> = taken.lines.iter().map(|line| line.line).collect();
        let mut by_need = ByNeed::new();
        for line in &taken.lines {
            if let Some(need) = &line.need {
                add(&mut by_need, need, &line.resource, line.present);
            }
        }
        work.received(by_need).await?;
        work.binds(&loaded.head.code, taken.released).await?;
        let head = Consignment { state: ConsignmentState::Closed, departs_at: None, ..loaded.head.clone() };
        work.writes.push(Write::Set(head.clone()));
        if !taken.titled.is_empty() {
            work.reached_by(&head, (Milestone::TitleTransferred, Some(taken.titled)), None, "", entry);
        }
        if !by_unit.is_empty() {
            work.reached_by(&head, (Milestone::ReceivedByUnit, Some(by_unit)), None, &circumstances.remark, entry);
        }
        work.done().await?;
        Ok(done)
    }
}

/// Whose people may take over a consignment: of each of the hands into which it comes, that party and whoever is to have all of it. Several
/// units at one place take over their own, `at_end` of its way; only who keeps the place does so for all of them.
pub(super) fn hands<'a>(
    head: &'a Consignment,
    at_end: bool,
    lines: &[Line],
    steps: &'a BTreeMap<i64, NextStep>,
    keeper: Option<&'a Code>,
) -> Vec<Vec<&'a Code>> {
    let to = lines.iter().filter(|line| line.present > 0).filter_map(|line| steps.get(&line.line));
    let hands: BTreeSet<&Code> = to.map(|step| &step.to.holder).collect();
    if hands.is_empty() {
        return vec![vec![&head.consignee]];
    }
    let for_all = if hands.len() < 2 || !at_end { Some(&head.consignee) } else { keeper };
    hands.into_iter().map(|hand| [hand].into_iter().chain(for_all).collect()).collect()
}

impl Work<'_> {
    /// What does not hold before lines go on the lane that is next.
    pub(crate) async fn shut(
        &mut self,
        head: &Consignment,
        lines: &[Line],
        units: &[Unit],
        beside: &[String],
    ) -> Result<Vec<Shut>, Error> {
        let needs: BTreeSet<&Code> = lines.iter().filter_map(|line| line.need.as_ref()).collect();
        let there = self.there(&needs.into_iter().collect::<Vec<_>>()).await?;
        let mut known: BTreeMap<i64, i64> = BTreeMap::new();
        for unit in units.iter().filter(|unit| !unit.serial.is_empty() || !unit.lot.is_empty()) {
            *known.entry(unit.line).or_default() += unit.quantity;
        }
        let gate_line = |line: &&'_ Line| line.present > 0;
        let lines = lines.iter().filter(gate_line).map(|line| GateLine {
            line: line.line,
            resource: line.resource.as_str(),
            quantity: line.present,
            known: known.get(&line.line).copied().unwrap_or(0),
            offer: line.offer.as_ref().filter(|_| !goes_back(line)).map(Code::as_str),
            need: line.need.as_ref().map(Code::as_str),
            condition: line.condition,
        });
        let lane = head.lane().and_then(|lane| self.picture.lanes.get(lane.as_str()));
        let beside = beside.iter().map(String::as_str).collect();
        let departure =
            Departure { picture: &self.picture, on: day(self.at), lines: lines.collect(), lane, beside, there };
        Ok(departure.shut())
    }

    /// Whether goods that were to be fit for use are found not to be.
    pub(crate) fn is_hurt(&self, resource: &Code, found: Condition) -> bool {
        promised(&self.picture, resource.as_str()) == Some(Condition::Serviceable)
            && matches!(found, Condition::Damaged | Condition::Unserviceable)
    }

    /// Opens gates with authority; those that stay shut are told. `later` are looked at when it goes.
    pub(crate) fn open(
        &mut self,
        code: &Code,
        shut: Vec<Shut>,
        circumstances: &Circumstances,
        later: &[Gate],
    ) -> Result<Vec<Message>, Error> {
        let opened = |shut: &Shut| circumstances.overrides.contains(&shut.gate) && shut.gate.may_be_overridden();
        let closed: Vec<Message> = shut
            .iter()
            .filter(|s| s.gate.blocks() && !later.contains(&s.gate) && !opened(s))
            .map(|s| if s.line > 0 { message!("of-line", line = s.line, why = s.why.clone()) } else { s.why.clone() })
            .collect();
        if !closed.is_empty() {
            return Err(Error::Invalid(message!("gates-shut", why = closed)));
        }
        let overridden: Vec<&Shut> = shut.iter().filter(|s| s.gate.blocks() && opened(s)).collect();
        if !overridden.is_empty() {
            self.may(Action::Override, &[])?;
            if self.actor.reason.trim().is_empty() {
                return Err(Error::Invalid(message!("override-without-reason")));
            }
            let gates: BTreeSet<&str> = overridden.iter().map(|s| s.gate.as_str()).collect();
            let about = format!("gates opened: {}", gates.into_iter().collect::<Vec<_>>().join(", "));
            let entry = self.noted(Activity::Ready, code, about);
            let one = |s: &&Shut| Override {
                gate: s.gate,
                line: s.line,
                reason: self.actor.reason.clone(),
                actor: self.actor.name().to_owned(),
                recorded_at: self.now,
                entry,
            };
            let all = overridden.iter().map(one).collect();
            self.writes.push(Write::Overrides(code.clone(), all));
        }
        Ok(shut
            .into_iter()
            .filter(|s| !s.gate.blocks() || opened(s) || later.contains(&s.gate))
            .map(|s| s.why)
            .collect())
    }

    /// Posts that all that is with a consignment leaves.
    async fn leave(&mut self, loaded: &Loaded, mut steps: BTreeMap<i64, NextStep>) -> Result<(), Error> {
        let (mut wanted, mut moves) = (Vec::new(), Vec::new());
        for line in loaded.lines.iter().filter(|line| line.present > 0) {
            let NextStep { entry: pending, from, .. } = step(&mut steps, loaded, line)?;
            let takes = takes(self.tracking(&line.resource), &loaded.units_of(line.line), line.present)?;
            // Only what leaves its donor's place for the first time comes out of what was offered.
            if let Some(offer) = line.offer.as_ref().filter(|_| loaded.head.passed == 0 && line.ready_from.is_none()) {
                wanted.push((offer.clone(), from, takes.clone()));
            }
            moves.push((pending, takes));
        }
        self.supply(wanted).await?;
        for (pending, takes) in moves {
            self.settle(pending, takes);
        }
        Ok(())
    }

    /// A count of a consignment becomes postings and variances; who hands over and who takes over sign, and its lines are as counted.
    async fn taken_over(
        &mut self,
        loaded: &Loaded,
        milestone: Milestone,
        count: &Count,
        circumstances: &Circumstances,
    ) -> Result<(Done, Taken), Error> {
        let steps = self.next_steps(loaded).await?;
        self.may_take_over(loaded, &steps)?;
        let holder = holder(&loaded.lines, &steps, |step| &step.to).unwrap_or(&loaded.head.consignee).clone();
        let taken = self.take_over(loaded, steps, count, holder)?;
        if taken.lines.is_empty() && circumstances.signed.is_some() {
            return Err(Error::Invalid(message!("stock-unsigned", consignment = &loaded.head.code)));
        }
        let variances = self.variances(loaded, &taken, count).await?;
        let signed_for = SignedFor::counted(loaded, &taken, count);
        let (handover, warnings) = self.sign(&loaded.head, milestone, circumstances, signed_for).await?;
        let recounted = taken.units.iter().filter(|unit| taken.recounted.contains(&unit.line)).cloned().collect();
        self.write_lines(&loaded.head.code, (taken.lines.clone(), taken.recounted.clone(), recounted));
        Ok((Done { warnings, variances, handover, ..Done::default() }, taken))
    }

    /// That the actor may take over each line.
    fn may_take_over(&self, loaded: &Loaded, steps: &BTreeMap<i64, NextStep>) -> Result<(), Error> {
        let keeper = self.keeper(&loaded.head.place);
        let hands = hands(&loaded.head, loaded.head.is_at_end(), &loaded.lines, steps, keeper.as_ref());
        hands.into_iter().try_for_each(|parties| self.may(Action::Move, &parties))
    }

    /// Posts what was counted of a consignment, line by line.
    fn take_over(
        &mut self,
        loaded: &Loaded,
        mut steps: BTreeMap<i64, NextStep>,
        count: &Count,
        holder: Code,
    ) -> Result<Taken, Error> {
        let counted = counted(loaded, count)?;
        let mut taken = Taken::nothing(holder);
        for line in &loaded.lines {
            let units = loaded.units_of(line.line);
            if line.present == 0 {
                taken.units.extend(units);
                continue;
            }
            let all = Counted { line: line.line, received: line.present, ..Counted::default() };
            let counted = counted.get(&line.line).copied().unwrap_or(&all);
            let tracking = self.tracking(&line.resource);
            let parts = parts(tracking, line, &units, counted)?;
            if loaded.head.is_at_end() && !steps.contains_key(&line.line) {
                // No unit is to have it: it is where it is.
                if parts.received != line.present || parts.over > 0 {
                    return Err(Error::Invalid(message!("consignment-counted", line = line.line)));
                }
                taken.units.extend(units);
                continue;
            }
            let NextStep { entry: pending, from, to, .. } = step(&mut steps, loaded, line)?;
            let good = takes(tracking, &parts.good, parts.received)?;
            let hurt = takes(tracking, &parts.hurt, parts.damaged)?;
            if parts.received > 0 {
                self.settle(pending, good);
                taken.titled.extend((from.owner != to.owner).then_some(line.line));
            }
            // A unit does not take over what is hurt: it is kept apart where it is.
            let receiving = to.purpose == AccountPurpose::InService;
            let here = if receiving { from.clone() } else { to.clone() };
            let apart = AccountKey { purpose: AccountPurpose::Quarantine, ..here.clone() };
            if parts.damaged > 0 {
                let after = loaded.head.passed + i64::from(!receiving);
                if !receiving {
                    self.settle(pending, hurt.clone());
                }
                self.release(loaded, line.line, after, parts.damaged);
                taken.gives_up(line, parts.damaged);
                self.post(Activity::Inspect, subject(&loaded.head.code, line), &here, &apart, &hurt);
            }
            let wrong = |kind, quantity, units: &[Unit], account: &AccountKey| Wrong {
                kind,
                line: line.clone(),
                quantity,
                units: units.to_vec(),
                // What a unit does not take over is in the hands of whoever keeps the place.
                holder: if kind == VarianceKind::Short { to.holder.clone() } else { account.holder.clone() },
                account: account.clone(),
                remark: parts.remark.clone(),
            };
            for (kind, quantity, units, account) in [
                (VarianceKind::Short, parts.short, &parts.missing, &from),
                (VarianceKind::Damaged, parts.damaged, &parts.hurt, &apart),
                (VarianceKind::Over, parts.over, &parts.extra, &apart),
            ] {
                if quantity > 0 {
                    taken.wrong.push(wrong(kind, quantity, units, account));
                }
            }
            if parts.received != line.present {
                taken.recounted.push(line.line);
            }
            taken.units.extend(parts.good);
            taken.lines.push(Line { present: parts.received, ..line.clone() });
        }
        Ok(taken)
    }

    /// The next steps of a consignment's lines.
    pub(crate) async fn next_steps(&mut self, loaded: &Loaded) -> Result<BTreeMap<i64, NextStep>, Error> {
        Ok(store::next_steps(&mut self.conn, loaded.head.code.as_str(), loaded.head.passed).await?)
    }

    /// When it is to leave the place that it reaches now.
    async fn next_departure(&mut self, loaded: &Loaded) -> Result<Option<Timestamp>, Error> {
        if loaded.head.passed + 1 >= 2 * loaded.head.route.len() as i64 {
            return Ok(None);
        }
        let next = store::next_steps(&mut self.conn, loaded.head.code.as_str(), loaded.head.passed + 1).await?;
        Ok(next.into_values().map(|step| step.due.max(self.at)).min())
    }
}

/// A line's next step.
pub(crate) fn step(steps: &mut BTreeMap<i64, NextStep>, loaded: &Loaded, line: &Line) -> Result<NextStep, Error> {
    let none = || Error::Invalid(message!("consignment-no-step", line = line.line, consignment = &loaded.head.code));
    steps.remove(&line.line).ok_or_else(none)
}

/// Who holds its goods on one side of its next step.
pub(super) fn holder<'a>(
    lines: &[Line],
    steps: &'a BTreeMap<i64, NextStep>,
    side: fn(&NextStep) -> &AccountKey,
) -> Option<&'a Code> {
    let last = lines.iter().rfind(|line| line.present > 0 && steps.contains_key(&line.line))?;
    steps.get(&last.line).map(|step| &side(step).holder)
}

/// That a milestone may follow where it stands.
pub(super) fn allowed(head: &Consignment, milestone: Milestone) -> Result<(), Error> {
    if head.state.allows(milestone) {
        return Ok(());
    }
    let (milestone, state) = (milestone.as_str(), head.state.as_str());
    Err(Error::Invalid(message!("milestone-not-now", milestone, consignment = &head.code, state)))
}

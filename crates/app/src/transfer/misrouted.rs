//! Goods that turn up at another place than they were sent to: whoever keeps that place has them in their hands, knows the number on them,
//! and says so. They are in its keeping from then on, and what was promised of them is promised by the way that leads on from there.

use std::collections::BTreeSet;

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    consignment::{ConsignmentState, Milestone},
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::Activity,
    },
    message,
    policy::Action,
};
use muster_storage::transfer::{
    Consignment, Line, Unit, Write,
    read::{self as store, NextStep},
    tell,
};

use super::{
    Loaded, Work,
    giving::{ByNeed, add},
    redirection::{Parts, done},
    subject, takes,
};
use crate::{Actor, App, Error, day, everything, plan::acceptance::unit_of, text::text_of};

/// Longest remark, in characters.
const LONGEST_REMARK: usize = 1_000;

impl App {
    /// Records that a consignment, or a handling unit out of one, came to a place to which it was not sent: by its exact code or number, which
    /// is all that whoever records it need know. Gives the consignment that stands there now: of a handling unit it is one of its own, unless
    /// nothing else was under way with it.
    ///
    /// # Errors
    /// If nothing with that code or number is under way, it was sent there, the actor does not keep the place, no remark is made, or the
    /// ledger or the database refuses.
    pub async fn consignment_turned_up(
        &self,
        (place, thing): (&str, &str),
        at: Option<Timestamp>,
        remark: &str,
        actor: &Actor,
    ) -> Result<Code, Error> {
        let thing = thing.trim();
        let found = tell::under_way(&mut self.read().await?, thing).await?;
        let did = format!("turned up at {place}");
        let base = match &found {
            Some((head, _)) => format!("{} version {}", head.code, head.version),
            None => format!("{thing} {did}"),
        };
        let Some(mut work) = self.work_once(actor, (&base, &did), at).await? else {
            let before = self.before(actor).await?.subject.consignment;
            return before.ok_or_else(|| Error::Invalid(message!("key-used")));
        };
        let place = work.place(place).await?.code.clone();
        let keeper = work.keeper(&place);
        work.may(Action::Move, &keeper.iter().collect::<Vec<_>>())?;
        let remark = text_of("remark", remark, LONGEST_REMARK)?;
        let missing = || Error::Invalid(message!("turned-up-nothing", thing));
        let (head, sscc) = found.ok_or_else(missing)?;
        let seen = Actor { viewer: everything(), ..actor.clone() };
        let mut loaded = self.consignment(&mut work.conn, head.code.as_str(), &seen).await?;
        if loaded.head != head {
            return Err(Error::Changed);
        }
        if head.place == place {
            return Err(Error::Invalid(message!("turned-up-right", consignment = &head.code, place = &place)));
        }
        if let Some(at) = at {
            work.follows(&head, at).await?;
        }
        let whole = |sscc: &String| {
            let on = |unit: &&Unit| unit.sscc.as_ref() == Some(sscc);
            let on: i64 = loaded.units.iter().filter(on).map(|unit| unit.quantity).sum();
            on == loaded.lines.iter().map(|line| line.present).sum::<i64>()
        };
        let of = match &sscc {
            Some(sscc) if !whole(sscc) => Some((self.dated_code("C"), sscc.clone())),
            _ => None,
        };
        let code = of.as_ref().map_or(&head.code, |(code, _)| code).clone();
        let entry = work.noted(Activity::Arrive, &code, format!("{did}{SENT_TO}{}", head.place));
        let known = work.known_steps(&loaded).await?;
        if let Some((new, sscc)) = of {
            loaded = work.part_off(&loaded, &new, &Parts { lines: &[], whole: BTreeSet::from([sscc]) }).await?;
        }
        let (head, movement) = work.turns_up((&loaded, &known), &place, keeper.as_ref()).await?;
        work.writes.push(Write::Set(head.clone()));
        work.reached(&head, Milestone::ArrivedAtNode, movement, &remark, entry);
        work.done().await?;
        Ok(code)
    }
}

/// How the journal says where it was going instead.
pub(super) const SENT_TO: &str = ", sent to ";

/// By which lanes what turned up goes on, and where they end.
struct Onward {
    route: Vec<Code>,
    to: Code,
    /// Whether that is where its plan would have brought it after the consignment's own way.
    further: bool,
}

impl Work<'_> {
    /// A consignment that is under way comes to another place, as it was stated; gives it as it then is, and the movement that brought it.
    async fn turns_up(
        &mut self,
        (loaded, known): (&Loaded, &[(NextStep, bool)]),
        place: &Code,
        keeper: Option<&Code>,
    ) -> Result<(Consignment, Option<Code>), Error> {
        let onward = self.onward(loaded, place).await?;
        let missing = self.missing(loaded).await?;
        let (mut laid, mut units, mut bound, mut unbound) = (Vec::new(), Vec::new(), ByNeed::new(), Vec::new());
        for line in loaded.lines.iter().filter(|line| line.present > 0) {
            let entry = loaded.steps.get(&(line.line, loaded.head.passed));
            let step = known.iter().find(|(step, _)| Some(&step.entry) == entry);
            let none =
                || Error::Invalid(message!("consignment-no-step", line = line.line, consignment = &loaded.head.code));
            let (NextStep { from, .. }, lent) = step.ok_or_else(none)?;
            let here = AccountKey {
                purpose: AccountPurpose::OnHand,
                holder: keeper.unwrap_or(&from.holder).clone(),
                place: Some(place.clone()),
                via: None,
                ..from.clone()
            };
            let missed = missing.get(&line.line).copied().unwrap_or(0);
            self.release(loaded, line.line, loaded.head.passed, line.present + missed);
            let of = subject(&loaded.head.code, line);
            let takes = takes(self.tracking(&line.resource), &loaded.units_of(line.line), line.present)?;
            let mut entries = vec![self.post(Activity::Arrive, of.clone(), from, &here, &takes)];
            let received = loaded.steps.contains_key(&(line.line, 2 * loaded.head.route.len() as i64));
            let leads = onward.as_ref().is_some_and(|onward| received || onward.further);
            let need = line.need.as_ref().filter(|_| leads);
            if let Some(of) = &line.need {
                // What it misses is promised to nobody any more, and nothing of it if nothing leads on.
                let lost = if need.is_some() { 0 } else { line.present };
                add(&mut bound, of, &line.resource, -missed - lost);
            }
            unbound.extend(need.is_none().then(|| Line { need: None, plan: None, ..line.clone() }));
            if let Some(onward) = &onward {
                let need = need.map(|need| (need, *lent));
                units.extend(need.and_then(|(need, _)| unit_of(&self.picture, need.as_str())));
                entries.extend(self.promise(&of, &here, &onward.route, need, line.present)?.0);
            }
            laid.push((line.line, loaded.head.passed, entries));
        }
        self.binds(&loaded.head.code, bound).await?;
        let head = self.stands_at(&loaded.head, place, onward, units);
        self.writes.push(Write::Bound(head.code.clone(), unbound));
        self.writes.push(Write::Steps(head.code.clone(), laid));
        Ok((head, self.left_behind(&loaded.head).await?))
    }

    /// The steps that a consignment's lines are on, and whether what is in them is lent.
    async fn known_steps(&mut self, loaded: &Loaded) -> Result<Vec<(NextStep, bool)>, Error> {
        let mut known = Vec::new();
        for (number, step) in self.next_steps(loaded).await? {
            let Some(line) = loaded.lines.iter().find(|line| line.line == number) else { continue };
            known.push((step, self.is_line_lent(loaded, line).await?));
        }
        Ok(known)
    }

    /// The lanes that lead from a place to where the consignment's goods are to be in the end; nothing, if none do.
    async fn onward(&mut self, loaded: &Loaded, place: &Code) -> Result<Option<Onward>, Error> {
        // A plan that parts, or goes on into a repair or course, ends here: what it was to do with these is to be planned anew.
        let further = match self.further(loaded).await {
            Ok(further) => self.end_of(&further).cloned(),
            Err(Error::Invalid(_)) => None,
            Err(error) => return Err(error),
        };
        let (to, further) = (further.as_ref().unwrap_or(&loaded.head.destination).clone(), further.is_some());
        let route = self.picture.quickest(place.as_str(), to.as_str(), day(self.at));
        Ok(route.map(|route| Onward { route, to, further }))
    }

    /// The consignment at a place to which it was not sent, and who sees it from then on.
    fn stands_at(&mut self, head: &Consignment, place: &Code, onward: Option<Onward>, units: Vec<Code>) -> Consignment {
        let gone = done(head) + 1;
        let mut stands = Consignment {
            state: ConsignmentState::AtNode,
            place: place.clone(),
            sent_to: Some(head.place.clone()),
            route: head.route.iter().take(gone).cloned().collect(),
            passed: head.passed + 1,
            departs_at: Some(self.now),
            arrives_at: None,
            ..head.clone()
        };
        let mut audiences: Vec<(Code, bool)> = units.iter().map(|unit| (unit.clone(), true)).collect();
        audiences.extend(self.keeper(place).map(|keeper| (keeper, true)));
        if let Some(Onward { route, to, further }) = onward {
            audiences.extend(self.keepers_along(place.as_str(), &route));
            if further {
                stands.consignee = self.who_takes(units, &to).unwrap_or(stands.consignee);
                audiences.push((stands.consignee.clone(), true));
            }
            stands.route.extend(route);
            stands.destination = to;
        }
        self.writes.push(Write::Sees(head.code.clone(), audiences));
        stands
    }

    /// The movement on which it was; its leg is over, if nothing else rides on it.
    async fn left_behind(&mut self, head: &Consignment) -> Result<Option<Code>, Error> {
        let code = head.code.as_str();
        let Some((_, movement, leg)) = store::loads(&mut self.conn, code).await?.into_iter().next_back() else {
            return Ok(None);
        };
        let on = tell::loaded(&mut self.conn, &everything(), movement.as_str()).await?;
        let rides = |one: &Consignment| one.code != head.code && one.state == ConsignmentState::UnderWay;
        if !on.get(&leg).is_some_and(|(all, _)| all.iter().any(rides)) {
            self.writes.push(Write::LegArrived(movement.clone(), leg, self.at));
        }
        Ok(Some(movement))
    }
}

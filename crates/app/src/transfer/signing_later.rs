//! Who handed over and who took over may sign later: what both signed on paper at the gate is photographed in the office. They sign for what was
//! recorded, at its place and time; the receipt says that it was signed for later.

use std::collections::{BTreeMap, BTreeSet};

use muster_domain::{
    code::Code,
    consignment::Milestone,
    ledger::entry::{Activity, Entry},
    message,
    message::Value,
    policy::Action,
    variance::VarianceKind,
};
use muster_storage::transfer::{
    Consignment, EntryRef, Line, Reached, Write, milestone, read as store, taken_back, then,
};

use super::{
    Loaded, Work,
    custody::{Circumstances, Done},
    handover::{Means, SignedFor},
    taken::{Taken, Wrong},
    unmanifested::Unmanifested,
};
use crate::{Actor, App, Error};

impl App {
    /// Two sign for a milestone of a consignment, counted from 1, by which custody passed and for which nobody signed: by PIN or on paper.
    ///
    /// # Errors
    /// If there is no such milestone, no custody passed by it, it was signed for or taken back, nobody or a key signs, the actor moves nothing of
    /// whom it concerns, or the ledger or the database refuses.
    pub async fn consignment_sign(
        &self,
        code: &str,
        number: i64,
        circumstances: &Circumstances,
        actor: &Actor,
    ) -> Result<Done, Error> {
        let mut conn = self.read().await?;
        let loaded = self.consignment(&mut conn, code, actor).await?;
        let said = format!("milestone {number} signed for");
        // Others may do something with it at the same time: neither is in the way of the other.
        let base = format!("{code} {said} {}", self.secret(16));
        let same =
            |before: &Entry| before.subject.consignment.as_ref() == Some(&loaded.head.code) && before.about == said;
        let Some(mut work) = self.work_on(conn, actor, &base, None, same).await? else { return Ok(Done::repeated()) };
        let reached = work.unsigned(&loaded.head, number).await?;
        let keeper = work.keeper(&reached.place);
        let parties: Vec<&Code> = [&loaded.head.consignor, &loaded.head.consignee].into_iter().chain(&keeper).collect();
        work.may(Action::Move, &parties)?;
        let by_key = |means: &Means| matches!(means, Means::Key { .. } | Means::Passkey { .. });
        match &circumstances.signed {
            None => return Err(Error::Invalid(message!("sign-later-nobody"))),
            Some(signed) if by_key(&signed.from.means) || by_key(&signed.to.means) => {
                return Err(Error::Invalid(message!("sign-later-by-key")));
            }
            Some(_) => {}
        }
        work.noted(Activity::HandOver, &loaded.head.code, said.clone());
        let then = work.then(&loaded, number, &reached).await?;
        // They sign for what was then and there.
        work.at = reached.occurred_at;
        let signed_for = SignedFor::later(&then.loaded, &then.taken, &then.things);
        let (handover, warnings) = work.sign(&then.loaded.head, reached.kind, circumstances, signed_for).await?;
        let signed = work.signed.take();
        work.writes.extend(signed.map(|(code, handover)| Write::SignedLater(code, handover)));
        work.at = work.now;
        work.done().await?;
        Ok(Done { warnings, handover, ..Done::default() })
    }
}

/// A consignment as it was at a milestone, and what was counted then.
struct Then {
    loaded: Loaded,
    taken: Option<Taken>,
    things: Vec<Unmanifested>,
}

impl Work<'_> {
    /// A milestone by which custody passed and for which nobody signed.
    async fn unsigned(&mut self, head: &Consignment, number: i64) -> Result<Reached, Error> {
        let code = &head.code;
        let none = || Error::NotFound { what: "milestone", code: format!("{code} {number}") };
        let all = milestone::milestones(&mut self.conn, code.as_str()).await?;
        let at = usize::try_from(number - 1).ok();
        let reached = at.and_then(|at| all.into_iter().nth(at)).ok_or_else(none)?;
        let milestone = Value::word(reached.kind.as_str());
        if !reached.kind.passes_custody() || reached.completes.is_some() || reached.taken_back.is_some() {
            return Err(Error::Invalid(message!("sign-later-no-custody", consignment = code, milestone)));
        }
        let handovers = store::handovers(&mut self.conn, code.as_str()).await?;
        match handovers.iter().find(|handover| handover.milestone == number) {
            Some(handover) => {
                let handover = &handover.code;
                Err(Error::Invalid(message!("sign-later-signed", consignment = code, milestone, handover)))
            }
            None => Ok(reached),
        }
    }

    /// A consignment as it was at a milestone: its lines and units as they were counted, and what was found wrong with them.
    async fn then(&mut self, loaded: &Loaded, number: i64, reached: &Reached) -> Result<Then, Error> {
        let code = loaded.head.code.as_str();
        let gone = || Error::NotFound { what: "milestone", code: format!("{code} {number}") };
        let then = then::at(&mut self.conn, code, number).await?.ok_or_else(gone)?;
        let EntryRef::Known(first) = reached.entry else { return Err(gone()) };
        let entries = taken_back::written(&mut self.conn, first).await?;
        let found = self.found_by(&loaded.head.code, &entries).await?;
        let here = |line: i64| then.lines.iter().find(|of| of.line == line).map_or(0, |of| of.present);
        let counts = |line: i64, kinds: &[VarianceKind]| {
            let of_it = found.iter().filter(|(one, _)| one.line == line && kinds.contains(&one.kind));
            of_it.map(|(one, _)| one.quantity).sum::<i64>()
        };
        let numbers: BTreeSet<i64> =
            then.lines.iter().map(|of| of.line).chain(found.iter().map(|(one, _)| one.line)).collect();
        let known = loaded.lines.iter().filter(|line| numbers.contains(&line.line));
        let counted = reached.kind != Milestone::Departed;
        let missing = [VarianceKind::Short, VarianceKind::Damaged];
        let stated =
            known.clone().map(|line| Line { present: here(line.line) + counts(line.line, &missing), ..line.clone() });
        let mut taken = Taken::nothing(then.consignee.clone());
        taken.lines = known.map(|line| Line { present: here(line.line), ..line.clone() }).collect();
        taken.units = then.units.clone();
        let (on_lines, others): (Vec<_>, Vec<_>) = found.iter().partition(|(one, _)| one.line > 0);
        for (one, units) in on_lines {
            let line = loaded.lines.iter().find(|line| line.line == one.line);
            let Some((line, account)) = line.zip(one.account.as_ref()) else { continue };
            taken.wrong.push(Wrong {
                kind: one.kind,
                line: line.clone(),
                quantity: one.quantity,
                units: units.clone(),
                holder: one.holder.clone(),
                account: account.clone(),
                remark: one.remark.clone(),
            });
        }
        let thing = |one: &muster_storage::transfer::Variance| Unmanifested {
            description: one.description.clone(),
            quantity: one.quantity,
            ..Unmanifested::default()
        };
        // What was parted since was one thing then.
        let mut things: BTreeMap<&Code, Unmanifested> = BTreeMap::new();
        for (one, _) in others {
            let whole = things.entry(one.whole()).or_insert_with(|| Unmanifested { quantity: 0, ..thing(one) });
            whole.quantity += one.quantity;
        }
        let things = things.into_values().collect();
        // How far it had come by then: before the milestone.
        let all = milestone::milestones(&mut self.conn, code).await?;
        let since = all.iter().skip(usize::try_from(number - 1).unwrap_or_default()).filter(|one| {
            let passes = matches!(one.kind, Milestone::Departed | Milestone::ArrivedAtNode);
            passes && one.completes.is_none() && one.taken_back.is_none()
        });
        let passed = (loaded.head.passed - since.count() as i64).max(0);
        let head = Consignment {
            consignor: then.consignor,
            consignee: then.consignee,
            place: reached.place.clone(),
            milestones: number - 1,
            passed,
            ..loaded.head.clone()
        };
        let (lines, units) = (stated.collect(), then.units);
        let (steps, beyond) = (loaded.steps.clone(), loaded.beyond.clone());
        let loaded = Loaded { head, lines, units, steps, beyond };
        Ok(Then { loaded, taken: counted.then_some(taken), things })
    }
}

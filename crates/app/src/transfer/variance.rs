//! Variances: what came or stands somewhere is not what was shipped. What is hurt, too much or on no manifest is kept apart; what is missing
//! stays where it was last (`short`). Each is resolved by who may, and the journal says how. What is missing has thirty days; what stays open is taken to others by itself.

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::{Activity, Subject},
    },
    message,
    policy::Action,
    resource::ResourceState,
    variance::{Escalation, Resolution, VarianceKind, agreed, due},
    viewer::Viewer,
};
use muster_storage::transfer::{
    Count as Counting, EntryRef, PartOf, Unit, Variance, Write, parts, read as store,
    tell::{self, VarianceFilter},
};

use super::{
    Loaded, Work,
    count::Count,
    elsewhere::{Elsewhere, elsewhere, is_in_words},
    moves,
    parting::SomeOf,
    taken::Taken,
    unmanifested::Named,
};
use crate::{Actor, App, Error, commitment::source_of, everything};

/// Most things on no manifest in one count.
const MOST_UNMANIFESTED: usize = 200;

/// Most blind counts of one person: whoever goes on until others agree counts nothing.
const MOST_COUNTS: i64 = 3;

/// Most variances that are taken to somebody at once.
const ESCALATED_AT_ONCE: i64 = 100;

/// A variance with its counts, as far as a viewer sees them.
#[derive(Clone, Debug)]
pub struct ShownVariance {
    /// The variance.
    pub variance: Variance,
    /// Its units by lot or serial number.
    pub units: Vec<Unit>,
    /// The blind counts, with those that were counted again: all once two agree or it is resolved; until then only the viewer's own.
    pub counts: Vec<Counting>,
    /// How many people counted.
    pub counted_by: usize,
    /// What two of them agreed on.
    pub agreed: Option<i64>,
    /// Whom it was taken to because it stayed open, and when that was noted, the first first.
    pub escalations: Vec<(Escalation, Timestamp)>,
    /// Whom it waits for, besides those before; nobody once it is resolved.
    pub waits_for: Option<Escalation>,
    /// Whether the viewer is to count it blind, or may count it again: then how many there are, and which, is not for them to know before.
    pub blind: bool,
    /// Where the books hold units of what is kept in words only, as far as the viewer sees that.
    pub elsewhere: Vec<Elsewhere>,
    /// Parts of it that were resolved by themselves.
    pub parts: Vec<PartOf>,
}

impl ShownVariance {
    /// Its place in the list of all: when its time runs out, in microseconds, and its code.
    pub fn place(&self) -> (i64, String) {
        (self.variance.due_at.as_microsecond(), self.variance.code.to_string())
    }

    /// How many there are of it still, by what two people agreed on: parts of it are resolved only after that.
    pub(super) fn counted(&self) -> Option<i64> {
        self.agreed.map(|agreed| agreed - self.parts.iter().map(|part| part.quantity).sum::<i64>())
    }
}

/// Whether nobody counted again what they had counted so.
pub fn is_last(count: &Counting, all: &[Counting]) -> bool {
    !all.iter().any(|other| other.actor == count.actor && other.number > count.number)
}

impl App {
    /// Variances that the viewer sees, those whose time runs out first before others.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn variances(
        &self,
        viewer: &Viewer,
        filter: &VarianceFilter,
        limit: i64,
    ) -> Result<Vec<ShownVariance>, Error> {
        let mut conn = self.read().await?;
        let found = tell::variances(&mut conn, viewer, filter, limit).await?;
        let codes: Vec<&Code> = found.iter().map(|variance| &variance.code).collect();
        let mut units = store::variance_units(&mut conn, &codes).await?;
        let mut counts = store::counts(&mut conn, &codes).await?;
        // What is a part by itself was taken to somebody with the whole.
        let wholes: Vec<&Code> = found.iter().map(Variance::whole).collect();
        let escalations = store::escalations(&mut conn, &wholes).await?;
        let mut parts = parts(&mut conn, &codes).await?;
        let now = filter.moment(self.now());
        let show = |variance: Variance| {
            let units = units.remove(variance.code.as_str()).unwrap_or_default();
            let mut counts = counts.remove(variance.code.as_str()).unwrap_or_default();
            counts.retain(|count| count.counted_at <= now);
            let last: Vec<&Counting> = counts.iter().filter(|count| is_last(count, &counts)).collect();
            let counted_by = last.len();
            let agreed = agreed(last.iter().map(|count| (count.actor.as_str(), count.quantity)));
            if agreed.is_none() && variance.resolved.is_none() {
                counts.retain(|count| count.actor == viewer.name);
            }
            let mut escalations = escalations.get(variance.whole().as_str()).cloned().unwrap_or_default();
            let until = variance.resolved.as_ref().map_or(now, |(_, at, ..)| now.min(*at));
            escalations.retain(|(_, at)| *at <= until);
            let waits_for = variance.resolved.is_none().then(|| Escalation::of(variance.due_at, now));
            let counts_it = viewer.party.is_some() && moves(viewer, &variance.holder);
            let open = variance.resolved.is_none() && agreed.is_none();
            let blind = open && variance.kind.needs_blind_count() && counts_it;
            let (elsewhere, parts) = (Vec::new(), parts.remove(variance.code.as_str()).unwrap_or_default());
            ShownVariance {
                variance,
                units,
                counts,
                counted_by,
                agreed,
                escalations,
                waits_for,
                blind,
                elsewhere,
                parts,
            }
        };
        let mut all: Vec<ShownVariance> = found.into_iter().map(show).collect();
        for one in all.iter_mut().filter(|one| !one.blind && is_in_words(&one.variance)) {
            let Some(resource) = &one.variance.resource else { continue };
            one.elsewhere = elsewhere(&mut conn, viewer, resource, &one.units).await?.0;
        }
        Ok(all)
    }

    /// A variance that the viewer sees.
    ///
    /// # Errors
    /// If there is none, or the database fails.
    pub async fn variance(&self, viewer: &Viewer, code: &str) -> Result<ShownVariance, Error> {
        let filter = VarianceFilter { code: Some(code.to_owned()), ..VarianceFilter::default() };
        let found = self.variances(viewer, &filter, 1).await?.pop();
        found.ok_or_else(|| Error::NotFound { what: "variance", code: code.to_owned() })
    }

    /// Somebody counted what is kept apart, not knowing what others counted; at a time, or now. As long as no two agree they may count again,
    /// in the place of what they counted before.
    ///
    /// # Errors
    /// If there is no such variance, it was not there then, nothing is kept apart, two agree, they counted often, or the ledger or the
    /// database refuses.
    pub async fn variance_count(
        &self,
        code: &str,
        (quantity, remark): (i64, &str),
        at: Option<Timestamp>,
        actor: &Actor,
    ) -> Result<(), Error> {
        let shown = self.variance(&actor.viewer, code).await?;
        let own = shown.counts.iter().filter(|count| count.actor == actor.name()).map(|count| count.number);
        let number = own.max().unwrap_or(0) + 1;
        let again = if number > 1 { format!(" again {number}") } else { String::new() };
        let (base, did) = (format!("{code} counted by {}{again}", actor.name()), format!("{code} counted"));
        let Some(mut work) = self.work_once(actor, (&base, &did), at).await? else { return Ok(()) };
        let variance = shown.variance;
        work.may(Action::Move, &[&variance.holder])?;
        // Who knows what two agreed on counts nothing blind.
        if shown.agreed.is_some() {
            return Err(Error::Invalid(message!("counted-enough", variance = code)));
        }
        if work.at < variance.occurred_at {
            let at = variance.occurred_at.to_string();
            return Err(Error::Invalid(message!("count-before-variance", variance = code, at)));
        }
        if variance.resolved.is_some() || !variance.kind.is_quarantined() {
            return Err(Error::Invalid(message!("nothing-to-count", variance = code)));
        }
        if quantity < 0 {
            return Err(Error::Invalid(message!("not-negative")));
        }
        if number > MOST_COUNTS {
            return Err(Error::Invalid(message!("counted-often", variance = code, times = MOST_COUNTS)));
        }
        work.noted_of(&variance, Activity::Inspect, format!("{code} counted"));
        let (by, remark) = (actor.name().to_owned(), remark.to_owned());
        let count = Counting { actor: by, number, quantity, counted_at: work.at, remark };
        work.writes.push(Write::Count(variance.code, count));
        work.done().await
    }

    /// Says what a thing on no manifest is: it then stands in the journal, in quarantine. Names that are given count, and not those that were
    /// read when it came.
    ///
    /// # Errors
    /// If there is none, it is in the books, no two counts agree, its units are tracked and not named, the books hold one of them elsewhere, or
    /// the ledger or the database refuses.
    pub async fn variance_identify(
        &self,
        code: &str,
        resource: &str,
        named: &Named,
        actor: &Actor,
    ) -> Result<(), Error> {
        let shown = self.variance(&actor.viewer, code).await?;
        let (base, did) = (format!("{code} identified"), format!("{code} is {resource}"));
        let Some(mut work) = self.work_once(actor, (&base, &did), None).await? else { return Ok(()) };
        let variance = shown.variance;
        work.may(Action::Move, &[&variance.holder])?;
        if variance.account.is_some() || variance.resolved.is_some() {
            return Err(Error::Invalid(message!("variance-known", variance = code)));
        }
        let agreed = shown.agreed.filter(|quantity| *quantity > 0);
        let quantity = agreed.ok_or_else(|| Error::Invalid(message!("blind-count-missing", variance = code)))?;
        let resource = work.resource(resource)?;
        let new = named.units(quantity)?;
        let units = if new.is_empty() { shown.units } else { new.clone() };
        work.are_named(&resource, &units, quantity)?;
        work.is_nowhere_else(&resource, &units).await?;
        let apart = work.apart(&variance.holder, &variance.place, &resource);
        work.noted_of(&variance, Activity::Inspect, format!("{code} is {resource}"));
        work.comes_in(&variance, &apart, &units, quantity);
        work.writes.push(Write::Identified(variance.code, (resource, apart, quantity), new));
        work.done().await
    }

    /// Resolves a variance: what is missing was found or is lost, what is kept apart is accepted, repaired, written off or sent back.
    ///
    /// # Errors
    /// If there is none, it is resolved, it cannot end so, no two counts agree where they must, or the ledger or the database refuses.
    pub async fn variance_resolve(&self, code: &str, resolution: Resolution, actor: &Actor) -> Result<(), Error> {
        self.variance_resolve_some(code, &SomeOf::default(), resolution, actor).await.map(drop)
    }

    /// Resolves a variance, or part of it: that is a variance of its own from then on, and the rest stays open. Gives the code of what was
    /// resolved.
    ///
    /// # Errors
    /// As [`App::variance_resolve`], or if it is no part of it: not in it, or all of it.
    pub async fn variance_resolve_some(
        &self,
        code: &str,
        some: &SomeOf,
        resolution: Resolution,
        actor: &Actor,
    ) -> Result<Code, Error> {
        let shown = self.variance(&actor.viewer, code).await?;
        let left = shown.variance.quantity;
        let (base, did) = match some.is_all() {
            true => (format!("{code} resolved"), format!("{code} {resolution}")),
            false => (
                format!("{code} of {left} in part {}", shown.parts.len()),
                format!("{code} in part {resolution}: {}: ", some.told()),
            ),
        };
        let Some(mut work) = self.work_once(actor, (&base, &did), None).await? else {
            return if some.is_all() { Ok(shown.variance.code) } else { self.parted_before(actor).await };
        };
        work.may(Action::Resolve, &[&shown.variance.holder])?;
        if shown.variance.resolved.is_some() {
            return Err(Error::Invalid(message!("variance-over", variance = code)));
        }
        let kind = shown.variance.kind;
        if !kind.resolutions().contains(&resolution) {
            let all: Vec<&str> = kind.resolutions().iter().map(|r| r.as_str()).collect();
            return Err(Error::Invalid(message!("must-be", right = message!("one-of", words = all.join(", ")))));
        }
        let (noted, shown) = if some.is_all() {
            (work.noted_of(&shown.variance, Activity::Inspect, did), shown)
        } else {
            let part = self.dated_code("V");
            let noted = work.noted_of(&shown.variance, Activity::Inspect, format!("{did}{part}"));
            (noted, work.split_variance(&shown, some, part)?)
        };
        let variance = &shown.variance;
        match kind {
            VarianceKind::Short => work.end_short(variance, &shown.units, resolution, actor).await?,
            VarianceKind::Damaged if resolution == Resolution::Miscounted => {
                work.end_unhurt(variance, &shown.units, actor).await?;
            }
            _ => work.end_apart(&shown, resolution)?,
        }
        work.resolves(variance, (resolution, &actor.reason), noted);
        work.done().await?;
        Ok(shown.variance.code)
    }

    /// The variance that became one of its own by the same request: the last word of what its first entry says.
    pub(super) async fn parted_before(&self, actor: &Actor) -> Result<Code, Error> {
        let said = self.before(actor).await?.about;
        let code = said.rsplit(' ').next().and_then(|code| Code::new(code).ok());
        code.ok_or_else(|| Error::Invalid(message!("key-used")))
    }

    /// Variances that wait for the viewer: what is in the hands of their party; what stayed open so long that the mission has to decide,
    /// for who sees everything; what nobody decided in time, for the nations that gave it.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn variances_waiting(&self, viewer: &Viewer, limit: i64) -> Result<Vec<ShownVariance>, Error> {
        let filter = VarianceFilter { waiting_at: Some(self.now()), ..VarianceFilter::default() };
        self.variances(viewer, &filter, limit).await
    }

    /// Takes variances that stayed open to whom they wait for by now, each once, and notes so in the journal; gives how many times.
    ///
    /// # Errors
    /// If the actor may not decide how variances end, somebody else does the same in this moment, or the ledger or the database refuses.
    pub async fn variances_escalate(&self, actor: &Actor) -> Result<usize, Error> {
        actor.may(Action::Resolve)?;
        let mut all = 0;
        for level in Escalation::TAKEN_TO {
            let due_by = Some(level.due_by(self.now()));
            let filter = VarianceFilter { due_by, not_yet: Some(level), ..VarianceFilter::default() };
            loop {
                let found = tell::variances(&mut self.read().await?, &everything(), &filter, ESCALATED_AT_ONCE).await?;
                if found.is_empty() {
                    break;
                }
                let mut work = self.work_anew(actor).await?;
                for variance in &found {
                    let about = format!("{} open for {} days: taken to the {level}", variance.code, level.days());
                    let noted = work.noted_of(variance, Activity::Inspect, about);
                    work.writes.push(Write::Escalated(variance.code.clone(), (level, work.now), noted));
                }
                work.done().await?;
                all += found.len();
            }
        }
        Ok(all)
    }
}

impl Work<'_> {
    /// Variances of what was counted of a consignment; gives their codes.
    pub(crate) async fn variances(
        &mut self,
        loaded: &Loaded,
        taken: &Taken,
        count: &Count,
    ) -> Result<Vec<Code>, Error> {
        let mut codes = Vec::new();
        if count.unmanifested.len() > MOST_UNMANIFESTED {
            return Err(Error::Invalid(message!("at-most", most = MOST_UNMANIFESTED)));
        }
        for wrong in &taken.wrong {
            let code = self.app.dated_code("V");
            let about = format!("{code} {} line {}", wrong.kind, wrong.line.line);
            let entry = self.noted(Activity::Inspect, &loaded.head.code, about);
            let variance = Variance {
                code: code.clone(),
                kind: wrong.kind,
                consignment: Some(loaded.head.code.clone()),
                line: wrong.line.line,
                place: loaded.head.place.clone(),
                holder: wrong.holder.clone(),
                resource: Some(wrong.line.resource.clone()),
                description: String::new(),
                quantity: wrong.quantity,
                account: Some(wrong.account.clone()),
                offer: wrong.line.offer.clone(),
                need: wrong.line.need.clone(),
                occurred_at: self.at,
                recorded_at: self.now,
                actor: self.actor.name().to_owned(),
                remark: wrong.remark.clone(),
                due_at: due(self.at),
                entry,
                resolved: None,
                part_of: None,
            };
            if wrong.kind == VarianceKind::Over {
                self.comes_in(&variance, &wrong.account, &wrong.units, wrong.quantity);
            }
            self.writes.push(Write::Variance(Box::new(variance), wrong.units.clone()));
            codes.push(code);
        }
        for thing in &count.unmanifested {
            let code = self.app.dated_code("V");
            let entry = self.noted(Activity::Inspect, &loaded.head.code, format!("{code} on no manifest"));
            let at = (Some(loaded.head.code.clone()), loaded.head.place.clone(), taken.holder.clone());
            self.unmanifested(code.clone(), at, thing, entry).await?;
            codes.push(code);
        }
        Ok(codes)
    }

    pub(crate) fn resource(&self, code: &str) -> Result<Code, Error> {
        let found = self.picture.resources.get(code).map(|resource| resource.code.clone());
        found.ok_or_else(|| Error::NotFound { what: "resource", code: code.to_owned() })
    }

    pub(crate) fn subject_of(&self, variance: &Variance) -> Subject {
        Subject {
            offer: variance.offer.clone(),
            need: variance.need.clone(),
            plan: None,
            consignment: variance.consignment.clone(),
        }
    }

    pub(super) fn noted_of(&mut self, variance: &Variance, activity: Activity, about: String) -> EntryRef {
        let subject = self.subject_of(variance);
        self.command(muster_domain::ledger::entry::Act::Note { activity, subject, about })
    }

    /// What is kept apart leaves quarantine.
    fn end_apart(&mut self, shown: &ShownVariance, resolution: Resolution) -> Result<(), Error> {
        let variance = &shown.variance;
        let code = &variance.code;
        let taken_in = matches!(resolution, Resolution::Accepted | Resolution::ToRepair | Resolution::Returned);
        let counted = match shown.counted().filter(|_| variance.kind.needs_blind_count()) {
            None if taken_in && variance.kind.needs_blind_count() => {
                return Err(Error::Invalid(message!("blind-count-missing", variance = code)));
            }
            Some(0) if taken_in => return Err(Error::Invalid(message!("nothing-to-take-in", variance = code))),
            agreed => agreed.filter(|_| taken_in).unwrap_or(variance.quantity),
        };
        let Some((resource, apart)) = variance.resource.as_ref().zip(variance.account.as_ref()) else {
            // Of a thing that nobody knows, or that the books hold elsewhere, nothing is in the books here.
            return if taken_in { Err(Error::Invalid(message!("variance-unknown", variance = code))) } else { Ok(()) };
        };
        let units = self.recounted(shown, apart, counted)?;
        let takes = self.takes_apart(apart, &units, counted);
        let subject = self.subject_of(variance);
        match resolution {
            Resolution::Accepted => {
                let stock = AccountKey { purpose: AccountPurpose::OnHand, ..apart.clone() };
                self.post(Activity::Inspect, subject, apart, &stock, &takes);
            }
            Resolution::ToRepair => {
                let broken = self.broken(resource)?;
                let inside =
                    AccountKey { purpose: AccountPurpose::InProcess, via: Some(code.clone()), ..apart.clone() };
                let stock = AccountKey { purpose: AccountPurpose::OnHand, ..apart.clone() }.of(&broken);
                self.post(Activity::Inspect, subject.clone(), apart, &inside, &takes);
                self.post(Activity::Inspect, subject, &inside.of(&broken), &stock, &takes);
            }
            Resolution::WrittenOff => {
                let lost = AccountKey { purpose: AccountPurpose::Lost, ..apart.clone() };
                self.post(Activity::Lose, subject, apart, &lost, &takes);
            }
            Resolution::Returned | Resolution::Miscounted => {
                self.post(Activity::Adjust, subject, apart, &source_of(apart), &takes);
            }
            Resolution::Found | Resolution::Lost | Resolution::TakenBack | Resolution::Manifested => {}
        }
        Ok(())
    }

    /// A variance ends, if nobody else changed what is in it since it was read.
    pub(super) fn resolves(&mut self, variance: &Variance, (resolution, reason): (Resolution, &str), noted: EntryRef) {
        let code = &variance.code;
        let recounted = self.writes.iter().rev().find_map(|write| match write {
            Write::Recounted(of, (_, counted)) if of == code => Some(*counted),
            _ => None,
        });
        let known = (variance.account.clone(), recounted.unwrap_or(variance.quantity));
        let resolved = (resolution, self.now, self.actor.name().to_owned(), reason.to_owned());
        self.writes.push(Write::Resolved(code.clone(), known, resolved, noted));
    }

    /// What is kept apart is as many as two people counted, not as many as were stated: what is not there goes out of the books, what is
    /// more comes in. Gives its units.
    pub(super) fn recounted(
        &mut self,
        shown: &ShownVariance,
        apart: &AccountKey,
        counted: i64,
    ) -> Result<Vec<Unit>, Error> {
        let (variance, stated) = (&shown.variance, shown.variance.quantity);
        if counted == stated {
            return Ok(shown.units.clone());
        }
        // Of units that are known one by one it must be said which.
        if shown.units.len() > 1 || shown.units.iter().any(|unit| !unit.serial.is_empty()) {
            let code = &variance.code;
            return Err(Error::Invalid(message!("blind-count-differs", variance = code, agreed = counted, stated)));
        }
        let of = |quantity: i64| -> Vec<Unit> { shown.units.iter().map(|u| Unit { quantity, ..u.clone() }).collect() };
        let more = counted - stated;
        if more > 0 {
            self.comes_in(variance, apart, &of(more), more);
        } else {
            let gone = self.takes_apart(apart, &of(-more), -more);
            self.post(Activity::Adjust, self.subject_of(variance), apart, &source_of(apart), &gone);
        }
        self.writes.push(Write::Recounted(variance.code.clone(), (stated, counted)));
        Ok(of(counted))
    }

    /// The same item, not fit for use.
    pub(crate) fn broken(&self, resource: &Code) -> Result<Code, Error> {
        let found = self.in_state(resource, ResourceState::Unserviceable);
        found.ok_or_else(|| Error::Invalid(message!("no-unserviceable", resource)))
    }
}

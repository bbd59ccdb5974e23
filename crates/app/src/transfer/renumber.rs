//! A serial number that was written down wrong: what is missing by the number on the papers is here under the one on its plate. The books
//! take the right number for the wrong one, and it is found.

use std::slice;

use muster_domain::{
    code::Code,
    ledger::{
        account::AccountKey,
        entry::{Act, Activity, Posting},
    },
    message,
    policy::Action,
    variance::{Resolution, VarianceKind},
};
use muster_storage::{
    ledger::read::holdings_of,
    transfer::{
        Unit, Variance, Write, history,
        standing::{held_at, with_number},
    },
};

use super::{Work, parting::SomeOf, unmanifested::LONGEST_NAME, variance::ShownVariance};
use crate::{Actor, App, Error, commitment::source_of, everything};

impl App {
    /// What is missing is here under another serial number than was written down: from then on it has that, and is found. What was kept apart
    /// by that number, as something on no manifest, is what was missing. Gives the code of the variance of it alone.
    ///
    /// # Errors
    /// If there is none, it is resolved, it is not missing, has no such unit, the numbers are the same, the books hold the right one
    /// elsewhere, or the ledger or the database refuses.
    pub async fn variance_renumber(&self, code: &str, wrong: &str, right: &str, actor: &Actor) -> Result<Code, Error> {
        let (wrong, right) = (wrong.trim(), right.trim());
        let shown = self.variance(&actor.viewer, code).await?;
        let variance = &shown.variance;
        if variance.resolved.is_some() && actor.key.is_none() {
            return Err(Error::Invalid(message!("variance-over", variance = code)));
        }
        let apart = match &variance.resource {
            Some(resource) => self.kept_apart(resource, right, &variance.place).await?,
            None => None,
        };
        let (base, did) =
            (format!("{code} of {} renumbered", variance.quantity), format!("{wrong} is {right}: {code}"));
        let Some(mut work) = self.work_once(actor, (&base, &did), None).await? else {
            return self.parted_before(actor).await;
        };
        work.may(Action::Resolve, &[&variance.holder])?;
        if variance.resolved.is_some() {
            return Err(Error::Invalid(message!("variance-over", variance = code)));
        }
        if variance.kind != VarianceKind::Short {
            return Err(Error::Invalid(message!("renumber-not-missing", variance = code)));
        }
        let was = shown.units.iter().find(|unit| unit.serial == wrong && !wrong.is_empty());
        let was = was.ok_or_else(|| Error::Invalid(message!("variance-part-not-in", variance = code, unit = wrong)))?;
        if right.is_empty() || right.chars().count() > LONGEST_NAME {
            return Err(Error::Invalid(message!("unit-name-length", most = LONGEST_NAME)));
        }
        if right == wrong {
            return Err(Error::Invalid(message!("renumber-same", serial = right)));
        }
        let now = Unit { serial: right.to_owned(), ..was.clone() };
        work.is_free(variance, &now, apart.as_ref()).await?;
        let (noted, missed) = if variance.quantity == 1 {
            (work.noted_of(variance, Activity::Inspect, did), shown.clone())
        } else {
            let part = self.dated_code("V");
            let noted = work.noted_of(variance, Activity::Inspect, format!("{did}, {part}"));
            let one = SomeOf { serials: vec![wrong.to_owned()], ..SomeOf::default() };
            (noted, work.split_variance(&shown, &one, part)?)
        };
        let variance = &missed.variance;
        let reason = format!("{wrong} is {right}: {}", actor.reason);
        if let Some(apart) = &apart {
            work.is_manifested(apart, right, &reason)?;
        }
        work.renumbers(variance, was, right).await?;
        let units = slice::from_ref(&now);
        work.writes.push(Write::VarianceUnits(variance.code.clone(), units.to_vec()));
        work.end_short(variance, units, Resolution::Found, actor).await?;
        work.resolves(variance, (Resolution::Found, &reason), noted);
        work.done().await?;
        Ok(missed.variance.code)
    }

    /// What is kept apart at a place by a serial number, as something on no manifest, if the books hold that number nowhere else.
    async fn kept_apart(&self, resource: &Code, serial: &str, place: &Code) -> Result<Option<ShownVariance>, Error> {
        let mut conn = self.read().await?;
        let held = held_at(&mut conn, resource, serial).await?;
        let [account] = held.as_slice() else { return Ok(None) };
        let known = history::variances(&mut conn, &everything(), resource.as_str(), serial).await?;
        drop(conn);
        let is_it = |one: &&Variance| {
            let open = one.kind == VarianceKind::Unmanifested && one.resolved.is_none();
            open && one.place == *place && one.account.as_ref() == Some(account)
        };
        match known.iter().find(is_it) {
            Some(one) => self.variance(&everything(), one.code.as_str()).await.map(Some),
            None => Ok(None),
        }
    }
}

impl Work<'_> {
    /// That no other unit has a number, by the books or by the papers of a consignment; but for what is kept apart by it.
    async fn is_free(&mut self, variance: &Variance, unit: &Unit, apart: Option<&ShownVariance>) -> Result<(), Error> {
        let resource = variance.resource.as_ref().ok_or(Error::Changed)?;
        if apart.is_none() {
            self.is_nowhere_else(resource, slice::from_ref(unit)).await?;
        }
        let serial = &unit.serial;
        if with_number(&mut self.conn, &everything(), resource, serial).await?.is_none() {
            return Ok(());
        }
        match with_number(&mut self.conn, &self.actor.viewer, resource, serial).await? {
            Some(consignment) => {
                let place = consignment.to_string();
                Err(Error::Invalid(message!("unit-held-at", resource, serial, place)))
            }
            None => Err(Error::Invalid(message!("unit-held-elsewhere", resource, serial))),
        }
    }

    /// What was kept apart stands on the manifest, by another number: it goes out of the books, in which it is by the papers.
    fn is_manifested(&mut self, apart: &ShownVariance, serial: &str, reason: &str) -> Result<(), Error> {
        let variance = &apart.variance;
        self.may(Action::Resolve, &[&variance.holder])?;
        let account = variance.account.clone().ok_or(Error::Changed)?;
        let about = format!("{} {}: {serial}", variance.code, Resolution::Manifested);
        let noted = self.noted_of(variance, Activity::Inspect, about);
        let apart = if variance.quantity == 1 {
            apart.clone()
        } else {
            let code = self.app.dated_code("V");
            self.split_variance(apart, &SomeOf { serials: vec![serial.to_owned()], ..SomeOf::default() }, code)?
        };
        let takes = self.takes_apart(&account, &apart.units, apart.variance.quantity);
        let subject = self.subject_of(&apart.variance);
        self.post(Activity::Adjust, subject, &account, &source_of(&account), &takes);
        self.resolves(&apart.variance, (Resolution::Manifested, reason), noted);
        Ok(())
    }

    /// The books have the right number where they had the wrong one. What its donor still has committed comes into them when it leaves, by the
    /// right one.
    async fn renumbers(&mut self, variance: &Variance, was: &Unit, right: &str) -> Result<(), Error> {
        let account = variance.account.as_ref().ok_or(Error::Changed)?;
        let held = holdings_of(&mut self.conn, account).await?;
        let Some((lot, wrong, _)) = held.into_iter().find(|(_, serial, _)| *serial == was.serial) else {
            return Ok(());
        };
        let outside = source_of(account);
        let moves = |from: &AccountKey, to: &AccountKey, serial: String| Posting {
            lot: lot.clone(),
            serial,
            ..Posting::new(from.clone(), to.clone(), 1)
        };
        let postings = vec![moves(account, &outside, wrong), moves(&outside, account, right.to_owned())];
        let subject = self.subject_of(variance);
        self.command(Act::Post { activity: Activity::Adjust, subject, postings });
        Ok(())
    }
}

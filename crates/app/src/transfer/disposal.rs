//! Disposals: what is in service leaves the books with a certificate, which whoever saw the unit can look at from then on. One that was
//! recorded by mistake is taken back.

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::{Act, Activity, Subject, Take},
    },
    message,
    policy::Action,
    viewer::Viewer,
};
use muster_storage::{
    repair::{OrderFilter, WorkOrder, orders},
    transfer::{
        EntryRef, Write,
        corrected::TakenBack,
        disposal::{self as store, Disposal, DisposalFilter},
        third_party::offer_of,
    },
};

use crate::{Actor, App, Error};

/// What was disposed of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewDisposal {
    /// What it is, in whatever state.
    pub resource: String,
    /// Its serial number.
    pub serial: String,
    /// Hash of its certificate, a paper that was kept before.
    pub certificate: String,
    /// When; none: now.
    pub at: Option<Timestamp>,
}

impl App {
    /// A unit in service was disposed of, with its certificate, for the actor's reason; its open work orders end with it. Gives the code under
    /// which that is kept.
    ///
    /// # Errors
    /// If no unit has it in service, that was before it was received or before it was last moved or
    /// handed over, there is no such paper, or the ledger or the database refuses.
    pub async fn dispose(&self, new: &NewDisposal, actor: &Actor) -> Result<Code, Error> {
        let code = self.dated_code("D");
        let Some(mut work) = self.work(actor, code.as_str(), new.at).await? else {
            return self.named_before(actor, "D").await;
        };
        let (resource, serial) = (new.resource.as_str(), new.serial.as_str());
        let found = work.unit_with(Action::Move, resource, serial).await?;
        if work.at < found.received_at {
            return Err(Error::Invalid(message!("disposal-before-receipt", at = found.received_at.to_string())));
        }
        if let Some(at) = work.moved_since(&found).await? {
            return Err(Error::Invalid(message!("disposal-before-move", serial, at)));
        }
        work.kept(&new.certificate).await?;
        let offer = offer_of(&mut work.conn, found.account.resource.as_str(), serial).await?;
        let subject = Subject { offer: offer.clone(), ..Subject::default() };
        let what = &found.account.resource;
        let about = format!("{code} disposed: {what} {serial}, certificate sha256 {}", new.certificate);
        work.command(Act::Note { activity: Activity::Check, subject: subject.clone(), about });
        // What a team had begun on the spot is given up.
        let given_up = work.given_up_on_site(&found.account, serial).await?;
        let held = given_up.unwrap_or_else(|| found.account.clone());
        if held.purpose != AccountPurpose::InService {
            return Err(Error::Invalid(message!("not-in-service", resource, serial)));
        }
        let gone = AccountKey { purpose: AccountPurpose::Consumed, ..held.clone() };
        let take = Take { line: 0, quantity: 1, lot: String::new(), serial: serial.to_owned() };
        let entry = work.post(Activity::Consume, subject, &held, &gone, &[take]);
        work.lost_in_repair((&gone, serial), &format!("disposed of: {code}"), entry).await?;
        work.writes.push(Write::Disposed(Box::new(Disposal {
            code: code.clone(),
            serial: serial.to_owned(),
            account: held,
            offer,
            occurred_at: work.at,
            recorded_at: work.now,
            actor: work.actor.name().to_owned(),
            certificate: new.certificate.clone(),
            reason: work.actor.reason.clone(),
            entry,
            taken_back: None,
        })));
        work.done().await?;
        Ok(code)
    }

    /// A disposal was recorded by mistake, for the actor's reason: the unit is in service again where it was, as if it had never left. The
    /// disposal stays, as taken back, and with it its certificate; work orders that ended with it stay ended.
    ///
    /// # Errors
    /// If there is no such disposal or it was taken back before, the actor may not dispose of what its holder has, the unit is somewhere else
    /// by now, or the ledger or the database refuses.
    pub async fn disposal_taken_back(&self, code: &str, actor: &Actor) -> Result<(), Error> {
        let found = self.disposal(&actor.viewer, code).await?;
        let twice = || Error::Invalid(message!("disposal-taken-back-before", disposal = code));
        if found.taken_back.is_some() && actor.key.is_none() {
            return Err(twice());
        }
        let did = format!("{code} taken back");
        // From when it was said to be gone, it was in service.
        let begun = self.work_once(actor, (&did, &did), Some(found.occurred_at)).await?;
        let Some(mut work) = begun else { return Ok(()) };
        work.may(Action::Move, &[&found.account.holder])?;
        let EntryRef::Known(gone) = found.entry else { return Err(Error::Changed) };
        if found.taken_back.is_some() {
            return Err(twice());
        }
        let subject = Subject { offer: found.offer, ..Subject::default() };
        let about = format!("{did}: {} {}", found.account.resource, found.serial);
        let now = work.now;
        work.command_at(now, Act::Note { activity: Activity::Check, subject, about });
        let entry = work.command(Act::Correct { entry: gone, replacement: Vec::new() });
        let (actor, reason) = (work.actor.name().to_owned(), work.actor.reason.clone());
        let back = TakenBack { recorded_at: now, actor, reason, entry };
        work.writes.push(Write::DisposalTakenBack(found.code, back));
        work.done().await
    }

    /// The work orders that the viewer sees and that ended with a disposal, because nobody repairs what is gone.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn disposal_work_orders(&self, viewer: &Viewer, disposal: &Disposal) -> Result<Vec<WorkOrder>, Error> {
        let EntryRef::Known(entry) = disposal.entry else { return Ok(Vec::new()) };
        let serial = Some(disposal.serial.clone());
        let filter = OrderFilter { serial, by: Some(entry), ..OrderFilter::default() };
        Ok(orders(&mut self.read().await?, viewer, &filter, 100).await?)
    }

    /// Disposals that the viewer sees, the last recorded first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn disposals(
        &self,
        viewer: &Viewer,
        filter: &DisposalFilter,
        limit: i64,
    ) -> Result<Vec<Disposal>, Error> {
        Ok(store::list(&mut self.read().await?, viewer, filter, limit).await?)
    }

    /// A disposal that the viewer sees.
    ///
    /// # Errors
    /// If there is none, or the database fails.
    pub async fn disposal(&self, viewer: &Viewer, code: &str) -> Result<Disposal, Error> {
        let filter = DisposalFilter { code: Some(code.to_owned()), ..DisposalFilter::default() };
        let found = self.disposals(viewer, &filter, 1).await?.pop();
        found.ok_or_else(|| Error::NotFound { what: "disposal", code: code.to_owned() })
    }

    /// The certificate of a disposal that the viewer sees: media type and bytes.
    ///
    /// # Errors
    /// If there is none, or the database fails.
    pub async fn disposal_certificate(&self, viewer: &Viewer, code: &str) -> Result<(String, Vec<u8>), Error> {
        let found = self.disposal(viewer, code).await?;
        let kept = muster_storage::transfer::read::attachment(&mut self.read().await?, &found.certificate).await?;
        kept.ok_or_else(|| Error::NotFound { what: "disposal", code: code.to_owned() })
    }
}

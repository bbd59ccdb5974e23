//! Third-party transfers: a unit in service goes to somebody else. The nations that gave it, and those whose caveats it carries, get notice
//! and answer; only when all agree is it handed over, and its caveats and checks go with it.

use std::collections::BTreeSet;

use muster_domain::{
    code::Code,
    ledger::{
        account::AccountKey,
        entry::{Activity, Subject, Take},
    },
    message,
    picture::Picture,
    policy::Action,
    third_party::{Answer, ThirdPartyState},
    viewer::Viewer,
};
use muster_storage::transfer::{
    NationAnswer, Said, ThirdPartyTransfer, Write,
    third_party::{self as store, Filter},
};

use super::Work;
use crate::{Actor, App, Error, everything};

/// Longest purpose and longest reference.
const LONGEST: usize = 1_000;

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewThirdPartyTransfer {
    /// The resource.
    pub resource: String,
    /// The serial number.
    pub serial: String,
    /// The party that is to have it.
    pub receiver: String,
    /// What for.
    pub purpose: String,
}

impl App {
    /// Third-party transfers that the viewer sees, newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn third_party_transfers(
        &self,
        viewer: &Viewer,
        filter: &Filter,
        limit: i64,
    ) -> Result<Vec<ThirdPartyTransfer>, Error> {
        Ok(store::list(&mut self.read().await?, viewer, filter, limit).await?)
    }

    /// One that the viewer sees.
    ///
    /// # Errors
    /// If there is none of that code, or the database fails.
    pub async fn third_party_transfer(&self, viewer: &Viewer, code: &str) -> Result<ThirdPartyTransfer, Error> {
        third_party_transfer(&mut self.read().await?, viewer, code).await
    }

    /// Asks that a unit in service may go to somebody else, and gives notice to the nations that gave it.
    ///
    /// # Errors
    /// If no unit has it, the actor may not hand it on, the receiver is unknown or has it already, nothing is said of the purpose, it is
    /// asked for already, or the ledger or the database refuses.
    pub async fn third_party_ask(&self, new: &NewThirdPartyTransfer, actor: &Actor) -> Result<Code, Error> {
        let code = self.dated_code("T");
        let Some(mut work) = self.work(actor, code.as_str(), None).await? else {
            return self.named_before(actor, "T").await;
        };
        let held = work.in_service(&new.resource, &new.serial).await?;
        let receiver = work.party(&new.receiver).await?;
        if receiver == held.holder {
            return Err(Error::Invalid(message!("third-party-same", party = &receiver)));
        }
        let purpose = new.purpose.trim();
        if purpose.is_empty() || purpose.chars().count() > LONGEST {
            return Err(Error::Invalid(message!(
                "field-must-be",
                name = "purpose",
                right = message!("some-text", most = LONGEST)
            )));
        }
        let unit = Some((new.resource.clone(), new.serial.clone()));
        let asked = Filter { unit, open: true, ..Filter::default() };
        if let Some(open) = store::list(&mut work.conn, &everything(), &asked, 1).await?.first() {
            return Err(Error::Invalid(message!("third-party-asked", transfer = &open.code)));
        }
        let nations = work.givers(&held, &new.serial).await?;
        let about = format!("{code} {} {} from {} to {receiver}", held.resource, new.serial, held.holder);
        let entry = work.noted_about(Activity::Check, about);
        work.writes.push(Write::ThirdPartyAsked(ThirdPartyTransfer {
            code: code.clone(),
            resource: held.resource,
            serial: new.serial.clone(),
            holder: held.holder,
            receiver,
            purpose: purpose.to_owned(),
            asked_at: work.now,
            asked_by: work.actor.name().to_owned(),
            entry,
            nations: nations.into_iter().map(|nation| NationAnswer { nation, said: None }).collect(),
            ended: None,
        }));
        work.done().await?;
        Ok(code)
    }

    /// Records what a nation says: its own liaison officer, or the mission with the nation's letter. It is said once.
    ///
    /// # Errors
    /// If there is no such transfer or it is over, the nation was not asked or has answered, the actor does not speak for it, a refusal or an
    /// answer for somebody else says nothing of why, or the ledger or the database refuses.
    pub async fn third_party_answer(
        &self,
        code: &str,
        (nation, answer, reference): (&str, Answer, &str),
        actor: &Actor,
    ) -> Result<(), Error> {
        let did = format!("{code} {nation} {answer}");
        let Some(mut work) = self.work_once(actor, (&did, &did), None).await? else { return Ok(()) };
        let found = work.third_party(code).await?;
        let asked = found.nations.iter().find(|asked| asked.nation.as_str() == nation);
        let asked = asked.ok_or_else(|| Error::Invalid(message!("third-party-not-asked", nation, transfer = code)))?;
        work.may(Action::Consent, &[&asked.nation])?;
        if !found.state().is_open() || asked.said.is_some() {
            return Err(Error::Invalid(message!("third-party-over", transfer = code)));
        }
        let reference = reference.trim();
        let unsaid = answer == Answer::Refuses || !work.actor.viewer.owns(&asked.nation);
        if reference.is_empty() && unsaid || reference.chars().count() > LONGEST {
            return Err(Error::Invalid(message!("third-party-unsaid", most = LONGEST)));
        }
        let entry = work.noted_about(Activity::Check, did);
        let said =
            Said { answer, reference: reference.to_owned(), at: work.now, actor: work.actor.name().to_owned(), entry };
        work.writes.push(Write::ThirdPartyAnswered(found.code, asked.nation.clone(), said));
        work.done().await
    }

    /// Whoever asked no longer wants it.
    ///
    /// # Errors
    /// If there is no such transfer or it is over, the actor may not move what its holder has, or the ledger or the database refuses.
    pub async fn third_party_withdraw(&self, code: &str, actor: &Actor) -> Result<(), Error> {
        let did = format!("{code} withdrawn");
        let Some(mut work) = self.work_once(actor, (&did, &did), None).await? else { return Ok(()) };
        let found = work.third_party(code).await?;
        work.may(Action::Move, &[&found.holder])?;
        if !found.state().is_open() {
            return Err(Error::Invalid(message!("third-party-over", transfer = code)));
        }
        let about = format!("{code} withdrawn");
        let noted = work.noted_about(Activity::Check, about);
        let end = (ThirdPartyState::Withdrawn, work.now, work.actor.name().to_owned());
        work.writes.push(Write::ThirdPartyEnded(found.code, end, noted));
        work.done().await
    }

    /// Hands the unit over, since all nations agree.
    ///
    /// # Errors
    /// If there is no such transfer, not all agree, it is over, its holder no longer has the unit, the actor may not move it, or the ledger or
    /// the database refuses.
    pub async fn third_party_hand_over(
        &self,
        code: &str,
        at: Option<jiff::Timestamp>,
        actor: &Actor,
    ) -> Result<(), Error> {
        let did = format!("{code} handed over");
        let Some(mut work) = self.work_once(actor, (&did, &did), at).await? else { return Ok(()) };
        let found = work.third_party(code).await?;
        work.may(Action::Move, &[&found.holder])?;
        match found.state() {
            ThirdPartyState::Agreed => {}
            ThirdPartyState::Asked => return Err(Error::Invalid(message!("third-party-waits", transfer = code))),
            _ => return Err(Error::Invalid(message!("third-party-over", transfer = code))),
        }
        // Nobody hands over before the last nation agreed.
        let agreed = found.nations.iter().filter_map(|nation| nation.said.as_ref()).map(|said| said.at).max();
        if agreed.is_some_and(|agreed| work.at < agreed) {
            return Err(Error::Invalid(message!("third-party-early", transfer = code)));
        }
        let held = work.in_service(found.resource.as_str(), &found.serial).await?;
        if held.holder != found.holder {
            return Err(Error::Invalid(message!("third-party-moved", transfer = code, holder = &found.holder)));
        }
        let offer = store::offer_of(&mut work.conn, found.resource.as_str(), &found.serial).await?;
        // What is lent stays its owner's, and so does what goes from one of its people to another.
        let lent = offer.as_ref().is_some_and(|offer| work.is_lent(offer));
        let stays = lent || work.picture.belongs(found.receiver.as_str(), held.owner.as_str());
        let owner = if stays { held.owner.clone() } else { found.receiver.clone() };
        let subject = Subject { offer, ..Subject::default() };
        let becomes = AccountKey { holder: found.receiver.clone(), owner, ..held.clone() };
        let take = Take { line: 0, quantity: 1, lot: String::new(), serial: found.serial.clone() };
        let about = format!("{code} handed over to {}", found.receiver);
        let noted = work.noted_about(Activity::Check, about);
        work.post(Activity::TransferTitle, subject, &held, &becomes, &[take]);
        let end = (ThirdPartyState::Transferred, work.at, work.actor.name().to_owned());
        work.writes.push(Write::ThirdPartyEnded(found.code, end, noted));
        work.done().await
    }
}

async fn third_party_transfer(
    conn: &mut muster_storage::db::Conn,
    viewer: &Viewer,
    code: &str,
) -> Result<ThirdPartyTransfer, Error> {
    let found = store::list(conn, viewer, &Filter { code: Some(code.to_owned()), ..Filter::default() }, 1).await?.pop();
    found.ok_or_else(|| Error::NotFound { what: "third_party_transfer", code: code.to_owned() })
}

impl Work<'_> {
    async fn third_party(&mut self, code: &str) -> Result<ThirdPartyTransfer, Error> {
        third_party_transfer(&mut self.conn, &self.actor.viewer, code).await
    }

    /// A party that the actor sees.
    pub(crate) async fn party(&mut self, code: &str) -> Result<Code, Error> {
        let (seen, _) = self.app.memory.picture(&mut self.conn, &self.actor.viewer).await?;
        let missing = || Error::NotFound { what: "party", code: code.to_owned() };
        seen.parties.get(code).map(|party| party.code.clone()).ok_or_else(missing)
    }

    /// Who gave a unit that somebody has, and whose caveats it carries.
    pub(super) async fn givers(&mut self, held: &AccountKey, serial: &str) -> Result<BTreeSet<Code>, Error> {
        givers(&mut self.conn, &self.picture, held, serial).await
    }
}

/// The nations that gave a unit, or set a caveat under which it was given.
pub(super) async fn givers(
    conn: &mut muster_storage::db::Conn,
    picture: &Picture,
    held: &AccountKey,
    serial: &str,
) -> Result<BTreeSet<Code>, Error> {
    let offer = store::offer_of(conn, held.resource.as_str(), serial).await?;
    let donor = offer.and_then(|offer| picture.offers.get(offer.as_str()));
    let caveats = held.caveats.iter().filter_map(|caveat| picture.caveats.get(caveat.as_str()));
    let limits = caveats.map(|caveat| caveat.party.code().clone());
    Ok(donor.map(|offer| offer.donor.code().clone()).into_iter().chain(limits).collect())
}

//! Needs and offers follow what becomes of their consignments: a need is fulfilled by what was received, and an offer comes to a milestone once
//! all of it has reached that.

use std::collections::{BTreeMap, BTreeSet};

use muster_domain::{
    change::changes,
    code::Code,
    consignment::Milestone,
    ledger::entry::EntryNumber,
    message,
    offer::{Offer, OfferState},
    picture::Picture,
    viewer::Viewer,
};
use muster_storage::{
    Error as Stored,
    ledger::Request,
    transfer::{Write, guard::last_receipt, progress as store, read},
};

use super::{Work, giving::ByNeed, race::TRIES};
use crate::{
    Actor, App, Error, everything,
    fulfilment::{fulfilled, unfulfilled},
    mission::keep_parts,
};

/// How far an offer has come by its consignments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many units it is for; none: that is not known.
    pub offered: Option<i64>,
    /// How many of them have reached each milestone, in the order of milestones.
    pub reached: Vec<(Milestone, i64)>,
}

/// How the reason begins why an offer that follows its consignments is where it is.
const ALL_OF_IT: &str = "all of it: ";

/// Why it is none of that any more.
const TAKEN_BACK: &str = "what brought it further was taken back";

/// How many of the milestones that were recorded last are looked at once a server begins.
const LATEST: i64 = 200;

/// The state to which an offer comes when all of it has reached a milestone. What was made ready has its papers.
fn state_of(kind: Milestone) -> OfferState {
    match kind {
        Milestone::Readied => OfferState::Consigned,
        Milestone::Departed => OfferState::Departed,
        Milestone::ArrivedAtNode => OfferState::ArrivedAtNode,
        Milestone::Inspected => OfferState::Inspected,
        Milestone::TitleTransferred => OfferState::TitleTransferred,
        Milestone::ReceivedByUnit => OfferState::ReceivedByUnit,
    }
}

impl App {
    /// How far an offer that the viewer sees has come by its consignments.
    ///
    /// # Errors
    /// If there is no such offer, or the database fails.
    pub async fn offer_progress(&self, viewer: &Viewer, code: &str) -> Result<Progress, Error> {
        let picture = self.picture(viewer).await?;
        let offer = picture.offers.get(code);
        let offer = offer.ok_or_else(|| Error::NotFound { what: "offer", code: code.to_owned() })?;
        let mut conn = self.read().await?;
        let (all, _) = self.memory.picture(&mut conn, &everything()).await?;
        let reached = store::reached(&mut conn, &offer.code).await?;
        Ok(Progress { offered: all.offered_units(offer), reached: reached.into_iter().collect() })
    }

    /// That nobody says of an offer how far it has come where its consignments do.
    ///
    /// # Errors
    /// If they do, or the database fails.
    pub(crate) async fn is_said_by_hand(&self, offer: &Offer, state: OfferState) -> Result<(), Error> {
        let milestones = OfferState::Readied..=OfferState::ReceivedByUnit;
        if state > offer.state
            && milestones.contains(&state)
            && store::is_carried(&mut self.read().await?, offer.code.as_str()).await?
        {
            return Err(Error::Invalid(message!("offer-follows", offer = &offer.code)));
        }
        Ok(())
    }

    /// Offers of which all has reached a milestone by these consignments come to it. What was recorded stands, whatever becomes of this: if
    /// something else changes records at the same moment, it is looked at again.
    /// Those of which it was taken back go back with it.
    pub(super) async fn offers_follow(&self, (reached, back): (&BTreeSet<Code>, &BTreeSet<Code>), actor: &Actor) {
        if reached.is_empty() && back.is_empty() {
            return;
        }
        for _ in 0..TRIES {
            match self.offers_brought((reached, back), actor).await {
                Ok(()) => return,
                Err(Error::Storage(Stored::Conflict(_))) => {}
                Err(error) => return tracing::warn!(%error, "offers do not follow their consignments"),
            }
        }
    }

    /// The same for what was recorded last: a server that ended between a milestone and what follows of it left its offers where they were.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn offers_catch_up(&self, actor: &Actor) -> Result<(), Error> {
        let (reached, back) = store::latest(&mut self.read().await?, LATEST).await?;
        self.offers_follow((&reached, &back), actor).await;
        Ok(())
    }

    /// None goes back, unless what brought it so far was recorded by mistake, and what is held, rejected or cancelled stays so.
    async fn offers_brought(
        &self,
        (reached, back): (&BTreeSet<Code>, &BTreeSet<Code>),
        actor: &Actor,
    ) -> Result<(), Error> {
        let mut conn = self.read().await?;
        // Whether each may go back, and whether a plan bound it.
        let mut offers: BTreeMap<Code, (bool, bool)> = BTreeMap::new();
        for code in reached.union(back) {
            for line in read::lines(&mut conn, &everything(), code.as_str()).await? {
                let Some(offer) = line.offer else { continue };
                let (may, bound) = offers.entry(offer).or_default();
                *may |= back.contains(code);
                *bound |= line.plan.is_some();
            }
        }
        let (picture, version) = self.memory.picture(&mut conn, &everything()).await?;
        let mut incoming = Picture::default();
        for (code, (may_go_back, bound)) in offers {
            let follows = |offer: &&Offer| offer.state.is_committed() && offer.state <= OfferState::ReceivedByUnit;
            let Some(offer) = picture.offers.get(code.as_str()).filter(follows) else { continue };
            let Some(offered) = picture.offered_units(offer) else { continue };
            let reached = store::reached(&mut conn, &code).await?;
            let all_of = |kind: &&Milestone| reached.get(kind).is_some_and(|units| *units >= offered);
            let kind = Milestone::ALL.iter().rev().find(all_of);
            let (state, reason) = match kind {
                Some(kind) => (state_of(*kind), format!("{ALL_OF_IT}{kind}")),
                None if bound => (OfferState::Allocated, TAKEN_BACK.to_owned()),
                None => (OfferState::Committed, TAKEN_BACK.to_owned()),
            };
            let goes_back = may_go_back && state < offer.state && offer.state_reason.as_str().starts_with(ALL_OF_IT);
            if goes_back || (kind.is_some() && offer.state.may_become(state)) {
                incoming.put(Offer { state, state_reason: reason, ..offer.clone() });
                keep_parts(&picture.clearances, code.as_str(), &mut incoming);
            }
        }
        drop(conn);
        if incoming.offers.is_empty() {
            return Ok(());
        }
        let mut request = Request { commands: Vec::new(), also: Vec::new() };
        self.records(&mut request, changes(&picture, &incoming).0, version, &Actor { key: None, ..actor.clone() });
        self.ledger()?.submit(request).await?;
        Ok(())
    }
}

impl Work<'_> {
    /// Needs that are fulfilled by what was received.
    pub(crate) async fn received(&mut self, by_need: ByNeed) -> Result<(), Error> {
        for (need, units) in by_need {
            let picture = self.picture.clone();
            let known = last_receipt(&mut self.conn, &need, EntryNumber::MAX).await?;
            let changes = fulfilled(&mut self.conn, &picture, need.as_str(), &units).await?;
            // What others receive, or give back, at the same moment may be what it lacks.
            self.writes.push(Write::Received(need, known));
            self.changes.extend(changes);
        }
        Ok(())
    }

    /// Needs that were fulfilled and are not without what a consignment brought: they are bound to it as before.
    pub(crate) async fn unreceived(&mut self, code: &Code, by_need: ByNeed) -> Result<(), Error> {
        for (need, mut units) in by_need {
            units.values_mut().for_each(|units| *units = -*units);
            let picture = self.picture.clone();
            let reason = format!("consignment {code} taken back");
            let known = last_receipt(&mut self.conn, &need, EntryNumber::MAX).await?;
            self.writes.push(Write::Received(need.clone(), known));
            let back = unfulfilled(&mut self.conn, &picture, need.as_str(), &units, &reason).await?;
            self.changes.extend(back);
        }
        Ok(())
    }
}

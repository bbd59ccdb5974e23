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
use muster_storage::transfer::{Write, guard::last_receipt, progress as store, read};

use super::{Work, giving::ByNeed};
use crate::{App, Error, everything, mission::keep_parts, movement::fulfilled};

/// How far an offer has come by its consignments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many units it is for; none: that is not known.
    pub offered: Option<i64>,
    /// How many of them have reached each milestone, in the order of milestones.
    pub reached: Vec<(Milestone, i64)>,
}

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
}

impl Work<'_> {
    /// Needs that are fulfilled by what was received.
    pub(crate) async fn received(&mut self, by_need: ByNeed) -> Result<(), Error> {
        for (need, units) in by_need {
            let picture = self.picture.clone();
            let known = last_receipt(&mut self.conn, &need, EntryNumber::MAX).await?;
            let changes = fulfilled(&mut self.conn, &picture, need.as_str(), &units).await?;
            // What others receive at the same moment may be what it still lacked.
            self.writes.extend(changes.is_empty().then_some(Write::Received(need, known)));
            self.changes.extend(changes);
        }
        Ok(())
    }

    /// Units of offers that what is to be written brings to milestones.
    async fn brought(&mut self) -> Result<BTreeMap<(Code, Milestone), i64>, Error> {
        let mut brought: BTreeMap<(Code, Milestone), i64> = BTreeMap::new();
        for n in 0..self.writes.len() {
            let (code, kind, lines) = match &self.writes[n] {
                Write::Reached((code, _), reached, lines) => (code.clone(), reached.kind, lines.clone()),
                Write::ReachedLate((code, _), late) => {
                    let (code, kind, line, units) = (code.clone(), late.0.kind, late.1.line, late.1.quantity);
                    let all = read::lines(&mut self.conn, &everything(), code.as_str()).await?;
                    if let Some(offer) = all.into_iter().find(|of| of.line == line).and_then(|of| of.offer) {
                        *brought.entry((offer, kind)).or_default() += units;
                    }
                    continue;
                }
                _ => continue,
            };
            let first = store::before(&mut self.conn, &code, kind).await?;
            if first.is_empty() {
                continue;
            }
            // As they are once it is written.
            let mut all: BTreeMap<i64, _> = read::lines(&mut self.conn, &everything(), code.as_str())
                .await?
                .into_iter()
                .map(|line| (line.line, line))
                .collect();
            for write in &self.writes {
                if let Write::Lines(of, changed) = write
                    && *of == code
                {
                    all.extend(changed.iter().map(|line| (line.line, line.clone())));
                }
            }
            let reaches = |line: &i64| first.contains(line) && lines.as_ref().is_none_or(|lines| lines.contains(line));
            for (_, line) in all.into_iter().filter(|(line, _)| reaches(line)) {
                if let Some(offer) = line.offer.filter(|_| line.present > 0) {
                    *brought.entry((offer, kind)).or_default() += line.present;
                }
            }
        }
        Ok(brought)
    }

    /// Offers of which all reaches a milestone by what is to be written come to it. None goes back, and what is held, rejected or cancelled stays
    /// so.
    pub(super) async fn offers_follow(&mut self) -> Result<(), Error> {
        let brought = self.brought().await?;
        let offers: BTreeSet<&Code> = brought.keys().map(|(offer, _)| offer).collect();
        let picture = self.picture.clone();
        let mut incoming = Picture::default();
        for code in offers {
            let follows = |offer: &&Offer| offer.state.is_committed() && offer.state < OfferState::ReceivedByUnit;
            let Some(offer) = picture.offers.get(code.as_str()).filter(follows) else { continue };
            let Some(offered) = picture.offered_units(offer) else { continue };
            let reached = store::reached(&mut self.conn, code).await?;
            let all_of = |kind: &Milestone| {
                let now = brought.get(&(code.clone(), *kind)).copied().unwrap_or(0);
                reached.get(kind).copied().unwrap_or(0) + now >= offered
            };
            let Some(kind) = Milestone::ALL.iter().rev().find(|kind| all_of(kind)) else { continue };
            let state = state_of(*kind);
            if offer.state.may_become(state) {
                let reason = format!("all of it: {kind}");
                incoming.put(Offer { state, state_reason: reason, ..offer.clone() });
                keep_parts(&picture.clearances, code.as_str(), &mut incoming);
            }
        }
        self.changes.extend(changes(&picture, &incoming).0);
        Ok(())
    }
}

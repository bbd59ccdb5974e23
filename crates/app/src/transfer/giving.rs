//! Straight from an offer: what no plan has promised to anybody goes to a need that it fits, or to a place; and what is bound to a need tells
//! its state.

use std::collections::BTreeMap;

use muster_domain::{
    code::Code, lane::quickest, ledger::entry::Subject, message, need::Need, offer::Offer,
    requirement::RequirementState, viewer::Viewer,
};
use muster_storage::ledger::{
    left::left_of,
    read::{self, AsOf, FlowFilter},
};

use super::{
    Work,
    making::{New, Part},
};
use crate::{
    App, Error,
    commitment::account_of,
    everything,
    fit::forbidden,
    movement::{need_comes_to, wanted},
    report,
};

impl App {
    /// Offers of goods that wait at a place, with how many units of each nobody was promised.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn unpromised(&self, viewer: &Viewer, place: &str) -> Result<Vec<(Offer, i64)>, Error> {
        let mut conn = self.read().await?;
        let (picture, _) = self.memory.picture(&mut conn, viewer).await?;
        let mut found = Vec::new();
        let waits = |offer: &&Offer| {
            let here = offer.place.as_ref().is_some_and(|at| at.as_str() == place);
            here && offer.state.is_committed() && !offer.kind.is_money()
        };
        for offer in picture.offers.values().filter(waits) {
            let Some(account) = account_of(&picture, offer) else { continue };
            let left = left_of(&mut conn, offer.code.as_str(), &account).await?;
            if left > 0 {
                found.push((offer.clone(), left));
            }
        }
        Ok(found)
    }
}

impl Work<'_> {
    /// Units of an offer, for a need that they fit or for a place: only as many as nobody was promised.
    pub(super) async fn of_offer(
        &mut self,
        code: &Code,
        new: &New,
        (offer, quantity): (&str, i64),
        need: Option<&str>,
    ) -> Result<Part, Error> {
        let (seen, _) = self.app.memory.picture(&mut self.conn, &self.actor.viewer).await?;
        let missing = |what, code: &str| Error::NotFound { what, code: code.to_owned() };
        let offer = seen.offers.get(offer).ok_or_else(|| missing("offer", offer))?;
        let held = account_of(&seen, offer).filter(|_| !offer.kind.is_money() && offer.state.is_committed());
        let held = held.ok_or_else(|| Error::Invalid(message!("offer-not-committed", offer = &offer.code)))?;
        if held.place.as_ref().is_none_or(|place| place.as_str() != new.from) {
            let place = &new.from;
            return Err(Error::Invalid(message!("consignment-offer-elsewhere", offer = &offer.code, place)));
        }
        let left = left_of(&mut self.conn, offer.code.as_str(), &held).await?;
        if !(1..=left).contains(&quantity) {
            return Err(Error::Invalid(message!("consignment-offer-left", offer = &offer.code, left, quantity)));
        }
        let need = need.map(Code::new).transpose().map_err(Error::must_be)?;
        let mut to = new.to.clone();
        if let Some(need) = &need {
            let found = Need::of(&seen, need.as_str()).ok_or_else(|| missing("need", need.as_str()))?;
            if let Some(why) = forbidden(&seen, offer, need.as_str(), self.app.today()) {
                return Err(Error::Invalid(message!("offer-not-for", offer = &offer.code, need, why)));
            }
            to = Some(found.place().to_string());
        }
        let mut route =
            new.route.iter().map(|lane| Code::new(lane)).collect::<Result<Vec<_>, _>>().map_err(Error::must_be)?;
        if route.is_empty() {
            let to = to.ok_or_else(|| Error::Invalid(message!("consignment-offer-whither", offer = &offer.code)))?;
            let quickest = quickest(&self.picture.lanes, &new.from, &to);
            route = quickest.ok_or_else(|| Error::Invalid(message!("no-way", from = &new.from, to)))?;
        }
        let offer = Some(offer.code.clone());
        let subject =
            Subject { offer: offer.clone(), need: need.clone(), consignment: Some(code.clone()), ..Subject::default() };
        let (entries, last) = self.promise(&subject, &held, &route, need.as_ref(), quantity)?;
        Ok(Part { plan: None, offer, need, held, last, quantity, route, entries, departs_at: Some(self.now) })
    }

    /// Needs for which a consignment takes up units that no plan has, or gives them up: what is bound to a need tells its state.
    pub(super) async fn binds(&mut self, code: &Code, by_need: BTreeMap<Code, i64>) -> Result<(), Error> {
        for (need, units) in by_need {
            let filter = FlowFilter { offer: None, need: Some(need.as_str()) };
            let flows = read::flows(&mut self.conn, &everything(), filter, AsOf::NOW).await?;
            let [planned, ..] = report::units(&self.picture, &flows);
            let bound = planned + units;
            let state = match wanted(&self.picture, need.as_str()) {
                Some(wanted) if bound >= wanted => RequirementState::Matched,
                _ if bound > 0 => RequirementState::PartMatched,
                _ => RequirementState::Prioritised,
            };
            let picture = self.picture.clone();
            self.changes.extend(need_comes_to(&picture, need.as_str(), state, &format!("consignment {code}")));
        }
        Ok(())
    }
}

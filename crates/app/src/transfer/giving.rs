//! Straight from an offer: what no plan has promised to anybody goes to a need that it fits, or to a place; and what is bound to a need tells
//! its state.

use std::collections::BTreeMap;

use muster_domain::{
    code::Code,
    ledger::{
        account::{AccountKey, AccountPurpose},
        books::Balance,
        entry::{EntryKind, Subject},
    },
    message,
    need::Need,
    offer::Offer,
    picture::Picture,
    requirement::RequirementState,
    viewer::Viewer,
};
use muster_storage::{
    ledger::read::{self, AccountFilter, AsOf, Flow, FlowFilter},
    training::{Source, left},
    transfer::{Line, Write, loss::given_into, read::next_steps, stock::at_end},
};

use super::{
    Loaded, Work,
    making::{New, Part},
};
use crate::{App, Error, commitment::account_of, day, everything, fit::forbidden, fulfilment::need_comes_to, report};

/// Accounts of one place that are looked through at once.
const STOCKS_AT_ONCE: i64 = 500;

/// What may be sent from a place out of its stock: a page of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stocks {
    /// Accounts, each with how many units may still be sent from it.
    pub found: Vec<(AccountKey, i64)>,
    /// The account, as the ledger names it, after which the list goes on; none: there is no more.
    pub next: Option<String>,
}

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
            let left = left(&mut conn, &Source::Offer(offer.code.clone(), account)).await?;
            if left > 0 {
                found.push((offer.clone(), left));
            }
        }
        Ok(found)
    }
}

impl App {
    /// What lies at a place and is not on its way to anybody, after an account: at most so many accounts of which something may still be sent.
    ///
    /// # Errors
    /// If there is no such account, or the database fails.
    pub async fn stock(
        &self,
        viewer: &Viewer,
        place: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Stocks, Error> {
        let filter = AccountFilter {
            purpose: Some(AccountPurpose::OnHand),
            place: Some(place.to_owned()),
            ..AccountFilter::default()
        };
        let mut after = match after {
            Some(account) => self.account_number(viewer, account).await?,
            None => 0,
        };
        let mut conn = self.read().await?;
        // What a consignment brought and nobody took into stock yet is nobody's to send.
        let waits = match Code::new(place) {
            Ok(place) => at_end(&mut conn, &place).await?,
            Err(_) => BTreeMap::new(),
        };
        let left = |key: &AccountKey, balance: Balance| {
            balance.posted + balance.pending.min(0) - waits.get(&key.to_string()).copied().unwrap_or(0)
        };
        // Most accounts of an old place are empty: they take no room in the list.
        let mut found: Vec<(AccountKey, i64)> = Vec::new();
        loop {
            let held = read::accounts(&mut conn, viewer, &filter, after, STOCKS_AT_ONCE).await?;
            let ends = (held.len() as i64) < STOCKS_AT_ONCE;
            for (id, key, balance) in held {
                let units = left(&key, balance);
                if units > 0 {
                    if found.len() == limit {
                        let next = found.last().map(|(last, _)| last.to_string());
                        return Ok(Stocks { found, next });
                    }
                    found.push((key, units));
                }
                after = id;
            }
            if ends {
                return Ok(Stocks { found, next: None });
            }
        }
    }
}

impl Work<'_> {
    /// Lines whose needs get units, or lose them.
    pub(super) async fn bind_lines(&mut self, loaded: &Loaded, lines: &[(i64, i64)]) -> Result<(), Error> {
        let mut by_need: ByNeed = BTreeMap::new();
        for (number, units) in lines {
            let line = loaded.lines.iter().find(|of| of.line == *number);
            if let Some((line, need)) = line.and_then(|line| Some((line, line.need.as_ref()?))) {
                add(&mut by_need, need, &line.resource, *units);
            }
        }
        self.binds(&loaded.head.code, by_need).await
    }

    /// Units of each component that a package's place or unit has already.
    pub(crate) async fn there(&mut self, needs: &[&Code]) -> Result<BTreeMap<(String, String), i64>, Error> {
        let mut there = BTreeMap::new();
        for need in needs.iter().filter(|need| self.picture.packages.contains_key(need.as_str())) {
            let filter = FlowFilter { offer: None, need: Some(need.as_str()) };
            let place = self.picture.packages[need.as_str()].place.code().clone();
            for flow in read::flows(&mut self.conn, &everything(), filter, AsOf::NOW).await? {
                let at = |side: &(AccountPurpose, Option<Code>)| match side.0 {
                    AccountPurpose::InService => true,
                    AccountPurpose::OnHand => side.1.as_ref() == Some(&place),
                    _ => false,
                };
                let change = i64::from(at(&flow.to)) - i64::from(at(&flow.from));
                if flow.kind == EntryKind::Posted && change != 0 {
                    *there.entry((need.to_string(), flow.resource.to_string())).or_default() += change * flow.quantity;
                }
            }
        }
        Ok(there)
    }

    /// Whether units of an offer are lent.
    pub(super) fn is_lent(&self, offer: &Code) -> bool {
        self.picture.offers.get(offer.as_str()).is_some_and(Offer::is_lent)
    }

    /// Whether something that is lent came into an account of stock: nobody knows whether that is what leaves it, so that its owner stays
    /// its owner until they say otherwise.
    pub(super) async fn was_lent(&mut self, held: &AccountKey) -> Result<bool, Error> {
        if Some(&held.owner) == self.picture.recipient() {
            return Ok(false);
        }
        Ok(given_into(&mut self.conn, held, None).await?.iter().any(|offer| self.is_lent(offer)))
    }

    /// The same of a line of a consignment: by its offer, or by the stock out of which it was made up.
    pub(super) async fn is_line_lent(&mut self, loaded: &Loaded, line: &Line) -> Result<bool, Error> {
        if let Some(offer) = &line.offer {
            return Ok(self.is_lent(offer));
        }
        let first = loaded.steps.range((line.line, 0)..=(line.line, i64::MAX)).next();
        let Some(((_, first), _)) = first else { return Ok(false) };
        let steps = next_steps(&mut self.conn, loaded.head.code.as_str(), *first).await?;
        match steps.get(&line.line) {
            Some(step) => self.was_lent(&step.from).await,
            None => Ok(false),
        }
    }

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
        // Whoever is nominated out of it is promised, too; and so is what other lines of this one take.
        let source = Source::Offer(offer.code.clone(), held.clone());
        let drawn = self.writes.iter().filter_map(|write| match write {
            Write::Drawn(other, units) if *other == source => Some(*units),
            _ => None,
        });
        let left = left(&mut self.conn, &source).await? - drawn.sum::<i64>();
        if !(1..=left).contains(&quantity) {
            return Err(Error::Invalid(message!("consignment-offer-left", offer = &offer.code, left, quantity)));
        }
        let need = need.map(Code::new).transpose().map_err(Error::must_be)?;
        if let Some(need) = &need {
            Need::of(&seen, need.as_str()).ok_or_else(|| missing("need", need.as_str()))?;
            if let Some(why) = forbidden(&self.picture, offer, need.as_str(), self.app.today()) {
                return Err(Error::Invalid(message!("offer-not-for", offer = &offer.code, need, why)));
            }
        }
        let route = self.whither(new, need.as_ref())?;
        if route.is_empty() {
            return Err(Error::Invalid(message!("consignment-offer-there", offer = &offer.code, place = &new.from)));
        }
        self.writes.push(Write::Drawn(source, quantity));
        let offer = Some(offer.code.clone());
        let subject =
            Subject { offer: offer.clone(), need: need.clone(), consignment: Some(code.clone()), ..Subject::default() };
        let lent = offer.as_ref().is_some_and(|offer| self.is_lent(offer));
        let (entries, last) =
            self.promise(&subject, &held, &route, need.as_ref().map(|need| (need, lent)), quantity)?;
        Ok(Part { plan: None, offer, need, held, last, quantity, route, entries, departs_at: Some(self.now) })
    }

    /// The lanes by which what no plan has goes: those that are named, or the quickest to where its need is, or to the place it is for.
    pub(super) fn whither(&self, new: &New, need: Option<&Code>) -> Result<Vec<Code>, Error> {
        if !new.route.is_empty() {
            let route: Result<Vec<Code>, _> = new.route.iter().map(|lane| Code::new(lane)).collect();
            let route = route.map_err(Error::must_be)?;
            if let Some((need, end)) = need.zip(self.end_of(&route)) {
                self.is_at(need, end)?;
            }
            return Ok(route);
        }
        let of_need = need.and_then(|need| Some(Need::of(&self.picture, need.as_str())?.place().to_string()));
        let to = of_need.or_else(|| new.to.clone());
        let to = to.ok_or_else(|| Error::Invalid(message!("consignment-whither", place = &new.from)))?;
        let quickest = self.picture.quickest(&new.from, &to, day(self.at));
        quickest.ok_or_else(|| Error::Invalid(message!("no-way", from = &new.from, to)))
    }

    /// That a need is at a place: it is served nowhere else.
    pub(super) fn is_at(&self, need: &Code, place: &Code) -> Result<(), Error> {
        let at = Need::of(&self.picture, need.as_str()).map(|need| need.place().clone());
        match at.filter(|at| at != place) {
            Some(at) => Err(Error::Invalid(message!("need-elsewhere", need, at = &at, place))),
            None => Ok(()),
        }
    }

    /// Needs for which a consignment takes up units that no plan has, or gives them up, by what they are: what is bound to a need tells its
    /// state. What a need does not ask for changes nothing of it.
    pub(super) async fn binds(&mut self, code: &Code, mut by_need: ByNeed) -> Result<(), Error> {
        let picture = self.picture.clone();
        // What is fulfilled by the same request is no longer told by what is bound.
        by_need.retain(|need, units| {
            units.values().any(|units| *units != 0) && self.changes.iter().all(|change| change.key != need.as_str())
        });
        for (need, units) in by_need {
            let filter = FlowFilter { offer: None, need: Some(need.as_str()) };
            let flows = read::flows(&mut self.conn, &everything(), filter, AsOf::NOW).await?;
            let bound = |resource: &str| {
                let own: Vec<Flow> = flows.iter().filter(|flow| flow.resource.as_str() == resource).cloned().collect();
                let [planned, ..] = report::units(&picture, &own);
                planned + units.iter().find(|(of, _)| of.as_str() == resource).map_or(0, |(_, units)| *units)
            };
            let asked = asked(&picture, need.as_str());
            if !units.keys().any(|of| asked.iter().any(|(resources, _)| resources.contains(&of.as_str()))) {
                continue;
            }
            let parts: Vec<(i64, i64)> =
                asked.iter().map(|(resources, wanted)| (resources.iter().map(|of| bound(of)).sum(), *wanted)).collect();
            let state = match () {
                () if parts.iter().all(|(bound, wanted)| bound >= wanted) => RequirementState::Matched,
                () if parts.iter().any(|(bound, _)| *bound > 0) => RequirementState::PartMatched,
                () => RequirementState::Prioritised,
            };
            self.changes.extend(need_comes_to(&picture, need.as_str(), state, &format!("consignment {code}")));
        }
        Ok(())
    }
}

/// Units that needs get, or lose, by what they are.
pub(crate) type ByNeed = BTreeMap<Code, BTreeMap<Code, i64>>;

/// Adds units of a resource to what a need gets.
pub(super) fn add(by_need: &mut ByNeed, need: &Code, resource: &Code, units: i64) {
    *by_need.entry(need.clone()).or_default().entry(resource.clone()).or_default() += units;
}

/// What a need asks for: units of any of some resources; a package for all of its components.
pub(crate) fn asked<'p>(picture: &'p Picture, need: &'p str) -> Vec<(Vec<&'p str>, i64)> {
    if let Some(requirement) = picture.requirements.get(need) {
        return vec![(picture.accepted(need).into_keys().collect(), i64::from(requirement.quantity))];
    }
    let count = picture.packages.get(need).map_or(0, |package| i64::from(package.count));
    picture.components(need).map(|of| (vec![of.resource.as_str()], i64::from(of.quantity) * count)).collect()
}

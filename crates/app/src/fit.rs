//! Which needs an offer fits and why not the others; which offers fit a need and why not the others. By the records alone: whether it
//! is also the best use of it is for the plan to say.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use muster_domain::{
    caveat::Excludes, code::Code, hazard::Hazard, lane::Lane, message, message::Message, offer::Offer,
    picture::Picture, process::Process, requirement::RequirementState, viewer::Viewer,
};
use muster_storage::ledger::read::{self, AsOf, FlowFilter};

use crate::{App, Error, report::units};

/// Why an offer does not fit a need.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Misfit {
    /// The donor is not bound yet, or no more.
    NotCommitted,
    /// Nobody knows how much it is.
    QuantityUnknown,
    /// The need is not open for matching.
    NeedNotOpen,
    /// A caveat does not allow the purpose.
    Purpose(Code),
    /// A caveat does not allow the recipient.
    Recipient(Code),
    /// It becomes available only after the need has expired.
    TooLate,
    /// No way leads from where it waits to where it is needed: no lane, or lanes that forbid its hazard class.
    NoWay,
    /// Even the fastest way takes until after the need has expired: so many days.
    WayTooLong(u32),
}

impl Misfit {
    /// The same in words, with the names of a picture.
    pub fn message(&self, picture: &Picture) -> Message {
        let name = |caveat: &Code| {
            picture.caveats.get(caveat.as_str()).map_or_else(|| caveat.to_string(), |caveat| caveat.name.to_string())
        };
        match self {
            Self::NotCommitted => message!("misfit-not-committed"),
            Self::QuantityUnknown => message!("misfit-quantity-unknown"),
            Self::NeedNotOpen => message!("misfit-need-not-open"),
            Self::Purpose(caveat) => message!("misfit-purpose", caveat = name(caveat)),
            Self::Recipient(caveat) => message!("misfit-recipient", caveat = name(caveat)),
            Self::TooLate => message!("misfit-too-late"),
            Self::NoWay => message!("misfit-no-way"),
            Self::WayTooLong(days) => message!("misfit-way-too-long", days = i64::from(*days)),
        }
    }
}

/// An offer and a need for the same thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The offer.
    pub offer: Code,
    /// The requirement or package.
    pub need: Code,
    /// Whether the need is a package.
    pub package: bool,
    /// What the offer gives.
    pub resource: Code,
    /// What must be done to it first: repair or training.
    pub process: Option<Code>,
    /// Share of the value that it brings.
    pub utility: f64,
    /// Days on the fastest way, with handling in between not counted; `None` if there is none.
    pub days: Option<u32>,
    /// Why it does not fit; empty if it does.
    pub misfits: Vec<Misfit>,
}

/// Fits, and how many others there are that have nothing to do with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fits {
    /// Those for the same thing, those that fit first.
    pub fits: Vec<Fit>,
    /// How many needs (or offers) are for other things.
    pub others: usize,
}

/// What a need gets from an offer, or an offer gives to a need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Met {
    /// The offer, seen from a need; the need, seen from an offer.
    pub other: Code,
    /// What.
    pub resource: Code,
    /// Units bound to the need, received ones too.
    pub planned: i64,
    /// Units of those that have left the place where they were.
    pub dispatched: i64,
    /// Units received.
    pub received: i64,
}

impl App {
    /// The needs that the viewer sees and that are for what an offer gives.
    ///
    /// # Errors
    /// If the viewer sees no such offer, or the database fails.
    pub async fn fits_of_offer(&self, viewer: &Viewer, offer: &str) -> Result<Fits, Error> {
        let picture = self.picture(viewer).await?;
        let found = picture.offers.get(offer);
        let offer = found.ok_or_else(|| Error::NotFound { what: "offer", code: offer.to_owned() })?;
        let needs = picture.requirements.keys().chain(picture.packages.keys());
        let mut ways = Ways::of(&picture);
        Ok(sorted(needs.map(|need| fit(&mut ways, offer, need, self.today()))))
    }

    /// The offers that the viewer sees and that give what a need is for.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn fits_of_need(&self, viewer: &Viewer, need: &str) -> Result<Fits, Error> {
        let picture = self.picture(viewer).await?;
        let goods = picture.offers.values().filter(|offer| !offer.kind.is_money());
        let mut ways = Ways::of(&picture);
        Ok(sorted(goods.map(|offer| fit(&mut ways, offer, need, self.today()))))
    }

    /// What a need gets and from whom, as far as the viewer sees it.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn met(&self, viewer: &Viewer, need: &str) -> Result<Vec<Met>, Error> {
        self.bound(viewer, FlowFilter { offer: None, need: Some(need) }).await
    }

    /// Where an offer goes, as far as the viewer sees it: the needs, in the place of the offers.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn goes(&self, viewer: &Viewer, offer: &str) -> Result<Vec<Met>, Error> {
        self.bound(viewer, FlowFilter { offer: Some(offer), need: None }).await
    }

    async fn bound(&self, viewer: &Viewer, of: FlowFilter<'_>) -> Result<Vec<Met>, Error> {
        let mut conn = self.read().await?;
        let (picture, _) = self.memory.picture(&mut conn, viewer).await?;
        let flows = read::flows(&mut conn, viewer, of, AsOf::NOW).await?;
        drop(conn);
        let mut groups: BTreeMap<Code, Vec<read::Flow>> = BTreeMap::new();
        for flow in flows {
            let other = if of.offer.is_some() { flow.need.clone() } else { flow.offer.clone() };
            if let (Some(other), Some(_)) = (other, &flow.need) {
                groups.entry(other).or_default().push(flow);
            }
        }
        let mut met = Vec::new();
        for (other, flows) in groups {
            let [planned, dispatched, received] = units(&picture, &flows);
            if planned != 0 || dispatched != 0 || received != 0 {
                met.push(Met { other, resource: flows[0].resource.clone(), planned, dispatched, received });
            }
        }
        Ok(met)
    }
}

fn sorted(found: impl Iterator<Item = Option<Fit>>) -> Fits {
    let mut all = Fits::default();
    for fit in found {
        match fit {
            Some(fit) => all.fits.push(fit),
            None => all.others += 1,
        }
    }
    all.fits.sort_by(|a, b| {
        (a.misfits.len(), &a.misfits, a.days, &a.need, &a.offer).cmp(&(
            b.misfits.len(),
            &b.misfits,
            b.days,
            &b.need,
            &b.offer,
        ))
    });
    all
}

/// What is asked for: for which purpose, by whom, where, until when.
struct Need<'a> {
    purpose: &'a str,
    unit: &'a str,
    place: &'a str,
    expires: Date,
    state: RequirementState,
    package: bool,
    /// What meets it, with its share of the value.
    accepts: BTreeMap<&'a str, f64>,
}

fn need_of<'a>(picture: &'a Picture, code: &str) -> Option<Need<'a>> {
    if let Some(r) = picture.requirements.get(code) {
        return Some(Need {
            purpose: r.purpose.as_str(),
            unit: r.unit.as_str(),
            place: r.place.as_str(),
            expires: r.expires,
            state: r.state,
            package: false,
            accepts: picture.accepted(code),
        });
    }
    let k = picture.packages.get(code)?;
    Some(Need {
        purpose: k.purpose.as_str(),
        unit: k.unit.as_str(),
        place: k.place.as_str(),
        expires: k.expires,
        state: k.state,
        package: true,
        accepts: picture.components(code).map(|c| (c.resource.as_str(), 1.0)).collect(),
    })
}

/// How an offer fits a need; `None` if it is for something else.
fn fit<'a>(ways: &mut Ways<'a>, offer: &'a Offer, code: &str, today: Date) -> Option<Fit> {
    let picture = ways.picture;
    let need = need_of(picture, code)?;
    let resource = offer.resource.as_str();
    let process = match need.accepts.contains_key(resource) {
        true => None,
        false => {
            let makes = |p: &&Process| p.input.as_str() == resource && need.accepts.contains_key(p.output.as_str());
            Some(picture.processes.values().find(makes)?)
        }
    };
    let made = process.map_or(resource, |p| p.output.as_str());
    let mut misfits = Vec::new();
    if !offer.state.is_committed() {
        misfits.push(Misfit::NotCommitted);
    }
    if offer.quantity.known().is_none() {
        misfits.push(Misfit::QuantityUnknown);
    }
    if !need.state.is_open() {
        misfits.push(Misfit::NeedNotOpen);
    }
    for caveat in offer.caveats.iter().filter_map(|c| picture.caveats.get(c.as_str())) {
        match caveat.excludes(picture, need.purpose, need.unit) {
            Some(Excludes::Purpose) => misfits.push(Misfit::Purpose(caveat.code.clone())),
            Some(Excludes::Recipient) => misfits.push(Misfit::Recipient(caveat.code.clone())),
            None => {}
        }
    }
    let days = ways.days(offer, &need, process);
    let from = offer.available_from.known().map_or(today, |date| date.earliest().max(today));
    if from >= need.expires {
        misfits.push(Misfit::TooLate);
    } else {
        match days {
            None => misfits.push(Misfit::NoWay),
            Some(days) if i64::from(days) >= i64::from(from.until(need.expires).map_or(0, |span| span.get_days())) => {
                misfits.push(Misfit::WayTooLong(days));
            }
            Some(_) => {}
        }
    }
    Some(Fit {
        offer: offer.code.clone(),
        need: Code::new(code).ok()?,
        package: need.package,
        resource: offer.resource.code().clone(),
        process: process.map(|p| p.code.clone()),
        utility: need.accepts.get(made).copied().unwrap_or(1.0),
        days,
        misfits,
    })
}

/// What forbids that an offer is given to a need as it is, by what its donor said and by the state of both. Whether there is a way and it is
/// in time is another question.
pub(crate) fn forbidden(picture: &Picture, offer: &Offer, need: &str, today: Date) -> Option<Message> {
    let Some(fit) = fit(&mut Ways::of(picture), offer, need, today).filter(|fit| fit.process.is_none()) else {
        return Some(message!("misfit-other"));
    };
    let forbids = |misfit: &&Misfit| match misfit {
        Misfit::NotCommitted | Misfit::NeedNotOpen | Misfit::Purpose(_) | Misfit::Recipient(_) => true,
        Misfit::QuantityUnknown | Misfit::TooLate | Misfit::NoWay | Misfit::WayTooLong(_) => false,
    };
    fit.misfits.iter().find(forbids).map(|misfit| misfit.message(picture))
}

/// Ways over the lanes of a picture, each beginning and hazard class looked at once.
struct Ways<'a> {
    picture: &'a Picture,
    /// Lanes by the place where they begin.
    lanes: BTreeMap<&'a str, Vec<&'a Lane>>,
    /// Days from a place to every other that goods of a hazard class can reach.
    found: BTreeMap<(&'a str, Option<Hazard<'a>>), BTreeMap<&'a str, u32>>,
}

impl<'a> Ways<'a> {
    fn of(picture: &'a Picture) -> Self {
        let mut lanes: BTreeMap<&str, Vec<&Lane>> = BTreeMap::new();
        for lane in picture.lanes.values() {
            lanes.entry(lane.from.as_str()).or_default().push(lane);
        }
        Self { picture, lanes, found: BTreeMap::new() }
    }

    /// Days on the fastest way from where an offer waits to where it is needed, through one of the processes that make of it what is
    /// needed, over lanes that do not forbid it.
    fn days(&mut self, offer: &'a Offer, need: &Need<'_>, process: Option<&Process>) -> Option<u32> {
        let picture = self.picture;
        let from = offer.place.as_ref()?.as_str();
        let hazard = picture.hazard_of(offer.resource.as_str());
        let Some(process) = process else { return self.from(from, hazard).get(need.place).copied() };
        let alike = |p: &&Process| p.input == process.input && p.output == process.output;
        let through = picture.processes.values().filter(alike).filter_map(|p| {
            let there = *self.from(from, hazard).get(p.place.as_str())?;
            Some(there + p.duration_days + self.from(p.place.as_str(), hazard).get(need.place)?)
        });
        through.min()
    }

    /// Days from a place to every other that can be reached.
    fn from(&mut self, from: &'a str, hazard: Option<Hazard<'a>>) -> &BTreeMap<&'a str, u32> {
        let lanes = &self.lanes;
        self.found.entry((from, hazard)).or_insert_with(|| {
            let mut days = BTreeMap::from([(from, 0)]);
            let mut next = BTreeSet::from([(0, from)]);
            while let Some((so_far, place)) = next.pop_first() {
                if days.get(place).is_some_and(|best| *best < so_far) {
                    continue;
                }
                let forbidden = |lane: &Lane| {
                    hazard.is_some_and(|hazard| lane.forbids.iter().any(|f| hazard.is_forbidden_by(f.as_str())))
                };
                let open = |lane: &&&Lane| !forbidden(lane);
                for lane in lanes.get(place).into_iter().flatten().filter(open) {
                    let arrive = so_far + lane.transit_days;
                    let best = days.entry(lane.to.as_str()).or_insert(u32::MAX);
                    if arrive < *best {
                        *best = arrive;
                        next.insert((arrive, lane.to.as_str()));
                    }
                }
            }
            days
        })
    }
}

//! From records and ledger to a planning instance: what may still be moved, repaired, taught and delivered.
//!
//! A need's purpose in the instance is `purpose@unit`, so that a caveat on recipients is kept as exactly as one on purposes. What earlier
//! plans have taken of lanes, handling, processes, pools and funds is subtracted in its period.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{Timestamp, ToSpan, civil::Date};
use muster_domain::{
    code::Code,
    field::Field,
    fixed::Fixed,
    hazard::{Hazard, un_number},
    item::{Item, ItemKind},
    lane::Lane,
    ledger::account::AccountPurpose,
    message,
    mission::Mission,
    offer::Offer,
    picture::Picture,
    place::Place,
    requirement::RequirementState,
};
use muster_planner::instance as planner;
use muster_storage::ledger::{
    left::{change, gone},
    read::{self, AsOf, Flow, FlowFilter},
};

use super::promise::{Bound, Promised, Replaces};
use crate::{App, Error, day, everything, repair::figures::waiting, training::figures::promised_by_nominations};

/// A planning instance and what it was made from.
#[derive(Clone, Debug)]
pub struct Instance {
    /// The instance, as `assistance-plan/2`, or `/1` where that is enough.
    pub problem: planner::Instance,
    /// The first period in which anything may move.
    pub first_period: usize,
    /// The last change of any record that it knows.
    pub version: i64,
    /// The promised lines that a plan of it takes the place of; none: it is made beside them.
    pub replaces: Option<Replaces>,
    /// What is bound by what has begun, if a plan of it takes the place of the rest.
    pub bound: Bound,
}

/// What the ledger says has been taken already.
pub(super) struct Taken {
    pub(super) flows: Vec<Flow>,
    pub(super) lanes: Vec<(String, Timestamp, String, i64)>,
    pub(super) processes: Vec<(String, Timestamp, i64)>,
    /// What of funds was set aside or paid for repairs, in minor units of some money.
    pub(super) repairs: Vec<(Code, Code, i64)>,
    /// What of the processes costs nothing more: its price is among that already.
    pub(super) priced: Vec<(String, Timestamp, i64)>,
}

impl App {
    /// The instance of everything that is open, and the records it was made from. With a price for a changed line, what was promised
    /// and has not begun is open, too; it is planned from the period in which the first day lies, since what was promised for that
    /// period may still leave in it.
    ///
    /// # Errors
    /// If there is no mission, or the database fails.
    pub async fn instance(&self, from: Option<Date>, keep: Option<f64>) -> Result<(Instance, Arc<Picture>), Error> {
        let mut conn = self.read().await?;
        let (picture, version) = self.memory.picture(&mut conn, &everything()).await?;
        let mut taken = Taken {
            flows: read::flows(&mut conn, &everything(), FlowFilter::default(), AsOf::NOW).await?,
            lanes: read::lane_loads(&mut conn).await?,
            processes: read::process_loads(&mut conn).await?,
            repairs: muster_storage::repair::spent(&mut conn).await?,
            priced: Vec::new(),
        };
        // Facilities repair what was brought to them before what is planned.
        let waiting = waiting(&mut conn, &picture, self.today()).await?;
        taken.processes.extend(waiting.starts);
        taken.priced = waiting.priced;
        // Who is nominated is taught in their serial, for their need.
        let (seats, flows) = promised_by_nominations(&mut conn, &picture).await?;
        taken.processes.extend(seats);
        taken.flows.extend(flows);
        let no_mission = || Error::Invalid(message!("no-mission-yet"));
        let mission = picture.mission().ok_or_else(no_mission)?.clone();
        let from = from.unwrap_or_else(|| self.today());
        let Some(keep) = keep else {
            let first_period = first_period(&mission, period_from(&mission, from));
            let build = Build::new(&picture, &mission, &taken, first_period, false);
            let (problem, bound) = (build.instance(), Bound::default());
            return Ok((Instance { problem, first_period, version, replaces: None, bound }, picture));
        };
        let first_period = first_period(&mission, mission.period_of(from));
        let promised = Promised::read(&mut conn, &picture, &mission).await?;
        promised.free(&mut taken);
        let build = Build::new(&picture, &mission, &taken, first_period, true);
        let mut problem = build.instance();
        promised.begun(&picture, &mission, &taken, first_period, &mut problem);
        let replaces = Some(promised.replaces(keep, &picture, &mission, &problem));
        let bound = Bound::of(&taken);
        Ok((Instance { problem, first_period, version, replaces, bound }, picture))
    }
}

/// A period as one of the plan's: never one before the mission's start.
fn first_period(mission: &Mission, period: i64) -> usize {
    usize::try_from(period).unwrap_or(0).min(mission.periods as usize)
}

/// The period that begins on a day, or the next one if the day lies within a period.
fn period_from(mission: &Mission, day: Date) -> i64 {
    let period = mission.period_of(day);
    if mission.day_of(period) == day { period } else { period + 1 }
}

pub(super) struct Build<'a> {
    pub(super) picture: &'a Picture,
    pub(super) mission: &'a Mission,
    pub(super) taken: &'a Taken,
    first_period: usize,
    /// What was promised is open again.
    again: bool,
    /// Tonnes that earlier plans move on each lane in each period.
    pub(super) lane_tonnes: BTreeMap<(&'a str, usize), f64>,
    /// Units that earlier plans start in each process in each period.
    pub(super) starts: BTreeMap<(&'a str, usize), f64>,
}

impl<'a> Build<'a> {
    fn new(picture: &'a Picture, mission: &'a Mission, taken: &'a Taken, first_period: usize, again: bool) -> Self {
        let (lane_tonnes, starts) = (BTreeMap::new(), BTreeMap::new());
        let mut build = Build { picture, mission, taken, first_period, again, lane_tonnes, starts };
        for (lane, at, resource, quantity) in &taken.lanes {
            if let Some(period) = build.period(*at) {
                let tonnes = *quantity as f64 * build.mass_t(resource);
                *build.lane_tonnes.entry((lane, period)).or_default() += tonnes;
            }
        }
        for (process, at, quantity) in &taken.processes {
            if let Some(period) = build.period(*at) {
                *build.starts.entry((process, period)).or_default() += *quantity as f64;
            }
        }
        build
    }

    fn instance(&self) -> planner::Instance {
        let mission = self.mission;
        let mut instance = planner::Instance {
            format: planner::FORMAT_2.to_owned(),
            name: mission.code.to_string(),
            periods: mission.periods as usize,
            cost_weight: mission.cost_weight.as_f64(),
            resources: self.resources(),
            places: self.picture.places.values().map(|place| self.place(place)).collect(),
            lanes: self.lanes(),
            processes: self.processes(),
            offers: self.picture.offers.values().filter_map(|offer| self.offer(offer)).collect(),
            requirements: self.requirements(),
            packages: self.packages(),
            pools: self.pools(),
            funds: self.funds(),
            ..planner::Instance::default()
        };
        self.add_guidelines(&mut instance);
        // What a fund may pay and what a resource measures matter only where something is held against it.
        let volumes = instance.lanes.iter().any(|l| l.capacity_m3.is_some() || l.trip_m3.is_some())
            || instance.places.iter().any(|p| p.storage_m3.is_some());
        if !volumes {
            instance.resources.iter_mut().for_each(|r| r.unit_volume_m3 = 0.0);
        }
        instance.settle_format();
        instance
    }

    /// The hazards of the catalogue with what they are called in an instance: by their class, and where a lane forbids single UN numbers by
    /// their number, too.
    fn hazards(&self) -> BTreeMap<Hazard<'_>, String> {
        let mut forbidden = self.picture.lanes.values().flat_map(|lane| &lane.forbids);
        let by_number = forbidden.any(|text| un_number(text.as_str()).is_some());
        let name = |hazard: Hazard<'_>| match hazard.un_number.filter(|_| by_number) {
            Some(number) => format!("{} UN{number}", hazard.class).trim().to_owned(),
            None => hazard.class.to_owned(),
        };
        self.picture.items.values().filter_map(Item::hazard).map(|hazard| (hazard, name(hazard))).collect()
    }

    /// What a lane forbids: what it says, and each hazard of the catalogue of which that is the class, the division or the number.
    fn forbids(lane: &Lane, hazards: &BTreeMap<Hazard<'_>, String>) -> Vec<String> {
        let mut all: Vec<String> = lane.forbids.iter().map(Field::text).collect();
        for (hazard, name) in hazards {
            if !all.contains(name) && lane.forbids.iter().any(|f| hazard.is_forbidden_by(f.as_str())) {
                all.push(name.clone());
            }
        }
        all
    }

    fn resources(&self) -> Vec<planner::Resource> {
        let hazards = self.hazards();
        let goods = self.picture.resources.values().filter_map(|resource| {
            let item = self.picture.items.get(resource.item.as_str()).filter(|item| item.currency().is_none())?;
            let hazard = item.hazard().and_then(|hazard| hazards.get(&hazard)).filter(|name| !name.is_empty()).cloned();
            Some(planner::Resource {
                id: resource.code.to_string(),
                unit_mass_t: self.mass_t(resource.code.as_str()),
                hazard,
                unit_volume_m3: item.volume_m3.map_or(0.0, |volume| volume.as_f64()),
            })
        });
        goods.collect()
    }

    /// Mass of one unit of a resource in tonnes.
    fn mass_t(&self, resource: &str) -> f64 {
        self.picture.item_of(resource).and_then(|item| item.mass_kg).map_or(0.0, |mass| mass.as_f64() / 1_000.0)
    }

    /// The period of a moment, if it is one of the plan's.
    pub(super) fn period(&self, at: Timestamp) -> Option<usize> {
        let period = usize::try_from(self.mission.period_of(day(at))).ok()?;
        (period < self.mission.periods as usize).then_some(period)
    }

    /// Periods that so many days take.
    pub(super) fn periods(&self, days: u32) -> usize {
        days.div_ceil(self.mission.period_days) as usize
    }

    fn place(&self, place: &Place) -> planner::Place {
        let (mut departing, mut arriving) = (BTreeMap::new(), BTreeMap::new());
        for (&(lane, period), tonnes) in &self.lane_tonnes {
            let Some(lane) = self.picture.lanes.get(lane) else { continue };
            if lane.from.code() == &place.code {
                *departing.entry(period).or_insert(0.0) += tonnes;
            }
            if lane.to.code() == &place.code {
                *arriving.entry(period + self.periods(lane.transit_days)).or_insert(0.0) += tonnes;
            }
        }
        // A flat picture is enough for the planner, which takes times and costs from the lanes.
        let (latitude, longitude) = (place.latitude.as_f64(), place.longitude.as_f64());
        planner::Place {
            id: place.code.to_string(),
            kind: place.kind.to_string(),
            x_km: (longitude * 111.32 * latitude.to_radians().cos()).round(),
            y_km: (latitude * 110.57).round(),
            handling_t: place.handling_t.map(|limit| self.left(limit.as_f64(), &departing)),
            storage_t: place.storage_t.map(|limit| limit.as_f64().into()),
            handling_in_t: place.handling_in_t.map(|limit| self.left(limit.as_f64(), &arriving)),
            storage_m3: place.storage_m3.map(|limit| limit.as_f64().into()),
        }
    }

    /// What is left of a limit in each period.
    pub(super) fn left(&self, limit: f64, taken: &BTreeMap<usize, f64>) -> planner::Series {
        // Sums of parts may be off in their last digits.
        let exact = |n: f64| (n * 1_000.0).round() / 1_000.0;
        if taken.values().all(|taken| exact(*taken) == 0.0) {
            return limit.into();
        }
        let left = |period| exact((limit - taken.get(&period).copied().unwrap_or(0.0)).max(0.0));
        planner::Series::PerPeriod((0..self.mission.periods as usize).map(left).collect())
    }

    fn lanes(&self) -> Vec<planner::Lane> {
        let hazards = self.hazards();
        let periods = self.mission.periods as usize;
        let lane = |lane: &muster_domain::lane::Lane| {
            let id = lane.code.to_string();
            let left = |period: usize| {
                let open = lane.capacity_t.as_f64() * self.open_share(&id, period);
                let taken = self.lane_tonnes.get(&(id.as_str(), period)).copied().unwrap_or(0.0);
                ((open - taken).max(0.0) * 1_000.0).round() / 1_000.0
            };
            let capacities: Vec<f64> = (0..periods).map(left).collect();
            let constant = capacities.iter().all(|c| *c == capacities[0]);
            planner::Lane {
                from: lane.from.to_string(),
                to: lane.to.to_string(),
                mode: lane.mode.to_string(),
                transit: self.periods(lane.transit_days),
                capacity_t: if constant {
                    planner::Series::Constant(capacities[0])
                } else {
                    planner::Series::PerPeriod(capacities)
                },
                cost_per_t: lane.cost_per_t.as_f64(),
                forbids: Self::forbids(lane, &hazards),
                capacity_m3: lane.capacity_m3.map(|m3| self.open(&id, m3.as_f64())),
                departs: self.timetable(lane),
                trip_t: lane.trip_t.map(|trip| trip.as_f64()),
                trip_m3: lane.trip_m3.map(|trip| trip.as_f64()),
                trip_cost: lane.trip_cost.map_or(0.0, |cost| cost.as_f64()),
                trips: self.trips(lane),
                least_t: lane.least_t.map_or(0.0, |least| least.as_f64()),
                fund: self.payer(lane.fund.as_ref()),
                id,
            }
        };
        self.picture.lanes.values().map(lane).collect()
    }

    /// The share of a period's days on which a lane is open.
    pub(super) fn open_share(&self, lane: &str, period: usize) -> f64 {
        let first = self.mission.day_of(period as i64);
        let days = i64::from(self.mission.period_days);
        let closed = |n: &i64| {
            let day = first.saturating_add(n.days());
            self.picture.closed(lane, day).is_some()
        };
        let shut = (0..days).filter(closed).count();
        1.0 - shut as f64 / days as f64
    }

    fn processes(&self) -> Vec<planner::Process> {
        let process = |process: &muster_domain::process::Process| {
            let id = process.code.to_string();
            let taken = self.starts.iter().filter(|((code, _), _)| *code == id).map(|((_, t), n)| (*t, *n)).collect();
            planner::Process {
                kind: process.kind.to_string(),
                place: process.place.to_string(),
                input: process.input.to_string(),
                output: process.output.to_string(),
                duration: self.periods(process.duration_days),
                capacity: self.left(f64::from(process.capacity), &taken),
                cost: process.cost.as_f64(),
                needs: self.needs(&id),
                holds: self.holds(&id),
                purpose: None,
                fund: self.payer(process.fund.as_ref()),
                pass_share: process.pass_share.map(Fixed::as_f64),
                id,
            }
        };
        self.picture.processes.values().map(process).collect()
    }

    /// A committed offer with what is left of it at its own place; `None` if nothing is, or it comes too late.
    fn offer(&self, offer: &Offer) -> Option<planner::Offer> {
        if offer.kind.is_money() || !offer.state.is_committed() {
            return None;
        }
        let place = offer.place.as_ref()?;
        let own = self.taken.flows.iter().filter(|flow| flow.offer.as_ref() == Some(&offer.code));
        let resource = offer.resource.code();
        let kind = self.picture.item_of(resource.as_str()).map_or(ItemKind::Materiel, |item| item.kind);
        let left = self.picture.offered_units(offer)? - gone(own, change, (resource, kind), Some(place.code()));
        let available = period_from(self.mission, offer.available_from.known()?.earliest()).max(0);
        let from = usize::try_from(available).ok()?.max(self.first_period);
        if left <= 0 || from >= self.mission.periods as usize {
            return None;
        }
        Some(planner::Offer {
            id: offer.code.to_string(),
            donor: offer.donor.to_string(),
            resource: offer.resource.to_string(),
            quantity: left,
            place: place.to_string(),
            from,
            only_for: self.only_for(offer),
            lot: offer.lot.map_or(1, i64::from),
            until: offer.lent_until.map(|day| usize::try_from(self.mission.period_of(day)).unwrap_or(0)),
            purchase: None,
            prefers: self.wishes(offer),
        })
    }

    /// Purposes and units that needs have.
    pub(super) fn groups(&self) -> BTreeSet<(&str, &str)> {
        let requirements = self.picture.requirements.values().map(|r| (r.purpose.as_str(), r.unit.as_str()));
        requirements.chain(self.picture.packages.values().map(|k| (k.purpose.as_str(), k.unit.as_str()))).collect()
    }

    /// The `purpose@unit` that all caveats of an offer allow, of those that any need has; `None` if no caveat limits it.
    fn only_for(&self, offer: &Offer) -> Option<Vec<String>> {
        let caveats: Vec<_> = offer.caveats.iter().filter_map(|c| self.picture.caveats.get(c.as_str())).collect();
        if caveats.iter().all(|c| c.purposes.is_empty() && c.recipients.is_empty()) {
            return None;
        }
        let allowed = self.groups().into_iter().filter(|(purpose, unit)| {
            caveats.iter().all(|caveat| caveat.excludes(self.picture, purpose, unit).is_none())
        });
        Some(allowed.map(|(purpose, unit)| label(purpose, unit)).collect())
    }

    /// Units already received or bound to a need, by resource.
    pub(super) fn bound(&self, need: &str) -> BTreeMap<&str, i64> {
        let mut bound = BTreeMap::new();
        for flow in self.taken.flows.iter().filter(|f| f.need.as_ref().is_some_and(|n| n.as_str() == need)) {
            if flow.to.0 == AccountPurpose::InService {
                *bound.entry(flow.resource.as_str()).or_default() += change(flow);
            }
        }
        bound
    }

    /// Whether a need may be served; what matches one that is matched may be planned anew.
    fn is_open(&self, state: RequirementState) -> bool {
        state.is_open() || self.again && state == RequirementState::Matched
    }

    /// Due and expiry as periods; `None` if nothing can be gained within the plan's horizon.
    fn times(&self, due: Date, expires: Date) -> Option<(usize, usize)> {
        let periods = self.mission.periods as usize;
        let due = usize::try_from(self.mission.period_of(due).max(0)).ok()?;
        let expires = usize::try_from(self.mission.period_of(expires)).ok()?.max(due + 1);
        (expires > self.first_period && due < periods).then(|| (due, expires.min(periods)))
    }

    fn requirements(&self) -> Vec<planner::Requirement> {
        let requirement = |r: &muster_domain::requirement::Requirement| {
            let left = i64::from(r.quantity) - self.bound(r.code.as_str()).values().sum::<i64>();
            let (due, expires) = self.times(r.due, r.expires).filter(|_| self.is_open(r.state) && left > 0)?;
            Some(planner::Requirement {
                id: r.code.to_string(),
                place: r.place.to_string(),
                purpose: label(r.purpose.as_str(), r.unit.as_str()),
                accepts: self.accepts(r.code.as_str()),
                quantity: left,
                priority: r.priority.as_f64(),
                due,
                expires,
            })
        };
        self.picture.requirements.values().filter_map(requirement).collect()
    }

    fn accepts(&self, requirement: &str) -> Vec<planner::Accepted> {
        let accepted = self.picture.accepted(requirement).into_iter();
        accepted.map(|(id, utility)| planner::Accepted { resource: id.to_owned(), utility }).collect()
    }

    fn packages(&self) -> Vec<planner::Package> {
        let package = |k: &muster_domain::package::Package| {
            let bound = self.bound(k.code.as_str());
            let components: Vec<_> = self.picture.components(k.code.as_str()).collect();
            let sets = |c: &&muster_domain::package::PackageComponent| {
                bound.get(c.resource.as_str()).copied().unwrap_or(0) / i64::from(c.quantity)
            };
            let left = i64::from(k.count) - components.iter().map(sets).min().unwrap_or(0);
            let (due, expires) = self.times(k.due, k.expires).filter(|_| self.is_open(k.state) && left > 0)?;
            let component = |c: &muster_domain::package::PackageComponent| planner::Component {
                resource: c.resource.to_string(),
                quantity: i64::from(c.quantity),
            };
            Some(planner::Package {
                id: k.code.to_string(),
                place: k.place.to_string(),
                purpose: label(k.purpose.as_str(), k.unit.as_str()),
                components: components.into_iter().map(component).collect(),
                count: left,
                priority: k.priority.as_f64(),
                due,
                expires,
            })
        };
        self.picture.packages.values().filter_map(package).collect()
    }
}

/// A need's purpose as the planner knows it.
pub(super) fn label(purpose: &str, unit: &str) -> String {
    format!("{purpose}@{unit}")
}

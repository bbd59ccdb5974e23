//! An instance with numbers for names: what the solver works on.
//!
//! Places, lanes, resources and so on are positions in their lists. Costs are already weighted. Nothing here decides
//! anything; it only makes an [`Instance`] quick to walk.

use std::collections::HashMap;

pub(crate) use super::lane::Lane;
use super::lane::lane;
use super::supply::{Ways, most_sets};
use crate::instance::{self, Hold, Instance, Reserve, Resource, Series};

/// How much a capacity may be exceeded by rounding, as the checker allows, relative to max(1, capacity).
pub(crate) const TOLERANCE: f64 = 1e-6;

#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) place: usize,
    pub(crate) input: usize,
    pub(crate) output: usize,
    pub(crate) duration: usize,
    /// Units that may start, by period.
    pub(crate) capacity: Vec<f64>,
    /// Weighted cost per unit.
    pub(crate) cost: f64,
    /// What a fund pays per unit.
    pub(crate) paid: f64,
    pub(crate) fund: Option<usize>,
    /// Numbers of its needs, with units per unit that starts.
    pub(crate) needs: Vec<(usize, f64)>,
    /// Pools it holds, units per unit that starts, and for how many periods.
    pub(crate) holds: Vec<(usize, f64, usize)>,
}

/// A need of a process, numbered over all processes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need {
    pub(crate) process: usize,
    pub(crate) input: usize,
}

#[derive(Debug)]
pub(crate) struct Offer {
    pub(crate) resource: usize,
    pub(crate) place: usize,
    pub(crate) from: usize,
    pub(crate) quantity: i64,
    /// Allowed purposes by number; none: any.
    pub(crate) only_for: Option<Vec<usize>>,
    /// Units that stay together.
    pub(crate) lot: i64,
    /// Lent until this period.
    pub(crate) until: Option<usize>,
    /// Reserves it counts for.
    pub(crate) reserves: Vec<usize>,
    /// Value of a unit that serves a purpose the donor prefers.
    pub(crate) prefers: Vec<(usize, f64)>,
}

/// What a delivered unit counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Requirement(usize),
    Component(usize, usize),
    /// A need, by its number.
    Need(usize),
    /// A pool, for what is lent until a period, or given.
    Pool(usize, Option<usize>),
}

impl Target {
    /// Whether it is worth something only through what it makes possible.
    pub(crate) fn is_supply(self) -> bool {
        matches!(self, Target::Need(_) | Target::Pool(..))
    }
}

/// One way to be useful: a resource delivered to a target.
#[derive(Debug)]
pub(crate) struct Want {
    pub(crate) target: Target,
    pub(crate) resource: usize,
    pub(crate) place: usize,
    /// What it is for; none: only what donors allow for anything.
    pub(crate) purpose: Option<usize>,
    /// Value per unit at full timeliness; 0 but for requirements.
    pub(crate) value: f64,
    pub(crate) due: usize,
    pub(crate) expires: usize,
    /// Last period in which a delivery is worth something; none: never.
    pub(crate) last: usize,
    /// Most units of this resource that count.
    pub(crate) quantity: i64,
    /// Floors that it counts for.
    pub(crate) floors: Vec<usize>,
    /// Fleet and type that it adds to.
    pub(crate) types: Vec<(usize, usize)>,
}

#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) priority: f64,
    pub(crate) count: i64,
    pub(crate) due: usize,
    pub(crate) expires: usize,
    /// Periods in which completing is told apart: from due (earlier earns the same) to the last of value. Empty: never.
    pub(crate) periods: std::ops::Range<usize>,
    /// Most sets that can be complete by each of these periods.
    pub(crate) most: Vec<i64>,
    /// Units per set.
    pub(crate) parts: Vec<i64>,
    /// Wants of the parts; none if it can't be delivered at all.
    pub(crate) wants: Vec<Option<usize>>,
    /// Floors that it counts for.
    pub(crate) floors: Vec<usize>,
}

/// A limit that may be passed at a price.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Soft {
    pub(crate) limit: f64,
    /// Per unit beyond it.
    pub(crate) penalty: f64,
}

#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) periods: usize,
    pub(crate) places: usize,
    /// Of the instance's resources, and of one more for what is to be bought of each purchase.
    pub(crate) mass: Vec<f64>,
    pub(crate) volume: Vec<f64>,
    pub(crate) lanes: Vec<Lane>,
    /// Lanes that leave a place.
    pub(crate) lanes_from: Vec<Vec<usize>>,
    /// For each set of forbidden classes, whether a resource is forbidden.
    pub(crate) forbidding: Vec<Vec<bool>>,
    /// By place and period; empty: no limit.
    pub(crate) handling: Vec<Vec<f64>>,
    pub(crate) handling_in: Vec<Vec<f64>>,
    pub(crate) storage: Vec<Vec<f64>>,
    pub(crate) storage_m3: Vec<Vec<f64>>,
    /// Of the instance, and after them the orders of its purchases.
    pub(crate) processes: Vec<Process>,
    /// Offers that the orders are of.
    pub(crate) orders: Vec<usize>,
    pub(crate) needs: Vec<Need>,
    /// Units of each pool by period.
    pub(crate) pools: Vec<Vec<f64>>,
    /// What each fund has by period.
    pub(crate) funds: Vec<Vec<f64>>,
    pub(crate) reserves: Vec<Soft>,
    /// Least values: the limits are below 0.
    pub(crate) floors: Vec<Soft>,
    /// Penalties of the fleets for each type beyond the first.
    pub(crate) fleets: Vec<f64>,
    /// Whether whole lots, loads, trips or types matter, or what comes must be there for others.
    pub(crate) lumps: bool,
    /// Most bonus of any offer.
    pub(crate) most_bonus: f64,
    /// Processes that make a resource.
    pub(crate) makers: Vec<Vec<usize>>,
    pub(crate) offers: Vec<Offer>,
    /// Offers of a resource.
    pub(crate) offers_of: Vec<Vec<usize>>,
    pub(crate) requirements: Vec<i64>,
    pub(crate) packages: Vec<Package>,
    pub(crate) wants: Vec<Want>,
}

/// Share of the value that a delivery in `period` still earns.
pub(crate) fn timeliness(period: usize, due: usize, expires: usize) -> f64 {
    if period <= due {
        1.0
    } else if period >= expires {
        0.0
    } else {
        1.0 - (period - due) as f64 / (expires - due) as f64
    }
}

fn positions<'i>(ids: impl Iterator<Item = &'i str>) -> HashMap<&'i str, usize> {
    ids.enumerate().map(|(n, id)| (id, n)).collect()
}

/// Positions by id.
struct Ids<'i> {
    resource: HashMap<&'i str, usize>,
    place: HashMap<&'i str, usize>,
    pool: HashMap<&'i str, usize>,
    fund: HashMap<&'i str, usize>,
    purposes: HashMap<&'i str, usize>,
}

impl<'i> Ids<'i> {
    fn new(d: &'i Instance) -> Ids<'i> {
        Ids {
            resource: positions(d.resources.iter().map(|x| x.id.as_str())),
            place: positions(d.places.iter().map(|x| x.id.as_str())),
            pool: positions(d.pools.iter().map(|x| x.id.as_str())),
            fund: positions(d.funds.iter().map(|x| x.id.as_str())),
            purposes: HashMap::new(),
        }
    }

    fn purpose(&mut self, name: &'i str) -> usize {
        let next = self.purposes.len();
        *self.purposes.entry(name).or_insert(next)
    }

    fn fund(&self, name: Option<&String>) -> Option<usize> {
        name.map(|name| self.fund[name.as_str()])
    }
}

impl Network {
    /// Of an instance whose references hold, as [`Instance::parse`] makes sure.
    pub(crate) fn new(d: &Instance) -> Network {
        let mut ids = Ids::new(d);
        let purchases = d.offers.iter().filter(|o| o.purchase.is_some()).count();
        let over = |limit: &Option<Series>| limit.as_ref().map_or_else(Vec::new, |limit| limit.over(d.periods));
        let padded = |numbers: Vec<f64>| [numbers, vec![0.0; purchases]].concat();
        let mut network = Network {
            periods: d.periods,
            places: d.places.len(),
            mass: padded(d.resources.iter().map(|r| r.unit_mass_t).collect()),
            volume: padded(d.resources.iter().map(|r| r.unit_volume_m3).collect()),
            lanes: Vec::new(),
            lanes_from: vec![Vec::new(); d.places.len()],
            forbidding: vec![vec![false; d.resources.len() + purchases]],
            handling: d.places.iter().map(|p| over(&p.handling_t)).collect(),
            handling_in: d.places.iter().map(|p| over(&p.handling_in_t)).collect(),
            storage: d.places.iter().map(|p| over(&p.storage_t)).collect(),
            storage_m3: d.places.iter().map(|p| over(&p.storage_m3)).collect(),
            processes: Vec::new(),
            makers: vec![Vec::new(); d.resources.len() + purchases],
            orders: Vec::new(),
            needs: Vec::new(),
            pools: d.pools.iter().map(|p| p.quantity.over(d.periods)).collect(),
            funds: d.funds.iter().map(|f| f.available(d.periods)).collect(),
            reserves: d.reserves.iter().map(|r| reserve(d, r)).collect(),
            floors: d.floors.iter().map(|f| Soft { limit: -f.value, penalty: f.penalty }).collect(),
            fleets: d.fleets.iter().map(|f| f.penalty).collect(),
            lumps: false,
            most_bonus: d.offers.iter().flat_map(|o| &o.prefers).map(|p| p.bonus).fold(0.0, f64::max),
            offers: Vec::new(),
            offers_of: vec![Vec::new(); d.resources.len() + purchases],
            requirements: d.requirements.iter().map(|r| r.quantity).collect(),
            packages: Vec::new(),
            wants: Vec::new(),
        };
        network.add_lanes(d, &ids, purchases > 0);
        network.add_processes(d, &ids);
        network.add_offers(d, &mut ids);
        network.add_requirements(d, &mut ids);
        network.add_packages(d, &mut ids);
        network.add_supplies(d, &mut ids);
        let ways = Ways::new(&network);
        let most: Vec<_> = network.packages.iter().map(|p| most_sets(&network, &ways, p)).collect();
        network.packages.iter_mut().zip(most).for_each(|(package, most)| package.most = most);
        let lumps = |l: &Lane| l.least > 0.0 || l.trip.is_some();
        network.lumps = network.lanes.iter().any(lumps)
            || network.offers.iter().any(|o| o.lot > 1)
            || !network.fleets.is_empty()
            || network.wants.iter().any(|w| w.target.is_supply());
        network
    }

    fn add_lanes(&mut self, d: &Instance, ids: &Ids<'_>, purchases: bool) {
        type Shut<'i> = (Vec<&'i str>, Option<u64>, Option<u64>);
        let mut sets: HashMap<Shut<'_>, usize> = HashMap::new();
        if !purchases {
            sets.insert((Vec::new(), None, None), 0);
        }
        for (n, l) in d.lanes.iter().enumerate() {
            let mut classes: Vec<&str> = l.forbids.iter().map(String::as_str).collect();
            classes.sort_unstable();
            classes.dedup();
            let (key, forbidding) =
                ((classes.clone(), l.trip_t.map(f64::to_bits), l.trip_m3.map(f64::to_bits)), &mut self.forbidding);
            let forbids = *sets.entry(key).or_insert_with(|| {
                let heavy = |each: f64, trip: Option<f64>| trip.is_some_and(|trip| each > trip);
                let shut = |r: &Resource| {
                    r.hazard.as_deref().is_some_and(|h| classes.contains(&h))
                        || heavy(r.unit_mass_t, l.trip_t)
                        || heavy(r.unit_volume_m3, l.trip_m3)
                };
                // What is still to be bought goes nowhere.
                let unbought = forbidding[0].len() - d.resources.len();
                forbidding.push(d.resources.iter().map(shut).chain(std::iter::repeat_n(true, unbought)).collect());
                forbidding.len() - 1
            });
            self.lanes_from[ids.place[l.from.as_str()]].push(n);
            let ends = (ids.place[l.from.as_str()], ids.place[l.to.as_str()]);
            self.lanes.push(lane(d, l, ends, ids.fund(l.fund.as_ref()), forbids));
        }
    }

    fn add_processes(&mut self, d: &Instance, ids: &Ids<'_>) {
        for (n, p) in d.processes.iter().enumerate() {
            self.makers[ids.resource[p.output.as_str()]].push(n);
            let first = self.needs.len();
            self.needs.extend((0..p.needs.len()).map(|input| Need { process: n, input }));
            let hold = |h: &Hold| (ids.pool[h.pool.as_str()], h.quantity, h.periods.unwrap_or(p.duration.max(1)));
            self.processes.push(Process {
                place: ids.place[p.place.as_str()],
                input: ids.resource[p.input.as_str()],
                output: ids.resource[p.output.as_str()],
                duration: p.duration,
                capacity: p.capacity.over(d.periods),
                cost: d.cost_weight * p.cost,
                paid: p.cost,
                fund: ids.fund(p.fund.as_ref()),
                needs: p.needs.iter().enumerate().map(|(i, need)| (first + i, need.quantity)).collect(),
                holds: p.holds.iter().map(hold).collect(),
            });
        }
    }

    /// Offers; those that are bought as units of a resource of their own, which an order makes what it is.
    fn add_offers<'i>(&mut self, d: &'i Instance, ids: &mut Ids<'i>) {
        for (n, o) in d.offers.iter().enumerate() {
            let goods = ids.resource[o.resource.as_str()];
            let place = ids.place[o.place.as_str()];
            let resource = o.purchase.as_ref().map_or(goods, |purchase| {
                let unbought = d.resources.len() + self.orders.len();
                self.makers[goods].push(self.processes.len());
                self.orders.push(n);
                self.processes.push(Process {
                    place,
                    input: unbought,
                    output: goods,
                    duration: purchase.lead,
                    capacity: purchase
                        .per_period
                        .as_ref()
                        .map_or_else(|| vec![f64::INFINITY; d.periods], |most| most.over(d.periods)),
                    cost: d.cost_weight * purchase.cost,
                    paid: purchase.cost,
                    fund: ids.fund(purchase.fund.as_ref()),
                    needs: Vec::new(),
                    holds: Vec::new(),
                });
                unbought
            });
            self.offers_of[resource].push(n);
            self.offers.push(Offer {
                resource,
                place,
                from: o.from,
                quantity: o.quantity - o.quantity % o.lot,
                only_for: o.only_for.as_ref().map(|list| list.iter().map(|p| ids.purpose(p)).collect()),
                lot: o.lot,
                until: o.until,
                reserves: (0..d.reserves.len()).filter(|&r| counts(&d.reserves[r], o)).collect(),
                prefers: o.prefers.iter().map(|p| (ids.purpose(&p.purpose), p.bonus)).collect(),
            });
        }
    }

    fn add_requirements<'i>(&mut self, d: &'i Instance, ids: &mut Ids<'i>) {
        for (n, r) in d.requirements.iter().enumerate() {
            let purpose = ids.purpose(&r.purpose);
            for a in &r.accepts {
                let want = Want {
                    target: Target::Requirement(n),
                    resource: ids.resource[a.resource.as_str()],
                    place: ids.place[r.place.as_str()],
                    purpose: Some(purpose),
                    value: r.priority * a.utility,
                    due: r.due,
                    expires: r.expires,
                    last: last(r.due, r.expires, d.periods),
                    quantity: r.quantity,
                    floors: floors(d, &r.place, &r.purpose),
                    types: types(d, &r.place, &a.resource),
                };
                let wished =
                    self.offers.iter().any(|o| o.prefers.iter().any(|(p, bonus)| *p == purpose && *bonus > 0.0));
                if want.quantity > 0 && (want.value > 0.0 || wished) {
                    self.wants.push(want);
                }
            }
        }
    }

    fn add_packages<'i>(&mut self, d: &'i Instance, ids: &mut Ids<'i>) {
        for (n, k) in d.packages.iter().enumerate() {
            let purpose = ids.purpose(&k.purpose);
            let last = last(k.due, k.expires, d.periods);
            let useful = k.count > 0 && k.priority > 0.0;
            let mut wants = Vec::new();
            for (i, part) in k.components.iter().enumerate() {
                wants.push(useful.then_some(self.wants.len()));
                if useful {
                    self.wants.push(Want {
                        target: Target::Component(n, i),
                        resource: ids.resource[part.resource.as_str()],
                        place: ids.place[k.place.as_str()],
                        purpose: Some(purpose),
                        value: 0.0,
                        due: k.due,
                        expires: k.expires,
                        last,
                        quantity: part.quantity.saturating_mul(k.count),
                        floors: Vec::new(),
                        types: types(d, &k.place, &part.resource),
                    });
                }
            }
            self.packages.push(Package {
                priority: k.priority,
                count: k.count,
                due: k.due,
                expires: k.expires,
                periods: if useful { k.due.min(last)..last + 1 } else { 0..0 },
                most: Vec::new(),
                parts: k.components.iter().map(|c| c.quantity).collect(),
                wants,
                floors: floors(d, &k.place, &k.purpose),
            });
        }
    }

    /// What processes need and pools accept is wanted for what it makes possible.
    fn add_supplies<'i>(&mut self, d: &'i Instance, ids: &mut Ids<'i>) {
        let supply = |target, resource, place, purpose, last| Want {
            target,
            resource,
            place,
            purpose,
            value: 0.0,
            due: last,
            expires: last + 1,
            last,
            quantity: MOST_SUPPLY,
            floors: Vec::new(),
            types: Vec::new(),
        };
        for (n, need) in self.needs.iter().enumerate() {
            let p = &d.processes[need.process];
            let resource = ids.resource[p.needs[need.input].resource.as_str()];
            let (place, purpose) = (ids.place[p.place.as_str()], p.purpose.as_deref().map(|p| ids.purpose(p)));
            self.wants.push(supply(Target::Need(n), resource, place, purpose, d.periods - 1));
        }
        for (n, pool) in d.pools.iter().enumerate() {
            let Some(accepts) = &pool.accepts else { continue };
            let purpose = pool.purpose.as_deref().map(|p| ids.purpose(p));
            let (resource, place) = (ids.resource[accepts.as_str()], ids.place[pool.place.as_str()]);
            let mut lent: Vec<usize> = self.offers.iter().filter_map(|o| o.until).filter(|&u| u > 0).collect();
            lent.sort_unstable();
            lent.dedup();
            for until in std::iter::once(None).chain(lent.into_iter().map(Some)) {
                let last = until.unwrap_or(d.periods).min(d.periods) - 1;
                self.wants.push(supply(Target::Pool(n, until), resource, place, purpose, last));
            }
        }
    }

    /// Whether a plan is worth what its flows and sets are, each by itself.
    pub(crate) fn is_plain(&self) -> bool {
        !self.lumps && self.floors.is_empty() && self.reserves.is_empty()
    }

    /// So many units of an offer, without those that are no whole lot.
    pub(crate) fn whole_lots(&self, offer: usize, units: i64) -> i64 {
        units - units % self.offers[offer].lot
    }

    /// So many units of an offer, or the next more that are whole lots.
    pub(crate) fn lots_for(&self, offer: usize, units: i64) -> i64 {
        self.whole_lots(offer, units.saturating_add(self.offers[offer].lot - 1))
    }

    /// Whether a donor allows an offer to serve a want.
    pub(crate) fn allowed(&self, offer: usize, want: usize) -> bool {
        let (offer, want) = (&self.offers[offer], &self.wants[want]);
        let lent = match want.target {
            Target::Pool(_, until) => offer.until == until,
            _ => offer.until.is_none(),
        };
        lent && offer.only_for.as_ref().is_none_or(|list| want.purpose.is_some_and(|p| list.contains(&p)))
    }

    /// Value of each unit of an offer that serves a want, by the donor's wish.
    pub(crate) fn bonus(&self, offer: usize, want: usize) -> f64 {
        let want = &self.wants[want];
        let wished = self.offers[offer].prefers.iter().filter(|_| matches!(want.target, Target::Requirement(_)));
        wished.filter(|(purpose, _)| Some(*purpose) == want.purpose).map(|(_, bonus)| bonus).sum()
    }
}

/// Most units that may be delivered for a need or to a pool.
const MOST_SUPPLY: i64 = 1_000_000_000;

/// Whether an offer counts for a reserve.
fn counts(reserve: &Reserve, offer: &instance::Offer) -> bool {
    let places = reserve.places.as_ref();
    reserve.resources.contains(&offer.resource) && places.is_none_or(|places| places.contains(&offer.place))
}

fn reserve(d: &Instance, r: &Reserve) -> Soft {
    let all: f64 = d.offers.iter().filter(|offer| counts(r, offer)).map(|o| o.quantity as f64).sum();
    Soft { limit: (all - r.quantity).max(0.0), penalty: r.penalty }
}

/// Floors that a want counts for.
fn floors(d: &Instance, place: &String, purpose: &String) -> Vec<usize> {
    let has = |list: &Option<Vec<String>>, what: &String| list.as_ref().is_none_or(|list| list.contains(what));
    let counts = |f: &&instance::Floor| has(&f.places, place) && has(&f.purposes, purpose);
    (0..d.floors.len()).filter(|&n| counts(&&d.floors[n])).collect()
}

/// Fleets and types that what arrives at a place adds to.
fn types(d: &Instance, place: &String, resource: &String) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (n, fleet) in d.fleets.iter().enumerate().filter(|(_, fleet)| fleet.places.contains(place)) {
        found.extend(fleet.resources.iter().position(|r| r == resource).map(|type_| (n, type_)));
    }
    found
}

/// Last period in which a delivery earns something.
fn last(due: usize, expires: usize, periods: usize) -> usize {
    due.max(expires.saturating_sub(1)).min(periods - 1)
}

//! Columns: the path of one unit of an offer to a want, and what it uses on its way.

use std::collections::HashMap;

use super::cuts::Cut;
use super::network::{Network, TOLERANCE, Target, timeliness};
use super::prices::Prices;

/// A step of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Leg {
    /// Departs on a lane in a period.
    Lane(u32, u32),
    /// Starts a process in a period.
    Process(u32, u32),
}

/// The path of one unit from an offer to a want.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    pub(crate) offer: usize,
    pub(crate) want: usize,
    pub(crate) legs: Vec<Leg>,
    /// Period in which it is delivered.
    pub(crate) arrive: usize,
    /// What a unit earns less what its way costs (weighted), on trips that are full; components earn through their
    /// package, supplies through what they make possible.
    pub(crate) gain: f64,
    /// What trips cost of that.
    pub(crate) trips: f64,
    /// Capacities used per unit: number in [`Capacities`], tonnes or units; below 0 where it adds to one.
    pub(crate) uses: Vec<(usize, f64)>,
}

/// Offer, want, arrival and legs.
pub(crate) type Key = (usize, usize, usize, Vec<Leg>);

impl Column {
    /// Follows the legs and works out gain and uses.
    pub(crate) fn new(
        network: &Network,
        capacities: &Capacities,
        (offer, want): (usize, usize),
        legs: Vec<Leg>,
        arrive: usize,
    ) -> Column {
        let o = &network.offers[offer];
        let (mut place, mut period, mut resource) = (o.place, o.from, o.resource);
        let (mut cost, mut trips, mut uses) = (0.0, 0.0, Vec::with_capacity(3 * legs.len()));
        let mut add = |id, each| uses.push((id, each));
        for leg in &legs {
            let (Leg::Lane(_, start) | Leg::Process(_, start)) = *leg;
            let start = start as usize;
            (period..start).for_each(|t| capacities.waiting(network, place, t, resource, &mut add));
            match *leg {
                Leg::Lane(l, _) => {
                    let lane = &network.lanes[l as usize];
                    let (mass, volume) = (network.mass[resource], network.volume[resource]);
                    capacities.departing(network, l as usize, start, resource, &mut add);
                    cost += lane.cost * mass + lane.cost_m3 * volume;
                    trips += lane.trip.map_or(0.0, |trip| trip.cost * trip.share(mass, volume));
                    (place, period) = (lane.to, start + lane.transit);
                }
                Leg::Process(p, _) => {
                    let process = &network.processes[p as usize];
                    capacities.starting(network, p as usize, start, &mut add);
                    cost += process.cost;
                    (resource, period) = (process.output, start + process.duration);
                }
            }
        }
        (period..arrive).for_each(|t| capacities.waiting(network, place, t, resource, &mut add));
        capacities.offered(network, offer, &mut add);
        capacities.ending(network, want, arrive, &mut add);
        uses.retain(|&(id, each)| each != 0.0 && capacities.limit[id].is_finite());
        merge(&mut uses);
        capacities.add_cuts(&mut uses);
        let gain = earned(network, want, arrive) + network.bonus(offer, want) - cost;
        Column { offer, want, legs, arrive, gain, trips, uses }
    }

    /// Lanes that it takes, with their periods.
    pub(crate) fn lanes(&self) -> impl Iterator<Item = (usize, usize)> {
        self.legs.iter().filter_map(|leg| match *leg {
            Leg::Lane(l, t) => Some((l as usize, t as usize)),
            Leg::Process(..) => None,
        })
    }

    /// What tells it from others.
    pub(crate) fn key(&self) -> Key {
        (self.offer, self.want, self.arrive, self.legs.clone())
    }
}

/// What a unit that arrives earns by itself, but for its donor's wish.
pub(crate) fn earned(network: &Network, want: usize, arrive: usize) -> f64 {
    let w = &network.wants[want];
    match w.target {
        Target::Requirement(_) => w.value * timeliness(arrive, w.due, w.expires),
        _ => 0.0,
    }
}

/// Adds up what is used twice.
fn merge(uses: &mut Vec<(usize, f64)>) {
    uses.sort_by_key(|u| u.0);
    uses.dedup_by(|later, first| {
        let same = later.0 == first.0;
        if same {
            first.1 += later.1;
        }
        same
    });
}

/// Numbers for everything that is limited, most of it per period; and for cuts of these.
///
/// Limits of kinds that the instance has none of have no numbers.
#[derive(Debug)]
pub(crate) struct Capacities {
    periods: usize,
    handling: usize,
    storage: usize,
    processes: usize,
    lane_m3: usize,
    storage_m3: usize,
    handling_in: usize,
    needs: usize,
    pools: usize,
    funds: usize,
    reserves: usize,
    floors: usize,
    /// Number of the first cut.
    pub(crate) first_cut: usize,
    /// Tonnes, cubic metres, units or money; infinite where there is no limit, below 0 where something must be added.
    pub(crate) limit: Vec<f64>,
    /// Cuts of a capacity, with their numbers.
    cuts: HashMap<usize, Vec<(Cut, usize)>>,
}

/// What a capacity's number stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Limited {
    Lane(usize),
    Handling(usize),
    Storage(usize),
    Process(usize),
    LaneVolume(usize),
    StorageVolume(usize),
    HandlingIn(usize),
    Need(usize),
    Pool(usize),
    Fund(usize),
    Reserve(usize),
    Floor(usize),
}

/// A kind of limit from its number.
type Kind = fn(usize) -> Limited;

/// Takes the number of a capacity and how much of it is used.
pub(crate) type Add<'a> = &'a mut dyn FnMut(usize, f64);

impl Capacities {
    pub(crate) fn new(network: &Network) -> Capacities {
        let periods = network.periods;
        let mut limit: Vec<f64> = network.lanes.iter().flat_map(|l| l.capacity.iter().copied()).collect();
        let mut every = |limits: &mut dyn Iterator<Item = Vec<f64>>, always: bool| {
            let start = limit.len();
            let limits: Vec<Vec<f64>> = limits.collect();
            if always || limits.iter().any(|limits| !limits.is_empty()) {
                for mut limits in limits {
                    limits.resize(periods, f64::INFINITY);
                    limit.append(&mut limits);
                }
            }
            start
        };
        let handling = every(&mut network.handling.iter().cloned(), true);
        let storage = every(&mut network.storage.iter().cloned(), true);
        let processes = every(&mut network.processes.iter().map(|p| p.capacity.clone()), true);
        let lane_m3 = every(&mut network.lanes.iter().map(|l| l.capacity_m3.clone()), false);
        let storage_m3 = every(&mut network.storage_m3.iter().cloned(), false);
        let handling_in = every(&mut network.handling_in.iter().cloned(), false);
        let needs = every(&mut network.needs.iter().map(|_| vec![0.0; periods]), false);
        let pools = every(&mut network.pools.iter().cloned(), false);
        let funds = every(&mut network.funds.iter().map(|fund| telling(fund)), false);
        let reserves = limit.len();
        limit.extend(network.reserves.iter().map(|soft| soft.limit));
        let floors = limit.len();
        limit.extend(network.floors.iter().map(|soft| soft.limit));
        let (first_cut, cuts) = (limit.len(), HashMap::new());
        Capacities {
            periods,
            handling,
            storage,
            processes,
            lane_m3,
            storage_m3,
            handling_in,
            needs,
            pools,
            funds,
            reserves,
            floors,
            first_cut,
            limit,
            cuts,
        }
    }

    /// Used where a unit waits over the end of a period.
    pub(crate) fn waiting(&self, network: &Network, place: usize, t: usize, resource: usize, add: Add<'_>) {
        add(self.storage(place, t), network.mass[resource]);
        if let Some(id) = self.storage_m3(place, t) {
            add(id, network.volume[resource]);
        }
    }

    /// Used where a unit departs on a lane.
    pub(crate) fn departing(&self, network: &Network, l: usize, t: usize, resource: usize, add: Add<'_>) {
        let (lane, mass, volume) = (&network.lanes[l], network.mass[resource], network.volume[resource]);
        add(self.lane(l, t), mass);
        add(self.handling(lane.from, t), mass);
        if let Some(id) = self.lane_m3(l, t) {
            add(id, volume);
        }
        if let Some(id) = self.handling_in(lane.to, t + lane.transit) {
            add(id, mass);
        }
        self.paying(network, lane.fund, t, lane.paid * mass + lane.paid_m3 * volume, add);
    }

    /// Used where a unit starts a process.
    pub(crate) fn starting(&self, network: &Network, p: usize, t: usize, add: Add<'_>) {
        let process = &network.processes[p];
        add(self.process(p, t), 1.0);
        for &(need, each) in &process.needs {
            (t..self.periods).for_each(|u| add(self.need(need, u), each));
        }
        for &(pool, each, periods) in &process.holds {
            (t..self.periods.min(t + periods)).for_each(|u| add(self.pool(pool, u), each));
        }
        self.paying(network, process.fund, t, process.paid, add);
    }

    /// Used where a fund pays.
    pub(crate) fn paying(&self, network: &Network, fund: Option<usize>, t: usize, cost: f64, add: Add<'_>) {
        if let Some(fund) = fund
            && cost > 0.0
        {
            let told = (t..self.periods).filter(|&u| tells(&network.funds[fund], u));
            told.for_each(|u| add(self.funds + fund * self.periods + u, cost));
        }
    }

    /// Used where a unit is taken from an offer.
    pub(crate) fn offered(&self, network: &Network, offer: usize, add: Add<'_>) {
        network.offers[offer].reserves.iter().for_each(|r| add(self.reserves + r, 1.0));
    }

    /// Added where a unit arrives.
    pub(crate) fn ending(&self, network: &Network, want: usize, arrive: usize, add: Add<'_>) {
        let w = &network.wants[want];
        match w.target {
            Target::Requirement(_) => {
                w.floors.iter().for_each(|f| add(self.floor(*f), -earned(network, want, arrive)));
            }
            Target::Component(..) => {}
            Target::Need(need) => (arrive..self.periods).for_each(|t| add(self.need(need, t), -1.0)),
            Target::Pool(pool, until) => {
                let until = until.unwrap_or(self.periods).min(self.periods);
                (arrive..until).for_each(|t| add(self.pool(pool, t), -1.0));
            }
        }
    }

    /// The price that ends what a limit is worth: the limit may be passed for it.
    pub(crate) fn penalty(&self, network: &Network, id: usize) -> Option<f64> {
        if id < self.reserves || id >= self.first_cut {
            None
        } else if id < self.floors {
            Some(network.reserves[id - self.reserves].penalty)
        } else {
            Some(network.floors[id - self.floors].penalty)
        }
    }

    /// Whether whole units alone don't keep a limit: something else must be delivered as well.
    pub(crate) fn is_supplied(&self, id: usize) -> bool {
        (self.needs..self.funds).contains(&id)
    }

    /// Adds a cut.
    pub(crate) fn cut(&mut self, cut: Cut) {
        self.cuts.entry(cut.of).or_default().push((cut, self.limit.len()));
        self.limit.push(cut.whole);
    }

    pub(crate) fn cuts_of(&self, id: usize) -> &[(Cut, usize)] {
        self.cuts.get(&id).map_or(&[], Vec::as_slice)
    }

    /// All cuts, with their numbers.
    pub(crate) fn cuts(&self) -> impl Iterator<Item = &(Cut, usize)> {
        self.cuts.values().flatten()
    }

    /// What a tonne or unit more of each capacity is worth, its cuts included.
    pub(crate) fn per_tonne(&self, prices: &Prices) -> Vec<f64> {
        let mut worth = prices.capacity[..self.first_cut].to_vec();
        self.cuts().for_each(|(cut, number)| worth[cut.of] += prices.of_capacity(*number) / cut.unit);
        worth
    }

    /// Adds to the uses of capacities those of their cuts, instead of what cuts are there.
    pub(crate) fn add_cuts(&self, uses: &mut Vec<(usize, f64)>) {
        uses.retain(|u| u.0 < self.first_cut);
        for n in 0..uses.len() {
            let (id, tonnes) = uses[n];
            let cuts = self.cuts_of(id).iter().map(|(cut, number)| (*number, cut.each(tonnes)));
            uses.extend(cuts.filter(|(_, each)| *each > 0.0));
        }
    }

    /// True for what is limited in tonnes.
    pub(crate) fn is_tonnes(&self, id: usize) -> bool {
        id < self.processes
    }

    pub(crate) fn lane(&self, lane: usize, period: usize) -> usize {
        lane * self.periods + period
    }

    pub(crate) fn handling(&self, place: usize, period: usize) -> usize {
        self.handling + place * self.periods + period
    }

    pub(crate) fn storage(&self, place: usize, period: usize) -> usize {
        self.storage + place * self.periods + period
    }

    pub(crate) fn process(&self, process: usize, period: usize) -> usize {
        self.processes + process * self.periods + period
    }

    /// A number of a kind that may have none: between its start and that of the next.
    fn of_kind(&self, (start, end): (usize, usize), n: usize, period: usize) -> Option<usize> {
        (start < end && period < self.periods).then(|| start + n * self.periods + period)
    }

    pub(crate) fn lane_m3(&self, lane: usize, period: usize) -> Option<usize> {
        self.of_kind((self.lane_m3, self.storage_m3), lane, period)
    }

    pub(crate) fn storage_m3(&self, place: usize, period: usize) -> Option<usize> {
        self.of_kind((self.storage_m3, self.handling_in), place, period)
    }

    pub(crate) fn handling_in(&self, place: usize, period: usize) -> Option<usize> {
        self.of_kind((self.handling_in, self.needs), place, period)
    }

    pub(crate) fn need(&self, need: usize, period: usize) -> usize {
        self.needs + need * self.periods + period
    }

    pub(crate) fn pool(&self, pool: usize, period: usize) -> usize {
        self.pools + pool * self.periods + period
    }

    pub(crate) fn floor(&self, floor: usize) -> usize {
        self.floors + floor
    }

    /// What a number below that of the first cut stands for, and its period (0 where it has none).
    pub(crate) fn name(&self, id: usize) -> (Limited, usize) {
        if id >= self.reserves {
            let (reserve, floor) = (Limited::Reserve(id - self.reserves), id.checked_sub(self.floors));
            return (floor.map_or(reserve, Limited::Floor), 0);
        }
        let kinds: [(usize, Kind); 10] = [
            (self.funds, Limited::Fund),
            (self.pools, Limited::Pool),
            (self.needs, Limited::Need),
            (self.handling_in, Limited::HandlingIn),
            (self.storage_m3, Limited::StorageVolume),
            (self.lane_m3, Limited::LaneVolume),
            (self.processes, Limited::Process),
            (self.storage, Limited::Storage),
            (self.handling, Limited::Handling),
            (0, Limited::Lane),
        ];
        let (start, kind) = kinds.into_iter().find(|(start, _)| id >= *start).expect("numbers are not below 0");
        (kind((id - start) / self.periods), (id - start) % self.periods)
    }
}

/// Whether the limit of what a fund paid by a period says more than that of the next.
fn tells(fund: &[f64], t: usize) -> bool {
    fund.get(t + 1).is_none_or(|next| *next > fund[t])
}

/// What a fund may have paid by each period, where that says more than the next.
fn telling(fund: &[f64]) -> Vec<f64> {
    (0..fund.len()).map(|t| if tells(fund, t) { fund[t] } else { f64::INFINITY }).collect()
}

/// Whether one unit fits under a limit at all, within the checker's tolerance.
pub(crate) fn fits(limit: f64, each: f64) -> bool {
    each <= limit + TOLERANCE * limit.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::Instance;

    const DOCUMENT: &str = r#"{"format": "assistance-plan/1", "name": "two places", "periods": 3, "cost_weight": 0.5,
        "resources": [{"id": "tent", "unit_mass_t": 2, "hazard": null}],
        "places": [{"id": "a", "kind": "hub", "x_km": 0, "y_km": 0, "handling_t": 5, "storage_t": 7},
                   {"id": "b", "kind": "hub", "x_km": 0, "y_km": 0, "handling_t": null, "storage_t": null}],
        "lanes": [{"id": "l", "from": "a", "to": "b", "mode": "road", "transit": 1, "capacity_t": 4, "cost_per_t": 3, "forbids": []}],
        "processes": [],
        "offers": [{"id": "o", "donor": "N", "resource": "tent", "quantity": 2, "place": "a", "from": 0, "only_for": null}],
        "requirements": [{"id": "r", "place": "b", "purpose": "any", "accepts": [{"resource": "tent", "utility": 1}],
                          "quantity": 2, "priority": 10, "due": 1, "expires": 3}],
        "packages": []}"#;

    #[test]
    fn a_column_knows_what_it_earns_and_uses() {
        let network = Network::new(&Instance::parse(DOCUMENT.as_bytes()).unwrap());
        let capacities = Capacities::new(&network);
        let column = Column::new(&network, &capacities, (0, 0), vec![Leg::Lane(0, 1)], 2);
        // Half its value, being late, less the weighted cost of two tonnes.
        assert_eq!(column.gain, 10.0 * 0.5 - 0.5 * 3.0 * 2.0);
        let expected = [(Limited::Lane(0), 1), (Limited::Handling(0), 1), (Limited::Storage(0), 0)];
        let uses: Vec<_> = column.uses.iter().map(|&(id, each)| (capacities.name(id), each)).collect();
        assert_eq!(uses, expected.map(|name| (name, 2.0)));
    }

    #[test]
    fn a_unit_fits_within_the_tolerance_only() {
        assert!(fits(4.0, 4.0) && fits(4.0, 4.000_003) && fits(f64::INFINITY, 1e9));
        assert!(!fits(4.0, 4.001) && !fits(0.0, 0.1));
    }
}

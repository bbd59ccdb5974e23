//! Columns: the path of one unit of an offer to a want, and what it uses on its way.

use std::collections::HashMap;

use super::cuts::Cut;
use super::network::{Network, TOLERANCE, Target, timeliness};

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
    /// What a unit earns less what its way costs (weighted); components earn through their package.
    pub(crate) gain: f64,
    /// Capacities used per unit: number in [`Capacities`], tonnes or units.
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
        let (mut place, mut period, mut mass) = (o.place, o.from, network.mass[o.resource]);
        let (mut cost, mut uses) = (0.0, Vec::with_capacity(3 * legs.len()));
        for leg in &legs {
            let (Leg::Lane(_, start) | Leg::Process(_, start)) = *leg;
            let start = start as usize;
            uses.extend((period..start).map(|t| (capacities.storage(place, t), mass)));
            match *leg {
                Leg::Lane(l, _) => {
                    let lane = &network.lanes[l as usize];
                    uses.push((capacities.lane(l as usize, start), mass));
                    uses.push((capacities.handling(place, start), mass));
                    cost += lane.cost * mass;
                    (place, period) = (lane.to, start + lane.transit);
                }
                Leg::Process(p, _) => {
                    let process = &network.processes[p as usize];
                    uses.push((capacities.process(p as usize, start), 1.0));
                    cost += process.cost;
                    (mass, period) = (network.mass[process.output], start + process.duration);
                }
            }
        }
        uses.extend((period..arrive).map(|t| (capacities.storage(place, t), mass)));
        uses.retain(|&(id, each)| each > 0.0 && capacities.limit[id].is_finite());
        merge(&mut uses);
        capacities.add_cuts(&mut uses);
        let w = &network.wants[want];
        let earned = match w.target {
            Target::Requirement(_) => w.value * timeliness(arrive, w.due, w.expires),
            Target::Component(..) => 0.0,
        };
        Column { offer, want, legs, arrive, gain: earned - cost, uses }
    }

    /// What tells it from others.
    pub(crate) fn key(&self) -> Key {
        (self.offer, self.want, self.arrive, self.legs.clone())
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

/// Numbers for everything that is limited per period: lanes, handling, storage, processes; and for cuts of these.
#[derive(Debug)]
pub(crate) struct Capacities {
    periods: usize,
    handling: usize,
    storage: usize,
    processes: usize,
    /// Number of the first cut.
    pub(crate) first_cut: usize,
    /// Tonnes or units; infinite where there is no limit.
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
}

impl Capacities {
    pub(crate) fn new(network: &Network) -> Capacities {
        let periods = network.periods;
        let mut limit: Vec<f64> = network.lanes.iter().flat_map(|l| l.capacity.iter().copied()).collect();
        let mut every = |limits: &mut dyn Iterator<Item = f64>| {
            let start = limit.len();
            limits.for_each(|x| limit.extend(std::iter::repeat_n(x, periods)));
            start
        };
        let handling = every(&mut network.handling.iter().map(|x| x.unwrap_or(f64::INFINITY)));
        let storage = every(&mut network.storage.iter().map(|x| x.unwrap_or(f64::INFINITY)));
        let processes = every(&mut network.processes.iter().map(|p| p.capacity));
        let (first_cut, cuts) = (limit.len(), HashMap::new());
        Capacities { periods, handling, storage, processes, first_cut, limit, cuts }
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

    /// What a number below that of the first cut stands for, and its period.
    pub(crate) fn name(&self, id: usize) -> (Limited, usize) {
        let of = |start: usize| ((id - start) / self.periods, (id - start) % self.periods);
        if id >= self.processes {
            let (n, t) = of(self.processes);
            (Limited::Process(n), t)
        } else if id >= self.storage {
            let (n, t) = of(self.storage);
            (Limited::Storage(n), t)
        } else if id >= self.handling {
            let (n, t) = of(self.handling);
            (Limited::Handling(n), t)
        } else {
            let (n, t) = of(0);
            (Limited::Lane(n), t)
        }
    }
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

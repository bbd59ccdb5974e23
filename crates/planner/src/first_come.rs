//! First come, first served: what a coordinator with a spreadsheet does.
//!
//! Takes wants by due period, then priority, and serves each from the offer that can arrive earliest on what capacity
//! is left. The peer that a plan is compared with, and a first plan to start from. It must stay as simple as it is:
//! improving it would hide what planning is worth.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

use crate::check::check;
use crate::instance::{FORMAT_2, Instance, Offer, Series};
use crate::plan::{Flow, Leg, Line, Plan, Target};
use crate::solve::allowed;

/// Plans by first come, first served. Always keeps the rules; its objective may be negative where ways cost more than
/// they earn.
pub fn plan(instance: &Instance) -> Plan {
    plan_while(instance, u64::MAX, &mut || true).0
}

/// The same, stopping early with what it has once so many states were looked at or `go_on` says no; and whether it
/// came to its end.
pub(crate) fn plan_while(instance: &Instance, most: u64, go_on: &mut dyn FnMut() -> bool) -> (Plan, bool) {
    let mut desk = Desk { most, ..Desk::new(instance) };
    let mut wants: Vec<Want> = (0..instance.requirements.len()).map(Want::Requirement).collect();
    wants.extend((0..instance.packages.len()).map(Want::Package));
    let key = |w: &Want| match *w {
        Want::Requirement(n) => (instance.requirements[n].due, -instance.requirements[n].priority),
        Want::Package(n) => (instance.packages[n].due, -instance.packages[n].priority),
    };
    wants.sort_by(|a, b| key(a).0.cmp(&key(b).0).then(key(a).1.total_cmp(&key(b).1)));
    let mut complete = true;
    for want in wants {
        complete = desk.looked <= most && go_on();
        if !complete {
            break;
        }
        match want {
            Want::Requirement(n) => desk.requirement(n),
            Want::Package(n) => desk.package(n),
        }
    }
    let mut plan = Plan { flows: desk.flows, packages: desk.lines, ..Plan::empty(&instance.name) };
    if instance.format == FORMAT_2 {
        // The desk knows nothing of volume, trips, money and the like: what they don't allow is not done.
        plan = allowed(instance, &plan);
    }
    plan.objective = check(instance, &plan).objective;
    (plan, complete)
}

enum Want {
    Requirement(usize),
    Package(usize),
}

/// Units that fit where nothing limits them.
const UNLIMITED: i64 = 1 << 30;

fn positions<'i>(ids: impl Iterator<Item = &'i str>) -> HashMap<&'i str, usize> {
    ids.enumerate().map(|(n, id)| (id, n)).collect()
}

/// Rank of each id in alphabetical order: the order in which equals are looked at.
fn ranks(ids: &[&str]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..ids.len()).collect();
    order.sort_by_key(|&n| ids[n]);
    let mut rank = vec![0; ids.len()];
    order.into_iter().enumerate().for_each(|(r, n)| rank[n] = r);
    rank
}

/// Where goods can be: period, place, resource by its position in the goal's [`Chain`].
type State = (usize, usize, usize);

/// How a state was reached: from where, how, with room for how many units.
type Back = (State, Move, i64);

/// What leads to a goal: all else need not be looked at.
struct Chain {
    /// Resources that can become the one wanted, which is the first.
    resources: Vec<usize>,
    /// Least periods from each place to the goal.
    away: Vec<usize>,
}

/// How each state was first reached. Kept between searches for its memory; `search` tells the present one's entries
/// from older ones.
#[derive(Default)]
struct Reached {
    search: u32,
    /// States looked at in the present search.
    looked: u64,
    from: Vec<(u32, Option<Back>)>,
}

/// A leg by numbers.
#[derive(Clone, Copy)]
enum Move {
    Wait,
    Lane(usize),
    Process(usize),
}

struct Route {
    arrive: usize,
    legs: Vec<(Move, usize)>,
    units: i64,
}

/// What is left, and what is booked.
struct Desk<'i> {
    d: &'i Instance,
    place: HashMap<&'i str, usize>,
    resource: HashMap<&'i str, usize>,
    place_rank: Vec<usize>,
    resource_rank: Vec<usize>,
    lane_to: Vec<usize>,
    output: Vec<usize>,
    lanes_at: Vec<Vec<usize>>,
    processes_at: HashMap<(usize, usize), Vec<usize>>,
    /// Inputs of the processes that make a resource.
    makes: Vec<Vec<usize>>,
    lanes_to: Vec<Vec<usize>>,
    chains: BTreeMap<(usize, usize), Chain>,
    reached: Reached,
    /// States looked at so far, and at most: then no way is found any more.
    looked: u64,
    most: u64,
    /// Offers of a resource, earliest first.
    offers_of: Vec<Vec<usize>>,
    lane_left: Vec<Vec<f64>>,
    handling_left: Vec<Option<Vec<f64>>>,
    storage_left: Vec<Option<Vec<f64>>>,
    process_left: Vec<Vec<f64>>,
    left: Vec<i64>,
    flows: Vec<Flow>,
    lines: Vec<Line>,
}

impl<'i> Desk<'i> {
    fn new(d: &'i Instance) -> Desk<'i> {
        let place = positions(d.places.iter().map(|x| x.id.as_str()));
        let resource = positions(d.resources.iter().map(|x| x.id.as_str()));
        let (mut lanes_at, mut lanes_to) = (vec![Vec::new(); d.places.len()], vec![Vec::new(); d.places.len()]);
        for (n, l) in d.lanes.iter().enumerate() {
            lanes_at[place[l.from.as_str()]].push(n);
            lanes_to[place[l.to.as_str()]].push(n);
        }
        let mut processes_at: HashMap<(usize, usize), Vec<usize>> = HashMap::new();
        let mut makes = vec![Vec::new(); d.resources.len()];
        for (n, p) in d.processes.iter().enumerate().filter(|(_, p)| p.needs.is_empty()) {
            let (input, output) = (resource[p.input.as_str()], resource[p.output.as_str()]);
            processes_at.entry((place[p.place.as_str()], input)).or_default().push(n);
            if !makes[output].contains(&input) && input != output {
                makes[output].push(input);
            }
        }
        let mut offers_of = vec![Vec::new(); d.resources.len()];
        let mut order: Vec<usize> = (0..d.offers.len()).collect();
        order.sort_by_key(|&n| d.offers[n].from);
        let given = |n: &usize| d.offers[*n].purchase.is_none() && d.offers[*n].until.is_none();
        for n in order.into_iter().filter(given) {
            offers_of[resource[d.offers[n].resource.as_str()]].push(n);
        }
        let every = |limit: Option<&Series>| limit.map(|tonnes| tonnes.over(d.periods));
        Desk {
            d,
            place_rank: ranks(&d.places.iter().map(|x| x.id.as_str()).collect::<Vec<_>>()),
            resource_rank: ranks(&d.resources.iter().map(|x| x.id.as_str()).collect::<Vec<_>>()),
            lane_to: d.lanes.iter().map(|l| place[l.to.as_str()]).collect(),
            output: d.processes.iter().map(|p| resource[p.output.as_str()]).collect(),
            lanes_at,
            lanes_to,
            chains: BTreeMap::new(),
            reached: Reached::default(),
            looked: 0,
            most: u64::MAX,
            processes_at,
            makes,
            offers_of,
            lane_left: d.lanes.iter().map(|l| l.capacity_t.over(d.periods)).collect(),
            handling_left: d.places.iter().map(|p| every(p.handling_t.as_ref())).collect(),
            storage_left: d.places.iter().map(|p| every(p.storage_t.as_ref())).collect(),
            process_left: d.processes.iter().map(|p| p.capacity.over(d.periods)).collect(),
            left: d.offers.iter().map(|o| o.quantity).collect(),
            flows: Vec::new(),
            lines: Vec::new(),
            place,
            resource,
        }
    }

    fn requirement(&mut self, n: usize) {
        let r = &self.d.requirements[n];
        let latest = r.expires.min(self.d.periods).saturating_sub(1);
        let mut need = r.quantity;
        for accepted in &r.accepts {
            if need > 0 {
                let goal = (self.place[r.place.as_str()], self.resource[accepted.resource.as_str()]);
                need -= self.serve(goal, &r.purpose, need, latest, &Target::Requirement(r.id.clone())).0;
            }
        }
    }

    fn package(&mut self, n: usize) {
        let k = &self.d.packages[n];
        let latest = k.expires.min(self.d.periods).saturating_sub(1);
        let (mut sets, mut complete) = (i64::MAX, 0);
        for (component, part) in k.components.iter().enumerate() {
            let goal = (self.place[k.place.as_str()], self.resource[part.resource.as_str()]);
            let target = Target::Package { id: k.id.clone(), component };
            let (got, last) = self.serve(goal, &k.purpose, part.quantity.saturating_mul(k.count), latest, &target);
            sets = sets.min(got / part.quantity);
            complete = complete.max(last);
        }
        if sets > 0 {
            self.lines.push(Line { package: k.id.clone(), period: complete as i64, count: sets });
        }
    }

    /// Books up to `need` units of a resource at a place; returns units and last arrival.
    fn serve(
        &mut self,
        goal: (usize, usize),
        purpose: &str,
        need: i64,
        latest: usize,
        target: &Target,
    ) -> (i64, usize) {
        let (mut got, mut last) = (0, 0);
        let sources: Vec<usize> = std::iter::once(goal.1).chain(self.makes[goal.1].iter().copied()).collect();
        for source in sources {
            for n in self.offers_of[source].clone() {
                let offer = &self.d.offers[n];
                if offer.only_for.as_ref().is_some_and(|only| !only.iter().any(|p| p == purpose)) {
                    continue;
                }
                while got < need && self.left[n] > 0 {
                    let Some(route) = self.route(offer, goal, latest) else { break };
                    let units = route.units.min(need - got).min(self.left[n]);
                    self.book(n, &route, units, target);
                    got += units;
                    last = last.max(route.arrive);
                }
            }
        }
        (got, last)
    }

    /// The way of earliest arrival on what capacity is left, and the units that fit.
    fn route(&mut self, offer: &Offer, goal: (usize, usize), latest: usize) -> Option<Route> {
        if self.looked > self.most {
            return None;
        }
        let chain = self.chains.remove(&goal).unwrap_or_else(|| self.chain(goal));
        let mut reached = std::mem::take(&mut self.reached);
        let route = self.search(offer, &chain, &mut reached, goal.0, latest);
        self.looked += reached.looked;
        self.reached = reached;
        self.chains.insert(goal, chain);
        route
    }

    fn search(&self, offer: &Offer, chain: &Chain, reached: &mut Reached, goal: usize, latest: usize) -> Option<Route> {
        let resource = self.resource[offer.resource.as_str()];
        let start =
            (offer.from, self.place[offer.place.as_str()], chain.resources.iter().position(|&r| r == resource)?);
        let (places, resources) = (self.d.places.len(), chain.resources.len());
        let number = |(t, at, what): State| (t * places + at) * resources + what;
        (reached.search, reached.looked) = (reached.search + 1, 0);
        let least = (latest.max(offer.from) + 1) * places * resources;
        if reached.from.len() < least {
            reached.from.resize(least, (0, None));
        }
        let mut heap = BinaryHeap::from([self.queued(chain, start)]);
        reached.from[number(start)] = (reached.search, None);
        let mut ways = Vec::new();
        while let Some(Reverse((.., state))) = heap.pop() {
            if (state.1, state.2) == (goal, 0) {
                return Some(retrace(|state| reached.from[number(state)].1, state));
            }
            reached.looked += 1;
            self.ways(chain, state, &mut ways);
            for &(next, way, fits) in &ways {
                if fits < 1 || next.0.saturating_add(chain.away[next.1]) > latest {
                    continue;
                }
                let entry = &mut reached.from[number(next)];
                if entry.0 != reached.search {
                    *entry = (reached.search, Some((state, way, fits)));
                    heap.push(self.queued(chain, next));
                }
            }
        }
        None
    }

    fn chain(&self, (place, resource): (usize, usize)) -> Chain {
        let mut resources = vec![resource];
        let mut n = 0;
        while let Some(&output) = resources.get(n) {
            for &input in &self.makes[output] {
                if !resources.contains(&input) {
                    resources.push(input);
                }
            }
            n += 1;
        }
        let mut away = vec![usize::MAX; self.d.places.len()];
        away[place] = 0;
        let mut heap = BinaryHeap::from([Reverse((0, place))]);
        while let Some(Reverse((periods, at))) = heap.pop() {
            for &l in &self.lanes_to[at] {
                let from = self.place[self.d.lanes[l].from.as_str()];
                let further = periods + self.d.lanes[l].transit;
                if further < away[from] {
                    away[from] = further;
                    heap.push(Reverse((further, from)));
                }
            }
        }
        Chain { resources, away }
    }

    /// Earliest first, then by the ids' alphabetical order.
    fn queued(&self, chain: &Chain, state: State) -> Reverse<(usize, usize, usize, State)> {
        Reverse((state.0, self.place_rank[state.1], self.resource_rank[chain.resources[state.2]], state))
    }

    /// All that can be done next, with the units that fit.
    fn ways(&self, chain: &Chain, (t, at, what): State, ways: &mut Vec<(State, Move, i64)>) {
        ways.clear();
        if t >= self.d.periods {
            return;
        }
        let resource = &self.d.resources[chain.resources[what]];
        let room = |left: f64| {
            let units = (left / resource.unit_mass_t + 1e-9).floor();
            if units < UNLIMITED as f64 { units as i64 } else { UNLIMITED }
        };
        let room_or_any = |left: &Option<Vec<f64>>| left.as_ref().map_or(UNLIMITED, |left| room(left[t]));
        for &l in &self.lanes_at[at] {
            let lane = &self.d.lanes[l];
            if !resource.hazard.as_ref().is_some_and(|h| lane.forbids.contains(h)) {
                let fits = room(self.lane_left[l][t]).min(room_or_any(&self.handling_left[at]));
                ways.push(((t + lane.transit, self.lane_to[l], what), Move::Lane(l), fits));
            }
        }
        for &p in self.processes_at.get(&(at, chain.resources[what])).into_iter().flatten() {
            if let Some(output) = chain.resources.iter().position(|&r| r == self.output[p]) {
                let fits = self.process_left[p][t].min(UNLIMITED as f64).floor() as i64;
                ways.push(((t + self.d.processes[p].duration, at, output), Move::Process(p), fits));
            }
        }
        ways.push(((t + 1, at, what), Move::Wait, room_or_any(&self.storage_left[at])));
    }

    fn book(&mut self, n: usize, route: &Route, units: i64, target: &Target) {
        let offer = &self.d.offers[n];
        self.left[n] -= units;
        let (mut at, mut t) = (self.place[offer.place.as_str()], offer.from);
        let mut tonnes = units as f64 * self.d.resources[self.resource[offer.resource.as_str()]].unit_mass_t;
        let mut path = Vec::new();
        for &(way, start) in &route.legs {
            self.wait(at, t..start, tonnes);
            match way {
                Move::Wait => {}
                Move::Lane(l) => {
                    self.lane_left[l][start] -= tonnes;
                    if let Some(left) = &mut self.handling_left[at] {
                        left[start] -= tonnes;
                    }
                    path.push(Leg::Lane { lane: self.d.lanes[l].id.clone(), depart: start as i64 });
                    (at, t) = (self.lane_to[l], start + self.d.lanes[l].transit);
                }
                Move::Process(p) => {
                    self.process_left[p][start] -= units as f64;
                    path.push(Leg::Process { process: self.d.processes[p].id.clone(), start: start as i64 });
                    tonnes = units as f64 * self.d.resources[self.output[p]].unit_mass_t;
                    t = start + self.d.processes[p].duration;
                }
            }
        }
        self.wait(at, t..route.arrive, tonnes);
        let (offer, arrive) = (offer.id.clone(), route.arrive as i64);
        self.flows.push(Flow { offer, quantity: units, path, arrive, target: target.clone() });
    }

    fn wait(&mut self, at: usize, periods: std::ops::Range<usize>, tonnes: f64) {
        if let Some(left) = &mut self.storage_left[at] {
            periods.for_each(|t| left[t] -= tonnes);
        }
    }
}

/// Follows the steps back from the goal; waiting is implied by the legs' periods.
fn retrace(back: impl Fn(State) -> Option<Back>, goal: State) -> Route {
    let (mut state, mut legs, mut units) = (goal, Vec::new(), UNLIMITED);
    while let Some((before, way, fits)) = back(state) {
        units = units.min(fits);
        if !matches!(way, Move::Wait) {
            legs.push((way, before.0));
        }
        state = before;
    }
    legs.reverse();
    Route { arrive: goal.0, legs, units }
}

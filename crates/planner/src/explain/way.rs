//! The way on which one more unit would reach a want with the fewest obstacles, given what a plan has left.
//!
//! Dijkstra's algorithm forward over (period, place, resource), ordered by obstacles first and by cost second. An
//! obstacle is anything that would have to give way: a capacity that is used up, a caveat, an offer that serves others.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

use crate::solve::{Add, Capacities, Column, Leg, Network, Room, Target, Want, timeliness};

/// Weight of an offer that a caveat keeps from the want.
const EXCLUDED: u32 = 5;
/// Weight of an offer whose units all go elsewhere.
const TAKEN: u32 = 6;
/// Weight of a capacity in a period that even alone would not take one unit.
const SHUT: u32 = 3;
/// Weight of a capacity in a period that others use up.
const FULL: u32 = 1;

/// Something that would have to give way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Obstacle {
    /// A caveat of this offer.
    Excluded(usize),
    /// All units of this offer are used.
    Taken(usize),
    /// This capacity, by its number in [`Capacities`].
    Full(usize),
}

/// A way for some units.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) column: Column,
    pub(crate) obstacles: Vec<Obstacle>,
    /// Units that fit on it once the obstacles are gone.
    pub(crate) units: i64,
    /// Weighted cost of a unit.
    pub(crate) cost: f64,
}

impl Route {
    /// How much stands in its way.
    pub(crate) fn weight(&self) -> u32 {
        self.obstacles.iter().map(|&obstacle| weight(obstacle)).sum()
    }
}

/// What a way is sought for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Goal {
    /// The want's number.
    pub(crate) want: usize,
    /// Last period of arrival.
    pub(crate) by: usize,
    /// What a unit is worth at full timeliness; for a component a share of its package's worth.
    pub(crate) worth: f64,
    /// Whether obstacles count before cost. If not, the way is the one that is worth most were nothing in its way.
    pub(crate) heed: bool,
}

/// Finds ways beside a plan.
pub(crate) struct Router<'a> {
    pub(crate) network: &'a Network,
    pub(crate) capacities: &'a Capacities,
    /// What the plan leaves.
    pub(crate) room: Room,
    /// Processes that take a resource, by place.
    takers: HashMap<(usize, usize), Vec<usize>>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Price {
    obstacles: u32,
    loss: f64,
}

impl Price {
    fn before(self, other: Price) -> bool {
        self.order(other) == Ordering::Less
    }

    fn order(self, other: Price) -> Ordering {
        self.obstacles.cmp(&other.obstacles).then(self.loss.total_cmp(&other.loss))
    }
}

/// The heap's entry: cheapest first, then by number, so that the same plan gives the same ways.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Entry {
    price: Price,
    state: usize,
}

impl Eq for Entry {}

impl Ord for Entry {
    fn cmp(&self, other: &Entry) -> Ordering {
        other.price.order(self.price).then(other.state.cmp(&self.state))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Entry) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// How a state was reached.
#[derive(Debug, Clone, Copy)]
enum Step {
    Offer(usize),
    Wait,
    Go(Leg),
}

/// States of one search: (period, place, slot), a slot being a resource that can become what is wanted.
struct Grid<'a> {
    slots: &'a [usize],
    places: usize,
    price: Vec<Price>,
    step: Vec<Option<(usize, Step)>>,
    heap: BinaryHeap<Entry>,
}

impl Grid<'_> {
    fn number(&self, period: usize, place: usize, slot: usize) -> usize {
        (period * self.places + place) * self.slots.len() + slot
    }

    fn of(&self, state: usize) -> (usize, usize, usize) {
        let (rest, slot) = (state / self.slots.len(), state % self.slots.len());
        (rest / self.places, rest % self.places, slot)
    }

    fn reach(&mut self, state: usize, price: Price, before: usize, step: Step) {
        if price.before(self.price[state]) {
            self.price[state] = price;
            self.step[state] = Some((before, step));
            self.heap.push(Entry { price, state });
        }
    }
}

impl<'a> Router<'a> {
    pub(crate) fn new(network: &'a Network, capacities: &'a Capacities, room: Room) -> Router<'a> {
        let mut takers: HashMap<(usize, usize), Vec<usize>> = HashMap::new();
        for (n, p) in network.processes.iter().enumerate() {
            takers.entry((p.place, p.input)).or_default().push(n);
        }
        Router { network, capacities, room, takers }
    }

    /// What a want takes, and what processes can turn into it; itself first.
    pub(crate) fn slots(&self, want: &Want) -> Vec<usize> {
        let mut slots = vec![want.resource];
        let mut at = 0;
        while let Some(&output) = slots.get(at) {
            for &p in &self.network.makers[output] {
                let input = self.network.processes[p].input;
                if !slots.contains(&input) {
                    slots.push(input);
                }
            }
            at += 1;
        }
        slots
    }

    /// The way with the fewest obstacles, if time allows any.
    pub(crate) fn route(&self, goal: Goal) -> Option<Route> {
        let want = &self.network.wants[goal.want];
        let slots = self.slots(want);
        let states = (goal.by + 1) * self.network.places * slots.len();
        let never = Price { obstacles: u32::MAX, loss: f64::INFINITY };
        let mut grid = Grid {
            slots: &slots,
            places: self.network.places,
            price: vec![never; states],
            step: vec![None; states],
            heap: BinaryHeap::new(),
        };
        self.begin(&mut grid, goal);
        let mut best: Option<(Price, usize)> = None;
        while let Some(Entry { price, state }) = grid.heap.pop() {
            if best.is_some_and(|(best, _)| !price.before(best)) {
                break;
            }
            if grid.price[state].before(price) {
                continue;
            }
            let (period, place, slot) = grid.of(state);
            if place == want.place && slot == 0 {
                let late = goal.worth * (1.0 - timeliness(period, want.due, want.expires));
                let end = Price { loss: price.loss + late, ..price };
                if best.is_none_or(|(best, _)| end.before(best)) {
                    best = Some((end, state));
                }
            }
            self.go_on(&mut grid, goal, (period, place, slot), price, state);
        }
        best.map(|(_, state)| self.trace(&grid, goal, state))
    }

    fn begin(&self, grid: &mut Grid<'_>, goal: Goal) {
        for (slot, &resource) in grid.slots.iter().enumerate() {
            for &o in &self.network.offers_of[resource] {
                let offer = &self.network.offers[o];
                if offer.quantity == 0 || offer.from > goal.by {
                    continue;
                }
                let weights = self.source(o, goal.want).into_iter().map(weight).sum();
                let price = Price { obstacles: if goal.heed { weights } else { 0 }, loss: 0.0 };
                let state = grid.number(offer.from, offer.place, slot);
                grid.reach(state, price, usize::MAX, Step::Offer(o));
            }
        }
    }

    /// What keeps an offer from a want.
    fn source(&self, offer: usize, want: usize) -> Vec<Obstacle> {
        let mut obstacles = Vec::new();
        if !self.network.allowed(offer, want) {
            obstacles.push(Obstacle::Excluded(offer));
        }
        if self.room.offer[offer] < 1.0 - 1e-9 {
            obstacles.push(Obstacle::Taken(offer));
        }
        obstacles
    }

    fn go_on(
        &self,
        grid: &mut Grid<'_>,
        goal: Goal,
        (period, place, slot): (usize, usize, usize),
        price: Price,
        state: usize,
    ) {
        let (network, capacities, resource) = (self.network, self.capacities, grid.slots[slot]);
        let (mass, volume) = (network.mass[resource], network.volume[resource]);
        let more = |weights: u32, cost: f64| Price {
            obstacles: price.obstacles + if goal.heed { weights } else { 0 },
            loss: price.loss + cost,
        };
        if period < goal.by {
            let weights = self.weights(&|add| capacities.waiting(network, place, period, resource, add));
            grid.reach(grid.number(period + 1, place, slot), more(weights, 0.0), state, Step::Wait);
        }
        for &l in &self.network.lanes_from[place] {
            let lane = &self.network.lanes[l];
            let (arrive, shut) = (period + lane.transit, network.forbidding[lane.forbids][resource]);
            if arrive <= goal.by && !shut && lane.departs(period) {
                let weights = self.weights(&|add| capacities.departing(network, l, period, resource, add));
                let price = more(weights, lane.cost * mass + lane.cost_m3 * volume);
                let leg = Leg::Lane(l as u32, period as u32);
                grid.reach(grid.number(arrive, lane.to, slot), price, state, Step::Go(leg));
            }
        }
        for &p in self.takers.get(&(place, grid.slots[slot])).into_iter().flatten() {
            let process = &self.network.processes[p];
            let arrive = period + process.duration;
            if let Some(to) = grid.slots.iter().position(|&r| r == process.output)
                && arrive <= goal.by
            {
                let weights = self.weights(&|add| capacities.starting(network, p, period, add));
                let price = more(weights, process.cost);
                let leg = Leg::Process(p as u32, period as u32);
                grid.reach(grid.number(arrive, place, to), price, state, Step::Go(leg));
            }
        }
    }

    /// Weights of all capacities that a step uses.
    fn weights(&self, uses: &dyn Fn(Add<'_>)) -> u32 {
        let mut sum = 0;
        uses(&mut |id, each| sum += self.weight_of(id, each));
        sum
    }

    fn weight_of(&self, id: usize, each: f64) -> u32 {
        let passed = self.capacities.penalty(self.network, id).is_some();
        if each <= 0.0 || passed || self.room.capacity[id] + 1e-9 >= each {
            0
        } else if self.capacities.limit[id] + 1e-9 >= each {
            FULL
        } else {
            SHUT
        }
    }

    fn trace(&self, grid: &Grid<'_>, goal: Goal, end: usize) -> Route {
        let (mut legs, mut state) = (Vec::new(), end);
        let offer = loop {
            let (before, step) = grid.step[state].expect("a state that was reached has a step");
            match step {
                Step::Offer(offer) => break offer,
                Step::Wait => {}
                Step::Go(leg) => legs.push(leg),
            }
            state = before;
        };
        legs.reverse();
        let (arrive, ..) = grid.of(end);
        let column = Column::new(self.network, self.capacities, (offer, goal.want), legs, arrive);
        let want = &self.network.wants[goal.want];
        let earned = match want.target {
            Target::Requirement(_) => want.value * timeliness(arrive, want.due, want.expires),
            _ => 0.0,
        };
        let mut obstacles = self.source(offer, goal.want);
        let full = |&&(id, each): &&(usize, f64)| self.weight_of(id, each) > 0;
        let (full, free): (Vec<_>, Vec<_>) = column.uses.iter().partition(full);
        obstacles.extend(full.iter().map(|(id, _)| Obstacle::Full(*id)));
        let taken = obstacles.contains(&Obstacle::Taken(offer));
        let most = if taken { f64::INFINITY } else { self.room.offer[offer] };
        let hard = |id: usize| self.capacities.penalty(self.network, id).is_none();
        let free = free.into_iter().filter(|&(id, each)| each > 0.0 && hard(id));
        let most = free.map(|(id, each)| self.room.capacity[id] / each).fold(most, f64::min);
        let units = if most.is_finite() { (most + 1e-9).floor() as i64 } else { i64::MAX };
        Route { cost: earned - column.gain, column, obstacles, units: units.max(1) }
    }

    /// The first period in which anything of what a want takes can be there, were every capacity free and every offer
    /// allowed: the offer and the period; none: no way leads there.
    pub(crate) fn earliest(&self, want: usize) -> Option<(usize, usize)> {
        let target = &self.network.wants[want];
        let slots = self.slots(target);
        let mut best: Vec<Option<(usize, usize)>> = vec![None; self.network.places * slots.len()];
        let mut heap = BinaryHeap::new();
        let number = |place: usize, slot: usize| place * slots.len() + slot;
        for (slot, &resource) in slots.iter().enumerate() {
            for &o in self.network.offers_of[resource].iter().filter(|&&o| self.network.offers[o].quantity > 0) {
                let offer = &self.network.offers[o];
                heap.push((std::cmp::Reverse(offer.from), o, number(offer.place, slot)));
            }
        }
        while let Some((std::cmp::Reverse(period), offer, state)) = heap.pop() {
            if best[state].is_some() {
                continue;
            }
            best[state] = Some((offer, period));
            let (place, slot) = (state / slots.len(), state % slots.len());
            if (place, slot) == (target.place, 0) {
                break;
            }
            for &l in &self.network.lanes_from[place] {
                let lane = &self.network.lanes[l];
                if !self.network.forbidding[lane.forbids][slots[slot]] {
                    heap.push((std::cmp::Reverse(period + lane.transit), offer, number(lane.to, slot)));
                }
            }
            for &p in self.takers.get(&(place, slots[slot])).into_iter().flatten() {
                let process = &self.network.processes[p];
                if let Some(to) = slots.iter().position(|&r| r == process.output) {
                    heap.push((std::cmp::Reverse(period + process.duration), offer, number(place, to)));
                }
            }
        }
        best[number(target.place, 0)]
    }
}

fn weight(obstacle: Obstacle) -> u32 {
    match obstacle {
        Obstacle::Excluded(_) => EXCLUDED,
        Obstacle::Taken(_) => TAKEN,
        Obstacle::Full(_) => FULL,
    }
}

//! Pricing: the best paths from offers to wants at given prices of capacities.
//!
//! Dynamic programming backward over (period, place): the value of one unit of a resource being somewhere, for a
//! [block](super::blocks) of wants at once. Only paths whole units can take count. A value that is not positive is
//! none: ways cost, so nothing that leads to it gains.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::blocks::{Block, by_resource, by_want};
use super::column::{Capacities, Column, Leg, earned, fits};
use super::network::{Network, Target};
use super::prices::{Prices, Surcharges};

/// A reduced value below this is no gain.
pub(crate) const LEAST_GAIN: f64 = 1e-6;

/// A path worth adding.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) column: Column,
    /// Reduced value per unit.
    pub(crate) reduced: f64,
    /// Reduced value times the units that could go this way.
    pub(crate) score: f64,
}

/// What one round of pricing finds.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) candidates: Vec<Candidate>,
    /// Best reduced value of each offer, at least 0: what its price lacks.
    pub(crate) lack: Vec<f64>,
}

/// The blocks of a network, made once.
#[derive(Debug)]
pub(crate) struct Pricing {
    /// All wants, those that are alike together: they prove a bound.
    all: Vec<Block>,
    /// All wants one by one, a few of them in each round: they find more paths.
    single: Vec<Block>,
    threads: usize,
}

impl Pricing {
    pub(crate) fn new(network: &Network, threads: usize) -> Pricing {
        Pricing { all: by_resource(network), single: by_want(network), threads }
    }

    /// The best path of every offer to every want that is worth more than it costs.
    pub(crate) fn every(&self, network: &Network, capacities: &Capacities, prices: &Prices) -> Vec<Candidate> {
        let (round, mut table) = (Round::new(network, capacities, prices, network.offers.len()), Vec::new());
        self.single.iter().flat_map(|block| round.block(block, false, &mut table).candidates).collect()
    }

    /// Prices all wants; `per_want` paths are kept for each want, one more for each offer of a block of all. In which
    /// round decides which wants are looked at by themselves.
    pub(crate) fn round(
        &self,
        network: &Network,
        capacities: &Capacities,
        prices: &Prices,
        per_want: usize,
        turn: usize,
    ) -> Found {
        let round = Round::new(network, capacities, prices, per_want);
        let next = AtomicUsize::new(0);
        // About as many of them as there are of all together.
        let turns = (self.single.len() / self.all.len().max(1)).max(1);
        let singles = self.single.iter().skip(turn % turns).step_by(turns);
        let blocks: Vec<&Block> = self.all.iter().chain(singles).collect();
        let work = || {
            let (mut table, mut done) = (Vec::new(), Vec::new());
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                let Some(block) = blocks.get(n) else { return done };
                done.push((n, round.block(block, n < self.all.len(), &mut table)));
            }
        };
        let mut parts = std::thread::scope(|scope| {
            let others: Vec<_> = (1..self.threads.min(blocks.len())).map(|_| scope.spawn(work)).collect();
            let mut parts = work();
            for other in others {
                parts.extend(other.join().expect("pricing does not panic"));
            }
            parts
        });
        // The order of blocks, not of threads: the same seed gives the same plan.
        parts.sort_by_key(|p| p.0);
        let mut all = Found { candidates: Vec::new(), lack: vec![0.0; network.offers.len()] };
        for (_, part) in parts {
            all.candidates.extend(part.candidates);
            for (mine, its) in all.lack.iter_mut().zip(part.lack) {
                *mine = mine.max(its);
            }
        }
        all
    }
}

/// One round's inputs.
struct Round<'a> {
    network: &'a Network,
    capacities: &'a Capacities,
    prices: &'a Prices,
    per_want: usize,
    surcharges: Surcharges,
    /// Lanes by period: asked for by every block.
    lanes: Vec<Way>,
    /// What a unit pays that starts a process, by process and period.
    starts: Vec<f64>,
    /// Lanes that take no time.
    at_once: Vec<usize>,
    /// Those that do.
    moving: Vec<Moving>,
}

/// What the innermost loop asks of a lane, close together in memory.
#[derive(Clone, Copy)]
struct Moving {
    n: usize,
    from: usize,
    to: usize,
    transit: usize,
}

/// A lane in a period, or waiting over its end.
#[derive(Clone, Copy)]
struct Way {
    /// Most tonnes.
    limit: f64,
    /// Cost per tonne, prices included.
    tariff: f64,
    /// Position in [`Network::forbidding`].
    forbids: u32,
    /// Positions of surcharges.
    surcharges: [u32; 2],
}

/// Values of one block: (period, place, slot).
struct Table<'a> {
    value: &'a [f64],
    reward: &'a [f64],
    block: &'a Block,
    places: usize,
}

impl Table<'_> {
    fn at(&self, period: usize, place: usize, slot: usize) -> f64 {
        if !self.block.periods.contains(&period) {
            return f64::NEG_INFINITY;
        }
        let width = self.block.slots.len();
        self.value[((period - self.block.periods.start) * self.places + place) * width + slot]
    }

    /// The want at a place that ends there with all the value there is.
    fn ends(&self, period: usize, place: usize, slot: usize) -> Option<usize> {
        let (value, length) = (self.at(period, place, slot), self.block.periods.len());
        let reward = |n: usize| self.reward[n * length + period - self.block.periods.start];
        let mut ends = self.block.slots[slot].ends.clone();
        let end = ends.find(|&n| self.block.ends[n].place == place && reward(n) == value);
        end.map(|n| self.block.ends[n].want)
    }
}

impl<'a> Round<'a> {
    fn new(network: &'a Network, capacities: &'a Capacities, prices: &'a Prices, per_want: usize) -> Round<'a> {
        let money = prices.money(network, capacities);
        let surcharges = Surcharges::new(network, capacities, prices, &money);
        let numbered = || network.lanes.iter().enumerate();
        let at_once = numbered().filter(|(_, l)| l.transit == 0 && l.from != l.to).map(|(n, _)| n).collect();
        let moving = numbered()
            .filter(|(_, l)| l.transit > 0)
            .map(|(n, lane)| Moving { n, from: lane.from, to: lane.to, transit: lane.transit })
            .collect();
        let mut round = Round {
            network,
            capacities,
            prices,
            per_want,
            surcharges,
            lanes: Vec::new(),
            starts: Vec::new(),
            at_once,
            moving,
        };
        let starts = (0..network.processes.len()).flat_map(|p| (0..network.periods).map(move |t| (p, t)));
        round.starts = starts.map(|(p, t)| round.priced_start(p, t)).collect();
        let all = (0..network.periods).flat_map(|t| (0..network.lanes.len()).map(move |l| (l, t)));
        round.lanes = all.map(|(l, t)| round.priced_lane(l, t, &money)).collect();
        round
    }

    /// Best paths of a block; `each_offer`: one for each offer besides.
    fn block(&self, block: &Block, each_offer: bool, buffer: &mut Vec<f64>) -> Found {
        let (width, places) = (block.slots.len(), self.network.places);
        let reward = self.rewards(block);
        buffer.clear();
        buffer.resize(block.periods.len() * places * width, f64::NEG_INFINITY);
        // Most that any slot is worth, by period and place.
        let mut top = vec![f64::NEG_INFINITY; block.periods.len() * places];
        for t in block.periods.clone().rev() {
            let start = (t - block.periods.start) * places * width;
            let (before, later) = buffer.split_at_mut(start + places * width);
            self.period(block, t, &reward, &mut before[start..], later, &mut top);
        }
        let table = Table { value: buffer, reward: &reward, block, places };
        self.harvest(&table, each_offer)
    }

    /// What ending at a want earns a unit: (end, period).
    fn rewards(&self, block: &Block) -> Vec<f64> {
        let mut reward = vec![f64::NEG_INFINITY; block.ends.len() * block.periods.len()];
        for (end, rewards) in block.ends.iter().zip(reward.chunks_mut(block.periods.len().max(1))) {
            let want = &self.network.wants[end.want];
            let mut later = 0.0;
            for t in block.periods.clone().rev().filter(|&t| t <= want.last) {
                let mut added = 0.0;
                let mut add = |id: usize, each: f64| added -= each * self.prices.capacity[id];
                self.capacities.ending(self.network, end.want, t, &mut add);
                rewards[t - block.periods.start] = match want.target {
                    Target::Requirement(r) => earned(self.network, end.want, t) + added - self.prices.requirement[r],
                    Target::Need(_) | Target::Pool(..) => added,
                    Target::Component(k, _) => {
                        let counted = &self.network.packages[k].periods;
                        if counted.contains(&t) {
                            later += self.prices.component[end.want][t - counted.start];
                        }
                        later
                    }
                };
            }
        }
        reward
    }

    /// Values in one period, from those of later periods.
    fn period(&self, block: &Block, t: usize, reward: &[f64], now: &mut [f64], later: &[f64], top: &mut [f64]) {
        let (width, places, length) = (block.slots.len(), self.network.places, block.periods.len());
        if !later.is_empty() {
            for n in 0..places {
                let (here, next) = (&mut now[n * width..][..width], &later[n * width..][..width]);
                self.step(block, self.waiting(n, t), here, next);
            }
        }
        for (end, reward) in block.ends.iter().zip(reward[t - block.periods.start..].iter().step_by(length)) {
            let here = &mut now[end.place * width + end.slot];
            *here = here.max(*reward);
        }
        for lane in &self.moving {
            if t + lane.transit >= block.periods.end {
                continue;
            }
            let way = self.lane(lane.n, t);
            let most = top[(t + lane.transit - block.periods.start) * places + lane.to];
            if most + self.network.most_bonus - way.tariff * block.lightest <= 0.0 {
                continue;
            }
            let next = &later[((lane.transit - 1) * places + lane.to) * width..][..width];
            let here = &mut now[lane.from * width..][..width];
            self.step(block, way, here, next);
        }
        for change in &block.changes {
            let p = &self.network.processes[change.process];
            if p.duration > 0 && t + p.duration < block.periods.end && self.can_start(change.process, t) {
                let then = later[((p.duration - 1) * places + p.place) * width + change.to];
                let here = &mut now[p.place * width + change.from];
                *here = here.max(then - self.process_tariff(change.process, t));
            }
        }
        while self.at_once(block, t, now) {}
        let top = &mut top[(t - block.periods.start) * places..][..places];
        for (top, here) in top.iter_mut().zip(now.chunks(width)) {
            *top = here.iter().fold(f64::NEG_INFINITY, |most, &v| if v > most { v } else { most });
        }
    }

    /// Ways that take no time, once round; true if anything got better.
    fn at_once(&self, block: &Block, t: usize, now: &mut [f64]) -> bool {
        let width = block.slots.len();
        let mut better = false;
        for &l in &self.at_once {
            let lane = &self.network.lanes[l];
            let next: Vec<f64> = now[lane.to * width..][..width].to_vec();
            let here = &mut now[lane.from * width..][..width];
            let old = here.to_vec();
            self.step(block, self.lane(l, t), here, &next);
            better |= *here != *old;
        }
        for change in &block.changes {
            let p = &self.network.processes[change.process];
            if p.duration == 0 && self.can_start(change.process, t) {
                let then = now[p.place * width + change.to] - self.process_tariff(change.process, t);
                let here = &mut now[p.place * width + change.from];
                if then > *here {
                    (*here, better) = (then, true);
                }
            }
        }
        better
    }

    fn lane(&self, lane: usize, t: usize) -> Way {
        self.lanes[t * self.network.lanes.len() + lane]
    }

    /// A lane in a period, the handling of its place included.
    fn priced_lane(&self, lane: usize, t: usize, money: &[Vec<f64>]) -> Way {
        let l = &self.network.lanes[lane];
        let (id, handling) = (self.capacities.lane(lane, t), self.capacities.handling(l.from, t));
        let into = self.capacities.handling_in(l.to, t + l.transit);
        let limit = self.capacities.limit[id].min(self.capacities.limit[handling]);
        let limit = into.map_or(limit, |into| limit.min(self.capacities.limit[into]));
        let money = l.fund.map_or(0.0, |fund| money[fund][t]);
        let prices = self.prices.capacity[id] + self.prices.capacity[handling];
        Way {
            limit: if l.departs(t) { limit } else { f64::NEG_INFINITY },
            tariff: l.cost + prices + into.map_or(0.0, |into| self.prices.capacity[into]) + money * l.paid,
            forbids: l.forbids as u32,
            surcharges: [self.surcharges.at[id], self.surcharges.at[handling]],
        }
    }

    fn waiting(&self, place: usize, t: usize) -> Way {
        let id = self.capacities.storage(place, t);
        let (limit, tariff) = (self.capacities.limit[id], self.prices.capacity[id]);
        Way { limit, tariff, forbids: 0, surcharges: [self.surcharges.at[id], 0] }
    }

    fn priced_start(&self, process: usize, t: usize) -> f64 {
        let mut tariff = self.network.processes[process].cost;
        let mut add = |id: usize, each: f64| tariff += each * self.prices.capacity[id];
        self.capacities.starting(self.network, process, t, &mut add);
        tariff
    }

    fn process_tariff(&self, process: usize, t: usize) -> f64 {
        self.starts[process * self.network.periods + t]
    }

    fn can_start(&self, process: usize, t: usize) -> bool {
        fits(self.capacities.limit[self.capacities.process(process, t)], 1.0)
    }

    /// Whether a unit of a slot can go a way at all.
    fn passes(&self, block: &Block, way: Way, slot: usize) -> bool {
        block.shut[way.forbids as usize][slot] == 0.0 && fits(way.limit, block.mass[slot])
    }

    /// What a way costs a unit of a slot.
    fn cost(&self, block: &Block, way: Way, slot: usize) -> f64 {
        let [first, second] = way.surcharges;
        let resource = block.slots[slot].resource;
        way.tariff * block.mass[slot] + (self.surcharges.of(first, resource) + self.surcharges.of(second, resource))
    }

    /// Takes the better of being here and going on.
    fn step(&self, block: &Block, way: Way, here: &mut [f64], next: &[f64]) {
        if !fits(way.limit, block.heaviest) || way.surcharges != [0, 0] {
            for (slot, (h, &n)) in here.iter_mut().zip(next).enumerate() {
                if n > *h && self.passes(block, way, slot) {
                    *h = h.max(n - self.cost(block, way, slot));
                }
            }
        } else if way.forbids == 0 {
            for ((h, &n), &mass) in here.iter_mut().zip(next).zip(&block.mass) {
                let v = n - way.tariff * mass;
                *h = if v > *h { v } else { *h };
            }
        } else {
            let shut = &block.shut[way.forbids as usize];
            for (((h, &n), &mass), &shut) in here.iter_mut().zip(next).zip(&block.mass).zip(shut) {
                let v = n - way.tariff * mass - shut;
                *h = if v > *h { v } else { *h };
            }
        }
    }

    /// Finds the offers that gain, and the paths of the best of them.
    fn harvest(&self, table: &Table<'_>, each_offer: bool) -> Found {
        let mut lack = vec![0.0_f64; self.network.offers.len()];
        let mut gains: Vec<(f64, usize, usize)> = Vec::new();
        for (slot, s) in table.block.slots.iter().enumerate() {
            for &o in &self.network.offers_of[s.resource] {
                let offer = &self.network.offers[o];
                let mut reduced = table.at(offer.from, offer.place, slot) - self.prices.offer[o];
                reduced += self.network.bonus(o, s.want);
                let mut add = |id: usize, each: f64| reduced -= each * self.prices.capacity[id];
                self.capacities.offered(self.network, o, &mut add);
                if offer.quantity > 0 && reduced > 0.0 && self.network.allowed(o, s.want) {
                    lack[o] = lack[o].max(reduced);
                    if reduced > LEAST_GAIN {
                        gains.push((reduced, o, slot));
                    }
                }
            }
        }
        let score = |&(reduced, o, slot): &(f64, usize, usize)| {
            reduced * table.block.slots[slot].quantity.min(self.network.offers[o].quantity) as f64
        };
        gains.sort_by(|a, b| score(b).total_cmp(&score(a)).then((a.1, a.2).cmp(&(b.1, b.2))));
        let mut of_slot = vec![0; table.block.slots.len()];
        let mut of_offer = std::collections::HashMap::<usize, usize>::new();
        let mut candidates = Vec::new();
        for (reduced, o, slot) in gains {
            let wants = table.block.slots[slot].wants;
            let (by_slot, by_offer) = (&mut of_slot[slot], of_offer.entry(o).or_default());
            if *by_slot < self.per_want * wants || (each_offer && *by_offer < 1) {
                *by_slot += 1;
                *by_offer += 1;
                let (legs, arrive, want) = self.trace(table, o, slot);
                let column = Column::new(self.network, self.capacities, (o, want), legs, arrive);
                let most = self.network.wants[want].quantity.min(self.network.offers[o].quantity);
                candidates.push(Candidate { column, reduced, score: reduced * most as f64 });
            }
        }
        Found { candidates, lack }
    }

    /// Follows the best path of an offer to a want of a slot: its legs, when it arrives and at which want.
    ///
    /// A step is on the path if it gives exactly the value of where it starts: the arithmetic is the same as when the
    /// table was filled, so no tolerance is needed.
    fn trace(&self, table: &Table<'_>, offer: usize, slot: usize) -> (Vec<Leg>, usize, usize) {
        let o = &self.network.offers[offer];
        let (mut t, mut n, mut slot, mut legs) = (o.from, o.place, slot, Vec::new());
        loop {
            let step = match self.step_from(table, t, n, slot) {
                Some(step) => step,
                None => {
                    let (way, step) = self.way_at_once(table, t, n, slot);
                    legs.extend(way);
                    step
                }
            };
            match step {
                Step::End { period, want } => return (legs, period, want),
                Step::Wait { place, slot: k } => (t, n, slot) = (t + 1, place, k),
                Step::Go { leg, to: (u, m, k) } => {
                    legs.push(leg);
                    (t, n, slot) = (u, m, k);
                }
            }
        }
    }

    /// The step that takes time, or the end, that gives the value here; none if only steps at once do.
    fn step_from(&self, table: &Table<'_>, t: usize, n: usize, slot: usize) -> Option<Step> {
        let (value, block) = (table.at(t, n, slot), table.block);
        if let Some(want) = table.ends(t, n, slot) {
            return Some(Step::End { period: t, want });
        }
        // Waiting first: paths wait nearly always, and other ways are many.
        let way = self.waiting(n, t);
        let stays = table.at(t + 1, n, slot) - self.cost(block, way, slot);
        if stays == value && self.passes(block, way, slot) {
            return Some(Step::Wait { place: n, slot });
        }
        for change in block.changes.iter().filter(|c| c.from == slot) {
            let p = &self.network.processes[change.process];
            if p.place == n && p.duration > 0 && self.can_start(change.process, t) {
                let then = table.at(t + p.duration, n, change.to) - self.process_tariff(change.process, t);
                if then == value {
                    let leg = Leg::Process(change.process as u32, t as u32);
                    return Some(Step::Go { leg, to: (t + p.duration, n, change.to) });
                }
            }
        }
        for &l in &self.network.lanes_from[n] {
            let lane = &self.network.lanes[l];
            if lane.transit > 0 && self.goes(table, l, t, slot) == value {
                return Some(Step::Go { leg: Leg::Lane(l as u32, t as u32), to: (t + lane.transit, lane.to, slot) });
            }
        }
        None
    }

    /// Value of taking a lane now.
    fn goes(&self, table: &Table<'_>, l: usize, t: usize, slot: usize) -> f64 {
        let lane = &self.network.lanes[l];
        let way = self.lane(l, t);
        if !self.passes(table.block, way, slot) {
            return f64::NEG_INFINITY;
        }
        table.at(t + lane.transit, lane.to, slot) - self.cost(table.block, way, slot)
    }

    /// Steps at once, breadth first (they may go in circles), to where a step takes time or ends.
    fn way_at_once(&self, table: &Table<'_>, t: usize, n: usize, slot: usize) -> (Vec<Leg>, Step) {
        let mut seen = vec![(n, slot, usize::MAX, Leg::Lane(0, 0))];
        let mut at = 0;
        loop {
            let (n, slot, ..) = seen[at];
            if at > 0
                && let Some(step) = self.step_from(table, t, n, slot)
            {
                let mut way = Vec::new();
                while seen[at].2 != usize::MAX {
                    way.push(seen[at].3);
                    at = seen[at].2;
                }
                way.reverse();
                return (way, step);
            }
            for (to, k, leg) in self.at_once_from(table, t, n, slot) {
                if !seen.iter().any(|s| (s.0, s.1) == (to, k)) {
                    seen.push((to, k, at, leg));
                }
            }
            at += 1;
        }
    }

    fn at_once_from(&self, table: &Table<'_>, t: usize, n: usize, slot: usize) -> Vec<(usize, usize, Leg)> {
        let value = table.at(t, n, slot);
        let lanes = self.network.lanes_from[n].iter().filter(|&&l| self.network.lanes[l].transit == 0);
        let lanes = lanes.filter(|&&l| self.goes(table, l, t, slot) == value);
        let mut found: Vec<_> =
            lanes.map(|&l| (self.network.lanes[l].to, slot, Leg::Lane(l as u32, t as u32))).collect();
        for change in table.block.changes.iter().filter(|c| c.from == slot) {
            let p = &self.network.processes[change.process];
            if p.place == n
                && p.duration == 0
                && self.can_start(change.process, t)
                && table.at(t, n, change.to) - self.process_tariff(change.process, t) == value
            {
                found.push((n, change.to, Leg::Process(change.process as u32, t as u32)));
            }
        }
        found
    }
}

#[derive(Debug)]
enum Step {
    End { period: usize, want: usize },
    Wait { place: usize, slot: usize },
    Go { leg: Leg, to: (usize, usize, usize) },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::Instance;

    /// Three wants of trucks, two of them of one purpose, and a shop that makes trucks of wrecks.
    const DOCUMENT: &str = r#"{"format": "assistance-plan/1", "name": "alike", "periods": 8, "cost_weight": 0.01,
        "resources": [{"id": "truck", "unit_mass_t": 4, "hazard": null}, {"id": "wreck", "unit_mass_t": 5, "hazard": null}],
        "places": [{"id": "depot", "kind": "depot", "x_km": 0, "y_km": 0, "handling_t": null, "storage_t": null},
                   {"id": "shop", "kind": "repair", "x_km": 0, "y_km": 0, "handling_t": 9, "storage_t": null},
                   {"id": "east", "kind": "delivery", "x_km": 0, "y_km": 0, "handling_t": null, "storage_t": null},
                   {"id": "west", "kind": "delivery", "x_km": 0, "y_km": 0, "handling_t": null, "storage_t": null}],
        "lanes": [{"id": "a", "from": "depot", "to": "shop", "mode": "road", "transit": 1, "capacity_t": 20, "cost_per_t": 3, "forbids": []},
                  {"id": "b", "from": "shop", "to": "east", "mode": "road", "transit": 1, "capacity_t": 9, "cost_per_t": 5, "forbids": []},
                  {"id": "c", "from": "shop", "to": "west", "mode": "road", "transit": 2, "capacity_t": 9, "cost_per_t": 2, "forbids": []}],
        "processes": [{"id": "repair", "kind": "repair", "place": "shop", "input": "wreck", "output": "truck", "duration": 2, "capacity": 1, "cost": 4}],
        "offers": [{"id": "new", "donor": "N", "resource": "truck", "quantity": 3, "place": "depot", "from": 1, "only_for": null},
                   {"id": "old", "donor": "N", "resource": "wreck", "quantity": 6, "place": "depot", "from": 0, "only_for": ["mobility"]}],
        "requirements": [
            {"id": "r1", "place": "east", "purpose": "mobility", "accepts": [{"resource": "truck", "utility": 1}], "quantity": 2, "priority": 10, "due": 3, "expires": 6},
            {"id": "r2", "place": "west", "purpose": "mobility", "accepts": [{"resource": "truck", "utility": 0.9}], "quantity": 5, "priority": 12, "due": 5, "expires": 8},
            {"id": "r3", "place": "west", "purpose": "medical", "accepts": [{"resource": "truck", "utility": 1}], "quantity": 1, "priority": 30, "due": 4, "expires": 5}],
        "packages": []}"#;

    #[test]
    fn wants_that_are_alike_are_priced_together_as_well_as_one_by_one() {
        let network = Network::new(&Instance::parse(DOCUMENT.as_bytes()).unwrap());
        let capacities = Capacities::new(&network);
        let mut prices = Prices::zero(&network, &capacities);
        for raise in 0..40 {
            let mut together = Pricing::new(&network, 1);
            let mut alone = Pricing::new(&network, 1);
            together.single.clear();
            alone.all.clear();
            let [together, alone] = [together, alone].map(|p| p.round(&network, &capacities, &prices, 3, 0));
            assert_eq!(together.lack, alone.lack);
            let best = |found: &Found| found.candidates.iter().map(|c| c.reduced).fold(0.0, f64::max);
            assert_eq!(best(&together), best(&alone));
            assert!(raise > 0 || best(&alone) > 0.0);
            // What the best paths use becomes dearer.
            for candidate in alone.candidates {
                candidate.column.uses.iter().for_each(|&(id, _)| prices.capacity[id] += 0.3);
                if let Target::Requirement(r) = network.wants[candidate.column.want].target {
                    prices.requirement[r] += 0.7;
                }
            }
        }
    }
}

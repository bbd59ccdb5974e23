//! Column generation: the linear relaxation, and a proven bound, by turns of master and pricing.

use super::clock::Clock;
use super::column::{Capacities, Column};
use super::cuts;
use super::master::{Master, Sets, Solved, bound, is_last};
use super::network::{Lane, Network};
use super::prices::Prices;
use super::pricing::{Candidate, LEAST_GAIN, Pricing};

/// Paths added for each offer and for each want in a round: a few more than needed now, since they are often needed
/// later.
const PER_OFFER: usize = 3;
const PER_WANT: usize = 3;
/// Steps of the master between two pricings.
const STEPS: usize = 100;
/// Rounds in which the bound must have come nearer by a tenth, to the master's value or to what is enough.
const PATIENCE: usize = 12;

/// Turns that bring the rest beside fixed columns, and steps that end them.
const BESIDE: usize = 4;
const LAST: usize = 400;
/// Numbers of sets this near to a whole number are taken for whole.
const APART: f64 = 0.05;
/// Cost per tonne that keeps goods from going in other periods, if they can go in one.
const APART_COST: f64 = 1e-3;
/// Share of a mean price that a capacity without a price may cost by chance.
const LITTLE: f64 = 0.1;
/// Turns that bring the paths for whole numbers of sets.
const TURNS: usize = 5;

/// What column generation works with.
pub(crate) struct Relaxation<'n> {
    pub(crate) network: &'n Network,
    pub(crate) capacities: Capacities,
    pub(crate) pricing: Pricing,
    pub(crate) master: Master<'n>,
    pub(crate) rounds: usize,
}

/// The paths found so far, and what they run on.
#[derive(Clone, Copy)]
pub(crate) struct Model<'a> {
    pub(crate) network: &'a Network,
    pub(crate) capacities: &'a Capacities,
    pub(crate) columns: &'a [Column],
}

/// The state of a relaxation.
#[derive(Debug, Clone)]
pub(crate) struct Relaxed {
    /// The last solution of the master; none if it was infeasible or time ran out before the first.
    pub(crate) solved: Option<Solved>,
    /// Proven: no plan within the bounds on sets is worth more.
    pub(crate) bound: f64,
    /// False if stopped by time, turns or a cancel before no path gained.
    pub(crate) complete: bool,
}

impl<'n> Relaxation<'n> {
    pub(crate) fn new(network: &'n Network, threads: usize) -> Relaxation<'n> {
        Relaxation {
            network,
            capacities: Capacities::new(network),
            pricing: Pricing::new(network, threads),
            master: Master::new(network),
            rounds: 0,
        }
    }

    pub(crate) fn model(&self) -> Model<'_> {
        Model { network: self.network, capacities: &self.capacities, columns: &self.master.columns }
    }

    /// A bound and first paths from pricing alone, with everything free of charge but the offers.
    pub(crate) fn start(&mut self) -> f64 {
        let prices = Prices::zero(self.network, &self.capacities);
        let found = self.pricing.round(self.network, &self.capacities, &prices, PER_WANT, self.rounds);
        self.master.add(choose(found.candidates, self.network));
        bound(self.network, &self.capacities, &Sets::free(self.network), &prices, &found.lack)
    }

    /// Adds the cuts that a solution exceeds by so much of its value; returns how many.
    pub(crate) fn cut(&mut self, solved: &Solved, least: f64) -> usize {
        let cuts = cuts::exceeded(&self.capacities, &self.master.columns, solved, least);
        let added = cuts.len();
        cuts.into_iter().for_each(|cut| self.capacities.cut(cut));
        self.master.columns.iter_mut().for_each(|column| self.capacities.add_cuts(&mut column.uses));
        // Without their rows the solution would be taken for good in the next turn.
        self.master.limit_exceeded(&self.capacities, &solved.amounts);
        added
    }

    /// At most so many turns until the bound is within `gap` (relative) of the master's value, or at most `enough`, or
    /// comes no nearer to either.
    pub(crate) fn run(&mut self, sets: &Sets, gap: f64, enough: f64, turns: usize, clock: &mut Clock<'_>) -> Relaxed {
        self.master.bound_sets(sets);
        let free = sets.is_free(self.network);
        let mut relaxed = Relaxed { solved: None, bound: f64::INFINITY, complete: false };
        let (mut apart, mut above, mut since) = (f64::INFINITY, f64::INFINITY, 0);
        for turn in 1.. {
            self.master.drop_idle();
            let rows = self.master.rows();
            let (solved, proven) = self.turn(sets);
            relaxed.bound = relaxed.bound.min(proven);
            // What exceeds limits without a row, or without their price yet, is worth too much. Where sets are free that is
            // little, and does not pay for more turns.
            let kept = free || (self.master.rows() == rows && self.master.keeps_sets(&solved.lines));
            let near = kept && relaxed.bound - solved.objective <= gap * solved.objective.abs();
            let objective = solved.objective;
            relaxed.solved = Some(solved);
            (clock.columns, clock.rows) = (self.master.columns.len(), self.master.rows());
            if free {
                clock.bound = clock.bound.map(|b| b.min(relaxed.bound));
            }
            since += 1;
            let (now, over) = (relaxed.bound - objective, relaxed.bound - enough);
            if now < 0.9 * apart || over < 0.9 * above {
                (apart, above, since) = (apart.min(now), above.min(over), 0);
            }
            if near || relaxed.bound <= enough || since > PATIENCE {
                relaxed.complete = true;
                return relaxed;
            }
            if clock.tell(Some(objective)).is_break() || turn >= turns {
                break;
            }
        }
        relaxed
    }

    /// Goes some steps on with the master, and prices: its solution, and a proven bound.
    fn turn(&mut self, sets: &Sets) -> (Solved, f64) {
        let mut solved = self.master.turn(&self.capacities, STEPS);
        self.rounds += 1;
        let found = self.pricing.round(self.network, &self.capacities, &solved.prices, PER_WANT, self.rounds);
        let proven = bound(self.network, &self.capacities, sets, &solved.prices, &found.lack);
        self.master.add(choose(found.candidates, self.network));
        solved.amounts.resize(self.master.columns.len(), 0.0);
        (solved, proven)
    }

    /// Finds paths on which goods go together, for each period: the relaxation, in which part of a trip costs part of it,
    /// spreads them over periods as it likes.
    pub(crate) fn gather(&mut self, solved: &mut Solved, clock: &mut Clock<'_>) {
        let lumpy = |l: &&Lane| l.trip.is_some() || l.least > 0.0;
        let lanes = || self.network.lanes.iter().enumerate().filter(|(_, l)| lumpy(l));
        if lanes().next().is_none() {
            return;
        }
        // For each period, and last for ways without such lanes.
        let dearest = self.network.wants.iter().map(|w| w.value).fold(1.0, f64::max);
        for t in 0..=self.network.periods {
            let apart = if t < self.network.periods { APART_COST } else { dearest / APART_COST };
            let mut prices = Prices::zero(self.network, &self.capacities);
            prices.component.clone_from(&solved.prices.component);
            for (l, _) in lanes() {
                for u in (0..self.network.periods).filter(|u| *u != t) {
                    prices.capacity[self.capacities.lane(l, u)] = apart;
                }
            }
            let found = self.pricing.round(self.network, &self.capacities, &prices, PER_WANT, self.rounds);
            self.rounds += 1;
            self.master.add(choose(found.candidates, self.network));
            if clock.tell(Some(solved.objective)).is_break() {
                break;
            }
        }
        solved.amounts.resize(self.master.columns.len(), 0.0);
    }

    /// Finds a path of every offer to every want, though it gains nothing: the best at prices by chance around those given,
    /// so that others come than those that are best at these.
    pub(crate) fn widen(&mut self, prices: &Prices, mut seed: u64) {
        let mut free = prices.clone();
        free.capacity.resize(self.capacities.limit.len(), 0.0);
        let priced = free.capacity.iter().filter(|price| **price > 0.0);
        let mean = priced.clone().sum::<f64>() / priced.count().max(1) as f64;
        for price in &mut free.capacity {
            // Knuth's linear congruential generator, by its upper half.
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let chance = (seed >> 32) as f64 / f64::from(u32::MAX);
            *price = *price * (0.5 + chance) + LITTLE * mean * chance;
        }
        free.offer.iter_mut().for_each(|price| *price = 0.0);
        free.requirement.iter_mut().for_each(|price| *price = 0.0);
        let found = self.pricing.every(self.network, &self.capacities, &free);
        self.master.add(found.into_iter().map(|candidate| candidate.column));
    }

    /// A solution with some columns fixed, and with the sets that these complete; `held` says of which new columns
    /// nothing may be used. Forgets where it was.
    pub(crate) fn beside(&mut self, mut fixed: Vec<Option<i64>>, held: impl Fn(&Column) -> bool) -> Solved {
        let free = Sets::free(self.network);
        for n in 1.. {
            self.master.fix(&fixed);
            if n > BESIDE {
                break;
            }
            self.turn(&free);
            fixed.extend(self.master.columns[fixed.len()..].iter().map(|c| held(c).then_some(0)));
        }
        let solved = self.master.turn(&self.capacities, LAST);
        self.master.fix(&[]);
        solved
    }

    /// Finds paths for whole numbers of sets: for fewer, for more, and for as many as near, than a solution has.
    /// Returns how much of each column these use at most; the columns that were there stay where they are.
    pub(crate) fn round_sets(&mut self, solved: &Solved, clock: &mut Clock<'_>) -> Vec<f64> {
        let complete = self.master.complete(&solved.lines);
        let free = Sets::free(self.network);
        let near: Vec<f64> = complete.iter().zip(&free.most).map(|(sets, most)| sets.round().min(*most)).collect();
        let near = Sets { least: near.clone(), most: near };
        let (mut fewer, mut more) = (free.clone(), free.clone());
        let lines = &self.master.lines;
        for n in (0..lines.len()).filter(|&n| is_last(lines, n)) {
            fewer.at_most(lines, n, (complete[n] + APART).floor());
            more.at_least(lines, n, (complete[n] - APART).ceil().clamp(0.0, free.most[n]));
        }
        let point = self.master.point();
        let mut used = solved.amounts.clone();
        for sets in [fewer, more, near] {
            self.master.bound_sets(&sets);
            self.master.go_to(&point);
            for n in 1..=TURNS {
                if clock.tell(Some(solved.objective)).is_break() {
                    break;
                }
                let now = self.turn(&sets).0;
                used.resize(now.amounts.len(), 0.0);
                if n == TURNS {
                    used.iter_mut().zip(&now.amounts).for_each(|(most, now)| *most = most.max(*now));
                }
            }
        }
        self.master.bound_sets(&free);
        self.master.go_to(&point);
        used
    }
}

/// The best few of each offer and of each want.
fn choose(mut candidates: Vec<Candidate>, network: &Network) -> Vec<Column> {
    candidates.retain(|c| c.reduced > LEAST_GAIN);
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    let (mut of_offer, mut of_want) = (vec![0; network.offers.len()], vec![0; network.wants.len()]);
    candidates.retain(|c| {
        let few = of_offer[c.column.offer] < PER_OFFER || of_want[c.column.want] < PER_WANT;
        if few {
            of_offer[c.column.offer] += 1;
            of_want[c.column.want] += 1;
        }
        few
    });
    candidates.into_iter().map(|c| c.column).collect()
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;
    use crate::instance::Instance;
    use crate::solve::Options;

    /// One lane, once, for nine cranes that a requirement or sets of three want; it takes five and a half of them.
    const DOCUMENT: &str = r#"{"format": "assistance-plan/1", "name": "cranes", "periods": 4, "cost_weight": 0,
        "resources": [{"id": "crane", "unit_mass_t": 8, "hazard": null}],
        "places": [{"id": "a", "kind": "hub", "x_km": 0, "y_km": 0, "handling_t": null, "storage_t": null},
                   {"id": "b", "kind": "delivery", "x_km": 0, "y_km": 0, "handling_t": null, "storage_t": null}],
        "lanes": [{"id": "l", "from": "a", "to": "b", "mode": "road", "transit": 1, "capacity_t": [44, 0, 0, 0], "cost_per_t": 0, "forbids": []}],
        "processes": [],
        "offers": [{"id": "o", "donor": "N", "resource": "crane", "quantity": 9, "place": "a", "from": 0, "only_for": null}],
        "requirements": [{"id": "r", "place": "b", "purpose": "any", "accepts": [{"resource": "crane", "utility": 1}], "quantity": 9, "priority": 10, "due": 1, "expires": 3}],
        "packages": [{"id": "k", "place": "b", "purpose": "any", "count": 3, "priority": 36, "due": 1, "expires": 3,
                      "components": [{"resource": "crane", "quantity": 3}]}]}"#;

    #[test]
    fn cuts_and_cases_count_from_the_first_turn_on() {
        let network = Network::new(&Instance::parse(DOCUMENT.as_bytes()).unwrap());
        let (options, mut go_on) = (Options::default(), |_: &_| ControlFlow::Continue(()));
        let mut clock = Clock::new(&options, &mut go_on);
        let mut relaxation = Relaxation::new(&network, 1);
        relaxation.start();
        let mut sets = Sets::free(&network);
        let mut run = |relaxation: &mut Relaxation<'_>, sets: &Sets, enough: f64| {
            relaxation.run(sets, 1e-5, enough, usize::MAX, &mut clock)
        };
        let near = |bound: f64, value: f64| assert!((bound - value).abs() < 0.01, "{bound}, not {value}");
        // Five and a half cranes at 12 in sets; five; one set and two cranes; and two sets are too many.
        let relaxed = run(&mut relaxation, &sets, f64::NEG_INFINITY);
        near(relaxed.bound, 66.0);
        assert_eq!(relaxation.cut(&relaxed.solved.unwrap(), 0.1), 1);
        near(run(&mut relaxation, &sets, f64::NEG_INFINITY).bound, 60.0);
        let lines = relaxation.master.lines.clone();
        sets.at_most(&lines, lines.len() - 1, 1.0);
        near(run(&mut relaxation, &sets, f64::NEG_INFINITY).bound, 56.0);
        sets = Sets::free(&network);
        sets.at_least(&lines, lines.len() - 1, 2.0);
        assert!(run(&mut relaxation, &sets, 50.0).bound <= 50.0);
    }
}

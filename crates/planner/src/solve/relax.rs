//! Column generation: the linear relaxation, and a proven bound, by turns of master and pricing.

use super::clock::Clock;
use super::column::{Capacities, Column};
use super::master::{Master, Sets, Solved, bound};
use super::network::Network;
use super::pricing::{Candidate, LEAST_GAIN, Prices, Pricing};

/// Paths added for each offer and for each want in a round: a few more than needed now, since they are often needed
/// later.
const PER_OFFER: usize = 3;
const PER_WANT: usize = 3;
/// Share of the best prices so far in the prices that are tried first.
const SHARE: f64 = 0.6;

/// What column generation works with.
pub(crate) struct Relaxation<'n> {
    pub(crate) network: &'n Network,
    pub(crate) capacities: &'n Capacities,
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
    /// False if stopped by time or cancelled before no path gained.
    pub(crate) complete: bool,
}

impl<'n> Relaxation<'n> {
    pub(crate) fn new(network: &'n Network, capacities: &'n Capacities, threads: usize, seed: u64) -> Relaxation<'n> {
        Relaxation {
            network,
            capacities,
            pricing: Pricing::new(network, threads),
            master: Master::new(network, capacities, seed),
            rounds: 0,
        }
    }

    pub(crate) fn model(&self) -> Model<'_> {
        Model { network: self.network, capacities: self.capacities, columns: &self.master.columns }
    }

    /// A bound and first paths from pricing alone, with everything free of charge but the offers.
    pub(crate) fn start(&mut self) -> f64 {
        let prices = Prices::zero(self.network, self.capacities);
        let found = self.pricing.round(self.network, self.capacities, &prices, PER_WANT);
        self.master.add(choose(found.candidates, self.network));
        bound(self.network, self.capacities, &Sets::free(self.network), &prices, &found.lack)
    }

    /// Turns until no path gains, or the bound is within `gap` (relative) of the master's value.
    pub(crate) fn run(&mut self, sets: &Sets, gap: f64, clock: &mut Clock<'_>) -> Relaxed {
        self.master.bound_sets(sets);
        let mut relaxed = Relaxed { solved: None, bound: f64::INFINITY, complete: false };
        let mut center: Option<Prices> = None;
        loop {
            let Some(solved) = self.master.solve(clock.left()) else { return relaxed };
            self.rounds += 1;
            let mut added = 0;
            // The master's own prices jump about; a mix with the best so far proves more and finds paths that last.
            let mixed = center.as_ref().map(|center| center.mixed(SHARE, &solved.prices));
            for prices in mixed.into_iter().chain([solved.prices.clone()]) {
                let found = self.pricing.round(self.network, self.capacities, &prices, PER_WANT);
                let proven = bound(self.network, self.capacities, sets, &prices, &found.lack);
                if proven < relaxed.bound || center.is_none() {
                    (relaxed.bound, center) = (proven.min(relaxed.bound), Some(prices));
                }
                if relaxed.bound - solved.objective <= gap * solved.objective.abs() {
                    break;
                }
                added += self.master.add(self.gaining(found.candidates, &solved.prices));
            }
            let objective = solved.objective;
            relaxed.solved = Some(solved);
            if added == 0 {
                relaxed.complete = true;
                return relaxed;
            }
            (clock.columns, clock.rows) = (self.master.columns.len(), self.master.rows());
            if sets.is_free(self.network) {
                clock.bound = clock.bound.map(|b| b.min(relaxed.bound));
            }
            if clock.tell(Some(objective)).is_break() {
                return relaxed;
            }
        }
    }

    /// The best few that gain at the master's prices.
    fn gaining(&self, candidates: Vec<Candidate>, prices: &Prices) -> Vec<Column> {
        let mut columns = choose(candidates, self.network);
        columns.retain(|c| prices.reduced(self.network, c) > LEAST_GAIN);
        columns
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

//! The course of a solve: a first plan, the relaxation, whole quantities, and what is made of the time left.

use std::collections::HashMap;
use std::ops::ControlFlow;

use super::branch::branch;
use super::clock::Clock;
use super::column::{Capacities, Column};
use super::integer::{self, Choice};
use super::limits::{Limit, limits};
use super::master::{Sets, Solved, loads};
use super::network::Network;
use super::pricing::Prices;
use super::relax::{Model, Relaxation};
use super::write;
use super::{Options, Outcome, Phase, Progress, Status};
use crate::check::check;
use crate::first_come;
use crate::instance::Instance;
use crate::plan::Plan;

/// Proven gaps below this are none.
const OPTIMAL: f64 = 1e-6;

/// Gap of the relaxation at which a first plan is made of it, so that a good one exists early.
const ROUGH: f64 = 0.02;
/// Most paths for which all are given to one integer program.
const MOST_COLUMNS: usize = 30_000;

/// Most paths for which cases are worth their time.
const FEW_COLUMNS: usize = 3_000;

/// A solve on its way.
pub(crate) struct Search<'i, 'p> {
    instance: &'i Instance,
    options: &'i Options,
    clock: Clock<'p>,
    best: Plan,
    bound: f64,
    first_come: Option<f64>,
    prices: Option<Prices>,
    /// True once time or a cancel ended a step before its end.
    cut: bool,
}

impl<'i, 'p> Search<'i, 'p> {
    pub(crate) fn new(
        instance: &'i Instance,
        options: &'i Options,
        progress: &'p mut dyn FnMut(&Progress) -> ControlFlow<()>,
    ) -> Search<'i, 'p> {
        Search {
            instance,
            options,
            clock: Clock::new(options, progress),
            best: Plan::empty(&instance.name),
            bound: f64::INFINITY,
            first_come: None,
            prices: None,
            cut: false,
        }
    }

    pub(crate) fn run(mut self) -> Outcome {
        let network = Network::new(self.instance);
        let capacities = Capacities::new(&network);
        let first = self.serve_first_come();
        let threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(8));
        let mut relaxation = Relaxation::new(&network, &capacities, threads, self.options.seed);
        let trivial = relaxation.start();
        self.prove(trivial);
        let columns = write::columns(self.instance, &network, &capacities, &first);
        relaxation.master.add(columns.into_iter().map(|(column, _)| column));
        let rough = self.relax(&mut relaxation, ROUGH, 0.5);
        if let Some(solved) = rough.filter(|_| self.gap() > self.options.gap) {
            self.round(relaxation.model(), &solved, 0, 0.15);
        }
        let part = if relaxation.master.columns.len() <= FEW_COLUMNS { 100.0 } else { 5.0 };
        let near = (self.options.gap / part).clamp(1e-7, ROUGH);
        if let Some(solved) = self.relax(&mut relaxation, near, 0.4) {
            self.round(relaxation.model(), &solved, 0, 0.15);
            if self.gap() > self.options.gap {
                self.round(relaxation.model(), &solved, 1, 0.6);
            }
            if self.gap() > self.options.gap && relaxation.master.columns.len() <= MOST_COLUMNS {
                self.whole(relaxation.model(), &solved.prices);
            }
        }
        if relaxation.master.columns.len() <= FEW_COLUMNS && !self.cut {
            self.branch(&mut relaxation);
        }
        self.finish(&network, &capacities, &relaxation)
    }

    /// Column generation to within `gap`, within a share of the time left.
    fn relax(&mut self, relaxation: &mut Relaxation<'_>, gap: f64, share: f64) -> Option<Solved> {
        self.clock.phase = Phase::Relaxing;
        self.clock.allow(share * self.clock.left_in_all());
        let relaxed = relaxation.run(&Sets::free(relaxation.network), gap, &mut self.clock);
        self.prove(relaxed.bound);
        self.cut |= !relaxed.complete;
        if let Some(solved) = &relaxed.solved {
            self.prices = Some(solved.prices.clone());
        }
        relaxed.solved
    }

    /// Proves better bounds by cases, and plans over the paths found on the way, by turns until neither helps.
    fn branch(&mut self, relaxation: &mut Relaxation<'_>) {
        while self.gap() > self.options.gap && !self.clock.stopped() {
            self.clock.phase = Phase::Branching;
            self.clock.allow(0.7 * self.clock.left_in_all());
            let before = (self.bound, self.best.objective);
            let enough = self.best.objective + 0.99 * self.options.gap * self.best.objective.abs();
            let bound = branch(relaxation, self.bound, enough, &mut self.clock);
            self.cut |= self.clock.left() <= 0.0;
            self.prove(bound.max(self.best.objective));
            if self.gap() > self.options.gap {
                self.clock.phase = Phase::Whole;
                self.clock.allow(0.8 * self.clock.left_in_all());
                let model = relaxation.model();
                self.settle(model, model.columns.iter().map(|c| Choice::free(model.network, c)).collect());
            }
            if before == (self.bound, self.best.objective) {
                break;
            }
        }
    }

    /// A first plan, within a third of the time.
    fn serve_first_come(&mut self) -> Plan {
        self.clock.allow(self.clock.left_in_all() / 3.0);
        let clock = &mut self.clock;
        let mut complete = true;
        let plan = first_come::plan_while(self.instance, &mut || {
            complete &= clock.tell(None).is_continue();
            complete
        });
        if complete {
            self.first_come = Some(plan.objective);
        }
        self.offer(plan.clone());
        plan
    }

    /// Takes a plan if it is better and keeps all rules.
    fn offer(&mut self, mut plan: Plan) {
        plan.bound = None;
        plan.objective = check(self.instance, &plan).objective;
        let verdict = check(self.instance, &plan);
        debug_assert!(verdict.faults.is_empty(), "the solver's plans keep the rules: {:?}", verdict.faults);
        if verdict.faults.is_empty() && plan.objective > self.best.objective {
            self.best = plan;
        }
        self.clock.objective = Some(self.best.objective);
    }

    fn prove(&mut self, bound: f64) {
        self.bound = self.bound.min(bound);
        self.clock.bound = Some(self.bound);
    }

    fn gap(&self) -> f64 {
        let apart = (self.bound - self.best.objective).max(0.0);
        if self.best.objective.abs() > 0.0 { apart / self.best.objective.abs() } else { apart }
    }

    /// Whole quantities near the relaxation's, at most `further` units from it: quick, and good already.
    fn round(&mut self, model: Model<'_>, solved: &Solved, further: i64, share: f64) {
        self.clock.phase = Phase::Whole;
        self.clock.allow(share * self.clock.left_in_all());
        let used = model.columns.iter().zip(&solved.amounts);
        let near = |(column, &amount): (_, &f64)| {
            let tempting = amount > 1e-9 || solved.prices.reduced(model.network, column) > -1e-6;
            tempting.then(|| Choice::near(model.network, column, amount, further))
        };
        self.settle(model, used.filter_map(near).collect());
    }

    /// Whole quantities over all columns that can be part of a better plan.
    fn whole(&mut self, model: Model<'_>, prices: &Prices) {
        self.clock.phase = Phase::Whole;
        // HiGHS looks at the clock now and then only.
        self.clock.allow(0.8 * self.clock.left_in_all());
        let apart = self.bound - self.best.objective;
        let useful = |c: &&Column| prices.reduced(model.network, c) >= -apart;
        self.settle(model, model.columns.iter().filter(useful).map(|c| Choice::free(model.network, c)).collect());
    }

    /// Solves for whole quantities within what the clock allows, from the best plan on if it is among the choices, and
    /// takes the result if it is better.
    fn settle(&mut self, model: Model<'_>, choices: Vec<Choice<'_>>) {
        if self.clock.left() <= 0.0 {
            self.cut = true;
            return;
        }
        let best = write::columns(self.instance, model.network, model.capacities, &self.best);
        let start = start(&choices, &best);
        let settings = integer::Settings {
            seconds: self.clock.left(),
            gap: self.options.gap / 10.0,
            enough: self.bound - self.options.gap * self.bound.abs() * 0.99,
            seed: self.options.seed,
        };
        let whole =
            integer::solve(model.network, model.capacities, &choices, start.as_deref(), settings, &mut self.clock);
        self.cut |= self.clock.left() <= 0.0;
        if let Some(whole) = whole {
            let amounts: Vec<_> = choices.iter().map(|c| c.column).zip(whole.amounts).collect();
            self.offer(write::plan(self.instance, model.network, &amounts));
        }
    }

    fn finish(mut self, network: &Network, capacities: &Capacities, relaxation: &Relaxation<'_>) -> Outcome {
        self.bound = self.bound.max(self.best.objective);
        self.best.bound = Some(self.bound);
        let gap = self.gap();
        let status = match gap {
            gap if gap <= OPTIMAL => Status::Optimal,
            gap if gap > self.options.gap && (self.cut || self.clock.stopped()) => Status::Stopped,
            _ => Status::Feasible,
        };
        Outcome {
            objective: self.best.objective,
            bound: self.bound,
            gap,
            status,
            seconds: self.clock.seconds(),
            first_come: self.first_come,
            limits: self.limits(network, capacities),
            rounds: relaxation.rounds,
            columns: relaxation.master.columns.len(),
            plan: self.best,
        }
    }

    fn limits(&self, network: &Network, capacities: &Capacities) -> Vec<Limit> {
        let Some(prices) = &self.prices else { return Vec::new() };
        let flows = write::columns(self.instance, network, capacities, &self.best);
        let mut given = vec![0; network.offers.len()];
        for (column, amount) in &flows {
            given[column.offer] += amount;
        }
        let (columns, amounts): (Vec<Column>, Vec<f64>) = flows.into_iter().map(|(c, a)| (c, a as f64)).unzip();
        let load = loads(capacities, &columns, &amounts);
        limits(self.instance, network, capacities, prices, &load, &given)
    }
}

/// The best plan as amounts of the choices; none if it is not one of them.
fn start(choices: &[Choice<'_>], best: &[(Column, i64)]) -> Option<Vec<i64>> {
    let key = |c: &Column| (c.offer, c.want, c.arrive, c.legs.clone());
    let known: HashMap<_, _> = choices.iter().enumerate().map(|(n, c)| (key(c.column), n)).collect();
    let mut amounts = vec![0; choices.len()];
    for (column, amount) in best {
        amounts[*known.get(&key(column))?] += amount;
    }
    let within = choices.iter().zip(&amounts).all(|(c, a)| (c.least..=c.most).contains(a));
    within.then_some(amounts)
}

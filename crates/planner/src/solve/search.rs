//! The course of a solve: a first plan, the relaxation, whole quantities, and what is made of the time left.

use std::ops::ControlFlow;

use super::branch::branch;
use super::clock::Clock;
use super::column::{Capacities, Column};
use super::keep::{RESERVED, Start};
use super::limits::{Limit, limits};
use super::master::{Sets, Solved, loads};
use super::mend::mended;
use super::network::Network;
use super::prices::Prices;
use super::relax::{Model, Relaxation};
use super::start;
use super::write;
use super::{Options, Outcome, Phase, Progress, Status};
use crate::check::check;
use crate::explain::complete;
use crate::first_come;
use crate::instance::Instance;
use crate::plan::Plan;

/// Proven gaps below this are none.
const OPTIMAL: f64 = 1e-6;

/// Most paths that are given to one integer program at once.
const FEW_COLUMNS: usize = 3_000;
/// Most paths for which cases are worth their time.
const SOME_COLUMNS: usize = 20_000;
/// Paths from which cuts, and paths for whole numbers of sets, cost more time than they are worth: the plan's whole
/// quantities are further from the bound, and are planned part by part.
const MANY_COLUMNS: usize = 200_000;
/// Share of the gap asked for by which cuts must lower the bound to be looked for again.
const WORTHWHILE: f64 = 0.02;
/// States that first come, first served may look at: some seconds.
const FIRST_STATES: u64 = 1_000_000;
/// Turns of the relaxation after which its solution is first made a plan, and again after twice as many each time.
const FIRST_TURNS: usize = 10;
/// Least that a cut must be worth by itself, as a share of the gap asked for.
const LEAST_CUT: f64 = 0.001;
/// Times that more paths are looked for where nothing else helps.
const WIDER: u64 = 4;
/// Times that cuts are looked for.
const CUT_PASSES: usize = 10;

/// A solve on its way.
pub(crate) struct Search<'i, 'p> {
    pub(super) instance: &'i Instance,
    pub(super) options: &'i Options,
    /// A plan for a similar instance.
    start: Option<Start<'i>>,
    pub(super) clock: Clock<'p>,
    pub(super) best: Plan,
    pub(super) bound: f64,
    first_come: Option<f64>,
    prices: Option<Prices>,
    /// True once time or a cancel ended a step before its end.
    pub(super) cut: bool,
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
            start: None,
            clock: Clock::new(options, progress),
            best: nothing(instance),
            bound: f64::INFINITY,
            first_come: None,
            prices: None,
            cut: false,
        }
    }

    /// From a plan for a similar instance.
    pub(crate) fn from(self, start: Start<'i>) -> Search<'i, 'p> {
        Search { start: Some(start), ..self }
    }

    pub(crate) fn run(mut self) -> Outcome {
        let network = Network::new(self.instance);
        let first = self.serve_first_come();
        let threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(8));
        let mut relaxation = Relaxation::new(&network, threads);
        let trivial = relaxation.start();
        self.prove(trivial);
        let columns = write::columns(self.instance, &network, &relaxation.capacities, &first);
        relaxation.master.add(columns.into_iter().map(|(column, _)| column));
        let held = self.start.map(|start| {
            self.clock.reserve(if start.keep > 0.0 { RESERVED } else { 0.0 });
            let holding = start::holding(self.instance, &network, &relaxation.capacities, start.plan);
            let held = self.complete(&network, &relaxation.capacities, holding.clone());
            relaxation.master.add(holding.into_iter().map(|(column, _)| column));
            held
        });
        let near = (self.options.gap / 5.0).max(1e-7);
        let mut solved = self.relax(&mut relaxation, near, 0.5);
        for _ in 0..CUT_PASSES {
            let exceeded = solved.as_ref().map_or(0, |solved| relaxation.cut(solved, self.least_cut()));
            if exceeded == 0 || self.cut || relaxation.master.columns.len() > MANY_COLUMNS {
                break;
            }
            let before = self.bound;
            solved = self.relax(&mut relaxation, near, 0.3);
            if before - self.bound < WORTHWHILE * self.options.gap * before {
                break;
            }
        }
        if let Some(mut solved) = solved.filter(|_| self.start.is_none() || self.gap() > self.options.gap) {
            relaxation.gather(&mut solved, &mut self.clock);
            self.clock.allow(0.3 * self.clock.left_in_all());
            let many = relaxation.master.columns.len() > MANY_COLUMNS;
            let used = if many { Vec::new() } else { relaxation.round_sets(&solved, &mut self.clock) };
            self.round(&mut relaxation, &solved, &used);
        }
        if worth_cases(&relaxation) {
            self.branch(&mut relaxation);
        }
        if !self.clock.stopped() {
            self.complete_best(&network, &relaxation.capacities);
        }
        if let Some((start, held)) = self.start.zip(held.flatten()) {
            self.settle(start, &held, &network, &relaxation.capacities);
        }
        self.finish(&relaxation)
    }

    /// Offers the best plan with what still fits beside it.
    pub(super) fn complete_best(&mut self, network: &Network, capacities: &Capacities) {
        let flows = write::columns(self.instance, network, capacities, &self.best);
        self.complete(network, capacities, flows);
    }

    /// Offers flows with what still fits beside them, and gives the plan.
    fn complete(&mut self, network: &Network, capacities: &Capacities, flows: Vec<(Column, i64)>) -> Option<Plan> {
        let flows = complete(network, capacities, flows);
        let amounts: Vec<(&Column, i64)> = flows.iter().map(|(column, units)| (column, *units)).collect();
        let plan = self.judged_flows(network, capacities, &amounts)?;
        self.offer(plan.clone());
        Some(plan)
    }

    /// Column generation to within `gap`, within a share of the time left.
    fn relax(&mut self, relaxation: &mut Relaxation<'_>, gap: f64, share: f64) -> Option<Solved> {
        self.clock.phase = Phase::Relaxing;
        self.clock.allow(share * self.clock.left_in_all());
        let mut turns = FIRST_TURNS;
        loop {
            let relaxed =
                relaxation.run(&Sets::free(relaxation.network), gap, f64::NEG_INFINITY, turns, &mut self.clock);
            self.prove(relaxed.bound);
            let solved = relaxed.solved?;
            self.prices = Some(solved.prices.clone());
            if relaxed.complete || self.clock.left() <= 0.0 {
                self.cut |= !relaxed.complete;
                return Some(solved);
            }
            self.pack_solution(relaxation, &solved);
            turns *= 2;
        }
    }

    /// Proves better bounds by cases, and plans over the paths found on the way, by turns until neither helps; then over
    /// more paths, some times.
    fn branch(&mut self, relaxation: &mut Relaxation<'_>) {
        let mut widened = 0;
        while self.gap() > self.options.gap && !self.clock.stopped() {
            self.clock.phase = Phase::Branching;
            self.clock.allow(0.7 * self.clock.left_in_all());
            let before = (self.bound, self.best.objective);
            let enough = self.best.objective + 0.99 * self.options.gap * self.best.objective.abs();
            let bound = branch(relaxation, self.bound, (enough, self.least_cut()), &mut self.clock);
            self.cut |= self.clock.left() <= 0.0;
            self.prove(bound.max(self.best.objective));
            if self.gap() > self.options.gap {
                self.clock.phase = Phase::Whole;
                self.clock.allow(0.8 * self.clock.left_in_all());
                match self.prices.clone().filter(|_| !few(relaxation)) {
                    Some(prices) => self.improve(relaxation, &prices),
                    None => self.together(&relaxation.model()),
                }
            }
            if before == (self.bound, self.best.objective) {
                let Some(prices) = self.prices.as_ref().filter(|_| few(relaxation) && widened < WIDER) else { break };
                widened += 1;
                relaxation.widen(prices, self.options.seed.wrapping_add(widened));
            }
        }
    }

    /// Least that a cut must be worth.
    fn least_cut(&self) -> f64 {
        LEAST_CUT * self.options.gap * self.bound.abs()
    }

    /// A first plan, within a third of the time and, so that larger instances have one too, within some work.
    fn serve_first_come(&mut self) -> Plan {
        self.clock.allow(self.clock.left_in_all() / 3.0);
        let clock = &mut self.clock;
        let (plan, complete) =
            first_come::plan_while(self.instance, FIRST_STATES, &mut || clock.tell(None).is_continue());
        if complete {
            self.first_come = Some(plan.objective);
        }
        self.offer(plan.clone());
        plan
    }

    /// Takes a plan if it is better and keeps all rules.
    pub(super) fn offer(&mut self, plan: Plan) {
        if let Some(plan) = self.judged(plan).filter(|plan| plan.objective > self.best.objective) {
            self.best = plan;
        }
        self.clock.objective = Some(self.best.objective);
    }

    /// Takes flows that keep each limit of their own for a plan, if it is better.
    pub(super) fn offer_flows(&mut self, model: &Model<'_>, flows: &[(&Column, i64)]) {
        if let Some(plan) = self.judged_flows(model.network, model.capacities, flows) {
            self.offer(plan);
        }
    }

    /// Flows that keep each limit of their own as a plan that keeps all rules.
    pub(super) fn judged_flows(
        &self,
        network: &Network,
        capacities: &Capacities,
        flows: &[(&Column, i64)],
    ) -> Option<Plan> {
        if !network.lumps {
            return self.judged(write::plan(self.instance, network, flows));
        }
        let plan = |thrifty| {
            let flows = flows.iter().map(|(column, units)| ((*column).clone(), *units));
            let flows = mended(network, capacities, flows, thrifty);
            let flows: Vec<_> = flows.iter().map(|(column, units)| (column, *units)).collect();
            self.judged(write::plan(self.instance, network, &flows))
        };
        let trips = network.lanes.iter().any(|lane| lane.trip.is_some());
        let plans = [false, true].into_iter().filter(|thrifty| trips || !thrifty).filter_map(plan);
        plans.max_by(|a, b| a.objective.total_cmp(&b.objective))
    }

    /// A plan with its true objective, if it keeps all rules.
    pub(super) fn judged(&self, mut plan: Plan) -> Option<Plan> {
        plan.bound = None;
        plan.objective = check(self.instance, &plan).objective;
        let verdict = check(self.instance, &plan);
        debug_assert!(verdict.faults.is_empty(), "the solver's plans keep the rules: {:?}", verdict.faults);
        verdict.faults.is_empty().then_some(plan)
    }

    pub(super) fn prove(&mut self, bound: f64) {
        self.bound = self.bound.min(bound);
        self.clock.bound = Some(self.bound);
    }

    pub(super) fn gap(&self) -> f64 {
        self.gap_of(self.best.objective)
    }

    /// Gap of a plan that is worth so much.
    pub(super) fn gap_of(&self, worth: f64) -> f64 {
        let apart = (self.bound - worth).max(0.0);
        if worth.abs() > 0.0 { apart / worth.abs() } else { apart }
    }

    fn finish(mut self, relaxation: &Relaxation<'_>) -> Outcome {
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
            limits: self.limits(relaxation.network, &relaxation.capacities),
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

/// Whether all paths fit into one integer program.
fn few(relaxation: &Relaxation<'_>) -> bool {
    relaxation.master.columns.len() <= FEW_COLUMNS
}

/// Whether cases are worth their time: elsewhere what is gained by whole sets is lost beside the rest.
pub(super) fn worth_cases(relaxation: &Relaxation<'_>) -> bool {
    few(relaxation) || (relaxation.network.is_plain() && relaxation.master.columns.len() <= SOME_COLUMNS)
}

/// The plan that does nothing; where a least value is asked for, even that costs something.
fn nothing(instance: &Instance) -> Plan {
    let mut plan = Plan::empty(&instance.name);
    plan.objective = check(instance, &plan).objective;
    plan
}

//! Proof by the constraint solver Pumpkin: is there a schedule that costs no more than so much?
//!
//! If not, the bound rises; if so, there is a new schedule. What it learns stays for later questions. It is asked for a little at a
//! time, so that search and proof take turns; how much is counted, not timed, so that a seed always gives the same run.

use std::{cell::Cell, rc::Rc};

use pumpkin_conflict_resolvers::resolvers::ResolutionResolver;
use pumpkin_constraints as constraints;
use pumpkin_core::{
    DefaultBrancher, Solver,
    branching::{Brancher, BrancherEvent, SelectionContext},
    constraints::Constraint,
    options::SolverOptions,
    predicates::{Predicate, PredicateConstructor},
    proof::ConstraintTag,
    results::{ProblemSolution, SatisfactionResultUnderAssumptions, SolutionReference},
    termination::TerminationCondition,
    variables::{AffineView, DomainId, TransformableVariable},
};
use pumpkin_propagators::disjunctive::ArgDisjunctiveTask;

use super::{bound::Heads, clock::Clock};
use crate::{
    document::Objective,
    problem::{Held, Problem, Store, Way},
};

/// Most tasks for which a model is made.
const MAX_TASKS: usize = 2_000;
/// Most pairs of tasks that get a variable for which comes first.
const MAX_PAIRS: usize = 20_000;
/// Most tasks and pauses of all shared resources together.
const MAX_PARTS: usize = 20_000;
/// Most that any sum in the model may come to.
const MAX_SUM: i64 = 1 << 28;

/// A model of the problem with all that was learnt about it.
pub(crate) struct Exact {
    solver: Solver,
    brancher: Decider,
    resolver: ResolutionResolver,
    starts: Vec<DomainId>,
    objective: DomainId,
    /// The most that the model lets a schedule cost.
    most: i64,
    /// By how much the next question goes beyond the bound.
    stride: i64,
}

/// An answer.
pub(crate) enum Answer {
    /// Not found in the work that was allowed.
    Open,
    /// Every schedule costs at least so much.
    Bound(i64),
    /// Starts that cost no more than was asked.
    Schedule(Vec<i64>),
}

impl Exact {
    /// A model of what costs at least `least` and at most `most`. `None`: the problem is too large for it, or tasks have several modes.
    pub(crate) fn new(problem: &Problem, least: i64, most: i64, seed: u64) -> Option<Self> {
        let weight = problem.tasks.iter().map(|task| task.weight).max().unwrap_or(1).max(1);
        let single = problem.tasks.iter().all(|task| task.modes.len() == 1 || task.fixed.is_some());
        // No sum in the model, a weight times a time or the objective, may be more than it can count.
        let sum = problem.reach.saturating_mul(2).saturating_mul(weight).max(most);
        let prices = problem.tasks.iter().filter_map(|task| task.preferred).map(|(_, price)| price).max().unwrap_or(0);
        let demands = problem.tasks.iter().flat_map(|task| &task.modes).map(|way| way.held.len());
        let parts = demands.chain(problem.resources.iter().map(|store| store.steps.len())).sum::<usize>();
        let large = problem.len() > MAX_TASKS || parts > MAX_PARTS;
        if !single || large || sum.max(prices) > MAX_SUM || least > most {
            return None;
        }
        let mut options = SolverOptions { memory_preallocated: 0, ..SolverOptions::default() };
        options.random_generator = pumpkin_core::rand::SeedableRng::seed_from_u64(seed);
        let mut solver = Solver::with_options(options);
        let tag = solver.new_constraint_tag();
        let mut model = Model { problem, heads: Heads::new(problem), solver, tag, starts: Vec::new() };
        model.starts(most);
        model.precedence();
        model.resources();
        let objective = model.objective(least, most);
        let Model { solver, starts, .. } = model;
        let brancher = Decider { inner: solver.default_brancher(), decided: Rc::default() };
        Some(Self { brancher, resolver: ResolutionResolver::default(), solver, starts, objective, most, stride: 1 })
    }

    /// Work of one look: what a decision of the constraint solver costs, roughly.
    pub(crate) fn cost(&self) -> u64 {
        20 * (40 + self.starts.len() as u64)
    }

    /// The most that the model lets a schedule cost.
    pub(crate) fn most(&self) -> i64 {
        self.most
    }

    /// Asks for a schedule that costs at most somewhat more than the bound, and less than what is known.
    pub(crate) fn step(&mut self, looks: u64, clock: &mut Clock<'_>) -> Answer {
        let asked =
            clock.objective.map_or(i64::MAX, |known| known - 1).min(clock.bound + self.stride - 1).min(self.most);
        if self.solver.is_inconsistent() {
            return Answer::Bound(self.most + 1);
        }
        let cost = self.cost();
        let decided = Rc::clone(&self.brancher.decided);
        decided.set(false);
        let mut looks = Looks { left: looks, cost, clock, decided };
        let limit = self.objective.upper_bound_predicate(asked as i32);
        let (solver, starts) = (&mut self.solver, &self.starts);
        let answer =
            match solver.satisfy_under_assumptions(&mut self.brancher, &mut looks, &mut self.resolver, &[limit]) {
                SatisfactionResultUnderAssumptions::Satisfiable(found) => {
                    let solution = found.solution();
                    Answer::Schedule(starts.iter().map(|start| i64::from(solution.get_integer_value(*start))).collect())
                }
                SatisfactionResultUnderAssumptions::UnsatisfiableUnderAssumptions(_) => Answer::Bound(asked + 1),
                SatisfactionResultUnderAssumptions::Unsatisfiable(_) => Answer::Bound(self.most + 1),
                SatisfactionResultUnderAssumptions::Unknown(_) => Answer::Open,
            };
        // What was easy lets the next question go further, what was hard less far.
        self.stride = match answer {
            Answer::Bound(_) => self.stride * 2,
            _ => (self.stride / 2).max(1),
        };
        answer
    }
}

/// Ends a question after so many looks, or with the whole solve.
struct Looks<'c, 'p> {
    left: u64,
    cost: u64,
    clock: &'c mut Clock<'p>,
    decided: Rc<Cell<bool>>,
}

impl TerminationCondition for Looks<'_, '_> {
    fn should_stop(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        let over = self.clock.spend(self.cost) || self.left == 0;
        over && self.decided.get()
    }
}

/// Decides as the constraint solver does of itself, and knows whether it has decided anything since the last conflict.
///
/// A question that ends where nothing is decided leaves Pumpkin 0.5 in a state in which the next one panics: it then takes back
/// nothing, and its word that time ran out stays. So questions end only where a decision stands.
#[derive(Debug)]
struct Decider {
    inner: DefaultBrancher,
    decided: Rc<Cell<bool>>,
}

impl Brancher for Decider {
    fn next_decision(&mut self, context: &mut SelectionContext<'_>) -> Option<Predicate> {
        self.decided.set(true);
        self.inner.next_decision(context)
    }

    fn on_conflict(&mut self) {
        self.decided.set(false);
        self.inner.on_conflict();
    }

    fn on_backtrack(&mut self) {
        self.inner.on_backtrack();
    }

    fn on_solution(&mut self, solution: SolutionReference<'_>) {
        self.inner.on_solution(solution);
    }

    fn on_unassign_integer(&mut self, variable: DomainId, value: i32) {
        self.inner.on_unassign_integer(variable, value);
    }

    fn on_appearance_in_conflict_predicate(&mut self, predicate: Predicate) {
        self.inner.on_appearance_in_conflict_predicate(predicate);
    }

    fn on_restart(&mut self) {
        self.inner.on_restart();
    }

    fn synchronise(&mut self, context: &mut SelectionContext<'_>) {
        self.inner.synchronise(context);
    }

    fn is_restart_pointless(&mut self) -> bool {
        self.inner.is_restart_pointless()
    }

    fn subscribe_to_events(&self) -> Vec<BrancherEvent> {
        let mut events = self.inner.subscribe_to_events();
        if !events.contains(&BrancherEvent::Conflict) {
            events.push(BrancherEvent::Conflict);
        }
        events
    }
}

/// The model while it is made.
struct Model<'p> {
    problem: &'p Problem,
    heads: Heads,
    solver: Solver,
    /// No proof is written, so that one tag is enough.
    tag: ConstraintTag,
    starts: Vec<DomainId>,
}

impl Model<'_> {
    fn way(&self, n: usize) -> &Way {
        let task = &self.problem.tasks[n];
        &task.modes[task.fixed.map_or(0, |(_, mode)| mode)]
    }

    fn post(&mut self, constraint: impl Constraint) {
        // What is contradictory already takes nothing more.
        if !self.solver.is_inconsistent() {
            self.solver.add_constraint(constraint).post();
        }
    }

    /// Σ factor × variable ≤ most.
    fn at_most(&mut self, terms: &[(DomainId, i64)], most: i64) {
        let terms: Vec<_> = terms.iter().map(|(variable, factor)| variable.scaled(*factor as i32)).collect();
        self.post(constraints::less_than_or_equals(terms, most as i32, self.tag));
    }

    fn starts(&mut self, most: i64) {
        let problem = self.problem;
        for n in 0..problem.len() {
            let task = &problem.tasks[n];
            let all = if problem.objective == Objective::Makespan { most.min(problem.reach) } else { problem.reach };
            let end = task.deadline.unwrap_or(all).min(all - self.heads.after[n]);
            let (low, high) = match task.fixed {
                Some((start, _)) => (start, start),
                None => (self.heads.earliest[n], end - self.way(n).duration),
            };
            let start = self.solver.new_bounded_integer(low.min(high) as i32, high as i32);
            self.starts.push(start);
            if low > high {
                self.at_most(&[(start, -1)], -low);
            }
        }
    }

    fn precedence(&mut self) {
        for n in 0..self.problem.len() {
            let lasts = self.way(n).duration;
            for &(later, lag) in &self.problem.after[n] {
                self.at_most(&[(self.starts[n], 1), (self.starts[later], -1)], -lasts - lag);
            }
        }
    }

    fn resources(&mut self) {
        let mut users: Vec<Vec<(usize, Held)>> = vec![Vec::new(); self.problem.resources.len()];
        for n in 0..self.problem.len() {
            for held in &self.way(n).held {
                users[held.resource].push((n, *held));
            }
        }
        let mut pairs = 0;
        for (store, users) in self.problem.resources.iter().zip(users) {
            if users.is_empty() || self.solver.is_inconsistent() {
                continue;
            }
            let begins = self.begins(&users);
            let alone = store.steps.is_empty() && users.iter().all(|(_, held)| 2 * held.amount > store.capacity);
            if alone {
                pairs += users.len() * users.len() / 2;
                let begins = begins.iter().zip(&users);
                let tasks: Vec<_> = begins
                    .map(|(&start_time, (_, held))| ArgDisjunctiveTask {
                        start_time,
                        processing_time: held.length() as i32,
                    })
                    .collect();
                self.post(constraints::disjunctive_strict(tasks, self.tag));
                if pairs <= MAX_PAIRS {
                    self.orders(&users);
                }
            }
            if !alone || pairs > MAX_PAIRS {
                self.shared(store, &users, &begins);
            }
        }
    }

    /// When tasks begin to hold each of what they hold of a resource.
    ///
    /// Of a task's parts the first is its start from a time on, every other has a variable of its own: a propagator of Pumpkin 0.5 that
    /// moves one part must not find that another has moved with it, for then it panics.
    fn begins(&mut self, users: &[(usize, Held)]) -> Vec<AffineView<DomainId>> {
        let mut begins = Vec::with_capacity(users.len());
        let mut last = None;
        for &(n, held) in users {
            let (start, from) = (self.starts[n], held.from as i32);
            if last.replace(n) != Some(n) {
                begins.push(start.offset(from));
                continue;
            }
            let (low, high) = (self.solver.lower_bound(&start), self.solver.upper_bound(&start));
            let begin = self.solver.new_bounded_integer(low + from, high + from);
            self.at_most(&[(start, 1), (begin, -1)], -held.from);
            self.at_most(&[(begin, 1), (start, -1)], held.from);
            begins.push(begin.scaled(1));
        }
        begins
    }

    /// For each two of what tasks hold a variable for which comes first.
    fn orders(&mut self, users: &[(usize, Held)]) {
        for (place, &(one, held)) in users.iter().enumerate() {
            // Parts of one task stand where they stand.
            for &(other, also) in users[place + 1..].iter().filter(|(other, _)| *other != one) {
                let first = self.solver.new_literal();
                for (before, after, least, holds) in
                    [(one, other, held.to - also.from, first), (other, one, also.to - held.from, !first)]
                {
                    let terms = vec![self.starts[before].scaled(1), self.starts[after].scaled(-1)];
                    let constraint = constraints::less_than_or_equals(terms, -least as i32, self.tag);
                    if !self.solver.is_inconsistent() {
                        constraint.implied_by(&mut self.solver, holds);
                    }
                }
            }
        }
    }

    /// What the tasks hold together is never more than there is; where there is less, something that cannot move holds the rest.
    fn shared(&mut self, store: &Store, users: &[(usize, Held)], begins: &[AffineView<DomainId>]) {
        let mut parts: Vec<(AffineView<DomainId>, i64, i64)> =
            users.iter().zip(begins).map(|((_, held), &begin)| (begin, held.length(), held.amount)).collect();
        for pair in store.steps.windows(2) {
            let ((from, there), (to, _)) = (pair[0], pair[1]);
            if there < store.capacity {
                let start = self.solver.new_bounded_integer(from as i32, from as i32);
                parts.push((start.scaled(1), to - from, store.capacity - there));
            }
        }
        let starts: Vec<_> = parts.iter().map(|part| part.0).collect();
        let durations: Vec<i32> = parts.iter().map(|part| part.1 as i32).collect();
        let amounts: Vec<i32> = parts.iter().map(|part| part.2 as i32).collect();
        self.post(constraints::cumulative(starts, durations, amounts, store.capacity as i32, self.tag));
    }

    fn objective(&mut self, least: i64, most: i64) -> DomainId {
        let objective = self.solver.new_bounded_integer(least as i32, most as i32);
        let mut sum = vec![(objective, -1)];
        for n in 0..self.problem.len() {
            let (task, start) = (&self.problem.tasks[n], self.starts[n]);
            let lasts = self.way(n).duration;
            if let Some((preferred, price)) = task.preferred.filter(|(_, price)| *price > 0) {
                let changed = self.solver.new_bounded_integer(0, 1);
                if !self.solver.is_inconsistent() {
                    let (yes, kept) = (changed.lower_bound_predicate(1), start.equality_predicate(preferred as i32));
                    self.solver.add_clause([yes, kept], self.tag);
                }
                sum.push((changed, price));
            }
            let due = task.due.filter(|_| self.problem.objective == Objective::WeightedTardiness && task.weight > 0);
            if let Some(due) = due {
                let late = self.solver.new_bounded_integer(0, (self.problem.reach - due).max(0) as i32);
                self.at_most(&[(start, 1), (late, -1)], due - lasts);
                sum.push((late, task.weight));
            }
        }
        if self.problem.objective == Objective::Makespan {
            let end = if sum.len() == 1 { objective } else { self.solver.new_bounded_integer(0, most as i32) };
            for n in 0..self.problem.len() {
                let (lasts, after) = (self.way(n).duration, self.heads.after[n]);
                self.at_most(&[(self.starts[n], 1), (end, -1)], -lasts - after);
            }
            if sum.len() == 1 {
                return objective;
            }
            sum.push((end, 1));
        }
        self.at_most(&sum, 0);
        objective
    }
}

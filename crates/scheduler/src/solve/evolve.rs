//! Search over orders of tasks for every kind of problem: good orders are mixed, changed a little, justified, and the best kept.
//!
//! Genetic search on task lists with two-point crossover (Hartmann 1998) and justification of every child (Valls, Ballestín and
//! Quintanilla 2008). First come orders by rules that planners use, then biased chance.

use super::{
    bound::Heads,
    chance::Chance,
    clock::Clock,
    decode::{Decoder, Genes, Score},
};
use crate::{document::Objective, problem::Problem};

/// How many orders live at a time.
const POPULATION: usize = 60;
/// Children without anything better after which all but the best begin anew.
const PATIENCE: usize = 4_000;

/// An order with what it is worth.
#[derive(Clone)]
struct Living {
    genes: Genes,
    score: Score,
    /// A number made of all starts, to tell equal schedules.
    print: u64,
}

/// The search with what lives.
pub(crate) struct Evolution<'p> {
    problem: &'p Problem,
    decoder: Decoder<'p>,
    living: Vec<Living>,
    best: Option<(Score, Vec<i64>, Vec<usize>)>,
    /// Orders by rules that were not tried yet.
    rules: Vec<Vec<f64>>,
    stale: usize,
    place: Vec<usize>,
    choices: Vec<usize>,
    /// Whether tasks hold anything in a part of them only.
    parts: bool,
}

impl<'p> Evolution<'p> {
    pub(crate) fn new(problem: &'p Problem) -> Self {
        Self {
            decoder: Decoder::new(problem),
            living: Vec::new(),
            best: None,
            rules: rules(problem),
            stale: 0,
            place: vec![0; problem.len()],
            choices: (0..problem.len())
                .filter(|&n| problem.tasks[n].fixed.is_none() && problem.tasks[n].modes.len() > 1)
                .collect(),
            parts: (problem.tasks.iter().flat_map(|task| &task.modes))
                .any(|way| way.held.iter().any(|held| held.length() < way.duration)),
            problem,
        }
    }

    /// The best score, with starts and modes.
    pub(crate) fn best(&self) -> Option<&(Score, Vec<i64>, Vec<usize>)> {
        self.best.as_ref()
    }

    /// Takes in a schedule that was found elsewhere and keeps every rule.
    pub(crate) fn learn(&mut self, starts: &[i64], modes: &[usize], clock: &mut Clock<'_>) {
        self.decoder.starts.copy_from_slice(starts);
        let waits = self
            .problem
            .tasks
            .iter()
            .zip(starts)
            .map(|(task, &start)| task.preferred.is_none_or(|(preferred, _)| preferred == start));
        let mut genes =
            Genes { order: Vec::new(), modes: modes.to_vec(), waits: waits.collect(), delays: vec![0; starts.len()] };
        // As it is, since its order alone may lead to another where starts are preferred.
        self.note(Score { missed: 0, cost: self.problem.cost(starts, modes) }, &genes);
        self.decoder.sort_by_starts(&mut genes);
        self.live(genes, clock);
    }

    /// One new order; says whether it is better than all before.
    pub(crate) fn step(&mut self, chance: &mut Chance, clock: &mut Clock<'_>) -> bool {
        let genes = if let Some(keys) = self.rules.pop() {
            self.by_keys(&keys, chance)
        } else if self.living.len() < POPULATION {
            let base = rules(self.problem);
            let keys = &base[chance.below(base.len())];
            let spread = keys.iter().copied().fold(0.0, f64::max) - keys.iter().copied().fold(f64::MAX, f64::min);
            let noise = spread.max(1.0) * [0.1, 0.3, 1.0][chance.below(3)];
            let keys: Vec<f64> = keys.iter().map(|key| key + noise * chance.share()).collect();
            let mut genes = self.by_keys(&keys, chance);
            self.put_off(&mut genes, chance);
            genes
        } else {
            let mut child = self.child(chance);
            self.change(&mut child, chance);
            child
        };
        let better = self.live(genes, clock);
        self.stale = if better { 0 } else { self.stale + 1 };
        if self.stale > PATIENCE {
            self.stale = 0;
            self.living.sort_by_key(|living| living.score);
            self.living.truncate(1);
        }
        better
    }

    /// The order that comes of taking, of all tasks that may come next, the one of the smallest key.
    fn by_keys(&self, keys: &[f64], chance: &mut Chance) -> Genes {
        let problem = self.problem;
        let mut missing: Vec<usize> = problem.before.iter().map(Vec::len).collect();
        let mut open = std::collections::BTreeSet::new();
        let rank = |task: usize| (ordered(keys[task]), task);
        open.extend((0..problem.len()).filter(|&task| missing[task] == 0).map(rank));
        let mut order = Vec::with_capacity(problem.len());
        while let Some((_, task)) = open.pop_first() {
            order.push(task);
            for &(later, _) in &problem.after[task] {
                missing[later] -= 1;
                if missing[later] == 0 {
                    open.insert(rank(later));
                }
            }
        }
        let modes = problem.tasks.iter().map(|task| match task.fixed {
            Some((_, mode)) => mode,
            None if chance.below(3) == 0 => chance.below(task.modes.len()),
            None => (0..task.modes.len()).min_by_key(|&mode| task.modes[mode].duration).unwrap_or(0),
        });
        let modes = modes.collect();
        Genes {
            order,
            modes,
            waits: (0..problem.len()).map(|_| chance.below(10) > 0).collect(),
            delays: vec![0; problem.len()],
        }
    }

    /// Puts an order's tasks into their places, justifies, and lets the result live if it is good.
    fn live(&mut self, mut genes: Genes, clock: &mut Clock<'_>) -> bool {
        let work = 5 * self.problem.len() as u64;
        let mut score = self.decoder.forward(&genes);
        let mut better = self.note(score, &genes);
        self.decoder.sort_by_starts(&mut genes);
        clock.spend(work);
        loop {
            let mut other = genes.clone();
            self.decoder.justify(&mut other);
            let justified = self.decoder.forward(&other);
            better |= self.note(justified, &other);
            clock.spend(2 * work);
            if justified > score {
                // The starts that belong to what is kept.
                self.decoder.forward(&genes);
                break;
            }
            let ends = justified == score;
            self.decoder.sort_by_starts(&mut other);
            (genes, score) = (other, justified);
            if ends || clock.done() {
                break;
            }
        }
        let print = self
            .decoder
            .starts
            .iter()
            .fold(0xcbf2_9ce4_8422_2325_u64, |print, start| (print ^ *start as u64).wrapping_mul(0x0100_0000_01b3));
        let known = self.living.iter().any(|living| living.score == score && living.print == print);
        if !known {
            let living = Living { genes, score, print };
            if self.living.len() < POPULATION {
                self.living.push(living);
            } else if let Some(worst) = self.living.iter_mut().max_by_key(|living| living.score)
                && worst.score >= score
            {
                *worst = living;
            }
        }
        better
    }

    fn note(&mut self, score: Score, genes: &Genes) -> bool {
        let better = self.best.as_ref().is_none_or(|(best, ..)| score < *best);
        if better {
            self.best = Some((score, self.decoder.starts.clone(), genes.modes.clone()));
        }
        better
    }

    fn parent(&self, chance: &mut Chance) -> usize {
        let (one, other) = (chance.below(self.living.len()), chance.below(self.living.len()));
        if self.living[one].score <= self.living[other].score { one } else { other }
    }

    /// The first tasks of one parent, then those of the other in its order up to a place, then the rest of the first.
    fn child(&self, chance: &mut Chance) -> Genes {
        let (mother, father) = (&self.living[self.parent(chance)].genes, &self.living[self.parent(chance)].genes);
        let n = mother.order.len();
        let (one, other) = (chance.below(n + 1), chance.below(n + 1));
        let (low, high) = (one.min(other), one.max(other));
        let mut child = mother.clone();
        child.order.clear();
        let mut taken = vec![false; n];
        for &task in &mother.order[..low] {
            taken[task] = true;
            child.order.push(task);
        }
        for &task in &father.order {
            if child.order.len() >= high {
                break;
            }
            if !taken[task] {
                taken[task] = true;
                child.order.push(task);
                (child.modes[task], child.waits[task]) = (father.modes[task], father.waits[task]);
                child.delays[task] = father.delays[task];
            }
        }
        child.order.extend(mother.order.iter().filter(|&&task| !taken[task]));
        child
    }

    /// Some tasks to other places, some done another way.
    fn change(&mut self, genes: &mut Genes, chance: &mut Chance) {
        let n = genes.order.len();
        for (place, &task) in genes.order.iter().enumerate() {
            self.place[task] = place;
        }
        for _ in 0..1 + chance.below(3 + n / 20) {
            let task = genes.order[chance.below(n)];
            let problem = self.problem;
            let low = problem.before[task].iter().map(|(first, _)| self.place[*first] + 1).max().unwrap_or(0);
            let high = problem.after[task].iter().map(|(later, _)| self.place[*later] - 1).min().unwrap_or(n - 1);
            let (from, to) = (self.place[task], low + chance.below(high - low + 1));
            if from < to {
                genes.order[from..=to].rotate_left(1);
            } else {
                genes.order[to..=from].rotate_right(1);
            }
            for place in from.min(to)..=from.max(to) {
                self.place[genes.order[place]] = place;
            }
        }
        if !self.choices.is_empty() {
            for _ in 0..1 + chance.below(3) {
                let task = self.choices[chance.below(self.choices.len())];
                genes.modes[task] = chance.below(self.problem.tasks[task].modes.len());
            }
        }
        let task = chance.below(n);
        if self.problem.tasks[task].preferred.is_some() {
            genes.waits[task] = !genes.waits[task];
        }
        self.put_off(genes, chance);
    }

    /// Has a task wait, or wait no more: only so may parts of others come before its own, where it could start at once.
    fn put_off(&self, genes: &mut Genes, chance: &mut Chance) {
        if self.parts && chance.below(2) == 0 {
            let task = chance.below(self.problem.len());
            let most = self.problem.tasks[task].shortest().clamp(1, 1 << 30);
            genes.delays[task] = if chance.below(2) == 0 { 0 } else { 1 + chance.below(most as usize) as i64 };
        }
    }
}

/// A number as one that sorts the same.
fn ordered(key: f64) -> u64 {
    let bits = key.to_bits();
    if key.is_sign_negative() { !bits } else { bits | 1 << 63 }
}

/// Keys of rules that planners use; the smallest comes first.
fn rules(problem: &Problem) -> Vec<Vec<f64>> {
    let heads = Heads::new(problem);
    let each = |key: &dyn Fn(usize) -> i64| (0..problem.len()).map(|n| key(n) as f64).collect::<Vec<f64>>();
    let shortest = |n: usize| problem.tasks[n].shortest();
    // When each task should end, by its own due time and deadline and those of all after it.
    let mut due: Vec<i64> = problem.tasks.iter().map(|task| task.due.unwrap_or(problem.reach)).collect();
    let mut weight: Vec<f64> =
        problem.tasks.iter().map(|t| if t.due.is_some() { t.weight as f64 } else { 0.0 }).collect();
    for (due, task) in due.iter_mut().zip(&problem.tasks) {
        *due = (*due).min(task.deadline.unwrap_or(i64::MAX)).min(task.fixed.map_or(i64::MAX, |(start, _)| start));
    }
    for &n in problem.order.iter().rev() {
        for &(later, lag) in &problem.after[n] {
            due[n] = due[n].min(due[later] - shortest(later) - lag);
            weight[n] = weight[n].max(weight[later]);
        }
    }
    let mut rules =
        vec![each(&|n| -(heads.after[n] + shortest(n))), each(&|n| -heads.after[n]), each(&|n| heads.earliest[n])];
    let expects =
        problem.objective == Objective::WeightedTardiness || problem.tasks.iter().any(|t| t.deadline.is_some());
    if expects {
        rules.push((0..problem.len()).map(|n| (shortest(n) + 1) as f64 / (weight[n] + 0.01)).collect());
        rules.push((0..problem.len()).map(|n| due[n] as f64 / (weight[n] + 0.01)).collect());
        rules.push(each(&|n| due[n] - shortest(n)));
        rules.push(each(&|n| due[n]));
    }
    if problem.tasks.iter().any(|task| task.preferred.is_some()) {
        rules.push(each(&|n| problem.tasks[n].preferred.map_or(due[n], |(start, _)| start)));
    }
    rules
}

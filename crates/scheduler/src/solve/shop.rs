//! Tabu search for shops in which every resource does one thing at a time, and the last end counts.
//!
//! A schedule is an order on each resource. What is changed lies on a longest path: a task goes to the other side of its block's
//! end, or an end into the block (N6 of Balas and Vazacopoulos 1998, N7 of Zhang et al. 2007), judged by the heads and tails that
//! the move would give to the tasks between (Balas and Vazacopoulos). New starts come from mixing two good orders, as in path
//! relinking (Peng, Lü and Cheng 2015): where both agree, the mixture does too.

use super::{chance::Chance, clock::Clock};
use crate::{
    document::Objective,
    problem::{Problem, Way},
};

const NONE: usize = usize::MAX;
/// Most pairs of tasks on the same resource, for the memory of what is forbidden.
const MAX_PAIRS: usize = 8_000_000;
/// Moves without anything better after which a search ends (Peng, Lü and Cheng).
const PATIENCE: u64 = 12_500;
/// How many good orders are kept.
const KEPT: usize = 20;

/// What does not change.
struct Plant {
    durations: Vec<i64>,
    releases: Vec<i64>,
    before: Links,
    after: Links,
    /// The resource that each task holds, and its row in the memory of what is forbidden.
    machine: Vec<usize>,
    row: Vec<usize>,
    /// Each task's number among those of its resource.
    local: Vec<usize>,
    pairs: usize,
}

/// For each task others, with the time between, in one list.
struct Links {
    ends: Vec<usize>,
    list: Vec<(usize, i64)>,
}

impl Links {
    fn new(lists: &[Vec<(usize, i64)>]) -> Self {
        let mut links = Self { ends: vec![0], list: Vec::new() };
        for list in lists {
            links.list.extend(list);
            links.ends.push(links.list.len());
        }
        links
    }

    fn of(&self, task: usize) -> &[(usize, i64)] {
        &self.list[self.ends[task]..self.ends[task + 1]]
    }
}

/// Orders on all resources, with what follows from them.
#[derive(Clone)]
struct Orders {
    sequences: Vec<Vec<usize>>,
    place: Vec<usize>,
    /// Tasks, each after all that must come before.
    sorted: Vec<usize>,
    /// Each task's place there.
    rank: Vec<usize>,
    heads: Vec<i64>,
    tails: Vec<i64>,
    /// Heads and tails by all but the resource's own order.
    ready: Vec<i64>,
    rest: Vec<i64>,
    missing: Vec<u32>,
    queue: Vec<usize>,
    end: i64,
}

/// A task of a resource's order goes from one place to another.
#[derive(Clone, Copy)]
struct Move {
    machine: usize,
    from: usize,
    to: usize,
}

/// The search with the good orders it has found.
pub(crate) struct Shop {
    plant: Plant,
    kept: Vec<Orders>,
    best: Option<Orders>,
    /// Until which move a task may not come before another of its resource.
    forbidden: Vec<u64>,
    moves: u64,
    stale: usize,
}

impl Shop {
    /// `None`: the problem is not of this kind.
    pub(crate) fn new(problem: &Problem) -> Option<Self> {
        let plain = problem.objective == Objective::Makespan
            && problem.tasks.iter().all(|task| {
                task.modes.len() == 1
                    && holds_one_all_the_time(&task.modes[0])
                    && task.deadline.is_none()
                    && task.fixed.is_none()
                    && task.preferred.is_none()
            })
            && problem.resources.iter().all(|store| store.capacity == 1 && store.steps.is_empty());
        if !plain || problem.is_empty() {
            return None;
        }
        let machine: Vec<usize> =
            problem.tasks.iter().map(|task| task.modes[0].held.first().map_or(NONE, |held| held.resource)).collect();
        let mut sizes = vec![0; problem.resources.len()];
        let local = machine.iter().map(|&m| {
            let size: &mut usize = sizes.get_mut(m)?;
            *size += 1;
            Some(*size - 1)
        });
        let local: Vec<usize> = local.map(|local| local.unwrap_or(0)).collect();
        let mut row = vec![0; machine.len()];
        let mut pairs = 0;
        for (task, &m) in machine.iter().enumerate() {
            if m != NONE {
                row[task] = pairs;
                pairs += sizes[m];
            }
        }
        if pairs > MAX_PAIRS {
            return None;
        }
        let plant = Plant {
            durations: problem.tasks.iter().map(|task| task.modes[0].duration).collect(),
            releases: problem.tasks.iter().map(|task| task.release).collect(),
            before: Links::new(&problem.before),
            after: Links::new(&problem.after),
            machine,
            row,
            local,
            pairs,
        };
        let forbidden = vec![0; plant.pairs];
        Some(Self { plant, kept: Vec::new(), best: None, forbidden, moves: 0, stale: 0 })
    }

    /// Whether nothing was searched yet.
    pub(crate) fn is_new(&self) -> bool {
        self.best.is_none()
    }

    /// One search, from a given order, a random one, or a mixture of two good ones; tells a schedule that is better than all before.
    pub(crate) fn step(
        &mut self,
        given: Option<&[usize]>,
        chance: &mut Chance,
        clock: &mut Clock<'_>,
    ) -> Option<Vec<i64>> {
        let before = self.best.as_ref().map(|best| best.end);
        let mixing = self.kept.len() >= KEPT;
        let start = match given {
            Some(order) => self.by_keys(&keys_of(order)),
            None if mixing => self.mixed(chance),
            None => {
                let keys = (0..self.plant.durations.len()).map(|_| chance.share()).collect::<Vec<_>>();
                self.by_keys(&keys)
            }
        };
        let found = self.search(start, chance, clock);
        self.keep(found);
        let best = self.best.as_ref()?;
        if before.is_none_or(|before| best.end < before) {
            self.stale = 0;
            return Some(best.heads.clone());
        }
        self.stale += usize::from(mixing);
        if self.stale > 10 * KEPT {
            // All that is kept has become alike: begin anew beside the best.
            self.kept = vec![best.clone()];
            self.stale = 0;
        }
        None
    }

    /// The orders that come of taking, of all tasks that may come next, the one of the smallest key.
    fn by_keys(&self, keys: &[f64]) -> Orders {
        let plant = &self.plant;
        let n = plant.durations.len();
        let mut missing: Vec<usize> = (0..n).map(|task| plant.before.of(task).len()).collect();
        let mut open = std::collections::BTreeSet::new();
        let rank = |task: usize| (keys[task].to_bits(), task);
        open.extend((0..n).filter(|&task| missing[task] == 0).map(rank));
        let machines = plant.machine.iter().filter(|m| **m != NONE).max().map_or(0, |m| m + 1);
        let mut sequences = vec![Vec::new(); machines];
        while let Some((_, task)) = open.pop_first() {
            if let Some(sequence) = sequences.get_mut(plant.machine[task]) {
                sequence.push(task);
            }
            for &(later, _) in plant.after.of(task) {
                missing[later] -= 1;
                if missing[later] == 0 {
                    open.insert(rank(later));
                }
            }
        }
        let mut orders = Orders {
            sequences,
            place: vec![0; n],
            sorted: Vec::new(),
            rank: vec![0; n],
            heads: vec![0; n],
            tails: vec![0; n],
            ready: vec![0; n],
            rest: vec![0; n],
            missing: vec![0; n],
            queue: Vec::new(),
            end: 0,
        };
        plant.evaluate(&mut orders);
        orders
    }

    /// Between two good orders: tasks sorted by a weighted mean of their starts in both.
    fn mixed(&self, chance: &mut Chance) -> Orders {
        let first = chance.below(self.kept.len());
        let second = (first + 1 + chance.below(self.kept.len() - 1)) % self.kept.len();
        let (one, other) = (&self.kept[first].heads, &self.kept[second].heads);
        let weight = 0.3 + 0.4 * chance.share();
        let mix = |(a, b): (&i64, &i64)| weight * *a as f64 + (1.0 - weight) * *b as f64;
        let keys: Vec<f64> = one.iter().zip(other).map(mix).collect();
        self.by_keys(&keys)
    }

    /// Remembers what was found: the best, and a set of good ones that differ.
    fn keep(&mut self, found: Orders) {
        if self.best.as_ref().is_none_or(|best| found.end < best.end) {
            self.best = Some(found.clone());
        }
        let alike = |kept: &Orders| kept.end == found.end && kept.sequences == found.sequences;
        if self.kept.iter().any(alike) {
            return;
        }
        if self.kept.len() < KEPT {
            self.kept.push(found);
        } else if let Some(worst) =
            self.kept.iter_mut().max_by_key(|kept| kept.end).filter(|worst| worst.end >= found.end)
        {
            *worst = found;
        }
    }

    /// Goes from an order to its best neighbour that is not forbidden, until nothing better comes for long; gives the best.
    fn search(&mut self, mut at: Orders, chance: &mut Chance, clock: &mut Clock<'_>) -> Orders {
        let mut best = at.clone();
        let plant = &self.plant;
        let machines = at.sequences.len().max(1);
        let tasks = plant.durations.len();
        let tenure = 10 + tasks / machines / machines.max(1);
        self.moves += 1_000_000;
        let (mut last, mut moves) = (self.moves, Vec::new());
        let mut scratch = Vec::new();
        while self.moves - last < PATIENCE {
            if clock.spend(1 + tasks as u64 / 4) || best.end <= clock.bound {
                break;
            }
            self.moves += 1;
            plant.moves(&at, chance, &mut moves);
            if moves.is_empty() {
                break;
            }
            let (mut chosen, mut least, mut equal) = (None, i64::MAX, 1);
            for &step in &moves {
                let estimate = plant.estimate(&at, step, &mut scratch);
                if estimate >= best.end && self.is_forbidden(&at, step) {
                    continue;
                }
                equal = if estimate < least { 1 } else { equal + 1 };
                if estimate < least || (estimate == least && chance.below(equal) == 0) {
                    (chosen, least) = (Some(step), estimate);
                }
            }
            let step = chosen.unwrap_or_else(|| moves[chance.below(moves.len())]);
            let until = self.moves + (tenure + chance.below(tenure / 2 + 1)) as u64;
            Self::forbid(plant, &mut self.forbidden, &at, step, until);
            if !plant.carry_out(&mut at, step) {
                debug_assert!(false, "a move made a circle");
                break;
            }
            if at.end < best.end {
                best.clone_from(&at);
                last = self.moves;
            }
        }
        best
    }

    /// Whether a move puts a task before one that it may not come before.
    fn is_forbidden(&self, orders: &Orders, step: Move) -> bool {
        let (sequence, plant) = (&orders.sequences[step.machine], &self.plant);
        let moved = sequence[step.from];
        let until = |first: usize, second: usize| self.forbidden[plant.row[first] + plant.local[second]];
        if step.from < step.to {
            sequence[step.from + 1..=step.to].iter().any(|&passed| until(passed, moved) > self.moves)
        } else {
            sequence[step.to..step.from].iter().any(|&passed| until(moved, passed) > self.moves)
        }
    }

    fn forbid(plant: &Plant, forbidden: &mut [u64], orders: &Orders, step: Move, until: u64) {
        let sequence = &orders.sequences[step.machine];
        let moved = sequence[step.from];
        if step.from < step.to {
            for &passed in &sequence[step.from + 1..=step.to] {
                forbidden[plant.row[moved] + plant.local[passed]] = until;
            }
        } else {
            for &passed in &sequence[step.to..step.from] {
                forbidden[plant.row[passed] + plant.local[moved]] = until;
            }
        }
    }
}

/// Whether a task holds at most one resource, and it from its start to its end: only then do orders on resources make a schedule.
fn holds_one_all_the_time(way: &Way) -> bool {
    match way.held.as_slice() {
        [] => true,
        [held] => (held.from, held.to) == (0, way.duration),
        _ => false,
    }
}

fn keys_of(order: &[usize]) -> Vec<f64> {
    let mut keys = vec![0.0; order.len()];
    for (place, &task) in order.iter().enumerate() {
        keys[task] = place as f64;
    }
    keys
}

impl Plant {
    fn neighbours(&self, orders: &Orders, task: usize) -> (Option<usize>, Option<usize>) {
        let Some(sequence) = orders.sequences.get(self.machine[task]) else { return (None, None) };
        let place = orders.place[task];
        (place.checked_sub(1).map(|place| sequence[place]), sequence.get(place + 1).copied())
    }

    /// Works out everything anew.
    fn evaluate(&self, orders: &mut Orders) -> bool {
        let n = self.durations.len();
        for sequence in &orders.sequences {
            for (place, &task) in sequence.iter().enumerate() {
                orders.place[task] = place;
            }
        }
        orders.sorted.clear();
        orders.sorted.extend(0..n);
        self.sort(orders, 0, n) && {
            self.follow(orders, 0, n);
            true
        }
    }

    /// Carries a move out. `false`: the orders go in a circle.
    fn carry_out(&self, orders: &mut Orders, step: Move) -> bool {
        let sequence = &mut orders.sequences[step.machine];
        let (low, high) = (step.from.min(step.to), step.from.max(step.to));
        // Only what stands between the tasks that are moved can have to change its place among all.
        let from = sequence[low..=high].iter().map(|&task| orders.rank[task]).min().unwrap_or(0);
        let to = sequence[low..=high].iter().map(|&task| orders.rank[task] + 1).max().unwrap_or(0);
        if step.from < step.to {
            sequence[low..=high].rotate_left(1);
        } else {
            sequence[low..=high].rotate_right(1);
        }
        for (place, &task) in sequence.iter().enumerate().take(high + 1).skip(low) {
            orders.place[task] = place;
        }
        self.sort(orders, from, to) && {
            self.follow(orders, from, to);
            true
        }
    }

    /// Sorts the tasks in a stretch of the order of all, each after all that must come before.
    fn sort(&self, orders: &mut Orders, from: usize, to: usize) -> bool {
        orders.queue.clear();
        orders.queue.extend_from_slice(&orders.sorted[from..to]);
        for (place, &task) in orders.queue.iter().enumerate() {
            orders.rank[task] = from + place;
        }
        let within = |rank: usize| (from..to).contains(&rank);
        let mut next = from;
        for &task in &orders.queue {
            let (earlier, _) = self.neighbours(orders, task);
            let before = self.before.of(task).iter().map(|(first, _)| *first).chain(earlier);
            let missing = before.filter(|&first| within(orders.rank[first])).count() as u32;
            orders.missing[task] = missing;
            if missing == 0 {
                orders.sorted[next] = task;
                next += 1;
            }
        }
        let mut at = from;
        while at < next {
            let task = orders.sorted[at];
            let (_, later) = self.neighbours(orders, task);
            for follower in self.after.of(task).iter().map(|(follower, _)| *follower).chain(later) {
                if within(orders.rank[follower]) {
                    orders.missing[follower] -= 1;
                    if orders.missing[follower] == 0 {
                        orders.sorted[next] = follower;
                        next += 1;
                    }
                }
            }
            at += 1;
        }
        if next < to {
            return false;
        }
        for at in from..to {
            orders.rank[orders.sorted[at]] = at;
        }
        true
    }

    /// Works out heads from a place in the order of all on, tails up to one, and the end.
    fn follow(&self, orders: &mut Orders, from: usize, to: usize) {
        for at in from..orders.sorted.len() {
            let task = orders.sorted[at];
            let ready =
                self.before.of(task).iter().map(|&(first, lag)| orders.heads[first] + self.durations[first] + lag);
            let ready = ready.fold(self.releases[task], i64::max);
            let (earlier, _) = self.neighbours(orders, task);
            orders.ready[task] = ready;
            orders.heads[task] = earlier.map_or(ready, |m| ready.max(orders.heads[m] + self.durations[m]));
        }
        for at in (0..to).rev() {
            let task = orders.sorted[at];
            let rest =
                self.after.of(task).iter().map(|&(later, lag)| orders.tails[later] + self.durations[later] + lag);
            let rest = rest.fold(0, i64::max);
            let (_, later) = self.neighbours(orders, task);
            orders.rest[task] = rest;
            orders.tails[task] = later.map_or(rest, |m| rest.max(orders.tails[m] + self.durations[m]));
        }
        orders.end = orders.heads.iter().zip(&self.durations).map(|(head, lasts)| head + lasts).max().unwrap_or(0);
    }

    /// The moves along one longest path.
    fn moves(&self, orders: &Orders, chance: &mut Chance, moves: &mut Vec<Move>) {
        moves.clear();
        let critical = |task: usize| orders.heads[task] + self.durations[task] + orders.tails[task] == orders.end;
        let first =
            orders.sorted.iter().copied().filter(|&task| critical(task) && orders.heads[task] == self.releases[task]);
        let (mut at, mut equal) = (None, 0);
        for task in first {
            // Of several beginnings one by chance, so that the path differs from time to time.
            let (earlier, _) = self.neighbours(orders, task);
            let begins =
                earlier.is_none_or(|m| orders.heads[m] + self.durations[m] < orders.heads[task] || !critical(m));
            if begins {
                equal += 1;
                if chance.below(equal) == 0 {
                    at = Some(task);
                }
            }
        }
        let mut block = 0..0;
        let mut machine = NONE;
        while let Some(task) = at {
            if machine == NONE && self.machine[task] != NONE {
                machine = self.machine[task];
                block = orders.place[task]..orders.place[task] + 1;
            }
            let ends = orders.heads[task] + self.durations[task];
            let (_, later) = self.neighbours(orders, task);
            let by_machine = later.filter(|&m| orders.heads[m] == ends && critical(m));
            let mut by_chain = self
                .after
                .of(task)
                .iter()
                .filter(|&&(m, lag)| orders.heads[m] == ends + lag && critical(m))
                .map(|(m, _)| *m);
            let by_chain = by_chain.next();
            at = match (by_machine, by_chain) {
                (Some(m), Some(c)) if m != c => Some(if chance.below(2) == 0 { m } else { c }),
                (Some(m), _) => Some(m),
                (None, chain) => chain,
            };
            if at.is_some() && at == by_machine {
                block.end += 1;
            } else {
                self.moves_in(orders, machine, block.clone(), moves);
                machine = NONE;
            }
        }
    }

    /// The moves in a block: places of an order whose tasks follow each other without a gap on a longest path.
    fn moves_in(&self, orders: &Orders, machine: usize, block: std::ops::Range<usize>, moves: &mut Vec<Move>) {
        if machine == NONE || block.len() < 2 {
            return;
        }
        let (first, last) = (block.start, block.end - 1);
        let mut add = |from: usize, to: usize| {
            let sequence = &orders.sequences[machine];
            if from < to && self.may_follow(orders, sequence[from], sequence[to])
                || from > to && self.may_precede(orders, sequence[from], sequence[to])
            {
                moves.push(Move { machine, from, to });
            }
        };
        for place in first..last {
            add(place, last);
        }
        // The swap of two is in both lists.
        for place in first + 1 + usize::from(block.len() == 2)..=last {
            add(place, first);
        }
        for place in first + 1..last {
            add(first, place);
            add(last, place);
        }
    }

    /// Whether a task can go behind another of its order: surely no way leads from what follows it to the other.
    fn may_follow(&self, orders: &Orders, task: usize, other: usize) -> bool {
        let rest = self.durations[other] + orders.tails[other];
        self.after.of(task).iter().all(|&(later, _)| {
            later != other
                && (orders.tails[later] < rest || orders.heads[later] + self.durations[later] > orders.heads[other])
        })
    }

    fn may_precede(&self, orders: &Orders, task: usize, other: usize) -> bool {
        let ends = self.durations[other] + orders.heads[other];
        self.before.of(task).iter().all(|&(earlier, _)| {
            earlier != other
                && (orders.heads[earlier] < ends
                    || orders.tails[earlier] + self.durations[earlier] > orders.tails[other])
        })
    }

    /// The longest path through the tasks that a move shifts, by the heads and tails of all others as they are.
    fn estimate(&self, orders: &Orders, step: Move, scratch: &mut Vec<(usize, i64)>) -> i64 {
        let sequence = &orders.sequences[step.machine];
        let moved = sequence[step.from];
        scratch.clear();
        let (low, high) = (step.from.min(step.to), step.from.max(step.to));
        if step.from > step.to {
            scratch.push((moved, 0));
        }
        scratch.extend(sequence[low..=high].iter().filter(|&&task| task != moved).map(|&task| (task, 0)));
        if step.from < step.to {
            scratch.push((moved, 0));
        }
        let mut free =
            low.checked_sub(1).map_or(0, |place| orders.heads[sequence[place]] + self.durations[sequence[place]]);
        for (task, head) in scratch.iter_mut() {
            *head = orders.ready[*task].max(free);
            free = *head + self.durations[*task];
        }
        let mut behind = sequence.get(high + 1).map_or(0, |&task| orders.tails[task] + self.durations[task]);
        let mut longest = 0;
        for &(task, head) in scratch.iter().rev() {
            let tail = orders.rest[task].max(behind);
            longest = longest.max(head + self.durations[task] + tail);
            behind = tail + self.durations[task];
        }
        longest
    }
}

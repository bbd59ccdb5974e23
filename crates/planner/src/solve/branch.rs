//! Branching on the packages' numbers of sets, which the relaxation does not know to be whole.
//!
//! A branch only bounds rows and columns that the master has, so pricing stays as it is. Best bound first; the open and
//! closed cases together prove a bound, and the paths found on the way make better plans.

use super::clock::Clock;
use super::master::{Sets, Solved};
use super::relax::Relaxation;

/// Gap to which the cases are relaxed.
const NEAR: f64 = 1e-5;
/// Amounts this near to a whole number are whole.
const WHOLE: f64 = 0.01;

/// A case that is still open.
struct Case {
    bound: f64,
    sets: Sets,
}

/// Branches until no open case is worth more than `enough`, or time is over; returns the bound it proves, which may
/// be below `enough`.
pub(crate) fn branch(relaxation: &mut Relaxation<'_>, bound: f64, enough: f64, clock: &mut Clock<'_>) -> f64 {
    let mut open = vec![Case { bound, sets: Sets::free(relaxation.network) }];
    let mut closed = f64::NEG_INFINITY;
    while let Some(at) = (0..open.len()).max_by(|&a, &b| open[a].bound.total_cmp(&open[b].bound)) {
        if open[at].bound <= enough || clock.tell(None).is_break() {
            break;
        }
        let case = open.swap_remove(at);
        let relaxed = relaxation.run(&case.sets, NEAR, enough, usize::MAX, clock);
        let bound = case.bound.min(relaxed.bound);
        let solved = relaxed.solved.filter(|_| relaxed.complete && bound > enough);
        match solved.map(|solved| parts(relaxation, &case.sets, &solved)) {
            Some(parts) if !parts.is_empty() => open.extend(parts.into_iter().map(|sets| Case { bound, sets })),
            _ => closed = closed.max(bound),
        }
        let proven = open.iter().map(|c| c.bound).fold(closed, f64::max);
        clock.bound = clock.bound.map(|b| b.min(proven.max(clock.objective.unwrap_or(0.0))));
    }
    open.iter().map(|c| c.bound).fold(closed, f64::max)
}

/// The cases to look at instead of one: itself, if its solution exceeds cuts; else fewer, or more, sets of the package
/// whose number is furthest from whole, or of the line; none if all are whole.
fn parts(relaxation: &mut Relaxation<'_>, sets: &Sets, solved: &Solved) -> Vec<Sets> {
    if relaxation.cut(solved) > 0 {
        return vec![sets.clone()];
    }
    let packages = &relaxation.network.packages;
    let counts = relaxation.master.counts(&solved.lines);
    // The relaxation keeps its bounds nearly.
    let within = |x: f64, (least, most): (f64, f64)| x.max(least).min(most);
    let counts = (0..counts.len()).map(|k| (k, within(counts[k], (sets.least[k], sets.most[k])), packages[k].priority));
    let (mut fewer, mut more) = (sets.clone(), sets.clone());
    if let Some((k, count)) = furthest(counts) {
        (fewer.most[k], more.least[k]) = (count.floor(), count.ceil());
        return vec![fewer, more];
    }
    let lines = solved.lines.iter().zip(&sets.lines).zip(&relaxation.master.lines).enumerate();
    let lines = lines.map(|(n, ((x, range), (k, _)))| (n, within(*x, *range), packages[*k].priority));
    if let Some((n, count)) = furthest(lines) {
        (fewer.lines[n].1, more.lines[n].0) = (count.floor(), count.ceil());
        return vec![fewer, more];
    }
    Vec::new()
}

/// Of (which, number, weight) the one whose number is furthest from whole, times weight.
fn furthest(numbers: impl Iterator<Item = (usize, f64, f64)>) -> Option<(usize, f64)> {
    let apart = |x: f64| (x - x.round()).abs();
    let fractional = numbers.filter(|(_, x, _)| apart(*x) > WHOLE);
    let worst = fractional.max_by(|a, b| (apart(a.1) * a.2).total_cmp(&(apart(b.1) * b.2)));
    worst.map(|(which, x, _)| (which, x))
}

//! Branching on the packages' numbers of sets, which the relaxation does not know to be whole.
//!
//! A branch only bounds rows and columns that the master has, so pricing stays as it is. Best bound first; the open and
//! closed cases together prove a bound, and the paths found on the way make better plans.

use super::clock::Clock;
use super::master::{Sets, Solved, is_last};
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
/// be below `enough`. Cuts that are worth less than `least` are left out.
pub(crate) fn branch(
    relaxation: &mut Relaxation<'_>,
    bound: f64,
    (enough, least): (f64, f64),
    clock: &mut Clock<'_>,
) -> f64 {
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
        match solved.map(|solved| parts(relaxation, &case.sets, &solved, least)) {
            Some(parts) if !parts.is_empty() => open.extend(parts.into_iter().map(|sets| Case { bound, sets })),
            _ => closed = closed.max(bound),
        }
        let proven = open.iter().map(|c| c.bound).fold(closed, f64::max);
        clock.bound = clock.bound.map(|b| b.min(proven.max(clock.objective.unwrap_or(0.0))));
    }
    open.iter().map(|c| c.bound).fold(closed, f64::max)
}

/// The cases to look at instead of one: itself, if its solution exceeds cuts; else fewer, or more, sets of the package
/// whose number is furthest from whole, in all or by a period; none if all are whole.
fn parts(relaxation: &mut Relaxation<'_>, sets: &Sets, solved: &Solved, least: f64) -> Vec<Sets> {
    if relaxation.cut(solved, least) > 0 {
        return vec![sets.clone()];
    }
    let (packages, lines) = (&relaxation.network.packages, &relaxation.master.lines);
    // The relaxation keeps its bounds nearly.
    let within = |(n, x): (usize, f64)| (n, x.max(sets.least[n]).min(sets.most[n]), packages[lines[n].0].priority);
    let complete: Vec<_> = relaxation.master.complete(&solved.lines).into_iter().enumerate().map(within).collect();
    let all = complete.iter().copied().filter(|(n, ..)| is_last(lines, *n));
    let Some((n, count)) = furthest(all).or_else(|| furthest(complete.iter().copied())) else { return Vec::new() };
    let (mut fewer, mut more) = (sets.clone(), sets.clone());
    fewer.at_most(lines, n, count.floor());
    more.at_least(lines, n, count.ceil());
    vec![fewer, more]
}

/// Of (which, number, weight) the one whose number is furthest from whole, times weight.
fn furthest(numbers: impl Iterator<Item = (usize, f64, f64)>) -> Option<(usize, f64)> {
    let apart = |x: f64| (x - x.round()).abs();
    let fractional = numbers.filter(|(_, x, _)| apart(*x) > WHOLE);
    let worst = fractional.max_by(|a, b| (apart(a.1) * a.2).total_cmp(&(apart(b.1) * b.2)));
    worst.map(|(which, x, _)| (which, x))
}

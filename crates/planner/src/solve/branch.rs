//! Branching on the packages' numbers of sets, which the relaxation does not know to be whole.
//!
//! A branch only bounds rows that the master has, so pricing stays as it is. Best bound first; the open and closed
//! cases together prove a bound, and the paths found on the way make better plans.

use super::clock::Clock;
use super::master::Sets;
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
        let relaxed = relaxation.run(&case.sets, NEAR, enough, clock);
        let bound = case.bound.min(relaxed.bound);
        let parts = relaxed.solved.filter(|_| relaxed.complete && bound > enough);
        match parts.and_then(|solved| split(relaxation, &case.sets, &solved.lines)) {
            Some(parts) => open.extend(parts.into_iter().map(|sets| Case { bound, sets })),
            None => closed = closed.max(bound),
        }
        let proven = open.iter().map(|c| c.bound).fold(closed, f64::max);
        clock.bound = clock.bound.map(|b| b.min(proven.max(clock.objective.unwrap_or(0.0))));
    }
    open.iter().map(|c| c.bound).fold(closed, f64::max)
}

/// Two cases: fewer, or more, sets of the package whose number is furthest from whole; none if all are whole.
fn split(relaxation: &Relaxation<'_>, sets: &Sets, lines: &[f64]) -> Option<[Sets; 2]> {
    let mut counts = relaxation.master.counts(lines);
    // The relaxation keeps its bounds nearly.
    counts.iter_mut().zip(&sets.least).zip(&sets.most).for_each(|((count, l), m)| *count = count.max(*l).min(*m));
    let apart = |k: usize| (counts[k] - counts[k].round()).abs() * relaxation.network.packages[k].priority;
    let fractional = (0..counts.len()).filter(|&k| (counts[k] - counts[k].round()).abs() > WHOLE);
    let k = fractional.max_by(|&a, &b| apart(a).total_cmp(&apart(b)))?;
    let (mut fewer, mut more) = (sets.clone(), sets.clone());
    fewer.most[k] = counts[k].floor();
    more.least[k] = counts[k].ceil();
    Some([fewer, more])
}

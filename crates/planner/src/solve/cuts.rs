//! Cuts: what whole units that are heavy beside a limit leave unused.
//!
//! A lane that takes two and a half trucks takes two; the relaxation would send half a truck more. With the limit
//! divided by the mass of a truck, b = ⌊b⌋ + f, and each unit's mass a, whole units keep Σ F(a) x ≤ ⌊b⌋ with
//! F(a) = ⌊a⌋ + max(0, (a − ⌊a⌋ − f) / (1 − f)) (mixed-integer rounding; Nemhauser and Wolsey, *Integer and
//! Combinatorial Optimization*, 1988). A cut is a further capacity, of which a unit uses F of its mass wherever it
//! uses the tonnes, so that pricing knows what it costs.

use std::collections::{BTreeMap, BTreeSet};

use super::column::{Capacities, Column};
use super::master::Solved;
use super::network::TOLERANCE;

/// Least excess over a cut, as a share of its limit: the relaxation keeps its limits nearly.
const LEAST_EXCESS: f64 = 0.001;
/// Nearer than this to one more unit, what is beyond whole units is too steep to compute with.
const STEEPEST: f64 = 0.99;

/// A cut of one capacity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    /// The capacity in tonnes.
    pub(crate) of: usize,
    /// Tonnes that it is divided by.
    pub(crate) unit: f64,
    /// Whole units that the capacity takes.
    pub(crate) whole: f64,
    rest: f64,
}

impl Cut {
    fn new(of: usize, limit: f64, unit: f64) -> Option<Cut> {
        // The judge allows a little more.
        let units = (limit + TOLERANCE * limit.max(1.0)) / unit;
        let cut = Cut { of, unit, whole: units.floor(), rest: units.fract() };
        (cut.whole >= 1.0).then_some(cut)
    }

    /// What a unit of such a mass uses of the cut.
    pub(crate) fn each(&self, tonnes: f64) -> f64 {
        let units = tonnes / self.unit;
        // Without what is beyond whole units it is a cut, too.
        let beyond = if self.rest <= STEEPEST { (units.fract() - self.rest) / (1.0 - self.rest) } else { 0.0 };
        units.floor() + beyond.max(0.0)
    }
}

/// Cuts that a solution exceeds by at least so much of its value, at most one of each capacity, the one it exceeds most.
pub(crate) fn exceeded(capacities: &Capacities, columns: &[Column], solved: &Solved, least: f64) -> Vec<Cut> {
    let per_tonne = capacities.per_tonne(&solved.prices);
    let mut loads: BTreeMap<usize, Vec<(f64, f64)>> = BTreeMap::new();
    for (column, &amount) in columns.iter().zip(&solved.amounts).filter(|(_, amount)| **amount > 0.0) {
        for &(id, each) in column.uses.iter().filter(|u| capacities.is_tonnes(u.0) && per_tonne[u.0] > 0.0) {
            loads.entry(id).or_default().push((each, amount));
        }
    }
    let mut found = Vec::new();
    for (id, loads) in loads {
        let units: BTreeSet<u64> = loads.iter().map(|l| l.0.to_bits()).collect();
        let known = capacities.cuts_of(id);
        let new = units.into_iter().map(f64::from_bits).filter(|&unit| known.iter().all(|k| k.0.unit != unit));
        let excess = |cut: &Cut| loads.iter().map(|(each, x)| cut.each(*each) * x).sum::<f64>() - cut.whole;
        let cuts = new.filter_map(|unit| Cut::new(id, capacities.limit[id], unit)).map(|cut| (excess(&cut), cut));
        let cuts = cuts.filter(|(excess, cut)| *excess > LEAST_EXCESS * cut.whole);
        let worth = |(excess, cut): &(f64, Cut)| excess * cut.unit * per_tonne[id];
        let worst = cuts.max_by(|a, b| worth(a).total_cmp(&worth(b)));
        found.extend(worst.filter(|cut| worth(cut) > least).map(|(_, cut)| cut));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_units_keep_every_cut() {
        let masses = [0.3, 1.0, 2.5, 4.0, 5.5, 7.0];
        for limit in [2.6, 7.4, 7.995, 10.0, 13.9] {
            for cut in masses.iter().filter_map(|&unit| Cut::new(0, limit, unit)) {
                // All whole loads that fit.
                let mut open = vec![(0, 0.0, 0.0)];
                while let Some((n, tonnes, used)) = open.pop() {
                    assert!(used <= cut.whole + 1e-9, "{cut:?}: {used}");
                    for (m, mass) in masses.iter().enumerate().skip(n) {
                        if tonnes + mass <= limit && *mass >= 1.0 {
                            open.push((m, tonnes + mass, used + cut.each(*mass)));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn two_and_a_half_trucks_are_two() {
        let cut = Cut::new(0, 10.0, 4.0).unwrap();
        assert_eq!((cut.whole, cut.each(4.0), cut.each(0.1), cut.each(8.0)), (2.0, 1.0, 0.0, 2.0));
        // Nearly three are two as well, and what is lighter counts for nothing.
        let cut = Cut::new(0, 11.98, 4.0).unwrap();
        assert_eq!((cut.whole, cut.each(4.0), cut.each(3.99), cut.each(8.0)), (2.0, 1.0, 0.0, 2.0));
    }
}

//! Cuts: what whole units that are heavy beside a limit leave unused.
//!
//! A lane that takes two and a half trucks takes two; the relaxation would send half a truck more. With the limit
//! divided by the mass of a truck, b = ⌊b⌋ + f, and each unit's mass a, whole units keep Σ F(a) x ≤ ⌊b⌋ with
//! F(a) = ⌊a⌋ + max(0, (a − ⌊a⌋ − f) / (1 − f)) (mixed-integer rounding; Nemhauser and Wolsey, *Integer and
//! Combinatorial Optimization*, 1988). A cut is a further capacity, of which a unit uses F of its mass wherever it
//! uses the tonnes, so that pricing knows what it costs.

use std::collections::{BTreeMap, BTreeSet};

use super::column::{Capacities, Column};
use super::network::TOLERANCE;

/// More units than this under a limit: what is left is too little to matter.
const MOST_UNITS: f64 = 12.0;
/// Least excess over a cut, as a share of its limit, for it to be worth having.
const LEAST_EXCESS: f64 = 0.01;
/// Nearer than this to one more unit, the cut is too steep to compute with.
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
        (cut.whole >= 1.0 && units <= MOST_UNITS && cut.rest <= STEEPEST).then_some(cut)
    }

    /// What a unit of such a mass uses of the cut.
    pub(crate) fn each(&self, tonnes: f64) -> f64 {
        let units = tonnes / self.unit;
        units.floor() + ((units.fract() - self.rest) / (1.0 - self.rest)).max(0.0)
    }
}

/// Cuts that amounts of columns exceed, at most one of each capacity, the one they exceed most.
pub(crate) fn exceeded(capacities: &Capacities, columns: &[Column], amounts: &[f64]) -> Vec<Cut> {
    let mut loads: BTreeMap<usize, Vec<(f64, f64)>> = BTreeMap::new();
    for (column, &amount) in columns.iter().zip(amounts).filter(|(_, amount)| **amount > 0.0) {
        for &(id, each) in column.uses.iter().filter(|u| capacities.is_tonnes(u.0)) {
            loads.entry(id).or_default().push((each, amount));
        }
    }
    let mut found = Vec::new();
    for (id, loads) in loads {
        let limit = capacities.limit[id];
        let masses = loads.iter().map(|l| l.0).filter(|each| limit / each <= MOST_UNITS);
        let units: BTreeSet<u64> = masses.map(f64::to_bits).collect();
        let known = capacities.cuts_of(id);
        let new = units.into_iter().map(f64::from_bits).filter(|&unit| known.iter().all(|k| k.0.unit != unit));
        let excess = |cut: &Cut| loads.iter().map(|(each, x)| cut.each(*each) * x).sum::<f64>() / cut.whole - 1.0;
        let cuts = new.filter_map(|unit| Cut::new(id, limit, unit)).map(|cut| (excess(&cut), cut));
        let worst = cuts.max_by(|a, b| a.0.total_cmp(&b.0));
        found.extend(worst.filter(|(excess, _)| *excess > LEAST_EXCESS).map(|(_, cut)| cut));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_units_keep_every_cut() {
        let masses = [0.3, 1.0, 2.5, 4.0, 5.5, 7.0];
        for limit in [2.6, 7.4, 10.0, 13.9] {
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
    }
}

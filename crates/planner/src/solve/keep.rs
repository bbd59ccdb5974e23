//! Keeping: of a plan that was made before, lines change only where that is worth a price per changed line.
//!
//! A solve from a former plan may find another plan that is hardly better and looks quite different. So at its end an
//! integer program chooses between what of the former plan still holds and the new plan, flow by flow, with the price
//! as a reward for each line that stays.

use std::collections::{BTreeMap, HashSet};

use super::Phase;
use super::column::{Capacities, Column};
use super::integer::{self, Choice};
use super::network::Network;
use super::room::Room;
use super::search::Search;
use super::write;
use crate::plan::{Flow, Plan};

/// Share of the time that is kept for this.
pub(super) const RESERVED: f64 = 0.4;
/// Nodes of the integer program.
const NODES: i32 = 500;

/// A plan to start from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start<'i> {
    /// The plan.
    pub(crate) plan: &'i Plan,
    /// What a changed line must gain, as a share of what a line of the plan is worth on average; 0: nothing.
    pub(crate) keep: f64,
}

impl Search<'_, '_> {
    /// Takes the plan that is best once each line that stays as in the former plan earns the price. `held` is what still
    /// holds of that plan.
    pub(super) fn settle(&mut self, start: Start<'_>, held: &Plan, network: &Network, capacities: &Capacities) {
        let price = start.keep * self.best.objective.abs() / start.plan.flows.len().max(1) as f64;
        if price <= 0.0 {
            return;
        }
        self.clock.phase = Phase::Whole;
        self.clock.release();
        let former: HashSet<&Flow> = start.plan.flows.iter().collect();
        let stays = |plan: &Plan| plan.flows.iter().filter(|flow| former.contains(flow)).count();
        let mut plans = vec![self.best.clone(), held.clone()];
        plans.extend(self.mixed(held, price, &former, network, capacities));
        let score = |plan: &Plan| plan.objective + price * stays(plan) as f64;
        if let Some(best) = plans.into_iter().max_by(|a, b| score(a).total_cmp(&score(b))) {
            self.best = best;
        }
    }

    /// Flow by flow the better of both plans, lines that stay rewarded.
    fn mixed(
        &mut self,
        held: &Plan,
        price: f64,
        former: &HashSet<&Flow>,
        network: &Network,
        capacities: &Capacities,
    ) -> Option<Plan> {
        let seconds = self.clock.left();
        if seconds <= 0.0 {
            return None;
        }
        let (same, other): (Vec<_>, Vec<_>) = held.flows.iter().cloned().partition(|flow| former.contains(flow));
        let columns = |flows| {
            let plan = Plan { flows, ..Plan::empty(&held.name) };
            write::columns(self.instance, network, capacities, &plan)
        };
        let (mut same, other, new) = (columns(same), columns(other), columns(self.best.flows.clone()));
        let mut free: BTreeMap<_, (&Column, i64)> = BTreeMap::new();
        for (column, units) in &other {
            free.entry(column.key()).or_insert((column, 0)).1 += units;
        }
        let plain = same.clone();
        for (column, _) in plain.iter().chain(&new) {
            free.entry(column.key()).or_insert((column, 0));
        }
        same.iter_mut().for_each(|(column, units)| column.gain += price / *units as f64);
        let kept = same.iter().map(|(column, units)| Choice { most: *units, ..Choice::free(network, column) });
        let choices: Vec<Choice<'_>> =
            kept.chain(free.values().map(|(column, _)| Choice::free(network, column))).collect();
        let units = same.iter().map(|(_, units)| *units);
        let start: Vec<i64> = units.chain(free.values().map(|(_, units)| *units)).collect();
        let settings = integer::Settings {
            seconds,
            gap: self.options.gap / 10.0,
            enough: f64::INFINITY,
            nodes: NODES,
            seed: self.options.seed,
        };
        let room = Room::new(network, capacities);
        let within = (network, capacities, &room);
        let amounts = integer::solve(within, &choices, &[], Some(&start), settings, &mut self.clock)?;
        // What stays and what is added on the same way is one line.
        let mut sums: BTreeMap<_, (&Column, i64)> = BTreeMap::new();
        for (choice, amount) in choices.iter().zip(amounts) {
            sums.entry(choice.column.key()).or_insert((choice.column, 0)).1 += amount as i64;
        }
        let flows: Vec<(&Column, i64)> = sums.into_values().collect();
        self.judged_flows(network, capacities, &flows)
    }
}

//! Blocks: what pricing works on side by side.
//!
//! A *group* is one want, or all wants of one resource and one purpose: these allow the same offers, so the best of
//! them is found for each offer in one go. A group has a *slot* for every resource that can become what it wants;
//! processes lead from slot to slot. Slots of several groups share a *block*, so that the inner loop of pricing is
//! plain arithmetic on adjacent numbers.

use std::collections::BTreeMap;
use std::ops::Range;

use super::network::{Network, Target};

/// Slots worked on side by side, if no single group needs more.
const WIDTH: usize = 64;

#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) resource: usize,
    /// One of the group's wants: all allow the same offers.
    pub(crate) want: usize,
    /// How many wants the group has.
    pub(crate) wants: usize,
    /// Most units that one of the group's wants takes.
    pub(crate) quantity: i64,
    /// Positions in the block's ends: none where the resource has yet to become another.
    pub(crate) ends: Range<usize>,
}

/// Where a path may end: a want, for units of its slot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End {
    pub(crate) want: usize,
    pub(crate) place: usize,
    pub(crate) slot: usize,
}

/// A process as a way from slot to slot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    pub(crate) process: usize,
    pub(crate) from: usize,
    pub(crate) to: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Block {
    pub(crate) slots: Vec<Slot>,
    pub(crate) ends: Vec<End>,
    pub(crate) changes: Vec<Change>,
    pub(crate) mass: Vec<f64>,
    pub(crate) heaviest: f64,
    pub(crate) lightest: f64,
    /// For each set of forbidden classes: 0 or infinity per slot.
    pub(crate) shut: Vec<Vec<f64>>,
    /// Periods in which anything can happen.
    pub(crate) periods: Range<usize>,
}

/// Blocks in which each want is a group of its own.
pub(crate) fn by_want(network: &Network) -> Vec<Block> {
    let mut wants: Vec<usize> = (0..network.wants.len()).collect();
    // Wants that end alike share a block, so that it need not look beyond their last period.
    wants.sort_by_key(|&w| (network.wants[w].last, network.wants[w].place));
    blocks(network, wants.into_iter().map(|w| vec![w]))
}

/// Blocks in which all wants of one resource and purpose are a group.
pub(crate) fn by_resource(network: &Network) -> Vec<Block> {
    let mut groups: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (w, want) in network.wants.iter().enumerate() {
        let lent = match want.target {
            Target::Pool(_, until) => until,
            _ => None,
        };
        // Donors have wishes for what requirements get only.
        let wished = network.most_bonus > 0.0 && matches!(want.target, Target::Requirement(_));
        let key = (want.resource, want.purpose, lent, want.target.is_supply(), wished);
        groups.entry(key).or_default().push(w);
    }
    // Like masses side by side: what is too dear for the lightest is not looked at.
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort_by(|a, b| {
        network.mass[network.wants[a[0]].resource].total_cmp(&network.mass[network.wants[b[0]].resource])
    });
    blocks(network, groups.into_iter())
}

fn blocks(network: &Network, groups: impl Iterator<Item = Vec<usize>>) -> Vec<Block> {
    let supplied = supplied(network);
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = Block::default();
    for group in groups {
        let resources = closure(network, &supplied, network.wants[group[0]].resource);
        if !open.slots.is_empty() && open.slots.len() + resources.len() > WIDTH {
            blocks.push(std::mem::take(&mut open));
        }
        open.add(network, &group, &resources);
    }
    blocks.push(open);
    blocks.retain(|b| !b.slots.is_empty());
    blocks.iter_mut().for_each(|b| b.finish(network));
    blocks
}

/// Resources that offers have or processes can make of them.
fn supplied(network: &Network) -> Vec<bool> {
    let mut is: Vec<bool> =
        network.offers_of.iter().map(|o| o.iter().any(|&o| network.offers[o].quantity > 0)).collect();
    let mut again = true;
    while again {
        again = false;
        for p in network.processes.iter().filter(|p| p.capacity.iter().any(|c| *c > 0.0)) {
            again |= is[p.input] && !std::mem::replace(&mut is[p.output], true);
        }
    }
    is
}

/// Supplied resources that are, or can become, a resource; itself first.
fn closure(network: &Network, supplied: &[bool], resource: usize) -> Vec<usize> {
    let mut found: Vec<usize> = [resource].into_iter().filter(|&r| supplied[r]).collect();
    let mut at = 0;
    while let Some(&output) = found.get(at) {
        for &p in &network.makers[output] {
            let input = network.processes[p].input;
            if supplied[input] && !found.contains(&input) {
                found.push(input);
            }
        }
        at += 1;
    }
    found
}

impl Block {
    fn add(&mut self, network: &Network, group: &[usize], resources: &[usize]) {
        let first = self.slots.len();
        let want = group[0];
        let quantity = group.iter().map(|&w| network.wants[w].quantity).max().unwrap_or(0);
        for (n, &resource) in resources.iter().enumerate() {
            let start = self.ends.len();
            if resource == network.wants[want].resource {
                let end = |&want: &usize| End { want, place: network.wants[want].place, slot: first + n };
                self.ends.extend(group.iter().map(end));
            }
            self.slots.push(Slot { resource, want, wants: group.len(), quantity, ends: start..self.ends.len() });
            for &process in &network.makers[resource] {
                let input = network.processes[process].input;
                if let Some(m) = resources.iter().position(|&r| r == input) {
                    self.changes.push(Change { process, from: first + m, to: first + n });
                }
            }
        }
    }

    fn finish(&mut self, network: &Network) {
        self.mass = self.slots.iter().map(|s| network.mass[s.resource]).collect();
        self.heaviest = self.mass.iter().copied().fold(0.0, f64::max);
        self.lightest = self.mass.iter().copied().fold(f64::INFINITY, f64::min);
        let shut = |set: &Vec<bool>| -> Vec<f64> {
            self.slots.iter().map(|s| if set[s.resource] { f64::INFINITY } else { 0.0 }).collect()
        };
        self.shut = network.forbidding.iter().map(shut).collect();
        let offers = || self.slots.iter().flat_map(|s| &network.offers_of[s.resource]);
        let first = offers().map(|&o| network.offers[o].from).min().unwrap_or(0);
        let last = self.ends.iter().map(|e| network.wants[e.want].last).max().unwrap_or(0);
        self.periods = first..last + 1;
    }
}

//! Improving: a part of the best plan is given up and planned anew by an integer program, while all the rest stays.
//!
//! What a plan lacks of the relaxation's bound lies somewhere: at flows that earn less than what they use is worth, and
//! at offers, wants and capacities that are worth something and left over. Parts are chosen around where most of it
//! lies. Each is small enough for an integer program of a second, so that the work grows with the size of the plan,
//! and not faster.
//!
//! Source: Shaw, *Using constraint programming and local search methods to solve vehicle routing problems* (1998),
//! called large neighbourhood search.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Phase;
use super::column::Column;
use super::integer::{self, Choice};
use super::network::{Network, Target};
use super::pack::pack;
use super::prices::Prices;
use super::relax::{Model, Relaxation};
use super::room::Room;
use super::search::Search;
use super::write;

/// Columns that a part has at least, if there are as many; as many more each time that it was planned without gain.
const PART: usize = 1_500;
/// Nodes of an integer program: enough for nearly all parts to be planned as well as can be.
const NODES: i32 = 200;
/// What is left of a part's weight after it was planned anew.
const FADE: f64 = 0.25;
/// Parts without gain, as a share of the targets that lack something, before no further part is tried.
const PATIENCE: f64 = 0.5;
/// Improvements between two times that the plan is judged and told.
const TOLD: usize = 8;

/// What flows are for: all flows to it are given up together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Goal {
    Requirement(usize),
    Package(usize),
    /// What a process needs.
    Process(usize),
    Pool(usize),
}

fn goal(network: &Network, column: &Column) -> Goal {
    match network.wants[column.want].target {
        Target::Requirement(r) => Goal::Requirement(r),
        Target::Component(k, _) => Goal::Package(k),
        Target::Need(need) => Goal::Process(network.needs[need].process),
        Target::Pool(pool, _) => Goal::Pool(pool),
    }
}

/// What columns compete for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Scarce {
    Offer(usize),
    Capacity(usize),
}

/// Scarce things that a column uses, with how much of each.
fn scarce<'a>(prices: &'a Prices, column: &'a Column) -> impl Iterator<Item = (Scarce, f64)> + 'a {
    let offer = (prices.offer[column.offer] > 0.0).then_some((Scarce::Offer(column.offer), 1.0));
    let priced = column.uses.iter().filter(|u| prices.of_capacity(u.0) > 0.0);
    offer.into_iter().chain(priced.map(|&(id, each)| (Scarce::Capacity(id), each)))
}

/// Who competes for what, and how much of the bound is lacking where.
struct Map<'c> {
    columns: BTreeMap<Goal, Vec<&'c Column>>,
    rivals: HashMap<Scarce, Vec<Goal>>,
    lacking: BTreeMap<Goal, f64>,
    /// How often the part around a goal was planned without gain.
    tried: BTreeMap<Goal, usize>,
}

impl Search<'_, '_> {
    /// Plans parts of the best plan anew, until the gap asked for is proven, or no part gains, or time is over.
    pub(super) fn improve(&mut self, relaxation: &Relaxation<'_>, prices: &Prices) {
        self.clock.phase = Phase::Improving;
        let model = relaxation.model();
        let network = model.network;
        // What fits on ways that nobody has found yet may be enough.
        self.complete_best(network, model.capacities);
        let mut plan = write::columns(self.instance, network, model.capacities, &self.best);
        let mut map = Map::new(&model, prices, &plan);
        let lacking = map.lacking.len();
        let (mut without, mut gained, mut worth) = (0, 0, self.best.objective);
        while (without as f64) < PATIENCE * lacking as f64 && self.gap() > self.options.gap {
            if self.clock.tell(None).is_break() {
                break;
            }
            let Some((seed, part)) = map.part(prices) else { break };
            if let Some(gain) = self.again(&model, &map, &part, &mut plan) {
                (without, gained, worth) = (0, gained + 1, worth + gain);
                if gained % TOLD == 0 || self.gap_of(worth) <= self.options.gap {
                    self.offer_columns(&model, &plan);
                    worth = self.best.objective;
                }
            } else {
                without += 1;
                *map.tried.entry(seed).or_default() += 1;
            }
        }
        self.cut |= self.clock.left() <= 0.0;
        self.offer_columns(&model, &plan);
    }

    /// Judges and tells a plan, with what still fits.
    fn offer_columns(&mut self, model: &Model<'_>, plan: &[(Column, i64)]) {
        let plan: Vec<_> = plan.iter().map(|(column, amount)| (column, *amount)).collect();
        if !model.network.is_plain() {
            self.offer_flows(model, &plan);
        }
        self.offer_flows(model, &pack(model, plan, &[], &[]));
    }

    /// Plans a part anew; what it is worth more than it was, if it is.
    fn again(
        &mut self,
        model: &Model<'_>,
        map: &Map<'_>,
        part: &HashSet<Goal>,
        plan: &mut Vec<(Column, i64)>,
    ) -> Option<f64> {
        let network = model.network;
        let inside = |column: &Column| part.contains(&goal(network, column));
        let mut room = Room::new(network, model.capacities);
        plan.iter().filter(|(c, _)| !inside(c)).for_each(|(c, amount)| room.take(network, c, *amount as f64));
        self.take_sets(model, &mut room, part);
        let old: Vec<_> = plan.iter().filter(|(c, _)| inside(c)).cloned().collect();
        let mut known: HashMap<_, usize> = HashMap::new();
        let mut choices: Vec<Choice<'_>> = Vec::new();
        let mut start = Vec::new();
        let goals = part.iter().collect::<std::collections::BTreeSet<_>>();
        let mine = goals.into_iter().filter_map(|goal| map.columns.get(goal)).flatten().copied();
        for (column, amount) in old.iter().map(|(c, amount)| (c, *amount)).chain(mine.map(|c| (c, 0))) {
            let n = *known.entry(column.key()).or_insert(choices.len());
            if n == choices.len() {
                let whole = !self.is_small(network, column);
                choices.push(Choice { whole, ..Choice::free(network, column) });
                start.push(0);
            }
            start[n] += amount;
        }
        let settings = integer::Settings { nodes: NODES, ..self.settings(f64::INFINITY) };
        let within = (network, model.capacities, &room);
        let amounts = integer::solve(within, &choices, &[], Some(&start), settings, &mut self.clock)?;
        let rounded: Vec<i64> = amounts.iter().map(|amount| (amount + 1e-6).floor() as i64).collect();
        let least = 1e-6 * self.bound.abs() * self.options.gap.max(1e-4);
        let new: Vec<_> = choices.iter().zip(rounded.iter().copied()).filter(|(_, amount)| *amount > 0).collect();
        let new: Vec<_> = new.into_iter().map(|(choice, amount)| (choice.column.clone(), amount)).collect();
        let others = plan.iter().filter(|(c, _)| !inside(c));
        if network.is_plain() {
            let gain = integer::worth(model, &choices, &rounded) - integer::worth(model, &choices, &start);
            if gain <= least {
                return None;
            }
            *plan = others.cloned().chain(new).collect();
            return Some(gain);
        }
        // Trips, types and what is passed at a price are worth what the judge says.
        let whole: Vec<_> = others.map(|(c, n)| (c, *n)).chain(new.iter().map(|(c, n)| (c, *n))).collect();
        let judged = self.judged_flows(network, model.capacities, &whole);
        let better = judged.filter(|judged| judged.objective > self.best.objective + least)?;
        let gain = better.objective - self.best.objective;
        *plan = write::columns(self.instance, network, model.capacities, &better);
        self.offer(better);
        Some(gain)
    }

    /// Takes what the sets of packages outside a part are worth from the floors that they count for.
    fn take_sets(&self, model: &Model<'_>, room: &mut Room, part: &HashSet<Goal>) {
        if model.network.floors.is_empty() {
            return;
        }
        let numbers: HashMap<&str, usize> =
            self.instance.packages.iter().enumerate().map(|(n, k)| (k.id.as_str(), n)).collect();
        for line in &self.best.packages {
            let k = numbers[line.package.as_str()];
            if !part.contains(&Goal::Package(k)) {
                room.take_sets(model.network, model.capacities, (k, line.period as usize), line.count as f64);
            }
        }
    }
}

impl<'c> Map<'c> {
    fn new(model: &Model<'c>, prices: &Prices, plan: &[(Column, i64)]) -> Map<'c> {
        let Model { network, capacities, columns } = *model;
        let mut map =
            Map { columns: BTreeMap::new(), rivals: HashMap::new(), lacking: BTreeMap::new(), tried: BTreeMap::new() };
        for column in columns {
            map.columns.entry(goal(network, column)).or_default().push(column);
        }
        for (&goal, columns) in &map.columns {
            let scarce: HashSet<Scarce> = columns.iter().flat_map(|c| scarce(prices, c)).map(|s| s.0).collect();
            scarce.into_iter().for_each(|s| map.rivals.entry(s).or_default().push(goal));
        }
        let mut room = Room::new(network, capacities);
        let mut sets = vec![0.0; network.packages.len()];
        for (column, amount) in plan {
            room.take(network, column, *amount as f64);
            let lost = (-prices.reduced(network, column)).max(0.0) * *amount as f64;
            *map.lacking.entry(goal(network, column)).or_default() += lost;
            if let Target::Component(k, i) = network.wants[column.want].target
                && i == 0
            {
                sets[k] += *amount as f64 / network.packages[k].parts[0] as f64;
            }
        }
        for (r, left) in room.requirement.iter().enumerate() {
            *map.lacking.entry(Goal::Requirement(r)).or_default() += left.max(0.0) * prices.requirement[r];
        }
        for (k, sets) in sets.iter().enumerate() {
            let left = (network.packages[k].count as f64 - sets).max(0.0);
            *map.lacking.entry(Goal::Package(k)).or_default() += left * prices.package(network, capacities, k);
        }
        let offers = room.offer.iter().enumerate().map(|(o, left)| (Scarce::Offer(o), left * prices.offer[o]));
        let capacities = room.capacity.iter().enumerate().filter(|(id, _)| prices.of_capacity(*id) > 0.0);
        let capacities = capacities.map(|(id, left)| (Scarce::Capacity(id), left * prices.of_capacity(id)));
        for (what, lost) in offers.chain(capacities).filter(|(_, lost)| *lost > 0.0) {
            for &goal in map.rivals.get(&what).into_iter().flatten() {
                *map.lacking.entry(goal).or_default() += lost / map.rivals[&what].len() as f64;
            }
        }
        map.lacking.retain(|goal, lost| *lost > 1e-9 && map.columns.contains_key(goal));
        map
    }

    /// Goals to plan anew: the one that lacks most, and with it those that compete with it most.
    fn part(&mut self, prices: &Prices) -> Option<(Goal, HashSet<Goal>)> {
        let (&seed, _) = self.lacking.iter().max_by(|a, b| a.1.total_cmp(b.1))?;
        let mut part = HashSet::new();
        let mut near: BTreeMap<Goal, f64> = BTreeMap::from([(seed, 0.0)]);
        let mut columns = 0;
        let most = PART * (1 + self.tried.get(&seed).copied().unwrap_or(0));
        while columns < most {
            let Some((&next, _)) = near.iter().max_by(|a, b| a.1.total_cmp(b.1)) else { break };
            near.remove(&next);
            part.insert(next);
            let mine = self.columns.get(&next).map_or(&[] as &[_], Vec::as_slice);
            columns += mine.len();
            let things: HashSet<Scarce> = mine.iter().flat_map(|c| scarce(prices, c)).map(|s| s.0).collect();
            let mut things: Vec<Scarce> = things.into_iter().collect();
            things.sort();
            for thing in things {
                let rivals = &self.rivals[&thing];
                for rival in rivals.iter().filter(|r| !part.contains(r)) {
                    *near.entry(*rival).or_default() += 1.0 / rivals.len() as f64;
                }
            }
        }
        for goal in &part {
            if let Some(lost) = self.lacking.get_mut(goal) {
                *lost *= if *goal == seed { FADE * FADE } else { FADE };
            }
        }
        Some((seed, part))
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;
    use crate::instance::Instance;
    use crate::solve::Options;
    use crate::solve::master::Sets;

    /// A crane that a small want and a large one compete for, and lorries that only fill up.
    const DOCUMENT: &str = r#"{"format": "assistance-plan/1", "name": "crane", "periods": 3, "cost_weight": 0,
        "resources": [{"id": "crane", "unit_mass_t": 9, "hazard": null}, {"id": "lorry", "unit_mass_t": 4, "hazard": null}],
        "places": [{"id": "a", "kind": "hub", "x_km": 0, "y_km": 0, "handling_t": null, "storage_t": null},
                   {"id": "b", "kind": "delivery", "x_km": 0, "y_km": 0, "handling_t": null, "storage_t": null}],
        "lanes": [{"id": "l", "from": "a", "to": "b", "mode": "road", "transit": 1, "capacity_t": 9, "cost_per_t": 0, "forbids": []}],
        "processes": [],
        "offers": [{"id": "cranes", "donor": "N", "resource": "crane", "quantity": 1, "place": "a", "from": 0, "only_for": null},
                   {"id": "lorries", "donor": "N", "resource": "lorry", "quantity": 9, "place": "a", "from": 0, "only_for": null}],
        "requirements": [
            {"id": "small", "place": "b", "purpose": "any", "accepts": [{"resource": "crane", "utility": 1}], "quantity": 1, "priority": 20, "due": 1, "expires": 2},
            {"id": "large", "place": "b", "purpose": "any", "accepts": [{"resource": "crane", "utility": 1}], "quantity": 1, "priority": 50, "due": 1, "expires": 2},
            {"id": "rest", "place": "b", "purpose": "any", "accepts": [{"resource": "lorry", "utility": 1}], "quantity": 9, "priority": 15, "due": 1, "expires": 2}],
        "packages": []}"#;

    #[test]
    fn a_part_planned_anew_gives_up_what_is_in_the_way() {
        let instance = Instance::parse(DOCUMENT.as_bytes()).unwrap();
        let network = Network::new(&instance);
        let (options, mut go_on) = (Options { gap: 0.0, ..Options::default() }, |_: &_| ControlFlow::Continue(()));
        let mut search = Search::new(&instance, &options, &mut go_on);
        let mut relaxation = Relaxation::new(&network, 1);
        search.prove(relaxation.start());
        let free = Sets::free(&network);
        let relaxed = relaxation.run(&free, 1e-6, f64::NEG_INFINITY, 200, &mut search.clock);
        // Two lorries are on the only lane.
        let column = relaxation.master.columns.iter().find(|c| c.offer == 1).expect("lorries have a way");
        search.offer(write::plan(&instance, &network, &[(column, 2)]));
        assert_eq!(search.best.objective, 30.0);
        search.improve(&relaxation, &relaxed.solved.expect("time enough").prices);
        assert_eq!(search.best.objective, 50.0);
    }
}

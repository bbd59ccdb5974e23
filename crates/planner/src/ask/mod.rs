//! What to ask donors and hosts for: what more of something would be worth, most valuable first.
//!
//! Candidates come from a relaxation's prices and from what stands in the way of shortfalls; their quantity is what
//! these lack. Since packages count complete sets only, a prediction by prices can mislead: [`verify`] solves again
//! with what is asked for and tells the true gain.

mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use self::value::{Values, prices, values};
use crate::change::{Change, apply};
use crate::explain::{Cause, Reason, Shortfall};
use crate::instance::Instance;
use crate::plan::{Plan, Target as Served};
use crate::solve::{Capacities, Limit, LimitKind, Network, Options, Progress, Target, solve_from};

/// Most requests that are made.
const MOST: usize = 40;
/// A request that gains less than this share of the objective is none.
const LEAST: f64 = 1e-5;
/// How much less a unit may be worth for being given later, as a share of what it serves is worth.
const LATER: f64 = 0.005;

/// What is lacking of capacities at most, and the wants that lack it.
type Lacking<'a> = BTreeMap<(LimitKind, &'a str), (f64, Vec<(String, i64)>)>;

/// Something to ask for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// What would be otherwise, all of it together.
    pub changes: Vec<Change>,
    /// What it is for: wants with the units or sets that they would get more.
    pub serves: Vec<(String, i64)>,
    /// Gain of the objective by prices.
    pub predicted: f64,
    /// What solving again says; none: nobody looked.
    pub verified: Option<Verified>,
}

/// What solving again with what is asked for says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verified {
    /// Gain of the objective over the plan: a plan that gains it is known.
    pub gain: f64,
    /// No plan gains more than this.
    pub at_most: f64,
    /// Wants that get more or less than by the plan, with the difference in units or sets, most first.
    pub serves: Vec<(String, i64)>,
}

/// Requests beside a plan: its shortfalls, and the limits that the solver found. Nothing is asked for before `first`.
pub fn asks(instance: &Instance, plan: &Plan, shortfalls: &[Shortfall], limits: &[Limit], first: usize) -> Vec<Ask> {
    let network = Network::new(instance);
    let capacities = Capacities::new(&network);
    let prices = prices(instance, &capacities, limits);
    // Not where things are wanted: what waits there for repair is not where a donor would give more.
    let wanted: BTreeSet<usize> = network.wants.iter().map(|w| w.place).collect();
    let all: BTreeSet<usize> = network.offers.iter().map(|o| o.place).collect();
    let apart: BTreeSet<usize> = all.difference(&wanted).copied().collect();
    let origins = if apart.is_empty() { all } else { apart };
    let desk = Desk { instance, network: &network, capacities: &capacities, prices, origins, first };
    let mut found = Collected::default();
    for shortfall in shortfalls.iter().filter(|s| !s.late) {
        desk.goods(shortfall, plan, &mut found);
        desk.caveats(shortfall, &mut found);
    }
    let mut asks = found.asks(instance);
    asks.extend(desk.capacities(shortfalls, limits));
    let least = LEAST * plan.objective.abs();
    asks.retain(|ask| ask.predicted > least);
    asks.sort_by(|a, b| b.predicted.total_cmp(&a.predicted));
    asks.truncate(MOST);
    asks
}

/// Solves again with each of the requests, and once without any: gains are counted from the better of that and the
/// plan, so that none is owed to looking longer. `progress` may end it; then the rest stays as it is.
pub fn verify(
    instance: &Instance,
    plan: &Plan,
    asks: &mut [Ask],
    options: &Options,
    progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) {
    let stopped = std::cell::Cell::new(false);
    let mut watch = |now: &Progress| {
        let flow = progress(now);
        stopped.set(stopped.get() || flow.is_break());
        flow
    };
    let base = solve_from(instance, options, plan, 0.0, &mut watch).plan;
    let before = delivered(&base);
    for ask in asks {
        let Ok(changed) = apply(instance, &ask.changes) else { continue };
        let outcome = solve_from(&changed, options, &base, 0.0, &mut watch);
        if stopped.get() {
            break;
        }
        let (gain, at_most) = (outcome.objective - base.objective, outcome.bound - base.objective);
        let serves = differences(&before, &delivered(&outcome.plan));
        ask.verified = Some(Verified { gain, at_most, serves });
    }
}

/// Wants that get more or less, with the difference, most first.
pub fn differences(before: &BTreeMap<String, i64>, after: &BTreeMap<String, i64>) -> Vec<(String, i64)> {
    let wants: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let of = |delivered: &BTreeMap<String, i64>, want: &String| delivered.get(want).copied().unwrap_or(0);
    let mut all: Vec<_> = wants.into_iter().map(|want| (want.clone(), of(after, want) - of(before, want))).collect();
    all.retain(|(_, more)| *more != 0);
    all.sort_by_key(|(_, more)| std::cmp::Reverse(*more));
    all
}

/// Units that requirements get, and sets of packages.
pub fn delivered(plan: &Plan) -> BTreeMap<String, i64> {
    let mut delivered = BTreeMap::new();
    for flow in &plan.flows {
        if let Served::Requirement(id) = &flow.target {
            *delivered.entry(id.clone()).or_default() += flow.quantity;
        }
    }
    for line in &plan.packages {
        *delivered.entry(line.package.clone()).or_default() += line.count;
    }
    delivered
}

/// What requests are made from.
struct Desk<'a> {
    instance: &'a Instance,
    network: &'a Network,
    capacities: &'a Capacities,
    prices: Vec<f64>,
    /// Places where donors give something: there, they can be asked for more.
    origins: BTreeSet<usize>,
    first: usize,
}

/// Requests for goods by what and where, and for caveats by offer.
#[derive(Default)]
struct Collected {
    /// By resource and place: period by which, units, wants, gain.
    goods: BTreeMap<(usize, usize), Part>,
    sets: Vec<Ask>,
    caveats: BTreeMap<String, Part>,
}

#[derive(Default, Clone)]
struct Part {
    by: usize,
    units: i64,
    serves: Vec<(String, i64)>,
    gain: f64,
}

/// A component to ask for: its resource, where, by when, how many.
struct Wanted {
    resource: usize,
    place: usize,
    by: usize,
    units: i64,
}

impl Desk<'_> {
    /// Goods that a shortfall lacks: single units by resource and place, packages as a whole.
    fn goods(&self, shortfall: &Shortfall, plan: &Plan, found: &mut Collected) {
        if let Some(r) = self.instance.requirements.iter().position(|r| r.id == shortfall.want) {
            let wants =
                (0..self.network.wants.len()).filter(|&w| self.network.wants[w].target == Target::Requirement(r));
            let best = wants.filter_map(|w| self.place(w, self.network.wants[w].value).map(|found| (w, found)));
            let best = best.max_by(|a, b| a.1.2.total_cmp(&b.1.2));
            if let Some((want, (place, by, value))) = best.filter(|(_, (.., value))| *value > 1e-6) {
                let part = found
                    .goods
                    .entry((self.network.wants[want].resource, place))
                    .or_insert_with(|| Part { by: usize::MAX, ..Part::default() });
                part.by = part.by.min(by);
                part.units += shortfall.units;
                part.serves.push((shortfall.want.clone(), shortfall.units));
                part.gain += value * shortfall.units as f64;
            }
        } else if let Some(k) = self.instance.packages.iter().position(|k| k.id == shortfall.want) {
            found.sets.extend(self.sets(k, shortfall, plan));
        }
    }

    /// The origin from which a unit is worth most to a want, the last period by which, and that worth.
    fn place(&self, want: usize, worth: f64) -> Option<(usize, usize, f64)> {
        let values: Values = values(self.network, self.capacities, &self.prices, want, worth);
        let apart = LATER * worth.max(0.0);
        let at = |&place: &usize| values.latest(place, self.first, apart).map(|(by, value)| (place, by, value));
        self.origins.iter().filter_map(at).max_by(|a, b| a.2.total_cmp(&b.2))
    }

    /// What would complete a package's missing sets: all parts that are lacking, together.
    fn sets(&self, k: usize, shortfall: &Shortfall, plan: &Plan) -> Option<Ask> {
        let package = &self.instance.packages[k];
        let complete: i64 = plan.packages.iter().filter(|l| l.package == package.id).map(|l| l.count).sum();
        let (mut wanted, mut gain): (Vec<Wanted>, f64) = (Vec::new(), package.priority * shortfall.units as f64);
        for (i, component) in package.components.iter().enumerate() {
            let there = |f: &&crate::plan::Flow| matches!(&f.target, Served::Package { id, component } if *id == package.id && *component == i);
            let there: i64 = plan.flows.iter().filter(there).map(|f| f.quantity).sum();
            let lacking = component.quantity * (complete + shortfall.units) - there;
            let want = self.network.packages[k].wants[i]?;
            // A part that is only worth its cost: what it must be there for is the due period.
            let each = package.priority / package.components.len() as f64 / component.quantity as f64;
            if lacking > 0 {
                let (place, by, value) = self.place(want, each)?;
                gain -= (each - value) * lacking as f64;
                let asked = shortfall.causes.iter().any(|c| c.resource == component.resource && is_goods(&c.reason));
                if asked {
                    wanted.push(Wanted { resource: self.network.wants[want].resource, place, by, units: lacking });
                }
            }
        }
        let changes: Vec<Change> = wanted.iter().enumerate().map(|(n, w)| self.offer(n, w)).collect();
        let serves = vec![(package.id.clone(), shortfall.units)];
        (!changes.is_empty()).then_some(Ask { changes, serves, predicted: gain, verified: None })
    }

    fn offer(&self, n: usize, wanted: &Wanted) -> Change {
        add(self.instance, n, wanted)
    }

    /// Caveats that exclude offers from a requirement.
    fn caveats(&self, shortfall: &Shortfall, found: &mut Collected) {
        let requirement = self.instance.requirements.iter().position(|r| r.id == shortfall.want);
        for cause in &shortfall.causes {
            let Reason::Caveat { offers } = &cause.reason else { continue };
            for (id, units) in offers {
                let Some(offer) = self.instance.offers.iter().position(|o| o.id == *id) else { continue };
                let gain = match requirement {
                    Some(r) => self.lifted(offer, Target::Requirement(r)).unwrap_or(0.0),
                    None => self.completed(shortfall),
                };
                let part = found.caveats.entry(id.clone()).or_default();
                part.units += units;
                part.gain += gain.max(0.0) * *units as f64;
                part.serves.push((shortfall.want.clone(), *units));
            }
        }
    }

    /// Worth of a unit to a package, if caveats are all that stands in its way; else nothing, since a part alone is worth
    /// nothing.
    fn completed(&self, shortfall: &Shortfall) -> f64 {
        let package = self.instance.packages.iter().find(|k| k.id == shortfall.want);
        let units = |cause: &Cause| matches!(cause.reason, Reason::Caveat { .. }).then_some(cause.units);
        let all: Option<i64> = shortfall.causes.iter().map(units).sum();
        match (package, all) {
            (Some(package), Some(all)) if all > 0 => package.priority * shortfall.units as f64 / all as f64,
            _ => 0.0,
        }
    }

    /// Worth of a unit of an offer to a target, were it allowed.
    fn lifted(&self, offer: usize, target: Target) -> Option<f64> {
        let o = &self.network.offers[offer];
        let wants = (0..self.network.wants.len())
            .filter(|&w| self.network.wants[w].target == target && self.network.wants[w].resource == o.resource);
        let worth = |w: usize| {
            let values = values(self.network, self.capacities, &self.prices, w, self.network.wants[w].value);
            values.at(o.from, o.place)
        };
        wants.map(worth).filter(|v| v.is_finite()).max_by(f64::total_cmp)
    }

    /// More of what is full, as much as shortfalls lack of it at most.
    fn capacities(&self, shortfalls: &[Shortfall], limits: &[Limit]) -> Vec<Ask> {
        let mut lacking: Lacking<'_> = BTreeMap::new();
        for shortfall in shortfalls {
            for cause in &shortfall.causes {
                let Reason::Full { what, id, lacking: more, .. } = &cause.reason else { continue };
                let entry = lacking.entry((*what, id)).or_default();
                entry.0 = entry.0.max(*more);
                entry.1.push((shortfall.want.clone(), cause.units));
            }
        }
        let heaviest = self.network.mass.iter().copied().fold(0.0, f64::max);
        let ask = |limit: &Limit| {
            let none = (0.0, Vec::new());
            let (lacks, serves) = lacking.get(&(limit.kind, limit.id.as_str())).cloned().unwrap_or(none);
            let most = limit.binding.iter().map(|b| b.capacity).fold(0.0, f64::max);
            let unit = if limit.kind == LimitKind::Process { 1.0 } else { heaviest };
            let more = if lacks > 0.0 { lacks } else { unit }.min(most.max(unit)).ceil();
            let (from, to) = (limit.binding.first()?.period, limit.binding.last()?.period);
            let change = Change::widen(limit.kind, &limit.id, (from, to), more)?;
            Some(Ask { changes: vec![change], serves, predicted: more * limit.worth, verified: None })
        };
        limits.iter().filter_map(ask).collect()
    }
}

fn is_goods(reason: &Reason) -> bool {
    !matches!(reason, Reason::Full { .. } | Reason::Dear { .. } | Reason::NotSought | Reason::Caveat { .. })
}

/// An offer that nobody has made yet.
fn add(instance: &Instance, n: usize, wanted: &Wanted) -> Change {
    Change::AddOffer {
        offer: format!("asked {}", n + 1),
        donor: String::new(),
        resource: instance.resources[wanted.resource].id.clone(),
        quantity: wanted.units,
        place: instance.places[wanted.place].id.clone(),
        from: wanted.by,
    }
}

impl Collected {
    fn asks(self, instance: &Instance) -> Vec<Ask> {
        let goods = self.goods.into_iter().map(|((resource, place), part)| {
            let wanted = Wanted { resource, place, by: part.by, units: part.units };
            let changes = vec![add(instance, 0, &wanted)];
            Ask { changes, serves: most(part.serves), predicted: part.gain, verified: None }
        });
        let caveats = self.caveats.into_iter().map(|(offer, part)| Ask {
            changes: vec![Change::LiftCaveat { offer }],
            serves: most(part.serves),
            predicted: part.gain,
            verified: None,
        });
        goods.chain(caveats).chain(self.sets).collect()
    }
}

/// Most first.
fn most(mut serves: Vec<(String, i64)>) -> Vec<(String, i64)> {
    serves.sort_by_key(|(_, units)| std::cmp::Reverse(*units));
    serves
}

//! How a plan fares when journeys take longer and goods are lost: chances by sampling, at stated rates.
//!
//! All that departs on a lane in a period is one convoy or ship: it is late together. So is what starts a process in a
//! period. What is late goes on when it is there; whether it then finds room is not looked at. Each line is lost, or
//! not, on each of its legs. Of what a process with a pass share makes, each unit fails, or not, by itself. The same seed gives the same chances.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::instance::Instance;
use crate::plan::{Flow, Leg, Plan, Target};
use crate::solve::timeliness;

/// Up to so many units it is drawn for each whether it passes; of more, how many pass is drawn at once from the normal distribution that many such
/// draws come to.
const EACH: i64 = 1_000;

/// How often things go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// Chance that a departure, or a start, takes a period longer than planned.
    pub delay: f64,
    /// Chance of each further period, once it is late.
    pub longer: f64,
    /// Chance that a line is lost on a leg.
    pub loss: f64,
    /// Number of samples.
    pub samples: u32,
    /// Seed of all chance.
    pub seed: u64,
}

impl Default for Rates {
    fn default() -> Rates {
        Rates { delay: 0.1, longer: 0.3, loss: 0.005, samples: 1_000, seed: 1 }
    }
}

/// How a plan fares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Robustness {
    /// The rates it was tried at.
    pub rates: Rates,
    /// Mean value of what arrives, lateness counted.
    pub mean: f64,
    /// Value that is reached in nine of ten samples.
    pub low: f64,
    /// Value if all goes as planned.
    pub planned: f64,
    /// By want that the plan gives anything.
    pub wants: BTreeMap<String, Chance>,
}

/// How a want fares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chance {
    /// Units or sets that the plan gives it while they are worth something.
    pub planned: i64,
    /// Mean of what arrives while it is worth something.
    pub mean: f64,
    /// Chance that all that is planned arrives while it is worth something.
    pub all: f64,
    /// Chance that all that is planned by the due period arrives by then.
    pub in_time: f64,
}

/// Tries a plan that keeps the rules at these rates.
pub fn try_out(instance: &Instance, plan: &Plan, rates: Rates) -> Robustness {
    let trial = Trial::new(instance, plan);
    let calm = trial.sample(None);
    let samples: Vec<Sample> = (0..rates.samples.max(1)).map(|n| trial.sample(Some((&rates, n)))).collect();
    let mut values: Vec<f64> = samples.iter().map(|s| s.value).collect();
    values.sort_by(f64::total_cmp);
    let count = samples.len() as f64;
    let wants = trial.wants.iter().enumerate().filter(|(n, _)| calm.got[*n].0 > 0).map(|(n, want)| {
        let (planned, by_due) = calm.got[n];
        let of = |is: &dyn Fn((i64, i64)) -> bool| samples.iter().filter(|s| is(s.got[n])).count() as f64 / count;
        let chance = Chance {
            planned,
            mean: samples.iter().map(|s| s.got[n].0.min(planned) as f64).sum::<f64>() / count,
            all: of(&|(units, _)| units >= planned),
            in_time: of(&|(_, in_time)| in_time >= by_due),
        };
        (want.id.to_owned(), chance)
    });
    Robustness {
        rates,
        mean: values.iter().sum::<f64>() / count,
        low: values[values.len() / 10],
        planned: calm.value,
        wants: wants.collect(),
    }
}

struct Want<'i> {
    id: &'i str,
    priority: f64,
    due: usize,
    expires: usize,
    /// Most that counts.
    most: i64,
    /// Units per set, of a package's components; empty for a requirement.
    parts: Vec<i64>,
}

/// A flow by numbers.
struct Line<'i> {
    flow: &'i Flow,
    want: usize,
    /// Share of the value that a unit earns.
    utility: f64,
    /// Number of the lane or process, its planned period, and the periods it takes.
    legs: Vec<(usize, usize, usize)>,
    /// Of legs whose process has one: number of the leg, share of the units that pass.
    shares: Vec<(usize, f64)>,
    from: usize,
}

struct Trial<'i> {
    wants: Vec<Want<'i>>,
    lines: Vec<Line<'i>>,
    periods: usize,
}

struct Sample {
    value: f64,
    /// Of each want: units or sets while they are worth something, and by the due period.
    got: Vec<(i64, i64)>,
}

impl<'i> Trial<'i> {
    fn new(d: &'i Instance, plan: &'i Plan) -> Trial<'i> {
        let requirements = d.requirements.iter().map(|r| Want {
            id: &r.id,
            priority: r.priority,
            due: r.due,
            expires: r.expires,
            most: r.quantity,
            parts: Vec::new(),
        });
        let packages = d.packages.iter().map(|k| Want {
            id: &k.id,
            priority: k.priority,
            due: k.due,
            expires: k.expires,
            most: k.count,
            parts: k.components.iter().map(|c| c.quantity).collect(),
        });
        let wants: Vec<Want<'i>> = requirements.chain(packages).collect();
        let number: HashMap<&str, usize> = wants.iter().enumerate().map(|(n, w)| (w.id, n)).collect();
        // Lanes, processes and suppliers share one row of numbers, so that each has its own chance.
        let lanes = d.lanes.iter().enumerate().map(|(n, l)| (("lane", l.id.as_str()), (n, l.transit)));
        let processes = d.processes.iter().enumerate();
        let processes = processes.map(|(n, p)| (("process", p.id.as_str()), (d.lanes.len() + n, p.duration)));
        let first_order = d.lanes.len() + d.processes.len();
        let bought = d.offers.iter().enumerate().filter_map(|(n, o)| Some((n, o, o.purchase.as_ref()?)));
        let orders = bought.map(|(n, o, purchase)| (("order", o.id.as_str()), (first_order + n, purchase.lead)));
        let ways: HashMap<(&str, &str), (usize, usize)> = lanes.chain(processes).chain(orders).collect();
        let offers: HashMap<&str, (usize, &str)> =
            d.offers.iter().map(|o| (o.id.as_str(), (o.from, o.resource.as_str()))).collect();
        let makes: HashMap<&str, (&str, Option<f64>)> =
            d.processes.iter().map(|p| (p.id.as_str(), (p.output.as_str(), p.pass_share))).collect();
        let lines = plan.flows.iter().filter_map(|flow| {
            let &(from, mut resource) = offers.get(flow.offer.as_str())?;
            let mut legs = Vec::with_capacity(flow.path.len());
            let mut shares = Vec::new();
            for (n, leg) in flow.path.iter().enumerate() {
                let key = match leg {
                    Leg::Lane { lane, .. } => ("lane", lane.as_str()),
                    Leg::Process { process, .. } => ("process", process.as_str()),
                    Leg::Order { .. } => ("order", flow.offer.as_str()),
                };
                if key.0 == "process" {
                    let &(output, share) = makes.get(key.1)?;
                    resource = output;
                    shares.extend(share.map(|share| (n, share)));
                }
                let &(number, takes) = ways.get(&key)?;
                legs.push((number, usize::try_from(leg.start()).ok()?, takes));
            }
            let (want, utility) = match &flow.target {
                Target::Requirement(id) => {
                    let r = d.requirements.iter().find(|r| r.id == *id)?;
                    (id, r.accepts.iter().find(|a| a.resource == resource)?.utility)
                }
                Target::Package { id, .. } => (id, 0.0),
                Target::Process { .. } | Target::Pool(_) => return None,
            };
            Some(Line { flow, want: *number.get(want.as_str())?, utility, legs, shares, from })
        });
        Trial { lines: lines.collect(), wants, periods: d.periods }
    }

    /// What arrives in one sample, or, without rates, if all goes as planned.
    fn sample(&self, chance: Option<(&Rates, u32)>) -> Sample {
        let mut got = vec![(0, 0); self.wants.len()];
        let mut value = 0.0;
        // Of packages: units by component and period of arrival.
        let mut parts: BTreeMap<usize, Vec<Vec<(usize, i64)>>> = BTreeMap::new();
        for (n, line) in self.lines.iter().enumerate() {
            let Some(arrives) = self.arrives(n, line, chance) else { continue };
            let (want, units) = (&self.wants[line.want], passing(n, line, chance));
            match &line.flow.target {
                Target::Requirement(_) => {
                    let worth = timeliness(arrives, want.due, want.expires);
                    value += units as f64 * want.priority * line.utility * worth;
                    let got = &mut got[line.want];
                    got.0 += if worth > 0.0 { units } else { 0 };
                    got.1 += if arrives <= want.due { units } else { 0 };
                }
                Target::Process { .. } | Target::Pool(_) => {}
                Target::Package { component, .. } => {
                    let parts = parts.entry(line.want).or_insert_with(|| vec![Vec::new(); want.parts.len()]);
                    if let Some(list) = parts.get_mut(*component) {
                        list.push((arrives, units));
                    }
                }
            }
        }
        for (n, parts) in parts {
            let want = &self.wants[n];
            let mut done = 0;
            for t in 0..self.periods {
                let by = |list: &Vec<(usize, i64)>| list.iter().filter(|(at, _)| *at <= t).map(|(_, n)| n).sum::<i64>();
                let sets = parts.iter().zip(&want.parts).map(|(list, each)| by(list) / each).min().unwrap_or(0);
                let more = sets.min(want.most) - done;
                let worth = timeliness(t, want.due, want.expires);
                value += more as f64 * want.priority * worth;
                got[n].0 += if worth > 0.0 { more } else { 0 };
                got[n].1 += if t <= want.due { more } else { 0 };
                done += more;
            }
        }
        Sample { value, got }
    }

    /// When a line arrives; none if it is lost, or not there by the last period.
    fn arrives(&self, n: usize, line: &Line<'_>, chance: Option<(&Rates, u32)>) -> Option<usize> {
        let mut now = line.from;
        for (leg, &(way, planned, takes)) in line.legs.iter().enumerate() {
            let start = planned.max(now);
            let mut late = 0;
            if let Some((rates, sample)) = chance {
                let lost = [rates.seed, sample.into(), 1, n as u64, leg as u64];
                if draw(&lost) < rates.loss {
                    return None;
                }
                let mut rate = rates.delay;
                while draw(&[rates.seed, sample.into(), 2, way as u64, start as u64, late as u64]) < rate {
                    (late, rate) = (late + 1, rates.longer);
                    if late > self.periods {
                        break;
                    }
                }
            }
            now = start + takes + late;
        }
        let arrives = now.max(usize::try_from(line.flow.arrive).ok()?);
        (arrives < self.periods).then_some(arrives)
    }
}

/// Units of a line that pass all processes on its way.
fn passing(n: usize, line: &Line<'_>, chance: Option<(&Rates, u32)>) -> i64 {
    let Some((rates, sample)) = chance else { return line.flow.quantity };
    line.shares.iter().fold(line.flow.quantity, |units, &(leg, share)| {
        let draw = |k: i64| draw(&[rates.seed, sample.into(), 3, n as u64, leg as u64, k as u64]);
        if units <= EACH {
            return (0..units).filter(|k| draw(*k) < share).count() as i64;
        }
        let (of, around) =
            (units as f64, (-2.0 * (1.0 - draw(0)).ln()).sqrt() * (std::f64::consts::TAU * draw(1)).cos());
        ((of * share + around * (of * share * (1.0 - share)).sqrt()).round() as i64).clamp(0, units)
    })
}

/// A number from 0 to below 1 that depends on these only (splitmix64 over them).
fn draw(of: &[u64]) -> f64 {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for &n in of {
        state = state.wrapping_add(n).wrapping_add(0x9e37_79b9_7f4a_7c15);
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^= state >> 31;
    }
    (state >> 11) as f64 / (1_u64 << 53) as f64
}

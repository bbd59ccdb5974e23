//! What accepted plans promised and what of it has not begun: a new plan may take it back, and keeps what it cannot better by a price.
//!
//! A promised line is read from the ledger, by the dates of its pending entries; so a later mission calendar shifts its periods. It
//! stands only if it would become the very entries that it has. What has begun is never touched: it stays taken. Where it brings a part
//! of a package's sets, the planner gets it as an offer of its own that waits at the package's place, for that package only; such an
//! offer's id is the offer's code with more words behind it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    ledger::{
        account::AccountPurpose,
        entry::{Activity, EntryKind, EntryNumber},
    },
    mission::Mission,
    picture::Picture,
};
use muster_planner::{
    instance::{self as planner, Instance},
    plan::{Flow, Leg, Plan, Target},
};
use muster_storage::{
    db::Conn,
    ledger::{left::change, read},
    plan::{self as store, PromisedLine, PromisedStep, Receipt},
};
use serde::{Deserialize, Serialize};

use super::{acceptance::Ways, instance::Taken};
use crate::{Error, day};

/// Share of what a promised line is worth on average for which it changes, unless somebody says otherwise. It is more than in a scenario,
/// which moves nobody.
pub const KEEP: f64 = 0.05;

/// The promised lines that a plan takes the place of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replaces {
    /// What a changed line must gain, as a share of what a promised line is worth on average.
    pub keep: f64,
    /// The lines, each with its flow at the same place.
    pub lines: Vec<Promise>,
    /// How each of them was to go, in the periods of the new plan.
    pub flows: Plan,
}

/// A line of an accepted plan of which nothing has happened yet, nothing is in a consignment and nobody is nominated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// The plan that promised it.
    pub plan: String,
    /// Its number within that plan.
    pub line: i64,
    /// The first of its pending entries.
    pub first: EntryNumber,
    /// The last of them.
    pub last: EntryNumber,
    /// Whether the entries are those that its flow would have now.
    pub stands: bool,
}

impl Promise {
    /// Plan and line, like `P-001/7`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.plan, self.line)
    }
}

impl Replaces {
    /// Each promised line with its flow.
    pub fn all(&self) -> impl Iterator<Item = (&Promise, &Flow)> {
        self.lines.iter().zip(&self.flows.flows)
    }

    /// A plan to start from: what was promised, together with what has begun of packages.
    pub(super) fn start(&self, problem: &Instance) -> Plan {
        // On one way there is one line, as in any plan of the solver's.
        let mut sums: BTreeMap<String, Flow> = BTreeMap::new();
        for flow in &self.flows.flows {
            let entry = sums.entry(format!("{:?}", way(flow))).or_insert_with(|| Flow { quantity: 0, ..flow.clone() });
            entry.quantity += flow.quantity;
        }
        let begun = problem.offers.iter().filter(|offer| is_begun(&offer.id)).filter_map(|offer| {
            let package =
                problem.packages.iter().find(|k| offer.only_for.as_ref().is_some_and(|o| o.contains(&k.purpose)))?;
            let component = package.components.iter().position(|c| c.resource == offer.resource)?;
            Some(Flow {
                offer: offer.id.clone(),
                quantity: offer.quantity,
                path: Vec::new(),
                arrive: offer.from as i64,
                target: Target::Package { id: package.id.clone(), component },
            })
        });
        let begun: Vec<Flow> = begun.collect();
        Plan { flows: sums.into_values().chain(begun).collect(), ..Plan::empty(&problem.name) }
    }
}

/// What a line is besides its units.
pub(super) fn way(flow: &Flow) -> (&str, &[Leg], i64, &Target) {
    (&flow.offer, &flow.path, flow.arrive, &flow.target)
}

/// Whether an offer of an instance is what has begun already.
pub(super) fn is_begun(offer: &str) -> bool {
    // No code has a space.
    offer.contains(' ')
}

/// The code of the offer that an offer of an instance comes from.
pub(super) fn code_of(offer: &str) -> &str {
    offer.split(' ').next().unwrap_or(offer)
}

/// What is promised, as the ledger has it.
pub(super) struct Promised {
    lines: Vec<PromisedLine>,
    flows: Vec<Flow>,
    /// What units are to take over of what has begun.
    receipts: Vec<Receipt>,
}

impl Promised {
    /// Reads what is promised to needs that there still are.
    pub(super) async fn read(conn: &mut Conn, picture: &Picture, mission: &Mission) -> Result<Self, Error> {
        let (mut lines, mut flows) = (Vec::new(), Vec::new());
        for line in store::promised(conn).await? {
            let Some(flow) = flow(picture, mission, &line) else { continue };
            lines.push(line);
            flows.push(flow);
        }
        let mut receipts = store::receipts(conn).await?;
        let promised: BTreeSet<EntryNumber> = lines.iter().flat_map(|l| &l.steps).map(|step| step.entry).collect();
        receipts.retain(|receipt| !promised.contains(&receipt.entry));
        Ok(Self { lines, flows, receipts })
    }

    /// Takes what is promised out of what is taken, as if it had been voided.
    pub(super) fn free(&self, taken: &mut Taken) {
        for line in &self.lines {
            for step in &line.steps {
                let resource = step.from.resource.clone();
                if let (AccountPurpose::OnHand, Some(via)) = (step.from.purpose, &step.to.via) {
                    match step.to.purpose {
                        AccountPurpose::InTransit => {
                            taken.lanes.push((via.to_string(), step.at, resource.to_string(), -line.quantity));
                        }
                        AccountPurpose::InProcess => taken.processes.push((via.to_string(), step.at, -line.quantity)),
                        _ => {}
                    }
                }
                taken.flows.push(read::Flow {
                    offer: Some(line.offer.clone()),
                    need: Some(line.need.clone()),
                    kind: EntryKind::Void,
                    settles: true,
                    resource,
                    from: (step.from.purpose, step.from.place.clone()),
                    to: (step.to.purpose, step.to.place.clone()),
                    quantity: line.quantity,
                });
            }
        }
    }

    /// What the plan that is made from `problem` takes the place of.
    pub(super) fn replaces(&self, keep: f64, picture: &Picture, mission: &Mission, problem: &Instance) -> Replaces {
        let ways = Ways { picture, mission };
        let promise = |(line, flow): (&PromisedLine, &Flow)| {
            let stands = ways.steps(flow).is_ok_and(|steps| {
                steps.len() == line.steps.len()
                    && steps.iter().zip(&line.steps).all(|(would, has)| {
                        (would.activity, would.at, &would.from, &would.to) == (has.activity, has.at, &has.from, &has.to)
                    })
            });
            Promise {
                plan: line.plan.to_string(),
                line: line.line,
                first: line.steps.first().map_or(0, |step| step.entry),
                last: line.steps.last().map_or(0, |step| step.entry),
                stands,
            }
        };
        Replaces {
            keep,
            lines: self.lines.iter().zip(&self.flows).map(promise).collect(),
            flows: Plan { flows: self.flows.clone(), ..Plan::empty(&problem.name) },
        }
    }

    /// Gives the planner what has begun of packages beyond their complete sets.
    pub(super) fn begun(
        &self,
        picture: &Picture,
        mission: &Mission,
        taken: &Taken,
        from: usize,
        problem: &mut Instance,
    ) {
        let periods = problem.periods;
        for n in 0..problem.packages.len() {
            let package = &problem.packages[n];
            let Some(record) = picture.packages.get(&package.id) else { continue };
            let complete = i64::from(record.count) - package.count;
            let mut begun: Vec<planner::Offer> = Vec::new();
            for (component, wanted) in package.components.iter().enumerate() {
                let mut parts = self.parts(mission, taken, (&package.id, &wanted.resource), from);
                let mut left = parts.iter().map(|(_, _, units)| units).sum::<i64>() - complete * wanted.quantity;
                // The complete sets have what comes first.
                parts.sort_by_key(|(offer, at, _)| (std::cmp::Reverse(*at), *offer));
                for (offer, at, units) in parts {
                    let units = units.min(left);
                    left -= units.max(0);
                    if units > 0 && at < periods {
                        begun.push(planner::Offer {
                            id: format!("{offer} {} {component} {at}", package.id),
                            donor: picture.offers.get(offer.as_str()).map_or_else(String::new, |o| o.donor.to_string()),
                            resource: wanted.resource.clone(),
                            quantity: units,
                            place: package.place.clone(),
                            from: at,
                            ..planner::Offer::default()
                        });
                    }
                }
            }
            if begun.is_empty() {
                continue;
            }
            // Only this package has this purpose; what may serve the one that it had may serve it still.
            let own = format!("{} {}", package.purpose, package.id);
            let offers = problem.offers.iter_mut().filter_map(|offer| offer.only_for.as_mut());
            for only in offers.chain(problem.floors.iter_mut().filter_map(|floor| floor.purposes.as_mut())) {
                if only.contains(&problem.packages[n].purpose) {
                    only.push(own.clone());
                }
            }
            begun.iter_mut().for_each(|offer| offer.only_for = Some(vec![own.clone()]));
            problem.offers.extend(begun);
            problem.packages[n].purpose = own;
        }
    }

    /// What of a resource is bound to a package and has begun: offer, period in which it is there, units.
    fn parts<'a>(
        &'a self,
        mission: &Mission,
        taken: &'a Taken,
        (package, resource): (&str, &str),
        from: usize,
    ) -> Vec<(&'a Code, usize, i64)> {
        let mut bound: BTreeMap<&Code, i64> = BTreeMap::new();
        for flow in &taken.flows {
            let of = flow.need.as_ref().is_some_and(|need| need.as_str() == package)
                && flow.resource.as_str() == resource
                && flow.to.0 == AccountPurpose::InService;
            if let Some(offer) = flow.offer.as_ref().filter(|_| of) {
                *bound.entry(offer).or_default() += change(flow);
            }
        }
        let mut parts: BTreeMap<(&Code, usize), i64> = BTreeMap::new();
        for receipt in &self.receipts {
            if receipt.need.as_str() == package && receipt.resource.as_str() == resource {
                let at = usize::try_from(period(mission, receipt.at)).unwrap_or(0).max(from);
                *parts.entry((&receipt.offer, at)).or_default() += receipt.open;
                *bound.entry(&receipt.offer).or_default() -= receipt.open;
            }
        }
        for (offer, received) in bound {
            *parts.entry((offer, from)).or_default() += received;
        }
        parts.into_iter().filter(|(_, units)| *units > 0).map(|((offer, at), units)| (offer, at, units)).collect()
    }
}

/// Units that are bound by what has begun.
#[derive(Clone, Debug, Default)]
pub struct Bound {
    /// By offer.
    pub offers: BTreeMap<String, i64>,
    /// By need.
    pub needs: BTreeMap<String, i64>,
}

impl Bound {
    /// Units of each offer, and of each need, that are bound by what has begun.
    pub(super) fn of(taken: &Taken) -> Self {
        let mut bound = Self::default();
        for flow in &taken.flows {
            // What a repair uses up or a pool has for a time binds its offer, too.
            let ends = [AccountPurpose::InService, AccountPurpose::Consumed, AccountPurpose::InProcess];
            let needs = flow.need.as_ref().filter(|_| flow.to.0 == AccountPurpose::InService);
            let offers = flow.offer.as_ref().filter(|_| ends.contains(&flow.to.0));
            for (code, sums) in [(offers, &mut bound.offers), (needs, &mut bound.needs)] {
                if let Some(code) = code {
                    *sums.entry(code.to_string()).or_default() += change(flow);
                }
            }
        }
        bound
    }
}

fn period(mission: &Mission, at: Timestamp) -> i64 {
    mission.period_of(day(at))
}

/// A promised line's flow in the mission's periods; `None` if what it is for is not there any more.
fn flow(picture: &Picture, mission: &Mission, line: &PromisedLine) -> Option<Flow> {
    let id = line.need.to_string();
    let mut path = Vec::new();
    for step in &line.steps {
        let start = period(mission, step.at);
        match (step.activity, &step.to.via) {
            (Activity::Depart, Some(lane)) => path.push(Leg::Lane { lane: lane.to_string(), depart: start }),
            (Activity::Start, Some(process)) if *process != line.need => {
                path.push(Leg::Process { process: process.to_string(), start });
            }
            _ => {}
        }
    }
    // What is delivered is received; what is used up or held for a time is for a repair, a course or a pool.
    let ends = |step: &&PromisedStep| match step.activity {
        Activity::Receive | Activity::Consume => true,
        Activity::Start => step.to.via.as_ref() == Some(&line.need),
        _ => false,
    };
    let last = line.steps.iter().find(ends)?;
    let resource = last.to.resource.as_str();
    let target = match last.activity {
        Activity::Start => Target::Pool(picture.pools.contains_key(&id).then_some(id)?),
        Activity::Consume => {
            let input = picture.needs(&id).position(|need| need.resource.as_str() == resource)?;
            Target::Process { id, input }
        }
        _ if picture.requirements.contains_key(&id) => Target::Requirement(id),
        _ => {
            let component = picture.components(&id).position(|c| c.resource.as_str() == resource)?;
            Target::Package { id, component }
        }
    };
    let arrive = period(mission, last.at);
    Some(Flow { offer: line.offer.to_string(), quantity: line.quantity, path, arrive, target })
}

//! What a new plan makes of promised lines: which stay, which change, which are dropped, and what is new.

use std::collections::{BTreeMap, HashMap};

use muster_domain::viewer::Viewer;
use muster_planner::plan::{Flow, Plan};
use serde::{Deserialize, Serialize};

use super::{
    Shown,
    promise::{Promise, Replaces, is_begun, way},
    unreadable,
};
use crate::{App, Error};

/// Numbers of lines by what becomes of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Replan {
    /// What a changed line had to gain, as a share of what a promised line is worth on average.
    pub keep: f64,
    /// Promised lines that stay with their entries.
    pub kept: usize,
    /// Promised lines whose offer serves their need otherwise.
    pub changed: usize,
    /// Promised lines whose offer no longer serves their need.
    pub dropped: usize,
    /// Lines that were not promised.
    pub new: usize,
}

impl Replan {
    /// How many lines were promised.
    pub fn promised(&self) -> usize {
        self.kept + self.changed + self.dropped
    }
}

/// What becomes of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Its offer serves its need otherwise.
    Changed,
    /// Its offer no longer serves its need.
    Dropped,
    /// It was not promised.
    New,
}

impl Fate {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Dropped => "dropped",
            Self::New => "new",
        }
    }
}

/// What changes between an offer and a need.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// What becomes of it.
    pub fate: Fate,
    /// The offer.
    pub offer: String,
    /// The requirement or package.
    pub need: String,
    /// What was promised.
    pub was: Vec<(Promise, Flow)>,
    /// The new plan's lines, counted from 1, with the units that were not promised so.
    pub becomes: Vec<(i64, Flow)>,
}

/// A promised line that stays.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// The line.
    pub promise: Promise,
    /// The new plan's line that it is, or is a part of, counted from 1.
    pub line: i64,
}

/// What a new plan makes of promised lines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fates {
    /// Those that stay.
    pub kept: Vec<Kept>,
    /// What changes, by need and offer.
    pub differences: Vec<Difference>,
}

impl Fates {
    /// A promised line stays if its entries stand and the new plan has at least its units on the same way to the same need.
    pub fn of(replaces: &Replaces, result: &Plan) -> Self {
        let mut left: Vec<i64> = result.flows.iter().map(|flow| flow.quantity).collect();
        let mut ways: HashMap<_, Vec<usize>> = HashMap::new();
        for (n, flow) in result.flows.iter().enumerate() {
            ways.entry(way(flow)).or_default().push(n);
        }
        let mut differences: BTreeMap<(String, String), Difference> = BTreeMap::new();
        let mut kept = Vec::new();
        // Larger ones first, so that one of them is not shut out by parts of it.
        let mut promised: Vec<(&Promise, &Flow)> = replaces.all().collect();
        promised.sort_by_key(|(_, flow)| std::cmp::Reverse(flow.quantity));
        for (promise, flow) in promised {
            let same = ways.get(&way(flow)).filter(|_| promise.stands);
            let found = same.and_then(|same| same.iter().copied().find(|n| left[*n] >= flow.quantity));
            match found {
                Some(n) => {
                    left[n] -= flow.quantity;
                    kept.push(Kept { promise: promise.clone(), line: n as i64 + 1 });
                }
                None => difference(&mut differences, flow).was.push((promise.clone(), flow.clone())),
            }
        }
        for (n, flow) in result.flows.iter().enumerate() {
            if left[n] > 0 && !is_begun(&flow.offer) {
                let rest = Flow { quantity: left[n], ..flow.clone() };
                difference(&mut differences, flow).becomes.push((n as i64 + 1, rest));
            }
        }
        kept.sort_by_key(|kept: &Kept| (kept.line, kept.promise.first));
        let mut differences: Vec<Difference> = differences.into_values().collect();
        for difference in &mut differences {
            difference.was.sort_by_key(|(promise, _)| promise.first);
            difference.fate = match (difference.was.is_empty(), difference.becomes.is_empty()) {
                (true, _) => Fate::New,
                (_, true) => Fate::Dropped,
                _ => Fate::Changed,
            };
        }
        Self { kept, differences }
    }

    /// The promised lines that stay, like `P-001/7`, by the new plan's line that each is or is a part of, counted from 1.
    pub fn kept_as(&self) -> BTreeMap<i64, Vec<String>> {
        let mut kept: BTreeMap<i64, Vec<String>> = BTreeMap::new();
        for one in &self.kept {
            kept.entry(one.line).or_default().push(one.promise.name());
        }
        kept
    }

    /// What became of how many lines.
    pub fn counted(&self, keep: f64) -> Replan {
        let count = |fate: Fate, lines: fn(&Difference) -> usize| {
            self.differences.iter().filter(|d| d.fate == fate).map(lines).sum()
        };
        Replan {
            keep,
            kept: self.kept.len(),
            changed: count(Fate::Changed, |d| d.was.len()),
            dropped: count(Fate::Dropped, |d| d.was.len()),
            new: count(Fate::New, |d| d.becomes.len()),
        }
    }
}

fn difference<'d>(differences: &'d mut BTreeMap<(String, String), Difference>, flow: &Flow) -> &'d mut Difference {
    let (offer, need) = (flow.offer.clone(), flow.target.id().to_owned());
    let none = |offer, need| Difference { fate: Fate::New, offer, need, was: Vec::new(), becomes: Vec::new() };
    differences.entry((need.clone(), offer.clone())).or_insert_with(|| none(offer, need))
}

/// Reads what a stored plan takes the place of; `None` if it is made beside the others.
pub(super) fn replaces(plan: &Shown) -> Result<Option<Replaces>, Error> {
    let stored = &plan.stored.plan;
    if stored.replaces.is_empty() {
        return Ok(None);
    }
    Ok(Some(serde_json::from_str(&stored.replaces).map_err(|error| unreadable(&stored.code, &error))?))
}

impl App {
    /// What a plan makes of lines that were promised when it was made; `None` if it is made beside them.
    ///
    /// # Errors
    /// If there is no such plan that the viewer sees, or the database fails.
    pub async fn plan_fates(&self, viewer: &Viewer, code: &str) -> Result<Option<Fates>, Error> {
        let plan = self.plan(viewer, Some(code)).await?;
        let Some(replaces) = replaces(&plan)? else { return Ok(None) };
        Ok(Some(Fates::of(&replaces, &plan.result()?)))
    }
}

//! What of accepted plans can be made up into consignments next, at one place.

use std::collections::BTreeMap;

use jiff::Timestamp;
use muster_domain::{code::Code, ledger::entry::Activity, viewer::Viewer};
use muster_storage::ledger::step::{OpenStep, StepFilter, open_steps};

use super::way::way;
use crate::{App, Error, list::place_after};

/// Plan lines that can go from a place together: by the same lanes, to the same hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The lanes.
    pub route: Vec<Code>,
    /// Where they lead.
    pub to: Code,
    /// Who is to have it.
    pub consignee: Code,
    /// When the first of it is to leave.
    pub departs_at: Timestamp,
    /// Plan, line and units.
    pub lines: Vec<ProposedLine>,
}

/// A line of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposedLine {
    /// The plan.
    pub plan: Code,
    /// Its line.
    pub line: i64,
    /// How many units can go.
    pub quantity: i64,
    /// Of what.
    pub resource: Code,
    /// Of which offer.
    pub offer: Option<Code>,
    /// For which need.
    pub need: Option<Code>,
    /// When they are to leave.
    pub departs_at: Timestamp,
}

/// Which steps of plans are looked at for what can be made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// Those that are to happen before this.
    pub before: Timestamp,
    /// Those from this moment on, without so many of them.
    pub from: (Timestamp, usize),
    /// At most so many.
    pub limit: usize,
}

impl Default for Ahead {
    fn default() -> Self {
        Self { before: Timestamp::MAX, from: (Timestamp::MIN, 0), limit: MOST_PROPOSED }
    }
}

/// Steps that one page of proposals is made of.
pub const MOST_PROPOSED: usize = 500;

/// What can be made up, of the steps that were looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposals {
    /// By way and consignee, what leaves first before others.
    pub found: Vec<Proposal>,
    /// From when on there is more, and without how many steps of that moment.
    pub next: Option<(Timestamp, usize)>,
}

impl App {
    /// What accepted plans are to move from a place and can: grouped into consignments.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn proposals(&self, viewer: &Viewer, place: &str, ahead: &Ahead) -> Result<Proposals, Error> {
        let mut conn = self.read().await?;
        let filter = StepFilter { place: Some(place.to_owned()), ready: true, ..StepFilter::default() };
        let (from, skip) = (ahead.from.0, i64::try_from(ahead.from.1).unwrap_or(i64::MAX));
        let limit = ahead.limit.min(MOST_PROPOSED);
        let wanted = i64::try_from(limit + 1).unwrap_or(i64::MAX);
        let mut open = open_steps(&mut conn, viewer, &filter, (from, skip), ahead.before, wanted).await?;
        let more = open.len() > limit;
        open.truncate(limit);
        let moments: Vec<Timestamp> = open.iter().map(|step| step.due).collect();
        let next = place_after(&moments, ahead.from).filter(|_| more);
        let mut groups: BTreeMap<(Vec<Code>, Code), Proposal> = BTreeMap::new();
        let leaves = |step: &&OpenStep| {
            step.activity == Activity::Depart && step.from.2.as_ref().is_some_and(|p| p.as_str() == place)
        };
        for step in open.iter().filter(leaves) {
            let Some(plan) = step.plan.as_ref().filter(|_| step.line > 0) else { continue };
            let way = way(&mut conn, plan.as_str(), step.line, place, None).await?;
            let Some(way) = way.filter(|way| way.free > 0) else { continue };
            let to = way.last.place.clone().unwrap_or_else(|| way.last.holder.clone());
            let key = (way.route.clone(), way.last.holder.clone());
            let group = groups.entry(key).or_insert_with(|| Proposal {
                route: way.route.clone(),
                to,
                consignee: way.last.holder.clone(),
                departs_at: way.departs_at,
                lines: Vec::new(),
            });
            group.departs_at = group.departs_at.min(way.departs_at);
            group.lines.push(ProposedLine {
                plan: way.plan,
                line: way.line,
                quantity: way.free,
                resource: way.held.resource,
                offer: way.offer,
                need: way.need,
                departs_at: way.departs_at,
            });
        }
        let mut found: Vec<Proposal> = groups.into_values().collect();
        found.sort_by_key(|proposal| proposal.departs_at);
        Ok(Proposals { found, next })
    }
}

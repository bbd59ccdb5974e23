//! Needs that ask for the same are merged, and a part of a need is split off. What is bound to a need stays bound to it.

use std::collections::{BTreeMap, BTreeSet};

use muster_domain::{
    code::Code,
    message,
    need::{Need, Part},
    picture::Picture,
    policy::{self, Action, Deed},
    requirement::RequirementState,
    viewer::Viewer,
};
use muster_interchange::mission::Reading;
use muster_storage::ledger::read::{self, AsOf, Flow, FlowFilter};

use crate::{
    Actor, App, Error,
    mission::{Expected, Imported},
    record::etag,
    report::units,
};

/// Needs that become one.
#[derive(Clone, Debug)]
pub struct Merge {
    /// The need that stays.
    pub into: String,
    /// Those that are superseded by it.
    pub others: Vec<String>,
    /// How many units or sets it is then for; none: as many as all of them together.
    pub quantity: Option<u32>,
}

impl App {
    /// Merges needs that ask for the same; with an etag `known` only if the one that stays is still so.
    ///
    /// # Errors
    /// If one of them is not there, they do not ask for the same, something is bound to one that would go, the one that stays was changed
    /// meanwhile, or the database fails. What is wrong with the outcome, or forbidden, is in the result.
    pub async fn merge(&self, merge: &Merge, known: Option<&str>, actor: &Actor) -> Result<Imported, Error> {
        let picture = self.picture(&actor.viewer).await?;
        let into = need(&picture, &merge.into)?;
        let mut others = Vec::new();
        // Named twice, it is merged once.
        for code in merge.others.iter().collect::<BTreeSet<_>>() {
            let other = need(&picture, code)?;
            if self.bound_of(&other, &actor.viewer).await? > 0 {
                return Err(Error::Invalid(message!("need-bound", need = code)));
            }
            others.push(other);
        }
        let all = others.iter().fold(into.quantity(), |sum, other| sum.saturating_add(other.quantity()));
        let quantity = merge.quantity.unwrap_or(all);
        self.keeps_bound(&into, quantity, &actor.viewer).await?;
        let changed = into.merged(&others, quantity, &actor.reason, &picture).map_err(Error::Invalid)?;
        let all: Vec<&Need> = std::iter::once(&into).chain(&others).collect();
        self.change_needs(&all, &picture, changed, known, actor).await
    }

    /// Splits a part off a need; with an etag `known` only if it is still so.
    ///
    /// # Errors
    /// If it is not there or cannot be split so, more is bound to it than would be left, it was changed meanwhile, or the database fails.
    /// What is wrong with the outcome, or forbidden, is in the result.
    pub async fn split(&self, code: &str, part: &Part, known: Option<&str>, actor: &Actor) -> Result<Imported, Error> {
        let picture = self.picture(&actor.viewer).await?;
        let split = need(&picture, code)?;
        // Who may not make a need in that state hands the part in anew.
        let own = policy::owner(&picture, split.sheet(), code).flatten().is_some_and(|owner| actor.viewer.owns(&owner));
        let state = split.state_of_part();
        let create = Deed { action: Action::Create, sheet: split.sheet(), own, state: Some(state.as_str()) };
        let state = if policy::may(&actor.viewer, &create).is_ok() { state } else { RequirementState::Submitted };
        let changed = split.split(part, state, &picture).map_err(Error::Invalid)?;
        self.keeps_bound(&split, split.quantity() - part.quantity, &actor.viewer).await?;
        self.change_needs(&[&split], &picture, changed, known, actor).await
    }

    /// Changes needs, if all are still as they were looked at; and the one named still as the caller knew it.
    async fn change_needs(
        &self,
        needs: &[&Need],
        picture: &Picture,
        changed: Picture,
        known: Option<&str>,
        actor: &Actor,
    ) -> Result<Imported, Error> {
        let now = |need: &&Need| {
            let (sheet, key) = (need.sheet(), need.code().to_string());
            Expected { etag: etag(picture, sheet, &key), sheet, key }
        };
        let mut expected: Vec<Expected> = needs.iter().map(now).collect();
        if let Some(known) = known {
            expected[0].etag = known.to_owned();
        }
        self.import(Reading::of(changed), &expected, actor, false).await
    }

    /// A need keeps room for what is bound to it.
    async fn keeps_bound(&self, need: &Need, quantity: u32, viewer: &Viewer) -> Result<(), Error> {
        let bound = self.bound_of(need, viewer).await?;
        if i64::from(quantity) < bound {
            return Err(Error::Invalid(message!("need-bound-part", bound, need = need.code())));
        }
        Ok(())
    }

    /// How many units or sets of a need are bound, as far as the viewer sees it: an error must not tell of offers that are hidden.
    async fn bound_of(&self, need: &Need, viewer: &Viewer) -> Result<i64, Error> {
        let mut conn = self.read().await?;
        let (picture, _) = self.memory.picture(&mut conn, viewer).await?;
        let of = FlowFilter { offer: None, need: Some(need.code().as_str()) };
        let flows = read::flows(&mut conn, viewer, of, AsOf::NOW).await?;
        let mut by_resource: BTreeMap<Code, Vec<Flow>> = BTreeMap::new();
        for flow in flows {
            by_resource.entry(flow.resource.clone()).or_default().push(flow);
        }
        let planned = by_resource.into_iter().map(|(code, flows)| (code, units(&picture, &flows)[0])).collect();
        Ok(need.bound(&picture, &planned))
    }
}

fn need(picture: &Picture, code: &str) -> Result<Need, Error> {
    Need::of(picture, code).ok_or_else(|| Error::NotFound { what: "need", code: code.to_owned() })
}

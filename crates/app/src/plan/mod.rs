//! Plans: made from records and ledger, stored with the hash of what they were made from, shown, and accepted.

pub mod acceptance;
pub mod advice;
pub mod fate;
pub mod instance;
pub mod job;
pub mod lacking;
pub mod loads;
pub mod promise;
mod shared;
pub mod summary;
pub mod what_if;

use std::{ops::ControlFlow, time::Duration};

use jiff::civil::Date;
use muster_domain::{
    code::Code,
    ledger::entry::{Activity, Subject},
    message,
    message::Value,
    policy::Action,
    viewer::{Sight, Viewer},
};
use muster_planner::plan::Plan;
use muster_planner::solve::{Options, Outcome, Progress, solve, solve_from};
use muster_storage::{
    Error as StorageError,
    ledger::{Also, Request},
    plan::{self as store, NewPlan, StoredPlan},
};
use sha2::{Digest, Sha256};

use crate::{Actor, App, Error};
use fate::Fates;
use instance::Instance;
use summary::Summary;

/// Highest price of a changed line, as a share of what a promised line is worth on average.
pub const MOST_KEEP: f64 = 100.0;

/// How to plan.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The first day on which anything may move; none: the present day, or the mission's start if that is later.
    pub from: Option<Date>,
    /// Stop at this proven gap.
    pub gap: f64,
    /// Stop after this long.
    pub time_limit: Duration,
    /// Seed of everything random.
    pub seed: u64,
    /// The plan takes the place of what was promised and has not begun; a promised line changes only if that gains so much, as a share
    /// of what a promised line is worth on average. None: the plan is made beside what was promised.
    pub keep: Option<f64>,
}

/// A stored plan with its summary read.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The plan as stored.
    pub stored: StoredPlan,
    /// What it achieves and what limits it.
    pub summary: Summary,
}

impl Shown {
    /// What was stored as its result.
    ///
    /// # Errors
    /// If it can't be read.
    pub fn result(&self) -> Result<Plan, Error> {
        let stored = &self.stored.plan;
        Plan::parse(stored.result.as_bytes()).map_err(|faults| unreadable(&stored.code, &faults))
    }
}

/// A stored plan that can't be read.
fn unreadable(code: &Code, faults: &impl std::fmt::Debug) -> Error {
    Error::Storage(StorageError::Corrupt(format!("plan {code}: {faults:?}")))
}

impl App {
    /// Makes a plan and stores it. `progress` is called again and again; when it breaks, the best plan so far is stored.
    ///
    /// # Errors
    /// If there is no mission, or the database fails.
    pub async fn plan_run(
        &self,
        ask: Ask,
        actor: &Actor,
        mut progress: impl FnMut(&Progress) -> ControlFlow<()> + Send + 'static,
    ) -> Result<Shown, Error> {
        actor.may(Action::Plan)?;
        if ask.keep.is_some_and(|keep| !(0.0..=MOST_KEEP).contains(&keep)) {
            return Err(Error::Invalid(message!("price-of-change", most = MOST_KEEP.to_string())));
        }
        let (inputs, picture) = self.instance(ask.from, ask.keep).await?;
        let (problem, first_period) = (inputs.problem.clone(), inputs.first_period);
        let start = inputs.replaces.as_ref().filter(|replaces| !replaces.lines.is_empty());
        let start = start.map(|replaces| (replaces.start(&problem), replaces.keep));
        let options = Options { gap: ask.gap, time_limit: ask.time_limit, seed: ask.seed };
        let solving = tokio::task::spawn_blocking(move || {
            let first_come = muster_planner::first_come::plan(&problem);
            let outcome = match start {
                Some((plan, keep)) => solve_from(&problem, &options, &plan, keep, &mut progress),
                None => solve(&problem, &options, &mut progress),
            };
            let advice = advice::advice(&problem, &outcome, first_period, &options, &mut progress);
            (outcome, first_come, advice)
        });
        let (outcome, first_come, advice): (Outcome, _, _) =
            solving.await.map_err(|error| Error::Invalid(message!("planner-failed", error = error.to_string())))?;
        let mut summary = Summary::of(&picture, &inputs, &outcome, &first_come, advice);
        summary.replan = inputs.replaces.as_ref().map(|r| Fates::of(r, &outcome.plan).counted(r.keep));
        let count = store::count(&mut self.read().await?).await?;
        let code = Code::new(&format!("P-{:03}", count + 1)).map_err(Error::must_be)?;
        let plan = NewPlan {
            code,
            created_at: self.now(),
            actor: actor.name().to_owned(),
            inputs: hash(&inputs),
            instance: inputs.problem.to_json(),
            result: outcome.plan.to_json(),
            summary: serde_json::to_string(&summary).expect("a summary can be written as JSON"),
            replaces: replaces_json(&inputs),
        };
        let about = format!("made, inputs SHA-256 {}", plan.inputs);
        let note = self.note(actor, Activity::Plan, subject(&plan.code), about);
        self.ledger()?.submit(Request { commands: vec![note], also: vec![Also::Plan(plan.clone())] }).await?;
        Ok(Shown { stored: StoredPlan { plan, state: store::PlanState::Proposed }, summary })
    }

    /// The newest 200 plans, newest first. A plan is made from all offers, so only who sees everything sees it; the others see what
    /// became of their own offers once it is accepted.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn plans(&self, viewer: &Viewer) -> Result<Vec<Shown>, Error> {
        if viewer.sight != Sight::Everything {
            return Ok(Vec::new());
        }
        store::list(&mut self.read().await?).await?.into_iter().map(shown).collect()
    }

    /// A plan; without a code the newest accepted one, or else the newest.
    ///
    /// # Errors
    /// If there is none, or the database fails.
    pub async fn plan(&self, viewer: &Viewer, code: Option<&str>) -> Result<Shown, Error> {
        let code = match code {
            Some(code) => code.to_owned(),
            None => {
                let plans = self.plans(viewer).await?;
                let accepted = plans.iter().find(|p| p.stored.state == store::PlanState::Accepted);
                let newest = accepted.or(plans.first()).ok_or_else(|| Error::Invalid(message!("no-plan-yet")))?;
                newest.stored.plan.code.to_string()
            }
        };
        let sees = viewer.sight == Sight::Everything;
        let stored = if sees { store::get(&mut self.read().await?, &code).await? } else { None };
        stored.map_or_else(|| Err(Error::NotFound { what: "plan", code }), shown)
    }
}

/// A plan as the subject of an entry.
pub(crate) fn subject(plan: &Code) -> Subject {
    Subject { plan: Some(plan.clone()), ..Subject::default() }
}

impl App {
    /// Puts a plan aside that was only proposed.
    ///
    /// # Errors
    /// If there is none or it is not only proposed, the actor may not, or the database fails.
    pub async fn plan_discard(&self, code: &str, actor: &Actor) -> Result<(), Error> {
        actor.may(Action::Accept)?;
        let plan = self.plan(&actor.viewer, Some(code)).await?;
        if plan.stored.state != store::PlanState::Proposed {
            return Err(Error::Invalid(message!(
                "plan-is-already",
                plan = code,
                state = Value::word(plan.stored.state.as_str())
            )));
        }
        let code = plan.stored.plan.code;
        let note = self.note(actor, Activity::Plan, subject(&code), "discarded".into());
        self.ledger()?.submit(Request { commands: vec![note], also: vec![Also::Discard(code)] }).await?;
        Ok(())
    }
}

fn shown(stored: StoredPlan) -> Result<Shown, Error> {
    let summary = serde_json::from_str(&stored.plan.summary)
        .map_err(|error| muster_storage::Error::Corrupt(format!("plan {}: {error}", stored.plan.code)))?;
    Ok(Shown { stored, summary })
}

/// Hash of all that a plan is made from, as hexadecimal digits.
fn hash(inputs: &Instance) -> String {
    let digest = Sha256::digest(inputs.problem.to_json() + &replaces_json(inputs));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The promised lines that a plan takes the place of, as they are stored with it.
fn replaces_json(inputs: &Instance) -> String {
    let write = |replaces| serde_json::to_string(replaces).expect("promised lines can be written as JSON");
    inputs.replaces.as_ref().map_or_else(String::new, write)
}

//! What if: a small set of changes to a stored plan's inputs, solved again from that plan and set beside it. The mission's records know
//! nothing of it, and nothing is stored: what came of it is told, and kept in memory for a while if it was asked for as a job.

use std::{collections::HashSet, ops::ControlFlow, time::Duration};

use muster_domain::{code::Code, message, policy::Action};
use muster_planner::{
    ask::{delivered, differences},
    change::{Change, apply},
    explain::explain,
    first_come, instance as planner,
    plan::Flow,
    solve::{Options, Progress, solve_from},
};

use super::{advice::Advice, instance::Instance, promise::Bound, summary::Summary};
use crate::{Actor, App, Error, everything};

/// Most changes of one question.
pub const MOST_CHANGES: usize = 20;
/// Share of a plan's time that a scenario may take unless somebody says otherwise, and its limits in seconds.
const FRACTION: f64 = 0.3;
const LEAST_SECONDS: f64 = 2.0;
const MOST_SECONDS: f64 = 60.0;
/// Share of what a line is worth on average for which it changes, unless somebody says otherwise.
pub const KEEP: f64 = 0.01;
/// The gap that is enough where the plan itself is proven to be nearer.
const GAP: f64 = 0.001;

/// A question about a stored plan.
#[derive(Clone, Debug)]
pub struct Question {
    /// The plan.
    pub plan: String,
    /// What would be otherwise.
    pub changes: Vec<Change>,
    /// Stop after this long; none: after a fraction of the time that the plan took.
    pub time_limit: Option<Duration>,
    /// A line changes only if that gains so much, as a share of what a line of the plan is worth on average.
    pub keep: f64,
}

impl Question {
    fn limit(&self, plan: &Summary) -> Duration {
        let usual = (FRACTION * plan.seconds).clamp(LEAST_SECONDS, MOST_SECONDS);
        self.time_limit.unwrap_or(Duration::from_secs_f64(usual))
    }
}

/// A plan as it would be.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The plan that it is set beside.
    pub plan: Code,
    /// What is otherwise.
    pub changes: Vec<Change>,
    /// The stored plan in figures.
    pub before: Summary,
    /// The plan that would be, in figures.
    pub after: Summary,
    /// Needs that get more or less, with the difference in units or sets, most first.
    pub needs: Vec<(String, i64)>,
    /// Lines of the stored plan that would stay as they are, and how many it has.
    pub kept: (usize, usize),
}

impl App {
    /// The longest time for a question, if it can be asked.
    pub(super) async fn what_if_limit(&self, question: &Question, actor: &Actor) -> Result<Duration, Error> {
        actor.may(Action::Plan)?;
        let (shown, problem, _) = self.plan_inputs(&actor.viewer, Some(&question.plan)).await?;
        changed(&problem, &question.changes)?;
        Ok(question.limit(&shown.summary))
    }

    /// Solves a stored plan's inputs again with changes, from that plan, as near to the bound as it is or nearer.
    ///
    /// # Errors
    /// If the actor may not plan, there is no such plan that they see, a change does not fit it, or the database fails.
    pub async fn what_if(
        &self,
        question: Question,
        actor: &Actor,
        mut progress: impl FnMut(&Progress) -> ControlFlow<()> + Send + 'static,
    ) -> Result<Scenario, Error> {
        actor.may(Action::Plan)?;
        let (shown, problem, plan) = self.plan_inputs(&actor.viewer, Some(&question.plan)).await?;
        let changed = changed(&problem, &question.changes)?;
        let before = shown.summary;
        let gap = if before.gap.is_finite() { before.gap.max(GAP) } else { GAP };
        let options = Options { gap, time_limit: question.limit(&before), seed: 1 };
        let (changes, keep) = (question.changes, question.keep);
        let (version, first_period) = (before.version, before.first_period);
        let picture = self.picture(&everything()).await?;
        let solving = tokio::task::spawn_blocking(move || {
            let outcome = solve_from(&changed, &options, &plan, keep, &mut progress);
            let advice = Advice { shortfalls: explain(&changed, &outcome.plan), asks: Vec::new() };
            let needs = differences(&delivered(&plan), &delivered(&outcome.plan));
            let kept = kept(&plan, &outcome.plan);
            let first_come = first_come::plan(&changed);
            let inputs = Instance { problem: changed, first_period, version, replaces: None, bound: Bound::default() };
            (Summary::of(&picture, &inputs, &outcome, &first_come, advice), needs, kept)
        });
        let (after, needs, kept) =
            solving.await.map_err(|error| Error::Invalid(message!("planner-failed", error = error.to_string())))?;
        Ok(Scenario { plan: shown.stored.plan.code, changes, before, after, needs, kept })
    }
}

/// The inputs as they would be.
fn changed(problem: &planner::Instance, changes: &[Change]) -> Result<planner::Instance, Error> {
    if changes.is_empty() || changes.len() > MOST_CHANGES {
        return Err(Error::Invalid(message!("scenario-changes", most = MOST_CHANGES, given = changes.len())));
    }
    apply(problem, changes).map_err(|why| Error::Invalid(message!("scenario-unfit", why)))
}

/// Lines that are in both plans, with the same quantity on the same way to the same need, and how many the first has.
fn kept(before: &muster_planner::Plan, after: &muster_planner::Plan) -> (usize, usize) {
    let after: HashSet<&Flow> = after.flows.iter().collect();
    (before.flows.iter().filter(|flow| after.contains(flow)).count(), before.flows.len())
}

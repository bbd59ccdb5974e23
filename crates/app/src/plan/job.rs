//! Plans in the making: each runs on threads of its own, tells how far it is, can be cancelled, and can be come back to. What it found is
//! a stored plan; what was under way when the program stopped is gone and is run again.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use muster_domain::{message, message::Message, policy::Action, viewer::Sight};
use muster_planner::solve::Progress;
use tokio::sync::watch;

use super::{
    Ask,
    what_if::{Question, Scenario},
};
use crate::{
    Actor, App, Error,
    job::{Job, reason},
};

/// Hears how far a solve is, and says whether it goes on.
type Told = Box<dyn FnMut(&Progress) -> ControlFlow<()> + Send>;

/// How far a plan in the making is.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Seconds since it began.
    pub seconds: f64,
    /// Of the best plan so far.
    pub objective: Option<f64>,
    /// Best proven upper bound so far.
    pub bound: Option<f64>,
    /// How it ended, once it has.
    pub ended: Option<Ended>,
}

/// How a job ended.
#[derive(Clone, Debug)]
pub enum Ended {
    /// With a stored plan of this code.
    Plan(String),
    /// With what a stored plan would be, if something were otherwise.
    Scenario(Arc<Scenario>),
    /// With nothing, for this reason.
    Failed(Message),
}

/// A plan in the making.
#[derive(Clone, Debug)]
pub struct PlanJob {
    /// Its code.
    pub code: String,
    /// Who asked for it.
    pub actor: String,
    /// When it began.
    pub began_at: Timestamp,
    /// Longest time it may take, in seconds.
    pub limit: f64,
    standing: watch::Receiver<Standing>,
    cancel: Arc<AtomicBool>,
}

impl PlanJob {
    /// How far it is now.
    pub fn standing(&self) -> Standing {
        self.standing.borrow().clone()
    }
}

impl Job for PlanJob {
    // Each takes all the cores it gets.
    const MOST_RUNNING: usize = 2;

    fn code(&self) -> &str {
        &self.code
    }

    fn began_at(&self) -> Timestamp {
        self.began_at
    }

    fn is_over(&self) -> bool {
        self.standing.borrow().ended.is_some()
    }
}

impl App {
    /// Begins to make a plan, which goes on by itself.
    ///
    /// # Errors
    /// If the actor may not, or as many run already as may.
    pub fn plan_begin(&self, ask: Ask, actor: &Actor) -> Result<PlanJob, Error> {
        let (app, by) = (self.clone(), actor.clone());
        self.begin(ask.time_limit, actor, async move |progress| {
            let shown = app.plan_run(ask, &by, progress).await?;
            Ok(Ended::Plan(shown.stored.plan.code.to_string()))
        })
    }

    /// Begins to solve a stored plan's inputs again with changes, which goes on by itself.
    ///
    /// # Errors
    /// If the actor may not, a change does not fit the plan, or as many run already as may.
    pub async fn what_if_begin(&self, question: Question, actor: &Actor) -> Result<PlanJob, Error> {
        let limit = self.what_if_limit(&question, actor).await?;
        let (app, by) = (self.clone(), actor.clone());
        self.begin(limit, actor, async move |progress| {
            Ok(Ended::Scenario(Arc::new(app.what_if(question, &by, progress).await?)))
        })
    }

    fn begin<F>(
        &self,
        limit: Duration,
        actor: &Actor,
        work: impl FnOnce(Told) -> F + Send + 'static,
    ) -> Result<PlanJob, Error>
    where
        F: Future<Output = Result<Ended, Error>> + Send + 'static,
    {
        actor.may(Action::Plan)?;
        let (tell, standing) = watch::channel(Standing::default());
        let cancel = Arc::new(AtomicBool::new(false));
        let job = PlanJob {
            code: self.secret(12),
            actor: actor.name().to_owned(),
            began_at: self.now(),
            limit: limit.as_secs_f64(),
            standing,
            cancel: cancel.clone(),
        };
        if !self.jobs.begin(&job) {
            let most = PlanJob::MOST_RUNNING;
            return Err(Error::Invalid(message!("plans-in-the-making", most)));
        }
        let tell = Arc::new(tell);
        let progress: Told = {
            let tell = tell.clone();
            Box::new(move |progress: &Progress| {
                tell.send_modify(|standing| {
                    standing.seconds = progress.seconds;
                    standing.objective = progress.objective.or(standing.objective);
                    standing.bound = progress.bound.or(standing.bound);
                });
                if cancel.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
        };
        tokio::spawn(async move {
            let ended = work(progress).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "a plan could not be made");
                Ended::Failed(reason(&error))
            });
            tell.send_modify(|standing| standing.ended = Some(ended));
        });
        Ok(job)
    }

    /// A plan in the making, or just made, for who may see plans.
    ///
    /// # Errors
    /// If there is none of that code.
    pub fn plan_job(&self, code: &str, actor: &Actor) -> Result<PlanJob, Error> {
        let found = self.jobs.get(code).filter(|_| actor.viewer.sight == Sight::Everything);
        found.ok_or_else(|| Error::NotFound { what: "plan_in_the_making", code: code.to_owned() })
    }

    /// Plans in the making, oldest first.
    pub fn plan_jobs(&self, actor: &Actor) -> Vec<PlanJob> {
        if actor.viewer.sight != Sight::Everything {
            return Vec::new();
        }
        self.jobs.running()
    }

    /// Ends a plan in the making: the best so far is stored.
    ///
    /// # Errors
    /// If there is none of that code, or the actor may not.
    pub fn plan_cancel(&self, code: &str, actor: &Actor) -> Result<(), Error> {
        actor.may(Action::Plan)?;
        self.plan_job(code, actor)?.cancel.store(true, Ordering::Relaxed);
        Ok(())
    }
}

//! What a plan advises: why needs stay unmet, and what to ask donors and hosts for.

use std::{ops::ControlFlow, time::Duration};

use muster_domain::{message, viewer::Viewer};
use muster_planner::{
    Plan,
    ask::{Ask, asks, verify},
    explain::{Shortfall, explain},
    instance::Instance,
    robust::{Rates, Robustness, try_out},
    solve::{Options, Outcome, Progress},
};

use super::{Shown, unreadable};
use crate::{App, Error};

/// Requests that are verified when a plan is made.
const FIRST_VERIFIED: usize = 3;
/// Share of a plan's time that one of these may take, and its limits in seconds.
const SHARE: f64 = 0.05;
const LEAST_SECONDS: f64 = 0.5;
const MOST_SECONDS: f64 = 5.0;
/// Most requests that are verified at once.
pub const MOST_VERIFIED: usize = 20;
/// Most samples of a trial.
pub const MOST_SAMPLES: u32 = 10_000;
/// The gap to which a request is solved again: gains are small beside the whole.
const GAP: f64 = 0.000_5;

/// Why a plan leaves out what it leaves out, and what to ask for.
pub(super) struct Advice {
    pub(super) shortfalls: Vec<Shortfall>,
    pub(super) asks: Vec<Ask>,
}

/// Advice beside a new plan; the first requests are verified unless `progress` says to end.
pub(super) fn advice(
    problem: &Instance,
    outcome: &Outcome,
    first_period: usize,
    options: &Options,
    progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Advice {
    let shortfalls = explain(problem, &outcome.plan);
    let mut asks = asks(problem, &outcome.plan, &shortfalls, &outcome.limits, first_period);
    let each = (SHARE * options.time_limit.as_secs_f64()).clamp(LEAST_SECONDS, MOST_SECONDS);
    let first = asks.len().min(FIRST_VERIFIED);
    if first > 0 {
        verify(problem, &outcome.plan, &mut asks[..first], &again(each, options.seed), progress);
    }
    Advice { shortfalls, asks }
}

fn again(seconds: f64, seed: u64) -> Options {
    Options { gap: GAP, time_limit: Duration::from_secs_f64(seconds), seed }
}

impl App {
    /// Solves a stored plan's inputs again with each of its first so many requests, each within so many seconds, and gives these
    /// requests with what came of it. Nothing is stored.
    ///
    /// # Errors
    /// If there is no such plan that the viewer sees, or the database fails.
    pub async fn plan_verify(
        &self,
        viewer: &Viewer,
        code: Option<&str>,
        first: usize,
        seconds: f64,
        mut progress: impl FnMut(&Progress) -> ControlFlow<()> + Send + 'static,
    ) -> Result<Vec<Ask>, Error> {
        let (shown, problem, plan) = self.plan_inputs(viewer, code).await?;
        let mut asks = shown.summary.asks;
        asks.truncate(first.min(MOST_VERIFIED));
        let solving = tokio::task::spawn_blocking(move || {
            verify(&problem, &plan, &mut asks, &again(seconds, 1), &mut progress);
            asks
        });
        solving.await.map_err(|error| Error::Invalid(message!("planner-failed", error = error.to_string())))
    }

    /// How a stored plan fares when things go wrong, at these rates.
    ///
    /// # Errors
    /// If the rates are none, there is no such plan that the viewer sees, or the database fails.
    pub async fn plan_robustness(
        &self,
        viewer: &Viewer,
        code: Option<&str>,
        rates: Rates,
    ) -> Result<Robustness, Error> {
        let right = [rates.delay, rates.longer, rates.loss].iter().all(|rate| (0.0..=1.0).contains(rate));
        if !right || !(1..=MOST_SAMPLES).contains(&rates.samples) {
            return Err(Error::Invalid(message!("rates-and-samples", most = MOST_SAMPLES)));
        }
        let (_, problem, plan) = self.plan_inputs(viewer, code).await?;
        let trying = tokio::task::spawn_blocking(move || try_out(&problem, &plan, rates));
        trying.await.map_err(|error| Error::Invalid(message!("trial-failed", error = error.to_string())))
    }

    /// A stored plan with its inputs and its result.
    pub(super) async fn plan_inputs(
        &self,
        viewer: &Viewer,
        code: Option<&str>,
    ) -> Result<(Shown, Instance, Plan), Error> {
        let code = match code {
            Some(code) => code.to_owned(),
            None => self.plan(viewer, None).await?.stored.plan.code.to_string(),
        };
        let shown = self.plan(viewer, Some(&code)).await?;
        let stored = &shown.stored.plan;
        let problem =
            Instance::parse(stored.instance.as_bytes()).map_err(|faults| unreadable(&stored.code, &faults))?;
        let plan = shown.result()?;
        Ok((shown, problem, plan))
    }
}

//! A plan in words and figures: what it reaches, how sure that is, and what limits it.

use muster_app::{
    plan::{
        Shown,
        summary::{Limiting, Met, Summary},
    },
    storage::plan::PlanState,
};
use muster_domain::picture::Picture;

use super::{
    figures::{Calendar, moment, percent, rounded, share, whole},
    record::{address, cells::tag},
};
use crate::text::{self, say, say_with};

/// Limits that are shown at once; the others can be unfolded.
const FIRST_LIMITS: usize = 12;

/// A plan in words and figures.
pub(crate) struct PlanView {
    pub(crate) code: String,
    pub(crate) made: String,
    pub(crate) state: String,
    pub(crate) tag: &'static str,
    pub(crate) old: bool,
    pub(crate) value: String,
    pub(crate) value_of: String,
    pub(crate) value_width: String,
    pub(crate) gap: String,
    pub(crate) status: String,
    pub(crate) first_come: String,
    pub(crate) first_come_more: String,
    pub(crate) met: String,
    pub(crate) met_more: String,
    pub(crate) sets: String,
    pub(crate) tonnes: String,
    pub(crate) cost: String,
    pub(crate) limits: Vec<LimitRow>,
    pub(crate) more_limits: Vec<LimitRow>,
}

/// Something that limits a plan.
pub(crate) struct LimitRow {
    pub(crate) name: String,
    pub(crate) code: String,
    pub(crate) kind: String,
    pub(crate) periods: String,
    pub(crate) days: String,
    pub(crate) load: String,
    pub(crate) capacity: String,
    pub(crate) unit: String,
    pub(crate) share: String,
    pub(crate) width: String,
    pub(crate) worth: String,
    pub(crate) one: String,
    pub(crate) href: String,
}

impl PlanView {
    pub(crate) fn new(plan: &Shown, picture: &Picture, calendar: &Calendar<'_>, version: i64) -> Self {
        let (stored, summary) = (&plan.stored, &plan.summary);
        let proposed = stored.state == PlanState::Proposed;
        let currency = picture.mission().map_or("", |mission| mission.currency.code());
        let mut limits: Vec<LimitRow> = summary.limits.iter().map(|limit| limit_row(limit, calendar)).collect();
        let more_limits = limits.split_off(limits.len().min(FIRST_LIMITS));
        let made = moment(stored.plan.created_at);
        Self {
            code: stored.plan.code.to_string(),

            made: say_with("plan-made", &[("x", made.into()), ("who", (&stored.plan.actor).into())]),
            state: text::word(stored.state.as_str()).into_owned(),
            tag: tag(stored.state.as_str()),
            old: proposed && version != summary.version,
            value: percent(share(summary.value, summary.wanted)),
            value_of: format!("{} / {}", rounded(summary.value), rounded(summary.wanted)),
            value_width: width(share(summary.value, summary.wanted)),
            gap: gap(summary),
            status: status(summary),
            first_come: first_come(summary),
            first_come_more: first_come_more(summary),
            met: format!("{} / {}", summary.needs.full, total(summary.needs)),
            met_more: say_with(
                "plan-met-more",
                &[("part", summary.needs.part.to_string().into()), ("none", summary.needs.none.to_string().into())],
            ),
            sets: format!("{} / {}", whole(summary.sets.1), whole(summary.sets.0)),
            tonnes: format!("{} t, {}", rounded(summary.tonnes), text::counted("count-lines", summary.lines)),
            cost: format!("{currency}\u{a0}{}", rounded(summary.cost)),
            limits,
            more_limits,
        }
    }
}

fn total(met: Met) -> usize {
    met.full + met.part + met.none
}

fn width(share: f64) -> String {
    format!("{:.1}", 100.0 * share.clamp(0.0, 1.0))
}

fn gap(summary: &Summary) -> String {
    match summary.gap {
        gap if !gap.is_finite() => say("plan-gap-none").into_owned(),
        gap if gap <= 1e-6 => say("plan-gap-zero").into_owned(),
        gap => say_with("plan-gap", &[("x", percent(gap).into())]),
    }
}

fn status(summary: &Summary) -> String {
    let seconds = match summary.seconds {
        s if s < 1.0 => "1 s".to_owned(),
        s => format!("{} s", rounded(s.round())),
    };
    let name = match summary.status.as_str() {
        "optimal" => "plan-status-optimal",
        "feasible" => "plan-status-feasible",
        _ => "plan-status-stopped",
    };
    say_with(name, &[("x", seconds.into())])
}

fn first_come(summary: &Summary) -> String {
    let (ours, theirs) = (summary.objective, summary.first_come.objective);
    if theirs <= 0.0 {
        return say(if ours > 0.0 { "plan-first-come-nothing" } else { "plan-first-come-same" }).into_owned();
    }
    match ours / theirs - 1.0 {
        more if more.abs() < 5e-4 => say("plan-first-come-same").into_owned(),
        more if more < 0.0 => say_with("plan-first-come-less", &[("x", percent(-more).into())]),
        more => say_with("plan-first-come-better", &[("x", percent(more).into())]),
    }
}

fn first_come_more(summary: &Summary) -> String {
    let theirs = &summary.first_come;
    say_with(
        "plan-first-come-more",
        &[
            ("ours", summary.needs.full.to_string().into()),
            ("theirs", theirs.needs.full.to_string().into()),
            ("sets", summary.sets.1.to_string().into()),
            ("their_sets", theirs.sets.to_string().into()),
        ],
    )
}

fn limit_row(limit: &Limiting, calendar: &Calendar<'_>) -> LimitRow {
    let (periods, days) = calendar.runs(&limit.periods);
    let used = share(limit.load, limit.capacity);
    LimitRow {
        name: limit.name.clone(),
        code: limit.code.clone(),
        kind: text::word(&limit.kind).into_owned(),
        href: match limit.kind.as_str() {
            "lane" => address("lanes", &limit.code),
            "handling" | "storage" => address("places", &limit.code),
            "process" => address("processes", &limit.code),
            "lane-volume" => address("lanes", &limit.code),
            "handling-in" | "storage-volume" => address("places", &limit.code),
            "pool" => address("pools", &limit.code),
            "fund" => address("funds", &limit.code),
            _ => String::new(),
        },
        periods,
        days,
        load: rounded(limit.load),
        capacity: rounded(limit.capacity),
        unit: limit.unit.clone(),
        share: percent(used),
        width: width(used),
        worth: rounded(limit.worth),
        one: say(if limit.unit == "t" { "limit-a-tonne" } else { "limit-a-unit" }).into_owned(),
    }
}

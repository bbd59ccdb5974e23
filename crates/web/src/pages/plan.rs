//! The plan as the overview shows it: what it reaches, how sure that is, and what limits it.

use jiff::tz::TimeZone;
use muster_app::{
    plan::{
        Shown,
        summary::{Limiting, Met, Summary},
    },
    storage::plan::PlanState,
};
use muster_domain::picture::Picture;

use super::figures::{Calendar, count, day, percent, rounded, share, whole, words};

/// Limits that are shown at once; the others can be unfolded.
const FIRST_LIMITS: usize = 12;

/// A plan in words and figures.
pub(crate) struct PlanView {
    pub(crate) code: String,
    pub(crate) made: String,
    pub(crate) proposed: bool,
    pub(crate) state: String,
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
    pub(crate) noun: &'static str,
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
    pub(crate) one: &'static str,
}

impl PlanView {
    pub(crate) fn new(plan: &Shown, picture: &Picture, calendar: &Calendar<'_>, version: i64) -> Self {
        let (stored, summary) = (&plan.stored, &plan.summary);
        let proposed = stored.state == PlanState::Proposed;
        let moment = TimeZone::UTC.to_datetime(stored.plan.created_at);
        let currency = picture.mission().map_or("", |mission| mission.currency.code());
        let mut limits: Vec<LimitRow> = summary.limits.iter().map(|limit| limit_row(limit, calendar)).collect();
        let more_limits = limits.split_off(limits.len().min(FIRST_LIMITS));
        let made = format!("{}, {:02}:{:02} UTC", day(moment.date()), moment.hour(), moment.minute());
        Self {
            code: stored.plan.code.to_string(),
            made: format!("made {made} by {}", stored.plan.actor),
            proposed,
            state: words(&stored.state.to_string()),
            old: proposed && version != summary.version,
            value: percent(share(summary.value, summary.wanted)),
            value_of: format!("{} of {}", rounded(summary.value), rounded(summary.wanted)),
            value_width: width(share(summary.value, summary.wanted)),
            gap: gap(summary),
            status: status(summary),
            first_come: first_come(summary),
            first_come_more: first_come_more(summary),
            met: format!("{} of {}", summary.needs.full, total(summary.needs)),
            met_more: format!("{} in part, {} not at all", summary.needs.part, summary.needs.none),
            sets: format!("{} of {}", whole(summary.sets.1), whole(summary.sets.0)),
            tonnes: format!("{} t in {}", rounded(summary.tonnes), count(summary.lines, "movement", "movements")),
            cost: format!("{currency}\u{a0}{}", rounded(summary.cost)),
            limits,
            more_limits,
            noun: calendar.noun(),
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
        gap if !gap.is_finite() => "Nothing is proven".to_owned(),
        gap if gap <= 1e-6 => "No plan is better".to_owned(),
        gap => format!("No plan is more than {} better", percent(gap)),
    }
}

fn status(summary: &Summary) -> String {
    let seconds = match summary.seconds {
        s if s < 1.0 => "less than a second".to_owned(),
        s => format!("{} s", rounded(s.round())),
    };
    match summary.status.as_str() {
        "optimal" => format!("proven; the search ended after {seconds}"),
        "feasible" => {
            format!("proven; the search ended within the distance asked for, or knew no way on, after {seconds}")
        }
        "stopped" => format!("proven so far; the search was stopped, or its time was over, after {seconds}"),
        other => format!("{other}, after {seconds}"),
    }
}

fn first_come(summary: &Summary) -> String {
    let (ours, theirs) = (summary.objective, summary.first_come.objective);
    if theirs <= 0.0 {
        return if ours > 0.0 {
            "Reaches something where that reaches nothing".to_owned()
        } else {
            "The same".to_owned()
        };
    }
    match ours / theirs - 1.0 {
        more if more.abs() < 5e-4 => "The same".to_owned(),
        more if more < 0.0 => format!("{} less", percent(-more)),
        more => format!("{} more", percent(more)),
    }
}

fn first_come_more(summary: &Summary) -> String {
    let theirs = &summary.first_come;
    format!(
        "value less cost; needs met in full {} rather than {}, sets complete {} rather than {}",
        summary.needs.full, theirs.needs.full, summary.sets.1, theirs.sets
    )
}

fn limit_row(limit: &Limiting, calendar: &Calendar<'_>) -> LimitRow {
    let (periods, days) = calendar.runs(&limit.periods);
    let used = share(limit.load, limit.capacity);
    LimitRow {
        name: limit.name.clone(),
        code: limit.code.clone(),
        kind: words(&limit.kind),
        periods,
        days,
        load: rounded(limit.load),
        capacity: rounded(limit.capacity),
        unit: limit.unit.clone(),
        share: percent(used),
        width: width(used),
        worth: rounded(limit.worth),
        one: if limit.unit == "t" { "tonne" } else { "unit" },
    }
}

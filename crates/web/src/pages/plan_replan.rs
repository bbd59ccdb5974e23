//! What a plan makes of promised lines: how many stay, and what changes for whom.

use std::collections::BTreeMap;

use muster_app::{
    plan::{
        MOST_KEEP,
        fate::{Difference, Fates, Replan},
        promise::KEEP,
    },
    planner::plan::{Flow, Leg},
};
use muster_domain::picture::Picture;

use super::{
    figures::{Calendar, percent, share, whole},
    record::{
        cells::{Cell, Part, name_of},
        panels::{Panel, need_cell, number_cell, record_cell, state_cell, text_cell},
    },
};
use crate::text::{counted, say, say_with};

/// Differences that are shown at once; the others can be unfolded.
const FIRST: usize = 20;

/// What a plan makes of promised lines.
pub(crate) struct Replanned {
    /// Lines that stay, by the new plan's line.
    kept: BTreeMap<i64, Vec<String>>,
    /// Each figure with its meaning.
    pub(crate) facts: Vec<(String, String)>,
    /// What a change had to gain.
    pub(crate) price: String,
    pub(crate) differences: Panel,
    pub(crate) more: Panel,
}

impl Replanned {
    pub(crate) fn new(picture: &Picture, calendar: &Calendar<'_>, fates: &Fates, all: &Replan) -> Self {
        let number = |n: usize| whole(i64::try_from(n).unwrap_or(i64::MAX));
        let kept = percent(share(all.kept as f64, all.promised() as f64));
        let of = say_with("replan-kept-of", &[("x", number(all.promised()).into()), ("share", kept.into())]);
        let facts = vec![
            (say("replan-kept").into_owned(), format!("{} {of}", number(all.kept))),
            (say("replan-changed").into_owned(), number(all.changed)),
            (say("replan-dropped").into_owned(), number(all.dropped)),
            (say("replan-new").into_owned(), number(all.new)),
        ];
        let columns = [
            ("replan-fate", false),
            ("panel-need", false),
            ("panel-donor", false),
            ("panel-offer", false),
            ("replan-was", false),
            ("replan-becomes", false),
        ];
        let (mut differences, mut more) = (Panel::new("replan", &columns), Panel::new("replan", &columns));
        for (n, difference) in fates.differences.iter().enumerate() {
            let row = row(picture, calendar, difference);
            if n < FIRST { differences.row(row) } else { more.row(row) }
        }
        more.title = say("replan-more").into_owned();
        let kept = fates.kept_as();
        Self { kept, facts, price: say_with("replan-price", &[("x", percent(all.keep).into())]), differences, more }
    }
}

/// The number of a plan's line, and which promised lines it is.
pub(crate) fn line_cell(replanned: Option<&Replanned>, line: usize) -> Cell {
    let number = i64::try_from(line).unwrap_or(0);
    let kept = replanned.and_then(|replanned| replanned.kept.get(&number));
    let mut cell = number_cell(number);
    if let Some(kept) = kept {
        let text = say_with("replan-stays", &[("x", kept.join(", ").into())]);
        cell.parts.push(Part { text, ..Part::default() });
    }
    cell
}

fn row(picture: &Picture, calendar: &Calendar<'_>, difference: &Difference) -> Vec<Cell> {
    let donor = picture.offers.get(&difference.offer).map(|offer| offer.donor.to_string());
    let was = difference.was.iter().map(|(promise, flow)| {
        say_with("replan-line", &[("line", promise.name().into()), ("what", told(picture, calendar, flow).into())])
    });
    let becomes = difference.becomes.iter().map(|(_, flow)| told(picture, calendar, flow));
    vec![
        state_cell(difference.fate.as_str()),
        need_cell(picture, &difference.need),
        donor.map_or_else(|| text_cell(""), |donor| record_cell(picture, "parties", &donor)),
        record_cell(picture, "offers", &difference.offer),
        text_cell(was.collect::<Vec<_>>().join(" · ")),
        text_cell(becomes.collect::<Vec<_>>().join(" · ")),
    ]
}

/// A flow in words: how many units, by which way, when each leg begins, and when they are there.
fn told(picture: &Picture, calendar: &Calendar<'_>, flow: &Flow) -> String {
    let when = |period: i64| calendar.span(period, period);
    let leg = |leg: &Leg| {
        let (name, begins) = match leg {
            Leg::Lane { lane, depart } => (name_of(picture, "lanes", lane).unwrap_or_else(|| lane.clone()), *depart),
            Leg::Process { process, start } => {
                (name_of(picture, "processes", process).unwrap_or_else(|| process.clone()), *start)
            }
            Leg::Order { order } => (say("replan-order").into_owned(), *order),
        };
        say_with("replan-leg", &[("name", name.into()), ("when", when(begins).into())])
    };
    let way: Vec<String> = flow.path.iter().map(leg).collect();
    let units = counted("replan-units", usize::try_from(flow.quantity).unwrap_or(0));
    let values = [("units", units.into()), ("way", way.join("; ").into()), ("when", when(flow.arrive).into())];
    say_with(if way.is_empty() { "replan-there" } else { "replan-way" }, &values)
}

/// The price of a changed line that a form gives, if it asks for a plan in the place of what was promised; outside what may be, nothing
/// of a number.
pub(crate) fn keep(given: &BTreeMap<String, String>) -> Result<Option<f64>, String> {
    if !given.contains_key("replan") {
        return Ok(None);
    }
    let text = given.get("keep").map_or("", |text| text.trim());
    let keep = if text.is_empty() { Some(KEEP) } else { text.parse::<f64>().ok().map(|percent| percent / 100.0) };
    let within = |keep: &f64| (0.0..=MOST_KEEP).contains(keep);
    keep.filter(within).map(Some).ok_or_else(|| say("replan-keep-limits").into_owned())
}

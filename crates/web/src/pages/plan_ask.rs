//! What to ask donors and hosts for, in words: as a request, and what it would bring.

use muster_app::planner::ask::Ask;
use muster_domain::picture::Picture;

use super::{
    figures::{Calendar, rounded, whole},
    plan_change::words,
    record::panels::sheet_of,
};
use crate::text::say_with;

/// Most needs that are named.
const MOST_SERVED: usize = 3;

/// A request in words, without its full stop.
pub fn request(picture: &Picture, ask: &Ask) -> String {
    let Some(mission) = picture.mission() else { return String::new() };
    let mut parts: Vec<String> = ask.changes.iter().map(|change| words(picture, &Calendar(mission), change)).collect();
    match (parts.pop(), parts.is_empty()) {
        (Some(last), true) => last,
        (Some(last), false) => say_with("ask-and", &[("list", parts.join(", ").into()), ("last", last.into())]),
        (None, _) => String::new(),
    }
}

/// What it would bring to needs: what solving again says, or else what it is asked for. Most first.
pub fn brings(picture: &Picture, ask: &Ask) -> String {
    let serves = match &ask.verified {
        Some(verified) if !verified.serves.is_empty() => &verified.serves,
        _ => &ask.serves,
    };
    let named: Vec<String> = serves.iter().take(MOST_SERVED).map(|served| serving(picture, served)).collect();
    let list = named.join(", ");
    match serves.len() - named.len() {
        0 => list,
        more => say_with("why-and-more", &[("list", list.into()), ("n", more.into())]),
    }
}

fn serving(picture: &Picture, (need, more): &(String, i64)) -> String {
    let named = super::plan_why::need_name(picture, need);
    let which = match sheet_of(picture, need) {
        _ if *more < 0 => "ask-serves-less",
        "packages" => "ask-serves-sets",
        _ => "ask-serves-units",
    };
    let text = whole(more.abs());
    say_with(which, &[("n", (*more).into()), ("text", text.into()), ("name", named.into())])
}

/// A request in a table.
pub(crate) struct AskRow {
    pub(crate) request: String,
    pub(crate) brings: String,
    pub(crate) predicted: String,
    /// What solving again gained, and at most could gain.
    pub(crate) verified: Option<(String, String)>,
    /// The changes, for the form that solves again with them.
    pub(crate) changes: String,
}

impl AskRow {
    pub(crate) fn new(picture: &Picture, ask: &Ask) -> Self {
        Self {
            request: request(picture, ask),
            brings: brings(picture, ask),
            predicted: rounded(ask.predicted),
            changes: serde_json::to_string(&ask.changes).unwrap_or_default(),
            verified: ask.verified.as_ref().map(|v| (rounded(v.gain), rounded(v.at_most))),
        }
    }
}

//! Why a plan leaves a need unmet or meets it late, in words; each cause with the record that it is about.

use muster_app::{
    plan::lacking::{Because, Lacking},
    planner::{explain::Reason, solve::LimitKind},
};
use muster_domain::{mission::Mission, picture::Picture, process::ProcessKind, resource::ResourceState};

use super::{
    figures::{Calendar, rounded, whole},
    record::{
        address,
        cells::{Part, name_of},
        panels::sheet_of,
    },
};
use crate::text::{self, say, say_with};

/// Most names in a list within a sentence.
const MOST_NAMES: usize = 4;

/// Each cause of a shortfall as a sentence, without its full stop.
pub fn why(picture: &Picture, lacking: &Lacking) -> Vec<String> {
    causes(picture, lacking).into_iter().map(|part| part.text).collect()
}

/// The same, each leading to the record that it is about.
pub(crate) fn causes(picture: &Picture, lacking: &Lacking) -> Vec<Part> {
    let Some(mission) = picture.mission() else { return Vec::new() };
    lacking.causes.iter().map(|because| cause(picture, mission, because)).collect()
}

fn cause(picture: &Picture, mission: &Mission, because: &Because) -> Part {
    let cause = &because.cause;
    let (why, href) = reason(picture, &Calendar(mission), because);
    let what = resource_name(picture, &cause.resource);
    let values = [("text", whole(cause.units).into()), ("what", what.into()), ("why", why.into())];
    Part { text: say_with("why-part", &values), href }
}

fn reason(picture: &Picture, calendar: &Calendar<'_>, because: &Because) -> (String, String) {
    let offers = |list: &[(String, i64)]| {
        let named = |(code, _): &(String, i64)| match picture.offers.get(code) {
            Some(offer) => format!("{code} ({})", name(picture, "parties", offer.donor.as_str())),
            None => code.clone(),
        };
        names(list.iter().map(named).collect())
    };
    let to_offer = |code: &str| if picture.has("offers", code) { address("offers", code) } else { String::new() };
    match &because.cause.reason {
        Reason::NotOffered if because.uncommitted.is_empty() => (say("why-not-offered").into_owned(), String::new()),
        Reason::NotOffered => {
            let list = because.uncommitted.iter().map(|code| match picture.offers.get(code) {
                Some(offer) => format!("{code} ({})", text::word(offer.state.as_str()).to_lowercase()),
                None => code.clone(),
            });
            (say_with("why-uncommitted", &[("x", names(list.collect()).into())]), to_offer(&because.uncommitted[0]))
        }
        Reason::Caveat { offers: list } => {
            let caveats = because.caveats.iter().map(|code| name(picture, "caveats", code)).collect::<Vec<_>>();
            let which = if caveats.is_empty() { "why-caveat-none" } else { "why-caveat" };
            let values = [("caveats", names(caveats).into()), ("offers", offers(list).into())];
            let href = because.caveats.first().map_or_else(String::new, |code| address("caveats", code));
            (say_with(which, &values), href)
        }
        Reason::Elsewhere { offers: list, serve } => {
            let needs = serve.iter().map(|(need, _)| need_name(picture, need)).collect::<Vec<_>>();
            let which = if needs.is_empty() { "why-elsewhere-none" } else { "why-elsewhere" };
            let values = [("offers", offers(list).into()), ("needs", names(needs).into())];
            (say_with(which, &values), list.first().map_or_else(String::new, |(code, _)| to_offer(code)))
        }
        Reason::Full { .. } => full(picture, calendar, &because.cause.reason),
        Reason::NoWay { offers } => {
            let places = offers.iter().filter_map(|code| picture.offers.get(code)?.place.as_ref());
            let mut places: Vec<String> = places.map(|place| name(picture, "places", place.as_str())).collect();
            places.sort();
            places.dedup();
            (say_with("why-no-way", &[("x", names(places).into())]), String::new())
        }
        Reason::TooLate { offer, arrives, last } => {
            let values = [
                ("when", when(calendar, &[*arrives]).into()),
                ("offer", offer.into()),
                ("last", when(calendar, &[*last]).into()),
            ];
            (say_with("why-too-late", &values), to_offer(offer))
        }
        Reason::Horizon { offer, .. } => {
            let values = [("noun", calendar.noun().into()), ("offer", offer.into())];
            (say_with("why-horizon", &values), to_offer(offer))
        }
        Reason::Dear { cost, worth } => {
            let values = [("cost", rounded(*cost).into()), ("worth", rounded(*worth).into())];
            (say_with("why-dear", &values), String::new())
        }
        Reason::NotSought => (say("why-not-sought").into_owned(), String::new()),
    }
}

/// A capacity that is used up.
fn full(picture: &Picture, calendar: &Calendar<'_>, reason: &Reason) -> (String, String) {
    let Reason::Full { what, id, periods, load, capacity, .. } = reason else { return Default::default() };
    let (which, named, href) = match what {
        LimitKind::Lane => {
            let closed = *capacity <= 0.0 || *load <= 0.0;
            let which = if closed { "why-lane-closed" } else { "why-lane" };
            (which, lane_name(picture, id), address("lanes", id))
        }
        LimitKind::LaneVolume => ("why-lane-volume", lane_name(picture, id), address("lanes", id)),
        LimitKind::StorageVolume => ("why-storage-volume", name(picture, "places", id), address("places", id)),
        LimitKind::HandlingIn => ("why-handling-in", name(picture, "places", id), address("places", id)),
        LimitKind::Need => {
            let place =
                picture.processes.get(id).map_or_else(|| id.clone(), |p| name(picture, "places", p.place.as_str()));
            ("why-need", place, address("processes", id))
        }
        LimitKind::Pool => ("why-pool", name(picture, "pools", id), address("pools", id)),
        LimitKind::Fund => ("why-fund", name(picture, "funds", id), address("funds", id)),
        LimitKind::Handling => ("why-handling", name(picture, "places", id), address("places", id)),
        LimitKind::Storage => ("why-storage", name(picture, "places", id), address("places", id)),
        LimitKind::Order => ("why-order", id.clone(), address("offers", id)),
        LimitKind::Process | LimitKind::Offer => {
            let process = picture.processes.get(id);
            let which = match process.map(|p| p.kind) {
                Some(ProcessKind::Repair) => "why-repair",
                Some(ProcessKind::Training) => "why-training",
                None => "why-process",
            };
            let place = process.map_or_else(|| id.clone(), |p| name(picture, "places", p.place.as_str()));
            (which, place, address("processes", id))
        }
    };
    let values = [
        ("name", named.into()),
        ("when", when(calendar, periods).into()),
        ("load", rounded(*load).into()),
        ("capacity", rounded(*capacity).into()),
    ];
    (say_with(which, &values), href)
}

/// From where to where and how.
pub(crate) fn lane_name(picture: &Picture, lane: &str) -> String {
    let named = name(picture, "lanes", lane);
    match picture.lanes.get(lane) {
        Some(lane) => format!("{named}, {}", text::word(lane.mode.as_str()).to_lowercase()),
        None => named,
    }
}

/// Periods within a sentence: weeks 3–5, 8.
pub(crate) fn when(calendar: &Calendar<'_>, periods: &[usize]) -> String {
    calendar.runs(periods).0.to_lowercase()
}

pub(crate) fn name(picture: &Picture, sheet: &str, code: &str) -> String {
    name_of(picture, sheet, code).unwrap_or_else(|| code.to_owned())
}

/// What a resource is called, its state only where it is not the usual one.
pub(crate) fn resource_name(picture: &Picture, code: &str) -> String {
    let usual = picture.resources.get(code).filter(|r| r.state == ResourceState::Serviceable);
    match usual.and_then(|_| picture.item_of(code)) {
        Some(item) => item.name.to_string(),
        None => name(picture, "resources", code),
    }
}

/// A need by its code, with its name if it has one of its own.
pub(crate) fn need_name(picture: &Picture, need: &str) -> String {
    name_of(picture, sheet_of(picture, need), need).map_or_else(|| need.to_owned(), |name| format!("{need} {name}"))
}

/// Names in a row; beyond a few, how many more there are.
pub(crate) fn names(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(MOST_NAMES);
    names.truncate(MOST_NAMES);
    let list = names.join(", ");
    match more {
        0 => list,
        n => say_with("why-and-more", &[("list", list.into()), ("n", n.into())]),
    }
}

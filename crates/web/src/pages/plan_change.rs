//! Changes to a plan's inputs in words: as what is asked for, and as what would be otherwise.

use muster_app::planner::change::Change;
use muster_domain::{picture::Picture, process::ProcessKind};

use super::{
    figures::{Calendar, rounded, whole},
    plan_why::{lane_name, name, names, resource_name, when},
};
use crate::text::{Value, say_with};

/// A change to a plan's inputs in words, without its full stop.
pub fn change(picture: &Picture, change: &Change) -> String {
    picture.mission().map_or_else(String::new, |mission| words(picture, &Calendar(mission), change))
}

/// The same, for who has the calendar in hand.
pub(crate) fn words(picture: &Picture, calendar: &Calendar<'_>, change: &Change) -> String {
    let noun = calendar.noun();
    let span = |from: usize, to: usize| Value::from(when(calendar, &(from..=to).collect::<Vec<_>>()));
    let counted = |n: usize| Value::from(i64::try_from(n).unwrap_or(i64::MAX));
    let place = |code: &str| Value::from(name(picture, "places", code));
    match change {
        Change::ClosePlace { place: code, from, to } => {
            say_with("change-close-place", &[("name", place(code)), ("when", span(*from, *to))])
        }
        Change::LimitLane { lane, from, to, capacity_t } => {
            let which = if *capacity_t > 0.0 { "change-limit-lane" } else { "change-close-lane" };
            let (named, tonnes) = (lane_name(picture, lane), rounded(*capacity_t));
            let values =
                [("name", named.into()), ("x", tonnes.into()), ("noun", noun.into()), ("when", span(*from, *to))];
            say_with(which, &values)
        }
        Change::DelayLane { lane, periods } => say_with(
            "change-delay-lane",
            &[("name", lane_name(picture, lane).into()), ("n", counted(*periods)), ("noun", noun.into())],
        ),
        Change::DropDonor { donor } => {
            say_with("change-drop-donor", &[("name", name(picture, "parties", donor).into())])
        }
        Change::DropOffer { offer } => say_with("change-drop-offer", &[("offer", offer_name(picture, offer).into())]),
        Change::DelayOffer { offer, periods } => say_with(
            "change-delay-offer",
            &[("offer", offer_name(picture, offer).into()), ("n", counted(*periods)), ("noun", noun.into())],
        ),
        Change::AddOffer { resource, quantity, place: at, from, .. } => say_with(
            "ask-offer",
            &[
                ("text", whole(*quantity).into()),
                ("what", resource_name(picture, resource).into()),
                ("place", place(at)),
                ("when", span(*from, *from)),
            ],
        ),
        Change::MoreOf { offer, units } => {
            say_with("change-more-of", &[("text", whole(*units).into()), ("offer", offer_name(picture, offer).into())])
        }
        Change::WidenLane { lane, from, to, tonnes } => {
            let (named, tonnes) = (lane_name(picture, lane), rounded(*tonnes));
            let values =
                [("x", tonnes.into()), ("noun", noun.into()), ("name", named.into()), ("when", span(*from, *to))];
            say_with("ask-lane", &values)
        }
        Change::WidenHandling { place: at, tonnes } => {
            say_with("ask-handling", &[("x", rounded(*tonnes).into()), ("noun", noun.into()), ("name", place(at))])
        }
        Change::WidenStorage { place: at, tonnes } => {
            say_with("ask-storage", &[("x", rounded(*tonnes).into()), ("name", place(at))])
        }
        Change::WidenProcess { process, units } => widened(picture, noun, process, *units),
        Change::LiftCaveat { offer } => {
            let found = picture.offers.get(offer);
            let caveats = found.map(|o| o.caveats.iter().map(|c| name(picture, "caveats", c.as_str())).collect());
            let caveats = names(caveats.unwrap_or_default());
            say_with("ask-caveat", &[("caveats", caveats.into()), ("offer", offer_name(picture, offer).into())])
        }
        Change::MoreTime { want, periods } => {
            let named = super::plan_why::need_name(picture, want);
            say_with("change-more-time", &[("name", named.into()), ("n", counted(*periods)), ("noun", noun.into())])
        }
    }
}

fn widened(picture: &Picture, noun: &str, process: &str, units: i64) -> String {
    let found = picture.processes.get(process);
    let which = if found.is_some_and(|p| p.kind == ProcessKind::Training) { "ask-training" } else { "ask-repair" };
    let place = found.map_or_else(|| process.to_owned(), |p| name(picture, "places", p.place.as_str()));
    let what = found.and_then(|p| picture.item_of(p.output.as_str())).map(|item| item.name.to_string());
    let what = what.unwrap_or_default();
    say_with(which, &[("n", units.into()), ("noun", noun.into()), ("name", place.into()), ("what", what.into())])
}

/// An offer by its code, with who gives what.
fn offer_name(picture: &Picture, offer: &str) -> String {
    match picture.offers.get(offer) {
        Some(found) => {
            let donor = name(picture, "parties", found.donor.as_str());
            format!("{offer} ({donor}, {})", resource_name(picture, found.resource.as_str()))
        }
        None => offer.to_owned(),
    }
}

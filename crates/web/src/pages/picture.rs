//! Pictures: the data that the islands draw (`islands/src/contract.ts` says what it must be), and the figure they draw it in.

use std::collections::{BTreeMap, BTreeSet};

use muster_domain::{field::Field, picture::Picture};
use serde_json::{Value, json};

use super::{
    figures,
    record::{address, cells::name_of},
};
use crate::{
    assets,
    text::{self, say, say_with},
};

/// A picture on a page.
pub(crate) struct Island {
    pub(crate) kind: &'static str,
    pub(crate) id: &'static str,
    pub(crate) label: String,
    /// Its data, so written that it cannot end the element it stands in.
    pub(crate) data: String,
    /// Address of the outlines, for maps.
    pub(crate) outlines: String,
    pub(crate) script: String,
    pub(crate) style: String,
}

impl Island {
    pub(crate) fn new(kind: &'static str, id: &'static str, label: impl Into<String>, data: &Value) -> Self {
        Self {
            kind,
            id,
            label: label.into(),
            data: data.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028"),
            outlines: if kind == "map" { assets::address("outlines", "json") } else { String::new() },
            script: assets::address("islands", "js"),
            style: assets::address("islands", "css"),
        }
    }
}

/// Points that sea lanes go by: longitude and latitude.
const SEA_WAY: &[(f64, f64)] = &[
    (122.0, 22.0),
    (109.0, 9.0),
    (103.6, 1.2),
    (95.0, 6.0),
    (80.0, 5.5),
    (52.0, 12.5),
    (43.3, 12.6),
    (39.0, 20.0),
    (32.6, 29.9),
    (32.3, 31.4),
];
const TO_ATLANTIC: &[(f64, f64)] =
    &[(25.0, 33.5), (11.5, 37.5), (-5.6, 35.95), (-9.8, 37.0), (-10.0, 43.5), (-5.5, 48.8), (1.3, 51.0)];

/// Where a sea lane between two places goes by, so that it does not cross land.
fn via(from: (f64, f64), to: (f64, f64)) -> Option<Vec<[f64; 2]>> {
    let far_east = |p: (f64, f64)| p.0 > 90.0;
    let (west, back) = match (far_east(from), far_east(to)) {
        (true, false) => (to, false),
        (false, true) => (from, true),
        _ => return None,
    };
    let mut way: Vec<[f64; 2]> = SEA_WAY.iter().map(|(x, y)| [*x, *y]).collect();
    // North of the Alps one goes round by Gibraltar.
    if west.1 > 46.5 && west.0 < 20.0 || west.1 > 50.0 {
        way.extend(TO_ATLANTIC.iter().map(|(x, y)| [*x, *y]));
    }
    if back {
        way.reverse();
    }
    Some(way)
}

/// What lanes carry: in all, in each period, and how full they are at most.
pub(crate) struct Carried {
    pub(crate) total: f64,
    /// Period, how much, share of the capacity.
    pub(crate) periods: Vec<(usize, f64, Option<f64>)>,
}

/// In what is told how much lanes carry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    Tonnes,
    Consignments,
    /// Units that work orders are about.
    Repairs,
    Trainees,
}

impl Measure {
    fn text(self, much: f64) -> String {
        let counted = |key| say_with(key, &[("n", (much as i64).into())]);
        match self {
            Self::Tonnes => format!("{} t", figures::rounded(much)),
            Self::Consignments => counted("movements-consignments"),
            Self::Repairs => counted("repair-units"),
            Self::Trainees => counted("training-trainees"),
        }
    }
}

/// What is at a place.
pub(crate) struct Here {
    pub(crate) units: i64,
    /// What of it, in words.
    pub(crate) text: String,
}

/// What is on a map besides places.
#[derive(Default)]
pub(crate) struct OnMap<'a> {
    /// Lanes that carry something, and in what that is told; none: every lane is drawn, and all alike.
    pub(crate) carried: Option<(&'a BTreeMap<String, Carried>, Measure)>,
    /// What is at places; those without it are drawn only where a lane leads.
    pub(crate) here: BTreeMap<String, Here>,
    /// Names of the periods of what lanes carry.
    pub(crate) labels: Vec<String>,
}

/// A map of places and of lanes; none if nothing is on it that the picture knows.
pub(crate) fn map(picture: &Picture, id: &'static str, label: String, shown: OnMap<'_>) -> Option<Island> {
    let OnMap { carried, here, labels } = shown;
    let (carried, measure) = (carried.map(|(all, _)| all), carried.map_or(Measure::Tonnes, |(_, measure)| measure));
    let wanted = |lane: &str| carried.is_none_or(|all| all.contains_key(lane));
    let lanes: Vec<_> = picture.lanes.values().filter(|lane| wanted(lane.code.as_str())).collect();
    let mut weights: BTreeMap<&str, f64> = here.iter().map(|(place, of)| (place.as_str(), of.units as f64)).collect();
    for lane in &lanes {
        let tonnes = carried.and_then(|all| all.get(lane.code.as_str())).map_or(1.0, |c| c.total);
        for place in [lane.from.as_str(), lane.to.as_str()] {
            *weights.entry(place).or_default() += tonnes;
        }
    }
    let position = |code: &str| picture.places.get(code).map(|p| (p.longitude.as_f64(), p.latitude.as_f64()));
    let drawn = picture.places.values().filter(|p| carried.is_none() || weights.contains_key(p.code.as_str()));
    let places: Vec<Value> = drawn
        .map(|place| {
            let code = place.code.as_str();
            let weight = weights.get(code).copied().unwrap_or(0.0);
            let text = match carried {
                _ if here.contains_key(code) => here[code].text.clone(),
                Some(_) if measure == Measure::Tonnes => {
                    format!("{}, {}", text::word(place.kind.as_str()), measure.text(weight / 2.0))
                }
                _ => text::word(place.kind.as_str()).into_owned(),
            };
            let mut drawn = json!({
                "id": code, "name": place.name.as_str(), "latitude": place.latitude.as_f64(),
                "longitude": place.longitude.as_f64(), "kind": place.kind.as_str(), "weight": weight, "text": text,
                "href": address("places", code),
            });
            if let Some(of) = here.get(code) {
                drawn["amount"] = json!({ "value": of.units, "text": of.units.to_string() });
            }
            drawn
        })
        .collect();
    if places.is_empty() {
        return None;
    }
    let lanes: Vec<Value> = lanes
        .into_iter()
        .filter_map(|lane| {
            let code = lane.code.as_str();
            let (from, to) = (position(lane.from.as_str())?, position(lane.to.as_str())?);
            let carried = carried.and_then(|all| all.get(code));
            let name = name_of(picture, "lanes", code).unwrap_or_else(|| code.to_owned());
            let mut drawn = json!({
                "id": code, "from": lane.from.as_str(), "to": lane.to.as_str(), "mode": lane.mode.as_str(),
                "href": address("lanes", code),
                "value": carried.map_or_else(|| lane.capacity_t.as_f64(), |c| c.total),
                "text": carried.map_or_else(|| format!("{name}: {} t", lane.capacity_t.text()), |c| format!("{name}: {}", measure.text(c.total))),
            });
            if lane.mode.as_str() == "sea" && let Some(way) = via(from, to) {
                drawn["via"] = json!(way);
            }
            if let Some(carried) = carried {
                drawn["by_period"] = carried
                    .periods
                    .iter()
                    .map(|(period, t, load)| {
                        json!({ "period": period, "value": t, "text": format!("{name}: {}", measure.text(*t)), "load": load })
                    })
                    .collect();
            }
            Some(drawn)
        })
        .collect();
    let kinds: BTreeSet<&str> = places.iter().filter_map(|p| p["kind"].as_str()).collect();
    let modes: BTreeSet<&str> = lanes.iter().filter_map(|l| l["mode"].as_str()).collect();
    let mut legend: Vec<Value> = kinds.iter().map(|kind| json!({ "place": kind, "text": text::word(kind) })).collect();
    legend.extend(modes.iter().map(|mode| json!({ "mode": mode, "text": text::word(mode) })));
    if carried.is_some() && measure == Measure::Tonnes {
        legend.push(json!({ "load": "full", "text": say("map-full") }));
    }
    let mut data = json!({
        "places": places, "lanes": lanes, "legend": legend,
        "views": [
            { "name": say("map-view-europe"), "box": [-11.0, 35.0, 42.0, 61.0] },
            { "name": say("map-view-all") },
        ],
        "controls": { "zoom_in": say("map-zoom-in"), "zoom_out": say("map-zoom-out"), "help": say("map-help") },
    });
    if carried.is_some() && !labels.is_empty() {
        data["periods"] = json!({ "name": say("map-period"), "whole": say("map-whole"), "labels": labels });
    }
    Some(Island::new("map", id, label, &data))
}

/// The picture above a list, for the sheets that have one.
pub(crate) fn of_list(sheet: &str, picture: &Picture, today: jiff::civil::Date) -> Option<Island> {
    match sheet {
        "places" | "lanes" => map(picture, "list-data", say("picture-places").into_owned(), OnMap::default()),
        "offers" => offers(picture),
        "participations" => participations(picture, today),
        _ => None,
    }
}

/// Offers by donor and how far they are.
fn offers(picture: &Picture) -> Option<Island> {
    const STAGES: [(&str, &str); 4] = [("done", "b1"), ("bound", "b2"), ("promised", "b3"), ("stopped", "rest")];
    let mut donors: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for offer in picture.offers.values() {
        use muster_domain::offer::OfferState;
        let stage = match offer.state {
            OfferState::ReceivedByUnit | OfferState::InService => 0,
            state if state.is_stop() => 3,
            state if state.is_committed() => 1,
            _ => 2,
        };
        donors.entry(offer.donor.as_str()).or_default()[stage] += 1;
    }
    if donors.is_empty() {
        return None;
    }
    let mut rows: Vec<(&str, [usize; 4])> = donors.into_iter().collect();
    rows.sort_by_key(|(donor, counts)| (std::cmp::Reverse(counts.iter().sum::<usize>()), *donor));
    let rows: Vec<Value> = rows
        .into_iter()
        .map(|(donor, counts)| {
            let parts: Vec<Value> = STAGES
                .iter()
                .zip(counts)
                .map(|((id, _), count)| json!({ "series": id, "value": count, "text": count.to_string() }))
                .collect();
            json!({
                "name": name_of(picture, "parties", donor).unwrap_or_else(|| donor.to_owned()),
                "href": format!("/records/offers?donor={donor}"),
                "text": counts.iter().sum::<usize>().to_string(),
                "parts": parts,
            })
        })
        .collect();
    let series = STAGES.map(|(id, tone)| json!({ "id": id, "name": say(&format!("offers-{id}")), "tone": tone }));
    let data = json!({ "series": series, "rows": rows, "scale": "common" });
    Some(Island::new("bars", "list-data", say("picture-offers"), &data))
}

/// Participations from their declaration on.
fn participations(picture: &Picture, today: jiff::civil::Date) -> Option<Island> {
    let (mut first, mut rows) = (today, Vec::new());
    for (code, participation) in &picture.participations {
        let steps = picture.steps(code);
        let mut bars = Vec::new();
        for (n, step) in steps.iter().enumerate() {
            let from = step.on.earliest();
            let to = steps.get(n + 1).map_or(today, |next| next.on.earliest()).max(from);
            first = first.min(from);
            let word = text::word(step.state.as_str());
            let tone = match step.state.as_str() {
                "active" => "b1",
                "accepted" => "b2",
                "ended" => "rest",
                "suspended" => "warn",
                _ => "b3",
            };
            let until = if to > from { to } else { from.tomorrow().unwrap_or(from) };
            bars.push(json!({ "from": from.to_string(), "to": until.to_string(), "text": word, "tone": tone,
                "title": format!("{word}, {}: {}", figures::day_text(&step.on.text()), step.reason) }));
        }
        rows.push(json!({
            "name": name_of(picture, "parties", participation.party.as_str()).unwrap_or_else(|| code.clone()),
            "href": address("participations", code),
            "bars": bars,
        }));
    }
    if rows.is_empty() {
        return None;
    }
    let to = today.tomorrow().unwrap_or(today).to_string();
    let data = json!({ "from": first.to_string(), "to": to, "rows": rows });
    Some(Island::new("timeline", "list-data", say("picture-participations"), &data))
}

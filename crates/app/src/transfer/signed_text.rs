//! The text of a handover that keys and passkeys sign: which consignment, which milestone, where and when, and what was counted. And that a
//! text which was signed tells of the handover with which it stands.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use muster_domain::{
    consignment::Milestone,
    item::Tracking,
    message,
    message::{Message, Value as Word},
    viewer::Viewer,
};
use serde_json::{Value, json};

use super::{
    Loaded,
    count::{Count, Parts, counted, parts},
    shown::Shown,
    unmanifested::Unmanifested,
};
use crate::{App, Error};

impl App {
    /// The text that keys and passkeys sign for a handover of a consignment, as it is now, if it was counted so.
    ///
    /// # Errors
    /// If there is none that the viewer sees, the count does not fit its lines, or the database fails.
    pub async fn handover_text(
        &self,
        viewer: &Viewer,
        code: &str,
        milestone: Milestone,
        count: &Count,
        at: Option<Timestamp>,
    ) -> Result<String, Error> {
        let Shown { head, lines, units, items, .. } = self.consignment_shown(viewer, code).await?;
        let loaded = Loaded { head, lines, units, steps: BTreeMap::new(), beyond: BTreeMap::new() };
        let by_line = counted(&loaded, count)?;
        let mut lines = Vec::new();
        for line in loaded.lines.iter().filter(|line| line.present > 0) {
            let tracking = items.get(&line.resource).map_or(Tracking::Quantity, |(_, tracking)| *tracking);
            let found = by_line.get(&line.line).map(|found| parts(tracking, line, &loaded.units_of(line.line), found));
            let found = found.transpose()?;
            lines.push(match found {
                None => told_line(line.line, line.present, 0, 0),
                Some(parts) => {
                    let mut told = told_line(line.line, parts.received, parts.damaged, parts.over);
                    // Lots are told where they were counted one by one.
                    if by_line.get(&line.line).is_some_and(|counted| !counted.lots.is_empty()) {
                        told["lots"] = told_lots(&parts);
                    }
                    told
                }
            });
        }
        let (head, at) = (&loaded.head, at.unwrap_or_else(|| self.now()).to_string());
        let (consignment, place) = (head.code.as_str(), head.place.as_str());
        let milestone = milestone.as_str();
        let mut text =
            json!({ "consignment": consignment, "milestone": milestone, "place": place, "at": at, "lines": lines });
        if !count.unmanifested.is_empty() {
            text["unmanifested"] = count.unmanifested.iter().map(told_thing).collect();
        }
        Ok(text.to_string())
    }
}

/// A line as keys sign it; what is hurt or too much is told only where something is.
fn told_line(line: i64, counted: i64, damaged: i64, over: i64) -> Value {
    let mut told = json!({ "line": line, "counted": counted });
    for (name, quantity) in [("damaged", damaged), ("over", over)] {
        if quantity > 0 {
            told[name] = quantity.into();
        }
    }
    told
}

/// A thing on no manifest as keys sign it.
pub(super) fn told_thing(thing: &Unmanifested) -> Value {
    json!({ "description": thing.description.trim(), "quantity": thing.quantity })
}

/// Lots of a line as keys sign them, in their order.
fn told_lots(parts: &Parts) -> Value {
    let mut by_lot: BTreeMap<&str, [i64; 3]> = BTreeMap::new();
    for (place, units) in [&parts.good, &parts.hurt, &parts.extra].into_iter().enumerate() {
        for unit in units {
            by_lot.entry(&unit.lot).or_default()[place] += unit.quantity;
        }
    }
    for unit in &parts.missing {
        by_lot.entry(&unit.lot).or_default();
    }
    let told = |(lot, [counted, damaged, over]): (&str, [i64; 3])| {
        let mut told = json!({ "lot": lot, "counted": counted });
        for (name, quantity) in [("damaged", damaged), ("over", over)] {
            if quantity > 0 {
                told[name] = quantity.into();
            }
        }
        told
    };
    by_lot.into_iter().map(told).collect()
}

/// When something happened by a text that keys sign now: it says where and when, so that it is of one handover alone.
///
/// # Errors
/// What it does not say.
pub(crate) fn signed_at(text: &str) -> Result<Timestamp, Message> {
    let said: Value = serde_json::from_str(text).unwrap_or_default();
    let at = said["at"].as_str().and_then(|at| at.parse().ok());
    let lacks = |what: &'static str| message!("signed-text-lacks", what);
    match at {
        Some(at) if said["place"].is_string() => Ok(at),
        Some(_) => Err(lacks("place")),
        None => Err(lacks("at")),
    }
}

/// That a text which keys signed tells of this handover: its consignment, milestone, place and counts.
///
/// # Errors
/// In what it differs.
pub(crate) fn says_the_same(text: &str, statement: &Value) -> Result<(), Message> {
    let differs = |what: &'static str| Err(message!("signed-text-differs", what = Word::word(what)));
    if text.len() > 1 << 20 {
        return Err(message!("body-too-large", most = 1_i64 << 20));
    }
    let Ok(said) = serde_json::from_str::<Value>(text) else { return differs("text") };
    // Where no key signed, a text need not tell the place; what keys sign does (`signed_at`).
    let places = ["place"].into_iter().filter(|name| said.get(name).is_some());
    for name in ["consignment", "milestone"].into_iter().chain(places) {
        if said.get(name).and_then(Value::as_str) != statement.get(name).and_then(Value::as_str) {
            return differs(name);
        }
    }
    // What is not told of a line is nothing.
    let counts = |of: &Value| {
        let number = |line: &Value, name: &str| line.get(name).and_then(Value::as_i64);
        let all = of.get("lines").and_then(Value::as_array).into_iter().flatten().filter_map(|line| {
            let more = ["damaged", "over"].map(|name| number(line, name).unwrap_or(0));
            Some((number(line, "line")?, number(line, "counted")?, more))
        });
        let mut all: Vec<(i64, i64, [i64; 2])> = all.collect();
        all.sort_unstable();
        all
    };
    let things = |of: &Value| {
        let all = of.get("unmanifested").and_then(Value::as_array).into_iter().flatten();
        let mut all: Vec<String> = all.map(|thing| format!("{} {}", thing["quantity"], thing["description"])).collect();
        all.sort_unstable();
        all
    };
    if counts(&said) != counts(statement) || things(&said) != things(statement) {
        return differs("lines");
    }
    // Texts that tell no lots are of counts without.
    let told = lots(&said, "lots");
    let lines: BTreeSet<i64> = told.iter().map(|(line, ..)| *line).collect();
    let stated: Vec<_> = lots(statement, "lot_counts").into_iter().filter(|(line, ..)| lines.contains(line)).collect();
    if told != stated {
        return differs("lots");
    }
    Ok(())
}

/// Of each line and lot what was counted, hurt and too much, in order.
fn lots(of: &Value, name: &str) -> Vec<(i64, String, [i64; 3])> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut all = Vec::new();
    for line in list(&of["lines"]) {
        let number = line["line"].as_i64().unwrap_or_default();
        for lot in list(&line[name]) {
            let counts = ["counted", "damaged", "over"].map(|name| lot[name].as_i64().unwrap_or(0));
            all.push((number, lot["lot"].as_str().unwrap_or_default().to_owned(), counts));
        }
    }
    all.sort_unstable();
    all
}

//! What is made up: which consignments never arrive, what is found missing or hurt, what is on pallets, and how units are named. And what
//! people do with their hands wherever they stand: count, and sign.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use muster_app::demonstration::serial;
use serde_json::{Value, json};

use super::{
    known::Known,
    people::{Key, text},
};

/// What ends every reason that is given: whoever reads it in the journal must not take it for something that happened.
pub(super) const INVENTED: &str = " (invented)";

/// What somebody asks for, its reason marked as made up.
pub(super) fn invented(mut body: Value) -> Value {
    if let Some(reason) = body["reason"].as_str().filter(|reason| !reason.ends_with(INVENTED)) {
        body["reason"] = format!("{reason}{INVENTED}").into();
    }
    body
}

/// Every so manieth consignment is late: it leaves and is not heard of any more.
const LATE: usize = 9;
/// In every so manieth consignment something is missing.
const SHORT: usize = 13;
/// In every so manieth consignment something was hurt.
const DAMAGED: usize = 17;
/// The first of them: early, so that a short demonstration has some.
const FIRST_SHORT: usize = 1;
/// As [`FIRST_SHORT`].
const FIRST_DAMAGED: usize = 2;
/// Most consignments that ride on one conveyance.
pub(super) const ON_ONE: usize = 4;
/// Every so manieth consignment is on a pallet with a number.
const ON_PALLET: usize = 3;

/// A photograph of wet cartons, as small as one can be.
pub(super) const PHOTO: &[u8] = &[
    0xff, 0xd8, 0xff, 0xe0, 0x00, 0x10, b'J', b'F', b'I', b'F', 0x00, 0x01, 0x01, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00,
    0x00, 0xff, 0xd9,
];

#[derive(Debug, Default)]
pub(super) struct Story {
    /// Consignments, and as which they were made up.
    made: BTreeMap<String, usize>,
    /// Those that only somebody with authority may send.
    pub(super) by_authority: BTreeSet<String>,
    /// Those that a story of its own needs: a desk does everything to them, and they arrive.
    pub(super) needed: BTreeSet<String>,
    /// Those of which Muster refused what a phone had done: from then on a desk does everything to them.
    pub(super) at_desk: BTreeSet<String>,
    /// Consignments that were counted at their first place, among them something by number.
    counted: usize,
    /// Units of each offer that have got a name.
    named: BTreeMap<String, i64>,
    /// Conveyances that left by a lane on a day, of each sender: the movement, and how many consignments ride on it.
    pub(super) rides: BTreeMap<(String, String), (String, usize)>,
}

impl Story {
    /// A story that begins when so many units of offers have got a number.
    pub(super) fn after(named: BTreeMap<String, i64>) -> Self {
        Self { named, ..Self::default() }
    }

    /// A consignment was made up.
    pub(super) fn made(&mut self, code: &str) {
        self.made.insert(code.to_owned(), self.made.len());
    }

    pub(super) fn number(&self, code: &str) -> usize {
        self.made.get(code).copied().unwrap_or_default()
    }

    /// How many consignments were made up.
    pub(super) fn consignments(&self) -> usize {
        self.made.len()
    }

    /// Codes of all consignments.
    pub(super) fn codes(&self) -> impl Iterator<Item = &str> {
        self.made.keys().map(String::as_str)
    }

    /// Whether it is one of those that do not arrive.
    pub(super) fn is_lost(&self, code: &str) -> bool {
        !self.needed.contains(code) && self.made.get(code).is_none_or(|n| n % LATE == LATE - 1)
    }

    /// Whether all that is done to it is done at a desk.
    pub(super) fn is_at_desk(&self, code: &str) -> bool {
        self.at_desk.contains(code) || self.needed.contains(code)
    }

    /// Whether it goes on a pallet.
    pub(super) fn is_on_pallet(&self, consignment: &Value, known: &Known) -> bool {
        let materiel = |line: &Value| {
            let resource = line["resource"].as_str().unwrap_or_default();
            known.resources.get(resource).is_some_and(|(_, kind)| kind == "materiel")
        };
        self.number(&text(consignment, "code")).is_multiple_of(ON_PALLET) && lines(consignment).all(materiel)
    }

    /// Names for units of an offer that had none before.
    pub(super) fn named(&mut self, offer: &str, quantity: i64) -> Vec<String> {
        let named = self.named.entry(offer.to_owned()).or_default();
        let names = (*named + 1..=*named + quantity).map(|n| serial(offer, n)).collect();
        *named += quantity;
        names
    }

    /// What is found of each line of what came, and whether something is hurt. Now and then it is not what the list says.
    pub(super) fn count(&mut self, consignment: &Value) -> (Vec<Counted>, bool) {
        let mut all: Vec<Counted> =
            lines(consignment).filter(|line| present(line) > 0).map(Counted::as_stated).collect();
        let reached = consignment["milestones"].as_array().into_iter().flatten();
        let first = reached.into_iter().all(|reached| reached["milestone"] != "arrived_at_node");
        let by_number = |counted: &&mut Counted| counted.serials.is_none() && counted.plain && counted.received > 4;
        let mut is_hurt = false;
        if let Some(counted) = all.iter_mut().find(by_number).filter(|_| first) {
            self.counted += 1;
            let (short, hurt) = (self.counted % SHORT == FIRST_SHORT, self.counted % DAMAGED == FIRST_DAMAGED);
            if short || hurt {
                is_hurt = hurt;
                counted.damaged = i64::from(hurt) * 2;
                counted.received -= counted.damaged + i64::from(short);
                counted.remark = if hurt { "wet cartons" } else { "one carton less than on the list" };
            }
        }
        (all, is_hurt)
    }
}

/// What was found of a line.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    line: i64,
    received: i64,
    damaged: i64,
    serials: Option<Vec<String>>,
    /// Whether its units are told apart by nothing.
    plain: bool,
    remark: &'static str,
}

impl Counted {
    fn as_stated(line: &Value) -> Self {
        let units = line["units"].as_array().into_iter().flatten();
        let serials: Vec<String> = units.map(|unit| text(unit, "serial")).filter(|serial| !serial.is_empty()).collect();
        Self {
            line: number(line, "line"),
            received: present(line),
            damaged: 0,
            serials: Some(serials).filter(|serials| line["tracking"] == "serial" && !serials.is_empty()),
            plain: line["tracking"] == "quantity",
            remark: "",
        }
    }

    /// As the API takes it.
    pub(super) fn json(&self) -> Value {
        let mut counted = json!({ "line": self.line, "received": self.received, "damaged": self.damaged });
        if let Some(serials) = &self.serials {
            counted["serials"] = json!(serials);
            counted["damaged_serials"] = json!([]);
        }
        if !self.remark.is_empty() {
            counted["remark"] = self.remark.into();
        }
        counted
    }
}

/// The text that keys sign: the consignment, what happened to it where and when, and the counts.
fn signed_text(consignment: &Value, milestone: &str, at: Timestamp, counts: &[Counted]) -> String {
    let line = |counted: &Counted| match counted.damaged {
        0 => json!({ "line": counted.line, "counted": counted.received }),
        damaged => json!({ "line": counted.line, "counted": counted.received, "damaged": damaged }),
    };
    let lines: Vec<Value> = counts.iter().map(line).collect();
    let place = text(consignment, "place");
    let code = text(consignment, "code");
    json!({ "consignment": code, "milestone": milestone, "place": place, "at": at.to_string(), "lines": lines })
        .to_string()
}

/// Both sign what was counted.
pub(super) fn signed(
    consignment: &Value,
    milestone: &str,
    at: Timestamp,
    counts: &[Counted],
    (hands_over, takes_over): (&Key, &Key),
) -> Value {
    let signed = signed_text(consignment, milestone, at, counts);
    json!({
        "hands_over": hands_over.sign(&signed),
        "takes_over": takes_over.sign(&signed),
        "text": signed,
    })
}

/// The lines of a consignment.
pub(super) fn lines(consignment: &Value) -> impl Iterator<Item = &Value> {
    consignment["lines"].as_array().into_iter().flatten()
}

/// A field that is a whole number; 0 if it is not.
pub(super) fn number(body: &Value, name: &str) -> i64 {
    body[name].as_i64().unwrap_or_default()
}

/// How many units of a line are there.
pub(super) fn present(line: &Value) -> i64 {
    number(line, "present")
}

/// What deeds to a consignment rest on: a remark or a pallet more is not of it (`essence` in `islands/src/hub/model.ts`).
pub(super) fn essence(consignment: &Value) -> String {
    let line = |line: &Value| {
        let units = line["units"].as_array().into_iter().flatten();
        let mut units: Vec<String> =
            units.map(|unit| format!("{} {} {}", unit["lot"], unit["serial"], unit["quantity"])).collect();
        units.sort();
        json!([line["line"], line["resource"], line["present"], units])
    };
    let lines: Vec<Value> = lines(consignment).map(line).collect();
    let head = ["state", "place", "lane", "consignee", "destination"].map(|name| &consignment[name]);
    json!([head, lines]).to_string()
}

//! What a person does with the phone in their hand, without a network: makes ready, counts, signs with whoever stands beside them, loads.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    known::{Known, is_due},
    people::{Key, text},
    phone::{Kind, Phone, Photo},
    story::{PHOTO, Story, lines, number, present, signed},
    wire::Wire,
};

/// Work takes time.
const TAKES: SignedDuration = SignedDuration::from_mins(7);

/// Everybody's keys on a phone, by party.
pub(super) type Keys = std::collections::BTreeMap<String, Key>;

pub(super) struct Hands<'a> {
    pub(super) wire: &'a Wire,
    pub(super) known: &'a Known,
    pub(super) story: &'a mut Story,
    pub(super) keys: &'a Keys,
}

impl Hands<'_> {
    /// All that is to be done at the place and can be, as far as the phone knows.
    pub(super) fn work(&mut self, phone: &mut Phone) {
        for seen in phone.views() {
            let code = text(&seen, "code");
            if !self.story.is_at_desk(&code) {
                self.consignment(phone, seen);
            }
        }
    }

    fn consignment(&mut self, phone: &mut Phone, mut seen: Value) {
        // One deed leads to the next: what was made ready may leave, what came to its end is taken over.
        for _ in 0..2 {
            let before = text(&seen, "state");
            if !self.next(phone, &seen) {
                return;
            }
            let code = text(&seen, "code");
            match phone.views().into_iter().find(|view| view["code"] == code.as_str()) {
                Some(view) if view["state"] != before.as_str() => seen = view,
                _ => return,
            }
        }
    }

    /// The next deed to a consignment, if one is to be done.
    pub(super) fn next(&mut self, phone: &mut Phone, seen: &Value) -> bool {
        // Work on it has taken a while.
        let now = phone.now(self.wire);
        let right = self.wire.now();
        let party = phone.me.party.as_str();
        let here = text(seen, "place") == phone.place;
        let (_, holder) = self.known.holders(seen);
        let consignee = text(seen, "consignee");
        // What only authority opens, the movement planner sends from a desk; it is counted here as everything is.
        let by_authority = self.story.by_authority.contains(&text(seen, "code"));
        let (kind, body, photos) = match seen["state"].as_str().unwrap_or_default() {
            "packing" if here && holder == party && !by_authority => {
                let story = &mut *self.story;
                let lines = packed(self.known, seen, "", |line| new_names(story, line));
                let body = json!({ "at": now.to_string(), "lines": lines, "reason": "made ready" });
                (Kind::Ready, body, Vec::new())
            }
            "readied" | "at_node" if here && seen["at_end"] == false && holder == party && !by_authority => {
                // What came here a moment ago waits until Muster says when it goes on.
                let told = seen["state"] == "readied" || !phone.is_untold(&text(seen, "code"));
                if !told || !is_due(seen, "departs_at", right) {
                    return false;
                }
                let mode = self.known.lanes.get(&text(seen, "lane")).map_or("", |(_, mode)| mode.as_str());
                let conveyance = format!("{mode} {:04}", self.story.number(&text(seen, "code")));
                let body = json!({ "at": now.to_string(), "carrier": CARRIER, "conveyance": conveyance, "reason": "loaded and gone" });
                (Kind::Depart, body, Vec::new())
            }
            "under_way" if self.comes(phone, seen) => self.counted(seen, Kind::Arrive, now),
            // What goes into stock is not signed for; only Muster tells which that is.
            "at_node" if here && seen["at_end"] == true && consignee == party => {
                if holder == party && phone.is_untold(&text(seen, "code")) {
                    return false;
                }
                self.counted(seen, Kind::Receive, now)
            }
            _ => return false,
        };
        let mut body = body;
        body["version"] = seen["version"].clone();
        phone.done(self.wire, kind, seen, body, photos);
        self.wire.passes(TAKES);
        true
    }

    /// Whether something that was under way is there by now and will be counted with this phone.
    pub(super) fn comes(&self, phone: &Phone, seen: &Value) -> bool {
        let code = text(seen, "code");
        let (_, holder) = self.known.holders(seen);
        let ours = holder == phone.me.party || seen["consignee"] == phone.me.party.as_str();
        let here = seen["state"] == "under_way" && text(seen, "place") == phone.place;
        let there = is_due(seen, "arrives_at", self.wire.now()) && !self.story.is_lost(&code);
        here && ours && there && !self.story.is_at_desk(&code)
    }

    /// A count, signed by both where it comes into other hands.
    pub(super) fn counted(&mut self, seen: &Value, kind: Kind, at: Timestamp) -> (Kind, Value, Vec<Photo>) {
        let (counts, hurt) = self.story.count(seen);
        let lines: Vec<Value> = counts.iter().map(super::story::Counted::json).collect();
        let reason = if kind == Kind::Arrive { "counted on arrival" } else { "taken over" };
        let mut body = json!({ "at": at.to_string(), "lines": lines, "reason": reason });
        let mut photos = Vec::new();
        if let Some((gives, takes)) = self.signers(seen, kind) {
            body["signed"] = signed(seen, kind.milestone(), at, &counts, (gives, takes));
            if hurt {
                body["signed"]["photos"] = json!([photo_hash()]);
                photos.push(Photo { bytes: PHOTO, sent: false });
            }
        }
        (kind, body, photos)
    }

    /// Who hands over and who takes over, if both are there.
    fn signers(&self, seen: &Value, kind: Kind) -> Option<(&Key, &Key)> {
        let (gives, takes) = hands(self.known, seen, kind);
        Some((self.keys.get(&gives)?, self.keys.get(&takes)?)).filter(|_| gives != takes && seen["into_stock"] != true)
    }
}

/// The parties between which a consignment changes hands.
pub(super) fn hands(known: &Known, seen: &Value, kind: Kind) -> (String, String) {
    let (before, holder) = known.holders(seen);
    match kind {
        Kind::Receive => (holder, text(seen, "consignee")),
        _ => (before, holder),
    }
}

/// Who carries.
pub(super) const CARRIER: &str = "Example Carrier (invented)";

/// The name of the photograph.
pub(super) fn photo_hash() -> String {
    crate::open::to_hex(&Sha256::digest(PHOTO))
}

/// What lines hold when they are made ready: the condition that was offered, and units that are told apart by number; `names` gives those
/// that Muster does not know yet.
pub(super) fn packed(
    known: &Known,
    consignment: &Value,
    sscc: &str,
    mut names: impl FnMut(&Value) -> Vec<Value>,
) -> Vec<Value> {
    let mut all = Vec::new();
    for line in lines(consignment).filter(|line| present(line) > 0) {
        let mut packed = json!({ "line": line["line"] });
        let state = known.resources.get(&text(line, "resource")).map_or("", |(state, _)| state.as_str());
        if ["serviceable", "unserviceable"].contains(&state) {
            packed["condition"] = state.into();
        }
        let told: Vec<&Value> = line["units"].as_array().into_iter().flatten().collect();
        let is_known = told.iter().map(|unit| number(unit, "quantity")).sum::<i64>() == present(line);
        let mut units: Vec<Value> = match line["tracking"].as_str() {
            Some("serial" | "lot") if is_known => told.into_iter().map(unit_of).collect(),
            Some("serial" | "lot") => names(line),
            _ if sscc.is_empty() => Vec::new(),
            _ => vec![json!({ "quantity": present(line) })],
        };
        if !sscc.is_empty() {
            units.iter_mut().for_each(|unit| unit["sscc"] = sscc.into());
        }
        if !units.is_empty() {
            packed["units"] = units.into();
        }
        all.push(packed);
    }
    all
}

/// Names for units that come out of a donor's own stock and had none.
pub(super) fn new_names(story: &mut Story, line: &Value) -> Vec<Value> {
    let (offer, quantity) = (text(line, "offer"), present(line));
    if line["tracking"] != "serial" {
        return vec![json!({ "lot": lot(&offer), "quantity": quantity })];
    }
    story.named(&offer, quantity).iter().map(|serial| json!({ "serial": serial, "quantity": 1 })).collect()
}

/// The lot of which an offer is.
pub(super) fn lot(offer: &str) -> String {
    format!("{offer}-L1")
}

/// A unit as it is given to Muster.
pub(super) fn unit_of(unit: &Value) -> Value {
    let mut given = json!({ "quantity": unit["quantity"] });
    for name in ["lot", "serial"] {
        if !text(unit, name).is_empty() {
            given[name] = unit[name].clone();
        }
    }
    given
}

//! What everybody knows of the mission, as its records tell it: places with who keeps them, lanes, parties, and what is what.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use muster_domain::role::Role;
use serde_json::Value;

use super::{
    people::{Person, text},
    wire::{As, Content, Wire, escaped},
};
use crate::Failure;

/// A place.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    pub(super) kind: String,
    pub(super) operator: String,
}

#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) places: BTreeMap<String, Place>,
    /// Where lanes lead, and how goods go there.
    pub(super) lanes: BTreeMap<String, (String, String)>,
    parties: BTreeMap<String, String>,
    /// What caveats ask for before goods are released.
    caveats: BTreeMap<String, Vec<String>>,
    /// The state in which resources are offered, and the kind of their item.
    pub(super) resources: BTreeMap<String, (String, String)>,
}

impl Known {
    /// Asks for it.
    pub(super) async fn learn(wire: &Wire, who: &Person) -> Result<Self, Failure> {
        let mut known = Self::default();
        for place in records(wire, who, "places").await? {
            let (kind, operator) = (text(&place, "kind"), text(&place, "operator"));
            known.places.insert(text(&place, "code"), Place { kind, operator });
        }
        for lane in records(wire, who, "lanes").await? {
            known.lanes.insert(text(&lane, "code"), (text(&lane, "to"), text(&lane, "mode")));
        }
        for party in records(wire, who, "parties").await? {
            known.parties.insert(text(&party, "code"), text(&party, "kind"));
        }
        for caveat in records(wire, who, "caveats").await? {
            let conditions = text(&caveat, "conditions");
            let conditions = conditions.split('|').filter(|one| !one.is_empty()).map(str::to_owned).collect();
            known.caveats.insert(text(&caveat, "code"), conditions);
        }
        let items = records(wire, who, "items").await?;
        let kinds: BTreeMap<String, String> =
            items.iter().map(|item| (text(item, "code"), text(item, "kind"))).collect();
        for resource in records(wire, who, "resources").await? {
            let kind = kinds.get(&text(&resource, "item")).cloned().unwrap_or_default();
            known.resources.insert(text(&resource, "code"), (text(&resource, "state"), kind));
        }
        Ok(known)
    }

    /// What a caveat asks for before goods are released.
    pub(super) fn conditions(&self, caveat: &str) -> impl Iterator<Item = &str> {
        self.caveats.get(caveat).into_iter().flatten().map(String::as_str)
    }

    /// What somebody of a party does who moves things for it.
    pub(super) fn roles(&self, party: &str) -> Vec<Role> {
        let kept: BTreeSet<&str> =
            self.places.values().filter(|place| place.operator == party).map(|place| place.kind.as_str()).collect();
        let kind = self.parties.get(party).map_or("", String::as_str);
        match kind {
            "operator" if kept.contains("repair") => vec![Role::RepairFacility, Role::HubOperator],
            "operator" if kept.contains("training") => vec![Role::TrainingFacility, Role::HubOperator],
            "operator" | "unit" => vec![Role::HubOperator],
            _ => vec![Role::DonorLiaison],
        }
    }

    /// Who holds what is in a consignment before it reaches the place where it is or to which it is going, and who from then on: whoever
    /// keeps a place takes over what comes there, and elsewhere it stays with whom it was.
    pub(super) fn holders(&self, consignment: &Value) -> (String, String) {
        let (origin, place) = (text(consignment, "origin"), text(consignment, "place"));
        let mut holder = text(consignment, "consignor");
        let packed = matches!(consignment["state"].as_str(), Some("packing" | "readied"));
        if packed && origin == place {
            return (holder.clone(), holder);
        }
        let mut before = holder.clone();
        for lane in consignment["route"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let Some((to, _)) = self.lanes.get(lane) else { continue };
            before.clone_from(&holder);
            if let Some(operator) = self.places.get(to).map(|place| &place.operator).filter(|o| !o.is_empty()) {
                holder.clone_from(operator);
            }
            if *to == place {
                break;
            }
        }
        (before, holder)
    }
}

/// All records of a sheet.
pub(super) async fn records(wire: &Wire, who: &Person, sheet: &str) -> Result<Vec<Value>, Failure> {
    pages(wire, who, &format!("/api/v1/records/{sheet}?limit=1000"), "records").await
}

/// All pages of a list.
pub(super) async fn pages(wire: &Wire, who: &Person, path: &str, name: &str) -> Result<Vec<Value>, Failure> {
    let (mut found, mut next) = (Vec::new(), path.to_owned());
    loop {
        let reply = wire.ask(As::Token(&who.token), ("GET", &next), Content::None, None).await?;
        let mut body = reply.good(&who.name, path)?.body;
        if let Some(Value::Array(page)) = body.get_mut(name).map(Value::take) {
            found.extend(page);
        }
        match body["next"].as_str() {
            Some(cursor) => next = format!("{path}&cursor={}", escaped(cursor)),
            None => return Ok(found),
        }
    }
}

/// A moment of an answer, if there is one.
pub(super) fn moment(body: &Value, name: &str) -> Option<Timestamp> {
    body[name].as_str()?.parse().ok()
}

/// Whether a moment of an answer is over.
pub(super) fn is_due(body: &Value, name: &str, now: Timestamp) -> bool {
    moment(body, name).is_some_and(|at| at <= now)
}

//! What must hold within an event, of which a schema lets much through.
//!
//! Source: EPCIS 2.0, section 7.4, with the SHACL shapes that belong to it; CBV 2.0, section 8 (identifiers of things, places and
//! transactions). Identifiers of one's own are URIs without further rules; those in the forms of GS1 must be right in them.

use std::collections::HashSet;

use muster_domain::{
    gs1::{epc, link, link::Link},
    message,
    message::Message,
};

use super::{
    event::{Action, Event, Kind, Quantity, Related},
    extra::field,
    found::{Finds, Found},
    hash,
    term::Term,
};

/// What is wrong with an event; places are pointers from the event.
pub fn check(event: &Event) -> Vec<Found> {
    find(event).into_vec()
}

pub(super) fn find(event: &Event) -> Finds {
    let mut finds = Finds::default();
    presence(event, &mut finds);
    identity(event, &mut finds);
    things(event, &mut finds);
    circumstances(event, &mut finds);
    sensors(event, &mut finds);
    finds
}

/// What a type of event needs and may not have (7.4.2 to 7.4.6).
fn presence(event: &Event, finds: &mut Finds) {
    let mut need = |holds: bool, name: &str| {
        if !holds {
            finds.add(format!("/{name}"), "", message!("epcis-missing-in", kind = event.kind.as_str()));
        }
    };
    let (things, _) = event.lists();
    let any = !event.epcs.is_empty() || !event.quantities.is_empty();
    let deleting = event.action == Some(Action::Delete);
    need(event.kind == Kind::Transformation || event.action.is_some(), "action");
    match event.kind {
        // What only says what sensors read at a place has no things.
        Kind::Object => need(any || (!event.sensors.is_empty() && event.read_point.is_some()), things),
        Kind::Aggregation => {
            need(any || deleting, things);
            need(event.parent.is_some() || event.action == Some(Action::Observe) || event.action.is_none(), "parentID");
        }
        Kind::Association => {
            need(any || deleting, things);
            need(event.parent.is_some(), "parentID");
        }
        Kind::Transaction => {
            need(any || deleting, things);
            need(!event.transactions.is_empty(), "bizTransactionList");
        }
        Kind::Transformation => {
            let out = !event.outputs.is_empty() || !event.output_quantities.is_empty();
            let tied = event.transformation.is_some();
            need(any || (tied && out), things);
            need(out || (tied && any), "outputEPCList");
        }
    }
    let mut refuse = |stands: bool, name: &str, message: Message| {
        if stands {
            finds.add(format!("/{name}"), "", message);
        }
    };
    let transformation = event.kind == Kind::Transformation;
    let not_in = || message!("epcis-not-in", kind = event.kind.as_str());
    refuse(transformation && event.action.is_some(), "action", not_in());
    refuse(!transformation && event.transformation.is_some(), "transformationID", not_in());
    refuse(!transformation && !event.outputs.is_empty(), "outputEPCList", not_in());
    refuse(!transformation && !event.output_quantities.is_empty(), "outputQuantityList", not_in());
    refuse(matches!(event.kind, Kind::Object | Kind::Transformation) && event.parent.is_some(), "parentID", not_in());
    let added = event.kind == Kind::Object && event.action == Some(Action::Add);
    refuse(!event.ilmd.is_empty() && !added && !transformation, "ilmd", message!("epcis-ilmd"));
}

fn identity(event: &Event, finds: &mut Finds) {
    let mut id = |id: &str, pointer: String| {
        if !is_event_id(id) {
            finds.add(pointer, id, message!("epcis-an-event-id"));
        }
    };
    if let Some(own) = &event.id {
        id(own, "/eventID".into());
    }
    let Some(error) = &event.error else { return };
    for (n, corrective) in error.corrective.iter().enumerate() {
        id(corrective, format!("/errorDeclaration/correctiveEventIDs/{n}"));
    }
    if let Some(own) = event.id.as_ref().filter(|own| error.corrective.contains(own)) {
        finds.add("/errorDeclaration/correctiveEventIDs", own, message!("epcis-corrects-itself"));
    }
}

/// A UUID, or an event hash id (SHACL shapes of EPCIS 2.0; CBV 2.0, 8.9).
fn is_event_id(id: &str) -> bool {
    if let Some(uuid) = id.strip_prefix("urn:uuid:") {
        let groups: Vec<&str> = uuid.split('-').collect();
        let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
        return lengths == [8, 4, 4, 4, 12] && groups.concat().bytes().all(|b| b.is_ascii_hexdigit());
    }
    hash::is_id(id)
}

fn things(event: &Event, finds: &mut Finds) {
    let (things, quantities) = event.lists();
    if let Some(parent) = &event.parent {
        told(thing(parent), "/parentID".into(), parent, finds);
        if event.epcs.contains(parent) {
            finds.add(format!("/{things}"), parent, message!("epcis-within-itself"));
        }
    }
    for (list, name) in [(&event.epcs, things), (&event.outputs, "outputEPCList")] {
        for (n, epc) in list.iter().enumerate() {
            told(thing(epc), format!("/{name}/{n}"), epc, finds);
        }
        twice(list, &format!("/{name}"), "", |epc| epc.clone(), finds);
    }
    for (list, name) in [(&event.quantities, quantities), (&event.output_quantities, "outputQuantityList")] {
        for (n, quantity) in list.iter().enumerate() {
            amount(quantity, &format!("/{name}/{n}"), finds);
        }
    }
}

/// How much of what (7.3.3.3 and CBV 2.0, 8.3).
fn amount(quantity: &Quantity, at: &str, finds: &mut Finds) {
    told(class(&quantity.class), format!("{at}/epcClass"), &quantity.class, finds);
    if let Some(number) = &quantity.quantity {
        let counted = quantity.unit.is_none() && number.as_str().contains('.');
        if number.is_negative() || counted {
            finds.add(format!("{at}/quantity"), number.as_str(), message!("epcis-a-quantity"));
        }
    }
    if let Some(unit) = &quantity.unit {
        let plain = matches!(unit.len(), 2 | 3) && unit.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if !plain {
            finds.add(format!("{at}/uom"), unit, message!("epcis-a-unit"));
        } else if quantity.quantity.is_none() {
            finds.add(format!("{at}/uom"), unit, message!("epcis-unit-of-nothing"));
        }
    }
}

fn circumstances(event: &Event, finds: &mut Finds) {
    for (place, name) in [(&event.read_point, "readPoint"), (&event.location, "bizLocation")] {
        if let Some(place) = place {
            told(identifier(&place.id), format!("/{name}/id"), &place.id, finds);
        }
    }
    for (list, name, within, typed) in [
        (&event.transactions, "bizTransactionList", "bizTransaction", false),
        (&event.sources, "sourceList", "source", true),
        (&event.destinations, "destinationList", "destination", true),
    ] {
        for (n, Related { kind, id }) in list.iter().enumerate() {
            told(transaction(id).and_then(|()| identifier(id)), format!("/{name}/{n}/{within}"), id, finds);
            if typed && kind.is_none() {
                finds.add(format!("/{name}/{n}/type"), "", message!("epcis-missing"));
            }
        }
        twice(list, &format!("/{name}"), &format!("/{within}"), |r| (r.kind.clone(), r.id.clone()), finds);
    }
    for (list, name) in [(&event.set, "set"), (&event.unset, "unset")] {
        twice(list, &format!("/persistentDisposition/{name}"), "", Clone::clone, finds);
    }
    let unset: HashSet<&Term> = event.unset.iter().collect();
    if let Some(both) = event.set.iter().find(|term| unset.contains(term)) {
        finds.add("/persistentDisposition", both.uri(), message!("epcis-set-and-unset"));
    }
}

fn sensors(event: &Event, finds: &mut Finds) {
    for (n, sensor) in event.sensors.iter().enumerate() {
        for (m, report) in sensor.reports.iter().enumerate() {
            if field(report, "type").is_none() && field(report, "exception").is_none() {
                finds.add(format!("/sensorElementList/{n}/sensorReport/{m}/type"), "", message!("epcis-missing"));
            }
        }
    }
}

fn told(result: Result<(), Message>, pointer: String, value: &str, finds: &mut Finds) {
    if let Err(message) = result {
        finds.add(pointer, value, message);
    }
}

fn twice<T, K: std::hash::Hash + Eq>(list: &[T], at: &str, after: &str, key: impl Fn(&T) -> K, finds: &mut Finds) {
    let mut seen = HashSet::new();
    for (n, item) in list.iter().enumerate() {
        if !seen.insert(key(item)) {
            finds.add(format!("{at}/{n}{after}"), "", message!("epcis-twice"));
        }
    }
}

/// The link that an identifier of GS1 is; `None` for identifiers of one's own.
fn gs1(id: &str) -> Result<Option<Link>, Message> {
    if id.starts_with("urn:epc:") {
        return epc::link(id).map_err(|right| message!("must-be", right));
    }
    let canonical = id.strip_prefix(link::CANONICAL).is_some_and(|rest| rest.starts_with('/'));
    match Link::parse(id) {
        Some(link) if !canonical => Ok(link.holds().then_some(link)),
        Some(link) if link.holds() => Ok(Some(link)),
        _ if canonical => Err(message!("epcis-a-digital-link")),
        _ => Ok(None),
    }
}

fn identifier(id: &str) -> Result<(), Message> {
    gs1(id).map(|_| ())
}

/// One thing (CBV 2.0, 8.2).
fn thing(id: &str) -> Result<(), Message> {
    let kind = ["urn:epc:class:", "urn:epc:idpat:"].iter().any(|start| id.starts_with(start));
    let canonical = |link: &Link| link.is_instance() || !id.starts_with(link::CANONICAL);
    match gs1(id)? {
        Some(link) if kind || !canonical(&link) => Err(message!("epcis-one-thing")),
        None if kind => Err(message!("epcis-one-thing")),
        _ => Ok(()),
    }
}

/// A class of things (CBV 2.0, 8.3).
fn class(id: &str) -> Result<(), Message> {
    let link = gs1(id)?;
    let one = id.starts_with("urn:epc:id:")
        || (id.starts_with(link::CANONICAL) && link.is_some_and(|link| link.is_instance()));
    if one { Err(message!("epcis-a-class")) } else { Ok(()) }
}

/// A business transaction's identifier by the number of a location (CBV 2.0, 8.5.4). The standard's own examples have numbers with wrong
/// check digits, so that these are let through.
fn transaction(id: &str) -> Result<(), Message> {
    let Some(rest) = id.strip_prefix("urn:epcglobal:cbv:bt:") else { return Ok(()) };
    let right = rest.split_once(':').is_some_and(|(number, own)| {
        number.len() == 13 && number.bytes().all(|b| b.is_ascii_digit()) && !own.is_empty()
    });
    if right { Ok(()) } else { Err(message!("epcis-a-transaction")) }
}

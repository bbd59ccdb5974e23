//! The event hash id: a name that an event has by what it says, however it is written.
//!
//! Source: CBV 2.0, section 8.9, whose rules the paragraphs below follow; the order of fields is the standard's. What the event id, the
//! record time, an error declaration and certificates say is not in it, so that a declaration has the id of the event it is about. Where
//! the published rules can be read in two ways, this does what two published programs that follow them agree on for version 2.0: a type
//! stands before what it is the type of, `sensorElementList` is not named, and fields of one's own within places and sensors come after
//! the master data, each under the names of the fields around it.

use muster_domain::gs1::link::Link;
use sha2::{Digest, Sha256};

use super::{
    decimal::Decimal,
    event::{Event, Kind, Quantity, Related, Sensor},
    extra::{Extra, Fields, Name, TEXT, field},
    term::{Term, expanded},
    time::Moment,
};

/// The event hash id: `ni:///sha-256;…?ver=CBV2.0`.
pub fn event_hash_id(event: &Event) -> String {
    let digest = Sha256::digest(pre_hash(event).as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    id_of(&hex)
}

/// The event hash id of a digest in 64 hexadecimal digits.
pub fn id_of(digest: &str) -> String {
    format!("ni:///sha-256;{digest}?ver=CBV2.0")
}

/// The digest of an event hash id of ours, in 64 hexadecimal digits.
pub fn digest_of(id: &str) -> Option<&str> {
    let (digest, version) = id.strip_prefix("ni:///sha-256;")?.split_once('?')?;
    (version == "ver=CBV2.0" && digest.len() == 64 && is_id(id)).then_some(digest)
}

/// Names of digests (IANA's registry of named information hash algorithms) and their length in hexadecimal digits.
const DIGESTS: &[(&str, usize)] = &[
    ("sha-256", 64),
    ("sha-384", 96),
    ("sha-512", 128),
    ("sha3-224", 56),
    ("sha3-256", 64),
    ("sha3-384", 96),
    ("sha3-512", 128),
];

/// Whether it has the form of an event hash id.
pub(super) fn is_id(id: &str) -> bool {
    let Some((name, rest)) = id.strip_prefix("ni:///").and_then(|rest| rest.split_once(';')) else { return false };
    let Some((digest, version)) = rest.split_once("?ver=CBV") else { return false };
    let parts: Vec<&str> = version.split('.').collect();
    let numbers = parts.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    let known = DIGESTS.iter().any(|(known, length)| *known == name && *length == digest.len());
    known && digest.bytes().all(|b| b.is_ascii_hexdigit()) && numbers && matches!(parts.len(), 2 | 3)
}

/// The text of which the hash is taken.
pub fn pre_hash(event: &Event) -> String {
    let mut text = String::new();
    put(&mut text, "eventType", Some(event.kind.as_str()));
    put(&mut text, "eventTime", Some(&event.time.canonical()));
    put(&mut text, "eventTimeZoneOffset", Some(&event.offset.to_string()));
    let (things, quantities) = event.lists();
    let parent = event.parent.as_ref().map(|parent| canonical(parent));
    if matches!(event.kind, Kind::Object | Kind::Transaction) {
        text.push_str(&epcs(things, &event.epcs));
        put(&mut text, "parentID", parent.as_deref());
    } else {
        put(&mut text, "parentID", parent.as_deref());
        text.push_str(&epcs(things, &event.epcs));
    }
    text.push_str(&amounts(quantities, &event.quantities));
    text.push_str(&epcs("outputEPCList", &event.outputs));
    text.push_str(&amounts("outputQuantityList", &event.output_quantities));
    put(&mut text, "action", event.action.map(|action| action.as_str()));
    put(&mut text, "transformationID", event.transformation.as_ref().map(|id| canonical(id)).as_deref());
    put(&mut text, "bizStep", event.step.as_ref().map(Term::uri));
    put(&mut text, "disposition", event.disposition.as_ref().map(Term::uri));
    let terms = |name: &str, terms: &[Term]| sorted(terms.iter().map(|term| format!("{name}={}", term.uri())));
    text.push_str(&headed("persistentDisposition", terms("set", &event.set) + &terms("unset", &event.unset)));
    for (name, place) in [("readPoint", &event.read_point), ("bizLocation", &event.location)] {
        put(&mut text, &format!("{name}id"), place.as_ref().map(|place| canonical(&place.id)).as_deref());
    }
    text.push_str(&related("bizTransactionList", "bizTransaction", &event.transactions));
    text.push_str(&related("sourceList", "source", &event.sources));
    text.push_str(&related("destinationList", "destination", &event.destinations));
    text.push_str(&sorted(event.sensors.iter().map(sensor)));
    text.push_str(&headed("ilmd", fields(&event.ilmd)));
    for (name, place) in [("readPoint", &event.read_point), ("bizLocation", &event.location)] {
        text.push_str(&headed(name, place.as_ref().map_or(String::new(), |place| fields(&place.extra))));
    }
    text.push_str(&sorted(event.sensors.iter().map(beyond)));
    text.push_str(&fields(&event.extra));
    text
}

fn put(text: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
}

/// Parts in the order of their bytes.
fn sorted(parts: impl Iterator<Item = String>) -> String {
    let mut parts: Vec<String> = parts.collect();
    parts.sort_unstable();
    parts.concat()
}

/// The name before what it holds, if it holds anything.
fn headed(name: &str, within: String) -> String {
    if within.is_empty() { within } else { format!("{name}{within}") }
}

fn epcs(name: &str, list: &[String]) -> String {
    headed(name, sorted(list.iter().map(|epc| format!("epc={}", canonical(epc)))))
}

fn amounts(name: &str, list: &[Quantity]) -> String {
    let each = |quantity: &Quantity| {
        let mut text = format!("quantityElementepcClass={}", canonical(&quantity.class));
        put(&mut text, "quantity", quantity.quantity.as_ref().map(Decimal::as_str));
        put(&mut text, "uom", quantity.unit.as_ref().map(|unit| canonical(unit)).as_deref());
        text
    };
    headed(name, sorted(list.iter().map(each)))
}

fn related(name: &str, within: &str, list: &[Related]) -> String {
    let each = |related: &Related| {
        let mut text = String::new();
        put(&mut text, "type", related.kind.as_ref().map(Term::uri));
        put(&mut text, within, Some(&canonical(&related.id)));
        text
    };
    headed(name, sorted(list.iter().map(each)))
}

/// The standard's fields of a sensor's metadata, in their order.
pub(super) const METADATA: &[&str] =
    &["time", "startTime", "endTime", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"];

/// Fields of a sensor's report in their order.
const REPORT: &[&str] = &[
    "type",
    "exception",
    "deviceID",
    "deviceMetadata",
    "rawData",
    "dataProcessingMethod",
    "time",
    "microorganism",
    "chemicalSubstance",
    "value",
    "component",
    "stringValue",
    "booleanValue",
    "hexBinaryValue",
    "uriValue",
    "minValue",
    "maxValue",
    "meanValue",
    "sDev",
    "percRank",
    "percValue",
    "uom",
    "coordinateReferenceSystem",
];

fn sensor(sensor: &Sensor) -> String {
    let ordered = |order: &[&str], readings: &Fields| {
        let mut text = String::new();
        for name in order {
            let value = field(readings, name).map(|value| match value.text() {
                Some(time) if name.ends_with("ime") => Moment::parse(time).map_or(time.into(), |time| time.canonical()),
                _ => said(value),
            });
            put(&mut text, name, value.as_deref());
        }
        text
    };
    let metadata = headed("sensorMetadata", ordered(METADATA, &sensor.metadata));
    let reports = sorted(sensor.reports.iter().map(|report| headed("sensorReport", ordered(REPORT, report))));
    headed("sensorElement", metadata + &reports)
}

/// What a sensor says beyond the standard.
fn beyond(sensor: &Sensor) -> String {
    let own =
        |readings: &Fields| fields(&readings.iter().filter(|(name, _)| !name.space.is_empty()).cloned().collect());
    let metadata = headed("sensorMetadata", own(&sensor.metadata));
    let reports = sorted(sensor.reports.iter().map(|report| headed("sensorReport", own(report))));
    headed("sensorElement", metadata + &reports + &fields(&sensor.extra))
}

/// Comments are not content.
const COMMENTS: &str = "http://www.w3.org/2000/01/rdf-schema#";

fn fields(fields: &Fields) -> String {
    let kept = fields.iter().filter(|(name, _)| name.space != COMMENTS && *name != Name::standard(TEXT));
    sorted(kept.flat_map(|(name, value)| value.each().map(|value| one(name, value))))
}

fn one(name: &Name, value: &Extra) -> String {
    let local = name.local.trim_start_matches('@');
    let mut text = if name.space.is_empty() { local.to_owned() } else { format!("{{{}}}{local}", name.space) };
    let said = match value {
        Extra::Fields(within) => field(within, TEXT).map_or(String::new(), said),
        value => said(value),
    };
    if !said.is_empty() {
        text.push('=');
        text.push_str(&said);
    }
    if let Extra::Fields(within) = value {
        text.push_str(&fields(within));
    }
    text
}

fn said(value: &Extra) -> String {
    match value {
        Extra::Text(text) => canonical(text),
        Extra::Number(number) => number.to_string(),
        Extra::Flag(flag) => flag.to_string(),
        Extra::Many(_) | Extra::Fields(_) => String::new(),
    }
}

/// A value in the one form that all its forms come to: numbers without zeros that say nothing, the vocabulary's words as web URIs,
/// compact URIs in full, identifiers of GS1 as canonical Digital Links.
pub(super) fn canonical(text: &str) -> String {
    let text = text.trim();
    if let Ok(number) = Decimal::parse(text) {
        return number.to_string();
    }
    if let Some(link) = Link::of(text) {
        return link.to_string();
    }
    let urns = [("bizstep:", "BizStep-"), ("disp:", "Disp-"), ("btt:", "BTT-"), ("sdt:", "SDT-"), ("er:", "ER-")];
    let word = |(urn, web): &(&str, &str)| {
        Some(format!("{}{web}{}", super::term::CBV, text.strip_prefix("urn:epcglobal:cbv:")?.strip_prefix(urn)?))
    };
    urns.iter().find_map(word).unwrap_or_else(|| expanded(text))
}

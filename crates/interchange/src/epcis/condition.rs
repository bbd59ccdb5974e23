//! What a query may ask of the fields of an event that Muster keeps and draws nothing from: what sensors say, and what stands in fields
//! beyond the standard.
//!
//! Source: EPCIS 2.0, section 8.2.7.1 (SimpleEventQuery), with the names that its REST bindings give to parameters. A field of somebody's
//! own is named by its namespace, a `#`, and its name.

use std::cmp::Ordering;

use jiff::Timestamp;
use muster_domain::message;

use super::{
    decimal::Decimal,
    event::Event,
    extra::{Extra, Fields, Name},
    query::Wrong,
    term::{MEASUREMENTS, Term},
    time::Moment,
};

/// Parameters that ask what sensors say: each a comparison, and a field of their metadata or reports.
pub(super) const PARAMETERS: &[&str] = &[
    "GE_startTime",
    "LT_startTime",
    "GE_endTime",
    "LT_endTime",
    "EQ_type",
    "EQ_deviceID",
    "EQ_dataProcessingMethod",
    "EQ_microorganism",
    "EQ_chemicalSubstance",
    "EQ_bizRules",
    "EQ_stringValue",
    "EQ_hexBinaryValue",
    "EQ_uriValue",
    "EQ_booleanValue",
];

/// By what values are compared, as parameters begin.
type Comparison = (&'static str, fn(Ordering) -> bool);

const COMPARISONS: &[Comparison] = &[
    ("EQ_", Ordering::is_eq),
    ("GT_", Ordering::is_gt),
    ("GE_", Ordering::is_ge),
    ("LT_", Ordering::is_lt),
    ("LE_", Ordering::is_le),
];

/// Where in an event a field is looked for: how the name of the part begins in a parameter, and the part.
type Part = (&'static str, fn(&Event) -> Vec<&Fields>);

/// The empty one, which is the event itself, fits every name and so comes last.
const PARTS: &[Part] = &[
    ("ILMD_", |event| vec![&event.ilmd]),
    ("ERROR_DECLARATION_", |event| event.error.iter().map(|error| &error.extra).collect()),
    ("SENSORELEMENT_", |event| event.sensors.iter().map(|sensor| &sensor.extra).collect()),
    ("SENSORMETADATA_", |event| event.sensors.iter().map(|sensor| &sensor.metadata).collect()),
    ("SENSORREPORT_", |event| event.sensors.iter().flat_map(|sensor| &sensor.reports).collect()),
    ("readPoint_", |event| event.read_point.iter().map(|place| &place.extra).collect()),
    ("bizLocation_", |event| event.location.iter().map(|place| &place.extra).collect()),
    ("", |event| vec![&event.extra]),
];

/// A value that is asked for.
#[derive(Clone, Debug)]
enum Wanted {
    Time(Timestamp),
    Number(Decimal),
    Text(String),
}

impl Wanted {
    fn read(text: &str) -> Self {
        let number = || Decimal::parse(text).map(Self::Number);
        let time = || Moment::parse(text).map(|moment| Self::Time(moment.at()));
        number().or_else(|_| time()).unwrap_or_else(|_| Self::Text(text.to_owned()))
    }

    /// Whether a value compares so with it. Only what is equal or not can be said of texts.
    fn fits(&self, value: &Extra, is: fn(Ordering) -> bool) -> bool {
        let compared = match (self, value) {
            (Self::Time(at), Extra::Text(text)) => Moment::parse(text).ok().map(|moment| moment.at().cmp(at)),
            (Self::Number(number), Extra::Number(value)) => Some(value.compare(number)),
            // In XML all values are texts.
            (Self::Number(number), Extra::Text(text)) => Decimal::parse(text).ok().map(|value| value.compare(number)),
            (Self::Text(wanted), Extra::Text(text)) => (wanted == text).then_some(Ordering::Equal),
            (Self::Text(wanted), Extra::Flag(flag)) => (*wanted == flag.to_string()).then_some(Ordering::Equal),
            _ => None,
        };
        compared.is_some_and(is)
    }
}

/// A condition on such fields.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    parts: fn(&Event) -> Vec<&Fields>,
    name: Name,
    /// Whether it may lie within other fields.
    inner: bool,
    /// None: it is enough that the field is there.
    is: Option<fn(Ordering) -> bool>,
    wanted: Vec<Wanted>,
}

impl Condition {
    /// The condition of a parameter; nothing if it is of something else.
    ///
    /// # Errors
    /// Why its values will not do.
    pub(super) fn asked(name: &str, values: &[&str]) -> Result<Option<Self>, Wrong> {
        let comparison = COMPARISONS.iter().find_map(|(begin, is)| Some((name.strip_prefix(begin)?, Some(*is))));
        let exists = || name.strip_prefix("EXISTS_").map(|field| (field, None));
        let Some((field, is)) = comparison.or_else(exists) else { return Ok(None) };
        if PARAMETERS.contains(&name) {
            return Self::of_sensors(field, values, is).map(Some);
        }
        let (inner, field) = field.strip_prefix("INNER_").map_or((false, field), |field| (true, field));
        let part = PARTS.iter().find_map(|(begin, parts)| Some((field.strip_prefix(begin)?, *parts)));
        let Some((field, parts)) = part else { return Ok(None) };
        let Some((space, local)) =
            field.rsplit_once('#').filter(|(space, local)| !space.is_empty() && !local.is_empty())
        else {
            return Ok(None);
        };
        let name = Name { space: space.to_owned(), local: local.to_owned() };
        if is.is_none() && values != ["true"] {
            return Err(Wrong::Value(message!("must-be", right = "true")));
        }
        Ok(Some(Self { parts, name, inner, is, wanted: values.iter().map(|value| Wanted::read(value)).collect() }))
    }

    fn of_sensors(field: &str, values: &[&str], is: Option<fn(Ordering) -> bool>) -> Result<Self, Wrong> {
        let read = |value: &&str| match field {
            "type" => Term::parse(value, &MEASUREMENTS).map(|term| Wanted::Text(term.uri().to_owned())),
            "startTime" | "endTime" => Moment::parse(value).map(|moment| Wanted::Time(moment.at())),
            "booleanValue" if !["true", "false"].contains(value) => Err(message!("epcis-a-flag")),
            _ => Ok(Wanted::Text((*value).to_owned())),
        };
        let wanted: Vec<Wanted> = values.iter().map(read).collect::<Result<_, _>>().map_err(Wrong::Value)?;
        let one = matches!(field, "startTime" | "endTime" | "booleanValue");
        if one && wanted.len() > 1 {
            return Err(Wrong::Value(message!("epcis-some-values", most = 1)));
        }
        Ok(Self { parts: said, name: Name::standard(field), inner: false, is, wanted })
    }

    /// Whether an event is so.
    pub(super) fn fits(&self, event: &Event) -> bool {
        (self.parts)(event).into_iter().any(|fields| self.found(fields, !self.inner))
    }

    /// Whether it is among these fields, or where it is to lie within others, within them.
    fn found(&self, fields: &Fields, here: bool) -> bool {
        fields.iter().any(|(name, value)| {
            let own = here && *name == self.name && self.is.is_none_or(|is| self.compares(value, is));
            let within = |value: &Extra| matches!(value, Extra::Fields(fields) if self.found(fields, true));
            own || self.inner && value.each().any(within)
        })
    }

    fn compares(&self, value: &Extra, is: fn(Ordering) -> bool) -> bool {
        value.each().any(|value| self.wanted.iter().any(|wanted| wanted.fits(value, is)))
    }
}

/// All that the sensors of an event say, and what is said about it.
fn said(event: &Event) -> Vec<&Fields> {
    event.sensors.iter().flat_map(|sensor| std::iter::once(&sensor.metadata).chain(&sensor.reports)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{
        query::{Query, Wrong},
        read,
    };

    fn document() -> Value {
        json!({
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"own": "https://ns.example.com/"}],
            "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-09-07T15:00:00Z",
            "epcisBody": {"eventList": [{
                "type": "ObjectEvent", "eventTime": "2026-09-07T14:00:00.000+02:00", "eventTimeZoneOffset": "+02:00",
                "action": "ADD", "bizStep": "commissioning", "epcList": ["https://id.gs1.org/00/340123453111111115"],
                "readPoint": {"id": "https://id.gs1.org/414/4012345000054", "own:gate": "north"},
                "ilmd": {"own:made": {"own:year": 2019}},
                "own:crate": {"own:mark": ["blue", "red"], "own:weight": 12.5},
                "own:opened": "2026-09-07T09:00:00+02:00",
                "sensorElementList": [{
                    "sensorMetadata": {"startTime": "2026-09-07T10:00:00Z", "endTime": "2026-09-07T11:00:00Z",
                        "deviceID": "urn:example:device:1"},
                    "sensorReport": [
                        {"type": "Temperature", "value": 26, "uom": "CEL", "deviceID": "urn:example:device:2"},
                        {"type": "gs1:Shock", "stringValue": "SHOCK", "booleanValue": true},
                    ],
                }],
            }]},
        })
    }

    #[test]
    fn a_query_asks_for_what_sensors_say_and_for_fields_of_ones_own() {
        let read = read("x", document().to_string().as_bytes());
        assert!(read.issues.is_empty(), "{:?}", read.issues);
        let event = &read.document.events[0];
        let own = "https://ns.example.com/#";
        for (name, right, wrong) in [
            ("EQ_type", "Temperature|Speed", "Speed"),
            ("EQ_type", "https://gs1.org/voc/Shock", "gs1:Speed"),
            ("EQ_deviceID", "urn:example:device:2", "urn:example:device:3"),
            ("EQ_deviceID", "urn:example:device:1", "urn:example:device"),
            ("EQ_stringValue", "SHOCK", "shock"),
            ("EQ_booleanValue", "true", "false"),
            ("GE_startTime", "2026-09-07T12:00:00+02:00", "2026-09-07T10:00:01Z"),
            ("LT_endTime", "2026-09-07T11:00:01Z", "2026-09-07T11:00:00Z"),
            (&format!("EQ_readPoint_{own}gate"), "north", "south"),
            (&format!("EQ_INNER_ILMD_{own}year"), "2019.0", "2020"),
            (&format!("GT_INNER_{own}weight"), "12.4", "12.5"),
            (&format!("EQ_INNER_{own}mark"), "green|red", "green"),
            (&format!("LE_{own}opened"), "2026-09-07T07:00:00Z", "2026-09-07T06:59:59Z"),
        ] {
            for (value, fits) in [(right, true), (wrong, false)] {
                let mut query = Query::default();
                query.add(name, value).unwrap();
                assert_eq!(query.wants(event), fits, "{name}={value}");
            }
        }
        for (name, fits) in [
            (format!("EXISTS_{own}crate"), true),
            // What lies within is asked for as such.
            (format!("EXISTS_{own}mark"), false),
            (format!("EXISTS_INNER_{own}mark"), true),
            (format!("EXISTS_INNER_{own}crate"), false),
            (format!("EXISTS_ILMD_{own}made"), true),
            (format!("EXISTS_ERROR_DECLARATION_{own}made"), false),
        ] {
            let mut query = Query::default();
            query.add(&name, "true").unwrap();
            assert_eq!(query.wants(event), fits, "{name}");
        }
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        for (name, value, not_done) in [
            ("EQ_type", "Warmth", false),
            ("GE_startTime", "yesterday", false),
            ("GE_startTime", "2026-09-07T10:00:00Z|2026-09-07T11:00:00Z", false),
            ("EQ_booleanValue", "yes", false),
            ("EXISTS_https://ns.example.com/#crate", "false", false),
            ("EQ_#crate", "1", true),
            ("EQ_https://ns.example.com/#", "1", true),
            ("EQ_crate", "1", true),
            ("GT_deviceID", "1", true),
            ("EQATTR_https://ns.example.com/#crate_mark", "1", true),
        ] {
            let wrong = Query::default().add(name, value).unwrap_err();
            assert_eq!(wrong == Wrong::NotDone, not_done, "{name}={value}: {wrong:?}");
        }
    }
}

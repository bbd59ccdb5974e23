//! A document as XML.
//!
//! Source: EPCIS 2.0, section 9, and its XML schema, which wants the fields in its own order. Words of the vocabulary are web URIs. What
//! the schema has no room for – more than one certificate, values within values in a sensor's report – is written nevertheless.

use super::{
    event::{Document, Event, Kind, Location, Quantity, Related, Sensor},
    extra::{Extra, Fields, Name, TEXT},
    names::Prefixing,
    term::Term,
    xml::XSI,
};

const EPCIS: &str = "urn:epcglobal:epcis:xsd:2";
const QUERY: &str = "urn:epcglobal:epcis-query:xsd:2";
const XSD: &str = "http://www.w3.org/2001/XMLSchema";

/// Writes a document.
pub(super) fn write(document: &Document) -> String {
    let own = [EPCIS, QUERY, XSI, XSD];
    let given: Vec<_> =
        document.prefixes.iter().filter(|(p, s)| !own.contains(&s.as_str()) && p != "xsd").cloned().collect();
    let given: Vec<_> =
        given.into_iter().filter(|(prefix, _)| !matches!(prefix.as_str(), "epcis" | "epcisq")).collect();
    let mut out = Out { text: String::new(), depth: 1, prefixes: Prefixing::new(&given, false) };
    out.header(document);
    out.open("EPCISBody", "");
    if let Some(query) = &document.query {
        out.open("epcisq:QueryResults", "");
        out.leaf("queryName", "", &query.name);
        if let Some(subscription) = &query.subscription {
            out.leaf("subscriptionID", "", subscription);
        }
        out.open("resultsBody", "");
        out.events(document);
        out.close("resultsBody");
        out.close("epcisq:QueryResults");
    } else {
        out.events(document);
    }
    out.close("EPCISBody");
    let head: String = document.head.iter().map(|(name, value)| attribute(name, value)).collect();
    let id = document.id.as_ref().map_or(String::new(), |id| attribute("id", id));
    let attributes = out.attributes(&document.extra);
    out.elements(&document.extra);
    let root = if document.query.is_some() { "epcisq:EPCISQueryDocument" } else { "epcis:EPCISDocument" };
    let query = if document.query.is_some() { attribute("xmlns:epcisq", QUERY) } else { String::new() };
    let declared: String =
        out.prefixes.declared.iter().map(|(p, space)| attribute(&format!("xmlns:{p}"), space)).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root}{}{query}{}{}{declared} schemaVersion=\"2.0\"{}{id}{head}{attributes}>{}\n</{root}>\n",
        attribute("xmlns:epcis", EPCIS),
        attribute("xmlns:xsi", XSI),
        attribute("xmlns:xsd", XSD),
        attribute("creationDate", &super::created(document)),
        out.text
    )
}

fn attribute(name: &str, value: &str) -> String {
    format!(" {name}=\"{}\"", escaped(value))
}

/// Line breaks and tabs in attributes would be read as spaces if they were not written as references.
fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '&' => written.push_str("&amp;"),
            '"' => written.push_str("&quot;"),
            '\n' | '\t' | '\r' => written.push_str(&format!("&#{};", u32::from(c))),
            c => written.push(c),
        }
    }
    written
}

struct Out {
    text: String,
    depth: usize,
    prefixes: Prefixing,
}

impl Out {
    fn line(&mut self) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n("  ", self.depth));
    }

    fn open(&mut self, name: &str, attributes: &str) {
        self.line();
        self.text.push_str(&format!("<{name}{attributes}>"));
        self.depth += 1;
    }

    fn close(&mut self, name: &str) {
        self.depth -= 1;
        self.line();
        self.text.push_str(&format!("</{name}>"));
    }

    fn leaf(&mut self, name: &str, attributes: &str, value: &str) {
        self.line();
        self.text.push_str(&format!("<{name}{attributes}>{}</{name}>", escaped(value)));
    }

    fn optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.leaf(name, "", value);
        }
    }

    fn leaves(&mut self, list: &str, name: &str, values: &[String]) {
        if !values.is_empty() {
            self.open(list, "");
            values.iter().for_each(|value| self.leaf(name, "", value));
            self.close(list);
        }
    }

    fn header(&mut self, document: &Document) {
        if document.vocabularies.is_empty() {
            return;
        }
        let around = ["EPCISHeader", "extension", "EPCISMasterData", "VocabularyList"];
        around.iter().for_each(|name| self.open(name, ""));
        for data in &document.vocabularies {
            self.open("Vocabulary", &attribute("type", &data.kind));
            if !data.elements.is_empty() {
                self.open("VocabularyElementList", "");
                for element in &data.elements {
                    self.open("VocabularyElement", &attribute("id", &element.id));
                    for (name, value) in &element.attributes {
                        value.each().for_each(|value| self.value("attribute", &attribute("id", name), value));
                    }
                    self.leaves("children", "id", &element.children);
                    self.close("VocabularyElement");
                }
                self.close("VocabularyElementList");
            }
            self.close("Vocabulary");
        }
        around.iter().rev().for_each(|name| self.close(name));
    }

    fn events(&mut self, document: &Document) {
        self.open("EventList", "");
        document.events.iter().for_each(|event| self.event(event));
        self.close("EventList");
    }

    fn event(&mut self, event: &Event) {
        let kind = event.kind.as_str();
        let (things, quantities) = event.lists();
        let attributes = self.attributes(&event.extra);
        self.open(kind, &attributes);
        self.leaf("eventTime", "", event.time.as_str());
        self.optional("recordTime", event.recorded.as_ref().map(|time| time.as_str()));
        self.leaf("eventTimeZoneOffset", "", &event.offset.to_string());
        self.optional("eventID", event.id.as_deref());
        if let Some(error) = &event.error {
            let attributes = self.attributes(&error.extra);
            self.open("errorDeclaration", &attributes);
            self.leaf("declarationTime", "", error.time.as_str());
            self.optional("reason", error.reason.as_ref().map(Term::uri));
            self.leaves("correctiveEventIDs", "correctiveEventID", &error.corrective);
            self.elements(&error.extra);
            self.close("errorDeclaration");
        }
        event.certification.iter().for_each(|certificate| self.leaf("certificationInfo", "", certificate));
        let transaction = event.kind == Kind::Transaction;
        if transaction {
            self.related("bizTransactionList", "bizTransaction", &event.transactions);
        }
        self.optional("parentID", event.parent.as_deref());
        self.leaves(things, "epc", &event.epcs);
        // Where quantities stand differs from type to type.
        let early = matches!(event.kind, Kind::Association | Kind::Transformation);
        if early {
            self.amounts(quantities, &event.quantities);
        }
        if event.kind == Kind::Transformation {
            self.leaves("outputEPCList", "epc", &event.outputs);
            self.amounts("outputQuantityList", &event.output_quantities);
            self.optional("transformationID", event.transformation.as_deref());
        }
        self.optional("action", event.action.map(|action| action.as_str()));
        self.optional("bizStep", event.step.as_ref().map(Term::uri));
        self.optional("disposition", event.disposition.as_ref().map(Term::uri));
        self.location("readPoint", event.read_point.as_ref());
        self.location("bizLocation", event.location.as_ref());
        if !transaction {
            self.related("bizTransactionList", "bizTransaction", &event.transactions);
        }
        if !early {
            self.amounts(quantities, &event.quantities);
        }
        self.related("sourceList", "source", &event.sources);
        self.related("destinationList", "destination", &event.destinations);
        self.sensors(&event.sensors);
        self.persistent(event);
        if !event.ilmd.is_empty() {
            let attributes = self.attributes(&event.ilmd);
            self.open("ilmd", &attributes);
            self.elements(&event.ilmd);
            self.close("ilmd");
        }
        self.elements(&event.extra);
        self.close(kind);
    }

    fn persistent(&mut self, event: &Event) {
        if !event.set.is_empty() || !event.unset.is_empty() {
            self.open("persistentDisposition", "");
            event.unset.iter().for_each(|term| self.leaf("unset", "", term.uri()));
            event.set.iter().for_each(|term| self.leaf("set", "", term.uri()));
            self.close("persistentDisposition");
        }
    }

    fn location(&mut self, name: &str, location: Option<&Location>) {
        let Some(location) = location else { return };
        let attributes = self.attributes(&location.extra);
        self.open(name, &attributes);
        self.leaf("id", "", &location.id);
        self.elements(&location.extra);
        self.close(name);
    }

    fn related(&mut self, list: &str, name: &str, related: &[Related]) {
        if related.is_empty() {
            return;
        }
        self.open(list, "");
        for one in related {
            let kind = one.kind.as_ref().map_or(String::new(), |kind| attribute("type", kind.uri()));
            self.leaf(name, &kind, &one.id);
        }
        self.close(list);
    }

    fn amounts(&mut self, list: &str, quantities: &[Quantity]) {
        if quantities.is_empty() {
            return;
        }
        self.open(list, "");
        for quantity in quantities {
            self.open("quantityElement", "");
            self.leaf("epcClass", "", &quantity.class);
            self.optional("quantity", quantity.quantity.as_ref().map(|number| number.as_str()));
            self.optional("uom", quantity.unit.as_deref());
            self.close("quantityElement");
        }
        self.close(list);
    }

    fn sensors(&mut self, sensors: &[Sensor]) {
        if sensors.is_empty() {
            return;
        }
        self.open("sensorElementList", "");
        for sensor in sensors {
            let attributes = self.attributes(&sensor.extra);
            self.open("sensorElement", &attributes);
            if !sensor.metadata.is_empty() {
                self.readings("sensorMetadata", &sensor.metadata);
            }
            sensor.reports.iter().for_each(|report| self.readings("sensorReport", report));
            self.elements(&sensor.extra);
            self.close("sensorElement");
        }
        self.close("sensorElementList");
    }

    /// Single values are attributes, others elements.
    fn readings(&mut self, name: &str, fields: &Fields) {
        let (mut attributes, mut within) = (String::new(), Fields::new());
        for (name, value) in fields {
            let said = match value {
                Extra::Text(text) => text.clone(),
                Extra::Number(number) => number.to_string(),
                Extra::Flag(flag) => flag.to_string(),
                Extra::Many(_) | Extra::Fields(_) => {
                    within.push((name.clone(), value.clone()));
                    continue;
                }
            };
            attributes.push_str(&attribute(&self.prefixes.key(name), &said));
        }
        if within.is_empty() {
            self.leaf(name, &attributes, "");
        } else {
            self.open(name, &attributes);
            self.elements(&within);
            self.close(name);
        }
    }

    /// Fields that are attributes in XML.
    fn attributes(&mut self, fields: &Fields) -> String {
        let mut written = String::new();
        for (name, value) in fields {
            if let (Some(local), Extra::Text(text)) = (name.local.strip_prefix('@'), value) {
                let plain = Name { space: name.space.clone(), local: local.to_owned() };
                written.push_str(&attribute(&self.prefixes.key(&plain), text));
            }
        }
        written
    }

    /// Fields that are elements in XML.
    fn elements(&mut self, fields: &Fields) {
        for (name, value) in fields.iter().filter(|(name, _)| !name.local.starts_with(['@', '#'])) {
            let key = self.prefixes.key(name);
            value.each().for_each(|value| self.value(&key, "", value));
        }
    }

    fn value(&mut self, name: &str, attributes: &str, value: &Extra) {
        match value {
            Extra::Text(text) => self.leaf(name, attributes, text),
            Extra::Number(number) => {
                self.leaf(name, &format!("{attributes} xsi:type=\"xsd:decimal\""), number.as_str());
            }
            Extra::Flag(flag) => self.leaf(name, &format!("{attributes} xsi:type=\"xsd:boolean\""), &flag.to_string()),
            Extra::Many(values) => values.iter().for_each(|value| self.value(name, attributes, value)),
            Extra::Fields(fields) => {
                let own = self.attributes(fields);
                let text =
                    fields.iter().find(|(name, _)| *name == Name::standard(TEXT)).and_then(|(_, text)| text.text());
                if fields.iter().all(|(name, _)| name.local.starts_with(['@', '#'])) {
                    return self.leaf(name, &format!("{attributes}{own}"), text.unwrap_or_default());
                }
                self.open(name, &format!("{attributes}{own}"));
                self.elements(fields);
                self.text.push_str(&escaped(text.unwrap_or_default()));
                self.close(name);
            }
        }
    }
}

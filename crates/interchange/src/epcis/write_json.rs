//! A document as JSON-LD.
//!
//! Source: EPCIS 2.0, section 10, and its JSON schema. Words of the vocabulary are bare, names beyond the standard have prefixes that the
//! context declares.

use super::{
    event::{Document, Event, Location, Quantity, Related, Sensor},
    extra::{Extra, Fields},
    json,
    names::Prefixing,
    node::{Node, Value},
    term::{
        ALERTS, COMPONENTS, DISPOSITIONS, GS1, MEASUREMENTS, PARTIES, REASONS, STEPS, TRANSACTIONS, Term, Vocabulary,
    },
};

/// The address of the standard's context.
const CONTEXT: &str = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld";

/// Writes a document.
pub(super) fn write(document: &Document) -> String {
    let mut writer = Writer::new(&document.prefixes);
    let entries = writer.document(document);
    whole(document, writer.0.declared, entries)
}

fn whole(document: &Document, declared: impl IntoIterator<Item = (String, String)>, entries: Entries) -> String {
    let declared = declared.into_iter().map(|(prefix, space)| map(vec![(prefix, text(space))]));
    let contexts = std::iter::once(CONTEXT).chain(document.contexts.iter().map(String::as_str)).map(text);
    let context = ("@context".to_owned(), list(contexts.chain(declared).collect()));
    json::write(&map(std::iter::once(context).chain(entries).collect()))
}

fn text(text: impl Into<String>) -> Node {
    Node::text(0, text)
}

fn list(items: Vec<Node>) -> Node {
    Node::new(0, Value::List(items))
}

fn map(entries: Vec<(String, Node)>) -> Node {
    Node::new(0, Value::Map(entries))
}

type Entries = Vec<(String, Node)>;

fn put(entries: &mut Entries, name: &str, node: Option<Node>) {
    entries.extend(node.map(|node| (name.to_owned(), node)));
}

fn put_list(entries: &mut Entries, name: &str, items: Vec<Node>) {
    put(entries, name, (!items.is_empty()).then(|| list(items)));
}

fn word(term: &Term, vocabulary: &Vocabulary) -> Node {
    // Of GS1's own words the schema lets only those through that it lists, and others only as compact URIs.
    let compact = || term.uri().strip_prefix(GS1).map_or(term.uri().to_owned(), |word| format!("gs1:{word}"));
    text(term.word(vocabulary).map_or_else(compact, str::to_owned))
}

fn amounts(quantities: &[Quantity]) -> Vec<Node> {
    let each = |quantity: &Quantity| {
        let mut entries = vec![("epcClass".to_owned(), text(&quantity.class))];
        put(&mut entries, "quantity", quantity.quantity.as_ref().map(|n| Node::new(0, Value::Number(n.to_string()))));
        put(&mut entries, "uom", quantity.unit.as_ref().map(text));
        map(entries)
    };
    quantities.iter().map(each).collect()
}

fn related(list: &[Related], name: &str, vocabulary: &Vocabulary) -> Vec<Node> {
    let each = |related: &Related| {
        let mut entries = Entries::new();
        put(&mut entries, "type", related.kind.as_ref().map(|kind| word(kind, vocabulary)));
        put(&mut entries, name, Some(text(&related.id)));
        map(entries)
    };
    list.iter().map(each).collect()
}

pub(super) struct Writer(Prefixing);

impl Writer {
    pub(super) fn new(prefixes: &[(String, String)]) -> Self {
        Self(Prefixing::new(prefixes, true))
    }

    /// A document with the prefixes that it uses, though others were given.
    pub(super) fn apart(&mut self, document: &Document) -> String {
        let entries = self.document(document);
        whole(document, std::mem::take(&mut self.0.used), entries)
    }

    fn document(&mut self, document: &Document) -> Entries {
        let mut entries = Entries::new();
        put(&mut entries, "id", document.id.as_ref().map(text));
        let kind = if document.query.is_some() { "EPCISQueryDocument" } else { "EPCISDocument" };
        put(&mut entries, "type", Some(text(kind)));
        put(&mut entries, "schemaVersion", Some(text("2.0")));
        put(&mut entries, "creationDate", Some(text(super::created(document))));
        entries.extend(document.head.iter().map(|(name, value)| (name.clone(), text(value))));
        if !document.vocabularies.is_empty() {
            let vocabularies = document.vocabularies.iter().map(|data| {
                let elements = data.elements.iter().map(|element| {
                    let mut entries = vec![("id".to_owned(), text(&element.id))];
                    let attributes =
                        element.attributes.iter().flat_map(|(name, value)| value.each().map(move |v| (name, v)));
                    let attributes = attributes.map(|(name, value)| {
                        map(vec![("id".into(), text(name)), ("attribute".into(), self.extra(value))])
                    });
                    let attributes = attributes.collect();
                    put_list(&mut entries, "attributes", attributes);
                    put_list(&mut entries, "children", element.children.iter().map(text).collect());
                    map(entries)
                });
                let elements = elements.collect();
                map(vec![("type".into(), text(&data.kind)), ("vocabularyElementList".into(), list(elements))])
            });
            let vocabularies = list(vocabularies.collect());
            let data = map(vec![("vocabularyList".into(), vocabularies)]);
            put(&mut entries, "epcisHeader", Some(map(vec![("epcisMasterData".into(), data)])));
        }
        let events = list(document.events.iter().map(|event| self.event(event)).collect());
        let mut body = map(vec![("eventList".into(), events)]);
        if let Some(query) = &document.query {
            let mut results = Entries::new();
            put(&mut results, "subscriptionID", query.subscription.as_ref().map(text));
            put(&mut results, "queryName", Some(text(&query.name)));
            put(&mut results, "resultsBody", Some(body));
            body = map(vec![("queryResults".into(), map(results))]);
        }
        put(&mut entries, "epcisBody", Some(body));
        entries.extend(self.fields(&document.extra));
        entries
    }

    fn event(&mut self, event: &Event) -> Node {
        let (things, quantities) = event.lists();
        let mut entries = vec![("type".to_owned(), text(event.kind.as_str()))];
        put(&mut entries, "eventID", event.id.as_ref().map(text));
        put(&mut entries, "eventTime", Some(text(event.time.as_str())));
        put(&mut entries, "eventTimeZoneOffset", Some(text(event.offset.to_string())));
        put(&mut entries, "recordTime", event.recorded.as_ref().map(|time| text(time.as_str())));
        if let Some(error) = &event.error {
            let mut within = vec![("declarationTime".to_owned(), text(error.time.as_str()))];
            put(&mut within, "reason", error.reason.as_ref().map(|reason| word(reason, &REASONS)));
            put_list(&mut within, "correctiveEventIDs", error.corrective.iter().map(text).collect());
            within.extend(self.fields(&error.extra));
            put(&mut entries, "errorDeclaration", Some(map(within)));
        }
        put_list(&mut entries, "certificationInfo", event.certification.iter().map(text).collect());
        put(&mut entries, "parentID", event.parent.as_ref().map(text));
        put_list(&mut entries, things, event.epcs.iter().map(text).collect());
        put_list(&mut entries, quantities, amounts(&event.quantities));
        put_list(&mut entries, "outputEPCList", event.outputs.iter().map(text).collect());
        put_list(&mut entries, "outputQuantityList", amounts(&event.output_quantities));
        put(&mut entries, "transformationID", event.transformation.as_ref().map(text));
        put(&mut entries, "action", event.action.map(|action| text(action.as_str())));
        put(&mut entries, "bizStep", event.step.as_ref().map(|step| word(step, &STEPS)));
        put(&mut entries, "disposition", event.disposition.as_ref().map(|d| word(d, &DISPOSITIONS)));
        if !event.set.is_empty() || !event.unset.is_empty() {
            let mut within = Entries::new();
            put_list(&mut within, "set", event.set.iter().map(|term| word(term, &DISPOSITIONS)).collect());
            put_list(&mut within, "unset", event.unset.iter().map(|term| word(term, &DISPOSITIONS)).collect());
            put(&mut entries, "persistentDisposition", Some(map(within)));
        }
        put(&mut entries, "readPoint", event.read_point.as_ref().map(|place| self.location(place)));
        put(&mut entries, "bizLocation", event.location.as_ref().map(|place| self.location(place)));
        put_list(&mut entries, "bizTransactionList", related(&event.transactions, "bizTransaction", &TRANSACTIONS));
        put_list(&mut entries, "sourceList", related(&event.sources, "source", &PARTIES));
        put_list(&mut entries, "destinationList", related(&event.destinations, "destination", &PARTIES));
        put_list(&mut entries, "sensorElementList", event.sensors.iter().map(|sensor| self.sensor(sensor)).collect());
        if !event.ilmd.is_empty() {
            put(&mut entries, "ilmd", Some(map(self.fields(&event.ilmd))));
        }
        entries.extend(self.fields(&event.extra));
        map(entries)
    }

    fn location(&mut self, location: &Location) -> Node {
        let mut entries = vec![("id".to_owned(), text(&location.id))];
        entries.extend(self.fields(&location.extra));
        map(entries)
    }

    fn sensor(&mut self, sensor: &Sensor) -> Node {
        let mut entries = Entries::new();
        if !sensor.metadata.is_empty() {
            put(&mut entries, "sensorMetadata", Some(map(self.fields(&sensor.metadata))));
        }
        let reports = sensor.reports.iter().map(|report| {
            let mut fields = self.fields(report);
            for (name, node) in &mut fields {
                let vocabulary = match name.as_str() {
                    "type" => &MEASUREMENTS,
                    "component" => &COMPONENTS,
                    "exception" => &ALERTS,
                    _ => continue,
                };
                if let Ok(term) = Term::parse(node.shown(), vocabulary) {
                    *node = word(&term, vocabulary);
                }
            }
            map(fields)
        });
        let reports = reports.collect();
        put_list(&mut entries, "sensorReport", reports);
        entries.extend(self.fields(&sensor.extra));
        map(entries)
    }

    fn fields(&mut self, fields: &Fields) -> Entries {
        fields.iter().map(|(name, value)| (self.0.key(name), self.extra(value))).collect()
    }

    fn extra(&mut self, value: &Extra) -> Node {
        match value {
            Extra::Text(said) => text(said),
            Extra::Number(number) => Node::new(0, Value::Number(number.to_string())),
            Extra::Flag(flag) => Node::new(0, Value::Flag(*flag)),
            Extra::Many(values) => list(values.iter().map(|value| self.extra(value)).collect()),
            Extra::Fields(fields) => map(self.fields(fields)),
        }
    }
}

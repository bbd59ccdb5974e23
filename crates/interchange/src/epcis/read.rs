//! A tree to a document with its events. What cannot be read is told with its place, and the event that has it is left out.

use muster_domain::{field::Field, message, message::Message};

use super::{
    decimal::Decimal,
    event::{
        Action, Document, Element, ErrorDeclaration, Event, Kind, Location, MasterData, Quantity, Query, Related,
        Sensor, lists,
    },
    extra::{Extra, Fields, Name, TEXT},
    found::Finds,
    hash::METADATA,
    names::{Prefixes, is_local},
    node::{Node, Value, step},
    rules,
    shape::NUMBERS,
    term::{ALERTS, COMPONENTS, DISPOSITIONS, MEASUREMENTS, PARTIES, REASONS, STEPS, TRANSACTIONS, Term, Vocabulary},
    time::{Moment, Offset},
};

/// Most events of one document.
pub const MOST_CAPTURED: usize = 100_000;

/// Reads a document, a list of events, or one event.
pub(super) fn document(root: &Node, prefixes: Prefixes) -> (Document, Finds) {
    let mut reader = Reader { prefixes, finds: Finds::default() };
    let mut document = Document::default();
    match &root.value {
        Value::List(items) => reader.events(items, "", &mut document),
        Value::Map(_) => reader.root(root, &mut document),
        _ => reader.finds.add("", root.shown(), message!("epcis-a-document")),
    }
    document.prefixes = reader.prefixes.declared;
    document.contexts = reader.prefixes.contexts;
    (document, reader.finds)
}

struct Reader {
    prefixes: Prefixes,
    finds: Finds,
}

impl Reader {
    fn root(&mut self, root: &Node, document: &mut Document) {
        let kind = root.get("type").map_or("", Node::shown);
        if Kind::parse(kind).is_ok() {
            return self.read_event(root, "", document);
        }
        if !matches!(kind, "EPCISDocument" | "EPCISQueryDocument") {
            return self.finds.add("/type", kind, message!("epcis-a-document"));
        }
        self.context(root, "");
        for (key, node) in root.entries() {
            let pointer = format!("/{}", step(key));
            match key.as_str() {
                "@context" | "type" => {}
                "id" => document.id = self.uri(node, &pointer),
                "schemaVersion" => self.version(node, &pointer),
                "creationDate" => document.created = self.moment(node, &pointer),
                "sender" | "receiver" | "instanceIdentifier" => {
                    document.head.extend(self.text(node, &pointer).map(|text| (key.clone(), text)));
                }
                "epcisHeader" => self.header(node, &pointer, document),
                "epcisBody" => self.body(node, &pointer, document, kind),
                _ => self.extra_field(key, node, &pointer, &mut document.extra),
            }
        }
        let required: &[&str] =
            if kind == "EPCISDocument" { &["schemaVersion", "creationDate", "epcisBody"] } else { &["epcisBody"] };
        for missing in required.iter().filter(|name| root.get(name).is_none()) {
            self.finds.add(format!("/{missing}"), "", message!("epcis-missing"));
        }
    }

    /// Adds what the context of a document or event declares.
    fn context(&mut self, node: &Node, pointer: &str) {
        let context = node.get("@context").map_or(Ok(()), |context| self.prefixes.add(context));
        if let Err(message) = context {
            self.finds.add(format!("{pointer}/@context"), "", message);
        }
    }

    fn version(&mut self, node: &Node, pointer: &str) {
        let version = node.shown();
        let plain = version.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
        // Version 1 has all of 2's fields that matter here.
        if !plain || !matches!(version.split('.').next(), Some("1" | "2")) {
            self.finds.add(pointer, version, message!("epcis-version"));
        }
    }

    fn body(&mut self, node: &Node, pointer: &str, document: &mut Document, kind: &str) {
        let mut list = node.get("eventList").map(|list| (list, format!("{pointer}/eventList")));
        if kind == "EPCISQueryDocument" {
            let results = node.get("queryResults");
            let inner = format!("{pointer}/queryResults");
            let mut query = Query::default();
            match results.and_then(|results| results.get("queryName")) {
                Some(name) => query.name = self.text(name, &format!("{inner}/queryName")).unwrap_or_default(),
                None => self.finds.add(format!("{inner}/queryName"), "", message!("epcis-missing")),
            }
            if let Some(subscription) = results.and_then(|results| results.get("subscriptionID")) {
                query.subscription = self.text(subscription, &format!("{inner}/subscriptionID"));
            }
            document.query = Some(query);
            let found = results.and_then(|results| results.get("resultsBody")).and_then(|body| body.get("eventList"));
            list = found.map(|list| (list, format!("{inner}/resultsBody/eventList")));
        }
        match list {
            Some((Node { value: Value::List(items), .. }, pointer)) => self.events(items, &pointer, document),
            Some((node, pointer)) => self.finds.add(pointer, node.shown(), message!("epcis-a-list")),
            // Some programs write one event in place of a list of one.
            None => match node.get("event") {
                Some(event) => {
                    self.read_event(event, &format!("{pointer}/event"), document);
                }
                None if kind == "EPCISQueryDocument"
                    || node.entries().is_empty() && document.vocabularies.is_empty() =>
                {
                    self.finds.add(format!("{pointer}/eventList"), "", message!("epcis-missing"));
                }
                None => {}
            },
        }
    }

    fn events(&mut self, items: &[Node], pointer: &str, document: &mut Document) {
        if items.len() > MOST_CAPTURED {
            self.finds.add(pointer, "", message!("epcis-too-many-events", most = MOST_CAPTURED));
        }
        for (n, item) in items.iter().take(MOST_CAPTURED).enumerate() {
            self.read_event(item, &format!("{pointer}/{n}"), document);
        }
    }

    fn read_event(&mut self, node: &Node, pointer: &str, document: &mut Document) {
        let before = self.finds.count();
        // What an event declares holds for it alone; the document keeps the prefixes for writing.
        self.prefixes.enter();
        self.context(node, pointer);
        let event = self.event(node, pointer);
        self.prefixes.leave();
        if self.finds.count() > before {
            return;
        }
        let Some(event) = event else { return };
        self.finds.within(pointer, rules::find(&event));
        if self.finds.count() == before {
            document.events.push(event);
        }
    }

    fn event(&mut self, node: &Node, pointer: &str) -> Option<Event> {
        if !matches!(node.value, Value::Map(_)) {
            self.finds.add(pointer, node.shown(), message!("epcis-an-event"));
            return None;
        }
        let said = node.get("type").map_or("", Node::shown);
        let Ok(kind) = Kind::parse(said) else {
            self.finds.add(format!("{pointer}/type"), said, message!("must-be", right = Kind::expected()));
            return None;
        };
        for missing in ["eventTime", "eventTimeZoneOffset"].iter().filter(|name| node.get(name).is_none()) {
            self.finds.add(format!("{pointer}/{missing}"), "", message!("epcis-missing"));
        }
        let time = self.moment(node.get("eventTime")?, &format!("{pointer}/eventTime"));
        let offset =
            self.parsed(node.get("eventTimeZoneOffset")?, &format!("{pointer}/eventTimeZoneOffset"), Offset::parse);
        let mut event = Event::new(kind, time?, offset?, None);
        for (key, node) in node.entries() {
            self.field(&mut event, key, node, &format!("{pointer}/{}", step(key)));
        }
        Some(event)
    }

    fn field(&mut self, event: &mut Event, key: &str, node: &Node, at: &str) {
        let (things, quantities) = lists(event.kind);
        let transformation = event.kind == Kind::Transformation;
        match key {
            "type" | "eventTime" | "eventTimeZoneOffset" | "@context" => {}
            "recordTime" => event.recorded = self.moment(node, at),
            "eventID" => event.id = self.uri(node, at),
            "errorDeclaration" => event.error = self.error(node, at),
            "certificationInfo" => {
                event.certification = self.one_or_more(node, at, |reader, node, at| reader.uri(node, at))
            }
            "action" if !transformation => {
                let parse = |text: &str| Action::parse(text).map_err(|right| message!("must-be", right));
                event.action = self.parsed(node, at, parse);
            }
            "parentID" if !matches!(event.kind, Kind::Object | Kind::Transformation) => {
                event.parent = self.uri(node, at)
            }
            key if key == things => event.epcs = self.uris(node, at),
            key if key == quantities => event.quantities = self.list(node, at, Self::quantity),
            "outputEPCList" if transformation => event.outputs = self.uris(node, at),
            "outputQuantityList" if transformation => event.output_quantities = self.list(node, at, Self::quantity),
            "transformationID" if transformation => event.transformation = self.uri(node, at),
            "bizStep" => event.step = self.term(node, at, &STEPS),
            "disposition" => event.disposition = self.term(node, at, &DISPOSITIONS),
            "persistentDisposition" => {
                for (key, node) in node.entries() {
                    let at = format!("{at}/{}", step(key));
                    let terms = |reader: &mut Self| {
                        reader.one_or_more(node, &at, |reader, node, at| reader.term(node, at, &DISPOSITIONS))
                    };
                    match key.as_str() {
                        "set" => event.set = terms(self),
                        "unset" => event.unset = terms(self),
                        _ => self.finds.add(&at, node.shown(), message!("epcis-unknown-field", name = key)),
                    }
                }
                if event.set.is_empty() && event.unset.is_empty() {
                    self.finds.add(at, node.shown(), message!("epcis-set-or-unset"));
                }
            }
            "readPoint" => event.read_point = self.location(node, at),
            "bizLocation" => event.location = self.location(node, at),
            "bizTransactionList" => {
                event.transactions =
                    self.list(node, at, |r, node, at| r.related(node, at, "bizTransaction", &TRANSACTIONS));
            }
            "sourceList" => event.sources = self.list(node, at, |r, node, at| r.related(node, at, "source", &PARTIES)),
            "destinationList" => {
                event.destinations = self.list(node, at, |r, node, at| r.related(node, at, "destination", &PARTIES));
            }
            "sensorElementList" => event.sensors = self.list(node, at, Self::sensor),
            "ilmd" if matches!(event.kind, Kind::Object | Kind::Transformation) => {
                event.ilmd = self.fields(node, at, false)
            }
            _ => self.extra_field(key, node, at, &mut event.extra),
        }
    }

    fn error(&mut self, node: &Node, at: &str) -> Option<ErrorDeclaration> {
        let time = self.required(node, at, "declarationTime")?;
        let time = self.moment(time, &format!("{at}/declarationTime"))?;
        let mut error = ErrorDeclaration { time, reason: None, corrective: Vec::new(), extra: Vec::new() };
        for (key, node) in node.entries() {
            let at = format!("{at}/{}", step(key));
            match key.as_str() {
                "declarationTime" => {}
                "reason" => error.reason = self.term(node, &at, &REASONS),
                "correctiveEventIDs" => error.corrective = self.uris(node, &at),
                _ => self.extra_field(key, node, &at, &mut error.extra),
            }
        }
        Some(error)
    }

    fn quantity(&mut self, node: &Node, at: &str) -> Option<Quantity> {
        let class = self.required(node, at, "epcClass")?;
        let mut read = Quantity { class: self.uri(class, &format!("{at}/epcClass"))?, quantity: None, unit: None };
        for (key, node) in node.entries() {
            let at = format!("{at}/{}", step(key));
            match key.as_str() {
                "epcClass" => {}
                "quantity" => read.quantity = self.number(node, &at),
                "uom" => read.unit = self.text(node, &at),
                _ => self.finds.add(&at, node.shown(), message!("epcis-unknown-field", name = key)),
            }
        }
        Some(read)
    }

    fn related(&mut self, node: &Node, at: &str, name: &str, types: &Vocabulary) -> Option<Related> {
        let id = self.required(node, at, name)?;
        let id = self.uri(id, &format!("{at}/{name}"))?;
        let mut kind = None;
        for (key, node) in node.entries() {
            let at = format!("{at}/{}", step(key));
            match key.as_str() {
                "type" => kind = self.term(node, &at, types),
                key if key == name => {}
                _ => self.finds.add(&at, node.shown(), message!("epcis-unknown-field", name = key)),
            }
        }
        Some(Related { kind, id })
    }

    fn location(&mut self, node: &Node, at: &str) -> Option<Location> {
        let id = self.required(node, at, "id")?;
        let mut location = Location { id: self.uri(id, &format!("{at}/id"))?, extra: Vec::new() };
        for (key, node) in node.entries().iter().filter(|(key, _)| key != "id") {
            self.extra_field(key, node, &format!("{at}/{}", step(key)), &mut location.extra);
        }
        Some(location)
    }

    fn sensor(&mut self, node: &Node, at: &str) -> Option<Sensor> {
        let mut sensor = Sensor::default();
        for (key, node) in node.entries() {
            let at = format!("{at}/{}", step(key));
            match key.as_str() {
                "sensorMetadata" => sensor.metadata = self.readings(node, &at, METADATA),
                "sensorReport" => {
                    sensor.reports = self.list(node, &at, |reader, node, at| Some(reader.readings(node, at, REPORT)));
                }
                _ => self.extra_field(key, node, &at, &mut sensor.extra),
            }
        }
        if sensor.reports.is_empty() {
            self.finds.add(format!("{at}/sensorReport"), node.shown(), message!("epcis-missing"));
        }
        Some(sensor)
    }

    /// The standard's fields of a sensor's metadata or report, and those beyond it.
    fn readings(&mut self, node: &Node, at: &str, names: &[&str]) -> Fields {
        let mut fields = Fields::new();
        for (key, node) in node.entries() {
            let at = format!("{at}/{}", step(key));
            let value = match key.as_str() {
                name if !names.contains(&name) => {
                    self.extra_field(key, node, &at, &mut fields);
                    continue;
                }
                name if NUMBERS.contains(&name) => self.number(node, &at).map(Extra::Number),
                "type" => self.term(node, &at, &MEASUREMENTS).map(|term| Extra::Text(term.uri().into())),
                "component" => self.term(node, &at, &COMPONENTS).map(|term| Extra::Text(term.uri().into())),
                "exception" => self.term(node, &at, &ALERTS).map(|term| Extra::Text(term.uri().into())),
                "time" | "startTime" | "endTime" => {
                    self.moment(node, &at).map(|time| Extra::Text(time.as_str().into()))
                }
                "booleanValue" => match node.value {
                    Value::Flag(flag) => Some(Extra::Flag(flag)),
                    _ => {
                        self.finds.add(&at, node.shown(), message!("epcis-a-flag"));
                        None
                    }
                },
                "stringValue" | "uom" => self.text(node, &at).map(Extra::Text),
                "hexBinaryValue" => {
                    let hex = |text: &str| {
                        let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
                        if plain { Ok(text.to_owned()) } else { Err(message!("epcis-hexadecimal")) }
                    };
                    self.parsed(node, &at, hex).map(Extra::Text)
                }
                _ => self.uri(node, &at).map(Extra::Text),
            };
            fields.extend(value.map(|value| (Name::standard(key), value)));
        }
        fields
    }

    fn header(&mut self, node: &Node, at: &str, document: &mut Document) {
        let list = node.get("epcisMasterData").and_then(|data| data.get("vocabularyList"));
        let Some(list) = list else { return };
        document.vocabularies = self.list(list, &format!("{at}/epcisMasterData/vocabularyList"), |reader, node, at| {
            let kind = reader.required(node, at, "type")?;
            let kind = reader.uri(kind, &format!("{at}/type"))?;
            let list = node.get("vocabularyElementList");
            let elements = list.map(|list| reader.list(list, &format!("{at}/vocabularyElementList"), Self::element));
            Some(MasterData { kind, elements: elements.unwrap_or_default() })
        });
    }

    fn element(&mut self, node: &Node, at: &str) -> Option<Element> {
        let id = self.required(node, at, "id")?;
        let id = self.uri(id, &format!("{at}/id"))?;
        let attributes = node.get("attributes").map(|list| {
            self.list(list, &format!("{at}/attributes"), |reader, node, at| {
                let name = reader.required(node, at, "id")?;
                let name = reader.uri(name, &format!("{at}/id"))?;
                let value = reader.required(node, at, "attribute")?;
                Some((name, reader.extra(value, &format!("{at}/attribute"))?))
            })
        });
        let children = node.get("children").map(|children| self.uris(children, &format!("{at}/children")));
        Some(Element { id, attributes: attributes.unwrap_or_default(), children: children.unwrap_or_default() })
    }

    /// A field beyond the standard, which must say whose it is.
    fn extra_field(&mut self, key: &str, node: &Node, at: &str, fields: &mut Fields) {
        let Some(name) = self.prefixes.name(key) else {
            return self.finds.add(at, node.shown(), message!("epcis-unknown-field", name = key));
        };
        self.named(name, key, node, at, fields);
    }

    fn named(&mut self, name: Name, key: &str, node: &Node, at: &str, fields: &mut Fields) {
        if !is_local(name.local.trim_start_matches(['@', '#'])) {
            return self.finds.add(at, key, message!("epcis-a-name"));
        }
        if name.local.starts_with(['@', '#']) && !matches!(node.value, Value::Text(_)) {
            return self.finds.add(at, node.shown(), message!("epcis-a-text"));
        }
        fields.extend(self.extra(node, at).map(|value| (name, value)));
    }

    fn fields(&mut self, node: &Node, at: &str, within: bool) -> Fields {
        let mut fields = Fields::new();
        for (key, node) in node.entries() {
            let at = format!("{at}/{}", step(key));
            match self.prefixes.name(key) {
                Some(name) => self.named(name, key, node, &at, &mut fields),
                None if within => self.named(Name::standard(key), key, node, &at, &mut fields),
                None => self.finds.add(&at, node.shown(), message!("epcis-unknown-field", name = key)),
            }
        }
        fields
    }

    fn extra(&mut self, node: &Node, at: &str) -> Option<Extra> {
        match &node.value {
            Value::Null => None,
            Value::Flag(flag) => Some(Extra::Flag(*flag)),
            Value::Number(_) => self.number(node, at).map(Extra::Number),
            Value::Text(_) => self.text(node, at).map(Extra::Text),
            Value::List(items) => {
                let each = |(n, item)| self.extra(item, &format!("{at}/{n}"));
                Extra::several(items.iter().enumerate().filter_map(each).collect())
            }
            Value::Map(_) => {
                let mut fields = self.fields(node, at, true);
                if let [(name, _)] = fields.as_slice()
                    && *name == Name::standard(TEXT)
                {
                    return fields.pop().map(|(_, text)| text);
                }
                Some(if fields.is_empty() { Extra::Text(String::new()) } else { Extra::Fields(fields) })
            }
        }
    }

    /// The entry of a name that must be there.
    fn required<'n>(&mut self, node: &'n Node, at: &str, name: &str) -> Option<&'n Node> {
        let found = node.get(name);
        if found.is_none() {
            self.finds.add(format!("{at}/{name}"), node.shown(), message!("epcis-missing"));
        }
        found
    }

    fn list<T>(&mut self, node: &Node, at: &str, each: impl Fn(&mut Self, &Node, &str) -> Option<T>) -> Vec<T> {
        let Value::List(items) = &node.value else {
            self.finds.add(at, node.shown(), message!("epcis-a-list"));
            return Vec::new();
        };
        items.iter().enumerate().filter_map(|(n, item)| each(self, item, &format!("{at}/{n}"))).collect()
    }

    fn one_or_more<T>(&mut self, node: &Node, at: &str, each: impl Fn(&mut Self, &Node, &str) -> Option<T>) -> Vec<T> {
        match &node.value {
            Value::List(_) => self.list(node, at, each),
            _ => each(self, node, at).into_iter().collect(),
        }
    }

    fn uris(&mut self, node: &Node, at: &str) -> Vec<String> {
        self.list(node, at, Self::uri)
    }

    fn parsed<T>(&mut self, node: &Node, at: &str, parse: impl Fn(&str) -> Result<T, Message>) -> Option<T> {
        let Value::Text(text) = &node.value else {
            self.finds.add(at, node.shown(), message!("epcis-a-text"));
            return None;
        };
        parse(text).map_err(|message| self.finds.add(at, text, message)).ok()
    }

    fn text(&mut self, node: &Node, at: &str) -> Option<String> {
        self.parsed(node, at, |text| {
            let bad = text
                .chars()
                .any(|c| c.is_control() && !matches!(c, '\n' | '\t') || matches!(c, '\u{fffe}' | '\u{ffff}'));
            if bad { Err(message!("text-without-control")) } else { Ok(text.to_owned()) }
        })
    }

    fn uri(&mut self, node: &Node, at: &str) -> Option<String> {
        self.parsed(node, at, |text| {
            let text = text.trim();
            if super::term::is_uri(text) { Ok(text.to_owned()) } else { Err(message!("epcis-a-uri")) }
        })
    }

    fn moment(&mut self, node: &Node, at: &str) -> Option<Moment> {
        self.parsed(node, at, Moment::parse)
    }

    fn term(&mut self, node: &Node, at: &str, vocabulary: &Vocabulary) -> Option<Term> {
        self.parsed(node, at, |text| Term::parse(text, vocabulary))
    }

    fn number(&mut self, node: &Node, at: &str) -> Option<Decimal> {
        let Value::Number(text) = &node.value else {
            self.finds.add(at, node.shown(), message!("epcis-a-number"));
            return None;
        };
        Decimal::parse(text).map_err(|message| self.finds.add(at, text, message)).ok()
    }
}

/// The standard's fields of a sensor's report.
const REPORT: &[&str] = &[
    "type",
    "exception",
    "deviceID",
    "deviceMetadata",
    "rawData",
    "dataProcessingMethod",
    "bizRules",
    "time",
    "microorganism",
    "chemicalSubstance",
    "coordinateReferenceSystem",
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
];

//! Elements of EPCIS in XML to the shape that they have in JSON.
//!
//! Source: EPCIS 2.0, sections 9 (XML) and 10 (JSON and JSON-LD), and its XML schema. Documents of version 1.2 have some fields in
//! elements called `extension` and `baseExtension`; these are opened, so that they are read too.

use std::collections::HashMap;

use super::{
    extra::TEXT,
    node::{Node, Value},
    xml::{Element, XSI},
};

/// A document's root element, or an event by itself.
pub(super) fn document(root: &Element) -> Node {
    let kind = match root.name.as_str() {
        "EPCISDocument" | "EPCISQueryDocument" => root.name.as_str(),
        _ => return event(root),
    };
    let mut entries = Entries::default();
    entries.add("type", Node::text(root.line, kind));
    for (space, name, value) in &root.attributes {
        if space != XSI {
            entries.add(key(space, name), Node::text(root.line, value.trim()));
        }
    }
    for child in unwrapped(root, &["extension"]) {
        match child.name.as_str() {
            _ if !child.space.is_empty() => entries.push(child),
            "EPCISHeader" => entries.add("epcisHeader", header(child)),
            "EPCISBody" => entries.add("epcisBody", body(child)),
            other => entries.add(other, foreign(child)),
        }
    }
    entries.map(root.line)
}

fn header(element: &Element) -> Node {
    let data = unwrapped(element, &["extension"]).into_iter().find(|child| child.name == "EPCISMasterData");
    let list = data.and_then(|data| data.child("VocabularyList"));
    let vocabulary = |vocabulary: &Element| {
        let elements = vocabulary
            .child("VocabularyElementList")
            .map_or_else(Vec::new, |list| list.children.iter().map(master).collect());
        let kind = vocabulary.attribute("type").map(|kind| ("type".to_owned(), Node::text(vocabulary.line, kind)));
        let list = ("vocabularyElementList".to_owned(), Node::new(vocabulary.line, Value::List(elements)));
        Node::new(vocabulary.line, Value::Map(kind.into_iter().chain([list]).collect()))
    };
    let entries = list.map(|list| {
        let items = Node::new(list.line, Value::List(list.children.iter().map(vocabulary).collect()));
        let within = Node::new(list.line, Value::Map(vec![("vocabularyList".into(), items)]));
        ("epcisMasterData".to_owned(), within)
    });
    Node::new(element.line, Value::Map(entries.into_iter().collect()))
}

fn master(element: &Element) -> Node {
    let mut entries: Vec<(String, Node)> =
        element.attribute("id").map(|id| ("id".to_owned(), Node::text(element.line, id))).into_iter().collect();
    let attribute = |child: &Element| {
        let id = child.attribute("id").unwrap_or_default();
        let value = Element {
            line: child.line,
            space: String::new(),
            name: child.name.clone(),
            attributes: Vec::new(),
            children: Vec::new(),
            text: child.text.clone(),
        };
        let value = if child.children.is_empty() { foreign(&value) } else { grouped(child.line, &child.children) };
        Node::new(child.line, Value::Map(vec![("id".into(), Node::text(child.line, id)), ("attribute".into(), value)]))
    };
    let attributes: Vec<Node> = element.children.iter().filter(|c| c.name == "attribute").map(attribute).collect();
    if !attributes.is_empty() {
        entries.push(("attributes".into(), Node::new(element.line, Value::List(attributes))));
    }
    if let Some(children) = element.child("children") {
        entries.push(("children".into(), texts(children)));
    }
    Node::new(element.line, Value::Map(entries))
}

fn body(element: &Element) -> Node {
    let mut entries = Entries::default();
    for child in &element.children {
        match child.name.as_str() {
            "EventList" => entries.add("eventList", events(child)),
            "QueryResults" => {
                let mut within = Vec::new();
                for part in &child.children {
                    match part.name.as_str() {
                        "resultsBody" => {
                            let list = part.child("EventList").map(|list| ("eventList".to_owned(), events(list)));
                            within.push((
                                part.name.clone(),
                                Node::new(part.line, Value::Map(list.into_iter().collect())),
                            ));
                        }
                        _ => within.push((part.name.clone(), Node::text(part.line, part.text.trim()))),
                    }
                }
                entries.add("queryResults", Node::new(child.line, Value::Map(within)));
            }
            _ => entries.push(child),
        }
    }
    entries.map(element.line)
}

fn events(list: &Element) -> Node {
    let each = unwrapped(list, &["extension"]).into_iter().map(event).collect();
    Node::new(list.line, Value::List(each))
}

/// The children, with those of elements that only wrap others in their place.
fn unwrapped<'a>(element: &'a Element, wrappers: &[&str]) -> Vec<&'a Element> {
    let mut found = Vec::new();
    for child in &element.children {
        if child.space.is_empty() && wrappers.contains(&child.name.as_str()) {
            found.extend(unwrapped(child, wrappers));
        } else {
            found.push(child);
        }
    }
    found
}

fn event(element: &Element) -> Node {
    let mut entries = Entries::default();
    entries.add("type", Node::text(element.line, &*element.name));
    entries.extend(attributes(element));
    for child in unwrapped(element, &["extension", "baseExtension"]) {
        if child.space.is_empty() {
            entries.add(&*child.name, standard(child));
        } else {
            entries.push(child);
        }
    }
    entries.map(element.line)
}

/// A field of the standard's.
fn standard(element: &Element) -> Node {
    let line = element.line;
    let list = |each: fn(&Element) -> Node| Node::new(line, Value::List(element.children.iter().map(each).collect()));
    match element.name.as_str() {
        "epcList" | "childEPCs" | "inputEPCList" | "outputEPCList" | "correctiveEventIDs" => texts(element),
        "quantityList" | "childQuantityList" | "inputQuantityList" | "outputQuantityList" => list(quantity),
        "bizTransactionList" | "sourceList" | "destinationList" => list(related),
        "sensorElementList" => list(sensor),
        "persistentDisposition" => {
            let named = |name: &str| {
                let items: Vec<Node> = element
                    .children
                    .iter()
                    .filter(|c| c.name == name)
                    .map(|c| Node::text(c.line, c.text.trim()))
                    .collect();
                (!items.is_empty()).then(|| (name.to_owned(), Node::new(line, Value::List(items))))
            };
            let others = element.children.iter().filter(|c| !matches!(c.name.as_str(), "set" | "unset"));
            let others = others.map(|c| (key(&c.space, &c.name), foreign(c)));
            Node::new(line, Value::Map(named("set").into_iter().chain(named("unset")).chain(others).collect()))
        }
        "errorDeclaration" | "readPoint" | "bizLocation" => {
            let mut entries = Entries::default();
            entries.extend(attributes(element));
            for child in unwrapped(element, &["extension"]) {
                if child.space.is_empty() {
                    entries.add(&*child.name, standard(child));
                } else {
                    entries.push(child);
                }
            }
            entries.map(line)
        }
        "ilmd" => {
            let mut entries = Entries::default();
            entries.extend(attributes(element));
            unwrapped(element, &["extension"]).into_iter().for_each(|child| entries.push(child));
            entries.map(line)
        }
        _ if element.children.is_empty() => Node::text(line, element.text.trim()),
        _ => foreign(element),
    }
}

fn texts(element: &Element) -> Node {
    let each = element.children.iter().map(|child| Node::text(child.line, child.text.trim())).collect();
    Node::new(element.line, Value::List(each))
}

fn quantity(element: &Element) -> Node {
    // A quantity that is not known may stand there without a value.
    let known = element.children.iter().filter(|child| child.name != "quantity" || !child.text.trim().is_empty());
    let each = known.map(|child| {
        let said = child.text.trim();
        let value =
            if child.name == "quantity" { Value::Number(said.to_owned()) } else { Value::Text(said.to_owned()) };
        (child.name.clone(), Node::new(child.line, value))
    });
    Node::new(element.line, Value::Map(each.collect()))
}

fn related(element: &Element) -> Node {
    let kind = element.attribute("type").map(|kind| ("type".to_owned(), Node::text(element.line, kind)));
    let id = (element.name.clone(), Node::text(element.line, element.text.trim()));
    Node::new(element.line, Value::Map(kind.into_iter().chain([id]).collect()))
}

/// The fields of a sensor report that are numbers.
pub(super) const NUMBERS: &[&str] = &["value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"];

fn sensor(element: &Element) -> Node {
    let (mut entries, mut reports) = (Entries::default(), Vec::new());
    for child in unwrapped(element, &["extension"]) {
        match child.name.as_str() {
            "sensorMetadata" if child.space.is_empty() => entries.add(&*child.name, readings(child)),
            "sensorReport" if child.space.is_empty() => reports.push(readings(child)),
            _ => entries.push(child),
        }
    }
    entries.add("sensorReport", Node::new(element.line, Value::List(reports)));
    entries.map(element.line)
}

fn readings(element: &Element) -> Node {
    let mut entries = Entries::default();
    for (space, name, value) in element.attributes.iter().filter(|(space, ..)| space != XSI) {
        let value = match name.as_str() {
            _ if !space.is_empty() => Value::Text(value.clone()),
            name if NUMBERS.contains(&name) => Value::Number(value.trim().to_owned()),
            "booleanValue" => flag(value).map_or_else(|| Value::Text(value.clone()), Value::Flag),
            "stringValue" => Value::Text(value.clone()),
            _ => Value::Text(value.trim().to_owned()),
        };
        entries.add(key(space, name), Node::new(element.line, value));
    }
    element.children.iter().for_each(|child| entries.push(child));
    entries.map(element.line)
}

fn flag(text: &str) -> Option<bool> {
    match text.trim() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// The entries of a map, in order.
#[derive(Default)]
struct Entries {
    all: Vec<(String, Node)>,
    /// Where each name stands first.
    at: HashMap<String, usize>,
}

impl Entries {
    fn add(&mut self, key: impl Into<String>, node: Node) {
        let key = key.into();
        self.at.entry(key.clone()).or_insert(self.all.len());
        self.all.push((key, node));
    }

    /// Adds an element of another namespace; the second of a name makes a list of the first.
    fn push(&mut self, element: &Element) {
        let key = key(&element.space, &element.name);
        let node = foreign(element);
        match self.at.get(&key).map(|at| &mut self.all[*at].1) {
            Some(Node { value: Value::List(items), .. }) => items.push(node),
            Some(known) => {
                let first = std::mem::replace(known, Node::new(known.line, Value::Null));
                known.value = Value::List(vec![first, node]);
            }
            None => self.add(key, node),
        }
    }

    fn map(self, line: u32) -> Node {
        Node::new(line, Value::Map(self.all))
    }
}

impl Extend<(String, Node)> for Entries {
    fn extend<I: IntoIterator<Item = (String, Node)>>(&mut self, entries: I) {
        entries.into_iter().for_each(|(key, node)| self.add(key, node));
    }
}

fn grouped(line: u32, children: &[Element]) -> Node {
    let mut entries = Entries::default();
    children.iter().for_each(|child| entries.push(child));
    entries.map(line)
}

/// An element of another namespace: text, a number or flag if it says so, or fields within.
fn foreign(element: &Element) -> Node {
    let line = element.line;
    if element.children.is_empty() && attributes(element).is_empty() {
        let kind = element.attributes.iter().find(|(space, name, _)| space == XSI && name == "type");
        let kind = kind.map_or("", |(_, _, kind)| kind.rsplit_once(':').map_or(kind.as_str(), |(_, kind)| kind));
        let said = element.text.trim();
        let value = match kind {
            "decimal" | "integer" | "int" | "long" | "short" | "byte" | "double" | "float" | "nonNegativeInteger"
            | "positiveInteger" | "unsignedInt" | "unsignedLong" => Value::Number(said.to_owned()),
            "boolean" => flag(said).map_or_else(|| Value::Text(said.to_owned()), Value::Flag),
            _ => Value::Text(element.text.clone()),
        };
        return Node::new(line, value);
    }
    let mut node = grouped(line, &element.children);
    if let Value::Map(entries) = &mut node.value {
        entries.extend(attributes(element));
        if !element.text.trim().is_empty() {
            entries.push((TEXT.to_owned(), Node::text(line, &*element.text)));
        }
    }
    node
}

/// Attributes, but for those that tell types and schemas.
fn attributes(element: &Element) -> Vec<(String, Node)> {
    let told = element.attributes.iter().filter(|(space, ..)| space != XSI);
    told.map(|(space, name, value)| (key(space, &format!("@{name}")), Node::text(element.line, &**value))).collect()
}

fn key(space: &str, name: &str) -> String {
    if space.is_empty() { name.to_owned() } else { format!("{{{space}}}{name}") }
}

//! XML to a tree of elements. No document type with declarations, no entities but the five that XML has, nothing from elsewhere.

use std::{cell::OnceCell, collections::HashMap};

use muster_domain::{message, message::Message};
use quick_xml::{
    Error, NsReader, XmlVersion,
    escape::resolve_xml_entity,
    events::{BytesStart, Event as Xml},
    name::{NamespaceError, ResolveResult},
};

use super::{
    json::Refused,
    names::{MOST_PREFIXES, too_many_prefixes},
    node::{DEEPEST, LONGEST_TEXT, MOST_NODES},
};

/// The namespace of XML Schema instances, whose attributes tell types and places of schemas.
pub(super) const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Most attributes of one element, declarations of namespaces among them; each is compared with those before it.
const MOST_ATTRIBUTES: usize = 256;

/// An element.
#[derive(Debug)]
pub(super) struct Element {
    /// Its line, counted from 1.
    pub(super) line: u32,
    /// Its namespace, empty for none.
    pub(super) space: String,
    pub(super) name: String,
    /// Namespace, name and value.
    pub(super) attributes: Vec<(String, String, String)>,
    pub(super) children: Vec<Element>,
    pub(super) text: String,
}

impl Element {
    /// The child of a name without namespace.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.space.is_empty() && child.name == name)
    }

    /// The attribute of a name without namespace.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(space, local, _)| space.is_empty() && local == name)
            .map(|(_, _, value)| value.as_str())
    }
}

/// A document: its root, and the prefixes that it declares.
pub(super) struct Parsed {
    pub(super) root: Element,
    pub(super) prefixes: Vec<(String, String)>,
}

/// Reads a document.
pub(super) fn read(text: &str) -> Result<Parsed, Refused> {
    let mut reader = NsReader::from_str(text);
    // All that are in force are looked through for each name.
    reader.resolver_mut().set_max_namespace_bindings(MOST_PREFIXES);
    let lines = Lines { text, starts: OnceCell::new() };
    let mut builder = Builder::default();
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let refused = |message: Message| Refused { line: u64::from(lines.at(at)), message };
        let malformed = |error: &dyn std::fmt::Display| refused(message!("epcis-not-xml", error = error.to_string()));
        let event = reader.read_event().map_err(|error| match error {
            Error::Namespace(NamespaceError::TooManyBindings(_)) => refused(too_many_prefixes()),
            error => malformed(&error),
        });
        match event? {
            Xml::Empty(start) => {
                builder.open(&reader, &start, lines.at(at)).map_err(refused)?;
                builder.close();
            }
            Xml::Start(start) => {
                // The element begins where its mark does, not where the text before it does.
                builder.open(&reader, &start, lines.at(at)).map_err(refused)?;
            }
            Xml::End(_) => builder.close(),
            Xml::Text(text) => {
                let said = text.xml10_content();
                let outside = builder.open.is_empty() && !said.trim().is_empty();
                if outside {
                    return Err(refused(message!("epcis-not-xml", error = "text outside of the document")));
                }
                builder.text(&said).map_err(refused)?;
            }
            Xml::CData(data) => {
                let said = data.xml10_content();
                builder.text(&said).map_err(refused)?;
            }
            Xml::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().map_err(|error| malformed(&error))?;
                let name = reference.xml10_content();
                let said = match character {
                    Some(character) if is_allowed(character) => character.to_string(),
                    Some(_) => return Err(refused(message!("text-without-control"))),
                    None => match resolve_xml_entity(&name) {
                        Some(said) => said.to_owned(),
                        None => return Err(refused(message!("epcis-entity", name = name.as_ref()))),
                    },
                };
                builder.text(&said).map_err(refused)?;
            }
            // A document type that only names the root, as programs write it, does no harm.
            Xml::DocType(kind) => {
                if kind.xml10_content().contains(['[', '"', '\'']) {
                    return Err(refused(message!("epcis-document-type")));
                }
            }
            Xml::Decl(_) | Xml::PI(_) | Xml::Comment(_) => {}
            Xml::Eof => {
                if !builder.open.is_empty() {
                    return Err(refused(message!("epcis-not-xml", error = "the document ends within an element")));
                }
                let root =
                    builder.root.ok_or_else(|| refused(message!("epcis-not-xml", error = "there is no element")))?;
                let mut prefixes: Vec<_> = builder.prefixes.into_iter().collect();
                prefixes.sort();
                return Ok(Parsed { root, prefixes });
            }
        }
    }
}

fn is_allowed(c: char) -> bool {
    !c.is_control() || matches!(c, '\n' | '\t' | '\r')
}

/// Lines of positions, found when they are asked for the first time.
struct Lines<'a> {
    text: &'a str,
    starts: OnceCell<Vec<usize>>,
}

impl Lines<'_> {
    fn at(&self, position: usize) -> u32 {
        let ends = |bytes: &[u8]| bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(n, _)| n).collect();
        let starts = self.starts.get_or_init(|| ends(self.text.as_bytes()));
        u32::try_from(starts.partition_point(|end| *end < position) + 1).unwrap_or(u32::MAX)
    }
}

/// The elements that are open, from the root.
#[derive(Default)]
struct Builder {
    open: Vec<Element>,
    root: Option<Element>,
    count: usize,
    prefixes: HashMap<String, String>,
}

impl Builder {
    fn open(&mut self, reader: &NsReader<&[u8]>, start: &BytesStart<'_>, line: u32) -> Result<(), Message> {
        let (element, spaces) = element(reader, start, line)?;
        self.count += 1 + element.attributes.len() + spaces.len();
        if self.count > MOST_NODES {
            return Err(message!("epcis-too-many-values", most = MOST_NODES));
        }
        if self.open.len() >= DEEPEST {
            return Err(message!("epcis-too-deep", most = DEEPEST));
        }
        if self.open.is_empty() && self.root.is_some() {
            return Err(message!("epcis-not-xml", error = "there is more than one root"));
        }
        for (prefix, space) in spaces {
            if !self.prefixes.contains_key(&prefix) && self.prefixes.len() == MOST_PREFIXES {
                return Err(too_many_prefixes());
            }
            self.prefixes.entry(prefix).or_insert(space);
        }
        // Indentation says nothing where elements stand, and there may be as much of it as there are elements.
        if let Some(parent) = self.open.last_mut().filter(|parent| parent.text.trim().is_empty()) {
            parent.text.clear();
        }
        self.open.push(element);
        Ok(())
    }

    fn close(&mut self) {
        let Some(element) = self.open.pop() else { return };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
    }

    fn text(&mut self, said: &str) -> Result<(), Message> {
        let Some(element) = self.open.last_mut() else { return Ok(()) };
        if element.text.len() + said.len() > LONGEST_TEXT {
            return Err(message!("epcis-text-too-long", most = LONGEST_TEXT));
        }
        element.text.push_str(said);
        Ok(())
    }
}

/// An element by itself, and the namespaces that it declares by prefix.
fn element(
    reader: &NsReader<&[u8]>,
    start: &BytesStart<'_>,
    line: u32,
) -> Result<(Element, Vec<(String, String)>), Message> {
    let malformed = |error: &dyn std::fmt::Display| message!("epcis-not-xml", error = error.to_string());
    let space = |found: ResolveResult<'_>| match found {
        ResolveResult::Bound(space) => Ok(space.into_inner().to_owned()),
        ResolveResult::Unbound => Ok(String::new()),
        ResolveResult::Unknown(prefix) => Err(message!("epcis-prefix", prefix)),
    };
    let (found, local) = reader.resolver().resolve_element(start.name());
    let mut element = Element {
        line,
        space: space(found)?,
        name: local.into_inner().to_owned(),
        attributes: Vec::new(),
        children: Vec::new(),
        text: String::new(),
    };
    let mut spaces = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| malformed(&error))?;
        let value =
            attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| malformed(&error))?.into_owned();
        if value.len() > LONGEST_TEXT {
            return Err(message!("epcis-text-too-long", most = LONGEST_TEXT));
        }
        if element.attributes.len() + spaces.len() >= MOST_ATTRIBUTES {
            return Err(message!("epcis-many-attributes", most = MOST_ATTRIBUTES));
        }
        let key = attribute.key.into_inner();
        if let Some(prefix) = key.strip_prefix("xmlns:") {
            spaces.push((prefix.to_owned(), value));
        } else if key != "xmlns" {
            let (found, local) = reader.resolver().resolve_attribute(attribute.key);
            element.attributes.push((space(found)?, local.into_inner().to_owned(), value));
        }
    }
    Ok((element, spaces))
}

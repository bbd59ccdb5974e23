//! Names of fields beyond the standard: from how they are written, by prefix or in full, to namespace and name, and back.
//!
//! Source: JSON-LD 1.1, section 4.1.5 (compact IRIs), and Namespaces in XML 1.0. No context is fetched: of those that a document refers to
//! only the standard's are known, and of those that it holds the prefixes and terms.

use std::collections::HashMap;

use super::{
    extra::Name,
    node::{Node, Value},
};

/// The namespace of CBV master data. In JSON it ends with a colon, in XML it does not.
const MASTER_DATA: &str = "urn:epcglobal:cbv:mda";

/// Prefixes that the standard's context has.
const KNOWN: &[(&str, &str)] = &[
    ("cbv", super::term::CBV),
    ("cbvmda", MASTER_DATA),
    ("dcterms", "http://purl.org/dc/terms/"),
    ("epcis", super::term::EPCIS),
    ("gs1", super::term::GS1),
    ("owl", "http://www.w3.org/2002/07/owl#"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];

/// Prefixes in force.
#[derive(Clone, Debug, Default)]
pub(super) struct Prefixes {
    /// By prefix.
    pub(super) own: HashMap<String, String>,
    /// In the order in which they were declared.
    pub(super) declared: Vec<(String, String)>,
    /// Addresses of other contexts.
    pub(super) contexts: Vec<String>,
}

impl Prefixes {
    /// Adds a prefix.
    pub(super) fn declare(&mut self, prefix: &str, space: &str) {
        let space = if space.strip_suffix(':') == Some(MASTER_DATA) { MASTER_DATA } else { space };
        if self.own.insert(prefix.to_owned(), space.to_owned()).is_none() {
            self.declared.push((prefix.to_owned(), space.to_owned()));
        }
    }

    /// Adds what a JSON-LD context declares.
    pub(super) fn add(&mut self, context: &Node) {
        match &context.value {
            Value::List(items) => items.iter().for_each(|item| self.add(item)),
            Value::Map(entries) => {
                for (key, node) in entries {
                    let full = match &node.value {
                        Value::Text(full) => Some(full),
                        _ => {
                            node.get("@id").and_then(|id| if let Value::Text(id) = &id.value { Some(id) } else { None })
                        }
                    };
                    if let Some(full) = full.filter(|_| !key.starts_with('@')) {
                        self.declare(key, full);
                    }
                }
            }
            Value::Text(address) if !is_standard(address) => self.contexts.push(address.clone()),
            _ => {}
        }
    }

    fn space(&self, prefix: &str) -> Option<&str> {
        let known = || KNOWN.iter().find(|(known, _)| *known == prefix).map(|(_, space)| *space);
        self.own.get(prefix).map(String::as_str).or_else(known)
    }

    /// The name that a key is; `None` for a bare word that nothing explains.
    pub(super) fn name(&self, key: &str) -> Option<Name> {
        if let Some((space, local)) = key.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            return Some(Name { space: space.to_owned(), local: local.to_owned() });
        }
        let split = |full: &str| {
            let at = full.rfind(['/', '#', ':']).map_or(0, |at| at + 1);
            Name { space: full[..at].to_owned(), local: full[at..].to_owned() }
        };
        let Some((prefix, local)) = key.split_once(':') else { return self.own.get(key).map(|full| split(full)) };
        match self.space(prefix) {
            Some(space) if !local.starts_with("//") => Some(Name { space: space.to_owned(), local: local.to_owned() }),
            _ => Some(split(key)),
        }
    }
}

/// Whether it is the address of the standard's own context.
pub(super) fn is_standard(address: &str) -> bool {
    address.ends_with("/epcis-context.jsonld") || address.ends_with("/epcis-context-root.jsonld")
}

/// Prefixes for writing: those that were given, and new ones for namespaces that have none.
pub(super) struct Prefixing {
    by_space: HashMap<String, String>,
    /// In the order in which they are to be declared.
    pub(super) declared: Vec<(String, String)>,
}

impl Prefixing {
    pub(super) fn new(given: &[(String, String)], known: bool) -> Self {
        let mut all = Self { by_space: HashMap::new(), declared: Vec::new() };
        if known {
            all.by_space.extend(KNOWN.iter().map(|(prefix, space)| ((*space).to_owned(), (*prefix).to_owned())));
        }
        for (prefix, space) in given {
            let taken =
                KNOWN.iter().any(|(known, _)| known == prefix) || matches!(prefix.as_str(), "xml" | "xsi" | "xmlns");
            let twice = all.declared.iter().any(|(other, _)| other == prefix);
            // A key with a prefix must be a URI by its form, in which no underscore stands before the colon.
            let plain = is_local(prefix) && !prefix.contains('_') && prefix.is_ascii();
            if !taken && !twice && plain && !space.is_empty() && !all.by_space.contains_key(space) {
                all.by_space.insert(space.clone(), prefix.clone());
                all.declared.push((prefix.clone(), space.clone()));
            }
        }
        all
    }

    /// The prefix of a namespace; empty for none.
    pub(super) fn prefix(&mut self, space: &str) -> String {
        if space.is_empty() {
            return String::new();
        }
        if let Some(prefix) = self.by_space.get(space) {
            return prefix.clone();
        }
        let known = KNOWN.iter().find(|(_, known)| *known == space).map(|(prefix, _)| (*prefix).to_owned());
        let free = || {
            let taken = |prefix: &String| self.declared.iter().any(|(other, _)| other == prefix);
            (1..).map(|n| format!("ns{n}")).find(|prefix| !taken(prefix)).unwrap_or_default()
        };
        let prefix = known.unwrap_or_else(free);
        self.by_space.insert(space.to_owned(), prefix.clone());
        self.declared.push((prefix.clone(), space.to_owned()));
        prefix
    }

    /// A name as `prefix:local`.
    pub(super) fn key(&mut self, name: &Name) -> String {
        let prefix = self.prefix(&name.space);
        if prefix.is_empty() { name.local.clone() } else { format!("{prefix}:{}", name.local) }
    }
}

/// Whether it may be the local part of a name in XML, as far as ASCII goes.
pub(super) fn is_local(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_alphabetic() || c == '_');
    begins && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

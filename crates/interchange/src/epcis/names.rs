//! Names of fields beyond the standard: from how they are written, by prefix or in full, to namespace and name, and back.
//!
//! Source: JSON-LD 1.1, section 4.1.5 (compact IRIs), and Namespaces in XML 1.0. No context is fetched: of those that a document refers to
//! only the standard's are known, and of those that it holds the prefixes and terms.

use std::collections::{BTreeMap, HashMap, HashSet};

use muster_domain::{message, message::Message};

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

/// Most prefixes and terms that a document declares; a prefix for another namespace counts anew.
pub(super) const MOST_PREFIXES: usize = 500;
/// Most contexts that a document refers to, beside the standard's.
const MOST_CONTEXTS: usize = 100;

/// Prefixes in force.
#[derive(Clone, Debug, Default)]
pub(super) struct Prefixes {
    /// By prefix.
    own: HashMap<String, String>,
    /// What stood in its place before, of each that was declared within.
    outside: Vec<(String, Option<String>)>,
    known: HashSet<(String, String)>,
    /// Each once, in the order in which they were declared.
    pub(super) declared: Vec<(String, String)>,
    /// Addresses of other contexts, each once.
    pub(super) contexts: Vec<String>,
}

impl Prefixes {
    /// What is declared from now on holds within something, and until [`Self::leave`].
    pub(super) fn enter(&mut self) {
        self.outside.clear();
    }

    /// What was declared within holds no longer.
    pub(super) fn leave(&mut self) {
        while let Some((prefix, before)) = self.outside.pop() {
            match before {
                Some(space) => self.own.insert(prefix, space),
                None => self.own.remove(&prefix),
            };
        }
    }

    /// Adds a prefix.
    pub(super) fn declare(&mut self, prefix: &str, space: &str) -> Result<(), Message> {
        let space = if space.strip_suffix(':') == Some(MASTER_DATA) { MASTER_DATA } else { space };
        let pair = (prefix.to_owned(), space.to_owned());
        if !self.known.contains(&pair) {
            if self.known.len() == MOST_PREFIXES {
                return Err(too_many_prefixes());
            }
            self.declared.push(pair.clone());
            self.known.insert(pair);
        }
        let before = self.own.insert(prefix.to_owned(), space.to_owned());
        self.outside.push((prefix.to_owned(), before));
        Ok(())
    }

    /// Adds what a JSON-LD context declares.
    pub(super) fn add(&mut self, context: &Node) -> Result<(), Message> {
        match &context.value {
            Value::List(items) => items.iter().try_for_each(|item| self.add(item))?,
            Value::Map(entries) => {
                for (key, node) in entries {
                    let full = match &node.value {
                        Value::Text(full) => Some(full),
                        _ => {
                            node.get("@id").and_then(|id| if let Value::Text(id) = &id.value { Some(id) } else { None })
                        }
                    };
                    if let Some(full) = full.filter(|_| !key.starts_with('@')) {
                        self.declare(key, full)?;
                    }
                }
            }
            Value::Text(address) if !is_standard(address) && !self.contexts.contains(address) => {
                if self.contexts.len() == MOST_CONTEXTS {
                    return Err(message!("epcis-many-contexts", most = MOST_CONTEXTS));
                }
                self.contexts.push(address.clone());
            }
            _ => {}
        }
        Ok(())
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

pub(super) fn too_many_prefixes() -> Message {
    message!("epcis-many-prefixes", most = MOST_PREFIXES)
}

/// Whether it is the address of the standard's own context.
pub(super) fn is_standard(address: &str) -> bool {
    address.ends_with("/epcis-context.jsonld") || address.ends_with("/epcis-context-root.jsonld")
}

/// Prefixes for writing: those that were given, and new ones for namespaces that have none.
pub(super) struct Prefixing {
    by_space: HashMap<String, String>,
    taken: HashSet<String>,
    /// The number of the last that was made up.
    last: usize,
    /// In the order in which they are to be declared.
    pub(super) declared: Vec<(String, String)>,
    /// Those of them that were written since this was last emptied.
    pub(super) used: BTreeMap<String, String>,
}

impl Prefixing {
    pub(super) fn new(given: &[(String, String)], known: bool) -> Self {
        let (by_space, taken) = (HashMap::new(), HashSet::new());
        let mut all = Self { by_space, taken, last: 0, declared: Vec::new(), used: BTreeMap::new() };
        if known {
            all.by_space.extend(KNOWN.iter().map(|(prefix, space)| ((*space).to_owned(), (*prefix).to_owned())));
        }
        for (prefix, space) in given {
            let taken =
                KNOWN.iter().any(|(known, _)| known == prefix) || matches!(prefix.as_str(), "xml" | "xsi" | "xmlns");
            // A key with a prefix must be a URI by its form, in which no underscore stands before the colon.
            let plain = is_local(prefix) && !prefix.contains('_') && prefix.is_ascii();
            let taken = taken || all.taken.contains(prefix);
            if !taken && plain && !space.is_empty() && !all.by_space.contains_key(space) {
                all.declare(prefix, space);
            }
        }
        all
    }

    /// The prefix of a namespace; empty for none.
    pub(super) fn prefix(&mut self, space: &str) -> String {
        if space.is_empty() {
            return String::new();
        }
        let prefix = match self.by_space.get(space) {
            Some(prefix) => prefix.clone(),
            None => {
                let known = KNOWN.iter().find(|(_, known)| *known == space).map(|(prefix, _)| (*prefix).to_owned());
                let prefix = known.unwrap_or_else(|| self.free());
                self.declare(&prefix, space);
                prefix
            }
        };
        if self.taken.contains(&prefix) && !self.used.contains_key(&prefix) {
            self.used.insert(prefix.clone(), space.to_owned());
        }
        prefix
    }

    fn declare(&mut self, prefix: &str, space: &str) {
        self.taken.insert(prefix.to_owned());
        self.by_space.insert(space.to_owned(), prefix.to_owned());
        self.declared.push((prefix.to_owned(), space.to_owned()));
    }

    /// A prefix that nobody has.
    fn free(&mut self) -> String {
        loop {
            self.last += 1;
            let prefix = format!("ns{}", self.last);
            if !self.taken.contains(&prefix) {
                return prefix;
            }
        }
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

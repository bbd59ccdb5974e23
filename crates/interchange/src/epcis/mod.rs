//! EPCIS 2.0 events with the words of CBV 2.0: what happened to goods, when, where, why and between whom, as partners' systems tell it.
//!
//! Source: GS1 EPCIS 2.0 and CBV 2.0 (ISO/IEC 19987:2024 and 19988:2024). Documents are read from JSON-LD and XML, also those of version
//! 1.2 in XML, into one model, and written as both. An event that has a fault is left out and every fault is told with its place: a JSON
//! pointer after `#` for JSON, the line and the same pointer for XML. No context, schema or entity is fetched from anywhere.
//!
//! - [`event`]: the model; [`time`], [`decimal`], [`term`], [`extra`]: its values.
//! - [`rules`]: what must hold within an event.
//! - [`hash`]: the event hash id.
//! - [`custody`]: Muster's own custody events, to EPCIS and back.
//! - [`query`]: what can be asked for, [`condition`]: of fields that Muster draws nothing from, and [`schedule`]: when again; [`stream`]: a document written page by page.

mod condition;
pub mod custody;
pub mod decimal;
pub mod event;
pub mod extra;
pub mod found;
pub mod hash;
mod json;
mod names;
mod node;
pub mod order;
pub mod query;
mod read;
pub mod rules;
pub mod schedule;
mod shape;
pub mod stream;
pub mod term;
pub mod time;
mod write_json;
mod write_xml;
mod xml;

use muster_domain::message;

pub use read::MOST_CAPTURED;

use self::{
    event::{Document, Event},
    found::Found,
    json::Refused,
    names::Prefixes,
    node::Node,
};
use crate::{
    encoding::decode,
    issue::{Issue, Issues, shown},
};

/// Most bytes of a document.
pub const MOST_BYTES: usize = 128 << 20;

/// What was read, and what was wrong with it.
#[derive(Debug, Default)]
pub struct Reading {
    /// The document. It lacks the events that have faults.
    pub document: Document,
    /// Everything wrong, with its place.
    pub issues: Vec<Issue>,
}

/// Reads a document, a list of events or one event, as JSON or XML. `file` is its name in issues.
///
/// Never fails: what cannot be read is an issue.
pub fn read(file: &str, bytes: &[u8]) -> Reading {
    let mut issues = Issues::default();
    let document = root(file, bytes, &mut issues).map(|(root, prefixes, xml)| {
        let (document, finds) = read::document(&root, prefixes);
        let (found, more) = finds.kept();
        found.into_iter().for_each(|found| issues.add(issue(file, &root, xml, found)));
        issues.add_more(more);
        document
    });
    Reading { document: document.unwrap_or_default(), issues: issues.into_vec() }
}

/// The document as a tree, the prefixes declared in XML, and whether it is XML.
fn root(file: &str, bytes: &[u8], issues: &mut Issues) -> Option<(Node, Prefixes, bool)> {
    if bytes.len() > MOST_BYTES {
        issues.add(Issue::of_file(file, message!("files-too-large", bytes = bytes.len(), most = MOST_BYTES)));
        return None;
    }
    let text = match decode(bytes) {
        Ok(text) => text,
        Err(error) => {
            issues.add(Issue::of_file(file, error.message).on_line(error.line));
            return None;
        }
    };
    let xml = text.trim_start().starts_with('<');
    let mut prefixes = Prefixes::default();
    let read = if xml {
        xml::read(&text).and_then(|parsed| {
            let declared = parsed.prefixes.iter().try_for_each(|(prefix, space)| prefixes.declare(prefix, space));
            declared.map_err(|message| Refused { line: 1, message })?;
            Ok(shape::document(&parsed.root))
        })
    } else {
        json::read(&text)
    };
    match read {
        Ok(root) => Some((root, prefixes, xml)),
        Err(refused) => {
            issues.add(Issue::of_file(file, refused.message).on_line(refused.line));
            None
        }
    }
}

fn issue(file: &str, root: &Node, xml: bool, found: Found) -> Issue {
    if xml {
        let line = root.line_of(&found.pointer);
        return Issue::of_file(file, found.message).on_line(u64::from(line)).in_column(found.pointer, &found.value);
    }
    Issue { value: shown(&found.value), ..Issue::of_file(format!("{file}#{}", found.pointer), found.message) }
}

/// A document as JSON-LD that the standard's schema accepts.
pub fn write_json(document: &Document) -> String {
    write_json::write(document)
}

/// Writes events one by one, each as a document in JSON-LD of its own, which declares the prefixes that it uses and no others.
pub struct Apart(write_json::Writer);

impl Apart {
    /// Writes with these prefixes.
    pub fn new(prefixes: &[(String, String)]) -> Self {
        Self(write_json::Writer::new(prefixes))
    }

    /// Writes an event.
    pub fn write(&mut self, event: Event) -> String {
        self.0.apart(&Document { events: vec![event], ..Document::default() })
    }
}

/// A document as XML that the standard's schema accepts.
pub fn write_xml(document: &Document) -> String {
    write_xml::write(document)
}

/// When a document was made; if nobody says, when the last of its events happened.
fn created(document: &Document) -> String {
    let last = document.events.iter().map(|event| &event.time).max_by_key(|time| time.at());
    let created = document.created.as_ref().or(last);
    created.map_or_else(|| "1970-01-01T00:00:00.000Z".to_owned(), |time| time.as_str().to_owned())
}

//! Reading JSON so that every fault is found, each with its path.
//!
//! Serde stops at the first error; a person who must repair a file wants all of them. So documents are parsed to
//! [`serde_json::Value`] and walked. This module knows nothing of plans: only objects, lists, texts and numbers.

use std::collections::HashMap;
use std::fmt;

use serde_json::{Map, Value};

/// One thing that is wrong in a document.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Fault {
    /// JSON path of the place, such as `$.lanes[3].from`.
    pub path: String,
    /// What is wrong there, in words.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// Most faults listed for one document; what is beyond is only counted.
pub const MAX_FAULTS: usize = 1_000;
/// Longest id or name, in bytes.
pub const MAX_TEXT: usize = 200;
/// Largest number (mass, cost, value, capacity) that is believed.
pub const MAX_NUMBER: f64 = 1e12;

/// Collects faults.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    list: Vec<Fault>,
    beyond: usize,
}

impl Faults {
    pub(crate) fn add(&mut self, at: &At<'_>, message: impl Into<String>) {
        if self.list.len() < MAX_FAULTS {
            self.list.push(Fault { path: at.to_string(), message: message.into() });
        } else {
            self.beyond += 1;
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len() + self.beyond
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(crate) fn into_list(mut self) -> Vec<Fault> {
        if self.beyond > 0 {
            self.list.push(Fault { path: "$".into(), message: format!("and {} more faults", self.beyond) });
        }
        self.list
    }
}

/// A place in a document, kept as a chain so that paths are only written out for faults.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<'a> {
    parent: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Root,
    Key(&'a str),
    Index(usize),
}

impl At<'static> {
    pub(crate) const ROOT: At<'static> = At { parent: None, step: Step::Root };
}

impl<'a> At<'a> {
    pub(crate) fn key(&'a self, key: &'a str) -> At<'a> {
        At { parent: Some(self), step: Step::Key(key) }
    }

    pub(crate) fn index(&'a self, index: usize) -> At<'a> {
        At { parent: Some(self), step: Step::Index(index) }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Root => f.write_str("$"),
            Step::Key(key) => write!(f, ".{key}"),
            Step::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// Parses bytes to a value; a document that is too large or is no JSON is one fault.
pub(crate) fn document(bytes: &[u8], most: usize) -> Result<Value, Vec<Fault>> {
    let fault = |message| vec![Fault { path: "$".into(), message }];
    if bytes.len() > most {
        return Err(fault(format!("{} bytes, at most {most} are read", bytes.len())));
    }
    // serde_json refuses nesting deeper than 128, NaN, infinities and numbers out of range.
    serde_json::from_slice(bytes).map_err(|e| fault(format!("not JSON: {e}")))
}

/// An object being read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Object<'a> {
    pub(crate) at: &'a At<'a>,
    map: &'a Map<String, Value>,
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

impl<'a> Object<'a> {
    pub(crate) fn new(at: &'a At<'a>, value: &'a Value, faults: &mut Faults) -> Option<Object<'a>> {
        match value {
            Value::Object(map) => Some(Object { at, map }),
            other => {
                faults.add(at, format!("must be an object, is {}", kind(other)));
                None
            }
        }
    }

    /// True if the key is there and not null.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.map.get(key).is_some_and(|v| !v.is_null())
    }

    pub(crate) fn get(&self, key: &str, faults: &mut Faults) -> Option<&'a Value> {
        let found = self.map.get(key);
        if found.is_none() {
            faults.add(&self.at.key(key), "is missing");
        }
        found
    }

    /// A text of 1 to [`MAX_TEXT`] bytes.
    pub(crate) fn text(&self, key: &str, faults: &mut Faults) -> String {
        self.get(key, faults).map(|v| text(&self.at.key(key), v, faults)).unwrap_or_default()
    }

    /// The document's format, which must be one of these.
    pub(crate) fn format(&self, known: [&str; 2], faults: &mut Faults) -> String {
        let format = self.text("format", faults);
        if !format.is_empty() && !known.contains(&format.as_str()) {
            let message = format!("must be {:?} or {:?}, is {format:?}", known[0], known[1]);
            faults.add(&self.at.key("format"), message);
        }
        format
    }

    pub(crate) fn text_or_null(&self, key: &str, faults: &mut Faults) -> Option<String> {
        match self.get(key, faults)? {
            Value::Null => None,
            value => Some(text(&self.at.key(key), value, faults)),
        }
    }

    pub(crate) fn number(&self, key: &str, least: f64, most: f64, faults: &mut Faults) -> f64 {
        self.get(key, faults).map_or(least, |v| number(&self.at.key(key), v, least, most, faults))
    }

    pub(crate) fn number_or_null(&self, key: &str, least: f64, most: f64, faults: &mut Faults) -> Option<f64> {
        match self.get(key, faults)? {
            Value::Null => None,
            value => Some(number(&self.at.key(key), value, least, most, faults)),
        }
    }

    pub(crate) fn whole(&self, key: &str, least: i64, most: i64, faults: &mut Faults) -> i64 {
        self.get(key, faults).map_or(least, |v| whole(&self.at.key(key), v, least, most, faults))
    }

    /// A list, each member read by `read`; more than `most` members are a fault and not read.
    pub(crate) fn list<T>(
        &self,
        key: &str,
        most: usize,
        faults: &mut Faults,
        mut read: impl FnMut(&At<'_>, &Value, &mut Faults) -> Option<T>,
    ) -> Vec<T> {
        let Some(value) = self.get(key, faults) else { return Vec::new() };
        let at = self.at.key(key);
        let Value::Array(members) = value else {
            faults.add(&at, format!("must be a list, is {}", kind(value)));
            return Vec::new();
        };
        if members.len() > most {
            faults.add(&at, format!("has {} members, at most {most} are read", members.len()));
            return Vec::new();
        }
        members.iter().enumerate().filter_map(|(i, member)| read(&at.index(i), member, faults)).collect()
    }

    pub(crate) fn texts(&self, key: &str, most: usize, faults: &mut Faults) -> Vec<String> {
        self.list(key, most, faults, |at, value, faults| Some(text(at, value, faults)))
    }
}

pub(crate) fn text(at: &At<'_>, value: &Value, faults: &mut Faults) -> String {
    match value {
        Value::String(s) if s.is_empty() => faults.add(at, "is empty"),
        Value::String(s) if s.len() > MAX_TEXT => faults.add(at, format!("is longer than {MAX_TEXT} bytes")),
        Value::String(s) => return s.clone(),
        other => faults.add(at, format!("must be a text, is {}", kind(other))),
    }
    String::new()
}

pub(crate) fn number(at: &At<'_>, value: &Value, least: f64, most: f64, faults: &mut Faults) -> f64 {
    match value.as_f64() {
        Some(x) if x < least => faults.add(at, format!("must not be below {least}, is {x}")),
        Some(x) if x > most => faults.add(at, format!("must not be above {most}, is {x}")),
        Some(x) if x.is_finite() => return x,
        _ => faults.add(at, format!("must be a number, is {}", kind(value))),
    }
    least
}

pub(crate) fn whole(at: &At<'_>, value: &Value, least: i64, most: i64, faults: &mut Faults) -> i64 {
    match value.as_i64() {
        Some(x) if x < least => faults.add(at, format!("must not be below {least}, is {x}")),
        Some(x) if x > most => faults.add(at, format!("must not be above {most}, is {x}")),
        Some(x) => return x,
        None if value.is_number() => faults.add(at, format!("must be a whole number, is {value}")),
        None => faults.add(at, format!("must be a whole number, is {}", kind(value))),
    }
    least
}

/// The ids of one list: finds duplicates, and references to what is not there.
#[derive(Debug, Default)]
pub(crate) struct Ids(HashMap<String, usize>);

impl Ids {
    /// Takes the ids of `$.list[i].id` in order; empty ids were reported before.
    pub(crate) fn of<'i>(list: &str, ids: impl Iterator<Item = &'i str>, faults: &mut Faults) -> Ids {
        let mut seen = HashMap::new();
        for (i, id) in ids.enumerate() {
            if id.is_empty() {
                continue;
            }
            if let Some(first) = seen.get(id) {
                let at = At::ROOT.key(list);
                faults.add(&at.index(i).key("id"), format!("{id:?} is already the id of {list}[{first}]"));
            } else {
                seen.insert(id.to_owned(), i);
            }
        }
        Ids(seen)
    }

    /// Adds a fault if `id` names nothing.
    pub(crate) fn expect(&self, at: &At<'_>, what: &str, id: &str, faults: &mut Faults) {
        if !id.is_empty() && !self.0.contains_key(id) {
            faults.add(at, format!("there is no {what} {id:?}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_written_as_json_paths() {
        let list = At::ROOT.key("lanes");
        assert_eq!(list.index(3).key("from").to_string(), "$.lanes[3].from");
        assert_eq!(At::ROOT.to_string(), "$");
    }

    #[test]
    fn a_document_that_is_too_large_is_not_read() {
        assert!(document(b"[1]", 3).is_ok());
        assert!(document(b"[1 ]", 3).unwrap_err()[0].message.starts_with("4 bytes"));
    }
}

//! Reads the keys of a map, and names every one that is wrong, missing or unknown, with its line.

use std::{cell::RefCell, collections::BTreeSet, ops::Range};

use muster_domain::{field::Field, message, message::Message};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::issue::Issue;

/// How issues name the map.
const MAP: &str = "map";

/// The text of a map and what is wrong with it.
pub(super) struct Faults<'t> {
    text: &'t str,
    found: RefCell<Vec<Issue>>,
}

impl<'t> Faults<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { text, found: RefCell::default() }
    }

    pub(super) fn add(&self, span: Option<Range<usize>>, key: &str, value: &str, message: Message) {
        let mut issue = Issue::of_file(MAP, message);
        issue.line = span.map(|s| 1 + self.text.as_bytes()[..s.start].iter().filter(|b| **b == b'\n').count() as u64);
        self.found.borrow_mut().push(if key.is_empty() { issue } else { issue.in_column(key, value) });
    }

    /// In the order of their lines.
    pub(super) fn into_vec(self) -> Vec<Issue> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|issue| issue.line);
        found
    }
}

/// A table of the map. Each key that is asked for counts as known.
pub(super) struct Keys<'t> {
    table: Option<&'t DeTable<'t>>,
    span: Range<usize>,
    path: String,
    known: RefCell<BTreeSet<&'static str>>,
    faults: &'t Faults<'t>,
}

impl<'t> Keys<'t> {
    pub(super) fn root(table: &'t Spanned<DeTable<'t>>, faults: &'t Faults<'t>) -> Self {
        Self::new(Some(table.get_ref()), table.span(), String::new(), faults)
    }

    fn new(table: Option<&'t DeTable<'t>>, span: Range<usize>, path: String, faults: &'t Faults<'t>) -> Self {
        Self { table, span, path, known: RefCell::default(), faults }
    }

    /// A fault of a key.
    pub(super) fn fault(&self, key: &str, value: &str, message: Message) {
        let span = self.table.and_then(|t| t.get(key)).map_or_else(|| self.span.clone(), Spanned::span);
        self.faults.add(Some(span), &self.path_of(key), value, message);
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn value(&self, key: &'static str) -> Option<&'t DeValue<'t>> {
        self.known.borrow_mut().insert(key);
        self.table?.get(key).map(Spanned::get_ref)
    }

    /// Whether the table itself is there.
    pub(super) fn is_there(&self) -> bool {
        self.table.is_some()
    }

    /// Whether the key is there.
    pub(super) fn has(&self, key: &'static str) -> bool {
        self.value(key).is_some()
    }

    /// A table within; an empty one where there is none.
    pub(super) fn table(&self, key: &'static str) -> Keys<'t> {
        let table = match self.value(key) {
            None => None,
            Some(DeValue::Table(table)) => Some(table),
            Some(_) => {
                self.fault(key, "", message!("a-table"));
                None
            }
        };
        let span = self.table.and_then(|t| t.get(key)).map_or(0..0, Spanned::span);
        Keys::new(table, span, self.path_of(key), self.faults)
    }

    /// The tables of an array of tables.
    pub(super) fn tables(&self, key: &'static str) -> Vec<Keys<'t>> {
        let entries = match self.value(key) {
            None => return Vec::new(),
            Some(DeValue::Array(entries)) => entries,
            Some(_) => {
                self.fault(key, "", message!("tables", path = self.path_of(key)));
                return Vec::new();
            }
        };
        let mut tables = Vec::new();
        for (n, entry) in entries.iter().enumerate() {
            let path = format!("{}[{n}]", self.path_of(key));
            match entry.get_ref() {
                DeValue::Table(table) => tables.push(Keys::new(Some(table), entry.span(), path, self.faults)),
                _ => self.faults.add(Some(entry.span()), &path, "", message!("a-table")),
            }
        }
        tables
    }

    /// A text.
    pub(super) fn text(&self, key: &'static str) -> Option<String> {
        match self.value(key)? {
            DeValue::String(text) => Some(text.clone().into_owned()),
            _ => {
                self.fault(key, "", message!("quoted"));
                None
            }
        }
    }

    /// A text that must be there and not empty.
    pub(super) fn required(&self, key: &'static str) -> Option<String> {
        if !self.has(key) {
            self.fault(key, "", message!("is-missing"));
            return None;
        }
        self.text(key).filter(|text| {
            let empty = text.trim().is_empty();
            if empty {
                self.fault(key, "", message!("is-empty"));
            }
            !empty
        })
    }

    /// A text or a list of texts.
    pub(super) fn texts(&self, key: &'static str) -> Vec<String> {
        let all = |entries: &toml::de::DeArray<'t>| {
            let text = |entry: &Spanned<DeValue<'t>>| match entry.get_ref() {
                DeValue::String(text) => Some(text.clone().into_owned()),
                _ => None,
            };
            entries.iter().map(text).collect::<Option<Vec<_>>>()
        };
        match self.value(key) {
            None => Vec::new(),
            Some(DeValue::String(text)) => vec![text.clone().into_owned()],
            Some(DeValue::Array(entries)) => all(entries).unwrap_or_else(|| {
                self.fault(key, "", message!("list-of-texts"));
                Vec::new()
            }),
            Some(_) => {
                self.fault(key, "", message!("text-or-list"));
                Vec::new()
            }
        }
    }

    /// A whole number from `least` to `most`.
    pub(super) fn number(&self, key: &'static str, least: u32, most: u32, default: u32) -> u32 {
        let number = match self.value(key) {
            None => return default,
            Some(DeValue::Integer(number)) => u32::from_str_radix(number.as_str(), number.radix()).ok(),
            Some(_) => None,
        };
        number.filter(|n| (least..=most).contains(n)).unwrap_or_else(|| {
            self.fault(key, "", message!("must-be", right = message!("a-whole-number", least, most)));
            default
        })
    }

    /// True or false; false where it is missing.
    pub(super) fn flag(&self, key: &'static str) -> bool {
        match self.value(key) {
            None => false,
            Some(DeValue::Boolean(yes)) => *yes,
            Some(_) => {
                self.fault(key, "", message!("true-or-false"));
                false
            }
        }
    }

    /// A table of texts: what is published, and what it means.
    pub(super) fn pairs(&self, key: &'static str) -> Vec<(String, String)> {
        let inner = self.table(key);
        let Some(table) = inner.table else { return Vec::new() };
        let mut pairs = Vec::new();
        for (name, value) in table {
            match value.get_ref() {
                DeValue::String(text) => pairs.push((name.get_ref().clone().into_owned(), text.clone().into_owned())),
                _ => self.faults.add(Some(value.span()), &inner.path_of(name.get_ref()), "", message!("quoted")),
            }
        }
        pairs
    }

    /// A value as records hold it.
    pub(super) fn field<F: Field>(&self, key: &'static str) -> Option<F> {
        let text = self.required(key)?;
        match F::parse(&text) {
            Ok(value) => Some(value),
            Err(right) => {
                self.fault(key, &text, message!("must-be", right));
                None
            }
        }
    }

    /// One of the words.
    pub(super) fn word<T: Copy>(&self, key: &'static str, words: &[(&'static str, T)]) -> Option<T> {
        let text = self.text(key)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let all: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            self.fault(key, &text, message!("must-be", right = message!("one-of", words = all.join(", "))));
        }
        found
    }

    /// Reports the keys that nothing asked for.
    pub(super) fn finish(self) {
        let known = self.known.borrow();
        for name in self.table.into_iter().flat_map(|table| table.keys()) {
            if !known.contains(name.get_ref().as_ref()) {
                let all: Vec<_> = known.iter().copied().collect();
                let path = self.path_of(name.get_ref());
                self.faults.add(Some(name.span()), &path, "", message!("unknown-key", known = all.join(", ")));
            }
        }
    }
}

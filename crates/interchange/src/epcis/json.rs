//! JSON to a tree, and a tree to JSON. Keys keep their order, and a key that stands twice is an error: which of the two would count is
//! anybody's guess.

use std::{cell::Cell, collections::HashSet, fmt};

use muster_domain::{message, message::Message};
use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};

use super::node::{DEEPEST, LONGEST_TEXT, MOST_NODES, Node, Value};

/// Why bytes are not a document, and on which line.
pub(super) struct Refused {
    pub(super) line: u64,
    pub(super) message: Message,
}

/// Reads a value and nothing after it.
pub(super) fn read(text: &str) -> Result<Node, Refused> {
    let count = Cell::new(0);
    let mut json = serde_json::Deserializer::from_str(text);
    let seed = Seed { depth: 0, count: &count };
    seed.deserialize(&mut json).and_then(|node| json.end().map(|()| node)).map_err(|error| {
        let said = error.to_string();
        let message = match () {
            () if said.starts_with(DEEP) => message!("epcis-too-deep", most = DEEPEST),
            () if said.starts_with(MANY) => message!("epcis-too-many-values", most = MOST_NODES),
            () if said.starts_with(LONG) => message!("epcis-text-too-long", most = LONGEST_TEXT),
            () => message!("epcis-not-json", error = said),
        };
        Refused { line: error.line() as u64, message }
    })
}

const DEEP: &str = "nested too deep";
const MANY: &str = "too many values";
const LONG: &str = "text too long";

#[derive(Clone, Copy)]
struct Seed<'a> {
    depth: usize,
    count: &'a Cell<usize>,
}

impl Seed<'_> {
    fn count<E: Error>(self) -> Result<Self, E> {
        self.count.set(self.count.get() + 1);
        if self.depth > DEEPEST {
            return Err(E::custom(DEEP));
        }
        if self.count.get() > MOST_NODES { Err(E::custom(MANY)) } else { Ok(Self { depth: self.depth + 1, ..self }) }
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Ok(Node::new(0, deserializer.deserialize_any(self.count()?)?))
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Flag(flag))
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }
    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(format!("{number:e}")))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        if text.len() > LONGEST_TEXT { Err(E::custom(LONG)) } else { Ok(Value::Text(text.to_owned())) }
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Value::List(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let (mut entries, mut seen) = (Vec::new(), HashSet::new());
        while let Some(key) = map.next_key::<String>()? {
            if key.len() > LONGEST_TEXT {
                return Err(A::Error::custom(LONG));
            }
            if !seen.insert(key.clone()) {
                return Err(A::Error::custom(format!("the key `{key}` stands twice")));
            }
            entries.push((key, map.next_value_seed(self)?));
        }
        Ok(Value::Map(entries))
    }
}

/// Writes a tree, two spaces deep for each level.
pub(super) fn write(node: &Node) -> String {
    let mut text = String::new();
    put(node, 0, &mut text);
    text.push('\n');
    text
}

fn put(node: &Node, depth: usize, text: &mut String) {
    let indent = |text: &mut String, depth: usize| {
        text.push('\n');
        text.extend(std::iter::repeat_n("  ", depth));
    };
    match &node.value {
        Value::Null => text.push_str("null"),
        Value::Flag(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => text.push_str(number),
        Value::Text(said) => text.push_str(&quoted(said)),
        Value::List(items) => {
            text.push('[');
            for (n, item) in items.iter().enumerate() {
                text.push_str(if n == 0 { "" } else { "," });
                indent(text, depth + 1);
                put(item, depth + 1, text);
            }
            indent(text, depth);
            text.push(']');
        }
        Value::Map(entries) => {
            text.push('{');
            for (n, (key, value)) in entries.iter().enumerate() {
                text.push_str(if n == 0 { "" } else { "," });
                indent(text, depth + 1);
                text.push_str(&quoted(key));
                text.push_str(": ");
                put(value, depth + 1, text);
            }
            indent(text, depth);
            text.push('}');
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_was_read() {
        let text =
            "{\n  \"a\": [\n    1,\n    1.27e1,\n    \"é\\n\\\"\",\n    true,\n    null\n  ],\n  \"b\": {\n  }\n}\n";
        let node = read(text).map_err(|refused| refused.message).unwrap();
        assert_eq!(write(&node), text);
        let keys = read("{\"b\": 1, \"a\": 2}").map_err(|refused| refused.message).unwrap();
        assert_eq!(keys.entries().iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    }

    #[test]
    fn numbers_are_read_as_they_were_written() {
        for (text, number) in
            [("12.7", "1.27e1"), ("0.005", "5e-3"), ("9007199254740993", "9007199254740993"), ("-3", "-3")]
        {
            assert_eq!(read(text).map_err(|refused| refused.message).unwrap().shown(), number);
        }
    }
}

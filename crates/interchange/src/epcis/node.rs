//! A document as a tree in the shape of its JSON form, whichever way it was written, so that one reader serves both.

/// Most values, names and items in one document.
pub(super) const MOST_NODES: usize = 3_000_000;
/// How deep values may be nested.
pub(super) const DEEPEST: usize = 64;
/// Most bytes of one text.
pub(super) const LONGEST_TEXT: usize = 64 << 10;

/// A value, and the line on which it stands if that is known.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// Counted from 1; 0 where it is not known.
    pub(super) line: u32,
    pub(super) value: Value,
}

/// What stands there.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Flag(bool),
    /// As it was written.
    Number(String),
    Text(String),
    List(Vec<Node>),
    /// Values by name, in order. A name of another namespace is `prefix:name` from JSON, `{namespace}name` from XML.
    Map(Vec<(String, Node)>),
}

impl Node {
    pub(super) fn new(line: u32, value: Value) -> Self {
        Self { line, value }
    }

    pub(super) fn text(line: u32, text: impl Into<String>) -> Self {
        Self::new(line, Value::Text(text.into()))
    }

    /// The entries of a map; none for anything else.
    pub(super) fn entries(&self) -> &[(String, Self)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The entry of a name.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        self.entries().iter().find(|(key, _)| key == name).map(|(_, node)| node)
    }

    /// The line of the value to which a JSON pointer leads, or of the nearest around it that is there.
    pub(super) fn line_of(&self, pointer: &str) -> u32 {
        let (mut node, mut line) = (self, self.line);
        for step in pointer.split('/').skip(1) {
            let next = match &node.value {
                Value::List(items) => step.parse().ok().and_then(|n: usize| items.get(n)),
                // What may be one or several is written as one.
                Value::Map(_) => node.get(&unescaped(step)),
                _ => None,
            };
            let Some(next) = next else { break };
            node = next;
            line = if node.line == 0 { line } else { node.line };
        }
        line
    }

    /// What stands there, for showing.
    pub(super) fn shown(&self) -> &str {
        match &self.value {
            Value::Text(text) | Value::Number(text) => text,
            Value::Flag(true) => "true",
            Value::Flag(false) => "false",
            Value::Null => "null",
            Value::List(_) | Value::Map(_) => "",
        }
    }
}

/// A name as a step of a JSON pointer (RFC 6901).
pub(super) fn step(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

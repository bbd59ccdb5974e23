//! Messages: what is to be told to a person, as a key and the values it speaks of. A rule gives its message where it stands; the words
//! for the key stand in the language's own file, `crates/web/locales/…/messages.ftl`, and are put in at the edges.
//!
//! Nothing below the edges may make sentences of its own. `cargo xtask tidy` holds keys and values against the files of words.

use std::fmt;

use crate::code::Code;

/// What is to be told. Made by [`message!`](crate::message!).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Message {
    /// By this name a language has words for it.
    pub key: &'static str,
    /// The values it speaks of, by the names under which the words have them.
    pub values: Vec<(&'static str, Value)>,
}

/// A value in a message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// A text that is told as it is: a code, a name, what stood in a cell.
    Text(String),
    /// A whole number, by which the words may choose their form.
    Number(i64),
    /// A word of the domain, which a language may have a word of its own for: a role, a state, a kind of record.
    Word(String),
    /// A part of the sentence.
    Message(Message),
    /// Parts of the sentence, one after the other.
    List(Vec<Message>),
}

impl Value {
    /// A word of the domain.
    pub fn word(word: impl Into<String>) -> Self {
        Self::Word(word.into())
    }
}

/// A message: its key, then the values that it speaks of, each as `name = value`, or as `name` alone if a variable is called so.
///
/// ```
/// use muster_domain::message;
///
/// let most = 90;
/// let message = message!("must-be", right = message!("a-whole-number", least = 0, most));
/// assert_eq!(message.to_string(), "must-be(right=a-whole-number(least=0, most=90))");
/// ```
#[macro_export]
macro_rules! message {
    (@value $name:ident) => { $crate::message::Value::from($name) };
    (@value $name:ident = $value:expr) => { $crate::message::Value::from($value) };
    ($key:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {
        $crate::message::Message {
            key: $key,
            values: vec![$((stringify!($name), $crate::message!(@value $name $(= $value)?))),*],
        }
    };
}

/// For logs: the key and the values.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key)?;
        for (n, (name, value)) in self.values.iter().enumerate() {
            write!(f, "{}{name}={value}", if n == 0 { "(" } else { ", " })?;
        }
        f.write_str(if self.values.is_empty() { "" } else { ")" })
    }
}

/// For logs.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Word(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Message(message) => message.fmt(f),
            Self::List(list) => {
                let parts: Vec<String> = list.iter().map(Message::to_string).collect();
                write!(f, "[{}]", parts.join(", "))
            }
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<&Code> for Value {
    fn from(code: &Code) -> Self {
        Self::Text(code.to_string())
    }
}

impl From<Message> for Value {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

impl From<Vec<Message>> for Value {
    fn from(list: Vec<Message>) -> Self {
        Self::List(list)
    }
}

macro_rules! numbers {
    ($($number:ty)+) => { $(impl From<$number> for Value {
        fn from(number: $number) -> Self {
            i64::try_from(number).map_or_else(|_| Self::Text(number.to_string()), Self::Number)
        }
    })+ };
}

numbers! { i32 i64 u32 u64 usize }

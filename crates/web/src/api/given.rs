//! What a caller gives: fields of a body or a query, read by a table of fields. The same table says in the API's description what may be
//! given, so the two cannot differ.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use muster_domain::{message, message::Message};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::answer::{Failure, Fault};
use crate::{cursor, problem::Kind as Problem};

/// What a field may hold.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Text of at most so many characters, none of them a control character.
    Text(usize),
    /// Text of at most so many characters, in lines.
    Lines(usize),
    /// One of these words.
    Word(Vec<String>),
    /// A whole number from, to.
    Integer(i64, i64),
    /// A number from, to.
    Number(f64, f64),
    /// A number with decimal places, as text, so that it is exact.
    Decimal,
    /// true or false.
    Boolean,
    /// A day.
    Date,
    /// A moment.
    Moment,
    /// At most so many texts of at most so many characters.
    Texts(usize, usize),
    /// An object with these fields.
    Object(Vec<Field>),
    /// At most so many objects with these fields.
    Objects(usize, Vec<Field>),
}

/// A field of a body or a query.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
}

/// One of these words.
pub(crate) fn words<W: ToString>(words: impl IntoIterator<Item = W>) -> Kind {
    Kind::Word(words.into_iter().map(|word| word.to_string()).collect())
}

/// A field that must be given.
pub(crate) fn must(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: true }
}

/// A field that may be given.
pub(crate) fn may(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: false }
}

/// Longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// Why something is done.
pub(crate) fn reason() -> Field {
    must("reason", Kind::Text(LONGEST_REASON))
}

/// Why a deed to a consignment is done, and the version of it as the caller knew it.
pub(crate) fn deed_fields() -> [Field; 2] {
    [may("version", Kind::Integer(0, i64::MAX)), reason()]
}

/// Text without control characters, which no field of a record holds either.
pub(crate) const PLAIN: &str = r"^[^\u0000-\u001F\u007F-\u009F]*$";

/// The same, with ends of lines.
const LINES: &str = r"^[^\u0000-\u0009\u000B\u000C\u000E-\u001F\u007F-\u009F]*$";

impl Kind {
    /// As JSON Schema.
    pub(crate) fn schema(&self) -> Value {
        match self {
            Self::Text(most) => json!({ "type": "string", "maxLength": most, "pattern": PLAIN }),
            Self::Lines(most) => json!({ "type": "string", "maxLength": most, "pattern": LINES }),
            Self::Word(words) => json!({ "type": "string", "enum": words }),
            Self::Integer(from, to) => json!({ "type": "integer", "minimum": from, "maximum": to }),
            Self::Number(from, to) => json!({ "type": "number", "minimum": from, "maximum": to }),
            Self::Decimal => json!({ "type": "string", "pattern": r"^[0-9]{1,15}(\.[0-9]{1,3})?$" }),
            Self::Boolean => json!({ "type": "boolean" }),
            Self::Date => json!({ "type": "string", "format": "date" }),
            Self::Moment => json!({ "type": "string", "format": "date-time" }),
            Self::Texts(most, longest) => {
                json!({ "type": "array", "maxItems": most, "items": Self::Text(*longest).schema() })
            }
            Self::Object(fields) => schema(fields),
            Self::Objects(most, fields) => json!({ "type": "array", "maxItems": most, "items": schema(fields) }),
        }
    }

    /// Why a value will not do: what it must be.
    fn check(&self, value: &Value) -> Result<(), Message> {
        let plain = |text: &str, most: usize| text.chars().count() <= most && !text.chars().any(char::is_control);
        let right = match (self, value) {
            (Self::Text(most), Value::String(text)) => plain(text, *most),
            (Self::Lines(most), Value::String(text)) => plain(&text.replace(['\n', '\r'], " "), *most),
            (Self::Word(words), Value::String(text)) => words.contains(text),
            (Self::Integer(from, to), Value::Number(n)) => n.as_i64().is_some_and(|n| (*from..=*to).contains(&n)),
            (Self::Number(from, to), Value::Number(n)) => n.as_f64().is_some_and(|n| (*from..=*to).contains(&n)),
            (Self::Decimal, Value::String(text)) => {
                let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
                let digits = |part: &str, most| {
                    (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
                };
                digits(whole, 15) && digits(rest, 3)
            }
            (Self::Boolean, Value::Bool(_)) => true,
            (Self::Date, Value::String(text)) => text.len() == 10 && text.parse::<Date>().is_ok(),
            (Self::Moment, Value::String(text)) => text.parse::<Timestamp>().is_ok(),
            (Self::Texts(most, longest), Value::Array(texts)) => {
                texts.len() <= *most && texts.iter().all(|t| t.as_str().is_some_and(|t| plain(t, *longest)))
            }
            (Self::Object(fields), Value::Object(object)) => return inside(fields, object),
            (Self::Objects(most, fields), Value::Array(objects)) if objects.len() <= *most => {
                for (n, object) in objects.iter().enumerate() {
                    let object = object.as_object().ok_or_else(|| message!("must-be", right = self.expected()))?;
                    let within = |said| message!("at-place", place = n.to_string(), said);
                    inside(fields, object).map_err(within)?;
                }
                true
            }
            _ => false,
        };
        if right { Ok(()) } else { Err(message!("must-be", right = self.expected())) }
    }

    fn expected(&self) -> Message {
        match self {
            Self::Text(most) => message!("a-plain-text", most = *most),
            Self::Lines(most) => message!("some-lines", most = *most),
            Self::Word(words) => message!("one-of", words = words.join(", ")),
            Self::Integer(from, to) => message!("a-whole-number", least = *from, most = *to),
            Self::Number(from, to) => message!("a-number-within", least = from.to_string(), most = to.to_string()),
            Self::Decimal => message!("a-decimal-text", places = 3),
            Self::Boolean => message!("a-boolean"),
            Self::Date => message!("a-date"),
            Self::Moment => message!("a-moment"),
            Self::Texts(most, longest) => message!("texts", most = *most, longest = *longest),
            Self::Object(_) => message!("one-object"),
            Self::Objects(most, _) => message!("objects", most = *most),
        }
    }

    /// The value of a query's text, which has no types of its own.
    fn of_query(&self, text: &str) -> Value {
        match self {
            Self::Integer(..) | Self::Number(..) | Self::Boolean => {
                serde_json::from_str(text).unwrap_or_else(|_| text.into())
            }
            _ => text.into(),
        }
    }
}

/// An object's schema by its fields; nothing else may stand in it.
pub(crate) fn schema(fields: &[Field]) -> Value {
    let properties: Map<String, Value> = fields.iter().map(|f| (f.name.to_owned(), f.kind.schema())).collect();
    let required: Vec<&str> = fields.iter().filter(|f| f.required).map(|f| f.name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// Why the fields of an object within another will not do: the first that does not.
fn inside(fields: &[Field], object: &Map<String, Value>) -> Result<(), Message> {
    let at = |place: &str, said| message!("at-place", place, said);
    for (name, value) in object {
        let field = fields.iter().find(|field| field.name == name);
        let field = field.ok_or_else(|| at(name, message!("not-known-here")))?;
        field.kind.check(value).map_err(|said| at(name, said))?;
    }
    let missing = fields.iter().find(|field| field.required && !object.contains_key(field.name));
    missing.map_or(Ok(()), |field| Err(at(field.name, message!("must-be-given"))))
}

/// Fields that were given and will do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given(BTreeMap<&'static str, Value>);

impl Given {
    /// The fields of a body.
    pub(crate) fn of_body(fields: &[Field], body: &Map<String, Value>) -> Result<Self, Failure> {
        let pointer = |name: &str| Fault::at(&[name]);
        Self::of(fields, body.iter().map(|(name, value)| (name.as_str(), value.clone())), pointer)
    }

    /// The fields of a query.
    pub(crate) fn of_query(fields: &[Field], query: &[(String, String)]) -> Result<Self, Failure> {
        let kind = |name: &str| fields.iter().find(|f| f.name == name).map(|f| &f.kind);
        let value = |name: &str, text: &str| kind(name).map_or(Value::Null, |kind| kind.of_query(text));
        let given = query.iter().map(|(name, text)| (name.as_str(), value(name, text)));
        Self::of(fields, given, Fault::parameter)
    }

    fn of<'a>(
        fields: &[Field],
        given: impl Iterator<Item = (&'a str, Value)>,
        fault: fn(&str) -> Fault,
    ) -> Result<Self, Failure> {
        let (mut found, mut faults) = (BTreeMap::new(), Vec::new());
        for (name, value) in given {
            let Some(field) = fields.iter().find(|f| f.name == name) else {
                faults.push(fault(name).says(message!("not-known-here")));
                continue;
            };
            match field.kind.check(&value) {
                Ok(()) if found.contains_key(field.name) => faults.push(fault(name).says(message!("given-twice"))),
                Ok(()) => drop(found.insert(field.name, value)),
                Err(right) => faults.push(fault(name).says(right)),
            }
        }
        for field in fields.iter().filter(|f| f.required) {
            let empty = found.get(field.name).is_none_or(|value| value.as_str().is_some_and(|t| t.trim().is_empty()));
            if empty && faults.iter().all(|known| !known.is(&fault(field.name))) {
                faults.push(fault(field.name).says(message!("must-be-given")));
            }
        }
        if faults.is_empty() { Ok(Self(found)) } else { Err(Failure::new(Problem::Invalid).with(faults)) }
    }

    /// Whether a field was given, be it empty.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A text, without the spaces around it; empty if it was not given.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).map_or("", str::trim)
    }

    /// A text that was given and is not empty.
    pub(crate) fn maybe(&self, name: &str) -> Option<String> {
        Some(self.text(name).to_owned()).filter(|text| !text.is_empty())
    }

    /// Where a page before ended, if that was given.
    pub(crate) fn cursor<T: DeserializeOwned>(&self) -> Result<Option<T>, Failure> {
        let Some(text) = self.maybe("cursor") else { return Ok(None) };
        let wrong =
            || Failure::new(Problem::Invalid).with(vec![Fault::parameter("cursor").says(message!("cursor-wrong"))]);
        cursor::read(&text).map(Some).ok_or_else(wrong)
    }

    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.0.get(name).and_then(Value::as_i64)
    }

    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.0.get(name).and_then(Value::as_f64)
    }

    pub(crate) fn yes(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    pub(crate) fn date(&self, name: &str) -> Option<Date> {
        self.text(name).parse().ok()
    }

    pub(crate) fn moment(&self, name: &str) -> Option<Timestamp> {
        self.text(name).parse().ok()
    }

    /// An object within, by the fields with which it was checked.
    pub(crate) fn object(&self, name: &str, fields: &[Field]) -> Option<Self> {
        self.0.get(name).map(|value| Self::within(value, fields))
    }

    /// Objects within, by the fields with which they were checked.
    pub(crate) fn objects(&self, name: &str, fields: &[Field]) -> Vec<Self> {
        let objects = self.0.get(name).and_then(Value::as_array).into_iter().flatten();
        objects.map(|value| Self::within(value, fields)).collect()
    }

    fn within(value: &Value, fields: &[Field]) -> Self {
        Self(fields.iter().filter_map(|field| Some((field.name, value.get(field.name)?.clone()))).collect())
    }

    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let texts = self.0.get(name).and_then(Value::as_array).into_iter().flatten();
        texts.filter_map(Value::as_str).map(|text| text.trim().to_owned()).collect()
    }
}

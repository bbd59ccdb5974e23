//! Shapes of answers, as JSON Schema.

use muster_app::record::part_shapes;
use muster_domain::record::{Column, Shape};
use serde_json::{Map, Value, json};

use crate::text::{say, say_with, words};

pub(crate) fn text() -> Value {
    json!({ "type": "string" })
}

pub(crate) fn integer() -> Value {
    json!({ "type": "integer" })
}

pub(crate) fn number() -> Value {
    json!({ "type": "number" })
}

pub(crate) fn boolean() -> Value {
    json!({ "type": "boolean" })
}

pub(crate) fn moment() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

/// What may also be null.
pub(crate) fn maybe(mut schema: Value) -> Value {
    schema["type"] = json!([schema["type"], "null"]);
    schema
}

pub(crate) fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

/// An object with any names.
pub(crate) fn map(values: Value) -> Value {
    json!({ "type": "object", "additionalProperties": values })
}

/// An object with these fields, all of them, and no other.
pub(crate) fn object<'a>(fields: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let fields: Vec<(&str, Value)> = fields.into_iter().collect();
    let required: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    let properties: Map<String, Value> =
        fields.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// A page of something, and where the next begins.
pub(crate) fn page(name: &str, items: Value) -> Value {
    object([(name, list(items)), ("next", maybe(text()))])
}

/// A record as it is shown, by reference.
pub(crate) fn record(shape: &Shape) -> Value {
    component(shape.sheet)
}

/// What the description tells once, by reference.
pub(crate) fn component(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn column(column: &Column) -> Value {
    let right = words(&(column.expected)());
    let description = match (column.refers_to)() {
        Some(sheet) => say_with("api-column-from", &[("right", right.into()), ("sheet", sheet.into())]),
        None => say_with("api-column", &[("right", right.into())]),
    };
    json!({ "type": "string", "description": description })
}

/// A row of a sheet; `described`: with what each column must hold, which is said once.
fn row(shape: &Shape, without: Option<&str>, described: bool) -> Value {
    let columns = shape.columns.iter().filter(|c| Some(c.name) != without);
    let must: Vec<&str> = columns.clone().filter(|c| c.required).map(|c| c.name).collect();
    let one = |c: &Column| if described { column(c) } else { text() };
    let properties: Map<String, Value> = columns.map(|c| (c.name.to_owned(), one(c))).collect();
    json!({ "type": "object", "properties": properties, "required": must, "additionalProperties": false })
}

/// A record with its parts, as it is shown: columns that are empty are left out.
pub(crate) fn shown(shape: &Shape) -> Value {
    let mut schema = row(shape, None, true);
    for part in part_shapes(shape.sheet) {
        schema["properties"][part.sheet] = list(row(part, None, true));
        if let Some(required) = schema["required"].as_array_mut() {
            required.push(part.sheet.into());
        }
    }
    schema
}

/// A record with its parts, as it is written: a part does not name what it is a part of.
pub(crate) fn written(shape: &Shape) -> Value {
    let mut schema = row(shape, None, false);
    for part in part_shapes(shape.sheet) {
        schema["properties"][part.sheet] = list(row(part, Some(part.key[0]), false));
    }
    schema
}

/// A record whose key stands in the address.
pub(crate) fn replaced(shape: &Shape) -> Value {
    let mut schema = written(shape);
    if let Some(required) = schema["required"].as_array_mut() {
        required.retain(|name| name != shape.key[0]);
    }
    schema
}

/// A change of a record: what is null is emptied, what is left out stays.
pub(crate) fn patched(shape: &Shape) -> Value {
    let mut schema = written(shape);
    schema["required"] = json!([]);
    if let Some(properties) = schema["properties"].as_object_mut() {
        for column in properties.values_mut().filter(|p| p["type"] == "string") {
            *column = maybe(column.take());
        }
    }
    schema
}

/// Problem details (RFC 9457).
pub(crate) fn problem() -> Value {
    json!({
        "type": "object",
        "properties": {
            "type": { "type": "string", "format": "uri-reference" },
            "title": text(),
            "status": integer(),
            "detail": text(),
            "errors": list(json!({
                "type": "object",
                "properties": {
                    "pointer": { "type": "string", "description": say("api-pointer-hint") },
                    "parameter": { "type": "string", "description": say("api-parameter-hint") },
                    "detail": text(),
                },
                "required": ["detail"],
                "additionalProperties": false,
            })),
        },
        "required": ["type", "title", "status", "detail"],
        "additionalProperties": false,
    })
}

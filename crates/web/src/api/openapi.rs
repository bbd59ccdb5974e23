//! The API's description (OpenAPI 3.1), made from the table of operations and the shapes of the sheets.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use muster_domain::picture::SHAPES;
use serde_json::{Map, Value, json};

use super::{
    ask::{Access, Content, Gives, OWN, Operation},
    call::LONGEST_KEY,
    consignment_shape,
    given::{Field, PLAIN},
    import, schema,
    table::operations,
};
use crate::{problem::Kind as Problem, text::say};

/// The document as an answer. It is the same for everybody.
pub(crate) async fn show() -> Response {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| format!("{:#}\n", document()));
    ([(header::CONTENT_TYPE, "application/json")], text.as_str()).into_response()
}

/// The document.
pub(crate) fn document() -> Value {
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let operations = operations();
    for operation in &operations {
        let methods = paths.entry(operation.address()).or_default();
        methods.insert(operation.method.as_str().to_lowercase(), described(operation));
    }
    let records = SHAPES.iter().filter(|shape| shape.part_of.is_none());
    let mut schemas: Map<String, Value> = records.map(|shape| (shape.sheet.to_owned(), schema::shown(shape))).collect();
    schemas.insert("problem".into(), schema::problem());
    schemas.insert(consignment_shape::NAME.into(), consignment_shape::shown_schema());
    let tags: BTreeSet<&str> = operations.iter().map(|operation| operation.tag).collect();
    let tags: Vec<Value> = tags.into_iter().map(|tag| json!({ "name": tag, "description": group(tag) })).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Muster",
            "version": env!("CARGO_PKG_VERSION"),
            "description": say("api-about"),
            "license": { "name": "Apache 2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": Problem::ALL.iter().map(|kind| (kind.name().to_owned(), problem(*kind))).collect::<Map<_, _>>(),
            "parameters": heads(),
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "description": say("api-token-hint") },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": crate::auth::COOKIE,
                    "description": say("api-session-hint"),
                },
            },
        },
    })
}

/// What a group of operations is about.
pub(crate) fn group(tag: &str) -> String {
    say(&format!("api-group-{tag}")).into_owned()
}

fn described(operation: &Operation) -> Value {
    let known = json!([{ "token": [] }, { "session": [] }]);
    let anyone = json!([{}, { "token": [] }, { "session": [] }]);
    let mut described = json!({
        "operationId": operation.id(),
        "tags": [operation.tag],
        "summary": operation.summary(),
        "security": if operation.access == Access::Known { known } else { anyone },
        "parameters": parameters(operation),
        "responses": responses(operation),
    });
    if let Some(body) = body(operation) {
        described["requestBody"] = body;
    }
    described
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let part = |name: &str| {
        let schema = json!({ "type": "string", "minLength": 1, "pattern": PLAIN });
        json!({ "name": name, "in": "path", "required": true, "schema": schema })
    };
    let field = |field: &Field| json!({ "name": field.name, "in": "query", "required": field.required, "schema": field.kind.schema() });
    let head = |name: &str| json!({ "$ref": format!("#/components/parameters/{name}") });
    let mut all: Vec<Value> = operation.parts().map(part).collect();
    all.extend(operation.query.iter().map(field));
    if operation.writes {
        all.push(head("Idempotency-Key"));
    }
    if operation.conditional {
        all.push(head("If-Match"));
    } else if reads_again(operation) {
        all.push(head("If-None-Match"));
    }
    all
}

/// Headers that several operations take.
fn heads() -> Value {
    let head = |name: &str, required: bool, schema: Value, hint: &str| json!({ "name": name, "in": "header", "required": required, "schema": schema, "description": say(hint) });
    let key = json!({ "type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$" });
    json!({
        "Idempotency-Key": head("Idempotency-Key", false, key, "api-key-hint"),
        "If-Match": head("If-Match", true, schema::text(), "api-if-match-hint"),
        "If-None-Match": head("If-None-Match", false, schema::text(), "api-if-none-match-hint"),
    })
}

/// Whether a caller may say what they have already.
fn reads_again(operation: &Operation) -> bool {
    operation.etag && !operation.writes
}

fn body(operation: &Operation) -> Option<Value> {
    let json_of = |schema: &Value| json!({ "schema": schema });
    let content: Map<String, Value> = match &operation.body {
        Content::None => return None,
        Content::Fields(fields) => {
            [("application/json".to_owned(), json_of(&super::given::schema(fields)))].into_iter().collect()
        }
        Content::Object(media_types, schema) => {
            media_types.iter().map(|m| ((*m).to_owned(), json_of(schema))).collect()
        }
        Content::Document(media_types, _) => {
            media_types.iter().map(|m| ((*m).to_owned(), json_of(&of_standard(m)))).collect()
        }
        Content::Bytes(media_types, _) => media_types.iter().map(|m| ((*m).to_owned(), json_of(&files(m)))).collect(),
        Content::Files => import::MEDIA_TYPES.iter().map(|m| ((*m).to_owned(), json_of(&files(m)))).collect(),
    };
    Some(json!({ "required": true, "content": content }))
}

/// A document whose shape a standard tells.
fn of_standard(media_type: &str) -> Value {
    if media_type.ends_with("json") { json!({ "type": "object" }) } else { schema::text() }
}

fn files(media_type: &str) -> Value {
    match media_type {
        "multipart/form-data" => json!({
            "type": "object",
            "properties": { "files": { "type": "array", "minItems": 1, "items": { "type": "string", "contentMediaType": "application/octet-stream" } } },
            "required": ["files"],
        }),
        "application/json" => json!({
            "type": "object",
            "additionalProperties": { "type": "array", "items": { "type": "object", "additionalProperties": { "type": "string" } } },
        }),
        other => json!({ "type": "string", "contentMediaType": other }),
    }
}

/// The problems with which a request may end.
fn problems(operation: &Operation) -> Vec<Problem> {
    let mut all = vec![
        Problem::BadRequest,
        Problem::Unauthorised,
        Problem::TooLong,
        Problem::TooMany,
        Problem::Internal,
        Problem::TooSlow,
    ];
    let with_body = !matches!(operation.body, Content::None);
    let looks_up = operation.parts().next().is_some();
    if operation.access == Access::Known {
        all.push(Problem::Forbidden);
    }
    if looks_up || operation.access == Access::Known {
        all.push(Problem::NotFound);
    }
    if operation.writes {
        all.push(Problem::Refused);
    }
    if operation.writes || with_body || operation.method != axum::http::Method::GET {
        all.push(Problem::TooLarge);
    }
    if with_body {
        all.push(Problem::UnsupportedMedia);
    }
    // The standard's bindings have other statuses.
    match operation.root == OWN {
        true => all.push(Problem::Invalid),
        false => all.extend([Problem::NotImplemented, Problem::NotAcceptable]),
    }
    if operation.query.iter().any(|field| field.name == "maxEventCount") {
        all.push(Problem::QueryTooLarge);
    }
    if operation.conditional || operation.contended {
        all.push(Problem::Changed);
    }
    if operation.conditional {
        all.push(Problem::PreconditionRequired);
    }
    all
}

fn responses(operation: &Operation) -> Map<String, Value> {
    let text = |hint: &str| json!({ "schema": { "type": "string" }, "description": say(hint) });
    let mut headers = Map::new();
    if operation.etag {
        headers.insert("ETag".into(), text("api-etag-hint"));
    }
    if operation.location {
        headers.insert("Location".into(), text("api-location-hint"));
    }
    if operation.writes {
        headers.insert("Idempotency-Replayed".into(), text("api-replayed-hint"));
    }
    let mut good = json!({ "description": operation.summary(), "headers": headers });
    match &operation.gives {
        Gives::None => {}
        Gives::Json(schema) => good["content"] = json!({ "application/json": { "schema": schema } }),
        Gives::Document(media_types) => {
            let documents = media_types.iter().map(|m| ((*m).to_owned(), json!({ "schema": of_standard(m) })));
            good["content"] = documents.collect::<Map<_, _>>().into();
        }
        Gives::File(media_types) => {
            let file = |media_type: &&str| {
                // An export as JSON is a document of a mission: sheets by name, each a list of records.
                let schema = if *media_type == "application/json" { files(media_type) } else { schema::text() };
                let plain = media_type.split(';').next().unwrap_or_default().to_owned();
                (plain, json!({ "schema": schema }))
            };
            good["content"] = media_types.iter().map(file).collect::<Map<_, _>>().into();
        }
    }
    let mut all = Map::from_iter([(operation.status.to_string(), good)]);
    if reads_again(operation) {
        let headers = json!({ "ETag": text("api-etag-hint") });
        let same = json!({ "description": say("api-same"), "headers": headers });
        all.insert(StatusCode::NOT_MODIFIED.as_u16().to_string(), same);
    }
    for problem in problems(operation) {
        let response = json!({ "$ref": format!("#/components/responses/{}", problem.name()) });
        all.insert(problem.status().as_u16().to_string(), response);
    }
    all
}

/// A problem as an answer.
fn problem(kind: Problem) -> Value {
    let mut response = json!({
        "description": say(&format!("problem-{}", kind.name())),
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/problem" } } },
    });
    if kind == Problem::TooMany {
        let seconds = json!({ "schema": { "type": "integer" }, "description": say("api-retry-hint") });
        response["headers"] = json!({ "Retry-After": seconds });
    }
    response
}

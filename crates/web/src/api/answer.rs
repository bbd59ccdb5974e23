//! What the API answers: a status with JSON or a file, or a failure as problem details with the fields at fault.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use muster_app::{Error, interchange::Issue};
use muster_domain::{message, message::Message, record::Shape};
use serde_json::{Value, json};

use crate::{
    problem::{self, Kind as Problem},
    text::words,
};

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Payload,
    pub(crate) headers: Vec<(HeaderName, String)>,
    /// A field of the body that is shown this once and never kept.
    pub(crate) secret: Option<&'static str>,
}

#[derive(Debug)]
pub(crate) enum Payload {
    None,
    Json(Value),
    File { media_type: &'static str, name: String, bytes: Vec<u8> },
    Document { media_type: &'static str, text: String },
}

impl Answer {
    pub(crate) fn json(body: Value) -> Self {
        Self { status: StatusCode::OK, body: Payload::Json(body), headers: Vec::new(), secret: None }
    }

    pub(crate) fn none() -> Self {
        let status = StatusCode::NO_CONTENT;
        Self { status, body: Payload::None, headers: Vec::new(), secret: None }
    }

    pub(crate) fn file(media_type: &'static str, name: String, bytes: Vec<u8>) -> Self {
        let body = Payload::File { media_type, name, bytes };
        Self { status: StatusCode::OK, body, headers: Vec::new(), secret: None }
    }

    pub(crate) fn document(media_type: &'static str, text: String) -> Self {
        let body = Payload::Document { media_type, text };
        Self { status: StatusCode::OK, body, headers: Vec::new(), secret: None }
    }

    pub(crate) fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn etag(self, etag: &str) -> Self {
        self.header(header::ETAG, format!("\"{etag}\""))
    }

    pub(crate) fn secret(self, field: &'static str) -> Self {
        Self { secret: Some(field), ..self }
    }

    /// As it is kept for a request that is sent again: all but what is secret.
    pub(crate) fn kept(&self) -> String {
        let mut body = match &self.body {
            Payload::Json(body) => body.clone(),
            _ => Value::Null,
        };
        if let Some(secret) = self.secret.and_then(|field| body.get_mut(field)) {
            *secret = Value::Null;
        }
        let headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        json!({ "body": body, "headers": headers }).to_string()
    }

    /// What was kept.
    pub(crate) fn again(status: u16, kept: &str) -> Self {
        let kept: Value = serde_json::from_str(kept).unwrap_or_default();
        let body = match kept["body"].clone() {
            Value::Null => Payload::None,
            body => Payload::Json(body),
        };
        let pair = |pair: &Value| {
            let name = HeaderName::from_bytes(pair[0].as_str()?.as_bytes()).ok()?;
            Some((name, pair[1].as_str()?.to_owned()))
        };
        let mut headers: Vec<_> = kept["headers"].as_array().into_iter().flatten().filter_map(pair).collect();
        headers.push((HeaderName::from_static("idempotency-replayed"), "true".into()));
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
        Self { status, body, headers, secret: None }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = match self.body {
            Payload::None => Response::new(Body::empty()),
            Payload::Json(body) => axum::Json(body).into_response(),
            Payload::Document { media_type, text } => ([(header::CONTENT_TYPE, media_type)], text).into_response(),
            Payload::File { media_type, name, bytes } => {
                let disposition = format!("attachment; filename=\"{name}\"");
                let headers =
                    [(header::CONTENT_TYPE, media_type.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
                (headers, bytes).into_response()
            }
        };
        *response.status_mut() = self.status;
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// A field at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// `pointer` into the body, or `parameter` of the query.
    at: (&'static str, String),
    says: Option<Message>,
}

impl Fault {
    /// In the body, by the names and numbers that lead to it.
    pub(crate) fn at(path: &[&str]) -> Self {
        let steps: Vec<String> = path.iter().map(|p| format!("/{}", p.replace('~', "~0").replace('/', "~1"))).collect();
        Self { at: ("pointer", format!("#{}", steps.concat())), says: None }
    }

    /// In the query.
    pub(crate) fn parameter(name: &str) -> Self {
        Self { at: ("parameter", name.to_owned()), says: None }
    }

    pub(crate) fn says(self, message: Message) -> Self {
        Self { says: Some(message), ..self }
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        self.at == other.at
    }

    /// Of an issue of a document: the pointer to the place, and in XML the line with what is said.
    pub(crate) fn of_document(issue: &Issue) -> Self {
        let pointer = issue.file.split_once('#').map(|(_, pointer)| pointer).or(issue.column.as_deref());
        let says = match issue.line {
            Some(line) => message!("of-line", line, why = issue.message.clone()),
            None => issue.message.clone(),
        };
        Self { at: ("pointer", format!("#{}", pointer.unwrap_or_default())), says: Some(says) }
    }

    /// Of an issue of a sheet: its row, counted from 1, and its column.
    fn of_cell(issue: &Issue) -> Self {
        let line = issue.line.map(|line| line.to_string());
        let path: Vec<&str> = line.as_deref().into_iter().chain(issue.column.as_deref()).collect();
        Self::at(&path).says(issue.message.clone())
    }

    /// Of an issue of a record that was given as JSON: `record.json#offers[0]` and a column.
    fn of_issue(shape: &Shape, issue: &Issue) -> Self {
        let place = issue.file.split_once('#').map_or("", |(_, place)| place);
        let (sheet, row) = place.split_once('[').unwrap_or((place, ""));
        let mut path = Vec::new();
        if sheet != shape.sheet && !sheet.is_empty() {
            path.push(sheet);
            path.extend(Some(row.trim_end_matches(']')).filter(|row| !row.is_empty()));
        }
        path.extend(issue.column.as_deref());
        Self::at(&path).says(issue.message.clone())
    }

    fn json(&self) -> Value {
        json!({ self.at.0: self.at.1, "detail": self.says.as_ref().map_or_else(String::new, words) })
    }
}

/// Why something was not done.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Problem,
    detail: Option<Message>,
    faults: Vec<Fault>,
}

impl Failure {
    pub(crate) fn new(kind: Problem) -> Self {
        Self { kind, detail: None, faults: Vec::new() }
    }

    pub(crate) fn says(self, message: Message) -> Self {
        Self { detail: Some(message), ..self }
    }

    pub(crate) fn with(self, faults: Vec<Fault>) -> Self {
        let detail = self.detail.or_else(|| {
            let first = faults.first()?;
            let (place, said) = (first.at.1.as_str(), first.says.clone()?);
            Some(if place == "#" { said } else { message!("at-place", place, said) })
        });
        Self { detail, faults, ..self }
    }

    /// The problems of a record that was given.
    pub(crate) fn of_issues(shape: &Shape, issues: &[Issue], denied: bool) -> Self {
        let kind = if denied { Problem::Forbidden } else { Problem::Invalid };
        Self::new(kind).with(issues.iter().map(|issue| Fault::of_issue(shape, issue)).collect())
    }

    /// The problems of a sheet that was given, each with its row and column.
    pub(crate) fn of_sheet(issues: &[Issue]) -> Self {
        Self::new(Problem::Invalid).with(issues.iter().map(Fault::of_cell).collect())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match Problem::of(&error) {
            Problem::Internal => {
                tracing::error!(%error, "a request to the API failed");
                Self::new(Problem::Internal)
            }
            // Nothing may be told from whether there is a thing that one does not see.
            Problem::NotFound => Self::new(Problem::NotFound),
            kind => Self::new(kind).says(error.message()),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let faults: Vec<Value> = self.faults.iter().map(Fault::json).collect();
        problem::details_of(self.kind, self.detail.as_ref().map(words).as_deref(), &faults)
    }
}

impl Failure {
    /// As the bindings of a standard tell it, which know no contents that cannot be processed.
    pub(crate) fn of_standard(self) -> Self {
        if self.kind == Problem::Invalid { Self { kind: Problem::BadRequest, ..self } } else { self }
    }

    /// That it was changed meanwhile, told as something else: what is to be new and is there was not changed.
    pub(crate) fn or(self, other: Problem) -> Self {
        if self.kind == Problem::Changed { Self::new(other) } else { self }
    }
}

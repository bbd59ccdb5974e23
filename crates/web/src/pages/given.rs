//! What was typed into a form: names and texts, as they came. Pages read it, and show it again where something was wrong with it.

use axum::{
    extract::{Form, FromRequest, Multipart, Request, multipart::MultipartError},
    http::{StatusCode, header},
    response::IntoResponse,
};
use jiff::{Timestamp, civil::Date};
use muster_app::Error;
use muster_domain::message;
use serde::Deserialize;

use crate::{problem::Kind as Problem, text::say};

/// The fields of a form, in the order in which they stood.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Given(Vec<(String, String)>);

/// Longest name of a request that a form sends.
const LONGEST_ONCE: usize = 100;

/// A part of a form that was sent with files.
pub(crate) struct Part {
    /// The name of its field.
    pub(crate) name: String,
    /// The name of the file, if it is one.
    pub(crate) file: Option<String>,
    /// What the browser says that it is; empty if it says nothing.
    pub(crate) media_type: String,
    pub(crate) bytes: Vec<u8>,
}

impl Part {
    /// The name of the file, or nothing.
    pub(crate) fn file_name(&self) -> &str {
        self.file.as_deref().unwrap_or_default()
    }

    /// As text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// All parts of a form that was sent with files, in order.
///
/// # Errors
/// If it is too large, or no form.
pub(crate) async fn parts(mut body: Multipart) -> Result<Vec<Part>, Problem> {
    let wrong = |error: MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::TooLarge,
        _ => Problem::BadRequest,
    };
    let mut parts = Vec::new();
    while let Some(field) = body.next_field().await.map_err(wrong)? {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let (name, media_type) = (text(field.name()), text(field.content_type()));
        let file = field.file_name().map(str::to_owned);
        parts.push(Part { name, file, media_type, bytes: field.bytes().await.map_err(wrong)?.to_vec() });
    }
    Ok(parts)
}

impl Given {
    /// What was sent with a file: the fields, and the file called `file` with its media type, if one was chosen.
    ///
    /// # Errors
    /// If it is too large, or no form.
    pub(crate) async fn with_file(body: Multipart, file: &str) -> Result<(Self, Option<(String, Vec<u8>)>), Problem> {
        let (files, fields): (Vec<_>, Vec<_>) = parts(body).await?.into_iter().partition(|part| part.name == file);
        let fields = fields.iter().map(|part| (part.name.clone(), part.text()));
        let chosen = files.into_iter().find(|part| !part.bytes.is_empty());
        Ok((Self(fields.collect()), chosen.map(|part| (part.media_type, part.bytes))))
    }

    /// What was sent by a form that may hold files: its fields, and those files that were chosen. A form without files may be sent as such.
    ///
    /// # Errors
    /// If it is too large, or no form.
    pub(crate) async fn sent(request: Request) -> Result<(Self, Vec<Part>), Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("multipart/") {
            let wrong = |status| match status {
                StatusCode::PAYLOAD_TOO_LARGE => Problem::TooLarge,
                _ => Problem::BadRequest,
            };
            let form = Form::<Self>::from_request(request, &()).await;
            return form.map(|Form(given)| (given, Vec::new())).map_err(|error| wrong(error.into_response().status()));
        }
        let body = Multipart::from_request(request, &()).await.map_err(|_| Problem::BadRequest)?;
        let (files, fields): (Vec<_>, Vec<_>) = parts(body).await?.into_iter().partition(|part| part.file.is_some());
        let fields = fields.iter().map(|part| (part.name.clone(), part.text())).collect();
        // A browser sends a field of files in which none was chosen as one without a name that holds nothing.
        Ok((Self(fields), files.into_iter().filter(|part| !part.bytes.is_empty()).collect()))
    }

    /// Adds a value to a field.
    pub(crate) fn and(&mut self, name: &str, value: String) {
        self.0.push((name.to_owned(), value));
    }

    /// What stands in the form of a deed, as if it had been sent.
    pub(crate) fn in_form<'a>(deed: &str, fields: impl Iterator<Item = (&'a str, String)>) -> Self {
        let fields = fields.map(|(name, value)| (name.to_owned(), value));
        Self(std::iter::once(("deed".to_owned(), deed.to_owned())).chain(fields).collect())
    }

    /// All values of a field.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.trim())
    }

    /// The first value of a field; none if the form had no such field.
    pub(crate) fn typed(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.trim())
    }

    /// The first value of a field, or nothing.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.typed(name).unwrap_or("")
    }

    /// What was typed into the form of a deed, if it was that one that was sent.
    pub(crate) fn of(&self, deed: &str, name: &str) -> &str {
        if self.text("deed") == deed { self.text(name) } else { "" }
    }

    /// What stands in a field of the form of a deed: what was typed, if it was that one that was sent; else what is proposed.
    pub(crate) fn or<'a>(&'a self, deed: &str, name: &str, proposed: &'a str) -> &'a str {
        if self.text("deed") == deed { self.text(name) } else { proposed }
    }

    /// A day; none if the field was left empty.
    pub(crate) fn date(&self, name: &'static str) -> Result<Option<Date>, Error> {
        let text = self.text(name);
        if text.is_empty() {
            return Ok(None);
        }
        let wrong = |_| Error::Invalid(message!("field-must-be", name, right = message!("a-date")));
        text.parse().map(Some).map_err(wrong)
    }

    /// Whether a box of that name and value was ticked, or the value chosen.
    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.all(name).any(|given| given == value)
    }

    /// Why, or that nothing else was said.
    pub(crate) fn reason(&self) -> String {
        let reason = self.text("reason");
        if reason.is_empty() { say("as-planned").into_owned() } else { reason.to_owned() }
    }

    /// The form's own name for the request, which the pages' script adds: the same form sent twice is one request. None without the script.
    ///
    /// # Errors
    /// If no script of ours made it.
    pub(crate) fn once(&self) -> Result<Option<String>, Error> {
        let Some(once) = self.typed("once") else { return Ok(None) };
        let right = (1..=LONGEST_ONCE).contains(&once.len());
        if right && once.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Ok(Some(format!("form {once}")));
        }
        let right = message!("some-text", most = LONGEST_ONCE);
        Err(Error::Invalid(message!("field-must-be", name = "once", right)))
    }

    /// Forgets what stood in a field.
    pub(crate) fn without(&mut self, name: &str) {
        self.0.retain(|(n, _)| n != name);
    }

    /// A moment; none if the field was left empty. The browser's field knows no zone: pages tell times in UTC.
    pub(crate) fn moment(&self, name: &'static str) -> Result<Option<Timestamp>, Error> {
        let text = self.text(name);
        if text.is_empty() {
            return Ok(None);
        }
        let text = if text.ends_with('Z') { text.to_owned() } else { format!("{text}:00Z") };
        let wrong = |_| Error::Invalid(message!("field-must-be", name, right = message!("a-moment")));
        text.parse().map(Some).map_err(wrong)
    }

    /// A whole number from nothing on; none if the field was left empty.
    pub(crate) fn number(&self, name: &str) -> Result<Option<i64>, Error> {
        let text = self.text(name);
        if text.is_empty() {
            return Ok(None);
        }
        let right = || message!("a-whole-number", least = 0, most = i64::MAX);
        let wrong = || Error::Invalid(message!("field-must-be", name, right = right()));
        text.parse().ok().filter(|n| *n >= 0).map(Some).ok_or_else(wrong)
    }

    /// Fields called by a word and a line: the line and the value.
    pub(crate) fn by_line<'a>(&'a self, word: &str) -> impl Iterator<Item = (i64, &'a str)> {
        self.0.iter().filter_map(move |(name, value)| {
            let line = name.strip_prefix(word)?.strip_prefix(' ')?.parse().ok()?;
            Some((line, value.trim()))
        })
    }
}

//! What was typed into a form: names and texts, as they came. Pages read it, and show it again where something was wrong with it.

use axum::{extract::Multipart, http::StatusCode};
use jiff::Timestamp;
use muster_app::Error;
use muster_domain::message;
use serde::Deserialize;

use crate::{problem::Kind as Problem, text::say};

/// The fields of a form, in the order in which they stood.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Given(Vec<(String, String)>);

impl Given {
    /// What was sent with a file: the fields, and the file called `file` with its media type, if one was chosen.
    ///
    /// # Errors
    /// If it is too large, or no form.
    pub(crate) async fn with_file(
        mut body: Multipart,
        file: &str,
    ) -> Result<(Self, Option<(String, Vec<u8>)>), Problem> {
        let too_large =
            |status| if status == StatusCode::PAYLOAD_TOO_LARGE { Problem::TooLarge } else { Problem::BadRequest };
        let (mut fields, mut sent) = (Vec::new(), None);
        while let Some(field) = body.next_field().await.map_err(|error| too_large(error.status()))? {
            let name = field.name().unwrap_or_default().to_owned();
            let media_type = field.content_type().unwrap_or_default().to_owned();
            let bytes = field.bytes().await.map_err(|error| too_large(error.status()))?;
            if name == file {
                sent = Some((media_type, bytes.to_vec())).filter(|(_, bytes)| !bytes.is_empty());
            } else {
                fields.push((name, String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
        Ok((Self(fields), sent))
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

    /// Whether a box of that name and value was ticked, or the value chosen.
    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.all(name).any(|given| given == value)
    }

    /// Why, or that nothing else was said.
    pub(crate) fn reason(&self) -> String {
        let reason = self.text("reason");
        if reason.is_empty() { say("as-planned").into_owned() } else { reason.to_owned() }
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
    pub(crate) fn by_line<'a>(&'a self, word: &'a str) -> impl Iterator<Item = (i64, &'a str)> {
        self.0.iter().filter_map(move |(name, value)| {
            let line = name.strip_prefix(word)?.strip_prefix(' ')?.parse().ok()?;
            Some((line, value.trim()))
        })
    }
}

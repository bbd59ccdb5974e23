//! A document that is written page by page, so that as many events as there are need no more memory than one page of them.
//!
//! Its events have no fields beyond the standard: what names would need prefixes is not known when the head is written.

use super::{
    event::{Document, Event},
    time::Moment,
    write_json, write_xml,
};

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As JSON-LD.
    Json,
    /// As XML.
    Xml,
}

impl Form {
    /// A whole document.
    pub fn write(self, document: &Document) -> String {
        match self {
            Self::Json => write_json::write(document),
            Self::Xml => write_xml::write(document),
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/ld+json",
            Self::Xml => "application/xml",
        }
    }

    /// What stands before the events, and after them.
    fn around(self) -> (&'static str, &'static str) {
        match self {
            Self::Json => ("\"eventList\": [", "\n    ]\n  }"),
            Self::Xml => ("<EventList>", "\n    </EventList>"),
        }
    }
}

/// A document being written.
#[derive(Clone, Debug)]
pub struct Stream {
    form: Form,
    document: Document,
    begun: bool,
}

impl Stream {
    /// A document that was made at a moment.
    pub fn new(form: Form, created: Moment) -> Self {
        let document = Document { created: Some(created), ..Document::default() };
        Self { form, document, begun: false }
    }

    /// What stands before all events.
    pub fn head(&self) -> String {
        let text = self.form.write(&self.document);
        let (before, _) = self.form.around();
        text.split_inclusive(before).next().unwrap_or_default().to_owned()
    }

    /// More events.
    pub fn events(&mut self, events: Vec<Event>) -> String {
        if events.is_empty() {
            return String::new();
        }
        self.document.events = events;
        let text = self.form.write(&self.document);
        self.document.events = Vec::new();
        let (before, after) = self.form.around();
        let within = text.split_once(before).map_or("", |(_, rest)| rest);
        let within = within.rsplit_once(after).map_or(within, |(events, _)| events);
        let comma = if self.begun && self.form == Form::Json { "," } else { "" };
        self.begun = true;
        format!("{comma}{within}")
    }

    /// What stands after all events.
    pub fn tail(&self) -> String {
        let text = self.form.write(&self.document);
        let (_, after) = self.form.around();
        text.rsplit_once(after).map_or(String::new(), |(_, rest)| format!("{after}{rest}"))
    }
}

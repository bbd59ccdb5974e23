//! Documents on paper: from what is known of a consignment to pages in PDF, in the languages of those who sign them.
//!
//! It must not do IO, read a clock, know SQL or HTTP, or look anything up: [`papers`] holds all that a document says. The same papers
//! give the same bytes.
//!
//! - [`papers`]: what is put in.
//! - [`certificate`]: certificates of training.
//! - [`attached`]: what a document carries to be checked by.
//! - [`pdf`]: what comes out. Which documents a movement needs is told by `muster_domain::document`.
//! - `templates/`: what a document looks like, one file for each kind; `words/`: what it says, one file for each language.

pub mod attached;
pub mod certificate;
mod data;
mod figures;
pub mod papers;
mod press;
mod symbol;

use std::fmt;

use muster_domain::{document::DocumentKind, message, message::Message, words};

use papers::Papers;

words! {
    /// A language that documents are printed in.
    pub enum Language {
        /// English.
        English = "en",
        /// Ukrainian.
        Ukrainian = "uk",
        /// German.
        German = "de",
        /// French.
        French = "fr",
        /// Polish.
        Polish = "pl",
        /// Japanese.
        Japanese = "ja",
    }
}

/// The languages of one document: labels stand in the first and, if there is one, in the second below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Languages {
    /// Of headings and labels.
    pub first: Language,
    /// The same once more.
    pub second: Option<Language>,
}

impl Languages {
    /// Their letters, each once.
    pub(crate) fn codes(self) -> Vec<&'static str> {
        let second = self.second.filter(|second| *second != self.first);
        [Some(self.first), second].into_iter().flatten().map(Language::as_str).collect()
    }
}

impl From<Language> for Languages {
    fn from(first: Language) -> Self {
        Self { first, second: None }
    }
}

/// Most lines in one document.
pub const MOST_LINES: usize = 2_000;
/// Most handling units in one document.
pub const MOST_HANDLING_UNITS: usize = 1_000;
/// Most legs in one document.
pub const MOST_LEGS: usize = 100;
/// Most serial numbers in one document.
pub const MOST_SERIALS: usize = 20_000;
/// Most characters of text in one document.
pub const MOST_TEXT: usize = 2_000_000;
/// Most characters in one text.
pub const LONGEST_TEXT: usize = 4_000;

/// Why a document was not printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// There is more of something than one document holds.
    TooMuch(Message),
    /// Labels were asked for, and there are no handling units.
    NothingToLabel,
    /// The template is faulty: what the typesetter says.
    Template(String),
}

impl Error {
    /// What to tell.
    pub fn message(&self) -> Message {
        match self {
            Self::TooMuch(message) => message.clone(),
            Self::NothingToLabel => message!("document-without-units"),
            Self::Template(said) => message!("document-template-faulty", said),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message().fmt(f)
    }
}

impl std::error::Error for Error {}

/// Prints a document: the bytes of a PDF, the same for the same papers.
///
/// # Errors
/// If there is more than one document holds, or there is nothing to print.
pub fn pdf(papers: &Papers, kind: DocumentKind, languages: Languages) -> Result<Vec<u8>, Error> {
    within_limits(papers)?;
    let labels = kind == DocumentKind::Label;
    if labels && papers.handling_units.is_empty() {
        return Err(Error::NothingToLabel);
    }
    let codes = languages.codes();
    let data = data::data(papers, &codes, labels);
    let (all, longest) = data::characters(&data);
    at_most(all, MOST_TEXT, |most| message!("document-text-at-most", most))?;
    at_most(longest, LONGEST_TEXT, |most| message!("document-one-text-at-most", most))?;
    let ident = format!("{}/{kind}/{}/{}", papers.mission, papers.number, codes.join("-"));
    press::pdf(kind.as_str(), data, ident, papers.issued_at).map_err(Error::Template)
}

fn within_limits(papers: &Papers) -> Result<(), Error> {
    let serials = papers.lines.iter().map(|line| line.serials().count()).sum();
    at_most(papers.lines.len(), MOST_LINES, |most| message!("document-lines-at-most", most))?;
    at_most(papers.handling_units.len(), MOST_HANDLING_UNITS, |most| message!("document-units-at-most", most))?;
    at_most(papers.legs.len(), MOST_LEGS, |most| message!("document-legs-at-most", most))?;
    at_most(serials, MOST_SERIALS, |most| message!("document-serials-at-most", most))
}

fn at_most(count: usize, most: usize, message: impl Fn(usize) -> Message) -> Result<(), Error> {
    if count <= most { Ok(()) } else { Err(Error::TooMuch(message(most))) }
}

//! Forms of one deed each: what somebody may do next with something, drawn by `deeds.html`.

use crate::text;

/// A form of one deed.
#[derive(Clone)]
pub(crate) struct DeedForm {
    pub(crate) deed: &'static str,
    pub(crate) title: String,
    pub(crate) fields: Vec<Input>,
    /// Whether it must be confirmed, as what cannot be taken back.
    pub(crate) asks: bool,
}

/// A field of such a form.
#[derive(Clone)]
pub(crate) struct Input {
    pub(crate) name: &'static str,
    /// The name of its text, or the text itself.
    pub(crate) label: &'static str,
    /// `text`, `lines`, `choice`, `check`, `file`, `password`, or a type of HTML's.
    pub(crate) look: &'static str,
    /// What is proposed.
    pub(crate) value: String,
    pub(crate) choices: Vec<(String, String)>,
    pub(crate) required: bool,
}

/// A field that may be left empty.
pub(crate) fn input(name: &'static str, label: &'static str, look: &'static str) -> Input {
    Input { name, label, look, value: String::new(), choices: Vec::new(), required: false }
}

/// A field that must be filled in.
pub(crate) fn must(name: &'static str, label: &'static str, look: &'static str) -> Input {
    Input { required: true, ..input(name, label, look) }
}

/// Words of the domain as choices.
pub(crate) fn words(all: impl Iterator<Item = &'static str>) -> Vec<(String, String)> {
    all.map(|word| (word.to_owned(), text::word(word).into_owned())).collect()
}

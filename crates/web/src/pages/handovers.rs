//! The handovers of a consignment on its page: each with who signed and how, its photographs, and its receipt.

use std::collections::BTreeMap;

use muster_app::transfer::{receipt::Signature, shown::Shown};
use muster_domain::picture::Picture;

use super::{
    figures,
    record::{cells::Cell, panels::record_cell},
};
use crate::{
    address::escaped,
    text::{self, say},
};

/// One handover.
pub(crate) struct HandoverRow {
    pub(crate) code: String,
    /// What happened then, and when.
    pub(crate) what: String,
    pub(crate) when: String,
    pub(crate) place: Cell,
    pub(crate) hands_over: String,
    pub(crate) takes_over: String,
    /// What is odd about it.
    pub(crate) doubts: Vec<String>,
    pub(crate) kept: Vec<Kept>,
    /// Its receipt as a paper, and as what can be checked.
    pub(crate) paper: String,
    pub(crate) receipt: String,
    /// How its hash begins.
    pub(crate) hash: String,
}

/// A photograph or paper.
pub(crate) struct Kept {
    pub(crate) href: String,
    /// Whether it can be shown where it is named.
    pub(crate) shows: bool,
    /// What it is, and its place among those of the handover.
    pub(crate) what: &'static str,
    pub(crate) number: usize,
}

impl Kept {
    /// One of a kind, by its hash and where it is, and its place among others. `kinds` says of what kind is what is kept, by hash.
    pub(crate) fn of(
        kinds: &BTreeMap<String, String>,
        hash: &str,
        href: String,
        (what, number): (&'static str, usize),
    ) -> Self {
        Self { href, shows: kinds.get(hash).is_some_and(|kind| kind.starts_with("image/")), what, number }
    }
}

/// All handovers of a consignment that are shown, in order. `kinds` says of what kind is what is kept with them, by hash.
pub(crate) fn rows(picture: &Picture, shown: &Shown, kinds: &BTreeMap<String, String>) -> Vec<HandoverRow> {
    let consignment = escaped(shown.head.code.as_str());
    let row = |handover: &muster_app::storage::transfer::Handover| {
        let told = shown.told(handover);
        let code = escaped(handover.code.as_str());
        let kept = (1..).zip(told.kept()).map(|(number, hash)| {
            let href = format!("/api/v1/handovers/{code}/attachments/{}", escaped(hash));
            let photo = told.photos.iter().any(|photo| photo == hash);
            Kept::of(kinds, hash, href, (if photo { "handover-photo" } else { "handover-paper" }, number))
        });
        HandoverRow {
            what: text::word(&told.milestone).into_owned(),
            when: figures::moment(handover.occurred_at),
            place: record_cell(picture, "places", handover.place.as_str()),
            hands_over: signed(&told.hands_over),
            takes_over: signed(&told.takes_over),
            doubts: told.odd().iter().map(text::words).collect(),
            kept: kept.collect(),
            paper: format!("/api/v1/consignments/{consignment}/documents/handover_receipt?handover={code}"),
            receipt: format!("/api/v1/handovers/{code}/receipt"),
            hash: handover.hash.chars().take(16).collect(),
            code: handover.code.to_string(),
        }
    };
    shown.handovers.iter().map(row).collect()
}

/// Who signed, of which party, and how.
fn signed(by: &Signature) -> String {
    let party = if by.party.is_empty() { String::new() } else { format!(" ({})", by.party) };
    let means = match by.means.as_str() {
        "pin" => say("signed-by-pin"),
        "key" => say("signed-by-key"),
        "passkey" => say("signed-by-passkey"),
        _ => say("signed-on-paper"),
    };
    format!("{}{party}, {means}", by.name)
}

//! What a receipt tells at a glance: who signed and how, and what was photographed. Pages, the API and the command line list handovers by it;
//! whoever wants proof takes the receipt itself.

use std::collections::{BTreeMap, BTreeSet};

use muster_domain::{message::Message, viewer::Viewer};
use muster_storage::{
    db::Conn,
    transfer::{Handover, note::Note, read as store},
};
use serde_json::{Value, json};

use crate::{App, Error, everything};

/// One who signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// Their name.
    pub name: String,
    /// Their party, or empty.
    pub party: String,
    /// How: `pin`, `key`, `passkey` or `paper`.
    pub means: String,
    /// Of paper, the hash of its photograph.
    pub paper: Option<String>,
}

impl Signature {
    fn of(statement: &Value, side: &str) -> Self {
        let part = |name: &str| statement[side][name].as_str().unwrap_or_default().to_owned();
        let paper = statement[side]["photo"].as_str().map(str::to_owned);
        Self { name: part("name"), party: part("party"), means: part("means"), paper }
    }

    fn json(&self) -> Value {
        json!({ "name": self.name, "party": self.party, "means": self.means, "photo": self.paper })
    }
}

/// What a receipt tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// At which milestone, as `departed`.
    pub milestone: String,
    /// Who handed over.
    pub hands_over: Signature,
    /// Who took over.
    pub takes_over: Signature,
    /// Hashes of photographs, besides papers that were signed.
    pub photos: Vec<String>,
    /// What is odd about it, by name ([`super::doubt::told`]).
    pub doubts: Vec<String>,
}

impl Told {
    /// Of a handover.
    pub fn of(handover: &Handover) -> Self {
        let statement = statement(handover);
        let texts = |name: &str| {
            let all = statement[name].as_array().into_iter().flatten();
            all.filter_map(|text| text.as_str().map(str::to_owned)).collect()
        };
        Self {
            milestone: statement["milestone"].as_str().unwrap_or_default().to_owned(),
            hands_over: Signature::of(&statement, "hands_over"),
            takes_over: Signature::of(&statement, "takes_over"),
            photos: texts("photos"),
            doubts: texts("doubts"),
        }
    }

    /// What is odd about it, in words.
    pub fn odd(&self) -> Vec<Message> {
        self.doubts.iter().filter_map(|doubt| super::doubt::told(doubt)).collect()
    }

    /// Hashes of all that is kept with it: what was signed on paper, and photographs; each once.
    pub fn kept(&self) -> Vec<&str> {
        let papers = [&self.hands_over, &self.takes_over].into_iter().filter_map(|of| of.paper.as_deref());
        let mut all: Vec<&str> = Vec::new();
        for hash in papers.chain(self.photos.iter().map(String::as_str)) {
            if !all.contains(&hash) {
                all.push(hash);
            }
        }
        all
    }
}

impl App {
    /// Of what kind the photographs and papers are that are kept with handovers and notes, by hash.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn kinds_kept(&self, handovers: &[Handover], notes: &[Note]) -> Result<BTreeMap<String, String>, Error> {
        let told: Vec<Told> = handovers.iter().map(Told::of).collect();
        let of_notes = notes.iter().flat_map(|note| &note.photos).map(String::as_str);
        let hashes: Vec<&str> = told.iter().flat_map(Told::kept).chain(of_notes).collect();
        Ok(store::kinds_kept(&mut self.read().await?, &hashes).await?)
    }
}

/// What both parties signed.
pub(super) fn statement(handover: &Handover) -> Value {
    serde_json::from_str(&handover.statement).unwrap_or_default()
}

/// Whether what both parties signed tells of these lines alone. What stood on no manifest is told to who sees all.
pub(super) fn tells_only_of(statement: &Value, lines: &BTreeSet<i64>) -> bool {
    let all = |name: &str| statement[name].as_array().map_or(&[][..], Vec::as_slice);
    let seen = |line: &Value| line["line"].as_i64().is_some_and(|line| lines.contains(&line));
    !all("lines").is_empty() && all("lines").iter().all(seen) && all("unmanifested").is_empty()
}

/// A handover of which the viewer sees all that was signed.
pub(super) async fn seen(conn: &mut Conn, viewer: &Viewer, code: &str) -> Result<Option<Handover>, Error> {
    let Some(found) = store::handover_of(conn, viewer, code).await? else { return Ok(None) };
    let statement = statement(&found);
    let consignment = statement["consignment"].as_str().unwrap_or_default();
    let lines: BTreeSet<i64> = store::lines(conn, viewer, consignment).await?.iter().map(|line| line.line).collect();
    let sees =
        tells_only_of(&statement, &lines) || store::lines(conn, &everything(), consignment).await?.len() == lines.len();
    Ok(Some(found).filter(|_| sees))
}

/// A handover as a list tells it, as JSON.
pub(super) fn handover(handover: &Handover) -> Value {
    let told = Told::of(handover);
    json!({
        "handover": handover.code.as_str(),
        "milestone": handover.milestone,
        "kind": told.milestone,
        "place": handover.place.as_str(),
        "at": handover.occurred_at.to_string(),
        "hands_over": told.hands_over.json(),
        "takes_over": told.takes_over.json(),
        "photos": told.photos,
        "doubts": told.doubts,
        "sha256": handover.hash,
    })
}

//! What a receipt tells at a glance: who signed and how, and what was photographed. Pages, the API and the command line list handovers by it;
//! whoever wants proof takes the receipt itself.

use std::collections::BTreeMap;

use muster_storage::transfer::{Handover, read as store};
use serde_json::{Value, json};

use crate::{App, Error};

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
}

impl Told {
    /// Of a handover.
    pub fn of(handover: &Handover) -> Self {
        let statement: Value = serde_json::from_str(&handover.statement).unwrap_or_default();
        let photos = statement["photos"].as_array().into_iter().flatten();
        Self {
            milestone: statement["milestone"].as_str().unwrap_or_default().to_owned(),
            hands_over: Signature::of(&statement, "hands_over"),
            takes_over: Signature::of(&statement, "takes_over"),
            photos: photos.filter_map(|photo| photo.as_str().map(str::to_owned)).collect(),
        }
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
    /// Of what kind the photographs and papers are that are kept with handovers, by hash.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn kinds_kept(&self, handovers: &[Handover]) -> Result<BTreeMap<String, String>, Error> {
        let told: Vec<Told> = handovers.iter().map(Told::of).collect();
        let hashes: Vec<&str> = told.iter().flat_map(Told::kept).collect();
        Ok(store::kinds_kept(&mut self.read().await?, &hashes).await?)
    }
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
        "sha256": handover.hash,
    })
}

//! What a receipt tells at a glance: who signed and how, and what was photographed. Pages, the API and the command line list handovers by it;
//! whoever wants proof takes the receipt itself.

use std::collections::{BTreeMap, BTreeSet};

use muster_documents::papers::{
    Count, Doubt, Finding, Method, Packed, Papers, Particular, Signature as Signed, Verification,
};
use muster_domain::{field::Field, message::Message, picture::Picture, viewer::Viewer};
use muster_storage::{
    db::Conn,
    transfer::{Handover, note::Note, read as store},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::papers::place;
use crate::{
    App, Error, everything,
    sealed::{RECEIPT, hex},
};

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
pub(super) fn handover(handover: &Handover, told: &Told) -> Value {
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

/// Puts into the papers what was signed: both signatures, the counts, and by what they can be verified.
pub(super) fn print(
    picture: &Picture,
    papers: &mut Papers,
    (handover, told, sealed): (&Handover, &Told, &Value),
    key: &[u8],
) {
    let statement = statement(handover);
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let signature = |side: &str, role: &str| {
        let signed = &statement[side];
        let party = text(signed, "party");
        Signed {
            name: text(signed, "name"),
            party: picture.parties.get(&party).map_or(party, |p| p.name.to_string()),
            role: role.to_owned(),
            place: place(picture, handover.place.as_str()).name,
            signed_at: Some(handover.occurred_at),
            method: Method::parse(&text(signed, "means")).unwrap_or(Method::Paper),
            key: text(signed, "key"),
            signature: text(signed, "signature"),
        }
    };
    papers.number = handover.code.to_string();
    papers.released = Some(signature("hands_over", ""));
    papers.received = Some(signature("takes_over", ""));
    for signed in statement["lines"].as_array().into_iter().flatten() {
        let number = |name: &str| signed.get(name).and_then(Value::as_i64).unwrap_or_default();
        let counted = number("counted");
        let texts = |of: &Value, name: &str| -> Vec<String> {
            let all = of.get(name).and_then(Value::as_array).into_iter().flatten();
            all.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let Some(line) = papers.lines.iter_mut().find(|line| i64::from(line.number) == number("line")) else {
            continue;
        };
        line.units = vec![Packed { serials: texts(signed, "serials"), quantity: line.quantity, ..Packed::default() }];
        let mut particulars = Vec::new();
        for lot in signed["lot_counts"].as_array().into_iter().flatten() {
            let names = [
                ("counted", Finding::Received),
                ("short", Finding::Short),
                ("damaged", Finding::Damaged),
                ("over", Finding::Over),
            ];
            for (name, finding) in names {
                let quantity = lot.get(name).and_then(Value::as_i64).unwrap_or_default();
                if quantity > 0 {
                    particulars.push(Particular { finding, lot: text(lot, "lot"), serials: Vec::new(), quantity });
                }
            }
        }
        let named =
            [("short_units", Finding::Short), ("damaged_units", Finding::Damaged), ("over_units", Finding::Over)];
        for (name, finding) in named {
            let serials = texts(&signed[name], "serials");
            let quantity = serials.len() as i64;
            if quantity > 0 {
                particulars.push(Particular { finding, lot: String::new(), serials, quantity });
            }
        }
        let (short, damaged, over) = (number("short"), number("damaged"), number("over"));
        let remark = text(signed, "remark");
        line.count = Some(Count { received: counted + damaged + over, short, damaged, over, remark, particulars });
    }
    papers.doubts = told.doubts.iter().filter_map(|doubt| Doubt::parse(doubt).ok()).collect();
    let things = statement["unmanifested"].as_array().into_iter().flatten();
    let thing = |thing: &Value| format!("{} × {}", thing["quantity"], text(thing, "description"));
    papers.unmanifested = things.map(thing).collect::<Vec<_>>().join("\n");
    papers.verification = Some(Verification {
        text: String::new(),
        hash: handover.hash.clone(),
        key: hex(&Sha256::digest(key))[..32].to_owned(),
        qr: format!("{} {} sha256 {}", RECEIPT, handover.code, handover.hash),
        sealed: sealed.to_string(),
    });
}

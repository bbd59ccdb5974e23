//! Handovers: custody passes from one to another, and both sign. What they signed is sealed, so that anybody with the public key can check
//! the receipt, without Muster and without a network.
//!
//! Four ways to sign: by a key on one's own device, which signs the text of the handover (Ed25519); by a passkey, which signs its hash
//! ([`crate::passkey`]); by the PIN of one's account, which Muster checks; on paper, of which a photograph is kept. What was signed, by
//! whom and how stands in the receipt.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use jiff::{SignedDuration, Timestamp};
use muster_domain::{
    code::Code,
    consignment::Milestone,
    ledger::entry::{Act, Activity, Subject},
    message,
    message::Message,
    policy::{self, Action, Deed},
    variance::VarianceKind,
    viewer::Viewer,
};
use muster_storage::transfer::{Attachment, Consignment, Handover, Line, Unit, Write, attachment, read as store};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    Loaded, Work,
    count::Count,
    custody::Circumstances,
    doubt::{self, Passing, doubts},
    receipt,
    signed_text::{says_the_same, signed_at, told_thing},
    taken::Taken,
    unmanifested::Unmanifested,
};
use crate::{
    Actor, App, Error, passkey,
    sealed::{RECEIPT, Sealed, hex, verifies},
    user::PinError,
};

pub use crate::passkey::LONGEST_PART as LONGEST_PASSKEY_PART;

/// Longest photograph or paper, in bytes.
pub const LONGEST_ATTACHMENT: usize = 8 << 20;

/// Most bytes of photographs and papers that somebody sends within 24 hours: what a hub's phone kept for a week without a network.
pub const MOST_A_DAY: i64 = 2 << 30;

/// How long something may name a photograph or paper after it was last sent. A phone sends them with what names them, however long that waited.
pub const UNNAMED_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What may be kept: photographs and papers.
pub const MEDIA_TYPES: &[&str] = &["image/jpeg", "image/png", "image/webp", "application/pdf"];

/// Most photographs of one handover.
pub const MOST_PHOTOS: usize = 50;

/// How somebody signed.
#[derive(Clone, PartialEq, Eq)]
pub enum Means {
    /// By the PIN of their account.
    Pin(String),
    /// By a key of theirs: its name, and the signature over the handover's text in base 64.
    Key {
        /// The key's name.
        key: String,
        /// The signature.
        signature: String,
    },
    /// By a passkey of theirs, each part in base 64.
    Passkey {
        /// The key's name.
        key: String,
        /// The signature over the other two parts.
        signature: String,
        /// What the authenticator said.
        authenticator_data: String,
        /// What the browser said: the hash of the handover's text, and which page asked.
        client_data: String,
    },
    /// On paper: the hash of its photograph.
    Paper(String),
}

/// Without the PIN, which no log may show.
impl std::fmt::Debug for Means {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Means {
    /// Its name.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Pin(_) => "pin",
            Self::Key { .. } => "key",
            Self::Passkey { .. } => "passkey",
            Self::Paper(_) => "paper",
        }
    }
}

/// One who signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The name of their account, or on paper the name as it stands there.
    pub name: String,
    /// Their party, if they have no account.
    pub party: String,
    /// How.
    pub means: Means,
}

/// Who signed a handover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Who hands over.
    pub from: Signer,
    /// Who takes over.
    pub to: Signer,
    /// The text that keys signed, as JSON; empty where no key did.
    pub text: String,
    /// Hashes of photographs.
    pub photos: Vec<String>,
}

impl App {
    /// Keeps a photograph or paper for something to name it; gives its hash.
    ///
    /// # Errors
    /// If the actor records nothing that takes evidence, it is too long, of another kind, or more than somebody may send in a day, or the
    /// database refuses.
    pub async fn attach(&self, media_type: &str, bytes: &[u8], actor: &Actor) -> Result<String, Error> {
        policy::may(&actor.viewer, &Deed { own: true, ..Deed::of(Action::Attach) })?;
        if media_type_of(bytes) != Some(media_type) {
            return Err(Error::Invalid(message!("attachment-kind", kinds = MEDIA_TYPES.join(", "))));
        }
        if bytes.len() > LONGEST_ATTACHMENT {
            return Err(Error::Invalid(message!("body-too-large", most = LONGEST_ATTACHMENT)));
        }
        let hash = hex(&Sha256::digest(bytes));
        let kept = Attachment { hash: hash.clone(), media_type: media_type.to_owned(), bytes: bytes.to_vec() };
        let now = self.now();
        let day = now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
        let before = attachment::sent_since(&mut self.read().await?, actor.name(), day, &hash).await?;
        of_a_day(before, bytes.len())?;
        attachment::keep(&self.db, &kept, actor.name(), now).await?;
        Ok(hash)
    }

    /// Throws away photographs and papers that nothing named for thirty days after they were last sent, and a day more; gives how many.
    ///
    /// # Errors
    /// If the ledger or the database refuses.
    pub async fn attachments_sweep(&self, actor: &Actor) -> Result<usize, Error> {
        let longer = UNNAMED_FOR + SignedDuration::from_hours(24);
        let until = self.now().checked_sub(longer).unwrap_or(Timestamp::MIN);
        let swept = attachment::sweep(&self.db, until).await?;
        if swept > 0 {
            let about = format!("photographs and papers that nothing named, thrown away: {swept}");
            self.ledger()?.post(self.note(actor, Activity::Administer, Subject::default(), about)).await??;
        }
        Ok(swept)
    }

    /// A photograph or paper of a handover of which the viewer sees all lines.
    ///
    /// # Errors
    /// If there is none, or the database fails.
    pub async fn attachment(&self, viewer: &Viewer, handover: &str, hash: &str) -> Result<(String, Vec<u8>), Error> {
        let not_found = || Error::NotFound { what: "attachment", code: hash.to_owned() };
        let mut conn = self.read().await?;
        let handover = receipt::seen(&mut conn, viewer, handover).await?.ok_or_else(not_found)?;
        // A hash is 64 digits, so it stands in the text only where it is named.
        let named = hash.len() == 64 && handover.statement.contains(hash);
        if !named {
            return Err(not_found());
        }
        store::attachment(&mut conn, hash).await?.ok_or_else(not_found)
    }

    /// The receipt of a handover of which the viewer sees all lines: what was signed, its hash, and the seal over it.
    ///
    /// # Errors
    /// If there is none, or the database fails.
    pub async fn receipt(&self, viewer: &Viewer, code: &str) -> Result<Value, Error> {
        let mut conn = self.read().await?;
        let found = receipt::seen(&mut conn, viewer, code).await?;
        let found = found.ok_or_else(|| Error::NotFound { what: "handover", code: code.to_owned() })?;
        sealed(&found).shown(RECEIPT, &mut conn).await
    }
}

/// That somebody who sent so many bytes within a day may send so many more.
fn of_a_day(before: i64, more: usize) -> Result<(), Error> {
    match before.saturating_add(i64::try_from(more).unwrap_or(i64::MAX)) {
        ..=MOST_A_DAY => Ok(()),
        _ => Err(Error::Invalid(message!("attachments-too-many", most = MOST_A_DAY >> 20))),
    }
}

/// What may be kept of files that begin as these bytes do: one of [`MEDIA_TYPES`], or nothing.
pub fn media_type_of(bytes: &[u8]) -> Option<&'static str> {
    let begins = |media_type: &str| match media_type {
        "image/jpeg" => bytes.starts_with(&[0xff, 0xd8, 0xff]),
        "image/png" => bytes.starts_with(b"\x89PNG\r\n\x1a\n"),
        "image/webp" => bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"),
        _ => bytes.starts_with(b"%PDF-"),
    };
    MEDIA_TYPES.iter().copied().find(|media_type| begins(media_type))
}

fn sealed(handover: &Handover) -> Sealed {
    let Handover { statement, hash, seal, .. } = handover.clone();
    Sealed { statement, hash, seal }
}

/// What is signed for.
#[derive(Clone, Copy)]
pub(crate) struct SignedFor<'a> {
    /// The lines as they were stated.
    stated: &'a [Line],
    /// The units that are there, where they are known one by one.
    units: &'a [Unit],
    /// What was counted, where it was.
    taken: Option<&'a Taken>,
    unmanifested: &'a [Unmanifested],
    /// Whether it was recorded before anybody signed.
    later: bool,
}

impl<'a> SignedFor<'a> {
    /// A consignment as it is stated.
    pub(crate) fn stated(loaded: &'a Loaded) -> Self {
        Self { stated: &loaded.lines, units: &loaded.units, taken: None, unmanifested: &[], later: false }
    }

    /// A consignment as it was counted.
    pub(crate) fn counted(loaded: &'a Loaded, taken: &'a Taken, count: &'a Count) -> Self {
        Self { units: &taken.units, taken: Some(taken), unmanifested: &count.unmanifested, ..Self::stated(loaded) }
    }

    /// A consignment as it was when it was recorded.
    pub(crate) fn later(loaded: &'a Loaded, taken: &'a Option<Taken>, unmanifested: &'a [Unmanifested]) -> Self {
        Self { taken: taken.as_ref(), unmanifested, later: true, ..Self::stated(loaded) }
    }

    /// Of a line whose units are known by lot, what is right, hurt, missing and too much of each lot.
    fn lot_counts(&self, line: i64) -> Vec<Value> {
        let right = self.units.iter().filter(|unit| unit.line == line).map(|unit| (None, unit));
        let wrong = self.taken.map(|taken| taken.wrong.as_slice()).unwrap_or_default();
        let wrong = wrong.iter().filter(|wrong| wrong.line.line == line);
        let wrong = wrong.flat_map(|wrong| wrong.units.iter().map(|unit| (Some(wrong.kind), unit)));
        let mut by_lot: BTreeMap<&str, [i64; 4]> = BTreeMap::new();
        for (kind, unit) in right.chain(wrong).filter(|(_, unit)| !unit.lot.is_empty() && unit.serial.is_empty()) {
            let place = match kind {
                None => 0,
                Some(VarianceKind::Damaged) => 1,
                Some(VarianceKind::Short) => 2,
                Some(_) => 3,
            };
            by_lot.entry(&unit.lot).or_default()[place] += unit.quantity;
        }
        let told = |(lot, [counted, damaged, short, over]): (&str, [i64; 4])| json!({ "lot": lot, "counted": counted, "damaged": damaged, "short": short, "over": over });
        by_lot.into_iter().map(told).collect()
    }

    /// Its lines as they stand in the receipt: what is right, hurt, missing and too much of each, and the units by lot and serial number.
    fn lines(&self) -> Vec<Value> {
        let named = |units: &mut dyn Iterator<Item = &Unit>| {
            let units: Vec<&Unit> = units.collect();
            let all =
                |of: fn(&Unit) -> &String| units.iter().map(|u| of(u)).filter(|t| !t.is_empty()).collect::<Vec<_>>();
            json!({ "lots": all(|unit| &unit.lot), "serials": all(|unit| &unit.serial) })
        };
        let line = |line: &Line| {
            let taken = self.taken.and_then(|taken| taken.lines.iter().find(|taken| taken.line == line.line));
            let wrong = |kind| {
                let all = self.taken.map(|taken| taken.wrong.as_slice()).unwrap_or_default();
                all.iter().filter(move |wrong| wrong.line.line == line.line && wrong.kind == kind)
            };
            let quantity = |kind| wrong(kind).map(|wrong| wrong.quantity).sum::<i64>();
            let units = |kind| named(&mut wrong(kind).flat_map(|wrong| &wrong.units));
            let all = self.taken.map(|taken| taken.wrong.as_slice()).unwrap_or_default();
            let remark = all.iter().find(|wrong| wrong.line.line == line.line).map(|wrong| wrong.remark.as_str());
            let there = named(&mut self.units.iter().filter(|unit| unit.line == line.line));
            json!({
                "line": line.line,
                "resource": line.resource.as_str(),
                "stated": line.present,
                "counted": taken.map_or(line.present, |taken| taken.present),
                "damaged": quantity(VarianceKind::Damaged),
                "short": quantity(VarianceKind::Short),
                "over": quantity(VarianceKind::Over),
                "lots": there["lots"],
                "serials": there["serials"],
                "damaged_units": units(VarianceKind::Damaged),
                "short_units": units(VarianceKind::Short),
                "over_units": units(VarianceKind::Over),
                "lot_counts": self.lot_counts(line.line),
                "remark": remark,
            })
        };
        self.stated.iter().filter(|line| line.present > 0).map(line).collect()
    }
}

impl Work<'_> {
    /// Checks who signed, and adds the sealed handover with its note. Gives its code, none if nobody signed, and what is odd about it.
    pub(crate) async fn sign(
        &mut self,
        head: &Consignment,
        milestone: Milestone,
        circumstances: &Circumstances,
        of: SignedFor<'_>,
    ) -> Result<(Option<Code>, Vec<Message>), Error> {
        let Some(signed) = &circumstances.signed else { return Ok((None, Vec::new())) };
        if signed.photos.len() > MOST_PHOTOS {
            return Err(Error::Invalid(message!("at-most", most = MOST_PHOTOS)));
        }
        for photo in &signed.photos {
            self.kept(photo).await?;
        }
        let code = self.app.dated_code("H");
        let from = self.signature(&signed.from, signed).await?;
        let to = self.signature(&signed.to, signed).await?;
        if from.get("name") == to.get("name") && from.get("party") == to.get("party") {
            return Err(Error::Invalid(message!("two-must-sign")));
        }
        let mut statement = json!({
            "handover": code.as_str(),
            "consignment": head.code.as_str(),
            "consignor": head.consignor.as_str(),
            "consignee": head.consignee.as_str(),
            "milestone": milestone.as_str(),
            "place": head.place.as_str(),
            "at": self.at.to_string(),
            "recorded_at": self.now.to_string(),
            "lines": of.lines(),
            "unmanifested": of.unmanifested.iter().map(told_thing).collect::<Vec<_>>(),
            "hands_over": from,
            "takes_over": to,
            "signed_text": signed.text,
            "photos": signed.photos,
            "remark": circumstances.remark,
        });
        if !signed.text.is_empty() {
            says_the_same(&signed.text, &statement).map_err(Error::Invalid)?;
        }
        let told_at = self.signed_once(head, signed).await?;
        let next = store::next_steps(&mut self.conn, head.code.as_str(), head.passed).await?;
        // Where some lines change hands and others do not, those that do tell between whom.
        let step = next.values().find(|step| step.from.holder != step.to.holder).or_else(|| next.values().next_back());
        let keeper = self.keeper(&head.place);
        let passing = Passing {
            milestone,
            hands: (step.map(|step| &step.from.holder), step.map(|step| &step.to.holder)),
            others: [&head.consignor, &head.consignee].into_iter().chain(&keeper).collect(),
        };
        let mut doubts = doubts(&self.picture, &passing, &statement, (told_at, self.at));
        doubts.extend(of.later.then_some(doubt::LATER));
        statement["doubts"] = doubts.as_slice().into();
        let Sealed { statement, hash, seal } = Sealed::new(&statement, self.app.ledger()?);
        let subject = Subject { consignment: Some(head.code.clone()), ..Subject::default() };
        let about = format!("{code} sha256 {hash}");
        let entry = self.command(Act::Note { activity: Activity::HandOver, subject, about });
        let handover = Handover {
            code: code.clone(),
            milestone: head.milestones + 1,
            place: head.place.clone(),
            occurred_at: self.at,
            statement,
            hash,
            seal,
            entry,
        };
        self.signed = Some((head.code.clone(), handover));
        Ok((Some(code), doubts.into_iter().filter_map(doubt::told).collect()))
    }

    /// That what keys signed says where and when it is of, and was recorded for no handover before; gives when. None, if no key signed.
    async fn signed_once(&mut self, head: &Consignment, signed: &Signed) -> Result<Option<Timestamp>, Error> {
        let by_key = |signer: &Signer| matches!(signer.means, Means::Key { .. } | Means::Passkey { .. });
        if !by_key(&signed.from) && !by_key(&signed.to) {
            return Ok(None);
        }
        let at = signed_at(&signed.text).map_err(Error::Invalid)?;
        for before in store::handovers(&mut self.conn, head.code.as_str()).await? {
            if receipt::statement(&before)["signed_text"] == signed.text.as_str() {
                return Err(Error::Invalid(message!("signed-before", handover = &before.code)));
            }
        }
        Ok(Some(at))
    }

    /// That a photograph or paper was kept; from now on it stays. What nobody named for long is as good as gone, so that nothing names what is
    /// being thrown away.
    pub(crate) async fn kept(&mut self, hash: &str) -> Result<(), Error> {
        let since = self.now.checked_sub(UNNAMED_FOR).unwrap_or(Timestamp::MIN);
        if !attachment::may_be_named(&mut self.conn, hash, since).await? {
            return Err(Error::Invalid(message!("attachment-not-kept", hash)));
        }
        self.writes.push(Write::Named(hash.to_owned()));
        Ok(())
    }

    /// Whether somebody signs by a PIN; gives their party.
    pub(crate) async fn signs(&mut self, name: &str, pin: &str) -> Result<Code, Error> {
        match self.app.check_pin(&mut self.conn, name, pin).await? {
            Ok(party) => Ok(party),
            Err(PinError::Wrong) => Err(Error::Invalid(message!("pin-wrong", name))),
            Err(PinError::Wait(seconds)) => Err(Error::Invalid(message!("pin-wait", name, seconds))),
        }
    }

    /// A signature as it stands in the receipt, once it was checked.
    async fn signature(&mut self, signer: &Signer, signed: &Signed) -> Result<Value, Error> {
        let means = signer.means.as_str();
        let name = signer.name.trim();
        if name.is_empty() || name.chars().count() > 200 || signer.party.chars().count() > 200 {
            return Err(Error::Invalid(message!("signer-name", most = 200)));
        }
        match &signer.means {
            Means::Paper(photo) => {
                self.kept(photo).await?;
                Ok(json!({ "name": name, "party": signer.party.trim(), "means": means, "photo": photo }))
            }
            Means::Pin(pin) => {
                let party = self.signs(name, pin).await?;
                Ok(json!({ "name": name, "party": party.as_str(), "means": means }))
            }
            Means::Key { key, .. } | Means::Passkey { key, .. } => {
                let known = store::signer(&mut self.conn, key).await?.filter(|(known, _)| known.user == name);
                let (known, party) = known.ok_or_else(|| Error::NotFound { what: "signing_key", code: key.clone() })?;
                if known.revoked_at.is_some_and(|revoked| revoked <= self.now.max(self.at)) {
                    return Err(Error::Invalid(message!("signing-key-revoked", key)));
                }
                let gone = || Error::NotFound { what: "account", code: name.to_owned() };
                let party = party.ok_or_else(gone)?;
                let mut said = json!({
                    "name": name,
                    "party": party.as_str(),
                    "means": means,
                    "key": key,
                    "public_key": known.public_key,
                });
                match (&signer.means, known.passkey) {
                    (Means::Passkey { signature, authenticator_data, client_data, .. }, Some(passkey)) => {
                        said["relying_party"] = passkey.relying_party.into();
                        said["signature"] = signature.as_str().into();
                        said["authenticator_data"] = authenticator_data.as_str().into();
                        said["client_data"] = client_data.as_str().into();
                    }
                    (Means::Key { signature, .. }, None) => said["signature"] = signature.as_str().into(),
                    (Means::Passkey { .. }, _) => return Err(Error::Invalid(message!("key-no-passkey", key))),
                    _ => return Err(Error::Invalid(message!("key-passkey", key))),
                }
                fits(&said, &signed.text).map_err(|said| Error::Invalid(message!("signature-wrong", name, said)))?;
                Ok(said)
            }
        }
    }
}

/// Whether a signature by a key or a passkey, as it stands in a receipt, is of this text.
///
/// # Errors
/// Why it is not.
pub(crate) fn fits(signature: &Value, text: &str) -> Result<(), Message> {
    let part = |name: &str| signature.get(name).and_then(Value::as_str).unwrap_or_default();
    if text.is_empty() {
        return Err(message!("signed-no-text"));
    }
    if part("means") == "passkey" {
        let assertion = passkey::Assertion {
            signature: part("signature"),
            authenticator_data: part("authenticator_data"),
            client_data: part("client_data"),
        };
        return passkey::verify(part("public_key"), part("relying_party"), text, assertion);
    }
    let public = BASE64.decode(part("public_key")).unwrap_or_default();
    if verifies(&public, text.as_bytes(), part("signature")) { Ok(()) } else { Err(message!("signature-of-other")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_sends_more_than_a_day_takes() {
        assert!(of_a_day(0, LONGEST_ATTACHMENT).is_ok() && of_a_day(MOST_A_DAY - 4, 4).is_ok());
        for (before, more) in [(MOST_A_DAY - 4, 5), (MOST_A_DAY, 1), (i64::MAX, 1)] {
            let refused = of_a_day(before, more).unwrap_err().to_string();
            assert!(refused.contains("attachments-too-many(most=2048)"), "{refused}");
        }
    }
}

//! Sealed statements: what Muster said of a handover or of a trainee, so that anybody with the public key can check it, without Muster
//! and without a network.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::{Signature as Ed25519, Verifier, VerifyingKey};
use muster_domain::{message, message::Message};
use muster_storage::{db::Conn, ledger::Ledger};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    Error,
    transfer::{handover, signed_text},
};

/// Format of the receipt of a handover.
pub const RECEIPT: &str = "muster-receipt/1";

/// Format of a certificate of training.
pub const CERTIFICATE: &str = "muster-certificate/1";

/// A statement with its seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sealed {
    /// What is said, as JSON.
    pub(crate) statement: String,
    /// Its SHA-256, in hexadecimal digits.
    pub(crate) hash: String,
    /// The ledger's signature over it, in base 64.
    pub(crate) seal: String,
}

impl Sealed {
    /// Seals a statement.
    pub(crate) fn new(statement: &Value, ledger: &Ledger) -> Self {
        let statement = statement.to_string();
        let hash = hex(&Sha256::digest(&statement));
        let seal = BASE64.encode(ledger.seal(statement.as_bytes()));
        Self { statement, hash, seal }
    }

    /// What is said.
    ///
    /// # Errors
    /// If it is no JSON, which only a damaged database says.
    pub(crate) fn said(&self) -> Result<Value, Error> {
        let corrupt = |error| muster_storage::Error::Corrupt(format!("sealed statement {}: {error}", self.hash));
        Ok(serde_json::from_str(&self.statement).map_err(corrupt)?)
    }

    /// As it is given out, with the public key.
    pub(crate) async fn shown(&self, format: &str, conn: &mut Conn) -> Result<Value, Error> {
        let key = muster_storage::ledger::public_key(conn).await?.unwrap_or_default();
        Ok(json!({
            "format": format,
            "statement": self.said()?,
            "sha256": self.hash,
            "seal": self.seal,
            "public_key": BASE64.encode(key),
        }))
    }
}

/// Bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How one of the two signed a handover, as far as the receipt alone shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Whether they handed over, and did not take over.
    pub hands_over: bool,
    /// Their name.
    pub name: String,
    /// Their party.
    pub party: String,
    /// How: `key`, `passkey`, `pin`, `paper`.
    pub means: String,
    /// The name of their key, if they signed by one.
    pub key: String,
    /// Whether what was signed is what the receipt says, and the signature is of the key that stands in it. None: that can be seen by who
    /// has Muster's PINs, or the paper.
    pub right: Option<Result<(), Message>>,
}

/// The receipt or certificate in a file: in JSON, or in the PDF to which it is attached.
///
/// # Errors
/// If it is neither.
pub fn read(file: &[u8]) -> Result<Value, Message> {
    let attached = || muster_documents::attached::sealed(file).ok_or_else(|| message!("receipt-unattached"));
    let json = if file.starts_with(b"%PDF-") { Cow::Owned(attached()?) } else { Cow::Borrowed(file) };
    serde_json::from_slice(&json).map_err(|error| message!("line-no-json", error = error.to_string()))
}

/// Checks a receipt or a certificate: that its hash and its seal are right. `key` is the public key that is trusted, of 32 bytes; none:
/// the one in it, which proves only that nothing was altered since. Gives who signed, of a receipt; that somebody's signature is wrong is
/// told there.
///
/// # Errors
/// What is wrong with it.
pub fn check(sealed: &Value, key: Option<&[u8]>) -> Result<Vec<Signed>, Message> {
    let text = |name: &str| sealed.get(name).and_then(Value::as_str).unwrap_or_default();
    if ![RECEIPT, CERTIFICATE].contains(&text("format")) {
        return Err(message!("receipt-format", format = RECEIPT));
    }
    let statement = sealed.get("statement").map(ToString::to_string).unwrap_or_default();
    if hex(&Sha256::digest(&statement)) != text("sha256") {
        return Err(message!("receipt-altered"));
    }
    let own = BASE64.decode(text("public_key")).unwrap_or_default();
    if !verifies(key.unwrap_or(&own), statement.as_bytes(), text("seal")) {
        return Err(message!("receipt-seal"));
    }
    let sides = ["hands_over", "takes_over"].into_iter().filter(|_| text("format") == RECEIPT);
    Ok(sides.map(|side| signed(&sealed["statement"], side)).collect())
}

/// How one side signed what a receipt says.
fn signed(statement: &Value, side: &str) -> Signed {
    let of = &statement[side];
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let means = text(of, "means");
    let right = matches!(means.as_str(), "key" | "passkey").then(|| {
        let told = text(statement, "signed_text");
        handover::fits(of, &told)?;
        signed_text::says_the_same(&told, statement)
    });
    let hands_over = side == "hands_over";
    Signed { hands_over, name: text(of, "name"), party: text(of, "party"), means, key: text(of, "key"), right }
}

/// Whether an Ed25519 key signed bytes; `signature` in base 64.
pub(crate) fn verifies(key: &[u8], bytes: &[u8], signature: &str) -> bool {
    let key = <[u8; 32]>::try_from(key).ok().and_then(|key| VerifyingKey::from_bytes(&key).ok());
    let signature = BASE64.decode(signature).ok().and_then(|bytes| Ed25519::from_slice(&bytes).ok());
    key.zip(signature).is_some_and(|(key, signature)| key.verify(bytes, &signature).is_ok())
}

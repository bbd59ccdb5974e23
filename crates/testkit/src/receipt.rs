//! Receipts that a test seals itself, to say in them what Muster would not.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::Signer;
use sha2::{Digest, Sha256};

use crate::database::seal_key;

/// The receipt of a statement, as JSON, rightly sealed with the key of tests. The statement is JSON without blanks, its fields in order.
pub fn sealed(statement: &str) -> String {
    let key = seal_key();
    let hash: String = Sha256::digest(statement).iter().map(|byte| format!("{byte:02x}")).collect();
    let seal = BASE64.encode(key.sign(statement.as_bytes()).to_bytes());
    let public = BASE64.encode(key.verifying_key().as_bytes());
    format!(
        r#"{{"format":"muster-receipt/1","statement":{statement},"sha256":"{hash}","seal":"{seal}","public_key":"{public}"}}"#
    )
}

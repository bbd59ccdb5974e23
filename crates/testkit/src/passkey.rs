//! A browser with a passkey, made up: it signs as browsers do, and says what a test tells it to.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD as BASE64_URL},
};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use sha2::{Digest, Sha256};

/// A passkey and the browser that uses it.
#[derive(Clone, Debug)]
pub struct Browser {
    /// Which passkey it is. The same number is the same passkey.
    pub number: u8,
    /// The host that the passkey is of.
    pub relying_party: String,
    /// Where the page that asks is.
    pub origin: String,
    /// What the browser says that it does.
    pub kind: String,
    /// Whether the page that asks stands within one of others.
    pub cross_origin: bool,
    /// What the authenticator says of who is there: 1 that somebody is, 4 that it knows them.
    pub flags: u8,
}

/// A signature, each part in base 64.
#[derive(Clone, Debug)]
pub struct Assertion {
    /// The signature, in DER.
    pub signature: String,
    /// What the authenticator says.
    pub authenticator_data: String,
    /// What the browser says.
    pub client_data: String,
}

impl Browser {
    /// One with a passkey for the pages of a host.
    pub fn new(number: u8, relying_party: &str) -> Self {
        Self {
            number,
            relying_party: relying_party.into(),
            origin: format!("https://{relying_party}"),
            kind: "webauthn.get".into(),
            cross_origin: false,
            flags: 5,
        }
    }

    fn key(&self) -> SigningKey {
        let mut secret = [0; 32];
        secret[31] = self.number.max(1);
        SigningKey::from_bytes(&secret.into()).expect("each such number is within the order of P-256")
    }

    /// The public key as browsers give it: its SubjectPublicKeyInfo in base 64.
    pub fn public_key(&self) -> String {
        let before = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgA=";
        let mut bytes = BASE64.decode(before).expect("it is in base 64");
        bytes.extend_from_slice(self.key().verifying_key().to_sec1_point(false).as_bytes());
        BASE64.encode(bytes)
    }

    /// By what name browsers know the passkey.
    pub fn credential(&self) -> String {
        BASE64_URL.encode(&Sha256::digest(self.public_key())[..16])
    }

    /// Signs a text.
    pub fn sign(&self, text: &str) -> Assertion {
        let challenge = BASE64_URL.encode(Sha256::digest(text));
        let client_data = format!(
            r#"{{"type":"{}","challenge":"{challenge}","origin":"{}","crossOrigin":{}}}"#,
            self.kind, self.origin, self.cross_origin
        );
        let mut authenticator_data = Sha256::digest(&self.relying_party).to_vec();
        authenticator_data.extend_from_slice(&[self.flags, 0, 0, 0, 0]);
        let bytes = [authenticator_data.as_slice(), Sha256::digest(&client_data).as_slice()].concat();
        let signature: Signature = self.key().sign(&bytes);
        Assertion {
            signature: BASE64.encode(signature.to_der().as_bytes()),
            authenticator_data: BASE64.encode(authenticator_data),
            client_data: BASE64.encode(client_data),
        }
    }
}

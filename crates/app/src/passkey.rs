//! Passkeys: keys that a browser uses for who unlocks them, by WebAuthn. A passkey signs no text; it signs that somebody, whom their
//! device knows, was asked by a page of a host with a challenge. The challenge is the text's SHA-256, so that who has the text can check the
//! signature, now and later, with nothing but what stands beside it. Only ES256 (ECDSA on P-256 with SHA-256), which all of them know.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD as BASE64_URL},
};
use muster_domain::{message, message::Message};
use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// Longest name of a credential, in bytes, by WebAuthn.
const LONGEST_CREDENTIAL: usize = 1_023;

/// Longest part of a signature in base 64, in characters.
pub const LONGEST_PART: usize = 4_000;

/// What stands before the point in the SubjectPublicKeyInfo of each key on P-256 whose point is not compressed.
const BEFORE_POINT: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// Flags in what the authenticator says: somebody was there, and it knew who.
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;

/// A signature of a passkey, each part in base 64.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Assertion<'a> {
    /// Over what the authenticator says and the hash of what the browser says, in DER.
    pub(crate) signature: &'a str,
    /// What the authenticator says: for which host, and whether it knew who was there.
    pub(crate) authenticator_data: &'a str,
    /// What the browser says, as JSON: the challenge, and which page asked.
    pub(crate) client_data: &'a str,
}

/// What the browser says, as far as it matters here.
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
}

/// A passkey's public key: its SubjectPublicKeyInfo in base 64.
fn public_key(text: &str) -> Option<VerifyingKey> {
    let bytes = BASE64.decode(text).ok()?;
    VerifyingKey::from_sec1_bytes(bytes.strip_prefix(&BEFORE_POINT)?).ok()
}

/// Whether something can be a passkey: its public key, its name to browsers, the host at whose pages it signs.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check(key: &str, credential: &str, relying_party: &str) -> Result<(), Message> {
    let must_be = |name: &'static str, right| Err(message!("field-must-be", name, right));
    if public_key(key).is_none() {
        return must_be("public_key", message!("a-passkey-public-key"));
    }
    let length = BASE64_URL.decode(credential).map_or(0, |bytes| bytes.len());
    if !(1..=LONGEST_CREDENTIAL).contains(&length) {
        return must_be("credential", message!("a-credential", most = LONGEST_CREDENTIAL));
    }
    if !is_host(relying_party) {
        return must_be("relying_party", message!("a-host-name"));
    }
    Ok(())
}

/// Whether it is a name of a host as browsers have it, and no address: letters, digits and hyphens in lower case, parts between dots.
fn is_host(name: &str) -> bool {
    let part = |part: &str| {
        (1..=63).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(part) && !name.rsplit('.').next().is_some_and(is_number)
}

/// By such a last part, browsers tell addresses from names.
fn is_number(part: &str) -> bool {
    part.bytes().all(|b| b.is_ascii_digit())
}

/// Whether one host is another, or below it.
fn is_within(host: &str, of: &str) -> bool {
    host.strip_suffix(of).is_some_and(|below| below.is_empty() || below.ends_with('.'))
}

/// Whether a page that asks is one of a host, or of one below it, and was loaded so that nobody between could change it.
fn is_origin_of(origin: &str, relying_party: &str) -> bool {
    let Some((scheme, place)) = origin.split_once("://") else { return false };
    let (host, port) = place.split_once(':').unwrap_or((place, "443"));
    let secure = scheme == "https" || (scheme == "http" && is_within(host, "localhost"));
    secure && is_host(host) && port.parse::<u16>().is_ok() && is_within(host, relying_party)
}

/// Whether a passkey signed a text.
///
/// # Errors
/// Why it did not.
pub(crate) fn verify(key: &str, relying_party: &str, text: &str, signed: Assertion<'_>) -> Result<(), Message> {
    let part = |name: &'static str, text: &str| {
        let bytes = BASE64.decode(text).ok().filter(|bytes| !bytes.is_empty() && text.len() <= LONGEST_PART);
        bytes.ok_or_else(|| message!("field-must-be", name, right = message!("in-base-64", most = LONGEST_PART)))
    };
    let authenticator_data = part("authenticator_data", signed.authenticator_data)?;
    let client_data = part("client_data", signed.client_data)?;
    let signature = part("signature", signed.signature)?;
    let said: ClientData = serde_json::from_slice(&client_data).map_err(|_| message!("passkey-client-data"))?;
    if said.kind != "webauthn.get" {
        return Err(message!("passkey-not-signing", kind = said.kind));
    }
    if said.challenge != BASE64_URL.encode(Sha256::digest(text)) {
        return Err(message!("passkey-other-text"));
    }
    if said.cross_origin || !is_origin_of(&said.origin, relying_party) {
        return Err(message!("passkey-origin", origin = said.origin, relying_party));
    }
    // A hash, the flags, and a counter that stands still where a passkey is on more than one device.
    let Some((host, [flags, _, _, _, _, ..])) = authenticator_data.split_at_checked(32) else {
        return Err(message!("passkey-authenticator-data"));
    };
    if host != Sha256::digest(relying_party).as_slice() {
        return Err(message!("passkey-relying-party", relying_party));
    }
    if flags & PRESENT == 0 || flags & VERIFIED == 0 {
        return Err(message!("passkey-not-verified"));
    }
    let right = public_key(key).zip(Signature::from_der(&signature).ok());
    let bytes = [authenticator_data.as_slice(), Sha256::digest(&client_data).as_slice()].concat();
    match right {
        Some((key, signature)) if key.verify(&bytes, &signature).is_ok() => Ok(()),
        _ => Err(message!("passkey-signature")),
    }
}

#[cfg(test)]
mod tests {
    use muster_testkit::passkey::{Assertion as Made, Browser};

    use super::*;

    const TEXT: &str = r#"{"consignment":"C-1","milestone":"arrived_at_node"}"#;

    fn verified(key: &Browser, of: &str, text: &str, signed: &Made) -> Result<(), &'static str> {
        let Made { signature, authenticator_data, client_data } = signed;
        let assertion = Assertion { signature, authenticator_data, client_data };
        verify(&key.public_key(), of, text, assertion).map_err(|said| said.key)
    }

    #[test]
    fn a_passkey_signs_a_text_at_the_pages_of_its_host() {
        let browser = Browser::new(1, "muster.example");
        assert_eq!(verified(&browser, "muster.example", TEXT, &browser.sign(TEXT)), Ok(()));
        for (origin, right) in [
            ("https://muster.example", true),
            ("https://muster.example:8443", true),
            ("https://hub.muster.example", true),
            ("http://muster.example", false),
            ("https://evilmuster.example", false),
            ("https://muster.example.org", false),
            ("https://example", false),
            ("https://muster.example@evil.example", false),
            ("https://evil.example/.muster.example", false),
            ("https://evil.example:1.muster.example", false),
            ("android:apk-key-hash:muster.example", false),
            ("", false),
        ] {
            let signed = Browser { origin: origin.into(), ..browser.clone() }.sign(TEXT);
            let said = if right { Ok(()) } else { Err("passkey-origin") };
            assert_eq!(verified(&browser, "muster.example", TEXT, &signed), said, "{origin}");
        }
        // Pages of the machine itself need no network, so nobody is between.
        let local = Browser { origin: "http://localhost:8080".into(), ..Browser::new(1, "localhost") };
        assert_eq!(verified(&local, "localhost", TEXT, &local.sign(TEXT)), Ok(()));
    }

    #[test]
    fn what_was_not_signed_so_is_refused() {
        let browser = Browser::new(1, "muster.example");
        let of = |with: Browser| verified(&browser, "muster.example", TEXT, &with.sign(TEXT));
        let with = || browser.clone();
        assert_eq!(of(Browser { kind: "webauthn.create".into(), ..with() }), Err("passkey-not-signing"));
        assert_eq!(of(Browser { cross_origin: true, ..with() }), Err("passkey-origin"));
        assert_eq!(of(Browser { relying_party: "example".into(), ..with() }), Err("passkey-relying-party"));
        for flags in [0, 1, 4] {
            assert_eq!(of(Browser { flags, ..with() }), Err("passkey-not-verified"), "{flags}");
        }
        // Where a passkey is synced, the authenticator says so by other flags.
        assert_eq!(of(Browser { flags: 0x1d, ..with() }), Ok(()));
        assert_eq!(of(Browser::new(2, "muster.example")), Err("passkey-signature"));
        let right = browser.sign(TEXT);
        assert_eq!(verified(&browser, "muster.example", "{}", &right), Err("passkey-other-text"));
        assert_eq!(verified(&browser, "hub.muster.example", TEXT, &right), Err("passkey-origin"));
        let altered = |part: &str, at: usize| {
            let mut bytes = BASE64.decode(part).unwrap();
            bytes[at] ^= 1;
            BASE64.encode(bytes)
        };
        let signature = altered(&right.signature, 20);
        assert_eq!(
            verified(&browser, "muster.example", TEXT, &Made { signature, ..right.clone() }),
            Err("passkey-signature")
        );
        // Another counter than was signed.
        let authenticator_data = altered(&right.authenticator_data, 36);
        let counted = Made { authenticator_data, ..right.clone() };
        assert_eq!(verified(&browser, "muster.example", TEXT, &counted), Err("passkey-signature"));
        let short = Made { authenticator_data: BASE64.encode([0; 36]), ..right.clone() };
        assert_eq!(verified(&browser, "muster.example", TEXT, &short), Err("passkey-authenticator-data"));
        let no_json = Made { client_data: BASE64.encode("{"), ..right.clone() };
        assert_eq!(verified(&browser, "muster.example", TEXT, &no_json), Err("passkey-client-data"));
        for part in [String::new(), "é".into(), "A".repeat(LONGEST_PART + 4)] {
            let signed = Made { client_data: part, ..right.clone() };
            assert_eq!(verified(&browser, "muster.example", TEXT, &signed), Err("field-must-be"));
        }
    }

    #[test]
    fn only_what_can_be_a_passkey_is_registered() {
        let browser = Browser::new(1, "muster.example");
        let (key, credential) = (browser.public_key(), browser.credential());
        assert_eq!(check(&key, &credential, "muster.example"), Ok(()));
        assert_eq!(check(&key, &credential, "localhost"), Ok(()));
        let point_off_the_curve = {
            let mut bytes = BASE64.decode(&key).unwrap();
            bytes[90] ^= 1;
            BASE64.encode(bytes)
        };
        for wrong in ["", "é", &BASE64.encode([7; 32]), &point_off_the_curve] {
            assert!(check(wrong, &credential, "muster.example").unwrap_err().to_string().contains("public_key"));
        }
        for wrong in ["", "a+b=", &BASE64_URL.encode([7; LONGEST_CREDENTIAL + 1])] {
            assert!(check(&key, wrong, "muster.example").unwrap_err().to_string().contains("credential"), "{wrong}");
        }
        let long = format!("{}example", "a.".repeat(130));
        for wrong in ["", "Muster.example", "https://muster.example", "muster.example:1", ".example", "10.0.0.1", &long]
        {
            assert!(check(&key, &credential, wrong).unwrap_err().to_string().contains("relying_party"), "{wrong}");
        }
    }
}

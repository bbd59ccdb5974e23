//! Passkeys: registered, signing a handover beside a device's key, and checked from the receipt alone.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::{Signer as _, SigningKey};
use muster_app::{
    Actor, sealed,
    storage::transfer::Passkey,
    transfer::{
        custody::Circumstances,
        handover::{Means, Signed, Signer},
    },
};
use muster_domain::viewer::Viewer;
use muster_testkit::{
    database::ENGINES,
    passkey::{Assertion, Browser},
    receipt,
};
use serde_json::{Value, json};

use crate::{
    small::{Site, actor, viewer},
    transfer::{all_there, of_plan, planned},
};

fn own(name: &str) -> Actor {
    Actor::new(Viewer::operator(name), "my keys")
}

fn by(name: &str, means: Means) -> Signer {
    Signer { name: name.into(), party: String::new(), means }
}

fn passkey(key: &str, made: Assertion) -> Means {
    let Assertion { signature, authenticator_data, client_data } = made;
    Means::Passkey { key: key.into(), signature, authenticator_data, client_data }
}

/// Registers a browser's passkey for somebody; gives its name.
async fn registered(site: &Site, browser: &Browser, name: &str) -> Result<String, String> {
    let known = Passkey { credential: browser.credential(), relying_party: browser.relying_party.clone() };
    let added = site.app.add_passkey(&browser.public_key(), known, "security key", &own(name)).await;
    added.map_err(|error| error.to_string())
}

#[tokio::test]
async fn an_arrival_is_signed_by_a_passkey_and_a_key_and_its_receipt_tells_so_without_muster() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        for (name, party) in [("driver", "POL"), ("keeper", "UKR")] {
            site.hub_operator(name, party).await;
        }
        let device = SigningKey::from_bytes(&[7; 32]);
        let public = BASE64.encode(device.verifying_key().as_bytes());
        let key = site.app.add_signing_key(&public, "phone", None, &own("driver")).await.unwrap();
        let browser = Browser::new(1, "muster.example");
        let fast = registered(&site, &browser, "keeper").await.unwrap();
        assert_eq!(registered(&site, &browser, "keeper").await, Ok(fast.clone()), "twice is once");
        assert!(registered(&site, &browser, "driver").await.unwrap_err().contains("key-registered"));
        let wrong = Browser { relying_party: "https://muster.example".into(), ..browser.clone() };
        assert!(registered(&site, &wrong, "keeper").await.unwrap_err().contains("a-host-name"));
        let listed = site.app.signing_keys("keeper", &own("keeper")).await.unwrap();
        assert_eq!((listed.len(), listed[0].kind()), (1, "passkey"));
        assert_eq!(listed[0].passkey.as_ref().unwrap().credential, browser.credential());
        assert_eq!(site.app.signing_keys("driver", &own("driver")).await.unwrap()[0].kind(), "ed25519");

        let shown = site.app.consignment_shown(&viewer(), &code).await.unwrap();
        let counted: Vec<Value> =
            shown.lines.iter().map(|line| json!({ "line": line.line, "counted": line.present })).collect();
        let text = json!({
            "consignment": code.as_str(), "milestone": "arrived_at_node", "place": "H", "at": "2026-09-16T12:00:00Z",
            "lines": counted,
        });
        let text = text.to_string();
        let by_key = |text: &str| {
            let signature = BASE64.encode(device.sign(text.as_bytes()).to_bytes());
            Means::Key { key: key.clone(), signature }
        };
        let arrive = async |from: Means, to: Means, text: &str| {
            let signed = Signed { from: by("driver", from), to: by("keeper", to), text: text.into(), photos: vec![] };
            let how = Circumstances { signed: Some(signed), ..Circumstances::default() };
            let done = site.app.consignment_arrive(&code, &all_there(), &how, &actor()).await;
            done.map(|done| done.handover.unwrap()).map_err(|error| error.to_string())
        };
        // Not theirs, not of this text, not at this host, and the parts of one kind for a key of the other.
        let other = text.replace("arrived_at_node", "departed");
        let elsewhere = Browser { origin: "https://example.org".into(), ..browser.clone() };
        let of_key = |made: Assertion| passkey(&key, made);
        let bare = Means::Key { key: fast.clone(), signature: browser.sign(&text).signature };
        for (from, to, said) in [
            (by_key(&text), passkey(&fast, Browser::new(2, "muster.example").sign(&text)), "passkey-signature"),
            (by_key(&text), passkey(&fast, browser.sign(&other)), "passkey-other-text"),
            (by_key(&text), passkey(&fast, elsewhere.sign(&text)), "passkey-origin"),
            (by_key(&text), passkey(&key, browser.sign(&text)), "signing_key"),
            (by_key(&text), bare, "key-passkey"),
            (of_key(browser.sign(&text)), passkey(&fast, browser.sign(&text)), "key-no-passkey"),
            (by_key(&other), passkey(&fast, browser.sign(&text)), "signature-of-other"),
        ] {
            let refused = arrive(from, to, &text).await.unwrap_err();
            assert!(refused.contains(said), "{said}: {refused}");
        }
        let refused = arrive(by_key(&other), passkey(&fast, browser.sign(&other)), &other).await.unwrap_err();
        assert!(refused.contains("signed-text-differs"), "{refused}");
        let none = arrive(by_key(""), passkey(&fast, browser.sign("")), "").await.unwrap_err();
        assert!(none.contains("signed-no-text"), "{none}");
        site.app.revoke_signing_key(&fast, &own("keeper")).await.unwrap();
        let revoked = arrive(by_key(&text), passkey(&fast, browser.sign(&text)), &text).await.unwrap_err();
        assert!(revoked.contains("signing-key-revoked"), "{revoked}");
        let again = registered(&site, &browser, "keeper").await.unwrap_err();
        assert!(again.contains("key-registered"), "what was revoked stays so: {again}");

        let browser = Browser::new(3, "muster.example");
        let fast = registered(&site, &browser, "keeper").await.unwrap();
        let handover = arrive(by_key(&text), passkey(&fast, browser.sign(&text)), &text).await.unwrap();
        let receipt = site.app.receipt(&viewer(), handover.as_str()).await.unwrap();
        let told = sealed::check(&receipt, None).unwrap();
        let said: Vec<_> =
            told.iter().map(|one| (one.hands_over, one.name.as_str(), one.means.as_str(), &one.right)).collect();
        let right = Some(Ok(()));
        assert_eq!(said, [(true, "driver", "key", &right), (false, "keeper", "passkey", &right)]);
        let signature = &receipt["statement"]["takes_over"];
        assert_eq!((&signature["relying_party"], &signature["key"]), (&json!("muster.example"), &json!(fast)));

        // Whoever had Muster's key could seal what nobody signed: then it is told whose signature does not fit.
        let forged = |change: &dyn Fn(&mut Value)| {
            let mut statement = receipt["statement"].clone();
            change(&mut statement);
            let sealed_anew = receipt::sealed(&statement.to_string());
            let told = sealed::check(&serde_json::from_str(&sealed_anew).unwrap(), None).unwrap();
            told.into_iter().map(|one| one.right.map(|right| right.map_err(|said| said.key))).collect::<Vec<_>>()
        };
        let fits = Some(Ok(()));
        assert_eq!(forged(&|_| ()), [fits, fits]);
        let differs = Some(Err("signed-text-differs"));
        assert_eq!(forged(&|statement| statement["lines"][0]["counted"] = 1.into()), [differs, differs]);
        assert_eq!(forged(&|statement| statement["consignment"] = "C-2".into()), [differs, differs]);
        let another = Browser::new(4, "muster.example").public_key();
        let change = |statement: &mut Value| statement["takes_over"]["public_key"] = another.as_str().into();
        assert_eq!(forged(&change), [fits, Some(Err("passkey-signature"))]);
        let change = |statement: &mut Value| statement["hands_over"]["signature"] = "AAAA".into();
        assert_eq!(forged(&change), [Some(Err("signature-of-other")), fits]);
        let change = |statement: &mut Value| statement["takes_over"] = json!({ "name": "x", "means": "pin" });
        assert_eq!(forged(&change), [fits, None], "a PIN cannot be checked without Muster");
        site.verifies().await;
    }
}

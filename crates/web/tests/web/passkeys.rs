//! Passkeys by the API and on the account's page: registered, listed, signing a departure.

use axum::http::StatusCode;
use muster_app::Actor;
use muster_domain::{role::Role, viewer::Viewer};
use muster_testkit::{database::ENGINES, passkey::Browser};
use serde_json::{Value, json};

use crate::{
    site::operator,
    transfer::{api, made, stocked},
};

#[tokio::test]
async fn somebody_adds_a_passkey_and_signs_a_departure_by_it() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let code = made(&site, &accounts[..1]).await;
        let wera = site.user("wera", "OP-WEST", &[Role::HubOperator]).await;
        site.user("omar", "UKR", &[Role::HubOperator]).await;
        site.app.set_pin("246802", &Actor::new(Viewer::operator("omar"), "my PIN")).await.unwrap();
        let browser = Browser::new(1, "muster.example");
        let right = json!({
            "kind": "passkey", "public_key": browser.public_key(), "credential": browser.credential(),
            "relying_party": "muster.example", "label": "security key", "reason": "test",
        });
        let keys = "/me/signing-keys";
        let with = |name: &str, value: Value| {
            let mut changed = right.clone();
            changed[name] = value;
            changed
        };
        for (wrong, said) in [
            (with("public_key", "AAAA".into()), "`public_key` must be an ES256 public key"),
            (with("credential", "".into()), "`credential` must be"),
            (with("credential", "x".repeat(1_401).into()), "credential"),
            (with("relying_party", "".into()), "`relying_party` must be a host’s name"),
            (with("relying_party", "127.0.0.1".into()), "`relying_party` must be a host’s name"),
            (with("kind", "rsa".into()), "one of ed25519, passkey"),
            (with("kind", "ed25519".into()), "say kind passkey"),
        ] {
            let (status, told) = site.call(&wera, keys, wrong).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
            assert!(told.to_string().contains(said), "{said}: {told}");
        }
        let (status, added) = site.call(&wera, keys, right).await;
        assert_eq!(status, StatusCode::OK, "{added}");
        let key = added["key"].as_str().unwrap();
        let listed = site.ask("GET", &format!("/api/v1{keys}"), &wera).await.text;
        let listed: Value = serde_json::from_str(&listed).unwrap();
        let listed = &listed["keys"][0];
        assert_eq!(
            (&listed["kind"], &listed["credential"], &listed["relying_party"]),
            (&json!("passkey"), &json!(browser.credential()), &json!("muster.example"))
        );
        let page = site.ask("GET", "/account", &wera).await.text;
        for part in ["security key", "Passkey <small>muster.example</small>", &browser.credential(), "Add a passkey"] {
            assert!(page.contains(part), "{part}: {page}");
        }

        let path = |end: &str| format!("/consignments/{code}/{end}");
        let ready = json!({
            "lines": [{ "line": 1, "condition": "serviceable", "units": [{ "lot": "L-1", "quantity": 300 }] }],
            "reason": "test",
        });
        assert_eq!(api(&site, "POST", &path("ready"), ready).await.0, StatusCode::OK);
        let text = json!({
            "consignment": code, "milestone": "departed", "place": "NODE-WEST", "at": "2026-09-15T09:30:00Z",
            "lines": [{ "line": 1, "counted": 300 }],
        });
        let text = text.to_string();
        let signed = browser.sign(&text);
        let signer = json!({
            "name": "wera", "key": key, "signature": signed.signature,
            "authenticator_data": signed.authenticator_data, "client_data": signed.client_data,
        });
        let depart = |signer: Value| {
            let signed =
                json!({ "hands_over": signer, "takes_over": { "name": "omar", "pin": "246802" }, "text": text });
            json!({ "carrier": "C", "conveyance": "W 1", "signed": signed, "reason": "test" })
        };
        let without = |name: &str| {
            let mut less = signer.clone();
            less.as_object_mut().unwrap().remove(name);
            less
        };
        for (wrong, said) in [
            (without("client_data"), "sign by one of"),
            (without("key"), "sign by one of"),
            (without("signature"), "`signature` must be in base 64"),
        ] {
            let (status, told) = api(&site, "POST", &path("depart"), depart(wrong)).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
            assert!(told.to_string().contains(said), "{said}: {told}");
        }
        let (status, done) = api(&site, "POST", &path("depart"), depart(signer)).await;
        assert_eq!(status, StatusCode::OK, "{done}");
        let address = format!("/handovers/{}/receipt", done["handover"].as_str().unwrap());
        let (_, receipt) = api(&site, "GET", &address, Value::Null).await;
        let told = muster_app::sealed::check(&receipt, None).unwrap();
        assert_eq!(told.iter().map(|one| one.right.clone()).collect::<Vec<_>>(), [Some(Ok(())), None]);
        let paper = site.get(&format!("/api/v1/consignments/{code}/documents/handover_receipt")).await;
        assert!(paper.status == StatusCode::OK && paper.text.starts_with("%PDF-"), "{}", paper.text);

        // The coordinator counts it at a desk: the page says what there is to be signed, as the count comes out.
        let own = Browser::new(2, "muster.example");
        let (status, added) = site
            .call(
                &site.cookie,
                keys,
                json!({
                    "kind": "passkey", "public_key": own.public_key(), "credential": own.credential(),
                    "relying_party": "muster.example", "label": "laptop", "reason": "test",
                }),
            )
            .await;
        assert_eq!(status, StatusCode::OK, "{added}");
        let page = format!("/consignments/{code}");
        assert!(site.get(&page).await.text.contains("I sign by my passkey"));
        let counted = "deed=arrive&received+1=290&damaged+1=15";
        let text = site.post(&format!("{page}/text"), &site.cookie, counted).await;
        assert_eq!((text.status, text.header("content-type")), (StatusCode::OK, "application/json"));
        let said: Value = serde_json::from_str(&text.text).unwrap();
        assert_eq!(
            (&said["milestone"], &said["lines"]),
            (&json!("arrived_at_node"), &json!([{ "line": 1, "counted": 285, "damaged": 15, "over": 5 }])),
            "five are too many: they are no part of the line, and are told"
        );
        let signed = own.sign(&text.text);
        let part = |text: &str| text.replace('+', "%2B").replace('=', "%3D");
        let form = |counted: &str| {
            format!(
                "{counted}&from_name=omar&from_pin=246802&by_passkey=to&passkey={}&passkey_signature={}&passkey_authenticator_data={}&passkey_client_data={}&signed_text={}",
                added["key"].as_str().unwrap(),
                part(&signed.signature),
                part(&signed.authenticator_data),
                part(&signed.client_data),
                text.text
            )
        };
        let otherwise = site.post(&page, &site.cookie, &form("deed=arrive&received+1=300")).await;
        assert_eq!(otherwise.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(otherwise.text.contains("what was signed differs from this in its lines"), "{}", otherwise.text);
        let done = site.post(&page, &site.cookie, &form(counted)).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let shown = site.app.consignment_shown(&operator().viewer, &code).await.unwrap();
        let receipt =
            site.app.receipt(&operator().viewer, shown.handovers.last().unwrap().code.as_str()).await.unwrap();
        assert_eq!(receipt["statement"]["takes_over"]["name"], "anna");
        let told = muster_app::sealed::check(&receipt, None).unwrap();
        assert_eq!(told.iter().map(|one| one.right.clone()).collect::<Vec<_>>(), [None, Some(Ok(()))]);
        let nobody = site.post(&format!("{page}/text"), "", counted).await;
        assert_eq!(nobody.status, StatusCode::NOT_FOUND, "{}", nobody.text);
    }
}

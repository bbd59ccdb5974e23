//! A phone is one device on the pages and by the API: who revokes its token revokes its key, and the other way round.

use axum::http::StatusCode;
use muster_domain::role::Role;
use muster_testkit::{database::ENGINES, passkey::Browser};
use serde_json::{Value, json};

use crate::site::Site;

/// Public halves of keys of Ed25519.
const PUBLIC: [&str; 6] = [
    "/RckOFqgx1tk+3jNYC+h2ZH96/drE8WO1wLqyDXp9hg=",
    "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=",
    "gTl3Dqh9F19Wo1Rmw0x+zMuNipG07jeiXfYPW4/Js5Q=",
    "7UkoxijRwsbq6QM4kFmVYSlZJzpcY/k2NsFGFKyHN9E=",
    "ypOsFwUYcHHWe4PH/w7+gQjo7EUwV113JoeTM9vavnw=",
    "bnoc3Smwt4/ROvTFWY/v9O8qlxZuPKby5Pv8zYBQW/E=",
];

/// A phone is set up as its page does it; gives the names of its token and key.
async fn phone(site: &Site, of: &str, nth: usize) -> (String, String) {
    let label = format!("Hub phone NODE-WEST gate-{nth}");
    let asked = json!({ "label": label, "writes": true, "days": 90 });
    let (status, granted) = site.call(of, "/me/tokens", asked).await;
    assert_eq!(status, StatusCode::CREATED, "{granted}");
    let asked = json!({ "public_key": PUBLIC[nth], "label": label, "token": granted["token"], "reason": "set up" });
    let (status, added) = site.call(of, "/me/signing-keys", asked).await;
    assert_eq!(status, StatusCode::OK, "{added}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&granted["token"]), text(&added["key"]))
}

#[tokio::test]
async fn a_phone_is_one_device_and_revoked_in_one_act() {
    for engine in ENGINES {
        let site = Site::new(engine).await;
        let wera = site.user("wera", "OP-WEST", &[Role::HubOperator]).await;
        let browser = Browser::new(1, "muster.example");
        let passkey = json!({
            "kind": "passkey", "public_key": browser.public_key(), "credential": browser.credential(),
            "relying_party": "muster.example", "label": "security key", "token": "T-1", "reason": "test",
        });
        let (status, told) = site.call(&wera, "/me/signing-keys", passkey).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        assert!(told["detail"].as_str().unwrap().contains("a passkey stands for itself"), "{told}");
        let strange = json!({ "public_key": PUBLIC[0], "label": "phone", "token": "T-1", "reason": "test" });
        let (status, told) = site.call(&wera, "/me/signing-keys", strange).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        assert!(told["detail"].as_str().unwrap().contains("token T-1 is no token of yours"), "{told}");

        let delete = async |address: String, cookie: &str| {
            let answer = site.ask("DELETE", &format!("/api/v1{address}"), cookie).await;
            (answer.status, serde_json::from_str::<Value>(&answer.text).unwrap_or_default())
        };
        let said = |token: &str, key: &str| (StatusCode::OK, json!({ "token": token, "signing_keys": [key] }));
        let (token, key) = phone(&site, &wera, 1).await;
        let listed = site.ask("GET", "/api/v1/me/signing-keys", &wera).await.text;
        let listed: Value = serde_json::from_str(&listed).unwrap();
        assert_eq!(listed["keys"][0]["token"], json!(token));
        assert_eq!(delete(format!("/me/tokens/{token}"), &wera).await, said(&token, &key));
        let (token, key) = phone(&site, &wera, 2).await;
        assert_eq!(delete(format!("/me/signing-keys/{key}"), &wera).await, said(&token, &key));
        let (token, key) = phone(&site, &wera, 3).await;
        assert_eq!(delete(format!("/users/wera/tokens/{token}"), &site.cookie).await, said(&token, &key));

        // On her own page, and on the administrator's.
        let other = site.user("omar", "UKR", &[Role::HubOperator]).await;
        for (nth, address, show, cookie) in
            [(4, "/account", "/account", &wera), (5, "/administration", "/administration?user=wera", &site.cookie)]
        {
            let (token, key) = phone(&site, &wera, nth).await;
            let page = site.ask("GET", show, cookie).await.text;
            let one = format!("signs by key {key}, which is revoked with it");
            assert!(page.contains(&token) && page.contains(&one), "{page}");
            assert!(!page.contains(&format!("name=\"key\" value=\"{key}\"")), "it is one device: {page}");
            let form = format!("do=revoke&name=wera&token={token}");
            let refused = site.post(address, &other, &form).await.status;
            assert!(refused.is_client_error(), "{refused}: not somebody else's");
            let page = site.post(address, cookie, &form).await;
            let words = format!("The phone is revoked: its token {token} and its signing key {key}.");
            assert!(page.status == StatusCode::OK && page.text.contains(&words), "{}", page.text);
            assert!(
                page.text.contains(&format!("{key}</small><div class=\"mu\">Device key</div></th>"))
                    && !page.text.contains(&one),
                "{}",
                page.text
            );
        }
    }
}

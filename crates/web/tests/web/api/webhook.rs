//! What happens is told to those who asked for it, signed, again until it is taken, and only as far as they see it.

use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use muster_web::{Surroundings, tell_webhooks};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

pub(super) const HERE: Surroundings =
    Surroundings { behind_https: false, private_webhooks: true, api_rate: std::num::NonZeroU32::MIN };

/// What came in: head and body.
pub(super) type Letters = Arc<Mutex<Vec<(String, String)>>>;

/// Listens, and answers with one status after the other, the last for ever.
pub(super) async fn listener(statuses: &'static [u16]) -> (String, Letters) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let letters = Letters::default();
    let kept = letters.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut text = Vec::new();
            let (head, body) = loop {
                let mut part = [0; 4_096];
                let read = stream.read(&mut part).await.unwrap();
                text.extend_from_slice(&part[..read]);
                let so_far = String::from_utf8_lossy(&text).into_owned();
                let Some((head, body)) = so_far.split_once("\r\n\r\n") else { continue };
                let head = head.to_lowercase();
                let length =
                    head.split("content-length: ").nth(1).map_or(0, |l| l.lines().next().unwrap().parse().unwrap());
                if body.len() >= length {
                    break (head, body.to_owned());
                }
            };
            let n = {
                let mut all = kept.lock().unwrap();
                all.push((head, body));
                all.len()
            };
            let status = statuses[(n - 1).min(statuses.len() - 1)];
            let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, letters)
}

pub(super) fn head<'a>(letter: &'a str, name: &str) -> &'a str {
    letter.split(&format!("{name}: ")).nth(1).and_then(|rest| rest.lines().next()).unwrap_or_default()
}

#[tokio::test]
async fn events_are_signed_and_sent_again_until_they_are_taken() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await;
        let germany = site.caller("germany", "DEU", Role::DonorLiaison).await;
        let poland = site.caller("poland", "POL", Role::DonorLiaison).await;
        let (url, letters) = listener(&[503, 200]).await;
        let (other, others) = listener(&[200]).await;
        let hook =
            |url: &str| json!({ "url": url, "events": ["offer.state_changed", "movement.recorded"], "label": "x" });
        let made = germany.post("/webhooks", hook(&url)).await.is(201).json();
        poland.post("/webhooks", hook(&other)).await.is(201);
        let secret = made["secret"].as_str().unwrap().strip_prefix("whsec_").unwrap().to_owned();
        let address = format!("/webhooks/{}", made["webhook"].as_str().unwrap());
        assert!(germany.get(&address).await.is(200).json().get("secret").is_none());
        poland.get(&address).await.is_problem(404, "not-found");
        assert_eq!(tell_webhooks(&site.app, HERE).await.unwrap(), 0, "what happened before is not told");

        germany.post("/records/offers", offer("DEU-1")).await.is(201);
        let offered = json!({ "state": "offered", "reason": "itemised" });
        germany.change("POST", "/records/offers/DEU-1/state", offered).await.is(200);
        assert_eq!(tell_webhooks(&site.app, HERE).await.unwrap(), 2);
        assert_eq!(others.lock().unwrap().len(), 0, "Poland does not see it");
        let log = germany.get(&format!("{address}/deliveries")).await.is(200).json();
        let states: Vec<&str> =
            log["deliveries"].as_array().unwrap().iter().map(|d| d["state"].as_str().unwrap()).collect();
        assert!(states.contains(&"waiting") && states.contains(&"delivered"), "{log}");
        assert_eq!(tell_webhooks(&site.app, HERE).await.unwrap(), 0, "it waits before it tries again");
        site.clock.advance(SignedDuration::from_secs(6));
        assert_eq!(tell_webhooks(&site.app, HERE).await.unwrap(), 1);
        let log = germany.get(&format!("{address}/deliveries?limit=1")).await.is(200).json();
        assert!(log["next"].is_string());
        let all = letters.lock().unwrap().clone();
        assert_eq!(all.len(), 3);
        let tos: BTreeSet<String> = all
            .iter()
            .map(|(_, body)| serde_json::from_str::<Value>(body).unwrap()["data"]["to"].to_string())
            .collect();
        assert_eq!(tos, BTreeSet::from(["\"offered\"".into(), "\"pledged\"".into()]));
        for (head_text, body) in &all {
            let signed = format!("{}.{}.{body}", head(head_text, "webhook-id"), head(head_text, "webhook-timestamp"));
            assert!(head_text.contains("content-type: application/json"));
            // Heads are compared in lower case, as the listener keeps them.
            let expected = format!("v1,{}", sign(&secret, &signed)).to_lowercase();
            assert_eq!(head(head_text, "webhook-signature"), expected);
        }
        germany.ask("DELETE", &address).send("").await.is(204);
        germany.get(&address).await.is_problem(404, "not-found");
    }
}

/// As a receiver checks it: HMAC-SHA256 of the text under the secret's bytes.
pub(super) fn sign(secret: &str, text: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&STANDARD.decode(secret).unwrap()).unwrap();
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[tokio::test]
async fn private_networks_are_refused_and_gone_is_gone() {
    let site = Site::demonstration(muster_app::storage::dialect::Engine::Sqlite, as_is).await;
    let germany = site.caller("germany", "DEU", Role::DonorLiaison).await;
    for wrong in ["http://example.org/", "ftp://127.0.0.1/", "https://name:secret@example.org/", "nonsense", ""] {
        germany
            .post("/webhooks", json!({ "url": wrong, "events": ["offer.state_changed"] }))
            .await
            .is_problem(422, "invalid");
    }
    let right = |url: &str| json!({ "url": url, "events": ["offer.state_changed"] });
    germany
        .post("/webhooks", json!({ "url": "https://example.org", "events": ["all"] }))
        .await
        .is_problem(422, "invalid");
    germany.post("/webhooks", json!({ "url": "https://example.org", "events": [] })).await.is_problem(422, "invalid");
    let (url, letters) = listener(&[410]).await;
    let made = germany.post("/webhooks", right(&url)).await.is(201).json();
    let address = format!("/webhooks/{}", made["webhook"].as_str().unwrap());
    germany.post("/records/offers", offer("DEU-1")).await.is(201);
    let usual = Surroundings { private_webhooks: false, ..HERE };
    assert_eq!(tell_webhooks(&site.app, usual).await.unwrap(), 1);
    assert_eq!(letters.lock().unwrap().len(), 0);
    let log = germany.get(&format!("{address}/deliveries")).await.is(200).json();
    assert_eq!(log["deliveries"][0]["answer"], "the address is inside a private network");
    site.clock.advance(SignedDuration::from_secs(6));
    tell_webhooks(&site.app, HERE).await.unwrap();
    assert_eq!(letters.lock().unwrap().len(), 1);
    assert!(germany.get(&address).await.is(200).json()["stopped_at"].is_string(), "it said that it is gone");
}

//! Consignments on their pages: made up, packed, gated, counted, signed for and printed; what is typed stays when something is wrong.

use axum::http::StatusCode;
use muster_app::Actor;
use muster_domain::{
    ledger::{
        account::AccountKey,
        entry::{Act, Activity, Command, Note, Posting, Subject},
    },
    role::Role,
    viewer::Viewer,
};
use muster_testkit::database::ENGINES;
use serde_json::{Value, json};

use crate::site::{Site, as_is, operator};

/// A site with goods at a hub, and the account in which they are.
async fn stocked(engine: muster_app::storage::dialect::Engine) -> (Site, [&'static str; 2]) {
    let site = Site::demonstration(engine, as_is).await.unhurried();
    let accounts = ["on_hand OP-WEST POL NODE-WEST - VEST/ok -", "on_hand OP-WEST POL NODE-WEST - PICKUP/ok -"];
    for (n, account) in accounts.iter().enumerate() {
        let to = AccountKey::parse(account).unwrap();
        let from = AccountKey::parse(&account.replace("on_hand OP-WEST", "national_stock POL")).unwrap();
        let unit = |serial: &str, quantity| Posting {
            serial: serial.into(),
            ..Posting::new(from.clone(), to.clone(), quantity)
        };
        let lot = Posting { lot: "L-1".into(), ..unit("", 500) };
        let postings = if n == 0 { vec![lot] } else { vec![unit("PK-1", 1), unit("PK-2", 1)] };
        let note = Note {
            key: format!("stock {n}"),
            occurred_at: Note::WHEN_RECORDED,
            actor: "tester".into(),
            reason: "a test".into(),
        };
        let act = Act::Post { activity: Activity::Adjust, subject: Subject::default(), postings };
        let done = site.app.post(vec![Command { note, act }], &operator()).await.unwrap();
        assert!(done[0].is_ok(), "{done:?}");
    }
    (site, accounts)
}

async fn api(site: &Site, method: &str, address: &str, body: Value) -> (StatusCode, Value) {
    use axum::{body::Body, http::Request};
    let request = Request::builder()
        .method(method)
        .uri(format!("/api/v1{address}"))
        .header("cookie", &site.cookie)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/json");
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    let answer = site.answer(request.body(body).unwrap()).await;
    (answer.status, serde_json::from_str(&answer.text).unwrap_or_default())
}

async fn made(site: &Site, accounts: &[&str]) -> String {
    let lines: Vec<Value> = accounts
        .iter()
        .map(|account| json!({ "account": account, "quantity": if account.contains("VEST") { 300 } else { 2 } }))
        .collect();
    let new = json!({ "from": "NODE-WEST", "route": ["NODE-WEST.CROSS-2.rail"], "lines": lines, "reason": "test" });
    let (status, shown) = api(site, "POST", "/consignments", new).await;
    assert_eq!(status, StatusCode::CREATED, "{shown}");
    shown["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_consignment_is_readied_sent_counted_and_printed_on_its_page() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let code = made(&site, &accounts).await;
        let page = format!("/consignments/{code}");
        let list = site.get("/consignments").await;
        assert!(list.status == StatusCode::OK && list.text.contains(&code), "{}", list.text);
        let shown = site.get(&page).await;
        assert!(shown.text.contains("PK-1"), "units that are known where they lie are named: {}", shown.text);
        assert!(shown.text.contains("nobody has looked at the condition"), "{}", shown.text);
        // What was typed stays when a gate is shut.
        let typed = "deed=ready&condition+1=serviceable&units+1=L-1+300&units+2=PK-1%0APK-9&condition+2=serviceable";
        let refused = site.post(&page, &site.cookie, &typed.replace("PK-1%0APK-9", "PK-9")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains("1 of 2") && refused.text.contains("PK-9"), "{}", refused.text);
        let ready = "deed=ready&condition+1=serviceable&units+1=L-1+300&units+2=PK-1%0APK-2&condition+2=serviceable";
        let done = site.post(&page, &site.cookie, ready).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let nobody = site.post(&page, &site.cookie, "deed=depart&carrier=&conveyance=").await;
        assert!(nobody.text.contains("say who carries"), "{}", nobody.text);
        let done = site.post(&page, &site.cookie, "deed=depart&carrier=Carrier&conveyance=W+1").await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let count = "deed=arrive&received+1=298&damaged+1=1&unit+2=there+PK-1&unit+2=missing+PK-2&thing=a+crate&thing_quantity=3";
        let done = site.post(&page, &site.cookie, count).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let shown = site.get(&page).await;
        for word in ["298 / 300", "Short", "Damaged", "Unmanifested", "a crate"] {
            assert!(shown.text.contains(word), "{word}: {}", shown.text);
        }
        let open = site.get("/variances").await;
        assert_eq!(open.text.matches("href=\"/variances/V-").count(), 4, "{}", open.text);
        let paper =
            site.get(&format!("/api/v1/consignments/{code}/documents/packing_list?language=en&second=uk")).await;
        assert_eq!((paper.status, paper.header("content-type")), (StatusCode::OK, "application/pdf"));
        assert!(paper.text.starts_with("%PDF-"));
        let none = site.get(&format!("/api/v1/consignments/{code}/documents/handover_receipt")).await;
        assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY, "nobody has signed");
        let (_, needed) = api(&site, "GET", &format!("/consignments/{code}/documents"), Value::Null).await;
        let kinds: Vec<&str> =
            needed["documents"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
        assert!(kinds.contains(&"waybill") && !kinds.contains(&"form_302"), "{kinds:?}: title is given away");
    }
}

#[tokio::test]
async fn a_handover_is_signed_by_two_and_its_receipt_is_printed() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let code = made(&site, &accounts[..1]).await;
        for (name, party) in [("wera", "OP-WEST"), ("omar", "UKR")] {
            site.user(name, party, &[Role::HubOperator]).await;
            let own = Actor::new(Viewer::operator(name), "my PIN");
            site.app.set_pin("246802", &own).await.unwrap();
        }
        let one = |name: &str, pin: &str| json!({ "name": name, "pin": pin });
        let signed = |pin: &str| json!({ "hands_over": one("wera", pin), "takes_over": one("omar", "246802") });
        let path = |end: &str| format!("/consignments/{code}/{end}");
        let ready = json!({
            "lines": [{ "line": 1, "condition": "serviceable", "units": [{ "lot": "L-1", "quantity": 300 }] }],
            "reason": "test",
        });
        assert_eq!(api(&site, "POST", &path("ready"), ready).await.0, StatusCode::OK);
        let depart = |pin| json!({ "carrier": "C", "conveyance": "W 1", "signed": signed(pin), "reason": "test" });
        let (status, said) = api(&site, "POST", &path("depart"), depart("111111")).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(said["detail"].as_str().unwrap().contains("not the PIN of wera"), "{said}");
        site.clock.advance(jiff::SignedDuration::from_mins(10));
        let (status, done) = api(&site, "POST", &path("depart"), depart("246802")).await;
        assert_eq!(status, StatusCode::OK, "{done}");
        let handover = done["handover"].as_str().unwrap();
        let (_, receipt) = api(&site, "GET", &format!("/handovers/{handover}/receipt"), Value::Null).await;
        muster_app::transfer::handover::check_receipt(&receipt, None).unwrap();
        let paper = site.get(&format!("/api/v1/consignments/{code}/documents/handover_receipt")).await;
        assert!(paper.status == StatusCode::OK && paper.text.starts_with("%PDF-"), "{}", paper.text);
        // Somebody who has nothing to do with it is told nothing of it.
        let japan = site.user("jun", "JPN", &[Role::DonorLiaison]).await;
        for address in [path(""), format!("/handovers/{handover}/receipt"), path("documents/manifest")] {
            let address = format!("/api/v1{}", address.trim_end_matches('/'));
            assert_eq!(site.ask("GET", &address, &japan).await.status, StatusCode::NOT_FOUND, "{address}");
        }
        assert_eq!(site.ask("GET", &format!("/consignments/{code}"), &japan).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn faults_in_a_nested_body_are_told_with_their_place() {
    let (site, accounts) = stocked(ENGINES[0]).await;
    let code = made(&site, &accounts[..1]).await;
    for (body, said) in [
        (json!({ "lines": [{ "line": 1, "received": -1 }], "reason": "x" }), "0: received"),
        (json!({ "lines": [{ "received": 1 }], "reason": "x" }), "0: line"),
        (json!({ "lines": [{ "line": 1, "received": 1, "colour": 2 }], "reason": "x" }), "colour"),
        (json!({ "signed": { "hands_over": { "name": "a" } }, "reason": "x" }), "takes_over"),
        (json!({ "overrides": ["door"], "lines": [], "reason": "x" }), "overrides"),
    ] {
        let (status, answer) = api(&site, "POST", &format!("/consignments/{code}/arrive"), body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
        assert!(answer.to_string().contains(said), "{said}: {answer}");
    }
}

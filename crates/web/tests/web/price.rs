//! What a repair costs on its pages and by the API: the works quotes, the fund's keeper decides and pays, the fund's page tells.

use axum::http::StatusCode;
use muster_domain::role::Role;
use muster_testkit::database::ENGINES;
use serde_json::{Value, json};

use crate::{
    repair::{done, put},
    site::{Site, as_is},
};

#[tokio::test]
async fn a_price_is_quoted_approved_and_paid_on_pages_and_by_the_api() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await.unhurried();
        let unit = "in_service U-DEM-1 UKR POINT-03 - PICKUP/ok -";
        put(&site, "national_stock LVA LVA NODE-WEST - PICKUP/ok -", unit, 1, "PK-7").await;
        let works = site.user("works", "WKS-2", &[Role::RepairFacility]).await;
        let keeper = site.user("keeper", "RET", &[Role::FundManager]).await;
        let japan = site.user("jpn", "JPN", &[Role::DonorLiaison]).await;
        let cookie = site.cookie.clone();
        let post = async |address: String, mut body: Value| {
            body["reason"] = "a test".into();
            site.call(&cookie, &address, body).await
        };
        let fault = json!({ "resource": "PICKUP/ok", "serial": "PK-7", "symptom": "smokes" });
        let (_, made) = post("/work-orders".into(), fault).await;
        let code = made["code"].as_str().unwrap().to_owned();
        let deed = async |end: &str, body: Value| post(format!("/work-orders/{code}/{end}"), body).await;
        for (end, body) in [
            ("triage", json!({ "echelon": "in_country", "facility": "WORKS-F" })),
            ("induct", json!({})),
            ("diagnose", json!({ "fault": "hose", "parts": [] })),
        ] {
            let (status, shown) = deed(end, body).await;
            assert_eq!(status, StatusCode::OK, "{end}: {shown}");
        }
        // The works quotes; what was typed stays when it is wrong.
        let page = format!("/repair/{code}");
        let form =
            |deed: &'static str, more: &[(&'static str, &'static str)]| [vec![("deed", deed)], more.to_vec()].concat();
        let refused = site.send(&page, &works, &form("quote", &[("amount", "much"), ("remark", "labour")]), None).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains("much") && refused.text.contains("labour"), "{}", refused.text);
        let quote = form("quote", &[("amount", "1300.50"), ("remark", "labour")]);
        done(&site.send(&page, &works, &quote, Some(("application/pdf", b"%PDF-1.7 quotation"))).await);
        let shown = site.ask("GET", &page, &works).await.text;
        assert!(shown.contains("EUR\u{a0}1,300.50") && shown.contains("Blocked: Price"), "{shown}");
        assert!(!shown.contains("Approve the price"), "not by the works");
        let board = site.ask("GET", "/repair", &keeper).await.text;
        assert!(board.contains("Prices to be decided or paid") && board.contains("EUR\u{a0}1,300.50"), "{board}");
        // The fund's keeper decides, once the fund has it.
        let shown = site.ask("GET", &page, &keeper).await.text;
        assert!(shown.contains("Approve the price") && shown.contains("Refuse the price"), "{shown}");
        let at = shown.find("/api/v1/work-orders/").unwrap();
        let paper = shown[at..].split('"').next().unwrap().to_owned();
        assert_eq!(site.ask("GET", &paper, &keeper).await.header("content-type"), "application/pdf");
        let approve = form("approve", &[("quote", "1"), ("remark", "agreed")]);
        let refused = site.send(&page, &keeper, &approve, None).await;
        assert!(refused.text.contains("REPAIR-FUND has only 0 EUR"), "{}", refused.text);
        assert_eq!(site.send(&page, &works, &approve, None).await.status, StatusCode::FORBIDDEN);
        let fund = "fund RET NOR - REPAIR-FUND EUR/funds -";
        put(&site, "national_stock NOR NOR - - EUR/funds -", fund, 200_000, "").await;
        done(&site.send(&page, &keeper, &approve, None).await);
        let (status, problem) = deed("quotes/1/settle", json!({})).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "it is not over: {problem}");
        for wrong in ["quotes/7/approve", "quotes/x/approve"] {
            assert_eq!(deed(wrong, json!({})).await.0, StatusCode::NOT_FOUND, "{wrong}");
        }
        for (end, body) in [("start", json!({})), ("test", json!({ "passed": true }))] {
            assert_eq!(deed(end, body).await.0, StatusCode::OK);
        }
        let pin = muster_app::Actor::new(muster_domain::viewer::Viewer::operator("works"), "my PIN");
        site.app.set_pin("246802", &pin).await.unwrap();
        let release = form("release", &[("tester", "works"), ("pin", "246802"), ("warranty_days", "90")]);
        done(&site.send(&page, &works, &release, None).await);
        // What was due is paid, and the fund's page tells it to its keeper, but not to others.
        let money = site.ask("GET", "/records/funds/REPAIR-FUND", &keeper).await.text;
        let cells = ["EUR\u{a0}2,000", "EUR\u{a0}1,300.50", "EUR\u{a0}699.50"];
        assert!(cells.iter().all(|cell| money.contains(cell)) && money.contains(&code), "{money}");
        let unseen = site.ask("GET", "/records/funds/REPAIR-FUND", &japan).await.text;
        assert!(!unseen.contains("EUR\u{a0}") && !unseen.contains(&code), "{unseen}");
        let settle = form("settle", &[("quote", "1"), ("amount", "1250")]);
        done(&site.send(&page, &keeper, &settle, Some(("application/pdf", b"%PDF-1.7 invoice"))).await);
        let shown = site.ask("GET", &page, &works).await.text;
        assert!(shown.contains("EUR\u{a0}1,250") && shown.contains("Under warranty until"), "{shown}");
        let money = site.ask("GET", "/records/funds/REPAIR-FUND", &keeper).await.text;
        assert!(money.contains("EUR\u{a0}750"), "{money}");
        let list = async |cookie: &str| {
            let answer = site.ask("GET", "/api/v1/repair/quotes?state=paid&fund=REPAIR-FUND", cookie).await;
            serde_json::from_str::<Value>(&answer.text).unwrap()["quotes"].clone()
        };
        let told = list(&works).await;
        assert_eq!(
            (&told[0]["order"], &told[0]["paid_minor"], &told[0]["places"]),
            (&json!(code), &json!(125_000), &json!(2))
        );
        assert_eq!(list(&japan).await, json!([]));
        let (_, stand_ins) = {
            let answer = site.ask("GET", &format!("/api/v1/work-orders/{code}/stand-ins"), &works).await;
            (answer.status, serde_json::from_str::<Value>(&answer.text).unwrap())
        };
        assert_eq!(stand_ins["stand_ins"], json!([]));
    }
}

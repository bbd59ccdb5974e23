//! Pages that answer one question with one table, and what lies at a place on the page that makes it up into a consignment.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use muster_domain::role::Role;
use muster_testkit::database::ENGINES;
use serde_json::{Value, json};

use crate::{
    repair::put,
    transfer::{api, stocked},
};

#[tokio::test]
async fn what_passed_and_what_each_party_calls_delivered_have_pages() {
    for engine in ENGINES {
        let (site, _) = stocked(engine).await;
        let account = "on_hand POL POL DEPOT-POL - BOOTS/ok -";
        put(&site, "national_stock POL POL DEPOT-POL - BOOTS/ok -", account, 300, "").await;
        let lines = json!([{ "account": account, "quantity": 300 }]);
        let new = json!({ "from": "DEPOT-POL", "to": "NODE-WEST", "lines": lines, "reason": "test" });
        let (status, shown) = api(&site, "POST", "/consignments", new).await;
        assert_eq!(status, StatusCode::CREATED, "{shown}");
        let code = shown["code"].as_str().unwrap().to_owned();
        let path = |end: &str| format!("/consignments/{code}/{end}");
        let ready = json!({ "lines": [{ "line": 1, "condition": "serviceable" }], "reason": "test" });
        assert_eq!(api(&site, "POST", &path("ready"), ready).await.0, StatusCode::OK);
        let depart = json!({ "carrier": "C", "conveyance": "W 1", "reason": "test" });
        assert_eq!(api(&site, "POST", &path("depart"), depart).await.0, StatusCode::OK);
        let passed = site.get("/passed?place=DEPOT-POL").await;
        assert!(passed.text.contains(&code) && passed.text.contains("Departed"), "{}", passed.text);
        for told in ["300 Winter boots", "C, W 1", "In all", "href=\"/movements/M-"] {
            assert!(passed.text.contains(told), "{told}: {}", passed.text);
        }
        let (_, events) = api(&site, "GET", "/places/DEPOT-POL/events", Value::Null).await;
        let event = events["events"].as_array().unwrap().iter().find(|one| one["milestone"] == "departed").unwrap();
        assert_eq!((&event["lines"][0]["quantity"], &event["carrier"]), (&json!(300), &json!("C")), "{events}");
        let place = site.get("/records/places/DEPOT-POL").await;
        assert!(place.text.contains("href=\"/passed?place=DEPOT-POL\""), "{}", place.text);
        let elsewhere = site.get("/passed?place=NODE-BALTIC").await;
        assert!(!elsewhere.text.contains(&code), "{}", elsewhere.text);
        let nowhere = site.get("/passed?place=NODE-NONE").await;
        assert!(nowhere.text.contains("there is no place NODE-NONE"), "{}", nowhere.text);
        // Poland means its departure, Ukraine its receipt: the same goods are delivered by one term and not by the other.
        let delivered = site.get("/delivered").await;
        assert_eq!(delivered.status, StatusCode::OK);
        let row = delivered.text.split("<tr").find(|row| row.contains("BOOTS/ok")).unwrap();
        assert!(row.contains(">300<") && row.contains(">0<"), "{row}");
        // A number leads to the offers of which it is.
        let link = row.split("href=\"").find(|part| part.starts_with("/delivered?term=")).unwrap();
        let link = link.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
        let link = link.split('#').next().unwrap();
        let parts = site.get(link).await.text;
        let beside = parts.split("id=\"beside\"").nth(1).unwrap_or_default();
        assert!(beside.contains(">300<"), "{parts}");
        // Who sees nothing of it is told nothing.
        let japan = site.user("jun", "JPN", &[Role::DonorLiaison]).await;
        for page in ["/passed?place=DEPOT-POL", "/delivered"] {
            let seen = site.ask("GET", page, &japan).await;
            assert!(seen.status == StatusCode::OK && !seen.text.contains(&code), "{page}: {}", seen.text);
            assert!(!seen.text.contains(">300<"), "{page}: {}", seen.text);
            assert_eq!(site.ask("GET", page, "").await.status, StatusCode::NOT_FOUND, "{page}");
        }
    }
}

#[tokio::test]
async fn what_others_told_has_a_page() {
    for engine in ENGINES {
        let (site, _) = stocked(engine).await;
        let event = json!({
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
            "type": "ObjectEvent", "eventTime": "2026-09-16T10:00:00Z", "eventTimeZoneOffset": "+00:00",
            "epcList": ["https://id.gs1.org/00/340123453111111115"], "action": "OBSERVE", "bizStep": "arriving",
            "readPoint": { "id": "https://id.gs1.org/414/4012345000054" },
        });
        let request = Request::post("/epcis/v2/events")
            .header("cookie", &site.cookie)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/json")
            .body(Body::from(event.to_string()));
        let kept = site.answer(request.unwrap()).await;
        assert_eq!(kept.status, StatusCode::CREATED, "{}", kept.text);
        let page = site.get("/captured").await;
        assert!(page.text.contains("Arriving") && page.text.contains("ni:///sha-256"), "{}", page.text);
        let wrong = site.get("/captured?sscc=1234").await;
        assert!(wrong.text.contains("right check digit") && wrong.text.contains("value=\"1234\""), "{}", wrong.text);
    }
}

#[tokio::test]
async fn what_lies_at_a_place_is_sent_on_from_its_page() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let page = site.get("/consignments/new?from=NODE-WEST").await;
        assert!(page.text.contains(accounts[0]) && page.text.contains("From what lies here"), "{}", page.text);
        let form = |vests: &str, to: &str| {
            let [vest, pickup] = accounts.map(|account| account.replace(' ', "+").replace('/', "%2F"));
            format!(
                "from=NODE-WEST&from_stock=yes&to={to}&account={vest}&quantity+{vest}={vests}&account={pickup}&serials+{pickup}=PK-2&reason=on"
            )
        };
        // What was typed stays.
        let refused = site.post("/consignments", &site.cookie, &form("9999", "CROSS-2")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        assert!(refused.text.contains("value=\"9999\"") && refused.text.contains("value=\"PK-2\""), "{}", refused.text);
        let nowhere = site.post("/consignments", &site.cookie, &form("200", "")).await;
        assert!(nowhere.text.contains("say where it goes from NODE-WEST"), "{}", nowhere.text);
        let done = site.post("/consignments", &site.cookie, &form("200", "CROSS-2")).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let code = done.header("location").rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
        let (_, shown) = api(&site, "GET", &format!("/consignments/{code}"), Value::Null).await;
        assert_eq!(shown["lines"][0]["quantity"], 200);
        assert_eq!(shown["lines"][1]["units"][0]["serial"], "PK-2");
        let left = site.get("/consignments/new?from=NODE-WEST").await;
        assert!(left.text.contains("max=\"300\""), "{}", left.text);
    }
}

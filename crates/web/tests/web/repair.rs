//! Repair on its pages and by the API: a unit reports, the repair manager decides, the works repairs and releases, the unit has it back.

use axum::http::StatusCode;
use muster_app::storage::dialect::Engine;
use muster_domain::{
    ledger::{
        account::AccountKey,
        entry::{Act, Activity, Command, Note, Posting, Subject},
    },
    role::Role,
};
use muster_testkit::database::ENGINES;
use serde_json::{Value, json};

use crate::site::{Answer, Site, as_is, operator};

/// A site on which a unit has a pickup in service.
async fn with_pickup(engine: Engine) -> Site {
    let site = Site::demonstration(engine, as_is).await.unhurried();
    put(
        &site,
        "national_stock LVA LVA NODE-WEST - PICKUP/ok -",
        "in_service U-DEM-1 UKR POINT-03 - PICKUP/ok -",
        1,
        "PK-7",
    )
    .await;
    site
}

/// Puts something somewhere.
pub(crate) async fn put(site: &Site, from: &str, to: &str, quantity: i64, serial: &str) {
    let account = |text| AccountKey::parse(text).unwrap();
    let posting = Posting { serial: serial.into(), ..Posting::new(account(from), account(to), quantity) };
    let note = Note {
        key: format!("{to} {serial}"),
        occurred_at: "2026-09-10T00:00:00Z".parse().unwrap(),
        actor: "tester".into(),
        reason: "a test".into(),
    };
    let act = Act::Post { activity: Activity::Adjust, subject: Subject::default(), postings: vec![posting] };
    let done = site.app.post(vec![Command { note, act }], &operator()).await.unwrap();
    assert!(done[0].is_ok(), "{done:?}");
}

async fn read(site: &Site, cookie: &str, address: &str) -> (StatusCode, Value) {
    let answer = site.ask("GET", &format!("/api/v1{address}"), cookie).await;
    (answer.status, serde_json::from_str(&answer.text).unwrap_or_default())
}

pub(crate) fn done(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
}

#[tokio::test]
async fn a_pickup_is_reported_decided_on_repaired_and_back_on_pages() {
    for engine in ENGINES {
        let site = with_pickup(engine).await;
        let unit = site.user("unit", "UKR", &[Role::RequirementsOfficer]).await;
        let works = site.user("works", "WKS-2", &[Role::RepairFacility]).await;
        let manager = site.user("manager", "NSATU", &[Role::RepairManager]).await;
        let japan = site.user("jpn", "JPN", &[Role::DonorLiaison]).await;
        assert!(site.ask("GET", "/repair", &japan).await.text.contains("Nothing is broken that you see."));
        assert_eq!(site.ask("GET", "/repair", "").await.status, StatusCode::NOT_FOUND, "not for the public");
        // What was typed stays when something is wrong with it.
        let typed = [("resource", "PICKUP/ok"), ("serial", "PK-9"), ("symptom", "smokes"), ("urgency", "critical")];
        let refused = site.send("/repair", &unit, &typed, None).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains("you have no PICKUP/ok PK-9") && refused.text.contains("smokes"));
        let typed = [("resource", "PICKUP/ok"), ("serial", "PK-7"), ("symptom", "smokes"), ("urgency", "critical")];
        let reported = site.send("/repair", &unit, &typed, Some(("image/png", b"\x89PNG\r\n\x1a\n smoke"))).await;
        done(&reported);
        let page = reported.header("location").split('?').next().unwrap().to_owned();
        let code = page.rsplit('/').next().unwrap().to_owned();
        let board = site.ask("GET", "/repair", &unit).await.text;
        assert!(board.contains(&code) && board.contains("Critical") && board.contains("0\u{a0}%"), "{board}");
        let shown = site.ask("GET", &page, &unit).await.text;
        assert!(shown.contains("smokes") && !shown.contains("Decide where it is repaired"), "{shown}");
        let at = shown.find("/api/v1/work-orders/").unwrap();
        let photo = shown[at..].split('"').next().unwrap().to_owned();
        assert_eq!(site.ask("GET", &photo, &unit).await.header("content-type"), "image/png");
        // Whoever has nothing to do with it sees nothing of it.
        for other in [&japan, &works] {
            for address in [&page, &photo] {
                assert_eq!(site.ask("GET", address, other).await.status, StatusCode::NOT_FOUND, "{address}");
            }
            let (_, list) = read(&site, other, "/work-orders").await;
            assert_eq!(list["work_orders"], json!([]));
        }
        let form =
            |deed: &'static str, more: &[(&'static str, &'static str)]| [vec![("deed", deed)], more.to_vec()].concat();
        let triage = form("triage", &[("echelon", "abroad"), ("facility", "WORKS-F")]);
        let refused = site.send(&page, &manager, &triage, None).await;
        assert!(refused.text.contains("WORKS-F is not where you say"), "{}", refused.text);
        let triage = form("triage", &[("echelon", "in_country"), ("facility", "WORKS-F")]);
        assert_eq!(site.send(&page, &unit, &triage, None).await.status, StatusCode::FORBIDDEN);
        done(&site.send(&page, &manager, &triage, None).await);
        // The works sees it now, and takes it in as the unit brings it.
        assert!(site.ask("GET", &page, &works).await.text.contains("Take it in"));
        done(&site.send(&page, &works, &form("induct", &[]), None).await);
        let wrong = form("diagnose", &[("fault", "turbocharger"), ("parts", "two spares")]);
        assert!(site.send(&page, &works, &wrong, None).await.text.contains("write units and a resource on each line"));
        let diagnose = form("diagnose", &[("fault", "turbocharger"), ("parts", "1 TRUCK-SPARES/ok")]);
        done(&site.send(&page, &works, &diagnose, None).await);
        let shown = site.ask("GET", &page, &works).await.text;
        assert!(shown.contains("Waiting for parts") && shown.contains("Blocked: Parts"), "{shown}");
        let board = site.ask("GET", "/repair", &manager).await.text;
        assert!(board.contains("id=\"where-map\">") && board.contains("/export/work_orders.csv"), "{board}");
        let sheet = site.ask("GET", "/export/work_orders.csv", &manager).await.text;
        assert!(sheet.contains(&format!("{code},waiting_for_parts,")), "{sheet}");
        assert!(!site.ask("GET", "/export/work_orders.csv", &japan).await.text.contains(&code));
        assert!(board.contains(&format!("{code}.1")), "the requirement that was raised: {board}");
        // The order of work says why it is not in it, to the works and to who decides.
        let shop = "/repair/shops/WORKS-F";
        for looks in [&works, &manager] {
            let shown = site.ask("GET", shop, looks).await;
            assert_eq!(shown.status, StatusCode::OK, "{}", shown.text);
            assert!(shown.text.contains(&code) && shown.text.contains("a part is lacking"), "{}", shown.text);
            assert!(site.ask("GET", "/repair", looks).await.text.contains(shop));
        }
        assert_eq!(site.ask("GET", shop, &unit).await.status, StatusCode::FORBIDDEN);
        assert!(!site.ask("GET", "/repair", &unit).await.text.contains(shop));
        let refused = site.send(&page, &works, &form("fetch", &[]), None).await;
        assert!(refused.text.contains("nothing of what"), "{}", refused.text);
        // A donor's part has come.
        put(
            &site,
            "national_stock JPN JPN NODE-WEST - TRUCK-SPARES/ok -",
            "on_hand WKS-2 UKR WORKS-F - TRUCK-SPARES/ok -",
            1,
            "",
        )
        .await;
        done(&site.send(&page, &works, &form("fetch", &[]), None).await);
        let shown = site.ask("GET", shop, &works).await.text;
        assert!(shown.contains("data-island=\"timeline\"") && !shown.contains("a part is lacking"), "{shown}");
        done(&site.send(&page, &works, &form("start", &[]), None).await);
        let refused = site.send(&page, &works, &form("fail", &[("remark", "")]), None).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        done(&site.send(&page, &works, &form("pass", &[]), Some(("application/pdf", b"%PDF-1.7 test"))).await);
        let pin = muster_app::Actor::new(muster_domain::viewer::Viewer::operator("works"), "my PIN");
        site.app.set_pin("246802", &pin).await.unwrap();
        let refused = site.send(&page, &works, &form("release", &[("tester", "works"), ("pin", "1111")]), None).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!refused.text.contains("1111"), "a PIN is not shown again");
        site.clock.advance(jiff::SignedDuration::from_mins(5));
        done(&site.send(&page, &works, &form("release", &[("tester", "works"), ("pin", "246802")]), None).await);
        done(&site.send(&page, &unit, &form("say", &[("text", "We fetch it tomorrow.")]), None).await);
        done(&site.send(&page, &unit, &form("return", &[]), None).await);
        let shown = site.ask("GET", &page, &unit).await.text;
        assert!(
            shown.contains("Returned") && shown.contains("works, WKS-2") && shown.contains("We fetch it tomorrow.")
        );
        assert!(!shown.contains("What can be done"), "{shown}");
        let board = site.ask("GET", "/repair", &manager).await.text;
        assert!(board.contains("100\u{a0}%") && board.contains("Turnaround"), "{board}");
        // What was observed becomes the planner's when who may says so.
        assert!(board.contains("Plan against actual") && board.contains("Count with 1 d"), "{board}");
        assert!(!site.ask("GET", "/repair", &unit).await.text.contains("Count with 1 d"));
        let accept = "process=WORKS-F.PICKUP&days=1&back=repair";
        assert_eq!(site.post("/observed", &unit, accept).await.status, StatusCode::FORBIDDEN);
        let other = site.post("/observed", &manager, &accept.replace("days=1", "days=5")).await;
        assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", other.text);
        done(&site.post("/observed", &manager, accept).await);
        let (_, process) = read(&site, &manager, "/records/processes/WORKS-F.PICKUP").await;
        assert_eq!(process["duration_days"], "1");
        assert!(!site.ask("GET", "/repair", &manager).await.text.contains("Count with 1 d"));
    }
}

#[tokio::test]
async fn all_of_it_goes_by_the_api() {
    for engine in ENGINES {
        let site = with_pickup(engine).await;
        let works = site.user("works", "WKS-2", &[Role::RepairFacility]).await;
        let cookie = site.cookie.clone();
        let post = async |address: String, body: Value| site.call(&cookie, &address, body).await;
        let new = json!({ "resource": "PICKUP/ok", "serial": "PK-7", "symptom": "smokes", "urgency": "urgent", "reason": "x" });
        let (status, made) = post("/work-orders".into(), new.clone()).await;
        assert_eq!((status, &made["state"]), (StatusCode::CREATED, &json!("requested")), "{made}");
        let code = made["code"].as_str().unwrap().to_owned();
        let (status, problem) = post("/work-orders".into(), new).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
        let deed = async |end: &str, body: Value| post(format!("/work-orders/{code}/{end}"), body).await;
        let (status, _) = deed("triage", json!({ "echelon": "somewhere", "reason": "x" })).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        let steps: [(&str, Value, &str); 9] = [
            ("triage", json!({ "echelon": "in_country", "facility": "WORKS-F" }), "triaged"),
            ("notes", json!({ "text": "which engine?" }), "triaged"),
            ("block", json!({ "because": "transport", "turn_of": "unit" }), "triaged"),
            ("induct", json!({}), "inducted"),
            ("block", json!({ "because": "licence", "turn_of": "maker" }), "inducted"),
            ("unblock", json!({ "because": "licence" }), "inducted"),
            ("diagnose", json!({ "fault": "hose", "parts": [] }), "diagnosed"),
            ("start", json!({}), "in_repair"),
            ("test", json!({ "passed": true }), "tested"),
        ];
        for (end, mut body, state) in steps {
            body["reason"] = "a test".into();
            let (status, shown) = deed(end, body).await;
            assert_eq!((status, &shown["state"]), (StatusCode::OK, &json!(state)), "{end}: {shown}");
        }
        let (_, shown) = read(&site, &works, &format!("/work-orders/{code}")).await;
        assert_eq!((&shown["notes"][0]["number"], &shown["blocks"][0]["because"]), (&json!(1), &json!("transport")));
        assert!(!shown["blocks"][0]["until"].is_null(), "it came: {shown}");
        let (_, list) = read(&site, &works, "/work-orders?open=true&facility=WORKS-F&state=tested").await;
        assert_eq!(list["work_orders"][0]["code"], json!(code));
        let (_, board) = read(&site, &works, "/repair").await;
        assert_eq!(board["states"], json!([{ "state": "tested", "orders": 1 }]));
        assert_eq!(board["facilities"][0]["in_repair"], json!(1));
        assert_eq!(board["facilities"][0]["capacity"], json!(3), "a facility knows its own, if not the catalogue");
        let recovered =
            json!({ "remark": "bent", "recovered": [{ "resource": "TRUCK-SPARES/ok", "quantity": 1 }], "reason": "x" });
        let (status, _) = deed("cannibalise", recovered).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "what was tested is repaired");
        let (status, _) = deed("release", json!({ "tester": "works", "pin": "000000", "reason": "x" })).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        let (status, _) = read(&site, "", &format!("/work-orders/{code}")).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
}

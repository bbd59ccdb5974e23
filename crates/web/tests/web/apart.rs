//! Nobody learns of other parties' work orders and trainees: with and without them, every answer is the same, byte by byte.

use axum::http::StatusCode;
use jiff::SignedDuration;
use muster_app::storage::dialect::Engine;
use muster_domain::role::Role;
use muster_testkit::database::ENGINES;
use serde_json::{Value, json};

use crate::{
    repair::put,
    rights::{addresses, answers, api_addresses, same},
    site::{Site, as_is},
};

/// A deed of the coordinator's by the API; gives what it answers.
async fn deed(site: &Site, address: &str, mut body: Value) -> Value {
    body["reason"] = "a test".into();
    let (status, told) = site.call(&site.cookie, address, body).await;
    assert!(status.is_success(), "{address}: {status} {told}");
    told
}

/// A pickup of a unit is reported and sent to a works; gives the work order's code.
async fn reported(site: &Site, serial: &str, (echelon, facility): (&str, &str)) -> String {
    let new = json!({ "resource": "PICKUP/ok", "serial": serial, "symptom": "smokes", "urgency": "urgent" });
    let code = deed(site, "/work-orders", new).await["code"].as_str().unwrap().to_owned();
    deed(site, &format!("/work-orders/{code}/triage"), json!({ "echelon": echelon, "facility": facility })).await;
    code
}

/// A crew is nominated for a serial and cleared; gives the nomination's code.
async fn cleared(site: &Site, serial: &str, offer: &str) -> String {
    let new = json!({ "serial": serial, "unit": "U-LOG-1", "offer": offer, "person": "Olena K." });
    let code = deed(site, "/nominations", new).await["code"].as_str().unwrap().to_owned();
    let vet = json!({ "cleared": true, "authority": "Office", "expires": "2027-06-30" });
    deed(site, &format!("/nominations/{code}/vet"), vet).await;
    code
}

async fn present(site: &Site, serial: &str, nomination: &str) {
    deed(site, &format!("/nominations/{nomination}/arrive"), json!({})).await;
    let was = json!({ "nomination": nomination, "attendance": "present" });
    deed(site, &format!("/serials/{serial}/attendance"), json!({ "day": "2026-11-24", "trainees": [was] })).await;
}

/// The demonstration on the second day of a serial, with a work order and a nomination at one works and one school. Their codes.
async fn before(engine: Engine) -> (Site, [String; 2]) {
    let mut site = Site::demonstration(engine, as_is).await.unhurried();
    let stock = "national_stock LVA LVA NODE-WEST - PICKUP/ok -";
    for serial in ["PK-7", "PK-8"] {
        put(&site, stock, "in_service U-DEM-1 UKR POINT-03 - PICKUP/ok -", 1, serial).await;
    }
    site.clock.advance(SignedDuration::from_hours(24 * 70));
    site.cookie = site.user("boss", "NSATU", &[Role::Coordinator, Role::Auditor]).await;
    // The serial runs already: its state is everybody's who sees it.
    let first = cleared(&site, "TRUCK-26-1", "O-UKR-02").await;
    present(&site, "TRUCK-26-1", &first).await;
    let codes = [reported(&site, "PK-8", ("abroad", "WORKS-B")).await, cleared(&site, "TRUCK-26-2", "O-UKR-02").await];
    (site, codes)
}

/// What happens at another works and in another school. Its codes.
async fn hidden(site: &Site) -> [String; 2] {
    let order = reported(site, "PK-7", ("in_country", "WORKS-F")).await;
    let steps = [
        ("notes", json!({ "text": "which engine?" })),
        ("block", json!({ "because": "transport", "turn_of": "unit" })),
        ("induct", json!({})),
        // What is lacking would become a requirement, which participants see as any other.
        ("diagnose", json!({ "fault": "hose", "parts": [] })),
        ("start", json!({})),
    ];
    for (end, body) in steps {
        deed(site, &format!("/work-orders/{order}/{end}"), body).await;
    }
    let nomination = cleared(site, "TRUCK-26-1", "O-UKR-02").await;
    present(site, "TRUCK-26-1", &nomination).await;
    deed(
        site,
        &format!("/nominations/{nomination}/assess"),
        json!({ "objectives": [{ "objective": "DRIVE", "met": true }] }),
    )
    .await;
    deed(site, "/serials/TRUCK-26-1/remarks", json!({ "kind": "feedback", "text": "too few trucks" })).await;
    [order, nomination]
}

/// What follows that the visitors see, in both. It makes nothing that gets a code: codes are drawn by chance.
async fn after(site: &Site, [order, nomination]: &[String; 2]) {
    deed(site, &format!("/work-orders/{order}/notes"), json!({ "text": "on its way" })).await;
    deed(site, &format!("/nominations/{nomination}/withdraw"), json!({ "remark": "ill" })).await;
}

/// Where repair and training are told of, for codes that are seen and codes that are not.
fn of_repair_and_training(codes: &[&String]) -> Vec<String> {
    let mut all: Vec<String> = [
        "/repair",
        "/repair/shops/WORKS-B",
        "/repair/shops/WORKS-F",
        "/training",
        "/training/serials/TRUCK-26-1",
        "/training/serials/TRUCK-26-2",
        "/records/serials/TRUCK-26-1",
        "/records/serials/TRUCK-26-2",
        "/records/requirements?q=TRUCK-SPARES",
        "/journal?activity=repair",
        "/journal?activity=inspect",
        "/search?q=PK-7",
        "/search?q=WORKS-F",
        "/api/v1/repair",
        "/api/v1/work-orders",
        "/api/v1/work-orders?open=true",
        "/api/v1/work-orders?facility=WORKS-F",
        "/api/v1/work-orders?serial=PK-7",
        "/api/v1/training",
        "/api/v1/training/calendar",
        "/api/v1/training/calendar?place=SCHOOL-1",
        "/api/v1/training/calendar?unit=U-LOG-1",
        "/api/v1/training/calendar?host=TRN-1",
        "/api/v1/nominations",
        "/api/v1/nominations?serial=TRUCK-26-1",
        "/api/v1/nominations?state=in_training",
        "/api/v1/serials/TRUCK-26-1",
        "/api/v1/serials/TRUCK-26-2",
        "/api/v1/records/serials/TRUCK-26-1",
        "/api/v1/records/requirements?q=TRUCK-SPARES",
    ]
    .map(str::to_owned)
    .into();
    for code in codes {
        for before in
            ["/repair/", "/training/nominations/", "/search?q=", "/api/v1/work-orders/", "/api/v1/nominations/"]
        {
            all.push(format!("{before}{code}"));
        }
    }
    all
}

const VISITORS: [(&str, &str, Role); 5] = [
    ("pola", "POL", Role::DonorLiaison),
    ("oper", "OP-WEST", Role::HubOperator),
    ("works", "WKS-1", Role::RepairFacility),
    ("school", "TRN-2", Role::TrainingFacility),
    ("latvia", "LVA", Role::DonorLiaison),
];

#[tokio::test]
async fn nothing_tells_of_others_work_orders_and_trainees() {
    for engine in ENGINES {
        let (plain, seen) = before(engine).await;
        let (other, there) = before(engine).await;
        assert_eq!(seen, there, "both begin alike");
        let [order, nomination] = hidden(&other).await;
        after(&plain, &seen).await;
        after(&other, &seen).await;
        let mut asked = of_repair_and_training(&[&seen[0], &seen[1], &order, &nomination]);
        // All other addresses, too; on one engine, since they take long.
        if engine == Engine::Sqlite {
            asked.extend(addresses());
            asked.extend(api_addresses(&plain).await);
        }
        // Whoever sees everything sees that something is other.
        for address in
            ["/repair", "/training", "/api/v1/work-orders", "/api/v1/nominations", "/api/v1/serials/TRUCK-26-1"]
        {
            assert_ne!(plain.get(address).await.text, other.get(address).await.text, "{address}");
        }
        let cookies = async |site: &Site| {
            let mut all = vec![String::new()];
            for (name, party, role) in VISITORS {
                all.push(site.user(name, party, &[role]).await);
            }
            all
        };
        let (were, are) = (cookies(&plain).await, cookies(&other).await);
        for (n, (was, is)) in were.iter().zip(&are).enumerate() {
            let who = if n == 0 { "the public" } else { VISITORS[n - 1].1 };
            same(
                &format!("{engine:?}: {who}"),
                &answers(&plain, was, &asked).await,
                &answers(&other, is, &asked).await,
            );
        }
        // The visitors do see what is theirs.
        let looks = async |n: usize, address: String| other.ask("GET", &address, &are[n]).await.status;
        assert_eq!(looks(3, format!("/repair/{}", seen[0])).await, StatusCode::OK);
        assert_eq!(looks(4, format!("/training/nominations/{}", seen[1])).await, StatusCode::OK);
        assert_eq!(looks(3, format!("/repair/{order}")).await, StatusCode::NOT_FOUND);
    }
}

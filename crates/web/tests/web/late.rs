//! What is late: consignments too, what was due first before others.

use axum::http::StatusCode;
use jiff::SignedDuration;
use muster_domain::role::Role;
use muster_testkit::database::ENGINES;
use serde_json::Value;

use crate::transfer::{made, stocked};

#[tokio::test]
async fn what_is_under_way_past_its_time_is_late_the_longest_late_first() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let first = made(&site, &accounts[1..]).await;
        let second = made(&site, &accounts[..1]).await;
        for (code, units) in [(&first, "PK-1%0APK-2"), (&second, "L-1+300")] {
            site.clock.advance(SignedDuration::from_hours(1));
            let page = format!("/consignments/{code}");
            let ready = format!("deed=ready&condition+1=serviceable&units+1={units}");
            for form in [ready.as_str(), "deed=depart&carrier=C&conveyance=W+1"] {
                let done = site.post(&page, &site.cookie, form).await;
                assert_eq!(done.status, StatusCode::SEE_OTHER, "{form}: {}", done.text);
            }
        }
        let before = site.get("/").await.text;
        assert!(!before.contains(&first), "nothing is late yet: {before}");
        let soon = site.get("/consignments?arrives_by=2026-12-31").await.text;
        assert!(soon.contains(&first) && soon.contains(&second), "{soon}");
        let none = site.get("/consignments?arrives_by=2026-09-14").await.text;
        assert!(!none.contains(&first) && !none.contains(&second), "{none}");

        site.clock.advance(SignedDuration::from_hours(24 * 60));
        let later = site.user("olga", "NSATU", &[Role::Coordinator]).await;
        for address in ["/", "/consignments?late=yes"] {
            let page = site.ask("GET", address, &later).await.text;
            let place = |code: &str| page.find(&format!("href=\"/consignments/{code}\""));
            assert!(place(&first).is_some() && place(&first) < place(&second), "{address}: {page}");
            assert!(!page.contains("Nothing is late"), "{page}");
        }
        let next = async |cursor: &str| -> Value {
            let address = format!("/api/v1/consignments?late=true&limit=1{cursor}");
            serde_json::from_str(&site.ask("GET", &address, &later).await.text).unwrap()
        };
        let one = next("").await;
        assert_eq!(one["consignments"][0]["code"], first, "{one}");
        let two = next(&format!("&cursor={}", one["next"].as_str().unwrap())).await;
        assert_eq!((&two["consignments"][0]["code"], &two["next"]), (&Value::from(second), &Value::Null), "{two}");
    }
}

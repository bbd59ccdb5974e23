//! Variances on their pages: whom they wait for as time passes.

use axum::http::StatusCode;
use jiff::SignedDuration;
use muster_app::storage::transfer::tell::VarianceFilter;
use muster_domain::role::Role;
use muster_testkit::database::ENGINES;
use serde_json::{Value, json};

use crate::{
    site::{Site, operator},
    transfer::{READY, api, made, stocked},
};

const SHORT: &str = "deed=arrive&received+1=298&damaged+1=0&unit+2=there+PK-1&unit+2=there+PK-2";

async fn is_told(site: &Site, cookie: &str) -> bool {
    site.ask("GET", "/", cookie).await.text.contains("What waits for you")
}

#[tokio::test]
async fn the_first_page_tells_everybody_what_waits_for_them() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let page = format!("/consignments/{}", made(&site, &accounts).await);
        for deed in [READY, "deed=depart&carrier=Carrier&conveyance=W+1", SHORT] {
            let done = site.post(&page, &site.cookie, deed).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        }
        let (_, all) = api(&site, "GET", "/variances", Value::Null).await;
        let variance = &all["variances"][0];
        let (code, holder) = (variance["code"].as_str().unwrap(), variance["holder"].as_str().unwrap());
        assert_eq!((&variance["waits_for"], &variance["escalations"]), (&json!("holder"), &json!([])));
        let hub = site.user("hub", holder, &[Role::HubOperator]).await;
        assert!(is_told(&site, &hub).await && !is_told(&site, &site.cookie).await);
        let asked = "/variances?waits_for=mission";
        assert!(!site.get(asked).await.text.contains(code));

        site.clock.advance(SignedDuration::from_hours(24 * 15));
        muster_web::keep_time(&site.app).await.unwrap();
        muster_web::keep_time(&site.app).await.unwrap();
        let staff = site.user("bo", "NSATU", &[Role::Coordinator, Role::Auditor]).await;
        assert!(is_told(&site, &staff).await);
        for address in [asked, "/oversight"] {
            let list = site.ask("GET", address, &staff).await;
            assert!(list.text.contains(code) && list.text.contains("the mission"), "{address}: {}", list.text);
        }
        // Before it was found nobody knew of it; on the day after it waited for who holds it.
        for (address, there, late) in [
            ("/variances?as_of=2026-09-14", false, false),
            ("/oversight?as_of=2026-09-14&known=2026-09-14", false, false),
            ("/variances?as_of=2026-09-16", true, false),
            ("/oversight?as_of=2026-09-16", false, false),
        ] {
            let list = site.ask("GET", address, &staff).await.text;
            assert_eq!((list.contains(code), list.contains("(late)")), (there, late), "{address}: {list}");
        }
        let shown = site.ask("GET", &format!("/variances/{code}"), &staff).await;
        assert_eq!(shown.text.matches("to the mission on").count(), 1, "once: {}", shown.text);
        let list = site.ask("GET", "/api/v1/variances?waits_for=mission", &staff).await;
        let list: Value = serde_json::from_str(&list.text).unwrap();
        let escalations = &list["variances"][0]["escalations"];
        assert_eq!((escalations.as_array().map(Vec::len), &escalations[0]["level"]), (Some(1), &json!("mission")));
        let none = site.ask("GET", "/api/v1/variances?overdue=true", &staff).await;
        assert!(none.text.contains(r#""variances":[]"#), "{}", none.text);
        let wrong = site.ask("GET", "/api/v1/variances?waits_for=me", &staff).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.text);

        let lost =
            site.post(&format!("/variances/{code}"), &staff, "deed=resolve&resolution=lost&reason=decided").await;
        assert_eq!(lost.status, StatusCode::SEE_OTHER, "{}", lost.text);
        assert!(!is_told(&site, &staff).await);
    }
}

#[tokio::test]
async fn of_all_variances_the_last_found_come_first_and_every_one_is_on_a_page() {
    for engine in ENGINES {
        let (site, _) = stocked(engine).await;
        for (n, at) in ["2026-09-10T08:00", "2026-09-12T08:00", "2026-09-11T08:00"].iter().enumerate() {
            let form = format!("place=NODE-WEST&description=crate+{n}&quantity=1&at={at}&reason=x");
            let done = site.post("/variances", &site.cookie, &form).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        }
        for (newest, order) in [(true, [1, 2, 0]), (false, [0, 2, 1])] {
            let (mut after, mut found) = (None, Vec::new());
            loop {
                let filter = VarianceFilter { newest, after, ..VarianceFilter::default() };
                let page = site.app.variances(&operator().viewer, &filter, 1).await.unwrap();
                let Some(last) = page.last() else { break };
                found.push(last.variance.description.clone());
                after = Some(last.place());
            }
            assert_eq!(found, order.map(|n| format!("crate {n}")));
        }
        let page = site.get("/variances?show=all").await.text;
        let place = |text: &str| page.find(text).unwrap();
        assert!(place("crate 1") < place("crate 2") && place("crate 2") < place("crate 0"), "{page}");
    }
}

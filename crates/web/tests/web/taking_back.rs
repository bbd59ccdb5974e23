//! What was recorded by mistake is taken back on the page and in the API.

use axum::http::StatusCode;
use muster_domain::role::Role;
use muster_testkit::database::ENGINES;
use serde_json::json;

use crate::transfer::{READY, api, made, stocked};

#[tokio::test]
async fn a_departure_by_mistake_is_taken_back_and_stays_told() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let code = made(&site, &accounts).await;
        let page = format!("/consignments/{code}");
        let shown = site.get(&page).await;
        assert!(!shown.text.contains("Take back"), "nothing was recorded yet");
        for deed in [READY, "deed=depart&carrier=Carrier&conveyance=WRONG+1"] {
            let done = site.post(&page, &site.cookie, deed).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        }
        let shown = site.get(&page).await;
        assert!(shown.text.contains("Take back: Departed"), "{}", shown.text);
        // Who did not send it is not offered it, and refused.
        let hub = site.user("fedir", "OP-FWD", &[Role::HubOperator]).await;
        let refused = site.post(&page, &hub, "deed=take_back&reason=mine").await;
        assert!(refused.status.is_client_error(), "{}", refused.text);
        let sender = site.user("wera", "OP-WEST", &[Role::HubOperator]).await;
        assert!(site.ask("GET", &page, &sender).await.text.contains("Take back: Departed"));
        let done = site.post(&page, &site.cookie, "deed=take_back&reason=another+lorry").await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let shown = site.get(&page).await;
        assert!(shown.text.contains("Departed: taken back, it did not happen"), "{}", shown.text);
        assert!(shown.text.contains("another lorry") && shown.text.contains("Take back: Readied"), "{}", shown.text);
        assert!(!shown.text.contains("WRONG 1"), "the lorry did not leave with it");
        // The right one leaves, and is taken back through the API.
        let done = site.post(&page, &site.cookie, "deed=depart&carrier=Carrier&conveyance=RIGHT+1").await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let address = format!("/consignments/{code}/take-back");
        let (status, told) = api(&site, "POST", &address, json!({ "reason": "a day early" })).await;
        assert_eq!((status, &told["state"]), (StatusCode::OK, &json!("readied")), "{told}");
        let reached = told["milestones"].as_array().unwrap();
        assert_eq!(reached.iter().filter(|one| !one["taken_back"].is_null()).count(), 2, "{told}");
        assert_eq!(reached[2]["taken_back"]["reason"], json!("a day early"));
        let (status, told) = api(&site, "POST", &address, json!({ "reason": "packed anew" })).await;
        assert_eq!((status, &told["state"]), (StatusCode::OK, &json!("packing")), "{told}");
        let (status, told) = api(&site, "POST", &address, json!({ "reason": "again" })).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        assert!(told.to_string().contains("no milestone"), "{told}");
        let (status, _) = api(&site, "POST", "/consignments/C-NONE/take-back", json!({ "reason": "x" })).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }
}

//! What came to another place than it was sent to, and what the books hold elsewhere, on pages and in the API.

use axum::http::StatusCode;
use muster_domain::role::Role;
use muster_testkit::database::ENGINES;
use serde_json::{Value, json};

use crate::transfer::{READY, api, made, stocked};

#[tokio::test]
async fn what_turned_up_elsewhere_is_recorded_on_the_page_and_shown_to_who_follows_it() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let code = made(&site, &accounts).await;
        let page = format!("/consignments/{code}");
        for deed in [READY, "deed=depart&carrier=Carrier&conveyance=W+1"] {
            let done = site.post(&page, &site.cookie, deed).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        }
        // One of its vehicles is said to be at another place, too: that is kept in words, and told.
        let thing = json!({
            "place": "NODE-SOUTH", "description": "a pick-up", "quantity": 1, "resource": "PICKUP/ok",
            "serials": ["PK-1"], "reason": "test",
        });
        let (status, told) = api(&site, "POST", "/variances", thing).await;
        assert!(status.is_success(), "{told}");
        let variance = told["variance"].as_str().unwrap();
        let address = format!("/variances/{variance}");
        let (_, shown) = api(&site, "GET", &address, Value::Null).await;
        assert_eq!(
            (&shown["in_books"], &shown["elsewhere"]),
            (&json!(false), &json!([])),
            "who counts blind knows nothing"
        );
        let count = json!({ "quantity": 1, "reason": "test" });
        let (status, told) = api(&site, "POST", &format!("{address}/count"), count.clone()).await;
        assert!(status.is_success(), "{told}");
        let (_, shown) = api(&site, "GET", &address, Value::Null).await;
        assert_eq!(shown["elsewhere"], json!([]), "who may count again does not, either");
        let other = site.user("ben", "NSATU", &[Role::Coordinator]).await;
        let (status, told) = site.call(&other, &format!("{address}/count"), count).await;
        assert!(status.is_success(), "{told}");
        let (_, shown) = api(&site, "GET", &address, Value::Null).await;
        assert_eq!((&shown["in_books"], &shown["elsewhere"][0]["consignment"]), (&json!(false), &json!(code)));
        let shown = site.get(&format!("/variances/{variance}")).await;
        assert!(shown.text.contains(&format!("They hold PK-1 at {code}")), "{}", shown.text);

        let typed = format!("place=NODE-SOUTH&thing={code}X&remark=off+the+train&reason=found");
        let refused = site.post("/consignments/turned-up", &site.cookie, &typed).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains("nothing is under way") && refused.text.contains("off the train"), "typed stays");
        let done = site.post("/consignments/turned-up", &site.cookie, &typed.replace("X&", "&")).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let shown = site.get(&page).await;
        assert!(shown.text.contains("It turned up here and was sent elsewhere"), "{}", shown.text);
        assert!(shown.text.contains("not where it was sent"), "its milestone says so: {}", shown.text);
        let list = site.get("/consignments?late=yes").await;
        assert!(list.text.contains(&code), "{}", list.text);
        let (_, head) = api(&site, "GET", &format!("/consignments/{code}"), Value::Null).await;
        assert_eq!((&head["place"], &head["sent_to"]), (&json!("NODE-SOUTH"), &json!("CROSS-2")));
        // It is not under way any more.
        let again = json!({ "consignment_or_sscc": code, "remark": "again", "reason": "test" });
        let (status, told) = api(&site, "POST", "/places/NODE-SOUTH/turned-up", again).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        let empty = json!({ "consignment_or_sscc": code, "reason": "test" });
        let (status, told) = api(&site, "POST", "/places/NODE-SOUTH/turned-up", empty).await;
        assert!(status == StatusCode::UNPROCESSABLE_ENTITY && told.to_string().contains("remark"), "{told}");
    }
}

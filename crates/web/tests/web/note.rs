//! What is said of a consignment, on its page and by the API, with photographs.

use axum::http::StatusCode;
use muster_domain::role::Role;
use muster_testkit::database::ENGINES;
use serde_json::{Value, json};

use crate::transfer::{api, made, stocked};

#[tokio::test]
async fn what_is_said_of_a_consignment_stays_with_its_photographs_in_whatever_state_it_is() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let code = made(&site, &accounts).await;
        let page = format!("/consignments/{code}");
        let path = format!("{page}/notes");
        assert_eq!(api(&site, "GET", &path, Value::Null).await, (StatusCode::OK, json!({ "notes": [] })));
        let said = json!({ "text": "Seal 7 was broken.\nOne strap is missing.", "reason": "test" });
        let (status, told) = api(&site, "POST", &path, said.clone()).await;
        assert_eq!((status, &told["notes"][0]["text"]), (StatusCode::CREATED, &said["text"]), "{told}");
        // On the page with a photograph, which whoever sees all of it can look at.
        let picture = b"\xFF\xD8\xFF\xE0 a strap";
        let fields = [("deed", "note"), ("note", "This one <b>")];
        let sent = site.send_files(&page, &site.cookie, &fields, &[("photo", "image/jpeg", picture)]).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
        let (_, told) = api(&site, "GET", &path, Value::Null).await;
        let hash = told["notes"][1]["photos"][0].as_str().unwrap().to_owned();
        let shown = site.get(&page).await.text;
        let address = format!("/api/v1{page}/attachments/{hash}");
        for part in ["Seal 7 was broken.\nOne strap", "This one &#60;b&#62;", &format!("<img src=\"{address}\"")] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        let kept = site.get(&address).await;
        assert_eq!((kept.status, kept.header("content-type")), (StatusCode::OK, "image/jpeg"));
        // Once it is over, too.
        assert_eq!(site.post(&page, &site.cookie, "deed=cancel&reason=test").await.status, StatusCode::SEE_OTHER);
        assert_eq!(api(&site, "POST", &path, said.clone()).await.0, StatusCode::CREATED);
        for wrong in [
            json!({ "text": "  ", "reason": "test" }),
            json!({ "text": "x", "photos": ["0".repeat(64)], "reason": "test" }),
            json!({ "text": "x".repeat(50_001), "reason": "test" }),
        ] {
            let (status, said) = api(&site, "POST", &path, wrong).await;
            assert!(status.is_client_error(), "{status} {said}");
        }
        let (_, told) = api(&site, "GET", &path, Value::Null).await;
        assert_eq!(told["notes"].as_array().unwrap().len(), 3, "{told}");
        // Who does not see the consignment, and who moves nothing.
        let japan = site.user("jun", "JPN", &[Role::DonorLiaison]).await;
        for address in [format!("/api/v1{path}"), address] {
            assert_eq!(site.ask("GET", &address, &japan).await.status, StatusCode::NOT_FOUND, "{address}");
        }
        let auditor = site.user("ada", "NSATU", &[Role::Auditor]).await;
        let refused = site.post(&page, &auditor, "deed=note&note=x").await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    }
}

//! What was written down wrong is put right on pages and by programs, and what it was before stays.

use axum::http::StatusCode;
use muster_domain::role::Role;
use muster_testkit::database::ENGINES;
use serde_json::{Value, json};

use crate::{
    end_use::{UNIT, in_service, send},
    transfer::{READY, api, made, stocked},
};

#[tokio::test]
async fn a_conveyance_that_was_written_down_wrong_is_put_right_on_its_page_and_by_programs() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let code = made(&site, &accounts).await;
        for form in [READY, "deed=depart&carrier=Carrier&conveyance=W+1"] {
            let done = site.post(&format!("/consignments/{code}"), &site.cookie, form).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        }
        let (_, shown) = api(&site, "GET", &format!("/consignments/{code}"), Value::Null).await;
        let page = format!("/movements/{}", shown["movements"][0]["movement"].as_str().unwrap());
        let form = site.get(&page).await.text;
        assert!(form.contains("Put right") && form.contains("value=\"W 1\""), "{form}");
        // What was typed stays when something is wrong with it.
        let refused = site.post(&page, &site.cookie, "deed=correct&carrier=Carrier&conveyance=W+9&reason=").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        assert!(refused.text.contains("value=\"W 9\"") && refused.text.contains("reason"), "{}", refused.text);
        let sent = "deed=correct&carrier=Carrier&conveyance=W+2&reason=misread&once=a1";
        for _ in 0..2 {
            let done = site.post(&page, &site.cookie, sent).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        }
        let told = site.get(&page).await.text;
        assert!(told.contains("Carrier, W 2") && told.matches("was Carrier, W 1 until").count() == 1, "{told}");
        let right = json!({ "carrier": "Rail Cargo", "reason": "it was another" });
        let (status, told) = api(&site, "POST", &format!("{page}/correct"), right.clone()).await;
        assert_eq!(
            (status, &told["carrier"], &told["conveyance"]),
            (StatusCode::OK, &json!("Rail Cargo"), &json!("W 2"))
        );
        assert_eq!(told["corrections"].as_array().unwrap().len(), 2, "{told}");
        assert_eq!(told["corrections"][1]["reason"], json!("it was another"), "{told}");
        let (status, told) = api(&site, "POST", &format!("{page}/correct"), right).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        let journal = site.get("/journal?activity=change").await.text;
        assert!(journal.contains("misread") && journal.contains(&code), "{journal}");
        // Who sees nothing on it does not know of it.
        let japan = site.user("jun", "JPN", &[Role::DonorLiaison]).await;
        let unseen = site.post(&page, &japan, sent).await;
        assert_eq!(unseen.status, StatusCode::NOT_FOUND, "{}", unseen.text);
    }
}

#[tokio::test]
async fn a_disposal_is_taken_back_on_the_units_page_and_by_programs() {
    for engine in ENGINES {
        let site = in_service(engine).await;
        let dispose = [("deed", "dispose"), ("reason", "burnt out")];
        let disposed = async || {
            let done = send(&site, &site.cookie, &dispose, Some(("application/pdf", b"%PDF-1.7 certificate"))).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
            let page = site.get(UNIT).await.text;
            let at = page.find("name=\"disposal\" value=\"").unwrap();
            page[at..].split('"').nth(3).unwrap().to_owned()
        };
        let code = disposed().await;
        let back = [("deed", "take_back"), ("disposal", code.as_str()), ("reason", "")];
        let refused = send(&site, &site.cookie, &back, None).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        let back = [("deed", "take_back"), ("disposal", code.as_str()), ("reason", "PK-8 was meant")];
        let done = send(&site, &site.cookie, &back, None).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let page = site.get(UNIT).await.text;
        let told = page.contains("PK-8 was meant") && page.contains(&format!("Disposal {code} taken back"));
        assert!(told && page.contains(&format!("/api/v1/disposals/{code}/certificate")), "{page}");
        assert!(!page.contains("It was disposed of.") && !page.contains("value=\"take_back\""), "{page}");
        let again = disposed().await;
        let address = format!("/disposals/{again}/take-back");
        let unsaid = api(&site, "POST", &address, json!({})).await;
        assert_eq!(unsaid.0, StatusCode::UNPROCESSABLE_ENTITY, "{}", unsaid.1);
        let (status, told) = api(&site, "POST", &address, json!({ "reason": "twice wrong" })).await;
        assert_eq!((status, &told["taken_back"]["reason"]), (StatusCode::OK, &json!("twice wrong")), "{told}");
        assert_eq!(told["work_orders"], json!([]), "{told}");
        let twice = api(&site, "POST", &address, json!({ "reason": "twice wrong" })).await;
        assert_eq!(twice.0, StatusCode::UNPROCESSABLE_ENTITY, "{}", twice.1);
        let sheet = site.get("/lists/disposals.csv").await.text;
        assert!(sheet.lines().next().unwrap().ends_with(",taken_back_at"), "{sheet}");
    }
}

#[tokio::test]
async fn a_check_is_taken_back_on_the_units_page_and_by_programs() {
    for engine in ENGINES {
        let site = in_service(engine).await;
        let checked = async |grade: &str, remark: &str| {
            let fields = [("deed", "check"), ("grade", grade), ("remark", remark)];
            let done = send(&site, &site.cookie, &fields, None).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        };
        checked("sighted", "in the yard").await;
        let overdue = async || site.get("/end-use?overdue=yes").await.text.contains(UNIT);
        assert!(!overdue().await);
        let page = site.get(UNIT).await.text;
        let at = page.find("<select name=\"check\"").unwrap();
        let code = page[at..].split("value=\"").nth(2).unwrap().split('"').next().unwrap().to_owned();
        let back = [("deed", "uncheck"), ("check", code.as_str()), ("reason", "it was PK-8")];
        let unsaid = [("deed", "uncheck"), ("check", code.as_str()), ("reason", "")];
        let refused = send(&site, &site.cookie, &unsaid, None).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        for status in [StatusCode::SEE_OTHER, StatusCode::UNPROCESSABLE_ENTITY] {
            let done = send(&site, &site.cookie, &back, None).await;
            assert_eq!(done.status, status, "{}", done.text);
        }
        let page = site.get(UNIT).await.text;
        let told = page.contains("it was PK-8") && page.contains(&format!("End-use check {code} taken back"));
        assert!(told && !page.contains("<select name=\"check\""), "{page}");
        assert!(overdue().await, "nobody has checked it");
        let (_, told) = api(&site, "GET", &format!("/inspections/{code}"), Value::Null).await;
        assert_eq!((&told["serial"], &told["taken_back"]["reason"]), (&json!("PK-7"), &json!("it was PK-8")), "{told}");
        // What was not found after all is missing no more.
        checked("not_found", "the yard was empty").await;
        let missing = async || api(&site, "GET", "/not-found", Value::Null).await.1["not_found"].clone();
        let found = missing().await;
        let check = found[0]["inspection"].as_str().unwrap();
        let address = format!("/inspections/{check}/take-back");
        let (status, told) = api(&site, "POST", &address, json!({ "reason": "another yard" })).await;
        assert_eq!((status, &told["grade"]), (StatusCode::OK, &json!("not_found")), "{told}");
        assert_eq!(missing().await, json!([]));
        let finland = site.user("fin", "FIN", &[Role::DonorLiaison]).await;
        let (status, told) = site.call(&finland, &address, json!({ "reason": "x" })).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{told}");
    }
}

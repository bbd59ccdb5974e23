//! Lists of transfer as files, as they are filtered; what is missing where a consignment stands; and what nobody signed for.

use axum::http::StatusCode;
use muster_domain::role::Role;
use muster_testkit::database::ENGINES;
use serde_json::{Value, json};

use crate::{
    site::Site,
    transfer::{READY, api, made, stocked},
};

async fn readied(site: &Site, accounts: &[&str]) -> String {
    let code = made(site, accounts).await;
    let done = site.post(&format!("/consignments/{code}"), &site.cookie, READY).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    code
}

#[tokio::test]
async fn a_list_goes_out_whole_and_as_it_is_filtered_and_no_cell_is_a_formula() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let (one, other) = (made(&site, &accounts[..1]).await, made(&site, &accounts[1..]).await);
        let cancelled = site.post(&format!("/consignments/{other}"), &site.cookie, "deed=cancel&reason=x").await;
        assert_eq!(cancelled.status, StatusCode::SEE_OTHER, "{}", cancelled.text);
        let form = "place=NODE-WEST&description=%3D1%2B1&quantity=2&at=2026-09-10T08:00&reason=x";
        let done = site.post("/variances", &site.cookie, form).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        // The link on the page is of what the page shows, all of it.
        let page = site.get("/consignments?state=packing&cursor=x").await.text;
        assert!(page.contains("href=\"/lists/consignments.csv?state=packing\""), "{page}");
        let file = site.get("/lists/consignments.csv?state=packing").await;
        assert_eq!((file.status, file.header("content-type")), (StatusCode::OK, "text/csv; charset=utf-8"));
        assert!(file.text.starts_with("code,state,consignor,") && file.text.contains(&one), "{}", file.text);
        assert!(!file.text.contains(&other), "{}", file.text);
        let file = site.get("/lists/consignments.csv?contains=PK-1").await;
        assert!(!file.text.contains(&one), "{}", file.text);
        let file = site.get("/lists/variances.csv").await;
        assert!(file.text.contains("'=1+1"), "{}", file.text);
        for list in [
            "consignments",
            "steps",
            "movement_legs",
            "variances",
            "losses",
            "end_use",
            "end_use_checks",
            "third_party_transfers",
            "disposals",
        ] {
            let book = site.get(&format!("/lists/{list}.xlsx")).await;
            assert!(book.status == StatusCode::OK && book.header("content-type").contains("spreadsheet"), "{list}");
            let sheet = site.get(&format!("/api/v1/lists/{list}?format=csv")).await;
            assert_eq!((sheet.status, sheet.header("content-type")), (StatusCode::OK, "text/csv; charset=utf-8"));
        }
        let file = site.get("/api/v1/lists/consignments?format=csv&state=cancelled").await;
        assert!(file.text.contains(&other) && !file.text.contains(&one), "{}", file.text);
        for wrong in ["/api/v1/lists/consignments?format=csv&state=moving", "/api/v1/lists/consignments?format=doc"] {
            assert_eq!(site.get(wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        }
        for unknown in ["/lists/offers.csv", "/lists/consignments.doc", "/lists/consignments"] {
            assert_eq!(site.get(unknown).await.status, StatusCode::NOT_FOUND, "{unknown}");
        }
        // Who sees none has the names of columns alone; who is nobody has nothing.
        let japan = site.user("jun", "JPN", &[Role::DonorLiaison]).await;
        let none = site.ask("GET", "/lists/consignments.csv", &japan).await;
        assert_eq!((none.status, none.text.trim().lines().count()), (StatusCode::OK, 1), "{}", none.text);
        let nobody = site.ask("GET", "/lists/consignments.csv", "").await;
        assert_eq!(nobody.status, StatusCode::NOT_FOUND, "{}", nobody.text);
    }
}

#[tokio::test]
async fn what_is_missing_where_a_consignment_stands_is_said_on_its_page_and_by_programs() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let code = readied(&site, &accounts).await;
        let page = format!("/consignments/{code}");
        assert!(site.get(&page).await.text.contains("<option value=\"missing\""));
        // What was typed stays when something is wrong with it.
        let form = "deed=inspect&condition+1=missing&so_many+1=3&condition+2=missing&so_named+2=PK-9&reason=x";
        let refused = site.post(&page, &site.cookie, form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains("value=\"PK-9\""), "{}", refused.text);
        let done = site.post(&page, &site.cookie, &form.replace("PK-9", "PK-2")).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let shown = async || api(&site, "GET", &page, Value::Null).await.1;
        let told = shown().await;
        assert_eq!([&told["lines"][0]["present"], &told["lines"][1]["present"]], [&json!(297), &json!(1)], "{told}");
        let short = |told: &Value| -> Vec<Value> {
            let all = told["variances"].as_array().unwrap().iter();
            all.map(|one| json!([one["kind"], one["quantity"], one["units"][0]["serial"]])).collect()
        };
        let of = short(&told);
        assert!(of.contains(&json!(["short", 3, ""])) && of.contains(&json!(["short", 1, "PK-2"])), "{of:?}");
        let inspect = async |line: Value| {
            api(&site, "POST", &format!("{page}/inspect"), json!({ "lines": [line], "reason": "x" })).await
        };
        for wrong in [
            json!({ "line": 1, "condition": "missing", "quantity": 1000 }),
            json!({ "line": 1, "condition": "missing", "lots": [{ "lot": "L-9", "quantity": 1 }] }),
            json!({ "line": 2, "condition": "missing", "serials": ["PK-2"] }),
            json!({ "line": 1, "condition": "gone" }),
        ] {
            let (status, said) = inspect(wrong.clone()).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}: {said}");
        }
        let (status, done) =
            inspect(json!({ "line": 1, "condition": "missing", "lots": [{ "lot": "L-1", "quantity": 7 }] })).await;
        assert_eq!((status, done["variances"].as_array().unwrap().len()), (StatusCode::OK, 1), "{done}");
        assert_eq!(shown().await["lines"][0]["present"], 290);
    }
}

#[tokio::test]
async fn custody_that_passed_unsigned_says_so_and_is_found() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let code = readied(&site, &accounts).await;
        let page = format!("/consignments/{code}");
        let words = "Custody passed, nobody signed";
        let listed = async |cookie: &str| {
            let list = site.ask("GET", "/api/v1/consignments?unsigned=true", cookie).await;
            list.text.contains(&code)
        };
        // Made ready, it is in the same hands as before.
        assert!(!site.get(&page).await.text.contains(words) && !listed(&site.cookie).await);
        let done = site.post(&page, &site.cookie, "deed=depart&carrier=Carrier&conveyance=W+1").await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let shown = site.get(&page).await.text;
        assert!(shown.contains(words) && shown.contains("(unsigned)"), "{shown}");
        assert!(listed(&site.cookie).await);
        assert!(site.get("/consignments?unsigned=yes").await.text.contains(&format!("href=\"{page}\"")));
        let (_, told) = api(&site, "GET", &page, Value::Null).await;
        let unsigned: Vec<_> = told["milestones"].as_array().unwrap().iter().map(|one| &one["unsigned"]).collect();
        assert_eq!(unsigned, [&json!(false), &json!(true)], "{told}");
        let register = site.get("/export/milestones.csv").await.text;
        let of = |milestone: &str| register.lines().find(|line| line.contains(milestone)).unwrap().to_owned();
        assert!(
            register.starts_with("consignment,number,milestone,")
                && register.contains("completes,taken_back_at,unsigned")
        );
        assert!(of(&format!("{code},2,departed")).ends_with(",yes"), "{register}");
        assert!(of(&format!("{code},1,readied")).ends_with(','), "{register}");
        // Whom it does not concern is told nothing of it.
        let japan = site.user("jun", "JPN", &[Role::DonorLiaison]).await;
        assert!(!listed(&japan).await);
    }
}

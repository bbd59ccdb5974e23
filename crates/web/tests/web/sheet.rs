//! Sheets that are taken out, filled in, and sent back: on pages and by programs.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use muster_domain::role::Role;
use muster_testkit::database::ENGINES;
use serde_json::{Value, json};

use crate::{
    counting::{depart, under_way},
    end_use::in_service,
    site::{Answer, Site},
    transfer::api,
};

/// A sheet that is sent to the API.
async fn sent(site: &Site, address: &str, media_type: &str, sheet: &str) -> Answer {
    let request = Request::post(format!("/api/v1{address}"))
        .header("cookie", &site.cookie)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", media_type);
    site.answer(request.body(Body::from(sheet.to_owned())).unwrap()).await
}

fn rows(text: &str) -> Vec<&str> {
    text.lines().skip(1).collect()
}

#[tokio::test]
async fn a_packing_list_and_a_count_are_files_that_go_out_and_come_back() {
    for engine in ENGINES {
        let (site, page) = under_way(engine).await;
        let shown = site.get(&page).await.text;
        assert!(shown.contains(&format!("href=\"{page}/sheets/packing.csv\"")), "{shown}");
        let list = site.get(&format!("{page}/sheets/packing.csv")).await;
        assert_eq!((list.status, list.header("content-type")), (StatusCode::OK, "text/csv; charset=utf-8"));
        let known = ["1,L-1,,200,,serviceable,", "1,L-2,,100,,,", "2,,PK-1,1,,serviceable,", "2,,PK-2,1,,,"];
        assert_eq!(rows(&list.text), known);
        let same = site.get(&format!("/api/v1{page}/sheets/packing?format=csv")).await;
        assert_eq!(rows(&same.text), known);
        let book = site.get(&format!("{page}/sheets/packing.xlsx")).await;
        assert!(book.header("content-type").contains("spreadsheet"), "{}", book.header("content-type"));
        for unknown in ["packing.json", "packing", "other.csv"] {
            let none = site.get(&format!("{page}/sheets/{unknown}")).await;
            assert_eq!(none.status, StatusCode::NOT_FOUND, "{unknown}");
        }
        // By the page: what is wrong is told with its row and column, and what is right is done.
        let pack = async |sheet: &str| {
            let fields = [("deed", "pack"), ("reason", "counted again")];
            site.send_files(&page, &site.cookie, &fields, &[("sheet", "text/csv", sheet.as_bytes())]).await
        };
        let wrong = pack("line,serial,condition\n2,PK-1,fine\ntwo,PK-2,\n").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.text);
        assert!(wrong.text.contains("f:2, condition") && wrong.text.contains("f:3, line"), "{}", wrong.text);
        let done = pack("line,serial,condition\n2,PK-2,damaged\n2,PK-1,\n").await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let (_, told) = api(&site, "GET", &page, Value::Null).await;
        assert_eq!(told["lines"][1]["condition"], json!("damaged"), "{told}");
        // By the API.
        let address = format!("{page}/sheets/packing?reason=x");
        let wrong = sent(&site, &address, "text/csv", "line,serial,condition\n2,PK-1,fine\n").await;
        assert!(wrong.text.contains("\"#/2/condition\""), "{}", wrong.text);
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        let unsaid = sent(&site, &format!("{page}/sheets/packing"), "text/csv", "line\n2\n").await;
        assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", unsaid.text);
        let other = sent(&site, &address, "text/html", "line\n2\n").await;
        assert_eq!(other.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{}", other.text);
        let done = sent(&site, &address, "text/csv", "line,condition\n2,serviceable\n").await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.text);
        depart(&site, &page).await;
        let blind = site.get(&format!("{page}?blind=yes")).await.text;
        assert!(blind.contains("/sheets/count.csv?blind=yes"), "{blind}");
        assert_eq!(rows(&site.get(&format!("{page}/sheets/count.csv?blind=yes")).await.text), ["1,,,,,,", "2,,,,,,"]);
        let open = site.get(&format!("/api/v1{page}/sheets/count?format=csv")).await.text;
        assert_eq!(rows(&open), ["1,L-1,,,,,", "1,L-2,,,,,", "2,,,,PK-1|PK-2,,"]);
        let arrive = async |sheet: &str| {
            let files = [("sheet", "text/csv", sheet.as_bytes())];
            site.send_files(&page, &site.cookie, &[("deed", "arrive")], &files).await
        };
        let wrong = arrive(&open).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text.contains("f:2, received") && wrong.text.contains("f:4, received"), "{}", wrong.text);
        let count = "line,lot,received,damaged,serials\n1,L-1,200,,\n1,L-2,93,2,\n2,,1,,PK-2\n";
        let by_api = format!("{page}/sheets/count?deed=arrive&reason=counted&remark=at+the+ramp");
        let done = sent(&site, &by_api, "text/csv", count).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.text);
        let (_, told) = api(&site, "GET", &page, Value::Null).await;
        assert_eq!((&told["lines"][0]["present"], &told["state"]), (&json!(293), &json!("at_node")), "{told}");
    }
}

#[tokio::test]
async fn checks_go_out_as_a_sheet_and_come_back_all_or_none() {
    for engine in ENGINES {
        let site = in_service(engine).await;
        let page = site.get("/end-use?holder=U-DEM-1").await.text;
        assert!(page.contains("href=\"/lists/end_use_checks.csv?holder=U-DEM-1\""), "{page}");
        let due = site.get("/lists/end_use_checks.csv").await;
        assert_eq!(rows(&due.text), ["PICKUP/ok,PK-7,,,", "PICKUP/ok,PK-8,,,"]);
        let same = site.get("/api/v1/lists/end_use_checks?format=csv&holder=U-DEM-2").await;
        assert_eq!((same.status, rows(&same.text).len()), (StatusCode::OK, 0), "{}", same.text);
        let header = "resource,serial,grade,date,remark";
        let send = async |rows: &str| {
            let sheet = format!("{header}\n{rows}");
            site.send_files("/end-use", &site.cookie, &[("reason", "")], &[("sheet", "text/csv", sheet.as_bytes())])
                .await
        };
        let wrong = send("PICKUP/ok,PK-7,sighted,,\nPICKUP/ok,PK-9,sighted,,\n").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text.contains("f:3, serial"), "{}", wrong.text);
        assert_eq!(send("").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let bare = site.send_files("/end-use", &site.cookie, &[("reason", "")], &[]).await;
        assert!(bare.text.contains("says of no unit what was found"), "{}", bare.text);
        let done = send("PICKUP/ok,PK-7,sighted,2026-09-01,in the yard\nPICKUP/ok,PK-8,,,\n").await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let overdue = site.get("/api/v1/lists/end_use_checks?format=csv&overdue=true").await.text;
        assert_eq!(rows(&overdue), ["PICKUP/ok,PK-8,,,"]);
        let address = "/inspection-sheets?reason=round";
        let wrong = sent(&site, address, "text/csv", &format!("{header}\nPICKUP/ok,PK-8,seen,,\n")).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text.contains("\"#/2/grade\""), "{}", wrong.text);
        let done = sent(&site, address, "text/csv", &format!("{header}\nPICKUP/ok,PK-8,sighted,,\n")).await;
        let told: Value = serde_json::from_str(&done.text).unwrap();
        assert_eq!((done.status, told["inspections"].as_array().unwrap().len()), (StatusCode::OK, 1), "{told}");
        let japan = site.user("jun", "JPN", &[Role::DonorLiaison]).await;
        assert_eq!(rows(&site.ask("GET", "/lists/end_use_checks.csv", &japan).await.text), [""; 0]);
    }
}

//! Sheets that are taken out, filled in, and sent back: on pages and by programs.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use muster_testkit::database::ENGINES;
use serde_json::{Value, json};

use crate::{
    counting::{depart, under_way},
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

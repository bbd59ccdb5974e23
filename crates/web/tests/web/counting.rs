//! Counting and packing at a desk: blind, lot by lot, and on pallets.

use axum::http::StatusCode;
use muster_domain::ledger::{
    account::AccountKey,
    entry::{Act, Activity, Command, Note, Posting, Subject},
};
use muster_testkit::database::ENGINES;
use serde_json::{Value, json};

use crate::{
    site::{Site, operator},
    transfer::{api, made, stocked},
};

/// A consignment of vests of two lots and of two pickups that is under way.
pub(crate) async fn under_way(engine: muster_app::storage::dialect::Engine) -> (Site, String) {
    let (site, accounts) = stocked(engine).await;
    let to = AccountKey::parse(accounts[0]).unwrap();
    let from = AccountKey::parse(&accounts[0].replace("on_hand OP-WEST", "national_stock POL")).unwrap();
    let posting = Posting { lot: "L-2".into(), ..Posting::new(from, to, 100) };
    let note = Note {
        key: "stock of another lot".into(),
        occurred_at: Note::WHEN_RECORDED,
        actor: "tester".into(),
        reason: "a test".into(),
    };
    let act = Act::Post { activity: Activity::Adjust, subject: Subject::default(), postings: vec![posting] };
    let done = site.app.post(vec![Command { note, act }], &operator()).await.unwrap();
    assert!(done[0].is_ok(), "{done:?}");
    let code = made(&site, &accounts).await;
    let ready =
        "deed=ready&condition+1=serviceable&units+1=L-1+200%0AL-2+100&units+2=PK-1%0APK-2&condition+2=serviceable";
    let page = format!("/consignments/{code}");
    let done = site.post(&page, &site.cookie, ready).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    (site, page)
}

pub(crate) async fn depart(site: &Site, page: &str) {
    let done = site.post(page, &site.cookie, "deed=depart&carrier=C&conveyance=W+1").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
}

#[tokio::test]
async fn who_counts_blind_at_a_desk_is_not_told_how_many_and_which_there_are() {
    for engine in ENGINES {
        let (site, page) = under_way(engine).await;
        depart(&site, &page).await;
        let open = site.get(&page).await.text;
        assert!(open.contains(&format!("{page}?blind=yes")) && open.contains("PK-1"), "{open}");
        let told = |text: &str| {
            let body = text.split("<main").nth(1).unwrap_or(text).to_owned();
            ["PK-1", "PK-2", "× L-1", "L-2 100", ">300<", "as_stated", "/documents/", "/attachments/"]
                .into_iter()
                .filter(|what| body.contains(what))
                .collect::<Vec<_>>()
        };
        let blind = site.get(&format!("{page}?blind=yes")).await.text;
        assert_eq!(told(&blind), Vec::<&str>::new(), "{blind}");
        assert!(blind.contains("name=\"found 2\"") && blind.contains("name=\"found_lots 1\""), "{blind}");
        // Each line must be counted, and what was wrong with the count is told without what there is.
        let refused = site.post(&page, &site.cookie, "blind=yes&deed=arrive&found_lots+1=L-1+200").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        assert!(refused.text.contains("name=\"found_lots 1\"") && !refused.text.contains("PK-2"), "{}", refused.text);
        let count = "blind=yes&deed=arrive&found_lots+1=L-1+200%0AL-2+93&found_lots_damaged+1=L-2+2&found+2=PK-2";
        let done = site.post(&page, &site.cookie, count).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let (_, shown) = api(&site, "GET", &page, Value::Null).await;
        let units = |kind: &str| {
            let all = shown["variances"].as_array().unwrap().iter().filter(|one| one["kind"] == kind);
            let one = |unit: &Value| json!([unit["lot"], unit["serial"], unit["quantity"]]);
            all.flat_map(|of| of["units"].as_array().unwrap().iter().map(one)).collect::<Vec<_>>()
        };
        assert_eq!(units("short"), [json!(["L-2", "", 5]), json!(["", "PK-1", 1])]);
        assert_eq!(shown["lines"][0]["present"], 293);
    }
}

#[tokio::test]
async fn each_lot_of_a_line_is_counted_by_itself() {
    let (site, page) = under_way(ENGINES[0]).await;
    depart(&site, &page).await;
    let shown = site.get(&page).await.text;
    assert_eq!(shown.matches("name=\"lot 1\"").count(), 2, "{shown}");
    let count = |first: &str, second: &str| {
        format!(
            "deed=arrive&rest=as_stated&lot+1=L-1&lot_received+1={first}&lot_damaged+1=&lot+1=L-2&lot_received+1={second}&lot_damaged+1=1"
        )
    };
    let refused = site.post(&page, &site.cookie, &count("195", "")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("say of each lot of line 1") && refused.text.contains("value=\"195\""));
    let done = site.post(&page, &site.cookie, &count("195", "99")).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let (_, shown) = api(&site, "GET", &page, Value::Null).await;
    let short = shown["variances"].as_array().unwrap().iter().find(|one| one["kind"] == "short").unwrap();
    assert_eq!(short["units"], json!([{ "lot": "L-1", "serial": "", "quantity": 5, "sscc": null }]));
}

#[tokio::test]
async fn lines_are_put_on_pallets_on_the_page_and_by_the_api() {
    for engine in ENGINES {
        let (site, page) = under_way(engine).await;
        // The demonstration has no prefix of its own: the number is typed, and its check digit looked at.
        let put = |sscc: &str| {
            format!(
                "deed=repack&from=&onto=new&kind=pallet&sscc={sscc}&load+1=120&load_named+1=L-1&load_named+2=PK-1&reason=x"
            )
        };
        let refused = site.post(&page, &site.cookie, &put("395011010013000007")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains("<details open><summary>Put on or take off"), "{}", refused.text);
        let done = site.post(&page, &site.cookie, &put("395011010013000006")).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let shown = site.get(&page).await.text;
        assert!(shown.contains("120 × L-1") && shown.contains("Line 2: PK-1"), "{shown}");
        let (status, told) = api(
            &site,
            "POST",
            &format!("{page}/repack"),
            json!({ "from": "395011010013000006", "lines": [{ "line": 1, "quantity": 20, "lot": "L-1" }], "reason": "x" }),
        )
        .await;
        assert_eq!(status, StatusCode::OK, "{told}");
        let torn = json!({ "lines": [{ "line": 1, "quantity": 250 }], "reason": "x" });
        let (status, said) = api(&site, "POST", &format!("{page}/split"), torn).await;
        assert!(status == StatusCode::UNPROCESSABLE_ENTITY && said.to_string().contains("torn apart"), "{said}");
        let both = json!({ "onto": "395011010013000006", "new": { "kind": "box" }, "reason": "x" });
        let (status, said) = api(&site, "POST", &format!("{page}/repack"), both).await;
        assert!(status == StatusCode::UNPROCESSABLE_ENTITY && said.to_string().contains("not both"), "{said}");
        let split = site.post(&page, &site.cookie, "deed=split&split_unit=395011010013000006&reason=x").await;
        assert_eq!(split.status, StatusCode::SEE_OTHER, "{}", split.text);
        let part = split.header("location").split('?').next().unwrap().to_owned();
        let (_, told) = api(&site, "GET", &part, Value::Null).await;
        assert_eq!(
            (&told["handling_units"][0]["sscc"], &told["lines"][0]["present"]),
            (&json!("395011010013000006"), &json!(100))
        );
        let removed = site.post(&part, &site.cookie, "deed=remove_unit&sscc=395011010013000006&reason=x").await;
        assert_eq!(removed.status, StatusCode::SEE_OTHER, "{}", removed.text);
        let (_, told) = api(&site, "GET", &part, Value::Null).await;
        assert_eq!(told["handling_units"], json!([]));
        assert!(told["lines"][0]["units"][0]["sscc"].is_null(), "{told}");
    }
}

#[tokio::test]
async fn a_part_is_split_off_by_serial_number_on_the_page_and_by_the_api() {
    for engine in ENGINES {
        let (site, page) = under_way(engine).await;
        let shown = site.get(&page).await.text;
        assert!(shown.contains("name=\"split_named 2\"") && !shown.contains("split_named 1"), "{shown}");
        let split = |part: Value| {
            let (site, address) = (&site, format!("{page}/split"));
            async move { api(site, "POST", &address, json!({ "lines": [part], "reason": "x" })).await }
        };
        for (part, said) in [
            (json!({ "line": 2, "serials": ["PK-9"] }), "line 2 has no serial number PK-9"),
            (json!({ "line": 2, "quantity": 2, "serials": ["PK-1"] }), "as many different serial numbers, not 1"),
            (json!({ "line": 2, "serials": ["PK-1", "PK-1"] }), "PK-1 stands twice"),
            (json!({ "line": 1, "serials": ["PK-1"] }), "is not known by serial number"),
            (json!({ "line": 2 }), "say how many units go, or which serial numbers"),
        ] {
            let (status, told) = split(part).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
            assert!(told.to_string().contains(said), "{said}: {told}");
        }
        let (status, made) = split(json!({ "line": 2, "serials": ["PK-2"] })).await;
        assert_eq!(status, StatusCode::OK, "{made}");
        let address = format!("/consignments/{}", made["consignment"].as_str().unwrap());
        let (_, part) = api(&site, "GET", &address, Value::Null).await;
        assert_eq!(
            (&part["lines"][0]["units"][0]["serial"], &part["lines"][0]["present"]),
            (&json!("PK-2"), &json!(1))
        );
        let wrong = site.post(&page, &site.cookie, "deed=split&split+1=some&reason=x").await;
        assert!(wrong.text.contains("must be a whole number"), "{}", wrong.text);
        let wrong = site.post(&page, &site.cookie, "deed=split&split+2=&split_named+2=PK-9&reason=x").await;
        assert!(wrong.text.contains("line 2 has no serial number PK-9") && wrong.text.contains("value=\"PK-9\""));
        let done = site.post(&page, &site.cookie, "deed=split&split+1=0&split+2=&split_named+2=PK-1&reason=x").await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let (_, part) = api(&site, "GET", done.header("location").split('?').next().unwrap(), Value::Null).await;
        assert_eq!(part["lines"][0]["units"][0]["serial"], json!("PK-1"));
    }
}

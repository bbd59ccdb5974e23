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

/// The variances of a kind that are open, each of a line of its own, in the order of the lines.
async fn open(site: &Site, kind: &str) -> Vec<Value> {
    let (_, all) = api(site, "GET", "/variances?open=true", Value::Null).await;
    let all = all["variances"].as_array().unwrap().iter().filter(|one| one["kind"] == kind);
    let mut all: Vec<Value> = all.cloned().collect();
    all.sort_by_key(|one| one["line"].as_i64());
    all
}

#[tokio::test]
async fn what_was_not_damaged_is_said_to_be_miscounted() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let page = format!("/consignments/{}", made(&site, &accounts).await);
        let hurt = SHORT.replace("received+1=298&damaged+1=0", "received+1=296&damaged+1=4");
        for deed in [READY, "deed=depart&carrier=Carrier&conveyance=W+1", hurt.as_str()] {
            let done = site.post(&page, &site.cookie, deed).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        }
        let address = format!("/variances/{}", open(&site, "damaged").await[0]["code"].as_str().unwrap());
        let shown = site.get(&address).await.text;
        assert!(shown.contains("it was not hurt") && shown.contains("value=\"miscounted\""), "{shown}");
        let body = json!({ "resolution": "miscounted", "lot": "L-1", "quantity": 1, "reason": "only dirty" });
        let (status, told) = api(&site, "POST", &format!("{address}/resolve"), body).await;
        assert_eq!((status, &told["quantity"]), (StatusCode::OK, &json!(3)), "{told}");
        let done = site.post(&address, &site.cookie, "deed=resolve&resolution=miscounted&reason=only+dirty").await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        // No unit is to have it: it is in its line, and goes into stock with the rest.
        let (_, shown) = api(&site, "GET", &page, Value::Null).await;
        assert_eq!(shown["lines"][0]["present"], json!(300), "{shown}");
    }
}

#[tokio::test]
async fn part_of_what_is_missing_is_resolved_on_its_page_and_by_the_api() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let staff = site.user("bo", "NSATU", &[Role::Coordinator]).await;
        let page = format!("/consignments/{}", made(&site, &accounts).await);
        let short = "deed=arrive&received+1=295&damaged+1=0&unit+2=missing+PK-1&unit+2=missing+PK-2";
        for deed in [READY, "deed=depart&carrier=Carrier&conveyance=W+1", short] {
            let done = site.post(&page, &site.cookie, deed).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        }
        let short = open(&site, "short").await;
        let [vests, pickups] = [0, 1].map(|n| format!("/variances/{}", short[n]["code"].as_str().unwrap()));
        let shown = site.ask("GET", &vests, &staff).await.text;
        assert!(shown.contains("Only so many of them") && shown.contains("name=\"lot\""), "{shown}");
        let form = "deed=resolve&resolution=found&lot=L-1&reason=behind+the+door";
        let refused = site.post(&vests, &staff, &format!("{form}&quantity=9")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        assert!(
            refused.text.contains("has only 5 such units") && refused.text.contains("value=\"9\""),
            "{}",
            refused.text
        );
        let done = site.post(&vests, &staff, &format!("{form}&quantity=2")).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let (_, rest) = api(&site, "GET", &vests, Value::Null).await;
        assert_eq!((&rest["quantity"], &rest["resolved"], &rest["part_of"]), (&json!(3), &Value::Null, &Value::Null));
        let part = format!("/variances/{}", rest["parts"][0]["variance"].as_str().unwrap());
        assert!(site.get(&vests).await.text.contains(&format!("href=\"{part}\"")));
        assert!(site.get(&part).await.text.contains(&format!("href=\"{vests}\"")));
        let (_, part) = api(&site, "GET", &part, Value::Null).await;
        assert_eq!((&part["quantity"], &part["resolved"]["resolution"]), (&json!(2), &json!("found")));

        assert!(site.ask("GET", &pickups, &staff).await.text.contains("Only these serial numbers"));
        let resolve = async |body: Value| {
            let mut body = body;
            body["resolution"] = json!("found");
            body["reason"] = json!("it came with the next");
            site.call(&staff, &format!("{pickups}/resolve"), body).await
        };
        for (wrong, said) in [
            (json!({ "serials": ["PK-9"] }), "PK-9 is not in"),
            (json!({ "quantity": 1 }), "told apart by serial number"),
            (json!({ "serials": ["PK-1", "PK-2"] }), "that is all of"),
            (json!({ "quantity": 0 }), "quantity"),
        ] {
            let (status, told) = resolve(wrong).await;
            assert!(status == StatusCode::UNPROCESSABLE_ENTITY && told.to_string().contains(said), "{said}: {told}");
        }
        let (status, told) = resolve(json!({ "serials": ["PK-1"] })).await;
        assert_eq!((status, &told["quantity"]), (StatusCode::OK, &json!(1)), "{told}");
        assert_eq!((&told["units"][0]["serial"], &told["parts"][0]["quantity"]), (&json!("PK-2"), &json!(1)));
    }
}

#[tokio::test]
async fn what_was_decided_to_be_lost_is_found_again_on_its_page_and_by_the_api() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let page = format!("/consignments/{}", made(&site, &accounts).await);
        let short = "deed=arrive&received+1=298&damaged+1=0&unit+2=there+PK-1&unit+2=missing+PK-2";
        for deed in [READY, "deed=depart&carrier=Carrier&conveyance=W+1", short] {
            let done = site.post(&page, &site.cookie, deed).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        }
        let short = open(&site, "short").await;
        let [vests, pickup] = [0, 1].map(|n| short[n]["code"].as_str().unwrap().to_owned());
        for code in [&vests, &pickup] {
            let lost = "deed=resolve&resolution=lost&reason=looked+for+long";
            let done = site.post(&format!("/variances/{code}"), &site.cookie, lost).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        }
        let loss = format!("/losses/{vests}");
        for address in [format!("/variances/{vests}"), "/losses".to_owned()] {
            assert!(site.get(&address).await.text.contains(&format!("href=\"{loss}\"")), "{address}");
        }
        let shown = site.get(&loss).await.text;
        assert!(shown.contains("it is stock of the place") && shown.contains("value=\"found\""), "{shown}");
        let done = site.post(&loss, &site.cookie, "deed=found&reason=in+another+truck").await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let shown = site.get(&loss).await.text;
        assert!(shown.contains("in another truck") && !shown.contains("value=\"found\""), "{shown}");
        let found = format!("/loss-reports/{pickup}/found");
        let (status, told) = api(&site, "POST", &found, json!({ "reason": "it was there" })).await;
        assert_eq!((status, &told["found"]["reason"]), (StatusCode::OK, &json!("it was there")), "{told}");
        let (status, told) = api(&site, "POST", &found, json!({ "reason": "it was there" })).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        let (_, lost) = api(&site, "GET", "/loss-reports?open=true", Value::Null).await;
        assert_eq!(lost["reports"], json!([]));
    }
}

#[tokio::test]
async fn whoever_counted_wrong_counts_again_on_the_page() {
    for engine in ENGINES {
        let (site, _) = stocked(engine).await;
        let form = "place=NODE-WEST&description=crates&quantity=7&reason=x";
        let done = site.post("/variances", &site.cookie, form).await;
        let address = done.header("location").split('?').next().unwrap().to_owned();
        assert!(!site.get(&address).await.text.contains("You have counted"));
        for quantity in [5, 6] {
            let done = site.post(&address, &site.cookie, &format!("deed=count&quantity={quantity}")).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        }
        let shown = site.get(&address).await.text;
        assert!(shown.contains("You have counted") && shown.contains("counted again later"), "{shown}");
        assert!(shown.contains("counted blind"), "how many there are said to be is not told: {shown}");
        let (_, told) = api(&site, "GET", &address, Value::Null).await;
        let counts: Vec<Value> = told["counts"].as_array().unwrap().iter().map(|one| one["again"].clone()).collect();
        assert_eq!((counts, &told["counted_by"]), (vec![json!(true), json!(false)], &json!(1)), "{told}");
        let other = site.user("ben", "NSATU", &[Role::Coordinator]).await;
        let count = json!({ "quantity": 6, "reason": "counted" });
        let (status, told) = site.call(&other, &format!("{address}/count"), count).await;
        assert_eq!((status, &told["agreed"]), (StatusCode::OK, &json!(6)), "{told}");
        assert_eq!(told["counts"].as_array().unwrap().len(), 3);
        let often = site.post(&address, &site.cookie, "deed=count&quantity=6").await;
        assert_eq!(often.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", often.text);
        assert!(often.text.contains("two people agree"), "{}", often.text);
    }
}

#[tokio::test]
async fn what_is_here_under_another_number_gets_it_on_the_page_and_by_the_api() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let page = format!("/consignments/{}", made(&site, &accounts).await);
        let short = "deed=arrive&received+1=298&damaged+1=0&unit+2=missing+PK-1&unit+2=missing+PK-2";
        for deed in [READY, "deed=depart&carrier=Carrier&conveyance=W+1", short] {
            let done = site.post(&page, &site.cookie, deed).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        }
        let short = open(&site, "short").await;
        let [vests, pickups] = [0, 1].map(|n| format!("/variances/{}", short[n]["code"].as_str().unwrap()));
        assert!(!site.get(&vests).await.text.contains("under another number"), "they have none");
        assert!(site.get(&pickups).await.text.contains("under another number"));
        let form = "deed=renumber&wrong=PK-2&reason=read+from+the+plate&right=";
        let refused = site.post(&pickups, &site.cookie, &format!("{form}PK-1")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        assert!(refused.text.contains("<option value=\"PK-2\" selected>"), "what was typed stays: {}", refused.text);
        let done = site.post(&pickups, &site.cookie, &format!("{form}PK-22")).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let renumber = json!({ "wrong": "PK-1", "right": "PK-11", "reason": "read from the plate" });
        let (status, told) = api(&site, "POST", &format!("{pickups}/renumber"), renumber).await;
        assert_eq!((status, &told["resolved"]["resolution"]), (StatusCode::OK, &json!("found")), "{told}");
        assert_eq!(told["resolved"]["reason"], json!("PK-1 is PK-11: read from the plate"));
        let (_, shown) = api(&site, "GET", &page, Value::Null).await;
        let units = shown["lines"][1]["units"].as_array().unwrap().iter();
        let mut serials: Vec<&str> = units.map(|unit| unit["serial"].as_str().unwrap()).collect();
        serials.sort_unstable();
        assert_eq!(serials, ["PK-11", "PK-22"]);
        let manifested = json!({ "resolution": "manifested", "reason": "x" });
        let (status, told) = api(&site, "POST", &format!("{vests}/resolve"), manifested).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
    }
}

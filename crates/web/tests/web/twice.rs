//! What is sent twice is done once, and what was filled in against a state that is no more is not done to another.

use axum::http::StatusCode;
use muster_domain::{
    ledger::{
        account::AccountKey,
        entry::{Act, Activity, Command, Note, Posting, Subject},
    },
    role::Role,
};
use muster_testkit::database::ENGINES;
use serde_json::{Value, json};

use crate::{
    site::{Answer, Site, as_is, operator},
    transfer::{api, made, stocked},
};

/// What a hidden field of a page holds.
fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let begin = format!("name=\"{name}\" value=\"");
    page.split(&begin).nth(1).unwrap_or_else(|| panic!("{name}: {page}")).split('"').next().unwrap()
}

/// A form sent twice, as by a double click or when its answer is loaded again: both lead to the same page.
async fn twice(site: &Site, address: &str, form: &str) -> Answer {
    let first = site.post(address, &site.cookie, form).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.text);
    let second = site.post(address, &site.cookie, form).await;
    assert_eq!(second.header("location"), first.header("location"), "{}", second.text);
    second
}

async fn shown(site: &Site, code: &str) -> Value {
    api(site, "GET", &format!("/consignments/{code}"), Value::Null).await.1
}

#[tokio::test]
async fn a_form_that_was_filled_in_before_others_did_something_is_shown_again_with_what_is_now() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let code = made(&site, &accounts[..1]).await;
        let page = format!("/consignments/{code}");
        let form = site.get(&page).await.text;
        let seen = field(&form, "version").to_owned();
        // Meanwhile somebody takes half of it away.
        let split = format!("deed=split&split+1=150&reason=two+lorries&version={seen}");
        assert_eq!(site.post(&page, &site.cookie, &split).await.status, StatusCode::SEE_OTHER);
        let packed = "deed=pack&condition+1=serviceable&units+1=L-1+300&reason=looked+at";
        let refused = site.post(&page, &site.cookie, &format!("{packed}&version={seen}")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        assert!(refused.text.contains("it was changed in the meantime"), "{}", refused.text);
        assert!(refused.text.contains("L-1 300</textarea>"), "what was typed stays: {}", refused.text);
        let now = field(&refused.text, "version").to_owned();
        assert_ne!(now, seen);
        // Another mistake is no look at what is there now.
        let wrong = site.post(&page, &site.cookie, &format!("deed=value&line=1&amount=x&version={seen}")).await;
        assert!(wrong.text.contains(&format!("name=\"version\" value=\"{seen}\"")), "{}", wrong.text);
        let packed = packed.replace("300", "150");
        let done = site.post(&page, &site.cookie, &format!("{packed}&version={now}")).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        // The same by the API, for all that is done to a consignment.
        for (deed, mut body) in [
            ("cancel", json!({})),
            ("redirect", json!({ "to": "NODE-WEST" })),
            ("split", json!({ "lines": [{ "line": 1, "quantity": 1 }] })),
            ("join", json!({ "consignments": [code] })),
            ("pack", json!({ "lines": [] })),
            ("repack", json!({ "lines": [] })),
            ("remove-handling-unit", json!({ "sscc": "1" })),
            ("handling-units", json!({ "units": [{ "kind": "pallet" }] })),
            ("ready", json!({})),
            (
                "value",
                json!({ "line": 1, "amount": "1", "currency": "EUR", "method": "m", "date": "2026-09-01", "source": "s" }),
            ),
        ] {
            body["reason"] = json!("late");
            body["version"] = json!(now.parse::<i64>().unwrap());
            let (status, said) = api(&site, "POST", &format!("{page}/{deed}"), body).await;
            assert_eq!(status, StatusCode::PRECONDITION_FAILED, "{deed}: {said}");
        }
    }
}

#[tokio::test]
async fn what_is_done_to_a_consignment_twice_by_one_form_is_done_once() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let new = format!(
            "from=NODE-WEST&from_stock=yes&account={0}&quantity+{0}=200&route=NODE-WEST.CROSS-2.rail&reason=x&once=a1",
            accounts[0].replace(' ', "+")
        );
        let made = twice(&site, "/consignments", &new).await;
        let page = made.header("location").split('?').next().unwrap().to_owned();
        let code = page.rsplit('/').next().unwrap().to_owned();
        let (_, all) = api(&site, "GET", "/consignments", Value::Null).await;
        assert_eq!(all["consignments"].as_array().unwrap().len(), 1, "{all}");
        assert_eq!(shown(&site, &code).await["route"], json!(["NODE-WEST.CROSS-2.rail"]));
        let seen = field(&site.get(&page).await.text, "version").to_owned();
        // It names the version before it was done the first time.
        twice(&site, &page, &format!("deed=split&split+1=50&reason=x&version={seen}&once=a2")).await;
        assert_eq!(shown(&site, &code).await["lines"][0]["present"], json!(150));
        twice(&site, &page, "deed=note&note=wet&once=a3").await;
        let (_, notes) = api(&site, "GET", &format!("{page}/notes"), Value::Null).await;
        assert_eq!(notes["notes"].as_array().unwrap().len(), 1, "{notes}");
        twice(&site, &page, "deed=units&kind=pallet&count=2&once=a4").await;
        assert_eq!(shown(&site, &code).await["handling_units"].as_array().unwrap().len(), 2);
        // Another form is another request, and a name that no page of ours gives is refused.
        twice(&site, &page, "deed=split&split+1=50&reason=x&once=a5").await;
        assert_eq!(shown(&site, &code).await["lines"][0]["present"], json!(100));
        for name in ["", "a%20b", &"x".repeat(101)] {
            let refused = site.post(&page, &site.cookie, &format!("deed=note&note=wet&once={name}")).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        }
        // The name of a form that did something else does not do this.
        let other = site.post(&page, &site.cookie, "deed=cancel&reason=x&once=a2").await;
        assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", other.text);
    }
}

#[tokio::test]
async fn what_came_on_no_manifest_and_what_was_lost_is_reported_once_by_one_form() {
    for engine in ENGINES {
        let (site, _) = stocked(engine).await;
        twice(&site, "/variances", "place=NODE-WEST&description=a+crate&quantity=3&reason=x&once=b1").await;
        assert_eq!(site.get("/variances").await.text.matches("href=\"/variances/V-").count(), 1);
        let to = AccountKey::parse("in_service U-DEM-1 UKR POINT-03 - VEST/ok -").unwrap();
        let from = AccountKey::parse("national_stock LVA LVA NODE-WEST - VEST/ok -").unwrap();
        let posting = Posting { lot: "L-9".into(), ..Posting::new(from, to.clone(), 20) };
        let note = Note {
            key: "vests".into(),
            occurred_at: "2026-05-01T00:00:00Z".parse().unwrap(),
            actor: "tester".into(),
            reason: "a test".into(),
        };
        let act = Act::Post { activity: Activity::Adjust, subject: Subject::default(), postings: vec![posting] };
        assert!(site.app.post(vec![Command { note, act }], &operator()).await.unwrap()[0].is_ok());
        let account = to.to_string();
        let lost = [
            ("deed", "lost"),
            ("resource", "VEST/ok"),
            ("account", account.as_str()),
            ("lot", "L-9"),
            ("quantity", "5"),
            ("how", "destroyed"),
            ("circumstances", "a fire"),
            ("once", "b2"),
        ];
        let first = site.send("/losses", &site.cookie, &lost, None).await;
        assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.text);
        let second = site.send("/losses", &site.cookie, &lost, None).await;
        assert_eq!(second.header("location"), first.header("location"), "{}", second.text);
        let (_, reports) = api(&site, "GET", "/loss-reports", Value::Null).await;
        assert_eq!(reports["reports"].as_array().unwrap().len(), 1, "{reports}");
    }
}

#[tokio::test]
async fn a_step_is_recorded_once_by_one_form_and_a_form_that_is_refused_stands_open_as_it_was_typed() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await.unhurried();
        site.plan().await;
        site.app.plan_accept("P-001", &operator()).await.unwrap();
        let (_, steps) = api(&site, "GET", "/movements?limit=1000", Value::Null).await;
        let open = |steps: &Value, line: &Value| {
            let of = steps["steps"].as_array().unwrap().iter().find(|step| &step["line"] == line).unwrap();
            of["open"].as_i64().unwrap()
        };
        let (mut moved, all) = (None, steps["steps"].as_array().unwrap());
        for step in all.iter().filter(|step| step["activity"] == "depart" && step["open"].as_i64() > Some(3)) {
            let list = "at_place=&at_offer=&at_need=&at_show=all&at_days=3000&at_cursor=";
            let of = format!("plan=P-001&line={}&step={}&verb=dispatch&{list}", step["line"], step["step"]);
            let first = site.post("/movements", &site.cookie, &format!("{of}&quantity=1&reason=loaded&once=c1")).await;
            if first.status == StatusCode::SEE_OTHER {
                moved = Some((step["line"].clone(), of, first));
                break;
            }
        }
        let (line, of, first) = moved.unwrap();
        assert_eq!(first.header("location"), "/movements?days=3000&show=all&said=saved");
        let before = open(&steps, &line);
        twice(&site, "/movements", &format!("{of}&quantity=1&reason=loaded&once=c1")).await;
        let (_, steps) = api(&site, "GET", "/movements?limit=1000", Value::Null).await;
        assert_eq!(open(&steps, &line), before - 1);
        for (form, said) in [
            ("quantity=0&reason=twice+counted", "must be a whole number from 1"),
            ("quantity=99999&reason=twice+counted", "99999"),
            ("quantity=2&reason=", "reason"),
        ] {
            let refused = site.post("/movements", &site.cookie, &format!("{of}&{form}")).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
            assert!(refused.text.contains(said) && refused.text.contains("\" open><summary>"), "{}", refused.text);
            assert_eq!(refused.text.contains("value=\"twice counted\""), form.contains("twice"), "{}", refused.text);
            assert!(refused.text.contains("name=\"days\" value=\"3000\""), "the list is as it was");
        }
        let auditor = site.user("ada", "NSATU", &[Role::Auditor]).await;
        let forbidden = site.post("/movements", &auditor, &format!("{of}&quantity=1&reason=x")).await;
        assert_eq!(forbidden.status, StatusCode::FORBIDDEN, "{}", forbidden.text);
    }
}

//! The page of a plan.

use std::{ops::ControlFlow, time::Duration};

use axum::http::StatusCode;
use muster_app::plan::Ask;
use muster_domain::role::Role;
use muster_testkit::database::ENGINES;

use crate::site::{Answer, Site, as_is, operator};

impl Site {
    pub(crate) async fn plan(&self) {
        let ask = Ask { from: None, gap: 0.01, time_limit: Duration::from_secs(4), seed: 1, keep: None };
        self.app.plan_run(ask, &operator(), |_| ControlFlow::Continue(())).await.unwrap();
    }
}

/// Asks a scenario by a form and goes to what comes of it.
async fn scenario(site: &Site, form: &str) -> Answer {
    let begun = site.post("/plan/P-001/what-if", &site.cookie, form).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text);
    let mut address = begun.header("location").to_owned();
    for _ in 0..600 {
        let page = site.get(&address).await;
        match page.status {
            StatusCode::SEE_OTHER => address = page.header("location").to_owned(),
            _ if address.contains("/what-if/") => return page,
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    panic!("the scenario does not end: {address}");
}

#[tokio::test]
async fn a_scenario_stands_beside_the_plan_and_changes_nothing() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await;
        site.plan().await;
        let before = site.get("/plan/P-001").await.text;
        let entries = site.app.overview(&operator().viewer).await.unwrap().journal;
        let empty = site.get("/plan/P-001/what-if").await;
        assert!(empty.text.contains("<legend>A place is closed</legend>") && empty.text.contains("value=\"DEHAM\""));
        // The reader of the public accounts of Japan would look for what it gives: vests.
        let page = scenario(&site, "donor=JPN&place=DEHAM&place_from=2&place_to=9&seconds=2").await;
        for text in [
            "Japan gives nothing more",
            "is closed in weeks 2–9",
            "Deliveries that stay as they are",
            "Needs that get more or less",
        ] {
            assert!(page.text.contains(text), "{text} is missing");
        }
        let form = "changes=%5B%7B%22change%22%3A%22lift_caveat%22%2C%22offer%22%3A%22O-FRA-02%22%7D%5D&seconds=2";
        assert!(scenario(&site, form).await.text.contains("lifted for O-FRA-02"));
        for (form, wrong) in [
            ("", "Nothing would be otherwise"),
            ("place=DEHAM&place_from=99", "There is no 99"),
            ("donor=NOBODY", "nothing of what is planned with comes from"),
            ("changes=nonsense", "expected"),
        ] {
            let answer = site.post("/plan/P-001/what-if", &site.cookie, form).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(answer.text.contains(wrong), "{wrong} is missing");
        }
        let donor = site.user("japan", "JPN", &[Role::DonorLiaison]).await;
        assert_eq!(site.ask("GET", "/plan/P-001/what-if", &donor).await.status, StatusCode::NOT_FOUND);
        let auditor = site.user("audit", "NSATU", &[Role::Auditor]).await;
        assert_eq!(site.ask("GET", "/plan/P-001/what-if", &auditor).await.status, StatusCode::FORBIDDEN);
        assert_eq!(site.post("/plan/P-001/what-if", &auditor, "donor=JPN").await.status, StatusCode::FORBIDDEN);
        assert_eq!(site.app.plans(&operator().viewer).await.unwrap().len(), 1, "nothing was stored");
        assert_eq!(site.get("/plan/P-001").await.text.len(), before.len());
        let after = site.app.overview(&operator().viewer).await.unwrap().journal;
        // Two people were added, which is noted; scenarios are not.
        assert_eq!(after.unwrap().0 - entries.unwrap().0, 2);
    }
}

#[tokio::test]
async fn a_plan_tells_why_needs_stay_unmet_and_what_to_ask_for() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await;
        site.plan().await;
        let page = site.get("/plan/P-001").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        for text in [
            "What stays unmet or comes late, and why",
            // One offer is held, one pledged.
            "nobody is bound to give it; offered but not committed: O-NOR-04 (pledged), O-USA-04 (held)",
            "href=\"/records/caveats/",
            "What to ask for",
            "more Ration packs",
            "at most",
        ] {
            assert!(page.text.contains(text), "{text} is missing");
        }
        for text in ["How sure it is", "nine of ten samples", "name=\"delay\""] {
            assert!(page.text.contains(text), "{text} is missing");
        }
        let calm = site.get("/plan/P-001?delay=0&longer=0&loss=0").await;
        assert!(calm.text.contains("100\u{a0}% arrives on average"));
        assert_eq!(site.get("/plan/P-001?delay=101").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let needs = site.get("/needs?q=O-NOR-04").await;
        assert!(needs.text.contains("nobody is bound to give it"));
        let donor = site.user("japan", "JPN", &[Role::DonorLiaison]).await;
        assert_eq!(site.ask("GET", "/plan/P-001", &donor).await.status, StatusCode::NOT_FOUND);
        assert!(!site.ask("GET", "/needs", &donor).await.text.contains("nobody is bound"));
    }
}

#[tokio::test]
async fn a_plan_in_the_place_of_what_was_promised_tells_who_is_affected() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await;
        site.plan().await;
        assert!(!site.get("/plan/P-001").await.text.contains("What becomes of what was promised"));
        site.app.plan_accept("P-001", &operator()).await.unwrap();
        let form = site.get("/plan").await.text;
        assert!(form.contains("name=\"replan\"") && form.contains("name=\"keep\""));
        let wrong = site.post("/plan", &site.cookie, "replan=yes&keep=-1&seconds=2").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text.contains("The price of a changed delivery"));
        // Weeks later, so that what has not left must change.
        let form = "replan=yes&keep=2&seconds=4&gap=1&from=2026-10-12";
        let begun = site.post("/plan", &site.cookie, form).await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text);
        let job = begun.header("location").to_owned();
        let mut page = site.get(&job).await;
        for _ in 0..600 {
            if page.status == StatusCode::SEE_OTHER {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            page = site.get(&job).await;
        }
        assert_eq!(page.header("location"), "/plan/P-002");
        let page = site.get("/plan/P-002").await.text;
        for text in [
            "What becomes of what was promised",
            "changed only if that gained 2\u{a0}%",
            "Stay as they are",
            "Who is affected",
            ">Was<",
            ">Becomes<",
            "P-001/",
            "href=\"/records/parties/",
            "those that stay keep their entries",
        ] {
            assert!(page.contains(text), "{text} is missing");
        }
        let decided = site.post("/plan/P-002", &site.cookie, "decision=accept&reason=agreed").await;
        assert_eq!(decided.status, StatusCode::SEE_OTHER, "{}", decided.text);
        let donor = site.user("japan", "JPN", &[Role::DonorLiaison]).await;
        assert_eq!(site.ask("GET", "/plan/P-002", &donor).await.status, StatusCode::NOT_FOUND);
        let auditor = site.user("audit", "NSATU", &[Role::Auditor]).await;
        assert_eq!(site.post("/plan", &auditor, "replan=yes&seconds=1").await.status, StatusCode::FORBIDDEN);
    }
}

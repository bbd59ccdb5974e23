//! What the pages show.

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use muster_app::{interchange::mission::Source, storage::dialect::Engine};
use muster_domain::role::Role;
use muster_testkit::database::ENGINES;
use tower::ServiceExt;

use crate::site::{Answer, Site, as_is};

/// How many needs a page lists.
fn needs(page: &Answer) -> usize {
    page.text.split("class=\"stack needs\"").nth(1).map_or(0, |table| table.matches("<tr role=\"row\" id=").count())
}

#[tokio::test]
async fn the_overview_shows_the_mission_on_both_engines() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await;
        let page = site.get("/").await;
        assert_eq!(page.status, StatusCode::OK, "{engine:?}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        for text in [
            "<title>Overview · Muster</title>",
            "Security assistance to Ukraine, demonstration",
            "Made up",
            "Week 2 of 26, 14–20\u{a0}Sep\u{a0}2026",
            "15\u{a0}Sep\u{a0}2026, 09:30 UTC",
            ">Demining</a>",
            "sealed blocks",
        ] {
            assert!(page.text.contains(text), "{text} is missing");
        }
        let listed = site.get("/needs").await;
        assert!(needs(&listed) > 100 && listed.text.contains("R-001"));
    }
}

#[tokio::test]
async fn an_empty_database_says_what_to_do_next() {
    for engine in ENGINES {
        let site = Site::new(engine).await;
        let page = site.get("/").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains("No mission yet") && page.text.contains("muster import mission"));
        assert_eq!(site.get("/healthz").await.text, "ok\n");
    }
}

#[tokio::test]
async fn needs_are_filtered_by_purpose_state_and_text() {
    let site = Site::demonstration(Engine::Sqlite, as_is).await;
    let all = needs(&site.get("/needs").await);
    let demining = site.get("/needs?purpose=demining").await;
    assert!((1..all).contains(&needs(&demining)));
    assert!(demining.text.contains("<option value=\"demining\" selected>"));
    assert_eq!(needs(&site.get("/needs?purpose=&state=open&q=").await), all, "nothing is bound without a plan");
    let none = site.get("/needs?state=met").await;
    assert!(needs(&none) == 0 && none.text.contains("Nothing fits this filter"));
    let one = site.get("/needs?q=r-001").await;
    assert_eq!(needs(&one), 1);
    assert!(one.text.contains("value=\"r-001\""), "what was typed is kept");
    assert_eq!(needs(&site.get("/needs?q=no%20such%20thing").await), 0);
    assert_eq!(needs(&site.get("/needs?purpose=nonsense").await), 0);
    for wrong in ["/needs?state=closed", "/needs?state=open&state=met", "/needs?q=%ff"] {
        let page = site.get(wrong).await;
        assert!(page.status == StatusCode::BAD_REQUEST || page.status == StatusCode::OK, "{wrong}: {}", page.status);
    }
    assert_eq!(site.get("/needs?state=closed").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_page_goes_on_after_the_need_named() {
    let site = Site::demonstration(Engine::Sqlite, as_is).await;
    let all = needs(&site.get("/needs").await);
    let first = site.get("/needs").await;
    let table = first.text.split("class=\"stack needs\"").nth(1).unwrap();
    let code = table.split("<tr role=\"row\" id=\"").nth(3).unwrap().split('"').next().unwrap();
    let rest = site.get(&format!("/needs?after={code}")).await;
    assert_eq!(needs(&rest), all - 3);
    assert_eq!(needs(&site.get("/needs?after=nonsense").await), 0);
}

#[tokio::test]
async fn text_of_records_is_never_markup() {
    let change = |name: &str, text: String| match name {
        "items.csv" => text.replace(",each,", ",<script>alert(1)</script>,"),
        "mission.csv" => text.replacen("demonstration\"", "<b>\"\"&</b>\"", 1),
        "places.csv" => text.replace(",Point ", ",<img src=x> "),
        _ => text,
    };
    let site = Site::demonstration(Engine::Sqlite, change).await;
    let page = site.get("/needs?q=%22%3E%3Cscript%3E").await;
    let whole = site.get("/needs").await;
    for address in [
        "/",
        "/needs",
        "/records/items",
        "/places",
        "/records/places/POINT-05",
        "/search?q=alert",
        "/records/items/VEST/edit",
    ] {
        let text = site.get(address).await.text;
        assert!(
            !text.contains("<script>alert") && !text.contains("<b>") && !text.contains("<img"),
            "markup came through in {address}"
        );
    }
    assert!(!page.text.contains("<script>alert"));
    assert!(whole.text.contains("script&#62;alert"));
    assert!(page.text.contains("value=\"&#34;&#62;&#60;script&#62;\""));
}

#[tokio::test]
async fn every_answer_keeps_to_itself() {
    let site = Site::new(Engine::Sqlite).await;
    for address in ["/", "/healthz", "/metrics", "/nowhere", "/assets/app.0.css"] {
        let answer = site.get(address).await;
        let policy = answer.header("content-security-policy");
        for rule in [
            "default-src 'none'",
            "style-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(rule), "{address}: {rule}");
        }
        assert!(!policy.contains("unsafe"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn the_style_sheet_may_be_kept_for_ever() {
    let site = Site::new(Engine::Sqlite).await;
    let page = site.get("/").await;
    let address = page.text.split("rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let style = site.get(address).await;
    assert_eq!(style.status, StatusCode::OK);
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert!(style.header("cache-control").contains("immutable"));
    assert!(style.text.contains(":root"));
    assert!(!page.text.contains("<style") && !page.text.contains("style=\"") && !page.text.contains("<script>"));
}

#[tokio::test]
async fn what_there_is_not_is_told_plainly() {
    let site = Site::new(Engine::Sqlite).await;
    let page = site.get("/nowhere").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.text.contains("There is no such page"));
    assert_eq!(site.get("/assets/other.css").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.ask("POST", "/", &site.cookie).await.status, StatusCode::METHOD_NOT_ALLOWED);
    let long = format!("/?q={}", "x".repeat(1_100));
    assert_eq!(site.get(&long).await.status, StatusCode::URI_TOO_LONG);
    let head = site.ask("HEAD", "/", &site.cookie).await;
    assert_eq!((head.status, head.text.as_str()), (StatusCode::OK, ""));
}

#[tokio::test]
async fn a_database_that_is_gone_is_told_without_its_inside() {
    for engine in ENGINES {
        let site = Site::new(engine).await;
        site.db.db.close().await;
        let health = site.get("/healthz").await;
        assert_eq!(
            (health.status, health.text.as_str()),
            (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be read\n")
        );
        let page = site.get("/").await;
        assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(page.text.contains("The page could not be made") && !page.text.to_lowercase().contains("sql"));
    }
}

#[tokio::test]
async fn measures_count_answers_by_route_and_status() {
    let site = Site::demonstration(Engine::Sqlite, as_is).await;
    site.get("/").await;
    site.get("/").await;
    site.get("/nowhere/1").await;
    site.get("/nowhere/2").await;
    let measures = site.get("/metrics").await;
    assert!(measures.header("content-type").starts_with("text/plain; version=0.0.4"));
    for line in [
        "muster_http_requests_total{route=\"/\",status=\"200\"} 2",
        "muster_http_requests_total{route=\"other\",status=\"404\"} 2",
        "muster_http_request_duration_seconds_count{route=\"/\",status=\"200\"} 2",
        "muster_build_info{version=\"",
        "muster_journal_entries ",
        "muster_journal_blocks ",
    ] {
        assert!(measures.text.contains(line), "{line} is missing in\n{}", measures.text);
    }
}

#[tokio::test]
async fn the_first_page_is_small() {
    let site = Site::demonstration(Engine::Sqlite, as_is).await;
    let page = site.get("/").await.text;
    let files = page.split("/assets/").skip(1).map(|rest| format!("/assets/{}", rest.split('"').next().unwrap()));
    let mut bytes = 0;
    for address in files.chain(["/".to_owned()]) {
        let request = Request::builder()
            .uri(address)
            .header("accept-encoding", "gzip")
            .header("cookie", site.cookie.clone())
            .body(Body::empty())
            .unwrap();
        let (head, body) = site.router.clone().oneshot(request).await.unwrap().into_parts();
        assert_eq!(head.status, StatusCode::OK);
        bytes += to_bytes(body, 10_000_000).await.unwrap().len();
    }
    assert!(bytes < 100_000, "the first page with all it needs has {bytes} bytes");
}

#[tokio::test]
async fn pages_of_the_journal_leave_nothing_out_that_was_recorded_at_one_moment() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await;
        let mut offers =
            String::from("code,donor,kind,resource,quantity,place,available_from,state,source,fictional\n");
        let codes: Vec<String> = (0..230).map(|n| format!("MANY-{n:03}")).collect();
        for code in &codes {
            offers.push_str(&format!("{code},JPN,goods,VEST/ok,1,JPYOK,2026-12,committed,test,yes\n"));
        }
        site.import(vec![Source { name: "offers.csv".into(), bytes: offers.into_bytes() }]).await;
        let japan = site.user("japan", "JPN", &[Role::DonorLiaison]).await;
        for cookie in [&site.cookie, &japan] {
            let (mut address, mut told, mut pages) = ("/journal?activity=commit".to_owned(), Vec::new(), 0);
            loop {
                let page = site.ask("GET", &address, cookie).await;
                assert_eq!(page.status, StatusCode::OK, "{engine:?} {address}");
                let rows = page.text.split("<tr").map(|row| codes.iter().find(|code| row.contains(code.as_str())));
                told.extend(rows.flatten().cloned());
                pages += 1;
                let next = page.text.split("href=\"/journal?").find(|link| link.contains("cursor=") && pages < 9);
                match next.and_then(|link| link.split('"').next()) {
                    Some(query) => address = format!("/journal?{}", query.replace("&amp;", "&").replace("&#38;", "&")),
                    None => break,
                }
            }
            told.sort();
            assert!(pages > 2, "{engine:?}: {pages} pages");
            assert_eq!(told, codes, "{engine:?}");
        }
    }
}

#[tokio::test]
async fn the_page_of_a_hubs_phone_can_be_kept_and_holds_nothing_of_the_mission() {
    let site = Site::demonstration(Engine::Sqlite, as_is).await;
    let page = site.ask("GET", "/hub", "").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.header("content-security-policy").contains("'wasm-unsafe-eval'"));
    assert!(page.text.contains("{$n}") && !page.text.contains("Security assistance"));
    assert_eq!(site.get("/hub").await.text, page.text, "it is the same for everybody");
    let worker = site.ask("GET", "/hub/sw.js", "").await;
    assert_eq!(worker.header("service-worker-allowed"), "/hub");
    assert!(worker.header("content-type").starts_with("text/javascript"));
    let kept = worker.text.lines().next().unwrap().trim_start_matches("self.kept = ").trim_end_matches(';');
    let kept: serde_json::Value = serde_json::from_str(kept).unwrap();
    for file in kept["files"].as_array().unwrap() {
        assert_eq!(site.ask("GET", file.as_str().unwrap(), "").await.status, StatusCode::OK, "{file}");
    }
    let manifest = site.ask("GET", "/hub/manifest.webmanifest", "").await;
    let manifest: serde_json::Value = serde_json::from_str(&manifest.text).unwrap();
    assert_eq!((&manifest["start_url"], &manifest["scope"]), (&"/hub".into(), &"/hub".into()));
    let elsewhere = site.get("/needs").await;
    assert!(!elsewhere.header("content-security-policy").contains("wasm"), "nowhere else");
    assert!(elsewhere.text.contains("href=\"/hub\""));
}

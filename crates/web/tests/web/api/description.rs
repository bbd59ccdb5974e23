//! The API's description, as it is kept in `docs/openapi.json`, and its page.

use super::*;

#[tokio::test]
async fn the_description_is_the_one_that_is_kept() {
    let site = Site::new(muster_app::storage::dialect::Engine::Sqlite).await;
    let request = Request::builder().uri("/api/openapi.json").body(Body::empty()).unwrap();
    let answer = site.answer(request).await.is(200);
    assert_eq!(answer.header("content-type"), "application/json");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let kept = std::fs::read_to_string(file).unwrap_or_default();
    if kept.is_empty() {
        std::fs::write(file, &answer.text).unwrap();
    }
    assert!(answer.text == kept, "docs/openapi.json is stale: remove it and run this test twice");
    assert_eq!(answer.json()["openapi"], "3.1.0");
}

#[tokio::test]
async fn the_page_lists_every_operation_and_every_problem() {
    let site = Site::demonstration(muster_app::storage::dialect::Engine::Sqlite, as_is).await;
    let page = site.get("/api").await.is(200);
    for text in [
        "<h1>API</h1>",
        "/api/v1/records/offers/{key}/state",
        "id=\"problem-key-reused\"",
        "offer.state_changed",
        "/api/openapi.json",
    ] {
        assert!(page.text.contains(text), "{text} is missing");
    }
    assert_eq!(StatusCode::OK, site.get("/api/openapi.json").await.status);
}

//! Who asks too often is told to wait.

use std::num::NonZeroU32;

use muster_web::{Surroundings, router_in};

use super::*;

#[tokio::test]
async fn each_caller_has_a_limit_of_their_own() {
    let mut site = Site::demonstration(muster_app::storage::dialect::Engine::Sqlite, as_is).await;
    let around = Surroundings { api_rate: NonZeroU32::MIN, behind_https: true, ..Surroundings::default() };
    site.router = router_in(site.app.clone(), around);
    let germany = site.caller("germany", "DEU", Role::DonorLiaison).await;
    let poland = site.caller("poland", "POL", Role::DonorLiaison).await;
    for _ in 0..5 {
        germany.get("/me").await.is(200);
    }
    let told = germany.get("/me").await;
    told.is_problem(429, "too-many");
    assert!(told.header("retry-after").parse::<u64>().is_ok_and(|seconds| (1..=2).contains(&seconds)));
    poland.get("/me").await.is(200);
    let from = |address: &str| site.nobody().ask("GET", "/records/mission").with("x-forwarded-for", address).send("");
    for _ in 0..5 {
        from("1.1.1.1, 192.0.2.7").await.is(200);
    }
    from("2.2.2.2, 192.0.2.7").await.is_problem(429, "too-many");
    from("192.0.2.8").await.is(200);
    // Pages are not counted.
    site.get("/api").await.is(200);
    let long = germany.get(&format!("/me?x={}", "x".repeat(40_000))).await;
    long.is_problem(414, "too-long");
}

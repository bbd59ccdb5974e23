//! Around every answer: limits on what is asked and how long it takes, the headers that keep a page to itself, and the measures.

use std::time::Duration;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use tokio::time::{Instant, timeout};

use crate::{Site, problem};

/// Longest query, in bytes.
const LONGEST_QUERY: usize = 1_024;

/// Longest query of the API, in bytes: a place in a list may hold a long text.
const LONGEST_API_QUERY: usize = 32 << 10;

/// Longest time for an answer.
const LONGEST_ANSWER: Duration = Duration::from_secs(20);

/// Pages load and run nothing but our own files, and are shown in no frame. The page of a hub's phone has a policy of its own.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

pub(crate) async fn around(State(site): State<Site>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("other", |path| path.as_str()).to_owned();
    let api = crate::api::is_below(request.uri().path());
    let longest = if api { LONGEST_API_QUERY } else { LONGEST_QUERY };
    let mut response = if request.uri().query().is_some_and(|query| query.len() > longest) {
        problem::to(api, problem::Kind::TooLong)
    } else {
        timeout(LONGEST_ANSWER, next.run(request)).await.unwrap_or_else(|_| {
            tracing::error!(route, "an answer took too long");
            problem::to(api, problem::Kind::TooSlow)
        })
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    site.metrics.answered(route, response.status().as_u16(), began.elapsed());
    response
}

//! Around every answer: limits on what is asked and how long it takes, the headers that keep a page to itself, and the measures.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, HttpBody},
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use futures_util::StreamExt;
use tokio::time::{Instant, timeout_at};

use crate::{Site, problem};

/// Longest query, in bytes.
const LONGEST_QUERY: usize = 1_024;

/// Longest query of the API, in bytes: a place in a list may hold a long text.
const LONGEST_API_QUERY: usize = 32 << 10;

/// How long may be waited.
#[derive(Clone, Copy)]
struct Patience {
    /// For an answer, once all that was sent is here, and for more of what is sent.
    answer: Duration,
    /// Bytes a second, on average: what comes more slowly is not waited for.
    slowest: u64,
    /// For all of it.
    longest: Duration,
}

/// A photograph of some megabytes arrives over a line of 200 kbit/s; who sends a byte now and then holds nothing open.
const PATIENCE: Patience =
    Patience { answer: Duration::from_secs(20), slowest: 4 << 10, longest: Duration::from_mins(30) };

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
        answered(PATIENCE, request, |request| next.run(request)).await.unwrap_or_else(|| {
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

/// What has come of a request's body.
struct Coming {
    began: Instant,
    bytes: AtomicU64,
    /// Milliseconds after the beginning at which something came last.
    last: AtomicU64,
}

impl Coming {
    fn came(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        let after = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(after, Ordering::Relaxed);
    }

    /// Until when the answer must be there, if nothing more comes.
    fn deadline(&self, patience: Patience) -> Instant {
        let last = Duration::from_millis(self.last.load(Ordering::Relaxed));
        let earned = Duration::from_secs_f64(self.bytes.load(Ordering::Relaxed) as f64 / patience.slowest as f64);
        self.began + last.min(earned).min(patience.longest) + patience.answer
    }
}

/// The answer to a request, if it comes in time. What is still being sent is waited for, as long as enough of it comes.
async fn answered<F: Future<Output = Response>>(
    patience: Patience,
    request: Request,
    answer: impl FnOnce(Request) -> F,
) -> Option<Response> {
    let coming = Arc::new(Coming { began: Instant::now(), bytes: AtomicU64::new(0), last: AtomicU64::new(0) });
    let request = if request.body().is_end_stream() { request } else { watched(request, coming.clone()) };
    let mut answer = pin!(answer(request));
    loop {
        let deadline = coming.deadline(patience);
        match timeout_at(deadline, &mut answer).await {
            Ok(response) => return Some(response),
            Err(_) if coming.deadline(patience) > deadline => {}
            Err(_) => return None,
        }
    }
}

/// A request that tells what has come of its body.
fn watched(request: Request, coming: Arc<Coming>) -> Request {
    request.map(|body| {
        let data = body.into_data_stream();
        Body::from_stream(data.inspect(move |part| coming.came(part.as_ref().map_or(0, |part| part.len()))))
    })
}

#[cfg(test)]
mod tests {
    use axum::{body::to_bytes, http::StatusCode, response::IntoResponse};
    use futures_util::stream;
    use tokio::time::sleep;

    use super::*;

    /// Some patience that a test has.
    const SHORT: Patience =
        Patience { answer: Duration::from_millis(400), slowest: 1_000, longest: Duration::from_millis(1_500) };

    /// Whether a body of so many parts, of so many bytes each and so long after another, is waited for; the answer takes as long after it.
    async fn is_taken(parts: usize, bytes: usize, after: u64, answer: u64) -> bool {
        let parts = stream::iter(0..parts).then(move |_| async move {
            sleep(Duration::from_millis(after)).await;
            Ok::<_, std::io::Error>(vec![b'x'; bytes])
        });
        let answer = async |request: Request| {
            let all = to_bytes(request.into_body(), usize::MAX).await;
            sleep(Duration::from_millis(answer)).await;
            if all.is_ok() { StatusCode::OK.into_response() } else { StatusCode::BAD_REQUEST.into_response() }
        };
        let answered = answered(SHORT, Request::new(Body::from_stream(parts)), answer).await;
        answered.is_some_and(|answer| answer.status() == StatusCode::OK)
    }

    #[tokio::test]
    async fn what_comes_slowly_is_waited_for_and_what_hardly_comes_is_not() {
        // It takes longer than an answer may, and comes.
        assert!(is_taken(10, 200, 100, 10).await);
        assert!(is_taken(4, 500, 150, 300).await, "the answer has its own time after it");
        assert!(!is_taken(100, 1, 50, 0).await, "a byte now and then");
        assert!(!is_taken(2, 100_000, 900, 0).await, "nothing for too long");
        assert!(!is_taken(1, 100_000, 10, 900).await, "the answer does not come, however much was sent");
        assert!(!is_taken(100, 1_000, 100, 0).await, "not for ever");
    }
}

//! What GS1's bindings ask of every answer: which versions are spoken, what an address can do, in which form events are wanted, and how
//! what is wrong is named.
//!
//! Source: EPCIS 2.0, section 12 (REST bindings), and its OpenAPI document.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use muster_app::interchange::epcis::{MOST_CAPTURED, stream::Form};
use serde_json::Value;

use super::{
    answer::Failure,
    epcis::{ROOT, TOP},
};
use crate::{LONGEST_IMPORT, Site, problem::Kind as Problem};

const VERSION: &str = "2.0.0";

/// Longest problem that is told.
const LONGEST_PROBLEM: usize = 1 << 20;

/// By which methods each address may be asked, made once.
static ALLOWED: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for one in super::epcis::operations().into_iter().filter(|one| one.root == ROOT) {
        let methods = all.entry(one.path).or_default();
        methods.extend(["OPTIONS".to_owned(), one.method.to_string()]);
        methods.extend((one.method == Method::GET).then(|| "HEAD".to_owned()));
    }
    all.into_iter().map(|(path, methods)| (path, methods.into_iter().collect::<Vec<_>>().join(", "))).collect()
});

/// What is asked of addresses that no operation has.
async fn elsewhere(request: Request) -> Response {
    let path = request.uri().path().strip_prefix(ROOT).unwrap_or(request.uri().path());
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    if request.method() == Method::OPTIONS && (first.is_empty() || TOP.contains(&first)) {
        return discovery(path, "OPTIONS, GET");
    }
    Failure::new(Problem::NotFound).into_response()
}

/// What is asked of an address by a method that no operation has: only by which ones it may be asked.
async fn other_method(request: Request) -> Response {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let path = path.strip_prefix(ROOT).unwrap_or(path);
    let allowed = ALLOWED.get(path).map_or("OPTIONS", String::as_str);
    match *request.method() {
        Method::OPTIONS => discovery(path, allowed),
        _ => {
            let mut response = Failure::new(Problem::MethodNotAllowed).into_response();
            set(&mut response, header::ALLOW, allowed);
            response
        }
    }
}

/// Which methods and versions are spoken at an address, and how much it takes.
fn discovery(path: &str, allowed: &str) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    set(&mut response, header::ALLOW, allowed);
    for name in ["gs1-epcis-min", "gs1-epcis-max", "gs1-cbv-min", "gs1-cbv-max"] {
        set(&mut response, HeaderName::from_static(name), VERSION);
    }
    set(&mut response, HeaderName::from_static("gs1-vendor-version"), env!("CARGO_PKG_VERSION"));
    if path.starts_with("/capture") {
        limits(&mut response);
        set(&mut response, super::epcis::ON_FAULT, "rollback, proceed");
    }
    response
}

/// How much a document may hold.
fn limits(response: &mut Response) {
    set(response, HeaderName::from_static("gs1-epcis-capture-limit"), &MOST_CAPTURED.to_string());
    set(response, HeaderName::from_static("gs1-epcis-capture-file-size-limit"), &LONGEST_IMPORT.to_string());
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// The bindings' routes with what is asked of all of them.
pub(crate) fn bound(routes: Router<Site>) -> Router<Site> {
    routes.method_not_allowed_fallback(other_method).fallback(elsewhere)
}

/// Around every answer: refuses callers who want another version, says which are spoken, and names what is wrong as the standard does.
pub(crate) async fn around(request: Request, next: Next) -> Response {
    let document = request.method() == Method::POST && request.uri().path().ends_with("/capture");
    let answer = match speaks(request.headers()) {
        true => next.run(request).await,
        false => Failure::new(Problem::NotAcceptable).into_response(),
    };
    let mut response = named(answer).await;
    for name in ["gs1-epcis-version", "gs1-cbv-version"] {
        set(&mut response, HeaderName::from_static(name), VERSION);
    }
    if document && response.status() == StatusCode::PAYLOAD_TOO_LARGE {
        limits(&mut response);
    }
    response
}

/// Whether the version that is spoken is among those that the caller takes.
fn speaks(headers: &HeaderMap) -> bool {
    let version = |text: &str| {
        let mut parts = text.trim().split('.').map(|part| part.parse::<u32>().ok());
        let first = parts.next().flatten()?;
        let mut next = || parts.next().map_or(Some(0), |part| part);
        Some((first, next()?, next()?))
    };
    let own = version(VERSION);
    let stated = |name: &str| headers.get(name).map(|value| value.to_str().ok().and_then(version));
    ["gs1-epcis", "gs1-cbv"].iter().all(|of| {
        let (min, max) = (stated(&format!("{of}-min")), stated(&format!("{of}-max")));
        // What says no version that can be read is none that is spoken.
        min.is_none_or(|min| min.is_some() && min <= own) && max.is_none_or(|max| max.is_some() && max >= own)
    })
}

/// In which form a caller wants events, by what its `Accept` says: what it wants most, in JSON where it does not care. None: in neither.
pub(crate) fn form(accept: &str) -> Option<Form> {
    if accept.trim().is_empty() {
        return Some(Form::Json);
    }
    let quality = |kinds: [&str; 2]| {
        let mut best: Option<(u8, u32)> = None;
        for range in accept.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
            let q = parts.find_map(|part| part.strip_prefix("q=")).and_then(|q| q.trim().parse::<f64>().ok());
            let q = (q.unwrap_or(1.0).clamp(0.0, 1.0) * 1_000.0) as u32;
            let exact = match kind.as_str() {
                "*/*" => 1,
                "application/*" => 2,
                "text/*" if kinds.iter().any(|kind| kind.starts_with("text/")) => 2,
                kind if kinds.contains(&kind) => 3,
                _ => continue,
            };
            // The range that names it most exactly says how much it is wanted.
            if best.is_none_or(|(before, _)| exact > before) {
                best = Some((exact, q));
            }
        }
        best.map_or(0, |(_, q)| q)
    };
    let json = quality(["application/ld+json", "application/json"]);
    let xml = quality(["application/xml", "text/xml"]);
    match (json, xml) {
        (0, 0) => None,
        (json, xml) if xml > json => Some(Form::Xml),
        (json, xml) if xml == json && named_first(accept) => Some(Form::Xml),
        _ => Some(Form::Json),
    }
}

/// Whether XML is named, and before JSON.
fn named_first(accept: &str) -> bool {
    let at = |kind: &str| accept.to_ascii_lowercase().find(kind).unwrap_or(usize::MAX);
    at("xml") < at("json")
}

/// How the standard names what is wrong; none: it knows no such thing.
fn exception(kind: &str, problem: &Value) -> Option<&'static str> {
    let of_query = problem["errors"].as_array().is_some_and(|all| all.iter().any(|one| one.get("parameter").is_some()));
    Some(match kind {
        "bad-request" | "invalid" if of_query => "QueryParameterException",
        "bad-request" | "invalid" => "ValidationException",
        "unauthorised" | "forbidden" | "other-site" => "SecurityException",
        "not-found" => "NoSuchNameException",
        "not-acceptable" => "NotAcceptableException",
        "exists" | "refused" | "under-way" => "ResourceAlreadyExistsException",
        "too-large" => "CaptureLimitExceededException",
        "query-too-large" => "QueryTooLargeException",
        "too-long" => "URITooLongException",
        "unsupported-media" => "UnsupportedMediaTypeException",
        "internal" | "not-implemented" => "ImplementationException",
        _ => return None,
    })
}

/// A problem under the name that the standard gives it.
async fn named(response: Response) -> Response {
    let is_problem =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/problem+json");
    if !is_problem {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, LONGEST_PROBLEM).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut problem: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let kind = problem["type"].as_str().and_then(|kind| kind.rsplit("problem-").next()).unwrap_or_default().to_owned();
    if let Some(name) = exception(&kind, &problem) {
        problem["type"] = format!("epcisException:{name}").into();
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(problem.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_the_form_that_is_wanted_most() {
        let is = |accept: &str| form(accept);
        for accept in [
            "",
            "*/*",
            "application/json",
            "application/ld+json, application/xml",
            "application/*",
            "application/xml;q=0.5, application/json",
        ] {
            assert!(matches!(is(accept), Some(Form::Json)), "{accept}");
        }
        for accept in [
            "application/xml",
            "text/xml",
            "application/xml, application/json",
            "application/json;q=0.2, text/xml;q=0.9",
            "application/json;q=0, */*",
        ] {
            assert!(matches!(is(accept), Some(Form::Xml)), "{accept}");
        }
        for accept in ["text/html", "image/png, text/plain", "application/json;q=0"] {
            assert!(is(accept).is_none(), "{accept}");
        }
    }

    #[test]
    fn who_takes_another_version_is_told_so() {
        let takes = |name: &'static str, value: &'static str| {
            speaks(&[(HeaderName::from_static(name), HeaderValue::from_static(value))].into_iter().collect())
        };
        assert!(speaks(&HeaderMap::new()) && takes("gs1-epcis-min", "2.0") && takes("gs1-epcis-max", "2.0.0"));
        assert!(takes("gs1-cbv-min", "1.2") && takes("gs1-cbv-max", "3"));
        assert!(!takes("gs1-epcis-min", "new") && !takes("gs1-epcis-min", "2.1") && !takes("gs1-cbv-max", "1.2.1"));
    }
}

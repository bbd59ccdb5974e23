//! Files that pages need, embedded in the program. Their addresses change with their content, so that they may be kept for ever.

use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};

use crate::{Site, problem};

const STYLE: &str = include_str!("../assets/app.css");

/// Name of the style sheet, with the hash of its content.
pub(crate) fn style() -> String {
    const HASH: u64 = hash(STYLE.as_bytes());
    format!("app.{HASH:016x}.css")
}

/// FNV-1a: tells versions apart, guards nothing.
const fn hash(bytes: &[u8]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut n = 0;
    while n < bytes.len() {
        hash = (hash ^ bytes[n] as u64).wrapping_mul(0x0100_0000_01b3);
        n += 1;
    }
    hash
}

pub(crate) async fn show(State(_): State<Site>, Path(file): Path<String>) -> Response {
    if file != style() {
        return problem::not_found().await;
    }
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, STYLE).into_response()
}

//! Files that pages need, embedded in the program. Their addresses change with their content, so that they may be kept for ever.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
};

use crate::problem;

/// A file: its name, its ending, its media type, its content.
struct Asset {
    name: &'static str,
    ending: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
    hash: u64,
}

macro_rules! assets {
    ($($name:literal . $ending:literal as $media:literal),+ $(,)?) => {
        // Once, when the first is asked for: some are too long for the compiler to hash.
        static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| vec![$({
            let bytes: &[u8] = include_bytes!(concat!("../assets/", $name, ".", $ending));
            Asset { name: $name, ending: $ending, media_type: $media, bytes, hash: hash(bytes) }
        }),+]);
    };
}

assets! {
    "app"."css" as "text/css; charset=utf-8",
    "app"."js" as "text/javascript; charset=utf-8",
    "mark"."svg" as "image/svg+xml",
    "islands"."js" as "text/javascript; charset=utf-8",
    "islands"."css" as "text/css; charset=utf-8",
    "outlines"."json" as "application/json",
    "passkeys"."js" as "text/javascript; charset=utf-8",
    "hub"."js" as "text/javascript; charset=utf-8",
    "hub"."css" as "text/css; charset=utf-8",
    "hub-scan"."js" as "text/javascript; charset=utf-8",
    "hub-scan"."wasm" as "application/wasm",
    "hub-192"."png" as "image/png",
    "hub-512"."png" as "image/png",
    "LICENCES"."txt" as "text/plain; charset=utf-8",
}

/// Name of the style sheet, with the hash of its content.
pub(crate) fn style() -> String {
    address("app", "css")
}

/// Name of the script, with the hash of its content.
pub(crate) fn script() -> String {
    address("app", "js")
}

/// Name of a file, with the hash of its content.
pub(crate) fn address(name: &str, ending: &str) -> String {
    let hash = ASSETS.iter().find(|a| (a.name, a.ending) == (name, ending)).map_or(0, |asset| asset.hash);
    format!("{name}.{hash:016x}.{ending}")
}

/// FNV-1a: tells versions apart, guards nothing.
fn hash(bytes: &[u8]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

pub(crate) async fn show(Path(file): Path<String>) -> Response {
    let named = |asset: &&Asset| file == format!("{}.{:016x}.{}", asset.name, asset.hash, asset.ending);
    let plain = |asset: &&Asset| file == format!("{}.{}", asset.name, asset.ending);
    if let Some(asset) = ASSETS.iter().find(named) {
        let headers =
            [(header::CONTENT_TYPE, asset.media_type), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
        return (headers, asset.bytes).into_response();
    }
    // Without the hash it is the present one, to be asked for again.
    match ASSETS.iter().find(plain) {
        Some(asset) => {
            let headers = [(header::CONTENT_TYPE, asset.media_type), (header::CACHE_CONTROL, "public, max-age=3600")];
            (headers, asset.bytes).into_response()
        }
        None => problem::not_found().await,
    }
}

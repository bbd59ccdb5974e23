//! The page for a phone at a hub or depot, which works without a network: its frame, its service worker and its manifest. What it does is in
//! `islands/src/hub`; it holds nothing of the mission, so that it is the same for everybody and may be kept.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use askama::Template;
use axum::{
    http::{HeaderName, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{
    assets::address,
    shell::html,
    text::{filters, of_hub, say},
};

/// As for other pages, and besides: a service worker, a manifest, and the reader of codes, which is WebAssembly.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; manifest-src 'self'; \
                      connect-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; \
                      frame-ancestors 'none'";

/// What it loads, besides itself and its manifest.
const FILES: [(&str, &str); 7] = [
    ("hub", "js"),
    ("hub", "css"),
    ("hub-scan", "js"),
    ("hub-scan", "wasm"),
    ("hub-192", "png"),
    ("hub-512", "png"),
    ("mark", "svg"),
];

#[derive(Template)]
#[template(path = "hub.html")]
struct HubPage {
    words: String,
}

impl HubPage {
    fn new() -> Self {
        let words: BTreeMap<_, _> = of_hub().into_iter().collect();
        Self { words: json!(words).to_string() }
    }

    fn file(&self, name: &str, ending: &str) -> String {
        format!("/assets/{}", address(name, ending))
    }
}

pub(crate) async fn show() -> Response {
    let policy = [(header::CONTENT_SECURITY_POLICY, POLICY), (header::CACHE_CONTROL, "no-cache")];
    (policy, html(&HubPage::new())).into_response()
}

/// The service worker. It begins with what it is to keep, so that it is another one when any of that is.
pub(crate) async fn worker() -> Response {
    let page = HubPage::new();
    let mut files = vec!["/hub".to_owned(), "/hub/manifest.webmanifest".to_owned()];
    files.extend(FILES.iter().map(|(name, ending)| page.file(name, ending)));
    let mut version = DefaultHasher::new();
    (page.render().unwrap_or_default(), &files, env!("CARGO_PKG_VERSION")).hash(&mut version);
    let kept = json!({ "version": format!("{:016x}", version.finish()), "files": files });
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-cache"),
        (HeaderName::from_static("service-worker-allowed"), "/hub"),
    ];
    (headers, format!("self.kept = {kept};\n{}", include_str!("../../assets/hub-worker.js"))).into_response()
}

pub(crate) async fn manifest() -> Response {
    let page = HubPage::new();
    let icon = |name: &str, size: &str, kind: &str| {
        let purpose = if kind == "image/png" { "any maskable" } else { "any" };
        let ending = if kind == "image/png" { "png" } else { "svg" };
        json!({ "src": page.file(name, ending), "sizes": size, "type": kind, "purpose": purpose })
    };
    let manifest = json!({
        "id": "/hub",
        "name": say("hub-name"),
        "short_name": say("hub-title"),
        "description": say("hub-description"),
        "lang": "en",
        "start_url": "/hub",
        "scope": "/hub",
        "display": "standalone",
        "background_color": "#131615",
        "theme_color": "#0d5f5c",
        "icons": [
            icon("hub-192", "192x192", "image/png"),
            icon("hub-512", "512x512", "image/png"),
            icon("mark", "any", "image/svg+xml"),
        ],
    });
    let headers = [(header::CONTENT_TYPE, "application/manifest+json"), (header::CACHE_CONTROL, "no-cache")];
    (headers, manifest.to_string()).into_response()
}

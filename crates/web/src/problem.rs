//! What is said when there is no page to show: stable words for the person, the cause in the log.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};

use crate::assets;

#[derive(Template)]
#[template(path = "problem.html")]
struct Problem {
    style: String,
    status: u16,
    title: &'static str,
    advice: &'static str,
}

pub(crate) async fn not_found() -> Response {
    page(StatusCode::NOT_FOUND, "There is no such page", "Check the address, or begin at the overview.")
}

pub(crate) async fn method_not_allowed() -> Response {
    page(StatusCode::METHOD_NOT_ALLOWED, "This page can only be read", "Changes are made on the command line.")
}

pub(crate) fn bad_query() -> Response {
    page(StatusCode::BAD_REQUEST, "The filter cannot be read", "Begin at the overview and filter again.")
}

pub(crate) fn too_long() -> Response {
    page(StatusCode::URI_TOO_LONG, "The address is too long", "Filter with fewer words.")
}

pub(crate) fn too_slow() -> Response {
    page(StatusCode::SERVICE_UNAVAILABLE, "That took too long", "Try again in a moment.")
}

/// Something failed inside. `cause` is logged, never shown.
pub(crate) fn internal(cause: &dyn std::error::Error) -> Response {
    tracing::error!(%cause, "a page could not be shown");
    page(
        StatusCode::INTERNAL_SERVER_ERROR,
        "The page could not be made",
        "Try again in a moment. The cause is in the server's log.",
    )
}

fn page(status: StatusCode, title: &'static str, advice: &'static str) -> Response {
    let problem = Problem { style: assets::style(), status: status.as_u16(), title, advice };
    match problem.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(_) => (status, title).into_response(),
    }
}

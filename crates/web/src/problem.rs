//! What is said when there is no page to show: stable words for the person, the cause in the log. The API says the same as problem
//! details (RFC 9457).

use askama::Template;
use axum::{
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use muster_app::{Error, storage};
use serde_json::{Value, json};

use crate::{
    assets,
    shell::html,
    text::{filters, words},
};

#[derive(Template)]
#[template(path = "problem.html")]
struct Problem<'a> {
    style: String,
    status: u16,
    title: String,
    advice: &'a str,
    sign_in: bool,
}

/// What kind of problem it is: the end of its `type` in the API, and the name of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    NotFound,
    MethodNotAllowed,
    BadRequest,
    Unauthorised,
    Forbidden,
    OtherSite,
    Changed,
    Refused,
    Invalid,
    GatesShut,
    TooLong,
    TooLarge,
    /// More answers to a question than are wanted at most.
    QueryTooLarge,
    TooMany,
    TooSlow,
    Internal,
    Exists,
    KeyReused,
    UnderWay,
    PreconditionRequired,
    UnsupportedMedia,
    NotImplemented,
    NotAcceptable,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 23] = [
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::BadRequest,
        Self::Unauthorised,
        Self::Forbidden,
        Self::OtherSite,
        Self::Changed,
        Self::Refused,
        Self::Invalid,
        Self::GatesShut,
        Self::TooLong,
        Self::TooLarge,
        Self::QueryTooLarge,
        Self::TooMany,
        Self::TooSlow,
        Self::Internal,
        Self::Exists,
        Self::KeyReused,
        Self::UnderWay,
        Self::PreconditionRequired,
        Self::UnsupportedMedia,
        Self::NotImplemented,
        Self::NotAcceptable,
    ];

    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unauthorised => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::OtherSite => StatusCode::FORBIDDEN,
            Self::Changed => StatusCode::PRECONDITION_FAILED,
            Self::Refused | Self::Exists | Self::UnderWay => StatusCode::CONFLICT,
            Self::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
            Self::UnsupportedMedia => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid | Self::GatesShut | Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLong => StatusCode::URI_TOO_LONG,
            Self::TooLarge | Self::QueryTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::TooSlow => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::NotImplemented => StatusCode::NOT_IMPLEMENTED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
        }
    }

    /// The name by which the API and the texts know it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::BadRequest => "bad-request",
            Self::Unauthorised => "unauthorised",
            Self::Forbidden => "forbidden",
            Self::OtherSite => "other-site",
            Self::Changed => "changed",
            Self::Refused => "refused",
            Self::Invalid => "invalid",
            Self::GatesShut => "gates-shut",
            Self::TooLong => "too-long",
            Self::TooLarge => "too-large",
            Self::QueryTooLarge => "query-too-large",
            Self::TooMany => "too-many",
            Self::TooSlow => "too-slow",
            Self::Internal => "internal",
            Self::Exists => "exists",
            Self::KeyReused => "key-reused",
            Self::UnderWay => "under-way",
            Self::PreconditionRequired => "precondition-required",
            Self::UnsupportedMedia => "unsupported-media",
            Self::NotImplemented => "not-implemented",
            Self::NotAcceptable => "not-acceptable",
        }
    }

    /// The kind of an error of the application.
    pub(crate) fn of(error: &Error) -> Self {
        match error {
            Error::Invalid(message) if message.key == "gates-shut" => Self::GatesShut,
            Error::Invalid(message) if ["captures-under-way", "attachments-too-many"].contains(&message.key) => {
                Self::TooMany
            }
            Error::Invalid(message) if message.key == "epcis-answers-too-many" => Self::QueryTooLarge,
            Error::Invalid(_) => Self::Invalid,
            Error::NotFound { .. } => Self::NotFound,
            Error::Changed => Self::Changed,
            Error::Denied(_) => Self::Forbidden,
            Error::Refused(_)
            | Error::Storage(
                storage::Error::Conflict(_) | storage::Error::Refused { .. } | storage::Error::Overtaken,
            ) => Self::Refused,
            Error::Storage(_) => Self::Internal,
        }
    }
}

pub(crate) async fn not_found() -> Response {
    page(Kind::NotFound, None)
}

pub(crate) async fn method_not_allowed() -> Response {
    page(Kind::MethodNotAllowed, None)
}

pub(crate) fn unauthorised() -> Response {
    details_of(Kind::Unauthorised, None, &[])
}

/// A problem for whoever asked: a page, or what the API tells.
pub(crate) fn to(api: bool, kind: Kind) -> Response {
    if api { details_of(kind, None, &[]) } else { page(kind, None) }
}

/// A request that another site made a browser send.
pub(crate) fn other_site(api: bool) -> Response {
    to(api, Kind::OtherSite)
}

/// An error of the application, as a page. What failed inside is logged, never shown.
pub(crate) fn of(error: &Error) -> Response {
    match Kind::of(error) {
        Kind::Internal => internal(error),
        // Nothing may be told from whether there is a thing that one does not see.
        Kind::NotFound => page(Kind::NotFound, None),
        kind => page(kind, Some(&words(&error.message()))),
    }
}

/// A form that was refused: shown again by `page`, which is told what was wrong, so that it can be mended. What nobody can mend there, and
/// what somebody may not do, is told as ever.
pub(crate) async fn again<P, F>(error: &Error, page: impl FnOnce(String) -> F) -> Response
where
    P: Template,
    F: Future<Output = Result<P, Error>>,
{
    if matches!(Kind::of(error), Kind::Internal | Kind::Forbidden) {
        return of(error);
    }
    match page(words(&error.message())).await {
        Ok(page) => (StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response(),
        Err(error) => of(&error),
    }
}

/// Something failed inside. `cause` is logged, never shown.
pub(crate) fn internal(cause: &dyn std::error::Error) -> Response {
    tracing::error!(%cause, "a page could not be shown");
    page(Kind::Internal, None)
}

/// A problem as a page; `advice` says more than the kind does.
pub(crate) fn page(kind: Kind, advice: Option<&str>) -> Response {
    let usual = crate::text::say(&format!("problem-{}-advice", kind.name()));
    let problem = Problem {
        style: assets::style(),
        status: kind.status().as_u16(),
        title: crate::text::say(&format!("problem-{}", kind.name())).into_owned(),
        advice: advice.unwrap_or(&usual),
        sign_in: matches!(kind, Kind::Forbidden | Kind::Unauthorised | Kind::NotFound),
    };
    match problem.render() {
        Ok(html) => (kind.status(), Html(html)).into_response(),
        Err(_) => kind.status().into_response(),
    }
}

/// A problem as the API tells it, with the fields at fault.
pub(crate) fn details_of(kind: Kind, detail: Option<&str>, errors: &[Value]) -> Response {
    let title = crate::text::say(&format!("problem-{}", kind.name()));
    let advice = crate::text::say(&format!("problem-{}-advice", kind.name()));
    let mut body = json!({
        "type": format!("/api#problem-{}", kind.name()),
        "title": title,
        "status": kind.status().as_u16(),
        "detail": detail.unwrap_or(&advice),
    });
    if !errors.is_empty() {
        body["errors"] = errors.into();
    }
    let mut response =
        (kind.status(), [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response();
    if kind == Kind::TooMany {
        response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
    }
    if kind == Kind::Unauthorised {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
    }
    response
}

#[cfg(test)]
mod tests {
    use muster_domain::{
        message,
        policy::{self, Action, Deed},
        viewer::Viewer,
    };

    use super::*;

    #[derive(Template)]
    #[template(source = "{{ wrong }}", ext = "html")]
    struct Form {
        wrong: String,
    }

    #[tokio::test]
    async fn a_form_comes_again_where_it_can_be_mended() {
        let denied = policy::may(&Viewer::public(), &Deed::of(Action::Move)).unwrap_err();
        let corrupt = || Error::Storage(storage::Error::Corrupt("a row".into()));
        for (error, status) in [
            (Error::Invalid(message!("must-be-given")), StatusCode::UNPROCESSABLE_ENTITY),
            (Error::NotFound { what: "place", code: "NODE-0".into() }, StatusCode::UNPROCESSABLE_ENTITY),
            (Error::Changed, StatusCode::UNPROCESSABLE_ENTITY),
            (Error::Storage(storage::Error::Overtaken), StatusCode::UNPROCESSABLE_ENTITY),
            (Error::Denied(denied), StatusCode::FORBIDDEN),
            (corrupt(), StatusCode::INTERNAL_SERVER_ERROR),
        ] {
            let page = again(&error, |wrong| async { Ok(Form { wrong }) }).await;
            assert_eq!(page.status(), status, "{error}");
        }
        // The form is gone as well.
        let gone = again(&Error::Changed, |_| async { Err::<Form, _>(corrupt()) }).await;
        assert_eq!(gone.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}

//! Who asks: by the session's cookie, by an API token, or nobody we know. And that a browser's request that changes something comes
//! from our own pages.

use std::convert::Infallible;

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, Method, header, request::Parts},
    middleware::Next,
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use muster_app::{Actor, Error};
use muster_domain::viewer::Viewer;

use crate::{Site, pages::given::Given, problem};

/// Name of the session's cookie.
pub(crate) const COOKIE: &str = "muster_session";

/// Where calendar programs ask.
const CALENDAR: &str = "/api/v1/training/calendar";

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    /// With what they see and may do.
    pub(crate) viewer: Viewer,
    /// The secret of their session, if they came by one.
    pub(crate) session: Option<String>,
}

impl Asker {
    /// As whoever does something, for a reason.
    pub(crate) fn actor(&self, reason: impl Into<String>) -> Actor {
        Actor::new(self.viewer.clone(), reason)
    }

    /// As whoever sent a form, which is done once even if it is sent twice.
    ///
    /// # Errors
    /// If the form names its request otherwise than our pages do.
    pub(crate) fn form(&self, reason: impl Into<String>, given: &Given) -> Result<Actor, Error> {
        Ok(Actor { key: given.once()?, ..self.actor(reason) })
    }
}

impl<S: Sync> FromRequestParts<S> for Asker {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let nobody = || Self { viewer: Viewer::public(), session: None };
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(nobody))
    }
}

/// Finds out who asks, and refuses what another site made a browser ask.
pub(crate) async fn around(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    // These are the same for everybody.
    if request.uri().path().starts_with("/assets/") || request.uri().path() == "/healthz" {
        return next.run(request).await;
    }
    let api = crate::api::is_below(request.uri().path());
    let mut asker = Asker { viewer: Viewer::public(), session: None };
    if let Some(secret) = token(&request) {
        match site.app.token(&secret).await {
            Ok(Some(viewer)) => asker.viewer = viewer,
            Ok(None) => return problem::unauthorised(),
            Err(error) => return failed(api, &error),
        }
    } else {
        if is_change(request.method()) && !same_origin(request.headers(), &site) {
            return problem::other_site(api);
        }
        if let Some(secret) = cookie(request.headers()) {
            match site.app.session(secret).await {
                Ok(Some(viewer)) => asker = Asker { viewer, session: Some(secret.to_owned()) },
                Ok(None) => {}
                Err(error) => return failed(api, &error),
            }
        }
    }
    request.extensions_mut().insert(asker);
    next.run(request).await
}

/// The database failed before it was known who asks.
fn failed(api: bool, error: &muster_app::Error) -> Response {
    if !api {
        return problem::internal(error);
    }
    tracing::error!(%error, "it could not be found out who asks");
    problem::to(api, problem::Kind::Internal)
}

fn is_change(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Browsers say where a request comes from: in `Sec-Fetch-Site`, or at least in `Origin`. A program that says neither has no cookies that
/// another site could misuse; a browser that says neither is too old.
fn same_origin(headers: &HeaderMap, site: &Site) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (text("sec-fetch-site"), text("origin")) {
        (Some(from), _) => matches!(from, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = text("host").unwrap_or_default();
            let scheme = if site.secure { "https" } else { "http" };
            origin == format!("{scheme}://{host}") || (!site.secure && origin == format!("https://{host}"))
        }
        (None, None) => cookie(headers).is_none(),
    }
}

/// An API token: as bearer; or, where a calendar is asked for, as the password of Basic authentication (RFC 7617), since calendar programs
/// know no other. Elsewhere Basic is somebody else's: a proxy's, or a browser's that keeps sending it.
fn token(request: &Request) -> Option<String> {
    let given = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    if let Some(secret) = given.strip_prefix("Bearer ") {
        return Some(secret.trim().to_owned());
    }
    if is_change(request.method()) || request.uri().path() != CALENDAR {
        return None;
    }
    let pair = BASE64.decode(given.strip_prefix("Basic ")?.trim()).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    pair.split_once(':').map(|(_, secret)| secret.to_owned())
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = all.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| *name == COOKIE).map(|(_, value)| value).next()
}

/// The header that gives a browser its session, or takes it away.
pub(crate) fn set_cookie(site: &Site, secret: Option<&str>) -> String {
    let secure = if site.secure { "; Secure" } else { "" };
    match secret {
        Some(secret) => format!("{COOKIE}={secret}; Path=/; HttpOnly; SameSite=Lax{secure}"),
        None => format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{secure}"),
    }
}

//! Signing in and out.

use askama::Template;
use axum::{
    extract::{Form, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use muster_app::user::SignInError;
use serde::Deserialize;

use crate::{
    Site, assets,
    auth::{Asker, set_cookie},
    problem,
    shell::html,
    text::{filters, say, say_with},
};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    style: String,
    mission: String,
    wrong: Option<String>,
    name: String,
    next: String,
}

#[derive(Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(crate) struct Credentials {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// Where to go on: only to our own pages.
fn onward(next: &str) -> &str {
    if next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n']) { next } else { "/" }
}

async fn page(site: &Site, wrong: Option<String>, name: &str, next: &str) -> Response {
    let picture = site.app.picture(&muster_domain::viewer::Viewer::public()).await;
    let mission = picture.ok().and_then(|p| p.mission().map(|m| m.name.to_string()));
    html(&SignInPage {
        style: assets::style(),
        mission: mission.unwrap_or_default(),
        wrong,
        name: name.to_owned(),
        next: onward(next).to_owned(),
    })
}

pub(crate) async fn show(State(site): State<Site>, Query(next): Query<Next>) -> Response {
    page(&site, None, "", &next.next).await
}

pub(crate) async fn enter(State(site): State<Site>, Form(given): Form<Credentials>) -> Response {
    let (name, next) = (given.name.trim(), onward(&given.next).to_owned());
    if name.len() > 64 || given.password.len() > 1_000 {
        return page(&site, Some(say("sign-in-wrong").into_owned()), "", &next).await;
    }
    match site.app.sign_in(name, &given.password).await {
        Err(error) => problem::of(&error),
        Ok(Ok(secret)) => {
            let cookie = set_cookie(&site, Some(&secret));
            ([(header::SET_COOKIE, cookie)], Redirect::to(&next)).into_response()
        }
        Ok(Err(refused)) => {
            let (status, wrong, wait) = match refused {
                SignInError::Wrong => (StatusCode::UNPROCESSABLE_ENTITY, say("sign-in-wrong").into_owned(), None),
                SignInError::Wait(wait) => {
                    let seconds = wait.as_secs() + 1;
                    let wrong = say_with("sign-in-wait", &[("n", seconds.into())]);
                    (StatusCode::TOO_MANY_REQUESTS, wrong, Some((header::RETRY_AFTER, seconds.to_string())))
                }
            };
            let page = page(&site, Some(wrong), name, &next).await;
            (status, wait.map(|wait| [wait]), page).into_response()
        }
    }
}

pub(crate) async fn leave(State(site): State<Site>, asker: Asker) -> Response {
    if let Some(secret) = &asker.session
        && let Err(error) = site.app.sign_out(secret).await
    {
        return problem::of(&error);
    }
    ([(header::SET_COOKIE, set_cookie(&site, None))], Redirect::to("/sign-in")).into_response()
}

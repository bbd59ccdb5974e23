//! One's own account: password, sessions and API tokens.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::{Form, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use muster_app::Error;
use muster_domain::message;

use super::{
    devices::{self, Devices},
    passkeys::Passkeys,
};
use crate::{
    Site,
    auth::{Asker, set_cookie},
    problem,
    shell::{Shell, html},
    text::{self, filters, say, say_with},
};

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    shell: Shell,
    name: String,
    roles: String,
    sees: String,
    devices: Devices,
    passkeys: Passkeys,
    secret: Option<String>,
    wrong: Option<String>,
}

pub(crate) async fn show(State(site): State<Site>, asker: Asker) -> Response {
    page(&site, &asker, None, None).await
}

async fn page(site: &Site, asker: &Asker, secret: Option<String>, wrong: Option<String>) -> Response {
    let viewer = &asker.viewer;
    if !viewer.is_known() {
        return Redirect::to("/sign-in?next=/account").into_response();
    }
    let picture = site.app.picture(viewer).await;
    let tokens = site.app.tokens(&viewer.name, &asker.actor("")).await;
    let keys = site.app.signing_keys(&viewer.name, &asker.actor("")).await;
    let (picture, tokens, keys) = match (picture, tokens, keys) {
        (Ok(picture), Ok(tokens), Ok(keys)) => (picture, tokens, keys),
        (Err(error), ..) | (_, Err(error), _) | (_, _, Err(error)) => return problem::of(&error),
    };
    let passkeys = Passkeys::of(&keys);
    let sees = match viewer.sight {
        muster_domain::viewer::Sight::Everything => say("account-sees-everything"),
        muster_domain::viewer::Sight::Released { .. } => say("account-sees-released"),
    };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = AccountPage {
        shell: Shell::new(asker, &picture, "", say("account")),
        name: viewer.name.clone(),
        roles: viewer.roles.iter().map(|role| text::word(role.as_str()).into_owned()).collect::<Vec<_>>().join(", "),
        sees: sees.into_owned(),
        devices: Devices::of(tokens, keys, "/account", None),
        passkeys,
        secret,
        wrong,
    };
    (status, html(&page)).into_response()
}

pub(crate) async fn save(
    State(site): State<Site>,
    asker: Asker,
    Form(given): Form<BTreeMap<String, String>>,
) -> Response {
    if !asker.viewer.is_known() {
        return problem::page(problem::Kind::Unauthorised, None);
    }
    let text = |name: &str| given.get(name).map_or("", String::as_str);
    let actor = asker.actor(say("account-reason"));
    let name = asker.viewer.name.clone();
    let done: Result<Option<String>, Error> = match text("do") {
        "password" => {
            if text("new") != text("again") {
                Err(Error::Invalid(message!("account-not-the-same")))
            } else {
                match site.app.change_password(text("old"), text("new"), &actor).await {
                    // All sessions have ended, this one too.
                    Ok(()) => {
                        let cookie = set_cookie(&site, None);
                        return ([(header::SET_COOKIE, cookie)], Redirect::to("/sign-in")).into_response();
                    }
                    Err(error) => Err(error),
                }
            }
        }
        "everywhere" => match site.app.sign_out_everywhere(&name, &actor).await {
            Ok(()) => {
                let cookie = set_cookie(&site, None);
                return ([(header::SET_COOKIE, cookie)], Redirect::to("/sign-in")).into_response();
            }
            Err(error) => Err(error),
        },
        "grant" => {
            let days = text("days").trim().parse().unwrap_or(0);
            let granted = site.app.grant_token(text("label"), text("writes") == "yes", days, &actor).await;
            granted.map(|(_, secret)| Some(say_with("account-token-secret", &[("x", secret.into())])))
        }
        "pin" => match text("pin") == text("pin_again") {
            true => site.app.set_pin(text("pin"), &actor).await.map(|()| Some(say("account-pin-set").into_owned())),
            false => Err(Error::Invalid(message!("account-not-the-same"))),
        },
        "revoke" => devices::revoke(&site.app, (&name, text("token"), text("key")), &actor).await.map(Some),
        _ => return problem::page(problem::Kind::BadRequest, None),
    };
    match done {
        Ok(secret) => page(&site, &asker, secret, None).await,
        Err(Error::Invalid(message)) => page(&site, &asker, None, Some(text::words(&message))).await,
        Err(error) => problem::of(&error),
    }
}

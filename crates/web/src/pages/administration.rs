//! Administration: accounts with their party and roles, and the mission's own record.

use askama::Template;
use axum::{
    extract::{Form, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use muster_app::{
    Error,
    user::{Account, MOST_USERS, etag},
};
use muster_domain::{field::Field, role::Role};

use super::{
    consignment::parties,
    devices::{self, Devices},
    given::Given,
    record::{cells::name_of, list::Parameters},
};
use crate::{
    Site,
    address::escaped,
    auth::Asker,
    problem,
    shell::{Shell, html},
    text::{self, filters, say, say_with},
};

#[derive(Template)]
#[template(path = "administration.html")]
struct AdministrationPage {
    shell: Shell,
    users: Vec<Row>,
    /// The account that is being edited, or a new one.
    name: String,
    is_new: bool,
    etag: String,
    party: String,
    disabled: bool,
    /// After whom the list goes on.
    next: Option<String>,
    roles: Vec<(&'static str, String, bool)>,
    parties: Vec<(String, String)>,
    /// The tokens and keys of the account that is being edited.
    devices: Devices,
    /// A secret that is shown this once, or what was revoked.
    secret: Option<String>,
    wrong: Option<String>,
    mission: Option<String>,
}

struct Row {
    name: String,
    party: String,
    roles: String,
    disabled: bool,
}

pub(crate) async fn show(State(site): State<Site>, asker: Asker, Query(parameters): Query<Parameters>) -> Response {
    let text = |name: &str| parameters.get(name).cloned().unwrap_or_default();
    match page(&site, &asker, &text("after"), &text("user"), Outcome::default()).await {
        Ok(page) => html(&page),
        Err(error) => problem::of(&error),
    }
}

/// What came of a form that was sent.
#[derive(Default)]
struct Outcome {
    /// What was given, if it is to be mended.
    given: Option<(Account, String)>,
    secret: Option<String>,
    wrong: Option<String>,
}

async fn page(
    site: &Site,
    asker: &Asker,
    after: &str,
    name: &str,
    outcome: Outcome,
) -> Result<AdministrationPage, Error> {
    let viewer = &asker.viewer;
    let users = site.app.users(viewer, after).await?;
    let picture = site.app.picture(viewer).await?;
    let found = match site.app.account(name, &asker.actor("")).await {
        Err(Error::NotFound { .. }) => None,
        found => Some(found?),
    };
    let (tokens, keys) = match &found {
        Some(user) => (
            site.app.tokens(user.name.as_str(), &asker.actor("")).await?,
            site.app.signing_keys(user.name.as_str(), &asker.actor("")).await?,
        ),
        None => Default::default(),
    };
    let known = found.as_ref().map(|user| {
        let account = Account {
            name: user.name.to_string(),
            party: user.party.to_string(),
            roles: user.roles.clone(),
            disabled: user.disabled,
        };
        (account, etag(user))
    });
    let (account, etag) = outcome.given.or(known).unzip();
    let has = |role: &Role| account.as_ref().is_some_and(|a| a.roles.contains(role));
    let row = |user: &muster_domain::user::User| Row {
        name: user.name.to_string(),
        party: name_of(&picture, "parties", user.party.as_str()).unwrap_or_else(|| user.party.to_string()),
        roles: user.roles.iter().map(|role| text::word(role.as_str()).into_owned()).collect::<Vec<_>>().join(", "),
        disabled: user.disabled,
    };
    Ok(AdministrationPage {
        shell: Shell::new(asker, &picture, "nav-administration", say("nav-administration")),
        users: users.iter().map(row).collect(),
        is_new: found.is_none(),
        name: account.as_ref().map_or_else(String::new, |a| a.name.clone()),
        party: account.as_ref().map_or_else(String::new, |a| a.party.clone()),
        disabled: account.as_ref().is_some_and(|a| a.disabled),
        roles: Role::ALL.iter().map(|r| (r.as_str(), text::word(r.as_str()).into_owned(), has(r))).collect(),
        parties: parties(&picture),
        mission: picture.mission().map(|m| super::record::address("mission", m.code.as_str())),
        etag: etag.unwrap_or_default(),
        next: users.last().filter(|_| users.len() as i64 == MOST_USERS).map(|last| escaped(last.name.as_str())),
        devices: Devices::of(tokens, keys, "/administration", Some(name.to_owned())),
        secret: outcome.secret,
        wrong: outcome.wrong,
    })
}

pub(crate) async fn save(State(site): State<Site>, asker: Asker, Form(given): Form<Given>) -> Response {
    let text = |name: &str| given.text(name).to_owned();
    let name = text("name");
    let actor = asker.actor(say("administration-reason"));
    let account = Account {
        name: name.clone(),
        party: text("party"),
        roles: given.all("roles").filter_map(|role| Role::parse(role).ok()).collect(),
        disabled: given.text("disabled") == "yes",
    };
    let told = |secret: String| say_with("administration-secret", &[("name", (&name).into()), ("x", secret.into())]);
    let outcome = match given.text("do") {
        "reset" => site.app.reset_password(&name, &actor).await.map(|secret| Some(told(secret))),
        "revoke" => {
            let what = (name.as_str(), given.text("token"), given.text("key"));
            devices::revoke(&site.app, what, &actor).await.map(Some)
        }
        "sign-out" => site.app.sign_out_everywhere(&name, &actor).await.map(|()| None),
        _ => site.app.put_user(&account, Some(given.text("etag")), &actor).await.map(|secret| secret.map(told)),
    };
    let (outcome, status) = match outcome {
        Ok(secret) => (Outcome { secret, ..Outcome::default() }, StatusCode::OK),
        Err(error @ (Error::Invalid(_) | Error::Changed)) => {
            let kind = problem::Kind::of(&error);
            // What was changed in the meantime is shown as it is now.
            let given = matches!(error, Error::Invalid(_)).then(|| (account, text("etag")));
            (Outcome { given, wrong: Some(text::words(&error.message())), secret: None }, kind.status())
        }
        Err(error) => return problem::of(&error),
    };
    match page(&site, &asker, "", &name, outcome).await {
        Ok(page) => (status, html(&page)).into_response(),
        Err(error) => problem::of(&error),
    }
}

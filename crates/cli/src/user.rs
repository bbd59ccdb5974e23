//! `muster user`: accounts of people and programs, for whoever has the database in hand.

use muster_app::{
    storage::{transfer::SigningKey, user::Token},
    user::Account,
};
use muster_domain::{field::Field, role::Role};

use crate::{
    Failure,
    args::{Place, UserCommand},
    open, output,
};

pub(crate) async fn run(place: &Place, command: UserCommand) -> Result<(), Failure> {
    match command {
        UserCommand::List => list(place).await,
        UserCommand::Put { name, party, roles, disabled } => {
            let role =
                |text: &String| Role::parse(text).map_err(|right| Failure::option(format!("--role {text}"), right));
            let roles = roles.iter().map(role).collect::<Result<_, _>>()?;
            let account = Account { name, party, roles, disabled };
            let app = open::writing(place).await?;
            match app.put_user(&account, None, &open::actor(place, "on the command line")).await? {
                Some(secret) => told(&account.name, &secret),
                None => output::line(&format!("Changed {}.", account.name)),
            }
            Ok(())
        }
        UserCommand::Reset { name } => {
            let app = open::writing(place).await?;
            told(&name, &app.reset_password(&name, &open::actor(place, "on the command line")).await?);
            Ok(())
        }
        UserCommand::Keys { name } => keys(place, &name).await,
        UserCommand::Tokens { name } => tokens(place, &name).await,
        UserCommand::Revoke { name, device } => revoke(place, &name, &device).await,
        UserCommand::SignOut { name } => {
            let app = open::writing(place).await?;
            app.sign_out_everywhere(&name, &open::actor(place, "on the command line")).await?;
            output::line(&format!("All sessions of {name} have ended."));
            Ok(())
        }
    }
}

fn told(name: &str, secret: &str) {
    output::line(&format!("The password of {name}, which is not shown again: {secret}"));
}

/// The tokens of somebody's programs and phones.
async fn tokens(place: &Place, name: &str) -> Result<(), Failure> {
    let (app, actor) = (open::reading(place).await?, open::actor(place, ""));
    let keys = app.signing_keys(name, &actor).await?;
    let found = app.tokens(name, &actor).await?;
    if found.is_empty() {
        output::line(&format!("{name} has no token."));
        return Ok(());
    }
    let row = |token: &Token| {
        let of_it = |key: &&SigningKey| key.is_of(&token.code);
        let keys: Vec<&str> = keys.iter().filter(of_it).map(|key| key.id.as_str()).collect();
        let used = token.used_at.map_or_else(|| "never".to_owned(), |at| at.to_string());
        let may = if token.writes { "writes" } else { "reads" };
        let (code, until) = (token.code.to_string(), token.expires_at.to_string());
        vec![code, token.label.clone(), may.to_owned(), until, used, keys.join(", ")]
    };
    let rows: Vec<_> = found.iter().map(row).collect();
    let headings = ["token", "label", "may", "until", "used", "signing key"];
    output::table(&headings.map(|heading| (heading, false)), &rows);
    Ok(())
}

/// Revokes a token or a key, and says what went with it.
async fn revoke(place: &Place, name: &str, device: &str) -> Result<(), Failure> {
    let (app, actor) = (open::writing(place).await?, open::actor(place, "on the command line"));
    let is_key = app.signing_keys(name, &actor).await?.iter().any(|key| key.id == device);
    let revoked = match is_key {
        true => app.revoke_signing_key(device, &actor).await?,
        false => app.revoke_token(name, device, &actor).await?,
    };
    let token = revoked.token.iter().map(|token| format!("token {token}"));
    let all: Vec<String> = token.chain(revoked.keys.iter().map(|key| format!("signing key {key}"))).collect();
    output::line(&format!("Revoked of {name}: {}.", all.join(" and ")));
    Ok(())
}

/// The keys by which somebody signs.
async fn keys(place: &Place, name: &str) -> Result<(), Failure> {
    let app = open::reading(place).await?;
    let found = app.signing_keys(name, &open::actor(place, "")).await?;
    if found.is_empty() {
        output::line(&format!("No key is registered for {name}."));
        return Ok(());
    }
    let row = |key: &SigningKey| {
        let until = key.revoked_at.map_or_else(|| "signs".to_owned(), |at| format!("not since {at}"));
        let of = key.passkey.as_ref().map_or_else(String::new, |passkey| passkey.relying_party.clone());
        let token = key.token.as_ref().map_or_else(String::new, ToString::to_string);
        vec![key.id.clone(), key.kind().to_owned(), key.label.clone(), of, key.created_at.to_string(), until, token]
    };
    let rows: Vec<_> = found.iter().map(row).collect();
    output::table(
        &["key", "kind", "label", "host", "since", "standing", "phone's token"].map(|heading| (heading, false)),
        &rows,
    );
    Ok(())
}

async fn list(place: &Place) -> Result<(), Failure> {
    let app = open::reading(place).await?;
    let (mut rows, mut after) = (Vec::new(), String::new());
    loop {
        let page = app.users(&open::viewer(place), &after).await?;
        let Some(last) = page.last() else { break };
        after = last.name.to_string();
        for user in &page {
            let roles: Vec<&str> = user.roles.iter().map(|role| role.as_str()).collect();
            let standing = if user.disabled { "disabled" } else { "may sign in" };
            rows.push(vec![user.name.to_string(), user.party.to_string(), roles.join(", "), standing.to_owned()]);
        }
    }
    if rows.is_empty() {
        output::line("There is no account yet. Make one: muster user put NAME --party CODE --role ROLE");
        return Ok(());
    }
    output::table(&[("name", false), ("party", false), ("roles", false), ("standing", false)], &rows);
    Ok(())
}

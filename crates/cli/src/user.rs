//! `muster user`: accounts of people and programs, for whoever has the database in hand.

use muster_app::{storage::transfer::SigningKey, user::Account};
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
        vec![key.id.clone(), key.kind().to_owned(), key.label.clone(), of, key.created_at.to_string(), until]
    };
    let rows: Vec<_> = found.iter().map(row).collect();
    output::table(&["key", "kind", "label", "host", "since", "standing"].map(|heading| (heading, false)), &rows);
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

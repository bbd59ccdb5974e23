//! `muster serve`.

use std::net::SocketAddr;

use muster_app::{App, user::Account};
use muster_domain::{message, role::Role};
use tokio::net::TcpListener;

use crate::{
    Failure,
    args::{Api, Place, Serve},
    open, output,
};

/// Serves the pages until it is told to stop.
pub(crate) async fn run(place: &Place, arguments: &Serve) -> Result<(), Failure> {
    let app = open::making(place).await?;
    let listener = bind(arguments.listen).await?;
    output::line(&format!("Muster is at http://{}/ – stop it with Ctrl-C.", address(&listener, arguments.listen)));
    first_administrator(&app, place).await?;
    pages(app, listener, arguments.behind_https, arguments.api).await
}

/// A database without accounts gets an administrator, whose password is shown this once.
async fn first_administrator(app: &App, place: &Place) -> Result<(), Failure> {
    if app.has_users().await? {
        return Ok(());
    }
    let picture = app.picture(&open::viewer(place)).await?;
    let party = picture.mission().map_or_else(|| "MISSION".to_owned(), |mission| mission.recipient.to_string());
    let account = Account { name: "admin".into(), party, roles: [Role::Administrator].into(), disabled: false };
    let secret = app.put_user(&account, None, &open::actor(place, "first start")).await?.unwrap_or_default();
    output::line(&format!("Sign in as admin with this password, which is not shown again: {secret}"));
    Ok(())
}

/// Takes an address to serve on.
pub(crate) async fn bind(listen: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(listen).await.map_err(|error| {
        Failure::Told(message!("cannot-serve", address = listen.to_string(), error = error.to_string()))
    })
}

/// The address that was really taken, where any free port was asked for.
pub(crate) fn address(listener: &TcpListener, asked: SocketAddr) -> SocketAddr {
    listener.local_addr().unwrap_or(asked)
}

/// Serves until Ctrl-C or a request to terminate.
pub(crate) async fn pages(app: App, listener: TcpListener, behind_https: bool, api: Api) -> Result<(), Failure> {
    let around =
        muster_web::Surroundings { behind_https, private_webhooks: api.private_webhooks, api_rate: api.api_rate };
    let served = muster_web::serve(app, listener, around, stop()).await;
    served.map_err(|error| Failure::Told(message!("serving-ended", error = error.to_string())))
}

async fn stop() {
    let interrupted = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
        }
        Err(_) => drop(interrupted.await),
    }
}

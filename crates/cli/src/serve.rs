//! `muster serve`.

use std::net::SocketAddr;

use muster_app::App;
use tokio::net::TcpListener;

use crate::{
    Failure,
    args::{Place, Serve},
    open, output,
};

/// Serves the pages until it is told to stop.
pub(crate) async fn run(place: &Place, arguments: &Serve) -> Result<(), Failure> {
    let app = open::writing(place).await?;
    let listener = bind(arguments.listen).await?;
    output::line(&format!("Muster is at http://{}/ – stop it with Ctrl-C.", address(&listener, arguments.listen)));
    pages(app, listener).await
}

/// Takes an address to serve on.
pub(crate) async fn bind(listen: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(listen).await.map_err(|error| Failure::Told(format!("cannot serve on {listen}: {error}")))
}

/// The address that was really taken, where any free port was asked for.
pub(crate) fn address(listener: &TcpListener, asked: SocketAddr) -> SocketAddr {
    listener.local_addr().unwrap_or(asked)
}

/// Serves until Ctrl-C or a request to terminate.
pub(crate) async fn pages(app: App, listener: TcpListener) -> Result<(), Failure> {
    muster_web::serve(app, listener, stop()).await.map_err(|error| Failure::Told(format!("serving ended: {error}")))
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

//! The pages: what a person sees of a mission, rendered on the server. It must not know SQL, decide anything, or read files, the
//! environment or a clock.
//!
//! - [`router`]: the routes; [`serve`]: answers on a listener until told to stop.
//! - `pages`: one file for each page; `problem`: what is said when there is none.
//! - `guard`: limits, headers and measures around every answer; `metrics`: the measures.

mod assets;
mod guard;
mod metrics;
mod pages;
mod problem;

use std::{future::Future, io, time::Duration};

use axum::{Router, extract::State, middleware, response::IntoResponse, routing::get};
use muster_app::App;
use tokio::{net::TcpListener, sync::watch};
use tower_http::compression::CompressionLayer;

use metrics::Metrics;

/// How long requests under way may take to end once the server is told to stop.
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// How often measures that nobody asked for are folded together.
const UPKEEP: Duration = Duration::from_secs(15);

/// What every request is answered from.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) app: App,
    pub(crate) metrics: Metrics,
}

/// All routes on `app`.
pub fn router(app: App) -> Router {
    routes(Site { app, metrics: Metrics::new() })
}

fn routes(site: Site) -> Router {
    Router::new()
        .route("/", get(pages::overview::show))
        .route("/healthz", get(health))
        .route("/metrics", get(metrics::show))
        .route("/assets/{file}", get(assets::show))
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state(site.clone(), guard::around))
        .with_state(site)
}

/// Answers requests that come to `listener` until `shutdown` is done. Requests under way may then end, for a few seconds.
///
/// # Errors
/// If the listener fails.
pub async fn serve(
    app: App,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let site = Site { app, metrics: Metrics::new() };
    let metrics = site.metrics.clone();
    let (stop, stopping) = watch::channel(false);
    let mut stopped = stopping.clone();
    let signal = async move {
        shutdown.await;
        // Nobody listens any more if the server has failed meanwhile.
        let _ = stop.send(true);
    };
    let graceful = async move {
        // An error means that the sender is gone: stop as well.
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    let mut late = stopping;
    let deadline = async move {
        let _ = late.wait_for(|stop| *stop).await;
        tokio::time::sleep(STOP_WITHIN).await;
    };
    let signal = tokio::spawn(signal);
    let upkeep = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(UPKEEP);
        loop {
            ticks.tick().await;
            metrics.upkeep();
        }
    });
    let serving = axum::serve(listener, routes(site)).with_graceful_shutdown(graceful);
    let result = tokio::select! {
        result = serving => result,
        () = deadline => {
            tracing::info!("connections that stayed open were closed");
            Ok(())
        }
    };
    signal.abort();
    upkeep.abort();
    result
}

/// Whether the database can be read.
async fn health(State(site): State<Site>) -> impl IntoResponse {
    match site.app.ping().await {
        Ok(()) => "ok\n".into_response(),
        Err(error) => {
            tracing::error!(%error, "the database cannot be read");
            (axum::http::StatusCode::SERVICE_UNAVAILABLE, "the database cannot be read\n").into_response()
        }
    }
}

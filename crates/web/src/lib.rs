//! The pages and the API: what people and programs see of a mission and do to it. It must not know SQL, decide anything, or read files,
//! the environment or a clock.
//!
//! - [`router`]: the routes; [`serve`]: answers on a listener until told to stop.
//! - `pages`: one file for each page; `shell`: what stands around them; `text`: all they say; `problem`: what is said when there is none.
//! - `api`: the same for programs; [`tell_webhooks`]: carries what happened to whoever asked for it; [`take_in`]: takes in what was sent.
//! - `auth`: who asks; `guard`: limits, headers and measures around every answer; `metrics`: the measures.

mod address;
mod api;
mod assets;
mod auth;
mod cursor;
mod guard;
mod metrics;
mod pages;
mod problem;
mod shell;
mod text;
mod uploads;

use std::{future::Future, io, net::SocketAddr, num::NonZeroU32, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    middleware,
    response::IntoResponse,
    routing::{get, post},
};
use muster_app::{Actor, App, transfer::handover::LONGEST_ATTACHMENT};
use muster_domain::viewer::Viewer;
use tokio::{net::TcpListener, sync::watch, time::MissedTickBehavior};
use tower_http::compression::CompressionLayer;

pub use pages::{
    plan_ask::{brings, request},
    plan_change::change,
    plan_why::why,
};
pub use text::words;

use api::limit::Limit;
use metrics::Metrics;
use uploads::Uploads;

/// How long requests under way may take to end once the server is told to stop.
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// How often measures that nobody asked for are folded together.
const UPKEEP: Duration = Duration::from_secs(15);

/// How often it is looked whether webhooks are to be told something.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// How often it is looked whether documents wait that nobody takes in: those that a server left that stopped.
const TAKE_IN_EVERY: Duration = Duration::from_secs(10);

/// How often it is looked whose time has come.
const KEEP_TIME_EVERY: Duration = Duration::from_secs(60);

/// In every so manieth of these rounds what nothing named is thrown away.
const SWEEP_EVERY: u64 = 60;

/// Requests a second that the API takes from one caller, unless the operator says otherwise.
const API_RATE: NonZeroU32 = NonZeroU32::new(50).expect("it is not zero");

/// Longest body of a form, in bytes.
const LONGEST_FORM: usize = 1 << 20;

/// Longest photographs of one form together, in bytes.
const LONGEST_PHOTOS: usize = 4 * LONGEST_ATTACHMENT;

/// Longest body of an import, in bytes.
const LONGEST_IMPORT: usize = 64 << 20;

/// What every request is answered from.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) app: App,
    pub(crate) metrics: Metrics,
    /// Whether people come by https, through a proxy that ends it.
    pub(crate) secure: bool,
    pub(crate) uploads: Arc<Uploads>,
    pub(crate) limit: Limit,
}

/// How the server stands to those around it.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings {
    /// Whether people come by https, through a proxy that ends it.
    pub behind_https: bool,
    /// Whether webhooks may lead into private networks.
    pub private_webhooks: bool,
    /// How many requests a second the API takes from one account, or from one address without an account.
    pub api_rate: NonZeroU32,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self { behind_https: false, private_webhooks: false, api_rate: API_RATE }
    }
}

impl Site {
    fn new(app: App, around: Surroundings) -> Self {
        Self {
            app,
            metrics: Metrics::new(),
            secure: around.behind_https,
            uploads: Arc::default(),
            limit: Limit::new(around.api_rate),
        }
    }
}

/// All routes on `app`.
pub fn router(app: App) -> Router {
    router_in(app, Surroundings::default())
}

/// All routes on `app`, for a server that stands so.
pub fn router_in(app: App, around: Surroundings) -> Router {
    routes(Site::new(app, around))
}

/// Does what is to be done because its time has come: what stayed open is taken to whom it waits for, and offers that a server which ended
/// left behind follow their consignments.
///
/// # Errors
/// If the ledger or the database refuses.
pub async fn keep_time(app: &App) -> Result<(), muster_app::Error> {
    let clock = Actor::new(Viewer::operator("muster"), "its time has come");
    let escalated = app.variances_escalate(&clock).await?;
    if escalated > 0 {
        tracing::info!(escalated, "variances stayed open and were taken to others");
    }
    app.offers_catch_up(&clock).await?;
    let missing = app.not_found_escalate(&clock).await?;
    if missing > 0 {
        tracing::info!(missing, "units were not found nor reported lost and were taken to others");
    }
    Ok(())
}

/// Throws away photographs and papers that nothing named for long.
///
/// # Errors
/// If the ledger or the database refuses.
pub async fn sweep(app: &App) -> Result<(), muster_app::Error> {
    let clock = Actor::new(Viewer::operator("muster"), "nothing named them");
    let swept = app.attachments_sweep(&clock).await?;
    if swept > 0 {
        tracing::info!(swept, "photographs and papers that nothing named were thrown away");
    }
    Ok(())
}

/// Finds what happened since and carries it to the webhooks; gives how many deliveries were tried.
///
/// # Errors
/// If the database fails.
pub async fn tell_webhooks(app: &App, around: Surroundings) -> Result<usize, muster_app::Error> {
    api::courier::round(app, around.private_webhooks).await
}

/// Takes in the documents of events that wait for it; gives how many.
///
/// # Errors
/// If the database fails; what waits goes on waiting.
pub async fn take_in(app: &App) -> Result<usize, muster_app::Error> {
    app.epcis_take_in(text::words).await
}

fn routes(site: Site) -> Router {
    use pages::{
        account, administration, asked, consignment, consignment_deed, consignment_list, consignment_new, conveyed,
        end_use, hub, import, journal, listed, loss, movements, need, nomination, observed, oversight, overview, plan,
        record, repair, returning, search, serial, sheet, shop, sign_in, third_party, training, unit, variance,
        what_if, work_order,
    };
    Router::new()
        .route("/", get(overview::show))
        .route("/needs", get(need::show))
        .route("/offers", get(record::list::offers))
        .route("/partners", get(record::list::partners))
        .route("/places", get(record::list::places))
        .route("/catalogue", get(record::list::catalogue))
        .route("/records/{sheet}", get(record::list::show).post(record::edit::create))
        .route("/records/{sheet}/new", get(record::edit::new))
        .route("/records/{sheet}/{key}", get(record::show::show).post(record::edit::save))
        .route("/records/{sheet}/{key}/edit", get(record::edit::edit))
        .route("/records/{sheet}/{key}/state", post(record::edit::state))
        .route("/records/{sheet}/{key}/merge", get(record::need::merging).post(record::need::merge))
        .route("/records/{sheet}/{key}/split", get(record::need::splitting).post(record::need::split))
        .route("/export/{file}", get(record::list::export))
        .route("/lists/{file}", get(listed::export))
        .route("/template/{file}", get(record::list::template))
        .route("/import", get(import::show))
        .route("/plan", get(plan::list).post(plan::run))
        .route("/plan/job/{job}", get(plan::job).post(plan::cancel))
        .route("/plan/job/{job}/events", get(plan::events))
        .route("/plan/{code}", get(plan::show).post(plan::decide))
        .route("/plan/{code}/what-if", get(what_if::show).post(what_if::ask))
        .route("/plan/{code}/what-if/{job}", get(what_if::result))
        .route("/movements", get(movements::show).post(movements::step))
        .route("/movements/{movement}", get(conveyed::show).post(conveyed::correct))
        .route("/consignments", get(consignment_list::list).post(consignment_new::create))
        .route("/consignments/new", get(consignment_new::show))
        .route("/consignments/turned-up", post(consignment_list::turned_up))
        .route("/consignments/{code}/text", post(consignment_deed::text_to_sign))
        .route("/consignments/{code}/sheets/{file}", get(sheet::export))
        .route("/variances", get(variance::list).post(variance::report))
        .route("/variances/{code}", get(variance::show).post(variance::deed))
        .route("/delivered", get(asked::delivered))
        .route("/passed", get(asked::passed))
        .route("/captured", get(asked::captured))
        .route("/units", get(unit::list))
        .route("/returns", get(returning::show).post(returning::create))
        .route("/losses/{code}", get(loss::show).post(loss::found))
        .route("/third-party-transfers/{code}", get(third_party::show).post(third_party::deed))
        .route("/hub", get(hub::show))
        .route("/hub/sw.js", get(hub::worker))
        .route("/hub/manifest.webmanifest", get(hub::manifest))
        .route("/search", get(search::show))
        .route("/journal", get(journal::show))
        .route("/oversight", get(oversight::show).post(oversight::verify))
        .route("/administration", get(administration::show).post(administration::save))
        .route("/account", get(account::show).post(account::save))
        .route("/sign-in", get(sign_in::show).post(sign_in::enter))
        .route("/sign-out", post(sign_in::leave))
        .layer(DefaultBodyLimit::max(LONGEST_FORM))
        .merge(Router::new().route("/import", post(import::check)).layer(DefaultBodyLimit::max(LONGEST_IMPORT)))
        .merge(
            Router::new()
                .route("/end-use", get(end_use::list).post(end_use::record))
                .route("/end-use/{resource}/{serial}", get(end_use::show).post(end_use::deed))
                .route("/losses", get(loss::list).post(loss::report))
                .route("/repair", get(repair::show).post(repair::report))
                .route("/observed", post(observed::accept))
                .route("/repair/shops/{place}", get(shop::show))
                .route("/repair/{code}", get(work_order::show).post(work_order::deed))
                .route("/training", get(training::show).post(training::deed))
                .route("/training/serials/{code}", get(serial::show).post(serial::deed))
                .route("/training/nominations/{code}", get(nomination::show).post(nomination::deed))
                .layer(DefaultBodyLimit::max(LONGEST_ATTACHMENT + LONGEST_FORM)),
        )
        .merge(
            Router::new()
                .route("/consignments/{code}", get(consignment::show).post(consignment::deed))
                .layer(DefaultBodyLimit::max(LONGEST_PHOTOS + LONGEST_FORM)),
        )
        .merge(api::routes(&site))
        .route("/import/{upload}", get(import::again).post(import::carry_out))
        .route("/healthz", get(health))
        .route("/metrics", get(metrics::show))
        .route("/assets/{file}", get(assets::show))
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(middleware::from_fn_with_state(site.clone(), auth::around))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state(site.clone(), guard::around))
        .with_state(site)
}

/// Answers requests that come to `listener`, and tells webhooks what happens, until `shutdown` is done. Requests under way may then end,
/// for a few seconds.
///
/// # Errors
/// If the listener fails.
pub async fn serve(
    app: App,
    listener: TcpListener,
    around: Surroundings,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let site = Site::new(app, around);
    let (metrics, limit, app) = (site.metrics.clone(), site.limit.clone(), site.app.clone());
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
            limit.upkeep();
        }
    });
    let (keeper, taker) = (site.app.clone(), site.app.clone());
    let time = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(KEEP_TIME_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for round in 0_u64.. {
            ticks.tick().await;
            if let Err(error) = keep_time(&keeper).await {
                tracing::error!(%error, "what stayed open could not be taken to others");
            }
            if round % SWEEP_EVERY == 0
                && let Err(error) = sweep(&keeper).await
            {
                tracing::error!(%error, "what nothing named could not be thrown away");
            }
        }
    });
    let telling = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(TELL_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = tell_webhooks(&app, around).await {
                tracing::error!(%error, "webhooks could not be told");
            }
        }
    });
    let taking_in = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(TAKE_IN_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = take_in(&taker).await {
                tracing::error!(%error, "documents could not be taken in, and go on waiting");
            }
        }
    });
    let service = routes(site).into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(graceful);
    let result = tokio::select! {
        result = serving => result,
        () = deadline => {
            tracing::info!("connections that stayed open were closed");
            Ok(())
        }
    };
    signal.abort();
    upkeep.abort();
    time.abort();
    telling.abort();
    taking_in.abort();
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

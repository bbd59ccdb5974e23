//! Measures of this server, for Prometheus: what was answered, how fast, and how long the journal is.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram, with_local_recorder,
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use muster_domain::policy::{self, Action, Deed};

use crate::{Site, auth::Asker, problem};

const REQUESTS: &str = "muster_http_requests_total";
const DURATION: &str = "muster_http_request_duration_seconds";
const ENTRIES: &str = "muster_journal_entries";
const BLOCKS: &str = "muster_journal_blocks";
const BUILD: &str = "muster_build_info";

/// Upper ends of the durations that are counted, in seconds.
const DURATIONS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 20.0];

/// The measures of one server.
#[derive(Clone)]
pub(crate) struct Metrics {
    recorder: Arc<PrometheusRecorder>,
    handle: PrometheusHandle,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let builder = PrometheusBuilder::new().set_buckets(&DURATIONS).expect("the list of durations is not empty");
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        with_local_recorder(&recorder, || {
            describe_counter!(REQUESTS, "Requests answered.");
            describe_histogram!(DURATION, Unit::Seconds, "Time until a request was answered.");
            describe_gauge!(ENTRIES, "Entries of the journal.");
            describe_gauge!(BLOCKS, "Sealed blocks of the journal.");
            describe_gauge!(BUILD, "The version that runs.");
            gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        });
        Self { recorder: Arc::new(recorder), handle }
    }

    /// Counts an answer.
    pub(crate) fn answered(&self, route: String, status: u16, took: Duration) {
        with_local_recorder(&*self.recorder, || {
            let labels = [("route", route), ("status", status.to_string())];
            counter!(REQUESTS, &labels).increment(1);
            histogram!(DURATION, &labels).record(took.as_secs_f64());
        });
    }

    /// Notes how long the journal is.
    pub(crate) fn journal(&self, (entries, blocks): (i64, i64)) {
        with_local_recorder(&*self.recorder, || {
            gauge!(ENTRIES).set(entries as f64);
            gauge!(BLOCKS).set(blocks as f64);
        });
    }

    /// Folds single measures into sums, so that they take no room when nobody asks.
    pub(crate) fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

/// For who may look at the whole journal: how long it is tells how much happens.
pub(crate) async fn show(State(site): State<Site>, asker: Asker) -> Response {
    if policy::may(&asker.viewer, &Deed::of(Action::Audit)).is_err() {
        return problem::page(problem::Kind::Forbidden, None);
    }
    if let Ok(Some(length)) = site.app.journal_length(&asker.viewer).await {
        site.metrics.journal(length);
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], site.metrics.handle.render()).into_response()
}

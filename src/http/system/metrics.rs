//! `/metrics` in Prometheus' text format.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::app::App;
use crate::http::answer::Problems;
use crate::http::observe::LATENCY;

/// One recorder per process: the `metrics` crate has one place for it.
static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts recording, once; counters registered before are not seen, so this comes before everything else.
pub fn record() {
    RECORDER.get_or_init(|| {
        let builder = PrometheusBuilder::new();
        let seconds = [
            0.000_02, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0,
            5.0,
        ];
        let jobs = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];
        let all = [(LATENCY, &seconds[..]), (COMMIT_TIME, &seconds[..]), (BATCH, &jobs[..])];
        let recorder = all
            .into_iter()
            .try_fold(builder, |builder, (name, buckets)| {
                builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), buckets)
            })
            // Only a list without buckets is refused.
            .unwrap_or_default()
            .build_recorder();
        let handle = recorder.handle();
        // Whoever embeds Treue may have a recorder of their own; then ours stays empty.
        let _ = metrics::set_global_recorder(recorder);
        describe();
        handle
    });
}

const COMMIT_TIME: &str = "treue_store_commit_duration_seconds";
const BATCH: &str = "treue_store_batch_jobs";

/// What each metric means, as Prometheus shows it.
fn describe() {
    metrics::describe_histogram!(LATENCY, "How long requests took, by method, route and status");
    metrics::describe_counter!("treue_decisions_total", "Decisions made, for quotes and purchases");
    metrics::describe_counter!("treue_purchases_total", "Purchases committed");
    metrics::describe_counter!("treue_grants_total", "How often each discount was granted to a committed purchase");
    metrics::describe_counter!("treue_script_failures_total", "Scripts that failed; what they decide was left out");
    metrics::describe_counter!("treue_reload_failures_total", "Changes of the folders that do not compile");
    metrics::describe_histogram!(COMMIT_TIME, "How long it took to make a batch durable: writing and syncing");
    metrics::describe_histogram!(BATCH, "Writes that shared a commit");
    metrics::describe_counter!("treue_store_writes_total", "Writes that are durable");
    metrics::describe_counter!("treue_store_refusals_total", "Writes that were refused by a rule");
    metrics::describe_counter!("treue_store_failures_total", "Writes that came to nothing: the disk, or a bug");
    metrics::describe_gauge!("treue_store_waiting_jobs", "Writes that wait for the writer");
    metrics::describe_gauge!("treue_store_writable", "1, or 0 where the last write came to nothing");
    metrics::describe_gauge!("treue_store_size_bytes", "Size of the store's file");
}

/// Has each commit of the store recorded.
pub fn watch(app: &App) {
    let (time, jobs) = (metrics::histogram!(COMMIT_TIME), metrics::histogram!(BATCH));
    app.store().observe(move |batch| {
        time.record(batch.commit_time);
        jobs.record(batch.jobs as f64);
    });
    // There from the beginning, so that a first failure is seen as a change.
    metrics::counter!("treue_reload_failures_total").increment(0);
}

/// What was recorded is put into its buckets this often: until then each request takes memory.
const UPKEEP: Duration = Duration::from_secs(5);

/// Keeps what is recorded small, whether anybody scrapes it or not. Never done.
pub async fn upkeep() {
    let mut tick = tokio::time::interval(UPKEEP);
    loop {
        tick.tick().await;
        if let Some(handle) = RECORDER.get() {
            handle.run_upkeep();
        }
    }
}

/// Counters, gauges and latencies in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "system", responses((status = 200, description = "metrics", body = String, content_type = "text/plain"), Problems))]
pub async fn read_metrics(State(app): State<Arc<App>>) -> Response {
    let counters = app.store().counters();
    metrics::counter!("treue_store_writes_total").absolute(counters.written);
    metrics::counter!("treue_store_refusals_total").absolute(counters.refused);
    metrics::counter!("treue_store_failures_total").absolute(counters.failed);
    metrics::gauge!("treue_store_waiting_jobs").set(app.store().waiting() as f64);
    metrics::gauge!("treue_store_writable").set(f64::from(u8::from(app.store().is_writable())));
    if let Some(size) = app.store().file_size() {
        metrics::gauge!("treue_store_size_bytes").set(size as f64);
    }
    let text = RECORDER.get().map(|handle| {
        handle.run_upkeep();
        handle.render()
    });
    let mut response = text.unwrap_or_default().into_response();
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

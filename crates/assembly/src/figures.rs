//! The figures that every program tells Prometheus: how its work goes and how long requests and jobs take.

use std::sync::OnceLock;

use db::Database;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use outbox::Backlog;

/// Upper bounds in seconds: most answers take milliseconds, and a statement is given up after 10 s.
const BUCKETS: [f64; 13] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0];
/// The content type of [`render`]'s text.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Begins to keep figures. One recorder for the process: the `metrics` crate knows no other kind.
pub fn keep() {
    recorder();
}

fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let installed = RECORDER.get_or_init(|| {
        let durations = Matcher::Suffix("_seconds".to_owned());
        let builder = PrometheusBuilder::new().set_buckets_for_metric(durations, &BUCKETS).ok()?;
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).ok().map(|()| handle)
    });
    installed.as_ref()
}

/// All figures in Prometheus' text format.
#[must_use]
pub fn render() -> String {
    recorder().map(PrometheusHandle::render).unwrap_or_default()
}

/// Sets the figures of a connection pool.
pub fn set_pool(database: &Database) {
    let (used, held) = database.usage();
    let figure = |count: usize| u32::try_from(count).map_or(f64::INFINITY, f64::from);
    metrics::gauge!("db_pool_connections_used").set(figure(used));
    metrics::gauge!("db_pool_connections_held").set(figure(held));
    metrics::counter!("db_statements_total").absolute(database.statements());
}

/// Sets the figures of what waits to be done. `jobs_dead` and `subscribers_blocked` are for alerts: either above 0
/// wants an operator.
pub fn set_backlog(backlog: &Backlog) {
    let figures = [
        ("jobs_due", backlog.due_jobs),
        ("jobs_sent", backlog.sent_jobs),
        ("jobs_leased", backlog.leased_jobs),
        ("jobs_dead", backlog.dead_jobs),
        ("jobs_oldest_due_age_seconds", backlog.oldest_due_seconds),
        ("events_unsequenced", backlog.unsequenced_events),
        ("subscribers_lag_events", backlog.subscriber_lag),
        ("subscribers_blocked", backlog.blocked_subscribers),
    ];
    for (name, value) in figures {
        metrics::gauge!(name).set(i32::try_from(value).map_or(f64::INFINITY, f64::from));
    }
}

//! Whether the process lives, and whether it can do its work.

use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::Serialize;

use crate::{AppState, Ok200, Problem};

/// The process lives.
#[derive(Clone, Debug, Serialize, Apiv2Schema)]
struct HealthView {
    /// Always `ok`.
    status: String,
}

/// The process can do its work.
#[derive(Clone, Debug, Serialize, Apiv2Schema)]
struct ReadinessView {
    /// Always `ready`.
    status: String,
    /// Jobs that are due and not taken.
    due_jobs: i64,
    /// Jobs that failed for good.
    dead_jobs: i64,
    /// Facts that the feed has not numbered yet.
    unsequenced_events: i64,
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/health").route(web::get().to(live)))
        .service(web::resource("/health/ready").route(web::get().to(ready)));
}

/// Whether the process lives
///
/// Asks nothing of the database, so that an orchestrator does not restart the process for its database's sake.
#[api_v2_operation(tags(health), operation_id = "health")]
async fn live() -> Result<Ok200<HealthView>, Problem> {
    Ok(Ok200::new(HealthView { status: "ok".to_owned() }))
}

/// Whether the process can do its work
///
/// 503 while the database does not answer. The job figures are for alerts; they do not make the server unready.
#[api_v2_operation(tags(health), operation_id = "readiness")]
async fn ready(state: AppState) -> Result<Ok200<ReadinessView>, Problem> {
    let backlog = state.backlog().await?;
    Ok(Ok200::new(ReadinessView {
        status: "ready".to_owned(),
        due_jobs: backlog.due_jobs,
        dead_jobs: backlog.dead_jobs,
        unsequenced_events: backlog.unsequenced_events,
    }))
}

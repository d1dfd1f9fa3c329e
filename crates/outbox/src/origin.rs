//! Which request a change came from, and which trace it belongs to: set around a request or a job, written to the jobs
//! and events made within, so that logs can be followed across processes. And whether it left the runner anything to do.

use std::cell::Cell;
use std::future::Future;

use tracing::Span;

use crate::TraceParent;

/// Where work comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Origin {
    /// The request on whose behalf it is done.
    pub request_id: String,
    /// The work itself, among what else is done on that behalf.
    pub trace: TraceParent,
}

tokio::task_local! {
    static ORIGIN: Origin;
    /// Whether jobs or facts were written since the scope began.
    static LEFT_WORK: Cell<bool>;
}

impl Origin {
    /// Of work that something on record has asked for: the request on whose behalf, and what asked for it.
    pub(crate) fn following(request_id: String, parent: Option<&str>) -> Self {
        let parent: Option<TraceParent> = parent.and_then(|parent| parent.parse().ok());
        Self { request_id, trace: parent.map_or_else(TraceParent::begin, TraceParent::child) }
    }

    /// The fields by which a log is followed; `name` says what is done.
    pub(crate) fn span(&self, name: &str) -> Span {
        let (trace_id, span_id) = (self.trace.trace_id(), self.trace.span_id());
        tracing::info_span!("work", name, request_id = self.request_id, trace_id, span_id)
    }
}

/// Does `work` on behalf of `origin`.
pub async fn with_origin<F: Future>(origin: Origin, work: F) -> F::Output {
    ORIGIN.scope(origin, work).await
}

/// Where what the present task does comes from.
#[must_use]
pub fn current_origin() -> Option<Origin> {
    ORIGIN.try_with(Clone::clone).ok()
}

/// The request on whose behalf the present task runs.
#[must_use]
pub fn current_request_id() -> Option<String> {
    ORIGIN.try_with(|origin| origin.request_id.clone()).ok()
}

/// The present task's own piece of work, as its rows have it.
pub(crate) fn current_trace_parent() -> Option<String> {
    ORIGIN.try_with(|origin| origin.trace.to_string()).ok()
}

/// Runs a transaction's `work`, and says whether it wrote jobs or facts: only then is there something to wake a runner
/// for once it is committed.
pub async fn noticing_work<F: Future>(work: F) -> (F::Output, bool) {
    let noticed = async {
        let output = work.await;
        (output, LEFT_WORK.with(Cell::get))
    };
    LEFT_WORK.scope(Cell::new(false), noticed).await
}

/// Jobs or facts were written.
pub(crate) fn note_work() {
    // Outside of a scope nobody asks.
    let _ = LEFT_WORK.try_with(|left| left.set(true));
}

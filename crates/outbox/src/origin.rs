//! Which request a change came from: set around a request or a job, written to the jobs and events
//! made within, so that logs can be followed across processes. And whether it left the runner anything to do.

use std::cell::Cell;
use std::future::Future;

tokio::task_local! {
    static REQUEST_ID: String;
    /// Whether jobs or facts were written since the scope began.
    static LEFT_WORK: Cell<bool>;
}

/// Runs `work` on behalf of the request `id`.
pub async fn with_request_id<F: Future>(id: String, work: F) -> F::Output {
    REQUEST_ID.scope(id, work).await
}

/// The request on whose behalf the present task runs.
#[must_use]
pub fn current_request_id() -> Option<String> {
    REQUEST_ID.try_with(Clone::clone).ok()
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

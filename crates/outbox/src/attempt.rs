//! One run of a handler: whatever it does, the runner goes on and has a reason to record.

use std::any::Any;
use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;

use crate::{HandlerError, origin};

/// Runs a handler on behalf of the request `request_id`. A panic and taking longer than `limit` are
/// failures like any other.
pub(crate) async fn attempt<F, T>(request_id: String, limit: Duration, handler: F) -> Result<T, String>
where
    F: Future<Output = Result<T, HandlerError>>,
{
    let guarded = AssertUnwindSafe(origin::with_request_id(request_id, handler)).catch_unwind();
    match tokio::time::timeout(limit, guarded).await {
        Ok(Ok(outcome)) => outcome.map_err(|error| chain(error.as_ref())),
        Ok(Err(panic)) => Err(format!("it panicked: {}", message(panic.as_ref()))),
        Err(_elapsed) => Err(format!("it took longer than {limit:?}")),
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it did not say why")
}

/// An error with its causes, on one line.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

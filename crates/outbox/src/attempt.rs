//! One run of a handler: whatever it does, the runner goes on and has a reason to record.

use std::any::Any;
use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::FutureExt;

use crate::{HandlerError, NotBefore, Origin, with_origin};

/// How an attempt has failed.
pub(crate) struct Failure {
    /// For the record.
    pub reason: String,
    /// From when on another attempt may succeed, where the handler knows.
    pub not_before: Option<DateTime<Utc>>,
}

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        Self { reason, not_before: None }
    }
}

impl From<HandlerError> for Failure {
    fn from(error: HandlerError) -> Self {
        let not_before = error.downcast_ref::<NotBefore>().map(|error| error.at);
        Self { reason: chain(error.as_ref()), not_before }
    }
}

/// Runs a handler on behalf of `origin`. A panic and taking longer than `limit` are
/// failures like any other.
pub(crate) async fn attempt<F, T>(origin: Origin, limit: Duration, handler: F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, HandlerError>>,
{
    let guarded = AssertUnwindSafe(with_origin(origin, handler)).catch_unwind();
    match tokio::time::timeout(limit, guarded).await {
        Ok(Ok(outcome)) => outcome.map_err(Failure::from),
        Ok(Err(panic)) => Err(format!("it panicked: {}", message(panic.as_ref())).into()),
        Err(_elapsed) => Err(format!("it took longer than {limit:?}").into()),
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

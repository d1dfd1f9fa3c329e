//! Telling of an outage when it begins, now and then, and when it is over: not once per request.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

const REMIND_EVERY: Duration = Duration::from_secs(30);

/// Whether the database can be reached, as far as this process has tried.
#[derive(Debug, Default)]
pub(crate) struct Outage(Mutex<Option<Present>>);

#[derive(Clone, Copy, Debug)]
struct Present {
    began: Instant,
    told: Instant,
    refusals: u64,
}

impl Outage {
    pub(crate) fn refused(&self, error: &dyn std::error::Error) {
        let now = Instant::now();
        let mut present = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(outage) = present.as_mut() else {
            *present = Some(Present { began: now, told: now, refusals: 1 });
            tracing::error!(error = error.to_string(), "the database cannot be reached");
            return;
        };
        outage.refusals += 1;
        if now - outage.told >= REMIND_EVERY {
            outage.told = now;
            let (seconds, tries) = ((now - outage.began).as_secs(), outage.refusals);
            tracing::error!(
                error = error.to_string(),
                seconds,
                tries,
                "the database still cannot be reached"
            );
        }
    }

    pub(crate) fn answered(&self) {
        let over = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(outage) = over {
            let (outage_ms, refusals) = (outage.began.elapsed().as_millis(), outage.refusals);
            tracing::warn!(outage_ms, refusals, "the database can be reached again");
        }
    }
}

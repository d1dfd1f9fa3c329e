//! What a runner does while it cannot reach its queue: it rests longer and longer, and tells of it when it begins,
//! now and then, and when it is over.

use std::sync::Arc;
use std::time::Duration;

use diesel::result::Error;
use tokio::time::Instant;

use crate::HandlerError;

/// Short enough that work goes on within seconds of the database's return.
const LONGEST_REST: Duration = Duration::from_secs(2);
const REMIND_EVERY: Duration = Duration::from_secs(30);

/// There was no connection for a statement that several waited for.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Away(Arc<db::DbError>);

impl From<db::DbError> for Away {
    fn from(error: db::DbError) -> Self {
        Self(Arc::new(error))
    }
}

/// Whether this is about the database being away, rather than about what it was asked.
pub(crate) fn is_outage(error: &HandlerError) -> bool {
    error.is::<db::DbError>()
        || error.is::<Away>()
        || error.downcast_ref::<Error>().is_some_and(db::is_connection_lost)
}

/// The failures of a runner's rounds since the last that went well.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Setback(Option<Present>);

#[derive(Clone, Copy, Debug)]
struct Present {
    began: Instant,
    told: Instant,
    failures: u32,
}

impl Setback {
    /// A round failed.
    pub(crate) fn suffer(&mut self, error: &HandlerError) {
        let now = Instant::now();
        let Some(present) = &mut self.0 else {
            self.0 = Some(Present { began: now, told: now, failures: 1 });
            tracing::error!(error = %error, "the job runner cannot reach its queue");
            return;
        };
        present.failures = present.failures.saturating_add(1);
        if now - present.told >= REMIND_EVERY {
            present.told = now;
            let (seconds, failures) = ((now - present.began).as_secs(), present.failures);
            tracing::error!(error = %error, seconds, failures, "the job runner still cannot reach its queue");
        }
    }

    /// A round went well.
    pub(crate) fn overcome(&mut self) {
        if let Some(past) = self.0.take() {
            let outage_ms = past.began.elapsed().as_millis();
            tracing::warn!(outage_ms, failures = past.failures, "the job runner works again");
        }
    }

    /// How long to wait before the next round; `usual` when all is well.
    pub(crate) fn rest(&self, usual: Duration) -> Duration {
        let failures = self.0.map_or(0, |present| present.failures);
        usual.saturating_mul(1 << failures.saturating_sub(1).min(8)).min(LONGEST_REST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_grow_to_a_limit_and_end_with_the_setback() {
        let usual = Duration::from_millis(500);
        let mut setback = Setback::default();
        assert_eq!(setback.rest(usual), usual);
        let mut rests = Vec::new();
        for _ in 0..40 {
            setback.suffer(&"away".into());
            rests.push(setback.rest(usual).as_millis());
        }
        assert_eq!(rests[..4], [500, 1000, 2000, 2000]);
        assert_eq!(rests[39], 2000);
        setback.overcome();
        assert_eq!(setback.rest(usual), usual);
    }
}

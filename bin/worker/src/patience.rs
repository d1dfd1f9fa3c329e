//! What a loop does while something it needs is away: it waits a little longer each time, and says so when that
//! begins, now and then, and when it is over.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

const SHORTEST: Duration = Duration::from_millis(100);
/// Short enough that work goes on within seconds.
const LONGEST: Duration = Duration::from_secs(2);
const REMIND_EVERY: Duration = Duration::from_secs(30);

/// The failures of a loop since it last went well.
#[derive(Debug)]
pub(crate) struct Patience {
    /// Which loop.
    who: &'static str,
    since: Option<Instant>,
    told: Instant,
    failures: u32,
}

impl Patience {
    pub(crate) fn of(who: &'static str) -> Self {
        Self { who, since: None, told: Instant::now(), failures: 0 }
    }

    /// It went well.
    pub(crate) fn succeed(&mut self) {
        if let Some(since) = self.since.take() {
            let outage_ms = since.elapsed().as_millis();
            tracing::warn!(outage_ms, failures = self.failures, "{} works again", self.who);
        }
        self.failures = 0;
    }

    /// It failed: waits, or until `stop`.
    pub(crate) async fn fail(&mut self, error: &(dyn std::fmt::Display + Sync), stop: &CancellationToken) {
        let now = Instant::now();
        let began = self.since.is_none();
        if began || now - self.told >= REMIND_EVERY {
            self.told = now;
            tracing::error!(%error, failures = self.failures, "{} cannot work", self.who);
        }
        self.since.get_or_insert(now);
        let wait = SHORTEST.saturating_mul(1 << self.failures.min(8)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        tokio::select! {
            () = stop.cancelled() => {}
            // What is away sends no word when it is back.
            () = tokio::time::sleep(wait) => {}
        }
    }
}

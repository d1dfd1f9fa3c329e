//! What a loop does while something it needs is away: it waits a little longer each time, and says so when that
//! begins, now and then, and when it is over.

use std::fmt::Display;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const SHORTEST: Duration = Duration::from_millis(100);
/// Short enough that work goes on within seconds of the return of what was away.
const LONGEST: Duration = Duration::from_secs(2);
const REMIND_EVERY: Duration = Duration::from_secs(30);

/// The failures of a loop since it last went well.
#[derive(Debug)]
pub struct Patience {
    /// Which loop.
    who: &'static str,
    present: Option<Outage>,
}

#[derive(Clone, Copy, Debug)]
struct Outage {
    began: Instant,
    told: Instant,
    failures: u32,
}

impl Patience {
    /// Of a loop that is called so in the log, such as "the relay".
    #[must_use]
    pub fn of(who: &'static str) -> Self {
        Self { who, present: None }
    }

    /// A round went well.
    pub fn succeed(&mut self) {
        if let Some(past) = self.present.take() {
            let outage_ms = past.began.elapsed().as_millis();
            tracing::warn!(outage_ms, failures = past.failures, "{} works again", self.who);
        }
    }

    /// A round failed; returns how long to wait before the next.
    pub fn fail(&mut self, error: &(dyn Display + Sync)) -> Duration {
        let now = Instant::now();
        let Some(present) = &mut self.present else {
            self.present = Some(Outage { began: now, told: now, failures: 1 });
            tracing::error!(%error, "{} cannot work", self.who);
            return SHORTEST;
        };
        let wait = SHORTEST.saturating_mul(1 << present.failures.min(8)).min(LONGEST);
        present.failures = present.failures.saturating_add(1);
        if now - present.told >= REMIND_EVERY {
            present.told = now;
            let (seconds, failures) = ((now - present.began).as_secs(), present.failures);
            tracing::error!(%error, seconds, failures, "{} still cannot work", self.who);
        }
        wait
    }

    /// A round failed: waits, or until `stop`.
    pub async fn bear(&mut self, error: &(dyn Display + Sync), stop: &CancellationToken) {
        let wait = self.fail(error);
        tokio::select! {
            () = stop.cancelled() => {}
            // What is away sends no word when it is back.
            () = tokio::time::sleep(wait) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_begin_anew_after_a_success() {
        let mut patience = Patience::of("a test");
        let waits: Vec<_> = (0..40).map(|_| patience.fail(&"away").as_millis()).collect();
        assert_eq!(waits[..6], [100, 200, 400, 800, 1600, 2000]);
        assert_eq!(waits[39], 2000);
        patience.succeed();
        assert_eq!(patience.fail(&"away").as_millis(), 100);
    }
}

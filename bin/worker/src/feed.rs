//! Facts for their subscribers, and periodic jobs when they are due.

use std::sync::Arc;
use std::time::Duration;

use outbox::Executor;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use outbox::Patience;

const POLL: Duration = Duration::from_millis(500);

/// Works until `stop`. `news` says that facts were written; `jobs` is told when subscribers have asked for jobs.
pub(crate) async fn run(executor: Executor, news: Arc<Notify>, jobs: Arc<Notify>, stop: CancellationToken) {
    let mut patience = Patience::of("the feed");
    while !stop.is_cancelled() {
        match executor.keep_up().await {
            Ok(done) => {
                patience.succeed();
                if done > 0 {
                    jobs.notify_one();
                    continue;
                }
            }
            Err(error) => patience.bear(&error, &stop).await,
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = news.notified() => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

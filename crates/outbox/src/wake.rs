//! Telling those who run the work that there is some, so that they look now and not at their next poll.
//!
//! Only ever a hint: what is missed is found by the next poll. In this process it is a flag. Across processes it is
//! `PostgreSQL`'s NOTIFY, sent **after** the commit and by a task of its own: in the transaction it would make commits
//! wait for one another, since notifications are ordered by a lock on the whole server.

use std::sync::Arc;
use std::time::Duration;

use db::{Conn, Database};
use diesel::QueryResult;
use diesel_async::SimpleAsyncConnection;
use futures_util::StreamExt;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The channel of the notifications.
const LISTEN: &str = "LISTEN silkcart_work";
const NOTIFY: &str = "NOTIFY silkcart_work";
/// At most one notification in this time: many commits share one.
const SHORTEST_SILENCE: Duration = Duration::from_millis(2);

/// Wakes those who run the work. Clones wake the same.
#[derive(Clone, Debug, Default)]
pub struct Waker(Arc<Notify>);

impl Waker {
    /// Wakes a runner of this process.
    #[must_use]
    pub fn of_this_process() -> Self {
        Self::default()
    }

    /// There is work.
    pub fn wake(&self) {
        self.0.notify_one();
    }

    /// Waits until there is; calls that came since the last time are one.
    pub(crate) async fn woken(&self) {
        self.0.notified().await;
    }

    /// Passes wake-up calls on to other processes, until `stop`; a call from before it is passed on still.
    pub async fn pass_on(self, database: Database, stop: CancellationToken) {
        loop {
            tokio::select! {
                biased;
                () = self.woken() => {}
                () = stop.cancelled() => return,
            }
            // While the database is away there is nobody to wake either.
            if let Ok(mut conn) = database.conn().await
                && let Err(error) = conn.batch_execute(NOTIFY).await
            {
                tracing::debug!(error = %error, "nobody was woken");
            }
            tokio::time::sleep(SHORTEST_SILENCE).await;
        }
    }
}

/// Hears the wake-up calls of other processes, on a connection of its own.
pub struct Listener(Conn);

impl Listener {
    /// Begins to listen. `conn` must not come from a pool, which would give it to somebody else.
    pub async fn on(mut conn: Conn) -> QueryResult<Self> {
        conn.batch_execute(LISTEN).await?;
        Ok(Self(conn))
    }

    /// Waits for a call, and takes all that have come; false when the connection is gone.
    pub async fn heard(&mut self) -> bool {
        let mut calls = std::pin::pin!(self.0.notifications_stream());
        let heard = calls.next().await.is_some_and(|call| call.is_ok());
        while heard && futures_util::FutureExt::now_or_never(calls.next()).flatten().is_some() {}
        heard
    }
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").finish_non_exhaustive()
    }
}

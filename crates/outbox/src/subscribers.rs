//! Handing the facts of the feed to those who subscribe to it.

use std::time::Duration;

use db::Conn;
use diesel::result::Error;
use diesel_async::{AnsiTransactionManager, AsyncConnection, TransactionManager};
use tracing::Instrument;

use crate::attempt::attempt;
use crate::registry::{EventHandler, Subscriber};
use crate::{Executor, HandlerError, Origin, RetryPolicy, feed, store};

const EVENTS_AT_ONCE: usize = 100;
/// Less than the pool lets a transaction sit idle.
const EVENT_TIMEOUT: Duration = Duration::from_secs(20);

/// Why the handling of a batch of facts was undone.
enum Halt {
    /// The fact after the first `handled` failed.
    Handler {
        handled: usize,
        failure: String,
    },
    Database(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl Executor {
    /// Gives new facts their positions and hands them to the subscribers that are behind; returns how many were
    /// handled.
    pub(crate) async fn pump_feed(&self) -> Result<usize, HandlerError> {
        let names: Vec<&str> = self.registry.subscribers.iter().map(|subscriber| subscriber.name).collect();
        if names.is_empty() {
            return Ok(0);
        }
        let behind = {
            let mut conn = self.services.database.conn().await?;
            if feed::sequence(&mut conn).await? > 0 {
                self.numbered.send_replace(());
            }
            store::list_subscriptions_behind(&mut conn, &names, self.services.clock.now()).await?
        };
        let mut handled = 0;
        for Subscriber { name, handler, .. } in &self.registry.subscribers {
            if behind.iter().any(|other| other == name) {
                handled += self.deliver(name, handler).await?;
            }
        }
        Ok(handled)
    }

    /// Hands a subscriber its next facts, as many of them as it takes; a fact that it does not take is
    /// put on record when it is the next.
    async fn deliver(&self, name: &str, handler: &EventHandler) -> Result<usize, HandlerError> {
        // One connection throughout: on another, the place might look taken while a failed commit unwinds.
        let mut conn = self.services.database.conn().await?;
        let mut batch = EVENTS_AT_ONCE;
        loop {
            let outcome =
                conn.transaction(async |tx| self.deliver_batch(tx, name, handler, batch).await).await;
            let (good, failure) = match outcome {
                Ok(count) => return Ok(count),
                Err(Halt::Handler { handled, failure }) => (handled, failure),
                Err(Halt::Database(error)) if db::is_connection_lost(&error) => return Err(error.into()),
                // Which fact it was shows when they come one by one.
                Err(Halt::Database(error)) => (batch / 2, error.to_string()),
            };
            // A handler that stopped within a savepoint of its own has left the transaction around it open.
            while AnsiTransactionManager::rollback_transaction(&mut *conn).await.is_ok() {}
            if good == 0 {
                let retry_at = self.services.clock.now() + RetryPolicy::STANDARD.wait(1, rand::random());
                // Fails where the database has gone away meanwhile, which is no fault of the subscriber's.
                store::fail_subscription(&mut conn, name, retry_at, &failure).await?;
                tracing::error!(subscriber = name, failure, "a subscriber cannot handle an event");
                return Ok(0);
            }
            // Those before it were undone as well, and are handled again without it.
            batch = good;
        }
    }

    /// Hands up to `batch` facts to a subscriber and moves its place on: all of it or nothing.
    async fn deliver_batch(
        &self,
        tx: &mut Conn,
        name: &str,
        handler: &EventHandler,
        batch: usize,
    ) -> Result<usize, Halt> {
        let Some(place) = store::lock_subscription(tx, name, self.services.clock.now()).await? else {
            return Ok(0);
        };
        let events = feed::read(tx, place, i64::try_from(batch).unwrap_or(i64::MAX)).await?;
        for (handled, event) in events.iter().enumerate() {
            let position = event.position;
            let request_id = event.request_id.clone().unwrap_or_else(|| format!("event-{position}"));
            let origin = Origin::following(request_id, event.trace_parent.as_deref());
            let span = origin.span(name);
            let work = async { handler(tx, &self.services, event).await };
            attempt(origin, EVENT_TIMEOUT, work).instrument(span).await.map_err(|failure| Halt::Handler {
                handled,
                failure: format!("event {position}: {}", failure.reason),
            })?;
        }
        if let Some(last) = events.last() {
            store::advance_subscription(tx, name, last.position).await?;
        }
        Ok(events.len())
    }
}

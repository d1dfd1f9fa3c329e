//! Who listens to what in this process, and what was published lately.
//!
//! Nothing here waits: a connection takes what it hears from a queue of its own, and one whose queue is full is let go
//! of.

mod recent;
mod registry;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytestring::ByteString;
use kernel::UserId;
use tokio::sync::{mpsc, watch};

use recent::Recent;
use registry::{ConnectionId, Registry};

use crate::{Channel, Topic};

/// How much a connection may be behind.
const QUEUE: usize = 256;
/// The most connections of a person: some screens with some tabs each.
const MOST_PER_USER: usize = 10;

/// Something that was published, in the form in which it is sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// Its place in the feed.
    pub position: i64,
    /// Who hears of it.
    pub channel: Channel,
    /// What is sent; all listeners share it.
    pub text: ByteString,
}

/// What a connection is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Delivery {
    /// Something was published.
    Frame(Frame),
    /// What its user may listen to has to be looked up again.
    ChangedStanding,
}

/// Why the hub has let go of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Farewell {
    /// It did not take in what it was sent.
    TooSlow,
    /// This process ends.
    GoingAway,
}

/// The user has as many connections as anybody may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("at most {MOST_PER_USER} connections of a person are kept open")]
pub struct TooManyConnections;

/// The listeners of a process.
#[derive(Debug, Default)]
pub struct Hub {
    state: Mutex<State>,
    is_ready: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct State {
    registry: Registry,
    recent: Recent,
    is_closed: bool,
}

impl Hub {
    /// A hub that is ready, and knows of nothing up to `position`.
    #[must_use]
    pub fn beginning_at(position: i64) -> Self {
        let hub = Self::default();
        hub.begin(position);
        hub.be_ready();
        hub
    }

    /// Nothing is known up to `position`.
    pub fn begin(&self, position: i64) {
        self.state().recent.begin(position);
    }

    /// It has heard all there was to hear when it began.
    pub fn be_ready(&self) {
        self.is_ready.send_replace(true);
    }

    /// Waits until it is ready. Whoever connects before hears what happened before they came, and is not told when
    /// they have missed something.
    pub async fn ready(&self) {
        // The sender is its own.
        let _ = self.is_ready.subscribe().wait_for(|is_ready| *is_ready).await;
    }

    /// A connection of the user's, which listens to nothing yet.
    ///
    /// # Errors
    /// They have too many.
    pub fn connect(self: &Arc<Self>, user: UserId) -> Result<Connection, TooManyConnections> {
        let (sender, deliveries) = mpsc::channel(QUEUE);
        let farewell = Arc::new(OnceLock::new());
        let mut state = self.state();
        if state.is_closed {
            let _ = farewell.set(Farewell::GoingAway);
            drop(sender);
            return Ok(Connection {
                hub: Arc::clone(self),
                user,
                id: ConnectionId::NONE,
                deliveries,
                farewell,
            });
        }
        let id = state
            .registry
            .add(user, MOST_PER_USER, sender, Arc::clone(&farewell))
            .ok_or(TooManyConnections)?;
        drop(state);
        Ok(Connection { hub: Arc::clone(self), user, id, deliveries, farewell })
    }

    /// Publishes what a stretch of the feed up to `position` comes to; and those of `changed_standing` who are
    /// connected are told to look again.
    pub fn publish(&self, position: i64, frames: Vec<Frame>, changed_standing: &[UserId]) {
        let mut state = self.state();
        let State { registry, recent, .. } = &mut *state;
        for frame in frames {
            registry.deliver(&frame);
            recent.add(frame);
        }
        for user in changed_standing {
            registry.tell(*user, &Delivery::ChangedStanding);
        }
        recent.advance(position);
    }

    /// How far the feed was published here.
    #[must_use]
    pub fn position(&self) -> i64 {
        self.state().recent.position()
    }

    /// Whether anybody listens to the channel.
    #[must_use]
    pub fn has_listeners(&self, channel: Channel) -> bool {
        self.state().registry.has_listeners(channel)
    }

    /// How many connections there are.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.state().registry.connections()
    }

    /// Lets go of all connections, and of every one that comes.
    pub fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        state.registry.let_go_of_all(Farewell::GoingAway);
    }

    /// What is kept under the lock is whole between any two statements that may panic.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who listens. Dropping it ends that.
#[derive(Debug)]
pub struct Connection {
    hub: Arc<Hub>,
    user: UserId,
    id: ConnectionId,
    deliveries: mpsc::Receiver<Delivery>,
    farewell: Arc<OnceLock<Farewell>>,
}

impl Connection {
    /// Listens to the topic from now on; returns the position after which deltas come. What is read from the database
    /// afterwards has everything up to it.
    #[must_use]
    pub fn subscribe(&self, topic: Topic) -> i64 {
        let mut state = self.hub.state();
        let position = state.recent.position();
        state.registry.subscribe(self.id, topic.channel(self.user), position);
        position
    }

    /// Listens to the topic as if it had since `after`; returns what was published since. None where that is no longer
    /// known: then it does not listen.
    #[must_use]
    pub fn resume(&self, topic: Topic, after: i64) -> Option<Vec<Frame>> {
        let mut state = self.hub.state();
        let channel = topic.channel(self.user);
        let missed = state.recent.after(channel, after)?;
        state.registry.subscribe(self.id, channel, after);
        Some(missed)
    }

    /// Listens to the topic no more.
    pub fn unsubscribe(&self, topic: Topic) {
        self.hub.state().registry.unsubscribe(self.id, topic.channel(self.user));
    }

    /// Waits for what it is told next; none once the hub has let go of it.
    pub async fn next(&mut self) -> Option<Delivery> {
        self.deliveries.recv().await
    }

    /// Why the hub has let go of it, if it has.
    #[must_use]
    pub fn farewell(&self) -> Option<Farewell> {
        self.farewell.get().copied()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.hub.state().registry.remove(self.id);
    }
}

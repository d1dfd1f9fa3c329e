//! What a listener may hear, and where they begin.

use accounts::Standing;
use bytestring::ByteString;
use kernel::{Limit, UserId};
use live::{Connection, Frame, Topic};
use market::OrderFilter;

use super::frames::{self, Snapshot};
use crate::{AppState, Problem};

/// Somebody who listens.
#[derive(Debug)]
pub(crate) struct Listener {
    state: AppState,
    standing: Standing,
    pub(super) connection: Connection,
    topics: Vec<Topic>,
}

impl Listener {
    pub(crate) fn new(state: AppState, standing: Standing, connection: Connection) -> Self {
        Self { state, standing, connection, topics: Vec::new() }
    }

    /// Whether they may listen to the topic.
    pub(crate) fn may_hear(&self, topic: Topic) -> bool {
        self.standing.is_admin || !topic.is_for_admins()
    }

    /// Those they may listen to.
    pub(crate) fn open_topics(&self) -> Vec<Topic> {
        Topic::ALL.into_iter().filter(|topic| self.may_hear(*topic)).collect()
    }

    pub(crate) fn position(&self) -> i64 {
        self.state.live.position()
    }

    /// Begins to listen; returns the snapshot after which deltas come.
    pub(crate) async fn subscribe(&mut self, topic: Topic) -> Result<ByteString, Problem> {
        // In this order: what happens while the snapshot is read is sent after it.
        let position = self.connection.subscribe(topic);
        let snapshot = match self.read(topic).await {
            Ok(snapshot) => snapshot,
            Err(problem) => {
                self.connection.unsubscribe(topic);
                return Err(problem);
            }
        };
        self.note(topic);
        Ok(frames::snapshot(topic, position, snapshot))
    }

    /// Goes on listening after a position; returns what was missed, or nothing where that is no longer known.
    pub(crate) fn resume(&mut self, topic: Topic, after: i64) -> Option<Vec<Frame>> {
        let missed = self.connection.resume(topic, after)?;
        self.note(topic);
        Some(missed)
    }

    pub(crate) fn unsubscribe(&mut self, topic: Topic) {
        self.connection.unsubscribe(topic);
        self.topics.retain(|other| *other != topic);
    }

    fn note(&mut self, topic: Topic) {
        if !self.topics.contains(&topic) {
            self.topics.push(topic);
        }
    }

    /// Looks again at who this is. Returns the topics that are no longer theirs, to which they listen no more; or
    /// nothing where they may not listen at all any more.
    pub(crate) async fn look_again(&mut self) -> Result<Option<Vec<Topic>>, Problem> {
        let mut conn = self.state.conn().await?;
        let Some(standing) = accounts::find_standing(&mut conn, self.standing.session_id).await? else {
            return Ok(None);
        };
        self.standing = standing;
        let lost: Vec<_> = self.topics.iter().copied().filter(|topic| !self.may_hear(*topic)).collect();
        for topic in &lost {
            self.unsubscribe(*topic);
        }
        Ok(Some(lost))
    }

    async fn read(&self, topic: Topic) -> Result<Snapshot, Problem> {
        let mut conn = self.state.conn().await?;
        let user: UserId = self.standing.user_id;
        let limit = Limit::default();
        let every = OrderFilter::default();
        Ok(match topic {
            Topic::Notifications => {
                let unread = notifications::unread_count(&mut conn, user).await?;
                let told = notifications::list(&mut conn, user, false, None, limit).await?;
                Snapshot::Notifications(unread, told.items)
            }
            Topic::Orders => {
                let page = market::list_customer_orders(&mut conn, user, every, None, limit).await?;
                Snapshot::Orders(topic.channel(user), page.items)
            }
            Topic::Sales => {
                let page = market::list_vendor_orders(&mut conn, user, every, None, limit).await?;
                Snapshot::Orders(topic.channel(user), page.items)
            }
            Topic::Admin => Snapshot::Admin(live::counters(&mut conn, self.state.clock.now()).await?),
        })
    }
}

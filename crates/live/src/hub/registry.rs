//! The connections and what they listen to.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use kernel::UserId;
use tokio::sync::mpsc;

use super::{Delivery, Farewell, Frame};
use crate::Channel;

/// A connection's number in its process; never used twice.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct ConnectionId(u64);

impl ConnectionId {
    /// Of one that was never added.
    pub(super) const NONE: Self = Self(0);
}

#[derive(Debug)]
struct Listener {
    user: UserId,
    channels: HashSet<Channel>,
    sender: mpsc::Sender<Delivery>,
    farewell: Arc<OnceLock<Farewell>>,
}

#[derive(Debug, Default)]
pub(super) struct Registry {
    last: u64,
    listeners: HashMap<ConnectionId, Listener>,
    of_user: HashMap<UserId, HashSet<ConnectionId>>,
    /// Who listens to a channel, and after which position.
    of_channel: HashMap<Channel, HashMap<ConnectionId, i64>>,
}

impl Registry {
    /// None where the user has `most` connections.
    pub(super) fn add(
        &mut self,
        user: UserId,
        most: usize,
        sender: mpsc::Sender<Delivery>,
        farewell: Arc<OnceLock<Farewell>>,
    ) -> Option<ConnectionId> {
        let theirs = self.of_user.entry(user).or_default();
        if theirs.len() >= most {
            return None;
        }
        self.last += 1;
        let id = ConnectionId(self.last);
        theirs.insert(id);
        self.listeners.insert(id, Listener { user, channels: HashSet::new(), sender, farewell });
        Some(id)
    }

    pub(super) fn remove(&mut self, id: ConnectionId) {
        let Some(listener) = self.listeners.remove(&id) else { return };
        if let Some(theirs) = self.of_user.get_mut(&listener.user) {
            theirs.remove(&id);
            if theirs.is_empty() {
                self.of_user.remove(&listener.user);
            }
        }
        for channel in listener.channels {
            self.forget(id, channel);
        }
    }

    fn forget(&mut self, id: ConnectionId, channel: Channel) {
        if let Some(listening) = self.of_channel.get_mut(&channel) {
            listening.remove(&id);
            if listening.is_empty() {
                self.of_channel.remove(&channel);
            }
        }
    }

    fn let_go(&mut self, id: ConnectionId, farewell: Farewell) {
        if let Some(listener) = self.listeners.get(&id) {
            // One that was let go of already has its reason.
            let _ = listener.farewell.set(farewell);
        }
        self.remove(id);
    }

    pub(super) fn let_go_of_all(&mut self, farewell: Farewell) {
        let all: Vec<_> = self.listeners.keys().copied().collect();
        for id in all {
            self.let_go(id, farewell);
        }
    }

    pub(super) fn subscribe(&mut self, id: ConnectionId, channel: Channel, after: i64) {
        if let Some(listener) = self.listeners.get_mut(&id) {
            listener.channels.insert(channel);
            self.of_channel.entry(channel).or_default().insert(id, after);
        }
    }

    pub(super) fn unsubscribe(&mut self, id: ConnectionId, channel: Channel) {
        if let Some(listener) = self.listeners.get_mut(&id) {
            listener.channels.remove(&channel);
        }
        self.forget(id, channel);
    }

    pub(super) fn has_listeners(&self, channel: Channel) -> bool {
        self.of_channel.contains_key(&channel)
    }

    pub(super) fn connections(&self) -> usize {
        self.listeners.len()
    }

    /// To all who listen to its channel. One that came from a process which was further has heard it before; but
    /// counts, which are not of the feed, count whenever they come.
    pub(super) fn deliver(&mut self, frame: &Frame) {
        let Some(listening) = self.of_channel.get(&frame.channel) else { return };
        let is_new = |after: i64| after < frame.position || frame.channel == Channel::Admin;
        let hearers = listening.iter().filter(|(_, after)| is_new(**after)).map(|(id, _)| *id);
        self.send(hearers.collect(), &Delivery::Frame(frame.clone()));
    }

    /// To all of the user's connections.
    pub(super) fn tell(&mut self, user: UserId, delivery: &Delivery) {
        let Some(theirs) = self.of_user.get(&user) else { return };
        self.send(theirs.iter().copied().collect(), delivery);
    }

    fn send(&mut self, to: Vec<ConnectionId>, delivery: &Delivery) {
        for id in to {
            let Some(listener) = self.listeners.get(&id) else { continue };
            if listener.sender.try_send(delivery.clone()).is_err() {
                self.let_go(id, Farewell::TooSlow);
            }
        }
    }
}

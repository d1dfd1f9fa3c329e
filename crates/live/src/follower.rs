//! From facts to deltas.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use db::Conn;
use kernel::{NotificationId, OrderId, UserId};
use market::Order;
use notifications::Notification;
use outbox::FeedEvent;

use crate::{Batch, Change, Channel, Delta, LiveError};

const AT_ONCE: i64 = 500;

/// A place in the feed that moves on.
#[derive(Debug)]
pub struct Follower {
    position: i64,
}

/// What is true now of what a stretch of facts is about.
struct Present {
    orders: HashMap<OrderId, Arc<Order>>,
    notifications: HashMap<NotificationId, (UserId, Notification)>,
    /// Those who have read everything are not here.
    unread: HashMap<UserId, i64>,
}

impl Follower {
    /// Begins so many facts before the feed's end.
    pub async fn begin(conn: &mut Conn, replay: i64) -> Result<Self, LiveError> {
        Ok(Self { position: (outbox::newest(conn).await? - replay).max(0) })
    }

    /// The last fact that was read.
    #[must_use]
    pub fn position(&self) -> i64 {
        self.position
    }

    /// Reads on; none at the feed's end. What is read is only left behind when this ends well.
    pub async fn read(&mut self, conn: &mut Conn) -> Result<Option<Batch>, LiveError> {
        let facts = outbox::read(conn, self.position, AT_ONCE).await?;
        let Some(last) = facts.last() else { return Ok(None) };
        let position = last.position;
        let present = Present::read(conn, &facts).await?;
        let batch = Batch {
            position,
            deltas: facts.iter().flat_map(|fact| present.deltas(fact)).collect(),
            changed_standing: facts
                .iter()
                .filter_map(changes_standing)
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            changed_counters: facts.iter().any(|fact| changes_counters(&fact.kind)),
        };
        self.position = position;
        Ok(Some(batch))
    }
}

impl Present {
    async fn read(conn: &mut Conn, facts: &[FeedEvent]) -> Result<Self, LiveError> {
        let subjects = |kind: fn(&str) -> bool| -> Vec<_> {
            let of_kind = facts.iter().filter(|fact| kind(&fact.kind)).map(|fact| fact.subject_id);
            of_kind.collect::<BTreeSet<_>>().into_iter().collect()
        };
        let orders: Vec<_> = subjects(is_about_order).into_iter().map(OrderId).collect();
        let told: Vec<_> = subjects(|kind| kind == TOLD).into_iter().map(NotificationId).collect();
        let readers: Vec<_> = subjects(|kind| kind == READ).into_iter().map(UserId).collect();
        let orders = if orders.is_empty() { Vec::new() } else { market::find_orders(conn, &orders).await? };
        let told =
            if told.is_empty() { Vec::new() } else { notifications::find_notifications(conn, &told).await? };
        let users: BTreeSet<UserId> = told.iter().map(|(user, _)| *user).chain(readers).collect();
        let users: Vec<_> = users.into_iter().collect();
        let unread = if users.is_empty() {
            HashMap::new()
        } else {
            notifications::unread_counts(conn, &users).await?
        };
        Ok(Self {
            orders: orders.into_iter().map(|order| (order.id, Arc::new(order))).collect(),
            notifications: told.into_iter().map(|(user, told)| (told.id, (user, told))).collect(),
            unread,
        })
    }

    /// None of a fact whose subject is gone meanwhile.
    fn deltas(&self, fact: &FeedEvent) -> Vec<Delta> {
        let delta =
            |channel, change| Delta { position: fact.position, channel, kind: fact.kind.clone(), change };
        let unread = |user: UserId| self.unread.get(&user).copied().unwrap_or_default();
        match fact.kind.as_str() {
            TOLD => {
                let told = self.notifications.get(&NotificationId(fact.subject_id));
                told.map(|(user, notification)| {
                    let change = Change::Told { notification: notification.clone(), unread: unread(*user) };
                    delta(Channel::Notifications(*user), change)
                })
                .into_iter()
                .collect()
            }
            READ => {
                let user = UserId(fact.subject_id);
                vec![delta(Channel::Notifications(user), Change::Read { unread: unread(user) })]
            }
            kind if is_about_order(kind) => {
                let Some(order) = self.orders.get(&OrderId(fact.subject_id)) else { return Vec::new() };
                let buyer = order.buyer.customer().map(Channel::Orders);
                let vendors: BTreeSet<UserId> = order.lines.iter().map(|line| line.vendor_id).collect();
                let sales = vendors.into_iter().map(Channel::Sales);
                buyer
                    .into_iter()
                    .chain(sales)
                    .map(|channel| delta(channel, Change::Order(Arc::clone(order))))
                    .collect()
            }
            _ => Vec::new(),
        }
    }
}

const TOLD: &str = "notification.created";
const READ: &str = "notification.read";

fn is_about_order(kind: &str) -> bool {
    kind.starts_with("order.")
}

/// Of whom it is no longer certain what they may listen to.
fn changes_standing(fact: &FeedEvent) -> Option<UserId> {
    let kinds = [
        "user.role_granted",
        "user.role_revoked",
        "user.disabled",
        "user.password_changed",
        "user.password_reset",
    ];
    kinds.contains(&fact.kind.as_str()).then_some(UserId(fact.subject_id))
}

fn changes_counters(kind: &str) -> bool {
    ["order.", "user.", "center.", "report.", "offering.", "vendor."]
        .iter()
        .any(|start| kind.starts_with(start))
}

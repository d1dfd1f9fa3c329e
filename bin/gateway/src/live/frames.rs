//! What listeners are sent, in JSON.

use std::sync::Arc;

use bytestring::ByteString;
use chrono::{DateTime, Utc};
use live::{Change, Channel, Counters, Delta, Frame, Topic};
use market::Order;
use notifications::Notification;
use serde::Serialize;
use serde_json::{Value, json};

use crate::routes::admin_summary::OrderFigureView;
use crate::routes::notifications::NotificationView;
use crate::routes::order_views::OrderView;

/// The platform's numbers.
#[derive(Debug, Serialize)]
struct CountersView {
    since: DateTime<Utc>,
    new_users: i64,
    new_offerings: i64,
    orders: Vec<OrderFigureView>,
    proposed_centers: i64,
    open_reports: i64,
    dead_jobs: i64,
}

/// What has changed.
pub(super) fn delta(delta: Delta) -> Frame {
    let Delta { position, channel, kind, change } = delta;
    let data = match change {
        Change::Told { notification, unread } => {
            json!({ "unread": unread, "notification": shown(&NotificationView::from(notification)) })
        }
        Change::Read { unread } => json!({ "unread": unread }),
        Change::Order(order) => order_view(channel, Arc::unwrap_or_clone(order)),
    };
    Frame { position, channel, text: message("delta", channel.topic(), position, Some(&kind), &data) }
}

fn order_view(channel: Channel, order: Order) -> Value {
    match channel {
        Channel::Sales(vendor) => shown(&OrderView::for_vendor(order, vendor)),
        Channel::Orders(_) | Channel::Notifications(_) | Channel::Admin => {
            shown(&OrderView::for_customer(order))
        }
    }
}

/// New numbers.
pub(super) fn counters(position: i64, counters: Counters) -> Frame {
    let kind = Some("admin.counted");
    let text = message("delta", Topic::Admin, position, kind, &counters_view(counters));
    Frame { position, channel: Channel::Admin, text }
}

/// What a listener begins with.
#[derive(Debug)]
pub(super) enum Snapshot {
    /// How much has not been read, and what was told last.
    Notifications(i64, Vec<Notification>),
    /// The last orders, as the channel's user sees them.
    Orders(Channel, Vec<Order>),
    /// The platform's numbers.
    Admin(Counters),
}

/// A snapshot that has everything up to the position.
pub(super) fn snapshot(topic: Topic, position: i64, snapshot: Snapshot) -> ByteString {
    let data = match snapshot {
        Snapshot::Notifications(unread, told) => {
            let items: Vec<_> = told.into_iter().map(NotificationView::from).collect();
            json!({ "unread": unread, "items": shown(&items) })
        }
        Snapshot::Orders(channel, orders) => {
            let items: Vec<_> = orders.into_iter().map(|order| order_view(channel, order)).collect();
            json!({ "items": items })
        }
        Snapshot::Admin(counters) => counters_view(counters),
    };
    message("snapshot", topic, position, None, &data)
}

/// A word about a topic without more: `resumed`, `resync`, `unsubscribed`.
pub(super) fn word(word: &str, topic: Topic, position: i64) -> ByteString {
    text(&json!({ "type": word, "topic": topic.as_str(), "position": position }))
}

/// Why something that was asked for is not done.
pub(super) fn refused(code: &str, detail: &str, topic: Option<&str>) -> ByteString {
    let mut refusal = json!({ "type": "refused", "code": code, "detail": detail });
    if let Some(topic) = topic {
        refusal["topic"] = json!(topic);
    }
    text(&refusal)
}

/// The first thing that is sent.
pub(super) fn hello(position: i64, topics: &[Topic]) -> ByteString {
    let topics: Vec<_> = topics.iter().map(|topic| topic.as_str()).collect();
    text(&json!({ "type": "hello", "position": position, "topics": topics }))
}

pub(super) fn pong() -> ByteString {
    ByteString::from_static(r#"{"type":"pong"}"#)
}

fn message(word: &str, topic: Topic, position: i64, kind: Option<&str>, data: &Value) -> ByteString {
    let mut message = json!({ "type": word, "topic": topic.as_str(), "position": position });
    if let Some(kind) = kind {
        message["kind"] = json!(kind);
    }
    message["data"] = data.clone();
    text(&message)
}

fn counters_view(counters: Counters) -> Value {
    let Counters { since, new_users, new_offerings, orders, proposed_centers, open_reports, dead_jobs } =
        counters;
    let orders = orders.into_iter().map(OrderFigureView::from).collect();
    shown(&CountersView {
        since,
        new_users,
        new_offerings,
        orders,
        proposed_centers,
        open_reports,
        dead_jobs,
    })
}

/// The views are made of text, numbers and lists of them: none fails to be JSON.
fn shown(view: &impl Serialize) -> Value {
    serde_json::to_value(view).unwrap_or_default()
}

fn text(message: &Value) -> ByteString {
    message.to_string().into()
}

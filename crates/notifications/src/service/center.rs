//! The notification center: what somebody was told, and what of it they have read.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{FieldError, InvalidCode, Limit, NewestKey, NotificationId, Page, UserId};

use outbox::Event;
use serde_json::json;

use crate::{Notification, NotificationsError, store};

/// The most that is marked by id at once.
const MOST_MARKED: usize = 100;

/// What the user was told, newest first; `unread_only` leaves out what they have read.
pub async fn list(
    conn: &mut Conn,
    user: UserId,
    unread_only: bool,
    after: Option<NewestKey>,
    limit: Limit,
) -> Result<Page<Notification, NewestKey>, NotificationsError> {
    let rows = store::notifications::list(conn, user, unread_only, after, limit).await?;
    Ok(Page::from_lookahead(rows, limit, |row| NewestKey { at: row.created_at, id: row.id.0 }))
}

/// How much the user has not read.
pub async fn unread_count(conn: &mut Conn, user: UserId) -> Result<i64, NotificationsError> {
    Ok(store::notifications::count_unread(conn, user).await?)
}

/// Those of the notifications that there are, each with whom it told.
pub async fn find_notifications(
    conn: &mut Conn,
    ids: &[NotificationId],
) -> Result<Vec<(UserId, Notification)>, NotificationsError> {
    Ok(store::notifications::find_with_users(conn, ids).await?)
}

/// How much each of the users has not read; those who have read everything are left out.
pub async fn unread_counts(
    conn: &mut Conn,
    users: &[UserId],
) -> Result<HashMap<UserId, i64>, NotificationsError> {
    Ok(store::notifications::count_unread_of(conn, users).await?.into_iter().collect())
}

/// Marks notifications as read; returns how many had not been. Emits `notification.read`, unless that was none.
///
/// # Errors
/// One of them is not the user's, and the transaction is to be undone; more than a hundred are named (`ids`).
pub async fn mark_read(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    ids: &[NotificationId],
) -> Result<usize, NotificationsError> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() > MOST_MARKED {
        let message = format!("must name at most {MOST_MARKED}");
        return Err(FieldError::new(InvalidCode::TooLong, message).at("ids").into());
    }
    let (found, marked) = store::notifications::mark_read(tx, now, user, &ids).await?;
    if usize::try_from(found) != Ok(ids.len()) {
        return Err(NotificationsError::NotFound);
    }
    tell_read(tx, now, user, usize::try_from(marked).unwrap_or_default()).await
}

/// Marks everything as read that the user was told up to an instant: what they had before them, and nothing that has
/// come since. Returns how much that was; emits `notification.read`, unless it was nothing.
pub async fn mark_all_read(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    up_to: DateTime<Utc>,
) -> Result<usize, NotificationsError> {
    let marked = store::notifications::mark_all_read(tx, now, user, up_to).await?;
    tell_read(tx, now, user, marked).await
}

/// So that the number on the user's other screens goes down as well.
async fn tell_read(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    marked: usize,
) -> Result<usize, NotificationsError> {
    if marked > 0 {
        let event = Event {
            kind: "notification.read",
            subject_type: "user",
            subject_id: user.0,
            actor: user.into(),
            data: json!({ "marked": marked }),
        };
        outbox::emit(tx, now, event).await?;
    }
    Ok(marked)
}

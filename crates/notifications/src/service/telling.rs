//! Telling people something: once, whatever is told again.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{Actor, FieldError, InvalidCode, MessageId, NotificationId, UserId};
use outbox::Event;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::decide::{self, Choices};
use crate::jobs::SendMessage;
use crate::store::messages::NewMessage;
use crate::store::notifications::NewNotification;
use crate::{Channel, InApp, Notice, NotificationsError, Recipient, Told, store};

const LONGEST_CAUSE: usize = 200;

/// Tells somebody something; see [`tell_all`].
pub async fn tell(tx: &mut Conn, now: DateTime<Utc>, notice: &Notice) -> Result<Told, NotificationsError> {
    tell_all(tx, now, std::slice::from_ref(notice)).await
}

/// Tells several people something, in at most five statements however many they are.
///
/// Each notice goes by the channels that its kind may use, its recipient has, and their preferences leave on. What was
/// told before, for the same cause, of the same kind, to the same recipient, by the same channel, is left as it is: the
/// first wins, also among those who tell at once. A notification is announced (`notification.created`, with the user
/// and the kind); mail and text messages are sent by jobs.
///
/// # Errors
/// A cause is empty or too long; the database fails.
pub async fn tell_all(
    tx: &mut Conn,
    now: DateTime<Utc>,
    notices: &[Notice],
) -> Result<Told, NotificationsError> {
    check_causes(notices)?;
    let choices = load_choices(tx, notices).await?;
    let (mut shown, mut sent) = (Vec::new(), Vec::new());
    for notice in notices {
        let Recipient { user_id, email, display_name, phone } = &notice.recipient;
        let kind = notice.content.kind();
        let none = Choices::new();
        let choices = user_id.and_then(|user| choices.get(&user)).unwrap_or(&none);
        for channel in decide::channels(kind, &notice.recipient, choices) {
            let address = match (channel, *user_id) {
                (Channel::InApp, Some(user_id)) => {
                    let (id, shown_text) = (NotificationId::new(), InApp::of(&notice.content));
                    shown.push(NewNotification {
                        id,
                        cause: &notice.cause,
                        kind,
                        user_id,
                        shown: shown_text,
                    });
                    continue;
                }
                (Channel::InApp, None) => continue,
                (Channel::Email, _) => email.as_str(),
                (Channel::Sms, _) => phone.as_deref().unwrap_or_default(),
            };
            let content = serde_json::to_value(&notice.content);
            sent.push(NewMessage {
                id: MessageId::new(),
                cause: &notice.cause,
                kind,
                channel,
                recipient: recipient_key(&notice.recipient),
                user_id: *user_id,
                address,
                display_name,
                content: content.map_err(store::unreadable)?,
            });
        }
    }
    let notifications = show(tx, now, &shown).await?;
    let messages = send_later(tx, now, sent).await?;
    Ok(Told { notifications, messages })
}

/// Calls off the mail and text messages of a cause that have not been sent; returns how many those were. One that is
/// just being sent may still arrive. The notification center keeps what it shows.
pub async fn cancel(tx: &mut Conn, now: DateTime<Utc>, cause: &str) -> Result<usize, NotificationsError> {
    Ok(store::messages::cancel(tx, now, cause).await?)
}

fn check_causes(notices: &[Notice]) -> Result<(), NotificationsError> {
    let is_good = |notice: &Notice| (1..=LONGEST_CAUSE).contains(&notice.cause.chars().count());
    if notices.iter().all(is_good) {
        return Ok(());
    }
    let message = format!("must have 1 to {LONGEST_CAUSE} characters");
    Err(FieldError::new(InvalidCode::Malformed, message).at("cause").into())
}

async fn load_choices(
    tx: &mut Conn,
    notices: &[Notice],
) -> Result<HashMap<UserId, Choices>, NotificationsError> {
    let users: Vec<UserId> = notices.iter().filter_map(|notice| notice.recipient.user_id).collect();
    if users.is_empty() {
        return Ok(HashMap::new());
    }
    Ok(store::preferences::load(tx, &users).await?)
}

async fn show(
    tx: &mut Conn,
    now: DateTime<Utc>,
    shown: &[NewNotification<'_>],
) -> Result<Vec<NotificationId>, NotificationsError> {
    if shown.is_empty() {
        return Ok(Vec::new());
    }
    let new = store::notifications::insert(tx, now, shown).await?;
    let events = shown.iter().filter(|row| new.contains(&row.id)).map(|row| Event {
        kind: "notification.created",
        subject_type: "notification",
        subject_id: row.id.0,
        actor: Actor::System,
        data: json!({ "user_id": row.user_id, "kind": row.kind.as_str() }),
    });
    outbox::emit_all(tx, now, events.collect()).await?;
    Ok(new)
}

async fn send_later(
    tx: &mut Conn,
    now: DateTime<Utc>,
    sent: Vec<NewMessage<'_>>,
) -> Result<Vec<MessageId>, NotificationsError> {
    if sent.is_empty() {
        return Ok(Vec::new());
    }
    let new = store::messages::insert(tx, now, sent).await?;
    let jobs: Vec<SendMessage> = new.iter().map(|id| SendMessage { message_id: *id }).collect();
    outbox::enqueue_all(tx, now, now, &jobs).await?;
    Ok(new)
}

/// Who somebody is to us: their account, or for a guest the digest of their address, however it is capitalized.
fn recipient_key(recipient: &Recipient) -> String {
    if let Some(user) = recipient.user_id {
        return format!("user:{user}");
    }
    let digest = Sha256::digest(recipient.email.trim().to_lowercase().as_bytes());
    format!("guest:{}", URL_SAFE_NO_PAD.encode(digest))
}

//! Sending a message that was told.
//!
//! Takes the database rather than a connection: none is held while a mail server is spoken to.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use db::Database;
use kernel::MessageId;
use outbox::{HandlerError, Job, NotBefore, Services};
use uuid::Uuid;

use crate::delivery::{DeliveryError, Mailer, Sms, TextMessage};
use crate::jobs::{SEND_TIMEOUT, SendMessage};
use crate::letter::Addressee;
use crate::store::messages::{self, Claimed};
use crate::{Channel, Content, Kind, MessageState, MessageStatus, NotificationsError, Stationery, texting};

/// How long somebody who sends a message has it to themselves: longer than an attempt may take.
const CLAIM: TimeDelta = TimeDelta::seconds(SEND_TIMEOUT.as_secs().cast_signed() + 30);
/// An attempt that takes longer has failed, while there is still time to say so.
const DELIVER_WITHIN: Duration = Duration::from_mins(1);
/// That a message has left is worth some patience with the database: whoever forgets it sends it again.
const RECORD_TRIES: u32 = 5;
const RECORD_PAUSE: Duration = Duration::from_secs(1);

/// Makes what opens something, at the moment at which a mail is written: until then it is nowhere.
pub trait Tokens: Send + Sync + fmt::Debug {
    /// The token of a link in a message of this kind; none where it has none.
    fn token(&self, kind: Kind, proof: Uuid) -> Option<String>;
}

/// What it takes to send messages.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// What every mail has in common.
    pub stationery: Arc<Stationery>,
    /// Carries mail on.
    pub mailer: Arc<dyn Mailer>,
    /// Carries text messages on, where somebody does.
    pub sms: Option<Arc<dyn Sms>>,
    /// Makes the tokens of links that are told without.
    pub tokens: Arc<dyn Tokens>,
}

/// How a mail or a text message stands; none where there is no such message.
pub async fn find_message(
    conn: &mut db::Conn,
    id: MessageId,
) -> Result<Option<MessageStatus>, NotificationsError> {
    Ok(messages::find(conn, id).await?)
}

/// One attempt. An error means that another may succeed.
pub(crate) async fn send(
    services: &Services,
    delivery: &Delivery,
    id: MessageId,
) -> Result<(), HandlerError> {
    let now = services.clock.now();
    let Some(message) = claim(&services.database, now, id).await? else {
        return Ok(());
    };
    let outcome = match write(delivery, now, &message) {
        Ok(letter) => {
            tokio::time::timeout(DELIVER_WITHIN, deliver(delivery, letter)).await.unwrap_or_else(|_elapsed| {
                Err(DeliveryError::Failed(format!("it took longer than {DELIVER_WITHIN:?}")))
            })
        }
        Err(reason) => Err(DeliveryError::Refused(reason)),
    };
    let now = services.clock.now();
    match outcome {
        Ok(()) => {
            end(&services.database, now, id, MessageState::Sent, None).await?;
            tracing::debug!(message = %id, channel = message.channel.as_str(), "a message was sent");
            Ok(())
        }
        Err(DeliveryError::Refused(reason)) => {
            // Why stands with the message: servers repeat addresses, which are no business of a log's.
            tracing::warn!(message = %id, channel = message.channel.as_str(), "a message was refused");
            end(&services.database, now, id, MessageState::Refused, Some(&reason)).await?;
            Ok(())
        }
        Err(DeliveryError::Failed(reason)) => {
            let was_last = message.attempts >= SendMessage::RETRY.attempts;
            let mut conn = services.database.conn().await?;
            messages::fail(&mut conn, now, id, was_last, &reason).await?;
            Err(reason.into())
        }
    }
}

/// Takes the message, unless it needs no sending.
async fn claim(
    database: &Database,
    now: DateTime<Utc>,
    id: MessageId,
) -> Result<Option<Claimed>, HandlerError> {
    let mut conn = database.conn().await?;
    if let Some(message) = messages::claim(&mut conn, now, now + CLAIM, id).await? {
        return Ok(Some(message));
    }
    let Some(claimed_until) = messages::find_claim(&mut conn, id).await? else { return Ok(None) };
    let reason = "somebody else is sending it, or went away while they did".to_owned();
    Err(NotBefore { at: claimed_until.unwrap_or(now), reason }.into())
}

/// A message in the form in which it leaves.
enum Letter {
    Mail(Box<crate::Mail>),
    Text(TextMessage),
}

/// Writes the message, or says why it never can be.
fn write(delivery: &Delivery, now: DateTime<Utc>, message: &Claimed) -> Result<Letter, String> {
    let content: Content = message.content.clone().ok_or("what it said is forgotten")?;
    if content.useless_from().is_some_and(|from| from <= now) {
        return Err("what it was about was over before it could be sent".to_owned());
    }
    let content = content.with_token(|kind, proof| delivery.tokens.token(kind, proof));
    let content = content.ok_or("nobody makes the token of its link")?;
    let Claimed { id, created_at, user_id, address, display_name, .. } = message;
    match message.channel {
        Channel::Email => {
            let to = Addressee { user_id: *user_id, address, display_name };
            let mail = delivery
                .stationery
                .mail(*id, *created_at, to, &content)
                .map_err(|error| error.to_string())?;
            Ok(Letter::Mail(Box::new(mail)))
        }
        Channel::Sms => {
            let text = texting::text(&content).ok_or("its kind has no text message")?;
            let (to, written_at) = (address.clone(), *created_at);
            Ok(Letter::Text(TextMessage { id: *id, written_at, to, text }))
        }
        Channel::InApp => Err("a notification is not sent".to_owned()),
    }
}

async fn deliver(delivery: &Delivery, letter: Letter) -> Result<(), DeliveryError> {
    match letter {
        Letter::Mail(mail) => delivery.mailer.send(&mail).await,
        Letter::Text(text) => match &delivery.sms {
            Some(sms) => sms.send(&text).await,
            None => Err(DeliveryError::Refused("nobody carries text messages".to_owned())),
        },
    }
}

/// Puts an outcome that will not change on record.
async fn end(
    database: &Database,
    now: DateTime<Utc>,
    id: MessageId,
    state: MessageState,
    failure: Option<&str>,
) -> Result<(), HandlerError> {
    let mut tries = 1;
    loop {
        match try_to_end(database, now, id, state, failure).await {
            Err(error) if tries < RECORD_TRIES => {
                tracing::debug!(message = %id, error = %error, "what became of a message is not on record yet");
                tokio::time::sleep(RECORD_PAUSE).await;
                tries += 1;
            }
            recorded => return recorded,
        }
    }
}

async fn try_to_end(
    database: &Database,
    now: DateTime<Utc>,
    id: MessageId,
    state: MessageState,
    failure: Option<&str>,
) -> Result<(), HandlerError> {
    let mut conn = database.conn().await?;
    Ok(messages::end(&mut conn, now, id, state, failure).await?)
}

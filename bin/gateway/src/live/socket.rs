//! The conversation over a WebSocket.

use std::time::Duration;

use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Closed, Session};
use bytestring::ByteString;
use futures_util::StreamExt;
use live::{Delivery, Farewell, Topic};
use serde::Deserialize;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::frames;
use super::listener::Listener;
use crate::Problem;

/// How often both sides show that they are there.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// After so long without a sign of the client it is gone.
const SILENCE: Duration = Duration::from_mins(1);
/// How often it is looked up whether the session has ended meanwhile.
const LOOK_AGAIN: Duration = Duration::from_mins(5);
/// How long a client may take to take in what it is sent.
const SEND: Duration = Duration::from_secs(10);
/// What a client may say in a minute: each subscription costs a look into the database.
const MOST_MESSAGES: u32 = 120;
const MINUTE: Duration = Duration::from_mins(1);
/// The longest thing that a client may say.
pub(crate) const MOST_BYTES: usize = 4 * 1024;

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Said {
    Subscribe { topic: String },
    Resume { topic: String, after: i64 },
    Unsubscribe { topic: String },
    Ping {},
}

/// Why a conversation ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// The client has gone or has said goodbye.
    Gone,
    TooSlow,
    SessionEnded,
    TooManyMessages,
    GoingAway,
    Silent,
    Binary,
}

impl From<Closed> for End {
    fn from(_closed: Closed) -> Self {
        Self::Gone
    }
}

impl End {
    fn reason(self) -> Option<CloseReason> {
        let (code, description) = match self {
            Self::Gone => return None,
            Self::TooSlow => (CloseCode::Other(4000), "too_slow"),
            Self::SessionEnded => (CloseCode::Other(4001), "session_ended"),
            Self::TooManyMessages => (CloseCode::Other(4002), "too_many_messages"),
            Self::Silent => (CloseCode::Other(4003), "silent"),
            Self::GoingAway => (CloseCode::Away, "going_away"),
            Self::Binary => (CloseCode::Unsupported, "text_only"),
        };
        Some(CloseReason { code, description: Some(description.to_owned()) })
    }
}

/// Talks until one of the two has had enough.
pub(crate) async fn converse(listener: Listener, session: Session, messages: AggregatedMessageStream) {
    let goodbye = session.clone();
    let mut conversation =
        Conversation { listener, session, heard: Instant::now(), minute: (Instant::now(), 0) };
    let end = conversation.run(messages).await;
    if let Some(reason) = end.reason() {
        // One that takes in nothing is not waited for.
        let _ = timeout(SEND, goodbye.close(Some(reason))).await;
    }
    tracing::debug!(?end, "a live connection has ended");
}

struct Conversation {
    listener: Listener,
    session: Session,
    /// When the client last gave a sign.
    heard: Instant,
    /// Since when messages are counted, and how many there were.
    minute: (Instant, u32),
}

impl Conversation {
    async fn run(&mut self, mut messages: AggregatedMessageStream) -> End {
        let greeting = frames::hello(self.listener.position(), &self.listener.open_topics());
        if let Err(end) = self.send(greeting).await {
            return end;
        }
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut look_again = Instant::now() + LOOK_AGAIN;
        loop {
            let step = tokio::select! {
                delivery = self.listener.connection.next() => match delivery {
                    Some(Delivery::Frame(frame)) => self.send(frame.text).await,
                    Some(Delivery::ChangedStanding) => self.look_again().await,
                    None => Err(match self.listener.connection.farewell() {
                        Some(Farewell::TooSlow) => End::TooSlow,
                        Some(Farewell::GoingAway) | None => End::GoingAway,
                    }),
                },
                message = messages.next() => match message {
                    Some(Ok(message)) => self.hear(message).await,
                    Some(Err(_)) | None => Err(End::Gone),
                },
                _ = heartbeat.tick() => self.beat().await,
                () = tokio::time::sleep_until(look_again) => {
                    look_again = Instant::now() + LOOK_AGAIN;
                    self.look_again().await
                }
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn send(&mut self, text: ByteString) -> Result<(), End> {
        match timeout(SEND, self.session.text(text)).await {
            Ok(sent) => Ok(sent?),
            Err(_elapsed) => Err(End::TooSlow),
        }
    }

    async fn beat(&mut self) -> Result<(), End> {
        if self.heard.elapsed() > SILENCE {
            return Err(End::Silent);
        }
        match timeout(SEND, self.session.ping(b"")).await {
            Ok(sent) => Ok(sent?),
            Err(_elapsed) => Err(End::TooSlow),
        }
    }

    async fn hear(&mut self, message: AggregatedMessage) -> Result<(), End> {
        self.heard = Instant::now();
        self.count()?;
        match message {
            AggregatedMessage::Text(text) => self.answer(&text).await,
            AggregatedMessage::Ping(bytes) => Ok(self.session.pong(&bytes).await?),
            AggregatedMessage::Pong(_) => Ok(()),
            AggregatedMessage::Binary(_) => Err(End::Binary),
            AggregatedMessage::Close(reason) => {
                let _ = self.session.clone().close(reason).await;
                Err(End::Gone)
            }
        }
    }

    fn count(&mut self) -> Result<(), End> {
        if self.minute.0.elapsed() >= MINUTE {
            self.minute = (self.heard, 0);
        }
        self.minute.1 += 1;
        if self.minute.1 > MOST_MESSAGES { Err(End::TooManyMessages) } else { Ok(()) }
    }

    async fn answer(&mut self, text: &str) -> Result<(), End> {
        let said = match serde_json::from_str(text) {
            Ok(said) => said,
            Err(error) => {
                let refusal = frames::refused("malformed_message", &error.to_string(), None);
                return self.send(refusal).await;
            }
        };
        match said {
            Said::Ping {} => self.send(frames::pong()).await,
            Said::Subscribe { topic } => match self.topic(&topic) {
                Ok(topic) => self.begin(topic).await,
                Err(refusal) => self.send(refusal).await,
            },
            Said::Resume { topic, after } => match self.topic(&topic) {
                Ok(topic) => self.resume(topic, after).await,
                Err(refusal) => self.send(refusal).await,
            },
            Said::Unsubscribe { topic } => match self.topic(&topic) {
                Ok(topic) => {
                    self.listener.unsubscribe(topic);
                    let position = self.listener.position();
                    self.send(frames::word("unsubscribed", topic, position)).await
                }
                Err(refusal) => self.send(refusal).await,
            },
        }
    }

    /// The topic of this name, if it may be listened to.
    fn topic(&self, name: &str) -> Result<Topic, ByteString> {
        let Some(topic) = Topic::from_name(name) else {
            let names = Topic::ALL.map(Topic::as_str).join(", ");
            return Err(frames::refused("unknown_topic", &format!("there are {names}"), Some(name)));
        };
        if self.listener.may_hear(topic) {
            Ok(topic)
        } else {
            Err(frames::refused("forbidden", "only an admin may listen to this", Some(name)))
        }
    }

    async fn begin(&mut self, topic: Topic) -> Result<(), End> {
        let answer = match self.listener.subscribe(topic).await {
            Ok(snapshot) => snapshot,
            Err(problem) => unavailable(&problem, topic),
        };
        self.send(answer).await
    }

    async fn resume(&mut self, topic: Topic, after: i64) -> Result<(), End> {
        let Some(missed) = self.listener.resume(topic, after) else {
            self.send(frames::word("resync", topic, self.listener.position())).await?;
            return self.begin(topic).await;
        };
        let position = self.listener.position();
        for frame in missed {
            self.send(frame.text).await?;
        }
        self.send(frames::word("resumed", topic, position)).await
    }

    async fn look_again(&mut self) -> Result<(), End> {
        match self.listener.look_again().await {
            Ok(Some(lost)) => {
                for topic in lost {
                    let detail = "this is no longer yours to listen to";
                    self.send(frames::refused("forbidden", detail, Some(topic.as_str()))).await?;
                }
                Ok(())
            }
            Ok(None) => Err(End::SessionEnded),
            // While nobody knows, things stay as they are; the next look will tell.
            Err(_problem) => Ok(()),
        }
    }
}

fn unavailable(problem: &Problem, topic: Topic) -> ByteString {
    frames::refused("service_unavailable", &problem.to_string(), Some(topic.as_str()))
}

//! The same as server-sent events.
//!
//! Each event has the feed's position as its id, so that a client that comes back with `Last-Event-ID` goes on where it
//! was; but for the platform's numbers, which have no place there.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use actix_web::web::Bytes;
use futures_util::Stream;
use futures_util::stream::unfold;
use live::{Channel, Delivery, Farewell, Frame, Topic};
use tokio::time::{Instant, sleep_until};

use super::frames;
use super::listener::Listener;
use crate::Problem;

/// How often something is sent where nothing happens, so that whatever is in between sees a connection in use.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often it is looked up whether the session has ended meanwhile.
const LOOK_AGAIN: Duration = Duration::from_mins(5);
/// When a client is to come back, in milliseconds.
const RETRY: &str = "retry: 2000\n\n";

struct Events {
    listener: Listener,
    pending: VecDeque<Bytes>,
    look_again: Instant,
    has_ended: bool,
}

/// Begins to listen to the topics, after a position where one is given; gives what is sent, to the end.
///
/// # Errors
/// A snapshot cannot be read.
pub(crate) async fn events(
    mut listener: Listener,
    topics: &[Topic],
    after: Option<i64>,
) -> Result<impl Stream<Item = Result<Bytes, Infallible>> + use<>, Problem> {
    let mut pending = VecDeque::from([Bytes::from_static(RETRY.as_bytes())]);
    let mut missed = Vec::new();
    for topic in topics {
        match after.map(|after| listener.resume(*topic, after)) {
            Some(Some(frames)) => missed.extend(frames),
            unknown => {
                if unknown.is_some() {
                    let word = frames::word("resync", *topic, listener.position());
                    pending.push_back(event("resync", None, &word));
                }
                let position = listener.position();
                let snapshot = listener.subscribe(*topic).await?;
                pending.push_back(event("snapshot", Some(position), &snapshot));
            }
        }
    }
    // One order for all topics: an id says that everything up to it has come.
    missed.sort_by_key(|frame| frame.position);
    pending.extend(missed.iter().map(delta));
    let begun = Events { listener, pending, look_again: Instant::now() + LOOK_AGAIN, has_ended: false };
    Ok(unfold(begun, |mut events| async move { events.next().await.map(|bytes| (Ok(bytes), events)) }))
}

impl Events {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.pending.pop_front() {
                return Some(bytes);
            }
            if self.has_ended {
                return None;
            }
            let beat = Instant::now() + HEARTBEAT;
            tokio::select! {
                delivery = self.listener.connection.next() => match delivery {
                    Some(Delivery::Frame(frame)) => self.pending.push_back(delta(&frame)),
                    Some(Delivery::ChangedStanding) => self.look_again().await,
                    None => self.end(match self.listener.connection.farewell() {
                        Some(Farewell::TooSlow) => "too_slow",
                        Some(Farewell::GoingAway) | None => "going_away",
                    }),
                },
                () = sleep_until(beat.min(self.look_again)) => {
                    if self.look_again <= beat {
                        self.look_again = Instant::now() + LOOK_AGAIN;
                        self.look_again().await;
                    }
                    self.pending.push_back(Bytes::from_static(b": still here\n\n"));
                }
            }
        }
    }

    async fn look_again(&mut self) {
        match self.listener.look_again().await {
            Ok(Some(lost)) => {
                for topic in lost {
                    let detail = "this is no longer yours to listen to";
                    let refusal = frames::refused("forbidden", detail, Some(topic.as_str()));
                    self.pending.push_back(event("refused", None, &refusal));
                }
            }
            Ok(None) => self.end("session_ended"),
            // While nobody knows, things stay as they are; the next look will tell.
            Err(_problem) => {}
        }
    }

    fn end(&mut self, reason: &str) {
        self.has_ended = true;
        let farewell = frames::refused(reason, "the stream ends here", None);
        self.pending.push_back(event("end", None, &farewell));
    }
}

fn delta(frame: &Frame) -> Bytes {
    let id = (frame.channel != Channel::Admin).then_some(frame.position);
    event("delta", id, &frame.text)
}

/// The text is JSON on one line.
fn event(name: &str, id: Option<i64>, text: &str) -> Bytes {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    format!("event: {name}\n{id}data: {text}\n\n").into()
}

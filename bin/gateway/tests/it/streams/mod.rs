//! Live updates: over `WebSockets`, as server-sent events, and from several gateways.

mod events;
mod gateways;
mod sockets;

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::actors::Actor;

/// How long a test waits for what must come before it calls that a failure.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client's end of a WebSocket.
struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

async fn ticket(actor: &Actor<'_>) -> String {
    let issued = actor.does("/api/v1/live/tickets").await.done();
    issued["ticket"].as_str().unwrap().to_owned()
}

impl Socket {
    /// Opens one of the gateway at `base_url` with a ticket, or says with which status it was refused.
    async fn open(base_url: &str, ticket: &str) -> Result<Self, u16> {
        let address = format!("{}/api/v1/live?ticket={ticket}", base_url.replace("http://", "ws://"));
        match connect_async(address).await {
            Ok((socket, _answer)) => Ok(Self(socket)),
            Err(tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }

    /// Opens one, and is greeted.
    async fn of(actor: &Actor<'_>) -> Self {
        Self::at(&actor.market.server.running.base_url, actor).await
    }

    async fn at(base_url: &str, actor: &Actor<'_>) -> Self {
        let mut socket = Self::open(base_url, &ticket(actor).await).await.ok().unwrap();
        assert_eq!(socket.hears().await["type"], "hello");
        socket
    }

    async fn says(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    /// The next message that is text.
    async fn hears(&mut self) -> Value {
        loop {
            let message = timeout(PATIENCE, self.0.next()).await.unwrap().unwrap().unwrap();
            match message {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The next message, which must be of this type.
    #[track_caller]
    fn expects<'s>(&'s mut self, kind: &'s str) -> impl Future<Output = Value> + 's {
        let caller = std::panic::Location::caller();
        async move {
            let message = self.hears().await;
            assert_eq!(message["type"], kind, "{message} at {caller}");
            message
        }
    }

    /// Listens to a topic from now on; what its snapshot shows.
    async fn subscribes(&mut self, topic: &str) -> Value {
        self.says(json!({ "type": "subscribe", "topic": topic })).await;
        let snapshot = self.expects("snapshot").await;
        assert_eq!(snapshot["topic"], topic);
        snapshot
    }

    /// The code and the reason with which the other side ends it.
    async fn is_closed(&mut self) -> (u16, String) {
        loop {
            match timeout(PATIENCE, self.0.next()).await.unwrap().unwrap().unwrap() {
                Message::Close(Some(CloseFrame { code, reason })) => {
                    return (code.into(), reason.to_string());
                }
                Message::Close(None) => panic!("closed without a reason"),
                _ => {}
            }
        }
    }
}

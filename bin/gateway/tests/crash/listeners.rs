//! Customers whose page shows what becomes of their orders while they look: it comes back after every break, and goes
//! on where it was.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use db::Conn;
use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tokio_util::sync::CancellationToken;

use crate::books::texts;
use crate::person::Person;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

#[derive(Debug)]
pub struct Listener {
    customer: Person,
    /// The position of the snapshot that it began with, and of every delta since, as they came.
    heard: Mutex<Vec<i64>>,
    pub comebacks: AtomicUsize,
    /// How often it was told that it had lost its place.
    pub resyncs: AtomicUsize,
}

impl Listener {
    pub fn of(customer: &Person) -> Self {
        let (heard, comebacks, resyncs) = (Mutex::default(), AtomicUsize::new(0), AtomicUsize::new(0));
        Self { customer: customer.clone(), heard, comebacks, resyncs }
    }

    /// Listens until `enough`, through one socket after another.
    pub async fn listen(&self, enough: &CancellationToken) {
        while !enough.is_cancelled() {
            if let Some(socket) = self.open().await {
                enough.run_until_cancelled(self.hear(socket)).await;
                self.comebacks.fetch_add(1, Ordering::Relaxed);
            }
            // A page that came back at once would only be in the way of the recovery.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn open(&self) -> Option<Socket> {
        let issued = self.customer.insists(Method::POST, "/api/v1/live/tickets", None, None).await.done();
        let server = self.customer.base_url.replace("http://", "ws://");
        let address = format!("{server}/api/v1/live?ticket={}", issued["ticket"].as_str().unwrap());
        connect_async(address).await.ok().map(|(socket, _answer)| socket)
    }

    /// Until the socket breaks.
    async fn hear(&self, mut socket: Socket) {
        while let Some(Ok(message)) = socket.next().await {
            let Message::Text(text) = message else { continue };
            let message: Value = serde_json::from_str(&text).unwrap();
            let position = message["position"].as_i64().unwrap();
            let answer = match message["type"].as_str().unwrap() {
                "hello" => match self.heard.lock().unwrap().last() {
                    Some(after) => json!({ "type": "resume", "topic": "orders", "after": after }),
                    None => json!({ "type": "subscribe", "topic": "orders" }),
                },
                "snapshot" | "delta" => {
                    self.heard.lock().unwrap().push(position);
                    continue;
                }
                "resync" => {
                    self.resyncs.fetch_add(1, Ordering::Relaxed);
                    json!({ "type": "subscribe", "topic": "orders" })
                }
                "resumed" => continue,
                other => panic!("{other}: {message}"),
            };
            if socket.send(Message::text(answer.to_string())).await.is_err() {
                return;
            }
        }
    }

    fn heard(&self) -> Vec<i64> {
        self.heard.lock().unwrap().clone()
    }

    /// What happened to the customer's orders since the listener began, in order.
    async fn happened(&self, conn: &mut Conn) -> Vec<i64> {
        let Some(began) = self.heard().first().copied() else { return vec![-1] };
        let query = format!(
            "SELECT e.position::text AS value FROM events e JOIN orders o ON o.id = e.subject_id \
             WHERE e.kind LIKE 'order.%' AND o.customer_id = '{}' AND e.position > {began} ORDER BY e.position",
            self.customer.id
        );
        let positions = texts(conn, &query).await.into_iter().map(|position| position.parse().unwrap());
        std::iter::once(began).chain(positions).collect()
    }

    /// Whether it has heard of the last thing that happened.
    pub async fn is_up_to_date(&self, conn: &mut Conn) -> bool {
        self.heard().last() == self.happened(conn).await.last()
    }

    /// What is wrong with what it has heard: each thing must have come once, in its order.
    pub async fn misheard(&self, conn: &mut Conn) -> Option<String> {
        let (heard, happened) = (self.heard(), self.happened(conn).await);
        let first = heard.iter().zip(&happened).position(|(heard, happened)| heard != happened);
        let resyncs = self.resyncs.load(Ordering::Relaxed);
        (heard != happened || resyncs > 0).then(|| {
            format!(
                "{} heard {} of {} things that happened, differing from number {first:?} on; {resyncs} times lost",
                self.customer.id,
                heard.len(),
                happened.len()
            )
        })
    }
}

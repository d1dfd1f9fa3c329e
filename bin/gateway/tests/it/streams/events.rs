//! As server-sent events.

use reqwest::{Method, Response};
use serde_json::Value;
use tokio::time::timeout;

use super::{PATIENCE, ticket};
use crate::actors::{Actor, Answer, DENVER, Market};

const STREAM: &str = "/api/v1/events/stream";

/// A client's end of a stream.
struct Events {
    response: Response,
    text: String,
}

/// An event: its name, its id and what it says.
struct Heard {
    name: String,
    id: Option<i64>,
    data: Value,
}

impl Events {
    fn of(response: Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new() }
    }

    async fn open(actor: &Actor<'_>, query: &str, last_event_id: Option<i64>) -> Self {
        let request = actor.ask(Method::GET, &format!("{STREAM}{query}"));
        let request = match last_event_id {
            Some(id) => request.header("last-event-id", id.to_string()),
            None => request,
        };
        Self::of(request.send().await.unwrap())
    }

    /// The next event; what is no event is passed over.
    async fn next(&mut self) -> Heard {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    block
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .map(|value| value.trim().to_owned())
                };
                let heard = field("event:").map(|name| Heard {
                    name,
                    id: field("id:").map(|id| id.parse().unwrap()),
                    data: serde_json::from_str(&field("data:").unwrap()).unwrap(),
                });
                let rest = rest.to_owned();
                self.text = rest;
                if let Some(heard) = heard {
                    return heard;
                }
            }
            let chunk = timeout(PATIENCE, self.response.chunk()).await.unwrap().unwrap();
            self.text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_begins_with_snapshots_and_goes_on_where_it_was() {
    let market = Market::open().await;
    let maker = market.maker("Mina", DENVER).await;
    let mug = maker.makes("Mug", 2800, "5").await;
    let casey = market.customer("Casey", DENVER).await;
    let mut events = Events::open(&casey, "?topics=orders,notifications", None).await;
    for topic in ["orders", "notifications"] {
        let snapshot = events.next().await;
        assert_eq!((snapshot.name.as_str(), &snapshot.data["topic"]), ("snapshot", &topic.into()));
    }
    let order = casey.orders(mug, "1").await;
    market.work().await;
    let placed = events.next().await;
    assert_eq!((placed.name.as_str(), &placed.data["kind"]), ("delta", &"order.placed".into()));
    assert_eq!(placed.id, placed.data["position"].as_i64());
    drop(events);

    casey.pays(order).await.done();
    market.work().await;
    let mut back = Events::open(&casey, "?topics=orders,notifications", placed.id).await;
    let mut kinds = Vec::new();
    while !kinds.contains(&"order.paid".to_owned()) {
        let missed = back.next().await;
        assert_eq!(missed.name, "delta");
        assert!(missed.id > placed.id);
        kinds.push(missed.data["kind"].as_str().unwrap().to_owned());
    }
    assert_eq!(kinds, ["notification.created", "order.paid"], "in the feed's order, whatever the topic");

    let mut lost = Events::open(&casey, "?topics=orders&after=-1", None).await;
    assert_eq!(lost.next().await.name, "resync");
    assert_eq!(lost.next().await.name, "snapshot");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_opens_it_with_a_ticket_and_a_closed_account_ends_it() {
    let market = Market::open().await;
    let root = market.admin("root@example.com").await;
    let casey = market.newcomer("Casey").await;
    let ticket = ticket(&casey).await;
    let address = format!("{STREAM}?ticket={ticket}");
    let mut events = Events::of(market.server.get(&address).send().await.unwrap());
    market.get(&address).await.refused(401, "unauthenticated");
    let mut topics = Vec::new();
    for _ in 0..3 {
        topics.push(events.next().await.data["topic"].as_str().unwrap().to_owned());
    }
    assert_eq!(topics, ["notifications", "orders", "sales"], "all that are hers to hear");
    root.does(&format!("/api/v1/admin/users/{}/disable", casey.id)).await.done();
    market.work().await;
    let mut last = events.next().await;
    while last.name == "delta" {
        last = events.next().await;
    }
    assert_eq!((last.name.as_str(), &last.data["code"]), ("end", &"session_ended".into()));
    assert_eq!(timeout(PATIENCE, events.response.chunk()).await.unwrap().unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_streamed_is_told_so() {
    let market = Market::open().await;
    let casey = market.newcomer("Casey").await;
    market.get(STREAM).await.refused(401, "unauthenticated");
    casey.get(&format!("{STREAM}?topics=admin")).await.refused(403, "forbidden");
    casey.get(&format!("{STREAM}?topics=weather")).await.refused(400, "invalid_parameter");
    casey.get(&format!("{STREAM}?topic=orders")).await.refused(400, "invalid_parameter");
    let request = casey.ask(Method::GET, STREAM).header("last-event-id", "yesterday");
    Answer::to(request).await.refused(400, "malformed_request");
}

//! Clients that go away in the middle of their request: what they had locked is free at once.

use std::time::{Duration, Instant};

use diesel_async::SimpleAsyncConnection;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::TURN;
use crate::books::number;
use crate::machine::Machine;
use crate::market_day::{MarketDay, eventually};
use crate::person::Person;

const WAITING: &str = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";

/// Sends a checkout and does not wait for its answer.
async fn begin_checkout(machine: &Machine, customer: &Person) -> TcpStream {
    let host = machine.gateway.base_url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!(
        "POST /api/v1/checkout HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\nidempotency-key: once\r\n\
         content-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}",
        customer.token
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_resets_its_connection_leaves_no_locks() {
    let _turn = TURN.lock().await;
    let machine = Machine::start().await;
    let day = MarketDay::open(&machine.gateway, 1).await;
    let customer = &day.customers[0];
    let line = json!({ "offering_id": day.plentiful[0], "quantity": "1" });
    customer.posts("/api/v1/cart/lines", "put", &line).await.done();

    // The checkout locks the cart, and then waits for the stock, which somebody else has.
    let mut other = db::connect(&machine.database.url()).await.unwrap();
    let lock = format!("BEGIN; SELECT 1 FROM pools WHERE id = '{}' FOR UPDATE", day.plentiful[0]);
    other.batch_execute(&lock).await.unwrap();
    let mut witness = db::connect(&machine.database.url()).await.unwrap();
    let stream = begin_checkout(&machine, customer).await;
    eventually("the checkout", async || (number(&mut witness, WAITING).await > 0).then_some(())).await;

    // Closing with a linger of zero is a reset: nobody is there any more.
    stream.set_zero_linger().unwrap();
    drop(stream);
    let gone = Instant::now();
    let cart = "BEGIN; SET LOCAL lock_timeout = 20000; SELECT 1 FROM carts FOR UPDATE; ROLLBACK";
    witness.batch_execute(cart).await.unwrap();
    let waited = gone.elapsed();
    println!("gone clients: the locks of a reset connection are free after {} ms", waited.as_millis());
    // The lock timeout would come after 5 s.
    assert!(waited < Duration::from_secs(3), "{waited:?}");
    other.batch_execute("ROLLBACK").await.unwrap();

    // The key is free as well, and the same request does what it was to do.
    let reply = customer.posts("/api/v1/checkout", "once", &json!({})).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    assert!(!reply.headers.contains_key("idempotent-replayed"), "the first one had no effect");
}

//! What callers get while the database is away, or there and silent: an answer in time that says so, and service again
//! as soon as it is back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::json;
use testkit::Proxy;

use crate::TURN;
use crate::machine::{ADMIN, Machine, PASSWORD, READY_LIMIT};
use crate::person::{Person, Reply, Trials};

/// A refusal by a database that is away.
const AWAY_LIMIT: Duration = Duration::from_secs(2);
/// The first to meet a silence wait for a statement's limit of 10 s and what is allowed around it.
const SILENCE_LIMIT: Duration = Duration::from_secs(14);
/// The pool's wait, or a new connection's.
const KNOWN_SILENCE_LIMIT: Duration = Duration::from_secs(6);

/// A request of each kind; all of them need the database.
fn requests(somebody: &Person) -> Vec<(&'static str, RequestBuilder)> {
    let login = json!({ "email": ADMIN, "password": PASSWORD });
    let stranger = Person { token: String::new(), ..somebody.clone() };
    let place = "/api/v1/listings?lat=39.75&lon=-104.99";
    let checkout =
        somebody.ask(Method::POST, "/api/v1/checkout").header("idempotency-key", "k").json(&json!({}));
    vec![
        ("browse", stranger.ask(Method::GET, "/api/v1/listings")),
        ("browse from a place", stranger.ask(Method::GET, place)),
        ("browse from an address", stranger.ask(Method::GET, "/api/v1/listings?address=Boulder,%20CO")),
        ("centers", stranger.ask(Method::GET, "/api/v1/centers")),
        ("login", stranger.ask(Method::POST, "/api/v1/auth/login").json(&login)),
        ("me", somebody.ask(Method::GET, "/api/v1/me")),
        ("cart", somebody.ask(Method::GET, "/api/v1/cart")),
        ("orders", somebody.ask(Method::GET, "/api/v1/orders")),
        ("checkout", checkout),
    ]
}

/// Asks everything at once, and checks that each is refused as it must be. Returns the slowest answer's time.
async fn all_refused(somebody: &Person, limit: Duration) -> Duration {
    let refused = requests(somebody).into_iter().map(async |(what, request)| {
        let begun = Instant::now();
        let reply = Reply::to(request).await.unwrap();
        let took = begun.elapsed();
        assert_eq!(reply.status, 503, "{what}: {}", reply.body);
        assert_eq!(reply.headers["content-type"], "application/problem+json", "{what}");
        assert!(reply.headers.contains_key("retry-after"), "{what}: {:?}", reply.headers);
        assert!(["unavailable", "busy", "timeout"].contains(&reply.code()), "{what}: {}", reply.body);
        assert!(took < limit, "{what} took {took:?}");
        took
    });
    join_all(refused).await.into_iter().max().unwrap()
}

/// None is refused for the database's sake.
async fn all_answered(somebody: &Person) {
    for (what, request) in requests(somebody) {
        let reply = Reply::to(request).await.unwrap();
        // The cart is empty.
        let answered = reply.status == 200 || (what, reply.code()) == ("checkout", "empty_cart");
        assert!(answered, "{what}: {} {}", reply.status, reply.body);
    }
}

/// What orchestrators and operators see while the database is away.
async fn alive_but_not_ready(machine: &Machine) {
    let client = Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
    for (path, status) in [("/health", 200), ("/health/", 200), ("/metrics", 200), ("/health/ready", 503)] {
        let begun = Instant::now();
        let answer = client.get(machine.gateway.url(path)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{path}");
        assert!(begun.elapsed() < Duration::from_secs(3), "{path} took {:?}", begun.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_requests_are_refused_at_once() {
    let _turn = TURN.lock().await;
    let mut machine = Machine::start().await;
    let somebody = Person::log_in(&machine.gateway, &Arc::new(Trials::default()), ADMIN).await;
    all_answered(&somebody).await;
    machine.gateway.clear_log();

    machine.database.crash();
    let mut slowest = Duration::ZERO;
    // Long enough for the runner to try a few times.
    let away = Instant::now();
    while away.elapsed() < Duration::from_secs(6) {
        slowest = slowest.max(all_refused(&somebody, AWAY_LIMIT).await);
        alive_but_not_ready(&machine).await;
    }
    let log = machine.gateway.log();
    let complaints: Vec<_> = log.lines().filter(|line| line.contains("ERROR")).collect();
    assert!((1..=4).contains(&complaints.len()), "once an outage, not once a request: {complaints:#?}");

    machine.database.come_back();
    let back = machine.gateway.ready_since(Instant::now(), READY_LIMIT).await;
    all_answered(&somebody).await;
    println!("away: refused within {} ms, ready again after {} ms", slowest.as_millis(), back.as_millis());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_silent_requests_are_refused_in_time() {
    let _turn = TURN.lock().await;
    let mut proxy = None;
    let machine = Machine::start_through(async |url: &str| {
        let made = proxy.insert(Proxy::of(url).await);
        made.url(url)
    })
    .await;
    let proxy = proxy.unwrap();
    let somebody = Person::log_in(&machine.gateway, &Arc::new(Trials::default()), ADMIN).await;
    all_answered(&somebody).await;

    proxy.fall_silent();
    let first = all_refused(&somebody, SILENCE_LIMIT).await;
    alive_but_not_ready(&machine).await;
    let then = all_refused(&somebody, KNOWN_SILENCE_LIMIT).await;
    alive_but_not_ready(&machine).await;

    proxy.speak_again();
    let back = machine.gateway.ready_since(Instant::now(), READY_LIMIT).await;
    all_answered(&somebody).await;
    println!(
        "silent: refused within {} ms at first and {} ms then, ready again after {} ms",
        first.as_millis(),
        then.as_millis(),
        back.as_millis()
    );
}

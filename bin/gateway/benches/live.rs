//! How many updates a gateway delivers to those who listen, and how soon after the commit; beside a plain echo of
//! actix-ws with messages of the same size, on the same machine in the same run.
//!
//! `cargo xtask bench live`: 100 people with 10 sockets each listen to what they are told. Every 40 ms a transaction tells
//! 20 of them something, which makes 200 deliveries, 5,000 a second. A delivery's latency is the time from the
//! beginning of the commit to a client's having read it. The clients run in this process too.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench talks, and fails by panicking"
)]

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use accounts::{Password, Register};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use assembly::settings::Settings;
use devstack::{Postgres, PostgresOptions};
use diesel_async::AsyncConnection;
use futures_util::{SinkExt, StreamExt};
use gateway::{Running, StartOptions};
use kernel::{Clock, SessionId, SystemClock, UserId};
use notifications::{Channel, Content, Kind, Notice, PreferenceChange, Recipient};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const PEOPLE: usize = 100;
const SOCKETS_EACH: usize = 10;
const SECONDS: usize = 20;
const TELL_EVERY: Duration = Duration::from_millis(40);
const TOLD_AT_ONCE: usize = 20;
const ROUNDS: usize = SECONDS * 1000 / 40;
const MOST_LATENCY: Duration = Duration::from_millis(20);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;
/// When each person was told something, in order.
type Commits = Arc<Vec<Mutex<Vec<Instant>>>>;

struct Person {
    id: UserId,
    session: SessionId,
}

/// Registers somebody who wants no mail of what the bench tells.
async fn person(running: &Running, number: usize) -> Person {
    let state = &running.state;
    let now = SystemClock.now();
    let request = Register {
        email: format!("person-{number}@example.com"),
        password: Password::new("a turnip for your thoughts"),
        display_name: format!("Person {number}"),
        phone: None,
        user_agent: None,
    };
    let who = accounts::register(&state.database, &state.hasher, &state.signer, now, request).await.unwrap();
    let id = who.account.user.id;
    let no_mail = PreferenceChange { kind: Kind::CenterApproved, channel: Channel::Email, enabled: false };
    let mut conn = state.database.conn().await.unwrap();
    let work = conn.transaction(async |tx| notifications::set_preferences(tx, now, id, &[no_mail]).await);
    work.await.unwrap();
    Person { id, session: who.session_id }
}

/// A socket that listens to what the person is told.
async fn listen(running: &Running, person: &Person) -> Socket {
    let mut conn = running.state.database.conn().await.unwrap();
    let issued = accounts::issue_ticket(&mut conn, SystemClock.now(), person.session).await.unwrap();
    drop(conn);
    let address = running.base_url.replace("http://", "ws://");
    let (mut socket, _) =
        connect_async(format!("{address}/api/v1/live?ticket={}", issued.ticket.expose())).await.unwrap();
    assert_eq!(next(&mut socket).await["type"], "hello");
    socket.send(Message::text(r#"{"type":"subscribe","topic":"notifications"}"#)).await.unwrap();
    assert_eq!(next(&mut socket).await["type"], "snapshot");
    socket
}

async fn text(socket: &mut Socket) -> String {
    loop {
        if let Message::Text(text) = socket.next().await.unwrap().unwrap() {
            return text.to_string();
        }
    }
}

async fn next(socket: &mut Socket) -> Value {
    serde_json::from_str(&text(socket).await).unwrap()
}

/// Hears `told` things; the time from each one's commit, and how long the last message was.
async fn hear(mut socket: Socket, told: usize, person: usize, commits: Commits) -> (Vec<Duration>, usize) {
    let mut latencies = Vec::with_capacity(told);
    let mut length = 0;
    for number in 0..told {
        length = text(&mut socket).await.len();
        let heard = Instant::now();
        let committed = commits[person].lock().unwrap()[number];
        latencies.push(heard.duration_since(committed));
    }
    (latencies, length)
}

/// Tells 20 people something at a time, in turn.
async fn tell(running: &Running, people: &[Person], commits: &Commits) {
    let link: url::Url = "https://silkcart.example/".parse().unwrap();
    let mut ticks = tokio::time::interval(TELL_EVERY);
    let mut conn = running.state.database.conn().await.unwrap();
    for round in 0..ROUNDS {
        ticks.tick().await;
        let first = round * TOLD_AT_ONCE % PEOPLE;
        let told = first..first + TOLD_AT_ONCE;
        let notices: Vec<_> = told
            .clone()
            .map(|number| Notice {
                cause: format!("round:{round}"),
                recipient: Recipient {
                    user_id: Some(people[number].id),
                    email: format!("person-{number}@example.com"),
                    display_name: format!("Person {number}"),
                    phone: None,
                },
                content: Content::CenterApproved {
                    center: notifications::Place {
                        name: "The Grange".to_owned(),
                        address: "1777 Broadway, Boulder, CO 80302".to_owned(),
                    },
                    link: link.clone(),
                },
            })
            .collect();
        let now = SystemClock.now();
        let work = conn.transaction(async |tx| {
            let outcome = notifications::tell_all(tx, now, &notices).await;
            // Before the commit, which then counts as well: after it, a delivery may have been faster than this note.
            let commits_at = Instant::now();
            for number in told.clone() {
                commits[number].lock().unwrap().push(commits_at);
            }
            outcome
        });
        work.await.unwrap();
        running.state.runner.wake();
    }
}

async fn echo(request: HttpRequest, payload: web::Payload) -> actix_web::Result<HttpResponse> {
    let (response, mut session, mut messages) = actix_ws::handle(&request, payload)?;
    actix_web::rt::spawn(async move {
        while let Some(Ok(message)) = messages.next().await {
            if let actix_ws::Message::Text(text) = message
                && session.text(text).await.is_err()
            {
                return;
            }
        }
    });
    Ok(response)
}

/// The time from a message to its echo, at the same rate over as many sockets.
async fn echoes(length: usize) -> Vec<Duration> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("ws://{}/", listener.local_addr().unwrap());
    let server = HttpServer::new(|| App::new().route("/", web::get().to(echo)))
        .workers(2)
        .disable_signals()
        .listen(listener)
        .unwrap()
        .run();
    let handle = server.handle();
    let serving = tokio::spawn(server);
    let said = Arc::new("x".repeat(length));
    let mut clients = JoinSet::new();
    let begin = Instant::now() + Duration::from_secs(3);
    for number in 0..PEOPLE * SOCKETS_EACH {
        let (address, said) = (address.clone(), Arc::clone(&said));
        clients.spawn(async move {
            let (mut socket, _) = connect_async(address).await.unwrap();
            // As above: five times a second, 200 sockets at the same moment.
            let turn = number % (PEOPLE / TOLD_AT_ONCE);
            let period = TELL_EVERY * u32::try_from(PEOPLE / TOLD_AT_ONCE).unwrap();
            let first = begin + TELL_EVERY * u32::try_from(turn).unwrap();
            let mut ticks = tokio::time::interval_at(first.into(), period);
            let mut latencies = Vec::new();
            for _ in 0..SECONDS * 5 {
                ticks.tick().await;
                let sent = Instant::now();
                socket.send(Message::text(said.as_str())).await.unwrap();
                text(&mut socket).await;
                latencies.push(sent.elapsed());
            }
            latencies
        });
    }
    let latencies = clients.join_all().await.into_iter().flatten().collect();
    handle.stop(false).await;
    serving.await.unwrap().unwrap();
    latencies
}

fn report(name: &str, mut latencies: Vec<Duration>) -> Duration {
    latencies.sort_unstable();
    let at = |share: usize| latencies[(latencies.len() - 1) * share / 1000];
    println!(
        "{name}: {} messages, p50 {:.1?}, p99 {:.1?}, longest {:.1?}",
        latencies.len(),
        at(500),
        at(990),
        at(1000)
    );
    at(990)
}

#[tokio::main]
async fn main() {
    let folder = devstack::scratch_folder().unwrap();
    let options = PostgresOptions {
        data_dir: folder.path().join("postgres"),
        port: None,
        durable: true,
        max_connections: 100,
    };
    let postgres = tokio::task::spawn_blocking(move || Postgres::start(&options).unwrap()).await.unwrap();
    postgres.create_database_if_missing("live").unwrap();
    let url = postgres.url("live");
    migrations::run(&url).await.unwrap();
    let key = accounts::generate_key_pem().unwrap();
    let environment = HashMap::from(
        [
            ("DATABASE_URL", url.as_str()),
            ("JWT_PRIVATE_KEY", key.as_str()),
            ("CURSOR_SECRET", "the secret of the bench, long enough"),
            ("TOKEN_SECRET", "another secret of the bench, long enough"),
            ("SILKCART_DATA_DIR", folder.path().to_str().unwrap()),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let listener = Some(TcpListener::bind("127.0.0.1:0").unwrap());
    let settings = Settings::read(&environment).unwrap();
    let options = StartOptions { listener, signals: false, ..StartOptions::new(settings) };
    let running = gateway::start(options).await.unwrap();

    let mut people = Vec::new();
    for number in 0..PEOPLE {
        people.push(person(&running, number).await);
    }
    // Their welcome is written and told before anybody listens.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let commits: Commits = Arc::new((0..PEOPLE).map(|_| Mutex::default()).collect());
    let told = ROUNDS * TOLD_AT_ONCE / PEOPLE;
    let mut hearing = JoinSet::new();
    for (number, person) in people.iter().enumerate() {
        for _ in 0..SOCKETS_EACH {
            let socket = listen(&running, person).await;
            hearing.spawn(hear(socket, told, number, Arc::clone(&commits)));
        }
    }
    let cores = std::thread::available_parallelism().unwrap();
    println!("{cores} cores; {} sockets, {SECONDS} s", running.state.live.connections());
    let begun = Instant::now();
    tell(&running, &people, &commits).await;
    let heard = hearing.join_all().await;
    let took = begun.elapsed().as_secs_f64();
    let length = heard[0].1;
    let latencies: Vec<_> = heard.into_iter().flat_map(|(latencies, _)| latencies).collect();
    let rate = latencies.len() as f64 / took;
    let p99 = report("commit to client", latencies);
    let met = if p99 < MOST_LATENCY { "met" } else { "NOT MET" };
    println!("{rate:.0} deliveries/s of {length} bytes (aim 5000/s with p99 under {MOST_LATENCY:?}: {met})");
    running.stop().await.unwrap();

    let plain = report("plain actix-ws echo", echoes(length).await);
    println!("p99 is {:.1} times the echo's", p99.as_secs_f64() / plain.as_secs_f64());
}

//! Two hundred clients who take their time, in every way there is: others do not notice, and each of the two hundred
//! loses its connection at its deadline.

use std::time::{Duration, Instant};

use tokio::net::TcpSocket;
use tokio::time::{interval, sleep};

use crate::TURN;
use crate::stage::Stage;
use crate::wire::{Wire, statuses};

const DEADLINES: [(&str, &str); 4] = [
    ("HTTP_HEAD_SECONDS", "2"),
    ("HTTP_BODY_SECONDS", "2"),
    ("HTTP_SEND_SECONDS", "2"),
    ("HTTP_IDLE_SECONDS", "2"),
];
/// A deadline, the second in which the HTTP layer throws away what still comes, and a slow machine.
const PATIENCE: Duration = Duration::from_secs(8);
const LOGIN: &str = "POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
/// 1.4 MB.
const LARGE: &str = "GET /api/docs/swagger-ui-bundle.js HTTP/1.1\r\nhost: x\r\n\r\n";
const REQUEST: &str = "GET /health HTTP/1.1\r\nhost: x\r\n\r\n";

/// A way to be slow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    /// Says nothing at all.
    Silent,
    /// A byte of the head now and then.
    Head,
    /// The same, after a request that was well.
    SecondHead,
    /// The second head begun at once, and never more.
    SecondHeadAtOnce,
    /// A byte of the body now and then.
    Body,
    /// A chunk of the body now and then.
    Chunks,
    /// Nothing of the body.
    NoBody,
    /// A body that nobody has asked for, after the answer.
    UnwantedBody,
    /// Asks for much, and takes nothing.
    NoReader,
    /// Asks for much, and takes a little now and then.
    Reader,
}

const WAYS: [Way; 10] = [
    Way::Silent,
    Way::Head,
    Way::SecondHead,
    Way::SecondHeadAtOnce,
    Way::Body,
    Way::Chunks,
    Way::NoBody,
    Way::UnwantedBody,
    Way::NoReader,
    Way::Reader,
];

/// Sends a piece every fifth of a second, until the server has had enough.
async fn trickle(wire: &mut Wire, piece: &str) {
    let begun = Instant::now();
    let mut tick = interval(Duration::from_millis(200));
    while begun.elapsed() < PATIENCE && wire.try_send(piece).await {
        tick.tick().await;
    }
}

/// Is slow, and says when and with which answers it was cut off.
async fn be_slow(address: std::net::SocketAddr, way: Way) -> (Duration, Vec<u16>) {
    let socket = TcpSocket::new_v4().unwrap();
    if matches!(way, Way::NoReader | Way::Reader) {
        socket.set_recv_buffer_size(4096).unwrap();
    }
    let mut wire = Wire(socket.connect(address).await.unwrap());
    let begun = Instant::now();
    match way {
        Way::Silent => {}
        Way::Head => {
            wire.send("GET /health HTTP/1.1\r\nhost: x\r\n").await;
            trickle(&mut wire, "x: y\r\n").await;
        }
        Way::SecondHead => {
            wire.send(REQUEST).await;
            wire.send("GET /health HTTP/1.1\r\nhost: x\r\n").await;
            trickle(&mut wire, "x: y\r\n").await;
        }
        Way::SecondHeadAtOnce => wire.send(format!("{REQUEST}GET /hea")).await,
        Way::Body => {
            wire.send(format!("{LOGIN}content-length: 5000\r\n\r\n")).await;
            trickle(&mut wire, " ").await;
        }
        Way::Chunks => {
            wire.send(format!("{LOGIN}transfer-encoding: chunked\r\n\r\n")).await;
            trickle(&mut wire, "1\r\n \r\n").await;
        }
        Way::NoBody => wire.send(format!("{LOGIN}content-length: 5000\r\n\r\n")).await,
        Way::UnwantedBody => {
            wire.send(format!("{LOGIN}content-encoding: br\r\ntransfer-encoding: chunked\r\n\r\n")).await;
            trickle(&mut wire, "1\r\n \r\n").await;
        }
        Way::NoReader => {
            wire.send(LARGE.repeat(12)).await;
            // Nothing is read: the deadline has to pass by itself.
            sleep(Duration::from_secs(4)).await;
        }
        Way::Reader => {
            wire.send(LARGE.repeat(12)).await;
            let mut tick = interval(Duration::from_millis(50));
            let mut buffer = [0; 1024];
            while begun.elapsed() < Duration::from_secs(4) {
                tick.tick().await;
                // Nothing yet, or nothing any more: either way the time goes by.
                let _ = wire.0.try_read(&mut buffer);
            }
        }
    }
    let rest = wire.rest(PATIENCE.saturating_sub(begun.elapsed()) + Duration::from_secs(1)).await;
    if matches!(way, Way::NoReader | Way::Reader) {
        assert!(rest.len() < 12 * 1_000_000, "{way:?}: all of it was delivered, {} bytes", rest.len());
    }
    (begun.elapsed(), statuses(&String::from_utf8_lossy(&rest)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_clients_delay_nobody_and_are_cut_off() {
    let settings = [DEADLINES.as_slice(), &[("DATABASE_MAX_CONNECTIONS", "4")]].concat();
    let _turn = TURN.lock().await;
    let server = Stage::set(&settings).await;
    let address = server.running.base_url.trim_start_matches("http://").parse().unwrap();
    // The first answer of a kind takes longer than the rest.
    server.get("/api/v1/categories").await;
    let slow: Vec<_> =
        WAYS.iter().cycle().take(200).map(|way| (*way, tokio::spawn(be_slow(address, *way)))).collect();

    // Meanwhile somebody else, on new connections, with a statement and a body of their own.
    let begun = Instant::now();
    let patient = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
    let (mut asked, mut worst) = (0, Duration::ZERO);
    while begun.elapsed() < Duration::from_secs(4) {
        let asking = Instant::now();
        let answer = patient.get(server.url("/api/v1/categories")).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let refused =
            patient.post(server.url("/api/v1/auth/login")).json(&serde_json::json!({})).send().await.unwrap();
        assert_eq!(refused.status(), 422);
        worst = worst.max(asking.elapsed());
        asked += 1;
        // None of the slow ones holds a connection to the database.
        let (used, _) = server.running.state.database.usage();
        assert_eq!(used, 0, "after an answer, nobody works");
    }
    assert!(worst < Duration::from_secs(1), "somebody waited {worst:?} (of {asked})");
    assert!(asked >= 10, "{asked}");

    for (way, client) in slow {
        let (lived, statuses) = client.await.unwrap();
        assert!(lived < PATIENCE, "{way:?} lived {lived:?}");
        match way {
            Way::Silent | Way::Head => {
                assert!(statuses.iter().all(|status| *status == 408), "{way:?}: {statuses:?}");
            }
            Way::SecondHead | Way::SecondHeadAtOnce => assert_eq!(statuses, [200], "{way:?}"),
            // Told so, unless the reset of the connection was faster.
            Way::Body | Way::Chunks => {
                assert!(statuses.iter().all(|status| *status == 408), "{way:?}: {statuses:?}");
            }
            Way::NoBody => assert_eq!(statuses, [408], "{way:?}"),
            Way::UnwantedBody => {
                assert!(statuses.iter().all(|status| *status == 415), "{way:?}: {statuses:?}");
            }
            Way::NoReader | Way::Reader => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_merely_not_fast_is_served() {
    let _turn = TURN.lock().await;
    let server = Stage::set(&DEADLINES).await;
    let mut wire = Wire::to(&server.running.base_url).await;
    let body = "{\"email\":\"a@example.com\",\"password\":\"x\"}";
    // A request in pieces, as a bad network delivers it; and others on the same connection after a pause.
    for pause in [300, 900] {
        let request = format!("{LOGIN}content-length: {}\r\n\r\n{body}", body.len());
        let (head, rest) = request.split_at(60);
        let (middle, end) = rest.split_at(rest.len() - 10);
        for piece in [head, middle, end] {
            wire.send(piece).await;
            // What is slow, but not too slow, cannot be shown without waiting.
            sleep(Duration::from_millis(pause)).await;
        }
    }
    wire.send("GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert_eq!(statuses(&wire.text().await), [401, 401, 200]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_is_closed() {
    let _turn = TURN.lock().await;
    let server = Stage::set(&DEADLINES).await;
    let mut wire = Wire::to(&server.running.base_url).await;
    wire.send(REQUEST).await;
    let begun = Instant::now();
    assert_eq!(statuses(&wire.text().await), [200]);
    assert!((1..6).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
}

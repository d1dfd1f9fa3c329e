//! More requests than can be worked on: each is answered soon, if only with the advice to come back.

use std::time::{Duration, Instant};

use diesel_async::SimpleAsyncConnection;
use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::TURN;
use crate::stage::{EMAIL, PASSWORD, Stage};

/// What anybody may have to wait for an answer: 3 s, and as much again where the machine has more to do than this. A
/// server that collapses takes as long as there are clients.
const PATIENCE: Duration = Duration::from_secs(6);

/// Checks that an answer is a success, or a refusal that says when to come back.
async fn sound(answer: Response) -> u16 {
    let status = answer.status().as_u16();
    if status < 300 {
        answer.bytes().await.unwrap();
        return status;
    }
    assert!([429, 503].contains(&status), "{answer:?}");
    let wait: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let told: Value = answer.json().await.unwrap();
    assert_eq!(told["status"], status, "{told}");
    status
}

/// Asks over and over, and has a connection to itself by doing so; the worst wait, and the answers.
async fn hammer(client: Client, url: String, body: Option<Value>, until: Instant) -> (Duration, Vec<u16>) {
    let (mut worst, mut statuses) = (Duration::ZERO, Vec::new());
    while Instant::now() < until {
        let asked = Instant::now();
        let request = match &body {
            Some(body) => client.post(&url).json(body),
            None => client.get(&url),
        };
        statuses.push(sound(request.send().await.unwrap()).await);
        worst = worst.max(asked.elapsed());
    }
    (worst, statuses)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_answered_soon_and_leaves_nothing_behind() {
    let _turn = TURN.lock().await;
    let server = Stage::set(&[("DATABASE_MAX_CONNECTIONS", "4"), ("HTTP_MAX_IN_FLIGHT", "48")]).await;
    let login = json!({ "email": EMAIL, "password": PASSWORD });
    let until = Instant::now() + Duration::from_secs(4);
    let clients = (0..96).map(|number| match number % 3 {
        0 => hammer(server.client.clone(), server.url("/api/v1/auth/login"), Some(login.clone()), until),
        1 => hammer(server.client.clone(), server.url("/api/v1/listings?limit=50"), None, until),
        _ => hammer(server.client.clone(), server.url("/api/v1/categories"), None, until),
    });
    let clients: Vec<_> = clients.map(tokio::spawn).collect();
    let mut all = Vec::new();
    for client in clients {
        let (worst, statuses) = client.await.unwrap();
        assert!(worst < PATIENCE, "somebody waited {worst:?}");
        all.extend(statuses);
    }
    let count = |status: u16| all.iter().filter(|other| **other == status).count();
    assert!(count(200) > 100, "{} of {}", count(200), all.len());
    assert!(count(503) > 0, "of {} answers none was refused: this was no flood", all.len());
    // Afterwards everything is as if nothing had been.
    for _ in 0..5 {
        let asked = Instant::now();
        assert_eq!(server.get("/api/v1/listings").await, 200);
        assert!(asked.elapsed() < Duration::from_millis(500), "{:?}", asked.elapsed());
    }
    let asked = Instant::now();
    assert_eq!(
        server.client.post(server.url("/api/v1/auth/login")).json(&login).send().await.unwrap().status(),
        200
    );
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert_eq!(server.running.state.database.usage().0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_stands_still_makes_nobody_wait_in_vain() {
    let _turn = TURN.lock().await;
    let server = Stage::set(&[("DATABASE_MAX_CONNECTIONS", "4"), ("HTTP_MAX_IN_FLIGHT", "16")]).await;
    let mut conn = server.running.state.conn().await.unwrap();
    conn.batch_execute("BEGIN; LOCK TABLE categories IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let until = Instant::now() + Duration::from_secs(1);
    let clients =
        (0..64).map(|_| hammer(server.client.clone(), server.url("/api/v1/categories"), None, until));
    let clients: Vec<_> = clients.map(tokio::spawn).collect();
    // Those who do not fit are told at once, and the server's own health is not among what waits.
    let asked = Instant::now();
    assert_eq!(server.get("/health").await, 200);
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    let mut refused = 0;
    for client in clients {
        let (worst, statuses) = client.await.unwrap();
        // Three of them hold a connection and wait for the lock itself, for up to 5 s.
        assert!(worst < Duration::from_secs(8), "somebody waited {worst:?}");
        refused += statuses.len();
        assert!(statuses.iter().all(|status| *status == 503), "{statuses:?}");
    }
    assert!(refused >= 64, "{refused}");
    conn.batch_execute("ROLLBACK").await.unwrap();
    drop(conn);
    let asked = Instant::now();
    assert_eq!(server.get("/api/v1/categories").await, 200);
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
}

/// The rates themselves are measured by the bench; that hashing cannot take the server over is what they rest on.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_logins_leaves_room_for_others() {
    let _turn = TURN.lock().await;
    let server = Stage::set(&[]).await;
    let before = server.running.state.hasher.runs();
    let until = Instant::now() + Duration::from_secs(3);
    let floods = (0..8).map(|number| {
        let (client, url) = (server.client.clone(), server.url("/api/v1/auth/login"));
        tokio::spawn(async move {
            let mut guessed = 0;
            while Instant::now() < until {
                // Always for another address, so that no lock spares the hashing.
                let body =
                    json!({ "email": format!("nobody{number}-{guessed}@example.com"), "password": "x" });
                let status = client.post(&url).json(&body).send().await.unwrap().status().as_u16();
                assert!([401, 503].contains(&status), "{status}");
                guessed += 1;
            }
        })
    });
    let floods: Vec<_> = floods.collect();
    let mut seen = 0;
    while Instant::now() < until {
        let asked = Instant::now();
        assert_eq!(server.get("/api/v1/listings").await, 200);
        assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
        seen += 1;
    }
    for flood in floods {
        flood.await.unwrap();
    }
    let hashes = server.running.state.hasher.runs() - before;
    assert!(hashes >= 8, "the flood was none: {hashes}");
    assert!(seen >= 20, "{seen}");
}

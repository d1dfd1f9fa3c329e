//! Centers to test with.

use chrono::{DateTime, Utc};
use db::Conn;
use eligibility_core::Place;
use kernel::{Actor, Clock, UserId};
use logistics::{Center, Confidence, PostalAddress, Propose};

pub fn now() -> DateTime<Utc> {
    testkit::clock().now()
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub fn boulder() -> PostalAddress {
    PostalAddress {
        line1: "1325 Pearl St".into(),
        line2: None,
        city: "Boulder".into(),
        state: "CO".into(),
        postal_code: "80302".into(),
        country: "US".into(),
    }
}

pub fn proposal(name: &str) -> Propose {
    Propose {
        name: name.into(),
        address: boulder(),
        notes: None,
        place: Place::new(40.0184, -105.2786).unwrap(),
        confidence: Confidence::PostalCode,
        by: None,
    }
}

pub async fn approved(conn: &mut Conn, name: &str) -> Center {
    let center = logistics::propose(conn, now(), proposal(name)).await.unwrap();
    logistics::approve(conn, now(), Actor::System, center.id).await.unwrap()
}

/// A row of `users`, which belongs to another domain.
pub async fn user(conn: &mut Conn) -> UserId {
    use diesel_async::SimpleAsyncConnection;
    let id = UserId::new();
    conn.batch_execute(&format!(
        "INSERT INTO users (id, email, email_key, password_hash, display_name, created_at, updated_at) \
         VALUES ('{id}', '{id}@example.com', '{id}@example.com', '-', 'Somebody', now(), now())"
    ))
    .await
    .unwrap();
    id
}

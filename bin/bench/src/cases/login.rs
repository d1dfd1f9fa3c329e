//! Logging in.

use anyhow::{Context, Result};
use serde_json::json;

use super::{Scene, ask, text};
use crate::dataset::Facts;
use crate::http::{Connection, Parts, Request};
use crate::load::Workload;

/// Less than any answer to a login has.
const LEAST_ANSWER: usize = 200;

fn request(facts: &Facts, email: &str) -> Request {
    let json = json!({ "email": email, "password": facts.password }).to_string();
    let parts = Parts { method: "POST", target: "/api/v1/auth/login", json: Some(&json), ..Parts::default() };
    Request::new(&parts, 200).at_least(LEAST_ANSWER)
}

/// Logins of customers, each connection's own.
pub(super) async fn logins(scene: &Scene<'_>) -> Result<Workload> {
    let mut connection = scene.open().await?;
    let first = scene.facts.customers.first().context("the data has no customers")?;
    access_token(&mut connection, scene.facts, first).await?;
    let each = (scene.facts.customers.len() / scene.connections).max(1);
    let lists = scene.facts.customers.chunks(each).take(scene.connections);
    let lists: Vec<_> = lists
        .map(|customers| customers.iter().map(|email| vec![request(scene.facts, email)]).collect())
        .collect();
    Ok(Workload::apart(lists))
}

/// Logs in; good for 15 minutes.
pub(super) async fn access_token(connection: &mut Connection, facts: &Facts, email: &str) -> Result<String> {
    let answer = ask(connection, &request(facts, email)).await?;
    text(&answer, "/access_token").map(ToOwned::to_owned)
}

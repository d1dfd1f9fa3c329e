//! Buying: adding to a cart, and checking it out.
//!
//! Every buyer buys listings of their own, so that nobody waits for another's stock; each connection has buyers of its
//! own, as pgbench's clients have.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::browse::available;
use super::login::access_token;
use super::{Scene, Whereabouts};
use crate::http::{Parts, Request};
use crate::load::{Transaction, Workload, next_number};

/// Buyers of each connection.
const BUYERS: usize = 4;
/// Lines in each cart that is added to.
const LINES: usize = 3;
/// Less than any answer has.
const LEAST_CART: usize = 200;
const LEAST_CHECKOUT: usize = 400;
/// Thousandths of a unit: more than any run buys.
const PLENTY: i64 = 900_000_000_000;

/// Someone who is logged in, and what they buy.
struct Buyer {
    token: String,
    offerings: Vec<String>,
}

/// Adds one more of what is in the cart already: the cart stays as long as it is, however long it goes on.
pub(super) async fn additions(scene: &Scene<'_>) -> Result<Workload> {
    let mut connection = scene.open().await?;
    let mut lists: Vec<Vec<Transaction>> = vec![Vec::new(); scene.connections];
    for (number, buyer) in buyers(scene, 0, LINES).await?.iter().enumerate() {
        for offering in &buyer.offerings {
            let request = addition(&buyer.token, offering);
            connection.perform(&request, next_number()).await?;
            lists[number % scene.connections].push(vec![request]);
        }
    }
    Ok(Workload::apart(lists))
}

/// Puts something into an empty cart and checks it out.
pub(super) async fn checkouts(scene: &Scene<'_>) -> Result<Workload> {
    let mut connection = scene.open().await?;
    let mut lists: Vec<Vec<Transaction>> = vec![Vec::new(); scene.connections];
    for (number, buyer) in buyers(scene, scene.connections * BUYERS, 1).await?.iter().enumerate() {
        let offering = buyer.offerings.first().context("a buyer buys nothing")?;
        let parts = Parts {
            method: "POST",
            target: "/api/v1/checkout",
            token: Some(&buyer.token),
            json: Some("{}"),
            keyed: true,
        };
        let checkout = Request::new(&parts, 201).at_least(LEAST_CHECKOUT);
        let transaction = vec![addition(&buyer.token, offering), checkout];
        for request in &transaction {
            connection.perform(request, next_number()).await?;
        }
        lists[number % scene.connections].push(transaction);
    }
    Ok(Workload::apart(lists))
}

fn addition(token: &str, offering: &str) -> Request {
    let json = json!({ "offering_id": offering, "quantity": "1" }).to_string();
    let parts = Parts {
        method: "POST",
        target: "/api/v1/cart/lines",
        token: Some(token),
        json: Some(&json),
        keyed: false,
    };
    Request::new(&parts, 200).at_least(LEAST_CART)
}

/// Customers from `skipped` on, each with `lines` listings that nobody else buys and that do not run out.
async fn buyers(scene: &Scene<'_>, skipped: usize, lines: usize) -> Result<Vec<Buyer>> {
    let mut connection = scene.open().await?;
    let wanted = scene.connections * BUYERS;
    let customers: Vec<&String> = scene.facts.customers.iter().skip(skipped).take(wanted).collect();
    ensure!(customers.len() == wanted, "the data has too few customers: {wanted} are needed after {skipped}");
    let place = scene.place(Whereabouts::Dense);
    let offerings = available(&mut connection, place, wanted * lines).await?;
    ensure!(offerings.len() == wanted * lines, "too few listings can be had: {} are needed", wanted * lines);
    scene
        .client
        .execute("UPDATE pools SET capacity = $1 WHERE id::text = ANY($2)", &[&PLENTY, &offerings])
        .await?;
    let mut buyers = Vec::new();
    for (email, offerings) in customers.into_iter().zip(offerings.chunks(lines)) {
        let token = access_token(&mut connection, scene.facts, email).await?;
        buyers.push(Buyer { token, offerings: offerings.to_vec() });
    }
    Ok(buyers)
}

//! Customers who check out, pay, call off, choose a pickup; vendors who hand over and ship. Whatever they were told is
//! in the ledger.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::market_day::MarketDay;
use crate::person::{Person, Reply, id_of};

/// What a customer was told of an order, last.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Promise {
    pub status: String,
    pub total: i64,
    /// Offerings with their quantities, sorted.
    pub lines: Vec<(Uuid, String)>,
}

#[derive(Debug, Default)]
pub struct Ledger {
    promises: Mutex<HashMap<Uuid, Promise>>,
    /// The checkouts of the accepted requests, by their keys.
    checkouts: Mutex<HashMap<String, Uuid>>,
    /// Why others were refused.
    refusals: Mutex<HashMap<String, usize>>,
    finished: AtomicUsize,
}

impl Ledger {
    pub fn promises(&self) -> HashMap<Uuid, Promise> {
        self.promises.lock().unwrap().clone()
    }

    pub fn checkouts(&self) -> HashMap<String, Uuid> {
        self.checkouts.lock().unwrap().clone()
    }

    pub fn refusals(&self) -> HashMap<String, usize> {
        self.refusals.lock().unwrap().clone()
    }

    /// How many checkouts have been seen to their end.
    pub fn finished(&self) -> usize {
        self.finished.load(Ordering::Relaxed)
    }

    fn promise(&self, order: &Value) {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let line = |line: &Value| (text(&line["offering_id"]).parse().unwrap(), text(&line["quantity"]));
        let mut lines: Vec<_> = order["lines"].as_array().unwrap().iter().map(line).collect();
        lines.sort();
        let total = order["total"]["amount"].as_i64().unwrap();
        let promise = Promise { status: text(&order["status"]), total, lines };
        self.promises.lock().unwrap().insert(id_of(order), promise);
    }

    /// A vendor sees their own lines only, but the same state.
    fn promise_state(&self, order: Uuid, reply: &Value) {
        let mut promises = self.promises.lock().unwrap();
        reply["status"].as_str().unwrap().clone_into(&mut promises.get_mut(&order).unwrap().status);
    }

    fn refuse(&self, reply: &Reply, expected: &[&str]) {
        assert!(expected.contains(&reply.code()), "{}: {}", reply.status, reply.body);
        *self.refusals.lock().unwrap().entry(reply.code().to_owned()).or_default() += 1;
    }
}

/// One customer's share of the day.
pub struct Shopper<'d> {
    pub day: &'d MarketDay,
    pub customer: &'d Person,
    pub ledger: &'d Ledger,
    pub seed: u64,
}

impl Shopper<'_> {
    /// Takes numbers from `next` until it has reached `until`, and checks out once for each.
    pub async fn shop(&self, next: &AtomicUsize, until: usize) {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= until {
                return;
            }
            self.check_out(number).await;
            self.ledger.finished.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn check_out(&self, number: usize) {
        let mut rng = StdRng::seed_from_u64(self.seed ^ (number as u64) << 16);
        let mut offerings: Vec<Uuid> = Vec::new();
        for _ in 0..rng.random_range(1..=3) {
            let scarce = rng.random_bool(0.1);
            let choice = if scarce { &self.day.scarce } else { &self.day.plentiful };
            offerings.push(*choice.choose(&mut rng).unwrap());
        }
        let mut filled = false;
        for (place, offering) in offerings.iter().enumerate() {
            let body = json!({ "offering_id": offering, "quantity": rng.random_range(1..=3).to_string() });
            let key = format!("put-{number}-{place}");
            let reply = self.customer.posts("/api/v1/cart/lines", &key, &body).await;
            if reply.is_success() {
                filled = true;
            } else {
                self.ledger.refuse(&reply, &["out_of_stock", "not_found"]);
            }
        }
        if !filled {
            return;
        }
        let key = format!("checkout-{number}");
        let reply = self.customer.posts("/api/v1/checkout", &key, &json!({})).await;
        if !reply.is_success() {
            // Not `empty_cart`: a repetition must find the first one's answer, not its effect.
            self.ledger.refuse(&reply, &["out_of_stock", "cart_problems"]);
            return self.empty_cart().await;
        }
        self.ledger.checkouts.lock().unwrap().insert(key, id_of(&reply.body));
        for order in reply.body["orders"].as_array().unwrap() {
            self.ledger.promise(order);
        }
        for order in reply.body["orders"].as_array().unwrap() {
            self.follow(order, &mut rng).await;
        }
    }

    async fn empty_cart(&self) {
        let cart = self.customer.gets("/api/v1/cart").await.done();
        for line in cart["lines"].as_array().unwrap() {
            let path = format!("/api/v1/cart/lines/{}", line["offering_id"].as_str().unwrap());
            let reply = self.customer.insists(Method::DELETE, &path, None, None).await;
            assert!(reply.is_success() || reply.status == 404, "{}", reply.body);
        }
    }

    /// What becomes of an order.
    async fn follow(&self, order: &Value, rng: &mut StdRng) {
        let id = id_of(order);
        let vendor: Uuid = order["lines"][0]["vendor_id"].as_str().unwrap().parse().unwrap();
        let vendor = &self.day.vendors[&vendor];
        let reason = json!({ "reason": "changed my mind" });
        match rng.random_range(0..100) {
            0..20 => return,
            20..32 => return self.step(self.customer, id, "cancel", &reason).await.map_or((), drop),
            _ => {}
        }
        if self.step(self.customer, id, "mock_pay", &json!(null)).await.is_none() {
            return;
        }
        let further = rng.random_range(0..100);
        if further < 15 {
            self.step(self.customer, id, "cancel", &reason).await;
        } else if further < 70 && order["fulfilment"] == "pickup" {
            let window = self.day.windows.choose(rng).unwrap();
            let choice = json!({ "center_id": self.day.center, "window": window });
            self.step(self.customer, id, "pickup", &choice).await;
            match rng.random_range(0..100) {
                0..50 => self.step(vendor, id, "complete", &json!(null)).await.map_or((), drop),
                50..60 => self.step(self.customer, id, "cancel", &reason).await.map_or((), drop),
                _ => {}
            }
        } else if further < 70 {
            self.step(vendor, id, "ship", &json!({ "tracking_reference": "1Z" })).await;
            if rng.random_bool(0.5) {
                self.step(vendor, id, "deliver", &json!(null)).await;
            }
        }
    }

    /// Nothing when it came too late.
    async fn step(&self, who: &Person, order: Uuid, step: &str, body: &Value) -> Option<()> {
        let path = format!("/api/v1/orders/{order}/{step}");
        let body = if body.is_null() { None } else { Some(body) };
        let key = format!("{step}-{order}");
        let reply = who.insists(Method::POST, &path, Some(&key), body).await;
        if reply.is_success() {
            self.ledger.promise_state(order, &reply.body);
            Some(())
        } else {
            self.ledger.refuse(&reply, &["payment_too_late", "wrong_order_state"]);
            None
        }
    }
}

//! Those who buy without an account: a cart that is known by its token, and the orders that came of it by theirs.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::actors::{Answer, Market, id_of};

const LINES: &str = "/api/v1/cart/lines";
pub const CHECKOUT: &str = "/api/v1/checkout/guest";

/// A guest with a cart.
pub struct Guest<'m> {
    pub market: &'m Market,
    pub token: String,
}

/// A guest with orders.
pub struct Bought<'m> {
    pub market: &'m Market,
    pub token: String,
    pub checkout: Uuid,
    pub orders: Vec<Uuid>,
}

/// Who a guest is and where their parcels go.
pub fn particulars(email: &str) -> Value {
    json!({
        "email": email,
        "ship_to": {
            "name": "Gwen Guest", "line1": "12 Elm Street", "city": "Omaha", "state": "NE", "postal_code": "68102",
        },
    })
}

impl<'m> Guest<'m> {
    /// The guest, and the answer that began the cart.
    pub async fn begins(market: &'m Market, offering: Uuid, quantity: &str) -> (Self, Value) {
        let body = json!({ "offering_id": offering, "quantity": quantity });
        let cart = Answer::to(market.server.post(LINES).json(&body)).await.done();
        let token = cart["cart_token"].as_str().unwrap().to_owned();
        (Self { market, token }, cart)
    }

    pub async fn puts(&self, offering: Uuid, quantity: &str) -> Value {
        let body = json!({ "offering_id": offering, "quantity": quantity });
        Answer::to(self.market.server.post(LINES).header("x-cart-token", &self.token).json(&body))
            .await
            .done()
    }

    pub async fn cart(&self) -> Value {
        Answer::to(self.market.server.get("/api/v1/cart").header("x-cart-token", &self.token)).await.done()
    }

    pub async fn checks_out(&self) -> Answer {
        self.checks_out_as(&Uuid::new_v4().to_string(), &particulars("gwen@example.com")).await
    }

    pub async fn checks_out_as(&self, key: &str, body: &Value) -> Answer {
        let request = self.market.server.post(CHECKOUT).header("x-cart-token", &self.token);
        Answer::to(request.header("idempotency-key", key).json(body)).await
    }

    /// Checks out, which must work.
    pub async fn buys(&self) -> Bought<'m> {
        Bought::of(self.market, &self.checks_out().await.done())
    }
}

impl<'m> Bought<'m> {
    pub fn of(market: &'m Market, checkout: &Value) -> Self {
        let orders = checkout["orders"].as_array().unwrap().iter().map(id_of).collect();
        let token = checkout["order_token"].as_str().unwrap().to_owned();
        Self { market, token, checkout: id_of(checkout), orders }
    }

    pub fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.market.server.ask(method, path).header("x-order-token", &self.token)
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::to(self.ask(Method::GET, path)).await
    }

    /// The one order there is.
    pub fn only(&self) -> Uuid {
        assert_eq!(self.orders.len(), 1);
        self.orders[0]
    }

    pub async fn order(&self) -> Value {
        self.get(&format!("/api/v1/orders/{}", self.only())).await.done()
    }

    pub async fn pays(&self) -> Answer {
        Answer::to(self.ask(Method::POST, &format!("/api/v1/orders/{}/mock_pay", self.only()))).await
    }

    pub async fn cancels(&self, reason: &str) -> Answer {
        let path = format!("/api/v1/orders/{}/cancel", self.only());
        Answer::to(self.ask(Method::POST, &path).json(&json!({ "reason": reason }))).await
    }
}

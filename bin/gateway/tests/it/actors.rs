//! Those who trade: gardeners, makers, customers and admins, each doing through HTTP what they would do with an app.

use std::ops::Deref;

use kernel::{Clock, ManualClock, SessionId, UserId};
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::Server;

const PASSWORD: &str = "a turnip for your thoughts";

/// Where somebody lives: street, city, postal code in Colorado.
#[derive(Clone, Copy)]
pub struct Spot(&'static str, &'static str, &'static str);

pub const BOULDER: Spot = Spot("1777 Broadway", "Boulder", "80302");
pub const DENVER: Spot = Spot("1701 Wynkoop Street", "Denver", "80202");
pub const FORT_COLLINS: Spot = Spot("400 Remington Street", "Fort Collins", "80524");
pub const COLORADO_SPRINGS: Spot = Spot("30 South Nevada Avenue", "Colorado Springs", "80903");
pub const GRAND_JUNCTION: Spot = Spot("250 North 5th Street", "Grand Junction", "81501");

/// The product, at a clock of the test's.
pub struct Market {
    pub server: Server,
    pub clock: ManualClock,
}

/// Somebody with an account. Their access token is always fresh, however far the clock was moved.
pub struct Actor<'m> {
    pub market: &'m Market,
    pub id: UserId,
    session: SessionId,
}

pub struct Customer<'m>(Actor<'m>);
pub struct Gardener<'m>(Actor<'m>);
pub struct Maker<'m>(Actor<'m>);
pub struct Admin<'m>(Actor<'m>);

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    pub async fn to(request: RequestBuilder) -> Self {
        Self::of(request.send().await.unwrap()).await
    }

    pub async fn of(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let is_page =
            headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        let body = match text {
            text if text.is_empty() => Value::Null,
            page if is_page => Value::String(page),
            json => serde_json::from_str(&json).unwrap(),
        };
        Self { status, headers, body }
    }

    /// What a success says.
    #[track_caller]
    pub fn done(self) -> Value {
        assert!((200..300).contains(&self.status), "{}: {}", self.status, self.body);
        self.body
    }

    /// What a problem of this kind says.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}", self.body);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        self.body
    }
}

impl Market {
    pub async fn open() -> Self {
        Self::open_with(&[]).await
    }

    /// With settings of the test's own.
    pub async fn open_with(settings: &[(&str, &str)]) -> Self {
        let clock = testkit::clock();
        Self { server: Server::start_product_with(&clock, settings).await, clock }
    }

    /// Does what was asked for in the meantime.
    pub async fn work(&self) {
        self.server.running.state.runner.drain().await.unwrap();
    }

    /// What a stranger gets to see.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::to(self.server.get(path)).await
    }

    pub async fn admin(&self, email: &str) -> Admin<'_> {
        let request =
            ::accounts::Superuser { email: email.to_owned(), password: ::accounts::Password::new(PASSWORD) };
        let state = &self.server.running.state;
        ::accounts::make_superuser(&state.database, &state.hasher, self.clock.now(), request).await.unwrap();
        let body = json!({ "email": email, "password": PASSWORD });
        let answer = Answer::to(self.server.post("/api/v1/auth/login").json(&body)).await;
        Admin(self.actor(&answer.done()))
    }

    /// Somebody who has registered and done no more.
    pub async fn newcomer(&self, name: &str) -> Customer<'_> {
        let email = format!("{}@example.com", name.to_lowercase());
        let body = json!({ "email": email, "password": PASSWORD, "display_name": name });
        let answer = Answer::to(self.server.post("/api/v1/auth/register").json(&body)).await;
        Customer(self.actor(&answer.done()))
    }

    /// Somebody who lives there.
    pub async fn customer(&self, name: &str, home: Spot) -> Customer<'_> {
        let customer = self.newcomer(name).await;
        customer.lives_at(home).await;
        customer
    }

    /// Somebody with a garden there and a shop.
    pub async fn gardener(&self, name: &str, home: Spot) -> Gardener<'_> {
        let Customer(actor) = self.customer(name, home).await;
        actor.opens_shop("gardener", &format!("{name}'s Garden")).await;
        Gardener(actor)
    }

    /// Somebody with a workshop there.
    pub async fn maker(&self, name: &str, home: Spot) -> Maker<'_> {
        let Customer(actor) = self.customer(name, home).await;
        actor.opens_shop("maker", &format!("{name}'s Workshop")).await;
        Maker(actor)
    }

    fn actor(&self, signed_in: &Value) -> Actor<'_> {
        let token = signed_in["access_token"].as_str().unwrap();
        let claims = self.server.running.state.signer.verify(self.clock.now(), token).unwrap();
        let (id, session) = (claims.user_id, claims.session_id);
        Actor { market: self, id, session }
    }

    /// Somebody who was put into the database.
    pub fn known(&self, id: UserId) -> Customer<'_> {
        Customer(Actor { market: self, id, session: SessionId::new() })
    }

    /// How much of an offering a stranger could buy.
    pub async fn free(&self, offering: Uuid) -> String {
        let shown = self.get(&format!("/api/v1/offerings/{offering}")).await.done();
        shown["quantity_available"].as_str().unwrap().to_owned()
    }
}

impl Actor<'_> {
    pub fn token(&self) -> String {
        let state = &self.market.server.running.state;
        state.signer.issue(self.market.clock.now(), self.id, self.session).unwrap().token
    }

    pub fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.market.server.ask(method, path).bearer_auth(self.token())
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::to(self.ask(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::to(self.ask(Method::POST, path).json(body)).await
    }

    /// Without a body.
    pub async fn does(&self, path: &str) -> Answer {
        Answer::to(self.ask(Method::POST, path)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        Answer::to(self.ask(Method::PUT, path).json(body)).await
    }

    /// Changes whatever version there is.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        Answer::to(self.ask(Method::PATCH, path).header("if-match", "*").json(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        Answer::to(self.ask(Method::DELETE, path)).await
    }

    /// Saves an address, and waits until it has been found on the map.
    pub async fn lives_at(&self, Spot(line1, city, postal_code): Spot) -> Uuid {
        let body = json!({ "line1": line1, "city": city, "state": "CO", "postal_code": postal_code });
        let address = self.post("/api/v1/me/addresses", &body).await.done();
        self.market.work().await;
        id_of(&address)
    }

    pub async fn opens_shop(&self, kind: &str, name: &str) -> Value {
        let body = json!({ "kind": kind, "business_name": name });
        let shop = self.post("/api/v1/me/vendor", &body).await.done();
        self.market.work().await;
        shop
    }

    pub async fn proposes(&self, name: &str, Spot(line1, city, postal_code): Spot) -> Uuid {
        let body = json!({
            "name": name, "line1": line1, "city": city, "state": "CO", "postal_code": postal_code,
        });
        id_of(&self.post("/api/v1/centers/propose", &body).await.done())
    }

    pub async fn order(&self, order: Uuid) -> Value {
        self.get(&format!("/api/v1/orders/{order}")).await.done()
    }

    /// What this person may do with the order now.
    pub async fn actions(&self, order: Uuid) -> Vec<String> {
        words(&self.order(order).await["actions"])
    }

    /// Takes a step of an order that needs no particulars: `mock_pay`, `complete`, `deliver`.
    pub async fn step(&self, order: Uuid, step: &str) -> Answer {
        self.does(&format!("/api/v1/orders/{order}/{step}")).await
    }

    pub async fn cancels(&self, order: Uuid, reason: &str) -> Answer {
        self.post(&format!("/api/v1/orders/{order}/cancel"), &json!({ "reason": reason })).await
    }
}

impl<'m> Deref for Customer<'m> {
    type Target = Actor<'m>;

    fn deref(&self) -> &Actor<'m> {
        &self.0
    }
}

impl Customer<'_> {
    pub async fn puts(&self, offering: Uuid, quantity: &str) -> Answer {
        let body = json!({ "offering_id": offering, "quantity": quantity });
        self.post("/api/v1/cart/lines", &body).await
    }

    pub async fn cart(&self) -> Value {
        self.get("/api/v1/cart").await.done()
    }

    pub async fn checks_out(&self) -> Answer {
        self.checks_out_as(&Uuid::new_v4().to_string(), &json!({})).await
    }

    pub async fn checks_out_as(&self, key: &str, body: &Value) -> Answer {
        let request = self.ask(Method::POST, "/api/v1/checkout").header("idempotency-key", key);
        Answer::to(request.json(body)).await
    }

    /// Buys one thing as far as its payment.
    pub async fn orders(&self, offering: Uuid, quantity: &str) -> Uuid {
        self.puts(offering, quantity).await.done();
        let checkout = self.checks_out().await.done();
        assert_eq!(checkout["orders"].as_array().unwrap().len(), 1, "{checkout}");
        id_of(&checkout["orders"][0])
    }

    pub async fn pays(&self, order: Uuid) -> Answer {
        self.step(order, "mock_pay").await
    }

    /// The windows that can be chosen at a center.
    pub async fn windows(&self, center: Uuid) -> Vec<String> {
        let calendar = self.get(&format!("/api/v1/centers/{center}/windows")).await.done();
        let windows = calendar["items"].as_array().unwrap().iter();
        windows.map(|window| window["window"].as_str().unwrap().to_owned()).collect()
    }

    pub async fn picks_up(&self, order: Uuid, center: Uuid, window: &str) -> Answer {
        let body = json!({ "center_id": center, "window": window });
        self.post(&format!("/api/v1/orders/{order}/pickup"), &body).await
    }
}

impl<'m> Deref for Gardener<'m> {
    type Target = Actor<'m>;

    fn deref(&self) -> &Actor<'m> {
        &self.0
    }
}

impl Gardener<'_> {
    pub async fn grows(&self, name: &str) -> Uuid {
        id_of(&self.post("/api/v1/plants", &json!({ "name": name })).await.done())
    }

    /// Grows something and sells what it yields.
    pub async fn lists(&self, name: &str, unit: &str, cents: i64, quantity: &str) -> Uuid {
        let plant = self.grows(name).await;
        id_of(&self.post("/api/v1/listings", &produce(plant, unit, cents, quantity)).await.done())
    }
}

impl<'m> Deref for Maker<'m> {
    type Target = Actor<'m>;

    fn deref(&self) -> &Actor<'m> {
        &self.0
    }
}

impl Maker<'_> {
    pub async fn makes(&self, title: &str, cents: i64, stock: &str) -> Uuid {
        let body = json!({
            "sku": title, "title": title, "stock_quantity": stock,
            "price": { "amount": cents, "currency": "USD" },
        });
        id_of(&self.post("/api/v1/products", &body).await.done())
    }
}

impl<'m> Deref for Admin<'m> {
    type Target = Actor<'m>;

    fn deref(&self) -> &Actor<'m> {
        &self.0
    }
}

impl Admin<'_> {
    /// `approve` or `reactivate`.
    pub async fn lets(&self, center: Uuid, decision: &str) {
        self.does(&format!("/api/v1/admin/centers/{center}/{decision}")).await.done();
        self.market.work().await;
    }

    pub async fn closes(&self, center: Uuid) {
        let body = json!({ "reason": "the roof leaks" });
        self.post(&format!("/api/v1/admin/centers/{center}/deactivate"), &body).await.done();
        self.market.work().await;
    }

    /// A center that has been approved.
    pub async fn runs_center(&self, name: &str, spot: Spot) -> Uuid {
        let center = self.proposes(name, spot).await;
        self.lets(center, "approve").await;
        center
    }
}

/// A listing's body.
pub fn produce(plant: Uuid, unit: &str, cents: i64, quantity: &str) -> Value {
    json!({
        "plant_id": plant, "type": "PRODUCE", "unit": unit, "quantity_available": quantity,
        "price": { "amount": cents, "currency": "USD" },
    })
}

#[track_caller]
pub fn id_of(thing: &Value) -> Uuid {
    thing["id"].as_str().unwrap().parse().unwrap()
}

/// The texts of a list.
#[track_caller]
pub fn words(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

/// One member of every item of a list.
#[track_caller]
pub fn each<'v>(list: &'v Value, member: &str) -> Vec<&'v str> {
    list.as_array().unwrap().iter().map(|item| item[member].as_str().unwrap_or_default()).collect()
}

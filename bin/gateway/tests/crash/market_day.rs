//! The market before the storm: a center with pickup windows, vendors whose shelves are full or nearly empty, customers
//! with money.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::machine::{ADMIN, Gateway};
use crate::person::{Person, Trials, id_of};

/// More than everybody can buy.
const PLENTY: i64 = 1_000_000;
/// Sold out long before the end.
const SCARCE: i64 = 40;
const WINDOW_PLACES: i64 = 10_000;

pub struct MarketDay {
    pub customers: Vec<Person>,
    pub vendors: HashMap<Uuid, Person>,
    pub plentiful: Vec<Uuid>,
    pub scarce: Vec<Uuid>,
    /// How many of each offering there were in the beginning.
    pub stocked: HashMap<Uuid, i64>,
    pub center: Uuid,
    pub windows: Vec<String>,
    pub trials: Arc<Trials>,
}

impl MarketDay {
    pub async fn open(gateway: &Gateway, customers: usize) -> Self {
        let trials = Arc::new(Trials::default());
        let admin = Person::log_in(gateway, &trials, ADMIN).await;
        let mut day = Self {
            customers: Vec::new(),
            vendors: HashMap::new(),
            plentiful: Vec::new(),
            scarce: Vec::new(),
            stocked: HashMap::new(),
            center: open_center(&admin).await,
            windows: Vec::new(),
            trials,
        };
        let calendar = admin.gets(&format!("/api/v1/centers/{}/windows", day.center)).await.done();
        let windows = calendar["items"].as_array().unwrap().iter().take(4);
        day.windows = windows.map(|window| window["window"].as_str().unwrap().to_owned()).collect();
        assert_eq!(day.windows.len(), 4, "{calendar}");
        for name in ["Gale", "Gwen"] {
            let gardener = day.vendor(gateway, name, "gardener").await;
            for crop in ["kale", "tomato", "basil"] {
                day.list(&gardener, crop, PLENTY).await;
            }
            day.list(&gardener, "truffle", SCARCE).await;
        }
        for name in ["Mo", "Mia"] {
            let maker = day.vendor(gateway, name, "maker").await;
            for ware in ["mug", "bowl"] {
                day.make(&maker, ware, PLENTY).await;
            }
            day.make(&maker, "teapot", SCARCE).await;
        }
        for number in 0..customers {
            let customer = Person::register(gateway, &day.trials, &format!("Casey{number}")).await;
            settle(&customer, "1701 Wynkoop Street", "Denver", "80202").await;
            day.customers.push(customer);
        }
        day
    }

    async fn vendor(&mut self, gateway: &Gateway, name: &str, kind: &str) -> Person {
        let vendor = Person::register(gateway, &self.trials, name).await;
        settle(&vendor, "1777 Broadway", "Boulder", "80302").await;
        let shop = json!({ "kind": kind, "business_name": format!("{name}'s") });
        vendor.posts("/api/v1/me/vendor", name, &shop).await.done();
        self.vendors.insert(vendor.id, vendor.clone());
        vendor
    }

    async fn list(&mut self, gardener: &Person, crop: &str, quantity: i64) {
        let plant = gardener.posts("/api/v1/plants", crop, &json!({ "name": crop })).await.done();
        let listing = json!({
            "plant_id": id_of(&plant), "type": "PRODUCE", "unit": "each",
            "quantity_available": quantity.to_string(), "price": { "amount": 299, "currency": "USD" },
        });
        // Until the shop's reach is known.
        let listed = eventually("a listing", async || {
            let reply = gardener.posts("/api/v1/listings", &format!("list-{crop}"), &listing).await;
            (!matches!(reply.code(), "not_located" | "out_of_reach" | "not_a_vendor" | "not_a_gardener"))
                .then(|| reply.done())
        });
        let listed = listed.await;
        self.shelve(&listed, quantity);
    }

    async fn make(&mut self, maker: &Person, title: &str, quantity: i64) {
        let product = json!({
            "sku": title, "title": title, "stock_quantity": quantity.to_string(),
            "price": { "amount": 1850, "currency": "USD" },
        });
        let made = eventually("a product", async || {
            let reply = maker.posts("/api/v1/products", &format!("make-{title}"), &product).await;
            (reply.code() != "not_a_vendor").then(|| reply.done())
        });
        let made = made.await;
        self.shelve(&made, quantity);
    }

    fn shelve(&mut self, offering: &Value, quantity: i64) {
        let id = id_of(offering);
        self.stocked.insert(id, quantity);
        if quantity == SCARCE { self.scarce.push(id) } else { self.plentiful.push(id) }
    }
}

/// A center that is approved and open every day.
async fn open_center(admin: &Person) -> Uuid {
    let proposal = json!({
        "name": "The Grange", "line1": "1777 Broadway", "city": "Boulder", "state": "CO", "postal_code": "80302",
    });
    let center = id_of(&admin.posts("/api/v1/centers/propose", "center", &proposal).await.done());
    let path = format!("/api/v1/admin/centers/{center}");
    let windows: Vec<Value> = (1..=7)
        .map(|day| json!({ "weekday": day, "opens": "09:00", "closes": "17:00", "capacity": WINDOW_PLACES }))
        .collect();
    let request =
        admin.ask(Method::PATCH, &path).header("if-match", "*").json(&json!({ "windows": windows }));
    assert!(request.send().await.unwrap().status().is_success());
    admin.posts(&format!("{path}/approve"), "approve", &json!({})).await.done();
    center
}

/// Saves an address and waits until it is on the map.
async fn settle(person: &Person, line1: &str, city: &str, postal_code: &str) {
    let address = json!({ "line1": line1, "city": city, "state": "CO", "postal_code": postal_code });
    let saved = id_of(&person.posts("/api/v1/me/addresses", "home", &address).await.done());
    eventually("an address on the map", async || {
        let shown = person.gets(&format!("/api/v1/me/addresses/{saved}")).await.done();
        shown.to_string().contains("\"located\"").then_some(())
    })
    .await;
}

/// Waits for what happens in another process, for at most 30 s.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "waited in vain for {what}");
        // Another process tells nobody when it is done.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

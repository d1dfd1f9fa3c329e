//! Walks the document: nobody gets past a route without credentials, and nobody gets at what is another's. A new route
//! fails here until the tables below say whose it is.

use std::collections::BTreeMap;
use std::process::Command;

use notifications::{Kind, Subscription};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::actors::{Actor, Admin, Answer, BOULDER, Gardener, Market, id_of, produce};
use crate::document::{Document, Operation};
use crate::guest::Guest;
use crate::pictures::png;

/// What answers to anybody. Everything else asks for a token.
const PUBLIC: &[&str] = &[
    "GET /.well-known/jwks.json",
    "GET /api/centers",
    "GET /api/listings",
    "GET /api/v1/cart",
    "POST /api/v1/cart/lines",
    "PUT /api/v1/cart/lines/{offering_id}",
    "DELETE /api/v1/cart/lines/{offering_id}",
    "POST /api/v1/cart/prices/acknowledge",
    "POST /api/v1/checkout/guest",
    "GET /api/v1/categories",
    "GET /api/v1/centers",
    "GET /api/v1/centers/{id}",
    "GET /api/v1/centers/{id}/windows",
    "GET /api/v1/listings",
    "GET /api/v1/listings/{id}",
    "GET /api/v1/offerings/{id}",
    "GET /api/v1/posts",
    "GET /api/v1/posts/{id}",
    "GET /api/v1/products",
    "GET /api/v1/products/{id}",
    "GET /api/v1/unsubscribe/{token}",
    "POST /api/v1/unsubscribe/{token}",
    "GET /api/v1/vendors/{slug}",
    "GET /api/v1/vendors/{slug}/offerings",
    "GET /health",
    "GET /health/ready",
    "POST /api/v1/auth/login",
    "POST /api/v1/auth/password-reset",
    "POST /api/v1/auth/password-reset/confirm",
    "POST /api/v1/auth/refresh",
    "POST /api/v1/auth/register",
    "POST /api/v1/auth/verify-email",
];

/// What a vendor does, and a customer who is none may not, beyond the paths that name an object.
const OF_VENDORS: &[&str] = &[
    "POST /api/v1/plants",
    "POST /api/v1/listings",
    "POST /api/v1/products",
    "GET /api/v1/me/vendor",
    "PATCH /api/v1/me/vendor",
    "GET /api/v1/me/vendor/images",
    "PUT /api/v1/me/vendor/images",
    "POST /api/v1/posts",
];

/// One of each thing that belongs to somebody, by the beginning of the path that names it.
pub struct Belongings {
    /// Hidden from everybody else: 404.
    pub private: BTreeMap<&'static str, String>,
    /// Under the admins' hand: 403 for everybody else.
    pub administered: BTreeMap<&'static str, String>,
    /// For everybody to read, and for nobody else to change: 404.
    pub told: BTreeMap<&'static str, String>,
    /// For everybody to see.
    pub shown: BTreeMap<&'static str, String>,
    /// A guest's cart with something in it.
    pub cart_token: String,
    /// What a guest bought, by the beginning of the path that names it.
    pub guests: BTreeMap<&'static str, String>,
    /// The token that opens it.
    pub order_token: String,
    /// How their owner sees them.
    views: Vec<&'static str>,
}

/// Calls an operation for an object, with a body that looks right, in whatever version.
async fn call(actor: &Actor<'_>, operation: &Operation, id: &str) -> Answer {
    let mut request = actor.ask(operation.method.clone(), &operation.at(id));
    if operation.is_conditional() {
        request = request.header("if-match", "*");
    }
    request = request.header("idempotency-key", Uuid::new_v4().to_string());
    if operation.takes_order_token() {
        request = request.header("x-order-token", "nobodys");
    }
    if let Some(body) = operation.sample() {
        request = request.json(&body);
    }
    Answer::to(request).await
}

/// The owner has something of every kind.
pub async fn settle(market: &Market, admin: &Admin<'_>, owner: &Gardener<'_>) -> Belongings {
    let post = async |path: &str, body: Value| id_of(&owner.post(path, &body).await.done()).to_string();
    let other = market.gardener("Oren", BOULDER).await;
    let plum = other.lists("Plum", "lb", 300, "10").await;
    let fig = other.lists("Fig", "lb", 300, "10").await;
    let buyer = market.known(owner.id);
    buyer.puts(plum, "1").await.done();
    let checkout = buyer.checks_out().await.done();
    buyer.puts(fig, "1").await.done();

    let maker = market.maker("Mina", BOULDER).await;
    let mug = maker.makes("Mug", 2800, "9").await;
    let (guest, _) = Guest::begins(market, mug, "1").await;
    let bought = guest.buys().await;
    guest.puts(mug, "1").await;

    let plant = owner.grows("Kale").await;
    let listing = post("/api/v1/listings", produce(plant, "lb", 300, "10")).await;
    let mut draft = produce(plant, "lb", 300, "10");
    draft["publish"] = json!(false);
    let draft = post("/api/v1/listings", draft).await;
    let product = json!({
        "sku": "1", "title": "Jam", "price": { "amount": 500, "currency": "USD" }, "stock_quantity": "3",
        "publish": false,
    });
    let product = post("/api/v1/products", product).await;
    let address = owner.get("/api/v1/me/addresses").await.done()["items"][0]["id"].clone();
    let session = owner.get("/api/v1/auth/sessions").await.done()["items"][0]["id"].clone();
    let center = owner.proposes("The Barn", BOULDER).await.to_string();
    let report = json!({ "subject_type": "listing", "subject_id": plum, "reason": "spam" });
    let report = post("/api/v1/reports", report).await;
    let category = json!({ "slug": "greens", "name": "Greens" });
    let category = id_of(&admin.post("/api/v1/admin/categories", &category).await.done()).to_string();
    let image = owner.ask(Method::POST, "/api/v1/images").header("content-type", "image/png");
    let image = id_of(&Answer::to(image.body(png(9, 9, 9))).await.done()).to_string();
    // Or its state would be another one in a moment.
    market.work().await;
    let told = post("/api/v1/posts", json!({ "body": "It has sprouted." })).await;
    let me = owner.get("/api/v1/me").await.done();
    let notification = owner.get("/api/v1/notifications").await.done()["items"][0]["id"].clone();
    let mail = Subscription { user_id: other.id, kind: Kind::Welcome };
    let unsubscribe = market.server.running.state.link_keys.unsubscribe.token(mail).unwrap();

    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (order, checkout) = (text(&checkout["orders"][0]["id"]), text(&checkout["id"]));
    let slug = text(&me["vendor"]["profile"]["slug"]);
    Belongings {
        private: BTreeMap::from([
            ("/api/orders/", order.clone()),
            ("/api/v1/auth/sessions/", text(&session)),
            ("/api/v1/cart/lines/", draft.clone()),
            ("/api/v1/centers/", center.clone()),
            ("/api/v1/checkouts/", checkout),
            ("/api/v1/images/", image),
            ("/api/v1/listings/", draft.clone()),
            ("/api/v1/me/addresses/", text(&address)),
            ("/api/v1/notifications/", text(&notification)),
            ("/api/v1/offerings/", draft),
            ("/api/v1/orders/", order),
            ("/api/v1/plants/", plant.to_string()),
            ("/api/v1/products/", product),
            // Pictures are in a folder here, where nothing is sent directly: see `pictures`.
            ("/api/v1/uploads/", Uuid::new_v4().to_string()),
            ("/api/v1/vendor/offerings/", listing.clone()),
        ]),
        administered: BTreeMap::from([
            ("/api/v1/admin/categories/", category),
            ("/api/v1/admin/centers/", center),
            ("/api/v1/admin/offerings/", listing),
            ("/api/v1/admin/posts/", told.clone()),
            ("/api/v1/admin/reports/", report),
            ("/api/v1/admin/users/", owner.id.to_string()),
        ]),
        told: BTreeMap::from([("/api/v1/posts/", told)]),
        shown: BTreeMap::from([("/api/v1/unsubscribe/", unsubscribe), ("/api/v1/vendors/", slug)]),
        cart_token: guest.token,
        guests: BTreeMap::from([
            ("/api/orders/", bought.only().to_string()),
            ("/api/v1/checkouts/", bought.checkout.to_string()),
            ("/api/v1/orders/", bought.only().to_string()),
        ]),
        order_token: bought.token,
        views: vec![
            "/api/v1/me",
            "/api/v1/me/addresses",
            "/api/v1/notifications",
            "/api/v1/me/notification-preferences",
            "/api/v1/auth/sessions",
            "/api/v1/cart",
            "/api/v1/orders",
            "/api/v1/plants",
            "/api/v1/images",
            "/api/v1/posts",
            "/api/v1/vendor/listings",
            "/api/v1/vendor/products",
        ],
    }
}

/// The longest beginning of the path that the table knows.
pub fn among<'t>(table: &'t BTreeMap<&'static str, String>, path: &str) -> Option<&'t String> {
    let known = table.iter().filter(|(start, _)| path.starts_with(**start));
    known.max_by_key(|(start, _)| start.len()).map(|(_, id)| id)
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_in_without_a_token() {
    let market = Market::open().await;
    let operations = Document::of(&market.server).await.operations();
    let public: Vec<String> =
        operations.iter().filter(|operation| operation.public).map(Operation::name).collect();
    let mut expected: Vec<&str> = PUBLIC.to_vec();
    expected.sort_unstable();
    let mut sorted = public.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected, "what the document calls public, and what shall be");

    for operation in &operations {
        let path = operation.at(&Uuid::new_v4().to_string());
        let answer = Answer::to(market.server.ask(operation.method.clone(), &path)).await;
        if operation.public {
            assert_ne!(answer.body["code"], "unauthenticated", "{}", operation.name());
        } else {
            assert_eq!(answer.status, 401, "{}: {}", operation.name(), answer.body);
            answer.refused(401, "unauthenticated");
        }
        for bad in ["nonsense", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIwIn0.", ""] {
            let asked = market.server.ask(operation.method.clone(), &path).bearer_auth(bad);
            let answer = Answer::to(asked).await;
            if operation.takes_token() {
                assert_eq!(answer.status, 401, "{} with {bad:?}: {}", operation.name(), answer.body);
                assert!(answer.headers.contains_key("www-authenticate"), "{}", operation.name());
                answer.refused(401, "unauthenticated");
            } else {
                assert_ne!(answer.body["code"], "unauthenticated", "{}", operation.name());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_anothers_is_not_there() {
    let market = Market::open().await;
    let admin = market.admin("root@example.com").await;
    admin.runs_center("The Grange", BOULDER).await;
    let owner = market.gardener("Gale", BOULDER).await;
    let things = settle(&market, &admin, &owner).await;
    let look = async || {
        let mut seen = Vec::new();
        for path in &things.views {
            seen.push(owner.get(path).await.done());
        }
        seen
    };
    let before = look().await;
    let vendor = market.gardener("Vera", BOULDER).await;
    let customer = market.customer("Casey", BOULDER).await;
    let (vendor, customer): (&Actor<'_>, &Actor<'_>) = (&vendor, &customer);

    let operations = Document::of(&market.server).await.operations();
    for operation in operations.iter().filter(|operation| operation.is_templated()) {
        let name = operation.name();
        let private = among(&things.private, &operation.path);
        let administered = among(&things.administered, &operation.path);
        let shown = among(&things.shown, &operation.path);
        let told = among(&things.told, &operation.path);
        let known = [private, administered, shown, told].into_iter().flatten().count();
        assert_eq!(known, 1, "{name}: say in `settle` whose it is");
        for other in [vendor, customer] {
            if let Some(id) = private {
                let answer = call(other, operation, id).await;
                assert_eq!((answer.status, &answer.body["code"]), (404, &json!("not_found")), "{name}");
            }
            if let Some(id) = administered {
                let answer = call(other, operation, id).await;
                assert_eq!((answer.status, &answer.body["code"]), (403, &json!("forbidden")), "{name}");
                // Whether there is such a thing is not told either.
                let nothing = call(other, operation, &Uuid::new_v4().to_string()).await;
                assert_eq!(nothing.status, 403, "{name}");
            }
            if let Some(id) = told {
                let expected = if operation.method == Method::GET { 200 } else { 404 };
                assert_eq!(call(other, operation, id).await.status, expected, "{name}");
            }
            if let Some(id) = shown {
                assert_eq!(call(other, operation, id).await.status, 200, "{name}");
            }
        }
        if private.is_some() || administered.is_some() {
            let nothing = call(&admin, operation, &Uuid::new_v4().to_string()).await;
            assert_eq!(nothing.status, 404, "{name}: {}", nothing.body);
        }
    }

    // Nor do those without an account find what a guest bought, who alone has its token.
    let mut opened = 0;
    for operation in operations.iter().filter(|operation| operation.takes_order_token()) {
        let name = operation.name();
        let id =
            among(&things.guests, &operation.path).unwrap_or_else(|| panic!("{name}: what would it open?"));
        for (token, status) in [("nobodys", 404), (things.cart_token.as_str(), 404), (id.as_str(), 404)] {
            let asked = market.server.ask(operation.method.clone(), &operation.at(id));
            let asked = asked.header("x-order-token", token).json(&operation.sample());
            let answer = Answer::to(asked).await;
            let expected = if operation.path.ends_with("/claim") { 401 } else { status };
            assert_eq!(answer.status, expected, "{name}: {}", answer.body);
        }
        for other in [vendor, customer] {
            assert_eq!(call(other, operation, id).await.status, 404, "{name}");
        }
        if operation.method == Method::GET {
            let asked = market.server.get(&operation.at(id)).header("x-order-token", &things.order_token);
            assert_eq!(Answer::to(asked).await.status, 200, "{name}");
            opened += 1;
        }
    }
    assert_eq!(opened, 3, "an order, its timeline, its checkout");

    // What is on sale is there for everybody to see, and for nobody else to change.
    let on_sale = &things.private["/api/v1/vendor/offerings/"];
    let place = |operation: &&Operation| {
        ["/api/v1/listings/{id}", "/api/v1/products/{id}", "/api/v1/offerings/{id}"]
            .contains(&operation.path.as_str())
    };
    for operation in operations.iter().filter(place) {
        for other in [vendor, customer] {
            let expected = if operation.method == Method::GET { 200 } else { 404 };
            assert_eq!(call(other, operation, on_sale).await.status, expected, "{}", operation.name());
        }
    }
    let fig = &before[5]["lines"][0]["offering_id"];
    let line = format!("/api/v1/cart/lines/{}", fig.as_str().unwrap());
    customer.delete(&line).await.refused(404, "not_found");
    assert_eq!(look().await, before, "nothing of the owner's has changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_do_not_do_what_vendors_and_admins_do() {
    let market = Market::open().await;
    let customer = market.customer("Casey", BOULDER).await;
    let vendor = market.gardener("Vera", BOULDER).await;
    let (customer, vendor): (&Actor<'_>, &Actor<'_>) = (&customer, &vendor);
    let operations = Document::of(&market.server).await.operations();
    let of_vendors: Vec<&Operation> =
        operations.iter().filter(|operation| OF_VENDORS.contains(&operation.name().as_str())).collect();
    assert_eq!(of_vendors.len(), OF_VENDORS.len());
    for operation in of_vendors {
        let answer = call(customer, operation, "").await;
        // Nobody but a gardener has a plant that a listing could be of.
        let plantless = answer.body["errors"][0]["pointer"] == "/plant_id";
        assert!(plantless || [403, 404].contains(&answer.status), "{}: {}", operation.name(), answer.body);
    }
    let lists = operations
        .iter()
        .filter(|operation| operation.path.starts_with("/api/v1/vendor/") && !operation.is_templated());
    for list in lists {
        assert_eq!(list.method, Method::GET, "{}", list.name());
        let mine = call(customer, list, "").await;
        assert!(mine.status >= 400 || mine.body["items"] == json!([]), "{}: {}", list.name(), mine.body);
    }
    let of_admins = operations.iter().filter(|operation| operation.path.contains("/admin/"));
    for operation in of_admins {
        for actor in [customer, vendor] {
            let answer = call(actor, operation, &Uuid::new_v4().to_string()).await;
            assert_eq!(answer.status, 403, "{}: {}", operation.name(), answer.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_valid() {
    let market = Market::open().await;
    let document = Document::of(&market.server).await;
    let mut ids: Vec<String> = document.operations().into_iter().map(|operation| operation.id).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "every operation has a name of its own");

    let file = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
    std::fs::write(file.path(), document.0.to_string()).unwrap();
    let checked =
        Command::new(testkit::python()).args(["-m", "openapi_spec_validator"]).arg(file.path()).output();
    let checked = checked.unwrap();
    let said =
        String::from_utf8_lossy(&checked.stdout).into_owned() + &String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{said}");
}

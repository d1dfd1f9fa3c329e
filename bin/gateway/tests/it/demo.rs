//! The demonstration: made whole or not at all, and of any size.

use diesel::sql_types::{BigInt, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use gateway::demo::{self, Scale};
use gateway::doctor;
use kernel::Clock;
use reqwest::Method;
use serde_json::{Value, json};

use crate::actors::{Answer, Market, id_of};

const SCALE: Scale = Scale { listings: 2000, vendors: None, centers: 100, customers: 10, seed: 1 };

/// Fails as if the process were killed when it comes to write products.
const KILLER: &str = "
CREATE FUNCTION kill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'killed'; END $$;
CREATE TRIGGER killer BEFORE INSERT ON products EXECUTE FUNCTION kill()";
const TABLES: [&str; 8] =
    ["users", "centers", "sellers", "categories", "offerings", "offering_reach", "pools", "events"];

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(diesel::QueryableByName)]
struct Definition {
    #[diesel(sql_type = Text)]
    definition: String,
}

async fn run(market: &Market, script: &str) {
    let mut conn = db::connect(market.server.running.state.database.url()).await.unwrap();
    conn.batch_execute(script).await.unwrap();
}

/// How many rows there are in all of the tables.
async fn rows(market: &Market) -> i64 {
    let mut conn = db::connect(market.server.running.state.database.url()).await.unwrap();
    let counts = TABLES.map(|table| format!("(SELECT count(*) FROM {table})")).join(" + ");
    let query = format!("SELECT {counts} AS count");
    diesel::sql_query(query).get_result::<Count>(&mut conn).await.unwrap().count
}

/// Every index and constraint of the schema.
async fn definitions(market: &Market) -> Vec<String> {
    let mut conn = db::connect(market.server.running.state.database.url()).await.unwrap();
    let query = "SELECT indexdef AS definition FROM pg_indexes WHERE schemaname = 'public' \
                 UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint \
                 ORDER BY definition";
    let found: Vec<Definition> = diesel::sql_query(query).load(&mut conn).await.unwrap();
    found.into_iter().map(|row| row.definition).collect()
}

async fn assert_healthy(market: &Market) {
    let url = market.server.running.state.database.url().to_owned();
    let report = doctor::examine(&url, market.clock.now(), &[]).await.unwrap();
    assert!(report.clean && report.waiting.is_empty(), "{report}");
}

/// Everything a visitor can browse there.
async fn browsed(market: &Market, place: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = market.get(&format!("/api/v1/listings?{place}&limit=100{cursor}")).await.done();
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demonstration_that_is_interrupted_leaves_nothing() {
    let market = Market::open().await;
    let state = &market.server.running.state;
    run(&market, KILLER).await;
    demo::seed(state).await.unwrap_err();
    assert_eq!(rows(&market).await, 0);
    run(&market, "DROP TRIGGER killer ON products").await;
    assert!(demo::seed(state).await.unwrap());
    assert!(!demo::seed(state).await.unwrap(), "the second time it is there");
    assert_healthy(&market).await;
    let shown = browsed(&market, "address=80302").await;
    assert_eq!(shown.len(), 9);
    let login = json!({ "email": demo::CUSTOMER, "password": demo::PASSWORD });
    Answer::to(market.server.post("/api/v1/auth/login").json(&login)).await.done();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_make_the_demonstration_at_once_make_one() {
    let market = Market::open().await;
    let state = &market.server.running.state;
    let (one, other) = tokio::join!(demo::seed(state), demo::seed(state));
    assert_eq!([one.unwrap(), other.unwrap()].into_iter().filter(|made| *made).count(), 1);
    assert_healthy(&market).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_big_demonstration_is_what_the_product_would_have_made() {
    let market = Market::open().await;
    let state = &market.server.running.state;
    assert!(demo::seed(state).await.unwrap(), "beside the small one");
    let summary = demo::grow(state, &SCALE).await.unwrap();
    assert_eq!((summary.listings, summary.added, summary.vendors), (2000, 2000, 100));
    market.work().await;
    assert_healthy(&market).await;

    // Somebody in the city reaches half of it, somebody in the corner next to nothing.
    let small = 9;
    for (visitor, least, most) in [(&summary.dense, 980, 1020), (&summary.sparse, 1, 9)] {
        let place = format!("lat={}&lon={}", visitor.lat, visitor.lon);
        let by_point = browsed(&market, &place).await;
        let by_zip = browsed(&market, &format!("address={}", visitor.zip)).await;
        assert_eq!(by_point.len(), by_zip.len());
        assert!((least..=most + small).contains(&by_point.len()), "{visitor:?}: {}", by_point.len());
        assert!(by_point.len() >= visitor.listings, "{visitor:?}");
        let page = market.get(&format!("/api/v1/listings?{place}&limit=1")).await.done();
        let centers = page["place"]["centers_in_reach"].as_u64().unwrap();
        assert!(centers >= visitor.centers as u64, "{page}");
    }
    let place = format!("address={}", summary.dense.zip);
    let common = browsed(&market, &format!("{place}&q={}", summary.common_word)).await.len();
    let rare = browsed(&market, &format!("{place}&q={}", summary.rare_word)).await.len();
    assert!(common > 30 && rare < common / 5, "{common} and {rare}");

    // Its people log in and buy: something to pick up and something that ships.
    for visitor in [&summary.dense, &summary.sparse] {
        let email = visitor.customer_email.replace("{n}", "0001");
        let login = json!({ "email": email, "password": summary.password });
        let signed_in = Answer::to(market.server.post("/api/v1/auth/login").json(&login)).await.done();
        let token = signed_in["access_token"].as_str().unwrap();
        let ask = |method: Method, path: &str| market.server.ask(method, path).bearer_auth(token);
        let listing = browsed(&market, &format!("address={}&kind=listing", visitor.zip)).await.remove(0);
        let line = json!({ "offering_id": listing["id"], "quantity": "1" });
        Answer::to(ask(Method::POST, "/api/v1/cart/lines").json(&line)).await.done();
        let checkout =
            ask(Method::POST, "/api/v1/checkout").header("idempotency-key", &email).json(&json!({}));
        let order = id_of(&Answer::to(checkout).await.done()["orders"][0]);
        Answer::to(ask(Method::POST, &format!("/api/v1/orders/{order}/mock_pay"))).await.done();
        let centers = Answer::to(ask(Method::GET, &format!("/api/v1/orders/{order}/centers"))).await.done();
        let center = id_of(&centers["centers"][0]);
        let windows = market.get(&format!("/api/v1/centers/{center}/windows")).await.done();
        let pickup = json!({ "center_id": center, "window": windows["items"][0]["window"] });
        let pickup = ask(Method::POST, &format!("/api/v1/orders/{order}/pickup")).json(&pickup);
        assert_eq!(Answer::to(pickup).await.done()["status"], "SCHEDULED");
    }
    market.work().await;
    assert_healthy(&market).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_big_demonstration_grows_and_does_not_shrink() {
    let market = Market::open().await;
    let state = &market.server.running.state;
    let before = definitions(&market).await;
    let smaller = Scale { listings: 1000, centers: 20, ..SCALE };
    // So many that the indexes are made anew.
    let bigger = Scale { listings: 21_500, vendors: Some(400), centers: 40, customers: 20, ..SCALE };
    demo::grow(state, &smaller).await.unwrap();
    let rows_before = rows(&market).await;
    run(&market, KILLER).await;
    demo::grow(state, &bigger).await.unwrap_err();
    assert_eq!(rows(&market).await, rows_before, "a load that is interrupted leaves what was there");
    assert_eq!(definitions(&market).await, before);
    run(&market, "DROP TRIGGER killer ON products").await;
    let summary = demo::grow(state, &bigger).await.unwrap();
    assert_eq!((summary.added, summary.vendors, summary.centers), (20_500, 400, 40));
    assert_eq!(definitions(&market).await, before);
    assert_eq!(demo::grow(state, &bigger).await.unwrap().added, 0);
    let refusal = demo::grow(state, &smaller).await.unwrap_err().to_string();
    assert_eq!(refusal, "there are 21500 listings of the demonstration already, and 1000 were asked for");
    market.work().await;
    assert_healthy(&market).await;
}

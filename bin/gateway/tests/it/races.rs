//! Many at once: exactly what there is gets sold, nobody waits for ever, and nothing is done twice.

use diesel::sql_types::{Array, BigInt, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures_util::future::join_all;
use kernel::UserId;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::actors::{Answer, BOULDER, Customer, Market, id_of};
use crate::guest::Guest;
use crate::pictures::{arrange, png, send};

/// A connection for everybody: who is refused shall be so for lack of stock, not of connections.
const ROOM: (&str, &str) = ("DATABASE_MAX_CONNECTIONS", "210");

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

async fn count(market: &Market, sql: &str) -> i64 {
    let mut conn = market.server.running.state.conn().await.unwrap();
    diesel::sql_query(sql).get_result::<Count>(&mut conn).await.unwrap().count
}

/// Puts so many located customers into the database, each with one line in the cart: hashing as many passwords would
/// take longer than the race.
async fn crowd(market: &Market, size: usize, offering: Uuid, cents: i64) -> Vec<Customer<'_>> {
    let people: Vec<UserId> = (0..size).map(|_| UserId::new()).collect();
    let ids: Vec<Uuid> = people.iter().map(|id| id.0).collect();
    let mut conn = market.server.running.state.conn().await.unwrap();
    for statement in [
        "INSERT INTO users (id, email, email_key, password_hash, display_name, created_at, updated_at)
         SELECT id, id || '@example.com', id || '@example.com', '-', 'Somebody', now(), now() FROM unnest($1) AS id",
        "INSERT INTO addresses (id, user_id, line1, city, state, postal_code, country, is_primary, lat, lon,
                                geocode_status, geocode_confidence, geocoded_at, created_at, updated_at)
         SELECT gen_random_uuid(), id, '1 Pearl St', 'Boulder', 'CO', '80302', 'US', true, 40.02, -105.28,
                'located', 'postal_code', now(), now(), now() FROM unnest($1) AS id",
        "INSERT INTO carts (id, user_id, created_at, updated_at) SELECT id, id, now(), now() FROM unnest($1) AS id",
    ] {
        diesel::sql_query(statement).bind::<Array<SqlUuid>, _>(&ids).execute(&mut conn).await.unwrap();
    }
    let lines = "INSERT INTO cart_lines (id, cart_id, offering_id, quantity, seen_price_minor, created_at)
                 SELECT gen_random_uuid(), id, $2, 1000, $3, now() FROM unnest($1) AS id";
    let lines = diesel::sql_query(lines).bind::<Array<SqlUuid>, _>(&ids);
    lines.bind::<SqlUuid, _>(offering).bind::<BigInt, _>(cents).execute(&mut conn).await.unwrap();
    people.into_iter().map(|id| market.known(id)).collect()
}

/// Whatever happened, every pool stands where its movements say, and none is oversold.
async fn books_balance(market: &Market) {
    let wrong = "SELECT count(*) FROM pools \
                 JOIN (SELECT pool_id, sum(capacity_delta) AS made, sum(taken_delta) AS held FROM movements \
                       GROUP BY pool_id) AS moved ON pool_id = pools.id \
                 WHERE taken < 0 OR taken > capacity OR capacity <> made OR taken <> held";
    assert_eq!(count(market, wrong).await, 0);
    let held = "SELECT count(*) FROM pools WHERE taken <> \
                (SELECT coalesce(sum(quantity), 0) FROM hold_lines WHERE pool_id = pools.id AND live)";
    assert_eq!(count(market, held).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_want_the_last_ten() {
    let market = Market::open_with(&[ROOM]).await;
    market.admin("root@example.com").await.runs_center("The Grange", BOULDER).await;
    let gardener = market.gardener("Gale", BOULDER).await;
    let kale = gardener.lists("Kale", "bundle", 350, "10").await;
    let crowd = crowd(&market, 200, kale, 350).await;
    let answers = join_all(crowd.iter().map(Customer::checks_out)).await;

    let (sold, refused): (Vec<&Answer>, Vec<&Answer>) =
        answers.iter().partition(|answer| answer.status == 201);
    let refusals: Vec<_> =
        refused.iter().map(|answer| (answer.status, answer.body["code"].as_str())).collect();
    assert_eq!(refusals, [(409, Some("out_of_stock")); 190]);
    assert_eq!(sold.len(), 10);
    assert_eq!(market.free(kale).await, "0");
    assert_eq!(count(&market, "SELECT count(*) FROM orders").await, 10);
    assert_eq!(count(&market, "SELECT count(*) FROM checkouts").await, 10);
    assert_eq!(
        count(&market, "SELECT count(*) FROM carts WHERE id IN (SELECT cart_id FROM cart_lines)").await,
        190
    );
    books_balance(&market).await;

    // Everybody pays, half of them call it off, and the next come.
    for order in sold.iter().map(|answer| &answer.body["orders"][0]) {
        let customer = crowd.iter().find(|customer| order["customer_id"] == json!(customer.id)).unwrap();
        customer.pays(id_of(order)).await.done();
    }
    let half = join_all(sold.iter().take(5).map(async |answer| {
        let order = &answer.body["orders"][0];
        let customer = crowd.iter().find(|customer| order["customer_id"] == json!(customer.id)).unwrap();
        customer.cancels(id_of(order), "too much kale").await
    }));
    let again = join_all(crowd.iter().map(Customer::checks_out));
    let (cancelled, again) = tokio::join!(half, again);
    assert!(cancelled.iter().all(|answer| answer.status == 200), "{cancelled:?}");
    let later = again.iter().filter(|answer| answer.status == 201).count();
    assert!(again.iter().all(|answer| [201, 409].contains(&answer.status)), "{again:?}");
    assert_eq!(market.free(kale).await, (5 - later).to_string());
    books_balance(&market).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn carts_in_opposite_order_do_not_wait_for_each_other() {
    let market = Market::open_with(&[("DATABASE_MAX_CONNECTIONS", "60")]).await;
    market.admin("root@example.com").await.runs_center("The Grange", BOULDER).await;
    let gardener = market.gardener("Gale", BOULDER).await;
    let kale = gardener.lists("Kale", "bundle", 350, "1000").await;
    let plum = gardener.lists("Plum", "lb", 300, "1000").await;
    for _ in 0..3 {
        let (up, down) = (crowd(&market, 20, kale, 350).await, crowd(&market, 20, plum, 300).await);
        let adds =
            up.iter().map(|customer| (customer, plum)).chain(down.iter().map(|customer| (customer, kale)));
        for answer in join_all(adds.map(|(customer, offering)| customer.puts(offering, "1"))).await {
            answer.done();
        }
        let answers = join_all(up.iter().chain(&down).map(Customer::checks_out)).await;
        let failed: Vec<&Value> =
            answers.iter().filter(|answer| answer.status != 201).map(|answer| &answer.body).collect();
        assert!(failed.is_empty(), "{failed:?}");
    }
    assert_eq!((market.free(kale).await.as_str(), market.free(plum).await.as_str()), ("880", "880"));
    books_balance(&market).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_requests_with_one_key_are_one_checkout() {
    let market = Market::open_with(&[("DATABASE_MAX_CONNECTIONS", "60")]).await;
    market.admin("root@example.com").await.runs_center("The Grange", BOULDER).await;
    let gardener = market.gardener("Gale", BOULDER).await;
    let kale = gardener.lists("Kale", "bundle", 350, "10").await;
    let crowd = crowd(&market, 1, kale, 350).await;
    let customer = &crowd[0];
    let body = json!({});
    let answers = join_all((0..50).map(|_| customer.checks_out_as("once", &body))).await;

    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [201; 50]);
    assert!(answers.iter().all(|answer| answer.body == answers[0].body));
    assert!(answers.iter().all(|answer| answer.headers["location"] == answers[0].headers["location"]));
    let replayed = answers.iter().filter(|answer| answer.headers.get("idempotent-replayed").is_some());
    assert_eq!(replayed.count(), 49);
    assert_eq!(count(&market, "SELECT count(*) FROM checkouts").await, 1);
    assert_eq!(market.free(kale).await, "9");
    let other = json!({ "ship_to_address_id": customer.id });
    customer.checks_out_as("once", &other).await.refused(422, "idempotency_key_reused");

    let order = id_of(&answers[0].body["orders"][0]);
    let paid = join_all((0..30).map(|_| customer.pays(order))).await;
    assert!(paid.iter().all(|answer| answer.status == 200 && answer.body == paid[0].body), "{paid:?}");
    assert_eq!(count(&market, "SELECT count(*) FROM movements WHERE kind = 'sale'").await, 1);
    assert_eq!(count(&market, "SELECT count(*) FROM events WHERE kind = 'order.paid'").await, 1);
    books_balance(&market).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_place_in_a_window_goes_to_one_of_many() {
    let market = Market::open_with(&[("DATABASE_MAX_CONNECTIONS", "60")]).await;
    let admin = market.admin("root@example.com").await;
    let center = admin.runs_center("The Grange", BOULDER).await;
    let windows =
        json!({ "windows": [{ "weekday": 6, "opens": "09:00", "closes": "11:00", "capacity": 3 }] });
    admin.patch(&format!("/api/v1/admin/centers/{center}"), &windows).await.done();
    let gardener = market.gardener("Gale", BOULDER).await;
    let kale = gardener.lists("Kale", "bundle", 350, "100").await;
    let crowd = crowd(&market, 20, kale, 350).await;
    let windows = crowd[0].windows(center).await;
    let answers = join_all(crowd.iter().map(async |customer| {
        let order = id_of(&customer.checks_out().await.done()["orders"][0]);
        customer.pays(order).await.done();
        customer.picks_up(order, center, &windows[0]).await
    }))
    .await;
    let taken = answers.iter().filter(|answer| answer.status == 200).count();
    let full = answers.iter().filter(|answer| answer.body["code"] == "window_full").count();
    assert_eq!((taken, full), (3, 17), "{answers:?}");
    books_balance(&market).await;
}

/// Payment and expiry, payment and cancellation: whichever comes first, the other finds it done.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_paid_and_called_off_at_once_ends_in_one_way() {
    let market = Market::open_with(&[("DATABASE_MAX_CONNECTIONS", "60")]).await;
    market.admin("root@example.com").await.runs_center("The Grange", BOULDER).await;
    let gardener = market.gardener("Gale", BOULDER).await;
    let kale = gardener.lists("Kale", "bundle", 350, "100").await;
    let crowd = crowd(&market, 20, kale, 350).await;
    let ends = join_all(crowd.iter().map(async |customer| {
        let order = id_of(&customer.checks_out().await.done()["orders"][0]);
        let (paid, cancelled) = tokio::join!(customer.pays(order), gardener.cancels(order, "slugs"));
        assert_eq!(cancelled.status, 200, "{cancelled:?}");
        assert!(paid.status == 200 || paid.body["code"] == "wrong_order_state", "{paid:?}");
        customer.order(order).await["status"].as_str().unwrap().to_owned()
    }))
    .await;
    assert_eq!(ends, ["CANCELLED"; 20]);
    assert_eq!(market.free(kale).await, "100");
    books_balance(&market).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guests_cart_is_checked_out_once_whatever_the_keys() {
    let market = Market::open_with(&[("DATABASE_MAX_CONNECTIONS", "60")]).await;
    let maker = market.maker("Mina", BOULDER).await;
    let mug = maker.makes("Mug", 2800, "100").await;
    let (guest, _) = Guest::begins(&market, mug, "2").await;
    let answers = join_all((0..30).map(|_| guest.checks_out())).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    let empty = answers.iter().filter(|answer| answer.body["code"] == "empty_cart").count();
    assert_eq!((made, empty), (1, 29), "{answers:?}");
    assert_eq!(count(&market, "SELECT count(*) FROM checkouts").await, 1);
    assert_eq!(market.free(mug).await, "98");
    books_balance(&market).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guests_order_is_claimed_by_one_of_many() {
    let market = Market::open_with(&[("DATABASE_MAX_CONNECTIONS", "60")]).await;
    let maker = market.maker("Mina", BOULDER).await;
    let mug = maker.makes("Mug", 2800, "100").await;
    let crowd = crowd(&market, 20, mug, 2800).await;
    for _ in 0..5 {
        let bought = Guest::begins(&market, mug, "1").await.0.buys().await;
        let claim = format!("/api/v1/orders/{}/claim", bought.only());
        let claims = join_all(crowd.iter().map(|customer| {
            let asked = customer.ask(reqwest::Method::POST, &claim);
            Answer::to(asked.header("x-order-token", &bought.token))
        }));
        // The guest pays meanwhile, or finds that it is no longer theirs.
        let (claims, paid) = tokio::join!(claims, bought.pays());
        let winners: Vec<&Answer> = claims.iter().filter(|answer| answer.status == 200).collect();
        let late = claims.iter().filter(|answer| answer.status == 404).count();
        assert_eq!((winners.len(), late), (1, 19), "{claims:?}");
        assert!([200, 404].contains(&paid.status), "{paid:?}");
        let owner = &winners[0].body["orders"][0]["customer_id"];
        let winner = crowd.iter().find(|customer| *owner == json!(customer.id)).unwrap();
        let order = winner.order(bought.only()).await;
        assert_eq!(order["status"], if paid.status == 200 { "PROCESSING" } else { "PENDING" });
        assert_eq!(bought.pays().await.status, 404);
    }
    assert_eq!(count(&market, "SELECT count(*) FROM events WHERE kind = 'order.claimed'").await, 5);
    books_balance(&market).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_arrangements_of_pictures_one_stands_whole_and_is_what_is_shown() {
    const PICTURES: u8 = 4;
    let market = Market::open().await;
    let maker = market.maker("Mina", BOULDER).await;
    let mug = maker.makes("Mug", 2800, "9").await;
    let (path, detail) = (format!("/api/v1/products/{mug}/images"), format!("/api/v1/products/{mug}"));
    for round in 0..4 {
        // Not rendered yet: that happens while they are arranged.
        let mut images = Vec::new();
        for number in 0..PICTURES {
            let sent = send(&maker, "image/png", png(330, 30, 50 * round + 10 * number)).await;
            images.push(id_of(&sent.done()));
        }
        let orders: Vec<Vec<Uuid>> = (0..6)
            .map(|turn| {
                let mut order = images.clone();
                order.rotate_left(turn % images.len());
                order.truncate(images.len() - turn / 4);
                order
            })
            .collect();
        let arranging = join_all(orders.iter().map(|order| arrange(&maker, &path, order)));
        let (first, alt) = (format!("/api/v1/images/{}", images[0]), json!({ "alt": "A mug" }));
        let (arranged, described, ()) = tokio::join!(arranging, maker.patch(&first, &alt), market.work());
        for answer in arranged {
            answer.done();
        }
        described.done();
        market.work().await;

        let own = maker.get(&path).await.done();
        let stands: Vec<Uuid> = own["items"].as_array().unwrap().iter().map(id_of).collect();
        assert!(orders.contains(&stands), "a mixture: {stands:?}");
        let shown = market.get(&detail).await.done();
        let own: Vec<_> = own["items"].as_array().unwrap().iter().map(|image| &image["picture"]).collect();
        assert_eq!(shown["pictures"].as_array().unwrap().iter().collect::<Vec<_>>(), own);
    }
}

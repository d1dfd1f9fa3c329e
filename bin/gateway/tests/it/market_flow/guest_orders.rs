//! What guests buy without an account, and how it becomes somebody's.

use std::collections::BTreeSet;

use chrono::{SecondsFormat, TimeDelta};
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use kernel::Clock;
use reqwest::Method;
use serde_json::{Value, json};

use super::problems;
use crate::actors::{Actor, Answer, BOULDER, DENVER, Maker, Market, each, id_of, words};
use crate::guest::{Bought, CHECKOUT, Guest, particulars};

/// A market with mugs in it, five of them.
macro_rules! mugs {
    ($market:ident, $maker:ident, $mug:ident) => {
        let $market = Market::open().await;
        let $maker: Maker<'_> = $market.maker("Mina", DENVER).await;
        let $mug = $maker.makes("Mug", 2800, "5").await;
    };
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// In how many rows of all tables a text stands.
async fn kept(market: &Market, text: &str) -> i64 {
    let sql = "SELECT coalesce(sum((xpath('//c/text()', query_to_xml(format( \
                   'SELECT count(*) AS c FROM %I AS t WHERE position(%L in t::text) > 0 \
                    OR position(encode(convert_to(%L, ''UTF8''), ''hex'') in t::text) > 0', relname, $1, $1), \
                   false, true, '')))[1]::text::bigint), 0)::bigint AS count \
               FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
    let mut conn = market.server.running.state.conn().await.unwrap();
    let rows: Count = diesel::sql_query(sql).bind::<Text, _>(text).get_result(&mut conn).await.unwrap();
    rows.count
}

/// What happened, and what kind of person saw to it.
fn doers(timeline: &Value) -> Vec<(&str, &str)> {
    let events = timeline["events"].as_array().unwrap().iter();
    events.map(|event| (event["kind"].as_str().unwrap(), event["actor"].as_str().unwrap())).collect()
}

async fn claims(by: &Actor<'_>, bought: &Bought<'_>) -> Answer {
    let claim = format!("/api/v1/orders/{}/claim", bought.orders[0]);
    Answer::to(by.ask(Method::POST, &claim).header("x-order-token", &bought.token)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parcel_goes_to_somebody_without_an_account() {
    mugs!(market, maker, mug);
    let admin = market.admin("root@example.com").await;
    let (guest, _) = Guest::begins(&market, mug, "2").await;
    let checked_out = guest.checks_out().await;
    assert_eq!(checked_out.status, 201, "{}", checked_out.body);
    let checkout = &checked_out.body;
    assert_eq!(checked_out.headers["location"], format!("/api/v1/checkouts/{}", id_of(checkout)));
    assert_eq!(checkout["total"]["amount"], 5600);
    let expires = market.clock.now() + TimeDelta::days(30);
    assert_eq!(checkout["order_token_expires_at"], expires.to_rfc3339_opts(SecondsFormat::AutoSi, true));
    assert_eq!(guest.cart().await["lines"], json!([]));
    assert_eq!(market.free(mug).await, "3", "what is held cannot be had by others");

    // The token is all that a guest has.
    let bought = Bought::of(&market, checkout);
    let order = bought.order().await;
    assert_eq!(order, checkout["orders"][0]);
    assert_eq!((&order["status"], &order["role"]), (&json!("PENDING"), &json!("customer")));
    assert_eq!(words(&order["actions"]), ["pay", "cancel"]);
    assert_eq!((&order["customer_id"], &order["guest_email"]), (&Value::Null, &json!("gwen@example.com")));
    let mut address = particulars("")["ship_to"].clone();
    address["country"] = json!("US");
    assert_eq!(order["ship_to"], address);
    let shown = bought.get(&format!("/api/v1/checkouts/{}", bought.checkout)).await.done();
    assert_eq!((&shown["orders"], &shown["order_token"]), (&checkout["orders"], &Value::Null));
    let paid = bought.pays().await.done();
    assert_eq!(paid["status"], "PROCESSING");
    assert_eq!(bought.pays().await.done(), paid, "paying twice is paying once");

    // The vendor is told whom to send it to, and no more; admins are told all.
    let id = bought.only();
    let sold = maker.get("/api/v1/vendor/orders").await.done()["items"][0].clone();
    assert_eq!((&sold["ship_to"], &sold["guest_email"]), (&address, &Value::Null));
    assert_eq!(words(&sold["actions"]), ["ship", "cancel"]);
    assert_eq!(admin.order(id).await["guest_email"], "gwen@example.com");
    let all = admin.get("/api/v1/admin/orders").await.done();
    assert_eq!((&all["items"][0]["ship_to"], id_of(&all["items"][0])), (&address, id));
    maker.post(&format!("/api/v1/orders/{id}/ship"), &json!({ "tracking_reference": "1Z999" })).await.done();
    assert_eq!(bought.order().await["tracking_reference"], "1Z999");
    maker.step(id, "deliver").await.done();
    let told = bought.get(&format!("/api/v1/orders/{id}/events")).await.done();
    assert_eq!(
        doers(&told),
        [
            ("order.placed", "guest"),
            ("order.paid", "guest"),
            ("order.shipped", "user"),
            ("order.delivered", "user"),
        ]
    );
    assert_eq!(told["events"][0]["actor_id"], Value::Null);
    let moves = maker.get(&format!("/api/v1/vendor/offerings/{mug}/movements")).await.done();
    assert_eq!(each(&moves["items"], "kind"), ["sale", "hold", "adjustment"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_told_to_whoever_asked_for_it_and_kept_by_nobody_else() {
    mugs!(market, _maker, mug);
    let (guest, _) = Guest::begins(&market, mug, "1").await;
    let body = particulars("gwen@example.com");
    let first = guest.checks_out_as("one", &body).await;
    let again = guest.checks_out_as("one", &body).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(again.headers["location"], first.headers["location"]);
    let token = first.body["order_token"].as_str().unwrap();
    assert_eq!(kept(&market, "gwen@example.com").await, 3, "checkout, order and recorded answer");
    assert_eq!(kept(&market, token).await, 0);
    guest.checks_out_as("one", &particulars("else@example.com")).await.refused(422, "idempotency_key_reused");

    // The key is the cart's own, and the next checkout has another token.
    let (other, _) = Guest::begins(&market, mug, "1").await;
    let others = other.checks_out_as("one", &body).await;
    assert!(!others.headers.contains_key("idempotent-replayed"));
    guest.puts(mug, "1").await;
    let second = guest.checks_out_as("two", &body).await.done();
    let tokens =
        [token, others.body["order_token"].as_str().unwrap(), second["order_token"].as_str().unwrap()];
    assert!(tokens[0] != tokens[1] && tokens[0] != tokens[2] && tokens[1] != tokens[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_opens_to_its_own_token_only() {
    mugs!(market, _maker, mug);
    let customer = market.customer("Casey", BOULDER).await;
    let bought = Guest::begins(&market, mug, "1").await.0.buys().await;
    let other = Guest::begins(&market, mug, "1").await.0.buys().await;
    let id = bought.only();
    let reads = [
        format!("/api/v1/orders/{id}"),
        format!("/api/v1/orders/{id}/events"),
        format!("/api/v1/checkouts/{}", bought.checkout),
    ];
    let steps = [
        (format!("/api/v1/orders/{id}/mock_pay"), json!({})),
        (format!("/api/orders/{id}/mock_pay"), json!({})),
        (format!("/api/v1/orders/{id}/cancel"), json!({ "reason": "mine" })),
    ];
    let closed = async |token: &str| {
        for path in &reads {
            let asked = Answer::to(market.server.get(path).header("x-order-token", token)).await;
            asked.refused(404, "not_found");
            // Whoever has an account is somebody else; their token does not make a guest of them.
            let asked = customer.ask(Method::GET, path).header("x-order-token", token);
            Answer::to(asked).await.refused(404, "not_found");
        }
        for (path, body) in &steps {
            let asked = market.server.post(path).header("x-order-token", token).json(body);
            Answer::to(asked.header("idempotency-key", "pay")).await.refused(404, "not_found");
        }
        let claim = customer.ask(Method::POST, &format!("/api/v1/orders/{id}/claim"));
        Answer::to(claim.header("x-order-token", token)).await.refused(404, "not_found");
    };
    for path in &reads {
        market.get(path).await.refused(401, "unauthenticated");
        Answer::to(customer.ask(Method::GET, path)).await.refused(404, "not_found");
        let blank = market.server.get(path).header("x-order-token", "");
        Answer::to(blank).await.refused(401, "unauthenticated");
    }
    for (path, body) in &steps {
        Answer::to(market.server.post(path).json(body)).await.refused(401, "unauthenticated");
    }
    customer.does(&format!("/api/v1/orders/{id}/claim")).await.refused(400, "invalid_parameter");
    for token in [other.token.as_str(), "somebody-elses", &"t".repeat(1000), &id.to_string()] {
        closed(token).await;
    }

    // An answer that was given once is not given again when the token is over.
    let pay = || {
        let asked = bought.ask(Method::POST, &steps[0].0).header("idempotency-key", "pay");
        Answer::to(asked)
    };
    pay().await.done();
    assert_eq!(pay().await.headers["idempotent-replayed"], "true");
    market.clock.advance(TimeDelta::days(30) - TimeDelta::seconds(1));
    assert_eq!(bought.order().await["status"], "PROCESSING");
    market.clock.advance(TimeDelta::seconds(1));
    closed(&bought.token).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_is_told_which_lines_need_an_account() {
    mugs!(market, _maker, mug);
    market.admin("root@example.com").await.runs_center("The Grange", BOULDER).await;
    let gardener = market.gardener("Gale", BOULDER).await;
    let kale = gardener.lists("Kale", "bundle", 350, "10").await;
    let plum = gardener.lists("Plum", "lb", 300, "10").await;
    let (guest, _) = Guest::begins(&market, mug, "1").await;
    guest.puts(kale, "1").await;
    let cart = guest.puts(plum, "2").await;
    let price = json!({ "price": { "amount": 2900, "currency": "USD" } });
    market.known(_maker.id).patch(&format!("/api/v1/products/{mug}"), &price).await.done();
    assert_eq!(problems(&cart), ["login_required"; 2]);

    let refused = guest.checks_out().await.refused(409, "pickup_needs_account");
    assert_eq!(problems(&refused), ["price_changed", "login_required", "login_required"]);
    let about = each(&refused["problems"], "offering_id");
    assert_eq!(about, [mug, kale, plum].map(|id| id.to_string()));
    assert_eq!(market.free(mug).await, "5");
    for offering in [kale, plum] {
        let line = market.server.ask(Method::DELETE, &format!("/api/v1/cart/lines/{offering}"));
        Answer::to(line.header("x-cart-token", &guest.token)).await.done();
    }
    guest.checks_out().await.refused(409, "cart_problems");
    let accept = market.server.post("/api/v1/cart/prices/acknowledge").header("x-cart-token", &guest.token);
    Answer::to(accept).await.done();
    assert_eq!(guest.checks_out().await.done()["total"]["amount"], 2900);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_guest_says_is_checked() {
    mugs!(market, _maker, mug);
    let (guest, _) = Guest::begins(&market, mug, "1").await;
    let mut body = particulars("nobody");
    body["ship_to"]["name"] = json!(" ");
    body["ship_to"]["country"] = json!("USA");
    let refused = guest.checks_out_as("one", &body).await.refused(422, "invalid_input");
    assert_eq!(each(&refused["errors"], "pointer"), ["/email", "/ship_to/name", "/ship_to/country"]);
    let sound = particulars("gwen@example.com");
    let bare = market.server.post(CHECKOUT).json(&sound);
    Answer::to(bare.header("x-cart-token", &guest.token)).await.refused(400, "idempotency_key_required");
    let with = |token: Option<&str>| {
        let request = market.server.post(CHECKOUT).header("idempotency-key", "two").json(&sound);
        Answer::to(match token {
            Some(token) => request.header("x-cart-token", token),
            None => request,
        })
    };
    let refused = with(None).await.refused(400, "invalid_parameter");
    assert_eq!(refused["errors"][0]["pointer"], "header/x-cart-token");
    with(Some("somebody-elses")).await.refused(404, "not_found");
    guest.buys().await;
    guest.checks_out().await.refused(409, "empty_cart");
}

/// Everything but the values: what a stranger could tell two answers apart by.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), shape(value))).collect(),
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::String(text) => json!(text.len()),
        Value::Number(_) => json!("a number"),
        other => other.clone(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_email_address_that_belongs_to_an_account_makes_no_difference() {
    mugs!(market, _maker, mug);
    let casey = market.customer("Casey", BOULDER).await;
    let asked = async |email: &str| {
        let (guest, _) = Guest::begins(&market, mug, "1").await;
        guest.cart().await;
        let database = &market.server.running.state.database;
        let before = database.statements();
        let answer = guest.checks_out_as("key", &particulars(email)).await;
        (answer, database.statements() - before)
    };
    asked("warms@example.com").await.0.done();
    let (known, known_cost) = asked("casey@example.com").await;
    let (unknown, unknown_cost) = asked("nobdy@example.com").await;
    assert_eq!((known.status, unknown.status), (201, 201));
    assert_eq!(known_cost, unknown_cost, "statements");
    assert_eq!(shape(&known.body), shape(&unknown.body));
    let names = |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<BTreeSet<_>>();
    assert_eq!(names(&known), names(&unknown));

    // It is not theirs by that alone, nor do they hear of it.
    assert_eq!(casey.get("/api/v1/orders").await.done()["items"], json!([]));
    let order = id_of(&known.body["orders"][0]);
    casey.get(&format!("/api/v1/orders/{order}")).await.refused(404, "not_found");
    // What the account has saved is not the guest's either.
    assert_eq!(known.body["orders"][0]["ship_to"]["city"], "Omaha");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guests_orders_become_those_of_whoever_has_their_token_and_an_account() {
    mugs!(market, maker, mug);
    let potter = market.maker("Pia", DENVER).await;
    let bowl = potter.makes("Bowl", 3600, "9").await;
    let casey = market.customer("Casey", BOULDER).await;
    let olive = market.customer("Olive", BOULDER).await;
    let (guest, _) = Guest::begins(&market, mug, "1").await;
    guest.puts(bowl, "1").await;
    let bought = guest.buys().await;
    assert_eq!(bought.orders.len(), 2, "one per vendor");
    let path = |order: usize| format!("/api/v1/orders/{}", bought.orders[order]);
    let before = bought.get(&path(1)).await;

    // Not by those who sell in it.
    for vendor in [&maker, &potter] {
        claims(vendor, &bought).await.refused(409, "own_sale");
    }
    let elsewhere = Guest::begins(&market, mug, "1").await.0.buys().await;
    let foreign = olive.ask(Method::POST, &format!("{}/claim", path(0)));
    Answer::to(foreign.header("x-order-token", &elsewhere.token)).await.refused(404, "not_found");
    let claimed = claims(&casey, &bought).await.done();
    assert_eq!(id_of(&claimed), bought.checkout);
    for order in claimed["orders"].as_array().unwrap() {
        assert_eq!((&order["customer_id"], &order["guest_email"]), (&json!(casey.id), &Value::Null));
        assert_eq!(casey.order(id_of(order)).await, *order);
    }
    assert_ne!(before.headers["etag"], casey.get(&path(1)).await.headers["etag"]);
    assert_eq!(casey.get("/api/v1/orders").await.done()["items"].as_array().unwrap().len(), 2);
    let checkout = casey.get(&format!("/api/v1/checkouts/{}", bought.checkout)).await.done();
    assert_eq!(checkout, claimed);

    // The token is void, for guests and for the next who would have them.
    for order in 0..2 {
        bought.get(&path(order)).await.refused(404, "not_found");
    }
    claims(&olive, &bought).await.refused(404, "not_found");
    claims(&casey, &bought).await.refused(404, "not_found");
    casey.pays(bought.orders[0]).await.done();
    let told = casey.get(&format!("{}/events", path(0))).await.done();
    assert_eq!(doers(&told), [("order.placed", "guest"), ("order.claimed", "user"), ("order.paid", "user")]);
    assert_eq!(told["events"][1]["actor_id"], json!(casey.id));
    assert_eq!(elsewhere.order().await["status"], "PENDING", "others' orders are as they were");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guests_order_ends_as_others_do() {
    mugs!(market, maker, mug);
    let unpaid = Guest::begins(&market, mug, "2").await.0.buys().await;
    let cancelled = unpaid.cancels("changed my mind").await.done();
    assert_eq!((&cancelled["status"], &cancelled["actions"]), (&json!("CANCELED"), &json!([])));
    assert_eq!(market.free(mug).await, "5");
    let paid = Guest::begins(&market, mug, "2").await.0.buys().await;
    paid.pays().await.done();
    maker.cancels(paid.only(), "it broke").await.done();
    assert_eq!(paid.order().await["cancel_reason"], "it broke");
    assert_eq!(market.free(mug).await, "5");

    let late = Guest::begins(&market, mug, "3").await.0.buys().await;
    market.clock.advance(TimeDelta::minutes(30));
    late.pays().await.refused(409, "payment_too_late");
    market.work().await;
    assert_eq!(
        (late.order().await["status"].as_str(), market.free(mug).await),
        (Some("CANCELED"), "5".into())
    );
    let told = late.get(&format!("/api/v1/orders/{}/events", late.only())).await.done();
    assert_eq!(doers(&told), [("order.placed", "guest"), ("order.expired", "system")]);
    // A step of another party's stays theirs.
    let again = Guest::begins(&market, mug, "1").await.0.buys().await;
    again.pays().await.done();
    let ship = format!("/api/v1/orders/{}/ship", again.only());
    let asked = again.ask(Method::POST, &ship).json(&json!({}));
    Answer::to(asked).await.refused(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_check_out_only_so_often() {
    let market = Market::open_with(&[("RATE_LIMIT_AUTH_PER_MINUTE", "6")]).await;
    let maker = market.maker("Mina", DENVER).await;
    let mug = maker.makes("Mug", 2800, "9").await;
    let (guest, _) = Guest::begins(&market, mug, "1").await;
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(guest.checks_out().await.status);
    }
    assert_eq!((statuses[0], statuses[1], statuses[19]), (201, 409, 429), "{statuses:?}");
    assert_eq!(guest.cart().await["lines"], json!([]), "the cart has the usual limit");
}

//! A list costs as many SQL statements with a hundred items as with one.

use std::future::Future;

use crate::actors::{Answer, BOULDER, Customer, Gardener, Market, id_of};
use crate::guest::{Bought, Guest};

/// How many statements the server makes of it, once it is warm.
async fn cost<F: Future<Output = Answer>>(market: &Market, ask: impl Fn() -> F) -> u64 {
    ask().await.done();
    once(market, ask()).await
}

async fn once(market: &Market, ask: impl Future<Output = Answer>) -> u64 {
    let database = &market.server.running.state.database;
    let before = database.statements();
    ask.await.done();
    database.statements() - before
}

async fn garden(market: &Market) -> (Gardener<'_>, Customer<'_>) {
    market.admin("root@example.com").await.runs_center("The Grange", BOULDER).await;
    (market.gardener("Gale", BOULDER).await, market.customer("Casey", BOULDER).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn browsing() {
    let market = Market::open().await;
    let (gardener, customer) = garden(&market).await;
    let first = gardener.lists("Kale", "bundle", 350, "10").await;
    let pages = [
        "/api/v1/listings?limit=100",
        "/api/v1/listings?limit=100&lat=40.02&lon=-105.28&sort=nearest&q=kale",
        "/api/v1/listings?limit=100&address=80302&sort=cheapest&kind=listing",
    ];
    let detail = format!("/api/v1/listings/{first}");
    for path in pages.into_iter().chain([detail.as_str()]) {
        assert_eq!(cost(&market, || market.get(path)).await, 2, "one, {path}");
    }
    for number in 1..100 {
        gardener.lists(&format!("Kale {number}"), "bundle", 350, "10").await;
    }
    for path in pages.into_iter().chain([detail.as_str()]) {
        assert_eq!(cost(&market, || market.get(path)).await, 2, "a hundred, {path}");
        assert_eq!(cost(&market, || customer.get(path)).await, 2, "{path}, with an account");
    }
    let page = market.get(pages[1]).await.done();
    assert_eq!(page["items"].as_array().unwrap().len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn carts_and_checkouts() {
    let market = Market::open().await;
    let (gardener, casey) = garden(&market).await;
    let olive = market.customer("Olive", BOULDER).await;
    let mut offerings = Vec::new();
    for number in 0..20 {
        offerings.push(gardener.lists(&format!("Kale {number}"), "bundle", 350, "10").await);
    }
    casey.orders(offerings[0], "1").await;
    olive.orders(offerings[0], "1").await;

    casey.puts(offerings[0], "1").await.done();
    for offering in &offerings {
        olive.puts(*offering, "1").await.done();
    }
    let views = [
        cost(&market, || casey.get("/api/v1/cart")).await,
        cost(&market, || olive.get("/api/v1/cart")).await,
    ];
    assert_eq!(views[0], views[1], "to look at one line and at twenty");
    let line = format!("/api/v1/cart/lines/{}", offerings[0]);
    let two = serde_json::json!({ "quantity": "2" });
    let set =
        [cost(&market, || casey.put(&line, &two)).await, cost(&market, || olive.put(&line, &two)).await];
    assert_eq!(set[0], set[1], "to change one of one and one of twenty");
    let checkouts = [once(&market, casey.checks_out()).await, once(&market, olive.checks_out()).await];
    assert_eq!(checkouts[0], checkouts[1], "to check out one line and twenty");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_guests_do() {
    let market = Market::open().await;
    let maker = market.maker("Mina", BOULDER).await;
    let mut offerings = Vec::new();
    for number in 0..20 {
        offerings.push(maker.makes(&format!("Mug {number}"), 2800, "50").await);
    }
    let buys = async |offerings: &[uuid::Uuid]| {
        let (guest, _) = Guest::begins(&market, offerings[0], "1").await;
        for offering in &offerings[1..] {
            guest.puts(*offering, "1").await;
        }
        let cost = once(&market, guest.checks_out()).await;
        guest.puts(offerings[0], "1").await;
        (cost, guest.buys().await)
    };
    buys(&offerings[..1]).await;
    let (one, bought) = buys(&offerings[..1]).await;
    let (twenty, _) = buys(&offerings).await;
    assert_eq!(one, twenty, "to check out one line and twenty");

    let path = format!("/api/v1/orders/{}", bought.only());
    let reads = async || cost(&market, || bought.get(&path)).await;
    let before = reads().await;
    let casey = market.customer("Casey", BOULDER).await;
    let by_casey = casey.orders(offerings[0], "1").await;
    let own = format!("/api/v1/orders/{by_casey}");
    assert_eq!(
        before,
        cost(&market, || casey.get(&own)).await,
        "to look at it with a token and with an account"
    );
    for _ in 0..9 {
        buys(&offerings).await;
    }
    assert_eq!(reads().await, before, "among few orders and among many");

    // Claiming an order of one line and two of ten.
    let claims = async |bought: &Bought<'_>| {
        let claim = format!("/api/v1/orders/{}/claim", bought.orders[0]);
        let asked = casey.ask(reqwest::Method::POST, &claim).header("x-order-token", &bought.token);
        once(&market, Answer::to(asked)).await
    };
    let potter = market.maker("Pia", BOULDER).await;
    let bowl = potter.makes("Bowl", 3600, "9").await;
    let (guest, _) = Guest::begins(&market, bowl, "1").await;
    for offering in &offerings {
        guest.puts(*offering, "1").await;
    }
    let both = guest.buys().await;
    assert_eq!(both.orders.len(), 2);
    assert_eq!(claims(&bought).await, claims(&both).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn orders() {
    let market = Market::open().await;
    let (gardener, customer) = garden(&market).await;
    let admin = market.admin("second@example.com").await;
    let kale = gardener.lists("Kale", "bundle", 350, "100").await;
    let plum = gardener.lists("Plum", "lb", 350, "100").await;
    let order = customer.orders(kale, "1").await;
    let lists = async || {
        [
            cost(&market, || customer.get("/api/v1/orders")).await,
            cost(&market, || gardener.get("/api/v1/vendor/orders")).await,
            cost(&market, || admin.get("/api/v1/admin/orders")).await,
            cost(&market, || async { customer.get(&format!("/api/v1/orders/{order}")).await }).await,
        ]
    };
    let one = lists().await;
    for _ in 0..19 {
        customer.puts(kale, "1").await.done();
        customer.puts(plum, "1").await.done();
        let made = customer.checks_out().await.done();
        id_of(&made["orders"][0]);
    }
    assert_eq!(lists().await, one, "one order, and twenty");
    let page = customer.get("/api/v1/orders").await.done();
    assert_eq!(page["items"].as_array().unwrap().len(), 20);
}

//! What visitors find, and where.

use catalog::{CreateListing, ListingType, Unit};
use chrono::TimeDelta;
use kernel::{Actor as Doer, Clock, Currency, HoldId, Money, OfferingId, PlantId, Quantity};
use reservations::{HoldRequest, Source};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::actors::*;
use crate::shelf::*;
use crate::town::pointers;

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_finds_what_shares_a_center() {
    let market = denver_market().await;
    let gale = market.gardener("Gale", BOULDER).await;
    let kale = lists(&gale, "Kale", &json!({})).await;
    let page = browse(&market, "address=80202").await;
    let item = &page["items"][0];
    assert_eq!((&item["id"], &item["title"]), (&kale["id"], &json!("Kale")));
    assert_eq!((&item["type"], &item["kind"]), (&json!("PRODUCE"), &json!("listing")));
    assert_eq!(item["price"], json!({ "amount": 300, "currency": "USD" }));
    assert_eq!((&item["unit"], &item["quantity_available"]), (&json!("lb"), &json!("10")));
    assert_eq!(item["vendor"], json!({ "id": gale.id, "name": "Gale's Garden", "slug": "gales-garden" }));
    let miles = item["distance_miles"].as_f64().unwrap();
    assert!((20.0..35.0).contains(&miles), "{miles} miles from Denver to Boulder");
    assert!((miles * 10.0).fract().abs() < 1e-9, "to a tenth: {miles}");
    assert_eq!(
        (&page["place"]["confidence"], &page["place"]["centers_in_reach"]),
        (&json!("postal_code"), &json!(1))
    );

    let there = browse(&market, "lat=39.75&lon=-105.0").await;
    assert_eq!(titles(&there), ["Kale"]);
    assert_eq!(there["place"], json!({ "lat": 39.75, "lon": -105.0, "centers_in_reach": 1 }));
    let literal = market.get("/api/listings?address=80202").await.done();
    assert_eq!(literal, page, "the plan's own address answers too");
    assert_eq!(market.get("/api/listings/?address=80202").await.done(), page);

    let far = browse(&market, "address=New+York,+NY").await;
    assert_eq!((titles(&far).len(), &far["place"]["centers_in_reach"]), (0, &json!(0)));
    let anywhere = browse(&market, "").await;
    assert_eq!(titles(&anywhere), ["Kale"]);
    assert!(anywhere.get("place").is_none() && anywhere["items"][0].get("distance_miles").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_moves_away_is_no_longer_found() {
    let market = denver_market().await;
    let gale = market.gardener("Gale", BOULDER).await;
    lists(&gale, "Kale", &json!({})).await;
    assert_eq!(titles(&browse(&market, "address=80202").await), ["Kale"]);
    moves_to_bozeman(&gale).await;
    market.work().await;
    assert!(titles(&browse(&market, "address=80202").await).is_empty());
    opens_center(&market, "Bozeman market", (45.68, -111.04)).await;
    assert_eq!(titles(&browse(&market, "address=59718").await), ["Kale"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refused_parameter_is_named() {
    let market = denver_market().await;
    for (query, pointer) in [
        ("address=80202&lat=40&lon=-105", "query/address"),
        ("address=80202&lat=40", "query/address"),
        ("address=", "query/address"),
        ("address=nowhere+at+all+99999", "query/address"),
        ("lat=40", "query/lon"),
        ("lon=40", "query/lat"),
        ("lat=91&lon=0", "query/lat"),
        ("lat=40&lon=-181", "query/lon"),
        ("lat=NaN&lon=1", "query/lat"),
        ("lat=1&lon=inf", "query/lon"),
        ("lat=0&lon=0", "query/lat"),
        ("lat=north&lon=0", "query/lat"),
        ("kind=boat", "query/kind"),
        ("type=FRUIT", "query/type"),
        ("category=no-such-thing", "query/category"),
        ("price_min=-1", "query/price_min"),
        ("price_max=-1", "query/price_max"),
        ("price_min=2&price_max=1", "query/price_max"),
        ("price_min=1.5", "query/price_min"),
        ("within_miles=10", "query/within_miles"),
        ("within_miles=0&lat=40&lon=-105", "query/within_miles"),
        ("within_miles=NaN&lat=40&lon=-105", "query/within_miles"),
        ("within_miles=202&lat=40&lon=-105", "query/within_miles"),
        ("since=yesterday", "query/since"),
        ("since=-9999-01-01T00:00:00Z", "query/since"),
        ("q=", "query/q"),
        ("q=%09", "query/q"),
        ("q=a%0Ab", "query/q"),
        (&format!("q={}", "k".repeat(101)), "query/q"),
        ("sort=best", "query/sort"),
        ("sort=nearest", "query/sort"),
        ("limit=0", "query/limit"),
        ("limit=101", "query/limit"),
    ] {
        let told = market.get(&format!("/api/v1/listings?{query}")).await.refused(400, "invalid_parameter");
        assert_eq!(pointers(&told), [pointer], "{query}: {told}");
    }
    market.get("/api/v1/listings?count=exact").await.refused(400, "unknown_parameter");
    let boat = market.get("/api/v1/products?kind=listing").await;
    assert_eq!(pointers(&boat.refused(400, "invalid_parameter")), ["query/kind"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_narrows_it_down() {
    let market = denver_market().await;
    let (gale, mia) = (market.gardener("Gale", BOULDER).await, market.maker("Mia", GRAND_JUNCTION).await);
    let admin = market.admin("root@example.com").await;
    let greens = admin.post("/api/v1/admin/categories", &json!({ "slug": "greens", "name": "Greens" })).await;
    let greens = id_of(&greens.done());
    let dear = json!({ "amount": 900, "currency": "USD" });
    lists(&gale, "Kale", &json!({ "category_id": greens })).await;
    market.clock.advance(TimeDelta::hours(1));
    lists(
        &gale,
        "Mint",
        &json!({ "type": "CLIPPING", "unit": "each", "price": dear, "description": "cool" }),
    )
    .await;
    market.clock.advance(TimeDelta::hours(1));
    makes(&mia, "Mug", "M-1").await;
    for (query, expected) in [
        ("", &["Mug", "Mint", "Kale"][..]),
        ("sort=cheapest", &["Kale", "Mint", "Mug"]),
        ("kind=listing", &["Mint", "Kale"]),
        ("kind=product", &["Mug"]),
        ("category=greens", &["Kale"]),
        ("type=CLIPPING", &["Mint"]),
        ("price_min=900", &["Mug", "Mint"]),
        ("price_min=301&price_max=900", &["Mint"]),
        ("since=2030-03-01T18:00:00Z", &["Mug", "Mint"]),
        ("q=cool", &["Mint"]),
        ("q=mugs", &["Mug"]),
        ("address=80202&sort=nearest", &["Kale", "Mint"]),
        ("address=80202&within_miles=10", &[]),
        ("address=80202&within_miles=40&sort=cheapest", &["Kale", "Mint"]),
    ] {
        let page = browse(&market, query).await;
        let mut found = titles(&page);
        if query.contains("nearest") {
            found.sort_unstable();
        }
        assert_eq!(found, expected, "{query}");
    }
    assert_eq!(titles(&market.get("/api/v1/products").await.done()), ["Mug"]);
    assert_eq!(titles(&market.get("/api/v1/vendors/gales-garden/offerings").await.done()), ["Mint", "Kale"]);
    assert_eq!(
        titles(&market.get("/api/v1/vendors/gales-garden/offerings?kind=product").await.done()).len(),
        0
    );
    market.get("/api/v1/vendors/nobody/offerings").await.refused(404, "not_found");
}

/// Listings of one plant, straight into the catalog.
async fn fill_shelf(market: &Market, gardener: &Gardener<'_>, count: i64) {
    let plant_id = PlantId(gardener.grows("Kale").await);
    let conn = &mut *market.server.running.state.conn().await.unwrap();
    for number in 0..count {
        let draft = CreateListing {
            plant_id,
            listing_type: ListingType::Produce,
            title: Some(format!("Kale {number}")),
            description: None,
            category_id: None,
            unit: Unit::Lb,
            price: Money::new(100 + number, Currency::Usd),
            quantity_available: Quantity::whole(1),
            publish: true,
        };
        catalog::create_listing(conn, market.clock.now(), gardener.id, &draft).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_costs_two_statements_however_long_it_is() {
    let market = denver_market().await;
    let gale = market.gardener("Gale", BOULDER).await;
    fill_shelf(&market, &gale, 105).await;
    for query in
        ["lat=39.75&lon=-105", "lat=39.75&lon=-105&sort=nearest", "sort=cheapest", "q=kale", "address=80202"]
    {
        for limit in [1, 100] {
            let path = format!("/api/v1/listings?{query}&limit={limit}");
            let items = market.get(&path).await.done()["items"].as_array().unwrap().len();
            assert_eq!((items, statements(&market, &path).await), (limit, 2), "{path}");
        }
    }
    assert_eq!(
        statements(&market, "/api/v1/listings?lat=40.7&lon=-74").await,
        1,
        "an empty page asks for no stock"
    );
    for limit in [1, 100] {
        let path = format!("/api/v1/vendors/gales-garden/offerings?limit={limit}");
        assert_eq!(statements(&market, &path).await, 3, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_show_everything_once() {
    let market = denver_market().await;
    let gale = market.gardener("Gale", BOULDER).await;
    fill_shelf(&market, &gale, 25).await;
    for sort in ["newest", "cheapest", "nearest"] {
        let list = format!("lat=39.75&lon=-105&limit=4&sort={sort}");
        let (mut seen, mut next) = (Vec::new(), list.clone());
        loop {
            let page = browse(&market, &next).await;
            seen.extend(titles(&page).into_iter().map(ToOwned::to_owned));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            next = format!("{list}&cursor={cursor}");
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 25, "{sort}");
        let other = next.replace(sort, if sort == "newest" { "cheapest" } else { "newest" });
        market.get(&format!("/api/v1/listings?{other}")).await.refused(400, "invalid_cursor");
    }
}

/// Takes so much of an offering into somebody's checkout.
async fn somebody_holds(market: &Market, id: Uuid, quantity: i32) {
    let conn = &mut *market.server.running.state.conn().await.unwrap();
    let id = OfferingId(id);
    let request = HoldRequest {
        id: HoldId::new(),
        source: Source { kind: "order", id: id.0 },
        expires_at: market.clock.now() + TimeDelta::minutes(30),
        lines: vec![(id.into(), Quantity::whole(quantity))],
    };
    reservations::place_holds(conn, market.clock.now(), Doer::System, &[request]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_hold_cannot_be_had() {
    let market = denver_market().await;
    let gale = market.gardener("Gale", BOULDER).await;
    let kale = id_of(&lists(&gale, "Kale", &json!({})).await);
    let show = format!("/api/v1/listings/{kale}");
    let standing = async || {
        let shown = market.get(&show).await.done();
        let listed: Vec<Value> = browse(&market, "").await["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["quantity_available"].clone())
            .collect();
        (shown["quantity_available"].clone(), shown["status"].clone(), listed)
    };
    somebody_holds(&market, kale, 4).await;
    assert_eq!(standing().await, (json!("6"), json!("active"), vec![json!("6")]));
    somebody_holds(&market, kale, 6).await;
    assert_eq!(
        standing().await,
        (json!("0"), json!("sold_out"), vec![]),
        "before the catalog has heard of it"
    );
    market.work().await;
    assert_eq!(standing().await, (json!("0"), json!("sold_out"), vec![]));
    stocks(&gale, kale, "2.5").await;
    market.work().await;
    assert_eq!(standing().await, (json!("2.5"), json!("active"), vec![json!("2.5")]));
}

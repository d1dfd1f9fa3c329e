//! Whose an order is: an account's or a guest's, and what their token opens.

use chrono::{DateTime, TimeDelta, Utc};
use db::Conn;
use diesel::result::Error;
use diesel::sql_types::Uuid as SqlUuid;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use kernel::{Actor, Currency, HoldId, Money, OfferingId, OrderId, Quantity, UserId};
use market::{
    Buyer, Checkout, Fulfilment, GuestContact, GuestToken, MarketError, ORDER_TOKEN_LIFETIME, OrderPlan,
    OrderToken, PlacedBy, PlacedOrder, PricedLine, ShipTo, claim_orders, find_order, open_with_token,
    place_orders,
};
use testkit::{TestDatabase, start_of_tests};

const MIGRATION: &str = include_str!("../../../../migrations/20260101000700_market_guest_orders/up.sql");
const UNDONE: &str = "\
    ALTER TABLE orders DROP COLUMN guest_email, ALTER COLUMN customer_id SET NOT NULL; \
    ALTER TABLE checkouts DROP COLUMN guest_email, DROP COLUMN order_token_digest, \
        DROP COLUMN order_token_expires_at, ALTER COLUMN customer_id SET NOT NULL";

fn now() -> DateTime<Utc> {
    start_of_tests()
}

/// A vendor with something to sell, and a customer, as the foreign keys want them.
async fn shop(conn: &mut Conn) -> (UserId, UserId, OfferingId) {
    let (vendor, customer, offering) = (UserId::new(), UserId::new(), OfferingId::new());
    conn.batch_execute(&format!(
        "INSERT INTO users (id, email, email_key, password_hash, display_name, created_at, updated_at) \
         SELECT id::uuid, id, id, '', 'somebody', now(), now() FROM unnest(ARRAY['{vendor}', '{customer}']) id; \
         INSERT INTO sellers (vendor_id, name, slug, kind, updated_at) \
         VALUES ('{vendor}', 'Vera', 'vera', 'maker', now()); \
         INSERT INTO offerings (id, kind, vendor_id, title, unit, price_minor, currency, status, created_at, updated_at) \
         VALUES ('{offering}', 'product', '{vendor}', 'Mug', 'each', 100, 'USD', 'draft', now(), now())",
    ))
    .await
    .unwrap();
    (vendor, customer, offering)
}

/// One order of one mug.
async fn order(conn: &mut Conn, by: &PlacedBy, vendor_id: UserId, offering_id: OfferingId) -> Checkout {
    let (id, hold_id) = (OrderId::new(), HoldId::new());
    diesel::sql_query(
        "INSERT INTO holds (id, state, source_type, source_id, expires_at, created_at) \
         VALUES ($1, 'live', 'order', $2, now(), now())",
    )
    .bind::<SqlUuid, _>(hold_id.0)
    .bind::<SqlUuid, _>(id.0)
    .execute(conn)
    .await
    .unwrap();
    let price = Money::new(100, Currency::Usd);
    let line = PricedLine {
        offering_id,
        vendor_id,
        fulfilment: Fulfilment::Ship,
        title: "Mug".to_owned(),
        unit: "each".to_owned(),
        quantity: Quantity::whole(1),
        unit_price: price,
    };
    let plan = OrderPlan { fulfilment: Fulfilment::Ship, lines: vec![(line, price)], total: price };
    let ship_to = Some(ShipTo {
        name: "Gwen Guest".to_owned(),
        line1: "12 Elm Street".to_owned(),
        line2: None,
        city: "Omaha".to_owned(),
        state: "NE".to_owned(),
        postal_code: "68102".to_owned(),
        country: "US".to_owned(),
    });
    let placed = PlacedOrder { id, plan, hold_id, center_numbers: Vec::new(), ship_to };
    place_orders(conn, now(), by, now(), vec![placed]).await.unwrap()
}

fn guest(cart: &str) -> PlacedBy {
    let contact = GuestContact { email: "gwen@example.com".to_owned() };
    PlacedBy::Guest { contact, cart: GuestToken(cart.to_owned()) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_its_checkout_until_it_expires_or_is_used() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let (vendor, customer, mug) = shop(conn).await;
    let made = order(conn, &guest("cart"), vendor, mug).await;
    let token = OrderToken::of(&GuestToken("cart".to_owned()), made.id);
    let over = now() + ORDER_TOKEN_LIFETIME;
    let before = over - TimeDelta::milliseconds(1);
    assert_eq!(made.token_expires_at, Some(over));
    assert_eq!(open_with_token(conn, before, &token).await.unwrap(), Some(made.id));
    assert_eq!(open_with_token(conn, over, &token).await.unwrap(), None);
    let guessed = OrderToken::of(&GuestToken("trac".to_owned()), made.id);
    assert_eq!(open_with_token(conn, before, &guessed).await.unwrap(), None);

    let id = made.orders[0].id;
    let refused = claim_orders(conn, over, customer, &token, id).await;
    assert!(matches!(refused, Err(MarketError::NotFound("order"))), "{refused:?}");
    let refused = claim_orders(conn, before, customer, &token, OrderId::new()).await;
    assert!(matches!(refused, Err(MarketError::NotFound("order"))), "{refused:?}");
    let refused = claim_orders(conn, before, vendor, &token, id).await;
    assert!(matches!(refused, Err(MarketError::OwnSale)), "{refused:?}");
    let claimed = claim_orders(conn, before, customer, &token, id).await.unwrap();
    assert_eq!((claimed.id, &claimed.buyer), (made.id, &Buyer::Customer(customer)));
    assert_eq!(find_order(conn, id).await.unwrap(), claimed.orders[0], "what is told is what is stored");
    assert_eq!(open_with_token(conn, before, &token).await.unwrap(), None);
    let told = outbox::timeline(conn, "order", id.0).await.unwrap();
    let told: Vec<_> = told.iter().map(|event| (event.kind.as_str(), event.actor)).collect();
    assert_eq!(told, [("order.placed", Actor::Guest), ("order.claimed", customer.into())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_knows_one_buyer_and_no_more() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let (vendor, customer, mug) = shop(conn).await;
    order(conn, &guest("cart"), vendor, mug).await;
    for (change, constraint) in [
        (format!("UPDATE orders SET customer_id = '{customer}'"), "orders_one_buyer"),
        ("UPDATE orders SET guest_email = NULL".to_owned(), "orders_one_buyer"),
        ("UPDATE orders SET ship_to = NULL".to_owned(), "orders_guests_ship"),
        ("UPDATE orders SET fulfilment = 'pickup', status = 'CREATED'".to_owned(), "orders_guests_ship"),
        (format!("UPDATE checkouts SET customer_id = '{customer}'"), "checkouts_one_buyer"),
        ("UPDATE checkouts SET order_token_digest = NULL".to_owned(), "checkouts_guests_token"),
        ("UPDATE checkouts SET order_token_expires_at = NULL".to_owned(), "checkouts_guests_token"),
        (
            format!("UPDATE checkouts SET customer_id = '{customer}', guest_email = NULL"),
            "checkouts_guests_token",
        ),
    ] {
        let refused = diesel::sql_query(&change).execute(conn).await.unwrap_err();
        let Error::DatabaseError(_, information) = &refused else { panic!("{change}: {refused:?}") };
        assert_eq!(information.constraint_name(), Some(constraint), "{change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_from_before_there_were_guests_stay_their_customers() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let (vendor, customer, mug) = shop(conn).await;
    let made = order(conn, &PlacedBy::Customer(customer), vendor, mug).await;
    conn.batch_execute(UNDONE).await.unwrap();
    conn.batch_execute(MIGRATION).await.unwrap();
    let order = find_order(conn, made.orders[0].id).await.unwrap();
    assert_eq!(order, made.orders[0]);
    assert_eq!(order.buyer, Buyer::Customer(customer));
    testkit::assert_schema(conn, include_str!("../../src/schema.rs")).await;
}

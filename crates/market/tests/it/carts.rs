//! What a cart keeps, and for how long.

use chrono::{DateTime, TimeDelta, Utc};
use db::Conn;
use diesel::sql_types::{Integer, Text, Uuid as SqlUuid};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use kernel::{OfferingId, Quantity, UserId};
use market::{
    CartHolder, CartLine, GuestToken, MOST_LINES, MarketError, create_guest_cart, find_cart,
    forget_stale_carts, put_lines, remove_line, user_cart,
};
use testkit::{TestDatabase, start_of_tests};

fn now() -> DateTime<Utc> {
    start_of_tests()
}

/// One customer, and a vendor with `count` offerings, as the foreign keys want them.
async fn shop(conn: &mut Conn, count: i32) -> (UserId, Vec<OfferingId>) {
    conn.batch_execute(
        "INSERT INTO users (id, email, email_key, password_hash, display_name, created_at, updated_at) \
         SELECT md5(name)::uuid, name, name, '', name, now(), now() FROM unnest(ARRAY['vera', 'buyer']) name; \
         INSERT INTO sellers (vendor_id, name, slug, kind, updated_at) \
         VALUES (md5('vera')::uuid, 'Vera', 'vera', 'maker', now())",
    )
    .await
    .unwrap();
    let ids: Vec<OfferingId> = (0..count).map(|_| OfferingId::new()).collect();
    for id in &ids {
        diesel::sql_query(
            "INSERT INTO offerings (id, kind, vendor_id, title, unit, price_minor, currency, status, created_at, updated_at) \
             VALUES ($1, 'product', md5('vera')::uuid, $2, 'each', $3, 'USD', 'draft', now(), now())",
        )
        .bind::<SqlUuid, _>(id.0)
        .bind::<Text, _>("Mug")
        .bind::<Integer, _>(100)
        .execute(conn)
        .await
        .unwrap();
    }
    let buyer = diesel::dsl::sql::<SqlUuid>("SELECT md5('buyer')::uuid").get_result::<UserId>(conn).await;
    (buyer.unwrap(), ids)
}

fn line(offering_id: OfferingId, units: i32) -> CartLine {
    CartLine { offering_id, quantity: Quantity::whole(units), seen_price_minor: 100, created_at: now() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offering_is_in_a_cart_once_with_its_latest_quantity() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let (buyer, offerings) = shop(conn, 1).await;
    let mut cart = user_cart(conn, now(), buyer).await.unwrap();
    put_lines(conn, &mut cart, &[line(offerings[0], 2)]).await.unwrap();
    put_lines(conn, &mut cart, &[line(offerings[0], 5)]).await.unwrap();
    let again = user_cart(conn, now(), buyer).await.unwrap();
    assert_eq!((again.id, again.lines), (cart.id, vec![line(offerings[0], 5)]));
    assert!(remove_line(conn, &mut cart, offerings[0]).await.unwrap());
    assert!(!remove_line(conn, &mut cart, offerings[0]).await.unwrap(), "it is out already");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_takes_so_many_lines_and_no_more() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let most = i32::try_from(MOST_LINES).unwrap();
    let (buyer, offerings) = shop(conn, most + 1).await;
    let mut cart = user_cart(conn, now(), buyer).await.unwrap();
    for offering in &offerings[..MOST_LINES] {
        put_lines(conn, &mut cart, &[line(*offering, 1)]).await.unwrap();
    }
    let refused = put_lines(conn, &mut cart, &[line(offerings[MOST_LINES], 1)]).await;
    assert!(matches!(refused, Err(MarketError::CartFull { most }) if most == MOST_LINES));
    put_lines(conn, &mut cart, &[line(offerings[0], 9)]).await.expect("a line it has can still change");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_its_token_opens_a_guests_cart() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let (_, offerings) = shop(conn, 1).await;
    let (mut cart, token) = create_guest_cart(conn, now()).await.unwrap();
    put_lines(conn, &mut cart, &[line(offerings[0], 1)]).await.unwrap();
    let found = find_cart(conn, &CartHolder::Guest(token.clone())).await.unwrap().unwrap();
    assert_eq!((found.id, found.lines.len()), (cart.id, 1));
    let guessed = GuestToken(token.0[1..].to_owned());
    assert_eq!(find_cart(conn, &CartHolder::Guest(guessed)).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn forgotten_carts_go_guests_first() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let (buyer, _) = shop(conn, 0).await;
    user_cart(conn, now(), buyer).await.unwrap();
    create_guest_cart(conn, now()).await.unwrap();
    let after = |days| now() + TimeDelta::days(days);
    assert_eq!(forget_stale_carts(conn, after(30)).await.unwrap(), 0);
    assert_eq!(forget_stale_carts(conn, after(31)).await.unwrap(), 1, "the guest's");
    assert_eq!(forget_stale_carts(conn, after(91)).await.unwrap(), 1, "the user's");
}

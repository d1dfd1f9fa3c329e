//! What a checkout says when the centers changed a moment ago.

use checkout::{CheckOut, CheckoutError, check_out, put_in_cart};
use kernel::{Actor, Quantity};
use logistics::ApprovedCenters;
use market::user_cart;

use crate::support::{GRAND_JUNCTION, PAY_WITHIN, Town, now, open_center, person};

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_is_behind_neither_sells_nor_misleads() {
    let town = Town::with_kale(5).await;
    let mut pooled = town.db.conn().await;
    let conn = &mut *pooled;
    let far = open_center(conn, "Far Market", GRAND_JUNCTION).await;
    let behind = ApprovedCenters::load(conn).await.unwrap();
    logistics::deactivate(conn, now(), Actor::System, town.center, "closed for good").await.unwrap();
    let customer = person(conn).await;
    let basket = user_cart(conn, now(), customer).await.unwrap();
    let kale = (town.kale, Quantity::whole(1));
    put_in_cart(conn, now(), Some(customer), basket, kale, behind.centers()).await.unwrap();
    let request = CheckOut { customer, ship_to: None, pay_within: PAY_WITHIN };
    let outcome = check_out(conn, now(), &request, behind.centers()).await;
    let Err(CheckoutError::Ineligible(why)) = outcome else { panic!("{outcome:?}") };
    let (nearest, _miles) = why.parties[0].nearest.expect("there is a center, if a far one");
    assert_eq!(behind.by_number(nearest.number).unwrap().id, far);
}

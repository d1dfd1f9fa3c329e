//! Products: sold by the piece, from anywhere, under the vendor's own numbers.

use catalog::{
    CatalogError, CreateProduct, Detail, OfferingChange, SaleStatus, change_offering, create_product,
    remove_offering,
};
use diesel_async::AsyncConnection;
use kernel::Quantity;
use testkit::TestDatabase;

use crate::support::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_product_is_sold_from_anywhere() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let maker = vendor(conn, "maker").await;
    let mug = product(conn, maker, " M-1 ").await;
    assert_eq!(mug.status, SaleStatus::Active);
    assert!(matches!(&mug.detail, Detail::Product { sku, .. } if sku == "M-1"), "trimmed");
    assert!(is_found(conn, mug.id).await);
    assert_read_model(conn, "a product").await;
    let customer = user(conn).await;
    assert!(matches!(
        create_product(conn, now(), customer, &mugs("M-1")).await,
        Err(CatalogError::NotAVendor)
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refused_field_of_a_product_is_named() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let maker = vendor(conn, "maker").await;
    let half: Quantity = "0.5".parse().unwrap();
    let bad = CreateProduct {
        sku: " ".to_owned(),
        title: String::new(),
        description: Some("\u{0}".to_owned()),
        price: usd(0),
        stock_quantity: half,
        reorder_threshold: half,
        ..mugs("")
    };
    let fields = ["sku", "title", "description", "price", "stock_quantity", "reorder_threshold"];
    assert_eq!(refused(create_product(conn, now(), maker, &bad).await), fields);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_uses_a_sku_once_until_its_product_is_removed() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let (maker, other) = (vendor(conn, "maker").await, vendor(conn, "maker").await);
    let mug = product(conn, maker, "M-1").await;
    let plate = product(conn, maker, "P-1").await;
    product(conn, other, "M-1").await;
    let taken = conn.transaction(async |tx| create_product(tx, now(), maker, &mugs("M-1")).await).await;
    assert!(matches!(taken, Err(CatalogError::SkuTaken)));
    let rename = OfferingChange { sku: Some("M-1".to_owned()), ..OfferingChange::default() };
    let taken = conn
        .transaction(async |tx| change_offering(tx, now(), maker.into(), maker, plate.id, 1, &rename).await)
        .await;
    assert!(matches!(taken, Err(CatalogError::SkuTaken)));
    remove_offering(conn, now(), maker.into(), maker, mug.id).await.unwrap();
    let changed = change_offering(conn, now(), maker.into(), maker, plate.id, 1, &rename).await.unwrap();
    assert!(matches!(&changed.detail, Detail::Product { sku, .. } if sku == "M-1"), "free again");
    assert_read_model(conn, "a removal").await;
}

//! What runs out leaves browse, and what is there again returns.

use std::sync::Arc;

use catalog::{BrowseFilter, Sort, create_product, set_in_stock};
use kernel::{Actor, OfferingId, Quantity};
use outbox::{Registry, Runner, Services};
use reservations::adjust_free;
use testkit::TestDatabase;

use crate::support::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_catalog_follows_the_stock() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let gardener = gardener(conn, &[1]).await;
    let (kale, mint) = (produce(conn, gardener).await.id, produce(conn, gardener).await.id);
    let mut registry = Registry::default();
    catalog::register(&mut registry);
    let services = Services { database: db.database.clone(), clock: Arc::new(testkit::clock()) };
    let runner = Runner::new(registry, services);
    for (free, found) in [(0, false), (3, true), (4, true), (0, false)] {
        adjust_free(conn, now(), Actor::System, kale.into(), None, Quantity::whole(free)).await.unwrap();
        runner.drain().await.unwrap();
        assert_eq!(is_found(conn, kale).await, found, "{free} left");
        assert!(is_found(conn, mint).await, "the other is not concerned");
        assert_read_model(conn, "the stock's change").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_without_stock_waits_for_some() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let maker = vendor(conn, "maker").await;
    let mut draft = mugs("M-1");
    draft.stock_quantity = Quantity::ZERO;
    let mug = create_product(conn, now(), maker, &draft).await.unwrap().id;
    assert!(browsed(conn, &BrowseFilter::default(), Sort::Newest, 10).await.is_empty());
    set_in_stock(conn, &[OfferingId::new(), mug], true).await.unwrap();
    set_in_stock(conn, &[mug], true).await.unwrap();
    assert!(is_found(conn, mug).await);
    set_in_stock(conn, &[], false).await.unwrap();
    assert!(is_found(conn, mug).await);
}

//! Categories, and what is filed under them.

use catalog::{
    CatalogError, Category, CategoryDraft, OfferingChange, change_category, change_offering, create_category,
    find_category, list_categories, remove_category, remove_offering,
};
use db::Conn;
use diesel_async::AsyncConnection;
use kernel::CategoryId;
use testkit::TestDatabase;

use crate::support::*;

fn draft(slug: &str, parent_id: Option<CategoryId>) -> CategoryDraft {
    CategoryDraft { slug: slug.to_owned(), name: format!("The {slug}"), parent_id, sort_order: 0 }
}

async fn category(conn: &mut Conn, slug: &str, parent: Option<&Category>) -> Category {
    create_category(conn, &draft(slug, parent.map(|parent| parent.id))).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn categories_are_made_changed_and_listed_in_order() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let greens = category(conn, "greens", None).await;
    let kale = category(conn, "kale", Some(&greens)).await;
    let first = CategoryDraft { sort_order: -1, ..draft("leaves", None) };
    let leaves = create_category(conn, &first).await.unwrap();
    let listed = list_categories(conn).await.unwrap();
    assert_eq!(listed, [leaves, greens.clone(), kale.clone()]);
    assert_eq!(find_category(conn, "kale").await.unwrap(), Some(kale.clone()));
    assert_eq!(find_category(conn, "mint").await.unwrap(), None);
    let changed = change_category(conn, kale.id, 1, &draft("cabbage", None)).await.unwrap();
    assert_eq!((changed.slug.as_str(), changed.parent_id, changed.version), ("cabbage", None, 2));
    let late = change_category(conn, kale.id, 1, &draft("cabbage", None)).await;
    assert!(matches!(late, Err(CatalogError::VersionMismatch { current: 2 })));
    let unknown = change_category(conn, CategoryId::new(), 1, &draft("cabbage", None)).await;
    assert!(matches!(unknown, Err(CatalogError::NotFound("category"))));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refused_field_of_a_category_is_named() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let bad = CategoryDraft { name: String::new(), ..draft("No Slug", None) };
    assert_eq!(refused(create_category(conn, &bad).await), ["slug", "name"]);
    let orphan = draft("orphan", Some(CategoryId::new()));
    assert_eq!(refused(create_category(conn, &orphan).await), ["parent_id"]);
    category(conn, "greens", None).await;
    let taken = create_category(conn, &draft("greens", None)).await;
    assert!(matches!(taken, Err(CatalogError::CategorySlugTaken)));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_category_is_below_itself() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let greens = category(conn, "greens", None).await;
    let kale = category(conn, "kale", Some(&greens)).await;
    let red = category(conn, "red-kale", Some(&kale)).await;
    for below in [&greens, &kale, &red] {
        let ring = change_category(conn, greens.id, 1, &draft("greens", Some(below.id))).await;
        assert_eq!(refused(ring), ["parent_id"], "{}", below.slug);
    }
    change_category(conn, red.id, 1, &draft("red-kale", Some(greens.id))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_category_in_use_stays() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let greens = category(conn, "greens", None).await;
    let kale = category(conn, "kale", Some(&greens)).await;
    let gardener = gardener(conn, &[1]).await;
    let listing = produce(conn, gardener).await;
    let file = OfferingChange { category_id: Some(Some(kale.id)), ..OfferingChange::default() };
    change_offering(conn, now(), gardener.into(), gardener, listing.id, 1, &file).await.unwrap();
    assert_read_model(conn, "filing").await;
    for used in [greens.id, kale.id] {
        let refused = conn.transaction(async |tx| remove_category(tx, used).await).await;
        assert!(matches!(refused, Err(CatalogError::CategoryInUse)), "{refused:?}");
    }
    let other = produce(conn, gardener).await;
    change_offering(conn, now(), gardener.into(), gardener, other.id, 1, &file).await.unwrap();
    let nowhere = OfferingChange { category_id: Some(None), ..OfferingChange::default() };
    let unfiled =
        change_offering(conn, now(), gardener.into(), gardener, other.id, 2, &nowhere).await.unwrap();
    assert_eq!(unfiled.category_id, None);
    remove_offering(conn, now(), gardener.into(), gardener, listing.id).await.unwrap();
    remove_category(conn, kale.id).await.expect("what is removed is filed nowhere");
    remove_category(conn, greens.id).await.unwrap();
    assert!(matches!(remove_category(conn, greens.id).await, Err(CatalogError::NotFound(_))));
}

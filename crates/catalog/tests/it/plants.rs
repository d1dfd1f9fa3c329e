//! What a gardener grows.

use catalog::{
    CatalogError, PlantDraft, add_plant, change_plant, create_listing, find_own_plant, list_own_plants,
    remove_offering, remove_plant,
};
use chrono::TimeDelta;
use kernel::{Limit, PlantId};
use testkit::TestDatabase;

use crate::support::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_plant_is_added_changed_and_removed() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let gardener = gardener(conn, &[1]).await;
    let draft = PlantDraft { species: Some("  Brassica oleracea ".to_owned()), ..kale() };
    let plant = add_plant(conn, now(), gardener, &draft).await.unwrap();
    assert_eq!(plant.species.as_deref(), Some("Brassica oleracea"), "trimmed");
    assert_eq!(find_own_plant(conn, gardener, plant.id).await.unwrap(), plant);

    let later = now() + TimeDelta::hours(1);
    let draft = PlantDraft { name: "Red kale".to_owned(), ..PlantDraft::default() };
    let changed = change_plant(conn, later, gardener, plant.id, 1, &draft).await.unwrap();
    assert_eq!((changed.version, changed.created_at, changed.updated_at), (2, now(), later));
    assert_eq!((changed.species.as_deref(), changed.tags.len()), (None, 0));
    assert_eq!(find_own_plant(conn, gardener, plant.id).await.unwrap(), changed);

    remove_plant(conn, later, gardener, plant.id).await.unwrap();
    let gone = find_own_plant(conn, gardener, plant.id).await;
    assert!(matches!(gone, Err(CatalogError::NotFound("plant"))));
    assert!(list_own_plants(conn, gardener, None, Limit::default()).await.unwrap().items.is_empty());
    assert!(matches!(remove_plant(conn, later, gardener, plant.id).await, Err(CatalogError::NotFound(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plant_is_its_gardener_s_alone() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let (owner, neighbor) = (gardener(conn, &[1]).await, gardener(conn, &[1]).await);
    let plant = plant(conn, owner).await;
    assert!(matches!(find_own_plant(conn, neighbor, plant).await, Err(CatalogError::NotFound(_))));
    let changed = change_plant(conn, now(), neighbor, plant, 1, &kale()).await;
    assert!(matches!(changed, Err(CatalogError::NotFound(_))));
    assert!(matches!(remove_plant(conn, now(), neighbor, plant).await, Err(CatalogError::NotFound(_))));
    assert!(list_own_plants(conn, neighbor, None, Limit::default()).await.unwrap().items.is_empty());
    assert_eq!(refused(create_listing(conn, now(), neighbor, &produce_of(plant)).await), ["plant_id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_gardeners_have_plants() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let (maker, customer) = (vendor(conn, "maker").await, user(conn).await);
    assert!(matches!(add_plant(conn, now(), maker, &kale()).await, Err(CatalogError::NotAGardener)));
    assert!(matches!(add_plant(conn, now(), customer, &kale()).await, Err(CatalogError::NotAVendor)));
    let listing = produce_of(PlantId::new());
    let outcome = create_listing(conn, now(), maker, &listing).await;
    assert!(matches!(outcome, Err(CatalogError::NotAGardener)), "whoever has no garden is told that first");
    let outcome = create_listing(conn, now(), customer, &listing).await;
    assert!(matches!(outcome, Err(CatalogError::NotAVendor)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plant_with_listings_stays() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let gardener = gardener(conn, &[1]).await;
    let plant = plant(conn, gardener).await;
    let listing = create_listing(conn, now(), gardener, &produce_of(plant)).await.unwrap();
    assert!(matches!(remove_plant(conn, now(), gardener, plant).await, Err(CatalogError::PlantInUse)));
    remove_offering(conn, now(), gardener.into(), gardener, listing.id).await.unwrap();
    remove_plant(conn, now(), gardener, plant).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_what_somebody_else_has_changed_is_refused() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let gardener = gardener(conn, &[1]).await;
    let plant = plant(conn, gardener).await;
    change_plant(conn, now(), gardener, plant, 1, &kale()).await.unwrap();
    let late = change_plant(conn, now(), gardener, plant, 1, &kale()).await;
    assert!(matches!(late, Err(CatalogError::VersionMismatch { current: 2 })));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refused_field_is_named() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let gardener = gardener(conn, &[1]).await;
    let draft = PlantDraft {
        name: " ".to_owned(),
        species: Some("x".repeat(121)),
        description: Some("a\0b".to_owned()),
        tags: vec!["t".to_owned(); 21],
    };
    let outcome = add_plant(conn, now(), gardener, &draft).await;
    assert_eq!(refused(outcome), ["name", "species", "description", "tags"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_plants_cover_each_once() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let gardener = gardener(conn, &[1]).await;
    let mut added = Vec::new();
    for minutes in [0, 0, 0, 1, 1, 2, 3] {
        let at = now() + TimeDelta::minutes(minutes);
        added.push(add_plant(conn, at, gardener, &kale()).await.unwrap());
    }
    added.sort_by_key(|plant| (plant.created_at, plant.id));
    added.reverse();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = list_own_plants(conn, gardener, after, Limit::parse(Some(2)).unwrap()).await.unwrap();
        seen.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, added);
}

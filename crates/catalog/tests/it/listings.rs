//! Listings: made, put on sale, changed, taken off and found.

use catalog::{
    BrowseFilter, BrowsePlace, CatalogError, CreateListing, ListingType, NotPublishable, OfferingChange,
    OfferingKind, SaleStatus, Sort, Unit, change_offering, create_listing, find_own_offering,
    find_public_offering, hide_offering, list_own_offerings, load_for_sale, pause_offering, publish_offering,
    remove_offering, storefront, unhide_offering,
};
use chrono::TimeDelta;
use kernel::{CategoryId, Limit, OfferingId, PlantId, Quantity};
use reservations::availability;
use testkit::TestDatabase;

use crate::support::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_goes_on_sale_with_its_stock() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let gardener = gardener(conn, &[1, 2]).await;
    let listing = produce(conn, gardener).await;
    assert_eq!((listing.title.as_str(), listing.status), ("Kale", SaleStatus::Active), "titled as its plant");
    assert_eq!(listing.published_at, Some(now()));
    let stock = availability(conn, now(), &[listing.id.into()]).await.unwrap()[&listing.id.into()];
    assert_eq!(stock.free(), Quantity::whole(10));
    assert_eq!(find_own_offering(conn, gardener, listing.id).await.unwrap(), listing);
    let (public, name, slug) = find_public_offering(conn, listing.id).await.unwrap();
    assert_eq!(
        (public, name, slug),
        (listing.clone(), format!("Shop {gardener}"), format!("shop-{gardener}"))
    );
    assert!(is_found(conn, listing.id).await);
    let told = outbox::timeline(conn, "offering", listing.id.0).await.unwrap();
    assert_eq!(told.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>(), ["offering.created"]);
    assert_read_model(conn, "a listing").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gardener_must_be_located_and_reach_a_center_to_sell() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let gardener = vendor(conn, "gardener").await;
    let plant = plant(conn, gardener).await;
    let nowhere = create_listing(conn, now(), gardener, &produce_of(plant)).await;
    assert!(matches!(nowhere, Err(CatalogError::NotPublishable(NotPublishable::NotLocated))));
    place(conn, gardener, Some(BOULDER), &[]).await;
    let far = create_listing(conn, now(), gardener, &produce_of(plant)).await;
    assert!(matches!(far, Err(CatalogError::NotPublishable(NotPublishable::OutOfReach))));
    assert_eq!(count(conn, "SELECT count(*) FROM offerings").await, 0, "nothing was made");

    let draft = CreateListing { publish: false, ..produce_of(plant) };
    let draft = create_listing(conn, now(), gardener, &draft).await.unwrap();
    assert_eq!((draft.status, draft.published_at), (SaleStatus::Draft, None));
    assert!(matches!(find_public_offering(conn, draft.id).await, Err(CatalogError::NotFound(_))));
    let far = publish_offering(conn, now(), gardener, draft.id).await;
    assert!(matches!(far, Err(CatalogError::NotPublishable(NotPublishable::OutOfReach))));
    place(conn, gardener, Some(BOULDER), &[7]).await;
    assert!(!is_found(conn, draft.id).await, "still a draft");
    publish_offering(conn, now(), gardener, draft.id).await.unwrap();
    assert!(is_found(conn, draft.id).await);

    // They move away. It is on sale still, and somebody who wonders why nobody finds it is told.
    place(conn, gardener, Some(BOULDER), &[]).await;
    assert!(!is_found(conn, draft.id).await);
    let far = publish_offering(conn, now(), gardener, draft.id).await;
    assert!(matches!(far, Err(CatalogError::NotPublishable(NotPublishable::OutOfReach))));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refused_field_of_a_listing_is_named() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let gardener = gardener(conn, &[1]).await;
    let good = produce_of(plant(conn, gardener).await);
    let half: Quantity = "0.5".parse().unwrap();
    for (bad, fields) in [
        (CreateListing { price: usd(0), ..good.clone() }, &["price"][..]),
        (CreateListing { price: usd(-1), ..good.clone() }, &["price"]),
        (CreateListing { price: usd(100_000_001), ..good.clone() }, &["price"]),
        (CreateListing { title: Some("\u{7}".to_owned()), ..good.clone() }, &["title"]),
        (CreateListing { title: Some("x".repeat(161)), price: usd(0), ..good.clone() }, &["title", "price"]),
        (CreateListing { description: Some("x".repeat(4001)), ..good.clone() }, &["description"]),
        (
            CreateListing { unit: Unit::Each, quantity_available: half, ..good.clone() },
            &["quantity_available"],
        ),
        (
            CreateListing { unit: Unit::Bundle, quantity_available: half, ..good.clone() },
            &["quantity_available"],
        ),
        (CreateListing { plant_id: PlantId::new(), ..good.clone() }, &["plant_id"]),
        (CreateListing { category_id: Some(CategoryId::new()), ..good.clone() }, &["category_id"]),
    ] {
        assert_eq!(refused(create_listing(conn, now(), gardener, &bad).await), fields, "{bad:?}");
    }
    for unit in [Unit::Lb, Unit::Gram] {
        let divided = CreateListing { unit, quantity_available: half, ..good.clone() };
        create_listing(conn, now(), gardener, &divided).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paused_hidden_or_removed_is_not_found() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let gardener = gardener(conn, &[1]).await;
    let admin = user(conn).await;
    let id = produce(conn, gardener).await.id;

    let paused = pause_offering(conn, now(), gardener.into(), gardener, id).await.unwrap();
    assert_eq!((paused.status, paused.version), (SaleStatus::Paused, 2));
    assert!(!is_found(conn, id).await);
    find_public_offering(conn, id).await.expect("a link to it still tells that it is paused");
    let again = pause_offering(conn, now(), gardener.into(), gardener, id).await.unwrap();
    assert_eq!(again.version, 2, "twice is once");
    let later = now() + TimeDelta::days(1);
    let shown = publish_offering(conn, later, gardener, id).await.unwrap();
    assert_eq!(shown.published_at, Some(now()), "it is no news");
    assert!(is_found(conn, id).await);

    assert_eq!(refused(hide_offering(conn, now(), admin, id, "no").await), ["reason"]);
    let hidden = hide_offering(conn, now(), admin, id, "not what it says").await.unwrap();
    assert_eq!(hidden.hidden_reason.as_deref(), Some("not what it says"));
    assert!(!is_found(conn, id).await);
    assert!(matches!(find_public_offering(conn, id).await, Err(CatalogError::NotFound(_))));
    assert!(!load_for_sale(conn, &[id]).await.unwrap()[0].on_sale);
    find_own_offering(conn, gardener, id).await.expect("its gardener sees it");
    unhide_offering(conn, now(), admin, id).await.unwrap();
    assert!(is_found(conn, id).await);

    remove_offering(conn, now(), gardener.into(), gardener, id).await.unwrap();
    assert!(!is_found(conn, id).await);
    assert!(matches!(find_own_offering(conn, gardener, id).await, Err(CatalogError::NotFound(_))));
    assert!(matches!(
        remove_offering(conn, now(), gardener.into(), gardener, id).await,
        Err(CatalogError::NotFound(_))
    ));
    assert!(!load_for_sale(conn, &[id]).await.unwrap()[0].on_sale);
    assert_read_model(conn, "all that").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_is_its_gardener_s_alone() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let (owner, neighbor) = (gardener(conn, &[1]).await, gardener(conn, &[1]).await);
    let id = produce(conn, owner).await.id;
    let change = OfferingChange { price: Some(usd(1)), ..OfferingChange::default() };
    for outcome in [
        find_own_offering(conn, neighbor, id).await,
        change_offering(conn, now(), neighbor.into(), neighbor, id, 1, &change).await,
        publish_offering(conn, now(), neighbor, id).await,
        pause_offering(conn, now(), neighbor.into(), neighbor, id).await,
        find_own_offering(conn, owner, OfferingId::new()).await,
    ] {
        assert!(matches!(outcome, Err(CatalogError::NotFound("offering"))), "{outcome:?}");
    }
    assert!(matches!(
        remove_offering(conn, now(), neighbor.into(), neighbor, id).await,
        Err(CatalogError::NotFound(_))
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_reach_browse() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let gardener = gardener(conn, &[1]).await;
    let id = produce(conn, gardener).await.id;
    let change = OfferingChange {
        title: Some("Lacinato kale".to_owned()),
        description: Some("Tuscan".to_owned()),
        price: Some(usd(450)),
        ..OfferingChange::default()
    };
    let changed = change_offering(conn, now(), gardener.into(), gardener, id, 1, &change).await.unwrap();
    assert_eq!((changed.version, changed.price, changed.status), (2, usd(450), SaleStatus::Active));
    let tuscan = BrowseFilter { text: Some("tuscan".to_owned()), ..BrowseFilter::default() };
    let found = browsed(conn, &tuscan, Sort::Cheapest, 10).await;
    assert_eq!((found[0].title.as_str(), found[0].price), ("Lacinato kale", usd(450)));
    assert_read_model(conn, "a change").await;

    let late = change_offering(conn, now(), gardener.into(), gardener, id, 1, &change).await;
    assert!(matches!(late, Err(CatalogError::VersionMismatch { current: 2 })));
    let sku =
        OfferingChange { sku: Some("K-1".to_owned()), price: Some(usd(0)), ..OfferingChange::default() };
    assert_eq!(
        refused(change_offering(conn, now(), gardener.into(), gardener, id, 2, &sku).await),
        ["price", "sku"]
    );
    let nowhere = OfferingChange { category_id: Some(Some(CategoryId::new())), ..OfferingChange::default() };
    assert_eq!(
        refused(change_offering(conn, now(), gardener.into(), gardener, id, 2, &nowhere).await),
        ["category_id"]
    );
    let undescribed = OfferingChange { description: Some(String::new()), ..OfferingChange::default() };
    let changed = change_offering(conn, now(), gardener.into(), gardener, id, 2, &undescribed).await.unwrap();
    assert_eq!(changed.description, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_is_found_from_where_its_gardener_reaches() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let gardener = gardener(conn, &[1, 2]).await;
    let id = produce(conn, gardener).await.id;
    let from = |reach: &[i32]| {
        let place = BrowsePlace { unit_vector: [0.0, 0.0, 1.0], reach: reach.to_vec() };
        BrowseFilter { place: Some(place), ..BrowseFilter::default() }
    };
    let mut finds = async |reach: &[i32]| {
        let items = browsed(conn, &from(reach), Sort::Newest, 5).await;
        items.iter().filter(|item| item.id == id).count()
    };
    assert_eq!(
        [finds(&[2, 3]).await, finds(&[1, 2]).await, finds(&[3]).await, finds(&[]).await],
        [1, 1, 0, 0]
    );
    place(conn, gardener, Some(BOULDER), &[3]).await;
    let mut finds = async |reach: &[i32]| browsed(conn, &from(reach), Sort::Cheapest, 5).await.len();
    assert_eq!([finds(&[1, 2]).await, finds(&[3]).await], [0, 1]);
    place(conn, gardener, None, &[]).await;
    assert!(!is_found(conn, id).await, "a gardener who is nowhere hands over nothing");
    assert_read_model(conn, "moving away").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_window_shows_what_is_on_sale() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let gardener = gardener(conn, &[1]).await;
    let plant = plant(conn, gardener).await;
    let seeds = CreateListing { listing_type: ListingType::Seeds, ..produce_of(plant) };
    let seeds = create_listing(conn, now() + TimeDelta::hours(1), gardener, &seeds).await.unwrap();
    let draft = CreateListing { publish: false, ..produce_of(plant) };
    create_listing(conn, now(), gardener, &draft).await.unwrap();
    let mug = product(conn, gardener, "M-1").await;
    let limit = Limit::default();
    let shown = storefront(conn, gardener, None, None, limit).await.unwrap();
    assert_eq!(shown.items.iter().map(|o| o.id).collect::<Vec<_>>(), [seeds.id, mug.id]);
    let products = storefront(conn, gardener, Some(OfferingKind::Product), None, limit).await.unwrap();
    assert_eq!(products.items.len(), 1);
    let own = list_own_offerings(conn, gardener, Some(OfferingKind::Listing), None, limit).await.unwrap();
    assert_eq!(own.items.len(), 2, "drafts and all");
}

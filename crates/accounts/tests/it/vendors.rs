//! Storefronts.

use accounts::{AccountsError, Change, Role, VendorChanges, VendorDetails, VendorKind, VendorProfile};
use kernel::UserId;

use crate::support::World;

fn gardener(name: &str, slug: Option<&str>) -> VendorDetails {
    VendorDetails {
        kind: VendorKind::Gardener,
        business_name: name.to_owned(),
        business_identifier: Some("84-1234567".to_owned()),
        contact_email: Some("hello@example.com".to_owned()),
        contact_phone: None,
        slug: slug.map(ToOwned::to_owned),
        bio: Some("Kale.\nAnd figs.".to_owned()),
        payout_note: None,
    }
}

async fn open(world: &World, user: UserId, details: VendorDetails) -> Result<VendorProfile, AccountsError> {
    let now = world.now();
    world.transact(async |tx| accounts::become_vendor(tx, now, user, details).await).await
}

async fn change(
    world: &World,
    user: UserId,
    version: i32,
    changes: VendorChanges,
) -> Result<VendorProfile, AccountsError> {
    let now = world.now();
    world.transact(async |tx| accounts::change_vendor(tx, now, user, version, changes).await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_opens_a_storefront() {
    let world = World::new().await;
    let ana = world.somebody("ana@example.com").await;
    let profile = open(&world, ana, gardener("Ana's Green Acre", None)).await.unwrap();
    assert_eq!((profile.slug.as_str(), profile.version), ("anas-green-acre", 1));
    let me = accounts::find_me(&mut *world.conn().await, ana).await.unwrap();
    assert!(me.account.roles.contains(&Role::Vendor) && me.account.roles.contains(&Role::Customer));
    assert_eq!(me.vendor.as_ref(), Some(&profile));

    let found = accounts::find_vendor_by_slug(&mut *world.conn().await, "anas-green-acre").await.unwrap();
    assert_eq!(found, profile);
    let nobody = accounts::find_vendor_by_slug(&mut *world.conn().await, "nobody").await;
    assert!(matches!(nobody, Err(AccountsError::VendorNotFound)));
    let (kind, data) = world.facts().await.pop().unwrap();
    assert_eq!(kind, "vendor.opened");
    assert_eq!(data.to_string(), r#"{"kind":"gardener","name":"Ana's Green Acre","slug":"anas-green-acre"}"#);

    let again = open(&world, ana, gardener("Another", None)).await;
    assert!(matches!(again, Err(AccountsError::AlreadyVendor)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_was_asked_for_is_given_or_refused() {
    let world = World::new().await;
    let (ana, ben) = (world.somebody("ana@example.com").await, world.somebody("ben@example.com").await);
    open(&world, ana, gardener("Green Acre", Some("acre"))).await.unwrap();
    let taken = open(&world, ben, gardener("Acre", Some("acre"))).await;
    assert!(matches!(taken, Err(AccountsError::SlugTaken { slug }) if slug == "acre"));
    let malformed = open(&world, ben, gardener("Acre", Some("The Acre"))).await;
    assert!(matches!(malformed, Err(AccountsError::Invalid(_))));
    assert_eq!(open(&world, ben, gardener("Acre", None)).await.unwrap().slug.as_str(), "acre-2");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_businesses_of_one_name_open_at_once_under_different_addresses() {
    let world = World::new().await;
    let mut users = Vec::new();
    for number in 0..8 {
        users.push(world.somebody(&format!("ana{number}@example.com")).await);
    }
    let opened = users.iter().map(|user| open(&world, *user, gardener("Green Acre", None)));
    let mut slugs = Vec::new();
    for outcome in futures_util::future::join_all(opened).await {
        slugs.push(outcome.unwrap().slug.as_str().to_owned());
    }
    slugs.sort();
    slugs.dedup();
    assert_eq!(slugs.len(), 8);
    assert!(slugs.contains(&"green-acre".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_needs_the_present_version_and_is_announced() {
    let world = World::new().await;
    let (ana, ben) = (world.somebody("ana@example.com").await, world.somebody("ben@example.com").await);
    open(&world, ana, gardener("Green Acre", None)).await.unwrap();
    open(&world, ben, gardener("Red Acre", None)).await.unwrap();

    let changes = || VendorChanges {
        business_name: Change::Set("Greener Acre".to_owned()),
        slug: Change::Set("greener".to_owned()),
        bio: Change::Set(None),
        ..VendorChanges::default()
    };
    let greener = change(&world, ana, 1, changes()).await.unwrap();
    assert_eq!(
        (greener.business_name.as_str(), greener.slug.as_str(), greener.version),
        ("Greener Acre", "greener", 2)
    );
    assert_eq!((greener.bio, greener.contact_email.as_deref()), (None, Some("hello@example.com")));
    let (kind, data) = world.facts().await.pop().unwrap();
    assert_eq!((kind.as_str(), data["slug"].as_str()), ("vendor.changed", Some("greener")));

    let stale = change(&world, ana, 1, changes()).await;
    assert!(matches!(stale, Err(AccountsError::VersionMismatch { current: 2 })));
    let theirs = VendorChanges { slug: Change::Set("red-acre".to_owned()), ..VendorChanges::default() };
    assert!(matches!(change(&world, ana, 2, theirs).await, Err(AccountsError::SlugTaken { .. })));
    let nobody = world.somebody("cyd@example.com").await;
    assert!(matches!(change(&world, nobody, 1, changes()).await, Err(AccountsError::VendorNotFound)));
}

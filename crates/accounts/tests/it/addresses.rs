//! Addresses, where they are, and who is told when somebody moves.

use accounts::{
    AccountsError, Address, AddressChanges, Change, GeocodeAddress, Geocoded, Place, PostalAddress,
};
use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use kernel::{AddressId, UserId};

use crate::support::{World, address, denver};

async fn add(world: &World, user: UserId, line1: &str) -> Result<Address, AccountsError> {
    let now = world.now();
    world.transact(async |tx| accounts::add_address(tx, now, user, address(line1)).await).await
}

async fn change(world: &World, address: &Address, changes: AddressChanges) -> Result<Address, AccountsError> {
    let (now, user, id, version) = (world.now(), address.user_id, address.id, address.version);
    world.transact(async |tx| accounts::change_address(tx, now, user, id, version, changes).await).await
}

async fn locate(world: &World, job: GeocodeAddress, answer: Geocoded) -> bool {
    let now = world.now();
    let work =
        async |tx: &mut db::Conn| accounts::set_place(tx, now, job.address_id, job.version, answer).await;
    world.transact(work).await.unwrap()
}

async fn question(world: &World, job: GeocodeAddress) -> Option<PostalAddress> {
    accounts::find_address_to_locate(&mut *world.conn().await, job.address_id, job.version).await.unwrap()
}

/// What a geocoder was asked, oldest first.
async fn jobs(world: &World) -> Vec<GeocodeAddress> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        payload: String,
    }
    let query =
        "SELECT payload::text AS payload FROM jobs WHERE name = 'accounts.geocode_address' ORDER BY id";
    let rows: Vec<Row> = diesel::sql_query(query).load(&mut *world.conn().await).await.unwrap();
    rows.into_iter().map(|row| serde_json::from_str(&row.payload).unwrap()).collect()
}

async fn primary(world: &World, user: UserId) -> Option<AddressId> {
    let place = accounts::primary_place(&*world.conn().await, user).await.unwrap();
    place.map(|place| place.address_id)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_address_is_where_somebody_is_once_it_is_found() {
    let world = World::new().await;
    let ana = world.somebody("ana@example.com").await;
    assert_eq!(accounts::primary_place(&*world.conn().await, ana).await.unwrap(), None);

    let home = add(&world, ana, "1 Main St").await.unwrap();
    assert!(home.is_primary && home.place == Place::Pending && home.postal.country == "US");
    assert_eq!(world.events_after(2).await, ["address.saved", "user.moved"]);
    let [job] = jobs(&world).await[..] else { panic!("one question") };
    assert_eq!((job.address_id, job.version), (home.id, home.place_version));
    assert_eq!(question(&world, job).await, Some(home.postal.clone()));

    assert!(locate(&world, job, denver()).await);
    assert!(!locate(&world, job, denver()).await, "a repeated answer says nothing new");
    assert_eq!(question(&world, job).await, None);
    assert_eq!(world.events_after(4).await, ["address.located", "user.moved"]);
    let place = accounts::primary_place(&*world.conn().await, ana).await.unwrap().unwrap();
    let located = place.place.located().unwrap();
    assert_eq!((located.lat(), located.lon(), located.confidence()), (39.7525, -104.9995, "postal_code"));

    let found = accounts::find_address(&mut *world.conn().await, ana, home.id).await.unwrap();
    assert_eq!((found.version, found.place_version, found.geocoded_at), (2, 1, Some(world.now())));
    let me = accounts::find_me(&mut *world.conn().await, ana).await.unwrap();
    assert_eq!(me.primary_address, Some(found));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_keeps_the_address_and_says_so() {
    let world = World::new().await;
    let ana = world.somebody("ana@example.com").await;
    let home = add(&world, ana, "1 Main St").await.unwrap();
    let [job] = jobs(&world).await[..] else { panic!("one question") };
    let failure = Geocoded::Failed { problem: "no such postal code".to_owned() };
    assert!(locate(&world, job, failure).await);
    let kept = accounts::find_address(&mut *world.conn().await, ana, home.id).await.unwrap();
    assert_eq!(kept.place, Place::NotLocated { problem: "no such postal code".to_owned() });
    let (kind, data) = world.facts().await[4].clone();
    assert_eq!(
        (kind.as_str(), data["problem"].as_str()),
        ("address.not_located", Some("no such postal code"))
    );
    assert_eq!(data["address_id"], home.id.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_street_is_asked_for_again_and_another_label_is_not() {
    let world = World::new().await;
    let ana = world.somebody("ana@example.com").await;
    let home = add(&world, ana, "1 Main St").await.unwrap();
    let first = jobs(&world).await[0];
    let label = AddressChanges { label: Change::Set(Some("home".to_owned())), ..AddressChanges::default() };
    let home = change(&world, &home, label).await.unwrap();
    assert_eq!((home.version, jobs(&world).await.len()), (2, 1));
    assert!(locate(&world, first, denver()).await, "a label does not spoil the answer");
    let home = accounts::find_address(&mut *world.conn().await, ana, home.id).await.unwrap();

    let before = world.events().await.len();
    let street = AddressChanges { line1: Change::Set("9 Elm St".to_owned()), ..AddressChanges::default() };
    let home = change(&world, &home, street).await.unwrap();
    assert_eq!((&home.place, home.geocoded_at), (&Place::Pending, None));
    assert_eq!(world.events_after(before).await, ["address.saved", "user.moved"]);
    let second = jobs(&world).await[1];
    assert_eq!(question(&world, first).await, None);
    assert!(!locate(&world, first, denver()).await, "an answer about the old street is ignored");
    assert!(locate(&world, second, denver()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_or_foreign_change_is_refused() {
    let world = World::new().await;
    let (ana, ben) = (world.somebody("ana@example.com").await, world.somebody("ben@example.com").await);
    let home = add(&world, ana, "1 Main St").await.unwrap();
    let street = || AddressChanges { line1: Change::Set("9 Elm St".to_owned()), ..AddressChanges::default() };
    change(&world, &home, street()).await.unwrap();
    assert!(matches!(
        change(&world, &home, street()).await,
        Err(AccountsError::VersionMismatch { current: 2 })
    ));
    let theirs = Address { user_id: ben, ..home.clone() };
    assert!(matches!(change(&world, &theirs, street()).await, Err(AccountsError::AddressNotFound)));
    let found = accounts::find_address(&mut *world.conn().await, ben, home.id).await;
    assert!(matches!(found, Err(AccountsError::AddressNotFound)));
    let now = world.now();
    let removed = world.transact(async |tx| accounts::remove_address(tx, now, ben, home.id).await).await;
    assert!(matches!(removed, Err(AccountsError::AddressNotFound)));
    let chosen = world.transact(async |tx| accounts::make_primary(tx, now, ben, home.id).await).await;
    assert!(matches!(chosen, Err(AccountsError::AddressNotFound)));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_switches_or_removes_the_primary_address_moves() {
    let world = World::new().await;
    let (ana, now) = (world.somebody("ana@example.com").await, world.now());
    let home = add(&world, ana, "1 Main St").await.unwrap();
    let work = add(&world, ana, "2 Oak St").await.unwrap();
    let cabin = add(&world, ana, "3 Pine St").await.unwrap();
    let mut seen = world.events().await.len();
    assert_eq!(primary(&world, ana).await, Some(home.id));

    for _ in 0..2 {
        let chosen =
            world.transact(async |tx| accounts::make_primary(tx, now, ana, cabin.id).await).await.unwrap();
        assert!(chosen.is_primary);
    }
    assert_eq!(primary(&world, ana).await, Some(cabin.id));
    assert_eq!(world.events_after(seen).await, ["user.moved"], "choosing it again is no move");
    seen += 1;

    world.transact(async |tx| accounts::remove_address(tx, now, ana, work.id).await).await.unwrap();
    assert_eq!(world.events().await.len(), seen, "somewhere else is no move");
    world.transact(async |tx| accounts::remove_address(tx, now, ana, cabin.id).await).await.unwrap();
    assert_eq!(primary(&world, ana).await, Some(home.id));
    world.transact(async |tx| accounts::remove_address(tx, now, ana, home.id).await).await.unwrap();
    assert_eq!(primary(&world, ana).await, None);
    assert_eq!(world.events_after(seen).await, ["user.moved", "user.moved"]);
    for job in jobs(&world).await {
        assert!(!locate(&world, job, denver()).await, "what is gone is not found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_added_at_once_make_one_primary() {
    let world = World::new().await;
    let ana = world.somebody("ana@example.com").await;
    let now = world.now();
    let first = async |tx: &mut db::Conn| accounts::add_address(tx, now, ana, address("1 Elm St")).await;
    let second = async |tx: &mut db::Conn| accounts::add_address(tx, now, ana, address("2 Elm St")).await;
    let (first, second) = world.overlap(first, world.transact(second)).await;
    assert!(first.is_primary && !second.unwrap().is_primary);

    let streets: Vec<String> = (2..10).map(|number| format!("{number} Main St")).collect();
    let added = streets.iter().map(|street| add(&world, ana, street));
    for outcome in futures_util::future::join_all(added).await {
        outcome.unwrap();
    }
    assert_eq!(world.count("SELECT count(*) AS count FROM addresses WHERE is_primary").await, 1);
    for number in 10..20 {
        add(&world, ana, &format!("{number} Main St")).await.unwrap();
    }
    let outcome = add(&world, ana, "one too many").await;
    assert!(matches!(outcome, Err(AccountsError::TooManyAddresses { most: 20 })));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_places_of_many_users_take_one_statement() {
    let world = World::new().await;
    let mut users = Vec::new();
    for number in 0..5 {
        let user = world.somebody(&format!("ana{number}@example.com")).await;
        add(&world, user, "1 Main St").await.unwrap();
        add(&world, user, "2 Oak St").await.unwrap();
        users.push(user);
    }
    users.push(world.somebody("nowhere@example.com").await);
    let conn = world.conn().await;
    let before = world.test.database.statements();
    let places = accounts::primary_places(&conn, &users).await.unwrap();
    assert_eq!(world.test.database.statements() - before, 1);
    assert_eq!(places.len(), 5);
    assert!(places.values().all(|place| place.place == Place::Pending));
}

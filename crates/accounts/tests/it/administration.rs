//! What admins see and do.

use accounts::{AccountStatus, AccountsError, Change, ProfileChanges, Role, UserFilter};
use chrono::TimeDelta;
use kernel::{Actor, Limit, UserId};

use crate::support::World;

async fn admin(world: &World, email: &str) -> UserId {
    let (user, now) = (world.somebody(email).await, world.now());
    world
        .transact(async |tx| accounts::grant_role(tx, now, Actor::System, user, Role::Admin).await)
        .await
        .unwrap();
    user
}

async fn revoke_admin(world: &World, by: UserId, user: UserId) -> Result<(), AccountsError> {
    let now = world.now();
    world.transact(async |tx| accounts::revoke_role(tx, now, by.into(), user, Role::Admin).await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_come_and_go_and_the_feed_says_who_did_it() {
    let world = World::new().await;
    let (root, ana, now) =
        (admin(&world, "root@example.com").await, world.somebody("ana@example.com").await, world.now());
    assert!(matches!(
        accounts::require_admin(&mut *world.conn().await, ana).await,
        Err(AccountsError::NotAdmin)
    ));
    let seen = world.events().await.len();
    for _ in 0..2 {
        world
            .transact(async |tx| accounts::grant_role(tx, now, root.into(), ana, Role::Rider).await)
            .await
            .unwrap();
    }
    let account = accounts::find_account(&mut *world.conn().await, ana).await.unwrap();
    assert!(account.roles.contains(&Role::Rider));
    for _ in 0..2 {
        world
            .transact(async |tx| accounts::revoke_role(tx, now, root.into(), ana, Role::Rider).await)
            .await
            .unwrap();
    }
    assert_eq!(world.events_after(seen).await, ["user.role_granted", "user.role_revoked"]);
    let timeline = outbox::timeline(&mut *world.conn().await, "user", ana.0).await.unwrap();
    assert_eq!(timeline.last().unwrap().actor, Actor::User { id: root });
    assert_eq!(timeline.last().unwrap().data["role"], "rider");

    let nobody = UserId::new();
    let outcome = world
        .transact(async |tx| accounts::grant_role(tx, now, root.into(), nobody, Role::Rider).await)
        .await;
    assert!(matches!(outcome, Err(AccountsError::UserNotFound)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_active_admin_stays_one() {
    let world = World::new().await;
    let (root, now) = (admin(&world, "root@example.com").await, world.now());
    assert!(matches!(revoke_admin(&world, root, root).await, Err(AccountsError::LastAdmin)));
    let second = admin(&world, "second@example.com").await;
    world.transact(async |tx| accounts::disable_account(tx, now, root.into(), second).await).await.unwrap();
    assert!(
        matches!(revoke_admin(&world, root, root).await, Err(AccountsError::LastAdmin)),
        "a closed one is none"
    );
    let outcome =
        world.transact(async |tx| accounts::disable_account(tx, now, root.into(), root).await).await;
    assert!(matches!(outcome, Err(AccountsError::LastAdmin)));
    assert!(matches!(
        accounts::require_admin(&mut *world.conn().await, second).await,
        Err(AccountsError::NotAdmin)
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_admins_cannot_end_each_other_at_once() {
    let world = World::new().await;
    let (ana, ben) = (admin(&world, "ana@example.com").await, admin(&world, "ben@example.com").await);
    let now = world.now();
    let revoke = async |tx: &mut db::Conn| accounts::revoke_role(tx, now, ana.into(), ben, Role::Admin).await;
    let disable = async |tx: &mut db::Conn| accounts::disable_account(tx, now, ben.into(), ana).await;
    let ((), outcome) = world.overlap(revoke, world.transact(disable)).await;
    assert!(matches!(outcome, Err(AccountsError::LastAdmin)), "{outcome:?}");
    accounts::require_admin(&mut *world.conn().await, ana).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_is_opened_again() {
    let world = World::new().await;
    let (root, ana, now) =
        (admin(&world, "root@example.com").await, world.somebody("ana@example.com").await, world.now());
    let seen = world.events().await.len();
    for status in [AccountStatus::Disabled, AccountStatus::Active] {
        for _ in 0..2 {
            let work = async |tx: &mut db::Conn| match status {
                AccountStatus::Disabled => accounts::disable_account(tx, now, root.into(), ana).await,
                AccountStatus::Active => accounts::enable_account(tx, now, root.into(), ana).await,
            };
            assert_eq!(world.transact(work).await.unwrap().user.status, status);
        }
    }
    assert_eq!(world.events_after(seen).await, ["user.disabled", "user.enabled"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_listed_newest_first_and_filtered() {
    let world = World::new().await;
    let root = admin(&world, "root@example.com").await;
    for number in 0..7 {
        // Two of them in the same instant.
        if number != 3 {
            world.clock.advance(TimeDelta::seconds(1));
        }
        world.somebody(&format!("Ana_{number}@example.com")).await;
    }
    let limit = Limit::parse(Some(3)).unwrap();
    let (mut after, mut emails, mut pages) = (None, Vec::new(), 0);
    let mut conn = world.conn().await;
    loop {
        let before = world.test.database.statements();
        let page = accounts::list_users(&mut conn, &UserFilter::default(), after, limit).await.unwrap();
        assert_eq!(world.test.database.statements() - before, 1);
        emails.extend(page.items.into_iter().map(|account| account.user.email));
        (after, pages) = (page.next, pages + 1);
        if after.is_none() {
            break;
        }
    }
    assert_eq!((pages, emails.len()), (3, 8));
    assert_eq!((emails[0].as_str(), emails[7].as_str()), ("Ana_6@example.com", "root@example.com"));

    let count = async |filter: UserFilter| {
        let mut conn = world.conn().await;
        accounts::list_users(&mut conn, &filter, None, Limit::default()).await.unwrap().items.len()
    };
    let prefix = |text: &str| UserFilter { email_prefix: Some(text.to_owned()), ..UserFilter::default() };
    assert_eq!(count(prefix("ANA_")).await, 7);
    assert_eq!(count(prefix("ana%")).await, 0, "no wildcard");
    assert_eq!(count(prefix("a_a")).await, 0, "no wildcard either");
    assert_eq!(count(UserFilter { role: Some(Role::Admin), ..UserFilter::default() }).await, 1);
    assert_eq!(count(UserFilter { status: Some(AccountStatus::Disabled), ..UserFilter::default() }).await, 0);
    let both = UserFilter { role: Some(Role::Admin), status: Some(AccountStatus::Active), ..prefix("root") };
    assert_eq!(count(both).await, 1);
    assert_eq!(accounts::find_account(&mut conn, root).await.unwrap().user.email, "root@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_changes_at_the_version_that_was_read() {
    let world = World::new().await;
    let (ana, now) = (world.somebody("ana@example.com").await, world.now());
    let change = async |version: i32, changes: ProfileChanges| {
        world.transact(async |tx| accounts::change_profile(tx, now, ana, version, changes).await).await
    };
    let phone = |text: &str| ProfileChanges {
        phone: Change::Set(Some(text.to_owned())),
        ..ProfileChanges::default()
    };
    let changed = change(1, phone("+1 303 555 0100")).await.unwrap();
    assert_eq!(
        (changed.phone.as_deref(), changed.display_name.as_str(), changed.version),
        (Some("+1 303 555 0100"), "Ana", 2)
    );
    let after = accounts::find_me(&mut *world.conn().await, ana).await.unwrap();
    assert_eq!(after.account.user, changed);
    assert!(matches!(
        change(1, phone("+1 303 555 0100")).await,
        Err(AccountsError::VersionMismatch { current: 2 })
    ));
    assert!(matches!(change(2, phone("x")).await, Err(AccountsError::Invalid(_))));
    let cleared = ProfileChanges { phone: Change::Set(None), ..ProfileChanges::default() };
    assert_eq!(change(2, cleared).await.unwrap().phone, None);
}

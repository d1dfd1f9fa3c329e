//! How accounts begin.

use accounts::{AccountStatus, AccountsError, Password, Register, Role, Superuser};
use kernel::Actor;

use crate::support::{PASSWORD, World};

#[tokio::test(flavor = "multi_thread")]
async fn whoever_registers_is_a_customer_and_logged_in() {
    let world = World::new().await;
    let ana = world.register(" Ana@Example.com ").await.unwrap();
    assert_eq!(ana.account.user.email, "Ana@Example.com");
    assert_eq!(ana.account.user.status, AccountStatus::Active);
    assert_eq!(ana.account.roles.iter().copied().collect::<Vec<_>>(), [Role::Customer]);
    assert_eq!(world.events().await, ["user.registered", "user.verification_requested"]);

    let claims = world.signer.verify(world.now(), &ana.access.token).unwrap();
    assert_eq!((claims.user_id, claims.session_id), (ana.account.user.id, ana.session_id));
    let me = accounts::find_me(&mut *world.conn().await, ana.account.user.id).await.unwrap();
    assert_eq!(me.account, ana.account);
    assert_eq!((me.vendor, me.primary_address), (None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refused_field_is_named() {
    let world = World::new().await;
    let request = Register {
        email: "ana".to_owned(),
        password: Password::new("short"),
        display_name: " ".to_owned(),
        phone: Some("call me".to_owned()),
        user_agent: None,
    };
    let outcome =
        accounts::register(&world.test.database, &world.hasher, &world.signer, world.now(), request).await;
    let Err(AccountsError::Invalid(invalid)) = outcome else { panic!("{outcome:?}") };
    let fields: Vec<&str> = invalid.fields.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields, ["email", "password", "display_name", "phone"]);
    assert_eq!(world.hasher.runs(), 0, "nothing was hashed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_makes_one_account_however_it_is_capitalized_and_however_many_ask() {
    let world = World::new().await;
    let spellings = ["ana@example.com", "ANA@example.com", "Ana@Example.Com", " ana@EXAMPLE.com"];
    let attempts = (0..12).map(|number| world.register(spellings[number % spellings.len()]));
    let mut made = 0;
    for outcome in futures_util::future::join_all(attempts).await {
        match outcome {
            Ok(_) => made += 1,
            Err(AccountsError::EmailTaken) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(made, 1);
    assert_eq!(world.count("SELECT count(*) AS count FROM users").await, 1);
    assert_eq!(world.count("SELECT count(*) AS count FROM sessions").await, 1);
    assert_eq!(world.events().await, ["user.registered", "user.verification_requested"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_passwords_nor_refresh_tokens_are_stored() {
    let world = World::new().await;
    let ana = world.register("ana@example.com").await.unwrap();
    let hash = world.text("SELECT password_hash AS text FROM users").await;
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    let stored = world.text("SELECT encode(digest, 'escape') AS text FROM refresh_tokens").await;
    assert_ne!(stored, ana.refresh.expose());
    let lengths = "SELECT count(*) AS count FROM refresh_tokens WHERE octet_length(digest) = 32";
    assert_eq!(world.count(lengths).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_makes_or_promotes_an_admin() {
    let world = World::new().await;
    let superuser = |email: &str, password: &str| Superuser {
        email: email.to_owned(),
        password: Password::new(password),
    };
    let (database, hasher, now) = (&world.test.database, &world.hasher, world.now());

    let request = superuser("root@example.com", "a long enough secret");
    let (root, made) = accounts::make_superuser(database, hasher, now, request).await.unwrap();
    assert!(made && root.roles.contains(&Role::Admin));
    world.log_in("root@example.com", "a long enough secret").await.unwrap();

    let ana = world.somebody("ana@example.com").await;
    let request = superuser("ANA@example.com", "another long secret");
    let (promoted, made) = accounts::make_superuser(database, hasher, now, request).await.unwrap();
    assert!(!made && promoted.user.id == ana && promoted.roles.contains(&Role::Admin));
    world.log_in("ana@example.com", PASSWORD).await.expect("the password stays");
    accounts::require_admin(&mut *world.conn().await, ana).await.unwrap();

    world.transact(async |tx| accounts::disable_account(tx, now, Actor::System, ana).await).await.unwrap();
    let request = superuser("ana@example.com", "another long secret");
    let outcome = accounts::make_superuser(database, hasher, now, request).await;
    assert!(matches!(outcome, Err(AccountsError::AccountDisabled)));
    let request = superuser("root@example.com", "short");
    let outcome = accounts::make_superuser(database, hasher, now, request).await;
    assert!(matches!(outcome, Err(AccountsError::Invalid(_))));
}

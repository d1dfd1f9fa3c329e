//! Sessions and their refresh tokens.

use accounts::{AccountsError, REFRESH_LIFETIME, RefreshToken};
use chrono::TimeDelta;
use kernel::SessionId;

use crate::support::{PASSWORD, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_is_exchanged_for_a_new_pair_of_the_same_session() {
    let world = World::new().await;
    let first = world.register("ana@example.com").await.unwrap();
    world.clock.advance(TimeDelta::days(29));
    let second = world.refresh(&first).await.unwrap();
    assert_eq!(second.session_id, first.session_id);
    assert_ne!(second.refresh, first.refresh);
    world.clock.advance(TimeDelta::days(29));
    let third = world.refresh(&second).await.unwrap();
    let claims = world.signer.verify(world.now(), &third.access.token).unwrap();
    assert_eq!((claims.user_id, claims.session_id), (first.account.user.id, first.session_id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_nobody_issued_or_that_has_expired_is_refused() {
    let world = World::new().await;
    let ana = world.register("ana@example.com").await.unwrap();
    let forged = RefreshToken::presented("no such token");
    let outcome = accounts::refresh(&world.test.database, &world.signer, world.now(), &forged).await;
    assert!(matches!(outcome, Err(AccountsError::RefreshTokenInvalid)));
    world.clock.advance(REFRESH_LIFETIME);
    assert!(matches!(world.refresh(&ana).await, Err(AccountsError::RefreshTokenInvalid)));
    assert_eq!(
        world.events().await,
        ["user.registered", "user.verification_requested"],
        "nothing was compromised"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_token_ends_the_whole_session() {
    let world = World::new().await;
    let first = world.register("ana@example.com").await.unwrap();
    let elsewhere = world.log_in("ana@example.com", PASSWORD).await.unwrap();
    let second = world.refresh(&first).await.unwrap();
    let third = world.refresh(&second).await.unwrap();

    for replayed in [&first, &second, &first] {
        assert!(matches!(world.refresh(replayed).await, Err(AccountsError::RefreshTokenReplayed)));
    }
    assert!(matches!(world.refresh(&third).await, Err(AccountsError::RefreshTokenInvalid)));
    world.refresh(&elsewhere).await.expect("other sessions stay");
    let facts = world.facts().await;
    let compromised: Vec<_> = facts.iter().filter(|(kind, _)| kind == "session.compromised").collect();
    assert_eq!(compromised.len(), 1, "told once");
    assert_eq!(compromised[0].1["user_id"], first.account.user.id.to_string());
    let reason = "SELECT revoke_reason AS text FROM sessions WHERE revoked_at IS NOT NULL";
    assert_eq!(world.text(reason).await, "token_replayed");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_thirty_refreshes_at_once_one_gets_a_pair_and_the_session_ends() {
    let world = World::with_connections(32).await;
    let ana = world.register("ana@example.com").await.unwrap();
    let outcomes = futures_util::future::join_all((0..30).map(|_| world.refresh(&ana))).await;
    let mut pairs = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(pair) => pairs.push(pair),
            Err(AccountsError::RefreshTokenReplayed) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(pairs.len(), 1);
    // Nobody can tell which of the thirty was the rightful holder.
    assert!(matches!(world.refresh(&pairs[0]).await, Err(AccountsError::RefreshTokenInvalid)));
    assert_eq!(
        world.events().await,
        ["user.registered", "user.verification_requested", "session.compromised"]
    );
    assert_eq!(world.count("SELECT count(*) AS count FROM refresh_tokens").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_ends_one_session_or_all() {
    let world = World::new().await;
    let first = world.register("ana@example.com").await.unwrap();
    let user = first.account.user.id;
    let second = world.log_in("ana@example.com", PASSWORD).await.unwrap();
    let third = world.log_in("ana@example.com", PASSWORD).await.unwrap();
    let other = world.register("ben@example.com").await.unwrap();
    let now = world.now();

    for _ in 0..2 {
        world.transact(async |tx| accounts::log_out(tx, now, user, first.session_id).await).await.unwrap();
    }
    assert!(matches!(world.refresh(&first).await, Err(AccountsError::RefreshTokenInvalid)));
    let second = world.refresh(&second).await.unwrap();

    let ended = world.transact(async |tx| accounts::log_out_everywhere(tx, now, user).await).await.unwrap();
    assert_eq!(ended, 2);
    for pair in [&second, &third] {
        assert!(matches!(world.refresh(pair).await, Err(AccountsError::RefreshTokenInvalid)));
    }
    world.refresh(&other).await.expect("somebody else stays logged in");
    let reasons = "SELECT string_agg(revoke_reason, ' ' ORDER BY created_at, id) AS text FROM sessions";
    assert_eq!(world.text(reasons).await, "logged_out logged_out_everywhere logged_out_everywhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_sees_and_ends_their_own_sessions_only() {
    let world = World::new().await;
    let ana = world.register("ana@example.com").await.unwrap();
    let (user, now) = (ana.account.user.id, world.now());
    let ben = world.register("ben@example.com").await.unwrap();
    let sessions = accounts::list_sessions(&mut *world.conn().await, now, user).await.unwrap();
    assert_eq!(sessions.len(), 1);
    assert_eq!((sessions[0].id, sessions[0].user_agent.as_deref()), (ana.session_id, Some("garden/1.0")));

    for foreign in [ben.session_id, SessionId::new()] {
        let outcome = world.transact(async |tx| accounts::revoke_session(tx, now, user, foreign).await).await;
        assert!(matches!(outcome, Err(AccountsError::SessionNotFound)));
    }
    world.transact(async |tx| accounts::revoke_session(tx, now, user, ana.session_id).await).await.unwrap();
    let outcome =
        world.transact(async |tx| accounts::revoke_session(tx, now, user, ana.session_id).await).await;
    assert!(matches!(outcome, Err(AccountsError::SessionNotFound)), "it has ended");
    world.refresh(&ben).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_ended_is_forgotten() {
    let world = World::new().await;
    let ana = world.register("ana@example.com").await.unwrap();
    world.refresh(&ana).await.unwrap();
    assert!(world.log_in("nobody@example.com", PASSWORD).await.is_err());
    world.clock.advance(REFRESH_LIFETIME + TimeDelta::seconds(1));
    let recent = world.log_in("ana@example.com", PASSWORD).await.unwrap();
    assert!(world.log_in("nobody@example.com", PASSWORD).await.is_err());

    let early = world.now() - TimeDelta::days(60);
    let purged = accounts::purge(&mut *world.conn().await, early).await.unwrap();
    assert_eq!((purged.refresh_tokens, purged.sessions, purged.login_failures), (0, 0, 0));
    let purged = accounts::purge(&mut *world.conn().await, world.now()).await.unwrap();
    assert_eq!((purged.refresh_tokens, purged.sessions, purged.login_failures), (2, 1, 0));
    world.refresh(&recent).await.unwrap();
    world.clock.advance(TimeDelta::days(2));
    let mut registry = outbox::Registry::default();
    accounts::register_work(&mut registry);
    let services = outbox::Services {
        database: world.test.database.clone(),
        clock: std::sync::Arc::new(world.clock.clone()),
    };
    outbox::Runner::new(registry, services).drain().await.unwrap();
    assert_eq!(world.count("SELECT count(*) AS count FROM login_failures").await, 0);
}

//! Logging in, guessing, and changing the password.

use accounts::{AccountsError, ChangePassword, Hasher, Password};
use chrono::TimeDelta;
use diesel_async::RunQueryDsl;
use kernel::Actor;

use crate::support::{PASSWORD, World};

const WRONG: &str = "not the password";

#[tokio::test(flavor = "multi_thread")]
async fn the_password_opens_a_session_whatever_the_capitals_of_the_address() {
    let world = World::new().await;
    let ana = world.somebody("ana@example.com").await;
    let again = world.log_in(" ANA@example.com", PASSWORD).await.unwrap();
    assert_eq!(again.account.user.id, ana);
    assert_eq!(accounts::list_sessions(&mut *world.conn().await, world.now(), ana).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_address_is_refused_like_a_wrong_password_and_costs_as_much() {
    let world = World::new().await;
    world.somebody("ana@example.com").await;
    let (mut outcomes, mut costs) = (Vec::new(), Vec::new());
    for email in ["ana@example.com", "nobody@example.com", "no address at all"] {
        let (runs, statements) = (world.hasher.runs(), world.test.database.statements());
        outcomes.push(world.log_in(email, WRONG).await.unwrap_err().to_string());
        costs.push((world.hasher.runs() - runs, world.test.database.statements() - statements));
    }
    assert_eq!(outcomes[0], "the email address or the password is wrong");
    assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]), "{outcomes:?}");
    assert_eq!(costs[0].0, 1, "one hash");
    assert!(costs.iter().all(|cost| *cost == costs[0]), "{costs:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_failures_lock_an_address_for_longer_and_longer() {
    let world = World::new().await;
    world.somebody("ana@example.com").await;
    for email in ["ana@example.com", "nobody@example.com"] {
        for _ in 0..5 {
            assert!(matches!(world.log_in(email, WRONG).await, Err(AccountsError::WrongCredentials)));
        }
        let runs = world.hasher.runs();
        for password in [WRONG, PASSWORD] {
            let Err(AccountsError::TooManyAttempts { retry_after }) = world.log_in(email, password).await
            else {
                panic!("{email} is not locked");
            };
            assert_eq!(retry_after, TimeDelta::seconds(1));
        }
        assert_eq!(world.hasher.runs(), runs, "a locked address costs no hash");

        world.clock.advance(TimeDelta::seconds(1));
        assert!(matches!(world.log_in(email, WRONG).await, Err(AccountsError::WrongCredentials)));
        world.clock.advance(TimeDelta::milliseconds(1999));
        assert!(matches!(world.log_in(email, WRONG).await, Err(AccountsError::TooManyAttempts { .. })));
        world.clock.advance(TimeDelta::milliseconds(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_clears_the_failures() {
    let world = World::new().await;
    world.somebody("ana@example.com").await;
    for _ in 0..3 {
        for _ in 0..4 {
            assert!(world.log_in("ana@example.com", WRONG).await.is_err());
        }
        world.log_in("Ana@example.com", PASSWORD).await.unwrap();
    }
    assert_eq!(world.count("SELECT count(*) AS count FROM login_failures").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_burst_of_guesses_only_five_count_before_the_lock() {
    let mut world = World::new().await;
    world.hasher = Hasher::with_capacity(2, 40).unwrap();
    world.somebody("ana@example.com").await;
    let guesses = (0..40).map(|_| world.log_in("ana@example.com", WRONG));
    let outcomes = futures_util::future::join_all(guesses).await;
    let wrong = outcomes.iter().filter(|o| matches!(o, Err(AccountsError::WrongCredentials))).count();
    // On a busy machine some wait too long for a thread, and have guessed nothing.
    let refused = |error: &AccountsError| {
        matches!(error, AccountsError::TooManyAttempts { .. } | AccountsError::HasherBusy)
    };
    let refused = outcomes.iter().filter(|outcome| outcome.as_ref().is_err_and(refused)).count();
    assert_eq!((wrong, refused), (5, 35), "{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_may_log_in_at_once() {
    let world = World::new().await;
    let ana = world.somebody("ana@example.com").await;
    let logins = (0..20).map(|_| world.log_in("ana@example.com", PASSWORD));
    for outcome in futures_util::future::join_all(logins).await {
        outcome.unwrap();
    }
    assert_eq!(accounts::list_sessions(&mut *world.conn().await, world.now(), ana).await.unwrap().len(), 21);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_line_turns_logins_away() {
    let mut world = World::new().await;
    world.hasher = Hasher::with_capacity(1, 0).unwrap();
    let emails: Vec<String> = (0..8).map(|number| format!("nobody{number}@example.com")).collect();
    let outcomes =
        futures_util::future::join_all(emails.iter().map(|email| world.log_in(email, WRONG))).await;
    let busy = outcomes.iter().filter(|outcome| matches!(outcome, Err(AccountsError::HasherBusy))).count();
    assert!(busy >= 1, "{outcomes:?}");
    let counted = world.count("SELECT count(*) AS count FROM login_failures").await;
    assert_eq!(usize::try_from(counted).unwrap(), 8 - busy, "who was turned away did not fail");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_account_is_told_so_only_to_whoever_knows_the_password() {
    let world = World::new().await;
    let ana = world.register("ana@example.com").await.unwrap();
    let (user, now) = (ana.account.user.id, world.now());
    world.transact(async |tx| accounts::disable_account(tx, now, Actor::System, user).await).await.unwrap();
    assert!(matches!(world.log_in("ana@example.com", PASSWORD).await, Err(AccountsError::AccountDisabled)));
    assert!(matches!(world.log_in("ana@example.com", WRONG).await, Err(AccountsError::WrongCredentials)));
    assert!(matches!(world.refresh(&ana).await, Err(AccountsError::RefreshTokenInvalid)));
    assert!(accounts::list_sessions(&mut *world.conn().await, now, user).await.unwrap().is_empty());

    world.transact(async |tx| accounts::enable_account(tx, now, Actor::System, user).await).await.unwrap();
    world.log_in("ana@example.com", PASSWORD).await.unwrap();
    assert!(matches!(world.refresh(&ana).await, Err(AccountsError::RefreshTokenInvalid)), "ended is ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_while_the_password_is_hashed_counts() {
    let world = World::new().await;
    let ana = world.register("ana@example.com").await.unwrap();
    let (user, now) = (ana.account.user.id, world.now());
    let disable = async |tx: &mut db::Conn| accounts::disable_account(tx, now, Actor::System, user).await;
    let (_, outcome) = world.overlap(disable, world.log_in("ana@example.com", PASSWORD)).await;
    assert!(matches!(outcome, Err(AccountsError::AccountDisabled)), "{outcome:?}");
    assert!(accounts::list_sessions(&mut *world.conn().await, now, user).await.unwrap().is_empty());

    let enable = async |tx: &mut db::Conn| accounts::enable_account(tx, now, Actor::System, user).await;
    world.transact(enable).await.unwrap();
    let replace = async |tx: &mut db::Conn| {
        diesel::sql_query("UPDATE users SET password_hash = password_hash || 'x'").execute(tx).await?;
        Ok(())
    };
    let ((), outcome) = world.overlap(replace, world.log_in("ana@example.com", PASSWORD)).await;
    assert!(matches!(outcome, Err(AccountsError::WrongCredentials)), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_the_other_sessions() {
    let world = World::new().await;
    let phone = world.register("ana@example.com").await.unwrap();
    let laptop = world.log_in("ana@example.com", PASSWORD).await.unwrap();
    let change = |current: &str, new: &str| {
        let request = ChangePassword {
            user_id: laptop.account.user.id,
            session_id: laptop.session_id,
            current: Password::new(current),
            new: Password::new(new),
        };
        accounts::change_password(&world.test.database, &world.hasher, world.now(), request)
    };
    assert!(matches!(change(PASSWORD, "short").await, Err(AccountsError::Invalid(_))));
    assert!(matches!(change(WRONG, "a better password").await, Err(AccountsError::WrongCredentials)));
    change(PASSWORD, "a better password").await.unwrap();

    assert!(matches!(world.refresh(&phone).await, Err(AccountsError::RefreshTokenInvalid)));
    world.refresh(&laptop).await.expect("the session that asked stays");
    assert!(matches!(world.log_in("ana@example.com", PASSWORD).await, Err(AccountsError::WrongCredentials)));
    world.log_in("ana@example.com", "a better password").await.unwrap();
    let reason = "SELECT revoke_reason AS text FROM sessions WHERE revoked_at IS NOT NULL";
    assert_eq!(world.text(reason).await, "password_changed");
    assert_eq!(
        world.events().await,
        ["user.registered", "user.verification_requested", "user.password_changed"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_current_password_cannot_be_guessed_from_within_a_session() {
    let world = World::new().await;
    let ana = world.register("ana@example.com").await.unwrap();
    let guess = || {
        let request = ChangePassword {
            user_id: ana.account.user.id,
            session_id: ana.session_id,
            current: Password::new(WRONG),
            new: Password::new("a better password"),
        };
        accounts::change_password(&world.test.database, &world.hasher, world.now(), request)
    };
    for _ in 0..5 {
        assert!(matches!(guess().await, Err(AccountsError::WrongCredentials)));
    }
    assert!(matches!(guess().await, Err(AccountsError::TooManyAttempts { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_changes_at_once_one_wins() {
    let world = World::new().await;
    let ana = world.register("ana@example.com").await.unwrap();
    let changes = (0..6).map(|number| {
        let request = ChangePassword {
            user_id: ana.account.user.id,
            session_id: ana.session_id,
            current: Password::new(PASSWORD),
            new: Password::new(format!("a better password {number}")),
        };
        accounts::change_password(&world.test.database, &world.hasher, world.now(), request)
    });
    let outcomes = futures_util::future::join_all(changes).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    for refused in outcomes.into_iter().filter_map(Result::err) {
        assert!(matches!(refused, AccountsError::WrongCredentials), "{refused}");
    }
}

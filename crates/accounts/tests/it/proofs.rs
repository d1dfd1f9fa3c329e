//! Links by mail: forgotten passwords, and addresses that are shown to be somebody's.

use accounts::{AccountsError, ChangePassword, Password, ProofKey, ProofKind, ResetPassword};
use chrono::TimeDelta;
use futures_util::future::join_all;
use kernel::{Actor, ProofId, UserId};
use outbox::{Registry, Runner, Services};

use crate::support::{PASSWORD, World};

const NEW: &str = "an orchard of old pears";

fn key() -> ProofKey {
    ProofKey::new([7; 32])
}

impl World {
    async fn work(&self) {
        let mut registry = Registry::default();
        accounts::register_work(&mut registry);
        let clock = std::sync::Arc::new(self.clock.clone());
        Runner::new(registry, Services { database: self.test.database.clone(), clock })
            .drain()
            .await
            .unwrap();
    }

    async fn forgets(&self, email: &str) {
        self.transact(async |tx| accounts::request_password_reset(tx, self.now(), email).await)
            .await
            .unwrap();
        self.work().await;
    }

    /// The tokens of the links that were asked for, oldest first.
    async fn tokens(&self, kind: ProofKind) -> Vec<String> {
        let told = match kind {
            ProofKind::PasswordReset => "user.password_reset_requested",
            ProofKind::EmailVerification => "user.verification_requested",
        };
        let facts = self.facts().await.into_iter().filter(|(kind, _)| kind == told);
        let id =
            |data: serde_json::Value| serde_json::from_value::<ProofId>(data["proof_id"].clone()).unwrap();
        facts.map(|(_, data)| key().token(kind, id(data))).collect()
    }

    async fn reset(&self, token: &str, new: &str) -> Result<(), AccountsError> {
        let request = ResetPassword { token: token.to_owned(), new: Password::new(new) };
        accounts::reset_password(&self.test.database, &self.hasher, &key(), self.now(), request).await
    }

    async fn verify(&self, token: &str) -> Result<UserId, AccountsError> {
        self.transact(async |tx| accounts::verify_email(tx, self.now(), &key(), token).await).await
    }

    async fn is_verified(&self, user: UserId) -> bool {
        let account = accounts::find_account(&mut *self.conn().await, user).await.unwrap();
        account.user.email_verified_at.is_some()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_replaced_once_by_the_link() {
    let world = World::new().await;
    let session = world.register("ana@example.com").await.unwrap();
    for _ in 0..6 {
        assert!(world.log_in("ana@example.com", "not the password").await.is_err());
    }
    world.forgets(" ANA@example.com").await;
    let [token] = &world.tokens(ProofKind::PasswordReset).await[..] else { panic!("one link") };

    let short = world.reset(token, "short").await.unwrap_err();
    assert!(
        matches!(&short, AccountsError::Invalid(invalid) if invalid.fields[0].0 == "new_password"),
        "{short}"
    );
    world.reset(token, NEW).await.unwrap();
    assert!(matches!(world.reset(token, NEW).await, Err(AccountsError::ProofInvalid)), "the link works once");

    assert!(matches!(world.refresh(&session).await, Err(AccountsError::RefreshTokenInvalid)));
    world.log_in("ana@example.com", NEW).await.unwrap();
    assert!(world.log_in("ana@example.com", PASSWORD).await.is_err());
    assert!(world.is_verified(session.account.user.id).await, "the mail reached them");
    let facts = world.facts().await;
    let (kind, data) = facts.iter().find(|(kind, _)| kind == "user.password_reset").unwrap();
    assert_eq!((kind.as_str(), &data["sessions_ended"]), ("user.password_reset", &1.into()));
    let kept = "SELECT count(*) AS count FROM password_reset_requests";
    assert_eq!(world.count(kept).await, 0, "the address is kept no longer than it is needed");
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_somebody_has_an_address_cannot_be_told() {
    let world = World::new().await;
    let closed = world.somebody("closed@example.com").await;
    world.somebody("ana@example.com").await;
    world
        .transact(async |tx| accounts::disable_account(tx, world.now(), Actor::System, closed).await)
        .await
        .unwrap();
    let mut costs = Vec::new();
    for email in ["ana@example.com", "nobody@example.com", "closed@example.com"] {
        let before = world.test.database.statements();
        let asked = async |tx: &mut db::Conn| accounts::request_password_reset(tx, world.now(), email).await;
        world.transact(asked).await.unwrap();
        costs.push(world.test.database.statements() - before);
    }
    assert!(costs.iter().all(|cost| *cost == costs[0]), "{costs:?}");
    let facts = world.events().await.len();
    world.work().await;
    assert_eq!(world.events_after(facts).await, ["user.password_reset_requested"], "one has an open account");
    let nonsense = async |tx: &mut db::Conn| accounts::request_password_reset(tx, world.now(), "ana").await;
    assert!(matches!(world.transact(nonsense).await, Err(AccountsError::Invalid(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_link_counts_for_an_hour() {
    let world = World::new().await;
    let ana = world.somebody("ana@example.com").await;
    world.forgets("ana@example.com").await;
    world.forgets("ana@example.com").await;
    assert_eq!(world.tokens(ProofKind::PasswordReset).await.len(), 1, "nobody is flooded");
    world.clock.advance(TimeDelta::minutes(1));
    world.forgets("ana@example.com").await;
    let tokens = world.tokens(ProofKind::PasswordReset).await;
    assert!(matches!(world.reset(&tokens[0], NEW).await, Err(AccountsError::ProofInvalid)), "an older one");
    world.clock.advance(TimeDelta::hours(1));
    assert!(matches!(world.reset(&tokens[1], NEW).await, Err(AccountsError::ProofInvalid)), "too late");

    world.forgets("ana@example.com").await;
    let change = ChangePassword {
        user_id: ana,
        session_id: kernel::SessionId::new(),
        current: Password::new(PASSWORD),
        new: Password::new(NEW),
    };
    accounts::change_password(&world.test.database, &world.hasher, world.now(), change).await.unwrap();
    let overtaken = world.tokens(ProofKind::PasswordReset).await.pop().unwrap();
    assert!(matches!(world.reset(&overtaken, PASSWORD).await, Err(AccountsError::ProofInvalid)));

    world.clock.advance(TimeDelta::minutes(2));
    world.forgets("ana@example.com").await;
    let newest = world.tokens(ProofKind::PasswordReset).await.pop().unwrap();
    world
        .transact(async |tx| accounts::disable_account(tx, world.now(), Actor::System, ana).await)
        .await
        .unwrap();
    assert!(matches!(world.reset(&newest, PASSWORD).await, Err(AccountsError::ProofInvalid)), "closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_several_uses_at_once_one_succeeds() {
    let world = World::new().await;
    world.somebody("ana@example.com").await;
    world.forgets("ana@example.com").await;
    let token = world.tokens(ProofKind::PasswordReset).await.remove(0);
    let passwords: Vec<String> = (0..6).map(|number| format!("{NEW} {number}")).collect();
    let uses = join_all(passwords.iter().map(|new| world.reset(&token, new))).await;
    let won: Vec<usize> = (0..6).filter(|at| uses[*at].is_ok()).collect();
    assert_eq!(won.len(), 1, "{uses:?}");
    assert!(uses.iter().all(|end| matches!(end, Ok(()) | Err(AccountsError::ProofInvalid))), "{uses:?}");
    world.log_in("ana@example.com", &passwords[won[0]]).await.unwrap();
    let reset = world.events().await.into_iter().filter(|kind| kind == "user.password_reset").count();
    assert_eq!(reset, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_shown_to_be_somebody_s() {
    let world = World::new().await;
    let ana = world.somebody("ana@example.com").await;
    assert_eq!(world.events().await, ["user.registered", "user.verification_requested"]);
    let again =
        async || world.transact(async |tx| accounts::request_verification(tx, world.now(), ana).await).await;
    again().await.unwrap();
    assert_eq!(world.tokens(ProofKind::EmailVerification).await.len(), 1, "the first is on its way");
    world.clock.advance(TimeDelta::minutes(5));
    again().await.unwrap();
    let tokens = world.tokens(ProofKind::EmailVerification).await;
    assert!(matches!(world.verify(&tokens[0]).await, Err(AccountsError::ProofInvalid)), "an older one");
    assert!(matches!(world.reset(&tokens[1], NEW).await, Err(AccountsError::ProofInvalid)), "no other use");
    assert!(!world.is_verified(ana).await);
    world.clock.advance(TimeDelta::days(3) - TimeDelta::seconds(1));
    assert_eq!(world.verify(&tokens[1]).await.unwrap(), ana);
    assert!(world.is_verified(ana).await);
    assert!(
        matches!(world.verify(&tokens[1]).await, Err(AccountsError::ProofInvalid)),
        "the link works once"
    );
    assert!(matches!(again().await, Err(AccountsError::EmailVerified)));

    let ben = world.somebody("ben@example.com").await;
    let late = world.tokens(ProofKind::EmailVerification).await.pop().unwrap();
    world.clock.advance(TimeDelta::days(3));
    assert!(matches!(world.verify(&late).await, Err(AccountsError::ProofInvalid)), "too late");
    assert!(!world.is_verified(ben).await);
    world.clock.advance(TimeDelta::days(7) + TimeDelta::seconds(1));
    let purged = accounts::purge(&mut *world.conn().await, world.now()).await.unwrap();
    assert_eq!(purged.proofs, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_stored_opens_anything() {
    let world = World::new().await;
    world.somebody("ana@example.com").await;
    world.forgets("ana@example.com").await;
    for token in
        [world.tokens(ProofKind::PasswordReset).await, world.tokens(ProofKind::EmailVerification).await]
    {
        let secret = &token[0][22..];
        for table in ["mailed_proofs", "events", "jobs", "users"] {
            let found =
                format!("SELECT count(*) AS count FROM {table} t WHERE strpos(t::text, '{secret}') > 0");
            assert_eq!(world.count(&found).await, 0, "{table}");
        }
    }
}

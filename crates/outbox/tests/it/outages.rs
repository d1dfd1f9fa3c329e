//! What the runner does when the database does not.

use std::time::Duration;

use db::Conn;
use diesel_async::SimpleAsyncConnection;
use outbox::{Registry, Runner};
use tokio_util::sync::CancellationToken;

use crate::support::*;

/// Makes the server refuse to record that the note `cursed` is done, while `condition` holds; the
/// sequence `refusals` counts.
async fn refuse_outcomes(conn: &mut Conn, condition: &str) {
    conn.batch_execute(&format!(
        "CREATE SEQUENCE refusals; \
         CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN IF nextval('refusals') {condition} THEN RAISE 'the disk is full'; END IF; RETURN NEW; END $$; \
         CREATE TRIGGER refuse BEFORE UPDATE ON jobs FOR EACH ROW \
         WHEN (NEW.state = 'done' AND NEW.payload ->> 'label' = 'cursed') EXECUTE FUNCTION refuse()"
    ))
    .await
    .unwrap();
}

/// A runner that writes notes; every one but `cursed` only after an outcome has been refused.
fn after_a_refusal(stage: &Stage) -> Runner {
    stage.runner(|registry| {
        registry.on_job(|services, note: Note| async move {
            let mut conn = services.database.conn().await?;
            let refused = "SELECT is_called::int::bigint AS value FROM refusals";
            while note.label != "cursed" && number(&mut conn, refused).await == 0 {}
            Ok(mark(&mut conn, &note.label).await?)
        });
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_cannot_be_written_at_once_is_written_a_little_later() {
    let stage = Stage::set().await;
    refuse_outcomes(&mut *stage.db.conn().await, "< 3").await;
    let runner = after_a_refusal(&stage);
    let id = stage.enqueue(&note("cursed")).await;
    assert_eq!(runner.drain().await.unwrap(), 1);
    assert_eq!(stage.job(id).await.standing(), ("done", 1));
    assert_eq!(stage.marks().await, ["cursed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_cannot_be_written_costs_the_other_jobs_nothing() {
    let stage = Stage::set().await;
    refuse_outcomes(&mut *stage.db.conn().await, "> 0").await;
    let runner = after_a_refusal(&stage);
    let cursed = stage.enqueue(&note("cursed")).await;
    let other = stage.enqueue(&note("other")).await;
    let error = runner.drain().await.unwrap_err();
    assert!(error.to_string().contains("the disk is full"), "{error}");
    assert_eq!(stage.job(other).await.standing(), ("done", 1));
    assert_eq!(stage.job(cursed).await.standing(), ("leased", 1));
    stage.db.conn().await.batch_execute("DROP TRIGGER refuse ON jobs").await.unwrap();
    stage.clock.advance(PAST_LEASE);
    assert_eq!(runner.drain().await.unwrap(), 1);
    assert_eq!(stage.job(cursed).await.standing(), ("done", 2));
    assert_eq!(stage.marks().await, ["cursed", "other", "cursed"], "at least once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runner_lives_through_an_outage() {
    let stage = Stage::set().await;
    let gate = Gate::closed();
    let within = std::sync::Arc::clone(&gate);
    let runner = stage.runner(|registry| {
        registry.on_job(move |_, _: Note| {
            let gate = std::sync::Arc::clone(&within);
            async move {
                gate.pass().await;
                Ok(())
            }
        });
        registry.on_events("all", |_, _, _| Box::pin(async { Ok(()) }));
    });
    let stop = CancellationToken::new();
    let running = tokio::spawn(runner.clone().run(stop.clone()));
    stage.enqueue(&note("before")).await;
    gate.open();
    gate.arrival().await;

    let mut admin = db::connect(&testkit::admin_url()).await.unwrap();
    let name = stage.db.url.rsplit_once('/').unwrap().1;
    admin.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await.unwrap();
    let gone =
        format!("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'");
    // Again, while a connection that was just being made has slipped through.
    let outage = async {
        admin.batch_execute(&gone).await.unwrap();
        while runner.drain().await.is_ok() {
            admin.batch_execute(&gone).await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, outage).await.expect("there is nothing to drain from");
    admin.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await.unwrap();

    stage.enqueue(&note("after")).await;
    gate.open();
    gate.arrival().await;
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_pool_delays_the_work_and_loses_none() {
    let stage = Stage::set().await;
    let services = stage.services_on(2, Duration::from_millis(20));
    let mut registry = Registry::default();
    registry.on_job(write_note);
    let runner = Runner::new(registry, services.clone());
    stage.enqueue(&note("n")).await;
    let all = (services.database.conn().await.unwrap(), services.database.conn().await.unwrap());
    let error = runner.drain().await.unwrap_err();
    assert_eq!(error.to_string(), "every database connection is in use");
    drop(all);
    assert_eq!(runner.drain().await.unwrap(), 1);
    assert_eq!(stage.marks().await, ["n"]);
}

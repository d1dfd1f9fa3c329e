//! Subscribers: each fact's effect exactly once, in order, whatever fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use db::Conn;
use diesel_async::{AsyncConnection, SimpleAsyncConnection};
use futures_util::FutureExt;
use outbox::{HandlerError, Registry, current_request_id, with_origin};

use crate::support::*;

/// The ways in which a handler can let its runner down.
#[derive(Clone, Copy, Debug)]
enum Failure {
    Error,
    Statement,
    Panic,
    PanicInSavepoint,
    Commit,
}

impl Failure {
    const ALL: [Self; 5] = [Self::Error, Self::Statement, Self::Panic, Self::PanicInSavepoint, Self::Commit];

    async fn happen(self, tx: &mut Conn) -> Result<(), HandlerError> {
        match self {
            Self::Error => Err("refused".into()),
            Self::Statement => Ok(tx.batch_execute("SELECT 1 / 0").await?),
            Self::Panic => panic!("the handler gave up"),
            Self::PanicInSavepoint => {
                tx.transaction::<(), HandlerError, _>(async |_| panic!("the handler gave up")).await
            }
            Self::Commit => Ok(tx.batch_execute("INSERT INTO late_checks VALUES ('nothing')").await?),
        }
    }
}

/// Registers a subscriber that marks what it sees, and fails at `bad.done` while `broken`.
fn picky(registry: &mut Registry, failure: Failure, broken: &Arc<AtomicBool>) {
    let broken = Arc::clone(broken);
    registry.on_events("picky", move |tx, _, event| {
        let fails = event.kind == "bad.done" && broken.load(Ordering::SeqCst);
        async move {
            mark(tx, &format!("picky {}", event.kind)).await?;
            if fails { failure.happen(tx).await } else { Ok(()) }
        }
        .boxed()
    });
}

/// Registers a subscriber that marks what it sees.
fn calm(registry: &mut Registry) {
    registry.on_events("calm", |tx, _, event| {
        async move { Ok(mark(tx, &format!("calm {}", event.kind)).await?) }.boxed()
    });
}

async fn marks_of(stage: &Stage, who: &str) -> Vec<String> {
    let marks = stage.marks().await;
    marks.iter().filter_map(|mark| mark.strip_prefix(who)).map(|kind| kind.trim().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn four_runners_hand_every_fact_to_every_subscriber_once() {
    let stage = Stage::set().await;
    let listeners = |registry: &mut Registry| {
        for name in ["one", "two"] {
            registry.on_events(name, move |tx, _, event| {
                async move { Ok(mark(tx, &format!("{name} {}", event.position)).await?) }.boxed()
            });
        }
    };
    let runners: Vec<_> = (0..4).map(|_| stage.runner(listeners)).collect();
    for _ in 0..3 {
        stage.emit(&["thing.done"; 70]).await;
        all_drain(&runners).await;
    }
    runners[0].drain().await.unwrap();
    let all: Vec<_> = (1..=210).map(|position| position.to_string()).collect();
    assert_eq!(marks_of(&stage, "one").await, all);
    assert_eq!(marks_of(&stage, "two").await, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fact_takes_effect_once_though_a_runner_goes_away_midway() {
    let stage = Stage::set().await;
    stage.emit(&["a.done", "b.done"]).await;
    let gate = Gate::closed();
    let within = Arc::clone(&gate);
    let gone = draining(&stage.runner(|registry| {
        registry.on_events("calm", move |tx, _, event| {
            let gate = Arc::clone(&within);
            async move {
                mark(tx, &format!("calm {}", event.kind)).await?;
                gate.pass().await;
                Ok(())
            }
            .boxed()
        });
    }));
    gate.arrival().await;
    gate.open();
    gate.arrival().await;
    let heir = stage.runner(calm);
    assert_eq!(heir.drain().await.unwrap(), 0, "another has it");
    goes_away(gone).await;
    // Waits until the server has undone what was begun.
    let undone = "SELECT 1 FROM event_subscriptions FOR UPDATE";
    stage.db.conn().await.batch_execute(undone).await.unwrap();
    assert_eq!(stage.marks().await, [""; 0]);
    assert_eq!(heir.drain().await.unwrap(), 2);
    assert_eq!(marks_of(&stage, "calm").await, ["a.done", "b.done"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_subscriber_blocks_itself_alone_until_it_can_go_on() {
    for failure in Failure::ALL {
        let stage = Stage::set().await;
        let late_checks = "CREATE TABLE things (kind text PRIMARY KEY); \
            CREATE TABLE late_checks (kind text REFERENCES things DEFERRABLE INITIALLY DEFERRED)";
        stage.db.conn().await.batch_execute(late_checks).await.unwrap();
        let broken = Arc::new(AtomicBool::new(true));
        let runner = stage.runner(|registry| {
            picky(registry, failure, &broken);
            calm(registry);
            registry.on_job(write_note);
        });
        let kinds = ["a.done", "b.done", "c.done", "bad.done", "d.done", "e.done"];
        stage.emit(&kinds).await;
        stage.enqueue(&note("job")).await;
        assert_eq!(runner.drain().await.unwrap(), 3 + 6 + 1, "{failure:?}");
        assert_eq!(marks_of(&stage, "picky").await, kinds[..3], "{failure:?}: those before it get through");
        assert_eq!(marks_of(&stage, "calm").await, kinds, "{failure:?}");
        assert_eq!(stage.marks().await.last().unwrap(), "job");
        let kept = "SELECT last_error AS value FROM event_subscriptions WHERE failures = 1";
        let [reason] = &texts(&mut *stage.db.conn().await, kept).await[..] else { panic!("it is on record") };
        let expected = match failure {
            Failure::Error => "event 4: refused",
            Failure::Statement => "event 4: division by zero",
            Failure::Panic | Failure::PanicInSavepoint => "event 4: it panicked: the handler gave up",
            Failure::Commit => "violates foreign key constraint",
        };
        assert!(reason.contains(expected), "{reason}");

        stage.clock.advance(TimeDelta::seconds(13));
        assert_eq!(runner.drain().await.unwrap(), 0, "{failure:?}: it fails again");
        broken.store(false, Ordering::SeqCst);
        stage.clock.advance(TimeDelta::seconds(7));
        assert_eq!(runner.drain().await.unwrap(), 0, "{failure:?}: its next try is not due");
        stage.clock.advance(TimeDelta::seconds(6));
        assert_eq!(runner.drain().await.unwrap(), 3, "{failure:?}");
        assert_eq!(marks_of(&stage, "picky").await, kinds, "{failure:?}: each once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fact_that_cannot_be_read_does_not_stop_the_jobs() {
    let stage = Stage::set().await;
    let runner = stage.runner(|registry| {
        calm(registry);
        registry.on_job(write_note);
    });
    stage.emit(&["a.done", "b.done"]).await;
    let strange = "INSERT INTO events (kind, subject_type, subject_id, actor, data, occurred_at) \
        VALUES ('strange.done', 'thing', gen_random_uuid(), '{\"type\": \"ghost\"}', '{}', now())";
    stage.db.conn().await.batch_execute(strange).await.unwrap();
    stage.enqueue(&note("job")).await;
    runner.drain().await.unwrap();
    let mut marks = stage.marks().await;
    marks.sort();
    assert_eq!(marks, ["calm a.done", "calm b.done", "job"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_works_on_behalf_of_the_request_that_made_the_fact() {
    let stage = Stage::set().await;
    let runner = stage.runner(|registry| {
        registry.on_events("calm", |tx, _, _| {
            async move { Ok(mark(tx, &current_request_id().unwrap_or_default()).await?) }.boxed()
        });
    });
    with_origin(request("req-7"), stage.emit(&["a.done"])).await;
    stage.emit(&["b.done"]).await;
    runner.drain().await.unwrap();
    assert_eq!(stage.marks().await, ["req-7", "event-2"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_subscribes_from_now_hears_nothing_of_what_was() {
    let stage = Stage::set().await;
    stage.runner(calm).drain().await.unwrap();
    stage.emit(&["old.done"; 120]).await;
    stage.runner(calm).drain().await.unwrap();
    let latecomer = |registry: &mut Registry| {
        calm(registry);
        registry.on_events_from_now("late", |tx, _, event| {
            async move { Ok(mark(tx, &format!("late {}", event.kind)).await?) }.boxed()
        });
    };
    let runners: Vec<_> = (0..4).map(|_| stage.runner(latecomer)).collect();
    all_drain(&runners).await;
    assert_eq!(marks_of(&stage, "late").await, [""; 0]);
    assert_eq!(marks_of(&stage, "calm").await.len(), 120);

    stage.emit(&["new.done", "newer.done"]).await;
    all_drain(&runners).await;
    runners[0].drain().await.unwrap();
    // Known by now, it goes on where it was, however much came meanwhile.
    stage.runner(calm).drain().await.unwrap();
    stage.emit(&["newest.done"]).await;
    stage.runner(calm).drain().await.unwrap();
    stage.runner(latecomer).drain().await.unwrap();
    assert_eq!(marks_of(&stage, "late").await, ["new.done", "newer.done", "newest.done"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_backlog_counts_the_facts_without_a_place() {
    let stage = Stage::set().await;
    let runner = stage.runner(calm);
    stage.emit(&["a.done", "b.done"]).await;
    assert_eq!(runner.backlog().await.unwrap().unsequenced_events, 2);
    runner.drain().await.unwrap();
    assert_eq!(runner.backlog().await.unwrap().unsequenced_events, 0);
}

#[test]
#[should_panic(expected = "calm is subscribed already")]
fn a_subscriber_s_name_is_its_own() {
    let mut registry = Registry::default();
    calm(&mut registry);
    calm(&mut registry);
}

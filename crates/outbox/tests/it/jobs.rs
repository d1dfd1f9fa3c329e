//! Jobs: once each, again when they fail, never lost.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use kernel::Clock;
use outbox::{
    HandlerError, Job, NotBefore, Registry, RetryPolicy, Runner, enqueue, enqueue_all, purge_jobs,
    rerun_dead_jobs,
};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::support::*;

#[derive(Serialize, Deserialize)]
struct Tick;

impl Job for Tick {
    const NAME: &'static str = "test.tick";
    const RETRY: RetryPolicy = RetryPolicy::NONE;
}

#[derive(Debug, thiserror::Error)]
#[error("the courier did not come")]
struct NoCourier(#[from] std::io::Error);

fn no_courier() -> HandlerError {
    NoCourier(std::io::Error::other("the bridge is closed")).into()
}

/// A runner whose notes wait at the gate before they are written.
fn gated(stage: &Stage, gate: &Arc<Gate>) -> Runner {
    let gate = Arc::clone(gate);
    stage.runner(|registry| {
        registry.on_job(move |services, note: Note| {
            let gate = Arc::clone(&gate);
            async move {
                gate.pass().await;
                write_note(services, note).await
            }
        });
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_exists_if_and_only_if_its_transaction_committed() {
    use diesel_async::{AnsiTransactionManager, TransactionManager};
    let stage = Stage::set().await;
    let runner = stage.runner(|registry| registry.on_job(write_note));
    let conn = &mut *stage.db.conn().await;
    for (label, commits) in [("undone", false), ("done", true)] {
        AnsiTransactionManager::begin_transaction(conn).await.unwrap();
        enqueue(conn, now(), &note(label)).await.unwrap();
        assert_eq!(runner.drain().await.unwrap(), 0, "nobody sees it yet");
        if commits {
            AnsiTransactionManager::commit_transaction(conn).await.unwrap();
        } else {
            AnsiTransactionManager::rollback_transaction(conn).await.unwrap();
        }
    }
    assert_eq!(runner.drain().await.unwrap(), 1);
    assert_eq!(stage.marks().await, ["done"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn four_runners_do_each_job_once() {
    let stage = Stage::set().await;
    let notes: Vec<_> = (100..200).map(|number| note(number.to_string())).collect();
    enqueue_all(&mut *stage.db.conn().await, now(), now(), &notes).await.unwrap();
    let runners: Vec<_> = (0..4).map(|_| stage.runner(|registry| registry.on_job(write_note))).collect();
    assert_eq!(all_drain(&runners).await, 100);
    let mut marks = stage.marks().await;
    marks.sort();
    assert_eq!(marks, notes.into_iter().map(|note| note.label).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_jobs_is_asked_for_in_one_call() {
    let stage = Stage::set().await;
    let conn = &mut *stage.db.conn().await;
    let notes: Vec<_> = (0..12_000).map(|number| note(number.to_string())).collect();
    let ids = enqueue_all(conn, now(), now(), &notes).await.unwrap();
    assert_eq!(number(conn, "SELECT count(*) AS value FROM jobs").await, 12_000);
    let last = format!("SELECT payload ->> 'label' AS value FROM jobs WHERE id = '{}'", ids[11_999]);
    assert_eq!(texts(conn, &last).await, ["11999"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_the_future_waits_for_its_time() {
    let stage = Stage::set().await;
    let runner = stage.runner(|registry| registry.on_job(write_note));
    let conn = &mut *stage.db.conn().await;
    let at = now() + TimeDelta::hours(1);
    outbox::enqueue_at(conn, now(), at, &note("later")).await.unwrap();
    assert_eq!(enqueue_all::<Note>(conn, now(), now(), &[]).await.unwrap(), []);
    assert_eq!(runner.drain().await.unwrap(), 0);
    stage.clock.advance(TimeDelta::hours(1));
    assert_eq!(runner.backlog().await.unwrap().due_jobs, 1);
    assert_eq!(runner.drain().await.unwrap(), 1);
    assert_eq!(runner.backlog().await.unwrap().due_jobs, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_job_waits_longer_each_time_and_then_is_dead() {
    let stage = Stage::set().await;
    let runner = stage.runner(|registry| {
        registry.on_job(|_, _: Note| async { Err(no_courier()) });
    });
    let id = stage.enqueue(&note("n")).await;
    for (attempt, wait) in [(1, 10), (2, 20)] {
        assert_eq!(runner.drain().await.unwrap(), 1);
        let job = stage.job(id).await;
        assert_eq!(job.standing(), ("queued", attempt));
        let waits = (job.run_at - Clock::now(&stage.clock)).num_milliseconds();
        assert!((wait * 800..=wait * 1200).contains(&waits), "{waits} ms after attempt {attempt}");
        stage.clock.advance(TimeDelta::milliseconds(waits - 1));
        assert_eq!(runner.drain().await.unwrap(), 0, "not a moment too soon");
        stage.clock.advance(TimeDelta::milliseconds(2));
    }
    assert_eq!(runner.drain().await.unwrap(), 1);
    let job = stage.job(id).await;
    assert_eq!(job.standing(), ("dead", 3));
    assert_eq!(job.error(), "the courier did not come: the bridge is closed");
    stage.clock.advance(TimeDelta::days(1));
    assert_eq!(runner.drain().await.unwrap(), 0);
    assert_eq!(runner.backlog().await.unwrap().dead_jobs, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_knows_better_says_when_to_try_again() {
    let stage = Stage::set().await;
    let at = now() + TimeDelta::minutes(7);
    let runner = stage.runner(move |registry| {
        let reason = "the bridge opens at seven".to_owned();
        let closed = NotBefore { at, reason };
        registry.on_job(move |services, note: Note| {
            let closed = closed.clone();
            async move {
                if services.clock.now() < closed.at {
                    Err(closed.into())
                } else {
                    write_note(services, note).await
                }
            }
        });
    });
    let id = stage.enqueue(&note("n")).await;
    assert_eq!(runner.drain().await.unwrap(), 1);
    let job = stage.job(id).await;
    assert_eq!((job.standing(), job.run_at, job.error()), (("queued", 1), at, "the bridge opens at seven"));
    stage.clock.advance(TimeDelta::minutes(7));
    assert_eq!(runner.drain().await.unwrap(), 1);
    assert_eq!(stage.marks().await, ["n"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_a_failed_attempt() {
    let stage = Stage::set().await;
    let runner = stage.runner(|registry| {
        registry.on_job(|services, note: Note| {
            assert_ne!(note.label, "at once", "no future was made");
            async move {
                assert_ne!(note.label, "later", "the future gave up");
                write_note(services, note).await
            }
        });
    });
    let at_once = stage.enqueue(&note("at once")).await;
    let later = stage.enqueue(&note("later")).await;
    stage.enqueue(&note("fine")).await;
    assert_eq!(runner.drain().await.unwrap(), 3);
    assert_eq!(stage.marks().await, ["fine"]);
    for (id, reason) in [(at_once, "no future was made"), (later, "the future gave up")] {
        let job = stage.job(id).await;
        assert_eq!(job.standing(), ("queued", 1));
        assert!(job.error().contains(reason), "{job:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_that_cannot_be_read_is_a_failed_attempt() {
    let stage = Stage::set().await;
    let runner = stage.runner(|registry| registry.on_job(write_note));
    let id = stage.enqueue(&note("n")).await;
    let conn = &mut *stage.db.conn().await;
    diesel_async::SimpleAsyncConnection::batch_execute(conn, "UPDATE jobs SET payload = '{}'").await.unwrap();
    assert_eq!(runner.drain().await.unwrap(), 1);
    assert_eq!(stage.job(id).await.error(), "missing field `label`");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_never_ends_is_a_failed_attempt() {
    #[derive(Serialize, Deserialize)]
    struct Endless;
    impl Job for Endless {
        const NAME: &'static str = "test.endless";
        const TIMEOUT: Duration = Duration::from_millis(20);
    }
    let stage = Stage::set().await;
    let runner = stage.runner(|registry| {
        registry.on_job(|_, _: Endless| std::future::pending::<Result<(), HandlerError>>());
    });
    let id = stage.enqueue(&Endless).await;
    let drained = tokio::time::timeout(PATIENCE, runner.drain()).await.expect("the runner goes on");
    assert_eq!(drained.unwrap(), 1);
    let job = stage.job(id).await;
    assert_eq!(job.standing(), ("queued", 1));
    assert_eq!(job.error(), "it took longer than 20ms");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_runner_went_away_runs_again_after_its_lease() {
    let stage = Stage::set().await;
    let id = stage.enqueue(&note("n")).await;
    let gate = Gate::closed();
    let gone = draining(&gated(&stage, &gate));
    gate.arrival().await;
    goes_away(gone).await;
    let heir = stage.runner(|registry| registry.on_job(write_note));
    assert_eq!(heir.drain().await.unwrap(), 0);
    assert_eq!(stage.job(id).await.standing(), ("leased", 1));
    stage.clock.advance(PAST_LEASE);
    assert_eq!(heir.drain().await.unwrap(), 1);
    assert_eq!(stage.job(id).await.standing(), ("done", 2));
    assert_eq!(stage.marks().await, ["n"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_brings_its_runners_down_is_dead_after_its_last_attempt() {
    let stage = Stage::set().await;
    let id = stage.enqueue(&note("n")).await;
    let gate = Gate::closed();
    for _ in 0..Note::RETRY.attempts {
        let gone = draining(&gated(&stage, &gate));
        gate.arrival().await;
        goes_away(gone).await;
        stage.clock.advance(PAST_LEASE);
    }
    let heir = stage.runner(|registry| registry.on_job(write_note));
    assert_eq!(heir.drain().await.unwrap(), 1);
    let job = stage.job(id).await;
    assert_eq!(job.state, "dead");
    assert!(job.error().contains("the runner went away"), "{job:?}");
    assert_eq!(stage.marks().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_lost_the_lease_has_no_say_in_the_outcome() {
    let stage = Stage::set().await;
    let id = stage.enqueue(&note("n")).await;
    let slow_gate = Gate::closed();
    let slow_is_here = Arc::clone(&slow_gate);
    let mut registry = Registry::default();
    registry.on_job(move |services, _: Note| {
        let gate = Arc::clone(&slow_is_here);
        async move {
            // The only one: until it is back, its runner cannot take the job a second time.
            let conn = services.database.conn().await?;
            gate.pass().await;
            drop(conn);
            Err(no_courier())
        }
    });
    let slow = draining(&Runner::new(registry, stage.services_on(1, PATIENCE)));
    slow_gate.arrival().await;
    stage.clock.advance(PAST_LEASE);
    let gate = Gate::closed();
    let heir = draining(&gated(&stage, &gate));
    gate.arrival().await;
    slow_gate.open();
    slow.await.unwrap().unwrap();
    assert_eq!(stage.job(id).await.standing(), ("leased", 2), "the heir has it still");
    gate.open();
    heir.await.unwrap().unwrap();
    assert_eq!(stage.job(id).await.standing(), ("done", 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_periodic_job_runs_once_an_interval_however_many_runners() {
    let stage = Stage::set().await;
    let hourly = |registry: &mut Registry| {
        registry.every(Duration::from_hours(1), |services, Tick| write_note(services, note("tick")));
    };
    let runners: Vec<_> = (0..5).map(|_| stage.runner(hourly)).collect();
    let everybody_drains = async || {
        all_drain(&runners).await;
        stage.marks().await.len()
    };
    assert_eq!(everybody_drains().await, 1);
    stage.clock.advance(TimeDelta::seconds(3599));
    assert_eq!(everybody_drains().await, 1, "the hour is not over");
    stage.clock.advance(TimeDelta::seconds(1));
    assert_eq!(everybody_drains().await, 2);
    stage.clock.advance(TimeDelta::hours(5));
    assert_eq!(everybody_drains().await, 3, "missed rounds are not made up for");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_a_kind_that_this_process_does_not_know_is_left_alone() {
    let stage = Stage::set().await;
    let id = stage.enqueue(&note("n")).await;
    let stranger = stage.runner(|registry| registry.on_job(|_, Tick| async { Ok(()) }));
    assert_eq!(stranger.drain().await.unwrap(), 0);
    assert_eq!(stage.job(id).await.standing(), ("queued", 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_job_holds_nothing_else_up() {
    let stage = Stage::set().await;
    let (slow, quick) = (Gate::closed(), Gate::closed());
    let gates = (Arc::clone(&slow), Arc::clone(&quick));
    let runner = stage.runner(|registry| {
        registry.on_job(move |_, note: Note| {
            let gate = Arc::clone(if note.label == "slow" { &gates.0 } else { &gates.1 });
            async move {
                gate.pass().await;
                Ok(())
            }
        });
    });
    let stop = CancellationToken::new();
    let running = tokio::spawn(runner.clone().run(stop.clone()));
    let id = stage.enqueue(&note("slow")).await;
    runner.wake();
    slow.arrival().await;
    stage.enqueue(&note("quick")).await;
    runner.wake();
    quick.arrival().await;
    quick.open();
    stop.cancel();
    slow.open();
    running.await.unwrap();
    assert_eq!(stage.job(id).await.standing(), ("done", 1), "what has been begun is finished");
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_for_work_in_vain_takes_few_statements_however_much_is_registered() {
    let stage = Stage::set().await;
    let mut counts = Vec::new();
    for subscribers in [&["one"][..], &["one", "two", "three", "four"]] {
        let services = stage.services();
        let mut registry = Registry::default();
        registry.on_job(write_note);
        registry.every(Duration::from_hours(1), |_, Tick| async { Ok(()) });
        for name in subscribers {
            registry.on_events(name, |_, _, _| Box::pin(async { Ok(()) }));
        }
        let runner = Runner::new(registry, services.clone());
        runner.drain().await.unwrap();
        let before = services.database.statements();
        assert_eq!(runner.drain().await.unwrap(), 0);
        counts.push(services.database.statements() - before);
    }
    assert_eq!(counts, [5, 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn done_jobs_are_forgotten_when_they_are_old_and_dead_ones_are_not() {
    let stage = Stage::set().await;
    let runner = stage.runner(|registry| {
        registry.on_job(write_note);
        registry.on_job(|_, Tick| async { Err(no_courier()) });
    });
    stage.enqueue(&note("n")).await;
    let dead = stage.enqueue(&Tick).await;
    runner.drain().await.unwrap();
    let conn = &mut *stage.db.conn().await;
    assert_eq!(purge_jobs(conn, now()).await.unwrap(), 0, "not older than that");
    assert_eq!(purge_jobs(conn, now() + TimeDelta::days(7)).await.unwrap(), 1);
    assert_eq!(stage.job(dead).await.standing(), ("dead", 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_rounds_are_forgotten_when_they_are_old_because_a_later_round_is_their_retry() {
    let stage = Stage::set().await;
    let runner = stage.runner(|registry| {
        registry.every(Duration::from_hours(1), |_, Tick| async { Err(no_courier()) });
    });
    for _ in 0..3 {
        runner.drain().await.unwrap();
        stage.clock.advance(TimeDelta::hours(1));
    }
    let conn = &mut *stage.db.conn().await;
    assert_eq!(number(conn, "SELECT count(*) AS value FROM jobs WHERE state = 'dead'").await, 3);
    assert_eq!(rerun_dead_jobs(conn, now(), None).await.unwrap(), 0, "the next round comes anyway");
    assert_eq!(purge_jobs(conn, now() + TimeDelta::minutes(90)).await.unwrap(), 2);
    assert_eq!(number(conn, "SELECT count(*) AS value FROM jobs").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_job_that_is_run_again_has_all_its_attempts_before_it() {
    let stage = Stage::set().await;
    let id = stage.enqueue(&note("late")).await;
    let runner = stage.runner(|registry| registry.on_job(async |_, _: Note| Err(no_courier())));
    for _ in 0..Note::RETRY.attempts {
        runner.drain().await.unwrap();
        stage.clock.advance(TimeDelta::hours(2));
    }
    assert_eq!(stage.job(id).await.standing(), ("dead", Note::RETRY.attempts));
    let conn = &mut *stage.db.conn().await;
    assert_eq!(rerun_dead_jobs(conn, stage.clock.now(), None).await.unwrap(), 1);
    assert_eq!(stage.job(id).await.standing(), ("queued", 0));
    runner.drain().await.unwrap();
    assert_eq!(stage.job(id).await.standing(), ("queued", 1), "it failed, and may try again");
    let mended = stage.runner(|registry| registry.on_job(write_note));
    stage.clock.advance(TimeDelta::hours(2));
    mended.drain().await.unwrap();
    assert_eq!(stage.job(id).await.standing(), ("done", 2));
    assert_eq!(stage.marks().await, ["late"]);
}

#[test]
#[should_panic(expected = "test.tick is handled already")]
fn a_job_has_one_handler() {
    let mut registry = Registry::default();
    registry.on_job(|_, Tick| async { Ok(()) });
    registry.on_job(|_, Tick| async { Ok(()) });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_one_attempt_is_not_blamed_for_the_first_runner_that_goes_away() {
    let stage = Stage::set().await;
    let id = stage.enqueue(&Tick).await;
    let gate = Gate::closed();
    let within = Arc::clone(&gate);
    let waits = stage.runner(|registry| {
        registry.on_job(move |_, _: Tick| {
            let gate = Arc::clone(&within);
            async move {
                gate.pass().await;
                Ok(())
            }
        });
    });
    let gone = draining(&waits);
    gate.arrival().await;
    goes_away(gone).await;
    stage.clock.advance(PAST_LEASE);
    let heir = draining(&waits);
    gate.arrival().await;
    gate.open();
    assert_eq!(heir.await.unwrap().unwrap(), 1);
    assert_eq!(stage.job(id).await.standing(), ("done", 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_takes_long_keeps_its_lease() {
    let stage = Stage::set().await;
    let id = stage.enqueue(&note("n")).await;
    let gate = Gate::closed();
    let long = draining(&gated(&stage, &gate));
    gate.arrival().await;
    let heir = stage.runner(|registry| registry.on_job(write_note));
    for _ in 0..3 {
        let before = stage.leased_until(id).await;
        stage.clock.advance(TimeDelta::seconds(20));
        // The runner looks at the clock now and then.
        while stage.leased_until(id).await == before {
            tokio::task::yield_now().await;
        }
        assert_eq!(heir.drain().await.unwrap(), 0, "nobody else may have it");
    }
    gate.open();
    assert_eq!(long.await.unwrap().unwrap(), 1);
    assert_eq!(stage.job(id).await.standing(), ("done", 1));
}

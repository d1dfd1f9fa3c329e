//! Jobs that a message broker is told of.

use outbox::{Due, Executor, Registry};

use crate::support::*;

fn taken(due: Due) -> usize {
    match due {
        Due::Now(jobs) => jobs.len(),
        Due::Later => panic!("the broker has room"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_broker_has_enough_it_is_told_of_no_more() {
    let stage = Stage::set().await;
    let mut registry = Registry::default();
    registry.on_job(write_note);
    let executor = Executor::new(registry, stage.services());
    let mut jobs = Vec::new();
    for label in ["a", "b", "c", "d", "e"] {
        jobs.push(stage.enqueue(&note(label)).await);
    }
    assert_eq!(taken(executor.take_due(2, 4).await.unwrap()), 2);
    assert_eq!(taken(executor.take_due(2, 4).await.unwrap()), 2);
    assert_eq!(executor.take_due(2, 4).await.unwrap(), Due::Later, "\"e\" waits in the table");

    for job in executor.lease(&jobs[..2]).await.unwrap() {
        executor.perform(job).await.unwrap();
    }
    assert_eq!(taken(executor.take_due(2, 4).await.unwrap()), 1);
    assert_eq!(taken(executor.take_due(2, 4).await.unwrap()), 0, "nothing is due, though there is room");
    assert_eq!(stage.marks().await.len(), 2);
}

//! Where work comes from, and whether it leaves any.

use std::collections::BTreeSet;

use futures_util::FutureExt;
use outbox::{
    Event, TraceParent, current_origin, current_request_id, emit, enqueue, enqueue_all, noticing_work,
    sequence, with_origin,
};

use crate::support::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_request_s_id_travels_through_the_job_to_its_facts() {
    let stage = Stage::set().await;
    let runner = stage.runner(|registry| {
        registry.on_job(|services, note: Note| async move {
            let mut conn = services.database.conn().await?;
            let label = format!("{} of {}", note.label, current_request_id().unwrap_or_default());
            mark(&mut conn, &label).await?;
            Ok(emit(&mut conn, services.clock.now(), Event { ..fact("note.written") }).await?)
        });
    });
    with_origin(request("req-7"), stage.enqueue(&note("a"))).await;
    runner.drain().await.unwrap();
    let own = stage.enqueue(&note("b")).await;
    runner.drain().await.unwrap();
    assert_eq!(stage.marks().await, ["a of req-7".to_owned(), format!("b of job-{own}")]);
    let conn = &mut *stage.db.conn().await;
    sequence(conn).await.unwrap();
    let facts = outbox::read(conn, 0, 10).await.unwrap().into_iter().map(|event| event.request_id.unwrap());
    assert_eq!(facts.collect::<Vec<_>>(), ["req-7".to_owned(), format!("job-{own}")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_request_s_trace_goes_on_in_the_job_and_in_what_follows_from_it() {
    let stage = Stage::set().await;
    let runner = stage.runner(|registry| {
        registry.on_job(|services, _: Note| async move {
            let mut conn = services.database.conn().await?;
            Ok(emit(&mut conn, services.clock.now(), Event { ..fact("note.written") }).await?)
        });
        registry.on_events("test", |tx, _, _| {
            async move { Ok(mark(tx, &current_origin().unwrap().trace.to_string()).await?) }.boxed()
        });
    });
    let asked = request("req-7");
    with_origin(asked.clone(), stage.enqueue(&note("a"))).await;
    runner.drain().await.unwrap();
    let fact = outbox::read(&mut *stage.db.conn().await, 0, 10).await.unwrap().remove(0);
    let done: TraceParent = fact.trace_parent.unwrap().parse().unwrap();
    let followed: TraceParent = stage.marks().await.remove(0).parse().unwrap();
    assert_eq!([done.trace_id(), followed.trace_id()], [asked.trace.trace_id(), asked.trace.trace_id()]);
    let spans = BTreeSet::from([asked.trace, done, followed].map(|work| work.span_id()));
    assert_eq!(spans.len(), 3, "each is work of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_work_that_leaves_work_is_noticed() {
    let stage = Stage::set().await;
    let conn = &mut *stage.db.conn().await;
    let asks = noticing_work(async { enqueue(conn, now(), &note("a")).await.map(|_id| ()) }).await;
    let none =
        noticing_work(async { enqueue_all::<Note>(conn, now(), now(), &[]).await.map(|_ids| ()) }).await;
    assert_eq!((asks.1, none.1), (true, false));
    asks.0.and(none.0).unwrap();
}

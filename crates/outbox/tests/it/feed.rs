//! The feed's one order, whenever its writers commit.

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use db::Conn;
use diesel_async::{AnsiTransactionManager, SimpleAsyncConnection, TransactionManager};
use futures_util::future::{join_all, try_join_all};
use kernel::{Actor, UserId};
use outbox::{Event, FeedEvent, emit, emit_all, read, sequence, timeline, with_origin};
use serde_json::json;
use testkit::TestDatabase;
use tokio::sync::watch;
use uuid::Uuid;

use crate::support::*;

const WRITERS: usize = 16;
const ROUNDS: usize = 30;

/// A transaction that committed: what it recorded, and when it was under way.
#[derive(Debug)]
struct Written {
    writer: usize,
    numbers: Vec<usize>,
    begun: Instant,
    ended: Instant,
}

/// Records one to three facts early in each transaction and ends it some milliseconds later; every
/// fifth is undone.
async fn write(url: String, writer: usize) -> Vec<Written> {
    let mut conn = db::connect(&url).await.unwrap();
    let mut committed = Vec::new();
    let mut next = 0;
    for round in 0..ROUNDS {
        let numbers: Vec<_> = (next..=next + rand::random_range(0..3)).collect();
        next += numbers.len();
        let begun = Instant::now();
        AnsiTransactionManager::begin_transaction(&mut conn).await.unwrap();
        let facts = numbers
            .iter()
            .map(|number| Event { data: json!({"writer": writer, "number": number}), ..fact("thing.done") });
        emit_all(&mut conn, now(), facts.collect()).await.unwrap();
        let pause = rand::random_range(0..20);
        // The slow commit is what is tested: a writer that is overtaken by later ones.
        conn.batch_execute(&format!("SELECT pg_sleep(0.001 * {pause})")).await.unwrap();
        if (round + writer).is_multiple_of(5) {
            AnsiTransactionManager::rollback_transaction(&mut conn).await.unwrap();
        } else {
            AnsiTransactionManager::commit_transaction(&mut conn).await.unwrap();
            committed.push(Written { writer, numbers, begun, ended: Instant::now() });
        }
    }
    committed
}

/// Follows the feed until it has seen as many facts as `total` says, once it says so.
async fn tail(url: String, total: watch::Receiver<Option<usize>>) -> Vec<FeedEvent> {
    let mut conn = db::connect(&url).await.unwrap();
    let mut seen: Vec<FeedEvent> = Vec::new();
    while total.borrow().is_none_or(|total| seen.len() < total) {
        sequence(&mut conn).await.unwrap();
        let last = seen.last().map_or(0, |event| event.position);
        seen.extend(read(&mut conn, last, 7).await.unwrap());
    }
    seen
}

fn number_of(event: &FeedEvent) -> (usize, usize) {
    let field = |name: &str| usize::try_from(event.data[name].as_u64().unwrap()).unwrap();
    (field("writer"), field("number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn late_commits_reach_every_reader_once_and_in_one_order() {
    let db = TestDatabase::create().await;
    let (announce, total) = watch::channel(None);
    let readers: Vec<_> = (0..2).map(|_| tokio::spawn(tail(db.url.clone(), total.clone()))).collect();
    let writers = (0..WRITERS).map(|writer| tokio::spawn(write(db.url.clone(), writer)));
    let written: Vec<Written> = join_all(writers).await.into_iter().flat_map(Result::unwrap).collect();
    let committed: BTreeSet<_> =
        written.iter().flat_map(|tx| tx.numbers.iter().map(|number| (tx.writer, *number))).collect();
    announce.send(Some(committed.len())).unwrap();
    let seen =
        tokio::time::timeout(PATIENCE, try_join_all(readers)).await.expect("nothing is missed").unwrap();

    let [feed, other] = &seen[..] else { panic!("two readers") };
    assert_eq!(feed, other, "the readers agree");
    let positions: Vec<_> = feed.iter().map(|event| event.position).collect();
    assert_eq!(positions, (1..=i64::try_from(committed.len()).unwrap()).collect::<Vec<_>>());
    let place: HashMap<_, _> = feed.iter().map(|event| (number_of(event), event.position)).collect();
    assert_eq!(place.keys().copied().collect::<BTreeSet<_>>(), committed, "what was undone was not seen");
    for writer in 0..WRITERS {
        let own: Vec<_> = feed.iter().map(number_of).filter(|(by, _)| *by == writer).collect();
        assert!(own.is_sorted(), "the facts of writer {writer} keep their order");
    }
    let first = |tx: &Written| tx.numbers.iter().map(|number| place[&(tx.writer, *number)]).min();
    let last = |tx: &Written| tx.numbers.iter().map(|number| place[&(tx.writer, *number)]).max();
    for (earlier, later) in written.iter().flat_map(|a| written.iter().map(move |b| (a, b))) {
        let apart = earlier.ended < later.begun;
        assert!(!apart || last(earlier) < first(later), "{earlier:?} was over before {later:?} began");
    }
    let conn = &mut *db.conn().await;
    assert_eq!(sequence(conn).await.unwrap(), 0);
    assert_eq!(read(conn, *positions.last().unwrap(), 7).await.unwrap(), []);
}

async fn kinds_after(conn: &mut Conn, position: i64) -> Vec<(i64, String)> {
    sequence(conn).await.unwrap();
    let events = read(conn, position, 10).await.unwrap();
    events.into_iter().map(|event| (event.position, event.kind)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fact_recorded_first_and_committed_last_comes_last() {
    let stage = Stage::set().await;
    let reader = &mut *stage.db.conn().await;
    let slow = &mut *stage.db.conn().await;
    AnsiTransactionManager::begin_transaction(slow).await.unwrap();
    emit(slow, now(), fact("slow.done")).await.unwrap();
    stage.emit(&["quick.done"]).await;
    assert_eq!(kinds_after(reader, 0).await, [(1, "quick.done".to_owned())]);
    let last_id = number(reader, "SELECT max(id) AS value FROM events").await;
    AnsiTransactionManager::commit_transaction(slow).await.unwrap();
    let missed = number(reader, &format!("SELECT count(*) AS value FROM events WHERE id > {last_id}")).await;
    assert_eq!(missed, 0, "who remembers the last id never sees it");
    assert_eq!(kinds_after(reader, 1).await, [(2, "slow.done".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_undone_leaves_no_gap() {
    let stage = Stage::set().await;
    let conn = &mut *stage.db.conn().await;
    stage.emit(&["thing.made"]).await;
    AnsiTransactionManager::begin_transaction(conn).await.unwrap();
    emit(conn, now(), fact("thing.undone")).await.unwrap();
    AnsiTransactionManager::rollback_transaction(conn).await.unwrap();
    stage.emit(&["thing.sold"]).await;
    assert_eq!(kinds_after(conn, 0).await, [(1, "thing.made".to_owned()), (2, "thing.sold".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_does_not_wait_for_another_that_numbers() {
    let stage = Stage::set().await;
    stage.emit(&["thing.made", "thing.sold"]).await;
    let (busy, other) = (&mut *stage.db.conn().await, &mut *stage.db.conn().await);
    AnsiTransactionManager::begin_transaction(busy).await.unwrap();
    busy.batch_execute("SELECT 1 FROM event_sequence FOR UPDATE").await.unwrap();
    assert_eq!(sequence(other).await.unwrap(), 0);
    AnsiTransactionManager::rollback_transaction(busy).await.unwrap();
    assert_eq!(sequence(other).await.unwrap(), 2, "it says how many");
    assert_eq!(sequence(other).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_nobody_numbered_for_long_is_numbered_at_one_call() {
    let stage = Stage::set().await;
    let conn = &mut *stage.db.conn().await;
    conn.batch_execute(
        "INSERT INTO events (kind, subject_type, subject_id, actor, data, occurred_at) \
         SELECT 'thing.done', 'thing', gen_random_uuid(), '{\"type\": \"system\"}', '{}', now() \
         FROM generate_series(1, 25000)",
    )
    .await
    .unwrap();
    assert_eq!(sequence(conn).await.unwrap(), 25_000);
    assert_eq!(number(conn, "SELECT count(*) AS value FROM events WHERE position = id").await, 25_000);
    assert_eq!(number(conn, "SELECT last_position AS value FROM event_sequence").await, 25_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeline_tells_one_subject_s_story_before_it_has_positions() {
    let stage = Stage::set().await;
    let conn = &mut *stage.db.conn().await;
    let (subject, user) = (Uuid::new_v4(), UserId::new());
    let story = |kind| Event { subject_id: subject, actor: user.into(), ..fact(kind) };
    with_origin(request("req-1"), emit(conn, now(), story("thing.made"))).await.unwrap();
    stage.emit(&["other.made"]).await;
    emit(conn, now(), story("thing.sold")).await.unwrap();
    let told = timeline(conn, "thing", subject).await.unwrap();
    let summary: Vec<_> =
        told.iter().map(|e| (e.position, e.kind.as_str(), e.request_id.as_deref())).collect();
    assert_eq!(summary, [(0, "thing.made", Some("req-1")), (0, "thing.sold", None)]);
    assert!(told.iter().all(|event| event.actor == Actor::User { id: user } && event.occurred_at == now()));
    sequence(conn).await.unwrap();
    let positions = timeline(conn, "thing", subject).await.unwrap().into_iter().map(|event| event.position);
    assert_eq!(positions.collect::<Vec<_>>(), [1, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_facts_is_recorded_in_one_call_in_their_order() {
    let stage = Stage::set().await;
    let conn = &mut *stage.db.conn().await;
    let facts = (0..12_000).map(|number| Event { data: json!(number), ..fact("thing.done") });
    let before = stage.db.database.statements();
    emit_all(conn, now(), facts.collect()).await.unwrap();
    emit_all(conn, now(), Vec::new()).await.unwrap();
    assert_eq!(stage.db.database.statements() - before, 1);
    assert_eq!(sequence(conn).await.unwrap(), 12_000);
    let astray = "SELECT count(*) AS value FROM events WHERE (data #>> '{}')::int + 1 <> position";
    assert_eq!(number(conn, astray).await, 0);
}

//! What workers do when they are killed and when what they need goes away: nothing is lost, and nothing is done twice.

use db::Database;

use crate::machine::Machine;
use crate::stage::*;

const DONE: &str = "SELECT count(*) AS value FROM jobs WHERE state = 'done'";

async fn each_once(database: &Database, jobs: i64) {
    assert_eq!(number(database, "SELECT count(*) AS value FROM effects").await, jobs);
    assert_eq!(number(database, "SELECT count(DISTINCT number) AS value FROM effects").await, jobs);
    assert_eq!(number(database, "SELECT count(*) AS value FROM jobs WHERE state <> 'done'").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_are_killed_twenty_times_do_each_of_ten_thousand_jobs_once() {
    const JOBS: i64 = 10_000;
    const KILLS: i64 = 20;
    let machine = Machine::start().await;
    let database = services(&machine.url).database;
    let steady = machine.worker();
    for batch in 0..10 {
        enqueue(&machine.url, &counts(batch * 1_000..(batch + 1) * 1_000)).await;
    }
    for kill in 1..=KILLS {
        let victim = machine.worker();
        // In the middle of the work, with jobs begun: each kill a little later.
        at_least(&database, DONE, kill * JOBS / (KILLS + 2)).await;
        victim.kill();
    }
    until(&database, DONE, JOBS).await;
    each_once(&database, JOBS).await;
    drop(steady);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_broker_was_told_survives_its_crashes() {
    const JOBS: i64 = 3_000;
    let mut machine = Machine::start().await;
    machine.settle_rabbitmq().await;
    let database = services(&machine.url).database;
    let running = start(&machine.url, &machine.broker(), crate::count::register).await;
    for round in 1..=2 {
        enqueue(&machine.url, &counts((round - 1) * 1_000..round * 1_000)).await;
        at_least(&database, DONE, round * 1_000 - 700).await;
        machine.crash_rabbitmq().await;
        // Nobody who asks for work waits for the broker.
        enqueue(&machine.url, &counts(1_000 + round * 500..1_500 + round * 500)).await;
        machine.start_rabbitmq().await;
    }
    until(&database, "SELECT count(*) AS value FROM effects", JOBS).await;
    until(&database, DONE, JOBS).await;
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_go_on_by_themselves_when_the_database_is_back() {
    const JOBS: i64 = 2_000;
    let mut machine = Machine::start().await;
    let running = start(&machine.url, &machine.broker(), crate::count::register).await;
    for round in 0..2 {
        enqueue(&machine.url, &counts(round * 1_000..(round + 1) * 1_000)).await;
        at_least(&services(&machine.url).database, DONE, round * 1_000 + 300).await;
        machine.crash_postgres().await;
        let answer = reqwest::get(format!("{}/health", running.base_url)).await.unwrap();
        assert_eq!(answer.status(), 200, "it lives");
        let answer = reqwest::get(format!("{}/health/ready", running.base_url)).await.unwrap();
        assert_eq!(answer.status(), 503, "and says that it cannot work");
        machine.start_postgres().await;
    }
    let database = services(&machine.url).database;
    until(&database, DONE, JOBS).await;
    each_once(&database, JOBS).await;
    let answer = reqwest::get(format!("{}/health/ready", running.base_url)).await.unwrap();
    assert_eq!(answer.status(), 200);
    running.stop().await.unwrap();
}

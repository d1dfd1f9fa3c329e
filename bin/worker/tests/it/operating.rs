//! What an operator sees of jobs, and does about them.

use std::process::Command;

use kernel::JobId;
use outbox::{HandlerError, Job, RetryPolicy, enqueue};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::count::Count;
use crate::stage::*;

/// A job that fails for good at once.
#[derive(Serialize, Deserialize)]
struct Hopeless;

impl Job for Hopeless {
    const NAME: &'static str = "test.hopeless";
    const RETRY: RetryPolicy = RetryPolicy::NONE;
}

async fn hopeless(_: outbox::Services, _: Hopeless) -> Result<(), HandlerError> {
    Err("there is no bridge".into())
}

/// What `worker <arguments>` prints, and whether it succeeds.
async fn worker(stage: &Stage, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_worker"));
    command.args(arguments).env_clear().env("DATABASE_URL", &stage.database.url);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = if output.status.success() { output.stdout } else { output.stderr };
    (output.status.success(), String::from_utf8(said).unwrap())
}

async fn figure(base_url: &str, name: &str) -> u32 {
    let text = reqwest::get(format!("{base_url}/metrics")).await.unwrap().text().await.unwrap();
    let line = text.lines().find(|line| line.starts_with(&format!("{name} "))).map(ToOwned::to_owned);
    let line = line.unwrap_or_else(|| panic!("{name} is not among the figures:\n{text}"));
    line.rsplit_once(' ').unwrap().1.parse().unwrap()
}

async fn ask_for_the_hopeless(stage: &Stage) -> JobId {
    let now = services(&stage.database.url).clock.now();
    enqueue(&mut *stage.database.conn().await, now, &Hopeless).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_job_is_a_figure_for_alerts_and_is_done_again_when_an_operator_says_so() {
    let stage = Stage::set().await;
    let running = stage.worker_of(|registry| registry.on_job(hopeless)).await;
    assert_eq!(figure(&running.base_url, "jobs_dead").await, 0);
    let id = ask_for_the_hopeless(&stage).await.to_string();
    stage.until("SELECT count(*) AS value FROM jobs WHERE state = 'dead'", 1).await;
    assert_eq!(figure(&running.base_url, "jobs_dead").await, 1);
    running.stop().await.unwrap();

    let (_, listed) = worker(&stage, &["jobs", "dead"]).await;
    assert!(listed.contains(&id) && listed.contains("there is no bridge"), "{listed}");
    let (_, shown) = worker(&stage, &["jobs", "show", &id]).await;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((&shown["state"], &shown["attempts"]), (&"dead".into(), &1.into()));

    let (succeeded, _) = worker(&stage, &["jobs", "retry", &id]).await;
    assert!(succeeded);
    let mended = stage.worker_of(|registry| registry.on_job(async |_, _: Hopeless| Ok(()))).await;
    stage.until("SELECT count(*) AS value FROM jobs WHERE state = 'done'", 1).await;
    mended.stop().await.unwrap();
    let (succeeded, refused) = worker(&stage, &["jobs", "retry", &id]).await;
    assert!(!succeeded && refused.contains(&id), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_listed_by_state_and_name_and_dead_ones_put_back_together() {
    let stage = Stage::set().await;
    let running = stage.worker_of(|registry| registry.on_job(hopeless)).await;
    for _ in 0..3 {
        ask_for_the_hopeless(&stage).await;
    }
    stage.until("SELECT count(*) AS value FROM jobs WHERE state = 'dead'", 3).await;
    running.stop().await.unwrap();
    stage.enqueue(&[Count { number: 1 }]).await;

    let list =
        async |arguments: &[&str]| worker(&stage, &[&["jobs", "list", "--json"], arguments].concat()).await.1;
    assert_eq!(list(&[]).await.lines().count(), 4);
    assert_eq!(list(&["--state", "queued"]).await.lines().count(), 1);
    assert_eq!(list(&["--name", "test.hopeless", "--limit", "2"]).await.lines().count(), 2);
    let (succeeded, refused) = worker(&stage, &["jobs", "list", "--state", "lost"]).await;
    assert!(!succeeded && refused.contains("queued, sent, leased, done, dead"), "{refused}");

    let (_, said) = worker(&stage, &["jobs", "retry", "--all-dead", "--name", "test.other"]).await;
    assert!(said.starts_with("0 jobs"), "{said}");
    let (_, said) = worker(&stage, &["jobs", "retry", "--all-dead"]).await;
    assert!(said.starts_with("3 jobs"), "{said}");
    assert_eq!(list(&["--state", "queued"]).await.lines().count(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_says_how_it_is() {
    let stage = Stage::set().await;
    let running = stage.worker().await;
    let ask = async |path: &str| {
        let answer = reqwest::get(format!("{}{path}", running.base_url)).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(ask("/health").await, (200, r#"{"status":"ok"}"#.to_owned()));
    assert_eq!(ask("/health/").await.0, 200);
    assert_eq!(ask("/health/ready").await, (200, r#"{"status":"ready"}"#.to_owned()));
    assert_eq!(ask("/elsewhere").await.0, 404);
    stage.enqueue(&counts(0..5)).await;
    stage.until("SELECT count(*) AS value FROM jobs WHERE state = 'done'", 5).await;
    let (status, figures) = ask("/metrics").await;
    assert_eq!(status, 200);
    for name in
        ["jobs_due 0", "jobs_attempts_total{job=\"example.count\",outcome=\"done\"}", "relay_jobs_total"]
    {
        assert!(figures.contains(name), "{name} is not among the figures:\n{figures}");
    }
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_without_a_broker_says_what_it_lacks() {
    let stage = Stage::set().await;
    let (succeeded, said) = worker(&stage, &["run"]).await;
    assert!(!succeeded && said.contains("AMQP_URL"), "{said}");
}

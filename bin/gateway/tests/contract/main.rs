//! The served OpenAPI document against the server that serves it: schemathesis asks every operation, valid and invalid,
//! in each role, and holds the answers to the document.
//!
//! `SILKCART_TEST_CONTRACT_EXAMPLES` says how many examples of each operation it makes up; without it, few, so that the run
//! fits among the other tests. `cargo xtask contract` sets it and shows the reports; it can ask for some paths alone.

#![expect(clippy::print_stdout, reason = "the reports are for whoever asked for them")]
#![expect(clippy::unwrap_used, reason = "what a test cannot go on without has failed it")]

#[path = "../it/actors.rs"]
#[allow(dead_code, reason = "shared with the other tests, which use more of it")]
mod actors;
#[path = "../it/notes.rs"]
#[allow(dead_code, reason = "shared with the other tests, which use more of it")]
mod notes;
mod schemathesis;
mod stage;
#[path = "../it/support.rs"]
#[allow(dead_code, reason = "shared with the other tests, which use more of it")]
mod support;

use crate::actors::Market;
use crate::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn anonymous() {
    let market = Market::open().await;
    let stage = Stage::set(&market).await;
    schemathesis::run("anonymous", &stage, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn customer() {
    let market = Market::open().await;
    let stage = Stage::set(&market).await;
    schemathesis::run("customer", &stage, Some(stage.customer.token())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gardener() {
    let market = Market::open().await;
    let stage = Stage::set(&market).await;
    schemathesis::run("gardener", &stage, Some(stage.gardener.token())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn maker() {
    let market = Market::open().await;
    let stage = Stage::set(&market).await;
    schemathesis::run("maker", &stage, Some(stage.maker.token())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn admin() {
    let market = Market::open().await;
    let stage = Stage::set(&market).await;
    schemathesis::run("admin", &stage, Some(stage.admin.token())).await;
}

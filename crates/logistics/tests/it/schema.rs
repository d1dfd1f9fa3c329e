//! `schema.rs` says what the migrations made.

use testkit::TestDatabase;

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_is_the_databases() {
    let test = TestDatabase::create().await;
    testkit::assert_schema(&mut *test.conn().await, include_str!("../../src/schema.rs")).await;
}

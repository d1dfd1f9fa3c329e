//! The tables as the queries believe them to be.

use testkit::TestDatabase;

#[tokio::test(flavor = "multi_thread")]
async fn the_declared_tables_are_the_migrated_ones() {
    let db = TestDatabase::create().await;
    testkit::assert_schema(&mut *db.conn().await, include_str!("../../src/schema.rs")).await;
}

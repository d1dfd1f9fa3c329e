//! The tables as the queries believe them to be.

use testkit::TestDatabase;

use crate::support::assert_schema_matches;

#[tokio::test(flavor = "multi_thread")]
async fn the_declared_tables_are_the_migrated_ones() {
    let db = TestDatabase::create().await;
    assert_schema_matches(&mut *db.conn().await, include_str!("../../src/schema.rs")).await;
}

//! The tables as the queries believe them to be.

use testkit::TestDatabase;

#[tokio::test(flavor = "multi_thread")]
async fn the_declared_tables_are_the_migrated_ones() {
    let db = TestDatabase::create().await;
    let read_by_the_database_alone = ["sellers.location", "offerings.reach", "offerings.search"];
    let conn = &mut *db.conn().await;
    testkit::assert_schema_without(conn, include_str!("../../src/schema.rs"), &read_by_the_database_alone)
        .await;
}

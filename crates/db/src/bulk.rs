//! Loading many rows in one transaction: indexes are made once at the end instead of row by row.
//!
//! Everything here is transactional: whoever is killed on the way leaves the table as it was, indexes and all. The
//! price is the table itself, which nobody else can read until the transaction ends.

use diesel::QueryResult;
use diesel::sql_types::Text;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use crate::{Conn, sql};

/// What was taken off tables, to be put on again.
#[derive(Debug, Default)]
#[must_use = "a table without its indexes is not finished"]
pub struct Unindexed(Vec<String>);

#[derive(diesel::QueryableByName)]
struct Part {
    #[diesel(sql_type = Text)]
    take_off: String,
    #[diesel(sql_type = Text)]
    put_on: String,
}

/// The foreign keys of the table and its indexes, but for unique ones that something may refer to. What is put on
/// again is what the catalog says was there, under the same name.
const PARTS: &str = "
WITH chosen AS (SELECT $1::regclass AS oid),
referred AS (SELECT conindid FROM pg_constraint, chosen WHERE contype = 'f' AND confrelid = chosen.oid)
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', chosen.oid::regclass, c.conname) AS take_off,
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', chosen.oid::regclass, c.conname, pg_get_constraintdef(c.oid)) AS put_on
FROM pg_constraint c, chosen
WHERE c.conrelid = chosen.oid
  AND (c.contype = 'f' OR c.contype IN ('p', 'u') AND c.conindid NOT IN (SELECT conindid FROM referred))
UNION ALL
SELECT format('DROP INDEX %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
FROM pg_index i, chosen
WHERE i.indrelid = chosen.oid
  AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.conrelid = chosen.oid)
ORDER BY take_off";

impl Unindexed {
    /// Takes the indexes and foreign keys off the table. Until the transaction ends nobody else can use it.
    pub async fn take_off(&mut self, tx: &mut Conn, table: &str) -> QueryResult<()> {
        let parts: Vec<Part> = sql(PARTS).bind::<Text, _>(table).load(tx).await?;
        for part in parts {
            tx.batch_execute(&part.take_off).await?;
            self.0.push(part.put_on);
        }
        Ok(())
    }

    /// Puts everything on again, which checks all rows against the constraints.
    pub async fn put_on(self, tx: &mut Conn) -> QueryResult<()> {
        // More than the usual 64 MB, or the sorts of a big table spill to disk in many small runs.
        tx.batch_execute("SET LOCAL maintenance_work_mem = '256MB'").await?;
        for statement in self.0 {
            tx.batch_execute(&statement).await?;
        }
        Ok(())
    }
}

/// Lets the planner know what is in the tables now, and marks their pages as visible to all, so that indexes alone
/// can answer. Must not run in a transaction.
pub async fn vacuum_analyze(conn: &mut Conn) -> QueryResult<()> {
    conn.batch_execute("VACUUM (ANALYZE)").await
}

//! What must hold of a database and can be asked of it: the shape in which each owner of tables says so.
//!
//! Owns the shape, not the rules. A check is one statement that finds every breach at once, however many rows there
//! are; it changes nothing.

use diesel::QueryResult;
use diesel::sql_types::{Array, BigInt, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::{Conn, Sql};

/// Something that must hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Check {
    /// `subject.breach`, such as `jobs.dead`; unique.
    pub code: &'static str,
    /// What it means when it is found, for an operator.
    pub meaning: &'static str,
    /// What a repair would do, where one is safe.
    pub repair: Option<&'static str>,
}

/// A check that does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// What does not hold.
    pub check: Check,
    /// How often.
    pub count: i64,
    /// Up to ten of the places.
    pub examples: Vec<String>,
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    count: i64,
    #[diesel(sql_type = Array<Text>)]
    examples: Vec<String>,
}

#[derive(diesel::QueryableByName)]
struct Breach {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

impl Check {
    /// How many examples a finding has.
    pub const EXAMPLES: usize = 10;

    /// A check whose breach only a person can judge.
    #[must_use]
    pub const fn reported(code: &'static str, meaning: &'static str) -> Self {
        Self { code, meaning, repair: None }
    }

    /// A check whose breach can be mended without losing anything.
    #[must_use]
    pub const fn repairable(code: &'static str, meaning: &'static str, repair: &'static str) -> Self {
        Self { code, meaning, repair: Some(repair) }
    }

    /// Asks: `breaches` selects a text `example` for each breach.
    pub async fn ask(self, conn: &mut Conn, breaches: Sql<'_>) -> QueryResult<Option<Finding>> {
        self.ask_for("example", conn, breaches).await
    }

    /// Asks: `breaches` selects the `id` of each thing that breaks the rule.
    pub async fn ask_ids(self, conn: &mut Conn, breaches: Sql<'_>) -> QueryResult<Option<Finding>> {
        self.ask_for("id::text", conn, breaches).await
    }

    async fn ask_for(
        self,
        example: &str,
        conn: &mut Conn,
        breaches: Sql<'_>,
    ) -> QueryResult<Option<Finding>> {
        let mut statement =
            breaches.prefixed(&format!("WITH breach AS MATERIALIZED (SELECT {example} AS example FROM ("));
        statement.push(
            ") AS found) SELECT (SELECT count(*) FROM breach) AS count, \
             ARRAY(SELECT example FROM breach ORDER BY example LIMIT 10) AS examples",
        );
        let Row { count, examples } = statement.get_result(conn).await?;
        Ok((count > 0).then_some(Finding { check: self, count, examples }))
    }

    /// The finding of breaches that were found otherwise; none where there are none.
    #[must_use]
    pub fn found(self, breaches: impl ExactSizeIterator<Item = String>) -> Option<Finding> {
        let count = i64::try_from(breaches.len()).unwrap_or(i64::MAX);
        (count > 0).then(|| Finding { check: self, count, examples: breaches.take(Self::EXAMPLES).collect() })
    }
}

/// The ids that a statement for [`Check::ask_ids`] selects, for the repair.
pub async fn breaching_ids(conn: &mut Conn, breaches: Sql<'_>) -> QueryResult<Vec<Uuid>> {
    let rows: Vec<Breach> = breaches.load(conn).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

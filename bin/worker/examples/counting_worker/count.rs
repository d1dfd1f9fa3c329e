//! A job that leaves a mark, for watching a worker at work.

use db::Conn;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use outbox::{HandlerError, Job, Registry};
use serde::{Deserialize, Serialize};

/// Leaves the mark `number` in the table `effects`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Count {
    pub number: i64,
}

impl Job for Count {
    const NAME: &'static str = "example.count";
}

/// Does nothing, as often as it is asked to: what remains is the cost of asking.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Nothing;

impl Job for Nothing {
    const NAME: &'static str = "example.nothing";
}

pub fn register(registry: &mut Registry) {
    registry.on_job_in_transaction(|tx, _, job: Count| Box::pin(mark(tx, job.number)));
    registry.on_job(async |_, _: Nothing| Ok(()));
}

async fn mark(tx: &mut Conn, number: i64) -> Result<(), HandlerError> {
    diesel::sql_query("INSERT INTO effects (number) VALUES ($1)")
        .bind::<BigInt, _>(number)
        .execute(tx)
        .await?;
    Ok(())
}

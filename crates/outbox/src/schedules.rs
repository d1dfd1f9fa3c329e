//! Periodic work: whoever finds that a round is due asks for its job, once for all processes.

use chrono::TimeDelta;
use diesel::result::Error;
use diesel_async::AsyncConnection;

use crate::{Executor, HandlerError, store};

impl Executor {
    /// Asks for the jobs of the rounds that are due; returns how many.
    pub(crate) async fn tick_schedules(&self) -> Result<usize, HandlerError> {
        let names: Vec<&str> = self.registry.periodic.iter().map(|periodic| periodic.name).collect();
        if names.is_empty() {
            return Ok(0);
        }
        let mut conn = self.services.database.conn().await?;
        let now = self.services.clock.now();
        let due = store::list_due_schedules(&mut conn, &names, now).await?;
        let mut claimed = 0;
        for periodic in
            self.registry.periodic.iter().filter(|periodic| due.iter().any(|d| d == periodic.name))
        {
            let next = now + TimeDelta::from_std(periodic.every)?;
            let begun = conn
                .transaction::<_, Error, _>(async |tx| {
                    let begun = store::claim_schedule(tx, periodic.name, now, next).await?;
                    if begun {
                        let payload = vec![serde_json::Value::Null];
                        store::insert_jobs(tx, periodic.name, payload, now, now).await?;
                    }
                    Ok(begun)
                })
                .await?;
            claimed += usize::from(begun);
        }
        Ok(claimed)
    }
}

//! Putting outcomes on record, many in one statement.
//!
//! Whoever comes first writes for all who came meanwhile. Jobs that end one by one are recorded one by one, and the
//! busier it is, the more of them share a round trip and a commit.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::{Mutex as Turn, oneshot};

use crate::outage::Away;
use crate::store::{self, Lease};
use crate::{HandlerError, Services};

/// How a job's attempt ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    Done,
    /// It failed and is tried again.
    Again {
        run_at: DateTime<Utc>,
        failure: String,
    },
    /// It failed for good.
    Dead {
        failure: String,
    },
}

impl Outcome {
    /// For metrics.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Again { .. } => "failed",
            Self::Dead { .. } => "dead",
        }
    }
}

/// An outcome, and the attempt that it ended.
#[derive(Clone, Debug)]
pub(crate) struct Ending {
    pub lease: Lease,
    pub outcome: Outcome,
}

/// An outcome and who waits to hear that it is on record.
type Waiting = (Ending, oneshot::Sender<Result<bool, HandlerError>>);

/// See the module.
#[derive(Default)]
pub(crate) struct Recorder {
    waiting: Mutex<Vec<Waiting>>,
    turn: Turn<()>,
}

impl Recorder {
    /// Puts an outcome on record; false when the lease was lost meanwhile.
    pub(crate) async fn record(
        &self,
        services: &Services,
        lease: Lease,
        outcome: &Outcome,
    ) -> Result<bool, HandlerError> {
        let (told, mut hear) = oneshot::channel();
        self.waiting().push((Ending { lease, outcome: outcome.clone() }, told));
        {
            let _turn = self.turn.lock().await;
            // Somebody else may have written this one while it waited for its turn.
            if let Ok(recorded) = hear.try_recv() {
                return recorded;
            }
            let batch = std::mem::take(&mut *self.waiting());
            write(services, batch).await;
        }
        // Its writer may have been given up on in the middle.
        hear.await.unwrap_or_else(|_dropped| Err("the outcome was not written".into()))
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").field("waiting", &self.waiting().len()).finish_non_exhaustive()
    }
}

/// Writes all in one statement or, where the database refuses one of them, each by itself.
async fn write(services: &Services, batch: Vec<Waiting>) {
    let (endings, listeners): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
    let outcomes = write_all(services, &endings).await;
    for (told, recorded) in listeners.into_iter().zip(outcomes) {
        // Nobody may be left to hear it.
        let _ = told.send(recorded);
    }
}

async fn write_all(services: &Services, endings: &[Ending]) -> Vec<Result<bool, HandlerError>> {
    let now = services.clock.now();
    let mut conn = match services.database.conn().await {
        Ok(conn) => conn,
        Err(error) => {
            let away = Away::from(error);
            return endings.iter().map(|_| Err(away.clone().into())).collect();
        }
    };
    match store::end_jobs(&mut conn, now, endings).await {
        Ok(recorded) => return recorded.into_iter().map(Ok).collect(),
        Err(error) if endings.len() < 2 => return vec![Err(error.into())],
        Err(_whose) => {}
    }
    let mut outcomes = Vec::with_capacity(endings.len());
    for ending in endings {
        let alone = store::end_jobs(&mut conn, now, std::slice::from_ref(ending)).await;
        outcomes.push(alone.map(|recorded| recorded == [true]).map_err(Into::into));
    }
    outcomes
}
